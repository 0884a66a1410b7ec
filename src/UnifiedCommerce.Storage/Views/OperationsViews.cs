using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Storage.Views;

internal sealed partial class StoredViews
{
    private const string TaskColumns = "select id, kind, key, text, partner, order_id, purchase_id, document_id, data, at, closed_at, outcome from tasks";
    private const long HourMicros = 3_600_000_000;


    /// <inheritdoc />
    public async Task<HomeView> HomeAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var lease = await store.ReadAsync(cancellationToken);
        var session = lease.Session;
        long orders = await session.NumberAsync("select count(*) from orders", null, cancellationToken) ?? 0;
        var lines = await session.ListAsync($"select {Stage}, count(*) from order_lines l group by 1", null, static row => (row.Text(), row.Number()), cancellationToken);
        var latest = await session.NumberAsync("select max(received_at) from orders", null, cancellationToken);
        // The business clock may stand still or run ahead of the machine's: the hours shown end with the newest arrival.
        long end = Math.Max(latest ?? 0, Stored.Moment(now)) / HourMicros;
        var arrivals = await session.ListAsync(
            "select received_at / @hour, count(*) from orders where received_at >= @since group by 1 order by 1",
            new { hour = HourMicros, since = (end - 47) * HourMicros },
            static row => new HourCount(Stored.Moment(row.Number() * HourMicros), row.Number()), cancellationToken);
        return new HomeView
        {
            Orders = orders,
            Lines = Stages(lines),
            Purchases = await TalliesAsync(session, "select status, count(*) from purchases group by 1 order by 1", cancellationToken),
            Documents = await TalliesAsync(session, "select state, count(*) from documents where outbound = 0 group by 1 order by 1", cancellationToken),
            Dispatches = await TalliesAsync(session, "select state, count(*) from dispatches group by 1 order by 1", cancellationToken),
            Tasks = await TalliesAsync(session, "select kind, count(*) from tasks where closed_at is null group by 1 order by 2 desc, 1", cancellationToken),
            Jobs = [.. (await StoredJobDesk.CountsAsync(session, cancellationToken)).GroupBy(count => count.Stage).OrderBy(group => group.Key)
                .Select(group => new Tally(group.Key.ToString(), group.Sum(count => count.Count)))],
            Arrivals = arrivals,
        };
    }

    /// <inheritdoc />
    public async Task<Page<HubTask>> TasksAsync(bool openOnly, string? kind, PageRequest page, CancellationToken cancellationToken)
    {
        await using var lease = await store.ReadAsync(cancellationToken);
        var rows = await lease.Session.ListAsync(
            TaskColumns + " where id < @before" + (openOnly ? " and closed_at is null" : "") + (kind is null ? "" : " and kind = @kind") + " order by id desc limit @limit",
            new { before = page.Before ?? long.MaxValue, limit = Limit(page) + 1, kind }, ReadTask, cancellationToken);
        long? next = Cut(rows, page, static row => row.Id);
        return new Page<HubTask>(rows, next);
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<HubTask>> TasksAboutAsync(long? orderId, long? purchaseId, long? documentId, CancellationToken cancellationToken)
    {
        await using var lease = await store.ReadAsync(cancellationToken);
        return await lease.Session.ListAsync(
            TaskColumns + " where order_id = @orderId or purchase_id = @purchaseId or document_id = @documentId order by id limit 200",
            new { orderId = orderId ?? -1, purchaseId = purchaseId ?? -1, documentId = documentId ?? -1 }, ReadTask, cancellationToken);
    }

    /// <inheritdoc />
    public async Task<Page<JobView>> JobsAsync(JobFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        await using var lease = await store.ReadAsync(cancellationToken);
        var rows = await StoredJobDesk.ListAsync(lease.Session, filter, page.Before ?? long.MaxValue, Limit(page) + 1, cancellationToken);
        long? next = Cut(rows, page, static row => row.Id);
        return new Page<JobView>(rows, next);
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<JobCount>> JobCountsAsync(CancellationToken cancellationToken)
    {
        await using var lease = await store.ReadAsync(cancellationToken);
        return await StoredJobDesk.CountsAsync(lease.Session, cancellationToken);
    }

    /// <inheritdoc />
    public async Task<JobView?> JobAsync(long id, CancellationToken cancellationToken)
    {
        await using var lease = await store.ReadAsync(cancellationToken);
        return await lease.Session.FirstAsync(StoredJobDesk.Unfinished + " where id = @id", new { id }, StoredJobDesk.Read, cancellationToken)
            ?? await lease.Session.FirstAsync(StoredJobDesk.Finished + " where id = @id order by finished_at desc limit 1", new { id }, StoredJobDesk.Read, cancellationToken);
    }

    /// <inheritdoc />
    public async Task<Page<AuditRow>> AuditAsync(string? text, PageRequest page, CancellationToken cancellationToken)
    {
        await using var lease = await store.ReadAsync(cancellationToken);
        var rows = await lease.Session.ListAsync(
            "select id, at, actor, action, subject, before_json, after_json from audit where id < @before"
            + (text is null ? "" : " and (subject = @exact or lower(actor) like @like escape '~' or lower(action) like @like escape '~')") + " order by id desc limit @limit",
            new { before = page.Before ?? long.MaxValue, limit = Limit(page) + 1, exact = text, like = Like(text, prefix: true) },
            static row => new AuditRow(row.Number(), row.Moment(), row.Text(), row.Text(), row.Text(), row.TextOrNull(), row.TextOrNull()), cancellationToken);
        long? next = Cut(rows, page, static row => row.Id);
        return new Page<AuditRow>(rows, next);
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<PartnerFigures>> PartnersAsync(CancellationToken cancellationToken)
    {
        await using var lease = await store.ReadAsync(cancellationToken);
        var session = lease.Session;
        var purchases = await session.ListAsync(
            "select partner, count(*), cast(sum(case when status in ('AwaitingApproval', 'Released', 'Sent', 'Acknowledged', 'Answered', 'Escalated') then 1 else 0 end) as bigint), "
            + "cast(sum(case when status in ('Refused', 'Cancelled', 'Rejected') then 0 else total end) as bigint), max(currency) from purchases group by partner",
            null, static row => (Partner: row.Text(), Count: row.Number(), Open: row.Number(), Value: row.Money(), Currency: row.TextOrNull()), cancellationToken);
        var dispatches = await session.ListAsync(
            "select partner, cast(sum(case when state in ('Prepared', 'Sending', 'Unknown') then 1 else 0 end) as bigint), cast(sum(case when state in ('Held', 'Failed') then 1 else 0 end) as bigint) "
            + "from dispatches where state in ('Prepared', 'Sending', 'Unknown', 'Held', 'Failed') group by partner",
            null, static row => (Partner: row.Text(), Unsettled: row.Number(), Held: row.Number()), cancellationToken);
        var tasks = await session.ListAsync(
            "select partner, count(*) from tasks where closed_at is null and partner is not null group by partner", null,
            static row => (Partner: row.Text(), Count: row.Number()), cancellationToken);
        var heard = await session.ListAsync(
            "select partner, max(received_at) from documents where partner is not null and outbound = 0 group by partner", null,
            static row => (Partner: row.Text(), At: row.Moment()), cancellationToken);
        return [.. purchases.Select(row => row.Partner).Concat(dispatches.Select(row => row.Partner)).Concat(tasks.Select(row => row.Partner)).Concat(heard.Select(row => row.Partner))
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(partner =>
            {
                var bought = purchases.Find(row => row.Partner == partner);
                var sent = dispatches.Find(row => row.Partner == partner);
                var last = heard.Find(row => row.Partner == partner);
                return new PartnerFigures(
                    partner, bought.Count, bought.Open, bought.Value, bought.Currency, sent.Unsettled, sent.Held, tasks.Find(row => row.Partner == partner).Count,
                    last.Partner is null ? null : last.At);
            })];
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<SellThroughRow>> SellThroughAsync(string? manufacturer, DateTimeOffset since, int limit, CancellationToken cancellationToken)
    {
        await using var lease = await store.ReadAsync(cancellationToken);
        var rows = await lease.Session.ListAsync(
            """
            select a.sku, a.name, a.body, coalesce(s.ordered, 0), coalesce(s.shipped, 0), coalesce(s.backordered, 0), coalesce(t.available, 0), s.latest, coalesce(s.channels, 0)
            from articles a
            left join (select l.sku, cast(sum(l.ordered - l.cancelled) as bigint) as ordered, cast(sum(l.shipped + l.received) as bigint) as shipped,
                cast(sum(l.backordered) as bigint) as backordered, max(o.received_at) as latest, count(distinct o.channel) as channels
                from order_lines l join orders o on o.id = l.order_id where o.received_at >= @since and l.sku is not null group by l.sku) s on s.sku = a.sku
            left join (select sku, cast(sum(available) as bigint) as available from stock group by sku) t on t.sku = a.sku
            """,
            new { since = Stored.Moment(since) },
            static row => (Sku: row.Text(), Name: row.Text(), Article: row.Json<Article>(), Ordered: row.Quantity(), Shipped: row.Quantity(), Backordered: row.Quantity(),
                Available: row.Quantity(), Latest: row.MomentOrNull(), Channels: row.Int()),
            cancellationToken);
        return [.. rows.Where(row => manufacturer is null || row.Article.Manufacturer == manufacturer)
            .Select(row => new SellThroughRow(row.Sku, row.Name, row.Article.Manufacturer, row.Ordered, row.Shipped, row.Backordered, row.Available, row.Latest, row.Channels))
            .OrderByDescending(row => row.Ordered).ThenBy(row => row.Sku, StringComparer.Ordinal).Take(Math.Clamp(limit, 1, 5000))];
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<ChannelSales>> ChannelSalesAsync(IReadOnlyCollection<string> skus, DateTimeOffset since, CancellationToken cancellationToken)
    {
        if (skus.Count == 0)
            return [];
        await using var lease = await store.ReadAsync(cancellationToken);
        return await lease.Session.ListAsync(
            "select l.sku, o.channel, cast(sum(l.ordered - l.cancelled) as bigint) from order_lines l join orders o on o.id = l.order_id where o.received_at >= @since and l.sku {any skus} "
            + "group by l.sku, o.channel order by l.sku, o.channel",
            new { since = Stored.Moment(since), skus = lease.Session.Dialect.List(skus) },
            static row => new ChannelSales(row.Text(), row.Text(), row.Quantity()), cancellationToken);
    }

    private static async Task<IReadOnlyList<Tally>> TalliesAsync(Session session, string sql, CancellationToken cancellationToken) =>
        await session.ListAsync(sql, null, static row => new Tally(row.Text(), row.Number()), cancellationToken);

    private static HubTask ReadTask(Row row) => new()
    {
        Id = row.Number(), Kind = row.Text(), Key = row.Text(), Text = row.Text(), Partner = row.TextOrNull(), OrderId = row.NumberOrNull(), PurchaseId = row.NumberOrNull(),
        DocumentId = row.NumberOrNull(), Data = row.Text(), At = row.Moment(), ClosedAt = row.MomentOrNull(), Outcome = row.TextOrNull(),
    };

}
