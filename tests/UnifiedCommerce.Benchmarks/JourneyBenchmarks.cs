using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using UnifiedCommerce.Adapters.Tests;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Storage;
using UnifiedCommerce.Transports.Folders;

namespace UnifiedCommerce.Benchmarks;

/// <summary><c>-- journey [--orders N] [--lines N] [--store sqlite|postgres] [--clients N] [--steps N] [--seed N] [--warm N] [--stages] [--workers N]
/// [--rate N --minutes N|--seconds N]</c>: orders a second from accepted (committed) to purchase orders durably in the distributors' folders, solver on, every order
/// routed alone; on PostgreSQL beside pgbench's TPC-B with 8 clients in the same run. <c>--stages</c> says where the time goes. <c>--rate</c> offers so
/// many orders a second, for so long, whether those before were accepted yet or not. <c>--workers</c> leaves the jobs to so many processes of their own (PostgreSQL).</summary>
internal static partial class JourneyBenchmarks
{
    /// <summary>Name of the activity source for what is the benchmark's own.</summary>
    public const string Source = "UnifiedCommerce.Benchmarks";

    private static readonly ActivitySource Activities = new(Source);

    public static int Run(string[] args) => (Given(args, "--worker") is { } connection ? WorkAsync(args, connection) : RunAsync(args)).GetAwaiter().GetResult();

    private static string? Given(string[] args, string name) => Array.IndexOf(args, name) is var index and >= 0 && index + 1 < args.Length ? args[index + 1] : null;

    private static int Number(string[] args, string name, int otherwise) => Given(args, name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    /// <summary>At a rate, callers do not wait for each other.</summary>
    private static int Clients(string[] args, int rate) => Number(args, "--clients", rate > 0 ? 4_096 : 8);

    private static async Task<int> RunAsync(string[] args)
    {
        var postgres = Given(args, "--store") == "postgres";
        var workers = Number(args, "--workers", 0);
        if (postgres && ThrowAwayPostgres.Absent is { } reason)
        {
            await Console.Error.WriteLineAsync(reason);
            return 2;
        }
        if (workers > 0 && !postgres)
        {
            await Console.Error.WriteLineAsync("Found --workers with SQLite, which has one writer. Use --store postgres.");
            return 2;
        }
        var folder = Directory.CreateTempSubdirectory("uc-bench-").FullName;
        await using var server = postgres ? await ThrowAwayPostgres.StartAsync(durable: true) : null;
        try
        {
            var connection = server is null ? $"Data Source={Path.Combine(folder, "hub.db")}" : await server.CreateDatabaseAsync();
            await using var store = await HubStore.OpenAsync(connection);
            var journey = Wire(store, folder, Number(args, "--steps", 1_000));
            await LoadAsync(journey);
            var rate = Number(args, "--rate", 0);
            var offered = Number(args, "--seconds", Number(args, "--minutes", 1) * 60);
            var count = rate > 0 ? rate * offered : Number(args, "--orders", 2_000);
            var warm = Number(args, "--warm", Math.Min(300, count / 4));
            var lines = Number(args, "--lines", 8);
            var orders = Orders(journey, count + warm, lines, Number(args, "--seed", 1));
            var processes = Enumerable.Range(1, workers).Select(_ => WorkerProcess.Start(connection, folder, Number(args, "--steps", 1_000))).ToList();
            Measured measured;
            StageMeter? meter = null;
            try
            {
                // The first orders pay for compilation; they are not counted.
                await MeasureAsync(journey, orders[..warm], Clients(args, 0), 0, processes, server);
                meter = args.Contains("--stages") ? new StageMeter() : null;
                measured = await MeasureAsync(journey, orders[warm..], Clients(args, rate), rate, processes, server);
            }
            finally
            {
                foreach (var process in processes)
                {
                    await process.DisposeAsync();
                }
            }
            var tpcb = server is null ? (double?)null : await PgbenchAsync(server);
            var perSecond = count / measured.Seconds;
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                bench = "journey", store = postgres ? "postgres" : "sqlite", workers = workers == 0 ? "in this process" : $"{workers} processes", orders = count, lines, purchaseOrders = measured.Purchases,
                rate = rate == 0 ? (int?)null : rate, seconds = rate == 0 ? (int?)null : offered,
                acceptedPerSecond = Math.Round(count / measured.AcceptSeconds, 1), acceptP50Seconds = Math.Round(measured.AcceptP50, 3), acceptP99Seconds = Math.Round(measured.AcceptP99, 3),
                allDurableAfterSeconds = Math.Round(measured.Seconds, 1),
                ordersPerSecond = Math.Round(perSecond, 1), p50Seconds = Math.Round(measured.P50, 2), p99Seconds = Math.Round(measured.P99, 2),
                cpuSecondsPerOrder = Math.Round(measured.Cpu / count, 4), serverCpuSecondsPerOrder = measured.ServerCpu is { } used ? Math.Round(used / count, 4) : (double?)null,
                commitsPerOrder = measured.Commits is { } commits ? Math.Round(commits / count, 2) : (double?)null, walSyncsPerOrder = measured.WalSyncs is { } syncs ? Math.Round(syncs / count, 2) : (double?)null,
                walKilobytesPerOrder = measured.WalBytes is { } bytes ? Math.Round(bytes / 1024 / count, 1) : (double?)null,
                statementsPerOrder = meter is null ? (double?)null : Math.Round(meter.Count("sql") / (double)count, 1),
                memoryMegabytes = rate == 0 ? null : measured.Memory, pgbenchTps = tpcb, ratio = tpcb is { } tps ? Math.Round(perSecond / tps, 3) : (double?)null, cores = Environment.ProcessorCount,
            }, new JsonSerializerOptions { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull }));
            if (meter is not null)
            {
                Console.WriteLine(meter.Table(count, measured.ServerCpu));
                meter.Dispose();
            }
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A process of its own that does the jobs until its input ends.</summary>
    private static async Task<int> WorkAsync(string[] args, string connection)
    {
        await using var store = await HubStore.OpenAsync(connection);
        var journey = Wire(store, Given(args, "--data")!, Number(args, "--steps", 1_000));
        await using var engine = EngineOf(journey, "worker");
        using var stop = new CancellationTokenSource();
        var working = engine.RunAsync(stop.Token);
        await Console.In.ReadLineAsync(CancellationToken.None);
        await stop.CancelAsync();
        await working;
        return 0;
    }

