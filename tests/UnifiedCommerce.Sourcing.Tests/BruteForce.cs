namespace UnifiedCommerce.Sourcing.Tests;

/// <summary>Tries every plan of a tiny problem and keeps the cheapest, costed by the checker.</summary>
internal static class BruteForce
{
    /// <summary>Cost of the best plan; null when there are more than so many plans to try.</summary>
    public static decimal? Best(SourcingProblem problem, int mostPlans)
    {
        var ways = new List<List<Allocation[]>>();
        long plans = 1;
        foreach (var line in Enumerable.Range(0, problem.Lines.Count))
        {
            var own = Ways(problem, line, mostPlans);
            if (own is null || (plans *= own.Count) > mostPlans)
            {
                return null;
            }

            ways.Add(own);
        }

        var chosen = new int[ways.Count];
        decimal? best = null;
        while (true)
        {
            var plan = new List<Allocation>();
            for (var i = 0; i < chosen.Length; i++)
            {
                plan.AddRange(ways[i][chosen[i]]);
            }

            var cost = SourcingEngine.Evaluate(problem, plan).Cost?.Total;
            best = cost is null || best < cost ? best : cost;
            var next = 0;
            while (next < chosen.Length && ++chosen[next] == ways[next].Count)
            {
                chosen[next++] = 0;
            }

            if (next == chosen.Length)
            {
                return best;
            }
        }
    }

    /// <summary>Every way to buy a line, not buying it among them.</summary>
    private static List<Allocation[]>? Ways(SourcingProblem problem, int line, int most)
    {
        var result = new List<Allocation[]> { Array.Empty<Allocation>() };
        var partial = new List<(long Bought, Allocation[] Allocations)> { (0, []) };
        var demand = problem.Lines[line];
        for (var o = 0; o < problem.Offers.Count; o++)
        {
            var offer = problem.Offers[o];
            if (offer.Line != line)
            {
                continue;
            }

            foreach (var (bought, allocations) in partial.ToList())
            {
                for (var quantity = offer.OrderMultiple; bought + quantity <= demand.MaxQuantity; quantity += offer.OrderMultiple)
                {
                    if (quantity < offer.Moq || quantity > offer.Available || allocations.Length >= demand.MaxSplits)
                    {
                        continue;
                    }

                    Allocation[] with = [.. allocations, new(o, quantity)];
                    partial.Add((bought + quantity, with));
                    if (bought + quantity >= demand.Quantity)
                    {
                        result.Add(with);
                    }
                }

                if (partial.Count > most)
                {
                    return null;
                }
            }
        }

        return result;
    }
}
