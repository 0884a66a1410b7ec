using System.Buffers;
using System.Globalization;
using UnifiedCommerce.Edi.Validation;

namespace UnifiedCommerce.Edi.Acknowledgements;

/// <summary>CONTRL for one EDIFACT interchange: UCI, then UCM, UCS and UCD for what was refused.</summary>
internal static class ContrlAcknowledgement
{
    private const int MostSegments = 999;
    private const int MostElements = 99;

    public static void Write(InterchangeReport interchange, EdiInterchangeHeader header, List<Finding> findings, AcknowledgementOptions options, ArrayBufferWriter<byte> output, ReferenceCounter references)
    {
        var messages = interchange.Messages.Where(message => !Acknowledgement.IsAcknowledgement(EdiStandard.Edifact, message.Type)).ToList();
        var own = findings.Where(finding => finding.GroupIndex < 0 && finding.MessageIndex < 0).ToList();
        if (messages.Count == 0 && (interchange.Messages.Count > 0 || own.Count == 0)) return;

        var dialect = Dialect(interchange.Dialect);
        using var writer = new EdiWriter(output, dialect, new() { UnwritableText = UnwritableText.Replace });
        writer.BeginInterchange(Acknowledgement.Answer(EdiStandard.Edifact, header, references.Next(), options.Prepared));
        var (version, release) = dialect.SyntaxVersion >= 4 ? ("4", "1") : ("D", "3");
        writer.BeginMessage(new() { Type = "CONTRL", Reference = "1", Version = version, Release = release });
        var refused = own.Count > 0 && !options.AcceptWithErrors;
        writer.BeginSegment("UCI").Element(header.ControlReference);
        Party(writer, header.Sender, header.SenderQualifier, header.SenderName);
        Party(writer, header.Receiver, header.ReceiverQualifier, header.ReceiverName);
        writer.Element(refused ? "4" : "7");
        if (refused) Error(writer, own[0]);
        writer.EndSegment();
        if (!refused)
        {
            if (interchange.Groups.Count == 0) Messages(writer, messages, findings, options);
            foreach (var group in interchange.Groups) Group(writer, group, messages, findings, options);
        }

        writer.EndMessage();
        writer.EndInterchange();
        writer.Flush();
    }

    private static Dialect Dialect(Dialect own)
    {
        var plain = Edi.Dialect.Edifact(own.SyntaxIdentifier is { Length: 4 } id && CharacterSets.FromEdifact(id) != CharacterSet.Unknown ? id : "UNOC", Math.Clamp(own.SyntaxVersion, 1, 4));
        return plain;
    }

    private static void Party(EdiWriter writer, string id, string qualifier, string name)
    {
        writer.Element(id);
        if (qualifier.Length == 0 && name.Length == 0) return;
        writer.Component(qualifier);
        if (name.Length > 0) writer.Component(name);
    }

    private static void Group(EdiWriter writer, GroupReport group, List<MessageReport> all, List<Finding> findings, AcknowledgementOptions options)
    {
        var own = findings.Where(finding => finding.GroupIndex == group.Index && finding.MessageIndex < 0).ToList();
        var messages = all.Where(message => message.GroupIndex == group.Index).ToList();
        var refused = own.Count > 0 && !options.AcceptWithErrors;
        if (!refused && !options.ListAccepted && messages.TrueForAll(message => message.Errors == 0)) return;
        writer.BeginSegment("UCF").Element(group.ControlReference).Element(group.Sender).Element(group.Receiver).Element(refused ? "4" : "7");
        if (refused) Error(writer, own[0]);
        writer.EndSegment();
        if (!refused) Messages(writer, messages, findings, options);
    }

    private static void Messages(EdiWriter writer, List<MessageReport> messages, List<Finding> findings, AcknowledgementOptions options)
    {
        foreach (var message in messages)
        {
            // What a partner's guide or a sum asks for is the application's business: APERAK says it.
            var own = findings.Where(finding => finding.MessageIndex == message.Index && finding.Level < FindingLevel.Balance).ToList();
            var cut = own.Count == 0 && message.Errors > 0 && findings.All(finding => finding.MessageIndex != message.Index);
            var refused = (own.Count > 0 || cut) && !options.AcceptWithErrors;
            if (own.Count == 0 && !cut && !options.ListAccepted) continue;
            writer.BeginSegment("UCM").Element(message.Reference).Element(message.Type);
            var release = message.Version.Length > 1 ? message.Version[1..] : "";
            writer.Component(message.Version.Length > 0 ? message.Version[..1] : "").Component(release).Component(message.Agency.Length == 0 ? "UN" : message.Agency);
            if (message.AssociationCode.Length > 0) writer.Component(message.AssociationCode);
            writer.Element(refused ? "4" : "7");
            var onEnvelope = own.Find(finding => finding.Level == FindingLevel.Envelope);
            if (refused && onEnvelope is not null) Error(writer, onEnvelope);
            writer.EndSegment();
            Segments(writer, own.Where(finding => finding.Level != FindingLevel.Envelope));
        }
    }

    private static void Segments(EdiWriter writer, IEnumerable<Finding> findings)
    {
        foreach (var segment in findings.GroupBy(finding => finding.SegmentPosition).Take(MostSegments))
        {
            var onSegment = segment.FirstOrDefault(finding => finding.ElementPosition == 0);
            writer.BeginSegment("UCS").Element(segment.Key);
            if (onSegment is not null) writer.Element(onSegment.StandardCode ?? "18");
            writer.EndSegment();
            foreach (var finding in segment.Where(finding => finding.ElementPosition > 0).Take(MostElements))
            {
                writer.BeginSegment("UCD").Element(finding.StandardCode ?? "18");
                Place(writer, finding);
                writer.EndSegment();
            }
        }
    }

    /// <summary>0085, the service segment in error (0013), and where in it.</summary>
    private static void Error(EdiWriter writer, Finding finding)
    {
        writer.Element(finding.StandardElement == "0085" ? finding.StandardCode : "18");
        if (finding.Tag is not { Length: 3 } tag || !tag.StartsWith("UN", StringComparison.Ordinal)) return;
        writer.Element(tag);
        if (finding.ElementPosition > 0) Place(writer, finding);
    }

    /// <summary>S011: 0098 counts the segment's tag as position 1.</summary>
    private static void Place(EdiWriter writer, Finding finding)
    {
        writer.Element(finding.ElementPosition + 1);
        if (finding.ComponentPosition > 0) writer.Component(finding.ComponentPosition);
        else if (finding.Repetition > 0 && writer.Dialect.SyntaxVersion >= 4) writer.Component();
        if (finding.Repetition > 0 && writer.Dialect.SyntaxVersion >= 4) writer.Component(finding.Repetition);
    }
}
