using System.Collections.Concurrent;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Adapters.Tests;

public sealed class JobsOnSqliteTests(SqliteSource source) : JobsContract(source), IClassFixture<SqliteSource>;

public sealed class JobsOnPostgresTests(PostgresSource source) : JobsContract(source), IClassFixture<PostgresSource>;

/// <summary>What handlers and people rely on in the jobs engine, whatever the database.</summary>
public abstract class JobsContract(IStoreSource source)
{
    static readonly CancellationToken None = CancellationToken.None;

    sealed class Batch(string kind, Func<IReadOnlyList<Job>, IWork, Task<IReadOnlyList<JobOutcome>>> run, int size = 10) : IBatchHandler
    {
        public string Kind => kind;
        public int BatchSize => size;
        public Task<IReadOnlyList<JobOutcome>> RunAsync(IReadOnlyList<Job> jobs, IWork work, CancellationToken cancellationToken) => run(jobs, work);
    }

    sealed class Effect(string kind, Func<IReadOnlyList<Job>, CancellationToken, Task<IReadOnlyList<JobOutcome>>> run, int size = 5) : IEffectHandler
    {
        public string Kind => kind;
        public int BatchSize => size;
        public Task<IReadOnlyList<JobOutcome>> RunAsync(IReadOnlyList<Job> jobs, CancellationToken cancellationToken) => run(jobs, cancellationToken);
    }

    static IReadOnlyList<JobOutcome> AllDone(IReadOnlyList<Job> jobs) => [.. jobs.Select(_ => JobOutcome.Ok)];

    static async Task InsertAsync(HubStore store, params NewJob[] jobs)
    {
        await using var work = await store.BeginAsync(None);
        await work.Jobs.InsertAsync(jobs, None);
        await work.CommitAsync(None);
    }

    static JobEngine Engine(HubStore store, ManualTime time, string worker, params object[] handlers) =>
        new(store, store.JobQueue, handlers.OfType<IBatchHandler>(), handlers.OfType<IEffectHandler>(), time,
            new JobEngineOptions { Worker = worker, BreakerFailures = 3, BreakerPause = TimeSpan.FromSeconds(30) });

    static async Task<IReadOnlyList<JobView>> ListAsync(HubStore store, JobFilter filter) =>
        (await UnifiedCommerce.Storage.Views.HubViews.Of(store).JobsAsync(filter, new PageRequest(null, 10), None)).Items;

    Task<HubStore> NewAsync(ManualTime time) => source.NewAsync(new StorageOptions { MachineTime = time });

