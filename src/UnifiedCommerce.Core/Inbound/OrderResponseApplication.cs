using System.Text.Json;
using System.Text.Json.Nodes;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Routing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Core.Inbound;

/// <summary>Applies suppliers' answers: accept, partial, backorder, substitute, price change, line and order reject, and the answer to a
/// cancel request.</summary>
public sealed class OrderResponseApplication(CatalogueCache catalogue, RoutingService routing)
{
    /// <summary>Applies one answer.</summary>
    /// <param name="work">The transaction.</param>
    /// <param name="partner">Who answers.</param>
    /// <param name="response">The answer.</param>
    /// <param name="released">A person looked at it and wants it applied: a rejection of what was confirmed is taken for one.</param>
    /// <param name="now">Business time.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<ApplyResult> ApplyAsync(IWork work, Partner partner, OrderResponse response, bool released, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var purchase = await work.Purchases.FindByNumberAsync(response.OrderNumber, cancellationToken);
        var toChange = false;
        if (purchase is null && response.OrderNumber.LastIndexOf("-C", StringComparison.Ordinal) is > 0 and var cut)
        {
            // The answer names the change document instead of the purchase order.
            purchase = await work.Purchases.FindByNumberAsync(response.OrderNumber[..cut], cancellationToken);
            toChange = purchase is not null && purchase.Partner == partner.Id;
            if (toChange && purchase!.PendingChange != response.OrderNumber)
            {
                return new ApplyResult(DocumentState.Applied, $"{response.OrderNumber} was answered before: nothing changes.", null,
                    [Diagnostic.Warning("change-answered", "order number", $"{partner.Name} answers the change {response.OrderNumber}, which waits for no answer any more: nothing changes.")]);
            }
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
        var snapshot = await catalogue.GetAsync(work, DateOnly.FromDateTime(now.UtcDateTime), cancellationToken);
        var (placed, unclear) = LineSharing.Place(purchase, [.. response.Lines.Select(SpokenOf)], static line => [line.Awaiting, line.Ordered - line.Cancelled - line.Awaiting, line.Cancelled],
            partner, snapshot, $"answer {response.Number}");
        if (unclear is not null)
        {
            return unclear;
        }
        response = response with { Lines = [.. placed.GroupBy(part => part.Said).SelectMany(parts => Parts(response.Lines[parts.Key], parts))] };
        if (Contradiction(partner, purchase, response, snapshot) is { } contradiction)
        {
            return contradiction;
        }
        var answer = new Answer(purchase, partner, response, snapshot, response.Lines.Any(line => line.Status == LineStatus.Substituted) ? await ConsentsAsync(work, purchase, cancellationToken) : [], now);
        var answersChange = toChange || (purchase.PendingChange is not null && answer.SpeaksOfCancellation);
        if (!answersChange && !released && response.Status == ResponseStatus.Rejected && await MayMeanAnotherAsync(work, purchase, cancellationToken))
        {
            return ApplyResult.Quarantine("rejected-after-confirmation", "status",
                $"{partner.Name} rejects all of {purchase.Document.Number}, which it confirmed or changed before. If it takes the order back, release this: what has not shipped is bought elsewhere. If it only speaks of a change that was asked, dismiss it: buying elsewhere would order twice.");
        }
        answer.Read(answersChange);
        var tasks = new List<HubTask>();
        foreach (var task in answer.Tasks)
        {
            tasks.Add(task.Kind is "price-change" or "substitute" ? await CompareAsync(work, purchase, task, now, cancellationToken) : task);
        }
        await LedgerUpdate.ApplyAsync(work, purchase, answer.Lines, answer.Rejected, now, cancellationToken);
        var live = answer.Lines.Where(line => line.Ordered > line.Cancelled).ToList();
        var status = live.Count == 0 ? (answer.AnswersChange ? PurchaseStatus.Cancelled : PurchaseStatus.Rejected)
            : live.TrueForAll(line => line.Unshipped() == 0) ? PurchaseStatus.Fulfilled
            : live.TrueForAll(line => line.Awaiting == 0) ? PurchaseStatus.Answered
            : purchase.Status is PurchaseStatus.Sent or PurchaseStatus.Escalated ? PurchaseStatus.Acknowledged : purchase.Status;
        if (purchase.Status is PurchaseStatus.Fulfilled || (live.Count == 0 && purchase.Status is PurchaseStatus.Cancelled or PurchaseStatus.Refused))
        {
            status = purchase.Status;
        }
        await work.Purchases.UpdateAsync(await Cancellations.DropPendingAsync(work, purchase with
        {
            Status = status, SupplierOrderNumber = response.SupplierOrderNumber ?? purchase.SupplierOrderNumber, Lines = answer.Lines,
            // Why it was escalated is over with the answer.
            Reason = response.Reason ?? (purchase.Status == PurchaseStatus.Escalated ? null : purchase.Reason),
        }, answer.AnswersChange, HubTask.Itself + "the supplier answered", now, cancellationToken), cancellationToken);
        await DeadlinesAsync(work, partner, purchase, answer.Lines, cancellationToken);
        // Whoever refuses to let go of late goods is not asked for them again until they are later still, or the two would ask and refuse for ever.
        if (answer.Lines.Where((line, index) => line.Unshipped() > 0
            && (line.Backordered > (answer.RefusedToCancel ? purchase.Lines[index].Backordered : 0) || line.Promised > purchase.Lines[index].Promised)).Any())
        {
            await work.Jobs.InsertAsync([WeighReRouteHandler.For(purchase.Id)], cancellationToken);
        }
        // What was asked of people about an earlier answer of these lines no longer holds.
        await work.Tasks.CloseAsync([.. answer.Answered.SelectMany(position => LedgerUpdate.QuestionsOf(purchase.Id, position))], HubTask.Itself + "the supplier answered again", now, cancellationToken);
        await work.Tasks.OpenAsync(tasks, cancellationToken);
        await work.Tasks.CloseAsync($"overdue-answer:{purchase.Id}", HubTask.Itself + "the answer came", now, cancellationToken);
        await work.Audit.AddAsync([new AuditEntry(now, $"partner:{partner.Id}", "purchase-order.answered", $"purchase:{purchase.Id}", Summary(purchase.Lines), Summary(answer.Lines))], cancellationToken);
        return answer.Notes.Count == 0 ? ApplyResult.Ok : new ApplyResult(DocumentState.Applied, string.Join(" ", answer.Notes.Select(note => note.Text)), null, answer.Notes);
    }

