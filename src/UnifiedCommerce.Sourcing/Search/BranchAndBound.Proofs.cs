namespace UnifiedCommerce.Sourcing;

/// <summary>What closes a node: prices kept as its proof, decisions whose opposite cannot win, prices stretched until they prove that nothing is left.</summary>
internal sealed partial class BranchAndBound
{
    private Proof? _latest;
    private double _closedBound = double.PositiveInfinity;

    /// <summary>Computes the bound of prices once more, with everything that a proof and the fixing need, and keeps the better proof.</summary>
    private double Settle(Prices prices, Restrictions allowed, ProofNode proof, double parentBound)
    {
        _oracle.Slack = Math.Max(0, Cost - Math.Max(parentBound, 0));
        var bound = _oracle.Evaluate(prices, allowed);
        _oracle.Slack = 0;
        _latest = null;
        if (proof.Proof is null || bound >= proof.Bound)
        {
            proof.Proof = _latest = new Proof(_model, prices, _oracle, bound);
            proof.Bound = bound;
        }

        return Math.Max(bound, proof.Bound);
    }

    private void Close(ProofNode proof, double bound)
    {
        // Where nothing is left the inherited prices show it; more than the best plan need not be claimed.
        proof.Bound = Math.Min(bound, Math.Max(Cost, proof.Bound));
        _closedBound = Math.Min(_closedBound, bound);
    }

    /// <summary>Makes every decision whose opposite cannot be better than the best plan.</summary>
    private ProofNode Fix(Restrictions allowed, ProofNode proof, double bound)
    {
        var model = _model;
        var oracle = _oracle;
        for (var u = 0; u < model.Units; u++)
        {
            if (allowed.Unit[u] == Restrictions.Free)
            {
                var ifUsed = bound - oracle.SelectionCost + oracle.Probe(allowed, u, Restrictions.Used);
                var ifUnused = bound - oracle.SelectionCost + oracle.Probe(allowed, u, Restrictions.Unused);
                if (ifUsed >= Enough || ifUnused >= Enough)
                {
                    var (lower, upper) = proof.Split(SplitSubject.UnitUsed, model.UnitNumber[u], 0);
                    var closeUsed = ifUsed >= Enough;
                    Close(closeUsed ? upper : lower, closeUsed ? ifUsed : ifUnused);
                    allowed.Unit[u] = closeUsed ? Restrictions.Unused : Restrictions.Used;
                    proof = closeUsed ? lower : upper;
                }
            }

            if (allowed.Unit[u] != Restrictions.Used || !oracle.Selected[u] || !model.ValueOnly[u])
            {
                continue;
            }

            // Modes in the order of their values: cut from the top, then from the bottom.
            var rest = bound - oracle.UsedCost[u];
            var top = model.ModeStart[u + 1] - 1;
            var cut = -1;
            var least = double.PositiveInfinity;
            for (var m = top; m > model.ModeStart[u]; m--)
            {
                least = Math.Min(least, rest + oracle.ModeCost[m]);
                if (least < Enough || model.Modes[m].LeastValue <= allowed.ValueLo[u])
                {
                    break;
                }

                if (model.Modes[m].LeastValue < allowed.ValueHi[u])
                {
                    cut = m;
                }
            }

            if (cut >= 0)
            {
                var above = double.PositiveInfinity;
                for (var m = cut; m <= top; m++)
                {
                    above = Math.Min(above, rest + oracle.ModeCost[m]);
                }

                var branch = new Branch(SplitSubject.UnitValue, u, model.Modes[cut].LeastValue, model.Modes[cut].LastBelow);
                var (lower, upper) = proof.Split(SplitSubject.UnitValue, model.UnitNumber[u], branch.AtMost);
                Close(upper, above);
                Decide(allowed, branch, true);
                proof = lower;
            }

            cut = -1;
            least = double.PositiveInfinity;
            for (var m = model.ModeStart[u]; m < top; m++)
            {
                least = Math.Min(least, rest + oracle.ModeCost[m]);
                if (least < Enough || model.Modes[m + 1].LeastValue >= allowed.ValueHi[u])
                {
                    break;
                }

                if (model.Modes[m + 1].LeastValue > allowed.ValueLo[u])
                {
                    cut = m + 1;
                }
            }

            if (cut >= 0)
            {
                var below = double.PositiveInfinity;
                for (var m = model.ModeStart[u]; m < cut; m++)
                {
                    below = Math.Min(below, rest + oracle.ModeCost[m]);
                }

                var branch = new Branch(SplitSubject.UnitValue, u, model.Modes[cut].LeastValue, model.Modes[cut].LastBelow);
                var (lower, upper) = proof.Split(SplitSubject.UnitValue, model.UnitNumber[u], branch.AtMost);
                Close(lower, below);
                Decide(allowed, branch, false);
                proof = upper;
            }
        }

        return proof;
    }

