using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Canonical documents as JSON: how samples keep what is expected of them, and the schemas that are published.</summary>
public static class DocumentJson
{
    /// <summary>As <see cref="CanonicalJson"/>, without derived values, indented.</summary>
    public static readonly JsonSerializerOptions Options = new(CanonicalJson.Options) { IgnoreReadOnlyProperties = true, WriteIndented = true, NewLine = "\n", TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    /// <summary>Writes a document.</summary>
    /// <param name="document">The canonical record.</param>
    public static string Write(object document)
    {
        ArgumentNullException.ThrowIfNull(document);
        return JsonSerializer.Serialize(document, document.GetType(), Options) + "\n";
    }

    /// <summary>Reads a document.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="json">The text.</param>
    /// <exception cref="JsonException">The text is not such a document.</exception>
    public static object Read(DocumentKind kind, string json) =>
        JsonSerializer.Deserialize(json, DocumentTypes.Of(kind) ?? throw new HubException($"{kind} has no canonical record."), Options)
        ?? throw new JsonException("Found null, expected a document.");

    /// <summary>The JSON Schema (draft 2020-12) of a kind of document, made from the code.</summary>
    /// <param name="kind">The kind.</param>
    public static string Schema(DocumentKind kind)
    {
        Type type = DocumentTypes.Of(kind) ?? throw new HubException($"{kind} has no canonical record.");
        JsonObject schema = (JsonObject)Options.GetJsonSchemaAsNode(type, new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true });
        JsonObject named = new() { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["title"] = kind.ToString() };
        foreach ((string name, JsonNode? value) in schema)
            named[name] = value?.DeepClone();
        return named.ToJsonString(Options) + "\n";
    }

    /// <summary>What differs between two documents, as <c>/lines/2/quantity/value: 10 instead of 12</c>; empty when nothing does. Ids of
    /// packages are local to a message: they are compared by order.</summary>
    /// <param name="expected">The one.</param>
    /// <param name="actual">The other.</param>
    /// <param name="limit">How many differences are listed.</param>
    public static IReadOnlyList<string> Differences(object expected, object actual, int limit = 20)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(actual);
        List<string> differences = [];
        JsonNode? left = JsonSerializer.SerializeToNode(expected, expected.GetType(), Options);
        JsonNode? right = JsonSerializer.SerializeToNode(actual, actual.GetType(), Options);
        RenamePackages(left);
        RenamePackages(right);
        Compare("", left, right, differences, limit);
        return differences;
    }

    private static void RenamePackages(JsonNode? document)
    {
        if (document?["packages"] is not JsonArray packages)
            return;
        Dictionary<string, string> names = new(StringComparer.Ordinal);
        foreach (JsonNode? package in packages)
        {
            if (package?["id"]?.GetValue<string>() is { } id)
                names.TryAdd(id, $"package {names.Count + 1}");
        }
        foreach (JsonNode? package in packages)
        {
            if (package?["id"]?.GetValue<string>() is { } id)
                package["id"] = names[id];
            // A parent that is no package itself is the shipment.
            if (package?["parentId"]?.GetValue<string>() is { } parent)
            {
                if (names.TryGetValue(parent, out string? name))
                    package["parentId"] = name;
                else
                    ((JsonObject)package).Remove("parentId");
            }
        }
        foreach (JsonNode? line in document["lines"] as JsonArray ?? [])
        {
            if (line?["packageId"]?.GetValue<string>() is { } id && names.TryGetValue(id, out string? name))
                line["packageId"] = name;
        }
    }

    private static void Compare(string path, JsonNode? left, JsonNode? right, List<string> differences, int limit)
    {
        if (differences.Count >= limit)
            return;
        switch (left, right)
        {
            case (null, null):
                return;
            case (JsonObject one, JsonObject other):
                foreach (string name in one.Select(pair => pair.Key).Union(other.Select(pair => pair.Key)))
                    Compare($"{path}/{name}", one[name], other[name], differences, limit);
                return;
            case (JsonArray one, JsonArray other):
                for (int index = 0; index < Math.Max(one.Count, other.Count); index++)
                    Compare($"{path}/{index}", index < one.Count ? one[index] : null, index < other.Count ? other[index] : null, differences, limit);
                return;
            default:
                if (left is JsonValue a && right is JsonValue b && Same(a, b))
                    return;
                differences.Add($"{(path.Length == 0 ? "/" : path)}: {Show(right)} instead of {Show(left)}");
                return;
        }
    }

    private static bool Same(JsonValue left, JsonValue right)
    {
        if (left.TryGetValue(out decimal one) && right.TryGetValue(out decimal other))
            return one == other;
        string first = left.ToJsonString(), second = right.ToJsonString();
        return first == second
            || (DateTimeOffset.TryParse(first.Trim('"'), System.Globalization.CultureInfo.InvariantCulture, out DateTimeOffset a) && DateTimeOffset.TryParse(second.Trim('"'), System.Globalization.CultureInfo.InvariantCulture, out DateTimeOffset b) && first.Contains('T', StringComparison.Ordinal) && a == b);
    }

    private static string Show(JsonNode? node) => node is null ? "nothing" : node.ToJsonString(CanonicalJson.Options) is { Length: > 60 } text ? text[..60] + "..." : node.ToJsonString(CanonicalJson.Options);
}
