using System.Runtime.CompilerServices;

namespace UnifiedCommerce.Edi.Validation;

/// <summary>The checks of single values: a quick one that only says yes or no, and a slow one that says what is wrong.</summary>
internal sealed partial class MessageChecker
{
    private byte[] scratch = new byte[256];

    /// <summary>Whether a value fits at first sight. A no is looked at again: the value may be escaped or multi-byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Fits(ref ValueRule rule, ReadOnlySpan<byte> value, bool altered)
    {
        switch (rule.Kind)
        {
            case ValueKind.Text:
                return (uint)(value.Length - rule.Min) <= (uint)(rule.Max - rule.Min);
            case ValueKind.Coded:
                return (uint)(value.Length - rule.Min) <= (uint)(rule.Max - rule.Min) && !altered && rule.Codes!.Contains(value);
            default:
                return !altered && FitsKind(ref rule, value);
        }
    }

    private static bool FitsKind(ref ValueRule rule, ReadOnlySpan<byte> value)
    {
        switch (rule.Kind)
        {
            case ValueKind.Number or ValueKind.Real or ValueKind.Integer:
                int digits = 0, i = 0, points = 0;
                if (value[0] == '-') i = 1;
                for (; i < value.Length; i++)
                {
                    var b = value[i];
                    if ((uint)(b - '0') <= 9) digits++;
                    else if (rule.Kind != ValueKind.Integer && (b == '.' || (b == ',' && rule.Kind == ValueKind.Number)) && digits > 0 && i + 1 < value.Length) points++;
                    else return false;
                }

                return points <= 1 && (uint)(digits - rule.Min) <= (uint)(rule.Max - rule.Min);
            case ValueKind.Date:
                return (uint)(value.Length - rule.Min) <= (uint)(rule.Max - rule.Min) && IsDate(value);
            case ValueKind.Time:
                return (uint)(value.Length - rule.Min) <= (uint)(rule.Max - rule.Min) && IsTime(value);
            case ValueKind.Letters:
                return (uint)(value.Length - rule.Min) <= (uint)(rule.Max - rule.Min) && value.IndexOfAnyInRange((byte)'0', (byte)'9') < 0;
            default:
                return true;
        }
    }

    /// <summary>YYMMDD or CCYYMMDD (X12.6 3.5.1.5).</summary>
    private static bool IsDate(ReadOnlySpan<byte> value)
    {
        if (value.Length is not (6 or 8) || value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0) return false;
        var month = Two(value, value.Length - 4);
        var day = Two(value, value.Length - 2);
        return month is >= 1 and <= 12 && day >= 1 && day <= (month == 2 ? 29 : month is 4 or 6 or 9 or 11 ? 30 : 31);
    }

    /// <summary>HHMM, HHMMSS or with decimal seconds (X12.6 3.5.1.6).</summary>
    private static bool IsTime(ReadOnlySpan<byte> value) =>
        value.Length is >= 4 and <= 8 && value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0
        && Two(value, 0) <= 24 && Two(value, 2) <= 59 && (value.Length < 6 || Two(value, 4) <= 60);

    private static int Two(ReadOnlySpan<byte> value, int at) => ((value[at] - '0') * 10) + value[at + 1] - '0';

    /// <summary>Says what is wrong with a value that did not fit at first sight, if anything is.</summary>
    private void Value(ref ValueRule rule, in SegmentBytes segment, SegmentPlan definition, int element, int component, int repetition, int from, int to, bool altered, bool exact, MarkRange siblings)
    {
        var value = segment.Data[from..to];
        if (altered) value = Clean(value, segment.Dialect);
        if (value.IsEmpty) return;
        var at = new ValuePlace(definition, element, component, repetition, from, exact);
        switch (rule.Kind)
        {
            case ValueKind.Number or ValueKind.Real or ValueKind.Integer:
                Number(ref rule, segment, at, value);
                return;
            case ValueKind.Binary:
                return;
            default:
                break;
        }

        // Padding is no part of a code; EDIFACT has none, X12 pads to the minimum.
        var bare = rule.Kind == ValueKind.Coded ? Trim(value) : value;
        var length = Characters(value, segment.Dialect);
        if (length > rule.Max && Characters(bare, segment.Dialect) > rule.Max)
        {
            sink.TooLong(segment, at, rule.Element, value, length);
            return;
        }

        if (length < rule.Min)
        {
            sink.TooShort(segment, at, rule.Element, value, length);
            return;
        }

        switch (rule.Kind)
        {
            case ValueKind.Coded when !rule.Codes!.Contains(bare): Code(ref rule, segment, at, bare, siblings); break;
            case ValueKind.Date when !IsDate(value): sink.InvalidDate(segment, at, value); break;
            case ValueKind.Time when !IsTime(value): sink.InvalidTime(segment, at, value); break;
            case ValueKind.Letters when value.IndexOfAnyInRange((byte)'0', (byte)'9') >= 0: sink.InvalidCharacters(segment, at, rule.Element, value, "letters only"); break;
            default: break;
        }
    }

