using static UnifiedCommerce.Sourcing.Tests.SolverProblems;

namespace UnifiedCommerce.Sourcing.Tests;

public sealed class SolverTests
{
    private static readonly SourcingOptions ToTheCent = new() { TimeLimit = null, GapTarget = 1e-9, WorkLimit = 200_000_000 };

    [Fact]
    public void The_cheapest_price_loses_to_freight_when_the_other_lines_go_elsewhere_anyway()
    {
        var dear = new OrderTerms { Freight = new FreightTerms { Fixed = 18 } };
        var problem = Of(
            [Distributor("Nordhandel", dear), Distributor("Beskid", dear)],
            [Line("L1", 10), Line("L2", 10)],
            Offer(0, 0, 9.9m), Offer(0, 1, 10m), Offer(1, 1, 5m));
        var plan = SourcingEngine.Solve(problem, ToTheCent);
        Assert.Equal([new Allocation(1, 10), new Allocation(2, 10)], plan.Allocations);
        Assert.Equal(168m, plan.Cost.Total);
        Assert.True(plan.Proved);
    }

    [Fact]
    public void More_than_needed_is_bought_where_it_makes_freight_free()
    {
        var problem = Of(
            [Distributor("D", new OrderTerms { Freight = new FreightTerms { Fixed = 30, FreeFromValue = 110 } })],
            [Line("L1", 10, most: 12)],
            Offer(0, 0, 10m));
        var plan = SourcingEngine.Solve(problem, ToTheCent);
        Assert.Equal([new Allocation(0, 11)], plan.Allocations);
        Assert.Equal(110m, plan.Cost.Total);
    }

    [Fact]
    public void An_offer_below_MOQ_is_never_chosen()
    {
        var problem = Of([Distributor("A"), Distributor("B")], [Line("L1", 10)], Offer(0, 0, 1m) with { Moq = 24 }, Offer(0, 1, 3m));
        Assert.Equal([new Allocation(1, 10)], SourcingEngine.Solve(problem, ToTheCent).Allocations);
    }

    [Fact]
    public void Two_lines_never_both_get_the_last_pieces()
    {
        var problem = Of(
            [Distributor("A"), Distributor("B")],
            [Line("L1", 5), Line("L2", 5)],
            Offer(0, 0, 1m) with { StockPool = 0 }, Offer(1, 0, 1m) with { StockPool = 0 }, Offer(0, 1, 4m), Offer(1, 1, 3m)) with
        {
            StockPools = [new StockPool("same article", 7)],
        };
        var plan = SourcingEngine.Solve(problem, ToTheCent);
        Assert.Equal([new Allocation(0, 5), new Allocation(3, 5)], plan.Allocations);
        Assert.Equal(20m, plan.Cost.Total);
    }

    [Fact]
    public void Deliveries_to_two_customers_do_not_share_a_free_freight_limit()
    {
        var terms = new OrderTerms { Freight = new FreightTerms { Fixed = 10, FreeFromValue = 100 } };
        var problem = Of(
            [Distributor("A", terms)],
            [Line("L1", 6) with { Key = new PurchaseOrderKey(ShipTo: "Oslo") }, Line("L2", 6) with { Key = new PurchaseOrderKey(ShipTo: "Bergen") }],
            Offer(0, 0, 10m), Offer(1, 0, 10m));
        var plan = SourcingEngine.Solve(problem, ToTheCent);
        Assert.Equal(140m, plan.Cost.Total);
        Assert.Equal(2, plan.Cost.Orders.Count);
    }

    [Fact]
    public void A_commitment_counts_what_all_purchase_orders_of_the_distributor_are_worth()
    {
        var problem = Of(
            [Distributor("A") with { Commitment = new Commitment(100, 0.5m) }, Distributor("B")],
            [Line("L1", 5) with { Key = new PurchaseOrderKey(ShipTo: "Oslo") }, Line("L2", 5) with { Key = new PurchaseOrderKey(ShipTo: "Bergen") }],
            Offer(0, 0, 10m), Offer(1, 0, 10m), Offer(0, 1, 8m), Offer(1, 1, 8m));
        var plan = SourcingEngine.Solve(problem, ToTheCent);
        Assert.Equal([new Allocation(0, 5), new Allocation(1, 5)], plan.Allocations);
        Assert.Equal(0m, plan.Cost.Decision);
    }

    [Fact]
    public void A_pin_holds_even_when_it_costs_more()
    {
        var problem = Of([Distributor("A"), Distributor("B")], [Line("L1", 5) with { PinnedTo = [1] }], Offer(0, 0, 1m), Offer(0, 1, 2m));
        Assert.Equal([new Allocation(1, 5)], SourcingEngine.Solve(problem, ToTheCent).Allocations);
    }

    [Fact]
    public void A_line_that_nobody_can_fill_stays_open_at_its_penalty()
    {
        var problem = Of([Distributor("A")], [Line("L1", 5), Line("L2", 1)], Offer(0, 0, 1m, available: 3), Offer(1, 0, 2m));
        var plan = SourcingEngine.Solve(problem, ToTheCent);
        Assert.Equal([0], plan.Cost.UnfilledLines);
        Assert.Equal(10_002m, plan.Cost.Total);
    }

