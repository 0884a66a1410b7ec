using System.Text;
using UnifiedCommerce.Edi.Schemas;
using UnifiedCommerce.Edi.Validation;

namespace UnifiedCommerce.Edi.Tests;

public sealed class ValidationTests
{
    private const string Edifact = "BGM+220+PO1+9'DTM+137:20260101:102'NAD+BY+1::9'LIN+1++4000001000005:EN'QTY+21:5'UNS+S'CNT+2:1'";
    private const string Po = "BEG*00*SA*PO1**20260101~PO1*1*5*EA*2*PE*UP*012345678905~CTT*1~";

    [Fact]
    public void A_valid_order_of_either_standard_has_no_finding()
    {
        Assert.Empty(Orders(Edifact).Findings);
        Assert.Empty(X12("850", "PO", Po).Findings);
    }

    [Theory]
    // structure
    [InlineData("LIN+1", "XXX+1'LIN+1", "segment-unknown XXX 5 0 0 15")]
    [InlineData("LIN+1", "CNI+1'LIN+1", "segment-not-in-message CNI 5 0 0 15")]
    [InlineData("UNS+S", "BGM+220'UNS+S", "segment-out-of-order BGM 7 0 0 15")]
    [InlineData("DTM+137:20260101:102'", "", "segment-missing DTM 3 0 0 13")]
    [InlineData("UNS+S'", "", "segment-missing UNS 7 0 0 13")]
    [InlineData("BGM+220+PO1+9'", "BGM+220+PO1+9'BGM+220+PO2+9'", "segment-too-many BGM 3 0 0 35")]
    // elements
    [InlineData("NAD+BY", "NAD+", "element-missing NAD 4 1 0 13")]
    [InlineData("QTY+21:5", "QTY+21", "component-missing QTY 6 1 2 13")]
    [InlineData("QTY+21:5", "QTY+21:5:PCE:X", "components-too-many QTY 6 1 4 16")]
    [InlineData("UNS+S", "UNS+S+X", "elements-too-many UNS 7 2 0 16")]
    [InlineData("QTY+21:5", "QTY+21:FIVE", "element-type QTY 6 1 2 37")]
    [InlineData("QTY+21:5", "QTY+21:1234567890123456", "element-too-long QTY 6 1 2 39")]
    [InlineData("QTY+21:5", "QTY+21:.5", "decimal-mark-loose QTY 6 1 2 38")]
    [InlineData("BGM+220", "BGM+999", "code-unknown BGM 2 1 1 12")]
    [InlineData("20260101:102", "20261301:102", "date-format DTM 3 1 2 12")]
    [InlineData("20260101:102", "202601011200:102", "date-format DTM 3 1 2 12")]
    // balance
    [InlineData("CNT+2:1", "CNT+2:3", "line-count CNT 8 1 2 12")]
    public void A_fault_in_an_EDIFACT_order_is_found_at_its_place_with_its_code(string from, string to, string expected)
    {
        var finding = Assert.Single(Orders(Edifact.Replace(from, to, StringComparison.Ordinal)).Findings);

        Assert.Equal(expected, $"{finding.Code} {finding.Tag} {finding.SegmentPosition} {finding.ElementPosition} {finding.ComponentPosition} {finding.StandardCode}");
        Assert.Equal("0085", finding.StandardElement);
    }

    [Theory]
    [InlineData("BEG*00*SA", "BEG*00*XX", "code-unknown BEG 2 2 723 7")]
    [InlineData("*20260101~", "*20261301~", "date-invalid BEG 2 5 723 8")]
    [InlineData("PO1*1*5", "PO1*1*5X", "element-type PO1 3 2 723 6")]
    [InlineData("PO1*1*5*EA", "PO1*1*5*E", "element-too-short PO1 3 3 723 4")]
    [InlineData("PO1*1*5", "PO1*1*1234567890123456", "element-too-long PO1 3 2 723 5")]
    [InlineData("*UP*012345678905", "*UP", "condition-P PO1 3 7 723 2")]
    [InlineData("*PO1**", "*PO1>2**", "components-too-many BEG 2 3 723 6")]
    [InlineData("CTT*1", "CTT*9", "line-count CTT 4 1 723 7")]
    [InlineData("CTT*1", "CTT*1~CTT*1", "group-too-many CTT 5 0 720 4")]
    [InlineData("BEG*00*SA*PO1**20260101~", "", "segment-missing BEG 2 0 720 3")]
    [InlineData("CTT*1~", "ZZZ*1~CTT*1~", "segment-unknown ZZZ 4 0 720 1")]
    [InlineData("CTT*1~", "BIG*20260101*1~CTT*1~", "segment-not-in-message BIG 4 0 720 6")]
    public void A_fault_in_an_X12_order_is_found_at_its_place_with_its_code(string from, string to, string expected)
    {
        var finding = Assert.Single(X12("850", "PO", Po.Replace(from, to, StringComparison.Ordinal)).Findings);

        Assert.Equal(expected, $"{finding.Code} {finding.Tag} {finding.SegmentPosition} {finding.ElementPosition} {finding.StandardElement} {finding.StandardCode}");
    }

