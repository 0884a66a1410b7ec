namespace UnifiedCommerce.Sourcing;

/// <summary>Splits a problem into parts that share nothing, and lays each out for the search.</summary>
internal sealed class ProblemParts
{
    private readonly SourcingProblem _problem;
    private readonly ExactTerms _exact;
    private readonly Eligibility[] _eligibility;
    private readonly Dictionary<PurchaseOrderKey, int> _keys = [];
    private readonly bool[] _hasPreferred;
    private readonly List<int>[] _offersOfLine;
    private readonly PurchaseOrderKey[] _keyList;

    private ProblemParts(SourcingProblem problem, ExactTerms exact)
    {
        _problem = problem;
        _exact = exact;
        _eligibility = OfferEligibility.Of(problem);
        foreach (var key in PurchaseOrderUnits.Keys(problem))
        {
            _keys.Add(key, _keys.Count);
        }

        _hasPreferred = new bool[problem.Lines.Count];
        _offersOfLine = new List<int>[problem.Lines.Count];
        for (var i = 0; i < _offersOfLine.Length; i++)
        {
            _offersOfLine[i] = [];
        }

        for (var o = 0; o < problem.Offers.Count; o++)
        {
            _hasPreferred[problem.Offers[o].Line] |= problem.Offers[o].Status == SourceStatus.Preferred;
            if (_eligibility[o] == Eligibility.Eligible)
            {
                _offersOfLine[problem.Offers[o].Line].Add(o);
            }
        }

        _keyList = [.. _keys.Keys];
    }

    public static List<SearchModel> Of(SourcingProblem problem, ExactTerms exact)
    {
        var parts = new ProblemParts(problem, exact);
        return [.. parts.Split().Select(parts.Layout)];
    }

    /// <summary>Lines that share a unit, a pool, a group, a commitment or the limit on distributors belong together.</summary>
    private List<List<int>> Split()
    {
        var lines = _problem.Lines.Count;
        var unitCount = _keys.Count * _problem.Distributors.Count;
        var parent = new int[lines + unitCount + _problem.StockPools.Count + _problem.GroupBreaks.Count + _problem.Distributors.Count];
        for (var v = 0; v < parent.Length; v++)
        {
            parent[v] = v;
        }

        var pools = lines + unitCount;
        var groups = pools + _problem.StockPools.Count;
        var distributors = groups + _problem.GroupBreaks.Count;
        for (var o = 0; o < _problem.Offers.Count; o++)
        {
            if (_eligibility[o] != Eligibility.Eligible)
            {
                continue;
            }

            var offer = _problem.Offers[o];
            Join(offer.Line, lines + UnitOf(offer));
            if (offer.StockPool is { } pool)
            {
                Join(offer.Line, pools + pool);
            }

            if (offer.GroupBreak is { } group)
            {
                Join(offer.Line, groups + group);
            }

            if (_problem.Distributors[offer.Distributor].Commitment is not null)
            {
                Join(offer.Line, distributors + offer.Distributor);
            }

            if (_problem.MaxDistributors is { } most && most < _problem.Distributors.Count)
            {
                Join(offer.Line, distributors);
            }
        }

        var byRoot = new Dictionary<int, List<int>>();
        for (var i = 0; i < lines; i++)
        {
            var root = Find(i);
            if (!byRoot.TryGetValue(root, out var list))
            {
                byRoot[root] = list = [];
            }

            list.Add(i);
        }

        return [.. byRoot.Values.OrderBy(list => list[0])];

        int Find(int v)
        {
            while (parent[v] != v)
            {
                v = parent[v] = parent[parent[v]];
            }

            return v;
        }

        void Join(int a, int b) => parent[Find(a)] = Find(b);
    }

    private int UnitOf(Offer offer) => (offer.Distributor * _keys.Count) + _keys[_problem.Lines[offer.Line].Key];

