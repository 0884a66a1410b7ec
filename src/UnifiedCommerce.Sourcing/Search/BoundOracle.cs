namespace UnifiedCommerce.Sourcing;

/// <summary>
/// Computes the lower bound that given prices prove (see <see cref="Certificate"/> for what is computed), and the direction in
/// which the prices should move.
/// </summary>
/// <remarks>
/// Units are priced by lines: a unit chooses its offers against the credit that line prices give, and each of its modes
/// finds the best rates by itself. Units of which the use is decided and whose modes need no hull any more are priced by rate:
/// their offers are chosen in the lines, where splits are seen exactly.
/// </remarks>
internal sealed partial class BoundOracle
{
    private readonly SearchModel _model;
    /// <summary>Offers from which units are worth pricing on several threads.</summary>
    private const int LargeModel = 4000;

    private readonly ParallelOptions? _parallel;
    private readonly double[] _base;
    private readonly double[] _pointValue;
    private readonly bool[] _hasRest;
    private readonly LineBound _lines;

    public BoundOracle(SearchModel model, int threads = 1)
    {
        _model = model;
        _parallel = threads > 1 && model.Offers >= LargeModel ? new ParallelOptions { MaxDegreeOfParallelism = threads } : null;
        _activeValue = new double[model.PointQuantity.Length];
        _activeBase = new double[model.PointQuantity.Length];
        _activeEnd = new int[model.Offers];
        _activeOffers = new int[model.Units];
        _activeFrom = new double[model.Units];
        _base = new double[model.PointQuantity.Length];
        _hasRest = new bool[model.Lines];
        _order = new int[model.Distributors];
        _key = new double[model.Distributors];
        _lines = new LineBound(model, this);
        _pointValue = model.GroupIndex.Length == 0 ? model.PointValue : (double[])model.PointValue.Clone();
        GroupScale = new double[model.GroupIndex.Length];
        Array.Fill(GroupScale, 1);
        HasGroup = new bool[model.Units];
        for (var o = 0; o < model.Offers; o++)
        {
            HasGroup[model.OfferUnit[o]] |= model.Group[o] >= 0;
        }

        InLines = new bool[model.Units];
        UsedCost = new double[model.Units];
        ClosedCost = new double[model.Units];
        BestMode = new int[model.Units];
        Selected = new bool[model.Units];
        ModeCost = new double[model.Modes.Length];
        TrialValue = new double[model.Modes.Length];
        TrialQuantity = new double[model.Modes.Length];
        TrialWeight = new double[model.Modes.Length];
        _warm = new double[model.Modes.Length];
        _lastBest = Repeated(model.Units, -1);
        _combination = new Combination[model.Units];
        Reach = UnitReach.Of(model);
        Filled = new bool[model.Lines];
        GradientLine = new double[model.Lines];
        GradientValue = new double[model.Units];
        GradientQuantity = new double[model.Units];
        GradientWeight = new double[model.Units];
        GradientPool = new double[model.PoolIndex.Length];
        GradientCommitment = new double[model.Distributors];
    }

    private readonly Combination[] _combination;

    private record struct Combination(double ValueA, double ValueB, double QuantityA, double QuantityB, double WeightA, double WeightB, double ShareA);

    public bool[] InLines { get; }

    /// <summary>Cost of each unit when used, not counting what is chosen in lines.</summary>
    public double[] UsedCost { get; }

    public double[] ClosedCost { get; }

    public int[] BestMode { get; }

    public bool[] Selected { get; }

    public double[] ModeCost { get; }

    public double[] TrialValue { get; }

    public double[] TrialQuantity { get; }

    public double[] TrialWeight { get; }

    /// <summary>What units can reach when nothing is decided.</summary>
    public UnitReach Reach { get; }

    /// <summary>Lines that the last bound fills.</summary>
    public bool[] Filled { get; }

    public double[] GradientLine { get; }

