using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace UnifiedCommerce.EndToEnd.Tests;

/// <summary>A RabbitMQ of its own for tests: node name, ports, cookie and data of its own in a temporary folder, on loopback, ended and deleted when
/// disposed. No service of the machine is touched.</summary>
public sealed class ThrowAwayRabbitMq : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly string _folder;
    private readonly string _server;
    private readonly int[] _ports;
    private Process? _process;

    private ThrowAwayRabbitMq(string folder, string server, int[] ports) => (_folder, _server, _ports) = (folder, server, ports);

    /// <summary>Why there is none here, or null when one can be started.</summary>
    public static string? Absent { get; } = FindServer() is null
        ? "rabbitmq-server is neither under /usr/lib/rabbitmq/bin nor on the PATH. Install RabbitMQ to run this test." : null;

    /// <summary>Its loopback port.</summary>
    public int Port => _ports[0];

    /// <summary>Its address, as <c>Bus:RabbitMq</c> takes it.</summary>
    public string Address => AddressAt(Port);

    /// <summary>Its address through whatever passes on to it from another port.</summary>
    public static string AddressAt(int port) => string.Create(CultureInfo.InvariantCulture, $"amqp://guest:guest@127.0.0.1:{port}/");

    /// <summary>Starts one.</summary>
    public static async Task<ThrowAwayRabbitMq> StartAsync()
    {
        var broker = Prepare();
        await broker.StartServerAsync();
        return broker;
    }

    /// <summary>One that does not run yet: a broker that is away.</summary>
    public static ThrowAwayRabbitMq Prepare() =>
        new(Directory.CreateTempSubdirectory("uc-rabbitmq-").FullName, FindServer() ?? throw new InvalidOperationException(Absent), FreePorts(3));

    /// <summary>Starts the server, or starts it again with what it had kept.</summary>
    public async Task StartServerAsync()
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$0\" >> \"$1\" 2>&1", _server, Path.Combine(_folder, "out")]) { WorkingDirectory = _folder };
        string Number(int index) => _ports[index].ToString(CultureInfo.InvariantCulture);
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["HOME"] = _folder,
            ["ERL_EPMD_PORT"] = Number(2),
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_NODENAME"] = $"uc-{Number(0)}@localhost",
            ["RABBITMQ_NODE_PORT"] = Number(0),
            ["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_DIST_PORT"] = Number(1),
            ["RABBITMQ_MNESIA_BASE"] = Path.Combine(_folder, "data"),
            ["RABBITMQ_LOG_BASE"] = Path.Combine(_folder, "log"),
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(_folder, "plugins"),
            ["RABBITMQ_CONFIG_FILE"] = Path.Combine(_folder, "rabbitmq"),
            ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(_folder, "environment"),
            ["RABBITMQ_PID_FILE"] = Path.Combine(_folder, "pid"),
            ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}",
        })
        {
            start.Environment[name] = value;
        }
        await File.WriteAllTextAsync(Path.Combine(_folder, "plugins"), "[].");
        await File.WriteAllTextAsync(Path.Combine(_folder, "environment"), "");
        _process = Process.Start(start)!;
        var waited = Stopwatch.StartNew();
        while (!await AnswersAsync())
        {
            if (_process.HasExited || waited.Elapsed > Patience)
            {
                throw new InvalidOperationException($"rabbitmq-server did not start: {await File.ReadAllTextAsync(Path.Combine(_folder, "out"))}");
            }
            await Task.Delay(100);
        }
    }

    /// <summary>Ends the server at once, as a crash does; what was durable stays.</summary>
    public void Kill()
    {
        if (_process is null)
        {
            return;
        }
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Ends it with the name server that it started, and deletes its folder.</summary>
    public ValueTask DisposeAsync()
    {
        Kill();
        var end = new ProcessStartInfo("epmd", ["-port", _ports[2].ToString(CultureInfo.InvariantCulture), "-kill"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using (var epmd = Process.Start(end)!)
        {
            epmd.StandardOutput.ReadToEnd();
            epmd.WaitForExit();
        }
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>The broker's greeting: it answers a wrong protocol header with the right one and closes.</summary>
    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, _ports[0]);
            await client.GetStream().WriteAsync("XXXX0000"u8.ToArray());
            var answer = new byte[4];
            return await client.GetStream().ReadAtLeastAsync(answer, 4, throwOnEndOfStream: false) == 4 && answer.AsSpan().SequenceEqual("AMQP"u8);
        }
        catch (Exception fault) when (fault is SocketException or IOException)
        {
            return false;
        }
    }

    // The wrapper on the PATH of Debian demands the service's own user; the script behind it does not.
    private static string? FindServer() => new[] { "/usr/lib/rabbitmq/bin" }.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
        .Select(folder => Path.Combine(folder, "rabbitmq-server")).FirstOrDefault(File.Exists);

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }
}
