using System.Buffers;

namespace UnifiedCommerce.Edi;

/// <summary>One piece of a split input.</summary>
/// <param name="Bytes">A whole interchange.</param>
/// <param name="InterchangeIndex">Index in the input of the interchange it comes from, from 0.</param>
/// <param name="MessageIndex">Index in that interchange of the message it holds, from 0; -1 when it holds all.</param>
public readonly record struct EdiPart(ReadOnlyMemory<byte> Bytes, int InterchangeIndex, int MessageIndex);

/// <summary>Splits inputs into interchanges, and interchanges into ones of a single message.</summary>
public static class EdiSplitter
{
    /// <summary>Every interchange of the document with its bytes as they came.</summary>
    /// <param name="document">The document.</param>
    public static IEnumerable<EdiPart> ByInterchange(EdiDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        foreach (EdiInterchange interchange in document.Interchanges)
        {
            yield return new(interchange.Bytes, interchange.Index, -1);
        }
    }

    /// <summary>
    /// Every message in an interchange of its own, with the headers it stood under and trailers that count one. The segments keep
    /// their bytes. Messages outside an interchange stay bare; a TRADACOMS interchange stays whole, since its messages are head,
    /// details and trailer of one file.
    /// </summary>
    /// <param name="document">The document.</param>
    public static IEnumerable<EdiPart> ByMessage(EdiDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        foreach (EdiInterchange interchange in document.Interchanges)
        {
            if (interchange.Dialect.Standard == EdiStandard.Tradacoms)
            {
                yield return new(interchange.Bytes, interchange.Index, -1);
                continue;
            }
            foreach (EdiMessage message in interchange.Messages)
            {
                yield return new(Alone(document, message), interchange.Index, message.Index);
            }
        }
    }

    private static ReadOnlyMemory<byte> Alone(EdiDocument document, EdiMessage message)
    {
        ArrayBufferWriter<byte> output = new();
        ReadOnlySpan<byte> bytes = document.Bytes.Span;
        EdiInterchange interchange = message.Interchange;
        int first = interchange.Segments[0].ByteOffset;
        byte[] filler = FillerAfter(bytes, interchange.Segments[0].EndOffset);
        output.Write(bytes[interchange.ByteOffset..first]);
        if (interchange.Header is { } header)
        {
            Copy(output, bytes, header, filler);
        }
        EdiGroup group = message.Group;
        if (group.Header is { } groupHeader)
        {
            Copy(output, bytes, groupHeader, filler);
        }
        foreach (EdiSegment segment in message.Segments)
        {
            Copy(output, bytes, segment, filler);
        }
        if (group.Header is not null)
        {
            Trailer(output, interchange.Dialect, interchange.Dialect.Standard switch { EdiStandard.X12 => "GE"u8, _ => "UNE"u8 },
                group.Header.Value.View.RawElement(interchange.Dialect.Standard == EdiStandard.X12 ? 6 : 5), filler);
        }
        if (interchange.Header is { } opening)
        {
            Trailer(output, interchange.Dialect, interchange.Dialect.Standard switch { EdiStandard.X12 => "IEA"u8, _ => "UNZ"u8 },
                opening.View.RawElement(interchange.Dialect.Standard == EdiStandard.X12 ? 13 : 5), filler);
        }
        return output.WrittenMemory;
    }

    private static void Copy(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> bytes, EdiSegment segment, ReadOnlySpan<byte> filler)
    {
        output.Write(bytes[segment.ByteOffset..segment.EndOffset]);
        if (!segment.View.IsTerminated)
        {
            output.Write([segment.View.Dialect.SegmentTerminator]);
        }
        output.Write(filler);
    }

    private static void Trailer(ArrayBufferWriter<byte> output, Dialect dialect, ReadOnlySpan<byte> tag, ReadOnlySpan<byte> reference, ReadOnlySpan<byte> filler)
    {
        output.Write(tag);
        output.Write([dialect.ElementSeparator, (byte)'1', dialect.ElementSeparator]);
        output.Write(reference);
        output.Write([dialect.SegmentTerminator]);
        output.Write(filler);
    }

    private static byte[] FillerAfter(ReadOnlySpan<byte> bytes, int from)
    {
        int end = from;
        while (end < bytes.Length && end < from + 2 && bytes[end] is (byte)'\r' or (byte)'\n')
        {
            end++;
        }
        return bytes[from..end].ToArray();
    }
}
