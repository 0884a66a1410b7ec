namespace UnifiedCommerce.Sourcing.Tests;

/// <summary>How large a random problem may be.</summary>
internal readonly record struct RandomSize(int Lines, int Distributors, int Quantity, bool Keys = true)
{
    public static RandomSize Tiny { get; } = new(3, 3, 6);

    public static RandomSize Small { get; } = new(6, 5, 40);
}

/// <summary>Random problems with every term of the model; the same seed gives the same problem.</summary>
internal static class RandomProblems
{
    private static readonly string[] Currencies = ["EUR", "GBP", "PLN"];

    public static SourcingProblem Create(int seed, RandomSize size)
    {
        var random = new Random(seed);
        var lines = random.Next(1, size.Lines + 1);
        var distributors = random.Next(1, size.Distributors + 1);
        var pools = random.Next(0, 3);
        var keys = size.Keys && Chance(random, 0.25) ? 2 : 1;
        var problem = new SourcingProblem
        {
            Id = $"random-{seed}",
            BaseCurrency = "EUR",
            ExchangeRates = [new("GBP", 1.1734m, "test"), new("PLN", 0.2331m, "test")],
            CostOfCapital = Chance(random, 0.5) ? 0.08m : 0,
            MaxDistributors = Chance(random, 0.3) ? random.Next(1, distributors + 1) : null,
            Lines = [.. Enumerable.Range(0, lines).Select(i => Line(random, i, size, distributors, keys))],
            Distributors = [.. Enumerable.Range(0, distributors).Select(d => Distributor(random, d, size, keys))],
            StockPools = [.. Enumerable.Range(0, pools).Select(p => new StockPool($"P{p}", random.Next(0, size.Quantity * 2)))],
            Offers = [],
        };
        var groups = Enumerable.Range(0, random.Next(0, 3))
            .Select(g => new GroupBreak($"G{g}", random.Next(distributors), Tiers(random, size.Quantity, 0.25m)))
            .ToList();
        var offers = new List<Offer>();
        for (var i = 0; i < lines; i++)
        {
            for (var d = 0; d < distributors; d++)
            {
                if (Chance(random, 0.75))
                {
                    offers.Add(Offer(random, i, d, size, problem.Lines[i], pools, groups));
                }

                if (Chance(random, 0.05))
                {
                    offers.Add(Offer(random, i, d, size, problem.Lines[i], pools, groups));
                }
            }
        }

        return problem with { Offers = offers, GroupBreaks = groups };
    }

    private static DemandLine Line(Random random, int i, RandomSize size, int distributors, int keys)
    {
        var quantity = random.Next(1, size.Quantity + 1);
        return new DemandLine
        {
            Id = $"L{i}",
            Key = keys > 1 && Chance(random, 0.5) ? new PurchaseOrderKey(ShipTo: "NL-2") : PurchaseOrderKey.Single,
            Quantity = quantity,
            MaxQuantity = quantity + (Chance(random, 0.6) ? random.Next(0, quantity + 3) : 0),
            NeedByDay = random.Next(1, 10),
            MaxSplits = Chance(random, 0.5) ? 1 : random.Next(1, 4),
            UnfilledPenalty = Chance(random, 0.15) ? Money(random, 0, 40) : Money(random, 50, 3000),
            PinnedTo = Chance(random, 0.08) ? [random.Next(distributors)] : null,
            NotFrom = Chance(random, 0.1) ? [random.Next(distributors)] : [],
            NotPreferredPenalty = Chance(random, 0.3) ? Money(random, 0, 20) : 0,
        };
    }

    private static Distributor Distributor(Random random, int d, RandomSize size, int keys) => new()
    {
        Id = $"D{d}",
        Currency = Currencies[random.Next(Currencies.Length)],
        Terms = Terms(random, size),
        TermsByKey = keys > 1 && Chance(random, 0.3) ? [new TermsForKey(new PurchaseOrderKey(ShipTo: "NL-2"), Terms(random, size))] : [],
        Commitment = Chance(random, 0.2) ? new Commitment(Money(random, 0, size.Quantity * 20), random.Next(0, 30) / 100m) : null,
        PreferencePenalty = Chance(random, 0.2) ? random.Next(0, 20) / 100m : 0,
        Excluded = Chance(random, 0.05),
    };

