namespace UnifiedCommerce.Sourcing;

/// <summary>Explains every offer of a line by buying the line there while the other lines stay as they are.</summary>
internal static class Alternatives
{
    public static List<OfferExplanation> Of(PlanLedger ledger, SourcingPlan plan, int line)
    {
        var chosen = ledger.ChosenFor(line);
        var least = Floor(plan.LowerBound - plan.Cost.Total);
        var result = new List<OfferExplanation>(ledger.OffersOf[line].Count);
        foreach (var o in ledger.OffersOf[line])
        {
            result.Add(Explain(ledger, line, o, chosen, least));
        }

        result.Sort(Order);
        return result;
    }

    /// <summary>The cheapest way to buy a line (or what it can give of it) from an offer while the other lines stay as they are.</summary>
    /// <param name="ledger">The plan.</param>
    /// <param name="line">Line.</param>
    /// <param name="offer">Offer to use.</param>
    /// <param name="limits">Least and greatest quantity to take of the offer.</param>
    /// <param name="maxQuantity">Most that may be bought of the line.</param>
    public static (IReadOnlyList<(int Offer, long Quantity)> Changes, LedgerChange? Change, IReadOnlyList<Obstacle> Obstacles) Swap(
        PlanLedger ledger, int line, int offer, (long Least, long Greatest) limits, long maxQuantity)
    {
        var chosen = ledger.ChosenFor(line);
        var demand = ledger.Problem.Lines[line];
        if (limits.Greatest < demand.Quantity)
        {
            return Share(ledger, line, offer, limits.Greatest, chosen, maxQuantity);
        }

        IReadOnlyList<(int, long)>? best = null;
        LedgerChange? bestChange = null;
        foreach (var quantity in Candidates(ledger.Problem.Offers[offer], demand, limits, maxQuantity))
        {
            var changes = Replace(chosen, offer, quantity);
            var change = ledger.Try(changes);
            if (bestChange is null || Better(change, bestChange))
            {
                (best, bestChange) = (changes, change);
            }
        }

        return bestChange is null
            ? ([], null, [new Obstacle(ObstacleKind.TooMuch, line, Nano.CeilingTo(Math.Max(demand.Quantity, limits.Least), ledger.Problem.Offers[offer].OrderMultiple), maxQuantity)])
            : (best!, bestChange, bestChange.Obstacles);
    }

    private static OfferExplanation Explain(PlanLedger ledger, int line, int o, List<(int Offer, long Quantity)> chosen, decimal least)
    {
        var offer = ledger.Problem.Offers[o];
        var nothing = new OfferExplanation
        {
            Offer = o,
            Distributor = offer.Distributor,
            Outcome = OfferOutcome.NotUsable,
            Eligibility = ledger.Eligibility[o],
            Quantity = 0,
            Obstacles = [],
            Differences = [],
            Price = new ChoicePrice(null, null, ChoicePriceBasis.OtherLinesKept),
        };
        if (ledger.Quantities[o] > 0)
        {
            return nothing with
            {
                Outcome = OfferOutcome.Chosen,
                Quantity = ledger.Quantities[o],
                Price = new ChoicePrice(0, 0, ChoicePriceBasis.OtherLinesKept),
            };
        }

        if (ledger.Eligibility[o] != Eligibility.Eligible)
        {
            return nothing;
        }

        var (changes, change, obstacles) = Swap(
            ledger, line, o, OfferEligibility.Quantities(ledger.Problem, offer), ledger.Problem.Lines[line].MaxQuantity);
        var quantity = 0L;
        foreach (var (changed, becomes) in changes)
        {
            quantity = changed == o ? becomes : quantity;
        }

        var differences = change is null ? [] : CostDifferences.Of(ledger, line, chosen, changes, change);
        return nothing with
        {
            Quantity = quantity,
            Obstacles = obstacles,
            Differences = differences,
            Outcome = obstacles.Count > 0 || change is null ? OfferOutcome.NotWithOtherLinesKept
                : change.Total < 0 ? OfferOutcome.CostsLess : OfferOutcome.CostsMore,
            Price = new ChoicePrice(least, obstacles.Count > 0 ? null : change?.Total, ChoicePriceBasis.OtherLinesKept),
        };
    }

