using System.Text.Json;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Routing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Core.Inbound;

/// <summary>Applies suppliers' answers: accept, partial, backorder, substitute, price change, line and order reject, and the answer to a
/// cancel request.</summary>
public sealed class OrderResponseApplication(CatalogueCache catalogue)
{
    /// <summary>Applies one answer.</summary>
    public async Task<ApplyResult> ApplyAsync(IWork work, Partner partner, OrderResponse response, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var purchase = await work.Purchases.FindByNumberAsync(response.OrderNumber, cancellationToken);
        var toChange = false;
        if (purchase is null && response.OrderNumber.LastIndexOf("-C", StringComparison.Ordinal) is > 0 and var cut)
        {
            // The answer names the change document instead of the purchase order.
            purchase = await work.Purchases.FindByNumberAsync(response.OrderNumber[..cut], cancellationToken);
            toChange = purchase?.PendingChange == response.OrderNumber;
        }
        if (purchase is null || purchase.Partner != partner.Id)
        {
            return await DocumentApplication.OrphanAsync(work, partner, DocumentKind.OrderResponse, response.Number, response.OrderNumber, response.Lines.Select(line => line.Item), cancellationToken);
        }
        if (response.Status == ResponseStatus.Acknowledged)
        {
            if (purchase.Status == PurchaseStatus.Sent)
            {
                await work.Purchases.UpdateAsync(purchase with { Status = PurchaseStatus.Acknowledged }, cancellationToken);
            }
            return ApplyResult.Ok;
        }
        var answer = new Answer(purchase, partner, response, await catalogue.GetAsync(work, DateOnly.FromDateTime(now.UtcDateTime), cancellationToken),
            response.Lines.Any(line => line.Status == LineStatus.Substituted) ? await ConsentsAsync(work, purchase, cancellationToken) : [], now);
        answer.Read(toChange || (purchase.PendingChange is not null && answer.SpeaksOfCancellation));
        if (answer.Unmatched.Count > 0)
        {
            var line = answer.Unmatched[0];
            return ApplyResult.Quarantine("line-not-ordered", $"line {line.Position?.ToString() ?? line.Item.Label}",
                $"Purchase order {purchase.Document.Number} has no line {line.Position?.ToString() ?? "with article " + line.Item.Label}; it has {string.Join(", ", purchase.Lines.Select(own => $"{own.Position} {own.SupplierSku ?? own.Sku}"))}. Ask {partner.Name} what is meant.");
        }
        await LedgerUpdate.ApplyAsync(work, purchase, answer.Lines, answer.Rejected, now, cancellationToken);
        var live = answer.Lines.Where(line => line.Ordered > line.Cancelled).ToList();
        var status = live.Count == 0 ? (answer.AnswersChange ? PurchaseStatus.Cancelled : PurchaseStatus.Rejected)
            : live.TrueForAll(line => line.Awaiting == 0) ? PurchaseStatus.Answered
            : purchase.Status is PurchaseStatus.Sent or PurchaseStatus.Escalated ? PurchaseStatus.Acknowledged : purchase.Status;
        if (purchase.Status is PurchaseStatus.Fulfilled)
        {
            status = purchase.Status;
        }
        await work.Purchases.UpdateAsync(purchase with
        {
            Status = status, SupplierOrderNumber = response.SupplierOrderNumber ?? purchase.SupplierOrderNumber, Reason = response.Reason ?? purchase.Reason,
            PendingChange = answer.AnswersChange ? null : purchase.PendingChange,
        }, cancellationToken);
        await DeadlinesAsync(work, partner, purchase, answer.Lines, cancellationToken);
        if (answer.Lines.Any(line => line.Unshipped() > 0 && (line.Backordered > 0 || line.Promised > purchase.Lines.First(before => before.Position == line.Position).Promised)))
        {
            await work.Jobs.InsertAsync([WeighReRouteHandler.For(purchase.Id)], cancellationToken);
        }
        await work.Tasks.OpenAsync(answer.Tasks, cancellationToken);
        await work.Tasks.CloseAsync($"overdue-answer:{purchase.Id}", HubTask.Itself + "the answer came", now, cancellationToken);
        await work.Audit.AddAsync([new AuditEntry(now, $"partner:{partner.Id}", "purchase-order.answered", $"purchase:{purchase.Id}", Summary(purchase.Lines), Summary(answer.Lines))], cancellationToken);
        return answer.Notes.Count == 0 ? ApplyResult.Ok : new ApplyResult(DocumentState.Applied, string.Join(" ", answer.Notes.Select(note => note.Text)), null, answer.Notes);
    }

