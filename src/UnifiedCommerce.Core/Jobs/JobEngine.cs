using System.Data.Common;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace UnifiedCommerce.Core.Jobs;

/// <summary>How an engine works.</summary>
public sealed record JobEngineOptions
{
    /// <summary>Name of this worker, different from every other that lives or has lived.</summary>
    public required string Worker { get; init; }
    /// <summary>A claim is lost after this time unless it is extended, which happens four times in it.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(60);
    /// <summary>A kind whose last claim left room is claimed again after this time at the earliest: what comes meanwhile shares statements and commits. The first job
    /// after a rest does not wait, nor does a queue that fills its batches.</summary>
    public TimeSpan Gather { get; init; } = TimeSpan.FromMilliseconds(200);
    /// <summary>How often the queue is looked at without a wake-up.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(500);
    /// <summary>How often dead workers are looked for.</summary>
    public TimeSpan RescueInterval { get; init; } = TimeSpan.FromSeconds(1);
    /// <summary>When stopping, running jobs have this long to finish; then they are cancelled and handed back.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(8);
    /// <summary>Batches of one kind that run at once, for work inside the database.</summary>
    public int BatchWidth { get; init; } = 2;
    /// <summary>Batches of one kind that run at once, for effects outside.</summary>
    public int EffectWidth { get; init; } = 16;
    /// <summary>First wait before a retry; doubles with every attempt up to <see cref="MaxBackoff"/>.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromSeconds(1);
    /// <summary>The longest wait before a retry.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromMinutes(15);
    /// <summary>Seed of the jitter: a retry waits 80 to 120 % of its backoff.</summary>
    public int Seed { get; init; } = 1;
    /// <summary>Failures in a row after which a lane is paused.</summary>
    public int BreakerFailures { get; init; } = 5;
    /// <summary>How long it is paused.</summary>
    public TimeSpan BreakerPause { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>Told of failures of the queue itself (database away); the engine goes on.</summary>
    public Action<Exception>? OnFault { get; init; }
    /// <summary>Told of every attempt that did not succeed.</summary>
    public Action<Job, JobOutcome, Exception?>? OnTrouble { get; init; }

    /// <summary>A worker name that says where it runs: host, process, moment of start.</summary>
    public static string NameWorker(TimeProvider machine, string? suffix = null) =>
        $"{Environment.MachineName}/{Environment.ProcessId}/{machine.GetUtcNow().ToUnixTimeMilliseconds()}{(suffix is null ? "" : "/" + suffix)}";
}

/// <summary>Runs jobs: claims in batches, runs handlers, writes outcomes. Work inside the database and its completion are one transaction;
/// effects outside are settled afterwards and may run twice, as every job may.</summary>
public sealed class JobEngine : IAsyncDisposable
{
    /// <summary>Name of the meter and the activity source.</summary>
    public const string Meter = "UnifiedCommerce.Jobs";

    /// <summary>After so many attempts a job runs alone, so that one that kills the process takes no neighbour with it.</summary>
    private const int AloneFromAttempt = 3;
    private static readonly Meter Meters = new(Meter);
    private static readonly ActivitySource Activities = new(Meter);
    private static readonly Counter<long> Attempts = Meters.CreateCounter<long>("uc.jobs.attempts", "{attempt}", "Attempts by kind and outcome.");
    private static readonly Histogram<double> RunTime = Meters.CreateHistogram<double>("uc.jobs.run_time", "s", "Time that a batch ran.");
    private static readonly Histogram<double> WaitTime = Meters.CreateHistogram<double>("uc.jobs.wait_time", "s", "Time from insertion to the first claim.");

    private readonly IStore _store;
    private readonly IJobQueue _queue;
    private readonly TimeProvider _machine;
    private readonly JobEngineOptions _options;
    private readonly KindLoop[] _kinds;
    private readonly LaneBreaker _breaker;
    private readonly RunningJobs _running = new();
    private readonly JobTallies _tallies = new();
    private readonly SharedTransactions<(IReadOnlyList<Job> Jobs, IReadOnlyList<JobOutcome> Outcomes), bool> _settling;
    private readonly CancellationTokenSource _abort;
    private readonly Lock _gate = new();
    private readonly List<Job> _handBack = [];
    private JobLimits _limits = JobLimits.None;

