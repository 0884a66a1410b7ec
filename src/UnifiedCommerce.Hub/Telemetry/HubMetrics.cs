using System.Diagnostics.Metrics;

namespace UnifiedCommerce.Hub.Telemetry;

/// <summary>The host's own measurements, on the meter <c>UnifiedCommerce</c>.</summary>
public sealed class HubMetrics : IDisposable
{
    private readonly Meter _meter = new("UnifiedCommerce");
    private readonly Counter<long> _orders;
    private readonly Counter<long> _refused;
    private readonly Histogram<double> _intake;
    private readonly Counter<long> _webhooks;
    private readonly Counter<long> _published;
    private readonly Counter<long> _ticks;

    /// <summary>Creates the instruments.</summary>
    public HubMetrics()
    {
        _orders = _meter.CreateCounter<long>("hub.orders.taken", description: "Orders taken in by API and bus, by outcome.");
        _refused = _meter.CreateCounter<long>("hub.orders.refused", description: "Orders refused with diagnostics.");
        _intake = _meter.CreateHistogram<double>("hub.orders.intake.duration", "s", "From the request to the durable order.");
        _webhooks = _meter.CreateCounter<long>("hub.webhooks.calls", description: "Calls of webhooks, by result.");
        _published = _meter.CreateCounter<long>("hub.events.published", description: "Events published to the bus.");
        _ticks = _meter.CreateCounter<long>("hub.schedule.ticks", description: "Ticks of schedules, by name and result.");
    }

    /// <summary>An order was taken in.</summary>
    public void OrderTaken(string outcome, TimeSpan took)
    {
        _orders.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        _intake.Record(took.TotalSeconds);
    }

    /// <summary>An order was refused.</summary>
    public void OrderRefused() => _refused.Add(1);

    /// <summary>A webhook was called.</summary>
    public void WebhookCalled(string result) => _webhooks.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <summary>Events were published to the bus.</summary>
    public void Published(int count) => _published.Add(count);

    /// <summary>A schedule ticked.</summary>
    public void Ticked(string name, string result) => _ticks.Add(1, new KeyValuePair<string, object?>("schedule", name), new KeyValuePair<string, object?>("result", result));

    /// <inheritdoc />
    public void Dispose() => _meter.Dispose();
}
