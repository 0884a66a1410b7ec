using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Hub.Webhooks;
using UnifiedCommerce.Transports.Https;

namespace UnifiedCommerce.Hub.Api;

/// <summary>A webhook to make.</summary>
/// <param name="Url">Address, https.</param>
/// <param name="Customer">Customer whose events it gets; absent: all that the key may see.</param>
/// <param name="Types">Types of events; absent: all.</param>
/// <param name="After">Position in the event feed after which it is told; absent: everything.</param>
public sealed record WebhookRequest(string Url, string? Customer = null, IReadOnlyList<string>? Types = null, long? After = null);

/// <summary>A webhook as listed; its secret is shown once, when it is made or rotated.</summary>
public sealed record WebhookAnswer(
    string Id, string Url, string? Customer, IReadOnlyList<string> Types, long ToldUpTo, string? Disabled, DateTimeOffset CreatedAt, string? Secret = null);

/// <summary>From where a webhook is told again.</summary>
/// <param name="After">Position in the event feed.</param>
public sealed record WebhookReplay(long After);

/// <summary>Webhooks: made, listed, rotated, replayed and removed by their owner.</summary>
public static class WebhooksApi
{
    /// <summary>Maps the end points below <c>/api</c>.</summary>
    public static void MapWebhooksApi(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/webhooks").RequireScope("webhooks").WithTags("Webhooks");
        group.MapGet("", async (HttpContext context, WebhookRegistry registry, CancellationToken cancellationToken) =>
            TypedResults.Ok((await registry.AllAsync(cancellationToken)).Where(row => Mine(context, row.Webhook)).Select(row => Of(row.Webhook, row.Told)).ToList()))
            .WithName("Webhooks").WithSummary("The webhooks of this key.");
        group.MapPost("", AddAsync).Produces<WebhookAnswer>(StatusCodes.Status201Created).ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .WithName("AddWebhook").WithSummary("Makes a webhook. Bodies are CloudEvents; signatures follow Standard Webhooks; the secret is shown once.");
        group.MapPost("/{id}/rotate", async (HttpContext context, WebhookRegistry registry, string id, CancellationToken cancellationToken) =>
        {
            if (await registry.FindAsync(id, cancellationToken) is not { } found || !Mine(context, found.Webhook))
            {
                return Problems.NotFound("webhook");
            }
            string secret = await registry.RotateAsync(found.Webhook, Actor(context), cancellationToken);
            return (IResult)TypedResults.Ok(Of(found.Webhook, found.Told) with { Secret = secret });
        }).Produces<WebhookAnswer>().ProducesProblem(StatusCodes.Status404NotFound).WithName("RotateWebhook").WithSummary("Gives it a new secret; the old one signs too for a day.");
        group.MapPost("/{id}/replay", async (HttpContext context, WebhookRegistry registry, string id, WebhookReplay from, CancellationToken cancellationToken) =>
        {
            if (await registry.FindAsync(id, cancellationToken) is not { } found || !Mine(context, found.Webhook))
            {
                return Problems.NotFound("webhook");
            }
            await registry.ReplayAsync(found.Webhook, Math.Max(0, from.After), Actor(context), cancellationToken);
            return (IResult)TypedResults.NoContent();
        }).Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).WithName("ReplayWebhook").WithSummary("Tells it everything after a position again, with the same ids; calls it again when it was disabled.");
        group.MapDelete("/{id}", async (HttpContext context, WebhookRegistry registry, string id, CancellationToken cancellationToken) =>
        {
            if (await registry.FindAsync(id, cancellationToken) is not { } found || !Mine(context, found.Webhook))
            {
                return Problems.NotFound("webhook");
            }
            await registry.RemoveAsync(found.Webhook, Actor(context), cancellationToken);
            return (IResult)TypedResults.NoContent();
        }).Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).WithName("RemoveWebhook").WithSummary("Removes it.");
    }

    private static async Task<IResult> AddAsync(HttpContext context, WebhookRegistry registry, WebhookClient client, WebhookRequest wanted, CancellationToken cancellationToken)
    {
        var caller = context.Client();
        if (NetworkGuard.Mistake(wanted.Url, client.AllowPrivate) is { } mistake)
        {
            return Problems.Of(StatusCodes.Status422UnprocessableEntity, "webhook-address", "The address cannot be called", $"/url: {mistake}.");
        }
        if (wanted.Customer is not null && !caller.MaySee(wanted.Customer))
        {
            return Problems.NotFound("customer");
        }
        var (webhook, secret) = await registry.AddAsync(
            wanted.Url, wanted.Customer ?? caller.Customer, wanted.Types ?? [], Math.Max(0, wanted.After ?? 0), caller.Id, Actor(context), cancellationToken);
        return TypedResults.Created($"/api/webhooks/{webhook.Id}", Of(webhook, Math.Max(0, wanted.After ?? 0)) with { Secret = secret });
    }

    // A key sees the webhooks it made; another key's give 404 (C34).
    private static bool Mine(HttpContext context, Webhook webhook) => string.Equals(webhook.Owner, context.Client().Id, StringComparison.Ordinal);

    private static string Actor(HttpContext context) => $"api:{context.Client().Id}";

    private static WebhookAnswer Of(Webhook webhook, long told) => new(webhook.Id, webhook.Url, webhook.Customer, webhook.Types, told, webhook.Disabled, webhook.CreatedAt);
}
