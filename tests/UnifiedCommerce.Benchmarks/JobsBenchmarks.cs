using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using UnifiedCommerce.Adapters.Tests;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Benchmarks;

/// <summary><c>-- jobs [--store sqlite|postgres] [--jobs N] [--finished N] [--engines N]</c>: no-op jobs a second through insert, claim and
/// complete, each in durable transactions, with and without millions of finished jobs beside them; and the same for lanes of effects.</summary>
internal static class JobsBenchmarks
{
    const int InsertedAtOnce = 500;

    public static int Run(string[] args) => RunAsync(args).GetAwaiter().GetResult();

    static async Task<int> RunAsync(string[] args)
    {
        string? Given(string name) => Array.IndexOf(args, name) is var index and >= 0 && index + 1 < args.Length ? args[index + 1] : null;
        int Number(string name, int otherwise) => Given(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
        var store = Given("--store") ?? "sqlite";
        if (store == "postgres" && ThrowAwayPostgres.Absent is { } reason)
        {
            Console.Error.WriteLine(reason);
            return 2;
        }
        var folder = Directory.CreateTempSubdirectory("uc-bench-").FullName;
        await using var server = store == "postgres" ? await ThrowAwayPostgres.StartAsync(durable: true) : null;
        var connection = server is null ? $"Data Source={Path.Combine(folder, "hub.db")}" : await server.CreateDatabaseAsync();
        try
        {
            await using var hub = await HubStore.OpenAsync(connection);
            await FinishedBeforeAsync(hub, Number("--finished", 0));
            foreach (var lanes in new[] { 0, 50 })
                await MeasureAsync(hub, connection, store, Number("--jobs", 20_000), Number("--finished", 0), lanes, Number("--engines", 1));
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static async Task FinishedBeforeAsync(HubStore hub, int count)
    {
        const int AtOnce = 500_000;
        const string Columns = "insert into finished_jobs (id, kind, args, lane, priority, state, attempt, max_attempts, enqueued_at, claimed_at, finished_at, worker) ";
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() * 1000;
        for (var first = 1; first <= count; first += AtOnce)
        {
            var last = Math.Min(count, first + AtOnce - 1);
            await using var work = await hub.BeginAsync(CancellationToken.None);
            await ((Work)work).Session.RunAsync((hub.IsPostgres ? Columns : Columns + $"with recursive c(n) as (select {first} union all select n + 1 from c where n < {last}) ")
                + $"select -n, 'no-op', '{{\"n\":' || n || '}}', '', 100, 'Succeeded', 1, 12, {now}, {now}, {now} - n * cast(1000 as bigint), 'w' from "
                + (hub.IsPostgres ? $"generate_series({first}, {last}) as n" : "c"), null, CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }
    }

    sealed class NoOp(Action<int> done) : IBatchHandler
    {
        public string Kind => "no-op";
        public int BatchSize => 250;
        public Task<IReadOnlyList<JobOutcome>> RunAsync(IReadOnlyList<Job> jobs, IWork work, CancellationToken cancellationToken)
        {
            done(jobs.Count);
            return Task.FromResult<IReadOnlyList<JobOutcome>>([.. jobs.Select(_ => JobOutcome.Ok)]);
        }
    }

    static async Task MeasureAsync(HubStore hub, string connection, string store, int count, int finished, int lanes, int engines)
    {
        var left = count;
        var drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Done(int jobs)
        {
            if (Interlocked.Add(ref left, -jobs) <= 0)
                drained.TrySetResult();
        }
        using var stop = new CancellationTokenSource();
        var (stores, running) = (new List<HubStore>(), new List<Task>());
        for (var index = 0; index < engines; index++)
        {
            var own = index == 0 ? hub : await HubStore.OpenAsync(connection, null, stop.Token);
            stores.Add(own);
            running.Add(new JobEngine(own, own.JobQueue, [new NoOp(Done)], [], TimeProvider.System, new JobEngineOptions { Worker = $"bench-{index}" }).RunAsync(stop.Token));
        }
        var (began, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        for (var first = 0; first < count; first += InsertedAtOnce)
        {
            await using var work = await hub.BeginAsync(CancellationToken.None);
            await work.Jobs.InsertAsync([.. Enumerable.Range(first, Math.Min(InsertedAtOnce, count - first)).Select(number => new NewJob("no-op", $$"""{"n":{{number}}}""")
            {
                Lane = lanes == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"lane-{number % lanes}"),
            })], CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }
        var inserted = Stopwatch.GetElapsedTime(began);
        await drained.Task;
        var all = Stopwatch.GetElapsedTime(began);
        var used = Environment.CpuUsage.TotalTime - cpu;
        await stop.CancelAsync();
        await Task.WhenAll(running);
        foreach (var own in stores.Where(own => own != hub))
            await own.DisposeAsync();
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            benchmark = "jobs", store, jobs = count, lanes, engines, finishedBefore = finished, jobsPerSecond = Math.Round(count / all.TotalSeconds), insertedPerSecond = Math.Round(count / inserted.TotalSeconds),
            ownCpuMicrosecondsPerJob = Math.Round(used.TotalMicroseconds / count, 1), cores = Environment.ProcessorCount,
        }));
    }
}
