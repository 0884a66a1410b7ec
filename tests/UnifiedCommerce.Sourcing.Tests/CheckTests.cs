namespace UnifiedCommerce.Sourcing.Tests;

/// <summary>The checker accepts what is true and says precisely what is wrong with everything else.</summary>
public sealed class CheckTests
{
    private static readonly PurchaseOrderKey Key = PurchaseOrderKey.Single;

    /// <summary>Two lines, two distributors; A is cheaper and has free freight from 100.</summary>
    private static readonly SourcingProblem Problem = new()
    {
        Id = "two",
        BaseCurrency = "EUR",
        ExchangeRates = [new("PLN", 0.25m)],
        CostOfCapital = 0.1m,
        Lines =
        [
            new() { Id = "L1", Quantity = 10, MaxQuantity = 12, UnfilledPenalty = 500, MaxSplits = 2 },
            new() { Id = "L2", Quantity = 5, MaxQuantity = 5, UnfilledPenalty = 300 },
        ],
        Distributors =
        [
            new()
            {
                Id = "A", Currency = "EUR",
                Terms = new() { Freight = new() { Fixed = 9, FreeFromValue = 100 }, Minimum = new(20), PaymentDays = 73 },
            },
            new() { Id = "B", Currency = "PLN", Terms = new() { AdministrationCost = 5, Discount = new(DiscountBasis.Value, TierMode.AllUnits, [new(200, 0.1m)]) } },
        ],
        Offers =
        [
            new() { Line = 0, Distributor = 0, Available = 100, Price = OfferPrice.Net(8) },
            new() { Line = 0, Distributor = 1, Available = 100, Price = OfferPrice.Net(40), Moq = 4, OrderMultiple = 2 },
            new() { Line = 1, Distributor = 0, Available = 100, Price = OfferPrice.Net(7), StockPool = 0 },
            new() { Line = 1, Distributor = 1, Available = 100, Price = OfferPrice.Net(24) },
        ],
        StockPools = [new("shelf", 5)],
    };

    [Fact]
    public void A_solved_plan_with_its_certificate_holds()
    {
        var plan = SourcingEngine.Solve(Problem);

        var report = PlanChecker.Check(Problem, plan);

        Assert.True(report.Holds, string.Join('\n', report.Faults));
        Assert.Equal(112.7m, report.Cost); // (80 + 35) less 2 % for 73 days at 10 %, freight free.
        Assert.True(report.Bound > 112.69m && report.Bound <= report.Cost, $"{report.Bound}");
    }

    [Fact]
    public void A_plan_is_costed_without_the_solver()
    {
        // 10 x 40 PLN less 10 % at 0.25 and 5 administration; 5 x 7 less 2 % and 9 freight.
        var report = PlanChecker.Check(Problem, new PlanClaim([new(1, 10), new(2, 5)], null, null, null));

        Assert.Equal(90m + 5m + 34.3m + 9m, report.Cost);
        Assert.Null(report.Bound);
    }

    [Theory]
    [InlineData("plan-unknown-offer", 9, 10L)]
    [InlineData("plan-quantity", 0, 0L)]
    [InlineData("plan-quantity", 0, 13L)]
    [InlineData("plan-quantity", 1, 2L)]
    [InlineData("plan-order-multiple", 1, 11L)]
    [InlineData("plan-line-quantity", 0, 4L)]
    [InlineData("plan-minimum-order", 2, 5L)]
    public void A_plan_that_breaks_a_rule_is_refused_by_name(string code, int offer, long quantity)
    {
        // The minimum is raised where the rule under test is the minimum, so that no other rule is broken.
        var problem = code == "plan-minimum-order"
            ? Problem with { Distributors = [Problem.Distributors[0] with { Terms = Problem.Distributors[0].Terms with { Minimum = new(36) } }, Problem.Distributors[1]] }
            : Problem;

        var report = PlanChecker.Check(problem, new PlanClaim([new(offer, quantity)], null, null, null));

        Assert.Null(report.Cost);
        Assert.Contains(report.Faults, fault => fault.Code == code);
        Assert.False(SourcingEngine.Evaluate(problem, [new(offer, quantity)]).IsFeasible);
    }

