using System.Buffers;
using System.Globalization;
using UnifiedCommerce.Edi;

namespace UnifiedCommerce.Sandbox.Voices;

/// <summary>EANCOM in directory D96A or D01B.</summary>
internal sealed class EdifactVoice(SupplierProfile supplier, string release) : SupplierVoice(supplier)
{
    private const string Buyer = "8719326000015";

    internal override string Extension => ".edi";

    internal override string ContentType => "application/edifact";

    internal override ReadDocument Read(byte[] bytes)
    {
        EdiDocument document = EdiDocument.Read(bytes);
        List<ReadOrder> orders = [];
        List<ReadChange> changes = [];
        int acknowledgements = 0;
        foreach (EdiMessage message in document.Messages)
        {
            switch (message.Type)
            {
                case "ORDERS":
                    orders.Add(ReadOrder(message));
                    break;
                case "ORDCHG":
                    changes.Add(ReadChange(message));
                    break;
                case "CONTRL":
                    acknowledgements++;
                    break;
            }
        }
        return new ReadDocument
        {
            Orders = orders,
            Changes = changes,
            IsAcknowledgement = acknowledgements > 0 && orders.Count + changes.Count == 0,
            Fault = orders.Count + changes.Count + acknowledgements == 0 ? "There is no ORDERS, ORDCHG or CONTRL inside." : null,
        };
    }

    internal override byte[]? Acknowledge(byte[] received, Stamp stamp)
    {
        EdiDocument document = EdiDocument.Read(received);
        if (document.Interchanges.Count == 0)
        {
            return null;
        }
        EdiInterchange theirs = document.Interchanges[0];
        return Write(stamp, writer =>
        {
            writer.BeginMessage(new EdiMessageHeader { Type = "CONTRL", Reference = "1", Version = "D", Release = "3", Agency = "UN" });
            writer.BeginSegment("UCI").Element(theirs.ControlReference).Element(theirs.Sender).Component(theirs.SenderQualifier)
                .Element(theirs.Receiver).Component(theirs.ReceiverQualifier).Element("7").EndSegment();
            foreach (EdiMessage message in theirs.Messages)
            {
                EdiSegment header = message.Header;
                writer.BeginSegment("UCM").Element(message.Reference).Element(header.Text(2, 1)).Component(header.Text(2, 2)).Component(header.Text(2, 3))
                    .Component(header.Text(2, 4)).Component(header.Text(2, 5)).Element("7").EndSegment();
            }
            writer.EndMessage();
        });
    }

    internal override byte[] Answer(OrderPlan plan, Stamp stamp) => Write(stamp, writer =>
    {
        Begin(writer, "ORDRSP", "EAN005", "EAN009");
        string code = plan.Scenario == Scenario.OrderReject ? "27" : plan.Lines.All(line => line.Verdict == LineVerdict.Accepted) ? "29" : "4";
        Segment(writer, $"BGM+231+{Supplier.Prefix}AB{OrderNumber(plan)[2..]}+{code}");
        Segment(writer, $"DTM+137:{Local(stamp):yyyyMMddHHmm}:203");
        if (plan.Reason is { } reason)
        {
            writer.BeginSegment("FTX").Element("AAI").Element().Element().Element(reason).EndSegment();
        }
        Segment(writer, $"RFF+ON:{plan.Order.Number}");
        Segment(writer, $"RFF+VN:{OrderNumber(plan)}");
        Parties(writer);
        Segment(writer, $"CUX+2:{plan.Order.Currency}:9");
        foreach (AnswerLine line in plan.Lines)
        {
            string action = line.Verdict switch { LineVerdict.Accepted => "5", LineVerdict.Rejected => "7", _ => "3" };
            Line(writer, line.Ordered.Position.ToString(CultureInfo.InvariantCulture), action, line.Gtin);
            Own(writer, line.Item);
            if (line.Verdict == LineVerdict.Substituted)
            {
                writer.BeginSegment("PIA").Element("4");
                if (line.Ordered.Gtin is { } gtin)
                {
                    writer.Element(gtin).Component("EN");
                }
                writer.Element(line.Ordered.Item).Component("SA").EndSegment();
            }
            Quantity(writer, "21", line.Ordered.Quantity, line.Ordered.Unit);
            if (line.Now > 0)
            {
                Quantity(writer, "113", line.Now, line.Ordered.Unit);
            }
            if (line.Later > 0)
            {
                Quantity(writer, "83", line.Later, line.Ordered.Unit);
            }
            if ((line.LaterArrives ?? line.Arrives) is { } day)
            {
                Segment(writer, $"DTM+69:{Compact(day)}:102");
            }
            if (line.Reason is { } said)
            {
                writer.BeginSegment("FTX").Element("AAI").Element().Element().Element(said).EndSegment();
            }
            if (line.Verdict != LineVerdict.Rejected)
            {
                Price(writer, line.Price, line.Ordered);
            }
        }
        Summary(writer, plan.Lines.Count);
    });

