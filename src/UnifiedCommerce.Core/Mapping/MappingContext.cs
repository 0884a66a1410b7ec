using UnifiedCommerce.Edi;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>What a mapping needs beside the document: who, when, and the numbers of the envelope.</summary>
public sealed record MappingContext
{
    /// <summary>A context for reading, or for writing formats without envelope.</summary>
    public static MappingContext Empty { get; } = new();

    /// <summary>The partner's id, for diagnostics.</summary>
    public string PartnerId { get; init; } = "";
    /// <summary>Constants of the partner, named in mappings as <c>{$name}</c>.</summary>
    public IReadOnlyDictionary<string, string> Constants { get; init; } = new Dictionary<string, string>();
    /// <summary>The moment of writing, from the caller's <see cref="TimeProvider"/>.</summary>
    public DateTimeOffset Now { get; init; }
    /// <summary>Time zone of moments without offset, when the mapping names none.</summary>
    public TimeZoneInfo? TimeZone { get; init; }
    /// <summary>The envelope; null writes the message alone.</summary>
    public EnvelopeProfile? Envelope { get; init; }
    /// <summary>Interchange control number (ISA13, UNB 0020).</summary>
    public string InterchangeRef { get; init; } = "1";
    /// <summary>Group control number (GS06); the interchange's when empty.</summary>
    public string GroupRef { get; init; } = "";
    /// <summary>Message control number (ST02, UNH 0062), or the message id of XML and JSON.</summary>
    public string MessageRef { get; init; } = "1";
    /// <summary>Test documents never mix with production (ISA15, UNB 0035, cXML deploymentMode).</summary>
    public bool Test { get; init; }
}

/// <summary>How a partner's interchanges are addressed and written.</summary>
public sealed record EnvelopeProfile
{
    /// <summary>Sender id (ISA06, UNB 0004, cXML From).</summary>
    public required string Sender { get; init; }
    /// <summary>Sender qualifier (ISA05, UNB 0007).</summary>
    public string SenderQualifier { get; init; } = "";
    /// <summary>Receiver id (ISA08, UNB 0010, cXML To).</summary>
    public required string Receiver { get; init; }
    /// <summary>Receiver qualifier (ISA07, UNB 0007).</summary>
    public string ReceiverQualifier { get; init; } = "";
    /// <summary>Application sender (GS02); the sender when empty.</summary>
    public string GroupSender { get; init; } = "";
    /// <summary>Application receiver (GS03); the receiver when empty.</summary>
    public string GroupReceiver { get; init; } = "";
    /// <summary>Delimiters, syntax version and character set; the mapping's standard when null.</summary>
    public Dialect? Dialect { get; init; }
    /// <summary>What follows every segment, such as a line feed.</summary>
    public string? LineEnding { get; init; }
    /// <summary>Characters the partner cannot read are replaced with a finding instead of refused.</summary>
    public bool ReplaceUnwritable { get; init; }
    /// <summary>An acknowledgement is asked for (ISA14, UNB 0031).</summary>
    public bool AcknowledgementRequested { get; init; }
    /// <summary>UNB 0026.</summary>
    public string ApplicationReference { get; init; } = "";
    /// <summary>UNB 0032.</summary>
    public string AgreementIdentifier { get; init; } = "";
    /// <summary>GS08 when the partner wants another than the mapping's version, such as <c>004010VICS</c>.</summary>
    public string GroupVersion { get; init; } = "";
}
