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
public sealed partial class Desk(IStore store, PartnerBookHolder book, OrderIntake intake, TimeProvider clock)
{
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

    private static async Task SetStatusAsync(IWork work, PurchaseState? purchase, PurchaseStatus status, CancellationToken cancellationToken)
    {
        if (purchase is { Status: PurchaseStatus.Escalated })
        {
            await work.Purchases.UpdateAsync(purchase with { Status = status, Reason = null }, cancellationToken);
        }
    }

    private static string Json(object value) => JsonSerializer.Serialize(value, CanonicalJson.Options);
}
