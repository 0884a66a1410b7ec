using System.Diagnostics;
using UnifiedCommerce.EndToEnd.Tests.Journeys;

namespace UnifiedCommerce.EndToEnd.Tests;

/// <summary><c>uc route compare</c> on past order files: what a change of rules would have done to them.</summary>
public sealed class RouteCompareTests
{
    [Fact]
    public async Task A_dearer_purchase_order_shows_in_the_total_of_every_past_order()
    {
        var scratch = Directory.CreateTempSubdirectory("uc-compare-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(scratch, "now.json"), "{}");
            await File.WriteAllTextAsync(Path.Combine(scratch, "dear.json"), """{"orderHandlingCost": 40}""");
            var dll = Path.Combine(Workbench.Root, "src", "UnifiedCommerce.Cli", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", "uc.dll");
            using var process = Process.Start(new ProcessStartInfo("dotnet", [
                dll, "route", "compare", "samples/orders/webshop/W-2603-1001.json", "samples/orders/webshop/W-2603-1008.json", "--terms", "mappings",
                "--rules", Path.Combine(scratch, "now.json"), "--rules", Path.Combine(scratch, "dear.json"), "--as-of", "2026-03-02T08:00+01:00", "--partner", "webshop", "--work", "20000"])
            {
                WorkingDirectory = Workbench.Root,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var error = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, $"It ended with {process.ExitCode}: {output}{await error}");

            // 40.00 in place of 12.50 for one and for two purchase orders.
            var rows = output.Split('\n').Select(line => line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToList();
            Assert.Equal("+27.50", rows.Single(row => row.FirstOrDefault() == "W-2603-1001.json")[3].TrimEnd('?'));
            Assert.Equal("+55.00", rows.Single(row => row.FirstOrDefault() == "W-2603-1008.json")[3].TrimEnd('?'));
            Assert.Equal("+82.50", rows.Single(row => row.FirstOrDefault() == "in all")[3]);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }
}
