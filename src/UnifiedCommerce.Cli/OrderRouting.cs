using System.Text.Json;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Routing;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Cli;

/// <summary>Turns order files, terms and catalogues into a sourcing problem by the hub's own code on a throw-away store.</summary>
internal static class OrderRouting
{
    /// <summary>Builds the problem of all orders together.</summary>
    /// <param name="orders">Orders: canonical JSON, or any format of a customer partner.</param>
    /// <param name="terms">The folder with house.yaml and the partners.</param>
    /// <param name="catalogue">The folder with articles.csv and catalogues/PARTNER/prices.* and stock.*.</param>
    /// <param name="partner">The customer partner of files whose envelope does not name one.</param>
    /// <param name="asOf">The moment of the decision.</param>
    /// <param name="notes">Told what was left out.</param>
    /// <exception cref="HubException">A file cannot be used; the message says which and why.</exception>
    public static async Task<BuiltProblem> BuildAsync(
        IReadOnlyList<FileInfo> orders, DirectoryInfo terms, DirectoryInfo catalogue, string? partner, DateTimeOffset asOf, TextWriter notes)
    {
        var name = orders.Count == 1 ? Path.GetFileNameWithoutExtension(orders[0].Name) : $"{orders.Count} orders";
        return (await BuildAsync([(name, orders)], terms, catalogue, partner, asOf, notes)).FirstOrDefault()
            ?? throw new HubException("No line of the orders can be routed; the notes above say why.");
    }

    /// <summary>Builds the problem of each file by itself; files of which no line can be routed are left out, and the notes say so.</summary>
    /// <inheritdoc cref="BuildAsync(IReadOnlyList{FileInfo}, DirectoryInfo, DirectoryInfo, string, DateTimeOffset, TextWriter)"/>
    public static Task<IReadOnlyList<BuiltProblem>> BuildEachAsync(
        IReadOnlyList<FileInfo> orders, DirectoryInfo terms, DirectoryInfo catalogue, string? partner, DateTimeOffset asOf, TextWriter notes) =>
        BuildAsync([.. orders.Select(file => (file.Name, (IReadOnlyList<FileInfo>)[file]))], terms, catalogue, partner, asOf, notes);

