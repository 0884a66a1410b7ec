using System.Text.Json;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Storage.Views;

/// <summary>The reads of console and portal, one SQL text for both databases.</summary>
internal sealed partial class StoredViews(HubStore store) : IViews
{
    // A line counts in the first stage that holds some of it: what needs attention comes first.
    private const string Stage = "case when l.hold is not null and l.open > 0 then 'held' when l.open > 0 then 'open' when l.awaiting > 0 then 'awaiting' "
        + "when l.backordered > 0 then 'backordered' when l.confirmed > 0 then 'confirmed' when l.shipped > 0 then 'shipped' when l.received > 0 then 'received' else 'cancelled' end";

    /// <inheritdoc />
    public async Task<Page<OrderRow>> OrdersAsync(OrderFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        await using var lease = await store.ReadAsync(cancellationToken);
        string sql = "select o.id, o.number, o.channel, o.customer, o.received_at, o.body from orders o where o.id < @before";
        if (filter.Channel is not null)
            sql += " and o.channel = @channel";
        if (filter.Customer is not null)
            sql += " and o.customer = @customer";
        if (filter.Stage is not null)
            sql += $" and exists (select 1 from order_lines l where l.order_id = o.id and {Stage} = @stage)";
        if (filter.Text is not null)
        {
            sql += " and (lower(o.number) like @like escape '~' or lower(o.customer) like @like escape '~' or lower(o.body) like @inside escape '~'"
                + " or exists (select 1 from order_lines l where l.order_id = o.id and l.sku = @exact)"
                + " or exists (select 1 from pegs g join purchases p on p.id = g.purchase_id where g.order_id = o.id and (p.number = @exact or p.supplier_order_number = @exact)))";
        }
        var rows = await lease.Session.ListAsync(
            sql + " order by o.id desc limit @limit",
            new
            {
                before = page.Before ?? long.MaxValue, limit = Limit(page) + 1, channel = filter.Channel, customer = filter.Customer, stage = filter.Stage,
                exact = filter.Text, like = Like(filter.Text, prefix: true), inside = Like(filter.Text, prefix: false),
            },
            static row => (Id: row.Number(), Number: row.Text(), Channel: row.Text(), Customer: row.Text(), At: row.Moment(), Body: row.Text()),
            cancellationToken);
        long? next = Cut(rows, page, static row => row.Id);
        var stages = await lease.Session.ListAsync(
            $"select l.order_id, {Stage}, count(*), min(l.need_by) from order_lines l where l.order_id {{any ids}} group by 1, 2",
            new { ids = lease.Session.Dialect.List(rows.Select(row => row.Id)) },
            static row => (Id: row.Number(), Stage: row.Text(), Count: row.Number(), NeedBy: row.DayOrNull()),
            cancellationToken);
        var byOrder = stages.ToLookup(stage => stage.Id);
        return new Page<OrderRow>(
            [.. rows.Select(row => new OrderRow(
                row.Id, row.Id, row.Number, row.Channel, row.Customer, BuyerName(row.Body), row.At, byOrder[row.Id].Min(stage => stage.NeedBy),
                Stages(byOrder[row.Id].Select(stage => (stage.Stage, stage.Count)))))],
            next);
    }

    /// <inheritdoc />
    public async Task<long?> OrderIdAsync(string? customer, string number, CancellationToken cancellationToken)
    {
        await using var lease = await store.ReadAsync(cancellationToken);
        return await lease.Session.NumberAsync(
            customer is null ? "select max(id) from orders where number = @number" : "select id from orders where customer = @customer and number = @number",
            new { customer, number }, cancellationToken);
    }

