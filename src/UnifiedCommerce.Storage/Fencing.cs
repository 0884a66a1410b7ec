using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Storage;

/// <summary>What a restore left for people.</summary>
/// <param name="Epoch">The new fencing epoch.</param>
/// <param name="Held">Dispatches that may have been sent after the backup and are held.</param>
/// <param name="SkippedNumbers">Control numbers per counter that are void, for they may have been used after the backup.</param>
/// <param name="PausedKinds">Kinds of jobs that are paused until somebody lifts it.</param>
public sealed record RestoreReport(long Epoch, int Held, int SkippedNumbers, IReadOnlyList<string> PausedKinds);

/// <summary>A restored hub does not know what was done after the backup. It must not do it again: the epoch rises (so older fencing tokens are
/// worth nothing), control numbers and purchase order numbers jump ahead with a void row that says why, everything on its way is held, and all
/// kinds of jobs that reach a partner are paused until a person has compared with the partners.</summary>
internal static class Fencing
{
    static readonly string[] Outward = ["route-pool", "route-order", "prepare-dispatch", "ask-cancellation", "send-dispatch", TellingJobs.WebhookKind, TellingJobs.BusKind];

    public static async Task<RestoreReport> RaiseAsync(HubStore store, int skip, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(skip);
        await using var work = (Work)await store.BeginAsync(cancellationToken);
        var session = work.Session;
        var now = store.Options.MachineTime.GetUtcNow();
        var epoch = 1 + (await session.NumberAsync("select cast(value as bigint) from hub_meta where name = 'epoch'", null, cancellationToken) ?? 1);
        await session.RunAsync("insert into hub_meta (name, value) values ('epoch', @value) on conflict (name) do update set value = excluded.value",
            new { value = epoch.ToString(System.Globalization.CultureInfo.InvariantCulture) }, cancellationToken);
        var reason = $"restored from a backup at {now:yyyy-MM-dd HH:mm} UTC: may have been used after the backup";
        if (skip > 0)
        {
            await session.RunAsync("insert into control_numbers (counter, number, number_to, used_by, void_reason) select name, last + 1, last + @skip, 'restore', @reason "
                + "from counters where name <> 'catalogue'", new { skip = (long)skip, reason }, cancellationToken);
            await session.RunAsync("update counters set last = last + @skip where name <> 'catalogue'", new { skip = (long)skip }, cancellationToken);
            // Purchase order numbers are made from run numbers.
            await session.RunAsync("update pools set last_run = last_run + @skip", new { skip = (long)skip }, cancellationToken);
        }
        var held = await session.ListAsync("update dispatches set state = 'Held', reason = 'restored from a backup: it may have been sent since', lease_until = null, fence = fence + 1 "
            + "where state in ('Prepared', 'Sending', 'Unknown') returning id, partner, key, purchase_id", null,
            static row => (Id: row.Number(), Partner: row.Text(), Key: row.Text(), Purchase: row.NumberOrNull()), cancellationToken);
        await work.Tasks.OpenAsync([.. held.Select(row => new HubTask
        {
            Kind = "held-dispatch", Key = $"held-dispatch:{row.Id}", Partner = row.Partner, PurchaseId = row.Purchase, At = now, Data = $$"""{"dispatchId":{{row.Id}}}""",
            Text = $"The hub was restored from a backup, and {row.Key} may have reached {row.Partner} since. Ask them, then say \"received\" or \"send again\".",
        })], cancellationToken);
        foreach (var kind in Outward)
            await work.Catalogue.SetSettingAsync(Core.Jobs.JobLimits.PausedKindSetting + kind, "restored from a backup: compare with the partners first", cancellationToken);
        await session.RunAsync("update jobs set state = case when state = 1 then 0 else state end, fence = @fence, worker = null, lease_until = null",
            new { fence = epoch << JobRow.EpochShift }, cancellationToken);
        await work.Audit.AddAsync([new AuditEntry(now, "system", "hub.restored", "hub", null, $$"""{"epoch":{{epoch}},"held":{{held.Count}},"skippedNumbers":{{skip}}}""")], cancellationToken);
        await work.CommitAsync(cancellationToken);
        return new RestoreReport(epoch, held.Count, skip, Outward);
    }
}
