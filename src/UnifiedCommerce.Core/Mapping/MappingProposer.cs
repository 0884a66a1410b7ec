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
            _ => Nothing([.. peeked.Diagnostics, Diagnostic.Error("unknown-format", "byte 0", "The file is neither EDIFACT, X12, XML, JSON nor CSV, expected one of them. Ask the sender what it is.")]),
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
                ValueKind.Text => !path.Leaf.IsDerived && !date && (ValueReader.SchemeOf(path.Leaf.Name) is var scheme && scheme != IdScheme.None ? Identifiers.IsValid(scheme, text) : !number || gtin || name.EndsWith("Sku", StringComparison.Ordinal) || name.EndsWith("Number", StringComparison.Ordinal)),
                _ => false,
            }))
            .Take(4)];
    }

    private static MappingProposal FromBase(ReadOnlyMemory<byte> sample, PeekedFile peeked, string mappings, bool fromCustomer)
    {
        if (peeked.Messages.Count == 0)
            return Nothing(peeked.Diagnostics);
        PeekedMessage first = peeked.Messages.FirstOrDefault(message => message.Kind is not (DocumentKind.Unknown or DocumentKind.Acknowledgement)) ?? peeked.Messages[0];
        DocumentKind kind = first.Kind;
        if (kind is DocumentKind.Unknown or DocumentKind.Acknowledgement || BaseOf(peeked.Syntax, first, kind, mappings) is not { } baseName)
            return Nothing([Diagnostic.Error("no-base", first.Type, $"Found a {first.Type} {first.Version}, for which there is no base mapping. Write the mapping by hand: copy the sample behind a gutter and put names where values go.")]);
        if (kind == DocumentKind.PurchaseOrder && fromCustomer)
            kind = DocumentKind.Order;
        string head = $"# Proposed from a sample of {first.Type} {first.Version}{first.Association}; lines with #? are yours to decide.\nextends {baseName}\ndocument {kind}\n";
        if (kind == DocumentKind.Order)
            head += "set channel = edi\n";
        if (peeked.Syntax == MessageSyntax.X12 && first.Version.Length == 6)
            head += $"version {first.Version}\n";
        Func<string, string?> load = MappingSet.Loader(mappings, "base");
        // The base reads the sample first: what it finds something for is kept, everything else is marked. Its gaps are no errors here.
        MappingText text = MappingText.Parse(head, HeadFile, load, new Findings());
        if (MappingCompiler.Compile(text, new Findings()) is not { } compiled)
            return Nothing([Diagnostic.Error("no-base", baseName, "The base mapping cannot be used for this document.")]);
        List<UnsureValue> unsure = [];
        ProposedBody body = peeked.Syntax == MessageSyntax.Xml
            ? TreeProposer.Body(compiled, sample, kind, unsure)
            : SegmentProposer.Body(compiled, text, sample, first, kind, unsure);
        return Complete(head + body.Directives, body.Lines, peeked, kind, load, sample, unsure);
    }

    /// <summary>A place whose value in the sample is not what the base says: its code goes into a table of the partner's own, or the
    /// place maps nothing until a person has decided.</summary>
    internal static ProposedChanges Decide(Probe probe, List<UnsureValue> unsure)
    {
        ProposedChanges changes = new();
        foreach (((Slot slot, string field), string place) in probe.Refused)
        {
            string[] codes = [.. probe.UnknownCodes.Where(unknown => unknown.Slot == slot).Select(unknown => unknown.Code).Distinct()];
            if (slot.Role == SlotRole.Pairs)
            {
                changes.DroppedPairs.Add((slot, field));
                unsure.Add(new UnsureValue(place, $"no {field}", ["supplierSku", "buyerSku", "manufacturerPart"]));
                continue;
            }
            string name = slot.Names.Length > 0 ? slot.Names[0] : "";
            if (name.Length == 0)
                continue;
            if (codes.Length > 0 && slot.Format.TableName is { } table && IsUnit(name))
            {
                changes.Renamed[slot] = table;
                if (!changes.Codes.TryGetValue(table, out SortedSet<string>? all))
                    changes.Codes[table] = all = new SortedSet<string>(StringComparer.Ordinal);
                foreach (string code in codes.Where(all.Add))
                    unsure.Add(new UnsureValue($"{place} unit", code, ["EA", "C62"]));
                continue;
            }
            changes.Dropped.Add(slot);
            unsure.Add(new UnsureValue(place, codes.Length > 0 ? string.Join(", ", codes) : $"not what {name} needs", name == "gtin" ? ["gtin", "supplierSku", "buyerSku"] : [name]));
            // A price for an unknown number of units, or for other units than the quantity's, is no price.
            if (name == "priceBasis" || IsUnit(name))
                changes.DropsPrice = true;
        }
        foreach (SetDirective set in probe.Defaults.Where(set => set.Place.File != HeadFile && !set.Value.StartsWith('$')))
        {
            changes.Defaults.Add(set);
            unsure.Add(new UnsureValue(set.Name, $"(nothing in the sample; {set.Value} is assumed)", []));
        }
        foreach ((DecisionTable decision, HashSet<string> rows) in probe.Undecided)
        {
            changes.Decisions.Add((decision, rows));
            unsure.Add(new UnsureValue(decision.Output, $"{string.Join(' ', decision.Inputs)}: {string.Join("; ", rows)}", decision.OutputField?.Path.Leaf.EnumType is { } codes ? Enum.GetNames(codes) : []));
        }
        return changes;
    }

    /// <summary>The name under which a proposal's own directives are parsed.</summary>
    private const string HeadFile = "proposal.map";

    private static bool IsUnit(string name) => name == "unit" || name.EndsWith(".unit", StringComparison.Ordinal);

    /// <summary>Fields the document cannot be without and the sample does not give are set to something a person must confirm.</summary>
    internal static MappingProposal Complete(string head, string body, PeekedFile peeked, DocumentKind kind, Func<string, string?>? load, ReadOnlyMemory<byte> sample, List<UnsureValue> unsure)
    {
        string file = $"{DocumentTypes.FileName(kind)}.{peeked.Syntax.ToString().ToLowerInvariant()}.map";
        HashSet<string> missing = new(StringComparer.Ordinal);
        string sets = "";
        MappingParseResult parsed = MessageMapping.Parse($"{head}{sets}\n{body}", file, load);
        for (int round = 0; round < 6; round++)
        {
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
                unsure.Add(new UnsureValue(stand.Name, "(nothing in the sample)", stand.Candidates));
            }
            parsed = MessageMapping.Parse($"{head}{sets}\n{body}", file, load);
        }
        if (parsed.Mapping is not { } mapping)
        {
            return Nothing(parsed.Diagnostics.Any(diagnostic => diagnostic.Text.Contains("lines.", StringComparison.Ordinal))
                ? [Diagnostic.Error("no-lines", file, "The sample has no line that could be read, expected at least one: what an order or answer is about stands there. Send a sample with a line, or write the mapping by hand.")]
                : parsed.Diagnostics);
        }
        // A unit without its quantity came from somewhere else, such as a price.
        if (unsure.Exists(value => value.Place == "lines.quantity") && unsure.TrueForAll(value => value.Place != "lines.unit") && mapping.ReadFields.Contains("lines.unit"))
            unsure.Add(new UnsureValue("lines.unit", "(of no quantity)", ["EA", "C62"]));
        // One way is honest where the sample does not show enough to write: a partner's answers are only read anyway.
        if (kind != DocumentKind.PurchaseOrder && mapping.CanWrite && !MappingCheck.CanWriteWhatItReads(mapping, sample))
            head += "direction read\n";
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
            "number" or "orderNumber" or "documentNumber" => (name, "unknown", []),
            "accepted" or "isCredit" or "cancels" => (name, "false", ["true"]),
            "action" => (name, "Change", ["Add", "Cancel"]),
            "issued" => (name, "1900-01-01", []),
            "netPrice" or "price" or "amount" or "payableTotal" or "quantity" or "available" => (name, "0", []),
            "position" or "id" => (name, "0", []),
            _ => null,
        };
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
}

