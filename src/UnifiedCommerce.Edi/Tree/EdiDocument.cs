using System.Collections;
using System.Runtime.InteropServices;

namespace UnifiedCommerce.Edi;

/// <summary>
/// An input read to its end: interchanges, their groups and messages, and every segment. Holds the bytes as they came and an index
/// into them; values are cut out when asked for.
/// </summary>
public sealed class EdiDocument
{
    private readonly List<EdiInterchange> interchanges = [];
    private SegmentEntry[] segments = [];
    private int[] marks = [];
    private int markCount;

    private EdiDocument(byte[] data) => Data = data;

    /// <summary>The bytes read, as they came.</summary>
    public ReadOnlyMemory<byte> Bytes => Data;

    /// <summary>The interchanges in order.</summary>
    public IReadOnlyList<EdiInterchange> Interchanges => interchanges;

    /// <summary>The messages of all interchanges in order.</summary>
    public IEnumerable<EdiMessage> Messages
    {
        get
        {
            foreach (EdiInterchange interchange in interchanges)
            {
                foreach (EdiMessage message in interchange.Messages)
                {
                    yield return message;
                }
            }
        }
    }

    /// <summary>Every segment in order, envelopes included.</summary>
    public EdiSegmentList Segments => new(this, 0, SegmentCount);

    /// <summary>The faults of syntax found while reading.</summary>
    public IReadOnlyList<Finding> Findings { get; private set; } = [];

    internal byte[] Data { get; }

    internal int SegmentCount { get; private set; }

    /// <summary>Reads all interchanges in the bytes. Never throws for what they hold: see <see cref="Findings"/>.</summary>
    /// <param name="data">All bytes: one interchange or several, of any kinds. Not copied when they are an array: leave it unchanged.</param>
    /// <param name="options">Limits and overrides.</param>
    public static EdiDocument Read(ReadOnlyMemory<byte> data, EdiReaderOptions options = default)
    {
        byte[] bytes = MemoryMarshal.TryGetArray(data, out ArraySegment<byte> array) && array.Offset == 0 && array.Count == array.Array!.Length
            ? array.Array : data.ToArray();
        EdiDocument document = new(bytes);
        document.Load(options);
        return document;
    }

    internal SegmentView View(int segment)
    {
        ref readonly SegmentEntry entry = ref segments[segment];
        int end = segment + 1 < SegmentCount ? segments[segment + 1].FirstMark : markCount;
        return new(Data, marks.AsSpan(entry.FirstMark, end - entry.FirstMark), entry.Start, entry.IsComposite,
            interchanges[entry.Interchange].Dialect, null);
    }

    internal ref readonly SegmentEntry Entry(int segment) => ref segments[segment];

    /// <summary>The offset after the terminator of a segment.</summary>
    internal int EndOf(int segment)
    {
        int mark = (segment + 1 < SegmentCount ? segments[segment + 1].FirstMark : markCount) - 1;
        return Math.Min((marks[mark] & DelimiterIndex.OffsetMask) + 1, Data.Length);
    }

    private void Load(EdiReaderOptions options)
    {
        // A delimiter falls every 4.5 bytes and a segment every 30, measured on orders of both standards.
        marks = new int[(Data.Length / 4) + 16];
        segments = new SegmentEntry[(Data.Length / 24) + 4];
        EdiReader reader = new(Data, options);
        TreeBuilder builder = new(this, interchanges);
        while (reader.Read())
        {
            ReadOnlySpan<int> from = reader.Marks;
            if (marks.Length - markCount < from.Length)
            {
                Array.Resize(ref marks, Math.Max(marks.Length * 2, markCount + from.Length));
            }
            from.CopyTo(marks.AsSpan(markCount));
            if (SegmentCount == segments.Length)
            {
                Array.Resize(ref segments, segments.Length * 2);
            }
            builder.Add(SegmentCount, ref reader);
            segments[SegmentCount++] = new()
            {
                Start = (int)reader.ByteOffset,
                FirstMark = markCount,
                Interchange = builder.InterchangeIndex,
                Position = reader.SegmentPosition,
                Kind = reader.Kind,
                IsComposite = reader.IsComposite,
            };
            markCount += from.Length;
        }
        builder.End(SegmentCount, Data.Length);
        Findings = reader.Findings;
    }
}

