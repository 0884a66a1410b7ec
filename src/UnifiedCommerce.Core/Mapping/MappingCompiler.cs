using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Edi;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Resolves a parsed mapping against the canonical documents.</summary>
internal static class MappingCompiler
{
    public static CompiledMapping? Compile(MappingText text, Findings findings)
    {
        if (text.Document is not { } kind)
        {
            findings.Error("no-document", new TextPlace(text.File, 1, 1), $"The mapping names no document, expected 'document {string.Join("|", DocumentTypes.Names)}' as its first line.");
            return null;
        }
        if (text.Lines.Count == 0)
        {
            if (text.Extends is null || !findings.HasErrors)
                findings.Error("empty", new TextPlace(text.File, 1, 1), "The mapping has no message, expected lines with a gutter '|' and the example behind it.");
            return null;
        }
        MessageSyntax syntax = SyntaxOf(text);
        Binder binder = new(text, kind, findings);
        CompiledMapping? compiled = syntax switch
        {
            MessageSyntax.Edifact or MessageSyntax.X12 => Segments(text, syntax, kind, binder, findings),
            MessageSyntax.Xml or MessageSyntax.Json => TreeCompiler.Compile(text, syntax, kind, binder, findings),
            _ => CsvCompiler.Compile(text, kind, binder, findings),
        };
        if (compiled is not null)
            CheckCoverage(text, compiled, findings);
        return compiled;
    }

    internal static CharacterSet CharsetOf(MappingText text, Findings findings)
    {
        if (text.Charset is null)
            return CharacterSet.Unknown;
        switch (text.Charset.ToUpperInvariant())
        {
            case "UTF-8": return CharacterSet.Utf8;
            case "WINDOWS-1252": return CharacterSet.Windows1252;
            case "WINDOWS-1250": return CharacterSet.UnoD;
            case "ISO-8859-1": return CharacterSet.UnoC;
            case "ISO-8859-2": return CharacterSet.UnoD;
            default:
                if (CharacterSets.FromEdifact(text.Charset) is var found && found != CharacterSet.Unknown)
                    return found;
                findings.Error("charset", new TextPlace(text.File, 1, 1), $"Found charset '{text.Charset}', expected UTF-8, windows-1252, ISO-8859-1, ISO-8859-2 or UNOA to UNOY.");
                return CharacterSet.Unknown;
        }
    }

    internal static TimeZoneInfo? ZoneOf(MappingText text) =>
        text.TimeZone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(text.TimeZone, out TimeZoneInfo? zone) ? zone : null;

    private static MessageSyntax SyntaxOf(MappingText text)
    {
        string first = text.Lines.FirstOrDefault(line => line.Body.Length > 0 && (line.Marks & Marks.Each) == 0)?.Body ?? "";
        if (first.StartsWith("UNH+", StringComparison.Ordinal))
            return MessageSyntax.Edifact;
        if (first.StartsWith("ST*", StringComparison.Ordinal))
            return MessageSyntax.X12;
        if (first.StartsWith('<'))
            return MessageSyntax.Xml;
        if (first is "{" or "[" || (first.StartsWith('{') && first.Length > 1 && (char.IsWhiteSpace(first[1]) || first[1] == '"')) || first.StartsWith("[{", StringComparison.Ordinal))
            return MessageSyntax.Json;
        return MessageSyntax.Csv;
    }

