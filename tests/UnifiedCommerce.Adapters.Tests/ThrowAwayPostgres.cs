using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace UnifiedCommerce.Adapters.Tests;

/// <summary>A PostgreSQL of its own for tests: made by <c>initdb</c> in a temporary folder, listening on loopback, stopped and deleted when
/// disposed. Linked into other test projects and programs.</summary>
public sealed class ThrowAwayPostgres : IAsyncDisposable
{
    readonly string _folder;
    readonly string _bin;
    readonly string[] _asUser;
    int _databases;

    ThrowAwayPostgres(string folder, string bin, string[] asUser, int port) => (_folder, _bin, _asUser, Port) = (folder, bin, asUser, port);

    /// <summary>Loopback port.</summary>
    public int Port { get; }

    /// <summary>The folder of its files, which belongs to the user it runs as.</summary>
    public string DataFolder => Path.Combine(_folder, "data");

    /// <summary>The folder of the binaries.</summary>
    public string BinFolder => _bin;

    /// <summary>Why there is none here, or null when one can be started.</summary>
    public static string? Absent { get; } = FindBin() is null
        ? "PostgreSQL's initdb and pg_ctl are neither under /usr/lib/postgresql/*/bin nor on the PATH. Install PostgreSQL to run this test." : null;

    /// <summary>True when missing servers must fail tests instead of skipping them (<c>UC_REQUIRE_SERVERS=1</c>).</summary>
    public static bool Required => Environment.GetEnvironmentVariable("UC_REQUIRE_SERVERS") == "1";

    /// <summary>Starts one. <paramref name="durable"/>: with fsync, for tests that measure or kill.</summary>
    public static async Task<ThrowAwayPostgres> StartAsync(bool durable = false)
    {
        var bin = FindBin() ?? throw new InvalidOperationException(Absent);
        var folder = Directory.CreateTempSubdirectory("uc-postgres-").FullName;
        string[] asUser = [];
        if (OperatingSystem.IsLinux() && Environment.UserName == "root")
        {
            // PostgreSQL refuses to run as root.
            var user = Users().Contains("postgres") ? "postgres" : "nobody";
            asUser = ["setpriv", $"--reuid={user}", $"--regid={Groups(user)}", "--clear-groups"];
            Run("chown", [user, folder], []);
        }
        var data = Path.Combine(folder, "data");
        Run(Path.Combine(bin, "initdb"), ["-D", data, "-U", "hub", "-A", "trust", "--locale=C", "--encoding=UTF8", "--no-sync"], asUser);
        var server = new ThrowAwayPostgres(folder, bin, asUser, FreePort());
        server.StartServer(durable);
        await server.CreateDatabaseAsync("warm");
        return server;
    }

    /// <summary>Starts the server process again after <see cref="Stop"/>.</summary>
    public void StartServer(bool durable)
    {
        var settings = $"-c port={Port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={_folder} -c max_connections=200 -c shared_buffers=256MB "
            + "-c max_wal_size=2GB -c wal_compression=on " + (durable ? "" : "-c fsync=off -c synchronous_commit=off -c full_page_writes=off");
        Run(Path.Combine(_bin, "pg_ctl"), ["-s", "-D", Path.Combine(_folder, "data"), "-w", "-t", "60", "-l", Path.Combine(_folder, "log"), "-o", settings, "start"], _asUser);
    }

    /// <summary>Kills the server and all its processes at once, as a power cut does.</summary>
    public void Crash()
    {
        var id = int.Parse(File.ReadLines(Path.Combine(DataFolder, "postmaster.pid")).First(), CultureInfo.InvariantCulture);
        using var postmaster = Process.GetProcessById(id);
        postmaster.Kill(entireProcessTree: true);
        postmaster.WaitForExit();
    }

    /// <summary>Stops the server: <c>immediate</c> is a crash, <c>fast</c> an orderly end.</summary>
    public void Stop(string mode) =>
        Run(Path.Combine(_bin, "pg_ctl"), ["-D", Path.Combine(_folder, "data"), "-m", mode, "-w", "-t", "60", "stop"], _asUser);

    /// <summary>A connection string of a new, empty database.</summary>
    public async Task<string> CreateDatabaseAsync(string prefix = "hub")
    {
        var name = $"{prefix}_{Interlocked.Increment(ref _databases)}";
        await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"create database {name}", connection);
        await command.ExecuteNonQueryAsync();
        return ConnectionString(name);
    }

    /// <summary>The connection string of a database.</summary>
    public string ConnectionString(string database) =>
        string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username=hub;Database={database}");

    /// <summary>Stops it and deletes its folder.</summary>
    public ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        Stop("immediate");
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    static string? FindBin()
    {
        var folders = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin")) : [];
        return folders.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "pg_ctl")));
    }

    static string[] Users() => File.Exists("/etc/passwd") ? [.. File.ReadLines("/etc/passwd").Select(line => line.Split(':')[0])] : [];

    static string Groups(string user) => File.ReadLines("/etc/passwd").First(line => line.StartsWith(user + ":", StringComparison.Ordinal)).Split(':')[3];

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    static void Run(string program, string[] arguments, string[] asUser)
    {
        // The server inherits no pipe of ours: it would hold it open for ever.
        string[] line = [.. asUser, program, .. arguments];
        using var process = Process.Start(new ProcessStartInfo(line[0], line[1..])
        {
            RedirectStandardOutput = !arguments.Contains("start"), RedirectStandardError = !arguments.Contains("start"), WorkingDirectory = "/",
        })!;
        var output = arguments.Contains("start") ? "" : process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {output}");
    }
}
