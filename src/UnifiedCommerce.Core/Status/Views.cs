using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Core.Status;

/// <summary>A page of rows, newest first.</summary>
/// <param name="Items">The rows.</param>
/// <param name="Before">Ask for rows before this id to go on; null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, long? Before);

/// <summary>Which page is asked for.</summary>
/// <param name="Before">Only rows with a lower id; null: from the newest.</param>
/// <param name="Limit">Rows, 1 to 500.</param>
public readonly record struct PageRequest(long? Before = null, int Limit = 50);

/// <summary>Which orders are asked for.</summary>
public sealed record OrderFilter
{
    /// <summary>Part of a business key: order number, customer, article, purchase order number.</summary>
    public string? Text { get; init; }
    /// <summary>Channel.</summary>
    public string? Channel { get; init; }
    /// <summary>Customer key.</summary>
    public string? Customer { get; init; }
    /// <summary>Only orders with a line in this stage: <c>held</c>, <c>open</c>, <c>awaiting</c>, <c>backordered</c>, <c>confirmed</c>, <c>shipped</c>, <c>received</c>, <c>cancelled</c>.</summary>
    public string? Stage { get; init; }
}

/// <summary>How many lines stand in which stage. A line counts once, in the first stage of this list that holds some of it.</summary>
/// <param name="Held">Wait for a person.</param>
/// <param name="Open">On no purchase order yet.</param>
/// <param name="Awaiting">Ordered at a supplier that has not answered.</param>
/// <param name="Backordered">Come later.</param>
/// <param name="Confirmed">Confirmed, not shipped.</param>
/// <param name="Shipped">On their way.</param>
/// <param name="Received">Arrived.</param>
/// <param name="Cancelled">Nothing of it will come.</param>
public readonly record struct LineStages(long Held, long Open, long Awaiting, long Backordered, long Confirmed, long Shipped, long Received, long Cancelled)
{
    /// <summary>All lines.</summary>
    public long Total => Held + Open + Awaiting + Backordered + Confirmed + Shipped + Received + Cancelled;
}

/// <summary>An order in a list.</summary>
public sealed record OrderRow(
    long Id, long Arrival, string Number, string Channel, string Customer, string? CustomerName, DateTimeOffset ReceivedAt, DateOnly? NeedBy, LineStages Stages);

/// <summary>Which purchase orders are asked for.</summary>
public sealed record PurchaseFilter
{
    /// <summary>Part of our number or the supplier's number, or an article.</summary>
    public string? Text { get; init; }
    /// <summary>Partner id.</summary>
    public string? Partner { get; init; }
    /// <summary>Status.</summary>
    public StateWord<PurchaseStatus>? Status { get; init; }
}

/// <summary>A purchase order in a list.</summary>
public sealed record PurchaseRow(
    long Id, string Number, int Version, string Partner, StateWord<PurchaseStatus> Status, DateTimeOffset DecidedAt, string Currency, decimal Total, int Lines, long RunId,
    string? SupplierOrderNumber, string? PendingChange, string? Reason);

/// <summary>Which documents are asked for.</summary>
public sealed record DocumentFilter
{
    /// <summary>Part of the file name, a message's number or the order number it speaks of.</summary>
    public string? Text { get; init; }
    /// <summary>Partner id.</summary>
    public string? Partner { get; init; }
    /// <summary>What became of it.</summary>
    public StateWord<DocumentState>? State { get; init; }
    /// <summary>Kind of a message in it.</summary>
    public StateWord<DocumentKind>? Kind { get; init; }
}

/// <summary>A stored document in a list.</summary>
public sealed record DocumentRow(
    long Id, bool Outbound, string? Partner, string Transport, string Name, DateTimeOffset ReceivedAt, string? Format, StateWord<DocumentState> State, string? Reason, long Bytes,
    StateWord<DocumentKind> Kind, string? Number, string? OrderNumber, int Messages);

/// <summary>A dispatch in a list.</summary>
public sealed record DispatchRow(
    long Id, string Key, string Partner, StateWord<DocumentKind> Kind, long? PurchaseId, string FileName, string? InterchangeControl, StateWord<DispatchState> State, int Attempt,
    StateWord<AcknowledgementState> Acknowledgement, string? Evidence, string? Reason, DateTimeOffset PreparedAt, DateTimeOffset? SentAt);

