using System.Text;
using UnifiedCommerce.Edi.Acknowledgements;
using UnifiedCommerce.Edi.Guides;
using UnifiedCommerce.Edi.Schemas;
using UnifiedCommerce.Edi.Validation;

namespace UnifiedCommerce.Edi.Tests;

public sealed class AcknowledgementTests
{
    private static readonly AcknowledgementOptions Options = new() { ControlReference = "77", Prepared = new(2026, 1, 2, 3, 4, 0) };

    private const string Order = """
        ISA*00*          *00*          *ZZ*BUYER          *01*SELLER         *260101*1200*U*00401*000000042*1*P*>~
        GS*PO*BUYERGS*SELLERGS*20260101*1200*7*X*004010~
        ST*850*0001~
        BEG*00*SA*PO-1**20260101~
        PO1*1*10*EA*2.5*PE*VN*A1~
        CTT*1~
        SE*5*0001~
        ST*850*0002~
        BEG*00*XX*PO-2**20261341~
        PO1*1*10*EA*2.5*PE*VN~
        QQQ*1~
        CTT*3~
        SE*6*0002~
        GE*2*7~
        IEA*1*000000042~
        """;

    [Fact]
    public void A_997_names_every_fault_of_a_set_by_its_place_and_code()
    {
        var text = Acknowledge(Order, Options with { Kinds = [AcknowledgementKind.Functional997] });

        Assert.Equal(
            """
            ISA*00*          *00*          *01*SELLER         *ZZ*BUYER          *260102*0304*U*00401*000000077*0*P*>
            GS*FA*SELLERGS*BUYERGS*20260102*0304*77*X*004010
            ST*997*0001
            AK1*PO*7
            AK2*850*0001
            AK5*A
            AK2*850*0002
            AK3*BEG*2**8
            AK4*2*92*7*XX
            AK4*5*373*8*20261341
            AK3*PO1*3**8
            AK4*7*234*2
            AK3*QQQ*4**1
            AK3*CTT*5**8
            AK4*1*354*7*3
            AK5*R*5
            AK9*P*2*2*1
            SE*16*0001
            GE*1*77
            IEA*1*000000077
            """, text);
    }

    [Fact]
    public void A_TA1_is_written_when_the_interchange_asks_for_one_or_is_at_fault()
    {
        Assert.Contains("TA1*000000042*260101*1200*A*000\n", Acknowledge(Order, Options), StringComparison.Ordinal);
        Assert.Contains("TA1*000000042*260101*1200*R*001\n", Acknowledge(Order.Replace("IEA*1*000000042", "IEA*1*000000043", StringComparison.Ordinal), Options), StringComparison.Ordinal);
        Assert.DoesNotContain("TA1", Acknowledge(Order.Replace("000000042*1*P", "000000042*0*P", StringComparison.Ordinal), Options), StringComparison.Ordinal);
    }

