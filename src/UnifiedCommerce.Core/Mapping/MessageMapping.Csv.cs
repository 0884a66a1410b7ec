using System.Text;
using UnifiedCommerce.Edi;

namespace UnifiedCommerce.Core.Mapping;

/// <content>CSV.</content>
public sealed partial class MessageMapping
{
    private ReadResult ReadCsv(ReadOnlyMemory<byte> bytes, MappingContext context)
    {
        Findings findings = new();
        string text = Decode(bytes.Span, compiled.Charset, findings);
        CsvReading reading = new(this, context);
        int[]? columns = compiled.CsvHeader ? null : [];
        foreach ((int line, string[] cells) in CsvText.Rows(text, compiled.CsvDelimiter, findings))
        {
            if (columns is null)
            {
                columns = Columns(cells, line, findings);
                if (columns is null)
                    break;
                continue;
            }
            reading.Take(cells, columns, line);
        }
        reading.End();
        return new ReadResult(reading.Messages, findings.All);
    }

    internal static string Decode(ReadOnlySpan<byte> bytes, CharacterSet charset, Findings findings)
    {
        if (bytes.StartsWith("\uFEFF"u8))
            return Encoding.UTF8.GetString(bytes[3..]);
        if (charset is not (CharacterSet.Unknown or CharacterSet.Utf8))
            return charset.GetEncoding().GetString(bytes);
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            findings.Warning("charset", "file", "The file is not UTF-8: it is read as Windows-1252. Say which with 'charset' in the mapping.");
            return CharacterSet.Windows1252.GetEncoding().GetString(bytes);
        }
    }

    /// <summary>Which cell holds each column of the example: by name, so that a partner may add or move columns.</summary>
    private int[]? Columns(string[] cells, int line, Findings findings)
    {
        string[] header = compiled.Csv!.Header;
        int[] columns = new int[header.Length];
        for (int column = 0; column < header.Length; column++)
        {
            columns[column] = Array.FindIndex(cells, cell => string.Equals(cell.Trim(), header[column], StringComparison.OrdinalIgnoreCase));
            bool needed = compiled.Csv.Rows.Exists(row => row.Columns[column] is { Role: SlotRole.Field, Optional: false });
            if (columns[column] < 0 && needed)
                findings.Error("missing-column", $"line {line}", $"Found no column '{header[column]}', expected it.{Suggest.DidYouMean(header[column], cells)} Ask the sender for the agreed layout.");
        }
        return findings.HasErrors ? null : columns;
    }

    private ReadOnlyMemory<byte> WriteCsv(IReadOnlyList<object> documents, MappingContext context, Findings findings)
    {
        StringBuilder text = new();
        CsvTemplate template = compiled.Csv!;
        if (compiled.CsvHeader)
        {
            for (int column = 0; column < template.Header.Length; column++)
            {
                if (column > 0)
                    text.Append(compiled.CsvDelimiter);
                CsvText.Append(text, template.Header[column], compiled.CsvDelimiter);
            }
            text.Append("\r\n");
        }
        foreach (object document in documents)
        {
            DocumentWalker walker = new(compiled, context, document, findings) { DecimalMark = compiled.DecimalMark };
            walker.Enter(template.Rows[0].Chain[0], document);
            // Rows of inner lists follow the row of the item that holds them.
            WriteRows(text, walker, template.Rows, 0, null);
        }
        Encoding encoding = (Encoding)(compiled.Charset is CharacterSet.Unknown ? CharacterSet.Utf8 : compiled.Charset).GetEncoding().Clone();
        encoding.EncoderFallback = EncoderFallback.ExceptionFallback;
        try
        {
            return encoding.GetBytes(text.ToString());
        }
        catch (EncoderFallbackException unwritable)
        {
            findings.Error("cannot-write", $"position {unwritable.Index}", $"Found the character '{unwritable.CharUnknown}', which the partner's character set {compiled.Charset} does not have: '?' would stand instead. Correct the document or agree on UTF-8.");
            return default;
        }
    }

    private void WriteRows(StringBuilder text, DocumentWalker walker, List<CsvRow> rows, int level, Scope? within)
    {
        for (int index = 0; index < rows.Count; index++)
        {
            CsvRow row = rows[index];
            if ((row.Marks & (Marks.ReadOnly | Marks.Skip)) != 0)
                continue;
            if (row.Chain.Length - 1 == level)
            {
                if (walker.Holds(row.Condition))
                    WriteRow(text, walker, row);
                continue;
            }
            Scope inner = row.Chain[level + 1];
            // All rows of one list belong to one walk over its items.
            List<CsvRow> group = [row];
            while (index + 1 < rows.Count && rows[index + 1].Chain.Length > level + 1 && rows[index + 1].Chain[level + 1] == inner)
                group.Add(rows[++index]);
            bool any = false;
            foreach ((object item, IReadOnlyList<object>? members) in walker.Items(inner))
            {
                any = true;
                walker.Enter(inner, item, members);
                WriteRows(text, walker, group, level + 1, inner);
            }
            // A flat row without inner items is written once with those columns empty.
            if (!any && level > 0 && group[0].ColumnsOf[level].Length > 0)
                WriteRow(text, walker, group[0], level);
        }
        _ = within;
    }

    private void WriteRow(StringBuilder text, DocumentWalker walker, CsvRow row, int uptoLevel = int.MaxValue)
    {
        for (int column = 0; column < row.Columns.Length; column++)
        {
            Slot slot = row.Columns[column];
            if (column > 0)
                text.Append(compiled.CsvDelimiter);
            bool outside = uptoLevel != int.MaxValue && Array.FindIndex(row.ColumnsOf, columns => columns.Contains(column)) > uptoLevel;
            string? value = outside ? null : walker.Value(slot, row.Place);
            if (value is null && !outside && slot is { Role: SlotRole.Field, Optional: false })
                walker.Findings.Error("missing-value", slot.Place, $"The document has no {slot.Names[0]}, which the row needs. Give it a value, or write {{{slot.Names[0]}?}}.");
            CsvText.Append(text, value ?? "", compiled.CsvDelimiter);
        }
        text.Append("\r\n");
    }
}

