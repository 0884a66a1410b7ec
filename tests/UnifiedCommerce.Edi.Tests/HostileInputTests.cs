using System.Buffers;
using System.Globalization;
using System.Text;
using UnifiedCommerce.Edi.Acknowledgements;
using UnifiedCommerce.Edi.Explaining;
using UnifiedCommerce.Edi.Schemas;
using UnifiedCommerce.Edi.Validation;

namespace UnifiedCommerce.Edi.Tests;

public class HostileInputTests
{
    /// <summary>Set UC_FUZZ_INPUTS for more, UC_FUZZ_SEED for others.</summary>
    private static readonly int Inputs = int.Parse(Environment.GetEnvironmentVariable("UC_FUZZ_INPUTS") ?? "100000", CultureInfo.InvariantCulture);

    private static readonly int FirstSeed = int.Parse(Environment.GetEnvironmentVariable("UC_FUZZ_SEED") ?? "1", CultureInfo.InvariantCulture);

    [Fact]
    public void No_mutation_of_an_interchange_breaks_any_floor()
    {
        byte[][] seeds = [.. Samples.All.Select(Samples.Bytes), .. Corpus.Files().Select(f => Corpus.Read(f.File)).Where(b => b.Length < 1200)];
        for (int i = 0; i < Inputs; i++)
        {
            int seed = FirstSeed + i;
            byte[] input = Mutate(seeds, new Random(seed));
            try
            {
                ReadOnAllFloors(input, json: i % 10 == 0);
            }
            catch (Exception fault)
            {
                Assert.Fail($"UC_FUZZ_SEED={seed} UC_FUZZ_INPUTS=1: {fault}\n{Convert.ToBase64String(input)}");
            }
        }
    }

    [Fact]
    public void An_interchange_of_each_kind_can_end_at_every_byte()
    {
        foreach (string sample in Samples.All)
        {
            byte[] bytes = Samples.Bytes(sample);
            string lastTag = Encoding.ASCII.GetString(EdiDocument.Read(bytes).Segments[^1].TagBytes);
            for (int length = 0; length < bytes.Length; length++)
            {
                byte[] cut = bytes[..length];
                ReadOnAllFloors(cut, json: true);
                string trailing = Encoding.UTF8.GetString(bytes[length..]).Trim();
                if (trailing.Length > 1 && !sample.StartsWith("MIME", StringComparison.Ordinal))
                {
                    Assert.True(EnvelopeChecker.Check(cut).Any(f => f.Severity == FindingSeverity.Error), $"{lastTag}: cut at {length} is not noticed");
                }
            }
        }
    }

    [Theory]
    [InlineData("'")]
    [InlineData("+")]
    [InlineData(":")]
    [InlineData("?")]
    [InlineData("UNB+")]
    [InlineData("UNA:+.? '")]
    [InlineData("ISA*")]
    [InlineData("ISA*UNA+STX=UNB ")]
    [InlineData("UNH+1+A:B:C:D'")]
    [InlineData("UNA:+.? 'UNB+UNOA:1'UNA+:.? ~UNB:UNOA+1~")]
    [InlineData("\r\n")]
    [InlineData("\0")]
    public void Two_megabytes_of_one_thing_are_read_in_linear_time_and_memory(string unit)
    {
        string header = "UNB+UNOC:3+A+B+240101:1200+1'UNH+1+ORDERS:D:96A:UN'";
        byte[] input = Encoding.Latin1.GetBytes(header + string.Concat(Enumerable.Repeat(unit, 2_000_000 / unit.Length)));
        long before = GC.GetAllocatedBytesForCurrentThread();

        EdiReader reader = new(input);
        long segments = 0;
        while (reader.Read())
        {
            segments++;
        }

        Assert.InRange(segments, 1, input.Length);
        Assert.InRange(reader.Findings.Count, 0, 1000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 40L * input.Length);
    }