/// <summary>A routing run in a list.</summary>
public sealed record RunRow(
    long Id, string Pool, long Number, DateTimeOffset AsOf, bool Decided, int LineCount, int UnfilledCount, string Currency, decimal CashCost, decimal DecisionCost,
    decimal LowerBound, decimal? PreferredCost, decimal? CheapestPerLineCost, long WorkSteps, bool Proved, int PurchaseOrders);

/// <summary>Where a job stands.</summary>
public enum JobStage
{
    /// <summary>Ready to run.</summary>
    Queued,
    /// <summary>Claimed by a worker.</summary>
    Processing,
    /// <summary>Runs later.</summary>
    Scheduled,
    /// <summary>Out of attempts: waits for a person.</summary>
    Failed,
    /// <summary>Done.</summary>
    Succeeded,
    /// <summary>Given up with a reason.</summary>
    Cancelled,
}

/// <summary>Which jobs are asked for.</summary>
public sealed record JobFilter
{
    /// <summary>Where they stand.</summary>
    public JobStage? Stage { get; init; }
    /// <summary>Kind.</summary>
    public string? Kind { get; init; }
    /// <summary>Lane.</summary>
    public string? Lane { get; init; }
    /// <summary>Part of the arguments.</summary>
    public string? Text { get; init; }
}

/// <summary>A job in a list. Times are machine time.</summary>
public sealed record JobView(
    long Id, string Kind, string Args, string? Lane, JobStage Stage, int Attempt, int MaxAttempts, int Priority, DateTimeOffset RunAt, DateTimeOffset EnqueuedAt,
    DateTimeOffset? FinishedAt, string? Reason);

/// <summary>How many jobs of a kind stand where.</summary>
public sealed record JobCount(string Kind, JobStage Stage, long Count);

/// <summary>An entry of the audit log in a list.</summary>
public sealed record AuditRow(long Id, DateTimeOffset At, string Actor, string Action, string Subject, string? Before, string? After);

/// <summary>How many of something there are.</summary>
public sealed record Tally(string Name, long Count);

/// <summary>Orders that came in within an hour.</summary>
public sealed record HourCount(DateTimeOffset Hour, long Count);

/// <summary>What flows, waits and failed.</summary>
public sealed record HomeView
{
    /// <summary>Orders taken in, all time.</summary>
    public required long Orders { get; init; }
    /// <summary>Lines by stage.</summary>
    public required LineStages Lines { get; init; }
    /// <summary>Purchase orders by status.</summary>
    public required IReadOnlyList<Tally> Purchases { get; init; }
    /// <summary>Inbound documents by state.</summary>
    public required IReadOnlyList<Tally> Documents { get; init; }
    /// <summary>Dispatches by state.</summary>
    public required IReadOnlyList<Tally> Dispatches { get; init; }
    /// <summary>Open tasks by kind.</summary>
    public required IReadOnlyList<Tally> Tasks { get; init; }
    /// <summary>Jobs by stage.</summary>
    public required IReadOnlyList<Tally> Jobs { get; init; }
    /// <summary>Orders per hour of arrival, oldest first, at most 48 hours.</summary>
    public required IReadOnlyList<HourCount> Arrivals { get; init; }
}

/// <summary>A partner's figures.</summary>
public sealed record PartnerFigures(
    string Partner, long PurchaseOrders, long OpenPurchaseOrders, decimal Value, string? Currency, long Unsettled, long Held, long OpenTasks, DateTimeOffset? LastHeardAt);

/// <summary>How an article sells: for manufacturers and procurement. Quantities in base units.</summary>
public sealed record SellThroughRow(
    string Sku, string Name, string? Manufacturer, decimal Ordered, decimal Shipped, decimal Backordered, decimal Available, DateTimeOffset? LastOrderedAt, int Channels);

/// <summary>How an article sells through one channel.</summary>
public sealed record ChannelSales(string Sku, string Channel, decimal Ordered);

/// <summary>A supplier's invoice in a list; procurement only.</summary>
public sealed record InvoiceRow(
    long Id, string Partner, string Number, bool IsCredit, long? PurchaseId, DateOnly Issued, string Currency, decimal Payable, bool Matched, decimal Difference, string? Reason,
    long DocumentId);

/// <summary>Something that a search by business key found.</summary>
/// <param name="Kind"><c>order</c>, <c>purchase</c>, <c>document</c>, <c>dispatch</c>, <c>invoice</c>, <c>article</c>.</param>
/// <param name="Id">Row id.</param>
/// <param name="Label">What the person reads.</param>
/// <param name="Found">What matched: <c>order number</c>, <c>tracking number</c> ...</param>
public sealed record SearchHit(string Kind, long Id, string Label, string Found);

