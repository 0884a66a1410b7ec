using System.Buffers;
using System.Globalization;
using UnifiedCommerce.Edi;

namespace UnifiedCommerce.Sandbox.Voices;

/// <summary>X12 4010.</summary>
internal sealed class X12Voice(SupplierProfile supplier) : SupplierVoice(supplier)
{
    private const string Buyer = "KROONNL";

    internal override string Extension => ".x12";

    internal override string ContentType => "application/edi-x12";

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
                case "850":
                    orders.Add(ReadOrder(message));
                    break;
                case "860":
                    changes.Add(ReadChange(message));
                    break;
                case "997" or "999":
                    acknowledgements++;
                    break;
            }
        }
        return new ReadDocument
        {
            Orders = orders,
            Changes = changes,
            IsAcknowledgement = acknowledgements > 0 && orders.Count + changes.Count == 0,
            Fault = orders.Count + changes.Count + acknowledgements == 0 ? "There is no 850, 860 or 997 inside." : null,
        };
    }

    internal override byte[]? Acknowledge(byte[] received, Stamp stamp)
    {
        EdiDocument document = EdiDocument.Read(received);
        if (document.Interchanges.Count == 0 || document.Interchanges[0].Groups.Count == 0)
        {
            return null;
        }
        EdiGroup group = document.Interchanges[0].Groups[0];
        return Write("997", "FA", stamp, writer =>
        {
            Segment(writer, "AK1", group.FunctionalIdentifier, group.ControlReference);
            foreach (EdiMessage message in group.Messages)
            {
                Segment(writer, "AK2", message.Type, message.Reference);
                Segment(writer, "AK5", "A");
            }
            string count = group.Messages.Count.ToString(CultureInfo.InvariantCulture);
            Segment(writer, "AK9", "A", count, count, count);
        });
    }

    internal override byte[] Answer(OrderPlan plan, Stamp stamp) => Write("855", "PR", stamp, writer =>
    {
        string code = plan.Scenario == Scenario.OrderReject ? "RD" : plan.Lines.All(line => line.Verdict == LineVerdict.Accepted) ? "AD" : "AC";
        Segment(writer, "BAK", "00", code, plan.Order.Number, Compact(plan.Order.Issued), "", "", "", OrderNumber(plan), Compact(Day(stamp)));
        Segment(writer, "CUR", "SE", plan.Order.Currency);
        foreach (AnswerLine line in plan.Lines)
        {
            ReadLine ordered = line.Ordered;
            Segment(writer, ["PO1", Text(ordered.Position), Text(ordered.Quantity), ordered.Unit, Text(line.Verdict == LineVerdict.Repriced ? line.Price : ordered.Price), Basis(ordered), .. Product(ordered.Gtin, ordered.Item)]);
            switch (line.Verdict)
            {
                case LineVerdict.Rejected:
                    Segment(writer, "ACK", "IR", Text(ordered.Quantity), ordered.Unit);
                    break;
                case LineVerdict.Substituted:
                    Segment(writer, ["ACK", "IS", Text(line.Now), ordered.Unit, "068", Compact(line.Arrives!.Value), "", .. Product(line.SubstituteGtin, line.SubstituteItem)]);
                    break;
                default:
                    if (line.Now > 0)
                    {
                        string verdict = line.Verdict switch { LineVerdict.Repriced => "IP", LineVerdict.Partial => "IQ", _ => "IA" };
                        Segment(writer, "ACK", verdict, Text(line.Now), ordered.Unit, "068", Compact(line.Arrives!.Value));
                    }
                    if (line.Later > 0)
                    {
                        Segment(writer, "ACK", "IB", Text(line.Later), ordered.Unit, "068", Compact(line.LaterArrives!.Value));
                    }
                    break;
            }
        }
        Segment(writer, "CTT", Text(plan.Lines.Count));
    });

    internal override byte[]? AnswerChange(OrderPlan plan, ReadChange change, bool agreed, Stamp stamp) => Write("865", "CA", stamp, writer =>
    {
        Segment(writer, "BCA", "04", agreed ? "AC" : "RJ", plan.Order.Number, "", "2", Compact(Day(stamp)), "", OrderNumber(plan), "", Compact(Day(stamp)));
        ReadLine[] lines = agreed ? [.. plan.Order.Lines.Where(line => change.CancelsAll || change.Cancelled.Contains(line.Position))] : [];
        foreach (ReadLine line in lines)
        {
            Segment(writer, ["POC", Text(line.Position), "DI", Text(line.Quantity), "", line.Unit, Text(line.Price), Basis(line), .. Product(line.Gtin, line.Item)]);
            Segment(writer, "ACK", "IR", Text(line.Quantity), line.Unit);
        }
        Segment(writer, "CTT", Text(lines.Length));
    });

    internal override byte[] Despatch(OrderPlan plan, Shipment shipment, Stamp stamp) => Write("856", "SH", stamp, writer =>
    {
        Segment(writer, "BSN", "00", DespatchNumber(plan, shipment), Compact(Day(stamp)), Local(stamp).ToString("HHmm", CultureInfo.InvariantCulture), "0001");
        Segment(writer, "HL", "1", "", "S");
        Segment(writer, "TD5", "", "2", "FDEG", "M", Supplier.Carrier);
        Segment(writer, "REF", "CN", Tracking(plan, shipment));
        Segment(writer, "DTM", "011", Compact(Day(stamp)), Local(stamp).ToString("HHmm", CultureInfo.InvariantCulture));
        Segment(writer, "DTM", "017", Compact(shipment.Arrives));
        if (plan.Order.ShipTo is { } place)
        {
            Segment(writer, "N1", "ST", "Consignee", "UL", place);
        }
        Segment(writer, "HL", "2", "1", "O");
        Segment(writer, "PRF", plan.Order.Number);
        Segment(writer, "HL", "3", "2", "P");
        Segment(writer, "MAN", "GM", "00" + Sscc(plan, shipment));
        int level = 3;
        foreach (ShipmentLine line in shipment.Lines)
        {
            level++;
            Segment(writer, "HL", Text(level), "3", "I");
            Segment(writer, ["LIN", Text(line.Answer.Ordered.Position), .. Product(line.Answer.Gtin, line.Answer.Item)]);
            Segment(writer, "SN1", Text(line.Answer.Ordered.Position), Text(line.Quantity), line.Answer.Ordered.Unit);
        }
        Segment(writer, "CTT", Text(level));
    });

    internal override byte[] Bill(OrderPlan plan, Shipment shipment, Stamp stamp) => Write("810", "IN", stamp, writer =>
    {
        Figures figures = FiguresOf(plan, shipment);
        Segment(writer, "BIG", Compact(Day(stamp)), InvoiceNumber(plan, shipment), Compact(plan.Order.Issued), plan.Order.Number, "", "", "DI");
        Segment(writer, "CUR", "SE", plan.Order.Currency);
        Segment(writer, "REF", "SI", DespatchNumber(plan, shipment));
        Segment(writer, "N1", "SE", Supplier.Name, "92", "MWFT");
        Segment(writer, "N1", "BY", "Kroon Bouwgroothandel B.V.", "UL", "8719326000015");
        Segment(writer, "ITD", "01", "3", "1", "", "15", "", Text(Supplier.PaymentDays));
        foreach (BilledLine line in figures.Lines)
        {
            ReadLine ordered = line.Shipped.Answer.Ordered;
            Segment(writer, ["IT1", Text(ordered.Position), Text(line.Shipped.Quantity), ordered.Unit, Text(line.Price), Basis(ordered), .. Product(line.Shipped.Answer.Gtin, line.Shipped.Answer.Item)]);
        }
        // N2: two implied decimals.
        Segment(writer, "TDS", Text(Math.Round(figures.Total * 100)));
        if (figures.Freight > 0)
        {
            Segment(writer, "SAC", "C", "D240", "", "", Text(Math.Round(figures.Freight * 100)));
        }
        Segment(writer, "CTT", Text(figures.Lines.Count));
    });

    private static ReadOrder ReadOrder(EdiMessage message)
    {
        string number = "", currency = "USD";
        string? shipTo = null;
        DateOnly issued = default;
        DateOnly? requested = null;
        List<ReadLine> lines = [];
        foreach (EdiSegment segment in message.Segments)
        {
            switch (segment.Tag)
            {
                case "BEG":
                    number = segment.Text(3);
                    issued = Date(segment.Text(5)) ?? issued;
                    break;
                case "CUR":
                    currency = segment.Text(2);
                    break;
                case "DTM" when segment.Text(1) == "002" && lines.Count == 0:
                    requested = Date(segment.Text(2));
                    break;
                case "N1" when segment.Text(1) == "ST" && segment.Text(3) == "UL":
                    shipTo = segment.Text(4);
                    break;
                case "PO1":
                    lines.Add(LineOf(segment, 1, 2, 3, 4, 5, 6));
                    break;
            }
        }
        return new ReadOrder { Number = number, Issued = issued, Requested = requested, Currency = currency, ShipTo = shipTo, Lines = lines };
    }

    private static ReadChange ReadChange(EdiMessage message)
    {
        string number = "", order = "", purpose = "";
        List<int> cancelled = [];
        foreach (EdiSegment segment in message.Segments)
        {
            switch (segment.Tag)
            {
                case "BCH":
                    // X12 860: BCH01 01 is a cancellation, BCH03 the purchase order, BCH07 the change's own number.
                    (purpose, order, number) = (segment.Text(1), segment.Text(3), segment.Text(7));
                    break;
                case "POC" when segment.Text(2) == "DI" || Parse(segment.Text(3)) == 0:
                    cancelled.Add((int)Parse(segment.Text(1)));
                    break;
            }
        }
        return new ReadChange(number, order, purpose == "01", cancelled);
    }

    private static ReadLine LineOf(EdiSegment segment, int position, int quantity, int unit, int price, int basis, int first)
    {
        ReadLine line = new((int)Parse(segment.Text(position)), null, null, null, Parse(segment.Text(quantity)), segment.Text(unit), Parse(segment.Text(price)),
            segment.Text(basis) switch { "HP" => 100, "TP" => 1000, _ => 1 });
        // Product ids come in pairs of qualifier (235) and value (234).
        for (int at = first; at < segment.ElementCount; at += 2)
        {
            line = segment.Text(at) switch
            {
                "UP" or "EN" or "UK" or "UI" => line with { Gtin = segment.Text(at + 1) },
                "VN" or "VP" => line with { Item = segment.Text(at + 1) },
                "BP" or "IN" => line with { BuyerItem = segment.Text(at + 1) },
                _ => line,
            };
        }
        return line;
    }

    private static string Basis(ReadLine line) => line.Basis switch { 100 => "HP", 1000 => "TP", _ => "" };

    private static IEnumerable<string> Product(string? gtin, string? item)
    {
        if (gtin is not null)
        {
            yield return gtin.Length switch { 12 => "UP", 14 => "UK", _ => "EN" };
            yield return gtin;
        }
        if (item is not null)
        {
            yield return "VN";
            yield return item;
        }
    }

    private static void Segment(EdiWriter writer, params string[] parts)
    {
        EdiWriter segment = writer.BeginSegment(parts[0]);
        foreach (string part in parts[1..])
        {
            segment.Element(part);
        }
        segment.EndSegment();
    }

    private byte[] Write(string type, string group, Stamp stamp, Action<EdiWriter> body)
    {
        string control = stamp.Control.ToString(CultureInfo.InvariantCulture);
        ArrayBufferWriter<byte> output = new();
        using (EdiWriter writer = new(output, Dialect.X12(), new EdiWriterOptions { LineEnding = "\n", UnwritableText = UnwritableText.Replace }))
        {
            writer.BeginInterchange(new EdiInterchangeHeader
            {
                Sender = Supplier.Identity,
                SenderQualifier = "01",
                Receiver = Buyer,
                ReceiverQualifier = "ZZ",
                Prepared = Local(stamp),
                ControlReference = control,
                IsTest = Supplier.Test,
            });
            writer.BeginGroup(new EdiGroupHeader { FunctionalIdentifier = group, Sender = "MWFT", Receiver = Buyer, Prepared = Local(stamp), ControlReference = control, Version = "004010" });
            writer.BeginMessage(new EdiMessageHeader { Type = type, Reference = "0001" });
            body(writer);
            writer.EndMessage();
            writer.EndGroup();
            writer.EndInterchange();
        }
        return output.WrittenSpan.ToArray();
    }
}
