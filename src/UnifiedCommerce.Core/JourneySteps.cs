using System.Diagnostics;

namespace UnifiedCommerce.Core;

/// <summary>Traces of the journey's costly steps: <c>solve</c>, <c>problem</c>, <c>keep-run</c>, <c>write-document</c>, <c>send</c>. They cost nothing while nobody listens.</summary>
public static class JourneySteps
{
    /// <summary>Name of the activity source.</summary>
    public const string Source = "UnifiedCommerce.Journey";

    private static readonly ActivitySource Activities = new(Source);

    /// <summary>Begins a step; null while nobody listens.</summary>
    internal static Activity? Begin(string step) => Activities.StartActivity(step);
}
