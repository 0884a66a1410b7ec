using System.Globalization;
using UnifiedCommerce.Chaos.Processes;
using UnifiedCommerce.Chaos.Simulation;
using UnifiedCommerce.EndToEnd.Tests;

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
    return await SimulatorCommand.RunAsync(Number("--simulate", 2000), seed, Given("--plant"), args.Contains("--verbose"), Number("--minutes", int.MaxValue));
if (Given("--orders") is not null)
{
    var postgres = Given("--store") == "postgres";
    var kills = Number("--kills", 20);
    return await new ChaosCommand(new ChaosOptions
    {
        Orders = Number("--orders", 300), Kills = kills, Cuts = postgres ? Number("--cuts", kills / 2) : 0, PartnerFaults = Number("--partner-faults", 30), Postgres = postgres,
        Broker = postgres && ThrowAwayRabbitMq.Absent is null && Given("--broker") != "none", Minutes = Number("--minutes", int.MaxValue), Workers = Number("--workers", 3), Seed = Number("--seed", 7), Plant = Given("--plant"), Hub = Given("--hub"),
    }).RunAsync();
}
Console.Error.WriteLine("""
    Real processes:  --orders COUNT --kills COUNT [--cuts COUNT] [--partner-faults PERCENT] [--store sqlite|postgres] [--broker none]
                     [--workers N] [--minutes N] [--seed N] [--plant lost|doubled] [--hub FOLDER]
    Simulator:       --simulate COUNT [--minutes N] [--seed N] [--plant BUG] [--verbose], --every-plant, or --every-step
    """);
return 2;
