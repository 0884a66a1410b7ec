namespace UnifiedCommerce.Sourcing;

/// <summary>An offer of a line at fixed rates.</summary>
internal sealed class LineCoverOffer(
    CheckedPart part, CheckedOffer offer, OfferPoint[] points, bool forced, Int128 rate, Int128 perUnit, long groupLo, long groupHi)
{
    /// <summary>Whether the decisions say that it is used.</summary>
    public bool Forced { get; } = forced;

    public long Multiple { get; } = offer.Multiple;

    /// <summary>Quantities among which the cheapest lies, with their cost (base currency x 1e21).</summary>
    public (long Quantity, Int128 Cost)[] Points { get; } = [.. points.Select(point => (point.Quantity, CostOf(point, rate, perUnit, offer)))];

    /// <summary>Ranges on which the cost is a straight line.</summary>
    public (long From, long To)[] Steps { get; } = [.. part.Steps(offer, points[0].Quantity, points[^1].Quantity)];

    public Int128 Cost(long quantity) => CostOf(part.PointOf(offer, quantity, groupLo, groupHi), rate, perUnit, offer);

    private static Int128 CostOf(OfferPoint point, Int128 rate, Int128 perUnit, CheckedOffer offer) =>
        (rate * (rate >= 0 ? point.Low : point.High)) + (perUnit * point.Quantity) + offer.UseCost;
}

/// <summary>Least cost of filling a line from offers at fixed rates and from the rest at a price per unit.</summary>
internal static class LineCover
{
    /// <summary>Packs of an offer up to which all whole packs of a pair are tried; with more a broken pack is let pass.</summary>
    private const int MostPacks = 100_000;

    /// <summary>A lower bound of the least cost; null when the line cannot be filled so.</summary>
    /// <param name="need">Quantity needed.</param>
    /// <param name="most">Greatest quantity.</param>
    /// <param name="splits">Most offers.</param>
    /// <param name="offers">Offers at fixed rates.</param>
    /// <param name="rest">Price of a unit from other offers; null when there are none.</param>
    public static Int128? Least(long need, long most, int splits, List<LineCoverOffer> offers, Int128? rest)
    {
        var forced = offers.Count(offer => offer.Forced);
        Int128? best = rest is { } price && forced == 0 ? price * need : null;
        foreach (var offer in offers.Where(offer => forced == 0 || (forced == 1 && offer.Forced)))
        {
            foreach (var (quantity, cost) in offer.Points)
            {
                if (quantity >= need)
                {
                    best = Min(best, cost);
                }
                else if (splits > 1 && rest is { } perUnit)
                {
                    best = Min(best, cost + (perUnit * (need - quantity)));
                }
            }
        }

        if (splits == 2)
        {
            for (var a = 0; a < offers.Count; a++)
            {
                for (var b = a + 1; b < offers.Count; b++)
                {
                    best = (offers[a].Forced ? 1 : 0) + (offers[b].Forced ? 1 : 0) < forced ? best : Pair(offers[a], offers[b], need, most, best);
                }
            }
        }
        else if (splits > 2)
        {
            // Three and more offers: what they cost at least at any price per unit covered. It is below every mixed choice, so it stands alone.
            var many = Many(need, offers, rest);
            best = best is null ? many : many is { } value && value < best ? value : best;
        }

        return best;
    }

    private static Int128? Pair(LineCoverOffer a, LineCoverOffer b, long need, long most, Int128? best)
    {
        foreach (var (fromA, toA) in a.Steps)
        {
            foreach (var (fromB, toB) in b.Steps)
            {
                if (toA + toB < need || fromA + fromB > most)
                {
                    continue;
                }

                // A straight line takes its least at a corner of the area between need and most. Where that breaks a pack, all whole packs are tried.
                var tried = false;
                Corner(fromA, fromB);
                Corner(fromA, toB);
                Corner(toA, fromB);
                Corner(toA, toB);
                foreach (var total in (ReadOnlySpan<long>)[need, most])
                {
                    Corner(fromA, total - fromA);
                    Corner(toA, total - toA);
                    Corner(total - fromB, fromB);
                    Corner(total - toB, toB);
                }

                void Corner(long xa, long xb)
                {
                    if (tried || xa < fromA || xa > toA || xb < fromB || xb > toB || xa + xb < need || xa + xb > most)
                    {
                        return;
                    }

                    var cost = a.Cost(xa) + b.Cost(xb);
                    if (best is { } least && cost >= least)
                    {
                        return;
                    }

                    tried = (xa % a.Multiple != 0 || xb % b.Multiple != 0) && (toA - fromA) / a.Multiple <= MostPacks && (toB - fromB) / b.Multiple <= MostPacks;
                    best = tried ? WholePacks(a, (fromA, toA), b, (fromB, toB), need, most, best) : cost;
                }
            }
        }

        return best;
    }

    /// <summary>The cheapest pair in whole packs: for every quantity of one offer the least and the greatest that the other may add.</summary>
    private static Int128? WholePacks(LineCoverOffer a, (long From, long To) stepA, LineCoverOffer b, (long From, long To) stepB, long need, long most, Int128? best)
    {
        if (a.Multiple < b.Multiple)
        {
            return WholePacks(b, stepB, a, stepA, need, most, best);
        }

        for (var xa = stepA.From; xa <= stepA.To; xa += a.Multiple)
        {
            var least = Math.Max(stepB.From, CheckedProblem.RoundUp(Math.Max(0, need - xa), b.Multiple));
            var room = Math.Min(stepB.To, most - xa);
            var greatest = room - (((room % b.Multiple) + b.Multiple) % b.Multiple);
            if (least <= greatest)
            {
                best = Min(best, a.Cost(xa) + Int128.Min(b.Cost(least), b.Cost(greatest)));
            }
        }

        return best;
    }

    /// <summary>The best price per unit covered, found by halving: any price gives a true bound.</summary>
    private static Int128? Many(long need, List<LineCoverOffer> offers, Int128? rest)
    {
        var high = (2 * offers.Max(offer => offer.Points.Max(point => Int128.Abs(point.Cost)))) + 1;
        high = rest is { } limit ? Int128.Min(high, limit) : high;
        Int128 low = 0;
        if (Covered(low, need, offers, out var value) >= need)
        {
            return value;
        }

        if (Covered(high, need, offers, out value) < need)
        {
            // Without a rest every unit was taken that can be, and the line cannot be filled. With one, its price is the highest that makes sense.
            if (rest is not { } most)
            {
                return null;
            }

            _ = Covered(most, need, offers, out value);
            return value;
        }

        while (high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            if (Covered(middle, need, offers, out _) < need)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        _ = Covered(low, need, offers, out var atLow);
        _ = Covered(high, need, offers, out var atHigh);
        return Int128.Max(atLow, atHigh);
    }

    /// <summary>Units covered by what the offers choose at a price per unit; the value is the bound that this price proves.</summary>
    private static Int128 Covered(Int128 price, long need, List<LineCoverOffer> offers, out Int128 value)
    {
        value = checked(price * need);
        Int128 covered = 0;
        foreach (var offer in offers)
        {
            var best = offer.Forced ? Int128.MaxValue : 0;
            long at = 0;
            foreach (var (quantity, cost) in offer.Points)
            {
                var gain = checked(cost - (price * Math.Min(quantity, need)));
                if (gain < best)
                {
                    (best, at) = (gain, quantity);
                }
            }

            value += best;
            covered += Math.Min(at, need);
        }

        return covered;
    }

    private static Int128? Min(Int128? a, Int128 b) => a is null || b < a ? b : a;
}
