using Npgsql;
using UnifiedCommerce.Core.Jobs;

namespace UnifiedCommerce.Storage;

/// <summary>The queue on PostgreSQL: claims skip what others have locked. A worker holds a session lock for as long as it lives, so its death is
/// seen as soon as its connection ends, and hears of other processes' jobs by notifications.</summary>
internal sealed class PostgresJobQueue(PostgresStore store) : JobQueue(store), IAsyncDisposable
{
    const int WorkerLocks = 0x5543_574B;
    const int LaneLocks = 0x5543_4C4E;
    const string Channel = "uc_jobs";
    static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(20);

    readonly Lock _gate = new();
    readonly CancellationTokenSource _closing = new();
    HashSet<string> _toTell = new(StringComparer.Ordinal);
    Task _telling = Task.CompletedTask;

    public override async Task<IAsyncDisposable> JoinAsync(string worker, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using (var work = await Store.BeginQueueAsync(cancellationToken))
        {
            await WorkerRow.AddAsync(work.Session, worker, now, cancellationToken);
            await work.CommitAsync(cancellationToken);
        }
        var presence = new Presence(store, worker);
        await presence.StartAsync(cancellationToken);
        return presence;
    }

    /// <summary>Gathers kinds for a moment and tells the other processes once, outside the transactions of the business: a NOTIFY inside
    /// them would take a lock on the whole database at commit.</summary>
    public void NotifyOthers(IReadOnlyCollection<string> kinds)
    {
        lock (_gate)
        {
            _toTell.UnionWith(kinds);
            if (_telling.IsCompleted && !_closing.IsCancellationRequested)
                _telling = TellAsync();
        }
    }

