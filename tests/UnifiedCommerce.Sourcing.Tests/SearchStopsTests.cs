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
}
