namespace UnifiedCommerce.Edi;

/// <summary>What a router needs to know of an interchange, from its first segments only.</summary>
public sealed record EdiPeek
{
    /// <summary>How it is written.</summary>
    public required Dialect Dialect { get; init; }

    /// <summary>The sender's identification (ISA06, UNB 0004, STX02-1); trailing spaces removed.</summary>
    public required string Sender { get; init; }

    /// <summary>The qualifier of the sender's identification (ISA05, UNB 0007).</summary>
    public required string SenderQualifier { get; init; }

    /// <summary>The receiver's identification (ISA08, UNB 0010, STX03-1); trailing spaces removed.</summary>
    public required string Receiver { get; init; }

    /// <summary>The qualifier of the receiver's identification (ISA07, UNB 0007).</summary>
    public required string ReceiverQualifier { get; init; }

    /// <summary>The control number (ISA13, UNB 0020, STX05).</summary>
    public required string ControlReference { get; init; }

    /// <summary>Whether an acknowledgement is asked for (ISA14, UNB 0031).</summary>
    public required bool AcknowledgementRequested { get; init; }

    /// <summary>Whether it is a test (ISA15, UNB 0035).</summary>
    public required bool IsTest { get; init; }

    /// <summary>The kind of the first message; null when none was in reach.</summary>
    public string? MessageType { get; init; }

    /// <summary>The version of the first message as a guide names it: <c>D96A EAN008</c>, <c>004010VICS</c>; null when none was in reach.</summary>
    public string? MessageVersion { get; init; }

    /// <summary>Looks at the first interchange in the bytes; null when they begin with none.</summary>
    /// <param name="data">The beginning of an input; four kilobytes are enough.</param>
    public static EdiPeek? Read(ReadOnlySpan<byte> data)
    {
        // Header, group header and message header stand at the very beginning; what is cut off behind them does not matter.
        EdiDocument document = EdiDocument.Read(data[..Math.Min(data.Length, 4096)].ToArray());
        if (document.Interchanges.Count == 0 || document.Interchanges[0] is not { Header: not null } interchange)
        {
            return null;
        }
        EdiMessage? message = interchange.Messages.Count > 0 ? interchange.Messages[0] : null;
        return new()
        {
            Dialect = interchange.Dialect,
            Sender = interchange.Sender,
            SenderQualifier = interchange.SenderQualifier,
            Receiver = interchange.Receiver,
            ReceiverQualifier = interchange.ReceiverQualifier,
            ControlReference = interchange.ControlReference,
            AcknowledgementRequested = interchange.AcknowledgementRequested,
            IsTest = interchange.IsTest,
            MessageType = message?.Type,
            MessageVersion = message is null ? null : message.Dialect.Standard switch
            {
                EdiStandard.X12 => message.Version + message.AssociationCode,
                EdiStandard.Edifact => $"{message.Version}{message.Release} {message.AssociationCode}".TrimEnd(),
                _ => message.Version,
            },
        };
    }
}
