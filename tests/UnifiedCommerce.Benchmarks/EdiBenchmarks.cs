using System.Buffers;
using System.Diagnostics;
using UnifiedCommerce.Edi;

namespace UnifiedCommerce.Benchmarks;

/// <summary><c>-- edi FILE</c>: megabytes per CPU second and allocated bytes of every floor of the codec, in one run.</summary>
internal static class EdiBenchmarks
{
    public static int Run(string[] args)
    {
        if (args.Length == 0)
        {
            Console.Error.WriteLine("usage: edi FILE [ROUNDS]");
            return 2;
        }
        byte[] data = File.ReadAllBytes(args[0]);
        int rounds = args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 5;
        Console.WriteLine($"{Path.GetFileName(args[0])}: {data.Length:N0} bytes, best of {rounds}, one core");
        Measure("tokens, every element touched", data, rounds, Tokens);
        Measure("message tree", data, rounds, Tree);
        Measure("write", data, rounds, Write(data));
        return 0;
    }

    private static void Measure(string name, byte[] data, int rounds, Func<byte[], string> work)
    {
        string result = work(data);
        double best = double.MaxValue;
        long allocated = 0;
        for (int i = 0; i < rounds; i++)
        {
            GC.Collect();
            long before = GC.GetAllocatedBytesForCurrentThread();
            TimeSpan start = Process.GetCurrentProcess().TotalProcessorTime;
            result = work(data);
            double seconds = (Process.GetCurrentProcess().TotalProcessorTime - start).TotalSeconds;
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            best = Math.Min(best, seconds);
        }
        Console.WriteLine($"{name,-40} {data.Length / best / 1e6,9:N0} MB/s {allocated,15:N0} bytes allocated   {result}");
    }

    private static string Tokens(byte[] data)
    {
        EdiReader reader = new(data);
        long segments = 0;
        long elements = 0;
        long components = 0;
        long bytes = 0;
        while (reader.Read())
        {
            segments++;
            SegmentView segment = reader.Segment;
            int count = segment.TokenCount;
            components += count - 1;
            for (int i = 1; i < count; i++)
            {
                elements += segment.KindOf(i) == TokenKind.Element ? 1 : 0;
                bytes += segment.Token(i).Length;
            }
        }
        return $"{segments:N0} segments, {elements:N0} elements, {components:N0} components, {bytes:N0} bytes of values";
    }

    private static string Tree(byte[] data)
    {
        EdiDocument document = EdiDocument.Read(data);
        return $"{document.Messages.Count():N0} messages, {document.Segments.Count:N0} segments";
    }

    private static Func<byte[], string> Write(byte[] data)
    {
        EdiDocument document = EdiDocument.Read(data);
        ArrayBufferWriter<byte> output = new(data.Length + 1024);
        return _ =>
        {
            output.ResetWrittenCount();
            foreach (EdiInterchange interchange in document.Interchanges)
            {
                using EdiWriter writer = new(output, interchange.Dialect, new() { KeepTrailingSeparators = true });
                foreach (EdiSegment segment in interchange.Segments)
                {
                    writer.Segment(segment.View);
                }
            }
            return $"{output.WrittenCount:N0} bytes written";
        };
    }
}
