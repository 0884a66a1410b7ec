namespace UnifiedCommerce.Sourcing.Tests;

/// <summary>Orders whose lines compete for stock: what the sample orders of the hub look like.</summary>
public sealed class ScarceStockTests
{
    /// <summary>
    /// With prices of stock that were pushed below nothing the search stood still at 3 to 6 per cent on 003 and 015, and lines that stayed half filled
    /// kept 003 at 3.4 per cent.
    /// </summary>
    [InstanceTheory]
    [InlineData("typical-001", 0.001)]
    [InlineData("typical-003", 0.001)]
    [InlineData("typical-006", 0.001)]
    [InlineData("typical-011", 0.001)]
    [InlineData("typical-015", 0.005)]
    public void Orders_that_compete_for_stock_are_certified_in_few_steps(string id, double gap)
    {
        var problem = Scarce(InstanceSource.Read(id), 7);
        var plan = SourcingEngine.Solve(problem, new SourcingOptions { TimeLimit = null, WorkLimit = 8_000_000, GapTarget = gap });
        Assert.True(plan.Proved, $"gap {plan.Gap:P3} after {plan.WorkSteps} steps");
        var report = PlanChecker.Check(problem, plan);
        Assert.True(report.Holds, string.Join('\n', report.Faults));
    }

    [Fact]
    public void Where_stock_does_not_do_for_all_lines_the_dearer_line_to_lose_is_filled()
    {
        var problem = SolverProblems.Of(
            [SolverProblems.Distributor("A")],
            [.. Enumerable.Range(0, 5).Select(i => SolverProblems.Line($"L{i}", 10) with { UnfilledPenalty = 100 + (10 * i) })],
            [.. Enumerable.Range(0, 5).Select(i => SolverProblems.Offer(i, 0, 2m) with { StockPool = 0 })]) with
        {
            StockPools = [new StockPool("same article", 25)],
        };
        var plan = SourcingEngine.Solve(problem, new SourcingOptions { TimeLimit = null, WorkLimit = 10_000, GapTarget = 1e-9 });
        Assert.Equal([0, 1, 2], plan.Cost.UnfilledLines);
        Assert.True(plan.Proved);
        var report = PlanChecker.Check(problem, plan);
        Assert.True(report.Holds, string.Join('\n', report.Faults));
    }

    [Fact]
    public void Stock_beyond_what_all_lines_may_take_changes_nothing()
    {
        for (var seed = 1; seed <= 100; seed++)
        {
            var problem = RandomProblems.Create(seed, RandomSize.Small);
            SourcingPlan With(long available) => SourcingEngine.Solve(
                problem with { StockPools = [.. problem.StockPools.Select(pool => pool with { Available = available })] }, new SourcingOptions { TimeLimit = null, WorkLimit = 20_000 });
            var (enough, plenty) = (With(problem.Lines.Sum(line => line.MaxQuantity)), With(1_000_000_000_000));
            Assert.True(enough.Allocations.SequenceEqual(plenty.Allocations), $"seed {seed}: another plan");
            Assert.True((enough.WorkSteps, enough.LowerBound) == (plenty.WorkSteps, plenty.LowerBound), $"seed {seed}: {enough.WorkSteps} steps with enough, {plenty.WorkSteps} with plenty");
        }
    }

    /// <summary>Two thirds of the offers draw from stock that three lines of a distributor share and that does for 20 to 100 % of what they need.</summary>
    private static SourcingProblem Scarce(SourcingProblem problem, int seed)
    {
        var random = new Random(seed);
        var pools = new List<StockPool>();
        var offers = problem.Offers.ToArray();
        for (var d = 0; d < problem.Distributors.Count; d++)
        {
            var lines = Enumerable.Range(0, problem.Lines.Count).OrderBy(_ => random.Next()).ToArray();
            foreach (var group in lines.Chunk(3))
            {
                if (random.NextDouble() > 0.667)
                {
                    continue;
                }

                pools.Add(new StockPool($"P{pools.Count}", (long)(group.Sum(i => problem.Lines[i].Quantity) * (0.2 + (0.8 * random.NextDouble())))));
                for (var o = 0; o < offers.Length; o++)
                {
                    if (offers[o].Distributor == d && group.Contains(offers[o].Line))
                    {
                        offers[o] = offers[o] with { StockPool = pools.Count - 1 };
                    }
                }
            }
        }

        return problem with { StockPools = pools, Offers = offers };
    }
}
