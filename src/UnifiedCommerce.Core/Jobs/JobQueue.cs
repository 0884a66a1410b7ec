namespace UnifiedCommerce.Core.Jobs;

/// <summary>The durable queue behind the engine; implemented by Storage on SQLite and PostgreSQL. Moments are machine time.</summary>
public interface IJobQueue
{
    /// <summary>Makes this worker known, so that others can tell whether it lives; keeps listening for jobs of other processes where the database
    /// can tell. Disposing ends both.</summary>
    Task<IAsyncDisposable> JoinAsync(string worker, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Calls <paramref name="onReady"/> with kinds of which jobs were committed. Only a hint to look sooner: polling finds all.</summary>
    IDisposable Listen(Action<IReadOnlyCollection<string>> onReady);

    /// <summary>Takes ready jobs of one kind, raising attempt and fencing token. Of each lane at most as many as asked; lanes take turns.</summary>
    Task<ClaimedJobs> ClaimAsync(JobClaim claim, CancellationToken cancellationToken);

    /// <summary>Makes scheduled jobs ready whose time has come; returns the kinds, among those given, that have ready jobs.</summary>
    Task<IReadOnlyList<string>> ReadyAsync(IReadOnlyCollection<string> kinds, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Writes what became of claimed jobs in the given transaction. A claim whose fencing token is not the newest writes nothing; the
    /// ids of those are returned.</summary>
    Task<IReadOnlyList<long>> SettleAsync(IWork work, IReadOnlyList<JobSettlement> settlements, string worker, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Gives claimed jobs back without counting the attempt. Those that were settled or taken by another in between are left alone.</summary>
    Task HandBackAsync(IReadOnlyCollection<Job> jobs, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Extends the lease of jobs that still run and says that the worker lives.</summary>
    Task ExtendAsync(string worker, IReadOnlyCollection<Job> jobs, DateTimeOffset now, DateTimeOffset leaseUntil, CancellationToken cancellationToken);

    /// <summary>Makes jobs ready again whose lease ended, whose worker is dead, or whose lease ends after <paramref name="farthest"/> (it was given
    /// before a clock went back); those out of attempts are failed. Returns how many, and the failed.</summary>
    Task<RescuedJobs> RescueAsync(string worker, DateTimeOffset now, DateTimeOffset farthest, CancellationToken cancellationToken);

    /// <summary>Adds to the counts of finished attempts per kind and hour.</summary>
    Task AddCountsAsync(IReadOnlyCollection<JobTally> tallies, CancellationToken cancellationToken);

    /// <summary>Pauses, rates and widths that people set.</summary>
    Task<JobLimits> LimitsAsync(CancellationToken cancellationToken);

    /// <summary>Deletes finished jobs older than the moment, and prepares room for those to come. Returns how many or, where whole partitions
    /// are dropped, how many partitions.</summary>
    Task<long> PruneAsync(DateTimeOffset finishedBefore, DateTimeOffset now, CancellationToken cancellationToken);
}

/// <summary>What a worker asks for.</summary>
/// <param name="Kind">Kind of job.</param>
/// <param name="Worker">The worker.</param>
/// <param name="Limit">The most jobs.</param>
/// <param name="PerLane">The most jobs of one lane, and so many at once unless <see cref="JobLimits.Widths"/> says more.</param>
/// <param name="MaxLanes">The most lanes.</param>
/// <param name="AfterLane">Lanes after this one (by ordinal text order) have their turn; empty: from the beginning.</param>
/// <param name="Excluded">Lanes left out: paused ones and those whose circuit is open.</param>
/// <param name="Limits">Widths and rates of lanes.</param>
/// <param name="Now">Machine time.</param>
/// <param name="LeaseUntil">End of the lease.</param>
public sealed record JobClaim(string Kind, string Worker, int Limit, int PerLane, int MaxLanes, string AfterLane, IReadOnlyCollection<string> Excluded, JobLimits Limits,
    DateTimeOffset Now, DateTimeOffset LeaseUntil);

/// <summary>What a worker got.</summary>
/// <param name="Jobs">In lane order, and in each lane by priority and age.</param>
/// <param name="LastLane">The last lane that was looked at: the next claim goes on behind it. Empty: begin again.</param>
/// <param name="More">There may be more right now.</param>
public sealed record ClaimedJobs(IReadOnlyList<Job> Jobs, string LastLane, bool More);

/// <summary>What is written for a claimed job.</summary>
/// <param name="Job">The job as claimed.</param>
/// <param name="Outcome">Its outcome; a <see cref="JobOutcome.Retry"/> has its moment by now.</param>
/// <param name="Failed">The retry was the last: the job is failed and waits for a person.</param>
public sealed record JobSettlement(Job Job, JobOutcome Outcome, bool Failed = false);

/// <summary>What a rescue found.</summary>
/// <param name="Ready">Jobs that are ready again.</param>
/// <param name="Failed">Jobs without attempts left.</param>
public sealed record RescuedJobs(int Ready, IReadOnlyList<Job> Failed);

/// <summary>Finished attempts of one kind in one hour.</summary>
/// <param name="Kind">Kind of job.</param>
/// <param name="Hour">The hour's beginning.</param>
/// <param name="Succeeded">Done.</param>
/// <param name="Failed">Out of attempts.</param>
/// <param name="Cancelled">Cancelled.</param>
/// <param name="Retried">To be tried again.</param>
/// <param name="Run">Time spent running, summed.</param>
/// <param name="Wait">Time from insertion to claim, summed over first attempts.</param>
public sealed record JobTally(string Kind, DateTimeOffset Hour, long Succeeded, long Failed, long Cancelled, long Retried, TimeSpan Run, TimeSpan Wait);

/// <summary>What people set for queues and lanes. Stored as settings: <c>jobs.pause.kind/send-dispatch</c>, <c>jobs.pause.lane/nordhandel</c> (value: why),
/// <c>jobs.rate/nordhandel</c> (jobs per minute), <c>jobs.width/nordhandel</c> (batches at once).</summary>
public sealed record JobLimits
{
    /// <summary>Prefix of a paused kind's setting.</summary>
    public const string PausedKindSetting = "jobs.pause.kind/";
    /// <summary>Prefix of a paused lane's setting.</summary>
    public const string PausedLaneSetting = "jobs.pause.lane/";
    /// <summary>Prefix of a lane's rate.</summary>
    public const string RateSetting = "jobs.rate/";
    /// <summary>Prefix of a lane's width.</summary>
    public const string WidthSetting = "jobs.width/";

    /// <summary>Nothing is paused or limited.</summary>
    public static readonly JobLimits None = new();

    /// <summary>Kinds of which nothing is claimed.</summary>
    public IReadOnlySet<string> PausedKinds { get; init; } = new HashSet<string>(StringComparer.Ordinal);
    /// <summary>Lanes of which nothing is claimed.</summary>
    public IReadOnlySet<string> PausedLanes { get; init; } = new HashSet<string>(StringComparer.Ordinal);
    /// <summary>Jobs per minute of a lane, over all processes; a lane without one is not limited.</summary>
    public IReadOnlyDictionary<string, int> RatesPerMinute { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);
    /// <summary>Batches of one kind that a lane may have running at once; 1 keeps the lane's order.</summary>
    public IReadOnlyDictionary<string, int> Widths { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Reads settings whose names begin with <c>jobs.</c>; a number that cannot be read limits nothing.</summary>
    public static JobLimits From(IReadOnlyDictionary<string, string> settings)
    {
        static IEnumerable<string> Names(IReadOnlyDictionary<string, string> settings, string prefix) =>
            settings.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => name[prefix.Length..]);
        static Dictionary<string, int> Numbers(IReadOnlyDictionary<string, string> settings, string prefix) =>
            Names(settings, prefix).Where(name => int.TryParse(settings[prefix + name], out var number) && number > 0)
                .ToDictionary(name => name, name => int.Parse(settings[prefix + name], System.Globalization.CultureInfo.InvariantCulture), StringComparer.Ordinal);
        return new JobLimits
        {
            PausedKinds = Names(settings, PausedKindSetting).ToHashSet(StringComparer.Ordinal),
            PausedLanes = Names(settings, PausedLaneSetting).ToHashSet(StringComparer.Ordinal),
            RatesPerMinute = Numbers(settings, RateSetting),
            Widths = Numbers(settings, WidthSetting),
        };
    }
}
