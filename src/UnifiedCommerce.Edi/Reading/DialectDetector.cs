using System.Text;

namespace UnifiedCommerce.Edi;

internal enum Detection
{
    None,
    Found,
    NeedMore,
    Interactive,
}

/// <summary>Finds where an interchange begins and how it is written, from the bytes alone.</summary>
internal static class DialectDetector
{
    /// <summary>No decision looks further ahead than this, so that a stream decides as a whole buffer does.</summary>
    internal const int LookaheadBytes = 1024;

    /// <summary>Whether the bytes begin like an interchange header; cheap enough to ask at every segment.</summary>
    internal static bool IsHeader(ReadOnlySpan<byte> data)
    {
        if (data.Length < 4 || IsLetterOrDigit(data[3]))
        {
            // UNA is followed by any delimiter; a letter there would be no delimiter either.
            return false;
        }
        return data[0] switch
        {
            (byte)'I' => data[1] == 'S' && data[2] == 'A',
            (byte)'U' => (data[1] == 'N' && data[2] is (byte)'A' or (byte)'B') || (data[1] == 'I' && data[2] == 'B'),
            (byte)'S' => data[1] == 'T' && data[2] == 'X' && data[3] == '=',
            _ => false,
        };
    }

    /// <summary>The encoding in which the bytes would begin like EDI, when it is none that can be read; otherwise null.</summary>
    internal static string? ForeignEncoding(ReadOnlySpan<byte> data) => data switch
    {
        [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] or [(byte)'I', 0, (byte)'S', 0, ..] or [(byte)'U', 0, (byte)'N', 0, ..] => "UTF-16",
        [0xC9, 0xE2, 0xC1, ..] or [0xE4, 0xD5, 0xC1 or 0xC2, ..] => "EBCDIC",
        _ => null,
    };

    /// <summary>Decides on the header at the start of <paramref name="data"/>.</summary>
    /// <param name="data">The bytes from the suspected header on.</param>
    /// <param name="isFinal">Whether no bytes follow those given.</param>
    /// <param name="allowFragment">Whether a group or message header may stand for a missing interchange header.</param>
    /// <param name="dialect">The dialect when found.</param>
    /// <param name="headerOffset">Offset of the header segment, after a UNA.</param>
    internal static Detection TryDetect(ReadOnlySpan<byte> data, bool isFinal, bool allowFragment, out Dialect? dialect, out int headerOffset)
    {
        dialect = null;
        headerOffset = 0;
        if (!isFinal && data.Length < LookaheadBytes)
        {
            return Detection.NeedMore;
        }
        data = data[..Math.Min(data.Length, LookaheadBytes)];
        if (data.Length < 4)
        {
            return Detection.None;
        }
        if (data.StartsWith("ISA"u8))
        {
            dialect = X12FromIsa(data);
        }
        else if (data.StartsWith("UNA"u8))
        {
            return FromAdvice(data, out dialect, out headerOffset);
        }
        else if (data.StartsWith("UIB"u8) && !IsLetterOrDigit(data[3]))
        {
            return Detection.Interactive;
        }
        else if ((data.StartsWith("UNB"u8) && (allowFragment || HasSyntaxIdentifier(data))) || (allowFragment && (data.StartsWith("UNH"u8) || data.StartsWith("UNG"u8))))
        {
            dialect = EdifactFromHeader(data);
        }
        else if (data.StartsWith("STX="u8) || (allowFragment && data.StartsWith("MHD="u8)))
        {
            dialect = TradacomsFromHeader(data);
        }
        else if (allowFragment && (data.StartsWith("GS"u8) || data.StartsWith("ST"u8)))
        {
            dialect = X12FromFragment(data);
        }
        if (dialect is null)
        {
            return Detection.None;
        }
        if (IsWrapped(data, dialect.SegmentTerminator))
        {
            dialect = dialect with { IsWrapped = true };
        }
        return Detection.Found;
    }