    /// <summary>Puts beside the question what the open quantity would cost elsewhere.</summary>
    private async Task<HubTask> CompareAsync(IWork work, PurchaseState purchase, HubTask task, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var data = JsonNode.Parse(task.Data)!;
        var line = purchase.Lines.First(candidate => candidate.Position == data["position"]!.GetValue<int>());
        if (await routing.ElsewhereAsync(work, purchase, line.Position, now, cancellationToken) is not { } card)
        {
            return task with { Text = task.Text + " Nobody else can deliver it now." };
        }
        var accepted = data["answer"]?["price"] is { } price ? Math.Round(card.Before * price.GetValue<decimal>() / data["answer"]!["basis"]!.GetValue<decimal>() / (line.NetPrice / line.PriceBasis), 2, MidpointRounding.AwayFromZero) : card.Before;
        card = card with { Before = accepted, Lines = [.. card.Lines.Select(entry => entry with { Before = Math.Round(entry.Before * (card.Before == 0 ? 1 : accepted / card.Before), 2, MidpointRounding.AwayFromZero) })] };
        data["elsewhere"] = JsonSerializer.SerializeToNode(card, CanonicalJson.Options);
        var difference = card.After - accepted;
        return task with
        {
            Text = $"{task.Text} Accepting costs {new Money(accepted, card.Currency)} for the open {card.Lines.Sum(entry => entry.Quantity):0.###}; the next best source {new Money(card.After, card.Currency)} with freight and fees: {new Money(Math.Abs(difference), card.Currency)} {(difference < 0 ? "less" : "more")}.",
            Data = data.ToJsonString(),
        };
    }

    /// <summary>What a line of an answer speaks of: what comes now and what comes later together. Zero, as in "0 accepted, rejected", means the rest of the line.</summary>
    private static Spoken SpokenOf(OrderResponseLine line)
    {
        var quantity = line.Quantity is { } now && line.BackorderedQuantity is { } later && OrderIntake.Same(now.Unit, later.Unit) ? now with { Value = now.Value + later.Value } : line.Quantity;
        return new Spoken(line.Position, line.OrderedItem ?? line.Item, quantity is { Value: 0 } ? null : quantity, line.NetPrice / line.PriceBasis, line.PromisedDelivery);
    }

