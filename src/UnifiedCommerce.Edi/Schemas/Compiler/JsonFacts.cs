using System.Text.Json;

namespace UnifiedCommerce.Edi.SchemaCompiler;

/// <summary>Reads the X12 facts and the EDIFACT service segments, which are kept as JSON.</summary>
internal static class JsonFacts
{
    public static DirectoryFacts ReadX12(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var root = document.RootElement;
        var facts = new DirectoryFacts("X12", root.GetProperty("version").GetString()!);
        foreach (var element in root.GetProperty("elements").EnumerateObject())
        {
            var (type, max) = (element.Value.GetProperty("type").GetString()!, element.Value.GetProperty("max"));
            facts.Elements[element.Name] = new(element.Name, "", type, element.Value.GetProperty("min").GetInt32(), max.ValueKind == JsonValueKind.Null ? 0 : max.GetInt32())
            {
                Codes = element.Value.TryGetProperty("codes", out var codes) ? codes.EnumerateArray().Select(code => new CodeFacts(code.GetString()!, "")).ToList() : [],
            };
        }

        foreach (var composite in root.GetProperty("composites").EnumerateObject())
        {
            facts.Composites[composite.Name] = new(composite.Name, "", Uses(composite.Value.GetProperty("elements")), Notes(composite.Value));
        }

        foreach (var segment in root.GetProperty("segments").EnumerateObject())
        {
            facts.Segments[segment.Name] = new(segment.Name, "", Uses(segment.Value.GetProperty("elements")), Notes(segment.Value));
        }

        foreach (var set in root.GetProperty("sets").EnumerateObject())
        {
            facts.Messages[set.Name] = new(set.Name, "", set.Value.GetProperty("functionalGroup").GetString() ?? "", Body(set.Value.GetProperty("body")));
        }

        return facts;
    }

    public static DirectoryFacts ReadService(string path, string syntax)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var root = document.RootElement.GetProperty("versions").GetProperty("v" + syntax);
        var facts = new DirectoryFacts("SERVICE", syntax);
        foreach (var element in root.GetProperty("elements").EnumerateObject())
        {
            facts.Elements[element.Name] = new(element.Name, "", element.Value.GetProperty("type").GetString()!,
                element.Value.GetProperty("min").GetInt32(), element.Value.GetProperty("max").GetInt32());
        }

        foreach (var id in new[] { "0083", "0085" })
        {
            foreach (var code in root.GetProperty("codes" + id).EnumerateObject()) facts.Elements[id].Codes.Add(new(code.Name, code.Value.GetString()!));
        }

        foreach (var composite in root.GetProperty("composites").EnumerateObject())
        {
            facts.Composites[composite.Name] = new(composite.Name, "", Uses(composite.Value), []);
        }

        foreach (var segment in root.GetProperty("segments").EnumerateObject())
        {
            facts.Segments[segment.Name] = new(segment.Name, "", Uses(segment.Value), []);
        }

        // UNG in syntax 4: these three come together or not at all.
        if (syntax == "4") facts.Segments["UNG"].Notes.Add("D2:1,6,7");

        var body = Body(root.GetProperty("contrl").GetProperty("body"));
        body.RemoveAll(node => node.Name is "UNH" or "UNT");
        facts.Messages["CONTRL"] = new("CONTRL", "Syntax and service report message", "", body);
        return facts;
    }

    private static List<UseFacts> Uses(JsonElement uses) => uses.EnumerateArray()
        .Select(use => new UseFacts(use.GetProperty("ref").GetString()!, use.GetProperty("req").GetString() == "M", use.TryGetProperty("repeat", out var repeat) ? repeat.GetInt32() : 1))
        .ToList();

    /// <summary>`P0304` becomes `P:3,4`.</summary>
    private static List<string> Notes(JsonElement item) => !item.TryGetProperty("notes", out var notes) ? [] : notes.EnumerateArray()
        .Select(note => note.GetString()!)
        .Select(note => $"{note[0]}:{string.Join(',', note[1..].Chunk(2).Select(pair => int.Parse(pair, System.Globalization.CultureInfo.InvariantCulture)))}")
        .ToList();

    private static List<NodeFacts> Body(JsonElement body) => body.EnumerateArray().Select(item =>
    {
        var (required, max) = (item.GetProperty("req").GetString() == "M", item.GetProperty("max"));
        var limit = max.ValueKind == JsonValueKind.Null ? 0 : max.GetInt32();
        if (item.TryGetProperty("seg", out var segment)) return new NodeFacts(segment.GetString()!, required, limit);
        var name = item.TryGetProperty("loop", out var loop) ? loop.GetString()! : "SG" + item.GetProperty("group").GetInt32();
        return new NodeFacts(name, required, limit, Body(item.GetProperty("body")));
    }).ToList();
}
