using System.Text.Json.Nodes;
using System.Text.Json;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Hub.Api;

namespace UnifiedCommerce.Hub.Portal;

/// <summary>An order as the customer sees it: no supplier, no purchase price, no term.</summary>
/// <param name="Number">The customer's order number.</param>
/// <param name="Customer">Customer key.</param>
/// <param name="Channel">Channel.</param>
/// <param name="Version">Version, raised by each change.</param>
/// <param name="ReceivedAt">When it was taken in.</param>
/// <param name="Status">The status furthest from done among its lines.</param>
/// <param name="Lines">The lines.</param>
public sealed record PortalOrder(string Number, string Customer, string Channel, int Version, DateTimeOffset ReceivedAt, string Status, IReadOnlyList<PortalLine> Lines);

/// <summary>An order line as the customer sees it. Quantities in the unit the customer ordered in.</summary>
/// <param name="LineId">The channel's line id.</param>
/// <param name="Item">The article as ordered.</param>
/// <param name="Unit">UN/ECE Rec 20 unit.</param>
/// <param name="Ordered">Ordered.</param>
/// <param name="Cancelled">Cancelled.</param>
/// <param name="Confirmed">Confirmed, not shipped.</param>
/// <param name="Backordered">Comes later.</param>
/// <param name="Shipped">On its way.</param>
/// <param name="Delivered">Arrived.</param>
/// <param name="NeedBy">Need-by date.</param>
/// <param name="Expected">Expected delivery of what is not shipped.</param>
/// <param name="Status">One of received, inClarification, ordered, confirmed, backordered, partlyShipped, shipped, delivered, cancelled.</param>
/// <param name="Reason">A sentence for the customer.</param>
/// <param name="Tracking">Tracking numbers of what was shipped.</param>
public sealed record PortalLine(
    string LineId, Item Item, string Unit, decimal Ordered, decimal Cancelled, decimal Confirmed, decimal Backordered, decimal Shipped, decimal Delivered, DateOnly? NeedBy,
    DateOnly? Expected, string Status, string Reason, IReadOnlyList<string> Tracking);

/// <summary>An order in the customer's history.</summary>
public sealed record PortalOrderSummary(string Number, string Customer, string Channel, DateTimeOffset ReceivedAt, DateOnly? NeedBy, LineStages Lines);

/// <summary>An event of the feed.</summary>
/// <param name="Sequence">Position: ask for events after it to go on.</param>
/// <param name="Id">Stable id; a repeat has the same.</param>
/// <param name="Type">Type.</param>
/// <param name="At">When it happened.</param>
/// <param name="Customer">Customer key.</param>
/// <param name="Subject">Order number.</param>
/// <param name="Data">What changed.</param>
public sealed record PortalEvent(long Sequence, string Id, string Type, DateTimeOffset At, string? Customer, string Subject, JsonNode? Data);

/// <summary>A page of an answer.</summary>
/// <param name="Items">The rows, newest first.</param>
/// <param name="Before">Repeat the request with this value to go on; absent at the end.</param>
public sealed record PortalPage<T>(IReadOnlyList<T> Items, long? Before);

/// <summary>A page of the event feed.</summary>
/// <param name="Events">Oldest first.</param>
/// <param name="After">Ask for events after this one next; stays the same while nothing is new.</param>
public sealed record EventPage(IReadOnlyList<PortalEvent> Events, long After);

/// <summary>What the portal is told, in the customer's words.</summary>
public sealed class PortalFeed(IStore store, IViews views)
{
    /// <summary>An order, or null when there is none that the customer may see.</summary>
    public async Task<PortalOrder?> OrderAsync(string? customer, string number, CancellationToken cancellationToken)
    {
        if (await views.OrderIdAsync(customer, number, cancellationToken) is not { } id)
        {
            return null;
        }
        return (await LoadAsync([id], cancellationToken)).FirstOrDefault();
    }

