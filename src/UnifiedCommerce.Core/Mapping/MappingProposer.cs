using System.Globalization;
using System.Text;
using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Something of a sample that a person must decide.</summary>
/// <param name="Place">Where in the sample.</param>
/// <param name="Sample">What stands there.</param>
/// <param name="Candidates">Fields it may be, the likeliest first; empty: nothing fits.</param>
public sealed record UnsureValue(string Place, string Sample, IReadOnlyList<string> Candidates);

/// <summary>A mapping proposed from a sample. Lines that begin with <c>#?</c> are undecided and map nothing.</summary>
/// <param name="FileName">Name for it in the partner's folder.</param>
/// <param name="Text">The mapping.</param>
/// <param name="Kind">The canonical document.</param>
/// <param name="Unsure">What was left to a person.</param>
/// <param name="Diagnostics">Why nothing could be proposed, when <paramref name="Text"/> is empty.</param>
public sealed record MappingProposal(string FileName, string Text, DocumentKind Kind, IReadOnlyList<UnsureValue> Unsure, IReadOnlyList<Diagnostic> Diagnostics);

/// <summary>
/// Proposes a mapping from a sample. What a standard fixes becomes a field; what only looks like one is marked and maps nothing, so that
/// a quantity, unit, price or article is never silently wrong.
/// </summary>
public static class MappingProposer
{
    /// <summary>Proposes.</summary>
    /// <param name="sample">The sample file.</param>
    /// <param name="mappings">The folder that holds <c>base</c>.</param>
    /// <param name="fromCustomer">An order is a customer's order to us; otherwise it is one that the partner expects of us.</param>
    public static MappingProposal Propose(ReadOnlyMemory<byte> sample, string mappings, bool fromCustomer = true)
    {
        PeekedFile peeked = DocumentSniffer.Peek(sample);
        return peeked.Syntax switch
        {
            MessageSyntax.Edifact or MessageSyntax.X12 or MessageSyntax.Xml => FromBase(sample, peeked, mappings, fromCustomer),
            MessageSyntax.Json or MessageSyntax.Csv => NamedProposer.Propose(sample, peeked, fromCustomer),
            _ => Nothing(peeked.Diagnostics),
        };
    }

    internal static MappingProposal Nothing(IReadOnlyList<Diagnostic> diagnostics) => new("", "", DocumentKind.Unknown, [], diagnostics);

    /// <summary>Fields of a document that a text could be, by its look.</summary>
    internal static IReadOnlyList<string> Candidates(DocumentKind kind, bool inLines, string sample, IReadOnlySet<string> taken)
    {
        Type root = DocumentTypes.Of(kind)!;
        Type type = inLines && FieldTable.ResolveList(root, "lines") is { } lines ? lines.ItemType : root;
        string prefix = inLines ? "lines." : "";
        string text = sample.Trim();
        bool date = DateCodes.TryRead(text, "yyyyMMdd", null, out _) || DateCodes.TryRead(text, "iso", null, out _) || DateCodes.TryRead(text, "yyyyMMddHHmm", null, out _);
        bool number = !date && Numbers.TryRead(text, null, out _);
        bool gtin = Identifiers.IsValid(IdScheme.Gtin, text);
        return [.. FieldTable.Names(type)
            .Where(name => !taken.Contains(prefix + name) && FieldTable.Resolve(type, name) is { } path && (path.Leaf.Kind switch
            {
                ValueKind.Date or ValueKind.Moment => date,
                ValueKind.Number or ValueKind.Integer => number && !path.Leaf.IsDerived,
                ValueKind.Text => !date && (ValueReader.SchemeOf(path.Leaf.Name) is var scheme && scheme != IdScheme.None ? Identifiers.IsValid(scheme, text) : !number || gtin || name.EndsWith("Sku", StringComparison.Ordinal) || name.EndsWith("Number", StringComparison.Ordinal)),
                _ => false,
            }))
            .Take(4)];
    }

