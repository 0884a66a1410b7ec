using static UnifiedCommerce.Sourcing.Tests.SolverProblems;

namespace UnifiedCommerce.Sourcing.Tests;

public sealed class EvaluateTests
{
    private static PurchaseOrderCost OrderOf(Distributor distributor, Offer offer, long quantity)
    {
        var problem = Of([distributor], [Line("L", quantity, quantity + 1000)], offer) with { CostOfCapital = 0.08m };
        var evaluation = SourcingEngine.Evaluate(problem, [new Allocation(0, quantity)]);
        Assert.Empty(evaluation.Faults);
        return evaluation.Cost!.Orders[0];
    }

    [Fact]
    public void A_price_per_hundred_is_not_a_price_per_piece()
    {
        var offer = Offer(0, 0, 0m) with { Price = new OfferPrice { Breaks = [new PriceBreak(1, 450m)], PriceBasis = 100 } };
        Assert.Equal(90m, OrderOf(Distributor("A"), offer, 20).OrderValue);
    }

    [Fact]
    public void Chain_discounts_multiply()
    {
        var offer = Offer(0, 0, 0m) with { Price = new OfferPrice { Breaks = [new PriceBreak(1, 100m)], ChainDiscounts = [0.1m, 0.2m] } };
        Assert.Equal(72m, OrderOf(Distributor("A"), offer, 1).OrderValue);
    }

    [Fact]
    public void A_price_per_kilogram_is_converted_by_the_unit_factor()
    {
        var offer = Offer(0, 0, 0m) with
        {
            Price = new OfferPrice { Breaks = [new PriceBreak(1, 4m)], UnitFactorNumerator = 5, UnitFactorDenominator = 2 },
        };
        Assert.Equal(30m, OrderOf(Distributor("A"), offer, 3).OrderValue);
    }

    [Fact]
    public void All_units_breaks_reprice_everything_and_incremental_breaks_only_the_rest()
    {
        OfferPrice With(TierMode mode) => new() { BreakMode = mode, Breaks = [new PriceBreak(1, 10m), new PriceBreak(11, 8m)] };
        Assert.Equal(96m, OrderOf(Distributor("A"), Offer(0, 0, 0m) with { Price = With(TierMode.AllUnits) }, 12).OrderValue);
        Assert.Equal(116m, OrderOf(Distributor("A"), Offer(0, 0, 0m) with { Price = With(TierMode.Incremental) }, 12).OrderValue);
    }

    [Fact]
    public void A_promotion_price_ends_with_its_stock()
    {
        var offer = Offer(0, 0, 0m) with { Price = new OfferPrice { Breaks = [new PriceBreak(1, 10m)], Promotion = new Promotion(6m, 4) } };
        Assert.Equal(84m, OrderOf(Distributor("A"), offer, 10).OrderValue);
    }

    [Fact]
    public void Every_component_is_shown_and_decision_cost_stands_apart()
    {
        var terms = new OrderTerms
        {
            Freight = new FreightTerms { Fixed = 20 },
            SmallOrder = new SmallOrderSurcharge(5000, 12),
            HandlingFee = 3,
            LineFee = 1,
            Discount = new OrderDiscount(DiscountBasis.Value, TierMode.Incremental, [new DiscountTier(0, 0), new DiscountTier(100, 0.1m)]),
            PaymentDays = 73,
            RebateRate = 0.05m,
            AdministrationCost = 15,
        };
        var distributor = Distributor("A", terms) with { Currency = "USD", PreferencePenalty = 0.02m };
        var order = OrderOf(distributor, Offer(0, 0, 10m) with { UnitExtra = 0.5m }, 30);
        Assert.Equal(300m, order.OrderValue);
        Assert.Equal(276m, order.Goods);
        Assert.Equal(18.4m, order.Discount);
        Assert.Equal(12.88m, order.Rebate);
        Assert.Equal(3.91552m, order.PaymentDaysValue);
        Assert.Equal(18.4m, order.Freight);
        Assert.Equal(11.04m, order.Surcharge);
        Assert.Equal(3.68m, order.Fees);
        Assert.Equal(13.8m, order.Extras);
        Assert.Equal(15m, order.Administration);
        Assert.Equal(4.8160896m, order.Preference);
        Assert.Equal(302.72448m, order.Cash);
    }

