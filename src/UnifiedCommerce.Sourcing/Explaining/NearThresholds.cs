namespace UnifiedCommerce.Sourcing;

/// <summary>Finds the thresholds that buying a little more of something already on the order would reach.</summary>
internal sealed class NearThresholds
{
    private readonly PlanLedger _ledger;
    private readonly double _reach;
    private readonly List<NearThreshold> _found = [];

    private NearThresholds(PlanLedger ledger, double reach)
    {
        _ledger = ledger;
        _reach = reach;
    }

    /// <summary>Thresholds of which at most the fraction <paramref name="reach"/> is missing, best saving first.</summary>
    public static IReadOnlyList<NearThreshold> Of(PlanLedger ledger, double reach)
    {
        var search = new NearThresholds(ledger, reach);
        for (var d = 0; d < ledger.Problem.Distributors.Count; d++)
        {
            foreach (var order in ledger.CostOf(d).Orders)
            {
                search.Order(order);
            }

            search.Commitment(d);
            search.Groups(d);
        }

        search._found.Sort(static (left, right) =>
            left.Offer is null != right.Offer is null ? (left.Offer is null).CompareTo(right.Offer is null)
            : left.WithinMaxQuantity != right.WithinMaxQuantity ? right.WithinMaxQuantity.CompareTo(left.WithinMaxQuantity)
            : left.CostChange.CompareTo(right.CostChange));
        return search._found;
    }

    private void Order(PurchaseOrderCost order)
    {
        var terms = _ledger.TermsOf(order.Distributor, order.Key);
        var offers = OffersOf(order.Distributor, order.Key);
        if (order.Freight > 0 && terms.Freight.FreeFromValue is { } free)
        {
            // A limit that looks at the value after discount is reached by buying for more than is missing; the discount rate tells how much.
            var counted = terms.Freight.FreeFromBase == ThresholdBase.BeforeDiscount || order.Goods == 0
                ? order.OrderValue
                : order.OrderValue * (1 - (order.Discount / order.Goods));
            Value(ThresholdKind.FreeFreightByValue, order, offers, free, counted, counted == 0 ? 1 : order.OrderValue / counted);
        }

        if (order.Freight > 0 && terms.Freight.FreeFromWeight is { } heavy)
        {
            Near(ThresholdKind.FreeFreightByWeight, order, offers, heavy, order.Weight, (o, missing) => Units(missing, _ledger.Problem.Offers[o].UnitWeight));
        }

        if (terms.SmallOrder is { } small && small.Surcharge > 0)
        {
            Value(ThresholdKind.NoSmallOrderSurcharge, order, offers, small.Below, order.OrderValue, 1);
        }

        if (terms.Minimum is { ChargeBelow: > 0 } minimum)
        {
            Value(ThresholdKind.MinimumOrder, order, offers, minimum.Value, order.OrderValue, 1);
        }

        if (terms.Discount is { } discount)
        {
            var byValue = discount.Basis == DiscountBasis.Value;
            var at = byValue ? order.OrderValue : order.Quantity;
            foreach (var tier in discount.Tiers)
            {
                if (tier.From <= at)
                {
                    continue;
                }

                if (byValue)
                {
                    Value(ThresholdKind.DiscountByValue, order, offers, tier.From, at, 1);
                }
                else
                {
                    Near(ThresholdKind.DiscountByQuantity, order, offers, tier.From, at, static (_, missing) => (long)Math.Ceiling(missing));
                }

                break;
            }
        }

        foreach (var o in offers)
        {
            foreach (var (from, _) in _ledger.Problem.Offers[o].Price.Breaks)
            {
                if (from > _ledger.Quantities[o])
                {
                    Near(ThresholdKind.PriceBreak, order, [o], from, _ledger.Quantities[o], static (_, missing) => (long)missing);
                    break;
                }
            }
        }
    }

    private void Commitment(int distributor)
    {
        if (_ledger.Problem.Distributors[distributor].Commitment is not { } commitment || _ledger.CostOf(distributor) is not { Orders: [var first, ..] } cost)
        {
            return;
        }

        var value = cost.Orders.Sum(order => order.OrderValue);
        Near(ThresholdKind.Commitment, first, _ledger.ChosenOf(distributor), commitment.MinValue, value, (o, missing) => UnitsForValue(o, missing));
    }