    private static Dialect? X12FromIsa(ReadOnlySpan<byte> data)
    {
        byte separator = data[3];
        if (!CanDelimit(separator) || separator is (byte)'\r' or (byte)'\n')
        {
            return null;
        }
        // X12.5: ISA has 16 elements. They are counted, not measured, so that trimmed or padded ones are read too.
        Span<int> starts = stackalloc int[17];
        int count = 0;
        int end = Math.Min(data.Length, 512);
        for (int i = 3; i < end && count < 16; i++)
        {
            if (data[i] == separator)
            {
                starts[++count] = i + 1;
            }
            else if (count > 1 && i + 3 < end && data[i] == 'G' && data[i + 1] == 'S' && data[i + 2] == separator && count < 15
                && !IsLetterOrDigit(data[i - 1]) && data[i - 1] != ' ' && data[i - 1] != separator)
            {
                break;
            }
        }
        byte component;
        byte terminator;
        if (count == 16)
        {
            int p = starts[16];
            while (p < data.Length && data[p] is (byte)'\r' or (byte)'\n' && p + 2 < data.Length && !IsGroupOrTrailer(data[(p + 1)..], separator))
            {
                p++;
            }
            if (p >= data.Length)
            {
                return null;
            }
            int next = FindGroup(data, p + 1, separator);
            if (next == p + 1 || (next > 0 && EndsLikeHeader(data, p, next)))
            {
                // ISA16 is missing: the first byte after the separator ends the segment.
                component = 0;
                terminator = data[p];
            }
            else
            {
                if (next < 0 && !IsVersion(Trim(data[starts[12]..(starts[13] - 1)])))
                {
                    // Sixteen separators were found, but across other segments.
                    return null;
                }
                component = data[p];
                int last = next > 0 ? next - 1 : Math.Min(p + 1, data.Length - 1);
                while (last > p + 1 && data[last] is (byte)'\r' or (byte)'\n' or (byte)' ' or (byte)'\t')
                {
                    last--;
                }
                terminator = last > p ? data[last] : (byte)'~';
            }
        }
        else
        {
            int next = FindGroup(data, 4, separator);
            if (next < 6)
            {
                return null;
            }
            int last = next - 1;
            while (last > 4 && data[last] is (byte)'\r' or (byte)'\n')
            {
                last--;
            }
            terminator = last == 4 ? (byte)'\n' : IsLetterOrDigit(data[last]) ? data[last + 1] : data[last];
            component = last > 4 && !IsLetterOrDigit(data[last - 1]) && data[last - 1] != separator ? data[last - 1] : (byte)0;
        }
        if (!CanDelimit(terminator) || terminator == separator)
        {
            return null;
        }
        if (!CanDelimit(component))
        {
            component = 0;
        }
        int version = 0;
        string identifier = "";
        byte repetition = 0;
        if (count >= 13)
        {
            ReadOnlySpan<byte> isa12 = Trim(data[starts[12]..(starts[13] - 1)]);
            identifier = Ascii(isa12);
            _ = int.TryParse(isa12, out version);
            ReadOnlySpan<byte> isa11 = Trim(data[starts[11]..(starts[12] - 1)]);
            // X12.5: ISA11 is the repetition separator from 00402 on; before, a code such as U.
            if (version >= 402 && isa11.Length == 1 && !IsLetterOrDigit(isa11[0]) && isa11[0] != component && isa11[0] != terminator)
            {
                repetition = isa11[0];
            }
        }
        return new()
        {
            Standard = EdiStandard.X12,
            SegmentTerminator = terminator,
            ElementSeparator = separator,
            ComponentSeparator = component,
            RepetitionSeparator = repetition,
            TagSeparator = separator,
            SyntaxIdentifier = identifier,
            SyntaxVersion = version,
            CharacterSet = CharacterSet.X12Extended,
        };
    }

    /// <summary>The offset of the segment that follows ISA, or -1.</summary>
    private static int FindGroup(ReadOnlySpan<byte> data, int from, byte separator)
    {
        int end = Math.Min(data.Length - 3, from + (from == 4 ? 256 : 64));
        for (int i = from; i < end; i++)
        {
            if (IsGroupOrTrailer(data[i..], separator))
            {
                return i;
            }
        }
        return -1;
    }

    private static bool IsVersion(ReadOnlySpan<byte> value) => value.Length is 4 or 5 && value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

    /// <summary>Whether the segment after ISA ends with the byte at <paramref name="p"/> before its line break, as ISA does.</summary>
    private static bool EndsLikeHeader(ReadOnlySpan<byte> data, int p, int next)
    {
        if (data[(p + 1)..next].IndexOfAnyExcept((byte)'\r', (byte)'\n') >= 0 || data[p] is (byte)'\r' or (byte)'\n')
        {
            return false;
        }
        int end = data[next..].IndexOfAny((byte)'\r', (byte)'\n');
        return end > 0 && data[next + end - 1] == data[p];
    }

    private static bool IsGroupOrTrailer(ReadOnlySpan<byte> data, byte separator) => data.Length > 3
        && ((data[0] == 'G' && data[1] == 'S' && data[2] == separator)
            || (data[0] == 'T' && data[1] == 'A' && data[2] == '1' && data[3] == separator)
            || (data[0] == 'I' && data[1] == 'E' && data[2] == 'A' && data[3] == separator));