    [Fact]
    public void A_set_can_be_accepted_with_its_errors()
    {
        var text = Acknowledge(Order, Options with { AcceptWithErrors = true, ListAccepted = false, Kinds = [AcknowledgementKind.Functional997] });

        Assert.Contains("AK5*E*5\nAK9*E*2*2*2\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("AK2*850*0001", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_999_carries_the_findings_of_the_guide_with_implementation_codes_and_context()
    {
        var guide = PartnerGuide.Parse("""
            guide Buyer
            for X12 850 004010
            BEG/92 codes NE
            REF required
            """);
        var report = EdiValidator.Validate(Encoding.ASCII.GetBytes(Order), EdiSchemas.Default, new() { Guides = [guide] });
        var text = Lines(Acknowledgement.For(report, Options with { Kinds = [AcknowledgementKind.Implementation999] }));

        Assert.Contains("ST*999*0001*005010X231A1\nAK1*PO*7*004010\nAK2*850*0001\nIK3*BEG*2**8\nIK4*2*92*I6*SA\nCTX*SITUATIONAL TRIGGER*BEG*2**2\nIK3*REF*3**I6\nIK5*R*5\n", text, StringComparison.Ordinal);
        Assert.Empty(EdiValidator.Validate(Encoding.ASCII.GetBytes(text.Replace('\n', '~') + '~'), EdiSchemas.Default).Findings.Where(finding => finding.Severity == FindingSeverity.Error));
    }

    private const string Invoices = """
        UNA:+.? '
        UNB+UNOC:3+4012345000009:14+5012345000008:14+260101:1200+REF42'
        UNH+M1+ORDERS:D:96A:UN'
        BGM+220+PO1+9'
        DTM+137:20260101:102'
        NAD+BY+1::9'
        LIN+1'
        UNS+S'
        UNT+7+M1'
        UNH+M2+ORDERS:D:96A:UN'
        BGM+220+PO2+9'
        DTM+137:2026:102'
        NAD+++X'
        LIN+A'
        UNS+S'
        UNT+7+M2'
        UNZ+2+REF42'
        """;

    [Fact]
    public void A_CONTRL_of_syntax_3_names_the_segments_and_counts_their_tag_as_the_first_position()
    {
        var text = Acknowledge(Invoices, Options);

        Assert.Equal(
            """
            UNB+UNOC:3+5012345000008:14+4012345000009:14+260102:0304+77
            UNH+1+CONTRL:D:3:UN
            UCI+REF42+4012345000009:14+5012345000008:14+7
            UCM+M1+ORDERS:D:96A:UN+7
            UCM+M2+ORDERS:D:96A:UN+4
            UCS+3
            UCD+12+2:2
            UCS+4
            UCD+13+2
            UCS+5
            UCD+37+2
            UNT+11+1
            UNZ+1+77
            """, text);
    }

    [Fact]
    public void A_CONTRL_of_syntax_4_is_of_version_4()
    {
        var text = Acknowledge(Invoices.Replace("UNOC:3", "UNOC:4", StringComparison.Ordinal).Replace("+260101:1200+", "+20260101:1200+", StringComparison.Ordinal), Options);

        Assert.Contains("UNH+1+CONTRL:4:1:UN", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_CONTRL_refuses_the_whole_interchange_when_its_envelope_is_at_fault()
    {
        var text = Acknowledge(Invoices.Replace("UNZ+2+REF42", "UNZ+2+REF43", StringComparison.Ordinal), Options);

        Assert.Contains("UCI+REF42+4012345000009:14+5012345000008:14+4+28+UNZ+3\nUNT", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_APERAK_says_in_sentences_what_is_wrong_with_each_message()
    {
        var text = Acknowledge(Invoices, Options with { Kinds = [AcknowledgementKind.Aperak] });

        Assert.Contains("UNH+1+APERAK:D:96A:UN\nBGM++77-1+27\nDTM+137:202601020304:203\nRFF+ACW:M2\nERC+12\nFTX+AAO+++Segment 3. DTM01-2", text, StringComparison.Ordinal);
        var read = Assert.Single(Acknowledgement.Read(Encoding.Latin1.GetBytes(text.Replace('\n', '\''))));
        Assert.Equal("M2", read.Parts[0].MessageReference);
        Assert.Equal("Segment 3. DTM01-2 (date/time/period) holds \"2026\", but its format 102 says CCYYMMDD.", read.Findings.First().Text);
    }

    [Theory]
    [InlineData("997")]
    [InlineData("999")]
    public void An_acknowledgement_is_never_acknowledged(string type)
    {
        var ack = Acknowledgement.For(EdiValidator.Validate(Encoding.ASCII.GetBytes(Order), EdiSchemas.Default), Options with
        {
            AlwaysTa1 = true,
            Kinds = [AcknowledgementKind.Ta1, type == "997" ? AcknowledgementKind.Functional997 : AcknowledgementKind.Implementation999],
        });

        Assert.NotEmpty(ack);
        Assert.Empty(Acknowledgement.For(EdiValidator.Validate(ack, EdiSchemas.Default), Options with { AlwaysTa1 = true, Kinds = Enum.GetValues<AcknowledgementKind>() }));
    }

    [Fact]
    public void A_CONTRL_is_never_acknowledged_and_an_APERAK_gets_no_APERAK()
    {
        var contrl = Acknowledgement.For(EdiValidator.Validate(Encoding.ASCII.GetBytes(Invoices), EdiSchemas.Default), Options);
        var aperak = Acknowledgement.For(EdiValidator.Validate(Encoding.ASCII.GetBytes(Invoices), EdiSchemas.Default), Options with { Kinds = [AcknowledgementKind.Aperak] });
        var all = Options with { Kinds = Enum.GetValues<AcknowledgementKind>() };

        Assert.Empty(Acknowledgement.For(EdiValidator.Validate(contrl, EdiSchemas.Default), all));
        var answer = Lines(Acknowledgement.For(EdiValidator.Validate(aperak, EdiSchemas.Default), all));
        Assert.Contains("CONTRL", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("+APERAK:D:96A:UN\nBGM", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_written_reads_back_as_the_findings_it_was_written_from()
    {
        var report = EdiValidator.Validate(Encoding.ASCII.GetBytes(Order), EdiSchemas.Default);
        var read = Assert.Single(Acknowledgement.Read(Acknowledgement.For(report, Options with { Kinds = [AcknowledgementKind.Functional997] })));

        Assert.Equal(
            report.Findings.Select(finding => (finding.SegmentPosition, finding.Tag, finding.ElementPosition, finding.ComponentPosition, finding.StandardElement, finding.StandardCode)),
            read.Findings.Select(finding => (finding.SegmentPosition, finding.Tag, finding.ElementPosition, finding.ComponentPosition, finding.StandardElement, finding.StandardCode)));
        Assert.Equal(AcknowledgementStatus.PartiallyAccepted, read.Parts[0].Status);
    }

    [Fact]
    public void A_997_is_matched_to_the_sets_that_were_sent()
    {
        var sent = SentMessage.In(EdiDocument.Read(Encoding.ASCII.GetBytes(Order))).ToList();
        var ack = Acknowledgement.For(EdiValidator.Validate(Encoding.ASCII.GetBytes(Order), EdiSchemas.Default), Options with { ListAccepted = false, Kinds = [AcknowledgementKind.Functional997] });
        var matched = Assert.Single(Acknowledgement.Read(ack)).Match([.. sent, sent[0] with { GroupReference = "8" }]);

        Assert.Equal([AcknowledgementStatus.Accepted, AcknowledgementStatus.Rejected, null], matched.Select(message => message.Status));
        Assert.Equal(5, matched[1].Findings.Count);
    }

    [Fact]
    public void A_CONTRL_is_matched_to_the_messages_that_were_sent()
    {
        var sent = SentMessage.In(EdiDocument.Read(Encoding.ASCII.GetBytes(Invoices))).ToList();
        var ack = Acknowledgement.For(EdiValidator.Validate(Encoding.ASCII.GetBytes(Invoices), EdiSchemas.Default), Options with { ListAccepted = false });
        var read = Assert.Single(Acknowledgement.Read(ack));

        Assert.Equal("REF42", read.InterchangeReference);
        Assert.Equal([AcknowledgementStatus.Accepted, AcknowledgementStatus.Rejected, null], read.Match([.. sent, sent[0] with { InterchangeReference = "OTHER" }]).Select(message => message.Status));
        Assert.Contains(read.Findings, finding => finding is { SegmentPosition: 4, ElementPosition: 1, StandardCode: "13" });
    }

    [CorpusFact]
    public void Whatever_the_samples_hold_their_acknowledgements_are_valid_and_read_back()
    {
        foreach (var file in Corpus.Files())
        {
            var report = EdiValidator.Validate(Corpus.Read(file.File), EdiSchemas.Default);
            foreach (var kind in Enum.GetValues<AcknowledgementKind>())
            {
                var ack = Acknowledgement.For(report, Options with { Kinds = [kind], AlwaysTa1 = true });
                if (ack.Length == 0) continue;
                // References are given back as the partner wrote them, even when they are too long or no numbers.
                var faults = EdiValidator.Validate(ack, EdiSchemas.Default).Findings
                    .Where(finding => finding.Severity == FindingSeverity.Error && finding.Tag is not ("TA1" or "AK1" or "AK2" or "UCI" or "UCF" or "UCM" or "RFF")).ToList();
                Assert.True(faults.Count == 0, $"{kind} for {file.File}: {string.Join('\n', faults)}\n{Lines(ack)}");
                Assert.NotEmpty(Acknowledgement.Read(ack));
            }
        }
    }

    private static string Acknowledge(string text, AcknowledgementOptions options) =>
        Lines(Acknowledgement.For(EdiValidator.Validate(Encoding.ASCII.GetBytes(text), EdiSchemas.Default), options));

    private static string Lines(byte[] bytes) => Encoding.Latin1.GetString(bytes).Replace('~', '\n').Replace("'", "\n", StringComparison.Ordinal).TrimEnd();
}
