namespace UnifiedCommerce.Sourcing;

/// <summary>The planes above the bound, and the mixture of them that points to the best prices near by.</summary>
internal sealed partial class BundleAscent
{
    /// <summary>How often weights of planes and pushes of limits are improved in turn.</summary>
    private const int MostRounds = 12;

    private readonly List<Plane> _planes = [];
    private readonly Stack<Plane> _spare = new();
    private readonly double[] _push;
    private double[] _gram = [];
    private double[] _slope = [];
    private int _gramSize;

    private sealed class Plane(int size, int units, int lines, int modes)
    {
        public double[] Gradient { get; } = new double[size];

        public double Error { get; set; }

        public double Weight { get; set; }

        public int Slot { get; set; }

        public int[] Mode { get; } = new int[units];

        public bool[] Filled { get; } = new bool[lines];

        public List<(int Offer, double Quantity, double Share)> Choices { get; } = [];

        public int Modes => modes;
    }

    /// <summary>Choices in lines of the plane that weighs most.</summary>
    public IReadOnlyList<(int Offer, double Quantity, double Share)> HeaviestChoices()
    {
        Plane? heaviest = null;
        foreach (var plane in _planes)
        {
            if (heaviest is null || plane.Weight > heaviest.Weight)
            {
                heaviest = plane;
            }
        }

        return heaviest?.Choices ?? [];
    }

    private double AddNullPlane(double bound)
    {
        var plane = NewPlane();
        plane.Error = Math.Max(0, bound - Dot(plane.Gradient) - BestBound);
        Insert(plane);
        return plane.Error;
    }

    private void AddPlane(double error)
    {
        var plane = NewPlane();
        plane.Error = error;
        Insert(plane);
    }

    private Plane NewPlane()
    {
        var model = _model;
        var plane = _spare.Count > 0 ? _spare.Pop() : new Plane(_size, model.Units, model.Lines, model.Modes.Length);
        plane.Weight = 0;
        var gradient = plane.Gradient;
        var at = 0;
        _oracle.GradientLine.CopyTo(gradient, 0);
        at += model.Lines;
        for (var u = 0; u < model.Units; u++)
        {
            var inLines = _oracle.InLines[u];
            gradient[at++] = inLines ? _oracle.GradientValue[u] : 0;
            gradient[at++] = inLines && !model.ValueOnly[u] ? _oracle.GradientQuantity[u] : 0;
            gradient[at++] = inLines && !model.ValueOnly[u] ? _oracle.GradientWeight[u] : 0;
            plane.Mode[u] = _oracle.Selected[u] ? _oracle.BestMode[u] : -1;
        }

        _oracle.GradientPool.CopyTo(gradient, at);
        _oracle.GradientCommitment.CopyTo(gradient, at + model.PoolIndex.Length);
        _oracle.Filled.CopyTo(plane.Filled, 0);
        plane.Choices.Clear();
        plane.Choices.AddRange(_oracle.LineChosen);
        return plane;
    }

    private void Insert(Plane plane)
    {
        if (_planes.Count >= MostPlanes)
        {
            // The plane that matters least: no weight, and furthest above the bound.
            var worst = 0;
            for (var k = 1; k < _planes.Count; k++)
            {
                var (a, b) = (_planes[k], _planes[worst]);
                if (a.Weight < b.Weight - 1e-12 || (Math.Abs(a.Weight - b.Weight) <= 1e-12 && a.Error > b.Error))
                {
                    worst = k;
                }
            }

            plane.Slot = _planes[worst].Slot;
            _spare.Push(_planes[worst]);
            _planes[worst] = plane;
        }
        else
        {
            plane.Slot = _planes.Count;
            _planes.Add(plane);
        }

        if (_gramSize < MostPlanes)
        {
            _gramSize = MostPlanes;
            _gram = new double[_gramSize * _gramSize];
            _slope = new double[_gramSize];
        }

        foreach (var other in _planes)
        {
            var sum = 0.0;
            var (a, b) = (plane.Gradient, other.Gradient);
            for (var c = 0; c < _size; c++)
            {
                sum += _scale[c] * a[c] * b[c];
            }

            _gram[(plane.Slot * _gramSize) + other.Slot] = sum;
            _gram[(other.Slot * _gramSize) + plane.Slot] = sum;
        }
    }