    private static MappingProposal FromBase(ReadOnlyMemory<byte> sample, PeekedFile peeked, string mappings, bool fromCustomer)
    {
        if (peeked.Messages.Count == 0)
            return Nothing(peeked.Diagnostics);
        PeekedMessage first = peeked.Messages[0];
        DocumentKind kind = first.Kind;
        if (kind is DocumentKind.Unknown or DocumentKind.Acknowledgement || BaseOf(peeked.Syntax, first, kind, mappings) is not { } baseName)
            return Nothing([Diagnostic.Error("no-base", first.Type, $"Found a {first.Type} {first.Version}, for which there is no base mapping. Write the mapping by hand: copy the sample behind a gutter and put names where values go.")]);
        if (kind == DocumentKind.PurchaseOrder && fromCustomer)
            kind = DocumentKind.Order;
        string head = $"# Proposed from a sample of {first.Type} {first.Version}{first.Association}; lines with #? are yours to decide.\nextends {baseName}\ndocument {kind}\n";
        if (kind == DocumentKind.Order)
            head += "set channel = edi\ndirection read\n";
        if (peeked.Syntax == MessageSyntax.X12 && first.Version.Length == 6)
            head += $"version {first.Version}\n";
        Func<string, string?> load = MappingSet.Loader(mappings, "base");
        // The base reads the sample first: what it finds something for is kept, everything else is marked. Its gaps are no errors here.
        MappingText text = MappingText.Parse(head, "proposal.map", load, new Findings());
        CompiledMapping? compiled = CompileForgiving(text);
        if (compiled is null)
            return Nothing([Diagnostic.Error("no-base", baseName, "The base mapping cannot be used for this document.")]);
        List<UnsureValue> unsure = [];
        string body = peeked.Syntax == MessageSyntax.Xml
            ? TreeBody(compiled, sample, kind, unsure)
            : SegmentBody(compiled, text, sample, first, kind, unsure);
        return Complete(head, body, peeked, first, kind, load, sample, unsure);
    }

    /// <summary>Fields the document cannot be without and the sample does not give are set to something a person must confirm.</summary>
    internal static MappingProposal Complete(string head, string body, PeekedFile peeked, PeekedMessage first, DocumentKind kind, Func<string, string?>? load, ReadOnlyMemory<byte> sample, List<UnsureValue> unsure)
    {
        string file = $"{DocumentTypes.FileName(kind)}.{peeked.Syntax.ToString().ToLowerInvariant()}.map";
        HashSet<string> missing = new(StringComparer.Ordinal);
        string sets = "";
        for (int round = 0; round < 4; round++)
        {
            MappingParseResult parsed = MessageMapping.Parse($"{head}{sets}\n{body}", file, load);
            IEnumerable<Diagnostic> gaps = parsed.Mapping is null
                ? parsed.Diagnostics.Where(diagnostic => diagnostic.Code == "not-invertible" && diagnostic.Severity == Severity.Error)
                : parsed.Mapping.Read(sample).Messages.SelectMany(message => message.Diagnostics).Where(diagnostic => diagnostic.Code is "missing-field" or "missing-unit");
            string[] found = [.. gaps.Select(NameOf).OfType<string>().Where(missing.Add)];
            if (found.Length == 0)
                break;
            foreach (string name in found)
            {
                if (StandIn(kind, name) is not { } stand)
                    continue;
                sets += $"#? The sample gives no {name}: this is a guess until you confirm it.\nset {stand.Name} = {stand.Value}\n";
                unsure.Add(new UnsureValue(name, "(nothing in the sample)", stand.Candidates));
            }
        }
        _ = first;
        return new MappingProposal(file, $"{head}{sets}\n{body}", kind, unsure, []);
    }

    private static string? NameOf(Diagnostic gap)
    {
        string[] words = gap.Text.Split(' ');
        int at = gap.Code switch
        {
            "not-invertible" => Array.IndexOf(words, "back:") + 1,
            "missing-unit" => -1,
            _ => Array.IndexOf(words, "no") + 1,
        };
        return at < 0 ? "lines.unit" : at > 0 && at < words.Length ? words[at].TrimEnd(',', '.') : null;
    }

