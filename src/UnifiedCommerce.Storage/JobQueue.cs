using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Jobs;

namespace UnifiedCommerce.Storage;

/// <summary>What both queues share: one SQL text but for claiming.</summary>
internal abstract class JobQueue(HubStore store) : IJobQueue
{
    protected const int PromoteAtOnce = 5_000;
    internal const string LanesWithWork = """
        with recursive ready(lane) as (
          select min(lane) from jobs where kind = @Kind and state = 0 and lane > @after
          union all
          select (select min(lane) from jobs where kind = @Kind and state = 0 and lane > ready.lane) from ready where ready.lane is not null)
        select lane from ready where lane is not null and lane {none excluded}
          and (lane {any wide} or not exists (select 1 from jobs r where r.kind = @Kind and r.lane = ready.lane and r.state = 1))
        """;
    internal const string Returning = " returning id, kind, args, lane, attempt, max_attempts, fence, enqueued_at, trace, priority";

    protected HubStore Store { get; } = store;

    public abstract Task<IAsyncDisposable> JoinAsync(string worker, DateTimeOffset now, CancellationToken cancellationToken);
    public abstract Task<ClaimedJobs> ClaimAsync(JobClaim claim, CancellationToken cancellationToken);
    public abstract Task<long> PruneAsync(DateTimeOffset finishedBefore, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Workers, among those that hold jobs, that are known to be dead.</summary>
    protected abstract Task<IReadOnlyList<string>> DeadAsync(Session session, IReadOnlyList<string> workers, CancellationToken cancellationToken);

    /// <summary>Deletes settled jobs and writes them to the finished ones; returns ids of those whose claim still held, and those to insert again.</summary>
    protected abstract Task<IReadOnlyList<Finished>> FinishAsync(Session session, IReadOnlyList<JobSettlement> settlements, long now, CancellationToken cancellationToken);

    protected sealed record Finished(long Id, bool Again);

    public IDisposable Listen(Action<IReadOnlyCollection<string>> onReady) => Store.Listen(onReady);

    public async Task<IReadOnlyList<string>> ReadyAsync(IReadOnlyCollection<string> kinds, DateTimeOffset now, CancellationToken cancellationToken)
    {
        const string Due = "select 1 from jobs where state = 2 and run_at <= @now limit 1";
        bool due;
        await using (var read = await Store.ReadAsync(cancellationToken))
            due = await read.Session.NumberAsync(Due, new { now = Stored.Moment(now) }, cancellationToken) is not null;
        if (due)
        {
            await using var work = await Store.BeginQueueAsync(cancellationToken);
            await work.Session.RunAsync(
                $"update jobs set state = 0 where id in (select id from jobs where state = 2 and run_at <= @now order by run_at limit {PromoteAtOnce} {{skip}})",
                new { now = Stored.Moment(now) }, cancellationToken);
            await work.CommitAsync(cancellationToken);
        }
        await using var peek = await Store.ReadAsync(cancellationToken);
        return await peek.Session.ListAsync(
            "select each.value from {each kinds} where exists (select 1 from jobs where kind = each.value and state = 0)",
            new { kinds = peek.Session.Dialect.List(kinds) }, static row => row.Text(), cancellationToken);
    }

    public async Task<IReadOnlyList<long>> SettleAsync(IWork work, IReadOnlyList<JobSettlement> settlements, string worker, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        if (work is not Work own)
            throw new ArgumentException($"Found a unit of work of {work.GetType().Name}, expected one of this store. Begin it there.", nameof(work));
        var stamp = Stored.Moment(now);
        var held = new HashSet<long>();
        var ending = settlements.Where(settlement => settlement.Outcome is JobOutcome.Done or JobOutcome.Cancel).ToList();
        if (ending.Count > 0)
        {
            var finished = await FinishAsync(own.Session, ending, stamp, cancellationToken);
            held.UnionWith(finished.Select(row => row.Id));
            if (finished.Any(row => row.Again))
            {
                var again = finished.Where(row => row.Again).Select(row => row.Id).ToHashSet();
                await GoAgainAsync(own, again, stamp, cancellationToken);
            }
        }
        var later = settlements.Where(settlement => settlement.Outcome is JobOutcome.Retry or JobOutcome.Snooze).ToList();
        if (later.Count > 0)
            held.UnionWith(await LaterSettled.NumbersAsync(own.Session, [.. later.Select(settlement => Later.Of(settlement, stamp))], cancellationToken));
        var errors = settlements.Where(settlement => held.Contains(settlement.Job.Id) && settlement.Outcome is JobOutcome.Retry or JobOutcome.Cancel)
            .Select(settlement => new Trouble(settlement.Job.Id, settlement.Job.Attempt, stamp, worker, settlement switch
            {
                { Failed: true } => "failed",
                { Outcome: JobOutcome.Cancel } => "cancelled",
                _ => "retry",
            }, settlement.Outcome is JobOutcome.Cancel cancel ? cancel.Reason : ((JobOutcome.Retry)settlement.Outcome).Reason)).ToList();
        await InsertTrouble.RunAsync(own.Session, errors, cancellationToken);
        return held.Count == settlements.Count ? [] : [.. settlements.Select(settlement => settlement.Job.Id).Where(id => !held.Contains(id))];
    }

    /// <summary>Jobs whose unique key was inserted again while they ran: they are inserted anew, from what the finished row remembers.</summary>
    static async Task GoAgainAsync(Work work, HashSet<long> ids, long now, CancellationToken cancellationToken)
    {
        var rows = await work.Session.ListAsync(
            "select kind, args, lane, unique_key, priority, max_attempts from finished_jobs where id {any ids} and finished_at = @now order by id",
            new { ids = work.Session.Dialect.List(ids), now },
            row => new JobRow(row.Text(), row.Text(), row.Text(), row.TextOrNull(), row.Number(), JobRow.Ready, now, 0, row.Number(),
                work.Store.Epoch << JobRow.EpochShift, now), cancellationToken);
        work.Pending.Jobs.AddRange(rows);
    }

    sealed record Later(long Id, long Fence, long State, long RunAt, long Attempt, string Reason)
    {
        public static Later Of(JobSettlement settlement, long now)
        {
            var (runAt, attempt, reason) = settlement.Outcome switch
            {
                JobOutcome.Retry retry => (Stored.Moment(retry.At) ?? now, settlement.Job.Attempt, retry.Reason),
                JobOutcome.Snooze snooze => (Stored.Moment(snooze.Until), settlement.Job.Attempt - 1, snooze.Reason),
                var other => throw new HubException($"Found {other.GetType().Name}, expected Retry or Snooze."),
            };
            return new Later(settlement.Job.Id, settlement.Job.Fence, settlement.Failed ? 3 : runAt > now ? JobRow.Scheduled : JobRow.Ready, runAt, attempt, reason);
        }
    }

    sealed record Trouble(long JobId, long Attempt, long At, string Worker, string Outcome, string Text);

    static readonly Bulk<Trouble> InsertTrouble = Bulk<Trouble>.Insert("job_errors", "on conflict (job_id, attempt, at) do nothing",
        Column<Trouble>.Number("job_id", row => row.JobId),
        Column<Trouble>.Number("attempt", row => row.Attempt),
        Column<Trouble>.Number("at", row => row.At),
        Column<Trouble>.Text("worker", row => row.Worker),
        Column<Trouble>.Text("outcome", row => row.Outcome),
        Column<Trouble>.Text("text", row => row.Text));

    // A failed job gives its unique key free: it must not hold up new work for the same thing.
    static readonly Bulk<Later> LaterSettled = Bulk<Later>.Special(
        "update jobs as t set state = v.state, run_at = v.run_at, attempt = v.attempt, reason = v.reason, again = 0, worker = null, lease_until = null, "
        + "unique_key = case when v.state = 3 then null else t.unique_key end from {rows} where t.id = v.id and t.fence = v.fence and t.state = 1 returning t.id",
        "update jobs set state = $state, run_at = $run_at, attempt = $attempt, reason = $reason, again = 0, worker = null, lease_until = null, "
        + "unique_key = case when $state = 3 then null else unique_key end where id = $id and fence = $fence and state = 1 returning id",
        Column<Later>.Number("id", row => row.Id),
        Column<Later>.Number("fence", row => row.Fence),
        Column<Later>.Number("state", row => row.State),
        Column<Later>.Number("run_at", row => row.RunAt),
        Column<Later>.Number("attempt", row => row.Attempt),
        Column<Later>.Text("reason", row => row.Reason));

    static readonly Bulk<Job> GiveBack = Bulk<Job>.Special(
        "update jobs as t set state = 0, attempt = t.attempt - 1, worker = null, lease_until = null from {rows} where t.id = v.id and t.fence = v.fence and t.state = 1",
        "update jobs set state = 0, attempt = attempt - 1, worker = null, lease_until = null where id = $id and fence = $fence and state = 1",
        Column<Job>.Number("id", job => job.Id),
        Column<Job>.Number("fence", job => job.Fence));

    public async Task HandBackAsync(IReadOnlyCollection<Job> jobs, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (jobs.Count == 0)
            return;
        await using var work = await Store.BeginQueueAsync(cancellationToken);
        await GiveBack.RunAsync(work.Session, [.. jobs], cancellationToken);
        work.Pending.ReadyKinds.UnionWith(jobs.Select(job => job.Kind));
        await work.CommitAsync(cancellationToken);
    }

    static readonly Bulk<(Job Job, long Until)> Extend = Bulk<(Job Job, long Until)>.Special(
        "update jobs as t set lease_until = v.lease_until from {rows} where t.id = v.id and t.fence = v.fence and t.state = 1",
        "update jobs set lease_until = $lease_until where id = $id and fence = $fence and state = 1",
        Column<(Job Job, long Until)>.Number("id", row => row.Job.Id),
        Column<(Job Job, long Until)>.Number("fence", row => row.Job.Fence),
        Column<(Job Job, long Until)>.Number("lease_until", row => row.Until));

    public async Task ExtendAsync(string worker, IReadOnlyCollection<Job> jobs, DateTimeOffset now, DateTimeOffset leaseUntil, CancellationToken cancellationToken)
    {
        await using var work = await Store.BeginQueueAsync(cancellationToken);
        await work.Session.RunAsync("update workers set seen_at = @now where id = @worker", new { now = Stored.Moment(now), worker }, cancellationToken);
        await Extend.RunAsync(work.Session, [.. jobs.Select(job => (job, Stored.Moment(leaseUntil)))], cancellationToken);
        await work.CommitAsync(cancellationToken);
    }

    public async Task<RescuedJobs> RescueAsync(string worker, DateTimeOffset now, DateTimeOffset farthest, CancellationToken cancellationToken)
    {
        List<string> dead;
        bool expired;
        await using (var read = await Store.ReadAsync(cancellationToken))
        {
            var running = await read.Session.ListAsync("select worker, min(lease_until), max(lease_until) from jobs where state = 1 group by worker", null,
                static row => (Worker: row.TextOrNull() ?? "", Until: row.NumberOrNull() ?? 0, Last: row.NumberOrNull() ?? 0), cancellationToken);
            expired = running.Exists(row => row.Until < Stored.Moment(now) || row.Last > Stored.Moment(farthest));
            string[] others = [.. running.Select(row => row.Worker).Where(other => other != worker)];
            dead = others.Length == 0 ? [] : [.. await DeadAsync(read.Session, others, cancellationToken)];
        }
        if (!expired && dead.Count == 0)
            return new RescuedJobs(0, []);
        await using var work = await Store.BeginQueueAsync(cancellationToken);
        var args = new { now = Stored.Moment(now), farthest = Stored.Moment(farthest), dead = work.Session.Dialect.List(dead) };
        // The attempt stays counted: a job that kills its worker comes to an end. From the third time on it waits, twice as long each time and a minute at
        // most: it brings no worker down again at once, and one that only shared a worker with it, or a bad hour, outlives that.
        await work.Session.RunAsync("insert into job_errors (job_id, attempt, at, worker, outcome, text) select id, attempt, @now, worker, 'lost', "
            + "'the worker ended while it had this job' from jobs where state = 1 and (lease_until < @now or lease_until > @farthest or worker {any dead}) on conflict (job_id, attempt, at) do nothing",
            args, cancellationToken);
        var failed = await work.Session.ListAsync("update jobs set state = 3, reason = 'its worker died in every attempt', fence = fence + 1, unique_key = null, worker = null "
            + "where state = 1 and attempt >= max_attempts and (lease_until < @now or lease_until > @farthest or worker {any dead})" + Returning, args, ReadJob, cancellationToken);
        const long Second = 1_000_000;
        var kinds = await work.Session.ListAsync($"update jobs set state = case when attempt < 3 then {JobRow.Ready} else {JobRow.Scheduled} end, "
            + $"run_at = case when attempt < 3 then run_at when attempt > 8 then @now + {60 * Second} else @now + {Second} * (1 << cast(attempt - 3 as integer)) end, "
            + "fence = fence + 1, reason = 'its worker ended', worker = null where state = 1 and (lease_until < @now or lease_until > @farthest or worker {any dead}) returning kind", args, static row => row.Text(), cancellationToken);
        work.Pending.ReadyKinds.UnionWith(kinds);
        await work.CommitAsync(cancellationToken);
        return new RescuedJobs(kinds.Count, [.. failed.Select(row => row.Job)]);
    }

    static readonly Bulk<JobTally> AddCounts = Bulk<JobTally>.Insert("job_counts",
        "on conflict (hour, kind) do update set succeeded = job_counts.succeeded + excluded.succeeded, failed = job_counts.failed + excluded.failed, "
        + "cancelled = job_counts.cancelled + excluded.cancelled, retried = job_counts.retried + excluded.retried, "
        + "run_micros = job_counts.run_micros + excluded.run_micros, wait_micros = job_counts.wait_micros + excluded.wait_micros",
        Column<JobTally>.Text("kind", tally => tally.Kind),
        Column<JobTally>.Moment("hour", tally => tally.Hour),
        Column<JobTally>.Number("succeeded", tally => tally.Succeeded),
        Column<JobTally>.Number("failed", tally => tally.Failed),
        Column<JobTally>.Number("cancelled", tally => tally.Cancelled),
        Column<JobTally>.Number("retried", tally => tally.Retried),
        Column<JobTally>.Number("run_micros", tally => (long)tally.Run.TotalMicroseconds),
        Column<JobTally>.Number("wait_micros", tally => (long)tally.Wait.TotalMicroseconds));

    public async Task AddCountsAsync(IReadOnlyCollection<JobTally> tallies, CancellationToken cancellationToken)
    {
        await using var work = await Store.BeginQueueAsync(cancellationToken);
        await AddCounts.RunAsync(work.Session, [.. tallies.OrderBy(tally => tally.Hour).ThenBy(tally => tally.Kind, StringComparer.Ordinal)], cancellationToken);
        await work.CommitAsync(cancellationToken);
    }

    public async Task<JobLimits> LimitsAsync(CancellationToken cancellationToken)
    {
        await using var read = await Store.ReadAsync(cancellationToken);
        return JobLimits.From(await new CatalogueTables(read.Session, new Pending().Reserved).SettingsAsync("jobs.", cancellationToken));
    }

    /// <summary>How many jobs of a lane may be claimed now by its rate, taking them from its tokens.</summary>
    protected static async Task<long> TakeTokensAsync(Session session, string lane, int perMinute, long wanted, long now, CancellationToken cancellationToken)
    {
        const long Million = 1_000_000;
        await session.RunAsync("insert into lane_tokens (lane, tokens, refilled_at) values (@lane, @tokens, @now) on conflict (lane) do nothing",
            new { lane, tokens = Million, now }, cancellationToken);
        var (tokens, refilledAt) = await session.FirstAsync("select tokens, refilled_at from lane_tokens where lane = @lane {lock}", new { lane },
            static row => (row.Number(), row.Number()), cancellationToken);
        // Millionths of a token; a bucket holds a second's worth, at least one. A clock that went back refills nothing.
        var elapsed = Math.Clamp(now - refilledAt, 0, 60 * Million);
        tokens = Math.Min(Math.Max(Million, perMinute * Million / 60), tokens + elapsed * perMinute / 60);
        var taken = Math.Min(wanted, tokens / Million);
        await session.RunAsync("update lane_tokens set tokens = @left, refilled_at = @now where lane = @lane", new { left = tokens - taken * Million, now, lane }, cancellationToken);
        return taken;
    }

    internal static (Job Job, long Priority) ReadJob(Row row)
    {
        var job = new Job(row.Number(), row.Text(), row.Text(), row.Text() is { Length: > 0 } lane ? lane : null, row.Int(), row.Int(), row.Number(), row.Moment(), row.TextOrNull());
        return (job, row.Number());
    }

    /// <summary>By lane, and in each by priority and age: the order in which they run.</summary>
    protected static IReadOnlyList<Job> InOrder(IEnumerable<(Job Job, long Priority)> claimed) =>
        [.. claimed.OrderBy(row => row.Job.Lane, StringComparer.Ordinal).ThenBy(row => row.Priority).ThenBy(row => row.Job.Id).Select(row => row.Job)];

    /// <summary>Jobs without a lane share with lanes when there are any.</summary>
    protected static int ShareWithoutLane(JobClaim claim, int lanes) => lanes == 0 ? claim.Limit : Math.Max(claim.PerLane, claim.Limit / 2);
}
