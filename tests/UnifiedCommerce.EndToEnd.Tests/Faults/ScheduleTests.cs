using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Quartz;
using UnifiedCommerce.Adapters.Tests;
using UnifiedCommerce.Hub.Hosting;

namespace UnifiedCommerce.EndToEnd.Tests.Faults;

/// <summary>Several processes with the schedule role on one database.</summary>
public sealed class ScheduleTests
{
    [PostgresFact]
    public async Task Through_a_rolling_restart_every_moment_of_a_schedule_fires_on_one_process()
    {
        await using var server = await ThrowAwayPostgres.StartAsync();
        string connection = await server.CreateDatabaseAsync();
        string data = Directory.CreateTempSubdirectory("uc-schedule-").FullName;
        var fired = new ConcurrentQueue<(string Schedule, DateTimeOffset? Moment, string Process)>();
        var running = new Queue<HubApplication>();
        for (int number = 1; number <= 4; number++)
        {
            running.Enqueue(await StartAsync($"p{number}"));
            if (number > 2)
            {
                // One goes only when its successor is there.
                var oldest = running.Dequeue();
                await oldest.StopAsync(CancellationToken.None);
                await oldest.DisposeAsync();
            }
            int before = fired.Count;
            while (fired.Count < before + 6)
            {
                await Task.Delay(100);
            }
        }
        foreach (var hub in running)
        {
            await hub.StopAsync(CancellationToken.None);
            await hub.DisposeAsync();
        }
        var twice = fired.GroupBy(entry => (entry.Schedule, entry.Moment)).Where(group => group.Count() > 1).Select(group => $"{group.Key}: {string.Join(", ", group.Select(entry => entry.Process))}");
        Assert.Empty(twice);
        Assert.Contains(fired, entry => entry.Schedule == "due-moments");
        Directory.Delete(data, recursive: true);

        async Task<HubApplication> StartAsync(string name)
        {
            var hub = await HubApplication.BuildAsync(
                new HubOptions { Data = data, Urls = "http://127.0.0.1:0", Roles = HubRoles.Schedule, Settings = [$"--ConnectionStrings:Hub={connection}"] }, CancellationToken.None,
                services => services.AddHostedService(provider => new Listening(provider.GetRequiredService<ISchedulerFactory>(), new Recorder(name, fired))));
            await hub.StartAsync(CancellationToken.None);
            return hub;
        }
    }

    private sealed class Recorder(string name, ConcurrentQueue<(string, DateTimeOffset?, string)> fired) : IJobListener
    {
        public string Name => name;

        public ValueTask JobToBeExecuted(IJobExecutionContext context, CancellationToken cancellationToken = default)
        {
            fired.Enqueue((context.JobDetail.Key.Name, context.ScheduledFireTimeUtc, name));
            return ValueTask.CompletedTask;
        }

        public ValueTask JobExecutionVetoed(IJobExecutionContext context, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

        public ValueTask JobWasExecuted(IJobExecutionContext context, JobExecutionException? jobException, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
    }

    private sealed class Listening(ISchedulerFactory schedulers, IJobListener listener) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken) => (await schedulers.GetScheduler(cancellationToken)).ListenerManager.AddJobListener(listener);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
