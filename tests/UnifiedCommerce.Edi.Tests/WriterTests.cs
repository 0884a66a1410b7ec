using System.Buffers;
using System.Text;

namespace UnifiedCommerce.Edi.Tests;

public class WriterTests
{
    private static readonly EdiInterchangeHeader Header = new()
    {
        Sender = "5412345000013",
        SenderQualifier = "14",
        Receiver = "4012345000094",
        ReceiverQualifier = "14",
        Prepared = new DateTime(2024, 6, 7, 12, 30, 0),
        ControlReference = "42",
    };

    [Fact]
    public void An_EDIFACT_order_counts_and_escapes_by_itself()
    {
        string text = Written(Dialect.Edifact(), writer =>
        {
            writer.BeginInterchange(Header);
            writer.BeginMessage(new() { Type = "ORDERS", Version = "D", Release = "96A", AssociationCode = "EAN008", Reference = "1" });
            writer.Segment("BGM", "220", "PO1", "9");
            writer.BeginSegment("FTX").Element("AAI").Element().Element().Element("O'NEIL + SONS?").Component("").Component("third").Component("").EndSegment();
            writer.BeginSegment("QTY").Element("21").Component(12.50m).Component("PCE").EndSegment();
            writer.EndMessage();
            writer.EndInterchange();
        });

        Assert.Equal("UNB+UNOC:3+5412345000013:14+4012345000094:14+240607:1230+42'UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+PO1+9'"
            + "FTX+AAI+++O?'NEIL ?+ SONS??::third'QTY+21:12.50:PCE'UNT+5+1'UNZ+1+42'", text);
    }

    [Fact]
    public void An_X12_order_has_an_ISA_of_106_bytes()
    {
        string text = Written(Dialect.X12("00501"), writer =>
        {
            writer.BeginInterchange(Header with { SenderQualifier = "", ReceiverQualifier = "", AcknowledgementRequested = true, IsTest = true });
            writer.BeginGroup(new() { FunctionalIdentifier = "PO", Sender = "US", Receiver = "THEM", Prepared = Header.Prepared, ControlReference = "7", Version = "005010" });
            writer.BeginMessage(new() { Type = "850", Reference = "0001" });
            writer.BeginSegment("REF").Element("DP").Element("A").Component("B").Repetition("C").EndSegment();
            writer.EndMessage();
            writer.EndGroup();
            writer.EndInterchange();
        }, new() { LineEnding = "\n" });

        string[] lines = text.Split('\n');
        Assert.Equal("ISA*00*          *00*          *ZZ*5412345000013  *ZZ*4012345000094  *240607*1230*^*00501*000000042*1*T*>~", lines[0]);
        Assert.Equal(106, lines[0].Length);
        Assert.Equal(["GS*PO*US*THEM*20240607*1230*7*X*005010~", "ST*850*0001~", "REF*DP*A>B^C~", "SE*3*0001~", "GE*1*7~", "IEA*1*000000042~", ""], lines[1..]);
        Assert.Empty(EnvelopeChecker.Check(Encoding.ASCII.GetBytes(text)));
    }

    [Fact]
    public void A_TRADACOMS_file_has_equals_signs_after_tags()
    {
        string text = Written(Dialect.Tradacoms(), writer =>
        {
            writer.BeginInterchange(Header with { SenderName = "STORES" });
            writer.BeginMessage(new() { Type = "ORDHDR", Version = "9", Reference = "1" });
            writer.Segment("TYP", "0430", "NEW=ORDERS");
            writer.EndMessage();
            writer.EndInterchange();
        });

        Assert.Equal("STX=ANA:1+5412345000013:STORES+4012345000094+240607:123000+42'MHD=1+ORDHDR:9'TYP=0430+NEW=ORDERS'MTR=3'END=1'", text);
        Assert.Empty(EnvelopeChecker.Check(Encoding.ASCII.GetBytes(text)));
    }

    [Fact]
    public void Other_delimiters_are_announced_by_UNA_and_read_back()
    {
        Dialect dialect = Dialect.Edifact("UNOC", 4) with { SegmentTerminator = (byte)'~', ElementSeparator = (byte)'|', TagSeparator = (byte)'|', DecimalMark = (byte)',' };
        string text = Written(dialect, writer =>
        {
            writer.BeginInterchange(Header);
            writer.BeginMessage(new() { Type = "ORDERS", Version = "D", Release = "96A", Reference = "1" });
            writer.BeginSegment("PRI").Element("AAA").Component(1.5m).EndSegment();
            writer.BeginSegment("PIA").Element("1").Element("A").Component("IN").Repetition("B*~|").EndSegment();
            writer.EndMessage();
            writer.EndInterchange();
        });

        Assert.StartsWith("UNA:|,?*~UNB|UNOC:4|", text);
        Assert.Contains("PRI|AAA:1,5~PIA|1|A:IN*B?*?~?|~", text);
        EdiDocument document = EdiDocument.Read(Encoding.ASCII.GetBytes(text));
        Assert.Equal("B*~|", document.Segments[3].Text(2, 1, 2));
        Assert.Empty(document.Findings);
    }