    private SearchModel Layout(List<int> lineIndexes)
    {
        var localLine = new Dictionary<int, int>();
        foreach (var i in lineIndexes)
        {
            localLine[i] = localLine.Count;
        }

        var offers = lineIndexes.SelectMany(i => _offersOfLine[i]).ToList();
        offers = [.. offers.OrderBy(o => UnitOf(_problem.Offers[o])).ThenBy(o => _problem.Offers[o].Line).ThenBy(o => o)];
        var units = offers.Select(o => UnitOf(_problem.Offers[o])).Distinct().ToArray();
        var distributors = units.Select(unit => unit / _keys.Count).Distinct().ToArray();
        var keys = _keyList;
        var unitAt = Numbers(units);
        var distributorAt = Numbers(distributors);
        var pools = offers.Where(o => _problem.Offers[o].StockPool is not null).GroupBy(o => _problem.Offers[o].StockPool!.Value).Where(Binds).Select(pool => pool.Key).Order().ToArray();
        var groups = offers.Where(o => _problem.Offers[o].GroupBreak is not null).Select(o => _problem.Offers[o].GroupBreak!.Value).Distinct().Order().ToArray();
        var lines = lineIndexes.Select(i => _problem.Lines[i]).ToArray();
        var poolAt = Numbers(pools);
        var groupAt = Numbers(groups);

        var modes = new List<OrderMode>();
        var modeStart = new int[units.Length + 1];
        var closed = new double[units.Length];
        var valueOnly = new bool[units.Length];
        var unitsOf = Enumerable.Range(0, units.Length).ToLookup(u => units[u] / _keys.Count);
        var distributorUnits = distributors.Select(d => unitsOf[d].ToArray()).ToArray();
        for (var u = 0; u < units.Length; u++)
        {
            var d = units[u] / _keys.Count;
            var only = OnlyUnit(distributorUnits[distributorAt[d]]);
            var own = OrderModes.Of(_problem, _exact, new PurchaseOrderUnit(d, keys[units[u] % _keys.Count]), only);
            modes.AddRange(own);
            modeStart[u + 1] = modes.Count;
            closed[u] = only && _problem.Distributors[d].Commitment is { } commitment
                ? (double)(commitment.MinValue * commitment.ShortfallRate) * RateOf(d)
                : 0;
            valueOnly[u] = own.All(mode => mode is { LeastQuantity: 0, LeastWeight: 0 } && double.IsPositiveInfinity(mode.GreatestQuantity) && double.IsPositiveInfinity(mode.GreatestWeight));
        }

        var tightest = TightestLeast(offers, localLine, lines);
        var groupBest = groups.Select(g => BestRate(_problem.GroupBreaks[g], offers.Where(o => _problem.Offers[o].GroupBreak == g))).ToArray();
        var pieces = new PieceList();
        var count = offers.Count;
        var least = new long[count];
        var greatest = new long[count];
        for (var k = 0; k < count; k++)
        {
            var offer = _problem.Offers[offers[k]];
            (least[k], greatest[k]) = OfferEligibility.Quantities(_problem, offer);
            least[k] = Math.Max(least[k], Nano.CeilingTo(tightest[k], offer.OrderMultiple));
            var groupRate = offer.GroupBreak is { } g ? groupBest[groupAt[g]] : 0;
            pieces.Add(
                this, offers[k], least[k], greatest[k], _problem.Lines[offer.Line], RateOf(offer.Distributor) * (1 - groupRate),
                Extra(offer), Use(offer, keys));
        }

        return new SearchModel
        {
            Problem = _problem,
            LineIndex = [.. lineIndexes],
            Need = [.. lines.Select(line => (double)line.Quantity)],
            MaxQuantity = [.. lines.Select(line => (double)line.MaxQuantity)],
            MaxSplits = [.. lines.Select(line => line.MaxSplits)],
            Penalty = [.. lines.Select(line => (double)line.UnfilledPenalty)],
            LineStart = Starts(lines.Length, offers.Select(o => localLine[_problem.Offers[o].Line])),
            LineOffers = [.. Enumerable.Range(0, count).OrderBy(k => localLine[_problem.Offers[offers[k]].Line]).ThenBy(k => k)],
            UnitNumber = units,
            UnitDistributor = [.. units.Select(unit => distributorAt[unit / _keys.Count])],
            DistributorIndex = distributors,
            DistributorUnits = distributorUnits,
            UnitRate = [.. units.Select(unit => RateOf(unit / _keys.Count))],
            UnitStart = Starts(units.Length, offers.Select(o => unitAt[UnitOf(_problem.Offers[o])])),
            ModeStart = modeStart,
            Modes = [.. modes],
            ClosedCost = closed,
            ValueOnly = valueOnly,
            MaxDistributors = Math.Min(_problem.MaxDistributors ?? int.MaxValue, distributors.Length),
            SharedCommitment = [.. distributors.Select((d, n) => OnlyUnit(distributorUnits[n]) ? 0 : (double)(_problem.Distributors[d].Commitment?.MinValue ?? 0) * RateOf(d))],
            SharedShortfall = [.. distributors.Select((d, n) => OnlyUnit(distributorUnits[n]) ? 0 : (double)(_problem.Distributors[d].Commitment?.ShortfallRate ?? 0))],
            OfferIndex = [.. offers],
            OfferLine = [.. offers.Select(o => localLine[_problem.Offers[o].Line])],
            OfferUnit = [.. offers.Select(o => unitAt[UnitOf(_problem.Offers[o])])],
            Least = least,
            Greatest = greatest,
            Multiple = [.. offers.Select(o => _problem.Offers[o].OrderMultiple)],
            UnitExtra = [.. offers.Select(o => Extra(_problem.Offers[o]))],
            UseCost = [.. offers.Select(o => Use(_problem.Offers[o], keys))],
            Weight = [.. offers.Select(o => (double)_problem.Offers[o].UnitWeight)],
            Pool = [.. offers.Select(o => _problem.Offers[o].StockPool is { } pool ? poolAt.GetValueOrDefault(pool, -1) : -1)],
            Group = [.. offers.Select(o => _problem.Offers[o].GroupBreak is { } group ? groupAt[group] : -1)],
            PieceStart = [.. pieces.Starts],
            PieceLo = [.. pieces.Lo],
            PieceHi = [.. pieces.Hi],
            PieceConstant = [.. pieces.Constant],
            PieceSlope = [.. pieces.Slope],
            PointStart = [.. pieces.PointStarts],
            PointQuantity = [.. pieces.Quantity],
            PointValue = [.. pieces.Value],
            PointCost = [.. pieces.Cost],
            PointCredit = [.. pieces.Credit],
            PoolIndex = pools,
            PoolAvailable = [.. pools.Select(pool => (double)_problem.StockPools[pool].Available)],
            GroupIndex = groups,
            GroupBestRate = groupBest,
        };
    }

