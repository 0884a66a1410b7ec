namespace UnifiedCommerce.Sourcing;

/// <summary>A distributor (or own warehouse) that can receive purchase orders.</summary>
public sealed record Distributor
{
    /// <summary>Identifier, unique in the problem; the last tie-break.</summary>
    public required string Id { get; init; }

    /// <summary>ISO 4217 code of the distributor's prices and order terms.</summary>
    public required string Currency { get; init; }

    /// <summary>Terms of each purchase order to this distributor.</summary>
    public OrderTerms Terms { get; init; } = OrderTerms.None;

    /// <summary>Other terms for some purchase order keys (another contract, another ship-to).</summary>
    public IReadOnlyList<TermsForKey> TermsByKey { get; init; } = [];

    /// <summary>Value promised for the period, over all purchase order keys; null for none.</summary>
    public Commitment? Commitment { get; init; }

    /// <summary>Decision cost as a fraction of the net payable: how much dearer this distributor is treated than it is.</summary>
    public decimal PreferencePenalty { get; init; }

    /// <summary>True when no order may go to this distributor.</summary>
    public bool Excluded { get; init; }
}

/// <summary>Order terms that hold for one purchase order key in place of the distributor's own.</summary>
/// <param name="Key">The key, compared by value.</param>
/// <param name="Terms">The terms.</param>
public sealed record TermsForKey(PurchaseOrderKey Key, OrderTerms Terms);

/// <summary>Terms that look at a whole purchase order: one distributor and one <see cref="PurchaseOrderKey"/>.</summary>
public sealed record OrderTerms
{
    /// <summary>No order-level terms at all.</summary>
    public static OrderTerms None { get; } = new();

    /// <summary>Minimum order value; null for none.</summary>
    public MinimumOrder? Minimum { get; init; }

    /// <summary>Small-order surcharge; null for none.</summary>
    public SmallOrderSurcharge? SmallOrder { get; init; }

    /// <summary>Freight of the order.</summary>
    public FreightTerms Freight { get; init; } = FreightTerms.None;

    /// <summary>Fixed handling or drop-ship fee of an order.</summary>
    public decimal HandlingFee { get; init; }

    /// <summary>Fixed handling or drop-ship fee of each order line.</summary>
    public decimal LineFee { get; init; }

    /// <summary>Discount on the order value; null for none.</summary>
    public OrderDiscount? Discount { get; init; }

    /// <summary>Days until payment.</summary>
    public int PaymentDays { get; init; }

    /// <summary>Discount for paying early, taken when it is worth more than the days; null for none.</summary>
    public EarlyPayment? EarlyPayment { get; init; }

    /// <summary>Expected rebate as a fraction of the net value.</summary>
    public decimal RebateRate { get; init; }

    /// <summary>Own administrative cost of one more purchase order, in base currency.</summary>
    public decimal AdministrationCost { get; init; }
}

/// <summary>Whether an order-level threshold looks at the value before or after the order discount.</summary>
public enum ThresholdBase
{
    /// <summary>The gross value of the order: net prices with quantity breaks, before any order discount.</summary>
    BeforeDiscount,

    /// <summary>The value after the order discount.</summary>
    AfterDiscount,
}

/// <summary>Minimum value of an order, before discount.</summary>
/// <param name="Value">The minimum.</param>
/// <param name="ChargeBelow">Fixed charge for an order below it; null when such an order is refused.</param>
public sealed record MinimumOrder(decimal Value, decimal? ChargeBelow = null);

/// <summary>Fixed charge on an order below a value, before discount.</summary>
/// <param name="Below">The value from which there is no charge.</param>
/// <param name="Surcharge">The charge.</param>
public sealed record SmallOrderSurcharge(decimal Below, decimal Surcharge);

/// <summary>Freight of an order: a fixed part and a table by weight, both waived from a limit.</summary>
public sealed record FreightTerms
{
    /// <summary>No freight.</summary>
    public static FreightTerms None { get; } = new();

    /// <summary>Fixed freight of an order.</summary>
    public decimal Fixed { get; init; }

    /// <summary>Freight by weight: ascending rows, the last without an upper weight.</summary>
    public IReadOnlyList<FreightByWeight> ByWeight { get; init; } = [];

    /// <summary>Order value from which there is no freight; null for never.</summary>
    public decimal? FreeFromValue { get; init; }

    /// <summary>What <see cref="FreeFromValue"/> is compared with.</summary>
    public ThresholdBase FreeFromBase { get; init; }

    /// <summary>Order weight in kilograms from which there is no freight; null for never.</summary>
    public decimal? FreeFromWeight { get; init; }
}

/// <summary>One row of a freight table.</summary>
/// <param name="UpToWeight">Highest weight in kilograms, included; null for the last row.</param>
/// <param name="Charge">Freight of an order in this row.</param>
public sealed record FreightByWeight(decimal? UpToWeight, decimal Charge);

/// <summary>What the tiers of an order discount are compared with.</summary>
public enum DiscountBasis
{
    /// <summary>The order value before discount.</summary>
    Value,

    /// <summary>The number of order units on the order.</summary>
    Quantity,
}

/// <summary>How a tier or break applies.</summary>
public enum TierMode
{
    /// <summary>The tier reached holds for all units or the whole value.</summary>
    AllUnits,

    /// <summary>Each tier holds only for the part inside it.</summary>
    Incremental,
}

/// <summary>Discount on a whole order.</summary>
/// <param name="Basis">What the tiers are compared with.</param>
/// <param name="Mode">All-units, or incremental. Tiers by quantity carry no value of their own inside a tier, so the tier reached then always holds for the whole order.</param>
/// <param name="Tiers">Ascending in both from and rate.</param>
public sealed record OrderDiscount(DiscountBasis Basis, TierMode Mode, IReadOnlyList<DiscountTier> Tiers);

/// <summary>One discount tier.</summary>
/// <param name="From">Value (distributor's currency) or quantity from which it holds.</param>
/// <param name="Rate">Discount as a fraction, from 0 to below 1.</param>
public sealed record DiscountTier(decimal From, decimal Rate);

/// <summary>Discount for early payment.</summary>
/// <param name="Rate">Discount as a fraction.</param>
/// <param name="Days">Days within which must be paid.</param>
public sealed record EarlyPayment(decimal Rate, int Days);

/// <summary>A promised value with a rate to pay on what is missing; counted as decision cost.</summary>
/// <param name="MinValue">Value (before discount) still to be bought in the period.</param>
/// <param name="ShortfallRate">Fraction of the missing value that it costs.</param>
public sealed record Commitment(decimal MinValue, decimal ShortfallRate);
