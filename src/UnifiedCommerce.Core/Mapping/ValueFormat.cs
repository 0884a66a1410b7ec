namespace UnifiedCommerce.Core.Mapping;

/// <summary>How a value looks in the message: its date format, code table and the named adjustments.</summary>
internal sealed class ValueFormat
{
    public static readonly ValueFormat Plain = new();

    /// <summary>.NET date format, or null for the syntax's own.</summary>
    public string? Date { get; init; }
    public string? TableName { get; init; }
    public CodeTable? Table { get; set; }
    /// <summary>Written, and taken when nothing is read.</summary>
    public string? Default { get; init; }
    /// <summary>Digits behind the decimal mark that is implied (X12 N2, TDS).</summary>
    public int? Scale { get; init; }
    /// <summary>Digits behind the decimal mark that are always written.</summary>
    public int? Digits { get; init; }
    public int PadWidth { get; init; }
    public char PadWith { get; init; } = ' ';
    public bool PadRight { get; init; }
    public int Max { get; init; }
    /// <summary>Long text goes on in the next component, element or segment after so many characters.</summary>
    public int SplitWidth { get; init; }
    public int SplitParts { get; init; } = 1;
    public bool Upper { get; init; }
    public bool TrimZeros { get; init; }
    public bool Negate { get; init; }
    /// <summary>The minus stands behind the number.</summary>
    public bool SignBehind { get; init; }
    public string? Prefix { get; init; }
    public string? Suffix { get; init; }
    /// <summary>Divided by 100 when written, multiplied when read: rates as fractions.</summary>
    public bool Fraction { get; init; }
    /// <summary>Zero counts as absent.</summary>
    public bool SkipZero { get; init; }
    /// <summary>The message says pounds, the document kilograms.</summary>
    public bool Pounds { get; init; }
    public IdScheme Scheme { get; init; }
    /// <summary>IANA time zone of a moment that is written without an offset.</summary>
    public string? TimeZone { get; init; }
    public TimeZoneInfo? Zone { get; set; }

    /// <summary>Nothing but the plain text of the value.</summary>
    public bool IsPlain { get; init; } = true;
}