    private static JobEngine EngineOf(Journey journey, string suffix) => new((HubStore)journey.World.Store, ((HubStore)journey.World.Store).JobQueue, journey.BatchHandlers, journey.EffectHandlers, TimeProvider.System,
        new JobEngineOptions { Worker = JobEngineOptions.NameWorker(TimeProvider.System, suffix) });

    private static Journey Wire(HubStore store, string data, int steps)
    {
        var mappings = Path.Combine(Root(), "mappings");
        var reading = PartnerFolder.LoadAll(mappings);
        var house = reading.House! with
        {
            Pools = [new PoolRule { Name = "bench", Immediate = true }], Rules = reading.House.Rules with { WorkLimit = steps },
        };
        // Suppliers over HTTPS are left out; nothing waits for a person.
        var partners = reading.Partners.ToDictionary(partner => partner.Id, partner => partner with
        {
            Purchasing = partner.Purchasing with { Approval = ApprovalRule.Auto, Stopped = partner.Transport is { Kind: "https" } },
        }, StringComparer.Ordinal);
        var book = new PartnerBookHolder(new PartnerBook(house, partners));
        var channel = new FolderChannel(data, TimeProvider.System);
        var maps = new PartnerMappings(mappings);
        return new Journey(new JourneyWorld
        {
            Store = store, Book = book, Decoder = new DocumentDecoder(book, maps), Renderer = maps, Inbound = [], Outbound = [channel], Clock = TimeProvider.System, Machine = TimeProvider.System,
        });
    }

