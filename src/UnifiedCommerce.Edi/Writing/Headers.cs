namespace UnifiedCommerce.Edi;

/// <summary>What the header of an interchange says besides the dialect. Lengths are checked when it is written.</summary>
public sealed record EdiInterchangeHeader
{
    /// <summary>The sender's identification (ISA06, UNB 0004, STX02-1).</summary>
    public required string Sender { get; init; }

    /// <summary>The qualifier of the sender's identification (ISA05, UNB 0007); <c>ZZ</c> in X12 when empty.</summary>
    public string SenderQualifier { get; init; } = "";

    /// <summary>The sender's name (STX02-2); the internal identification in EDIFACT (UNB 0008).</summary>
    public string SenderName { get; init; } = "";

    /// <summary>The receiver's identification (ISA08, UNB 0010, STX03-1).</summary>
    public required string Receiver { get; init; }

    /// <summary>The qualifier of the receiver's identification (ISA07, UNB 0007); <c>ZZ</c> in X12 when empty.</summary>
    public string ReceiverQualifier { get; init; } = "";

    /// <summary>The receiver's name (STX03-2); the internal identification in EDIFACT (UNB 0014).</summary>
    public string ReceiverName { get; init; } = "";

    /// <summary>When the interchange was prepared, in the sender's local time.</summary>
    public required DateTime Prepared { get; init; }

    /// <summary>The control number (ISA13 nine digits, UNB 0020 up to 14 characters, STX05).</summary>
    public required string ControlReference { get; init; }

    /// <summary>The kind of messages inside (UNB 0026, STX07).</summary>
    public string ApplicationReference { get; init; } = "";

    /// <summary>The receiver's reference or password (UNB 0022, STX06; ISA04 in X12).</summary>
    public string Password { get; init; } = "";

    /// <summary>The identifier of an agreement between the partners (UNB 0032).</summary>
    public string AgreementIdentifier { get; init; } = "";

    /// <summary>Processing priority (UNB 0029, STX08).</summary>
    public string Priority { get; init; } = "";

    /// <summary>Whether an acknowledgement is asked for (ISA14, UNB 0031).</summary>
    public bool AcknowledgementRequested { get; init; }

    /// <summary>Whether the interchange is a test (ISA15, UNB 0035).</summary>
    public bool IsTest { get; init; }
}

/// <summary>What the header of a functional group says.</summary>
public sealed record EdiGroupHeader
{
    /// <summary>X12 GS01, such as <c>PO</c>; EDIFACT UNG 0038, the message type.</summary>
    public required string FunctionalIdentifier { get; init; }

    /// <summary>The sender's code (GS02, UNG 0040).</summary>
    public required string Sender { get; init; }

    /// <summary>The receiver's code (GS03, UNG 0044).</summary>
    public required string Receiver { get; init; }

    /// <summary>When the group was prepared, in the sender's local time.</summary>
    public required DateTime Prepared { get; init; }

    /// <summary>The control number (GS06 up to nine digits, UNG 0048).</summary>
    public required string ControlReference { get; init; }

    /// <summary>The responsible agency (GS07, UNG 0051); <c>X</c> in X12 and <c>UN</c> in EDIFACT when empty.</summary>
    public string Agency { get; init; } = "";

    /// <summary>X12 GS08 such as <c>004010</c>; EDIFACT UNG 0052 such as <c>D</c>.</summary>
    public required string Version { get; init; }

    /// <summary>EDIFACT UNG 0054 such as <c>96A</c>.</summary>
    public string Release { get; init; } = "";

    /// <summary>EDIFACT UNG 0057 such as <c>EAN008</c>.</summary>
    public string AssociationCode { get; init; } = "";
}

/// <summary>What the header of a message says.</summary>
public sealed record EdiMessageHeader
{
    /// <summary>The kind of message: <c>850</c>, <c>ORDERS</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The control number (ST02 four to nine digits, UNH 0062 up to 14 characters, MHD01).</summary>
    public required string Reference { get; init; }

    /// <summary>EDIFACT 0052 such as <c>D</c>; MHD02-2; X12 ST03 from 005010 on when a guide asks for it.</summary>
    public string Version { get; init; } = "";

    /// <summary>EDIFACT 0054 such as <c>96A</c>.</summary>
    public string Release { get; init; } = "";

    /// <summary>EDIFACT 0051; <c>UN</c> when empty.</summary>
    public string Agency { get; init; } = "";

    /// <summary>EDIFACT 0057 such as <c>EAN008</c>.</summary>
    public string AssociationCode { get; init; } = "";
}
