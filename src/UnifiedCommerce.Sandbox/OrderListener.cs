using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using UnifiedCommerce.Sandbox.Voices;

namespace UnifiedCommerce.Sandbox;

/// <summary>The HTTP interfaces of simulated suppliers, on loopback: POST <c>/polhurt/orders</c>, POST <c>/quickparts/v2/orders</c>, and GET of an order
/// by the buyer's number below each.</summary>
internal sealed class OrderListener(SandboxOptions options, SupplierMemory memory, Func<string, SandboxFault> fault) : IAsyncDisposable
{
    private const int MaxBody = 10 * 1024 * 1024;
    private WebApplication? server;

    internal Uri? Address { get; private set; }

    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!options.Suppliers.Any(supplier => supplier.Http))
        {
            return;
        }
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        // The process belongs to somebody else: no reaction to its signals.
        builder.Services.AddSingleton<IHostLifetime, GuestLifetime>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = MaxBody;
            kestrel.Listen(IPAddress.Loopback, options.Port);
        });
        server = builder.Build();
        foreach (SupplierProfile supplier in options.Suppliers.Where(supplier => supplier.Http))
        {
            string path = supplier.Id == "quickparts" ? "/quickparts/v2/orders" : $"/{supplier.Id}/orders";
            server.MapPost(path, context => PostAsync(context, supplier.Id));
            server.MapGet(path + "/{number}", (HttpContext context, string number) => Get(context, supplier.Id, number));
        }
        await server.StartAsync(cancellationToken);
        Address = new Uri(server.Urls.Single());
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            await server.DisposeAsync();
        }
    }

    private async Task PostAsync(HttpContext context, string supplier)
    {
        SandboxFault wrong = fault(supplier);
        switch (wrong)
        {
            case SandboxFault.Refuse:
                context.Abort();
                return;
            case SandboxFault.ServerError:
                context.Response.StatusCode = 500;
                return;
            case SandboxFault.WebPage:
                context.Response.ContentType = "text/html";
                await context.Response.WriteAsync("<!DOCTYPE html><html><body>Down for maintenance</body></html>", context.RequestAborted);
                return;
        }
        if (!IsAllowed(context, supplier))
        {
            await RefuseAsync(context, 401, "The bearer token is missing or wrong.");
            return;
        }
        string key = context.Request.Headers["Idempotency-Key"].ToString();
        if (key.Length is 0 or > 200)
        {
            await RefuseAsync(context, 400, "Idempotency-Key is missing.");
            return;
        }
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        DateTimeOffset now = options.Time.GetUtcNow();
        (Taken taken, IReadOnlyList<OrderPlan> plans, string? said) = memory.Take(supplier, key, body.ToArray(), now);
        switch (wrong)
        {
            case SandboxFault.DropAnswer:
                context.Abort();
                return;
            case SandboxFault.Drip:
                await DripAsync(context);
                return;
        }
        switch (taken)
        {
            case Taken.Unreadable:
                await RefuseAsync(context, 400, said!);
                return;
            case Taken.Conflict:
                await RefuseAsync(context, 422, said!);
                return;
            case Taken.Doubled:
                await RefuseAsync(context, 409, "This order number is known.");
                return;
        }
        context.Response.StatusCode = 202;
        if (memory.VoiceOf(supplier) is QuickVoice quick && plans.Count > 0)
        {
            context.Response.ContentType = quick.ContentType;
            await context.Response.Body.WriteAsync(quick.Received(plans[0], new Stamp(0, now)), context.RequestAborted);
        }
    }

    private IResult Get(HttpContext context, string supplier, string number) =>
        !IsAllowed(context, supplier) ? Results.StatusCode(401)
        : memory.Find(supplier, number) is { } plan ? Results.Json(new { orderReference = number, lines = plan.Order.Lines.Count }) : Results.NotFound();

    private bool IsAllowed(HttpContext context, string supplier) => options.OwnToken(supplier) is not { } token
        || CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes("Bearer " + token), Encoding.UTF8.GetBytes(context.Request.Headers.Authorization.ToString()));

    private static async Task DripAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        try
        {
            while (true)
            {
                await context.Response.WriteAsync(" ", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(TimeSpan.FromMilliseconds(100), context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, string reason)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new { error = reason }, context.RequestAborted);
    }

    private sealed class GuestLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