    private static async Task LoadAsync(Journey journey)
    {
        var samples = Path.Combine(Root(), "samples");
        var (articles, _) = ArticleFile.Read(Path.Combine(samples, "articles.csv"));
        await using (var work = await journey.World.Store.BeginAsync(CancellationToken.None))
        {
            await work.Catalogue.SaveArticlesAsync(articles, CancellationToken.None);
            await work.Catalogue.SaveCrossReferencesAsync(ArticleFile.References(articles), CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }
        foreach (var file in Directory.GetFiles(Path.Combine(samples, "catalogues"), "prices.*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var partner = journey.World.Book.Current.Get(Path.GetFileName(Path.GetDirectoryName(file)!));
            var decoded = journey.World.Decoder.Decode(partner, new StoredDocument { Transport = "file", Name = file, ReceivedAt = TimeProvider.System.GetUtcNow(), Sha256 = "", Bytes = await File.ReadAllBytesAsync(file) });
            await using var work = await journey.World.Store.BeginAsync(CancellationToken.None);
            foreach (var message in decoded.Messages)
            {
                await journey.Application.ApplyAsync(work, partner, message.Kind, message.Document!, 0, overdue: false, CancellationToken.None);
            }
            var now = TimeProvider.System.GetUtcNow();
            await work.Catalogue.SaveStockAsync([.. articles.Select(article => new StockRow(partner.Id, article.Sku, 1_000_000_000, now, null, null))], CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }
    }

    private static List<Order> Orders(Journey journey, int count, int lines, int seed)
    {
        var random = new Random(seed);
        var articles = ArticleFile.Read(Path.Combine(Root(), "samples", "articles.csv")).Articles;
        return [.. Enumerable.Range(1, count).Select(number => new Order
        {
            Number = $"B-{number:D6}", Channel = "bench", Buyer = new Party { Id = $"C{number % 500}", Name = "Bench" }, Currency = journey.World.Book.Current.House.Currency,
            Lines = [.. Enumerable.Range(1, lines).Select(line =>
            {
                var article = articles[random.Next(articles.Count)];
                return new OrderLine { Id = line.ToString(CultureInfo.InvariantCulture), Item = new Item { SupplierSku = article.Sku }, Quantity = new Quantity(random.Next(1, 40), article.BaseUnit) };
            })],
        })];
    }

    private sealed record Measured(double Seconds, double Cpu, double? ServerCpu, double? Commits, double? WalSyncs, double? WalBytes, double P50, double P99, int Purchases, IReadOnlyList<double> Memory,
        double AcceptSeconds, double AcceptP50, double AcceptP99);

    private static async Task<Measured> MeasureAsync(Journey journey, IReadOnlyList<Order> orders, int clients, int rate, IReadOnlyList<WorkerProcess> processes, ThrowAwayPostgres? server)
    {
        var store = (HubStore)journey.World.Store;
        double Cpu() => Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds + processes.Sum(process => process.CpuSeconds);
        double Memory() => Math.Round((Environment.WorkingSet + processes.Sum(process => process.WorkingSet)) / 1048576.0);
        var watch = server is null ? null : await ServerWatch.StartAsync(server);
        var cpu = Cpu();
        var began = Stopwatch.GetTimestamp();
        await using var engine = processes.Count == 0 ? EngineOf(journey, orders[0].Number) : null;
        using var stop = new CancellationTokenSource();
        var working = engine?.RunAsync(stop.Token) ?? Task.CompletedTask;
        // At a held rate suppliers report their stock every five minutes: purchase orders older than a report are in its figures.
        var reporting = rate > 0 ? ReportStockAsync(journey, stop.Token) : Task.CompletedTask;
        var ids = new long[orders.Count];
        var memory = new double[3];
        var next = -1;
        var accepted = new double[orders.Count];
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            for (int index; (index = Interlocked.Increment(ref next)) < orders.Count;)
            {
                var offeredAt = rate > 0 ? index / (double)rate : Stopwatch.GetElapsedTime(began).TotalSeconds;
                if (rate > 0 && TimeSpan.FromSeconds(offeredAt) - Stopwatch.GetElapsedTime(began) is { Ticks: > 0 } early)
                {
                    await Task.Delay(early, CancellationToken.None);
                }
                if (index * 10L / orders.Count is 1 or 5 && memory[index * 10L / orders.Count / 5] == 0)
                {
                    memory[index * 10L / orders.Count / 5] = Memory();
                }
                using var intake = Activities.StartActivity("intake");
                var taken = await journey.IntakeDesk.SubmitAsync(new OrderSubmission(orders[index], "bench", null, "", _ => (201, "")), CancellationToken.None);
                ids[index] = taken.Result!.Order!.Id;
                accepted[index] = Stopwatch.GetElapsedTime(began).TotalSeconds - offeredAt;
            }
        }, CancellationToken.None)));
        var acceptSeconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        while (await WaitingAsync(store))
        {
            await Task.Delay(50, CancellationToken.None);
        }
        memory[2] = Memory();
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var spent = Cpu() - cpu;
        var served = watch is null ? null : await watch.EndAsync();
        await stop.CancelAsync();
        await working;
        await reporting;
        var (p50, p99, purchases) = await LatencyAsync(store, ids);
        return new Measured(seconds, spent, served?.Cpu, served?.Commits, served?.WalSyncs, served?.WalBytes, p50, p99, purchases, memory,
            acceptSeconds, Percentile(accepted, 0.5), Percentile(accepted, 0.99));
    }

    private static async Task ReportStockAsync(Journey journey, CancellationToken stopping)
    {
        var articles = ArticleFile.Read(Path.Combine(Root(), "samples", "articles.csv")).Articles;
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(5));
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                await using var work = await journey.World.Store.BeginAsync(CancellationToken.None);
                var now = TimeProvider.System.GetUtcNow();
                await work.Catalogue.SaveStockAsync([.. journey.World.Book.Current.Partners.Values.Where(partner => partner.Role != PartnerRole.Customer)
                    .SelectMany(partner => articles.Select(article => new StockRow(partner.Id, article.Sku, 1_000_000_000, now, null, null)))], CancellationToken.None);
                await work.CommitAsync(CancellationToken.None);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }

    private static async Task<bool> WaitingAsync(HubStore store)
    {
        var counts = await Storage.Views.HubViews.Of(store).JobCountsAsync(CancellationToken.None);
        return counts.Any(count => count.Count > 0 && count.Stage is Core.Status.JobStage.Queued or Core.Status.JobStage.Processing or Core.Status.JobStage.Scheduled);
    }

    /// <summary>From the order's receipt to the evidence of its last purchase order, over at most 500 orders.</summary>
    private static async Task<(double P50, double P99, int Purchases)> LatencyAsync(HubStore store, long[] ids)
    {
        await using var work = await store.BeginAsync(CancellationToken.None);
        var step = Math.Max(1, ids.Length / 500);
        var seen = ids.Where((_, index) => index % step == 0).ToArray();
        var latencies = new List<double>();
        var purchases = new HashSet<long>();
        foreach (var order in await work.Orders.LoadAsync(seen, CancellationToken.None))
        {
            DateTimeOffset? last = null;
            foreach (var purchase in (await work.Purchases.PegsOfOrdersAsync([order.Id], CancellationToken.None)).Select(peg => peg.PurchaseId).Distinct())
            {
                purchases.Add(purchase);
                foreach (var dispatch in await work.Dispatches.OfPurchaseAsync(purchase, CancellationToken.None))
                {
                    last = last is null || dispatch.SentAt > last ? dispatch.SentAt : last;
                }
            }
            if (last is { } sent)
            {
                latencies.Add((sent - order.ReceivedAt).TotalSeconds);
            }
        }
        return latencies.Count == 0 ? (0, 0, 0) : (Percentile(latencies, 0.5), Percentile(latencies, 0.99), purchases.Count * step);
    }

    private static double Percentile(IEnumerable<double> values, double part)
    {
        var sorted = values.Order().ToList();
        return sorted[(int)(sorted.Count * part)];
    }

    private static async Task<double> PgbenchAsync(ThrowAwayPostgres server)
    {
        var connection = new Npgsql.NpgsqlConnectionStringBuilder(await server.CreateDatabaseAsync("pgbench"));
        async Task<string> RunAsync(params string[] arguments)
        {
            var start = new ProcessStartInfo(Path.Combine(server.BinFolder, "pgbench"), ["-h", connection.Host!, "-p", connection.Port.ToString(CultureInfo.InvariantCulture), "-U", connection.Username!, .. arguments, connection.Database!])
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            };
            start.Environment["PGPASSWORD"] = connection.Password;
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var text = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return text + await errors;
        }
        await RunAsync("-i", "-s", "10", "-q");
        var output = await RunAsync("-c", "8", "-j", "2", "-T", "10");
        return Tps().Match(output) is { Success: true } match ? Math.Round(double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), 0)
            : throw new InvalidOperationException($"pgbench said no transactions per second: {output}");
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "UnifiedCommerce.sln")))
        {
            folder = folder.Parent;
        }
        return folder?.FullName ?? throw new InvalidOperationException("UnifiedCommerce.sln was not found above the program.");
    }

    [GeneratedRegex(@"tps = ([0-9.]+)")]
    private static partial Regex Tps();
}
