using Xunit.Abstractions;

namespace UnifiedCommerce.Sourcing.Tests;

/// <summary>What a buyer reads about a plan.</summary>
public sealed class ExplainTests(ITestOutputHelper output)
{
    private static readonly SourcingOptions Exactly = new() { WorkLimit = 200_000, TimeLimit = null };

    private static readonly ExplanationNames Names = new()
    {
        Distributor = d => d switch { 0 => "Nordhandel", 1 => "Polhurt", _ => "Midwest" },
        Article = i => i == 0 ? "X" : "Y",
    };

    /// <summary>Nordhandel is cheaper for X, its freight is free from 200; Polhurt has a minimum of 60; Midwest is late.</summary>
    private static readonly SourcingProblem Problem = new()
    {
        Id = "order 4711",
        BaseCurrency = "EUR",
        Lines =
        [
            new() { Id = "L1", Quantity = 30, MaxQuantity = 40, UnfilledPenalty = 900, NeedByDay = 5, NotPreferredPenalty = 2 },
            new() { Id = "L2", Quantity = 4, MaxQuantity = 4, UnfilledPenalty = 400, NeedByDay = 5 },
        ],
        Distributors =
        [
            new() { Id = "nordhandel", Currency = "EUR", Terms = new() { Freight = new() { Fixed = 12, FreeFromValue = 200 }, AdministrationCost = 3 } },
            new() { Id = "polhurt", Currency = "EUR", PreferencePenalty = 0.01m, Terms = new() { Freight = new() { Fixed = 8 }, Minimum = new(60), AdministrationCost = 3 } },
            new() { Id = "midwest", Currency = "EUR" },
        ],
        Offers =
        [
            new() { Line = 0, Distributor = 0, Available = 100, Price = OfferPrice.Net(5.4m) },
            new() { Line = 0, Distributor = 1, Available = 100, Price = OfferPrice.Net(6m), Status = SourceStatus.Preferred },
            new() { Line = 0, Distributor = 2, Available = 100, Price = OfferPrice.Net(4m), LeadDays = 9 },
            new() { Line = 1, Distributor = 0, Available = 100, Price = OfferPrice.Net(2m) },
            new() { Line = 1, Distributor = 1, Available = 100, Price = OfferPrice.Net(1.5m) },
        ],
    };

    [Fact]
    public void Every_offer_says_which_term_made_it_lose_and_what_it_would_cost()
    {
        var plan = SourcingEngine.Solve(Problem, Exactly);
        var explanation = PlanExplainer.Explain(Problem, plan);
        var sentences = new ExplanationSentences(Problem, null, Names).Of(plan, explanation);

        // 30 x 5.40 + 4 x 2 + 12 freight + 3 administration, and 2 for not taking the preferred source.
        Assert.Equal(162m + 8 + 12 + 3 + 2, plan.Cost.Total);
        Assert.Equal([new Allocation(0, 30), new Allocation(3, 4)], plan.Allocations);
        Assert.Equal(["30 from Nordhandel."], sentences.Lines[0].Decision);
        Assert.Equal(
            [
                "Polhurt: at most 28.80 EUR more: price 18.00 EUR higher; would open a purchase order at Polhurt for 11.00 EUR freight and charges; weighed 1.80 EUR dearer by preference; soft rules weigh 2.00 EUR less.",
                "Midwest: arrives on day 9, needed by day 5.",
            ],
            sentences.Lines[0].Offers);
        Assert.Equal(
            ["Polhurt: not while the other lines stay as they are: the order at Polhurt would be 6.00 EUR, below its minimum of 60.00 EUR; without that, 9.06 EUR more."],
            sentences.Lines[1].Offers);
        var offer = explanation.Lines[0].Offers[1];
        Assert.Equal(offer.Price.AtMost, offer.Differences.Sum(difference => difference.Amount));
    }

    [Fact]
    public void A_near_threshold_says_what_reaching_it_costs()
    {
        var plan = SourcingEngine.Solve(Problem, Exactly);
        var threshold = Assert.Single(PlanExplainer.Explain(Problem, plan).Thresholds);

        // The order is worth 170.00; 30.00 more are 6 more of X at 5.40.
        Assert.Equal(30m, threshold.Missing);
        Assert.Equal(6, threshold.MoreUnits);
        Assert.Equal(32.4m, threshold.CostOfMore);
        Assert.Equal(32.4m - 12, threshold.CostChange);
        Assert.Equal(
            "30.00 EUR more at Nordhandel makes freight free (from 200.00 EUR): buying 6 more of X costs 32.40 EUR; the plan then costs 20.40 EUR more.",
            new ExplanationSentences(Problem, null, Names).Of(threshold));
    }

