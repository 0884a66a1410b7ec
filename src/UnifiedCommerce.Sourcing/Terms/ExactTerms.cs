namespace UnifiedCommerce.Sourcing;

/// <summary>Exact value of offers and cost of purchase orders, in whole billionths.</summary>
internal sealed class ExactTerms
{
    private readonly SourcingProblem _problem;
    private readonly Int128[] _rates;
    private readonly Int128[][] _prices;
    private readonly Int128[] _promotions;
    private readonly Dictionary<(int Distributor, PurchaseOrderKey Key), OrderTerms> _termsByKey = [];

    public ExactTerms(SourcingProblem problem)
    {
        _problem = problem;
        var rates = problem.ExchangeRates.ToDictionary(rate => rate.Currency, rate => Nano.RateFrom(rate.Rate), StringComparer.Ordinal);
        rates[problem.BaseCurrency] = Nano.RateOne;
        _rates = [.. problem.Distributors.Select(distributor => rates[distributor.Currency])];
        _prices = new Int128[problem.Offers.Count][];
        _promotions = new Int128[problem.Offers.Count];
        for (var o = 0; o < _prices.Length; o++)
        {
            var price = problem.Offers[o].Price;
            var prices = new Int128[price.Breaks.Count];
            for (var b = 0; b < prices.Length; b++)
            {
                prices[b] = Nano.From(Chained(price.Breaks[b].Price, price.ChainDiscounts));
            }

            _prices[o] = prices;
            _promotions[o] = price.Promotion is { } promotion ? Nano.From(promotion.Price) : 0;
        }

        for (var d = 0; d < problem.Distributors.Count; d++)
        {
            foreach (var (key, terms) in problem.Distributors[d].TermsByKey)
            {
                _termsByKey[(d, key)] = terms;
            }
        }
    }

    /// <summary>Rate from the distributor's currency to the base currency, in trillionths.</summary>
    public Int128 RateOf(int distributor) => _rates[distributor];

    public OrderTerms TermsOf(int distributor, PurchaseOrderKey key) =>
        _termsByKey.TryGetValue((distributor, key), out var terms) ? terms : _problem.Distributors[distributor].Terms;

    public Int128 ToBase(int distributor, Int128 amount) => Nano.Times(amount, _rates[distributor]);

    /// <summary>Value of a quantity of an offer in the distributor's currency, with quantity breaks and promotion, before group and order discounts.</summary>
    public Int128 Value(int o, long quantity)
    {
        if (quantity <= 0)
        {
            return 0;
        }

        var price = _problem.Offers[o].Price;
        Int128 sum;
        if (price.Promotion is { } promotion)
        {
            var promoted = Math.Min(quantity, promotion.StockLimit);
            sum = _promotions[o] * promoted + Beyond(o, price, promoted, quantity);
        }
        else
        {
            sum = Beyond(o, price, 0, quantity);
        }

        return price is { UnitFactorNumerator: 1, UnitFactorDenominator: 1, PriceBasis: 1 }
            ? sum
            : Nano.Divide(sum * price.UnitFactorNumerator, (Int128)price.UnitFactorDenominator * price.PriceBasis);
    }

    /// <summary>Net price of a break after chain discounts, as the price list means it.</summary>
    public static decimal Chained(decimal price, IReadOnlyList<decimal> discounts)
    {
        foreach (var discount in discounts)
        {
            price *= 1 - discount;
        }

        return price;
    }

    /// <summary>Price x units of the units after the first <paramref name="first"/>, at the breaks of the whole quantity.</summary>
    private Int128 Beyond(int o, OfferPrice price, long first, long quantity)
    {
        var prices = _prices[o];
        if (price.BreakMode == TierMode.AllUnits)
        {
            var reached = 0;
            for (var b = 1; b < prices.Length && quantity >= price.Breaks[b].From; b++)
            {
                reached = b;
            }

            return prices[reached] * (quantity - first);
        }

        Int128 sum = 0;
        for (var b = 0; b < prices.Length; b++)
        {
            var from = Math.Max(b == 0 ? 0 : price.Breaks[b].From - 1, first);
            var to = b + 1 < prices.Length ? Math.Min(quantity, price.Breaks[b + 1].From - 1) : quantity;
            if (to > from)
            {
                sum += prices[b] * (to - from);
            }
        }

        return sum;
    }

    /// <summary>Order discount on a value.</summary>
    public static Int128 Discount(OrderDiscount? discount, Int128 value, long quantity)
    {
        if (discount is null)
        {
            return 0;
        }

        Int128 reached = 0;
        Int128 incremental = 0;
        foreach (var (from, rate) in discount.Tiers)
        {
            if (discount.Basis == DiscountBasis.Quantity ? quantity < from : value < Nano.From(from))
            {
                break;
            }

            var next = Nano.RateFrom(rate);
            incremental += Nano.Times(value - Nano.From(from), next - reached);
            reached = next;
        }

        return discount is { Basis: DiscountBasis.Value, Mode: TierMode.Incremental } ? incremental : Nano.Times(value, reached);
    }

    /// <summary>Freight of an order in the distributor's currency.</summary>
    public static Int128 Freight(FreightTerms freight, Int128 value, Int128 discount, Int128 weight)
    {
        var tested = freight.FreeFromBase == ThresholdBase.BeforeDiscount ? value : value - discount;
        if ((freight.FreeFromValue is { } free && tested >= Nano.From(free)) || (freight.FreeFromWeight is { } heavy && weight >= Nano.From(heavy)))
        {
            return 0;
        }

        var cost = Nano.From(freight.Fixed);
        foreach (var (upTo, charge) in freight.ByWeight)
        {
            if (upTo is null || weight <= Nano.From(upTo.Value))
            {
                return cost + Nano.From(charge);
            }
        }

        return cost;
    }
}
