using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Core.Inbound;

/// <summary>Matches suppliers' invoices against purchase order, answer and despatch. What agrees within tolerance needs nobody; the rest
/// is split by reason for a claim.</summary>
public sealed class InvoiceApplication(CatalogueCache catalogue)
{
    /// <summary>How long an invoice waits for the despatch advice of its goods before it is taken as "shipped unseen".</summary>
    public static readonly TimeSpan DespatchGrace = TimeSpan.FromDays(2);

    /// <summary>Applies an invoice or credit note.</summary>
    public async Task<ApplyResult> ApplyAsync(IWork work, Partner partner, Invoice invoice, long documentId, bool overdue, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (SumsDiffer(invoice) is { } wrong)
        {
            return ApplyResult.Quarantine("invoice-sums", $"invoice {invoice.Number}", wrong);
        }
        var orderNumber = DocumentApplication.OrderNumberOf(invoice);
        var purchase = orderNumber is null ? null : await work.Purchases.FindByNumberAsync(orderNumber, cancellationToken);
        if (purchase is null || purchase.Partner != partner.Id)
        {
            return await DocumentApplication.OrphanAsync(work, partner, DocumentKind.Invoice, invoice.Number, orderNumber, invoice.Lines.Select(line => line.Item), cancellationToken);
        }
        if (invoice.Lines.Any(line => (line.OrderNumber ?? orderNumber) != orderNumber))
        {
            return ApplyResult.Quarantine("several-orders", $"invoice {invoice.Number}", $"The invoice bills several purchase orders ({string.Join(", ", invoice.Lines.Select(line => line.OrderNumber ?? orderNumber).Distinct())}); expected one. Ask {partner.Name} for one invoice per purchase order.");
        }
        if (invoice.Currency != purchase.Document.Currency)
        {
            return ApplyResult.Quarantine("currency", $"invoice {invoice.Number}", $"Found currency {invoice.Currency}, expected {purchase.Document.Currency} as ordered. Ask {partner.Name} for a correct invoice.");
        }
        var snapshot = await catalogue.GetAsync(work, DateOnly.FromDateTime(now.UtcDateTime), cancellationToken);
        var lines = purchase.Lines.ToList();
        var reasons = new List<string>();
        var difference = 0m;
        var (placed, unclear) = LineSharing.Place(purchase, [.. invoice.Lines.Select(line => new Spoken(line.Position, line.Item, line.Quantity, line.NetPrice / line.PriceBasis))],
            line => invoice.IsCredit ? [line.Billed()] : [line.Gone() - line.Billed(), line.Ordered - line.Cancelled - Math.Max(line.Gone(), line.Billed())], partner, snapshot, $"invoice {invoice.Number}");
        if (unclear is not null)
        {
            return unclear;
        }
        foreach (var line in placed.GroupBy(part => part.Said).SelectMany(parts => Parts(invoice.Lines[parts.Key], [.. parts])))
        {
            var index = LineMatching.Find(purchase, line.Position, line.Item, partner, snapshot);
            if (index >= 0 && LineMatching.Contradicts(purchase, index, line.Item) is { } other)
            {
                return ApplyResult.Quarantine("line-and-article", $"invoice {invoice.Number}", LineMatching.Sentence(partner, purchase, index, line.Item, other));
            }
            if (index < 0)
            {
                difference += line.Amount;
                reasons.Add($"{line.Item.Label} was not ordered ({line.Amount:0.00})");
                continue;
            }
            var own = lines[index];
            if (LineMatching.InOrderUnits(purchase, own, line.Quantity, snapshot) is not { } quantity)
            {
                return ApplyResult.Quarantine("unit-differs", $"invoice {invoice.Number}", LineMatching.UnitSentence(partner, purchase, own, line.Quantity));
            }
            if (quantity <= 0)
            {
                reasons.Add($"line {own.Position}: quantity {quantity:0.###}");
                continue;
            }
            if (!invoice.IsCredit && !overdue && own.Billed() + quantity > own.Gone() && own.Unshipped() > 0)
            {
                await work.Deadlines.SetAsync([new Deadline("unseen-despatch", $"message-of:{documentId}", now + DespatchGrace)], cancellationToken);
                return new ApplyResult(DocumentState.Waiting, $"Invoice {invoice.Number} bills goods that no despatch advice has announced yet.", DespatchApplication.DespatchKey(purchase.Document.Number));
            }
            difference += Compare(own, line, quantity, invoice.IsCredit, reasons);
            lines[index] = invoice.IsCredit ? own.Credit(quantity) : Bill(own, quantity, overdue);
        }
        difference += invoice.IsCredit ? 0 : CompareCharges(purchase, invoice, reasons);
        await LedgerUpdate.ApplyAsync(work, purchase, lines, [], now, cancellationToken);
        await DespatchApplication.GoneAsync(work, partner, purchase, lines, now, cancellationToken);
        var matched = Math.Abs(difference) <= partner.Tolerances.InvoiceAmount && !(invoice.IsCredit && reasons.Count > 0);
        await work.Purchases.AddInvoiceAsync(new SupplierInvoice(partner.Id, invoice.Number, invoice.IsCredit, documentId, purchase.Id, invoice.Issued, invoice.Due, invoice.Currency,
            invoice.PayableTotal, matched, Math.Round(difference, 2), reasons.Count == 0 ? null : string.Join("; ", reasons)), cancellationToken);
        if (lines.All(line => line.Invoiced >= line.Gone()))
        {
            await work.Deadlines.ClearAsync($"purchase:{purchase.Id}", "invoice", cancellationToken);
            await work.Tasks.CloseAsync($"overdue-invoice:{purchase.Id}", HubTask.Itself + "the invoice came", now, cancellationToken);
        }
        if (!matched)
        {
            await work.Tasks.OpenAsync([new HubTask
            {
                Kind = "invoice-difference", Key = $"invoice-difference:{partner.Id}:{invoice.Number}", Partner = partner.Id, PurchaseId = purchase.Id, DocumentId = documentId, At = now,
                Text = invoice.IsCredit
                    ? $"Credit note {invoice.Number} of {partner.Name} for {purchase.Document.Number} does not fit what was invoiced: {string.Join("; ", reasons)}. Wait for the invoice, or ask {partner.Name} what it credits."
                    : $"Invoice {invoice.Number} of {partner.Name} is {Math.Abs(difference):0.00} {invoice.Currency} {(difference > 0 ? "above" : "below")} what was agreed for {purchase.Document.Number}: {string.Join("; ", reasons)}. Accept it, or claim the difference.",
            }], cancellationToken);
        }
        await work.Audit.AddAsync([new AuditEntry(now, $"partner:{partner.Id}", invoice.IsCredit ? "purchase-order.credited" : "purchase-order.invoiced", $"purchase:{purchase.Id}", null,
            $$"""{"invoice":"{{System.Text.Json.JsonEncodedText.Encode(invoice.Number)}}","matched":{{(matched ? "true" : "false")}}}""")], cancellationToken);
        return ApplyResult.Ok;
    }

