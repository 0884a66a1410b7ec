namespace UnifiedCommerce.Sourcing;

/// <summary>Moves prices towards a better bound: averaged subgradients with a step that aims at the best known plan.</summary>
internal sealed class DualAscent
{
    private readonly SearchModel _model;
    private readonly BoundOracle _oracle;
    private readonly Prices _direction;
    private readonly Prices _now;
    private readonly double[] _lineScale;
    private readonly double[] _unitScale;
    private readonly double[] _poolScale;
    private readonly double[] _commitmentScale;

    public DualAscent(SearchModel model, BoundOracle oracle)
    {
        _model = model;
        _oracle = oracle;
        _direction = Prices.Zero(model);
        _now = Prices.Zero(model);
        Best = Prices.Zero(model);
        UsedShare = new double[model.Units];
        ModeShare = new double[model.Modes.Length];
        Start = new double[model.Lines];
        _lineScale = new double[model.Lines];
        for (var i = 0; i < model.Lines; i++)
        {
            var cheapest = Math.Max(model.Penalty[i], 1e-9);
            for (var k = model.LineStart[i]; k < model.LineStart[i + 1]; k++)
            {
                var o = model.LineOffers[k];
                for (var p = model.PointStart[o]; p < model.PointStart[o + 1]; p++)
                {
                    var full = (model.PointValue[p] + model.PointCost[p]) * model.Need[i] / model.PointCredit[p];
                    cheapest = Math.Min(cheapest, full);
                }
            }

            Start[i] = cheapest / model.Need[i];
            _lineScale[i] = Math.Max(cheapest, 1e-9) / (model.Need[i] * model.Need[i]);
        }

        _unitScale = new double[model.Units];
        for (var u = 0; u < model.Units; u++)
        {
            _unitScale[u] = 1 / Math.Max(oracle.MaxValue[u] / 3, 1e-6);
        }

        _poolScale = new double[model.PoolIndex.Length];
        _commitmentScale = new double[model.Distributors];
        for (var o = 0; o < model.Offers; o++)
        {
            if (model.Pool[o] >= 0)
            {
                var available = Math.Max(1, model.PoolAvailable[model.Pool[o]]);
                _poolScale[model.Pool[o]] = Math.Max(_poolScale[model.Pool[o]], Start[model.OfferLine[o]] / available);
            }
        }

        for (var d = 0; d < model.Distributors; d++)
        {
            _commitmentScale[d] = model.SharedCommitment[d] > 0 ? 1 / model.SharedCommitment[d] : 0;
        }
    }

    /// <summary>Cheapest price per unit of each line: where prices start.</summary>
    public double[] Start { get; }

    public Prices Best { get; }

    public double BestBound { get; private set; }

    /// <summary>How often each unit was used, averaged over the recent bounds.</summary>
    public double[] UsedShare { get; }

    public double[] ModeShare { get; }

    public double Smoothing { get; set; } = 0.35;

    public double FirstFactor { get; set; } = 1.0;

    public Prices Current => _now;

    /// <summary>Improves the bound from the given prices.</summary>
    /// <param name="from">Prices to start at; not changed.</param>
    /// <param name="allowed">Decisions.</param>
    /// <param name="target">Cost of the best known plan: what the steps aim at.</param>
    /// <param name="enough">Bound at which to stop.</param>
    /// <param name="iterations">Most bounds to compute.</param>
    /// <param name="each">Called after each bound with its number; false stops.</param>
    public double Run(Prices from, Restrictions allowed, double target, double enough, int iterations, Func<int, double, bool>? each = null)
    {
        _now.CopyFrom(from);
        Clear(_direction);
        Array.Clear(UsedShare);
        Array.Clear(ModeShare);
        BestBound = double.NegativeInfinity;
        var factor = FirstFactor;
        var sinceBetter = 0;
        for (var n = 0; n < iterations; n++)
        {
            if (_oracle.OfferShare is { } shares)
            {
                var share = n == 0 ? 1.0 : Math.Max(0.1, 1.0 / (n + 1));
                _oracle.AverageWeight = share;
                for (var o = 0; o < shares.Length; o++)
                {
                    shares[o] *= 1 - share;
                    _oracle.OfferQuantity![o] *= 1 - share;
                }
            }

            var bound = _oracle.Evaluate(_now, allowed);
            if (bound > BestBound)
            {
                sinceBetter = bound > BestBound + (1e-5 * Math.Abs(bound)) ? 0 : sinceBetter + 1;
                BestBound = bound;
                Best.CopyFrom(_now);
            }
            else
            {
                sinceBetter++;
            }

            Average(n);
            if (bound >= enough || double.IsPositiveInfinity(bound) || (each is not null && !each(n, bound)))
            {
                break;
            }

            if (sinceBetter >= 8)
            {
                factor *= 0.6;
                sinceBetter = 0;
                if (factor < 0.003)
                {
                    break;
                }
            }

            var aim = Math.Max(target, BestBound + (1e-6 * Math.Abs(BestBound)));
            if (!Step(factor * (aim - bound), n == 0 ? 1 : Smoothing))
            {
                break;
            }
        }

        return BestBound;
    }

