namespace UnifiedCommerce.Sourcing.Tests;

/// <summary>What a plan costs by the meaning of the instance format, computed straight from its definition in floating point.</summary>
internal static class ReferenceCost
{
    public static double Of(SourcingProblem problem, IReadOnlyList<Allocation> plan)
    {
        var total = 0.0;
        var covered = new long[problem.Lines.Count];
        var value = new double[problem.Distributors.Count];
        var units = new long[problem.Distributors.Count];
        foreach (var (o, quantity) in plan)
        {
            var offer = problem.Offers[o];
            covered[offer.Line] += quantity;
            value[offer.Distributor] += Gross(offer, quantity);
            units[offer.Distributor] += quantity;
            total += Rate(problem, offer.Distributor) * (double)offer.UnitExtra * quantity;
        }

        for (var i = 0; i < covered.Length; i++)
        {
            total += covered[i] == 0 ? (double)problem.Lines[i].UnfilledPenalty : 0;
        }

        for (var d = 0; d < value.Length; d++)
        {
            var distributor = problem.Distributors[d];
            var fx = Rate(problem, d);
            if (distributor.Commitment is { } commitment)
            {
                total += fx * (double)commitment.ShortfallRate * Math.Max(0, (double)commitment.MinValue - value[d]);
            }

            total += units[d] == 0 ? 0 : Order(problem, distributor, fx, value[d], units[d]);
        }

        return total;
    }

    private static double Order(SourcingProblem problem, Distributor distributor, double fx, double value, long units)
    {
        var terms = distributor.Terms;
        var discount = 0.0;
        var reached = 0.0;
        foreach (var (from, rate) in terms.Discount?.Tiers ?? [])
        {
            if ((terms.Discount!.Basis == DiscountBasis.Value ? value + 1e-6 : units) < (double)from)
            {
                continue;
            }

            discount = terms.Discount is { Mode: TierMode.Incremental, Basis: DiscountBasis.Value }
                ? discount + (((double)rate - reached) * (value - (double)from))
                : (double)rate * value;
            reached = (double)rate;
        }

        var net = (value - discount) * (1 - (double)terms.RebateRate)
            * (1 - ((double)problem.CostOfCapital * terms.PaymentDays / 365)) * (1 + (double)distributor.PreferencePenalty);
        var freight = terms.Freight.FreeFromValue is { } free && value + 1e-6 >= (double)free ? 0 : (double)terms.Freight.Fixed;
        var small = terms.SmallOrder is { } surcharge && value + 1e-6 < (double)surcharge.Below ? (double)surcharge.Surcharge : 0;
        return (fx * (net + freight + small)) + (double)terms.AdministrationCost;
    }

    private static double Gross(Offer offer, long quantity)
    {
        var rows = offer.Price.Breaks;
        if (offer.Price.BreakMode == TierMode.AllUnits)
        {
            return (double)rows.Last(row => row.From <= Math.Max(1, quantity)).Price * quantity;
        }

        var sum = 0.0;
        for (var unit = 1L; unit <= quantity; unit++)
        {
            sum += (double)rows.Last(row => row.From <= unit).Price;
        }

        return sum;
    }

    private static double Rate(SourcingProblem problem, int distributor) =>
        (double)(problem.ExchangeRates.FirstOrDefault(rate => rate.Currency == problem.Distributors[distributor].Currency)?.Rate ?? 1);
}