    /// <summary>Positions whose customers all accept a substitute without being asked.</summary>
    private static async Task<HashSet<int>> ConsentsAsync(IWork work, PurchaseState purchase, CancellationToken cancellationToken)
    {
        var pegs = (await work.Purchases.PegsOfPurchasesAsync([purchase.Id], cancellationToken)).Where(peg => peg is { ToStock: false, Quantity: > 0 }).ToList();
        var orders = (await work.Orders.LoadAsync([.. pegs.Select(peg => peg.OrderId).Distinct()], cancellationToken)).ToDictionary(order => order.Id);
        return [.. pegs.GroupBy(peg => peg.Position)
            .Where(position => position.All(peg => orders[peg.OrderId].Order.Lines.First(line => line.Id == peg.LineId).SubstituteAllowed)).Select(position => position.Key)];
    }

    internal static string Summary(IEnumerable<PurchaseLineState> lines) => JsonSerializer.Serialize(
        lines.Select(line => new { line.Position, line.Ordered, line.Awaiting, line.Confirmed, line.Backordered, line.Shipped, line.Received, line.Cancelled, line.NetPrice }), CanonicalJson.Options);

    private static async Task DeadlinesAsync(IWork work, Partner partner, PurchaseState purchase, IReadOnlyList<PurchaseLineState> lines, CancellationToken cancellationToken)
    {
        if (lines.All(line => line.Awaiting == 0))
        {
            await work.Deadlines.ClearAsync($"purchase:{purchase.Id}", "answer", cancellationToken);
        }
        var promised = lines.Where(line => line.Confirmed + line.Backordered > 0).Select(line => line.Promised).DefaultIfEmpty(null).Max();
        if (promised is { } day && partner.Deadlines.Despatched is { } grace)
        {
            await work.Deadlines.SetAsync([new Deadline("despatch", $"purchase:{purchase.Id}", SupplyDates.At(day, new TimeOnly(18, 0), partner.TimeZone) + grace)], cancellationToken);
        }
        else if (lines.All(line => line.Unshipped() == 0))
        {
            await work.Deadlines.ClearAsync($"purchase:{purchase.Id}", "despatch", cancellationToken);
        }
    }

    /// <summary>One answer on its way through the lines.</summary>
    private sealed class Answer(PurchaseState purchase, Partner partner, OrderResponse response, CatalogueSnapshot snapshot, HashSet<int> consents, DateTimeOffset now)
    {
        private readonly List<PurchaseLineState> _lines = [.. purchase.Lines];

        public IReadOnlyList<PurchaseLineState> Lines => _lines;
        public HashSet<int> Rejected { get; } = [];
        public List<OrderResponseLine> Unmatched { get; } = [];
        public List<HubTask> Tasks { get; } = [];
        public List<Diagnostic> Notes { get; } = [];
        public bool AnswersChange { get; private set; }

        /// <summary>A pending cancellation that the answer's lines speak of.</summary>
        public bool SpeaksOfCancellation => response.Lines.Any(line => line.Status is LineStatus.Rejected || line.Quantity is { Value: 0 })
            || (response.Lines.Count == 0 && response.Status is ResponseStatus.Accepted or ResponseStatus.Rejected);

