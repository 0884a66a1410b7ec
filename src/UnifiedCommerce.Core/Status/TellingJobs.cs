using UnifiedCommerce.Core.Jobs;

namespace UnifiedCommerce.Core.Status;

/// <summary>The jobs that tell others of events.</summary>
public static class TellingJobs
{
    /// <summary>The kind that tells a webhook.</summary>
    public const string WebhookKind = "deliver-webhook";
    /// <summary>The kind that publishes the event feed to the bus.</summary>
    public const string BusKind = "publish-event";
    /// <summary>What the names of settings begin with that hold a webhook.</summary>
    public const string WebhookSetting = "webhook/";
    /// <summary>The setting with the position up to which events were published; absent where no bus is told.</summary>
    public const string BusCursorSetting = "bus.published";

    /// <summary>Tells a webhook everything that it was not told yet; one at a time per webhook.</summary>
    public static NewJob Webhook(string id) => new(WebhookKind, $$"""{"webhook":"{{id}}"}""") { UniqueKey = $"{WebhookKind}:{id}", Lane = $"webhook:{id}", Priority = 120 };

    /// <summary>Publishes what was not published yet; at most one waits at any time.</summary>
    public static NewJob Bus { get; } = new(BusKind, "{}") { UniqueKey = BusKind, Priority = 120 };
}
