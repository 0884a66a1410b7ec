using System.Text.Json;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Core.Inbound;

/// <summary>Applies despatch and receipt advices: what is on its way, what arrived, over-delivery, and goods that come after a cancellation.</summary>
public sealed class DespatchApplication(CatalogueCache catalogue)
{
    /// <summary>Key that documents wait for which need the despatch of a purchase order.</summary>
    public static string DespatchKey(string orderNumber) => $"despatch-of:{orderNumber}";

    /// <summary>Applies a despatch advice.</summary>
    public Task<ApplyResult> ApplyAsync(IWork work, Partner partner, DespatchAdvice despatch, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var lines = despatch.Lines.Select(line => new Moved(line.OrderNumber ?? despatch.OrderNumber, line.Position, line.Item, line.Quantity,
            despatch.Packages.FirstOrDefault(package => package.Id == line.PackageId)?.TrackingNumber ?? despatch.TrackingNumber)).ToList();
        return MoveAsync(work, partner, DocumentKind.DespatchAdvice, despatch.Number, lines, received: false, despatch.EstimatedDelivery, now, cancellationToken);
    }

    /// <summary>Applies a receipt advice.</summary>
    public Task<ApplyResult> ApplyAsync(IWork work, Partner partner, ReceiptAdvice receipt, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var lines = receipt.Lines.Select(line => new Moved(line.OrderNumber ?? receipt.OrderNumber, line.Position, line.Item, line.Quantity, null)).ToList();
        return MoveAsync(work, partner, DocumentKind.ReceiptAdvice, receipt.Number, lines, received: true, null, now, cancellationToken);
    }

    private async Task<ApplyResult> MoveAsync(
        IWork work, Partner partner, DocumentKind kind, string number, IReadOnlyList<Moved> moved, bool received, DateOnly? expected, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var snapshot = await catalogue.GetAsync(work, DateOnly.FromDateTime(now.UtcDateTime), cancellationToken);
        var orders = moved.Select(line => line.OrderNumber).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var found = new Dictionary<string, PurchaseState>(StringComparer.Ordinal);
        foreach (var orderNumber in orders)
        {
            var purchase = orderNumber is null ? null : await work.Purchases.FindByNumberAsync(orderNumber, cancellationToken);
            // A warehouse of ours receives what others sent: its receipt may name any supplier's purchase order.
            if (purchase is null || (purchase.Partner != partner.Id && !(received && partner.Role == PartnerRole.Warehouse)))
            {
                return await DocumentApplication.OrphanAsync(work, partner, kind, number, orderNumber, moved.Where(line => line.OrderNumber == orderNumber).Select(line => line.Item), cancellationToken);
            }
            found[orderNumber!] = purchase;
        }
        var notes = new List<Diagnostic>();
        foreach (var (orderNumber, purchase) in found)
        {
            var lines = purchase.Lines.ToList();
            foreach (var line in moved.Where(line => line.OrderNumber == orderNumber && line.Quantity.Value > 0))
            {
                var index = line.Position is { } position ? lines.FindIndex(candidate => candidate.Position == position) : LineMatching.Find(purchase, line.Item, partner, snapshot);
                if (index < 0)
                {
                    return ApplyResult.Quarantine("line-not-ordered", $"{kind} {number}",
                        $"Purchase order {orderNumber} has no line {line.Position?.ToString() ?? "with article " + line.Item.Label}. Ask {partner.Name} what was shipped.");
                }
                lines[index] = Move(work, partner, purchase, lines[index], line, received, expected, notes);
            }
            await LedgerUpdate.ApplyAsync(work, purchase, lines, [], now, cancellationToken);
            await SettleAsync(work, partner, purchase, lines, received, now, cancellationToken);
            await work.Audit.AddAsync([new AuditEntry(now, $"partner:{partner.Id}", received ? "purchase-order.received" : "purchase-order.shipped", $"purchase:{purchase.Id}",
                OrderResponseApplication.Summary(purchase.Lines), OrderResponseApplication.Summary(lines))], cancellationToken);
        }
        await work.Tasks.OpenAsync([.. notes.Select((note, index) => new HubTask
        {
            Kind = note.Code, Key = $"{note.Code}:{partner.Id}:{number}:{index}", Partner = partner.Id, At = now, Text = note.Text,
        })], cancellationToken);
        return notes.Count == 0 ? ApplyResult.Ok : new ApplyResult(DocumentState.Applied, string.Join(" ", notes.Select(note => note.Text)), null, notes);
    }

    private static PurchaseLineState Move(IWork work, Partner partner, PurchaseState purchase, PurchaseLineState line, Moved moved, bool received, DateOnly? expected, List<Diagnostic> notes)
    {
        var quantity = LineMatching.InOrderUnits(purchase, line, moved.Quantity);
        decimal over;
        decimal afterCancel = 0;
        PurchaseLineState next;
        if (received)
        {
            (next, over) = line.Receive(quantity);
        }
        else
        {
            (next, over, afterCancel) = line.Ship(quantity, moved.Tracking);
            next = expected is null ? next : next with { Promised = expected };
        }
        if (over > 0)
        {
            notes.Add(Diagnostic.Warning("over-delivery", $"line {line.Position}",
                $"{partner.Name} sends {over:0.###} more than ordered on line {line.Position} of {purchase.Document.Number}. Take it to stock and expect it on the invoice, or send it back."));
        }
        if (afterCancel > 0)
        {
            notes.Add(Diagnostic.Warning("shipped-after-cancel", $"line {line.Position}",
                $"{partner.Name} ships {afterCancel:0.###} of line {line.Position} of {purchase.Document.Number} although it was cancelled: the despatch holds, the goods go to stock. Arrange a return if they are not wanted."));
        }
        return next;
    }

    private static async Task SettleAsync(IWork work, Partner partner, PurchaseState purchase, IReadOnlyList<PurchaseLineState> lines, bool received, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var done = lines.All(line => line.Unshipped() == 0);
        if (done)
        {
            await work.Deadlines.ClearAsync($"purchase:{purchase.Id}", "despatch", cancellationToken);
            await work.Deadlines.ClearAsync($"purchase:{purchase.Id}", "answer", cancellationToken);
            await work.Purchases.UpdateAsync(purchase with { Status = PurchaseStatus.Fulfilled }, cancellationToken);
        }
        if (received)
        {
            return;
        }
        if (partner.Deadlines.Invoiced is { } invoiced && lines.Any(line => line.Shipped + line.Received > line.Invoiced))
        {
            await work.Deadlines.SetAsync([new Deadline("invoice", $"purchase:{purchase.Id}", now + invoiced)], cancellationToken);
        }
        var waiting = await work.Documents.WaitingForAsync(DespatchKey(purchase.Document.Number), cancellationToken);
        await work.Jobs.InsertAsync([.. waiting.Select(message => ApplyMessageJob.For(message.DocumentId, message.Index, partner.Id, overdue: false))], cancellationToken);
    }

    private sealed record Moved(string? OrderNumber, int? Position, Item Item, Quantity Quantity, string? Tracking);
}

/// <summary>The job that applies a stored message again: it waited, was released by a person, or is replayed.</summary>
public static class ApplyMessageJob
{
    /// <summary>Makes the job.</summary>
    public static NewJob For(long documentId, int index, string? partner, bool overdue) =>
        new("apply-message", JsonSerializer.Serialize(new { documentId, index, overdue }, CanonicalJson.Options)) { Lane = partner, UniqueKey = $"apply-message:{documentId}:{index}:{overdue}" };
}
