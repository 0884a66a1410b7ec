namespace UnifiedCommerce.Edi;

/// <summary>The part a segment plays in the envelope.</summary>
public enum SegmentKind
{
    /// <summary>A segment of a message, or one between messages such as TA1.</summary>
    Body,

    /// <summary>ISA, UNB or STX.</summary>
    InterchangeHeader,

    /// <summary>IEA, UNZ or END.</summary>
    InterchangeTrailer,

    /// <summary>GS, UNG or BAT.</summary>
    GroupHeader,

    /// <summary>GE, UNE or EOB.</summary>
    GroupTrailer,

    /// <summary>ST, UNH or MHD.</summary>
    MessageHeader,

    /// <summary>SE, UNT or MTR.</summary>
    MessageTrailer,
}
