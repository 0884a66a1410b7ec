using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using UnifiedCommerce.Sourcing;

namespace UnifiedCommerce.Benchmarks;

/// <summary>The same instance, the same time and the same gap for CBC, a general mixed integer solver, in processor time of one thread each.</summary>
internal static partial class SourcingRace
{
    /// <summary>What CBC reached.</summary>
    /// <param name="Cost">Cost of its plan; null when it found none.</param>
    /// <param name="Bound">Lower bound it gave.</param>
    /// <param name="Milliseconds">Processor time.</param>
    /// <param name="Closed">Whether it stopped because the gap was reached.</param>
    public sealed record Outcome(double? Cost, double Bound, double Milliseconds, bool Closed)
    {
        public double Gap => Cost is { } cost ? Math.Max(0, (cost - Bound) / cost) : 1;
    }

    private static readonly string[] Places = ["/usr/bin/cbc", "/usr/local/bin/cbc", "/opt/homebrew/bin/cbc"];

    /// <summary>Where CBC is; null when it is not installed.</summary>
    public static string? Solver => Places.FirstOrDefault(File.Exists);

    /// <summary>Lets CBC solve a problem.</summary>
    public static Outcome Run(string solver, SourcingProblem problem, double gap, double seconds)
    {
        var program = MixedIntegerProgram.Of(problem);
        var file = Path.Combine(Path.GetTempPath(), $"sourcing-race-{Environment.ProcessId}.lp");
        try
        {
            using (var writer = File.CreateText(file))
            {
                program.Write(writer);
            }

            var start = new ProcessStartInfo(solver) { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var argument in (string[])[file, "timem", "cpu", "sec", Text(seconds), "ratio", Text(gap), "solve"])
            {
                start.ArgumentList.Add(argument);
            }

            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var said = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            _ = errors.Result;
            var closed = said.Contains("Result - Optimal solution found", StringComparison.Ordinal);
            var cost = Number(Objective(), said) + program.Constant;

            // Where the gap was reached CBC gives no bound of its own: its optimum is known as well as it was asked to know it.
            var bound = (Number(Bound(), said) ?? (closed ? Number(Objective(), said) : Number(Continuous(), said))) + program.Constant;
            return new Outcome(cost, bound ?? double.NegativeInfinity, 1000 * (Number(Seconds(), said) ?? seconds), closed);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);

    private static double? Number(Regex pattern, string text) =>
        pattern.Match(text) is { Success: true } match ? double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"Objective value:\s+([-+.\deE]+)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Objective();

    [GeneratedRegex(@"Lower bound:\s+([-+.\deE]+)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Bound();

    [GeneratedRegex(@"Continuous objective value is ([-+.\deE]+)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Continuous();

    [GeneratedRegex(@"Total time \(CPU seconds\):\s+([.\d]+)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Seconds();
}
