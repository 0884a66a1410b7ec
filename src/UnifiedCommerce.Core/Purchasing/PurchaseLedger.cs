namespace UnifiedCommerce.Core.Purchasing;

/// <summary>The named transitions of a purchase order line. Each moves quantity between parts of one sum and returns a new value.</summary>
public static class PurchaseLedger
{
    /// <summary>The supplier confirms a quantity: from awaiting, then from backordered. More than is left confirms what is left:
    /// suppliers repeat themselves.</summary>
    public static PurchaseLineState Confirm(this PurchaseLineState line, decimal quantity, DateOnly? promised)
    {
        RequirePositive(quantity, nameof(Confirm));
        var fromAwaiting = Math.Min(quantity, line.Awaiting);
        var fromBackordered = Math.Min(quantity - fromAwaiting, line.Backordered);
        return (line with
        {
            Awaiting = line.Awaiting - fromAwaiting,
            Backordered = line.Backordered - fromBackordered,
            Confirmed = line.Confirmed + fromAwaiting + fromBackordered,
            Promised = promised ?? line.Promised,
        }).Verified();
    }

    /// <summary>The supplier says a quantity comes later: from awaiting, then from confirmed.</summary>
    public static PurchaseLineState Backorder(this PurchaseLineState line, decimal quantity, DateOnly? promised)
    {
        RequirePositive(quantity, nameof(Backorder));
        var fromAwaiting = Math.Min(quantity, line.Awaiting);
        var fromConfirmed = Math.Min(quantity - fromAwaiting, line.Confirmed);
        return (line with
        {
            Awaiting = line.Awaiting - fromAwaiting,
            Confirmed = line.Confirmed - fromConfirmed,
            Backordered = line.Backordered + fromAwaiting + fromConfirmed,
            Promised = promised ?? line.Promised,
        }).Verified();
    }

    /// <summary>The supplier states what becomes of all that has neither shipped nor been cancelled: so much is confirmed, so much comes later, the rest is
    /// not spoken of.</summary>
    public static PurchaseLineState Restate(this PurchaseLineState line, decimal confirmed, decimal backordered, DateOnly? promised)
    {
        if (confirmed < 0 || backordered < 0 || confirmed + backordered > line.Unshipped())
        {
            throw new HubException($"{nameof(Restate)}: found confirmed {confirmed} and backordered {backordered}, expected no more than the {line.Unshipped()} that has not shipped.");
        }
        return (line with { Awaiting = line.Unshipped() - confirmed - backordered, Confirmed = confirmed, Backordered = backordered, Promised = promised }).Verified();
    }

    /// <summary>A quantity will not come: rejected by the supplier, or cancelled and agreed. From awaiting, backordered, then confirmed;
    /// what has shipped cannot be cancelled.</summary>
    public static PurchaseLineState Cancel(this PurchaseLineState line, decimal quantity)
    {
        RequirePositive(quantity, nameof(Cancel));
        var fromAwaiting = Math.Min(quantity, line.Awaiting);
        var fromBackordered = Math.Min(quantity - fromAwaiting, line.Backordered);
        var fromConfirmed = Math.Min(quantity - fromAwaiting - fromBackordered, line.Confirmed);
        var moved = fromAwaiting + fromBackordered + fromConfirmed;
        return (line with
        {
            Awaiting = line.Awaiting - fromAwaiting,
            Backordered = line.Backordered - fromBackordered,
            Confirmed = line.Confirmed - fromConfirmed,
            Cancelled = line.Cancelled + moved,
            // What is cancelled was asked for first: less of it stays asked for.
            CancelRequested = Math.Min(Math.Max(0, line.CancelRequested - moved), line.Unshipped() - moved),
        }).Verified();
    }

    /// <summary>All that has not shipped will not come; nothing changes where everything has.</summary>
    public static PurchaseLineState CancelAll(this PurchaseLineState line) => line.Unshipped() is > 0 and var left ? line.Cancel(left) : line;

    /// <summary>A despatch advice says that goods left the supplier. What a receipt or an invoice was the first word of is announced by it, and does not
    /// leave once more; the rest ships: from confirmed, then awaiting, backordered, and last from cancelled (the despatch wins over a cancellation). What
    /// exceeds all of it is over-delivered and returned apart.</summary>
    public static (PurchaseLineState Line, decimal OverDelivered, decimal AfterCancel) Ship(this PurchaseLineState line, decimal quantity, string? tracking)
    {
        RequirePositive(quantity, nameof(Ship));
        var known = Math.Min(quantity, line.Unannounced);
        return (line with { Unannounced = line.Unannounced - known, Tracking = tracking ?? line.Tracking }).Leave(quantity - known);
    }

    /// <summary>Goods left the supplier, and another document than a despatch advice is the first word of it.</summary>
    public static (PurchaseLineState Line, decimal OverDelivered, decimal AfterCancel) ShipUnannounced(this PurchaseLineState line, decimal quantity)
    {
        RequirePositive(quantity, nameof(ShipUnannounced));
        var (next, over, afterCancel) = line.Leave(quantity);
        return ((next with { Unannounced = next.Unannounced + quantity - over }).Verified(), over, afterCancel);
    }

