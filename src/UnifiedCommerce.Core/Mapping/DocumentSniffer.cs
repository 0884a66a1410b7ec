using System.Text;
using System.Text.Json;
using System.Xml;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Edi;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>What a file says about itself before anything is mapped.</summary>
/// <param name="Syntax">The syntax; <see cref="MessageSyntax.Unknown"/> when nothing was recognised.</param>
/// <param name="Messages">Its messages.</param>
/// <param name="Names">Top-level member names of JSON, column names of CSV: what tells their mappings apart.</param>
/// <param name="Diagnostics">Faults met on the way.</param>
public sealed record PeekedFile(MessageSyntax Syntax, IReadOnlyList<PeekedMessage> Messages, IReadOnlyList<string> Names, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>Texts of top-level members of JSON, by name.</summary>
    internal IReadOnlyDictionary<string, string> Texts { get; init; } = new Dictionary<string, string>();

    /// <summary>The interchange sender of the first message; empty when the format names none.</summary>
    public string Sender => Messages.Count > 0 ? Messages[0].Sender : "";
    /// <summary>The interchange receiver of the first message; empty when the format names none.</summary>
    public string Receiver => Messages.Count > 0 ? Messages[0].Receiver : "";
    /// <summary>Any message is marked as a test.</summary>
    public bool IsTest => Messages.Any(message => message.IsTest);
}

/// <summary>One message of a file.</summary>
public sealed record PeekedMessage
{
    /// <summary>Type: <c>ORDERS</c>, <c>850</c>, <c>OrderResponse</c>, <c>OrderRequest</c>; empty for JSON and CSV.</summary>
    public string Type { get; init; } = "";
    /// <summary>Version: <c>D96A</c>, <c>004010</c>, the UBL customization, the cXML version.</summary>
    public string Version { get; init; } = "";
    /// <summary>Association code (UNH 0057 such as <c>EAN008</c>) or the industry code of GS08.</summary>
    public string Association { get; init; } = "";
    /// <summary>The canonical document it is likely to be; <see cref="DocumentKind.Unknown"/> when the format does not say.</summary>
    public DocumentKind Kind { get; init; }
    /// <summary>Number of the business document, where it stands at its usual place.</summary>
    public string Number { get; init; } = "";
    /// <summary>Message control number (ST02, UNH 0062).</summary>
    public string Reference { get; init; } = "";
    /// <summary>Interchange control number (ISA13, UNB 0020), cXML payloadID.</summary>
    public string InterchangeRef { get; init; } = "";
    /// <summary>Sender id (ISA06, UNB 0004, cXML From, UBL seller's or buyer's endpoint).</summary>
    public string Sender { get; init; } = "";
    /// <summary>Sender qualifier.</summary>
    public string SenderQualifier { get; init; } = "";
    /// <summary>Receiver id.</summary>
    public string Receiver { get; init; } = "";
    /// <summary>Receiver qualifier.</summary>
    public string ReceiverQualifier { get; init; } = "";
    /// <summary>Marked as a test.</summary>
    public bool IsTest { get; init; }
    /// <summary>The sender asks for a technical acknowledgement.</summary>
    public bool AcknowledgementRequested { get; init; }
    /// <summary>Index in the file, from 0.</summary>
    public int Index { get; init; }
}

