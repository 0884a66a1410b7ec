namespace UnifiedCommerce.Edi.Acknowledgements;

/// <summary>What an acknowledgement from a partner says, in the shape that checking gives: parts, their status, findings.</summary>
public sealed record AcknowledgementReport
{
    /// <summary>The kind of acknowledgement.</summary>
    public required AcknowledgementKind Kind { get; init; }

    /// <summary>The sender of the acknowledgement: the receiver of what was sent.</summary>
    public required string Sender { get; init; }

    /// <summary>The receiver of the acknowledgement: the sender of what was sent.</summary>
    public required string Receiver { get; init; }

    /// <summary>The control number of the interchange that is acknowledged (TA101, UCI 0020); empty in 997, 999 and APERAK, which do not name it.</summary>
    public string InterchangeReference { get; init; } = "";

    /// <summary>The parts it speaks of, from the outside in.</summary>
    public required IReadOnlyList<AcknowledgedPart> Parts { get; init; }

    /// <summary>The findings of all parts.</summary>
    public IEnumerable<Finding> Findings => Parts.SelectMany(part => part.Findings);

    /// <summary>
    /// Says for each message that was sent how it fared: by its own entry, else by that of its group, else by that of its interchange.
    /// Null when the acknowledgement does not speak of it.
    /// </summary>
    /// <param name="sent">What was sent.</param>
    public IReadOnlyList<AcknowledgedMessage> Match(IEnumerable<SentMessage> sent)
    {
        ArgumentNullException.ThrowIfNull(sent);
        return sent.Select(Match).ToList();
    }

    private AcknowledgedMessage Match(SentMessage sent)
    {
        if (InterchangeReference.Length > 0 && !SameReference(InterchangeReference, sent.InterchangeReference)) return new(sent, null, []);
        // 997 and 999 name the group, CONTRL the interchange; a part of another group or interchange is about something else.
        var own = Parts.Where(part => part.Level switch
        {
            AcknowledgedLevel.Interchange => InterchangeReference.Length > 0,
            AcknowledgedLevel.Group => SameReference(part.GroupReference, sent.GroupReference) && (part.FunctionalIdentifier.Length == 0 || sent.FunctionalIdentifier.Length == 0 || part.FunctionalIdentifier == sent.FunctionalIdentifier),
            _ => (part.GroupReference.Length == 0 || SameReference(part.GroupReference, sent.GroupReference))
                && SameReference(part.MessageReference, sent.MessageReference) && (part.MessageType.Length == 0 || part.MessageType == sent.MessageType),
        }).ToList();
        var nearest = own.OrderByDescending(part => part.Level).FirstOrDefault();
        if (nearest is null) return new(sent, null, []);
        // A group is partly accepted when some of its messages are not; those are listed, so one that is not listed was accepted.
        var status = nearest.Level != AcknowledgedLevel.Message && nearest.Status is AcknowledgementStatus.PartiallyAccepted or AcknowledgementStatus.AcceptedWithErrors
            ? AcknowledgementStatus.Accepted : nearest.Status;
        return new(sent, status, nearest.Findings);
    }

    /// <summary>Control numbers are compared as numbers when both are: partners drop leading zeros.</summary>
    private static bool SameReference(string one, string other) => one == other
        || (one.Length > 0 && other.Length > 0 && one.All(char.IsAsciiDigit) && other.All(char.IsAsciiDigit) && one.TrimStart('0') == other.TrimStart('0'));
}

/// <summary>The floor of the envelope that a part of an acknowledgement speaks of.</summary>
public enum AcknowledgedLevel
{
    /// <summary>TA1, UCI.</summary>
    Interchange,

    /// <summary>AK1 with AK9, UCF.</summary>
    Group,

    /// <summary>AK2 with AK5 or IK5, UCM, a whole APERAK.</summary>
    Message,
}

/// <summary>One entry of an acknowledgement.</summary>
public sealed record AcknowledgedPart
{
    /// <summary>What it speaks of.</summary>
    public required AcknowledgedLevel Level { get; init; }

    /// <summary>How that fared.</summary>
    public required AcknowledgementStatus Status { get; init; }

    /// <summary>The functional identifier of the group (AK101); otherwise empty.</summary>
    public string FunctionalIdentifier { get; init; } = "";

    /// <summary>The control number of the group (AK102, UCF 0048); empty when it names none.</summary>
    public string GroupReference { get; init; } = "";

    /// <summary>The message type (AK201, UCM 0065); empty when it names none.</summary>
    public string MessageType { get; init; } = "";

    /// <summary>The control number of the message (AK202, UCM 0062; in APERAK the reference RFF+ACW).</summary>
    public string MessageReference { get; init; } = "";

    /// <summary>What the partner found. Places are those in the message that was sent; offsets are those of the acknowledgement's own segments.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }
}

/// <summary>A message that was sent, by its control numbers.</summary>
/// <param name="InterchangeReference">ISA13, UNB 0020.</param>
/// <param name="GroupReference">GS06, UNG 0048; empty without a group.</param>
/// <param name="FunctionalIdentifier">GS01; empty in EDIFACT.</param>
/// <param name="MessageType">ST01, UNH 0065.</param>
/// <param name="MessageReference">ST02, UNH 0062.</param>
public sealed record SentMessage(string InterchangeReference, string GroupReference, string FunctionalIdentifier, string MessageType, string MessageReference)
{
    /// <summary>The messages of an input that was sent.</summary>
    /// <param name="document">What was sent, read back.</param>
    public static IEnumerable<SentMessage> In(EdiDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        return document.Messages.Select(message => new SentMessage(message.Interchange.ControlReference, message.Group.ControlReference,
            message.Group.Header is null ? "" : message.Group.FunctionalIdentifier, message.Type, message.Reference));
    }
}

/// <summary>How a message that was sent fared.</summary>
/// <param name="Message">The message.</param>
/// <param name="Status">Its status; null when the acknowledgement does not speak of it.</param>
/// <param name="Findings">What the partner found in it.</param>
public sealed record AcknowledgedMessage(SentMessage Message, AcknowledgementStatus? Status, IReadOnlyList<Finding> Findings);
