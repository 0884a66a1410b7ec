namespace UnifiedCommerce.Edi.Validation;

/// <summary>What a check found, and the envelope facts that an acknowledgement needs.</summary>
public sealed class ValidationReport
{
    /// <summary>Every finding in the order it was made, up to the limit of the options.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>The interchanges in order.</summary>
    public required IReadOnlyList<InterchangeReport> Interchanges { get; init; }

    /// <summary>How many segments were read.</summary>
    public long Segments { get; init; }

    /// <summary>How many findings are errors, unlisted ones included.</summary>
    public int Errors { get; init; }

    /// <summary>How many findings are warnings, unlisted ones included.</summary>
    public int Warnings { get; init; }

    /// <summary>How many messages were read.</summary>
    public int Messages => Interchanges.Sum(interchange => interchange.Messages.Count);

    /// <summary>Whether nothing weighs as an error.</summary>
    public bool IsValid => Errors == 0;
}

/// <summary>One interchange as its header announced it, and how it fared.</summary>
public sealed class InterchangeReport
{
    /// <summary>Index in the input from 0.</summary>
    public required int Index { get; init; }

    /// <summary>How it is written.</summary>
    public required Dialect Dialect { get; init; }

    /// <summary>Its sender, receiver, control number and flags; null when it came without a header.</summary>
    public EdiInterchangeHeader? Header { get; init; }

    /// <summary>The header's date and time as they stand there, with a blank between (ISA09 ISA10, UNB S004).</summary>
    public string PreparedText { get; init; } = "";

    /// <summary>Offset in bytes of its first byte.</summary>
    public long ByteOffset { get; init; }

    /// <summary>The functional groups; in EDIFACT usually none.</summary>
    public IReadOnlyList<GroupReport> Groups => GroupList;

    /// <summary>The messages of all groups.</summary>
    public IReadOnlyList<MessageReport> Messages => MessageList;

    /// <summary>How many errors the envelope itself has.</summary>
    public int Errors { get; internal set; }

    /// <summary>Whether the trailer was found.</summary>
    public bool HasTrailer { get; internal set; }

    internal List<GroupReport> GroupList { get; } = [];

    internal List<MessageReport> MessageList { get; } = [];
}

/// <summary>One functional group as its header announced it, and how it fared.</summary>
public sealed class GroupReport
{
    /// <summary>Index in the interchange from 0.</summary>
    public required int Index { get; init; }

    /// <summary>GS01 or UNG 0038.</summary>
    public required string FunctionalIdentifier { get; init; }

    /// <summary>GS02 or UNG 0040.</summary>
    public required string Sender { get; init; }

    /// <summary>GS03 or UNG 0044.</summary>
    public required string Receiver { get; init; }

    /// <summary>GS06 or UNG 0048.</summary>
    public required string ControlReference { get; init; }

    /// <summary>GS08; in EDIFACT UNG 0052 and 0054 together.</summary>
    public required string Version { get; init; }

    /// <summary>How many messages the trailer announced; null when it is missing or no number (GE01, UNE 0060).</summary>
    public int? AnnouncedMessages { get; internal set; }

    /// <summary>How many messages were found.</summary>
    public int Messages { get; internal set; }

    /// <summary>How many errors its own envelope has.</summary>
    public int Errors { get; internal set; }
}

/// <summary>One message as its header announced it, and how it fared.</summary>
public sealed class MessageReport
{
    // A file of a gigabyte holds half a million messages, nearly all of one kind and with short references: hence the packing.
    private readonly MessageKind kind;
    private readonly UInt128 packedReference;
    private readonly string? longReference;

    internal MessageReport(MessageKind kind, int index, int groupIndex, ReadOnlySpan<byte> reference, Dialect dialect)
    {
        this.kind = kind;
        Index = index;
        GroupIndex = groupIndex;
        if (reference.Length > 15 || reference.IndexOfAnyExceptInRange((byte)' ', (byte)'~') >= 0)
        {
            longReference = dialect.CharacterSet.GetEncoding().GetString(reference);
            return;
        }

        foreach (var b in reference) packedReference = (packedReference << 8) | b;
    }

    /// <summary>Index in the interchange from 0.</summary>
    public int Index { get; }

    /// <summary>Index of its group, or -1.</summary>
    public int GroupIndex { get; }

    /// <summary>The type: ST01, UNH 0065, MHD02-1.</summary>
    public string Type => kind.Type;

    /// <summary>The version to look its schema up by: GS08, UNH 0052 and 0054 together, MHD02-2.</summary>
    public string Version => kind.Version;

    /// <summary>UNH 0051, such as <c>UN</c>; otherwise empty.</summary>
    public string Agency => kind.Agency;

    /// <summary>UNH 0057 such as <c>EAN008</c>, or ST03; otherwise empty.</summary>
    public string AssociationCode => kind.AssociationCode;

    /// <summary>The schema that it was checked against, such as <c>D96A</c>; null when none has the type.</summary>
    public string? CheckedAgainst => kind.CheckedAgainst;

    /// <summary>The reference: ST02, UNH 0062, MHD01.</summary>
    public string Reference
    {
        get
        {
            if (longReference is not null) return longReference;
            Span<char> text = stackalloc char[15];
            var at = text.Length;
            for (var rest = packedReference; rest != 0; rest >>= 8) text[--at] = (char)(byte)rest;
            return new(text[at..]);
        }
    }

    /// <summary>How many errors it has.</summary>
    public int Errors { get; internal set; }

    /// <summary>How many segments it has, header and trailer included.</summary>
    public int Segments { get; internal set; }
}

/// <summary>What the headers of like messages share.</summary>
internal sealed record MessageKind(string Type, string Version, string Agency, string AssociationCode, string? CheckedAgainst);