    [Fact]
    public void A_plan_with_an_offer_twice_too_many_splits_stock_or_distributors_is_refused_by_name()
    {
        Assert.Contains(Faults(Problem, [new(0, 10), new(0, 10)]), fault => fault.Code == "plan-offer-twice");
        Assert.Contains(
            Faults(Problem with { Lines = [Problem.Lines[0] with { MaxSplits = 1 }, Problem.Lines[1]] }, [new(0, 6), new(1, 4)]),
            fault => fault.Code == "plan-too-many-splits");
        Assert.Contains(
            Faults(Problem with { Offers = [.. Problem.Offers.Select(offer => offer with { StockPool = 0, Available = 5 })], Lines = [Problem.Lines[0] with { Quantity = 5 }, Problem.Lines[1]] }, [new(0, 5), new(2, 5)]),
            fault => fault.Code == "plan-stock-pool");
        Assert.Contains(Faults(Problem with { MaxDistributors = 1 }, [new(1, 10), new(2, 5)]), fault => fault.Code == "plan-too-many-distributors");
        Assert.Contains(
            Faults(Problem with { Offers = [Problem.Offers[0] with { Status = SourceStatus.Blocked }, .. Problem.Offers.Skip(1)] }, [new(0, 10)]),
            fault => fault.Code == "plan-offer-not-usable");
    }

    [Fact]
    public void A_cost_or_bound_that_is_claimed_wrongly_is_refused()
    {
        var plan = SourcingEngine.Solve(Problem);

        Assert.Equal("cost", Code(Claim(plan) with { Cost = plan.Cost.Total - 0.01m }));
        Assert.Equal("bound-above-certificate", Code(Claim(plan) with { LowerBound = plan.LowerBound + 0.01m }));
        Assert.Equal("no-certificate", Code(Claim(plan) with { Certificate = null }));
        Assert.Equal("bound-not-proved", Code(With(plan, certificate => certificate with { LowerBound = certificate.LowerBound + 0.01m })));
        Assert.Equal("part-not-proved", Code(WithPart(plan, part => part with { LowerBound = part.LowerBound + 0.01m })));
        Assert.Equal("leaf-not-proved", Code(WithRoot(plan, root => Leaves(root, leaf => leaf with { Bound = leaf.Bound + 100 }))));
    }

    [Fact]
    public void A_certificate_must_cover_every_line_once()
    {
        var plan = SourcingEngine.Solve(Problem);
        var part = plan.Certificate!.Parts[0];

        Assert.Equal("line-not-once", Code(With(plan, certificate => certificate with { Parts = [.. certificate.Parts, certificate.Parts[0]] })));
        Assert.Equal("line-not-once", Code(With(plan, certificate => certificate with { Parts = [] })));
        Assert.Equal("unknown-line", Code(WithPart(plan, known => known with { Lines = [.. known.Lines, 7] })));
        Assert.Equal(2, part.Lines.Count);
        var alone = new LeafPrices([0], [], [], [], []);
        Assert.Equal(
            "parts-share",
            Code(With(plan, certificate => certificate with
            {
                Parts = [new([0], [alone], new CertificateLeaf(0, 0), 0), new([1], [alone], new CertificateLeaf(0, 0), 0)], LowerBound = 0,
            }) with { LowerBound = 0 }));
    }

