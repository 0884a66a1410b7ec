using System.Globalization;
using System.Text.Json;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Routing;

namespace UnifiedCommerce.Core.Status;

/// <content>Decisions about what suppliers answered: prices, substitutes, what is left of an order, buying elsewhere.</content>
public sealed partial class Desk
{
    /// <summary>Accepts a supplier's other price or its substitute for one line.</summary>
    public Task<DeskResult> AcceptAnswerAsync(long taskId, string user, CancellationToken cancellationToken) => OnAnswerTaskAsync(taskId, user, "answer.accepted", async (work, task, purchase, index, answer, now) =>
    {
        var line = purchase.Lines[index];
        if (line.Ordered == line.Cancelled)
        {
            return DeskResult.No($"Line {line.Position} of {purchase.Document.Number} was cancelled meanwhile; there is nothing left to accept. Close the task.");
        }
        var next = line;
        if (answer.TryGetProperty("price", out var price) && price.ValueKind == JsonValueKind.Number)
        {
            next = next with { NetPrice = price.GetDecimal(), PriceBasis = answer.GetProperty("basis").GetDecimal() };
        }
        if (answer.TryGetProperty("sku", out var sku) && sku.ValueKind == JsonValueKind.String)
        {
            next = next with { SubstituteSku = sku.GetString() };
        }
        var quantity = answer.TryGetProperty("quantity", out var said) && said.ValueKind == JsonValueKind.Number ? said.GetDecimal() : line.Awaiting;
        var promised = answer.TryGetProperty("promised", out var date) && date.ValueKind == JsonValueKind.String ? DateOnly.Parse(date.GetString()!, CultureInfo.InvariantCulture) : line.Promised;
        if (quantity > 0 && next.Awaiting + next.Backordered > 0)
        {
            next = next.Confirm(quantity, promised);
        }
        await ReplaceLineAsync(work, purchase, index, next, rejected: false, now, cancellationToken);
        return DeskResult.Ok($"Line {line.Position} of {purchase.Document.Number} is accepted as {book.Current.Get(purchase.Partner).Name} answered.");
    }, cancellationToken);

    /// <summary>Does not accept a supplier's other price or substitute: the line is cancelled there and bought elsewhere.</summary>
    public Task<DeskResult> RefuseAnswerAsync(long taskId, string user, CancellationToken cancellationToken) => OnAnswerTaskAsync(taskId, user, "answer.refused", async (work, task, purchase, index, answer, now) =>
    {
        var line = purchase.Lines[index];
        if (line.Unshipped() == 0)
        {
            return DeskResult.No($"Line {line.Position} of {purchase.Document.Number} has shipped meanwhile; it cannot be refused. Arrange a return.");
        }
        var partner = book.Current.Get(purchase.Partner);
        if (!partner.Purchasing.Changes || !partner.Documents.ContainsKey(DocumentKind.OrderChange))
        {
            // The supplier asked and gets "no": without an order change it is told by a person, and nothing of the line is owed.
            await ReplaceLineAsync(work, purchase, index, line.CancelAll(), rejected: true, now, cancellationToken);
            await work.Tasks.OpenAsync([new HubTask
            {
                Kind = "tell-supplier", Key = $"tell-supplier:{purchase.Id}:{line.Position}", Partner = partner.Id, PurchaseId = purchase.Id, At = now,
                Text = $"Tell {partner.Name} that line {line.Position} ({line.Unshipped():0.###} of {line.Sku}) of {purchase.Document.Number} is cancelled: {user} refused their answer, it is bought elsewhere, and they take no order changes by EDI. Close this when they know; until then the goods may come twice.",
            }], cancellationToken);
            return DeskResult.Ok($"Line {line.Position} of {purchase.Document.Number} is cancelled and bought elsewhere. Tell {partner.Name}: they take no order changes by EDI.");
        }
        if (purchase.PendingChange is { } pending)
        {
            return DeskResult.No($"{pending} is not answered yet; refuse this when it is.");
        }
        await RequestCancelAsync(work, purchase, [line.Position], cancellationToken);
        return DeskResult.Ok($"{partner.Name} is asked to cancel line {line.Position} of {purchase.Document.Number}; when they agree it is bought elsewhere.");
    }, cancellationToken);

