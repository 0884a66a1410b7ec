using System.Globalization;
using System.Text.Json;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Routing;

namespace UnifiedCommerce.Core.Status;

/// <summary>What a button's click came to.</summary>
/// <param name="Done">It happened.</param>
/// <param name="Text">One sentence for the person: what happened, or why not and what to do.</param>
public readonly record struct DeskResult(bool Done, string Text)
{
    internal static DeskResult Ok(string text) => new(true, text);
    internal static DeskResult No(string text) => new(false, text);
}

/// <summary>What people decide. Every method is one transaction with its audit row; what follows is done by jobs.</summary>
public sealed class Desk(IStore store, PartnerBookHolder book, OrderIntake intake, TimeProvider clock)
{
    /// <summary>Approves a purchase order: it is sent.</summary>
    public Task<DeskResult> ApproveAsync(long purchaseId, string user, CancellationToken cancellationToken) => OnPurchaseAsync(purchaseId, user, "purchase-order.approved", null, async (work, purchase, now) =>
    {
        if (purchase.Status != PurchaseStatus.AwaitingApproval)
        {
            return DeskResult.No($"Purchase order {purchase.Document.Number} is {purchase.Status}, not waiting for approval.");
        }
        await work.Purchases.UpdateAsync(purchase with { Status = PurchaseStatus.Released }, cancellationToken);
        await work.Jobs.InsertAsync([DispatchJobs.Prepare(purchase)], cancellationToken);
        await work.Tasks.CloseAsync($"approve-purchase-order:{purchase.Id}", $"approved by {user}", now, cancellationToken);
        return DeskResult.Ok($"Purchase order {purchase.Document.Number} is approved and on its way.");
    }, cancellationToken);

    /// <summary>Refuses a purchase order that waits for approval: its lines are routed again, without this supplier.</summary>
    public Task<DeskResult> RefuseAsync(long purchaseId, string reason, string user, CancellationToken cancellationToken) => OnPurchaseAsync(purchaseId, user, "purchase-order.refused", reason, async (work, purchase, now) =>
    {
        if (purchase.Status != PurchaseStatus.AwaitingApproval)
        {
            return DeskResult.No($"Purchase order {purchase.Document.Number} is {purchase.Status}, not waiting for approval.");
        }
        var lines = purchase.Lines.Select(line => line.CancelAll()).ToList();
        await LedgerUpdate.ApplyAsync(work, purchase, lines, [.. lines.Select(line => line.Position)], now, cancellationToken);
        await work.Purchases.UpdateAsync(purchase with { Status = PurchaseStatus.Refused, Reason = $"refused by {user}: {reason}" }, cancellationToken);
        await work.Tasks.CloseAsync($"approve-purchase-order:{purchase.Id}", $"refused by {user}: {reason}", now, cancellationToken);
        return DeskResult.Ok($"Purchase order {purchase.Document.Number} is refused; its lines are routed again without {book.Current.Get(purchase.Partner).Name}.");
    }, cancellationToken);

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

    /// <summary>A buyer cancels lines of a purchase order: the supplier is asked, its answer decides.</summary>
    public Task<DeskResult> CancelPurchaseAsync(long purchaseId, string reason, string user, CancellationToken cancellationToken) => OnPurchaseAsync(purchaseId, user, "purchase-order.cancel-asked", reason, async (work, purchase, now) =>
    {
        if (purchase.Lines.All(line => line.Unshipped() == 0))
        {
            return DeskResult.No($"Nothing of purchase order {purchase.Document.Number} is left to cancel.");
        }
        if (purchase.Status == PurchaseStatus.AwaitingApproval)
        {
            return DeskResult.No($"Purchase order {purchase.Document.Number} waits for approval and was not sent: refuse it instead.");
        }
        if (purchase.PendingChange is { } pending)
        {
            return DeskResult.No($"{pending} is not answered yet; cancel the rest when it is.");
        }
        await RequestCancelAsync(work, purchase, [.. purchase.Lines.Where(line => line.Unshipped() > 0).Select(line => line.Position)], cancellationToken);
        return DeskResult.Ok($"{book.Current.Get(purchase.Partner).Name} is asked to cancel what has not shipped of {purchase.Document.Number}.");
    }, cancellationToken);

