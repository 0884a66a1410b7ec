using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Hub.Access;
using UnifiedCommerce.Hub.Portal;
using UnifiedCommerce.Hub.Telemetry;

namespace UnifiedCommerce.Hub.Api;

/// <summary>The answer to an order.</summary>
/// <param name="Number">The order number.</param>
/// <param name="Customer">Customer key.</param>
/// <param name="Outcome">accepted, replay (known with the same content) or changed (known with other content).</param>
/// <param name="Version">Version of the order now.</param>
/// <param name="Lines">What each line's status is.</param>
/// <param name="Notes">Warnings: what was found, where, and what to do.</param>
public sealed record OrderAnswer(string Number, string Customer, string Outcome, int Version, IReadOnlyList<OrderAnswerLine> Lines, IReadOnlyList<ProblemFinding> Notes);

/// <summary>A line of the answer.</summary>
public sealed record OrderAnswerLine(string LineId, string Status, string Reason);

/// <summary>Order intake and the portal's reads.</summary>
public static class OrdersApi
{
    private const int MostRows = 200;

    /// <summary>Maps the end points below <c>/api</c>.</summary>
    public static void MapOrdersApi(this IEndpointRouteBuilder api)
    {
        api.MapPost("/orders", SubmitAsync).RequireScope("orders:write")
            .Accepts<Order>("application/json").Produces<OrderAnswer>(StatusCodes.Status201Created).Produces<OrderAnswer>(StatusCodes.Status200OK)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status413PayloadTooLarge).ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
            .WithName("SubmitOrder").WithTags("Orders").WithSummary("Takes an order in.")
            .WithDescription("Send an Idempotency-Key (any unique text up to 200 characters): a repeat with the same key and body gives the same answer and does nothing. "
                + "The same order number with the same content is a replay (200), with other content a change (200); a new order is 201. "
                + "A line whose article is not known waits for a person; the other lines go on.");
        api.MapGet("/orders", HistoryAsync).RequireScope("orders:read").Produces<PortalPage<PortalOrderSummary>>().WithName("Orders").WithTags("Orders")
            .WithSummary("The order history, newest first.");
        api.MapGet("/orders/{number}", OrderAsync).RequireScope("orders:read").Produces<PortalOrder>().ProducesProblem(StatusCodes.Status404NotFound)
            .WithName("Order").WithTags("Orders").WithSummary("An order with the status, dates and tracking of its lines.");
        api.MapGet("/orders/{number}/history", EventsOfOrderAsync).RequireScope("orders:read").Produces<IReadOnlyList<PortalEvent>>()
            .ProducesProblem(StatusCodes.Status404NotFound).WithName("OrderHistory").WithTags("Orders").WithSummary("What happened to an order, oldest first.");
        api.MapPost("/orders/{number}/cancel", CancelAsync).RequireScope("orders:write").Produces<PortalOrder>().ProducesProblem(StatusCodes.Status404NotFound)
            .WithName("CancelOrder").WithTags("Orders").WithSummary("Cancels what is left of an order, or of one line (?line=). What was ordered from suppliers is asked to be cancelled.");
        api.MapGet("/backorders", BackordersAsync).RequireScope("orders:read").Produces<PortalPage<PortalOrder>>().WithName("Backorders").WithTags("Orders")
            .WithSummary("Orders with lines that come later.");
        api.MapGet("/events", EventsAsync).RequireScope("events:read").Produces<EventPage>().WithName("Events").WithTags("Events")
            .WithSummary("What changed for customers, oldest first, after a position. At least once; ids are stable.");
    }

    private static async Task<IResult> SubmitAsync(
        HttpContext context, IntakeDesk desk, HubMetrics metrics, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        var client = context.Client();
        if (context.Request.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) != true)
        {
            return Problems.Of(StatusCodes.Status415UnsupportedMediaType, "not-json", "Content-Type missing or wrong",
                $"Found Content-Type '{context.Request.ContentType}', expected application/json. CSV, EDI and UBL orders go into the inbound folder of their partner.");
        }
        if (idempotencyKey is { Length: 0 or > 200 })
        {
            return Problems.Of(StatusCodes.Status400BadRequest, "idempotency-key", "Idempotency-Key wrong",
                $"Found an Idempotency-Key of {idempotencyKey.Length} characters, expected 1 to 200.");
        }
        if (await ApiJson.ReadBodyAsync(context.Request, cancellationToken) is not { } body)
        {
            return Problems.Of(StatusCodes.Status413PayloadTooLarge, "too-large", "The order is too large",
                $"Found more than {ApiJson.MaxBody / 1024 / 1024} MB, expected less. Split the order.");
        }
        var (order, mistake) = ApiJson.Read<Order>(body);
        if (order is null)
        {
            metrics.OrderRefused();
            return Problems.Of(StatusCodes.Status400BadRequest, mistake!.Code, "The order cannot be read", [mistake]);
        }
        if (OrderRules.MissingPart(order) is { } missing)
        {
            metrics.OrderRefused();
            return Problems.Of(StatusCodes.Status400BadRequest, missing.Code, "The order is incomplete", [missing]);
        }
        if (!client.MaySee(order.Buyer.Key))
        {
            metrics.OrderRefused();
            return Problems.Of(StatusCodes.Status403Forbidden, "other-customer", "Another customer's order",
                $"Found buyer '{order.Buyer.Key}', expected '{client.Customer}': this key is bound to one customer.");
        }
        string hash = ApiJson.Sha256(body);
        OrderAnswer? taken = null;
        var (result, answer) = await desk.SubmitAsync(new OrderSubmission(order, $"api:{client.Id}", idempotencyKey is null ? null : $"{client.Id}:{idempotencyKey}", hash, accepted =>
        {
            taken = AnswerOf(accepted);
            return (accepted.Outcome == IntakeOutcome.Accepted ? StatusCodes.Status201Created : StatusCodes.Status200OK, JsonSerializer.Serialize(taken, ApiJson.Options));
        }), cancellationToken);
        if (result is null)
        {
            return Repeat(context, answer!, hash);
        }
        if (answer is null)
        {
            metrics.OrderRefused();
            return Problems.Of(StatusCodes.Status422UnprocessableEntity, "order-refused", "The order was refused; nothing was stored", result.Diagnostics);
        }
        metrics.OrderTaken(taken!.Outcome, Stopwatch.GetElapsedTime(started));
        context.Response.Headers.Location = LocationOf(taken);
        return Results.Text(answer.Body, "application/json", Encoding.UTF8, answer.Status);
    }

    private static OrderAnswer AnswerOf(IntakeResult result)
    {
        var state = result.Order!;
        return new OrderAnswer(
            state.Number, state.Customer, JsonNamingPolicy.CamelCase.ConvertName(result.Outcome.ToString()), state.Version,
            [.. state.Lines.Select(line => new OrderAnswerLine(
                line.LineId, CustomerEvents.WordOf(CustomerEvents.StatusOf(line)), CustomerEvents.SentenceOf(line, state.Order.Lines[line.Index].Quantity.Unit)))],
            [.. result.Diagnostics.Select(note => new ProblemFinding(note.Code, note.Place, note.Text))]);
    }

    private static IResult Repeat(HttpContext context, IdempotentAnswer known, string hash)
    {
        if (known.RequestHash != hash)
        {
            return Problems.Of(StatusCodes.Status422UnprocessableEntity, "idempotency-key-reused", "Idempotency-Key used for another order",
                "Found a known Idempotency-Key with another body, expected the same body or a new key. Nothing was stored.");
        }
        context.Response.Headers["Idempotent-Replayed"] = "true";
        return Results.Text(known.Body, "application/json", Encoding.UTF8, known.Status);
    }

    private static async Task<IResult> HistoryAsync(HttpContext context, PortalFeed feed, string? customer, long? before, int? limit, CancellationToken cancellationToken) =>
        Customer(context, customer) is { } scope
            ? TypedResults.Ok(await feed.HistoryAsync(scope.Customer, Page(before, limit), cancellationToken))
            : Problems.NotFound("customer");

    private static async Task<IResult> OrderAsync(HttpContext context, PortalFeed feed, string number, string? customer, CancellationToken cancellationToken) =>
        Customer(context, customer) is { } scope && await feed.OrderAsync(scope.Customer, number, cancellationToken) is { } order
            ? TypedResults.Ok(order)
            : Problems.NotFound("order");

    private static async Task<IResult> EventsOfOrderAsync(HttpContext context, IViews views, string number, string? customer, CancellationToken cancellationToken) =>
        Customer(context, customer) is { } scope && await views.OrderIdAsync(scope.Customer, number, cancellationToken) is { } id
            ? TypedResults.Ok((await views.EventsOfOrderAsync(id, "portal", cancellationToken)).Select(PortalFeed.Of).ToList())
            : Problems.NotFound("order");

    private static async Task<IResult> CancelAsync(
        HttpContext context, IStore store, IViews views, OrderIntake intake, PortalFeed feed, string number, string? customer, string? line, CancellationToken cancellationToken)
    {
        if (Customer(context, customer) is not { } scope || await views.OrderIdAsync(scope.Customer, number, cancellationToken) is not { } id)
        {
            return Problems.NotFound("order");
        }
        await using (var work = await store.BeginAsync(cancellationToken))
        {
            var order = (await work.Orders.LockAsync([id], cancellationToken)).Single();
            if (line is not null && order.Lines.All(candidate => candidate.LineId != line))
            {
                return Problems.NotFound("order line");
            }
            await intake.CancelAsync(work, order, line, $"api:{context.Client().Id}", cancellationToken);
            await work.CommitAsync(cancellationToken);
        }
        return TypedResults.Ok(await feed.OrderAsync(scope.Customer, number, cancellationToken));
    }

    private static async Task<IResult> BackordersAsync(HttpContext context, PortalFeed feed, string? customer, long? before, int? limit, CancellationToken cancellationToken) =>
        Customer(context, customer) is { } scope
            ? TypedResults.Ok(await feed.BackordersAsync(scope.Customer, Page(before, limit), cancellationToken))
            : Problems.NotFound("customer");

    private static async Task<IResult> EventsAsync(HttpContext context, PortalFeed feed, long? after, string? customer, int? limit, CancellationToken cancellationToken) =>
        Customer(context, customer) is { } scope
            ? TypedResults.Ok(await feed.EventsAsync(Math.Max(0, after ?? 0), scope.Customer, Math.Clamp(limit ?? 100, 1, 1000), cancellationToken))
            : Problems.NotFound("customer");

    private static PageRequest Page(long? before, int? limit) => new(before, Math.Clamp(limit ?? 50, 1, MostRows));

    // A key that is bound to a customer sees that customer only, whatever the query says (C34).
    private static (string? Customer, bool Known)? Customer(HttpContext context, string? asked)
    {
        var client = context.Client();
        return client.Customer is null ? (asked, true) : asked is null || client.MaySee(asked) ? (client.Customer, true) : null;
    }

    private static string LocationOf(OrderAnswer answer) => $"/api/orders/{Uri.EscapeDataString(answer.Number)}?customer={Uri.EscapeDataString(answer.Customer)}";
}
