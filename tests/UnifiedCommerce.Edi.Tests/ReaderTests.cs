using System.Text;

namespace UnifiedCommerce.Edi.Tests;

public class ReaderTests
{
    private const string Orders = """
        UNA:+.? '
        UNB+UNOC:3+5412345000013:14+4012345000094:14+240607:1230+42++ORDERS'
        UNH+1+ORDERS:D:96A:UN:EAN008'
        BGM+220+PO1+9'
        FTX+AAI+++O?'NEIL ?+ SONS:second ?? line'
        LIN+1++4000862141404:EN'
        UNT+5+1'
        UNZ+1+42'
        """;

    private const string PurchaseOrder = "ISA*00*          *00*          *ZZ*BUYERCO        *01*123456789      *240607*1230*^*00501*000000007*0*P*>~"
        + "GS*PO*BUYERCO*123456789*20240607*1230*7*X*005010~ST*850*0001~BEG*00*SA*PO1**20240607~REF*DP*A>B^C>D~SE*4*0001~GE*1*7~IEA*1*000000007~";

    [Fact]
    public void An_order_is_read_without_configuration()
    {
        EdiDocument document = EdiDocument.Read(Encoding.Latin1.GetBytes(Orders));

        Assert.Empty(document.Findings);
        EdiMessage message = Assert.Single(document.Messages);
        Assert.Equal(("ORDERS", "D", "96A", "UN", "EAN008", "1"),
            (message.Type, message.Version, message.Release, message.Agency, message.AssociationCode, message.Reference));
        Assert.Equal("5412345000013", message.Interchange.Sender);
        Assert.Equal(new DateTime(2024, 6, 7, 12, 30, 0), message.Interchange.Prepared);
        Assert.Equal(["UNH", "BGM", "FTX", "LIN", "UNT"], message.Segments.Select(s => s.Tag));
        Assert.Equal("O'NEIL + SONS", message.Segments[2].Text(4, 1));
        Assert.Equal("second ? line", message.Segments[2].Text(4, 2));
        Assert.Equal("EN", message.Segments[3].Text(3, 2));
        Assert.Equal("", message.Segments[3].Text(3, 3));
    }

    [Fact]
    public void Repetitions_and_components_of_X12_are_told_apart()
    {
        EdiReader reader = new(Encoding.Latin1.GetBytes(PurchaseOrder));
        while (reader.Read() && !reader.Tag.SequenceEqual("REF"u8))
        {
        }

        Assert.Equal(4 - 1, reader.SegmentPosition);
        Assert.Equal(2, reader.ElementCount);
        Assert.Equal(2, reader.RepetitionCount(2));
        Assert.Equal("D", reader.Text(2, 2, 2));
        Assert.Equal("A>B^C>D", Encoding.ASCII.GetString(reader.RawElement(2)));
    }

    [Theory]
    [InlineData(Orders)]
    [InlineData(PurchaseOrder)]
    public void What_was_read_is_written_back_byte_for_byte(string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        EdiDocument document = EdiDocument.Read(bytes);
        Assert.Equal(text, Encoding.Latin1.GetString(Rewrite.Exactly(document)));
    }
}
