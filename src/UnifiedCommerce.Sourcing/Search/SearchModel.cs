namespace UnifiedCommerce.Sourcing;

/// <summary>
/// A part of a problem laid out in flat arrays for the search, in floating point and base currency. What the search finds is
/// always costed again exactly; what it proves is stated as prices from which a bound can be recomputed exactly.
/// </summary>
internal sealed class SearchModel
{
    public required SourcingProblem Problem { get; init; }

    // Lines.
    public required int[] LineIndex { get; init; }
    public required double[] Need { get; init; }
    public required double[] MaxQuantity { get; init; }
    public required int[] MaxSplits { get; init; }
    public required double[] Penalty { get; init; }
    public required int[] LineStart { get; init; }
    public required int[] LineOffers { get; init; }

    // Units and the distributors they belong to (local numbers).
    public required int[] UnitNumber { get; init; }
    public required int[] UnitDistributor { get; init; }
    public required int[] DistributorIndex { get; init; }
    public required int[][] DistributorUnits { get; init; }
    public required double[] UnitRate { get; init; }
    public required int[] UnitStart { get; init; }
    public required int[] ModeStart { get; init; }
    public required OrderMode[] Modes { get; init; }
    public required double[] ClosedCost { get; init; }
    public required bool[] ValueOnly { get; init; }
    public required int MaxDistributors { get; init; }

    // Commitments of distributors with several units, by local distributor: promised value and rate; 0 for none.
    public required double[] SharedCommitment { get; init; }
    public required double[] SharedShortfall { get; init; }

    // Offers, by unit, then line.
    public required int[] OfferIndex { get; init; }
    public required int[] OfferLine { get; init; }
    public required int[] OfferUnit { get; init; }
    public required long[] Least { get; init; }
    public required long[] Greatest { get; init; }
    public required long[] Multiple { get; init; }
    public required double[] UnitExtra { get; init; }
    public required double[] UseCost { get; init; }
    public required double[] Weight { get; init; }
    public required int[] Pool { get; init; }
    public required int[] Group { get; init; }

    // Pieces: value = constant + slope x quantity, in base currency, on multiples from lo to hi.
    public required int[] PieceStart { get; init; }
    public required double[] PieceLo { get; init; }
    public required double[] PieceHi { get; init; }
    public required double[] PieceConstant { get; init; }
    public required double[] PieceSlope { get; init; }

    // Points: the only quantities that can be best for any prices.
    public required int[] PointStart { get; init; }
    public required double[] PointQuantity { get; init; }
    public required double[] PointValue { get; init; }
    public required double[] PointCost { get; init; }
    public required double[] PointCredit { get; init; }

    // Stock pools and group breaks (local numbers).
    public required int[] PoolIndex { get; init; }
    public required double[] PoolAvailable { get; init; }
    public required int[] GroupIndex { get; init; }

    /// <summary>Best rate that each group can reach, already taken off the values of pieces and points.</summary>
    public required double[] GroupBestRate { get; init; }

    /// <summary>Lines of which an offer cannot supply all that is needed.</summary>
    public int[] LinesWithShortOffers => _short ??= [.. Enumerable.Range(0, Lines).Where(i => LineOffers.AsSpan(LineStart[i], LineStart[i + 1] - LineStart[i]).ToArray().Any(o => Greatest[o] < Need[i]))];

    private int[]? _short;

    public int[][] OffersOfPool => _offersOfPool ??= [.. Enumerable.Range(0, PoolIndex.Length).Select(pool => Enumerable.Range(0, Offers).Where(o => Pool[o] == pool).ToArray())];

    private int[][]? _offersOfPool;

    public int[] LinesWithPools => _withPools ??= [.. OffersOfPool.SelectMany(offers => offers).Select(o => OfferLine[o]).Distinct().Order()];

    private int[]? _withPools;

    /// <summary>All that prices can be multiplied with: the greatest values, quantities and weights of the units.</summary>
    public double Extent => _extent ??= UnitReach.Of(this) is var reach ? reach.Value.Sum() + (2 * reach.Quantity.Sum()) + reach.Weight.Sum() : 0;

    private double? _extent;

    public int Lines => Need.Length;

    public int Units => UnitNumber.Length;

    public int Offers => OfferIndex.Length;

    public int Distributors => DistributorIndex.Length;

    /// <summary>Value of a quantity of an offer at the best rate of its group.</summary>
    public double ValueOf(int offer, double quantity)
    {
        for (var p = PieceStart[offer]; p < PieceStart[offer + 1]; p++)
        {
            if (quantity <= PieceHi[p])
            {
                return PieceConstant[p] + (PieceSlope[p] * quantity);
            }
        }

        var last = PieceStart[offer + 1] - 1;
        return PieceConstant[last] + (PieceSlope[last] * quantity);
    }

    public double OtherCost(int offer, double quantity) => UseCost[offer] + (UnitExtra[offer] * quantity);

    /// <summary>Order-level cost of a unit that is used; infinite below a minimum value. Thresholds missed by rounding count as met.</summary>
    public double OrderCost(int unit, double value, double quantity, double weight)
    {
        var end = ModeStart[unit + 1];
        if (ValueOnly[unit])
        {
            for (var m = end - 1; m >= ModeStart[unit]; m--)
            {
                ref readonly var mode = ref Modes[m];
                if (value >= mode.LeastValue - 1e-7)
                {
                    return mode.Fixed + (mode.Rate * value);
                }
            }

            return double.PositiveInfinity;
        }

        for (var m = end - 1; m >= ModeStart[unit]; m--)
        {
            ref readonly var mode = ref Modes[m];
            if (value >= mode.LeastValue - 1e-7 && quantity >= mode.LeastQuantity && quantity <= mode.GreatestQuantity
                && weight >= mode.LeastWeight - 1e-10 && weight <= mode.GreatestWeight + 1e-10)
            {
                return mode.Fixed + (mode.Rate * value);
            }
        }

        return double.PositiveInfinity;
    }
}
