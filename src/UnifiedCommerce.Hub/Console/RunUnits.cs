using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Sourcing;

namespace UnifiedCommerce.Hub.Console;

/// <summary>In which units a stored run counts: a line with decimal quantities was solved in thousandths, which no buyer counts in.</summary>
internal static class RunUnits
{
    private const int Thousandths = 1000;

    /// <summary>Units of the problem per base unit of the article, for each line: 1 or 1000.</summary>
    /// <param name="problem">The problem as it was solved.</param>
    /// <param name="prices">Reads the prices on the day of the run; asked only where the problem itself does not tell.</param>
    public static async Task<IReadOnlyList<int>> OfAsync(SourcingProblem problem, Func<Task<IReadOnlyList<PriceRow>>> prices)
    {
        var offers = problem.Offers.ToLookup(offer => offer.Line);
        var units = problem.Lines.Select((_, line) => ByStock(problem, line, offers[line])).ToArray();
        // Without an offer nothing tells, and nothing is asked.
        if (problem.Lines.Where((_, line) => units[line] is null && offers[line].Any()).Any())
        {
            var rows = (await prices()).ToLookup(row => (row.Partner, row.Sku));
            for (int line = 0; line < units.Length; line++)
            {
                units[line] ??= ByPrice(problem, line, offers[line], rows);
            }
        }
        return [.. units.Select(known => known ?? 1)];
    }

    /// <summary>The article of a line.</summary>
    public static string SkuOf(SourcingProblem problem, int line)
    {
        string id = problem.Lines[line].Id;
        return id.LastIndexOf('#') is > 0 and var cut ? id[..cut] : id;
    }

    // Stock is kept apart for whole units and for thousandths; the whole name is compared, as an article's own number may end in /1000.
    private static int? ByStock(SourcingProblem problem, int line, IEnumerable<Offer> offers)
    {
        foreach (var offer in offers.Where(offer => offer.StockPool is not null))
        {
            string whole = $"{problem.Distributors[offer.Distributor].Id}/{SkuOf(problem, line)}";
            string pool = problem.StockPools[offer.StockPool!.Value].Id;
            if (pool == whole)
            {
                return 1;
            }
            if (pool == $"{whole}/{Thousandths}")
            {
                return Thousandths;
            }
        }
        return null;
    }

    // Nobody has stock of it: the units in one order unit, beside what the price list says.
    private static int? ByPrice(SourcingProblem problem, int line, IEnumerable<Offer> offers, ILookup<(string Partner, string Sku), PriceRow> prices)
    {
        foreach (var offer in offers)
        {
            var scales = prices[(problem.Distributors[offer.Distributor].Id, SkuOf(problem, line))]
                .Where(row => offer.Id.StartsWith(row.Line.Item.SupplierSku ?? row.Sku, StringComparison.Ordinal))
                .SelectMany(row => new[] { 1, Thousandths }.Where(scale => Math.Max(1, (long)(row.Line.UnitFactor * scale)) == offer.Price.UnitFactorDenominator))
                .Distinct().ToList();
            if (scales is [var only])
            {
                return only;
            }
        }
        return null;
    }
}
