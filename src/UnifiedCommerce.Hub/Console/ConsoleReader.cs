using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Hub.Console;

/// <summary>What pages read: the views, units of work for details, and the names of partners and articles.</summary>
public sealed class ConsoleReader(IStore store, IViews views, IJobDesk jobs, PartnerBookHolder book, TimeProvider time)
{
    /// <summary>The views.</summary>
    public IViews Views => views;

    /// <summary>What people do with jobs and want to know of them.</summary>
    public IJobDesk Jobs => jobs;

    /// <summary>House and partners as they are in force.</summary>
    public PartnerBook Book => book.Current;

    /// <summary>The business moment.</summary>
    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Reads within one transaction and rolls it back.</summary>
    public async Task<T> ReadAsync<T>(Func<IWork, Task<T>> read)
    {
        await using var work = await store.BeginReadAsync(CancellationToken.None);
        return await read(work);
    }

    /// <summary>Reads for showing: a state that only a newer version knows is told beside nothing instead of failing the page.</summary>
    public async Task<(T? Read, UnknownStateException? Newer)> ReadKnownAsync<T>(Func<IWork, Task<T>> read) where T : class
    {
        try
        {
            return (await ReadAsync(read), null);
        }
        catch (UnknownStateException newer)
        {
            return (null, newer);
        }
    }

    /// <summary>Purchase orders as far as this version knows their states, and those states that it does not know.</summary>
    public async Task<(IReadOnlyList<PurchaseState> Known, IReadOnlyList<UnknownStateException> Newer)> PurchasesAsync(IReadOnlyList<long> ids)
    {
        var (all, newer) = await ReadKnownAsync(work => work.Purchases.LoadAsync(ids, CancellationToken.None));
        if (all is not null)
        {
            return (all, []);
        }
        if (ids.Count == 1)
        {
            return ([], [newer!]);
        }
        var (known, unknown) = (new List<PurchaseState>(), new List<UnknownStateException>());
        foreach (long id in ids)
        {
            var (one, why) = await PurchasesAsync([id]);
            known.AddRange(one);
            unknown.AddRange(why);
        }
        return (known, unknown);
    }

    /// <summary>How many tasks are open; stops counting at 500.</summary>
    public async Task<long> OpenTasksAsync() => (await views.TasksAsync(openOnly: true, null, new PageRequest(null, 500), CancellationToken.None)).Items.Count;

    /// <summary>A partner's name, or its id when it is gone.</summary>
    public string NameOf(string? partner) => partner is null ? "" : book.Current.Find(partner)?.Name ?? partner;

    /// <summary>A customer's name: as the order gives it, else as we know who has its key, else the key.</summary>
    public string CustomerOf(string key, string? name) =>
        name ?? book.Current.Partners.Values.FirstOrDefault(partner => partner.Party.Key == key || partner.Party.Gln == key)?.Name ?? key;

    /// <summary>The names of articles.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ArticleNamesAsync() =>
        await ReadAsync(async work => (IReadOnlyDictionary<string, string>)(await work.Catalogue.ArticlesAsync(CancellationToken.None))
            .ToDictionary(article => article.Sku, article => article.Name, StringComparer.Ordinal));

    /// <summary>Partners that somebody stopped, with the reason.</summary>
    public async Task<IReadOnlyDictionary<string, string>> StoppedAsync() => (await ReadAsync(work => PartnerSwitches.ReadAsync(work, CancellationToken.None))).Stopped;
}
