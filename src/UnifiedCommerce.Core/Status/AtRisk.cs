using System.Text.Json;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Routing;

namespace UnifiedCommerce.Core.Status;

/// <summary>What a warning says to programs.</summary>
/// <param name="Until">The earliest last cut-off of its lines; null when one has no cut-off in time any more.</param>
/// <param name="Decisions">Keys of the tasks it waits for: there is nothing else to do about it.</param>
public sealed record AtRiskCard(DateTimeOffset? Until, IReadOnlyList<string> Decisions);

/// <summary>Warns while there is still time: of order lines that wait for a person although the last cut-off that reaches their need-by date is near.
/// The warning closes by itself when nothing of the order is at risk any more.</summary>
public sealed class AtRisk(IStore store, PartnerBookHolder book, CatalogueCache catalogue, TimeProvider clock)
{
    /// <summary>Kind of the task.</summary>
    public const string TaskKind = "order-at-risk";
    /// <summary>How long before the last cut-off a person is warned.</summary>
    public static readonly TimeSpan Warning = TimeSpan.FromHours(4);
    private const int MostTasks = 2000;

    /// <summary>What a line can wait for, by the kind of task, as the warning says it.</summary>
    private static readonly Dictionary<string, string> WaitsFor = new(StringComparer.Ordinal)
    {
        ["unmatched-article"] = "for an article",
        ["line-without-supplier"] = "for a supplier",
        [ReRoutes.TaskKind] = "for a word on what it costs elsewhere",
        ["approve-purchase-order"] = "for the approval of a purchase order",
        ["price-change"] = "for a word on the supplier's price",
        ["substitute"] = "for a word on the substitute",
    };

