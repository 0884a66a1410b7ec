using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Storage;

/// <summary>What people do with jobs: reads without locks, actions in a transaction with their audit entry.</summary>
internal sealed class StoredJobDesk(HubStore store) : IJobDesk
{
    const int MostFinishedSearched = 200_000;
    const int MostAtOnce = 10_000;
    const long HourMicros = 3_600_000_000;

    /// <summary>Unfinished jobs as <see cref="Read"/> wants them.</summary>
    public const string Unfinished = "select id, kind, args, lane, state, attempt, max_attempts, priority, run_at, enqueued_at, null as finished_at, reason, "
        + "claimed_at, worker, unique_key from jobs";
    /// <summary>Finished jobs as <see cref="Read"/> wants them.</summary>
    public const string Finished = "select id, kind, args, lane, case when state = 'Succeeded' then 4 else 5 end as state, attempt, max_attempts, priority, "
        + "enqueued_at as run_at, enqueued_at, finished_at, reason, claimed_at, worker, unique_key from finished_jobs";

    /// <summary>A page of jobs, newest first: unfinished ones when no stage is asked for.</summary>
    public static Task<List<JobView>> ListAsync(Session session, JobFilter filter, long before, int limit, CancellationToken cancellationToken) =>
        session.ListAsync((IsFinished(filter) ? Finished : Unfinished) + Where(filter) + " order by id desc limit @limit", Args(filter, before, limit), Read, cancellationToken);

    static bool IsFinished(JobFilter filter) => filter.Stage is JobStage.Succeeded or JobStage.Cancelled;

    public async Task<IReadOnlyList<JobDepth>> DepthsAsync(CancellationToken cancellationToken)
    {
        await using var read = await store.ReadAsync(cancellationToken);
        return await read.Session.ListAsync(
            "select kind, cast(sum(case when state = 0 then 1 else 0 end) as bigint), cast(sum(case when state = 1 then 1 else 0 end) as bigint), "
            + "cast(sum(case when state = 2 then 1 else 0 end) as bigint), cast(sum(case when state = 3 then 1 else 0 end) as bigint), "
            + "min(case when state = 0 then enqueued_at end) from jobs group by kind order by kind", null,
            static row => new JobDepth(row.Text(), row.Number(), row.Number(), row.Number(), row.Number(), row.MomentOrNull()), cancellationToken);
    }

    /// <summary>By kind and stage: unfinished ones exactly, finished ones as they were counted when they finished.</summary>
    public static async Task<List<JobCount>> CountsAsync(Session session, CancellationToken cancellationToken)
    {
        var counts = await session.ListAsync("select kind, state, count(*) from jobs group by kind, state order by kind, state", null,
            static row => new JobCount(row.Text(), (JobStage)row.Int(), row.Number()), cancellationToken);
        var finished = await session.ListAsync(
            "select kind, cast(sum(succeeded) as bigint), cast(sum(cancelled) as bigint) from job_counts group by kind order by kind", null,
            static row => (Kind: row.Text(), Succeeded: row.Number(), Cancelled: row.Number()), cancellationToken);
        counts.AddRange(finished.Where(row => row.Succeeded > 0).Select(row => new JobCount(row.Kind, JobStage.Succeeded, row.Succeeded)));
        counts.AddRange(finished.Where(row => row.Cancelled > 0).Select(row => new JobCount(row.Kind, JobStage.Cancelled, row.Cancelled)));
        return counts;
    }

    public async Task<IReadOnlyList<long>> MatchingIdsAsync(JobFilter filter, CancellationToken cancellationToken)
    {
        await using var read = await store.ReadAsync(cancellationToken);
        return await read.Session.ListAsync($"select id from {(IsFinished(filter) ? "finished_jobs" : "jobs")}{Where(filter)} order by id desc limit @limit",
            Args(filter, long.MaxValue, MostAtOnce), static row => row.Number(), cancellationToken);
    }

