using System.Numerics;

namespace UnifiedCommerce.Sourcing;

/// <summary>Prices of a leaf, found by local number; faults where they name something that is not in the part.</summary>
internal sealed class PricedPart
{
    private static readonly Trial[] NoTrial = [default];

    private PricedPart(int lines, int units)
    {
        Lines = new long[lines];
        InLines = new bool[units];
        Trials = new Trial[units][];
        Array.Fill(Trials, NoTrial);
    }

    public long[] Lines { get; }

    public bool[] InLines { get; }

    /// <summary>Rates to try for each unit; all zero is always among them for units priced by lines.</summary>
    public Trial[][] Trials { get; }

    public Dictionary<int, long> Pools { get; } = [];

    public Dictionary<int, long> Groups { get; } = [];

    public Dictionary<int, long> Commitments { get; } = [];

    /// <summary>All prices zero.</summary>
    public static PricedPart Nothing(CheckedPart part) => new(part.Lines.Count, part.Units.Count);

    /// <summary>Reads prices; what is wrong with them is added to the faults.</summary>
    public static PricedPart Read(CheckedPart part, LeafPrices prices, string place, List<CheckFault> faults)
    {
        var result = Nothing(part);
        if (prices.Lines.Count != part.Lines.Count)
        {
            faults.Add(new CheckFault("line-prices", place, $"There are {prices.Lines.Count} line prices for {part.Lines.Count} lines."));
            return result;
        }

        for (var i = 0; i < prices.Lines.Count; i++)
        {
            result.Lines[i] = prices.Lines[i];
            if (prices.Lines[i] < 0)
            {
                faults.Add(new CheckFault("negative-line-price", place, $"The price of line {part.Lines[i]} is {prices.Lines[i]}; it must be at least 0."));
            }
        }

        var seen = new HashSet<int>();
        foreach (var unit in prices.Units)
        {
            if (!part.TryLocalUnit(unit.Unit, out var local) || !seen.Add(local))
            {
                faults.Add(new CheckFault("unknown-unit", place, $"Unit {unit.Unit} has no offer in the part, or is priced twice."));
                continue;
            }

            result.InLines[local] = unit.InLines;
            result.Trials[local] = unit.InLines ? [.. unit.Trials] : [.. unit.Trials, default];
            if (unit.InLines && unit.Trials.Count != 1)
            {
                faults.Add(new CheckFault("trials", place, $"Unit {unit.Unit} is priced by rate and has {unit.Trials.Count} trials; it must have one."));
            }
        }

        Read(prices.Pools, result.Pools, part.Pools.Contains, least: _ => 0, most: _ => long.MaxValue, "pool", place, faults);
        Read(prices.Groups, result.Groups, part.GroupGreatest.ContainsKey, least: _ => long.MinValue, most: _ => long.MaxValue, "group", place, faults);
        Read(
            prices.Commitments, result.Commitments,
            d => !part.Problem.OneKey && part.UnitsOfDistributor.Contains(d) && part.Problem.Problem.Distributors[d].Commitment is not null,
            least: _ => 0,
            most: d => (long)(CheckedProblem.Rate(part.Problem.Problem.Distributors[d].Commitment!.ShortfallRate) / 1000),
            "commitment", place, faults);
        if (faults.Count == 0 && !result.Fits(part))
        {
            faults.Add(new CheckFault("prices-too-large", place, "Prices times quantities leave the range of exact arithmetic."));
        }

        return result;
    }

    private static void Read(
        IReadOnlyList<IndexedPrice> prices,
        Dictionary<int, long> into,
        Func<int, bool> known,
        Func<int, long> least,
        Func<int, long> most,
        string what,
        string place,
        List<CheckFault> faults)
    {
        foreach (var (index, price) in prices)
        {
            if (!known(index) || !into.TryAdd(index, price))
            {
                faults.Add(new CheckFault($"unknown-{what}", place, $"There is no {what} {index} in the part that could be priced, or it is priced twice."));
            }
            else if (price < least(index) || price > most(index))
            {
                faults.Add(new CheckFault($"{what}-price", place, $"The price of {what} {index} is {price}; it must be from {least(index)} to {most(index)}."));
            }
        }
    }

    /// <summary>Whether every product stays well inside 128 bits, so that no sum can overflow.</summary>
    private bool Fits(CheckedPart part)
    {
        // A sum runs over the offers of a unit or a line: a hundred thousand of them have room.
        var limit = (BigInteger)Int128.MaxValue / 400_000;
        var trials = Trials.SelectMany(trials => trials).ToList();
        var rate = Greatest(trials.Select(trial => trial.Value)) + Greatest(Commitments.Values);
        var perUnit = Greatest(Lines) + Greatest(trials.Select(trial => trial.Quantity)) + Greatest(Pools.Values) + Greatest(Groups.Values);
        var perKilogram = Greatest(trials.Select(trial => trial.Weight));
        return rate * part.GreatestWorth <= limit
            && perUnit * part.GreatestQuantity * 1_000_000_000_000 <= limit
            && perKilogram * part.GreatestWeight * 1000 <= limit
            && part.GreatestExtra <= limit;

        static BigInteger Greatest(IEnumerable<long> prices) => prices.Select(price => BigInteger.Abs(price)).DefaultIfEmpty(0).Max();
    }
}
