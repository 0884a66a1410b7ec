namespace UnifiedCommerce.Sourcing;

/// <summary>Best-first search over units used or not, order values, then quantities of offers.</summary>
internal sealed partial class BranchAndBound
{
    /// <summary>Nodes of which the units are decided that may follow each other without building a plan.</summary>
    private const int MostNodesWithoutPlan = 4;

    private readonly SearchModel _model;
    private readonly SearchBudget _budget;
    private readonly BoundOracle _oracle;
    private readonly BundleAscent _ascent;
    private readonly PlanImprovement _plans;
    private readonly PlanState _state;
    private readonly double[] _rates;
    private readonly PriorityQueue<Node, (double Bound, int Number)> _open = new();
    private readonly double _tolerance;
    private double _step;
    private int _number;
    private int _plansAfter;
    private int _plansPause;
    private sealed class Node
    {
        public required Restrictions Allowed { get; init; }

        public required ProofNode Proof { get; init; }

        public required double Bound { get; init; }

        public required Prices Prices { get; init; }

        public required bool[] InLines { get; init; }

        public required Branch Branch { get; init; }
    }

    private readonly record struct Branch(SplitSubject Subject, int Index, double At, Int128 AtMost);

    public BranchAndBound(SearchModel model, SearchBudget budget)
    {
        _model = model;
        _budget = budget;
        _oracle = new BoundOracle(model, budget.Options.Threads);
        _ascent = new BundleAscent(model, _oracle);
        _plans = new PlanImprovement(model);
        _state = new PlanState(model);
        _rates = new double[model.Units];
        _tolerance = budget.Options.GapTarget;
        Root = new ProofNode();
    }

    public ProofNode Root { get; }

    public long[] Best => _plans.Best;

    public double Cost => _plans.BestCost;

    public double Bound { get; private set; }

    public long Work => _oracle.Work + _plans.Work + _swapWork;

    public int Nodes { get; private set; }

    /// <summary>Bound from which nothing better than the best plan by more than the gap target is left.</summary>
    private double Enough => Cost - (_tolerance * Math.Abs(Cost));

    public void Run()
    {
        Array.Fill(_rates, 1.0);
        _plans.Assemble(_state, _rates);
        if (_model.Offers < 6000)
        {
            _plans.ImproveBest(GoOn, 1);
        }

        var allowed = Restrictions.None(_model);
        var start = Prices.Zero(_model);
        _ascent.Start.CopyTo(start.Line, 0);
        Bound = double.NegativeInfinity;
        Explore(allowed, Root, start, new bool[_model.Units], double.NegativeInfinity, 250, 10);
        SearchSets();
        SettleSet();
        if (GoOn() && (_open.Count == 0 || _open.Peek().Bound < Enough))
        {
            _plans.ImproveBest(GoOn, 2);
        }

        while (_open.Count > 0 && GoOn())
        {
            var node = _open.Peek();
            Bound = Math.Min(node.Bound, _closedBound);
            if (node.Bound >= Enough)
            {
                break;
            }

            _open.Dequeue();
            Nodes++;
            Divide(node);
            SettleSet();
        }

        Bound = _closedBound;
        if (_open.Count > 0)
        {
            Bound = Math.Min(Bound, _open.Peek().Bound);
        }

        Bound = Math.Min(Bound, Cost);
        _budget.Work += Work;
    }

    private bool GoOn() => _budget.GoOn(Work);

    private void Divide(Node node)
    {
        var branch = node.Branch;
        var (lower, upper) = node.Proof.Split(branch.Subject, ProofIndex(branch), branch.AtMost);
        for (var side = 0; side < 2; side++)
        {
            var isLower = side == 0;
            var allowed = node.Allowed.Copy();
            Decide(allowed, branch, isLower);
            Explore(allowed, isLower ? lower : upper, node.Prices, node.InLines, node.Bound, 40, 20);
        }
    }