    private void Average(int n)
    {
        var share = n == 0 ? 1.0 : Math.Max(0.08, 1.0 / (n + 1));
        for (var u = 0; u < UsedShare.Length; u++)
        {
            UsedShare[u] += share * ((_oracle.Selected[u] ? 1 : 0) - UsedShare[u]);
            for (var m = _model.ModeStart[u]; m < _model.ModeStart[u + 1]; m++)
            {
                ModeShare[m] += share * ((_oracle.Selected[u] && _oracle.BestMode[u] == m ? 1 : 0) - ModeShare[m]);
            }
        }
    }

    private bool Step(double gap, double smoothing)
    {
        var oracle = _oracle;
        var d = _direction;
        var norm = 0.0;
        for (var i = 0; i < d.Line.Length; i++)
        {
            d.Line[i] += smoothing * (oracle.GradientLine[i] - d.Line[i]);
            norm += _lineScale[i] * d.Line[i] * d.Line[i];
        }

        for (var u = 0; u < d.Value.Length; u++)
        {
            if (!oracle.InLines[u])
            {
                continue;
            }

            d.Value[u] += smoothing * (oracle.GradientValue[u] - d.Value[u]);
            norm += _unitScale[u] * d.Value[u] * d.Value[u];
            if (_model.ValueOnly[u])
            {
                continue;
            }

            d.Quantity[u] += smoothing * (oracle.GradientQuantity[u] - d.Quantity[u]);
            d.Weight[u] += smoothing * (oracle.GradientWeight[u] - d.Weight[u]);
            norm += QuantityScale(u) * d.Quantity[u] * d.Quantity[u];
            norm += WeightScale(u) * d.Weight[u] * d.Weight[u];
        }

        for (var p = 0; p < d.Pool.Length; p++)
        {
            d.Pool[p] += smoothing * (oracle.GradientPool[p] - d.Pool[p]);
            norm += _now.Pool[p] <= 0 && d.Pool[p] < 0 ? 0 : _poolScale[p] * d.Pool[p] * d.Pool[p];
        }

        for (var c = 0; c < d.Commitment.Length; c++)
        {
            d.Commitment[c] += smoothing * (oracle.GradientCommitment[c] - d.Commitment[c]);
            norm += _commitmentScale[c] * d.Commitment[c] * d.Commitment[c];
        }

        if (norm < 1e-18 * Math.Max(1, Math.Abs(gap)))
        {
            return false;
        }

        var step = gap / norm;
        for (var i = 0; i < d.Line.Length; i++)
        {
            _now.Line[i] = Math.Max(0, _now.Line[i] + (step * _lineScale[i] * d.Line[i]));
        }

        for (var u = 0; u < d.Value.Length; u++)
        {
            if (!oracle.InLines[u])
            {
                continue;
            }

            _now.Value[u] += step * _unitScale[u] * d.Value[u];
            if (!_model.ValueOnly[u])
            {
                _now.Quantity[u] += step * QuantityScale(u) * d.Quantity[u];
                _now.Weight[u] += step * WeightScale(u) * d.Weight[u];
            }
        }

        for (var p = 0; p < d.Pool.Length; p++)
        {
            _now.Pool[p] = Math.Max(0, _now.Pool[p] + (step * _poolScale[p] * d.Pool[p]));
        }

        for (var c = 0; c < d.Commitment.Length; c++)
        {
            _now.Commitment[c] = Math.Clamp(_now.Commitment[c] + (step * _commitmentScale[c] * d.Commitment[c]), 0, _model.SharedShortfall[c]);
        }

        return true;
    }

    private double QuantityScale(int u) => _oracle.MaxValue[u] * 3 / Math.Max(1, _oracle.MaxUnits[u] * _oracle.MaxUnits[u]);

    private double WeightScale(int u) => _oracle.MaxValue[u] * 3 / Math.Max(1e-9, _oracle.MaxWeight[u] * _oracle.MaxWeight[u]);

    private static void Clear(Prices prices)
    {
        Array.Clear(prices.Line);
        Array.Clear(prices.Value);
        Array.Clear(prices.Quantity);
        Array.Clear(prices.Weight);
        Array.Clear(prices.Pool);
        Array.Clear(prices.Commitment);
    }
}
