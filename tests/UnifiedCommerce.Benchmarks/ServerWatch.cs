using System.Diagnostics;
using System.Globalization;
using Npgsql;
using UnifiedCommerce.Adapters.Tests;

namespace UnifiedCommerce.Benchmarks;

/// <summary>What a PostgreSQL server did between two moments: CPU time of all its processes (Linux, from <c>/proc</c>), commits, write-ahead log.</summary>
internal sealed class ServerWatch
{
    private const double TicksPerSecond = 100;
    private readonly string connection;
    private Reading start = null!;

    private ServerWatch(string connection) => this.connection = connection;

    public sealed record Reading(double Cpu, double Commits, double WalSyncs, double WalBytes);

    public static async Task<ServerWatch> StartAsync(ThrowAwayPostgres server)
    {
        ServerWatch watch = new(server.ConnectionString("postgres"));
        watch.start = await watch.ReadAsync();
        return watch;
    }

    public async Task<Reading> EndAsync()
    {
        Reading end = await ReadAsync();
        return new Reading(end.Cpu - start.Cpu, end.Commits - start.Commits, end.WalSyncs - start.WalSyncs, end.WalBytes - start.WalBytes);
    }

    private async Task<Reading> ReadAsync()
    {
        await using NpgsqlConnection open = new(connection + ";Pooling=false");
        await open.OpenAsync();
        await using NpgsqlCommand command = new("select (select sum(xact_commit)::float8 from pg_stat_database), wal_sync::float8, wal_bytes::float8, pg_backend_pid() from pg_stat_wal", open);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new Reading(CpuOf(reader.GetInt32(3)), reader.GetDouble(0), reader.GetDouble(1), reader.GetDouble(2));
    }

    /// <summary>The postmaster (the backend's parent), its children, and the children it has waited for.</summary>
    private static double CpuOf(int backend)
    {
        if (!OperatingSystem.IsLinux())
        {
            return double.NaN;
        }
        int postmaster = StatOf(backend)!.Value.Parent;
        double ticks = 0;
        foreach (string folder in Directory.GetDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int id) && StatOf(id) is { } stat && (id == postmaster || stat.Parent == postmaster))
            {
                ticks += stat.Own + (id == postmaster ? stat.Waited : 0);
            }
        }
        return ticks / TicksPerSecond;
    }

    private static (int Parent, double Own, double Waited)? StatOf(int id)
    {
        try
        {
            string text = File.ReadAllText($"/proc/{id}/stat");
            // After the name in brackets: state, parent, ... utime, stime, cutime, cstime (proc(5), fields 14 to 17).
            string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            double Field(int number) => double.Parse(fields[number - 3], CultureInfo.InvariantCulture);
            return ((int)Field(4), Field(14) + Field(15), Field(16) + Field(17));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <summary>A process that does the journey's jobs.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private readonly Process process;

    private WorkerProcess(Process process) => this.process = process;

    public double CpuSeconds
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime.TotalSeconds;
        }
    }

    public long WorkingSet
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    public static WorkerProcess Start(string connection, string data, int steps) => new(Process.Start(new ProcessStartInfo(Environment.ProcessPath!,
        [.. Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? new[] { typeof(WorkerProcess).Assembly.Location } : [],
            "journey", "--worker", connection, "--data", data, "--steps", steps.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardInput = true })!);

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
