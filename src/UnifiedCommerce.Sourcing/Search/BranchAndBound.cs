namespace UnifiedCommerce.Sourcing;

/// <summary>What stops a search.</summary>
internal sealed class SearchBudget(SourcingOptions options, CancellationToken cancellationToken)
{
    private readonly long _started = options.Clock.GetTimestamp();

    public SourcingOptions Options => options;

    public long Work { get; set; }

    public PlanStatus? Stopped { get; private set; }

    public TimeSpan Elapsed => options.Clock.GetElapsedTime(_started);

    /// <summary>Whether to go on; asked after every bound.</summary>
    public bool GoOn(long work)
    {
        if (Stopped is not null)
        {
            return false;
        }

        Stopped = Work + work >= options.WorkLimit ? PlanStatus.WorkLimit
            : cancellationToken.IsCancellationRequested ? PlanStatus.Cancelled
            : options.TimeLimit is { } limit && Elapsed >= limit ? PlanStatus.TimeLimit
            : null;
        return Stopped is null;
    }
}

/// <summary>Best-first search over units used or not, order values, then quantities of offers.</summary>
internal sealed class BranchAndBound
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
    private readonly HashSet<string> _settled = [];
    private double _settledCost = double.PositiveInfinity;
    private Prices? _rootPrices;
    private Proof? _latest;
    private long _swapWork;
    private double _step;
    private int _number;
    private int _plansAfter;
    private int _plansPause;
    private double _closedBound = double.PositiveInfinity;

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

    /// <summary>
    /// Which units to use decides most where only a few distributors may be. Sets found by swaps at fixed rates, from where the mixture
    /// points and from random changes to the best, are assembled in earnest.
    /// </summary>
    private void SearchSets()
    {
        var model = _model;
        if (model.Units < 6 || (_open.Count > 0 && _open.Peek().Bound >= Enough) || !GoOn())
        {
            return;
        }

        var swaps = new UnitSwaps(model);
        var fixedCosts = new double[model.Units];
        var rates = new double[model.Units];
        for (var u = 0; u < model.Units; u++)
        {
            // The mode in which a unit would be if the value were shared out evenly.
            var fair = model.Penalty.Sum() / 4 / Math.Min(model.MaxDistributors, Math.Max(1, _ascent.UsedShare.Sum()));
            var chosen = model.ModeStart[u];
            var heaviest = 0.0;
            for (var m = model.ModeStart[u]; m < model.ModeStart[u + 1]; m++)
            {
                if (_ascent.ModeShare[m] > heaviest)
                {
                    (heaviest, chosen) = (_ascent.ModeShare[m], m);
                }
                else if (heaviest == 0 && model.Modes[m].LeastValue <= fair)
                {
                    chosen = m;
                }
            }

            rates[u] = model.Modes[chosen].Rate;
            fixedCosts[u] = model.Modes[chosen].Fixed - model.ClosedCost[u];
        }

        swaps.Price(rates, fixedCosts);
        var open = new bool[model.Units];
        var order = Enumerable.Range(0, model.Units).OrderByDescending(u => _ascent.UsedShare[u]).ThenBy(u => u).ToArray();
        var target = Math.Min(model.MaxDistributors, Math.Max(1, (int)Math.Round(_ascent.UsedShare.Sum())));
        foreach (var u in order.Take(target))
        {
            open[u] = true;
        }

        var best = swaps.Improve(open, GoOn);
        var bestOpen = (bool[])open.Clone();
        Assembled(open, rates);
        var random = new DeterministicRandom(_budget.Options.Seed);
        var rounds = model.MaxDistributors < model.Distributors ? 60 : 12;
        for (var round = 0; round < rounds && GoOn(); round++)
        {
            bestOpen.CopyTo(open, 0);
            for (var kick = 0; kick < 2 + (round % 3); kick++)
            {
                var into = random.Next(model.Units);
                var outOf = random.Next(model.Units);
                if (!open[into] && open[outOf])
                {
                    (open[into], open[outOf]) = (true, false);
                }
            }

            var cost = swaps.Improve(open, GoOn);
            if (cost < best * 1.004 && !open.AsSpan().SequenceEqual(bestOpen))
            {
                Assembled(open, rates);
            }

            if (cost < best - 1e-9)
            {
                best = cost;
                open.CopyTo(bestOpen, 0);
            }
        }

        _swapWork = swaps.Work;
    }

    /// <summary>
    /// Prices for just the units of the best plan: lines are seen exactly then and the prices settle soon, so that plans built from them are near the
    /// best that these units allow. Done once for every set of units that a best plan uses.
    /// </summary>
    private void SettleSet()
    {
        var model = _model;
        for (var round = 0; round < 3 && Cost < _settledCost && _open.Count > 0 && _open.Peek().Bound < Enough && GoOn(); round++)
        {
            _settledCost = Cost;
            _state.Load(Best);
            var allowed = Restrictions.None(model);
            for (var u = 0; u < model.Units; u++)
            {
                allowed.Unit[u] = _state.IsUsed(u) ? Restrictions.Used : Restrictions.Unused;
            }

            if (!_settled.Add(Convert.ToHexString(allowed.Unit)))
            {
                return;
            }

            allowed.Conclude(model);
            foreach (var inLines in (ReadOnlySpan<bool>)[false, true])
            {
                var start = _rootPrices!.Copy();
                for (var u = 0; u < model.Units; u++)
                {
                    _oracle.InLines[u] = inLines && allowed.Unit[u] == Restrictions.Used;
                    if (_oracle.InLines[u] && _oracle.BestMode[u] >= 0)
                    {
                        start.Value[u] = _oracle.TrialValue[_oracle.BestMode[u]];
                        start.Quantity[u] = _oracle.TrialQuantity[_oracle.BestMode[u]];
                        start.Weight[u] = _oracle.TrialWeight[_oracle.BestMode[u]];
                    }
                }

                (_ascent.MostGrowths, _ascent.Reach, _ascent.GapShare, _ascent.FirstStep) = (7, 1e6, 0.02, 0);
                _ascent.Run(start, allowed, Cost, double.PositiveInfinity, 60, Math.Min(1e-5, 0.1 * _tolerance), (n, _) =>
                {
                    if (n % 8 == 7)
                    {
                        BuildPlan(allowed);
                        _ascent.Target = Cost;
                    }

                    return GoOn();
                });
                BuildPlan(allowed);
            }

            _plans.Adopt(_state, _ascent.HeaviestChoices());
            _plans.Adopt(_state, Majority());
        }
    }

    private void Assembled(bool[] open, double[] rates)
    {
        for (var u = 0; u < open.Length; u++)
        {
            _rates[u] = open[u] ? rates[u] : double.PositiveInfinity;
        }

        _plans.Assemble(_state, _rates);
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

    /// <summary>
    /// Where the offers still allowed cannot bring a unit inside the value that was decided for it, nothing is left of the node: the
    /// bound then rises without end along the unit's rate. Prices far enough along it are kept, so that the leaf proves itself.
    /// </summary>
    private double Stretch(Restrictions allowed, double bound)
    {
        var model = _model;
        for (var u = 0; u < model.Units; u++)
        {
            if (allowed.Unit[u] != Restrictions.Used)
            {
                continue;
            }

            Span<double> least = [0, 0, 0];
            Span<double> greatest = [0, 0, 0];
            for (var o = model.UnitStart[u]; o < model.UnitStart[u + 1]; o++)
            {
                var (lo, hi) = allowed.Offers is { } limits && limits.TryGetValue(o, out var limit) ? limit : (0, long.MaxValue);
                if (hi < model.Least[o])
                {
                    continue;
                }

                var (min, max) = (double.PositiveInfinity, 0.0);
                var (from, to) = (Math.Max(lo, model.Least[o]), Math.Min(hi, model.Greatest[o]));
                for (var p = model.PieceStart[o]; p < model.PieceStart[o + 1]; p++)
                {
                    var (a, b) = (Math.Max(from, model.PieceLo[p]), Math.Min(to, model.PieceHi[p]));
                    if (a <= b)
                    {
                        min = Math.Min(min, model.PieceConstant[p] + (model.PieceSlope[p] * a));
                        max = Math.Max(max, model.PieceConstant[p] + (model.PieceSlope[p] * b));
                    }
                }

                greatest[0] += model.Group[o] >= 0 ? max / (1 - model.GroupBestRate[model.Group[o]]) : max;
                greatest[1] += to;
                greatest[2] += to * model.Weight[o];
                if (lo > 0 && !double.IsPositiveInfinity(min))
                {
                    least[0] += min;
                    least[1] += from;
                    least[2] += from * model.Weight[o];
                }
            }

            for (var measure = 0; measure < (model.ValueOnly[u] ? 1 : 3); measure++)
            {
                var (lo, hi) = measure switch
                {
                    0 => (allowed.ValueLo[u], allowed.ValueHi[u]),
                    1 => (allowed.QuantityLo[u], allowed.QuantityHi[u]),
                    _ => (allowed.WeightLo[u], allowed.WeightHi[u]),
                };
                var direction = least[measure] > hi * (1 + 1e-9) ? 1 : greatest[measure] < lo * (1 - 1e-9) ? -1 : 0;
                if (direction != 0 && Along(allowed, u, measure, direction) is { } far)
                {
                    return far;
                }
            }
        }

        return bound;
    }

    private double? Along(Restrictions allowed, int u, int measure, int direction)
    {
        if (measure == 0 && direction < 0 && _oracle.HasGroup[u])
        {
            return null;
        }

        var prices = _ascent.Best.Copy();
        var (rates, start) = measure switch
        {
            0 => (prices.Value, _ascent.Best.Value[u]),
            1 => (prices.Quantity, _ascent.Best.Quantity[u]),
            _ => (prices.Weight, _ascent.Best.Weight[u]),
        };
        for (var step = 0.25; step < 1e7; step *= 4)
        {
            rates[u] = start + (direction * step);
            var far = _oracle.Evaluate(prices, allowed);
            if (far >= Enough)
            {
                _ascent.Best.CopyFrom(prices);
                return far;
            }
        }

        return null;
    }

    /// <summary>Tries the rate of each mode for each unit: exact where the value of an order lies inside a mode.</summary>
    private double Polish(Restrictions allowed, double bound)
    {
        var model = _model;
        var prices = _ascent.Best.Copy();
        for (var round = 0; round < 2; round++)
        {
            for (var u = 0; u < model.Units; u++)
            {
                for (var m = model.ModeStart[u]; allowed.Unit[u] == Restrictions.Used && m < model.ModeStart[u + 1]; m++)
                {
                    var old = prices.Value[u];
                    prices.Value[u] = model.Modes[m].Rate - prices.Commitment[model.UnitDistributor[u]];
                    var polished = _oracle.Evaluate(prices, allowed);
                    if (polished > bound && !double.IsPositiveInfinity(polished))
                    {
                        bound = polished;
                        _ascent.Best.CopyFrom(prices);
                    }
                    else
                    {
                        prices.Value[u] = old;
                    }
                }
            }
        }

        return bound;
    }

    /// <summary>Computes the bound of prices once more, with everything that a proof and the fixing need, and keeps the better proof.</summary>
    private double Settle(Prices prices, Restrictions allowed, ProofNode proof, double parentBound)
    {
        _oracle.Slack = Math.Max(0, Cost - Math.Max(parentBound, 0));
        var bound = _oracle.Evaluate(prices, allowed);
        _oracle.Slack = 0;
        _latest = null;
        if (proof.Proof is null || bound >= proof.Bound)
        {
            proof.Proof = _latest = new Proof(_model, prices, _oracle, bound);
            proof.Bound = bound;
        }

        return Math.Max(bound, proof.Bound);
    }


    private void Close(ProofNode proof, double bound)
    {
        // Where nothing is left the inherited prices show it; more than the best plan need not be claimed.
        proof.Bound = Math.Min(bound, Math.Max(Cost, proof.Bound));
        _closedBound = Math.Min(_closedBound, bound);
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

    private void BuildPlan(Restrictions allowed)
    {
        for (var u = 0; u < _rates.Length; u++)
        {
            _rates[u] = !_oracle.Selected[u] || _oracle.BestMode[u] < 0 || allowed.Unit[u] == Restrictions.Unused ? double.PositiveInfinity
                : _oracle.InLines[u] ? _ascent.Current.Value[u]
                : _oracle.TrialValue[_oracle.BestMode[u]];
        }

        _plans.Assemble(_state, _rates, _ascent.Current.Pool);
    }

    /// <summary>The offers chosen most in the mixture that proves the bound, most first within each line.</summary>
    private IEnumerable<(int Offer, double Quantity, double Share)> Majority() =>
        Enumerable.Range(0, _model.Offers)
            .Where(o => _ascent.OfferShare[o] > 1e-6)
            .Select(o => (Offer: o, Quantity: _ascent.OfferQuantity[o] / _ascent.OfferShare[o], Share: _ascent.OfferShare[o]))
            .OrderByDescending(choice => choice.Share)
            .ThenBy(choice => choice.Offer);

    /// <summary>Makes every decision whose opposite cannot be better than the best plan.</summary>
    private ProofNode Fix(Restrictions allowed, ProofNode proof, double bound)
    {
        var model = _model;
        var oracle = _oracle;
        for (var u = 0; u < model.Units; u++)
        {
            if (allowed.Unit[u] == Restrictions.Free)
            {
                var ifUsed = bound - oracle.SelectionCost + oracle.Probe(allowed, u, Restrictions.Used);
                var ifUnused = bound - oracle.SelectionCost + oracle.Probe(allowed, u, Restrictions.Unused);
                if (ifUsed >= Enough || ifUnused >= Enough)
                {
                    var (lower, upper) = proof.Split(SplitSubject.UnitUsed, model.UnitNumber[u], 0);
                    var closeUsed = ifUsed >= Enough;
                    Close(closeUsed ? upper : lower, closeUsed ? ifUsed : ifUnused);
                    allowed.Unit[u] = closeUsed ? Restrictions.Unused : Restrictions.Used;
                    proof = closeUsed ? lower : upper;
                }
            }

            if (allowed.Unit[u] != Restrictions.Used || !oracle.Selected[u] || !model.ValueOnly[u])
            {
                continue;
            }

            // Modes in the order of their values: cut from the top, then from the bottom.
            var rest = bound - oracle.UsedCost[u];
            var top = model.ModeStart[u + 1] - 1;
            var cut = -1;
            var least = double.PositiveInfinity;
            for (var m = top; m > model.ModeStart[u]; m--)
            {
                least = Math.Min(least, rest + oracle.ModeCost[m]);
                if (least < Enough || model.Modes[m].LeastValue <= allowed.ValueLo[u])
                {
                    break;
                }

                if (model.Modes[m].LeastValue < allowed.ValueHi[u])
                {
                    cut = m;
                }
            }

            if (cut >= 0)
            {
                var above = double.PositiveInfinity;
                for (var m = cut; m <= top; m++)
                {
                    above = Math.Min(above, rest + oracle.ModeCost[m]);
                }

                var branch = new Branch(SplitSubject.UnitValue, u, model.Modes[cut].LeastValue, model.Modes[cut].LastBelow);
                var (lower, upper) = proof.Split(SplitSubject.UnitValue, model.UnitNumber[u], branch.AtMost);
                Close(upper, above);
                Decide(allowed, branch, true);
                proof = lower;
            }

            cut = -1;
            least = double.PositiveInfinity;
            for (var m = model.ModeStart[u]; m < top; m++)
            {
                least = Math.Min(least, rest + oracle.ModeCost[m]);
                if (least < Enough || model.Modes[m + 1].LeastValue >= allowed.ValueHi[u])
                {
                    break;
                }

                if (model.Modes[m + 1].LeastValue > allowed.ValueLo[u])
                {
                    cut = m + 1;
                }
            }

            if (cut >= 0)
            {
                var below = double.PositiveInfinity;
                for (var m = model.ModeStart[u]; m < cut; m++)
                {
                    below = Math.Min(below, rest + oracle.ModeCost[m]);
                }

                var branch = new Branch(SplitSubject.UnitValue, u, model.Modes[cut].LeastValue, model.Modes[cut].LastBelow);
                var (lower, upper) = proof.Split(SplitSubject.UnitValue, model.UnitNumber[u], branch.AtMost);
                Close(lower, below);
                Decide(allowed, branch, false);
                proof = upper;
            }
        }

        return proof;
    }

    private Branch? ChooseBranch(Restrictions allowed, double bound)
    {
        var model = _model;
        Branch? best = null;
        var bestScore = 1e-6;
        for (var u = 0; u < model.Units; u++)
        {
            var size = Math.Sqrt(_oracle.Reach.Value[u] + 1);
            if (allowed.Unit[u] == Restrictions.Free)
            {
                var share = _ascent.UsedShare[u];
                var change = Math.Min(
                    _oracle.Probe(allowed, u, Restrictions.Used) - _oracle.SelectionCost,
                    1e9);
                var other = Math.Min(_oracle.Probe(allowed, u, Restrictions.Unused) - _oracle.SelectionCost, 1e9);
                var score = (Math.Min(share, 1 - share) + 0.01) * size + (0.2 * Math.Min(change, other));
                if (score > bestScore)
                {
                    bestScore = score;
                    best = new Branch(SplitSubject.UnitUsed, u, 0, 0);
                }
            }
        }

        if (best is not null)
        {
            return best;
        }

        // Every unit is decided. A line that is half filled hides most: in truth it is filled or costs its penalty.
        if (LineSplit(allowed, 0.05 * (Cost - bound)) is { } line)
        {
            return line;
        }

        // Where the hull over the modes of a unit hides most, split its value.
        Branch? any = null;
        var anyHidden = 0.0;
        var worst = Math.Max(1e-7 * Math.Abs(Cost), 0.15 * (Cost - bound));
        for (var u = 0; u < model.Units; u++)
        {
            if (allowed.Unit[u] != Restrictions.Used)
            {
                continue;
            }

            if (ModeSplit(allowed, u, out var hidden) is { } split)
            {
                if (hidden > worst)
                {
                    worst = hidden;
                    best = split;
                }
                else if (hidden > anyHidden)
                {
                    anyHidden = hidden;
                    any = split;
                }
            }
        }

        return best ?? OfferSplit(allowed) ?? any ?? Undecided(allowed);
    }

    /// <summary>A split of a unit's value, quantity or weight between the modes that share it, and what the hull over them hides.</summary>
    private Branch? ModeSplit(Restrictions allowed, int u, out double hidden)
    {
        var model = _model;
        double value = 0, quantity = 0, weight = 0;
        for (var o = model.UnitStart[u]; o < model.UnitStart[u + 1]; o++)
        {
            if (_ascent.OfferQuantity[o] > 0 && _ascent.OfferShare[o] > 1e-9)
            {
                value += Math.Min(1, _ascent.OfferShare[o]) * _oracle.ValueOf(o, _ascent.OfferQuantity[o] / _ascent.OfferShare[o]);
                quantity += _ascent.OfferQuantity[o];
                weight += _ascent.OfferQuantity[o] * model.Weight[o];
            }
        }

        var prices = _ascent.Best;
        var hull = _oracle.UsedCost[u] + (prices.Value[u] * value) + (prices.Quantity[u] * quantity) + (prices.Weight[u] * weight);
        var cost = model.OrderCost(u, value, Math.Floor(quantity + 1e-6), weight);
        if (double.IsPositiveInfinity(cost))
        {
            cost = hull + Math.Max(1e-3, model.Modes[model.ModeStart[u]].LeastValue - value);
        }

        hidden = cost - hull;
        Branch? split = null;
        var nearest = double.PositiveInfinity;
        for (var m = model.ModeStart[u]; m < model.ModeStart[u + 1]; m++)
        {
            ref readonly var mode = ref model.Modes[m];
            Consider(SplitSubject.UnitValue, mode.LeastValue, value, allowed.ValueLo[u], Math.Min(allowed.ValueHi[u], _oracle.Reach.Value[u]), mode.LastBelow);
            Consider(SplitSubject.UnitQuantity, mode.LeastQuantity, quantity, allowed.QuantityLo[u], Math.Min(allowed.QuantityHi[u], _oracle.Reach.Quantity[u]), (Int128)mode.LeastQuantity - 1);
            Consider(SplitSubject.UnitWeight, mode.LeastWeight, weight, allowed.WeightLo[u], Math.Min(allowed.WeightHi[u], _oracle.Reach.Weight[u]), mode.LastWeightBelow);
        }

        return split;

        void Consider(SplitSubject subject, double at, double now, double lo, double hi, Int128 atMost)
        {
            var distance = Math.Abs(at - now) / Math.Max(at, 1e-9);
            if (at > lo * (1 + 1e-9) && at <= hi && atMost >= 0 && distance < nearest)
            {
                nearest = distance;
                split = new Branch(subject, u, at, atMost);
            }
        }
    }

    /// <summary>The line whose being filled is most in doubt, by its penalty.</summary>
    private Branch? LineSplit(Restrictions allowed, double worst)
    {
        Branch? best = null;
        for (var i = 0; i < _model.Lines; i++)
        {
            var share = _ascent.FilledShare[i];
            var doubt = Math.Min(share, 1 - share) * _model.Penalty[i];
            if (doubt > worst && (allowed.Line is null || allowed.Line[i] == Restrictions.Free))
            {
                worst = doubt;
                best = new Branch(SplitSubject.LineFilled, i, 0, 0);
            }
        }

        return best;
    }

    private Branch? OfferSplit(Restrictions allowed)
    {
        var model = _model;
        Branch? best = null;
        var bestScore = 0.0;
        for (var o = 0; o < model.Offers; o++)
        {
            if (!IsUndecided(allowed, o, out var lo, out var least, out var hi))
            {
                continue;
            }

            // How far the value of the offer strays in the mixture is what orders' values owe to its being undecided.
            var perUnit = model.PointValue[model.PointStart[o + 1] - 1] / model.PointQuantity[model.PointStart[o + 1] - 1];
            var share = Math.Clamp(_ascent.OfferShare[o], 0, 1);
            var strays = Math.Sqrt(Math.Max(0, _ascent.OfferSquare[o] - (_ascent.OfferQuantity[o] * _ascent.OfferQuantity[o])));
            var score = (strays + (share > 1e-6 || lo > 0 ? 1e-6 : 0)) * perUnit;
            if (score <= bestScore)
            {
                continue;
            }

            bestScore = score;
            if (lo == 0 && (share < 1 - 1e-4 || least >= hi))
            {
                best = new Branch(SplitSubject.OfferQuantity, o, 0, 0);
            }
            else
            {
                // In use for certain, or nearly: split its quantity near the average.
                var average = share > 1e-9 ? _ascent.OfferQuantity[o] / share : least;
                best = new Branch(SplitSubject.OfferQuantity, o, 0, Math.Clamp((long)Math.Floor(average), least, hi - 1));
            }
        }

        return best ?? GroupSplit(allowed);
    }

    /// <summary>Whether the decisions leave more than one quantity of an offer, none being one of them, and which it can be when it is used.</summary>
    private bool IsUndecided(Restrictions allowed, int o, out long lo, out long least, out long greatest)
    {
        var model = _model;
        (lo, var hi) = allowed.Offers is { } limits && limits.TryGetValue(o, out var limit) ? limit : (0, long.MaxValue);
        least = Nano.CeilingTo(Math.Max(lo, model.Least[o]), model.Multiple[o]);
        greatest = Math.Min(hi, model.Greatest[o]);
        greatest -= greatest % model.Multiple[o];
        return allowed.Unit[model.OfferUnit[o]] == Restrictions.Used && (allowed.Out is not { } gone || !gone[o])
            && (lo == 0 ? greatest >= least : greatest > least);
    }

    /// <summary>Any offer left undecided, though the mixture shows no doubt about it: at the end of a branch there must be one plan.</summary>
    private Branch? Undecided(Restrictions allowed)
    {
        for (var o = 0; o < _model.Offers; o++)
        {
            if (IsUndecided(allowed, o, out var lo, out var least, out _))
            {
                return new Branch(SplitSubject.OfferQuantity, o, 0, lo == 0 ? 0 : least);
            }
        }

        return null;
    }

    /// <summary>Offers that are not chosen still decide which rate their group can reach.</summary>
    private Branch? GroupSplit(Restrictions allowed)
    {
        var model = _model;
        for (var o = 0; o < model.Offers; o++)
        {
            if (model.Group[o] < 0 || allowed.Unit[model.OfferUnit[o]] != Restrictions.Used)
            {
                continue;
            }

            var (lo, hi) = allowed.Offers is { } limits && limits.TryGetValue(o, out var limit) ? limit : (0, long.MaxValue);
            if (lo == 0 && hi >= model.Least[o])
            {
                return new Branch(SplitSubject.OfferQuantity, o, 0, 0);
            }
        }

        return null;
    }
}
