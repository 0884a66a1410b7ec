using System.Text;

namespace UnifiedCommerce.Edi.Tests;

public class DialectTests
{
    private const string Isa = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *240607*1230*U*00401*000000007*0*P*>~";

    [Theory]
    [InlineData("UNA:+.? 'UNB+UNOC:3+A+B+C+D'", ':', '+', '?', '\0', '\'')]
    [InlineData("UNA:+.? '\r\nUNB+UNOC:3+A+B+C+D'", ':', '+', '?', '\0', '\'')]
    [InlineData("UNA=*.# ~UNB*UNOC=3*A*B*C*D~", '=', '*', '#', '\0', '~')]
    [InlineData("UNA:+.?*'UNB+UNOC:4+A+B+C+D'", ':', '+', '?', '*', '\'')]
    [InlineData("UNA:+.?*'UNB+UNOC:3+A+B+C+D'", ':', '+', '?', '\0', '\'')]
    [InlineData("UNA:+.?'UNB+UNOC:3+A+B+C+D'", ':', '+', '?', '\0', '\'')]
    [InlineData("UNA:+.  'UNB+UNOC:3+A+B+C+D'", ':', '+', '\0', '\0', '\'')]
    [InlineData("UNB+UNOC:3+A+B+C+D'", ':', '+', '?', '\0', '\'')]
    [InlineData("UNB+UNOC:4+A+B+C+D'", ':', '+', '?', '*', '\'')]
    [InlineData("UNB+UNOC:3+A+B+C+D~\nUNH+1+A~", ':', '+', '?', '\0', '~')]
    [InlineData("UNB\u001dUNOB\u001f1\u001dA\u001dB\u001cUNH", '\u001f', '\u001d', '?', '\0', '\u001c')]
    [InlineData("\u00ef\u00bb\u00bf\r\n UNB+UNOC:3+A+B+C+D'", ':', '+', '?', '\0', '\'')]
    [InlineData("X-Mailer: UNB or not\n\nUNB+UNOC:3+A+B+C+D'", ':', '+', '?', '\0', '\'')]
    public void Delimiters_of_EDIFACT_are_found(string text, char component, char element, char release, char repetition, char terminator)
    {
        Dialect dialect = First(text).Dialect;
        Assert.Equal(
            (EdiStandard.Edifact, (byte)component, (byte)element, (byte)release, (byte)repetition, (byte)terminator),
            (dialect.Standard, dialect.ComponentSeparator, dialect.ElementSeparator, dialect.ReleaseCharacter, dialect.RepetitionSeparator, dialect.SegmentTerminator));
    }

    [Theory]
    [InlineData("", "", '*', '>', '\0', '~')]
    [InlineData("~", "\n", '*', '>', '\0', '\n')]
    [InlineData("~", "\r\n", '*', '>', '\0', '\r')]
    [InlineData("*", "|", '|', '>', '\0', '~')]
    [InlineData("*U*00401", "*^*00402", '*', '>', '^', '~')]
    [InlineData("*U*00401", "*^*00401", '*', '>', '\0', '~')]
    [InlineData("*U*00401", "*U*00501", '*', '>', '\0', '~')]
    [InlineData("              ", "", '*', '>', '\0', '~')]
    [InlineData("~", "~\n\t", '*', '>', '\0', '~')]
    [InlineData(">", "\u001f", '*', '\u001f', '\0', '~')]
    public void Delimiters_of_X12_are_found(string from, string to, char element, char component, char repetition, char terminator)
    {
        string isa = from.Length == 0 ? Isa : Isa.Replace(from, to, StringComparison.Ordinal);
        string end = to is "\n" or "\r\n" or "~\n\t" ? to : "~";
        string text = isa + $"GS{element}PO{element}A{element}B{end}IEA{element}0{element}000000007{end}";
        EdiInterchange interchange = First(text);
        Dialect dialect = interchange.Dialect;
        Assert.Equal(
            (EdiStandard.X12, (byte)component, (byte)element, (byte)repetition, (byte)terminator),
            (dialect.Standard, dialect.ComponentSeparator, dialect.ElementSeparator, dialect.RepetitionSeparator, dialect.SegmentTerminator));
        Assert.Equal(3, interchange.Segments.Count);
        Assert.Equal("A", interchange.Sender);
    }

