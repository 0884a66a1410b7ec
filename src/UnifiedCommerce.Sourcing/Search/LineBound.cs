namespace UnifiedCommerce.Sourcing;

/// <summary>Cheapest way to cover a line with offers of units priced by rate, the rest at the line price.</summary>
internal sealed class LineBound
{
    /// <summary>Packs of an offer up to which a pair is looked at in whole packs; beyond that a broken pack hardly counts.</summary>
    private const int MostPacks = 1000;

    private readonly SearchModel _model;
    private readonly BoundOracle _oracle;
    private readonly List<Piece> _pieces = [];
    private readonly List<int> _offers = [];
    private readonly List<int> _pieceStart = [];
    private readonly List<double> _unitCost = [];
    private readonly List<bool> _forced = [];
    private int _forcedCount;
    private bool _mustBeFilled;
    private Choice _first;
    private Choice _second;
    private double _restCovered;
    private readonly List<Choice> _many = [];
    private bool _unfilled;

    public LineBound(SearchModel model, BoundOracle oracle)
    {
        _model = model;
        _oracle = oracle;
    }

    private readonly record struct Piece(double Lo, double Hi, double Constant, double Slope);

    internal readonly record struct Choice(int Offer, double Quantity, double Share);

    /// <summary>Collects the offers of a line that are priced by rate; false when there is none.</summary>
    public bool Prepare(int i, Prices prices, Restrictions allowed, bool[] inLines)
    {
        var model = _model;
        _pieces.Clear();
        _offers.Clear();
        _pieceStart.Clear();
        _forced.Clear();
        _forcedCount = 0;
        _mustBeFilled = allowed.Line is { } decidedLines && decidedLines[i] == Restrictions.Used;
        for (var k = model.LineStart[i]; k < model.LineStart[i + 1]; k++)
        {
            var o = model.LineOffers[k];
            var u = model.OfferUnit[o];
            if (!inLines[u] || allowed.Unit[u] != Restrictions.Used)
            {
                continue;
            }

            if (allowed.Out is { } gone && gone[o])
            {
                if (allowed.Offers is { } decided && decided.TryGetValue(o, out var must) && must.Lo > 0)
                {
                    // Must be used, and cannot be.
                    _forcedCount = int.MaxValue;
                    return true;
                }

                continue;
            }

            long lo = 0, hi = long.MaxValue;
            if (allowed.Offers is { } limits && limits.TryGetValue(o, out var limit))
            {
                (lo, hi) = limit;
                if (hi < model.Least[o])
                {
                    continue;
                }
            }

            var v = prices.Value[u];
            v *= model.Group[o] >= 0 ? _oracle.GroupScale[model.Group[o]] : 1;
            var perUnit = model.UnitExtra[o] + prices.Quantity[u] + (prices.Weight[u] * model.Weight[o])
                + (model.Pool[o] >= 0 ? prices.Pool[model.Pool[o]] : 0);
            var multiple = model.Multiple[o];
            var start = _pieces.Count;
            for (var p = model.PieceStart[o]; p < model.PieceStart[o + 1]; p++)
            {
                var pieceLo = model.PieceLo[p];
                var pieceHi = model.PieceHi[p];
                if (lo > pieceLo)
                {
                    pieceLo = Nano.CeilingTo(lo, multiple);
                }

                if (hi < pieceHi)
                {
                    pieceHi = hi / multiple * multiple;
                }

                if (pieceLo <= pieceHi)
                {
                    _pieces.Add(new(pieceLo, pieceHi, (v * model.PieceConstant[p]) + model.UseCost[o], (v * model.PieceSlope[p]) + perUnit));
                }
            }

            if (_pieces.Count == start && lo > 0)
            {
                // Must be used, and cannot be.
                _forcedCount = int.MaxValue;
                return true;
            }

            if (_pieces.Count > start)
            {
                _offers.Add(o);
                _pieceStart.Add(start);
                _forced.Add(lo > 0);
                _forcedCount += lo > 0 ? 1 : 0;
            }
        }

        _pieceStart.Add(_pieces.Count);
        return _offers.Count > 0;
    }

