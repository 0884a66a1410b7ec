using System.Globalization;
using System.Text.Json;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Sourcing;

namespace UnifiedCommerce.Core.Routing;

/// <summary>An order line that was ordered from a supplier and must, or may better, be bought elsewhere.</summary>
/// <param name="OrderId">Order.</param>
/// <param name="LineId">Line.</param>
/// <param name="Position">Line of the purchase order it was on.</param>
/// <param name="Sku">Article.</param>
/// <param name="Quantity">In base units.</param>
/// <param name="Before">What it was ordered for, base currency.</param>
/// <param name="After">What its goods cost in the plan now, base currency; freight and fees are in the card's sum.</param>
/// <param name="Partner">Who would supply it now.</param>
public sealed record ReRoutedLine(long OrderId, string LineId, int Position, string Sku, decimal Quantity, decimal Before, decimal After, string Partner);

/// <summary>What a task of kind <c>approve-re-route</c> asks: the same lines elsewhere, with the cost before and after in base currency.</summary>
/// <param name="PurchaseId">The purchase order the lines were on.</param>
/// <param name="Ask">True when the lines still lie at the supplier, who would be asked to cancel them; false when they wait for a supplier.</param>
/// <param name="Before">What was ordered.</param>
/// <param name="After">What the plan costs more with these lines than without them: goods, freight, fees, discounts.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Limit">Up to here the hub re-routes by itself.</param>
/// <param name="Hold">What the waiting lines say.</param>
/// <param name="Lines">The lines.</param>
public sealed record ReRouteCard(long PurchaseId, bool Ask, decimal Before, decimal After, string Currency, decimal Limit, string Hold, IReadOnlyList<ReRoutedLine> Lines);

/// <summary>Weighs what lost its supplier, or comes too late there: within the house rule <c>reRouteLimit</c> it is bought elsewhere by itself, above it a
/// person sees the cost before and after and decides.</summary>
internal static class ReRoutes
{
    /// <summary>Kind of the task.</summary>
    public const string TaskKind = "approve-re-route";
    /// <summary>Settings <c>re-route.approved/PURCHASE</c> hold how much more a person agreed to pay for what lay at that purchase order, base currency.</summary>
    public const string ApprovedSetting = "re-route.approved/";

    /// <summary>How the hold of a line begins whose re-route was refused.</summary>
    public const string Refused = "Not bought elsewhere";
    private const string CameBack = "It came back from";

    /// <summary>True for a hold that a buyer's word on the source lifts.</summary>
    public static bool IsHold(string? hold) => hold is not null && (hold.StartsWith(CameBack, StringComparison.Ordinal) || hold.StartsWith(Refused, StringComparison.Ordinal));

    /// <summary>Key of the card; <paramref name="ask"/>: of lines that still lie at the supplier.</summary>
    public static string TaskKey(long purchaseId, bool ask) => $"{TaskKind}:{purchaseId}{(ask ? ":late" : "")}";

    /// <summary>Holds waiting lines that came back from a supplier and would cost more than the limit elsewhere; the others of the pool go on without them.</summary>
    public static async Task HoldAsync(IWork work, RunContext context, IReadOnlyList<OrderState> orders, DateTimeOffset asOf, long workLimit, CancellationToken cancellationToken)
    {
        var returned = await ReturnedAsync(work, context, orders, cancellationToken);
        if (returned.Count == 0)
        {
            return;
        }
        var approved = await work.Catalogue.SettingsAsync(ApprovedSetting, cancellationToken);
        var all = returned.SelectMany(group => group.Value).Select(line => (line.OrderId, line.LineId)).ToHashSet();
        var without = Solve(context, orders, (order, line) => !all.Contains((order, line)), asOf, workLimit, cancellationToken);
        foreach (var (purchase, lines) in returned)
        {
            var own = lines.Select(line => (line.OrderId, line.LineId)).ToHashSet();
            var with = Solve(context, orders, (order, line) => !all.Contains((order, line)) || own.Contains((order, line)), asOf, workLimit, cancellationToken);
            var filled = With(context, lines, with);
            var (before, after) = (filled.Sum(line => line.Before), Math.Round(with.Cash - without.Cash, 2, MidpointRounding.AwayFromZero));
            var limit = Math.Max(context.Book.House.Rules.ReRouteLimit, Approved(approved, purchase.Id));
            if (filled.Count == 0 || after - before <= limit)
            {
                continue;
            }
            var supplier = context.Book.Find(purchase.Partner)?.Name ?? purchase.Partner;
            var hold = $"{CameBack} {supplier} and costs {Amount(after - before, context)} more elsewhere: a buyer decides.";
            await HoldLinesAsync(work, context, filled, hold, asOf, cancellationToken);
            var card = new ReRouteCard(purchase.Id, Ask: false, before, after, context.Book.House.Currency, context.Book.House.Rules.ReRouteLimit, hold, filled);
            await OpenAsync(work, context, purchase, card,
                $"{supplier} does not supply {Items(filled.Count)} of {purchase.Document.Number}. Ordered there for {Amount(before, context)}, elsewhere {Amount(after, context)} with freight and fees: {Amount(after - before, context)} more, above the limit of {Amount(card.Limit, context)}. {Sentence(context, filled)} Approve it, or refuse it and say what should happen.",
                asOf, cancellationToken);
        }
    }