    private void Number(ref ValueRule rule, in SegmentBytes segment, ValuePlace at, ReadOnlySpan<byte> value)
    {
        int digits = 0, points = 0;
        var exponent = false;
        var wrong = false;
        for (var i = 0; i < value.Length; i++)
        {
            switch (value[i])
            {
                case >= (byte)'0' and <= (byte)'9': digits++; break;
                case (byte)'-' when i == 0 || (exponent && value[i - 1] is (byte)'E'): break;
                case (byte)'.' when rule.Kind != ValueKind.Integer: points++; break;
                case (byte)',' when rule.Kind == ValueKind.Number: points++; break;
                case (byte)'E' when rule.Kind == ValueKind.Real && digits > 0 && !exponent: exponent = true; break;
                default: wrong = true; break;
            }
        }

        if (wrong || digits == 0)
        {
            sink.InvalidCharacters(segment, at, rule.Element, value, rule.Kind == ValueKind.Integer ? "digits and a leading minus sign" : "digits, one decimal mark and a leading minus sign");
            return;
        }

        if (points > 1) sink.InvalidCharacters(segment, at, rule.Element, value, "one decimal mark only");
        else if (digits > rule.Max) sink.TooLong(segment, at, rule.Element, value, digits);
        else if (digits < rule.Min) sink.TooShort(segment, at, rule.Element, value, digits);
        else if (rule.Kind == ValueKind.Number && points == 1) DecimalMark(segment, at, value);
    }

    /// <summary>ISO 9735-1 10.4: a decimal mark has a digit before and after it. Common enough to be read all the same.</summary>
    private void DecimalMark(in SegmentBytes segment, ValuePlace at, ReadOnlySpan<byte> value)
    {
        var mark = value.IndexOfAny((byte)'.', (byte)',');
        if (mark == 0 || value[mark - 1] == '-' || mark == value.Length - 1) sink.LooseDecimalMark(segment, at, value, mark == value.Length - 1);
    }

    /// <summary>A value that the list does not have: another list may be meant, or a later release.</summary>
    private void Code(ref ValueRule rule, in SegmentBytes segment, ValuePlace at, ReadOnlySpan<byte> value, MarkRange siblings)
    {
        if (siblings.End > 0)
        {
            var list = Sibling(segment, siblings, rule.ListQualifier);
            var agency = Sibling(segment, siblings, rule.ListAgency);
            // 3055 = 6 is UN/CEFACT itself; anything else, or a list of its own in 1131, is another list.
            if (!list.IsEmpty || (!agency.IsEmpty && !agency.SequenceEqual("6"u8))) return;
        }

        sink.UnknownCode(segment, at, rule.Element, value);
    }

    private static ReadOnlySpan<byte> Sibling(in SegmentBytes segment, MarkRange range, int component)
    {
        var mark = range.Begin + component;
        if (component < 0 || mark >= range.End) return default;
        return segment.Data[((segment.Marks[mark] & DelimiterIndex.OffsetMask) + 1)..(segment.Marks[mark + 1] & DelimiterIndex.OffsetMask)];
    }

    private static int Characters(ReadOnlySpan<byte> value, Dialect dialect)
    {
        if (dialect.CharacterSet is not (CharacterSet.UnoW or CharacterSet.UnoY or CharacterSet.Utf8)) return value.Length;
        var count = 0;
        foreach (var b in value) count += (b & 0xC0) == 0x80 ? 0 : 1;
        return count;
    }

    /// <summary>The value without release characters and the line breaks of wrapped files.</summary>
    private ReadOnlySpan<byte> Clean(ReadOnlySpan<byte> raw, Dialect dialect)
    {
        if (scratch.Length < raw.Length) scratch = new byte[raw.Length * 2];
        var length = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            if (dialect.IsWrapped && raw[i] is (byte)'\r' or (byte)'\n') continue;
            if (dialect.ReleaseCharacter != 0 && raw[i] == dialect.ReleaseCharacter && ++i == raw.Length) break;
            scratch[length++] = raw[i];
        }

        return scratch.AsSpan(0, length);
    }
}

/// <summary>The marks of one repetition of a composite: its components lie between neighbours.</summary>
internal readonly record struct MarkRange(int Begin, int End);

/// <summary>Where a value stands.</summary>
internal readonly record struct ValuePlace(SegmentPlan Definition, int Element, int Component, int Repetition, int Offset, bool IsExact);
