using System.Globalization;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Storage;

internal sealed class PurchasesTable(Session session, Bought bought, Reserved reserved) : IPurchases
{
    static readonly Bulk<PurchaseState> InsertPurchases = Bulk<PurchaseState>.Insert("purchases", "returning id",
        [.. PurchaseColumns(), Column<PurchaseState>.Number("counted", purchase => Bought.ValueOf(purchase))]);
    static readonly Bulk<PurchaseState> UpdatePurchases = Bulk<PurchaseState>.Update("purchases", ["id"],
        Column<PurchaseState>.Number("id", purchase => purchase.Id),
        Column<PurchaseState>.Text("status", purchase => purchase.Status.ToString()),
        Column<PurchaseState>.Number("version", purchase => purchase.Document.Version),
        Column<PurchaseState>.Money("total", purchase => purchase.Document.LineTotal),
        Column<PurchaseState>.Json("body", purchase => purchase.Document),
        Column<PurchaseState>.Money("expected_charges", purchase => purchase.ExpectedCharges),
        Column<PurchaseState>.Money("expected_discount", purchase => purchase.ExpectedDiscount),
        Column<PurchaseState>.Text("supplier_order_number", purchase => purchase.SupplierOrderNumber),
        Column<PurchaseState>.Text("pending_change", purchase => purchase.PendingChange),
        Column<PurchaseState>.Text("reason", purchase => purchase.Reason));
    static readonly Bulk<(long Id, PurchaseStatus Status)> SetStatuses = Bulk<(long Id, PurchaseStatus Status)>.Update("purchases", ["id"],
        Column<(long Id, PurchaseStatus Status)>.Number("id", row => row.Id),
        Column<(long Id, PurchaseStatus Status)>.Text("status", row => row.Status.ToString()));
    static readonly Bulk<(PurchaseState Purchase, PurchaseLineState Line)> InsertLines =
        Bulk<(PurchaseState Purchase, PurchaseLineState Line)>.Insert("purchase_lines", "", [
            Column<(PurchaseState Purchase, PurchaseLineState Line)>.Text("partner", row => row.Purchase.Partner),
            Column<(PurchaseState Purchase, PurchaseLineState Line)>.Moment("decided_at", row => row.Purchase.DecidedAt),
            Column<(PurchaseState Purchase, PurchaseLineState Line)>.Number("reserved", row => Reserved.AmountOf(row.Line)),
            .. LineColumns<(PurchaseState Purchase, PurchaseLineState Line)>(row => row.Line)]);
    static readonly Bulk<PurchaseLineState> UpdateLines =
        Bulk<PurchaseLineState>.Update("purchase_lines", ["purchase_id", "position"], LineColumns<PurchaseLineState>(line => line));
    static readonly Bulk<Peg> InsertPegs = Bulk<Peg>.Insert("pegs", "", [Column<Peg>.Number("rank", peg => peg.Rank), .. PegColumns()]);
    static readonly Bulk<Peg> UpdatePegs = Bulk<Peg>.Update("pegs", ["purchase_id", "position", "order_id", "line_id"], PegColumns());

    const string LineList = "purchase_id, position, sku, supplier_sku, unit_factor, ordered, awaiting, confirmed, backordered, shipped, received, "
        + "cancelled, invoiced, credited, net_price, price_basis, cancel_requested, promised, substitute_sku, tracking, unannounced";
    const string PegList = "purchase_id, position, order_id, line_id, rank, quantity, awaiting, confirmed, backordered, shipped, received";

