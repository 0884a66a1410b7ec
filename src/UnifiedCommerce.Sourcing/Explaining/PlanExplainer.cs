namespace UnifiedCommerce.Sourcing;

/// <summary>How much to explain.</summary>
public readonly record struct ExplainOptions
{
    /// <summary>All lines, thresholds of which at most a quarter is missing.</summary>
    public ExplainOptions()
    {
    }

    /// <summary>Indexes of the lines to explain; null for all.</summary>
    public IReadOnlyList<int>? Lines { get; init; }

    /// <summary>A threshold is near when at most this fraction of it is missing. Default 0.25.</summary>
    public double ThresholdReach { get; init; } = 0.25;
}

/// <summary>Explains a plan to a buyer: what each other choice would have cost and which term decided.</summary>
/// <remarks>
/// <see cref="Explain(SourcingProblem, SourcingPlan, ExplainOptions)"/> is cheap: it changes one line at a time while the others stay, so its
/// prices are bounds and say so. Solving again for one question is <see cref="PlanQuestions"/>.
/// </remarks>
public static class PlanExplainer
{
    /// <summary>What would fill lines that a plan leaves unfilled, cheapest change first; by line, empty for a line that is bought or that nobody offers.</summary>
    /// <exception cref="ArgumentException">The plan is not feasible for the problem.</exception>
    public static IReadOnlyDictionary<int, IReadOnlyList<Remedy>> Remedies(SourcingProblem problem, SourcingPlan plan, IEnumerable<int> lines)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(plan);
        var ledger = Ledger(problem, plan);
        return lines.ToDictionary(line => line, line => Remedies(ledger, line));
    }

    /// <summary>Explains a plan without solving again.</summary>
    /// <param name="problem">The problem that was solved.</param>
    /// <param name="plan">A feasible plan for it.</param>
    /// <param name="options">How much to explain.</param>
    /// <exception cref="ArgumentException">The plan is not feasible for the problem.</exception>
    public static PlanExplanation Explain(SourcingProblem problem, SourcingPlan plan, ExplainOptions options)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(plan);
        var ledger = Ledger(problem, plan);
        var lines = new List<LineExplanation>();
        foreach (var i in options.Lines ?? [.. Enumerable.Range(0, problem.Lines.Count)])
        {
            var bought = ledger.ChosenFor(i).Sum(chosen => chosen.Quantity);
            lines.Add(new LineExplanation
            {
                Line = i,
                Needed = problem.Lines[i].Quantity,
                Bought = bought,
                Offers = Alternatives.Of(ledger, plan, i),
                Remedies = Remedies(ledger, i),
            });
        }

        var comparisons = new List<PlanComparison>();
        if (Comparisons.RunnerUp(ledger, plan, lines) is { } second)
        {
            comparisons.Add(second);
        }

        comparisons.Add(Comparisons.CheapestPerLine(ledger, plan));
        if (Comparisons.PreferredSuppliers(ledger, plan) is { } preferred)
        {
            comparisons.Add(preferred);
        }

        return new PlanExplanation
        {
            Cost = plan.Cost,
            Lines = lines,
            Thresholds = NearThresholds.Of(ledger, options.ThresholdReach),
            SoftRules = SoftRules(problem, plan),
            Comparisons = comparisons,
        };
    }

    /// <summary>Explains a plan without solving again, with the default options.</summary>
    /// <exception cref="ArgumentException">The plan is not feasible for the problem.</exception>
    public static PlanExplanation Explain(SourcingProblem problem, SourcingPlan plan) => Explain(problem, plan, new ExplainOptions());

    private static IReadOnlyList<Remedy> Remedies(PlanLedger ledger, int line) => ledger.ChosenFor(line).Any() ? [] : UnfilledLines.Remedies(ledger, line);

    internal static PlanLedger Ledger(SourcingProblem problem, SourcingPlan plan)
    {
        var evaluation = SourcingEngine.Evaluate(problem, plan.Allocations);
        return evaluation.IsFeasible
            ? new PlanLedger(problem, plan.Allocations)
            : throw new ArgumentException(
                $"The plan is not feasible for this problem: {evaluation.Faults[0].Code} at {evaluation.Faults[0].Place}. {evaluation.Faults[0].Message}", nameof(plan));
    }

    private static List<SoftRuleCost> SoftRules(SourcingProblem problem, SourcingPlan plan)
    {
        var result = new List<SoftRuleCost>();
        foreach (var order in plan.Cost.Orders.GroupBy(order => order.Distributor))
        {
            Add(SoftRule.Preference, order.Key, order.Sum(cost => cost.Preference));
        }

        foreach (var commitment in plan.Cost.Commitments)
        {
            Add(SoftRule.Commitment, commitment.Distributor, commitment.Shortfall);
        }

        var preferred = problem.Offers.Where(offer => offer.Status == SourceStatus.Preferred).Select(offer => offer.Line).ToHashSet();
        foreach (var (o, _) in plan.Allocations)
        {
            var offer = problem.Offers[o];
            Add(SoftRule.OfferRisk, o, offer.UseDecisionCost);
            if (offer.Status != SourceStatus.Preferred && preferred.Contains(offer.Line))
            {
                Add(SoftRule.NotPreferred, offer.Line, problem.Lines[offer.Line].NotPreferredPenalty);
            }
        }

        foreach (var line in plan.Cost.UnfilledLines)
        {
            Add(SoftRule.Unfilled, line, problem.Lines[line].UnfilledPenalty);
        }

        result.Sort(static (left, right) => right.Counted.CompareTo(left.Counted));
        return result;

        void Add(SoftRule rule, int index, decimal counted)
        {
            if (counted != 0)
            {
                result.Add(new SoftRuleCost(rule, index, counted));
            }
        }
    }
}
