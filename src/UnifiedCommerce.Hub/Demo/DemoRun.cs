using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using Spectre.Console;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Hub.Console;
using UnifiedCommerce.Hub.Hosting;
using UnifiedCommerce.Hub.Schedules;
using UnifiedCommerce.Hub.Telemetry;
using UnifiedCommerce.Sandbox;
using UnifiedCommerce.Transports.Secrets;

namespace UnifiedCommerce.Hub.Demo;

/// <summary>The demonstration on a running hub: simulated suppliers, the samples' story, and a buyer's summary.</summary>
internal static class DemoRun
{
    /// <summary>Runs it. Returns the exit code: 0 only when everything that must hold does.</summary>
    public static async Task<int> RunAsync(HubApplication hub, IAnsiConsole terminal, CancellationToken cancellationToken)
    {
        var services = hub.Services;
        var address = new Uri(hub.Addresses.First() + "/");
        var book = services.GetRequiredService<PartnerBookHolder>();
        var clock = (DemoClock)services.GetRequiredService<TimeProvider>();
        var store = services.GetRequiredService<Storage.HubStore>();
        var configuration = services.GetRequiredService<IConfiguration>();
        string data = Path.GetFullPath(hub.Options.Data);
        string samples = FindSamples();
        string? key = configuration["Access:ApiKey"];
        var secrets = PrepareSecrets(services.GetRequiredService<ISecrets>(), Path.Combine(data, "secrets"), book.Current);
        long began = Stopwatch.GetTimestamp();

        await using var sandbox = await SandboxSuppliers.StartAsync(
            new SandboxOptions
            {
                // Workers in other processes read the port in partner.yaml; alone, any free port will do.
                Root = data, Time = clock, Hub = address, HubToken = _ => key, OwnToken = partner => secrets.GetValueOrDefault(partner), Substitutes = Path.Combine(samples, "sandbox-substitutes.csv"), Port = store.IsPostgres ? 8091 : 0,
            },
            cancellationToken);
        var suppliers = new DemoSuppliers(sandbox);
        services.GetRequiredService<PartnerVersions>().Adjust(suppliers.Redirect);

        using var api = new HttpClient { BaseAddress = address };
        if (key is { Length: > 0 })
        {
            api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
        terminal.MarkupLineInterpolated($"[bold]UnifiedCommerce[/]  a building supplies trader in Utrecht, eight sources, sixty orders; suppliers are simulated");
        terminal.MarkupLineInterpolated($"Console [link]{address}[/]");
        var zone = book.Current.House.TimeZone;
        void Say(string text) =>
            terminal.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[grey]{TimeZoneInfo.ConvertTime(clock.GetUtcNow(), zone):ddd dd MMM HH:mm}[/]  {text}");

        var story = new TimeLapse(services.GetRequiredService<Journey>(), services.GetRequiredService<IViews>(), clock, suppliers, api, services.GetRequiredService<MassTransit.IBus>(), samples, data, Say);
        await terminal.Status().Spinner(Spinner.Known.Dots).StartAsync("starting", async status =>
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var progress = ShowProgressAsync(status, services.GetRequiredService<IViews>(), clock, zone, over.Token);
            try
            {
                await story.RunAsync(cancellationToken);
            }
            finally
            {
                await over.CancelAsync();
                await progress;
            }
        });
        await store.SelfAudit.SealAsync(TimeProvider.System.GetUtcNow(), cancellationToken);
        var summary = await DemoSummary.GatherAsync(store, services.GetRequiredService<IViews>(), store.SelfAudit, book.Current, sandbox.Report(), clock.GetUtcNow(), cancellationToken);
        Print(terminal, summary, Stopwatch.GetElapsedTime(began));
        if (!hub.Options.Exit)
        {
            terminal.MarkupLineInterpolated($"The hub stays up: console [link]{address}[/], decisions [link]{address}runs[/], what waits [link]{address}tasks[/]. Orders and files are still taken in; while anything is due, a second is a minute. Ctrl-C ends it.");
            var schedules = services.GetService<HubSchedules>();
            var metrics = services.GetRequiredService<HubMetrics>();
            var log = services.GetRequiredService<ILogger<TimeLapse>>();
            await story.StayAsync(
                async stop =>
                {
                    // Quartz goes by business time, which stood still.
                    foreach (string name in schedules is null ? [] : (string[])["poll-folders", "due-moments", "watch-cut-offs", "tell-others"])
                    {
                        await schedules!.RunAsync(name, metrics, log, stop);
                    }
                },
                cancellationToken);
        }
        return summary.Broken.Count == 0 ? 0 : 1;
    }