internal readonly record struct SegmentEntry
{
    internal int Start { get; init; }

    internal int FirstMark { get; init; }

    internal int Interchange { get; init; }

    internal int Position { get; init; }

    internal SegmentKind Kind { get; init; }

    internal bool IsComposite { get; init; }
}

/// <summary>Puts segments into interchanges, groups and messages; what lacks a header or trailer is closed where the next begins.</summary>
internal sealed class TreeBuilder(EdiDocument document, List<EdiInterchange> interchanges)
{
    private EdiInterchange? interchange;
    private EdiGroup? group;
    private EdiMessage? message;

    internal int InterchangeIndex => interchanges.Count - 1;

    internal void Add(int segment, ref EdiReader reader)
    {
        if (reader.Kind == SegmentKind.InterchangeHeader || interchange is null)
        {
            CloseInterchange(segment, (int)reader.InterchangeOffset);
            interchange = new(document, interchanges.Count, reader.Dialect!, segment, (int)reader.InterchangeOffset);
            interchanges.Add(interchange);
        }
        switch (reader.Kind)
        {
            case SegmentKind.InterchangeHeader:
                interchange.HeaderIndex = segment;
                break;
            case SegmentKind.GroupHeader:
                CloseGroup(segment);
                group = new(document, interchange, interchange.GroupList.Count, segment) { HeaderIndex = segment };
                interchange.GroupList.Add(group);
                break;
            case SegmentKind.MessageHeader:
                CloseMessage(segment);
                if (group is null)
                {
                    group = new(document, interchange, interchange.GroupList.Count, segment);
                    interchange.GroupList.Add(group);
                }
                message = new(document, group, interchange.MessageList.Count, segment);
                interchange.MessageList.Add(message);
                group.MessageList.Add(message);
                break;
            case SegmentKind.MessageTrailer when message is not null:
                message.TrailerIndex = segment;
                CloseMessage(segment + 1);
                break;
            case SegmentKind.GroupTrailer:
                CloseMessage(segment);
                if (group is { HeaderIndex: >= 0 })
                {
                    group.TrailerIndex = segment;
                }
                CloseGroup(segment + 1);
                break;
            case SegmentKind.InterchangeTrailer:
                CloseGroup(segment);
                interchange.TrailerIndex = segment;
                CloseInterchange(segment + 1, (int)reader.EndOffset);
                // The entry of the trailer still belongs to it; the next segment opens another.
                break;
            default:
                break;
        }
    }

    internal void End(int segmentCount, int end) => CloseInterchange(segmentCount, end);

    private void CloseMessage(int end)
    {
        message?.Close(end);
        message = null;
    }

    private void CloseGroup(int end)
    {
        CloseMessage(end);
        group?.Close(end);
        group = null;
    }

    private void CloseInterchange(int end, int endOffset)
    {
        CloseGroup(end);
        interchange?.Close(end, endOffset);
        interchange = null;
    }
}

/// <summary>A run of segments of a document.</summary>
public readonly struct EdiSegmentList : IReadOnlyList<EdiSegment>
{
    private readonly EdiDocument document;
    private readonly int first;

    internal EdiSegmentList(EdiDocument document, int first, int count)
    {
        this.document = document;
        this.first = first;
        Count = count;
    }

    /// <summary>How many segments there are.</summary>
    public int Count { get; }

    /// <summary>A segment by its index from 0.</summary>
    /// <param name="index">Index from 0.</param>
    public EdiSegment this[int index] => (uint)index < (uint)Count
        ? new(document, first + index)
        : throw new ArgumentOutOfRangeException(nameof(index), index, $"There are {Count} segments.");

    /// <summary>Goes through the segments in order.</summary>
    public Enumerator GetEnumerator() => new(document, first, Count);

    IEnumerator<EdiSegment> IEnumerable<EdiSegment>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Goes through the segments in order without allocating.</summary>
    public struct Enumerator : IEnumerator<EdiSegment>
    {
        private readonly EdiDocument document;
        private readonly int end;
        private readonly int first;
        private int at;

        internal Enumerator(EdiDocument document, int first, int count)
        {
            this.document = document;
            this.first = first;
            at = first - 1;
            end = first + count;
        }

        /// <inheritdoc/>
        public readonly EdiSegment Current => new(document, at);

        readonly object IEnumerator.Current => Current;

        /// <inheritdoc/>
        public bool MoveNext() => ++at < end;

        /// <inheritdoc/>
        public void Reset() => at = first - 1;

        /// <inheritdoc/>
        public readonly void Dispose()
        {
        }
    }
}
