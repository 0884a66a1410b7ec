using System.Globalization;
using System.Text.Json;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Core.Routing;

/// <summary>Turns decided proposals into purchase orders, pegs and jobs.</summary>
internal static class Placement
{
    /// <summary>Locks the orders of a decision that were read without locks.</summary>
    /// <exception cref="HubException">One of them changed meanwhile: the run is done again.</exception>
    public static Task LockAsync(IWork work, RunContext context, SolvedRun solved, CancellationToken cancellationToken) => LockUnchangedAsync(
        work, context, solved.Decided.SelectMany(purchase => purchase.Lines).SelectMany(line => line.Demand.Parts).Select(part => part.OrderId).ToHashSet(), cancellationToken);

    /// <summary>Places what the runs decided. The orders are locked.</summary>
    public static async Task PlaceAsync(IWork work, RunContext context, IReadOnlyList<SolvedRun> runs, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        var decided = runs.SelectMany(solved => solved.Decided.Select((purchase, index) => (Solved: solved, Purchase: purchase, Index: index))).ToList();
        if (decided.Count == 0)
        {
            return;
        }
        var states = new List<PurchaseState>(decided.Count);
        foreach (var (solved, purchase, index) in decided)
        {
            var watched = await GoLive.WatchAsync(work, purchase.Partner, GoLive.Orders, asOf, cancellationToken) > 0;
            states.Add(State(context.Book, solved.Run, string.Create(CultureInfo.InvariantCulture, $"{NumberPrefix(solved.Run)}-{index + 1:D2}"), purchase, watched, asOf));
        }
        var stored = await work.Purchases.AddAsync(states, cancellationToken);
        var pegged = new Dictionary<Demand, decimal>(ReferenceEqualityComparer.Instance);
        var pegs = stored.SelectMany((purchase, index) => PegsOf(purchase, decided[index].Purchase, pegged)).ToList();
        var changedLines = new List<OrderLineState>();
        var before = new Dictionary<long, OrderState>();
        foreach (var group in pegs.Where(peg => !peg.ToStock).GroupBy(peg => peg.OrderId))
        {
            var order = context.Orders[group.Key];
            before[order.Id] = order;
            var byLine = group.GroupBy(peg => peg.LineId).ToDictionary(lines => lines.Key, lines => lines.Sum(peg => peg.Quantity), StringComparer.Ordinal);
            var next = order with { Lines = [.. order.Lines.Select(line => byLine.TryGetValue(line.LineId, out var quantity) ? line.Allocate(quantity) : line)] };
            changedLines.AddRange(next.Lines.Where(line => byLine.ContainsKey(line.LineId)));
            context.Orders[order.Id] = next;
        }
        await work.Purchases.AddPegsAsync(pegs, cancellationToken);
        await work.Orders.SaveLinesAsync(changedLines, cancellationToken);
        await work.Events.AddAsync([.. before.Values.SelectMany(order => CustomerEvents.Changed(order, context.Orders[order.Id], asOf)), .. stored.Select(purchase => Decided(purchase, asOf))], cancellationToken);
        await work.Jobs.InsertAsync([.. stored.Where(purchase => purchase.Status == PurchaseStatus.Released).Select(DispatchJobs.Prepare)], cancellationToken);
        await work.Tasks.OpenAsync([.. stored.Where(purchase => purchase.Status == PurchaseStatus.AwaitingApproval).Select(purchase => Approval(context.Book, purchase, asOf))], cancellationToken);
        await work.Audit.AddAsync([.. stored.Select((purchase, index) => new AuditEntry(asOf, "system", "purchase-order.decided", $"purchase:{purchase.Id}", null,
            JsonSerializer.Serialize(new { number = purchase.Document.Number, partner = purchase.Partner, run = decided[index].Solved.Name, total = purchase.Document.LineTotal, currency = purchase.Document.Currency, status = purchase.Status }, CanonicalJson.Options)))], cancellationToken);
        await work.Tasks.CloseAsync([.. decided.SelectMany(entry => entry.Purchase.Lines).SelectMany(line => line.Demand.Parts).Select(part => $"unfilled-line:{part.OrderId}:{part.LineId}").Distinct(StringComparer.Ordinal)],
            HubTask.Itself + "a supplier was found", asOf, cancellationToken);
    }

    /// <summary>A pool run reads its orders without locks: locks those it is about to change, which must still be as they were read.</summary>
    public static async Task LockUnchangedAsync(IWork work, RunContext context, IReadOnlyCollection<long> orderIds, CancellationToken cancellationToken)
    {
        foreach (var order in await work.Orders.LockAsync(orderIds, cancellationToken))
        {
            var seen = context.Orders[order.Id];
            if (order.Version != seen.Version || !order.Lines.Select(line => line.Open).SequenceEqual(seen.Lines.Select(line => line.Open)))
            {
                throw new HubException($"Order {order.Number} changed while its pool was routed. The run is done again.");
            }
        }
    }

    // Run numbers rise by one per pool, so the same runs give the same purchase order numbers on any number of processes.
    private static string NumberPrefix(RoutingRun run)
    {
        var letters = new string([.. run.Pool.Where(char.IsAsciiLetterOrDigit).Take(4)]).ToUpperInvariant();
        return string.Create(CultureInfo.InvariantCulture, $"{letters}{run.Number:D6}");
    }

