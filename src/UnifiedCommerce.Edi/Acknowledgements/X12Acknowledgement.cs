using System.Buffers;
using System.Globalization;
using UnifiedCommerce.Edi.Schemas;
using UnifiedCommerce.Edi.Validation;

namespace UnifiedCommerce.Edi.Acknowledgements;

/// <summary>TA1, 997 and 999 for one X12 interchange.</summary>
internal sealed class X12Acknowledgement(InterchangeReport interchange, EdiInterchangeHeader header, List<Finding> findings, AcknowledgementOptions options)
{
    private const int MostElementNotes = 99;
    private const int MostCodes = 5;

    public void Write(ArrayBufferWriter<byte> output, ReferenceCounter references)
    {
        var ownFindings = findings.Where(finding => finding.GroupIndex < 0 && finding.MessageIndex < 0).ToList();
        var rejected = ownFindings.Count > 0;
        var groups = interchange.Groups.Where(group => group.FunctionalIdentifier != "FA").ToList();
        // A bare TA1 or a group of 997 is an answer itself.
        if (groups.Count == 0 && (interchange.Groups.Count > 0 || !rejected)) return;
        var ta1 = options.Kinds.Contains(AcknowledgementKind.Ta1) && (rejected || header.AcknowledgementRequested || options.AlwaysTa1);
        var kind999 = options.Kinds.Contains(AcknowledgementKind.Implementation999);
        var answersGroups = (kind999 || options.Kinds.Contains(AcknowledgementKind.Functional997)) && groups.Count > 0;
        if (!ta1 && !answersGroups) return;

        var reference = references.Next();
        using var writer = new EdiWriter(output, Dialect(), new() { UnwritableText = UnwritableText.Replace });
        writer.BeginInterchange(Acknowledgement.Answer(EdiStandard.X12, header, reference, options.Prepared));
        if (ta1) Ta1(writer, ownFindings);
        if (answersGroups) Groups(writer, groups, kind999, reference);
        writer.EndInterchange();
        writer.Flush();
    }

    /// <summary>The interchange's own delimiters when they are usable, so that the partner's translator surely reads them.</summary>
    private Dialect Dialect()
    {
        var own = interchange.Dialect;
        var version = own.SyntaxIdentifier.Length == 5 ? own.SyntaxIdentifier : "00401";
        var plain = Edi.Dialect.X12(version);
        bool Usable(byte b) => b is > 32 and < 127 || b is (byte)'\n';
        return own.AmbiguousDelimiter == 0 && Usable(own.SegmentTerminator) && Usable(own.ElementSeparator) && Usable(own.ComponentSeparator) && (own.RepetitionSeparator == 0) == (plain.RepetitionSeparator == 0)
            ? plain with
            {
                SegmentTerminator = own.SegmentTerminator, ElementSeparator = own.ElementSeparator, TagSeparator = own.ElementSeparator,
                ComponentSeparator = own.ComponentSeparator, RepetitionSeparator = own.RepetitionSeparator,
            }
            : plain;
    }

    /// <summary>TA104: A accepted, E accepted with errors, R rejected; TA105: the first note code (I18).</summary>
    private void Ta1(EdiWriter writer, List<Finding> own)
    {
        var prepared = interchange.PreparedText.Split(' ');
        var note = own.FirstOrDefault(finding => finding.StandardElement == "I18")?.StandardCode;
        var (status, code) = own.Count == 0 ? ("A", "000") : (options.AcceptWithErrors ? "E" : "R", note ?? "024");
        writer.Segment("TA1", header.ControlReference, prepared[0], prepared[^1], status, code);
    }

    private void Groups(EdiWriter writer, List<GroupReport> groups, bool kind999, string reference)
    {
        var version = kind999 ? "005010X231A1" : groups[0].Version.StartsWith("005", StringComparison.Ordinal) || groups[0].Version.StartsWith("006", StringComparison.Ordinal) ? "005010" : "004010";
        writer.BeginGroup(new()
        {
            FunctionalIdentifier = "FA", Sender = Code(groups[0].Receiver, header.Receiver), Receiver = Code(groups[0].Sender, header.Sender), Prepared = options.Prepared,
            ControlReference = options.GroupReference ?? Acknowledgement.Number(long.Parse(reference, CultureInfo.InvariantCulture)), Version = version,
        });
        for (var i = 0; i < groups.Count; i++)
        {
            writer.BeginMessage(new() { Type = kind999 ? "999" : "997", Reference = (i + 1).ToString("0000", CultureInfo.InvariantCulture), Version = kind999 ? "005010X231A1" : "" });
            Group(writer, groups[i], kind999, version);
            writer.EndMessage();
        }

        writer.EndGroup();
    }

    /// <summary>GS02 and GS03 need 2 to 15 characters; a partner's own may be neither.</summary>
    private static string Code(string own, string interchange)
    {
        var code = own.Length >= 2 ? own : interchange;
        return code.Length < 2 ? "ZZ" : code[..Math.Min(code.Length, 15)];
    }