    /// <summary>A line of an answer for each purchase order line it is for; what comes now is given out before what comes later.</summary>
    private static IEnumerable<OrderResponseLine> Parts(OrderResponseLine line, IEnumerable<Placed> parts)
    {
        var now = line.Quantity?.Value ?? 0;
        // What comes later in another unit is not counted with the rest: it stays on one line, where the unit is checked.
        var apart = line.BackorderedQuantity is { } other && line.Quantity is { } counted && !OrderIntake.Same(other.Unit, counted.Unit) ? line.BackorderedQuantity : null;
        foreach (var part in parts)
        {
            if (part.Quantity is not { } quantity)
            {
                yield return line with { Position = part.Position ?? line.Position };
                continue;
            }
            var first = Math.Min(now, quantity);
            now -= first;
            yield return line with
            {
                Position = part.Position, Quantity = line.Quantity is { } said ? said with { Value = first } : null,
                BackorderedQuantity = quantity > first && line.BackorderedQuantity is { } later ? later with { Value = quantity - first } : apart,
            };
            apart = null;
        }
    }

    /// <summary>What the answer says against itself or against the order: then nobody can tell what it means, and nothing of it is applied.</summary>
    private static ApplyResult? Contradiction(Partner partner, PurchaseState purchase, OrderResponse response, CatalogueSnapshot snapshot)
    {
        var number = purchase.Document.Number;
        if (response.Currency is { } currency && currency != purchase.Document.Currency && response.Lines.Any(line => line.NetPrice is not null))
        {
            return ApplyResult.Quarantine("currency", "currency", $"Found prices in {currency}, expected {purchase.Document.Currency} as {number} was ordered. Ask {partner.Name} for a correct answer.");
        }
        foreach (var line in response.Lines)
        {
            var place = $"line {line.Position?.ToString() ?? line.Item.Label}";
            var ordered = line.OrderedItem ?? line.Item;
            var index = LineMatching.Find(purchase, line.Position, ordered, partner, snapshot);
            if (index < 0)
            {
                return ApplyResult.Quarantine("line-not-ordered", place,
                    $"Purchase order {number} has no line {line.Position?.ToString() ?? "with article " + line.Item.Label}; it has {string.Join(", ", purchase.Lines.Select(own => $"{own.Position} {own.SupplierSku ?? own.Sku}"))}. Ask {partner.Name} what is meant.");
            }
            if (line.Status != LineStatus.Substituted && LineMatching.Contradicts(purchase, index, ordered) is { } other)
            {
                return ApplyResult.Quarantine("line-and-article", place, LineMatching.Sentence(partner, purchase, index, ordered, other));
            }
            foreach (var said in new[] { line.Quantity, line.BackorderedQuantity })
            {
                if (said is { Value: < 0 })
                {
                    return ApplyResult.Quarantine("quantity-negative", place, $"Found quantity {said.Value.Value:0.###} on {place}, expected zero or more. Ask {partner.Name} what is meant.");
                }
                if (line.Status != LineStatus.Substituted && said is { } quantity && LineMatching.InOrderUnits(purchase, purchase.Lines[index], quantity, snapshot) is null)
                {
                    return ApplyResult.Quarantine("unit-differs", $"{place} quantity", LineMatching.UnitSentence(partner, purchase, purchase.Lines[index], quantity));
                }
            }
        }
        return null;
    }

    /// <summary>A bare "rejected" of an order that was confirmed, or whose change was answered, may speak of the change.</summary>
    private static async Task<bool> MayMeanAnotherAsync(IWork work, PurchaseState purchase, CancellationToken cancellationToken) =>
        purchase.Lines.Any(line => line.Confirmed + line.Backordered > 0)
        || (purchase.Lines.Any(line => line.Unshipped() > 0) && (await work.Dispatches.OfPurchaseAsync(purchase.Id, cancellationToken)).Any(dispatch => dispatch.Kind == DocumentKind.OrderChange));

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
        /// <summary>Positions the answer speaks of.</summary>
        public HashSet<int> Answered { get; } = [];
        public List<HubTask> Tasks { get; } = [];
        public List<Diagnostic> Notes { get; } = [];
        public bool AnswersChange { get; private set; }
        public bool RefusedToCancel { get; private set; }