    /// <summary>What came back from suppliers among the waiting lines, by the purchase order it was on last. A line that a buyer pinned was weighed by the buyer.</summary>
    private static async Task<Dictionary<PurchaseState, List<ReRoutedLine>>> ReturnedAsync(IWork work, RunContext context, IReadOnlyList<OrderState> orders, CancellationToken cancellationToken)
    {
        bool Candidate(OrderState order, OrderLineState line) =>
            line is { Open: > 0, Sku: not null, Hold: null, Pinned: null } && line.Forbidden.Except(order.Order.Lines[line.Index].NotFrom, StringComparer.Ordinal).Any();
        var found = new Dictionary<PurchaseState, List<ReRoutedLine>>(ReferenceEqualityComparer.Instance);
        var concerned = orders.Where(order => order.Lines.Any(line => Candidate(order, line))).ToList();
        if (concerned.Count == 0)
        {
            return found;
        }
        var pegs = (await work.Purchases.PegsOfOrdersAsync([.. concerned.Select(order => order.Id)], cancellationToken)).ToLookup(peg => (peg.OrderId, peg.LineId));
        var purchases = (await work.Purchases.LoadAsync([.. pegs.SelectMany(group => group).Select(peg => peg.PurchaseId).Distinct()], cancellationToken)).ToDictionary(purchase => purchase.Id);
        foreach (var order in concerned)
        {
            foreach (var line in order.Lines.Where(line => Candidate(order, line)))
            {
                var last = pegs[(order.Id, line.LineId)]
                    .Select(peg => (Purchase: purchases[peg.PurchaseId], Line: purchases[peg.PurchaseId].Lines.First(candidate => candidate.Position == peg.Position)))
                    .Where(entry => entry.Line.Cancelled > 0).OrderByDescending(entry => entry.Purchase.Id).FirstOrDefault();
                // What a buyer refused was never ordered: there is nothing to compare with.
                if (last.Purchase is null || last.Purchase.Status == PurchaseStatus.Refused)
                {
                    continue;
                }
                var lines = found.TryGetValue(last.Purchase, out var known) ? known : found[last.Purchase] = [];
                lines.Add(new ReRoutedLine(order.Id, line.LineId, last.Line.Position, line.Sku!, line.Open, ValueOf(context, last.Purchase, last.Line, line.Open), 0, ""));
            }
        }
        return found;
    }

    /// <summary>Weighs the lines of a purchase order that come too late for the orders they are for, as if they were bought elsewhere now.</summary>
    /// <returns>Null when nothing is late, or nobody else can deliver it in time: then it waits.</returns>
    public static ReRouteCard? WeighLate(RunContext context, PurchaseState purchase, IReadOnlyList<Peg> pegs, DateTimeOffset asOf, long workLimit, CancellationToken cancellationToken)
    {
        var late = new List<ReRoutedLine>();
        foreach (var line in purchase.Lines.Where(line => line.Unshipped() > 0 && line.CancelRequested == 0 && line.SubstituteSku is null && line.Awaiting == 0))
        {
            var own = pegs.Where(peg => peg.Position == line.Position && Unshipped(peg) > 0).ToList();
            var needs = own.Where(peg => !peg.ToStock).Select(peg => context.Orders[peg.OrderId].Lines.First(order => order.LineId == peg.LineId).NeedBy).ToList();
            // A line that serves orders which can wait, or stock, stays where it is.
            if (needs.Count == 0 || needs.Exists(need => need is null || (line.Promised <= need)) || (line.Promised is null && line.Backordered == 0))
            {
                continue;
            }
            late.AddRange(own.Where(peg => !peg.ToStock).Select(peg => EntryOf(context, purchase, line, peg)));
        }
        return WeighElsewhere(context, purchase, late, asOf, workLimit, cancellationToken);
    }