    [Theory]
    [InlineData("A~B", "delimiter '~'")]
    [InlineData("A*B", "delimiter '*'")]
    [InlineData("A\nB", "byte 0x0A")]
    [InlineData("A\u4f60B", "U+4F60")]
    public void What_X12_cannot_say_is_refused_before_a_byte_leaves(string value, string reason)
    {
        ArrayBufferWriter<byte> output = new();
        using EdiWriter writer = new(output, Dialect.X12());
        writer.Segment("REF", "DP", "GOOD");

        EdiWriteException refusal = Assert.Throws<EdiWriteException>(() => writer.BeginSegment("MSG").Element("before").Element(value));

        Assert.Contains(reason, refusal.Message);
        Assert.Contains("MSG element 2", refusal.Message);
        writer.Segment("REF", "DP", "AFTER");
        writer.Flush();
        Assert.Equal("REF*DP*GOOD~REF*DP*AFTER~", Encoding.ASCII.GetString(output.WrittenSpan));
    }

    [Fact]
    public void What_cannot_be_said_is_replaced_on_request_and_reported()
    {
        ArrayBufferWriter<byte> output = new();
        using EdiWriter writer = new(output, Dialect.Edifact("UNOA"), new() { UnwritableText = UnwritableText.Replace });
        writer.Segment("NAD", "DP", "Café Zürich~");
        writer.Flush();

        Assert.Equal("NAD+DP+CAF. Z.RICH.'", Encoding.ASCII.GetString(output.WrittenSpan));
        Finding finding = Assert.Single(writer.Findings);
        Assert.Equal(("text-replaced", "NAD", 2, "Café Zürich~"), (finding.Code, finding.Tag, finding.ElementPosition, finding.Found));
    }

    [Theory]
    [InlineData("UNOC", "Zürich", "5AFC7269636820")]
    [InlineData("UNOE", "Москва", "BCDEE1DAD2D020")]
    [InlineData("UNOF", "Αθήνα", "C1E8DEEDE120")]
    [InlineData("UNOY", "你好", "E4BDA0E5A5BD20")]
    public void Text_is_written_and_read_in_the_declared_character_set(string syntax, string text, string hex)
    {
        ArrayBufferWriter<byte> output = new();
        Dialect dialect = Dialect.Edifact(syntax, 4);
        using EdiWriter writer = new(output, dialect);
        writer.BeginInterchange(Header);
        writer.Segment("NAD", text + " ");
        writer.Flush();

        Assert.Contains(hex, Convert.ToHexString(output.WrittenSpan));
        Assert.Equal(text + " ", EdiDocument.Read(output.WrittenSpan.ToArray()).Segments[1].Text(1));
    }

    [Theory]
    [InlineData("ISA13")]
    [InlineData("ISA06")]
    public void Lengths_of_the_envelope_are_checked(string place)
    {
        using EdiWriter writer = new(new ArrayBufferWriter<byte>(), Dialect.X12());
        EdiInterchangeHeader header = place == "ISA13" ? Header with { ControlReference = "1234567890" } : Header with { Sender = "1234567890123456" };
        Assert.Contains(place, Assert.Throws<EdiWriteException>(() => writer.BeginInterchange(header)).Message);
    }

    [Fact]
    public void A_document_can_be_written_in_another_dialect()
    {
        EdiDocument document = EdiDocument.Read(Samples.Bytes(Samples.Edifact));
        string text = Written(Dialect.Edifact() with { ComponentSeparator = (byte)'|', ReleaseCharacter = (byte)'\\' }, writer => writer.Segment(document.Segments[3].View));
        Assert.Equal(@"FTX+AAI+++O\'NEIL \+ SONS|second ? line'", text);
    }

    [Fact]
    public void Values_of_any_kind_return_from_a_written_message()
    {
        for (int seed = 1; seed <= 300; seed++)
        {
            Random random = new(seed);
            Dialect dialect = random.Next(3) switch { 0 => Dialect.X12("00501"), 1 => Dialect.Edifact("UNOC", 4), _ => Dialect.Edifact("UNOY", 4) };
            const string Alphabet = "ABCz019 .,-+:'?*~>^|=ÄéÅ";
            string[] values = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => string.Concat(Enumerable.Range(0, random.Next(0, 9))
                .Select(_ => Alphabet[random.Next(Alphabet.Length)]).Where(c => dialect.Standard != EdiStandard.X12 || !"*~>^".Contains(c))))];
            string text = Written(dialect, writer =>
            {
                writer.BeginInterchange(Header);
                writer.BeginSegment("XYZ").Element("a");
                foreach (string value in values)
                {
                    writer.Component(value);
                }
                writer.Element("b").Repetition(values[0]).EndSegment();
            }, latin: false, bytes: out byte[] bytes);

            EdiSegment segment = EdiDocument.Read(bytes).Segments[1];
            Assert.True(values.Select((v, i) => segment.Text(1, i + 2) == v).All(same => same), $"seed {seed}: {text}");
            Assert.Equal(values[0], segment.Text(2, 1, 2));
        }
    }

    private static string Written(Dialect dialect, Action<EdiWriter> write, EdiWriterOptions options = default) =>
        Written(dialect, write, latin: true, out _, options);

    private static string Written(Dialect dialect, Action<EdiWriter> write, bool latin, out byte[] bytes, EdiWriterOptions options = default)
    {
        ArrayBufferWriter<byte> output = new();
        using (EdiWriter writer = new(output, dialect, options))
        {
            write(writer);
        }
        bytes = output.WrittenSpan.ToArray();
        return latin ? Encoding.Latin1.GetString(bytes) : Encoding.UTF8.GetString(bytes);
    }
}
