using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace UnifiedCommerce.Sandbox.Voices;

/// <summary>UBL 2.1 as Peppol BIS 3 uses it.</summary>
internal sealed class UblVoice(SupplierProfile supplier) : SupplierVoice(supplier)
{
    private const string Schema = "urn:oasis:names:specification:ubl:schema:xsd:";
    private static readonly XNamespace Basic = Schema + "CommonBasicComponents-2";
    private static readonly XNamespace Aggregate = Schema + "CommonAggregateComponents-2";

    internal override string Extension => ".xml";

    internal override string ContentType => "application/xml";

    internal override ReadDocument Read(byte[] bytes)
    {
        try
        {
            using MemoryStream stream = new(bytes);
            using XmlReader reader = XmlReader.Create(stream, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            XElement root = XElement.Load(reader);
            if (root.Name.LocalName != "Order")
            {
                return new ReadDocument { Fault = $"Found a UBL {root.Name.LocalName}, expected Order." };
            }
            return new ReadDocument { Orders = [ReadOrder(root)] };
        }
        catch (XmlException exception)
        {
            return new ReadDocument { Fault = exception.Message };
        }
    }

    internal override byte[] Answer(OrderPlan plan, Stamp stamp)
    {
        string code = plan.Scenario == Scenario.OrderReject ? "RE" : plan.Lines.All(line => line.Verdict == LineVerdict.Accepted) ? "AP" : "CA";
        XElement root = Root("OrderResponse", "urn:fdc:peppol.eu:poacc:trns:order_response:3", "urn:fdc:peppol.eu:poacc:bis:ordering:3", $"PH-OR-{Digits(plan)}", stamp, time: true);
        root.Add(B("OrderResponseCode", code));
        if (plan.Reason is { } reason)
        {
            root.Add(B("Note", reason));
        }
        root.Add(B("DocumentCurrencyCode", plan.Order.Currency), A("OrderReference", B("ID", plan.Order.Number)), Supplies("SellerSupplierParty"), Buys("BuyerCustomerParty"));
        if (code == "AP")
        {
            root.Add(Promise(plan.Lines[0].Arrives!.Value));
        }
        else
        {
            root.Add(plan.Lines.Select(line => AnswerLineOf(plan, line)));
        }
        return Bytes(root);
    }

    internal override byte[] Despatch(OrderPlan plan, Shipment shipment, Stamp stamp)
    {
        XElement root = Root("DespatchAdvice", "urn:fdc:peppol.eu:poacc:trns:despatch_advice:3", "urn:fdc:peppol.eu:poacc:bis:despatch_advice:3", DespatchNumber(plan, shipment), stamp, time: true);
        root.Add(A("OrderReference", B("ID", plan.Order.Number)), Supplies("DespatchSupplierParty"), Party("DeliveryCustomerParty", plan.Order.ShipTo ?? Buyer, "Consignee"),
            A("Shipment", B("ID", "1"),
                A("Consignment", B("ID", Tracking(plan, shipment)), A("CarrierParty", A("PartyName", B("Name", Supplier.Carrier)))),
                A("Delivery", A("EstimatedDeliveryPeriod", B("EndDate", Iso(shipment.Arrives))), A("Despatch", B("ActualDespatchDate", Iso(Day(stamp))))),
                A("TransportHandlingUnit", B("ID", Sscc(plan, shipment), ("schemeID", "SSCC")))));
        for (int i = 0; i < shipment.Lines.Count; i++)
        {
            ShipmentLine line = shipment.Lines[i];
            root.Add(A("DespatchLine", B("ID", Number(i + 1)), B("DeliveredQuantity", Text(line.Quantity), ("unitCode", line.Answer.Ordered.Unit)),
                A("OrderLineReference", B("LineID", Number(line.Answer.Ordered.Position)), A("OrderReference", B("ID", plan.Order.Number))),
                Item(line.Answer.Item, line.Answer.Gtin)));
        }
        return Bytes(root);
    }

    internal override byte[] Bill(OrderPlan plan, Shipment shipment, Stamp stamp)
    {
        Figures figures = FiguresOf(plan, shipment);
        string currency = plan.Order.Currency;
        XElement Money(string name, decimal amount) => B(name, Cents(amount), ("currencyID", currency));
        XElement Tax(string name) => A(name, B("ID", "K"), B("Percent", "0"), A("TaxScheme", B("ID", "VAT")));
        XElement root = Root("Invoice", "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0", "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0", InvoiceNumber(plan, shipment), stamp, time: false);
        root.Add(B("DueDate", Iso(Day(stamp).AddDays(Supplier.PaymentDays))), B("InvoiceTypeCode", "380"), B("DocumentCurrencyCode", currency),
            A("OrderReference", B("ID", plan.Order.Number)), A("DespatchDocumentReference", B("ID", DespatchNumber(plan, shipment))),
            Supplies("AccountingSupplierParty"), Buys("AccountingCustomerParty"));
        if (figures.Freight > 0)
        {
            root.Add(A("AllowanceCharge", B("ChargeIndicator", "true"), B("AllowanceChargeReasonCode", "FC"), B("AllowanceChargeReason", "Freight"), Money("Amount", figures.Freight), Tax("TaxCategory")));
        }
        root.Add(A("TaxTotal", Money("TaxAmount", figures.Vat), A("TaxSubtotal", Money("TaxableAmount", figures.Net), Money("TaxAmount", figures.Vat), Tax("TaxCategory"))),
            A("LegalMonetaryTotal", Money("LineExtensionAmount", figures.LinesTotal), Money("TaxExclusiveAmount", figures.Net), Money("TaxInclusiveAmount", figures.Total),
                figures.Freight > 0 ? Money("ChargeTotalAmount", figures.Freight) : null, Money("PayableAmount", figures.Total)));
        for (int i = 0; i < figures.Lines.Count; i++)
        {
            BilledLine line = figures.Lines[i];
            ReadLine ordered = line.Shipped.Answer.Ordered;
            XElement item = Item(line.Shipped.Answer.Item, line.Shipped.Answer.Gtin);
            item.AddFirst(B("Name", line.Shipped.Answer.Item ?? "Article"));
            item.Add(Tax("ClassifiedTaxCategory"));
            root.Add(A("InvoiceLine", B("ID", Number(i + 1)), B("InvoicedQuantity", Text(line.Shipped.Quantity), ("unitCode", ordered.Unit)), Money("LineExtensionAmount", line.Amount),
                A("OrderLineReference", B("LineID", Number(ordered.Position))), item,
                A("Price", B("PriceAmount", Text(line.Price), ("currencyID", currency)), B("BaseQuantity", Text(ordered.Basis), ("unitCode", ordered.Unit)))));
        }
        return Bytes(root);
    }

    private const string Buyer = "8719326000015";

    private static ReadOrder ReadOrder(XElement root)
    {
        DateOnly? Day(XElement? element) => element is not null && DateOnly.TryParseExact(element.Value.Trim(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day) ? day : null;
        XElement? delivery = root.Element(Aggregate + "Delivery");
        List<ReadLine> lines = [];
        foreach (XElement item in root.Elements(Aggregate + "OrderLine").Elements(Aggregate + "LineItem"))
        {
            XElement? quantity = item.Element(Basic + "Quantity");
            XElement? price = item.Element(Aggregate + "Price");
            XElement? article = item.Element(Aggregate + "Item");
            string? Id(string name) => article?.Element(Aggregate + name)?.Element(Basic + "ID")?.Value;
            lines.Add(new ReadLine((int)Parse(item.Element(Basic + "ID")?.Value ?? ""), Id("StandardItemIdentification"), Id("SellersItemIdentification"), Id("BuyersItemIdentification"),
                Parse(quantity?.Value ?? ""), quantity?.Attribute("unitCode")?.Value ?? "EA", Parse(price?.Element(Basic + "PriceAmount")?.Value ?? ""),
                Parse(price?.Element(Basic + "BaseQuantity")?.Value ?? "") is > 0 and var basis ? basis : 1));
        }
        return new ReadOrder
        {
            Number = root.Element(Basic + "ID")?.Value ?? "",
            Issued = Day(root.Element(Basic + "IssueDate")) ?? default,
            Requested = Day(delivery?.Element(Aggregate + "RequestedDeliveryPeriod")?.Element(Basic + "EndDate"))
                ?? Day(delivery?.Element(Aggregate + "RequestedDeliveryPeriod")?.Element(Basic + "StartDate")),
            Currency = root.Element(Basic + "DocumentCurrencyCode")?.Value ?? "PLN",
            ShipTo = delivery?.Element(Aggregate + "DeliveryLocation")?.Element(Basic + "ID")?.Value
                ?? delivery?.Element(Aggregate + "DeliveryParty")?.Element(Aggregate + "PartyIdentification")?.Element(Basic + "ID")?.Value,
            Lines = lines,
        };
    }

    private static XElement AnswerLineOf(OrderPlan plan, AnswerLine line)
    {
        ReadLine ordered = line.Ordered;
        // UNCL 1229: 5 accepted, 3 changed, 7 not accepted.
        string code = line.Verdict switch { LineVerdict.Accepted => "5", LineVerdict.Rejected => "7", _ => "3" };
        XElement item = A("LineItem", B("ID", Number(ordered.Position)), line.Reason is null ? null : B("Note", line.Reason), B("LineStatusCode", code),
            B("Quantity", Text(line.Verdict switch { LineVerdict.Rejected => ordered.Quantity, _ => line.Now }), ("unitCode", ordered.Unit)),
            line.Later > 0 ? B("MaximumBackorderQuantity", Text(line.Later), ("unitCode", ordered.Unit)) : null,
            (line.LaterArrives ?? line.Arrives) is { } day ? Promise(day) : null,
            line.Verdict == LineVerdict.Rejected ? null : A("Price", B("PriceAmount", Text(line.Price), ("currencyID", plan.Order.Currency)), B("BaseQuantity", Text(ordered.Basis), ("unitCode", ordered.Unit))),
            Item(ordered.Item, ordered.Gtin));
        return A("OrderLine", item,
            line.SubstituteItem is null ? null : A("SellerSubstitutedLineItem", B("ID", Number(ordered.Position)), Item(line.SubstituteItem, line.SubstituteGtin)),
            A("OrderLineReference", B("LineID", Number(ordered.Position))));
    }

    private static XElement Promise(DateOnly day) => A("Delivery", A("PromisedDeliveryPeriod", B("EndDate", Iso(day))));

    private static XElement Item(string? item, string? gtin) => A("Item",
        item is null ? null : A("SellersItemIdentification", B("ID", item)),
        gtin is null ? null : A("StandardItemIdentification", B("ID", gtin, ("schemeID", "0160"))));

    private XElement Supplies(string role) => Party(role, Supplier.Identity, Supplier.Name);

    private static XElement Buys(string role) => Party(role, Buyer, "Kroon Bouwgroothandel B.V.");

    private static XElement Party(string role, string gln, string name) => A(role, A("Party", B("EndpointID", gln, ("schemeID", "0088")),
        A("PartyIdentification", B("ID", gln, ("schemeID", "0088"))), A("PartyName", B("Name", name))));

    private XElement Root(string name, string customization, string profile, string id, Stamp stamp, bool time) => new(XNamespace.Get(Schema + name + "-2") + name,
        new XAttribute(XNamespace.Xmlns + "cbc", Basic.NamespaceName), new XAttribute(XNamespace.Xmlns + "cac", Aggregate.NamespaceName),
        B("CustomizationID", customization), B("ProfileID", profile), B("ID", id), B("IssueDate", Iso(Day(stamp))),
        time ? B("IssueTime", Local(stamp).ToString("HH:mm:ss", CultureInfo.InvariantCulture)) : null);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static XElement A(string name, params object?[] content) => new(Aggregate + name, content);

    private static XElement B(string name, string value) => new(Basic + name, value);

    private static XElement B(string name, string value, (string Name, string Value) attribute) => new(Basic + name, new XAttribute(attribute.Name, attribute.Value), value);

    private static byte[] Bytes(XElement root)
    {
        using MemoryStream stream = new();
        using (XmlWriter writer = XmlWriter.Create(stream, new XmlWriterSettings { Encoding = new UTF8Encoding(false), Indent = true, NewLineChars = "\n" }))
        {
            root.Save(writer);
        }
        return stream.ToArray();
    }
}