    /// <summary>An invoice line for each purchase order line it is for: the amount by quantity, cents that are left over on the last, charges on the first.</summary>
    private static IEnumerable<InvoiceLine> Parts(InvoiceLine line, IReadOnlyList<Placed> parts)
    {
        var charges = line.AllowanceCharges.Sum(charge => charge.IsCharge ? charge.Amount : -charge.Amount);
        var left = line.Amount - charges;
        for (var index = 0; index < parts.Count; index++)
        {
            var quantity = parts[index].Quantity ?? line.Quantity.Value;
            var amount = index == parts.Count - 1 ? left : Math.Round((line.Amount - charges) * quantity / line.Quantity.Value, 2, MidpointRounding.AwayFromZero);
            left -= amount;
            yield return line with
            {
                Position = parts[index].Position ?? line.Position, Quantity = line.Quantity with { Value = quantity }, Amount = index == 0 ? amount + charges : amount,
                AllowanceCharges = index == 0 ? line.AllowanceCharges : [],
            };
        }
    }

    private static PurchaseLineState Bill(PurchaseLineState line, decimal quantity, bool overdue)
    {
        // What was credited and is billed once more are the same goods.
        var unseen = Math.Min(line.Billed() + quantity - line.Gone(), line.Unshipped());
        if (overdue && unseen > 0)
        {
            // The invoice is the only word that the goods left.
            (line, _, _) = line.ShipUnannounced(unseen);
        }
        return line.Invoice(quantity);
    }

