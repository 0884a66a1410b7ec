using System.Numerics;

namespace UnifiedCommerce.Sourcing;

/// <summary>A quantity of an offer with what it is worth, from the best group rate to the worst.</summary>
/// <param name="Quantity">Order units.</param>
/// <param name="Low">Base currency x 1e12, rounded down at the best group rate.</param>
/// <param name="High">Base currency x 1e12, rounded up at the worst group rate.</param>
/// <param name="ValueLow">Billionths of the distributor's currency at the best group rate.</param>
/// <param name="ValueHigh">Billionths of the distributor's currency at the worst group rate.</param>
internal readonly record struct OfferPoint(long Quantity, Int128 Low, Int128 High, Int128 ValueLow, Int128 ValueHigh);

/// <summary>An offer of a part.</summary>
internal sealed class CheckedOffer
{
    public required int Index { get; init; }

    /// <summary>Local numbers.</summary>
    public required int Line { get; init; }

    public required int Unit { get; init; }

    public required long Least { get; init; }

    public required long Greatest { get; init; }

    public required long Need { get; init; }

    public required long Multiple { get; init; }

    public required int? Pool { get; init; }

    public required int? Group { get; init; }

    /// <summary>Base currency x 1e21 for each unit, and for using it at all.</summary>
    public required Int128 ExtraPerUnit { get; init; }

    public required Int128 UseCost { get; init; }

    /// <summary>Billionths of a kilogram.</summary>
    public required Int128 Weight { get; init; }

    public required Int128 ExchangeRate { get; init; }
}

/// <summary>Lines of a certificate part with everything that can serve them.</summary>
internal sealed class CheckedPart
{
    private readonly Dictionary<int, int> _localUnit = [];
    private readonly HashSet<int> _lines;

    public CheckedPart(CheckedProblem problem, IReadOnlyList<int> lines, ILookup<int, int> usableOffersByLine)
    {
        Problem = problem;
        Lines = lines;
        var offers = new List<CheckedOffer>();
        for (var i = 0; i < lines.Count; i++)
        {
            var line = problem.Problem.Lines[lines[i]];
            var own = usableOffersByLine[lines[i]].ToList();
            foreach (var o in own)
            {
                var offer = problem.Problem.Offers[o];
                var unit = problem.UnitOf(o);
                if (!_localUnit.TryGetValue(unit, out var localUnit))
                {
                    localUnit = _localUnit.Count;
                    _localUnit[unit] = localUnit;
                }

                // In a filled line an offer brings at least what the greatest others cannot.
                var others = own.Where(other => other != o).Select(other => problem.Limits[other].Greatest).OrderDescending().Take(line.MaxSplits - 1).Sum();
                var rate = problem.ExchangeRate(offer.Distributor);
                offers.Add(new CheckedOffer
                {
                    Index = o,
                    Line = i,
                    Unit = localUnit,
                    Least = Math.Max(problem.Limits[o].Least, CheckedProblem.RoundUp(Math.Max(1, line.Quantity - others), offer.OrderMultiple)),
                    Greatest = problem.Limits[o].Greatest,
                    Need = line.Quantity,
                    Multiple = offer.OrderMultiple,
                    Pool = offer.StockPool,
                    Group = offer.GroupBreak,
                    ExtraPerUnit = checked(CheckedProblem.Nano(offer.UnitExtra) * rate),
                    UseCost = checked((CheckedProblem.Nano(problem.Terms(problem.Units[unit]).LineFee) * rate) + (problem.UseCost(o) * 1_000_000_000_000)),
                    Weight = CheckedProblem.Nano(offer.UnitWeight),
                    ExchangeRate = rate,
                });
            }
        }

        Offers = offers;
        Units = [.. _localUnit.OrderBy(pair => pair.Value).Select(pair => pair.Key)];
        Pieces = [.. Units.Select(unit => OrderCostPieces.Of(problem, problem.Units[unit]))];
        OffersOfUnit = [.. Units.Select(_ => new List<int>())];
        OffersOfLine = [.. lines.Select(_ => new List<int>())];
        for (var k = 0; k < offers.Count; k++)
        {
            OffersOfUnit[offers[k].Unit].Add(k);
            OffersOfLine[offers[k].Line].Add(k);
        }

        UnitsOfDistributor = Units.Select((unit, local) => (problem.Units[unit].Distributor, Local: local)).ToLookup(pair => pair.Distributor, pair => pair.Local);
        GroupGreatest = offers.Where(offer => offer.Group is not null).GroupBy(offer => offer.Group!.Value)
            .ToDictionary(group => group.Key, group => group.Sum(offer => offer.Greatest));
        Pools = offers.Where(offer => offer.Pool is not null).Select(offer => offer.Pool!.Value).ToHashSet();
        _lines = [.. lines];
        Points = [.. offers.Select(offer => PointsOf(offer, offer.Least, offer.Greatest, 0, offer.Group is { } group ? GroupGreatest[group] : 0))];
        for (var k = 0; k < offers.Count; k++)
        {
            var quantity = Math.Max(offers[k].Greatest, offers[k].Need);
            GreatestQuantity = BigInteger.Max(GreatestQuantity, quantity);
            GreatestWeight = BigInteger.Max(GreatestWeight, quantity * (BigInteger)offers[k].Weight);
            GreatestExtra = BigInteger.Max(GreatestExtra, (quantity * (BigInteger)offers[k].ExtraPerUnit) + offers[k].UseCost);
            foreach (var point in Points[k])
            {
                GreatestWorth = BigInteger.Max(GreatestWorth, point.High);
            }
        }
    }

