using System.Collections.Immutable;

namespace UnifiedCommerce.Edi.Schemas;

/// <summary>What may stand in an element (X12.6 3.5; ISO 9735-1 section 10).</summary>
public enum ElementType
{
    /// <summary>EDIFACT an: any character of the set.</summary>
    Alphanumeric = 0,

    /// <summary>EDIFACT a: no digits.</summary>
    Alphabetic = 1,

    /// <summary>EDIFACT n: digits, with decimal mark and minus sign, neither counted in the length.</summary>
    Numeric = 2,

    /// <summary>X12 AN: text.</summary>
    Text = 3,

    /// <summary>X12 ID: a code.</summary>
    Identifier = 4,

    /// <summary>X12 R: decimal number, sign and point not counted in the length.</summary>
    Real = 5,

    /// <summary>X12 DT: a date, YYMMDD or CCYYMMDD.</summary>
    Date = 6,

    /// <summary>X12 TM: a time, HHMM to HHMMSSDD.</summary>
    Time = 7,

    /// <summary>X12 B: any bytes.</summary>
    Binary = 8,

    /// <summary>X12 N0: an integer. <c>Integer + n</c> is Nn, n implied decimals.</summary>
    Integer = 16,
}

/// <summary>A simple data element of a directory.</summary>
public sealed class ElementSchema
{
    private readonly SchemaDirectory directory;
    private readonly int index;

    internal ElementSchema(SchemaDirectory directory, int index, string id, ElementType type, int minLength, int maxLength)
    {
        this.directory = directory;
        this.index = index;
        Id = id;
        Type = type;
        MinLength = minLength;
        MaxLength = maxLength;
    }

    /// <summary>The element's number in the directory, such as <c>1004</c> or <c>353</c>.</summary>
    public string Id { get; }

    /// <summary>What may stand in it.</summary>
    public ElementType Type { get; }

    /// <summary>Fewest characters.</summary>
    public int MinLength { get; }

    /// <summary>Most characters; 0 means no limit.</summary>
    public int MaxLength { get; }

    /// <summary>Its name in the directory; empty where the facts have none.</summary>
    public string Name => directory.ElementName(index);

    /// <summary>The values listed for it, or null when its list is kept elsewhere or it is no coded element.</summary>
    public CodeList? Codes => directory.ElementCodes(index);

    /// <summary>The representation as the standard writes it, such as <c>an..35</c> or <c>ID 2/3</c>.</summary>
    public string Representation => Type switch
    {
        ElementType.Alphanumeric or ElementType.Alphabetic or ElementType.Numeric =>
            (Type == ElementType.Alphanumeric ? "an" : Type == ElementType.Alphabetic ? "a" : "n") + (MinLength == MaxLength ? "" : "..") + MaxLength,
        >= ElementType.Integer => $"N{Type - ElementType.Integer} {MinLength}/{MaxLength}",
        _ => $"{Type switch { ElementType.Identifier => "ID", ElementType.Real => "R", ElementType.Date => "DT", ElementType.Time => "TM", ElementType.Binary => "B", _ => "AN" }} {MinLength}/{MaxLength}",
    };
}

/// <summary>One place in a segment or composite: what stands there, whether it must, and how often it may.</summary>
/// <param name="Element">The simple element, or null for a composite.</param>
/// <param name="Composite">The composite, or null for a simple element.</param>
/// <param name="Mandatory">Whether it must be present.</param>
/// <param name="MaxRepeats">How many repetitions are allowed; 1 for none.</param>
public sealed record ElementUse(ElementSchema? Element, CompositeSchema? Composite, bool Mandatory, int MaxRepeats)
{
    /// <summary>The number of the element or composite.</summary>
    public string Id => Element?.Id ?? Composite!.Id;

    /// <summary>The name of the element or composite.</summary>
    public string Name => Element?.Name ?? Composite!.Name;
}

/// <summary>
/// A condition between positions: X12 kinds P (all or none), R (at least one), E (at most one), C (if the first, then all),
/// L (if the first, then at least one); EDIFACT D1 to D7 of ISO 9735-1 are mapped to the digits 1 to 7.
/// </summary>
/// <param name="Kind">P, R, E, C, L or 1 to 7.</param>
/// <param name="Positions">The positions concerned, from 1.</param>
public sealed record ConditionNote(char Kind, ImmutableArray<int> Positions)
{
    /// <summary>The note as the standards write it, such as <c>P0304</c> or <c>D5(4,3)</c>.</summary>
    public override string ToString() => char.IsDigit(Kind)
        ? $"D{Kind}({string.Join(',', Positions)})"
        : Kind + string.Concat(Positions.Select(position => position.ToString("00", System.Globalization.CultureInfo.InvariantCulture)));
}

