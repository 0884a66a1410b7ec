namespace UnifiedCommerce.Core.Inbound;

/// <summary>A supplier's verdict over a whole purchase order (UBL order response: AB, AP, RE, CA).</summary>
public enum ResponseStatus
{
    /// <summary>Received, not yet decided (UBL AB).</summary>
    Acknowledged,
    /// <summary>Accepted as ordered (UBL AP; BGM 29; BAK AD, AT, AC without change).</summary>
    Accepted,
    /// <summary>Accepted with changes that the lines name (UBL CA).</summary>
    Conditional,
    /// <summary>Rejected (UBL RE; BGM 27; BAK RD, RJ).</summary>
    Rejected,
}

/// <summary>A supplier's verdict over one line.</summary>
public enum LineStatus
{
    /// <summary>Accepted as ordered (1229 5; ACK IA).</summary>
    Accepted,
    /// <summary>Accepted with another quantity, price or date (1229 3, 6; ACK IC, IP, IQ, DR).</summary>
    Changed,
    /// <summary>Comes later (ACK IB, BP; EDIFACT by a later DTM or a partner code).</summary>
    Backordered,
    /// <summary>Another article comes instead (ACK IS; PIA).</summary>
    Substituted,
    /// <summary>Rejected (1229 7; ACK IR, R1-R8).</summary>
    Rejected,
    /// <summary>On hold (ACK IH, IF).</summary>
    OnHold,
}

/// <summary>A supplier's answer to a purchase order (855, 865, ORDRSP, UBL OrderResponse).</summary>
public sealed record OrderResponse
{
    /// <summary>The supplier's number of this answer.</summary>
    public required string Number { get; init; }
    /// <summary>Our purchase order number.</summary>
    public required string OrderNumber { get; init; }
    /// <summary>The supplier's own order number.</summary>
    public string? SupplierOrderNumber { get; init; }
    /// <summary>When it was issued.</summary>
    public DateTimeOffset? Issued { get; init; }
    /// <summary>The verdict over the whole.</summary>
    public required ResponseStatus Status { get; init; }
    /// <summary>Reason in words or a code, as given.</summary>
    public string? Reason { get; init; }
    /// <summary>The buyer.</summary>
    public Party? Buyer { get; init; }
    /// <summary>The supplier.</summary>
    public Party? Supplier { get; init; }
    /// <summary>Currency of the prices, ISO 4217.</summary>
    public string? Currency { get; init; }
    /// <summary>Promised delivery for all lines that name none.</summary>
    public DateOnly? PromisedDelivery { get; init; }
    /// <summary>The lines; none means: all as the header says.</summary>
    public IReadOnlyList<OrderResponseLine> Lines { get; init; } = [];
}

/// <summary>One line of an answer. Several may answer one purchase order line (part now, rest later).</summary>
public sealed record OrderResponseLine
{
    /// <summary>Position of our line; null when the answer names only the article.</summary>
    public int? Position { get; init; }
    /// <summary>The article as the supplier names it; the substitute when <see cref="Status"/> says so.</summary>
    public required Item Item { get; init; }
    /// <summary>The ordered article, when <see cref="Item"/> is a substitute.</summary>
    public Item? OrderedItem { get; init; }
    /// <summary>The verdict.</summary>
    public required LineStatus Status { get; init; }
    /// <summary>Quantity this line speaks of (confirmed, backordered or rejected, as the status says).</summary>
    public Quantity? Quantity { get; init; }
    /// <summary>Quantity that comes later, when the line says both.</summary>
    public Quantity? BackorderedQuantity { get; init; }
    /// <summary>Net price per <see cref="PriceBasis"/> units.</summary>
    public decimal? NetPrice { get; init; }
    /// <summary>Units the price is for.</summary>
    public decimal PriceBasis { get; init; } = 1;
    /// <summary>Promised delivery.</summary>
    public DateOnly? PromisedDelivery { get; init; }
    /// <summary>Reason in words or a code, as given.</summary>
    public string? Reason { get; init; }
}

