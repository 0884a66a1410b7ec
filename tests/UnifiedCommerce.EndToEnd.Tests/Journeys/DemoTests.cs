using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using UnifiedCommerce.Adapters.Tests;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Storage;
using UnifiedCommerce.Storage.Views;

namespace UnifiedCommerce.EndToEnd.Tests.Journeys;

/// <summary>The README's first command, in processes of its own.</summary>
public sealed class DemoTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);
    private readonly string _data = Directory.CreateTempSubdirectory("uc-demo-").FullName;

    [Fact]
    public async Task The_demonstration_ends_with_all_invariants_holding()
    {
        using var demo = Start(_data, "--demo", "--exit");
        Assert.True(await EndAsync(demo) == 0, await demo.Text());
        var text = await demo.Text();
        Assert.Contains("60 orders", text, StringComparison.Ordinal);
        Assert.Contains("All invariants hold", text, StringComparison.Ordinal);
        Assert.Contains("saved", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_the_story_what_is_handed_in_is_still_taken_in()
    {
        using var demo = Start(_data, "--demo");
        var inbox = Path.Combine(_data, "partners", "nordhandel", "in");
        await UntilAsync(() => File.Exists(Path.Combine(_data, "hub.db")) && demo.Said("The hub stays up"), demo);
        await File.WriteAllTextAsync(Path.Combine(_data, ".broken.edi"), "UNB+UNOC:3+4031902000016:14+8719326000015:14+260302:0900+9901'UNH+1+ORDRSP:D:96A:UN'");
        File.Move(Path.Combine(_data, ".broken.edi"), Path.Combine(inbox, "broken.edi"));
        await UntilAsync(() => !File.Exists(Path.Combine(inbox, "broken.edi")), demo);
        await using var store = await HubStore.OpenAsync($"Data Source={Path.Combine(_data, "hub.db")}");
        for (var document = 0; document == 0; await Task.Delay(100))
        {
            document = (await HubViews.Of(store).DocumentsAsync(new DocumentFilter { State = Core.Inbound.DocumentState.Quarantined }, new PageRequest(null, 10), CancellationToken.None)).Items.Count(found => found.Name == "broken.edi");
            Assert.False(demo.Process.HasExited, await demo.Text());
        }
        demo.Process.Kill();
        await demo.Process.WaitForExitAsync();
    }

    [Fact]
    public async Task Killed_in_the_middle_and_started_again_it_finishes_the_same_work()
    {
        using (var first = Start(_data, "--demo", "--exit"))
        {
            // Somewhere between the first purchase order and the last answer.
            await UntilAsync(() => Directory.Exists(Path.Combine(_data, "partners")) && Directory.GetFiles(Path.Combine(_data, "partners"), "*DAY0*", SearchOption.AllDirectories).Length > 1, first);
            first.Process.Kill();
            await first.Process.WaitForExitAsync();
        }
        using var again = Start(_data, "--demo", "--exit");
        Assert.True(await EndAsync(again) == 0, await again.Text());
        Assert.Contains("60 orders", await again.Text(), StringComparison.Ordinal);
        Assert.Contains("no purchase order twice", await again.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_holds_a_demonstration_is_not_served_without_it_and_the_next_step_is_named()
    {
        Directory.CreateDirectory(_data);
        await File.WriteAllTextAsync(Path.Combine(_data, "demo-clock"), "2026-03-02T07:00:00.0000000Z");
        using var hub = Start(_data);
        Assert.Equal(2, await EndAsync(hub));
        var said = await hub.Text();
        Assert.Contains("holds a demonstration, whose business time stands at 2026-03-02 07:00 UTC", said, StringComparison.Ordinal);
        Assert.Contains("Add --demo to go on with it, or give the hub a folder of its own: --data DIR.", said, StringComparison.Ordinal);
    }

    [RabbitMqFact(postgres: true)]
    public async Task Two_workers_on_PostgreSQL_and_RabbitMQ_give_the_same_purchase_orders_as_one_process_on_SQLite()
    {
        using (var alone = Start(Path.Combine(_data, "one"), "--demo", "--exit"))
        {
            Assert.True(await EndAsync(alone) == 0, await alone.Text());
        }
        await using var postgres = await ThrowAwayPostgres.StartAsync();
        await using var broker = await ThrowAwayRabbitMq.StartAsync();
        var connection = await postgres.CreateDatabaseAsync();
        var shared = Path.Combine(_data, "many");
        Directory.CreateDirectory(shared);
        string[] on = [$"--ConnectionStrings:Hub={connection}", $"--Bus:RabbitMq={broker.Address}"];
        // The clock's file tells the workers that the business time is the demonstration's.
        await File.WriteAllTextAsync(Path.Combine(shared, "demo-clock"), "2026-03-02T07:00:00.0000000Z");
        using var first = Start(shared, ["--roles", "worker", .. on]);
        using var second = Start(shared, ["--roles", "worker", .. on]);
        using (var demo = Start(shared, ["--demo", "--exit", "--roles", "web,schedule", .. on]))
        {
            Assert.True(await EndAsync(demo) == 0, await demo.Text());
        }
        var alike = await PurchasesAsync($"Data Source={Path.Combine(_data, "one", "hub.db")}");
        Assert.Equal(alike, await PurchasesAsync(connection));
        Assert.Contains(await ActorsAsync(connection), actor => actor == "bus");
    }

    private static async Task<string> PurchasesAsync(string connection)
    {
        await using var store = await HubStore.OpenAsync(connection);
        var rows = (await HubViews.Of(store).PurchasesAsync(new PurchaseFilter(), new PageRequest(null, 500), CancellationToken.None)).Items;
        var lines = new List<string>();
        await using var work = await store.BeginAsync(CancellationToken.None);
        foreach (var purchase in await work.Purchases.LoadAsync([.. rows.Select(row => row.Id)], CancellationToken.None))
        {
            lines.Add($"{purchase.Document.Number} {purchase.Partner} {string.Join(' ', purchase.Lines.Select(line => $"{line.Position}:{line.Sku}x{line.Ordered:0.###}@{line.NetPrice:0.####}"))}");
        }
        return string.Join('\n', lines.Order(StringComparer.Ordinal));
    }

    /// <summary>Who took orders in, by the audit log.</summary>
    private static async Task<IReadOnlyList<string>> ActorsAsync(string connection)
    {
        await using var store = await HubStore.OpenAsync(connection);
        return [.. (await HubViews.Of(store).AuditAsync("order.received", new PageRequest(null, 500), CancellationToken.None)).Items.Select(entry => entry.Actor).Distinct()];
    }

    private static Running Start(string data, params string[] arguments)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var dll = Path.Combine(Workbench.Root, "src", "UnifiedCommerce.Hub", "bin", configuration, "net10.0", "UnifiedCommerce.Hub.dll");
        return new Running(dll, [.. arguments, "--data", data, "--urls", $"http://127.0.0.1:{FreePort()}"]);
    }

    private static async Task<int> EndAsync(Running running)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await running.Process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            running.Process.Kill();
            return -1;
        }
        return running.Process.ExitCode;
    }

    private static async Task UntilAsync(Func<bool> condition, Running running)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.False(running.Process.HasExited, await running.Text());
            Assert.True(waited.Elapsed < Patience, await running.Text());
            await Task.Delay(20);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose() => Directory.Delete(_data, recursive: true);

    private sealed class Running : IDisposable
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = new();
        private readonly Task<string> _output;
        private readonly Task<string> _error;

        public Running(string dll, IReadOnlyList<string> arguments)
        {
            Process = Process.Start(new ProcessStartInfo("dotnet", [dll, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Workbench.Root })!;
            _output = ReadAsync(Process.StandardOutput);
            _error = Process.StandardError.ReadToEndAsync();
        }

        public Process Process { get; }

        /// <summary>True when it has printed this so far.</summary>
        public bool Said(string text) => _lines.Any(line => line.Contains(text, StringComparison.Ordinal));

        private async Task<string> ReadAsync(StreamReader output)
        {
            while (await output.ReadLineAsync() is { } line)
            {
                _lines.Enqueue(line);
            }
            return string.Join('\n', _lines);
        }

        /// <summary>What it printed, on one line, once it has ended.</summary>
        public async Task<string> Text()
        {
            if (!Process.HasExited)
            {
                return "(still running)";
            }
            return (await _output + await _error).Replace('\n', ' ').Replace("  ", " ", StringComparison.Ordinal);
        }

        public void Dispose()
        {
            if (!Process.HasExited)
            {
                Process.Kill();
                Process.WaitForExit();
            }
            Process.Dispose();
        }
    }
}