    private static OrderTerms Terms(Random random, RandomSize size)
    {
        var much = size.Quantity * 30;
        return new OrderTerms
        {
            Minimum = Chance(random, 0.25) ? new MinimumOrder(Money(random, 0, much), Chance(random, 0.5) ? Money(random, 0, 60) : null) : null,
            SmallOrder = Chance(random, 0.25) ? new SmallOrderSurcharge(Money(random, 0, much), Money(random, 0, 40)) : null,
            Freight = Chance(random, 0.7)
                ? new FreightTerms
                {
                    Fixed = Money(random, 0, 60),
                    ByWeight = Chance(random, 0.4)
                        ? [new(Money(random, 0, size.Quantity), Money(random, 0, 10)), new(Money(random, size.Quantity, size.Quantity * 3) + 0.01m, Money(random, 5, 30)), new(null, Money(random, 10, 60))]
                        : [],
                    FreeFromValue = Chance(random, 0.6) ? Money(random, 0, much) : null,
                    FreeFromBase = Chance(random, 0.3) ? ThresholdBase.AfterDiscount : ThresholdBase.BeforeDiscount,
                    FreeFromWeight = Chance(random, 0.15) ? Money(random, 0, size.Quantity * 2) : null,
                }
                : FreightTerms.None,
            HandlingFee = Chance(random, 0.2) ? Money(random, 0, 10) : 0,
            LineFee = Chance(random, 0.2) ? Money(random, 0, 4) : 0,
            Discount = Chance(random, 0.4) ? Discount(random, size, much) : null,
            PaymentDays = Chance(random, 0.5) ? random.Next(0, 91) : 0,
            EarlyPayment = Chance(random, 0.2) ? new EarlyPayment(random.Next(0, 40) / 1000m, random.Next(0, 15)) : null,
            RebateRate = Chance(random, 0.3) ? random.Next(0, 60) / 1000m : 0,
            AdministrationCost = Chance(random, 0.5) ? Money(random, 0, 20) : 0,
        };
    }

    private static OrderDiscount Discount(Random random, RandomSize size, int much)
    {
        var basis = Chance(random, 0.5) ? DiscountBasis.Value : DiscountBasis.Quantity;
        return new OrderDiscount(
            basis, Chance(random, 0.5) ? TierMode.AllUnits : TierMode.Incremental, Tiers(random, basis == DiscountBasis.Value ? much : size.Quantity * 2, 0.2m));
    }

    private static List<DiscountTier> Tiers(Random random, int most, decimal rate)
    {
        var count = random.Next(1, 4);
        var from = Enumerable.Range(0, count).Select(_ => (decimal)random.Next(0, most + 1)).Order().ToList();
        var rates = Enumerable.Range(0, count).Select(_ => random.Next(0, 1000) * rate / 1000).Order().ToList();
        return [.. from.Zip(rates, (at, discount) => new DiscountTier(at, discount))];
    }

    private static Offer Offer(Random random, int i, int d, RandomSize size, DemandLine line, int pools, List<GroupBreak> groups)
    {
        var group = groups.FindIndex(known => known.Distributor == d);
        var price = Money(random, 1, 40);
        var breaks = new List<PriceBreak> { new(1, price) };
        while (breaks.Count < 4 && Chance(random, 0.35))
        {
            breaks.Add(new PriceBreak(breaks[^1].From + random.Next(1, Math.Max(2, size.Quantity / 2)), Math.Max(0.01m, breaks[^1].Price - Money(random, 0, 4))));
        }

        var basis = Chance(random, 0.1) ? 100 : 1;
        return new Offer
        {
            Line = i,
            Distributor = d,
            Moq = Chance(random, 0.3) ? random.Next(0, (int)line.MaxQuantity + 3) : 1,
            OrderMultiple = Chance(random, 0.4) ? random.Next(1, 7) : 1,
            Available = Chance(random, 0.3) ? random.Next(0, (int)line.MaxQuantity + 1) : line.MaxQuantity * 3,
            StockPool = pools > 0 && Chance(random, 0.3) ? random.Next(pools) : null,
            GroupBreak = group >= 0 && Chance(random, 0.6) ? group : null,
            LeadDays = random.Next(0, 8),
            UnitExtra = Chance(random, 0.2) ? Money(random, 0, 2) : 0,
            UnitWeight = Chance(random, 0.6) ? random.Next(0, 3000) / 1000m : 0,
            UseDecisionCost = Chance(random, 0.15) ? Money(random, 0, 15) : 0,
            Status = random.Next(20) switch
            {
                0 => SourceStatus.Blocked,
                1 or 2 => SourceStatus.Preferred,
                3 when Chance(random, 0.5) => SourceStatus.Exclusive,
                _ => SourceStatus.Approved,
            },
            Price = new OfferPrice
            {
                BreakMode = Chance(random, 0.5) ? TierMode.AllUnits : TierMode.Incremental,
                Breaks = basis == 1 ? breaks : [.. breaks.Select(row => row with { Price = row.Price * basis })],
                PriceBasis = basis,
                UnitFactorNumerator = Chance(random, 0.1) ? random.Next(1, 4) : 1,
                UnitFactorDenominator = Chance(random, 0.1) ? random.Next(1, 4) : 1,
                ChainDiscounts = Chance(random, 0.15) ? [0.1m, 0.05m] : [],
                Promotion = Chance(random, 0.12) ? new Promotion(Money(random, 0, 20), random.Next(0, size.Quantity)) : null,
            },
        };
    }

    private static bool Chance(Random random, double chance) => random.NextDouble() < chance;

    private static decimal Money(Random random, int least, int most) => random.Next(least * 100, (most * 100) + 1) / 100m;
}
