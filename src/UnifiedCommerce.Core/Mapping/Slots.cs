namespace UnifiedCommerce.Core.Mapping;

/// <summary>What a place in a message stands for.</summary>
internal enum SlotRole
{
    /// <summary>Nothing is expected and nothing written.</summary>
    Empty,
    /// <summary>A literal: selects the segment when it leads, else must be so.</summary>
    Literal,
    /// <summary><c>{=A|B}</c>: the first is written, any is read, another selects another segment.</summary>
    AnyOf,
    /// <summary><c>{!A}</c>: must be so, else an error.</summary>
    Assert,
    /// <summary><c>{>A}</c>: written, never looked at when read.</summary>
    WriteOnly,
    /// <summary><c>{_}</c>: anything; nothing is written.</summary>
    Ignore,
    /// <summary>A field of the document.</summary>
    Field,
    /// <summary><c>{#name}</c>: kept for a decision table.</summary>
    Local,
    /// <summary><c>{$name}</c>: a constant of the partner.</summary>
    Constant,
    /// <summary><c>{messageRef}</c>, <c>{now}</c> ...: given by the envelope.</summary>
    System,
    /// <summary><c>{count lines}</c>.</summary>
    Count,
    /// <summary><c>{sum lines.quantity}</c>.</summary>
    Sum,
    /// <summary><c>{#date}</c>: the code that names the format of the date beside it (UNCL 2379, X12 1250).</summary>
    DateCode,
    /// <summary><c>{pairs SA:supplierSku ...}</c>: qualifier and value in any order and place.</summary>
    Pairs,
}

/// <summary>One place of a template: an element, component, node or column.</summary>
internal sealed class Slot
{
    public static readonly Slot Nothing = new() { Role = SlotRole.Empty };

    public SlotRole Role { get; init; }
    public string[] Literals { get; init; } = [];
    /// <summary>Names as written; the first is read, the first with a value is written.</summary>
    public string[] Names { get; init; } = [];
    public bool Optional { get; init; }
    public ValueFormat Format { get; init; } = ValueFormat.Plain;
    public PairSlot[] Pairs { get; init; } = [];
    public TextPlace Place { get; init; }
    public string Source { get; init; } = "";

    // Bound by the compiler.
    public BoundField[] Fields { get; set; } = [];
    public int LocalIndex { get; set; } = -1;
    public SlotLocation? DateCodeAt { get; set; }
    /// <summary>The slot with the code that names the date's format.</summary>
    public Slot? DateCode { get; set; }
    public ListAccess? CountList { get; set; }
    public BoundField? SumField { get; set; }
    public int ListDepth { get; set; }

    public string Literal => Literals.Length > 0 ? Literals[0] : "";
}

/// <summary>One alternative of a floating pair.</summary>
internal sealed class PairSlot
{
    public required string[] Qualifiers
    {
        get;
        init
        {
            field = value;
            bytes = [.. value.Select(System.Text.Encoding.Latin1.GetBytes)];
        }
    }

    private readonly byte[][] bytes = [];

    public bool Accepts(ReadOnlySpan<byte> qualifier)
    {
        foreach (byte[] own in bytes)
        {
            if (qualifier.TrimEnd((byte)' ').SequenceEqual(own))
                return true;
        }
        return false;
    }

    public string Name { get; init; } = "";
    public ValueFormat Format { get; init; } = ValueFormat.Plain;
    public BoundField? Field { get; set; }
    /// <summary>Kept for a decision instead of a field.</summary>
    public int LocalIndex { get; set; } = -1;
    /// <summary>Read, never written: another number for the same thing.</summary>
    public bool ReadOnly { get; init; }
}

/// <summary>A field with the depth of the scope that holds it (0 is the document).</summary>
/// <param name="Depth">Which record on the stack of open scopes.</param>
/// <param name="Path">The way from there.</param>
internal sealed record BoundField(int Depth, FieldPath Path)
{
    /// <summary>Bit of the set directive that stands in for the field, or -1.</summary>
    public int SetBit { get; set; } = -1;
}

/// <summary>A place in a segment.</summary>
/// <param name="Element">Element from 1.</param>
/// <param name="Component">Component from 1.</param>
internal sealed record SlotLocation(int Element, int Component);

/// <summary>Where something stands in a mapping file.</summary>
/// <param name="File">File name.</param>
/// <param name="Line">Line from 1.</param>
/// <param name="Column">Column from 1.</param>
internal readonly record struct TextPlace(string File, int Line, int Column)
{
    public override string ToString() => $"{File}:{Line}:{Column}";
}
