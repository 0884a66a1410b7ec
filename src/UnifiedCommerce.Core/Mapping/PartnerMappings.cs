using System.Collections.Concurrent;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>The mappings of all partners. A document that is being read or written keeps the set it began with.</summary>
public sealed class PartnerMappings : IDocumentRenderer
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, (string Stamp, long LookedAt, MappingSet Set)> _sets = new(StringComparer.Ordinal);

    private readonly Func<Partner, MappingSet> _source;

    /// <summary>Mappings of a folder, loaded when first needed and again when a partner's folder has changed.</summary>
    /// <param name="folder">The folder that holds all partners and <c>base</c>.</param>
    public PartnerMappings(string folder) => _source = partner => FromFolder(folder, partner);

    /// <summary>Mappings that are kept elsewhere.</summary>
    /// <param name="source">Gives the set that belongs to the partner's version.</param>
    public PartnerMappings(Func<Partner, MappingSet> source) => _source = source;

    /// <summary>A partner's mappings.</summary>
    public MappingSet For(Partner partner) => _source(partner);

    private MappingSet FromFolder(string folder, Partner partner)
    {
        // Machine time: looking at a folder for every document would cost more than reading the document.
        var now = TimeProvider.System.GetTimestamp();
        if (_sets.TryGetValue(partner.Id, out var known) && TimeProvider.System.GetElapsedTime(known.LookedAt, now) < LookAgain)
        {
            return known.Set;
        }
        var stamp = StampOf(folder, partner.Id);
        var set = known.Set is not null && known.Stamp == stamp ? known.Set : MappingSet.Load(folder, partner.Id);
        _sets[partner.Id] = (stamp, now, set);
        return set;
    }

    /// <summary>What mappings need to know of a partner.</summary>
    public MappingContext ContextOf(Partner partner) => new()
    {
        PartnerId = partner.Id, Constants = partner.Constants, TimeZone = partner.TimeZone, Test = partner.Envelope.Test,
    };

    /// <inheritdoc/>
    public bool NeedsControlNumber(Partner partner, DocumentKind kind) => For(partner).For(kind)?.Syntax is MessageSyntax.Edifact or MessageSyntax.X12;

    /// <inheritdoc/>
    public RenderedDocument Render(Partner partner, DocumentKind kind, object document, string controlNumber, DateTimeOffset now)
    {
        var set = For(partner);
        if (set.For(kind) is not { CanWrite: true } mapping)
        {
            return new RenderedDocument([], "", "", [Diagnostic.Error("no-mapping", $"{partner.Id}/{DocumentTypes.FileName(kind)}",
                $"{partner.Name} has no mapping that writes a {kind}. Add one to mappings/{partner.Id}.{(set.Diagnostics.Count > 0 ? $" {set.Diagnostics[0]}" : "")}")]);
        }
        var envelope = partner.Envelope;
        var written = mapping.Write(document, ContextOf(partner) with
        {
            Now = now, InterchangeRef = controlNumber, GroupRef = controlNumber, MessageRef = controlNumber,
            Envelope = new EnvelopeProfile
            {
                Sender = envelope.OurId, SenderQualifier = envelope.OurQualifier ?? "", Receiver = envelope.TheirId, ReceiverQualifier = envelope.TheirQualifier ?? "",
                GroupSender = envelope.OurGroupId ?? "", GroupReceiver = envelope.TheirGroupId ?? "",
                AcknowledgementRequested = partner.AcknowledgesOut is not (TechnicalAcknowledgement.None or TechnicalAcknowledgement.Http),
            },
        });
        // Nothing leaves that the standard or the partner's own guide forbids.
        IReadOnlyList<Diagnostic> found = written.HasErrors ? written.Diagnostics : [.. written.Diagnostics, .. set.Rules.Check(mapping, written.Bytes)];
        return new RenderedDocument(written.Bytes.ToArray(), ContentTypeOf(mapping.Syntax), written.MappingId, found);
    }

    private static string StampOf(string folder, string partnerId)
    {
        var path = Path.Combine(folder, partnerId);
        return Directory.Exists(path)
            ? string.Join(';', Directory.EnumerateFiles(path).Order(StringComparer.Ordinal).Select(file => $"{Path.GetFileName(file)}:{File.GetLastWriteTimeUtc(file).Ticks}"))
            : "";
    }

    private static string ContentTypeOf(MessageSyntax syntax) => syntax switch
    {
        MessageSyntax.Edifact => "application/EDIFACT",
        MessageSyntax.X12 => "application/EDI-X12",
        MessageSyntax.Xml => "application/xml",
        MessageSyntax.Json => "application/json",
        _ => "text/csv",
    };
}