    internal override byte[]? AnswerChange(OrderPlan plan, ReadChange change, bool agreed, Stamp stamp) => Write(stamp, writer =>
    {
        Begin(writer, "ORDRSP", "EAN005", "EAN009");
        Segment(writer, $"BGM+231+{Supplier.Prefix}AC{OrderNumber(plan)[2..]}-{stamp.Control}+{(agreed ? "4" : "27")}");
        Segment(writer, $"DTM+137:{Local(stamp):yyyyMMddHHmm}:203");
        if (!agreed)
        {
            Segment(writer, "FTX+AAI+++Already on its way");
        }
        Segment(writer, $"RFF+ON:{plan.Order.Number}");
        Segment(writer, $"RFF+ACD:{change.Number}");
        Parties(writer);
        Segment(writer, $"CUX+2:{plan.Order.Currency}:9");
        ReadLine[] lines = agreed ? [.. plan.Order.Lines.Where(line => change.CancelsAll || change.Cancelled.Contains(line.Position))] : [];
        foreach (ReadLine line in lines)
        {
            Line(writer, line.Position.ToString(CultureInfo.InvariantCulture), "7", line.Gtin);
            Own(writer, line.Item);
            Quantity(writer, "21", line.Quantity, line.Unit);
            Segment(writer, "FTX+AAI+++Cancelled as asked");
        }
        Summary(writer, lines.Length);
    });

    internal override byte[] Despatch(OrderPlan plan, Shipment shipment, Stamp stamp) => Write(stamp, writer =>
    {
        Begin(writer, "DESADV", "EAN005", "EAN007");
        Segment(writer, $"BGM+351+{DespatchNumber(plan, shipment)}+9");
        Segment(writer, $"DTM+137:{Local(stamp):yyyyMMddHHmm}:203");
        Segment(writer, $"DTM+11:{Local(stamp):yyyyMMddHHmm}:203");
        Segment(writer, $"DTM+17:{Compact(shipment.Arrives)}:102");
        Segment(writer, $"RFF+ON:{plan.Order.Number}");
        Segment(writer, $"RFF+CN:{Tracking(plan, shipment)}");
        Parties(writer);
        if (plan.Order.ShipTo is { } place)
        {
            Segment(writer, $"NAD+DP+{place}::9");
        }
        writer.BeginSegment("TDT").Element("20").Element().Element("30").Element("31").Element().Component().Component().Component(Supplier.Carrier).EndSegment();
        Segment(writer, "CPS+1");
        Segment(writer, "PAC+1++CT");
        Segment(writer, "CPS+2+1");
        Segment(writer, "PAC+1++CT");
        Segment(writer, "PCI+33E");
        Segment(writer, $"GIN+BJ+{Sscc(plan, shipment)}");
        for (int i = 0; i < shipment.Lines.Count; i++)
        {
            ShipmentLine line = shipment.Lines[i];
            Line(writer, (i + 1).ToString(CultureInfo.InvariantCulture), "", line.Answer.Gtin);
            Own(writer, line.Answer.Item);
            Quantity(writer, "12", line.Quantity, line.Answer.Ordered.Unit);
            Segment(writer, $"RFF+ON:{plan.Order.Number}:{line.Answer.Ordered.Position}");
        }
        Segment(writer, $"CNT+2:{shipment.Lines.Count}");
        writer.EndMessage();
    });

