namespace UnifiedCommerce.Core.Orders;

/// <summary>The documents that the hub reads and writes, named after UBL.</summary>
public enum DocumentKind
{
    /// <summary>Not recognised.</summary>
    Unknown,
    /// <summary>A customer's order from a channel.</summary>
    Order,
    /// <summary>Our order to a supplier.</summary>
    PurchaseOrder,
    /// <summary>A change or cancellation of an order (860, ORDCHG).</summary>
    OrderChange,
    /// <summary>A supplier's answer to a purchase order (855, 865, ORDRSP).</summary>
    OrderResponse,
    /// <summary>Goods on their way (856, DESADV).</summary>
    DespatchAdvice,
    /// <summary>Goods received (861, RECADV).</summary>
    ReceiptAdvice,
    /// <summary>A supplier's invoice (810, INVOIC 380).</summary>
    Invoice,
    /// <summary>A supplier's credit note (INVOIC 381, UBL CreditNote).</summary>
    CreditNote,
    /// <summary>Stock on hand (846, INVRPT).</summary>
    InventoryReport,
    /// <summary>Prices (832, PRICAT).</summary>
    PriceCatalogue,
    /// <summary>Sales by place (852, SLSRPT).</summary>
    SalesReport,
    /// <summary>A technical acknowledgement (TA1, 997, 999, CONTRL).</summary>
    Acknowledgement,
    /// <summary>Application advice (824, APERAK).</summary>
    ApplicationAdvice,
}

/// <summary>A customer's order as it came from a channel. Line ids are the channel's and are never renumbered.</summary>
public sealed record Order
{
    /// <summary>The customer's or channel's order number.</summary>
    public required string Number { get; init; }
    /// <summary>Channel it came through: <c>webshop</c>, <c>store</c>, <c>inside-sales</c>, <c>edi</c> ...</summary>
    public required string Channel { get; init; }
    /// <summary>The sender's number of this version of the order, rising. One lower than the version known here came late and changes nothing;
    /// without it the version that arrives last is in force.</summary>
    public int? Revision { get; init; }
    /// <summary>Date of issue in the customer's calendar.</summary>
    public DateOnly? Issued { get; init; }
    /// <summary>The customer.</summary>
    public required Party Buyer { get; init; }
    /// <summary>The supplier as the customer addressed it: us.</summary>
    public Party? Seller { get; init; }
    /// <summary>Where the goods go; the buyer's own address when absent.</summary>
    public Party? ShipTo { get; init; }
    /// <summary>Who gets the sales invoice, when not the buyer.</summary>
    public Party? Invoicee { get; init; }
    /// <summary>Currency of the sales prices, ISO 4217.</summary>
    public string? Currency { get; init; }
    /// <summary>Need-by date for all lines that name none.</summary>
    public DateOnly? RequestedDelivery { get; init; }
    /// <summary>Contract or project that prices depend on.</summary>
    public string? Contract { get; init; }
    /// <summary>Goods go straight from the supplier to the customer and are not pooled with stock deliveries.</summary>
    public bool DirectDelivery { get; init; }
    /// <summary>Free text.</summary>
    public string? Note { get; init; }
    /// <summary>The lines.</summary>
    public required IReadOnlyList<OrderLine> Lines { get; init; }
}

/// <summary>One line of a customer's order.</summary>
public sealed record OrderLine
{
    /// <summary>The channel's own line id; unique within the order.</summary>
    public required string Id { get; init; }
    /// <summary>What is ordered.</summary>
    public required Item Item { get; init; }
    /// <summary>How much, in the unit the customer ordered in.</summary>
    public required Quantity Quantity { get; init; }
    /// <summary>Need-by date of this line.</summary>
    public DateOnly? RequestedDelivery { get; init; }
    /// <summary>Sales price per unit; never a purchase price.</summary>
    public decimal? SalesPrice { get; init; }
    /// <summary>How many units the price is for.</summary>
    public decimal PriceBasis { get; init; } = 1;
    /// <summary>Suppliers the customer does not accept, by partner id.</summary>
    public IReadOnlyList<string> NotFrom { get; init; } = [];
    /// <summary>The customer accepts a substitute.</summary>
    public bool SubstituteAllowed { get; init; }
    /// <summary>Free text.</summary>
    public string? Note { get; init; }
}