    /// <summary>Bound of the line prepared last.</summary>
    /// <param name="i">The line.</param>
    /// <param name="rest">Price of covering a unit by units priced by lines; infinite when there are none.</param>
    public double Bound(int i, double rest)
    {
        var model = _model;
        var need = model.Need[i];
        var most = model.MaxQuantity[i];
        var splits = model.MaxSplits[i];
        if (_forcedCount > splits)
        {
            return double.PositiveInfinity;
        }

        if (double.IsPositiveInfinity(rest) && (_forcedCount > 0 || splits > 2) && !CanCover(need, splits))
        {
            _unfilled = true;
            return _forcedCount > 0 || _mustBeFilled ? double.PositiveInfinity : model.Penalty[i];
        }

        var best = _forcedCount == 0 && !_mustBeFilled ? model.Penalty[i] : double.PositiveInfinity;
        _unfilled = true;
        _first = _second = default;
        _many.Clear();
        _restCovered = 0;
        if (_forcedCount == 0 && rest * need < best)
        {
            best = rest * need;
            _restCovered = need;
            _unfilled = false;
        }

        _unitCost.Clear();
        for (var k = 0; k < _offers.Count; k++)
        {
            var o = _offers[k];
            var unitCost = double.PositiveInfinity;
            var multiple = model.Multiple[o];
            for (var p = _pieceStart[k]; p < _pieceStart[k + 1]; p++)
            {
                var piece = _pieces[p];
                Try(piece.Lo, piece);
                Try(piece.Hi, piece);
                var above = Math.Ceiling(need / multiple) * multiple;
                if (above > piece.Lo && above < piece.Hi)
                {
                    Try(above, piece);
                }

                if (need > piece.Lo && need < piece.Hi)
                {
                    // In a pair the cheapest per unit may lie between two multiples; the pair is bounded there too.
                    unitCost = Math.Min(unitCost, (piece.Constant / need) + piece.Slope);
                }

                if (splits > 1)
                {
                    var below = Math.Floor(need / multiple) * multiple;
                    if (below > piece.Lo && below < piece.Hi)
                    {
                        Try(below, piece);
                    }
                }
            }

            _unitCost.Add(unitCost);

            void Try(double x, Piece piece)
            {
                var cost = piece.Constant + (piece.Slope * x);
                unitCost = Math.Min(unitCost, cost / Math.Min(x, need));
                var restPart = x < need ? need - x : 0;
                if (restPart > 0)
                {
                    if (splits == 1 || double.IsPositiveInfinity(rest))
                    {
                        return;
                    }

                    cost += rest * restPart;
                }

                if (cost < best && (_forcedCount == 0 || (_forcedCount == 1 && _forced[k])))
                {
                    best = cost;
                    _first = new Choice(o, x, 1);
                    _second = default;
                    _restCovered = restPart;
                    _unfilled = false;
                }
            }
        }

        if (splits == 2 && _offers.Count > 1)
        {
            best = Pairs(need, most, best);
        }
        else if (splits > 2)
        {
            best = Many(need, rest, best);
        }

        return best;
    }

    /// <summary>Whether the forced offers and the largest others can cover the need with so many splits.</summary>
    private bool CanCover(double need, int splits)
    {
        var covered = 0.0;
        var others = new List<double>(_offers.Count);
        for (var k = 0; k < _offers.Count; k++)
        {
            var most = _pieces[_pieceStart[k + 1] - 1].Hi;
            if (_forced[k])
            {
                covered += most;
                splits--;
            }
            else
            {
                others.Add(most);
            }
        }

        others.Sort();
        for (var k = others.Count - 1; k >= 0 && splits > 0; k--, splits--)
        {
            covered += others[k];
        }

        return covered >= need;
    }

    /// <summary>The cheapest pair in whole packs of a pair of pieces; false when there are too many to try.</summary>
    private bool WholePacks(int a, int b, in Piece pa, in Piece pb, double need, double most, ref double best)
    {
        var (ma, mb) = (_model.Multiple[_offers[a]], _model.Multiple[_offers[b]]);
        if (ma < mb)
        {
            return WholePacks(b, a, pb, pa, need, most, ref best);
        }

        var from = Math.Max(pa.Lo, Math.Ceiling((need - pb.Hi) / ma) * ma);
        var to = Math.Min(pa.Hi, most - pb.Lo);
        if (to - from > (double)ma * MostPacks)
        {
            return false;
        }

        for (var xa = from; xa <= to; xa += ma)
        {
            var lo = Math.Max(pb.Lo, Math.Ceiling((need - xa) / mb) * mb);
            var hi = Math.Min(pb.Hi, Math.Floor((most - xa) / mb) * mb);
            if (lo > hi)
            {
                continue;
            }

            var xb = pb.Slope < 0 ? hi : lo;
            var cost = pa.Constant + (pa.Slope * xa) + pb.Constant + (pb.Slope * xb);
            if (cost < best)
            {
                best = cost;
                _first = new Choice(_offers[a], xa, 1);
                _second = new Choice(_offers[b], xb, 1);
                _restCovered = 0;
                _unfilled = false;
            }
        }

        return true;
    }