    /// <summary>Records by hand that a supplier agreed to cancel what was asked, or everything open when nothing was asked.</summary>
    public Task<DeskResult> RecordCancelledAsync(long purchaseId, string note, string user, CancellationToken cancellationToken) => OnPurchaseAsync(purchaseId, user, "purchase-order.cancel-agreed", note, async (work, purchase, now) =>
    {
        var asked = purchase.Lines.Any(line => line.CancelRequested > 0);
        var lines = purchase.Lines.Select(line => (asked ? line.CancelRequested : line.Unshipped()) is > 0 and var quantity ? line.Cancel(quantity) : line).ToList();
        await LedgerUpdate.ApplyAsync(work, purchase, lines, [.. lines.Where((line, index) => line.Cancelled > purchase.Lines[index].Cancelled).Select(line => line.Position)], now, cancellationToken);
        await work.Purchases.UpdateAsync(purchase with
        {
            PendingChange = null, Reason = note, Status = lines.All(line => line.Ordered == line.Cancelled) ? PurchaseStatus.Cancelled : purchase.Status,
        }, cancellationToken);
        await Cancellations.AskRestAsync(work, purchase, cancellationToken);
        await work.Deadlines.ClearAsync($"purchase:{purchase.Id}", "answer", cancellationToken);
        await work.Tasks.CloseAsync($"cancel-request:{purchase.Id}", $"{user}: {note}", now, cancellationToken);
        await work.Tasks.CloseAsync($"overdue-answer:{purchase.Id}", $"{user}: {note}", now, cancellationToken);
        return DeskResult.Ok($"Recorded: {book.Current.Get(purchase.Partner).Name} cancelled {purchase.Document.Number} as asked.");
    }, cancellationToken);

    /// <summary>Records by hand that a supplier did not agree to cancel: the goods will come, and customers who asked are told so.</summary>
    public Task<DeskResult> RecordCancelRefusedAsync(long purchaseId, string note, string user, CancellationToken cancellationToken) => OnPurchaseAsync(purchaseId, user, "purchase-order.cancel-refused", note, async (work, purchase, now) =>
    {
        if (purchase.Lines.All(line => line.CancelRequested == 0))
        {
            return DeskResult.No($"Nothing of purchase order {purchase.Document.Number} was asked to be cancelled.");
        }
        await LedgerUpdate.ApplyAsync(work, purchase, [.. purchase.Lines.Select(line => line with { CancelRequested = 0 })], [], now, cancellationToken);
        await work.Purchases.UpdateAsync(purchase with { PendingChange = null }, cancellationToken);
        await Cancellations.AskRestAsync(work, purchase, cancellationToken);
        await work.Tasks.CloseAsync($"cancel-request:{purchase.Id}", $"{user}: not agreed: {note}", now, cancellationToken);
        return DeskResult.Ok($"Recorded: {book.Current.Get(purchase.Partner).Name} delivers {purchase.Document.Number} after all.");
    }, cancellationToken);

