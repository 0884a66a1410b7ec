namespace UnifiedCommerce.Sourcing;

/// <summary>Stock given to the line that gains most by it.</summary>
internal sealed partial class PlanImprovement
{
    /// <summary>How much dearer than the best a plan may be to be worth exchanging stock between its lines.</summary>
    private const double NearTheBest = 0.01;

    private readonly List<(int Option, double Cost)> _wanted = [];
    private readonly List<(int Offer, long Quantity)> _own = [];
    private readonly List<(int Offer, long Quantity)> _theirs = [];

    /// <summary>
    /// Gives stock of a pool to a line that gains more by it than the line that has it now loses: both are taken out, the first is filled
    /// from the pool, the other as is best then.
    /// </summary>
    private void ExchangeStock(PlanState state)
    {
        var model = _model;
        Array.Fill(_allowed, true);
        for (var round = 0; round < 4; round++)
        {
            var before = state.Cost;
            foreach (var i in model.LinesWithPools)
            {
                Wanted(state, i);
                foreach (var (n, _) in _wanted)
                {
                    if (Exchange(state, i, n))
                    {
                        break;
                    }
                }
            }

            if (state.Cost > before - 1e-9)
            {
                return;
            }

            Descend(state, _allowed);
        }
    }

    /// <summary>The cheapest ways to fill a line for which stock is missing.</summary>
    private void Wanted(PlanState state, int i)
    {
        var model = _model;
        _wanted.Clear();
        var best = state.Cost - 1e-9;
        TakeOut(state, i, _own);
        best -= state.Cost - model.Penalty[i];
        Work += _optionStart[i + 1] - _optionStart[i];
        for (var n = _optionStart[i]; n < _optionStart[i + 1]; n++)
        {
            ref readonly var option = ref _options[n];
            if (model.Pool[option.A] < 0 && (option.B < 0 || model.Pool[option.B] < 0))
            {
                continue;
            }

            // The two offers of an option may share an order, so this is a guess; the exchange is costed exactly.
            var cost = option.OtherCost + state.CostOfAdding(option.A, option.QuantityA, option.ValueA)
                + (option.B < 0 ? 0 : state.CostOfAdding(option.B, option.QuantityB, option.ValueB));
            if (cost < best && !CanApply(state, option))
            {
                _wanted.Add((n, cost));
            }
        }

        PutBack(state, _own);
        _wanted.Sort((a, b) => a.Cost != b.Cost ? a.Cost.CompareTo(b.Cost) : a.Option.CompareTo(b.Option));
        if (_wanted.Count > 3)
        {
            _wanted.RemoveRange(3, _wanted.Count - 3);
        }
    }

    private bool Exchange(PlanState state, int i, int n)
    {
        var model = _model;
        var (a, b) = (_options[n].A, _options[n].B);
        var before = state.Cost;
        foreach (var pool in (ReadOnlySpan<int>)[model.Pool[a], b >= 0 && model.Pool[b] != model.Pool[a] ? model.Pool[b] : -1])
        {
            if (pool < 0)
            {
                continue;
            }

            foreach (var o in model.OffersOfPool[pool])
            {
                var j = model.OfferLine[o];
                if (j == i || state.Quantity[o] == 0)
                {
                    continue;
                }

                TakeOut(state, i, _own);
                TakeOut(state, j, _theirs);
                if (CanApply(state, _options[n]))
                {
                    Apply(state, _options[n]);
                    ImproveLine(state, j, _allowed);
                    if (state.Cost < before - 1e-9)
                    {
                        return true;
                    }

                    ClearLine(state, i);
                    ClearLine(state, j);
                }

                PutBack(state, _own);
                PutBack(state, _theirs);
            }
        }

        return false;
    }

    private void TakeOut(PlanState state, int i, List<(int Offer, long Quantity)> kept)
    {
        kept.Clear();
        for (var k = _model.LineStart[i]; k < _model.LineStart[i + 1]; k++)
        {
            var o = _model.LineOffers[k];
            if (state.Quantity[o] > 0)
            {
                kept.Add((o, state.Quantity[o]));
                state.Set(o, 0);
            }
        }
    }

    private static void PutBack(PlanState state, List<(int Offer, long Quantity)> kept)
    {
        foreach (var (o, quantity) in kept)
        {
            state.Set(o, quantity);
        }
    }
}
