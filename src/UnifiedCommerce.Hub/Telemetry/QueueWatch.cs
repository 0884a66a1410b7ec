using System.Diagnostics.Metrics;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Hub.Hosting;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Hub.Telemetry;

/// <summary>Reads now and then how many jobs wait and for how long; every process shows the same numbers.</summary>
public sealed class QueueWatch(HubStore store, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(5);
    /// <summary>The name of the meter. A constant: whoever listens must know it before the meter is made.</summary>
    public const string MeterName = "UnifiedCommerce.Queue";

    private static readonly Meter s_meter = new(MeterName);
    private static readonly Gauge<long> s_depth = s_meter.CreateGauge<long>("uc.jobs.depth", description: "Unfinished jobs, by kind and stage.");
    private static readonly Gauge<double> s_oldest = s_meter.CreateGauge<double>("uc.jobs.oldest_ready_age", "s", "Age of the oldest job that could run, by kind; zero when none waits.");
    private readonly HashSet<string> _kinds = new(StringComparer.Ordinal);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_every, time);
        try
        {
            do
            {
                await LookAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<JobDepth> depths;
        try
        {
            depths = await store.JobDesk.DepthsAsync(cancellationToken);
        }
        catch (Exception exception) when (StoreOutage.Is(exception))
        {
            // The numbers stay what they were; readiness says that the store is away.
            return;
        }
        var now = time.GetUtcNow();
        _kinds.UnionWith(depths.Select(depth => depth.Kind));
        foreach (string kind in _kinds)
        {
            var depth = depths.FirstOrDefault(found => found.Kind == kind) ?? new JobDepth(kind, 0, 0, 0, 0, null);
            Record(kind, "ready", depth.Ready);
            Record(kind, "running", depth.Running);
            Record(kind, "scheduled", depth.Scheduled);
            Record(kind, "failed", depth.Failed);
            s_oldest.Record(depth.OldestReadyAt is { } oldest ? Math.Max(0, (now - oldest).TotalSeconds) : 0, new KeyValuePair<string, object?>("kind", kind));
        }
    }

    private static void Record(string kind, string stage, long count) =>
        s_depth.Record(count, new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("stage", stage));
}
