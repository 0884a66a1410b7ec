using System.Numerics;

namespace UnifiedCommerce.Sourcing;

/// <summary>
/// The bound that prices prove under the decisions of a leaf, as <see cref="Certificate"/> describes it, in base currency x 1e21, rounded
/// down; null when the decisions leave nothing.
/// </summary>
/// <remarks>
/// Where the description leaves freedom (any lower bound of a minimum is a true bound) this takes what is simple and at least as strong: a used
/// unit takes at least one offer, a line bought from is not unfilled, at most max-splits offers fill a line.
/// </remarks>
internal sealed class LeafBound
{
    public static readonly BigInteger Scale = BigInteger.Pow(10, 21);
    private const long Trillion = 1_000_000_000_000;
    private const long ScaleOver1e9 = 1_000_000_000;

    private readonly CheckedPart _part;
    private readonly PricedPart _prices;
    private readonly LeafDecisions _decisions;
    private readonly bool[] _unitUsed;
    private readonly bool[] _unitBarred;
    private readonly bool[] _lineFilled;
    private readonly bool[] _lineUnfilled;
    private readonly OfferPoint[]?[] _points;
    private readonly bool[] _offerForced;
    private readonly Dictionary<int, (long Least, long Most)> _groups = [];

    private LeafBound(CheckedPart part, PricedPart prices, LeafDecisions decisions)
    {
        _part = part;
        _prices = prices;
        _decisions = decisions;
        _unitUsed = new bool[part.Units.Count];
        _unitBarred = new bool[part.Units.Count];
        _lineFilled = new bool[part.Lines.Count];
        _lineUnfilled = new bool[part.Lines.Count];
        _points = new OfferPoint[]?[part.Offers.Count];
        _offerForced = new bool[part.Offers.Count];
    }

    /// <summary>The bound; a fault when a unit priced by rate may stay unused.</summary>
    public static BigInteger? Of(CheckedPart part, PricedPart prices, LeafDecisions decisions, string place, List<CheckFault> faults)
    {
        if (decisions.IsEmpty)
        {
            return null;
        }

        var leaf = new LeafBound(part, prices, decisions);
        if (!leaf.Propagate())
        {
            return null;
        }

        for (var u = 0; u < part.Units.Count; u++)
        {
            if (prices.InLines[u] && !leaf._unitUsed[u] && !leaf._unitBarred[u])
            {
                faults.Add(new CheckFault("rate-unit-not-used", place, $"Unit {part.Units[u]} is priced by rate, and the decisions do not say that it is used."));
                return 0;
            }
        }

        return leaf.Sum();
    }

