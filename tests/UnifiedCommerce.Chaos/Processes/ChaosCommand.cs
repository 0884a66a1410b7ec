using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using UnifiedCommerce.Adapters.Tests;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Chaos.Processes;

/// <summary>Real hub processes on one database, killed while orders flow; then the books of hub and partners are compared.</summary>
internal sealed class ChaosCommand(int orders, int kills, bool postgres, int workers, int seed, string? plant)
{
    static readonly string[] Suppliers = ["nordhandel", "vandermeer", "bergmann"];

    readonly Random _random = new(seed);
    readonly string _folder = Directory.CreateTempSubdirectory("uc-chaos-").FullName;
    readonly List<double> _secondsToServe = [];
    readonly HashSet<string> _answered = new(StringComparer.Ordinal);
    long _killedAt;

    public async Task<int> RunAsync()
    {
        var began = Stopwatch.GetTimestamp();
        if (postgres && ThrowAwayPostgres.Absent is { } reason)
        {
            Console.Error.WriteLine(reason);
            return 2;
        }
        await using var server = postgres ? await ThrowAwayPostgres.StartAsync(durable: true) : null;
        var connection = server is null ? $"Data Source={Path.Combine(_folder, "hub.db")}" : await server.CreateDatabaseAsync();
        var partners = Partners();
        await using (var store = await HubStore.OpenAsync(connection))
            await FillAsync(store);
        var dll = Path.Combine(AppContext.BaseDirectory, "UnifiedCommerce.Hub.dll");
        var hubs = Enumerable.Range(1, postgres ? workers : 1).Select(number => new HubProcess(dll, Path.Combine(_folder, "data"), partners, connection, Path.Combine(_folder, $"hub-{number}.log"))).ToList();
        try
        {
            hubs.ForEach(hub => hub.Start());
            await FlowAsync(hubs, server);
            hubs.FindAll(hub => !hub.IsRunning).ForEach(hub => hub.Start());
            await using var store = await HubStore.OpenAsync(connection, new StorageOptions { Migrate = false });
            var settled = await SettleAsync(store);
            hubs.ForEach(hub => hub.Kill());
            var code = await JudgeAsync(store, settled, Stopwatch.GetElapsedTime(began));
            Console.Error.WriteLine(code == 0 ? "All is well." : $"Logs and files: {_folder}");
            return code;
        }
        finally
        {
            hubs.ForEach(hub => hub.Dispose());
        }
    }

    /// <summary>The sample partners, with one pool that routes each order at once.</summary>
    string Partners()
    {
        var folder = Path.Combine(_folder, "mappings");
        var source = new DirectoryInfo(AppContext.BaseDirectory);
        while (source is not null && !File.Exists(Path.Combine(source.FullName, "mappings", "house.yaml")))
            source = source.Parent;
        var from = Path.Combine(source?.FullName ?? throw new InvalidOperationException("Found no folder 'mappings' above the program, expected the repository's."), "mappings");
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(folder, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
        var house = Path.Combine(folder, "house.yaml");
        var text = File.ReadAllText(house);
        File.WriteAllText(house, text[..text.IndexOf("pools:", StringComparison.Ordinal)] + "pools:\n  - { name: urgent, channels: [webshop], immediate: true }\n  - { name: day, gather: 10m, margin: 20m }\n");
        return folder;
    }

    static async Task FillAsync(HubStore store)
    {
        await using var work = await store.BeginAsync(CancellationToken.None);
        string[] skus = [.. Enumerable.Range(1, 12).Select(number => $"C-{number:D3}")];
        var day = new DateOnly(2026, 1, 1);
        await work.Catalogue.SaveArticlesAsync([.. skus.Select(sku => new Article { Sku = sku, Name = sku, BaseUnit = "EA", WeightKg = 1 })], CancellationToken.None);
        await work.Catalogue.SavePricesAsync([.. skus.SelectMany((sku, article) => Suppliers.Select((partner, index) => new PriceRow
        {
            Partner = partner, Sku = sku, Currency = "EUR", ValidFrom = day,
            Line = new PriceLine
            {
                Item = new Item { BuyerSku = sku, SupplierSku = $"{partner[..2].ToUpperInvariant()}{article:D3}", Gtin = Gtin(article, index) }, Unit = "EA", Price = 20 + (article * 3 + index * 5) % 11,
            },
        }))], CancellationToken.None);
        await work.CommitAsync(CancellationToken.None);
    }

    /// <summary>A GTIN-13 with its check digit.</summary>
    static string Gtin(int article, int supplier)
    {
        var digits = string.Create(CultureInfo.InvariantCulture, $"4012345{article:D3}{supplier:D2}");
        var sum = digits.Select((digit, index) => (digit - '0') * (index % 2 == 0 ? 1 : 3)).Sum();
        return digits + (char)('0' + (10 - sum % 10) % 10);
    }

    async Task FlowAsync(List<HubProcess> hubs, ThrowAwayPostgres? server)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
        foreach (var hub in hubs)
            await hub.WhenUpAsync();
        var every = Math.Max(1, orders / Math.Max(1, kills));
        var killed = 0;
        for (var number = 1; number <= orders; number++)
        {
            await SubmitAsync(http, hubs, number);
            if (number % every != 0 || killed >= kills)
                continue;
            killed++;
            if (server is not null && killed % 5 == 0)
            {
                server.Stop("immediate");
                _killedAt = Stopwatch.GetTimestamp();
                server.StartServer(durable: true);
                continue;
            }
            var victim = hubs[_random.Next(hubs.Count)];
            victim.Kill();
            _killedAt = Stopwatch.GetTimestamp();
            victim.Start();
        }
    }