    private int ProofIndex(Branch branch) => branch.Subject switch
    {
        SplitSubject.UnitUsed or SplitSubject.UnitValue or SplitSubject.UnitQuantity or SplitSubject.UnitWeight => _model.UnitNumber[branch.Index],
        SplitSubject.LineFilled => _model.LineIndex[branch.Index],
        _ => _model.OfferIndex[branch.Index],
    };

    private void Decide(Restrictions allowed, Branch branch, bool lower)
    {
        switch (branch.Subject)
        {
            case SplitSubject.UnitUsed:
                allowed.Unit[branch.Index] = lower ? Restrictions.Unused : Restrictions.Used;
                break;
            case SplitSubject.UnitValue when lower:
                // The bound of a range includes its end; a billionth less makes no difference to it.
                allowed.ValueHi[branch.Index] = Math.Min(allowed.ValueHi[branch.Index], branch.At * (1 - 1e-12));
                break;
            case SplitSubject.UnitValue:
                allowed.ValueLo[branch.Index] = Math.Max(allowed.ValueLo[branch.Index], branch.At);
                allowed.Unit[branch.Index] = Restrictions.Used;
                break;
            case SplitSubject.UnitQuantity when lower:
                allowed.QuantityHi[branch.Index] = Math.Min(allowed.QuantityHi[branch.Index], branch.At - 1);
                break;
            case SplitSubject.UnitQuantity:
                allowed.QuantityLo[branch.Index] = Math.Max(allowed.QuantityLo[branch.Index], branch.At);
                allowed.Unit[branch.Index] = Restrictions.Used;
                break;
            case SplitSubject.UnitWeight when lower:
                allowed.WeightHi[branch.Index] = Math.Min(allowed.WeightHi[branch.Index], branch.At - 1e-9);
                break;
            case SplitSubject.UnitWeight:
                allowed.WeightLo[branch.Index] = Math.Max(allowed.WeightLo[branch.Index], branch.At);
                allowed.Unit[branch.Index] = Restrictions.Used;
                break;
            case SplitSubject.LineFilled:
                allowed.Line ??= new byte[_model.Lines];
                allowed.Line[branch.Index] = lower ? Restrictions.Unused : Restrictions.Used;
                break;
            default:
                allowed.Offers ??= [];
                var (lo, hi) = allowed.Offers.TryGetValue(branch.Index, out var now) ? now : (0, long.MaxValue);
                allowed.Offers[branch.Index] = lower ? (lo, Math.Min(hi, (long)branch.AtMost)) : (Math.Max(lo, (long)branch.AtMost + 1), hi);
                break;
        }
    }

