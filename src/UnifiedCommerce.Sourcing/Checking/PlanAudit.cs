using System.Numerics;

namespace UnifiedCommerce.Sourcing;

/// <summary>Evaluates a plan again, exactly, without the solver's evaluator.</summary>
internal sealed class PlanAudit
{
    private readonly CheckedProblem _checked;
    private readonly SourcingProblem _problem;
    private readonly List<CheckFault> _faults = [];
    private readonly Dictionary<int, long> _groups = [];

    private PlanAudit(CheckedProblem problem)
    {
        _checked = problem;
        _problem = problem.Problem;
    }

    /// <summary>Exact cash and decision cost, or the faults of the allocations.</summary>
    public static (Ratio Cash, Ratio Decision, IReadOnlyList<CheckFault> Faults) Evaluate(CheckedProblem problem, IReadOnlyList<Allocation> allocations)
    {
        var audit = new PlanAudit(problem);
        var (cash, decision) = audit.Run(allocations);
        return (cash, decision, audit._faults);
    }

    private (Ratio Cash, Ratio Decision) Run(IReadOnlyList<Allocation> allocations)
    {
        var bought = new Dictionary<int, long>();
        foreach (var (o, quantity) in allocations)
        {
            if (o < 0 || o >= _problem.Offers.Count)
            {
                Fault("plan-unknown-offer", $"offer {o}", $"There are {_problem.Offers.Count} offers.");
            }
            else if (!bought.TryAdd(o, quantity))
            {
                Fault("plan-offer-twice", Place(o), "The offer is in the plan twice.");
            }
            else
            {
                Quantity(o, quantity);
            }
        }

        Ratio decision = 0;
        Lines(bought, ref decision);
        Pools(bought);
        if (_faults.Count > 0)
        {
            return (0, 0);
        }

        Ratio cash = 0;
        foreach (var unit in bought.Keys.GroupBy(_checked.UnitOf))
        {
            Order(_checked.Units[unit.Key], [.. unit], bought, ref cash, ref decision);
        }

        var opened = bought.Keys.Select(o => _problem.Offers[o].Distributor).Distinct().Count();
        if (opened > _problem.MaxDistributors)
        {
            Fault("plan-too-many-distributors", "plan", $"{opened} distributors get orders; at most {_problem.MaxDistributors} may.");
        }

        var byDistributor = bought.Keys.ToLookup(o => _problem.Offers[o].Distributor);
        for (var d = 0; d < _problem.Distributors.Count; d++)
        {
            if (_problem.Distributors[d].Commitment is { } commitment)
            {
                var value = byDistributor[d].Aggregate((Int128)0, (sum, o) => sum + Value(o, bought));
                var missing = Int128.Max(0, CheckedProblem.Nano(commitment.MinValue) - value);
                decision += InBase(d, new Ratio(missing, 1_000_000_000)) * CheckedProblem.Fraction(commitment.ShortfallRate);
            }
        }

        return (cash, decision);
    }

    private void Quantity(int o, long quantity)
    {
        if (!_checked.Usable[o])
        {
            Fault("plan-offer-not-usable", Place(o), $"The offer may not be used: {_checked.WhyNot(o)}.");
        }

        var (least, greatest) = _checked.Limits[o];
        if (quantity < least || quantity > greatest)
        {
            Fault("plan-quantity", Place(o), $"{quantity} is bought; it may be from {least} to {greatest}.");
        }
        else if (quantity % _problem.Offers[o].OrderMultiple != 0)
        {
            Fault("plan-order-multiple", Place(o), $"{quantity} is bought; the order multiple is {_problem.Offers[o].OrderMultiple}.");
        }
    }

    private void Lines(Dictionary<int, long> bought, ref Ratio decision)
    {
        var byLine = bought.ToLookup(pair => _problem.Offers[pair.Key].Line, pair => pair.Value);
        for (var i = 0; i < _problem.Lines.Count; i++)
        {
            var line = _problem.Lines[i];
            var sum = byLine[i].Sum();
            var offers = byLine[i].Count();
            if (offers == 0)
            {
                decision += CheckedProblem.Amount(line.UnfilledPenalty);
            }
            else if (sum < line.Quantity || sum > line.MaxQuantity)
            {
                Fault("plan-line-quantity", $"line {line.Id}", $"{sum} is bought; it must be from {line.Quantity} to {line.MaxQuantity}, or nothing.");
            }

            if (offers > line.MaxSplits)
            {
                Fault("plan-too-many-splits", $"line {line.Id}", $"{offers} offers are used; at most {line.MaxSplits} may be.");
            }
        }
    }

    private void Pools(Dictionary<int, long> bought)
    {
        foreach (var pool in bought.Where(pair => _problem.Offers[pair.Key].StockPool is not null).GroupBy(pair => _problem.Offers[pair.Key].StockPool!.Value))
        {
            var taken = pool.Sum(pair => pair.Value);
            var (id, available) = _problem.StockPools[pool.Key];
            if (taken > available)
            {
                Fault("plan-stock-pool", $"stock pool {id}", $"{taken} is taken; {available} is there.");
            }
        }
    }

