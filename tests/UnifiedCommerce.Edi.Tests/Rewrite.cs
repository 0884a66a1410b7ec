using System.Buffers;

namespace UnifiedCommerce.Edi.Tests;

internal static class Rewrite
{
    /// <summary>Writes a document again value by value; only what stands between segments is taken over as it is.</summary>
    internal static byte[] Exactly(EdiDocument document)
    {
        ArrayBufferWriter<byte> output = new();
        ReadOnlySpan<byte> bytes = document.Bytes.Span;
        int at = 0;
        foreach (EdiInterchange interchange in document.Interchanges)
        {
            using EdiWriter writer = new(output, interchange.Dialect, new() { KeepTrailingSeparators = true });
            foreach (EdiSegment segment in interchange.Segments)
            {
                writer.Flush();
                output.Write(bytes[at..segment.ByteOffset]);
                writer.Segment(segment.View);
                at = segment.EndOffset;
            }
        }
        output.Write(bytes[at..]);
        bool open = document.Segments.Count > 0 && !document.Segments[^1].View.IsTerminated;
        return output.WrittenSpan[..^(open ? 1 : 0)].ToArray();
    }
}
