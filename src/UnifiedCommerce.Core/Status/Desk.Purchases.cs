using System.Globalization;
using System.Text.Json;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Routing;

namespace UnifiedCommerce.Core.Status;

/// <content>Decisions about purchase orders.</content>
public sealed partial class Desk
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
        await work.Purchases.UpdateAsync(await Cancellations.DropPendingAsync(work, purchase with
        {
            Reason = note, Lines = lines,
            Status = lines.All(line => line.Ordered == line.Cancelled) ? PurchaseStatus.Cancelled : lines.All(line => line.Unshipped() == 0) ? PurchaseStatus.Fulfilled : purchase.Status,
        }, answered: true, $"{user}: {note}", now, cancellationToken), cancellationToken);
        await work.Deadlines.ClearAsync($"purchase:{purchase.Id}", "answer", cancellationToken);
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
        await work.Purchases.UpdateAsync(await Cancellations.DropPendingAsync(work, purchase, answered: true, $"{user}: not agreed: {note}", now, cancellationToken), cancellationToken);
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

    private Task RequestCancelAsync(IWork work, PurchaseState purchase, IReadOnlyCollection<int> positions, CancellationToken cancellationToken) =>
        AskCancellationHandler.RequestAsync(work, book.Current.Get(purchase.Partner), purchase, positions, clock.GetUtcNow(), cancellationToken);
}
