using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>
/// Checks a JSON value against a JSON Schema (draft 2020-12): types, members, items, codes, lengths, limits, patterns, combinations and
/// references inside the schema. A keyword it does not know is said, never passed over.
/// </summary>
public static class JsonSchemaCheck
{
    private static readonly HashSet<string> Remarks = new(StringComparer.Ordinal) { "$schema", "$id", "$defs", "definitions", "title", "description", "default", "examples", "$comment", "deprecated", "readOnly", "writeOnly", "format" };

    /// <summary>What the value breaks, each with its place; empty when nothing.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="value">The value.</param>
    public static IReadOnlyList<string> Check(JsonNode schema, JsonNode? value)
    {
        ArgumentNullException.ThrowIfNull(schema);
        List<string> faults = [];
        Check(schema, schema, value, "", faults, 0);
        return faults;
    }

    private static void Check(JsonNode root, JsonNode? schema, JsonNode? value, string place, List<string> faults, int depth)
    {
        if (faults.Count >= 100 || depth > 200)
            return;
        if (schema is JsonValue allowed && allowed.TryGetValue(out bool any))
        {
            if (!any)
                faults.Add($"{At(place)}: found {Show(value)}, expected nothing.");
            return;
        }
        if (schema is not JsonObject rules)
            return;
        foreach ((string keyword, JsonNode? rule) in rules)
        {
            switch (keyword)
            {
                case "$ref":
                    Check(root, Follow(root, rule!.GetValue<string>()), value, place, faults, depth + 1);
                    break;
                case "type" when !Types(rule!).Any(type => Is(type, value)):
                    faults.Add($"{At(place)}: found {Show(value)}, expected {string.Join(" or ", Types(rule!))}.");
                    return;
                case "const" when !JsonNode.DeepEquals(rule, value):
                    faults.Add($"{At(place)}: found {Show(value)}, expected {Show(rule)}.");
                    break;
                case "enum" when !rule!.AsArray().Any(one => JsonNode.DeepEquals(one, value)):
                    faults.Add($"{At(place)}: found {Show(value)}, expected one of {string.Join(", ", rule!.AsArray().Select(Show).Take(12))}.");
                    break;
                case "required" when value is JsonObject members:
                    faults.AddRange(rule!.AsArray().Select(name => name!.GetValue<string>()).Where(name => !members.ContainsKey(name)).Select(name => $"{At(place)}: found no {name}, expected one."));
                    break;
                case "properties" when value is JsonObject members:
                    foreach ((string name, JsonNode? inner) in rule!.AsObject().Where(pair => members.ContainsKey(pair.Key)))
                        Check(root, inner, members[name], $"{place}/{name}", faults, depth + 1);
                    break;
                case "additionalProperties" when value is JsonObject members:
                    foreach ((string name, JsonNode? inner) in members.Where(pair => (rules["properties"] as JsonObject)?.ContainsKey(pair.Key) != true))
                        Check(root, rule, inner, $"{place}/{name}", faults, depth + 1);
                    break;
                case "items" when value is JsonArray items:
                    for (int index = 0; index < items.Count; index++)
                        Check(root, rule, items[index], string.Create(CultureInfo.InvariantCulture, $"{place}/{index}"), faults, depth + 1);
                    break;
                case "allOf":
                    foreach (JsonNode? one in rule!.AsArray())
                        Check(root, one, value, place, faults, depth + 1);
                    break;
                case "anyOf" or "oneOf":
                {
                    int fits = rule!.AsArray().Count(one => Fits(root, one, value, depth));
                    if (fits == 0 || (keyword == "oneOf" && fits > 1))
                        faults.Add($"{At(place)}: {Show(value)} fits {fits} of {rule.AsArray().Count} alternatives, expected {(keyword == "oneOf" ? "exactly one" : "one")}.");
                    break;
                }
                case "not" when Fits(root, rule, value, depth):
                    faults.Add($"{At(place)}: found {Show(value)}, which is excluded.");
                    break;
                case "minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum" when Number(value) is { } number && Number(rule) is { } limit && !Within(keyword, number, limit):
                    faults.Add($"{At(place)}: found {Show(value)}, expected {keyword} {Show(rule)}.");
                    break;
                case "minLength" or "maxLength" when Text(value) is { } text && Number(rule) is { } length && (keyword == "minLength" ? text.Length < length : text.Length > length):
                    faults.Add($"{At(place)}: found {text.Length} characters, expected {keyword} {Show(rule)}.");
                    break;
                case "minItems" or "maxItems" when value is JsonArray list && Number(rule) is { } count && (keyword == "minItems" ? list.Count < count : list.Count > count):
                    faults.Add($"{At(place)}: found {list.Count} items, expected {keyword} {Show(rule)}.");
                    break;
                case "pattern" when Text(value) is { } text && !Regex.IsMatch(text, rule!.GetValue<string>(), RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)):
                    faults.Add($"{At(place)}: found {Show(value)}, expected the pattern {rule!.GetValue<string>()}.");
                    break;
                case "type" or "const" or "enum" or "required" or "properties" or "additionalProperties" or "items" or "not" or "minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum" or "minLength" or "maxLength" or "minItems" or "maxItems" or "pattern":
                    break;
                default:
                    if (!Remarks.Contains(keyword))
                        faults.Add($"{At(place)}: the schema says {keyword}, which is not understood here. Say it with other words of JSON Schema.");
                    break;
            }
        }
    }

    private static bool Fits(JsonNode root, JsonNode? schema, JsonNode? value, int depth)
    {
        List<string> faults = [];
        Check(root, schema, value, "", faults, depth + 1);
        return faults.Count == 0;
    }

    private static JsonNode? Follow(JsonNode root, string reference)
    {
        JsonNode? at = root;
        foreach (string step in reference.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries).Select(step => step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)))
            at = at is JsonArray array ? array[int.Parse(step, CultureInfo.InvariantCulture)] : at?[step];
        return at;
    }

    private static IEnumerable<string> Types(JsonNode rule) => rule is JsonArray several ? several.Select(one => one!.GetValue<string>()) : [rule.GetValue<string>()];

    private static bool Is(string type, JsonNode? value) => type switch
    {
        "null" => value is null,
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "string" => value?.GetValueKind() == JsonValueKind.String,
        "number" => value?.GetValueKind() == JsonValueKind.Number,
        "integer" => Number(value) is { } number && decimal.Truncate(number) == number,
        "boolean" => value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
        _ => false,
    };

    private static bool Within(string keyword, decimal number, decimal limit) => keyword switch
    {
        "minimum" => number >= limit,
        "maximum" => number <= limit,
        "exclusiveMinimum" => number > limit,
        _ => number < limit,
    };

    private static decimal? Number(JsonNode? value) =>
        value?.GetValueKind() == JsonValueKind.Number && decimal.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) ? number : null;

    private static string? Text(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    private static string At(string place) => place.Length == 0 ? "/" : place;

    private static string Show(JsonNode? value) => value?.ToJsonString(CanonicalJson.Options) is { } text ? text.Length > 60 ? text[..60] + "..." : text : "null";
}
