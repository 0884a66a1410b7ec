using System.Security.Cryptography;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Partners;

namespace UnifiedCommerce.Core.Inbound;

/// <summary>Makes inbound bytes durable: one transaction writes document, inbox keys and job; only then does the channel move the file.</summary>
public sealed class DocumentReception(IStore store, PartnerBookHolder book, IEnumerable<IInboundChannel> channels, TimeProvider clock)
{
    private readonly Dictionary<string, IInboundChannel> _channels = channels.ToDictionary(channel => channel.Kind, StringComparer.Ordinal);

    /// <summary>Stores a document within the caller's transaction. The same bytes from the same partner, or the same Message-ID, are a
    /// duplicate: kept as a row, not read again.</summary>
    /// <returns>The document's id, and whether it was seen before.</returns>
    public async Task<(long Id, bool Duplicate)> StoreAsync(
        IWork work, string? partner, string transport, string name, string? messageId, byte[] bytes, CancellationToken cancellationToken)
    {
        // Documents of a partner in testing stay tests, whatever becomes of the partner before they are read.
        transport = book.Current.Find(partner)?.State == GoLiveState.Testing ? GoLive.Sandbox : transport;
        var scope = transport == GoLive.Sandbox ? $"{GoLive.Sandbox}/{partner}" : partner ?? transport;
        var sha = Convert.ToHexStringLower(SHA256.HashData(bytes));
        var document = new StoredDocument
        {
            Partner = partner, Transport = transport, Name = name, MessageId = messageId, ReceivedAt = clock.GetUtcNow(), Sha256 = sha, Bytes = bytes,
        };
        var id = await work.Documents.AddAsync(document, cancellationToken);
        var keys = new List<string> { $"sha256:{scope}:{sha}" };
        if (messageId is not null)
        {
            keys.Add($"message-id:{scope}:{messageId}");
        }
        var taken = await work.Documents.TakeKeysAsync(id, keys, cancellationToken);
        if (taken.Count > 0)
        {
            var (key, first) = taken.First();
            await work.Documents.UpdateAsync(document with
            {
                Id = id, State = DocumentState.Duplicate,
                Reason = key.StartsWith("sha256", StringComparison.Ordinal) ? $"The same bytes came before, as document {first}." : $"The same message id came before, with document {first}.",
            }, cancellationToken);
            JourneyMeters.Judged(partner, DocumentState.Duplicate);
            return (id, true);
        }
        await work.Jobs.InsertAsync([ReadJob(id, partner)], cancellationToken);
        return (id, false);
    }

    /// <summary>The job that reads a stored document.</summary>
    public static NewJob ReadJob(long documentId, string? partner) =>
        new("read-document", $$"""{"documentId":{{documentId}}}""") { Lane = partner, UniqueKey = $"read-document:{documentId}" };

    /// <summary>Polls one partner's channel once.</summary>
    /// <returns>How many arrivals were made durable.</returns>
    public async Task<int> PollAsync(Partner partner, CancellationToken cancellationToken)
    {
        // What lies in the inbox of a draft waits there.
        if (partner.State == GoLiveState.Draft || partner.Transport is not { Inbox: not null } transport || !_channels.TryGetValue(transport.Kind, out var channel))
        {
            return 0;
        }
        var arrivals = await channel.ClaimAsync(partner, 100, cancellationToken);
        if (arrivals.Count == 0)
        {
            return 0;
        }
        await using (var work = await store.BeginAsync(cancellationToken))
        {
            foreach (var arrival in arrivals)
            {
                if (arrival.Refused is { } refused)
                {
                    await QuarantineUnreadAsync(work, partner, transport.Kind, arrival, refused, cancellationToken);
                }
                else
                {
                    await StoreAsync(work, partner.Id, transport.Kind, arrival.Name, null, arrival.Bytes, cancellationToken);
                }
            }
            await work.CommitAsync(cancellationToken);
        }
        foreach (var arrival in arrivals)
        {
            await channel.FinishAsync(partner, arrival, cancellationToken);
        }
        return arrivals.Count;
    }

    /// <summary>Polls all partners.</summary>
    public async Task<int> PollAllAsync(CancellationToken cancellationToken)
    {
        var count = 0;
        foreach (var partner in book.Current.Partners.Values.OrderBy(partner => partner.Id, StringComparer.Ordinal))
        {
            count += await PollAsync(partner, cancellationToken);
        }
        return count;
    }

    private async Task QuarantineUnreadAsync(IWork work, Partner partner, string transport, Arrival arrival, Diagnostic refused, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var id = await work.Documents.AddAsync(new StoredDocument
        {
            Partner = partner.Id, Transport = transport, Name = arrival.Name, ReceivedAt = now, Sha256 = Convert.ToHexStringLower(SHA256.HashData(arrival.Bytes)), Bytes = arrival.Bytes,
            State = DocumentState.Quarantined, Reason = refused.Text, Diagnostics = [refused],
        }, cancellationToken);
        await work.Tasks.OpenAsync([QuarantineTasks.For(id, partner.Id, arrival.Name, refused.Text, now)], cancellationToken);
    }
}

/// <summary>Tasks for documents that a person must look at.</summary>
internal static class QuarantineTasks
{
    public static string KeyOf(long documentId) => $"quarantined-document:{documentId}";

    public static Status.HubTask For(long documentId, string? partner, string name, string reason, DateTimeOffset at) => new()
    {
        Kind = "quarantined-document", Key = KeyOf(documentId), Partner = partner, DocumentId = documentId, At = at,
        Text = $"Document {documentId} ({name}) from {partner ?? "an unknown sender"} could not be applied: {reason} Correct the cause and replay it, or dismiss it with a reason.",
    };
}