    /// <summary>Writes a purchase order again that could not be written, was refused by the channel, or was rejected by the partner's system:
    /// the next version of the same document, with a control number of its own. Only while no version of it may be with the partner.</summary>
    public Task<DeskResult> WriteAgainAsync(long purchaseId, string note, string user, CancellationToken cancellationToken) => OnPurchaseAsync(purchaseId, user, "purchase-order.written-again", note, async (work, purchase, now) =>
    {
        var sent = await work.Dispatches.OfPurchaseAsync(purchaseId, cancellationToken);
        if (sent.FirstOrDefault(dispatch => dispatch is { State: not (DispatchState.Failed or DispatchState.Void), Kind: DocumentKind.PurchaseOrder }) is { } other)
        {
            return DeskResult.No($"{other.Key} is {other.State}: {book.Current.Get(purchase.Partner).Name} has it or may have it. Writing it again could order twice; decide that dispatch first.");
        }
        if (purchase.Lines.Any(line => line.Confirmed + line.Backordered + line.Shipped + line.Received > 0))
        {
            return DeskResult.No($"{book.Current.Get(purchase.Partner).Name} answered {purchase.Document.Number}, so they have it. Writing it again would order twice.");
        }
        if (purchase.Status != PurchaseStatus.Escalated || purchase.Lines.All(line => line.Unshipped() == 0))
        {
            return DeskResult.No($"Purchase order {purchase.Document.Number} is {purchase.Status}; only one that could not be written or was rejected as unreadable is written again.");
        }
        var open = await work.Dispatches.LockAsync([.. sent.Where(dispatch => dispatch.State == DispatchState.Failed).Select(dispatch => dispatch.Id)], cancellationToken);
        await work.Dispatches.UpdateAsync([.. open.Select(dispatch => dispatch with { State = DispatchState.Void, Reason = $"{dispatch.Reason} Written again by {user}: {note}" })], cancellationToken);
        var next = purchase with
        {
            Status = PurchaseStatus.Released, Reason = null, Document = sent.Count == 0 ? purchase.Document : purchase.Document with { Version = purchase.Document.Version + 1 },
        };
        await work.Purchases.UpdateAsync(next, cancellationToken);
        await work.Jobs.InsertAsync([DispatchJobs.Prepare(next)], cancellationToken);
        foreach (var key in sent.SelectMany(dispatch => new[] { $"held-dispatch:{dispatch.Id}", $"acknowledgement-rejected:{dispatch.Id}" }).Append($"not-rendered:{purchase.Document.Number}-v{purchase.Document.Version}"))
        {
            await work.Tasks.CloseAsync(key, $"written again by {user}: {note}", now, cancellationToken);
        }
        return DeskResult.Ok($"Purchase order {purchase.Document.Number} is written again with the mapping of now and sent.");
    }, cancellationToken);

    /// <summary>Names the article of an order line that was not matched; the customer's number is remembered for next time.</summary>
    public async Task<DeskResult> MatchAsync(long orderId, string lineId, string sku, string user, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        if ((await work.Orders.LockAsync([orderId], cancellationToken)) is not [var order] || order.Lines.FirstOrDefault(line => line.LineId == lineId) is not { } line)
        {
            return DeskResult.No($"Order row {orderId} has no line {lineId}.");
        }
        var article = (await work.Catalogue.ArticlesAsync(cancellationToken)).FirstOrDefault(candidate => candidate.Sku == sku);
        if (article is null)
        {
            return DeskResult.No($"Article {sku} does not exist. Choose one of the catalogue.");
        }
        var item = order.Order.Lines[line.Index].Item;
        var partner = order.Order.Buyer.Gln is { } gln ? book.Current.FindByEnvelope(gln)?.Id : null;
        var reference = item.BuyerSku is { } buyer && partner is not null ? new CrossReference(partner, "buyer", buyer, sku, 1, article.BaseUnit)
            : item.ManufacturerPart is { } part ? new CrossReference("", "manufacturer", part, sku, 1, article.BaseUnit)
            : item.Gtin is { } gtin ? new CrossReference("", "gtin", CatalogueSnapshot.Normal(gtin), sku, 1, article.BaseUnit) : null;
        if (reference is not null)
        {
            await work.Catalogue.SaveCrossReferencesAsync([reference], cancellationToken);
        }
        // The line itself takes the article even when the item gives nothing to remember.
        var asked = order.Order.Lines.ToList();
        asked[line.Index] = asked[line.Index] with { Item = item with { SupplierSku = item.SupplierSku ?? sku, Gtin = null, BuyerSku = reference?.Scheme == "buyer" ? item.BuyerSku : null, ManufacturerPart = null } };
        if (asked[line.Index].Item.SupplierSku != sku)
        {
            asked[line.Index] = asked[line.Index] with { Item = asked[line.Index].Item with { SupplierSku = sku } };
        }
        var matched = await intake.RematchAsync(work, order with { Order = order.Order with { Lines = asked } }, partner, user, cancellationToken);
        if (matched.Lines[line.Index].Sku is null)
        {
            return DeskResult.No($"Line {lineId} still does not match: {matched.Lines[line.Index].Hold}");
        }
        await work.CommitAsync(cancellationToken);
        return DeskResult.Ok($"Line {lineId} of order {order.Number} is article {sku} ({article.Name}) and waits for a supplier{(reference is null ? "." : "; the number is remembered.")}");
    }