    /// <summary>Takes what the offer has and leaves the rest with one of the offers that the line is bought from, or with the cheapest that can.</summary>
    private static (IReadOnlyList<(int, long)> Changes, LedgerChange? Change, IReadOnlyList<Obstacle> Obstacles) Share(
        PlanLedger ledger, int line, int offer, long quantity, List<(int Offer, long Quantity)> chosen, long maxQuantity)
    {
        var demand = ledger.Problem.Lines[line];
        var rest = demand.Quantity - quantity;
        if (quantity <= 0 || demand.MaxSplits < 2)
        {
            return ([], null, [new Obstacle(ObstacleKind.TooLittle, line, quantity, demand.Quantity)]);
        }

        IReadOnlyList<(int, long)>? best = null;
        LedgerChange? bestChange = null;
        foreach (var other in ledger.OffersOf[line])
        {
            if (other == offer || ledger.Eligibility[other] != Eligibility.Eligible)
            {
                continue;
            }

            var (least, greatest) = OfferEligibility.Quantities(ledger.Problem, ledger.Problem.Offers[other]);
            var part = Math.Max(least, Nano.CeilingTo(rest, ledger.Problem.Offers[other].OrderMultiple));
            if (part > greatest || part + quantity > maxQuantity)
            {
                continue;
            }

            var changes = Replace(chosen, offer, quantity);
            changes.RemoveAll(change => change.Offer == other);
            changes.Add((other, part));
            var tried = ledger.Try(changes);
            if (bestChange is null || Better(tried, bestChange))
            {
                (best, bestChange) = (changes, tried);
            }
        }

        return bestChange is null
            ? ([], null, [new Obstacle(ObstacleKind.TooLittle, line, quantity, demand.Quantity)])
            : (best!, bestChange, bestChange.Obstacles);
    }

    private static bool Better(LedgerChange change, LedgerChange than) =>
        change.Obstacles.Count != than.Obstacles.Count ? change.Obstacles.Count < than.Obstacles.Count : change.Total < than.Total;

    private static List<(int Offer, long Quantity)> Replace(List<(int Offer, long Quantity)> chosen, int offer, long quantity)
    {
        var changes = new List<(int Offer, long Quantity)>(chosen.Count + 1);
        foreach (var (o, _) in chosen)
        {
            if (o != offer)
            {
                changes.Add((o, 0));
            }
        }

        changes.Add((offer, quantity));
        return changes;
    }

    /// <summary>The least quantity that fills the line, and the price breaks above it.</summary>
    private static List<long> Candidates(Offer offer, DemandLine line, (long Least, long Greatest) limits, long maxQuantity)
    {
        var fill = Math.Max(limits.Least, Nano.CeilingTo(line.Quantity, offer.OrderMultiple));
        var most = Math.Min(limits.Greatest, maxQuantity);
        var result = new List<long>(2);
        if (fill <= most)
        {
            result.Add(fill);
        }

        foreach (var (from, _) in offer.Price.Breaks)
        {
            if (from > fill && Nano.CeilingTo(from, offer.OrderMultiple) is var quantity && quantity <= most)
            {
                result.Add(quantity);
            }
        }

        return result;
    }

    /// <summary>Rounds down to a cent.</summary>
    private static decimal Floor(decimal amount) => Math.Floor(Math.Min(0, amount) * 100) / 100;

    private static int Order(OfferExplanation left, OfferExplanation right)
    {
        var byOutcome = Rank(left.Outcome).CompareTo(Rank(right.Outcome));
        var byPrice = byOutcome != 0 ? byOutcome : (left.Price.AtMost ?? decimal.MaxValue).CompareTo(right.Price.AtMost ?? decimal.MaxValue);
        return byPrice != 0 ? byPrice : left.Offer.CompareTo(right.Offer);
    }

    private static int Rank(OfferOutcome outcome) => outcome switch
    {
        OfferOutcome.Chosen => 0,
        OfferOutcome.CostsMore or OfferOutcome.CostsLess => 1,
        OfferOutcome.NotWithOtherLinesKept => 2,
        _ => 3,
    };
}
