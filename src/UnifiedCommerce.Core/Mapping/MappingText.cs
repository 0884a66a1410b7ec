using System.Globalization;
using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>The syntax of the messages that a mapping reads and writes.</summary>
public enum MessageSyntax
{
    /// <summary>Not recognised.</summary>
    Unknown,
    /// <summary>UN/EDIFACT and EANCOM.</summary>
    Edifact,
    /// <summary>ASC X12.</summary>
    X12,
    /// <summary>XML: UBL, cXML and others.</summary>
    Xml,
    /// <summary>JSON.</summary>
    Json,
    /// <summary>Comma, semicolon, tab separated.</summary>
    Csv,
}

/// <summary>A mark in the gutter of a mapping line.</summary>
[Flags]
internal enum Marks
{
    None = 0,
    Optional = 1,
    Or = 2,
    ReadOnly = 4,
    WriteOnly = 8,
    Skip = 16,
    Repeat = 32,
    Must = 64,
    Each = 128,
    Group = 256,
    Split = 512,
    Tree = 1024,
    Level = 2048,
    End = 4096,
}

/// <summary>A condition in the gutter: <c>if status=Rejected,OnHold</c>, <c>if not note</c>.</summary>
internal sealed record Condition(string Name, bool Not, string[] Values)
{
    public BoundField? Field { get; set; }
}

/// <summary>A line of a mapping with a body.</summary>
internal sealed class MapLine
{
    public required TextPlace Place { get; init; }
    public required string Body { get; init; }
    public Marks Marks { get; init; }
    /// <summary>What stands behind <c>each</c>, <c>level</c>.</summary>
    public string Operand { get; init; } = "";
    public Condition? Condition { get; init; }
    public string? Verb { get; init; }
    /// <summary>The gutter as written.</summary>
    public string Gutter { get; init; } = "";
    public string? Key { get; init; }
    /// <summary>Which of several equal lines is meant, from 1; 0 when not said.</summary>
    public int Nth { get; init; }
    public string[] Arguments { get; init; } = [];
}

/// <summary><c>set lines.unit = EA</c>: taken when nothing is read.</summary>
internal sealed record SetDirective(TextPlace Place, string Name, string Value, bool Overrides)
{
    public int Depth { get; set; }
    public string ListPath { get; set; } = "";
    public BoundField? Field { get; set; }
}

/// <summary>A decision table: rows are tried from the top.</summary>
internal sealed class DecisionTable
{
    public required TextPlace Place { get; init; }
    public required string Output { get; init; }
    public required string[] Inputs { get; init; }
    public List<(TextPlace Place, string[] Cells, string Value)> Rows { get; } = [];
    public string ListPath { get; set; } = "";
    public BoundField? OutputField { get; set; }
    public BoundField?[] InputFields { get; set; } = [];
    public int[] InputLocals { get; set; } = [];
    /// <summary>Rows whose value is another field (<c>=quantity</c>) or what the message gave (<c>=#ordered</c>).</summary>
    public Dictionary<string, (BoundField? Field, int Local)> References { get; set; } = [];
}

/// <summary>A mapping file cut into directives and lines; nothing is resolved yet.</summary>
internal sealed class MappingText
{
    public string File { get; private init; } = "";
    public DocumentKind? Document { get; set; }
    public DocumentKind? InheritedDocument { get; set; }
    public string? Extends { get; private set; }
    public string? Version { get; set; }
    public string? TimeZone { get; set; }
    public string? Direction { get; set; }
    public char DecimalMark { get; set; } = '.';
    public char? CsvDelimiter { get; set; }
    public bool CsvHeader { get; set; } = true;
    public string? Charset { get; set; }
    public string? Dtd { get; set; }
    public HashSet<string> Strict { get; } = new(StringComparer.Ordinal);
    public HashSet<string> Lenient { get; } = new(StringComparer.Ordinal);
    public Dictionary<string, CodeTable> Tables { get; } = new(StringComparer.Ordinal);
    public List<SetDirective> Sets { get; } = [];
    public List<DecisionTable> Decisions { get; } = [];
    public List<MapLine> Lines { get; private set; } = [];
    public List<string> Sources { get; } = [];

    private static readonly string[] Directives = ["document", "extends", "version", "timezone", "direction", "decimal", "csv", "charset", "dtd", "strict", "lenient", "table", "set", "fix", "decide", "end"];
    private static readonly string[] GutterWords = ["each", "group", "split", "tree", "level", "end", "or", "if", "replace", "remove", "after", "before"];

