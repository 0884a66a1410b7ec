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
