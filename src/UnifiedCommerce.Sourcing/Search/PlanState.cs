namespace UnifiedCommerce.Sourcing;

/// <summary>Quantities of a part with the totals that order-level terms look at; changes are costed exactly up to floating point.</summary>
internal sealed class PlanState
{
    /// <summary>Charged for each missing unit of value below a minimum, so that moves find their way out.</summary>
    private const double MissingValueRate = 3;

    private readonly SearchModel _model;
    private readonly double[] _plainValue;
    private readonly double[] _units;
    private readonly double[] _weight;
    private readonly int[] _used;
    private readonly double[] _unitCost;
    private readonly double[] _distributorValue;
    private readonly int[] _distributorUsed;
    private readonly double[] _pool;
    private readonly double[] _groupUnits;
    private readonly double[][] _groupValue;
    private readonly double[] _groupRate;
    private readonly double[] _covered;
    private int _open;
    private bool _strict;
    private double _lineCost;
    private double _orderCost;

    public PlanState(SearchModel model)
    {
        _model = model;
        Quantity = new long[model.Offers];
        _plainValue = new double[model.Units];
        _units = new double[model.Units];
        _weight = new double[model.Units];
        _used = new int[model.Units];
        _unitCost = new double[model.Units];
        _distributorValue = new double[model.Distributors];
        _distributorUsed = new int[model.Distributors];
        _pool = new double[model.PoolIndex.Length];
        _groupUnits = new double[model.GroupIndex.Length];
        _groupRate = new double[model.GroupIndex.Length];
        _groupValue = new double[model.GroupIndex.Length][];
        for (var g = 0; g < _groupValue.Length; g++)
        {
            _groupValue[g] = new double[model.Units];
        }

        _covered = new double[model.Lines];
        Clear();
    }

    public long[] Quantity { get; }

    public double[] Covered => _covered;

    public int OpenDistributors => _open;

    public double Cost => _lineCost + _orderCost;

    public bool IsUsed(int unit) => _used[unit] > 0;

    public double UnitsOf(int unit) => _units[unit];

    public double ValueOf(int unit) => EffectiveValue(unit);

    public void Clear()
    {
        Array.Clear(Quantity);
        Array.Clear(_plainValue);
        Array.Clear(_units);
        Array.Clear(_weight);
        Array.Clear(_used);
        Array.Clear(_distributorValue);
        Array.Clear(_distributorUsed);
        Array.Clear(_pool);
        Array.Clear(_groupUnits);
        Array.Clear(_groupRate);
        foreach (var values in _groupValue)
        {
            Array.Clear(values);
        }

        Array.Clear(_covered);
        _open = 0;
        _lineCost = _model.Penalty.Sum();
        Recost();
    }

    public void CopyFrom(PlanState other)
    {
        other.Quantity.CopyTo(Quantity, 0);
        other._plainValue.CopyTo(_plainValue, 0);
        other._units.CopyTo(_units, 0);
        other._weight.CopyTo(_weight, 0);
        other._used.CopyTo(_used, 0);
        other._unitCost.CopyTo(_unitCost, 0);
        other._distributorValue.CopyTo(_distributorValue, 0);
        other._distributorUsed.CopyTo(_distributorUsed, 0);
        other._pool.CopyTo(_pool, 0);
        other._groupUnits.CopyTo(_groupUnits, 0);
        other._groupRate.CopyTo(_groupRate, 0);
        for (var g = 0; g < _groupValue.Length; g++)
        {
            other._groupValue[g].CopyTo(_groupValue[g], 0);
        }

        other._covered.CopyTo(_covered, 0);
        _open = other._open;
        _lineCost = other._lineCost;
        _orderCost = other._orderCost;
    }

    /// <summary>Loads quantities and computes every total afresh, without the drift of many changes.</summary>
    public void Load(long[] quantities)
    {
        if (ReferenceEquals(quantities, Quantity))
        {
            quantities = (long[])quantities.Clone();
        }

        Clear();
        for (var o = 0; o < quantities.Length; o++)
        {
            if (quantities[o] > 0)
            {
                Set(o, quantities[o]);
            }
        }
    }

    /// <summary>Whether every rule that spans lines holds: minimum values, pools, limit on distributors.</summary>
    public bool IsFeasible()
    {
        var model = _model;
        for (var u = 0; u < model.Units; u++)
        {
            if (_used[u] > 0 && double.IsPositiveInfinity(model.OrderCost(u, EffectiveValue(u), _units[u], _weight[u])))
            {
                return false;
            }
        }

        for (var p = 0; p < _pool.Length; p++)
        {
            if (_pool[p] > model.PoolAvailable[p])
            {
                return false;
            }
        }

        for (var i = 0; i < model.Lines; i++)
        {
            if (_covered[i] != 0 && (_covered[i] < model.Need[i] || _covered[i] > model.MaxQuantity[i]))
            {
                return false;
            }
        }

        return _open <= model.MaxDistributors;
    }

    /// <summary>Charges so much for value missing to a minimum that nearly any way to find it is better.</summary>
    public void BeStrict(bool strict)
    {
        _strict = strict;
        Recost();
    }

    public bool HasMissingMinimum(int unit) =>
        _used[unit] > 0 && double.IsPositiveInfinity(_model.OrderCost(unit, EffectiveValue(unit), _units[unit], _weight[unit]));