    /// <summary>Looks at what waits for people, opens warnings and closes those that are over.</summary>
    /// <returns>How many warnings it opened or closed.</returns>
    public async Task<int> LookAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var (opened, closed) = await LookAsync(now, cancellationToken);
        if (opened.Count + closed.Count > 0)
        {
            await using var work = await store.BeginAsync(cancellationToken);
            await work.Tasks.OpenAsync(opened, cancellationToken);
            foreach (var task in closed)
            {
                await work.Tasks.CloseAsync(task.Key, HubTask.Itself + "nothing of the order is at risk any more", now, cancellationToken);
            }
            await work.CommitAsync(cancellationToken);
        }
        return opened.Count + closed.Count;
    }

    private async Task<(IReadOnlyList<HubTask> Opened, IReadOnlyList<HubTask> Closed)> LookAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginReadAsync(cancellationToken);
        var open = await work.Tasks.ListOpenAsync([.. WaitsFor.Keys, TaskKind], MostTasks, cancellationToken);
        var known = open.Where(task => task is { Kind: TaskKind, OrderId: not null }).ToDictionary(task => task.OrderId!.Value);
        var waiting = open.Where(task => task.Kind != TaskKind).ToList();
        if (waiting.Count == 0 && known.Count == 0)
        {
            return ([], []);
        }
        var risks = await RisksAsync(work, waiting, now, cancellationToken);
        return ([.. risks.Where(risk => !known.ContainsKey(risk.OrderId!.Value))], [.. known.Where(task => risks.All(risk => risk.OrderId != task.Key)).Select(task => task.Value)]);
    }

    private async Task<IReadOnlyList<HubTask>> RisksAsync(IWork work, IReadOnlyList<HubTask> waiting, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var purchaseIds = waiting.Where(task => task.PurchaseId is not null).Select(task => task.PurchaseId!.Value).Distinct().ToList();
        var pegs = (await work.Purchases.PegsOfPurchasesAsync(purchaseIds, cancellationToken)).Where(peg => peg is { ToStock: false, Quantity: > 0 }).ToLookup(peg => peg.PurchaseId);
        var purchases = (await work.Purchases.LoadAsync(purchaseIds, cancellationToken)).ToDictionary(purchase => purchase.Id);
        var orderIds = waiting.SelectMany(OrdersOf).Concat(pegs.SelectMany(group => group).Select(peg => peg.OrderId)).Distinct().ToList();
        var orders = (await work.Orders.LoadAsync(orderIds, cancellationToken)).ToDictionary(order => order.Id);
        var snapshot = await catalogue.GetAsync(work, DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, book.Current.House.TimeZone).DateTime), cancellationToken);
        var found = new Dictionary<(long OrderId, string LineId), (string WaitsFor, DateTimeOffset? Until, string Supplier, DateOnly NeedBy, string Decision)>();
        foreach (var task in waiting)
        {
            foreach (var (order, line, only) in Concerned(task, orders, purchases, pegs))
            {
                if (line.NeedBy is not { } needBy || found.ContainsKey((order.Id, line.LineId)))
                {
                    continue;
                }
                var (until, supplier) = LastCutOff(snapshot, line, only, needBy, now);
                if (until is null || until - now <= Warning)
                {
                    found[(order.Id, line.LineId)] = (WaitsFor[task.Kind], until, supplier, needBy, task.Key);
                }
            }
        }
        return [.. found.GroupBy(entry => entry.Key.OrderId).OrderBy(group => group.Key).Select(group => Warn(orders[group.Key], [.. group.Select(entry => (entry.Key.LineId, entry.Value))], now))];
    }

    /// <summary>The order lines that wait because of a task, with the supplier whose cut-off counts where that is decided.</summary>
    private static IEnumerable<(OrderState Order, OrderLineState Line, string? Only)> Concerned(
        HubTask task, Dictionary<long, OrderState> orders, Dictionary<long, PurchaseState> purchases, ILookup<long, Peg> pegs)
    {
        if (task.PurchaseId is { } purchaseId && task.Kind is "approve-purchase-order" or "price-change" or "substitute" && purchases.TryGetValue(purchaseId, out var purchase))
        {
            var position = task.Kind == "approve-purchase-order" ? null : (int?)JsonDocument.Parse(task.Data).RootElement.GetProperty("position").GetInt32();
            foreach (var peg in pegs[purchaseId].Where(peg => peg.Awaiting > 0 && (position is null || peg.Position == position)))
            {
                yield return (orders[peg.OrderId], orders[peg.OrderId].Lines.First(line => line.LineId == peg.LineId), position is null ? purchase.Partner : null);
            }
            yield break;
        }
        foreach (var orderId in OrdersOf(task).Distinct())
        {
            foreach (var line in orders[orderId].Lines.Where(line => line is { Open: > 0, Hold: not null } && Names(task, line)))
            {
                yield return (orders[orderId], line, null);
            }
        }
    }

    private static IEnumerable<long> OrdersOf(HubTask task) => task switch
    {
        { Kind: ReRoutes.TaskKind } => JsonSerializer.Deserialize<ReRouteCard>(task.Data, CanonicalJson.Options)!.Lines.Select(line => line.OrderId),
        { OrderId: { } only } => [only],
        _ => [],
    };

    // Tasks about one line name it in their key; a card speaks of the lines it holds.
    private static bool Names(HubTask task, OrderLineState line) =>
        task.Kind == ReRoutes.TaskKind ? ReRoutes.IsHold(line.Hold) : task.Key.EndsWith($":{line.OrderId}:{line.LineId}", StringComparison.Ordinal);

    /// <summary>The last cut-off at which somebody can still be ordered from so that the goods arrive by the need-by date; null when that has passed.</summary>
    private (DateTimeOffset? Until, string Supplier) LastCutOff(CatalogueSnapshot snapshot, OrderLineState line, string? only, DateOnly needBy, DateTimeOffset now)
    {
        DateTimeOffset? last = null;
        var name = "";
        foreach (var partner in book.Current.Partners.Values.Where(partner => partner.Role != PartnerRole.Customer && partner.Transport is not null && (only is null || partner.Id == only)
            && partner.State is GoLiveState.Live or GoLiveState.Watched && !partner.Purchasing.Stopped && !line.Forbidden.Contains(partner.Id) && (line.Pinned is null || line.Pinned == partner.Id)))
        {
            // An article that is not matched yet may turn out to be anybody's.
            int? supply = line.Sku is not { } sku ? partner.Calendar.SupplyDays
                : snapshot.Prices(sku).Where(price => price.Partner == partner.Id).Select(price => (int?)(price.Line.LeadTimeDays ?? partner.Calendar.SupplyDays)).Min();
            if (supply is not { } days)
            {
                continue;
            }
            var cutOff = partner.NextCutOff(now);
            for (var tries = 0; tries < 60 && partner.Arrival(cutOff.AddTicks(-1), days) <= needBy; tries++)
            {
                (last, name) = last is null || cutOff > last ? (cutOff, partner.Name) : (last, name);
                cutOff = partner.NextCutOff(cutOff);
            }
        }
        return (last, name);
    }

    private HubTask Warn(OrderState order, IReadOnlyList<(string LineId, (string WaitsFor, DateTimeOffset? Until, string Supplier, DateOnly NeedBy, string Decision) Risk)> lines, DateTimeOffset now)
    {
        var zone = book.Current.House.TimeZone;
        var groups = lines.GroupBy(line => line.Risk with { Decision = "" }).ToList();
        var sentences = groups.Take(3).Select(group =>
        {
            var (waitsFor, until, supplier, needBy, _) = group.Key;
            var ids = group.Select(line => line.LineId).OrderBy(id => id.Length).ThenBy(id => id, StringComparer.Ordinal).ToList();
            return $"{(ids.Count == 1 ? $"Line {ids[0]} waits" : $"Lines {string.Join(", ", ids)} wait")} {waitsFor} and must be here by {needBy:yyyy-MM-dd}: "
                + (until is { } moment ? $"the last cut-off in time is {TimeZoneInfo.ConvertTime(moment, zone):yyyy-MM-dd HH:mm} ({supplier})." : "no cut-off in time is left.");
        });
        return new HubTask
        {
            Kind = TaskKind, Key = $"{TaskKind}:{order.Id}", OrderId = order.Id, At = now,
            Data = JsonSerializer.Serialize(new AtRiskCard(lines.Any(line => line.Risk.Until is null) ? null : lines.Min(line => line.Risk.Until), [.. lines.Select(line => line.Risk.Decision).Distinct(StringComparer.Ordinal)]), CanonicalJson.Options),
            Text = $"Order {order.Number} is at risk. {string.Join(" ", sentences)}{(groups.Count > 3 ? $" And {groups.Skip(3).Sum(group => group.Count())} more lines." : "")} Decide what it waits for, or agree a later date with the customer.",
        };
    }
}