    /// <summary>The order history, newest first.</summary>
    public async Task<PortalPage<PortalOrderSummary>> HistoryAsync(string? customer, PageRequest page, CancellationToken cancellationToken)
    {
        var rows = await views.OrdersAsync(new OrderFilter { Customer = customer }, page, cancellationToken);
        return new PortalPage<PortalOrderSummary>(
            [.. rows.Items.Select(row => new PortalOrderSummary(row.Number, row.Customer, row.Channel, row.ReceivedAt, row.NeedBy, row.Stages))], rows.Before);
    }

    /// <summary>Orders with lines that come later, with those lines only.</summary>
    public async Task<PortalPage<PortalOrder>> BackordersAsync(string? customer, PageRequest page, CancellationToken cancellationToken)
    {
        var rows = await views.OrdersAsync(new OrderFilter { Customer = customer, Stage = "backordered" }, page, cancellationToken);
        var orders = await LoadAsync([.. rows.Items.Select(row => row.Id)], cancellationToken);
        return new PortalPage<PortalOrder>([.. orders.Select(order => order with { Lines = [.. order.Lines.Where(line => line.Backordered > 0)] })], rows.Before);
    }

    /// <summary>Events after a position, for one customer or all.</summary>
    public async Task<EventPage> EventsAsync(long after, string? customer, int limit, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginReadAsync(cancellationToken);
        var events = await work.Events.AfterAsync(after, "portal", customer, limit, cancellationToken);
        return new EventPage([.. events.Select(Of)], events.Count == 0 ? after : events[^1].Sequence);
    }

    /// <summary>An event as the portal sees it.</summary>
    public static PortalEvent Of(HubEvent source) =>
        new(source.Sequence, source.Id, source.Type, source.At, source.Customer, source.Subject, JsonNode.Parse(source.Data));

    private async Task<IReadOnlyList<PortalOrder>> LoadAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken)
    {
        if (ids.Count == 0)
        {
            return [];
        }
        await using var work = await store.BeginReadAsync(cancellationToken);
        var orders = await work.Orders.LoadAsync(ids, cancellationToken);
        var pegs = await work.Purchases.PegsOfOrdersAsync(ids, cancellationToken);
        var purchases = await work.Purchases.LoadAsync([.. pegs.Select(peg => peg.PurchaseId).Distinct()], cancellationToken);
        var tracking = purchases.SelectMany(purchase => purchase.Lines.Where(line => line.Tracking is not null).Select(line => (purchase.Id, line.Position, line.Tracking)))
            .ToDictionary(line => (line.Id, line.Position), line => line.Tracking!);
        return [.. orders.OrderByDescending(order => order.Id).Select(order => Of(order, line =>
            [.. pegs.Where(peg => peg.OrderId == order.Id && peg.LineId == line && peg.Shipped + peg.Received > 0)
                .Select(peg => tracking.GetValueOrDefault((peg.PurchaseId, peg.Position))).OfType<string>().Distinct(StringComparer.Ordinal)]))];
    }

    private static PortalOrder Of(OrderState order, Func<string, IReadOnlyList<string>> tracking) => new(
        order.Number, order.Customer, order.Channel, order.Version, order.ReceivedAt,
        CustomerEvents.WordOf(order.Lines.Select(CustomerEvents.StatusOf).Where(status => status != CustomerStatus.Cancelled).DefaultIfEmpty(CustomerStatus.Cancelled).Min()),
        [.. order.Lines.Select(line => LineOf(order, line, tracking(line.LineId)))]);

    private static PortalLine LineOf(OrderState order, OrderLineState line, IReadOnlyList<string> tracking)
    {
        var asked = order.Order.Lines[line.Index];
        decimal factor = line.UnitFactor;
        return new PortalLine(
            line.LineId, asked.Item, asked.Quantity.Unit, line.Ordered / factor, line.Cancelled / factor, line.Confirmed / factor, line.Backordered / factor,
            line.Shipped / factor, line.Received / factor, line.NeedBy, line.Promised, CustomerEvents.WordOf(CustomerEvents.StatusOf(line)),
            line.Reason ?? CustomerEvents.SentenceOf(line, asked.Quantity.Unit), tracking);
    }
}
