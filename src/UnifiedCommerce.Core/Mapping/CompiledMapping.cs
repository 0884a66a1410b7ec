using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>What a sample shows about a mapping that reads it: what proposals are made from.</summary>
internal sealed class Probe
{
    /// <summary>Lines for which the sample has something.</summary>
    public HashSet<TextPlace> Lines { get; } = [];
    /// <summary>Nodes of a tree for which the sample has something.</summary>
    public HashSet<TreeTemplate> Nodes { get; } = [];
    /// <summary>Places whose value in the sample is not what the mapping says, with the first place in the sample.</summary>
    public Dictionary<(Slot Slot, string Field), string> Refused { get; } = [];
    /// <summary>Values that no message gave and a directive stood in for.</summary>
    public HashSet<SetDirective> Defaults { get; } = [];
    /// <summary>Codes of the sample that a table does not know.</summary>
    public List<(Slot Slot, string Code)> UnknownCodes { get; } = [];
    /// <summary>What a decision was asked and no row knows.</summary>
    public Dictionary<DecisionTable, HashSet<string>> Undecided { get; } = [];

    public void Refuse(Slot slot, string field, string place) => Refused.TryAdd((slot, field), place);
}

/// <summary>A mapping with every name resolved, ready to read and write; immutable and shared by threads.</summary>
internal sealed class CompiledMapping
{
    public required string File { get; init; }
    public required MessageSyntax Syntax { get; init; }
    public required DocumentKind Document { get; init; }
    public required Type RootType { get; init; }
    /// <summary>Message type as sniffed: ORDERS, 850, Order, OrderRequest; empty for JSON and CSV.</summary>
    public string MessageType { get; init; } = "";
    public string Version { get; init; } = "";
    public string Release { get; init; } = "";
    public string Agency { get; init; } = "";
    public string Association { get; init; } = "";
    public TimeZoneInfo? Zone { get; init; }
    public IReadOnlySet<string> Strict { get; init; } = new HashSet<string>();
    public IReadOnlySet<string> Lenient { get; init; } = new HashSet<string>();
    public char DecimalMark { get; init; } = '.';
    public Edi.CharacterSet Charset { get; init; }
    public bool CanRead { get; init; } = true;
    public bool CanWrite { get; init; } = true;
    public string? Dtd { get; init; }
    public char CsvDelimiter { get; init; } = ';';
    public bool CsvHeader { get; init; } = true;
    public string[] LocalNames { get; init; } = [];

    // Segment syntaxes.
    public Block? Root { get; init; }
    public int TemplateCount { get; init; }
    public int ChoiceCount { get; init; }
    public int MaximumDepth { get; init; }
    public SegmentTemplate? HeaderTemplate { get; init; }

    // Trees and tables.
    public TreeTemplate? Tree { get; init; }
    public CsvTemplate? Csv { get; init; }

    /// <summary>Names of the fields that the mapping reads, and those it writes, by their full path.</summary>
    public IReadOnlySet<string> ReadFields { get; init; } = new HashSet<string>();
    public IReadOnlySet<string> WrittenFields { get; init; } = new HashSet<string>();
    public IReadOnlySet<string> OwnFields { get; init; } = new HashSet<string>();

    public string DefaultDateFormat(ValueKind kind) => Syntax switch
    {
        MessageSyntax.Edifact => kind == ValueKind.Date ? "yyyyMMdd" : "yyyyMMddHHmm",
        MessageSyntax.X12 => "yyyyMMdd",
        _ => "iso",
    };
}
