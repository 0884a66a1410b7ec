using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using UnifiedCommerce.Hub.Hosting;
using UnifiedCommerce.Hub.Webhooks;
using UnifiedCommerce.Transports.Https;

namespace UnifiedCommerce.EndToEnd.Tests;

/// <summary>What somebody who is told of events notices.</summary>
public sealed class WebhookTests
{
    [Fact]
    public async Task A_webhook_gets_every_event_once_in_order_signed_and_again_when_replayed()
    {
        await using var listener = await Listener.StartAsync();
        await using var hub = await RunningHub.StartAsync(HubRoles.All, null, "--Webhooks:AllowPrivate=true");
        using var made = await hub.PostAsync("/api/webhooks", $$"""{ "url": "{{listener.Address}}/hook" }""");
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var webhook = JsonNode.Parse(await made.Content.ReadAsStringAsync())!;
        string secret = (string)webhook["secret"]!;
        for (int number = 1; number <= 3; number++)
        {
            using var taken = await hub.PostAsync("/api/orders", hub.Order($"W-{number}"));
            taken.EnsureSuccessStatusCode();
        }
        var calls = await listener.WaitAsync(3);
        Assert.Equal(["W-1", "W-2", "W-3"], calls.Select(call => (string?)JsonNode.Parse(call.Body)!["subject"]));
        Assert.All(calls, call =>
        {
            Assert.Equal("application/cloudevents+json", call.ContentType);
            Assert.Equal(call.Id, (string?)JsonNode.Parse(call.Body)!["id"]);
            Assert.True(WebhookSignature.Verify(secret, call.Id, call.Timestamp, call.Signature, call.Body, TimeProvider.System.GetUtcNow()));
            Assert.False(WebhookSignature.Verify(secret, call.Id, call.Timestamp, call.Signature, [.. call.Body, (byte)' '], TimeProvider.System.GetUtcNow()));
        });

        using var replay = await hub.PostAsync($"/api/webhooks/{webhook["id"]}/replay", """{ "after": 0 }""");
        Assert.Equal(HttpStatusCode.NoContent, replay.StatusCode);
        var again = await listener.WaitAsync(6);
        Assert.Equal(calls.Select(call => call.Id), again.Skip(3).Select(call => call.Id));
    }

    [Fact]
    public async Task A_webhook_that_answers_410_is_not_called_again_and_a_person_is_told()
    {
        await using var listener = await Listener.StartAsync(StatusCodes.Status410Gone);
        await using var hub = await RunningHub.StartAsync(HubRoles.All, null, "--Webhooks:AllowPrivate=true");
        using var made = await hub.PostAsync("/api/webhooks", $$"""{ "url": "{{listener.Address}}/hook" }""");
        using var taken = await hub.PostAsync("/api/orders", hub.Order("W-4"));
        await listener.WaitAsync(1);
        JsonNode? disabled = null;
        for (int attempt = 0; attempt < 200 && disabled is null; attempt++)
        {
            disabled = (await hub.GetJsonAsync("/api/webhooks"))[0]!["disabled"];
            await Task.Delay(50);
        }
        Assert.Contains("410", (string?)disabled, StringComparison.Ordinal);
        Assert.Contains("not called any more", await hub.Http.GetStringAsync("/tasks"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://example.com/")]
    [InlineData("https://localhost/")]
    [InlineData("https://127.0.0.1/")]
    [InlineData("https://[::1]/")]
    [InlineData("https://10.1.2.3/")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://[::ffff:192.168.0.1]/")]
    [InlineData("https://[64:ff9b::10.0.0.1]/")]
    [InlineData("https://2130706433/")]
    [InlineData("https://0x7f000001/")]
    [InlineData("https://user@example.com/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("not an address")]
    public async Task An_address_inside_our_network_is_refused(string url)
    {
        await using var hub = await RunningHub.StartAsync(HubRoles.Web);
        using var answer = await hub.PostAsync("/api/webhooks", new JsonObject { ["url"] = url }.ToJsonString());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
    }

    [Fact]
    public async Task A_name_that_resolves_to_this_machine_is_not_called()
    {
        using var client = new HttpClient(NetworkGuard.CreateHandler(allowPrivateNetwork: false, TimeSpan.FromSeconds(5)));
        var refusal = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("http://localhost:9/")));
        Assert.Contains("not on the public internet", refusal.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("100.64.0.1", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("fd00::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("::", false)]
    public void Public_addresses_are_told_from_others(string address, bool isPublic) => Assert.Equal(isPublic, NetworkGuard.IsPublic(IPAddress.Parse(address)));

    private sealed record Call(string Id, string Timestamp, string Signature, string ContentType, byte[] Body);

    private sealed class Listener : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private readonly ConcurrentQueue<Call> _calls = new();

        private Listener(WebApplication app) => _app = app;

        public string Address => _app.Urls.First();

        public static async Task<Listener> StartAsync(int status = StatusCodes.Status204NoContent)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            var app = builder.Build();
            app.Urls.Add("http://127.0.0.1:0");
            var listener = new Listener(app);
            app.MapPost("/hook", async (HttpContext context) =>
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body, context.RequestAborted);
                var headers = context.Request.Headers;
                listener._calls.Enqueue(new Call(headers["webhook-id"]!, headers["webhook-timestamp"]!, headers["webhook-signature"]!, context.Request.ContentType!, body.ToArray()));
                context.Response.StatusCode = status;
            });
            await app.StartAsync(CancellationToken.None);
            return listener;
        }

        public async Task<IReadOnlyList<Call>> WaitAsync(int count)
        {
            for (int attempt = 0; attempt < 600 && _calls.Count < count; attempt++)
            {
                await Task.Delay(50, CancellationToken.None);
            }
            Assert.True(_calls.Count >= count, $"found {_calls.Count} calls within 30 seconds, expected {count}");
            return [.. _calls];
        }

        public async ValueTask DisposeAsync() => await _app.DisposeAsync();
    }
}
