using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Hub.Bus;
using UnifiedCommerce.Hub.Webhooks;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Hub.Hosting;

/// <summary>Runs jobs in this process: the journey's, webhooks and the bus.</summary>
public sealed class JobWorker : BackgroundService
{
    private readonly JobEngine _engine;

    /// <summary>Prepares the engine.</summary>
    public JobWorker(HubStore store, Journey journey, DeliverWebhook webhooks, PublishEvents publish, IConfiguration configuration, ILogger<JobWorker> log)
    {
        // One process may hold several hubs in tests: a name that lived before would be taken for a dead worker's.
        string worker = JobEngineOptions.NameWorker(TimeProvider.System, Guid.NewGuid().ToString("N")[..6]);
        _engine = new JobEngine(
            store, store.JobQueue, journey.BatchHandlers, [.. journey.EffectHandlers, webhooks, publish], TimeProvider.System,
            new JobEngineOptions
            {
                Worker = worker,
                BatchWidth = configuration.GetValue("Jobs:BatchWidth", 2),
                EffectWidth = configuration.GetValue("Jobs:EffectWidth", 16),
                OnFault = fault => log.LogWarning("The job queue does not answer: {Reason}", fault.Message),
                OnTrouble = (job, outcome, exception) =>
                {
                    if (outcome is JobOutcome.Snooze)
                    {
                        return;
                    }
                    // Our own mistakes with their stack, the outside world in one sentence.
                    log.Log(exception is null ? LogLevel.Warning : LogLevel.Error, exception, "Job {JobId} {JobKind} {JobArgs}, attempt {Attempt}: {Reason}", job.Id, job.Kind, job.Args,
                        job.Attempt, outcome switch { JobOutcome.Retry retry => retry.Reason, JobOutcome.Cancel cancel => cancel.Reason, _ => outcome.ToString() });
                },
            });
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _engine.RunAsync(stoppingToken);

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        // What still runs after the host's patience keeps its lease; the next process rescues it.
        if (ExecuteTask is null or { IsCompleted: true })
        {
            await _engine.DisposeAsync();
        }
    }
}
