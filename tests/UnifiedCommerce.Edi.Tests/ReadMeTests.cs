using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using UnifiedCommerce.Edi.Acknowledgements;
using UnifiedCommerce.Edi.Schemas;
using UnifiedCommerce.Edi.Validation;

namespace UnifiedCommerce.Edi.Tests;

/// <summary>The code of the library's README, compiled and run.</summary>
public partial class ReadMeTests
{
    private static readonly byte[] bytes = Samples.Bytes(Samples.Edifact);

    [Fact]
    public void Ten_lines_that_teach_reading()
    {
        using StringWriter console = new(CultureInfo.InvariantCulture);
        EdiDocument document = EdiDocument.Read(bytes);                       // X12, EDIFACT or TRADACOMS: found from the bytes
        foreach (EdiMessage message in document.Messages)
        {
            console.WriteLine($"{message.Interchange.Sender} sends {message.Type} {message.Release}, reference {message.Reference}");
            foreach (EdiSegment segment in message.Segments)
            {
                if (segment.Is("BGM"u8)) console.WriteLine($"order {segment.Text(2)}");               // element 2
                if (segment.Is("LIN"u8)) console.WriteLine($"line {segment.Text(1)}: {segment.Text(3, 1)}");   // element 3, component 1
            }
        }
        foreach (Finding finding in document.Findings) console.WriteLine(finding);                    // what is wrong, and where

        Assert.Equal("5412345000013 sends ORDERS 96A, reference 1\norder PO1\nline 1: 4000862141404\n5412345000013 sends ORDERS 96A, reference 2\norder PO2\n",
            console.ToString().ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Reading_without_allocation()
    {
        int quantity = 0;
        EdiReader reader = new(bytes);
        while (reader.Read())
        {
            if (reader.Tag.SequenceEqual("LIN"u8)) quantity += reader.Component(3, 1).Length;
        }

        Assert.Equal(13, quantity);
    }

    [Fact]
    public async Task Reading_a_file_of_any_size()
    {
        Stream stream = new MemoryStream(bytes);
        int segments = 0;
        await using EdiStreamReader source = new(stream);
        while (await source.ReadBlockAsync())
        {
            EdiReader reader = source.OpenBlock();
            while (reader.Read()) segments++;
            source.CloseBlock(in reader);
        }

        Assert.Equal(10, segments);
    }

    [Fact]
    public void Checking_and_answering()
    {
        ValidationReport report = EdiValidator.Validate(bytes, EdiSchemas.Default);
        byte[] answer = Acknowledgement.For(report, new() { ControlReference = "17", Prepared = new(2024, 6, 7, 13, 0, 0) });

        Assert.Equal(2, report.Messages);
        Assert.Contains("CONTRL", Encoding.ASCII.GetString(answer));
    }

    [Fact]
    public void Writing()
    {
        ArrayBufferWriter<byte> output = new();
        using EdiWriter writer = new(output, Dialect.Edifact("UNOC", 3));
        writer.BeginInterchange(new() { Sender = "5412345000013", Receiver = "4012345000094", Prepared = new(2024, 6, 7, 12, 30, 0), ControlReference = "42" });
        writer.BeginMessage(new() { Type = "ORDERS", Version = "D", Release = "96A", AssociationCode = "EAN008", Reference = "1" });
        writer.Segment("BGM", "220", "PO1", "9");
        writer.BeginSegment("QTY").Element("21").Component(12).Component("PCE").EndSegment();
        writer.EndMessage();                                                  // UNT with the count of segments
        writer.EndInterchange();                                              // UNZ with the count of messages

        Assert.EndsWith("BGM+220+PO1+9'QTY+21:12:PCE'UNT+4+1'UNZ+1+42'", Encoding.ASCII.GetString(output.WrittenSpan));
    }

    [Fact]
    public void Json_and_back()
    {
        ArrayBufferWriter<byte> json = new(), edi = new();
        EdiJson.Write(EdiDocument.Read(bytes), json, indented: true);
        EdiJson.ToEdi(json.WrittenMemory, edi);                               // byte for byte what was read

        Assert.True(edi.WrittenSpan.SequenceEqual(bytes));
    }

    [Fact]
    public void The_code_of_the_README_is_the_code_of_these_tests()
    {
        string tests = Plain(File.ReadAllText(SourceFile()));
        string readme = File.ReadAllText(Path.Combine(Path.GetDirectoryName(SourceFile())!, "../../src/UnifiedCommerce.Edi/README.md"));
        MatchCollection blocks = CodeBlock().Matches(readme);
        Assert.NotEmpty(blocks);
        Assert.All(blocks, block => Assert.Contains(Plain(block.Groups[1].Value), tests));
    }

    private static string Plain(string code) => Space().Replace(code, " ").Trim();

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();

    private static string SourceFile([CallerFilePath] string path = "") => path;
}
