using System.Globalization;
using UnifiedCommerce.Edi;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Reads the messages of interchanges, each by its mapping.</summary>
internal static class EdiReading
{
    /// <param name="bytes">One interchange or several.</param>
    /// <param name="choose">The mapping for a message type and its version; null leaves the message out.</param>
    /// <param name="context">Constants and time zone.</param>
    public static ReadResult Read(ReadOnlyMemory<byte> bytes, Func<string, string, MessageMapping?> choose, MappingContext context)
    {
        List<ReadMessage> messages = [];
        List<Diagnostic> diagnostics = [];
        Dictionary<MessageMapping, SegmentReading> sessions = [];
        EdiReader reader = new(bytes.Span);
        string interchangeRef = "";
        SegmentReading? session = null;
        MessageMapping? mapping = null;
        string reference = "";
        string type = "";
        string groupVersion = "";
        long start = 0;
        int index = -1;
        CharacterSet announced = CharacterSet.Unknown;
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
                case SegmentKind.MessageHeader:
                {
                    if (session is not null)
                        messages.Add(Finish(session, mapping!, type, reference, interchangeRef, index, start, reader.ByteOffset - start));
                    index++;
                    start = reader.ByteOffset;
                    bool x12 = reader.Dialect!.Standard == EdiStandard.X12;
                    type = x12 ? reader.Text(1) : reader.Text(2);
                    reference = x12 ? reader.Text(2).Trim() : reader.Text(1);
                    string version = x12 ? (reader.Text(3) is { Length: > 0 } own ? own : groupVersion) : $"{reader.Text(2, 2)}{reader.Text(2, 3)}";
                    mapping = choose(type, version);
                    session = null;
                    if (mapping is null)
                        break;
                    if (!sessions.TryGetValue(mapping, out session))
                        sessions[mapping] = session = new SegmentReading(mapping.Compiled, context);
                    session.Findings = new Findings();
                    session.Unmapped = [];
                    CharacterSet charset = mapping.Compiled.Charset;
                    session.Begin(charset == CharacterSet.Unknown || charset == announced ? reader.Dialect : reader.Dialect with { CharacterSet = charset });
                    break;
                }
                case SegmentKind.MessageTrailer:
                    if (session is not null)
                        messages.Add(Finish(session, mapping!, type, reference, interchangeRef, index, start, reader.EndOffset - start));
                    session = null;
                    break;
                case SegmentKind.Body:
                    session?.Take(reader.Segment, reader.SegmentPosition);
                    break;
            }
        }
        if (session is not null)
        {
            ReadMessage cut = Finish(session, mapping!, type, reference, interchangeRef, index, start, bytes.Length - start);
            messages.Add(cut with
            {
                Diagnostics = [.. cut.Diagnostics, Diagnostic.Error("cut-off", $"message {reference}", "The message has no trailer: the file ends in the middle. Ask the sender for the whole file.")],
            });
        }
        foreach (Finding finding in reader.Findings)
        {
            diagnostics.Add(new Diagnostic(finding.Code, finding.Severity switch { FindingSeverity.Error => Severity.Error, FindingSeverity.Warning => Severity.Warning, _ => Severity.Info },
                string.Create(CultureInfo.InvariantCulture, $"byte {finding.ByteOffset}"), finding.Text));
        }
        return new ReadResult(messages, diagnostics);
    }

    private static ReadMessage Finish(SegmentReading session, MessageMapping mapping, string type, string reference, string interchangeRef, int index, long start, long length)
    {
        session.End();
        session.CompareTotals();
        return new ReadMessage
        {
            Kind = session.Document is Inbound.Invoice { IsCredit: true } ? Orders.DocumentKind.CreditNote : mapping.Document,
            Document = session.Findings.All.Exists(finding => finding.Code == "missing-field" && finding.Severity == Severity.Error) ? null : session.Document,
            MessageType = type,
            MessageRef = reference,
            InterchangeRef = interchangeRef,
            Index = index,
            ByteOffset = start,
            ByteLength = length,
            MappingId = mapping.Id,
            Diagnostics = session.Findings.All,
            Unmapped = session.Unmapped,
        };
    }
}