/// <summary>A composite data element.</summary>
public sealed class CompositeSchema
{
    private readonly SchemaDirectory directory;
    private readonly int index;

    internal CompositeSchema(SchemaDirectory directory, int index, string id, ImmutableArray<ElementUse> components, ImmutableArray<ConditionNote> notes)
    {
        this.directory = directory;
        this.index = index;
        Id = id;
        Components = components;
        Notes = notes;
    }

    /// <summary>The composite's number, such as <c>C082</c> or <c>S009</c>.</summary>
    public string Id { get; }

    /// <summary>Its components in order.</summary>
    public ImmutableArray<ElementUse> Components { get; }

    /// <summary>Conditions between its components.</summary>
    public ImmutableArray<ConditionNote> Notes { get; }

    /// <summary>Its name in the directory; empty where the facts have none.</summary>
    public string Name => directory.CompositeName(index);
}

/// <summary>A segment.</summary>
public sealed class SegmentSchema
{
    private readonly SchemaDirectory directory;
    private readonly int index;

    internal SegmentSchema(SchemaDirectory directory, int index, string tag, ImmutableArray<ElementUse> elements, ImmutableArray<ConditionNote> notes)
    {
        this.directory = directory;
        this.index = index;
        Tag = tag;
        Elements = elements;
        Notes = notes;
    }

    /// <summary>The tag, two or three letters or digits.</summary>
    public string Tag { get; }

    /// <summary>Its elements in order.</summary>
    public ImmutableArray<ElementUse> Elements { get; }

    /// <summary>Conditions between its elements.</summary>
    public ImmutableArray<ConditionNote> Notes { get; }

    /// <summary>Its name in the directory; empty where the facts have none.</summary>
    public string Name => directory.SegmentName(index);
}

/// <summary>A segment or a group of segments in a message.</summary>
public sealed class SchemaNode
{
    internal SchemaNode(string name, bool mandatory, int maxRepeats, ImmutableArray<SchemaNode> children)
    {
        Name = name;
        Mandatory = mandatory;
        MaxRepeats = maxRepeats;
        Children = children;
    }

    /// <summary>The segment's tag; for a group <c>SG</c> and its number (EDIFACT) or the tag that begins it (X12, TRADACOMS).</summary>
    public string Name { get; }

    /// <summary>Whether it must be present when its parent is.</summary>
    public bool Mandatory { get; }

    /// <summary>How often it may stand in a row; <see cref="int.MaxValue"/> without limit.</summary>
    public int MaxRepeats { get; }

    /// <summary>The parts of a group, the trigger segment first; empty for a segment.</summary>
    public ImmutableArray<SchemaNode> Children { get; }

    /// <summary>Whether this is a group of segments.</summary>
    public bool IsGroup => Children.Length > 0;

    /// <summary>The tag that begins it: its own, or that of the group's first segment.</summary>
    public string Trigger => IsGroup ? Children[0].Trigger : Name;
}

/// <summary>A message: the order, nesting and number of its segments between header and trailer.</summary>
public sealed class MessageSchema
{
    internal MessageSchema(SchemaDirectory directory, int index, string type, string functionalGroup, ImmutableArray<SchemaNode> nodes)
    {
        Directory = directory;
        Index = index;
        Type = type;
        FunctionalGroup = functionalGroup;
        Nodes = nodes;
    }

    internal int Index { get; }

    /// <summary>The directory it belongs to.</summary>
    public SchemaDirectory Directory { get; }

    /// <summary>The type, such as <c>ORDERS</c> or <c>850</c>.</summary>
    public string Type { get; }

    /// <summary>X12: the functional identifier of its group (element 479), such as <c>PO</c>; elsewhere empty.</summary>
    public string FunctionalGroup { get; }

    /// <summary>Its segments and groups in order, without header and trailer.</summary>
    public ImmutableArray<SchemaNode> Nodes { get; }

    /// <summary>Its name in the directory; empty where the facts have none.</summary>
    public string Name => Directory.MessageName(Index);
}
