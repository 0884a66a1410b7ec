using System.Globalization;
using System.Text;
using System.Text.Json;
using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Proposes mappings for formats that name their values: JSON members, CSV columns. A name that means one thing becomes the
/// field; a name that could mean several is marked.</summary>
internal static class NamedProposer
{
    /// <summary>Names that mean one thing in purchasing, in English, German, Dutch and Polish, without case and punctuation.</summary>
    private static readonly Dictionary<string, string> LineNames = Names(
        "position|line|lineno|linenumber|lineid|pos|posnr|position|regel|regelnummer|lp|pozycja=position",
        "gtin|ean|ean13|barcode|kodean|eancode|upc=gtin",
        "suppliersku|sellersku|vendorsku|supplierarticle|supplieritem|supplierpartnumber|vendorpartnumber|lieferantenartikelnummer|herstellernummer=supplierSku",
        "buyersku|yoursku|yourarticle|youritem|customersku|customerarticle|buyeritem|buyerarticle|kundenartikelnummer|uwartikel=buyerSku",
        "manufacturerpart|mpn|manufacturerpartnumber|mfrpart|mfgpart=manufacturerPart",
        "description|name|productname|itemname|bezeichnung|omschrijving|nazwa|title=description",
        "quantity|qty|orderqty|orderedquantity|orderquantity|menge|aantal|ilosc=quantity",
        "unit|uom|unitofmeasure|unitcode|me|mengeneinheit|eenheid|jm|jednostka=unit",
        "netprice|unitnetprice|nettopreis|nettoprijs|cenanetto=netPrice",
        "priceper|pricebasis|per|priceunitquantity|preiseinheit=priceBasis",
        "deliverydate|requesteddelivery|requesteddate|needby|requireddate|lieferdatum|leverdatum|datadostawy=requestedDelivery",
        "taxpercent|vatpercent|vatrate|taxrate|mwst|btw|stawkavat=taxPercent",
        "lineamount|linetotal|netamount|amountnet|nettobetrag=amount",
        "note|comment|remark|bemerkung|opmerking|uwagi=note",
        "reason|grund|reden|powod=reason",
        "batch|lot|lotnumber|charge=batch",
        "available|stock|onhand|quantityavailable|bestand|voorraad|stan=available",
        "backorder|backordered|later|qtylater|backorderquantity|rest=backorderedQuantity",
        "sscc=packageId",
        "weightkg=weightKg", "leadtimedays|leaddays|leadtime=leadTimeDays", "minimum|minimumquantity|moq|minqty=minimumQuantity", "multiple|ordermultiple=multiple");

    private static readonly Dictionary<string, string> HeadNames = Names(
        "ordernumber|orderno|ordernr|order_number|purchaseordernumber|ponumber|pono|bestellnummer|bestelnummer|nrzamowienia|orderid=order",
        "invoicenumber|invoiceno|rechnungsnummer|factuurnummer|nrfaktury=invoice",
        "despatchnumber|despatchno|shipmentnumber|deliverynote|lieferscheinnummer=despatch",
        "responsenumber|responseno|confirmationnumber=response",
        "orderdate|orderedat|podate|bestelldatum|besteldatum|datazamowienia=orderDate",
        "invoicedate|rechnungsdatum|factuurdatum=invoiceDate", "despatchdate|shipdate|shippeddate|shippedat=shipDate", "duedate|due|faelligkeit=due",
        "currency|currencycode|waehrung|valuta|waluta=currency",
        "requesteddelivery|deliverydate|requested|needby|lieferdatum|leverdatum=requestedDelivery",
        "contract|contractnumber|kontrakt=contract", "carrier|spediteur|vervoerder=carrier", "tracking|trackingnumber|trackandtrace=trackingNumber",
        "note|comment|remark|bemerkung=note",
        "buyergln|customergln=buyer.gln", "buyername|customername|kunde|klant=buyer.name", "buyerid|customerid|customernumber|customerno|account|kundennummer|klantnummer=buyer.id", "buyervat|buyernip|vatnumber=buyer.vatNumber",
        "suppliergln|sellergln|vendorgln=supplier.gln", "suppliername|sellername=supplier.name", "supplierid|vendorid|suppliernumber=supplier.id",
        "shiptogln|deliverygln|deliverygln=shipTo.gln", "shiptoname|deliveryname=shipTo.name", "shiptostreet|deliverystreet=shipTo.street", "shiptocity|deliverycity=shipTo.city",
        "shiptopostcode|shiptopostalcode|shiptozip=shipTo.postalCode", "shiptocountry|deliverycountry=shipTo.country",
        "total|grandtotal|payable|totalgross|totalinclvat|bruttobetrag=payableTotal", "nettotal|totalnet=netTotal", "taxtotal|vattotal=taxTotal");

