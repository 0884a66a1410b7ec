namespace UnifiedCommerce.Edi;

/// <summary>
/// How one interchange is written: its standard, delimiters, syntax version and character set.
/// A reader finds it from the bytes; a writer is given one, chosen or mirrored from a reader.
/// </summary>
/// <remarks>A delimiter that is 0 does not exist in the dialect.</remarks>
public sealed record Dialect
{
    /// <summary>The family of syntax.</summary>
    public required EdiStandard Standard { get; init; }

    /// <summary>The byte that ends a segment (X12: byte after ISA16; EDIFACT: UNA position 6).</summary>
    public required byte SegmentTerminator { get; init; }

    /// <summary>The byte between elements (X12: byte after <c>ISA</c>; EDIFACT: UNA position 2).</summary>
    public required byte ElementSeparator { get; init; }

    /// <summary>The byte between components of an element (X12: ISA16; EDIFACT: UNA position 1).</summary>
    public required byte ComponentSeparator { get; init; }

    /// <summary>The byte between repetitions of an element, or 0 (X12: ISA11 from 00402; EDIFACT syntax 4: UNA position 5).</summary>
    public byte RepetitionSeparator { get; init; }

    /// <summary>The byte that takes the meaning from a delimiter after it, or 0 (EDIFACT: UNA position 4). X12 has none.</summary>
    public byte ReleaseCharacter { get; init; }

    /// <summary>The byte after a segment's tag: <c>=</c> in TRADACOMS, elsewhere the element separator.</summary>
    public byte TagSeparator { get; init; }

    /// <summary>The decimal mark announced by the interchange (EDIFACT: UNA position 3). Readers accept both point and comma in EDIFACT.</summary>
    public byte DecimalMark { get; init; } = (byte)'.';

    /// <summary>X12 ISA12, such as <c>00401</c>; EDIFACT S001 0001, such as <c>UNOC</c>; TRADACOMS STX01-1, such as <c>ANA</c>.</summary>
    public string SyntaxIdentifier { get; init; } = "";

    /// <summary>EDIFACT S001 0002 (1 to 4), TRADACOMS STX01-2; for X12 the number in ISA12, such as 401. 0 when absent or not a number.</summary>
    public int SyntaxVersion { get; init; }

    /// <summary>The character set that the text is written in.</summary>
    public CharacterSet CharacterSet { get; init; }

    /// <summary>Whether a service string advice (UNA) precedes the interchange header.</summary>
    public bool HasServiceStringAdvice { get; init; }

    /// <summary>Whether lines were broken at a fixed width without regard to segments, so that line ends are no data.</summary>
    public bool IsWrapped { get; init; }

    /// <summary>X12 with the delimiters <c>*</c> <c>&gt;</c> <c>~</c>; repetition <c>^</c> from version 00402 on.</summary>
    /// <param name="version">ISA12, five digits such as <c>00401</c> or <c>00501</c>.</param>
    public static Dialect X12(string version = "00401")
    {
        ArgumentException.ThrowIfNullOrEmpty(version);
        _ = int.TryParse(version, out int number);
        return new()
        {
            Standard = EdiStandard.X12,
            SegmentTerminator = (byte)'~',
            ElementSeparator = (byte)'*',
            ComponentSeparator = (byte)'>',
            RepetitionSeparator = number >= 402 ? (byte)'^' : (byte)0,
            TagSeparator = (byte)'*',
            SyntaxIdentifier = version,
            SyntaxVersion = number,
            CharacterSet = CharacterSet.X12Extended,
        };
    }

    /// <summary>EDIFACT with the standard's delimiters <c>: + . ? '</c>; repetition <c>*</c> in syntax 4.</summary>
    /// <param name="syntaxIdentifier">S001 0001: <c>UNOA</c> to <c>UNOY</c>.</param>
    /// <param name="syntaxVersion">S001 0002: 1 to 4.</param>
    public static Dialect Edifact(string syntaxIdentifier = "UNOC", int syntaxVersion = 3)
    {
        ArgumentException.ThrowIfNullOrEmpty(syntaxIdentifier);
        ArgumentOutOfRangeException.ThrowIfLessThan(syntaxVersion, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(syntaxVersion, 4);
        return new()
        {
            Standard = EdiStandard.Edifact,
            SegmentTerminator = (byte)'\'',
            ElementSeparator = (byte)'+',
            ComponentSeparator = (byte)':',
            RepetitionSeparator = syntaxVersion >= 4 ? (byte)'*' : (byte)0,
            ReleaseCharacter = (byte)'?',
            TagSeparator = (byte)'+',
            SyntaxIdentifier = syntaxIdentifier,
            SyntaxVersion = syntaxVersion,
            CharacterSet = CharacterSets.FromEdifact(syntaxIdentifier),
        };
    }

    /// <summary>TRADACOMS with its fixed delimiters.</summary>
    /// <param name="syntaxIdentifier">STX01-1: <c>ANA</c>, or <c>ANAA</c> for authenticated files.</param>
    public static Dialect Tradacoms(string syntaxIdentifier = "ANA") => new()
    {
        Standard = EdiStandard.Tradacoms,
        SegmentTerminator = (byte)'\'',
        ElementSeparator = (byte)'+',
        ComponentSeparator = (byte)':',
        ReleaseCharacter = (byte)'?',
        TagSeparator = (byte)'=',
        SyntaxIdentifier = syntaxIdentifier,
        SyntaxVersion = 1,
        CharacterSet = CharacterSet.Tradacoms,
    };

    /// <summary>The byte that stands for two delimiters at once; 0 when all differ.</summary>
    internal byte AmbiguousDelimiter
    {
        get
        {
            ReadOnlySpan<byte> all = [SegmentTerminator, ElementSeparator, ComponentSeparator, RepetitionSeparator, ReleaseCharacter];
            for (int i = 0; i < all.Length; i++)
            {
                if (all[i] != 0 && all[(i + 1)..].Contains(all[i]))
                {
                    return all[i];
                }
            }
            return 0;
        }
    }

    /// <summary>Whether both dialects cut bytes at the same places.</summary>
    internal bool CutsLike(Dialect other) =>
        SegmentTerminator == other.SegmentTerminator && ElementSeparator == other.ElementSeparator
        && ComponentSeparator == other.ComponentSeparator && RepetitionSeparator == other.RepetitionSeparator
        && ReleaseCharacter == other.ReleaseCharacter && TagSeparator == other.TagSeparator && IsWrapped == other.IsWrapped;

    /// <summary>Whether the byte is one of the dialect's delimiters or its release character.</summary>
    /// <param name="value">The byte to look at.</param>
    public bool IsDelimiter(byte value) => value != 0
        && (value == SegmentTerminator || value == ElementSeparator || value == ComponentSeparator || value == RepetitionSeparator
            || value == ReleaseCharacter);
}