    private static byte[] Mutate(byte[][] seeds, Random random)
    {
        List<byte> bytes = [.. seeds[random.Next(seeds.Length)]];
        string dictionary = "'+:?*~^|=>\r\n\0ISAUNBUNAUNHUNTUNZSTXENDGSSTSEIEA\u00ff";
        for (int changes = random.Next(1, 8); changes > 0 && bytes.Count > 0; changes--)
        {
            int at = random.Next(bytes.Count);
            int length = Math.Min(random.Next(1, 40), bytes.Count - at);
            switch (random.Next(8))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] = (byte)dictionary[random.Next(dictionary.Length)];
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
                case 4:
                    bytes.Insert(at, (byte)dictionary[random.Next(dictionary.Length)]);
                    break;
                case 5:
                    byte[] other = seeds[random.Next(seeds.Length)];
                    int from = random.Next(other.Length);
                    bytes.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(1, 120))]);
                    break;
                case 6:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    byte a = bytes[at];
                    byte b = (byte)dictionary[random.Next(dictionary.Length)];
                    for (int i = 0; i < bytes.Count; i++)
                    {
                        bytes[i] = bytes[i] == a ? b : bytes[i] == b ? a : bytes[i];
                    }
                    break;
            }
        }
        return [.. bytes];
    }

    /// <summary>Reads with every accessor; what one floor says must agree with the others.</summary>
    private static void ReadOnAllFloors(byte[] input, bool json)
    {
        EdiDocument document = EdiDocument.Read(input);
        EdiReader reader = new(input);
        int index = 0;
        long last = -1;
        while (reader.Read())
        {
            Assert.True(reader.ByteOffset > last, "offsets go forward");
            last = reader.ByteOffset;
            Assert.True(reader.EndOffset > last && reader.EndOffset <= input.Length);
            SegmentView view = reader.Segment;
            Assert.True(view.Raw.SequenceEqual(document.Segments[index].Raw));
            TokenReader tokens = view.ReadTokens();
            while (tokens.Read())
            {
                if (tokens.ElementPosition > 0)
                {
                    Assert.True(tokens.Value.SequenceEqual(view.Component(tokens.ElementPosition, tokens.ComponentPosition, tokens.Repetition)));
                    Assert.True(tokens.ComponentPosition <= view.ComponentCount(tokens.ElementPosition, tokens.Repetition));
                    Assert.True(tokens.Repetition <= view.RepetitionCount(tokens.ElementPosition));
                }
            }
            Assert.Equal(tokens.ElementPosition, view.ElementCount);
            _ = view.Text(1, 2, 2);
            _ = view.Component(int.MaxValue, int.MaxValue, int.MaxValue);
            _ = view.Component(-1, 0, 0);
            index++;
        }
        Assert.Equal(document.Segments.Count, index);
        Assert.Equal(document.Messages.Count(), document.Interchanges.Sum(i => i.Groups.Sum(g => g.Messages.Count)));
        foreach (EdiInterchange interchange in document.Interchanges)
        {
            _ = interchange.Sender + interchange.SenderQualifier + interchange.Receiver + interchange.ReceiverQualifier + interchange.ControlReference
                + interchange.Prepared + interchange.IsTest + interchange.AcknowledgementRequested + interchange.Bytes.Length;
            foreach (EdiMessage message in interchange.Messages)
            {
                _ = message.Type + message.Version + message.Release + message.Agency + message.AssociationCode + message.Reference + message.Bytes.Length
                    + message.Group.FunctionalIdentifier + message.Group.Segments.Count + message.Segments.Count + message.Trailer;
            }
        }
        IReadOnlyList<Finding> findings = EnvelopeChecker.Check(input);
        foreach (Finding finding in findings)
        {
            Assert.InRange(finding.ByteOffset, 0, input.Length);
            Assert.NotEmpty(finding.ToString());
        }
        Assert.True(document.Interchanges.Any(i => i.Trailer is not null) || findings.Any(f => f.Severity == FindingSeverity.Error),
            "an input that holds no whole interchange is flagged");
        _ = EdiPeek.Read(input);
        _ = EdiSplitter.ByMessage(document).Sum(p => p.Bytes.Length);
        if (json)
        {
            ValidationReport report = EdiExplanation.Write(input, EdiSchemas.Default, TextWriter.Null);
            Assert.Equal(report.Findings.Count, EdiValidator.Validate(input, EdiSchemas.Default).Findings.Count);
            byte[] answer = Acknowledgement.For(report, new() { ControlReference = "1", Prepared = new(2024, 1, 1), Kinds = Enum.GetValues<AcknowledgementKind>() });
            _ = Acknowledgement.Read(answer);
            ArrayBufferWriter<byte> text = new();
            EdiJson.Write(document, text);
            ArrayBufferWriter<byte> back = new();
            EdiJson.ToEdi(text.WrittenMemory, back);
            Assert.True(back.WrittenSpan.SequenceEqual(input), "JSON loses nothing");
        }
    }
}