    public static MappingText Parse(string text, string file, Func<string, string?>? load, Findings findings, int nesting = 0)
    {
        MappingText result = new() { File = file };
        result.Sources.Add(text);
        List<MapLine> lines = [];
        string[] rows = text.ReplaceLineEndings("\n").Split('\n');
        for (int index = 0; index < rows.Length; index++)
        {
            string row = rows[index];
            string trimmed = row.Trim();
            if (trimmed.Length == 0 || trimmed[0] == '#')
                continue;
            int bar = row.IndexOf('|', StringComparison.Ordinal);
            string first = trimmed.Split(' ', 2)[0];
            if (bar < 0 || (Directives.Contains(first) && first != "end"))
            {
                if (first == "end" && bar < 0)
                    lines.Add(new MapLine { Place = new(file, index + 1, row.IndexOf("end", StringComparison.Ordinal) + 1), Body = "", Marks = Marks.End });
                else
                    result.Directive(rows, ref index, file, load, findings);
                continue;
            }
            if (ParseLine(row, bar, new(file, index + 1, bar + 2), findings) is { } line)
                lines.Add(line);
        }
        if (result.Extends is { } parent)
            lines = result.Merge(parent, lines, load, findings, nesting);
        result.Lines = lines;
        return result;
    }

    private static MapLine? ParseLine(string row, int bar, TextPlace place, Findings findings)
    {
        string body = row[(bar + 1)..];
        int lead = body.Length - body.TrimStart().Length;
        place = place with { Column = bar + 2 + lead };
        string[] tokens = Quoted.Split(row[..bar]);
        Marks marks = Marks.None;
        string operand = "";
        string? verb = null;
        string? key = null;
        int nth = 0;
        Condition? condition = null;
        List<string> arguments = [];
        for (int index = 0; index < tokens.Length; index++)
        {
            string token = tokens[index];
            switch (token)
            {
                case "?": marks |= Marks.Optional; break;
                case "or": marks |= Marks.Or | Marks.Optional; break;
                case "<": marks |= Marks.ReadOnly; break;
                case ">": marks |= Marks.WriteOnly; break;
                case "-": marks |= Marks.Skip; break;
                case "*": marks |= Marks.Repeat; break;
                case "!": marks |= Marks.Must; break;
                case "each": marks |= Marks.Each; break;
                case "each?": marks |= Marks.Each | Marks.Optional; break;
                case "group": marks |= Marks.Group; break;
                case "group?": marks |= Marks.Group | Marks.Optional; break;
                case "split": marks |= Marks.Split; break;
                case "tree": marks |= Marks.Tree; break;
                case "end": marks |= Marks.End; break;
                case "level":
                    marks |= Marks.Level;
                    operand = index + 1 < tokens.Length ? tokens[++index] : "";
                    break;
                case "replace" or "remove" or "after" or "before":
                    verb = token;
                    break;
                case "if":
                {
                    bool not = index + 1 < tokens.Length && tokens[index + 1] == "not";
                    if (not)
                        index++;
                    if (index + 1 >= tokens.Length)
                    {
                        findings.Error("gutter", place, "Found 'if' without a field, expected 'if FIELD', 'if not FIELD' or 'if FIELD=VALUE'.");
                        return null;
                    }
                    string[] halves = tokens[++index].Split('=', 2);
                    condition = new Condition(halves[0].TrimEnd('!'), not || halves[0].EndsWith('!'), halves.Length > 1 ? halves[1].Split(',') : []);
                    break;
                }
                default:
                    if (verb is not null && token.Length > 1 && token[0] == '#' && int.TryParse(token.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                        nth = number;
                    else if (verb is not null && key is null)
                        key = token;
                    else
                    {
                        findings.Error("gutter", place with { Column = row.IndexOf(token, StringComparison.Ordinal) + 1 },
                            $"Found '{token}' in the gutter, expected one of ? or < > - * ! each group split tree level if replace remove after before end.{Suggest.DidYouMean(token, GutterWords)}");
                        return null;
                    }
                    break;
            }
        }
        body = body.Trim();
        // "each | lines ..." : the operand stands where the body would.
        if ((marks & Marks.Each) != 0)
        {
            string[] words = Quoted.Split(body);
            operand = words.Length > 0 ? words[0] : "";
            arguments.AddRange(words.Skip(1));
            if (operand.Length == 0)
                findings.Error("each", place, "Found 'each' without a list, expected the name of one, such as 'each | lines'.");
        }
        return new MapLine
        {
            Place = place,
            Body = body,
            Marks = marks,
            Operand = operand,
            Condition = condition,
            Verb = verb,
            Gutter = row[..bar],
            Key = key,
            Nth = nth,
            Arguments = [.. arguments],
        };
    }

    private void Directive(string[] rows, ref int index, string file, Func<string, string?>? load, Findings findings)
    {
        string row = rows[index];
        string line = row.Trim();
        TextPlace place = new(file, index + 1, row.Length - row.TrimStart().Length + 1);
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        string word = space < 0 ? line : line[..space];
        string rest = space < 0 ? "" : line[(space + 1)..].Trim();
        switch (word)
        {
            case "document":
                if (Enum.TryParse(rest, out DocumentKind kind) && DocumentTypes.Of(kind) is not null)
                    Document = kind;
                else
                    findings.Error("unknown-document", place, $"Found document '{rest}'.{Suggest.DidYouMean(rest, DocumentTypes.Names)}");
                break;
            case "extends":
                Extends = rest;
                break;
            case "version":
                Version = rest;
                break;
            case "timezone":
                if (TimeZoneInfo.TryFindSystemTimeZoneById(rest, out _))
                    TimeZone = rest;
                else
                    findings.Error("unknown-timezone", place, $"Found time zone '{rest}', expected an IANA name such as Europe/Berlin.");
                break;
            case "direction":
                if (rest is "read" or "write" or "both")
                    Direction = rest;
                else
                    findings.Error("direction", place, $"Found direction '{rest}', expected read, write or both.");
                break;
            case "decimal":
                if (rest is "," or ".")
                    DecimalMark = rest[0];
                else
                    findings.Error("decimal", place, $"Found decimal mark '{rest}', expected , or .");
                break;
            case "csv":
                CsvDirective(rest, place, findings);
                break;
            case "charset":
                Charset = rest;
                break;
            case "dtd":
                Dtd = rest;
                break;
            case "strict":
                Strict.UnionWith(rest.Split(' ', StringSplitOptions.RemoveEmptyEntries));
                break;
            case "lenient":
                Lenient.UnionWith(rest.Split(' ', StringSplitOptions.RemoveEmptyEntries));
                break;
            case "set" or "fix":
            {
                string[] halves = rest.Split('=', 2);
                if (halves.Length != 2)
                    findings.Error("set", place, $"Found '{line}', expected '{word} FIELD = VALUE'.");
                else
                    Sets.Add(new SetDirective(place, halves[0].Trim(), halves[1].Trim().Trim('\''), word == "fix"));
                break;
            }
            case "table":
                TableDirective(rows, ref index, rest, place, load, findings);
                break;
            case "decide":
                DecideDirective(rows, ref index, rest, place, findings);
                break;
            default:
                findings.Error("unknown-directive", place,
                    $"Found '{word}', expected a directive, or a message line behind a gutter '|'.{Suggest.DidYouMean(word, Directives)}");
                break;
        }
    }

    private void CsvDirective(string rest, TextPlace place, Findings findings)
    {
        foreach (string option in rest.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            switch (option.Split('=', 2))
            {
                case ["delimiter", "tab"]: CsvDelimiter = '\t'; break;
                case ["delimiter", "pipe"]: CsvDelimiter = '|'; break;
                case ["delimiter", { Length: 1 } value]: CsvDelimiter = value[0]; break;
                case ["header", "no"]: CsvHeader = false; break;
                case ["header", "yes"]: CsvHeader = true; break;
                default:
                    findings.Error("csv", place, $"Found '{option}', expected delimiter=; (or tab, pipe) or header=yes|no.");
                    break;
            }
        }
    }

    private void TableDirective(string[] rows, ref int index, string rest, TextPlace place, Func<string, string?>? load, Findings findings)
    {
        string[] words = rest.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
        {
            findings.Error("table", place, "Found 'table' without a name, expected 'table NAME', 'table NAME extends OTHER' or 'table NAME from FILE.csv'.");
            return;
        }
        CodeTable table = new(words[0]);
        if (words is [_, "extends", { } other])
        {
            if ((Tables.GetValueOrDefault(other) ?? BuiltInTables.Find(other)) is not { } extended)
                findings.Error("unknown-table", place, $"Found table '{other}' to extend, expected one that stands above or is built in.{Suggest.DidYouMean(other, Tables.Keys.Concat(BuiltInTables.Names))}");
            else
                table = extended.Copy(words[0]);
        }
        if (words is [_, "from", { } name])
        {
            string? text = load?.Invoke(name);
            if (text is null)
            {
                findings.Error("unknown-table-file", place, $"Found no file '{name}' beside the mapping, expected a CSV with the columns value,code.");
                return;
            }
            Sources.Add(text);
            int number = 0;
            foreach (string row in text.ReplaceLineEndings("\n").Split('\n'))
            {
                number++;
                string[] cells = row.Split(row.Contains(';', StringComparison.Ordinal) ? ';' : ',');
                if (cells.Length < 2 || (number == 1 && cells[0].Trim() is "value" or "canonical"))
                    continue;
                if (!table.Add(cells[0].Trim(), cells[1].Trim()))
                    findings.Error("duplicate-code", new TextPlace(name, number, 1), $"Found code '{cells[1].Trim()}' twice in table {table.Name}, expected each code once: reading it would be a guess.");
            }
            Tables[table.Name] = table;
            return;
        }
        int start = index;
        for (index++; index < rows.Length; index++)
        {
            string line = rows[index].Trim();
            if (line == "end")
            {
                Tables[table.Name] = table;
                return;
            }
            if (line.Length == 0 || line[0] == '#')
                continue;
            string[] halves = line.Split('=', 2);
            TextPlace at = new(place.File, index + 1, 1);
            if (halves.Length != 2)
            {
                findings.Error("table", at, $"Found '{line}' in table {table.Name}, expected 'VALUE = CODE CODE ...' or 'end'.");
                continue;
            }
            foreach (string code in Quoted.Split(halves[1]))
            {
                if (!table.Add(halves[0].Trim(), code))
                    findings.Error("duplicate-code", at, $"Found code '{code}' twice in table {table.Name}, expected each code once: reading it would be a guess.");
            }
        }
        index = start;
        findings.Error("no-end", place, $"Table {table.Name} has no 'end'.");
    }

    private void DecideDirective(string[] rows, ref int index, string rest, TextPlace place, Findings findings)
    {
        string[] words = rest.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 3 || words[1] != "by")
        {
            findings.Error("decide", place, "Found a decision without inputs, expected 'decide FIELD by INPUT INPUT ...'.");
            return;
        }
        DecisionTable table = new() { Place = place, Output = words[0], Inputs = words[2..] };
        int start = index;
        for (index++; index < rows.Length; index++)
        {
            string line = rows[index].Trim();
            if (line == "end")
            {
                Decisions.RemoveAll(other => other.Output == table.Output);
                Decisions.Add(table);
                return;
            }
            if (line.Length == 0 || line[0] == '#')
                continue;
            string[] cells = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (cells.Length != table.Inputs.Length + 1)
                findings.Error("decide", new TextPlace(place.File, index + 1, 1), $"Found {cells.Length} cells, expected {table.Inputs.Length} inputs and the value.");
            else
                table.Rows.Add((new(place.File, index + 1, 1), cells[..^1], cells[^1]));
        }
        index = start;
        findings.Error("no-end", place, $"The decision of {table.Output} has no 'end'.");
    }

    /// <summary>Takes the parent's directives where this file has none, and applies replace, remove, after and before to its lines.</summary>
    private List<MapLine> Merge(string parentName, List<MapLine> own, Func<string, string?>? load, Findings findings, int nesting)
    {
        TextPlace place = new(File, 1, 1);
        if (nesting >= 8)
        {
            findings.Error("extends", place, $"Found more than 8 mappings that extend each other at '{parentName}', expected an end. Remove the circle.");
            return own;
        }
        string? text = load?.Invoke(parentName.EndsWith(".map", StringComparison.Ordinal) ? parentName : parentName + ".map");
        if (text is null)
        {
            findings.Error("extends", place, $"Found no mapping '{parentName}' to extend, expected a name such as base/eancom-d96a/purchase-order.");
            return own;
        }
        MappingText parent = Parse(text, parentName + ".map", load, findings, nesting + 1);
        Sources.AddRange(parent.Sources);
        InheritedDocument = parent.InheritedDocument ?? parent.Document;
        Document ??= parent.Document;
        Version ??= parent.Version;
        TimeZone ??= parent.TimeZone;
        Direction ??= parent.Direction;
        CsvDelimiter ??= parent.CsvDelimiter;
        Charset ??= parent.Charset;
        Dtd ??= parent.Dtd;
        if (DecimalMark == '.')
            DecimalMark = parent.DecimalMark;
        CsvHeader &= parent.CsvHeader;
        Strict.UnionWith(parent.Strict.Except(Lenient));
        foreach ((string name, CodeTable table) in parent.Tables)
            Tables.TryAdd(name, table);
        Sets.InsertRange(0, parent.Sets.Where(set => Sets.TrueForAll(mine => mine.Name != set.Name)));
        Decisions.InsertRange(0, parent.Decisions.Where(decision => Decisions.TrueForAll(mine => mine.Output != decision.Output)));
        if (own.Count > 0 && own[0].Verb is null)
        {
            // Without a verb on the first line the file brings its own message; the parent gives directives only.
            return own;
        }
        List<MapLine> merged = [.. parent.Lines];
        int at = -1;
        foreach (MapLine line in own)
        {
            if (line.Verb is null)
            {
                merged.Insert(++at, line);
                continue;
            }
            string key = line.Key ?? MapKey.Of(line.Body);
            List<int> hits = [];
            for (int index = 0; index < merged.Count; index++)
            {
                if (merged[index].Body.StartsWith(key, StringComparison.Ordinal) || (line.Key is not null && (merged[index].Marks & Marks.Each) != 0 && key == "each " + merged[index].Operand))
                    hits.Add(index);
            }
            if (hits.Count < Math.Max(1, line.Nth))
            {
                findings.Error("override", line.Place, $"Found no {(line.Nth > 1 ? $"{line.Nth}th " : "")}line '{key}' in {parentName} to {line.Verb}.{Suggest.DidYouMean(key, parent.Lines.Select(other => MapKey.Of(other.Body)).Where(other => other.Length > 0))}");
                continue;
            }
            if (hits.Count > 1 && line.Nth == 0)
            {
                findings.Error("override", line.Place, $"Found {hits.Count} lines '{key}' in {parentName}, expected one. Say which: {line.Verb} {key} #1 ... #{hits.Count}.");
                continue;
            }
            at = hits[Math.Max(1, line.Nth) - 1];
            switch (line.Verb)
            {
                case "replace":
                    merged[at] = line;
                    break;
                case "remove":
                    merged.RemoveAt(at--);
                    break;
                case "after":
                    merged.Insert(++at, line);
                    break;
                default:
                    merged.Insert(at, line);
                    break;
            }
        }
        return merged;
    }
}

/// <summary>Splits at blanks outside quotes.</summary>
internal static class Quoted
{
    public static string[] Split(string text)
    {
        List<string> parts = [];
        int at = 0;
        while (at < text.Length)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }
            System.Text.StringBuilder part = new();
            while (at < text.Length && !char.IsWhiteSpace(text[at]))
            {
                if (text[at] is '"' or '\'' && text.IndexOf(text[at], at + 1) is var close && close > 0)
                {
                    part.Append(text, at + 1, close - at - 1);
                    at = close + 1;
                }
                else
                    part.Append(text[at++]);
            }
            parts.Add(part.ToString());
        }
        return [.. parts];
    }
}

/// <summary>The words by which an overriding line names the line it changes: tag and qualifier, element name, member name.</summary>
internal static class MapKey
{
    public static string Of(string body)
    {
        int separator = body.IndexOfAny(['+', '*']);
        if (body.StartsWith('<') || body.StartsWith('"'))
        {
            int end = body.IndexOfAny([' ', '>', '/', ':', '"'], 1);
            if (body.StartsWith('<') && end > 0 && body[end] == ':')
                end = body.IndexOfAny([' ', '>', '/'], end);
            return end < 0 ? body : body[..(body[0] == '"' ? end + 1 : end)];
        }
        if (separator < 0)
            return body;
        int stop = separator + 1;
        while (stop < body.Length && body[stop] is not ('+' or '*' or ':' or '>' or '\'' or '~' or '{'))
            stop++;
        return body[..stop].TrimEnd('+', '*');
    }
}
