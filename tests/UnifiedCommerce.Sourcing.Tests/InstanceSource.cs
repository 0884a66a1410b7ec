namespace UnifiedCommerce.Sourcing.Tests;

/// <summary>The shared instances beside the repository, when they are there.</summary>
internal static class InstanceSource
{
    public static string? Folder { get; } = Find();

    public static string Missing => "The shared instances (../shared/sourcing beside the repository) are not here.";

    public static IReadOnlyDictionary<string, (decimal Best, decimal Bound)> BestKnown { get; } = ReadBestKnown();

    public static SourcingProblem Read(string name)
    {
        var reading = InstanceFile.Read(File.ReadAllText(Path.Combine(Folder!, "instances", name + ".json")));
        Assert.Empty(reading.Faults);
        return reading.Problem!;
    }

    public static IEnumerable<string> Names(string pattern) =>
        Folder is null
            ? []
            : Directory.EnumerateFiles(Path.Combine(Folder, "instances"), pattern + ".json").Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal);

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

    private static Dictionary<string, (decimal, decimal)> ReadBestKnown()
    {
        var result = new Dictionary<string, (decimal, decimal)>(StringComparer.Ordinal);
        if (Folder is null)
        {
            return result;
        }

        foreach (var row in File.ReadLines(Path.Combine(Folder, "best-known.csv")).Skip(1))
        {
            var cells = row.Split(',');
            result[cells[0]] = (Number(cells[1]), Number(cells[2]));
        }

        return result;

        static decimal Number(string text) => decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }
}

/// <summary>A theory over the shared instances; skipped with the reason when they are absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class InstanceTheoryAttribute : TheoryAttribute
{
    public InstanceTheoryAttribute()
    {
        if (InstanceSource.Folder is null)
        {
            Skip = InstanceSource.Missing;
        }
    }
}

/// <summary>A test over the shared instances; skipped with the reason when they are absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class InstanceFactAttribute : FactAttribute
{
    public InstanceFactAttribute()
    {
        if (InstanceSource.Folder is null)
        {
            Skip = InstanceSource.Missing;
        }
    }
}