    /// <summary>An engine for these handlers. <paramref name="machine"/> is the machine's clock, never the business clock.</summary>
    /// <exception cref="ArgumentException">Two handlers have the same kind.</exception>
    public JobEngine(IStore store, IJobQueue queue, IEnumerable<IBatchHandler> batches, IEnumerable<IEffectHandler> effects, TimeProvider machine, JobEngineOptions options)
    {
        _store = store;
        _queue = queue;
        _machine = machine;
        _options = options;
        _abort = new CancellationTokenSource(Timeout.InfiniteTimeSpan, machine);
        _settling = new(options.EffectWidth, SettleTogetherAsync, oneByOne: true);
        _breaker = new LaneBreaker(options.BreakerFailures, options.BreakerPause);
        _kinds = [.. batches.Select(handler => new KindLoop(handler.Kind, handler.BatchSize, options.BatchWidth, handler, null)),
            .. effects.Select(handler => new KindLoop(handler.Kind, handler.BatchSize, options.EffectWidth, null, handler))];
        if (_kinds.GroupBy(kind => kind.Kind, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ArgumentException($"Found two handlers of jobs of kind {twice.Key}, expected one. Remove one.", nameof(batches));
    }

    /// <summary>Works until <paramref name="stopping"/>, then finishes what runs or hands it back.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        await using var joined = await JoinAsync(stopping);
        using var listening = _queue.Listen(Wake);
        await using var grace = stopping.Register(() => _abort.CancelAfter(_options.ShutdownGrace));
        var loops = _kinds.Select(kind => Task.Run(() => WorkAsync(kind, stopping), CancellationToken.None)).ToList();
        loops.Add(Task.Run(() => TendAsync(stopping), CancellationToken.None));
        await Task.WhenAll(loops);
        await StopAsync();
    }

    /// <summary>One pass over all kinds: rescues, claims and runs what is ready now, and returns how many jobs ran. For tests, tools and the
    /// simulator; <see cref="RunAsync"/> does the same in loops of its own.</summary>
    public async Task<int> RunReadyAsync(CancellationToken cancellationToken)
    {
        _limits = await _queue.LimitsAsync(cancellationToken);
        await GiveBackAsync(cancellationToken);
        await RescueAsync(cancellationToken);
        var ready = await _queue.ReadyAsync([.. _kinds.Select(kind => kind.Kind)], _machine.GetUtcNow(), cancellationToken);
        var count = 0;
        foreach (var kind in _kinds.Where(kind => ready.Contains(kind.Kind, StringComparer.Ordinal)))
        {
            var claimed = await ClaimAsync(kind, kind.BatchSize * kind.Width, cancellationToken);
            count += claimed.Jobs.Count;
            foreach (var batch in kind.Split(claimed.Jobs))
                await RunBatchAsync(kind, batch);
        }
        await FlushTalliesAsync(cancellationToken);
        return count;
    }

    /// <summary>Ends what still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        await _abort.CancelAsync();
        _abort.Dispose();
    }

    private void Wake(IReadOnlyCollection<string> kinds)
    {
        foreach (var kind in _kinds)
        {
            if (kinds.Contains(kind.Kind))
                kind.Wake();
        }
    }

