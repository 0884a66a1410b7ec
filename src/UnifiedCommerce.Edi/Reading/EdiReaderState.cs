namespace UnifiedCommerce.Edi;

/// <summary>What a reader must remember from one block of the input to the next.</summary>
public struct EdiReaderState
{
    internal readonly EdiReaderOptions Options;
    internal DelimiterIndex? Index;
    internal Scratch? Scratch;
    internal Dialect? Dialect;
    internal long Consumed;
    internal long InterchangeOffset;
    internal int InterchangeIndex;
    internal int GroupIndex;
    internal int MessageIndex;
    internal int SegmentPosition;
    internal SegmentKind Kind;
    internal bool InInterchange;
    internal bool InGroup;
    internal bool InMessage;
    internal bool Skipping;
    internal bool JunkReported;
    internal bool HeaderPending;
    internal bool Ended;
    private List<Finding>? findings;
    private long firstContent;

    /// <summary>The state before the first block.</summary>
    /// <param name="options">Limits and overrides.</param>
    public EdiReaderState(EdiReaderOptions options = default) => Options = options;

    internal readonly List<Finding> Findings => findings!;

    internal void Open()
    {
        if (Index is not null)
        {
            return;
        }
        Index = new DelimiterIndex();
        Scratch = new Scratch();
        findings = [];
        InterchangeIndex = GroupIndex = MessageIndex = -1;
        firstContent = -1;
    }

    /// <summary>The offset of the first byte that is no filler and no byte order mark.</summary>
    internal long FirstContent(int at)
    {
        if (firstContent < 0)
        {
            firstContent = Consumed + at;
        }
        return firstContent;
    }

    /// <summary>Whether findings are still kept; asked before one is put into words.</summary>
    internal readonly bool HasRoom => findings!.Count < Options.MaximumFindings;

    internal readonly void Add(Finding finding)
    {
        if (Findings.Count < Options.MaximumFindings - 1)
        {
            Findings.Add(finding);
        }
        else if (Findings.Count == Options.MaximumFindings - 1)
        {
            Findings.Add(finding with { Code = "findings-limit", Text = $"More than {Options.MaximumFindings} findings: the rest is not listed." });
        }
    }
}