    private static PurchaseState State(PartnerBook book, RoutingRun run, string number, ProposedPurchase proposed, bool watched, DateTimeOffset asOf)
    {
        var partner = proposed.Partner;
        var lines = proposed.Lines.Select((line, index) =>
        {
            var given = line.Offer.Price.Line;
            return new PurchaseOrderLine
            {
                Position = index + 1,
                Item = given.Item with { BuyerSku = line.Demand.Sku },
                Quantity = new Quantity(line.Quantity, given.Unit ?? "EA"),
                NetPrice = line.NetPrice,
                PriceBasis = given.PriceBasis,
                RequestedDelivery = line.Demand.NeedBy,
                Levies = Math.Round(given.Levies * line.Quantity, 2, MidpointRounding.AwayFromZero),
                BidReference = given.BidReference,
            };
        }).ToList();
        var needBy = lines.Select(line => line.RequestedDelivery).Where(date => date is not null).DefaultIfEmpty(null).Min();
        var document = new PurchaseOrder
        {
            Number = number, Issued = TimeZoneInfo.ConvertTime(asOf, book.House.TimeZone), Buyer = book.House.Buyer, Supplier = partner.Party, ShipTo = proposed.ShipTo,
            Invoicee = book.House.Buyer, Currency = proposed.Terms.Currency, RequestedDelivery = needBy, Contract = proposed.Contract ?? proposed.Terms.Contract,
            DirectDelivery = proposed.Direct, PaymentDays = proposed.Terms.PaymentDays, Test = partner.Envelope.Test, Lines = lines,
        };
        decimal InPartnerCurrency(decimal amount) => Math.Round(amount / proposed.Rate, 2, MidpointRounding.AwayFromZero);
        var needsApproval = watched || partner.Purchasing.Approval == ApprovalRule.Always
            || (partner.Purchasing.Approval == ApprovalRule.Above && document.LineTotal > partner.Purchasing.ApprovalAbove);
        return new PurchaseState
        {
            Partner = partner.Id, RunId = run.Id,
            Key = string.Join('|', partner.Id, proposed.Key.BuyingEntity, proposed.Key.ShipTo, proposed.Key.DeliveryWindow, proposed.Terms.Currency, document.Contract ?? ""),
            Status = needsApproval ? PurchaseStatus.AwaitingApproval : PurchaseStatus.Released, DecidedAt = asOf, Document = document,
            ExpectedCharges = InPartnerCurrency(proposed.Cost.Freight + proposed.Cost.Surcharge + proposed.Cost.Fees),
            ExpectedDiscount = InPartnerCurrency(proposed.Cost.Discount),
            Lines = [.. proposed.Lines.Select((line, index) => new PurchaseLineState
            {
                Position = index + 1, Sku = line.Demand.Sku, SupplierSku = line.Offer.Price.Line.Item.SupplierSku, UnitFactor = line.Offer.Price.Line.UnitFactor,
                Ordered = line.Quantity, Awaiting = line.Quantity, NetPrice = line.NetPrice, PriceBasis = line.Offer.Price.Line.PriceBasis,
                Promised = line.Offer.Arrival,
            })],
        };
    }

    /// <summary>When a demand is split over several offers, the first offer serves the first claims: <paramref name="pegged"/> says how much of
    /// each demand is served already.</summary>
    private static IEnumerable<Peg> PegsOf(PurchaseState purchase, ProposedPurchase proposed, Dictionary<Demand, decimal> pegged)
    {
        for (var index = 0; index < proposed.Lines.Count; index++)
        {
            var line = proposed.Lines[index];
            var skip = pegged.GetValueOrDefault(line.Demand);
            pegged[line.Demand] = skip + line.BaseQuantity;
            var left = line.BaseQuantity;
            var rank = 1;
            foreach (var part in line.Demand.Parts)
            {
                var open = part.Quantity - Math.Min(skip, part.Quantity);
                skip -= part.Quantity - open;
                var quantity = Math.Min(left, open);
                if (quantity > 0)
                {
                    yield return new Peg
                    {
                        PurchaseId = purchase.Id, Position = index + 1, OrderId = part.OrderId, LineId = part.LineId, Rank = rank++, Quantity = quantity, Awaiting = quantity,
                    };
                    left -= quantity;
                }
            }
            if (left > 0)
            {
                yield return new Peg
                {
                    PurchaseId = purchase.Id, Position = index + 1, OrderId = 0, LineId = "", Rank = rank, Quantity = left, Awaiting = left,
                };
            }
        }
    }

    private static HubTask Approval(PartnerBook book, PurchaseState purchase, DateTimeOffset at) => new()
    {
        Kind = "approve-purchase-order", Key = $"approve-purchase-order:{purchase.Id}", Partner = purchase.Partner, PurchaseId = purchase.Id, At = at,
        Text = $"Purchase order {purchase.Document.Number} to {book.Get(purchase.Partner).Name} over {new Money(purchase.Document.LineTotal, purchase.Document.Currency)} waits for approval before its cut-off. Approve it, or refuse it and its lines are routed again.",
    };

    private static HubEvent Decided(PurchaseState purchase, DateTimeOffset at) => new()
    {
        Type = "purchase-order.decided", At = at, Audience = "procurement", Subject = purchase.Document.Number,
        Data = JsonSerializer.Serialize(new { purchaseOrder = purchase.Document.Number, partner = purchase.Partner, runId = purchase.RunId, currency = purchase.Document.Currency, lineTotal = purchase.Document.LineTotal, lines = purchase.Lines.Count }, CanonicalJson.Options),
    };
}
