namespace UnifiedCommerce.Sourcing.Tests;

/// <summary>A search ends, whatever the problem.</summary>
public sealed class SearchStopsTests
{
    [Fact]
    public void Two_offers_of_one_distributor_for_a_line_do_not_make_the_search_go_in_circles()
    {
        // Found by seed 153: the swaps of distributors dropped and added the same one for ever, and never counted a step.
        var plan = SourcingEngine.Solve(RandomProblems.Create(153, RandomSize.Small), new SourcingOptions { WorkLimit = 2_000, TimeLimit = TimeSpan.FromMinutes(1) });

        Assert.NotEqual(PlanStatus.TimeLimit, plan.Status);
    }

    [Fact]
    public void An_offer_that_fills_its_line_only_with_a_distributor_that_was_decided_against_is_no_cover()
    {
        // A ten-line order that kept a gap of 16 % after ten seconds while such offers still counted.
        var problem = InstanceFile.Read(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Instances", "small-2021.json"))).Problem!;
        var plan = SourcingEngine.Solve(problem, new SourcingOptions { WorkLimit = 400_000, TimeLimit = null });

        Assert.True(plan.Proved, $"gap {plan.Gap:P3} after {plan.WorkSteps} steps");
        var report = PlanChecker.Check(problem, plan);
        Assert.True(report.Holds, string.Join('\n', report.Faults));
    }
}
