namespace UnifiedCommerce.Core.Partners;

/// <summary>Stock on hand as a supplier reports it (846, INVRPT, CSV, JSON).</summary>
public sealed record InventoryReport
{
    /// <summary>Number of the report.</summary>
    public required string Number { get; init; }
    /// <summary>The moment the stock was counted.</summary>
    public DateTimeOffset? AsOf { get; init; }
    /// <summary>The supplier.</summary>
    public Party? Supplier { get; init; }
    /// <summary>The warehouse, when the supplier has several.</summary>
    public Party? Warehouse { get; init; }
    /// <summary>The lines.</summary>
    public required IReadOnlyList<InventoryLine> Lines { get; init; }
}

/// <summary>Stock of one article.</summary>
public sealed record InventoryLine
{
    /// <summary>The article.</summary>
    public required Item Item { get; init; }
    /// <summary>Available to order now.</summary>
    public required Quantity Available { get; init; }
    /// <summary>Expected at <see cref="NextReceipt"/>.</summary>
    public Quantity? Expected { get; init; }
    /// <summary>Date of the next receipt.</summary>
    public DateOnly? NextReceipt { get; init; }
}

/// <summary>Prices as a supplier publishes them (832, PRICAT, CSV, JSON).</summary>
public sealed record PriceCatalogue
{
    /// <summary>Number of the catalogue.</summary>
    public required string Number { get; init; }
    /// <summary>Date of issue.</summary>
    public DateOnly? Issued { get; init; }
    /// <summary>The supplier.</summary>
    public Party? Supplier { get; init; }
    /// <summary>The buyer it is for.</summary>
    public Party? Buyer { get; init; }
    /// <summary>Currency of all prices, ISO 4217.</summary>
    public string? Currency { get; init; }
    /// <summary>First day the prices hold.</summary>
    public DateOnly? ValidFrom { get; init; }
    /// <summary>Last day the prices hold.</summary>
    public DateOnly? ValidTo { get; init; }
    /// <summary>The lines.</summary>
    public required IReadOnlyList<PriceLine> Lines { get; init; }
}

/// <summary>One article's price. Breaks are from-quantities in the order unit.</summary>
public sealed record PriceLine
{
    /// <summary>The article; GTIN of the unit that is ordered (a pack and its each may have their own).</summary>
    public required Item Item { get; init; }
    /// <summary>The unit it is ordered in, UN/ECE Rec 20.</summary>
    public string? Unit { get; init; }
    /// <summary>Base units (eaches) in one order unit.</summary>
    public decimal UnitFactor { get; init; } = 1;
    /// <summary>Net price per <see cref="PriceBasis"/> order units, or gross when <see cref="DiscountPercents"/> is given.</summary>
    public required decimal Price { get; init; }
    /// <summary>Order units the price is for: 1, 100, 1000.</summary>
    public decimal PriceBasis { get; init; } = 1;
    /// <summary>Chain discounts in percent, in their order; they multiply.</summary>
    public IReadOnlyList<decimal> DiscountPercents { get; init; } = [];
    /// <summary>Minimum order quantity in order units.</summary>
    public decimal? MinimumQuantity { get; init; }
    /// <summary>Order multiple in order units.</summary>
    public decimal? Multiple { get; init; }
    /// <summary>Price breaks above the first.</summary>
    public IReadOnlyList<PriceBreak> Breaks { get; init; } = [];
    /// <summary>Breaks are incremental, not for all units.</summary>
    public bool IncrementalBreaks { get; init; }
    /// <summary>Levies per order unit (battery, WEEE, packaging).</summary>
    public decimal Levies { get; init; }
    /// <summary>Supply time in the supplier's working days, when it differs from the partner's.</summary>
    public int? LeadTimeDays { get; init; }
    /// <summary>First day the price holds.</summary>
    public DateOnly? ValidFrom { get; init; }
    /// <summary>Last day the price holds.</summary>
    public DateOnly? ValidTo { get; init; }
    /// <summary>Currency, when it differs from the catalogue's.</summary>
    public string? Currency { get; init; }
    /// <summary>Assortment for group breaks.</summary>
    public string? Group { get; init; }
    /// <summary>A promotion's stock limit in order units.</summary>
    public decimal? PromotionLimit { get; init; }
    /// <summary>The special bid or contract this price is bound to.</summary>
    public string? BidReference { get; init; }
    /// <summary>Weight of one order unit in kilograms.</summary>
    public decimal? WeightKg { get; init; }
}

/// <summary>A price from a quantity on.</summary>
/// <param name="FromQuantity">From this quantity in order units.</param>
/// <param name="Price">Price per basis.</param>
public sealed record PriceBreak(decimal FromQuantity, decimal Price);

/// <summary>What sold where (852, SLSRPT).</summary>
public sealed record SalesReport
{
    /// <summary>Number.</summary>
    public required string Number { get; init; }
    /// <summary>First day.</summary>
    public DateOnly? From { get; init; }
    /// <summary>Last day.</summary>
    public DateOnly? To { get; init; }
    /// <summary>Who reports.</summary>
    public Party? Seller { get; init; }
    /// <summary>Who is told: the manufacturer.</summary>
    public Party? Supplier { get; init; }
    /// <summary>Currency, ISO 4217.</summary>
    public string? Currency { get; init; }
    /// <summary>The lines.</summary>
    public required IReadOnlyList<SalesLine> Lines { get; init; }
}

/// <summary>Sales of one article at one place.</summary>
public sealed record SalesLine
{
    /// <summary>The place: store or channel.</summary>
    public Party? Location { get; init; }
    /// <summary>The article.</summary>
    public required Item Item { get; init; }
    /// <summary>Quantity sold (negative: returned).</summary>
    public required Quantity Quantity { get; init; }
    /// <summary>Sales amount without tax.</summary>
    public decimal? Amount { get; init; }
    /// <summary>Stock on hand at the end.</summary>
    public Quantity? OnHand { get; init; }
}
