namespace UnifiedCommerce.Sourcing;

/// <summary>Answers questions about a plan by solving again; the options say how much work that may take.</summary>
/// <remarks>Every price is a range: what is proved at least, and what a plan found costs. It is exact when the two meet.</remarks>
public static class PlanQuestions
{
    /// <summary>Price of using an offer anyway: for the whole line, or for all that it has when that is less than needed.</summary>
    /// <param name="problem">The problem that was solved.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="offer">Index of an eligible offer.</param>
    /// <param name="options">How hard to search.</param>
    /// <param name="cancellationToken">Stops the search; the range is then wider.</param>
    /// <returns>The price; without an upper end when no plan with the offer was found.</returns>
    public static ChoicePrice PriceOf(
        SourcingProblem problem, SourcingPlan plan, int offer, SourcingOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentOutOfRangeException.ThrowIfNegative(offer);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(offer, problem.Offers.Count);
        if (OfferEligibility.Of(problem)[offer] != Eligibility.Eligible)
        {
            return new ChoicePrice(null, null, ChoicePriceBasis.SolvedAgain);
        }

        problem = Settled(problem);
        var line = problem.Offers[offer].Line;
        var (_, greatest) = OfferEligibility.Quantities(problem, problem.Offers[offer]);
        var forced = greatest >= problem.Lines[line].Quantity
            ? Only(problem, line, offer)
            : Shared(problem, line, offer, greatest);
        if (forced is null)
        {
            return new ChoicePrice(null, null, ChoicePriceBasis.SolvedAgain);
        }

        // A line that may not stay unfilled: its penalty is more than everything else together, so a plan that pays it has no better one.
        var solved = SourcingEngine.Solve(forced.Value.Problem, options with { WithCertificate = false }, cancellationToken);
        var possible = !solved.Cost.UnfilledLines.Any(i => i == line || i >= problem.Lines.Count);
        return new ChoicePrice(
            solved.LowerBound - plan.Cost.Total,
            possible ? solved.Cost.Total - plan.Cost.Total : null,
            ChoicePriceBasis.SolvedAgain);
    }

    /// <summary>The best plan that differs: at least one offer of the plan is not used. Solves once for each offer of the plan.</summary>
    /// <returns>Null when every line can only be bought as the plan does.</returns>
    public static PlanComparison? SecondBest(
        SourcingProblem problem, SourcingPlan plan, SourcingOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(plan);
        problem = Settled(problem);
        SourcingPlan? best = null;
        decimal? least = null;
        foreach (var (o, _) in plan.Allocations)
        {
            var solved = SourcingEngine.Solve(Without(problem, o), options with { WithCertificate = false }, cancellationToken);
            least = least is null ? solved.LowerBound : Math.Min(least.Value, solved.LowerBound);
            best = best is null || solved.Cost.Total < best.Cost.Total ? solved : best;
        }

        return best is null ? null : Compare(plan, ComparisonKind.SecondBest, best, least!.Value);
    }

    /// <summary>Every line that has an eligible preferred offer may only be bought from preferred ones; the others as is best then.</summary>
    public static PlanComparison PreferredSuppliers(
        SourcingProblem problem, SourcingPlan plan, SourcingOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(plan);
        return Restrict(problem, plan, ComparisonKind.PreferredSuppliers, offer => offer.Status == SourceStatus.Preferred, options, cancellationToken);
    }

    /// <summary>Every line that a distributor can deliver may only be bought from it; the others as is best then.</summary>
    public static PlanComparison OneDistributor(
        SourcingProblem problem, SourcingPlan plan, int distributor, SourcingOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(plan);
        return Restrict(problem, plan, ComparisonKind.OneDistributor, offer => offer.Distributor == distributor, options, cancellationToken) with
        {
            Distributor = distributor,
        };
    }

