using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Storage;

internal sealed class DocumentsTable(Session session) : IDocuments
{
    static readonly Bulk<StoredDocument> Insert = Bulk<StoredDocument>.Insert("documents", "returning id",
        Column<StoredDocument>.Flag("outbound", document => document.Outbound),
        Column<StoredDocument>.Text("partner", document => document.Partner),
        Column<StoredDocument>.Text("transport", document => document.Transport),
        Column<StoredDocument>.Text("name", document => document.Name),
        Column<StoredDocument>.Text("message_id", document => document.MessageId),
        Column<StoredDocument>.Moment("received_at", document => document.ReceivedAt),
        Column<StoredDocument>.Text("sha256", document => document.Sha256),
        Column<StoredDocument>.Number("size", document => document.Bytes.Length),
        Column<StoredDocument>.Bytes("bytes", document => document.Bytes),
        Column<StoredDocument>.Text("format", document => document.Format),
        Column<StoredDocument>.Text("state", document => document.State.ToString()),
        Column<StoredDocument>.Text("reason", document => document.Reason),
        Column<StoredDocument>.Json("diagnostics", document => document.Diagnostics));
    static readonly Bulk<StoredDocument> Update = Bulk<StoredDocument>.Update("documents", ["id"],
        Column<StoredDocument>.Number("id", document => document.Id),
        Column<StoredDocument>.Text("partner", document => document.Partner),
        Column<StoredDocument>.Text("format", document => document.Format),
        Column<StoredDocument>.Text("state", document => document.State.ToString()),
        Column<StoredDocument>.Text("reason", document => document.Reason),
        Column<StoredDocument>.Json("diagnostics", document => document.Diagnostics));
    static readonly Bulk<StoredMessage> Save = Bulk<StoredMessage>.Save("messages", ["document_id", "idx"],
        Column<StoredMessage>.Number("document_id", message => message.DocumentId),
        Column<StoredMessage>.Number("idx", message => message.Index),
        Column<StoredMessage>.Text("kind", message => message.Kind.ToString()),
        Column<StoredMessage>.Text("number", message => message.Number),
        Column<StoredMessage>.Text("order_number", message => message.OrderNumber),
        Column<StoredMessage>.Text("state", message => message.State.ToString()),
        Column<StoredMessage>.Text("reason", message => message.Reason),
        Column<StoredMessage>.Text("waits_for", message => message.WaitsFor),
        Column<StoredMessage>.Text("canonical", message => message.Canonical),
        Column<StoredMessage>.Text("mapping_version", message => message.MappingVersion),
        Column<StoredMessage>.Json("diagnostics", message => message.Diagnostics));
    static readonly Bulk<(string Key, long Document)> TakeKeys = Bulk<(string Key, long Document)>.Insert("inbox_keys",
        "on conflict (key) do nothing returning key",
        Column<(string Key, long Document)>.Text("key", row => row.Key),
        Column<(string Key, long Document)>.Number("document_id", row => row.Document));

    const string MessageList = "document_id, idx, kind, number, order_number, state, reason, waits_for, canonical, mapping_version, diagnostics";

    public async Task<long> AddAsync(StoredDocument document, CancellationToken cancellationToken) =>
        (await Insert.NumbersAsync(session, [document], cancellationToken))[0];

    public Task<StoredDocument?> FindAsync(long id, CancellationToken cancellationToken) => session.FirstAsync(
        "select id, outbound, partner, transport, name, message_id, received_at, sha256, bytes, format, state, reason, diagnostics from documents where id = @id",
        new { id },
        static row => new StoredDocument
        {
            Id = row.Number(), Outbound = row.Flag(), Partner = row.TextOrNull(), Transport = row.Text(), Name = row.Text(),
            MessageId = row.TextOrNull(), ReceivedAt = row.Moment(), Sha256 = row.Text(), Bytes = row.Bytes(), Format = row.TextOrNull(),
            State = row.Name<DocumentState>(), Reason = row.TextOrNull(), Diagnostics = ReadDiagnostics(row),
        }, cancellationToken);

    public async Task UpdateAsync(StoredDocument document, CancellationToken cancellationToken)
    {
        if (await Update.RunAsync(session, [document], cancellationToken) != 1)
            throw new HubException($"Document {document.Id}: found no such row, expected one. Add it first.");
    }

    public async Task<IReadOnlyDictionary<string, long>> TakeKeysAsync(long documentId, IReadOnlyCollection<string> keys, CancellationToken cancellationToken)
    {
        // Sorted, so that two documents with the same keys cannot wait for each other.
        var wanted = keys.Select(key => Stored.Printable(key)!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        var taken = await TakeKeys.TextsAsync(session, [.. wanted.Select(key => (key, documentId))], cancellationToken);
        if (taken.Count == wanted.Length)
            return new Dictionary<string, long>(StringComparer.Ordinal);
        var rest = wanted.Except(taken, StringComparer.Ordinal);
        var holders = await session.ListAsync("select key, document_id from inbox_keys where key {any keys}",
            new { keys = session.Dialect.List(rest) }, static row => (Key: row.Text(), Document: row.Number()), cancellationToken);
        return holders.ToDictionary(row => row.Key, row => row.Document, StringComparer.Ordinal);
    }

    public Task ReleaseKeysAsync(long documentId, IReadOnlyCollection<string> keys, CancellationToken cancellationToken) =>
        session.RunAsync("delete from inbox_keys where document_id = @documentId and key {any keys}",
            new { documentId, keys = session.Dialect.List(keys.Select(key => Stored.Printable(key)!)) }, cancellationToken);

    public Task SaveMessagesAsync(IReadOnlyCollection<StoredMessage> messages, CancellationToken cancellationToken) =>
        Save.RunAsync(session, messages.LastOfEach(message => (message.DocumentId, message.Index)), cancellationToken);

    public async Task<IReadOnlyList<StoredMessage>> MessagesAsync(long documentId, CancellationToken cancellationToken) =>
        await session.ListAsync($"select {MessageList} from messages where document_id = @documentId order by idx", new { documentId }, ReadMessage,
            cancellationToken);

    public async Task<IReadOnlyList<StoredMessage>> WaitingForAsync(string key, CancellationToken cancellationToken) =>
        await session.ListAsync($"select {MessageList} from messages where waits_for is not null and waits_for = @key and state = 'Waiting' "
            + "order by document_id, idx", new { key }, ReadMessage, cancellationToken);

    static StoredMessage ReadMessage(Row row) => new()
    {
        DocumentId = row.Number(), Index = row.Int(), Kind = row.Name<DocumentKind>(), Number = row.TextOrNull(), OrderNumber = row.TextOrNull(),
        State = row.Name<DocumentState>(), Reason = row.TextOrNull(), WaitsFor = row.TextOrNull(), Canonical = row.TextOrNull(),
        MappingVersion = row.TextOrNull(), Diagnostics = ReadDiagnostics(row),
    };

    static IReadOnlyList<Diagnostic> ReadDiagnostics(Row row) => row.Text() is var json && json == "[]" ? [] : Stored.Json<List<Diagnostic>>(json);
}