    /// <summary>A client that repeats with the same key, at the next process, until it is answered 2xx.</summary>
    async Task SubmitAsync(HttpClient http, List<HubProcess> hubs, int number)
    {
        var order = new Order
        {
            Number = $"X-{number:D5}", Channel = "webshop", Buyer = new Party { Gln = "4012345000009", Name = "Customer" },
            Lines = [.. Enumerable.Range(1, 1 + _random.Next(8)).Select(line => new OrderLine
            {
                Id = $"{line}", Item = new Item { BuyerSku = $"C-{1 + _random.Next(12):D3}" }, Quantity = new Quantity(1 + _random.Next(20), "EA"),
            })],
        };
        for (var attempt = 0; ; attempt++)
        {
            if (attempt > 3000)
                throw new TimeoutException($"Order {order.Number} could not be taken in for minutes; the logs are in {_folder}.");
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{hubs[(number + attempt) % hubs.Count].Port}/api/orders") { Content = JsonContent.Create(order, options: CanonicalJson.Options) };
                request.Headers.Add("Idempotency-Key", order.Number);
                using var answer = await http.SendAsync(request);
                if (answer.IsSuccessStatusCode)
                {
                    _answered.Add(order.Number);
                    if (_killedAt != 0)
                        _secondsToServe.Add(Stopwatch.GetElapsedTime(_killedAt).TotalSeconds);
                    _killedAt = 0;
                    return;
                }
                if ((int)answer.StatusCode is >= 400 and < 500 && answer.StatusCode != HttpStatusCode.TooManyRequests)
                    throw new InvalidOperationException($"{order.Number} was answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
            }
            catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException or IOException)
            {
                // The process is down or its answer was lost: the next one is asked.
            }
            await Task.Delay(50);
        }
    }

    /// <summary>Waits until nothing moves.</summary>
    static async Task<bool> SettleAsync(HubStore store)
    {
        for (var look = 0; look < 1000; look++)
        {
            var depths = await store.JobDesk.DepthsAsync(CancellationToken.None);
            await using var read = await store.ReadAsync(CancellationToken.None);
            var open = await read.Session.NumberAsync("select (select count(*) from dispatches where state in ('Prepared', 'Sending', 'Unknown')) + (select count(*) from order_lines where open > 0 and sku is not null and hold is null)",
                null, CancellationToken.None);
            if (open == 0 && depths.All(depth => depth.Ready + depth.Running == 0))
                return true;
            await Task.Delay(200);
        }
        return false;
    }

    async Task<int> JudgeAsync(HubStore store, bool settled, TimeSpan wall)
    {
        List<(string Key, string Partner, string File, string Sha, DispatchState State)> dispatches;
        HashSet<string> stored;
        await using (var read = await store.ReadAsync(CancellationToken.None))
        {
            dispatches = await read.Session.ListAsync("select key, partner, file_name, sha256, state from dispatches where kind = 'PurchaseOrder'", null,
                static row => (row.Text(), row.Text(), row.Text(), row.Text(), Enum.Parse<DispatchState>(row.Text())), CancellationToken.None);
            stored = (await read.Session.ListAsync("select number from orders", null, static row => row.Text(), CancellationToken.None)).ToHashSet(StringComparer.Ordinal);
        }
        var files = Directory.EnumerateFiles(Path.Combine(_folder, "data", "partners"), "*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(Path.GetDirectoryName(file)) == "out" && !file.EndsWith(".part", StringComparison.Ordinal)).ToList();
        if (plant == "lost" && files.Count > 0)
            File.Delete(Taken(files));
        if (plant == "doubled" && files.Count > 0)
            File.Copy(files[0], files[0] + ".again");
        files = plant == "doubled" ? [.. files, files[0] + ".again"] : files;
        var held = files.GroupBy(file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))).ToDictionary(group => group.Key, group => group.Count());
        var lostOrders = _answered.Count(number => !stored.Contains(number));
        var lostDocuments = dispatches.Count(dispatch => dispatch.State is DispatchState.Sent or DispatchState.Confirmed && !held.ContainsKey(dispatch.Sha));
        var doubled = held.Values.Sum(count => count - 1) + held.Keys.Count(sha => dispatches.TrueForAll(dispatch => dispatch.Sha != sha));
        var unsettled = dispatches.Count(dispatch => dispatch.State is not (DispatchState.Sent or DispatchState.Confirmed)) + (settled ? 0 : 1);
        var breaches = await store.SelfAudit.CheckAsync(CancellationToken.None);
        foreach (var breach in breaches)
            Console.Error.WriteLine($"{breach.Invariant} {breach.Subject}: {breach.Text}");
        var sorted = _secondsToServe.Order().ToList();
        var well = lostOrders + lostDocuments + doubled + unsettled + breaches.Count == 0 && dispatches.Count > 0;
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            orders, purchaseOrders = dispatches.Count, lost = lostOrders + lostDocuments, duplicated = doubled, unsettled, invariantFailures = breaches.Count, kills, store = postgres ? "postgres" : "sqlite", workers,
            secondsToServeAgainMedian = sorted.Count == 0 ? 0 : Math.Round(sorted[sorted.Count / 2], 2), secondsToServeAgainWorst = sorted.Count == 0 ? 0 : Math.Round(sorted[^1], 2),
            wallSeconds = Math.Round(wall.TotalSeconds, 1), seed,
        }));
        return well ? 0 : 1;
    }

    static string Taken(List<string> files)
    {
        var file = files[0];
        files.RemoveAt(0);
        return file;
    }
}
