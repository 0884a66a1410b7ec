using System.Numerics;

namespace UnifiedCommerce.Sourcing;

/// <summary>A range of value, quantity and weight of an order in which its cost is at least <c>Fixed + Slope x value</c>.</summary>
/// <param name="ValueLo">Least value, in billionths of the distributor's currency.</param>
/// <param name="ValueHi">Greatest value.</param>
/// <param name="QuantityLo">Least quantity.</param>
/// <param name="QuantityHi">Greatest quantity.</param>
/// <param name="WeightLo">Least weight, in billionths of a kilogram.</param>
/// <param name="WeightHi">Greatest weight.</param>
/// <param name="Fixed">Base currency x 1e30, rounded down.</param>
/// <param name="Slope">Base currency per billionth of the distributor's currency x 1e30, rounded down.</param>
internal sealed record OrderCostPiece(
    Int128 ValueLo, Int128 ValueHi, long QuantityLo, long QuantityHi, Int128 WeightLo, Int128 WeightHi, BigInteger Fixed, BigInteger Slope);

/// <summary>Cuts the cost of an order into pieces on which it is a straight line of the order value.</summary>
internal static class OrderCostPieces
{
    public static readonly BigInteger Scale = BigInteger.Pow(10, 30);
    public static readonly Int128 MuchValue = (Int128)1_000_000_000_000_000_000 * 1_000_000_000_000;
    private const long Billion = 1_000_000_000;

    /// <summary>The pieces; every value, quantity and weight allowed by the minimum lies in one.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="unit">Distributor and purchase order key.</param>
    public static IReadOnlyList<OrderCostPiece> Of(CheckedProblem problem, PurchaseOrderUnit unit)
    {
        var terms = problem.Terms(unit);
        var pieces = new List<OrderCostPiece>();
        foreach (var (quantityLo, quantityHi) in Ranges(Quantities(terms), long.MaxValue))
        {
            foreach (var (weightLo, weightHi) in Ranges(Weights(terms.Freight), MuchValue))
            {
                foreach (var (valueLo, valueHi) in Ranges(Values(problem, unit, terms, (long)quantityLo), MuchValue))
                {
                    if (Piece(problem, unit, terms, valueLo, (long)quantityLo, weightLo) is { } cost)
                    {
                        pieces.Add(new OrderCostPiece(
                            valueLo, valueHi, (long)quantityLo, (long)quantityHi, weightLo, weightHi,
                            (cost.Fixed * Scale).Floor(), (cost.Slope * new Ratio(Scale, Billion)).Floor()));
                    }
                }
            }
        }

        return pieces;
    }

    /// <summary>What a distributor with a commitment costs when nothing is bought from it.</summary>
    public static Ratio FullShortfall(CheckedProblem problem, int distributor) =>
        problem.Problem.Distributors[distributor].Commitment is { } commitment
            ? CheckedProblem.Amount(commitment.MinValue) * CheckedProblem.Fraction(commitment.ShortfallRate) * ToBase(problem, distributor)
            : 0;

    /// <summary>Cost as fixed part (base currency) and slope (per unit of base-currency value) of the piece that starts at a point; null below the minimum.</summary>
    private static (Ratio Fixed, Ratio Slope)? Piece(
        CheckedProblem problem, PurchaseOrderUnit unit, OrderTerms terms, Int128 value, long quantity, Int128 weight)
    {
        Ratio charges = CheckedProblem.Amount(terms.HandlingFee);
        if (terms.Minimum is { } minimum && value < CheckedProblem.Nano(minimum.Value))
        {
            if (minimum.ChargeBelow is not { } charge)
            {
                return null;
            }

            charges += CheckedProblem.Amount(charge);
        }

        if (terms.SmallOrder is { } small && value < CheckedProblem.Nano(small.Below))
        {
            charges += CheckedProblem.Amount(small.Surcharge);
        }

        var (rate, given) = Discount(terms.Discount, value, quantity);
        charges += Freight(terms.Freight, value, rate, given, weight);
        var distributor = problem.Problem.Distributors[unit.Distributor];
        var toBase = ToBase(problem, unit.Distributor);
        var factor = PlanAudit.Payment(problem.Problem.CostOfCapital, terms) * (1 - CheckedProblem.Fraction(terms.RebateRate))
            * (1 + CheckedProblem.Fraction(distributor.PreferencePenalty));
        var constant = (charges * toBase) + CheckedProblem.Amount(terms.AdministrationCost) + (factor * given * toBase);
        var slope = factor * (1 - rate) * toBase;
        if (problem.OneKey && distributor.Commitment is { } commitment && value < CheckedProblem.Nano(commitment.MinValue))
        {
            var shortfall = CheckedProblem.Fraction(commitment.ShortfallRate) * toBase;
            constant += shortfall * CheckedProblem.Amount(commitment.MinValue);
            slope -= shortfall;
        }

        return (constant, slope);
    }

