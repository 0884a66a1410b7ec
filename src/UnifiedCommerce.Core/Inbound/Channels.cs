using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Core.Inbound;

/// <summary>Something that arrived on a polled channel and is claimed for us, with its bytes.</summary>
/// <param name="Partner">The partner whose channel it is.</param>
/// <param name="Name">Name as given (untrusted).</param>
/// <param name="Bytes">The bytes; empty when <paramref name="Refused"/> says why they were not read.</param>
/// <param name="Claim">What the channel needs to finish it.</param>
/// <param name="Refused">Why the bytes were not read (too large, a symlink, a name that leaves the folder); null when they were.</param>
public sealed record Arrival(string Partner, string Name, byte[] Bytes, string Claim, Diagnostic? Refused);

/// <summary>A channel that is polled for arrivals. Claim, settle, read; after the bytes are durable the caller finishes.</summary>
public interface IInboundChannel
{
    /// <summary>Transport kind it serves: <c>folder</c>.</summary>
    string Kind { get; }
    /// <summary>Claims up to <paramref name="limit"/> settled arrivals. Growing files are left. What an earlier, dead process claimed comes again.</summary>
    Task<IReadOnlyList<Arrival>> ClaimAsync(Partner partner, int limit, CancellationToken cancellationToken);
    /// <summary>Moves a finished arrival to the archive; may be called twice.</summary>
    Task FinishAsync(Partner partner, Arrival arrival, CancellationToken cancellationToken);
}

/// <summary>What became of an attempt to send.</summary>
public abstract record SendResult
{
    /// <summary>The effect happened.</summary>
    /// <param name="Evidence">File name and size, HTTP status.</param>
    /// <param name="Answer">The partner's answer body: an inbound document; null when there is none.</param>
    public sealed record Sent(string Evidence, byte[]? Answer = null) : SendResult;
    /// <summary>It did not happen.</summary>
    /// <param name="Reason">In words.</param>
    /// <param name="Retryable">Worth trying again.</param>
    /// <param name="RetryAfter">Not before.</param>
    public sealed record Failed(string Reason, bool Retryable, TimeSpan? RetryAfter = null) : SendResult;
    /// <summary>Nobody knows: probe.</summary>
    /// <param name="Reason">In words.</param>
    public sealed record Unknown(string Reason) : SendResult;
}

/// <summary>What a probe of an unknown attempt found.</summary>
public abstract record ProbeResult
{
    /// <summary>The partner has it.</summary>
    public sealed record Present(string Evidence) : ProbeResult;
    /// <summary>It does not, or a repeat is harmless: send the same bytes again.</summary>
    public sealed record Absent(string Evidence) : ProbeResult;
    /// <summary>Cannot be told: a person decides.</summary>
    public sealed record Ambiguous(string Reason) : ProbeResult;
}

/// <summary>A channel that carries frozen bytes to a partner.</summary>
public interface IOutboundChannel
{
    /// <summary>Transport kind it serves: <c>folder</c>, <c>https</c>.</summary>
    string Kind { get; }
    /// <summary>Sends the stored bytes. The outside world failing is a result, not an exception.</summary>
    Task<SendResult> SendAsync(Partner partner, Dispatch dispatch, CancellationToken cancellationToken);
    /// <summary>Sends several of one partner in the order given; one result each, as if each were sent alone.</summary>
    async Task<IReadOnlyList<SendResult>> SendAllAsync(Partner partner, IReadOnlyList<Dispatch> dispatches, CancellationToken cancellationToken)
    {
        var results = new List<SendResult>(dispatches.Count);
        foreach (var dispatch in dispatches)
        {
            results.Add(await SendAsync(partner, dispatch, cancellationToken));
        }
        return results;
    }
    /// <summary>Finds out whether an earlier attempt arrived.</summary>
    Task<ProbeResult> ProbeAsync(Partner partner, Dispatch dispatch, CancellationToken cancellationToken);
    /// <summary>Forgets what it keeps of dispatches that were sent before the moment, so that it never grows without end. Of ids of dispatches,
    /// <paramref name="settled"/> gives back those that will never be probed or sent again. Returns how many were forgotten.</summary>
    Task<int> ForgetAsync(Partner partner, DateTimeOffset before, Func<IReadOnlyCollection<long>, Task<IReadOnlySet<long>>> settled, CancellationToken cancellationToken) =>
        Task.FromResult(0);
}

/// <summary>The installation's secrets: environment, files of mode 0600. Values are never logged.</summary>
public interface ISecrets
{
    /// <summary>The value of a named secret; null when it is not set.</summary>
    string? Find(string name);
}
