using System.Collections.Concurrent;
using System.Net.Http.Headers;

namespace UnifiedCommerce.Sandbox;

/// <summary>Simulated suppliers. They read purchase orders where real ones would, answer in their own formats, and remember what they hold.
/// <code>
/// await using SandboxSuppliers suppliers = await SandboxSuppliers.StartAsync(options, cancellationToken);
/// await suppliers.RunDueAsync(clock.GetUtcNow(), cancellationToken);   // read what came, send what is due
/// clock.Advance(suppliers.NextDueAt);
/// </code>
/// Thread safe. Killed and started again on the same folder they go on, and double nothing.</summary>
public sealed class SandboxSuppliers : IAsyncDisposable
{
    private readonly SandboxOptions options;
    private readonly SupplierMemory memory;
    private readonly OrderListener listener;
    private readonly SemaphoreSlim running = new(1, 1);
    private readonly ConcurrentDictionary<string, (SandboxFault Fault, int Left)> faults = new(StringComparer.Ordinal);
    private readonly HttpClient client = new() { Timeout = TimeSpan.FromSeconds(20) };

    private SandboxSuppliers(SandboxOptions options)
    {
        this.options = options;
        memory = new SupplierMemory(Path.Combine(options.Root, "sandbox", "journal.jsonl"), options.Seed, options.Suppliers, ReadSubstitutes(options.Substitutes));
        listener = new OrderListener(options, memory, TakeFault);
    }

    /// <summary>Starts the suppliers: remembers what an earlier run knew, makes folders, listens.</summary>
    public static async Task<SandboxSuppliers> StartAsync(SandboxOptions options, CancellationToken cancellationToken)
    {
        SandboxSuppliers suppliers = new(options);
        foreach (SupplierProfile supplier in options.Suppliers.Where(supplier => !supplier.Http))
        {
            Directory.CreateDirectory(suppliers.OutOf(supplier.Id));
            Directory.CreateDirectory(suppliers.InOf(supplier.Id));
            // A kill between the move and the note of it: the file is away, so it was archived.
            foreach (string delivery in suppliers.memory.NotArchived(supplier.Id).Where(delivery => !File.Exists(Path.Combine(suppliers.OutOf(supplier.Id), delivery))))
            {
                suppliers.memory.Archive(supplier.Id, delivery);
            }
        }
        await suppliers.listener.StartAsync(cancellationToken);
        return suppliers;
    }

    /// <summary>Where suppliers take orders over HTTP; null when none does.</summary>
    public Uri? Address => listener.Address;

    /// <summary>When the next document is due; null when none is. In the past when the hub did not take one.</summary>
    public DateTimeOffset? NextDueAt => memory.NextDueAt;

    /// <summary>A configured address of a supplier, on the port that is listened to.</summary>
    public Uri AddressOf(Uri configured) => Address is { } real ? new UriBuilder(configured) { Scheme = real.Scheme, Host = real.Host, Port = real.Port }.Uri : configured;

    /// <summary>Makes a supplier do something wrong, a number of times.</summary>
    public void SetFault(string partner, SandboxFault fault, int times = int.MaxValue) => faults[partner] = (fault, times);

    /// <summary>What the suppliers hold.</summary>
    public SandboxReport Report() => memory.Report();