    private static Dialect? X12FromFragment(ReadOnlySpan<byte> data)
    {
        byte separator = data[2];
        if (IsLetterOrDigit(separator) || separator is <= (byte)' ' or (byte)'=' or >= 128)
        {
            return null;
        }
        byte terminator = data.Contains((byte)'~') && separator != '~' ? (byte)'~' : (byte)'\n';
        return Dialect.X12() with
        {
            ElementSeparator = separator,
            TagSeparator = separator,
            SegmentTerminator = terminator,
            ComponentSeparator = separator == '>' ? (byte)0 : (byte)'>',
            SyntaxIdentifier = "",
            SyntaxVersion = 0,
        };
    }

    private static Detection FromAdvice(ReadOnlySpan<byte> data, out Dialect? dialect, out int headerOffset)
    {
        dialect = null;
        headerOffset = 0;
        if (data.Length < 12)
        {
            return Detection.None;
        }
        // ISO 9735-1: UNA is exactly nine bytes. Some senders trim the space at position 5.
        bool trimmed = !IsLetterOrDigit(data[7]) && data[8] == 'U' && data[9] is (byte)'N' or (byte)'I';
        int length = trimmed ? 8 : 9;
        int next = length;
        while (next < data.Length && data[next] is (byte)'\r' or (byte)'\n' or (byte)' ' or (byte)'\t')
        {
            next++;
        }
        ReadOnlySpan<byte> rest = data[next..];
        if (rest.StartsWith("UIB"u8))
        {
            headerOffset = next;
            return Detection.Interactive;
        }
        if (!rest.StartsWith("UNB"u8) && !rest.StartsWith("UNH"u8) && !rest.StartsWith("UNG"u8))
        {
            return Detection.None;
        }
        byte component = data[3];
        byte element = data[4];
        byte release = data[6] == ' ' ? (byte)0 : data[6];
        byte reserved = trimmed ? (byte)' ' : data[7];
        byte terminator = trimmed ? data[7] : data[8];
        if (!CanDelimit(terminator) || !CanDelimit(element) || !CanDelimit(component))
        {
            // The advice is damaged; the header after it is read with the standard's delimiters.
            return Detection.None;
        }
        (string identifier, int version) = SyntaxOf(rest, element, component);
        byte repetition = version >= 4 && reserved != ' ' && !IsLetterOrDigit(reserved) ? reserved : (byte)0;
        headerOffset = next;
        dialect = new()
        {
            Standard = EdiStandard.Edifact,
            SegmentTerminator = terminator,
            ElementSeparator = element,
            ComponentSeparator = component,
            RepetitionSeparator = repetition,
            ReleaseCharacter = release,
            DecimalMark = data[5],
            TagSeparator = element,
            SyntaxIdentifier = identifier,
            SyntaxVersion = version,
            CharacterSet = CharacterSets.FromEdifact(identifier),
            HasServiceStringAdvice = true,
            IsWrapped = IsWrapped(data, terminator),
        };
        return Detection.Found;
    }

    /// <summary>Whether four letters follow UNB; among other data the three letters alone are no header.</summary>
    private static bool HasSyntaxIdentifier(ReadOnlySpan<byte> data) =>
        data.Length > 8 && IsLetterOrDigit(data[4]) && IsLetterOrDigit(data[5]) && IsLetterOrDigit(data[6]) && IsLetterOrDigit(data[7]);

    private static Dialect? EdifactFromHeader(ReadOnlySpan<byte> data)
    {
        byte element = data[3];
        if (!CanDelimit(element) || element is (byte)'\r' or (byte)'\n')
        {
            return null;
        }
        // ISO 9735 level B, taken literally, separates with the information separators of ISO 646.
        bool informationSeparators = element == 0x1D;
        byte component = informationSeparators ? (byte)0x1F : (byte)':';
        bool isInterchange = data[2] == 'B';
        if (isInterchange && !informationSeparators && element != '+' && data.Length > 8 && !IsLetterOrDigit(data[8]) && data[8] > ' ')
        {
            component = data[8];
        }
        (string identifier, int version) = isInterchange ? SyntaxOf(data, element, component) : ("", 0);
        byte terminator = informationSeparators ? (byte)0x1C : (byte)'\'';
        if (data[..Math.Min(data.Length, 512)].IndexOf(terminator) < 0)
        {
            int message = data.IndexOf([(byte)'U', (byte)'N', (byte)'H', element]);
            while (message > 4 && data[message - 1] is (byte)'\r' or (byte)'\n' && data[message - 2] is not ((byte)'+' or (byte)':')
                && !IsLetterOrDigit(data[message - 2]))
            {
                message--;
            }
            if (message > 4 && CanDelimit(data[message - 1]) && data[message - 1] != element && data[message - 1] != component)
            {
                terminator = data[message - 1];
            }
        }
        return new()
        {
            Standard = EdiStandard.Edifact,
            SegmentTerminator = terminator,
            ElementSeparator = element,
            ComponentSeparator = component,
            RepetitionSeparator = version >= 4 && element != '*' && component != '*' && terminator != '*' ? (byte)'*' : (byte)0,
            ReleaseCharacter = element == '?' || component == '?' ? (byte)0 : (byte)'?',
            TagSeparator = element,
            SyntaxIdentifier = identifier,
            SyntaxVersion = version,
            CharacterSet = CharacterSets.FromEdifact(identifier),
        };
    }

