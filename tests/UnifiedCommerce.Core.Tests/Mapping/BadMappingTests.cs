using System.Text;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Partners;

namespace UnifiedCommerce.Core.Tests.Mapping;

public sealed class BadMappingTests
{
    private const string Order = """
        document Order
        set channel = edi
             | UNH+{messageRef}+ORDERS:D:96A:UN'
             | BGM+220+{number}+9'
             | NAD+BY+{buyer.gln}::9'
        each | lines
               | LIN+{position}++{gtin}:EN'
               | QTY+21:{quantity}:{unit}'
        end
        """;

    private static Diagnostic OnlyError(string text)
    {
        MappingParseResult result = MessageMapping.Parse(text, "test.map", Samples.Load);
        Assert.Null(result.Mapping);
        return result.Diagnostics.First(diagnostic => diagnostic.Severity == Severity.Error);
    }

    [Fact]
    public void A_misspelt_field_is_named_with_its_place_and_the_likely_one()
    {
        Diagnostic finding = OnlyError(Order.Replace("buyer.gln", "buyer.glm", StringComparison.Ordinal));
        Assert.Equal("unknown-field", finding.Code);
        Assert.StartsWith("test.map:5:", finding.Place, StringComparison.Ordinal);
        Assert.Contains("Did you mean buyer.gln", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_code_table_is_named()
    {
        Diagnostic finding = OnlyError(Order.Replace("{unit}", "{unit rec21}", StringComparison.Ordinal));
        Assert.Equal("unknown-adjustment", finding.Code);
        Assert.Contains("rec20", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_each_without_end_is_named_where_it_begins()
    {
        Diagnostic finding = OnlyError(Order.Replace("\nend", "", StringComparison.Ordinal));
        Assert.Equal("no-end", finding.Code);
        Assert.StartsWith("test.map:6:", finding.Place, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_lines_that_the_same_segment_fits_are_refused()
    {
        Diagnostic finding = OnlyError(Order.Replace("       | QTY+21:{quantity}:{unit}'", "       | QTY+21:{quantity}:{unit}'\n       | QTY+21:{salesPrice}'", StringComparison.Ordinal));
        Assert.Equal("ambiguous", finding.Code);
    }

    [Fact]
    public void A_mapping_that_cannot_be_inverted_says_which_field_would_be_lost()
    {
        Diagnostic finding = OnlyError(Order.Replace("{number}", "{>1}", StringComparison.Ordinal));
        Assert.Equal("not-invertible", finding.Code);
        Assert.Contains("number would be lost", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_code_that_stands_twice_in_a_table_is_refused()
    {
        Diagnostic finding = OnlyError("table u\n  EA = PCE\n  CT = PCE\nend\n" + Order);
        Assert.Equal("duplicate-code", finding.Code);
        Assert.StartsWith("test.map:3:", finding.Place, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_word_in_the_gutter_is_named()
    {
        Diagnostic finding = OnlyError(Order.Replace("each |", "eech |", StringComparison.Ordinal));
        Assert.Equal("gutter", finding.Code);
        Assert.Contains("Did you mean each", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mapping_that_extends_itself_ends_with_a_finding()
    {
        MappingParseResult result = MessageMapping.Parse("extends loop\n", "loop.map", _ => "extends loop\n");
        Assert.Contains(result.Diagnostics, finding => finding.Code == "extends");
    }

    [Fact]
    public void A_table_file_outside_the_partner_s_folder_cannot_be_read()
    {
        MappingParseResult result = MessageMapping.Parse("table u from ../house.yaml\n" + Order, "test.map", MappingSet.Loader(Samples.Mappings, "nordhandel"));
        Assert.Contains(result.Diagnostics, finding => finding.Code == "unknown-table-file");
    }

    [Fact]
    public void A_partner_with_two_mappings_for_one_message_is_told_which()
    {
        string folder = Directory.CreateTempSubdirectory("uc-two-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "twice"));
        File.WriteAllText(Path.Combine(folder, "twice", "a.map"), Order);
        File.WriteAllText(Path.Combine(folder, "twice", "b.map"), Order);
        MappingSet set = MappingSet.Load(folder, "twice");
        Directory.Delete(folder, recursive: true);
        Assert.Equal("two-mappings", Assert.Single(set.Diagnostics).Code);
        Assert.Single(set.All);
    }

    [Fact]
    public void A_sample_that_is_not_what_it_says_fails_the_check()
    {
        string folder = Directory.CreateTempSubdirectory("uc-sample-").FullName;
        string samples = Directory.CreateDirectory(Path.Combine(folder, "p", "samples")).FullName;
        string sample = Path.Combine(samples, "order.edi");
        File.Copy(Path.Combine(Samples.Mappings, "nordhandel", "samples", "invoice.edi"), sample);
        MappingProof proof = MappingCheck.Prove(Samples.Parse(Order), [sample], MappingContext.Empty, [], MessageRules.Standard);
        Directory.Delete(folder, recursive: true);
        Assert.Contains(proof.Diagnostics, finding => finding.Code == "not-what-it-says" && finding.Text.Contains("Invoice", StringComparison.Ordinal));
    }

    [Fact]
    public void A_wrong_check_digit_is_found_when_reading_and_stops_writing()
    {
        const string message = "UNB+UNOC:3+A+B+260302:0900+1'UNH+1+ORDERS:D:96A:UN'BGM+220+1+9'NAD+BY+8719326000015::9'LIN+1++4006381333932:EN'QTY+21:5:EA'UNT+6+1'UNZ+1+1'";
        ReadMessage read = Assert.Single(Samples.Parse(Order).Read(Encoding.ASCII.GetBytes(message)).Messages);
        Diagnostic finding = Assert.Single(read.Diagnostics);
        Assert.Equal("check-digit", finding.Code);
        Assert.Equal("segment 4 LIN element 3 component 1", finding.Place);
        Assert.Contains("the check digit is 2, expected 1", finding.Text, StringComparison.Ordinal);
        WriteResult written = Samples.Parse(Order).Write(read.Document!, Samples.EdifactContext());
        Assert.True(written.HasErrors);
        Assert.True(written.Bytes.IsEmpty);
    }

    [Fact]
    public void A_character_outside_the_partner_s_set_is_named_and_nothing_is_written()
    {
        PurchaseOrder order = Samples.PurchaseOrder() with { Note = "Łódź" };
        WriteResult written = Samples.Base("eancom-d96a/purchase-order").Write(order, Samples.EdifactContext());
        Diagnostic finding = Assert.Single(written.Diagnostics);
        Assert.Equal("cannot-write", finding.Code);
        Assert.Contains("Ł", finding.Text, StringComparison.Ordinal);
        Assert.True(written.Bytes.IsEmpty);
    }

    [Fact]
    public void An_unknown_unit_is_an_error_and_never_a_guess()
    {
        MessageMapping mapping = Samples.Base("x12-4010/invoice");
        const string message = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260302*0900*U*00401*000000001*0*P*>~GS*IN*A*B*20260302*0900*1*X*004010~ST*810*0001~BIG*20260302*1~CUR*SE*USD~IT1*1*2*QQ*3.00**VN*X1~TDS*600~CTT*1~SE*7*0001~GE*1*1~IEA*1*000000001~";
        ReadMessage read = Assert.Single(mapping.Read(Encoding.ASCII.GetBytes(message)).Messages);
        Assert.True(read.HasErrors);
        Assert.Contains(read.Diagnostics, finding => finding.Code == "unknown-code" && finding.Place == "segment 4 IT1 element 3");
    }

    [Fact]
    public void A_price_for_another_quantity_than_the_mapping_says_is_not_read()
    {
        MessageMapping mapping = Samples.Base("x12-4010/order-response");
        const string message = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260302*0900*U*00401*000000001*0*P*>~GS*PR*A*B*20260302*0900*1*X*004010~ST*855*0001~BAK*00*AC*PO1*20260302~PO1*1*2*EA*3.00*ZP*VN*X1~ACK*IA*2*EA~CTT*1~SE*6*0001~GE*1*1~IEA*1*000000001~";
        ReadMessage read = Assert.Single(mapping.Read(Encoding.ASCII.GetBytes(message)).Messages);
        Assert.Contains(read.Diagnostics, finding => finding.Code == "unknown-code" && finding.Text.Contains("ZP", StringComparison.Ordinal));
        Assert.True(read.HasErrors);
    }

    [Theory]
    [InlineData("<!DOCTYPE x [<!ENTITY a \"b\">]><Order/>")]
    [InlineData("<!DOCTYPE cXML SYSTEM \"http://x/y.dtd\" [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><cXML>&a;</cXML>")]
    public void XML_with_a_document_type_is_refused(string xml)
    {
        ReadResult result = Samples.Base("peppol-bis3/order").Read(Encoding.UTF8.GetBytes(xml));
        Assert.Equal("dtd", Assert.Single(result.Diagnostics).Code);
        Assert.Empty(result.Messages);
    }

    [Fact]
    public void XML_nested_without_end_is_refused()
    {
        ReadResult result = Samples.Base("peppol-bis3/order").Read(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("<a>", 5_000))));
        Assert.Equal("too-deep", Assert.Single(result.Diagnostics).Code);
    }

    [Theory]
    [InlineData("{\"document\": [[[")]
    [InlineData("not json at all")]
    public void Broken_JSON_is_a_finding(string json)
    {
        ReadResult result = Samples.Base("json/invoice").Read(Encoding.UTF8.GetBytes(json));
        Assert.Equal("not-json", Assert.Single(result.Diagnostics).Code);
    }

    [Fact]
    public void A_CSV_without_an_agreed_column_says_which()
    {
        ReadResult result = Samples.Base("csv/inventory-report").Read("report;counted;item;ean;unit;expected\n1;;A;;EA;2\n"u8.ToArray());
        Assert.Contains(result.Diagnostics, finding => finding.Code == "missing-column" && finding.Text.Contains("'available'", StringComparison.Ordinal));
    }

    [Fact]
    public void A_message_cut_off_in_the_middle_is_not_applied()
    {
        byte[] whole = File.ReadAllBytes(Path.Combine(Samples.Mappings, "nordhandel", "samples", "order-response.edi"));
        ReadResult result = MappingSet.Load(Samples.Mappings, "nordhandel").Read(whole.AsMemory(0, whole.Length / 2));
        Assert.True(result.HasErrors);
        Assert.Empty(result.Documents<OrderResponse>());
    }

    [Fact]
    public void A_table_that_extends_another_adds_the_partner_s_own_codes()
    {
        MessageMapping mapping = Samples.Parse("""
            document InventoryReport
            table theirs extends x12unit
              EA = BUC
            end
                 | report;item;stock;unit
            each | lines
                 | {number};{supplierSku};{available};{unit theirs}
            end
            """);
        InventoryReport report = mapping.ReadOne<InventoryReport>("report;item;stock;unit\nR1;A;4;BUC\nR1;B;5;DZ\n"u8.ToArray());
        Assert.Equal(["EA", "DZN"], report.Lines.Select(line => line.Available.Unit));
        Assert.Equal("unknown-table", OnlyError("document InventoryReport\ntable theirs extends x12units\nend\n     | report\neach | lines\n     | {number}\nend\n").Code);
    }
}