    /// <summary>Insists on what was ordered: the supplier is told by a person, and the line waits for its next answer.</summary>
    public Task<DeskResult> InsistAsync(long taskId, string user, CancellationToken cancellationToken) => OnAnswerTaskAsync(taskId, user, "answer.insisted", async (work, task, purchase, index, answer, now) =>
    {
        var line = purchase.Lines[index];
        var partner = book.Current.Get(purchase.Partner);
        await work.Tasks.OpenAsync([new HubTask
        {
            Kind = "tell-supplier", Key = $"tell-supplier:{purchase.Id}:{line.Position}", Partner = partner.Id, PurchaseId = purchase.Id, At = now,
            Text = $"Tell {partner.Name} that line {line.Position} ({line.Sku}) of {purchase.Document.Number} stands as ordered: {line.NetPrice:0.####} {purchase.Document.Currency} per {line.PriceBasis:0}. Their next answer decides; close this when they know.",
        }], cancellationToken);
        if (partner.Deadlines.Answered is { } grace)
        {
            await work.Deadlines.SetAsync([new Deadline("answer", $"purchase:{purchase.Id}", now + grace)], cancellationToken);
        }
        return DeskResult.Ok($"Line {line.Position} of {purchase.Document.Number} stands as ordered. Tell {partner.Name}; it waits for their next answer.");
    }, cancellationToken);

    /// <summary>Keeps what is left of a purchase order that misses a limit of the terms: its invoice may carry what the terms charge for that.</summary>
    public Task<DeskResult> KeepRestAsync(long taskId, string user, CancellationToken cancellationToken) => OnRestAsync(taskId, user, "terms-missed.kept", async (work, card, purchase, now) =>
    {
        await work.Purchases.UpdateAsync(purchase with { ExpectedCharges = card.Charges, ExpectedDiscount = card.Discount }, cancellationToken);
        return DeskResult.Ok($"What is left of {purchase.Document.Number} stays there; its invoice may carry charges of {new Money(card.Charges, card.Currency)}.");
    }, cancellationToken);

    /// <summary>Asks the supplier to cancel what has not shipped of a purchase order that misses a limit of the terms; when it agrees that is bought elsewhere.</summary>
    public Task<DeskResult> MoveRestAsync(long taskId, string user, CancellationToken cancellationToken) => OnRestAsync(taskId, user, "terms-missed.moved", async (work, card, purchase, now) =>
    {
        var open = purchase.Lines.Where(line => line.Unshipped() > 0).Select(line => line.Position).ToHashSet();
        if (card.Elsewhere is not { } elsewhere || !elsewhere.Lines.Any(line => open.Contains(line.Position)))
        {
            return DeskResult.No($"Nobody else can deliver what is left of {purchase.Document.Number}, or it has shipped meanwhile.");
        }
        if (purchase.PendingChange is { } pending)
        {
            return DeskResult.No($"{pending} is not answered yet; decide again when it is.");
        }
        var lines = elsewhere.Lines.Where(line => open.Contains(line.Position)).ToList();
        await work.Catalogue.SetSettingAsync(ReRoutes.ApprovedSetting + purchase.Id.ToString(CultureInfo.InvariantCulture), Math.Max(0, elsewhere.After - elsewhere.Before).ToString(CultureInfo.InvariantCulture), cancellationToken);
        await RoutingService.AskBackAsync(work, book.Current, purchase, await work.Orders.LockAsync([.. lines.Select(line => line.OrderId).Distinct()], cancellationToken), elsewhere with { Lines = lines }, now, cancellationToken);
        return DeskResult.Ok($"{book.Current.Get(purchase.Partner).Name} is asked to cancel the rest; when they agree it is bought elsewhere for about {new Money(elsewhere.After, elsewhere.Currency)}.");
    }, cancellationToken);