        /// <summary>True when an answer that does not name the pending change can only speak of it: of a line that was asked back it leaves no more than
        /// was asked, or it has no lines and the order itself was answered before. A late answer to the order, which confirms what was asked back, is none.</summary>
        public bool SpeaksOfCancellation => response.Status == ResponseStatus.Rejected || (response.Lines.Count == 0
            ? response.Status is ResponseStatus.Accepted && _lines.TrueForAll(line => line.Awaiting == 0)
            : response.Lines.GroupBy(Find).Any(group => _lines[group.Key].CancelRequested > 0 && Agrees(_lines[group.Key], [.. group])));

        public void Read(bool answersChange)
        {
            AnswersChange = answersChange;
            if (answersChange)
            {
                ReadChange();
                return;
            }
            if (response.Status == ResponseStatus.Rejected)
            {
                for (var index = 0; index < _lines.Count; index++)
                {
                    Answered.Add(_lines[index].Position);
                    Deny(index, RestDenied(_lines[index]));
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
            foreach (var group in response.Lines.GroupBy(Find).ToList())
            {
                ReadLine(group.Key, [.. group]);
            }
            if (partner.Purchasing.MissingLineRejected)
            {
                for (var index = 0; index < _lines.Count; index++)
                {
                    if (!Answered.Contains(_lines[index].Position) && _lines[index].Awaiting > 0)
                    {
                        Reject(index, _lines[index].Awaiting);
                        Notes.Add(Diagnostic.Warning("line-missing", $"line {_lines[index].Position}", $"Line {_lines[index].Position} is not in the answer; by agreement with {partner.Name} that is a rejection."));
                    }
                }
            }
        }

        /// <summary>Of a line that was asked back "rejected" or "nothing" means that it is cancelled; a quantity must be what is left, or less.</summary>
        private bool Agrees(PurchaseLineState line, IReadOnlyList<OrderResponseLine> said)
        {
            if (said.Any(answer => answer.Status is LineStatus.Rejected))
            {
                return true;
            }
            var left = said.Where(answer => answer.Status is LineStatus.Accepted or LineStatus.Changed).ToList();
            return left.Count > 0 && left.TrueForAll(answer => answer.Quantity is not null) && left.Sum(answer => InOrderUnits(line, answer.Quantity!.Value)) <= line.Ordered - line.Cancelled - line.CancelRequested;
        }

        private void ReadChange()
        {
            var refusedAll = response.Status == ResponseStatus.Rejected;
            for (var index = 0; index < _lines.Count; index++)
            {
                var line = _lines[index];
                var said = response.Lines.Where(candidate => Find(candidate) == index).ToList();
                if (line.CancelRequested == 0)
                {
                    if (said.Count > 0 && !refusedAll)
                    {
                        ReadLine(index, said);
                    }
                    continue;
                }
                Answered.Add(line.Position);
                var agreed = !refusedAll && (said.Count == 0 || Agrees(line, said));
                _lines[index] = agreed ? line.Cancel(line.CancelRequested) : line with { CancelRequested = 0 };
                if (!agreed)
                {
                    RefusedToCancel = true;
                    Notes.Add(Diagnostic.Warning("cancel-refused", $"line {line.Position}", $"{partner.Name} did not agree to cancel line {line.Position} ({response.Reason ?? "no reason given"}): the goods will come."));
                    Tasks.Add(Task(index, "cancel-refused", $"{partner.Name} did not agree to cancel {line.CancelRequested:0.###} of line {line.Position} ({line.Sku}) of purchase order {purchase.Document.Number}: {response.Reason ?? "no reason given"}. Customers who asked to cancel get the goods after all: tell them, or take the goods to stock."));
                }
                if (!refusedAll && said.Exists(answer => answer.Status is not LineStatus.Rejected && answer.Quantity is { Value: > 0 }))
                {
                    ReadLine(index, said);
                }
            }
        }

        /// <summary>What an answer says of one line, in order units.</summary>
        private sealed class Said
        {
            public decimal Accepted { get; set; }
            public decimal Backordered { get; set; }
            public decimal Rejected { get; set; }
            /// <summary>Accepted, backordered or rejected without a quantity: all that is not spoken of otherwise.</summary>
            public LineStatus? Rest { get; set; }
            /// <summary>A person decides about the line, or the supplier holds it.</summary>
            public bool Held { get; set; }
            public DateOnly? Promised { get; set; }
            public DateOnly? Later { get; set; }

            public decimal Stated => Accepted + Backordered + Rejected;
        }

        private void ReadLine(int index, IReadOnlyList<OrderResponseLine> answers)
        {
            Answered.Add(_lines[index].Position);
            var said = new Said();
            foreach (var answer in answers)
            {
                var line = _lines[index];
                var quantity = answer.Quantity is { } stated && answer.Status != LineStatus.Substituted ? InOrderUnits(line, stated)
                    : answer.Quantity is { } other ? LineMatching.InOrderUnits(purchase, line, other, snapshot) ?? other.Value : (decimal?)null;
                var promised = answer.PromisedDelivery ?? response.PromisedDelivery;
                switch (answer.Status)
                {
                    case LineStatus.Rejected:
                        // "0 accepted, rejected" means the rest of the line.
                        said.Rejected += quantity ?? 0;
                        said.Rest = quantity is > 0 ? said.Rest : LineStatus.Rejected;
                        break;
                    case LineStatus.Backordered:
                        said.Backordered += quantity ?? 0;
                        said.Rest = quantity is > 0 ? said.Rest : LineStatus.Backordered;
                        said.Later = promised;
                        break;
                    case LineStatus.OnHold:
                        Tasks.Add(Task(index, "line-on-hold", $"{partner.Name} holds line {line.Position} of purchase order {purchase.Document.Number}: {answer.Reason ?? "no reason given"}. Clear it up with them."));
                        said.Held = true;
                        break;
                    case LineStatus.Substituted:
                        Substitute(index, answer, quantity, promised, said);
                        break;
                    default:
                        Accept(index, answer, quantity, promised, said);
                        break;
                }
            }
            Apply(index, said, answers.All(answer => answer.Status is LineStatus.Accepted or LineStatus.Changed) && answers.Any(answer => answer.Quantity is not null));
        }

        /// <summary>Moves the line as the answer says. The first answer, and any that accounts for the whole line, states what becomes of all that was ordered,
        /// what has shipped or was cancelled meanwhile included; so it does not matter which document came first. Another speaks of a part.</summary>
        /// <param name="index">The line.</param>
        /// <param name="said">What the answer says of it.</param>
        /// <param name="silentRejects">Less than ordered and no word on the rest: the rest does not come (X12 ACK IQ).</param>
        private void Apply(int index, Said said, bool silentRejects)
        {
            var line = _lines[index];
            var came = line.Shipped + line.Received;
            var whole = (line.Confirmed + line.Backordered == 0 || said.Stated >= line.Ordered) && (said.Rest is not null || said.Accepted + said.Backordered >= came);
            if (whole)
            {
                var accepted = Math.Max(0, said.Accepted - came);
                var later = Math.Max(0, said.Backordered - Math.Max(0, came - said.Accepted));
                var open = line.Unshipped();
                var confirmed = Math.Min(accepted, open);
                var backordered = Math.Min(later, open - confirmed);
                var rest = open - confirmed - backordered;
                (confirmed, backordered) = said.Rest switch
                {
                    LineStatus.Accepted => (confirmed + rest - Math.Min(said.Rejected, rest), backordered),
                    LineStatus.Backordered => (confirmed, backordered + rest - Math.Min(said.Rejected, rest)),
                    _ => (confirmed, backordered),
                };
                if (confirmed + backordered > 0)
                {
                    // A backorder without a date has no promise: the date that was computed when it was ordered no longer holds.
                    _lines[index] = line.Restate(confirmed, backordered, backordered > 0 ? said.Later : said.Promised ?? line.Promised);
                }
            }
            else
            {
                if (said.Accepted > 0)
                {
                    Confirm(index, said.Accepted, said.Promised);
                }
                line = _lines[index];
                var later = said.Backordered + (said.Rest != LineStatus.Backordered ? 0 : line.Awaiting > 0 ? line.Awaiting : line.Confirmed);
                if (later > 0)
                {
                    _lines[index] = (line with { Promised = said.Later }).Backorder(later, said.Later);
                }
                if (said.Rest == LineStatus.Accepted)
                {
                    // All of it as said before, perhaps on another day.
                    Confirm(index, line.Awaiting, said.Promised);
                    _lines[index] = _lines[index].Unshipped() > 0 ? _lines[index] with { Promised = said.Promised ?? _lines[index].Promised } : _lines[index];
                }
            }
            RejectRest(index, said, silentRejects);
            var tooMuch = said.Accepted + said.Backordered - (line.Ordered - line.Cancelled);
            if (tooMuch > 0)
            {
                Notes.Add(Diagnostic.Warning("confirmed-more", $"line {line.Position}", $"{partner.Name} confirms {tooMuch:0.###} more of line {line.Position} than is ordered."));
                Tasks.Add(Task(index, "confirmed-more", $"{partner.Name} confirms {said.Accepted + said.Backordered:0.###} of line {line.Position} ({line.Sku}) of {purchase.Document.Number} in {response.Number}; ordered is {line.Ordered:0.###}"
                    + (line.Cancelled > 0 ? $", of which {line.Cancelled:0.###} was rejected or cancelled and may have been bought elsewhere" : "") + ". Tell them what you expect, or the goods come twice."));
            }
        }

        private void RejectRest(int index, Said said, bool silentRejects)
        {
            var line = _lines[index];
            var unspoken = line.Awaiting > 0 ? line.Awaiting : said.Accepted > 0 ? 0 : line.Backordered > 0 && said.Backordered == 0 ? line.Backordered : said.Backordered > 0 ? 0 : line.Unshipped();
            // What has left cannot be rejected any more: one of the two words is wrong.
            Deny(index, said.Rest == LineStatus.Rejected ? said.Accepted + said.Backordered == 0 ? RestDenied(line) : 0
                : said.Rejected == 0 ? 0 : said.Stated >= line.Ordered ? line.Gone() - said.Accepted - said.Backordered : said.Rejected - line.Cancelled - line.Unshipped());
            if (said.Rest == LineStatus.Rejected)
            {
                Reject(index, unspoken);
            }
            else if (said.Rejected > 0)
            {
                // What was rejected or cancelled before is not rejected once more: buying it elsewhere would order twice.
                var open = said.Stated < line.Ordered ? Math.Min(said.Rejected - Math.Min(said.Rejected, line.Cancelled), line.Unshipped())
                    : Math.Min(said.Rejected, said.Accepted + said.Backordered == 0 ? line.Unshipped() : line.Awaiting);
                if (open < said.Rejected)
                {
                    Notes.Add(new Diagnostic("rejected-before", Severity.Info, $"line {line.Position}", $"{said.Rejected - open:0.###} of the {said.Rejected:0.###} rejected on line {line.Position} had shipped or was rejected or cancelled before."));
                }
                Reject(index, open);
            }
            else if (silentRejects && !said.Held && said.Rest is null && line.Awaiting > 0 && said.Accepted + said.Backordered < line.Ordered)
            {
                Notes.Add(Diagnostic.Warning("quantity-reduced", $"line {line.Position}",
                    $"{partner.Name} confirms {said.Accepted + said.Backordered:0.###} of {line.Ordered:0.###} on line {line.Position} and says nothing of the rest; the rest is bought elsewhere."));
                Reject(index, line.Awaiting);
            }
        }

        /// <summary>Of a line of which nothing is left to reject, a bare "rejected" speaks of what has left, unless it repeats an earlier rejection.</summary>
        private static decimal RestDenied(PurchaseLineState line) => line.Unshipped() == 0 && line.Cancelled == 0 ? line.Gone() : 0;

        private void Deny(int index, decimal quantity)
        {
            var line = _lines[index];
            if (quantity > 0 && line.Gone() > 0)
            {
                Tasks.Add(Task(index, "rejected-after-despatch", $"{partner.Name} rejects {Math.Min(quantity, line.Gone()):0.###} of line {line.Position} ({line.Sku}) of {purchase.Document.Number} in {response.Number} that left by "
                    + (line.Unannounced > 0 ? "a receipt or an invoice, of which no despatch advice came" : "its own despatch advice") + ". The goods count as on their way and are not bought elsewhere: ask which of the two holds."));
            }
        }

        /// <summary>Accepts what the answer says, unless its price is outside the tolerance: then a person compares it with buying elsewhere.</summary>
        private void Accept(int index, OrderResponseLine answer, decimal? quantity, DateOnly? promised, Said said)
        {
            var line = _lines[index];
            if (answer.NetPrice is { } stated)
            {
                var price = PriceInOrderUnits(line, answer, stated);
                if (PriceDiffers(line, price, answer.PriceBasis) is { } difference)
                {
                    Tasks.Add(Task(index, "price-change",
                        $"{partner.Name} wants {price:0.####} instead of {line.NetPrice:0.####} {purchase.Document.Currency} per {line.PriceBasis:0} for line {line.Position} ({line.Sku}) of {purchase.Document.Number}: {difference:0.00} {purchase.Document.Currency} more in all, outside the tolerance. Accept it, buy it elsewhere, or insist on what was ordered.",
                        new { price, basis = answer.PriceBasis, quantity = quantity ?? line.Awaiting, promised }));
                    said.Held = true;
                    return;
                }
                _lines[index] = line with { NetPrice = price, PriceBasis = answer.PriceBasis };
            }
            said.Promised = promised;
            said.Accepted += quantity ?? 0;
            said.Rest = quantity is null ? LineStatus.Accepted : said.Rest;
            if (answer.BackorderedQuantity is { Value: > 0 } later)
            {
                said.Backordered += InOrderUnits(line, later);
                said.Later = promised;
            }
        }

        private void Substitute(int index, OrderResponseLine answer, decimal? quantity, DateOnly? promised, Said said)
        {
            var line = _lines[index];
            var substitute = snapshot.Match(partner.Id, answer.Item, supplier: true)?.Article;
            var article = snapshot.Find(line.Sku);
            var listed = substitute is not null && article is not null && article.Substitutes.Contains(substitute.Sku);
            var dearer = answer.NetPrice is { } price ? PriceDiffers(line, price, answer.PriceBasis) : null;
            if (substitute is not null && dearer is null && (listed || consents.Contains(line.Position)))
            {
                _lines[index] = line with { SubstituteSku = substitute.Sku, NetPrice = answer.NetPrice ?? line.NetPrice, PriceBasis = answer.NetPrice is null ? line.PriceBasis : answer.PriceBasis };
                said.Promised = promised;
                said.Accepted += quantity ?? 0;
                said.Rest = quantity is null ? LineStatus.Accepted : said.Rest;
                said.Held = true;
                Notes.Add(Diagnostic.Warning("substituted", $"line {line.Position}",
                    $"{partner.Name} sends {substitute.Sku} instead of {line.Sku}, which {(listed ? "the list of substitutes allows" : "the customer allowed with the order")}."));
                return;
            }
            said.Held = true;
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

        private int Find(OrderResponseLine answer) => LineMatching.Find(purchase, answer.Position, answer.OrderedItem ?? answer.Item, partner, snapshot);

        private decimal InOrderUnits(PurchaseLineState line, Quantity said) => LineMatching.InOrderUnits(purchase, line, said, snapshot)
            ?? throw new HubException($"Line {line.Position} of {purchase.Document.Number}: found unit {said.Unit}, which was checked before. The check is wrong.");

        /// <summary>The price per order unit. Who answers in pieces what was ordered in packs may give the price of a piece: of both readings the one nearer to
        /// what was ordered holds.</summary>
        private decimal PriceInOrderUnits(PurchaseLineState line, OrderResponseLine answer, decimal price)
        {
            if (answer.Quantity is not { } said || said.Value <= 0 || LineMatching.InOrderUnits(purchase, line, new Quantity(1000, said.Unit), snapshot) is not { } thousand || thousand is 0 or 1000)
            {
                return price;
            }
            var perUnit = price * 1000 / thousand;
            var ordered = line.NetPrice / line.PriceBasis;
            return Math.Abs(perUnit / answer.PriceBasis - ordered) < Math.Abs(price / answer.PriceBasis - ordered) ? perUnit : price;
        }

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
