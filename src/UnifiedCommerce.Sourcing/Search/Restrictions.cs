namespace UnifiedCommerce.Sourcing;

/// <summary>What the decisions on the way to a node of the tree leave allowed.</summary>
internal sealed class Restrictions
{
    public const byte Free = 0;
    public const byte Used = 1;
    public const byte Unused = 2;

    public required byte[] Unit { get; init; }

    /// <summary>Limits on the order value of each unit that is used, in base currency.</summary>
    public required double[] ValueLo { get; init; }

    public required double[] ValueHi { get; init; }

    public required double[] QuantityLo { get; init; }

    public required double[] QuantityHi { get; init; }

    public required double[] WeightLo { get; init; }

    public required double[] WeightHi { get; init; }

    /// <summary>Limits on quantities of offers; absent when none was set.</summary>
    public Dictionary<int, (long Lo, long Hi)>? Offers { get; set; }

    /// <summary>Whether lines must or must not be filled; null when nothing was decided.</summary>
    public byte[]? Line { get; set; }

    /// <summary>
    /// Offers that can be in no filled line any more, because what is still allowed beside them does not supply what their line needs; null
    /// for none. Drawn from the decisions by <see cref="Conclude"/>; not copied.
    /// </summary>
    public bool[]? Out { get; private set; }

    /// <summary>What units can still reach with the offers that are left; null when no offer is out.</summary>
    public UnitReach? Reach { get; private set; }

    /// <summary>Finds the offers that the decisions leave no use for.</summary>
    public void Conclude(SearchModel model)
    {
        bool[]? found = null;
        foreach (var i in model.LinesWithShortOffers)
        {
            var places = model.MaxSplits[i];
            var forced = 0.0;
            Span<double> top = places <= 8 ? stackalloc double[places] : new double[places];
            top.Clear();
            for (var k = model.LineStart[i]; k < model.LineStart[i + 1]; k++)
            {
                var o = model.LineOffers[k];
                var greatest = GreatestOf(model, o, out var isForced);
                if (isForced)
                {
                    forced += greatest;
                    places--;
                }
                else
                {
                    Keep(top, greatest);
                }
            }

            if (places < 0)
            {
                // More offers must be used than may be: the bound of the line says so.
                continue;
            }

            var others = 0.0;
            for (var n = 0; n < places - 1; n++)
            {
                others += top[n];
            }

            var all = forced + others + (places > 0 ? top[places - 1] : 0);
            for (var k = model.LineStart[i]; k < model.LineStart[i + 1]; k++)
            {
                var o = model.LineOffers[k];
                var greatest = GreatestOf(model, o, out var isForced);

                // With it, the others give the largest places but one; where it is among those itself, the next takes its place.
                var reach = isForced ? all
                    : places == 0 ? 0
                    : greatest >= top[places - 1] ? all
                    : forced + others + greatest;
                if (reach < model.Need[i])
                {
                    found ??= new bool[model.Offers];
                    found[o] = true;
                }
            }
        }

        for (var i = 0; Line is not null && i < Line.Length; i++)
        {
            for (var k = model.LineStart[i]; k < model.LineStart[i + 1] && Line[i] == Unused; k++)
            {
                found ??= new bool[model.Offers];
                found[model.LineOffers[k]] = true;
            }
        }

        Out = found;
        Reach = found is null ? null : UnitReach.Of(model, found);
    }

    private double GreatestOf(SearchModel model, int o, out bool isForced)
    {
        isForced = false;
        if (Unit[model.OfferUnit[o]] == Unused)
        {
            return 0;
        }

        if (Offers is null || !Offers.TryGetValue(o, out var limit))
        {
            return model.Greatest[o];
        }

        isForced = limit.Lo > 0;
        return limit.Hi < model.Least[o] ? 0 : Math.Min(limit.Hi, model.Greatest[o]);
    }

    private static void Keep(Span<double> top, double value)
    {
        for (var n = 0; n < top.Length; n++)
        {
            if (value > top[n])
            {
                (top[n], value) = (value, top[n]);
            }
        }
    }

