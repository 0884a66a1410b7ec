using System.Globalization;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Sourcing;

namespace UnifiedCommerce.Core.Routing;

/// <summary>One line of a proposed purchase order: one demand's allocation to one offer.</summary>
/// <param name="Demand">The demand.</param>
/// <param name="Offer">The offer.</param>
/// <param name="Quantity">In the supplier's order unit.</param>
/// <param name="BaseQuantity">In base units.</param>
/// <param name="NetPrice">Net price per basis at this quantity.</param>
internal sealed record ProposedLine(Demand Demand, BuiltOffer Offer, decimal Quantity, decimal BaseQuantity, decimal NetPrice);

/// <summary>A purchase order as the plan would have it.</summary>
internal sealed record ProposedPurchase(
    Partner Partner, PurchaseTerms Terms, PurchaseOrderKey Key, Party ShipTo, bool Direct, string? Contract, DateTimeOffset CutOff, PurchaseOrderCost Cost,
    decimal Rate, IReadOnlyList<ProposedLine> Lines);

/// <summary>A plan in the trade's words.</summary>
internal sealed class Proposal
{
    private readonly BuiltProblem _built;
    private readonly SourcingPlan _plan;

    private Proposal(BuiltProblem built, SourcingPlan plan, IReadOnlyList<ProposedPurchase> purchases)
    {
        _built = built;
        _plan = plan;
        Purchases = purchases;
    }

    public IReadOnlyList<ProposedPurchase> Purchases { get; }

    public static Proposal Of(BuiltProblem built, SourcingPlan plan, DateTimeOffset asOf)
    {
        var purchases = new List<ProposedPurchase>();
        foreach (var group in plan.Allocations.GroupBy(allocation => (built.Problem.Offers[allocation.Offer].Distributor, built.Demands[built.Problem.Offers[allocation.Offer].Line].Key))
            .OrderBy(group => group.Key.Distributor).ThenBy(group => group.Min(allocation => built.Problem.Offers[allocation.Offer].Line)))
        {
            var (distributor, key) = group.Key;
            var partner = built.Partners[distributor];
            var first = built.Demands[built.Problem.Offers[group.First().Offer].Line];
            var lines = group.OrderBy(allocation => built.Problem.Offers[allocation.Offer].Line).ThenBy(allocation => allocation.Offer)
                .Select(allocation => Line(built, allocation)).ToList();
            var cost = plan.Cost.Orders.First(order => order.Distributor == distributor && order.Key == key);
            var rate = built.Terms[distributor].Currency == built.Problem.BaseCurrency ? 1m
                : built.Problem.ExchangeRates.First(candidate => candidate.Currency == built.Terms[distributor].Currency).Rate;
            purchases.Add(new ProposedPurchase(partner, built.Terms[distributor], key, first.ShipTo, first.Direct, first.Contract, partner.NextCutOff(asOf), cost, rate, lines));
        }
        return new Proposal(built, plan, purchases);
    }

    public IReadOnlyCollection<LineProposal> Lines(long runId)
    {
        var proposals = new List<LineProposal>();
        var byDemand = Purchases.SelectMany(purchase => purchase.Lines.Select(line => (line.Demand, purchase, line))).ToLookup(entry => entry.Demand);
        foreach (var demand in _built.Demands)
        {
            var chosen = byDemand[demand].OrderBy(entry => entry.purchase.Partner.Id, StringComparer.Ordinal).ToList();
            var reason = chosen.Count == 0
                ? "No supplier can fill this line now."
                : string.Join(" ", chosen.Select(entry => string.Create(CultureInfo.InvariantCulture,
                    $"{entry.line.Quantity:0.###} {entry.line.Offer.Price.Line.Unit ?? "EA"} at {entry.purchase.Partner.Name} for {entry.line.NetPrice:0.####} {entry.purchase.Terms.Currency}, arriving {entry.line.Offer.Arrival:yyyy-MM-dd}.")));
            proposals.AddRange(demand.Parts.Select(part => new LineProposal(part.OrderId, part.LineId, runId,
                chosen.Count == 0 ? null : chosen[0].purchase.Partner.Id, chosen.Count == 0 ? null : chosen.Min(entry => entry.purchase.CutOff), reason)));
        }
        return proposals;
    }

    private static ProposedLine Line(BuiltProblem built, Allocation allocation)
    {
        var offer = built.Problem.Offers[allocation.Offer];
        var origin = built.Offers[allocation.Offer];
        var scale = built.Scale[offer.Line];
        var baseQuantity = allocation.Quantity / (decimal)scale;
        var quantity = baseQuantity / origin.Price.Line.UnitFactor;
        return new ProposedLine(built.Demands[offer.Line], origin, quantity, baseQuantity, NetPrice(offer.Price, allocation.Quantity));
    }

