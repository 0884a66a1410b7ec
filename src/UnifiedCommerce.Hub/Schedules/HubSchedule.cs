using System.Collections.Concurrent;
using Quartz;
using UnifiedCommerce.Hub.Telemetry;

namespace UnifiedCommerce.Hub.Schedules;

/// <summary>Something that is looked at again and again. It may come late, twice or on several processes: rows decide what is due.</summary>
/// <param name="Name">Name in kebab-case.</param>
/// <param name="Every">How often.</param>
/// <param name="Meaning">What it does, for the console.</param>
/// <param name="Run">Does it; returns how many things it did.</param>
public sealed record HubSchedule(string Name, TimeSpan Every, string Meaning, Func<CancellationToken, Task<int>> Run);

/// <summary>How a schedule went last in this process.</summary>
/// <param name="At">When (machine time).</param>
/// <param name="Did">How many things it did.</param>
/// <param name="Problem">Why it failed; null when it did not.</param>
public sealed record ScheduleRun(DateTimeOffset At, int Did, string? Problem);

/// <summary>The schedules of this process and how they went.</summary>
public sealed class HubSchedules(IReadOnlyList<HubSchedule> all)
{
    private readonly ConcurrentDictionary<string, ScheduleRun> _last = new(StringComparer.Ordinal);

    /// <summary>All schedules.</summary>
    public IReadOnlyList<HubSchedule> All => all;

    /// <summary>How a schedule went last; null before its first tick here.</summary>
    public ScheduleRun? LastOf(string name) => _last.GetValueOrDefault(name);

    /// <summary>Runs a schedule once and remembers how it went.</summary>
    public async Task RunAsync(string name, HubMetrics metrics, ILogger log, CancellationToken cancellationToken)
    {
        var schedule = all.FirstOrDefault(candidate => candidate.Name == name);
        if (schedule is null)
        {
            // Another version of the hub put it into the shared store; that process runs it.
            return;
        }
        try
        {
            int did = await schedule.Run(cancellationToken);
            _last[name] = new ScheduleRun(TimeProvider.System.GetUtcNow(), did, null);
            metrics.Ticked(name, "ok");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _last[name] = new ScheduleRun(TimeProvider.System.GetUtcNow(), 0, exception.Message);
            metrics.Ticked(name, "failed");
            log.LogError(exception, "The schedule {Schedule} failed; it comes again in {Every}", name, schedule.Every);
        }
    }
}

/// <summary>Quartz calls this; the name of the Quartz job is the schedule's.</summary>
[DisallowConcurrentExecution]
public sealed class ScheduleTick(HubSchedules schedules, HubMetrics metrics, ILogger<ScheduleTick> log) : IJob
{
    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        await schedules.RunAsync(context.JobDetail.Key.Name, metrics, log, cancellationToken);
}