    /// <summary>Joining needs the database; it is tried until it is there.</summary>
    private async Task<IAsyncDisposable> JoinAsync(CancellationToken stopping)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await _queue.JoinAsync(_options.Worker, _machine.GetUtcNow(), stopping);
            }
            catch (Exception fault) when (fault is not OperationCanceledException || !stopping.IsCancellationRequested)
            {
                await FaultAsync(fault, attempt, stopping);
            }
        }
    }

    private async Task WorkAsync(KindLoop kind, CancellationToken stopping)
    {
        var faults = 0;
        long? gatherFrom = null;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await kind.WaitForRoomAsync(stopping);
                if (gatherFrom is { } last && _options.Gather - _machine.GetElapsedTime(last) is { Ticks: > 0 } early)
                    await Task.Delay(early, _machine, stopping);
                gatherFrom = _machine.GetTimestamp();
                var claimed = await ClaimAsync(kind, kind.Room * kind.BatchSize, stopping);
                if (kind.HasFullBatch(claimed.Jobs))
                    gatherFrom = null;
                faults = 0;
                foreach (var batch in kind.Split(claimed.Jobs))
                    kind.Start(() => RunBatchAsync(kind, batch));
                if (claimed.Jobs.Count == 0 && !claimed.More)
                    await kind.WaitForWorkAsync(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault)
            {
                await FaultAsync(fault, ++faults, stopping);
            }
        }
        // A handler that does not heed its cancellation is left behind: its jobs are handed back and its fencing token is worth nothing.
        await kind.WhenIdleAsync(_abort.Token, _machine);
    }

    /// <summary>Looks at the queue, extends leases, finds dead workers, reads limits, writes counts.</summary>
    private async Task TendAsync(CancellationToken stopping)
    {
        string[] names = [.. _kinds.Select(kind => kind.Kind)];
        var faults = 0;
        var (rescueAt, extendAt, flushAt) = (DateTimeOffset.MinValue, DateTimeOffset.MinValue, _machine.GetUtcNow());
        while (!stopping.IsCancellationRequested || (_kinds.Any(kind => kind.IsBusy) && !_abort.IsCancellationRequested))
        {
            try
            {
                var now = _machine.GetUtcNow();
                if (now >= extendAt || extendAt > now + _options.Lease)
                {
                    await _queue.ExtendAsync(_options.Worker, _running.Snapshot(), now, now + _options.Lease, _abort.Token);
                    extendAt = now + _options.Lease / 4;
                }
                if (!stopping.IsCancellationRequested)
                {
                    await GiveBackAsync(stopping);
                    if (now >= rescueAt || rescueAt > now + _options.RescueInterval)
                    {
                        _limits = await _queue.LimitsAsync(stopping);
                        await RescueAsync(stopping);
                        rescueAt = now + _options.RescueInterval;
                    }
                    Wake(await _queue.ReadyAsync(names, now, stopping));
                    if (now >= flushAt)
                    {
                        await FlushTalliesAsync(stopping);
                        flushAt = now + TimeSpan.FromSeconds(5);
                    }
                }
                faults = 0;
                await Task.Delay(_options.PollInterval, _machine, stopping.IsCancellationRequested ? _abort.Token : stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                if (_abort.IsCancellationRequested)
                    return;
            }
            catch (Exception fault)
            {
                await FaultAsync(fault, ++faults, stopping);
            }
        }
    }

    private async Task<ClaimedJobs> ClaimAsync(KindLoop kind, int limit, CancellationToken cancellationToken)
    {
        var limits = _limits;
        if (limits.PausedKinds.Contains(kind.Kind))
            return new ClaimedJobs([], "", false);
        var now = _machine.GetUtcNow();
        IReadOnlyCollection<string> open = kind.Effect is null ? [] : _breaker.Open(now);
        var claimed = await _queue.ClaimAsync(new JobClaim(kind.Kind, _options.Worker, limit, kind.BatchSize, kind.LanesAtOnce, kind.AfterLane,
            open.Count == 0 ? limits.PausedLanes : [.. limits.PausedLanes, .. open], limits, now, now + _options.Lease), cancellationToken);
        kind.AfterLane = claimed.LastLane;
        _running.Add(claimed.Jobs);
        foreach (var job in claimed.Jobs)
        {
            if (job.Attempt == 1)
            {
                var wait = now - job.EnqueuedAt;
                WaitTime.Record(Math.Max(0, wait.TotalSeconds), new KeyValuePair<string, object?>("kind", kind.Kind));
                _tallies.Waited(kind.Kind, now, wait);
            }
        }
        return claimed;
    }

    /// <summary>Goes on with the trace that the jobs were inserted in; a batch out of several traces is linked to each.</summary>
    private static Activity? Begin(string kind, IReadOnlyList<Job> jobs)
    {
        if (!Activities.HasListeners())
            return null;
        var traces = jobs.Select(job => ActivityContext.TryParse(job.Trace, null, isRemote: true, out var context) ? context : default)
            .Where(context => context != default).Distinct().ToList();
        return Activities.StartActivity(kind, ActivityKind.Consumer, traces.Count == 1 ? traces[0] : default,
            links: traces.Count > 1 ? traces.Select(context => new ActivityLink(context)) : null);
    }

    private async Task RunBatchAsync(KindLoop kind, IReadOnlyList<Job> jobs)
    {
        var began = _machine.GetTimestamp();
        using var activity = Begin(kind.Kind, jobs);
        activity?.SetTag("uc.jobs.count", jobs.Count);
        try
        {
            if (kind.Batch is { } batch)
                await RunInTransactionAsync(batch, jobs);
            else
                await RunEffectAsync(kind.Effect!, jobs);
        }
        catch (Exception fault)
        {
            // Neither the work nor its failure could be written. The jobs are given back as soon as the database is there again; if the work
            // was committed after all, they are gone from the queue and giving back does nothing.
            activity?.SetStatus(ActivityStatusCode.Error, fault.Message);
            lock (_gate)
                _handBack.AddRange(jobs);
            _options.OnFault?.Invoke(fault);
        }
        finally
        {
            _running.Remove(jobs);
            var run = _machine.GetElapsedTime(began);
            RunTime.Record(run.TotalSeconds, new KeyValuePair<string, object?>("kind", kind.Kind));
            _tallies.Ran(kind.Kind, _machine.GetUtcNow(), run);
        }
    }

    private async Task RunInTransactionAsync(IBatchHandler handler, IReadOnlyList<Job> jobs)
    {
        try
        {
            await using var work = await _store.BeginAsync(_abort.Token);
            var outcomes = Checked(handler.Kind, jobs, await handler.RunAsync(jobs, work, _abort.Token));
            await SettleAsync(work, jobs, outcomes, null);
        }
        catch (CommitUnknownException)
        {
            throw;
        }
        catch (OperationCanceledException) when (_abort.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception) when (jobs.Count > 1)
        {
            // Rolled back. Each alone, so that the bad one is found and the others are done.
            foreach (var job in jobs)
                await RunInTransactionAsync(handler, [job]);
        }
        catch (Exception fault)
        {
            await using var work = await _store.BeginAsync(_abort.Token);
            await SettleAsync(work, jobs, [Thrown(fault)], fault);
        }
    }

    private async Task RunEffectAsync(IEffectHandler handler, IReadOnlyList<Job> jobs)
    {
        IReadOnlyList<JobOutcome> outcomes;
        Exception? thrown = null;
        try
        {
            outcomes = Checked(handler.Kind, jobs, await handler.RunAsync(jobs, _abort.Token));
        }
        catch (OperationCanceledException) when (_abort.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception fault) when (fault is not CommitUnknownException && jobs.Count > 1)
        {
            foreach (var job in jobs)
                await RunEffectAsync(handler, [job]);
            return;
        }
        catch (Exception fault) when (fault is not CommitUnknownException)
        {
            thrown = fault;
            outcomes = [.. jobs.Select(_ => Thrown(fault))];
        }
        var now = _machine.GetUtcNow();
        for (var i = 0; i < jobs.Count; i++)
        {
            if (jobs[i].Lane is not { } lane)
                continue;
            if (outcomes[i] is JobOutcome.Retry)
                _breaker.Failed(lane, now);
            else if (outcomes[i] is JobOutcome.Done)
                _breaker.Succeeded(lane);
        }
        if (thrown is null)
        {
            await _settling.RunAsync((jobs, outcomes), CancellationToken.None);
            return;
        }
        await using var work = await _store.BeginAsync(_abort.Token);
        await SettleAsync(work, jobs, outcomes, thrown);
    }

    /// <summary>Effects that end at the same time are settled in one transaction.</summary>
    private async Task<IReadOnlyList<bool>> SettleTogetherAsync(IReadOnlyList<(IReadOnlyList<Job> Jobs, IReadOnlyList<JobOutcome> Outcomes)> batches)
    {
        await using var work = await _store.BeginAsync(_abort.Token);
        await SettleAsync(work, [.. batches.SelectMany(batch => batch.Jobs)], [.. batches.SelectMany(batch => batch.Outcomes)], null);
        return [.. batches.Select(_ => true)];
    }

    private static IReadOnlyList<JobOutcome> Checked(string kind, IReadOnlyList<Job> jobs, IReadOnlyList<JobOutcome> outcomes) =>
        outcomes.Count == jobs.Count ? outcomes
            : throw new HubException($"The handler of {kind} gave {outcomes.Count} outcomes for {jobs.Count} jobs, expected one each. Correct the handler.");

    /// <summary>Writes the outcomes and commits. In a transaction with the work, a job that another worker has taken over rolls all of it back.</summary>
    private async Task SettleAsync(IWork work, IReadOnlyList<Job> jobs, IReadOnlyList<JobOutcome> outcomes, Exception? thrown)
    {
        var now = _machine.GetUtcNow();
        var settlements = jobs.Select((job, index) => Resolve(job, outcomes[index], now)).ToList();
        var refused = await _queue.SettleAsync(work, settlements, _options.Worker, now, _abort.Token);
        if (refused.Count > 0 && thrown is null && refused.Count < jobs.Count)
            throw new HubException($"Jobs {string.Join(", ", refused)} were taken over by another worker while this one ran them; their work is rolled back.");
        if (refused.Count == jobs.Count)
            return;
        var failed = settlements.Where(settlement => settlement.Failed).ToList();
        if (failed.Count > 0)
            await work.Tasks.OpenAsync([.. failed.Select(settlement => FailedTask(settlement.Job, ((JobOutcome.Retry)settlement.Outcome).Reason, now))], _abort.Token);
        await work.CommitAsync(_abort.Token);
        foreach (var settlement in settlements)
        {
            var word = Word(settlement);
            Attempts.Add(1, new KeyValuePair<string, object?>("kind", settlement.Job.Kind), new KeyValuePair<string, object?>("outcome", word));
            _tallies.Settled(settlement, now);
            if (settlement.Outcome is not JobOutcome.Done)
                _options.OnTrouble?.Invoke(settlement.Job, settlement.Outcome, thrown);
        }
    }

    private static string Word(JobSettlement settlement) => settlement switch
    {
        { Failed: true } => "failed",
        { Outcome: JobOutcome.Done } => "done",
        { Outcome: JobOutcome.Retry } => "retry",
        { Outcome: JobOutcome.Snooze } => "snooze",
        _ => "cancel",
    };

    private static Status.HubTask FailedTask(Job job, string reason, DateTimeOffset now) => new()
    {
        Kind = "failed-job", Key = $"failed-job:{job.Id}", At = now,
        Text = $"Job {job.Id} ({job.Kind}) failed {job.Attempt} times: {reason} Remove the cause and retry it, or cancel it with a reason.",
        Partner = job.Lane, Data = $$"""{"jobId":{{job.Id}}}""",
    };

    private JobSettlement Resolve(Job job, JobOutcome outcome, DateTimeOffset now) => outcome switch
    {
        JobOutcome.Retry retry when job.Attempt >= job.MaxAttempts => new JobSettlement(job, retry, Failed: true),
        JobOutcome.Retry { At: null } retry => new JobSettlement(job, retry with { At = now + BackoffOf(job) }),
        _ => new JobSettlement(job, outcome),
    };

    /// <summary>Doubles per attempt; 80 to 120 % of it by a hash of seed, job and attempt, so that a crowd of retries spreads and a replay is the same.</summary>
    internal TimeSpan BackoffOf(Job job)
    {
        var full = Math.Min(_options.MaxBackoff.TotalMilliseconds, _options.Backoff.TotalMilliseconds * Math.Pow(2, Math.Min(job.Attempt - 1, 30)));
        var mixed = (ulong)job.Id * 0x9E3779B97F4A7C15UL ^ ((ulong)job.Attempt << 32) ^ (uint)_options.Seed;
        mixed = (mixed ^ (mixed >> 31)) * 0xBF58476D1CE4E5B9UL;
        return TimeSpan.FromMilliseconds(full * (0.8 + 0.4 * ((mixed >> 40) / (double)(1 << 24))));
    }

    /// <summary>A job that threw is tried again, until its attempts are used up. That the store was away, or overloaded, is not its fault and does not count.</summary>
    private JobOutcome Thrown(Exception fault) => fault is DbException { IsTransient: true }
        ? new JobOutcome.Snooze(_machine.GetUtcNow() + _options.Backoff, Explain(fault)) : new JobOutcome.Retry(Explain(fault));

    private static string Explain(Exception fault) => $"{fault.GetType().Name}: {fault.Message}";

    private async Task RescueAsync(CancellationToken cancellationToken)
    {
        var now = _machine.GetUtcNow();
        var rescued = await _queue.RescueAsync(_options.Worker, now, now + _options.Lease * 2, cancellationToken);
        if (rescued.Failed.Count == 0)
            return;
        await using var work = await _store.BeginAsync(cancellationToken);
        await work.Tasks.OpenAsync([.. rescued.Failed.Select(job => FailedTask(job, "its worker died in every attempt.", now))], cancellationToken);
        await work.CommitAsync(cancellationToken);
    }

    private async Task GiveBackAsync(CancellationToken cancellationToken)
    {
        List<Job> jobs;
        lock (_gate)
        {
            if (_handBack.Count == 0)
                return;
            jobs = [.. _handBack];
        }
        await _queue.HandBackAsync(jobs, _machine.GetUtcNow(), cancellationToken);
        lock (_gate)
            _handBack.RemoveRange(0, jobs.Count);
    }

    private async Task FlushTalliesAsync(CancellationToken cancellationToken)
    {
        var tallies = _tallies.Take();
        if (tallies.Count > 0)
            await _queue.AddCountsAsync(tallies, cancellationToken);
    }

    /// <summary>Called when all loops have ended: what still runs after the grace is handed back.</summary>
    private async Task StopAsync()
    {
        try
        {
            lock (_gate)
                _handBack.AddRange(_running.Snapshot());
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), _machine);
            await GiveBackAsync(limit.Token);
            await FlushTalliesAsync(limit.Token);
        }
        catch (Exception fault)
        {
            // The database is away: the leases end by themselves.
            _options.OnFault?.Invoke(fault);
        }
    }

    private async Task FaultAsync(Exception fault, int inRow, CancellationToken stopping)
    {
        _options.OnFault?.Invoke(fault);
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(2_000, 50 * Math.Pow(2, Math.Min(inRow, 10)))), _machine, stopping);
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }

    /// <summary>The handler of one kind, its free places, its wake-up.</summary>
    private sealed class KindLoop(string kind, int batchSize, int width, IBatchHandler? batch, IEffectHandler? effect)
    {
        private readonly SemaphoreSlim _signal = new(0, 1);
        private readonly SemaphoreSlim _freed = new(0, 1);
        private int _busy;

        public string Kind => kind;
        public int BatchSize => batchSize;
        public int Width => width;
        public IBatchHandler? Batch => batch;
        public IEffectHandler? Effect => effect;
        public string AfterLane { get; set; } = "";
        /// <summary>Each lane of an effect is a batch of its own; work inside the database mixes lanes in one batch.</summary>
        public int LanesAtOnce => effect is null ? Math.Max(32, batchSize) : Math.Max(1, Room);
        public int Room => Math.Max(0, width - Volatile.Read(ref _busy));
        public bool IsBusy => Volatile.Read(ref _busy) > 0;

        public void Wake() => Raise(_signal);

        public async Task WaitForRoomAsync(CancellationToken cancellationToken)
        {
            while (Room == 0)
                await _freed.WaitAsync(cancellationToken);
        }

        public Task WaitForWorkAsync(CancellationToken cancellationToken) => _signal.WaitAsync(cancellationToken);

        public async Task WhenIdleAsync(CancellationToken aborted, TimeProvider machine)
        {
            try
            {
                while (IsBusy)
                    await _freed.WaitAsync(aborted);
            }
            catch (OperationCanceledException)
            {
                using var last = new CancellationTokenSource(TimeSpan.FromSeconds(1), machine);
                while (IsBusy && !last.IsCancellationRequested)
                    await Task.Delay(TimeSpan.FromMilliseconds(20), machine, CancellationToken.None);
            }
        }

        public void Start(Func<Task> run)
        {
            Interlocked.Increment(ref _busy);
            _ = Task.Run(async () =>
            {
                try
                {
                    await run();
                }
                finally
                {
                    Interlocked.Decrement(ref _busy);
                    Raise(_freed);
                    // A lane that was busy may have more, and a full house may have left some.
                    Raise(_signal);
                }
            }, CancellationToken.None);
        }

        private static void Raise(SemaphoreSlim signal)
        {
            try
            {
                if (signal.CurrentCount == 0)
                    signal.Release();
            }
            catch (SemaphoreFullException)
            {
                // Somebody else raised it in between, which is as good.
                return;
            }
        }

        /// <summary>A batch has no room for more.</summary>
        public bool HasFullBatch(IReadOnlyList<Job> jobs) =>
            jobs.Count >= batchSize && (effect is null || jobs.CountBy(job => job.Lane ?? "").Any(lane => lane.Value >= batchSize));

        /// <summary>Batches: of one lane for effects; of any lanes inside the database. Jobs that failed before run alone.</summary>
        public IEnumerable<IReadOnlyList<Job>> Split(IReadOnlyList<Job> jobs)
        {
            foreach (var job in jobs.Where(job => job.Attempt >= AloneFromAttempt && batch is not null))
                yield return [job];
            var rest = batch is not null ? jobs.Where(job => job.Attempt < AloneFromAttempt) : jobs;
            foreach (var group in rest.GroupBy(job => effect is null ? null : job.Lane))
            {
                foreach (var chunk in group.Chunk(batchSize))
                    yield return chunk;
            }
        }
    }
}
