using System.Text.Json.Serialization;

namespace UnifiedCommerce.Sourcing;

/// <summary>
/// Proof of a lower bound: trees of branching decisions whose leaves carry prices from which anyone can recompute a bound.
/// </summary>
/// <remarks>
/// <para>Problem parts that share nothing are proved apart; the bound of the problem is the sum over the parts, the bound of a part is the
/// least bound of its leaves. Every inner node splits one whole-number quantity in two, so the leaves cover everything by construction.</para>
/// <para>All prices are whole numbers in billionths (1e-9): of base currency per order unit (<see cref="LeafPrices.Lines"/>, pools, groups), or of
/// base currency per base-currency value (rates). Any values give a true bound (weak duality); good values give a good one.</para>
/// <para>Bound of a leaf. A <i>unit</i> is one distributor with one purchase order key. For a unit u with order value V (base currency, before discount),
/// quantity Q and weight W let F(V,Q,W) be its order-level cost after everything (discount, rebate, payment, preference, freight, surcharges, fees,
/// administration), plus, when it is the only unit of a distributor, its commitment shortfall. For an offer o bought in quantity x let g(x) be its value
/// in base currency (at the best group rate its group can reach at the leaf) and e(x) its other cost (extras, line fee, soft rules).
/// A <i>trial</i> is a triple (v,q,w) of rates. With a trial the unit costs at least
/// min over allowed (V,Q,W) of [F - vV - qQ - wW] + sum over its offers of min(0, min over allowed x>0 of [v g(x) + q x + w weight x + e(x) + p x - credit]),
/// p x being the prices of pool, group and commitment below; each trial is valid, so for each piece on which F is affine (a <i>mode</i>) the best trial may
/// be taken, and the unit's bound is the least over its modes.</para>
/// <list type="bullet">
/// <item>Allowed x are multiples from the least to the greatest quantity of <see cref="OfferEligibility.Quantities"/>, within the decisions, and at least the needed quantity
/// less what the (max-splits - 1) largest other offers of the line can supply. Allowed V, Q and W are within the decisions and at most the sum over the unit's offers of
/// the greatest g(x), x and weight.</item>
/// <item>An offer decided to be at least 1 is used: in its line nothing cheaper without it counts, and the line is filled. The value, quantity and weight of a unit that
/// is not used are 0.</item>
/// <item>A group reaches at most the sum of the greatest quantities that the decisions leave to its offers in units that may be used, within the decisions on the group.</item>
/// <item>Commitments of distributors from which no line can be bought belong to no part; their shortfall is added to the sum of the parts.</item>
/// <item>A unit <b>priced by lines</b> (<see cref="UnitPrices.InLines"/> false): credit = line price x min(x, needed quantity). Its offers are chosen in the unit.</item>
/// <item>A unit <b>priced by rate</b> (<see cref="UnitPrices.InLines"/> true; it has one trial, and the decisions of the leaf say that it is used): the unit contributes
/// only min [F - vV - qQ - wW], and its offers are chosen in their lines at cost c(x) = v g(x) + q x + w weight x + e(x) + p x.</item>
/// <item>Line i contributes the least of: its unfilled penalty (where allowed), and the cheapest way to cover its needed quantity with offers of units priced by rate at c(x)
/// (at most max-splits of them) and with "the rest" (units priced by lines) at the line price per unit covered. Any lower bound of that minimum is a true bound.</item>
/// <item>Each pool contributes -price x available; its price is added to p of its offers (price at least 0).</item>
/// <item>Each group contributes price x least quantity when the price is positive, price x greatest quantity when negative (limits by the decisions); minus its price is added to p.</item>
/// <item>Each commitment over several units contributes price x promised value (base currency), and minus price x g(x) is added to the cost of each offer of the distributor
/// (price from 0 to the shortfall rate; in billionths).</item>
/// <item>A distributor that the decisions leave open counts min(closed, open); with a limit on distributors the cheapest allowed choice of at most that many is taken.</item>
/// </list>
/// </remarks>
/// <param name="Parts">Parts of the problem that share nothing.</param>
/// <param name="LowerBound">The bound that the parts prove together (base currency), rounded down.</param>
[JsonConverter(typeof(CertificateJsonConverter))]
public sealed record Certificate(IReadOnlyList<CertificatePart> Parts, decimal LowerBound);

/// <summary>Proof for some lines and every unit that can serve them.</summary>
/// <param name="Lines">Indexes of the lines. Offers of a line belong to its part.</param>
/// <param name="Prices">Price vectors that the leaves refer to.</param>
/// <param name="Root">The tree.</param>
/// <param name="LowerBound">Least bound of the leaves (base currency), rounded down.</param>
public sealed record CertificatePart(IReadOnlyList<int> Lines, IReadOnlyList<LeafPrices> Prices, CertificateNode Root, decimal LowerBound);

