using System.Diagnostics;
using System.Globalization;
using UnifiedCommerce.Core.Jobs;

namespace UnifiedCommerce.Storage;

/// <summary>The queue on SQLite: claims are serialised by the one writer. All processes are on one machine, so a worker is dead when its process is.</summary>
internal sealed class SqliteJobQueue(HubStore store) : JobQueue(store)
{
    public override async Task<IAsyncDisposable> JoinAsync(string worker, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var work = await Store.BeginQueueAsync(cancellationToken);
        await WorkerRow.AddAsync(work.Session, worker, now, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return new Leave(Store, worker);
    }

    sealed class Leave(HubStore store, string worker) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await using var work = await store.BeginQueueAsync(CancellationToken.None);
            await WorkerRow.RemoveAsync(work.Session, worker, CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }
    }

    public override async Task<ClaimedJobs> ClaimAsync(JobClaim claim, CancellationToken cancellationToken)
    {
        await using var work = await Store.BeginQueueAsync(cancellationToken);
        var session = work.Session;
        var lanes = await session.ListAsync(LanesWithWork + " limit @MaxLanes", new
        {
            claim.Kind, after = claim.AfterLane, claim.MaxLanes, excluded = session.Dialect.List(claim.Excluded),
            wide = session.Dialect.List(claim.Limits.Widths.Keys),
        }, static row => row.Text(), cancellationToken);
        var claimed = new List<(Job, long)>();
        if (claim.AfterLane.Length == 0)
            claimed.AddRange(await TakeAsync(session, claim, "", Math.Min(claim.Limit, ShareWithoutLane(claim, lanes.Count)), cancellationToken));
        var last = "";
        foreach (var lane in lanes)
        {
            var most = (long)Math.Min(claim.PerLane, claim.Limit - claimed.Count);
            if (most <= 0)
                break;
            last = lane;
            if (claim.Limits.Widths.TryGetValue(lane, out var width))
            {
                most = Math.Min(most, (long)width * claim.PerLane - (await session.NumberAsync(
                    "select count(*) from jobs where kind = @Kind and lane = @lane and state = 1", new { claim.Kind, lane }, cancellationToken) ?? 0));
            }
            if (most > 0 && claim.Limits.RatesPerMinute.TryGetValue(lane, out var rate))
                most = await TakeTokensAsync(session, lane, rate, most, Stored.Moment(claim.Now), cancellationToken);
            if (most > 0)
                claimed.AddRange(await TakeAsync(session, claim, lane, most, cancellationToken));
        }
        if (claimed.Count > 0)
            await work.CommitAsync(cancellationToken);
        var all = lanes.Count < claim.MaxLanes && (lanes.Count == 0 || last == lanes[^1]);
        return new ClaimedJobs(InOrder(claimed), all ? "" : last, claimed.Count > 0 || claim.AfterLane.Length > 0);
    }

    static Task<List<(Job, long)>> TakeAsync(Session session, JobClaim claim, string lane, long limit, CancellationToken cancellationToken) =>
        session.ListAsync("update jobs set state = 1, attempt = attempt + 1, fence = fence + 1, claimed_at = @now, lease_until = @until, worker = @Worker "
            + "where id in (select id from jobs where kind = @Kind and lane = @lane and state = 0 order by priority, id limit @limit)" + Returning,
            new { now = Stored.Moment(claim.Now), until = Stored.Moment(claim.LeaseUntil), claim.Worker, claim.Kind, lane, limit }, ReadJob, cancellationToken);

    static readonly Column<(JobSettlement Settlement, long Now)>[] KeyColumns =
    [
        Column<(JobSettlement Settlement, long Now)>.Number("id", row => row.Settlement.Job.Id),
        Column<(JobSettlement Settlement, long Now)>.Number("fence", row => row.Settlement.Job.Fence),
    ];

    static readonly Bulk<(JobSettlement Settlement, long Now)> Copy = Bulk<(JobSettlement Settlement, long Now)>.Special("",
        "insert into finished_jobs (id, kind, args, lane, priority, state, attempt, max_attempts, enqueued_at, claimed_at, finished_at, worker, unique_key, reason) "
        + "select id, kind, args, lane, priority, $outcome, attempt, max_attempts, enqueued_at, claimed_at, $now, worker, unique_key, $reason "
        + "from jobs where id = $id and fence = $fence and state = 1",
        [.. KeyColumns,
            Column<(JobSettlement Settlement, long Now)>.Text("outcome", row => row.Settlement.Outcome is JobOutcome.Done ? "Succeeded" : "Cancelled"),
            Column<(JobSettlement Settlement, long Now)>.Text("reason", row => (row.Settlement.Outcome as JobOutcome.Cancel)?.Reason),
            Column<(JobSettlement Settlement, long Now)>.Number("now", row => row.Now)]);

