namespace UnifiedCommerce.Edi.Tests;

public class EnvelopeTests
{
    [Theory]
    [InlineData("UNT+5+1", "UNT+6+1", "message-segment-count", "UNT", 1, "29")]
    [InlineData("UNT+5+1", "UNT+5+9", "message-reference", "UNT", 2, "28")]
    [InlineData("UNT+5+1", "UNT++1", "message-segment-count", "UNT", 1, "13")]
    [InlineData("UNT+5+1'\n", "", "message-trailer-missing", "UNT", 0, "13")]
    [InlineData("UNZ+2+42", "UNZ+3+42", "interchange-count", "UNZ", 1, "29")]
    [InlineData("UNZ+2+42", "UNZ+2+43", "interchange-reference", "UNZ", 2, "28")]
    [InlineData("UNZ+2+42'", "", "interchange-trailer-missing", "UNZ", 0, "13")]
    [InlineData("UNH+2+", "UNH+1+", "message-duplicate", "UNH", 1, "26")]
    [InlineData("UNH+1+ORDERS:D:96A:UN:EAN008'\n", "", "segment-outside-message", "BGM", 0, "33")]
    [InlineData("+240607:1230+42+", "+240607:1230++", "envelope-element-missing", "UNB", 5, "13")]
    public void A_fault_of_an_EDIFACT_envelope_is_found_at_its_place(string from, string to, string code, string tag, int element, string standardCode)
    {
        string text = Samples.Edifact.Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(Samples.Edifact, text);

        Finding finding = EnvelopeChecker.Check(Samples.Bytes(text)).First(f => f.Code == code);

        Assert.Equal((tag, element, "0085", standardCode), (finding.Tag, finding.ElementPosition, finding.StandardElement, finding.StandardCode));
        Assert.Equal(FindingLevel.Envelope, finding.Level);
        if (element > 0)
        {
            string rest = text[(int)finding.ByteOffset..];
            Assert.Equal(finding.Found ?? "", rest[..(finding.Found ?? "").Length]);
            Assert.Contains(text[..(int)finding.ByteOffset].Split('\n')[^1][..3], tag);
        }
    }

    [Theory]
    [InlineData("SE*6*0001", "SE*7*0001", "message-segment-count", "718", "4")]
    [InlineData("SE*6*0001", "SE*6*0009", "message-reference", "718", "3")]
    [InlineData("SE*6*0001~", "", "message-trailer-missing", "718", "2")]
    [InlineData("ST*850*0002", "ST*850*0001", "message-duplicate", "718", "23")]
    [InlineData("GE*2*7", "GE*1*7", "group-message-count", "716", "5")]
    [InlineData("GE*2*7", "GE*2*8", "group-reference", "716", "4")]
    [InlineData("GE*2*7~", "", "group-trailer-missing", "716", "3")]
    [InlineData("IEA*1*000000007", "IEA*2*000000007", "interchange-count", "I18", "021")]
    [InlineData("IEA*1*000000007", "IEA*1*7", "interchange-reference", "I18", "001")]
    [InlineData("IEA*1*000000007~", "", "interchange-trailer-missing", "I18", "023")]
    [InlineData("*ZZ*BUYERCO        *01", "*ZZ*BUYERCO*01", "isa-element-length", "I18", "006")]
    [InlineData("*0*P*>", "*2*P*>", "isa-value", "I18", "019")]
    [InlineData("*240607*1230*^", "*249907*1230*^", "isa-value", "I18", "014")]
    public void A_fault_of_an_X12_envelope_has_the_standards_code(string from, string to, string code, string element, string standardCode)
    {
        string text = Samples.X12.Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(Samples.X12, text);

        IReadOnlyList<Finding> findings = EnvelopeChecker.Check(Samples.Bytes(text));

        Assert.Contains(findings, f => (f.Code, f.StandardElement, f.StandardCode) == (code, element, standardCode));
        Assert.Equal(2, EdiDocument.Read(Samples.Bytes(text)).Messages.Count());
    }

    [Fact]
    public void Whole_envelopes_have_no_findings()
    {
        foreach (string sample in Samples.All)
        {
            IReadOnlyList<Finding> findings = EnvelopeChecker.Check(Samples.Bytes(sample));
            Assert.Empty(findings.Where(f => f.Code is not ("lines-wrapped" or "data-outside-interchange")));
        }
    }

    [Fact]
    public void The_same_interchange_twice_in_an_input_is_a_duplicate()
    {
        Finding finding = Assert.Single(EnvelopeChecker.Check(Samples.Bytes(Samples.X12 + Samples.X12)));
        Assert.Equal(("interchange-duplicate", "I18", "025", 1), (finding.Code, finding.StandardElement, finding.StandardCode, finding.InterchangeIndex));
    }

    [Fact]
    public void One_broken_message_does_not_lose_the_next()
    {
        string text = Samples.X12.Replace("PO1*1*10", "P\u0001~~*O1~x*", StringComparison.Ordinal);
        EdiDocument document = EdiDocument.Read(Samples.Bytes(text));

        Assert.Equal("PO2", document.Messages.Last().Segments[1].Text(3));
        Assert.Contains(EnvelopeChecker.Check(Samples.Bytes(text)), f => f.Code == "segment-tag-invalid" && f.MessageIndex == 0);
        Assert.DoesNotContain(EnvelopeChecker.Check(Samples.Bytes(text)), f => f.MessageIndex == 1);
    }

    [Fact]
    public void A_byte_outside_the_character_set_is_found_with_a_hint()
    {
        byte[] bytes = Samples.Bytes(Samples.Edifact);
        int at = Samples.Edifact.IndexOf("second", StringComparison.Ordinal);
        bytes[at] = 0x93;

        Finding finding = Assert.Single(EnvelopeChecker.Check(bytes));

        Assert.Equal(("character-not-allowed", "FTX", 4, 2, (long)at), (finding.Code, finding.Tag, finding.ElementPosition, finding.ComponentPosition, finding.ByteOffset));
        Assert.Contains("Windows-1252", finding.Text);
        Assert.Empty(EnvelopeChecker.Check(bytes, new() { CharacterSet = CharacterSet.Windows1252 }));
        Assert.StartsWith("“", EdiDocument.Read(bytes, new() { CharacterSet = CharacterSet.Windows1252 }).Segments[3].Text(4, 2));
    }
}
