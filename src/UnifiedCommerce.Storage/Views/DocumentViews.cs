using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Storage.Views;

internal sealed partial class StoredViews
{
    private const string DocumentColumns = "select d.id, d.outbound, d.partner, d.transport, d.name, d.received_at, d.format, d.state, d.reason, d.size, m.kind, m.number, "
        + "m.order_number, (select count(*) from messages c where c.document_id = d.id) from documents d left join messages m on m.document_id = d.id and m.idx = 0";

    /// <inheritdoc />
    public async Task<Page<DocumentRow>> DocumentsAsync(DocumentFilter filter, PageRequest page, CancellationToken cancellationToken)
    {
        await using var lease = await store.ReadAsync(cancellationToken);
        string sql = DocumentColumns + " where d.id < @before";
        if (filter.Partner is not null)
            sql += " and d.partner = @partner";
        if (filter.State is not null)
            sql += " and d.state = @state";
        if (filter.Kind is not null)
            sql += " and exists (select 1 from messages k where k.document_id = d.id and k.kind = @kind)";
        if (filter.Text is not null)
        {
            sql += " and (lower(d.name) like @inside escape '~' or exists (select 1 from messages n where n.document_id = d.id "
                + "and (lower(n.number) like @like escape '~' or lower(n.order_number) like @like escape '~')))";
        }
        var rows = await lease.Session.ListAsync(
            sql + " order by d.id desc limit @limit",
            new
            {
                before = page.Before ?? long.MaxValue, limit = Limit(page) + 1, partner = filter.Partner, state = filter.State?.ToString(), kind = filter.Kind?.ToString(),
                like = Like(filter.Text, prefix: true), inside = Like(filter.Text, prefix: false),
            },
            ReadDocument, cancellationToken);
        long? next = Cut(rows, page, static row => row.Id);
        return new Page<DocumentRow>(rows, next);
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<DocumentRow>> DocumentsAboutAsync(IReadOnlyCollection<string> numbers, CancellationToken cancellationToken)
    {
        if (numbers.Count == 0)
            return [];
        await using var lease = await store.ReadAsync(cancellationToken);
        return await lease.Session.ListAsync(
            DocumentColumns + " where d.id in (select x.document_id from messages x where x.order_number {any numbers} union select y.document_id from messages y "
            + "where y.number {any numbers} and y.kind in ('Order', 'PurchaseOrder', 'OrderChange')) order by d.id limit 500",
            new { numbers = lease.Session.Dialect.List(numbers) }, ReadDocument, cancellationToken);
    }

    /// <inheritdoc />
    public async Task<Page<DispatchRow>> DispatchesAsync(string? partner, StateWord<DispatchState>? state, PageRequest page, CancellationToken cancellationToken)
    {
        await using var lease = await store.ReadAsync(cancellationToken);
        var rows = await lease.Session.ListAsync(
            "select id, key, partner, kind, purchase_id, file_name, interchange_control, state, attempt, acknowledgement, evidence, reason, prepared_at, sent_at from dispatches "
            + "where id < @before" + (partner is null ? "" : " and partner = @partner") + (state is null ? "" : " and state = @state") + " order by id desc limit @limit",
            new { before = page.Before ?? long.MaxValue, limit = Limit(page) + 1, partner, state = state?.ToString() },
            static row => new DispatchRow(
                row.Number(), row.Text(), row.Text(), row.Shown<DocumentKind>(), row.NumberOrNull(), row.Text(), row.TextOrNull(), row.Shown<DispatchState>(), row.Int(),
                row.Shown<AcknowledgementState>(), row.TextOrNull(), row.TextOrNull(), row.Moment(), row.MomentOrNull()),
            cancellationToken);
        long? next = Cut(rows, page, static row => row.Id);
        return new Page<DispatchRow>(rows, next);
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<SearchHit>> SearchAsync(string text, CancellationToken cancellationToken)
    {
        await using var lease = await store.ReadAsync(cancellationToken);
        // Every branch is bounded, so that one common prefix cannot drown the others.
        const string sql = """
            select * from (select 'order', id, number, 'order number', 0 from orders where lower(number) like @like escape '~' order by id desc limit 15) a
            union all select * from (select 'purchase', id, number, 'purchase order number', 1 from purchases where lower(number) like @like escape '~' order by id desc limit 15) b
            union all select * from (select 'purchase', id, number, 'supplier''s order number ' || supplier_order_number, 1 from purchases where lower(supplier_order_number) like @like escape '~' order by id desc limit 10) c
            union all select * from (select distinct 'purchase', p.id, p.number, 'tracking number ' || l.tracking, 2 from purchase_lines l join purchases p on p.id = l.purchase_id where lower(l.tracking) like @like escape '~' limit 10) d
            union all select * from (select distinct 'document', m.document_id, m.number, m.kind || ' number', 3 from messages m where lower(m.number) like @like escape '~' and m.kind not in ('Order', 'Acknowledgement') order by 2 desc limit 10) e
            union all select * from (select 'document', id, name, 'file name', 4 from documents where lower(name) like @like escape '~' order by id desc limit 10) f
            union all select * from (select 'purchase', d.purchase_id, d.key, 'control number ' || d.interchange_control, 5 from dispatches d where d.interchange_control = @exact and d.purchase_id is not null order by d.id desc limit 10) g
            union all select * from (select 'invoice', purchase_id, number, 'invoice of ' || partner, 6 from supplier_invoices where lower(number) like @like escape '~' and purchase_id is not null limit 10) h
            union all select * from (select 'article', 0, sku, name, 7 from articles where lower(sku) like @like escape '~' or gtin = @exact limit 10) i
            order by 5 limit 50
            """;
        return await lease.Session.ListAsync(
            sql, new { like = Like(text, prefix: true), exact = text },
            static row => new SearchHit(row.Text(), row.Number(), row.Text(), row.Text()), cancellationToken);
    }

    private static DocumentRow ReadDocument(Row row) => new(
        row.Number(), row.Flag(), row.TextOrNull(), row.Text(), row.Text(), row.Moment(), row.TextOrNull(), row.Shown<DocumentState>(), row.TextOrNull(), row.Number(),
        new StateWord<DocumentKind>(row.TextOrNull() ?? nameof(DocumentKind.Unknown)), row.TextOrNull(), row.TextOrNull(), row.Int());
}
