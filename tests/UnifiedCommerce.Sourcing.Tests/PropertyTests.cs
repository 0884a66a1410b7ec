using Xunit.Abstractions;

namespace UnifiedCommerce.Sourcing.Tests;

/// <summary>What must hold for every problem, tried on random ones with every term of the model. Each failure names its seed.</summary>
public sealed class PropertyTests(ITestOutputHelper output)
{
    private static readonly SourcingOptions Quick = new() { WorkLimit = 10_000, TimeLimit = null };

    private static readonly SourcingOptions Brief = new() { WorkLimit = 1_500, TimeLimit = null, WithCertificate = false };

    private static readonly SourcingOptions Thorough = new() { WorkLimit = 20_000, TimeLimit = null, WithCertificate = false };

    /// <summary>10,000 problems a run, in slices so that a failure is found early and the slices run side by side.</summary>
    public static TheoryData<int> Slices { get; } = [.. Enumerable.Range(0, 10).Select(slice => slice * 1000)];

    [Theory]
    [MemberData(nameof(Slices))]
    public void Every_plan_is_feasible_and_costs_what_the_checker_says(int first)
    {
        for (var seed = first; seed < first + 1000; seed++)
        {
            var problem = RandomProblems.Create(seed, RandomSize.Tiny);
            var plan = SourcingEngine.Solve(problem, Brief);
            var report = PlanChecker.Check(problem, new PlanClaim(plan.Allocations, plan.Cost.Total, null, null));
            Assert.True(report.Holds, $"seed {seed}: {string.Join('\n', report.Faults)}");
            Assert.True(plan.LowerBound <= plan.Cost.Total, $"seed {seed}: bound {plan.LowerBound}, cost {plan.Cost.Total}");
        }
    }

    [Fact]
    public void No_bound_is_above_the_best_plan_and_a_proved_plan_is_the_best()
    {
        var tried = 0;
        var missed = 0;
        for (var seed = 0; seed < 1000; seed++)
        {
            var problem = RandomProblems.Create(seed, RandomSize.Tiny);
            if (BruteForce.Best(problem, 20_000) is not { } best)
            {
                continue;
            }

            tried++;
            var plan = SourcingEngine.Solve(problem, Quick);
            Assert.True(plan.LowerBound <= best + 0.000001m, $"seed {seed}: bound {plan.LowerBound}, best {best}");
            Assert.True(plan.Cost.Total >= best, $"seed {seed}: cost {plan.Cost.Total} is below every plan, best {best}");
            if (plan.Proved)
            {
                Assert.True(plan.Cost.Total <= (best * 1.000002m) + 0.0001m, $"seed {seed}: proved at {plan.Cost.Total}, best {best}");
            }
            else if (plan.Cost.Total > best * 1.001m)
            {
                missed++;
                output.WriteLine($"seed {seed}: {plan.Cost.Total} after {plan.WorkSteps} steps, best {best}");
            }
        }

        output.WriteLine($"{tried} problems compared with brute force, {missed} unproved plans more than 0.1 % dearer");
        Assert.True(tried > 900);
        Assert.True(missed * 50 < tried, $"{missed} of {tried} plans are more than 0.1 % dearer than the best.");
    }

    /// <summary>
    /// The tree used to end with offers left undecided that the mixture showed no doubt about, and then without the best plan: 54 of the mixed problems and
    /// 430 of these were closed dearer than their best.
    /// </summary>
    [Fact]
    public void A_tree_that_ends_has_found_the_best_plan()
    {
        foreach (var seed in (int[])[59, 82, 430, 457, 1371, 2236, 2481, 2770, 2777, 2800])
        {
            var problem = RandomProblems.Create(seed, RandomSize.Tiny);
            var plan = SourcingEngine.Solve(problem, Quick);
            var best = BruteForce.Best(problem, 200_000);
            Assert.True(best is null || plan.Cost.Total <= best + 0.0001m, $"seed {seed}: {plan.Cost.Total} after {plan.WorkSteps} steps, best {best}");
        }
    }

