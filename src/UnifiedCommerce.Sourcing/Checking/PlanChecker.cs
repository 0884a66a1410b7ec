using System.Numerics;

namespace UnifiedCommerce.Sourcing;

/// <summary>Something that a check found wrong.</summary>
/// <param name="Code">Stable name, such as <c>bound-not-proved</c>.</param>
/// <param name="Place">What it concerns.</param>
/// <param name="Message">What was found and what is right.</param>
public sealed record CheckFault(string Code, string Place, string Message);

/// <summary>What a check found.</summary>
public sealed record CheckReport
{
    /// <summary>Cost of the plan (base currency, decision cost included), recomputed and rounded up to a billionth; null when the plan is not feasible.</summary>
    public required decimal? Cost { get; init; }

    /// <summary>Bound that the certificate proves (base currency), recomputed and rounded down to a billionth; null without a sound certificate.</summary>
    public required decimal? Bound { get; init; }

    /// <summary>Leaves of the certificate.</summary>
    public required int Leaves { get; init; }

    /// <summary>What is wrong; empty when plan, cost and bound are as claimed.</summary>
    public required IReadOnlyList<CheckFault> Faults { get; init; }

    /// <summary>Whether everything claimed holds.</summary>
    public bool Holds => Faults.Count == 0;

    /// <summary>(cost - bound) / cost by the checker's own numbers; null when one is missing.</summary>
    public double? Gap => Cost is { } cost && Bound is { } bound ? cost <= bound || cost == 0 ? 0 : (double)((cost - bound) / cost) : null;
}

/// <summary>What somebody claims about a plan.</summary>
/// <param name="Allocations">The plan.</param>
/// <param name="Cost">Its cost (base currency, decision cost included); null when nothing is claimed.</param>
/// <param name="LowerBound">The bound; null when nothing is claimed.</param>
/// <param name="Certificate">Proof of the bound; null when there is none.</param>
public sealed record PlanClaim(IReadOnlyList<Allocation> Allocations, decimal? Cost, decimal? LowerBound, Certificate? Certificate);

/// <summary>
/// Checks plans and certificates without the solver: re-evaluates the plan and recomputes every bound from the prices and decisions of
/// its leaves, in exact arithmetic. Bounds are rounded down, costs up.
/// </summary>
public static class PlanChecker
{
    private const int MostNodes = 4_000_000;

    /// <summary>Checks a plan with its cost, bound and certificate. A bound above 0 without a certificate is not proved and is a fault.</summary>
    /// <exception cref="SourcingProblemException">The problem has faults.</exception>
    public static CheckReport Check(SourcingProblem problem, SourcingPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return Check(problem, new PlanClaim(plan.Allocations, plan.Cost.Total, plan.LowerBound, plan.Certificate));
    }

    /// <summary>Checks a claim.</summary>
    /// <exception cref="SourcingProblemException">The problem has faults.</exception>
    public static CheckReport Check(SourcingProblem problem, PlanClaim claim)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(claim);
        if (SourcingEngine.Validate(problem) is { Count: > 0 } wrong)
        {
            throw new SourcingProblemException(wrong);
        }

        try
        {
            return Checked(problem, claim);
        }
        catch (OverflowException)
        {
            return new CheckReport
            {
                Cost = null, Bound = null, Leaves = 0,
                Faults = [new CheckFault("numbers-too-large", "problem", "Prices times quantities leave the range of exact arithmetic.")],
            };
        }
    }

    private static CheckReport Checked(SourcingProblem problem, PlanClaim claim)
    {
        var faults = new List<CheckFault>();
        var read = new CheckedProblem(problem);
        var cost = Plan(read, claim, faults);
        decimal? bound = null;
        var leaves = 0;
        if (claim.Certificate is { } certificate)
        {
            var check = new CertificateCheck(read, MostNodes);
            var proved = check.Run(certificate);
            leaves = check.Leaves;
            faults.AddRange(check.Faults);
            bound = proved is { } value ? Down(value) : null;
            if (bound is { } own && certificate.LowerBound > own)
            {
                faults.Add(new CheckFault("bound-not-proved", "certificate", $"It claims {certificate.LowerBound}; its parts prove {own}."));
            }

            if (claim.LowerBound > certificate.LowerBound)
            {
                faults.Add(new CheckFault("bound-above-certificate", "plan", $"The plan claims {claim.LowerBound}; its certificate claims {certificate.LowerBound}."));
            }
        }
        else if (claim.LowerBound > 0)
        {
            faults.Add(new CheckFault("no-certificate", "plan", $"The plan claims a bound of {claim.LowerBound} and has no certificate."));
        }

        if (cost is { } least && bound is { } most && most > least)
        {
            faults.Add(new CheckFault("bound-above-cost", "certificate", $"The bound {most} is above the cost {least} of a feasible plan: one of them is wrong."));
        }

        return new CheckReport { Cost = cost, Bound = bound, Leaves = leaves, Faults = faults };
    }

    private static decimal? Plan(CheckedProblem problem, PlanClaim claim, List<CheckFault> faults)
    {
        var (cash, decision, wrong) = PlanAudit.Evaluate(problem, claim.Allocations);
        if (wrong.Count > 0)
        {
            faults.AddRange(wrong);
            return null;
        }

        var cost = (decimal)((cash + decision) * 1_000_000_000).Ceiling() / 1_000_000_000;

        // The evaluator rounds every product of an order once to a billionth; claims may differ by that.
        var tolerance = 0.000_000_02m * (problem.Units.Count + claim.Allocations.Count + problem.Problem.Distributors.Count);
        if (claim.Cost is { } claimed && Math.Abs(claimed - cost) > tolerance)
        {
            faults.Add(new CheckFault("cost", "plan", $"The plan claims to cost {claimed}; it costs {cost}."));
        }

        return cost;
    }

    private static decimal Down(BigInteger value) =>
        (decimal)LeafBound.FloorDivide(value, 1_000_000_000_000) / 1_000_000_000;
}
