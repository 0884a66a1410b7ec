namespace UnifiedCommerce.Sandbox;

/// <summary>What the simulated suppliers need to know.</summary>
public sealed record SandboxOptions
{
    /// <summary>Folder that holds <c>partners/ID/out</c> (they read), <c>partners/ID/in</c> (they write) and <c>sandbox</c> (their memory).</summary>
    public required string Root { get; init; }
    /// <summary>The business clock: when answers are due is measured with it.</summary>
    public required TimeProvider Time { get; init; }
    /// <summary>Seed of all decisions.</summary>
    public int Seed { get; init; } = 1;
    /// <summary>Base address of the hub, for suppliers that answer over HTTP; null: their answers stay due.</summary>
    public Uri? Hub { get; init; }
    /// <summary>Bearer token with which a supplier calls the hub.</summary>
    public Func<string, string?> HubToken { get; init; } = _ => null;
    /// <summary>Bearer token that a supplier demands of the hub; null: none.</summary>
    public Func<string, string?> OwnToken { get; init; } = _ => null;
    /// <summary>Loopback port for suppliers that take orders over HTTP; 0: any free one.</summary>
    public int Port { get; init; }
    /// <summary>CSV file <c>partner,item,substitute_item,substitute_gtin</c>; null: nobody substitutes.</summary>
    public string? Substitutes { get; init; }
    /// <summary>The suppliers.</summary>
    public IReadOnlyList<SupplierProfile> Suppliers { get; init; } = SupplierProfile.Samples;
}

/// <summary>What a supplier's side does wrong on purpose.</summary>
public enum SandboxFault
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>Closes the connection without reading.</summary>
    Refuse,
    /// <summary>Takes the order, then answers a byte at a time and never ends.</summary>
    Drip,
    /// <summary>Answers 500 and takes nothing.</summary>
    ServerError,
    /// <summary>Answers 200 with a web page and takes nothing.</summary>
    WebPage,
    /// <summary>Takes the order and closes the connection without an answer.</summary>
    DropAnswer,
    /// <summary>Leaves files in its folder unread.</summary>
    StopReading,
}

/// <summary>A purchase order as a supplier holds it: the partner's truth.</summary>
/// <param name="Partner">The supplier.</param>
/// <param name="Number">Purchase order number.</param>
/// <param name="Sha256">Hash of the bytes it came in, lower-case hex.</param>
/// <param name="Lines">Number of lines.</param>
/// <param name="Total">Sum of line amounts in <paramref name="Currency"/>.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Delivery">File name or idempotency key.</param>
/// <param name="ReceivedAt">When, on the business clock.</param>
/// <param name="Scenario">What it does about it.</param>
public sealed record HeldPurchaseOrder(string Partner, string Number, string Sha256, int Lines, decimal Total, string Currency, string Delivery, DateTimeOffset ReceivedAt, Scenario Scenario);

/// <summary>A purchase order that came a second time: what must never happen.</summary>
/// <param name="Partner">The supplier.</param>
/// <param name="Number">Purchase order number.</param>
/// <param name="FirstDelivery">File name or key of the first.</param>
/// <param name="FirstSha256">Hash of the first.</param>
/// <param name="Delivery">File name or key of this one.</param>
/// <param name="Sha256">Hash of this one.</param>
public sealed record DoubledPurchaseOrder(string Partner, string Number, string FirstDelivery, string FirstSha256, string Delivery, string Sha256);

/// <summary>Something a supplier could not read.</summary>
/// <param name="Partner">The supplier.</param>
/// <param name="Delivery">File name or key.</param>
/// <param name="Fault">Why.</param>
public sealed record UnreadableDocument(string Partner, string Delivery, string Fault);

/// <summary>What the suppliers hold and did.</summary>
/// <param name="Held">Purchase orders, by partner and number.</param>
/// <param name="Doubled">Second deliveries; empty when the hub is right.</param>
/// <param name="Unreadable">What could not be read; empty when the hub is right.</param>
/// <param name="Sent">Documents sent to the hub, by kind: acknowledge, answer, despatch, invoice, answer-change.</param>
/// <param name="Pending">Documents that are still due.</param>
public sealed record SandboxReport(
    IReadOnlyList<HeldPurchaseOrder> Held, IReadOnlyList<DoubledPurchaseOrder> Doubled, IReadOnlyList<UnreadableDocument> Unreadable, IReadOnlyDictionary<string, int> Sent, int Pending);

/// <summary>What one run did.</summary>
/// <param name="Collected">Files read.</param>
/// <param name="Delivered">Documents handed to the hub.</param>
/// <param name="Failed">Documents that the hub did not take; they stay due. With the first reason.</param>
/// <param name="Reason">Why, when some failed.</param>
public sealed record SandboxRun(int Collected, int Delivered, int Failed, string? Reason);
