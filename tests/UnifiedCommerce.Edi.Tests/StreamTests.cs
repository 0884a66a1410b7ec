using System.IO.Pipelines;
using System.Text;

namespace UnifiedCommerce.Edi.Tests;

public class StreamTests
{
    [CorpusFact]
    public async Task A_stream_gives_what_the_whole_buffer_gives_wherever_it_is_cut()
    {
        List<string> wrong = [];
        Random random = new(7);
        foreach (CorpusFile file in Corpus.Files())
        {
            byte[] bytes = Corpus.Read(file.File);
            if (bytes.Length > 200_000)
            {
                continue;
            }
            // Larger than a block, so that cuts fall inside segments, headers and interchanges.
            byte[] input = Enumerable.Repeat(bytes, Math.Clamp(200_000 / bytes.Length, 2, 60)).SelectMany(b => b).ToArray();
            string whole = Whole(input);
            string parts = await PartsAsync(new DribblingStream(input, random));
            if (whole != parts)
            {
                int at = whole.AsSpan().CommonPrefixLength(parts);
                wrong.Add($"{file.File} at {at}: {Cut(whole, at)} became {Cut(parts, at)}");
            }
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task A_pipe_is_read_to_its_end()
    {
        Pipe pipe = new();
        byte[] bytes = Encoding.ASCII.GetBytes("UNB+UNOC:3+A+B+240101:1200+1'UNH+1+ORDERS:D:96A:UN'BGM+220+1+9'UNT+3+1'UNZ+1+1'");
        Task write = Task.Run(async () =>
        {
            for (int i = 0; i < bytes.Length; i += 10)
            {
                await pipe.Writer.WriteAsync(bytes.AsMemory(i, Math.Min(10, bytes.Length - i)));
            }
            await pipe.Writer.CompleteAsync();
        });

        await using EdiStreamReader source = new(pipe.Reader);
        List<string> tags = [];
        while (await source.ReadBlockAsync())
        {
            EdiReader reader = source.OpenBlock();
            while (reader.Read())
            {
                tags.Add(Encoding.ASCII.GetString(reader.Tag));
            }
            source.CloseBlock(in reader);
        }
        await write;

        Assert.Equal(["UNB", "UNH", "BGM", "UNT", "UNZ"], tags);
        Assert.Equal(bytes.Length, source.BytesRead);
    }

    [Fact]
    public async Task One_message_of_64_megabytes_is_read_in_bounded_memory()
    {
        const int Lines = 2_000_000;
        await using EdiStreamReader source = new(new HugeMessage(Lines));
        await source.ReadBlockAsync();
        long before = GC.GetAllocatedBytesForCurrentThread();
        int segments = 0;
        int position = 0;
        do
        {
            EdiReader reader = source.OpenBlock();
            while (reader.Read())
            {
                segments++;
                position = Math.Max(position, reader.SegmentPosition);
            }
            source.CloseBlock(in reader);
        }
        while (await source.ReadBlockAsync());

        Assert.Equal(Lines + 4, segments);
        Assert.Equal(Lines + 2, position);
        Assert.Empty(source.Findings);
        Assert.InRange(source.BytesRead, 60_000_000, 80_000_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_000_000);
    }

    [Fact]
    public async Task A_segment_beyond_the_limit_is_passed_over_and_the_next_is_read()
    {
        string text = "UNB+UNOC:3+A+B+240101:1200+1'UNH+1+ORDERS:D:96A:UN'FTX+AAI+++" + new string('X', 5_000_000) + "'BGM+220+1+9'UNT+4+1'UNZ+1+1'";
        await using EdiStreamReader source = new(new MemoryStream(Encoding.ASCII.GetBytes(text)), new() { MaximumSegmentBytes = 100_000 });
        List<string> tags = [];
        while (await source.ReadBlockAsync())
        {
            EdiReader reader = source.OpenBlock();
            while (reader.Read())
            {
                tags.Add(Encoding.ASCII.GetString(reader.Tag));
            }
            source.CloseBlock(in reader);
        }

        Assert.Equal(["UNB", "UNH", "BGM", "UNT", "UNZ"], tags);
        Assert.Equal("segment-too-long", Assert.Single(source.Findings).Code);
        Assert.Equal("FTX", source.Findings[0].Tag);
    }

    private static string Whole(byte[] input)
    {
        StringBuilder text = new();
        EdiReader reader = new(input);
        while (reader.Read())
        {
            Describe(text, in reader);
        }
        foreach (Finding finding in reader.Findings)
        {
            text.Append(finding.Code).Append(finding.ByteOffset).Append('\n');
        }
        return text.ToString();
    }

    private static async Task<string> PartsAsync(Stream stream)
    {
        StringBuilder text = new();
        await using EdiStreamReader source = new(stream);
        while (await source.ReadBlockAsync())
        {
            EdiReader reader = source.OpenBlock();
            while (reader.Read())
            {
                Describe(text, in reader);
            }
            source.CloseBlock(in reader);
        }
        foreach (Finding finding in source.Findings)
        {
            text.Append(finding.Code).Append(finding.ByteOffset).Append('\n');
        }
        return text.ToString();
    }

    private static void Describe(StringBuilder text, scoped in EdiReader reader) => text.Append(reader.ByteOffset).Append(' ').Append(reader.InterchangeIndex)
        .Append(' ').Append(reader.MessageIndex).Append(' ').Append(reader.SegmentPosition).Append(' ').Append(reader.Kind).Append(' ')
        .Append(Encoding.Latin1.GetString(reader.Segment.Raw)).Append('\n');

    private static string Cut(string text, int at) => text[Math.Max(0, at - 60)..Math.Min(text.Length, at + 60)];

    /// <summary>Gives as many bytes at a time as chance wants.</summary>
    private sealed class DribblingStream(byte[] bytes, Random random) : ReadOnlyStream
    {
        private int at;

        public override int Read(Span<byte> buffer)
        {
            int length = Math.Min(Math.Min(buffer.Length, random.Next(1, 5000)), bytes.Length - at);
            bytes.AsSpan(at, length).CopyTo(buffer);
            at += length;
            return length;
        }
    }

    /// <summary>One price catalogue of any number of lines, made while it is read.</summary>
    private sealed class HugeMessage(int lines) : ReadOnlyStream
    {
        private readonly byte[] line = "LIN+1++4000862141404:EN+++X?'Y'\n"u8.ToArray();
        private int state = -1;
        private int at;

        public override int Read(Span<byte> buffer)
        {
            int written = 0;
            while (true)
            {
                ReadOnlySpan<byte> text = state < 0 ? "UNB+UNOC:3+A+B+240101:1200+1'UNH+1+PRICAT:D:96A:UN'"u8
                    : state < lines ? line
                    : state == lines ? "UNT+2000002+1'UNZ+1+1'"u8 : default;
                if (text.IsEmpty)
                {
                    return written;
                }
                int length = Math.Min(text.Length - at, buffer.Length - written);
                text.Slice(at, length).CopyTo(buffer[written..]);
                written += length;
                at += length;
                if (at < text.Length)
                {
                    return written;
                }
                at = 0;
                state++;
            }
        }
    }
}

internal abstract class ReadOnlyStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
