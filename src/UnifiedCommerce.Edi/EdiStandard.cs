namespace UnifiedCommerce.Edi;

/// <summary>The family of syntax an interchange is written in.</summary>
public enum EdiStandard
{
    /// <summary>No interchange has been recognised yet.</summary>
    None,

    /// <summary>ASC X12: ISA to IEA, no release character (X12.5, X12.6).</summary>
    X12,

    /// <summary>UN/EDIFACT batch syntax 1 to 4 and the subsets built on it, such as EANCOM: UNB to UNZ (ISO 9735-1).</summary>
    Edifact,

    /// <summary>TRADACOMS: STX to END, with an equals sign after the tag.</summary>
    Tradacoms,
}
