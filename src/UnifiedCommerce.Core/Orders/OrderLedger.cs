using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Core.Orders;

/// <summary>The named transitions of an order line. Quantities in base units.</summary>
public static class OrderLedger
{
    /// <summary>A decided purchase order takes a quantity of what is open.</summary>
    public static OrderLineState Allocate(this OrderLineState line, decimal quantity)
    {
        if (quantity <= 0 || quantity > line.Open)
        {
            throw new HubException($"Allocate {line.OrderId}/{line.LineId}: found quantity {quantity}, expected more than zero and at most the open {line.Open}.");
        }
        return (line with
        {
            Open = line.Open - quantity, Allocated = line.Allocated + quantity, Awaiting = line.Awaiting + quantity,
        }).Verified();
    }

    /// <summary>Takes over what the pegs of the line say now. What left the pegs is cancelled as far as the customer asked for it,
    /// else it is open again.</summary>
    public static OrderLineState FollowPegs(this OrderLineState line, IEnumerable<Peg> pegs, DateOnly? promised)
    {
        decimal quantity = 0, awaiting = 0, confirmed = 0, backordered = 0, shipped = 0, received = 0;
        foreach (var peg in pegs)
        {
            quantity += peg.Quantity;
            awaiting += peg.Awaiting;
            confirmed += peg.Confirmed;
            backordered += peg.Backordered;
            shipped += peg.Shipped;
            received += peg.Received;
        }
        var released = line.Allocated - quantity;
        if (released < 0)
        {
            throw new HubException($"Order line {line.OrderId}/{line.LineId}: found pegs of {quantity}, expected at most the allocated {line.Allocated}. Allocate first.");
        }
        var cancelled = Math.Min(released, line.CancelRequested);
        var unshipped = awaiting + confirmed + backordered;
        return (line with
        {
            Allocated = quantity,
            Awaiting = awaiting,
            Confirmed = confirmed,
            Backordered = backordered,
            Shipped = shipped,
            Received = received,
            Cancelled = line.Cancelled + cancelled,
            Open = line.Open + released - cancelled,
            CancelRequested = Math.Min(line.CancelRequested - cancelled, unshipped),
            Promised = unshipped > 0 ? promised ?? line.Promised : null,
        }).Verified();
    }

    /// <summary>The customer wants less: open quantity is cancelled at once, the rest is asked of the supplier. What has shipped stays.</summary>
    /// <returns>The line, and how much more must be asked of suppliers.</returns>
    public static (OrderLineState Line, decimal ToAsk) CancelByCustomer(this OrderLineState line, decimal quantity)
    {
        var atOnce = Math.Min(quantity, line.Open);
        var ask = Math.Min(quantity - atOnce, line.Awaiting + line.Confirmed + line.Backordered - line.CancelRequested);
        return ((line with
        {
            Open = line.Open - atOnce, Cancelled = line.Cancelled + atOnce, CancelRequested = line.CancelRequested + ask,
        }).Verified(), ask);
    }

    /// <summary>The customer wants more.</summary>
    public static OrderLineState Increase(this OrderLineState line, decimal quantity) =>
        (line with { Ordered = line.Ordered + quantity, Open = line.Open + quantity }).Verified();
}
