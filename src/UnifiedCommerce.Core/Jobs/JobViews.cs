namespace UnifiedCommerce.Core.Jobs;

/// <summary>Where a job stands, as people see it.</summary>
public enum JobStanding
{
    /// <summary>Ready; the next free worker takes it.</summary>
    Queued,
    /// <summary>A worker has it.</summary>
    Processing,
    /// <summary>Waits for its moment: scheduled, snoozed or to be tried again.</summary>
    Scheduled,
    /// <summary>Out of attempts; a person decides.</summary>
    Failed,
    /// <summary>Done.</summary>
    Succeeded,
    /// <summary>Will never be done, with the reason.</summary>
    Cancelled,
}

/// <summary>Unfinished jobs of a kind in one standing, or finished ones of the last 24 hours.</summary>
/// <param name="Kind">Kind of job.</param>
/// <param name="Standing">Where they stand.</param>
/// <param name="Count">How many.</param>
/// <param name="OldestAt">When the oldest was inserted (Scheduled: when the next is due); null for finished ones.</param>
public sealed record JobCount(string Kind, JobStanding Standing, long Count, DateTimeOffset? OldestAt);

/// <summary>A job in a list.</summary>
/// <param name="Id">Row id.</param>
/// <param name="Kind">Kind.</param>
/// <param name="Args">JSON.</param>
/// <param name="Lane">Lane, or null.</param>
/// <param name="Standing">Where it stands.</param>
/// <param name="Attempt">Attempts begun.</param>
/// <param name="MaxAttempts">Attempts allowed.</param>
/// <param name="Priority">Lower runs first.</param>
/// <param name="EnqueuedAt">When it was inserted.</param>
/// <param name="RunAt">When it is due; null for finished ones.</param>
/// <param name="ClaimedAt">When the newest attempt began.</param>
/// <param name="FinishedAt">When it ended.</param>
/// <param name="Worker">Who has or had it.</param>
/// <param name="UniqueKey">Its unique key.</param>
/// <param name="Reason">Why it stands where it stands.</param>
public sealed record JobListing(long Id, string Kind, string Args, string? Lane, JobStanding Standing, int Attempt, int MaxAttempts, int Priority,
    DateTimeOffset EnqueuedAt, DateTimeOffset? RunAt, DateTimeOffset? ClaimedAt, DateTimeOffset? FinishedAt, string? Worker, string? UniqueKey, string? Reason);

/// <summary>An attempt that did not succeed.</summary>
/// <param name="Attempt">Which, from 1.</param>
/// <param name="At">When it ended.</param>
/// <param name="Worker">Who tried.</param>
/// <param name="Outcome"><c>retry</c>, <c>failed</c>, <c>cancelled</c>, <c>lost</c> (its worker died).</param>
/// <param name="Text">Why.</param>
public sealed record JobAttempt(int Attempt, DateTimeOffset At, string? Worker, string Outcome, string Text);

/// <summary>A job with its attempts that did not succeed, newest first.</summary>
/// <param name="Job">The job.</param>
/// <param name="Attempts">Attempts that did not succeed.</param>
public sealed record JobDetail(JobListing Job, IReadOnlyList<JobAttempt> Attempts);

/// <summary>Which jobs to list or act on.</summary>
public sealed record JobFilter
{
    /// <summary>Where they stand; null: all that are unfinished.</summary>
    public JobStanding? Standing { get; init; }
    /// <summary>Kind.</summary>
    public string? Kind { get; init; }
    /// <summary>Lane.</summary>
    public string? Lane { get; init; }
    /// <summary>Text that the arguments or the unique key contain. Among finished jobs the newest 200,000 are searched.</summary>
    public string? Text { get; init; }
    /// <summary>Only jobs with a lower id: the next page.</summary>
    public long? BeforeId { get; init; }
}

/// <summary>Attempts per hour, for the chart.</summary>
/// <param name="Hour">The hour's beginning.</param>
/// <param name="Succeeded">Done.</param>
/// <param name="Failed">Out of attempts.</param>
/// <param name="Retried">To be tried again.</param>
public sealed record JobHour(DateTimeOffset Hour, long Succeeded, long Failed, long Retried);

/// <summary>A process that works on jobs.</summary>
/// <param name="Id">Worker id.</param>
/// <param name="Host">Machine.</param>
/// <param name="ProcessId">Process.</param>
/// <param name="StartedAt">When it joined.</param>
/// <param name="SeenAt">When it last said that it lives.</param>
public sealed record JobWorker(string Id, string Host, int ProcessId, DateTimeOffset StartedAt, DateTimeOffset SeenAt);

/// <summary>What the console's Jobs pages show and do. Actions write an audit entry in the same transaction.</summary>
public interface IJobViews
{
    /// <summary>Counts by kind and standing: unfinished ones exactly, finished ones of the last 24 hours.</summary>
    Task<IReadOnlyList<JobCount>> CountsAsync(CancellationToken cancellationToken);
    /// <summary>Jobs, newest first (Queued: next first; Scheduled: next due first), at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<JobListing>> ListAsync(JobFilter filter, int limit, CancellationToken cancellationToken);
    /// <summary>One job with its history, or null.</summary>
    Task<JobDetail?> FindAsync(long id, CancellationToken cancellationToken);
    /// <summary>Attempts of the last hours.</summary>
    Task<IReadOnlyList<JobHour>> HoursAsync(int hours, CancellationToken cancellationToken);
    /// <summary>Processes that work on jobs, newest first.</summary>
    Task<IReadOnlyList<JobWorker>> WorkersAsync(CancellationToken cancellationToken);
    /// <summary>Makes failed, scheduled or cancelled jobs ready now with fresh attempts. Returns how many.</summary>
    Task<int> RetryAsync(IReadOnlyCollection<long> ids, string actor, CancellationToken cancellationToken);
    /// <summary>Cancels queued, scheduled or failed jobs with a reason. Running ones are left alone. Returns how many.</summary>
    Task<int> CancelAsync(IReadOnlyCollection<long> ids, string actor, string reason, CancellationToken cancellationToken);
    /// <summary>Deletes failed and finished jobs. Returns how many.</summary>
    Task<int> DeleteAsync(IReadOnlyCollection<long> ids, string actor, CancellationToken cancellationToken);
    /// <summary>The ids of up to 10,000 jobs that match: for bulk actions.</summary>
    Task<IReadOnlyList<long>> MatchingIdsAsync(JobFilter filter, CancellationToken cancellationToken);
}
