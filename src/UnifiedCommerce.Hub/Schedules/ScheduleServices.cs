using System.Globalization;
using Quartz;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Hub.Bus;
using UnifiedCommerce.Hub.Hosting;
using UnifiedCommerce.Hub.Webhooks;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Hub.Schedules;

/// <summary>What is looked at again and again, and Quartz, which only ticks: in memory on SQLite, clustered on PostgreSQL.</summary>
internal static class ScheduleServices
{
    private static readonly TimeSpan s_keepJobs = TimeSpan.FromDays(7);
    private static readonly TimeSpan s_keepTickets = TimeSpan.FromDays(30);

    public static void AddHubSchedules(this IServiceCollection services, HubStore store, string? postgres, bool publishes)
    {
        services.AddSingleton(provider => new HubSchedules(All(provider, store, publishes)));
        var names = Intervals;
        services.AddQuartz(quartz =>
        {
            if (postgres is not null)
            {
                quartz.UsePersistentStore(persistent =>
                {
                    persistent.UsePostgres(postgres);
                    persistent.UseSystemTextJsonSerializer();
                    persistent.UseClustering();
                    // An empty database gets Quartz's own tables, as it gets ours.
                    persistent.ProvisionSchema();
                });
            }
            foreach (var (name, every) in names)
            {
                quartz.ScheduleJob<ScheduleTick>(
                    trigger => trigger.WithIdentity(name).StartNow().WithSimpleSchedule(simple => simple.WithInterval(every).RepeatForever()),
                    job => job.WithIdentity(name));
            }
        });
        services.AddQuartzHostedService(hosted => hosted.WaitForJobsToComplete = true);
    }

    private static readonly (string Name, TimeSpan Every)[] Intervals =
    [
        ("due-moments", TimeSpan.FromSeconds(1)),
        ("poll-folders", TimeSpan.FromSeconds(1)),
        ("tell-others", TimeSpan.FromSeconds(1)),
        ("watch-cut-offs", TimeSpan.FromMinutes(1)),
        ("seal-audit", TimeSpan.FromSeconds(10)),
        ("self-audit", TimeSpan.FromMinutes(15)),
        ("prune", TimeSpan.FromHours(1)),
    ];

    private static IReadOnlyList<HubSchedule> All(IServiceProvider provider, HubStore store, bool publishes)
    {
        var journey = provider.GetRequiredService<Journey>();
        var webhooks = provider.GetRequiredService<WebhookRegistry>();
        Dictionary<string, (string Meaning, Func<CancellationToken, Task<int>> Run)> work = new(StringComparer.Ordinal)
        {
            ["due-moments"] = ("Routes pools whose run or cut-off is due, deals with deadlines that passed", journey.Ticks.TickAsync),
            ["poll-folders"] = ("Takes in what partners put into their folders", journey.Reception.PollAllAsync),
            ["tell-others"] = ("Wakes webhooks and the bus when there are new events", stop => TellAsync(store, webhooks, publishes, stop)),
            ["watch-cut-offs"] = ("Warns of orders that wait for a person while their last cut-off comes near", journey.AtRisk.LookAsync),
            ["seal-audit"] = ("Seals new entries of the audit log in a hash-chained batch", async stop =>
                (int)Math.Min(int.MaxValue, await store.SelfAudit.SealAsync(TimeProvider.System.GetUtcNow(), stop))),
            ["self-audit"] = ("Checks what must always hold and tells a person when it does not", stop => AuditAsync(store, journey.World.Clock, stop)),
            ["prune"] = ("Deletes finished jobs after seven days, tickets of sent files after thirty", async stop =>
            {
                var now = TimeProvider.System.GetUtcNow();
                return (int)Math.Min(int.MaxValue, await store.JobQueue.PruneAsync(now - s_keepJobs, now, stop) + await journey.Settled.ForgetAsync(now - s_keepTickets, stop));
            }),
        };
        return [.. Intervals.Select(interval => new HubSchedule(interval.Name, interval.Every, work[interval.Name].Meaning, work[interval.Name].Run))];
    }

    private static async Task<int> AuditAsync(HubStore store, TimeProvider clock, CancellationToken cancellationToken)
    {
        var breaches = (await store.SelfAudit.CheckAsync(cancellationToken)).Concat((await store.SelfAudit.VerifyAsync(100, cancellationToken)).Breaches).ToList();
        if (breaches.Count > 0)
        {
            await using var work = await store.BeginAsync(cancellationToken);
            await work.Tasks.OpenAsync(
                [.. breaches.Take(50).Select(breach => new HubTask
                {
                    Kind = "invariant-broken", Key = $"invariant-broken:{breach.Invariant}:{breach.Subject}", At = clock.GetUtcNow(),
                    Text = $"{breach.Invariant} does not hold for {breach.Subject}: {breach.Text} Tell whoever runs the hub; stop the partner concerned when money is at stake.",
                })], cancellationToken);
            await work.CommitAsync(cancellationToken);
        }
        return breaches.Count;
    }

    private static async Task<int> TellAsync(HubStore store, WebhookRegistry webhooks, bool publishes, CancellationToken cancellationToken)
    {
        var active = (await webhooks.AllAsync(cancellationToken)).Where(row => row.Webhook.Disabled is null).ToList();
        if (active.Count == 0 && !publishes)
        {
            return 0;
        }
        var wake = new List<string>();
        bool publish = false;
        await using (var read = await store.BeginReadAsync(cancellationToken))
        {
            foreach (var (webhook, told) in active)
            {
                if ((await read.Events.AfterAsync(told, "portal", webhook.Customer, 1, cancellationToken)).Count > 0)
                {
                    wake.Add(webhook.Id);
                }
            }
            if (publishes)
            {
                long published = long.Parse(await read.Catalogue.SettingAsync(TellingJobs.BusCursorSetting, cancellationToken) ?? "0", CultureInfo.InvariantCulture);
                publish = (await read.Events.AfterAsync(published, null, null, 1, cancellationToken)).Count > 0;
            }
        }
        if (wake.Count == 0 && !publish)
        {
            return 0;
        }
        await using var work = await store.BeginAsync(cancellationToken);
        foreach (string webhook in wake)
        {
            await WebhookRegistry.WakeAsync(work, webhook, cancellationToken);
        }
        if (publish)
        {
            await work.Jobs.InsertAsync([TellingJobs.Bus], cancellationToken);
        }
        await work.CommitAsync(cancellationToken);
        return wake.Count + (publish ? 1 : 0);
    }
}
