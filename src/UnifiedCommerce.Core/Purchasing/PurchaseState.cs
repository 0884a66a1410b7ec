using UnifiedCommerce.Core.Partners;

namespace UnifiedCommerce.Core.Purchasing;

/// <summary>Where a purchase order stands.</summary>
public enum PurchaseStatus
{
    /// <summary>Decided, waits for a person's approval.</summary>
    AwaitingApproval,
    /// <summary>Decided and frozen; to be sent or on its way.</summary>
    Released,
    /// <summary>The partner has it (evidence).</summary>
    Sent,
    /// <summary>The partner's system read it (CONTRL, 997, HTTP answer).</summary>
    Acknowledged,
    /// <summary>The partner answered all lines.</summary>
    Answered,
    /// <summary>The partner rejected all of it.</summary>
    Rejected,
    /// <summary>All that will come has come or is on its way.</summary>
    Fulfilled,
    /// <summary>Cancelled before it was sent, or the partner agreed to cancel.</summary>
    Cancelled,
    /// <summary>A person did not approve it; its lines wait again.</summary>
    Refused,
    /// <summary>No answer within the deadline or nothing could be sent; a person was told.</summary>
    Escalated,
}

/// <summary>A purchase order with the ledger of its lines.</summary>
public sealed record PurchaseState
{
    /// <summary>Row id; zero before it is stored.</summary>
    public long Id { get; init; }
    /// <summary>The supplier's partner id.</summary>
    public required string Partner { get; init; }
    /// <summary>The routing run that decided it.</summary>
    public required long RunId { get; init; }
    /// <summary>Key: distributor, buying entity, ship-to, delivery window, currency, contract.</summary>
    public required string Key { get; init; }
    /// <summary>Where it stands.</summary>
    public required PurchaseStatus Status { get; init; }
    /// <summary>When it was decided.</summary>
    public required DateTimeOffset DecidedAt { get; init; }
    /// <summary>The document as frozen, of the newest version.</summary>
    public required PurchaseOrder Document { get; init; }
    /// <summary>The supplier's own order number, once known.</summary>
    public string? SupplierOrderNumber { get; init; }
    /// <summary>A cancellation or change was sent and not answered yet: its document number.</summary>
    public string? PendingChange { get; init; }
    /// <summary>Freight, surcharges and fees that the invoice may carry by the terms, in the document's currency.</summary>
    public decimal ExpectedCharges { get; init; }
    /// <summary>Order-level discount that the invoice should carry by the terms, in the document's currency.</summary>
    public decimal ExpectedDiscount { get; init; }
    /// <summary>Why it stands where it stands, in words.</summary>
    public string? Reason { get; init; }
    /// <summary>The ledger of its lines.</summary>
    public required IReadOnlyList<PurchaseLineState> Lines { get; init; }

    /// <summary>What sending must know of it.</summary>
    public PurchaseHead Head => new(Id, Document.Number, Status, Lines.Any(line => line.Awaiting > 0));
}

