namespace UnifiedCommerce.Sourcing;

/// <summary>Plans from rates: every line where it is cheapest, the ways to fill it with one or two offers.</summary>
internal sealed partial class PlanImprovement
{
    private readonly int[] _optionStart;
    private readonly Option[] _options;

    /// <summary>A way to fill a line with one or two offers.</summary>
    private readonly record struct Option(int A, long QuantityA, double ValueA, int B, long QuantityB, double ValueB, double OtherCost);

    private void Singles(int i, List<Option> list)
    {
        var model = _model;
        for (var k = model.LineStart[i]; k < model.LineStart[i + 1]; k++)
        {
            var o = model.LineOffers[k];
            for (var p = model.PointStart[o]; p < model.PointStart[o + 1]; p++)
            {
                var quantity = model.PointQuantity[p];
                if (quantity >= model.Need[i])
                {
                    list.Add(new(o, (long)quantity, model.PointValue[p], -1, 0, 0, model.PointCost[p]));
                }
            }
        }
    }

    private void Pairs(int i, List<Option> list)
    {
        var model = _model;
        var singles = list.Count == 0 ? model.Penalty[i] : list.Min(option => option.ValueA + option.OtherCost);
        var pairs = new List<(double Cost, Option Option)>();
        for (var k = model.LineStart[i]; k < model.LineStart[i + 1]; k++)
        {
            for (var r = model.LineStart[i]; r < model.LineStart[i + 1]; r++)
            {
                var (a, b) = (model.LineOffers[k], model.LineOffers[r]);
                if (a == b)
                {
                    continue;
                }

                for (var p = model.PointStart[a]; p < model.PointStart[a + 1]; p++)
                {
                    var quantityA = (long)model.PointQuantity[p];
                    if (quantityA >= model.Need[i])
                    {
                        continue;
                    }

                    var quantityB = Math.Max(model.Least[b], Nano.CeilingTo((long)model.Need[i] - quantityA, model.Multiple[b]));
                    if (quantityB > model.Greatest[b] || quantityA + quantityB > model.MaxQuantity[i])
                    {
                        continue;
                    }

                    var option = new Option(
                        a, quantityA, model.PointValue[p], b, quantityB, model.ValueOf(b, quantityB), model.PointCost[p] + model.OtherCost(b, quantityB));
                    var cost = option.ValueA + option.ValueB + option.OtherCost;
                    if (cost < singles * 1.25)
                    {
                        pairs.Add((cost, option));
                    }
                }
            }
        }

        pairs.Sort((x, y) => x.Cost.CompareTo(y.Cost));
        list.AddRange(pairs.Take(24).Select(pair => pair.Option));
    }

    /// <summary>Builds a plan at rates, improves it line by line, and keeps it when it is the best.</summary>
    /// <param name="state">Receives the plan.</param>
    /// <param name="rates">Rate of each unit; infinite for a unit not to be used.</param>
    /// <param name="poolPrices">Price of a unit of each stock pool, so that lines which can do without scarce stock leave it to others; empty for none.</param>
    public double Assemble(PlanState state, ReadOnlySpan<double> rates, ReadOnlySpan<double> poolPrices = default)
    {
        state.Clear();
        for (var u = 0; u < _allowed.Length; u++)
        {
            _allowed[u] = !double.IsPositiveInfinity(rates[u]);
        }

        for (var i = 0; i < _model.Lines; i++)
        {
            AssembleLine(state, i, rates, poolPrices);
        }

        Descend(state, _allowed);
        return Repair(state);
    }