    internal override byte[] Bill(OrderPlan plan, Shipment shipment, Stamp stamp) => Write(stamp, writer =>
    {
        Figures figures = FiguresOf(plan, shipment);
        string category = Supplier.VatPercent > 0 ? "S" : "AE";
        string tax = $"TAX+7+VAT+++:::{Text(Supplier.VatPercent)}+{category}";
        Begin(writer, "INVOIC", "EAN008", "EAN011");
        Segment(writer, $"BGM+380+{InvoiceNumber(plan, shipment)}+9");
        Segment(writer, $"DTM+137:{Compact(Day(stamp))}:102");
        Segment(writer, $"RFF+ON:{plan.Order.Number}");
        Segment(writer, $"RFF+AAK:{DespatchNumber(plan, shipment)}");
        Segment(writer, $"NAD+BY+{Buyer}::9");
        Segment(writer, "RFF+VA:NL004495445B01");
        Segment(writer, $"NAD+SU+{Supplier.Identity}::9");
        Segment(writer, $"RFF+VA:{Supplier.Vat}");
        Segment(writer, $"NAD+IV+{Buyer}::9");
        Segment(writer, $"CUX+2:{plan.Order.Currency}:4");
        Segment(writer, "PAT+1");
        Segment(writer, $"DTM+13:{Compact(Day(stamp).AddDays(Supplier.PaymentDays))}:102");
        if (figures.Freight > 0)
        {
            Segment(writer, "ALC+C++++FC");
            Segment(writer, $"MOA+8:{Cents(figures.Freight)}");
        }
        for (int i = 0; i < figures.Lines.Count; i++)
        {
            BilledLine line = figures.Lines[i];
            AnswerLine answer = line.Shipped.Answer;
            Line(writer, (i + 1).ToString(CultureInfo.InvariantCulture), "", answer.Gtin);
            Own(writer, answer.Item);
            Quantity(writer, "47", line.Shipped.Quantity, answer.Ordered.Unit);
            Segment(writer, $"MOA+203:{Cents(line.Amount)}");
            Price(writer, line.Price, answer.Ordered);
            Segment(writer, $"RFF+ON:{plan.Order.Number}:{answer.Ordered.Position}");
            Segment(writer, tax);
        }
        Segment(writer, "UNS+S");
        Segment(writer, $"CNT+2:{figures.Lines.Count}");
        Segment(writer, $"MOA+77:{Cents(figures.Total)}");
        Segment(writer, $"MOA+79:{Cents(figures.LinesTotal)}");
        Segment(writer, $"MOA+125:{Cents(figures.Net)}");
        Segment(writer, $"MOA+124:{Cents(figures.Vat)}");
        Segment(writer, tax);
        Segment(writer, $"MOA+124:{Cents(figures.Vat)}");
        writer.EndMessage();
    });

    private static ReadOrder ReadOrder(EdiMessage message)
    {
        string number = "", currency = "EUR";
        string? shipTo = null;
        DateOnly issued = default;
        DateOnly? requested = null;
        List<ReadLine> lines = [];
        foreach (EdiSegment segment in message.Segments)
        {
            switch (segment.Tag)
            {
                case "BGM":
                    number = segment.Text(2);
                    break;
                case "DTM" when segment.Text(1) == "137":
                    issued = Date(segment.Text(1, 2)) ?? issued;
                    break;
                case "DTM" when segment.Text(1) == "2" && lines.Count == 0:
                    requested = Date(segment.Text(1, 2));
                    break;
                case "NAD" when segment.Text(1) == "DP":
                    shipTo = segment.Text(2) is { Length: > 0 } gln ? gln : null;
                    break;
                case "CUX":
                    currency = segment.Text(1, 2);
                    break;
                case "LIN":
                    lines.Add(new ReadLine((int)Parse(segment.Text(1)), segment.Text(3) is { Length: > 0 } gtin ? gtin : null, null, null, 0, "PCE", 0, 1));
                    break;
                case "PIA" when lines.Count > 0:
                    for (int element = 2; element <= segment.ElementCount; element++)
                    {
                        lines[^1] = segment.Text(element, 2) switch
                        {
                            "SA" => lines[^1] with { Item = segment.Text(element) },
                            "IN" or "BP" => lines[^1] with { BuyerItem = segment.Text(element) },
                            _ => lines[^1],
                        };
                    }
                    break;
                case "QTY" when segment.Text(1) == "21" && lines.Count > 0:
                    lines[^1] = lines[^1] with { Quantity = Parse(segment.Text(1, 2)), Unit = segment.Text(1, 3) is { Length: > 0 } unit ? unit : "PCE" };
                    break;
                case "PRI" when segment.Text(1) == "AAA" && lines.Count > 0:
                    lines[^1] = lines[^1] with { Price = Parse(segment.Text(1, 2)), Basis = Parse(segment.Text(1, 5)) is > 0 and var basis ? basis : 1 };
                    break;
            }
        }
        return new ReadOrder { Number = number, Issued = issued, Requested = requested, Currency = currency, ShipTo = shipTo, Lines = lines };
    }

