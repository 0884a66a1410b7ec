using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace UnifiedCommerce.Adapters.Tests.Faults;

/// <summary>A TCP proxy on loopback that stands between the hub and a server and does what networks do: refuses, freezes, cuts, and loses the answer
/// to a COMMIT that the server carried out. Linked into other test projects and programs.</summary>
public sealed class FaultyProxy : IAsyncDisposable
{
    static readonly byte[] Commit = "COMMIT\0"u8.ToArray();

    readonly int _target;
    readonly ConcurrentDictionary<Passage, byte> _passages = new();
    readonly CancellationTokenSource _closing = new();
    readonly Lock _gate = new();
    TcpListener? _listener;
    TaskCompletionSource _thawed = Thawed();
    TaskCompletionSource? _toSwallow;

    FaultyProxy(int target, int port) => (_target, Port) = (target, port);

    /// <summary>The port to connect to.</summary>
    public int Port { get; private set; }

    /// <summary>A proxy before the server on this loopback port.</summary>
    public static FaultyProxy Before(int port)
    {
        var proxy = new FaultyProxy(port, 0);
        proxy.Accept();
        return proxy;
    }

    /// <summary>Nobody listens any more, and every connection is reset.</summary>
    public void Refuse()
    {
        lock (_gate)
        {
            _listener?.Stop();
            _listener = null;
        }
        Cut();
    }

    /// <summary>Resets every connection; new ones are taken.</summary>
    public void Cut()
    {
        foreach (var passage in _passages.Keys)
            passage.Reset();
    }

    /// <summary>Connections stay and new ones are taken, but no byte passes.</summary>
    public void Freeze()
    {
        lock (_gate)
        {
            if (_thawed.Task.IsCompleted)
                _thawed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>All is well again.</summary>
    public void Pass()
    {
        lock (_gate)
        {
            _thawed.TrySetResult();
            if (_listener is null)
                Accept();
        }
    }

    /// <summary>The next COMMIT reaches the server, its answer nobody: the connection is reset instead. Ends when that happened.</summary>
    public Task SwallowNextCommitAnswer()
    {
        lock (_gate)
            return (_toSwallow ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    static TaskCompletionSource Thawed()
    {
        var thawed = new TaskCompletionSource();
        thawed.SetResult();
        return thawed;
    }

    void Accept()
    {
        var listener = new TcpListener(IPAddress.Loopback, Port);
        listener.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Start(200);
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        _listener = listener;
        _ = AcceptAsync(listener);
    }

    async Task AcceptAsync(TcpListener listener)
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await listener.AcceptSocketAsync(_closing.Token);
            }
            catch (Exception end) when (end is SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
            _ = CarryAsync(client);
        }
    }

    async Task CarryAsync(Socket client)
    {
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        var passage = new Passage(client, server);
        _passages[passage] = 0;
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _target, _closing.Token);
            await Task.WhenAny(PumpAsync(passage, client, server, asks: true), PumpAsync(passage, server, client, asks: false));
        }
        catch (Exception end) when (end is SocketException or OperationCanceledException)
        {
            // The server is away: the client sees its connection reset.
            return;
        }
        finally
        {
            _passages.TryRemove(passage, out _);
            passage.Reset();
        }
    }

    async Task PumpAsync(Passage passage, Socket from, Socket to, bool asks)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer, _closing.Token)) > 0)
            {
                await _thawed.Task.WaitAsync(_closing.Token);
                if (asks && _toSwallow is { } armed && buffer.AsSpan(0, read).IndexOf(Commit) >= 0 && Interlocked.CompareExchange(ref _toSwallow, null, armed) == armed)
                    passage.Swallow = armed;
                if (!asks && passage.Swallow is { } swallow)
                {
                    passage.Reset();
                    swallow.SetResult();
                    return;
                }
                await to.SendAsync(buffer.AsMemory(0, read), _closing.Token);
            }
        }
        catch (Exception end) when (end is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Either side is gone, and with it the passage.
            return;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Refuse();
        await _closing.CancelAsync();
        _closing.Dispose();
    }

    sealed class Passage(Socket client, Socket server)
    {
        public TaskCompletionSource? Swallow { get; set; }

        public void Reset()
        {
            foreach (var socket in (Socket[])[client, server])
                socket.Close(0);
        }
    }
}