    static Column<PurchaseState>[] PurchaseColumns() =>
    [
        Column<PurchaseState>.Text("number", purchase => purchase.Document.Number),
        Column<PurchaseState>.Number("version", purchase => purchase.Document.Version),
        Column<PurchaseState>.Text("partner", purchase => purchase.Partner),
        Column<PurchaseState>.Number("run_id", purchase => purchase.RunId),
        Column<PurchaseState>.Text("key", purchase => purchase.Key),
        Column<PurchaseState>.Text("status", purchase => purchase.Status.ToString()),
        Column<PurchaseState>.Moment("decided_at", purchase => purchase.DecidedAt),
        Column<PurchaseState>.Text("currency", purchase => purchase.Document.Currency),
        Column<PurchaseState>.Money("total", purchase => purchase.Document.LineTotal),
        Column<PurchaseState>.Json("body", purchase => purchase.Document),
        Column<PurchaseState>.Money("expected_charges", purchase => purchase.ExpectedCharges),
        Column<PurchaseState>.Money("expected_discount", purchase => purchase.ExpectedDiscount),
        Column<PurchaseState>.Text("supplier_order_number", purchase => purchase.SupplierOrderNumber),
        Column<PurchaseState>.Text("pending_change", purchase => purchase.PendingChange),
        Column<PurchaseState>.Text("reason", purchase => purchase.Reason),
    ];

    static Column<T>[] LineColumns<T>(Func<T, PurchaseLineState> line) =>
    [
        Column<T>.Number("purchase_id", row => line(row).PurchaseId),
        Column<T>.Number("position", row => line(row).Position),
        Column<T>.Text("sku", row => line(row).Sku),
        Column<T>.Text("supplier_sku", row => line(row).SupplierSku),
        Column<T>.Factor("unit_factor", row => line(row).UnitFactor),
        Column<T>.Quantity("ordered", row => line(row).Ordered),
        Column<T>.Quantity("awaiting", row => line(row).Awaiting),
        Column<T>.Quantity("confirmed", row => line(row).Confirmed),
        Column<T>.Quantity("backordered", row => line(row).Backordered),
        Column<T>.Quantity("shipped", row => line(row).Shipped),
        Column<T>.Quantity("received", row => line(row).Received),
        Column<T>.Quantity("cancelled", row => line(row).Cancelled),
        Column<T>.Quantity("invoiced", row => line(row).Invoiced),
        Column<T>.Quantity("credited", row => line(row).Credited),
        Column<T>.Money("net_price", row => line(row).NetPrice),
        Column<T>.Quantity("price_basis", row => line(row).PriceBasis),
        Column<T>.Quantity("cancel_requested", row => line(row).CancelRequested),
        Column<T>.Day("promised", row => line(row).Promised),
        Column<T>.Text("substitute_sku", row => line(row).SubstituteSku),
        Column<T>.Text("tracking", row => line(row).Tracking),
        Column<T>.Quantity("unannounced", row => line(row).Unannounced),
    ];

    static Column<Peg>[] PegColumns() =>
    [
        Column<Peg>.Number("purchase_id", peg => peg.PurchaseId),
        Column<Peg>.Number("position", peg => peg.Position),
        Column<Peg>.Number("order_id", peg => peg.OrderId),
        Column<Peg>.Text("line_id", peg => peg.LineId),
        Column<Peg>.Quantity("quantity", peg => peg.Quantity),
        Column<Peg>.Quantity("awaiting", peg => peg.Awaiting),
        Column<Peg>.Quantity("confirmed", peg => peg.Confirmed),
        Column<Peg>.Quantity("backordered", peg => peg.Backordered),
        Column<Peg>.Quantity("shipped", peg => peg.Shipped),
        Column<Peg>.Quantity("received", peg => peg.Received),
    ];

    public async Task<IReadOnlyList<PurchaseState>> AddAsync(IReadOnlyList<PurchaseState> purchases, CancellationToken cancellationToken)
    {
        var ids = await InsertPurchases.NumbersAsync(session, purchases, cancellationToken);
        var stored = new List<PurchaseState>(purchases.Count);
        var lines = new List<(PurchaseState, PurchaseLineState)>();
        for (var i = 0; i < purchases.Count; i++)
        {
            var own = purchases[i].Lines.Select(line => line.Verified() with { PurchaseId = ids[i] }).ToArray();
            stored.Add(purchases[i] with { Id = ids[i], Lines = own });
            lines.AddRange(own.Select(line => (purchases[i], line)));
        }
        await InsertLines.RunAsync(session, lines, cancellationToken);
        bought.Added(stored);
        reserved.Added(stored);
        return stored;
    }

