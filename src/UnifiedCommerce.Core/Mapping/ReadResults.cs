using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>A part of a message that no line of the mapping names. It is kept and shown, and the original stays.</summary>
/// <param name="Place">Where: <c>segment 12 FTX</c>, <c>/Order/cbc:Note</c>, <c>row 3 column 7</c>.</param>
/// <param name="Text">What stands there.</param>
public sealed record UnmappedValue(string Place, string Text);

/// <summary>One message as it was read.</summary>
public sealed record ReadMessage
{
    /// <summary>The kind of canonical document.</summary>
    public required DocumentKind Kind { get; init; }
    /// <summary>The canonical record (<see cref="DocumentTypes.Of"/> says which), or null when it could not be made.
    /// With <see cref="HasErrors"/> it is there to look at, not to act on.</summary>
    public object? Document { get; init; }
    /// <summary>Message type as sent: ORDERS, 850, Order.</summary>
    public string MessageType { get; init; } = "";
    /// <summary>Message control number (ST02, UNH 0062); empty for formats without.</summary>
    public string MessageRef { get; init; } = "";
    /// <summary>Interchange control number (ISA13, UNB 0020).</summary>
    public string InterchangeRef { get; init; } = "";
    /// <summary>Index of the message in the file, from 0.</summary>
    public int Index { get; init; }
    /// <summary>Offset of the message's first byte in the file.</summary>
    public long ByteOffset { get; init; }
    /// <summary>Length of the message in bytes.</summary>
    public long ByteLength { get; init; }
    /// <summary>The mapping file that read it and its version: <c>nordhandel/order-response.edifact.map@1a2b3c4d5e6f</c>.</summary>
    public string MappingId { get; init; } = "";
    /// <summary>What was found.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; init; } = [];
    /// <summary>What the mapping does not name.</summary>
    public IReadOnlyList<UnmappedValue> Unmapped { get; init; } = [];
    /// <summary>The document must not be applied: a person looks first.</summary>
    public bool HasErrors => Document is null || Diagnostics.Any(diagnostic => diagnostic.Severity == Severity.Error);
}

/// <summary>What reading a file gave.</summary>
/// <param name="Messages">The messages in the order of the file.</param>
/// <param name="Diagnostics">What concerns the file, not one message.</param>
public sealed record ReadResult(IReadOnlyList<ReadMessage> Messages, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>Something must be looked at by a person.</summary>
    public bool HasErrors => Messages.Any(message => message.HasErrors) || Diagnostics.Any(diagnostic => diagnostic.Severity == Severity.Error);
    /// <summary>The documents of a type that were read without errors.</summary>
    /// <typeparam name="T">The canonical record.</typeparam>
    public IEnumerable<T> Documents<T>()
        where T : class => Messages.Where(message => !message.HasErrors).Select(message => message.Document).OfType<T>();
}

/// <summary>What writing a document gave.</summary>
/// <param name="Bytes">The bytes to send, envelope included; empty when there are errors.</param>
/// <param name="Diagnostics">What was found.</param>
public sealed record WriteResult(ReadOnlyMemory<byte> Bytes, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>The bytes must not be sent.</summary>
    public bool HasErrors => Diagnostics.Any(diagnostic => diagnostic.Severity == Severity.Error);
    /// <summary>The mapping file that wrote it and its version.</summary>
    public string MappingId { get; init; } = "";
}
