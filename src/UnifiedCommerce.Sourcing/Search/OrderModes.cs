namespace UnifiedCommerce.Sourcing;

/// <summary>A range of order value, quantity and weight in which the cost of an order is <c>Fixed + Rate x value</c> (base currency).</summary>
internal readonly record struct OrderMode(
    double LeastValue, double GreatestValue, double LeastQuantity, double GreatestQuantity, double LeastWeight, double GreatestWeight, double Fixed, double Rate)
{
    /// <summary>The last billionth of the distributor's currency below <see cref="LeastValue"/>: where the tree splits.</summary>
    public Int128 LastBelow { get; init; }

    public Int128 LastWeightBelow { get; init; }
}

/// <summary>Collapses all order-level terms of a unit into modes.</summary>
internal static class OrderModes
{
    public static OrderMode[] Of(SourcingProblem problem, ExactTerms exact, PurchaseOrderUnit unit, bool onlyUnitOfDistributor)
    {
        var distributor = problem.Distributors[unit.Distributor];
        var terms = exact.TermsOf(unit.Distributor, unit.Key);
        var rate = (double)exact.RateOf(unit.Distributor) / Nano.RateOne;
        var (early, days) = PlanEvaluator.PaymentOf(problem.CostOfCapital, terms);
        var factor = (1 - (double)early / Nano.RateOne) * (1 - (double)terms.RebateRate)
            * (1 - (double)problem.CostOfCapital * days / 365.0) * (1 + (double)distributor.PreferencePenalty);

        var quantities = new SortedSet<double> { 0 };
        if (terms.Discount is { Basis: DiscountBasis.Quantity } byQuantity)
        {
            quantities.UnionWith(byQuantity.Tiers.Select(tier => (double)decimal.Ceiling(tier.From)));
        }

        // Rows of the freight table include their upper weight; weights are whole billionths of a kilogram.
        const double OneStep = 1e-9;
        var weights = new SortedSet<double> { 0 };
        weights.UnionWith(terms.Freight.ByWeight.Where(row => row.UpToWeight is not null).Select(row => (double)row.UpToWeight! + OneStep));
        if (terms.Freight.FreeFromWeight is { } freeWeight)
        {
            weights.Add((double)freeWeight);
        }

        var modes = new List<OrderMode>();
        foreach (var (leastQuantity, greatestQuantity) in Ranges(quantities, 1))
        {
            foreach (var (leastWeight, greatestWeight) in Ranges(weights, OneStep))
            {
                var discount = (OrderDiscount?)terms.Discount;
                var start = modes.Count;
                foreach (var (from, to) in Ranges(ValueBreaks(terms, distributor, onlyUnitOfDistributor, leastQuantity), 0))
                {
                    if (terms.Minimum is { ChargeBelow: null } minimum && from < (double)minimum.Value)
                    {
                        continue;
                    }

                    var (reached, given) = DiscountAt(discount, from, leastQuantity);
                    var charges = 0.0;
                    charges += terms.Minimum is { ChargeBelow: { } charge } small && from < (double)small.Value ? (double)charge : 0;
                    charges += terms.SmallOrder is { } smallOrder && from < (double)smallOrder.Below ? (double)smallOrder.Surcharge : 0;
                    charges += (double)terms.HandlingFee + Freight(terms.Freight, from, ((1 - reached) * from) + given, leastWeight);
                    var cost = (charges * rate) + (double)terms.AdministrationCost + (factor * given * rate);
                    var slope = factor * (1 - reached);
                    if (onlyUnitOfDistributor && distributor.Commitment is { } commitment && from < (double)commitment.MinValue)
                    {
                        cost += (double)commitment.ShortfallRate * (double)commitment.MinValue * rate;
                        slope -= (double)commitment.ShortfallRate;
                    }

                    if (modes.Count > start && modes[^1].Rate.Equals(slope) && Math.Abs(modes[^1].Fixed - cost) < 1e-12)
                    {
                        modes[^1] = modes[^1] with { GreatestValue = to * rate };
                    }
                    else
                    {
                        modes.Add(new(from * rate, to * rate, leastQuantity, greatestQuantity, leastWeight, greatestWeight, cost, slope) { LastBelow = LastBelow(from), LastWeightBelow = (Int128)Math.Round(leastWeight * Nano.One) - 1 });
                    }
                }
            }
        }

        return [.. modes];
    }

