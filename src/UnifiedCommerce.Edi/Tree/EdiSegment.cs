using System.Text;

namespace UnifiedCommerce.Edi;

/// <summary>One segment of a document; small enough to pass by value and to keep.</summary>
public readonly struct EdiSegment : IEquatable<EdiSegment>
{
    private readonly EdiDocument document;

    internal EdiSegment(EdiDocument document, int index)
    {
        this.document = document;
        Index = index;
    }

    /// <summary>Index of the segment in its document from 0.</summary>
    public int Index { get; }

    /// <summary>The segment in the buffer, with every way to its values.</summary>
    public SegmentView View => document.View(Index);

    /// <summary>The part it plays in the envelope.</summary>
    public SegmentKind Kind => document.Entry(Index).Kind;

    /// <summary>Position in its message, 1 for the message header; 0 outside a message.</summary>
    public int Position => document.Entry(Index).Position;

    /// <summary>Offset of its first byte in the document.</summary>
    public int ByteOffset => document.Entry(Index).Start;

    /// <summary>Offset of the first byte after its terminator.</summary>
    public int EndOffset => document.EndOf(Index);

    /// <summary>The tag as text, such as <c>BGM</c>.</summary>
    public string Tag => Encoding.Latin1.GetString(View.Tag);

    /// <summary>The tag as bytes.</summary>
    public ReadOnlySpan<byte> TagBytes => View.Tag;

    /// <inheritdoc cref="SegmentView.Raw"/>
    public ReadOnlySpan<byte> Raw => View.Raw;

    /// <inheritdoc cref="SegmentView.ElementCount"/>
    public int ElementCount => View.ElementCount;

    /// <summary>Whether the tag is the given one.</summary>
    /// <param name="tag">The tag in bytes, such as <c>"BGM"u8</c>.</param>
    public bool Is(ReadOnlySpan<byte> tag) => View.Tag.SequenceEqual(tag);

    /// <inheritdoc cref="SegmentView.RawElement(int)"/>
    public ReadOnlySpan<byte> RawElement(int element) => View.RawElement(element);

    /// <inheritdoc cref="SegmentView.Element(int)"/>
    public ReadOnlySpan<byte> Element(int element) => View.Element(element);

    /// <inheritdoc cref="SegmentView.RepetitionCount(int)"/>
    public int RepetitionCount(int element) => View.RepetitionCount(element);

    /// <inheritdoc cref="SegmentView.ComponentCount(int, int)"/>
    public int ComponentCount(int element, int repetition = 1) => View.ComponentCount(element, repetition);

    /// <inheritdoc cref="SegmentView.Component(int, int, int)"/>
    public ReadOnlySpan<byte> Component(int element, int component, int repetition = 1) => View.Component(element, component, repetition);

    /// <inheritdoc cref="SegmentView.Text(int, int, int)"/>
    public string Text(int element, int component = 1, int repetition = 1) => View.Text(element, component, repetition);

    /// <summary>Whether both are the same segment of the same document.</summary>
    /// <param name="other">The other segment.</param>
    public bool Equals(EdiSegment other) => ReferenceEquals(document, other.document) && Index == other.Index;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is EdiSegment other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Index;

    /// <summary>The segment as it stands, without its terminator.</summary>
    public override string ToString() => View.Dialect.CharacterSet.GetEncoding().GetString(View.Raw);

    /// <summary>Whether both are the same segment of the same document.</summary>
    /// <param name="left">One segment.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(EdiSegment left, EdiSegment right) => left.Equals(right);

    /// <summary>Whether they are different segments.</summary>
    /// <param name="left">One segment.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(EdiSegment left, EdiSegment right) => !left.Equals(right);
}
