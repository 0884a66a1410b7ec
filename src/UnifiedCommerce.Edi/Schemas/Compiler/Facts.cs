namespace UnifiedCommerce.Edi.SchemaCompiler;

/// <summary>Everything one version of one standard says, as read from its source, before it is packed.</summary>
internal sealed class DirectoryFacts(string standard, string version)
{
    public string Standard { get; } = standard;
    public string Version { get; } = version;
    public SortedDictionary<string, ElementFacts> Elements { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, CompositeFacts> Composites { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, SegmentFacts> Segments { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<string, MessageFacts> Messages { get; } = new(StringComparer.Ordinal);
}

internal sealed record ElementFacts(string Id, string Name, string Type, int Min, int Max)
{
    public List<CodeFacts> Codes { get; init; } = [];
}

internal sealed record CodeFacts(string Value, string Name);

internal sealed record UseFacts(string Reference, bool Mandatory, int Repeats);

internal sealed record CompositeFacts(string Id, string Name, List<UseFacts> Uses, List<string> Notes);

internal sealed record SegmentFacts(string Tag, string Name, List<UseFacts> Uses, List<string> Notes);

/// <summary>A segment, or a group when <see cref="Children"/> is set. <see cref="Max"/> 0 means without limit.</summary>
internal sealed record NodeFacts(string Name, bool Mandatory, int Max, List<NodeFacts>? Children = null);

internal sealed record MessageFacts(string Type, string Name, string FunctionalGroup, List<NodeFacts> Body);
