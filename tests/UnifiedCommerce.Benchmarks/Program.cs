using UnifiedCommerce.Benchmarks;

// Each part of the house has its own measurements: dotnet run -c Release --project tests/UnifiedCommerce.Benchmarks -- PART ...
(string Name, Func<string[], int> Run)[] parts =
[
    ("edi", EdiBenchmarks.Run),
    ("sourcing", SourcingBenchmarks.Run),
    ("journey", JourneyBenchmarks.Run),
    ("jobs", JobsBenchmarks.Run),
    ("mapping", MappingBenchmarks.Run),
];
foreach ((string name, Func<string[], int> run) in parts)
{
    if (args.Length > 0 && args[0] == name)
    {
        return run(args[1..]);
    }
}
Console.Error.WriteLine($"Name a part: {string.Join(", ", parts.Select(p => p.Name))}");
return 2;
