namespace UnifiedCommerce.Sourcing;

/// <summary>Which decision divides a node.</summary>
internal sealed partial class BranchAndBound
{
    private Branch? ChooseBranch(Restrictions allowed, double bound)
    {
        var model = _model;
        Branch? best = null;
        var bestScore = 1e-6;
        for (var u = 0; u < model.Units; u++)
        {
            var size = Math.Sqrt(_oracle.Reach.Value[u] + 1);
            if (allowed.Unit[u] == Restrictions.Free)
            {
                var share = _ascent.UsedShare[u];
                var change = Math.Min(
                    _oracle.Probe(allowed, u, Restrictions.Used) - _oracle.SelectionCost,
                    1e9);
                var other = Math.Min(_oracle.Probe(allowed, u, Restrictions.Unused) - _oracle.SelectionCost, 1e9);
                var score = (Math.Min(share, 1 - share) + 0.01) * size + (0.2 * Math.Min(change, other));
                if (score > bestScore)
                {
                    bestScore = score;
                    best = new Branch(SplitSubject.UnitUsed, u, 0, 0);
                }
            }
        }

        if (best is not null)
        {
            return best;
        }

        // Every unit is decided. A line that is half filled hides most: in truth it is filled or costs its penalty.
        if (LineSplit(allowed, 0.05 * (Cost - bound)) is { } line)
        {
            return line;
        }

        // Where the hull over the modes of a unit hides most, split its value.
        Branch? any = null;
        var anyHidden = 0.0;
        var worst = Math.Max(1e-7 * Math.Abs(Cost), 0.15 * (Cost - bound));
        for (var u = 0; u < model.Units; u++)
        {
            if (allowed.Unit[u] != Restrictions.Used)
            {
                continue;
            }

            if (ModeSplit(allowed, u, out var hidden) is { } split)
            {
                if (hidden > worst)
                {
                    worst = hidden;
                    best = split;
                }
                else if (hidden > anyHidden)
                {
                    anyHidden = hidden;
                    any = split;
                }
            }
        }

        return best ?? OfferSplit(allowed) ?? any ?? Undecided(allowed);
    }

    /// <summary>A split of a unit's value, quantity or weight between the modes that share it, and what the hull over them hides.</summary>
    private Branch? ModeSplit(Restrictions allowed, int u, out double hidden)
    {
        var model = _model;
        double value = 0, quantity = 0, weight = 0;
        for (var o = model.UnitStart[u]; o < model.UnitStart[u + 1]; o++)
        {
            if (_ascent.OfferQuantity[o] > 0 && _ascent.OfferShare[o] > 1e-9)
            {
                value += Math.Min(1, _ascent.OfferShare[o]) * _oracle.ValueOf(o, _ascent.OfferQuantity[o] / _ascent.OfferShare[o]);
                quantity += _ascent.OfferQuantity[o];
                weight += _ascent.OfferQuantity[o] * model.Weight[o];
            }
        }

        var prices = _ascent.Best;
        var hull = _oracle.UsedCost[u] + (prices.Value[u] * value) + (prices.Quantity[u] * quantity) + (prices.Weight[u] * weight);
        var cost = model.OrderCost(u, value, Math.Floor(quantity + 1e-6), weight);
        if (double.IsPositiveInfinity(cost))
        {
            cost = hull + Math.Max(1e-3, model.Modes[model.ModeStart[u]].LeastValue - value);
        }

        hidden = cost - hull;
        Branch? split = null;
        var nearest = double.PositiveInfinity;
        for (var m = model.ModeStart[u]; m < model.ModeStart[u + 1]; m++)
        {
            ref readonly var mode = ref model.Modes[m];
            Consider(SplitSubject.UnitValue, mode.LeastValue, value, allowed.ValueLo[u], Math.Min(allowed.ValueHi[u], _oracle.Reach.Value[u]), mode.LastBelow);
            Consider(SplitSubject.UnitQuantity, mode.LeastQuantity, quantity, allowed.QuantityLo[u], Math.Min(allowed.QuantityHi[u], _oracle.Reach.Quantity[u]), (Int128)mode.LeastQuantity - 1);
            Consider(SplitSubject.UnitWeight, mode.LeastWeight, weight, allowed.WeightLo[u], Math.Min(allowed.WeightHi[u], _oracle.Reach.Weight[u]), mode.LastWeightBelow);
        }

        return split;

        void Consider(SplitSubject subject, double at, double now, double lo, double hi, Int128 atMost)
        {
            var distance = Math.Abs(at - now) / Math.Max(at, 1e-9);
            if (at > lo * (1 + 1e-9) && at <= hi && atMost >= 0 && distance < nearest)
            {
                nearest = distance;
                split = new Branch(subject, u, at, atMost);
            }
        }
    }

