namespace UnifiedCommerce.Sourcing;

/// <summary>What the splits on the way to a leaf leave allowed, as ranges.</summary>
internal sealed class LeafDecisions
{
    private readonly Dictionary<(SplitSubject Subject, int Index), (Int128 Lo, Int128 Hi)> _ranges = [];

    private LeafDecisions()
    {
    }

    /// <summary>Whether two splits contradict each other directly.</summary>
    public bool IsEmpty { get; private set; }

    public IReadOnlyDictionary<(SplitSubject Subject, int Index), (Int128 Lo, Int128 Hi)> Ranges => _ranges;

    public static LeafDecisions Of(SplitPath? path)
    {
        var decisions = new LeafDecisions();
        for (var step = path; step is not null; step = step.Above)
        {
            var key = (step.Split.Subject, step.Split.Index);
            var (lo, hi) = decisions.Range(key.Subject, key.Index);
            decisions._ranges[key] = step.IsLower ? (lo, Int128.Min(hi, step.Split.AtMost)) : (Int128.Max(lo, step.Split.AtMost + 1), hi);
            decisions.IsEmpty |= decisions._ranges[key].Lo > decisions._ranges[key].Hi;
        }

        return decisions;
    }

    public (Int128 Lo, Int128 Hi) Range(SplitSubject subject, int index) =>
        _ranges.TryGetValue((subject, index), out var range) ? range : (0, IsYesOrNo(subject) ? 1 : OrderCostPieces.MuchValue);

    public static bool IsYesOrNo(SplitSubject subject) => subject is SplitSubject.UnitUsed or SplitSubject.DistributorUsed or SplitSubject.LineFilled;
}

/// <summary>The way from a leaf up to the root.</summary>
/// <param name="Split">The split above.</param>
/// <param name="IsLower">Whether its lower side was taken.</param>
/// <param name="Above">The way from there.</param>
internal sealed record SplitPath(CertificateSplit Split, bool IsLower, SplitPath? Above);