    async Task TellAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(Gather, Store.Options.MachineTime, _closing.Token);
                string kinds;
                lock (_gate)
                {
                    if (_toTell.Count == 0)
                    {
                        // Set under the lock, so that a newcomer starts another round.
                        _telling = Task.CompletedTask;
                        return;
                    }
                    kinds = string.Join(',', _toTell);
                    _toTell = new HashSet<string>(StringComparer.Ordinal);
                }
                await using var read = await Store.ReadAsync(_closing.Token);
                await read.Session.RunAsync($"select pg_notify('{Channel}', @message)", new { message = $"{Environment.MachineName}/{Environment.ProcessId} {kinds}" }, _closing.Token);
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or NpgsqlException or IOException or TimeoutException)
        {
            // Only a hint was lost: the others find the jobs when they poll.
            return;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        Task telling;
        lock (_gate)
            telling = _telling;
        await telling;
        _closing.Dispose();
    }

    public override async Task<ClaimedJobs> ClaimAsync(JobClaim claim, CancellationToken cancellationToken)
    {
        await using var work = await Store.BeginQueueAsync(cancellationToken);
        var session = work.Session;
        // Lanes are locked first; the next statement sees what was committed before the lock was got, so two workers never have one lane.
        var lanes = await session.ListAsync(
            $"select lane from ({LanesWithWork}) as lanes where pg_try_advisory_xact_lock({LaneLocks}, hashtext(@Kind || '/' || lane)) limit @MaxLanes", new
            {
                claim.Kind, after = claim.AfterLane, claim.MaxLanes, excluded = session.Dialect.List(claim.Excluded),
                wide = session.Dialect.List(claim.Limits.Widths.Keys),
            }, static row => row.Text(), cancellationToken);
        var caps = lanes.Select(_ => (long)claim.PerLane).ToArray();
        for (var i = 0; i < caps.Length; i++)
        {
            if (claim.Limits.RatesPerMinute.TryGetValue(lanes[i], out var rate))
                caps[i] = await TakeTokensAsync(session, lanes[i], rate, caps[i], Stored.Moment(claim.Now), cancellationToken);
        }
        List<string> targets = [.. lanes];
        List<long> limits = [.. caps];
        if (claim.AfterLane.Length == 0)
        {
            targets.Insert(0, "");
            limits.Insert(0, ShareWithoutLane(claim, lanes.Count));
        }
        var claimed = targets.Count == 0 ? [] : await session.ListAsync(
            "update jobs set state = 1, attempt = attempt + 1, fence = fence + 1, claimed_at = @now, lease_until = @until, worker = @Worker "
            + "where id = any(array(select j.id from unnest(@lanes, @caps, @widths) with ordinality as l(lane, cap, width, n) cross join lateral ("
            + "select id from jobs where kind = @Kind and lane = l.lane and state = 0 order by priority, id "
            + "limit case when l.lane = '' then l.cap else least(l.cap, greatest(0, l.width * @PerLane - "
            + "(select count(*) from jobs r where r.kind = @Kind and r.lane = l.lane and r.state = 1))) end for update skip locked) as j "
            + "order by l.n limit @Limit))" + Returning,
            new
            {
                now = Stored.Moment(claim.Now), until = Stored.Moment(claim.LeaseUntil), claim.Worker, claim.Kind, lanes = targets.ToArray(), caps = limits.ToArray(),
                widths = targets.Select(lane => (long)claim.Limits.Widths.GetValueOrDefault(lane, 1)).ToArray(), PerLane = (long)claim.PerLane, Limit = (long)claim.Limit,
            }, ReadJob, cancellationToken);
        if (claimed.Count > 0)
            await work.CommitAsync(cancellationToken);
        var all = lanes.Count < claim.MaxLanes && claimed.Count < claim.Limit;
        var last = lanes.Count == 0 ? "" : claimed.Count < claim.Limit ? lanes[^1] : lanes.FindLast(lane => claimed.Exists(row => row.Job.Lane == lane)) ?? "";
        return new ClaimedJobs(InOrder(claimed), all ? "" : last, claimed.Count > 0 || claim.AfterLane.Length > 0);
    }

    static readonly Bulk<(JobSettlement Settlement, long Now)> Finish = Bulk<(JobSettlement Settlement, long Now)>.Special(
        "with gone as (delete from jobs as t using {rows} where t.id = v.id and t.fence = v.fence and t.state = 1 "
        + "returning t.id, t.kind, t.args, t.lane, t.priority, v.outcome, t.attempt, t.max_attempts, t.enqueued_at, t.claimed_at, v.now, t.worker, t.unique_key, v.reason, t.again), "
        + "kept as (insert into finished_jobs (id, kind, args, lane, priority, state, attempt, max_attempts, enqueued_at, claimed_at, finished_at, worker, unique_key, reason) "
        + "select id, kind, args, lane, priority, outcome, attempt, max_attempts, enqueued_at, claimed_at, now, worker, unique_key, reason from gone) "
        + "select case when again = 1 then -id else id end from gone", "",
        Column<(JobSettlement Settlement, long Now)>.Number("id", row => row.Settlement.Job.Id),
        Column<(JobSettlement Settlement, long Now)>.Number("fence", row => row.Settlement.Job.Fence),
        Column<(JobSettlement Settlement, long Now)>.Text("outcome", row => row.Settlement.Outcome is JobOutcome.Done ? "Succeeded" : "Cancelled"),
        Column<(JobSettlement Settlement, long Now)>.Text("reason", row => (row.Settlement.Outcome as JobOutcome.Cancel)?.Reason),
        Column<(JobSettlement Settlement, long Now)>.Number("now", row => row.Now));

    protected override async Task<IReadOnlyList<Finished>> FinishAsync(Session session, IReadOnlyList<JobSettlement> settlements, long now, CancellationToken cancellationToken) =>
        [.. (await Finish.NumbersAsync(session, [.. settlements.Select(settlement => (settlement, now))], cancellationToken)).Select(id => new Finished(Math.Abs(id), id < 0))];

    protected override async Task<IReadOnlyList<string>> DeadAsync(Session session, IReadOnlyList<string> workers, CancellationToken cancellationToken) =>
        // Outside a transaction the lock is given back with the statement. A server that has just started has seen nobody come back yet.
        await session.ListAsync($"select each.value from {{each workers}} where now() - pg_postmaster_start_time() not between interval '0' and interval '3 seconds' "
            + $"and pg_try_advisory_xact_lock({WorkerLocks}, hashtext(each.value))",
            new { workers = session.Dialect.List(workers) }, static row => row.Text(), cancellationToken);

    public override async Task<long> PruneAsync(DateTimeOffset finishedBefore, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var work = await Store.BeginQueueAsync(cancellationToken);
        var before = Stored.Moment(finishedBefore);
        await Partitions.PrepareAsync(work.Session, now, cancellationToken);
        var dropped = await Partitions.DropAsync(work.Session, before, cancellationToken);
        await work.Session.RunAsync("delete from job_errors e where at < @before and not exists (select 1 from jobs j where j.id = e.job_id)", new { before }, cancellationToken);
        await work.Session.RunAsync("delete from job_counts where hour < @before", new { before }, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return dropped;
    }

    /// <summary>A connection of its own that holds the worker's lock and listens.</summary>
    sealed class Presence(PostgresStore store, string worker) : IAsyncDisposable
    {
        readonly CancellationTokenSource _leaving = new();
        readonly string _own = $"{Environment.MachineName}/{Environment.ProcessId} ";
        NpgsqlConnection? _connection;
        Task _listening = Task.CompletedTask;

        public async Task StartAsync(CancellationToken cancellationToken)
        {
            _connection = await ConnectAsync(cancellationToken);
            _listening = ListenAsync();
        }

        async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken)
        {
            var connection = await store.Source.OpenConnectionAsync(cancellationToken);
            try
            {
                connection.Notification += (_, heard) =>
                {
                    if (!heard.Payload.StartsWith(_own, StringComparison.Ordinal) && heard.Payload.IndexOf(' ', StringComparison.Ordinal) is var blank and > 0)
                        store.Heard(heard.Payload[(blank + 1)..].Split(','));
                };
                await using var command = new NpgsqlCommand($"select pg_advisory_lock({WorkerLocks}, hashtext(@worker)); listen {Channel}", connection);
                command.Parameters.AddWithValue("worker", worker);
                await command.ExecuteNonQueryAsync(cancellationToken);
                return connection;
            }
            catch
            {
                await connection.DisposeAsync();
                throw;
            }
        }

        async Task ListenAsync()
        {
            while (!_leaving.IsCancellationRequested)
            {
                try
                {
                    if (_connection is null)
                        _connection = await ConnectAsync(_leaving.Token);
                    await _connection.WaitAsync(_leaving.Token);
                }
                catch (OperationCanceledException) when (_leaving.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception fault) when (fault is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
                {
                    // The server went away, and with it the lock: others may take this worker's jobs, and its fencing tokens are worth nothing then.
                    if (_connection is not null)
                        await _connection.DisposeAsync();
                    _connection = null;
                    await Task.Delay(TimeSpan.FromMilliseconds(500), store.Options.MachineTime, CancellationToken.None);
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _leaving.CancelAsync();
            await _listening;
            if (_connection is not null)
            {
                try
                {
                    await using (var command = new NpgsqlCommand("unlisten *; select pg_advisory_unlock_all()", _connection))
                        await command.ExecuteNonQueryAsync(CancellationToken.None);
                    await WorkerRow.RemoveAsync(new Session(_connection, Dialect.Postgres), worker, CancellationToken.None);
                }
                catch (Exception fault) when (fault is NpgsqlException or IOException or InvalidOperationException)
                {
                    // The server is away; the lock went with the connection, and old rows of workers are deleted by the next one that joins.
                    NpgsqlConnection.ClearPool(_connection);
                }
                await _connection.DisposeAsync();
            }
            _leaving.Dispose();
        }
    }
}