    /// <summary>Order discount in the piece: the value falls by the rate and rises by what is given back (tiers that hold only for their part).</summary>
    private static (Ratio Rate, Ratio Given) Discount(OrderDiscount? discount, Int128 value, long quantity)
    {
        Ratio reached = 0;
        Ratio given = 0;
        foreach (var tier in discount?.Tiers ?? [])
        {
            if (discount!.Basis == DiscountBasis.Quantity ? quantity >= tier.From : value >= CheckedProblem.Nano(tier.From))
            {
                var rate = CheckedProblem.Fraction(tier.Rate);
                given += discount is { Basis: DiscountBasis.Value, Mode: TierMode.Incremental } ? (rate - reached) * CheckedProblem.Amount(tier.From) : 0;
                reached = rate;
            }
        }

        return (reached, given);
    }

    private static Ratio Freight(FreightTerms freight, Int128 value, Ratio rate, Ratio given, Int128 weight)
    {
        if (freight.FreeFromWeight is { } heavy && weight >= CheckedProblem.Nano(heavy))
        {
            return 0;
        }

        if (freight.FreeFromValue is { } free)
        {
            var met = freight.FreeFromBase == ThresholdBase.BeforeDiscount
                ? value >= CheckedProblem.Nano(free)
                : ((1 - rate) * value) + (given * Billion) > HalfBelow(free);
            if (met)
            {
                return 0;
            }
        }

        var row = freight.ByWeight.FirstOrDefault(known => known.UpToWeight is null || weight <= CheckedProblem.Nano(known.UpToWeight.Value));
        return CheckedProblem.Amount(freight.Fixed) + CheckedProblem.Amount(row?.Charge ?? 0);
    }

    /// <summary>A discount is rounded to a billionth before it is compared, so a value after discount above this counts as the limit.</summary>
    private static Ratio HalfBelow(decimal limit) => CheckedProblem.Nano(limit) - new Ratio(1, 2);

    private static SortedSet<Int128> Quantities(OrderTerms terms)
    {
        var starts = new SortedSet<Int128> { 0 };
        if (terms.Discount is { Basis: DiscountBasis.Quantity } discount)
        {
            starts.UnionWith(discount.Tiers.Select(tier => (Int128)decimal.Ceiling(tier.From)));
        }

        return starts;
    }

    private static SortedSet<Int128> Weights(FreightTerms freight)
    {
        var starts = new SortedSet<Int128> { 0 };
        starts.UnionWith(freight.ByWeight.Where(row => row.UpToWeight is not null).Select(row => CheckedProblem.Nano(row.UpToWeight!.Value) + 1));
        if (freight.FreeFromWeight is { } heavy)
        {
            starts.Add(CheckedProblem.Nano(heavy));
        }

        return starts;
    }

    private static SortedSet<Int128> Values(CheckedProblem problem, PurchaseOrderUnit unit, OrderTerms terms, long quantity)
    {
        var starts = new SortedSet<Int128> { 0 };
        Add(terms.Minimum?.Value);
        Add(terms.SmallOrder?.Below);
        Add(problem.OneKey ? problem.Problem.Distributors[unit.Distributor].Commitment?.MinValue : null);
        if (terms.Discount is { Basis: DiscountBasis.Value } discount)
        {
            starts.UnionWith(discount.Tiers.Select(tier => CheckedProblem.Nano(tier.From)));
        }

        if (terms.Freight is { FreeFromValue: { } free, FreeFromBase: ThresholdBase.AfterDiscount })
        {
            foreach (var start in starts.ToList())
            {
                // Within one tier the value after discount passes the limit at one value, if at all.
                var (rate, given) = Discount(terms.Discount, start, quantity);
                var at = ((HalfBelow(free) - (given * Billion)) / (1 - rate)).Floor() + 1;
                if (at > start && at < (BigInteger)MuchValue)
                {
                    starts.Add((Int128)at);
                }
            }
        }
        else
        {
            Add(terms.Freight.FreeFromValue);
        }

        return starts;

        void Add(decimal? at)
        {
            if (at is { } value)
            {
                starts.Add(CheckedProblem.Nano(value));
            }
        }
    }

    private static Ratio ToBase(CheckedProblem problem, int distributor) => new(problem.ExchangeRate(distributor), 1_000_000_000_000);

    private static IEnumerable<(Int128 Lo, Int128 Hi)> Ranges(SortedSet<Int128> starts, Int128 most)
    {
        var list = starts.ToArray();
        for (var s = 0; s < list.Length; s++)
        {
            yield return (list[s], s + 1 < list.Length ? list[s + 1] - 1 : most);
        }
    }
}
