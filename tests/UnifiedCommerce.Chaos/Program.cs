using System.Globalization;
using UnifiedCommerce.Chaos.Processes;
using UnifiedCommerce.Chaos.Simulation;

// dotnet run -c Release --project tests/UnifiedCommerce.Chaos -- --simulate 2000 --seed 1
// dotnet run -c Release --project tests/UnifiedCommerce.Chaos -- --orders 300 --kills 20 --store postgres --workers 3 --seed 7
string? Given(string name) => Array.IndexOf(args, name) is var index and >= 0 && index + 1 < args.Length ? args[index + 1] : null;
int Number(string name, int otherwise) => Given(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

var seed = Number("--seed", 1);
if (args.Contains("--every-plant"))
    return await SimulatorCommand.RunPlantsAsync(seed, Number("--simulate", 300));
if (args.Contains("--every-step"))
    return await SimulatorCommand.RunEveryStepAsync(seed);
if (Given("--simulate") is not null)
    return await SimulatorCommand.RunAsync(Number("--simulate", 2000), seed, Given("--plant"), args.Contains("--verbose"));
if (Given("--orders") is not null)
    return await new ChaosCommand(Number("--orders", 300), Number("--kills", 20), Given("--store") == "postgres", Number("--workers", 3), Number("--seed", 7), Given("--plant")).RunAsync();
Console.Error.WriteLine("Give --orders COUNT --kills COUNT [--store sqlite|postgres] [--workers N] [--seed N] [--plant lost|doubled], or --simulate COUNT [--seed N] [--plant BUG] [--verbose], --every-plant, or --every-step.");
return 2;
