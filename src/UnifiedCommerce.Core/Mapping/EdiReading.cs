using System.Globalization;
using UnifiedCommerce.Edi;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>
/// Reads the messages of a file one after the other, each by its mapping, so that a file of any size costs the memory of one document:
/// <code>MessageReader reader = mapping.Open(bytes); while (reader.Read()) Apply(reader.Current);</code>
/// </summary>
public ref struct MessageReader
{
    private readonly Func<string, string, MessageMapping?> choose;
    private readonly MappingContext context;
    private readonly Dictionary<MessageMapping, SegmentReading> sessions = [];
    private readonly int length;
    private EdiReader reader;
    private MessageMapping? mapping;
    private SegmentReading? session;
    private string interchangeRef = "", reference = "", type = "", groupVersion = "";
    private long start;
    private int index = -1;
    private bool onHeader;
    private CharacterSet announced;

    internal MessageReader(ReadOnlySpan<byte> bytes, Func<string, string, MessageMapping?> choose, MappingContext context)
    {
        (this.choose, this.context, length) = (choose, context, bytes.Length);
        reader = new EdiReader(bytes);
    }

    /// <summary>The message that <see cref="Read"/> found.</summary>
    public ReadMessage Current { get; private set; } = null!;

    /// <summary>What concerns the file, not one message; complete when <see cref="Read"/> has returned false.</summary>
    public readonly IReadOnlyList<Diagnostic> Diagnostics => [.. reader.Findings.Select(finding => new Diagnostic(
        finding.Code, finding.Severity switch { FindingSeverity.Error => Severity.Error, FindingSeverity.Warning => Severity.Warning, _ => Severity.Info },
        string.Create(CultureInfo.InvariantCulture, $"byte {finding.ByteOffset}"), finding.Text))];

    /// <summary>Goes to the next message that has a mapping; false at the end of the file.</summary>
    public bool Read()
    {
        // A message without a trailer ended where the header of the next one stands.
        if (onHeader)
            Begin();
        while (reader.Read())
        {
            switch (reader.Kind)
            {
                case SegmentKind.InterchangeHeader:
                    interchangeRef = reader.Dialect!.Standard == EdiStandard.X12 ? reader.Text(13).Trim() : reader.Text(5);
                    announced = reader.Dialect.CharacterSet;
                    break;
                case SegmentKind.GroupHeader:
                    groupVersion = reader.Dialect!.Standard == EdiStandard.X12 ? reader.Text(8).Trim() : "";
                    break;
                case SegmentKind.MessageHeader when session is not null:
                    onHeader = true;
                    Current = Cut(Finish(reader.ByteOffset), "the next one begins before it");
                    return true;
                case SegmentKind.MessageHeader:
                    Begin();
                    break;
                case SegmentKind.MessageTrailer when session is not null:
                    Current = Finish(reader.EndOffset);
                    return true;
                case SegmentKind.Body:
                    session?.Take(reader.Segment, reader.SegmentPosition);
                    break;
            }
        }
        if (session is null)
            return false;
        Current = Cut(Finish(length), "the file ends in the middle");
        return true;
    }

    private readonly ReadMessage Cut(ReadMessage message, string how) => message with
    {
        Diagnostics = [.. message.Diagnostics, Diagnostic.Error("cut-off", $"message {reference}", $"The message has no trailer: {how}. Ask the sender for the whole file.")],
    };

    private void Begin()
    {
        onHeader = false;
        index++;
        start = reader.ByteOffset;
        bool x12 = reader.Dialect!.Standard == EdiStandard.X12;
        type = x12 ? reader.Text(1) : reader.Text(2);
        reference = x12 ? reader.Text(2).Trim() : reader.Text(1);
        string version = x12 ? (reader.Text(3) is { Length: > 0 } own ? own : groupVersion) : $"{reader.Text(2, 2)}{reader.Text(2, 3)}";
        mapping = choose(type, version);
        if (mapping is null)
            return;
        if (!sessions.TryGetValue(mapping, out session))
            sessions[mapping] = session = new SegmentReading(mapping.Compiled, context);
        session.Findings = new Findings();
        session.Unmapped = [];
        CharacterSet charset = mapping.Compiled.Charset;
        session.Begin(charset == CharacterSet.Unknown || charset == announced ? reader.Dialect : reader.Dialect with { CharacterSet = charset });
    }

    private ReadMessage Finish(long end)
    {
        SegmentReading finished = session!;
        session = null;
        finished.End();
        finished.CompareTotals();
        return new ReadMessage
        {
            Kind = finished.Document is Inbound.Invoice { IsCredit: true } ? Orders.DocumentKind.CreditNote : mapping!.Document,
            Document = finished.Findings.All.Exists(finding => finding.Code == "missing-field" && finding.Severity == Severity.Error) ? null : finished.Document,
            MessageType = type,
            MessageRef = reference,
            InterchangeRef = interchangeRef,
            Index = index,
            ByteOffset = start,
            ByteLength = end - start,
            MappingId = mapping!.Id,
            Diagnostics = finished.Findings.All,
            Unmapped = finished.Unmapped,
        };
    }
}

/// <summary>Reads all messages of interchanges, each by its mapping.</summary>
internal static class EdiReading
{
    /// <param name="bytes">One interchange or several.</param>
    /// <param name="choose">The mapping for a message type and its version; null leaves the message out.</param>
    /// <param name="context">Constants and time zone.</param>
    public static ReadResult Read(ReadOnlyMemory<byte> bytes, Func<string, string, MessageMapping?> choose, MappingContext context)
    {
        List<ReadMessage> messages = [];
        MessageReader reader = new(bytes.Span, choose, context);
        while (reader.Read())
            messages.Add(reader.Current);
        return new ReadResult(messages, reader.Diagnostics);
    }
}
