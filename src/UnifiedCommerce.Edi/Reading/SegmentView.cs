using System.Runtime.CompilerServices;

namespace UnifiedCommerce.Edi;

/// <summary>
/// One segment in the buffer it was read from: its tag, elements, repetitions and components, by position from 1.
/// </summary>
/// <remarks>Nothing is copied. A position that the segment does not have gives an empty value.</remarks>
public readonly ref struct SegmentView
{
    private readonly ReadOnlySpan<byte> data;
    private readonly ReadOnlySpan<int> marks;
    private readonly Dialect dialect;
    private readonly Scratch? scratch;
    private readonly int start;
    private readonly bool composite;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal SegmentView(ReadOnlySpan<byte> data, ReadOnlySpan<int> marks, int start, bool composite, Dialect dialect, Scratch? scratch)
    {
        this.data = data;
        this.marks = marks;
        this.start = start;
        this.composite = composite;
        this.dialect = dialect;
        this.scratch = scratch;
    }

    /// <summary>The dialect that the segment is written in.</summary>
    public Dialect Dialect => dialect;

    /// <summary>The tag, such as <c>BGM</c>.</summary>
    public ReadOnlySpan<byte> Tag => Token(0);

    /// <summary>The bytes from the tag up to, without, the terminator.</summary>
    public ReadOnlySpan<byte> Raw => data[start..Offset(marks.Length - 1)];

    /// <summary>Whether the segment ends with its terminator; only the last of an input may not.</summary>
    public bool IsTerminated => Offset(marks.Length - 1) < data.Length;

    /// <summary>How many tokens the segment has: the tag and every component, one by one. The fastest way through a segment.</summary>
    public int TokenCount => marks.Length;

    /// <summary>How many elements stand in the segment, empty ones before the last included.</summary>
    public int ElementCount
    {
        get
        {
            if (!composite)
            {
                return marks.Length - 1;
            }
            int count = 0;
            for (int i = 0; i < marks.Length - 1; i++)
            {
                count += IsElementMark(i) ? 1 : 0;
            }
            return count;
        }
    }

    /// <summary>The raw bytes of a token, release characters included.</summary>
    /// <param name="index">0 for the tag, then every component in order.</param>
    public ReadOnlySpan<byte> RawToken(int index)
    {
        int from = index == 0 ? start : Offset(index - 1) + 1;
        return data[from..Offset(index)];
    }

    /// <summary>The value of a token, release characters taken out.</summary>
    /// <param name="index">0 for the tag, then every component in order.</param>
    public ReadOnlySpan<byte> Token(int index)
    {
        ReadOnlySpan<byte> raw = RawToken(index);
        return marks[index] >= 0 ? raw : Scratch.Clean(scratch, raw, dialect);
    }

    /// <summary>What begins with a token: an element, a repetition of it, or only a component.</summary>
    /// <param name="index">0 for the tag, then every component in order.</param>
    public TokenKind KindOf(int index)
    {
        if (index == 0)
        {
            return TokenKind.Tag;
        }
        if (!composite || IsElementMark(index - 1))
        {
            return TokenKind.Element;
        }
        return data[Offset(index - 1)] == dialect.ComponentSeparator ? TokenKind.Component : TokenKind.Repetition;
    }

    /// <summary>The offset in the buffer of a token's first byte.</summary>
    /// <param name="index">0 for the tag, then every component in order.</param>
    public int TokenOffset(int index) => index == 0 ? start : Offset(index - 1) + 1;

    /// <summary>Goes through the tokens in order; the fastest way to every value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TokenReader ReadTokens() => new(data, marks, start, composite, dialect, scratch);

    /// <summary>The bytes of a whole element as they stand, with its repetitions, components and release characters.</summary>
    /// <param name="element">Position of the element from 1.</param>
    public ReadOnlySpan<byte> RawElement(int element)
    {
        (int from, int to) = Find(element);
        return from < 0 ? default : data[TokenOffset(from)..Offset(to - 1)];
    }

    /// <summary>The value of an element; of the first component in the first repetition when it has several.</summary>
    /// <param name="element">Position of the element from 1.</param>
    public ReadOnlySpan<byte> Element(int element)
    {
        if (!composite && (uint)element < (uint)marks.Length && element > 0)
        {
            return Token(element);
        }
        (int from, _) = Find(element);
        return from < 0 ? default : Token(from);
    }

    /// <summary>How often an element is repeated: 1 for a simple one, 0 when the segment does not have it.</summary>
    /// <param name="element">Position of the element from 1.</param>
    public int RepetitionCount(int element)
    {
        (int from, int to) = Find(element);
        if (from < 0)
        {
            return 0;
        }
        int count = 1;
        for (int i = from + 1; i < to; i++)
        {
            count += data[Offset(i - 1)] == dialect.ComponentSeparator ? 0 : 1;
        }
        return count;
    }

    /// <summary>How many components a repetition of an element has: 1 for a simple one, 0 when the segment does not have it.</summary>
    /// <param name="element">Position of the element from 1.</param>
    /// <param name="repetition">Which repetition, from 1.</param>
    public int ComponentCount(int element, int repetition = 1)
    {
        (int from, int to) = Find(element, repetition);
        return from < 0 ? 0 : to - from;
    }

    /// <summary>The value of a component, release characters taken out; empty when absent.</summary>
    /// <param name="element">Position of the element from 1.</param>
    /// <param name="component">Position of the component from 1.</param>
    /// <param name="repetition">Which repetition, from 1.</param>
    public ReadOnlySpan<byte> Component(int element, int component, int repetition = 1)
    {
        int token = FindToken(element, component, repetition);
        return token < 0 ? default : Token(token);
    }

    /// <summary>The bytes of a component as they stand; empty when absent.</summary>
    /// <param name="element">Position of the element from 1.</param>
    /// <param name="component">Position of the component from 1.</param>
    /// <param name="repetition">Which repetition, from 1.</param>
    public ReadOnlySpan<byte> RawComponent(int element, int component, int repetition = 1)
    {
        int token = FindToken(element, component, repetition);
        return token < 0 ? default : RawToken(token);
    }

    /// <summary>The text of a component in the dialect's character set; empty when absent.</summary>
    /// <param name="element">Position of the element from 1.</param>
    /// <param name="component">Position of the component from 1.</param>
    /// <param name="repetition">Which repetition, from 1.</param>
    public string Text(int element, int component = 1, int repetition = 1)
    {
        ReadOnlySpan<byte> value = Component(element, component, repetition);
        return value.IsEmpty ? "" : dialect.CharacterSet.GetEncoding().GetString(value);
    }

    /// <summary>The token of a component, or -1 when absent.</summary>
    /// <param name="element">Position of the element from 1.</param>
    /// <param name="component">Position of the component from 1.</param>
    /// <param name="repetition">Which repetition, from 1.</param>
    public int FindToken(int element, int component = 1, int repetition = 1)
    {
        if (component < 1)
        {
            return -1;
        }
        (int from, int to) = Find(element, repetition);
        return from < 0 || component > to - from ? -1 : from + component - 1;
    }

    /// <summary>The tokens of an element: from the first to the one after the last, or -1.</summary>
    private (int From, int To) Find(int element)
    {
        if (element < 1)
        {
            return (-1, -1);
        }
        if (!composite)
        {
            return element < marks.Length ? (element, element + 1) : (-1, -1);
        }
        int last = marks.Length - 1;
        int at = 0;
        for (int remaining = element; at < last; at++)
        {
            if (IsElementMark(at) && --remaining == 0)
            {
                int to = at + 1;
                while (to < last && !IsElementMark(to))
                {
                    to++;
                }
                return (at + 1, to + 1);
            }
        }
        return (-1, -1);
    }

    private (int From, int To) Find(int element, int repetition)
    {
        (int from, int to) = Find(element);
        if (from < 0 || repetition < 1 || !composite)
        {
            return repetition == 1 ? (from, to) : (-1, -1);
        }
        byte separator = dialect.ComponentSeparator;
        for (int i = from + 1; i <= to; i++)
        {
            if (i == to || data[Offset(i - 1)] != separator)
            {
                if (--repetition == 0)
                {
                    return (from, i);
                }
                from = i;
            }
        }
        return (-1, -1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Offset(int mark) => marks[mark] & DelimiterIndex.OffsetMask;

    private bool IsElementMark(int mark)
    {
        byte b = data[Offset(mark)];
        return b == dialect.ElementSeparator || (mark == 0 && b == dialect.TagSeparator);
    }
}
