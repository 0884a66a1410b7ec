using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MassTransit;
using Microsoft.Extensions.Options;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.EndToEnd.Tests.Journeys;

namespace UnifiedCommerce.EndToEnd.Tests;

/// <summary>The numbers that whoever watches the hub is promised.</summary>
public sealed class MetricsTests
{
    [Fact]
    public async Task A_running_hub_shows_queues_sends_routing_and_documents()
    {
        await using var hub = await RunningHub.StartAsync();
        using (var taken = await hub.PostAsync("/api/orders", hub.Order("M-1")))
        {
            taken.EnsureSuccessStatusCode();
        }
        // Something that waits.
        await using (var work = await hub.Service<IStore>().BeginAsync(CancellationToken.None))
        {
            await work.Jobs.InsertAsync([new NewJob("send-dispatch", """{"dispatchId":1}""") { RunAt = TimeProvider.System.GetUtcNow().AddDays(1) }], CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }
        // A journey of real documents in the same process: meters are the process's.
        await using (var bench = await Workbench.OpenAsync(SampleJourneyTests.WithoutHttps))
        {
            await bench.TakeInSamplesAsync();
            await bench.HandInAsync("hoffmann-bau", "again.edi", "UNA:+.? '"u8.ToArray());
            await bench.HandInAsync("hoffmann-bau", "again-2.edi", "UNA:+.? '"u8.ToArray());
            await bench.ADayAsync();
        }
        string[] promised =
        [
            "hub_orders_taken_total{outcome=\"accepted\"}", "hub_schedule_ticks_total", "uc_jobs_depth{kind=", "stage=\"ready\"", "uc_jobs_oldest_ready_age_seconds{kind=", "uc_jobs_attempts_total",
            "uc_jobs_run_time_seconds_bucket", "uc_jobs_wait_time_seconds_bucket", "uc_send_duration_seconds_bucket{partner=", "uc_sends_total{partner=", "outcome=\"sent\"",
            "uc_routing_duration_seconds_bucket{pool=", "uc_routing_gap_bucket{pool=", "uc_documents_total{partner=", "verdict=\"applied\"", "verdict=\"duplicate\"",
        ];
        string metrics = "";
        for (int look = 0; look < 100 && !promised.All(name => metrics.Contains(name, StringComparison.Ordinal)); look++)
        {
            await Task.Delay(100);
            using var answer = await hub.GetAsync("/metrics");
            metrics = await answer.Content.ReadAsStringAsync();
        }
        Assert.Empty(promised.Where(name => !metrics.Contains(name, StringComparison.Ordinal)));
        var dashboard = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Workbench.Root, "src", "UnifiedCommerce.Hub", "Telemetry", "grafana-dashboard.json")))!;
        var asked = dashboard["panels"]!.AsArray().SelectMany(panel => Regex.Matches((string)panel!["targets"]![0]!["expr"]!, "(uc|hub)_[a-z_]+").Select(match => match.Value))
            // Only a webhook that was called and a schedule that failed have these.
            .Where(name => name is not "hub_webhooks_calls_total").Distinct();
        Assert.Empty(asked.Where(name => !metrics.Contains(name, StringComparison.Ordinal)));
    }

    /// <summary>MassTransit reports to its makers unless it is told not to.</summary>
    [Fact]
    public async Task Nobody_outside_the_house_is_told_how_the_hub_is_used()
    {
        await using var hub = await RunningHub.StartAsync();
        Assert.False(hub.Service<IOptions<UsageTelemetryOptions>>().Value.Enabled);
    }
}
