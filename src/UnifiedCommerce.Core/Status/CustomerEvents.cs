using System.Text.Json;
using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Status;

/// <summary>What a customer is told about a line.</summary>
public enum CustomerStatus
{
    /// <summary>Taken in; not ordered from a supplier yet.</summary>
    Received,
    /// <summary>Something has to be cleared up by us first.</summary>
    InClarification,
    /// <summary>Ordered from a supplier.</summary>
    Ordered,
    /// <summary>Confirmed with a date.</summary>
    Confirmed,
    /// <summary>Comes later than hoped.</summary>
    Backordered,
    /// <summary>A part is on its way.</summary>
    PartlyShipped,
    /// <summary>On its way.</summary>
    Shipped,
    /// <summary>Arrived.</summary>
    Delivered,
    /// <summary>Cancelled.</summary>
    Cancelled,
}

/// <summary>The customer's vocabulary: statuses and sentences without supplier, purchase price or term.</summary>
public static class CustomerEvents
{
    /// <summary>The status of a line.</summary>
    public static CustomerStatus StatusOf(OrderLineState line)
    {
        var live = line.Ordered - line.Cancelled;
        return line switch
        {
            _ when live == 0 => CustomerStatus.Cancelled,
            _ when line.Received == live => CustomerStatus.Delivered,
            _ when line.Shipped + line.Received == live => CustomerStatus.Shipped,
            _ when line.Shipped + line.Received > 0 => CustomerStatus.PartlyShipped,
            { Hold: not null } => CustomerStatus.InClarification,
            { Backordered: > 0 } => CustomerStatus.Backordered,
            _ when line.Confirmed == live => CustomerStatus.Confirmed,
            { Awaiting: > 0 } or { Confirmed: > 0 } => CustomerStatus.Ordered,
            _ => CustomerStatus.Received,
        };
    }

    /// <summary>The status as a word of the API: <c>partlyShipped</c>.</summary>
    public static string WordOf(CustomerStatus status) => JsonNamingPolicy.CamelCase.ConvertName(status.ToString());

    /// <summary>One sentence for the customer.</summary>
    public static string SentenceOf(OrderLineState line, string unit)
    {
        string Amount(decimal baseQuantity) => $"{baseQuantity / line.UnitFactor:0.###} {unit}";
        var promised = line.Promised is { } date ? $" Expected {date:yyyy-MM-dd}." : "";
        return StatusOf(line) switch
        {
            CustomerStatus.Cancelled => "Cancelled.",
            CustomerStatus.Delivered => "Delivered.",
            CustomerStatus.Shipped => "On its way.",
            CustomerStatus.PartlyShipped => $"{Amount(line.Shipped + line.Received)} on the way or delivered, {Amount(line.Ordered - line.Cancelled - line.Shipped - line.Received)} to follow.{promised}",
            CustomerStatus.InClarification => "We are clearing up a question about this line.",
            CustomerStatus.Backordered => $"{Amount(line.Backordered)} will come later.{(line.Promised is null ? " We will tell you the date." : promised)}",
            CustomerStatus.Confirmed => $"Confirmed.{promised}",
            CustomerStatus.Ordered => "Ordered.",
            _ => "Received.",
        };
    }

    /// <summary>The event of a new order.</summary>
    public static HubEvent Received(OrderState order, DateTimeOffset at) => Event(order, "order.received", order.Lines, at);

    /// <summary>One event with all lines that a customer would see differently now; none when nothing changed for them.</summary>
    public static IReadOnlyList<HubEvent> Changed(OrderState before, OrderState after, DateTimeOffset at)
    {
        var changed = after.Lines.Where(line =>
        {
            var old = before.Lines.FirstOrDefault(candidate => candidate.LineId == line.LineId);
            return old is null || StatusOf(old) != StatusOf(line) || old.Promised != line.Promised || old.Shipped != line.Shipped || old.Received != line.Received
                || old.Backordered != line.Backordered || old.Cancelled != line.Cancelled || old.Ordered != line.Ordered || old.CancelRequested != line.CancelRequested;
        }).ToList();
        return changed.Count == 0 ? [] : [Event(after, "order.changed", changed, at)];
    }

    private static HubEvent Event(OrderState order, string type, IReadOnlyList<OrderLineState> lines, DateTimeOffset at) => new()
    {
        Type = type, At = at, OrderId = order.Id, Customer = order.Customer, Audience = "portal", Subject = order.Number,
        Data = JsonSerializer.Serialize(new
        {
            orderNumber = order.Number,
            channel = order.Channel,
            version = order.Version,
            lines = lines.Select(line => View(order, line)),
        }, CanonicalJson.Options),
    };

    /// <summary>A line as the portal shows it. Quantities in the ordered unit.</summary>
    public static object View(OrderState order, OrderLineState line)
    {
        var asked = order.Order.Lines[line.Index];
        var factor = line.UnitFactor;
        return new
        {
            lineId = line.LineId,
            item = asked.Item,
            unit = asked.Quantity.Unit,
            ordered = line.Ordered / factor,
            cancelled = line.Cancelled / factor,
            cancelRequested = line.CancelRequested / factor,
            confirmed = line.Confirmed / factor,
            backordered = line.Backordered / factor,
            shipped = line.Shipped / factor,
            delivered = line.Received / factor,
            needBy = line.NeedBy,
            expected = line.Promised,
            status = WordOf(StatusOf(line)),
            reason = line.Reason ?? SentenceOf(line, asked.Quantity.Unit),
        };
    }
}
