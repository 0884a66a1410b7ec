using System.Collections.Concurrent;
using System.Diagnostics;

namespace UnifiedCommerce.Chaos.Processes;

/// <summary>What struck the hub.</summary>
internal enum Blow
{
    /// <summary>One of several hub processes was killed.</summary>
    Hub,
    /// <summary>All hub processes were killed at once.</summary>
    AllHubs,
    /// <summary>The database was killed; the time that it needs to come back counts.</summary>
    Database,
    /// <summary>A way to database or broker was cut, refused, frozen, or lost an answer.</summary>
    Cut,
    /// <summary>One while another is not over: nobody was served since, or a way was cut just before.</summary>
    Several,
}

/// <summary>Measures from each blow to the first order that was handed in after it and answered 2xx, as a client sees it that asks again.</summary>
internal sealed class Serving
{
    readonly Lock _gate = new();
    readonly List<(Blow Blow, long At)> _open = [];
    readonly HashSet<long> _together = [];
    readonly ConcurrentDictionary<Blow, ConcurrentBag<double>> _seconds = new();
    static readonly TimeSpan Outage = Cuts.Outage + TimeSpan.FromMilliseconds(200);

    long _lastCut;

    /// <summary>Something was struck just now.</summary>
    public void Struck(Blow blow)
    {
        var now = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            if (_open.Count > 0 || (_lastCut != 0 && Stopwatch.GetElapsedTime(_lastCut, now) < Outage))
            {
                _open.ForEach(open => _together.Add(open.At));
                _together.Add(now);
            }
            _open.Add((blow, now));
            if (blow == Blow.Cut)
                _lastCut = now;
        }
    }

    /// <summary>An order that was handed in at this timestamp was answered 2xx.</summary>
    public void Served(long handedInAt)
    {
        var now = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            foreach (var (blow, at) in _open.Where(open => open.At <= handedInAt))
                _seconds.GetOrAdd(_together.Contains(at) ? Blow.Several : blow, _ => []).Add(Stopwatch.GetElapsedTime(at, now).TotalSeconds);
            _open.RemoveAll(open => open.At <= handedInAt);
        }
    }

    /// <summary>Count, median and worst in seconds, by what struck.</summary>
    public IReadOnlyDictionary<string, object> Report() => _seconds.OrderBy(pair => pair.Key).ToDictionary(
        pair => pair.Key.ToString(), object (pair) => new { times = pair.Value.Count, median = Median(pair.Value), worst = Worst(pair.Value) }, StringComparer.Ordinal);

    public static double Median(IReadOnlyCollection<double> seconds) => seconds.Count == 0 ? 0 : Math.Round(seconds.Order().ElementAt(seconds.Count / 2), 2);

    public static double Worst(IReadOnlyCollection<double> seconds) => seconds.Count == 0 ? 0 : Math.Round(seconds.Max(), 2);
}