    // Stock that suffices for all that its lines may take limits nothing.
    private bool Binds(IGrouping<int, int> pool) => _problem.StockPools[pool.Key].Available < pool.GroupBy(o => _problem.Offers[o].Line)
        .Sum(line => Math.Min(_problem.Lines[line.Key].MaxQuantity, line.Sum(o => OfferEligibility.Quantities(_problem, _problem.Offers[o]).Greatest)));

    // A distributor with one purchase order key in the whole problem carries its commitment in the cost of its only unit.
    private bool OnlyUnit(int[] unitsHere) => _keys.Count == 1 && unitsHere.Length == 1;

    private double RateOf(int distributor) => (double)_exact.RateOf(distributor) / Nano.RateOne;

    private double Extra(Offer offer) => (double)offer.UnitExtra * RateOf(offer.Distributor);

    private double Use(Offer offer, PurchaseOrderKey[] keys)
    {
        var line = _problem.Lines[offer.Line];
        var fee = (double)_exact.TermsOf(offer.Distributor, keys[_keys[line.Key]]).LineFee * RateOf(offer.Distributor);
        var soft = (double)offer.UseDecisionCost;
        return fee + soft + (_hasPreferred[offer.Line] && offer.Status != SourceStatus.Preferred ? (double)line.NotPreferredPenalty : 0);
    }