    /// <summary>The net price per basis that gives the evaluated value: the reached break, or the mean where breaks are incremental.</summary>
    private static decimal NetPrice(OfferPrice price, long quantity)
    {
        decimal gross;
        if (price.BreakMode == TierMode.AllUnits)
        {
            gross = price.Breaks.Last(step => step.From <= quantity || step == price.Breaks[0]).Price;
        }
        else
        {
            var value = 0m;
            for (var step = 0; step < price.Breaks.Count; step++)
            {
                var from = step == 0 ? 0 : price.Breaks[step].From - 1;
                var to = step + 1 < price.Breaks.Count ? Math.Min(quantity, price.Breaks[step + 1].From - 1) : quantity;
                value += Math.Max(0, to - from) * price.Breaks[step].Price;
            }
            gross = value / quantity;
        }
        return Math.Round(price.ChainDiscounts.Aggregate(gross, (net, rate) => net * (1 - rate)), 4, MidpointRounding.AwayFromZero);
    }
}

/// <summary>What people would have done without the hub, in cash: from the preferred supplier, and the cheapest offer of each line.</summary>
/// <param name="Preferred">Cash cost when each line comes from its preferred supplier where that can deliver; null when it cannot be evaluated.</param>
/// <param name="CheapestPerLine">Cash cost when each line takes its cheapest offer without looking at the others.</param>
internal sealed record Comparison(decimal? Preferred, decimal? CheapestPerLine)
{
    /// <summary>Compares for the demands given, as if they were bought alone.</summary>
    public static Comparison Of(BuiltProblem built, CatalogueSnapshot catalogue, IReadOnlySet<Demand> demands) =>
        new(Cost(built, demands, (line, offer) => catalogue.Find(built.Demands[line].Sku)?.PreferredPartner == built.Partners[offer.Distributor].Id),
            Cost(built, demands, (_, _) => false));

    /// <summary>Takes for every line the offer that is favoured, else the cheapest by unit price, as people do; then pays all terms that
    /// follow from it. Minimum order values are paid as if a charge were agreed: nobody leaves a customer without goods for it.</summary>
    private static decimal? Cost(BuiltProblem built, IReadOnlySet<Demand> demands, Func<int, Offer, bool> favoured)
    {
        var problem = built.Problem;
        var pools = problem.StockPools.Select(pool => pool.Available).ToArray();
        var allocations = new List<Allocation>();
        var byLine = problem.Offers.Select((offer, index) => (offer, index)).ToLookup(entry => entry.offer.Line);
        for (var line = 0; line < problem.Lines.Count; line++)
        {
            if (!demands.Contains(built.Demands[line]))
            {
                continue;
            }
            var demand = problem.Lines[line];
            var best = byLine[line]
                .Select(entry => (entry.offer, entry.index, quantity: ProblemBuilder.RoundUp(Math.Max(demand.Quantity, entry.offer.Moq), entry.offer.OrderMultiple)))
                .Where(entry => entry.offer.Status != SourceStatus.Blocked && entry.offer.LeadDays <= demand.NeedByDay && entry.quantity <= Math.Min(entry.offer.Available, demand.MaxQuantity)
                    && (entry.offer.StockPool is not { } pool || entry.quantity <= pools[pool])
                    && !demand.NotFrom.Contains(entry.offer.Distributor) && (demand.PinnedTo is null || demand.PinnedTo.Contains(entry.offer.Distributor)))
                .OrderByDescending(entry => favoured(line, entry.offer))
                .ThenBy(entry => UnitValue(built, entry.offer, entry.quantity)).ThenBy(entry => entry.index)
                .FirstOrDefault();
            if (best.offer is null)
            {
                continue;
            }
            if (best.offer.StockPool is { } taken)
            {
                pools[taken] -= best.quantity;
            }
            allocations.Add(new Allocation(best.index, best.quantity));
        }
        var lenient = problem with
        {
            MaxDistributors = null,
            Distributors = [.. problem.Distributors.Select(distributor => distributor with { Terms = Lenient(distributor.Terms), TermsByKey = [.. distributor.TermsByKey.Select(terms => terms with { Terms = Lenient(terms.Terms) })] })],
        };
        var evaluation = SourcingEngine.Evaluate(lenient, allocations);
        return evaluation.Cost?.Cash;
    }

    private static OrderTerms Lenient(OrderTerms terms) => terms.Minimum is { ChargeBelow: null } minimum ? terms with { Minimum = minimum with { ChargeBelow = 0 } } : terms;

    private static decimal UnitValue(BuiltProblem built, Offer offer, long quantity)
    {
        var price = offer.Price.Breaks.Last(step => step.From <= quantity || step == offer.Price.Breaks[0]).Price;
        price = offer.Price.ChainDiscounts.Aggregate(price, (net, rate) => net * (1 - rate)) / offer.Price.PriceBasis / offer.Price.UnitFactorDenominator;
        var currency = built.Problem.Distributors[offer.Distributor].Currency;
        return price * quantity * (currency == built.Problem.BaseCurrency ? 1 : built.Problem.ExchangeRates.First(rate => rate.Currency == currency).Rate);
    }
}