    /// <summary>Whether one more offer can be used as far as stock pools and the limit on distributors go.</summary>
    public bool CanAdd(int offer, long quantity)
    {
        var model = _model;
        var unit = model.OfferUnit[offer];
        if (_used[unit] == 0 && _distributorUsed[model.UnitDistributor[unit]] == 0 && _open >= model.MaxDistributors)
        {
            return false;
        }

        var pool = model.Pool[offer];
        return pool < 0 || _pool[pool] + quantity - Quantity[offer] <= model.PoolAvailable[pool];
    }

    /// <summary>What adding one offer that is not used would cost, the line itself aside.</summary>
    public double CostOfAdding(int offer, double quantity, double value)
    {
        var model = _model;
        var unit = model.OfferUnit[offer];
        var d = model.UnitDistributor[unit];
        if (model.Group[offer] >= 0)
        {
            var before = Cost;
            var line = model.OfferLine[offer];
            var wasEmpty = _covered[line] == 0;
            Set(offer, (long)quantity);
            var delta = Cost - before + (wasEmpty ? model.Penalty[line] : 0) - model.OtherCost(offer, quantity);
            Set(offer, 0);
            return delta;
        }

        var total = EffectiveValue(unit) + value;
        var cost = OrderCost(unit, total, _units[unit] + quantity, _weight[unit] + (quantity * model.Weight[offer])) - _unitCost[unit];
        return model.SharedCommitment[d] > 0 ? cost + Shortfall(d, _distributorValue[d] + value) - Shortfall(d, _distributorValue[d]) : cost;
    }

    /// <summary>Changes the quantity of one offer; 0 takes it out.</summary>
    public void Set(int offer, long quantity)
    {
        var model = _model;
        var old = Quantity[offer];
        if (old == quantity)
        {
            return;
        }

        var unit = model.OfferUnit[offer];
        var d = model.UnitDistributor[unit];
        var line = model.OfferLine[offer];
        var change = quantity - old;
        var value = (quantity > 0 ? model.ValueOf(offer, quantity) : 0) - (old > 0 ? model.ValueOf(offer, old) : 0);
        Quantity[offer] = quantity;
        _lineCost += (quantity > 0 ? model.OtherCost(offer, quantity) : 0) - (old > 0 ? model.OtherCost(offer, old) : 0);
        _lineCost -= _covered[line] == 0 ? model.Penalty[line] : 0;
        _covered[line] += change;
        _lineCost += _covered[line] == 0 ? model.Penalty[line] : 0;
        _units[unit] += change;
        _weight[unit] += change * model.Weight[offer];
        if (model.Pool[offer] >= 0)
        {
            _pool[model.Pool[offer]] += change;
        }

        if (old == 0 || quantity == 0)
        {
            var step = old == 0 ? 1 : -1;
            var unitBefore = _used[unit] > 0;
            _used[unit] += step;
            if (unitBefore != _used[unit] > 0)
            {
                var before = _distributorUsed[d] > 0;
                _distributorUsed[d] += step;
                _open += (_distributorUsed[d] > 0 ? 1 : 0) - (before ? 1 : 0);
            }
        }

        var group = model.Group[offer];
        if (group < 0)
        {
            _plainValue[unit] += value;
            _distributorValue[d] += value;
            if (_used[unit] == 0)
            {
                // Start again from exact zeros, so that rounding does not add up.
                _plainValue[unit] = 0;
                _weight[unit] = 0;
            }

            Recost(unit, d, value);
            return;
        }

        _groupUnits[group] += change;
        _groupValue[group][unit] += value / (1 - model.GroupBestRate[group]);
        _groupRate[group] = (double)PlanEvaluator.GroupRate(model.Problem.GroupBreaks[model.GroupIndex[group]], (long)_groupUnits[group]) / Nano.RateOne;
        _distributorValue[d] = 0;
        foreach (var other in model.DistributorUnits[d])
        {
            _distributorValue[d] += EffectiveValue(other);
        }

        Recost();
    }

    private double EffectiveValue(int unit)
    {
        var value = _plainValue[unit];
        for (var g = 0; g < _groupValue.Length; g++)
        {
            value += _groupValue[g][unit] * (1 - _groupRate[g]);
        }

        return value;
    }

    private void Recost(int unit, int d, double change)
    {
        var cost = _used[unit] > 0 ? OrderCost(unit, EffectiveValue(unit), _units[unit], _weight[unit]) : _model.ClosedCost[unit];
        _orderCost += cost - _unitCost[unit];
        _unitCost[unit] = cost;
        if (_model.SharedCommitment[d] > 0)
        {
            _orderCost += Shortfall(d, _distributorValue[d]) - Shortfall(d, _distributorValue[d] - change);
        }
    }

    private void Recost()
    {
        _orderCost = 0;
        for (var u = 0; u < _model.Units; u++)
        {
            _unitCost[u] = _used[u] > 0 ? OrderCost(u, EffectiveValue(u), _units[u], _weight[u]) : _model.ClosedCost[u];
            _orderCost += _unitCost[u];
        }

        for (var d = 0; d < _model.Distributors; d++)
        {
            _orderCost += Shortfall(d, _distributorValue[d]);
        }
    }

    private double Shortfall(int d, double value) => Math.Max(0, _model.SharedCommitment[d] - value) * _model.SharedShortfall[d];

    private double OrderCost(int unit, double value, double quantity, double weight)
    {
        var cost = _model.OrderCost(unit, value, quantity, weight);
        if (!double.IsPositiveInfinity(cost))
        {
            return cost;
        }

        ref readonly var first = ref _model.Modes[_model.ModeStart[unit]];
        var missing = Math.Max(0, first.LeastValue - value);
        return first.Fixed + (first.Rate * value) + (_strict ? (100 * missing) + first.LeastValue : (MissingValueRate * missing) + (0.01 * first.LeastValue));
    }
}
