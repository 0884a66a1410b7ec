using System.Numerics;

namespace UnifiedCommerce.Sourcing;

/// <summary>
/// A problem as the checker reads it: what may be used in which quantities and what it is worth. Written apart from the solver, so
/// that one misunderstanding is not shared by both.
/// </summary>
/// <remarks>
/// The scale of the model: amounts are whole billionths (nano), rates whole trillionths, and the value of an offer is rounded once to a
/// billionth, halves away from zero. Everything after that is exact here.
/// </remarks>
internal sealed class CheckedProblem
{
    private const long Billion = 1_000_000_000;
    private const long Trillion = 1_000_000_000_000;
    private readonly List<Int128[]> _prices = [];
    private readonly List<Int128> _promotions = [];
    private readonly Dictionary<(int Distributor, PurchaseOrderKey Key), int> _units = [];
    private readonly bool[] _preferred;

    public CheckedProblem(SourcingProblem problem)
    {
        Problem = problem;
        Units = PurchaseOrderUnits.List(problem);
        for (var u = 0; u < Units.Count; u++)
        {
            _units[(Units[u].Distributor, Units[u].Key)] = u;
        }

        _preferred = new bool[problem.Lines.Count];
        var exclusive = new bool[problem.Lines.Count];
        foreach (var offer in problem.Offers)
        {
            _preferred[offer.Line] |= offer.Status == SourceStatus.Preferred;
            exclusive[offer.Line] |= offer.Status == SourceStatus.Exclusive;
            _prices.Add([.. offer.Price.Breaks.Select(row => Net(row.Price, offer.Price.ChainDiscounts))]);
            _promotions.Add(offer.Price.Promotion is { } promotion ? Nano(promotion.Price) : 0);
        }

        Usable = new bool[problem.Offers.Count];
        Limits = new (long, long)[problem.Offers.Count];
        for (var o = 0; o < Usable.Length; o++)
        {
            Usable[o] = WhyNot(problem.Offers[o], exclusive[problem.Offers[o].Line], out Limits[o]) is null;
        }
    }

    public SourcingProblem Problem { get; }

    public IReadOnlyList<PurchaseOrderUnit> Units { get; }

    /// <summary>Whether all lines share one purchase order key: then a commitment is part of the cost of the distributor's only unit.</summary>
    public bool OneKey => Units.Count == Problem.Distributors.Count;

    /// <summary>Offers that may be used at all.</summary>
    public bool[] Usable { get; }

    /// <summary>Least and greatest quantity of each offer.</summary>
    public (long Least, long Greatest)[] Limits { get; }

    public int UnitOf(int offer) => _units[(Problem.Offers[offer].Distributor, Problem.Lines[Problem.Offers[offer].Line].Key)];

    public static Int128 Nano(decimal amount) => (Int128)(Ratio.Of(amount) * Billion).Round();

    /// <summary>A rate in trillionths.</summary>
    public static Int128 Rate(decimal rate) => (Int128)(Ratio.Of(rate) * Trillion).Round();

    public static Ratio Amount(decimal amount) => new(Nano(amount), Billion);

    public static Ratio Fraction(decimal rate) => new(Rate(rate), Trillion);

    /// <summary>Base currency for one unit of the distributor's currency, in trillionths.</summary>
    public Int128 ExchangeRate(int distributor)
    {
        var currency = Problem.Distributors[distributor].Currency;
        if (string.Equals(currency, Problem.BaseCurrency, StringComparison.Ordinal))
        {
            return Trillion;
        }

        return Rate(Problem.ExchangeRates.First(rate => string.Equals(rate.Currency, currency, StringComparison.Ordinal)).Rate);
    }

    public OrderTerms Terms(PurchaseOrderUnit unit)
    {
        var distributor = Problem.Distributors[unit.Distributor];
        var own = distributor.TermsByKey.LastOrDefault(terms => terms.Key == unit.Key);
        return own?.Terms ?? distributor.Terms;
    }

    /// <summary>Value of a quantity in billionths of the distributor's currency, before group and order discounts.</summary>
    public Int128 Value(int o, long quantity)
    {
        var price = Problem.Offers[o].Price;
        var prices = _prices[o];
        var promoted = price.Promotion is { } promotion ? Math.Min(quantity, promotion.StockLimit) : 0;
        var sum = checked(_promotions[o] * promoted);
        if (price.BreakMode == TierMode.AllUnits)
        {
            var reached = 0;
            while (reached + 1 < prices.Length && price.Breaks[reached + 1].From <= quantity)
            {
                reached++;
            }

            sum += checked(prices[reached] * (quantity - promoted));
        }
        else
        {
            // Walk the tiers: unit number n belongs to the last tier whose from-quantity is at most n.
            var next = promoted + 1;
            for (var b = 0; b < prices.Length && next <= quantity; b++)
            {
                var last = b + 1 < prices.Length ? Math.Min(quantity, price.Breaks[b + 1].From - 1) : quantity;
                if (last >= next)
                {
                    sum += checked(prices[b] * (last - next + 1));
                    next = last + 1;
                }
            }
        }

        var divisor = (Int128)price.UnitFactorDenominator * price.PriceBasis;
        sum = checked(sum * price.UnitFactorNumerator);
        return divisor == 1 ? sum : (sum + (divisor / 2)) / divisor;
    }