    [Fact]
    public void A_file_wrapped_at_80_reads_as_the_same_file_unwrapped()
    {
        EdiDocument wrapped = EdiDocument.Read(Samples.Bytes(Samples.Wrapped));
        EdiDocument plain = EdiDocument.Read(Samples.Bytes(Samples.X12));

        Assert.Equal("lines-wrapped", Assert.Single(wrapped.Findings).Code);
        Assert.Equal(plain.Segments.Select(Values), wrapped.Segments.Select(Values));
    }

    [Fact]
    public void Interchanges_of_several_kinds_are_read_from_one_input()
    {
        EdiDocument document = EdiDocument.Read(Samples.Bytes(Samples.Mixed));
        Assert.Equal([EdiStandard.X12, EdiStandard.Edifact, EdiStandard.Tradacoms], document.Interchanges.Select(i => i.Dialect.Standard));
        Assert.Equal(6, document.Messages.Count());
        Assert.Equal("data-outside-interchange", Assert.Single(document.Findings).Code);
    }

    [Fact]
    public void An_interchange_that_begins_within_another_is_read()
    {
        string text = Samples.Edifact[..Samples.Edifact.IndexOf("UNT+5", StringComparison.Ordinal)] + Samples.X12;
        EdiDocument document = EdiDocument.Read(Samples.Bytes(text));
        Assert.Equal(["ORDERS", "850", "850"], document.Messages.Select(m => m.Type));
    }

    [Fact]
    public void Interactive_EDIFACT_is_refused_with_a_clear_word_and_the_next_interchange_read()
    {
        EdiDocument document = EdiDocument.Read(Samples.Bytes("UNA:+.? 'UIB+UNOA:4+1'UIH+A'UIT'UIZ'" + Samples.X12));

        Finding finding = Assert.Single(document.Findings);
        Assert.Equal("interactive-not-supported", finding.Code);
        Assert.Contains("batch", finding.Text);
        Assert.Equal(2, document.Messages.Count());
    }

    [Fact]
    public void Bare_messages_are_read_and_the_missing_envelope_said()
    {
        EdiDocument document = EdiDocument.Read(Samples.Bytes("UNH+1+ORDERS:D:96A:UN'BGM+220+1+9'UNT+3+1'"));
        Assert.Equal("interchange-header-missing", Assert.Single(document.Findings).Code);
        Assert.Null(document.Interchanges[0].Header);
        Assert.Equal("ORDERS", document.Messages.Single().Type);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  \r\n")]
    [InlineData("<?xml version='1.0'?><Order/>")]
    [InlineData("{\"order\": \"ISA and UNB\"}")]
    public void What_is_no_EDI_is_said_to_be_none(string text)
    {
        EdiDocument document = EdiDocument.Read(Samples.Bytes(text));
        Assert.Empty(document.Interchanges);
        Assert.Contains(document.Findings, f => f.Code == "nothing-to-read");
    }

    [Theory]
    [InlineData("FFFE490053004100", "UTF-16")]
    [InlineData("49005300410000002A00", "UTF-16")]
    [InlineData("C9E2C15C", "EBCDIC")]
    public void Another_encoding_is_named(string hex, string encoding) =>
        Assert.Contains(EdiDocument.Read(Convert.FromHexString(hex)).Findings, f => f.Code == "encoding-not-supported" && f.Text.Contains(encoding));

    private static EdiInterchange First(string text) => EdiDocument.Read(Encoding.Latin1.GetBytes(text)).Interchanges[0];

    private static string Values(EdiSegment segment)
    {
        StringBuilder text = new(segment.Tag);
        SegmentView view = segment.View;
        for (int i = 1; i < view.TokenCount; i++)
        {
            text.Append('|').Append(Encoding.Latin1.GetString(view.Token(i)));
        }
        return text.ToString();
    }
}
