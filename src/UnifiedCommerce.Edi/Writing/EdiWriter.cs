using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace UnifiedCommerce.Edi;

/// <summary>
/// Writes interchanges: escapes what has to be, leaves trailing separators out, checks characters before a byte leaves, and counts
/// segments, messages and groups for the trailers. Control numbers are given by the caller.
/// </summary>
/// <example>
/// <code>
/// writer.BeginSegment("QTY").Element("21").Component(12).Component("PCE").EndSegment();   // QTY+21:12:PCE'
/// </code>
/// </example>
public sealed class EdiWriter : IDisposable
{
    private const int FlushAtBytes = 16 * 1024;

    private readonly IBufferWriter<byte>? sink;
    private readonly Stream? stream;
    private readonly EdiWriterOptions options;
    private readonly byte[] lineEnding;
    private readonly Plainness plain;
    private readonly Encoding encoding;
    private readonly List<Finding> findings = [];

    private byte[] buffer = new byte[4096];
    private int used;
    private int segmentStart;
    private bool inSegment;
    private bool firstElement;
    private int pendingElements;
    private int pendingRepetitions;
    private int pendingComponents;
    private string tag = "";
    private int elementPosition;
    private int componentPosition;

    private EdiInterchangeHeader? interchange;
    private EdiGroupHeader? group;
    private EdiMessageHeader? message;
    private int groupsInInterchange;
    private int messagesInInterchange;
    private int messagesInGroup;
    private int segmentsInMessage;

    /// <summary>Writes into a buffer.</summary>
    /// <param name="output">Receives whole segments.</param>
    /// <param name="dialect">Chosen, or mirrored from a reader.</param>
    /// <param name="options">The layout.</param>
    public EdiWriter(IBufferWriter<byte> output, Dialect dialect, EdiWriterOptions options = default)
        : this(dialect, options)
    {
        ArgumentNullException.ThrowIfNull(output);
        sink = output;
    }

    /// <summary>Writes into a stream, which stays open.</summary>
    /// <param name="output">Receives whole segments.</param>
    /// <param name="dialect">Chosen, or mirrored from a reader.</param>
    /// <param name="options">The layout.</param>
    public EdiWriter(Stream output, Dialect dialect, EdiWriterOptions options = default)
        : this(dialect, options)
    {
        ArgumentNullException.ThrowIfNull(output);
        stream = output;
    }

    private EdiWriter(Dialect dialect, EdiWriterOptions options)
    {
        ArgumentNullException.ThrowIfNull(dialect);
        if (dialect.AmbiguousDelimiter is not 0 and byte twice)
        {
            throw new ArgumentException($"The byte 0x{twice:X2} stands for two delimiters at once.", nameof(dialect));
        }
        Dialect = dialect;
        this.options = options;
        lineEnding = Encoding.ASCII.GetBytes(options.LineEnding ?? "");
        if (lineEnding.AsSpan().IndexOfAnyExcept((byte)'\r', (byte)'\n', (byte)' ') >= 0)
        {
            throw new ArgumentException("A line ending holds only carriage return, line feed and space.", nameof(options));
        }
        plain = Plainness.Of(dialect);
        encoding = (Encoding)dialect.CharacterSet.GetEncoding().Clone();
        encoding.EncoderFallback = EncoderFallback.ExceptionFallback;
    }

    /// <summary>How it writes.</summary>
    public Dialect Dialect { get; }

    /// <summary>How many bytes were written, those still in the writer included.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>How many segments of the open message were written, its header included; 0 outside a message.</summary>
    public int SegmentsInMessage => message is null ? 0 : segmentsInMessage;

    /// <summary>What was replaced because it could not be written; empty with <see cref="UnwritableText.Refuse"/>.</summary>
    public IReadOnlyList<Finding> Findings => findings;

    /// <summary>Writes the header of an interchange, after a UNA when the dialect needs one.</summary>
    /// <param name="header">What it says.</param>
    public void BeginInterchange(EdiInterchangeHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        Require(interchange is null, "An interchange is open: end it before the next begins.");
        EnvelopeWriter.InterchangeHeader(this, header);
        interchange = header;
        groupsInInterchange = messagesInInterchange = 0;
    }

