using System.Text;

namespace UnifiedCommerce.Hub.Console;

/// <summary>A document's bytes as lines that a person can read: EDI one segment a line, XML and JSON indented as they came.</summary>
public static class RawLines
{
    private const int MostLines = 2000;
    private const int MostLength = 2000;

    /// <summary>The lines; the last one says so when there are more.</summary>
    public static IReadOnlyList<string> Of(ReadOnlySpan<byte> bytes, string? format)
    {
        string text = Decode(bytes);
        var (end, release) = text.StartsWith("ISA", StringComparison.Ordinal) && text.Length > 105 ? (text[105], '\0')
            : text.StartsWith("UNA", StringComparison.Ordinal) && text.Length > 8 ? (text[8], text[6])
            : text.StartsWith("UNB", StringComparison.Ordinal) ? ('\'', '?')
            : text.StartsWith("STX", StringComparison.Ordinal) ? ('\'', '?')
            : ('\n', '\0');
        var lines = new List<string>();
        int start = 0;
        for (int index = 0; index < text.Length && lines.Count < MostLines; index++)
        {
            if (text[index] == release && release != '\0' && release != ' ')
            {
                index++;
            }
            else if (text[index] == end)
            {
                Add(lines, end == '\n' ? text[start..index] : text[start..(index + 1)]);
                start = index + 1;
            }
        }
        if (lines.Count == MostLines)
        {
            lines.Add($"… and {text.Length - start} more characters; download the document for all of it");
        }
        else if (start < text.Length)
        {
            Add(lines, text[start..]);
        }
        return lines;
    }

    /// <summary>The bytes of each segment as text, as long as a page can show.</summary>
    public static IReadOnlyList<string> Segments(ReadOnlySpan<byte> bytes, IReadOnlyList<Edi.Explaining.ExplainedSegment> segments)
    {
        var lines = new List<string>(segments.Count);
        foreach (var segment in segments)
        {
            int start = (int)Math.Min(segment.ByteOffset, bytes.Length);
            int end = (int)Math.Clamp(segment.EndOffset, start, bytes.Length);
            string text = Decode(bytes[start..Math.Min(end, start + MostLength)]).Trim('\r', '\n');
            lines.Add(text.Length > 0 ? text : segment.Tag);
        }
        return lines;
    }

    private static void Add(List<string> lines, string line)
    {
        line = line.Trim('\r', '\n');
        if (line.Length > 0)
        {
            lines.Add(line.Length > MostLength ? string.Concat(line.AsSpan(0, MostLength), " …") : line);
        }
    }

    // Untrusted bytes: whatever is no character is shown as one that says so.
    private static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [0xff, 0xfe, ..])
        {
            return Encoding.Unicode.GetString(bytes[2..]);
        }
        if (bytes is [0xfe, 0xff, ..])
        {
            return Encoding.BigEndianUnicode.GetString(bytes[2..]);
        }
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes is [0xef, 0xbb, 0xbf, ..] ? bytes[3..] : bytes);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(bytes);
        }
    }
}