    private double Pairs(double need, double most, double best)
    {
        var model = _model;
        for (var a = 0; a < _offers.Count; a++)
        {
            for (var b = a + 1; b < _offers.Count; b++)
            {
                var least = Math.Min(_unitCost[a], _unitCost[b]);
                if ((least >= 0 && least * need >= best) || (_forcedCount > 0 && (_forced[a] ? 1 : 0) + (_forced[b] ? 1 : 0) < _forcedCount))
                {
                    continue;
                }

                for (var p = _pieceStart[a]; p < _pieceStart[a + 1]; p++)
                {
                    for (var r = _pieceStart[b]; r < _pieceStart[b + 1]; r++)
                    {
                        var pa = _pieces[p];
                        var pb = _pieces[r];
                        var tried = false;
                        Corners(need);
                        if (pa.Slope < 0 || pb.Slope < 0)
                        {
                            Corners(most);
                        }

                        // Corners of the area need <= xa + xb <= most inside both pieces.
                        void Corners(double total)
                        {
                            Corner(pa.Lo, pb.Lo);
                            Corner(pa.Lo, pb.Hi);
                            Corner(pa.Hi, pb.Lo);
                            Corner(pa.Hi, pb.Hi);
                            Corner(pa.Lo, total - pa.Lo);
                            Corner(pa.Hi, total - pa.Hi);
                            Corner(total - pb.Lo, pb.Lo);
                            Corner(total - pb.Hi, pb.Hi);
                        }

                        void Corner(double xa, double xb)
                        {
                            if (xa < pa.Lo || xa > pa.Hi || xb < pb.Lo || xb > pb.Hi || xa + xb < need || xa + xb > most)
                            {
                                return;
                            }

                            var cost = pa.Constant + (pa.Slope * xa) + pb.Constant + (pb.Slope * xb);
                            if (cost >= best || tried)
                            {
                                return;
                            }

                            // Most corners break a pack; only those that would win are worth looking at in whole packs.
                            tried = (xa % model.Multiple[_offers[a]] != 0 || xb % model.Multiple[_offers[b]] != 0) && WholePacks(a, b, pa, pb, need, most, ref best);
                            if (!tried)
                            {
                                best = cost;
                                _first = new Choice(_offers[a], xa, 1);
                                _second = new Choice(_offers[b], xb, 1);
                                _restCovered = 0;
                                _unfilled = false;
                            }
                        }
                    }
                }
            }
        }

        return best;
    }

    /// <summary>Any number of splits: the best price per unit covered, at which offers fill the line.</summary>
    private double Many(double need, double rest, double best)
    {
        // A filled line costs at least t x need + what offers gain at that price, for every t up to the price of the rest.
        var ceiling = Math.Min(rest, 1e300);
        // A forced offer may cost more than the penalty; the price per unit then still need not exceed the dearest way to cover a unit.
        var model0 = double.IsPositiveInfinity(best) ? 10 * Dearest(need) : best;
        double low = 0, lowValue = Gain(0, need, out var lowCovered);
        if (lowCovered >= need)
        {
            return Settle(lowValue, 0, 0, 1, need, rest, best);
        }

        var high = Math.Min(ceiling, (Math.Min(best, model0) / need * 1.01) + 1e-9);
        var highValue = Gain(high, need, out var highCovered) + (high * need);
        for (var tries = 0; tries < 30 && highCovered < need && highValue < best && high < ceiling; tries++)
        {
            // Few units are cheap, so a higher price of the others still costs less in all than the alternative.
            (low, lowValue, lowCovered) = (high, highValue, highCovered);
            high = Math.Min(ceiling, high * 4);
            highValue = Gain(high, need, out highCovered) + (high * need);
        }

        if (highCovered < need)
        {
            // Still short at a price at which the line is as dear as its alternative.
            return highValue >= best ? best : Settle(highValue, high, high, 1, need, rest, best);
        }

        var top = Math.Max(lowValue, highValue);
        for (var tries = 0; tries < 30; tries++)
        {
            var slopeLow = need - lowCovered;
            var slopeHigh = need - highCovered;
            if (slopeLow - slopeHigh < 1e-12)
            {
                break;
            }

            var t = (highValue - lowValue + (slopeLow * low) - (slopeHigh * high)) / (slopeLow - slopeHigh);
            if (!(t > low && t < high))
            {
                break;
            }

            var model = lowValue + (slopeLow * (t - low));
            var value = Gain(t, need, out var covered) + (t * need);
            top = Math.Max(top, value);
            if (covered < need)
            {
                (low, lowValue, lowCovered) = (t, value, covered);
            }
            else
            {
                (high, highValue, highCovered) = (t, value, covered);
            }

            if (value >= model - (1e-10 * Math.Max(1, Math.Abs(model))))
            {
                break;
            }
        }

        var share = Math.Abs(lowCovered - highCovered) < 1e-12 ? 0 : Math.Clamp((need - highCovered) / (lowCovered - highCovered), 0, 1);
        return Settle(top, low, high, share, need, rest, best);
    }

