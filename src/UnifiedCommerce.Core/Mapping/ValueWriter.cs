using System.Globalization;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Turns a value of a canonical record into the text that a message carries.</summary>
internal static class ValueWriter
{
    /// <summary>The text, or null when the record has no value there. <paramref name="fault"/> says why a value cannot be written.</summary>
    public static string? Write(CompiledMapping mapping, MappingContext context, FieldPath path, ValueFormat format, object record, string? dateFormat, char decimalMark, out string? fault)
    {
        fault = null;
        object? holder = path.Find(record);
        string? text = holder is null ? null : Plain(mapping, context, path, format, holder, dateFormat, decimalMark);
        if (string.IsNullOrEmpty(text))
        {
            if (format.Default is null || format.Table is not null)
                text = format.Default;
            else
                return format.Default;
            if (text is null)
                return null;
        }
        return format.IsPlain && path.Leaf.Kind != ValueKind.Text ? text : Adjust(path.Leaf, path.Text, format, text, ref fault);
    }

    /// <summary>Applies code table and adjustments to a text that is not a field (constants, locals).</summary>
    public static string Adjusted(string name, ValueFormat format, string text, ref string? fault) =>
        format.IsPlain ? text : Adjust(null, name, format, text, ref fault) ?? "";

    public static string Number(decimal number, ValueFormat format, char decimalMark)
    {
        if (format.Negate)
            number = -number;
        if (format.Fraction)
            number /= 100;
        if (format.Pounds)
            number = Math.Round(number / ValueReader.KilogramsPerPound, 4, MidpointRounding.AwayFromZero);
        if (format.Scale is { } scale)
            return Math.Round(ValueReader.Shift(number, scale), 0, MidpointRounding.AwayFromZero).ToString("0", CultureInfo.InvariantCulture);
        string text = format.Digits is { } digits
            ? Math.Round(number, digits, MidpointRounding.AwayFromZero).ToString("F" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
            : Numbers.Text(number);
        if (decimalMark != '.')
            text = text.Replace('.', decimalMark);
        return format.SignBehind && text.StartsWith('-') ? text[1..] + "-" : text;
    }

    private static string? Plain(CompiledMapping mapping, MappingContext context, FieldPath path, ValueFormat format, object holder, string? dateFormat, char decimalMark)
    {
        Field leaf = path.Leaf;
        switch (leaf.Kind)
        {
            case ValueKind.Text:
                return leaf.GetText(holder);
            case ValueKind.Number or ValueKind.Integer:
                return leaf.TryGetNumber(holder, out decimal number) && !(format.SkipZero && number == 0) ? Number(number, format, decimalMark) : null;
            case ValueKind.Date:
                return leaf.TryGetDate(holder, out DateOnly date)
                    ? Moment(new DateTimeOffset(date.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero), dateFormat ?? format.Date ?? mapping.DefaultDateFormat(ValueKind.Date), ValueKind.Date)
                    : null;
            case ValueKind.Moment:
            {
                if (!leaf.TryGetMoment(holder, out DateTimeOffset moment))
                    return null;
                string pattern = dateFormat ?? format.Date ?? mapping.DefaultDateFormat(ValueKind.Moment);
                TimeZoneInfo? zone = format.Zone ?? mapping.Zone ?? context.TimeZone;
                return Moment(zone is null ? moment : TimeZoneInfo.ConvertTime(moment, zone), pattern, ValueKind.Moment);
            }
            case ValueKind.Flag:
                return leaf.GetFlag(holder) ? "true" : "false";
            default:
                return leaf.GetCode(holder) is { } code ? Enum.GetName(leaf.EnumType!, Enum.ToObject(leaf.EnumType!, code)) : null;
        }
    }

    private static string Moment(DateTimeOffset moment, string format, ValueKind kind) => format switch
    {
        "iso" when kind == ValueKind.Date => moment.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        "iso" => moment.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture),
        "yyyyMMdd" => ((moment.Year * 10_000) + (moment.Month * 100) + moment.Day).ToString("00000000", CultureInfo.InvariantCulture),
        _ => moment.ToString(format, CultureInfo.InvariantCulture),
    };

    private static string? Adjust(Field? leaf, string name, ValueFormat format, string text, ref string? fault)
    {
        if (leaf is { Kind: ValueKind.Text })
        {
            IdScheme scheme = format.Scheme != IdScheme.None ? format.Scheme : ValueReader.SchemeOf(leaf.Name);
            if (scheme != IdScheme.None && Identifiers.Fault(scheme, text) is { } wrong)
                fault = $"{name} '{text}': {wrong}";
        }
        if (format.IsPlain)
            return text;
        if (format.Table is { } table)
        {
            if (!table.TryWrite(text, out string code))
            {
                fault = $"{name} '{text}' has no code in table {table.Name}, which knows {string.Join(", ", table.Values.Take(8))}";
                return null;
            }
            text = code;
        }
        if (format.Upper)
            text = text.ToUpperInvariant();
        if (format.Prefix is not null)
            text = format.Prefix + text;
        if (format.Suffix is not null)
            text += format.Suffix;
        if (format.PadWidth > text.Length)
            text = format.PadRight ? text.PadRight(format.PadWidth, format.PadWith) : text.PadLeft(format.PadWidth, format.PadWith);
        if (format.Max > 0 && text.Length > format.Max)
        {
            if (leaf is { Kind: ValueKind.Text, Name: "description" or "name" or "street" or "city" or "note" or "reason" or "contact" })
                text = text[..format.Max].TrimEnd();
            else
                fault = $"{name} '{text}' has {text.Length} characters, expected at most {format.Max}";
        }
        return text;
    }
}
