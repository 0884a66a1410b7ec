using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Edi;
using UnifiedCommerce.Edi.Acknowledgements;
using UnifiedCommerce.Edi.Schemas;
using UnifiedCommerce.Edi.Validation;

namespace UnifiedCommerce.Core.Inbound;

/// <summary>Takes documents apart with the codec and the partners' mappings: recognise, check the envelope against the partner, validate,
/// map, and say which technical acknowledgement is due.</summary>
public sealed class DocumentDecoder(PartnerBookHolder book, PartnerMappings mappings) : IDocumentDecoder
{
    /// <inheritdoc/>
    public DecodedDocument Decode(Partner? partner, StoredDocument document)
    {
        var peeked = DocumentSniffer.Peek(document.Bytes);
        var format = FormatOf(peeked.Syntax, peeked.Messages.Count > 0 ? peeked.Messages[0].Type : "");
        if (peeked.Syntax == MessageSyntax.Unknown || peeked.Diagnostics.Any(diagnostic => diagnostic.Severity == Severity.Error && peeked.Messages.Count == 0))
        {
            return new DecodedDocument { Format = format, Diagnostics = peeked.Diagnostics.Count > 0 ? peeked.Diagnostics : [Diagnostic.Error("not-recognised", "byte 0", "The file is no EDIFACT, X12, XML, JSON or CSV that we know. Ask the sender what it is.")] };
        }
        var segmented = peeked.Syntax is MessageSyntax.Edifact or MessageSyntax.X12;
        var sender = segmented ? peeked.Sender : "";
        var named = sender.Length == 0 ? null : book.Current.FindByEnvelope(sender)?.Id ?? sender;
        var owner = partner ?? book.Current.Find(named);
        if (owner is null)
        {
            return new DecodedDocument { Format = format, Sender = named };
        }
        if (segmented && Misaddressed(owner, peeked) is { } wrong)
        {
            return new DecodedDocument { Format = format, Sender = named, Diagnostics = [wrong] };
        }
        return segmented ? Segmented(owner, document, peeked, format, named) : Mapped(owner, document, format, named);
    }

    /// <summary>Ids and test flag of the envelope must be those agreed with the partner.</summary>
    private static Diagnostic? Misaddressed(Partner partner, PeekedFile peeked)
    {
        if (peeked.Receiver.Length > 0 && peeked.Receiver != partner.Envelope.OurId && peeked.Receiver != partner.Envelope.OurGroupId)
        {
            return Diagnostic.Error("misaddressed", "envelope", $"The envelope is addressed to {peeked.Receiver}; to us {partner.Name} writes {partner.Envelope.OurId}. Nothing was read. Ask {partner.Name} whom it is for.");
        }
        return peeked.IsTest != partner.Envelope.Test
            ? Diagnostic.Error("test-flag", "envelope", $"The envelope is marked as {(peeked.IsTest ? "test" : "production")}, the partner exchanges {(partner.Envelope.Test ? "test" : "production")} documents. Nothing was read.")
            : null;
    }

    private DecodedDocument Segmented(Partner partner, StoredDocument document, PeekedFile peeked, string format, string? named)
    {
        var report = EdiValidator.Validate(document.Bytes, EdiSchemas.Default, new ValidationOptions { UpTo = FindingLevel.Structure });
        var read = mappings.For(partner).Read(document.Bytes, mappings.ContextOf(partner));
        // Findings count messages within their interchange, the mapping counts them within the file.
        var first = new Dictionary<int, int>();
        var total = 0;
        foreach (var interchange in report.Interchanges)
        {
            first[interchange.Index] = total;
            total += interchange.Messages.Count;
        }
        // Reading is forgiving: a segment out of its place is noted, and stops a message only where the partner's file says so.
        var faults = report.Findings.Where(finding => finding is { Severity: FindingSeverity.Error, MessageIndex: >= 0 })
            .ToLookup(finding => first.GetValueOrDefault(finding.InterchangeIndex) + finding.MessageIndex, finding => Place(partner, finding));
        var envelope = report.Findings.Where(finding => finding is { Severity: FindingSeverity.Error, MessageIndex: < 0 }).Select(finding => Place(partner, finding)).ToList();
        if (total == 0 && envelope.Count > 0)
        {
            return new DecodedDocument { Format = format, Sender = named, Diagnostics = envelope, WriteAcknowledgement = Answer(partner, document, peeked) };
        }
        var messages = read.Messages.Select(message => new DecodedMessage
        {
            Kind = KindFor(partner, message.Kind, message.Document), Document = message.Document, MappingVersion = message.MappingId,
            Diagnostics = [.. envelope, .. faults[message.Index], .. message.Diagnostics],
        }).ToList();
        messages.AddRange(read.Diagnostics.Where(diagnostic => diagnostic.Severity == Severity.Error)
            .Select(diagnostic => new DecodedMessage { Kind = DocumentKind.Unknown, Diagnostics = [diagnostic] }));
        return new DecodedDocument
        {
            Format = format, Sender = named, Messages = messages,
            ControlKeys = [.. peeked.Messages.Select(message => message.InterchangeRef).Where(reference => reference.Length > 0).Distinct(StringComparer.Ordinal)
                .Select(reference => $"control:{(partner.State == GoLiveState.Testing ? $"{GoLive.Sandbox}/" : "")}{partner.Id}:{peeked.Messages[0].SenderQualifier}/{peeked.Sender}:{reference}")],
            Acknowledgements = Received(document.Bytes, peeked),
            WriteAcknowledgement = Answer(partner, document, peeked),
        };
    }