    private static readonly Dictionary<string, string> PartyNames = Names("gln=gln", "id|number=id", "name=name", "street|address|addressline=street", "postcode|postalcode|zip|zipcode=postalCode", "city|town=city", "country|countrycode=country", "region|state=region", "vatnumber|vat=vatNumber", "contact=contact");
    private static readonly Dictionary<string, string> Parties = Names("buyer|customer|orderedby|client=buyer", "supplier|seller|vendor=supplier", "shipto|deliverto|delivery|deliveryaddress|shippingaddress|consignee=shipTo", "billto|invoicee|billing|billingaddress=invoicee");

    public static MappingProposal Propose(ReadOnlyMemory<byte> sample, PeekedFile peeked, bool fromCustomer)
    {
        if (peeked.Messages.Count == 0)
            return MappingProposer.Nothing(peeked.Diagnostics);
        return peeked.Syntax == MessageSyntax.Csv ? Csv(sample, peeked, fromCustomer) : Json(sample, peeked, fromCustomer);
    }

    /// <summary>What a file is about, by the names in it.</summary>
    private static DocumentKind KindOf(IReadOnlyCollection<string> names, bool fromCustomer)
    {
        bool Has(params string[] wanted) => wanted.Any(want => names.Any(name => name.Contains(want, StringComparison.Ordinal)));
        if (Has("invoice", "rechnung", "factuur", "faktur"))
            return DocumentKind.Invoice;
        if (Has("available", "onhand", "stockqty", "bestand", "voorraad") || names.Any(name => name.EndsWith("stock", StringComparison.Ordinal)))
            return DocumentKind.InventoryReport;
        if (Has("despatch", "shipment", "shipped", "parcel", "sscc", "lieferschein"))
            return DocumentKind.DespatchAdvice;
        if (Has("response", "confirm", "orderstatus", "linestatus") || (Has("status") && Has("orderreference")))
            return DocumentKind.OrderResponse;
        if (!Has("quantity", "qty", "menge", "aantal", "ilosc") && Has("price", "preis", "prijs", "cena"))
            return DocumentKind.PriceCatalogue;
        return fromCustomer ? DocumentKind.Order : DocumentKind.PurchaseOrder;
    }

    private static string Head(DocumentKind kind) => $"# Proposed from a sample; lines with #? and columns {{_}} are yours to decide.\ndocument {kind}\n{(kind == DocumentKind.Order ? "set channel = file\n" : "")}";

    /// <summary>The field for a header name in a kind of document; null when it is not certain.</summary>
    private static string? HeadField(DocumentKind kind, string name)
    {
        if (!HeadNames.TryGetValue(name, out string? meaning))
            return name is "number" ? "number" : null;
        string? field = (meaning, kind) switch
        {
            ("order", DocumentKind.Order or DocumentKind.PurchaseOrder) => "number",
            ("order", _) => "orderNumber",
            ("invoice", DocumentKind.Invoice) => "number",
            ("despatch", DocumentKind.DespatchAdvice) => "number",
            ("despatch", DocumentKind.Invoice) => "despatchNumber",
            ("response", DocumentKind.OrderResponse) => "number",
            ("orderDate", DocumentKind.Order or DocumentKind.PurchaseOrder) => "issued",
            ("invoiceDate", DocumentKind.Invoice) => "issued",
            ("shipDate", DocumentKind.DespatchAdvice) => "shipped",
            ("order" or "invoice" or "despatch" or "response" or "orderDate" or "invoiceDate" or "shipDate", _) => null,
            _ => meaning,
        };
        return field is not null && FieldTable.Resolve(DocumentTypes.Of(kind)!, field) is not null ? field : null;
    }

