using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Transports.Folders;

/// <summary>Exchanges files with partners through folders on this machine or a mounted share. Several processes may serve the same folders.
/// Thread safe. Dispose it to give claims back at once; a killed process gives them back too.</summary>
public sealed class FolderChannel : IInboundChannel, IOutboundChannel, IDisposable
{
    private readonly string root;
    private readonly TimeProvider time;
    private readonly FolderChannelOptions options;
    private readonly Lock gate = new();
    private readonly Dictionary<string, FolderInbox> inboxes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FolderOutbox> outboxes = new(StringComparer.Ordinal);

    /// <summary>Serves partners whose folders lie below <paramref name="root"/> unless they are absolute.</summary>
    /// <param name="root">The installation's data directory.</param>
    /// <param name="time">The machine's time, not a frozen business clock: the age of files is measured with it.</param>
    /// <param name="options">When a file counts as complete.</param>
    public FolderChannel(string root, TimeProvider time, FolderChannelOptions? options = null)
    {
        this.root = Path.GetFullPath(root);
        this.time = time;
        this.options = options ?? new FolderChannelOptions();
    }

    /// <summary><c>folder</c>.</summary>
    public string Kind => "folder";

    /// <inheritdoc/>
    public Task<IReadOnlyList<Arrival>> ClaimAsync(Partner partner, int limit, CancellationToken cancellationToken)
    {
        string? folder = partner.Transport?.Inbox;
        return folder is null ? Task.FromResult<IReadOnlyList<Arrival>>([]) : InboxOf(folder).ClaimAsync(partner, limit, cancellationToken);
    }

    /// <inheritdoc/>
    public Task FinishAsync(Partner partner, Arrival arrival, CancellationToken cancellationToken)
    {
        if (partner.Transport?.Inbox is { } folder)
        {
            InboxOf(folder).Finish(arrival);
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<SendResult> SendAsync(Partner partner, Dispatch dispatch, CancellationToken cancellationToken) =>
        (await SendAllAsync(partner, [dispatch], cancellationToken))[0];

    /// <inheritdoc/>
    public Task<IReadOnlyList<SendResult>> SendAllAsync(Partner partner, IReadOnlyList<Dispatch> dispatches, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return partner.Transport?.Outbox is { } folder
            ? Task.Run(() => OutboxOf(folder).Send(dispatches), cancellationToken)
            : Task.FromResult<IReadOnlyList<SendResult>>([.. dispatches.Select(_ => new SendResult.Failed($"Partner {partner.Id} has no outbox. Set transport.outbox in its partner.yaml.", false))]);
    }

    /// <inheritdoc/>
    public Task<ProbeResult> ProbeAsync(Partner partner, Dispatch dispatch, CancellationToken cancellationToken) =>
        partner.Transport?.Outbox is { } folder
            ? Task.FromResult(OutboxOf(folder).Probe(dispatch))
            : Task.FromResult<ProbeResult>(new ProbeResult.Ambiguous($"Partner {partner.Id} has no outbox any more."));

    /// <inheritdoc/>
    public Task<int> ForgetAsync(Partner partner, DateTimeOffset before, Func<IReadOnlyCollection<long>, Task<IReadOnlySet<long>>> settled, CancellationToken cancellationToken) =>
        partner.Transport?.Outbox is { } folder ? OutboxOf(folder).ForgetAsync(before, settled, cancellationToken) : Task.FromResult(0);

    /// <summary>Gives all claims back.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            foreach (FolderInbox inbox in inboxes.Values)
            {
                inbox.Dispose();
            }
            inboxes.Clear();
        }
    }

    private FolderInbox InboxOf(string folder)
    {
        string path = Path.GetFullPath(folder, root);
        lock (gate)
        {
            if (!inboxes.TryGetValue(path, out FolderInbox? inbox))
            {
                inboxes[path] = inbox = new FolderInbox(path, time, options);
            }
            return inbox;
        }
    }

    private FolderOutbox OutboxOf(string folder)
    {
        string path = Path.GetFullPath(folder, root);
        lock (gate)
        {
            if (!outboxes.TryGetValue(path, out FolderOutbox? outbox))
            {
                outboxes[path] = outbox = new FolderOutbox(path);
            }
            return outbox;
        }
    }
}
