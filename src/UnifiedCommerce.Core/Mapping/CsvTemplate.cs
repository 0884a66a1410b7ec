using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>A kind of row of a CSV file, and the column names when the file has a header row.</summary>
internal sealed class CsvTemplate
{
    public string[] Header { get; set; } = [];
    public List<CsvRow> Rows { get; } = [];
}

/// <summary>One kind of row.</summary>
internal sealed class CsvRow
{
    public required TextPlace Place { get; init; }
    public required Slot[] Columns { get; init; }
    public required Scope Scope { get; init; }
    public Marks Marks { get; init; }
    public Condition? Condition { get; init; }
    /// <summary>The scopes from the document to the row's own; a flat file repeats the outer ones on every row.</summary>
    public Scope[] Chain { get; set; } = [];
    /// <summary>For every scope of the chain but the last: the column whose value tells one record from the next, or -1.</summary>
    public int[] Keys { get; set; } = [];
    /// <summary>For every scope of the chain: the columns that fill it.</summary>
    public int[][] ColumnsOf { get; set; } = [];
    public bool HasLiteral => Columns.Any(slot => slot.Role is SlotRole.Literal or SlotRole.AnyOf);
}

/// <summary>Turns the lines of a CSV mapping into kinds of rows: the header row is the first, where there is one.</summary>
internal static class CsvCompiler
{
    public static CompiledMapping? Compile(MappingText text, DocumentKind kind, Binder binder, Findings findings)
    {
        SlotParser slots = new(text, findings);
        CsvTemplate template = new();
        Stack<Scope> open = new();
        open.Push(binder.Root);
        List<MapLine> eachLines = [];
        char delimiter = text.CsvDelimiter ?? Guess(text);
        foreach (MapLine line in text.Lines)
        {
            if ((line.Marks & Marks.Each) != 0)
            {
                if (binder.Each(open.Peek(), line.Operand, line.Arguments, line.Place) is not { } scope)
                    return null;
                open.Push(scope);
                eachLines.Add(line);
                continue;
            }
            if ((line.Marks & Marks.End) != 0)
            {
                if (open.Count == 1)
                    findings.Error("end", line.Place, "Found 'end' without an 'each' before it.");
                else
                    open.Pop();
                continue;
            }
            List<string> cells = CsvText.Split(line.Body, delimiter);
            if (text.CsvHeader && template.Header.Length == 0)
            {
                template.Header = [.. cells.Select(cell => cell.Trim())];
                if (template.Header.Any(name => name.StartsWith('{')))
                    findings.Error("csv", line.Place, "Found a placeholder in the first row, expected the column names of the file. Say 'csv header=no' when the file has none.");
                string? twice = template.Header.Where(name => name.Length > 0).GroupBy(name => name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1)?.Key;
                if (twice is not null)
                    findings.Error("csv", line.Place, $"Found the column '{twice}' twice, expected each name once.");
                continue;
            }
            int column = 0;
            List<Slot> columns = [];
            foreach (string cell in cells)
            {
                Slot slot = slots.Parse(cell.Trim(), line.Place with { Column = line.Place.Column + Math.Max(0, line.Body.IndexOf(cell, column, StringComparison.Ordinal)) });
                column = Math.Min(line.Body.Length, line.Body.IndexOf(cell, column, StringComparison.Ordinal) + cell.Length);
                if (slot.Role == SlotRole.Pairs)
                    findings.Error("pairs", line.Place, "Found pairs in a CSV mapping, where every column has one meaning.");
                binder.BindSlot(open.Peek(), slot, (line.Marks & (Marks.WriteOnly | Marks.Skip)) == 0, (line.Marks & (Marks.ReadOnly | Marks.Skip)) == 0);
                columns.Add(slot);
            }
            if (template.Header.Length > 0 && columns.Count != template.Header.Length)
                findings.Error("csv", line.Place, $"Found {columns.Count} columns under a header of {template.Header.Length}, expected as many.");
            binder.BindCondition(open.Peek(), line.Condition, line.Place);
            CsvRow row = new() { Place = line.Place, Columns = [.. columns], Scope = open.Peek(), Marks = line.Marks, Condition = line.Condition, Chain = [.. open.Reverse()] };
            Key(row);
            template.Rows.Add(row);
        }
        if (open.Count > 1)
            findings.Error("no-end", eachLines[^1].Place, $"Found 'each | {eachLines[^1].Operand}' without 'end', expected an 'end' behind its last line.");
        for (int one = 0; one < template.Rows.Count; one++)
        {
            for (int other = one + 1; other < template.Rows.Count; other++)
            {
                if (!Differ(template.Rows[one], template.Rows[other]))
                    findings.Error("ambiguous", template.Rows[other].Place, $"Found two lines that the same row fits (the other is {template.Rows[one].Place}), expected a literal that tells them apart.");
            }
        }
        if (template.Rows.Count == 0)
            findings.Error("empty", new TextPlace(text.File, 1, 1), "The mapping has no data row, expected one with placeholders under the header.");
        binder.Finish();
        return new CompiledMapping
        {
            File = text.File,
            Syntax = MessageSyntax.Csv,
            Document = kind,
            RootType = DocumentTypes.Of(kind)!,
            Zone = MappingCompiler.ZoneOf(text),
            Strict = text.Strict,
            Lenient = text.Lenient,
            Charset = MappingCompiler.CharsetOf(text, findings),
            CanRead = text.Direction != "write",
            CanWrite = text.Direction != "read",
            DecimalMark = text.DecimalMark,
            CsvDelimiter = delimiter,
            CsvHeader = text.CsvHeader,
            LocalNames = binder.LocalNames,
            MaximumDepth = binder.MaximumDepth,
            Csv = template,
            ReadFields = binder.ReadFields,
            WrittenFields = binder.WrittenFields,
            OwnFields = binder.OwnFields,
        };
    }