    private static (PurchaseLineState Line, decimal OverDelivered, decimal AfterCancel) Leave(this PurchaseLineState line, decimal quantity)
    {
        var left = quantity;
        decimal Take(decimal available)
        {
            var taken = Math.Min(left, available);
            left -= taken;
            return taken;
        }
        var fromConfirmed = Take(line.Confirmed);
        var fromAwaiting = Take(line.Awaiting);
        var fromBackordered = Take(line.Backordered);
        var fromCancelled = Take(line.Cancelled);
        var next = line with
        {
            Confirmed = line.Confirmed - fromConfirmed,
            Awaiting = line.Awaiting - fromAwaiting,
            Backordered = line.Backordered - fromBackordered,
            Cancelled = line.Cancelled - fromCancelled,
            Shipped = line.Shipped + quantity - left,
        };
        next = next with { CancelRequested = Math.Min(next.CancelRequested, next.Unshipped()) };
        return (next.Verified(), left, fromCancelled);
    }

    /// <summary>Goods arrived: from shipped; what was never announced is shipped first, also what was cancelled.</summary>
    public static (PurchaseLineState Line, decimal OverDelivered, decimal AfterCancel) Receive(this PurchaseLineState line, decimal quantity)
    {
        RequirePositive(quantity, nameof(Receive));
        var (over, afterCancel) = (0m, 0m);
        if (quantity > line.Shipped)
        {
            (line, over, afterCancel) = line.ShipUnannounced(quantity - line.Shipped);
        }
        var received = quantity - over;
        return ((line with { Shipped = line.Shipped - received, Received = line.Received + received }).Verified(), over, afterCancel);
    }

    /// <summary>The supplier invoiced a quantity.</summary>
    public static PurchaseLineState Invoice(this PurchaseLineState line, decimal quantity) =>
        (line with { Invoiced = line.Invoiced + quantity }).Verified();

    /// <summary>The supplier credited a quantity.</summary>
    public static PurchaseLineState Credit(this PurchaseLineState line, decimal quantity) =>
        (line with { Credited = line.Credited + quantity }).Verified();

    /// <summary>What has left the supplier, whether it arrived or not.</summary>
    public static decimal Gone(this PurchaseLineState line) => line.Shipped + line.Received;

    /// <summary>What was invoiced and not credited.</summary>
    public static decimal Billed(this PurchaseLineState line) => line.Invoiced - line.Credited;

    /// <summary>What has neither shipped nor been cancelled.</summary>
    public static decimal Unshipped(this PurchaseLineState line) => line.Awaiting + line.Confirmed + line.Backordered;

    private static void RequirePositive(decimal quantity, string transition)
    {
        if (quantity <= 0)
        {
            throw new HubException($"{transition}: found quantity {quantity}, expected more than zero. The caller must refuse it before the ledger.");
        }
    }
}

/// <summary>Shares what a purchase order line brings over the order lines it serves.</summary>
public static class Pegging
{
    /// <summary>Recomputes the pegs of one purchase order line from its ledger. Pegs keep rank order (need-by date, arrival, stock last):
    /// what will not come is taken first from customers who no longer want it, then from the last ranks; what is furthest on its way goes to
    /// the first. What is more than the pegs hold (a despatch after a cancellation) goes to stock.</summary>
    /// <param name="line">The purchase order line as it is now.</param>
    /// <param name="pegs">Its pegs as they were.</param>
    /// <param name="unwanted">Base units of a peg that its customer wants cancelled; null when nobody does.</param>
    /// <returns>All pegs of the line, with a stock peg added when one became necessary.</returns>
    public static IReadOnlyList<Peg> Distribute(PurchaseLineState line, IEnumerable<Peg> pegs, Func<Peg, decimal>? unwanted = null)
    {
        var ranked = pegs.OrderBy(peg => peg.Rank).ToList();
        var total = (line.Ordered - line.Cancelled) * line.UnitFactor;
        var held = ranked.Sum(peg => peg.Quantity);
        for (var index = ranked.Count - 1; index >= 0 && held > total && unwanted is not null; index--)
        {
            var less = ranked[index].ToStock ? 0 : Math.Min(held - total, Math.Min(unwanted(ranked[index]), ranked[index].Quantity - ranked[index].Shipped - ranked[index].Received));
            ranked[index] = ranked[index] with { Quantity = ranked[index].Quantity - less };
            held -= less;
        }
        for (var index = ranked.Count - 1; index >= 0 && held > total; index--)
        {
            var less = Math.Min(held - total, ranked[index].Quantity);
            ranked[index] = ranked[index] with { Quantity = ranked[index].Quantity - less };
            held -= less;
        }
        if (held < total)
        {
            var stock = ranked.FindIndex(peg => peg.ToStock);
            if (stock >= 0)
            {
                ranked[stock] = ranked[stock] with { Quantity = ranked[stock].Quantity + total - held };
            }
            else
            {
                ranked.Add(new Peg
                {
                    PurchaseId = line.PurchaseId, Position = line.Position, OrderId = 0, LineId = "",
                    Rank = ranked.Count == 0 ? 1 : ranked[^1].Rank + 1, Quantity = total - held,
                });
            }
        }
        var received = line.Received * line.UnitFactor;
        var shipped = line.Shipped * line.UnitFactor;
        var confirmed = line.Confirmed * line.UnitFactor;
        var awaiting = line.Awaiting * line.UnitFactor;
        var backordered = line.Backordered * line.UnitFactor;
        for (var index = 0; index < ranked.Count; index++)
        {
            var left = ranked[index].Quantity;
            decimal Take(ref decimal pot)
            {
                var taken = Math.Min(left, pot);
                pot -= taken;
                left -= taken;
                return taken;
            }
            ranked[index] = ranked[index] with
            {
                Received = Take(ref received), Shipped = Take(ref shipped), Confirmed = Take(ref confirmed),
                Awaiting = Take(ref awaiting), Backordered = Take(ref backordered),
            };
        }
        return ranked;
    }
}
