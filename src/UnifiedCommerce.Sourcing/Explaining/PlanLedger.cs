namespace UnifiedCommerce.Sourcing;

/// <summary>Cost of all orders of one distributor.</summary>
/// <param name="Orders">Its orders.</param>
/// <param name="Shortfall">Decision cost of its commitment.</param>
/// <param name="BelowMinimum">Orders that its minimum forbids.</param>
internal sealed record DistributorCost(IReadOnlyList<PurchaseOrderCost> Orders, decimal Shortfall, IReadOnlyList<Obstacle> BelowMinimum)
{
    public static readonly DistributorCost Nothing = new([], 0, []);

    public decimal Total { get; } = Orders.Sum(order => order.Cash + order.Decision) + Shortfall;
}

/// <summary>What a change of some allocations does to the plan.</summary>
/// <param name="Total">Change of cash and decision cost together.</param>
/// <param name="Before">Cost of the distributors concerned, as the plan is.</param>
/// <param name="After">Their cost after the change, obstacles not looked at.</param>
/// <param name="Penalty">Change of the penalties of unfilled lines.</param>
/// <param name="Obstacles">What makes the change impossible; empty when it is possible.</param>
internal sealed record LedgerChange(
    decimal Total,
    IReadOnlyDictionary<int, DistributorCost> Before,
    IReadOnlyDictionary<int, DistributorCost> After,
    decimal Penalty,
    IReadOnlyList<Obstacle> Obstacles);

/// <summary>Keeps the cost of a plan by distributor, so that the cost of a small change is found by looking only at the distributors it touches.</summary>
internal sealed class PlanLedger
{
    private readonly ExactTerms _terms;
    private readonly bool[] _preferred;
    private readonly List<int>[] _chosenOf;
    private readonly DistributorCost[] _costs;
    private readonly long[] _pools;
    private readonly int _open;

    public PlanLedger(SourcingProblem problem, IReadOnlyList<Allocation> allocations)
    {
        Problem = problem;
        _terms = new ExactTerms(problem);
        Eligibility = OfferEligibility.Of(problem);
        Quantities = new long[problem.Offers.Count];
        OffersOf = [.. problem.Lines.Select(_ => new List<int>())];
        _preferred = new bool[problem.Lines.Count];
        _chosenOf = [.. problem.Distributors.Select(_ => new List<int>())];
        _pools = new long[problem.StockPools.Count];
        for (var o = 0; o < problem.Offers.Count; o++)
        {
            OffersOf[problem.Offers[o].Line].Add(o);
            _preferred[problem.Offers[o].Line] |= problem.Offers[o].Status == SourceStatus.Preferred;
        }

        foreach (var (o, quantity) in allocations)
        {
            var offer = problem.Offers[o];
            Quantities[o] = quantity;
            _chosenOf[offer.Distributor].Add(o);
            if (offer.StockPool is { } pool)
            {
                _pools[pool] += quantity;
            }
        }

        _costs = new DistributorCost[problem.Distributors.Count];
        for (var d = 0; d < _costs.Length; d++)
        {
            _costs[d] = CostOf(d, []);
            _open += _chosenOf[d].Count > 0 ? 1 : 0;
        }
    }

    public SourcingProblem Problem { get; }

    public Eligibility[] Eligibility { get; }

    /// <summary>Quantity bought by offer.</summary>
    public long[] Quantities { get; }

    /// <summary>Offers by line.</summary>
    public IReadOnlyList<List<int>> OffersOf { get; }

    public bool HasPreferred(int line) => _preferred[line];

    public IReadOnlyList<int> ChosenOf(int distributor) => _chosenOf[distributor];

    public DistributorCost CostOf(int distributor) => _costs[distributor];

    /// <summary>What is still in a pool.</summary>
    public long LeftInPool(int pool) => Problem.StockPools[pool].Available - _pools[pool];

    /// <summary>Value of a quantity of an offer in base currency, before group and order discounts.</summary>
    public decimal Goods(int o, long quantity) =>
        Nano.ToDecimal(_terms.ToBase(Problem.Offers[o].Distributor, _terms.Value(o, quantity)));

    /// <summary>Value of a quantity of an offer in the distributor's currency, before group and order discounts.</summary>
    public decimal Value(int o, long quantity) => Nano.ToDecimal(_terms.Value(o, quantity));

    public OrderTerms TermsOf(int distributor, PurchaseOrderKey key) => _terms.TermsOf(distributor, key);

    /// <summary>Offers of a line that the plan uses.</summary>
    public List<(int Offer, long Quantity)> ChosenFor(int line)
    {
        var chosen = new List<(int, long)>(1);
        foreach (var o in OffersOf[line])
        {
            if (Quantities[o] > 0)
            {
                chosen.Add((o, Quantities[o]));
            }
        }

        return chosen;
    }

    /// <summary>What setting some offers to other quantities does. Obstacles of a single line are the caller's matter.</summary>
    public LedgerChange Try(IReadOnlyList<(int Offer, long Quantity)> changes)
    {
        var before = new Dictionary<int, DistributorCost>(2);
        var after = new Dictionary<int, DistributorCost>(2);
        var obstacles = new List<Obstacle>();
        var open = _open;
        decimal total = 0;
        foreach (var (o, _) in changes)
        {
            var d = Problem.Offers[o].Distributor;
            if (before.ContainsKey(d))
            {
                continue;
            }

            before[d] = _costs[d];
            var cost = CostOf(d, changes);
            after[d] = cost;
            total += cost.Total - _costs[d].Total;
            open += (cost.Orders.Count > 0 ? 1 : 0) - (_costs[d].Orders.Count > 0 ? 1 : 0);
            obstacles.AddRange(cost.BelowMinimum);
        }

        if (open > Problem.MaxDistributors && open > _open)
        {
            obstacles.Add(new Obstacle(ObstacleKind.TooManyDistributors, -1, open, Problem.MaxDistributors.Value));
        }

        Pools(changes, obstacles);
        var penalty = Penalty(changes);
        return new LedgerChange(total + penalty, before, after, penalty, obstacles);
    }

