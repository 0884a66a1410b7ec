namespace UnifiedCommerce.Sourcing;

/// <summary>Everything a routing decision depends on: demand, distributors with their terms, offers and rates.</summary>
/// <remarks>
/// A problem is pure data. The same problem, seed and work limit give the same plan. Lines refer to offers and distributors by
/// index (from 0) in the lists of this record. Money of a distributor is in the distributor's currency unless said otherwise.
/// </remarks>
public sealed record SourcingProblem
{
    /// <summary>Name of the problem, repeated in the plan.</summary>
    public string Id { get; init; } = "";

    /// <summary>ISO 4217 code of the currency in which landed cost is reported.</summary>
    public required string BaseCurrency { get; init; }

    /// <summary>Rates into the base currency; the base currency itself needs none.</summary>
    public IReadOnlyList<ExchangeRate> ExchangeRates { get; init; } = [];

    /// <summary>Annual cost of capital as a fraction (0.08 is 8 %), which values payment days.</summary>
    public decimal CostOfCapital { get; init; }

    /// <summary>Most distributors that may receive an order; null means no limit.</summary>
    public int? MaxDistributors { get; init; }

    /// <summary>Demand lines.</summary>
    public required IReadOnlyList<DemandLine> Lines { get; init; }

    /// <summary>Distributors and their order terms.</summary>
    public required IReadOnlyList<Distributor> Distributors { get; init; }

    /// <summary>Offers, each of one distributor for one line.</summary>
    public required IReadOnlyList<Offer> Offers { get; init; }

    /// <summary>Stock that several offers draw from.</summary>
    public IReadOnlyList<StockPool> StockPools { get; init; } = [];

    /// <summary>Price groups whose rate depends on the quantity of the whole group.</summary>
    public IReadOnlyList<GroupBreak> GroupBreaks { get; init; } = [];
}

/// <summary>What makes two lines share one purchase order at a distributor; compared by value.</summary>
/// <param name="BuyingEntity">Legal entity that buys.</param>
/// <param name="ShipTo">Place of delivery.</param>
/// <param name="DeliveryWindow">Delivery window, as text.</param>
/// <param name="Currency">Currency of the purchase order where the buyer fixes one; empty for the distributor's.</param>
/// <param name="Contract">Contract or blanket order number; empty for none.</param>
public sealed record PurchaseOrderKey(
    string BuyingEntity = "", string ShipTo = "", string DeliveryWindow = "", string Currency = "", string Contract = "")
{
    /// <summary>The key of problems in which all lines share one purchase order per distributor.</summary>
    public static PurchaseOrderKey Single { get; } = new();
}

/// <summary>One line to be bought.</summary>
public sealed record DemandLine
{
    /// <summary>Identifier of the line, unique in the problem.</summary>
    public required string Id { get; init; }

    /// <summary>Key of the purchase order that the line joins at whichever distributor gets it.</summary>
    public PurchaseOrderKey Key { get; init; } = PurchaseOrderKey.Single;

    /// <summary>Quantity needed, in order units; at least 1.</summary>
    public required long Quantity { get; init; }

    /// <summary>Most that may be bought (packs, breaks and thresholds may make more than needed cheaper); at least <see cref="Quantity"/>.</summary>
    public required long MaxQuantity { get; init; }

    /// <summary>Latest day of arrival, counted from the day of the decision; offers with a later <see cref="Offer.LeadDays"/> are out.</summary>
    public int NeedByDay { get; init; } = int.MaxValue;

    /// <summary>Most offers over which the line may be spread; at least 1.</summary>
    public int MaxSplits { get; init; } = 1;

    /// <summary>Decision cost, in base currency, of leaving the line wholly unfilled.</summary>
    public required decimal UnfilledPenalty { get; init; }

    /// <summary>When not null only these distributors may be used: a buyer's pin.</summary>
    public IReadOnlyList<int>? PinnedTo { get; init; }

    /// <summary>Distributors that may not be used: "not from".</summary>
    public IReadOnlyList<int> NotFrom { get; init; } = [];

    /// <summary>Decision cost, in base currency, of each offer used that is not <see cref="SourceStatus.Preferred"/>, when the line has a preferred one.</summary>
    public decimal NotPreferredPenalty { get; init; }
}

/// <summary>One exchange rate with its origin, kept in the decision.</summary>
/// <param name="Currency">ISO 4217 code.</param>
/// <param name="Rate">Base currency units for one unit of <paramref name="Currency"/>; above 0.</param>
/// <param name="Source">Who published the rate.</param>
/// <param name="Date">Day of the rate.</param>
public sealed record ExchangeRate(string Currency, decimal Rate, string Source = "", DateOnly? Date = null);

/// <summary>Stock that several offers share, so that two lines never both get the same last piece.</summary>
/// <param name="Id">Identifier, unique in the problem.</param>
/// <param name="Available">Order units available to all offers of the pool together.</param>
public sealed record StockPool(string Id, long Available);

/// <summary>A discount that depends on the total quantity bought over a group of offers of one distributor, across purchase order keys.</summary>
/// <param name="Id">Identifier, unique in the problem.</param>
/// <param name="Distributor">Index of the distributor that grants it.</param>
/// <param name="Tiers">From-quantity and rate, ascending; the rate of the highest tier reached holds for every unit of the group.</param>
public sealed record GroupBreak(string Id, int Distributor, IReadOnlyList<DiscountTier> Tiers);