    private void Group(EdiWriter writer, GroupReport group, bool kind999, string version)
    {
        writer.Segment("AK1", group.FunctionalIdentifier, group.ControlReference, version == "004010" ? null : group.Version);
        var messages = interchange.Messages.Where(message => message.GroupIndex == group.Index).ToList();
        var accepted = 0;
        var withErrors = false;
        foreach (var message in messages)
        {
            var own = findings.Where(finding => finding.MessageIndex == message.Index && (kind999 || finding.Level != FindingLevel.Partner)).ToList();
            // Unlisted findings count as well; they are errors of a message whose list was cut.
            var bad = own.Count > 0 || (message.Errors > 0 && findings.All(finding => finding.MessageIndex != message.Index));
            withErrors |= bad;
            if (!bad || options.AcceptWithErrors) accepted++;
            if (!bad && !options.ListAccepted) continue;
            writer.Segment("AK2", message.Type, message.Reference, kind999 && message.AssociationCode.Length > 0 ? message.AssociationCode : null);
            Segments(writer, message, own, kind999);
            var codes = own.Where(finding => finding.StandardElement == "718").Select(finding => finding.StandardCode).ToList();
            if (own.Exists(finding => finding.StandardElement is "720" or "723" || finding.StandardElement is null)) codes.Add("5");
            writer.Segment(kind999 ? "IK5" : "AK5", [!bad ? "A" : options.AcceptWithErrors ? "E" : "R", .. codes.Distinct(StringComparer.Ordinal).Take(MostCodes)]);
        }

        var groupCodes = findings.Where(finding => finding.GroupIndex == group.Index && finding.MessageIndex < 0 && finding.StandardElement == "716").Select(finding => finding.StandardCode).Distinct(StringComparer.Ordinal).Take(MostCodes).ToList();
        var status = groupCodes.Count > 0 && !options.AcceptWithErrors ? "R"
            : accepted == messages.Count ? withErrors || groupCodes.Count > 0 ? "E" : "A"
            : accepted == 0 ? "R" : "P";
        if (status == "R") accepted = 0;
        var announced = group.AnnouncedMessages ?? messages.Count;
        writer.Segment("AK9", [status, Acknowledgement.Number(announced), Acknowledgement.Number(messages.Count), Acknowledgement.Number(accepted), .. groupCodes]);
    }

    /// <summary>AK3 or IK3 per segment with faults, AK4 or IK4 per element.</summary>
    private void Segments(EdiWriter writer, MessageReport message, List<Finding> own, bool kind999)
    {
        foreach (var segment in own.Where(finding => finding.StandardElement is "720" or "723").GroupBy(finding => (finding.SegmentPosition, finding.Tag)))
        {
            var onSegment = segment.FirstOrDefault(finding => finding.ElementPosition == 0);
            var onElements = segment.Where(finding => finding.ElementPosition > 0)
                .DistinctBy(finding => (finding.ElementPosition, finding.ComponentPosition, finding.Repetition, finding.StandardCode)).Take(MostElementNotes).ToList();
            var code = onSegment is null ? "8" : kind999 ? Code999(onSegment) : onSegment.StandardCode;
            writer.Segment(kind999 ? "IK3" : "AK3", segment.Key.Tag, Acknowledgement.Number(segment.Key.SegmentPosition), null, code);
            foreach (var finding in onElements)
            {
                Element(writer, message, finding, kind999);
                if (kind999 && finding.Level == FindingLevel.Partner) Context(writer, finding);
            }
        }
    }

    private static void Element(EdiWriter writer, MessageReport message, Finding finding, bool kind999)
    {
        writer.BeginSegment(kind999 ? "IK4" : "AK4").Element(finding.ElementPosition);
        if (finding.ComponentPosition > 0 || finding.Repetition > 0)
        {
            if (finding.ComponentPosition > 0) writer.Component(finding.ComponentPosition);
            else writer.Component();
            if (finding.Repetition > 0) writer.Component(finding.Repetition);
        }

        writer.Element(ElementNumber(message, finding)).Element(kind999 ? Code999(finding) : finding.StandardCode);
        var copy = finding.Found is { Length: > 0 } found && found.All(c => c is >= ' ' and < '\u007F') && !found.EndsWith('…') ? found : null;
        if (copy is not null && !copy.Any(c => writer.Dialect.IsDelimiter((byte)c))) writer.Element(copy);
        writer.EndSegment();
    }

    /// <summary>CTX: the situation in the guide that the finding comes from.</summary>
    private static void Context(EdiWriter writer, Finding finding) =>
        writer.BeginSegment("CTX").Element("SITUATIONAL TRIGGER").Element(finding.Tag).Element(finding.SegmentPosition).Element().Element(finding.ElementPosition).EndSegment();

    /// <summary>The data element's reference number (AK402), from the schema the message was checked against.</summary>
    private static string? ElementNumber(MessageReport message, Finding finding)
    {
        var directory = message.CheckedAgainst is null ? null : EdiSchemas.Default.Directory(EdiStandard.X12, message.CheckedAgainst);
        var elements = finding.Tag is null ? null : directory?.Segment(finding.Tag)?.Elements;
        if (elements is null || finding.ElementPosition > elements.Value.Length) return null;
        var use = elements.Value[finding.ElementPosition - 1];
        var id = finding.ComponentPosition > 0 && use.Composite is { } composite && finding.ComponentPosition <= composite.Components.Length
            ? composite.Components[finding.ComponentPosition - 1].Id : use.Id;
        return id.All(char.IsAsciiDigit) ? id : null;
    }

    /// <summary>The implementation codes of 620 and 621 for findings of a guide; the standard's for all others.</summary>
    private static string? Code999(Finding finding) => finding.Level != FindingLevel.Partner ? finding.StandardCode : finding.Code switch
    {
        "guide-segment-forbidden" or "guide-group-forbidden" => "I4",
        "guide-segment-missing" => "I6",
        "guide-code" => "I6",
        "guide-element-forbidden" => "I10",
        "guide-element-missing" => "I9",
        _ => finding.StandardCode,
    };
}
