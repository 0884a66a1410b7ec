namespace UnifiedCommerce.Sandbox;

/// <summary>A purchase order as a simulated supplier understood it.</summary>
public sealed record ReadOrder
{
    /// <summary>The buyer's purchase order number.</summary>
    public required string Number { get; init; }
    /// <summary>Date of issue as written.</summary>
    public required DateOnly Issued { get; init; }
    /// <summary>Requested delivery, when it names one.</summary>
    public DateOnly? Requested { get; init; }
    /// <summary>Currency, ISO 4217.</summary>
    public required string Currency { get; init; }
    /// <summary>GLN of the place of delivery, when it names one.</summary>
    public string? ShipTo { get; init; }
    /// <summary>The lines.</summary>
    public required IReadOnlyList<ReadLine> Lines { get; init; }

    /// <summary>Sum of quantity x price / basis, each line rounded to the cent.</summary>
    public decimal Total => Lines.Sum(line => line.AmountOf(line.Quantity));
}

/// <summary>A line of a purchase order.</summary>
/// <param name="Position">The buyer's line number.</param>
/// <param name="Gtin">GTIN, as written.</param>
/// <param name="Item">The supplier's own article number.</param>
/// <param name="BuyerItem">The buyer's article number.</param>
/// <param name="Quantity">Quantity ordered.</param>
/// <param name="Unit">Unit code, as written.</param>
/// <param name="Price">Net price per basis.</param>
/// <param name="Basis">Units the price is for.</param>
public sealed record ReadLine(int Position, string? Gtin, string? Item, string? BuyerItem, decimal Quantity, string Unit, decimal Price, decimal Basis)
{
    /// <summary>The amount of a quantity, rounded to the cent half away from zero.</summary>
    public decimal AmountOf(decimal quantity) => Math.Round(quantity * Price / Basis, 2, MidpointRounding.AwayFromZero);
}

/// <summary>A change or cancellation as a simulated supplier understood it.</summary>
/// <param name="Number">Number of the change document.</param>
/// <param name="OrderNumber">The purchase order it changes.</param>
/// <param name="CancelsAll">The whole order is cancelled.</param>
/// <param name="Cancelled">Positions that are cancelled.</param>
public sealed record ReadChange(string Number, string OrderNumber, bool CancelsAll, IReadOnlyList<int> Cancelled);

/// <summary>What a simulated supplier found in bytes.</summary>
internal sealed record ReadDocument
{
    internal IReadOnlyList<ReadOrder> Orders { get; init; } = [];
    internal IReadOnlyList<ReadChange> Changes { get; init; } = [];
    /// <summary>Only technical acknowledgements are inside: nothing to answer.</summary>
    internal bool IsAcknowledgement { get; init; }
    internal string? Fault { get; init; }
}

/// <summary>What a simulated supplier decides over a line.</summary>
public enum LineVerdict
{
    /// <summary>As ordered.</summary>
    Accepted,
    /// <summary>Part now, the rest later.</summary>
    Partial,
    /// <summary>All later.</summary>
    Backordered,
    /// <summary>Another article comes.</summary>
    Substituted,
    /// <summary>At another price.</summary>
    Repriced,
    /// <summary>Not at all.</summary>
    Rejected,
}

/// <summary>What a simulated supplier does with a purchase order.</summary>
public enum Scenario
{
    /// <summary>Accepts, ships, bills.</summary>
    Accept,
    /// <summary>Ships part of one line now and the rest later.</summary>
    Partial,
    /// <summary>One line comes later.</summary>
    Backorder,
    /// <summary>Another article comes for one line.</summary>
    Substitute,
    /// <summary>One line costs more.</summary>
    PriceChange,
    /// <summary>One line is refused.</summary>
    LineReject,
    /// <summary>The order is refused.</summary>
    OrderReject,
    /// <summary>Nothing is heard after the technical acknowledgement.</summary>
    Silence,
    /// <summary>Accepts and ships days after the promise.</summary>
    Late,
    /// <summary>Bills more than was agreed.</summary>
    InvoiceDifference,
}

/// <summary>A line of an answer.</summary>
public sealed record AnswerLine
{
    /// <summary>The line ordered.</summary>
    public required ReadLine Ordered { get; init; }
    /// <summary>The verdict.</summary>
    public required LineVerdict Verdict { get; init; }
    /// <summary>Quantity that comes at <see cref="Arrives"/>.</summary>
    public decimal Now { get; init; }
    /// <summary>Quantity that comes at <see cref="LaterArrives"/>.</summary>
    public decimal Later { get; init; }
    /// <summary>Promised delivery.</summary>
    public DateOnly? Arrives { get; init; }
    /// <summary>Promised delivery of the rest.</summary>
    public DateOnly? LaterArrives { get; init; }
    /// <summary>Price per basis as confirmed.</summary>
    public required decimal Price { get; init; }
    /// <summary>The supplier's number of the substitute.</summary>
    public string? SubstituteItem { get; init; }
    /// <summary>GTIN of the substitute.</summary>
    public string? SubstituteGtin { get; init; }
    /// <summary>Reason in words.</summary>
    public string? Reason { get; init; }

    /// <summary>The article that comes, the supplier's number.</summary>
    public string? Item => SubstituteItem ?? Ordered.Item;
    /// <summary>The article that comes.</summary>
    public string? Gtin => SubstituteItem is null ? Ordered.Gtin : SubstituteGtin;
}

/// <summary>A shipment and its invoice.</summary>
/// <param name="Number">From 1 within the order.</param>
/// <param name="Leaves">Day it leaves.</param>
/// <param name="Arrives">Day it arrives.</param>
/// <param name="Lines">What is inside.</param>
public sealed record Shipment(int Number, DateOnly Leaves, DateOnly Arrives, IReadOnlyList<ShipmentLine> Lines);

/// <summary>A line of a shipment.</summary>
/// <param name="Answer">The answer it fulfils.</param>
/// <param name="Quantity">Quantity in the order's unit.</param>
public sealed record ShipmentLine(AnswerLine Answer, decimal Quantity);

/// <summary>All that a simulated supplier will do about a purchase order: a function of seed, supplier and the order's content.</summary>
public sealed record OrderPlan
{
    /// <summary>The order.</summary>
    public required ReadOrder Order { get; init; }
    /// <summary>What happens.</summary>
    public required Scenario Scenario { get; init; }
    /// <summary>The lines answered; empty for a refused order.</summary>
    public IReadOnlyList<AnswerLine> Lines { get; init; } = [];
    /// <summary>The shipments.</summary>
    public IReadOnlyList<Shipment> Shipments { get; init; } = [];
    /// <summary>From receipt to answer.</summary>
    public TimeSpan AnswerAfter { get; init; }
    /// <summary>Minutes that spread moments of the day, 0 to 59.</summary>
    public int Minute { get; init; }
    /// <summary>Billed too much on the first line of the first invoice, in the order's currency.</summary>
    public decimal Overbilled { get; init; }
    /// <summary>Reason of a refusal.</summary>
    public string? Reason { get; init; }
}