/// <summary>What is proposed of a message: directives of the partner's own, and the lines.</summary>
internal readonly record struct ProposedBody(string Directives, string Lines);

/// <summary>What a sample changes in the lines of its base.</summary>
internal sealed class ProposedChanges
{
    /// <summary>Places that map nothing until a person has decided.</summary>
    public HashSet<Slot> Dropped { get; } = [];
    /// <summary>Places whose table is extended, with that table.</summary>
    public Dictionary<Slot, string> Renamed { get; } = [];
    /// <summary>Unknown codes of each table.</summary>
    public Dictionary<string, SortedSet<string>> Codes { get; } = [];
    public bool DropsPrice { get; set; }

    public HashSet<(Slot Slot, string Field)> DroppedPairs { get; } = [];
    /// <summary>Values of the base that stood in for what the sample does not give.</summary>
    public List<SetDirective> Defaults { get; } = [];
    /// <summary>Decisions of the base with the rows that the sample needs beside.</summary>
    public List<(DecisionTable Table, HashSet<string> Rows)> Decisions { get; } = [];

    /// <summary>What stands in the braces of a place.</summary>
    public string SourceOf(Slot slot)
    {
        if (slot.Role == SlotRole.Pairs)
            return string.Join(' ', Quoted.Split(slot.Source).Where(word => !DroppedPairs.Any(pair => pair.Slot == slot && word.EndsWith(":" + pair.Field, StringComparison.Ordinal))));
        return Dropped.Contains(slot) || (DropsPrice && slot.Names is ["netPrice" or "price", ..]) ? "_"
            : Renamed.TryGetValue(slot, out string? table) ? slot.Source.Replace(table, Own(table), StringComparison.Ordinal)
            : slot.Source;
    }

