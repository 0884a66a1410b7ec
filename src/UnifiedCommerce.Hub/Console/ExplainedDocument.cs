using System.Globalization;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Edi.Explaining;
using UnifiedCommerce.Edi.Schemas;

namespace UnifiedCommerce.Hub.Console;

/// <summary>A segment as a person reads it: the bytes, what they mean, and whether the partner's mapping uses them.</summary>
/// <param name="Words">Its explanation.</param>
/// <param name="Raw">The bytes as text.</param>
/// <param name="Unmapped">No line of the mapping names it.</param>
public sealed record ShownSegment(ExplainedSegment Words, string Raw, bool Unmapped);

/// <summary>A document with what its bytes mean and what of it the mapping leaves aside.</summary>
/// <param name="Segments">The segments of an EDI document; empty for other formats, and for one too long to explain on a page.</param>
/// <param name="Unmapped">What the mapping does not name, of all formats.</param>
public sealed record ExplainedDocument(IReadOnlyList<ShownSegment> Segments, IReadOnlyList<UnmappedValue> Unmapped)
{
    private const int MostBytes = 200_000;
    private const int MostSegments = 600;

    /// <summary>Explains a document; <paramref name="mappings"/> of its partner say what is used, where there are any.</summary>
    public static ExplainedDocument Of(byte[] bytes, Partner? partner, PartnerMappings? mappings)
    {
        if (bytes.Length > MostBytes)
        {
            return new ExplainedDocument([], []);
        }
        var unmapped = partner is null || mappings is null ? [] : mappings.For(partner).Read(bytes, mappings.ContextOf(partner)).Messages.ToDictionary(message => message.Index, message => message.Unmapped);
        var all = unmapped.OrderBy(message => message.Key).SelectMany(message => message.Value).ToList();
        if (!IsEdi(bytes))
        {
            return new ExplainedDocument([], all);
        }
        var explained = EdiExplanation.Read(bytes, EdiSchemas.Default);
        var lines = RawLines.Segments(bytes, explained.Segments);
        int message = -1;
        var shown = new List<ShownSegment>();
        for (int index = 0; index < explained.Segments.Count && index < MostSegments; index++)
        {
            var segment = explained.Segments[index];
            message += segment is { MessageIndex: >= 0, Position: 1 } ? 1 : 0;
            string place = string.Create(CultureInfo.InvariantCulture, $"segment {segment.Position} {segment.Tag}");
            bool left = segment.MessageIndex >= 0 && unmapped.TryGetValue(message, out var values) && values.Any(value => value.Place == place);
            shown.Add(new ShownSegment(segment, lines[index], left));
        }
        return new ExplainedDocument(shown, all);
    }

    private static bool IsEdi(byte[] bytes)
    {
        var head = bytes.AsSpan(bytes is [0xef, 0xbb, 0xbf, ..] ? 3 : 0).TrimStart(" \t\r\n"u8);
        return head.StartsWith("ISA"u8) || head.StartsWith("UNA"u8) || head.StartsWith("UNB"u8) || head.StartsWith("STX"u8);
    }
}
