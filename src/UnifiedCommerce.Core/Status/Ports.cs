namespace UnifiedCommerce.Core.Status;

/// <summary>Something that happened, told to the portal and other systems at least once, with a stable id and a rising
/// sequence per order.</summary>
public sealed record HubEvent
{
    /// <summary>Position in the feed; zero before it is stored.</summary>
    public long Sequence { get; init; }
    /// <summary>Stable id (CloudEvents <c>id</c>), made from the position.</summary>
    public string Id => $"evt_{Sequence:D12}";
    /// <summary>Type: <c>order.received</c>, <c>order.line.confirmed</c> ...</summary>
    public required string Type { get; init; }
    /// <summary>When it happened.</summary>
    public required DateTimeOffset At { get; init; }
    /// <summary>The order; null for events of procurement.</summary>
    public long? OrderId { get; init; }
    /// <summary>Customer key; null for events of procurement.</summary>
    public string? Customer { get; init; }
    /// <summary><c>portal</c> (customer vocabulary, no purchase price) or <c>procurement</c>.</summary>
    public required string Audience { get; init; }
    /// <summary>Subject, for the reader: order or purchase order number.</summary>
    public required string Subject { get; init; }
    /// <summary>JSON object.</summary>
    public required string Data { get; init; }
}

/// <summary>The event feed.</summary>
public interface IEvents
{
    /// <summary>Appends events.</summary>
    Task AddAsync(IReadOnlyCollection<HubEvent> events, CancellationToken cancellationToken);
    /// <summary>Events after a sequence, oldest first. Only rows whose predecessors are all visible are given.</summary>
    Task<IReadOnlyList<HubEvent>> AfterAsync(long sequence, string? audience, string? customer, int limit, CancellationToken cancellationToken);
}

/// <summary>Something that waits for a person.</summary>
public sealed record HubTask
{
    /// <summary>Row id; zero before it is stored.</summary>
    public long Id { get; init; }
    /// <summary>Kind: <c>unmatched-article</c>, <c>approve-purchase-order</c>, <c>price-change</c>, <c>substitute</c>,
    /// <c>quarantined-document</c>, <c>held-dispatch</c>, <c>overdue-answer</c>, <c>price-line</c>, <c>invoice-difference</c>, <c>unfilled-line</c> ...</summary>
    public required string Kind { get; init; }
    /// <summary>At most one open task has this key.</summary>
    public required string Key { get; init; }
    /// <summary>One sentence for the person: what, why, what to do.</summary>
    public required string Text { get; init; }
    /// <summary>Partner, if any.</summary>
    public string? Partner { get; init; }
    /// <summary>Order, if any.</summary>
    public long? OrderId { get; init; }
    /// <summary>Purchase order, if any.</summary>
    public long? PurchaseId { get; init; }
    /// <summary>Document, if any.</summary>
    public long? DocumentId { get; init; }
    /// <summary>JSON with proposals and what a button needs.</summary>
    public string Data { get; init; } = "{}";
    /// <summary>When it came up.</summary>
    public required DateTimeOffset At { get; init; }
    /// <summary>When somebody closed it; null while open.</summary>
    public DateTimeOffset? ClosedAt { get; init; }
    /// <summary>Who and how; begins with <see cref="Itself"/> when nobody had to do anything.</summary>
    public string? Outcome { get; init; }

    /// <summary>How the outcome of a task begins that closed because it was over.</summary>
    public const string Itself = "by itself: ";
    /// <summary>A person has to do something, or had to.</summary>
    public bool NeedsHand => Outcome?.StartsWith(Itself, StringComparison.Ordinal) != true;
}

/// <summary>What waits for people.</summary>
public interface ITasks
{
    /// <summary>Opens tasks; one whose key is open already is dropped.</summary>
    Task OpenAsync(IReadOnlyCollection<HubTask> tasks, CancellationToken cancellationToken);
    /// <summary>Closes the open tasks with these keys, if any.</summary>
    Task CloseAsync(IReadOnlyCollection<string> keys, string outcome, DateTimeOffset at, CancellationToken cancellationToken);
    /// <summary>Closes the open task with this key, if any.</summary>
    Task CloseAsync(string key, string outcome, DateTimeOffset at, CancellationToken cancellationToken) => CloseAsync([key], outcome, at, cancellationToken);
    /// <summary>Open tasks of these kinds, oldest first.</summary>
    Task<IReadOnlyList<HubTask>> ListOpenAsync(IReadOnlyCollection<string> kinds, int limit, CancellationToken cancellationToken);
    /// <summary>A task, locked; null when there is none.</summary>
    Task<HubTask?> FindAsync(long id, CancellationToken cancellationToken);
}

