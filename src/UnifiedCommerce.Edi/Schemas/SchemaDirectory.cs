using System.Collections.Frozen;
using System.Collections.Immutable;
using System.IO.Compression;
using System.Text;

namespace UnifiedCommerce.Edi.Schemas;

/// <summary>
/// One version of one standard: its messages, segments, composites, elements and code lists. Unpacked when first asked for;
/// message bodies and code lists are decoded one by one, names only when somebody wants to read them.
/// </summary>
public sealed class SchemaDirectory
{
    private const byte FormatVersion = 1;

    private readonly byte[] packed;
    private readonly byte[] structure;
    private readonly ImmutableArray<ElementSchema> elements;
    private readonly ImmutableArray<CompositeSchema> composites;
    private readonly FrozenDictionary<string, SegmentSchema> segments;
    private readonly FrozenDictionary<string, int> messageIndexes;
    private readonly FrozenDictionary<string, ElementSchema> elementsById;
    private readonly (string Type, string Group, int Offset)[] messageBlocks;
    private readonly int[] codeBlocks;
    private readonly MessageSchema?[] messages;
    private readonly CodeList?[] codeLists;
    private string[]? names;
    private int[]? codeNameStarts;

    private SchemaDirectory(byte[] packed)
    {
        this.packed = packed;
        if (!packed.AsSpan(0, 3).SequenceEqual("UCS"u8) || packed[3] != FormatVersion) throw new InvalidDataException("The embedded schema has another format than this library reads. Run the schema compiler again.");
        structure = Unpack(20, BitConverter.ToInt32(packed, 4), BitConverter.ToInt32(packed, 8));
        var reader = new Cursor(structure);
        Source = reader.String();
        Version = reader.String();
        Standard = Source switch { "X12" => EdiStandard.X12, "TRADACOMS" => EdiStandard.Tradacoms, _ => EdiStandard.Edifact };

        var elementList = ImmutableArray.CreateBuilder<ElementSchema>(reader.Number());
        for (var i = 0; i < elementList.Capacity; i++)
        {
            elementList.Add(new(this, i, reader.String(), (ElementType)reader.Byte(), reader.Number(), reader.Number()));
        }

        elements = elementList.MoveToImmutable();
        elementsById = elements.ToFrozenDictionary(element => element.Id, StringComparer.Ordinal);
        var compositeList = ImmutableArray.CreateBuilder<CompositeSchema>(reader.Number());
        for (var i = 0; i < compositeList.Capacity; i++)
        {
            var id = reader.String();
            compositeList.Add(new(this, i, id, ReadUses(ref reader, default), ReadNotes(ref reader)));
        }

        composites = compositeList.MoveToImmutable();
        var segmentList = new SegmentSchema[reader.Number()];
        for (var i = 0; i < segmentList.Length; i++)
        {
            var tag = reader.String();
            segmentList[i] = new(this, i, tag, ReadUses(ref reader, composites), ReadNotes(ref reader));
        }

        segments = segmentList.ToFrozenDictionary(segment => segment.Tag, StringComparer.Ordinal);
        messageBlocks = new (string, string, int)[reader.Number()];
        for (var i = 0; i < messageBlocks.Length; i++) messageBlocks[i] = (reader.String(), reader.String(), reader.SkipBlock());
        messageIndexes = messageBlocks.Index().ToFrozenDictionary(block => block.Item.Type, block => block.Index, StringComparer.Ordinal);
        codeBlocks = new int[elements.Length];
        for (var i = 0; i < codeBlocks.Length; i++) codeBlocks[i] = reader.SkipBlock();
        messages = new MessageSchema?[messageBlocks.Length];
        codeLists = new CodeList?[elements.Length];
    }

    /// <summary>The standard it belongs to.</summary>
    public EdiStandard Standard { get; }

    /// <summary>The version: <c>D96A</c>, <c>004010</c>, for service segments the syntax version.</summary>
    public string Version { get; }

    /// <summary>Where its facts come from: <c>EDIFACT</c>, <c>SERVICE</c> (EDIFACT service segments), <c>X12</c> or <c>TRADACOMS</c>.</summary>
    public string Source { get; }

    /// <summary>The types of all its messages, in order.</summary>
    public IEnumerable<string> MessageTypes => messageBlocks.Select(block => block.Type);

    /// <summary>The tags of all its segments.</summary>
    public IEnumerable<string> SegmentTags => segments.Keys.Order(StringComparer.Ordinal);

    /// <summary>All its elements.</summary>
    public ImmutableArray<ElementSchema> Elements => elements;

    /// <summary>All its composites.</summary>
    public ImmutableArray<CompositeSchema> Composites => composites;

    /// <summary>The definition of a segment, or null.</summary>
    /// <param name="tag">The tag.</param>
    public SegmentSchema? Segment(string tag) => segments.GetValueOrDefault(tag);

    /// <summary>The definition of an element, or null.</summary>
    /// <param name="id">The number.</param>
    public ElementSchema? Element(string id) => elementsById.GetValueOrDefault(id);

    /// <summary>The definition of a composite, or null.</summary>
    /// <param name="id">The number, such as <c>C082</c>.</param>
    public CompositeSchema? Composite(string id) => composites.FirstOrDefault(composite => composite.Id == id);

    /// <summary>The structure of a message, or null.</summary>
    /// <param name="type">The type, such as <c>ORDERS</c> or <c>850</c>.</param>
    public MessageSchema? Message(string type)
    {
        if (!messageIndexes.TryGetValue(type, out var index)) return null;
        if (messages[index] is { } known) return known;
        var reader = new Cursor(structure, messageBlocks[index].Offset);
        var message = new MessageSchema(this, index, type, messageBlocks[index].Group, ReadBody(ref reader));
        return Interlocked.CompareExchange(ref messages[index], message, null) ?? message;
    }

