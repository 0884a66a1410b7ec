namespace UnifiedCommerce.Core.Partners;

/// <summary>Our own side: <c>mappings/house.yaml</c>.</summary>
public sealed record House
{
    /// <summary>Base currency of decisions, ISO 4217.</summary>
    public required string Currency { get; init; }
    /// <summary>IANA time zone of the buying office.</summary>
    public required TimeZoneInfo TimeZone { get; init; }
    /// <summary>The buying entity.</summary>
    public required Party Buyer { get; init; }
    /// <summary>Where stock deliveries go.</summary>
    public required Party Warehouse { get; init; }
    /// <summary>Exchange rates: base units per one unit of the currency.</summary>
    public required IReadOnlyList<ExchangeRate> Rates { get; init; }
    /// <summary>Rules of procurement.</summary>
    public required HouseRules Rules { get; init; }
    /// <summary>Consolidation pools.</summary>
    public required IReadOnlyList<PoolRule> Pools { get; init; }
    /// <summary>SHA-256 of house.yaml, lower-case hex.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>The rate of a currency on a day.</summary>
    public ExchangeRate? RateOn(string currency, DateOnly day) => currency == Currency
        ? new ExchangeRate(currency, 1m, day, "base")
        : Rates.Where(rate => rate.Currency == currency && rate.Date <= day).MaxBy(rate => rate.Date);
}

/// <summary>A rate with its source and date: kept in every decision.</summary>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Rate">Base units per one unit.</param>
/// <param name="Date">Date of the rate.</param>
/// <param name="Source">Who published it.</param>
public sealed record ExchangeRate(string Currency, decimal Rate, DateOnly Date, string Source);

/// <summary>Rules of procurement.</summary>
public sealed record HouseRules
{
    /// <summary>Yearly cost of capital as a rate.</summary>
    public decimal CostOfCapital { get; init; } = 0.06m;
    /// <summary>Administration of one more purchase order, base currency.</summary>
    public decimal PurchaseOrderCost { get; init; } = 15m;
    /// <summary>Most distributors in one run for one key; null: any.</summary>
    public int? MaxDistributors { get; init; }
    /// <summary>Most distributors one line may be split over.</summary>
    public int MaxSplits { get; init; } = 1;
    /// <summary>What leaving a line unfilled is worth avoiding, as a multiple of its usual value.</summary>
    public decimal UnfilledFactor { get; init; } = 3m;
    /// <summary>Over-buying allowed per line, in percent of the need, beyond rounding up to a pack.</summary>
    public decimal OverBuyPercent { get; init; } = 10m;
    /// <summary>Price of a late day per line in base currency when late delivery is soft; null: late offers are out.</summary>
    public decimal? LatePerDay { get; init; }
    /// <summary>Re-route by itself when the new plan costs at most this much more, base currency.</summary>
    public decimal ReRouteLimit { get; init; } = 25m;
    /// <summary>Solver steps per run: a replay with the same number gives the same bytes.</summary>
    public long WorkLimit { get; init; } = 200_000;
    /// <summary>Rules on lines: which suppliers are preferred, blocked, exclusive.</summary>
    public IReadOnlyList<SourceRule> Sources { get; init; } = [];
}

/// <summary>A rule on where lines may come from.</summary>
/// <param name="Name">Name, shown in reasons.</param>
/// <param name="Category">Only for this category of articles; null: all.</param>
/// <param name="Manufacturer">Only for this manufacturer's articles; null: all.</param>
/// <param name="Partner">The supplier the rule speaks of.</param>
/// <param name="Kind"><c>prefer</c> (others get the penalty), <c>avoid</c> (it gets the penalty), <c>block</c>, <c>exclusive</c>.</param>
/// <param name="PenaltyPercent">Soft rules: price in percent of the line's value; decision cost only.</param>
public sealed record SourceRule(string Name, string? Category, string? Manufacturer, string Partner, string Kind, decimal PenaltyPercent);

/// <summary>How orders of some channels are consolidated.</summary>
public sealed record PoolRule
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }
    /// <summary>Channels whose orders it takes; empty: all others.</summary>
    public IReadOnlyList<string> Channels { get; init; } = [];
    /// <summary>Orders are routed alone, at once, and decided at once.</summary>
    public bool Immediate { get; init; }
    /// <summary>A run starts this long after the first line waits.</summary>
    public TimeSpan Gather { get; init; } = TimeSpan.FromMinutes(10);
    /// <summary>Decide this long before a supplier's cut-off, for sending in time.</summary>
    public TimeSpan Margin { get; init; } = TimeSpan.FromMinutes(20);
}