    public double[] GradientValue { get; }

    public double[] GradientQuantity { get; }

    public double[] GradientWeight { get; }

    public double[] GradientPool { get; }

    public double[] GradientCommitment { get; }

    public LineBound LineChoices => _lines;

    /// <summary>How far above the best mode other modes are still bounded precisely; 0 while prices move.</summary>
    public double Slack { get; set; }

    /// <summary>Order-level cost of the selection of the last bound.</summary>
    public double SelectionCost { get; private set; }

    /// <summary>Offers chosen in lines by the last bound.</summary>
    public List<(int Offer, double Quantity, double Share)> LineChosen { get; } = [];

    /// <summary>Value at the best group rate that the decisions leave possible, over the value at the best rate of all, by group.</summary>
    public double[] GroupScale { get; }

    /// <summary>Units with offers in groups: their value rates stay at or above 0, because their values are known only from below.</summary>
    public bool[] HasGroup { get; }

    /// <summary>Offers priced so far.</summary>
    public long Work { get; private set; }

    /// <summary>Bound at the prices under the restrictions; infinite when nothing is allowed.</summary>
    public double Evaluate(Prices prices, Restrictions allowed)
    {
        var model = _model;
        Work += model.Offers;
        ScaleGroups(allowed);
        LineChosen.Clear();
        Array.Clear(GradientLine);
        Array.Clear(GradientValue);
        Array.Clear(GradientQuantity);
        Array.Clear(GradientWeight);
        var bound = 0.0;
        for (var p = 0; p < GradientPool.Length; p++)
        {
            bound -= prices.Pool[p] * model.PoolAvailable[p];
            GradientPool[p] = -model.PoolAvailable[p];
        }

        for (var d = 0; d < GradientCommitment.Length; d++)
        {
            bound += prices.Commitment[d] * model.SharedCommitment[d];
            GradientCommitment[d] = model.SharedCommitment[d];
        }

        Array.Clear(_hasRest);
        var anyInLines = false;
        for (var u = 0; u < model.Units; u++)
        {
            anyInLines |= InLines[u] && allowed.Unit[u] != Restrictions.Unused;
        }

        if (_parallel is null)
        {
            for (var u = 0; u < model.Units; u++)
            {
                PriceUnit(u, prices, allowed);
            }
        }
        else
        {
            Parallel.For(0, model.Units, _parallel, u => PriceUnit(u, prices, allowed));
        }

        for (var u = 0; u < model.Units; u++)
        {
            if (allowed.Unit[u] == Restrictions.Used && double.IsPositiveInfinity(UsedCost[u]))
            {
                return double.PositiveInfinity;
            }

            if (InLines[u] && allowed.Unit[u] != Restrictions.Unused)
            {
                GradientCommitment[model.UnitDistributor[u]] += GradientValue[u];
            }
            else if (!InLines[u] && allowed.Unit[u] != Restrictions.Unused)
            {
                for (var o = model.UnitStart[u]; o < model.UnitStart[u + 1]; o++)
                {
                    _hasRest[model.OfferLine[o]] |= allowed.Out is not { } gone || !gone[o];
                }
            }
        }

        SelectionCost = SelectUnits(allowed, true);
        bound += SelectionCost;
        if (double.IsPositiveInfinity(bound))
        {
            return bound;
        }

        for (var u = 0; u < model.Units; u++)
        {
            if (!Selected[u] || InLines[u])
            {
                continue;
            }

            ref readonly var c = ref _combination[u];
            Accumulate(u, c.ValueA, c.QuantityA, c.WeightA, c.ShareA);
            if (c.ShareA < 1)
            {
                Accumulate(u, c.ValueB, c.QuantityB, c.WeightB, 1 - c.ShareA);
            }
        }

        for (var i = 0; i < model.Lines; i++)
        {
            if (anyInLines && _lines.Prepare(i, prices, allowed, InLines))
            {
                var line = _lines.Bound(i, _hasRest[i] ? prices.Line[i] : double.PositiveInfinity);
                if (double.IsPositiveInfinity(line))
                {
                    return line;
                }

                bound += line;
                _lines.AddTo(this, i);
            }
            else
            {
                var filled = prices.Line[i] * model.Need[i];
                var mustBeFilled = allowed.Line is { } decided && decided[i] == Restrictions.Used;
                Filled[i] = _hasRest[i] && (filled <= model.Penalty[i] || mustBeFilled);
                if (Filled[i])
                {
                    bound += filled;
                    GradientLine[i] += model.Need[i];
                }
                else if (mustBeFilled)
                {
                    return double.PositiveInfinity;
                }
                else
                {
                    bound += model.Penalty[i];
                }
            }
        }

        return bound;
    }