    private double Dearest(double need)
    {
        var dearest = 1e-6;
        foreach (var piece in _pieces)
        {
            dearest = Math.Max(dearest, Math.Max(piece.Constant + (piece.Slope * piece.Lo), piece.Constant + (piece.Slope * piece.Hi)) / Math.Min(piece.Lo, need) * need);
        }

        return dearest;
    }

    private double Settle(double value, double low, double high, double shareLow, double need, double rest, double best)
    {
        if (value >= best)
        {
            return best;
        }

        _unfilled = false;
        _first = _second = default;
        _many.Clear();
        var covered = Collect(low, shareLow, need) + Collect(high, 1 - shareLow, need);
        _restCovered = double.IsPositiveInfinity(rest) ? 0 : Math.Max(0, need - covered);
        return value;
    }

    private double Gain(double t, double need, out double covered)
    {
        var sum = 0.0;
        covered = 0;
        for (var k = 0; k < _offers.Count; k++)
        {
            sum += BestPoint(k, t, need, out var quantity);
            covered += Math.Min(quantity, need);
        }

        return sum;
    }

    private double Collect(double t, double share, double need)
    {
        var covered = 0.0;
        if (share <= 0)
        {
            return 0;
        }

        for (var k = 0; k < _offers.Count; k++)
        {
            BestPoint(k, t, need, out var quantity);
            if (quantity > 0)
            {
                _many.Add(new Choice(_offers[k], quantity, share));
                covered += share * Math.Min(quantity, need);
            }
        }

        return covered;
    }

    private double BestPoint(int k, double t, double need, out double quantity)
    {
        var best = _forced[k] ? double.PositiveInfinity : 0.0;
        var at = 0.0;
        var multiple = _model.Multiple[_offers[k]];
        for (var p = _pieceStart[k]; p < _pieceStart[k + 1]; p++)
        {
            var piece = _pieces[p];
            Try(piece.Lo);
            Try(piece.Hi);
            var below = Math.Floor(need / multiple) * multiple;
            if (below > piece.Lo && below < piece.Hi)
            {
                Try(below);
            }

            var above = below < need ? below + multiple : below;
            if (above > piece.Lo && above < piece.Hi)
            {
                Try(above);
            }

            void Try(double x)
            {
                var cost = piece.Constant + (piece.Slope * x) - (t * Math.Min(x, need));
                if (cost < best)
                {
                    best = cost;
                    at = x;
                }
            }
        }

        quantity = at;
        return best;
    }

    /// <summary>Adds the choice of the last bound to the gradient of the oracle.</summary>
    public void AddTo(BoundOracle oracle, int i)
    {
        oracle.Filled[i] = !_unfilled;
        if (_unfilled)
        {
            return;
        }

        oracle.GradientLine[i] += _restCovered;
        if (_first.Share > 0)
        {
            oracle.AddLineChoice(_first.Offer, _first.Quantity, 1);
        }

        if (_second.Share > 0)
        {
            oracle.AddLineChoice(_second.Offer, _second.Quantity, 1);
        }

        foreach (var choice in _many)
        {
            oracle.AddLineChoice(choice.Offer, choice.Quantity, choice.Share);
        }
    }
}
