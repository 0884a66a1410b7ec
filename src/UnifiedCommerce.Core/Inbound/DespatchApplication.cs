using System.Text.Json;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Core.Inbound;

/// <summary>Applies despatch and receipt advices: what is on its way, what arrived, over-delivery, and goods that come after a cancellation.</summary>
public sealed class DespatchApplication(CatalogueCache catalogue, PartnerBookHolder book)
{
    /// <summary>Key that documents wait for which need the despatch of a purchase order.</summary>
    public static string DespatchKey(string orderNumber) => $"despatch-of:{orderNumber}";

    /// <summary>How long a receipt advice waits for the despatch advice of its goods before it is taken as the first word of them.</summary>
    public static readonly TimeSpan DespatchGrace = TimeSpan.FromDays(2);

    /// <summary>Applies a despatch advice.</summary>
    public async Task<ApplyResult> ApplyAsync(IWork work, Partner partner, DespatchAdvice despatch, long documentId, bool released, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!released && await RepeatedAsync(work, partner, despatch, documentId, cancellationToken) is { } repeated)
        {
            return repeated;
        }
        var lines = despatch.Lines.Select(line => new Moved(line.OrderNumber ?? despatch.OrderNumber, line.Position, line.Item, line.Quantity,
            despatch.Packages.FirstOrDefault(package => package.Id == line.PackageId)?.TrackingNumber ?? despatch.TrackingNumber)).ToList();
        var result = await MoveAsync(work, partner, DocumentKind.DespatchAdvice, despatch.Number, lines, documentId, waits: false, despatch.EstimatedDelivery, now, cancellationToken);
        if (result.State != DocumentState.Applied)
        {
            await work.Documents.ReleaseKeysAsync(documentId, PackageKeys(partner, despatch), cancellationToken);
        }
        return result;
    }

    /// <summary>Applies a receipt advice.</summary>
    public Task<ApplyResult> ApplyAsync(IWork work, Partner partner, ReceiptAdvice receipt, long documentId, bool overdue, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var lines = receipt.Lines.Select(line => new Moved(line.OrderNumber ?? receipt.OrderNumber, line.Position, line.Item, line.Quantity, null)).ToList();
        return MoveAsync(work, partner, DocumentKind.ReceiptAdvice, receipt.Number, lines, documentId, waits: !overdue, null, now, cancellationToken);
    }

    /// <summary>The same logistic units under another despatch number are the same goods: an SSCC is given once (GS1 General Specifications, SSCC).</summary>
    private static async Task<ApplyResult?> RepeatedAsync(IWork work, Partner partner, DespatchAdvice despatch, long documentId, CancellationToken cancellationToken)
    {
        var keys = PackageKeys(partner, despatch);
        if (keys.Count == 0)
        {
            return null;
        }
        var taken = await work.Documents.TakeKeysAsync(documentId, keys, cancellationToken);
        var again = keys.Where(key => taken.TryGetValue(key, out var other) && other != documentId).ToList();
        if (again.Count == 0)
        {
            return null;
        }
        await work.Documents.ReleaseKeysAsync(documentId, keys, cancellationToken);
        return ApplyResult.Quarantine("despatched-twice", $"despatch advice {despatch.Number}",
            $"{again.Count} of {keys.Count} packages ({string.Join(", ", again.Take(3).Select(key => key.Split(':')[^1]))}) came before, in document {taken[again[0]]}, under another number. "
            + $"If it repeats that one, dismiss it; if {partner.Name} uses the numbers again for other goods, release it.");
    }

    private static List<string> PackageKeys(Partner partner, DespatchAdvice despatch) =>
        [.. despatch.Packages.Select(package => package.Sscc).OfType<string>().Distinct(StringComparer.Ordinal).Select(sscc => $"sscc:{partner.Id}:{sscc}")];

    private async Task<ApplyResult> MoveAsync(
        IWork work, Partner partner, DocumentKind kind, string number, IReadOnlyList<Moved> moved, long documentId, bool waits, DateOnly? expected, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var received = kind == DocumentKind.ReceiptAdvice;
        var snapshot = await catalogue.GetAsync(work, DateOnly.FromDateTime(now.UtcDateTime), cancellationToken);
        var orders = moved.Select(line => line.OrderNumber).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var found = new List<(PurchaseState Purchase, List<PurchaseLineState> Lines)>();
        var notes = new List<Diagnostic>();
        // All purchase orders are checked before the first is touched: a document is applied as a whole or not at all.
        foreach (var orderNumber in orders)
        {
            var purchase = orderNumber is null ? null : await work.Purchases.FindByNumberAsync(orderNumber, cancellationToken);
            // A warehouse of ours receives what others sent: its receipt may name any supplier's purchase order.
            if (purchase is null || (purchase.Partner != partner.Id && !(received && partner.Role == PartnerRole.Warehouse)))
            {
                return await DocumentApplication.OrphanAsync(work, partner, kind, number, orderNumber, moved.Where(line => line.OrderNumber == orderNumber).Select(line => line.Item), cancellationToken);
            }
            var lines = purchase.Lines.ToList();
            var own = moved.Where(line => line.OrderNumber == orderNumber).ToList();
            var (placed, unclear) = LineSharing.Place(purchase, [.. own.Select(line => new Spoken(line.Position, line.Item, line.Quantity))], received
                ? static line => [line.Shipped, line.Unshipped(), line.Cancelled] : static line => [line.Confirmed + line.Unannounced, line.Awaiting + line.Backordered, line.Cancelled],
                partner, snapshot, $"{kind} {number}");
            if (unclear is not null)
            {
                return unclear;
            }
            foreach (var line in placed.Select(part => own[part.Said] with
            {
                Position = part.Position ?? own[part.Said].Position, Quantity = own[part.Said].Quantity with { Value = part.Quantity ?? own[part.Said].Quantity.Value },
            }))
            {
                var index = LineMatching.Find(purchase, line.Position, line.Item, partner, snapshot);
                if (Contradiction(partner, purchase, index, line, snapshot, $"{kind} {number}") is { } contradiction)
                {
                    return contradiction;
                }
                if (line.Quantity.Value > 0)
                {
                    lines[index] = Move(partner, purchase, lines[index], line, LineMatching.InOrderUnits(purchase, lines[index], line.Quantity, snapshot)!.Value, received, expected, notes);
                }
            }
            if (waits && AwaitsDespatch(purchase, lines))
            {
                await work.Deadlines.SetAsync([new Deadline("unseen-despatch", $"message-of:{documentId}", now + DespatchGrace)], cancellationToken);
                return new ApplyResult(DocumentState.Waiting, $"Receipt {number} speaks of goods of {orderNumber} that no despatch advice has announced yet.", DespatchKey(purchase.Document.Number));
            }
            found.Add((purchase, lines));
        }
        foreach (var (purchase, lines) in found)
        {
            await LedgerUpdate.ApplyAsync(work, purchase, lines, [], now, cancellationToken);
            await GoneAsync(work, partner, purchase, lines, now, cancellationToken);
            await work.Audit.AddAsync([new AuditEntry(now, $"partner:{partner.Id}", received ? "purchase-order.received" : "purchase-order.shipped", $"purchase:{purchase.Id}",
                OrderResponseApplication.Summary(purchase.Lines), OrderResponseApplication.Summary(lines))], cancellationToken);
        }
        await work.Tasks.OpenAsync([.. notes.Select((note, index) => new HubTask
        {
            Kind = note.Code, Key = $"{note.Code}:{partner.Id}:{number}:{index}", Partner = partner.Id, PurchaseId = found.Count == 1 ? found[0].Purchase.Id : null,
            DocumentId = documentId, At = now, Text = note.Text,
        })], cancellationToken);
        return notes.Count == 0 ? ApplyResult.Ok : new ApplyResult(DocumentState.Applied, string.Join(" ", notes.Select(note => note.Text)), null, notes);
    }

    /// <summary>More would have arrived than was announced, and the supplier announces: its despatch advice is under way, and would count the goods twice if it came second.</summary>
    private bool AwaitsDespatch(PurchaseState purchase, IReadOnlyList<PurchaseLineState> after) =>
        book.Current.Find(purchase.Partner)?.Documents.ContainsKey(DocumentKind.DespatchAdvice) == true
        && after.Where((line, index) => line.Unshipped() + line.Cancelled < purchase.Lines[index].Unshipped() + purchase.Lines[index].Cancelled).Any();

    private static ApplyResult? Contradiction(Partner partner, PurchaseState purchase, int index, Moved line, CatalogueSnapshot snapshot, string place)
    {
        if (index < 0)
        {
            return ApplyResult.Quarantine("line-not-ordered", place,
                $"Purchase order {purchase.Document.Number} has no line {line.Position?.ToString() ?? "with article " + line.Item.Label}. Ask {partner.Name} what was shipped.");
        }
        if (LineMatching.Contradicts(purchase, index, line.Item) is { } other)
        {
            return ApplyResult.Quarantine("line-and-article", place, LineMatching.Sentence(partner, purchase, index, line.Item, other));
        }
        if (line.Quantity.Value < 0)
        {
            return ApplyResult.Quarantine("quantity-negative", place, $"Found quantity {line.Quantity.Value:0.###} on line {purchase.Lines[index].Position} of {purchase.Document.Number}, expected zero or more. Ask {partner.Name} what was shipped.");
        }
        return LineMatching.InOrderUnits(purchase, purchase.Lines[index], line.Quantity, snapshot) is null
            ? ApplyResult.Quarantine("unit-differs", place, LineMatching.UnitSentence(partner, purchase, purchase.Lines[index], line.Quantity)) : null;
    }

    private static PurchaseLineState Move(Partner partner, PurchaseState purchase, PurchaseLineState line, Moved moved, decimal quantity, bool received, DateOnly? expected, List<Diagnostic> notes)
    {
        decimal over;
        decimal afterCancel;
        PurchaseLineState next;
        if (received)
        {
            (next, over, afterCancel) = line.Receive(quantity);
        }
        else
        {
            (next, over, afterCancel) = line.Ship(quantity, moved.Tracking);
            next = expected is null ? next : next with { Promised = expected };
        }
        if (over > 0)
        {
            notes.Add(Diagnostic.Warning("over-delivery", $"line {line.Position}",
                $"{partner.Name} {(received ? "received" : "sends")} {over:0.###} more than ordered on line {line.Position} of {purchase.Document.Number}. Take it to stock and expect it on the invoice, or send it back."));
        }
        if (afterCancel > 0)
        {
            notes.Add(Diagnostic.Warning("shipped-after-cancel", $"line {line.Position}",
                $"{partner.Name} {(received ? "received" : "ships")} {afterCancel:0.###} of line {line.Position} of {purchase.Document.Number} although it was cancelled: the goods go to stock. Arrange a return if they are not wanted."));
        }
        return next;
    }

    /// <summary>What follows when more goods left than were known to, whichever document says so: the purchase order may be fulfilled, an invoice is expected,
    /// and documents that wait for the goods are applied.</summary>
    internal static async Task GoneAsync(IWork work, Partner partner, PurchaseState purchase, IReadOnlyList<PurchaseLineState> lines, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var more = lines.Where((line, index) => line.Gone() > purchase.Lines[index].Gone()).ToList();
        if (more.Count == 0)
        {
            return;
        }
        var after = purchase with { Lines = lines };
        if (lines.All(line => line.Unshipped() == 0))
        {
            await work.Deadlines.ClearAsync($"purchase:{purchase.Id}", "despatch", cancellationToken);
            await work.Deadlines.ClearAsync($"purchase:{purchase.Id}", "answer", cancellationToken);
            after = after with { Status = PurchaseStatus.Fulfilled };
        }
        after = await Cancellations.DropPendingAsync(work, after, answered: false, HubTask.Itself + "what was asked to be cancelled has shipped", now, cancellationToken);
        await work.Purchases.UpdateAsync(after, cancellationToken);
        if (partner.Deadlines.Invoiced is { } invoiced && more.Exists(line => line.Gone() > line.Invoiced))
        {
            await work.Deadlines.SetAsync([new Deadline("invoice", $"purchase:{purchase.Id}", now + invoiced)], cancellationToken);
        }
        var waiting = await work.Documents.WaitingForAsync(DespatchKey(purchase.Document.Number), cancellationToken);
        await work.Jobs.InsertAsync([.. waiting.Select(message => ApplyMessageJob.For(message.DocumentId, message.Index, purchase.Partner, overdue: false))], cancellationToken);
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
