using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Storage;

/// <summary>Makes jobs again from what the business rows say. The rows are the truth; a job only says when to try. Running it with all jobs in
/// place adds nothing, for every job has a unique key.</summary>
public static class JobsRebuild
{
    /// <summary>Inserts what is missing; returns how many jobs and pool wake-ups were asked for, by kind.</summary>
    public static async Task<IReadOnlyDictionary<string, int>> RunAsync(HubStore store, CancellationToken cancellationToken)
    {
        await using var work = (Work)await store.BeginAsync(cancellationToken);
        var session = work.Session;
        var jobs = new List<NewJob>();
        jobs.AddRange(await session.ListAsync("select id, partner from documents where state = 'Received' and outbound = 0 order by id", null,
            static row => DocumentReception.ReadJob(row.Number(), row.TextOrNull()), cancellationToken));
        jobs.AddRange(await session.ListAsync("select m.document_id, m.idx, d.partner from messages m join documents d on d.id = m.document_id where m.state = 'Waiting' "
            + "order by m.document_id, m.idx", null, static row => ApplyMessageJob.For(row.Number(), row.Int(), row.TextOrNull(), overdue: false), cancellationToken));
        var unprepared = await session.ListAsync("select id from purchases p where status = 'Released' and not exists (select 1 from dispatches d where d.purchase_id = p.id) order by id",
            null, static row => row.Number(), cancellationToken);
        foreach (var chunk in unprepared.Chunk(500))
            jobs.AddRange((await work.Purchases.LoadAsync(chunk, cancellationToken)).Select(DispatchJobs.Prepare));
        jobs.AddRange(await session.ListAsync("select id, partner from dispatches where state in ('Prepared', 'Sending', 'Unknown') order by id", null,
            static row => DispatchJobs.Send(new Dispatch
            {
                Id = row.Number(), Partner = row.Text(), Key = "", Kind = DocumentKind.PurchaseOrder, FileName = "", ContentType = "", Bytes = [], Sha256 = "", PreparedAt = default,
            }), cancellationToken));
        jobs.AddRange(await session.ListAsync("select distinct o.id, o.version from orders o join order_lines l on l.order_id = o.id where l.cancel_requested > 0 order by o.id", null,
            static row =>
            {
                var id = row.Number();
                return new NewJob("ask-cancellation", $$"""{"orderId":{{id}}}""") { UniqueKey = $"ask-cancellation:{id}:{row.Number()}" };
            }, cancellationToken));
        // Who is told of events: each keeps its place in the feed and finds out itself whether there is anything new.
        jobs.AddRange((await work.Catalogue.SettingsAsync(TellingJobs.WebhookSetting, cancellationToken)).Keys.Select(name => TellingJobs.Webhook(name[TellingJobs.WebhookSetting.Length..])));
        if (await work.Catalogue.SettingAsync(TellingJobs.BusCursorSetting, cancellationToken) is not null)
            jobs.Add(TellingJobs.Bus);
        await work.Jobs.InsertAsync(jobs, cancellationToken);
        var pools = await session.ListAsync("select distinct pool from orders where id in (select order_id from order_lines where open > 0 and sku is not null and hold is null)", null,
            static row => row.Text(), cancellationToken);
        foreach (var pool in pools)
            await work.Routing.WakePoolAsync(pool, store.Options.MachineTime.GetUtcNow(), cancellationToken);
        await work.CommitAsync(cancellationToken);
        var counts = jobs.GroupBy(job => job.Kind, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
        if (pools.Count > 0)
            counts["wake-pool"] = pools.Count;
        return counts;
    }
}