    private static (string Identifier, int Version) SyntaxOf(ReadOnlySpan<byte> header, byte element, byte component)
    {
        if (header.Length < 8 || header[2] != 'B' || header[3] != element)
        {
            return ("", 0);
        }
        ReadOnlySpan<byte> value = header[4..];
        int end = value.IndexOfAny(component, element);
        if (end is < 0 or > 8)
        {
            end = Math.Min(4, value.Length);
        }
        ReadOnlySpan<byte> identifier = value[..end];
        int version = end + 1 < value.Length && value[end] == component && value[end + 1] is >= (byte)'1' and <= (byte)'9'
            ? value[end + 1] - '0' : 0;
        return (Ascii(identifier), version);
    }

    private static Dialect TradacomsFromHeader(ReadOnlySpan<byte> data)
    {
        Dialect dialect = Dialect.Tradacoms();
        if (data[0] != 'S')
        {
            return dialect with { SyntaxIdentifier = "" };
        }
        ReadOnlySpan<byte> value = data[4..];
        int end = value.IndexOfAny((byte)':', (byte)'+', (byte)'\'');
        if (end is < 0 or > 8)
        {
            return dialect;
        }
        int version = end + 1 < value.Length && value[end] == ':' && value[end + 1] is >= (byte)'0' and <= (byte)'9' ? value[end + 1] - '0' : 0;
        return dialect with { SyntaxIdentifier = Ascii(value[..end]), SyntaxVersion = version };
    }

    /// <summary>
    /// Whether lines are cut at one width whatever stands there, as mainframes and some networks do: every line break in sight
    /// stands at the same distance, and at least one does not follow a segment terminator.
    /// </summary>
    private static bool IsWrapped(ReadOnlySpan<byte> data, byte terminator)
    {
        if (terminator is (byte)'\r' or (byte)'\n')
        {
            return false;
        }
        int width = -1;
        int lines = 0;
        bool cutsSegment = false;
        int start = 0;
        while (true)
        {
            int length = data[start..].IndexOf((byte)'\n');
            if (length < 0)
            {
                int rest = data.Length - start;
                return cutsSegment && rest <= width + 1 && (lines >= 2 || width is 80 or 72 or 76 or 128 or 132 or 256 or 512);
            }
            int next = start + length + 1;
            if (length > 0 && data[start + length - 1] == '\r')
            {
                length--;
            }
            if (width < 0)
            {
                width = length;
                if (width < 40)
                {
                    return false;
                }
            }
            else if (length != width)
            {
                // Only the last line may be shorter; what follows it is padding.
                return cutsSegment && lines >= 2 && length < width && data[next..].IndexOfAnyExcept((byte)'\r', (byte)'\n', (byte)' ') < 0;
            }
            lines++;
            cutsSegment |= length > 0 && data[start + length - 1] != terminator;
            start = next;
        }
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> value)
    {
        int start = 0;
        int end = value.Length;
        while (start < end && value[start] <= ' ')
        {
            start++;
        }
        while (end > start && value[end - 1] <= ' ')
        {
            end--;
        }
        return value[start..end];
    }

    private static string Ascii(ReadOnlySpan<byte> value) => value switch
    {
        _ when value.SequenceEqual("UNOA"u8) => "UNOA",
        _ when value.SequenceEqual("UNOB"u8) => "UNOB",
        _ when value.SequenceEqual("UNOC"u8) => "UNOC",
        _ when value.SequenceEqual("00401"u8) => "00401",
        _ when value.SequenceEqual("00501"u8) => "00501",
        _ => Encoding.Latin1.GetString(value[..Math.Min(value.Length, 16)]),
    };

    /// <summary>A letter, digit or space cannot be told from data; 0 stands for a delimiter that does not exist.</summary>
    private static bool CanDelimit(byte value) => value is not 0 and not (byte)' ' && !IsLetterOrDigit(value);

    internal static bool IsLetterOrDigit(byte value) =>
        value is (>= (byte)'0' and <= (byte)'9') or (>= (byte)'A' and <= (byte)'Z') or (>= (byte)'a' and <= (byte)'z');
}