    /// <summary>Bounds a node, builds plans on the way, fixes what can be fixed and queues it when it is not settled.</summary>
    private void Explore(Restrictions allowed, ProofNode proof, Prices from, bool[] fromInLines, double parentBound, int iterations, int planEvery, bool thorough = false)
    {
        allowed.Conclude(_model);
        var inLines = ChooseInLines(allowed);
        var start = from;
        var changed = false;
        for (var u = 0; u < inLines.Length; u++)
        {
            changed |= inLines[u] != fromInLines[u];
        }

        // The parent's prices prove at least the parent's bound here too.
        if (changed && proof.Proof is not null)
        {
            fromInLines.CopyTo(_oracle.InLines, 0);
            var inherited = Settle(from, allowed, proof, parentBound);
            if (inherited >= Enough)
            {
                Close(proof, inherited);
                return;
            }

            start = from.Copy();
            for (var u = 0; u < inLines.Length; u++)
            {
                if (inLines[u] && !fromInLines[u] && _oracle.BestMode[u] >= 0)
                {
                    start.Value[u] = _oracle.TrialValue[_oracle.BestMode[u]];
                    start.Quantity[u] = _oracle.TrialQuantity[_oracle.BestMode[u]];
                    start.Weight[u] = _oracle.TrialWeight[_oracle.BestMode[u]];
                }
            }
        }

        inLines.CopyTo(_oracle.InLines, 0);
        var allInLines = allowed.FreeUnits() == 0;
        (_ascent.MostGrowths, _ascent.Reach) = allInLines ? (thorough ? 20 : 7, 1e6) : (3, 50);
        _ascent.GapShare = thorough ? 0 : proof.Proof is null ? 0.003 : 0.02;
        _ascent.FirstStep = allInLines || proof.Proof is null ? 0 : _step;

        var bound = _ascent.Run(start, allowed, Cost, Enough, iterations, 0.1 * _tolerance, (n, _) =>
        {
            if ((n + 1) % planEvery == 0)
            {
                BuildPlan(allowed);
                _ascent.Target = Cost;
            }

            return GoOn();
        });
        if (proof.Proof is null)
        {
            _step = _ascent.LastStep;
            _rootPrices = _ascent.Best.Copy();
        }

        if (double.IsPositiveInfinity(bound))
        {
            // Nothing is left, at any prices; the units must be priced as they were when that was seen.
            proof.Proof = new Proof(_model, _ascent.Current, _oracle, Cost);
            Close(proof, bound);
            return;
        }

        if (bound < Enough && allInLines)
        {
            bound = Stretch(allowed, thorough ? Polish(allowed, bound) : bound);
        }

        bound = Math.Max(parentBound, Settle(_ascent.Best, allowed, proof, parentBound));
        if (!allInLines || _plansAfter-- <= 0)
        {
            BuildPlan(allowed);
            if (allInLines)
            {
                var before = Cost;
                _plans.Adopt(_state, _ascent.HeaviestChoices());
                _plans.Adopt(_state, Majority());

                // Deep in the tree most nodes are alike: plans are built again soon where they help, and seldom where they do not.
                _plansPause = Cost < before ? 0 : Math.Min(MostNodesWithoutPlan, _plansPause + 1);
                _plansAfter = _plansPause;
            }
        }

        if (bound >= Enough)
        {
            Close(proof, bound);
            return;
        }

        if (!ReferenceEquals(proof.Proof, _latest))
        {
            // The inherited prices are better: what is fixed must be seen at them.
            proof.Proof!.InLines.CopyTo(_oracle.InLines, 0);
            bound = Math.Max(Settle(proof.Proof.Prices, allowed, proof, parentBound), parentBound);
        }

        bound = Math.Max(bound, proof.Bound);

        var leaf = ReferenceEquals(proof.Proof, _latest) ? Fix(allowed, proof, proof.Proof!.Bound) : proof;

        if (!allInLines && allowed.FreeUnits() == 0)
        {
            // The last units were just decided: now lines can be seen exactly.
            Explore(allowed, leaf, leaf.Proof!.Prices, leaf.Proof.InLines, bound, iterations, planEvery);
            return;
        }

        if (ChooseBranch(allowed, bound) is not { } branch)
        {
            _plans.AdoptDecided(_state, allowed);
            if (thorough)
            {
                Close(leaf, bound);
            }
            else
            {
                // Nothing is undecided, so only better prices can close what is left.
                Explore(allowed, leaf, leaf.Proof!.Prices, leaf.Proof.InLines, bound, 300, 1000, thorough: true);
            }

            return;
        }

        _open.Enqueue(
            new Node { Allowed = allowed, Proof = leaf, Bound = bound, Prices = leaf.Proof!.Prices, InLines = leaf.Proof.InLines, Branch = branch },
            (bound, _number++));
    }

    /// <summary>Units whose use is decided are priced by rate once no hull over modes is needed for them.</summary>
    private bool[] ChooseInLines(Restrictions allowed)
    {
        var inLines = new bool[_model.Units];
        var free = allowed.FreeUnits();
        for (var u = 0; u < inLines.Length; u++)
        {
            inLines[u] = free == 0 && allowed.Unit[u] == Restrictions.Used;
        }

        return inLines;
    }
}