    /// <summary>
    /// The best plan if a soft rule did not exist. Its cost carries no decision cost for that rule: compare <see cref="PlanCost.Cash"/>
    /// to see what the rule makes the buyer pay.
    /// </summary>
    /// <param name="problem">The problem that was solved.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="index">What it concerns, as in <see cref="SoftRuleCost.Index"/>.</param>
    /// <param name="options">How hard to search.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    public static PlanComparison WithoutSoftRule(
        SourcingProblem problem, SourcingPlan plan, SoftRule rule, int index, SourcingOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(plan);
        var without = rule switch
        {
            SoftRule.Preference => problem with { Distributors = Replace(problem.Distributors, index, distributor => distributor with { PreferencePenalty = 0 }) },
            SoftRule.Commitment => problem with { Distributors = Replace(problem.Distributors, index, distributor => distributor with { Commitment = null }) },
            SoftRule.OfferRisk => problem with { Offers = Replace(problem.Offers, index, offer => offer with { UseDecisionCost = 0 }) },
            SoftRule.NotPreferred => problem with { Lines = Replace(problem.Lines, index, line => line with { NotPreferredPenalty = 0 }) },
            SoftRule.Unfilled => problem with { Lines = Replace(problem.Lines, index, line => line with { UnfilledPenalty = 0 }) },
            _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, "There is no such soft rule."),
        };
        var solved = SourcingEngine.Solve(without, options with { WithCertificate = false }, cancellationToken);
        return Compare(plan, ComparisonKind.WithoutSoftRule, solved, solved.LowerBound);
    }

    /// <summary>
    /// The same problem with what depends on the other offers of a line (exclusive sources, the penalty for not taking a preferred one) settled
    /// on each offer, so that blocking one offer does not change what another costs.
    /// </summary>
    private static SourcingProblem Settled(SourcingProblem problem)
    {
        var preferred = problem.Offers.Where(offer => offer.Status == SourceStatus.Preferred).Select(offer => offer.Line).ToHashSet();
        var exclusive = problem.Offers.Where(offer => offer.Status == SourceStatus.Exclusive).Select(offer => offer.Line).ToHashSet();
        return problem with
        {
            Offers = [.. problem.Offers.Select(offer => offer with
            {
                UseDecisionCost = offer.UseDecisionCost
                    + (offer.Status != SourceStatus.Preferred && preferred.Contains(offer.Line) ? problem.Lines[offer.Line].NotPreferredPenalty : 0),
                Status = !exclusive.Contains(offer.Line) ? offer.Status : offer.Status == SourceStatus.Exclusive ? SourceStatus.Approved : SourceStatus.Blocked,
            })],
            Lines = [.. problem.Lines.Select(line => line with { NotPreferredPenalty = 0 })],
        };
    }

    private static PlanComparison Restrict(
        SourcingProblem problem, SourcingPlan plan, ComparisonKind kind, Func<Offer, bool> wanted, SourcingOptions options, CancellationToken cancellationToken)
    {
        problem = Settled(problem);
        var eligibility = OfferEligibility.Of(problem);
        var restricted = new bool[problem.Lines.Count];
        for (var o = 0; o < problem.Offers.Count; o++)
        {
            var offer = problem.Offers[o];
            restricted[offer.Line] |= eligibility[o] == Eligibility.Eligible && wanted(offer)
                && OfferEligibility.Quantities(problem, offer).Greatest >= problem.Lines[offer.Line].Quantity;
        }

        var narrowed = problem with
        {
            Offers = [.. problem.Offers.Select(offer => restricted[offer.Line] && !wanted(offer) ? offer with { Status = SourceStatus.Blocked } : offer)],
        };
        var solved = SourcingEngine.Solve(narrowed, options with { WithCertificate = false }, cancellationToken);
        return Compare(plan, kind, solved, solved.LowerBound);
    }

    private static PlanComparison Compare(SourcingPlan plan, ComparisonKind kind, SourcingPlan other, decimal least) => new()
    {
        Kind = kind,
        Allocations = other.Allocations,
        Cost = other.Cost,
        Faults = [],
        Price = new ChoicePrice(least - plan.Cost.Total, other.Cost.Total - plan.Cost.Total, ChoicePriceBasis.SolvedAgain),
    };

    private static SourcingProblem Without(SourcingProblem problem, int offer) =>
        problem with { Offers = Replace(problem.Offers, offer, known => known with { Status = SourceStatus.Blocked }) };

    /// <summary>The line may only be bought from the offer.</summary>
    private static (SourcingProblem Problem, int Line)? Only(SourcingProblem problem, int line, int offer)
    {
        var offers = problem.Offers.Select((known, o) => known.Line == line && o != offer ? known with { Status = SourceStatus.Blocked } : known);
        return (Unskippable(problem with { Offers = [.. offers] }, line, problem.Lines.Count), line);
    }

    /// <summary>The line becomes two: one for what the offer has, one for the rest from the other offers.</summary>
    private static (SourcingProblem Problem, int Line)? Shared(SourcingProblem problem, int line, int offer, long quantity)
    {
        var demand = problem.Lines[line];
        if (demand.MaxSplits < 2)
        {
            return null;
        }

        var id = demand.Id + "'";
        while (problem.Lines.Any(known => string.Equals(known.Id, id, StringComparison.Ordinal)))
        {
            id += "'";
        }

        var rest = demand with { Quantity = demand.Quantity - quantity, MaxQuantity = demand.MaxQuantity - quantity, MaxSplits = demand.MaxSplits - 1 };
        var taken = demand with { Id = id, Quantity = quantity, MaxQuantity = quantity, MaxSplits = 1 };
        var lines = Replace(problem.Lines, line, _ => rest).Append(taken);
        var offers = Replace(problem.Offers, offer, known => known with { Line = problem.Lines.Count });
        return (Unskippable(problem with { Lines = [.. lines], Offers = offers }, line, problem.Lines.Count), line);
    }

    /// <summary>Raises the penalty of a line, and of the line split off it, above anything that filling could cost.</summary>
    private static SourcingProblem Unskippable(SourcingProblem problem, int line, int splitOff)
    {
        const decimal Dear = 10_000_000m;
        var penalty = Math.Max(Dear, problem.Lines.Sum(known => known.UnfilledPenalty));
        return problem with
        {
            Lines = [.. problem.Lines.Select((known, i) => i == line || i == splitOff ? known with { UnfilledPenalty = penalty } : known)],
        };
    }

    private static IReadOnlyList<T> Replace<T>(IReadOnlyList<T> list, int index, Func<T, T> change) =>
        [.. list.Select((known, i) => i == index ? change(known) : known)];
}