    private void Groups(int distributor)
    {
        var byGroup = _ledger.ChosenOf(distributor).Where(o => _ledger.Problem.Offers[o].GroupBreak is not null).GroupBy(o => _ledger.Problem.Offers[o].GroupBreak!.Value);
        foreach (var group in byGroup)
        {
            var offers = group.ToList();
            var quantity = offers.Sum(o => _ledger.Quantities[o]);
            foreach (var tier in _ledger.Problem.GroupBreaks[group.Key].Tiers)
            {
                if (tier.From > quantity)
                {
                    Near(ThresholdKind.GroupBreak, _ledger.CostOf(distributor).Orders[0], offers, tier.From, quantity, static (_, missing) => (long)Math.Ceiling(missing));
                    break;
                }
            }
        }
    }

    private void Value(ThresholdKind kind, PurchaseOrderCost order, IReadOnlyList<int> offers, decimal threshold, decimal at, decimal stretch) =>
        Near(kind, order, offers, threshold, at, (o, missing) => UnitsForValue(o, missing * stretch));

    /// <summary>Reports a threshold above <paramref name="at"/> with the offer that reaches it at the least cost.</summary>
    private void Near(
        ThresholdKind kind, PurchaseOrderCost order, IReadOnlyList<int> offers, decimal threshold, decimal at, Func<int, decimal, long> unitsFor)
    {
        var missing = threshold - at;
        if (missing <= 0 || missing > threshold * (decimal)_reach)
        {
            return;
        }

        NearThreshold? best = null;
        foreach (var o in offers)
        {
            var way = Way(kind, order, o, threshold, missing, unitsFor(o, missing));
            if (way is not null && (best is null || Better(way, best)))
            {
                best = way;
            }
        }

        _found.Add(best ?? new NearThreshold
        {
            Kind = kind, Distributor = order.Distributor, Key = order.Key, Threshold = threshold, Missing = missing,
        });
    }

    private NearThreshold? Way(ThresholdKind kind, PurchaseOrderCost order, int o, decimal threshold, decimal missing, long units)
    {
        var offer = _ledger.Problem.Offers[o];
        var line = _ledger.Problem.Lines[offer.Line];
        if (units <= 0)
        {
            return null;
        }

        var quantity = Nano.CeilingTo(_ledger.Quantities[o] + units, offer.OrderMultiple);
        var stock = offer.StockPool is { } pool ? Math.Min(offer.Available, _ledger.Quantities[o] + _ledger.LeftInPool(pool)) : offer.Available;
        if (quantity > stock)
        {
            return null;
        }

        var more = quantity - _ledger.Quantities[o];
        var bought = _ledger.ChosenFor(offer.Line).Sum(chosen => chosen.Quantity) + more;
        return new NearThreshold
        {
            Kind = kind,
            Distributor = order.Distributor,
            Key = order.Key,
            Threshold = threshold,
            Missing = missing,
            Offer = o,
            MoreUnits = more,
            CostOfMore = _ledger.Goods(o, quantity) - _ledger.Goods(o, _ledger.Quantities[o]),
            CostChange = _ledger.Try([(o, quantity)]).Total,
            WithinMaxQuantity = bought <= line.MaxQuantity,
        };
    }

    private static bool Better(NearThreshold way, NearThreshold than) =>
        way.WithinMaxQuantity != than.WithinMaxQuantity ? way.WithinMaxQuantity : way.CostChange < than.CostChange;

    /// <summary>Units more of an offer that add a value (distributor's currency), breaks applied; 0 when none do.</summary>
    private long UnitsForValue(int o, decimal missing)
    {
        var now = _ledger.Quantities[o];
        var value = _ledger.Value(o, now);
        var offer = _ledger.Problem.Offers[o];
        var most = Math.Min(offer.Available, 4 * _ledger.Problem.Lines[offer.Line].MaxQuantity);
        var price = (_ledger.Value(o, now + offer.OrderMultiple) - value) / offer.OrderMultiple;
        if (price <= 0)
        {
            price = value / now;
        }

        // Breaks may lower the price on the way: a few corrections reach the value, or it is given up.
        var units = Units(missing, price);
        for (var attempt = 0; attempt < 8 && units > 0 && now + units <= most; attempt++)
        {
            units = Nano.CeilingTo(now + units, offer.OrderMultiple) - now;
            var added = _ledger.Value(o, now + units) - value;
            if (added >= missing)
            {
                return units;
            }

            units += Math.Max(1, Units(missing - added, price));
        }

        return 0;
    }

    private static long Units(decimal missing, decimal perUnit) =>
        perUnit <= 0 || missing / perUnit > 1_000_000_000 ? 0 : (long)Math.Ceiling(missing / perUnit);

    private List<int> OffersOf(int distributor, PurchaseOrderKey key)
    {
        var result = new List<int>();
        foreach (var o in _ledger.ChosenOf(distributor))
        {
            if (_ledger.Problem.Lines[_ledger.Problem.Offers[o].Line].Key == key)
            {
                result.Add(o);
            }
        }

        return result;
    }
}
