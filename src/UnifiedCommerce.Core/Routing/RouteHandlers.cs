using System.Text.Json;
using UnifiedCommerce.Core.Jobs;

namespace UnifiedCommerce.Core.Routing;

/// <summary>Runs a pool whose gathering time or cut-off has come.</summary>
public sealed class RoutePoolHandler(RoutingService routing) : IBatchHandler
{
    /// <inheritdoc/>
    public string Kind => "route-pool";

    /// <inheritdoc/>
    public int BatchSize => 1;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<JobOutcome>> RunAsync(IReadOnlyList<Job> jobs, IWork work, CancellationToken cancellationToken)
    {
        foreach (var job in jobs)
        {
            var args = JsonSerializer.Deserialize<Args>(job.Args, CanonicalJson.Options)!;
            await routing.RunPoolAsync(work, args.Pool, args.AsOf, args.DecideAll, cancellationToken);
        }
        return [.. jobs.Select(_ => JobOutcome.Ok)];
    }

    /// <summary>The job for a pool that is due. The run speaks of the due moment, not of when a worker finds time. One lane: pools that are due
    /// together share suppliers' stock, and the one that runs first gets it; the order in which they were found due decides, on any number of workers.</summary>
    public static NewJob For(string pool, DateTimeOffset asOf, bool decideAll = false) =>
        new("route-pool", JsonSerializer.Serialize(new Args(pool, asOf, decideAll), CanonicalJson.Options)) { Lane = "routing", UniqueKey = $"route-pool:{pool}", Priority = 50 };

    private sealed record Args(string Pool, DateTimeOffset AsOf, bool DecideAll);
}

/// <summary>Routes orders of immediate pools.</summary>
public sealed class RouteOrderHandler(RoutingService routing, TimeProvider clock) : IBatchHandler
{
    /// <inheritdoc/>
    public string Kind => "route-order";

    /// <inheritdoc/>
    public int BatchSize => 50;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<JobOutcome>> RunAsync(IReadOnlyList<Job> jobs, IWork work, CancellationToken cancellationToken)
    {
        await routing.RunOrdersAsync(work, [.. jobs.Select(job => JsonDocument.Parse(job.Args).RootElement.GetProperty("orderId").GetInt64()).Distinct().Order()], clock.GetUtcNow(), cancellationToken);
        return [.. jobs.Select(_ => JobOutcome.Ok)];
    }
}

/// <summary>Weighs what a supplier's answer will bring too late.</summary>
public sealed class WeighReRouteHandler(RoutingService routing, TimeProvider clock) : IBatchHandler
{
    /// <inheritdoc/>
    public string Kind => "weigh-re-route";

    /// <inheritdoc/>
    public int BatchSize => 1;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<JobOutcome>> RunAsync(IReadOnlyList<Job> jobs, IWork work, CancellationToken cancellationToken)
    {
        foreach (var job in jobs)
        {
            await routing.WeighAsync(work, JsonDocument.Parse(job.Args).RootElement.GetProperty("purchaseId").GetInt64(), clock.GetUtcNow(), cancellationToken);
        }
        return [.. jobs.Select(_ => JobOutcome.Ok)];
    }

    /// <summary>The job for a purchase order whose answer names a later date. In the lane of routing: it looks at the same stock.</summary>
    public static NewJob For(long purchaseId) =>
        new("weigh-re-route", JsonSerializer.Serialize(new { purchaseId }, CanonicalJson.Options)) { Lane = "routing", UniqueKey = $"weigh-re-route:{purchaseId}" };
}