    /// <summary>Least quantity with which an offer can be part of a filled line: what the largest other offers cannot supply.</summary>
    private long[] TightestLeast(List<int> offers, Dictionary<int, int> localLine, DemandLine[] lines)
    {
        var byLine = new List<(long Greatest, int K)>[lines.Length];
        for (var k = 0; k < offers.Count; k++)
        {
            var offer = _problem.Offers[offers[k]];
            (byLine[localLine[offer.Line]] ??= []).Add((OfferEligibility.Quantities(_problem, offer).Greatest, k));
        }

        var result = new long[offers.Count];
        for (var i = 0; i < lines.Length; i++)
        {
            if (byLine[i] is not { } list)
            {
                continue;
            }

            list.Sort((a, b) => b.Greatest.CompareTo(a.Greatest));
            foreach (var (_, k) in list)
            {
                var others = list.Where(other => other.K != k).Take(lines[i].MaxSplits - 1).Sum(other => other.Greatest);
                result[k] = Math.Max(1, lines[i].Quantity - others);
            }
        }

        return result;
    }

    private double BestRate(GroupBreak group, IEnumerable<int> offers)
    {
        var greatest = offers.Sum(o => OfferEligibility.Quantities(_problem, _problem.Offers[o]).Greatest);
        return (double)PlanEvaluator.GroupRate(group, greatest) / Nano.RateOne;
    }

    private static Dictionary<int, int> Numbers(int[] values) => values.Select((value, at) => (value, at)).ToDictionary(pair => pair.value, pair => pair.at);

    private static int[] Starts(int count, IEnumerable<int> owners)
    {
        var starts = new int[count + 1];
        foreach (var owner in owners)
        {
            starts[owner + 1]++;
        }

        for (var v = 0; v < count; v++)
        {
            starts[v + 1] += starts[v];
        }

        return starts;
    }

    private sealed class PieceList
    {
        public List<int> Starts { get; } = [0];

        public List<double> Lo { get; } = [];

        public List<double> Hi { get; } = [];

        public List<double> Constant { get; } = [];

        public List<double> Slope { get; } = [];

        public List<int> PointStarts { get; } = [0];

        public List<double> Quantity { get; } = [];

        public List<double> Value { get; } = [];

        public List<double> Cost { get; } = [];

        public List<double> Credit { get; } = [];

        public void Add(ProblemParts parts, int o, long least, long greatest, DemandLine line, double rate, double extra, double use)
        {
            var offer = parts._problem.Offers[o];
            var starts = new SortedSet<long>(offer.Price.Breaks.Select(row => Math.Max(1, row.From))) { 1 };
            if (offer.Price.Promotion is { } promotion)
            {
                starts.Add(promotion.StockLimit + 1);
            }

            var from = starts.ToArray();
            var multiple = offer.OrderMultiple;
            var quantities = new SortedSet<long>();
            for (var s = 0; s < from.Length; s++)
            {
                var lo = Nano.CeilingTo(Math.Max(from[s], least), multiple);
                var hi = Math.Min(s + 1 < from.Length ? from[s + 1] - 1 : long.MaxValue, greatest) / multiple * multiple;
                if (lo > hi)
                {
                    continue;
                }

                var atLo = (double)parts._exact.Value(o, lo) / Nano.One * rate;
                var atHi = (double)parts._exact.Value(o, hi) / Nano.One * rate;
                var slope = hi > lo ? (atHi - atLo) / (hi - lo) : atLo / lo;
                Lo.Add(lo);
                Hi.Add(hi);
                Slope.Add(slope);
                Constant.Add(hi > lo ? atLo - (slope * lo) : 0);
                quantities.Add(lo);
                quantities.Add(hi);

                // The credit for covering the need bends at the need.
                var below = line.Quantity / multiple * multiple;
                var above = Nano.CeilingTo(line.Quantity, multiple);
                if (below > lo && below < hi)
                {
                    quantities.Add(below);
                }

                if (above > lo && above < hi)
                {
                    quantities.Add(above);
                }
            }

            Starts.Add(Lo.Count);
            foreach (var quantity in quantities)
            {
                var value = (double)parts._exact.Value(o, quantity) / Nano.One * rate;
                Quantity.Add(quantity);
                Value.Add(value);
                Cost.Add(use + (extra * quantity));
                Credit.Add(Math.Min(quantity, line.Quantity));
            }

            PointStarts.Add(Quantity.Count);
        }
    }
}