    private static async Task<IReadOnlyList<BuiltProblem>> BuildAsync(
        IReadOnlyList<(string Name, IReadOnlyList<FileInfo> Files)> groups, DirectoryInfo terms, DirectoryInfo catalogue, string? partner, DateTimeOffset asOf, TextWriter notes)
    {
        var reading = PartnerFolder.LoadAll(terms.FullName);
        if (reading.House is null || reading.Diagnostics.FirstOrDefault(diagnostic => diagnostic.Severity == Severity.Error) is { })
        {
            throw new HubException($"{terms.FullName} cannot be used: {reading.Diagnostics.FirstOrDefault(diagnostic => diagnostic.Severity == Severity.Error)?.ToString() ?? "house.yaml is missing."}");
        }
        var folder = Directory.CreateTempSubdirectory("uc-route-");
        try
        {
            await using var store = await HubStore.OpenAsync($"Data Source={Path.Combine(folder.FullName, "route.db")}", new StorageOptions { Durable = false });
            var book = new PartnerBookHolder(new PartnerBook(reading.House, reading.Partners.ToDictionary(known => known.Id, StringComparer.Ordinal)));
            var clock = new Moment(asOf);
            var mappings = new PartnerMappings(terms.FullName);
            var decoder = new DocumentDecoder(book, mappings);
            var journey = new Journey(new JourneyWorld { Store = store, Book = book, Decoder = decoder, Renderer = mappings, Inbound = [], Outbound = [], Clock = clock, Machine = TimeProvider.System });
            await LoadAsync(journey, book, catalogue, notes);
            var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(asOf, reading.House.TimeZone).DateTime);
            var built = new List<BuiltProblem>();
            foreach (var (name, files) in groups)
            {
                var taken = new List<long>();
                foreach (var file in files)
                {
                    taken.AddRange(await TakeInAsync(journey, decoder, file, partner, notes));
                }
                await using var work = await store.BeginAsync(CancellationToken.None);
                var states = await work.Orders.LoadAsync(taken, CancellationToken.None);
                var snapshot = await journey.Catalogue.GetAsync(work, today, CancellationToken.None);
                foreach (var line in states.SelectMany(order => order.Lines).Where(line => line.Hold is not null))
                {
                    await notes.WriteLineAsync($"left out: {name}, line {line.LineId}: {line.Hold}");
                }
                var demands = Demands.Of(states, reading.House);
                if (demands.Count > 0)
                {
                    built.Add(ProblemBuilder.Build(name, demands, book.Current, new HashSet<string>(StringComparer.Ordinal), snapshot, new StockLeft(new Dictionary<(string, string), decimal>()),
                        new Dictionary<string, decimal>(StringComparer.Ordinal), asOf));
                }
                else if (groups.Count > 1)
                {
                    await notes.WriteLineAsync($"left out: {name}: no line of it can be routed");
                }
            }
            return built;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task LoadAsync(Journey journey, PartnerBookHolder book, DirectoryInfo catalogue, TextWriter notes)
    {
        var articles = Path.Combine(catalogue.FullName, "articles.csv");
        if (!File.Exists(articles))
        {
            throw new HubException($"{articles} is missing. Name the folder with articles.csv and catalogues/ by --catalogue DIR.");
        }
        var (read, found) = ArticleFile.Read(articles);
        foreach (var diagnostic in found)
        {
            await notes.WriteLineAsync(diagnostic.ToString());
        }
        await using (var work = await journey.World.Store.BeginAsync(CancellationToken.None))
        {
            await work.Catalogue.SaveArticlesAsync(read, CancellationToken.None);
            await work.Catalogue.SaveCrossReferencesAsync(ArticleFile.References(read), CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }
        var folder = Path.Combine(catalogue.FullName, "catalogues");
        // Prices first: stock is matched by the suppliers' numbers, which prices make known.
        foreach (var kind in new[] { "prices", "stock" })
        {
            foreach (var file in Directory.Exists(folder) ? Directory.GetFiles(folder, $"{kind}.*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray() : [])
            {
                if (book.Current.Find(Path.GetFileName(Path.GetDirectoryName(file))) is not { } supplier)
                {
                    continue;
                }
                await ReadAsync(journey, supplier.Id, file, notes);
            }
        }
    }

    private static async Task<IReadOnlyList<long>> TakeInAsync(Journey journey, DocumentDecoder decoder, FileInfo file, string? partner, TextWriter notes)
    {
        var bytes = await File.ReadAllBytesAsync(file.FullName);
        var orders = new List<(Order Order, string? Partner)>();
        if (file.Extension.Equals(".json", StringComparison.OrdinalIgnoreCase))
        {
            try
            {
                orders.Add((JsonSerializer.Deserialize<Order>(bytes, CanonicalJson.Options)!, partner));
            }
            catch (JsonException malformed)
            {
                throw new HubException($"{file.Name} is no order: {malformed.Message}");
            }
        }
        else
        {
            var known = journey.World.Book.Current.Find(partner);
            var decoded = decoder.Decode(known, new StoredDocument { Transport = "file", Name = file.Name, ReceivedAt = journey.World.Clock.GetUtcNow(), Sha256 = "", Bytes = bytes });
            if (decoded.Messages.Count == 0)
            {
                throw new HubException($"{file.Name} cannot be read: {decoded.Diagnostics.FirstOrDefault()?.ToString() ?? $"its sender {decoded.Sender ?? "(none)"} is no partner; name one by --partner ID."}");
            }
            foreach (var message in decoded.Messages)
            {
                if (message.Document is Order order)
                {
                    orders.Add((order, partner ?? decoded.Sender));
                }
                else
                {
                    await notes.WriteLineAsync($"{file.Name}: left out, {message.Diagnostics.FirstOrDefault()?.ToString() ?? $"a {message.Kind}, not an order"}");
                }
            }
        }
        var ids = new List<long>();
        await using var work = await journey.World.Store.BeginAsync(CancellationToken.None);
        foreach (var (order, from) in orders)
        {
            var result = await journey.Intake.TakeInAsync(work, order, from, null, "command line", CancellationToken.None);
            if (result.Order is null)
            {
                throw new HubException($"{file.Name}, order {order.Number}: {string.Join(" ", result.Diagnostics)}");
            }
            ids.Add(result.Order.Id);
        }
        await work.CommitAsync(CancellationToken.None);
        return ids;
    }

    private static async Task ReadAsync(Journey journey, string partner, string file, TextWriter notes)
    {
        var store = journey.World.Store;
        long id;
        await using (var work = await store.BeginAsync(CancellationToken.None))
        {
            (id, _) = await journey.Reception.StoreAsync(work, partner, "file", Path.GetFileName(file), null, await File.ReadAllBytesAsync(file), CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }
        await using (var work = await store.BeginAsync(CancellationToken.None))
        {
            var reader = journey.BatchHandlers.First(handler => handler.Kind == "read-document");
            await reader.RunAsync([new Job(0, reader.Kind, $$"""{"documentId":{{id}}}""", partner, 1, 1, 0, journey.World.Clock.GetUtcNow())], work, CancellationToken.None);
            var read = await work.Documents.FindAsync(id, CancellationToken.None);
            if (read!.State != DocumentState.Applied)
            {
                await notes.WriteLineAsync($"{partner}/{Path.GetFileName(file)}: {read.State}: {read.Reason}");
            }
            await work.CommitAsync(CancellationToken.None);
        }
    }

    private sealed class Moment(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now.ToUniversalTime();
    }
}
