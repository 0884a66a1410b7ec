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
        var own = await work.Purchases.PegsOfOrdersAsync([orderId], cancellationToken);
        var purchases = await work.Purchases.LockAsync([.. own.Select(peg => peg.PurchaseId).Distinct()], cancellationToken);
        if (purchases.Count == 0)
        {
            return;
        }
        // A purchase order line may serve several orders: what each of them no longer wants counts, also what was asked before.
        var sharing = (await work.Purchases.PegsOfPurchasesAsync([.. purchases.Select(purchase => purchase.Id)], cancellationToken))
            .Where(peg => !peg.ToStock).Select(peg => peg.OrderId).Append(orderId).Distinct().ToList();
        var unwanted = Cancellations.UnwantedOf(await work.Orders.LoadAsync(sharing, cancellationToken), await work.Purchases.PegsOfOrdersAsync(sharing, cancellationToken));
        // One change at a time, so that the answer decides exactly what was asked: what comes up meanwhile is asked when it is answered.
        foreach (var purchase in purchases.Where(purchase => purchase.PendingChange is null))
        {
            var lines = purchase.Lines.Select(line => line with
            {
                // Whole order units only: the rest of a pack stays and goes to stock.
                CancelRequested = Math.Max(line.CancelRequested, Math.Min(line.Unshipped(), Math.Floor(unwanted[(purchase.Id, line.Position)].Sum(peg => peg.Quantity) / line.UnitFactor))),
            }).ToList();
            var changed = lines.Where((line, index) => line.CancelRequested > purchase.Lines[index].CancelRequested).ToList();
            if (changed.Count == 0)
            {
                continue;
            }
            if (purchase.Status == PurchaseStatus.AwaitingApproval)
            {
                await WithdrawAsync(work, purchase, now, cancellationToken);
                continue;
            }
            await work.Purchases.SaveLinesAsync(changed, cancellationToken);
            await SendAsync(work, book.Current.Get(purchase.Partner), purchase with { Lines = lines }, orderId, now, cancellationToken);
            await work.Audit.AddAsync([new AuditEntry(now, "system", "purchase-order.cancel-requested", $"purchase:{purchase.Id}", null,
                JsonSerializer.Serialize(changed.Select(line => new { line.Position, line.CancelRequested }), CanonicalJson.Options))], cancellationToken);
        }
    }

    /// <summary>A purchase order nobody approved yet is given up as a whole: its document and its terms were made for all of its lines.
    /// What is still wanted is routed again and asks for approval anew.</summary>
    private static async Task WithdrawAsync(IWork work, PurchaseState purchase, DateTimeOffset now, CancellationToken cancellationToken)
    {
        const string Why = "a customer cancelled before it was approved; what is still wanted is routed again";
        await LedgerUpdate.ApplyAsync(work, purchase, [.. purchase.Lines.Select(line => line.CancelAll())], [], now, cancellationToken);
        await work.Purchases.UpdateAsync(purchase with { Status = PurchaseStatus.Cancelled, Reason = Why }, cancellationToken);
        await work.Tasks.CloseAsync($"approve-purchase-order:{purchase.Id}", Why, now, cancellationToken);
        await work.Audit.AddAsync([new AuditEntry(now, "system", "purchase-order.withdrawn", $"purchase:{purchase.Id}",
            JsonSerializer.Serialize(new { purchase.Status }, CanonicalJson.Options), JsonSerializer.Serialize(new { reason = Why }, CanonicalJson.Options))], cancellationToken);
    }

    /// <summary>Asks the supplier to cancel all that has not shipped of these positions.</summary>
    internal static async Task RequestAsync(IWork work, Partner partner, PurchaseState purchase, IReadOnlyCollection<int> positions, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var lines = purchase.Lines.Select(line => positions.Contains(line.Position) ? line with { CancelRequested = line.Unshipped() } : line).ToList();
        await work.Purchases.SaveLinesAsync([.. lines.Where(line => positions.Contains(line.Position))], cancellationToken);
        await SendAsync(work, partner, purchase with { Lines = lines }, null, now, cancellationToken);
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
            await work.Deadlines.SetAsync([new Deadline("change", $"purchase:{purchase.Id}", now + (partner.Deadlines.Answered ?? LongestSilence))], cancellationToken);
            return;
        }
        await work.Tasks.OpenAsync([new HubTask
        {
            Kind = "cancel-request", Key = $"cancel-request:{purchase.Id}", Partner = partner.Id, PurchaseId = purchase.Id, OrderId = orderId, At = now,
            Text = Text(partner, purchase, "takes no order changes by EDI"),
        }], cancellationToken);
    }

    /// <summary>How long an order change waits for its answer before a person is told, when nothing is agreed with the supplier.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromDays(2);

    /// <summary>What a person is asked when a cancellation cannot go, or did not go, by EDI.</summary>
    internal static string Text(Partner partner, PurchaseState purchase, string why) =>
        $"{partner.Name} {why}: ask them to cancel {string.Join(", ", purchase.Lines.Where(line => line.CancelRequested > 0).Select(line => $"{line.CancelRequested:0.###} of line {line.Position}"))} of purchase order {purchase.Document.Number}, then record their answer here.";
}