    /// <summary>Says which of our articles a supplier's catalogue line means: its numbers are remembered and its price comes into force.</summary>
    public async Task<DeskResult> MatchSupplierAsync(long taskId, string sku, string user, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        if (await work.Tasks.FindAsync(taskId, cancellationToken) is not { Kind: "unmatched-supplier-article", ClosedAt: null, Partner: { } id } task || book.Current.Find(id) is not { } partner)
        {
            return DeskResult.No($"Task {taskId} is not an open question about a supplier's article.");
        }
        var proposal = JsonDocument.Parse(task.Data).RootElement.GetProperty("proposals").EnumerateArray().FirstOrDefault(candidate => candidate.GetProperty("sku").GetString() == sku);
        if (proposal.ValueKind != JsonValueKind.Object)
        {
            return DeskResult.No($"Article {sku} was not proposed. Add a cross reference for another one, and hand the catalogue in again.");
        }
        var row = proposal.GetProperty("row").Deserialize<PriceRow>(CanonicalJson.Options)!;
        var now = clock.GetUtcNow();
        var snapshot = await new CatalogueCache().GetAsync(work, row.ValidFrom, cancellationToken);
        if (CatalogueApplication.Suspicious(partner, snapshot, row) is { } wrong)
        {
            return DeskResult.No(wrong.Text);
        }
        await work.Catalogue.SaveCrossReferencesAsync([.. snapshot.Learn(id, row.Line.Item, sku, row.Line.UnitFactor, row.Line.Unit!)], cancellationToken);
        await work.Catalogue.SavePricesAsync([row], cancellationToken);
        await work.Tasks.CloseAsync(task.Key, $"matched to {sku} by {user}", now, cancellationToken);
        await work.Audit.AddAsync([new AuditEntry(now, user, "article.matched", $"task:{taskId}", null, Json(new { partner = id, row.Line.Item, sku }))], cancellationToken);
        await work.CommitAsync(cancellationToken);
        return DeskResult.Ok($"{partner.Name}'s {row.Line.Item.Label} is article {sku}; its price is in force and its numbers are remembered.");
    }

    /// <summary>Pins a line to a supplier, forbids one, or lifts both; with a reason, and routed again while it is open.</summary>
    public async Task<DeskResult> SourceAsync(long orderId, string lineId, string? pin, string? forbid, string reason, string user, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        if ((await work.Orders.LockAsync([orderId], cancellationToken)) is not [var order] || order.Lines.FirstOrDefault(line => line.LineId == lineId) is not { } line)
        {
            return DeskResult.No($"Order row {orderId} has no line {lineId}.");
        }
        if (string.IsNullOrWhiteSpace(reason))
        {
            return DeskResult.No("Give a reason: it stands beside the decision for whoever asks later.");
        }
        foreach (var named in new[] { pin, forbid })
        {
            if (named is not null && book.Current.Find(named) is null)
            {
                return DeskResult.No($"There is no partner {named}.");
            }
        }
        var next = line with
        {
            // A buyer who says where a line may come from has decided what it waited for.
            Hold = ReRoutes.IsHold(line.Hold) ? null : line.Hold,
            Pinned = pin, Forbidden = forbid is null ? (pin is null ? order.Order.Lines[line.Index].NotFrom : line.Forbidden) : [.. line.Forbidden.Append(forbid).Distinct(StringComparer.Ordinal)],
        };
        await work.Orders.SaveLinesAsync([next], cancellationToken);
        var now = clock.GetUtcNow();
        await work.Tasks.CloseAsync(WithoutSupplierKey(orderId, lineId), $"{user}: {reason}", now, cancellationToken);
        if (line.Open > 0)
        {
            await work.Routing.WakePoolAsync(order.Pool, now, cancellationToken);
        }
        await work.Audit.AddAsync([new AuditEntry(now, user, "order-line.source", $"order:{orderId}", Json(new { line.LineId, line.Pinned, line.Forbidden }), Json(new { next.LineId, next.Pinned, next.Forbidden, reason }))], cancellationToken);
        await work.CommitAsync(cancellationToken);
        return DeskResult.Ok(line.Open > 0 ? $"Line {lineId} is routed again." : $"Noted. Line {lineId} is on a purchase order already; it holds from now on.");
    }

