using System.Security.Cryptography;
using System.Text.Json;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Core.Orders;

/// <summary>What became of an order that was handed in.</summary>
public enum IntakeOutcome
{
    /// <summary>New.</summary>
    Accepted,
    /// <summary>Known with the same content: nothing happened.</summary>
    Replay,
    /// <summary>Known with other content: taken as a change.</summary>
    Changed,
    /// <summary>Errors; nothing was stored.</summary>
    Refused,
}

/// <summary>The answer to an order.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Order">The order as stored; null when refused.</param>
/// <param name="Diagnostics">Errors and warnings.</param>
public sealed record IntakeResult(IntakeOutcome Outcome, OrderState? Order, IReadOnlyList<Diagnostic> Diagnostics);

/// <summary>An order that is not known yet.</summary>
/// <param name="Order">The order.</param>
/// <param name="Actor">For the audit log.</param>
/// <param name="Trace">The trace that its jobs go on with; null: the current one.</param>
/// <param name="Hash">Its content hash; null: not computed yet.</param>
/// <param name="Partner">The customer partner whose article numbers the order uses, or null.</param>
/// <param name="DocumentId">The stored document it came in, or null.</param>
internal sealed record NewOrder(Order Order, string Actor, string? Trace, string? Hash = null, string? Partner = null, long? DocumentId = null);

