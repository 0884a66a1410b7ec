using System.Globalization;
using MassTransit;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Hub.Telemetry;

namespace UnifiedCommerce.Hub.Bus;

/// <summary>Publishes the event feed to the bus from where it stopped: at least once, in the order of the feed.</summary>
public sealed class PublishEvents(IStore store, IBus bus, HubMetrics metrics, TimeProvider machineTime) : IEffectHandler
{
    private const int MostEventsAtOnce = 500;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);

    /// <inheritdoc />
    public string Kind => TellingJobs.BusKind;

    /// <inheritdoc />
    public int BatchSize => 50;

    /// <inheritdoc />
    public async Task<IReadOnlyList<JobOutcome>> RunAsync(IReadOnlyList<Job> jobs, CancellationToken cancellationToken)
    {
        IReadOnlyList<HubEvent> events;
        await using (var work = await store.BeginReadAsync(cancellationToken))
        {
            long after = long.Parse(await work.Catalogue.SettingAsync(TellingJobs.BusCursorSetting, cancellationToken) ?? "0", CultureInfo.InvariantCulture);
            events = await work.Events.AfterAsync(after, null, null, MostEventsAtOnce, cancellationToken);
        }
        long published = 0;
        string? away = null;
        using (var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            patience.CancelAfter(s_patience);
            try
            {
                foreach (var happened in events)
                {
                    await bus.Publish(
                        new OrderEvent
                        {
                            EventId = happened.Id, Sequence = happened.Sequence, Type = happened.Type, At = happened.At, Customer = happened.Customer, Subject = happened.Subject,
                            Data = happened.Data,
                        }, patience.Token);
                    published = happened.Sequence;
                }
            }
            catch (Exception fault) when (fault is MassTransitException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // Not our mistake and not an attempt: the events stay in the feed until the broker is there again.
                away = fault is OperationCanceledException ? $"The broker did not answer within {s_patience.TotalSeconds:0} seconds." : $"The broker does not answer: {fault.Message}";
            }
        }
        if (published > 0)
        {
            await using var work = await store.BeginAsync(cancellationToken);
            await work.Catalogue.SetSettingAsync(TellingJobs.BusCursorSetting, published.ToString(CultureInfo.InvariantCulture), cancellationToken);
            await work.CommitAsync(cancellationToken);
            metrics.Published(events.Count(happened => happened.Sequence <= published));
        }
        JobOutcome outcome = away is not null ? new JobOutcome.Snooze(machineTime.GetUtcNow() + s_pause, away)
            : events.Count == MostEventsAtOnce ? new JobOutcome.Snooze(machineTime.GetUtcNow(), "More events wait.") : JobOutcome.Ok;
        return [.. jobs.Select(_ => outcome)];
    }
}
