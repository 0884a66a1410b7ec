namespace UnifiedCommerce.Core.Jobs;

/// <summary>Jobs that run in this process.</summary>
internal sealed class RunningJobs
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Job> _jobs = [];

    public void Add(IReadOnlyList<Job> jobs)
    {
        lock (_gate)
        {
            foreach (var job in jobs)
                _jobs[job.Id] = job;
        }
    }

    public void Remove(IReadOnlyList<Job> jobs)
    {
        lock (_gate)
        {
            foreach (var job in jobs)
                _jobs.Remove(job.Id);
        }
    }

    public IReadOnlyCollection<Job> Snapshot()
    {
        lock (_gate)
            return [.. _jobs.Values];
    }
}

/// <summary>Counts of finished attempts, gathered here and written every few seconds: for people, not for truth.</summary>
internal sealed class JobTallies
{
    private readonly Lock _gate = new();
    private Dictionary<(string Kind, DateTimeOffset Hour), JobTally> _tallies = [];

    public void Waited(string kind, DateTimeOffset now, TimeSpan wait) =>
        Change(kind, now, tally => tally with { Wait = tally.Wait + (wait > TimeSpan.Zero ? wait : TimeSpan.Zero) });

    public void Ran(string kind, DateTimeOffset now, TimeSpan run) => Change(kind, now, tally => tally with { Run = tally.Run + run });

    public void Settled(JobSettlement settlement, DateTimeOffset now) => Change(settlement.Job.Kind, now, tally => settlement switch
    {
        { Failed: true } => tally with { Failed = tally.Failed + 1 },
        { Outcome: JobOutcome.Done } => tally with { Succeeded = tally.Succeeded + 1 },
        { Outcome: JobOutcome.Cancel } => tally with { Cancelled = tally.Cancelled + 1 },
        { Outcome: JobOutcome.Retry } => tally with { Retried = tally.Retried + 1 },
        _ => tally,
    });

    public IReadOnlyCollection<JobTally> Take()
    {
        lock (_gate)
        {
            if (_tallies.Count == 0)
                return [];
            var taken = _tallies;
            _tallies = [];
            return taken.Values;
        }
    }

    private void Change(string kind, DateTimeOffset now, Func<JobTally, JobTally> change)
    {
        var hour = new DateTimeOffset(now.UtcTicks - now.UtcTicks % TimeSpan.TicksPerHour, TimeSpan.Zero);
        lock (_gate)
            _tallies[(kind, hour)] = change(_tallies.GetValueOrDefault((kind, hour)) ?? new JobTally(kind, hour, 0, 0, 0, 0, TimeSpan.Zero, TimeSpan.Zero));
    }
}