    /// <summary>Writes the header of a functional group.</summary>
    /// <param name="header">What it says.</param>
    public void BeginGroup(EdiGroupHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        Require(group is null && message is null, "A group or message is open: end it before the next group begins.");
        EnvelopeWriter.GroupHeader(this, header);
        group = header;
        groupsInInterchange++;
        messagesInGroup = 0;
    }

    /// <summary>Writes the header of a message.</summary>
    /// <param name="header">What it says.</param>
    public void BeginMessage(EdiMessageHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        Require(message is null, "A message is open: end it before the next begins.");
        EnvelopeWriter.MessageHeader(this, header);
        message = header;
        segmentsInMessage = 1;
        messagesInGroup++;
        messagesInInterchange++;
    }

    /// <summary>Writes the trailer of the message with the number of its segments.</summary>
    public void EndMessage()
    {
        Require(message is not null, "No message is open.");
        EnvelopeWriter.MessageTrailer(this, message!.Reference, segmentsInMessage + 1);
        message = null;
    }

    /// <summary>Writes the trailer of the group with the number of its messages.</summary>
    public void EndGroup()
    {
        Require(group is not null && message is null, "No group is open, or a message in it still is.");
        EnvelopeWriter.GroupTrailer(this, group!.ControlReference, messagesInGroup);
        group = null;
    }

    /// <summary>Writes the trailer of the interchange with the number of its groups or messages, and flushes.</summary>
    public void EndInterchange()
    {
        Require(interchange is not null && group is null && message is null, "No interchange is open, or a group or message in it still is.");
        bool countsGroups = Dialect.Standard == EdiStandard.X12 || (Dialect.Standard == EdiStandard.Edifact && groupsInInterchange > 0);
        EnvelopeWriter.InterchangeTrailer(this, interchange!.ControlReference, countsGroups ? groupsInInterchange : messagesInInterchange);
        interchange = null;
        Flush();
    }

