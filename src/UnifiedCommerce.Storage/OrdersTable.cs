using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Storage;

internal sealed class OrdersTable(Session session) : IOrders
{
    static readonly Bulk<OrderState> InsertOrders = Bulk<OrderState>.Insert("orders", "returning id", OrderColumns());
    static readonly Bulk<OrderState> UpdateOrders = Bulk<OrderState>.Update("orders", ["id"],
        [Column<OrderState>.Number("id", order => order.Id), .. OrderColumns()]);
    static readonly Bulk<OrderLineState> InsertLines = Bulk<OrderLineState>.Insert("order_lines", "", LineColumns());
    static readonly Bulk<OrderLineState> UpdateLines = Bulk<OrderLineState>.Update("order_lines", ["order_id", "line_id"], LineColumns());
    static readonly Bulk<OrderLineState> SaveLines = Bulk<OrderLineState>.Save("order_lines", ["order_id", "line_id"], LineColumns());

    const string LineList = "order_id, line_id, idx, sku, unit_factor, need_by, ordered, open, allocated, cancelled, awaiting, confirmed, "
        + "backordered, shipped, received, cancel_requested, promised, pinned, forbidden, hold, reason";

    static Column<OrderState>[] OrderColumns() =>
    [
        Column<OrderState>.Text("number", order => order.Number),
        Column<OrderState>.Text("channel", order => order.Channel),
        Column<OrderState>.Text("customer", order => order.Customer),
        Column<OrderState>.Text("pool", order => order.Pool),
        Column<OrderState>.Text("content_hash", order => order.ContentHash),
        Column<OrderState>.Number("version", order => order.Version),
        Column<OrderState>.Moment("received_at", order => order.ReceivedAt),
        Column<OrderState>.Number("document_id", order => order.DocumentId),
        Column<OrderState>.Json("body", order => order.Order),
    ];

    static Column<OrderLineState>[] LineColumns() =>
    [
        Column<OrderLineState>.Number("order_id", line => line.OrderId),
        Column<OrderLineState>.Text("line_id", line => line.LineId),
        Column<OrderLineState>.Number("idx", line => line.Index),
        Column<OrderLineState>.Text("sku", line => line.Sku),
        Column<OrderLineState>.Factor("unit_factor", line => line.UnitFactor),
        Column<OrderLineState>.Day("need_by", line => line.NeedBy),
        Column<OrderLineState>.Quantity("ordered", line => line.Ordered),
        Column<OrderLineState>.Quantity("open", line => line.Open),
        Column<OrderLineState>.Quantity("allocated", line => line.Allocated),
        Column<OrderLineState>.Quantity("cancelled", line => line.Cancelled),
        Column<OrderLineState>.Quantity("awaiting", line => line.Awaiting),
        Column<OrderLineState>.Quantity("confirmed", line => line.Confirmed),
        Column<OrderLineState>.Quantity("backordered", line => line.Backordered),
        Column<OrderLineState>.Quantity("shipped", line => line.Shipped),
        Column<OrderLineState>.Quantity("received", line => line.Received),
        Column<OrderLineState>.Quantity("cancel_requested", line => line.CancelRequested),
        Column<OrderLineState>.Day("promised", line => line.Promised),
        Column<OrderLineState>.Text("pinned", line => line.Pinned),
        Column<OrderLineState>.Json("forbidden", line => line.Forbidden),
        Column<OrderLineState>.Text("hold", line => line.Hold),
        Column<OrderLineState>.Text("reason", line => line.Reason),
    ];

    public async Task<IReadOnlyList<OrderState>> AddAsync(IReadOnlyList<OrderState> orders, CancellationToken cancellationToken)
    {
        var ids = await InsertOrders.NumbersAsync(session, orders, cancellationToken);
        var stored = new List<OrderState>(orders.Count);
        var lines = new List<OrderLineState>();
        for (var i = 0; i < orders.Count; i++)
        {
            var own = orders[i].Lines.Select(line => line.Verified() with { OrderId = ids[i] }).ToArray();
            lines.AddRange(own);
            stored.Add(orders[i] with { Id = ids[i], Arrival = ids[i], Lines = own });
        }
        await InsertLines.RunAsync(session, lines, cancellationToken);
        return stored;
    }

    public Task<OrderState?> FindByNumberAsync(string customer, string number, CancellationToken cancellationToken) =>
        FirstAsync("where customer = @customer and number = @number {lock}", new { customer, number }, cancellationToken);