    private DecodedDocument Mapped(Partner partner, StoredDocument document, string format, string? named)
    {
        var read = mappings.For(partner).Read(document.Bytes, mappings.ContextOf(partner));
        var file = read.Diagnostics.Where(diagnostic => diagnostic.Severity == Severity.Error).ToList();
        if (read.Messages.Count == 0)
        {
            return new DecodedDocument
            {
                Format = format, Sender = named,
                Diagnostics = file.Count > 0 ? file : [Diagnostic.Error("nothing-inside", "file", "The file holds no document. Ask the sender to send it again.")],
            };
        }
        return new DecodedDocument
        {
            Format = format, Sender = named,
            Messages = [.. read.Messages.Select(message => new DecodedMessage
            {
                Kind = KindFor(partner, message.Kind, message.Document), Document = message.Document, MappingVersion = message.MappingId, Diagnostics = [.. file, .. message.Diagnostics],
            })],
        };
    }

    private static DocumentKind KindFor(Partner partner, DocumentKind kind, object? document) => document switch
    {
        Invoice { IsCredit: true } => DocumentKind.CreditNote,
        _ when partner.Role == PartnerRole.Customer && kind == DocumentKind.PurchaseOrder => DocumentKind.Order,
        _ => kind,
    };

    private static Func<string, DateTimeOffset, byte[]>? Answer(Partner partner, StoredDocument document, PeekedFile peeked)
    {
        var kind = partner.AcknowledgesIn switch
        {
            TechnicalAcknowledgement.Contrl => AcknowledgementKind.Contrl,
            TechnicalAcknowledgement.X12997 => AcknowledgementKind.Functional997,
            TechnicalAcknowledgement.X12999 => AcknowledgementKind.Implementation999,
            _ => (AcknowledgementKind?)null,
        };
        // An acknowledgement is never acknowledged.
        if (kind is null || peeked.Messages.Count == 0 || peeked.Messages.All(message => message.Kind == DocumentKind.Acknowledgement))
        {
            return null;
        }
        // What is applied is acknowledged as accepted: the answer speaks of the levels that stop a message here.
        return (number, now) => Acknowledgement.For(EdiValidator.Validate(document.Bytes, EdiSchemas.Default, new ValidationOptions { UpTo = FindingLevel.Envelope }), new AcknowledgementOptions
        {
            ControlReference = number, Prepared = TimeZoneInfo.ConvertTime(now, partner.TimeZone).DateTime, Kinds = [kind.Value], GroupReference = number,
        });
    }

    private static List<ReceivedAcknowledgement> Received(byte[] bytes, PeekedFile peeked)
    {
        if (peeked.Messages.All(message => message.Kind != DocumentKind.Acknowledgement))
        {
            return [];
        }
        // Each of our interchanges carries one message under one control number, so the worst that is said of any part holds for it.
        return [.. Acknowledgement.Read(bytes).Where(said => said.Kind is not AcknowledgementKind.Aperak).Select(said =>
        {
            var worst = said.Parts.Count == 0 ? AcknowledgementStatus.Received : said.Parts.Select(part => part.Status).MaxBy(status => status == AcknowledgementStatus.Received ? 0 : (int)status + 1);
            var text = string.Join(" ", said.Findings.Take(5).Select(finding => finding.ToString()));
            return new ReceivedAcknowledgement(
                Plain(said.InterchangeReference),
                Plain(said.Parts.Select(part => part.GroupReference).FirstOrDefault(reference => reference.Length > 0)), null,
                StateOf(worst), text.Length > 0 ? text : $"{said.Kind} says {worst}.");
        })];
    }

    // Our control numbers are stored without the leading zeros that ISA13 has.
    private static string? Plain(string? reference) => string.IsNullOrEmpty(reference) ? null : reference.TrimStart('0') is { Length: > 0 } plain ? plain : reference;

    private static AcknowledgementState StateOf(AcknowledgementStatus status) => status switch
    {
        AcknowledgementStatus.Accepted or AcknowledgementStatus.Received => AcknowledgementState.Accepted,
        AcknowledgementStatus.AcceptedWithErrors or AcknowledgementStatus.PartiallyAccepted => AcknowledgementState.AcceptedWithErrors,
        _ => AcknowledgementState.Rejected,
    };

    private static Diagnostic Place(Partner partner, Finding finding)
    {
        var strict = finding.Level <= FindingLevel.Envelope || partner.Documents.Values.Any(document => document.TreatAsError.Contains(finding.Code));
        var place = finding.Tag is null ? $"byte {finding.ByteOffset}" : $"segment {finding.SegmentPosition} {finding.Tag}{(finding.ElementPosition > 0 ? $" element {finding.ElementPosition}" : "")}";
        return new Diagnostic(finding.Code, strict ? Severity.Error : Severity.Warning, place, finding.Text);
    }

    private static string FormatOf(MessageSyntax syntax, string type) => syntax switch
    {
        MessageSyntax.Edifact => "edifact",
        MessageSyntax.X12 => "x12",
        MessageSyntax.Json => "json",
        MessageSyntax.Csv => "csv",
        MessageSyntax.Xml => type.EndsWith("Request", StringComparison.Ordinal) || type.EndsWith("Message", StringComparison.Ordinal) ? "cxml" : "ubl",
        _ => "unknown",
    };
}