/// <summary>A deadline: a row with a due-at. Quartz only ticks.</summary>
/// <param name="Kind"><c>acknowledgement</c>, <c>answer</c>, <c>despatch</c>, <c>invoice</c>, <c>substitute-consent</c> ...</param>
/// <param name="Subject">Key of what it is about: <c>dispatch:12</c>, <c>purchase:7</c>.</param>
/// <param name="DueAt">When.</param>
public sealed record Deadline(string Kind, string Subject, DateTimeOffset DueAt);

/// <summary>Deadlines.</summary>
public interface IDeadlines
{
    /// <summary>Sets a deadline; one of the same kind and subject is replaced.</summary>
    Task SetAsync(IReadOnlyCollection<Deadline> deadlines, CancellationToken cancellationToken);
    /// <summary>Clears deadlines that were met.</summary>
    Task ClearAsync(string subject, string? kind, CancellationToken cancellationToken);
    /// <summary>Takes up to <paramref name="limit"/> due deadlines out of the table, skipping those another process holds.</summary>
    Task<IReadOnlyList<Deadline>> TakeDueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);
    /// <summary>The next due moment of deadlines, pool runs and cut-offs; null when nothing is due ever.</summary>
    Task<DateTimeOffset?> NextDueAsync(CancellationToken cancellationToken);
}

/// <summary>An entry of the audit log.</summary>
/// <param name="At">When.</param>
/// <param name="Actor">Who: <c>system</c>, <c>partner:nordhandel</c>, a user's name.</param>
/// <param name="Action">What: <c>purchase-order.released</c>.</param>
/// <param name="Subject">On what: <c>purchase:12</c>.</param>
/// <param name="Before">JSON before, or null.</param>
/// <param name="After">JSON after, or null.</param>
public sealed record AuditEntry(DateTimeOffset At, string Actor, string Action, string Subject, string? Before, string? After);

/// <summary>The audit log.</summary>
public interface IAudit
{
    /// <summary>Appends entries; a job seals them in hash-chained batches later.</summary>
    Task AddAsync(IReadOnlyCollection<AuditEntry> entries, CancellationToken cancellationToken);
}

/// <summary>A sales invoice of ours to a customer, given by the ERP.</summary>
public sealed record SalesInvoice
{
    /// <summary>Number.</summary>
    public required string Number { get; init; }
    /// <summary>Customer key.</summary>
    public required string Customer { get; init; }
    /// <summary>Date of issue.</summary>
    public required DateOnly Issued { get; init; }
    /// <summary>Due date.</summary>
    public DateOnly? Due { get; init; }
    /// <summary>Currency, ISO 4217.</summary>
    public required string Currency { get; init; }
    /// <summary>What is to be paid.</summary>
    public required decimal Total { get; init; }
    /// <summary>What is still open.</summary>
    public required decimal Open { get; init; }
    /// <summary>The order lines it is for.</summary>
    public IReadOnlyList<SalesInvoiceLine> Lines { get; init; } = [];
}

/// <summary>A line of a sales invoice, tied to an order line.</summary>
/// <param name="OrderNumber">The customer's order number.</param>
/// <param name="LineId">The order's line id.</param>
/// <param name="Quantity">Quantity in the ordered unit.</param>
/// <param name="Amount">Amount without tax.</param>
public sealed record SalesInvoiceLine(string OrderNumber, string LineId, decimal Quantity, decimal Amount);

/// <summary>Sales invoices.</summary>
public interface ISalesInvoices
{
    /// <summary>Inserts or replaces sales invoices by number.</summary>
    Task SaveAsync(IReadOnlyCollection<SalesInvoice> invoices, CancellationToken cancellationToken);
    /// <summary>A customer's sales invoices, newest first; only open ones when asked.</summary>
    Task<IReadOnlyList<SalesInvoice>> OfCustomerAsync(string customer, bool openOnly, CancellationToken cancellationToken);
}
