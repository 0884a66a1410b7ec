namespace UnifiedCommerce.Sourcing;

/// <summary>
/// Moves prices towards the best bound with a proximal bundle: every bound computed gives a plane above the bound function, the next
/// prices maximise the least of the planes less a charge for the distance from the best prices so far.
/// </summary>
internal sealed partial class BundleAscent
{
    private readonly SearchModel _model;
    private readonly BoundOracle _oracle;
    private readonly double[] _lineScale;
    private readonly double[] _unitScale;
    private readonly double[] _quantityScale;
    private readonly double[] _weightScale;
    private readonly double[] _poolScale;
    private readonly double[] _commitmentScale;
    private readonly double[] _center;
    private readonly double[] _point;
    private readonly double[] _scale;
    private readonly double[] _least;
    private readonly double[] _greatest;
    private readonly double[] _aggregate;
    private readonly int _limitStart;
    private readonly Prices _now;
    private int _size;

    public BundleAscent(SearchModel model, BoundOracle oracle)
    {
        _model = model;
        _oracle = oracle;
        _now = Prices.Zero(model);
        Best = Prices.Zero(model);
        UsedShare = new double[model.Units];
        ModeShare = new double[model.Modes.Length];
        FilledShare = new double[model.Lines];
        OfferShare = new double[model.Offers];
        OfferQuantity = new double[model.Offers];
        OfferSquare = new double[model.Offers];
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
                    cheapest = Math.Min(cheapest, (model.PointValue[p] + model.PointCost[p]) * model.Need[i] / model.PointCredit[p]);
                }
            }

            Start[i] = cheapest / model.Need[i];
            _lineScale[i] = Math.Max(cheapest, 1e-9) / (model.Need[i] * model.Need[i]);
        }

        _unitScale = new double[model.Units];
        _quantityScale = new double[model.Units];
        _weightScale = new double[model.Units];
        for (var u = 0; u < model.Units; u++)
        {
            _unitScale[u] = 1 / Math.Max(oracle.Reach.Value[u] / 3, 1e-6);
            _quantityScale[u] = oracle.Reach.Value[u] * 3 / Math.Max(1, oracle.Reach.Quantity[u] * oracle.Reach.Quantity[u]);
            _weightScale[u] = oracle.Reach.Value[u] * 3 / Math.Max(1e-9, oracle.Reach.Weight[u] * oracle.Reach.Weight[u]);
        }

        _poolScale = new double[model.PoolIndex.Length];
        for (var o = 0; o < model.Offers; o++)
        {
            if (model.Pool[o] >= 0)
            {
                var available = Math.Max(1, model.PoolAvailable[model.Pool[o]]);
                _poolScale[model.Pool[o]] = Math.Max(_poolScale[model.Pool[o]], Start[model.OfferLine[o]] / available);
            }
        }

        _commitmentScale = new double[model.Distributors];
        for (var d = 0; d < model.Distributors; d++)
        {
            _commitmentScale[d] = model.SharedCommitment[d] > 0 ? 1 / model.SharedCommitment[d] : 0;
        }

        _size = model.Lines + (3 * model.Units) + model.PoolIndex.Length + model.Distributors;
        _center = new double[_size];
        _point = new double[_size];
        _scale = new double[_size];
        _least = new double[_size];
        _greatest = new double[_size];
        _aggregate = new double[_size];
        _push = new double[_size];
        _limitStart = model.PoolIndex.Length > 0 || model.SharedCommitment.Any(promised => promised > 0) ? model.Lines + (3 * model.Units) : _size;
    }

    /// <summary>Cheapest price per unit of each line: where prices start.</summary>
    public double[] Start { get; }

    public Prices Best { get; }

    public Prices Current => _now;

    public double BestBound { get; private set; }

    /// <summary>How often each unit is used in the mixture of choices that proves the bound.</summary>
    public double[] UsedShare { get; }

    public double[] ModeShare { get; }

    /// <summary>How often each line is filled in the mixture.</summary>
    public double[] FilledShare { get; }

    public double[] OfferShare { get; }

    public double[] OfferQuantity { get; }

    /// <summary>Mean of the squared quantity of each offer.</summary>
    public double[] OfferSquare { get; }

    /// <summary>Step length to begin with; 0 to take it from the gap.</summary>
    public double FirstStep { get; set; }

    /// <summary>Step length at the end of the last run.</summary>
    public double LastStep { get; private set; }

    /// <summary>Cost of the best known plan; may fall while prices move.</summary>
    public double Target { get; set; }

    /// <summary>Stops when no more than this share of the gap to the best plan can be won.</summary>
    public double GapShare { get; set; } = 0.02;

    /// <summary>How often the reach is widened when nothing is left to win near by.</summary>
    public int MostGrowths { get; set; } = 4;

    /// <summary>How many times further away it is worth to look then.</summary>
    public double Reach { get; set; } = 50;

    /// <summary>Greatest number of planes kept: more where prices of stock and commitments have to settle too.</summary>
    public int MostPlanes => _limitStart < _size ? 80 : 40;

    /// <summary>Improves the bound from the given prices.</summary>
    /// <param name="from">Prices to start at; not changed.</param>
    /// <param name="allowed">Decisions.</param>
    /// <param name="target">Cost of the best known plan, which gives the first step its length.</param>
    /// <param name="enough">Bound at which to stop.</param>
    /// <param name="iterations">Most bounds to compute.</param>
    /// <param name="tolerance">Stops when no prices can be better than this fraction.</param>
    /// <param name="each">Called after each bound with its number; false stops.</param>
    public double Run(Prices from, Restrictions allowed, double target, double enough, int iterations, double tolerance, Func<int, double, bool>? each = null)
    {
        Target = target;
        Layout();
        ToVector(from, _center);
        foreach (var plane in _planes)
        {
            _spare.Push(plane);
        }

        _planes.Clear();
        _center.CopyTo(_point, 0);
        FromVector(_point, _now);
        BestBound = _oracle.Evaluate(_now, allowed);
        Best.CopyFrom(_now);
        if (double.IsPositiveInfinity(BestBound))
        {
            return BestBound;
        }

        AddPlane(0);
        if (BestBound >= enough || (each is not null && !each(0, BestBound)))
        {
            Mix();
            return BestBound;
        }

        var norm = Norm(_planes[0].Gradient);
        var t = FirstStep > 0 ? FirstStep : norm > 0 ? Math.Max(target - BestBound, 1e-3 * Math.Abs(BestBound)) / norm : 1;
        var growths = 0;
        var beforeGrowth = 0.0;
        var nulls = 0;
        for (var n = 1; n < iterations; n++)
        {
            Minimise(t);
            Array.Clear(_aggregate, 0, _size);
            var error = 0.0;
            foreach (var plane in _planes)
            {
                if (plane.Weight <= 0)
                {
                    continue;
                }

                error += plane.Weight * plane.Error;
                var gradient = plane.Gradient;
                for (var c = 0; c < _size; c++)
                {
                    _aggregate[c] += plane.Weight * gradient[c];
                }
            }

            // What the step promises; prices that may not fall below their limits stay there.
            var promised = 0.0;
            for (var c = 0; c < _size; c++)
            {
                _point[c] = Math.Clamp(_center[c] + (t * _scale[c] * _aggregate[c]), _least[c], _greatest[c]);
                promised += _aggregate[c] * (_point[c] - _center[c]);
            }

            var predicted = error + promised;
            var worthwhile = Math.Max(tolerance * Math.Abs(Target), GapShare * (Target - BestBound));
            if (predicted <= worthwhile)
            {
                // Nothing to win near by; while the mixed gradient does not vanish there may be further away.
                if (growths >= MostGrowths || promised * Reach < worthwhile)
                {
                    break;
                }

                growths++;
                (beforeGrowth, t) = (t, t * 10);
                n--;
                continue;
            }

            FromVector(_point, _now);
            var bound = _oracle.Evaluate(_now, allowed);
            if (double.IsPositiveInfinity(bound))
            {
                BestBound = bound;
                Best.CopyFrom(_now);
                return bound;
            }

            if (bound >= BestBound + (0.1 * predicted))
            {
                // A serious step: the planes are measured from the new centre.
                if (bound >= BestBound + (0.5 * predicted))
                {
                    t *= 1.8;
                }

                foreach (var plane in _planes)
                {
                    plane.Error += Dot(plane.Gradient) - (bound - BestBound);
                    plane.Error = Math.Max(0, plane.Error);
                }

                BestBound = bound;
                _point.CopyTo(_center, 0);
                Best.CopyFrom(_now);
                nulls = 0;
                beforeGrowth = 0;
                AddPlane(0);
            }
            else
            {
                var gradientError = AddNullPlane(bound);
                nulls++;
                if (beforeGrowth > 0)
                {
                    // Further away was no better: come back.
                    (t, beforeGrowth) = (beforeGrowth, 0);
                    growths = Reach > 1e3 ? growths : MostGrowths;
                }
                else if ((gradientError > 2 * predicted && nulls > 1) || nulls % 8 == 7)
                {
                    t *= 0.6;
                }

                if (bound > BestBound)
                {
                    // Better, though not enough to move the centre: keep the prices, not the centre.
                    Best.CopyFrom(_now);
                    foreach (var plane in _planes)
                    {
                        plane.Error = Math.Max(0, plane.Error + Dot(plane.Gradient) - (bound - BestBound));
                    }

                    BestBound = bound;
                    _point.CopyTo(_center, 0);
                }
            }

            if (BestBound >= enough || (each is not null && !each(n, bound)))
            {
                break;
            }
        }

        LastStep = t;
        Mix();
        return BestBound;
    }

    private void Layout()
    {
        var model = _model;
        var at = 0;
        for (var i = 0; i < model.Lines; i++, at++)
        {
            (_scale[at], _least[at], _greatest[at]) = (_lineScale[i], 0, double.PositiveInfinity);
        }

        for (var u = 0; u < model.Units; u++)
        {
            var inLines = _oracle.InLines[u];
            var all = inLines && !model.ValueOnly[u];
            Add(inLines ? _unitScale[u] : 0, _oracle.HasGroup[u] ? 0 : double.NegativeInfinity);
            Add(all ? _quantityScale[u] : 0);
            Add(all ? _weightScale[u] : 0);
        }

        foreach (var scale in _poolScale)
        {
            (_scale[at], _least[at], _greatest[at]) = (scale, 0, double.PositiveInfinity);
            at++;
        }

        for (var d = 0; d < model.Distributors; d++, at++)
        {
            (_scale[at], _least[at], _greatest[at]) = (_commitmentScale[d], 0, model.SharedShortfall[d]);
        }

        void Add(double scale, double least = double.NegativeInfinity)
        {
            (_scale[at], _least[at], _greatest[at]) = (scale, least, double.PositiveInfinity);
            at++;
        }
    }

    private void ToVector(Prices prices, double[] vector)
    {
        var at = 0;
        prices.Line.CopyTo(vector, 0);
        at += prices.Line.Length;
        for (var u = 0; u < prices.Value.Length; u++)
        {
            vector[at++] = prices.Value[u];
            vector[at++] = prices.Quantity[u];
            vector[at++] = prices.Weight[u];
        }

        prices.Pool.CopyTo(vector, at);
        prices.Commitment.CopyTo(vector, at + prices.Pool.Length);
    }

    private void FromVector(double[] vector, Prices prices)
    {
        var at = prices.Line.Length;
        Array.Copy(vector, prices.Line, at);
        for (var u = 0; u < prices.Value.Length; u++)
        {
            prices.Value[u] = vector[at++];
            prices.Quantity[u] = vector[at++];
            prices.Weight[u] = vector[at++];
        }

        Array.Copy(vector, at, prices.Pool, 0, prices.Pool.Length);
        Array.Copy(vector, at + prices.Pool.Length, prices.Commitment, 0, prices.Commitment.Length);
    }

    private double Norm(double[] vector)
    {
        var sum = 0.0;
        for (var c = 0; c < _size; c++)
        {
            sum += _scale[c] * vector[c] * vector[c];
        }

        return sum;
    }

    /// <summary>Gradient x (point - centre).</summary>
    private double Dot(double[] gradient)
    {
        var sum = 0.0;
        for (var c = 0; c < _size; c++)
        {
            sum += gradient[c] * (_point[c] - _center[c]);
        }

        return sum;
    }
}
