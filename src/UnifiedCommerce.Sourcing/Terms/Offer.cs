namespace UnifiedCommerce.Sourcing;

/// <summary>What a distributor asks for one line: price, quantities and time.</summary>
public sealed record Offer
{
    /// <summary>Index of the line.</summary>
    public required int Line { get; init; }

    /// <summary>Index of the distributor.</summary>
    public required int Distributor { get; init; }

    /// <summary>Reference to the catalogue row it came from; may be empty.</summary>
    public string Id { get; init; } = "";

    /// <summary>Price, with breaks and basis.</summary>
    public required OfferPrice Price { get; init; }

    /// <summary>Least quantity that can be ordered.</summary>
    public long Moq { get; init; } = 1;

    /// <summary>Order multiple (pack, layer, pallet); orders are multiples of it.</summary>
    public long OrderMultiple { get; init; } = 1;

    /// <summary>Order units available for this offer.</summary>
    public required long Available { get; init; }

    /// <summary>Index of the stock pool that it draws from; null when its stock is its own.</summary>
    public int? StockPool { get; init; }

    /// <summary>Index of the group break that it belongs to; null for none.</summary>
    public int? GroupBreak { get; init; }

    /// <summary>Day of arrival, counted from the day of the decision.</summary>
    public int LeadDays { get; init; }

    /// <summary>Levies and other additions for each order unit, in the distributor's currency; not part of any threshold or discount.</summary>
    public decimal UnitExtra { get; init; }

    /// <summary>Weight of an order unit in kilograms.</summary>
    public decimal UnitWeight { get; init; }

    /// <summary>Decision cost, in base currency, of using this offer at all: a priced soft rule or a risk.</summary>
    public decimal UseDecisionCost { get; init; }

    /// <summary>Standing of the source for this line.</summary>
    public SourceStatus Status { get; init; } = SourceStatus.Approved;
}

/// <summary>Standing of a distributor for a line.</summary>
public enum SourceStatus
{
    /// <summary>May be used.</summary>
    Approved,

    /// <summary>May be used, and is what procurement would rather see; see <see cref="DemandLine.NotPreferredPenalty"/>.</summary>
    Preferred,

    /// <summary>May not be used.</summary>
    Blocked,

    /// <summary>When a line has exclusive offers no other offer may be used.</summary>
    Exclusive,
}

/// <summary>Price of an offer.</summary>
public sealed record OfferPrice
{
    /// <summary>How the breaks apply.</summary>
    public TierMode BreakMode { get; init; }

    /// <summary>Rows of from-quantity (order units) and price, ascending; the first holds from 1.</summary>
    public required IReadOnlyList<PriceBreak> Breaks { get; init; }

    /// <summary>Price units that a price is for: 1, 100 or 1000.</summary>
    public int PriceBasis { get; init; } = 1;

    /// <summary>Price units in one order unit: numerator.</summary>
    public long UnitFactorNumerator { get; init; } = 1;

    /// <summary>Price units in one order unit: denominator.</summary>
    public long UnitFactorDenominator { get; init; } = 1;

    /// <summary>Discounts on a gross price, applied one after the other (they multiply); empty when the prices are net.</summary>
    public IReadOnlyList<decimal> ChainDiscounts { get; init; } = [];

    /// <summary>Promotion price for a limited stock; null for none.</summary>
    public Promotion? Promotion { get; init; }

    /// <summary>A single net price per order unit.</summary>
    public static OfferPrice Net(decimal price) => new() { Breaks = [new PriceBreak(1, price)] };
}

/// <summary>One price break.</summary>
/// <param name="From">Quantity in order units from which it holds.</param>
/// <param name="Price">Price per <see cref="OfferPrice.PriceBasis"/> price units.</param>
public sealed record PriceBreak(long From, decimal Price);

/// <summary>A lower net price for the first units; what is bought beyond them costs the normal price at the break of the whole quantity.</summary>
/// <param name="Price">Net price per <see cref="OfferPrice.PriceBasis"/> price units; chain discounts do not apply to it.</param>
/// <param name="StockLimit">Order units at this price.</param>
public sealed record Promotion(decimal Price, long StockLimit);
