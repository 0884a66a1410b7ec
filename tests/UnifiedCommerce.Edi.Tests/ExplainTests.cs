using System.Text;
using UnifiedCommerce.Edi.Explaining;
using UnifiedCommerce.Edi.Schemas;

namespace UnifiedCommerce.Edi.Tests;

public sealed class ExplainTests
{
    [Fact]
    public void Elements_have_names_codes_their_meaning_groups_their_depth_and_faults_stand_in_place()
    {
        var text = Explain("""
            UNB+UNOC:3+4012345000009:14+5012345000008:14+260101:1200+1'UNH+1+ORDERS:D:96A:UN'BGM+220+PO?+1+9'DTM+137:20260101:102'
            NAD+BY+1::9'CTA+OC+:Anna'LIN+A'UNS+S'UNT+8+1'UNZ+1+1'
            """);

        Assert.Equal(
            """
            EDIFACT syntax 3, UNOC interchange
                   UNB  Interchange header
                     UNB01-1   Syntax identifier                      UNOC
                     UNB01-2   Syntax version                         3
                     UNB02-1   Sender                                 4012345000009
                     UNB02-2   Qualifier of the code                  14
                     UNB03-1   Recipient                              5012345000008
                     UNB03-2   Qualifier of the code                  14
                     UNB04-1   Date                                   260101
                     UNB04-2   Time                                   1200
                     UNB05     Interchange control reference          1

            ORDERS 1: Purchase order message D96A
                1  UNH  Message header
                     UNH01     Message reference                      1
                     UNH02-1   Message type                           ORDERS
                     UNH02-2   Message version                        D
                     UNH02-3   Message release                        96A
                     UNH02-4   Controlling agency                     UN
                2  BGM  BEGINNING OF MESSAGE
                     BGM01-1   Document/message name, coded           220 = Order
                     BGM02     Document/message number                PO+1
                     BGM03     Message function, coded                9 = Original
                3  DTM  DATE/TIME/PERIOD
                     DTM01-1   Date/time/period qualifier             137 = Document/message date/time
                     DTM01-2   Date/time/period                       20260101
                     DTM01-3   Date/time/period format qualifier      102 = CCYYMMDD
                   SG2
                4    NAD  NAME AND ADDRESS
                       NAD01     Party qualifier                        BY = Buyer
                       NAD02-1   Party id. identification               1
                       NAD02-3   Code list responsible agency, coded    9 = EAN (International Article Numbering association)
                     SG5
                5      CTA  CONTACT INFORMATION
                         CTA01     Contact function, coded                OC = Order contact
                         CTA02-2   Department or employee                 Anna
                   SG25
                6    LIN  LINE ITEM
                       LIN01     Line item number                       A
               >>>     error: LIN01 (line item number) holds "A"; digits, one decimal mark and a leading minus sign may stand there (n..6). (0085 37)
                7  UNS  Section control
                     UNS01     Section identification                 S
                8  UNT  Message trailer
                     UNT01     Count of segments                      8
                     UNT02     Message reference                      1
                   UNZ  Interchange trailer
                     UNZ01     Count of messages or groups            1
                     UNZ02     Interchange control reference          1

            """, text);
    }

    [Fact]
    public void X12_is_explained_in_our_own_words()
    {
        var text = Explain("ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260101*1200*U*00401*000000001*0*P*>~"
            + "GS*PO*SENDER*RECEIVER*20260101*1200*1*X*004010~ST*850*0001~BEG*00*SA*PO1**20260101~PO1*1*5*EA*2*PE*UP*012345678905~SE*4*0001~GE*1*1~IEA*1*000000001~");

        Assert.Contains("850 0001: Purchase order 004010\n", text, StringComparison.Ordinal);
        Assert.Contains("BEG02     Kind of order                          SA = Stand-alone order\n", text, StringComparison.Ordinal);
        Assert.Contains("PO106     Kind of item number                    UP = UPC\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain(">>>", text, StringComparison.Ordinal);
    }

    [CorpusFact]
    public void Every_sample_is_explained_with_all_its_findings()
    {
        foreach (var file in Corpus.Files())
        {
            using var output = new StringWriter { NewLine = "\n" };
            var report = EdiExplanation.Write(Corpus.Read(file.File), EdiSchemas.Default, output);

            Assert.Equal(report.Findings.Count, output.ToString().Split("   >>>   ").Length - 1);
        }
    }

    private static string Explain(string text)
    {
        using var output = new StringWriter();
        EdiExplanation.Write(Encoding.ASCII.GetBytes(text), EdiSchemas.Default, output);
        return output.ToString();
    }
}
