namespace UnifiedCommerce.Sourcing.Tests;

/// <summary>Small problems for tests, written by hand or drawn at random from a seed.</summary>
internal static class SolverProblems
{
    public static SourcingProblem Of(IReadOnlyList<Distributor> distributors, IReadOnlyList<DemandLine> lines, params Offer[] offers) => new()
    {
        Id = "test",
        BaseCurrency = "EUR",
        ExchangeRates = [new ExchangeRate("PLN", 0.25m, "test"), new ExchangeRate("USD", 0.92m, "test")],
        Distributors = distributors,
        Lines = lines,
        Offers = offers,
    };

    public static Distributor Distributor(string id, OrderTerms? terms = null) => new() { Id = id, Currency = "EUR", Terms = terms ?? OrderTerms.None };

    public static DemandLine Line(string id, long quantity, long? most = null, int splits = 1) =>
        new() { Id = id, Quantity = quantity, MaxQuantity = most ?? quantity, MaxSplits = splits, UnfilledPenalty = 10_000 };

    public static Offer Offer(int line, int distributor, decimal price, long available = 1000) =>
        new() { Line = line, Distributor = distributor, Price = OfferPrice.Net(price), Available = available };

    /// <summary>Two or three lines and distributors with any of the terms that the model knows.</summary>
    public static SourcingProblem Random(int seed)
    {
#pragma warning disable RS0030, CA5394 // A seeded generator: the same problem for the same seed.
        var random = new Random(seed);
#pragma warning restore RS0030
        var keys = random.Next(3) == 0 ? new[] { new PurchaseOrderKey(ShipTo: "A"), new PurchaseOrderKey(ShipTo: "B") } : [PurchaseOrderKey.Single];
        var lines = Enumerable.Range(0, random.Next(1, 4)).Select(i =>
        {
            var quantity = random.Next(1, 5);
            return new DemandLine
            {
                Id = $"L{i}",
                Key = keys[random.Next(keys.Length)],
                Quantity = quantity,
                MaxQuantity = quantity + random.Next(0, 3),
                MaxSplits = random.Next(1, 4),
                NeedByDay = 10,
                UnfilledPenalty = random.Next(3) == 0 ? random.Next(5, 40) : 500,
                NotPreferredPenalty = random.Next(4) == 0 ? 3 : 0,
            };
        }).ToList();
        var distributors = Enumerable.Range(0, random.Next(1, 4)).Select(d => new Distributor
        {
            Id = $"D{d}",
            Currency = random.Next(3) == 0 ? "PLN" : "EUR",
            PreferencePenalty = random.Next(3) == 0 ? 0.02m : 0,
            Excluded = random.Next(12) == 0,
            Commitment = random.Next(4) == 0 ? new Commitment(random.Next(10, 60), 0.2m) : null,
            Terms = Terms(random),
            TermsByKey = random.Next(5) == 0 ? [new TermsForKey(keys[0], Terms(random))] : [],
        }).ToList();
        var pools = random.Next(3) == 0 ? new List<StockPool> { new("P", random.Next(1, 6)) } : [];
        var groups = random.Next(3) == 0
            ? new List<GroupBreak> { new("G", 0, [new DiscountTier(random.Next(2, 5), 0.1m), new DiscountTier(random.Next(5, 8), 0.3m)]) }
            : [];
        var offers = new List<Offer>();
        for (var i = 0; i < lines.Count; i++)
        {
            for (var d = 0; d < distributors.Count; d++)
            {
                if (random.Next(4) > 0)
                {
                    offers.Add(RandomOffer(random, i, d, pools.Count, groups.Count));
                }
            }
        }

        return new SourcingProblem
        {
            Id = $"random-{seed}",
            BaseCurrency = "EUR",
            ExchangeRates = [new ExchangeRate("PLN", 0.25m)],
            CostOfCapital = 0.08m,
            MaxDistributors = random.Next(4) == 0 ? random.Next(1, 3) : null,
            Distributors = distributors,
            Lines = lines,
            Offers = offers,
            StockPools = pools,
            GroupBreaks = groups,
        };
    }