/// <summary>Reads rows into documents.</summary>
internal sealed class CsvReading : ReadSession
{
    private readonly MessageMapping mapping;
    private readonly DocumentBuilder builder;
    private readonly List<Scope> open = [];
    private readonly List<string> keys = [];
    private int line;
    private int first;
    private CsvRow? current;
    private Slot? slotAt;

    public CsvReading(MessageMapping mapping, MappingContext context)
        : base(mapping.Compiled, context)
    {
        this.mapping = mapping;
        builder = new DocumentBuilder(this, mapping.Compiled.MaximumDepth + 1, mapping.Compiled.LocalNames.Length);
        DecimalMark = mapping.Compiled.DecimalMark;
    }

    public List<ReadMessage> Messages { get; } = [];

    public override string Place(Slot slot)
    {
        int column = current is null ? -1 : Array.IndexOf(current.Columns, slotAt ?? slot);
        string[] header = Mapping.Csv!.Header;
        return column < 0 ? $"line {line}" : column < header.Length ? $"line {line} column {header[column]}" : $"line {line} column {column + 1}";
    }

    public void Take(string[] cells, int[] columns, int rowLine)
    {
        line = rowLine;
        string Cell(int column)
        {
            int at = columns.Length > 0 ? columns[column] : column;
            return at >= 0 && at < cells.Length ? cells[at].Trim() : "";
        }
        CsvRow? row = Mapping.Csv!.Rows.Find(candidate => (candidate.Marks & Marks.WriteOnly) == 0 && Fits(candidate, Cell));
        if (row is null)
        {
            if (open.Count == 0)
                Begin(Mapping.Csv.Rows[0].Chain[0], "");
            Unmapped.Add(new UnmappedValue($"line {line}", string.Join(Mapping.CsvDelimiter, cells)));
            return;
        }
        if ((row.Marks & Marks.Skip) != 0)
            return;
        current = row;
        Open(row, Cell);
        for (int column = 0; column < row.Columns.Length; column++)
        {
            Slot slot = row.Columns[column];
            slotAt = slot;
            string text = Cell(column);
            switch (slot.Role)
            {
                case SlotRole.Field when slot.Fields.Length > 0:
                {
                    int level = Array.FindIndex(row.ColumnsOf, own => own.Contains(column));
                    bool isOpen = level >= 0 && level < open.Count && open[level] == row.Chain[level];
                    if (isOpen && (text.Length > 0 || slot.Format.Default is not null))
                        builder.Assign(slot, text, null);
                    break;
                }
                case SlotRole.Local:
                    builder.Locals[slot.LocalIndex] = slot.Format.Table is { } table && table.TryRead(text, out string value) ? value : text;
                    break;
                case SlotRole.Assert when !slot.Literals.Contains(text):
                    Fault("assert", slot, $"Found '{text}', expected {string.Join(" or ", slot.Literals)}.");
                    break;
            }
        }
        slotAt = null;
        if (columns.Length == 0 && cells.Length > row.Columns.Length)
            Unmapped.Add(new UnmappedValue($"line {line} column {row.Columns.Length + 1}", string.Join(Mapping.CsvDelimiter, cells.Skip(row.Columns.Length))));
    }

