namespace UnifiedCommerce.Core.Jobs;

/// <summary>A job to insert in the caller's transaction. Kinds are strings chosen by a person: <c>read-document</c>.</summary>
/// <param name="Kind">What to do, in kebab-case.</param>
/// <param name="Args">JSON object with the ids the job works on; searchable by value in the console.</param>
public sealed record NewJob(string Kind, string Args)
{
    /// <summary>Lane that keeps order and limits: usually the partner id. Null: no lane.</summary>
    public string? Lane { get; init; }
    /// <summary>At most one unfinished job has this key; a second insert is dropped.</summary>
    public string? UniqueKey { get; init; }
    /// <summary>Lower runs first; 100 is usual.</summary>
    public int Priority { get; init; } = 100;
    /// <summary>Not before this moment (machine time); null: now.</summary>
    public DateTimeOffset? RunAt { get; init; }
    /// <summary>The trace it goes on with (W3C <c>traceparent</c>); null: the current one.</summary>
    public string? Trace { get; init; }
    /// <summary>Attempts before the job is failed and waits for a person.</summary>
    public int MaxAttempts { get; init; } = 12;
}

/// <summary>A claimed job.</summary>
/// <param name="Id">Row id.</param>
/// <param name="Kind">What to do.</param>
/// <param name="Args">JSON object.</param>
/// <param name="Lane">Lane, or null.</param>
/// <param name="Attempt">This attempt, from 1.</param>
/// <param name="MaxAttempts">Attempts before it is failed.</param>
/// <param name="Fence">Fencing token of this claim; completing with an older one is refused.</param>
/// <param name="EnqueuedAt">When it was inserted (machine time).</param>
/// <param name="Trace">The trace it was inserted in (W3C Trace Context <c>traceparent</c>), or null.</param>
public sealed record Job(long Id, string Kind, string Args, string? Lane, int Attempt, int MaxAttempts, long Fence, DateTimeOffset EnqueuedAt, string? Trace = null);

/// <summary>What became of an attempt. A value, not an exception.</summary>
public abstract record JobOutcome
{
    /// <summary>Done.</summary>
    public sealed record Done : JobOutcome;
    /// <summary>Try again at <paramref name="At"/> (null: the engine's backoff); counts as an attempt.</summary>
    public sealed record Retry(string Reason, DateTimeOffset? At = null) : JobOutcome;
    /// <summary>Not yet: look again at <paramref name="Until"/>; does not count as an attempt.</summary>
    public sealed record Snooze(DateTimeOffset Until, string Reason) : JobOutcome;
    /// <summary>Never: a person is told why.</summary>
    public sealed record Cancel(string Reason) : JobOutcome;

    /// <summary>The one value of <see cref="Done"/>.</summary>
    public static readonly JobOutcome Ok = new Done();
}

/// <summary>Inserts jobs in the caller's transaction.</summary>
public interface IJobInserter
{
    /// <summary>Inserts jobs; those whose unique key is taken by an unfinished job are dropped.</summary>
    Task InsertAsync(IReadOnlyCollection<NewJob> jobs, CancellationToken cancellationToken);
}

/// <summary>Handles one kind inside the engine's transaction: work and completion of the whole batch commit together.
/// When the batch throws it is rolled back and every job is tried alone, so that one bad job holds up no other.</summary>
public interface IBatchHandler
{
    /// <summary>The kind it handles.</summary>
    string Kind { get; }
    /// <summary>The most jobs it takes at once.</summary>
    int BatchSize { get; }
    /// <summary>Does the work; returns one outcome per job, in order. Must not commit.</summary>
    Task<IReadOnlyList<JobOutcome>> RunAsync(IReadOnlyList<Job> jobs, IWork work, CancellationToken cancellationToken);
}

/// <summary>Handles one kind whose effect is outside the database (a file, an HTTP call): opens its own transactions around
/// the effect, can be called twice for the same job, and never runs inside the engine's transaction.</summary>
public interface IEffectHandler
{
    /// <summary>The kind it handles.</summary>
    string Kind { get; }
    /// <summary>The most jobs of one lane it takes at once.</summary>
    int BatchSize { get; }
    /// <summary>Does the work; returns one outcome per job, in order.</summary>
    Task<IReadOnlyList<JobOutcome>> RunAsync(IReadOnlyList<Job> jobs, CancellationToken cancellationToken);
}
