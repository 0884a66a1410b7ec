using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Partners;

/// <summary>What a partner is to us.</summary>
public enum PartnerRole
{
    /// <summary>Sells to us from stock of several manufacturers.</summary>
    Distributor,
    /// <summary>Makes articles; sells to us directly or through distributors.</summary>
    Manufacturer,
    /// <summary>Our own warehouse: a source with offers like the others; its purchase orders are transfer orders.</summary>
    Warehouse,
    /// <summary>Sends us orders.</summary>
    Customer,
}

/// <summary>How far a partner is on the way to daily use.</summary>
public enum GoLiveState
{
    /// <summary>Being written: nothing is routed or sent to it, and nothing of it is read.</summary>
    Draft,
    /// <summary>Exchanges test documents with the sandbox only; nothing is routed to it, nothing of it is applied.</summary>
    Testing,
    /// <summary>Live, and the first purchase orders wait for approval, its first documents are shown to a person.</summary>
    Watched,
    /// <summary>Live.</summary>
    Live,
}

/// <summary>When purchase orders to a partner need a person.</summary>
public enum ApprovalRule
{
    /// <summary>Never.</summary>
    Auto,
    /// <summary>Above an amount.</summary>
    Above,
    /// <summary>Always.</summary>
    Always,
}

/// <summary>The technical acknowledgement a partner and we exchange.</summary>
public enum TechnicalAcknowledgement
{
    /// <summary>None.</summary>
    None,
    /// <summary>EDIFACT CONTRL.</summary>
    Contrl,
    /// <summary>X12 997.</summary>
    X12997,
    /// <summary>X12 999.</summary>
    X12999,
    /// <summary>The HTTP answer itself.</summary>
    Http,
}

/// <summary>A trading partner: <c>mappings/&lt;id&gt;/partner.yaml</c>. Data, never executed.</summary>
public sealed record Partner
{
    /// <summary>Folder name: lower-case letters, digits, hyphens.</summary>
    public required string Id { get; init; }
    /// <summary>Name.</summary>
    public required string Name { get; init; }
    /// <summary>What it is to us.</summary>
    public required PartnerRole Role { get; init; }
    /// <summary>How far it is; the console can override it.</summary>
    public GoLiveState State { get; init; } = GoLiveState.Draft;
    /// <summary>ISO 3166-1 alpha-2.</summary>
    public required string Country { get; init; }
    /// <summary>IANA time zone of its warehouse.</summary>
    public required TimeZoneInfo TimeZone { get; init; }
    /// <summary>Manufacturer that is only reached through these distributors; empty: directly.</summary>
    public IReadOnlyList<string> Behind { get; init; } = [];
    /// <summary>The party as documents name it.</summary>
    public required Party Party { get; init; }
    /// <summary>Envelope identities.</summary>
    public required EnvelopeIdentity Envelope { get; init; }
    /// <summary>How bytes travel; null for a partner that is only reached through others or a warehouse kept here.</summary>
    public PartnerTransport? Transport { get; init; }
    /// <summary>The mapping of each kind of document.</summary>
    public IReadOnlyDictionary<DocumentKind, PartnerDocument> Documents { get; init; } = new Dictionary<DocumentKind, PartnerDocument>();
    /// <summary>Acknowledgement it expects of us for its documents.</summary>
    public TechnicalAcknowledgement AcknowledgesIn { get; init; }
    /// <summary>Acknowledgement we expect of it.</summary>
    public TechnicalAcknowledgement AcknowledgesOut { get; init; }
    /// <summary>Deadlines.</summary>
    public PartnerDeadlines Deadlines { get; init; } = new();
    /// <summary>Working days, holidays, cut-off, lead times.</summary>
    public SupplyCalendar Calendar { get; init; } = new();
    /// <summary>Approval and purchase rules.</summary>
    public PurchasePolicy Purchasing { get; init; } = new();
    /// <summary>What differences are accepted without a person.</summary>
    public Tolerances Tolerances { get; init; } = new();
    /// <summary>Terms with their validity, in the order written.</summary>
    public IReadOnlyList<PurchaseTerms> Terms { get; init; } = [];
    /// <summary>Constants that mappings may name: <c>{partner.vendorNumber}</c>.</summary>
    public IReadOnlyDictionary<string, string> Constants { get; init; } = new Dictionary<string, string>();
    /// <summary>SHA-256 of partner.yaml, lower-case hex.</summary>
    public string Sha256 { get; init; } = "";
    /// <summary>Number of the version in force; 0 when it was read from a folder without a store.</summary>
    public long Version { get; init; }
    /// <summary>SHA-256 of all files of the version; empty when it was read from a folder without a store.</summary>
    public string FilesSha256 { get; init; } = "";
    /// <summary>While it is watched, so many purchase orders wait for a person and so many of its documents are shown to one.</summary>
    public int Watch { get; init; } = 10;
    /// <summary>Folder it was loaded from.</summary>
    public string Folder { get; init; } = "";