    /// <summary>
    /// Weights of the planes: the least error + t/2 x squared length of the mixed gradient, where what would push a price of stock or commitment
    /// beyond its limit does not count. Weights and pushes are improved in turn.
    /// </summary>
    private void Minimise(double t)
    {
        var total = 0.0;
        foreach (var plane in _planes)
        {
            total += plane.Weight;
        }

        if (total <= 0)
        {
            _planes[^1].Weight = 1;
        }
        else
        {
            foreach (var plane in _planes)
            {
                plane.Weight /= total;
            }
        }

        for (var round = 0; round < MostRounds; round++)
        {
            var changed = Push(t);
            if (round > 0 && changed <= 1e-3)
            {
                return;
            }

            Weigh(t);
            if (_limitStart == _size)
            {
                return;
            }
        }
    }

    /// <summary>The push with which limits hold prices at the present weights; gives how much it changed, as a share of its length.</summary>
    private double Push(double t)
    {
        double changed = 0, length = 1e-300;
        for (var c = _limitStart; c < _size; c++)
        {
            if (_scale[c] == 0)
            {
                continue;
            }

            var sum = 0.0;
            foreach (var plane in _planes)
            {
                if (plane.Weight > 0)
                {
                    sum += plane.Weight * plane.Gradient[c];
                }
            }

            var step = t * _scale[c];
            var wanted = _center[c] + (step * sum);
            var push = (Math.Clamp(wanted, _least[c], _greatest[c]) - wanted) / step;
            var difference = push - _push[c];
            changed += _scale[c] * difference * difference;
            length += _scale[c] * sum * sum;
            _push[c] = push;
        }

        return changed / length;
    }

    private void Weigh(double t)
    {
        var count = _planes.Count;
        for (var k = 0; k < count; k++)
        {
            var sum = 0.0;
            for (var l = 0; l < count; l++)
            {
                sum += _planes[l].Weight * _gram[(_planes[k].Slot * _gramSize) + _planes[l].Slot];
            }

            var gradient = _planes[k].Gradient;
            for (var c = _limitStart; c < _size; c++)
            {
                sum += _scale[c] * _push[c] * gradient[c];
            }

            _slope[k] = _planes[k].Error + (t * sum);
        }

        for (var tries = 0; tries < 100 + (20 * count); tries++)
        {
            var (down, up) = (-1, -1);
            for (var k = 0; k < count; k++)
            {
                if (up < 0 || _slope[k] < _slope[up])
                {
                    up = k;
                }

                if (_planes[k].Weight > 0 && (down < 0 || _slope[k] > _slope[down]))
                {
                    down = k;
                }
            }

            var gain = _slope[down] - _slope[up];
            if (gain <= 1e-10 * Math.Max(1e-3, Math.Abs(_slope[down])))
            {
                return;
            }

            var (a, b) = (_planes[up], _planes[down]);
            var curve = t * (_gram[(a.Slot * _gramSize) + a.Slot] + _gram[(b.Slot * _gramSize) + b.Slot] - (2 * _gram[(a.Slot * _gramSize) + b.Slot]));
            var move = curve > 1e-300 ? Math.Min(b.Weight, gain / curve) : b.Weight;
            a.Weight += move;
            b.Weight = move >= b.Weight ? 0 : b.Weight - move;
            for (var k = 0; k < count; k++)
            {
                var row = _planes[k].Slot * _gramSize;
                _slope[k] += t * move * (_gram[row + a.Slot] - _gram[row + b.Slot]);
            }
        }
    }

    private void Mix()
    {
        Array.Clear(UsedShare);
        Array.Clear(ModeShare);
        Array.Clear(FilledShare);
        Array.Clear(OfferShare);
        Array.Clear(OfferQuantity);
        Array.Clear(OfferSquare);
        var total = 0.0;
        foreach (var plane in _planes)
        {
            total += plane.Weight;
        }

        foreach (var plane in _planes)
        {
            var weight = total > 0 ? plane.Weight / total : 1.0 / _planes.Count;
            if (weight <= 0)
            {
                continue;
            }

            for (var u = 0; u < UsedShare.Length; u++)
            {
                if (plane.Mode[u] >= 0)
                {
                    UsedShare[u] += weight;
                    ModeShare[plane.Mode[u]] += weight;
                }
            }

            for (var i = 0; i < FilledShare.Length; i++)
            {
                FilledShare[i] += plane.Filled[i] ? weight : 0;
            }

            foreach (var (offer, quantity, share) in plane.Choices)
            {
                OfferShare[offer] += weight * share;
                OfferQuantity[offer] += weight * share * quantity;
                OfferSquare[offer] += weight * share * quantity * quantity;
            }
        }
    }
}