    public Task AddPegsAsync(IReadOnlyCollection<Peg> pegs, CancellationToken cancellationToken) =>
        InsertPegs.RunAsync(session, [.. pegs], cancellationToken);

    public Task<IReadOnlyList<PurchaseState>> LockAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken) =>
        ids.Count == 0 ? Task.FromResult<IReadOnlyList<PurchaseState>>([])
            : ReadAsync("where id {any ids} order by id {lock}", new { ids = session.Dialect.List(ids) }, cancellationToken);

    public Task<IReadOnlyList<PurchaseState>> LoadAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken) =>
        ids.Count == 0 ? Task.FromResult<IReadOnlyList<PurchaseState>>([])
            : ReadAsync("where id {any ids} order by id", new { ids = session.Dialect.List(ids) }, cancellationToken);

    public async Task<PurchaseState?> FindByNumberAsync(string number, CancellationToken cancellationToken) =>
        (await ReadAsync("where number = @number {lock}", new { number }, cancellationToken)).FirstOrDefault();

    public Task<IReadOnlyList<PurchaseState>> OpenOfPartnerAsync(string partner, int limit, CancellationToken cancellationToken) =>
        ReadAsync("where partner = @partner and status in ('AwaitingApproval', 'Released', 'Sent', 'Acknowledged', 'Answered', 'Escalated') "
            + "order by id desc limit @limit", new { partner, limit }, cancellationToken);

    public async Task UpdateAsync(PurchaseState purchase, CancellationToken cancellationToken)
    {
        if (await UpdatePurchases.RunAsync(session, [purchase], cancellationToken) != 1)
            throw new HubException($"Purchase order {purchase.Id} ({purchase.Document.Number}): found no such row, expected one. Add it first.");
        bought.Changed([purchase.Id]);
    }

    public async Task<IReadOnlyList<PurchaseHead>> LockHeadsAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken) =>
        ids.Count == 0 ? [] : await session.ListAsync("select id, number, status, case when exists (select 1 from purchase_lines l where l.purchase_id = p.id and l.awaiting > 0) "
            + "then 1 else 0 end from purchases p where id {any ids} order by id {lock}", new { ids = session.Dialect.List(ids) },
            static row => new PurchaseHead(row.Number(), row.Text(), row.Name<PurchaseStatus>(), row.Int() == 1), cancellationToken);

    public async Task SetStatusAsync(IReadOnlyCollection<(long Id, PurchaseStatus Status)> statuses, CancellationToken cancellationToken)
    {
        var rows = statuses.LastOfEach(row => row.Id);
        if (await SetStatuses.RunAsync(session, rows, cancellationToken) != rows.Count)
            throw new HubException("Found purchase orders that are not stored, expected all. Add them first.");
        bought.Changed(rows.Where(row => !Bought.Counts(row.Status)).Select(row => row.Id));
    }

    public async Task SaveLinesAsync(IReadOnlyCollection<PurchaseLineState> lines, CancellationToken cancellationToken)
    {
        foreach (var line in lines)
            line.Verified();
        var rows = lines.LastOfEach(line => (line.PurchaseId, line.Position));
        if (await UpdateLines.RunAsync(session, rows, cancellationToken) != rows.Count)
            throw new HubException("Found purchase order lines that are not stored, expected all. Add them with their purchase order.");
        bought.Changed(rows.Select(line => line.PurchaseId));
        reserved.Changed(rows.Select(line => line.PurchaseId));
    }

    public async Task<IReadOnlyList<Peg>> PegsOfPurchasesAsync(IReadOnlyCollection<long> purchaseIds, CancellationToken cancellationToken) =>
        purchaseIds.Count == 0 ? [] : await session.ListAsync(
            $"select {PegList} from pegs where purchase_id {{any ids}} order by purchase_id, position, rank, order_id, line_id",
            new { ids = session.Dialect.List(purchaseIds) }, ReadPeg, cancellationToken);

    public async Task<IReadOnlyList<Peg>> PegsOfOrdersAsync(IReadOnlyCollection<long> orderIds, CancellationToken cancellationToken) =>
        orderIds.Count == 0 ? [] : await session.ListAsync(
            $"select {PegList} from pegs where order_id > 0 and order_id {{any ids}} order by order_id, line_id, purchase_id, position, rank",
            new { ids = session.Dialect.List(orderIds) }, ReadPeg, cancellationToken);

    public async Task SavePegsAsync(IReadOnlyCollection<Peg> pegs, CancellationToken cancellationToken)
    {
        var rows = pegs.LastOfEach(peg => (peg.PurchaseId, peg.Position, peg.OrderId, peg.LineId));
        if (await UpdatePegs.RunAsync(session, rows, cancellationToken) != rows.Count)
            throw new HubException("Found pegs that are not stored, expected all. Add them first.");
    }

    public async Task<IReadOnlyDictionary<(string Partner, string Sku), decimal>> ReservedAsync(IReadOnlyCollection<StockRow> counts, CancellationToken cancellationToken)
    {
        var amounts = new Dictionary<(string, string), decimal>();
        if (counts.Count == 0)
            return amounts;
        var kept = await reserved.ReadAsync(session, [.. counts.Select(row => row.Partner).Distinct()], [.. counts.Select(row => row.Sku).Distinct()], cancellationToken);
        var others = new List<StockRow>();
        foreach (var count in counts)
        {
            if (!kept.TryGetValue((count.Partner, count.Sku), out var row) || row.Since != Stored.Moment(count.AsOf))
                others.Add(count);
            else if (row.Amount != 0)
                amounts[(count.Partner, count.Sku)] = Scale.FromStoredQuantity(row.Amount);
        }
        // Counts of another moment than the one that is kept: by older code, or since the caller read the stock. Their lines are added up.
        foreach (var same in others.GroupBy(row => (row.Partner, row.AsOf)))
        {
            var rows = await session.ListAsync(
                "select sku, cast(sum((awaiting + confirmed) * unit_factor / 1000000) as bigint) from purchase_lines where partner = @partner and sku {any skus} "
                + "and decided_at > @since and (awaiting > 0 or confirmed > 0) group by sku",
                new { partner = same.Key.Partner, skus = session.Dialect.List(same.Select(row => row.Sku)), since = Stored.Moment(same.Key.AsOf) },
                static row => (Sku: row.Text(), Quantity: row.Quantity()), cancellationToken);
            foreach (var (sku, quantity) in rows)
                amounts[(same.Key.Partner, sku)] = quantity;
        }
        return amounts;
    }

    public Task AddInvoiceAsync(SupplierInvoice invoice, CancellationToken cancellationToken) => session.RunAsync(
        "insert into supplier_invoices (partner, number, is_credit, document_id, purchase_id, issued, due, currency, payable, matched, difference, reason) "
        + "values (@Partner, @Number, @isCredit, @DocumentId, @PurchaseId, @issued, @due, @Currency, @payable, @matched, @difference, @Reason)",
        new
        {
            invoice.Partner, invoice.Number, isCredit = invoice.IsCredit ? 1L : 0L, invoice.DocumentId, invoice.PurchaseId,
            issued = Stored.Day(invoice.Issued), due = Stored.Day(invoice.Due), invoice.Currency, payable = Scale.ToStoredMoney(invoice.Payable),
            matched = invoice.Matched ? 1L : 0L, difference = Scale.ToStoredMoney(invoice.Difference), invoice.Reason,
        }, cancellationToken);

    public async Task<long> OpenCountAsync(string partner, CancellationToken cancellationToken) => await session.NumberAsync(
        "select count(*) from purchases where partner = @partner and status not in ('Rejected', 'Fulfilled', 'Cancelled', 'Refused')", new { partner }, cancellationToken) ?? 0;

    public async Task<decimal> BoughtAsync(string partner, DateOnly from, DateOnly to, CancellationToken cancellationToken) =>
        Scale.FromStoredMoney(await bought.ReadAsync(session, partner, StartOf(from), StartOf(to.AddDays(1)), cancellationToken));

    static long StartOf(DateOnly day) => Stored.Moment(new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero));

    async Task<IReadOnlyList<PurchaseState>> ReadAsync(string where, object args, CancellationToken cancellationToken)
    {
        var purchases = await session.ListAsync(
            $"select id, partner, run_id, key, status, decided_at, body, expected_charges, expected_discount, supplier_order_number, pending_change, reason from purchases {where}", args,
            static row => new PurchaseState
            {
                Id = row.Number(), Partner = row.Text(), RunId = row.Number(), Key = row.Text(), Status = row.Name<PurchaseStatus>(),
                DecidedAt = row.Moment(), Document = row.Json<PurchaseOrder>(), ExpectedCharges = row.Money(),
                ExpectedDiscount = row.Money(), SupplierOrderNumber = row.TextOrNull(),
                PendingChange = row.TextOrNull(), Reason = row.TextOrNull(), Lines = [],
            }, cancellationToken);
        if (purchases.Count == 0)
            return purchases;
        var lines = await session.ListAsync($"select {LineList} from purchase_lines where purchase_id {{any ids}} order by purchase_id, position",
            new { ids = session.Dialect.List(purchases.Select(purchase => purchase.Id)) }, ReadLine, cancellationToken);
        var byPurchase = lines.GroupBy(line => line.PurchaseId).ToDictionary(group => group.Key, group => (IReadOnlyList<PurchaseLineState>)[.. group]);
        for (var i = 0; i < purchases.Count; i++)
            purchases[i] = purchases[i] with { Lines = byPurchase.GetValueOrDefault(purchases[i].Id, []) };
        return purchases;
    }

    static PurchaseLineState ReadLine(Row row) => new()
    {
        PurchaseId = row.Number(), Position = row.Int(), Sku = row.Text(), SupplierSku = row.TextOrNull(), UnitFactor = row.Factor(),
        Ordered = row.Quantity(), Awaiting = row.Quantity(), Confirmed = row.Quantity(), Backordered = row.Quantity(), Shipped = row.Quantity(),
        Received = row.Quantity(), Cancelled = row.Quantity(), Invoiced = row.Quantity(), Credited = row.Quantity(), NetPrice = row.Money(),
        PriceBasis = row.Quantity(), CancelRequested = row.Quantity(), Promised = row.DayOrNull(), SubstituteSku = row.TextOrNull(), Tracking = row.TextOrNull(),
        Unannounced = row.Quantity(),
    };

    static Peg ReadPeg(Row row) => new()
    {
        PurchaseId = row.Number(), Position = row.Int(), OrderId = row.Number(), LineId = row.Text(), Rank = row.Int(), Quantity = row.Quantity(),
        Awaiting = row.Quantity(), Confirmed = row.Quantity(), Backordered = row.Quantity(), Shipped = row.Quantity(), Received = row.Quantity(),
    };
}

internal static class Rows
{
    /// <summary>The last row of each key, in order of first appearance: one statement may write a row once.</summary>
    public static IReadOnlyList<T> LastOfEach<T, TKey>(this IReadOnlyCollection<T> rows, Func<T, TKey> key) where TKey : notnull
    {
        var last = new Dictionary<TKey, T>(rows.Count);
        foreach (var row in rows)
            last[key(row)] = row;
        return last.Count == rows.Count && rows is IReadOnlyList<T> list ? list : [.. last.Values];
    }

    public static IReadOnlyList<string> Texts(this Row row) => row.Text() is var json && json == "[]" ? [] : Stored.Json<List<string>>(json);
}