    /// <summary>The terms in force on a day, or null.</summary>
    public PurchaseTerms? TermsOn(DateOnly day) =>
        Terms.LastOrDefault(terms => terms.ValidFrom <= day && (terms.ValidTo is null || day <= terms.ValidTo));
}

/// <summary>Who we are and who they are in envelopes (ISA05-08, UNB S002/S003, HTTP).</summary>
/// <param name="TheirQualifier">Their qualifier (I05, 0007).</param>
/// <param name="TheirId">Their id.</param>
/// <param name="OurQualifier">Our qualifier in exchanges with them.</param>
/// <param name="OurId">Our id.</param>
/// <param name="Test">Exchanges carry the test flag (ISA15 T, UNB 0035 1).</param>
public sealed record EnvelopeIdentity(string? TheirQualifier, string TheirId, string? OurQualifier, string OurId, bool Test = false)
{
    /// <summary>GS02/GS03 of X12, when they differ from the interchange ids.</summary>
    public string? TheirGroupId { get; init; }
    /// <summary>Our group id.</summary>
    public string? OurGroupId { get; init; }
}

/// <summary>How bytes travel between a partner and us.</summary>
public sealed record PartnerTransport
{
    /// <summary><c>folder</c> or <c>https</c>.</summary>
    public required string Kind { get; init; }
    /// <summary>Folder we write to (below the data directory unless absolute), or null.</summary>
    public string? Outbox { get; init; }
    /// <summary>Folder we read from, or null.</summary>
    public string? Inbox { get; init; }
    /// <summary>Address we POST to, or null.</summary>
    public Uri? Url { get; init; }
    /// <summary>Address for GET by purchase order number (<c>{number}</c>), used to probe; or null.</summary>
    public string? ProbeUrl { get; init; }
    /// <summary>Name of the secret with their bearer token; the value is in the installation's secrets, never here.</summary>
    public string? Secret { get; init; }
    /// <summary>Addresses on loopback or private networks are allowed (C29).</summary>
    public bool AllowPrivateNetwork { get; init; }
    /// <summary>Largest document accepted, in bytes.</summary>
    public long MaxBytes { get; init; } = 10 * 1024 * 1024;
    /// <summary>Sends at once.</summary>
    public int Concurrency { get; init; } = 4;
    /// <summary>All documents of this partner leave strictly in order.</summary>
    public bool InOrder { get; init; }
    /// <summary>File name pattern: <c>{key}</c> stands for the dispatch key.</summary>
    public string FileName { get; init; } = "{key}.edi";
    /// <summary>Timeout of one call.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>How one kind of document is read or written.</summary>
/// <param name="Mapping">File name of the mapping in the partner's folder.</param>
/// <param name="TreatAsError">Diagnostic codes that quarantine instead of warn.</param>
public sealed record PartnerDocument(string Mapping, IReadOnlyList<string> TreatAsError);

/// <summary>How long we wait before a person is told. Null: not expected.</summary>
public sealed record PartnerDeadlines
{
    /// <summary>Technical acknowledgement after sending.</summary>
    public TimeSpan? Acknowledged { get; init; } = TimeSpan.FromHours(4);
    /// <summary>Order response after sending.</summary>
    public TimeSpan? Answered { get; init; } = TimeSpan.FromHours(24);
    /// <summary>Despatch advice after the promised day.</summary>
    public TimeSpan? Despatched { get; init; } = TimeSpan.FromDays(2);
    /// <summary>Invoice after despatch.</summary>
    public TimeSpan? Invoiced { get; init; } = TimeSpan.FromDays(14);
}

/// <summary>When a supplier works and how long it needs.</summary>
public sealed record SupplyCalendar
{
    /// <summary>Days it works.</summary>
    public IReadOnlyList<DayOfWeek> WorkingDays { get; init; } =
        [DayOfWeek.Monday, DayOfWeek.Tuesday, DayOfWeek.Wednesday, DayOfWeek.Thursday, DayOfWeek.Friday];
    /// <summary>Days it does not.</summary>
    public IReadOnlySet<DateOnly> Holidays { get; init; } = new HashSet<DateOnly>();
    /// <summary>Orders after this local time count for the next working day.</summary>
    public TimeOnly CutOff { get; init; } = new(15, 0);
    /// <summary>Weekdays it delivers to us; empty: every working day.</summary>
    public IReadOnlyList<DayOfWeek> DeliveryDays { get; init; } = [];
    /// <summary>Working days to make an order ready when in stock.</summary>
    public int SupplyDays { get; init; } = 1;
    /// <summary>Working days on the road.</summary>
    public int TransportDays { get; init; } = 1;
    /// <summary>Working days when it is not in stock; null: cannot be ordered then.</summary>
    public int? BackorderDays { get; init; }
    /// <summary>Stock figures older than this count for less.</summary>
    public TimeSpan StockFresh { get; init; } = TimeSpan.FromHours(36);
}

/// <summary>How we buy from a partner.</summary>
public sealed record PurchasePolicy
{
    /// <summary>When a person must approve.</summary>
    public ApprovalRule Approval { get; init; }
    /// <summary>The amount for <see cref="ApprovalRule.Above"/>, in the partner's currency.</summary>
    public decimal ApprovalAbove { get; init; }
    /// <summary>It delivers to our warehouses.</summary>
    public bool ToStock { get; init; } = true;
    /// <summary>It delivers straight to our customers.</summary>
    public bool Direct { get; init; }
    /// <summary>A line missing from an answer counts as rejected, not as unanswered.</summary>
    public bool MissingLineRejected { get; init; }
    /// <summary>Stopped: nothing is routed or sent until a person starts it again.</summary>
    public bool Stopped { get; init; }
    /// <summary>Preference penalty as a rate of value: decision cost, never paid.</summary>
    public decimal PreferencePenalty { get; init; }
    /// <summary>Send changes and cancellations (860, ORDCHG); when false a person is told.</summary>
    public bool Changes { get; init; }
}

/// <summary>Differences that are accepted without a person.</summary>
public sealed record Tolerances
{
    /// <summary>Confirmed or invoiced price above the ordered one, in percent.</summary>
    public decimal PricePercent { get; init; } = 0.5m;
    /// <summary>... and in the partner's currency per line.</summary>
    public decimal PriceAmount { get; init; } = 2m;
    /// <summary>Increase of a catalogue price in percent above which the line is quarantined.</summary>
    public decimal CataloguePercent { get; init; } = 25m;
    /// <summary>Invoice total against expectation, in the partner's currency.</summary>
    public decimal InvoiceAmount { get; init; } = 1m;
}

/// <summary>Purchase terms of a partner with their validity. All amounts in <see cref="Currency"/>.</summary>
public sealed record PurchaseTerms
{
    /// <summary>First day they hold, by order date.</summary>
    public required DateOnly ValidFrom { get; init; }
    /// <summary>Last day, or null.</summary>
    public DateOnly? ValidTo { get; init; }
    /// <summary>ISO 4217.</summary>
    public required string Currency { get; init; }
    /// <summary>Contract number that purchase orders carry.</summary>
    public string? Contract { get; init; }
    /// <summary>Minimum order value; null: none.</summary>
    public decimal? MinimumOrder { get; init; }
    /// <summary>Fixed charge that allows orders below the minimum; null: they are refused.</summary>
    public decimal? BelowMinimumCharge { get; init; }
    /// <summary>Small-order limit.</summary>
    public decimal? SmallOrderBelow { get; init; }
    /// <summary>Surcharge below it.</summary>
    public decimal SmallOrderSurcharge { get; init; }
    /// <summary>Fixed freight per purchase order.</summary>
    public decimal FreightFixed { get; init; }
    /// <summary>Freight by weight: from kilograms, amount; empty: fixed only.</summary>
    public IReadOnlyList<FreightStep> FreightByWeight { get; init; } = [];
    /// <summary>Free freight from this order value.</summary>
    public decimal? FreightFreeFrom { get; init; }
    /// <summary>The free-freight limit tests the value after order discount.</summary>
    public bool FreightFreeAfterDiscount { get; init; }
    /// <summary>Free freight from this weight in kilograms.</summary>
    public decimal? FreightFreeFromKg { get; init; }
    /// <summary>Handling fee per purchase order.</summary>
    public decimal HandlingFee { get; init; }
    /// <summary>Fee per purchase order that is delivered straight to a customer.</summary>
    public decimal DropShipFee { get; init; }
    /// <summary>Fee per line.</summary>
    public decimal LineFee { get; init; }
    /// <summary>Order discount tiers.</summary>
    public OrderDiscountTerms? OrderDiscount { get; init; }
    /// <summary>Payment days net.</summary>
    public int PaymentDays { get; init; } = 30;
    /// <summary>Discount for early payment, as a rate (0.02).</summary>
    public decimal EarlyPaymentRate { get; init; }
    /// <summary>Days within which it is given.</summary>
    public int EarlyPaymentDays { get; init; }
    /// <summary>Expected rebate as a rate of value.</summary>
    public decimal RebateRate { get; init; }
    /// <summary>Minimum value bought in a period with a shortfall rate.</summary>
    public CommitmentTerms? Commitment { get; init; }
    /// <summary>Mixed-quantity breaks over an assortment.</summary>
    public IReadOnlyList<GroupBreakTerms> GroupBreaks { get; init; } = [];
}

/// <summary>Freight from a weight on.</summary>
/// <param name="FromKg">From this weight.</param>
/// <param name="Amount">Freight.</param>
public sealed record FreightStep(decimal FromKg, decimal Amount);

/// <summary>Discount on the whole purchase order.</summary>
/// <param name="ByQuantity">Tiers test the quantity, else the value.</param>
/// <param name="Incremental">Each tier's rate holds for the part in it, else for all.</param>
/// <param name="Tiers">From-value or from-quantity, rate.</param>
public sealed record OrderDiscountTerms(bool ByQuantity, bool Incremental, IReadOnlyList<DiscountTier> Tiers);

/// <summary>A tier.</summary>
/// <param name="From">From this value or quantity.</param>
/// <param name="Rate">Rate (0.03).</param>
public sealed record DiscountTier(decimal From, decimal Rate);

/// <summary>A commitment over a period.</summary>
/// <param name="From">First day.</param>
/// <param name="To">Last day.</param>
/// <param name="MinimumValue">Value to be bought.</param>
/// <param name="ShortfallRate">Rate paid on what is missing.</param>
public sealed record CommitmentTerms(DateOnly From, DateOnly To, decimal MinimumValue, decimal ShortfallRate);

/// <summary>A break on the mixed quantity of an assortment.</summary>
/// <param name="Group">Assortment name, as in the price lines.</param>
/// <param name="Tiers">From-quantity in order units, rate.</param>
public sealed record GroupBreakTerms(string Group, IReadOnlyList<DiscountTier> Tiers);