    [Fact]
    public void The_offset_points_at_the_first_byte_of_the_value()
    {
        var text = Interchange(Edifact.Replace("QTY+21:5", "QTY+21:FIVE", StringComparison.Ordinal), "ORDERS:D:96A:UN", "3");
        var finding = Assert.Single(EdiValidator.Validate(Encoding.ASCII.GetBytes(text), EdiSchemas.Default).Findings);

        Assert.Equal(text.IndexOf("FIVE", StringComparison.Ordinal), finding.ByteOffset);
        Assert.Equal("FIVE", finding.Found);
        Assert.Equal("n..15", finding.Expected);
    }

    [Fact]
    public void Release_characters_do_not_count_in_the_length_of_a_value()
    {
        var longest = new string('x', 33) + "?+?'";

        Assert.Empty(Orders(Edifact.Replace("PO1", longest, StringComparison.Ordinal)).Findings);
        Assert.Equal("element-too-long", Assert.Single(Orders(Edifact.Replace("PO1", longest + "x", StringComparison.Ordinal)).Findings).Code);
    }

    [Fact]
    public void Sign_and_decimal_mark_do_not_count_in_the_length_of_a_number()
    {
        Assert.Empty(Orders(Edifact.Replace("QTY+21:5", "QTY+21:-12345678901234.5", StringComparison.Ordinal)).Findings);
        Assert.Empty(Orders(Edifact.Replace("QTY+21:5", "QTY+21:12345678901234,5", StringComparison.Ordinal)).Findings);
    }

    [Fact]
    public void A_code_of_another_agency_is_not_looked_up_in_the_list_of_the_directory()
    {
        Assert.Empty(Orders(Edifact.Replace("BGM+220+", "BGM+X1::9+", StringComparison.Ordinal)).Findings);
        Assert.Equal("code-unknown", Assert.Single(Orders(Edifact.Replace("BGM+220+", "BGM+X1::6+", StringComparison.Ordinal)).Findings).Code);
    }

