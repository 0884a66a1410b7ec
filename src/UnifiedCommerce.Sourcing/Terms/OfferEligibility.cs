namespace UnifiedCommerce.Sourcing;

/// <summary>Why an offer can or cannot be used at all, before any cost is compared.</summary>
public enum Eligibility
{
    /// <summary>The offer can be used.</summary>
    Eligible,

    /// <summary>The source is blocked for the line.</summary>
    Blocked,

    /// <summary>The distributor is excluded.</summary>
    DistributorExcluded,

    /// <summary>The line may not come from this distributor.</summary>
    NotFromThisDistributor,

    /// <summary>The line is pinned to other distributors.</summary>
    PinnedElsewhere,

    /// <summary>The line has exclusive offers, and this is none.</summary>
    OtherSourceIsExclusive,

    /// <summary>It arrives after the need-by day.</summary>
    TooLate,

    /// <summary>The MOQ is above what is available or above the line's greatest quantity.</summary>
    MoqTooHigh,

    /// <summary>Less is available than needed, and the line may not be split.</summary>
    TooLittleForUnsplitLine,
}

/// <summary>Decides which offers can be used, and in which quantities.</summary>
public static class OfferEligibility
{
    /// <summary>Eligibility of every offer, in the order of the problem.</summary>
    public static Eligibility[] Of(SourcingProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var exclusive = new bool[problem.Lines.Count];
        foreach (var offer in problem.Offers)
        {
            exclusive[offer.Line] |= offer.Status == SourceStatus.Exclusive;
        }

        var result = new Eligibility[problem.Offers.Count];
        for (var o = 0; o < result.Length; o++)
        {
            result[o] = Of(problem, problem.Offers[o], exclusive[problem.Offers[o].Line]);
        }

        return result;
    }

    /// <summary>Least and greatest quantity of an offer, both multiples of its order multiple; the greatest is below the least when it cannot be ordered.</summary>
    public static (long Least, long Greatest) Quantities(SourcingProblem problem, Offer offer)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(offer);
        var greatest = Math.Min(offer.Available, problem.Lines[offer.Line].MaxQuantity);
        if (offer.StockPool is { } pool)
        {
            greatest = Math.Min(greatest, problem.StockPools[pool].Available);
        }

        return (Nano.CeilingTo(Math.Max(offer.Moq, 1), offer.OrderMultiple), greatest / offer.OrderMultiple * offer.OrderMultiple);
    }

    private static Eligibility Of(SourcingProblem problem, Offer offer, bool lineHasExclusive)
    {
        var line = problem.Lines[offer.Line];
        if (offer.Status == SourceStatus.Blocked)
        {
            return Eligibility.Blocked;
        }

        if (problem.Distributors[offer.Distributor].Excluded)
        {
            return Eligibility.DistributorExcluded;
        }

        if (line.NotFrom.Contains(offer.Distributor))
        {
            return Eligibility.NotFromThisDistributor;
        }

        if (line.PinnedTo is { } pinned && !pinned.Contains(offer.Distributor))
        {
            return Eligibility.PinnedElsewhere;
        }

        if (lineHasExclusive && offer.Status != SourceStatus.Exclusive)
        {
            return Eligibility.OtherSourceIsExclusive;
        }

        if (offer.LeadDays > line.NeedByDay)
        {
            return Eligibility.TooLate;
        }

        var (least, greatest) = Quantities(problem, offer);
        return greatest < least ? Eligibility.MoqTooHigh
            : line.MaxSplits == 1 && greatest < line.Quantity ? Eligibility.TooLittleForUnsplitLine
            : Eligibility.Eligible;
    }
}
