namespace UnifiedCommerce.Sourcing;

/// <summary>Exact cost of allocations, or the rules that they break.</summary>
internal static class PlanEvaluator
{
    internal sealed class Order
    {
        public Int128 Value;
        public long Quantity;
        public Int128 Weight;
        public Int128 Extras;
        public Int128 SoftRules;
        public int Lines;
        public int FirstLine = int.MaxValue;
    }

    public static Evaluation Evaluate(SourcingProblem problem, IReadOnlyList<Allocation> allocations)
    {
        var faults = new List<PlanFault>();
        var terms = new ExactTerms(problem);
        var eligibility = OfferEligibility.Of(problem);
        var covered = new long[problem.Lines.Count];
        var splits = new int[problem.Lines.Count];
        var pools = new long[problem.StockPools.Count];
        var groups = new long[problem.GroupBreaks.Count];
        var quantities = new Dictionary<int, long>(allocations.Count);

        foreach (var (o, quantity) in allocations)
        {
            if (o < 0 || o >= problem.Offers.Count)
            {
                faults.Add(new("unknown-offer", $"offer {o}", $"There are {problem.Offers.Count} offers."));
                continue;
            }

            var offer = problem.Offers[o];
            if (!quantities.TryAdd(o, quantity))
            {
                faults.Add(new("offer-twice", Place(problem, offer), "An offer may be allocated once."));
                continue;
            }

            if (eligibility[o] != Eligibility.Eligible)
            {
                faults.Add(new("not-eligible", Place(problem, offer), $"The offer cannot be used: {eligibility[o]}."));
            }

            var (least, greatest) = OfferEligibility.Quantities(problem, offer);
            if (quantity < least)
            {
                faults.Add(new("below-moq", Place(problem, offer), $"{quantity} is ordered; the least is {least}."));
            }
            else if (quantity > greatest)
            {
                faults.Add(new("above-available", Place(problem, offer), $"{quantity} is ordered; the most is {greatest}."));
            }
            else if (quantity % offer.OrderMultiple != 0)
            {
                faults.Add(new("not-a-multiple", Place(problem, offer), $"{quantity} is ordered; the order multiple is {offer.OrderMultiple}."));
            }

            covered[offer.Line] += quantity;
            splits[offer.Line]++;
            if (offer.StockPool is { } pool)
            {
                pools[pool] += quantity;
            }

            if (offer.GroupBreak is { } group)
            {
                groups[group] += quantity;
            }
        }

        var unfilled = new List<int>();
        Int128 penalty = 0;
        for (var i = 0; i < covered.Length; i++)
        {
            var line = problem.Lines[i];
            if (covered[i] == 0)
            {
                unfilled.Add(i);
                penalty += Nano.From(line.UnfilledPenalty);
            }
            else if (covered[i] < line.Quantity)
            {
                faults.Add(new("line-short", $"line {line.Id}", $"{covered[i]} is bought; {line.Quantity} is needed, or nothing."));
            }
            else if (covered[i] > line.MaxQuantity)
            {
                faults.Add(new("line-over", $"line {line.Id}", $"{covered[i]} is bought; at most {line.MaxQuantity} may be."));
            }

            if (splits[i] > line.MaxSplits)
            {
                faults.Add(new("too-many-splits", $"line {line.Id}", $"{splits[i]} offers are used; at most {line.MaxSplits} may be."));
            }
        }

        for (var p = 0; p < pools.Length; p++)
        {
            if (pools[p] > problem.StockPools[p].Available)
            {
                faults.Add(new("stock-exceeded", $"stock pool {problem.StockPools[p].Id}", $"{pools[p]} is taken; {problem.StockPools[p].Available} is available."));
            }
        }

        if (faults.Count > 0)
        {
            return new Evaluation(null, faults);
        }

        var orders = Collect(problem, terms, quantities, groups);
        if (problem.MaxDistributors is { } most)
        {
            var opened = orders.Keys.Select(order => order.Distributor).Distinct().Count();
            if (opened > most)
            {
                faults.Add(new("too-many-distributors", "plan", $"{opened} distributors get orders; at most {most} may."));
            }
        }

        var costs = new List<PurchaseOrderCost>(orders.Count);
        foreach (var ((distributor, key), order) in orders.OrderBy(pair => pair.Key.Distributor).ThenBy(pair => pair.Value.FirstLine))
        {
            costs.Add(CostOf(problem, terms, distributor, key, order, faults));
        }

        if (faults.Count > 0)
        {
            return new Evaluation(null, faults);
        }

        var commitments = Commitments(problem, terms, orders);
        return new Evaluation(
            new PlanCost
            {
                Cash = costs.Sum(cost => cost.Cash),
                Decision = costs.Sum(cost => cost.Decision) + commitments.Sum(commitment => commitment.Shortfall) + Nano.ToDecimal(penalty),
                Unfilled = Nano.ToDecimal(penalty),
                UnfilledLines = unfilled,
                Orders = costs,
                Commitments = commitments,
            },
            []);
    }