    static string Where(JobFilter filter)
    {
        var words = new List<string> { "id < @before" };
        if (filter.Stage is { } stage)
            words.Add(IsFinished(filter) ? $"state = '{stage}'" : $"state = {(int)stage}");
        if (filter.Kind is not null)
            words.Add("kind = @Kind");
        if (filter.Lane is not null)
            words.Add("lane = @Lane");
        if (!string.IsNullOrEmpty(filter.Text))
        {
            words.Add("(lower(args) like @like escape '~' or lower(unique_key) like @like escape '~')");
            // Millions of finished ones are not read for a search: the newest are.
            if (IsFinished(filter))
                words.Add($"id > (select max(id) from finished_jobs) - {MostFinishedSearched}");
        }
        return " where " + string.Join(" and ", words);
    }

    static object Args(JobFilter filter, long before, int limit) => new
    {
        filter.Kind, filter.Lane, before, limit,
        like = string.IsNullOrEmpty(filter.Text) ? null : "%" + filter.Text.ToLowerInvariant().Replace("~", "~~", StringComparison.Ordinal)
            .Replace("%", "~%", StringComparison.Ordinal).Replace("_", "~_", StringComparison.Ordinal) + "%",
    };

    public async Task<JobDetail?> FindAsync(long id, CancellationToken cancellationToken)
    {
        await using var read = await store.ReadAsync(cancellationToken);
        var (job, claimedAt, worker, uniqueKey) = await read.Session.FirstAsync(Unfinished + " where id = @id", new { id }, ReadAll, cancellationToken);
        if (job is null)
            (job, claimedAt, worker, uniqueKey) = await read.Session.FirstAsync(Finished + " where id = @id order by finished_at desc limit 1", new { id }, ReadAll, cancellationToken);
        if (job is null)
            return null;
        var attempts = await read.Session.ListAsync("select attempt, at, worker, outcome, text from job_errors where job_id = @id order by at desc, attempt desc limit 100",
            new { id }, static row => new JobAttempt(row.Int(), row.Moment(), row.TextOrNull(), row.Text(), row.Text()), cancellationToken);
        return new JobDetail(job, claimedAt, worker, uniqueKey, attempts);
    }

    public async Task<IReadOnlyList<JobHour>> HoursAsync(int hours, CancellationToken cancellationToken)
    {
        await using var read = await store.ReadAsync(cancellationToken);
        return await read.Session.ListAsync("select hour, cast(sum(succeeded) as bigint), cast(sum(failed) as bigint), cast(sum(retried) as bigint) "
            + "from job_counts where hour > @since group by hour order by hour", new { since = store.Now - hours * HourMicros },
            static row => new JobHour(row.Moment(), row.Number(), row.Number(), row.Number()), cancellationToken);
    }

    public async Task<IReadOnlyList<JobWorker>> WorkersAsync(CancellationToken cancellationToken)
    {
        await using var read = await store.ReadAsync(cancellationToken);
        return await read.Session.ListAsync("select id, host, pid, started_at, seen_at from workers order by started_at desc", null,
            static row => new JobWorker(row.Text(), row.Text(), row.Int(), row.Moment(), row.Moment()), cancellationToken);
    }

    public Task<int> RetryAsync(IReadOnlyCollection<long> ids, string actor, CancellationToken cancellationToken) =>
        ActAsync("job.retried", ids, actor, null, async (work, args) =>
        {
            var ready = await work.Session.ListAsync("update jobs set state = 0, attempt = 0, run_at = @now, reason = @reason where id {any ids} and state in (2, 3) returning id, kind",
                args, static row => (Id: row.Number(), Kind: row.Text()), cancellationToken);
            // A cancelled one is inserted anew: its number stays with what was cancelled.
            var again = await work.Session.ListAsync("select id, kind, args, lane, unique_key, priority, max_attempts from finished_jobs where id {any ids} and state = 'Cancelled' order by id",
                args, row => (Id: row.Number(), Job: new JobRow(row.Text(), row.Text(), row.Text(), row.TextOrNull(), row.Number(), JobRow.Ready, work.Store.Now, 0, row.Number(),
                    work.Store.Epoch << JobRow.EpochShift, work.Store.Now)), cancellationToken);
            work.Pending.Jobs.AddRange(again.Select(row => row.Job));
            work.Pending.ReadyKinds.UnionWith(ready.Select(row => row.Kind));
            await work.Session.RunAsync("update tasks set closed_at = @now, outcome = @outcome where closed_at is null and key {any keys}", new
            {
                now = work.Store.Now, outcome = $"retried by {actor}", keys = work.Session.Dialect.List(ready.Select(row => $"failed-job:{row.Id}")),
            }, cancellationToken);
            return [.. ready.Select(row => row.Id), .. again.Select(row => row.Id)];
        }, cancellationToken);