    [Fact]
    public void Every_certificate_holds()
    {
        var leaves = 0;
        for (var seed = 0; seed < 600; seed++)
        {
            var problem = RandomProblems.Create(seed, seed % 4 == 0 ? RandomSize.Small : RandomSize.Tiny);
            var plan = SourcingEngine.Solve(problem, Quick);
            var report = PlanChecker.Check(problem, plan);
            Assert.True(report.Holds, $"seed {seed}: {string.Join('\n', report.Faults)}");
            leaves += report.Leaves;
        }

        output.WriteLine($"{leaves} leaves");
    }

    [Fact]
    public void Certificates_hold_where_quantities_are_large_and_come_in_packs()
    {
        foreach (var seed in Enumerable.Range(0, 200).Concat([3790, 3839]))
        {
            var problem = RandomProblems.Create(seed, new RandomSize(5, 4, 200));
            var report = PlanChecker.Check(problem, SourcingEngine.Solve(problem, Quick));
            Assert.True(report.Holds, $"seed {seed}: {string.Join('\n', report.Faults)}");
        }
    }

    [Fact]
    public void Adding_an_offer_never_raises_the_proved_optimum()
    {
        var compared = 0;
        for (var seed = 0; seed < 250; seed++)
        {
            var with = RandomProblems.Create(seed, RandomSize.Tiny);
            if (with.Offers.Count == 0)
            {
                continue;
            }

            // An exclusive offer forbids others and a preferred one makes them dearer, so the offer that is added is a plain one.
            var last = with.Offers.ToList().FindLastIndex(offer => offer.Status == SourceStatus.Approved);
            if (last < 0)
            {
                continue;
            }

            var without = with with { Offers = [.. with.Offers.Where((_, o) => o != last)] };
            var (a, b) = (SourcingEngine.Solve(without, Thorough), SourcingEngine.Solve(with, Thorough));
            if (a.Proved && b.Proved)
            {
                compared++;
                Assert.True(b.Cost.Total <= (a.Cost.Total * 1.000002m) + 0.0001m, $"seed {seed}: {a.Cost.Total} without, {b.Cost.Total} with the offer");
            }
        }

        Assert.True(compared > 180, $"{compared}");
    }

    [Fact]
    public void Scaling_money_scales_the_cost()
    {
        for (var seed = 0; seed < 150; seed++)
        {
            var problem = RandomProblems.Create(seed, RandomSize.Tiny);
            var plan = SourcingEngine.Solve(problem, Quick);
            var scaled = Scaled(problem, 4);
            Assert.Equal((double)plan.Cost.Total * 4, (double)SourcingEngine.Evaluate(scaled, plan.Allocations).Cost!.Total, 0.00001);
            var again = SourcingEngine.Solve(scaled, Quick);
            if (plan.Proved && again.Proved)
            {
                Assert.True(Math.Abs(again.Cost.Total - (plan.Cost.Total * 4)) <= (plan.Cost.Total * 0.00001m) + 0.001m, $"seed {seed}: {plan.Cost.Total} and {again.Cost.Total}");
            }
        }
    }

    [Fact]
    public void Permuting_lines_and_distributors_changes_nothing()
    {
        for (var seed = 0; seed < 250; seed++)
        {
            var problem = RandomProblems.Create(seed, RandomSize.Tiny);
            var (a, b) = (SourcingEngine.Solve(problem, Thorough), SourcingEngine.Solve(Reversed(problem), Thorough));
            if (a.Proved && b.Proved)
            {
                Assert.True(Math.Abs(a.Cost.Total - b.Cost.Total) <= (a.Cost.Total * 0.000002m) + 0.0001m, $"seed {seed}: {a.Cost.Total}, reversed {b.Cost.Total}");
            }
        }
    }