    [Fact]
    public void A_code_that_a_later_directory_has_only_warns()
    {
        var finding = Assert.Single(Orders(Edifact.Replace("4000001000005:EN", "4000001000005:SRV", StringComparison.Ordinal)).Findings);

        Assert.Equal(FindingSeverity.Warning, finding.Severity);
        Assert.Contains("later directory", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_version_that_is_not_in_the_library_is_checked_against_the_nearest_and_says_so()
    {
        var report = EdiValidator.Validate(Encoding.ASCII.GetBytes(Interchange(Edifact.Replace("BGM+220", "BGM+999", StringComparison.Ordinal), "ORDERS:D:97B:UN", "3")), EdiSchemas.Default);

        Assert.Equal(["schema-nearest Info", "code-unknown Warning"], report.Findings.Select(finding => $"{finding.Code} {finding.Severity}"));
        Assert.True(report.IsValid);
        Assert.Equal("D98A", report.Interchanges[0].Messages[0].CheckedAgainst);
    }

    [Fact]
    public void A_message_of_another_agency_is_only_measured_by_the_United_Nations_directory()
    {
        var body = Edifact.Replace("BGM+220+PO1", "BGM+220+" + new string('9', 40), StringComparison.Ordinal);
        var report = EdiValidator.Validate(Encoding.ASCII.GetBytes(Interchange(body, "ORDERS:D:96A:OD", "3")), EdiSchemas.Default);

        Assert.Equal(["schema-nearest Info", "element-too-long Warning"], report.Findings.Select(finding => $"{finding.Code} {finding.Severity}"));
    }

    [Fact]
    public void One_stray_segment_makes_one_finding_and_the_rest_is_checked_where_it_stands()
    {
        var report = Orders("BGM+220+PO1+9'DTM+137:20260101:102'UNS+S'NAD+BY+1::9'LIN+1++4000001000005:EN'QTY+21:5'LIN+2'QTY+21:X'UNS+S'CNT+2:2'");

        Assert.Contains(report.Findings, finding => finding is { Code: "element-type", Tag: "QTY", SegmentPosition: 9 });
        Assert.Equal(["segment-out-of-order"], report.Findings.Where(finding => finding.Level == FindingLevel.Structure).Select(finding => finding.Code));
    }

    [Fact]
    public void A_broken_message_does_not_hide_the_next()
    {
        var text = Interchange("BGM+220'LIN+X'UNS+S'", "ORDERS:D:96A:UN", "3").Replace("UNZ+1", "UNH+2+ORDERS:D:96A:UN'" + Edifact.Replace("QTY+21:5", "QTY+21:FIVE", StringComparison.Ordinal) + "UNT+9+2'UNZ+2", StringComparison.Ordinal);
        var report = EdiValidator.Validate(Encoding.ASCII.GetBytes(text), EdiSchemas.Default);

        Assert.Equal(["element-type"], report.Findings.Where(finding => finding.MessageIndex == 1).Select(finding => finding.Code));
        Assert.True(report.Interchanges[0].Messages[0].Errors >= 2);
        Assert.Equal(1, report.Interchanges[0].Messages[1].Errors);
    }

    [Fact]
    public void Groups_with_the_same_trigger_are_told_apart_by_where_they_stand()
    {
        // D96A INVOIC: ALC begins SG15 in the head, SG38 in a line and SG51 in the summary; MOA may only follow where that group has it.
        var body = "BGM+380+1+9'DTM+137:20260101:102'NAD+SU+1::9'ALC+A'MOA+8:1'LIN+1'MOA+203:12'ALC+C'MOA+8:2'UNS+S'MOA+77:12'ALC+A'MOA+8:1'";

        Assert.Empty(EdiValidator.Validate(Encoding.ASCII.GetBytes(Interchange(body, "INVOIC:D:96A:UN", "3")), EdiSchemas.Default).Findings);
    }

    [Theory]
    [InlineData("TDS*1050", 0)]
    [InlineData("TDS*1000", 0)]
    [InlineData("TDS*1300", 1)]
    public void The_total_of_an_X12_invoice_is_added_up(string total, int findings)
    {
        var report = X12("810", "IN", $"BIG*20260101*INV1~IT1*1*10*EA*1*PE*UP*012345678905~{total}~SAC*C*D240***50~CTT*1~");

        Assert.Equal(findings, report.Findings.Count(finding => finding.Code == "amount-sum"));
        Assert.Equal(findings, report.Findings.Count);
    }

    [Theory]
    [InlineData("79:20", "77:24", 0)]
    [InlineData("79:21", "77:24", 1)]
    [InlineData("79:20", "77:25", 1)]
    public void The_sums_of_an_EDIFACT_invoice_are_added_up(string lines, string total, int findings)
    {
        var body = $"BGM+380+1+9'DTM+137:20260101:102'NAD+SU+1::9'LIN+1'MOA+203:12'LIN+2'MOA+203:8'UNS+S'CNT+2:2'MOA+{lines}'MOA+{total}'MOA+125:20'MOA+124:4'";
        var report = EdiValidator.Validate(Encoding.ASCII.GetBytes(Interchange(body, "INVOIC:D:96A:UN", "3")), EdiSchemas.Default);

        Assert.Equal(findings, report.Findings.Count);
        Assert.All(report.Findings, finding => Assert.Equal(("amount-sum", FindingLevel.Balance, FindingSeverity.Warning), (finding.Code, finding.Level, finding.Severity)));
    }

    [Fact]
    public void Checking_stops_at_the_level_that_is_asked_for()
    {
        var bytes = Encoding.ASCII.GetBytes(Interchange("XXX+1'", "ORDERS:D:96A:UN", "3"));

        Assert.Empty(EdiValidator.Validate(bytes, EdiSchemas.Default, new() { UpTo = FindingLevel.Envelope }).Findings);
        Assert.NotEmpty(EdiValidator.Validate(bytes, EdiSchemas.Default, new() { UpTo = FindingLevel.Structure }).Findings);
    }

    [Fact]
    public void Findings_are_listed_up_to_the_limit_and_counted_beyond()
    {
        var report = EdiValidator.Validate(Encoding.ASCII.GetBytes(Interchange(string.Concat(Enumerable.Repeat("XXX+1'", 50)), "ORDERS:D:96A:UN", "3")), EdiSchemas.Default, new() { MaximumFindings = 10 });

        Assert.Equal(11, report.Findings.Count);
        Assert.True(report.Errors >= 50);
    }

    [Fact]
    public async Task A_stream_gives_the_report_that_the_whole_buffer_gives()
    {
        var text = string.Concat(Enumerable.Range(1, 3000).Select(i => $"UNH+{i}+ORDERS:D:96A:UN'{(i % 700 == 0 ? Edifact.Replace("QTY+21:5", "QTY+21:FIVE", StringComparison.Ordinal) : Edifact)}UNT+9+{i}'"));
        var bytes = Encoding.ASCII.GetBytes($"UNB+UNOC:3+A:14+B:14+260101:1200+1'{text}UNZ+3000+1'");
        var whole = EdiValidator.Validate(bytes, EdiSchemas.Default);
        using var stream = new MemoryStream(bytes);
        var streamed = await EdiValidator.ValidateAsync(stream, EdiSchemas.Default);

        Assert.Equal(4, whole.Errors);
        Assert.Equal(whole.Findings, streamed.Findings);
        Assert.Equal(whole.Segments, streamed.Segments);
        Assert.Equal(3000, streamed.Messages);
    }

    [Fact]
    public async Task What_UNA_announces_holds_for_a_header_that_lies_across_two_blocks()
    {
        // The terminator that UNA announces never comes, so the header is still open when the input ends.
        var bytes = Encoding.ASCII.GetBytes("UNA:+.? |" + Interchange(Edifact, "ORDERS:D:96A:UN", "3"));
        using var stream = new MemoryStream(bytes);

        var streamed = await EdiValidator.ValidateAsync(stream, EdiSchemas.Default);

        Assert.Equal(EdiValidator.Validate(bytes, EdiSchemas.Default).Findings, streamed.Findings);
    }

    [Fact]
    public void A_valid_file_costs_no_allocation_per_segment()
    {
        var lines = string.Concat(Enumerable.Range(1, 5000).Select(i => $"LIN+{i}++4000001000005:EN'QTY+21:5'PRI+AAA:1.25'"));
        var body = $"BGM+220+PO1+9'DTM+137:20260101:102'NAD+BY+1::9'{lines}UNS+S'CNT+2:5000'";
        var bytes = Encoding.ASCII.GetBytes(Interchange(body, "ORDERS:D:96A:UN", "3"));
        Assert.Empty(EdiValidator.Validate(bytes, EdiSchemas.Default).Findings);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var report = EdiValidator.Validate(bytes, EdiSchemas.Default);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(report.Segments > 15_000);
        // The reader's window and the report: far below a byte per byte of input, let alone one object per segment.
        Assert.True(allocated < 400_000, $"{allocated} bytes for {report.Segments} segments");
    }

    private static ValidationReport Orders(string body) => EdiValidator.Validate(Encoding.ASCII.GetBytes(Interchange(body, "ORDERS:D:96A:UN", "3")), EdiSchemas.Default);

    private static string Interchange(string body, string type, string syntax) =>
        $"UNB+UNOC:{syntax}+A:14+B:14+260101:1200+1'UNH+1+{type}'{body}UNT+{2 + body.Replace("?'", "", StringComparison.Ordinal).Count(c => c == '\'')}+1'UNZ+1+1'";

    private static ValidationReport X12(string set, string group, string body) => EdiValidator.Validate(Encoding.ASCII.GetBytes(
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260101*1200*U*00401*000000001*0*P*>~"
        + $"GS*{group}*SENDER*RECEIVER*20260101*1200*1*X*004010~ST*{set}*0001~{body}SE*{2 + body.Count(c => c == '~')}*0001~GE*1*1~IEA*1*000000001~"), EdiSchemas.Default);
}
