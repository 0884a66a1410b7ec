using Npgsql;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Storage;

internal sealed class EventsTable(Session session, HubStore store, Pending pending) : IEvents
{
    public Task AddAsync(IReadOnlyCollection<HubEvent> events, CancellationToken cancellationToken)
    {
        pending.Events.AddRange(events);
        return Task.CompletedTask;
    }

    public async Task<IReadOnlyList<HubEvent>> AfterAsync(long sequence, string? audience, string? customer, int limit, CancellationToken cancellationToken)
    {
        await pending.FlushAsync(session, cancellationToken);
        var end = await store.VisibleEventsEndAsync(session, cancellationToken);
        return await session.ListAsync("select sequence, type, at, order_id, customer, audience, subject, data from events "
            + "where sequence > @sequence and sequence <= @end"
            + (audience is null ? "" : " and audience = @audience") + (customer is null ? "" : " and customer = @customer")
            + " order by sequence limit @limit", new { sequence, end, audience, customer, limit },
            static row => new HubEvent
            {
                Sequence = row.Number(), Type = row.Text(), At = row.Moment(), OrderId = row.NumberOrNull(),
                Customer = row.TextOrNull(), Audience = row.Text(), Subject = row.Text(), Data = row.Text(),
            }, cancellationToken);
    }
}

internal sealed class TasksTable(Session session) : ITasks
{
    static readonly Bulk<HubTask> Open = Bulk<HubTask>.Insert("tasks", "on conflict (key) where closed_at is null do nothing",
        Column<HubTask>.Text("kind", task => task.Kind),
        Column<HubTask>.Text("key", task => task.Key),
        Column<HubTask>.Text("text", task => task.Text),
        Column<HubTask>.Text("partner", task => task.Partner),
        Column<HubTask>.Number("order_id", task => task.OrderId),
        Column<HubTask>.Number("purchase_id", task => task.PurchaseId),
        Column<HubTask>.Number("document_id", task => task.DocumentId),
        Column<HubTask>.Text("data", task => task.Data),
        Column<HubTask>.Moment("at", task => task.At));

    public Task OpenAsync(IReadOnlyCollection<HubTask> tasks, CancellationToken cancellationToken) =>
        Open.RunAsync(session, [.. tasks.DistinctBy(task => task.Key).OrderBy(task => task.Key, StringComparer.Ordinal)], cancellationToken);

    public Task CloseAsync(IReadOnlyCollection<string> keys, string outcome, DateTimeOffset at, CancellationToken cancellationToken) =>
        keys.Count == 0 ? Task.CompletedTask : session.RunAsync("update tasks set closed_at = @at, outcome = @outcome where key {any keys} and closed_at is null",
            new { keys = session.Dialect.List(keys), outcome, at = Stored.Moment(at) }, cancellationToken);

    public async Task<IReadOnlyList<HubTask>> ListOpenAsync(IReadOnlyCollection<string> kinds, int limit, CancellationToken cancellationToken) => await session.ListAsync(
        $"select {Columns} from tasks where closed_at is null and kind {{any kinds}} order by id limit @limit", new { kinds = session.Dialect.List(kinds), limit }, Row, cancellationToken);

    public Task<HubTask?> FindAsync(long id, CancellationToken cancellationToken) =>
        session.FirstAsync($"select {Columns} from tasks where id = @id {{lock}}", new { id }, Row, cancellationToken);

    const string Columns = "id, kind, key, text, partner, order_id, purchase_id, document_id, data, at, closed_at, outcome";

    static HubTask Row(Row row) => new()
    {
        Id = row.Number(), Kind = row.Text(), Key = row.Text(), Text = row.Text(), Partner = row.TextOrNull(), OrderId = row.NumberOrNull(),
        PurchaseId = row.NumberOrNull(), DocumentId = row.NumberOrNull(), Data = row.Text(), At = row.Moment(), ClosedAt = row.MomentOrNull(),
        Outcome = row.TextOrNull(),
    };
}

internal sealed class DeadlinesTable(Session session) : IDeadlines
{
    static readonly Bulk<Deadline> Set = Bulk<Deadline>.Save("deadlines", ["subject", "kind"],
        Column<Deadline>.Text("subject", deadline => deadline.Subject),
        Column<Deadline>.Text("kind", deadline => deadline.Kind),
        Column<Deadline>.Moment("due_at", deadline => deadline.DueAt));

    public Task SetAsync(IReadOnlyCollection<Deadline> deadlines, CancellationToken cancellationToken) =>
        Set.RunAsync(session, [.. deadlines.LastOfEach(deadline => (deadline.Subject, deadline.Kind))
            .OrderBy(deadline => deadline.Subject, StringComparer.Ordinal).ThenBy(deadline => deadline.Kind, StringComparer.Ordinal)], cancellationToken);

    public Task ClearAsync(string subject, string? kind, CancellationToken cancellationToken) =>
        session.RunAsync("delete from deadlines where subject = @subject" + (kind is null ? "" : " and kind = @kind"), new { subject, kind }, cancellationToken);