    /// <summary>Directives that go before the base's: unknown codes as mutually defined units (Rec 20 ZZ), guesses to confirm.</summary>
    public string Directives()
    {
        StringBuilder text = new();
        foreach ((string table, SortedSet<string> codes) in Codes)
        {
            text.Append(CultureInfo.InvariantCulture, $"#? The table {table} does not know these codes: put the right unit for ZZ.\ntable {Own(table)} extends {table}\n");
            foreach (string code in codes)
                text.Append(CultureInfo.InvariantCulture, $"  ZZ = {(code.Contains(' ', StringComparison.Ordinal) ? $"'{code}'" : code)}\n");
            text.Append("end\n");
        }
        foreach (SetDirective set in Defaults)
            text.Append(CultureInfo.InvariantCulture, $"#? The sample gives no {set.Name}: this is assumed until you confirm it.\nset {set.Name} = {set.Value}\n");
        foreach ((DecisionTable decision, HashSet<string> rows) in Decisions)
        {
            text.Append(CultureInfo.InvariantCulture, $"#? The sample has cases that the base does not decide: the rows at the end are guesses.\ndecide {decision.Output} by {string.Join(' ', decision.Inputs)}\n");
            foreach ((_, string[] cells, string value) in decision.Rows)
                text.Append(CultureInfo.InvariantCulture, $"  {string.Join(' ', cells)} {value}\n");
            string guess = decision.OutputField?.Path.Leaf.EnumType is { } codes && Enum.GetNames(codes).Contains("OnHold") ? "OnHold" : "-";
            foreach (string row in rows)
                text.Append(CultureInfo.InvariantCulture, $"  {row} {guess}\n");
            text.Append("end\n");
        }
        return text.ToString();
    }

    private static string Own(string table) => "partner" + char.ToUpperInvariant(table[0]) + table[1..];
}