    public CheckedProblem Problem { get; }

    /// <summary>Lines by their index in the problem.</summary>
    public IReadOnlyList<int> Lines { get; }

    public IReadOnlyList<CheckedOffer> Offers { get; }

    /// <summary>Units by their number in the problem.</summary>
    public IReadOnlyList<int> Units { get; }

    public IReadOnlyList<IReadOnlyList<OrderCostPiece>> Pieces { get; }

    public IReadOnlyList<List<int>> OffersOfUnit { get; }

    public IReadOnlyList<List<int>> OffersOfLine { get; }

    public ILookup<int, int> UnitsOfDistributor { get; }

    /// <summary>Greatest quantity of each group that has offers here.</summary>
    public IReadOnlyDictionary<int, long> GroupGreatest { get; }

    public IReadOnlySet<int> Pools { get; }

    /// <summary>The points of each offer when nothing is decided.</summary>
    public IReadOnlyList<OfferPoint[]> Points { get; }

    /// <summary>Greatest worth of an offer in base currency x 1e12.</summary>
    public BigInteger GreatestWorth { get; }

    /// <summary>Greatest quantity of an offer or a need.</summary>
    public BigInteger GreatestQuantity { get; }

    /// <summary>Greatest weight of an offer in billionths of a kilogram.</summary>
    public BigInteger GreatestWeight { get; }

    /// <summary>Greatest other cost of an offer in base currency x 1e21.</summary>
    public BigInteger GreatestExtra { get; }

    public bool HasLine(int line) => _lines.Contains(line);

    public bool TryLocalUnit(int unit, out int local) => _localUnit.TryGetValue(unit, out local);

    /// <summary>
    /// Quantities of an offer among which the least of every cost of the form (rate x value + price x quantity - credit x covered) lies, for a
    /// credit that is not negative: the ends of the price steps and the multiples around the need.
    /// </summary>
    /// <param name="offer">The offer.</param>
    /// <param name="least">Least quantity allowed.</param>
    /// <param name="greatest">Greatest quantity allowed.</param>
    /// <param name="groupLo">Least quantity of its group.</param>
    /// <param name="groupHi">Greatest quantity of its group.</param>
    public OfferPoint[] PointsOf(CheckedOffer offer, long least, long greatest, long groupLo, long groupHi)
    {
        var quantities = new SortedSet<long>();
        foreach (var (from, to) in Steps(offer, least, greatest))
        {
            quantities.Add(from);
            quantities.Add(to);
            var below = offer.Need - (offer.Need % offer.Multiple);
            if (below > from && below < to)
            {
                quantities.Add(below);
            }

            var above = CheckedProblem.RoundUp(offer.Need, offer.Multiple);
            if (above > from && above < to)
            {
                quantities.Add(above);
            }
        }

        var points = new OfferPoint[quantities.Count];
        var p = 0;
        foreach (var quantity in quantities)
        {
            points[p++] = PointOf(offer, quantity, groupLo, groupHi);
        }

        return points;
    }

    /// <summary>Ranges of one price, cut to multiples inside the limits.</summary>
    public IEnumerable<(long From, long To)> Steps(CheckedOffer offer, long least, long greatest)
    {
        var starts = Problem.PriceSteps(offer.Index).Append(1).Distinct().Order().ToArray();
        for (var s = 0; s < starts.Length; s++)
        {
            var from = CheckedProblem.RoundUp(Math.Max(starts[s], least), offer.Multiple);
            var to = Math.Min(s + 1 < starts.Length ? starts[s + 1] - 1 : long.MaxValue, greatest);
            to -= to % offer.Multiple;
            if (from <= to)
            {
                yield return (from, to);
            }
        }
    }

    public OfferPoint PointOf(CheckedOffer offer, long quantity, long groupLo, long groupHi)
    {
        var (low, high) = ValueBetween(offer, quantity, groupLo, groupHi);
        checked
        {
            var down = low * offer.ExchangeRate / 1_000_000_000;
            return new OfferPoint(quantity, low < 0 ? down - 1 : down, ((high * offer.ExchangeRate) + 999_999_999) / 1_000_000_000, low, high);
        }
    }

    /// <summary>Value in billionths of the distributor's currency at the best and worst group rate.</summary>
    private (Int128 Low, Int128 High) ValueBetween(CheckedOffer offer, long quantity, long groupLo, long groupHi)
    {
        var value = Problem.Value(offer.Index, quantity);
        if (Problem.IsWhole(offer.Index))
        {
            return (value, value);
        }

        // Rounding may lift a value by a billionth off the straight line between two points, or put it below.
        var (low, high) = offer.Group is { } group
            ? (CheckedProblem.Less(value, Problem.GroupRate(group, groupHi)), CheckedProblem.Less(value, Problem.GroupRate(group, Math.Max(groupLo, quantity))))
            : (value, value);
        return (low - 2, high + 2);
    }
}