/// <summary>Takes orders of all channels in: one transaction writes order, lines, job, event and audit row.</summary>
public sealed class OrderIntake(PartnerBookHolder book, CatalogueCache catalogue, TimeProvider clock)
{
    /// <summary>Takes an order in within the caller's transaction.</summary>
    /// <param name="work">The transaction.</param>
    /// <param name="order">The order.</param>
    /// <param name="partner">The customer partner whose article numbers the order uses, or null.</param>
    /// <param name="documentId">The stored document it came in, or null.</param>
    /// <param name="actor">For the audit log.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<IntakeResult> TakeInAsync(IWork work, Order order, string? partner, long? documentId, string actor, CancellationToken cancellationToken)
    {
        var house = book.Current.House;
        var now = clock.GetUtcNow();
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, house.TimeZone).DateTime);
        var hash = HashOf(order);
        if (order.Number is { Length: > 0 } && order.Buyer.Key is { Length: > 0 } customer
            && await work.Orders.FindByNumberAsync(customer, order.Number, cancellationToken) is { } known)
        {
            if (known.ContentHash == hash)
            {
                return new IntakeResult(IntakeOutcome.Replay, known, []);
            }
            if (order.Revision < known.Order.Revision)
            {
                return new IntakeResult(IntakeOutcome.Replay, known, [Diagnostic.Warning("older-revision", "revision",
                    $"Found revision {order.Revision} of order {order.Number}, expected more than {known.Order.Revision}, which is in force: it was overtaken on its way and changes nothing.")]);
            }
            // Dates that were right when the order was placed may pass before it is changed.
            var wrong = OrderRules.Check(order, DateOnly.FromDateTime(known.ReceivedAt.DateTime));
            return wrong.Any(diagnostic => diagnostic.Severity == Severity.Error)
                ? new IntakeResult(IntakeOutcome.Refused, null, wrong)
                : await ChangeAsync(work, known, order, hash, partner, actor, now, today, cancellationToken);
        }
        return (await TakeInNewAsync(work, [new NewOrder(order, actor, null, hash, partner, documentId)], cancellationToken))[0];
    }

    /// <summary>Takes orders in that are known to be new, with one statement for all of each table. One result each, in order; refused ones are not stored.</summary>
    internal async Task<IReadOnlyList<IntakeResult>> TakeInNewAsync(IWork work, IReadOnlyList<NewOrder> orders, CancellationToken cancellationToken)
    {
        var house = book.Current.House;
        var now = clock.GetUtcNow();
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, house.TimeZone).DateTime);
        var diagnostics = orders.Select(one => OrderRules.Check(one.Order, today).ToList()).ToList();
        var good = Enumerable.Range(0, orders.Count).Where(index => !diagnostics[index].Exists(diagnostic => diagnostic.Severity == Severity.Error)).ToList();
        var results = diagnostics.Select(found => new IntakeResult(IntakeOutcome.Refused, null, found)).ToArray();
        if (good.Count == 0)
        {
            return results;
        }
        var snapshot = await catalogue.GetAsync(work, today, cancellationToken);
        var states = await work.Orders.AddAsync([.. good.Select(index => (One: orders[index], Diagnostics: diagnostics[index])).Select(entry => new OrderState
        {
            Number = entry.One.Order.Number, Channel = entry.One.Order.Channel, Customer = entry.One.Order.Buyer.Key, Pool = PoolOf(house, entry.One.Order.Channel).Name,
            ContentHash = entry.One.Hash ?? HashOf(entry.One.Order), ReceivedAt = now, DocumentId = entry.One.DocumentId, Order = entry.One.Order,
            Lines = [.. entry.One.Order.Lines.Select((line, position) => NewLine(snapshot, entry.One.Order, line, position, entry.One.Partner, entry.Diagnostics))],
        })], cancellationToken);
        await work.Tasks.OpenAsync([.. states.SelectMany(state => MatchTasks(snapshot, state, now))], cancellationToken);
        foreach (var (index, state) in good.Zip(states))
        {
            await WakeAsync(work, PoolOf(house, state.Channel), state, orders[index].Trace, now, cancellationToken);
            results[index] = new IntakeResult(IntakeOutcome.Accepted, state, diagnostics[index]);
        }
        await work.Events.AddAsync([.. states.Select(state => CustomerEvents.Received(state, now))], cancellationToken);
        await work.Audit.AddAsync([.. good.Zip(states).Select(pair => new AuditEntry(now, orders[pair.First].Actor, "order.received", $"order:{pair.Second.Id}", null,
            $$"""{"number":{{JsonSerializer.Serialize(pair.Second.Number)}},"lines":{{pair.Second.Lines.Count}},"hash":"{{pair.Second.ContentHash}}"}"""))], cancellationToken);
        return results;
    }

    /// <summary>Cancels what is left of an order, or of one line: open quantity at once, the rest is asked of suppliers.</summary>
    public async Task<OrderState> CancelAsync(IWork work, OrderState order, string? lineId, string actor, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var next = order.Lines.Select(line => lineId is null || line.LineId == lineId ? line.CancelByCustomer(line.Ordered - line.Cancelled).Line : line).ToList();
        return await SaveChangedAsync(work, order, order with { Lines = next }, actor, "order.cancelled", now, cancellationToken);
    }

    /// <summary>SHA-256 of the order's canonical JSON.</summary>
    public static string HashOf(Order order) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(order, CanonicalJson.Options)));

    /// <summary>Rematches lines that wait for an article after cross references changed; those that match now wait for a supplier.</summary>
    public async Task<OrderState> RematchAsync(IWork work, OrderState order, string? partner, string actor, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var house = book.Current.House;
        var snapshot = await catalogue.GetAsync(work, DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, house.TimeZone).DateTime), cancellationToken);
        var next = order.Lines.Select(line =>
        {
            if (line.Sku is not null)
            {
                return line;
            }
            var asked = order.Order.Lines[line.Index];
            var matched = NewLine(snapshot, order.Order, asked, line.Index, partner, []);
            return matched.Sku is null ? line : matched with { OrderId = order.Id };
        }).ToList();
        foreach (var line in next.Where(line => line.Sku is not null && order.Lines[line.Index].Sku is null))
        {
            await work.Tasks.CloseAsync(MatchTaskKey(order.Id, line.LineId), $"matched to {line.Sku} by {actor}", now, cancellationToken);
        }
        await work.Orders.UpdateAsync(order, cancellationToken);
        return await SaveChangedAsync(work, order, order with { Lines = next }, actor, "order.rematched", now, cancellationToken);
    }

    internal static string MatchTaskKey(long orderId, string lineId) => $"unmatched-article:{orderId}:{lineId}";

    private async Task<IntakeResult> ChangeAsync(
        IWork work, OrderState known, Order order, string hash, string? partner, string actor, DateTimeOffset now, DateOnly today, CancellationToken cancellationToken)
    {
        var snapshot = await catalogue.GetAsync(work, today, cancellationToken);
        var diagnostics = new List<Diagnostic>();
        var next = new List<OrderLineState>();
        var untouched = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in known.Lines)
        {
            var index = order.Lines.ToList().FindIndex(candidate => candidate.Id == line.LineId);
            if (index < 0)
            {
                next.Add(line.CancelByCustomer(line.Ordered - line.Cancelled).Line);
                continue;
            }
            var wanted = NewLine(snapshot, order, order.Lines[index], line.Index, partner, diagnostics);
            if (line.Sku is not null && wanted.Sku != line.Sku && line.Allocated > 0)
            {
                // What is on purchase orders has an article for good: the line stays as it was, only a new line can be another article.
                diagnostics.Add(Diagnostic.Warning("article-changed", $"line {line.LineId}",
                    $"Found article {wanted.Sku ?? order.Lines[index].Item.Label} on line {line.LineId}, which is ordered from a supplier as {line.Sku}: the line stays as it is. Cancel it (quantity left out of the change) and add a line with a new id."));
                untouched.Add(line.LineId);
                next.Add(line);
                continue;
            }
            var live = line.Ordered - line.Cancelled - line.CancelRequested;
            var changed = wanted.Ordered switch
            {
                var more when more > live => line.Increase(more - live),
                var less when less < live => line.CancelByCustomer(live - less).Line,
                _ => line,
            };
            next.Add(changed with { NeedBy = wanted.NeedBy, Sku = wanted.Sku, UnitFactor = wanted.UnitFactor, Hold = wanted.Hold });
        }
        foreach (var added in order.Lines.Where(line => known.Lines.All(existing => existing.LineId != line.Id)))
        {
            next.Add(NewLine(snapshot, order, added, next.Count, partner, diagnostics) with { OrderId = known.Id });
        }
        // The stored order keeps removed and refused lines as they were, so that line ids and indexes never move.
        var kept = next.Select(line => order.Lines.FirstOrDefault(candidate => candidate.Id == line.LineId && !untouched.Contains(line.LineId))
            ?? known.Order.Lines.First(candidate => candidate.Id == line.LineId)).ToList();
        var state = await SaveChangedAsync(work, known,
            known with { Order = order with { Lines = kept }, ContentHash = hash, Version = known.Version + 1, Lines = next }, actor, "order.changed", now, cancellationToken);
        await work.Tasks.OpenAsync([.. MatchTasks(snapshot, state, now)], cancellationToken);
        return new IntakeResult(IntakeOutcome.Changed, state, diagnostics);
    }

    private async Task<OrderState> SaveChangedAsync(
        IWork work, OrderState before, OrderState after, string actor, string action, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!ReferenceEquals(before.Order, after.Order) || before.ContentHash != after.ContentHash)
        {
            await work.Orders.UpdateAsync(after, cancellationToken);
        }
        var changed = after.Lines.Where(line => before.Lines.All(old => old != line)).ToList();
        await work.Orders.SaveLinesAsync(changed, cancellationToken);
        foreach (var line in changed.Where(line => line.Open == 0 && before.Lines.Any(old => old.LineId == line.LineId && old is { Open: > 0 })))
        {
            foreach (var kind in (string[])["unmatched-article", "unfilled-line", "line-without-supplier"])
            {
                await work.Tasks.CloseAsync($"{kind}:{after.Id}:{line.LineId}", $"cancelled by {actor}", now, cancellationToken);
            }
        }
        if (changed.Exists(line => line.CancelRequested > 0))
        {
            await work.Jobs.InsertAsync([new NewJob("ask-cancellation", $$"""{"orderId":{{after.Id}}}""") { UniqueKey = $"ask-cancellation:{after.Id}:{after.Version}" }], cancellationToken);
        }
        if (after.Lines.Any(line => line is { Open: > 0, Sku: not null, Hold: null }))
        {
            await WakeAsync(work, PoolOf(book.Current.House, after.Channel), after, null, now, cancellationToken);
        }
        await work.Events.AddAsync(CustomerEvents.Changed(before, after, now), cancellationToken);
        await work.Audit.AddAsync([new AuditEntry(now, actor, action, $"order:{after.Id}", Summary(before), Summary(after))], cancellationToken);
        return after;
    }

    private static string Summary(OrderState order) => JsonSerializer.Serialize(new
    {
        order.Version,
        order.ContentHash,
        lines = order.Lines.Select(line => new { line.LineId, line.Ordered, line.Open, line.Allocated, line.Cancelled, line.CancelRequested }),
    }, CanonicalJson.Options);

    private static OrderLineState NewLine(CatalogueSnapshot snapshot, Order order, OrderLine line, int index, string? partner, List<Diagnostic> diagnostics)
    {
        var match = snapshot.Match(partner, line.Item, supplier: false);
        decimal factor = 1;
        string? hold = null;
        if (match is not { } found)
        {
            hold = $"Article {line.Item.Label} is not known.";
            diagnostics.Add(Diagnostic.Warning("unknown-article", $"line {line.Id} item",
                $"Article {line.Item.Label} is not in the catalogue. The line waits until somebody matches it; the other lines go on."));
        }
        else if (FactorOf(found.Article, line.Quantity.Unit, found.Factor, found.Unit) is { } known)
        {
            factor = known;
        }
        else
        {
            hold = $"Unit {line.Quantity.Unit} is not one that article {found.Article.Sku} is sold in.";
            diagnostics.Add(Diagnostic.Warning("unit-not-sold", $"line {line.Id} quantity",
                $"Found unit {line.Quantity.Unit}, expected {string.Join(", ", found.Article.Packs.Select(pack => pack.Unit).Prepend(found.Article.BaseUnit))} for article {found.Article.Sku}. The line waits for a person."));
        }
        var ordered = line.Quantity.Value * factor;
        return new OrderLineState
        {
            LineId = line.Id, Index = index, Sku = match?.Article.Sku, UnitFactor = factor, NeedBy = line.RequestedDelivery ?? order.RequestedDelivery,
            Ordered = ordered, Open = ordered, Forbidden = line.NotFrom, Hold = hold,
        };
    }

    /// <summary>Base units in one ordered unit, or null when the article is not sold in it. Piece codes are one and the same.</summary>
    internal static decimal? FactorOf(Article article, string unit, decimal matchedFactor, string matchedUnit)
    {
        if (Same(unit, matchedUnit))
        {
            return matchedFactor;
        }
        if (Same(unit, article.BaseUnit))
        {
            // A pack's GTIN ordered in pieces means so many packs: the GTIN names the trade item (GS1 General Specifications 2.1).
            return matchedFactor;
        }
        return article.Packs.FirstOrDefault(pack => Same(unit, pack.Unit))?.UnitFactor;
    }

    internal static bool Same(string left, string right) => left == right || (IsPiece(left) && IsPiece(right)) || Pack(left) == Pack(right);

    private static bool IsPiece(string unit) => unit is "EA" or "C62" or "PCE" or "NAR" or "H87";

    private static string Pack(string unit) => unit switch
    {
        "CT" or "XCT" or "CS" or "CA" => "CT",
        "PK" or "XPK" or "PA" => "PK",
        "BX" or "XBX" => "BX",
        "RO" or "ROL" or "RL" or "XRO" => "RO",
        "PF" or "PX" or "XPX" => "PF",
        "BG" or "XBG" => "BG",
        _ => unit,
    };

    private static IEnumerable<HubTask> MatchTasks(CatalogueSnapshot snapshot, OrderState state, DateTimeOffset now) =>
        state.Lines.Where(line => line.Hold is not null && line.Open > 0).Select(line =>
        {
            var item = state.Order.Lines[line.Index].Item;
            var proposals = line.Sku is null ? snapshot.Propose(item, 3) : [];
            return new HubTask
            {
                Kind = "unmatched-article", Key = MatchTaskKey(state.Id, line.LineId), OrderId = state.Id, At = now,
                Text = $"Order {state.Number} line {line.LineId}: {line.Hold} "
                    + (proposals.Count > 0 ? $"Perhaps {string.Join(" or ", proposals.Select(proposal => $"{proposal.Article.Sku} ({proposal.Why})"))}." : "Name the article, or cancel the line."),
                Data = JsonSerializer.Serialize(new { orderId = state.Id, lineId = line.LineId, item, proposals = proposals.Select(proposal => new { sku = proposal.Article.Sku, why = proposal.Why }) }, CanonicalJson.Options),
            };
        });

    /// <summary>The pool that takes orders of a channel.</summary>
    public static PoolRule PoolOf(House house, string channel) =>
        house.Pools.FirstOrDefault(pool => pool.Channels.Contains(channel))
        ?? house.Pools.FirstOrDefault(pool => pool.Channels.Count == 0)
        ?? throw new HubException($"house.yaml has no pool for channel {channel} and none that takes all others. Add a pool without channels.");

    private static async Task WakeAsync(IWork work, PoolRule pool, OrderState state, string? trace, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!state.Lines.Any(line => line is { Open: > 0, Sku: not null, Hold: null }))
        {
            return;
        }
        if (pool.Immediate)
        {
            await work.Jobs.InsertAsync([new NewJob("route-order", $$"""{"orderId":{{state.Id}}}""") { UniqueKey = $"route-order:{state.Id}", Trace = trace }], cancellationToken);
        }
        else
        {
            await work.Routing.WakePoolAsync(pool.Name, now + pool.Gather, cancellationToken);
        }
    }
}
