namespace UnifiedCommerce.Sourcing;

/// <summary>Ways of buying that are compared with the plan at once.</summary>
internal static class Comparisons
{
    /// <summary>The best plan that differs from this one in one line.</summary>
    public static PlanComparison? RunnerUp(PlanLedger ledger, SourcingPlan plan, IReadOnlyList<LineExplanation> lines)
    {
        OfferExplanation? best = null;
        foreach (var line in lines)
        {
            foreach (var offer in line.Offers)
            {
                if (offer.Outcome is OfferOutcome.CostsMore or OfferOutcome.CostsLess
                    && (best is null || offer.Price.AtMost < best.Price.AtMost))
                {
                    best = offer;
                }
            }
        }

        if (best is null)
        {
            return null;
        }

        var line0 = ledger.Problem.Offers[best.Offer].Line;
        var (changes, _, _) = Alternatives.Swap(
            ledger, line0, best.Offer, OfferEligibility.Quantities(ledger.Problem, ledger.Problem.Offers[best.Offer]), ledger.Problem.Lines[line0].MaxQuantity);
        return Compare(ledger, plan, ComparisonKind.SecondBest, Apply(plan.Allocations, changes), mayDiffer: true);
    }

    /// <summary>Every line at the offer with the lowest price for the quantity needed, landed at line level: order terms are not looked at.</summary>
    public static PlanComparison CheapestPerLine(PlanLedger ledger, SourcingPlan plan) =>
        Compare(ledger, plan, ComparisonKind.CheapestPerLine, Pick(ledger, plan, static (_, _) => true, keepOthers: false), mayDiffer: false);

    /// <summary>Every line with a preferred offer at its cheapest preferred one; the others as in the plan. Null when no line has one.</summary>
    public static PlanComparison? PreferredSuppliers(PlanLedger ledger, SourcingPlan plan) =>
        ledger.Problem.Offers.Any(offer => offer.Status == SourceStatus.Preferred)
            ? Compare(
                ledger, plan, ComparisonKind.PreferredSuppliers,
                Pick(ledger, plan, static (problem, o) => problem.Offers[o].Status == SourceStatus.Preferred, keepOthers: true), mayDiffer: false)
            : null;

    /// <summary>Every line that a distributor can deliver from it; the others as in the plan.</summary>
    public static PlanComparison OneDistributor(PlanLedger ledger, SourcingPlan plan, int distributor) =>
        Compare(
            ledger, plan, ComparisonKind.OneDistributor,
            Pick(ledger, plan, (problem, o) => problem.Offers[o].Distributor == distributor, keepOthers: true), mayDiffer: false) with
        {
            Distributor = distributor,
        };

    public static PlanComparison Compare(
        PlanLedger ledger, SourcingPlan plan, ComparisonKind kind, IReadOnlyList<Allocation> allocations, bool mayDiffer)
    {
        var evaluation = PlanEvaluator.Evaluate(ledger.Problem, allocations);
        var extra = evaluation.Cost?.Total - plan.Cost.Total;
        return new PlanComparison
        {
            Kind = kind,
            Allocations = evaluation.IsFeasible ? allocations : [],
            Cost = evaluation.Cost,
            Faults = evaluation.Faults,

            // The way of buying is fixed, so its price is exact; only a plan that may still differ elsewhere can be better than shown.
            Price = mayDiffer
                ? new ChoicePrice(Math.Min(0, plan.LowerBound - plan.Cost.Total), extra, ChoicePriceBasis.OtherLinesKept)
                : new ChoicePrice(extra, extra, ChoicePriceBasis.OtherLinesKept),
        };
    }

    private static List<Allocation> Pick(PlanLedger ledger, SourcingPlan plan, Func<SourcingProblem, int, bool> wanted, bool keepOthers)
    {
        var result = new List<Allocation>(ledger.Problem.Lines.Count);
        for (var line = 0; line < ledger.Problem.Lines.Count; line++)
        {
            var best = -1;
            var bestQuantity = 0L;
            decimal bestCost = 0;
            foreach (var o in ledger.OffersOf[line])
            {
                if (ledger.Eligibility[o] != Eligibility.Eligible || !wanted(ledger.Problem, o))
                {
                    continue;
                }

                var offer = ledger.Problem.Offers[o];
                var (least, greatest) = OfferEligibility.Quantities(ledger.Problem, offer);
                var quantity = Math.Max(least, Nano.CeilingTo(ledger.Problem.Lines[line].Quantity, offer.OrderMultiple));
                if (quantity > greatest)
                {
                    continue;
                }

                var cost = LineCost(ledger, o, quantity);
                if (best < 0 || cost < bestCost)
                {
                    (best, bestQuantity, bestCost) = (o, quantity, cost);
                }
            }

            if (best >= 0)
            {
                result.Add(new Allocation(best, bestQuantity));
            }
            else if (keepOthers || ledger.ChosenFor(line).Count > 1)
            {
                // No single offer fills it: the plan's own way stays.
                foreach (var (o, quantity) in ledger.ChosenFor(line))
                {
                    result.Add(new Allocation(o, quantity));
                }
            }
        }

        return result;
    }

    /// <summary>What a line costs at an offer by the terms that look at the line alone: price, payment, rebate and extras.</summary>
    private static decimal LineCost(PlanLedger ledger, int o, long quantity)
    {
        var problem = ledger.Problem;
        var offer = problem.Offers[o];
        var distributor = problem.Distributors[offer.Distributor];
        var terms = ledger.TermsOf(offer.Distributor, problem.Lines[offer.Line].Key);
        var (early, days) = PlanEvaluator.PaymentOf(problem.CostOfCapital, terms);
        var factor = (1 - ((decimal)early / Nano.RateOne)) * (1 - terms.RebateRate) * (1 - (problem.CostOfCapital * days / 365)) * (1 + distributor.PreferencePenalty);
        var rate = ledger.Value(o, quantity) is var value && value > 0 ? ledger.Goods(o, quantity) / value : 1;
        return (ledger.Goods(o, quantity) * factor) + (offer.UnitExtra * quantity * rate) + offer.UseDecisionCost;
    }

    private static List<Allocation> Apply(IReadOnlyList<Allocation> allocations, IReadOnlyList<(int Offer, long Quantity)> changes)
    {
        var quantities = allocations.ToDictionary(allocation => allocation.Offer, allocation => allocation.Quantity);
        foreach (var (o, quantity) in changes)
        {
            quantities[o] = quantity;
        }

        return [.. quantities.Where(pair => pair.Value > 0).OrderBy(pair => pair.Key).Select(pair => new Allocation(pair.Key, pair.Value))];
    }
}
