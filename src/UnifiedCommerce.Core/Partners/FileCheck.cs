using System.Globalization;
using System.Security.Cryptography;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Edi;
using UnifiedCommerce.Edi.Schemas;
using UnifiedCommerce.Edi.Validation;

namespace UnifiedCommerce.Core.Partners;

/// <summary>A fault of a file in plain words.</summary>
/// <param name="Severity">How much it matters.</param>
/// <param name="Code">Stable code.</param>
/// <param name="Place">Where, as a person would look for it.</param>
/// <param name="Found">What stands there; empty when it does not apply.</param>
/// <param name="Expected">What should; empty when it does not apply.</param>
/// <param name="Text">The sentence: what is wrong and what to do.</param>
public sealed record FileFault(Severity Severity, string Code, string Place, string Found, string Expected, string Text);

/// <summary>What a file is and what would become of it if it came now. Nothing is stored and nothing is applied.</summary>
public sealed record FileCheck
{
    /// <summary>What the file says about itself.</summary>
    public required PeekedFile File { get; init; }
    /// <summary>The partner whose mappings read it; null: nobody could be told from the file, and none was chosen.</summary>
    public Partner? Partner { get; init; }
    /// <summary>The partner that the envelope names, when it names one of ours.</summary>
    public Partner? Sender { get; init; }
    /// <summary>Faults against the standard, and its guide where there is one.</summary>
    public IReadOnlyList<FileFault> Standard { get; init; } = [];
    /// <summary>Faults against the guide: what the standard allows and the agreement does not.</summary>
    public IReadOnlyList<FileFault> Guide { get; init; } = [];
    /// <summary>What the hub would say of the whole file: not recognised, for somebody else, test flag.</summary>
    public IReadOnlyList<Diagnostic> Whole { get; init; } = [];
    /// <summary>The messages as the partner's mappings read them.</summary>
    public IReadOnlyList<ReadMessage> Messages { get; init; } = [];
    /// <summary>What the hub would do, in one sentence.</summary>
    public required string Verdict { get; init; }
    /// <summary>It would be applied without a person.</summary>
    public bool Good { get; init; }

    /// <summary>Largest file that is checked, in bytes.</summary>
    public const int MaxBytes = 2 * 1024 * 1024;

    /// <summary>Checks a file.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="chosen">The partner to read it for; null: the one that the envelope names.</param>
    /// <param name="book">The partners in force.</param>
    /// <param name="mappings">Their mappings.</param>
    /// <param name="now">The moment.</param>
    public static FileCheck Of(byte[] bytes, Partner? chosen, PartnerBook book, PartnerMappings mappings, DateTimeOffset now)
    {
        var file = DocumentSniffer.Peek(bytes);
        var sender = file.Sender.Length > 0 ? book.FindByEnvelope(file.Sender) : null;
        var partner = chosen ?? sender;
        var segmented = file.Syntax is MessageSyntax.Edifact or MessageSyntax.X12;
        var findings = segmented ? EdiValidator.Validate(bytes, EdiSchemas.Default, new ValidationOptions { MaximumFindings = 200, UpTo = FindingLevel.Partner, Guides = partner is null ? [] : mappings.For(partner).Rules.Guides }).Findings : [];
        var check = new FileCheck
        {
            File = file, Sender = sender, Partner = partner, Verdict = "",
            Standard = [.. findings.Where(finding => finding.Level != FindingLevel.Partner).Select(InWords)], Guide = [.. findings.Where(finding => finding.Level == FindingLevel.Partner).Select(InWords)],
        };
        if (file.Syntax == MessageSyntax.Unknown)
        {
            return check with { Whole = file.Diagnostics, Verdict = "The hub would quarantine it: it is in no format that is known here." };
        }
        if (partner is null)
        {
            return check with { Whole = file.Diagnostics, Verdict = file.Sender.Length > 0 ? $"The hub would quarantine it: the sender {file.Sender} is no partner. Choose a partner to see how its mappings read the file." : "The file names no sender. Choose the partner whose mappings read it." };
        }
        var decoded = new DocumentDecoder(new PartnerBookHolder(book), mappings).Decode(
            partner, new StoredDocument { Partner = partner.Id, Transport = "check", Name = "check", ReceivedAt = now, Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)), Bytes = bytes });
        var whole = decoded.Diagnostics.ToList();
        if (decoded.Sender is { } named && named != partner.Id)
        {
            whole.Add(Diagnostic.Error("other-sender", "envelope", $"The envelope names {named} as sender, expected {partner.Id}. On the channel of {partner.Name} it would be quarantined."));
        }
        var read = mappings.For(partner).Read(bytes, mappings.ContextOf(partner));
        whole.AddRange(read.Diagnostics.Where(found => whole.TrueForAll(known => known.Text != found.Text)));
        var stopped = whole.Where(found => found.Severity == Severity.Error).Select(found => found.Text)
            .Concat(decoded.Messages.SelectMany(message => message.Diagnostics).Where(found => found.Severity == Severity.Error).Select(found => found.Text)).ToList();
        var acknowledgements = decoded.Acknowledgements.Count;
        return check with
        {
            Whole = whole, Messages = read.Messages, Good = stopped.Count == 0,
            Verdict = stopped.Count > 0
                ? $"The hub would quarantine {(decoded.Messages.Count(message => message.Diagnostics.All(found => found.Severity != Severity.Error)) > 0 ? "a part of it" : "it")}: {stopped[0]}"
                : read.Messages.Count == 0 && acknowledgements > 0 ? $"The hub would match {acknowledgements} acknowledgements with what it sent."
                : $"The hub would read {read.Messages.Count} {(read.Messages.Count == 1 ? "document" : "documents")} and compare {(read.Messages.Count == 1 ? "it" : "them")} with its orders.",
        };
    }

    private static FileFault InWords(Finding finding)
    {
        var place = finding.Tag is null ? "" : string.Create(CultureInfo.InvariantCulture,
            $"{(finding.MessageIndex >= 0 ? $"message {finding.MessageIndex + 1}, " : "")}{(finding.SegmentPosition > 0 ? $"segment {finding.SegmentPosition} " : "")}{finding.Tag}{(finding.ElementPosition > 0 ? $", element {finding.ElementPosition}" : "")}{(finding.ComponentPosition > 0 ? $", component {finding.ComponentPosition}" : "")}, ");
        return new FileFault(
            finding.Severity switch { FindingSeverity.Error => Severity.Error, FindingSeverity.Warning => Severity.Warning, _ => Severity.Info },
            finding.Code, string.Create(CultureInfo.InvariantCulture, $"{place}byte {finding.ByteOffset + 1}"), finding.Found ?? "", finding.Expected ?? "", finding.Text);
    }
}