    private static ReadChange ReadChange(EdiMessage message)
    {
        string number = "", order = "", function = "";
        List<int> cancelled = [];
        int position = 0;
        foreach (EdiSegment segment in message.Segments)
        {
            switch (segment.Tag)
            {
                case "BGM":
                    (number, function) = (segment.Text(2), segment.Text(3));
                    break;
                case "RFF" when segment.Text(1) == "ON":
                    order = segment.Text(1, 2);
                    break;
                case "LIN":
                    position = (int)Parse(segment.Text(1));
                    // ISO 9735 1229: 2 deleted.
                    if (segment.Text(2) == "2")
                    {
                        cancelled.Add(position);
                    }
                    break;
                case "QTY" when segment.Text(1) == "21" && Parse(segment.Text(1, 2)) == 0 && position > 0 && !cancelled.Contains(position):
                    cancelled.Add(position);
                    break;
            }
        }
        return new ReadChange(number, order, function == "1", cancelled);
    }

    private byte[] Write(Stamp stamp, Action<EdiWriter> body)
    {
        ArrayBufferWriter<byte> output = new();
        using (EdiWriter writer = new(output, Dialect.Edifact(), new EdiWriterOptions { LineEnding = "\n", UnwritableText = UnwritableText.Replace }))
        {
            writer.BeginInterchange(new EdiInterchangeHeader
            {
                Sender = Supplier.Identity,
                SenderQualifier = "14",
                Receiver = Buyer,
                ReceiverQualifier = "14",
                Prepared = Local(stamp),
                ControlReference = stamp.Control.ToString(CultureInfo.InvariantCulture),
                IsTest = Supplier.Test,
            });
            body(writer);
            writer.EndInterchange();
        }
        return output.WrittenSpan.ToArray();
    }

    private void Begin(EdiWriter writer, string type, string d96a, string d01b) => writer.BeginMessage(new EdiMessageHeader
    {
        Type = type,
        Reference = "1",
        Version = "D",
        Release = release,
        Agency = "UN",
        AssociationCode = release == "96A" ? d96a : d01b,
    });

    // Only for values that hold no separator: codes, numbers, dates.
    private static void Segment(EdiWriter writer, string text)
    {
        string[] elements = text.Split('+');
        EdiWriter segment = writer.BeginSegment(elements[0]);
        foreach (string element in elements[1..])
        {
            string[] components = element.Split(':');
            segment.Element(components[0]);
            foreach (string component in components[1..])
            {
                segment.Component(component);
            }
        }
        segment.EndSegment();
    }

    private void Parties(EdiWriter writer)
    {
        Segment(writer, $"NAD+BY+{Buyer}::9");
        Segment(writer, $"NAD+SU+{Supplier.Identity}::9");
    }

    private static void Line(EdiWriter writer, string number, string action, string? gtin)
    {
        EdiWriter segment = writer.BeginSegment("LIN").Element(number).Element(action);
        if (gtin is not null)
        {
            segment.Element(gtin).Component("EN");
        }
        segment.EndSegment();
    }

    private static void Own(EdiWriter writer, string? item)
    {
        if (item is not null)
        {
            writer.BeginSegment("PIA").Element("1").Element(item).Component("SA").EndSegment();
        }
    }

    private static void Quantity(EdiWriter writer, string qualifier, decimal quantity, string unit) =>
        writer.BeginSegment("QTY").Element(qualifier).Component(Text(quantity)).Component(unit).EndSegment();

    private static void Price(EdiWriter writer, decimal price, ReadLine ordered) =>
        writer.BeginSegment("PRI").Element("AAA").Component(Text(price)).Component().Component().Component(Text(ordered.Basis)).Component(ordered.Unit).EndSegment();

    private static void Summary(EdiWriter writer, int lines)
    {
        Segment(writer, "UNS+S");
        Segment(writer, $"CNT+2:{lines}");
        writer.EndMessage();
    }
}
