using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Transports.Https;

namespace UnifiedCommerce.Adapters.Tests.Transports;

public sealed class HttpsChannelTests : TransportContract, IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, byte[]> orders = new(StringComparer.Ordinal);
    private readonly WebApplication server;
    private readonly HttpsChannel channel = new(new OneSecret("acme-token", "s3cret"), TimeProvider.System, new HttpsChannelOptions { ConnectRetries = 0 });
    private Func<HttpContext, Task>? instead;
    private int posts;
    private Uri address = new("http://127.0.0.1/");

    public HttpsChannelTests()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        server = builder.Build();
        server.MapPost("/orders", TakeAsync);
        server.MapGet("/orders/{number}", (string number) => orders.ContainsKey(number) ? Results.Json(new { number }) : Results.NotFound());
    }

    protected override IOutboundChannel Channel => channel;

    protected override Partner Partner => PartnerWith(Transport("/orders"));

    [Fact]
    public async Task The_dispatch_key_and_the_token_travel_and_the_answer_comes_back()
    {
        string? seen = null;
        instead = async context =>
        {
            seen = $"{context.Request.Headers["Idempotency-Key"]} {context.Request.Headers.Authorization} {context.Request.ContentType}";
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("""{"status":"accepted"}""", context.RequestAborted);
        };

        SendResult.Sent sent = Assert.IsType<SendResult.Sent>(await channel.SendAsync(Partner, DispatchOf("PO-000001-v1", "{}"), default));

        Assert.Equal("PO-000001-v1 Bearer s3cret application/edifact", seen);
        Assert.Equal("""{"status":"accepted"}""", Encoding.UTF8.GetString(sent.Answer!));
    }

    [Theory]
    [InlineData(400, false)]
    [InlineData(401, false)]
    [InlineData(404, false)]
    [InlineData(409, false)]
    [InlineData(422, false)]
    [InlineData(302, false)]
    [InlineData(408, true)]
    [InlineData(425, true)]
    [InlineData(429, true)]
    [InlineData(500, true)]
    [InlineData(503, true)]
    public async Task Only_failures_that_pass_by_themselves_are_tried_again(int status, bool retryable)
    {
        instead = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "http://127.0.0.1/elsewhere";
            return Task.CompletedTask;
        };

        Assert.Equal(retryable, Assert.IsType<SendResult.Failed>(await channel.SendAsync(Partner, DispatchOf("PO-000001-v1", "{}"), default)).Retryable);
    }

    [Fact]
    public async Task Retry_After_is_heeded()
    {
        instead = context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "120";
            return Task.CompletedTask;
        };

        Assert.Equal(TimeSpan.FromMinutes(2), Assert.IsType<SendResult.Failed>(await channel.SendAsync(Partner, DispatchOf("PO-000001-v1", "{}"), default)).RetryAfter);
    }

    [Theory]
    [InlineData("text/html", "<html>Down for maintenance</html>")]
    [InlineData("application/json", "<!DOCTYPE html><p>Sign in to the hotel's network")]
    [InlineData("text/plain", "  \n<HTML>")]
    public async Task A_web_page_with_status_200_is_a_failure(string type, string body)
    {
        instead = context => AnswerAsync(context, type, body);

        Assert.True(Assert.IsType<SendResult.Failed>(await channel.SendAsync(Partner, DispatchOf("PO-000001-v1", "{}"), default)).Retryable);
    }

    [Theory]
    [InlineData("application/json", "{\"status\":\"acc")]
    [InlineData("application/xml", "<OrderResponse><ID>1</ID>")]
    [InlineData("application/xml", "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>")]
    public async Task A_success_whose_answer_cannot_be_read_is_unknown(string type, string body)
    {
        instead = context => AnswerAsync(context, type, body);

        Assert.IsType<SendResult.Unknown>(await channel.SendAsync(Partner, DispatchOf("PO-000001-v1", "{}"), default));
    }

    [Fact]
    public async Task An_effect_without_an_answer_is_unknown_and_the_probe_finds_it()
    {
        instead = async context =>
        {
            await TakeBytesAsync(context);
            context.Abort();
        };
        Dispatch dispatch = DispatchOf("PO-000001-v1", "{}");

        Assert.IsType<SendResult.Unknown>(await channel.SendAsync(Partner, dispatch, default));
        instead = null;
        Assert.IsType<ProbeResult.Present>(await channel.ProbeAsync(Partner, dispatch, default));
        Assert.IsType<SendResult.Sent>(await channel.SendAsync(Partner, dispatch, default));
        Assert.Single(await ReceivedAsync());
    }

    [Fact]
    public async Task A_partner_that_drips_its_answer_is_unknown_after_the_timeout()
    {
        instead = async context =>
        {
            await TakeBytesAsync(context);
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.WriteAsync(" ", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(20, CancellationToken.None);
            }
        };
        Partner impatient = PartnerWith(Transport("/orders") with { Timeout = TimeSpan.FromSeconds(0.5) });

        Assert.IsType<SendResult.Unknown>(await channel.SendAsync(impatient, DispatchOf("PO-000001-v1", "{}"), default));
    }

    [Fact]
    public async Task An_endless_answer_is_cut_off()
    {
        instead = async context =>
        {
            byte[] chunk = new byte[64 * 1024];
            for (int i = 0; i < 64; i++)
            {
                await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
            }
        };

        Assert.IsType<SendResult.Unknown>(await channel.SendAsync(Partner, DispatchOf("PO-000001-v1", "{}"), default));
    }

    [Fact]
    public async Task A_closed_port_is_a_failure_that_is_tried_again()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        Partner closed = PartnerWith(Transport("/orders") with { Url = new Uri($"http://127.0.0.1:{port}/orders") });

        Assert.True(Assert.IsType<SendResult.Failed>(await channel.SendAsync(closed, DispatchOf("PO-000001-v1", "{}"), default)).Retryable);
    }

    [Fact]
    public async Task A_partner_that_fails_and_fails_is_left_alone()
    {
        instead = context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        SendResult? last = null;
        for (int i = 0; i < 20; i++)
        {
            last = await channel.SendAsync(Partner, DispatchOf($"PO-{i:000000}-v1", "{}"), default);
        }

        Assert.NotNull(Assert.IsType<SendResult.Failed>(last).RetryAfter);
        Assert.InRange(posts, 1, 10);
    }

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://localhost/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[::ffff:127.0.0.1]/")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://10.1.2.3/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f.1/")]
    public async Task Private_addresses_are_refused_unless_the_partner_may(string url)
    {
        Partner guarded = PartnerWith(Transport("/orders") with { Url = new Uri(url), AllowPrivateNetwork = false });

        SendResult.Failed failed = Assert.IsType<SendResult.Failed>(await channel.SendAsync(guarded, DispatchOf("PO-000001-v1", "{}"), default));

        Assert.Contains("private network", failed.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("172.15.255.255", false)]
    [InlineData("172.16.0.1", true)]
    [InlineData("100.64.0.1", true)]
    [InlineData("192.168.0.1", true)]
    [InlineData("8.8.8.8", false)]
    [InlineData("fe80::1", true)]
    [InlineData("fd00::1", true)]
    [InlineData("64:ff9b::7f00:1", true)]
    [InlineData("2a00:1450::1", false)]
    public void Addresses_inside_are_told_from_those_outside(string address, bool inside) => Assert.Equal(!inside, NetworkGuard.IsPublic(IPAddress.Parse(address)));

    [Fact]
    public async Task A_missing_secret_stops_the_send_before_it_begins()
    {
        Partner secretive = PartnerWith(Transport("/orders") with { Secret = "other-token" });

        SendResult.Failed failed = Assert.IsType<SendResult.Failed>(await channel.SendAsync(secretive, DispatchOf("PO-000001-v1", "{}"), default));

        Assert.Contains("other-token", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(0, posts);
    }

    public async Task InitializeAsync()
    {
        await server.StartAsync(CancellationToken.None);
        address = new Uri(server.Urls.Single());
    }

    public async Task DisposeAsync()
    {
        channel.Dispose();
        await server.DisposeAsync();
    }

    protected override Task<IReadOnlyList<byte[]>> ReceivedAsync() => Task.FromResult<IReadOnlyList<byte[]>>([.. orders.Values]);

    private PartnerTransport Transport(string path) => new()
    {
        Kind = "https",
        Url = new Uri(address, path),
        ProbeUrl = new Uri(address, "/orders/") + "{number}",
        Secret = "acme-token",
        AllowPrivateNetwork = true,
        Timeout = TimeSpan.FromSeconds(10),
    };

    private async Task TakeAsync(HttpContext context)
    {
        Interlocked.Increment(ref posts);
        if (instead is { } fault)
        {
            await fault(context);
            return;
        }
        await TakeBytesAsync(context);
        context.Response.StatusCode = 202;
    }

    private async Task TakeBytesAsync(HttpContext context)
    {
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        orders.TryAdd(context.Request.Headers["Idempotency-Key"].ToString()[..9], body.ToArray());
    }

    private static async Task AnswerAsync(HttpContext context, string type, string body)
    {
        context.Response.ContentType = type;
        await context.Response.WriteAsync(body, context.RequestAborted);
    }

    private sealed class OneSecret(string name, string value) : ISecrets
    {
        public string? Find(string asked) => asked == name ? value : null;
    }
}