    [Fact]
    public void Early_payment_is_taken_when_it_is_worth_more_than_the_days()
    {
        var terms = new OrderTerms { PaymentDays = 30, EarlyPayment = new EarlyPayment(0.02m, 10) };
        Assert.Equal(2m, OrderOf(Distributor("A", terms), Offer(0, 0, 10m), 10).EarlyPaymentDiscount);
        Assert.Equal(0m, OrderOf(Distributor("A", terms with { EarlyPayment = new EarlyPayment(0.002m, 10) }), Offer(0, 0, 10m), 10).EarlyPaymentDiscount);
    }

    [Fact]
    public void Free_freight_looks_at_the_value_that_the_terms_name()
    {
        var discount = new OrderDiscount(DiscountBasis.Value, TierMode.AllUnits, [new DiscountTier(0, 0.1m)]);
        var freight = new FreightTerms { Fixed = 9, FreeFromValue = 100 };
        Assert.Equal(0m, OrderOf(Distributor("A", new OrderTerms { Discount = discount, Freight = freight }), Offer(0, 0, 10m), 10).Freight);
        var after = freight with { FreeFromBase = ThresholdBase.AfterDiscount };
        Assert.Equal(9m, OrderOf(Distributor("A", new OrderTerms { Discount = discount, Freight = after }), Offer(0, 0, 10m), 10).Freight);
        Assert.Equal(0m, OrderOf(Distributor("A", new OrderTerms { Discount = discount, Freight = after }), Offer(0, 0, 10m), 12).Freight);
    }

    [Fact]
    public void Freight_by_weight_takes_the_row_that_includes_the_weight()
    {
        var terms = new OrderTerms { Freight = new FreightTerms { ByWeight = [new FreightByWeight(10, 5), new FreightByWeight(null, 8)] } };
        Assert.Equal(5m, OrderOf(Distributor("A", terms), Offer(0, 0, 1m) with { UnitWeight = 2.5m }, 4).Freight);
        Assert.Equal(8m, OrderOf(Distributor("A", terms), Offer(0, 0, 1m) with { UnitWeight = 2.5m }, 5).Freight);
    }

    [Fact]
    public void A_group_rate_holds_for_the_whole_group_across_purchase_orders()
    {
        var problem = Of(
            [Distributor("A")],
            [Line("L1", 4) with { Key = new PurchaseOrderKey(ShipTo: "Oslo") }, Line("L2", 6)],
            Offer(0, 0, 10m) with { GroupBreak = 0 }, Offer(1, 0, 10m) with { GroupBreak = 0 }) with
        {
            GroupBreaks = [new GroupBreak("cable", 0, [new DiscountTier(10, 0.2m)])],
        };
        Assert.Equal(80m, SourcingEngine.Evaluate(problem, [new Allocation(0, 4), new Allocation(1, 6)]).Cost!.Total);
    }

    [Theory]
    [InlineData(0, 10, "below-moq")]
    [InlineData(0, 25, "not-a-multiple")]
    [InlineData(0, 40, "above-available")]
    [InlineData(1, 5, "line-short")]
    [InlineData(2, 20, "not-eligible")]
    [InlineData(9, 20, "unknown-offer")]
    public void A_broken_rule_is_named(int offer, long quantity, string code)
    {
        var problem = Of(
            [Distributor("A"), Distributor("B"), Distributor("C")],
            [Line("L", 20, 40)],
            Offer(0, 0, 1m, available: 30) with { Moq = 20, OrderMultiple = 10 }, Offer(0, 1, 1m), Offer(0, 2, 1m) with { Status = SourceStatus.Blocked });
        var evaluation = SourcingEngine.Evaluate(problem, [new Allocation(offer, quantity)]);
        Assert.False(evaluation.IsFeasible);
        Assert.Contains(evaluation.Faults, fault => fault.Code == code);
    }