    private void Pools(IReadOnlyList<(int Offer, long Quantity)> changes, List<Obstacle> obstacles)
    {
        for (var c = 0; c < changes.Count; c++)
        {
            if (Problem.Offers[changes[c].Offer].StockPool is not { } pool)
            {
                continue;
            }

            var taken = _pools[pool];
            foreach (var (o, quantity) in changes)
            {
                taken += Problem.Offers[o].StockPool == pool ? quantity - Quantities[o] : 0;
            }

            if (taken > Problem.StockPools[pool].Available && !obstacles.Exists(known => known.Kind == ObstacleKind.StockTaken && known.Index == pool))
            {
                obstacles.Add(new Obstacle(ObstacleKind.StockTaken, pool, taken, Problem.StockPools[pool].Available));
            }
        }
    }

    private decimal Penalty(IReadOnlyList<(int Offer, long Quantity)> changes)
    {
        decimal penalty = 0;
        var seen = new HashSet<int>();
        foreach (var (changed, _) in changes)
        {
            var line = Problem.Offers[changed].Line;
            if (!seen.Add(line))
            {
                continue;
            }

            var was = false;
            var becomes = false;
            foreach (var o in OffersOf[line])
            {
                was |= Quantities[o] > 0;
                becomes |= Changed(o, changes) > 0;
            }

            penalty += was == becomes ? 0 : becomes ? -Problem.Lines[line].UnfilledPenalty : Problem.Lines[line].UnfilledPenalty;
        }

        return penalty;
    }

    private long Changed(int o, IReadOnlyList<(int Offer, long Quantity)> changes)
    {
        foreach (var (changed, quantity) in changes)
        {
            if (changed == o)
            {
                return quantity;
            }
        }

        return Quantities[o];
    }

    private DistributorCost CostOf(int distributor, IReadOnlyList<(int Offer, long Quantity)> changes)
    {
        var bought = new List<(int Offer, long Quantity)>(_chosenOf[distributor].Count + 1);
        foreach (var o in _chosenOf[distributor])
        {
            if (Changed(o, changes) is > 0 and var quantity)
            {
                bought.Add((o, quantity));
            }
        }

        foreach (var (o, quantity) in changes)
        {
            if (quantity > 0 && Quantities[o] == 0 && Problem.Offers[o].Distributor == distributor)
            {
                bought.Add((o, quantity));
            }
        }

        if (bought.Count == 0 && Problem.Distributors[distributor].Commitment is null)
        {
            return DistributorCost.Nothing;
        }

        var orders = Collect(bought);
        var costs = new List<PurchaseOrderCost>(orders.Count);
        var below = new List<Obstacle>();
        Int128 value = 0;
        foreach (var (key, order) in orders)
        {
            value += order.Value;
            var faults = new List<PlanFault>();
            costs.Add(PlanEvaluator.CostOf(Problem, _terms, distributor, key, order, faults));
            if (faults.Count > 0)
            {
                below.Add(new Obstacle(
                    ObstacleKind.BelowMinimumOrder, distributor, Nano.ToDecimal(order.Value), _terms.TermsOf(distributor, key).Minimum!.Value));
            }
        }

        decimal shortfall = 0;
        if (Problem.Distributors[distributor].Commitment is { } commitment)
        {
            var missing = Int128.Max(0, Nano.From(commitment.MinValue) - value);
            shortfall = Nano.ToDecimal(_terms.ToBase(distributor, Nano.Times(missing, Nano.RateFrom(commitment.ShortfallRate))));
        }

        return new DistributorCost(costs, shortfall, below);
    }

    private List<(PurchaseOrderKey Key, PlanEvaluator.Order Order)> Collect(List<(int Offer, long Quantity)> bought)
    {
        var groups = new Dictionary<int, long>();
        foreach (var (o, quantity) in bought)
        {
            if (Problem.Offers[o].GroupBreak is { } group)
            {
                groups[group] = groups.GetValueOrDefault(group) + quantity;
            }
        }

        var orders = new List<(PurchaseOrderKey Key, PlanEvaluator.Order Order)>(1);
        foreach (var (o, quantity) in bought)
        {
            var offer = Problem.Offers[o];
            var line = Problem.Lines[offer.Line];
            var at = orders.FindIndex(known => known.Key == line.Key);
            if (at < 0)
            {
                at = orders.Count;
                orders.Add((line.Key, new PlanEvaluator.Order()));
            }

            var order = orders[at].Order;
            var value = _terms.Value(o, quantity);
            if (offer.GroupBreak is { } group)
            {
                value -= Nano.Times(value, PlanEvaluator.GroupRate(Problem.GroupBreaks[group], groups[group]));
            }

            order.Value += value;
            order.Quantity += quantity;
            order.Weight += Nano.From(offer.UnitWeight) * quantity;
            order.Extras += Nano.From(offer.UnitExtra) * quantity;
            order.SoftRules += Nano.From(offer.UseDecisionCost);
            if (_preferred[offer.Line] && offer.Status != SourceStatus.Preferred)
            {
                order.SoftRules += Nano.From(line.NotPreferredPenalty);
            }

            order.Lines++;
            order.FirstLine = Math.Min(order.FirstLine, offer.Line);
        }

        return orders;
    }
}
