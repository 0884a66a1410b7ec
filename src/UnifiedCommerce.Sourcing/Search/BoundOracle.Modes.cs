namespace UnifiedCommerce.Sourcing;

/// <summary>A unit at prices: its offers, and the rates that are best for each of its modes.</summary>
internal sealed partial class BoundOracle
{
    /// <summary>How far below its least rate a unit's rate may fall before offers that were left out count again.</summary>
    private const double RateSlack = 0.12;

    private readonly double[] _activeValue;
    private readonly double[] _activeBase;
    private readonly int[] _activeEnd;
    private readonly int[] _activeOffers;
    private readonly double[] _activeFrom;
    private readonly double[] _warm;
    private readonly int[] _lastBest;

    private void PriceUnit(int u, Prices prices, Restrictions allowed)
    {
        ClosedCost[u] = _model.ClosedCost[u];
        Selected[u] = false;
        if (allowed.Unit[u] == Restrictions.Unused)
        {
            UsedCost[u] = double.PositiveInfinity;
        }
        else if (InLines[u])
        {
            UsedCost[u] = InLineUnit(u, prices, allowed);
        }
        else
        {
            PriceOffers(u, prices, allowed.Out);
            UsedCost[u] = UnitCost(u, prices, allowed);
        }
    }

    /// <summary>Costs of points at the line prices; those that can gain at rates near the unit's own are set apart.</summary>
    private void PriceOffers(int u, Prices prices, bool[]? gone)
    {
        var model = _model;
        var hasPools = prices.Pool.Length > 0;
        var from = double.PositiveInfinity;
        for (var m = model.ModeStart[u]; m < model.ModeStart[u + 1]; m++)
        {
            from = Math.Min(from, model.Modes[m].Rate);
        }

        from = Math.Max(0, from - prices.Commitment[model.UnitDistributor[u]] - RateSlack);
        _activeFrom[u] = from;
        var first = model.PointStart[model.UnitStart[u]];
        var at = first;
        var active = model.UnitStart[u];
        for (var o = model.UnitStart[u]; o < model.UnitStart[u + 1]; o++)
        {
            var line = model.OfferLine[o];
            if (gone is not null && gone[o])
            {
                Array.Fill(_base, double.PositiveInfinity, model.PointStart[o], model.PointStart[o + 1] - model.PointStart[o]);
                continue;
            }

            var price = prices.Line[line];
            var before = at;
            var pool = hasPools && model.Pool[o] >= 0 ? prices.Pool[model.Pool[o]] : 0;
            for (var p = model.PointStart[o]; p < model.PointStart[o + 1]; p++)
            {
                var cost = model.PointCost[p] + (pool * model.PointQuantity[p]) - (price * model.PointCredit[p]);
                _base[p] = cost;
                if (cost + (from * _pointValue[p]) < 0)
                {
                    _activeValue[at] = _pointValue[p];
                    _activeBase[at++] = cost;
                }
            }

            if (at > before)
            {
                _activeEnd[active++] = at;
            }
        }

        _activeOffers[u] = active - model.UnitStart[u];
    }

    /// <summary>Sum over the offers of a unit of the best choice at rates, none being one of them.</summary>
    private double Choose(int u, double v, double q, double w, out double value, out double quantity, out double weight)
    {
        var model = _model;
        var starts = model.PointStart;
        var values = _pointValue;
        var sum = 0.0;
        value = 0;
        quantity = 0;
        weight = 0;
        if (q == 0 && w == 0 && model.ValueOnly[u])
        {
            if (v >= _activeFrom[u])
            {
                return ChooseActive(u, v, out value);
            }

            var end = model.UnitStart[u + 1];
            for (var o = model.UnitStart[u]; o < end; o++)
            {
                var best = 0.0;
                var bestValue = 0.0;
                var last = starts[o + 1];
                for (var p = starts[o]; p < last; p++)
                {
                    var cost = (v * values[p]) + _base[p];
                    if (cost < best)
                    {
                        best = cost;
                        bestValue = values[p];
                    }
                }

                sum += best;
                value += bestValue;
            }

            return sum;
        }

        for (var o = model.UnitStart[u]; o < model.UnitStart[u + 1]; o++)
        {
            var perUnit = q + (w * model.Weight[o]);
            var best = 0.0;
            var at = -1;
            for (var p = starts[o]; p < starts[o + 1]; p++)
            {
                var cost = (v * values[p]) + _base[p] + (perUnit * model.PointQuantity[p]);
                if (cost < best)
                {
                    best = cost;
                    at = p;
                }
            }

            if (at >= 0)
            {
                sum += best;
                value += values[at];
                quantity += model.PointQuantity[at];
                weight += model.PointQuantity[at] * model.Weight[o];
            }
        }

        return sum;
    }