/// <summary>Goods on their way (856, DESADV, UBL DespatchAdvice).</summary>
public sealed record DespatchAdvice
{
    /// <summary>The supplier's despatch number.</summary>
    public required string Number { get; init; }
    /// <summary>When it was issued.</summary>
    public DateTimeOffset? Issued { get; init; }
    /// <summary>When the goods left.</summary>
    public DateTimeOffset? Shipped { get; init; }
    /// <summary>When they are expected.</summary>
    public DateOnly? EstimatedDelivery { get; init; }
    /// <summary>Our purchase order number, when all lines belong to one.</summary>
    public string? OrderNumber { get; init; }
    /// <summary>Carrier name or SCAC.</summary>
    public string? Carrier { get; init; }
    /// <summary>Tracking number of the shipment.</summary>
    public string? TrackingNumber { get; init; }
    /// <summary>The buyer.</summary>
    public Party? Buyer { get; init; }
    /// <summary>The supplier.</summary>
    public Party? Supplier { get; init; }
    /// <summary>Where the goods go.</summary>
    public Party? ShipTo { get; init; }
    /// <summary>Packages as a flat list; <see cref="Package.ParentId"/> makes the tree (HL, CPS).</summary>
    public IReadOnlyList<Package> Packages { get; init; } = [];
    /// <summary>What is inside.</summary>
    public required IReadOnlyList<DespatchLine> Lines { get; init; }
}

/// <summary>A logistic unit: pallet, carton.</summary>
public sealed record Package
{
    /// <summary>Id within the message (HL01, CPS 7164).</summary>
    public required string Id { get; init; }
    /// <summary>Id of the package around it.</summary>
    public string? ParentId { get; init; }
    /// <summary>Serial Shipping Container Code, 18 digits.</summary>
    public string? Sscc { get; init; }
    /// <summary>Type code (UN/ECE Rec 21) as given.</summary>
    public string? Type { get; init; }
    /// <summary>Tracking number of this package.</summary>
    public string? TrackingNumber { get; init; }
}

/// <summary>One shipped article.</summary>
public sealed record DespatchLine
{
    /// <summary>Our purchase order, when the header names none.</summary>
    public string? OrderNumber { get; init; }
    /// <summary>Position of our purchase order line.</summary>
    public int? Position { get; init; }
    /// <summary>The article.</summary>
    public required Item Item { get; init; }
    /// <summary>Quantity shipped.</summary>
    public required Quantity Quantity { get; init; }
    /// <summary>Id of the package that holds it.</summary>
    public string? PackageId { get; init; }
    /// <summary>Batch or lot.</summary>
    public string? Batch { get; init; }
    /// <summary>Best before or expiry date.</summary>
    public DateOnly? BestBefore { get; init; }
}

/// <summary>What arrived (861, RECADV).</summary>
public sealed record ReceiptAdvice
{
    /// <summary>Number.</summary>
    public required string Number { get; init; }
    /// <summary>When it was issued.</summary>
    public DateTimeOffset? Issued { get; init; }
    /// <summary>When the goods arrived.</summary>
    public DateOnly? Received { get; init; }
    /// <summary>The despatch advice it answers.</summary>
    public string? DespatchNumber { get; init; }
    /// <summary>Our purchase order number.</summary>
    public string? OrderNumber { get; init; }
    /// <summary>The buyer.</summary>
    public Party? Buyer { get; init; }
    /// <summary>The supplier.</summary>
    public Party? Supplier { get; init; }
    /// <summary>The lines.</summary>
    public required IReadOnlyList<ReceiptLine> Lines { get; init; }
}

/// <summary>One received article.</summary>
public sealed record ReceiptLine
{
    /// <summary>Our purchase order, when the header names none.</summary>
    public string? OrderNumber { get; init; }
    /// <summary>Position of our purchase order line.</summary>
    public int? Position { get; init; }
    /// <summary>The article.</summary>
    public required Item Item { get; init; }
    /// <summary>Quantity received in good order.</summary>
    public required Quantity Quantity { get; init; }
    /// <summary>Quantity damaged or refused.</summary>
    public Quantity? RejectedQuantity { get; init; }
}