    private static Dictionary<(int Distributor, PurchaseOrderKey Key), Order> Collect(
        SourcingProblem problem, ExactTerms terms, Dictionary<int, long> quantities, long[] groups)
    {
        var preferred = new bool[problem.Lines.Count];
        foreach (var offer in problem.Offers)
        {
            preferred[offer.Line] |= offer.Status == SourceStatus.Preferred;
        }

        var orders = new Dictionary<(int, PurchaseOrderKey), Order>();
        foreach (var (o, quantity) in quantities)
        {
            var offer = problem.Offers[o];
            var line = problem.Lines[offer.Line];
            if (!orders.TryGetValue((offer.Distributor, line.Key), out var order))
            {
                orders[(offer.Distributor, line.Key)] = order = new Order();
            }

            var value = terms.Value(o, quantity);
            if (offer.GroupBreak is { } group)
            {
                value -= Nano.Times(value, GroupRate(problem.GroupBreaks[group], groups[group]));
            }

            order.Value += value;
            order.Quantity += quantity;
            order.Weight += Nano.From(offer.UnitWeight) * quantity;
            order.Extras += Nano.From(offer.UnitExtra) * quantity;
            order.SoftRules += Nano.From(offer.UseDecisionCost);
            if (preferred[offer.Line] && offer.Status != SourceStatus.Preferred)
            {
                order.SoftRules += Nano.From(line.NotPreferredPenalty);
            }

            order.Lines++;
            order.FirstLine = Math.Min(order.FirstLine, offer.Line);
        }

        return orders;
    }

    internal static Int128 GroupRate(GroupBreak group, long quantity)
    {
        Int128 rate = 0;
        foreach (var tier in group.Tiers)
        {
            if (quantity >= tier.From)
            {
                rate = Nano.RateFrom(tier.Rate);
            }
        }

        return rate;
    }

