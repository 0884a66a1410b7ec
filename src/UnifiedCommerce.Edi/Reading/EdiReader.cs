using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace UnifiedCommerce.Edi;

/// <summary>
/// Reads interchanges segment by segment, forward only, without allocating per segment. Finds the dialect of each interchange from
/// its bytes; after broken parts it goes on with the next thing that can be read.
/// </summary>
/// <remarks>
/// Never throws for what the input holds: faults are in <see cref="Findings"/>. Do not read on with a copy of the reader.
/// Spans that it hands out are valid until the next <see cref="Read"/>.
/// </remarks>
public ref struct EdiReader
{
    private readonly ReadOnlySpan<byte> data;
    private readonly bool isFinalBlock;
    private readonly DelimiterIndex index;
    private EdiReaderState state;

    private readonly Scratch scratch;

    // What the index held when the long way was left; the short way reads only this.
    private ReadOnlySpan<int> marks;
    private ReadOnlySpan<int> ends;

    private int next;
    private int start;
    private int firstMark;
    private int endCursor;
    private int markCursor;
    private int headerAt;
    private int brokenHeaderAt;
    private bool composite;
    private byte terminator;
    private bool isX12;
    private bool isTradacoms;
    private bool isWithinMessage;

    /// <summary>Reads a whole input.</summary>
    /// <param name="data">All bytes: one interchange or several, of any kinds.</param>
    /// <param name="options">Limits and overrides.</param>
    public EdiReader(ReadOnlySpan<byte> data, EdiReaderOptions options = default)
        : this(data, isFinalBlock: true, new EdiReaderState(options))
    {
    }

    /// <summary>Reads a block of an input that comes in pieces.</summary>
    /// <param name="data">The bytes not consumed so far and those that came since.</param>
    /// <param name="isFinalBlock">Whether the input ends with this block.</param>
    /// <param name="state">The state that the reader of the block before had at its end.</param>
    public EdiReader(ReadOnlySpan<byte> data, bool isFinalBlock, EdiReaderState state)
    {
        this.data = data;
        this.isFinalBlock = isFinalBlock;
        state.Open();
        this.state = state;
        index = state.Index!;
        scratch = state.Scratch!;
        headerAt = brokenHeaderAt = -1;
        if (state.HeaderPending)
        {
            // The block before ended within this header; what UNA said before it still holds.
            headerAt = 0;
        }
        if (state.Dialect is not null)
        {
            index.Reset(state.Dialect, 0);
            Use(state.Dialect);
        }
    }

    /// <summary>The state to give to the reader of the next block.</summary>
    public readonly EdiReaderState CurrentState
    {
        get
        {
            EdiReaderState copy = state;
            copy.Consumed += next;
            return copy;
        }
    }

    /// <summary>How many bytes of the block need not be given again.</summary>
    public readonly int BytesConsumed => next;

    /// <summary>The dialect of the current interchange; null before the first.</summary>
    public readonly Dialect? Dialect => state.Dialect;

    /// <summary>The current segment.</summary>
    public readonly SegmentView Segment
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(data, marks[firstMark..markCursor], start, composite, state.Dialect!, scratch);
    }

    /// <summary>The marks of the current segment, as <see cref="DelimiterIndex"/> describes them.</summary>
    internal readonly ReadOnlySpan<int> Marks => marks[firstMark..markCursor];

    /// <summary>Whether the current segment has components or repetitions.</summary>
    internal readonly bool IsComposite => composite;

    /// <summary>The part that the current segment plays in the envelope.</summary>
    public readonly SegmentKind Kind => state.Kind;

    /// <summary>The tag of the current segment.</summary>
    public readonly ReadOnlySpan<byte> Tag => Segment.Tag;

    /// <summary>Offset of the current segment's first byte from the start of the input.</summary>
    public readonly long ByteOffset => state.Consumed + start;

    /// <summary>Offset of the first byte after the current segment's terminator from the start of the input.</summary>
    public readonly long EndOffset => state.Consumed + next;

    /// <summary>Offset of the current interchange's first byte, a service string advice included.</summary>
    public readonly long InterchangeOffset => state.InterchangeOffset;

    /// <summary>Position of the segment in its message, 1 for the message header; 0 outside a message.</summary>
    public readonly int SegmentPosition => state.SegmentPosition;

    /// <summary>Index of the current interchange from 0; -1 before the first.</summary>
    public readonly int InterchangeIndex => state.InterchangeIndex;

    /// <summary>Index of the current functional group in its interchange from 0; -1 outside groups.</summary>
    public readonly int GroupIndex => state.InGroup ? state.GroupIndex : -1;

    /// <summary>Index of the current message in its interchange from 0; -1 outside messages.</summary>
    public readonly int MessageIndex => state.InMessage ? state.MessageIndex : -1;

    /// <summary>How many elements the current segment has.</summary>
    public readonly int ElementCount => Segment.ElementCount;

    /// <summary>The faults of syntax found so far.</summary>
    public readonly IReadOnlyList<Finding> Findings => state.Findings;

    /// <inheritdoc cref="SegmentView.RawElement(int)"/>
    public readonly ReadOnlySpan<byte> RawElement(int element) => Segment.RawElement(element);

    /// <inheritdoc cref="SegmentView.Element(int)"/>
    public readonly ReadOnlySpan<byte> Element(int element) => Segment.Element(element);

    /// <inheritdoc cref="SegmentView.RepetitionCount(int)"/>
    public readonly int RepetitionCount(int element) => Segment.RepetitionCount(element);

    /// <inheritdoc cref="SegmentView.ComponentCount(int, int)"/>
    public readonly int ComponentCount(int element, int repetition = 1) => Segment.ComponentCount(element, repetition);

    /// <inheritdoc cref="SegmentView.Component(int, int, int)"/>
    public readonly ReadOnlySpan<byte> Component(int element, int component, int repetition = 1) =>
        Segment.Component(element, component, repetition);

    /// <inheritdoc cref="SegmentView.RawComponent(int, int, int)"/>
    public readonly ReadOnlySpan<byte> RawComponent(int element, int component, int repetition = 1) =>
        Segment.RawComponent(element, component, repetition);

    /// <inheritdoc cref="SegmentView.Text(int, int, int)"/>
    public readonly string Text(int element, int component = 1, int repetition = 1) => Segment.Text(element, component, repetition);

    /// <summary>Goes to the next segment. Returns false at the end of the input, or of a block that is not the final one.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool Read()
    {
        if (scratch.Used > 0)
        {
            scratch.Clear();
        }
        return (isWithinMessage && ReadBody()) || ReadAny();
    }

    private bool ReadAny()
    {
        LeaveSegment();
        while (true)
        {
            int at = next;
            while (at < data.Length && data[at] <= ' ' && IsFiller(data[at]))
            {
                at++;
            }
            if (at >= data.Length)
            {
                return End(at);
            }
            if (data[at] is (byte)'I' or (byte)'U' or (byte)'S' && at != headerAt && !state.Skipping && DialectDetector.IsHeader(data[at..]))
            {
                if (!Begin(at))
                {
                    return false;
                }
                continue;
            }
            if (!state.InInterchange && at != headerAt)
            {
                if (!Seek(at))
                {
                    return false;
                }
                continue;
            }
            int read = TakeSegment(at);
            if (read <= 0)
            {
                if (read < 0)
                {
                    return false;
                }
                continue;
            }
            marks = index.Marks;
            ends = index.Ends.AsSpan(0, index.EndCount);
            Classify();
            isWithinMessage = state.InMessage && state.Kind is SegmentKind.Body or SegmentKind.MessageHeader && !isTradacoms;
            return true;
        }
    }

    /// <summary>
    /// The short way to the segment after a body segment: an ordinary one that is indexed already. Whatever is out of the ordinary
    /// returns false with nothing changed and goes the long way.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool ReadBody()
    {
        int cursor = endCursor;
        int at = next;
        ReadOnlySpan<byte> bytes = data;
        ReadOnlySpan<int> places = marks;
        ReadOnlySpan<int> last = ends;
        while ((uint)at < (uint)bytes.Length && bytes[at] is (byte)'\n' or (byte)'\r' && bytes[at] != terminator)
        {
            at++;
        }
        if ((uint)cursor >= (uint)last.Length || at + 4 > bytes.Length)
        {
            return false;
        }
        int end = last[cursor];
        int lastMark = end & DelimiterIndex.OffsetMask;
        int first = markCursor;
        if ((uint)first >= (uint)places.Length || (uint)lastMark >= (uint)places.Length)
        {
            return false;
        }
        uint word = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref MemoryMarshal.GetReference(bytes), at));
        int length = places[first] - at;
        if (length != 3 && (length != 2 || !isX12))
        {
            return false;
        }
        // Without branches, because tags of two and three letters follow each other at random.
        ReadOnlySpan<byte> classes = TagClasses;
        int isShort = 3 - length;
        int valid = classes[(byte)word] & (classes[(byte)(word >> 8)] >> 1) & ((classes[(byte)(word >> 16)] >> 1) | isShort);
        uint tag = word & (0xFFFFFFu >> (isShort << 3));
        if ((valid & 1) == 0 || Vector512.EqualsAny(Vector512.Create(tag), ServiceTags))
        {
            return false;
        }
        endCursor = cursor + 1;
        composite = end < 0;
        firstMark = first;
        markCursor = lastMark + 1;
        next = (places[lastMark] & DelimiterIndex.OffsetMask) + 1;
        start = at;
        state.Kind = SegmentKind.Body;
        state.SegmentPosition++;
        return true;
    }

    /// <summary>The tags of envelopes of all standards, as little-endian numbers: they go the long way.</summary>
    private static Vector512<uint> ServiceTags
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Create(
            0x415349u, 0x414549u, 0x5347u, 0x4547u, 0x5453u, 0x4553u, // ISA IEA GS GE ST SE
            0x414E55u, 0x424E55u, 0x474E55u, 0x484E55u, 0x544E55u, 0x454E55u, 0x5A4E55u, // UNA UNB UNG UNH UNT UNE UNZ
            0x424955u, 0x585453u, 0x585453u); // UIB STX
    }

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>1 for what may begin a tag, 2 for what may follow (X12.6 3.5, ISO 9735-1).</summary>
    private static ReadOnlySpan<byte> TagClasses =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0,
        0, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    /// <summary>Leaves the envelope parts that ended with the segment read last.</summary>
    private void LeaveSegment()
    {
        switch (state.Kind)
        {
            case SegmentKind.MessageTrailer:
                state.InMessage = false;
                state.SegmentPosition = 0;
                break;
            case SegmentKind.GroupTrailer:
                state.InGroup = false;
                break;
            case SegmentKind.InterchangeTrailer:
                state.InInterchange = false;
                break;
            default:
                break;
        }
        state.Kind = SegmentKind.Body;
    }

    private readonly bool IsFiller(byte b) =>
        b is (byte)'\r' or (byte)'\n' or (byte)' ' or (byte)'\t' or 0 or 0x1A && state.Dialect?.IsDelimiter(b) != true;

    private bool End(int at)
    {
        next = at;
        if (isFinalBlock && state.InterchangeIndex < 0 && !state.Ended && !state.Findings.Exists(static f => f.Code == "interactive-not-supported"))
        {
            Add("nothing-to-read", "The input holds no ISA, UNA, UNB or STX: nothing in it can be read as EDI.", 0);
        }
        state.Ended |= isFinalBlock;
        return false;
    }

    private void Use(Dialect dialect)
    {
        terminator = dialect.SegmentTerminator;
        isX12 = dialect.Standard == EdiStandard.X12;
        isTradacoms = dialect.Standard == EdiStandard.Tradacoms;
    }

    /// <summary>Starts the interchange at an offset that looks like a header. Returns false when more bytes are needed.</summary>
    private bool Begin(int at)
    {
        bool allowFragment = state.InterchangeIndex < 0 && state.Consumed + at == state.FirstContent(at);
        Detection detection = DialectDetector.TryDetect(data[at..], isFinalBlock, allowFragment, out Dialect? dialect, out int headerOffset);
        switch (detection)
        {
            case Detection.NeedMore:
                next = at;
                return false;
            case Detection.Found:
                int header = at + headerOffset;
                if (state.Options.CharacterSet != CharacterSet.Unknown)
                {
                    dialect = dialect! with { CharacterSet = state.Options.CharacterSet };
                }
                if (headerOffset != 0 || !state.InInterchange || state.Dialect is null || !state.Dialect.CutsLike(dialect!))
                {
                    index.Reset(dialect!, header);
                    endCursor = 0;
                    markCursor = 0;
                }
                state.Dialect = dialect;
                Use(dialect!);
                state.JunkReported = false;
                state.InterchangeOffset = state.Consumed + at;
                state.InInterchange = true;
                state.InGroup = state.InMessage = false;
                state.SegmentPosition = 0;
                headerAt = header;
                state.HeaderPending = true;
                next = header;
                if (!DialectDetector.IsHeader(data[header..]))
                {
                    state.InterchangeIndex++;
                    state.GroupIndex = state.MessageIndex = -1;
                    Add("interchange-header-missing", "A message begins without an interchange around it.", state.Consumed + at, FindingLevel.Envelope);
                }
                CheckDelimiters(dialect!, state.Consumed + at);
                if (dialect!.IsWrapped)
                {
                    Add("lines-wrapped", "Lines are broken at a fixed width; the line breaks are not read as data.", state.Consumed + at,
                        FindingLevel.Syntax, FindingSeverity.Info);
                }
                return true;
            case Detection.Interactive:
                Add("interactive-not-supported",
                    "UIB begins an interactive interchange (ISO 9735-3). Only batch interchanges (UNB) are read; ask the sender for batch EDI.",
                    state.Consumed + at, FindingLevel.Syntax, FindingSeverity.Error, "UIB", "0085", "2");
                state.InInterchange = false;
                state.JunkReported = true;
                return Seek(at + headerOffset + 3);
            default:
                if (state.InInterchange)
                {
                    headerAt = brokenHeaderAt = at;
                    state.HeaderPending = true;
                    return true;
                }
                return Seek(at + 1);
        }
    }

    /// <summary>Looks for the next interchange in bytes that belong to none. Returns false at the end of the block.</summary>
    private bool Seek(int from)
    {
        if (data[from..].StartsWith(ByteOrderMark))
        {
            // Files put together to one leave a mark before each.
            next = from + ByteOrderMark.Length;
            return true;
        }
        if (state.InterchangeIndex < 0 && state.FirstContent(from) == state.Consumed + from)
        {
            ReadOnlySpan<byte> rest = data[from..];
            if (!isFinalBlock && rest.Length < DialectDetector.LookaheadBytes)
            {
                next = from;
                return false;
            }
            if (DialectDetector.TryDetect(rest, isFinalBlock, allowFragment: true, out _, out _) == Detection.Found)
            {
                return Begin(from);
            }
            if (DialectDetector.ForeignEncoding(rest) is { } encoding)
            {
                Add("encoding-not-supported", $"The input looks like {encoding}. EDI is read in encodings of one byte a character and in UTF-8: convert it first.",
                    state.Consumed + from, outside: true);
            }
        }
        int at = from;
        while (true)
        {
            int hop = data[at..].IndexOfAny((byte)'I', (byte)'U', (byte)'S');
            if (hop < 0)
            {
                ReportJunk(from, data.Length);
                next = data.Length;
                return End(data.Length);
            }
            at += hop;
            if (!isFinalBlock && data.Length - at < DialectDetector.LookaheadBytes)
            {
                ReportJunk(from, at);
                next = at;
                return false;
            }
            if (DialectDetector.IsHeader(data[at..])
                && DialectDetector.TryDetect(data[at..], isFinalBlock, allowFragment: false, out _, out _) is Detection.Found or Detection.Interactive)
            {
                ReportJunk(from, at);
                next = at;
                state.JunkReported = false;
                return true;
            }
            at++;
        }
    }

    private void ReportJunk(int from, int to)
    {
        if (to <= from || state.JunkReported || !state.HasRoom || data[from..to].IndexOfAnyExcept("\r\n\t \0\u001A"u8) < 0)
        {
            return;
        }
        state.JunkReported = true;
        Add("data-outside-interchange", $"{(state.InterchangeIndex < 0 ? "Before the first interchange" : "After an interchange")} stands data that "
            + "belongs to none; it was passed over.", state.Consumed + from, found: Shorten(data[from..to]), outside: true);
    }

    /// <summary>1 when a segment was taken, 0 when something was passed over, -1 when more bytes are needed or none are left.</summary>
    private int TakeSegment(int at)
    {
        while (endCursor == index.EndCount)
        {
            index.Forget(markCursor);
            endCursor = 0;
            markCursor = 0;
            if (index.Position - at > state.Options.MaximumSegmentBytes && !state.Skipping)
            {
                Add("segment-too-long", $"A segment is longer than {state.Options.MaximumSegmentBytes} bytes; it was passed over. "
                    + "Check the segment terminator, or raise the limit.", state.Consumed + at, tag: ShortTag(at));
                state.Skipping = true;
            }
            if (state.Skipping)
            {
                index.Forget(index.MarkCount);
                next = index.Position;
                at = next;
            }
            if (!index.Extend(data))
            {
                return isFinalBlock ? TakeUnterminated(at) : NeedMore(at);
            }
        }
        int end = index.Ends[endCursor++];
        int lastMark = end & DelimiterIndex.OffsetMask;
        composite = end < 0;
        firstMark = markCursor;
        markCursor = lastMark + 1;
        next = (index.Marks[lastMark] & DelimiterIndex.OffsetMask) + 1;
        start = at;
        if (state.Skipping)
        {
            state.Skipping = false;
            return 0;
        }
        if (markCursor == firstMark + 1 && start == next - 1)
        {
            if (state.Dialect!.SegmentTerminator is not ((byte)'\r' or (byte)'\n') && state.HasRoom)
            {
                Add("segment-empty", "A segment terminator follows another: there is no segment between them.", state.Consumed + at,
                    FindingLevel.Syntax, FindingSeverity.Warning);
            }
            return 0;
        }
        return 1;
    }

    private int NeedMore(int at)
    {
        next = at;
        return -1;
    }

    private int TakeUnterminated(int at)
    {
        next = data.Length;
        if (state.Skipping || at >= data.Length)
        {
            End(data.Length);
            return -1;
        }
        if (index.MarkCount == index.Marks.Length)
        {
            Array.Resize(ref index.Marks, index.MarkCount + 1);
        }
        index.Marks[index.MarkCount++] = data.Length | DelimiterIndex.Flag;
        composite = true;
        firstMark = markCursor;
        markCursor = index.MarkCount;
        start = at;
        Add("segment-unterminated", "The input ends within a segment: its terminator is missing.", state.Consumed + at, FindingLevel.Syntax,
            state.Dialect!.SegmentTerminator is (byte)'\r' or (byte)'\n' ? FindingSeverity.Info : FindingSeverity.Error, ShortTag(at));
        return 1;
    }

    private void Classify()
    {
        state.HeaderPending = false;
        int length = (index.Marks[firstMark] & DelimiterIndex.OffsetMask) - start;
        if (state.InMessage)
        {
            state.SegmentPosition++;
        }
        ReadOnlySpan<byte> tag = length <= 4 && index.Marks[firstMark] >= 0 ? data.Slice(start, length) : Tag;
        CheckTag(tag);
        state.Kind = state.Dialect!.Standard switch
        {
            EdiStandard.X12 => X12Kind(tag),
            EdiStandard.Edifact => EdifactKind(tag),
            _ => TradacomsKind(tag),
        };
        switch (state.Kind)
        {
            // One that was not begun as a header, such as the bare tag at the end of the input, begins no interchange either.
            case SegmentKind.InterchangeHeader when start == brokenHeaderAt || start != headerAt:
                state.Kind = SegmentKind.Body;
                Add("interchange-header-broken", $"{Shorten(tag)} stands within an interchange and cannot be read as the header of another.", ByteOffset,
                    tag: Shorten(tag), standardElement: isX12 ? "I18" : "0085", standardCode: isX12 ? "022" : "15");
                break;
            case SegmentKind.InterchangeHeader:
                state.InterchangeIndex++;
                state.GroupIndex = state.MessageIndex = -1;
                state.InGroup = state.InMessage = false;
                state.SegmentPosition = 0;
                break;
            case SegmentKind.GroupHeader:
                state.GroupIndex++;
                state.InGroup = true;
                state.InMessage = false;
                state.SegmentPosition = 0;
                break;
            case SegmentKind.MessageHeader:
                state.MessageIndex++;
                state.InMessage = true;
                state.SegmentPosition = 1;
                break;
            case SegmentKind.GroupTrailer or SegmentKind.InterchangeTrailer:
                // A message that lacks its trailer ends here all the same.
                state.InMessage = false;
                state.SegmentPosition = 0;
                break;
            default:
                break;
        }
    }

    private static SegmentKind X12Kind(ReadOnlySpan<byte> tag)
    {
        if (tag.Length == 2)
        {
            return BinaryPrimitives.ReadUInt16LittleEndian(tag) switch
            {
                0x5453 => SegmentKind.MessageHeader, // ST
                0x4553 => SegmentKind.MessageTrailer, // SE
                0x5347 => SegmentKind.GroupHeader, // GS
                0x4547 => SegmentKind.GroupTrailer, // GE
                _ => SegmentKind.Body,
            };
        }
        return tag.Length == 3 && tag[0] == 'I' ? (tag[1], tag[2]) switch
        {
            ((byte)'S', (byte)'A') => SegmentKind.InterchangeHeader,
            ((byte)'E', (byte)'A') => SegmentKind.InterchangeTrailer,
            _ => SegmentKind.Body,
        } : SegmentKind.Body;
    }

    private static SegmentKind EdifactKind(ReadOnlySpan<byte> tag) => tag.Length == 3 && tag[0] == 'U' && tag[1] == 'N' ? tag[2] switch
    {
        (byte)'B' => SegmentKind.InterchangeHeader,
        (byte)'G' => SegmentKind.GroupHeader,
        (byte)'H' => SegmentKind.MessageHeader,
        (byte)'T' => SegmentKind.MessageTrailer,
        (byte)'E' => SegmentKind.GroupTrailer,
        (byte)'Z' => SegmentKind.InterchangeTrailer,
        _ => SegmentKind.Body,
    } : SegmentKind.Body;

    private static SegmentKind TradacomsKind(ReadOnlySpan<byte> tag) => tag switch
    {
        [(byte)'M', (byte)'H', (byte)'D'] => SegmentKind.MessageHeader,
        [(byte)'M', (byte)'T', (byte)'R'] => SegmentKind.MessageTrailer,
        [(byte)'S', (byte)'T', (byte)'X'] => SegmentKind.InterchangeHeader,
        [(byte)'E', (byte)'N', (byte)'D'] => SegmentKind.InterchangeTrailer,
        [(byte)'B', (byte)'A', (byte)'T'] => SegmentKind.GroupHeader,
        [(byte)'E', (byte)'O', (byte)'B'] => SegmentKind.GroupTrailer,
        _ => SegmentKind.Body,
    };

    /// <summary>X12.6 3.5: two or three upper case letters or digits, a letter first; ISO 9735-1 and TRADACOMS: three.</summary>
    private void CheckTag(ReadOnlySpan<byte> tag)
    {
        bool right = tag.Length == 3 || (tag.Length == 2 && state.Dialect!.Standard == EdiStandard.X12);
        foreach (byte b in tag)
        {
            right &= b is (>= (byte)'A' and <= (byte)'Z') or (>= (byte)'0' and <= (byte)'9');
        }
        if ((right && tag[0] > '9') || !state.HasRoom)
        {
            return;
        }
        bool x12 = state.Dialect!.Standard == EdiStandard.X12;
        Add("segment-tag-invalid", $"\"{Shorten(tag)}\" is no segment tag. A delimiter in the data of the segment before is the usual cause.",
            ByteOffset, tag: Shorten(tag), standardElement: x12 ? "720" : "0085", standardCode: x12 ? "1" : "15", found: Shorten(Segment.Raw));
    }

    private void CheckDelimiters(Dialect dialect, long offset)
    {
        if (!state.HasRoom)
        {
            return;
        }
        if (dialect.AmbiguousDelimiter is not 0 and byte twice)
        {
            bool x12 = dialect.Standard == EdiStandard.X12;
            Add("delimiters-not-distinct", $"The byte {Show(twice)} stands for two delimiters at once; values cannot be told apart.", offset,
                standardElement: x12 ? "I18" : "0085", standardCode: x12 ? "026" : "22");
            return;
        }
        if (dialect.SegmentTerminator >= 128)
        {
            Add("segment-terminator-not-ascii", $"The segment terminator is the byte {Show(dialect.SegmentTerminator)}, part of a longer character in most encodings.",
                offset, FindingLevel.Syntax, FindingSeverity.Error, standardElement: "I18", standardCode: "004");
        }
    }

    private static string Show(byte b) => b is > 32 and < 127 ? $"'{(char)b}'" : $"0x{b:X2}";

    private readonly string ShortTag(int at)
    {
        ReadOnlySpan<byte> rest = data[at..Math.Min(data.Length, at + 3)];
        int length = 0;
        while (length < rest.Length && DialectDetector.IsLetterOrDigit(rest[length]))
        {
            length++;
        }
        return Encoding.ASCII.GetString(rest[..length]);
    }

    private static string Shorten(ReadOnlySpan<byte> value) =>
        Encoding.Latin1.GetString(value[..Math.Min(value.Length, 40)]) + (value.Length > 40 ? "…" : "");

    private void Add(
        string code, string text, long offset, FindingLevel level = FindingLevel.Syntax, FindingSeverity severity = FindingSeverity.Error,
        string? tag = null, string? standardElement = null, string? standardCode = null, string? found = null, bool outside = false) =>
        state.Add(new()
        {
            Code = code,
            Level = level,
            Severity = severity,
            Text = text,
            ByteOffset = offset,
            InterchangeIndex = outside ? -1 : state.InterchangeIndex,
            GroupIndex = outside ? -1 : GroupIndex,
            MessageIndex = outside ? -1 : MessageIndex,
            SegmentPosition = outside ? 0 : state.SegmentPosition,
            Tag = tag,
            StandardElement = standardElement,
            StandardCode = standardCode,
            Found = found,
        });
}
