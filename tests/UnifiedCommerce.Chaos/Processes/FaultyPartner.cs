using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace UnifiedCommerce.Chaos.Processes;

/// <summary>A partner's HTTP interface that fails as interfaces fail: refusals before the effect, answers that are lost, late or not the interface's own
/// after it. It knows what it has by the key of the request, as the hub may expect of it.</summary>
internal sealed class FaultyPartner : IAsyncDisposable
{
    /// <summary>What the hub waits for an answer; a late one comes after it.</summary>
    public const int TimeoutSeconds = 3;

    readonly WebApplication _web;
    readonly ConcurrentDictionary<string, string> _received = new(StringComparer.Ordinal);
    readonly int _percent;
    readonly Random _random;
    int _faults;
    int _conflicts;
    int _deliveries;

    FaultyPartner(WebApplication web, int percent, int seed) => (_web, _percent, _random) = (web, percent, new Random(seed));

    public string Address { get; private set; } = "";

    /// <summary>Hashes of the documents it has, by key.</summary>
    public IReadOnlyDictionary<string, string> Received => _received;

    /// <summary>Requests that it failed on purpose.</summary>
    public int Faults => _faults;

    /// <summary>Documents that came, repeats included.</summary>
    public int Deliveries => _deliveries;

    /// <summary>Holds the answers to documents, which it has by then, until this ends.</summary>
    public Task Holding { get; set; } = Task.CompletedTask;

    /// <summary>Keys that came again with other bytes.</summary>
    public int Conflicts => _conflicts;

    /// <summary>Starts one that fails this share of all requests, in per cent.</summary>
    public static async Task<FaultyPartner> StartAsync(int percent, int seed)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var partner = new FaultyPartner(builder.Build(), percent, seed);
        partner._web.MapPost("/orders", partner.TakeAsync);
        partner._web.MapGet("/orders/{number}", partner.TellAsync);
        await partner._web.StartAsync(CancellationToken.None);
        partner.Address = partner._web.Urls.First();
        return partner;
    }

    /// <summary>Which fault this request meets; -1: none.</summary>
    int Fate(int kinds)
    {
        lock (_random)
        {
            if (_random.Next(100) >= _percent)
                return -1;
            _faults++;
            return _random.Next(kinds);
        }
    }

    async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var fate = Fate(8);
        switch (fate)
        {
            case 0:
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                return;
            case 1:
                context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                context.Response.Headers.RetryAfter = "1";
                return;
            case 2:
                await context.Response.WriteAsync("<!doctype html><html><body>Down for maintenance</body></html>", context.RequestAborted);
                return;
            case 3:
                context.Abort();
                return;
        }
        var sha = Convert.ToHexStringLower(SHA256.HashData(body.ToArray()));
        if (_received.GetOrAdd(context.Request.Headers["Idempotency-Key"].ToString(), sha) != sha)
            Interlocked.Increment(ref _conflicts);
        Interlocked.Increment(ref _deliveries);
        await Holding;
        switch (fate)
        {
            case 4:
                context.Abort();
                return;
            case 5:
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                return;
            case 6:
                await Task.Delay(TimeSpan.FromSeconds(TimeoutSeconds + 1), CancellationToken.None);
                return;
            case 7:
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync("{\"number\":", context.RequestAborted);
                return;
            default:
                return;
        }
    }

    async Task TellAsync(HttpContext context, string number)
    {
        switch (Fate(3))
        {
            case 0:
                context.Response.StatusCode = StatusCodes.Status502BadGateway;
                return;
            case 1:
                context.Abort();
                return;
            case 2:
                await context.Response.WriteAsync("<html><body>Sign in</body></html>", context.RequestAborted);
                return;
        }
        if (!_received.Keys.Any(key => key.StartsWith(number + "-v", StringComparison.Ordinal)))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        await context.Response.WriteAsJsonAsync(new { number }, context.RequestAborted);
    }

    public async ValueTask DisposeAsync()
    {
        await _web.StopAsync(CancellationToken.None);
        await _web.DisposeAsync();
    }
}
