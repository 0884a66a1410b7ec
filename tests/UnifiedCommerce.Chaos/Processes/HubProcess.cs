using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace UnifiedCommerce.Chaos.Processes;

/// <summary>A real hub process that can be killed and started again.</summary>
internal sealed class HubProcess(string dll, string data, string partners, string connection, string? bus, string log, string roles = "web,worker,schedule") : IDisposable
{
    Process? _process;

    public int Port { get; } = FreePort();

    /// <summary>Number of the process that runs now, or ran last.</summary>
    public int Id { get; private set; }

    public bool IsRunning => _process is { HasExited: false };

    public void Start()
    {
        _process?.Dispose();
        var start = new ProcessStartInfo("dotnet",
            [dll, "--data", data, "--urls", $"http://127.0.0.1:{Port}", "--roles", roles, $"--Partners:Directory={partners}", $"--ConnectionStrings:Hub={connection}",
                .. bus is null ? Array.Empty<string>() : [$"--Bus:RabbitMq={bus}"]])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        Id = _process.Id;
        _process.OutputDataReceived += (_, line) => Write(line.Data);
        _process.ErrorDataReceived += (_, line) => Write(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Waits until it listens, two minutes at most.</summary>
    public async Task WhenUpAsync()
    {
        for (var look = 0; look < 1200; look++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(100);
            }
        }
        throw new TimeoutException($"The hub on port {Port} did not start within two minutes; see {log}.");
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
        _process?.Dispose();
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
