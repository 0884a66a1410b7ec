using System.Globalization;
using System.Text;
using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Proposes the lines of an EDIFACT or X12 mapping: those of the base that the sample has something for.</summary>
internal static class SegmentProposer
{
    public static ProposedBody Body(CompiledMapping compiled, MappingText text, ReadOnlyMemory<byte> sample, PeekedMessage first, DocumentKind kind, List<UnsureValue> unsure)
    {
        Probe probe = new();
        List<UnmappedValue> unmapped = [];
        EdiProbe.Read(compiled, sample, first.Type, probe, unmapped);
        ProposedChanges changes = MappingProposer.Decide(probe, unsure);
        StringBuilder body = new();
        Keep(text.Lines, 0, text.Lines.Count, probe, changes, compiled, body, first);
        foreach (UnsureValue value in unsure)
            body.Append(CultureInfo.InvariantCulture, $"#? {value.Place}: {value.Sample}    candidates: {string.Join(", ", value.Candidates)}\n");
        bool x12 = compiled.Syntax == MessageSyntax.X12;
        HashSet<string> shapes = new(StringComparer.Ordinal);
        foreach (UnmappedValue value in unmapped)
        {
            // A whole segment, or one value of a segment whose other values are mapped.
            bool whole = !value.Place.Contains("element", StringComparison.Ordinal);
            string[] words = value.Place.Split(' ', 3);
            if (words.Length < 3 || !shapes.Add(whole ? Shape(value.Text, x12 ? '*' : '+') : words[2]))
                continue;
            string[] parts = whole ? value.Text.Split(x12 ? ['*', '>', '|'] : ['+', ':']) : [words[2].Split(' ')[0], "", value.Text];
            IReadOnlyList<string> candidates = [.. Likely(kind, parts[0], unsure).Concat(parts.Skip(2).Where(part => part.Length > 1).SelectMany(part => MappingProposer.Candidates(kind, IsLineSegment(parts[0]), part, compiled.ReadFields))).Distinct().Take(4)];
            string shown = (whole ? value.Text : $"{words[2]}: {value.Text}").ReplaceLineEndings(" ");
            body.Append(CultureInfo.InvariantCulture, $"#? {shown}    candidates: {(candidates.Count == 0 ? "none" : string.Join(", ", candidates))}\n");
            unsure.Add(new UnsureValue(value.Place, value.Text, candidates));
        }
        return new ProposedBody(changes.Directives(), body.ToString());
    }

    /// <summary>What a segment is about by its tag, wherever its qualifier is unknown.</summary>
    private static readonly (string[] Tags, string[] Fields)[] Meanings =
    [
        (["QTY", "SN1"], ["lines.quantity", "lines.available", "lines.backorderedQuantity"]),
        (["PRI", "CTP"], ["lines.netPrice", "lines.price", "lines.priceBasis"]),
        (["MOA", "TDS", "AMT"], ["lines.amount", "payableTotal", "netTotal", "taxTotal"]),
        (["DTM"], ["issued", "requestedDelivery", "shipped", "due"]),
        (["RFF", "REF"], ["orderNumber", "despatchNumber", "contract", "trackingNumber"]),
        (["NAD", "N1", "N2", "N3", "N4"], ["buyer.id", "supplier.id", "shipTo.id", "invoicee.id"]),
        (["LIN", "PIA", "PO1", "IT1"], ["lines.gtin", "lines.supplierSku", "lines.buyerSku", "lines.manufacturerPart"]),
        (["IMD", "PID"], ["lines.description"]),
        (["FTX", "MSG", "NTE"], ["note", "lines.note", "reason"]),
        (["CUX", "CUR"], ["currency"]),
        (["TAX", "TXI"], ["lines.taxPercent", "taxTotal"]),
    ];

    private static IEnumerable<string> Likely(DocumentKind kind, string tag, List<UnsureValue> unsure)
    {
        Type root = DocumentTypes.Of(kind)!;
        Type? line = FieldTable.ResolveList(root, "lines")?.ItemType;
        return Meanings.Where(meaning => meaning.Tags.Contains(tag)).SelectMany(meaning => meaning.Fields)
            .Where(field => field.StartsWith("lines.", StringComparison.Ordinal) ? line is not null && FieldTable.Resolve(line, field[6..]) is not null : FieldTable.Resolve(root, field) is not null)
            .OrderBy(field => unsure.Exists(value => value.Place == field) ? 0 : 1);
    }

    private static bool IsLineSegment(string tag) => tag is "LIN" or "PIA" or "IMD" or "QTY" or "PRI" or "MOA" or "MEA" or "PO1" or "IT1" or "PID" or "PO4" or "SN1" or "ACK" or "CTP" or "ALI" or "PAC";

    private static string Shape(string segment, char separator)
    {
        string[] parts = segment.Split(separator, ':');
        return parts.Length > 1 ? $"{parts[0]}{separator}{parts[1]}" : segment.Split(' ', 2)[0];
    }

