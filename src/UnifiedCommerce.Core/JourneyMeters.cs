using System.Diagnostics;
using System.Diagnostics.Metrics;
using UnifiedCommerce.Core.Inbound;

namespace UnifiedCommerce.Core;

/// <summary>What the journey measures: sends by partner, routing runs by pool, documents by verdict. It costs next to nothing while nobody listens.</summary>
public static class JourneyMeters
{
    /// <summary>Name of the meter.</summary>
    public const string Meter = "UnifiedCommerce.Journey";

    private static readonly Meter Meters = new(Meter);
    private static readonly Histogram<double> SendTime = Meters.CreateHistogram<double>("uc.send.duration", "s", "Time that a partner's channel took for a batch of dispatches.");
    private static readonly Counter<long> Sends = Meters.CreateCounter<long>("uc.sends", description: "Attempts to send, by partner and outcome.");
    private static readonly Histogram<double> SolveTime = Meters.CreateHistogram<double>("uc.routing.duration", "s", "Time that the solver took for a routing run.");
    private static readonly Histogram<double> Gap = Meters.CreateHistogram<double>("uc.routing.gap", description: "Share of a plan's cost above its proved lower bound.");
    private static readonly Counter<long> Documents = Meters.CreateCounter<long>("uc.documents", description: "Inbound documents, by partner and verdict.");

    internal static void Sent(string partner, long began, IReadOnlyCollection<SendResult> results)
    {
        SendTime.Record(Stopwatch.GetElapsedTime(began).TotalSeconds, Tag("partner", partner));
        foreach (var result in results)
            Sends.Add(1, Tag("partner", partner), Tag("outcome", result.GetType().Name.ToLowerInvariant()));
    }

    internal static void Routed(string pool, long began, decimal cost, decimal lowerBound)
    {
        SolveTime.Record(Stopwatch.GetElapsedTime(began).TotalSeconds, Tag("pool", pool));
        Gap.Record(cost > 0 ? (double)((cost - lowerBound) / cost) : 0, Tag("pool", pool));
    }

    internal static void Judged(string? partner, DocumentState verdict) => Documents.Add(1, Tag("partner", partner ?? "unknown"), Tag("verdict", verdict.ToString().ToLowerInvariant()));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
