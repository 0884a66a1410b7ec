namespace UnifiedCommerce.Core.Mapping;

/// <summary>What a block of segments stands for.</summary>
internal enum BlockKind
{
    /// <summary>The whole message.</summary>
    Root,
    /// <summary>Once per item of a list.</summary>
    Each,
    /// <summary>Once, or not at all.</summary>
    Group,
    /// <summary>Repeated inside an item: every further one makes another item that shares what stands before.</summary>
    Split,
    /// <summary>A tree by parent id (HL).</summary>
    Tree,
    /// <summary>A level of a tree.</summary>
    Level,
}

/// <summary>Segments that belong together, in the order in which they are written.</summary>
internal sealed class Block
{
    public required BlockKind Kind { get; init; }
    public required Block? Parent { get; init; }
    public required TextPlace Place { get; init; }
    public int Order { get; set; }
    public int Index { get; set; }
    /// <summary>The records and fields it stands for; a group shares the scope around it.</summary>
    public required Scope Scope { get; init; }
    /// <summary>Level code of a tree.</summary>
    public string Level { get; set; } = "";
    public Marks Marks { get; set; }
    public Condition? Condition { get; set; }
    public List<object> Items { get; } = [];
    public SegmentTemplate? Trigger => Items.Count == 0 ? null : Items[0] as SegmentTemplate ?? (Items[0] as Block)?.Trigger;
    /// <summary>The segments that can open the block: the first one and its alternatives.</summary>
    public SegmentTemplate[] Triggers { get; set; } = [];
    public bool OwnsRecord => Scope.Owner == this;

    /// <summary>All segments in it, at any depth.</summary>
    public IEnumerable<SegmentTemplate> Templates() => Items.SelectMany(item => item is SegmentTemplate template ? [template] : ((Block)item).Templates());

    // Flat form for the reader: segments and blocks in order with their packed tags.
    public uint[] Tags { get; set; } = [];
    public object[] Flat { get; set; } = [];
}

/// <summary>One segment of the example.</summary>
internal sealed class SegmentTemplate
{
    public required string Tag { get; init; }
    public required TextPlace Place { get; init; }
    public required string Source { get; init; }
    public Marks Marks { get; init; }
    public Condition? Condition { get; init; }
    public required Slot[][] Elements { get; init; }
    public Block Block { get; set; } = null!;
    public int Order { get; set; }
    /// <summary>Number of the template in the mapping, for the set of those already seen.</summary>
    public int Index { get; set; }
    /// <summary>Alternatives of one choice share a number; -1 when there is none.</summary>
    public int Choice { get; set; } = -1;
    public int Rank { get; set; }
    /// <summary>Slots that mean something, with their places, in order.</summary>
    public PlacedSlot[] Slots { get; set; } = [];
    public bool HasFields { get; set; }

    public static uint Pack(ReadOnlySpan<byte> tag)
    {
        uint packed = 0;
        foreach (byte value in tag[..Math.Min(tag.Length, 4)])
            packed = (packed << 8) | value;
        return tag.Length > 4 ? 0 : packed;
    }

    public static uint Pack(string tag)
    {
        uint packed = 0;
        foreach (char value in tag.Length > 4 ? "" : tag)
            packed = (packed << 8) | (byte)value;
        return packed;
    }
}

/// <summary>A slot at its place in the segment.</summary>
internal readonly record struct PlacedSlot(int Element, int Component, Slot Slot, byte[][] LiteralBytes, bool Leads)
{
    /// <summary>Whether the bytes are one of the literals.</summary>
    public bool Accepts(ReadOnlySpan<byte> value)
    {
        foreach (byte[] literal in LiteralBytes)
        {
            if (value.SequenceEqual(literal))
                return true;
        }
        return false;
    }
}
