using System.Security.Cryptography;
using System.Text.Json;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Core.Inbound;

/// <summary>What became of a canonical document that was applied.</summary>
/// <param name="State">Applied, Duplicate, Quarantined or Waiting.</param>
/// <param name="Reason">In words; null when simply applied.</param>
/// <param name="WaitsFor">Key of what it waits for.</param>
/// <param name="Diagnostics">What was found.</param>
public sealed record ApplyResult(DocumentState State, string? Reason = null, string? WaitsFor = null, IReadOnlyList<Diagnostic>? Diagnostics = null)
{
    internal static readonly ApplyResult Ok = new(DocumentState.Applied);

    internal static ApplyResult Quarantine(string code, string place, string text) => new(DocumentState.Quarantined, text, null, [Diagnostic.Error(code, place, text)]);
}

/// <summary>Applies canonical documents to the ledgers. Each kind has its own file; this one knows what they share: duplicates by
/// business key, and documents that match nothing.</summary>
public sealed class DocumentApplication(
    OrderIntake intake, OrderResponseApplication responses, DespatchApplication despatches, InvoiceApplication invoices, CatalogueApplication catalogues, TimeProvider clock)
{
    /// <summary>Applies one document within the caller's transaction.</summary>
    /// <param name="work">The transaction.</param>
    /// <param name="partner">The partner it came from; its envelope was checked.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="document">The canonical record.</param>
    /// <param name="documentId">The stored document.</param>
    /// <param name="overdue">It waited long enough, or a person released it: apply it although what it waits for is missing, or a doubt stands against it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<ApplyResult> ApplyAsync(IWork work, Partner partner, DocumentKind kind, object document, long documentId, bool overdue, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (document is Order order)
        {
            var taken = await intake.TakeInAsync(work, order, partner.Id, documentId, $"partner:{partner.Id}", cancellationToken);
            return taken.Outcome switch
            {
                IntakeOutcome.Refused => new ApplyResult(DocumentState.Quarantined, taken.Diagnostics[0].ToString(), null, taken.Diagnostics),
                IntakeOutcome.Replay => new ApplyResult(DocumentState.Duplicate, $"Order {order.Number} is known with the same content.", null, taken.Diagnostics),
                _ => new ApplyResult(DocumentState.Applied, null, null, taken.Diagnostics),
            };
        }
        if (NumberOf(document) is { } number && await SeenAsync(work, partner, kind, number, document, documentId, cancellationToken) is { } seen)
        {
            return seen;
        }
        var result = document switch
        {
            OrderResponse response => await responses.ApplyAsync(work, partner, response, released: overdue, now, cancellationToken),
            DespatchAdvice despatch => await despatches.ApplyAsync(work, partner, despatch, documentId, released: overdue, now, cancellationToken),
            ReceiptAdvice receipt => await despatches.ApplyAsync(work, partner, receipt, documentId, overdue, now, cancellationToken),
            Invoice invoice => await invoices.ApplyAsync(work, partner, invoice, documentId, overdue, now, cancellationToken),
            InventoryReport inventory => await catalogues.ApplyAsync(work, partner, inventory, now, cancellationToken),
            PriceCatalogue prices => await catalogues.ApplyAsync(work, partner, prices, documentId, now, cancellationToken),
            ApplicationAdvice advice => await AdviceAsync(work, partner, advice, now, cancellationToken),
            _ => ApplyResult.Quarantine("not-expected", kind.ToString(), $"Found a {kind} from {partner.Name}, expected an answer to a purchase order, a catalogue or an order. Remove it from the partner's documents, or dismiss it."),
        };
        if (result.State is DocumentState.Quarantined or DocumentState.Waiting && NumberOf(document) is { } again)
        {
            // It was not applied: when it comes again, or is replayed, it is not a duplicate of itself.
            await work.Documents.ReleaseKeysAsync(documentId, [Key(partner, kind, again), ContentKey(partner, kind, again, document)], cancellationToken);
        }
        return result;
    }

    /// <summary>The document's own number.</summary>
    public static string? NumberOf(object document) => document switch
    {
        Order order => order.Number,
        OrderResponse response => response.Number,
        DespatchAdvice despatch => despatch.Number,
        ReceiptAdvice receipt => receipt.Number,
        Invoice invoice => invoice.Number,
        InventoryReport inventory => inventory.Number,
        PriceCatalogue prices => prices.Number,
        ApplicationAdvice advice => advice.Number,
        _ => null,
    };

    /// <summary>The purchase order or order it speaks of.</summary>
    public static string? OrderNumberOf(object document) => document switch
    {
        Order order => order.Number,
        OrderResponse response => response.OrderNumber,
        DespatchAdvice despatch => despatch.OrderNumber ?? despatch.Lines.Select(line => line.OrderNumber).FirstOrDefault(number => number is not null),
        ReceiptAdvice receipt => receipt.OrderNumber,
        Invoice invoice => invoice.OrderNumber ?? invoice.Lines.Select(line => line.OrderNumber).FirstOrDefault(number => number is not null),
        ApplicationAdvice advice => advice.DocumentNumber,
        _ => null,
    };

    /// <summary>The same number with the same content is a duplicate. With other content an answer may be a newer one, but an invoice or
    /// a despatch advice is not: their numbers are used once.</summary>
    private static async Task<ApplyResult?> SeenAsync(
        IWork work, Partner partner, DocumentKind kind, string number, object document, long documentId, CancellationToken cancellationToken)
    {
        var key = Key(partner, kind, number);
        var content = ContentKey(partner, kind, number, document);
        var taken = await work.Documents.TakeKeysAsync(documentId, [key, content], cancellationToken);
        if (taken.TryGetValue(content, out var same) && same != documentId)
        {
            return new ApplyResult(DocumentState.Duplicate, $"{kind} {number} came before with the same content, as document {same}.");
        }
        if (taken.TryGetValue(key, out var other) && other != documentId && kind is DocumentKind.Invoice or DocumentKind.CreditNote or DocumentKind.DespatchAdvice)
        {
            await work.Documents.ReleaseKeysAsync(documentId, [content], cancellationToken);
            return ApplyResult.Quarantine("number-used-twice", $"{kind} {number}",
                $"{partner.Name} used {kind} number {number} before (document {other}) with other content. Ask which one holds; dismiss the other.");
        }
        return null;
    }

    private static string Key(Partner partner, DocumentKind kind, string number) => $"{kind}:{partner.Id}:{number}";

    private static string ContentKey(Partner partner, DocumentKind kind, string number, object document)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(document, document.GetType(), CanonicalJson.Options)));
        return $"{kind}:{partner.Id}:{number}:{hash[..32]}";
    }

    private static async Task<ApplyResult> AdviceAsync(IWork work, Partner partner, ApplicationAdvice advice, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!advice.Accepted)
        {
            await work.Tasks.OpenAsync([new HubTask
            {
                Kind = "application-advice", Key = $"application-advice:{partner.Id}:{advice.Number}", Partner = partner.Id, At = now,
                Text = $"{partner.Name} could not process our {advice.DocumentType ?? "document"} {advice.DocumentNumber}: {string.Join("; ", advice.Errors.Select(error => $"{error.Code} {error.Text}".Trim()))}. Correct the cause and send it again.",
            }], cancellationToken);
        }
        return ApplyResult.Ok;
    }

    /// <summary>A document that names a purchase order we do not have: the orphan desk, with proposals and their reasons.</summary>
    internal static async Task<ApplyResult> OrphanAsync(IWork work, Partner partner, DocumentKind kind, string number, string? orderNumber, IEnumerable<Item> items, CancellationToken cancellationToken)
    {
        var open = await work.Purchases.OpenOfPartnerAsync(partner.Id, 200, cancellationToken);
        var skus = items.Select(item => item.SupplierSku ?? item.BuyerSku ?? item.Gtin).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var proposals = open.Select(purchase => (purchase, same: purchase.Document.Lines.Count(line => new[] { line.Item.SupplierSku, line.Item.BuyerSku, line.Item.Gtin }.Any(id => id is not null && skus.Contains(id)))))
            .Where(entry => entry.same > 0).OrderByDescending(entry => entry.same).Take(3)
            .Select(entry => $"{entry.purchase.Document.Number} ({entry.same} of {skus.Count} articles agree)").ToList();
        return ApplyResult.Quarantine("orphan", $"{kind} {number}",
            $"{partner.Name} refers to purchase order {orderNumber ?? "(none)"}, which {partner.Name} was never sent."
            + (proposals.Count > 0 ? $" Perhaps {string.Join(", ", proposals)}." : " No open purchase order has these articles."));
    }
}
