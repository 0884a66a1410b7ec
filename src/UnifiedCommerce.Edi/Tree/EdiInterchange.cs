namespace UnifiedCommerce.Edi;

/// <summary>One interchange: what stands from ISA to IEA, UNB to UNZ, or STX to END.</summary>
public sealed class EdiInterchange
{
    private readonly EdiDocument document;
    private readonly int first;
    private readonly int startOffset;
    private int end;
    private int endOffset;

    internal EdiInterchange(EdiDocument document, int index, Dialect dialect, int first, int startOffset)
    {
        this.document = document;
        this.first = first;
        this.startOffset = startOffset;
        Index = index;
        Dialect = dialect;
    }

    internal List<EdiGroup> GroupList { get; } = [];

    internal List<EdiMessage> MessageList { get; } = [];

    internal int HeaderIndex { get; set; } = -1;

    internal int TrailerIndex { get; set; } = -1;

    /// <summary>Index in the document from 0.</summary>
    public int Index { get; }

    /// <summary>How it is written.</summary>
    public Dialect Dialect { get; }

    /// <summary>The functional groups in order; messages outside a group stand in one without header.</summary>
    public IReadOnlyList<EdiGroup> Groups => GroupList;

    /// <summary>The messages of all groups in order.</summary>
    public IReadOnlyList<EdiMessage> Messages => MessageList;

    /// <summary>ISA, UNB or STX; null when the messages came without.</summary>
    public EdiSegment? Header => HeaderIndex < 0 ? null : new(document, HeaderIndex);

    /// <summary>IEA, UNZ or END; null when it is missing.</summary>
    public EdiSegment? Trailer => TrailerIndex < 0 ? null : new(document, TrailerIndex);

    /// <summary>Every segment from header to trailer.</summary>
    public EdiSegmentList Segments => new(document, first, end - first);

    /// <summary>The bytes from the header, a service string advice included, to the end of the trailer.</summary>
    public ReadOnlyMemory<byte> Bytes => document.Bytes[startOffset..endOffset];

    /// <summary>Offset of its first byte in the document.</summary>
    public int ByteOffset => startOffset;

    /// <summary>The sender's identification (ISA06, UNB S002 0004, STX02-1); trailing spaces removed.</summary>
    public string Sender => Dialect.Standard switch
    {
        EdiStandard.X12 => HeaderText(6),
        EdiStandard.Edifact => HeaderText(2),
        _ => HeaderText(2) is { Length: > 0 } code ? code : HeaderText(2, 2),
    };

    /// <summary>The qualifier of the sender's identification (ISA05, UNB S002 0007); empty in TRADACOMS.</summary>
    public string SenderQualifier => Dialect.Standard switch
    {
        EdiStandard.X12 => HeaderText(5),
        EdiStandard.Edifact => HeaderText(2, 2),
        _ => "",
    };

    /// <summary>The receiver's identification (ISA08, UNB S003 0010, STX03-1); trailing spaces removed.</summary>
    public string Receiver => Dialect.Standard switch
    {
        EdiStandard.X12 => HeaderText(8),
        EdiStandard.Edifact => HeaderText(3),
        _ => HeaderText(3) is { Length: > 0 } code ? code : HeaderText(3, 2),
    };

    /// <summary>The qualifier of the receiver's identification (ISA07, UNB S003 0007); empty in TRADACOMS.</summary>
    public string ReceiverQualifier => Dialect.Standard switch
    {
        EdiStandard.X12 => HeaderText(7),
        EdiStandard.Edifact => HeaderText(3, 2),
        _ => "",
    };

    /// <summary>The control number (ISA13, UNB 0020, STX05).</summary>
    public string ControlReference => Dialect.Standard == EdiStandard.X12 ? HeaderText(13) : HeaderText(5);

    /// <summary>Whether the sender asks for an acknowledgement: ISA14 for a TA1, UNB 0031 for a CONTRL. TRADACOMS has none.</summary>
    public bool AcknowledgementRequested => Dialect.Standard switch
    {
        EdiStandard.X12 => HeaderText(14) == "1",
        EdiStandard.Edifact => HeaderText(9) == "1",
        _ => false,
    };

    /// <summary>Whether the interchange is a test: ISA15 is T, UNB 0035 is 1 or higher.</summary>
    public bool IsTest => Dialect.Standard switch
    {
        EdiStandard.X12 => HeaderText(15) == "T",
        EdiStandard.Edifact => HeaderText(11) is not ("" or "0"),
        _ => false,
    };

    /// <summary>When the sender prepared it, in the sender's local time; null when absent or no date (ISA09-10, UNB S004, STX04).</summary>
    public DateTime? Prepared => Dialect.Standard == EdiStandard.X12
        ? EdiValue.Date(HeaderText(9), HeaderText(10))
        : EdiValue.Date(HeaderText(4, 1), HeaderText(4, 2));

    internal void Close(int endSegment, int byteOffset)
    {
        end = endSegment;
        endOffset = byteOffset;
    }

    private string HeaderText(int element, int component = 1) => Header is { } header ? header.Text(element, component).Trim() : "";
}

/// <summary>A functional group: what stands from GS to GE, UNG to UNE, or BAT to EOB, or messages without such a pair.</summary>
public sealed class EdiGroup
{
    private readonly EdiDocument document;
    private readonly int first;
    private int end;

    internal EdiGroup(EdiDocument document, EdiInterchange interchange, int index, int first)
    {
        this.document = document;
        this.first = first;
        Interchange = interchange;
        Index = index;
    }

    internal List<EdiMessage> MessageList { get; } = [];