        public void Read(bool toChange)
        {
            AnswersChange = toChange;
            if (toChange)
            {
                ReadChange();
                return;
            }
            if (response.Status == ResponseStatus.Rejected)
            {
                for (var index = 0; index < _lines.Count; index++)
                {
                    Reject(index, _lines[index].Unshipped());
                }
                return;
            }
            if (response.Lines.Count == 0)
            {
                for (var index = 0; index < _lines.Count; index++)
                {
                    Confirm(index, _lines[index].Awaiting, response.PromisedDelivery);
                }
                return;
            }
            var answered = new HashSet<int>();
            foreach (var group in response.Lines.GroupBy(Find).ToList())
            {
                if (group.Key < 0)
                {
                    Unmatched.AddRange(group);
                    continue;
                }
                answered.Add(group.Key);
                ReadLine(group.Key, [.. group]);
            }
            if (partner.Purchasing.MissingLineRejected)
            {
                for (var index = 0; index < _lines.Count; index++)
                {
                    if (!answered.Contains(index) && _lines[index].Awaiting > 0)
                    {
                        Reject(index, _lines[index].Awaiting);
                        Notes.Add(Diagnostic.Warning("line-missing", $"line {_lines[index].Position}", $"Line {_lines[index].Position} is not in the answer; by agreement with {partner.Name} that is a rejection."));
                    }
                }
            }
        }

        private void ReadChange()
        {
            var refusedAll = response.Status == ResponseStatus.Rejected;
            for (var index = 0; index < _lines.Count; index++)
            {
                var line = _lines[index];
                if (line.CancelRequested == 0)
                {
                    continue;
                }
                var said = response.Lines.Where(candidate => Find(candidate) == index).ToList();
                // Of a cancelled line "rejected" or a quantity of zero means that it is cancelled, when the order as a whole is not rejected.
                var agreed = !refusedAll && (said.Count == 0 || said.Any(candidate => candidate.Status is LineStatus.Rejected or LineStatus.Accepted or LineStatus.Changed));
                _lines[index] = agreed ? line.Cancel(line.CancelRequested) : line with { CancelRequested = 0 };
                if (!agreed)
                {
                    Notes.Add(Diagnostic.Warning("cancel-refused", $"line {line.Position}", $"{partner.Name} did not agree to cancel line {line.Position} ({response.Reason ?? "no reason given"}): the goods will come."));
                    Tasks.Add(Task(index, "cancel-refused", $"{partner.Name} did not agree to cancel {line.CancelRequested:0.###} of line {line.Position} ({line.Sku}) of purchase order {purchase.Document.Number}: {response.Reason ?? "no reason given"}. Customers who asked to cancel get the goods after all: tell them, or take the goods to stock."));
                }
            }
        }

        private void ReadLine(int index, IReadOnlyList<OrderResponseLine> answers)
        {
            var covered = 0m;
            foreach (var answer in answers)
            {
                var line = _lines[index];
                var quantity = answer.Quantity is { } said ? InOrderUnits(line, said, answer.Item) : (decimal?)null;
                var promised = answer.PromisedDelivery ?? response.PromisedDelivery;
                switch (answer.Status)
                {
                    case LineStatus.Rejected:
                        // "0 accepted, rejected" means the rest of the line.
                        Reject(index, quantity is > 0 ? Math.Min(quantity.Value, line.Unshipped()) : line.Awaiting + line.Backordered);
                        covered += quantity is > 0 ? quantity.Value : line.Ordered;
                        break;
                    case LineStatus.Backordered:
                        Backorder(index, quantity is > 0 ? quantity.Value : line.Awaiting, promised);
                        covered += quantity ?? line.Ordered;
                        break;
                    case LineStatus.OnHold:
                        Tasks.Add(Task(index, "line-on-hold", $"{partner.Name} holds line {line.Position} of purchase order {purchase.Document.Number}: {answer.Reason ?? "no reason given"}. Clear it up with them."));
                        covered += line.Ordered;
                        break;
                    case LineStatus.Substituted:
                        Substitute(index, answer, quantity, promised);
                        covered += line.Ordered;
                        break;
                    default:
                        covered += Accept(index, answer, quantity, promised);
                        break;
                }
            }
            var rest = _lines[index];
            if (covered < rest.Ordered && rest.Awaiting > 0 && answers.Any(answer => answer.Quantity is not null) && answers.All(answer => answer.Status is LineStatus.Accepted or LineStatus.Changed))
            {
                // Less than ordered and no word on the rest: the rest does not come (X12 ACK IQ).
                Reject(index, rest.Awaiting);
                Notes.Add(Diagnostic.Warning("quantity-reduced", $"line {rest.Position}", $"{partner.Name} confirms {covered:0.###} of {rest.Ordered:0.###} on line {rest.Position} and says nothing of the rest; the rest is bought elsewhere."));
            }
        }