    /// <summary>Lines of the base for which the sample had something, with the blocks around them.</summary>
    private static bool Keep(List<MapLine> lines, int from, int to, Probe probe, ProposedChanges changes, CompiledMapping compiled, StringBuilder body, PeekedMessage first)
    {
        bool any = false;
        // Alternatives stay alternatives when some of them are left out.
        bool chain = false;
        for (int index = from; index < to; index++)
        {
            MapLine line = lines[index];
            if ((line.Marks & Marks.Or) == 0)
                chain = false;
            bool opens = (line.Marks & (Marks.Each | Marks.Group | Marks.Split | Marks.Tree)) != 0;
            if (opens)
            {
                int end = EndOf(lines, index);
                StringBuilder inner = new();
                bool own = probe.Lines.Contains(line.Place);
                bool kept = Keep(lines, index + 1, end, probe, changes, compiled, inner, first) | own;
                if (kept)
                {
                    string gutter = line.Gutter;
                    if ((line.Marks & Marks.Or) != 0 && !chain)
                        gutter = gutter.Replace("or ", "", StringComparison.Ordinal);
                    body.Append(CultureInfo.InvariantCulture, $"{Optional(gutter, line)}| {Changed(line, compiled, changes)}\n").Append(inner).Append("end\n");
                    any = true;
                    chain = true;
                }
                index = end;
                continue;
            }
            if ((line.Marks & Marks.Level) != 0)
            {
                body.Append(CultureInfo.InvariantCulture, $"{line.Gutter}| {line.Body}\n");
                any |= probe.Lines.Contains(line.Place);
                continue;
            }
            bool header = compiled.HeaderTemplate?.Place == line.Place;
            if (header)
            {
                body.Append(CultureInfo.InvariantCulture, $"     | {HeaderLine(compiled, first)}\n");
                continue;
            }
            if (!probe.Lines.Contains(line.Place))
                continue;
            string own2 = line.Gutter;
            if ((line.Marks & Marks.Or) != 0 && !chain)
                own2 = own2.Replace("or", "? ", StringComparison.Ordinal);
            body.Append(CultureInfo.InvariantCulture, $"{own2}| {Changed(line, compiled, changes)}\n");
            any = true;
            chain = true;
        }
        return any;
    }

    private static string Optional(string gutter, MapLine line) => (line.Marks & Marks.Group) != 0 && (line.Marks & (Marks.Optional | Marks.Or)) == 0 ? gutter.Replace("group", "group?", StringComparison.Ordinal) : gutter;

    /// <summary>The line with what the sample changes in it.</summary>
    private static string Changed(MapLine line, CompiledMapping compiled, ProposedChanges changes)
    {
        string body = line.Body;
        foreach (Slot slot in compiled.Root!.Templates().Where(template => template.Place == line.Place).SelectMany(template => template.Slots).Select(placed => placed.Slot))
        {
            if (changes.SourceOf(slot) is { } source && source != slot.Source)
                body = body.Replace($"{{{slot.Source}}}", $"{{{source}}}", StringComparison.Ordinal);
        }
        return body;
    }

    private static int EndOf(List<MapLine> lines, int open)
    {
        int depth = 0;
        for (int index = open; index < lines.Count; index++)
        {
            if ((lines[index].Marks & (Marks.Each | Marks.Group | Marks.Split | Marks.Tree)) != 0)
                depth++;
            else if ((lines[index].Marks & Marks.End) != 0 && --depth == 0)
                return index;
        }
        return lines.Count - 1;
    }

    private static string HeaderLine(CompiledMapping compiled, PeekedMessage first) => compiled.Syntax == MessageSyntax.X12
        ? $"ST*{first.Type}*{{messageRef}}~"
        : $"UNH+{{messageRef}}+{first.Type}:{first.Version[..Math.Min(1, first.Version.Length)]}:{(first.Version.Length > 1 ? first.Version[1..] : "")}:UN{(first.Association.Length > 0 ? ":" + first.Association : "")}'";
}

/// <summary>Reads a sample with a mapping only to see which lines find something.</summary>
internal static class EdiProbe
{
    public static void Read(CompiledMapping compiled, ReadOnlyMemory<byte> sample, string type, Probe probe, List<UnmappedValue> unmapped)
    {
        Edi.EdiReader reader = new(sample.Span);
        SegmentReading? session = null;
        while (reader.Read())
        {
            switch (reader.Kind)
            {
                case Edi.SegmentKind.MessageHeader:
                    session?.End();
                    session = null;
                    if ((reader.Dialect!.Standard == Edi.EdiStandard.X12 ? reader.Text(1) : reader.Text(2)) != type)
                        break;
                    session = new SegmentReading(compiled, MappingContext.Empty) { Probe = probe, Unmapped = unmapped };
                    session.Begin(reader.Dialect);
                    break;
                case Edi.SegmentKind.MessageTrailer:
                    session?.End();
                    session = null;
                    break;
                case Edi.SegmentKind.Body:
                    session?.Take(reader.Segment, reader.SegmentPosition);
                    break;
            }
        }
        session?.End();
    }
}
