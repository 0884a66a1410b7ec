using Xunit.Abstractions;

namespace UnifiedCommerce.Sourcing.Tests;

/// <summary>The shared instances: costs as the reference has them, bounds that no known plan contradicts, certificates that hold.</summary>
public sealed class InstanceTests(ITestOutputHelper output)
{
    public static TheoryData<string> Quick { get; } = [.. InstanceSource.Names("small-*").Concat(InstanceSource.Names("ufl-*")).Concat(InstanceSource.Names("isop-*"))];

    public static TheoryData<string> Slow { get; } = [.. InstanceSource.Names("typical-*").Concat(InstanceSource.Names("ctqd-*")).Concat(InstanceSource.Names("large-*"))];

    [InstanceTheory]
    [MemberData(nameof(Quick))]
    public void A_quick_instance_is_solved_and_its_certificate_holds(string name)
    {
        var (problem, plan, report) = Solve(name, 4_000_000);

        var (best, _) = InstanceSource.BestKnown[name];
        Assert.True(plan.Cost.Total <= best * 1.001m + 0.01m, $"The plan costs {plan.Cost.Total}; {best} is known.");
        Assert.Equal((double)report.Cost!.Value, (double)plan.Cost.Total, 0.0001);
        Assert.Equal(ReferenceCost.Of(problem, plan.Allocations), (double)plan.Cost.Total, 0.005);
    }

    [InstanceTheory]
    [MemberData(nameof(Slow))]
    public void A_larger_instance_has_a_plan_and_a_certificate_that_holds(string name)
    {
        var (problem, plan, _) = Solve(name, 20_000_000);

        var (best, _) = InstanceSource.BestKnown[name];
        Assert.True(plan.Cost.Total <= best * 1.01m, $"The plan costs {plan.Cost.Total}; {best} is known.");
        Assert.Equal(ReferenceCost.Of(problem, plan.Allocations), (double)plan.Cost.Total, 0.005);
    }

    private (SourcingProblem Problem, SourcingPlan Plan, CheckReport Report) Solve(string name, long workLimit)
    {
        var problem = InstanceSource.Read(name);
        var plan = SourcingEngine.Solve(problem, new SourcingOptions { WorkLimit = workLimit, TimeLimit = null, GapTarget = 0.0005 });
        var started = TimeProvider.System.GetTimestamp();
        var report = PlanChecker.Check(problem, plan);
        var (best, bound) = InstanceSource.BestKnown[name];
        output.WriteLine(
            $"{name}: cost {plan.Cost.Total}, bound {plan.LowerBound}, checked {report.Bound}, best {best}, bound {bound}; gap {plan.Gap:P3}, "
            + $"{plan.Status}, {plan.WorkSteps} steps, {plan.Elapsed.TotalMilliseconds:0} ms, {report.Leaves} leaves checked in "
            + $"{TimeProvider.System.GetElapsedTime(started).TotalMilliseconds:0} ms");

        Assert.True(report.Holds, string.Join('\n', report.Faults.Take(10)));

        // No bound lies above a known plan, none of our plans below a known bound.
        Assert.True(plan.LowerBound <= best + 0.01m, $"The bound {plan.LowerBound} is above the known plan {best}.");
        Assert.True(plan.Cost.Total >= bound - (0.000001m * bound) - 0.01m, $"The cost {plan.Cost.Total} is below the known bound {bound}.");
        return (problem, plan, report);
    }
}