    [Fact]
    public void Prices_that_prove_nothing_are_refused()
    {
        var plan = SourcingEngine.Solve(Problem);

        Assert.Equal("line-prices", Code(WithPrices(plan, prices => prices with { Lines = [.. prices.Lines, 0] })));
        Assert.Equal("negative-line-price", Code(WithPrices(plan, prices => prices with { Lines = [-1, prices.Lines[1]] })));
        Assert.Equal("unknown-unit", Code(WithPrices(plan, prices => prices with { Units = [new(9, false, [])] })));
        Assert.Equal("unknown-unit", Code(WithPrices(plan, prices => prices with { Units = [new(0, false, []), new(0, false, [])] })));
        Assert.Equal("trials", Code(WithPrices(plan, prices => prices with { Units = [new(0, true, [])] })));
        Assert.Equal("pool-price", Code(WithPrices(plan, prices => prices with { Pools = [new(0, -1)] })));
        Assert.Equal("unknown-pool", Code(WithPrices(plan, prices => prices with { Pools = [new(3, 1)] })));
        Assert.Equal("unknown-group", Code(WithPrices(plan, prices => prices with { Groups = [new(0, 1)] })));
        Assert.Equal("unknown-commitment", Code(WithPrices(plan, prices => prices with { Commitments = [new(0, 1)] })));
        Assert.Equal("prices-too-large", Code(WithPrices(plan, prices => prices with { Units = [new(0, false, [new Trial(long.MaxValue, long.MaxValue, long.MaxValue)])], Lines = [long.MaxValue, long.MaxValue] })));
        Assert.Equal("rate-unit-not-used", Code(WithRoot(WithPricesPlan(plan, prices => prices with { Units = [new(0, true, [default]), new(1, true, [default])] }), _ => new CertificateLeaf(0, 0)) with { LowerBound = 0 }));
    }

    [Fact]
    public void A_tree_that_does_not_hold_together_is_refused()
    {
        var plan = SourcingEngine.Solve(Problem);
        CertificateNode leaf = new CertificateLeaf(0, 0);

        Assert.Equal("unknown-prices", Code(WithRoot(plan, _ => new CertificateLeaf(99, 0))));
        Assert.Equal("leaf-not-empty", Code(WithRoot(plan, _ => new CertificateLeaf(-1, 0))));
        Assert.Equal("split-outside-part", Code(WithRoot(plan, _ => new CertificateSplit(SplitSubject.UnitUsed, 9, 0, leaf, leaf))));
        Assert.Equal("split-outside-part", Code(WithRoot(plan, _ => new CertificateSplit(SplitSubject.OfferQuantity, 44, 0, leaf, leaf))));
        Assert.Equal("split-outside-part", Code(WithRoot(plan, _ => new CertificateSplit(SplitSubject.UnitUsed, 0, 0, leaf, null!))));
    }

    [Fact]
    public void Contradicting_decisions_leave_nothing()
    {
        // The unit is used and not used; or used without any of its offers; or a line filled that no offer may fill.
        Assert.Null(Code(Hollow(SplitSubject.UnitUsed, 0, SplitSubject.UnitUsed, 0)));
        Assert.Null(Code(Hollow(SplitSubject.UnitUsed, 0, SplitSubject.UnitValue, 0)));

        // A unit used while nothing else is decided is no contradiction.
        Assert.Equal("leaf-not-empty", Code(Hollow(SplitSubject.UnitUsed, 1, SplitSubject.UnitValue, 0)));

        static PlanClaim Hollow(SplitSubject first, int unit, SplitSubject second, int other)
        {
            // Lower side of the first split (0), then upper side of the second (above 0): empty when both speak of the same unit.
            var zero = new LeafPrices([0, 0], [], [], [], []);
            CertificateNode root = new CertificateSplit(
                first, unit, 0, new CertificateSplit(second, other, 0, new CertificateLeaf(0, -1000), new CertificateLeaf(-1, 0)), new CertificateLeaf(0, -1000));
            return new PlanClaim([], null, null, new Certificate([new([0, 1], [zero], root, -1000)], -1000));
        }
    }

    [Fact]
    public void A_bound_is_recomputed_from_the_prices_alone()
    {
        // Line prices of 8 and 7 add up to 115. Unit A at rate 1 gains 2 % of at most 12 x 8 + 5 x 7 = 131 from its payment days. Unit B at rate
        // 0.9 sells the second line at 5.40 for 7: 5 x 1.60 gained, 5 administration paid.
        var units = new UnitPrices[] { new(0, false, [new Trial(1_000_000_000)]), new(1, false, [new Trial(1_000_000_000), new Trial(900_000_000)]) };
        var certificate = new Certificate(
            [new([0, 1], [new LeafPrices([8_000_000_000, 7_000_000_000], units, [], [], [])], new CertificateLeaf(0, 109), 109)], 109);

        var report = PlanChecker.Check(Problem, new PlanClaim([], null, 109, certificate));

        Assert.True(report.Holds, string.Join('\n', report.Faults));
        Assert.Equal(115m - 2.62m - 3m, report.Bound);
    }