    internal int HeaderIndex { get; set; } = -1;

    internal int TrailerIndex { get; set; } = -1;

    /// <summary>The interchange it stands in.</summary>
    public EdiInterchange Interchange { get; }

    /// <summary>Index in the interchange from 0.</summary>
    public int Index { get; }

    /// <summary>The messages in order.</summary>
    public IReadOnlyList<EdiMessage> Messages => MessageList;

    /// <summary>GS, UNG or BAT; null for messages outside a group.</summary>
    public EdiSegment? Header => HeaderIndex < 0 ? null : new(document, HeaderIndex);

    /// <summary>GE, UNE or EOB; null when there is none.</summary>
    public EdiSegment? Trailer => TrailerIndex < 0 ? null : new(document, TrailerIndex);

    /// <summary>Every segment from header to trailer.</summary>
    public EdiSegmentList Segments => new(document, first, end - first);

    /// <summary>X12 GS01, such as <c>PO</c>; EDIFACT UNG 0038, the message type; empty without header.</summary>
    public string FunctionalIdentifier => Text(1);

    /// <summary>The sender's code (GS02, UNG S006 0040).</summary>
    public string Sender => Text(2);

    /// <summary>The receiver's code (GS03, UNG S007 0044).</summary>
    public string Receiver => Text(3);

    /// <summary>The control number (GS06, UNG 0048).</summary>
    public string ControlReference => Interchange.Dialect.Standard switch
    {
        EdiStandard.X12 => Text(6),
        EdiStandard.Edifact => Text(5),
        _ => Text(1),
    };

    /// <summary>The responsible agency (GS07, UNG 0051); empty without header.</summary>
    public string Agency => Interchange.Dialect.Standard switch
    {
        EdiStandard.X12 => Text(7),
        EdiStandard.Edifact => Text(6),
        _ => "",
    };

    /// <summary>The version, release and industry code of the group (GS08, such as <c>004010VICS</c>); empty in other standards.</summary>
    public string VersionCode => Interchange.Dialect.Standard == EdiStandard.X12 ? Text(8) : "";

    internal void Close(int endSegment) => end = endSegment;

    private string Text(int element, int component = 1) => Header is { } header ? header.Text(element, component).Trim() : "";
}

/// <summary>A message (X12: transaction set): what stands from ST to SE, UNH to UNT, or MHD to MTR.</summary>
public sealed class EdiMessage
{
    private readonly EdiDocument document;
    private readonly int first;
    private int end;

    internal EdiMessage(EdiDocument document, EdiGroup group, int index, int first)
    {
        this.document = document;
        this.first = first;
        Group = group;
        Index = index;
    }

    internal int TrailerIndex { get; set; } = -1;

    /// <summary>The group it stands in.</summary>
    public EdiGroup Group { get; }

    /// <summary>The interchange it stands in.</summary>
    public EdiInterchange Interchange => Group.Interchange;

    /// <summary>How it is written.</summary>
    public Dialect Dialect => Group.Interchange.Dialect;

    /// <summary>Index in the interchange from 0.</summary>
    public int Index { get; }

    /// <summary>ST, UNH or MHD.</summary>
    public EdiSegment Header => new(document, first);

    /// <summary>SE, UNT or MTR; null when it is missing.</summary>
    public EdiSegment? Trailer => TrailerIndex < 0 ? null : new(document, TrailerIndex);

    /// <summary>Every segment from header to trailer.</summary>
    public EdiSegmentList Segments => new(document, first, end - first);

    /// <summary>The bytes from the header to the end of the last segment.</summary>
    public ReadOnlyMemory<byte> Bytes => document.Bytes[Header.ByteOffset..document.EndOf(end - 1)];

    /// <summary>The kind of message: ST01 such as <c>850</c>, UNH S009 0065 such as <c>ORDERS</c>, MHD02-1.</summary>
    public string Type => Dialect.Standard == EdiStandard.X12 ? Text(1) : Text(2);

    /// <summary>The version: the first six digits of GS08 such as <c>004010</c>; UNH 0052 such as <c>D</c>; MHD02-2.</summary>
    public string Version => Dialect.Standard == EdiStandard.X12
        ? VersionCode is { Length: > 6 } code ? code[..6] : VersionCode
        : Text(2, 2);

    /// <summary>The release: UNH 0054 such as <c>96A</c>; empty in other standards.</summary>
    public string Release => Dialect.Standard == EdiStandard.Edifact ? Text(2, 3) : "";

    /// <summary>The controlling agency: UNH 0051 such as <c>UN</c>; GS07 such as <c>X</c>; empty in TRADACOMS.</summary>
    public string Agency => Dialect.Standard switch
    {
        EdiStandard.X12 => Group.Agency,
        EdiStandard.Edifact => Text(2, 4),
        _ => "",
    };

    /// <summary>The association assigned code: UNH 0057 such as <c>EAN008</c>; what follows the version in ST03 or GS08 such as <c>VICS</c>.</summary>
    public string AssociationCode => Dialect.Standard switch
    {
        EdiStandard.X12 => VersionCode is { Length: > 6 } code ? code[6..] : "",
        EdiStandard.Edifact => Text(2, 5),
        _ => "",
    };

    /// <summary>The control number (ST02, UNH 0062, MHD01).</summary>
    public string Reference => Dialect.Standard == EdiStandard.X12 ? Text(2) : Text(1);

    private string VersionCode => Text(3) is { Length: > 0 } convention ? convention : Group.VersionCode;

    internal void Close(int endSegment) => end = endSegment;

    private string Text(int element, int component = 1) => Header.Text(element, component).Trim();
}
