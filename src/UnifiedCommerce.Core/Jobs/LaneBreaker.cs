using System.Collections.Concurrent;

namespace UnifiedCommerce.Core.Jobs;

/// <summary>Circuit breaker per lane: after several failures in a row nothing of the lane is claimed for a while, then one job tries. A partner
/// that is down costs one attempt per pause, and its documents keep their attempts.</summary>
public sealed class LaneBreaker(int failures, TimeSpan pause)
{
    private readonly ConcurrentDictionary<string, (int InRow, DateTimeOffset OpenUntil)> _lanes = new(StringComparer.Ordinal);

    /// <summary>Lanes that are not tried now.</summary>
    public IReadOnlyCollection<string> Open(DateTimeOffset now) => [.. _lanes.Where(lane => lane.Value.OpenUntil > now).Select(lane => lane.Key)];

    /// <summary>The lane was open a while ago and has not succeeded since: one job at a time.</summary>
    public bool IsTrying(string lane) => _lanes.TryGetValue(lane, out var state) && state.InRow >= failures;

    /// <summary>A job of the lane succeeded.</summary>
    public void Succeeded(string lane) => _lanes.TryRemove(lane, out _);

    /// <summary>A job of the lane has to be tried again.</summary>
    public void Failed(string lane, DateTimeOffset now) => _lanes.AddOrUpdate(lane, _ => Next(0, now), (_, state) => Next(state.InRow, now));

    private (int InRow, DateTimeOffset OpenUntil) Next(int inRow, DateTimeOffset now) =>
        (inRow + 1, inRow + 1 >= failures ? now + pause : DateTimeOffset.MinValue);
}