    private static (string Name, string Value, string[] Candidates)? StandIn(DocumentKind kind, string name)
    {
        string last = name[(name.LastIndexOf('.') + 1)..];
        return last switch
        {
            "buyer" or "supplier" or "shipTo" => ($"{name}.name", "unknown", [$"{name}.gln", $"{name}.id"]),
            "item" => ("lines.description", "unknown", ["lines.gtin", "lines.supplierSku", "lines.buyerSku"]),
            "currency" => (name, "XXX", ["EUR", "USD", "PLN"]),
            "unit" => (name, "ZZ", ["EA", "C62"]),
            "status" => (name, kind == DocumentKind.OrderResponse && name == "status" ? "Acknowledged" : "OnHold", ["Accepted", "Rejected"]),
            "channel" => (name, "edi", []),
            "number" => (name, "unknown", []),
            "issued" => (name, "1900-01-01", []),
            "netPrice" or "price" or "amount" or "payableTotal" or "quantity" or "available" => (name, "0", []),
            "position" or "id" => (name, "0", []),
            _ => null,
        };
    }

    private static CompiledMapping? CompileForgiving(MappingText text)
    {
        Findings gaps = new();
        CompiledMapping? compiled = MappingCompiler.Compile(text, gaps);
        return compiled;
    }

    private static string? BaseOf(MessageSyntax syntax, PeekedMessage message, DocumentKind kind, string mappings)
    {
        string name = DocumentTypes.FileName(kind);
        string[] folders = syntax switch
        {
            MessageSyntax.X12 => ["x12-4010"],
            MessageSyntax.Edifact => ["edifact-d96a", "eancom-d96a"],
            _ when message.Type is "OrderRequest" or "ConfirmationRequest" or "ShipNoticeRequest" or "InvoiceDetailRequest" => ["cxml-12"],
            _ => ["peppol-bis3"],
        };
        if (message.Type == "865")
            name = "order-response-to-change";
        if (syntax == MessageSyntax.Xml && folders[0] == "peppol-bis3" && kind == DocumentKind.PurchaseOrder)
            name = "order";
        return folders.Select(folder => $"base/{folder}/{name}").FirstOrDefault(path => File.Exists(Path.Combine(mappings, path + ".map")) && (syntax != MessageSyntax.Xml || TypeFits(Path.Combine(mappings, path + ".map"), message.Type)));
    }

    private static bool TypeFits(string path, string type) => File.ReadAllText(path).Contains("<" + type, StringComparison.Ordinal);

    private static string SegmentBody(CompiledMapping compiled, MappingText text, ReadOnlyMemory<byte> sample, PeekedMessage first, DocumentKind kind, List<UnsureValue> unsure)
    {
        HashSet<TextPlace> seen = [];
        List<UnmappedValue> unmapped = [];
        EdiProbe.Read(compiled, sample, first.Type, seen, unmapped);
        StringBuilder body = new();
        Keep(text.Lines, 0, text.Lines.Count, seen, compiled, body, first);
        HashSet<string> shapes = new(StringComparer.Ordinal);
        foreach (UnmappedValue value in unmapped)
        {
            string key = compiled.Syntax == MessageSyntax.X12 ? Shape(value.Text, '*') : Shape(value.Text, '+');
            if (!shapes.Add(key))
                continue;
            string[] parts = value.Text.Split(compiled.Syntax == MessageSyntax.X12 ? ['*', '>', '|'] : ['+', ':']);
            IReadOnlyList<string> candidates = [.. parts.Skip(2).Where(part => part.Length > 1).SelectMany(part => Candidates(kind, IsLineSegment(parts[0]), part, compiled.ReadFields)).Distinct().Take(4)];
            body.Append(CultureInfo.InvariantCulture, $"#? {value.Text}    candidates: {(candidates.Count == 0 ? "none" : string.Join(", ", candidates))}\n");
            unsure.Add(new UnsureValue(value.Place, value.Text, candidates));
        }
        return body.ToString();
    }