/// <summary>A node of the tree: a split or a leaf.</summary>
public abstract record CertificateNode;

/// <summary>Either the subject is at most <paramref name="AtMost"/>, or it is at least one more.</summary>
/// <param name="Subject">What is split.</param>
/// <param name="Index">Distributor, line, offer, group or unit index, as the subject says.</param>
/// <param name="AtMost">Greatest value of the lower side. Order values are in billionths of the distributor's currency, weights in billionths of a kilogram.</param>
/// <param name="Lower">The side at or below.</param>
/// <param name="Upper">The side above.</param>
public sealed record CertificateSplit(SplitSubject Subject, int Index, Int128 AtMost, CertificateNode Lower, CertificateNode Upper) : CertificateNode;

/// <summary>A leaf: prices whose bound holds for everything that the decisions above it allow.</summary>
/// <param name="Prices">Index into <see cref="CertificatePart.Prices"/>; -1 when the decisions contradict each other and nothing is left.</param>
/// <param name="Bound">Bound claimed (base currency), rounded down.</param>
public sealed record CertificateLeaf(int Prices, decimal Bound) : CertificateNode;

/// <summary>What a split is about. Units are numbered by <see cref="PurchaseOrderUnits.List"/>.</summary>
public enum SplitSubject
{
    /// <summary>Whether a unit receives an order: 0 or 1.</summary>
    UnitUsed,

    /// <summary>Whether a distributor receives any order: 0 or 1.</summary>
    DistributorUsed,

    /// <summary>Order value of a unit that is used, before discount.</summary>
    UnitValue,

    /// <summary>Quantity of a unit that is used.</summary>
    UnitQuantity,

    /// <summary>Weight of a unit that is used.</summary>
    UnitWeight,

    /// <summary>Quantity bought from an offer; at most 0 means that it is not used.</summary>
    OfferQuantity,

    /// <summary>Quantity of a group break.</summary>
    GroupQuantity,

    /// <summary>Whether a line is filled: 0 or 1.</summary>
    LineFilled,
}

/// <summary>Prices of a leaf, in billionths.</summary>
/// <param name="Lines">Price per unit covered of each line of the part, in the order of <see cref="CertificatePart.Lines"/>; at least 0.</param>
/// <param name="Units">Prices of the units that have offers in the part.</param>
/// <param name="Pools">Price per unit of stock pools; missing ones are 0.</param>
/// <param name="Groups">Price per unit of groups; missing ones are 0.</param>
/// <param name="Commitments">Price of commitments over several units, by distributor; missing ones are 0.</param>
public sealed record LeafPrices(
    IReadOnlyList<long> Lines,
    IReadOnlyList<UnitPrices> Units,
    IReadOnlyList<IndexedPrice> Pools,
    IReadOnlyList<IndexedPrice> Groups,
    IReadOnlyList<IndexedPrice> Commitments);

/// <summary>Prices of one unit.</summary>
/// <param name="Unit">Unit number.</param>
/// <param name="InLines">Whether its offers are chosen in their lines.</param>
/// <param name="Trials">Rates to try.</param>
public sealed record UnitPrices(int Unit, bool InLines, IReadOnlyList<Trial> Trials);

/// <summary>Rates of a trial, in billionths.</summary>
/// <param name="Value">Per base-currency order value.</param>
/// <param name="Quantity">Base currency per order unit.</param>
/// <param name="Weight">Base currency per kilogram.</param>
public readonly record struct Trial(long Value, long Quantity = 0, long Weight = 0);

/// <summary>A price of something by its index.</summary>
/// <param name="Index">Index in the problem.</param>
/// <param name="Price">Price in billionths.</param>
public readonly record struct IndexedPrice(int Index, long Price);

/// <summary>A distributor with one purchase order key: what order-level terms apply to.</summary>
/// <param name="Distributor">Index of the distributor.</param>
/// <param name="Key">The key.</param>
public sealed record PurchaseOrderUnit(int Distributor, PurchaseOrderKey Key);

/// <summary>Numbers the units of a problem.</summary>
public static class PurchaseOrderUnits
{
    /// <summary>All units, by distributor index and, within it, by first line with that key, whether or not an offer exists.</summary>
    public static IReadOnlyList<PurchaseOrderUnit> List(SourcingProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var keys = Keys(problem);
        var units = new List<PurchaseOrderUnit>(keys.Count * problem.Distributors.Count);
        for (var d = 0; d < problem.Distributors.Count; d++)
        {
            foreach (var key in keys)
            {
                units.Add(new PurchaseOrderUnit(d, key));
            }
        }

        return units;
    }

    /// <summary>The different keys of the lines, by first line.</summary>
    public static IReadOnlyList<PurchaseOrderKey> Keys(SourcingProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return [.. problem.Lines.Select(line => line.Key).Distinct()];
    }
}
