namespace UnifiedCommerce.Sourcing;

/// <summary>Which units are used, and of how many distributors.</summary>
internal sealed partial class BoundOracle
{
    private readonly int[] _order;
    private readonly double[] _key;

    /// <summary>Cheapest allowed choice of units, at most so many distributors; marks the selected ones.</summary>
    private double SelectUnits(Restrictions allowed, bool mark)
    {
        var model = _model;
        var sum = 0.0;
        var slots = model.MaxDistributors;
        var candidates = 0;
        for (var d = 0; d < model.Distributors; d++)
        {
            var forced = false;
            var gain = 0.0;
            foreach (var u in model.DistributorUnits[d])
            {
                if (allowed.Unit[u] == Restrictions.Used)
                {
                    forced = true;
                    sum += UsedCost[u];
                    Selected[u] |= mark;
                }
                else
                {
                    sum += ClosedCost[u];
                    gain += Math.Min(0, UsedCost[u] - ClosedCost[u]);
                }
            }

            if (forced)
            {
                slots--;
                sum += gain;
                if (mark)
                {
                    Take(d, allowed);
                }
            }
            else if (gain < 0)
            {
                _key[candidates] = gain;
                _order[candidates++] = d;
            }
        }

        if (slots < 0)
        {
            return double.PositiveInfinity;
        }

        if (candidates > slots)
        {
            Array.Sort(_key, _order, 0, candidates);
        }

        for (var c = 0; c < Math.Min(slots, candidates); c++)
        {
            sum += _key[c];
            if (mark)
            {
                Take(_order[c], allowed);
            }
        }

        return sum;
    }

    /// <summary>Cost of the selection if one more decision were made; infinite when it is not allowed.</summary>
    public double Probe(Restrictions allowed, int unit, byte state)
    {
        var old = allowed.Unit[unit];
        allowed.Unit[unit] = state;
        var used = UsedCost[unit];
        if (state == Restrictions.Unused)
        {
            UsedCost[unit] = double.PositiveInfinity;
        }

        var cost = SelectUnits(allowed, false);
        UsedCost[unit] = used;
        allowed.Unit[unit] = old;
        return cost;
    }

    private void Take(int d, Restrictions allowed)
    {
        foreach (var u in _model.DistributorUnits[d])
        {
            if (allowed.Unit[u] == Restrictions.Free && UsedCost[u] < ClosedCost[u])
            {
                Selected[u] = true;
            }
        }
    }
}