    private static void Print(IAnsiConsole terminal, DemoSummary summary, TimeSpan took)
    {
        var table = new Table().Border(TableBorder.Rounded).Title("Purchase orders by supplier").AddColumn("Supplier").AddColumn(new TableColumn("Purchase orders").RightAligned())
            .AddColumn(new TableColumn("Lines").RightAligned()).AddColumn(new TableColumn("Value of goods").RightAligned());
        foreach (var row in summary.Suppliers)
        {
            table.AddRow(Markup.Escape(row.Name), row.PurchaseOrders.ToString(CultureInfo.InvariantCulture), row.Lines.ToString(CultureInfo.InvariantCulture), Show.Money(row.Value, row.Currency));
        }
        terminal.WriteLine();
        terminal.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[bold]{summary.Orders} orders[/] with {summary.Lines.Total} lines became [bold]{summary.Suppliers.Sum(row => row.PurchaseOrders)} purchase orders[/] in {took.TotalSeconds:0} seconds.");
        terminal.WriteLine($"Lines now: {string.Join(", ", Show.Stages(summary.Lines).Where(stage => stage.Count > 0).Select(stage => $"{stage.Count} {stage.Meaning}"))}.");
        terminal.Write(table);
        terminal.MarkupLineInterpolated($"Cash cost [bold]{Show.Money(summary.CashCost, summary.Currency)}[/]");
        Saved(terminal, "preferred supplier of each article", summary.Preferred, summary.Currency);
        Saved(terminal, "cheapest offer per line", summary.CheapestPerLine, summary.Currency);
        var touch = summary.Touch;
        terminal.MarkupLineInterpolated($"Touchless [bold]{Rate(touch.LineRate)} of the lines[/] ({touch.Lines - touch.TouchedLines} of {touch.Lines}), {Rate(touch.OrderRate)} of the orders ({touch.Orders - touch.TouchedOrders} of {touch.Orders}): no task about them waits for a person or was done by one");
        if (summary.AtRisk > 0)
        {
            terminal.MarkupLineInterpolated($"[bold]{summary.AtRisk} orders[/] may miss their date while they wait");
        }
        if (summary.Waiting.Count > 0)
        {
            var waits = new Table().Border(TableBorder.Rounded).Title("What waits for a person, and why").AddColumn("Task").AddColumn(new TableColumn("Open").RightAligned()).AddColumn("For example");
            foreach (var row in summary.Waiting)
            {
                waits.AddRow(Show.Title(Show.Words(row.Kind)), row.Count.ToString(CultureInfo.InvariantCulture), Markup.Escape(row.Example));
            }
            terminal.Write(waits);
        }
        if (summary.Broken.Count == 0)
        {
            terminal.MarkupLine("[green]All invariants hold:[/] no order lost, no purchase order twice, ledgers, pegs, control numbers and the audit log agree.");
        }
        foreach (string broken in summary.Broken)
        {
            terminal.MarkupLineInterpolated($"[red]{broken}[/]");
        }
    }

    private static string Rate(decimal? rate) => rate is { } known ? Show.Percent(known) : "–";

    private static void Saved(IAnsiConsole terminal, string reference, (decimal Cash, decimal Reference) amounts, string currency)
    {
        decimal saved = amounts.Reference - amounts.Cash;
        terminal.MarkupLineInterpolated(
            $"  against the {reference} ({Show.Money(amounts.Reference, currency)}): [bold]{Show.Money(saved, currency)} {(saved >= 0 ? "saved" : "more")}[/]{(amounts.Reference > 0 ? $", {Show.Percent(Math.Abs(saved) / amounts.Reference)}" : "")}");
    }

    private static async Task ShowProgressAsync(StatusContext status, IViews views, DemoClock clock, TimeZoneInfo zone, CancellationToken cancellationToken)
    {
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                var home = await views.HomeAsync(clock.GetUtcNow(), cancellationToken);
                string time = TimeZoneInfo.ConvertTime(clock.GetUtcNow(), zone).ToString("ddd dd MMM HH:mm", CultureInfo.InvariantCulture);
                status.Status(Markup.Escape($"{time}  {home.Orders} orders, {home.Purchases.Sum(row => row.Count)} purchase orders, {home.Documents.Sum(row => row.Count)} documents in, {home.Tasks.Sum(row => row.Count)} tasks"));
                await Task.Delay(TimeSpan.FromMilliseconds(700), TimeProvider.System, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            status.Status("gathering the figures");
        }
    }

    /// <summary>Tokens that suppliers demand of us, made once and kept as an administrator would keep real ones; by partner.</summary>
    private static Dictionary<string, string> PrepareSecrets(ISecrets known, string folder, PartnerBook book)
    {
        var tokens = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var partner in book.Partners.Values)
        {
            if (partner.Transport?.Secret is { } name)
            {
                string? token = known.Find(name);
                if (token is null)
                {
                    token = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));
                    new FileSecrets(folder).Save(name, token);
                }
                tokens[partner.Id] = token;
            }
        }
        return tokens;
    }

    /// <summary>The samples of the source tree: here, or where the program was built from.</summary>
    private static string FindSamples()
    {
        foreach (string start in (string[])[Directory.GetCurrentDirectory(), AppContext.BaseDirectory])
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "samples", "articles.csv")))
                {
                    return Path.Combine(folder.FullName, "samples");
                }
            }
        }
        throw new HubException("Found no folder samples with articles.csv, here or above the program. Start the demonstration in the source tree.");
    }
}
