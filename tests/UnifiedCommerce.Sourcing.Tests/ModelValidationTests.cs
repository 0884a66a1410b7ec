using static UnifiedCommerce.Sourcing.Tests.SolverProblems;

namespace UnifiedCommerce.Sourcing.Tests;

public sealed class ModelValidationTests
{
    private static readonly SourcingProblem Good = Of([Distributor("A")], [Line("L", 5)], Offer(0, 0, 1m));

    private static SourcingProblem With(Offer offer) => Good with { Offers = [offer] };

    public static TheoryData<string, SourcingProblem> BadProblems => new()
    {
        { "negative-price", With(Offer(0, 0, -1m)) },
        { "break-order", With(Offer(0, 0, 1m) with { Price = new OfferPrice { Breaks = [new PriceBreak(1, 2m), new PriceBreak(1, 1m)] } }) },
        { "break-order", With(Offer(0, 0, 1m) with { Price = new OfferPrice { Breaks = [new PriceBreak(24, 2m)] } }) },
        { "no-price", With(Offer(0, 0, 1m) with { Price = new OfferPrice { Breaks = [] } }) },
        { "price-basis", With(Offer(0, 0, 1m) with { Price = OfferPrice.Net(1m) with { PriceBasis = 12 } }) },
        { "unit-factor", With(Offer(0, 0, 1m) with { Price = OfferPrice.Net(1m) with { UnitFactorDenominator = 0 } }) },
        { "pack-not-positive", With(Offer(0, 0, 1m) with { OrderMultiple = 0 }) },
        { "unknown-line", With(Offer(3, 0, 1m)) },
        { "unknown-stock-pool", With(Offer(0, 0, 1m) with { StockPool = 0 }) },
        { "unknown-currency", Good with { Distributors = [Distributor("A") with { Currency = "SEK" }] } },
        { "duplicate-id", Good with { Distributors = [Distributor("A"), Distributor("A")] } },
        { "quantity-not-positive", Good with { Lines = [Line("L", 0)] } },
        { "max-below-quantity", Good with { Lines = [Line("L", 5, 4)] } },
        { "rate-not-positive", Good with { ExchangeRates = [new ExchangeRate("USD", 0m)] } },
        { "limit-not-positive", Good with { MaxDistributors = 0 } },
        { "fraction-out-of-range", Good with { Distributors = [Distributor("A", new OrderTerms { RebateRate = 1.2m })] } },
        {
            "tier-order",
            Good with
            {
                Distributors = [Distributor("A", new OrderTerms
                {
                    Discount = new OrderDiscount(DiscountBasis.Value, TierMode.AllUnits, [new DiscountTier(100, 0.02m), new DiscountTier(50, 0.03m)]),
                })],
            }
        },
        {
            "freight-table-open-row",
            Good with { Distributors = [Distributor("A", new OrderTerms { Freight = new FreightTerms { ByWeight = [new FreightByWeight(10, 5)] } })] }
        },
    };

    [Theory]
    [MemberData(nameof(BadProblems))]
    public void A_bad_problem_is_refused_by_name(string code, SourcingProblem problem)
    {
        Assert.Contains(SourcingEngine.Validate(problem), fault => fault.Code == code);
        var refusal = Assert.Throws<SourcingProblemException>(() => SourcingEngine.Solve(problem));
        Assert.Contains(refusal.Faults, fault => fault.Code == code);
    }

    [Fact]
    public void A_good_problem_has_no_faults() => Assert.Empty(SourcingEngine.Validate(Good));

    [Theory]
    [InlineData("not json at all", "not-json")]
    [InlineData("""{"schema":"sourcing-instance/1","id":NaN}""", "not-json")]
    [InlineData("""{"schema":"something-else/1"}""", "not-an-instance")]
    [InlineData("""{"schema":"sourcing-instance/1"}""", "not-an-instance")]
    public void A_text_that_is_no_instance_is_a_value_not_an_exception(string text, string code)
    {
        var reading = InstanceFile.Read(text);
        Assert.Null(reading.Problem);
        Assert.Contains(reading.Faults, fault => fault.Code == code);
    }

    [InstanceFact]
    public void Every_published_instance_reads_without_faults()
    {
        foreach (var id in InstanceSource.BestKnown.Keys)
        {
            Assert.Empty(SourcingEngine.Validate(InstanceSource.Read(id)));
        }
    }
}
