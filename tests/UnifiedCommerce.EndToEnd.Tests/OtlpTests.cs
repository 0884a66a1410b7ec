using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using UnifiedCommerce.Hub.Hosting;

namespace UnifiedCommerce.EndToEnd.Tests;

/// <summary>What a collector of OpenTelemetry gets from a hub that was told of one.</summary>
public sealed class OtlpTests
{
    [Fact]
    public async Task Metrics_and_traces_of_an_order_reach_the_collector()
    {
        await using var collector = await Collector.StartAsync();
        await using (var hub = await RunningHub.StartAsync(HubRoles.All, null, $"--Otlp:Endpoint={collector.Address}"))
        {
            using var taken = await hub.PostAsync("/api/orders", hub.Order("O-1"));
            taken.EnsureSuccessStatusCode();
            // Only a job that ran has a span and an attempt.
            await using var work = await hub.Service<Core.IStore>().BeginAsync(CancellationToken.None);
            await work.Routing.WakePoolAsync("urgent", TimeProvider.System.GetUtcNow(), CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
            await WhenAsync(async () =>
            {
                using var metrics = await hub.GetAsync("/metrics");
                return (await metrics.Content.ReadAsStringAsync()).Contains("uc_jobs_attempts_total{kind=\"route-pool\"", StringComparison.Ordinal);
            });
        }
        // The end of the hub sends what had not been sent.
        await WhenAsync(() => Task.FromResult(collector.Has("metrics", "hub.orders.taken") && collector.Has("trace", "route-pool")));
        Assert.True(collector.Has("metrics", "unified-commerce-hub"));
        Assert.True(collector.Has("metrics", "uc.jobs.attempts"));
        Assert.True(collector.Has("trace", "unified-commerce-hub"));
        // The request in which the order came.
        Assert.True(collector.Has("trace", "POST /api/orders"));
    }

    [Fact]
    public async Task The_span_of_a_request_names_its_route_and_not_its_path()
    {
        var spans = new ConcurrentQueue<Activity>();
        // Only those of this test: other hubs run beside it.
        using var mine = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore", Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span =>
            {
                if (span.TraceId == mine.TraceId)
                {
                    spans.Enqueue(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using (var hub = await RunningHub.StartAsync())
        {
            using var known = await hub.GetAsync("/api/orders/no-such-order");
            using var unknown = await hub.GetAsync("/api/no-such-call");
        }
        await WhenAsync(() => Task.FromResult(spans.Count >= 2));
        var found = spans.Single(span => span.DisplayName.Contains("/api/orders/", StringComparison.Ordinal));
        Assert.Equal(("GET /api/orders/{number}", "/api/orders/{number}", "GET", 404),
            (found.DisplayName, found.GetTagItem("http.route"), found.GetTagItem("http.request.method"), found.GetTagItem("http.response.status_code")));
        Assert.DoesNotContain(spans, span => span.DisplayName.Contains("no-such", StringComparison.Ordinal));
        Assert.DoesNotContain(spans.SelectMany(span => span.TagObjects), tag => tag.Value?.ToString()?.Contains("no-such", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task A_collector_that_is_away_disturbs_nobody()
    {
        await using var hub = await RunningHub.StartAsync(HubRoles.All, null, "--Otlp:Endpoint=http://127.0.0.1:9");
        using var taken = await hub.PostAsync("/api/orders", hub.Order("O-1"));
        taken.EnsureSuccessStatusCode();
    }

    private static async Task WhenAsync(Func<Task<bool>> holds)
    {
        for (int look = 0; look < 300 && !await holds(); look++)
        {
            await Task.Delay(100);
        }
    }

    /// <summary>Takes what exporters send over gRPC (opentelemetry-proto, collector services) and keeps the bytes: names are readable in them.</summary>
    private sealed class Collector : IAsyncDisposable
    {
        private readonly WebApplication _web;
        private readonly ConcurrentQueue<(string Signal, string Text)> _got = new();

        private Collector(WebApplication web) => _web = web;

        public string Address => _web.Urls.First();

        public static async Task<Collector> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
            var collector = new Collector(builder.Build());
            collector._web.MapPost("/opentelemetry.proto.collector.{signal}.v1.{service}/Export", collector.TakeAsync);
            await collector._web.StartAsync(CancellationToken.None);
            return collector;
        }

        public bool Has(string signal, string text) => _got.Any(got => got.Signal == signal && got.Text.Contains(text, StringComparison.Ordinal));

        private async Task TakeAsync(HttpContext context, string signal)
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            _got.Enqueue((signal, Encoding.Latin1.GetString(body.ToArray())));
            context.Response.ContentType = "application/grpc";
            context.Response.DeclareTrailer("grpc-status");
            // One uncompressed message of no bytes: everything was accepted.
            await context.Response.Body.WriteAsync(new byte[5], context.RequestAborted);
            context.Response.AppendTrailer("grpc-status", "0");
        }

        public async ValueTask DisposeAsync()
        {
            await _web.StopAsync(CancellationToken.None);
            await _web.DisposeAsync();
        }
    }
}
