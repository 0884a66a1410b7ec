using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Routing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Core.Purchasing;

/// <summary>Writes changed purchase order lines and everything that follows: pegs, order lines, events, and demand that waits again.</summary>
internal static class LedgerUpdate
{
    /// <summary>Applies new lines of one purchase order. Quantity that leaves the pegs is open again (or cancelled where the customer asked),
    /// and the supplier is not asked again for lines it rejected.</summary>
    /// <param name="work">The transaction.</param>
    /// <param name="purchase">The purchase order before, locked.</param>
    /// <param name="lines">All its lines after.</param>
    /// <param name="rejected">Positions that the supplier rejected: its reason is learned as a ban for the order lines concerned.</param>
    /// <param name="now">Business time.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Order lines that are open again.</returns>
    public static async Task<IReadOnlyList<OrderLineState>> ApplyAsync(
        IWork work, PurchaseState purchase, IReadOnlyList<PurchaseLineState> lines, IReadOnlyCollection<int> rejected, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var changed = lines.Where((line, index) => line != purchase.Lines[index]).ToList();
        if (changed.Count == 0)
        {
            return [];
        }
        await work.Purchases.SaveLinesAsync(changed, cancellationToken);
        if (purchase.Status is not (PurchaseStatus.AwaitingApproval or PurchaseStatus.Refused) && lines.Any(line => line.Ordered > line.Cancelled)
            && changed.Exists(line => line.Cancelled > purchase.Lines.First(before => before.Position == line.Position).Cancelled))
        {
            await work.Jobs.InsertAsync([WeighRestHandler.For(purchase.Id)], cancellationToken);
        }
        await CloseSettledAsync(work, purchase, lines, now, cancellationToken);
        var pegs = (await work.Purchases.PegsOfPurchasesAsync([purchase.Id], cancellationToken)).Where(peg => changed.Exists(line => line.Position == peg.Position)).ToLookup(peg => peg.Position);
        var touched = pegs.SelectMany(position => position).Where(peg => !peg.ToStock).Select(peg => peg.OrderId).Distinct().ToList();
        var orders = await work.Orders.LockAsync(touched, cancellationToken);
        var unwanted = orders.SelectMany(order => order.Lines).Any(line => line.CancelRequested > 0)
            ? Cancellations.UnwantedOf(orders, await work.Purchases.PegsOfOrdersAsync(touched, cancellationToken)).SelectMany(parts => parts).Where(part => part.PurchaseId == purchase.Id)
                .ToDictionary(part => (part.Position, part.OrderId, part.LineId), part => part.Quantity)
            : [];
        var saved = new List<Peg>();
        var added = new List<Peg>();
        foreach (var line in changed)
        {
            foreach (var peg in Pegging.Distribute(line, pegs[line.Position], peg => unwanted.GetValueOrDefault((peg.Position, peg.OrderId, peg.LineId))))
            {
                var old = pegs[line.Position].FirstOrDefault(candidate => candidate.Rank == peg.Rank);
                if (old is null)
                {
                    added.Add(peg);
                }
                else if (old != peg)
                {
                    saved.Add(peg);
                }
            }
        }
        await work.Purchases.SavePegsAsync(saved, cancellationToken);
        if (added.Count > 0)
        {
            await work.Purchases.AddPegsAsync(added, cancellationToken);
        }
        // The supplier goes on delivering what it was asked to cancel: those customers will get the goods after all, as many as were asked for.
        var refused = new List<((long OrderId, string LineId) Line, decimal Quantity)>();
        foreach (var line in changed.Where(line => line.CancelRequested == 0))
        {
            var before = purchase.Lines.First(candidate => candidate.Position == line.Position);
            var left = before.Cancelled == line.Cancelled && before.Unshipped() == line.Unshipped() ? before.CancelRequested * line.UnitFactor : 0;
            foreach (var (key, quantity) in unwanted.Where(part => part.Key.Position == line.Position))
            {
                refused.Add(((key.OrderId, key.LineId), Math.Min(left, quantity)));
                left -= Math.Min(left, quantity);
            }
        }
        return touched.Count == 0 ? [] : await FollowAsync(work, purchase, lines, rejected, orders, refused.ToLookup(part => part.Line, part => part.Quantity), now, cancellationToken);
    }

