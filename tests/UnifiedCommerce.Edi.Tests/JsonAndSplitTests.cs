using System.Buffers;
using System.Text;
using System.Text.Json;

namespace UnifiedCommerce.Edi.Tests;

public class JsonAndSplitTests
{
    [CorpusFact]
    public void Every_sample_returns_from_JSON_byte_for_byte()
    {
        List<string> wrong = [];
        foreach (CorpusFile file in Corpus.Files())
        {
            byte[] bytes = Corpus.Read(file.File);
            if (!bytes.AsSpan().SequenceEqual(Back(Json(bytes))))
            {
                wrong.Add(file.File);
            }
        }
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("UNB")]
    [InlineData("U?NB+UNOW:4+A'")]
    public void A_header_that_cannot_be_read_is_flagged_and_returns_from_JSON(string broken)
    {
        byte[] bytes = Encoding.UTF8.GetBytes("UNA:+.? 'UNB+UNOW:4+A+B+260302:0800+1'\n" + broken);

        EdiDocument document = EdiDocument.Read(bytes);

        Assert.Equal([0], document.Interchanges.Select(interchange => interchange.ByteOffset));
        Assert.Contains(document.Findings, finding => finding.Severity == FindingSeverity.Error);
        ArrayBufferWriter<byte> back = new();
        EdiJson.ToEdi(Encoding.UTF8.GetBytes(Json(bytes)), back);
        Assert.Equal(bytes, back.WrittenSpan.ToArray());
    }

    [Fact]
    public void Segments_are_arrays_that_a_person_can_read_and_change()
    {
        string json = Json(Samples.Bytes(Samples.Syntax4));

        Assert.Contains("""["UNH","1",["ORDERS","D","96A","UN"]]""", json);
        Assert.Contains("""["PIA","1",{"repeat":[["A","IN"],["B","SA"],["C","EN"]]}]""", json);
        Assert.Contains("""["FTX","AAI","","","Käse"]""", json);
        string changed = Encoding.UTF8.GetString(Back(json.Replace("Käse", "Brot + Käse", StringComparison.Ordinal)));
        Assert.Equal(Samples.Syntax4.Replace("Käse", "Brot ?+ Käse", StringComparison.Ordinal), changed);
    }

    [Fact]
    public void The_delimiters_in_ISA_stand_as_they_are() =>
        Assert.Contains("\"^\",\"00501\",\"000000007\",\"0\",\"P\",\">\"]", Json(Samples.Bytes(Samples.X12)));

    [Theory]
    [InlineData("{}", "interchanges")]
    [InlineData("""{"interchanges":[{"standard":"X13"}]}""", "delimiters")]
    [InlineData("""{"interchanges":[{"standard":"X12","delimiters":{"segment":"~","element":"*"},"segments":[["ST",["850","1"]]]}]}""", "component separator")]
    [InlineData("""{"interchanges":[{"standard":"X12","delimiters":{"segment":"~","element":"*"},"segments":[["ST",5]]}]}""", "Segment 0")]
    [InlineData("not json", "is an invalid")]
    public void Wrong_JSON_is_refused_with_the_place(string json, string word) =>
        Assert.Contains(word, Assert.ThrowsAny<JsonException>(() => Back(json)).Message);

    [Fact]
    public void Every_message_can_stand_alone_in_its_envelope()
    {
        EdiPart[] parts = [.. EdiSplitter.ByMessage(EdiDocument.Read(Samples.Bytes(Samples.X12 + "\n" + Samples.Edifact + "\n" + Samples.Syntax4)))];

        Assert.Equal([(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)], parts.Select(p => (p.InterchangeIndex, p.MessageIndex)));
        foreach (EdiPart part in parts)
        {
            Assert.Empty(EnvelopeChecker.Check(part.Bytes.Span));
            Assert.Single(EdiDocument.Read(part.Bytes).Messages);
        }
        Assert.Contains("BEG*00*SA*PO2", Encoding.ASCII.GetString(parts[1].Bytes.Span));
    }

    [Fact]
    public void Interchanges_are_split_with_their_bytes()
    {
        string[] parts = [.. EdiSplitter.ByInterchange(EdiDocument.Read(Samples.Bytes(Samples.Mixed))).Select(p => Encoding.UTF8.GetString(p.Bytes.Span))];
        Assert.Equal([Samples.X12, Samples.Edifact, Samples.Tradacoms.TrimEnd()], parts);
    }

    [Fact]
    public void A_router_knows_sender_receiver_and_message_from_the_first_bytes()
    {
        EdiPeek edifact = EdiPeek.Read(Samples.Bytes(Samples.Edifact))!;
        Assert.Equal(("5412345000013", "14", "4012345000094", "42", "ORDERS", "D96A EAN008"),
            (edifact.Sender, edifact.SenderQualifier, edifact.Receiver, edifact.ControlReference, edifact.MessageType, edifact.MessageVersion));
        EdiPeek x12 = EdiPeek.Read(Samples.Bytes(Samples.X12)[..200])!;
        Assert.Equal(("BUYERCO", "ZZ", "123456789", "000000007", "850", "005010"),
            (x12.Sender, x12.SenderQualifier, x12.Receiver, x12.ControlReference, x12.MessageType, x12.MessageVersion));
        Assert.Null(EdiPeek.Read("<Order/>"u8));
    }

    private static string Json(byte[] bytes)
    {
        ArrayBufferWriter<byte> output = new();
        EdiJson.Write(EdiDocument.Read(bytes), output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static byte[] Back(string json)
    {
        ArrayBufferWriter<byte> output = new();
        EdiJson.ToEdi(Encoding.UTF8.GetBytes(json), output);
        return output.WrittenSpan.ToArray();
    }
}
