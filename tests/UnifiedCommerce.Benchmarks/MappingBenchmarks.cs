using System.Diagnostics;
using System.Globalization;
using System.Text;
using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Benchmarks;

/// <summary><c>-- mapping [MB] [RUNS]</c>: reading and writing ORDERS and 850 through their base mappings, compiling a mapping, checking all.
/// Figures are per CPU second of this process; input is in memory.</summary>
internal static class MappingBenchmarks
{
    public static int Run(string[] args)
    {
        int megabytes = args.Length > 0 && int.TryParse(args[0], out int size) ? size : 20;
        int runs = args.Length > 1 && int.TryParse(args[1], out int times) ? times : 3;
        string mappings = Mappings();
        foreach ((string name, string mapping) in new[] { ("edifact", "eancom-d96a/purchase-order"), ("x12", "x12-4010/purchase-order") })
        {
            MessageMapping parsed = Parse(mappings, mapping);
            MappingContext context = MappingCheck.ContextOf(mappings, name == "x12" ? "midwest" : "nordhandel");
            PurchaseOrder order = Order(22);
            byte[] one = parsed.Write(order, context).Bytes.ToArray();
            byte[] input = Repeat(one, megabytes * 1_000_000);
            Best($"read-{name}", runs, input.Length, () => Count(parsed, input));
            int documents = Math.Max(1, megabytes * 1_000_000 / one.Length);
            Best($"write-{name}", runs, (long)documents * one.Length, () =>
            {
                long bytes = 0;
                for (int count = 0; count < documents; count++)
                    bytes += parsed.Write(order, context).Bytes.Length;
                return bytes;
            });
        }
        string text = File.ReadAllText(Path.Combine(mappings, "base", "eancom-d96a", "order-response.map"));
        Func<string, string?> load = MappingSet.Loader(mappings, "base");
        MessageMapping.Parse(text, "a.map", load);
        long started = Stopwatch.GetTimestamp();
        for (int count = 0; count < 100; count++)
            MessageMapping.Parse(text, "a.map", load);
        Line("compile", "ms", Stopwatch.GetElapsedTime(started).TotalMilliseconds / 100);
        MappingCheckReport report = MappingCheck.Run(mappings);
        Line("check-all", "ms", report.Elapsed.TotalMilliseconds, report.Proofs.Count);
        return report.Passed ? 0 : 1;
    }

    private static long Count(MessageMapping mapping, byte[] input)
    {
        long lines = 0;
        MessageReader reader = mapping.Open(input);
        while (reader.Read())
            lines += ((PurchaseOrder)reader.Current.Document!).Lines.Count;
        return lines;
    }

    private static void Best(string name, int runs, long bytes, Func<long> run)
    {
        double best = 0;
        long allocated = 0;
        run();
        for (int count = 0; count < runs; count++)
        {
            using Process process = Process.GetCurrentProcess();
            TimeSpan before = process.TotalProcessorTime;
            long memory = GC.GetAllocatedBytesForCurrentThread();
            run();
            process.Refresh();
            double seconds = (process.TotalProcessorTime - before).TotalSeconds;
            allocated = GC.GetAllocatedBytesForCurrentThread() - memory;
            best = Math.Max(best, bytes / 1e6 / seconds);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{{\"part\":\"mapping\",\"case\":\"{name}\",\"megabytes\":{bytes / 1e6:0.0},\"mbPerCpuSecond\":{best:0.0},\"allocatedPerByte\":{(double)allocated / bytes:0.00}}}"));
    }

    private static void Line(string name, string unit, double value, int? mappings = null) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{{\"part\":\"mapping\",\"case\":\"{name}\",\"{unit}\":{value:0.00}{(mappings is null ? "" : $",\"mappings\":{mappings}")}}}"));

    /// <summary>One interchange with as many copies of the message as fit.</summary>
    private static byte[] Repeat(byte[] interchange, int size)
    {
        string text = Encoding.Latin1.GetString(interchange);
        bool x12 = text.StartsWith("ISA", StringComparison.Ordinal);
        int from = text.IndexOf(x12 ? "ST*" : "UNH+", StringComparison.Ordinal);
        int to = text.IndexOf(x12 ? "GE*" : "UNZ+", StringComparison.Ordinal);
        StringBuilder whole = new(text[..from], size + 4096);
        string message = text[from..to];
        int count = 0;
        for (; whole.Length < size; count++)
            whole.Append(message);
        whole.Append(text[to..].Replace(x12 ? "GE*1*" : "UNZ+1+", string.Create(CultureInfo.InvariantCulture, $"{(x12 ? "GE*" : "UNZ+")}{count}{(x12 ? '*' : '+')}"), StringComparison.Ordinal));
        return Encoding.Latin1.GetBytes(whole.ToString());
    }

    private static PurchaseOrder Order(int lines) => new()
    {
        Number = "PO-000012",
        Issued = MappingCheck.SampleMoment,
        Buyer = new() { Gln = "8719326000015", Name = "Kroon Bouwgroothandel B.V." },
        Supplier = new() { Gln = "4031902000016" },
        ShipTo = new() { Gln = "8719326000022", Name = "Kroon Centraal Magazijn", Address = new() { Street = "Ravenswade 4", PostalCode = "3439 LD", City = "Nieuwegein", Country = "NL" } },
        Currency = "EUR",
        RequestedDelivery = new DateOnly(2026, 3, 6),
        Lines = [.. Enumerable.Range(1, lines).Select(position => new PurchaseOrderLine
        {
            Position = position,
            Item = new() { Gtin = "4017556100012", SupplierSku = $"NH-{1000 + position}", BuyerSku = $"K-{10000 + position}", Description = "WIDGET NUT KIT SMALL" },
            Quantity = new(position * 7, "EA"),
            NetPrice = 3.45m + position,
        })],
    };

    private static MessageMapping Parse(string mappings, string name)
    {
        MappingParseResult result = MessageMapping.Parse(File.ReadAllText(Path.Combine(mappings, "base", name + ".map")), $"base/{name}.map", MappingSet.Loader(mappings, "base"));
        return result.Mapping ?? throw new InvalidOperationException(string.Join("\n", result.Diagnostics));
    }

    private static string Mappings()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "UnifiedCommerce.sln")))
                return Path.Combine(at.FullName, "mappings");
        }
        throw new DirectoryNotFoundException("UnifiedCommerce.sln was not found above the benchmarks.");
    }
}
