namespace UnifiedCommerce.Edi;

/// <summary>Limits and overrides of a reader. The default value suits untrusted input.</summary>
public readonly record struct EdiReaderOptions
{
    private readonly int maximumSegmentBytes;
    private readonly int maximumFindings;

    /// <summary>Creates the default options.</summary>
    public EdiReaderOptions()
    {
    }

    /// <summary>The largest segment in bytes that is read; a longer one is skipped with a finding. 1 MiB unless set.</summary>
    public int MaximumSegmentBytes
    {
        get => maximumSegmentBytes == 0 ? 1 << 20 : maximumSegmentBytes;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 128);
            maximumSegmentBytes = value;
        }
    }

    /// <summary>How many findings are kept; the last one says that there were more. 1,000 unless set.</summary>
    public int MaximumFindings
    {
        get => maximumFindings == 0 ? 1_000 : maximumFindings;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            maximumFindings = value;
        }
    }

    /// <summary>The character set to assume whatever the interchange announces; <see cref="CharacterSet.Unknown"/> to believe it.</summary>
    public CharacterSet CharacterSet { get; init; }
}
