using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;
using System.Text;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Benchmarks;

/// <summary>Where the CPU time of this process goes, by the activity that is current on each thread: an <see cref="AsyncLocal{T}"/> follows the activity
/// through every await, and whenever its value changes on a thread, what that thread used since belongs to the value before.</summary>
internal sealed class StageMeter : IDisposable
{
    private readonly ConcurrentDictionary<string, Totals> stages = new(StringComparer.Ordinal);
    private readonly AsyncLocal<string?> current;
    private readonly ActivityListener listener;
    private readonly TimeSpan cpuAtStart = Process.GetCurrentProcess().TotalProcessorTime;
    private readonly TimeSpan compiledAtStart = JitInfo.GetCompilationTime();
    private readonly TimeSpan collectedAtStart = GC.GetTotalPauseDuration();
    [ThreadStatic]
    private static long t_since;
    [ThreadStatic]
    private static string? t_stage;

    private sealed class Totals
    {
        public long Cpu;
        public long Wall;
        public long Count;
    }

    public StageMeter()
    {
        current = new AsyncLocal<string?>(_ => Switch());
        listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is JourneySteps.Source or JobEngine.Meter or HubStore.TraceSource or JourneyBenchmarks.Source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = activity => current.Value = activity.OperationName,
            ActivityStopped = activity =>
            {
                Totals totals = stages.GetOrAdd(activity.OperationName, _ => new Totals());
                Interlocked.Add(ref totals.Wall, activity.Duration.Ticks);
                Interlocked.Increment(ref totals.Count);
                current.Value = activity.Parent?.OperationName;
            },
        };
        ActivitySource.AddActivityListener(listener);
    }

    private void Switch()
    {
        long now = ThreadCpu();
        if (t_stage is { } stage)
        {
            Interlocked.Add(ref stages.GetOrAdd(stage, _ => new Totals()).Cpu, now - t_since);
        }
        t_since = now;
        t_stage = current.Value;
    }

    public long Count(string stage) => stages.TryGetValue(stage, out Totals? totals) ? Interlocked.Read(ref totals.Count) : 0;

    public void Dispose() => listener.Dispose();

    /// <summary>The table, per order. Wall time of stages that wait for others (SQL, the disk) adds up over threads.</summary>
    public string Table(int orders, double? serverCpuSeconds)
    {
        double all = (Process.GetCurrentProcess().TotalProcessorTime - cpuAtStart).TotalMilliseconds;
        (string Name, string[] Stages)[] rows =
        [
            ("solver", ["solve"]),
            ("problem built", ["problem"]),
            ("run kept: comparison, JSON, Brotli", ["keep-run"]),
            ("mapping and codec", ["write-document"]),
            ("folders, fsync", ["send"]),
            ("SQL, client side", ["sql", "commit"]),
            ("intake", ["intake"]),
            ("routing: the rest", ["route-order"]),
            ("preparing: the rest", ["prepare-dispatch"]),
            ("sending: the rest", ["send-dispatch"]),
        ];
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"| per order | CPU ms | share | wall ms | times |\n|---|---|---|---|---|\n");
        double named = 0;
        foreach ((string name, string[] members) in rows)
        {
            double cpu = members.Sum(member => stages.TryGetValue(member, out Totals? totals) ? totals.Cpu / 1e6 : 0);
            double wall = members.Sum(member => stages.TryGetValue(member, out Totals? totals) ? TimeSpan.FromTicks(totals.Wall).TotalMilliseconds : 0);
            named += cpu;
            text.Append(CultureInfo.InvariantCulture, $"| {name} | {cpu / orders:0.00} | {cpu / all:0%} | {wall / orders:0.0} | {members.Sum(Count) / (double)orders:0.00} |\n");
        }
        // Both are wall time, and compilation that a stage waited for is in the stage as well: they say how much of the rest is theirs.
        double compiled = (JitInfo.GetCompilationTime() - compiledAtStart).TotalMilliseconds;
        double collected = (GC.GetTotalPauseDuration() - collectedAtStart).TotalMilliseconds;
        text.Append(CultureInfo.InvariantCulture, $"| the rest: jobs engine, threads, compiler, garbage collector | {(all - named) / orders:0.00} | {(all - named) / all:0%} | | |\n");
        text.Append(CultureInfo.InvariantCulture, $"| of it, at most: compiler {compiled / orders:0.00}, collector's pauses {collected / orders:0.00} | | | | |\n");
        text.Append(CultureInfo.InvariantCulture, $"| this process | {all / orders:0.00} | 100% | | |\n");
        if (serverCpuSeconds is { } server)
        {
            text.Append(CultureInfo.InvariantCulture, $"| PostgreSQL's processes | {server * 1000 / orders:0.00} | | | |\n");
        }
        return text.ToString();
    }

    private static long ThreadCpu()
    {
        const int ThreadCpuTime = 3;
        _ = clock_gettime(ThreadCpuTime, out Moment moment);
        return moment.Seconds * 1_000_000_000 + moment.Nanoseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Moment
    {
        public long Seconds;
        public long Nanoseconds;
    }

#pragma warning disable SYSLIB1054, CA5392, IDE1006 // libc's own name; no unsafe code for a generated import.
    [DllImport("libc")]
    private static extern int clock_gettime(int clock, out Moment moment);
#pragma warning restore SYSLIB1054, CA5392, IDE1006
}
