namespace UnifiedCommerce.Sourcing;

/// <summary>Plans on the way: from prices of a node, from swaps of distributors, and for just the units of the best plan.</summary>
internal sealed partial class BranchAndBound
{
    private readonly HashSet<string> _settled = [];
    private double _settledCost = double.PositiveInfinity;
    private Prices? _rootPrices;
    private long _swapWork;

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
}