    /// <summary>Stops or starts a partner: nothing is routed or sent to it while it is stopped.</summary>
    public async Task<DeskResult> SwitchAsync(string partner, bool stop, string reason, string user, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        var now = clock.GetUtcNow();
        await work.Catalogue.SetSettingAsync(PartnerSwitches.StoppedSetting + partner, stop ? $"{user}: {reason}" : null, cancellationToken);
        foreach (var pool in book.Current.House.Pools)
        {
            await work.Routing.WakePoolAsync(pool.Name, now, cancellationToken);
        }
        await work.Audit.AddAsync([new AuditEntry(now, user, stop ? "partner.stopped" : "partner.started", $"partner:{partner}", null, Json(new { reason }))], cancellationToken);
        await work.CommitAsync(cancellationToken);
        return DeskResult.Ok(stop ? $"{partner} is stopped: nothing is routed or sent to it until you start it." : $"{partner} is started.");
    }

    /// <summary>Reads a quarantined document again, after its cause was corrected. Released: the control number may stand twice.</summary>
    public async Task<DeskResult> ReplayAsync(long documentId, bool release, string user, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        if (await work.Documents.FindAsync(documentId, cancellationToken) is not { Outbound: false } document)
        {
            return DeskResult.No($"There is no inbound document {documentId}.");
        }
        if (release && document.Transport == GoLive.Sandbox)
        {
            return DeskResult.No($"Document {documentId} is a test: it is never applied. Read it again instead.");
        }
        if (document.State is not (DocumentState.Quarantined or DocumentState.Partly or DocumentState.Dismissed))
        {
            return DeskResult.No($"Document {documentId} is {document.State}; only what is quarantined or dismissed can be replayed.");
        }
        var now = clock.GetUtcNow();
        var messages = await work.Documents.MessagesAsync(documentId, cancellationToken);
        if (release && messages.Any(message => message is { State: DocumentState.Quarantined, Canonical: not null }) && messages.All(message => message.Diagnostics.All(diagnostic => diagnostic.Severity != Severity.Error || message.Canonical is not null)))
        {
            await work.Jobs.InsertAsync([.. messages.Where(message => message.State == DocumentState.Quarantined).Select(message => ApplyMessageJob.For(documentId, message.Index, document.Partner, overdue: true))], cancellationToken);
        }
        else
        {
            await work.Documents.UpdateAsync(document with { State = DocumentState.Received, Reason = null }, cancellationToken);
            await work.Jobs.InsertAsync([DocumentReception.ReadJob(documentId, document.Partner)], cancellationToken);
        }
        await work.Tasks.CloseAsync(QuarantineTasks.KeyOf(documentId), $"replayed by {user}", now, cancellationToken);
        await work.Audit.AddAsync([new AuditEntry(now, user, release ? "document.released" : "document.replayed", $"document:{documentId}", Json(new { document.State, document.Reason }), null)], cancellationToken);
        await work.CommitAsync(cancellationToken);
        return DeskResult.Ok($"Document {documentId} is read again.");
    }

    /// <summary>Dismisses a quarantined document: it stays stored and is not applied.</summary>
    public async Task<DeskResult> DismissAsync(long documentId, string reason, string user, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        if (await work.Documents.FindAsync(documentId, cancellationToken) is not { State: DocumentState.Quarantined or DocumentState.Partly or DocumentState.Waiting } document)
        {
            return DeskResult.No($"Document {documentId} is not quarantined.");
        }
        if (string.IsNullOrWhiteSpace(reason))
        {
            return DeskResult.No("Give a reason: the document is kept, and whoever finds it must know why it was not applied.");
        }
        var now = clock.GetUtcNow();
        await work.Documents.UpdateAsync(document with { State = DocumentState.Dismissed, Reason = $"dismissed by {user}: {reason}" }, cancellationToken);
        await work.Tasks.CloseAsync(QuarantineTasks.KeyOf(documentId), $"dismissed by {user}: {reason}", now, cancellationToken);
        await work.Audit.AddAsync([new AuditEntry(now, user, "document.dismissed", $"document:{documentId}", Json(new { document.State }), Json(new { reason }))], cancellationToken);
        await work.CommitAsync(cancellationToken);
        return DeskResult.Ok($"Document {documentId} is dismissed.");
    }