    public void End()
    {
        CloseTo(0);
    }

    private static bool Fits(CsvRow row, Func<int, string> cell)
    {
        for (int column = 0; column < row.Columns.Length; column++)
        {
            if (row.Columns[column].Role is SlotRole.Literal or SlotRole.AnyOf && !row.Columns[column].Literals.Contains(cell(column)))
                return false;
        }
        return true;
    }

    /// <summary>Closes and opens records until those of the row are open: the last one is always new, outer ones when their key changes.</summary>
    private void Open(CsvRow row, Func<int, string> cell)
    {
        int keep = 0;
        for (; keep < open.Count && keep < row.Chain.Length - 1; keep++)
        {
            if (open[keep] != row.Chain[keep])
                break;
            // A row kind without columns of the outer record leaves it as it is.
            if (row.Keys[keep] >= 0 && keys[keep] != cell(row.Keys[keep]))
                break;
        }
        // A row of the document itself beside rows of its lines fills the one that is open.
        if (row.Chain.Length == 1 && Mapping.Csv!.Rows.Count > 1 && open.Count > 0 && row.Keys[0] >= 0 && keys[0] == cell(row.Keys[0]))
            keep = 1;
        CloseTo(keep);
        for (int level = keep; level < row.Chain.Length; level++)
        {
            // A flat row whose inner columns are all empty has no inner item.
            if (level > 0 && level == row.Chain.Length - 1 && row.ColumnsOf[level].All(column => cell(column).Length == 0))
                break;
            Begin(row.Chain[level], row.Keys[level] >= 0 ? cell(row.Keys[level]) : "");
        }
    }

    private void Begin(Scope scope, string key)
    {
        if (open.Count == 0)
        {
            Findings = new Findings();
            Unmapped = [];
            first = line;
        }
        open.Add(scope);
        keys.Add(key);
        builder.Begin(scope);
    }

    private void CloseTo(int level)
    {
        while (open.Count > level)
        {
            Scope scope = open[^1];
            open.RemoveAt(open.Count - 1);
            keys.RemoveAt(keys.Count - 1);
            if (open.Count == 0)
                Packages.Complete(builder.Record(0), Mapping);
            builder.End(scope);
            if (open.Count > 0)
                continue;
            Compare();
            Messages.Add(new ReadMessage
            {
                Kind = builder.Document is Inbound.Invoice { IsCredit: true } ? Orders.DocumentKind.CreditNote : Mapping.Document,
                Document = Findings.All.Exists(finding => finding.Code == "missing-field" && finding.Severity == Severity.Error) ? null : builder.Document,
                Index = Messages.Count,
                MessageRef = $"line {first}",
                MappingId = mapping.Id,
                Diagnostics = Findings.All,
                Unmapped = Unmapped,
            });
        }
    }
}