    private static OrderTerms Terms(Random random) => new()
    {
        Minimum = random.Next(3) == 0 ? new MinimumOrder(random.Next(5, 40), random.Next(2) == 0 ? 7 : null) : null,
        SmallOrder = random.Next(3) == 0 ? new SmallOrderSurcharge(random.Next(10, 40), 4.5m) : null,
        Freight = new FreightTerms
        {
            Fixed = random.Next(0, 9),
            FreeFromValue = random.Next(2) == 0 ? random.Next(10, 60) : null,
            FreeFromBase = random.Next(2) == 0 ? ThresholdBase.AfterDiscount : ThresholdBase.BeforeDiscount,
            FreeFromWeight = random.Next(4) == 0 ? random.Next(3, 12) : null,
            ByWeight = random.Next(3) == 0 ? [new FreightByWeight(2.5m, 1), new FreightByWeight(6, 4), new FreightByWeight(null, 9)] : [],
        },
        HandlingFee = random.Next(3) == 0 ? 2 : 0,
        LineFee = random.Next(3) == 0 ? 1.25m : 0,
        Discount = random.Next(2) == 0
            ? new OrderDiscount(
                random.Next(2) == 0 ? DiscountBasis.Value : DiscountBasis.Quantity,
                random.Next(2) == 0 ? TierMode.AllUnits : TierMode.Incremental,
                [new DiscountTier(random.Next(3, 15), 0.05m), new DiscountTier(random.Next(15, 50), 0.15m)])
            : null,
        PaymentDays = random.Next(3) * 30,
        EarlyPayment = random.Next(4) == 0 ? new EarlyPayment(0.02m, 8) : null,
        RebateRate = random.Next(3) == 0 ? 0.03m : 0,
        AdministrationCost = random.Next(0, 6),
    };

    private static Offer RandomOffer(Random random, int line, int distributor, int pools, int groups)
    {
        var price = random.Next(100, 900) / 100m;
        return new Offer
        {
            Line = line,
            Distributor = distributor,
            Price = new OfferPrice
            {
                BreakMode = random.Next(2) == 0 ? TierMode.AllUnits : TierMode.Incremental,
                Breaks = random.Next(2) == 0
                    ? [new PriceBreak(1, price)]
                    : [new PriceBreak(1, price), new PriceBreak(3, price * 0.9m), new PriceBreak(5, price * 0.7m)],
                ChainDiscounts = random.Next(4) == 0 ? [0.1m, 0.05m] : [],
                Promotion = random.Next(5) == 0 ? new Promotion(price * 0.6m, 2) : null,
            },
            Moq = random.Next(3) == 0 ? 2 : 1,
            OrderMultiple = random.Next(4) == 0 ? 2 : 1,
            Available = random.Next(1, 8),
            StockPool = pools > 0 && random.Next(2) == 0 ? 0 : null,
            GroupBreak = groups > 0 && distributor == 0 && random.Next(3) > 0 ? 0 : null,
            LeadDays = random.Next(1, 12),
            UnitExtra = random.Next(3) == 0 ? 0.35m : 0,
            UnitWeight = random.Next(0, 4) * 0.5m,
            UseDecisionCost = random.Next(5) == 0 ? 2 : 0,
            Status = random.Next(8) switch { 0 => SourceStatus.Preferred, 1 => SourceStatus.Blocked, 2 => SourceStatus.Exclusive, _ => SourceStatus.Approved },
        };
    }

    /// <summary>Cost of the best plan, found by trying every plan.</summary>
    public static decimal BruteForce(SourcingProblem problem)
    {
        var eligibility = OfferEligibility.Of(problem);
        var ways = new List<List<List<Allocation>>>();
        for (var i = 0; i < problem.Lines.Count; i++)
        {
            var line = problem.Lines[i];
            var offers = Enumerable.Range(0, problem.Offers.Count).Where(o => problem.Offers[o].Line == i && eligibility[o] == Eligibility.Eligible).ToList();
            var here = new List<List<Allocation>> { new() };
            Fill(0, [], 0);
            ways.Add(here);

            void Fill(int k, List<Allocation> chosen, long sum)
            {
                if (k == offers.Count)
                {
                    if (chosen.Count > 0 && sum >= line.Quantity && sum <= line.MaxQuantity && chosen.Count <= line.MaxSplits)
                    {
                        here.Add([.. chosen]);
                    }

                    return;
                }

                Fill(k + 1, chosen, sum);
                var (least, greatest) = OfferEligibility.Quantities(problem, problem.Offers[offers[k]]);
                for (var quantity = least; quantity <= greatest; quantity += problem.Offers[offers[k]].OrderMultiple)
                {
                    chosen.Add(new Allocation(offers[k], quantity));
                    Fill(k + 1, chosen, sum + quantity);
                    chosen.RemoveAt(chosen.Count - 1);
                }
            }
        }

        var best = decimal.MaxValue;
        Combine(0, []);
        return best;

        void Combine(int i, List<Allocation> plan)
        {
            if (i == ways.Count)
            {
                if (SourcingEngine.Evaluate(problem, plan).Cost is { } cost)
                {
                    best = Math.Min(best, cost.Total);
                }

                return;
            }

            foreach (var way in ways[i])
            {
                plan.AddRange(way);
                Combine(i + 1, plan);
                plan.RemoveRange(plan.Count - way.Count, way.Count);
            }
        }
    }
}
