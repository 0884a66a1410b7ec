using System.Text;

namespace UnifiedCommerce.Edi.Tests;

/// <summary>One small interchange of each kind, for tests that need no corpus.</summary>
internal static class Samples
{
    internal const string X12 = "ISA*00*          *00*          *ZZ*BUYERCO        *01*123456789      *240607*1230*^*00501*000000007*0*P*>~"
        + "GS*PO*BUYERCO*123456789*20240607*1230*7*X*005010~ST*850*0001~BEG*00*SA*PO1**20240607~REF*DP*A>B^C>D~PO1*1*10*EA*9.95*PE*UP*012345678905~"
        + "CTT*1~SE*6*0001~ST*850*0002~BEG*00*SA*PO2**20240607~SE*3*0002~GE*2*7~IEA*1*000000007~";

    internal const string Edifact = """
        UNA:+.? '
        UNB+UNOC:3+5412345000013:14+4012345000094:14+240607:1230+42++ORDERS'
        UNH+1+ORDERS:D:96A:UN:EAN008'
        BGM+220+PO1+9'
        FTX+AAI+++O?'NEIL ?+ SONS:second ?? line'
        LIN+1++4000862141404:EN'
        UNT+5+1'
        UNH+2+ORDERS:D:96A:UN:EAN008'
        BGM+220+PO2+9'
        UNT+3+2'
        UNZ+2+42'
        """;

    internal const string Syntax4 = "UNA:+.?*'UNB+UNOW:4+A:14+B:14+20240607:1230+43'UNG+ORDERS+A+B+20240607:1230+1+UN+D:96A'UNH+1+ORDERS:D:96A:UN'"
        + "BGM+220+PO1+9'PIA+1+A:IN*B:SA*C:EN'FTX+AAI+++Käse'UNT+5+1'UNE+1+1'UNZ+1+43'";

    internal const string Tradacoms = "STX=ANA:1+5000000000000:SOME STORES LTD+5010000000000:SUPPLIER UK LTD+070315:130233+000007+PASSW+ORDHDR+B'\r\n"
        + "MHD=1+ORDHDR:9'\r\nTYP=0430+NEW-ORDERS'\r\nSDT=5010000000000:000030034'\r\nMTR=4'\r\nMHD=2+ORDERS:9'\r\nCLO=5000000000283:89828+EAST?+WEST'\r\n"
        + "MTR=3'\r\nEND=2'\r\n";

    /// <summary>X12 wrapped at 80 columns, ISA and tags included.</summary>
    internal static string Wrapped => string.Join("\r\n", X12.Chunk(80).Select(c => new string(c)));

    /// <summary>Junk, then three interchanges of three kinds.</summary>
    internal static string Mixed => "MIME-Version: 1.0\r\n\r\n" + X12 + "\r\n" + Edifact + "\n" + Tradacoms;

    internal static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    internal static IEnumerable<string> All => [X12, Edifact, Syntax4, Tradacoms, Wrapped, Mixed];
}
