using System.Text.Json;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Storage;
using UnifiedCommerce.Storage.Views;
using UnifiedCommerce.Transports.Folders;

namespace UnifiedCommerce.EndToEnd.Tests.Journeys;

/// <summary>The hub's own code on a real SQLite file and real folders, stepped by the test: no host, no schedule, no bus.</summary>
public sealed class Workbench : IAsyncDisposable
{
    private Workbench(string data, HubStore store, Journey journey, JobEngine engine, StoppedClock clock)
    {
        Data = data;
        Store = store;
        Journey = journey;
        Engine = engine;
        Clock = clock;
    }

    public string Data { get; }
    public HubStore Store { get; }
    public Journey Journey { get; }
    public JobEngine Engine { get; }
    public StoppedClock Clock { get; }
    public PartnerBook Book => Journey.World.Book.Current;
    public static string Root { get; } = FindRoot();
    public static string Samples => Path.Combine(Root, "samples");

    public static async Task<Workbench> OpenAsync(Func<PartnerBook, PartnerBook>? adjust = null)
    {
        var data = Directory.CreateTempSubdirectory("uc-journey-").FullName;
        var store = await HubStore.OpenAsync($"Data Source={Path.Combine(data, "hub.db")}", new StorageOptions { Durable = false });
        var mappings = Path.Combine(Root, "mappings");
        var reading = PartnerFolder.LoadAll(mappings);
        Assert.DoesNotContain(reading.Diagnostics, diagnostic => diagnostic.Severity == Severity.Error);
        var book = new PartnerBook(reading.House!, reading.Partners.ToDictionary(partner => partner.Id, StringComparer.Ordinal));
        var holder = new PartnerBookHolder(adjust?.Invoke(book) ?? book);
        var clock = new StoppedClock(new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.FromHours(1)));
        var channel = new FolderChannel(data, TimeProvider.System);
        var maps = new PartnerMappings(mappings);
        var journey = new Journey(new JourneyWorld
        {
            Store = store, Book = holder, Decoder = new DocumentDecoder(holder, maps), Renderer = maps, Inbound = [channel], Outbound = [channel],
            Clock = clock, Machine = TimeProvider.System,
        });
        var trouble = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var engine = new JobEngine(store, store.JobQueue, journey.BatchHandlers, journey.EffectHandlers, TimeProvider.System, new JobEngineOptions
        {
            Worker = "workbench", OnTrouble = (job, outcome, exception) => trouble.Enqueue($"{job.Kind} {job.Args}: {outcome} {exception}"),
        });
        return new Workbench(data, store, journey, engine, clock) { Trouble = trouble };
    }

    /// <summary>What went wrong in jobs, for the message of a failing test.</summary>
    public required System.Collections.Concurrent.ConcurrentQueue<string> Trouble { get; init; }

    /// <summary>Loads articles, then prices and stock of every supplier, or of one, as documents.</summary>
    public async Task LoadCataloguesAsync(string? only = null)
    {
        var (articles, found) = ArticleFile.Read(Path.Combine(Samples, "articles.csv"));
        Assert.Empty(found);
        await using (var work = await Store.BeginAsync(CancellationToken.None))
        {
            await work.Catalogue.SaveArticlesAsync(articles, CancellationToken.None);
            await work.Catalogue.SaveCrossReferencesAsync(ArticleFile.References(articles), CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }
        foreach (var kind in new[] { "prices", "stock" })
        {
            foreach (var folder in Directory.GetDirectories(Path.Combine(Samples, "catalogues")).Where(folder => only is null || Path.GetFileName(folder) == only).Order(StringComparer.Ordinal))
            {
                foreach (var file in Directory.GetFiles(folder, $"{kind}.*"))
                {
                    await HandInAsync(Path.GetFileName(folder), Path.GetFileName(file), await File.ReadAllBytesAsync(file));
                }
            }
            await WorkAsync();
        }
    }

    /// <summary>Makes a document durable as if it had come on the partner's channel.</summary>
    public async Task<long> HandInAsync(string partner, string name, byte[] bytes)
    {
        await using var work = await Store.BeginAsync(CancellationToken.None);
        var (id, _) = await Journey.Reception.StoreAsync(work, partner, "folder", name, null, bytes, CancellationToken.None);
        await work.CommitAsync(CancellationToken.None);
        return id;
    }

    /// <summary>Loads catalogues, then hands in the samples' orders of all channels.</summary>
    public async Task TakeInSamplesAsync()
    {
        await LoadCataloguesAsync();
        foreach (var file in Directory.GetFiles(Path.Combine(Samples, "orders"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var channel = Path.GetFileName(Path.GetDirectoryName(file)!);
            if (channel == "webshop")
            {
                await SubmitAsync(JsonSerializer.Deserialize<Order>(await File.ReadAllBytesAsync(file), CanonicalJson.Options)!);
            }
            else
            {
                await HandInAsync(channel, Path.GetFileName(file), await File.ReadAllBytesAsync(file));
            }
        }
        await WorkAsync();
    }

    /// <summary>Open tasks of a kind, newest first.</summary>
    public async Task<IReadOnlyList<HubTask>> OpenTasksAsync(string kind) =>
        (await HubViews.Of(Store).TasksAsync(openOnly: true, kind, new PageRequest(null, 500), CancellationToken.None)).Items;

    /// <summary>Runs jobs until none is ready.</summary>
    public async Task WorkAsync()
    {
        for (var quiet = 0; quiet < 2;)
        {
            quiet = await Engine.RunReadyAsync(CancellationToken.None) == 0 ? quiet + 1 : 0;
        }
        Assert.True(Trouble.IsEmpty, string.Join('\n', Trouble));
    }

    /// <summary>Steps to a moment, ticks and works.</summary>
    public async Task StepToAsync(DateTimeOffset moment)
    {
        Clock.Now = moment;
        await Journey.Ticks.TickAsync(CancellationToken.None);
        await WorkAsync();
    }

    /// <summary>Takes an order in as a channel would.</summary>
    public async Task<IntakeResult> SubmitAsync(Order order)
    {
        await using var work = await Store.BeginAsync(CancellationToken.None);
        var result = await Journey.Intake.TakeInAsync(work, order, null, null, "test", CancellationToken.None);
        await work.CommitAsync(CancellationToken.None);
        return result;
    }

    /// <summary>Steps through everything that is due within a day.</summary>
    public async Task ADayAsync()
    {
        var end = Clock.Now.AddDays(1);
        for (var step = 0; step < 60; step++)
        {
            if (await ReadAsync(work => work.Deadlines.NextDueAsync(CancellationToken.None)) is not { } due || due > end)
            {
                return;
            }
            await StepToAsync(due > Clock.Now ? due : Clock.Now);
        }
        Assert.Fail("More than 60 moments were due within a day.");
    }

    /// <summary>Reads with a unit of work that is rolled back.</summary>
    public async Task<T> ReadAsync<T>(Func<IWork, Task<T>> read)
    {
        await using var work = await Store.BeginAsync(CancellationToken.None);
        return await read(work);
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        await Store.DisposeAsync();
        Directory.Delete(Data, recursive: true);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "UnifiedCommerce.sln")))
        {
            folder = folder.Parent;
        }
        return folder?.FullName ?? throw new InvalidOperationException("UnifiedCommerce.sln was not found above the tests.");
    }
}

/// <summary>A clock that stands where the test puts it.</summary>
public sealed class StoppedClock(DateTimeOffset start) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = start;

    public override DateTimeOffset GetUtcNow() => Now.ToUniversalTime();
}