    [StoreFact]
    public async Task Work_and_completion_are_one_transaction()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        await InsertAsync(store, new NewJob("note", """{"n":1}"""), new NewJob("note", """{"n":2}"""));
        await using var engine = Engine(store, time, "w1", new Batch("note", async (jobs, work) =>
        {
            await work.Catalogue.SetSettingAsync("ran", jobs.Count.ToString(System.Globalization.CultureInfo.InvariantCulture), None);
            return AllDone(jobs);
        }));
        Assert.Equal(2, await engine.RunReadyAsync(None));
        Assert.Equal(0, await engine.RunReadyAsync(None));
        await using var read = await store.BeginAsync(None);
        Assert.Equal("2", await read.Catalogue.SettingAsync("ran", None));
        Assert.Equal(2, (await ListAsync(store, new JobFilter { Stage = JobStage.Succeeded })).Count);
    }

    [StoreFact]
    public async Task One_bad_job_of_a_batch_is_retried_and_the_others_are_done()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        await InsertAsync(store, [.. Enumerable.Range(1, 5).Select(n => new NewJob("note", $$"""{"n":{{n}}}""") { MaxAttempts = 2 })]);
        await using var engine = Engine(store, time, "w1", new Batch("note", async (jobs, work) =>
        {
            foreach (var job in jobs)
                await work.Catalogue.SetSettingAsync("done/" + job.Args, "1", None);
            return jobs.Any(job => job.Args.Contains('3', StringComparison.Ordinal)) ? throw new InvalidOperationException("three") : AllDone(jobs);
        }));
        await engine.RunReadyAsync(None);
        await using (var read = await store.BeginAsync(None))
            Assert.Equal(4, (await read.Catalogue.SettingsAsync("done/", None)).Count);
        var waiting = Assert.Single(await ListAsync(store, new JobFilter { Stage = JobStage.Scheduled }));
        Assert.Contains("three", waiting.Reason, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromMinutes(1));
        await engine.RunReadyAsync(None);
        var failed = Assert.Single(await ListAsync(store, new JobFilter { Stage = JobStage.Failed }));
        var detail = await store.JobDesk.FindAsync(failed.Id, None);
        Assert.Equal(["failed", "retry"], detail!.Attempts.Select(attempt => attempt.Outcome));
        await using var tasks = await store.BeginAsync(None);
        Assert.Equal("failed-job", (await tasks.Tasks.FindAsync(1, None))!.Kind);
    }

    [StoreFact]
    public async Task A_failed_job_that_a_person_retries_runs_with_fresh_attempts()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        var fail = true;
        await InsertAsync(store, new NewJob("call", "{}") { MaxAttempts = 1 });
        await using var engine = Engine(store, time, "w1", new Effect("call", (jobs, _) => Task.FromResult<IReadOnlyList<JobOutcome>>(
            fail ? [new JobOutcome.Retry("503")] : AllDone(jobs))));
        await engine.RunReadyAsync(None);
        var failed = Assert.Single(await ListAsync(store, new JobFilter { Stage = JobStage.Failed }));
        fail = false;
        Assert.Equal(1, await store.JobDesk.RetryAsync([failed.Id], "anna", None));
        await engine.RunReadyAsync(None);
        Assert.Equal(JobStage.Succeeded, (await store.JobDesk.FindAsync(failed.Id, None))!.Job.Stage);
        await using var read = await store.BeginAsync(None);
        Assert.Equal("retried by anna", (await read.Tasks.FindAsync(1, None))!.Outcome);
    }

    [StoreFact]
    public async Task A_unique_job_is_queued_once_and_runs_again_when_it_was_wanted_while_it_ran()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        var again = new NewJob("route", "{}") { UniqueKey = "route:default" };
        await InsertAsync(store, again, again);
        await InsertAsync(store, again);
        var runs = 0;
        await using var engine = Engine(store, time, "w1", new Effect("route", async (jobs, _) =>
        {
            if (++runs == 1)
                await InsertAsync(store, again, again);
            return AllDone(jobs);
        }));
        Assert.Equal(1, await engine.RunReadyAsync(None));
        Assert.Equal(1, await engine.RunReadyAsync(None));
        Assert.Equal(0, await engine.RunReadyAsync(None));
        await InsertAsync(store, again);
        Assert.Equal(1, await engine.RunReadyAsync(None));
    }

    [StoreFact]
    public async Task A_snoozed_job_waits_and_keeps_its_attempts()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        await InsertAsync(store, new NewJob("call", "{}") { MaxAttempts = 1 });
        var attempts = new List<int>();
        await using var engine = Engine(store, time, "w1", new Effect("call", (jobs, _) =>
        {
            attempts.Add(jobs[0].Attempt);
            return Task.FromResult<IReadOnlyList<JobOutcome>>([attempts.Count < 3 ? new JobOutcome.Snooze(time.GetUtcNow().AddMinutes(5), "not yet") : JobOutcome.Ok]);
        }));
        for (var i = 0; i < 6; i++)
        {
            await engine.RunReadyAsync(None);
            time.Advance(TimeSpan.FromMinutes(3));
        }
        Assert.Equal([1, 1, 1], attempts);
    }

    [StoreFact]
    public async Task A_scheduled_job_waits_for_its_moment_and_a_lower_priority_number_goes_first()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        await InsertAsync(store, new NewJob("call", "1"), new NewJob("call", "2") { Priority = 10 }, new NewJob("call", "3") { RunAt = time.GetUtcNow().AddHours(1) });
        var seen = new List<string>();
        await using var engine = Engine(store, time, "w1", new Effect("call", (jobs, _) =>
        {
            seen.AddRange(jobs.Select(job => job.Args));
            return Task.FromResult(AllDone(jobs));
        }));
        await engine.RunReadyAsync(None);
        Assert.Equal(["2", "1"], seen);
        time.Advance(TimeSpan.FromHours(1));
        await engine.RunReadyAsync(None);
        Assert.Equal(["2", "1", "3"], seen);
    }

    [StoreFact]
    public async Task A_cancelled_outcome_is_final_and_says_why()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        await InsertAsync(store, new NewJob("call", """{"order":"W-77"}"""));
        await using var engine = Engine(store, time, "w1", new Effect("call", (_, _) => Task.FromResult<IReadOnlyList<JobOutcome>>([new JobOutcome.Cancel("gone")])));
        await engine.RunReadyAsync(None);
        var cancelled = Assert.Single(await ListAsync(store, new JobFilter { Stage = JobStage.Cancelled, Text = "W-77" }));
        Assert.Equal("gone", cancelled.Reason);
        Assert.Empty(await ListAsync(store, new JobFilter { Stage = JobStage.Cancelled, Text = "W%7" }));
    }

    [StoreFact]
    public async Task A_worker_whose_lease_ended_writes_nothing()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        await using var other = await source.AgainAsync(store, new StorageOptions { MachineTime = time });
        await InsertAsync(store, new NewJob("note", "{}"));
        var runs = 0;
        var second = Engine(other, time, "w2", new Effect("note", (jobs, _) =>
        {
            runs++;
            return Task.FromResult(AllDone(jobs));
        }));
        await using var first = Engine(store, time, "w1", new Effect("note", async (jobs, _) =>
        {
            // This worker sleeps longer than its lease; another takes the job over and finishes it.
            time.Advance(TimeSpan.FromMinutes(2));
            Assert.Equal(1, await second.RunReadyAsync(None));
            return [new JobOutcome.Cancel("must not be written")];
        }));
        await first.RunReadyAsync(None);
        await second.DisposeAsync();
        Assert.Equal(1, runs);
        Assert.Equal(JobStage.Succeeded, (await store.JobDesk.FindAsync(1, None))!.Job.Stage);
        Assert.Equal("lost", (await store.JobDesk.FindAsync(1, None))!.Attempts.Single().Outcome);
    }

    [StoreFact]
    public async Task Work_in_the_database_is_rolled_back_when_the_claim_was_lost()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        await InsertAsync(store, new NewJob("note", "{}"));
        await using var engine = Engine(store, time, "w1", new Batch("note", async (jobs, work) =>
        {
            await work.Catalogue.SetSettingAsync("ran", "1", None);
            await ((UnifiedCommerce.Storage.Work)work).Session.RunAsync("update jobs set fence = fence + 1", null, None);
            return AllDone(jobs);
        }));
        await engine.RunReadyAsync(None);
        await using var read = await store.BeginAsync(None);
        Assert.Null(await read.Catalogue.SettingAsync("ran", None));
    }

    [StoreFact]
    public async Task A_job_that_kills_its_worker_every_time_comes_to_an_end()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        await InsertAsync(store, new NewJob("note", "{}") { MaxAttempts = 3, UniqueKey = "k" });
        for (var death = 1; death <= 3; death++)
        {
            Assert.Single((await ClaimAsync(store, time, "note", $"w{death}")).Jobs);
            time.Advance(TimeSpan.FromMinutes(2));
            var rescued = await store.JobQueue.RescueAsync("w9", time.GetUtcNow(), time.GetUtcNow().AddMinutes(5), None);
            Assert.Equal(death < 3 ? (1, 0) : (0, 1), (rescued.Ready, rescued.Failed.Count));
        }
        await InsertAsync(store, new NewJob("note", "{}") { UniqueKey = "k" });
        Assert.Single(await ListAsync(store, new JobFilter { Stage = JobStage.Queued }));
    }

    [StoreFact]
    public async Task A_job_whose_workers_keep_dying_waits_longer_each_time()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        await InsertAsync(store, new NewJob("note", "{}"));
        foreach (var wait in new[] { 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            if (wait > 0)
            {
                time.Advance(TimeSpan.FromSeconds(wait - 0.5));
                Assert.Empty(await store.JobQueue.ReadyAsync(["note"], time.GetUtcNow(), None));
                time.Advance(TimeSpan.FromSeconds(0.5));
            }
            Assert.Equal(["note"], await store.JobQueue.ReadyAsync(["note"], time.GetUtcNow(), None));
            Assert.Single((await ClaimAsync(store, time, "note", $"w{wait}")).Jobs);
            time.Advance(TimeSpan.FromMinutes(2));
            Assert.Equal(1, (await store.JobQueue.RescueAsync("w9", time.GetUtcNow(), time.GetUtcNow().AddMinutes(5), None)).Ready);
        }
    }

    [StoreFact]
    public async Task A_store_that_is_away_uses_up_no_attempts_of_a_job()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        await InsertAsync(store, new NewJob("note", "{}") { MaxAttempts = 2 }, new NewJob("call", "{}") { MaxAttempts = 2, Lane = "nord" });
        var away = 20;
        await using var engine = Engine(store, time, "w1",
            new Batch("note", (jobs, _) => away > 0 ? throw new StoreAway() : Task.FromResult<IReadOnlyList<JobOutcome>>(AllDone(jobs))),
            new Effect("call", (jobs, _) => away > 0 ? throw new StoreAway() : Task.FromResult<IReadOnlyList<JobOutcome>>(AllDone(jobs))));
        for (; away >= 0; away--)
        {
            await engine.RunReadyAsync(None);
            time.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.Empty(await ListAsync(store, new JobFilter { Stage = JobStage.Failed }));
        Assert.Equal([1, 1], (await ListAsync(store, new JobFilter { Stage = JobStage.Succeeded })).Select(job => job.Attempt));
    }

    sealed class StoreAway() : System.Data.Common.DbException("Exception while reading from stream")
    {
        public override bool IsTransient => true;
    }

    [StoreFact]
    public async Task A_job_claimed_before_the_clock_went_back_does_not_wait_for_that_time_to_come_again()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        await InsertAsync(store, new NewJob("note", "{}"));
        Assert.Single((await ClaimAsync(store, time, "note", "w1")).Jobs);
        time.Advance(TimeSpan.FromDays(-1));
        Assert.Equal(1, (await store.JobQueue.RescueAsync("w2", time.GetUtcNow(), time.GetUtcNow().AddMinutes(2), None)).Ready);
    }

    static Task<ClaimedJobs> ClaimAsync(HubStore store, ManualTime time, string kind, string worker, int limit = 100, int perLane = 5, int lanes = 100, JobLimits? limits = null,
        string after = "", string[]? excluded = null) =>
        store.JobQueue.ClaimAsync(new JobClaim(kind, worker, limit, perLane, lanes, after, excluded ?? [], limits ?? JobLimits.None, time.GetUtcNow(), time.GetUtcNow().AddMinutes(1)), None);

    [StoreFact]
    public async Task A_flooded_partner_delays_no_other()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        await InsertAsync(store, [.. Enumerable.Range(0, 500).Select(n => new NewJob("send", $"{n}") { Lane = "flooded" }), new NewJob("send", "x") { Lane = "small" }]);
        var claimed = await ClaimAsync(store, time, "send", "w1", limit: 10);
        Assert.Equal(["flooded", "flooded", "flooded", "flooded", "flooded", "small"], claimed.Jobs.Select(job => job.Lane));
        Assert.Equal(["0", "1", "2", "3", "4"], claimed.Jobs.Take(5).Select(job => job.Args));
    }

    [StoreFact]
    public async Task A_partner_that_never_answers_holds_up_no_other()
    {
        await using var store = await source.NewAsync();
        await InsertAsync(store, [.. Enumerable.Range(0, 20).Select(n => new NewJob("send", $"{n}") { Lane = n % 2 == 0 ? "stuck" : "well" })]);
        var done = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var engine = new JobEngine(store, store.JobQueue, [], [new Effect("send", async (jobs, token) =>
        {
            if (jobs[0].Lane == "stuck")
                await Task.Delay(Timeout.Infinite, token);
            foreach (var job in jobs)
                done.Enqueue(job.Args);
            if (done.Count == 10)
                all.SetResult();
            return AllDone(jobs);
        }, size: 1)], TimeProvider.System, new JobEngineOptions { Worker = "w1", PollInterval = TimeSpan.FromMilliseconds(20), ShutdownGrace = TimeSpan.FromMilliseconds(100) });
        using var stop = new CancellationTokenSource();
        var running = engine.RunAsync(stop.Token);
        await all.Task;
        await stop.CancelAsync();
        await running;
        Assert.Equal(Enumerable.Range(0, 10).Select(n => $"{2 * n + 1}"), done);
    }

    [StoreFact]
    public async Task A_lane_has_one_batch_at_a_time_unless_it_is_made_wider()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        await InsertAsync(store, [.. Enumerable.Range(0, 50).Select(n => new NewJob("send", $"{n}") { Lane = "nord" })]);
        Assert.Equal(5, (await ClaimAsync(store, time, "send", "w1")).Jobs.Count);
        Assert.Empty((await ClaimAsync(store, time, "send", "w2")).Jobs);
        var wider = new JobLimits { Widths = new Dictionary<string, int> { ["nord"] = 3 } };
        Assert.Equal(5, (await ClaimAsync(store, time, "send", "w2", limits: wider)).Jobs.Count);
        Assert.Equal(5, (await ClaimAsync(store, time, "send", "w2", limits: wider)).Jobs.Count);
        Assert.Empty((await ClaimAsync(store, time, "send", "w2", limits: wider)).Jobs);
    }

    [StoreFact]
    public async Task Lanes_take_turns_when_there_are_more_than_places()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        await InsertAsync(store, [.. Enumerable.Range(0, 9).Select(n => new NewJob("send", "{}") { Lane = $"lane-{n}" }), new NewJob("send", "{}")]);
        var seen = new List<string>();
        var after = "";
        for (var round = 0; round < 5; round++)
        {
            var claimed = await ClaimAsync(store, time, "send", "w1", lanes: 2, after: after);
            seen.AddRange(claimed.Jobs.Select(job => job.Lane ?? "none"));
            after = claimed.LastLane;
        }
        Assert.Equal(["lane-0", "lane-1", "lane-2", "lane-3", "lane-4", "lane-5", "lane-6", "lane-7", "lane-8", "none"], seen.Order(StringComparer.Ordinal));
    }

    [StoreFact]
    public async Task A_paused_lane_or_kind_waits_and_goes_on()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        await InsertAsync(store, new NewJob("send", "1") { Lane = "nord" }, new NewJob("send", "2") { Lane = "sud" });
        await using var engine = Engine(store, time, "w1", new Effect("send", (jobs, _) => Task.FromResult(AllDone(jobs))));
        async Task SetAsync(string name, string? value)
        {
            await using var work = await store.BeginAsync(None);
            await work.Catalogue.SetSettingAsync(name, value, None);
            await work.CommitAsync(None);
        }
        await SetAsync(JobLimits.PausedKindSetting + "send", "holidays");
        Assert.Equal(0, await engine.RunReadyAsync(None));
        await SetAsync(JobLimits.PausedKindSetting + "send", null);
        await SetAsync(JobLimits.PausedLaneSetting + "nord", "their server is down");
        Assert.Equal(1, await engine.RunReadyAsync(None));
        await SetAsync(JobLimits.PausedLaneSetting + "nord", null);
        Assert.Equal(1, await engine.RunReadyAsync(None));
    }

    [StoreFact]
    public async Task A_lane_with_a_rate_gives_no_more_than_that()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        await InsertAsync(store, [.. Enumerable.Range(0, 100).Select(n => new NewJob("send", $"{n}") { Lane = "nord" })]);
        var limits = new JobLimits { RatesPerMinute = new Dictionary<string, int> { ["nord"] = 120 }, Widths = new Dictionary<string, int> { ["nord"] = 100 } };
        var counts = new List<int>();
        for (var second = 0; second < 4; second++)
        {
            counts.Add((await ClaimAsync(store, time, "send", "w1", limits: limits)).Jobs.Count);
            time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal([1, 2, 2, 2], counts);
    }

    [StoreFact]
    public async Task A_partner_that_is_down_is_left_alone_for_a_while()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        await InsertAsync(store, [.. Enumerable.Range(0, 20).Select(n => new NewJob("send", $"{n}") { Lane = "down" })]);
        var calls = 0;
        await using var engine = Engine(store, time, "w1", new Effect("send", (jobs, _) =>
        {
            calls += jobs.Count;
            return Task.FromResult<IReadOnlyList<JobOutcome>>([.. jobs.Select(_ => new JobOutcome.Retry("refused"))]);
        }));
        for (var pass = 0; pass < 5; pass++)
            await engine.RunReadyAsync(None);
        Assert.Equal(5, calls);
        time.Advance(TimeSpan.FromSeconds(31));
        await engine.RunReadyAsync(None);
        Assert.Equal(10, calls);
    }

    [StoreFact]
    public async Task Jobs_can_be_searched_cancelled_and_deleted_in_bulk()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        await InsertAsync(store, [.. Enumerable.Range(0, 30).Select(n => new NewJob("send", $$"""{"po":"PO-{{n:D3}}"}""") { Lane = n % 2 == 0 ? "nord" : "sud" })]);
        var ids = await store.JobDesk.MatchingIdsAsync(new JobFilter { Lane = "nord", Text = "PO-01" }, None);
        Assert.Equal(5, ids.Count);
        Assert.Equal(5, await store.JobDesk.CancelAsync(ids, "anna", "not wanted", None));
        Assert.Equal(0, await store.JobDesk.CancelAsync(ids, "anna", "not wanted", None));
        Assert.Equal(25, (await store.JobDesk.DepthsAsync(None)).Single().Ready);
        Assert.Equal(5, await store.JobDesk.DeleteAsync(ids, "anna", None));
        Assert.Null(await store.JobDesk.FindAsync(ids[0], None));
    }

    [StoreFact]
    public async Task Finished_jobs_are_pruned_by_age()
    {
        var time = new ManualTime();
        await using var store = await NewAsync(time);
        await InsertAsync(store, [.. Enumerable.Range(0, 30).Select(n => new NewJob("note", $"{n}"))]);
        await using var engine = Engine(store, time, "w1", new Batch("note", (jobs, _) => Task.FromResult(AllDone(jobs))));
        while (await engine.RunReadyAsync(None) > 0)
        {
        }
        time.Advance(TimeSpan.FromDays(3));
        Assert.NotEqual(0, await store.JobQueue.PruneAsync(time.GetUtcNow().AddDays(-1), time.GetUtcNow(), None));
        Assert.Empty(await ListAsync(store, new JobFilter { Stage = JobStage.Succeeded }));
    }

    [StoreFact]
    public async Task Three_running_engines_do_every_job_once_and_each_lane_in_order()
    {
        await using var store = await source.NewAsync();
        var stores = new List<HubStore> { store, await source.AgainAsync(store), await source.AgainAsync(store) };
        var seen = new ConcurrentQueue<(string? Lane, int Number)>();
        using var stop = new CancellationTokenSource();
        var engines = stores.Select((own, index) => new JobEngine(own, own.JobQueue, [],
            [new Effect("send", async (jobs, token) =>
            {
                await Task.Delay(1, token);
                foreach (var job in jobs)
                    seen.Enqueue((job.Lane, int.Parse(job.Args, System.Globalization.CultureInfo.InvariantCulture)));
                return AllDone(jobs);
            })], TimeProvider.System, new JobEngineOptions { Worker = $"w{index}", PollInterval = TimeSpan.FromMilliseconds(100) })).ToList();
        var running = engines.Select(engine => engine.RunAsync(stop.Token)).ToList();
        for (var n = 0; n < 10; n++)
            await InsertAsync(stores[n % 3], [.. Enumerable.Range(n * 30, 30).Select(number => new NewJob("send", $"{number}") { Lane = $"lane-{number % 7}" })]);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (seen.Count < 300)
            await Task.Delay(20, limit.Token);
        await stop.CancelAsync();
        await Task.WhenAll(running);
        Assert.Equal(Enumerable.Range(0, 300), seen.Select(entry => entry.Number).Order());
        foreach (var lane in seen.GroupBy(entry => entry.Lane))
            Assert.Equal(lane.Select(entry => entry.Number).Order(), lane.Select(entry => entry.Number));
        Assert.Empty(await store.JobDesk.WorkersAsync(None));
        foreach (var engine in engines)
            await engine.DisposeAsync();
        foreach (var own in stores.Skip(1))
            await own.DisposeAsync();
    }

    [StoreFact]
    public async Task Stopping_hands_back_what_does_not_finish_in_time()
    {
        await using var store = await source.NewAsync();
        await InsertAsync(store, new NewJob("slow", "{}"));
        var began = new TaskCompletionSource();
        await using var engine = new JobEngine(store, store.JobQueue, [], [new Effect("slow", async (_, token) =>
        {
            began.SetResult();
            await Task.Delay(Timeout.Infinite, token);
            return [JobOutcome.Ok];
        })], TimeProvider.System, new JobEngineOptions { Worker = "w1", ShutdownGrace = TimeSpan.FromMilliseconds(200) });
        using var stop = new CancellationTokenSource();
        var running = engine.RunAsync(stop.Token);
        await began.Task;
        await stop.CancelAsync();
        await running;
        var job = Assert.Single(await ListAsync(store, new JobFilter { Stage = JobStage.Queued }));
        Assert.Equal(0, job.Attempt);
    }
}

/// <summary>A clock that a test moves.</summary>
public sealed class ManualTime : TimeProvider
{
    DateTimeOffset _now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance(TimeSpan by) => _now += by;
}
