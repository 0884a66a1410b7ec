using System.Globalization;

namespace UnifiedCommerce.Edi.Acknowledgements;

/// <summary>Reads acknowledgements into parts and findings. What a partner wrote wrongly is read as far as it goes.</summary>
internal static class AcknowledgementReader
{
    public static List<AcknowledgementReport> Read(EdiDocument document)
    {
        var reports = new List<AcknowledgementReport>();
        foreach (var interchange in document.Interchanges)
        {
            if (interchange.Dialect.Standard == EdiStandard.X12)
            {
                foreach (var segment in interchange.Segments)
                {
                    if (segment.Is("TA1"u8)) reports.Add(Ta1(interchange, segment));
                }
            }

            foreach (var message in interchange.Messages)
            {
                switch (message.Type)
                {
                    case "997" or "999" when interchange.Dialect.Standard == EdiStandard.X12: reports.Add(Functional(message)); break;
                    case "CONTRL" when interchange.Dialect.Standard == EdiStandard.Edifact: reports.Add(Contrl(message)); break;
                    case "APERAK" when interchange.Dialect.Standard == EdiStandard.Edifact: reports.Add(Aperak(message)); break;
                    default: break;
                }
            }
        }

        return reports;
    }

    private static AcknowledgementReport Ta1(EdiInterchange interchange, EdiSegment segment)
    {
        var note = segment.Text(5);
        var status = Status(segment.Text(4));
        return new()
        {
            Kind = AcknowledgementKind.Ta1,
            Sender = interchange.Sender,
            Receiver = interchange.Receiver,
            InterchangeReference = segment.Text(1),
            Parts =
            [
                new()
                {
                    Level = AcknowledgedLevel.Interchange,
                    Status = status,
                    Findings = note is "" or "000" ? [] : [Finding(segment, FindingLevel.Envelope, 0, null, 0, 0, 0, "I18", note)],
                },
            ],
        };
    }

    private static AcknowledgementReport Functional(EdiMessage message)
    {
        var parts = new List<AcknowledgedPart>();
        var (identifier, group) = ("", "");
        var (type, reference) = ("", "");
        var findings = new List<Finding>();
        var (segmentTag, segmentPosition) = ("", 0);
        foreach (var segment in message.Segments)
        {
            switch (segment.Tag)
            {
                case "AK1":
                    (identifier, group) = (segment.Text(1), segment.Text(2));
                    break;
                case "AK2":
                    (type, reference) = (segment.Text(1), segment.Text(2));
                    findings = [];
                    break;
                case "AK3" or "IK3":
                    (segmentTag, segmentPosition) = (segment.Text(1), Number(segment.Text(2)));
                    if (segment.Text(4) is { Length: > 0 } code and not "8") findings.Add(Finding(segment, FindingLevel.Structure, segmentPosition, segmentTag, 0, 0, 0, segment.Is("AK3"u8) ? "720" : "620", code));
                    break;
                case "AK4" or "IK4":
                    findings.Add(Finding(segment, FindingLevel.Element, segmentPosition, segmentTag, Number(segment.Text(1)), Number(segment.Text(1, 2)), Number(segment.Text(1, 3)),
                        segment.Is("AK4"u8) ? "723" : "621", segment.Text(3)) with { Found = segment.Text(4) is { Length: > 0 } copy ? copy : null });
                    break;
                case "AK5" or "IK5":
                    for (var i = 2; i <= segment.ElementCount; i++)
                    {
                        if (segment.Text(i) is { Length: > 0 } onSet and not "5") findings.Add(Finding(segment, FindingLevel.Envelope, 0, null, 0, 0, 0, segment.Is("AK5"u8) ? "718" : "618", onSet));
                    }

                    parts.Add(new() { Level = AcknowledgedLevel.Message, Status = Status(segment.Text(1)), FunctionalIdentifier = identifier, GroupReference = group, MessageType = type, MessageReference = reference, Findings = findings });
                    break;
                case "AK9":
                    var own = Enumerable.Range(5, Math.Max(0, segment.ElementCount - 4)).Select(i => segment.Text(i)).Where(note => note.Length > 0)
                        .Select(note => Finding(segment, FindingLevel.Envelope, 0, null, 0, 0, 0, "716", note)).ToList();
                    parts.Insert(0, new() { Level = AcknowledgedLevel.Group, Status = Status(segment.Text(1)), FunctionalIdentifier = identifier, GroupReference = group, Findings = own });
                    break;
                default: break;
            }
        }

        return new()
        {
            Kind = message.Type == "999" ? AcknowledgementKind.Implementation999 : AcknowledgementKind.Functional997,
            Sender = message.Interchange.Sender, Receiver = message.Interchange.Receiver, Parts = parts,
        };
    }