    /// <summary>Closes what was asked of people about a purchase order and is settled now.</summary>
    private static async Task CloseSettledAsync(IWork work, PurchaseState purchase, IReadOnlyList<PurchaseLineState> lines, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (purchase.Lines.Any(line => line.Awaiting > 0) && lines.All(line => line.Awaiting == 0))
        {
            await work.Tasks.CloseAsync($"overdue-answer:{purchase.Id}", HubTask.Itself + "all lines are answered, shipped or cancelled", now, cancellationToken);
            await work.Deadlines.ClearAsync($"purchase:{purchase.Id}", "answer", cancellationToken);
        }
        var over = lines.Where((line, index) => line.Unshipped() == 0 && purchase.Lines[index].Unshipped() > 0).ToList();
        await work.Tasks.CloseAsync([.. over.SelectMany(line => QuestionsOf(purchase.Id, line.Position))], HubTask.Itself + "the line has shipped or is cancelled", now, cancellationToken);
        if (over.Count > 0 && lines.All(line => line.Unshipped() == 0))
        {
            await work.Tasks.CloseAsync([$"overdue-despatch:{purchase.Id}", $"cancel-request:{purchase.Id}", ReRoutes.TaskKey(purchase.Id, ask: true), .. lines.All(line => line.Ordered == line.Cancelled) ? [RestOfOrder.TaskKey(purchase.Id)] : Array.Empty<string>()],
                HubTask.Itself + "all lines have shipped or are cancelled", now, cancellationToken);
        }
    }

    /// <summary>Keys of what a supplier's answer can make people be asked about a line.</summary>
    public static IEnumerable<string> QuestionsOf(long purchaseId, int position) =>
        new[] { "price-change", "substitute", "line-on-hold", "confirmed-more", "rejected-after-despatch" }.Select(kind => $"{kind}:{purchaseId}:{position}");

    private static async Task<IReadOnlyList<OrderLineState>> FollowAsync(
        IWork work, PurchaseState purchase, IReadOnlyList<PurchaseLineState> lines, IReadOnlyCollection<int> rejected, IReadOnlyList<OrderState> orders,
        ILookup<(long OrderId, string LineId), decimal> refused, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var allPegs = (await work.Purchases.PegsOfOrdersAsync([.. orders.Select(order => order.Id)], cancellationToken)).ToLookup(peg => (peg.OrderId, peg.LineId));
        var reopened = new List<OrderLineState>();
        foreach (var order in orders)
        {
            var next = new List<OrderLineState>();
            foreach (var line in order.Lines)
            {
                var own = allPegs[(order.Id, line.LineId)].ToList();
                var here = own.Where(peg => peg.PurchaseId == purchase.Id).ToList();
                if (here.Count == 0)
                {
                    next.Add(line);
                    continue;
                }
                var promised = here.Select(peg => lines.First(candidate => candidate.Position == peg.Position))
                    .Where(candidate => candidate.Unshipped() > 0).Select(candidate => candidate.Promised).DefaultIfEmpty(null).Max();
                var followed = line.FollowPegs(own, promised);
                followed = followed with { CancelRequested = Math.Max(0, followed.CancelRequested - refused[(order.Id, line.LineId)].Sum()) };
                if (followed.Open > line.Open)
                {
                    if (here.Any(peg => rejected.Contains(peg.Position)) && !followed.Forbidden.Contains(purchase.Partner))
                    {
                        followed = followed with { Forbidden = [.. followed.Forbidden, purchase.Partner], Pinned = followed.Pinned == purchase.Partner ? null : followed.Pinned };
                    }
                    reopened.Add(followed);
                }
                next.Add(followed);
            }
            var after = order with { Lines = next };
            await work.Orders.SaveLinesAsync([.. next.Where((line, index) => line != order.Lines[index])], cancellationToken);
            await work.Events.AddAsync(CustomerEvents.Changed(order, after, now), cancellationToken);
            if (next.Where((line, index) => line.Open > order.Lines[index].Open).Any(line => line is { Sku: not null, Hold: null }))
            {
                await WakeAsync(work, after, now, cancellationToken);
            }
        }
        return reopened;
    }

    /// <summary>Lines that lost their supplier are routed again with the next run of their pool; ten minutes gather what else is lost.</summary>
    private static Task WakeAsync(IWork work, OrderState order, DateTimeOffset now, CancellationToken cancellationToken) =>
        work.Routing.WakePoolAsync(order.Pool, now.AddMinutes(10), cancellationToken);
}
