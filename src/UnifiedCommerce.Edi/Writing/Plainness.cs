using System.Buffers;
using System.Globalization;
using System.Text;

namespace UnifiedCommerce.Edi;

/// <summary>Which characters can be written in a dialect as they are, found by vector search.</summary>
internal sealed class Plainness
{
    private static Plainness? last;
    private readonly Dialect dialect;

    private Plainness(Dialect dialect)
    {
        this.dialect = dialect;
        List<byte> bytes = [];
        List<char> characters = [];
        for (int i = 0; i < 256; i++)
        {
            byte b = (byte)i;
            Allowed[i] = dialect.CharacterSet.Allows(b);
            if (Allowed[i] && !dialect.IsDelimiter(b))
            {
                bytes.Add(b);
                if (b < 128)
                {
                    characters.Add((char)b);
                }
            }
        }
        Bytes = SearchValues.Create([.. bytes]);
        Characters = SearchValues.Create([.. characters]);
    }

    internal bool[] Allowed { get; } = new bool[256];

    internal SearchValues<byte> Bytes { get; }

    internal SearchValues<char> Characters { get; }

    internal static Plainness Of(Dialect dialect)
    {
        Plainness? recent = last;
        if (recent is not null && recent.dialect.CutsLike(dialect) && recent.dialect.CharacterSet == dialect.CharacterSet)
        {
            return recent;
        }
        return last = new Plainness(dialect);
    }

    /// <summary>Upper case when that is allowed, else a full stop.</summary>
    internal byte Nearest(byte b)
    {
        byte upper = b is >= (byte)'a' and <= (byte)'z' ? (byte)(b - 32) : (byte)'.';
        return Allowed[upper] ? upper : (byte)'.';
    }
}

/// <summary>Text with letters that an encoding lacks replaced by their base letters.</summary>
internal static class Replacement
{
    internal static string For(ReadOnlySpan<char> value, Encoding encoding)
    {
        StringBuilder result = new(value.Length);
        Span<byte> bytes = stackalloc byte[16];
        foreach (Rune rune in value.EnumerateRunes())
        {
            string text = rune.ToString();
            if (CanEncode(text, encoding, bytes))
            {
                result.Append(text);
                continue;
            }
            bool found = false;
            foreach (char c in text.Normalize(NormalizationForm.FormD))
            {
                if (CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.NonSpacingMark && !char.IsSurrogate(c)
                    && CanEncode(c.ToString(), encoding, bytes))
                {
                    result.Append(c);
                    found = true;
                }
            }
            if (!found)
            {
                result.Append('.');
            }
        }
        return result.ToString();
    }

    private static bool CanEncode(string text, Encoding encoding, Span<byte> bytes)
    {
        try
        {
            return encoding.GetBytes(text, bytes) > 0;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }
}