    private static SortedSet<double> ValueBreaks(OrderTerms terms, Distributor distributor, bool onlyUnitOfDistributor, double quantity)
    {
        var breaks = new SortedSet<double> { 0 };
        Add((double?)terms.Minimum?.Value);
        Add((double?)terms.SmallOrder?.Below);
        if (terms.Discount is { Basis: DiscountBasis.Value } byValue)
        {
            breaks.UnionWith(byValue.Tiers.Select(tier => (double)tier.From));
        }

        if (onlyUnitOfDistributor)
        {
            Add((double?)distributor.Commitment?.MinValue);
        }

        if (terms.Freight.FreeFromValue is { } free)
        {
            if (terms.Freight.FreeFromBase == ThresholdBase.BeforeDiscount)
            {
                Add((double)free);
            }
            else
            {
                // After discount the value can pass the limit once in every tier.
                foreach (var (from, to) in Ranges(breaks, 0).ToList())
                {
                    var (reached, given) = DiscountAt(terms.Discount, from, quantity);
                    var at = ((double)free - given) / (1 - reached);
                    if (at > from && at < to)
                    {
                        breaks.Add(at);
                    }
                }
            }
        }

        return breaks;

        void Add(double? at)
        {
            if (at is { } value)
            {
                breaks.Add(value);
            }
        }
    }

    /// <summary>Discount in the tier that holds at a value and quantity: net = (1 - rate) x value + given back.</summary>
    private static (double Rate, double Given) DiscountAt(OrderDiscount? discount, double value, double quantity)
    {
        var (reached, given) = (0.0, 0.0);
        foreach (var (from, rate) in discount?.Tiers ?? [])
        {
            if (discount!.Basis == DiscountBasis.Quantity ? quantity < (double)from : value < (double)from)
            {
                break;
            }

            if (discount is { Basis: DiscountBasis.Value, Mode: TierMode.Incremental })
            {
                given += ((double)rate - reached) * (double)from;
            }

            reached = (double)rate;
        }

        return (reached, given);
    }

    private static double Freight(FreightTerms freight, double value, double net, double weight)
    {
        // The value at which the limit is met after discount was found by a division, so it may miss the limit by the last bit.
        var tested = freight.FreeFromBase == ThresholdBase.BeforeDiscount ? value : net + 1e-9;
        if ((freight.FreeFromValue is { } free && tested >= (double)free) || (freight.FreeFromWeight is { } heavy && weight >= (double)heavy))
        {
            return 0;
        }

        var cost = (double)freight.Fixed;
        foreach (var (upTo, charge) in freight.ByWeight)
        {
            if (upTo is null || weight <= (double)upTo)
            {
                return cost + (double)charge;
            }
        }

        return cost;
    }

    /// <summary>A limit after discount is found by a division; three billionths below it nothing has changed yet.</summary>
    private static Int128 LastBelow(double from)
    {
        var nano = (Int128)Math.Round(from * Nano.One);
        return Math.Abs(Math.Round(from * 10_000) - (from * 10_000)) < 1e-6 ? nano - 1 : nano - 3;
    }

    private static IEnumerable<(double From, double To)> Ranges(SortedSet<double> starts, double step)
    {
        var list = starts.ToArray();
        for (var s = 0; s < list.Length; s++)
        {
            yield return (list[s], s + 1 < list.Length ? list[s + 1] - step : double.PositiveInfinity);
        }
    }
}