    private static string? LineField(DocumentKind kind, string name)
    {
        if (!LineNames.TryGetValue(name, out string? field) || FieldTable.ResolveList(DocumentTypes.Of(kind)!, "lines") is not { } lines)
            return null;
        if (field == "requestedDelivery" && kind == DocumentKind.OrderResponse)
            field = "promisedDelivery";
        return FieldTable.Resolve(lines.ItemType, field) is not null ? field : null;
    }

    /// <summary>The value looks like what the field holds, in all that the sample shows.</summary>
    private static string? Fits(Type type, string field, IReadOnlyCollection<string> values, ref string format)
    {
        if (FieldTable.Resolve(type, field) is not { } path)
            return null;
        string[] filled = [.. values.Where(value => value.Length > 0)];
        switch (path.Leaf.Kind)
        {
            case ValueKind.Date or ValueKind.Moment:
                foreach (string candidate in new[] { "iso", "yyyyMMdd", "dd.MM.yyyy", "dd-MM-yyyy", "yyyy/MM/dd" })
                {
                    if (filled.Length > 0 && filled.All(value => DateCodes.TryRead(value, candidate, null, out _)))
                    {
                        format = candidate == "iso" ? "" : " " + candidate;
                        return field;
                    }
                }
                return null;
            case ValueKind.Number or ValueKind.Integer:
                return filled.Length > 0 && filled.All(value => Numbers.TryRead(value, null, out decimal number) && (path.Leaf.Kind == ValueKind.Number || decimal.Truncate(number) == number)) ? field : null;
            case ValueKind.Text:
                IdScheme scheme = ValueReader.SchemeOf(path.Leaf.Name);
                return filled.Length > 0 && (scheme == IdScheme.None || filled.All(value => Identifiers.IsValid(scheme, value))) ? field : null;
            default:
                return null;
        }
    }

    private static MappingProposal Csv(ReadOnlyMemory<byte> sample, PeekedFile peeked, bool fromCustomer)
    {
        string text = MessageMapping.Decode(sample.Span, Edi.CharacterSet.Unknown, new Findings());
        string firstLine = text[..(text.IndexOfAny(['\r', '\n']) is var end && end < 0 ? text.Length : end)];
        char delimiter = new[] { ';', '\t', ',', '|' }.MaxBy(candidate => firstLine.Count(character => character == candidate));
        string[][] rows = [.. CsvText.Rows(text, delimiter, new Findings()).Select(row => row.Cells).Take(200)];
        if (rows.Length < 2 || rows[0].Any(cell => Numbers.TryRead(cell, null, out _)))
            return MappingProposer.Nothing([Diagnostic.Error("no-header", "line 1", "The file has no header row with names, so nothing can be told from it. Write the mapping by hand with 'csv header=no'.")]);
        string[] names = [.. rows[0].Select(Plain)];
        DocumentKind kind = KindOf(names, fromCustomer);
        Type root = DocumentTypes.Of(kind)!;
        Type line = FieldTable.ResolveList(root, "lines")!.ItemType;
        bool comma = rows.Skip(1).SelectMany(row => row).Count(cell => Numbers.TryRead(cell, ',', out _) && cell.Contains(',', StringComparison.Ordinal)) > 0;
        List<UnsureValue> unsure = [];
        HashSet<string> taken = new(StringComparer.Ordinal);
        List<string> cells = [];
        for (int column = 0; column < names.Length; column++)
        {
            string[] values = [.. rows.Skip(1).Select(row => column < row.Length ? row[column].Trim() : "")];
            string format = "";
            string? field = LineField(kind, names[column]) is { } ofLine && !taken.Contains("lines." + ofLine) ? Fits(line, ofLine, values, ref format) : null;
            bool inLine = field is not null;
            // A header value is the same on every row of a document.
            if (field is null && HeadField(kind, names[column]) is { } ofHead && !taken.Contains(ofHead))
                field = Fits(root, ofHead, values, ref format);
            if (field is null || (!inLine && names[column] is "deliverydate"))
            {
                cells.Add("{_}");
                string shown = values.FirstOrDefault(value => value.Length > 0) ?? "";
                unsure.Add(new UnsureValue($"column {rows[0][column]}", shown, MappingProposer.Candidates(kind, true, shown, taken)));
                continue;
            }
            taken.Add(inLine ? "lines." + field : field);
            cells.Add($"{{{(inLine ? field : "^" + field)}?{format}}}");
        }
        StringBuilder body = new();
        body.Append(CultureInfo.InvariantCulture, $"     | {string.Join(delimiter, rows[0])}\neach | lines\n     | {string.Join(delimiter, cells)}\nend\n");
        foreach (UnsureValue value in unsure)
            body.Append(CultureInfo.InvariantCulture, $"#? {value.Place}: {value.Sample}    candidates: {(value.Candidates.Count == 0 ? "none" : string.Join(", ", value.Candidates))}\n");
        string head = Head(kind) + (delimiter == '\t' ? "csv delimiter=tab\n" : delimiter == '|' ? "csv delimiter=pipe\n" : $"csv delimiter={delimiter}\n") + (comma ? "decimal ,\n" : "");
        return MappingProposer.Complete(head, body.ToString(), peeked, kind, null, sample, unsure);
    }