/// <summary>A supplier's invoice or credit note (810, INVOIC, UBL). <see cref="IsCredit"/> tells which.</summary>
public sealed record Invoice
{
    /// <summary>The supplier's invoice number.</summary>
    public required string Number { get; init; }
    /// <summary>True for a credit note; amounts stay positive.</summary>
    public bool IsCredit { get; init; }
    /// <summary>Date of issue.</summary>
    public required DateOnly Issued { get; init; }
    /// <summary>Due date.</summary>
    public DateOnly? Due { get; init; }
    /// <summary>Our purchase order number, when all lines belong to one.</summary>
    public string? OrderNumber { get; init; }
    /// <summary>The despatch advice.</summary>
    public string? DespatchNumber { get; init; }
    /// <summary>The invoice that a credit note corrects.</summary>
    public string? OriginalInvoice { get; init; }
    /// <summary>The buyer.</summary>
    public Party? Buyer { get; init; }
    /// <summary>The supplier.</summary>
    public Party? Supplier { get; init; }
    /// <summary>Who pays.</summary>
    public Party? Invoicee { get; init; }
    /// <summary>Currency, ISO 4217.</summary>
    public required string Currency { get; init; }
    /// <summary>The lines.</summary>
    public required IReadOnlyList<InvoiceLine> Lines { get; init; }
    /// <summary>Allowances and charges on the whole (freight, handling).</summary>
    public IReadOnlyList<AllowanceCharge> AllowanceCharges { get; init; } = [];
    /// <summary>Tax by rate.</summary>
    public IReadOnlyList<TaxSubtotal> Taxes { get; init; } = [];
    /// <summary>Sum of line amounts as stated.</summary>
    public decimal? LineTotal { get; init; }
    /// <summary>Total without tax as stated.</summary>
    public decimal? NetTotal { get; init; }
    /// <summary>Tax as stated.</summary>
    public decimal? TaxTotal { get; init; }
    /// <summary>What is to be paid, as stated.</summary>
    public required decimal PayableTotal { get; init; }
}

/// <summary>Tax of one category and rate.</summary>
public sealed record TaxSubtotal
{
    /// <summary>UNCL 5305 category: S, Z, E, AE ...</summary>
    public string? Category { get; init; }
    /// <summary>Rate in percent.</summary>
    public decimal? Percent { get; init; }
    /// <summary>Taxable amount.</summary>
    public decimal? Taxable { get; init; }
    /// <summary>Tax amount.</summary>
    public decimal Amount { get; init; }
}

/// <summary>One invoiced line.</summary>
public sealed record InvoiceLine
{
    /// <summary>The supplier's line id.</summary>
    public string? Id { get; init; }
    /// <summary>Our purchase order, when the header names none.</summary>
    public string? OrderNumber { get; init; }
    /// <summary>Position of our purchase order line.</summary>
    public int? Position { get; init; }
    /// <summary>The article.</summary>
    public required Item Item { get; init; }
    /// <summary>Quantity invoiced.</summary>
    public required Quantity Quantity { get; init; }
    /// <summary>Net price per <see cref="PriceBasis"/> units.</summary>
    public decimal? NetPrice { get; init; }
    /// <summary>Units the price is for.</summary>
    public decimal PriceBasis { get; init; } = 1;
    /// <summary>Net amount of the line.</summary>
    public required decimal Amount { get; init; }
    /// <summary>Tax rate in percent.</summary>
    public decimal? TaxPercent { get; init; }
    /// <summary>UNCL 5305 category.</summary>
    public string? TaxCategory { get; init; }
    /// <summary>Allowances and charges within <see cref="Amount"/>.</summary>
    public IReadOnlyList<AllowanceCharge> AllowanceCharges { get; init; } = [];
}

/// <summary>An application's word on a document it received (824, APERAK, UBL ApplicationResponse).</summary>
public sealed record ApplicationAdvice
{
    /// <summary>Number.</summary>
    public required string Number { get; init; }
    /// <summary>When it was issued.</summary>
    public DateTimeOffset? Issued { get; init; }
    /// <summary>Kind of the document spoken of, as given.</summary>
    public string? DocumentType { get; init; }
    /// <summary>Number of the document spoken of.</summary>
    public string? DocumentNumber { get; init; }
    /// <summary>The document was accepted.</summary>
    public required bool Accepted { get; init; }
    /// <summary>Errors as given.</summary>
    public IReadOnlyList<ApplicationError> Errors { get; init; } = [];
}

/// <summary>One error of an application advice.</summary>
/// <param name="Code">Code as given.</param>
/// <param name="Text">Text as given.</param>
public sealed record ApplicationError(string? Code, string? Text);