        /// <summary>Accepts what the answer says, unless its price is outside the tolerance: then a person compares it with buying elsewhere.</summary>
        private decimal Accept(int index, OrderResponseLine answer, decimal? quantity, DateOnly? promised)
        {
            var line = _lines[index];
            var confirmed = quantity ?? line.Awaiting;
            if (answer.NetPrice is { } price && PriceDiffers(line, price, answer.PriceBasis) is { } difference)
            {
                Tasks.Add(Task(index, "price-change",
                    $"{partner.Name} wants {price:0.####} instead of {line.NetPrice:0.####} {purchase.Document.Currency} per {line.PriceBasis:0} for line {line.Position} ({line.Sku}) of {purchase.Document.Number}: {difference:0.00} {purchase.Document.Currency} more in all, outside the tolerance. Accept it, or cancel the line and buy elsewhere.",
                    new { price, basis = answer.PriceBasis, quantity = confirmed, promised }));
                return line.Ordered;
            }
            if (answer.NetPrice is { } accepted)
            {
                _lines[index] = line with { NetPrice = accepted, PriceBasis = answer.PriceBasis };
            }
            if (confirmed > 0)
            {
                Confirm(index, confirmed, promised);
            }
            if (answer.BackorderedQuantity is { Value: > 0 } later)
            {
                var backordered = InOrderUnits(line, later, answer.Item);
                Backorder(index, backordered, promised);
                return confirmed + backordered;
            }
            return confirmed;
        }

        private void Substitute(int index, OrderResponseLine answer, decimal? quantity, DateOnly? promised)
        {
            var line = _lines[index];
            var substitute = snapshot.Match(partner.Id, answer.Item, supplier: true)?.Article;
            var article = snapshot.Find(line.Sku);
            var listed = substitute is not null && article is not null && article.Substitutes.Contains(substitute.Sku);
            var dearer = answer.NetPrice is { } price ? PriceDiffers(line, price, answer.PriceBasis) : null;
            if (substitute is not null && dearer is null && (listed || consents.Contains(line.Position)))
            {
                _lines[index] = line with { SubstituteSku = substitute.Sku, NetPrice = answer.NetPrice ?? line.NetPrice, PriceBasis = answer.NetPrice is null ? line.PriceBasis : answer.PriceBasis };
                Confirm(index, quantity ?? line.Awaiting, promised);
                Notes.Add(Diagnostic.Warning("substituted", $"line {line.Position}",
                    $"{partner.Name} sends {substitute.Sku} instead of {line.Sku}, which {(listed ? "the list of substitutes allows" : "the customer allowed with the order")}."));
                return;
            }
            Tasks.Add(Task(index, "substitute",
                $"{partner.Name} offers {substitute?.Name ?? answer.Item.Label} instead of {article?.Name ?? line.Sku} on line {line.Position} of {purchase.Document.Number}. "
                + (dearer is { } more ? $"It costs {more:0.00} {purchase.Document.Currency} more in all, outside the tolerance. " : "")
                + (listed ? "" : "It is not on the list of substitutes. ") + $"Accept it{(listed || consents.Contains(line.Position) ? "" : " with the customer's consent")}, or refuse it and buy elsewhere.",
                new { sku = substitute?.Sku, item = answer.Item, quantity, promised, price = answer.NetPrice, basis = answer.PriceBasis }));
        }