    internal static SchemaDirectory Load(string name)
    {
        using var stream = typeof(SchemaDirectory).Assembly.GetManifestResourceStream(name + ".schema")
            ?? throw new InvalidDataException($"The schema {name} is not embedded in the library.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return new(bytes);
    }

    internal CodeList? ElementCodes(int index)
    {
        if (codeLists[index] is { } known) return known;
        var reader = new Cursor(structure, codeBlocks[index]);
        if (reader.BlockIsEmpty) return null;
        var borrowed = reader.Byte() != 0;
        var values = ImmutableArray.CreateBuilder<string>(reader.Number());
        while (values.Count < values.Capacity) values.Add(reader.String());
        var list = new CodeList(values.MoveToImmutable(), borrowed, code => CodeName(index, code));
        return Interlocked.CompareExchange(ref codeLists[index], list, null) ?? list;
    }

    internal string ElementName(int index) => Names[index];

    internal string CompositeName(int index) => Names[elements.Length + index];

    internal string SegmentName(int index) => Names[elements.Length + composites.Length + index];

    internal string MessageName(int index) => Names[elements.Length + composites.Length + segments.Count + index];

    private string CodeName(int element, int code)
    {
        _ = Names;
        return names![codeNameStarts![element] + code];
    }

    private string[] Names
    {
        get
        {
            if (names is not null) return names;
            var structureLength = BitConverter.ToInt32(packed, 8);
            var reader = new Cursor(Unpack(20 + structureLength, BitConverter.ToInt32(packed, 12), BitConverter.ToInt32(packed, 16)));
            var list = new List<string>();
            while (!reader.AtEnd) list.Add(reader.String());
            var starts = new int[elements.Length];
            var next = elements.Length + composites.Length + segments.Count + messageBlocks.Length;
            for (var i = 0; i < starts.Length; i++)
            {
                starts[i] = next;
                var block = new Cursor(structure, codeBlocks[i]);
                if (block.BlockIsEmpty) continue;
                block.Byte();
                next += block.Number();
            }

            codeNameStarts = starts;
            return names = list.ToArray();
        }
    }

    private byte[] Unpack(int offset, int length, int packedLength)
    {
        var result = new byte[length];
        using var brotli = new BrotliStream(new MemoryStream(packed, offset, packedLength), CompressionMode.Decompress);
        brotli.ReadExactly(result);
        return result;
    }

    private ImmutableArray<ElementUse> ReadUses(ref Cursor reader, ImmutableArray<CompositeSchema> known)
    {
        var uses = ImmutableArray.CreateBuilder<ElementUse>(reader.Number());
        while (uses.Count < uses.Capacity)
        {
            var reference = reader.Number();
            var composite = (reference & 2) != 0;
            uses.Add(new(composite ? null : elements[reference >> 2], composite ? known[reference >> 2] : null, (reference & 1) != 0, reader.Number()));
        }

        return uses.MoveToImmutable();
    }

    private static ImmutableArray<ConditionNote> ReadNotes(ref Cursor reader)
    {
        var count = reader.Number();
        if (count == 0) return [];
        var notes = ImmutableArray.CreateBuilder<ConditionNote>(count);
        while (notes.Count < count)
        {
            // `P:3,4` or `D5:4,3`.
            var text = reader.String();
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            var positions = text[(colon + 1)..].Split(',').Select(position => int.Parse(position, System.Globalization.CultureInfo.InvariantCulture));
            notes.Add(new(text[colon - 1], positions.ToImmutableArray()));
        }

        return notes.MoveToImmutable();
    }

    private static ImmutableArray<SchemaNode> ReadBody(ref Cursor reader)
    {
        var nodes = ImmutableArray.CreateBuilder<SchemaNode>(reader.Number());
        while (nodes.Count < nodes.Capacity)
        {
            var name = reader.String();
            var bits = reader.Number();
            var children = (bits & 2) != 0 ? ReadBody(ref reader) : [];
            nodes.Add(new(name, (bits & 1) != 0, bits >> 2 == 0 ? int.MaxValue : bits >> 2, children));
        }

        return nodes.MoveToImmutable();
    }

    /// <summary>Reads the packed form: 7-bit numbers, strings with their length before them, blocks with theirs.</summary>
    private ref struct Cursor
    {
        private readonly ReadOnlySpan<byte> bytes;
        private int position;

        public Cursor(byte[] bytes, int block = -1)
        {
            this.bytes = bytes;
            position = Math.Max(block, 0);
            BlockIsEmpty = block >= 0 && Number() == 0;
        }

        public readonly bool AtEnd => position >= bytes.Length;

        public bool BlockIsEmpty { get; }

        public byte Byte() => bytes[position++];

        public int Number()
        {
            int value = 0, shift = 0;
            byte b;
            do
            {
                b = bytes[position++];
                value |= (b & 0x7F) << shift;
                shift += 7;
            }
            while (b >= 0x80);
            return value;
        }

        public string String()
        {
            var length = Number();
            var text = Encoding.UTF8.GetString(bytes.Slice(position, length));
            position += length;
            return text;
        }

        /// <summary>Steps over a block and returns where it begins.</summary>
        public int SkipBlock()
        {
            var start = position;
            var length = Number();
            position += length;
            return start;
        }
    }
}