/// <summary>One purchase order line's ledger, in the supplier's order unit: ordered = awaiting + confirmed + backordered
/// + shipped + received + cancelled. Invoicing is a separate sum.</summary>
public sealed record PurchaseLineState
{
    /// <summary>The purchase order; zero before it is stored.</summary>
    public long PurchaseId { get; init; }
    /// <summary>Position from 1.</summary>
    public required int Position { get; init; }
    /// <summary>Our article.</summary>
    public required string Sku { get; init; }
    /// <summary>The supplier's number.</summary>
    public string? SupplierSku { get; init; }
    /// <summary>Base units per order unit.</summary>
    public required decimal UnitFactor { get; init; }
    /// <summary>Ordered.</summary>
    public required decimal Ordered { get; init; }
    /// <summary>Not answered.</summary>
    public decimal Awaiting { get; init; }
    /// <summary>Confirmed, not shipped.</summary>
    public decimal Confirmed { get; init; }
    /// <summary>Comes later.</summary>
    public decimal Backordered { get; init; }
    /// <summary>Shipped, not received.</summary>
    public decimal Shipped { get; init; }
    /// <summary>Received.</summary>
    public decimal Received { get; init; }
    /// <summary>Rejected by the supplier or cancelled by us.</summary>
    public decimal Cancelled { get; init; }
    /// <summary>Invoiced quantity.</summary>
    public decimal Invoiced { get; init; }
    /// <summary>Credited quantity.</summary>
    public decimal Credited { get; init; }
    /// <summary>Net price per basis as agreed (ordered, or accepted after a change).</summary>
    public required decimal NetPrice { get; init; }
    /// <summary>Units the price is for.</summary>
    public decimal PriceBasis { get; init; } = 1;
    /// <summary>Part of what has not shipped that we asked the supplier to cancel.</summary>
    public decimal CancelRequested { get; init; }
    /// <summary>Part of what has shipped or was received that no despatch advice announced: a receipt or an invoice was the first word of it. A despatch
    /// advice that comes late speaks of this first.</summary>
    public decimal Unannounced { get; init; }
    /// <summary>Promised delivery.</summary>
    public DateOnly? Promised { get; init; }
    /// <summary>Substitute the supplier sends instead, once accepted.</summary>
    public string? SubstituteSku { get; init; }
    /// <summary>Tracking number of the last despatch.</summary>
    public string? Tracking { get; init; }

    /// <summary>Throws when the sums do not hold (I1).</summary>
    public PurchaseLineState Verified()
    {
        if (Awaiting < 0 || Confirmed < 0 || Backordered < 0 || Shipped < 0 || Received < 0 || Cancelled < 0 || Invoiced < 0 || Credited < 0
            || Unannounced < 0 || Unannounced > Shipped + Received || Ordered != Awaiting + Confirmed + Backordered + Shipped + Received + Cancelled)
        {
            throw new HubException($"Purchase order line {PurchaseId}/{Position}: found ordered {Ordered} = awaiting {Awaiting} + confirmed {Confirmed} + "
                + $"backordered {Backordered} + shipped {Shipped} + received {Received} + cancelled {Cancelled}, unannounced {Unannounced}; expected the sum to hold, no part below "
                + "zero and no more unannounced than shipped and received. The transition that led here is wrong.");
        }
        return this;
    }
}

/// <summary>Ties a quantity of a purchase order line to a quantity of an order line, or to stock. Quantities in base units:
/// quantity = awaiting + confirmed + backordered + shipped + received; what the supplier will not send leaves the peg.</summary>
public sealed record Peg
{
    /// <summary>The purchase order.</summary>
    public required long PurchaseId { get; init; }
    /// <summary>Position of its line.</summary>
    public required int Position { get; init; }
    /// <summary>The order; 0 for surplus that goes to stock.</summary>
    public required long OrderId { get; init; }
    /// <summary>The order's line; empty for stock.</summary>
    public required string LineId { get; init; }
    /// <summary>Rank among the pegs of the line: need-by date, then arrival; stock last.</summary>
    public required int Rank { get; init; }
    /// <summary>Pegged quantity.</summary>
    public required decimal Quantity { get; init; }
    /// <summary>Not answered.</summary>
    public decimal Awaiting { get; init; }
    /// <summary>Confirmed.</summary>
    public decimal Confirmed { get; init; }
    /// <summary>Comes later.</summary>
    public decimal Backordered { get; init; }
    /// <summary>Shipped.</summary>
    public decimal Shipped { get; init; }
    /// <summary>Received.</summary>
    public decimal Received { get; init; }

    /// <summary>True for surplus.</summary>
    public bool ToStock => OrderId == 0;
}

/// <summary>A purchase order without its document and lines.</summary>
/// <param name="Id">Row id.</param>
/// <param name="Number">Our number.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Awaits">Some of it waits for an answer.</param>
public readonly record struct PurchaseHead(long Id, string Number, PurchaseStatus Status, bool Awaits);