    private void AssembleLine(PlanState state, int i, ReadOnlySpan<double> rates, ReadOnlySpan<double> poolPrices)
    {
        var model = _model;
        if (model.MaxSplits[i] > 2 && FillBySlope(state, i, rates))
        {
            return;
        }

        var best = model.Penalty[i];
        var chosen = -1;
        for (var n = _optionStart[i]; n < _optionStart[i + 1]; n++)
        {
            ref readonly var option = ref _options[n];
            var cost = option.OtherCost + (rates[model.OfferUnit[option.A]] * option.ValueA) + Stock(option.A, option.QuantityA, poolPrices);
            if (option.B >= 0)
            {
                cost += (rates[model.OfferUnit[option.B]] * option.ValueB) + Stock(option.B, option.QuantityB, poolPrices);
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
    }

    private double Stock(int o, long quantity, ReadOnlySpan<double> poolPrices) =>
        poolPrices.Length > 0 && _model.Pool[o] >= 0 ? poolPrices[_model.Pool[o]] * quantity : 0;

    /// <summary>Fills a line that may be split often with the offers of least cost per unit.</summary>
    private bool FillBySlope(PlanState state, int i, ReadOnlySpan<double> rates)
    {
        var model = _model;
        var need = (long)model.Need[i];
        var candidates = new List<(double PerUnit, int Offer)>();
        for (var k = model.LineStart[i]; k < model.LineStart[i + 1]; k++)
        {
            var o = model.LineOffers[k];
            var rate = rates[model.OfferUnit[o]];
            if (double.IsPositiveInfinity(rate))
            {
                continue;
            }

            var perUnit = double.PositiveInfinity;
            for (var p = model.PointStart[o]; p < model.PointStart[o + 1]; p++)
            {
                perUnit = Math.Min(perUnit, (model.PointCost[p] + (rate * model.PointValue[p])) / model.PointCredit[p]);
            }

            candidates.Add((perUnit, o));
        }

        candidates.Sort((x, y) => x.PerUnit != y.PerUnit ? x.PerUnit.CompareTo(y.PerUnit) : x.Offer.CompareTo(y.Offer));
        var covered = 0L;
        var splits = 0;
        foreach (var (_, o) in candidates)
        {
            if (covered >= need || splits >= model.MaxSplits[i])
            {
                break;
            }

            var quantity = Math.Max(model.Least[o], Nano.CeilingTo(Math.Min(need - covered, model.Greatest[o]), model.Multiple[o]));
            if (quantity > model.Greatest[o] || covered + quantity > model.MaxQuantity[i] || !state.CanAdd(o, quantity))
            {
                continue;
            }

            state.Set(o, quantity);
            covered += quantity;
            splits++;
        }

        if (covered >= need)
        {
            return true;
        }

        ClearLine(state, i);
        return false;
    }

    /// <summary>Builds a plan from choices of offers, improves it line by line, and keeps it when it is the best.</summary>
    public void Adopt(PlanState state, IEnumerable<(int Offer, double Quantity, double Share)> choices)
    {
        var model = _model;
        state.Clear();
        foreach (var (offer, quantity, _) in choices)
        {
            var i = model.OfferLine[offer];
            var whole = Math.Max(model.Least[offer], Nano.CeilingTo((long)Math.Ceiling(quantity - 1e-6), model.Multiple[offer]));
            if (whole <= model.Greatest[offer] && state.Covered[i] + whole <= model.MaxQuantity[i] && state.CanAdd(offer, whole)
                && (state.Covered[i] == 0 || (state.Covered[i] < model.Need[i] && Splits(state, i) < model.MaxSplits[i])))
            {
                state.Set(offer, whole);
            }
        }

        for (var i = 0; i < model.Lines; i++)
        {
            if (state.Covered[i] > 0 && state.Covered[i] < model.Need[i])
            {
                ClearLine(state, i);
            }
        }

        Array.Fill(_allowed, true);
        Keep(state);
        Descend(state, _allowed);
        Repair(state);
    }

    /// <summary>Takes the quantities that decisions leave, where they leave no choice, as a plan.</summary>
    public void AdoptDecided(PlanState state, Restrictions allowed)
    {
        state.Clear();
        foreach (var (o, limit) in allowed.Offers ?? [])
        {
            if (limit.Lo > 0 && allowed.Unit[_model.OfferUnit[o]] == Restrictions.Used)
            {
                var quantity = Nano.CeilingTo(Math.Max(limit.Lo, _model.Least[o]), _model.Multiple[o]);
                if (quantity > Math.Min(limit.Hi, _model.Greatest[o]) || Splits(state, _model.OfferLine[o]) >= _model.MaxSplits[_model.OfferLine[o]])
                {
                    return;
                }

                state.Set(o, quantity);
            }
        }

        Keep(state);
    }
}