    private static MappingProposal Json(ReadOnlyMemory<byte> sample, PeekedFile peeked, bool fromCustomer)
    {
        using JsonDocument document = JsonDocument.Parse(sample.Span.StartsWith("\uFEFF"u8) ? sample[3..] : sample, new JsonDocumentOptions { MaxDepth = TreeParsing.MaximumDepth });
        JsonElement top = document.RootElement;
        if (top.ValueKind == JsonValueKind.Array && top.GetArrayLength() > 0)
            top = top[0];
        if (top.ValueKind != JsonValueKind.Object)
            return MappingProposer.Nothing([Diagnostic.Error("no-names", "/", "The file is no JSON object, so nothing can be told from it.")]);
        List<string> names = [];
        Collect(top, names);
        if (top.TryGetProperty("type", out JsonElement type) && type.ValueKind == JsonValueKind.String)
            names.Add(Plain(type.GetString()!));
        if (top.TryGetProperty("document", out type) && type.ValueKind == JsonValueKind.String)
            names.Add(Plain(type.GetString()!));
        DocumentKind kind = KindOf(names, fromCustomer);
        List<UnsureValue> unsure = [];
        HashSet<string> taken = new(StringComparer.Ordinal);
        StringBuilder body = new();
        bool array = document.RootElement.ValueKind == JsonValueKind.Array;
        if (array)
            body.Append("     | [\n");
        Object(body, top, kind, "", null, unsure, taken, 0);
        body.Append('\n');
        if (array)
            body.Append("     | ]\n");
        return MappingProposer.Complete(Head(kind), body.ToString(), peeked, kind, null, sample, unsure);
    }