    /// <summary>Whether the value is a sum of price x quantity without any rounding.</summary>
    public bool IsWhole(int o)
    {
        var price = Problem.Offers[o].Price;
        return price is { UnitFactorDenominator: 1, PriceBasis: 1 } && Problem.Offers[o].GroupBreak is null;
    }

    /// <summary>Quantities at which the price changes, or the group rate that the offer reaches alone.</summary>
    public IEnumerable<long> PriceSteps(int o)
    {
        var price = Problem.Offers[o].Price;
        foreach (var row in price.Breaks)
        {
            yield return Math.Max(1, row.From);
        }

        if (price.Promotion is { } promotion)
        {
            yield return promotion.StockLimit + 1;
        }

        // The group is at least as large as what this offer brings to it.
        if (Problem.Offers[o].GroupBreak is { } group)
        {
            foreach (var tier in Problem.GroupBreaks[group].Tiers)
            {
                yield return Math.Max(1, (long)decimal.Ceiling(tier.From));
            }
        }
    }

    /// <summary>Rate of a group (trillionths) at a quantity.</summary>
    public Int128 GroupRate(int group, long quantity)
    {
        Int128 rate = 0;
        foreach (var tier in Problem.GroupBreaks[group].Tiers)
        {
            rate = quantity >= tier.From ? Rate(tier.Rate) : rate;
        }

        return rate;
    }

    /// <summary>Value less a group rate, in billionths, rounded as the model rounds.</summary>
    public static Int128 Less(Int128 value, Int128 rate) => rate == 0 ? value : value - (Int128)new Ratio((BigInteger)value * rate, Trillion).Round();

    /// <summary>Decision cost of using an offer at all, in billionths of base currency.</summary>
    public Int128 UseCost(int o)
    {
        var offer = Problem.Offers[o];
        var other = _preferred[offer.Line] && offer.Status != SourceStatus.Preferred;
        return Nano(offer.UseDecisionCost) + (other ? Nano(Problem.Lines[offer.Line].NotPreferredPenalty) : 0);
    }

    /// <summary>What keeps an offer out; null when it may be used.</summary>
    public string? WhyNot(int o) =>
        WhyNot(Problem.Offers[o], Problem.Offers.Any(other => other.Line == Problem.Offers[o].Line && other.Status == SourceStatus.Exclusive), out _);

    private string? WhyNot(Offer offer, bool lineHasExclusive, out (long Least, long Greatest) limits)
    {
        var line = Problem.Lines[offer.Line];
        var pack = offer.OrderMultiple;
        var greatest = Math.Min(offer.Available, line.MaxQuantity);
        if (offer.StockPool is { } pool)
        {
            greatest = Math.Min(greatest, Problem.StockPools[pool].Available);
        }

        limits = (RoundUp(Math.Max(1, offer.Moq), pack), greatest - (greatest % pack));
        return offer.Status == SourceStatus.Blocked ? "the source is blocked"
            : Problem.Distributors[offer.Distributor].Excluded ? "the distributor is excluded"
            : line.NotFrom.Contains(offer.Distributor) ? "the line may not come from the distributor"
            : line.PinnedTo is not null && !line.PinnedTo.Contains(offer.Distributor) ? "the line is pinned to other distributors"
            : lineHasExclusive && offer.Status != SourceStatus.Exclusive ? "another source is exclusive"
            : offer.LeadDays > line.NeedByDay ? $"it arrives on day {offer.LeadDays}, needed by day {line.NeedByDay}"
            : limits.Greatest < limits.Least ? $"the least order is {limits.Least}, the most {limits.Greatest}"
            : line.MaxSplits == 1 && limits.Greatest < line.Quantity ? $"it has {limits.Greatest}, the unsplit line needs {line.Quantity}"
            : null;
    }

    public static long RoundUp(long quantity, long multiple) => (quantity + multiple - 1) / multiple * multiple;

    private static Int128 Net(decimal price, IReadOnlyList<decimal> chain)
    {
        var net = Ratio.Of(price);
        foreach (var discount in chain)
        {
            net *= 1 - Ratio.Of(discount);
        }

        return (Int128)(net * Billion).Round();
    }
}
