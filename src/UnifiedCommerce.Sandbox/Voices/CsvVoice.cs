using System.Globalization;
using System.Text;

namespace UnifiedCommerce.Sandbox.Voices;

/// <summary>Semicolon-separated files with a header row, the order's fields repeated on every line.</summary>
internal sealed class CsvVoice(SupplierProfile supplier) : SupplierVoice(supplier)
{
    internal override string Extension => ".csv";

    internal override string ContentType => "text/csv";

    internal override ReadDocument Read(byte[] bytes)
    {
        List<string[]> rows = Rows(Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF'));
        if (rows.Count < 2)
        {
            return new ReadDocument { Fault = "There is no header row with lines below it." };
        }
        string[] header = rows[0];
        string Cell(string[] row, string name) => Array.IndexOf(header, name) is >= 0 and var at && at < row.Length ? row[at] : "";
        if (!header.Contains("order_no") || !header.Contains("line_no") || !header.Contains("qty"))
        {
            return new ReadDocument { Fault = "The columns order_no, line_no and qty are not all there." };
        }
        DateOnly? Day(string text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day) ? day : null;
        string? Some(string text) => text.Length == 0 ? null : text;
        return new ReadDocument
        {
            Orders = [.. rows.Skip(1).GroupBy(row => Cell(row, "order_no")).Select(group => new ReadOrder
            {
                Number = group.Key,
                Issued = Day(Cell(group.First(), "order_date")) ?? default,
                Requested = Day(Cell(group.First(), "requested")),
                Currency = Some(Cell(group.First(), "currency")) ?? "PLN",
                ShipTo = Some(Cell(group.First(), "ship_to_gln")),
                Lines = [.. group.Select(row => new ReadLine((int)Parse(Cell(row, "line_no")), Some(Cell(row, "ean")), Some(Cell(row, "item")), Some(Cell(row, "your_item")), Parse(Cell(row, "qty")),
                    Some(Cell(row, "unit")) ?? "EA", Parse(Cell(row, "price")), Parse(Cell(row, "price_per")) is > 0 and var per ? per : 1))],
            })],
        };
    }

    internal override byte[] Answer(OrderPlan plan, Stamp stamp)
    {
        string status = plan.Scenario == Scenario.OrderReject ? "rejected" : plan.Lines.All(line => line.Verdict == LineVerdict.Accepted) ? "accepted" : "changed";
        string[] head = [$"BZ-{Digits(plan)}", Iso(Day(stamp)), plan.Order.Number, $"ZK/{Digits(plan)}", status, plan.Order.Currency];
        List<string[]> rows = [.. plan.Lines.Select(line => (string[])
        [
            .. head, Text(line.Ordered.Position), line.Item ?? "", line.Gtin ?? "",
            line.Verdict switch { LineVerdict.Accepted => "accepted", LineVerdict.Backordered => "backordered", LineVerdict.Substituted => "substituted", LineVerdict.Rejected => "rejected", _ => "changed" },
            Text(line.Verdict switch { LineVerdict.Rejected => line.Ordered.Quantity, LineVerdict.Backordered => line.Later, _ => line.Now }), line.Ordered.Unit,
            line.Verdict == LineVerdict.Partial ? Text(line.Later) : "0",
            line.Verdict == LineVerdict.Rejected ? "" : Text(line.Price), line.Verdict == LineVerdict.Rejected ? "" : Text(line.Ordered.Basis),
            (line.LaterArrives ?? line.Arrives) is { } day ? Iso(day) : "", line.SubstituteItem is null ? "" : line.Ordered.Item ?? "", line.Reason ?? "",
        ])];
        if (rows.Count == 0)
        {
            rows.Add([.. head, .. Enumerable.Repeat("", 11), plan.Reason ?? ""]);
        }
        return File("response_no;response_date;order_no;our_no;order_status;currency;line_no;item;ean;line_status;qty;unit;qty_later;price;price_per;delivery_date;replaces;reason", rows);
    }

    internal override byte[] Despatch(OrderPlan plan, Shipment shipment, Stamp stamp) => File("despatch_no;despatch_date;expected_date;order_no;carrier;tracking;line_no;item;ean;qty;unit;sscc",
        shipment.Lines.Select(line => (string[])
        [
            DespatchNumber(plan, shipment), Iso(Day(stamp)), Iso(shipment.Arrives), plan.Order.Number, Supplier.Carrier, Tracking(plan, shipment), Text(line.Answer.Ordered.Position),
            line.Answer.Item ?? "", line.Answer.Gtin ?? "", Text(line.Quantity), line.Answer.Ordered.Unit, Sscc(plan, shipment),
        ]));

    internal override byte[] Bill(OrderPlan plan, Shipment shipment, Stamp stamp)
    {
        Figures figures = FiguresOf(plan, shipment);
        return File("invoice_no;invoice_date;due_date;order_no;despatch_no;currency;line_no;item;ean;qty;unit;price;price_per;amount;vat_rate;freight;net_total;vat_total;total",
            figures.Lines.Select(line => (string[])
            [
                InvoiceNumber(plan, shipment), Iso(Day(stamp)), Iso(Day(stamp).AddDays(Supplier.PaymentDays)), plan.Order.Number, DespatchNumber(plan, shipment), plan.Order.Currency,
                Text(line.Shipped.Answer.Ordered.Position), line.Shipped.Answer.Item ?? "", line.Shipped.Answer.Gtin ?? "", Text(line.Shipped.Quantity), line.Shipped.Answer.Ordered.Unit,
                Text(line.Price), Text(line.Shipped.Answer.Ordered.Basis), Cents(line.Amount), Text(Supplier.VatPercent), Cents(figures.Freight), Cents(figures.Net), Cents(figures.Vat), Cents(figures.Total),
            ]));
    }

    private static byte[] File(string header, IEnumerable<string[]> rows)
    {
        StringBuilder text = new(header);
        text.Append('\n');
        foreach (string[] row in rows)
        {
            text.AppendJoin(';', row.Select(cell => cell.AsSpan().IndexOfAny(";\"\n") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")).Append('\n');
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static List<string[]> Rows(string text)
    {
        List<string[]> rows = [];
        List<string> row = [];
        StringBuilder cell = new();
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            char letter = text[i];
            if (quoted)
            {
                if (letter != '"')
                {
                    cell.Append(letter);
                }
                else if (i + 1 < text.Length && text[i + 1] == '"')
                {
                    cell.Append('"');
                    i++;
                }
                else
                {
                    quoted = false;
                }
            }
            else if (letter == '"' && cell.Length == 0)
            {
                quoted = true;
            }
            else if (letter is ';' or '\n')
            {
                row.Add(cell.ToString().TrimEnd('\r'));
                cell.Clear();
                if (letter == '\n')
                {
                    rows.Add([.. row]);
                    row.Clear();
                }
            }
            else
            {
                cell.Append(letter);
            }
        }
        if (cell.Length > 0 || row.Count > 0)
        {
            rows.Add([.. row, cell.ToString().TrimEnd('\r')]);
        }
        return [.. rows.Where(cells => cells.Length > 1)];
    }
}
