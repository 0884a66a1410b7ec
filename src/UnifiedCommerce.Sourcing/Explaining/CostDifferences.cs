namespace UnifiedCommerce.Sourcing;

/// <summary>Says by which terms a change differs from the plan.</summary>
internal static class CostDifferences
{
    public static IReadOnlyList<CostDifference> Of(
        PlanLedger ledger,
        int line,
        List<(int Offer, long Quantity)> chosen,
        IReadOnlyList<(int Offer, long Quantity)> changes,
        LedgerChange change)
    {
        var sums = new List<CostDifference>(8);
        var needed = ledger.Problem.Lines[line].Quantity;
        var after = new List<(int Offer, long Quantity)>(changes.Count);
        foreach (var (o, quantity) in changes)
        {
            if (quantity > 0)
            {
                after.Add((o, quantity));
            }
        }

        var newDistributor = after.Count > 0 ? ledger.Problem.Offers[after[0].Offer].Distributor : -1;
        var (goodsBefore, overBefore) = Goods(ledger, chosen, needed);
        var (goodsAfter, overAfter) = Goods(ledger, after, needed);
        Add(sums, DifferenceKind.Price, newDistributor, goodsAfter - goodsBefore);
        Add(sums, DifferenceKind.OverBuying, newDistributor, overAfter - overBefore);
        Add(sums, DifferenceKind.Unfilled, -1, change.Penalty);

        // Goods are compared before group discounts; the rest of the change in goods is what group breaks grant.
        var goods = goodsBefore + overBefore - goodsAfter - overAfter;
        foreach (var (d, before) in change.Before)
        {
            var then = change.After[d];
            var was = new Sum(before);
            var becomes = new Sum(then);
            goods += becomes.Goods - was.Goods;
            var fixedBefore = was.Freight + was.Surcharge + was.Fees + was.Administration;
            var fixedAfter = becomes.Freight + becomes.Surcharge + becomes.Fees + becomes.Administration;
            if (then.Orders.Count > before.Orders.Count)
            {
                Add(sums, DifferenceKind.OpensOrder, d, fixedAfter - fixedBefore);
            }
            else if (then.Orders.Count < before.Orders.Count)
            {
                Add(sums, DifferenceKind.ClosesOrder, d, fixedAfter - fixedBefore);
            }
            else
            {
                Add(sums, DifferenceKind.Freight, d, becomes.Freight - was.Freight);
                Add(sums, DifferenceKind.Surcharge, d, becomes.Surcharge - was.Surcharge);
                Add(sums, DifferenceKind.Fees, d, becomes.Fees + becomes.Administration - was.Fees - was.Administration);
            }

            Add(sums, DifferenceKind.Discount, d, was.Discount - becomes.Discount);
            Add(sums, DifferenceKind.Rebate, d, was.Rebate - becomes.Rebate);
            Add(sums, DifferenceKind.Payment, d, was.Payment - becomes.Payment);
            Add(sums, DifferenceKind.Extras, d, becomes.Extras - was.Extras);
            Add(sums, DifferenceKind.Preference, d, becomes.Preference - was.Preference);
            Add(sums, DifferenceKind.SoftRules, d, becomes.SoftRules - was.SoftRules);
            Add(sums, DifferenceKind.Commitment, d, then.Shortfall - before.Shortfall);
        }

        Add(sums, DifferenceKind.Discount, newDistributor, goods);
        sums.RemoveAll(difference => difference.Amount == 0);
        sums.Sort(static (left, right) => right.Amount != left.Amount ? right.Amount.CompareTo(left.Amount) : left.Kind.CompareTo(right.Kind));
        return sums;
    }

    /// <summary>Value of the quantity needed and of what is bought beyond it, each at the average price.</summary>
    private static (decimal Needed, decimal Over) Goods(PlanLedger ledger, List<(int Offer, long Quantity)> bought, long needed)
    {
        decimal goods = 0;
        long quantity = 0;
        foreach (var (o, units) in bought)
        {
            goods += ledger.Goods(o, units);
            quantity += units;
        }

        var over = quantity > needed ? decimal.Round(goods / quantity * (quantity - needed), 9) : 0;
        return (goods - over, over);
    }

    /// <summary>Terms that say the same at two distributors (discount here, discount there) are one difference: only their sum matters.</summary>
    private static void Add(List<CostDifference> sums, DifferenceKind kind, int distributor, decimal amount)
    {
        if (amount == 0)
        {
            return;
        }

        var apart = kind is DifferenceKind.OpensOrder or DifferenceKind.ClosesOrder or DifferenceKind.Freight
            or DifferenceKind.Surcharge or DifferenceKind.Fees or DifferenceKind.Commitment;
        var at = sums.FindIndex(known => known.Kind == kind && (!apart || known.Distributor == distributor));
        if (at < 0)
        {
            sums.Add(new CostDifference(kind, distributor, amount));
        }
        else
        {
            sums[at] = sums[at] with
            {
                Amount = sums[at].Amount + amount,
                Distributor = Math.Abs(amount) > Math.Abs(sums[at].Amount) ? distributor : sums[at].Distributor,
            };
        }
    }

    private readonly struct Sum
    {
        public Sum(DistributorCost cost)
        {
            foreach (var order in cost.Orders)
            {
                Goods += order.Goods;
                Discount += order.Discount;
                Rebate += order.Rebate;
                Payment += order.EarlyPaymentDiscount + order.PaymentDaysValue;
                Freight += order.Freight;
                Surcharge += order.Surcharge;
                Fees += order.Fees;
                Administration += order.Administration;
                Extras += order.Extras;
                Preference += order.Preference;
                SoftRules += order.SoftRules;
            }
        }

        public decimal Goods { get; }

        public decimal Discount { get; }

        public decimal Rebate { get; }

        public decimal Payment { get; }

        public decimal Freight { get; }

        public decimal Surcharge { get; }

        public decimal Fees { get; }

        public decimal Administration { get; }

        public decimal Extras { get; }

        public decimal Preference { get; }

        public decimal SoftRules { get; }
    }
}
