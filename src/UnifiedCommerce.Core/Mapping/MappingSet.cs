using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>The mappings of one partner: <c>mappings/&lt;partner&gt;/*.map</c>. Immutable; a changed folder is loaded as a new set.</summary>
public sealed class MappingSet
{
    private readonly Dictionary<DocumentKind, MessageMapping> byKind = [];

    private MappingSet(string partnerId, IReadOnlyList<MessageMapping> all, IReadOnlyList<Diagnostic> diagnostics, MessageRules rules)
    {
        PartnerId = partnerId;
        All = all;
        Diagnostics = diagnostics;
        Rules = rules;
        foreach (MessageMapping mapping in all)
            byKind.TryAdd(mapping.Document, mapping);
    }

    /// <summary>Folder name of the partner.</summary>
    public string PartnerId { get; }
    /// <summary>The mappings that could be parsed.</summary>
    public IReadOnlyList<MessageMapping> All { get; }
    /// <summary>What the partner's messages must keep to.</summary>
    public MessageRules Rules { get; }
    /// <summary>What was found, with file, line and column. One faulty mapping leaves the others in.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; }
    /// <summary>Changes when any mapping of the set does: two hub processes compare it.</summary>
    public string Version => string.Join('.', All.OrderBy(mapping => mapping.File, StringComparer.Ordinal).Select(mapping => mapping.Version));

    /// <summary>The mapping of a kind of document, or null. A credit note is the invoice's.</summary>
    /// <param name="kind">The kind.</param>
    public MessageMapping? For(DocumentKind kind) =>
        byKind.GetValueOrDefault(kind) ?? (kind == DocumentKind.CreditNote ? byKind.GetValueOrDefault(DocumentKind.Invoice) : null);

    /// <summary>Whether a file of a partner's folder belongs to the set: mappings, guides, JSON Schemas.</summary>
    /// <param name="name">The file's name.</param>
    public static bool Concerns(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.EndsWith(".map", StringComparison.Ordinal) || MessageRules.Concerns(name);
    }

    /// <summary>Loads a partner's folder.</summary>
    /// <param name="mappings">The folder that holds all partners and <c>base</c>.</param>
    /// <param name="partnerId">The partner's folder in it.</param>
    public static MappingSet Load(string mappings, string partnerId)
    {
        ArgumentException.ThrowIfNullOrEmpty(mappings);
        ArgumentException.ThrowIfNullOrEmpty(partnerId);
        string folder = Path.Combine(mappings, partnerId);
        return Parse(partnerId, Directory.Exists(folder) ? Directory.GetFiles(folder).Where(path => Concerns(Path.GetFileName(path))).Select(path => (Path.GetFileName(path), File.ReadAllText(path))) : [], Loader(mappings, partnerId));
    }

    /// <summary>Parses mappings whose texts are given.</summary>
    /// <param name="partnerId">The partner.</param>
    /// <param name="texts">File name in the partner's folder and text of each mapping, and of the rules beside them (<see cref="Concerns"/>).</param>
    /// <param name="load">Gives what they extend (<c>base/...</c>) and table files of the partner; null: there is none.</param>
    public static MappingSet Parse(string partnerId, IEnumerable<(string Name, string Text)> texts, Func<string, string?> load)
    {
        List<MessageMapping> all = [];
        List<Diagnostic> diagnostics = [];
        (string Name, string Text)[] files = [.. texts];
        foreach ((string name, string text) in files.Where(file => file.Name.EndsWith(".map", StringComparison.Ordinal)).OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            MappingParseResult result = MessageMapping.Parse(text, $"{partnerId}/{name}", load);
            diagnostics.AddRange(result.Diagnostics);
            if (result.Mapping is not { } mapping)
                continue;
            if (all.Find(other => Rivals(other, mapping)) is { } rival)
                diagnostics.Add(Diagnostic.Error("two-mappings", mapping.File, $"Found two mappings of {partnerId} for one message ({(mapping.MessageType.Length > 0 ? mapping.MessageType : mapping.Document)}); {rival.File} is the other. Keep one, or make one of them 'direction write'."));
            else
                all.Add(mapping);
        }
        MessageRules rules = MessageRules.Parse(partnerId, files);
        diagnostics.AddRange(rules.Diagnostics);
        return new MappingSet(partnerId, all, diagnostics, rules);
    }

    /// <summary>Makes a set of mappings that were parsed elsewhere.</summary>
    /// <param name="partnerId">The partner.</param>
    /// <param name="mappings">The mappings.</param>
    public static MappingSet Of(string partnerId, params IReadOnlyList<MessageMapping> mappings) => new(partnerId, mappings, [], MessageRules.Standard);

    /// <summary>Gives mappings that others extend, and table files of the partner's folder. No other file can be read.</summary>
    /// <param name="mappings">The folder that holds all partners and <c>base</c>.</param>
    /// <param name="partnerId">The partner's folder in it.</param>
    public static Func<string, string?> Loader(string mappings, string partnerId) => name =>
    {
        if (name.Split('/').Any(part => part.Length == 0 || part[0] == '.') || name.IndexOfAny(['\\', ':', '\0']) >= 0)
            return null;
        string path = name.StartsWith("base/", StringComparison.Ordinal) && name.EndsWith(".map", StringComparison.Ordinal)
            ? Path.Combine(mappings, name)
            : Path.Combine(mappings, partnerId, name);
        return File.Exists(path) ? File.ReadAllText(path) : null;
    };

    /// <summary>Reads every message of a file that one of the mappings knows. What none knows is a diagnostic; acknowledgements are left
    /// out without one, they are the codec's.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="context">Constants and time zone.</param>
    public ReadResult Read(ReadOnlyMemory<byte> bytes, MappingContext? context = null)
    {
        context ??= MappingContext.Empty with { PartnerId = PartnerId };
        PeekedFile peeked = DocumentSniffer.Peek(bytes);
        switch (peeked.Syntax)
        {
            case MessageSyntax.Edifact or MessageSyntax.X12:
            {
                List<Diagnostic> unknown = [];
                ReadResult result = EdiReading.Read(bytes, (type, version) =>
                {
                    MessageMapping? mapping = All.FirstOrDefault(candidate => candidate.Syntax == peeked.Syntax && candidate.CanRead && candidate.MessageType == type);
                    if (mapping is null && DocumentSniffer.KindOf(type) != DocumentKind.Acknowledgement)
                        unknown.Add(Diagnostic.Error("no-mapping", $"message {type}", $"{PartnerId} has no mapping for {type} {version}, expected one of {InWords()}. Add a mapping, or send the file back."));
                    return mapping;
                }, context);
                return result with { Diagnostics = [.. result.Diagnostics, .. unknown] };
            }
            case MessageSyntax.Unknown:
                return new ReadResult([], peeked.Diagnostics);
            default:
                return Choose(peeked) is { } chosen
                    ? chosen.Read(bytes, context)
                    : new ReadResult([], peeked.Messages.Count == 0 && peeked.Diagnostics.Count > 0
                        ? peeked.Diagnostics
                        : [.. peeked.Diagnostics, Diagnostic.Error("no-mapping", peeked.Syntax.ToString(), $"{PartnerId} has no mapping for a {peeked.Syntax} file with {string.Join(", ", peeked.Names.Take(6))}, expected one of {InWords()}. Add a mapping, or send the file back.")]);
        }
    }

    /// <summary>The mapping for an XML, JSON or CSV file; null when none fits.</summary>
    /// <param name="peeked">What the file says about itself.</param>
    public MessageMapping? Choose(PeekedFile peeked)
    {
        ArgumentNullException.ThrowIfNull(peeked);
        IEnumerable<MessageMapping> candidates = All.Where(mapping => mapping.CanRead && mapping.Syntax == peeked.Syntax);
        if (peeked.Syntax is MessageSyntax.Edifact or MessageSyntax.X12 or MessageSyntax.Xml)
            return peeked.Messages.Count == 0 ? null : candidates.FirstOrDefault(mapping => mapping.MessageType == peeked.Messages[0].Type);
        return candidates.Select(mapping => (Mapping: mapping, Fit: Fit(mapping, peeked)))
            .Where(pair => pair.Fit >= 0.6)
            .OrderByDescending(pair => pair.Fit)
            .Select(pair => pair.Mapping).FirstOrDefault();
    }

    private string InWords() => string.Join(", ", All.Where(mapping => mapping.CanRead).Select(mapping => mapping.MessageType.Length > 0 ? mapping.MessageType : mapping.File));

    /// <summary>The share of the example's names that the file has, less what the file has beside them.</summary>
    private static double Fit(MessageMapping mapping, PeekedFile peeked)
    {
        IReadOnlyList<string> names = peeked.Names;
        double said = 0;
        foreach (TreeTemplate literal in mapping.Compiled.Tree?.Children.Where(child => child.Value is { Role: SlotRole.Literal or SlotRole.AnyOf }) ?? [])
        {
            // A member that names the document decides: "type": "invoice".
            if (!peeked.Texts.TryGetValue(literal.Name, out string? text))
                continue;
            if (!literal.Value!.Literals.Contains(text))
                return 0;
            said += 0.5;
        }
        string[] wanted = mapping.Syntax == MessageSyntax.Csv
            ? mapping.Compiled.Csv!.Header
            : [.. mapping.Compiled.Tree!.Children.Where(child => (child.Marks & Marks.Optional) == 0).Select(child => child.Name)];
        if (wanted.Length == 0)
            return mapping.Syntax == MessageSyntax.Csv && mapping.Compiled.Csv!.Rows.Exists(row => row.Columns.Length == names.Count) ? 0.6 : 0;
        int found = wanted.Count(name => names.Contains(name, StringComparer.OrdinalIgnoreCase));
        int extra = names.Count(name => !wanted.Contains(name, StringComparer.OrdinalIgnoreCase));
        return said + ((double)found / wanted.Length) - (0.01 * extra);
    }

    private static bool Rivals(MessageMapping one, MessageMapping other) =>
        (one.Document == other.Document && one.CanWrite && other.CanWrite)
        || (one.CanRead && other.CanRead && one.Syntax == other.Syntax && one.MessageType.Length > 0 && one.MessageType == other.MessageType);
}