    /// <summary>Reads what came into the folders and hands over all that is due. Runs one at a time.</summary>
    public async Task<SandboxRun> RunDueAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await running.WaitAsync(cancellationToken);
        try
        {
            int collected = Collect(now);
            int delivered = 0, failed = 0;
            string? reason = null;
            foreach (DueDocument document in memory.DueAt(now))
            {
                cancellationToken.ThrowIfCancellationRequested();
                string? fault = await HandOverAsync(document, cancellationToken);
                if (fault is null)
                {
                    memory.Done(document);
                    delivered++;
                }
                else
                {
                    failed++;
                    reason ??= fault;
                }
            }
            return new SandboxRun(collected, delivered, failed, reason);
        }
        finally
        {
            running.Release();
        }
    }

    /// <summary>Stops listening and closes the memory.</summary>
    public async ValueTask DisposeAsync()
    {
        await listener.DisposeAsync();
        memory.Dispose();
        client.Dispose();
        running.Dispose();
    }

    private int Collect(DateTimeOffset now)
    {
        int collected = 0;
        foreach (SupplierProfile supplier in options.Suppliers.Where(supplier => !supplier.Http))
        {
            if (TakeFault(supplier.Id, SandboxFault.StopReading))
            {
                continue;
            }
            string folder = OutOf(supplier.Id);
            string archive = Path.Combine(folder, "archive");
            foreach (string path in Directory.EnumerateFiles(folder).Where(path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal).ToList())
            {
                string name = Path.GetFileName(path);
                memory.Take(supplier.Id, name, File.ReadAllBytes(path), now);
                Directory.CreateDirectory(archive);
                string target = Path.Combine(archive, name);
                for (int copy = 2; File.Exists(target); copy++)
                {
                    target = Path.Combine(archive, $"{name}.{copy}");
                }
                File.Move(path, target);
                memory.Archive(supplier.Id, name);
                collected++;
            }
        }
        return collected;
    }

    private async Task<string?> HandOverAsync(DueDocument document, CancellationToken cancellationToken)
    {
        if (!options.Suppliers.Single(supplier => supplier.Id == document.Supplier).Http)
        {
            string folder = InOf(document.Supplier);
            string target = Path.Combine(folder, document.FileName);
            if (!File.Exists(target))
            {
                string draft = Path.Combine(folder, "." + document.FileName + ".part");
                await File.WriteAllBytesAsync(draft, document.Bytes, cancellationToken);
                File.Move(draft, target, overwrite: false);
            }
            return null;
        }
        if (options.Hub is not { } hub)
        {
            return $"{document.Supplier} answers over HTTP, and no address of the hub is set.";
        }
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(hub, $"/api/partners/{document.Supplier}/documents"));
        request.Content = new ByteArrayContent(document.Bytes);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(memory.VoiceOf(document.Supplier).ContentType);
        request.Content.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment") { FileName = document.FileName };
        request.Headers.Add("Idempotency-Key", document.FileName);
        if (options.HubToken(document.Supplier) is { } token)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
        try
        {
            using HttpResponseMessage response = await client.SendAsync(request, cancellationToken);
            return response.IsSuccessStatusCode ? null : $"The hub answered {(int)response.StatusCode} to {document.FileName} of {document.Supplier}: {await response.Content.ReadAsStringAsync(cancellationToken)}";
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return $"The hub did not take {document.FileName} of {document.Supplier}: {exception.Message}";
        }
    }

    private SandboxFault TakeFault(string partner)
    {
        while (faults.TryGetValue(partner, out (SandboxFault Fault, int Left) set) && set.Left > 0)
        {
            if (faults.TryUpdate(partner, (set.Fault, set.Left - 1), set))
            {
                return set.Fault;
            }
        }
        return SandboxFault.None;
    }

    private bool TakeFault(string partner, SandboxFault wanted) => faults.TryGetValue(partner, out (SandboxFault Fault, int Left) set) && set.Fault == wanted && TakeFault(partner) == wanted;

    private string OutOf(string supplier) => Path.Combine(options.Root, "partners", supplier, "out");

    private string InOf(string supplier) => Path.Combine(options.Root, "partners", supplier, "in");

    private static Dictionary<(string Supplier, string Item), (string Item, string Gtin)> ReadSubstitutes(string? file)
    {
        Dictionary<(string Supplier, string Item), (string Item, string Gtin)> substitutes = [];
        foreach (string[] cells in file is null ? [] : File.ReadLines(file).Skip(1).Select(line => line.Split(',')).Where(cells => cells.Length == 4))
        {
            substitutes[(cells[0], cells[1])] = (cells[2], cells[3]);
        }
        return substitutes;
    }
}