    private static AcknowledgementReport Contrl(EdiMessage message)
    {
        var parts = new List<AcknowledgedPart>();
        var interchange = "";
        var group = "";
        var position = 0;
        var findings = new List<Finding>();
        foreach (var segment in message.Segments)
        {
            switch (segment.Tag)
            {
                case "UCI":
                    interchange = segment.Text(1);
                    parts.Add(new() { Level = AcknowledgedLevel.Interchange, Status = Action(segment.Text(4)), Findings = OnEnvelope(segment, 5) });
                    break;
                case "UCF":
                    group = segment.Text(1);
                    parts.Add(new() { Level = AcknowledgedLevel.Group, Status = Action(segment.Text(4)), GroupReference = group, Findings = OnEnvelope(segment, 5) });
                    break;
                case "UCM":
                    findings = OnEnvelope(segment, 4);
                    parts.Add(new() { Level = AcknowledgedLevel.Message, Status = Action(segment.Text(3)), GroupReference = group, MessageReference = segment.Text(1), MessageType = segment.Text(2), Findings = findings });
                    break;
                case "UCS":
                    position = Number(segment.Text(1));
                    if (segment.Text(2) is { Length: > 0 } code) findings.Add(Finding(segment, FindingLevel.Structure, position, null, 0, 0, 0, "0085", code));
                    break;
                case "UCD":
                    findings.Add(Place(segment, 2, Finding(segment, FindingLevel.Element, position, null, 0, 0, 0, "0085", segment.Text(1))));
                    break;
                default: break;
            }
        }

        return new() { Kind = AcknowledgementKind.Contrl, Sender = message.Interchange.Sender, Receiver = message.Interchange.Receiver, InterchangeReference = interchange, Parts = parts };
    }

    /// <summary>0085, 0013 and S011 at the end of UCI, UCF and UCM.</summary>
    private static List<Finding> OnEnvelope(EdiSegment segment, int first) => segment.Text(first) is { Length: > 0 } code
        ? [Place(segment, first + 2, Finding(segment, FindingLevel.Envelope, 0, segment.Text(first + 1) is { Length: > 0 } tag ? tag : null, 0, 0, 0, "0085", code))]
        : [];

    /// <summary>S011: 0098 counts the segment's tag as position 1.</summary>
    private static Finding Place(EdiSegment segment, int element, Finding finding) => finding with
    {
        ElementPosition = Math.Max(0, Number(segment.Text(element)) - 1),
        ComponentPosition = Number(segment.Text(element, 2)),
        Repetition = Number(segment.Text(element, 3)),
    };

    private static AcknowledgementReport Aperak(EdiMessage message)
    {
        var findings = new List<Finding>();
        var reference = "";
        var status = AcknowledgementStatus.Accepted;
        foreach (var segment in message.Segments)
        {
            switch (segment.Tag)
            {
                // 1225: 27 not accepted, 29 accepted without amendment, 34 accepted with amendment.
                case "BGM" when segment.Text(3) == "27": status = AcknowledgementStatus.Rejected; break;
                case "RFF" when segment.Text(1) is "ACW" or "AGO" && reference.Length == 0: reference = segment.Text(1, 2); break;
                case "ERC":
                    findings.Add(Finding(segment, FindingLevel.Partner, 0, null, 0, 0, 0, "9321", segment.Text(1)));
                    break;
                case "FTX" when findings.Count > 0:
                    var text = string.Join(' ', Enumerable.Range(1, segment.ComponentCount(4)).Select(i => segment.Text(4, i)).Where(line => line.Length > 0));
                    if (text.Length > 0) findings[^1] = findings[^1] with { Text = text };
                    break;
                default: break;
            }
        }

        if (findings.Count > 0 && status == AcknowledgementStatus.Accepted) status = AcknowledgementStatus.AcceptedWithErrors;
        return new()
        {
            Kind = AcknowledgementKind.Aperak, Sender = message.Interchange.Sender, Receiver = message.Interchange.Receiver,
            Parts = [new() { Level = AcknowledgedLevel.Message, Status = status, MessageReference = reference, Findings = findings }],
        };
    }

    private static Finding Finding(EdiSegment at, FindingLevel level, int position, string? tag, int element, int component, int repetition, string standardElement, string code) => new()
    {
        Code = "partner-reports",
        Level = level,
        Text = AcknowledgementCodes.Meaning(standardElement, code),
        ByteOffset = at.ByteOffset,
        SegmentPosition = position,
        Tag = tag,
        ElementPosition = element,
        ComponentPosition = component,
        Repetition = repetition,
        StandardElement = standardElement,
        StandardCode = code,
    };

    private static AcknowledgementStatus Status(string code) => code switch
    {
        "A" => AcknowledgementStatus.Accepted,
        "E" => AcknowledgementStatus.AcceptedWithErrors,
        "P" => AcknowledgementStatus.PartiallyAccepted,
        _ => AcknowledgementStatus.Rejected,
    };

    private static AcknowledgementStatus Action(string code) => code switch
    {
        "7" => AcknowledgementStatus.Accepted,
        "8" => AcknowledgementStatus.Received,
        _ => AcknowledgementStatus.Rejected,
    };

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
