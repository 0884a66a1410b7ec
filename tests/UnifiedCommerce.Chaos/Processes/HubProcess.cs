using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace UnifiedCommerce.Chaos.Processes;

/// <summary>A real hub process that can be killed and started again.</summary>
internal sealed class HubProcess(string dll, string data, string partners, string connection, string? bus, string log, string roles = "web,worker,schedule") : IDisposable
{
    readonly List<Process> _started = [];
    Process? _process;

    public int Port { get; } = FreePort();

    /// <summary>Number of the process that runs now, or ran last.</summary>
    public int Id { get; private set; }

    public bool IsRunning => _process is { HasExited: false };

    public void Start()
    {
        var start = new ProcessStartInfo("dotnet",
            [dll, "--data", data, "--urls", $"http://127.0.0.1:{Port}", "--roles", roles, $"--Partners:Directory={partners}", $"--ConnectionStrings:Hub={connection}",
                .. bus is null ? Array.Empty<string>() : [$"--Bus:RabbitMq={bus}"]])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Write(line.Data);
        process.ErrorDataReceived += (_, line) => Write(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _started.Add(process);
        Id = process.Id;
        // Last: somebody else asks it whether it runs.
        _process = process;
    }

    /// <summary>Waits until it listens, two minutes at most.</summary>
    public async Task WhenUpAsync()
    {
        for (var look = 0; look < 1200; look++)
        {
            if (await IsUpAsync())
                return;
            await Task.Delay(100);
        }
        throw new TimeoutException($"The hub on port {Port} did not start within two minutes; see {log}.");
    }

    /// <summary>True when it listens.</summary>
    public async Task<bool> IsUpAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary><c>kill -9</c>.</summary>
    public void Kill()
    {
        if (!IsRunning)
            return;
        _process!.Kill();
        _process.WaitForExit();
    }

    /// <summary>SIGTERM, as an orchestrator sends it; returns the exit code, or null when it has not ended within half a minute.</summary>
    public async Task<int?> EndAsync()
    {
        using (var term = Process.Start("kill", ["-TERM", $"{Id}"]))
            await term.WaitForExitAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await _process!.WaitForExitAsync(patience.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        Kill();
        _started.ForEach(process => process.Dispose());
    }

    void Write(string? line)
    {
        if (line is null)
            return;
        lock (log)
            File.AppendAllText(log, line + Environment.NewLine);
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