    /// <summary>Draws the plain conclusions from the decisions; false when they leave nothing.</summary>
    private bool Propagate()
    {
        for (var i = 0; i < _lineFilled.Length; i++)
        {
            var (lo, hi) = _decisions.Range(SplitSubject.LineFilled, _part.Lines[i]);
            _lineFilled[i] = lo >= 1;
            _lineUnfilled[i] = hi <= 0;
        }

        for (var u = 0; u < _unitUsed.Length; u++)
        {
            var number = _part.Units[u];
            var (lo, hi) = _decisions.Range(SplitSubject.UnitUsed, number);
            _unitUsed[u] = lo >= 1
                || _decisions.Range(SplitSubject.UnitValue, number).Lo > 0
                || _decisions.Range(SplitSubject.UnitQuantity, number).Lo > 0
                || _decisions.Range(SplitSubject.UnitWeight, number).Lo > 0;
            _unitBarred[u] = hi <= 0 || _decisions.Range(SplitSubject.DistributorUsed, _part.Problem.Units[number].Distributor).Hi <= 0;
        }

        for (var k = 0; k < _points.Length; k++)
        {
            Decide(k);
        }

        for (var k = 0; k < _points.Length; k++)
        {
            Offer(k);
        }

        for (var i = 0; i < _lineFilled.Length; i++)
        {
            if (!Line(i))
            {
                return false;
            }
        }

        for (var i = 0; i < _lineFilled.Length; i++)
        {
            DropOffersWithoutUse(i);
        }

        for (var u = 0; u < _unitUsed.Length; u++)
        {
            // A unit without offers is not used.
            _unitBarred[u] |= _part.OffersOfUnit[u].TrueForAll(k => _points[k]!.Length == 0);
            if (_unitUsed[u] && _unitBarred[u])
            {
                return false;
            }
        }

        foreach (var (group, greatest) in _part.GroupGreatest)
        {
            if (_decisions.Range(SplitSubject.GroupQuantity, group).Lo > Math.Min(greatest, _groups[group].Most))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Notes what a decision about an offer says of its unit and line, and what its group can reach.</summary>
    private void Decide(int k)
    {
        var offer = _part.Offers[k];
        var (lo, hi) = Range(offer);
        _offerForced[k] = lo >= 1;
        if (_offerForced[k])
        {
            _unitUsed[offer.Unit] = true;
            _lineFilled[offer.Line] = true;
        }

        if (offer.Group is { } group)
        {
            var (least, most) = _groups.GetValueOrDefault(group);
            _groups[group] = (least + (lo >= 1 ? (long)Int128.Min(Int128.Max(lo, offer.Least), offer.Greatest) : 0), most + (hi < offer.Least ? 0 : (long)Int128.Min(hi, offer.Greatest)));
        }
    }

    private (Int128 Lo, Int128 Hi) Range(CheckedOffer offer)
    {
        var (lo, hi) = _decisions.Range(SplitSubject.OfferQuantity, offer.Index);
        return (lo, _unitBarred[offer.Unit] || _lineUnfilled[offer.Line] ? 0 : hi);
    }

    private void Offer(int k)
    {
        var offer = _part.Offers[k];
        var (lo, hi) = Range(offer);

        var (groupLo, groupHi) = Group(offer);
        var groupDecided = offer.Group is { } group && (groupLo > 0 || groupHi < _part.GroupGreatest[group]);
        _points[k] = lo <= offer.Least && hi >= offer.Greatest && !groupDecided
            ? _part.Points[k]
            : _part.PointsOf(offer, (long)Int128.Max(lo, offer.Least), (long)Int128.Min(hi, offer.Greatest), groupLo, groupHi);
    }

    private (long Lo, long Hi) Group(CheckedOffer offer)
    {
        if (offer.Group is not { } group)
        {
            return (0, 0);
        }

        var (lo, hi) = _decisions.Range(SplitSubject.GroupQuantity, group);
        var (least, most) = _groups[group];
        return ((long)Int128.Min(Int128.Max(lo, least), _part.GroupGreatest[group]), (long)Int128.Min(hi, most));
    }

    private bool Line(int i)
    {
        var line = _part.Problem.Problem.Lines[_part.Lines[i]];
        long forced = 0;
        var forcedOffers = 0;
        foreach (var k in _part.OffersOfLine[i])
        {
            if (_offerForced[k])
            {
                if (_points[k]!.Length == 0)
                {
                    return false;
                }

                forced += _points[k]![0].Quantity;
                forcedOffers++;
            }
        }

        if (forced > line.MaxQuantity || forcedOffers > line.MaxSplits)
        {
            return false;
        }

        var canFill = CanFill(i, line);
        if (!canFill)
        {
            _lineUnfilled[i] = true;
        }

        return !(_lineFilled[i] && _lineUnfilled[i]);
    }

    private bool CanFill(int i, DemandLine line)
    {
        if (_lineUnfilled[i])
        {
            return false;
        }

        // Offers that are used take their place among the splits; the largest others take what is left.
        long most = 0;
        long least = 0;
        var places = line.MaxSplits;
        var others = new List<(long Least, long Most)>();
        foreach (var k in _part.OffersOfLine[i])
        {
            if (_points[k]!.Length == 0)
            {
                continue;
            }

            var (first, last) = (_points[k]![0].Quantity, _points[k]![^1].Quantity);
            if (_offerForced[k])
            {
                least += first;
                most += last;
                places--;
            }
            else
            {
                others.Add((first, last));
            }
        }

        if (most >= line.Quantity)
        {
            return true;
        }

        // With one or two places the least quantities tell exactly whether the line would be bought too far.
        if (places == 1)
        {
            return others.Exists(offer => most + offer.Most >= line.Quantity && least + offer.Least <= line.MaxQuantity);
        }

        if (places == 2)
        {
            return others.Exists(a => Fits(a, (0, 0)) || others.Exists(b => a != b && Fits(a, b)))
                || others.GroupBy(offer => offer).Any(same => same.Count() > 1 && Fits(same.Key, same.Key));
        }

        return most + others.Select(offer => offer.Most).OrderDescending().Take(places).Sum() >= line.Quantity;

        bool Fits((long Least, long Most) a, (long Least, long Most) b) =>
            most + a.Most + b.Most >= line.Quantity && least + a.Least + b.Least <= line.MaxQuantity;
    }

    /// <summary>An offer is in no filled line when it and the largest others beside it do not supply what the line needs.</summary>
    private void DropOffersWithoutUse(int i)
    {
        var line = _part.Problem.Problem.Lines[_part.Lines[i]];
        var offers = _part.OffersOfLine[i].Where(k => _points[k]!.Length > 0).Select(k => (Offer: k, Most: _points[k]![^1].Quantity)).ToList();
        foreach (var (k, most) in offers)
        {
            var supplied = most;
            var places = line.MaxSplits - 1;
            foreach (var (other, quantity) in offers)
            {
                if (other != k && _offerForced[other])
                {
                    supplied += quantity;
                    places--;
                }
            }

            supplied += offers.Where(other => other.Offer != k && !_offerForced[other.Offer]).Select(other => other.Most).OrderDescending().Take(Math.Max(0, places)).Sum();
            if (_lineUnfilled[i] || places < 0 || supplied < line.Quantity)
            {
                _points[k] = [];
            }
        }
    }

    private BigInteger? Sum()
    {
        BigInteger sum = 0;
        foreach (var (pool, price) in _prices.Pools)
        {
            sum -= (BigInteger)price * _part.Problem.Problem.StockPools[pool].Available * Trillion;
        }

        foreach (var (group, price) in _prices.Groups)
        {
            var (lo, hi) = _decisions.Range(SplitSubject.GroupQuantity, group);
            var (least, most) = _groups[group];
            sum += (BigInteger)price * (price >= 0 ? (BigInteger)Int128.Max(lo, least) : (BigInteger)Int128.Min(hi, most)) * Trillion;
        }

        foreach (var (d, price) in _prices.Commitments)
        {
            var promised = (BigInteger)CheckedProblem.Nano(_part.Problem.Problem.Distributors[d].Commitment!.MinValue) * _part.Problem.ExchangeRate(d);

            // Price in billionths x value in 1e21 parts: rounded down after the product.
            sum += FloorDivide(promised * price, ScaleOver1e9);
        }

        if (Distributors() is not { } orders)
        {
            return null;
        }

        sum += orders;
        for (var i = 0; i < _lineFilled.Length; i++)
        {
            if (LineCost(i) is not { } cost)
            {
                return null;
            }

            sum += cost;
        }

        return sum;
    }

    /// <summary>Cheapest allowed choice of distributors and units.</summary>
    private BigInteger? Distributors()
    {
        BigInteger sum = 0;
        var forced = 0;
        var gains = new List<BigInteger>();
        foreach (var distributor in _part.UnitsOfDistributor)
        {
            var (lo, _) = _decisions.Range(SplitSubject.DistributorUsed, distributor.Key);
            BigInteger closed = _part.Problem.OneKey ? (OrderCostPieces.FullShortfall(_part.Problem, distributor.Key) * Scale).Floor() : 0;
            BigInteger gain = 0;
            BigInteger? leastGain = null;
            var used = false;
            foreach (var u in distributor)
            {
                if (_unitBarred[u])
                {
                    sum += closed;
                    continue;
                }

                var cost = UsedCost(u);
                if (_unitUsed[u])
                {
                    if (cost is null)
                    {
                        return null;
                    }

                    used = true;
                    sum += cost.Value;
                    continue;
                }

                sum += closed;
                if (cost is { } open)
                {
                    gain += BigInteger.Min(0, open - closed);
                    leastGain = leastGain is null ? open - closed : BigInteger.Min(leastGain.Value, open - closed);
                }
            }

            if (used || lo >= 1)
            {
                if (!used && leastGain is null)
                {
                    return null;
                }

                // A distributor that is used has at least one unit that is.
                sum += used || gain.Sign < 0 ? gain : leastGain!.Value;
                forced++;
            }
            else if (gain.Sign < 0)
            {
                gains.Add(gain);
            }
        }

        var slots = (_part.Problem.Problem.MaxDistributors ?? int.MaxValue) - forced;
        if (slots < 0)
        {
            return null;
        }

        gains.Sort();
        return sum + gains.Take(slots).Aggregate(BigInteger.Zero, static (total, gain) => total + gain);
    }

    /// <summary>Least cost of a unit that is used, less the credit of its lines; null when it cannot be used.</summary>
    private BigInteger? UsedCost(int u)
    {
        var trials = _prices.Trials[u];
        Span<Int128> sums = trials.Length <= 64 ? stackalloc Int128[trials.Length] : new Int128[trials.Length];
        for (var t = 0; t < trials.Length; t++)
        {
            sums[t] = _prices.InLines[u] ? 0 : OffersAt(u, trials[t]);
        }

        var box = BoxOf(u);
        BigInteger? best = null;
        foreach (var piece in _part.Pieces[u])
        {
            var within = box.Within(piece);
            if (within is not { } range)
            {
                continue;
            }

            BigInteger? most = null;
            for (var t = 0; t < trials.Length; t++)
            {
                var bound = range.Least(piece, trials[t], _part.Problem.ExchangeRate(_part.Problem.Units[_part.Units[u]].Distributor)) + sums[t];
                most = most is null ? bound : BigInteger.Max(most.Value, bound);
            }

            best = best is null ? most : BigInteger.Min(best.Value, most!.Value);
        }

        return best;
    }

    /// <summary>What the offers of a unit cost at least at rates, line credit taken off.</summary>
    private Int128 OffersAt(int u, Trial trial)
    {
        Int128 sum = 0;
        var least = Int128.MaxValue;
        var any = false;
        foreach (var k in _part.OffersOfUnit[u])
        {
            var points = _points[k]!;
            if (points.Length == 0)
            {
                continue;
            }

            var offer = _part.Offers[k];
            var (rate, perUnit) = Coefficients(k, trial);
            var credit = (Int128)_prices.Lines[offer.Line] * Trillion;
            var best = Int128.MaxValue;
            foreach (ref readonly var point in points.AsSpan())
            {
                var cost = (rate * (rate >= 0 ? point.Low : point.High)) + (perUnit * point.Quantity) - (credit * Math.Min(point.Quantity, offer.Need));
                best = cost < best ? cost : best;
            }

            best += offer.UseCost;
            if (_offerForced[k] || best < 0)
            {
                sum += best;
                any = true;
            }
            else
            {
                least = best < least ? best : least;
            }
        }

        return any || least == Int128.MaxValue ? sum : least;
    }

    /// <summary>Rate on the value (billionths) and price of a unit (base currency x 1e21) at a trial.</summary>
    private (Int128 Rate, Int128 PerUnit) Coefficients(int k, Trial trial)
    {
        var offer = _part.Offers[k];
        Int128 rate = trial.Value;
        if (_prices.Commitments.Count > 0
            && _prices.Commitments.TryGetValue(_part.Problem.Units[_part.Units[offer.Unit]].Distributor, out var commitment))
        {
            rate -= commitment;
        }

        Int128 price = trial.Quantity;
        price += offer.Pool is { } pool && _prices.Pools.TryGetValue(pool, out var stock) ? stock : 0;
        price -= offer.Group is { } group && _prices.Groups.TryGetValue(group, out var together) ? together : 0;
        return (rate, (price * Trillion) + (trial.Weight * offer.Weight * 1000) + offer.ExtraPerUnit);
    }

    /// <summary>What the value, quantity and weight of a used unit can be.</summary>
    private Box BoxOf(int u)
    {
        Int128 valueSum = 0, weightSum = 0, quantitySum = 0;
        Int128 leastValue = Int128.MaxValue, leastWeight = Int128.MaxValue, leastQuantity = Int128.MaxValue;
        Int128 mostValue = 0, mostWeight = 0, mostQuantity = 0;
        foreach (var byLine in _part.OffersOfUnit[u].GroupBy(k => _part.Offers[k].Line))
        {
            var line = _part.Problem.Problem.Lines[_part.Lines[byLine.Key]];
            var tops = new List<(Int128 Value, long Quantity, Int128 Weight)>();
            foreach (var k in byLine)
            {
                var points = _points[k]!;
                if (points.Length == 0)
                {
                    continue;
                }

                var offer = _part.Offers[k];
                var (low, high) = (Int128.MaxValue, (Int128)0);
                foreach (var point in points)
                {
                    (low, high) = (Int128.Min(low, Int128.Max(0, point.ValueLow)), Int128.Max(high, point.ValueHigh));
                }

                var (first, last) = (points[0].Quantity, points[^1].Quantity);
                tops.Add((high, last, offer.Weight * last));
                leastValue = Int128.Min(leastValue, low);
                leastQuantity = Int128.Min(leastQuantity, first);
                leastWeight = Int128.Min(leastWeight, offer.Weight * first);
                if (_offerForced[k])
                {
                    (valueSum, quantitySum, weightSum) = (valueSum + low, quantitySum + first, weightSum + (offer.Weight * first));
                }
            }

            mostValue += tops.Select(top => top.Value).OrderDescending().Take(line.MaxSplits).Aggregate((Int128)0, static (sum, value) => sum + value);
            mostQuantity += Int128.Min(line.MaxQuantity, tops.Select(top => top.Quantity).OrderDescending().Take(line.MaxSplits).Sum());
            mostWeight += tops.Select(top => top.Weight).OrderDescending().Take(line.MaxSplits).Aggregate((Int128)0, static (sum, weight) => sum + weight);
        }

        var number = _part.Units[u];
        var box = new Box(
            Int128.Max(valueSum, leastValue), mostValue, Int128.Max(quantitySum, leastQuantity), mostQuantity, Int128.Max(weightSum, leastWeight), mostWeight);
        return box.Cut(
            _decisions.Range(SplitSubject.UnitValue, number), _decisions.Range(SplitSubject.UnitQuantity, number), _decisions.Range(SplitSubject.UnitWeight, number));
    }

    /// <summary>What a line adds: its penalty, or the line price for all it needs, or the cheapest use of offers priced by rate.</summary>
    private BigInteger? LineCost(int i)
    {
        var line = _part.Problem.Problem.Lines[_part.Lines[i]];
        BigInteger? best = _lineFilled[i] ? null : (BigInteger)CheckedProblem.Nano(line.UnfilledPenalty) * Trillion;
        if (_lineUnfilled[i])
        {
            return best;
        }

        var hasRest = false;
        List<LineCoverOffer>? own = null;
        foreach (var k in _part.OffersOfLine[i])
        {
            var offer = _part.Offers[k];
            if (_points[k]!.Length == 0)
            {
                continue;
            }

            if (!_prices.InLines[offer.Unit])
            {
                hasRest = true;
                continue;
            }

            var (rate, perUnit) = Coefficients(k, _prices.Trials[offer.Unit][0]);
            var (groupLo, groupHi) = Group(offer);
            (own ??= []).Add(new LineCoverOffer(_part, offer, _points[k]!, _offerForced[k], rate, perUnit, groupLo, groupHi));
        }

        Int128? rest = hasRest ? (Int128)_prices.Lines[i] * Trillion : null;
        var filled = own is null
            ? (rest is { } price ? price * line.Quantity : null)
            : LineCover.Least(line.Quantity, line.MaxQuantity, line.MaxSplits, own, rest);
        return filled is null ? best : best is null ? (BigInteger)filled.Value : BigInteger.Min(best.Value, filled.Value);
    }

    public static BigInteger FloorDivide(BigInteger numerator, BigInteger denominator)
    {
        var whole = BigInteger.DivRem(numerator, denominator, out var rest);
        return rest.Sign < 0 ? whole - 1 : whole;
    }

    /// <summary>Ranges of value (billionths), quantity and weight (billionths of a kilogram).</summary>
    private readonly record struct Box(Int128 ValueLo, Int128 ValueHi, Int128 QuantityLo, Int128 QuantityHi, Int128 WeightLo, Int128 WeightHi)
    {
        public Box Cut((Int128 Lo, Int128 Hi) value, (Int128 Lo, Int128 Hi) quantity, (Int128 Lo, Int128 Hi) weight) => new(
            Int128.Max(ValueLo, value.Lo), Int128.Min(ValueHi, value.Hi),
            Int128.Max(QuantityLo, quantity.Lo), Int128.Min(QuantityHi, quantity.Hi),
            Int128.Max(WeightLo, weight.Lo), Int128.Min(WeightHi, weight.Hi));

        public Box? Within(OrderCostPiece piece)
        {
            var cut = Cut((piece.ValueLo, piece.ValueHi), (piece.QuantityLo, piece.QuantityHi), (piece.WeightLo, piece.WeightHi));
            return cut.ValueLo > cut.ValueHi || cut.QuantityLo > cut.QuantityHi || cut.WeightLo > cut.WeightHi ? null : cut;
        }

        /// <summary>Least of fixed + slope x value - v x value - q x quantity - w x weight, in base currency x 1e21, rounded down.</summary>
        public BigInteger Least(OrderCostPiece piece, Trial trial, Int128 exchangeRate)
        {
            // Slope is base currency x 1e30 for a billionth of the distributor's currency; a rate in billionths times the exchange rate in
            // trillionths is 1e21 for a whole unit, so 1e30 for a billionth as well.
            var slope = piece.Slope - ((BigInteger)trial.Value * exchangeRate);
            var cost = piece.Fixed + (slope * (slope.Sign >= 0 ? ValueLo : ValueHi));
            var rest = ((BigInteger)trial.Quantity * (trial.Quantity >= 0 ? QuantityHi : QuantityLo) * Trillion)
                + ((BigInteger)trial.Weight * (trial.Weight >= 0 ? WeightHi : WeightLo) * 1000);
            return FloorDivide(cost, ScaleOver1e9) - rest;
        }
    }
}
