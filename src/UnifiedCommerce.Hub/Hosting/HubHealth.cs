using System.Globalization;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Hub.Telemetry;

namespace UnifiedCommerce.Hub.Hosting;

/// <summary>What the health end points answer from.</summary>
public sealed class HubState
{
    /// <summary>True once the host runs: memory open, partners read, workers and schedules started.</summary>
    public bool Started { get; set; }
    /// <summary>True from the moment the host is told to stop: no new work is sent here.</summary>
    public bool Stopping { get; set; }
}

/// <summary>Health for orchestrators and numbers for Prometheus.</summary>
public static class HubHealth
{
    /// <summary>Maps <c>/health/startup</c>, <c>/health/live</c>, <c>/health/ready</c> and <c>/metrics</c>.</summary>
    public static void MapHubHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/health/live", () => Results.Text("live\n")).ExcludeFromDescription();
        app.MapGet("/health/startup", (HubState state) => state.Started ? Results.Text("started\n") : Results.Text("starting\n", statusCode: StatusCodes.Status503ServiceUnavailable))
            .ExcludeFromDescription();
        app.MapGet("/health/ready", async (HttpContext context, HubState state, IStore store, PartnerVersions partners) =>
        {
            if (!state.Started || state.Stopping)
            {
                return Results.Text(state.Stopping ? "stopping\n" : "starting\n", statusCode: StatusCodes.Status503ServiceUnavailable);
            }
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
            limit.CancelAfter(TimeSpan.FromSeconds(2));
            try
            {
                await using var work = await store.BeginReadAsync(limit.Token);
                await work.Catalogue.SettingAsync("health", limit.Token);
                // Ready all the same: this process works with what is in force, not with what lies in its folder.
                return Results.Text($"ready\n{string.Concat(partners.Unused.Select(report => $"{Unused(report)}\n"))}");
            }
            catch (Exception exception) when (StoreOutage.Is(exception) || exception is OperationCanceledException)
            {
                context.Response.Headers.RetryAfter = "5";
                return Results.Text("the store does not answer\n", statusCode: StatusCodes.Status503ServiceUnavailable);
            }
        }).ExcludeFromDescription();
        app.MapGet("/metrics", (PrometheusText metrics) => Results.Text(metrics.Write(), "text/plain; version=0.0.4; charset=utf-8")).ExcludeFromDescription();
    }

    private static string Unused(FolderReport report) => report.Faults.Count > 0
        ? $"not in force: the files of {report.Partner} in this process's folder have a fault: {report.Faults[0]}"
        : $"not in force: the files of {report.Partner} in this process's folder ({report.Sha256[..12]}) are others than those in the store, which are used";

    /// <summary>The machine's start of this process, for the console's footer.</summary>
    public static string Version { get; } =
        string.Create(CultureInfo.InvariantCulture, $"{typeof(HubHealth).Assembly.GetName().Version?.ToString(3)}");
}