    private static void Object(StringBuilder body, JsonElement element, DocumentKind kind, string path, string? party, List<UnsureValue> unsure, HashSet<string> taken, int depth)
    {
        string pad = new(' ', depth * 2);
        bool inLines = path == "lines";
        Type root = DocumentTypes.Of(kind)!;
        Type type = inLines ? FieldTable.ResolveList(root, "lines")!.ItemType : root;
        body.Append(CultureInfo.InvariantCulture, $"     | {pad}{{\n");
        List<(string Text, bool Line)> members = [];
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string name = Plain(property.Name);
            switch (property.Value.ValueKind)
            {
                case JsonValueKind.Array when !inLines && party is null && property.Value.GetArrayLength() > 0 && property.Value[0].ValueKind == JsonValueKind.Object && IsLines(property.Value[0], kind) && !taken.Contains("lines"):
                {
                    taken.Add("lines");
                    StringBuilder inner = new();
                    Object(inner, Merged(property.Value), kind, "lines", null, unsure, taken, depth + 2);
                    members.Add(($"     | {pad}  \"{property.Name}\": [\neach? | lines\n{inner}\nend\n     | {pad}  ]", true));
                    break;
                }
                case JsonValueKind.Object when !inLines && party is null && Parties.TryGetValue(name, out string? found) && FieldTable.Resolve(root, found + ".name") is not null && taken.Add(found):
                {
                    StringBuilder inner = new();
                    Object(inner, property.Value, kind, "", found, unsure, taken, depth + 1);
                    string text = inner.ToString();
                    members.Add(($"?    | {pad}  \"{property.Name}\": {{\n{text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..]}", true));
                    break;
                }
                case JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False:
                {
                    string value = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : property.Value.GetRawText();
                    if (property.Name is "type" or "document" && depth == 0 && value.Length > 0)
                    {
                        members.Add(($"     | {pad}  \"{property.Name}\": \"{value}\"", true));
                        break;
                    }
                    string format = "";
                    string? field = party is not null
                        ? PartyNames.TryGetValue(name, out string? own) ? Fits(root, $"{party}.{own}", [value], ref format) : null
                        : inLines ? LineField(kind, name) is { } ofLine ? Fits(type, ofLine, [value], ref format) : null : HeadField(kind, name) is { } ofHead ? Fits(root, ofHead, [value], ref format) : null;
                    string key = inLines ? $"lines.{field}" : field ?? "";
                    if (field is null || !taken.Add(key))
                    {
                        unsure.Add(new UnsureValue($"{(inLines ? "/lines" : "")}/{property.Name}", value, MappingProposer.Candidates(kind, inLines, value, taken)));
                        break;
                    }
                    string placeholder = $"{{{field}{format}}}";
                    members.Add(($"?    | {pad}  \"{property.Name}\": {(property.Value.ValueKind == JsonValueKind.String ? $"\"{placeholder}\"" : placeholder)}", false));
                    break;
                }
                case JsonValueKind.Null:
                    break;
                default:
                    unsure.Add(new UnsureValue($"{(inLines ? "/lines" : "")}/{property.Name}", property.Value.GetRawText() is { Length: > 80 } raw ? raw[..80] + "..." : property.Value.GetRawText(), []));
                    break;
            }
        }
        body.Append(string.Join(",\n", members.Select(member => member.Text)));
        body.Append(CultureInfo.InvariantCulture, $"\n     | {pad}}}");
    }

    /// <summary>One object with every member that any item has: later items may say more than the first.</summary>
    private static JsonElement Merged(JsonElement array)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            HashSet<string> written = new(StringComparer.Ordinal);
            writer.WriteStartObject();
            foreach (JsonElement item in array.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object).Take(200))
            {
                foreach (JsonProperty property in item.EnumerateObject().Where(property => property.Value.ValueKind != JsonValueKind.Null && written.Add(property.Name)))
                    property.WriteTo(writer);
            }
            writer.WriteEndObject();
        }
        using JsonDocument merged = JsonDocument.Parse(stream.ToArray());
        return merged.RootElement.Clone();
    }

    private static bool IsLines(JsonElement item, DocumentKind kind) => item.EnumerateObject().Count(property => LineField(kind, Plain(property.Name)) is not null) >= 2;

    private static void Collect(JsonElement element, List<string> names)
    {
        foreach (JsonProperty property in element.EnumerateObject())
        {
            names.Add(Plain(property.Name));
            if (property.Value.ValueKind == JsonValueKind.Object)
                Collect(property.Value, names);
            else if (property.Value.ValueKind == JsonValueKind.Array && property.Value.GetArrayLength() > 0 && property.Value[0].ValueKind == JsonValueKind.Object)
                Collect(property.Value[0], names);
        }
    }

    private static string Plain(string name) => string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();

    private static Dictionary<string, string> Names(params string[] rows)
    {
        Dictionary<string, string> names = new(StringComparer.Ordinal);
        foreach (string row in rows)
        {
            string[] halves = row.Split('=');
            foreach (string name in halves[0].Split('|'))
                names[Plain(name)] = halves[1];
        }
        return names;
    }
}
