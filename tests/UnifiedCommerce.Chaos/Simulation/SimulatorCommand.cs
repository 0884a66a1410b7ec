using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace UnifiedCommerce.Chaos.Simulation;

/// <summary>Runs many seeds; says which one fails and what led there.</summary>
internal static class SimulatorCommand
{
    /// <summary>All bugs that can be planted.</summary>
    public static readonly string[] Plants =
    [
        "lost", "doubled", "early-answer", "finish-early", "new-name", "new-bytes", "no-probe", "blind-faith", "lost-order", "lost-line", "lost-job", "lost-wake", "lost-document",
        "lost-deadline", "lost-event", "lost-peg", "lost-control", "number-again", "ledger-drift", "bucket-drift", "keys-forgotten", "audit-changed", "audit-deleted", "bytes-changed",
        "wrong-partner", "forgets-sent", "acknowledgement-forgotten", "acknowledgement-unwatched", "acknowledgement-untold", "acknowledgement-unwritten",
        "first-event-lost", "first-event-late", "event-twice", "sent-untold", "sent-told-twice", "steered-by-another",
    ];

    public static async Task<int> RunAsync(int count, int first, string? plant, bool verbose, int minutes)
    {
        var began = Stopwatch.GetTimestamp();
        await using var memory = await SimulatedMemory.OpenAsync();
        long steps = 0;
        var done = 0;
        for (var seed = first; seed < first + count && Stopwatch.GetElapsedTime(began).TotalMinutes < minutes; seed++, done++)
        {
            var (breaches, simulation) = await Simulation.RunAsync(seed, plant, memory);
            steps += simulation.Steps;
            if (breaches.Count == 0 && !verbose)
                continue;
            foreach (var line in simulation.History)
                Console.Error.WriteLine(line);
            foreach (var breach in breaches)
                Console.Error.WriteLine(breach);
            if (breaches.Count == 0)
                continue;
            Print(new { simulated = seed - first + 1, failedSeed = seed, breaches, replay = $"--simulate 1 --seed {seed}{(plant is null ? "" : $" --plant {plant}")}" }, began);
            return 1;
        }
        Print(new { simulated = done, firstSeed = first, ioSteps = steps, failedSeed = (int?)null }, began);
        return 0;
    }

    /// <summary>Every planted bug must be found within a few hundred seeds.</summary>
    public static async Task<int> RunPlantsAsync(int first, int most)
    {
        var began = Stopwatch.GetTimestamp();
        await using var memory = await SimulatedMemory.OpenAsync();
        var found = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var missed = new List<string>();
        foreach (var plant in Plants)
        {
            var seed = first;
            while (seed < first + most && (await Simulation.RunAsync(seed, plant, memory)).Breaches.Count == 0)
                seed++;
            if (seed < first + most)
                found[plant] = seed - first + 1;
            else
                missed.Add(plant);
        }
        Print(new { planted = Plants.Length, found = found.Count, seedsNeeded = found, missed }, began);
        return missed.Count == 0 ? 0 : 1;
    }

    /// <summary>Kills the process at every single I/O step of one history, each time from the beginning.</summary>
    public static async Task<int> RunEveryStepAsync(int seed)
    {
        var began = Stopwatch.GetTimestamp();
        await using var memory = await SimulatedMemory.OpenAsync();
        var (breaches, whole) = await Simulation.RunAsync(seed, null, memory, calm: true);
        for (var step = 1; step <= whole.Steps && breaches.Count == 0; step++)
        {
            (breaches, var cut) = await Simulation.RunAsync(seed, null, memory, step, calm: true);
            if (breaches.Count == 0)
                continue;
            foreach (var line in cut.History)
                Console.Error.WriteLine(line);
            Print(new { everyStep = whole.Steps, failedStep = step, breaches }, began);
            return 1;
        }
        Print(new { everyStep = whole.Steps, seed, breaches }, began);
        return breaches.Count == 0 ? 0 : 1;
    }

    static void Print(object result, long began)
    {
        var line = JsonSerializer.SerializeToNode(result, new JsonSerializerOptions(JsonSerializerDefaults.Web))!.AsObject();
        line["seconds"] = double.Parse(Stopwatch.GetElapsedTime(began).TotalSeconds.ToString("F1", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        Console.WriteLine(line.ToJsonString());
    }
}
