namespace UnifiedCommerce.Core.Purchasing;

/// <summary>Our order to one supplier: one logical document however often it is sent.</summary>
public sealed record PurchaseOrder
{
    /// <summary>Our purchase order number, unique for all suppliers.</summary>
    public required string Number { get; init; }
    /// <summary>Version, from 1; a change sends a higher one.</summary>
    public int Version { get; init; } = 1;
    /// <summary>When it was decided (UTC offset of the buying entity).</summary>
    public required DateTimeOffset Issued { get; init; }
    /// <summary>The buying entity.</summary>
    public required Party Buyer { get; init; }
    /// <summary>The supplier.</summary>
    public required Party Supplier { get; init; }
    /// <summary>Where the goods go.</summary>
    public required Party ShipTo { get; init; }
    /// <summary>Who pays, when not the buyer.</summary>
    public Party? Invoicee { get; init; }
    /// <summary>Currency of all prices, ISO 4217.</summary>
    public required string Currency { get; init; }
    /// <summary>Requested delivery for all lines that name none.</summary>
    public DateOnly? RequestedDelivery { get; init; }
    /// <summary>Latest date; later deliveries are refused.</summary>
    public DateOnly? CancelAfter { get; init; }
    /// <summary>Contract the prices come from.</summary>
    public string? Contract { get; init; }
    /// <summary>Goods go straight to our customer: neutral packing.</summary>
    public bool DirectDelivery { get; init; }
    /// <summary>Payment days net, as agreed.</summary>
    public int? PaymentDays { get; init; }
    /// <summary>Free text.</summary>
    public string? Note { get; init; }
    /// <summary>Test documents never mix with production.</summary>
    public bool Test { get; init; }
    /// <summary>The lines, position from 1.</summary>
    public required IReadOnlyList<PurchaseOrderLine> Lines { get; init; }

    /// <summary>Sum of the lines' amounts, in <see cref="Currency"/>, before order-level terms.</summary>
    public decimal LineTotal => Lines.Sum(line => line.Amount);
}

/// <summary>One line of a purchase order.</summary>
public sealed record PurchaseOrderLine
{
    /// <summary>Position from 1; stable over versions.</summary>
    public required int Position { get; init; }
    /// <summary>What is ordered, with the supplier's own number where known.</summary>
    public required Item Item { get; init; }
    /// <summary>How much, in the supplier's order unit.</summary>
    public required Quantity Quantity { get; init; }
    /// <summary>Net price per <see cref="PriceBasis"/> units.</summary>
    public required decimal NetPrice { get; init; }
    /// <summary>Units the price is for: 1, 100, 1000.</summary>
    public decimal PriceBasis { get; init; } = 1;
    /// <summary>Requested delivery of this line.</summary>
    public DateOnly? RequestedDelivery { get; init; }
    /// <summary>Levies per line (battery, WEEE, packaging) in the document's currency, expected on the invoice.</summary>
    public decimal Levies { get; init; }
    /// <summary>Special bid or project the price depends on.</summary>
    public string? BidReference { get; init; }

    /// <summary>Quantity x net price / basis, rounded to the cent half away from zero.</summary>
    public decimal Amount => Math.Round(Quantity.Value * NetPrice / PriceBasis, 2, MidpointRounding.AwayFromZero);
}

/// <summary>A change or cancellation of a purchase order that was sent (860, ORDCHG).</summary>
public sealed record OrderChange
{
    /// <summary>Number of this change document.</summary>
    public required string Number { get; init; }
    /// <summary>The purchase order that changes.</summary>
    public required string OrderNumber { get; init; }
    /// <summary>The purchase order's version after the change.</summary>
    public int Version { get; init; }
    /// <summary>When it was issued.</summary>
    public required DateTimeOffset Issued { get; init; }
    /// <summary>All of the order is cancelled.</summary>
    public bool Cancels { get; init; }
    /// <summary>The buying entity.</summary>
    public required Party Buyer { get; init; }
    /// <summary>The supplier.</summary>
    public required Party Supplier { get; init; }
    /// <summary>Where the goods go.</summary>
    public Party? ShipTo { get; init; }
    /// <summary>Currency, ISO 4217.</summary>
    public string? Currency { get; init; }
    /// <summary>The lines that change.</summary>
    public required IReadOnlyList<OrderChangeLine> Lines { get; init; }
}

/// <summary>What a change does with a line.</summary>
public enum LineAction
{
    /// <summary>The line is added.</summary>
    Add,
    /// <summary>The line has new values.</summary>
    Change,
    /// <summary>The line is cancelled.</summary>
    Cancel,
}

/// <summary>One changed line.</summary>
public sealed record OrderChangeLine
{
    /// <summary>Position of the purchase order line.</summary>
    public required int Position { get; init; }
    /// <summary>What happens to it.</summary>
    public required LineAction Action { get; init; }
    /// <summary>The article.</summary>
    public required Item Item { get; init; }
    /// <summary>The new quantity (zero when cancelled).</summary>
    public required Quantity Quantity { get; init; }
    /// <summary>Net price per <see cref="PriceBasis"/> units.</summary>
    public decimal? NetPrice { get; init; }
    /// <summary>Units the price is for.</summary>
    public decimal PriceBasis { get; init; } = 1;
    /// <summary>Requested delivery.</summary>
    public DateOnly? RequestedDelivery { get; init; }
}