    /// <summary>What all that has not shipped at these positions would cost elsewhere now, for the order lines it is pegged to.</summary>
    /// <returns>Null when nobody else can deliver it, or nothing of it is pegged to an order.</returns>
    public static ReRouteCard? WeighOpen(
        RunContext context, PurchaseState purchase, IReadOnlyCollection<int> positions, IReadOnlyList<Peg> pegs, DateTimeOffset asOf, long workLimit, CancellationToken cancellationToken) =>
        WeighElsewhere(context, purchase, [.. purchase.Lines.Where(line => positions.Contains(line.Position))
            .SelectMany(line => pegs.Where(peg => peg.Position == line.Position && !peg.ToStock && Unshipped(peg) > 0)
            .Select(peg => EntryOf(context, purchase, line, peg)))], asOf, workLimit, cancellationToken);

    private static decimal Unshipped(Peg peg) => peg.Awaiting + peg.Confirmed + peg.Backordered;

    private static ReRoutedLine EntryOf(RunContext context, PurchaseState purchase, PurchaseLineState line, Peg peg) =>
        new(peg.OrderId, peg.LineId, line.Position, context.Orders[peg.OrderId].Lines.First(order => order.LineId == peg.LineId).Sku ?? line.Sku, Unshipped(peg),
            ValueOf(context, purchase, line, Unshipped(peg)), 0, "");

    private static ReRouteCard? WeighElsewhere(RunContext context, PurchaseState purchase, IReadOnlyList<ReRoutedLine> lines, DateTimeOffset asOf, long workLimit, CancellationToken cancellationToken)
    {
        if (lines.Count == 0)
        {
            return null;
        }
        var asIf = context.Orders.Values.Select(order => order with
        {
            Lines = [.. order.Lines.Select(line =>
            {
                var quantity = lines.Where(entry => entry.OrderId == order.Id && entry.LineId == line.LineId).Sum(entry => entry.Quantity);
                return line with { Open = quantity, Hold = null, Pinned = null, Forbidden = [.. line.Forbidden, purchase.Partner] };
            })],
        }).ToList();
        var plan = Solve(context, asIf, static (_, _) => true, asOf, workLimit, cancellationToken);
        var filled = With(context, lines, plan);
        // A purchase order line is asked back as a whole or not at all.
        var kept = filled.GroupBy(line => line.Position).Where(group => group.Count() == lines.Count(line => line.Position == group.Key)).SelectMany(group => group).ToList();
        if (kept.Count == 0)
        {
            return null;
        }
        if (kept.Count < filled.Count)
        {
            var ids = kept.Select(line => (line.OrderId, line.LineId)).ToHashSet();
            plan = Solve(context, asIf, (order, line) => ids.Contains((order, line)), asOf, workLimit, cancellationToken);
            kept = With(context, kept, plan);
        }
        return new ReRouteCard(purchase.Id, Ask: true, kept.Sum(line => line.Before), Math.Round(plan.Cash, 2, MidpointRounding.AwayFromZero), context.Book.House.Currency,
            context.Book.House.Rules.ReRouteLimit, "", kept);
    }

    /// <summary>Opens the card of late lines.</summary>
    public static Task OpenLateAsync(IWork work, RunContext context, PurchaseState purchase, ReRouteCard card, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        var supplier = context.Book.Find(purchase.Partner)?.Name ?? purchase.Partner;
        return OpenAsync(work, context, purchase, card,
            $"{supplier} delivers {Items(card.Lines.Count)} of {purchase.Document.Number} too late. Ordered there for {Amount(card.Before, context)}, in time elsewhere for {Amount(card.After, context)} with freight and fees: {Amount(card.After - card.Before, context)} more, above the limit of {Amount(card.Limit, context)}. {Sentence(context, card.Lines)} Approve it and {supplier} is asked to cancel, or refuse it and the customer waits.",
            asOf, cancellationToken);
    }

    /// <summary>What a person agreed to pay more for what lay at a purchase order.</summary>
    public static decimal Approved(IReadOnlyDictionary<string, string> settings, long purchaseId) =>
        settings.TryGetValue(string.Create(CultureInfo.InvariantCulture, $"{ApprovedSetting}{purchaseId}"), out var amount) ? decimal.Parse(amount, CultureInfo.InvariantCulture) : 0;

    private static Task OpenAsync(IWork work, RunContext context, PurchaseState purchase, ReRouteCard card, string text, DateTimeOffset asOf, CancellationToken cancellationToken) =>
        work.Tasks.OpenAsync([new HubTask
        {
            Kind = TaskKind, Key = TaskKey(purchase.Id, card.Ask), Partner = purchase.Partner, PurchaseId = purchase.Id, At = asOf, Text = text,
            OrderId = card.Lines.Select(line => line.OrderId).Distinct().ToList() is [var only] ? only : null, Data = JsonSerializer.Serialize(card, CanonicalJson.Options),
        }], cancellationToken);

