namespace UnifiedCommerce.Sourcing;

/// <summary>How hard to search and when to stop.</summary>
/// <remarks>
/// The plan depends only on the problem, <see cref="Seed"/>, <see cref="Threads"/>, <see cref="GapTarget"/> and <see cref="WorkLimit"/> as
/// long as the work limit is what stops the search. A time limit or a cancellation stops it earlier; the plan is then the best so far and
/// its bound is still true.
/// </remarks>
public readonly record struct SourcingOptions
{
    /// <summary>Sensible defaults: one thread, proof to 1e-6, ten seconds.</summary>
    public SourcingOptions()
    {
    }

    /// <summary>Most solver steps; one step prices one offer once. Default: no limit.</summary>
    public long WorkLimit { get; init; } = long.MaxValue;

    /// <summary>Longest time to search; null for no limit. Default 10 seconds.</summary>
    public TimeSpan? TimeLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Stops when the plan is proved to be within this fraction of the best. Default 1e-6.</summary>
    public double GapTarget { get; init; } = 1e-6;

    /// <summary>Seed of every random choice.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Threads to use. Default 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Whether the plan carries a certificate of its bound. Default true.</summary>
    public bool WithCertificate { get; init; } = true;

    /// <summary>Clock for the time limit and the elapsed time. Default the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
