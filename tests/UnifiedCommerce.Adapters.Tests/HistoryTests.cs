using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Adapters.Tests;

/// <summary>Finished jobs on PostgreSQL: a partition per day, dropped whole.</summary>
public sealed class HistoryTests(PostgresSource source) : IClassFixture<PostgresSource>
{
    static readonly CancellationToken None = CancellationToken.None;

    [PostgresFact]
    public async Task Each_days_finished_jobs_lie_in_their_own_partition_and_old_days_are_dropped()
    {
        var time = new ManualTime();
        await using var store = await source.NewAsync(new StorageOptions { MachineTime = time });
        for (var day = 0; day < 4; day++, time.Advance(TimeSpan.FromDays(1)))
            await FinishAsync(store, time, 3 + day);
        Assert.Equal(["20260302:3", "20260303:4", "20260304:5", "20260305:6"], await CountsAsync(store));
        await InsertAsync(store, new NewJob("waits", "{}") { RunAt = time.GetUtcNow().AddDays(30) }, new NewJob("note", "ready"));

        // It is the 6th; the 2nd and 3rd ended more than two days ago.
        Assert.Equal(2, await store.JobQueue.PruneAsync(time.GetUtcNow().AddDays(-2), time.GetUtcNow(), None));
        Assert.Equal(["20260304:5", "20260305:6"], await CountsAsync(store));
        var partitions = await NamesAsync(store);
        Assert.DoesNotContain("finished_jobs_20260303", partitions);
        // A week ahead is there, so that nothing falls into the default partition while nobody prunes.
        Assert.Contains("finished_jobs_20260313", partitions);

        // What is not finished is untouched, however old.
        Assert.Equal((1, 1), (await store.JobDesk.DepthsAsync(None)).Aggregate((0, 0), (sum, depth) => (sum.Item1 + (int)depth.Ready, sum.Item2 + (int)depth.Scheduled)));
        Assert.Equal(1, await RunAsync(store, time));
        // Claims never look at the history.
        await using var read = await store.ReadAsync(None);
        var plan = string.Join('\n', await read.Session.ListAsync("explain select id from jobs where kind = 'note' and lane = '' and state = 0 order by priority, id limit 10 for update skip locked",
            null, static row => row.Text(), None));
        Assert.DoesNotContain("finished", plan);
    }

    [PostgresFact]
    public async Task What_fell_into_the_default_partition_moves_to_its_day_when_somebody_prunes()
    {
        var time = new ManualTime();
        await using var store = await source.NewAsync(new StorageOptions { MachineTime = time });
        // Nobody pruned for a month: there is no partition for this day.
        time.Advance(TimeSpan.FromDays(30));
        await FinishAsync(store, time, 5);
        Assert.Equal(["default:5"], await CountsAsync(store));
        await store.JobQueue.PruneAsync(time.GetUtcNow().AddDays(-7), time.GetUtcNow(), None);
        Assert.Equal(["20260401:5"], await CountsAsync(store));
    }

    static async Task FinishAsync(HubStore store, ManualTime time, int count)
    {
        await InsertAsync(store, [.. Enumerable.Range(0, count).Select(number => new NewJob("note", $"{number}"))]);
        Assert.Equal(count, await RunAsync(store, time));
    }

    static async Task<int> RunAsync(HubStore store, ManualTime time)
    {
        await using var engine = new JobEngine(store, store.JobQueue, [new Notes()], [], time, new JobEngineOptions { Worker = "w1" });
        var done = 0;
        while (await engine.RunReadyAsync(None) is > 0 and var more)
            done += more;
        return done;
    }

    static async Task InsertAsync(HubStore store, params NewJob[] jobs)
    {
        await using var work = await store.BeginAsync(None);
        await work.Jobs.InsertAsync(jobs, None);
        await work.CommitAsync(None);
    }

    static async Task<List<string>> CountsAsync(HubStore store)
    {
        await using var read = await store.ReadAsync(None);
        return await read.Session.ListAsync("select replace(tableoid::regclass::text, 'finished_jobs_', '') || ':' || count(*) from finished_jobs group by tableoid order by 1", null, static row => row.Text(), None);
    }

    static async Task<List<string>> NamesAsync(HubStore store)
    {
        await using var read = await store.ReadAsync(None);
        return await read.Session.ListAsync("select inhrelid::regclass::text from pg_inherits where inhparent = 'finished_jobs'::regclass", null, static row => row.Text(), None);
    }

    sealed class Notes : IBatchHandler
    {
        public string Kind => "note";
        public int BatchSize => 50;
        public Task<IReadOnlyList<JobOutcome>> RunAsync(IReadOnlyList<Job> jobs, IWork work, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<JobOutcome>>([.. jobs.Select(_ => JobOutcome.Ok)]);
    }
}