    private static async Task HoldLinesAsync(IWork work, RunContext context, IReadOnlyList<ReRoutedLine> lines, string hold, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        var ids = lines.Select(line => (line.OrderId, line.LineId)).ToHashSet();
        await Placement.LockUnchangedAsync(work, context, [.. ids.Select(id => id.OrderId).Distinct()], cancellationToken);
        foreach (var group in lines.GroupBy(line => line.OrderId))
        {
            var order = context.Orders[group.Key];
            var next = order with { Lines = [.. order.Lines.Select(line => ids.Contains((order.Id, line.LineId)) ? line with { Hold = hold } : line)] };
            await work.Orders.SaveLinesAsync([.. next.Lines.Where(line => ids.Contains((order.Id, line.LineId)))], cancellationToken);
            await work.Events.AddAsync(CustomerEvents.Changed(order, next, asOf), cancellationToken);
            await work.Audit.AddAsync([new AuditEntry(asOf, "system", "order-line.re-route-held", $"order:{order.Id}", null,
                JsonSerializer.Serialize(new { lines = group.Select(line => line.LineId), hold }, CanonicalJson.Options))], cancellationToken);
            context.Orders[order.Id] = next;
        }
    }

    private sealed record Solved(decimal Cash, IReadOnlyDictionary<(long OrderId, string LineId), (decimal UnitCost, string Partner)> Filled);

    private static Solved Solve(RunContext context, IReadOnlyList<OrderState> orders, Func<long, string, bool> wanted, DateTimeOffset asOf, long workLimit, CancellationToken cancellationToken)
    {
        var demands = Demands.Of(orders.Select(order => order with { Lines = [.. order.Lines.Select(line => wanted(order.Id, line.LineId) ? line : line with { Open = 0 })] }), context.Book.House);
        var filled = new Dictionary<(long, string), (decimal, string)>();
        if (demands.Count == 0)
        {
            return new Solved(0, filled);
        }
        var built = ProblemBuilder.Build("re-route", demands, context.Book, context.Stopped, context.Snapshot, context.Stock, context.Bought, asOf);
        var plan = SourcingEngine.Solve(built.Problem, RoutingService.OptionsFor(workLimit), cancellationToken);
        var proposal = Proposal.Of(built, plan, asOf);
        foreach (var purchase in proposal.Purchases)
        {
            foreach (var line in purchase.Lines.Where(line => line.Demand.Parts.Count > 0))
            {
                var price = line.Offer.Price.Line;
                var cost = (line.NetPrice / price.PriceBasis + price.Levies) / price.UnitFactor * purchase.Rate;
                foreach (var part in line.Demand.Parts)
                {
                    filled.TryAdd((part.OrderId, part.LineId), (cost, purchase.Partner.Id));
                }
            }
        }
        return new Solved(proposal.Purchases.Sum(purchase => purchase.Cost.Cash), filled);
    }

    private static List<ReRoutedLine> With(RunContext context, IReadOnlyList<ReRoutedLine> lines, Solved plan) =>
        [.. lines.Where(line => plan.Filled.ContainsKey((line.OrderId, line.LineId))).Select(line =>
        {
            var (cost, partner) = plan.Filled[(line.OrderId, line.LineId)];
            return line with { After = Math.Round(cost * line.Quantity, 2, MidpointRounding.AwayFromZero), Partner = partner };
        })];

    private static decimal ValueOf(RunContext context, PurchaseState purchase, PurchaseLineState line, decimal baseQuantity)
    {
        var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(purchase.DecidedAt, context.Book.House.TimeZone).DateTime);
        var rate = context.Book.House.RateOn(purchase.Document.Currency, day)?.Rate ?? 1m;
        return Math.Round(line.NetPrice / line.PriceBasis / line.UnitFactor * baseQuantity * rate, 2, MidpointRounding.AwayFromZero);
    }

    internal static string Sentence(RunContext context, IReadOnlyList<ReRoutedLine> lines) => string.Join(" ", lines.Take(3).Select(line => string.Create(CultureInfo.InvariantCulture,
        $"{line.Quantity:0.###} of {line.Sku} from {context.Book.Find(line.Partner)?.Name ?? line.Partner}: goods {line.After:0.00} instead of {line.Before:0.00} {context.Book.House.Currency}.")))
        + (lines.Count > 3 ? $" And {lines.Count - 3} more." : "");

    private static string Items(int count) => count == 1 ? "one line" : $"{count} lines";

    internal static string Amount(decimal amount, RunContext context) => new Money(amount, context.Book.House.Currency).ToString();
}
