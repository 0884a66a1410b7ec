namespace UnifiedCommerce.Core.Mapping;

/// <summary>Code tables that every mapping may name without defining them. A mapping's own table of the same name goes before.</summary>
internal static class BuiltInTables
{
    private static readonly Dictionary<string, Lazy<CodeTable>> Tables = new(StringComparer.Ordinal)
    {
        // UN/ECE Recommendation 20 passes as it is; PCE, an old EANCOM habit, is read as EA and never written.
        ["rec20"] = Make("rec20", "EA=EA,PCE", "*=*"),
        // EANCOM D96A partners write PCE for pieces.
        ["pce"] = Make("pce", "EA=PCE,EA", "*=*"),
        // X12 element 355 to Recommendation 20. Where both use the same code it is not listed.
        ["x12unit"] = Make("x12unit", "EA=EA", "C62=UN", "KGM=KG", "GRM=GR", "LBR=LB", "ONZ=OZ", "MTR=MR", "CMT=CM", "MMT=MM", "INH=IN", "FOT=FT", "YRD=YD",
            "LTR=LT", "MLT=ML", "GLL=GA", "QT=QT", "PT=PT", "DZN=DZ", "PR=PR", "SET=ST", "BX=BX", "CT=CT", "CS=CA", "PK=PK", "PA=PA", "PF=PF,PL", "RO=RL,RO", "BG=BG", "CA=CN",
            "BO=BO", "NMP=P5", "MTK=SM", "FTK=SF", "MTQ=CR", "HUR=HR", "DAY=DA", "TNE=MP", "H87=PC", "SX=SX", "KT=KT", "SO=SO", "CEN=HC", "MIL=TH,T3", "DR=DR", "TU=TB", "SH=SH", "PD=PD"),
        // What a price is for: X12 element 639. A code that is not here is a question, never a guess.
        ["x12basis"] = Make("x12basis", "1=PE,TE,CA,CT,CP,NT,QT,WE,WH,RE,DI,LE,ST,SR", "100=HP", "1000=TP"),
        // Verdict over an order: UNCL 1225 in BGM.
        ["edifactResponse"] = Make("edifactResponse", "Accepted=29,44", "Conditional=4,12,42", "Rejected=27", "Acknowledged=9,11,6"),
        // Verdict over an order: UBL, UNCL 4343.
        ["ublResponse"] = Make("ublResponse", "Acknowledged=AB", "Accepted=AP", "Rejected=RE", "Conditional=CA"),
        // Verdict over a line: UBL and Peppol, UNCL 1229.
        ["lineAction"] = Make("lineAction", "Accepted=5", "Changed=3", "Rejected=7", "Substituted=1", "Backordered=15", "OnHold=6"),
        // Verdict over an order: X12 element 587 in BAK02.
        ["x12Response"] = Make("x12Response", "Acknowledged=AK,AA,AH", "Accepted=AT,AD", "Conditional=AC,AE,AP", "Rejected=RD,RJ,RF,RO"),
        // Verdict over a line: X12 element 668 in ACK01.
        ["x12Line"] = Make("x12Line", "Accepted=IA,AA,AC,AR", "Changed=IC,IP,IQ,DR,IE,SP", "Backordered=IB,BP", "Substituted=IS", "Rejected=IR,ID,RJ,R1,R2,R3,R4,R5,R6,R7,R8,R9", "OnHold=IH,IF,IW"),
        ["invoiceType"] = Make("invoiceType", "false=380,383,384,386,393", "true=381,396,261"),
        ["yes"] = Make("yes", "true=Y,1,true", "false=N,0,false"),
        ["bool"] = Make("bool", "true=true,1", "false=false,0"),
        ["allowanceCharge"] = Make("allowanceCharge", "true=C", "false=A"),
        ["changeAction"] = Make("changeAction", "Add=1", "Cancel=2", "Change=3"),
        ["x12Change"] = Make("x12Change", "Change=CA,CT,PC,PQ,PR,QD,QI,CQ,RZ", "Add=AI", "Cancel=DI"),
        // ISO 3166 alpha-2, with the alpha-3 that some partners send.
        ["country"] = Make("country", "US=US,USA", "DE=DE,DEU", "PL=PL,POL", "NL=NL,NLD", "GB=GB,GBR", "FR=FR,FRA", "*=*"),
    };

    public static CodeTable? Find(string name) => Tables.TryGetValue(name, out Lazy<CodeTable>? table) ? table.Value : null;

    public static IEnumerable<string> Names => Tables.Keys;

    private static Lazy<CodeTable> Make(string name, params string[] rows) => new(() =>
    {
        CodeTable table = new(name);
        foreach (string row in rows)
        {
            string[] halves = row.Split('=');
            foreach (string code in halves[1].Split(','))
                table.Add(halves[0], code);
        }
        return table;
    });
}

/// <summary>Units of UN/ECE Recommendation 20 that trade in goods uses: what a proposal takes without asking.</summary>
internal static class TradeUnits
{
    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Known = new HashSet<string>((
        "EA C62 H87 NMB NIU PR NPR DZN DZP GRO CEN MIL SET KT NAR PA PK PF BX CT CS BG BO BE RO RL CR DR CA CN TU TB JR TN SH ST SX SO PD NMP NPL NPT 2W AS LO "
        + "MGM GRM HGM KGM TNE DTN LBR ONZ STN LTN CWA MMT CMT DMT MTR KMT INH FOT YRD MMK CMK DMK MTK FTK YDK INK MMQ CMQ DMQ MTQ FTQ INQ MLT CLT DLT LTR HLT GLL GLI QT PT OZA "
        + "SEC MIN HUR DAY WEE MON QAN ANN KWH MWH WHR E48 LS P1 ACT D61 LM SMI KTN AMH CMQ BB BLL ZP IE ACR HAR LEF").Split(' ').ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly string[] Pieces = ["EA", "C62", "H87", "PCE", "NAR"];

    /// <summary>Recommendation 21 packages stand behind an X.</summary>
    public static bool Contains(ReadOnlySpan<char> code) => Known.Contains(code) || (code.Length == 3 && code[0] == 'X');

    /// <summary>Two codes for the same: pieces have several.</summary>
    public static bool AreSame(string one, string other) => one == other || (Pieces.Contains(one) && Pieces.Contains(other));
}