    private double ChooseActive(int u, double v, out double value)
    {
        var sum = 0.0;
        value = 0;
        var p = _model.PointStart[_model.UnitStart[u]];
        var ends = _activeEnd.AsSpan(_model.UnitStart[u], _activeOffers[u]);
        var values = _activeValue;
        var costs = _activeBase;
        foreach (var end in ends)
        {
            var best = 0.0;
            var bestValue = 0.0;
            for (; p < end; p++)
            {
                var cost = (v * values[p]) + costs[p];
                if (cost < best)
                {
                    best = cost;
                    bestValue = values[p];
                }
            }

            sum += best;
            value += bestValue;
        }

        return sum;
    }

    /// <summary>Cost of a used unit priced by lines: the least over its modes, each at the best rates found for it.</summary>
    private double UnitCost(int u, Prices prices, Restrictions allowed)
    {
        var model = _model;
        var kappa = prices.Commitment[model.UnitDistributor[u]];
        var best = double.PositiveInfinity;
        BestMode[u] = -1;

        // The mode that was best before goes first, so that the others can stop early.
        var first = _lastBest[u];
        if (first >= 0)
        {
            best = ModeBound(u, first, kappa, allowed, double.PositiveInfinity, out _combination[u]);
            ModeCost[first] = best;
            BestMode[u] = double.IsPositiveInfinity(best) ? -1 : first;
        }

        for (var m = model.ModeStart[u]; m < model.ModeStart[u + 1]; m++)
        {
            if (m == first)
            {
                continue;
            }

            var cost = ModeBound(u, m, kappa, allowed, best + Slack, out var combination);
            ModeCost[m] = cost;
            if (cost < best)
            {
                best = cost;
                BestMode[u] = m;
                _combination[u] = combination;
            }
        }

        _lastBest[u] = BestMode[u];
        return best;
    }

    private double ModeBound(int u, int m, double kappa, Restrictions allowed, double enough, out Combination combination)
    {
        var model = _model;
        ref readonly var mode = ref model.Modes[m];
        combination = default;
        if (!TryBox(u, mode, allowed, out var box))
        {
            return double.PositiveInfinity;
        }

        var b = mode.Rate - kappa;
        double v = b, q = 0, w = 0;
        var sum = Choose(u, v, q, w, out var value, out var quantity, out var weight);
        var best = mode.Fixed + sum;
        TrialValue[m] = v;
        TrialQuantity[m] = 0;
        TrialWeight[m] = 0;
        combination = new Combination(v, v, q, q, w, w, 1);
        if (best >= enough)
        {
            return best;
        }

        // One coordinate after the other; two rounds do where more than one threshold counts.
        var rounds = model.ValueOnly[u] ? 1 : 2;
        for (var round = 0; round < rounds; round++)
        {
            var moved = false;
            for (var c = 0; c < (model.ValueOnly[u] ? 1 : 3); c++)
            {
                var (center, least, greatest, at, now) = c switch
                {
                    0 => (b, box.LeastValue, box.GreatestValue, v, value),
                    1 => (0, box.LeastQuantity, box.GreatestQuantity, q, quantity),
                    _ => (0, box.LeastWeight, box.GreatestWeight, w, weight),
                };
                if (at == center && now >= least && now <= greatest)
                {
                    continue;
                }

                moved = true;
                var line = new LineSearch(this, u, m, c, b, box, v, q, w, mode.Fixed);
                var reached = line.Run(center, least, greatest, c == 0 ? _warm[m] : 0, enough);
                if (c == 0)
                {
                    _warm[m] = line.Best - center;
                }

                if (reached > best)
                {
                    best = reached;
                    (v, q, w) = line.Rates(line.Best);
                    TrialValue[m] = v;
                    TrialQuantity[m] = q;
                    TrialWeight[m] = w;
                    var (va, qa, wa) = line.Rates(line.Low);
                    var (vb, qb, wb) = line.Rates(line.High);
                    combination = new Combination(va, vb, qa, qb, wa, wb, line.ShareLow);
                }

                if (best >= enough)
                {
                    return best;
                }

                if (!model.ValueOnly[u])
                {
                    Choose(u, v, q, w, out value, out quantity, out weight);
                }
            }

            if (!moved)
            {
                break;
            }
        }

        return best;
    }