    private static char Guess(MappingText text)
    {
        string first = text.Lines.FirstOrDefault(line => line.Body.Length > 0 && (line.Marks & Marks.Each) == 0)?.Body ?? "";
        return first.Contains(';', StringComparison.Ordinal) ? ';' : first.Contains('\t', StringComparison.Ordinal) ? '\t' : ',';
    }

    private static void Key(CsvRow row)
    {
        row.Keys = new int[row.Chain.Length];
        row.ColumnsOf = new int[row.Chain.Length][];
        for (int level = 0; level < row.Chain.Length; level++)
        {
            int depth = row.Chain[level].Depth;
            int[] own = [.. Enumerable.Range(0, row.Columns.Length).Where(column => row.Columns[column].Fields.Length > 0 && row.Columns[column].Fields[0].Depth == depth)];
            row.ColumnsOf[level] = own;
            string[] telling = ["number", "position", "id", "sscc", "supplierSku", "gtin", "buyerSku", "manufacturerPart"];
            row.Keys[level] = own.Length == 0
                ? -1
                : own.OrderBy(column => Array.IndexOf(telling, row.Columns[column].Fields[0].Path.Leaf.Name) is var at && at < 0 ? int.MaxValue : at).First();
        }
    }

    private static bool Differ(CsvRow left, CsvRow right)
    {
        for (int column = 0; column < Math.Min(left.Columns.Length, right.Columns.Length); column++)
        {
            // A literal against an open place: the line above goes first, the other takes the rest.
            if (left.Columns[column].Role is SlotRole.Literal or SlotRole.AnyOf && right.Columns[column].Role is SlotRole.Field)
                return true;
            if (left.Columns[column].Role is SlotRole.Literal or SlotRole.AnyOf && right.Columns[column].Role is SlotRole.Literal or SlotRole.AnyOf
                && !left.Columns[column].Literals.Intersect(right.Columns[column].Literals).Any())
                return true;
        }
        return false;
    }
}

/// <summary>Rows of delimited text (RFC 4180, any delimiter).</summary>
internal static class CsvText
{
    /// <summary>Cells of one line of a mapping; delimiters inside braces do not count.</summary>
    public static List<string> Split(string line, char delimiter)
    {
        List<string> cells = [];
        int start = 0, braces = 0;
        for (int index = 0; index <= line.Length; index++)
        {
            if (index == line.Length || (line[index] == delimiter && braces == 0))
            {
                string cell = line[start..index];
                cells.Add(cell.Length > 1 && cell[0] == '"' && cell[^1] == '"' ? cell[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : cell);
                start = index + 1;
            }
            else if (line[index] == '{')
                braces++;
            else if (line[index] == '}')
                braces--;
        }
        return cells;
    }

    /// <summary>Reads all rows with the line each began on. A quote that never closes ends the file with a finding.</summary>
    public static IEnumerable<(int Line, string[] Cells)> Rows(string text, char delimiter, Findings findings)
    {
        List<string> cells = [];
        System.Text.StringBuilder cell = new();
        int line = 1, rowLine = 1, at = 0;
        bool quoted = false, wasQuoted = false;
        while (at < text.Length)
        {
            char character = text[at++];
            if (quoted)
            {
                if (character == '"' && at < text.Length && text[at] == '"')
                {
                    cell.Append('"');
                    at++;
                }
                else if (character == '"')
                    quoted = false;
                else
                {
                    line += character == '\n' ? 1 : 0;
                    cell.Append(character);
                }
                continue;
            }
            if (character == '"' && cell.Length == 0 && !wasQuoted)
                quoted = wasQuoted = true;
            else if (character == delimiter)
            {
                cells.Add(cell.ToString());
                cell.Clear();
                wasQuoted = false;
            }
            else if (character is '\n' or '\r')
            {
                if (character == '\r' && at < text.Length && text[at] == '\n')
                    at++;
                cells.Add(cell.ToString());
                cell.Clear();
                wasQuoted = false;
                if (cells.Count > 1 || cells[0].Length > 0)
                    yield return (rowLine, [.. cells]);
                cells.Clear();
                rowLine = ++line;
            }
            else
                cell.Append(character);
        }
        if (quoted)
            findings.Error("csv", $"line {rowLine}", "Found a quote that never closes, expected a second one. The rows behind it are not read.");
        else if (cell.Length > 0 || cells.Count > 0)
        {
            cells.Add(cell.ToString());
            yield return (rowLine, [.. cells]);
        }
    }

    public static void Append(System.Text.StringBuilder text, string cell, char delimiter)
    {
        if (cell.AsSpan().IndexOfAny([delimiter, '"', '\n', '\r']) < 0)
            text.Append(cell);
        else
            text.Append('"').Append(cell.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
    }
}