    internal void AddLineChoice(int offer, double quantity, double share)
    {
        var model = _model;
        var u = model.OfferUnit[offer];
        LineChosen.Add((offer, quantity, share));
        GradientValue[u] += share * ValueOf(offer, quantity);
        GradientQuantity[u] += share * quantity;
        GradientWeight[u] += share * quantity * model.Weight[offer];
        if (model.Pool[offer] >= 0)
        {
            GradientPool[model.Pool[offer]] += share * quantity;
        }
    }

    private void ScaleGroups(Restrictions allowed)
    {
        var model = _model;
        for (var g = 0; g < GroupScale.Length; g++)
        {
            var reach = 0L;
            for (var o = 0; o < model.Offers; o++)
            {
                if (model.Group[o] == g && allowed.Unit[model.OfferUnit[o]] != Restrictions.Unused)
                {
                    reach += allowed.Offers is { } limits && limits.TryGetValue(o, out var limit) ? Math.Min(limit.Hi, model.Greatest[o]) : model.Greatest[o];
                }
            }

            var rate = (double)PlanEvaluator.GroupRate(model.Problem.GroupBreaks[model.GroupIndex[g]], reach) / Nano.RateOne;
            var scale = (1 - rate) / (1 - model.GroupBestRate[g]);
            if (scale == GroupScale[g])
            {
                continue;
            }

            GroupScale[g] = scale;
            for (var o = 0; o < model.Offers; o++)
            {
                if (model.Group[o] == g)
                {
                    for (var p = model.PointStart[o]; p < model.PointStart[o + 1]; p++)
                    {
                        _pointValue[p] = model.PointValue[p] * scale;
                    }
                }
            }
        }
    }

    /// <summary>Value of a quantity at the best group rate that the decisions leave possible.</summary>
    public double ValueOf(int offer, double quantity) =>
        _model.Group[offer] >= 0 ? _model.ValueOf(offer, quantity) * GroupScale[_model.Group[offer]] : _model.ValueOf(offer, quantity);

    private void Accumulate(int u, double v, double q, double w, double share)
    {
        var model = _model;
        for (var o = model.UnitStart[u]; o < model.UnitStart[u + 1]; o++)
        {
            var perUnit = q + (w * model.Weight[o]);
            var best = 0.0;
            var at = -1;
            for (var p = model.PointStart[o]; p < model.PointStart[o + 1]; p++)
            {
                var cost = (v * _pointValue[p]) + _base[p] + (perUnit * model.PointQuantity[p]);
                if (cost < best)
                {
                    best = cost;
                    at = p;
                }
            }

            if (at < 0)
            {
                continue;
            }

            GradientLine[model.OfferLine[o]] -= share * model.PointCredit[at];
            if (model.Pool[o] >= 0)
            {
                GradientPool[model.Pool[o]] += share * model.PointQuantity[at];
            }

            GradientCommitment[model.UnitDistributor[u]] -= share * _pointValue[at];
        }
    }

    private static int[] Repeated(int count, int value)
    {
        var array = new int[count];
        Array.Fill(array, value);
        return array;
    }
}