    private static bool IsLineSegment(string tag) => tag is "LIN" or "PIA" or "IMD" or "QTY" or "PRI" or "MOA" or "MEA" or "PO1" or "IT1" or "PID" or "PO4" or "SN1" or "ACK" or "CTP" or "ALI" or "PAC";

    private static string Shape(string segment, char separator)
    {
        string[] parts = segment.Split(separator, ':');
        return parts.Length > 1 ? $"{parts[0]}{separator}{parts[1]}" : segment.Split(' ', 2)[0];
    }

    /// <summary>Lines of the base for which the sample had something, with the blocks around them.</summary>
    private static bool Keep(List<MapLine> lines, int from, int to, HashSet<TextPlace> seen, CompiledMapping compiled, StringBuilder body, PeekedMessage first)
    {
        bool any = false;
        int previousKept = -1;
        for (int index = from; index < to; index++)
        {
            MapLine line = lines[index];
            bool opens = (line.Marks & (Marks.Each | Marks.Group | Marks.Split | Marks.Tree)) != 0;
            if (opens)
            {
                int end = EndOf(lines, index);
                StringBuilder inner = new();
                bool own = seen.Contains(line.Place);
                bool kept = Keep(lines, index + 1, end, seen, compiled, inner, first) | own;
                if (kept)
                {
                    string gutter = line.Gutter;
                    if ((line.Marks & Marks.Or) != 0 && previousKept != index)
                        gutter = gutter.Replace("or ", "", StringComparison.Ordinal);
                    body.Append(CultureInfo.InvariantCulture, $"{Optional(gutter, line)}| {Indent(line, lines, index)}{line.Body}\n").Append(inner).Append("end\n");
                    any = true;
                    previousKept = end + 1;
                }
                else if (previousKept == index)
                    previousKept = -1;
                index = end;
                continue;
            }
            if ((line.Marks & Marks.Level) != 0)
            {
                body.Append(CultureInfo.InvariantCulture, $"{line.Gutter}| {line.Body}\n");
                any |= seen.Contains(line.Place);
                continue;
            }
            bool header = compiled.HeaderTemplate?.Place == line.Place;
            if (header)
            {
                body.Append(CultureInfo.InvariantCulture, $"     | {HeaderLine(compiled, first)}\n");
                continue;
            }
            if (!seen.Contains(line.Place))
            {
                if (previousKept == index)
                    previousKept = -1;
                continue;
            }
            string own2 = line.Gutter;
            if ((line.Marks & Marks.Or) != 0 && previousKept != index)
                own2 = own2.Replace("or", "? ", StringComparison.Ordinal);
            body.Append(CultureInfo.InvariantCulture, $"{own2}| {line.Body}\n");
            any = true;
            previousKept = index + 1;
        }
        return any;
    }

    private static string Optional(string gutter, MapLine line) => (line.Marks & Marks.Group) != 0 && (line.Marks & (Marks.Optional | Marks.Or)) == 0 ? gutter.Replace("group", "group?", StringComparison.Ordinal) : gutter;