    private async Task<DeskResult> OnRestAsync(long taskId, string user, string action, Func<IWork, RestCard, PurchaseState, DateTimeOffset, Task<DeskResult>> act, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        if (await work.Tasks.FindAsync(taskId, cancellationToken) is not { Kind: RestOfOrder.TaskKind, ClosedAt: null, PurchaseId: { } purchaseId } task)
        {
            return DeskResult.No($"Task {taskId} is not an open question about the terms of a purchase order.");
        }
        var purchase = (await work.Purchases.LockAsync([purchaseId], cancellationToken))[0];
        var now = clock.GetUtcNow();
        var result = await act(work, JsonSerializer.Deserialize<RestCard>(task.Data, CanonicalJson.Options)!, purchase, now);
        if (result.Done)
        {
            await work.Tasks.CloseAsync(task.Key, $"{action} by {user}", now, cancellationToken);
            await work.Audit.AddAsync([new AuditEntry(now, user, action, $"purchase:{purchaseId}", null, task.Data)], cancellationToken);
            await work.CommitAsync(cancellationToken);
        }
        return result;
    }

    /// <summary>Agrees to a re-route that costs more than the hub may spend by itself: waiting lines are routed, or the supplier is asked to cancel.</summary>
    public Task<DeskResult> ApproveReRouteAsync(long taskId, string user, CancellationToken cancellationToken) => OnReRouteAsync(taskId, user, "re-route.approved", "", async (work, card, purchase, orders, now) =>
    {
        await work.Catalogue.SetSettingAsync(ReRoutes.ApprovedSetting + purchase.Id.ToString(CultureInfo.InvariantCulture), (card.After - card.Before).ToString(CultureInfo.InvariantCulture), cancellationToken);
        var more = new Money(card.After - card.Before, card.Currency);
        if (card.Ask)
        {
            var open = purchase.Lines.Where(line => line.Unshipped() > 0).Select(line => line.Position).ToHashSet();
            if (!card.Lines.Any(line => open.Contains(line.Position)))
            {
                return DeskResult.Ok("The goods have shipped meanwhile; there is nothing left to buy elsewhere.");
            }
            card = card with { Lines = [.. card.Lines.Where(line => open.Contains(line.Position))] };
            if (purchase.PendingChange is not null)
            {
                return DeskResult.No($"{purchase.PendingChange} is not answered yet; decide again when it is.");
            }
            await RoutingService.AskBackAsync(work, book.Current, purchase, orders, card, now, cancellationToken);
            return DeskResult.Ok($"{book.Current.Get(purchase.Partner).Name} is asked to cancel; when they agree it is bought elsewhere for about {more} more.");
        }
        await ReleaseAsync(work, orders, card, static line => line with { Hold = null }, now, cancellationToken);
        return DeskResult.Ok($"Approved: the lines are bought elsewhere for about {more} more.");
    }, cancellationToken);

    /// <summary>Does not agree: late lines wait for the supplier they are at; lines without a supplier wait until a buyer names one or cancels them.</summary>
    public Task<DeskResult> RefuseReRouteAsync(long taskId, string reason, string user, CancellationToken cancellationToken) => OnReRouteAsync(taskId, user, "re-route.refused", reason, async (work, card, purchase, orders, now) =>
    {
        if (string.IsNullOrWhiteSpace(reason))
        {
            return DeskResult.No("Give a reason: it stands beside the line for whoever asks later.");
        }
        if (card.Ask)
        {
            return DeskResult.Ok($"The lines stay at {book.Current.Get(purchase.Partner).Name}; the customer waits.");
        }
        await ReleaseAsync(work, orders, card, line => line with { Hold = ReRoutes.Refused + $" ({user}): {reason}" }, now, cancellationToken);
        await work.Tasks.OpenAsync([.. card.Lines.Select(line => new HubTask
        {
            Kind = "line-without-supplier", Key = WithoutSupplierKey(line.OrderId, line.LineId), OrderId = line.OrderId, PurchaseId = purchase.Id, At = now,
            Text = $"Line {line.LineId} of order {orders.First(order => order.Id == line.OrderId).Number} ({line.Quantity:0.###} of {line.Sku}) has no supplier: buying it elsewhere was refused ({reason}). Pin a supplier on the order's page, or cancel the line for the customer.",
            Data = Json(new { orderId = line.OrderId, lineId = line.LineId }),
        })], cancellationToken);
        return DeskResult.Ok("Refused. The lines wait: pin a supplier on the order's page, or cancel them.");
    }, cancellationToken);

    private static string WithoutSupplierKey(long orderId, string lineId) => $"line-without-supplier:{orderId}:{lineId}";

