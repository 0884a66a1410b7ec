using System.Diagnostics;
using System.Text;
using UnifiedCommerce.Edi;
using UnifiedCommerce.Edi.Schemas;
using UnifiedCommerce.Edi.Validation;

namespace UnifiedCommerce.Benchmarks;

/// <summary>The validator's part of <c>-- edi FILE</c>, and its first use and small files.</summary>
internal static class ValidationBenchmarks
{
    public static string Full(byte[] data)
    {
        ValidationReport report = EdiValidator.Validate(data, EdiSchemas.Default);
        return $"{report.Messages:N0} messages, {report.Segments:N0} segments, {report.Errors:N0} errors";
    }

    /// <summary>The first use of a directory in the process: unpack, compile, check one small message.</summary>
    public static string FirstUse()
    {
        byte[] small = Orders(1, "96A");
        EdiValidator.Validate(small, EdiSchemas.Default);
        StringBuilder text = new("first use of a directory, code warm: ");
        foreach (string release in new[] { "97A", "01B", "21B" })
        {
            byte[] other = Orders(1, release);
            long start = Stopwatch.GetTimestamp();
            EdiValidator.Validate(other, EdiSchemas.Default);
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"D{release} {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0.0} ms  ");
        }

        return text.ToString();
    }

    /// <summary>An order of 10 KB, warm.</summary>
    public static string Small()
    {
        byte[] order = Orders(250, "96A");
        double best = double.MaxValue;
        for (int i = 0; i < 300; i++)
        {
            long start = Stopwatch.GetTimestamp();
            EdiValidator.Validate(order, EdiSchemas.Default);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return $"ORDERS of {order.Length:N0} bytes, warm: {best:0.000} ms";
    }

    private static byte[] Orders(int lines, string release)
    {
        StringBuilder text = new($"UNB+UNOC:3+A:14+B:14+260101:1200+1'UNH+1+ORDERS:D:{release}:UN'BGM+220+PO1+9'DTM+137:20260101:102'NAD+BY+1::9'");
        for (int i = 1; i <= lines; i++) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"LIN+{i}++4000001000005:EN'QTY+21:{i}'");
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"UNS+S'CNT+2:{lines}'UNT+{(lines * 2) + 7}+1'UNZ+1+1'");
        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