    [Fact]
    public void Plans_equal_the_best_of_all_plans_with_any_mixture_of_terms()
    {
        var wrong = new List<string>();
        for (var seed = 1; seed <= 400; seed++)
        {
            var problem = Random(seed);
            Assert.Empty(SourcingEngine.Validate(problem));
            var plan = SourcingEngine.Solve(problem, ToTheCent);
            var best = BruteForce(problem);
            if (Math.Abs(plan.Cost.Total - best) > 0.00001m || plan.LowerBound > best)
            {
                wrong.Add($"seed {seed}: cost {plan.Cost.Total}, best {best}, bound {plan.LowerBound}, {plan.Status}, {plan.WorkSteps} steps");
            }
        }

        Assert.True(wrong.Count == 0, string.Join("; ", wrong));
    }

    [Fact]
    public void The_same_work_limit_gives_the_same_plan()
    {
        var problem = Random(7) with { };
        var first = SourcingEngine.Solve(problem, ToTheCent with { WorkLimit = 500 });
        var second = SourcingEngine.Solve(problem, ToTheCent with { WorkLimit = 500 });
        Assert.Equal(first.Allocations, second.Allocations);
        Assert.Equal(first.LowerBound, second.LowerBound);
        Assert.Equal(first.WorkSteps, second.WorkSteps);
    }

    [Fact]
    public void A_cancelled_search_still_gives_a_plan_and_a_true_bound()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        var problem = Random(11);
        var plan = SourcingEngine.Solve(problem, ToTheCent, cancelled.Token);
        Assert.True(SourcingEngine.Evaluate(problem, plan.Allocations).IsFeasible);
        Assert.True(plan.LowerBound <= BruteForce(problem));
    }

    [Fact]
    public void Orders_that_share_nothing_are_proved_apart()
    {
        var problem = Of(
            [Distributor("A"), Distributor("B")],
            [Line("L1", 1), Line("L2", 1)],
            Offer(0, 0, 1m), Offer(1, 1, 2m));
        Assert.Equal(2, SourcingEngine.Solve(problem, ToTheCent).Certificate!.Parts.Count);
    }

    [InstanceFact]
    public void Small_published_instances_are_proved_and_no_bound_passes_the_best_known_plan()
    {
        foreach (var (id, (best, _)) in InstanceSource.BestKnown.Where(entry => entry.Key.StartsWith("small-", StringComparison.Ordinal)))
        {
            var plan = SourcingEngine.Solve(InstanceSource.Read(id), new SourcingOptions { TimeLimit = null, WorkLimit = 50_000_000 });
            Assert.True(plan.Proved, id);
            Assert.True(Math.Abs(plan.Cost.Total - best) < 0.01m, $"{id}: {plan.Cost.Total}, best known {best}");
            Assert.True(plan.LowerBound <= best + 0.0001m, $"{id}: bound {plan.LowerBound}");
        }
    }

    [InstanceFact]
    public void Facility_location_instances_are_proved()
    {
        foreach (var (id, (best, _)) in InstanceSource.BestKnown.Where(entry => entry.Key.StartsWith("ufl-", StringComparison.Ordinal)))
        {
            var plan = SourcingEngine.Solve(InstanceSource.Read(id), new SourcingOptions { TimeLimit = null, WorkLimit = 20_000_000 });
            Assert.True(plan.Proved, id);
            Assert.True(Math.Abs(plan.Cost.Total - best) < 0.01m, $"{id}: {plan.Cost.Total}, best known {best}");
        }
    }

    [Fact]
    public void A_line_split_over_two_distributors_is_bounded_in_whole_packs()
    {
        // Two packs of ten and three pieces more would do; only whole packs of seven can be had.
        var problem = Of(
            [Distributor("A"), Distributor("B")],
            [Line("L1", 23, most: 30, splits: 2)],
            Offer(0, 0, 1m, available: 20) with { OrderMultiple = 10 }, Offer(0, 1, 1.2m) with { OrderMultiple = 7 });
        var plan = SourcingEngine.Solve(problem, ToTheCent);
        Assert.Equal([new Allocation(0, 10), new Allocation(1, 14)], plan.Allocations);
        Assert.True(plan.Proved);
        var report = PlanChecker.Check(problem, plan);
        Assert.True(report.Holds, string.Join('\n', report.Faults));
        Assert.True(report.Leaves <= 4, $"{report.Leaves} leaves: the bound broke packs.");
    }

    [InstanceTheory]
    [InlineData("typical-009", 0.001, 5_000_000)]
    [InlineData("typical-012", 0.001, 2_000_000)]
    [InlineData("typical-017", 0.001, 5_000_000)]
    [InlineData("large-004", 0.002, 40_000_000)]
    [InlineData("large-005", 0.002, 40_000_000)]
    public void Instances_with_many_split_lines_in_packs_are_certified_in_few_steps(string id, double gap, long steps)
    {
        var problem = InstanceSource.Read(id);
        var plan = SourcingEngine.Solve(problem, new SourcingOptions { TimeLimit = null, WorkLimit = steps, GapTarget = gap });
        Assert.True(plan.Proved, $"gap {plan.Gap:P3} after {plan.WorkSteps} steps");
        var report = PlanChecker.Check(problem, plan);
        Assert.True(report.Holds, string.Join('\n', report.Faults));
    }

    [InstanceFact]
    public void Typical_published_instances_come_within_a_half_per_cent_of_proof()
    {
        foreach (var (id, (best, _)) in InstanceSource.BestKnown.Where(entry => entry.Key.StartsWith("typical-", StringComparison.Ordinal)))
        {
            var plan = SourcingEngine.Solve(InstanceSource.Read(id), new SourcingOptions { TimeLimit = null, WorkLimit = 40_000_000, GapTarget = 0.005 });
            Assert.True(plan.Proved, $"{id}: gap {plan.Gap}");
            Assert.True(plan.LowerBound <= best + 0.001m, $"{id}: bound {plan.LowerBound} above {best}");
        }
    }
}
