namespace UnifiedCommerce.Sourcing;

/// <summary>Finds the plan of least landed cost for all lines together, and proves how far from the best it can be at most.</summary>
public static class SourcingEngine
{
    /// <summary>Faults of a problem; empty when it can be solved.</summary>
    public static IReadOnlyList<ProblemFault> Validate(SourcingProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return ProblemValidation.Validate(problem);
    }

    /// <summary>Exact cost of allocations, or the rules that they break.</summary>
    /// <exception cref="SourcingProblemException">The problem has faults.</exception>
    public static Evaluation Evaluate(SourcingProblem problem, IReadOnlyList<Allocation> allocations)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(allocations);
        Refuse(problem);
        return PlanEvaluator.Evaluate(problem, allocations);
    }

    /// <summary>Solves with the default options.</summary>
    /// <exception cref="SourcingProblemException">The problem has faults.</exception>
    public static SourcingPlan Solve(SourcingProblem problem) => Solve(problem, new SourcingOptions());

    /// <summary>Finds a plan and a bound. A plan always exists: a line may stay unfilled at its penalty.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="options">How hard to search and when to stop.</param>
    /// <param name="cancellationToken">Stops the search; the best plan so far is returned, no exception thrown.</param>
    /// <exception cref="SourcingProblemException">The problem has faults.</exception>
    public static SourcingPlan Solve(SourcingProblem problem, SourcingOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        Refuse(problem);
        return Search.Solve(problem, options, cancellationToken);
    }

    private static void Refuse(SourcingProblem problem)
    {
        if (ProblemValidation.Validate(problem) is { Count: > 0 } faults)
        {
            throw new SourcingProblemException(faults);
        }
    }
}
