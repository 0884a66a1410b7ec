using Npgsql;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Adapters.Tests.Faults;

/// <summary>What the store and its queue do when the way to PostgreSQL fails.</summary>
public sealed class DatabaseFaultTests : IAsyncLifetime
{
    static readonly CancellationToken None = CancellationToken.None;
    ThrowAwayPostgres? _server;

    public async Task InitializeAsync()
    {
        if (ThrowAwayPostgres.Absent is null)
            _server = await ThrowAwayPostgres.StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }

    async Task<(HubStore Store, HubStore Direct, FaultyProxy Proxy)> BehindProxyAsync()
    {
        var direct = await _server!.CreateDatabaseAsync();
        var proxy = FaultyProxy.Before(_server.Port);
        var through = new NpgsqlConnectionStringBuilder(direct) { Port = proxy.Port, CommandTimeout = 5, Timeout = 5 }.ConnectionString;
        return (await HubStore.OpenAsync(through, null, None), await HubStore.OpenAsync(direct, null, None), proxy);
    }

    static async Task<long> CountAsync(HubStore store, string sql)
    {
        await using var read = await store.ReadAsync(None);
        return await read.Session.NumberAsync(sql, null, None) ?? 0;
    }

    [PostgresFact]
    public async Task A_commit_whose_answer_is_lost_is_unknown_and_was_carried_out()
    {
        var (store, direct, proxy) = await BehindProxyAsync();
        await using (store)
        await using (direct)
        await using (proxy)
        {
            await using (var work = await store.BeginAsync(None))
            {
                await work.Catalogue.SetSettingAsync("mark", "1", None);
                var swallowed = proxy.SwallowNextCommitAnswer();
                await Assert.ThrowsAsync<CommitUnknownException>(() => work.CommitAsync(None));
                await swallowed;
            }
            await using var read = await direct.BeginAsync(None);
            Assert.Equal("1", await read.Catalogue.SettingAsync("mark", None));
        }
    }

    [PostgresFact]
    public async Task One_broken_connection_costs_one_failure_however_many_wait_in_the_pool()
    {
        var (store, direct, proxy) = await BehindProxyAsync();
        await using (store)
        await using (direct)
        await using (proxy)
        {
            var many = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.BeginAsync(None)));
            foreach (var work in many)
            {
                await work.Catalogue.SettingAsync("mark", None);
                await work.DisposeAsync();
            }
            proxy.Cut();
            var failures = 0;
            for (var attempt = 0; attempt < 8; attempt++)
            {
                try
                {
                    await using var work = await store.BeginAsync(None);
                    await work.Catalogue.SettingAsync("mark", None);
                }
                catch (NpgsqlException)
                {
                    failures++;
                }
            }
            Assert.Equal(1, failures);
        }
    }

    [PostgresFact]
    public async Task A_job_whose_commit_was_answered_into_the_void_is_not_done_again()
    {
        var (store, direct, proxy) = await BehindProxyAsync();
        await using (store)
        await using (direct)
        await using (proxy)
        {
            await using (var work = await direct.BeginAsync(None))
            {
                await work.Jobs.InsertAsync([new NewJob("count", "{}")], None);
                await work.CommitAsync(None);
            }
            var swallowed = Task.CompletedTask;
            var handler = new Counting(async work =>
            {
                await ((Work)work).Session.RunAsync("insert into hub_meta (name, value) values ('ran', '1') on conflict (name) do update set value = hub_meta.value || '1'", null, None);
                swallowed = proxy.SwallowNextCommitAnswer();
            });
            await using var engine = new JobEngine(store, store.JobQueue, [handler], [], TimeProvider.System, new JobEngineOptions { Worker = "w1" });
            await engine.RunReadyAsync(None);
            await swallowed;
            await engine.RunReadyAsync(None);
            await engine.RunReadyAsync(None);
            Assert.Equal(1, handler.Runs);
            Assert.Equal(0, await CountAsync(direct, "select count(*) from jobs"));
            Assert.Equal(1, await CountAsync(direct, "select count(*) from finished_jobs"));
            Assert.Equal(1, await CountAsync(direct, "select length(value) from hub_meta where name = 'ran'"));
        }
    }

    [PostgresFact]
    public async Task A_running_engine_survives_cuts_and_does_every_job_once()
    {
        const int Jobs = 75;
        var (store, direct, proxy) = await BehindProxyAsync();
        await using (store)
        await using (direct)
        await using (proxy)
        {
            var handler = new Counting(async work =>
                await ((Work)work).Session.RunAsync("insert into pool_wakes (pool, at) values ('x', 0)", null, None), size: 1);
            await using var engine = new JobEngine(store, store.JobQueue, [handler], [], TimeProvider.System,
                new JobEngineOptions { Worker = "w1", PollInterval = TimeSpan.FromMilliseconds(50), Backoff = TimeSpan.FromMilliseconds(50) });
            using var stop = new CancellationTokenSource();
            var running = engine.RunAsync(stop.Token);
            for (var number = 0; number < Jobs; number++)
            {
                await using var work = await direct.BeginAsync(None);
                await work.Jobs.InsertAsync([new NewJob("count", $"{number}")], None);
                await work.CommitAsync(None);
                if (number % 25 == 12)
                    proxy.Cut();
                else if (number % 25 == 24)
                    await proxy.SwallowNextCommitAnswer().WaitAsync(TimeSpan.FromSeconds(30), None);
            }
            while (await CountAsync(direct, "select count(*) from jobs") > 0)
                await Task.Delay(50, None);
            await stop.CancelAsync();
            await running;
            Assert.Equal(Jobs, await CountAsync(direct, "select count(*) from finished_jobs"));
            Assert.Equal(Jobs, await CountAsync(direct, "select count(*) from pool_wakes"));
        }
    }

    sealed class Counting(Func<IWork, Task> act, int size = 10) : IBatchHandler
    {
        public int Runs { get; private set; }
        public string Kind => "count";
        public int BatchSize => size;

        public async Task<IReadOnlyList<JobOutcome>> RunAsync(IReadOnlyList<Job> jobs, IWork work, CancellationToken cancellationToken)
        {
            Runs++;
            await act(work);
            return [.. jobs.Select(_ => JobOutcome.Ok)];
        }
    }
}