/// <summary>Reads for people: console and portal. Nothing is locked, nothing is written.</summary>
public interface IViews
{
    /// <summary>What flows, waits and failed.</summary>
    Task<HomeView> HomeAsync(DateTimeOffset now, CancellationToken cancellationToken);
    /// <summary>Orders, newest first.</summary>
    Task<Page<OrderRow>> OrdersAsync(OrderFilter filter, PageRequest page, CancellationToken cancellationToken);
    /// <summary>A customer's order id by its number, or null. Without a customer: the newest order with the number.</summary>
    Task<long?> OrderIdAsync(string? customer, string number, CancellationToken cancellationToken);
    /// <summary>Purchase orders, newest first.</summary>
    Task<Page<PurchaseRow>> PurchasesAsync(PurchaseFilter filter, PageRequest page, CancellationToken cancellationToken);
    /// <summary>Purchase orders of a routing run.</summary>
    Task<IReadOnlyList<PurchaseRow>> PurchasesOfRunAsync(long runId, CancellationToken cancellationToken);
    /// <summary>Stored documents, newest first.</summary>
    Task<Page<DocumentRow>> DocumentsAsync(DocumentFilter filter, PageRequest page, CancellationToken cancellationToken);
    /// <summary>Documents whose messages speak of these numbers (order, purchase order), oldest first.</summary>
    Task<IReadOnlyList<DocumentRow>> DocumentsAboutAsync(IReadOnlyCollection<string> numbers, CancellationToken cancellationToken);
    /// <summary>Dispatches, newest first; only those of a partner or in a state when asked.</summary>
    Task<Page<DispatchRow>> DispatchesAsync(string? partner, StateWord<DispatchState>? state, PageRequest page, CancellationToken cancellationToken);
    /// <summary>Routing runs, newest first.</summary>
    Task<Page<RunRow>> RunsAsync(bool decidedOnly, PageRequest page, CancellationToken cancellationToken);
    /// <summary>Tasks, newest first.</summary>
    Task<Page<HubTask>> TasksAsync(bool openOnly, string? kind, PageRequest page, CancellationToken cancellationToken);
    /// <summary>Open and closed tasks of an order, a purchase order or a document.</summary>
    Task<IReadOnlyList<HubTask>> TasksAboutAsync(long? orderId, long? purchaseId, long? documentId, CancellationToken cancellationToken);
    /// <summary>Jobs, newest first.</summary>
    Task<Page<JobView>> JobsAsync(JobFilter filter, PageRequest page, CancellationToken cancellationToken);
    /// <summary>Jobs by kind and stage.</summary>
    Task<IReadOnlyList<JobCount>> JobCountsAsync(CancellationToken cancellationToken);
    /// <summary>One job, or null.</summary>
    Task<JobView?> JobAsync(long id, CancellationToken cancellationToken);
    /// <summary>Events of one order, oldest first.</summary>
    Task<IReadOnlyList<HubEvent>> EventsOfOrderAsync(long orderId, string? audience, CancellationToken cancellationToken);
    /// <summary>Audit entries, newest first; only those of a subject when asked.</summary>
    Task<Page<AuditRow>> AuditAsync(string? text, PageRequest page, CancellationToken cancellationToken);
    /// <summary>Figures of all partners that were traded with.</summary>
    Task<IReadOnlyList<PartnerFigures>> PartnersAsync(CancellationToken cancellationToken);
    /// <summary>Articles by quantity ordered since a moment; of one manufacturer when asked. Articles that nobody ordered come last.</summary>
    Task<IReadOnlyList<SellThroughRow>> SellThroughAsync(string? manufacturer, DateTimeOffset since, int limit, CancellationToken cancellationToken);
    /// <summary>Quantities ordered since a moment by article and channel.</summary>
    Task<IReadOnlyList<ChannelSales>> ChannelSalesAsync(IReadOnlyCollection<string> skus, DateTimeOffset since, CancellationToken cancellationToken);
    /// <summary>Suppliers' invoices, newest first; of one purchase order when asked.</summary>
    Task<Page<InvoiceRow>> InvoicesAsync(long? purchaseId, PageRequest page, CancellationToken cancellationToken);
    /// <summary>Everything whose business key is or begins with the text: order, purchase order and supplier numbers, articles, GTINs, file names,
    /// control numbers, invoice, despatch and tracking numbers. At most 50.</summary>
    Task<IReadOnlyList<SearchHit>> SearchAsync(string text, CancellationToken cancellationToken);
}
