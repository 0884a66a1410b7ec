namespace UnifiedCommerce.Sourcing;

/// <summary>Builds plans from prices and improves them line by line and order by order.</summary>
internal sealed partial class PlanImprovement
{
    private readonly SearchModel _model;
    private readonly PlanState _trial;
    private readonly bool[] _allowed;

    public PlanImprovement(SearchModel model)
    {
        _model = model;
        _optionStart = new int[model.Lines + 1];
        var options = new List<Option>();
        var line = new List<Option>();
        for (var i = 0; i < model.Lines; i++)
        {
            line.Clear();
            Singles(i, line);
            if (model.MaxSplits[i] > 1)
            {
                Pairs(i, line);
            }

            options.AddRange(line);
            _optionStart[i + 1] = options.Count;
        }

        _options = [.. options];
        _trial = new PlanState(model);
        _allowed = new bool[model.Units];
        Best = new long[model.Offers];
        var empty = new PlanState(model);
        BestCost = empty.Cost;
    }

    /// <summary>Quantities of the best feasible plan.</summary>
    public long[] Best { get; }

    public double BestCost { get; private set; }

    public long Work { get; private set; }

    /// <summary>Tries to close, open and swap units of the best plan until nothing helps.</summary>
    public void ImproveBest(Func<bool> goOn, int rounds = 4)
    {
        var state = new PlanState(_model);
        var all = new bool[_model.Units];
        var order = Enumerable.Range(0, _model.Units).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            state.Load(Best);
            var before = BestCost;
            foreach (var u in order)
            {
                if (!goOn())
                {
                    return;
                }

                Array.Fill(all, true);
                if (state.IsUsed(u))
                {
                    _trial.CopyFrom(state);
                    all[u] = false;
                    Evict(_trial, u);
                    Descend(_trial, all);
                    if (Repair(_trial) < state.Cost - 1e-9)
                    {
                        state.CopyFrom(_trial);
                    }
                }
                else if (state.OpenDistributors < _model.MaxDistributors || IsOpenDistributor(state, u))
                {
                    _trial.CopyFrom(state);
                    Invite(_trial, u);
                    Descend(_trial, all);
                    if (Repair(_trial) < state.Cost - 1e-9)
                    {
                        state.CopyFrom(_trial);
                    }
                }
                else if (_model.Offers < 6000)
                {
                    // The limit is reached: a swap with each used unit.
                    foreach (var v in order)
                    {
                        if (v == u || !state.IsUsed(v) || !goOn())
                        {
                            continue;
                        }

                        Array.Fill(all, true);
                        all[v] = false;
                        _trial.CopyFrom(state);
                        Evict(_trial, v);
                        Invite(_trial, u);
                        Descend(_trial, all);
                        if (Repair(_trial) < state.Cost - 1e-9)
                        {
                            state.CopyFrom(_trial);
                            break;
                        }
                    }
                }
            }

            if (BestCost >= before - 1e-9)
            {
                return;
            }
        }
    }

    private bool IsOpenDistributor(PlanState state, int unit)
    {
        foreach (var other in _model.DistributorUnits[_model.UnitDistributor[unit]])
        {
            if (state.IsUsed(other))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Keeps a feasible plan when it is the best so far; otherwise first closes units below their minimum.</summary>
    private double Repair(PlanState state)
    {
        for (var tries = 0; tries < 4 && !state.IsFeasible(); tries++)
        {
            var all = new bool[_model.Units];
            Array.Fill(all, true);
            if (tries == 0)
            {
                // Perhaps a little more reaches the minimum.
                state.BeStrict(true);
                Descend(state, all);
                state.BeStrict(false);
                continue;
            }

            for (var u = 0; u < _model.Units; u++)
            {
                if (state.HasMissingMinimum(u))
                {
                    all[u] = false;
                    Evict(state, u);
                }
            }

            Descend(state, all);
        }

        if (_model.PoolIndex.Length > 0 && state.Cost < BestCost * (1 + NearTheBest) && state.IsFeasible())
        {
            Keep(state);
            ExchangeStock(state);
        }

        Keep(state);
        return state.IsFeasible() ? state.Cost : double.PositiveInfinity;
    }

    private void Keep(PlanState state)
    {
        if (state.Cost < BestCost - 1e-9 && state.IsFeasible())
        {
            // Fresh totals: the drift of many changes must not decide.
            state.Load(state.Quantity);
            if (state.Cost < BestCost - 1e-9 && state.IsFeasible())
            {
                BestCost = state.Cost;
                state.Quantity.CopyTo(Best, 0);
            }
        }
    }

    private void Evict(PlanState state, int unit)
    {
        var model = _model;
        for (var o = model.UnitStart[unit]; o < model.UnitStart[unit + 1]; o++)
        {
            if (state.Quantity[o] > 0)
            {
                ClearLine(state, model.OfferLine[o]);
            }
        }
    }

    /// <summary>Moves to a unit every line that is cheaper there before order-level fixed costs.</summary>
    private void Invite(PlanState state, int unit)
    {
        var model = _model;
        var last = model.Modes[model.ModeStart[unit + 1] - 1].Rate;
        for (var o = model.UnitStart[unit]; o < model.UnitStart[unit + 1]; o++)
        {
            var i = model.OfferLine[o];
            var now = model.Penalty[i];
            if (state.Covered[i] > 0)
            {
                now = 0;
                for (var k = model.LineStart[i]; k < model.LineStart[i + 1]; k++)
                {
                    var other = model.LineOffers[k];
                    if (state.Quantity[other] > 0)
                    {
                        now += model.ValueOf(other, state.Quantity[other]) + model.OtherCost(other, state.Quantity[other]);
                    }
                }
            }

            var best = now * 1.01;
            long quantity = 0;
            for (var p = model.PointStart[o]; p < model.PointStart[o + 1]; p++)
            {
                if (model.PointQuantity[p] >= model.Need[i] && (last * model.PointValue[p]) + model.PointCost[p] < best)
                {
                    best = (last * model.PointValue[p]) + model.PointCost[p];
                    quantity = (long)model.PointQuantity[p];
                }
            }

            if (quantity > 0 && state.CanAdd(o, quantity))
            {
                ClearLine(state, i);
                state.Set(o, quantity);
            }
        }
    }

    /// <summary>Gives each line its cheapest option, all else equal, until no line can be improved.</summary>
    public void Descend(PlanState state, bool[] allowed)
    {
        for (var pass = 0; pass < 14; pass++)
        {
            var before = state.Cost;
            for (var i = 0; i < _model.Lines; i++)
            {
                ImproveLine(state, i, allowed);
            }

            if (state.Cost > before - (1e-9 * Math.Abs(before)) - 1e-9)
            {
                before = state.Cost;
                MeetThresholds(state);
                if (state.Cost > before - 1e-9)
                {
                    return;
                }
            }
        }
    }

    /// <summary>
    /// Changes single quantities so that an order just meets a threshold: a little more for free freight or a better tier, or no more
    /// than that takes.
    /// </summary>
    private void MeetThresholds(PlanState state)
    {
        var model = _model;
        for (var u = 0; u < model.Units; u++)
        {
            for (var m = model.ModeStart[u]; state.IsUsed(u) && m < model.ModeStart[u + 1]; m++)
            {
                var target = model.Modes[m].LeastValue;
                var units = model.Modes[m].LeastQuantity;
                for (var o = model.UnitStart[u]; o < model.UnitStart[u + 1]; o++)
                {
                    if (state.Quantity[o] == 0)
                    {
                        continue;
                    }

                    Work++;
                    var quantity = 0L;
                    if (target > 0)
                    {
                        var wanted = target - state.ValueOf(u) + model.ValueOf(o, state.Quantity[o]);
                        quantity = LeastWorth(o, wanted);
                        Try(state, o, quantity);
                    }

                    if (units > 0)
                    {
                        Try(state, o, state.Quantity[o] + (long)units - (long)state.UnitsOf(u));
                    }
                }
            }
        }
    }

    /// <summary>Least quantity of an offer that is worth a value; 0 when none is.</summary>
    private long LeastWorth(int o, double value)
    {
        var model = _model;
        for (var p = model.PieceStart[o]; p < model.PieceStart[o + 1]; p++)
        {
            var slope = model.PieceSlope[p];
            if (slope <= 0 || model.PieceConstant[p] + (slope * model.PieceHi[p]) < value)
            {
                continue;
            }

            var least = Math.Max(model.PieceLo[p], Math.Ceiling(((value - model.PieceConstant[p]) / slope) - 1e-9));
            return Nano.CeilingTo((long)least, model.Multiple[o]);
        }

        return 0;
    }

    private void Try(PlanState state, int o, long quantity)
    {
        var model = _model;
        var i = model.OfferLine[o];
        var old = state.Quantity[o];
        quantity = Nano.CeilingTo(Math.Max(quantity, model.Least[o]), model.Multiple[o]);
        var covered = state.Covered[i] - old + quantity;
        if (quantity == old || quantity > model.Greatest[o] || covered < model.Need[i] || covered > model.MaxQuantity[i] || !state.CanAdd(o, quantity))
        {
            return;
        }

        var before = state.Cost;
        state.Set(o, quantity);
        if (state.Cost > before - 1e-9)
        {
            state.Set(o, old);
        }
    }

    private readonly List<(int Offer, long Quantity)> _kept = [];

    private void ImproveLine(PlanState state, int i, bool[] allowed)
    {
        var model = _model;
        Work += _optionStart[i + 1] - _optionStart[i];
        var before = state.Cost;
        TakeOut(state, i, _kept);
        var without = state.Cost - model.Penalty[i];
        var best = before - without - 1e-9;
        if (_kept.Exists(kept => !allowed[model.OfferUnit[kept.Offer]]))
        {
            best = double.PositiveInfinity;
        }

        var chosen = -1;
        var leaveOut = model.Penalty[i] < best;
        best = Math.Min(best, model.Penalty[i]);
        for (var n = _optionStart[i]; n < _optionStart[i + 1]; n++)
        {
            ref readonly var option = ref _options[n];
            if (!allowed[model.OfferUnit[option.A]] || (option.B >= 0 && !allowed[model.OfferUnit[option.B]]))
            {
                continue;
            }

            var cost = option.OtherCost + state.CostOfAdding(option.A, option.QuantityA, option.ValueA);
            if (option.B >= 0)
            {
                if (cost >= best && model.OfferUnit[option.A] != model.OfferUnit[option.B] && state.IsUsed(model.OfferUnit[option.B]) && model.ValueOnly[model.OfferUnit[option.B]]
                    && cost > best + option.ValueB)
                {
                    continue;
                }

                if (model.OfferUnit[option.A] == model.OfferUnit[option.B] || model.Group[option.A] >= 0 || model.Group[option.B] >= 0
                    || model.UnitDistributor[model.OfferUnit[option.A]] == model.UnitDistributor[model.OfferUnit[option.B]])
                {
                    if (!CanApply(state, option))
                    {
                        continue;
                    }

                    Apply(state, option);
                    cost = state.Cost - without;
                    Withdraw(state, option);
                }
                else
                {
                    cost += state.CostOfAdding(option.B, option.QuantityB, option.ValueB);
                }
            }

            if (cost < best && CanApply(state, option))
            {
                best = cost;
                chosen = n;
            }
        }

        if (chosen >= 0)
        {
            Apply(state, _options[chosen]);
        }
        else if (!leaveOut)
        {
            PutBack(state, _kept);
        }

        if (model.MaxSplits[i] > 2 && _optionStart[i + 1] - _optionStart[i] < 400)
        {
            Transfer(state, i, allowed);
        }
    }

    /// <summary>Moves quantity of a line from one offer to another.</summary>
    private void Transfer(PlanState state, int i, bool[] allowed)
    {
        var model = _model;
        for (var k = model.LineStart[i]; k < model.LineStart[i + 1]; k++)
        {
            var a = model.LineOffers[k];
            if (state.Quantity[a] == 0)
            {
                continue;
            }

            for (var r = model.LineStart[i]; r < model.LineStart[i + 1] && state.Quantity[a] > 0; r++)
            {
                var b = model.LineOffers[r];
                if (a == b || !allowed[model.OfferUnit[b]])
                {
                    continue;
                }

                var (oldA, oldB) = (state.Quantity[a], state.Quantity[b]);
                var others = (long)state.Covered[i] - oldA - oldB;
                var need = (long)model.Need[i] - others;
                var newB = Math.Min(model.Greatest[b], Math.Max(model.Least[b], Nano.CeilingTo(need, model.Multiple[b])));
                var left = need - newB;
                var newA = left <= 0 ? 0 : Math.Max(model.Least[a], Nano.CeilingTo(left, model.Multiple[a]));
                if (newA > model.Greatest[a] || newA + newB + others > model.MaxQuantity[i] || (newA == oldA && newB == oldB)
                    || (newA > 0 && oldB == 0 && Splits(state, i) >= model.MaxSplits[i]))
                {
                    continue;
                }

                Work++;
                var before = state.Cost;
                state.Set(a, newA);
                if (state.CanAdd(b, newB))
                {
                    state.Set(b, newB);
                    if (state.Cost < before - 1e-9)
                    {
                        continue;
                    }
                }

                state.Set(b, oldB);
                state.Set(a, oldA);
            }
        }
    }

    private int Splits(PlanState state, int i)
    {
        var splits = 0;
        for (var k = _model.LineStart[i]; k < _model.LineStart[i + 1]; k++)
        {
            splits += state.Quantity[_model.LineOffers[k]] > 0 ? 1 : 0;
        }

        return splits;
    }

    private bool CanApply(PlanState state, in Option option)
    {
        if (!state.CanAdd(option.A, option.QuantityA))
        {
            return false;
        }

        if (option.B < 0)
        {
            return true;
        }

        if (!state.CanAdd(option.B, option.QuantityB))
        {
            return false;
        }

        var model = _model;
        var (da, db) = (model.UnitDistributor[model.OfferUnit[option.A]], model.UnitDistributor[model.OfferUnit[option.B]]);
        if (da != db && model.MaxDistributors < model.Distributors && state.OpenDistributors == model.MaxDistributors - 1
            && !IsOpenDistributor(state, model.OfferUnit[option.A]) && !IsOpenDistributor(state, model.OfferUnit[option.B]))
        {
            return false;
        }

        if (model.Pool[option.A] < 0 || model.Pool[option.A] != model.Pool[option.B])
        {
            return true;
        }

        state.Set(option.A, option.QuantityA);
        var can = state.CanAdd(option.B, option.QuantityB);
        state.Set(option.A, 0);
        return can;
    }

    private static void Apply(PlanState state, in Option option)
    {
        state.Set(option.A, option.QuantityA);
        if (option.B >= 0)
        {
            state.Set(option.B, option.QuantityB);
        }
    }

    private static void Withdraw(PlanState state, in Option option)
    {
        state.Set(option.A, 0);
        if (option.B >= 0)
        {
            state.Set(option.B, 0);
        }
    }

    private void ClearLine(PlanState state, int i)
    {
        for (var k = _model.LineStart[i]; k < _model.LineStart[i + 1]; k++)
        {
            state.Set(_model.LineOffers[k], 0);
        }
    }
}
