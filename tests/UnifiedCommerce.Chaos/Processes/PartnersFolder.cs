namespace UnifiedCommerce.Chaos.Processes;

/// <summary>The sample partners, changed for a test. Linked into other test projects.</summary>
internal static class PartnersFolder
{
    /// <summary>The partner that is reached by HTTP then.</summary>
    public const string Partner = "bergmann";

    /// <summary>Copies house and partners into a folder; every order is routed at once, and <see cref="Partner"/> is reached at this address.</summary>
    public static string Copy(string folder, string address, int timeoutSeconds)
    {
        var source = new DirectoryInfo(AppContext.BaseDirectory);
        while (source is not null && !File.Exists(Path.Combine(source.FullName, "mappings", "house.yaml")))
            source = source.Parent;
        var from = Path.Combine(source?.FullName ?? throw new InvalidOperationException("Found no folder 'mappings' above the program, expected the repository's."), "mappings");
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(folder, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
        var house = Path.Combine(folder, "house.yaml");
        var text = File.ReadAllText(house);
        File.WriteAllText(house, text[..text.IndexOf("pools:", StringComparison.Ordinal)] + "pools:\n  - { name: urgent, channels: [webshop], immediate: true }\n  - { name: day, gather: 10m, margin: 20m }\n");
        var partner = Path.Combine(folder, Partner, "partner.yaml");
        text = File.ReadAllText(partner);
        var (begin, end) = (text.IndexOf("transport:", StringComparison.Ordinal), text.IndexOf("documents:", StringComparison.Ordinal));
        File.WriteAllText(partner, $$"""
            {{text[..begin]}}transport:
              kind: https
              url: {{address}}/orders
              probeUrl: {{address}}/orders/{number}
              allowPrivateNetwork: true
              concurrency: 4
              timeout: {{timeoutSeconds}}s
              fileName: "{key}.edi"
            {{text[end..]}}
            """);
        return folder;
    }
}
