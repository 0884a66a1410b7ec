namespace UnifiedCommerce.Edi.SchemaCompiler;

/// <summary>Short names, in our own words, for the parts that a person meets most, where the facts themselves carry none.</summary>
internal static class OwnNames
{
    public static void Apply(DirectoryFacts facts, string path)
    {
        foreach (var line in File.ReadLines(path).Where(line => line.Length > 0 && line[0] != '#'))
        {
            var parts = line.Split(' ', 3);
            switch (parts[0])
            {
                case "set" or "message" when facts.Messages.TryGetValue(parts[1], out var set): facts.Messages[parts[1]] = set with { Name = parts[2] }; break;
                case "segment" when facts.Segments.TryGetValue(parts[1], out var segment): facts.Segments[parts[1]] = segment with { Name = parts[2] }; break;
                case "composite" when facts.Composites.TryGetValue(parts[1], out var composite): facts.Composites[parts[1]] = composite with { Name = parts[2] }; break;
                case "element" when facts.Elements.TryGetValue(parts[1], out var element): facts.Elements[parts[1]] = element with { Name = parts[2] }; break;
                case "code" when facts.Elements.TryGetValue(parts[1].Split('=')[0], out var coded):
                    var index = coded.Codes.FindIndex(code => code.Value == parts[1].Split('=')[1]);
                    if (index >= 0) coded.Codes[index] = coded.Codes[index] with { Name = parts[2] };
                    break;
                default: break;
            }
        }
    }
}