    /// <summary>Changes the card's lines that still wait, and routes those that may be.</summary>
    private async Task ReleaseAsync(IWork work, IReadOnlyList<OrderState> orders, ReRouteCard card, Func<OrderLineState, OrderLineState> change, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var named = card.Lines.Select(line => (line.OrderId, line.LineId)).ToHashSet();
        foreach (var order in orders)
        {
            var next = order with { Lines = [.. order.Lines.Select(line => named.Contains((order.Id, line.LineId)) && line.Hold == card.Hold ? change(line) : line)] };
            await work.Orders.SaveLinesAsync([.. next.Lines.Where((line, index) => line != order.Lines[index])], cancellationToken);
            await work.Events.AddAsync(CustomerEvents.Changed(order, next, now), cancellationToken);
            if (next.Lines.Any(line => line is { Open: > 0, Sku: not null, Hold: null }))
            {
                await work.Routing.WakePoolAsync(order.Pool, now, cancellationToken);
            }
        }
    }

    private async Task<DeskResult> OnReRouteAsync(
        long taskId, string user, string action, string note, Func<IWork, ReRouteCard, PurchaseState, IReadOnlyList<OrderState>, DateTimeOffset, Task<DeskResult>> act, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        if (await work.Tasks.FindAsync(taskId, cancellationToken) is not { Kind: ReRoutes.TaskKind, ClosedAt: null, PurchaseId: { } purchaseId } task)
        {
            return DeskResult.No($"Task {taskId} is not an open question about a re-route.");
        }
        var card = JsonSerializer.Deserialize<ReRouteCard>(task.Data, CanonicalJson.Options)!;
        var purchase = (await work.Purchases.LockAsync([purchaseId], cancellationToken))[0];
        var orders = await work.Orders.LockAsync([.. card.Lines.Select(line => line.OrderId).Distinct()], cancellationToken);
        var now = clock.GetUtcNow();
        var result = await act(work, card, purchase, orders, now);
        if (result.Done)
        {
            await work.Tasks.CloseAsync(task.Key, $"{action} by {user}{(note.Length > 0 ? $": {note}" : "")}", now, cancellationToken);
            await work.Audit.AddAsync([new AuditEntry(now, user, action, $"purchase:{purchaseId}", null, Json(new { card, note }))], cancellationToken);
            await work.CommitAsync(cancellationToken);
        }
        return result;
    }

    private async Task<DeskResult> OnAnswerTaskAsync(
        long taskId, string user, string action, Func<IWork, HubTask, PurchaseState, int, JsonElement, DateTimeOffset, Task<DeskResult>> act, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        if (await work.Tasks.FindAsync(taskId, cancellationToken) is not { Kind: "price-change" or "substitute", ClosedAt: null, PurchaseId: { } purchaseId } task)
        {
            return DeskResult.No($"Task {taskId} is not an open question about a supplier's answer.");
        }
        var data = JsonDocument.Parse(task.Data).RootElement;
        var purchase = (await work.Purchases.LockAsync([purchaseId], cancellationToken))[0];
        var position = data.GetProperty("position").GetInt32();
        var index = purchase.Lines.ToList().FindIndex(line => line.Position == position);
        var now = clock.GetUtcNow();
        var result = await act(work, task, purchase, index, data.GetProperty("answer"), now);
        if (result.Done)
        {
            await work.Tasks.CloseAsync(task.Key, $"{action} by {user}", now, cancellationToken);
            await work.Audit.AddAsync([new AuditEntry(now, user, action, $"purchase:{purchaseId}", null, task.Data)], cancellationToken);
            await work.CommitAsync(cancellationToken);
        }
        return result;
    }

    private static async Task ReplaceLineAsync(IWork work, PurchaseState purchase, int index, PurchaseLineState line, bool rejected, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var lines = purchase.Lines.ToList();
        lines[index] = line;
        await LedgerUpdate.ApplyAsync(work, purchase, lines, rejected ? [line.Position] : [], now, cancellationToken);
        if (lines.TrueForAll(candidate => candidate.Awaiting == 0))
        {
            await work.Purchases.UpdateAsync(purchase with { Status = lines.TrueForAll(candidate => candidate.Ordered == candidate.Cancelled) ? PurchaseStatus.Cancelled : PurchaseStatus.Answered }, cancellationToken);
            await work.Deadlines.ClearAsync($"purchase:{purchase.Id}", "answer", cancellationToken);
        }
    }
}
