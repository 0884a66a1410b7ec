using System.Diagnostics;
using System.Text;
using UnifiedCommerce.EndToEnd.Tests.Journeys;

namespace UnifiedCommerce.EndToEnd.Tests;

/// <summary>"A new partner in an hour" of the mapping guide, step by step with the real <c>uc</c>.</summary>
public sealed class TutorialTests : IDisposable
{
    private const string Order = """
        UNA:+.? '
        UNB+UNOC:3+5790000000012:14+8719326000015:14+260302:0910+4711'
        UNH+1+ORDERS:D:96A:UN:EAN008'
        BGM+220+NP-2026-0042+9'
        DTM+137:20260302:102'
        DTM+2:20260309:102'
        RFF+ADE:4500'
        NAD+BY+5790000000012::9++Nordpol A/S'
        NAD+SU+8719326000015::9'
        NAD+DP+5790000000029::9++Nordpol Lager+Havnegade 1+Aarhus++8000+DK'
        LIN+1++4017556100012:EN'
        PIA+1+NP-88:IN'
        IMD+F++:::Water pump pliers'
        QTY+21:12:STK'
        FTX+ZZZ+++Red handles only'
        PRI+AAA:41.5:::10:STK'
        UNS+S'
        CNT+2:1'
        UNT+17+1'
        UNZ+1+4711'

        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("uc-tutorial-").FullName;
    private readonly string _partner;

    public TutorialTests()
    {
        _partner = Path.Combine(_folder, "mappings", "nordpol");
        string from = Path.Combine(Workbench.Root, "mappings");
        foreach (string file in Directory.GetFiles(Path.Combine(from, "base"), "*.map", SearchOption.AllDirectories).Append(Path.Combine(from, "house.yaml")))
        {
            string copy = Path.Combine(_folder, "mappings", Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        File.WriteAllText(Path.Combine(_folder, "order.edi"), Order.ReplaceLineEndings("\n"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_new_partner_works_after_the_steps_of_the_guide()
    {
        // 1. The folder is made, and what is unsure is said with its candidates.
        string made = await UcAsync(0, "partner", "new", "nordpol", "--from", "order.edi");
        Assert.Contains("3 to decide", made, StringComparison.Ordinal);
        Assert.Contains("RFF+ADE:4500 -> contract", made, StringComparison.Ordinal);
        string mapping = Path.Combine(_partner, "order.edifact.map");
        Assert.Contains("ZZ = STK", await File.ReadAllTextAsync(mapping), StringComparison.Ordinal);
        Assert.Contains("mappings, 1 samples, 0 with errors", await UcAsync(0, "map", "check", "mappings/nordpol"), StringComparison.Ordinal);

        // 2. Names go where the values stand.
        string decided = (await File.ReadAllTextAsync(mapping))
            .Replace("  ZZ = STK", "  EA = STK", StringComparison.Ordinal)
            .Replace("group? | NAD+BY", "?    | RFF+ADE:{contract}'\ngroup? | NAD+BY", StringComparison.Ordinal)
            .Replace("?      | PRI", "?      | FTX+ZZZ+++{note}'\n?      | PRI", StringComparison.Ordinal);
        await File.WriteAllTextAsync(mapping, decided);

        // 3. The check says what the sample means now; watching says it at every save.
        Assert.Contains("reads-other", await UcAsync(1, "map", "check", "mappings/nordpol"), StringComparison.Ordinal);
        Assert.Contains("\"contract\": \"4500\"", await UcAsync(0, "map", "read", "mappings/nordpol", "mappings/nordpol/samples/order.edi", "--save"), StringComparison.Ordinal);
        string expected = await File.ReadAllTextAsync(Path.Combine(_partner, "samples", "order.document.json"));
        Assert.Contains("\"unit\": \"EA\"", expected, StringComparison.Ordinal);
        Assert.Contains("\"note\": \"Red handles only\"", expected, StringComparison.Ordinal);
        Assert.Contains("0 with errors", await UcAsync(0, "map", "check", "mappings/nordpol"), StringComparison.Ordinal);
        await WatchAsync(mapping, decided);

        // 4. The partner is complete, then tested against the sandbox.
        Assert.Contains("nordpol: 0 errors", await UcAsync(0, "partner", "check", "mappings/nordpol"), StringComparison.Ordinal);
        string yaml = Path.Combine(_partner, "partner.yaml");
        await File.WriteAllTextAsync(yaml, (await File.ReadAllTextAsync(yaml)).Replace("state: draft", "state: testing", StringComparison.Ordinal));
        Assert.Contains("nordpol: 0 errors", await UcAsync(0, "partner", "check", "mappings/nordpol"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sample_in_each_format_gives_a_mapping_and_rubbish_a_reason()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "stock.csv"), "report_no;ean;article;stock;unit\nR-1;4017556100012;NP-1;40;EA\n");
        await File.WriteAllTextAsync(Path.Combine(_folder, "invoice.json"), """{"invoiceNumber":"I-7","invoiceDate":"2026-03-10","orderNumber":"PO-1","currency":"EUR","total":60.5,"lines":[{"line":1,"ean":"4017556100012","qty":5,"unit":"EA","netPrice":10,"lineTotal":50}]}""");
        await File.WriteAllTextAsync(Path.Combine(_folder, "despatch.xml"), await File.ReadAllTextAsync(Path.Combine(Workbench.Root, "mappings", "polhurt", "samples", "despatch-advice.xml")));
        await File.WriteAllTextAsync(Path.Combine(_folder, "answer.x12"), await File.ReadAllTextAsync(Path.Combine(Workbench.Root, "mappings", "midwest", "samples", "order-response.x12")));
        string made = await UcAsync(0, "partner", "new", "nordpol", "--supplier", "--from", "order.edi", "stock.csv", "invoice.json", "despatch.xml", "answer.x12");
        foreach (string file in new[] { "purchase-order.edifact.map: PurchaseOrder", "inventory-report.csv.map: InventoryReport", "invoice.json.map: Invoice", "despatch-advice.xml.map: DespatchAdvice", "order-response.x12.map: OrderResponse" })
            Assert.Contains(file, made, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(_folder, "holiday.txt"), "Dear all, we are away until Monday.");
        Assert.Contains("no header row", await UcAsync(1, "partner", "new", "other", "--from", "holiday.txt"), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "mappings", "other")));
    }

    private async Task WatchAsync(string mapping, string sound)
    {
        using Process watch = Start("map", "watch", "mappings/nordpol");
        StringBuilder seen = new();
        watch.OutputDataReceived += (_, line) =>
        {
            lock (seen)
                seen.AppendLine(line.Data);
        };
        watch.BeginOutputReadLine();
        try
        {
            await UntilAsync("0 with errors");
            await File.WriteAllTextAsync(mapping, sound.Replace("{contract}", "{contrakt}", StringComparison.Ordinal));
            await UntilAsync("Did you mean contract");
        }
        finally
        {
            watch.Kill(entireProcessTree: true);
            await watch.WaitForExitAsync();
            await File.WriteAllTextAsync(mapping, sound);
        }

        async Task UntilAsync(string text)
        {
            for (int tries = 0; tries < 600; tries++)
            {
                lock (seen)
                {
                    if (seen.ToString().Contains(text, StringComparison.Ordinal))
                        return;
                }
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
            Assert.Fail($"The watch never said '{text}':\n{seen}");
        }
    }

    private async Task<string> UcAsync(int exit, params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        string said = await output + await error;
        Assert.True(process.ExitCode == exit, $"uc {string.Join(' ', arguments)} ended with {process.ExitCode}, expected {exit}:\n{said}");
        return said;
    }

    private Process Start(params string[] arguments)
    {
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        string dll = Path.Combine(Workbench.Root, "src", "UnifiedCommerce.Cli", "bin", configuration, "net10.0", "uc.dll");
        return Process.Start(new ProcessStartInfo("dotnet", [dll, .. arguments]) { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
    }
}