/// <summary>A part of a peg that its customer no longer wants, in base units.</summary>
internal readonly record struct Unwanted(long PurchaseId, int Position, long OrderId, string LineId, decimal Quantity);

/// <summary>What customers no longer want of purchase orders, and the order change that asks for it.</summary>
internal static class Cancellations
{
    /// <summary>Lays what each order line wants cancelled on its pegs, newest purchase order first, as far as it has not shipped: so much is asked
    /// once in all, however many suppliers share the line.</summary>
    public static ILookup<(long PurchaseId, int Position), Unwanted> UnwantedOf(IEnumerable<OrderState> orders, IEnumerable<Peg> pegs)
    {
        var left = orders.SelectMany(order => order.Lines).ToDictionary(line => (line.OrderId, line.LineId), line => line.CancelRequested);
        var unwanted = new List<Unwanted>();
        foreach (var peg in pegs.Where(peg => !peg.ToStock).OrderByDescending(peg => peg.PurchaseId).ThenByDescending(peg => peg.Position))
        {
            var key = (peg.OrderId, peg.LineId);
            var taken = Math.Min(left.GetValueOrDefault(key), peg.Awaiting + peg.Confirmed + peg.Backordered);
            if (taken > 0)
            {
                left[key] -= taken;
                unwanted.Add(new Unwanted(peg.PurchaseId, peg.Position, peg.OrderId, peg.LineId, taken));
            }
        }
        return unwanted.ToLookup(part => (part.PurchaseId, part.Position));
    }

    /// <summary>Lets go of a change that was answered, or of which nothing is left to answer: asks for what customers wanted cancelled while it waited, and for
    /// what its answer left. The caller stores what is returned.</summary>
    public static async Task<PurchaseState> DropPendingAsync(IWork work, PurchaseState purchase, bool answered, string why, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!answered && (purchase.PendingChange is null || purchase.Lines.Any(line => line.CancelRequested > 0)))
        {
            return purchase;
        }
        await work.Deadlines.ClearAsync($"purchase:{purchase.Id}", "change", cancellationToken);
        await work.Tasks.CloseAsync($"cancel-request:{purchase.Id}", why, now, cancellationToken);
        await AskRestAsync(work, purchase, cancellationToken);
        return purchase with { PendingChange = null };
    }

    private static async Task AskRestAsync(IWork work, PurchaseState purchase, CancellationToken cancellationToken)
    {
        var pegs = (await work.Purchases.PegsOfPurchasesAsync([purchase.Id], cancellationToken)).Where(peg => peg is { ToStock: false, Quantity: > 0 }).ToList();
        var orders = await work.Orders.LoadAsync([.. pegs.Select(peg => peg.OrderId).Distinct()], cancellationToken);
        await work.Jobs.InsertAsync([.. orders.Where(order => order.Lines.Any(line => line.CancelRequested > 0)).Select(order =>
            new NewJob("ask-cancellation", $$"""{"orderId":{{order.Id}}}""") { UniqueKey = $"ask-cancellation:{order.Id}:after-{purchase.PendingChange}" })], cancellationToken);
    }

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