        private void Confirm(int index, decimal quantity, DateOnly? promised)
        {
            var line = _lines[index];
            if (quantity > 0)
            {
                _lines[index] = line.Confirm(quantity, promised);
            }
        }

        private void Backorder(int index, decimal quantity, DateOnly? promised)
        {
            if (quantity > 0)
            {
                // A backorder without a date has no promise: the date that was computed when it was ordered no longer holds.
                _lines[index] = (_lines[index] with { Promised = promised }).Backorder(quantity, promised);
            }
        }

        private void Reject(int index, decimal quantity)
        {
            if (quantity > 0)
            {
                _lines[index] = _lines[index].Cancel(quantity);
                Rejected.Add(_lines[index].Position);
            }
        }

        private HubTask Task(int index, string kind, string text, object? data = null) => new()
        {
            Kind = kind, Key = $"{kind}:{purchase.Id}:{_lines[index].Position}", Partner = partner.Id, PurchaseId = purchase.Id, At = now, Text = text,
            Data = JsonSerializer.Serialize(new { purchaseId = purchase.Id, position = _lines[index].Position, answer = data }, CanonicalJson.Options),
        };

        private int Find(OrderResponseLine answer)
        {
            if (answer.Position is { } position)
            {
                return _lines.FindIndex(line => line.Position == position);
            }
            var item = answer.OrderedItem ?? answer.Item;
            return LineMatching.Find(purchase, item, partner, snapshot);
        }

        private decimal InOrderUnits(PurchaseLineState line, Quantity said, Item item) => LineMatching.InOrderUnits(purchase, line, said);

        /// <summary>How much more the line costs when that is outside both tolerances (percent and amount); null when it is within. A lower
        /// price is accepted.</summary>
        private decimal? PriceDiffers(PurchaseLineState line, decimal price, decimal basis)
        {
            var ordered = line.NetPrice / line.PriceBasis;
            var wanted = price / basis;
            var more = (wanted - ordered) * line.Ordered;
            return more > 0 && more > partner.Tolerances.PriceAmount && wanted > ordered * (1 + partner.Tolerances.PricePercent / 100m) ? more : null;
        }
    }
}

/// <summary>Finds the purchase order line that a partner's document line speaks of.</summary>
internal static class LineMatching
{
    /// <summary>Index of the line with this article, or -1; by any number the partner and we share, else by our catalogue.</summary>
    public static int Find(PurchaseState purchase, Item item, Partner partner, CatalogueSnapshot snapshot)
    {
        for (var index = 0; index < purchase.Document.Lines.Count; index++)
        {
            var ordered = purchase.Document.Lines[index].Item;
            if (Same(ordered.SupplierSku, item.SupplierSku) || Same(ordered.Gtin, item.Gtin) || Same(ordered.BuyerSku, item.BuyerSku))
            {
                return IndexOf(purchase, purchase.Document.Lines[index].Position);
            }
        }
        var sku = snapshot.Match(partner.Id, item, supplier: true)?.Article.Sku;
        return sku is null ? -1 : purchase.Lines.ToList().FindIndex(line => line.Sku == sku || line.SubstituteSku == sku);
    }

    /// <summary>A stated quantity in the line's order unit. A partner that answers in pieces what was ordered in packs is converted.</summary>
    public static decimal InOrderUnits(PurchaseState purchase, PurchaseLineState line, Quantity said)
    {
        var ordered = purchase.Document.Lines.First(candidate => candidate.Position == line.Position).Quantity.Unit;
        return line.UnitFactor != 1 && !OrderIntake.Same(said.Unit, ordered) && OrderIntake.Same(said.Unit, "EA") ? said.Value / line.UnitFactor : said.Value;
    }

    private static int IndexOf(PurchaseState purchase, int position) => purchase.Lines.ToList().FindIndex(line => line.Position == position);

    private static bool Same(string? left, string? right) => left is not null && right is not null && left.TrimStart('0') == right.TrimStart('0');
}