    public async Task<IReadOnlyList<Deadline>> TakeDueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        var taken = await session.ListAsync(
            "delete from deadlines where (subject, kind) in (select subject, kind from deadlines where due_at <= @now order by due_at limit @limit {skip}) "
            + "returning kind, subject, due_at", new { now = Stored.Moment(now), limit },
            static row => new Deadline(row.Text(), row.Text(), row.Moment()), cancellationToken);
        return [.. taken.OrderBy(deadline => deadline.DueAt).ThenBy(deadline => deadline.Subject, StringComparer.Ordinal)];
    }

    public async Task<DateTimeOffset?> NextDueAsync(CancellationToken cancellationToken) =>
        await session.NumberAsync("select min(due) from (select min(due_at) as due from deadlines union all select min(next_run_at) from pools "
            + "union all select min(cut_off_at) from pools union all select min(at) from pool_wakes) as moments", null, cancellationToken) is { } due
            ? Stored.Moment(due) : null;
}

internal sealed class AuditTable(Pending pending) : IAudit
{
    public Task AddAsync(IReadOnlyCollection<AuditEntry> entries, CancellationToken cancellationToken)
    {
        pending.Audit.AddRange(entries);
        return Task.CompletedTask;
    }
}

internal sealed class SalesInvoicesTable(Session session) : ISalesInvoices
{
    static readonly Bulk<SalesInvoice> Save = Bulk<SalesInvoice>.Save("sales_invoices", ["number"],
        Column<SalesInvoice>.Text("number", invoice => invoice.Number),
        Column<SalesInvoice>.Text("customer", invoice => invoice.Customer),
        Column<SalesInvoice>.Day("issued", invoice => invoice.Issued),
        Column<SalesInvoice>.Day("due", invoice => invoice.Due),
        Column<SalesInvoice>.Text("currency", invoice => invoice.Currency),
        Column<SalesInvoice>.Money("total", invoice => invoice.Total),
        Column<SalesInvoice>.Money("open", invoice => invoice.Open),
        Column<SalesInvoice>.Json("lines", invoice => invoice.Lines));

    public Task SaveAsync(IReadOnlyCollection<SalesInvoice> invoices, CancellationToken cancellationToken) =>
        Save.RunAsync(session, invoices.LastOfEach(invoice => invoice.Number), cancellationToken);

    public async Task<IReadOnlyList<SalesInvoice>> OfCustomerAsync(string customer, bool openOnly, CancellationToken cancellationToken) =>
        await session.ListAsync("select number, customer, issued, due, currency, total, open, lines from sales_invoices where customer = @customer"
            + (openOnly ? " and open <> 0" : "") + " order by issued desc, number desc", new { customer },
            static row => new SalesInvoice
            {
                Number = row.Text(), Customer = row.Text(), Issued = row.Day(), Due = row.DayOrNull(), Currency = row.Text(), Total = row.Money(),
                Open = row.Money(), Lines = row.Json<List<SalesInvoiceLine>>(),
            }, cancellationToken);
}

/// <summary>Rows that are written once, just before the commit: events, audit entries, jobs. One statement each, whatever the number of callers,
/// and their locks (unique keys of jobs) are held only for the commit.</summary>
internal sealed class Pending
{
    static readonly Bulk<HubEvent> InsertEvents = Bulk<HubEvent>.Insert("events", "",
        Column<HubEvent>.Text("type", entry => entry.Type),
        Column<HubEvent>.Moment("at", entry => entry.At),
        Column<HubEvent>.Number("order_id", entry => entry.OrderId),
        Column<HubEvent>.Text("customer", entry => entry.Customer),
        Column<HubEvent>.Text("audience", entry => entry.Audience),
        Column<HubEvent>.Text("subject", entry => entry.Subject),
        Column<HubEvent>.Text("data", entry => entry.Data));
    static readonly Bulk<AuditEntry> InsertAudit = Bulk<AuditEntry>.Insert("audit", "",
        Column<AuditEntry>.Moment("at", entry => entry.At),
        Column<AuditEntry>.Text("actor", entry => entry.Actor),
        Column<AuditEntry>.Text("action", entry => entry.Action),
        Column<AuditEntry>.Text("subject", entry => entry.Subject),
        Column<AuditEntry>.Text("before_json", entry => entry.Before),
        Column<AuditEntry>.Text("after_json", entry => entry.After));

    public Pending() => Reserved = new Reserved(Bought);

    public Bought Bought { get; } = new();
    public Reserved Reserved { get; }
    public List<HubEvent> Events { get; } = [];
    public List<AuditEntry> Audit { get; } = [];
    public List<JobRow> Jobs { get; } = [];
    public HashSet<string> ReadyKinds { get; } = new(StringComparer.Ordinal);

    public async Task FlushAsync(Session session, CancellationToken cancellationToken)
    {
        await Reserved.FlushAsync(session, cancellationToken);
        var jobs = JobRow.InOrder(Jobs);
        if (session.Connection is NpgsqlConnection connection)
        {
            if (Events.Count + Audit.Count + jobs.Count == 0)
                return;
            using var trace = StoreTraces.Statement();
            await using var batch = new NpgsqlBatch(connection, (NpgsqlTransaction?)session.Transaction);
            // The transaction's id is taken before any sequence number, which the reader of the feed relies on (HubStore.VisibleEventsEndAsync).
            if (Events.Count + Audit.Count > 0)
                batch.BatchCommands.Add(new NpgsqlBatchCommand("select pg_current_xact_id()"));
            InsertEvents.AddTo(batch, Events);
            InsertAudit.AddTo(batch, Audit);
            JobRow.Insert.AddTo(batch, jobs);
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
        else
        {
            await InsertEvents.RunAsync(session, Events, cancellationToken);
            await InsertAudit.RunAsync(session, Audit, cancellationToken);
            await JobRow.Insert.RunAsync(session, jobs, cancellationToken);
        }
        Events.Clear();
        Audit.Clear();
        Jobs.Clear();
    }
}