    [Fact]
    public void A_plan_file_survives_writing_and_reading()
    {
        var plan = SourcingEngine.Solve(Problem);

        var reading = PlanFile.Read(Problem, PlanFile.Write(Problem, plan));

        Assert.Empty(reading.Faults);
        Assert.Equal(plan.Allocations, reading.Claim!.Allocations);
        var report = PlanChecker.Check(Problem, reading.Claim);
        Assert.True(report.Holds, string.Join('\n', report.Faults));
        Assert.Equal(PlanChecker.Check(Problem, plan).Bound, report.Bound);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"plan":[[0,0]]}""")]
    [InlineData("""{"plan":[[7,7,1]]}""")]
    [InlineData("""{"plan":[],"certificate":{"bound":1,"parts":[{"bound":1,"lines":[0],"prices":[],"tree":[["UnitUsed",0,0]]}]}}""")]
    public void A_broken_plan_file_gives_faults_and_no_exception(string json)
    {
        var reading = PlanFile.Read(Problem, json);

        Assert.Null(reading.Claim);
        Assert.NotEmpty(reading.Faults);
    }

    [Fact]
    public void A_deep_certificate_survives_storage_as_json()
    {
        CertificateNode node = new CertificateLeaf(0, 1.5m);
        for (var depth = 0; depth < 500; depth++)
        {
            node = new CertificateSplit(SplitSubject.OfferQuantity, 0, depth, new CertificateLeaf(0, depth), node);
        }

        var certificate = new Certificate([new([0, 1], [new LeafPrices([1, 2], [new(0, true, [new Trial(3, 4, 5)])], [new(0, 6)], [], [])], node, 1)], 1);

        var json = System.Text.Json.JsonSerializer.Serialize(certificate);
        var back = System.Text.Json.JsonSerializer.Deserialize<Certificate>(json)!;

        Assert.Equal(json, System.Text.Json.JsonSerializer.Serialize(back));
    }

    private static string? Code(PlanClaim claim) => PlanChecker.Check(Problem, claim).Faults is [var first, ..] ? first.Code : null;

    private static IReadOnlyList<CheckFault> Faults(SourcingProblem problem, IReadOnlyList<Allocation> plan) =>
        PlanChecker.Check(problem, new PlanClaim(plan, null, null, null)).Faults;

    private static PlanClaim Claim(SourcingPlan plan) => new(plan.Allocations, plan.Cost.Total, plan.LowerBound, plan.Certificate);

    private static PlanClaim With(SourcingPlan plan, Func<Certificate, Certificate> change) =>
        Claim(plan) with { Certificate = change(plan.Certificate!) };

    private static PlanClaim WithPart(SourcingPlan plan, Func<CertificatePart, CertificatePart> change) =>
        With(plan, certificate => certificate with { Parts = [change(certificate.Parts[0]), .. certificate.Parts.Skip(1)] });

    private static PlanClaim WithRoot(SourcingPlan plan, Func<CertificateNode, CertificateNode> change) =>
        WithPart(plan, part => part with { Root = change(part.Root) });

    private static PlanClaim WithPrices(SourcingPlan plan, Func<LeafPrices, LeafPrices> change) =>
        Claim(WithPricesPlan(plan, change)) with { LowerBound = 0 };

    private static SourcingPlan WithPricesPlan(SourcingPlan plan, Func<LeafPrices, LeafPrices> change)
    {
        var part = plan.Certificate!.Parts[0];
        return plan with
        {
            Certificate = plan.Certificate with { Parts = [part with { Prices = [.. part.Prices.Select(change)] }, .. plan.Certificate.Parts.Skip(1)] },
        };
    }

    private static CertificateNode Leaves(CertificateNode node, Func<CertificateLeaf, CertificateLeaf> change) => node switch
    {
        CertificateSplit split => split with { Lower = Leaves(split.Lower, change), Upper = Leaves(split.Upper, change) },
        CertificateLeaf { Prices: >= 0 } leaf => change(leaf),
        _ => node,
    };
}
