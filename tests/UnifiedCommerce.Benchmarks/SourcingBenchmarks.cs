using System.Globalization;
using System.Text.Json;
using UnifiedCommerce.Sourcing;

namespace UnifiedCommerce.Benchmarks;

/// <summary>
/// <c>-- sourcing [--cpu] [--threads N] [--table] [--check] [--cbc] [PREFIX | FILE.json ...]</c>: one JSON line per class of instances with what
/// was certified, how fast and what missed its aim; with --table also a Markdown row for every instance, with --check the checker recomputes every
/// certificate, with --cbc the general solver CBC runs each instance for the same processor time.
/// </summary>
internal static class SourcingBenchmarks
{
    /// <summary>What a class must reach: the certified gap, within the time.</summary>
    private sealed record Aim(string Prefix, double Gap, double Seconds);

    private static readonly Aim[] Aims =
    [
        new("small", 1e-6, 10), new("typical", 0.005, 1), new("large", 0.002, 2), new("ufl", 1e-6, 10), new("isop", 1e-6, 10), new("ctqd", 0.005, 10),
        new("huge", 0.005, 10), new("mega", 0.005, 30),
    ];

    private sealed record Measured(string Id, SourcingProblem Problem, SourcingPlan Plan, double Milliseconds, decimal? Best);

    public static int Run(string[] args)
    {
        var threads = 1;
        var cpu = args.Contains("--cpu");
        var table = args.Contains("--table");
        var wanted = new List<string>();
        for (var a = 0; a < args.Length; a++)
        {
            if (args[a] == "--threads")
            {
                threads = int.Parse(args[++a], CultureInfo.InvariantCulture);
            }
            else if (!args[a].StartsWith("--", StringComparison.Ordinal))
            {
                wanted.Add(args[a]);
            }
        }

        var shared = Shared();
        var files = wanted.Where(File.Exists).ToList();
        var prefixes = wanted.Where(name => !File.Exists(name)).ToList();
        if (shared is not null)
        {
            files.AddRange(Directory.GetFiles(Path.Combine(shared, "instances"), "*.json")
                .Where(file => files.Count == 0 || prefixes.Count > 0)
                .Where(file => prefixes.Count == 0 || prefixes.Any(prefix => Path.GetFileName(file).StartsWith(prefix, StringComparison.Ordinal)))
                .Order(StringComparer.Ordinal));
        }

        if (files.Count == 0)
        {
            Console.Error.WriteLine("No instances: put them in ../shared/sourcing/instances beside the repository, or name files.");
            return 2;
        }

        var best = BestKnown(shared);
        var options = new SourcingOptions { Threads = threads, Clock = cpu ? new CpuClock() : TimeProvider.System };
        Warm(files[0], options);
        foreach (var aim in Aims)
        {
            var here = files.Where(file => Path.GetFileName(file).StartsWith(aim.Prefix, StringComparison.Ordinal)).ToList();
            if (here.Count > 0)
            {
                var runs = Class(aim, here, best, options, table);
                if (args.Contains("--check"))
                {
                    Check(aim, runs);
                }

                if (args.Contains("--cbc"))
                {
                    Race(aim, runs);
                }
            }
        }

        return 0;
    }

    private static List<Measured> Class(Aim aim, List<string> files, Dictionary<string, decimal> best, SourcingOptions options, bool table)
    {
        var limit = options with { TimeLimit = TimeSpan.FromSeconds(aim.Seconds) };
        var aimed = files.Select(file => Solve(file, best, limit with { GapTarget = aim.Gap })).ToList();
        var runs = aimed;
        var line = new Dictionary<string, object>
        {
            ["class"] = aim.Prefix,
            ["instances"] = runs.Count,
            ["gapAimed"] = aim.Gap,
            ["certified"] = runs.Count(run => run.Plan.Proved),
            ["medianMs"] = Median(runs.Select(run => run.Milliseconds)),
            ["worstMs"] = runs.Max(run => run.Milliseconds),
            ["worstGap"] = runs.Max(run => run.Plan.Gap),
            ["boundsAboveBestKnown"] = runs.Count(run => run.Best is { } known && run.Plan.LowerBound > known + 0.001m),
            ["misses"] = string.Join(' ', runs.Where(run => !run.Plan.Proved).Select(run => run.Id)),
        };
        if (aim.Prefix == "typical")
        {
            var tenth = files.Select(file => Solve(file, best, limit with { GapTarget = 0.001 })).ToList();
            var second = files.Select(file => Solve(file, best, limit with { GapTarget = 1e-6 })).ToList();
            line["certified0.1%"] = tenth.Count(run => run.Plan.Proved);
            line["median0.1%Ms"] = Median(tenth.Select(run => run.Milliseconds));
            line["misses0.1%"] = string.Join(' ', tenth.Where(run => !run.Plan.Proved).Select(run => run.Id));
            line["worstAboveBestKnown"] = second.Max(AboveBest);
            line["medianAboveBestKnown"] = Median(second.Select(AboveBest));
            runs = second;
        }

        Console.WriteLine(JsonLine(line));
        foreach (var run in table ? runs : [])
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {run.Id} | {run.Plan.Cost.Total:F2} | {run.Best:F2} | {run.Plan.LowerBound:F2} | {100 * run.Plan.Gap:F3} % | {run.Milliseconds:F1} | {(run.Plan.Proved ? "yes" : "no")} |"));
        }