    internal static PurchaseOrderCost CostOf(
        SourcingProblem problem, ExactTerms terms, int distributor, PurchaseOrderKey key, Order order, List<PlanFault> faults)
    {
        var agreed = terms.TermsOf(distributor, key);
        Int128 surcharge = 0;
        if (agreed.Minimum is { } minimum && order.Value < Nano.From(minimum.Value))
        {
            if (minimum.ChargeBelow is { } charge)
            {
                surcharge += Nano.From(charge);
            }
            else
            {
                faults.Add(new(
                    "below-minimum-order",
                    $"distributor {problem.Distributors[distributor].Id}",
                    $"The order is worth {Nano.ToDecimal(order.Value)}; the minimum is {minimum.Value}."));
            }
        }

        if (agreed.SmallOrder is { } small && order.Value < Nano.From(small.Below))
        {
            surcharge += Nano.From(small.Surcharge);
        }

        var discount = ExactTerms.Discount(agreed.Discount, order.Value, order.Quantity);
        var freight = ExactTerms.Freight(agreed.Freight, order.Value, discount, order.Weight);
        var goods = terms.ToBase(distributor, order.Value);
        var discountInBase = terms.ToBase(distributor, discount);
        var payable = goods - discountInBase;
        var (early, days) = PaymentOf(problem.CostOfCapital, agreed);
        var earlyDiscount = Nano.Times(payable, early);
        payable -= earlyDiscount;
        var rebate = Nano.Times(payable, Nano.RateFrom(agreed.RebateRate));
        payable -= rebate;
        var daysValue = Nano.Divide(payable * Nano.RateFrom(problem.CostOfCapital) * days, (Int128)Nano.RateOne * 365);
        payable -= daysValue;
        var preference = Nano.Times(payable, Nano.RateFrom(problem.Distributors[distributor].PreferencePenalty));
        return new PurchaseOrderCost
        {
            Distributor = distributor,
            Key = key,
            OrderValue = Nano.ToDecimal(order.Value),
            Quantity = order.Quantity,
            Weight = Nano.ToDecimal(order.Weight),
            Goods = Nano.ToDecimal(goods),
            Discount = Nano.ToDecimal(discountInBase),
            EarlyPaymentDiscount = Nano.ToDecimal(earlyDiscount),
            Rebate = Nano.ToDecimal(rebate),
            PaymentDaysValue = Nano.ToDecimal(daysValue),
            Freight = Nano.ToDecimal(terms.ToBase(distributor, freight)),
            Surcharge = Nano.ToDecimal(terms.ToBase(distributor, surcharge)),
            Fees = Nano.ToDecimal(terms.ToBase(distributor, Nano.From(agreed.HandlingFee) + Nano.From(agreed.LineFee) * order.Lines)),
            Administration = Nano.ToDecimal(Nano.From(agreed.AdministrationCost)),
            Extras = Nano.ToDecimal(terms.ToBase(distributor, order.Extras)),
            Preference = Nano.ToDecimal(preference),
            SoftRules = Nano.ToDecimal(order.SoftRules),
        };
    }

    /// <summary>Early-payment rate (trillionths) and days of the cheaper way to pay; paying later wins a tie.</summary>
    internal static (Int128 EarlyRate, int Days) PaymentOf(decimal costOfCapital, OrderTerms terms)
    {
        if (terms.EarlyPayment is not { } early)
        {
            return (0, terms.PaymentDays);
        }

        var whenEarly = (1 - early.Rate) * (365 - costOfCapital * early.Days);
        var whenDue = 365 - costOfCapital * terms.PaymentDays;
        return whenEarly < whenDue ? (Nano.RateFrom(early.Rate), early.Days) : (0, terms.PaymentDays);
    }

    private static List<CommitmentCost> Commitments(
        SourcingProblem problem, ExactTerms terms, Dictionary<(int Distributor, PurchaseOrderKey Key), Order> orders)
    {
        var result = new List<CommitmentCost>();
        for (var d = 0; d < problem.Distributors.Count; d++)
        {
            if (problem.Distributors[d].Commitment is not { } commitment)
            {
                continue;
            }

            Int128 value = 0;
            foreach (var ((distributor, _), order) in orders)
            {
                value += distributor == d ? order.Value : 0;
            }

            var missing = Int128.Max(0, Nano.From(commitment.MinValue) - value);
            var shortfall = terms.ToBase(d, Nano.Times(missing, Nano.RateFrom(commitment.ShortfallRate)));
            result.Add(new(d, Nano.ToDecimal(value), Nano.ToDecimal(missing), Nano.ToDecimal(shortfall)));
        }

        return result;
    }

    private static string Place(SourcingProblem problem, Offer offer) =>
        $"line {problem.Lines[offer.Line].Id}, distributor {problem.Distributors[offer.Distributor].Id}";
}
