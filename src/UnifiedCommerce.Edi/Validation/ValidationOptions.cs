using UnifiedCommerce.Edi.Guides;

namespace UnifiedCommerce.Edi.Validation;

/// <summary>How far and how strictly to check. The default value checks everything against the shipped schemas.</summary>
public readonly record struct ValidationOptions
{
    private readonly int maximumFindings;
    private readonly FindingLevel? upTo;

    /// <summary>Creates the default options.</summary>
    public ValidationOptions()
    {
    }

    /// <summary>The last level to check; <see cref="FindingLevel.Partner"/>, that is all, unless set.</summary>
    public FindingLevel UpTo
    {
        get => upTo ?? FindingLevel.Partner;
        init => upTo = value;
    }

    /// <summary>How many findings are kept; the counts in the report go on. 1,000 unless set.</summary>
    public int MaximumFindings
    {
        get => maximumFindings == 0 ? 1_000 : maximumFindings;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            maximumFindings = value;
        }
    }

    /// <summary>The guides to check against besides the standard; each serves the messages it names. EANCOM guides are used for EANCOM messages without being listed here.</summary>
    public IReadOnlyList<PartnerGuide>? Guides { get; init; }

    /// <summary>Limits and overrides of the reader.</summary>
    public EdiReaderOptions Reader { get; init; }
}
