using System.Diagnostics;
using UnifiedCommerce.Core.Jobs;

namespace UnifiedCommerce.Storage;

/// <summary>An unfinished job as stored.</summary>
internal sealed record JobRow(string Kind, string Args, string Lane, string? UniqueKey, long Priority, long State, long RunAt, long Attempt,
    long MaxAttempts, long Fence, long EnqueuedAt, string? Trace = null)
{
    public const long Ready = 0, Running = 1, Scheduled = 2;

    /// <summary>The epoch is the upper part of every fencing token, so that a restored hub's tokens are above all that were given before.</summary>
    public const int EpochShift = 40;

    // A second insert while the first one runs is not lost: the running job goes again when it is done.
    public static readonly Bulk<JobRow> Insert = Bulk<JobRow>.Insert("jobs",
        "on conflict (unique_key) where unique_key is not null do update set again = 1 where jobs.state = 1",
        Column<JobRow>.Text("kind", job => job.Kind),
        Column<JobRow>.Text("args", job => job.Args),
        Column<JobRow>.Text("lane", job => job.Lane),
        Column<JobRow>.Text("unique_key", job => job.UniqueKey),
        Column<JobRow>.Number("priority", job => job.Priority),
        Column<JobRow>.Number("state", job => job.State),
        Column<JobRow>.Number("run_at", job => job.RunAt),
        Column<JobRow>.Number("attempt", job => job.Attempt),
        Column<JobRow>.Number("max_attempts", job => job.MaxAttempts),
        Column<JobRow>.Number("fence", job => job.Fence),
        Column<JobRow>.Number("again", _ => 0),
        Column<JobRow>.Number("enqueued_at", job => job.EnqueuedAt),
        Column<JobRow>.Text("trace", job => job.Trace));

    public static JobRow Of(NewJob job, long now, long epoch)
    {
        var runAt = Stored.Moment(job.RunAt) ?? now;
        return new(job.Kind, job.Args, job.Lane ?? "", job.UniqueKey, job.Priority, runAt > now ? Scheduled : Ready, runAt, 0, job.MaxAttempts,
            epoch << EpochShift, now, job.Trace is { } given ? given : Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null);
    }

    /// <summary>Each unique key once. Jobs without a lane that have one go first and sorted, so that two transactions with the same keys cannot wait for
    /// each other; in lanes the order of insertion is kept.</summary>
    public static IReadOnlyList<JobRow> InOrder(IReadOnlyList<JobRow> jobs)
    {
        if (jobs.All(job => job.UniqueKey is null))
            return jobs;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var rows = jobs.Where(job => job.UniqueKey is null || seen.Add(job.UniqueKey)).ToList();
        return [.. rows.Where(job => job is { Lane: "", UniqueKey: not null }).OrderBy(job => job.UniqueKey, StringComparer.Ordinal),
            .. rows.Where(job => job is not { Lane: "", UniqueKey: not null })];
    }
}