    private bool TryBox(int u, in OrderMode mode, Restrictions allowed, out Box box)
    {
        var reach = allowed.Reach ?? Reach;
        box = new Box(
            Math.Max(mode.LeastValue, allowed.ValueLo[u]),
            Math.Min(Math.Min(mode.GreatestValue, allowed.ValueHi[u]), reach.Value[u]),
            Math.Max(mode.LeastQuantity, allowed.QuantityLo[u]),
            Math.Min(Math.Min(mode.GreatestQuantity, allowed.QuantityHi[u]), reach.Quantity[u]),
            Math.Max(mode.LeastWeight, allowed.WeightLo[u]),
            Math.Min(Math.Min(mode.GreatestWeight, allowed.WeightHi[u]), reach.Weight[u]));
        return box.LeastValue <= box.GreatestValue && box.LeastQuantity <= box.GreatestQuantity && box.LeastWeight <= box.GreatestWeight;
    }

    private readonly record struct Box(
        double LeastValue, double GreatestValue, double LeastQuantity, double GreatestQuantity, double LeastWeight, double GreatestWeight)
    {
        /// <summary>Least of (rate - v) x value - q x quantity - w x weight inside the box.</summary>
        public double Support(double slope, double q, double w) =>
            (slope >= 0 ? slope * LeastValue : slope * GreatestValue)
            - (q >= 0 ? q * GreatestQuantity : q * LeastQuantity)
            - (w >= 0 ? w * GreatestWeight : w * LeastWeight);
    }