    public Task<IReadOnlyList<OrderState>> LockAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken) =>
        ids.Count == 0 ? Task.FromResult<IReadOnlyList<OrderState>>([])
            : ReadAsync("where id {any ids} order by id {lock}", new { ids = session.Dialect.List(ids) }, cancellationToken);

    public Task<IReadOnlyList<OrderState>> LoadAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken) =>
        ids.Count == 0 ? Task.FromResult<IReadOnlyList<OrderState>>([])
            : ReadAsync("where id {any ids} order by id", new { ids = session.Dialect.List(ids) }, cancellationToken);

    public async Task<IReadOnlyDictionary<long, string>> PoolsAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken) =>
        (await session.ListAsync("select id, pool from orders where id {any ids}", new { ids = session.Dialect.List(ids) },
            static row => (Id: row.Number(), Pool: row.Text()), cancellationToken)).ToDictionary(row => row.Id, row => row.Pool);

    public Task<IReadOnlyList<OrderState>> WaitingAsync(string pool, CancellationToken cancellationToken) =>
        ReadAsync("where pool = @pool and id in (select order_id from order_lines where open > 0 and sku is not null and hold is null) order by id",
            new { pool }, cancellationToken);

    public async Task UpdateAsync(OrderState order, CancellationToken cancellationToken)
    {
        if (await UpdateOrders.RunAsync(session, [order], cancellationToken) != 1)
            throw new HubException($"Order {order.Id} ({order.Number}): found no such row, expected one. Add it first.");
    }

    public async Task SaveLinesAsync(IReadOnlyCollection<OrderLineState> lines, CancellationToken cancellationToken)
    {
        foreach (var line in lines)
            line.Verified();
        var rows = lines.LastOfEach(line => (line.OrderId, line.LineId));
        // Lines are added to an order once in a long while: an update that finds all of them writes less than an insert that meets them.
        if (await UpdateLines.RunAsync(session, rows, cancellationToken) != rows.Count)
            await SaveLines.RunAsync(session, rows, cancellationToken);
    }

    public async Task<IReadOnlyList<(string Customer, string Number)>> KnownNumbersAsync(IReadOnlyCollection<(string Customer, string Number)> numbers, CancellationToken cancellationToken)
    {
        if (numbers.Count == 0)
            return [];
        // A number is hardly ever known of another customer: found by number, then compared.
        var asked = numbers.ToHashSet();
        var found = await session.ListAsync("select customer, number from orders where number {any numbers}",
            new { numbers = session.Dialect.List(numbers.Select(number => number.Number)) }, static row => (Customer: row.Text(), Number: row.Text()), cancellationToken);
        return [.. found.Where(asked.Contains)];
    }

    public async Task<IReadOnlyList<IdempotentAnswer>> FindAnswersAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken) =>
        keys.Count == 0 ? [] : await session.ListAsync("select key, request_hash, status, body, at from answers where key {any keys}", new { keys = session.Dialect.List(keys) },
            static row => new IdempotentAnswer(row.Text(), row.Text(), row.Int(), row.Text(), row.Moment()), cancellationToken);

    static readonly Bulk<IdempotentAnswer> InsertAnswers = Bulk<IdempotentAnswer>.Insert("answers", "",
        Column<IdempotentAnswer>.Text("key", answer => answer.Key),
        Column<IdempotentAnswer>.Text("request_hash", answer => answer.RequestHash),
        Column<IdempotentAnswer>.Number("status", answer => answer.Status),
        Column<IdempotentAnswer>.Text("body", answer => answer.Body),
        Column<IdempotentAnswer>.Moment("at", answer => answer.At));

    public Task AddAnswersAsync(IReadOnlyList<IdempotentAnswer> answers, CancellationToken cancellationToken) => InsertAnswers.RunAsync(session, answers, cancellationToken);

    async Task<OrderState?> FirstAsync(string where, object args, CancellationToken cancellationToken) =>
        (await ReadAsync(where, args, cancellationToken)).FirstOrDefault();

    async Task<IReadOnlyList<OrderState>> ReadAsync(string where, object args, CancellationToken cancellationToken)
    {
        var orders = await session.ListAsync(
            $"select id, number, channel, customer, pool, content_hash, version, received_at, document_id, body from orders {where}", args,
            static row =>
            {
                var id = row.Number();
                return new OrderState
                {
                    Id = id, Arrival = id, Number = row.Text(), Channel = row.Text(), Customer = row.Text(), Pool = row.Text(),
                    ContentHash = row.Text(), Version = row.Int(), ReceivedAt = row.Moment(), DocumentId = row.NumberOrNull(),
                    Order = row.Json<Order>(), Lines = [],
                };
            }, cancellationToken);
        if (orders.Count == 0)
            return orders;
        var lines = await session.ListAsync($"select {LineList} from order_lines where order_id {{any ids}} order by order_id, idx",
            new { ids = session.Dialect.List(orders.Select(order => order.Id)) }, ReadLine, cancellationToken);
        var byOrder = lines.GroupBy(line => line.OrderId).ToDictionary(group => group.Key, group => (IReadOnlyList<OrderLineState>)[.. group]);
        for (var i = 0; i < orders.Count; i++)
            orders[i] = orders[i] with { Lines = byOrder.GetValueOrDefault(orders[i].Id, []) };
        return orders;
    }

    static OrderLineState ReadLine(Row row) => new()
    {
        OrderId = row.Number(), LineId = row.Text(), Index = row.Int(), Sku = row.TextOrNull(), UnitFactor = row.Factor(), NeedBy = row.DayOrNull(),
        Ordered = row.Quantity(), Open = row.Quantity(), Allocated = row.Quantity(), Cancelled = row.Quantity(), Awaiting = row.Quantity(),
        Confirmed = row.Quantity(), Backordered = row.Quantity(), Shipped = row.Quantity(), Received = row.Quantity(), CancelRequested = row.Quantity(), Promised = row.DayOrNull(),
        Pinned = row.TextOrNull(), Forbidden = row.Texts(), Hold = row.TextOrNull(), Reason = row.TextOrNull(),
    };
}
