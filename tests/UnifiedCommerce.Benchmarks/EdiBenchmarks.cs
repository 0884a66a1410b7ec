using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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
        (string Name, Func<byte[], string> Work)[] works =
        [
            ("raw index of all delimiters", RawIndex(data)),
            ("segments", Segments),
            ("tokens, every element touched", Tokens),
            ("tokens + envelope + characters", Envelopes),
            ("full validation with schema", ValidationBenchmarks.Full),
            ("message tree", Tree),
            ("write", Write(data)),
        ];
        Console.WriteLine($"{Path.GetFileName(args[0])}: {data.Length:N0} bytes, best of {rounds} rounds, one core");
        double[] best = new double[works.Length];
        Array.Fill(best, double.MaxValue);
        long[] allocated = new long[works.Length];
        string[] results = new string[works.Length];
        // All works take turns, so that what else the machine does meets them alike; two rounds warm up.
        for (int round = -2; round < rounds; round++)
        {
            for (int i = 0; i < works.Length; i++)
            {
                GC.Collect();
                long before = GC.GetAllocatedBytesForCurrentThread();
                TimeSpan start = Environment.CpuUsage.TotalTime;
                results[i] = works[i].Work(data);
                double seconds = (Environment.CpuUsage.TotalTime - start).TotalSeconds;
                allocated[i] = GC.GetAllocatedBytesForCurrentThread() - before;
                best[i] = round < 0 ? best[i] : Math.Min(best[i], seconds);
            }
        }
        for (int i = 0; i < works.Length; i++)
        {
            Console.WriteLine($"{works[i].Name,-32} {data.Length / best[i] / 1e6,7:N0} MB/s {best[0] / best[i],6:0.00} of the index {allocated[i],14:N0} bytes allocated   {results[i]}");
        }
        Console.WriteLine(ValidationBenchmarks.FirstUse());
        Console.WriteLine(ValidationBenchmarks.Small());
        return 0;
    }

    /// <summary>The limit to compare with: the places of all delimiters by vector, in a buffer that stays in the cache, and nothing else.</summary>
    private static Func<byte[], string> RawIndex(byte[] data)
    {
        EdiReader reader = new(data);
        reader.Read();
        Dialect dialect = reader.Dialect!;
        byte release = dialect.ReleaseCharacter != 0 ? dialect.ReleaseCharacter : dialect.SegmentTerminator;
        int[] places = new int[16 * 1024 + 64];
        return bytes =>
        {
            Vector512<byte> terminator = Vector512.Create(dialect.SegmentTerminator);
            Vector512<byte> element = Vector512.Create(dialect.ElementSeparator);
            Vector512<byte> component = Vector512.Create(dialect.ComponentSeparator);
            Vector512<byte> escape = Vector512.Create(release);
            long count = 0;
            int used = 0;
            for (int at = 0; at + 64 <= bytes.Length; at += 64)
            {
                Vector512<byte> block = Vector512.LoadUnsafe(ref bytes[at]);
                ulong bits = (Vector512.Equals(block, terminator) | Vector512.Equals(block, element) | Vector512.Equals(block, component)
                    | Vector512.Equals(block, escape)).ExtractMostSignificantBits();
                while (bits != 0)
                {
                    places[used++] = at + BitOperations.TrailingZeroCount(bits);
                    bits &= bits - 1;
                }
                if (used > 16 * 1024 - 64)
                {
                    count += used;
                    used = 0;
                }
            }
            return $"{count + used:N0} delimiters";
        };
    }

    private static string Segments(byte[] data)
    {
        EdiReader reader = new(data);
        long segments = 0;
        while (reader.Read())
        {
            segments++;
        }
        return $"{segments:N0} segments";
    }

    private static string Envelopes(byte[] data)
    {
        List<Finding> findings = [];
        EnvelopeChecker checker = new(findings);
        CharacterChecker characters = new(findings);
        EdiReader reader = new(data);
        long bytes = 0;
        while (reader.Read())
        {
            checker.Add(in reader);
            characters.Add(in reader);
            TokenReader tokens = reader.Segment.ReadTokens();
            while (tokens.Read())
            {
                bytes += tokens.Value.Length;
            }
        }
        checker.End(in reader);
        return $"{findings.Count:N0} findings, {bytes:N0} bytes of values";
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
            TokenReader tokens = reader.Segment.ReadTokens();
            while (tokens.Read())
            {
                components++;
                bytes += tokens.Value.Length;
            }
            elements += tokens.ElementPosition;
        }
        return $"{segments:N0} segments, {elements:N0} elements, {components:N0} components, {bytes:N0} bytes of values";
    }

    private static string Tree(byte[] data)
    {
        EdiDocument document = EdiDocument.Read(data);
        return $"{document.Messages.Count():N0} messages, {document.Segments.Count:N0} segments";
    }

    /// <summary>Every value goes through the writer's checks and escapes, as it would from a business document.</summary>
    private static Func<byte[], string> Write(byte[] data)
    {
        EdiDocument document = EdiDocument.Read(data);
        ArrayBufferWriter<byte> output = new(data.Length + 1024);
        string[] tags = [.. document.Segments.Select(s => string.Intern(s.Tag))];
        return _ =>
        {
            output.ResetWrittenCount();
            foreach (EdiInterchange interchange in document.Interchanges)
            {
                using EdiWriter writer = new(output, interchange.Dialect, new() { KeepTrailingSeparators = true });
                foreach (EdiSegment segment in interchange.Segments)
                {
                    writer.BeginSegment(tags[segment.Index]);
                    TokenReader tokens = segment.View.ReadTokens();
                    while (tokens.Read())
                    {
                        if (tokens.Kind == TokenKind.Element)
                        {
                            writer.Element(tokens.Value);
                        }
                        else
                        {
                            writer.Component(tokens.Value);
                        }
                    }
                    writer.EndSegment();
                }
            }
            return $"{output.WrittenCount:N0} bytes written";
        };
    }
}