    /// <summary>Maximises the concave bound of a mode along one rate by intersecting tangents.</summary>
    private ref struct LineSearch(BoundOracle oracle, int u, int m, int coordinate, double b, Box box, double v, double q, double w, double constant)
    {
        private readonly int _m = m;

        public double Best { get; private set; }

        public double Low { get; private set; }

        public double High { get; private set; }

        public double ShareLow { get; private set; }

        public readonly (double V, double Q, double W) Rates(double t) => coordinate switch
        {
            0 => (t, q, w),
            1 => (v, t, w),
            _ => (v, q, t),
        };

        public double Run(double center, double least, double greatest, double warm, double enough)
        {
            var reached = Value(center, out var amount);
            Best = center;
            Low = center;
            High = center;
            ShareLow = 1;
            double sign, limit;
            if (amount < least)
            {
                (sign, limit) = (-1, least);
            }
            else if (amount > greatest)
            {
                (sign, limit) = (1, greatest);
            }
            else
            {
                return reached;
            }

            // Near end: on the centre's side of the best rate; far end: beyond it.
            var (near, nearValue, nearAmount) = (center, reached, amount);
            var step = warm * sign > 1e-9 ? warm * sign : 0.02 * Math.Max(1e-3, Math.Abs(center));
            double far = 0, farValue = 0, farAmount = 0;
            var found = false;
            for (var tries = 0; tries < 40; tries++)
            {
                var t = center + (sign * step);
                if (t < 0 && coordinate == 0 && oracle.HasGroup[u])
                {
                    break;
                }

                var value = Value(t, out amount);
                Keep(t, value, ref reached);
                if (reached >= enough)
                {
                    return reached;
                }

                if ((limit - amount) * -sign >= 0)
                {
                    (near, nearValue, nearAmount) = (t, value, amount);
                    step *= 2;
                    if (Same(amount, limit))
                    {
                        Low = High = t;
                        return reached;
                    }
                }
                else
                {
                    (far, farValue, farAmount) = (t, value, amount);
                    found = true;
                    break;
                }
            }

            if (!found)
            {
                Low = High = near;
                return reached;
            }

            for (var tries = 0; tries < 12; tries++)
            {
                // Tangents: value + (amount - limit) x (t - end).
                var slopeNear = nearAmount - limit;
                var slopeFar = farAmount - limit;
                var t = ((farValue - nearValue) + (slopeNear * near) - (slopeFar * far)) / (slopeNear - slopeFar);
                if (!(t > Math.Min(near, far) && t < Math.Max(near, far)))
                {
                    break;
                }

                var model = nearValue + (slopeNear * (t - near));
                var value = Value(t, out amount);
                Keep(t, value, ref reached);
                if (reached >= enough || value >= model - (1e-9 * Math.Max(1, Math.Abs(model))))
                {
                    break;
                }

                if ((limit - amount) * -sign >= 0)
                {
                    (near, nearValue, nearAmount) = (t, value, amount);
                }
                else
                {
                    (far, farValue, farAmount) = (t, value, amount);
                }
            }

            Low = near;
            High = far;
            ShareLow = Math.Abs(nearAmount - farAmount) < 1e-12 ? 1 : Math.Clamp((limit - farAmount) / (nearAmount - farAmount), 0, 1);
            return reached;
        }

        private static bool Same(double a, double b) => Math.Abs(a - b) <= 1e-12 * Math.Max(1, Math.Abs(b));

        private void Keep(double t, double value, ref double reached)
        {
            if (value > reached)
            {
                reached = value;
                Best = t;
            }
        }

        private readonly double Value(double t, out double amount)
        {
            var (tv, tq, tw) = Rates(t);
            var sum = oracle.Choose(u, tv, tq, tw, out var value, out var quantity, out var weight);
            amount = coordinate switch
            {
                0 => value,
                1 => quantity,
                _ => weight,
            };
            return constant + sum + box.Support(b - tv, tq, tw);
        }
    }

    /// <summary>Order-level cost of a used unit whose offers are chosen in lines.</summary>
    private double InLineUnit(int u, Prices prices, Restrictions allowed)
    {
        var model = _model;
        var kappa = prices.Commitment[model.UnitDistributor[u]];
        var best = double.PositiveInfinity;
        BestMode[u] = -1;
        for (var m = model.ModeStart[u]; m < model.ModeStart[u + 1]; m++)
        {
            ref readonly var mode = ref model.Modes[m];
            ModeCost[m] = double.PositiveInfinity;
            if (!TryBox(u, mode, allowed, out var box))
            {
                continue;
            }

            var slope = mode.Rate - kappa - prices.Value[u];
            var q = prices.Quantity[u];
            var w = prices.Weight[u];
            var cost = mode.Fixed + box.Support(slope, q, w);
            ModeCost[m] = cost;
            if (cost < best)
            {
                best = cost;
                BestMode[u] = m;
                GradientValue[u] = -(slope >= 0 ? box.LeastValue : box.GreatestValue);
                GradientQuantity[u] = -(q >= 0 ? box.GreatestQuantity : box.LeastQuantity);
                GradientWeight[u] = -(w >= 0 ? box.GreatestWeight : box.LeastWeight);
            }
        }

        return best;
    }
}