    [Fact]
    public void The_preferred_supplier_the_cheapest_per_line_and_the_second_best_are_compared()
    {
        var plan = SourcingEngine.Solve(Problem, Exactly);
        var comparisons = PlanExplainer.Explain(Problem, plan).Comparisons.ToDictionary(comparison => comparison.Kind);

        // X from Polhurt: 180 + 1 % + 11; Y stays at Nordhandel: 8 + 12 + 3.
        Assert.Equal(180m + 1.8m + 11 + 23, comparisons[ComparisonKind.PreferredSuppliers].Cost!.Total);

        // Y at 1.50 alone would be below Polhurt's minimum.
        Assert.Null(comparisons[ComparisonKind.CheapestPerLine].Cost);
        Assert.Equal("below-minimum-order", comparisons[ComparisonKind.CheapestPerLine].Faults[0].Code);
        Assert.Equal(28.8m, comparisons[ComparisonKind.SecondBest].Price.AtMost);

        // Solved again: both lines at Polhurt, 186 + 1 % + 11, is the second best.
        var second = PlanQuestions.SecondBest(Problem, plan, Exactly)!;
        Assert.Equal(186m + 1.86m + 11, second.Cost!.Total);
        Assert.True(second.Price.IsExact);
        Assert.Equal(
            "The second-best plan costs 198.86 EUR, 11.86 EUR more.", new ExplanationSentences(Problem, null, Names).Of(second));
    }

    [Fact]
    public void Solving_again_gives_the_exact_price_of_a_choice()
    {
        var plan = SourcingEngine.Solve(Problem, Exactly);

        // At once the other line stays and 28.80 is a bound; solved again both lines move to Polhurt.
        var price = PlanQuestions.PriceOf(Problem, plan, 1, Exactly);

        Assert.Equal(11.86m, price.AtMost);
        Assert.True(price.IsExact);
        Assert.Equal(ChoicePriceBasis.SolvedAgain, price.Basis);
        Assert.Null(PlanQuestions.PriceOf(Problem, plan, 2, Exactly).AtMost);
    }

    [Fact]
    public void A_choice_that_has_too_little_is_priced_with_what_it_has()
    {
        var problem = Problem with
        {
            Lines = [Problem.Lines[0] with { MaxSplits = 2 }, Problem.Lines[1]],
            Offers = [Problem.Offers[0], Problem.Offers[1] with { Available = 10 }, .. Problem.Offers.Skip(2)],
        };
        var plan = SourcingEngine.Solve(problem, Exactly);

        // 10 of X at Polhurt are worth 60: 20 x 5.40 and 10 x 6 + 1 %, both orders' charges, Y stays or moves with it.
        var price = PlanQuestions.PriceOf(problem, plan, 1, Exactly);

        Assert.True(price.IsExact, $"{price}");
        var with10 = SourcingEngine.Evaluate(problem, [new(0, 20), new(1, 10), new(4, 4)]).Cost!.Total;
        Assert.Equal((double)(with10 - plan.Cost.Total), (double)price.AtMost!.Value, 0.01);
    }

    [Fact]
    public void Soft_rules_say_what_they_count_and_what_the_plan_would_be_without_them()
    {
        var problem = Problem with { Lines = [Problem.Lines[0] with { NotPreferredPenalty = 50 }, Problem.Lines[1]] };
        var plan = SourcingEngine.Solve(problem, Exactly);
        var rules = PlanExplainer.Explain(problem, plan).SoftRules;

        // The penalty moves everything to Polhurt, which is weighed 1 % dearer.
        Assert.Equal(new SoftRuleCost(SoftRule.Preference, 1, 1.86m), Assert.Single(rules));
        var without = PlanQuestions.WithoutSoftRule(problem, plan, SoftRule.NotPreferred, 0, Exactly);
        Assert.Equal(197m - 185m, plan.Cost.Cash - without.Cost!.Cash);
    }

