using System.Security.Cryptography;
using System.Text;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Storage;

/// <summary>Each invariant as the rows that break it. One snapshot: a writer in the middle of its transaction is not seen.</summary>
internal sealed class SelfAudit(HubStore store) : ISelfAudit
{
    const int MostOfEach = 20;

    static readonly (string Invariant, string Text, string Sql)[] Checks =
    [
        ("I1", "the sums of the order line do not hold",
            "select 'order-line:' || order_id || '/' || line_id from order_lines where ordered <> open + allocated + cancelled "
            + "or allocated <> awaiting + confirmed + backordered + shipped + received or open < 0 or allocated < 0 or cancelled < 0 or awaiting < 0 "
            + "or confirmed < 0 or backordered < 0 or shipped < 0 or received < 0"),
        ("I1", "the order has no lines", "select 'order:' || id from orders o where not exists (select 1 from order_lines l where l.order_id = o.id)"),
        ("I1", "the sums of the purchase order line do not hold",
            "select 'purchase-line:' || purchase_id || '/' || position from purchase_lines where ordered <> awaiting + confirmed + backordered + shipped + received + cancelled "
            + "or awaiting < 0 or confirmed < 0 or backordered < 0 or shipped < 0 or received < 0 or cancelled < 0 or invoiced < 0 or credited < 0 "
            + "or unannounced < 0 or unannounced > shipped + received"),
        ("I2", "the pegs of the order line are not what it has allocated",
            "select 'order-line:' || l.order_id || '/' || l.line_id from order_lines l left join (select order_id, line_id, sum(quantity) q, sum(awaiting) a, sum(confirmed) c, "
            + "sum(backordered) b, sum(shipped) s, sum(received) r from pegs where order_id > 0 group by order_id, line_id) g on g.order_id = l.order_id and g.line_id = l.line_id "
            + "where l.allocated <> coalesce(g.q, 0) or l.awaiting <> coalesce(g.a, 0) or l.confirmed <> coalesce(g.c, 0) or l.backordered <> coalesce(g.b, 0) "
            + "or l.shipped <> coalesce(g.s, 0) or l.received <> coalesce(g.r, 0)"),
        ("I2", "a peg names an order line that is not there",
            "select 'order-line:' || g.order_id || '/' || g.line_id from pegs g where g.order_id > 0 and not exists (select 1 from order_lines l where l.order_id = g.order_id and l.line_id = g.line_id)"),
        ("I2", "the pegs are not what the purchase order line holds, in base units",
            // Thousandths x millionths of the factor / a million; a thousandth of a base unit per peg may be lost in rounding.
            "select 'purchase-line:' || l.purchase_id || '/' || l.position from purchase_lines l left join (select purchase_id, position, sum(quantity) q, sum(awaiting) a, sum(confirmed) c, "
            + "sum(backordered) b, sum(shipped) s, sum(received) r, count(*) n from pegs group by purchase_id, position) g on g.purchase_id = l.purchase_id and g.position = l.position "
            + "where abs((l.ordered - l.cancelled) * l.unit_factor / 1000000 - coalesce(g.q, 0)) > coalesce(g.n, 0) or abs(l.awaiting * l.unit_factor / 1000000 - coalesce(g.a, 0)) > coalesce(g.n, 0) "
            + "or abs(l.confirmed * l.unit_factor / 1000000 - coalesce(g.c, 0)) > coalesce(g.n, 0) or abs(l.backordered * l.unit_factor / 1000000 - coalesce(g.b, 0)) > coalesce(g.n, 0) "
            + "or abs(l.shipped * l.unit_factor / 1000000 - coalesce(g.s, 0)) > coalesce(g.n, 0) or abs(l.received * l.unit_factor / 1000000 - coalesce(g.r, 0)) > coalesce(g.n, 0)"),
        ("I3", "the dispatch of a purchase order that does not exist",
            "select 'dispatch:' || d.id from dispatches d where d.purchase_id is not null and not exists (select 1 from purchases p where p.id = d.purchase_id)"),
        ("I3", "one version of the purchase order has two documents that were not withdrawn",
            "select 'purchase:' || purchase_id from dispatches where kind = 'PurchaseOrder' and purchase_id is not null and state <> 'Void' group by purchase_id, key having count(*) > 1"),
        ("I4", "the control number is on two documents for one partner",
            "select 'partner:' || partner || ' interchange ' || interchange_control from dispatches where interchange_control is not null and interchange_control <> '1' "
            + "group by partner, test, interchange_control having count(*) > 1 and count(distinct sha256) > 1"),
        ("I5", "the purchase order is released, and neither a document nor a job nor a task is there",
            "select 'purchase:' || p.id from purchases p where p.status = 'Released' and not exists (select 1 from dispatches d where d.purchase_id = p.id) "
            + "and not exists (select 1 from jobs j where j.kind = 'prepare-dispatch' and j.args like '{\"purchaseId\":' || p.id || ',%') "
            + "and not exists (select 1 from tasks t where t.purchase_id = p.id and t.closed_at is null)"),
        ("I5", "the dispatch is on its way, and no job carries it",
            "select 'dispatch:' || d.id from dispatches d where d.state in ('Prepared', 'Sending', 'Unknown') "
            + "and not exists (select 1 from jobs j where j.kind = 'send-dispatch' and j.args = '{\"dispatchId\":' || d.id || '}')"),
        ("I5", "the order waits for routing, and nothing will wake its pool",
            "select 'order:' || o.id from orders o where exists (select 1 from order_lines l where l.order_id = o.id and l.open > 0 and l.sku is not null and l.hold is null) "
            + "and not exists (select 1 from pool_wakes w where w.pool = o.pool) and not exists (select 1 from pools p where p.name = o.pool and (p.next_run_at is not null or p.cut_off_at is not null)) "
            + "and not exists (select 1 from jobs j where j.kind in ('route-order', 'route-pool')) and not exists (select 1 from tasks t where t.order_id = o.id and t.closed_at is null)"),
        ("I6", "the ledger of the counter has a gap or a number too many",
            "select 'counter:' || c.name from counters c left join (select counter, sum(number_to - number + 1) n, min(number) f, max(number_to) l from control_numbers group by counter) g "
            + "on g.counter = c.name where c.name <> 'catalogue' and (g.n is null or g.n <> c.last or g.f <> 1 or g.l <> c.last)"),
        ("I6", "the control number was taken, is not void, and no document has it",
            "select 'control:' || n.counter || '/' || n.number from control_numbers n where n.void_reason is null and not exists (select 1 from dispatches d where d.key = n.used_by)"),
        ("I7", "a later version left before an earlier one",
            "select 'purchase:' || a.purchase_id from dispatches a join dispatches b on b.purchase_id = a.purchase_id and b.id > a.id and b.kind = a.kind "
            + "where a.sent_at is not null and b.sent_at < a.sent_at"),
        ("I8", "the document was received, and no job reads it",
            "select 'document:' || d.id from documents d where d.state = 'Received' and d.outbound = 0 "
            + "and not exists (select 1 from jobs j where j.kind = 'read-document' and j.args = '{\"documentId\":' || d.id || '}')"),
        ("I8", "the same bytes of one partner were applied twice",
            "select 'document:' || max(id) from documents where state = 'Applied' and outbound = 0 and partner is not null group by partner, sha256 having count(*) > 1"),
        ("I8", "an inbox key names a document that is not there",
            "select 'inbox-key:' || k.key from inbox_keys k where not exists (select 1 from documents d where d.id = k.document_id)"),
        ("I11", "an acknowledgement is awaited, and neither a deadline nor a task watches it",
            "select 'dispatch:' || d.id from dispatches d where d.acknowledgement = 'Awaited' and d.state in ('Sent', 'Confirmed') and d.kind = 'PurchaseOrder' and d.test = 0 "
            + "and exists (select 1 from deadlines x where x.kind = 'acknowledgement') and not exists (select 1 from deadlines x where x.subject = 'dispatch:' || d.id) "
            + "and not exists (select 1 from tasks t where (t.purchase_id = d.purchase_id or t.key like '%' || d.id) and t.closed_at is null)"),
        ("I11", "the document was acknowledged twice",
            "select 'document:' || acknowledges_document_id from dispatches where acknowledges_document_id is not null and state <> 'Void' group by acknowledges_document_id having count(*) > 1"),
        ("I13", "an invoice of another partner is held against the purchase order",
            "select 'purchase:' || p.id from supplier_invoices i join purchases p on p.id = i.purchase_id where p.partner <> i.partner"),
        ("I13", "the dispatch went to another partner than its purchase order",
            "select 'dispatch:' || d.id from dispatches d join purchases p on p.id = d.purchase_id where p.partner <> d.partner"),
    ];