    [Fact]
    public void The_same_problem_seed_and_work_limit_give_the_same_plan()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var problem = RandomProblems.Create(seed, RandomSize.Small);
            var (a, b) = (SourcingEngine.Solve(problem, Quick), SourcingEngine.Solve(problem, Quick));
            Assert.Equal(a.Allocations, b.Allocations);
            Assert.Equal(a.LowerBound, b.LowerBound);
            Assert.Equal(a.WorkSteps, b.WorkSteps);
        }
    }

    [Fact]
    public void Excluded_blocked_forbidden_and_late_offers_are_never_chosen()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var problem = RandomProblems.Create(seed, RandomSize.Small);
            var plan = SourcingEngine.Solve(problem, new SourcingOptions { WorkLimit = 2_000, TimeLimit = null, WithCertificate = false });
            foreach (var (o, _) in plan.Allocations)
            {
                var offer = problem.Offers[o];
                var line = problem.Lines[offer.Line];
                Assert.False(
                    problem.Distributors[offer.Distributor].Excluded || offer.Status == SourceStatus.Blocked || line.NotFrom.Contains(offer.Distributor)
                    || (line.PinnedTo is { } pinned && !pinned.Contains(offer.Distributor)) || offer.LeadDays > line.NeedByDay
                    || (offer.Status != SourceStatus.Exclusive && problem.Offers.Any(other => other.Line == offer.Line && other.Status == SourceStatus.Exclusive)),
                    $"seed {seed}: offer {o} is chosen");
            }
        }
    }

    /// <summary>All money times a power of two; rates, quantities and weights stay.</summary>
    private static SourcingProblem Scaled(SourcingProblem problem, decimal factor)
    {
        return problem with
        {
            Lines = [.. problem.Lines.Select(line => line with { UnfilledPenalty = line.UnfilledPenalty * factor, NotPreferredPenalty = line.NotPreferredPenalty * factor })],
            Offers = [.. problem.Offers.Select(offer => offer with
            {
                UnitExtra = offer.UnitExtra * factor,
                UseDecisionCost = offer.UseDecisionCost * factor,
                Price = offer.Price with
                {
                    Breaks = [.. offer.Price.Breaks.Select(row => row with { Price = row.Price * factor })],
                    Promotion = offer.Price.Promotion is { } promotion ? promotion with { Price = promotion.Price * factor } : null,
                },
            })],
            Distributors = [.. problem.Distributors.Select(distributor => distributor with
            {
                Terms = Terms(distributor.Terms),
                TermsByKey = [.. distributor.TermsByKey.Select(own => own with { Terms = Terms(own.Terms) })],
                Commitment = distributor.Commitment is { } commitment ? commitment with { MinValue = commitment.MinValue * factor } : null,
            })],
        };

        OrderTerms Terms(OrderTerms terms) => terms with
        {
            Minimum = terms.Minimum is { } minimum ? new MinimumOrder(minimum.Value * factor, minimum.ChargeBelow * factor) : null,
            SmallOrder = terms.SmallOrder is { } small ? new SmallOrderSurcharge(small.Below * factor, small.Surcharge * factor) : null,
            Freight = terms.Freight with
            {
                Fixed = terms.Freight.Fixed * factor,
                FreeFromValue = terms.Freight.FreeFromValue * factor,
                ByWeight = [.. terms.Freight.ByWeight.Select(row => row with { Charge = row.Charge * factor })],
            },
            HandlingFee = terms.HandlingFee * factor,
            LineFee = terms.LineFee * factor,
            AdministrationCost = terms.AdministrationCost * factor,
            Discount = terms.Discount is { Basis: DiscountBasis.Value } discount
                ? discount with { Tiers = [.. discount.Tiers.Select(tier => tier with { From = tier.From * factor })] }
                : terms.Discount,
        };
    }

    private static SourcingProblem Reversed(SourcingProblem problem)
    {
        var (lines, distributors) = (problem.Lines.Count, problem.Distributors.Count);
        return problem with
        {
            Lines = [.. problem.Lines.Reverse().Select(line => line with
            {
                PinnedTo = line.PinnedTo?.Select(d => distributors - 1 - d).ToList(),
                NotFrom = [.. line.NotFrom.Select(d => distributors - 1 - d)],
            })],
            Distributors = [.. problem.Distributors.Reverse()],
            GroupBreaks = [.. problem.GroupBreaks.Select(group => group with { Distributor = distributors - 1 - group.Distributor })],
            Offers = [.. problem.Offers.Reverse().Select(offer => offer with { Line = lines - 1 - offer.Line, Distributor = distributors - 1 - offer.Distributor })],
        };
    }
}