    private static string Indent(MapLine line, List<MapLine> lines, int index)
    {
        _ = lines;
        _ = index;
        // An each line carries its operand where others carry the segment.
        return (line.Marks & Marks.Each) != 0 && line.Body.Length == 0 ? line.Operand : "";
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

    private static string TreeBody(CompiledMapping compiled, ReadOnlyMemory<byte> sample, DocumentKind kind, List<UnsureValue> unsure)
    {
        TreeNode? root = TreeParsing.Xml(sample, new Findings());
        if (root is null)
            return "";
        HashSet<TreeTemplate> seen = [];
        TreeReading session = new(compiled, MappingContext.Empty) { SeenNodes = seen };
        session.Read(root);
        StringBuilder body = new();
        TreePrinter.Print(body, compiled.Tree!, seen);
        HashSet<string> shapes = new(StringComparer.Ordinal);
        foreach (UnmappedValue value in session.Unmapped)
        {
            string shape = System.Text.RegularExpressions.Regex.Replace(value.Place, @"\[\d+\]", "", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1));
            if (!shapes.Add(shape))
                continue;
            IReadOnlyList<string> candidates = Candidates(kind, shape.Contains("Line", StringComparison.Ordinal) || shape.Contains("/Item", StringComparison.Ordinal), value.Text, compiled.ReadFields);
            string text = value.Text.ReplaceLineEndings(" ");
            body.Append(CultureInfo.InvariantCulture, $"#? {shape}: {(text.Length > 60 ? text[..60] + "..." : text)}    candidates: {(candidates.Count == 0 ? "none" : string.Join(", ", candidates))}\n");
            unsure.Add(new UnsureValue(value.Place, value.Text, candidates));
        }
        return body.ToString();
    }
}

/// <summary>Reads a sample with a mapping only to see which lines find something.</summary>
internal static class EdiProbe
{
    public static void Read(CompiledMapping compiled, ReadOnlyMemory<byte> sample, string type, HashSet<TextPlace> seen, List<UnmappedValue> unmapped)
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
                    session = new SegmentReading(compiled, MappingContext.Empty) { Seen = seen, Unmapped = unmapped };
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

/// <summary>Writes a tree of templates as the lines of a mapping.</summary>
internal static class TreePrinter
{
    public static void Print(StringBuilder body, TreeTemplate root, HashSet<TreeTemplate> seen) => Element(body, root, seen, 0, null);

    private static void Element(StringBuilder body, TreeTemplate template, HashSet<TreeTemplate> seen, int depth, Condition? inherited)
    {
        if (!seen.Contains(template) && (template.Marks & Marks.Skip) == 0)
            return;
        if (template.IsEach)
            body.Append(CultureInfo.InvariantCulture, $"each? | {template.Scope.ListPath[(template.Scope.ListPath.LastIndexOf('.') + 1)..]}\n");
        string gutter = (template.Marks & Marks.Skip) != 0 ? "-" : (template.Marks & Marks.ReadOnly) != 0 ? "<" : (template.Marks & Marks.Optional) != 0 || template.Parent is not null ? "?" : " ";
        if (template.Condition is { } condition && !template.IsEach && condition != inherited)
            gutter += $" if {condition.Name}{(condition.Not ? "!" : "")}={string.Join(',', condition.Values)}";
        body.Append(CultureInfo.InvariantCulture, $"{gutter,-4} | {new string(' ', depth * 2)}<{template.WrittenName}");
        foreach (TreeTemplate attribute in template.Children.Where(child => child.IsAttribute && (child.IsNamespaceDeclaration || seen.Contains(child))))
            body.Append(CultureInfo.InvariantCulture, $" {attribute.WrittenName}=\"{Source(attribute.Value)}\"");
        List<TreeTemplate> children = [.. template.Children.Where(child => !child.IsAttribute && (seen.Contains(child) || (child.Marks & Marks.Skip) != 0))];
        if (template.Value is { } value)
            body.Append(CultureInfo.InvariantCulture, $">{Source(value)}</{template.WrittenName}>\n");
        else if (children.Count == 0)
            body.Append("/>\n");
        else
        {
            body.Append(">\n");
            foreach (TreeTemplate child in children)
                Element(body, child, seen, depth + 1, template.Condition);
            body.Append(CultureInfo.InvariantCulture, $"     | {new string(' ', depth * 2)}</{template.WrittenName}>\n");
        }
        if (template.IsEach)
            body.Append("end\n");
    }

    private static string Source(Slot? slot) => slot is null ? "" : slot.Role == SlotRole.Literal ? slot.Literal.Replace("&", "&amp;", StringComparison.Ordinal) : $"{{{slot.Source.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)}}}";
}