    public async Task<IReadOnlyList<InvariantBreach>> CheckAsync(CancellationToken cancellationToken)
    {
        var breaches = new List<InvariantBreach>();
        await using var snapshot = await store.SnapshotAsync(cancellationToken);
        foreach (var (invariant, text, sql) in Checks.Concat(Bought.Checks).Concat(Reserved.Checks))
        {
            breaches.AddRange(await snapshot.Session.ListAsync($"{sql} limit {MostOfEach}", null, row => new InvariantBreach(invariant, row.Text(), text), cancellationToken));
        }
        await CheckHashesAsync(snapshot.Session, breaches, cancellationToken);
        return breaches;
    }

    /// <summary>I3: the bytes are what was frozen. The newest are read; older ones were when they were new.</summary>
    static async Task CheckHashesAsync(Session session, List<InvariantBreach> breaches, CancellationToken cancellationToken)
    {
        var dispatches = await session.ListAsync("select id, sha256, bytes from dispatches order by id desc limit 500", null,
            static row => (Id: row.Number(), Sha256: row.Text(), Bytes: row.Bytes()), cancellationToken);
        breaches.AddRange(dispatches.Where(row => Convert.ToHexStringLower(SHA256.HashData(row.Bytes)) != row.Sha256).Take(MostOfEach)
            .Select(row => new InvariantBreach("I3", $"dispatch:{row.Id}", "the bytes are not those whose hash was stored")));
    }

