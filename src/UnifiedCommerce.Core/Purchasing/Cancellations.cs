using System.Text.Json;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Core.Purchasing;

/// <summary>Asks suppliers to cancel what a customer, or a buyer, no longer wants. A purchase order that has not been sent loses it at
/// once; otherwise an order change goes out and the answer decides.</summary>
public sealed class AskCancellationHandler(PartnerBookHolder book, TimeProvider clock) : IBatchHandler
{
    /// <inheritdoc/>
    public string Kind => "ask-cancellation";

    /// <inheritdoc/>
    public int BatchSize => 1;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<JobOutcome>> RunAsync(IReadOnlyList<Job> jobs, IWork work, CancellationToken cancellationToken)
    {
        foreach (var job in jobs)
        {
            var orderId = JsonDocument.Parse(job.Args).RootElement.GetProperty("orderId").GetInt64();
            await AskAsync(work, orderId, cancellationToken);
        }
        return [.. jobs.Select(_ => JobOutcome.Ok)];
    }

    private async Task AskAsync(IWork work, long orderId, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var order = (await work.Orders.LoadAsync([orderId], cancellationToken)).FirstOrDefault();
        if (order is null)
        {
            return;
        }
        var pegs = await work.Purchases.PegsOfOrdersAsync([orderId], cancellationToken);
        var purchases = await work.Purchases.LockAsync([.. pegs.Select(peg => peg.PurchaseId).Distinct()], cancellationToken);
        foreach (var purchase in purchases)
        {
            var lines = purchase.Lines.Select(line =>
            {
                var wanted = pegs.Where(peg => peg.PurchaseId == purchase.Id && peg.Position == line.Position)
                    .Sum(peg => Math.Min(peg.Awaiting + peg.Confirmed + peg.Backordered, Asked(order, peg.LineId)));
                // Whole order units only: the rest of a pack stays and goes to stock.
                var units = Math.Min(line.Unshipped(), Math.Floor(wanted / line.UnitFactor));
                return line with { CancelRequested = units };
            }).ToList();
            var changed = lines.Where((line, index) => line.CancelRequested > purchase.Lines[index].CancelRequested).ToList();
            if (changed.Count == 0)
            {
                continue;
            }
            if (purchase.Status == PurchaseStatus.AwaitingApproval)
            {
                await LedgerUpdate.ApplyAsync(work, purchase, [.. lines.Select(line => line.CancelRequested > 0 ? line.Cancel(line.CancelRequested) : line)], [], now, cancellationToken);
                continue;
            }
            await work.Purchases.SaveLinesAsync(changed, cancellationToken);
            await SendAsync(work, book.Current.Get(purchase.Partner), purchase with { Lines = lines }, orderId, now, cancellationToken);
            await work.Audit.AddAsync([new AuditEntry(now, "system", "purchase-order.cancel-requested", $"purchase:{purchase.Id}", null,
                JsonSerializer.Serialize(changed.Select(line => new { line.Position, line.CancelRequested }), CanonicalJson.Options))], cancellationToken);
        }
    }

    /// <summary>Sends the order change, or asks a person to where the supplier takes none. The lines say what is asked.</summary>
    internal static async Task SendAsync(IWork work, Partner partner, PurchaseState purchase, long? orderId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var change = $"{purchase.Document.Number}-C{purchase.Document.Version}";
        await work.Purchases.UpdateAsync(purchase with { PendingChange = change, Document = purchase.Document with { Version = purchase.Document.Version + 1 } }, cancellationToken);
        if (partner.Purchasing.Changes && partner.Documents.ContainsKey(DocumentKind.OrderChange))
        {
            await work.Jobs.InsertAsync([new NewJob("prepare-dispatch", JsonSerializer.Serialize(new { purchaseId = purchase.Id, version = purchase.Document.Version, change }, CanonicalJson.Options))
            {
                Lane = partner.Id, UniqueKey = $"prepare-dispatch:{change}",
            }], cancellationToken);
            return;
        }
        await work.Tasks.OpenAsync([new HubTask
        {
            Kind = "cancel-request", Key = $"cancel-request:{purchase.Id}", Partner = partner.Id, PurchaseId = purchase.Id, OrderId = orderId, At = now,
            Text = $"{partner.Name} takes no order changes by EDI: ask them to cancel {string.Join(", ", purchase.Lines.Where(line => line.CancelRequested > 0).Select(line => $"{line.CancelRequested:0.###} of line {line.Position}"))} of purchase order {purchase.Document.Number}, then record their answer here.",
        }], cancellationToken);
    }

    private static decimal Asked(OrderState order, string lineId) => order.Lines.First(line => line.LineId == lineId).CancelRequested;
}

/// <summary>The order change that asks for a cancellation.</summary>
internal static class Cancellations
{
    public static OrderChange DocumentOf(PurchaseState purchase, string change, DateTimeOffset now)
    {
        var document = purchase.Document;
        var lines = purchase.Lines.Where(line => line.CancelRequested > 0).Select(line =>
        {
            var ordered = document.Lines.First(candidate => candidate.Position == line.Position);
            var left = line.Ordered - line.Cancelled - line.CancelRequested;
            return new OrderChangeLine
            {
                Position = line.Position, Action = left == 0 ? LineAction.Cancel : LineAction.Change, Item = ordered.Item, Quantity = ordered.Quantity with { Value = left },
                NetPrice = line.NetPrice, PriceBasis = line.PriceBasis, RequestedDelivery = ordered.RequestedDelivery ?? document.RequestedDelivery,
            };
        }).ToList();
        return new OrderChange
        {
            Number = change, OrderNumber = document.Number, Version = document.Version, Issued = TimeZoneInfo.ConvertTime(now, TimeZoneInfo.Utc), Buyer = document.Buyer,
            Supplier = document.Supplier, ShipTo = document.ShipTo, Currency = document.Currency, Lines = lines,
            Cancels = purchase.Lines.All(line => line.Ordered == line.Cancelled + line.CancelRequested),
        };
    }
}