    /// <inheritdoc />
    public async Task<Page<PurchaseRow>> PurchasesAsync(PurchaseFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        await using var lease = await store.ReadAsync(cancellationToken);
        string sql = PurchaseColumns + " where p.id < @before";
        if (filter.Partner is not null)
            sql += " and p.partner = @partner";
        if (filter.Status is not null)
            sql += " and p.status = @status";
        if (filter.Text is not null)
        {
            sql += " and (lower(p.number) like @like escape '~' or lower(p.supplier_order_number) like @like escape '~'"
                + " or exists (select 1 from purchase_lines l where l.purchase_id = p.id and (l.sku = @exact or l.supplier_sku = @exact or l.tracking = @exact)))";
        }
        var rows = await lease.Session.ListAsync(
            sql + " order by p.id desc limit @limit",
            new
            {
                before = page.Before ?? long.MaxValue, limit = Limit(page) + 1, partner = filter.Partner, status = filter.Status?.ToString(), exact = filter.Text,
                like = Like(filter.Text, prefix: true),
            },
            ReadPurchase, cancellationToken);
        long? next = Cut(rows, page, static row => row.Id);
        return new Page<PurchaseRow>(rows, next);
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<PurchaseRow>> PurchasesOfRunAsync(long runId, CancellationToken cancellationToken)
    {
        await using var lease = await store.ReadAsync(cancellationToken);
        return await lease.Session.ListAsync(PurchaseColumns + " where p.run_id = @runId order by p.id", new { runId }, ReadPurchase, cancellationToken);
    }

    /// <inheritdoc />
    public async Task<Page<RunRow>> RunsAsync(bool decidedOnly, PageRequest page, CancellationToken cancellationToken)
    {
        await using var lease = await store.ReadAsync(cancellationToken);
        var rows = await lease.Session.ListAsync(
            "select r.id, r.pool, r.number, r.as_of, r.decided, r.line_count, r.unfilled_count, r.currency, r.cash_cost, r.decision_cost, r.lower_bound, r.preferred_cost, "
            + "r.cheapest_per_line_cost, r.work_steps, r.proved, (select count(*) from purchases p where p.run_id = r.id) from runs r where r.id < @before"
            + (decidedOnly ? " and r.decided = 1" : "") + " order by r.id desc limit @limit",
            new { before = page.Before ?? long.MaxValue, limit = Limit(page) + 1 },
            static row => new RunRow(
                row.Number(), row.Text(), row.Number(), row.Moment(), row.Flag(), row.Int(), row.Int(), row.Text(), row.Money(), row.Money(), row.Money(), row.MoneyOrNull(),
                row.MoneyOrNull(), row.Number(), row.Flag(), row.Int()),
            cancellationToken);
        long? next = Cut(rows, page, static row => row.Id);
        return new Page<RunRow>(rows, next);
    }

    /// <inheritdoc />
    public async Task<Page<InvoiceRow>> InvoicesAsync(long? purchaseId, PageRequest page, CancellationToken cancellationToken)
    {
        await using var lease = await store.ReadAsync(cancellationToken);
        var rows = await lease.Session.ListAsync(
            "select document_id, partner, number, is_credit, purchase_id, issued, currency, payable, matched, difference, reason, document_id from supplier_invoices "
            + "where document_id < @before" + (purchaseId is null ? "" : " and purchase_id = @purchaseId") + " order by document_id desc, number limit @limit",
            new { before = page.Before ?? long.MaxValue, limit = Limit(page) + 1, purchaseId },
            static row => new InvoiceRow(
                row.Number(), row.Text(), row.Text(), row.Flag(), row.NumberOrNull(), row.Day(), row.Text(), row.Money(), row.Flag(), row.Money(), row.TextOrNull(), row.Number()),
            cancellationToken);
        long? next = Cut(rows, page, static row => row.Id);
        return new Page<InvoiceRow>(rows, next);
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<HubEvent>> EventsOfOrderAsync(long orderId, string? audience, CancellationToken cancellationToken)
    {
        await using var lease = await store.ReadAsync(cancellationToken);
        return await lease.Session.ListAsync(
            "select sequence, type, at, order_id, customer, audience, subject, data from events where order_id = @orderId"
            + (audience is null ? "" : " and audience = @audience") + " order by sequence limit 1000",
            new { orderId, audience },
            static row => new HubEvent
            {
                Sequence = row.Number(), Type = row.Text(), At = row.Moment(), OrderId = row.NumberOrNull(), Customer = row.TextOrNull(),
                Audience = row.Text(), Subject = row.Text(), Data = row.Text(),
            },
            cancellationToken);
    }

    private const string PurchaseColumns = "select p.id, p.number, p.version, p.partner, p.status, p.decided_at, p.currency, p.total, "
        + "(select count(*) from purchase_lines l where l.purchase_id = p.id), p.run_id, p.supplier_order_number, p.pending_change, p.reason from purchases p";

    private static PurchaseRow ReadPurchase(Row row) => new(
        row.Number(), row.Text(), row.Int(), row.Text(), row.Shown<PurchaseStatus>(), row.Moment(), row.Text(), row.Money(), row.Int(), row.Number(), row.TextOrNull(),
        row.TextOrNull(), row.TextOrNull());

    private static int Limit(PageRequest page) => Math.Clamp(page.Limit, 1, 500);

    // One row more than asked tells whether there is a next page.
    private static long? Cut<T>(List<T> rows, PageRequest page, Func<T, long> id)
    {
        int limit = Limit(page);
        if (rows.Count <= limit)
        {
            return null;
        }
        rows.RemoveRange(limit, rows.Count - limit);
        return id(rows[^1]);
    }

    private static string? Like(string? text, bool prefix)
    {
        if (text is null)
            return null;
        string quoted = text.ToLowerInvariant().Replace("~", "~~", StringComparison.Ordinal).Replace("%", "~%", StringComparison.Ordinal).Replace("_", "~_", StringComparison.Ordinal);
        return prefix ? quoted + "%" : "%" + quoted + "%";
    }

    private static LineStages Stages(IEnumerable<(string Stage, long Count)> counts)
    {
        var by = counts.GroupBy(count => count.Stage, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Sum(count => count.Count), StringComparer.Ordinal);
        return new LineStages(
            by.GetValueOrDefault("held"), by.GetValueOrDefault("open"), by.GetValueOrDefault("awaiting"), by.GetValueOrDefault("backordered"),
            by.GetValueOrDefault("confirmed"), by.GetValueOrDefault("shipped"), by.GetValueOrDefault("received"), by.GetValueOrDefault("cancelled"));
    }

    private static string? BuyerName(string body)
    {
        using var order = JsonDocument.Parse(body);
        return order.RootElement.TryGetProperty("buyer", out var buyer) && buyer.TryGetProperty("name", out var name) ? name.GetString() : null;
    }
}

/// <summary>The reads for people over a store.</summary>
public static class HubViews
{
    /// <summary>Reads over the store; they block no writer.</summary>
    public static IViews Of(HubStore store) => new StoredViews(store);
}