    sealed record Batch(long Number, long FirstId, long LastId, long Entries, string PreviousHash, string Hash);

    const string BatchColumns = "select number, first_id, last_id, entries, previous_hash, hash from audit_batches";
    const string Genesis = "0000000000000000000000000000000000000000000000000000000000000000";
    const int SealAtOnce = 5_000;

    static Batch ReadBatch(Row row) => new(row.Number(), row.Number(), row.Number(), row.Number(), row.Text(), row.Text());

    public async Task<long> SealAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        long sealedEntries = 0;
        while (true)
        {
            long end;
            await using (var read = await store.ReadAsync(cancellationToken))
                end = await store.VisibleAuditEndAsync(read.Session, cancellationToken);
            await using var work = (Work)await store.BeginAsync(cancellationToken);
            var session = work.Session;
            if (session.Dialect.IsPostgres)
                await session.RunAsync("select pg_advisory_xact_lock(1430474832, 2)", null, cancellationToken);
            var last = await session.FirstAsync(BatchColumns + " order by number desc limit 1", null, ReadBatch, cancellationToken);
            var (hash, count, first, final) = await HashAsync(session, last?.Hash ?? Genesis, last?.LastId ?? 0, end, SealAtOnce, cancellationToken);
            if (count == 0)
                return sealedEntries;
            await session.RunAsync("insert into audit_batches (number, first_id, last_id, entries, previous_hash, hash, sealed_at) values (@number, @first, @final, @count, @previous, @hash, @now)",
                new { number = (last?.Number ?? 0) + 1, first, final, count, previous = last?.Hash ?? Genesis, hash, now = Stored.Moment(now) }, cancellationToken);
            await work.CommitAsync(cancellationToken);
            sealedEntries += count;
            if (count < SealAtOnce)
                return sealedEntries;
        }
    }

    /// <summary>SHA-256 over the previous hash and every entry with id in (after, upTo], each field with its length before it, so that no two
    /// different entries give the same bytes.</summary>
    static async Task<(string Hash, long Count, long First, long Final)> HashAsync(Session session, string previous, long after, long upTo, int limit,
        CancellationToken cancellationToken)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(Encoding.ASCII.GetBytes(previous));
        var entries = await session.ListAsync("select id, at, actor, action, subject, before_json, after_json from audit where id > @after and id <= @upTo order by id limit @limit",
            new { after, upTo, limit }, static row => (Id: row.Number(), At: row.Number(), Texts: new[] { row.Text(), row.Text(), row.Text(), row.TextOrNull(), row.TextOrNull() }), cancellationToken);
        var numbers = new byte[16];
        foreach (var entry in entries)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(numbers, entry.Id);
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(numbers.AsSpan(8), entry.At);
            sha.AppendData(numbers);
            foreach (var text in entry.Texts)
            {
                var bytes = text is null ? [] : Encoding.UTF8.GetBytes(text);
                System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(numbers, text is null ? -1 : bytes.Length);
                sha.AppendData(numbers.AsSpan(0, 8));
                sha.AppendData(bytes);
            }
        }
        return (Convert.ToHexStringLower(sha.GetHashAndReset()), entries.Count, entries.Count == 0 ? 0 : entries[0].Id, entries.Count == 0 ? 0 : entries[^1].Id);
    }

    public async Task<AuditVerdict> VerifyAsync(int? newest, CancellationToken cancellationToken)
    {
        await using var snapshot = await store.SnapshotAsync(cancellationToken);
        var session = snapshot.Session;
        var batches = await session.ListAsync(BatchColumns + " order by number desc limit @limit", new { limit = (newest ?? int.MaxValue - 1) + 1 }, ReadBatch, cancellationToken);
        batches.Reverse();
        var breaches = new List<InvariantBreach>();
        // When only the newest are asked for, the one before them gives the hash and the id they continue.
        Batch? before = null;
        if (newest is { } asked && batches.Count > asked)
        {
            before = batches[0];
            batches.RemoveAt(0);
        }
        long total = 0;
        foreach (var batch in batches)
        {
            var (previous, after, number) = before is null ? (Genesis, 0L, 1L) : (before.Hash, before.LastId, before.Number + 1);
            if (batch.Number != number)
                breaches.Add(new("I12", $"audit-batch:{batch.Number}", $"batches {number} to {batch.Number - 1} are missing"));
            else if (batch.PreviousHash != previous)
                breaches.Add(new("I12", $"audit-batch:{batch.Number}", "it does not continue the batch before it"));
            var (hash, count, _, final) = await HashAsync(session, batch.PreviousHash, after, batch.LastId, int.MaxValue, cancellationToken);
            if (count != batch.Entries)
                breaches.Add(new("I12", $"audit-batch:{batch.Number}", $"found {count} entries up to number {batch.LastId}, sealed were {batch.Entries}: entries were added or deleted"));
            else if (hash != batch.Hash || final != batch.LastId)
                breaches.Add(new("I12", $"audit-batch:{batch.Number}", $"an entry between numbers {batch.FirstId} and {batch.LastId} is not as it was sealed"));
            total += count;
            before = batch;
        }
        var unsealed = await session.NumberAsync("select count(*) from audit where id > @last", new { last = before?.LastId ?? 0 }, cancellationToken) ?? 0;
        return new AuditVerdict(batches.Count, total, unsealed, before?.Hash ?? Genesis, breaches);
    }
}