    /// <summary>The line whose being filled is most in doubt, by its penalty.</summary>
    private Branch? LineSplit(Restrictions allowed, double worst)
    {
        Branch? best = null;
        for (var i = 0; i < _model.Lines; i++)
        {
            var share = _ascent.FilledShare[i];
            var doubt = Math.Min(share, 1 - share) * _model.Penalty[i];
            if (doubt > worst && (allowed.Line is null || allowed.Line[i] == Restrictions.Free))
            {
                worst = doubt;
                best = new Branch(SplitSubject.LineFilled, i, 0, 0);
            }
        }

        return best ?? LineLeftOpen(allowed);
    }

    /// <summary>A line that the best plan leaves open and the mixture fills: where stock is scarce one of them is far from the truth.</summary>
    private Branch? LineLeftOpen(Restrictions allowed)
    {
        Branch? best = null;
        var dearest = 0.0;
        for (var i = 0; i < _model.Lines; i++)
        {
            if (_model.Penalty[i] > dearest && _ascent.FilledShare[i] > 0.5 && (allowed.Line is null || allowed.Line[i] == Restrictions.Free) && IsOpenInBest(i))
            {
                dearest = _model.Penalty[i];
                best = new Branch(SplitSubject.LineFilled, i, 0, 0);
            }
        }

        return best;
    }

    private bool IsOpenInBest(int i)
    {
        for (var k = _model.LineStart[i]; k < _model.LineStart[i + 1]; k++)
        {
            if (Best[_model.LineOffers[k]] > 0)
            {
                return false;
            }
        }

        return true;
    }

    private Branch? OfferSplit(Restrictions allowed)
    {
        var model = _model;
        Branch? best = null;
        var bestScore = 0.0;
        for (var o = 0; o < model.Offers; o++)
        {
            if (!IsUndecided(allowed, o, out var lo, out var least, out var hi))
            {
                continue;
            }

            // How far the value of the offer strays in the mixture is what orders' values owe to its being undecided.
            var perUnit = model.PointValue[model.PointStart[o + 1] - 1] / model.PointQuantity[model.PointStart[o + 1] - 1];
            var share = Math.Clamp(_ascent.OfferShare[o], 0, 1);
            var strays = Math.Sqrt(Math.Max(0, _ascent.OfferSquare[o] - (_ascent.OfferQuantity[o] * _ascent.OfferQuantity[o])));
            var score = (strays + (share > 1e-6 || lo > 0 ? 1e-6 : 0)) * perUnit;
            if (score <= bestScore)
            {
                continue;
            }

            bestScore = score;
            if (lo == 0 && (share < 1 - 1e-4 || least >= hi))
            {
                best = new Branch(SplitSubject.OfferQuantity, o, 0, 0);
            }
            else
            {
                // In use for certain, or nearly: split its quantity near the average.
                var average = share > 1e-9 ? _ascent.OfferQuantity[o] / share : least;
                best = new Branch(SplitSubject.OfferQuantity, o, 0, Math.Clamp((long)Math.Floor(average), least, hi - 1));
            }
        }

        return best ?? GroupSplit(allowed);
    }

    /// <summary>Whether the decisions leave more than one quantity of an offer, none being one of them, and which it can be when it is used.</summary>
    private bool IsUndecided(Restrictions allowed, int o, out long lo, out long least, out long greatest)
    {
        var model = _model;
        (lo, var hi) = allowed.Offers is { } limits && limits.TryGetValue(o, out var limit) ? limit : (0, long.MaxValue);
        least = Nano.CeilingTo(Math.Max(lo, model.Least[o]), model.Multiple[o]);
        greatest = Math.Min(hi, model.Greatest[o]);
        greatest -= greatest % model.Multiple[o];
        return allowed.Unit[model.OfferUnit[o]] == Restrictions.Used && (allowed.Out is not { } gone || !gone[o])
            && (lo == 0 ? greatest >= least : greatest > least);
    }

    /// <summary>Any offer left undecided, though the mixture shows no doubt about it: at the end of a branch there must be one plan.</summary>
    private Branch? Undecided(Restrictions allowed)
    {
        for (var o = 0; o < _model.Offers; o++)
        {
            if (IsUndecided(allowed, o, out var lo, out var least, out _))
            {
                return new Branch(SplitSubject.OfferQuantity, o, 0, lo == 0 ? 0 : least);
            }
        }

        return null;
    }

    /// <summary>Offers that are not chosen still decide which rate their group can reach.</summary>
    private Branch? GroupSplit(Restrictions allowed)
    {
        var model = _model;
        for (var o = 0; o < model.Offers; o++)
        {
            if (model.Group[o] < 0 || allowed.Unit[model.OfferUnit[o]] != Restrictions.Used)
            {
                continue;
            }

            var (lo, hi) = allowed.Offers is { } limits && limits.TryGetValue(o, out var limit) ? limit : (0, long.MaxValue);
            if (lo == 0 && hi >= model.Least[o])
            {
                return new Branch(SplitSubject.OfferQuantity, o, 0, 0);
            }
        }

        return null;
    }
}
