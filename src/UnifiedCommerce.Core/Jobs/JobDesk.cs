using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Core.Jobs;

/// <summary>An attempt that did not succeed.</summary>
/// <param name="Attempt">Which, from 1.</param>
/// <param name="At">When it ended.</param>
/// <param name="Worker">Who tried.</param>
/// <param name="Outcome"><c>retry</c>, <c>failed</c>, <c>cancelled</c>, <c>lost</c> (its worker died).</param>
/// <param name="Text">Why.</param>
public sealed record JobAttempt(int Attempt, DateTimeOffset At, string? Worker, string Outcome, string Text);

/// <summary>A job with all that is known of it.</summary>
/// <param name="Job">The job.</param>
/// <param name="ClaimedAt">When the newest attempt began.</param>
/// <param name="Worker">Who has or had it.</param>
/// <param name="UniqueKey">Its unique key.</param>
/// <param name="Attempts">Attempts that did not succeed, newest first.</param>
public sealed record JobDetail(JobView Job, DateTimeOffset? ClaimedAt, string? Worker, string? UniqueKey, IReadOnlyList<JobAttempt> Attempts);

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

/// <summary>Unfinished jobs of one kind: for metrics.</summary>
/// <param name="Kind">Kind.</param>
/// <param name="Ready">Ready now.</param>
/// <param name="Running">Claimed.</param>
/// <param name="Scheduled">Wait for their moment.</param>
/// <param name="Failed">Wait for a person.</param>
/// <param name="OldestReadyAt">When the oldest ready one was inserted.</param>
public sealed record JobDepth(string Kind, long Ready, long Running, long Scheduled, long Failed, DateTimeOffset? OldestReadyAt);

/// <summary>What people do with jobs and want to know of them; lists are in <see cref="IViews"/>. Actions write an audit entry in the same
/// transaction.</summary>
public interface IJobDesk
{
    /// <summary>One job with its history, or null.</summary>
    Task<JobDetail?> FindAsync(long id, CancellationToken cancellationToken);
    /// <summary>Attempts of the last hours.</summary>
    Task<IReadOnlyList<JobHour>> HoursAsync(int hours, CancellationToken cancellationToken);
    /// <summary>Processes that work on jobs, newest first.</summary>
    Task<IReadOnlyList<JobWorker>> WorkersAsync(CancellationToken cancellationToken);
    /// <summary>Unfinished jobs by kind.</summary>
    Task<IReadOnlyList<JobDepth>> DepthsAsync(CancellationToken cancellationToken);
    /// <summary>Makes failed or scheduled jobs ready now with fresh attempts, and inserts cancelled ones anew. Returns how many.</summary>
    Task<int> RetryAsync(IReadOnlyCollection<long> ids, string actor, CancellationToken cancellationToken);
    /// <summary>Cancels queued, scheduled or failed jobs with a reason. Running ones are left alone. Returns how many.</summary>
    Task<int> CancelAsync(IReadOnlyCollection<long> ids, string actor, string reason, CancellationToken cancellationToken);
    /// <summary>Deletes failed and finished jobs. Returns how many.</summary>
    Task<int> DeleteAsync(IReadOnlyCollection<long> ids, string actor, CancellationToken cancellationToken);
    /// <summary>The ids of up to 10,000 jobs that match: for bulk actions. Without a stage: all unfinished ones.</summary>
    Task<IReadOnlyList<long>> MatchingIdsAsync(JobFilter filter, CancellationToken cancellationToken);
}