    public static Restrictions None(SearchModel model)
    {
        return new Restrictions
        {
            Unit = new byte[model.Units],
            ValueLo = new double[model.Units],
            ValueHi = Unlimited(),
            QuantityLo = new double[model.Units],
            QuantityHi = Unlimited(),
            WeightLo = new double[model.Units],
            WeightHi = Unlimited(),
        };

        double[] Unlimited()
        {
            var hi = new double[model.Units];
            Array.Fill(hi, double.PositiveInfinity);
            return hi;
        }
    }

    public Restrictions Copy() => new()
    {
        Unit = (byte[])Unit.Clone(),
        ValueLo = (double[])ValueLo.Clone(),
        ValueHi = (double[])ValueHi.Clone(),
        QuantityLo = (double[])QuantityLo.Clone(),
        QuantityHi = (double[])QuantityHi.Clone(),
        WeightLo = (double[])WeightLo.Clone(),
        WeightHi = (double[])WeightHi.Clone(),
        Offers = Offers is null ? null : new Dictionary<int, (long, long)>(Offers),
        Line = (byte[]?)Line?.Clone(),
    };

    public int FreeUnits()
    {
        var free = 0;
        foreach (var state in Unit)
        {
            free += state == Free ? 1 : 0;
        }

        return free;
    }
}

/// <summary>The greatest value, quantity and weight that an order of each unit can have.</summary>
internal sealed record UnitReach(double[] Value, double[] Quantity, double[] Weight)
{
    public static UnitReach Of(SearchModel model, bool[]? without = null)
    {
        var reach = new UnitReach(new double[model.Units], new double[model.Units], new double[model.Units]);
        for (var u = 0; u < model.Units; u++)
        {
            var offers = 0;
            for (var o = model.UnitStart[u]; o < model.UnitStart[u + 1]; o++)
            {
                if (without is not null && without[o])
                {
                    continue;
                }

                var value = 0.0;
                for (var p = model.PointStart[o]; p < model.PointStart[o + 1]; p++)
                {
                    value = Math.Max(value, model.PointValue[p]);
                }

                // The greatest value is the one without the group's discount.
                reach.Value[u] += model.Group[o] >= 0 ? value / (1 - model.GroupBestRate[model.Group[o]]) : value;
                reach.Quantity[u] += model.Greatest[o];
                reach.Weight[u] += model.Greatest[o] * model.Weight[o];
                offers++;
            }

            // What can just be reached must not be lost to rounding; a unit without offers cannot be used at all.
            reach.Value[u] = offers == 0 ? double.NegativeInfinity : reach.Value[u] * (1 + 1e-9);
            reach.Weight[u] *= 1 + 1e-9;
        }

        return reach;
    }
}

/// <summary>Prices at which a bound is computed.</summary>
internal sealed class Prices
{
    public required double[] Line { get; init; }

    public required double[] Value { get; init; }

    public required double[] Quantity { get; init; }

    public required double[] Weight { get; init; }

    public required double[] Pool { get; init; }

    public required double[] Commitment { get; init; }

    public static Prices Zero(SearchModel model) => new()
    {
        Line = new double[model.Lines],
        Value = new double[model.Units],
        Quantity = new double[model.Units],
        Weight = new double[model.Units],
        Pool = new double[model.PoolIndex.Length],
        Commitment = new double[model.Distributors],
    };

    public Prices Copy() => new()
    {
        Line = (double[])Line.Clone(),
        Value = (double[])Value.Clone(),
        Quantity = (double[])Quantity.Clone(),
        Weight = (double[])Weight.Clone(),
        Pool = (double[])Pool.Clone(),
        Commitment = (double[])Commitment.Clone(),
    };

    public void CopyFrom(Prices other)
    {
        other.Line.CopyTo(Line, 0);
        other.Value.CopyTo(Value, 0);
        other.Quantity.CopyTo(Quantity, 0);
        other.Weight.CopyTo(Weight, 0);
        other.Pool.CopyTo(Pool, 0);
        other.Commitment.CopyTo(Commitment, 0);
    }
}
