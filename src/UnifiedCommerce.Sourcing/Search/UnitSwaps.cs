namespace UnifiedCommerce.Sourcing;

/// <summary>
/// Looks for better sets of units by adding, dropping and swapping them, with each line bought whole where it is cheapest at fixed
/// rates: a location problem that stands in for the real one. Good sets are then assembled in earnest.
/// </summary>
internal sealed class UnitSwaps
{
    private readonly SearchModel _model;
    private readonly int[] _start;
    private readonly int[] _unit;
    private readonly double[] _cost;
    private readonly double[] _fixed;
    private readonly bool[] _open;
    private readonly double[] _drop;
    private readonly double[] _add;
    private readonly double[,] _both;
    private readonly List<int> _candidates = [];

    public UnitSwaps(SearchModel model)
    {
        _model = model;
        _start = new int[model.Lines + 1];
        _unit = new int[model.Offers];
        _cost = new double[model.Offers];
        _fixed = new double[model.Units];
        _open = new bool[model.Units];
        _drop = new double[model.Units];
        _add = new double[model.Units];
        _both = new double[model.Units, model.Units];
    }

    public long Work { get; private set; }

    /// <summary>Fixes the rates and fixed costs of units at which sets are compared.</summary>
    public void Price(ReadOnlySpan<double> rates, ReadOnlySpan<double> fixedCosts)
    {
        var model = _model;
        var at = 0;
        for (var i = 0; i < model.Lines; i++)
        {
            _start[i] = at;
            for (var k = model.LineStart[i]; k < model.LineStart[i + 1]; k++)
            {
                var o = model.LineOffers[k];
                var u = model.OfferUnit[o];
                var best = double.PositiveInfinity;
                for (var p = model.PointStart[o]; p < model.PointStart[o + 1]; p++)
                {
                    // What an offer cannot cover is taken at the same price; splitting is left to the assembly.
                    var cost = ((rates[u] * model.PointValue[p]) + model.PointCost[p]) * model.Need[i] / model.PointCredit[p];
                    best = Math.Min(best, cost);
                }

                // Offers of one unit stand side by side. A unit counts once for a line: dropping it loses all of its offers.
                if (at > _start[i] && _unit[at - 1] == u)
                {
                    _cost[at - 1] = Math.Min(_cost[at - 1], best);
                }
                else if (best < model.Penalty[i])
                {
                    _unit[at] = u;
                    _cost[at++] = best;
                }
            }
        }

        _start[model.Lines] = at;
        fixedCosts.CopyTo(_fixed);
    }

    /// <summary>Improves a set in place until no addition, drop or swap helps; gives its cost at the fixed rates.</summary>
    public double Improve(bool[] open, Func<bool> goOn)
    {
        var model = _model;
        open.CopyTo(_open, 0);
        var total = 0.0;
        var before = double.PositiveInfinity;
        while (true)
        {
            total = Evaluate();
            if (total >= before)
            {
                // Rounding promised a gain that is none.
                break;
            }

            before = total;
            Work += _start[model.Lines] / 4;
            var count = _open.Count(isOpen => isOpen);
            var (bestGain, bestIn, bestOut) = (1e-7 * Math.Abs(total), -1, -1);
            for (var u = 0; u < model.Units; u++)
            {
                if (_open[u])
                {
                    // Dropping saves the fixed cost and loses the first choices.
                    Consider(_fixed[u] - _drop[u], -1, u);
                    continue;
                }

                var add = _add[u] - _fixed[u];
                if (count < model.MaxDistributors)
                {
                    Consider(add, u, -1);
                }

                for (var v = 0; v < model.Units; v++)
                {
                    if (_open[v])
                    {
                        Consider(add + _fixed[v] - _drop[v] + _both[u, v], u, v);
                    }
                }
            }

            if (bestIn < 0 && bestOut < 0)
            {
                break;
            }

            if (bestIn >= 0)
            {
                _open[bestIn] = true;
            }

            if (bestOut >= 0)
            {
                _open[bestOut] = false;
            }

            if (!goOn())
            {
                break;
            }

            void Consider(double gain, int into, int outOf)
            {
                if (gain > bestGain)
                {
                    (bestGain, bestIn, bestOut) = (gain, into, outOf);
                }
            }
        }

        _open.CopyTo(open, 0);
        return total;
    }

    /// <summary>First and second choice of every line, and from them what adding, dropping and swapping units changes.</summary>
    private double Evaluate()
    {
        var model = _model;
        Array.Clear(_drop);
        Array.Clear(_add);
        Array.Clear(_both);
        var total = 0.0;
        for (var u = 0; u < model.Units; u++)
        {
            total += _open[u] ? _fixed[u] : 0;
        }

        for (var i = 0; i < model.Lines; i++)
        {
            var (first, firstCost, secondCost) = (-1, model.Penalty[i], model.Penalty[i]);
            _candidates.Clear();
            for (var k = _start[i]; k < _start[i + 1]; k++)
            {
                if (!_open[_unit[k]])
                {
                    _candidates.Add(k);
                }
                else if (_cost[k] < firstCost)
                {
                    (first, firstCost, secondCost) = (_unit[k], _cost[k], firstCost);
                }
                else if (_cost[k] < secondCost)
                {
                    secondCost = _cost[k];
                }
            }

            total += firstCost;
            if (first >= 0)
            {
                _drop[first] += secondCost - firstCost;
            }

            foreach (var k in _candidates)
            {
                if (_cost[k] < firstCost)
                {
                    _add[_unit[k]] += firstCost - _cost[k];
                }

                if (first >= 0 && _cost[k] < secondCost)
                {
                    // With the newcomer there, losing the first choice costs less.
                    _both[_unit[k], first] += secondCost - Math.Max(firstCost, _cost[k]);
                }
            }
        }

        return total;
    }
}
