using System.Net.Http.Headers;
using System.Text.Json;
using MassTransit;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Hub.Bus;

namespace UnifiedCommerce.Hub.Demo;

/// <summary>The simulated suppliers as the time lapse sees them: they have work at moments of business time.</summary>
public interface IDemoSuppliers
{
    /// <summary>The next moment one of them does something; null when none has anything to do.</summary>
    DateTimeOffset? NextDueAt { get; }
    /// <summary>Looks for purchase orders, and does what is due at the moment.</summary>
    Task<int> RunDueAsync(DateTimeOffset now, CancellationToken cancellationToken);
}

/// <summary>Tells the story of the samples: the clock stands still while the hub works, and is stepped to the next moment at which anything
/// is due when it rests. The same samples so give the same purchase orders, on one process or on many, quick machine or slow.</summary>
public sealed class TimeLapse(Journey journey, IViews views, DemoClock clock, IDemoSuppliers suppliers, HttpClient api, IBus bus, string samples, string data, Action<string> say)
{
    private static readonly TimeSpan Horizon = TimeSpan.FromDays(21);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    /// <summary>Every so manieth order of the webshop comes on the bus.</summary>
    private const int OnBus = 4;
    private readonly PartnerBook _book = journey.World.Book.Current;

    /// <summary>Runs the story to its end. What was done before a crash is not done again: orders and documents are recognised.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await LoadArticlesAsync(cancellationToken);
        await LoadCataloguesAsync(cancellationToken);
        await RestAsync("prices and stock are in force", cancellationToken);
        var waves = Waves(3);
        for (var wave = 0; wave < waves.Count; wave++)
        {
            await StepToAsync(DemoClock.Start.AddMinutes(75 * wave), cancellationToken);
            for (var index = 0; index < waves[wave].Count; index++)
            {
                var (partner, file) = waves[wave][index];
                if (_book.Find(partner) is null && index % OnBus == OnBus - 1)
                {
                    await SubmitAsync(file, cancellationToken);
                }
                else
                {
                    await HandInAsync(partner, file, cancellationToken);
                }
            }
            await RestAsync($"{waves[wave].Count} order files of wave {wave + 1} are taken in", cancellationToken);
        }
        await SendAsync("sales-invoices", "text/csv", Path.Combine(samples, "sales-invoices.csv"), "sales-invoices", cancellationToken);
        var end = DemoClock.Start + Horizon;
        var same = 0;
        var last = DateTimeOffset.MinValue;
        while (await NextDueAsync(cancellationToken) is { } next && next <= end)
        {
            same = next == last ? same + 1 : 0;
            last = next;
            if (same > 20)
            {
                throw new HubException($"Something stays due at {next:yyyy-MM-dd HH:mm} however often it is dealt with. The console's Tasks and Jobs pages say what.");
            }
            await StepToAsync(next, cancellationToken);
        }
        await RestAsync("nothing more is due", cancellationToken);
    }

    /// <summary>After the story: what people hand in is taken in each second, and while anything is due within a day, a second is a minute.</summary>
    public async Task StayAsync(Func<CancellationToken, Task> look, CancellationToken cancellationToken)
    {
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1), TimeProvider.System);
        while (await second.WaitForNextTickAsync(cancellationToken))
        {
            if (await NextDueAsync(cancellationToken) is { } next && next <= clock.GetUtcNow().AddDays(1))
            {
                clock.StepTo(clock.GetUtcNow().AddMinutes(1));
            }
            await suppliers.RunDueAsync(clock.GetUtcNow(), cancellationToken);
            await look(cancellationToken);
        }
    }

    /// <summary>Everything that is due up to a moment happens at its own moment.</summary>
    private async Task StepToAsync(DateTimeOffset moment, CancellationToken cancellationToken)
    {
        while (await NextDueAsync(cancellationToken) is { } next && next < moment && next > clock.GetUtcNow())
        {
            await ArriveAsync(next, cancellationToken);
        }
        await ArriveAsync(moment, cancellationToken);
    }

    private async Task ArriveAsync(DateTimeOffset moment, CancellationToken cancellationToken)
    {
        clock.StepTo(moment);
        await suppliers.RunDueAsync(clock.GetUtcNow(), cancellationToken);
        await journey.Ticks.TickAsync(cancellationToken);
        await RestAsync(null, cancellationToken);
        await journey.AtRisk.LookAsync(cancellationToken);
    }

    private async Task<DateTimeOffset?> NextDueAsync(CancellationToken cancellationToken)
    {
        await using var work = await journey.World.Store.BeginReadAsync(cancellationToken);
        var hub = await work.Deadlines.NextDueAsync(cancellationToken);
        var theirs = suppliers.NextDueAt;
        return hub is null || theirs < hub ? theirs ?? hub : hub;
    }

    /// <summary>Waits until every file is polled and no job is ready or running, twice in a row.</summary>
    private async Task RestAsync(string? meaning, CancellationToken cancellationToken)
    {
        var machine = TimeProvider.System;
        var began = machine.GetTimestamp();
        for (var quiet = 0; quiet < 2;)
        {
            var moved = await journey.Reception.PollAllAsync(cancellationToken);
            moved += await suppliers.RunDueAsync(clock.GetUtcNow(), cancellationToken);
            var counts = await views.JobCountsAsync(cancellationToken);
            var busy = counts.Where(count => count.Stage is JobStage.Queued or JobStage.Processing or JobStage.Scheduled).Sum(count => count.Count);
            quiet = moved == 0 && busy == 0 && !FilesWait() ? quiet + 1 : 0;
            if (quiet < 2)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(25), machine, cancellationToken);
            }
            if (machine.GetElapsedTime(began) > Patience)
            {
                throw new HubException($"The demonstration waited {Patience.TotalMinutes:0} minutes for {busy} jobs ({string.Join(", ", counts.Where(count => count.Count > 0).Select(count => $"{count.Count} {count.Kind} {count.Stage}"))}). "
                    + "A process with role worker must run; the console's Jobs page says what they wait for.");
            }
        }
        if (meaning is not null)
        {
            say(meaning);
        }
    }

    private bool FilesWait() => _book.Partners.Values.Any(partner => partner.Transport is { Kind: "folder", Inbox: { } inbox }
        && Directory.Exists(Path.Combine(data, inbox)) && Directory.EnumerateFiles(Path.Combine(data, inbox)).Any());

    private async Task LoadArticlesAsync(CancellationToken cancellationToken)
    {
        var (articles, diagnostics) = ArticleFile.Read(Path.Combine(samples, "articles.csv"));
        if (diagnostics.Count > 0)
        {
            throw new HubException($"samples/articles.csv: {diagnostics[0]}");
        }
        await using var work = await journey.World.Store.BeginAsync(cancellationToken);
        if ((await work.Catalogue.ArticlesAsync(cancellationToken)).Count == 0)
        {
            await work.Catalogue.SaveArticlesAsync(articles, cancellationToken);
            await work.Catalogue.SaveCrossReferencesAsync(ArticleFile.References(articles), cancellationToken);
            await work.CommitAsync(cancellationToken);
        }
        say($"{articles.Count} articles");
    }

    private async Task LoadCataloguesAsync(CancellationToken cancellationToken)
    {
        // Prices first: stock is matched by the suppliers' numbers, which prices make known.
        foreach (var kind in new[] { "prices", "stock" })
        {
            foreach (var folder in Directory.GetDirectories(Path.Combine(samples, "catalogues")).Order(StringComparer.Ordinal))
            {
                foreach (var file in Directory.GetFiles(folder, $"{kind}.*"))
                {
                    await HandInAsync(Path.GetFileName(folder), file, cancellationToken);
                }
            }
            await RestAsync(null, cancellationToken);
        }
    }

    /// <summary>Order files of all channels, dealt into waves: every channel is in every wave.</summary>
    private List<List<(string Partner, string File)>> Waves(int count)
    {
        var waves = Enumerable.Range(0, count).Select(_ => new List<(string, string)>()).ToList();
        foreach (var folder in Directory.GetDirectories(Path.Combine(samples, "orders")).Order(StringComparer.Ordinal))
        {
            var files = Directory.GetFiles(folder).Order(StringComparer.Ordinal).ToList();
            for (var index = 0; index < files.Count; index++)
            {
                waves[index * count / files.Count].Add((Path.GetFileName(folder), files[index]));
            }
        }
        return waves;
    }

    /// <summary>Hands an order in on the bus and waits for the answer, so that arrival numbers are the same in every run.</summary>
    private async Task SubmitAsync(string file, CancellationToken cancellationToken)
    {
        var order = JsonSerializer.Deserialize<Order>(await File.ReadAllBytesAsync(file, cancellationToken), CanonicalJson.Options)!;
        var client = bus.CreateRequestClient<SubmitOrder>(new Uri("queue:submit-order"), RequestTimeout.After(ms: (int)Patience.TotalMilliseconds));
        await client.GetResponse<OrderSubmitted>(new SubmitOrder { Order = order }, cancellationToken);
    }

    private async Task HandInAsync(string partnerId, string file, CancellationToken cancellationToken)
    {
        var partner = _book.Find(partnerId);
        if (partner?.Transport is { Kind: "folder", Inbox: { } inbox })
        {
            var target = Path.Combine(data, inbox);
            Directory.CreateDirectory(target);
            var hidden = Path.Combine(data, $".{Path.GetFileName(file)}");
            File.Copy(file, hidden, overwrite: true);
            File.Move(hidden, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
        }
        else if (partner is null)
        {
            await SendAsync("orders", "application/json", file, Path.GetFileNameWithoutExtension(file), cancellationToken);
        }
        else
        {
            await SendAsync($"partners/{partnerId}/documents", "application/octet-stream", file, $"{partnerId}-{Path.GetFileName(file)}", cancellationToken);
        }
    }

    private async Task SendAsync(string route, string contentType, string file, string key, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(await File.ReadAllBytesAsync(file, cancellationToken));
        content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"api/{route}", UriKind.Relative)) { Content = content };
        request.Headers.Add("Idempotency-Key", key);
        using var answer = await api.SendAsync(request, cancellationToken);
        if (!answer.IsSuccessStatusCode && (int)answer.StatusCode != 422)
        {
            throw new HubException($"The hub answered {(int)answer.StatusCode} to {Path.GetFileName(file)}: {await answer.Content.ReadAsStringAsync(cancellationToken)}");
        }
    }
}