        return aimed;
    }

    /// <summary>Lets the independent checker recompute every certificate of a class.</summary>
    private static void Check(Aim aim, List<Measured> runs)
    {
        var started = Environment.CpuUsage.TotalTime;
        var reports = runs.Select(run => (run.Id, Report: PlanChecker.Check(run.Problem, run.Plan))).ToList();
        Console.WriteLine(JsonLine(new Dictionary<string, object>
        {
            ["checked"] = aim.Prefix,
            ["hold"] = reports.Count(entry => entry.Report.Holds),
            ["of"] = reports.Count,
            ["leaves"] = reports.Sum(entry => entry.Report.Leaves),
            ["cpuMs"] = (Environment.CpuUsage.TotalTime - started).TotalMilliseconds,
            ["faults"] = string.Join(' ', reports.Where(entry => !entry.Report.Holds).Select(entry => $"{entry.Id}:{entry.Report.Faults[0].Code}")),
        }));
    }

    private static void Race(Aim aim, List<Measured> runs)
    {
        if (SourcingRace.Solver is not { } solver)
        {
            Console.WriteLine(JsonLine(new Dictionary<string, object> { ["cbc"] = aim.Prefix, ["skipped"] = "CBC is not installed (Debian: coinor-cbc)." }));
            return;
        }

        var raced = new List<(Measured Run, SourcingRace.Outcome Cbc)>();
        foreach (var run in runs)
        {
            if (MixedIntegerProgram.Refusal(run.Problem) is { } refusal)
            {
                Console.WriteLine(JsonLine(new Dictionary<string, object> { ["cbc"] = run.Id, ["skipped"] = $"The program cannot say {refusal}." }));
                continue;
            }

            raced.Add((run, SourcingRace.Run(solver, run.Problem, aim.Gap, aim.Seconds)));
        }

        if (raced.Count > 0)
        {
            Console.WriteLine(JsonLine(new Dictionary<string, object>
            {
                ["cbc"] = aim.Prefix,
                ["instances"] = raced.Count,
                ["certified"] = raced.Count(pair => pair.Cbc.Closed),
                ["withoutPlan"] = raced.Count(pair => pair.Cbc.Cost is null),
                ["medianMs"] = Median(raced.Select(pair => pair.Cbc.Milliseconds)),
                ["medianTimesOurs"] = Median(raced.Select(pair => pair.Cbc.Milliseconds / pair.Run.Milliseconds)),
                ["worstGap"] = raced.Max(pair => pair.Cbc.Gap),
                ["medianCostOverOurs"] = Median(raced.Select(pair => ((pair.Cbc.Cost ?? double.PositiveInfinity) / (double)pair.Run.Plan.Cost.Total) - 1)),
                ["plansBelowOurBound"] = raced.Count(pair => pair.Cbc.Closed && pair.Cbc.Cost < (double)pair.Run.Plan.LowerBound * (1 - 1e-6)),
            }));
        }
    }

    private static double AboveBest(Measured run) => run.Best is { } known ? (double)((run.Plan.Cost.Total - known) / known) : 0;

    private static Measured Solve(string file, Dictionary<string, decimal> best, SourcingOptions options)
    {
        var problem = InstanceFile.Read(File.ReadAllText(file)).Problem ?? throw new InvalidDataException($"{file} is no instance.");
        GC.Collect();
        var started = options.Clock.GetTimestamp();
        var plan = SourcingEngine.Solve(problem, options);
        var milliseconds = options.Clock.GetElapsedTime(started).TotalMilliseconds;
        var id = Path.GetFileNameWithoutExtension(file);
        return new Measured(id, problem, plan, milliseconds, best.TryGetValue(id, out var known) ? known : null);
    }

    /// <summary>Runs until everything is compiled.</summary>
    private static void Warm(string file, SourcingOptions options)
    {
        var problem = InstanceFile.Read(File.ReadAllText(file)).Problem!;
        for (var round = 0; round < 30; round++)
        {
            SourcingEngine.Solve(problem, options with { TimeLimit = TimeSpan.FromMilliseconds(100) });
        }
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static string JsonLine(Dictionary<string, object> line)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in line)
            {
                switch (value)
                {
                    case int whole:
                        writer.WriteNumber(name, whole);
                        break;
                    case double number:
                        writer.WriteNumber(name, double.IsFinite(number) ? Math.Round(number, 6) : -1);
                        break;
                    default:
                        writer.WriteString(name, (string)value);
                        break;
                }
            }

            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private static Dictionary<string, decimal> BestKnown(string? shared) => shared is null
        ? []
        : File.ReadLines(Path.Combine(shared, "best-known.csv")).Skip(1).Select(row => row.Split(','))
            .ToDictionary(cells => cells[0], cells => decimal.Parse(cells[1], CultureInfo.InvariantCulture));

    private static string? Shared()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "UnifiedCommerce.sln")))
            {
                var shared = Path.Combine(folder.FullName, "..", "shared", "sourcing");
                return Directory.Exists(shared) ? shared : null;
            }
        }

        return null;
    }

    /// <summary>Processor time of the process in place of the time on the wall: on a machine that others use too, the fairer measure.</summary>
    private sealed class CpuClock : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Environment.CpuUsage.TotalTime.Ticks;
    }
}