    /// <summary>Begins a segment.</summary>
    /// <param name="tag">Its tag, such as <c>BGM</c>.</param>
    public EdiWriter BeginSegment(string tag)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        Require(!inSegment, "A segment is open: end it before the next begins.");
        this.tag = tag;
        segmentStart = used;
        inSegment = true;
        firstElement = true;
        pendingElements = pendingRepetitions = pendingComponents = 0;
        elementPosition = componentPosition = 0;
        Span<byte> room = Room(tag.Length);
        for (int i = 0; i < tag.Length; i++)
        {
            if (!char.IsAsciiLetterOrDigit(tag[i]))
            {
                throw Abandon($"\"{tag}\" is no segment tag.");
            }
            room[i] = (byte)tag[i];
        }
        used += tag.Length;
        return this;
    }

    /// <summary>Begins the next element and leaves it empty.</summary>
    public EdiWriter Element()
    {
        Require(inSegment, "No segment is open.");
        if (options.KeepTrailingSeparators)
        {
            FlushPending();
        }
        pendingElements++;
        pendingRepetitions = pendingComponents = 0;
        elementPosition++;
        componentPosition = 1;
        return this;
    }

    /// <summary>Begins the next element with a text.</summary>
    /// <param name="value">The text; empty leaves the element empty.</param>
    public EdiWriter Element(ReadOnlySpan<char> value)
    {
        Element();
        Text(value);
        return this;
    }

    /// <summary>Begins the next element with a text.</summary>
    /// <param name="value">The text; null or empty leaves the element empty.</param>
    public EdiWriter Element(string? value) => Element(value.AsSpan());

    /// <summary>Begins the next element with bytes in the dialect's character set.</summary>
    /// <param name="value">The bytes, not escaped; empty leaves the element empty.</param>
    public EdiWriter Element(ReadOnlySpan<byte> value)
    {
        Element();
        Bytes(value);
        return this;
    }

    /// <summary>Begins the next element with a number.</summary>
    /// <param name="value">The number.</param>
    public EdiWriter Element(long value)
    {
        Element();
        Number(value);
        return this;
    }

    /// <summary>Begins the next element with a number, as many digits after the decimal mark as it has.</summary>
    /// <param name="value">The number.</param>
    public EdiWriter Element(decimal value)
    {
        Element();
        Number(value);
        return this;
    }

    /// <summary>Begins the next component of the element and leaves it empty.</summary>
    public EdiWriter Component()
    {
        Require(inSegment && elementPosition > 0, "No element is open.");
        if (Dialect.ComponentSeparator == 0)
        {
            throw Abandon("The dialect has no component separator.");
        }
        pendingComponents++;
        componentPosition++;
        return this;
    }

    /// <summary>Begins the next component with a text.</summary>
    /// <param name="value">The text; empty leaves the component empty.</param>
    public EdiWriter Component(ReadOnlySpan<char> value)
    {
        Component();
        Text(value);
        return this;
    }

    /// <summary>Begins the next component with a text.</summary>
    /// <param name="value">The text; null or empty leaves the component empty.</param>
    public EdiWriter Component(string? value) => Component(value.AsSpan());

    /// <summary>Begins the next component with bytes in the dialect's character set.</summary>
    /// <param name="value">The bytes, not escaped; empty leaves the component empty.</param>
    public EdiWriter Component(ReadOnlySpan<byte> value)
    {
        Component();
        Bytes(value);
        return this;
    }

    /// <summary>Begins the next component with a number.</summary>
    /// <param name="value">The number.</param>
    public EdiWriter Component(long value)
    {
        Component();
        Number(value);
        return this;
    }

    /// <summary>Begins the next component with a number, as many digits after the decimal mark as it has.</summary>
    /// <param name="value">The number.</param>
    public EdiWriter Component(decimal value)
    {
        Component();
        Number(value);
        return this;
    }

    /// <summary>Begins the next repetition of the element and leaves it empty.</summary>
    public EdiWriter Repetition()
    {
        Require(inSegment && elementPosition > 0, "No element is open.");
        if (Dialect.RepetitionSeparator == 0)
        {
            throw Abandon($"The dialect has no repetition separator; X12 has one from 00402, EDIFACT from syntax 4. Write {tag} again instead.");
        }
        if (options.KeepTrailingSeparators)
        {
            FlushPending();
        }
        pendingRepetitions++;
        pendingComponents = 0;
        componentPosition = 1;
        return this;
    }

    /// <summary>Begins the next repetition of the element with a text.</summary>
    /// <param name="value">The text; null or empty leaves the repetition empty.</param>
    public EdiWriter Repetition(string? value)
    {
        Repetition();
        Text(value);
        return this;
    }

    /// <summary>Begins the next repetition of the element with bytes in the dialect's character set.</summary>
    /// <param name="value">The bytes, not escaped.</param>
    public EdiWriter Repetition(ReadOnlySpan<byte> value)
    {
        Repetition();
        Bytes(value);
        return this;
    }

    /// <summary>Ends the segment.</summary>
    public void EndSegment()
    {
        Require(inSegment, "No segment is open.");
        if (options.KeepTrailingSeparators)
        {
            FlushPending();
        }
        Span<byte> room = Room(1 + lineEnding.Length);
        room[0] = Dialect.SegmentTerminator;
        lineEnding.CopyTo(room[1..]);
        used += 1 + lineEnding.Length;
        inSegment = false;
        segmentsInMessage++;
        BytesWritten += used - segmentStart;
        if (used >= FlushAtBytes)
        {
            Flush();
        }
    }

    /// <summary>Writes a whole segment of simple elements.</summary>
    /// <param name="tag">Its tag.</param>
    /// <param name="elements">The texts of its elements; null or empty for none.</param>
    public void Segment(string tag, params ReadOnlySpan<string?> elements)
    {
        BeginSegment(tag);
        foreach (string? element in elements)
        {
            Element(element);
        }
        EndSegment();
    }

    /// <summary>
    /// Writes a segment that was read. In the dialect it was read in its bytes are taken over unchecked; in another one its values are
    /// escaped and checked anew. Separators after the last value follow the options.
    /// </summary>
    /// <param name="segment">The segment.</param>
    public void Segment(SegmentView segment)
    {
        Encoding from = segment.Dialect.CharacterSet.GetEncoding();
        bool sameText = from.CodePage == encoding.CodePage;
        bool verbatim = sameText && Dialect.CutsLike(segment.Dialect);
        if (verbatim && options.KeepTrailingSeparators)
        {
            Require(!inSegment, "A segment is open: end it before the next begins.");
            segmentStart = used;
            Verbatim(segment.Raw, insideSegment: true);
            inSegment = true;
            pendingElements = pendingRepetitions = pendingComponents = 0;
            EndSegment();
            return;
        }
        BeginSegment(Encoding.Latin1.GetString(segment.Tag));
        for (int i = 1; i < segment.TokenCount; i++)
        {
            switch (segment.KindOf(i))
            {
                case TokenKind.Component:
                    Component();
                    break;
                case TokenKind.Repetition:
                    Repetition();
                    break;
                default:
                    Element();
                    break;
            }
            if (verbatim)
            {
                ReadOnlySpan<byte> raw = segment.RawToken(i);
                if (!raw.IsEmpty)
                {
                    Verbatim(raw, pending: true);
                }
            }
            else if (sameText)
            {
                Bytes(segment.Token(i));
            }
            else
            {
                Text(from.GetString(segment.Token(i)));
            }
        }
        EndSegment();
    }

    /// <summary>Hands all whole segments to the output.</summary>
    public void Flush()
    {
        Require(!inSegment, "A segment is open: end it before flushing.");
        if (used == 0)
        {
            return;
        }
        if (sink is not null)
        {
            sink.Write(buffer.AsSpan(0, used));
        }
        else
        {
            stream!.Write(buffer, 0, used);
        }
        used = 0;
    }

    /// <summary>Flushes what is whole; a segment that is still open is left out.</summary>
    public void Dispose()
    {
        if (inSegment)
        {
            used = segmentStart;
            inSegment = false;
        }
        Flush();
    }

    /// <summary>Writes bytes past all checks: UNA, and the fixed fields of ISA.</summary>
    internal void Verbatim(ReadOnlySpan<byte> bytes, bool pending = false, bool insideSegment = false)
    {
        if (pending)
        {
            FlushPending();
        }
        bytes.CopyTo(Room(bytes.Length));
        used += bytes.Length;
        BytesWritten += inSegment || insideSegment ? 0 : bytes.Length;
    }

    /// <summary>Writes an element past all checks.</summary>
    internal void VerbatimElement(ReadOnlySpan<byte> bytes)
    {
        Element();
        FlushPending();
        Verbatim(bytes);
    }

    internal void VerbatimLineEnding() => Verbatim(lineEnding);

    internal EdiWriteException Abandon(string message)
    {
        used = inSegment ? segmentStart : used;
        inSegment = false;
        return new EdiWriteException(message);
    }

    private void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new InvalidOperationException(message);
        }
    }

    private Span<byte> Room(int bytes)
    {
        if (buffer.Length - used < bytes)
        {
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, used + bytes));
        }
        return buffer.AsSpan(used);
    }

    /// <summary>Writes the separators that were held back because nothing might follow them.</summary>
    private void FlushPending()
    {
        int count = pendingElements + pendingRepetitions + pendingComponents;
        if (count == 0)
        {
            return;
        }
        Span<byte> room = Room(count);
        int at = 0;
        for (; pendingElements > 0; pendingElements--)
        {
            room[at++] = firstElement ? Dialect.TagSeparator : Dialect.ElementSeparator;
            firstElement = false;
        }
        for (; pendingRepetitions > 0; pendingRepetitions--)
        {
            room[at++] = Dialect.RepetitionSeparator;
        }
        for (; pendingComponents > 0; pendingComponents--)
        {
            room[at++] = Dialect.ComponentSeparator;
        }
        used += at;
    }

    private void Text(ReadOnlySpan<char> value)
    {
        if (value.IsEmpty)
        {
            return;
        }
        FlushPending();
        int at = value.IndexOfAnyExcept(plain.Characters);
        if (at < 0)
        {
            Span<byte> room = Room(value.Length);
            Encoding.ASCII.GetBytes(value, room);
            used += value.Length;
            return;
        }
        SlowText(value);
    }

    private void SlowText(ReadOnlySpan<char> value)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(encoding.GetMaxByteCount(value.Length));
        try
        {
            int length;
            try
            {
                length = encoding.GetBytes(value, bytes);
            }
            catch (EncoderFallbackException fault)
            {
                if (options.UnwritableText == UnwritableText.Refuse)
                {
                    throw Abandon(Refusal(value.ToString(), $"the character U+{(int)fault.CharUnknown:X4}"));
                }
                length = encoding.GetBytes(Replacement.For(value, encoding), bytes);
                AddReplaced(value.ToString());
            }
            Escaped(bytes.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private void Bytes(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return;
        }
        FlushPending();
        if (value.IndexOfAnyExcept(plain.Bytes) < 0)
        {
            value.CopyTo(Room(value.Length));
            used += value.Length;
            return;
        }
        Escaped(value);
    }

    /// <summary>Writes bytes with release characters before delimiters; what the character set forbids is refused or replaced.</summary>
    private void Escaped(ReadOnlySpan<byte> value)
    {
        Span<byte> room = Room(value.Length * 2);
        int at = 0;
        bool replaced = false;
        foreach (byte original in value)
        {
            byte b = original;
            if (!plain.Allowed[b])
            {
                if (options.UnwritableText == UnwritableText.Refuse)
                {
                    throw Abandon(Refusal(encoding.GetString(value), $"the byte 0x{b:X2}"));
                }
                b = plain.Nearest(b);
                replaced = true;
            }
            if (Dialect.IsDelimiter(b))
            {
                if (Dialect.ReleaseCharacter != 0)
                {
                    room[at++] = Dialect.ReleaseCharacter;
                }
                else if (options.UnwritableText == UnwritableText.Refuse)
                {
                    throw Abandon(Refusal(encoding.GetString(value), $"the delimiter '{(char)b}', which {Dialect.Standard} cannot escape"));
                }
                else
                {
                    b = (byte)' ';
                    replaced = true;
                }
            }
            room[at++] = b;
        }
        used += at;
        if (replaced)
        {
            AddReplaced(encoding.GetString(value));
        }
    }

    private string Refusal(string value, string what) => string.Create(CultureInfo.InvariantCulture,
        $"{tag} element {elementPosition} component {componentPosition}: \"{value}\" holds {what}, which {Dialect.CharacterSet} does not allow here. "
        + $"Choose another character set or delimiter, or let the writer replace it ({nameof(EdiWriterOptions.UnwritableText)}).");

    private void AddReplaced(string value) => findings.Add(new()
    {
        Code = "text-replaced",
        Level = FindingLevel.Element,
        Severity = FindingSeverity.Warning,
        Text = $"Characters that {Dialect.CharacterSet} does not allow were replaced.",
        ByteOffset = BytesWritten,
        SegmentPosition = message is null ? 0 : segmentsInMessage + 1,
        Tag = tag,
        ElementPosition = elementPosition,
        ComponentPosition = componentPosition,
        Found = value,
    });

    private void Number(long value)
    {
        FlushPending();
        Utf8Formatter.TryFormat(value, Room(20), out int length);
        used += length;
    }

    private void Number(decimal value)
    {
        FlushPending();
        Span<byte> room = Room(32);
        Utf8Formatter.TryFormat(value, room, out int length);
        if (Dialect.DecimalMark != '.' && Dialect.DecimalMark > ' ')
        {
            room[..length].Replace((byte)'.', Dialect.DecimalMark);
        }
        used += length;
    }
}