    static readonly Bulk<(JobSettlement Settlement, long Now)> Delete = Bulk<(JobSettlement Settlement, long Now)>.Special("",
        "delete from jobs where id = $id and fence = $fence and state = 1 returning case when again = 1 then -id else id end", KeyColumns);

    protected override async Task<IReadOnlyList<Finished>> FinishAsync(Session session, IReadOnlyList<JobSettlement> settlements, long now, CancellationToken cancellationToken)
    {
        (JobSettlement, long)[] rows = [.. settlements.Select(settlement => (settlement, now))];
        await Copy.RunAsync(session, rows, cancellationToken);
        return [.. (await Delete.NumbersAsync(session, rows, cancellationToken)).Select(id => new Finished(Math.Abs(id), id < 0))];
    }

    protected override Task<IReadOnlyList<string>> DeadAsync(Session session, IReadOnlyList<string> workers, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>([.. workers.Where(IsDead)]);

    /// <summary>A worker's name is host/process/moment of start; one that is not of this form lives until its leases end.</summary>
    static bool IsDead(string worker)
    {
        var parts = worker.Split('/');
        if (parts.Length < 3 || parts[0] != Environment.MachineName || !int.TryParse(parts[1], CultureInfo.InvariantCulture, out var id)
            || !long.TryParse(parts[2], CultureInfo.InvariantCulture, out var startedAt))
        {
            return false;
        }
        if (id == Environment.ProcessId)
            return startedAt < new DateTimeOffset(ProcessStartedAt).ToUnixTimeMilliseconds() - 1_000;
        try
        {
            using var process = Process.GetProcessById(id);
            // The number may have been given to another process since: that one started after the worker did.
            return process.HasExited || new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() > startedAt + 1_000;
        }
        catch (ArgumentException)
        {
            return true;
        }
        catch (Exception fault) when (fault is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    static readonly DateTime ProcessStartedAt = StartedAt();

    static DateTime StartedAt()
    {
        using var self = Process.GetCurrentProcess();
        return self.StartTime;
    }

    public override async Task<long> PruneAsync(DateTimeOffset finishedBefore, DateTimeOffset now, CancellationToken cancellationToken)
    {
        const int AtOnce = 2_000;
        long deleted = 0;
        while (true)
        {
            // Small steps, so that the one writer is never held for long.
            await using var work = await Store.BeginQueueAsync(cancellationToken);
            var before = Stored.Moment(finishedBefore);
            var step = await work.Session.RunAsync($"delete from finished_jobs where id in (select id from finished_jobs where finished_at < @before limit {AtOnce})",
                new { before }, cancellationToken);
            await work.Session.RunAsync($"delete from job_errors where rowid in (select rowid from job_errors where at < @before and job_id not in (select id from jobs) limit {AtOnce})",
                new { before }, cancellationToken);
            await work.Session.RunAsync("delete from job_counts where hour < @before", new { before }, cancellationToken);
            await work.CommitAsync(cancellationToken);
            deleted += step;
            if (step < AtOnce)
                return deleted;
        }
    }
}

/// <summary>Rows of the processes that work.</summary>
internal static class WorkerRow
{
    public static async Task AddAsync(Session session, string worker, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var stamp = Stored.Moment(now);
        await session.RunAsync("delete from workers where seen_at < @old", new { old = stamp - 86_400_000_000 }, cancellationToken);
        await session.RunAsync("insert into workers (id, host, pid, started_at, seen_at) values (@worker, @host, @pid, @stamp, @stamp) "
            + "on conflict (id) do update set seen_at = excluded.seen_at",
            new { worker, host = Environment.MachineName, pid = (long)Environment.ProcessId, stamp }, cancellationToken);
    }

    public static Task RemoveAsync(Session session, string worker, CancellationToken cancellationToken) =>
        session.RunAsync("delete from workers where id = @worker", new { worker }, cancellationToken);
}
