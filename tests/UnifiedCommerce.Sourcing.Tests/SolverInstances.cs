using System.Globalization;

namespace UnifiedCommerce.Sourcing.Tests;

/// <summary>The published instances with their best known costs; found beside the repository, or not at all.</summary>
internal static class SolverInstances
{
    public static string? Folder { get; } = Find();

    public static SourcingProblem Read(string id)
    {
        var reading = InstanceFile.Read(File.ReadAllText(Path.Combine(Folder!, "instances", id + ".json")));
        Assert.Empty(reading.Faults);
        return reading.Problem!;
    }

    /// <summary>Cost of the best known plan and the best known bound of every instance.</summary>
    public static Dictionary<string, (decimal Best, decimal Bound)> BestKnown() =>
        File.ReadLines(Path.Combine(Folder!, "best-known.csv")).Skip(1).Select(row => row.Split(',')).ToDictionary(
            cells => cells[0],
            cells => (decimal.Parse(cells[1], CultureInfo.InvariantCulture), decimal.Parse(cells[2], CultureInfo.InvariantCulture)));

    private static string? Find()
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
}

/// <summary>A test that needs the published instances; skipped, with the reason, where they are absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SolverInstancesFactAttribute : FactAttribute
{
    public SolverInstancesFactAttribute()
    {
        if (SolverInstances.Folder is null)
        {
            Skip = "The sourcing instances are not beside the repository (../shared/sourcing).";
        }
    }
}