/// <summary>Purchase orders.</summary>
public interface IPurchases
{
    /// <summary>Stores new purchase orders with their lines and returns them with ids, in the order given.</summary>
    Task<IReadOnlyList<PurchaseState>> AddAsync(IReadOnlyList<PurchaseState> purchases, CancellationToken cancellationToken);
    /// <summary>Stores new pegs.</summary>
    Task AddPegsAsync(IReadOnlyCollection<Peg> pegs, CancellationToken cancellationToken);
    /// <summary>By id with lines, locked in ascending id order until the transaction ends.</summary>
    Task<IReadOnlyList<PurchaseState>> LockAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken);
    /// <summary>By id with lines, without a lock.</summary>
    Task<IReadOnlyList<PurchaseState>> LoadAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken);
    /// <summary>How many purchase orders to a partner are neither fulfilled nor ended.</summary>
    Task<long> OpenCountAsync(string partner, CancellationToken cancellationToken);
    /// <summary>By our number, locked; null when there is none.</summary>
    Task<PurchaseState?> FindByNumberAsync(string number, CancellationToken cancellationToken);
    /// <summary>What sending must know of purchase orders, without document and lines; locked in ascending id order until the transaction ends.</summary>
    Task<IReadOnlyList<PurchaseHead>> LockHeadsAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken);
    /// <summary>Writes the status alone.</summary>
    Task SetStatusAsync(IReadOnlyCollection<(long Id, PurchaseStatus Status)> statuses, CancellationToken cancellationToken);
    /// <summary>Writes status, document, supplier's number, pending change and reason; lines apart.</summary>
    Task UpdateAsync(PurchaseState purchase, CancellationToken cancellationToken);
    /// <summary>Writes lines; each is verified first.</summary>
    Task SaveLinesAsync(IReadOnlyCollection<PurchaseLineState> lines, CancellationToken cancellationToken);
    /// <summary>Pegs of purchase orders, by position and rank.</summary>
    Task<IReadOnlyList<Peg>> PegsOfPurchasesAsync(IReadOnlyCollection<long> purchaseIds, CancellationToken cancellationToken);
    /// <summary>Pegs of orders.</summary>
    Task<IReadOnlyList<Peg>> PegsOfOrdersAsync(IReadOnlyCollection<long> orderIds, CancellationToken cancellationToken);
    /// <summary>Writes quantities of existing pegs.</summary>
    Task SavePegsAsync(IReadOnlyCollection<Peg> pegs, CancellationToken cancellationToken);
    /// <summary>A partner's purchase orders that are not fulfilled, newest first, with lines: proposals for answers that match nothing.</summary>
    Task<IReadOnlyList<PurchaseState>> OpenOfPartnerAsync(string partner, int limit, CancellationToken cancellationToken);
    /// <summary>Base units ordered from partners and not yet in their stock figures: awaiting + confirmed on purchase orders decided after the
    /// moment of each count, by partner and our article.</summary>
    Task<IReadOnlyDictionary<(string Partner, string Sku), decimal>> ReservedAsync(IReadOnlyCollection<StockRow> counts, CancellationToken cancellationToken);
    /// <summary>Remembers an invoice with its match result; a second one with the same partner and number throws.</summary>
    Task AddInvoiceAsync(SupplierInvoice invoice, CancellationToken cancellationToken);
    /// <summary>Value bought from a partner in a period in its currency, for commitments.</summary>
    Task<decimal> BoughtAsync(string partner, DateOnly from, DateOnly to, CancellationToken cancellationToken);
}

/// <summary>A supplier's invoice as matched against purchase order, answer and despatch. Never shown to customers.</summary>
/// <param name="Partner">Supplier.</param>
/// <param name="Number">Its number.</param>
/// <param name="IsCredit">Credit note.</param>
/// <param name="DocumentId">The stored document.</param>
/// <param name="PurchaseId">The purchase order, when it belongs to one.</param>
/// <param name="Issued">Date of issue.</param>
/// <param name="Due">Due date.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Payable">As stated.</param>
/// <param name="Matched">No difference outside tolerance.</param>
/// <param name="Difference">Invoiced minus expected, in the currency.</param>
/// <param name="Reason">Differences in words.</param>
public sealed record SupplierInvoice(string Partner, string Number, bool IsCredit, long DocumentId, long? PurchaseId, DateOnly Issued, DateOnly? Due,
    string Currency, decimal Payable, bool Matched, decimal Difference, string? Reason);
