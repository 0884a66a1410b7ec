using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Chaos.Simulation;

/// <summary>The one store in memory that all histories of a run use, each from the same beginning. Its statements stay prepared from one to the next.</summary>
internal sealed class SimulatedMemory : IAsyncDisposable
{
    IReadOnlyList<string> _tables = [];

    SimulatedMemory(HubStore store, SimulatedTime time) => (Store, Time) = (store, time);

    public HubStore Store { get; }
    public SimulatedTime Time { get; }

    /// <summary>A store with the trade in it.</summary>
    public static async Task<SimulatedMemory> OpenAsync()
    {
        var time = new SimulatedTime(SimulatedHouse.Start);
        var memory = new SimulatedMemory(await HubStore.OpenAsync("Data Source=:memory:", new StorageOptions { MachineTime = time, Durable = false }), time);
        await SimulatedHouse.FillAsync(memory.Store);
        await memory.RememberAsync();
        return memory;
    }

    async Task RememberAsync()
    {
        await using var read = await Store.ReadAsync(CancellationToken.None);
        _tables = [.. await read.Session.ListAsync("select name from sqlite_master where type = 'table' and (name not like 'sqlite%' or name = 'sqlite_sequence')", null,
            static row => row.Text(), CancellationToken.None)];
        foreach (var table in _tables)
            await read.Session.RunAsync($"create temporary table at_first_{table} as select * from main.{table}", null, CancellationToken.None);
    }

    /// <summary>Makes rows, counters and the clock what they were at first.</summary>
    public async Task ResetAsync()
    {
        Time.GoTo(SimulatedHouse.Start);
        await using var read = await Store.ReadAsync(CancellationToken.None);
        read.Session.Now("begin immediate");
        foreach (var table in _tables)
        {
            await read.Session.RunAsync($"delete from main.{table}", null, CancellationToken.None);
            await read.Session.RunAsync($"insert into main.{table} select * from temp.at_first_{table}", null, CancellationToken.None);
        }
        read.Session.Now("commit");
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}
