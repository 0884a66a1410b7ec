using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using UnifiedCommerce.Adapters.Tests;
using UnifiedCommerce.Adapters.Tests.Faults;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Chaos.Processes;

/// <summary>Real hub processes on one database, killed while orders flow and partners fail; then the books of hub, partners and other systems are compared.</summary>
internal sealed class ChaosCommand(ChaosOptions options)
{
    /// <summary>Two are reached by folders, the last one by HTTP.</summary>
    static readonly string[] Suppliers = ["nordhandel", "vandermeer", PartnersFolder.Partner];

    /// <summary>Clients that hand orders in at the same time.</summary>
    const int Clients = 4;

    readonly Random _random = new(options.Seed);
    readonly string _folder = Directory.CreateTempSubdirectory("uc-chaos-").FullName;
    readonly Serving _serving = new();
    readonly ConcurrentBag<double> _secondsToSend = [];
    readonly ConcurrentBag<double> _secondsToStart = [];
    readonly List<double> _secondsOfDatabase = [];
    readonly ConcurrentDictionary<string, byte> _answered = new(StringComparer.Ordinal);
    int _handedIn;
    int _kills;
    int _cuts;
    int _restarts;

    public async Task<int> RunAsync()
    {
        var began = Stopwatch.GetTimestamp();
        if (options.Postgres && ThrowAwayPostgres.Absent is { } reason)
        {
            Console.Error.WriteLine(reason);
            return 2;
        }
        await using var server = options.Postgres ? await ThrowAwayPostgres.StartAsync(durable: true) : null;
        await using var database = server is null ? null : FaultyProxy.Before(server.Port);
        await using var others = options.Broker ? await OtherSystems.StartAsync() : null;
        await using var partner = await FaultyPartner.StartAsync(options.PartnerFaults, options.Seed);
        var connection = server is null ? $"Data Source={Path.Combine(_folder, "hub.db")}" : await server.CreateDatabaseAsync();
        var through = database is null ? connection : new NpgsqlConnectionStringBuilder(connection) { Port = database.Port }.ConnectionString;
        var partners = PartnersFolder.Copy(Path.Combine(_folder, "mappings"), partner.Address, FaultyPartner.TimeoutSeconds);
        await using (var store = await HubStore.OpenAsync(connection))
            await FillAsync(store);
        var dll = Path.Combine(options.Hub ?? AppContext.BaseDirectory, "UnifiedCommerce.Hub.dll");
        var hubs = Enumerable.Range(1, options.Postgres ? options.Workers : 1).Select(number =>
            new HubProcess(dll, Path.Combine(_folder, "data"), partners, through, others?.HubAddress, Path.Combine(_folder, $"hub-{number}.log"))).ToList();
        using var stop = new CancellationTokenSource();
        var folders = new FolderPartners(Path.Combine(_folder, "data", "partners"), options.PartnerFaults, options.Seed);
        var taking = folders.RunAsync(stop.Token);
        try
        {
            hubs.ForEach(hub => hub.Start());
            await using (var watching = await HubStore.OpenAsync(connection, new StorageOptions { Migrate = false }, CancellationToken.None))
                await FlowAsync(hubs, server, new Cuts(database, others?.Proxy, _random), others, watching);
            // Of its own: connections of the other ended with the database.
            await using var store = await HubStore.OpenAsync(connection, new StorageOptions { Migrate = false }, CancellationToken.None);
            hubs.FindAll(hub => !hub.IsRunning).ForEach(hub => hub.Start());
            var settled = await SettleAsync(store, others, folders);
            hubs.ForEach(hub => hub.Kill());
            await stop.CancelAsync();
            await taking;
            var code = await JudgeAsync(store, partner, others, folders, settled, Stopwatch.GetElapsedTime(began));
            Console.Error.WriteLine(code == 0 ? "All is well." : $"Logs and files: {_folder}");
            return code;
        }
        finally
        {
            hubs.ForEach(hub => hub.Dispose());
        }
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
    public static string Gtin(int article, int supplier)
    {
        var digits = string.Create(CultureInfo.InvariantCulture, $"4012345{article:D3}{supplier:D2}");
        var sum = digits.Select((digit, index) => (digit - '0') * (index % 2 == 0 ? 1 : 3)).Sum();
        return digits + (char)('0' + (10 - sum % 10) % 10);
    }

    async Task FlowAsync(List<HubProcess> hubs, ThrowAwayPostgres? server, Cuts cuts, OtherSystems? others, HubStore store)
    {
        foreach (var hub in hubs)
            await hub.WhenUpAsync();
        using var over = new CancellationTokenSource();
        using var ended = new CancellationTokenSource();
        if (options.Minutes < int.MaxValue)
            over.CancelAfter(TimeSpan.FromMinutes(options.Minutes));
        Order[] orders = [.. Enumerable.Range(1, options.Orders).Select(AnOrder)];
        var striking = StrikeAsync(hubs, server, cuts, store, over.Token, ended.Token);
        var telling = TellAsync(ended.Token);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => HandInAsync(client, orders, hubs, others, over.Token)));
        // Without a limit every kill is made: the orders waited for them.
        await ended.CancelAsync();
        await striking;
        await telling;
        await cuts.EndAsync();
    }

    /// <summary>Says on the error output how far it is, every half minute.</summary>
    async Task TellAsync(CancellationToken ended)
    {
        var began = Stopwatch.GetTimestamp();
        while (!ended.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromSeconds(30), ended).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(began).TotalMinutes:0.0} min: {Math.Min(Volatile.Read(ref _handedIn), options.Orders)} of {options.Orders} orders handed in, {Volatile.Read(ref _kills)} of {options.Kills} kills, {_cuts} cuts"));
        }
    }

    /// <summary>One client: it takes the next order when its last one is answered. Orders wait for kills that are due, so that both end together.</summary>
    async Task HandInAsync(int client, Order[] orders, List<HubProcess> hubs, OtherSystems? others, CancellationToken over)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        while (!over.IsCancellationRequested && Interlocked.Increment(ref _handedIn) is var number && number <= orders.Length)
        {
            while (Turns(number, options.Kills) > Volatile.Read(ref _kills) + 1 && !over.IsCancellationRequested)
                await Task.Delay(20, CancellationToken.None);
            var order = orders[number - 1];
            if (others is not null && number % 4 == 0)
            {
                await others.HandInAsync(order);
                _answered[order.Number] = 0;
            }
            else
            {
                await SubmitAsync(http, hubs, order, number + client);
            }
        }
    }

    /// <summary>Kills and cuts, spread over all orders, cuts halfway between. The next kill waits until another process than its victim is up (ten seconds
    /// at most): more than one at a time is the tenth kill's, of all of them.</summary>
    async Task StrikeAsync(List<HubProcess> hubs, ThrowAwayPostgres? server, Cuts cuts, HubStore store, CancellationToken over, CancellationToken ended)
    {
        var watching = new List<Task>();
        while (!over.IsCancellationRequested && !(ended.IsCancellationRequested && _kills >= options.Kills))
        {
            // One that ended by itself (its database was away for too long while it started) is started again, as a supervisor would.
            foreach (var gone in hubs.Where(hub => !hub.IsRunning))
            {
                gone.Start();
                _restarts++;
            }
            var number = Math.Min(Volatile.Read(ref _handedIn), options.Orders);
            if (_cuts < options.Cuts && Turns(number, 2 * options.Cuts) > 2 * _cuts)
            {
                _serving.Struck(Blow.Cut);
                cuts.Next();
                _cuts++;
            }
            else if (_kills < options.Kills && Turns(number, options.Kills) > _kills)
            {
                await KillAsync(hubs, server, store, watching);
                Interlocked.Increment(ref _kills);
            }
            else
            {
                await Task.Delay(10, CancellationToken.None);
            }
        }
        await Task.WhenAll(watching);
    }

    async Task KillAsync(List<HubProcess> hubs, ThrowAwayPostgres? server, HubStore store, List<Task> watching)
    {
        var kill = _kills + 1;
        if (server is not null && kill % 5 == 0 && kill % 10 != 0)
        {
            _serving.Struck(Blow.Database);
            var stopped = Stopwatch.GetTimestamp();
            server.Crash();
            server.StartServer(durable: true);
            _secondsOfDatabase.Add(Stopwatch.GetElapsedTime(stopped).TotalSeconds);
            return;
        }
        var victim = hubs[_random.Next(hubs.Count)];
        List<HubProcess> victims = kill % 10 == 0 ? hubs : [victim];
        if (victims.Count < hubs.Count)
            await Task.WhenAny([.. hubs.Where(hub => hub != victim).Select(hub => hub.WhenUpAsync()), Task.Delay(TimeSpan.FromSeconds(10))]);
        _serving.Struck(victims.Count < hubs.Count ? Blow.Hub : Blow.AllHubs);
        var killedAt = Stopwatch.GetTimestamp();
        var ids = victims.ConvertAll(hub => hub.Id);
        victims.ForEach(hub => hub.Kill());
        victims.ForEach(hub => hub.Start());
        watching.AddRange(victims.Select(hub => StartedAsync(hub, hub.Id)));
        if (server is not null)
            watching.AddRange(ids.Select(id => WatchAsync(store, id, killedAt)));
    }

    /// <summary>Notes when a process listens that has just been started, if it lives so long.</summary>
    async Task StartedAsync(HubProcess hub, int id)
    {
        var began = Stopwatch.GetTimestamp();
        while (hub.Id == id && hub.IsRunning && !await hub.IsUpAsync())
            await Task.Delay(50);
        if (hub.Id == id && hub.IsRunning)
            _secondsToStart.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    long Turns(int number, int of) => (long)number * of / options.Orders;

    /// <summary>Notes when the last dispatch of a dead process has found another sender.</summary>
    async Task WatchAsync(HubStore store, int process, long killedAt)
    {
        HashSet<(long, long)>? left = null;
        for (var look = 0; look < 1200 && left is not { Count: 0 }; look++)
        {
            try
            {
                await using var read = await store.ReadAsync(CancellationToken.None);
                var sending = await read.Session.ListAsync(left is null
                    ? $"select d.id, d.fence from dispatches d join jobs j on j.id = d.sender_job where d.state = 'Sending' and j.worker like '%/{process}/%'"
                    : "select id, fence from dispatches where state = 'Sending'", null, static row => (row.Number(), row.Number()), CancellationToken.None);
                var found = left is not null;
                left = left is null ? [.. sending] : [.. left.Intersect(sending)];
                if (found && left.Count == 0)
                    _secondsToSend.Add(Stopwatch.GetElapsedTime(killedAt).TotalSeconds);
            }
            catch (DbException)
            {
                // The database is being killed too.
            }
            await Task.Delay(100);
        }
    }

    List<string> Outboxes(params string[] folders)
    {
        var root = Path.Combine(_folder, "data", "partners");
        return !Directory.Exists(root) ? [] : [.. Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(Path.GetDirectoryName(file)) is { } name && (name == "out" || folders.Contains(name)) && !file.EndsWith(".part", StringComparison.Ordinal))];
    }

    Order AnOrder(int number) => new()
    {
        Number = $"X-{number:D5}", Channel = "webshop", Buyer = new Party { Gln = "4012345000009", Name = "Customer" },
        Lines = [.. Enumerable.Range(1, 1 + _random.Next(8)).Select(line => new OrderLine
        {
            Id = $"{line}", Item = new Item { BuyerSku = $"C-{1 + _random.Next(12):D3}" }, Quantity = new Quantity(1 + _random.Next(20), "EA"),
        })],
    };

    /// <summary>A client that repeats with the same key, at the next process, until it is answered 2xx.</summary>
    async Task SubmitAsync(HttpClient http, List<HubProcess> hubs, Order order, int first)
    {
        var began = Stopwatch.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromMinutes(5))
                throw new TimeoutException($"Order {order.Number} could not be taken in for minutes; the logs are in {_folder}.");
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{hubs[(first + attempt) % hubs.Count].Port}/api/orders") { Content = JsonContent.Create(order, options: CanonicalJson.Options) };
                request.Headers.Add("Idempotency-Key", order.Number);
                var asked = Stopwatch.GetTimestamp();
                using var answer = await http.SendAsync(request);
                if (answer.IsSuccessStatusCode)
                {
                    _answered[order.Number] = 0;
                    _serving.Served(asked);
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
    async Task<bool> SettleAsync(HubStore store, OtherSystems? others, FolderPartners folders)
    {
        Console.Error.WriteLine("All orders are in and nothing strikes any more; waiting until nothing moves, five minutes at most.");
        var moves = "";
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(5))
        {
            var depths = await store.JobDesk.DepthsAsync(CancellationToken.None);
            await using var read = await store.ReadAsync(CancellationToken.None);
            var session = read.Session;
            var open = await session.NumberAsync("select (select count(*) from dispatches where state in ('Prepared', 'Sending', 'Unknown')) + (select count(*) from order_lines where open > 0 and sku is not null and hold is null)",
                null, CancellationToken.None);
            var missing = _answered.Count - await session.NumberAsync("select count(*) from orders", null, CancellationToken.None);
            var told = others is null || await session.NumberAsync("select max(sequence) from events", null, CancellationToken.None) is not { } last || others.Heard.Contains(last);
            var taken = await folders.IsReadAsync(session);
            if (open == 0 && missing == 0 && told && taken && depths.All(depth => depth.Ready + depth.Running == 0))
                return true;
            moves = $"{open} lines and dispatches open, {missing} orders missing, events {(told ? "" : "not ")}all told, partners' files {(taken ? "" : "not ")}all read, jobs "
                + string.Join(", ", depths.Select(depth => $"{depth.Kind} {depth.Ready} ready {depth.Running} running {depth.Scheduled} scheduled {depth.Failed} failed"));
            await Task.Delay(200);
        }
        Console.Error.WriteLine($"Still not at rest: {moves}");
        return false;
    }

    async Task<int> JudgeAsync(HubStore store, FaultyPartner partner, OtherSystems? others, FolderPartners folders, bool settled, TimeSpan wall)
    {
        List<long> events;
        IReadOnlyList<string> acknowledgements;
        List<(string Key, string Partner, string File, string Sha, DispatchState State)> dispatches;
        HashSet<string> stored;
        await using (var read = await store.ReadAsync(CancellationToken.None))
        {
            dispatches = await read.Session.ListAsync("select key, partner, file_name, sha256, state from dispatches", null,
                static row => (row.Text(), row.Text(), row.Text(), row.Text(), row.Name<DispatchState>()), CancellationToken.None);
            acknowledgements = await folders.BreachesAsync(read.Session);
            events = await read.Session.ListAsync("select sequence from events order by sequence", null, static row => row.Number(), CancellationToken.None);
            stored = (await read.Session.ListAsync("select number from orders", null, static row => row.Text(), CancellationToken.None)).ToHashSet(StringComparer.Ordinal);
        }
        var files = Outboxes("taken");
        if (options.Plant == "lost" && files.Count > 0)
            File.Delete(Taken(files));
        if (options.Plant == "doubled" && files.Count > 0)
            File.Copy(files[0], files[0] + ".again");
        files = options.Plant == "doubled" ? [.. files, files[0] + ".again"] : files;
        var held = files.Select(file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))).Concat(partner.Received.Values)
            .GroupBy(sha => sha, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count());
        var lostOrders = _answered.Keys.Count(number => !stored.Contains(number));
        var lostDocuments = dispatches.Count(dispatch => dispatch.State is DispatchState.Sent or DispatchState.Confirmed && !held.ContainsKey(dispatch.Sha));
        var doubled = partner.Conflicts + held.Values.Sum(count => count - 1) + held.Keys.Count(sha => dispatches.TrueForAll(dispatch => dispatch.Sha != sha));
        var unsettled = dispatches.Count(dispatch => dispatch.State is not (DispatchState.Sent or DispatchState.Confirmed)) + (settled ? 0 : 1);
        var breaches = (await store.SelfAudit.CheckAsync(CancellationToken.None)).Select(breach => $"{breach.Invariant} {breach.Subject}: {breach.Text}").ToList();
        breaches.AddRange(acknowledgements);
        breaches.AddRange(others?.Breaches(events) ?? []);
        breaches.ForEach(Console.Error.WriteLine);
        var well = lostOrders + lostDocuments + doubled + unsettled + breaches.Count == 0 && dispatches.Count > 0;
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            orders = _answered.Count, purchaseOrders = dispatches.Count(dispatch => dispatch.Key.StartsWith("ACK", StringComparison.Ordinal) is false), acknowledged = folders.Acknowledged, lost = lostOrders + lostDocuments, duplicated = doubled, unsettled, invariantFailures = breaches.Count, kills = _kills, cuts = _cuts, endedByThemselves = _restarts,
            partnerFaults = partner.Faults, events = events.Count, eventsHeard = others?.Heard.Count ?? 0, store = options.Postgres ? "postgres" : "sqlite", options.Workers,
            secondsToServeAgain = _serving.Report(), secondsOfDatabaseAway = new { median = Serving.Median(_secondsOfDatabase), worst = Serving.Worst(_secondsOfDatabase) },
            secondsToStart = new { median = Serving.Median(_secondsToStart), worst = Serving.Worst(_secondsToStart) },
            secondsToSendAgain = new { median = Serving.Median(_secondsToSend), worst = Serving.Worst(_secondsToSend) }, wallSeconds = Math.Round(wall.TotalSeconds, 1), options.Seed,
        }, JsonSerializerOptions.Web));
        return well ? 0 : 1;
    }

    static string Taken(List<string> files)
    {
        var file = files[0];
        files.RemoveAt(0);
        return file;
    }
}
