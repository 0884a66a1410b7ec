namespace UnifiedCommerce.Edi.Acknowledgements;

/// <summary>The kinds of acknowledgement.</summary>
public enum AcknowledgementKind
{
    /// <summary>TA1: the X12 interchange was received, or why not (X12.5).</summary>
    Ta1,

    /// <summary>997: functional acknowledgement of X12 groups and sets (X12.20).</summary>
    Functional997,

    /// <summary>999: implementation acknowledgement of X12 groups and sets, with the guide's findings (X12 999 X231).</summary>
    Implementation999,

    /// <summary>CONTRL: syntax and service report of EDIFACT (ISO 9735-10; in syntax 1 to 3 the UN/EDIFACT message).</summary>
    Contrl,

    /// <summary>APERAK: application error and acknowledgement of an EDIFACT message.</summary>
    Aperak,
}

/// <summary>How one part of an interchange fared.</summary>
public enum AcknowledgementStatus
{
    /// <summary>Taken as it is.</summary>
    Accepted,

    /// <summary>Taken although it has errors.</summary>
    AcceptedWithErrors,

    /// <summary>Some messages of the group were taken.</summary>
    PartiallyAccepted,

    /// <summary>Not taken.</summary>
    Rejected,

    /// <summary>Arrived; nothing is said about its content yet (CONTRL 0083 code 8).</summary>
    Received,
}

/// <summary>What an acknowledgement is to look like. References and time come from the caller, who has to keep them.</summary>
public sealed record AcknowledgementOptions
{
    /// <summary>The control number of the interchange that carries the acknowledgement (ISA13 up to nine digits, UNB 0020). When one input needs several interchanges, each further one is counted up from it.</summary>
    public required string ControlReference { get; init; }

    /// <summary>When it is prepared, in local time.</summary>
    public required DateTime Prepared { get; init; }

    /// <summary>The kinds wanted; those that fit the standard and are due are made. All but <see cref="AcknowledgementKind.Implementation999"/> and <see cref="AcknowledgementKind.Aperak"/> unless set.</summary>
    public IReadOnlyCollection<AcknowledgementKind> Kinds { get; init; } =
        [AcknowledgementKind.Ta1, AcknowledgementKind.Functional997, AcknowledgementKind.Contrl];

    /// <summary>Whether a message with errors is accepted with them (AK501 E) rather than rejected.</summary>
    public bool AcceptWithErrors { get; init; }

    /// <summary>Whether messages without errors are listed too; otherwise their acceptance follows from the level above. True unless set.</summary>
    public bool ListAccepted { get; init; } = true;

    /// <summary>The control number of the X12 group that carries 997 or 999 (GS06); that of the interchange unless set.</summary>
    public string? GroupReference { get; init; }

    /// <summary>Whether a TA1 is written even when the interchange does not ask for one (ISA14 0) and has no error.</summary>
    public bool AlwaysTa1 { get; init; }
}
