namespace UnifiedCommerce.Sourcing;

/// <summary>What stops a search.</summary>
internal sealed class SearchBudget(SourcingOptions options, CancellationToken cancellationToken)
{
    private readonly long _started = options.Clock.GetTimestamp();

    public SourcingOptions Options => options;

    public long Work { get; set; }

    public PlanStatus? Stopped { get; private set; }

    public TimeSpan Elapsed => options.Clock.GetElapsedTime(_started);

    /// <summary>Whether to go on; asked after every bound.</summary>
    public bool GoOn(long work)
    {
        if (Stopped is not null)
        {
            return false;
        }

        Stopped = Work + work >= options.WorkLimit ? PlanStatus.WorkLimit
            : cancellationToken.IsCancellationRequested ? PlanStatus.Cancelled
            : options.TimeLimit is { } limit && Elapsed >= limit ? PlanStatus.TimeLimit
            : null;
        return Stopped is null;
    }
}