    public Task<int> CancelAsync(IReadOnlyCollection<long> ids, string actor, string reason, CancellationToken cancellationToken) =>
        ActAsync("job.cancelled", ids, actor, reason, async (work, args) =>
        {
            const string Waiting = "from jobs where id {any ids} and state <> 1";
            var held = await work.Session.ListAsync($"select id {Waiting} order by id {{lock}}", args, static row => row.Number(), cancellationToken);
            await work.Session.RunAsync("insert into finished_jobs (id, kind, args, lane, priority, state, attempt, max_attempts, enqueued_at, claimed_at, finished_at, worker, unique_key, reason) "
                + $"select id, kind, args, lane, priority, 'Cancelled', attempt, max_attempts, enqueued_at, claimed_at, @now, worker, unique_key, @reason {Waiting}", args, cancellationToken);
            await work.Session.RunAsync($"delete {Waiting}", args, cancellationToken);
            await work.Session.RunAsync("update tasks set closed_at = @now, outcome = @outcome where closed_at is null and key {any keys}", new
            {
                now = work.Store.Now, outcome = $"cancelled by {actor}", keys = work.Session.Dialect.List(held.Select(id => $"failed-job:{id}")),
            }, cancellationToken);
            return held;
        }, cancellationToken);

    public Task<int> DeleteAsync(IReadOnlyCollection<long> ids, string actor, CancellationToken cancellationToken) =>
        ActAsync("job.deleted", ids, actor, null, async (work, args) =>
        {
            var failed = await work.Session.ListAsync("delete from jobs where id {any ids} and state = 3 returning id", args, static row => row.Number(), cancellationToken);
            var finished = await work.Session.ListAsync("delete from finished_jobs where id {any ids} returning id", args, static row => row.Number(), cancellationToken);
            return [.. failed, .. finished];
        }, cancellationToken);

    async Task<int> ActAsync(string action, IReadOnlyCollection<long> ids, string actor, string? reason, Func<Work, object, Task<IReadOnlyList<long>>> act,
        CancellationToken cancellationToken)
    {
        if (ids.Count == 0)
            return 0;
        await using var work = (Work)await store.BeginAsync(cancellationToken);
        var done = await act(work, new { ids = work.Session.Dialect.List(ids), now = store.Now, reason });
        if (done.Count == 0)
            return 0;
        await work.Audit.AddAsync([.. done.Select(id => new AuditEntry(Stored.Moment(store.Now), actor, action, $"job:{id}", null,
            reason is null ? null : Stored.Json(new { reason })))], cancellationToken);
        await work.CommitAsync(cancellationToken);
        return done.Count;
    }

    public static JobView Read(Row row) => new(row.Number(), row.Text(), row.Text(), row.Text() is { Length: > 0 } lane ? lane : null, (JobStage)row.Int(), row.Int(), row.Int(),
        row.Int(), row.Moment(), row.Moment(), row.MomentOrNull(), row.TextOrNull());

    static (JobView? Job, DateTimeOffset? ClaimedAt, string? Worker, string? UniqueKey) ReadAll(Row row) =>
        (Read(row), row.MomentOrNull(), row.TextOrNull(), row.TextOrNull());
}
