using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using UnifiedCommerce.Hub.Access;

namespace UnifiedCommerce.Hub.Api;

/// <summary>Who calls the API: an API key, or anybody on this machine while no key exists.</summary>
public static class ApiAccess
{
    private static readonly object s_clientKey = new();
    private static readonly ApiClient s_local = new("local", "this machine", AccessDirectory.AllScopes.ToHashSet(StringComparer.Ordinal), null);

    /// <summary>The client of a request; throws when the request did not come through <see cref="UseApiAccess"/>.</summary>
    public static ApiClient Client(this HttpContext context) =>
        context.Items[s_clientKey] as ApiClient ?? throw new InvalidOperationException("The request did not pass the API's access check. Map the route below /api.");

    /// <summary>Limits requests per client; the excess is answered 429 with Retry-After.</summary>
    public static void AddApiLimits(this IServiceCollection services, int requestsPerSecond) => services.AddRateLimiter(limiter =>
    {
        limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context =>
            context.Items.TryGetValue(s_clientKey, out object? client) && client is ApiClient known
                ? RateLimitPartition.GetTokenBucketLimiter(known.Id, _ => new TokenBucketRateLimiterOptions
                {
                    TokenLimit = requestsPerSecond * 2,
                    TokensPerPeriod = Math.Max(1, requestsPerSecond / 10),
                    ReplenishmentPeriod = TimeSpan.FromMilliseconds(100),
                    QueueLimit = requestsPerSecond,
                    QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
                })
                : RateLimitPartition.GetNoLimiter(""));
        limiter.OnRejected = async (rejected, cancellationToken) =>
        {
            rejected.HttpContext.Response.Headers.RetryAfter = "1";
            await Problems.Of(StatusCodes.Status429TooManyRequests, "too-many-requests", "Too many requests",
                "This key sends more requests than the installation allows. Wait a second, then go on; Api:RequestsPerSecond sets the limit.")
                .ExecuteAsync(rejected.HttpContext);
        };
    });

    /// <summary>Finds out who calls; requests below /api without a valid key get 401.</summary>
    public static IApplicationBuilder UseApiAccess(this IApplicationBuilder app) => app.UseWhen(
        context => context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)
            && !context.Request.Path.Equals("/api/openapi.json", StringComparison.OrdinalIgnoreCase),
        branch => branch.Use(async (context, next) =>
        {
            var directory = context.RequestServices.GetRequiredService<AccessDirectory>();
            string? presented = context.Request.Headers.Authorization.ToString() is var header && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
                ? header["Bearer ".Length..].Trim()
                : null;
            ApiClient? client;
            if (presented is not null)
            {
                client = await directory.AuthenticateAsync(presented, context.RequestAborted);
            }
            else
            {
                client = IsLocal(context) && (await directory.KeysAsync(context.RequestAborted)).Count == 0 ? s_local : null;
            }
            if (client is null)
            {
                context.Response.Headers.WWWAuthenticate = "Bearer";
                await Problems.Of(StatusCodes.Status401Unauthorized, "no-key", "API key needed",
                    "Found no valid API key, expected the header 'Authorization: Bearer uc_...'. An administrator makes keys in the console under Access.")
                    .ExecuteAsync(context);
                return;
            }
            context.Items[s_clientKey] = client;
            await next(context);
        }));

    /// <summary>Requires a scope of the key.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder builder, string scope) where TBuilder : IEndpointConventionBuilder =>
        builder.AddEndpointFilter(async (invocation, next) =>
        {
            var client = invocation.HttpContext.Client();
            return client.Scopes.Contains(scope)
                ? await next(invocation)
                : Problems.Of(StatusCodes.Status403Forbidden, "no-scope", "Scope missing", $"The key '{client.Name}' has no scope '{scope}'. Ask the administrator for a key that has it.");
        });

    /// <summary>True for a request from this machine that no proxy passed on and whose Host is this machine (a web page elsewhere cannot make one).</summary>
    public static bool IsLocal(HttpContext context)
    {
        string host = context.Request.Host.Host.Trim('[', ']');
        return context.Connection.RemoteIpAddress is { } remote && IPAddress.IsLoopback(remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : remote)
            && (host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address)))
            && !context.Request.Headers.ContainsKey("X-Forwarded-For")
            && !context.Request.Headers.ContainsKey("Forwarded");
    }
}
