using System.Globalization;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Codes that name the format of a date (UNCL 2379, X12 element 1250).</summary>
internal static class DateCodes
{
    private static readonly Dictionary<string, string> Formats = new(StringComparer.Ordinal)
    {
        ["2"] = "ddMMyy",
        ["3"] = "MMddyy",
        ["4"] = "ddMMyyyy",
        ["101"] = "yyMMdd",
        ["102"] = "yyyyMMdd",
        ["201"] = "yyMMddHHmm",
        ["202"] = "yyMMddHHmmss",
        ["203"] = "yyyyMMddHHmm",
        ["204"] = "yyyyMMddHHmmss",
        ["205"] = "yyyyMMddHHmmzzz",
        ["610"] = "yyyyMM",
        ["718"] = "yyyyMMdd",
        ["719"] = "yyyyMMddHHmm",
        ["D8"] = "yyyyMMdd",
        ["D6"] = "yyMMdd",
        ["DT"] = "yyyyMMddHHmm",
        ["RD8"] = "yyyyMMdd",
    };

    /// <summary>The .NET format of a code, or null when it is not known.</summary>
    public static string? FormatOf(string code) => Formats.GetValueOrDefault(code);

    public static IEnumerable<string> Known => Formats.Keys;

    /// <summary>Reads a date or moment. <paramref name="zone"/> holds where the text names no offset.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, string format, TimeZoneInfo? zone, out DateTimeOffset value)
    {
        value = default;
        if (format == "yyyyMMdd")
        {
            // The start of a period (718) is read like a date.
            if (text.Length == 17 && text[8] == '-')
                text = text[..8];
            if (text.Length > 8 && AllDigits(text) && text.Length is 12 or 14)
                text = text[..8];
            if (text.Length != 8 || !TryDigits(text[..4], out int year) || !TryDigits(text[4..6], out int month) || !TryDigits(text[6..], out int day)
                || month is < 1 or > 12 || day < 1 || year is < 1 or > 9999 || day > DateTime.DaysInMonth(year, month))
                return false;
            value = At(new DateTime(year, month, day), zone);
            return true;
        }
        if (format == "iso")
        {
            if (text.Length > 10 && (text[^1] == 'Z' || text.LastIndexOfAny('+', '-') > 10) && text.Contains('T'))
                return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out value);
            // xsd:date may carry an offset: 2024-06-07Z, 2024-06-07+02:00. The date is what was meant.
            if (text.Length > 10 && text[10] is 'Z' or '+' or '-' && !text.Contains('T'))
                text = text[..10];
            if (!DateTime.TryParseExact(text, ["yyyy-MM-dd", "yyyy-MM-ddTHH:mm:ss", "yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss.FFFFFFF"], CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime local))
                return false;
            value = At(local, zone);
            return true;
        }
        if (format.Contains("zzz", StringComparison.Ordinal) || format.Contains('K', StringComparison.Ordinal))
            return DateTimeOffset.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out value);
        if (!DateTime.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime exact))
            return false;
        value = At(exact, zone);
        return true;
    }

    private static DateTimeOffset At(DateTime local, TimeZoneInfo? zone) =>
        zone is null || zone == TimeZoneInfo.Utc ? new(local, TimeSpan.Zero) : new(local, zone.GetUtcOffset(local));

    private static bool AllDigits(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('0', '9');

    private static bool TryDigits(ReadOnlySpan<char> text, out int value)
    {
        value = 0;
        foreach (char character in text)
        {
            int digit = character - '0';
            if ((uint)digit > 9)
                return false;
            value = (value * 10) + digit;
        }
        return true;
    }
}

/// <summary>Decimal numbers as messages write them.</summary>
internal static class Numbers
{
    /// <summary>Reads digits with at most one decimal mark and an optional sign in front or behind. Point and comma both count
    /// as the mark when only one of them stands there, except <paramref name="mark"/> says which.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, char? mark, out decimal value)
    {
        value = 0;
        text = text.Trim();
        if (text.IsEmpty)
            return false;
        bool negative = false;
        if (text[0] is '-' or '+')
        {
            negative = text[0] == '-';
            text = text[1..];
        }
        else if (text[^1] is '-' or '+')
        {
            negative = text[^1] == '-';
            text = text[..^1];
        }
        if (text.IsEmpty)
            return false;
        ulong whole = 0;
        int digits = 0;
        int scale = -1;
        for (int index = 0; index < text.Length; index++)
        {
            int digit = text[index] - '0';
            if ((uint)digit <= 9)
            {
                if (digits > 18)
                    return decimal.TryParse(text.ToString().Replace(',', '.'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value) && Sign(ref value, negative);
                whole = (whole * 10) + (uint)digit;
                digits++;
                if (scale >= 0)
                    scale++;
            }
            else if (scale < 0 && (mark is null ? text[index] is '.' or ',' : text[index] == mark))
                scale = 0;
            else
                return false;
        }
        if (digits == 0)
            return false;
        value = new decimal((int)whole, (int)(whole >> 32), 0, negative, (byte)Math.Max(scale, 0));
        return true;
    }

    /// <summary>The shortest text of a number with at most ten decimals.</summary>
    public static string Text(decimal number)
    {
        if (number.Scale > 10)
            number = Math.Round(number, 10, MidpointRounding.AwayFromZero);
        Span<char> buffer = stackalloc char[40];
        number.TryFormat(buffer, out int length, default, CultureInfo.InvariantCulture);
        ReadOnlySpan<char> text = buffer[..length];
        if (number.Scale > 0)
            text = text.TrimEnd('0').TrimEnd('.');
        return text is "-0" or "" ? "0" : ShortText.Of(text);
    }

    private static bool Sign(ref decimal value, bool negative)
    {
        if (negative)
            value = -value;
        return true;
    }
}
