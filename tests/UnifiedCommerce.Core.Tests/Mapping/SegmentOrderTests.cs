using System.Text;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Tests.Mapping;

/// <summary>Segments in other places than the mapping has them, as partners send them.</summary>
public sealed class SegmentOrderTests
{
    private static ReadMessage Read(MessageMapping mapping, string message)
    {
        string text = message.ReplaceLineEndings("");
        return Assert.Single(mapping.Read(Encoding.Latin1.GetBytes(mapping.Syntax == MessageSyntax.X12
            ? $"ISA*00*          *00*          *ZZ*A              *ZZ*B              *260302*0900*U*00401*000000001*0*P*>~GS*SH*A*B*20260302*0900*1*X*004010~{text}GE*1*1~IEA*1*000000001~"
            : $"UNB+UNOC:3+A+B+260302:0900+1'{text}UNZ+1+1'")).Messages);
    }

    [Fact]
    public void Parties_may_come_in_any_order()
    {
        ReadMessage read = Read(Samples.Base("edifact-d96a/invoice"), """
            UNH+1+INVOIC:D:96A:UN'BGM+380+I1+9'DTM+137:20260302:102'
            NAD+IV+8719326000039::9'
            NAD+SU+S-7::92++Werkzeug GmbH'RFF+VA:DE123456789'
            NAD+BY+8719326000015::9++Kroon'RFF+VA:NL004495445B01'
            CUX+2:EUR:4'
            LIN+1++4006381333931:EN'QTY+47:5:PCE'MOA+203:50'PRI+AAA:10'
            UNS+S'MOA+77:60.5'UNT+15+1'
            """);
        Invoice invoice = Assert.IsType<Invoice>(read.Document);
        Assert.Equal("8719326000015", invoice.Buyer!.Gln);
        Assert.Equal("NL004495445B01", invoice.Buyer.VatNumber);
        Assert.Equal("S-7", invoice.Supplier!.Id);
        Assert.Equal("DE123456789", invoice.Supplier.VatNumber);
        Assert.Empty(read.Unmapped);
    }

    [Fact]
    public void A_tax_of_a_line_that_the_mapping_does_not_name_is_no_tax_of_the_invoice()
    {
        ReadMessage read = Read(Samples.Base("eancom-d96a/invoice"), """
            UNH+1+INVOIC:D:96A:UN:EAN008'BGM+380+I1+9'DTM+137:20260302:102'
            NAD+BY+8719326000015::9'NAD+SU+4031902000016::9'CUX+2:EUR:4'
            LIN+1++4006381333931:EN'QTY+47:5:PCE'MOA+203:50'PRI+AAA:10'TAX+7+VAT+++:::21'MOA+124:10.50'
            LIN+2++4006381333948:EN'QTY+47:5:PCE'MOA+203:50'PRI+AAA:10'TAX+7+VAT+++:::21'MOA+124:10.50'
            UNS+S'MOA+77:121'MOA+124:21'UNT+21+1'
            """);
        Invoice invoice = Assert.IsType<Invoice>(read.Document);
        Assert.Equal(21m, invoice.TaxTotal);
        Assert.Equal(2, read.Unmapped.Count(value => value.Text.StartsWith("MOA+124:10.50", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_price_in_another_unit_than_the_quantity_is_an_error_and_never_read_as_if_it_were_the_same()
    {
        ReadMessage read = Read(Samples.Base("eancom-d96a/purchase-order"), """
            UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+4711+9'DTM+137:20260302:102'NAD+BY+8719326000015::9'NAD+SU+4031902000016::9'NAD+DP+8719326000022::9'CUX+2:EUR:9'
            LIN+1++4006381333931:EN'QTY+21:5:CT'PRI+AAA:10:::1:KGM'UNS+S'UNT+12+1'
            """);
        Diagnostic fault = Assert.Single(read.Diagnostics, diagnostic => diagnostic.Severity == Severity.Error);
        Assert.Equal("unit-differs", fault.Code);
        Assert.Contains("KGM beside CT", fault.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Goods_without_an_order_level_belong_to_no_order_even_behind_one_that_has_one()
    {
        ReadMessage read = Read(Samples.Base("x12-4010/despatch-advice"), """
            ST*856*0001~BSN*00*D1*20260302*0900~HL*1**S~HL*2*1*O~PRF*PO1~
            HL*3*2*I~LIN*1*VN*NH-1~SN1*1*40*EA~
            HL*4*1*I~LIN*2*VN*NH-2~SN1*2*10*EA~CTT*4~SE*14*0001~
            """);
        DespatchAdvice advice = Assert.IsType<DespatchAdvice>(read.Document);
        Assert.Equal(["PO1", null], advice.Lines.Select(line => line.OrderNumber));
        Assert.Equal([40m, 10m], advice.Lines.Select(line => line.Quantity.Value));
    }

    [Fact]
    public void Of_two_article_numbers_with_one_qualifier_the_first_counts_and_the_second_is_shown()
    {
        ReadMessage read = Read(Samples.Base("eancom-d96a/purchase-order"), """
            UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+4711+9'DTM+137:20260302:102'NAD+BY+8719326000015::9'NAD+SU+4031902000016::9'NAD+DP+8719326000022::9'CUX+2:EUR:9'
            LIN+1++4006381333931:EN'PIA+1+A-1:SA+A-2:SA'QTY+21:5:PCE'PRI+AAA:10'UNS+S'UNT+13+1'
            """);
        Assert.Equal("A-1", Assert.IsType<Purchasing.PurchaseOrder>(read.Document).Lines[0].Item.SupplierSku);
        Assert.Equal("SA A-2", Assert.Single(read.Unmapped).Text);
    }

    [Fact]
    public void Messages_are_read_one_after_the_other_and_the_one_without_trailer_is_no_document_to_apply()
    {
        string message = "UNH+{0}+ORDERS:D:96A:UN:EAN008'BGM+220+{0}+9'DTM+137:20260302:102'NAD+BY+8719326000015::9'NAD+SU+4031902000016::9'NAD+DP+8719326000022::9'CUX+2:EUR:9'LIN+1++4006381333931:EN'QTY+21:5:PCE'PRI+AAA:10'UNS+S'";
        byte[] file = Encoding.Latin1.GetBytes("UNB+UNOC:3+A+B+260302:0900+1'" + string.Concat(new[] { "1", "2", "3" }.Select(number => message.Replace("{0}", number, StringComparison.Ordinal) + (number == "2" ? "" : $"UNT+12+{number}'"))) + "UNZ+3+1'");
        MessageMapping mapping = Samples.Base("eancom-d96a/purchase-order");
        List<(string Number, long Length, bool Whole)> read = [];
        MessageReader reader = mapping.Open(file);
        while (reader.Read())
            read.Add((Assert.IsType<Purchasing.PurchaseOrder>(reader.Current.Document).Number, reader.Current.ByteLength, !reader.Current.HasErrors));
        Assert.Equal([("1", true), ("2", false), ("3", true)], read.Select(one => (one.Number, one.Whole)));
        Assert.Equal(read[0].Length, read[1].Length + "UNT+12+2'".Length);
        Assert.Equal(read, mapping.Read(file).Messages.Select(one => (((Purchasing.PurchaseOrder)one.Document!).Number, one.ByteLength, !one.HasErrors)));
    }
}
