using System.Globalization;
using UnifiedCommerce.Chaos.Simulation;

// dotnet run -c Release --project tests/UnifiedCommerce.Chaos -- --simulate 2000 --seed 1
string? Given(string name) => Array.IndexOf(args, name) is var index and >= 0 && index + 1 < args.Length ? args[index + 1] : null;
int Number(string name, int otherwise) => Given(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

var seed = Number("--seed", 1);
if (args.Contains("--every-plant"))
    return await SimulatorCommand.RunPlantsAsync(seed, Number("--simulate", 300));
if (args.Contains("--every-step"))
    return await SimulatorCommand.RunEveryStepAsync(seed);
if (Given("--simulate") is not null)
    return await SimulatorCommand.RunAsync(Number("--simulate", 2000), seed, Given("--plant"), args.Contains("--verbose"));
Console.Error.WriteLine("Give --simulate COUNT [--seed N] [--plant BUG] [--verbose], --every-plant, or --every-step.");
return 2;