    /// <summary>
    /// Where the offers still allowed cannot bring a unit inside the value that was decided for it, nothing is left of the node: the
    /// bound then rises without end along the unit's rate. Prices far enough along it are kept, so that the leaf proves itself.
    /// </summary>
    private double Stretch(Restrictions allowed, double bound)
    {
        var model = _model;
        for (var u = 0; u < model.Units; u++)
        {
            if (allowed.Unit[u] != Restrictions.Used)
            {
                continue;
            }

            Span<double> least = [0, 0, 0];
            Span<double> greatest = [0, 0, 0];
            for (var o = model.UnitStart[u]; o < model.UnitStart[u + 1]; o++)
            {
                var (lo, hi) = allowed.Offers is { } limits && limits.TryGetValue(o, out var limit) ? limit : (0, long.MaxValue);
                if (hi < model.Least[o])
                {
                    continue;
                }

                var (min, max) = (double.PositiveInfinity, 0.0);
                var (from, to) = (Math.Max(lo, model.Least[o]), Math.Min(hi, model.Greatest[o]));
                for (var p = model.PieceStart[o]; p < model.PieceStart[o + 1]; p++)
                {
                    var (a, b) = (Math.Max(from, model.PieceLo[p]), Math.Min(to, model.PieceHi[p]));
                    if (a <= b)
                    {
                        min = Math.Min(min, model.PieceConstant[p] + (model.PieceSlope[p] * a));
                        max = Math.Max(max, model.PieceConstant[p] + (model.PieceSlope[p] * b));
                    }
                }

                greatest[0] += model.Group[o] >= 0 ? max / (1 - model.GroupBestRate[model.Group[o]]) : max;
                greatest[1] += to;
                greatest[2] += to * model.Weight[o];
                if (lo > 0 && !double.IsPositiveInfinity(min))
                {
                    least[0] += min;
                    least[1] += from;
                    least[2] += from * model.Weight[o];
                }
            }

            for (var measure = 0; measure < (model.ValueOnly[u] ? 1 : 3); measure++)
            {
                var (lo, hi) = measure switch
                {
                    0 => (allowed.ValueLo[u], allowed.ValueHi[u]),
                    1 => (allowed.QuantityLo[u], allowed.QuantityHi[u]),
                    _ => (allowed.WeightLo[u], allowed.WeightHi[u]),
                };
                var direction = least[measure] > hi * (1 + 1e-9) ? 1 : greatest[measure] < lo * (1 - 1e-9) ? -1 : 0;
                if (direction != 0 && Along(allowed, u, measure, direction) is { } far)
                {
                    return far;
                }
            }
        }

        return bound;
    }

    private double? Along(Restrictions allowed, int u, int measure, int direction)
    {
        if (measure == 0 && direction < 0 && _oracle.HasGroup[u])
        {
            return null;
        }

        var prices = _ascent.Best.Copy();
        var (rates, start) = measure switch
        {
            0 => (prices.Value, _ascent.Best.Value[u]),
            1 => (prices.Quantity, _ascent.Best.Quantity[u]),
            _ => (prices.Weight, _ascent.Best.Weight[u]),
        };
        for (var step = 0.25; step < 1e7; step *= 4)
        {
            rates[u] = start + (direction * step);
            var far = _oracle.Evaluate(prices, allowed);
            if (far >= Enough)
            {
                _ascent.Best.CopyFrom(prices);
                return far;
            }
        }

        return null;
    }

    /// <summary>Tries the rate of each mode for each unit: exact where the value of an order lies inside a mode.</summary>
    private double Polish(Restrictions allowed, double bound)
    {
        var model = _model;
        var prices = _ascent.Best.Copy();
        for (var round = 0; round < 2; round++)
        {
            for (var u = 0; u < model.Units; u++)
            {
                for (var m = model.ModeStart[u]; allowed.Unit[u] == Restrictions.Used && m < model.ModeStart[u + 1]; m++)
                {
                    var old = prices.Value[u];
                    prices.Value[u] = model.Modes[m].Rate - prices.Commitment[model.UnitDistributor[u]];
                    var polished = _oracle.Evaluate(prices, allowed);
                    if (polished > bound && !double.IsPositiveInfinity(polished))
                    {
                        bound = polished;
                        _ascent.Best.CopyFrom(prices);
                    }
                    else
                    {
                        prices.Value[u] = old;
                    }
                }
            }
        }

        return bound;
    }
}
