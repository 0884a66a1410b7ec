using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace UnifiedCommerce.Edi;

/// <summary>What begins with a token.</summary>
public enum TokenKind
{
    /// <summary>The tag of the segment.</summary>
    Tag,

    /// <summary>An element, with its first repetition and component.</summary>
    Element,

    /// <summary>A further repetition of the element, with its first component.</summary>
    Repetition,

    /// <summary>A further component.</summary>
    Component,
}

/// <summary>Goes through the tokens of a segment after its tag: every component, one by one, with its position.</summary>
/// <example>
/// <code>
/// TokenReader tokens = segment.ReadTokens();
/// while (tokens.Read()) { Use(tokens.ElementPosition, tokens.ComponentPosition, tokens.Value); }
/// </code>
/// </example>
public ref struct TokenReader
{
    private readonly ref byte data;
    private readonly ref int last;
    private ref int at;
    private readonly Dialect dialect;
    private readonly Scratch? scratch;
    private readonly byte elementSeparator;
    private readonly byte componentSeparator;
    private readonly Shape shape;
    private int from;
    private int element;
    private int repetition;
    private int component;
    private int kind;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal TokenReader(ReadOnlySpan<byte> data, ReadOnlySpan<int> marks, int start, bool composite, Dialect dialect, Scratch? scratch)
    {
        this.data = ref MemoryMarshal.GetReference(data);
        at = ref MemoryMarshal.GetReference(marks);
        last = ref Unsafe.Add(ref at, marks.Length - 1);
        this.dialect = dialect;
        this.scratch = scratch;
        elementSeparator = dialect.ElementSeparator;
        componentSeparator = dialect.ComponentSeparator;
        // In EDIFACT about every second segment has components: asking each time would be guessed wrong by the processor too often.
        shape = dialect.Standard switch
        {
            EdiStandard.X12 when !composite => Shape.Simple,
            EdiStandard.Tradacoms => Shape.OwnTagSeparator,
            _ => Shape.Composite,
        };
        from = start;
        repetition = component = 1;
    }

    private enum Shape : byte
    {
        Simple,
        Composite,
        OwnTagSeparator,
    }

    /// <summary>What begins with the token.</summary>
    public readonly TokenKind Kind => (TokenKind)kind;

    /// <summary>Position of the element from 1; 0 while in the tag.</summary>
    public readonly int ElementPosition => element;

    /// <summary>Which repetition of the element, from 1.</summary>
    public readonly int Repetition => repetition;

    /// <summary>Position of the component from 1.</summary>
    public readonly int ComponentPosition => component;

    /// <summary>The value, release characters taken out.</summary>
    public readonly ReadOnlySpan<byte> Value
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => at >= 0 ? Span(at) : Scratch.Clean(scratch, RawValue, dialect);
    }

    /// <summary>The bytes as they stand.</summary>
    public readonly ReadOnlySpan<byte> RawValue
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Span(at & DelimiterIndex.OffsetMask);
    }

    /// <summary>Offset of the token's first byte in the buffer.</summary>
    public readonly int Offset => from;

    /// <summary>Goes to the next token. Returns false after the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Read()
    {
        if (!Unsafe.IsAddressLessThan(ref at, ref last))
        {
            return false;
        }
        int separator = at & DelimiterIndex.OffsetMask;
        from = separator + 1;
        at = ref Unsafe.Add(ref at, 1);
        if (shape == Shape.Simple)
        {
            element++;
            kind = (int)TokenKind.Element;
            return true;
        }
        // Branch-free on purpose: which separator comes next cannot be guessed.
        byte b = Unsafe.Add(ref data, separator);
        int begins = One(b == elementSeparator);
        if (shape == Shape.OwnTagSeparator)
        {
            begins |= One(b == dialect.TagSeparator);
        }
        int continues = One(b == componentSeparator) & ~begins;
        element += begins;
        component = 1 + (component & -continues);
        repetition = begins + ((repetition + 1 - continues) & (begins - 1));
        kind = (int)TokenKind.Repetition - begins + continues;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int One(bool condition) => condition ? 1 : 0;

    // The index gives ascending offsets within the buffer, so that no bound need be checked again.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly ReadOnlySpan<byte> Span(int to) => MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref data, from), to - from);
}
