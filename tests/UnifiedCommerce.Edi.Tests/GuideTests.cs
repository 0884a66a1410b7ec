using UnifiedCommerce.Edi.Guides;
using UnifiedCommerce.Edi.Schemas;
using UnifiedCommerce.Edi.Validation;

namespace UnifiedCommerce.Edi.Tests;

public sealed class GuideTests
{
    [Fact]
    public void Every_EANCOM_guide_that_is_shipped_narrows_the_directories_it_names()
    {
        foreach (var type in EancomGuides.MessageTypes)
        {
            var guide = EancomGuides.Find(type)!;

            Assert.True(guide.IsUnofficial);
            Assert.NotEmpty(guide.Rules);
            Assert.Equal("", string.Join('\n', guide.CheckAgainst(EdiSchemas.Default)));
        }
    }

    [Theory]
    [InlineData("BGM forbidden", "mandatory")]
    [InlineData("BGM/1004 length 50", "does not narrow")]
    [InlineData("SG2 max 100", "would widen")]
    [InlineData("SG2/NAD/3035 codes BY NOSUCH", "not codes of 3035")]
    [InlineData("SG99 required", "no place")]
    [InlineData("BGM/9999 required", "no element")]
    [InlineData("SG2/XYZ required", "no part of group")]
    public void A_guide_that_widens_the_standard_is_refused_with_the_reason(string line, string reason)
    {
        var guide = PartnerGuide.Parse($"guide Test\nfor EDIFACT ORDERS D96A *\n{line}\n");

        Assert.Contains(reason, Assert.Single(guide.CheckAgainst(EdiSchemas.Default)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("for EDIFACT ORDERS D96A\nBGM", "Line 2")]
    [InlineData("for EDIFAKT ORDERS D96A", "Line 1")]
    [InlineData("for EDIFACT ORDERS D96A\nBGM sometimes", "none of")]
    [InlineData("BGM required", "serves no message")]
    public void A_line_that_is_not_understood_is_named(string text, string part)
    {
        Assert.Contains(part, Assert.Throws<FormatException>(() => PartnerGuide.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_partner_guide_restricts_codes_shortens_requires_and_forbids()
    {
        var guide = PartnerGuide.Parse("""
            guide ACME orders
            for EDIFACT ORDERS D96A *
            BGM/C002/1001 codes 220
            BGM/1004 length 6
            FTX forbidden
            SG2/NAD/3039 required
            SG2 max 2
            SG1 required   # a reference
            """);
        var bytes = """
            UNB+UNOC:3+A:14+B:14+260101:1200+1'UNH+1+ORDERS:D:96A:UN'BGM+221+PO123456+9'DTM+137:20260101:102'FTX+AAI+++hello'
            NAD+BY+1::9'NAD+SU'NAD+DP+3::9'LIN+1'UNS+S'UNT+10+1'UNZ+1+1'
            """u8;

        var report = EdiValidator.Validate(bytes, EdiSchemas.Default, new() { Guides = [guide] });

        Assert.Equal(
            [
                "guide-code BGM 1 1", "guide-length BGM 2 0", "guide-segment-forbidden FTX 0 0", "guide-segment-missing RFF 0 0",
                "guide-element-missing NAD 2 1", "group-too-many NAD 0 0",
            ],
            report.Findings.Select(finding => $"{finding.Code} {finding.Tag} {finding.ElementPosition} {finding.ComponentPosition}"));
        Assert.All(report.Findings, finding => Assert.Equal(FindingLevel.Partner, finding.Level));
        Assert.Contains("ACME orders", report.Findings[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Groups_with_the_same_trigger_are_told_apart_by_the_qualifier()
    {
        // BOPDIR of D96A has LIN twice at the same level: SG3 (no RCS of its own) and SG7.
        var guide = PartnerGuide.Parse("""
            guide Two kinds of lines
            for EDIFACT BOPDIR D96A
            SG3 when 1082 = 1
            SG7 when 1082 = 2
            SG7 max 1
            """);
        Assert.Empty(guide.CheckAgainst(EdiSchemas.Default));

        var report = EdiValidator.Validate("""
            UNB+UNOC:3+A:14+B:14+260101:1200+1'UNH+1+BOPDIR:D:96A:UN'BGM+220+1+9'DTM+137:20260101:102'LIN+1'LIN+1'LIN+2'LIN+2'UNT+8+1'UNZ+1+1'
            """u8, EdiSchemas.Default, new() { Guides = [guide] });

        Assert.Contains(report.Findings, finding => finding is { Code: "group-too-many", SegmentPosition: 7 });
    }

    [Fact]
    public void EANCOM_messages_are_checked_against_their_guide_without_asking()
    {
        var bytes = """
            UNB+UNOA:3+4012345000009:14+5012345000008:14+260101:1200+1'UNH+1+ORDERS:D:96A:UN:EAN008'BGM+220+PO-WITH-A-VERY-LONG-NUMBER+9'
            DTM+137:20260101:102'NAD+BY+4012345000009::9'NAD+SU+5012345000008::9'LIN+1++4000001000005:EN'UNS+S'UNT+8+1'UNZ+1+1'
            """u8;

        var report = EdiValidator.Validate(bytes, EdiSchemas.Default);

        Assert.True(report.IsValid);
        Assert.Equal(["guide-length", "guide-segment-missing"], report.Findings.Select(finding => finding.Code));
        Assert.All(report.Findings, finding => Assert.Equal(FindingSeverity.Warning, finding.Severity));
    }
}