    private Int128 Value(int o, Dictionary<int, long> bought)
    {
        var value = _checked.Value(o, bought[o]);
        if (_problem.Offers[o].GroupBreak is not { } group)
        {
            return value;
        }

        if (!_groups.TryGetValue(group, out var together))
        {
            together = bought.Where(pair => _problem.Offers[pair.Key].GroupBreak == group).Sum(pair => pair.Value);
            _groups[group] = together;
        }

        return CheckedProblem.Less(value, _checked.GroupRate(group, together));
    }

    private void Order(PurchaseOrderUnit unit, IReadOnlyList<int> offers, Dictionary<int, long> bought, ref Ratio cash, ref Ratio decision)
    {
        var terms = _checked.Terms(unit);
        Int128 value = 0;
        Int128 weight = 0;
        long quantity = 0;
        Ratio charges = 0;
        foreach (var o in offers)
        {
            value += Value(o, bought);
            weight += CheckedProblem.Nano(_problem.Offers[o].UnitWeight) * bought[o];
            quantity += bought[o];
            charges += (CheckedProblem.Amount(_problem.Offers[o].UnitExtra) * bought[o]) + CheckedProblem.Amount(terms.LineFee);
            decision += new Ratio(_checked.UseCost(o), 1_000_000_000);
        }

        if (terms.Minimum is { } minimum && value < CheckedProblem.Nano(minimum.Value))
        {
            if (minimum.ChargeBelow is not { } charge)
            {
                Fault(
                    "plan-minimum-order",
                    $"distributor {_problem.Distributors[unit.Distributor].Id}",
                    $"The order is worth {(decimal)value / 1_000_000_000}; the minimum is {minimum.Value}.");
                return;
            }

            charges += CheckedProblem.Amount(charge);
        }

        if (terms.SmallOrder is { } small && value < CheckedProblem.Nano(small.Below))
        {
            charges += CheckedProblem.Amount(small.Surcharge);
        }

        var discount = Discount(terms.Discount, value, quantity);
        charges += CheckedProblem.Amount(terms.HandlingFee) + Freight(terms.Freight, value, discount, weight);
        var payable = (new Ratio(value, 1_000_000_000) - discount) * Payment(_problem.CostOfCapital, terms) * (1 - CheckedProblem.Fraction(terms.RebateRate));
        var net = InBase(unit.Distributor, payable);
        cash += net + InBase(unit.Distributor, charges) + CheckedProblem.Amount(terms.AdministrationCost);
        decision += net * CheckedProblem.Fraction(_problem.Distributors[unit.Distributor].PreferencePenalty);
    }

    /// <summary>What is left of 1 by paying at the better of the two dates.</summary>
    public static Ratio Payment(decimal costOfCapital, OrderTerms terms)
    {
        var due = Worth(terms.PaymentDays);
        return terms.EarlyPayment is { } early ? Ratio.Min(due, (1 - CheckedProblem.Fraction(early.Rate)) * Worth(early.Days)) : due;

        Ratio Worth(int days) => 1 - (CheckedProblem.Fraction(costOfCapital) * new Ratio(days, 365));
    }

    private static Ratio Discount(OrderDiscount? discount, Int128 value, long quantity)
    {
        Ratio reached = 0;
        Ratio incremental = 0;
        foreach (var tier in discount?.Tiers ?? [])
        {
            var met = discount!.Basis == DiscountBasis.Quantity ? quantity >= tier.From : value >= CheckedProblem.Nano(tier.From);
            if (met)
            {
                var rate = CheckedProblem.Fraction(tier.Rate);
                incremental += (rate - reached) * new Ratio(value - CheckedProblem.Nano(tier.From), 1_000_000_000);
                reached = rate;
            }
        }

        return discount is { Basis: DiscountBasis.Value, Mode: TierMode.Incremental } ? incremental : reached * new Ratio(value, 1_000_000_000);
    }

    private static Ratio Freight(FreightTerms freight, Int128 value, Ratio discount, Int128 weight)
    {
        // A discount is money on a document: a limit after discount looks at it rounded to the scale of amounts.
        var counted = freight.FreeFromBase == ThresholdBase.AfterDiscount ? value - (Int128)(discount * 1_000_000_000).Round() : value;
        if ((freight.FreeFromValue is { } free && counted >= CheckedProblem.Nano(free))
            || (freight.FreeFromWeight is { } heavy && weight >= CheckedProblem.Nano(heavy)))
        {
            return 0;
        }

        var row = freight.ByWeight.FirstOrDefault(known => known.UpToWeight is null || weight <= CheckedProblem.Nano(known.UpToWeight.Value));
        return CheckedProblem.Amount(freight.Fixed) + CheckedProblem.Amount(row?.Charge ?? 0);
    }

    private Ratio InBase(int distributor, Ratio amount) => amount * new Ratio(_checked.ExchangeRate(distributor), 1_000_000_000_000);

    private string Place(int o) =>
        $"line {_problem.Lines[_problem.Offers[o].Line].Id}, distributor {_problem.Distributors[_problem.Offers[o].Distributor].Id}";

    private void Fault(string code, string place, string message) => _faults.Add(new CheckFault(code, place, message));
}
