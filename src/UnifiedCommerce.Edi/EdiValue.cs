using System.Buffers.Text;
using System.Globalization;

namespace UnifiedCommerce.Edi;

/// <summary>Numbers and dates as EDI writes them.</summary>
public static class EdiValue
{
    /// <summary>Reads a decimal number: digits, a leading minus, a point, or a comma where the standard allows it.</summary>
    /// <param name="value">The bytes of the value.</param>
    /// <param name="dialect">X12 knows only the point; EDIFACT both marks whatever UNA says (ISO 9735-1 10).</param>
    /// <param name="number">The number.</param>
    public static bool TryDecimal(ReadOnlySpan<byte> value, Dialect dialect, out decimal number)
    {
        ArgumentNullException.ThrowIfNull(dialect);
        number = 0;
        if (value.IsEmpty || value.Length > 40)
        {
            return false;
        }
        Span<byte> plain = stackalloc byte[value.Length];
        for (int i = 0; i < value.Length; i++)
        {
            byte b = value[i];
            if (b == ',' && dialect.Standard != EdiStandard.X12)
            {
                b = (byte)'.';
            }
            plain[i] = b;
        }
        return decimal.TryParse(plain, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>Reads a number whose decimal mark is implied, as X12 types N0 to N9.</summary>
    /// <param name="value">The bytes of the value: digits with an optional leading minus.</param>
    /// <param name="decimals">How many of the digits stand after the implied mark.</param>
    /// <param name="number">The number.</param>
    public static bool TryImplied(ReadOnlySpan<byte> value, int decimals, out decimal number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(decimals);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(decimals, 9);
        number = 0;
        if (value.Length > 18 || !Utf8Parser.TryParse(value, out long whole, out int used) || used != value.Length)
        {
            return false;
        }
        number = new decimal((int)(Math.Abs(whole) & 0xFFFFFFFF), (int)(Math.Abs(whole) >> 32), 0, whole < 0, (byte)decimals);
        return true;
    }

    /// <summary>Reads a date as <c>YYMMDD</c> or <c>CCYYMMDD</c> and a time as <c>HHMM</c> or <c>HHMMSS</c>; a year from 70 on is of the last century.</summary>
    /// <param name="date">The date.</param>
    /// <param name="time">The time; empty for midnight.</param>
    public static DateTime? Date(ReadOnlySpan<char> date, ReadOnlySpan<char> time)
    {
        Span<char> whole = stackalloc char[14];
        if (date.Length == 6 && char.IsAsciiDigit(date[0]))
        {
            (date[0] >= '7' ? "19" : "20").CopyTo(whole);
            date.CopyTo(whole[2..]);
        }
        else if (date.Length == 8)
        {
            date.CopyTo(whole);
        }
        else
        {
            return null;
        }
        whole[8..].Fill('0');
        if (time.Length is 4 or 6 or 8)
        {
            time[..Math.Min(time.Length, 6)].CopyTo(whole[8..]);
        }
        return DateTime.TryParseExact(whole, "yyyyMMddHHmmss", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime read) ? read : null;
    }
}