    [InstanceFact]
    public void Costs_of_published_instances_equal_an_evaluation_in_floating_point_to_the_cent()
    {
        foreach (var id in new[] { "small-001", "small-019", "typical-001", "typical-007", "large-001", "isop-5n240m-1", "ctqd-10s30p-l0.8-1", "ufl-cap71" })
        {
            var problem = InstanceSource.Read(id);
            var plan = SourcingEngine.Solve(problem, new SourcingOptions { TimeLimit = null, WorkLimit = 2_000_000, WithCertificate = false });
            Assert.Equal(FloatingPointCost(problem, plan.Allocations), (double)plan.Cost.Total, 0.005);
        }
    }

    /// <summary>The published meaning of an instance, written down once more, in floating point, for a single purchase order key.</summary>
    private static double FloatingPointCost(SourcingProblem problem, IReadOnlyList<Allocation> allocations)
    {
        double total = 0;
        var rates = problem.ExchangeRates.ToDictionary(rate => rate.Currency, rate => (double)rate.Rate);
        var bought = allocations.ToLookup(allocation => problem.Offers[allocation.Offer].Distributor);
        for (var d = 0; d < problem.Distributors.Count; d++)
        {
            var distributor = problem.Distributors[d];
            var rate = rates[distributor.Currency];
            var value = bought[d].Sum(allocation => Gross(problem.Offers[allocation.Offer].Price, allocation.Quantity));
            if (distributor.Commitment is { } commitment)
            {
                total += rate * (double)commitment.ShortfallRate * Math.Max(0, (double)commitment.MinValue - value);
            }

            if (!bought[d].Any())
            {
                continue;
            }

            var quantity = bought[d].Sum(allocation => allocation.Quantity);
            var terms = distributor.Terms;
            double discount = 0, before = 0;
            foreach (var tier in terms.Discount?.Tiers ?? [])
            {
                if (terms.Discount!.Basis == DiscountBasis.Value ? value < (double)tier.From : quantity < tier.From)
                {
                    continue;
                }

                discount = terms.Discount is { Mode: TierMode.Incremental, Basis: DiscountBasis.Value }
                    ? discount + (((double)tier.Rate - before) * (value - (double)tier.From))
                    : (double)tier.Rate * value;
                before = (double)tier.Rate;
            }

            total += rate * (value - discount) * (1 - (double)terms.RebateRate)
                * (1 - ((double)problem.CostOfCapital * terms.PaymentDays / 365)) * (1 + (double)distributor.PreferencePenalty);
            total += terms.Freight.FreeFromValue is { } free && value >= (double)free ? 0 : rate * (double)terms.Freight.Fixed;
            total += terms.SmallOrder is { } small && value < (double)small.Below ? rate * (double)small.Surcharge : 0;
            total += (double)terms.AdministrationCost;
            total += bought[d].Sum(allocation => rate * (double)problem.Offers[allocation.Offer].UnitExtra * allocation.Quantity);
        }

        var filled = allocations.Select(allocation => problem.Offers[allocation.Offer].Line).ToHashSet();
        return total + problem.Lines.Where((_, i) => !filled.Contains(i)).Sum(line => (double)line.UnfilledPenalty);
    }

    private static double Gross(OfferPrice price, long quantity)
    {
        if (price.BreakMode == TierMode.AllUnits)
        {
            return (double)price.Breaks.Last(row => quantity >= row.From).Price * quantity;
        }

        double sum = 0;
        for (var b = 0; b < price.Breaks.Count; b++)
        {
            var to = b + 1 < price.Breaks.Count ? price.Breaks[b + 1].From - 1 : long.MaxValue;
            sum += (double)price.Breaks[b].Price * Math.Max(0, Math.Min(quantity, to) - (price.Breaks[b].From - 1));
        }

        return sum;
    }
}
