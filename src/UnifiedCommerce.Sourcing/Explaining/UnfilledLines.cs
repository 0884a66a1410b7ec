namespace UnifiedCommerce.Sourcing;

/// <summary>Says what would fill a line that the plan leaves unfilled.</summary>
internal static class UnfilledLines
{
    public static IReadOnlyList<Remedy> Remedies(PlanLedger ledger, int line)
    {
        var remedies = new List<Remedy>();
        foreach (var o in ledger.OffersOf[line])
        {
            remedies.Add(Of(ledger, line, o));
        }

        remedies.Sort(static (left, right) =>
        {
            var byNeeds = left.Needs.Count.CompareTo(right.Needs.Count);
            var byCost = byNeeds != 0 ? byNeeds : left.Cost.CompareTo(right.Cost);
            return byCost != 0 ? byCost : left.Offer.CompareTo(right.Offer);
        });
        // Two offers of one distributor that need the same change are one remedy: the cheaper.
        var offers = ledger.Problem.Offers;
        return [.. remedies.Where((remedy, at) => !remedies.Take(at).Any(cheaper =>
            offers[cheaper.Offer].Distributor == offers[remedy.Offer].Distributor && cheaper.Quantity == remedy.Quantity && cheaper.Needs.SequenceEqual(remedy.Needs)))];
    }

    private static Remedy Of(PlanLedger ledger, int line, int o)
    {
        var problem = ledger.Problem;
        var offer = problem.Offers[o];
        var demand = problem.Lines[line];
        var needs = Rules(ledger, line, offer);

        var least = Nano.CeilingTo(Math.Max(offer.Moq, 1), offer.OrderMultiple);
        var fill = Math.Max(least, Nano.CeilingTo(demand.Quantity, offer.OrderMultiple));
        var alone = new List<RemedyNeed>(needs);
        if (offer.Available < fill)
        {
            alone.Add(new RemedyNeed(RemedyKind.MoreStock, o, offer.Available, fill));
        }

        if (demand.MaxQuantity < fill)
        {
            alone.Add(new RemedyNeed(RemedyKind.HigherMaxQuantity, line, demand.MaxQuantity, fill));
        }

        var change = ledger.Try([(o, fill)]);
        Obstacles(change.Obstacles, alone);
        var whole = Finish(ledger, line, o, fill, alone, change);

        // A second offer may bring the rest; then the stock of this one need not grow.
        if (offer.Available < fill && offer.Available >= least && Split(ledger, line, o) is { } split
            && (needs.Count + split.Needs.Count, split.Cost).CompareTo((whole.Needs.Count, whole.Cost)) < 0)
        {
            needs.AddRange(split.Needs);
            return split with { Needs = needs };
        }

        return whole;
    }

    private static Remedy Finish(PlanLedger ledger, int line, int o, long quantity, List<RemedyNeed> needs, LedgerChange change)
    {
        var penalty = ledger.Problem.Lines[line].UnfilledPenalty;
        var cost = change.Total + penalty;
        if (needs.Count == 0 && cost > penalty)
        {
            needs.Add(new RemedyNeed(RemedyKind.HigherPenalty, line, penalty, cost));
        }

        return new Remedy(o, quantity, needs, cost, penalty);
    }

    /// <summary>The offer's whole stock and the rest from one other eligible offer.</summary>
    private static Remedy? Split(PlanLedger ledger, int line, int o)
    {
        var problem = ledger.Problem;
        var demand = problem.Lines[line];
        var offer = problem.Offers[o];
        var first = offer.Available / offer.OrderMultiple * offer.OrderMultiple;
        Remedy? best = null;
        foreach (var other in ledger.OffersOf[line])
        {
            if (other == o || Rules(ledger, line, problem.Offers[other]).Count > 0)
            {
                continue;
            }

            var second = problem.Offers[other];
            var part = Math.Max(
                Nano.CeilingTo(Math.Max(second.Moq, 1), second.OrderMultiple), Nano.CeilingTo(demand.Quantity - first, second.OrderMultiple));
            if (part > second.Available || first + part > demand.MaxQuantity)
            {
                continue;
            }

            var needs = new List<RemedyNeed>();
            if (demand.MaxSplits < 2)
            {
                needs.Add(new RemedyNeed(RemedyKind.MoreSplits, line, demand.MaxSplits, 2));
            }

            var change = ledger.Try([(o, first), (other, part)]);
            Obstacles(change.Obstacles, needs);
            var found = Finish(ledger, line, o, first, needs, change);
            best = best is null || found.Cost < best.Cost ? found : best;
        }

        return best;
    }

    private static void Obstacles(IReadOnlyList<Obstacle> obstacles, List<RemedyNeed> needs)
    {
        foreach (var obstacle in obstacles)
        {
            needs.Add(obstacle.Kind switch
            {
                ObstacleKind.BelowMinimumOrder => new RemedyNeed(RemedyKind.MinimumOrder, obstacle.Index, obstacle.Found, obstacle.Limit),
                ObstacleKind.TooManyDistributors => new RemedyNeed(RemedyKind.MoreDistributors, -1, obstacle.Limit, obstacle.Found),
                _ => new RemedyNeed(RemedyKind.MorePoolStock, obstacle.Index, obstacle.Limit, obstacle.Found),
            });
        }
    }

    /// <summary>Every rule and date that keeps the offer out; <see cref="OfferEligibility"/> stops at the first.</summary>
    private static List<RemedyNeed> Rules(PlanLedger ledger, int line, Offer offer)
    {
        var problem = ledger.Problem;
        var demand = problem.Lines[line];
        var needs = new List<RemedyNeed>();
        if (offer.Status == SourceStatus.Blocked)
        {
            needs.Add(new RemedyNeed(RemedyKind.Unblock, offer.Distributor, 0, 0));
        }

        if (problem.Distributors[offer.Distributor].Excluded)
        {
            needs.Add(new RemedyNeed(RemedyKind.AdmitDistributor, offer.Distributor, 0, 0));
        }

        if (demand.NotFrom.Contains(offer.Distributor))
        {
            needs.Add(new RemedyNeed(RemedyKind.LiftNotFrom, offer.Distributor, 0, 0));
        }

        if (demand.PinnedTo is { } pinned && !pinned.Contains(offer.Distributor))
        {
            needs.Add(new RemedyNeed(RemedyKind.WidenPin, offer.Distributor, 0, 0));
        }

        if (offer.Status != SourceStatus.Exclusive && ledger.OffersOf[line].Exists(o => problem.Offers[o].Status == SourceStatus.Exclusive))
        {
            needs.Add(new RemedyNeed(RemedyKind.LiftExclusive, offer.Distributor, 0, 0));
        }

        if (offer.LeadDays > demand.NeedByDay)
        {
            needs.Add(new RemedyNeed(RemedyKind.LaterNeedBy, line, demand.NeedByDay, offer.LeadDays));
        }

        return needs;
    }
}
