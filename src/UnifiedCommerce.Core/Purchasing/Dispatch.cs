using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Purchasing;

/// <summary>Where a dispatch stands in the send protocol.</summary>
public enum DispatchState
{
    /// <summary>Bytes and control numbers are frozen; nothing left the house.</summary>
    Prepared,
    /// <summary>An attempt runs under a lease and fencing token.</summary>
    Sending,
    /// <summary>The effect happened; evidence is stored.</summary>
    Sent,
    /// <summary>The partner's acknowledgement of these bytes came.</summary>
    Confirmed,
    /// <summary>An attempt ended without an answer: probe before anything else.</summary>
    Unknown,
    /// <summary>The partner's side refused it; a person is told.</summary>
    Failed,
    /// <summary>A person decides: the evidence is not enough to send again.</summary>
    Held,
    /// <summary>Withdrawn before any byte left; its control number is void with a reason.</summary>
    Void,
}

/// <summary>Whether the technical acknowledgement of an outbound group came (I11).</summary>
public enum AcknowledgementState
{
    /// <summary>None is expected.</summary>
    NoneExpected,
    /// <summary>Expected, not here.</summary>
    Awaited,
    /// <summary>Accepted.</summary>
    Accepted,
    /// <summary>Accepted with errors noted.</summary>
    AcceptedWithErrors,
    /// <summary>Rejected.</summary>
    Rejected,
    /// <summary>The deadline passed.</summary>
    Overdue,
}

/// <summary>Frozen bytes on their way to a partner.</summary>
public sealed record Dispatch
{
    /// <summary>Row id; zero before it is stored. The idempotency key and file name derive from <see cref="Key"/>.</summary>
    public long Id { get; init; }
    /// <summary>Key made before storing, stable for ever: <c>PO-000012-1</c>.</summary>
    public required string Key { get; init; }
    /// <summary>The partner.</summary>
    public required string Partner { get; init; }
    /// <summary>What it is.</summary>
    public required DocumentKind Kind { get; init; }
    /// <summary>Our purchase order, when it is one or changes one.</summary>
    public long? PurchaseId { get; init; }
    /// <summary>The inbound document that it acknowledges, when it does.</summary>
    public long? AcknowledgesDocumentId { get; init; }
    /// <summary>Final file name on folder channels; the request's name elsewhere.</summary>
    public required string FileName { get; init; }
    /// <summary>MIME type.</summary>
    public required string ContentType { get; init; }
    /// <summary>The bytes, identical at every attempt.</summary>
    public required byte[] Bytes { get; init; }
    /// <summary>SHA-256 of the bytes, lower-case hex.</summary>
    public required string Sha256 { get; init; }
    /// <summary>Control number of the interchange, null for formats without one.</summary>
    public string? InterchangeControl { get; init; }
    /// <summary>Control number of the group (GS06), when there is one.</summary>
    public string? GroupControl { get; init; }
    /// <summary>Control number of the message (ST02, UNH 0062).</summary>
    public string? MessageControl { get; init; }
    /// <summary>Version of the mapping that wrote it.</summary>
    public string? MappingVersion { get; init; }
    /// <summary>Exchanged with the sandbox while the partner is in testing; never sent over its own channel.</summary>
    public bool Test { get; init; }
    /// <summary>Where it stands.</summary>
    public DispatchState State { get; init; }
    /// <summary>Attempts begun.</summary>
    public int Attempt { get; init; }
    /// <summary>Fencing token of the newest attempt; an older one writes nothing.</summary>
    public long Fence { get; init; }
    /// <summary>The newest attempt's lease ends (machine time).</summary>
    public DateTimeOffset? LeaseUntil { get; init; }
    /// <summary>The job whose claim the newest attempt runs under; null for attempts of versions that did not write it.</summary>
    public long? SenderJob { get; init; }
    /// <summary>The fencing token of that claim.</summary>
    public long? SenderFence { get; init; }
    /// <summary>What shows that the partner has it: file name and size, HTTP status and answer.</summary>
    public string? Evidence { get; init; }
    /// <summary>Why it failed or is held.</summary>
    public string? Reason { get; init; }
    /// <summary>Whether the technical acknowledgement came.</summary>
    public AcknowledgementState Acknowledgement { get; init; }
    /// <summary>When it was prepared.</summary>
    public required DateTimeOffset PreparedAt { get; init; }
    /// <summary>When the evidence came.</summary>
    public DateTimeOffset? SentAt { get; init; }
}

/// <summary>A control number that is wanted.</summary>
/// <param name="Counter">The counter.</param>
/// <param name="UsedBy">The key of the dispatch that uses it.</param>
public readonly record struct ControlNumberUse(string Counter, string UsedBy);

/// <summary>Dispatches and the ledger of control numbers.</summary>
public interface IDispatches
{
    /// <summary>Takes the next control numbers of counters (<c>partner/sender/receiver/test/level</c>), one per use in the order given, gap-free: the
    /// rows live and die with the transaction. Rising from 1; wraps never (a full counter throws and says how to extend it).</summary>
    Task<IReadOnlyList<long>> NextControlNumbersAsync(IReadOnlyList<ControlNumberUse> uses, CancellationToken cancellationToken);
    /// <summary>Takes the next control number of one counter.</summary>
    async Task<long> NextControlNumberAsync(string counter, string usedBy, CancellationToken cancellationToken) =>
        (await NextControlNumbersAsync([new ControlNumberUse(counter, usedBy)], cancellationToken))[0];
    /// <summary>Marks a taken number void with a reason.</summary>
    Task VoidControlNumberAsync(string counter, long number, string reason, CancellationToken cancellationToken);
    /// <summary>Stores new dispatches and returns them with ids; a key that exists throws.</summary>
    Task<IReadOnlyList<Dispatch>> AddAsync(IReadOnlyList<Dispatch> dispatches, CancellationToken cancellationToken);
    /// <summary>By id, locked, with bytes.</summary>
    Task<IReadOnlyList<Dispatch>> LockAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken);
    /// <summary>By id, without a lock, with bytes.</summary>
    Task<IReadOnlyList<Dispatch>> LoadAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken);
    /// <summary>By purchase order, newest first, without bytes.</summary>
    Task<IReadOnlyList<Dispatch>> OfPurchaseAsync(long purchaseId, CancellationToken cancellationToken);
    /// <summary>The keys, among those given, that dispatches have already.</summary>
    Task<IReadOnlySet<string>> KnownKeysAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken);
    /// <summary>The dispatches, among those given, that were sent before the moment: nothing will probe or send them again.</summary>
    Task<IReadOnlySet<long>> SettledAsync(IReadOnlyCollection<long> ids, DateTimeOffset before, CancellationToken cancellationToken);
    /// <summary>The fencing tokens of dispatches, locked.</summary>
    Task<IReadOnlyDictionary<long, long>> LockFencesAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken);
    /// <summary>By partner and interchange control number (acknowledgements), locked, without bytes; null when there is none. Tests have numbers of their own.</summary>
    Task<Dispatch?> FindByControlAsync(string partner, bool test, string? interchangeControl, string? groupControl, string? messageControl, CancellationToken cancellationToken);
    /// <summary>Writes everything but key, bytes, hash and control numbers (those are frozen).</summary>
    Task UpdateAsync(IReadOnlyCollection<Dispatch> dispatches, CancellationToken cancellationToken);
    /// <summary>Dispatches of a partner that are not settled and older than this one: with per-partner order they go first.</summary>
    Task<bool> OlderUnsettledAsync(string partner, long beforeId, CancellationToken cancellationToken);
}