/// <summary>Finds out cheaply what a file is: standard, version, message types, sender and receiver.</summary>
public static class DocumentSniffer
{
    private static readonly Dictionary<string, DocumentKind> Kinds = new(StringComparer.Ordinal)
    {
        ["ORDERS"] = DocumentKind.PurchaseOrder, ["850"] = DocumentKind.PurchaseOrder, ["Order"] = DocumentKind.PurchaseOrder, ["OrderRequest"] = DocumentKind.PurchaseOrder,
        ["ORDCHG"] = DocumentKind.OrderChange, ["860"] = DocumentKind.OrderChange, ["OrderChange"] = DocumentKind.OrderChange,
        ["ORDRSP"] = DocumentKind.OrderResponse, ["855"] = DocumentKind.OrderResponse, ["865"] = DocumentKind.OrderResponse, ["OrderResponse"] = DocumentKind.OrderResponse,
        ["OrderResponseSimple"] = DocumentKind.OrderResponse, ["ConfirmationRequest"] = DocumentKind.OrderResponse,
        ["DESADV"] = DocumentKind.DespatchAdvice, ["856"] = DocumentKind.DespatchAdvice, ["DespatchAdvice"] = DocumentKind.DespatchAdvice, ["ShipNoticeRequest"] = DocumentKind.DespatchAdvice,
        ["RECADV"] = DocumentKind.ReceiptAdvice, ["861"] = DocumentKind.ReceiptAdvice, ["ReceiptAdvice"] = DocumentKind.ReceiptAdvice,
        ["INVOIC"] = DocumentKind.Invoice, ["810"] = DocumentKind.Invoice, ["Invoice"] = DocumentKind.Invoice, ["InvoiceDetailRequest"] = DocumentKind.Invoice,
        ["CreditNote"] = DocumentKind.CreditNote,
        ["INVRPT"] = DocumentKind.InventoryReport, ["846"] = DocumentKind.InventoryReport, ["InventoryReport"] = DocumentKind.InventoryReport, ["StockAvailabilityReport"] = DocumentKind.InventoryReport,
        ["PRICAT"] = DocumentKind.PriceCatalogue, ["832"] = DocumentKind.PriceCatalogue, ["Catalogue"] = DocumentKind.PriceCatalogue,
        ["SLSRPT"] = DocumentKind.SalesReport, ["852"] = DocumentKind.SalesReport, ["ProductActivity"] = DocumentKind.SalesReport, ["ProductActivityMessage"] = DocumentKind.SalesReport,
        ["CONTRL"] = DocumentKind.Acknowledgement, ["997"] = DocumentKind.Acknowledgement, ["999"] = DocumentKind.Acknowledgement, ["TA1"] = DocumentKind.Acknowledgement,
        ["APERAK"] = DocumentKind.ApplicationAdvice, ["824"] = DocumentKind.ApplicationAdvice, ["ApplicationResponse"] = DocumentKind.ApplicationAdvice,
    };

    /// <summary>The kind of document that a message type carries. An order is a <see cref="DocumentKind.PurchaseOrder"/> here: who it
    /// comes from decides whether it is a customer's.</summary>
    /// <param name="messageType">ORDERS, 850, Order ...</param>
    public static DocumentKind KindOf(string messageType) => Kinds.GetValueOrDefault(messageType);

    /// <summary>Looks at a file.</summary>
    /// <param name="bytes">All of it.</param>
    public static PeekedFile Peek(ReadOnlyMemory<byte> bytes)
    {
        ReadOnlySpan<byte> head = bytes.Span[..Math.Min(bytes.Length, 4096)];
        int start = 0;
        if (head.StartsWith("\uFEFF"u8))
            start = 3;
        while (start < head.Length && head[start] <= ' ')
            start++;
        if (start == bytes.Length || start == head.Length)
            return new PeekedFile(MessageSyntax.Unknown, [], [], [Diagnostic.Error("empty-file", "byte 0", "The file is empty, expected a document. Ask the sender to send it again.")]);
        byte first = head[start];
        if (first == '<' || (bytes.Length > 1 && bytes.Span[0] is 0xFE or 0xFF))
            return Xml(bytes);
        if (first is (byte)'{' or (byte)'[')
            return Json(bytes);
        PeekedFile edi = Edi(bytes);
        return edi.Messages.Count > 0 || edi.Syntax != MessageSyntax.Unknown ? edi : Csv(bytes[start..]);
    }

