namespace UnifiedCommerce.Sourcing;

/// <summary>Solves the parts of a problem and puts the plan together.</summary>
internal static class Search
{
    public static SourcingPlan Solve(SourcingProblem problem, SourcingOptions options, CancellationToken cancellationToken)
    {
        var budget = new SearchBudget(options, cancellationToken);
        var exact = new ExactTerms(problem);
        var parts = ProblemParts.Of(problem, exact);
        var bound = OutsideCost(problem, exact, parts);
        var allocations = new List<Allocation>();
        var proofs = new List<CertificatePart>(parts.Count);
        foreach (var part in parts)
        {
            var search = new BranchAndBound(part, budget);
            search.Run();
            for (var o = 0; o < part.Offers; o++)
            {
                if (search.Best[o] > 0)
                {
                    allocations.Add(new Allocation(part.OfferIndex[o], search.Best[o]));
                }
            }

            bound += ProofNode.Claim(part, search.Bound);
            if (options.WithCertificate)
            {
                proofs.Add(ProofNode.ToPart(part, search.Root));
            }
        }

        allocations.Sort((a, b) =>
        {
            var byLine = problem.Offers[a.Offer].Line.CompareTo(problem.Offers[b.Offer].Line);
            return byLine != 0 ? byLine : a.Offer.CompareTo(b.Offer);
        });
        var evaluation = PlanEvaluator.Evaluate(problem, allocations);
        var cost = evaluation.Cost ?? throw new InvalidOperationException($"The search built a plan that breaks a rule: {evaluation.Faults[0]}.");
        bound = Math.Min(bound, cost.Total);
        var proved = cost.Total - bound <= ((decimal)options.GapTarget * cost.Total) + (cost.Total * 0.00000001m) + 0.00001m;
        return new SourcingPlan
        {
            ProblemId = problem.Id,
            Allocations = allocations,
            Cost = cost,
            LowerBound = bound,
            Status = proved ? PlanStatus.Proved : budget.Stopped ?? PlanStatus.WorkLimit,
            WorkSteps = budget.Work,
            Elapsed = budget.Elapsed,
            Certificate = options.WithCertificate ? new Certificate(proofs, bound) : null,
        };
    }

    /// <summary>Shortfall of commitments of distributors that no line can be bought from.</summary>
    private static decimal OutsideCost(SourcingProblem problem, ExactTerms exact, List<SearchModel> parts)
    {
        var inside = parts.SelectMany(part => part.DistributorIndex).ToHashSet();
        Int128 sum = 0;
        for (var d = 0; d < problem.Distributors.Count; d++)
        {
            if (problem.Distributors[d].Commitment is { } commitment && !inside.Contains(d))
            {
                sum += exact.ToBase(d, Nano.Times(Nano.From(commitment.MinValue), Nano.RateFrom(commitment.ShortfallRate)));
            }
        }

        return Nano.ToDecimal(sum);
    }
}