    private static decimal Compare(PurchaseLineState own, InvoiceLine line, decimal quantity, bool credit, List<string> reasons)
    {
        var expected = Math.Round(quantity * own.NetPrice / own.PriceBasis, 2, MidpointRounding.AwayFromZero);
        var charges = line.AllowanceCharges.Sum(charge => charge.IsCharge ? charge.Amount : -charge.Amount);
        if (credit)
        {
            if (own.Credited + quantity > own.Invoiced)
            {
                reasons.Add($"line {own.Position}: {own.Credited + quantity:0.###} credited, {own.Invoiced:0.###} invoiced");
            }
            return 0;
        }
        var beyond = own.Invoiced + quantity - own.Credited - (own.Ordered - own.Cancelled);
        if (beyond > 0)
        {
            reasons.Add($"line {own.Position}: {beyond:0.###} more billed than ordered");
            var ordered = Math.Round((quantity - beyond) * own.NetPrice / own.PriceBasis, 2, MidpointRounding.AwayFromZero);
            return line.Amount - charges - ordered;
        }
        var difference = line.Amount - charges - expected;
        if (difference != 0)
        {
            reasons.Add($"line {own.Position}: {line.Amount - charges:0.00} billed, {expected:0.00} agreed");
        }
        return difference;
    }

    /// <summary>Charges on the whole that the terms explain, once per purchase order, are no difference.</summary>
    private static decimal CompareCharges(PurchaseState purchase, Invoice invoice, List<string> reasons)
    {
        var charges = invoice.AllowanceCharges.Sum(charge => charge.IsCharge ? charge.Amount : -charge.Amount);
        if (charges == 0)
        {
            return 0;
        }
        var expected = purchase.ExpectedCharges - purchase.ExpectedDiscount + purchase.Document.Lines.Sum(line => line.Levies);
        var first = purchase.Lines.All(line => line.Invoiced == 0);
        var difference = charges - (first ? expected : 0);
        // Less than agreed (a charge waived, a discount given early) needs nobody.
        if (difference <= 0)
        {
            return 0;
        }
        reasons.Add($"charges {charges:0.00}, {(first ? expected : 0):0.00} agreed");
        return difference;
    }

    /// <summary>An invoice whose own sums do not hold is refused: nobody can say which figure is meant.</summary>
    private static string? SumsDiffer(Invoice invoice)
    {
        var lines = invoice.Lines.Sum(line => line.Amount);
        if (invoice.LineTotal is { } stated && Math.Abs(stated - lines) > 0.05m)
        {
            return $"The lines add up to {lines:0.00}, the invoice says {stated:0.00}. Ask for a correct invoice.";
        }
        var charges = invoice.AllowanceCharges.Sum(charge => charge.IsCharge ? charge.Amount : -charge.Amount);
        var tax = invoice.TaxTotal ?? invoice.Taxes.Sum(subtotal => subtotal.Amount);
        var taxes = invoice.Taxes.Sum(subtotal => subtotal.Amount);
        if (invoice.TaxTotal is { } taxTotal && invoice.Taxes.Count > 0 && Math.Abs(taxTotal - taxes) > 0.05m)
        {
            return $"The taxes by rate add up to {taxes:0.00}, the invoice says {taxTotal:0.00}. Ask for a correct invoice.";
        }
        if (invoice.NetTotal is { } net && Math.Abs(net - lines - charges) > 0.05m)
        {
            return $"Lines {lines:0.00} and charges {charges:0.00} add up to {lines + charges:0.00} without tax, the invoice says {net:0.00}. Ask for a correct invoice.";
        }
        return Math.Abs(lines + charges + tax - invoice.PayableTotal) > 0.05m
            ? $"Lines {lines:0.00}, charges {charges:0.00} and tax {tax:0.00} add up to {lines + charges + tax:0.00}, the invoice says {invoice.PayableTotal:0.00}. Ask for a correct invoice."
            : null;
    }
}