    private static PeekedFile Edi(ReadOnlyMemory<byte> bytes)
    {
        List<PeekedMessage> messages = [];
        EdiReader reader = new(bytes.Span);
        PeekedMessage interchange = new();
        string groupVersion = "";
        MessageSyntax syntax = MessageSyntax.Unknown;
        while (reader.Read())
        {
            bool x12 = reader.Dialect!.Standard == EdiStandard.X12;
            switch (reader.Kind)
            {
                case SegmentKind.InterchangeHeader:
                    syntax = x12 ? MessageSyntax.X12 : reader.Dialect.Standard == EdiStandard.Edifact ? MessageSyntax.Edifact : MessageSyntax.Unknown;
                    interchange = x12
                        ? new PeekedMessage { Sender = reader.Text(6).Trim(), SenderQualifier = reader.Text(5).Trim(), Receiver = reader.Text(8).Trim(), ReceiverQualifier = reader.Text(7).Trim(), InterchangeRef = reader.Text(13).Trim(), IsTest = reader.Text(15) == "T", AcknowledgementRequested = reader.Text(14) == "1" }
                        : new PeekedMessage { Sender = reader.Text(2), SenderQualifier = reader.Text(2, 2), Receiver = reader.Text(3), ReceiverQualifier = reader.Text(3, 2), InterchangeRef = reader.Text(5), IsTest = reader.Text(11) == "1", AcknowledgementRequested = reader.Text(9) == "1" };
                    break;
                case SegmentKind.GroupHeader:
                    groupVersion = reader.Text(8).Trim();
                    break;
                case SegmentKind.MessageHeader:
                {
                    if (syntax == MessageSyntax.Unknown)
                        syntax = x12 ? MessageSyntax.X12 : reader.Dialect.Standard == EdiStandard.Edifact ? MessageSyntax.Edifact : MessageSyntax.Unknown;
                    string type = x12 ? reader.Text(1).Trim() : reader.Text(2);
                    string version = x12 ? (reader.Text(3).Trim() is { Length: > 0 } own ? own : groupVersion) : reader.Text(2, 2) + reader.Text(2, 3);
                    messages.Add(interchange with
                    {
                        Type = type,
                        Kind = KindOf(type),
                        Version = x12 && version.Length > 6 ? version[..6] : version,
                        Association = x12 ? version.Length > 6 ? version[6..] : "" : reader.Text(2, 5),
                        Reference = x12 ? reader.Text(2).Trim() : reader.Text(1),
                        Index = messages.Count,
                    });
                    break;
                }
                case SegmentKind.Body when messages.Count > 0 && reader.SegmentPosition is 2 or 3 && messages[^1].Number.Length == 0:
                {
                    string number = Encoding.Latin1.GetString(reader.Tag) switch
                    {
                        "BGM" => reader.Text(2),
                        "BEG" or "BAK" or "BCH" or "BCA" => reader.Text(3),
                        "BIG" or "BSN" or "BCT" or "BRA" => reader.Text(2),
                        "BIA" => reader.Text(3),
                        _ => "",
                    };
                    if (number.Length > 0)
                        messages[^1] = messages[^1] with { Number = number.Trim() };
                    break;
                }
            }
        }
        return new PeekedFile(syntax, messages, [], [.. reader.Findings.Where(finding => finding.Severity == FindingSeverity.Error).Select(finding => Diagnostic.Error(finding.Code, $"byte {finding.ByteOffset}", finding.Text))]);
    }

    private static PeekedFile Xml(ReadOnlyMemory<byte> bytes)
    {
        Findings findings = new();
        XmlReaderSettings settings = new() { DtdProcessing = DtdProcessing.Ignore, XmlResolver = null, IgnoreComments = true, IgnoreWhitespace = true, MaxCharactersInDocument = 1 << 28 };
        PeekedMessage message = new();
        List<string> path = [];
        string root = "";
        try
        {
            using XmlReader reader = XmlReader.Create(new MemoryStream(bytes.ToArray(), writable: false), settings);
            string attributes = "";
            for (int nodes = 0; nodes < 600 && reader.Read(); nodes++)
            {
                if (reader.NodeType == XmlNodeType.Element)
                {
                    if (reader.Depth == 0)
                    {
                        root = reader.LocalName;
                        message = message with { Type = root, Version = reader.GetAttribute("version") ?? "", InterchangeRef = reader.GetAttribute("payloadID") ?? "" };
                    }
                    else if (root == "cXML" && reader.Depth == 1 && reader.LocalName is "Request" or "Message")
                        message = message with { IsTest = reader.GetAttribute("deploymentMode") == "test" };
                    else if (root == "cXML" && reader.Depth == 2 && path.Count > 1 && path[1] is "Request" or "Message" or "Response" && message.Type == "cXML" && reader.LocalName != "Status")
                        message = message with { Type = reader.LocalName };
                    if (reader.LocalName is "OrderRequestHeader")
                        message = message with { Number = reader.GetAttribute("orderID") ?? "" };
                    if (reader.LocalName is "InvoiceDetailRequestHeader")
                        message = message with { Number = reader.GetAttribute("invoiceID") ?? "" };
                    attributes = reader.GetAttribute("schemeID") ?? "";
                    path.RemoveRange(Math.Min(reader.Depth, path.Count), path.Count - Math.Min(reader.Depth, path.Count));
                    path.Add(reader.LocalName);
                }
                else if (reader.NodeType is XmlNodeType.Text && path.Count > 0)
                {
                    string at = string.Join('/', path.Skip(1));
                    string text = reader.Value.Trim();
                    message = at switch
                    {
                        "ID" => message with { Number = text },
                        "CustomizationID" => message with { Version = text },
                        "Header/From/Credential/Identity" => message with { Sender = text },
                        "Header/To/Credential/Identity" => message with { Receiver = text },
                        _ when path[^1] == "EndpointID" && path.Count > 2 && FromSupplier(root, path[1]) is { } fromSupplier =>
                            fromSupplier ? message with { Sender = Or(message.Sender, text), SenderQualifier = Or(message.SenderQualifier, attributes) } : message with { Receiver = Or(message.Receiver, text), ReceiverQualifier = Or(message.ReceiverQualifier, attributes) },
                        _ => message,
                    };
                }
            }
        }
        catch (XmlException broken)
        {
            findings.Error("not-xml", $"line {broken.LineNumber} column {broken.LinePosition}", $"The file is not well-formed XML: {broken.Message} Ask the sender for a correct one.");
        }
        return new PeekedFile(MessageSyntax.Xml, root.Length == 0 ? [] : [message with { Kind = KindOf(message.Type) }], [root], findings.All);
    }