    /// <summary>Decides a held or failed dispatch: the partner has it, send the same bytes again, or withdraw it.</summary>
    /// <param name="dispatchId">The dispatch.</param>
    /// <param name="decision"><c>received</c>, <c>send-again</c> or <c>withdraw</c>.</param>
    /// <param name="note">What the partner said.</param>
    /// <param name="user">Who decides.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<DeskResult> DecideDispatchAsync(long dispatchId, string decision, string note, string user, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        if ((await work.Dispatches.LockAsync([dispatchId], cancellationToken)) is not [{ State: DispatchState.Held or DispatchState.Failed } dispatch])
        {
            return DeskResult.No($"Dispatch {dispatchId} is not held or failed.");
        }
        var now = clock.GetUtcNow();
        var purchase = dispatch.PurchaseId is { } purchaseId ? (await work.Purchases.LockAsync([purchaseId], cancellationToken)).FirstOrDefault() : null;
        switch (decision)
        {
            case "received":
                await work.Dispatches.UpdateAsync([dispatch with { State = DispatchState.Sent, Evidence = $"{user}: {note}", SentAt = now, Reason = null }], cancellationToken);
                await SetStatusAsync(work, purchase, PurchaseStatus.Sent, cancellationToken);
                if (purchase is not null && dispatch.Kind == DocumentKind.PurchaseOrder)
                {
                    await work.Deadlines.SetAsync(SendDispatchHandler.DeadlinesAfter(book.Current.Get(dispatch.Partner), dispatch, purchase.Head, now), cancellationToken);
                }
                break;
            case "send-again":
                await work.Dispatches.UpdateAsync([dispatch with { State = DispatchState.Prepared, Reason = $"{user}: {note}" }], cancellationToken);
                await SetStatusAsync(work, purchase, PurchaseStatus.Released, cancellationToken);
                await work.Jobs.InsertAsync([DispatchJobs.Send(dispatch)], cancellationToken);
                break;
            case "withdraw":
                await work.Dispatches.UpdateAsync([dispatch with { State = DispatchState.Void, Reason = $"withdrawn by {user}: {note}" }], cancellationToken);
                if (purchase is not null && dispatch.Kind == DocumentKind.PurchaseOrder)
                {
                    var lines = purchase.Lines.Select(line => line.CancelAll()).ToList();
                    await LedgerUpdate.ApplyAsync(work, purchase, lines, [.. lines.Select(line => line.Position)], now, cancellationToken);
                    await work.Purchases.UpdateAsync(purchase with { Status = PurchaseStatus.Cancelled, Reason = note }, cancellationToken);
                }
                else if (purchase is { PendingChange: { } change } && dispatch.Key == change)
                {
                    // What was asked is still wanted: it is asked by a person.
                    await work.Tasks.OpenAsync([new HubTask
                    {
                        Kind = "cancel-request", Key = $"cancel-request:{purchase.Id}", Partner = purchase.Partner, PurchaseId = purchase.Id, At = now,
                        Text = AskCancellationHandler.Text(book.Current.Get(purchase.Partner), purchase, $"did not get {change}"),
                    }], cancellationToken);
                }
                break;
            default:
                return DeskResult.No($"Found decision \"{decision}\", expected received, send-again or withdraw.");
        }
        await work.Tasks.CloseAsync($"held-dispatch:{dispatchId}", $"{decision} by {user}: {note}", now, cancellationToken);
        await work.Audit.AddAsync([new AuditEntry(now, user, $"dispatch.{decision}", $"dispatch:{dispatchId}", Json(new { dispatch.State, dispatch.Reason }), Json(new { note }))], cancellationToken);
        await work.CommitAsync(cancellationToken);
        return DeskResult.Ok($"{dispatch.Key}: {decision}.");
    }

    /// <summary>Releases a quarantined catalogue price, or closes the task and keeps the old price.</summary>
    public async Task<DeskResult> DecidePriceAsync(long taskId, bool release, string user, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        if (await work.Tasks.FindAsync(taskId, cancellationToken) is not { Kind: "price-line", ClosedAt: null } task)
        {
            return DeskResult.No($"Task {taskId} is not an open price line.");
        }
        var now = clock.GetUtcNow();
        var row = JsonSerializer.Deserialize<PriceRow>(task.Data, CanonicalJson.Options)!;
        if (release)
        {
            await work.Catalogue.SavePricesAsync([row], cancellationToken);
        }
        await work.Tasks.CloseAsync(task.Key, release ? $"released by {user}" : $"kept out by {user}", now, cancellationToken);
        await work.Audit.AddAsync([new AuditEntry(now, user, release ? "price.released" : "price.refused", $"task:{taskId}", null, task.Data)], cancellationToken);
        await work.CommitAsync(cancellationToken);
        return DeskResult.Ok(release ? $"The new price of {row.Line.Item.Label} is in force." : $"The old price of {row.Line.Item.Label} stays.");
    }

    /// <summary>Closes a task that only informs, with what was done.</summary>
    public async Task<DeskResult> CloseAsync(long taskId, string note, string user, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        if (await work.Tasks.FindAsync(taskId, cancellationToken) is not { ClosedAt: null } task)
        {
            return DeskResult.No($"Task {taskId} is closed already.");
        }
        var now = clock.GetUtcNow();
        await work.Tasks.CloseAsync(task.Key, $"{user}: {note}", now, cancellationToken);
        await work.Audit.AddAsync([new AuditEntry(now, user, "task.closed", $"task:{taskId}", null, Json(new { task.Key, note }))], cancellationToken);
        await work.CommitAsync(cancellationToken);
        return DeskResult.Ok("Closed.");
    }

    /// <summary>Cancels an order, or one of its lines, for the customer.</summary>
    public async Task<DeskResult> CancelOrderAsync(long orderId, string? lineId, string user, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        if ((await work.Orders.LockAsync([orderId], cancellationToken)) is not [var order])
        {
            return DeskResult.No($"There is no order row {orderId}.");
        }
        var after = await intake.CancelAsync(work, order, lineId, user, cancellationToken);
        await work.CommitAsync(cancellationToken);
        var asked = after.Lines.Sum(line => line.CancelRequested);
        return DeskResult.Ok(asked > 0 ? $"What was open is cancelled; suppliers are asked for the rest of order {order.Number}." : $"Order {order.Number} is cancelled as far as it had not shipped.");
    }

    private async Task<DeskResult> OnPurchaseAsync(
        long purchaseId, string user, string action, string? note, Func<IWork, PurchaseState, DateTimeOffset, Task<DeskResult>> act, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        if ((await work.Purchases.LockAsync([purchaseId], cancellationToken)) is not [var purchase])
        {
            return DeskResult.No($"There is no purchase order row {purchaseId}.");
        }
        var now = clock.GetUtcNow();
        var result = await act(work, purchase, now);
        if (result.Done)
        {
            await work.Audit.AddAsync([new AuditEntry(now, user, action, $"purchase:{purchaseId}", Json(new { purchase.Status }), Json(new { note }))], cancellationToken);
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

    private Task RequestCancelAsync(IWork work, PurchaseState purchase, IReadOnlyCollection<int> positions, CancellationToken cancellationToken) =>
        AskCancellationHandler.RequestAsync(work, book.Current.Get(purchase.Partner), purchase, positions, clock.GetUtcNow(), cancellationToken);

    private static async Task SetStatusAsync(IWork work, PurchaseState? purchase, PurchaseStatus status, CancellationToken cancellationToken)
    {
        if (purchase is { Status: PurchaseStatus.Escalated })
        {
            await work.Purchases.UpdateAsync(purchase with { Status = status, Reason = null }, cancellationToken);
        }
    }

    private static string Json(object value) => JsonSerializer.Serialize(value, CanonicalJson.Options);
}