    [Fact]
    public void An_unfilled_line_says_what_would_fill_it_cheapest_change_first()
    {
        var problem = Problem with
        {
            Distributors = [Problem.Distributors[0] with { Excluded = true }, Problem.Distributors[1], Problem.Distributors[2]],
            Offers =
            [
                Problem.Offers[0],
                Problem.Offers[1] with { Moq = 48 },
                Problem.Offers[2],
                Problem.Offers[3] with { Available = 3 },
                Problem.Offers[4] with { Available = 2 },
            ],
        };
        var plan = SourcingEngine.Solve(problem, Exactly);
        var sentences = new ExplanationSentences(problem, null, Names).Of(plan, PlanExplainer.Explain(problem, plan));

        Assert.Equal([0, 1], plan.Cost.UnfilledLines);
        Assert.Equal(
            [
                "30 from Midwest for 122.00 EUR, if day 9 is early enough instead of day 5.",
                "30 from Nordhandel for 179.00 EUR, if orders may go to Nordhandel.",
                "48 from Polhurt for 301.88 EUR, if 48 may be bought instead of 40.",
            ],
            sentences.Lines[0].Remedies);
        Assert.Equal(
            [
                "4 from Nordhandel for 23.00 EUR, if orders may go to Nordhandel; Nordhandel had 4 in stock instead of 3.",
                "4 from Polhurt for 17.06 EUR, if Polhurt had 4 in stock instead of 2; Polhurt takes an order of 6.00 EUR (its minimum is 60.00 EUR).",
            ],
            [.. sentences.Lines[1].Remedies.Order(StringComparer.Ordinal)]);
    }

    [Fact]
    public void A_price_of_at_once_is_never_below_the_exact_one()
    {
        var compared = 0;
        for (var seed = 0; seed < 150; seed++)
        {
            var problem = RandomProblems.Create(seed, RandomSize.Tiny);
            var plan = SourcingEngine.Solve(problem, Exactly);
            foreach (var offer in PlanExplainer.Explain(problem, plan).Lines.SelectMany(line => line.Offers))
            {
                if (offer.Outcome is not (OfferOutcome.CostsMore or OfferOutcome.CostsLess) || offer.Quantity < problem.Lines[problem.Offers[offer.Offer].Line].Quantity)
                {
                    continue;
                }

                var sum = offer.Differences.Sum(difference => difference.Amount);
                Assert.True(Math.Abs(sum - offer.Price.AtMost!.Value) < 0.000001m, $"seed {seed}, offer {offer.Offer}: terms add up to {sum}, not {offer.Price.AtMost}");
                if (plan.Proved)
                {
                    Assert.True(offer.Price.AtMost >= -0.01m, $"seed {seed}, offer {offer.Offer}: {offer.Price} on a proved plan");
                }

                var exact = PlanQuestions.PriceOf(problem, plan, offer.Offer, new SourcingOptions { WorkLimit = 20_000, TimeLimit = null });
                Assert.True(exact.AtLeast <= offer.Price.AtMost + 0.001m, $"seed {seed}, offer {offer.Offer}: at once {offer.Price}, exactly {exact}");
                compared++;
            }
        }

        output.WriteLine($"{compared} prices compared");
        Assert.True(compared > 30, $"{compared}");
    }

    [Fact]
    public void Explaining_a_small_order_is_cheap_and_never_fails()
    {
        var lines = 0;
        var elapsed = TimeSpan.Zero;
        for (var seed = 0; seed < 300; seed++)
        {
            var problem = RandomProblems.Create(seed, RandomSize.Small);
            var plan = SourcingEngine.Solve(problem, new SourcingOptions { WorkLimit = 2_000, TimeLimit = null });
            var started = TimeProvider.System.GetTimestamp();
            var explanation = PlanExplainer.Explain(problem, plan);
            elapsed += TimeProvider.System.GetElapsedTime(started);
            lines += problem.Lines.Count;
            var sentences = new ExplanationSentences(problem).Of(plan, explanation);
            Assert.Equal(problem.Lines.Count, sentences.Lines.Count);
            foreach (var line in explanation.Lines.Where(line => line.Bought == 0))
            {
                // Everybody who offers an unfilled line says what that needs; two offers of one distributor that need the same are one remedy.
                Assert.Equal([.. line.Offers.Select(offer => offer.Distributor).Distinct().Order()], [.. line.Remedies.Select(remedy => problem.Offers[remedy.Offer].Distributor).Distinct().Order()]);
                Assert.Equal(line.Remedies.Count, line.Remedies.Select(remedy => (problem.Offers[remedy.Offer].Distributor, remedy.Quantity, string.Join(';', remedy.Needs))).Distinct().Count());
            }
        }

        output.WriteLine($"{elapsed.TotalMilliseconds / lines:0.000} ms a line");
    }

    [Fact]
    public void A_plan_of_another_problem_is_refused()
    {
        var plan = SourcingEngine.Solve(Problem, Exactly);

        Assert.Throws<ArgumentException>(() => PlanExplainer.Explain(Problem with { Lines = [Problem.Lines[0] with { Quantity = 35 }, Problem.Lines[1]] }, plan));
    }
}