    private static string Or(string first, string second) => first.Length > 0 ? first : second;

    /// <summary>Whether a party of a UBL document is its sender: orders come from the buyer, everything else from the seller.</summary>
    private static bool? FromSupplier(string root, string party)
    {
        bool fromBuyer = root is "Order" or "OrderChange" or "OrderCancellation" or "ReceiptAdvice";
        return party switch
        {
            "SellerSupplierParty" or "DespatchSupplierParty" or "AccountingSupplierParty" or "SupplierParty" or "ProviderParty" or "SenderParty" => !fromBuyer,
            "BuyerCustomerParty" or "DeliveryCustomerParty" or "AccountingCustomerParty" or "CustomerParty" or "ReceiverParty" => fromBuyer,
            _ => null,
        };
    }

    private static PeekedFile Json(ReadOnlyMemory<byte> bytes)
    {
        List<string> names = [];
        Dictionary<string, string> texts = new(StringComparer.Ordinal);
        string number = "", sender = "", receiver = "";
        try
        {
            Utf8JsonReader reader = new(bytes.Span.StartsWith("\uFEFF"u8) ? bytes.Span[3..] : bytes.Span, new JsonReaderOptions { MaxDepth = TreeParsing.MaximumDepth });
            int depth = 0;
            string member = "";
            int baseDepth = 1;
            for (int tokens = 0; tokens < 20_000 && reader.Read(); tokens++)
            {
                if (tokens == 0 && reader.TokenType == JsonTokenType.StartArray)
                    baseDepth = 2;
                depth = reader.CurrentDepth;
                if (reader.TokenType == JsonTokenType.PropertyName && depth == baseDepth)
                {
                    member = reader.GetString() ?? "";
                    if (!names.Contains(member))
                        names.Add(member);
                }
                else if (reader.TokenType == JsonTokenType.String && depth == baseDepth)
                {
                    string value = reader.GetString() ?? "";
                    texts.TryAdd(member, value);
                    number = number.Length == 0 && (member is "number" or "id" || member.EndsWith("Number", StringComparison.Ordinal) || member.EndsWith("_number", StringComparison.Ordinal) || member.EndsWith("Id", StringComparison.Ordinal)) ? value : number;
                    sender = member is "sender" or "from" ? value : sender;
                    receiver = member is "receiver" or "to" ? value : receiver;
                }
                else if (reader.TokenType == JsonTokenType.EndObject && baseDepth == 2 && depth == 1)
                    break;
            }
        }
        catch (JsonException broken)
        {
            return new PeekedFile(MessageSyntax.Json, [], names, [Diagnostic.Error("not-json", $"line {broken.LineNumber + 1} column {broken.BytePositionInLine + 1}", $"The file is not JSON: {broken.Message} Ask the sender for a correct one.")]);
        }
        return new PeekedFile(MessageSyntax.Json, [new PeekedMessage { Number = number, Sender = sender, Receiver = receiver }], names, []) { Texts = texts };
    }

    private static PeekedFile Csv(ReadOnlyMemory<byte> bytes)
    {
        ReadOnlySpan<byte> head = bytes.Span[..Math.Min(bytes.Length, 64 * 1024)];
        int end = head.IndexOfAny((byte)'\n', (byte)'\r');
        string line = Encoding.Latin1.GetString(end < 0 ? head : head[..end]);
        char[] delimiters = [';', '\t', ',', '|'];
        char delimiter = delimiters.MaxBy(character => line.Count(other => other == character));
        string[] names = [.. CsvText.Split(line, delimiter).Select(name => name.Trim())];
        return names.Length < 2 || line.Any(character => character is < ' ' and not '\t')
            ? new PeekedFile(MessageSyntax.Unknown, [], [], [Diagnostic.Error("unknown-format", "byte 0", "The file is neither EDIFACT, X12, XML, JSON nor CSV. Look at its first lines and ask the sender what it is.")])
            : new PeekedFile(MessageSyntax.Csv, [new PeekedMessage()], names, []);
    }
}