    private static CompiledMapping Segments(MappingText text, MessageSyntax syntax, DocumentKind kind, Binder binder, Findings findings)
    {
        SegmentCompiler compiler = new(text, syntax, binder, findings);
        Block root = compiler.Compile();
        SegmentTemplate? header = compiler.Header;
        string Part(int element, int component) => header is not null && header.Elements.Length >= element && header.Elements[element - 1].Length >= component && header.Elements[element - 1][component - 1].Role == SlotRole.Literal
            ? header.Elements[element - 1][component - 1].Literal
            : "";
        bool x12 = syntax == MessageSyntax.X12;
        if (header is null)
            findings.Error("no-header", new TextPlace(text.File, 1, 1), "Found no UNH or ST line, expected it first: it names the message.");
        return new CompiledMapping
        {
            File = text.File,
            Syntax = syntax,
            Document = kind,
            RootType = DocumentTypes.Of(kind)!,
            MessageType = x12 ? Part(1, 1) : Part(2, 1),
            Version = x12 ? text.Version ?? "004010" : Part(2, 2),
            Release = x12 ? "" : Part(2, 3),
            Agency = x12 ? "" : Part(2, 4),
            Association = x12 ? "" : Part(2, 5),
            Zone = ZoneOf(text),
            Strict = text.Strict,
            Lenient = text.Lenient,
            Charset = CharsetOf(text, findings),
            CanRead = text.Direction != "write",
            CanWrite = text.Direction != "read",
            DecimalMark = text.DecimalMark,
            LocalNames = binder.LocalNames,
            Root = root,
            TemplateCount = compiler.TemplateCount,
            ChoiceCount = compiler.ChoiceCount,
            MaximumDepth = binder.MaximumDepth,
            HeaderTemplate = header,
            ReadFields = binder.ReadFields,
            WrittenFields = binder.WrittenFields,
            OwnFields = binder.OwnFields,
        };
    }

    /// <summary>A mapping that reads must give every field the document cannot be without; one that reads and writes must not lose what it writes.</summary>
    private static void CheckCoverage(MappingText text, CompiledMapping compiled, Findings findings)
    {
        TextPlace place = new(text.File, 1, 1);
        if (compiled.CanRead)
        {
            // An answer to the whole order has no lines.
            bool wholeAnswer = compiled.Document == DocumentKind.OrderResponse && !compiled.ReadFields.Any(name => name.StartsWith("lines.", StringComparison.Ordinal));
            foreach (string required in RequiredFields(compiled.RootType, "").Where(name => !Covered(compiled.ReadFields, name) && !(wholeAnswer && name.StartsWith("lines.", StringComparison.Ordinal))))
                findings.Error("not-invertible", place, $"The mapping cannot be read back: {required} would be lost, and {compiled.Document} cannot be without it. Put {{{required[(required.LastIndexOf('.') + 1)..]}}} where the message has it, add 'set {required} = ...', or say 'direction write'.");
        }
        if (compiled is { CanRead: true, CanWrite: true })
        {
            foreach (string lost in compiled.WrittenFields.Where(name => !compiled.ReadFields.Contains(name) && !IsDerived(compiled.RootType, name)))
                findings.Warning("not-invertible", place, $"{lost} is written and never read: reading back what was written would lose it. Read it too, or accept the loss with '>' in the gutter and 'lenient not-invertible'.");
        }
    }

    private static bool IsDerived(Type root, string name)
    {
        Type type = root;
        string[] parts = name.Split('.');
        int at = 0;
        while (at < parts.Length - 1 && FieldTable.ResolveList(type, parts[at]) is { } list)
        {
            type = list.ItemType;
            at++;
        }
        return FieldTable.Resolve(type, string.Join('.', parts[at..])) is null or { Leaf.IsDerived: true };
    }

    private static bool Covered(IReadOnlySet<string> named, string required) =>
        named.Contains(required) || named.Any(name => name.StartsWith(required + ".", StringComparison.Ordinal))
        || (required.EndsWith("item", StringComparison.Ordinal) && named.Any(name => name.StartsWith(required[..^4], StringComparison.Ordinal) && name[(name.LastIndexOf('.') + 1)..] is "gtin" or "buyerSku" or "supplierSku" or "manufacturerPart" or "description"));

    private static IEnumerable<string> RequiredFields(Type type, string prefix)
    {
        RecordShape shape = RecordShape.Of(type);
        foreach (string name in shape.Required)
        {
            Type property = shape.Properties[name].PropertyType;
            if (FieldTable.ItemTypeOf(property) is { } item)
            {
                if (FieldTable.IsRecord(item))
                {
                    foreach (string inner in RequiredFields(item, prefix + name + "."))
                        yield return inner;
                }
            }
            else
                yield return prefix + name;
        }
    }
}
