using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml;
using System.Xml.Schema;
using UnifiedCommerce.Edi;
using UnifiedCommerce.Edi.Guides;
using UnifiedCommerce.Edi.Schemas;
using UnifiedCommerce.Edi.Validation;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>
/// What a written message must keep to: the codec's schemas with the codes of the directory, the partner's guides (<c>*.guide</c>) and JSON
/// Schemas (<c>purchase-order.schema.json</c>) beside its mappings, the fatal Peppol rules, and the OASIS XSDs where they are given.
/// </summary>
public sealed class MessageRules
{
    /// <summary>The ending of a JSON Schema beside the mapping whose name it begins with.</summary>
    public const string SchemaEnding = ".schema.json";

    /// <summary>The ending of a partner's guide: <c>for EDIFACT ORDERS D96A</c>, then what it requires and forbids.</summary>
    public const string GuideEnding = ".guide";

    private readonly IReadOnlyList<PartnerGuide> guides;
    private readonly IReadOnlyDictionary<string, JsonNode> schemas;

    private MessageRules(IReadOnlyList<PartnerGuide> guides, IReadOnlyDictionary<string, JsonNode> schemas, IReadOnlyList<Diagnostic> diagnostics) =>
        (this.guides, this.schemas, Diagnostics) = (guides, schemas, diagnostics);

    /// <summary>Standards only: no partner has said more.</summary>
    public static MessageRules Standard { get; } = new([], new Dictionary<string, JsonNode>(), []);

    /// <summary>The partner's own guides.</summary>
    public IReadOnlyList<PartnerGuide> Guides => guides;

    /// <summary>Guides and schemas that could not be read, or that ask what their standard does not allow.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; }

    /// <summary>Reads a partner's guides and JSON Schemas from their texts; other files are passed over.</summary>
    /// <param name="partnerId">The partner, for places.</param>
    /// <param name="texts">File name in the partner's folder and text.</param>
    public static MessageRules Parse(string partnerId, IEnumerable<(string Name, string Text)> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        List<PartnerGuide> guides = [];
        Dictionary<string, JsonNode> schemas = new(StringComparer.Ordinal);
        List<Diagnostic> found = [];
        foreach ((string name, string text) in texts.Where(file => Concerns(file.Name)).OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            string place = $"{partnerId}/{name}";
            try
            {
                if (name.EndsWith(GuideEnding, StringComparison.Ordinal))
                {
                    PartnerGuide guide = PartnerGuide.Parse(text);
                    guides.Add(guide);
                    found.AddRange(guide.CheckAgainst(EdiSchemas.Default).Select(problem => Diagnostic.Error("guide", place, $"{problem} Correct the guide.")));
                }
                else
                    schemas[name[..^SchemaEnding.Length]] = JsonNode.Parse(text) ?? throw new JsonException("Found null, expected a schema.");
            }
            catch (Exception wrong) when (wrong is FormatException or JsonException)
            {
                found.Add(Diagnostic.Error(name.EndsWith(GuideEnding, StringComparison.Ordinal) ? "guide" : "schema", place, $"{wrong.Message} Correct the file."));
            }
        }
        return guides.Count == 0 && schemas.Count == 0 && found.Count == 0 ? Standard : new MessageRules(guides, schemas, found);
    }

    /// <summary>Whether a file of a partner's folder holds rules.</summary>
    /// <param name="name">The file's name.</param>
    public static bool Concerns(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.EndsWith(GuideEnding, StringComparison.Ordinal) || name.EndsWith(SchemaEnding, StringComparison.Ordinal);
    }

    /// <summary>The OASIS schemas of a folder (<c>UBL-Order-2.1.xsd</c> and what they include), for <see cref="Check"/>.</summary>
    /// <param name="folder">The folder; its subfolders count.</param>
    /// <exception cref="HubException">The folder is not there or holds no schema that can be used.</exception>
    public static XmlSchemaSet LoadXsd(string folder)
    {
        if (!Directory.Exists(folder))
            throw new HubException($"There is no folder {folder}, expected one with the UBL schemas (UBL-Order-2.1.xsd ...).");
        // Includes are resolved from files beside; nothing is fetched from elsewhere.
        XmlSchemaSet set = new() { XmlResolver = XmlResolver.FileSystemResolver };
        try
        {
            foreach (string path in Directory.GetFiles(folder, "UBL-*.xsd", SearchOption.AllDirectories).Where(path => !Path.GetFileName(path).StartsWith("UBL-Common", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
            {
                using XmlReader reader = XmlReader.Create(path, new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
                set.Add(null, reader);
            }
            set.Compile();
        }
        catch (Exception broken) when (broken is XmlSchemaException or XmlException)
        {
            throw new HubException($"The schemas in {folder} cannot be used: {broken.Message}", broken);
        }
        return set.Count > 0 ? set : throw new HubException($"Found no UBL-*.xsd in {folder}, expected the schemas of the UBL documents.");
    }

    /// <summary>What a written file breaks; only errors.</summary>
    /// <param name="mapping">The mapping that wrote it.</param>
    /// <param name="bytes">The file.</param>
    /// <param name="xsd">UBL is checked against these; null: it is not.</param>
    public IEnumerable<Diagnostic> Check(MessageMapping mapping, ReadOnlyMemory<byte> bytes, XmlSchemaSet? xsd = null)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        IEnumerable<string> faults = mapping.Syntax switch
        {
            MessageSyntax.Edifact or MessageSyntax.X12 => Segments(bytes),
            MessageSyntax.Xml => Xml(bytes, xsd),
            MessageSyntax.Json => Json(mapping, bytes),
            _ => [],
        };
        return faults.Select(fault => Diagnostic.Error("not-valid", mapping.File, $"What it writes is not valid: {fault}"));
    }

    private IEnumerable<string> Segments(ReadOnlyMemory<byte> bytes) =>
        EdiValidator.Validate(bytes.Span, EdiSchemas.Default, new ValidationOptions { UpTo = FindingLevel.Partner, Guides = guides }).Findings
            .Where(finding => finding.Severity == FindingSeverity.Error)
            .Select(finding => $"{finding.Text} [{finding.Code}]");

    private static IEnumerable<string> Xml(ReadOnlyMemory<byte> bytes, XmlSchemaSet? xsd)
    {
        Findings findings = new();
        if (TreeParsing.Xml(bytes, findings) is not { } root)
            return findings.All.Select(finding => finding.ToString());
        List<string> faults = [.. PeppolRules.Check(root)];
        if (xsd is not null && xsd.Contains(root.Namespace))
        {
            XmlReaderSettings settings = new() { ValidationType = ValidationType.Schema, Schemas = xsd, DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };
            settings.ValidationEventHandler += (_, fault) => faults.Add($"{fault.Message} [xsd, line {fault.Exception.LineNumber}]");
            using XmlReader reader = XmlReader.Create(new MemoryStream(bytes.ToArray(), writable: false), settings);
            while (reader.Read())
            {
            }
        }
        return faults;
    }

    private IEnumerable<string> Json(MessageMapping mapping, ReadOnlyMemory<byte> bytes)
    {
        string stem = Path.GetFileName(mapping.File).Split('.')[0];
        return schemas.TryGetValue(stem, out JsonNode? schema)
            ? JsonSchemaCheck.Check(schema, JsonNode.Parse(bytes.Span)).Select(fault => $"{fault} [{stem}{SchemaEnding}]")
            : [];
    }
}
