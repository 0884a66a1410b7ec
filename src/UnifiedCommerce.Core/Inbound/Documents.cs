using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Inbound;

/// <summary>What became of a stored document.</summary>
public enum DocumentState
{
    /// <summary>Durable, not read yet.</summary>
    Received,
    /// <summary>Every message in it was applied.</summary>
    Applied,
    /// <summary>Seen before: same control numbers, Message-ID, hash or business key.</summary>
    Duplicate,
    /// <summary>Cannot be applied; the diagnostics say why. A person can release or replay it.</summary>
    Quarantined,
    /// <summary>Some messages applied, others not.</summary>
    Partly,
    /// <summary>Right, but something it refers to is not here yet.</summary>
    Waiting,
    /// <summary>A person decided that it is of no use; reason in the audit log.</summary>
    Dismissed,
    /// <summary>Exchanged with the sandbox while its partner is in testing: read and shown, applied to nothing.</summary>
    Tested,
    /// <summary>Ours, on its way out; the dispatch has the state.</summary>
    Outbound,
}

/// <summary>Bytes that came in or go out, as they were.</summary>
public sealed record StoredDocument
{
    /// <summary>Row id; zero before it is stored.</summary>
    public long Id { get; init; }
    /// <summary>True for ours to a partner.</summary>
    public bool Outbound { get; init; }
    /// <summary>Partner id; null when unknown.</summary>
    public string? Partner { get; init; }
    /// <summary>How it came: <c>folder</c>, <c>https</c>, <c>api</c>, <c>bus</c>.</summary>
    public required string Transport { get; init; }
    /// <summary>File name or request id, as given (untrusted text).</summary>
    public required string Name { get; init; }
    /// <summary>Message-ID or idempotency key of the transport, when there is one.</summary>
    public string? MessageId { get; init; }
    /// <summary>When it was durable here.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }
    /// <summary>SHA-256 of the bytes, lower-case hex.</summary>
    public required string Sha256 { get; init; }
    /// <summary>The bytes.</summary>
    public required byte[] Bytes { get; init; }
    /// <summary><c>edifact</c>, <c>x12</c>, <c>ubl</c>, <c>cxml</c>, <c>json</c>, <c>csv</c>; null until read.</summary>
    public string? Format { get; init; }
    /// <summary>What became of it.</summary>
    public DocumentState State { get; init; }
    /// <summary>Why, in one sentence.</summary>
    public string? Reason { get; init; }
    /// <summary>Diagnostics of reading.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; init; } = [];
}

/// <summary>One message of a stored document.</summary>
public sealed record StoredMessage
{
    /// <summary>The document.</summary>
    public required long DocumentId { get; init; }
    /// <summary>Index within the document, from 0.</summary>
    public required int Index { get; init; }
    /// <summary>What it is.</summary>
    public required DocumentKind Kind { get; init; }
    /// <summary>Its own number.</summary>
    public string? Number { get; init; }
    /// <summary>The order or purchase order it speaks of.</summary>
    public string? OrderNumber { get; init; }
    /// <summary>What became of it.</summary>
    public required DocumentState State { get; init; }
    /// <summary>Why, in one sentence.</summary>
    public string? Reason { get; init; }
    /// <summary>Key of what it waits for, while <see cref="DocumentState.Waiting"/>.</summary>
    public string? WaitsFor { get; init; }
    /// <summary>The canonical document as JSON, when it could be mapped.</summary>
    public string? Canonical { get; init; }
    /// <summary>Version of the mapping that read it: SHA-256 of the file, 12 hex digits.</summary>
    public string? MappingVersion { get; init; }
    /// <summary>Diagnostics of mapping and applying.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; init; } = [];
}

/// <summary>Stored documents, in and out.</summary>
public interface IDocuments
{
    /// <summary>Stores a document and returns its id. Never refuses bytes: a duplicate is stored as such by the caller.</summary>
    Task<long> AddAsync(StoredDocument document, CancellationToken cancellationToken);
    /// <summary>One document with its bytes, or null.</summary>
    Task<StoredDocument?> FindAsync(long id, CancellationToken cancellationToken);
    /// <summary>Sets state, format, partner, reason and diagnostics.</summary>
    Task UpdateAsync(StoredDocument document, CancellationToken cancellationToken);
    /// <summary>Takes inbox keys for a document (hash, Message-ID, control numbers, business key). Returns for each key that was
    /// already taken the document that holds it; the others are taken now.</summary>
    Task<IReadOnlyDictionary<string, long>> TakeKeysAsync(long documentId, IReadOnlyCollection<string> keys, CancellationToken cancellationToken);
    /// <summary>Gives keys back (a quarantined message that is replayed).</summary>
    Task ReleaseKeysAsync(long documentId, IReadOnlyCollection<string> keys, CancellationToken cancellationToken);
    /// <summary>Inserts or replaces messages.</summary>
    Task SaveMessagesAsync(IReadOnlyCollection<StoredMessage> messages, CancellationToken cancellationToken);
    /// <summary>The messages of a document, by index.</summary>
    Task<IReadOnlyList<StoredMessage>> MessagesAsync(long documentId, CancellationToken cancellationToken);
    /// <summary>Messages that wait for a key, oldest first.</summary>
    Task<IReadOnlyList<StoredMessage>> WaitingForAsync(string key, CancellationToken cancellationToken);
}
