using System.Globalization;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Storage;

internal sealed class DispatchesTable(Session session) : IDispatches
{
    /// <summary>X12 ISA13 and GS06 hold nine digits; EDIFACT 0020 holds fourteen characters, and one limit serves both.</summary>
    internal const long LastControlNumber = 999_999_999;

    static readonly Bulk<Dispatch> InsertDispatches = Bulk<Dispatch>.Insert("dispatches", "returning id", [
        Column<Dispatch>.Text("key", dispatch => dispatch.Key),
        Column<Dispatch>.Text("partner", dispatch => dispatch.Partner),
        Column<Dispatch>.Text("kind", dispatch => dispatch.Kind.ToString()),
        Column<Dispatch>.Number("purchase_id", dispatch => dispatch.PurchaseId),
        Column<Dispatch>.Number("acknowledges_document_id", dispatch => dispatch.AcknowledgesDocumentId),
        Column<Dispatch>.Bytes("bytes", dispatch => dispatch.Bytes),
        Column<Dispatch>.Text("sha256", dispatch => dispatch.Sha256),
        Column<Dispatch>.Text("interchange_control", dispatch => dispatch.InterchangeControl),
        Column<Dispatch>.Text("group_control", dispatch => dispatch.GroupControl),
        Column<Dispatch>.Text("message_control", dispatch => dispatch.MessageControl),
        Column<Dispatch>.Text("file_name", dispatch => dispatch.FileName),
        Column<Dispatch>.Text("content_type", dispatch => dispatch.ContentType),
        Column<Dispatch>.Text("mapping_version", dispatch => dispatch.MappingVersion),
        Column<Dispatch>.Moment("prepared_at", dispatch => dispatch.PreparedAt),
        Column<Dispatch>.Flag("test", dispatch => dispatch.Test),
        .. MovingColumns()]);
    static readonly Bulk<Dispatch> UpdateDispatches = Bulk<Dispatch>.Update("dispatches", ["id"],
        [Column<Dispatch>.Number("id", dispatch => dispatch.Id), .. MovingColumns()]);

    /// <summary>What changes after the bytes are frozen.</summary>
    static Column<Dispatch>[] MovingColumns() =>
    [
        Column<Dispatch>.Text("state", dispatch => dispatch.State.ToString()),
        Column<Dispatch>.Number("attempt", dispatch => dispatch.Attempt),
        Column<Dispatch>.Number("fence", dispatch => dispatch.Fence),
        Column<Dispatch>.Moment("lease_until", dispatch => dispatch.LeaseUntil),
        Column<Dispatch>.Number("sender_job", dispatch => dispatch.SenderJob),
        Column<Dispatch>.Number("sender_fence", dispatch => dispatch.SenderFence),
        Column<Dispatch>.Text("evidence", dispatch => dispatch.Evidence),
        Column<Dispatch>.Text("reason", dispatch => dispatch.Reason),
        Column<Dispatch>.Text("acknowledgement", dispatch => dispatch.Acknowledgement.ToString()),
        Column<Dispatch>.Moment("sent_at", dispatch => dispatch.SentAt),
    ];

    const string NoBytes = "id, key, partner, kind, purchase_id, acknowledges_document_id, file_name, content_type, sha256, interchange_control, "
        + "group_control, message_control, mapping_version, state, attempt, fence, lease_until, evidence, reason, acknowledgement, prepared_at, sent_at, sender_job, sender_fence, test";

    static readonly Bulk<(ControlNumberUse Use, long Number)> InsertNumbers = Bulk<(ControlNumberUse Use, long Number)>.Insert("control_numbers", "",
        Column<(ControlNumberUse Use, long Number)>.Text("counter", row => row.Use.Counter),
        Column<(ControlNumberUse Use, long Number)>.Number("number", row => row.Number),
        Column<(ControlNumberUse Use, long Number)>.Number("number_to", row => row.Number),
        Column<(ControlNumberUse Use, long Number)>.Text("used_by", row => row.Use.UsedBy));

    static readonly Bulk<KeyValuePair<string, int>> TakeNumbers = Bulk<KeyValuePair<string, int>>.Insert("counters",
        "on conflict (name) do update set last = counters.last + excluded.last returning last || ' ' || name",
        Column<KeyValuePair<string, int>>.Text("name", wanted => wanted.Key),
        Column<KeyValuePair<string, int>>.Number("last", wanted => wanted.Value));

    public async Task<IReadOnlyList<long>> NextControlNumbersAsync(IReadOnlyList<ControlNumberUse> uses, CancellationToken cancellationToken)
    {
        if (uses.Count == 0)
            return [];
        // Sorted, so that two transactions that want the same counters cannot wait for each other.
        var wanted = uses.CountBy(use => use.Counter).OrderBy(wanted => wanted.Key, StringComparer.Ordinal).ToList();
        var taken = (await TakeNumbers.TextsAsync(session, wanted, cancellationToken)).Select(text => text.Split(' ', 2)).ToDictionary(pair => pair[1], pair => long.Parse(pair[0], CultureInfo.InvariantCulture), StringComparer.Ordinal);
        var next = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (counter, count) in wanted)
        {
            if (taken[counter] > LastControlNumber)
            {
                throw new HubException($"Control numbers of {counter}: found {taken[counter]}, expected at most {LastControlNumber}. Agree with the partner on a new "
                    + "sender or receiver id, or on starting again at 1, and change the partner file.");
            }
            next.Add(counter, taken[counter] - count + 1);
        }
        var numbers = uses.Select(use => next[use.Counter]++).ToList();
        await InsertNumbers.RunAsync(session, [.. uses.Zip(numbers)], cancellationToken);
        return numbers;
    }

    public async Task VoidControlNumberAsync(string counter, long number, string reason, CancellationToken cancellationToken)
    {
        var changed = await session.RunAsync("update control_numbers set void_reason = @reason where counter = @counter and number = @number",
            new { counter, number, reason }, cancellationToken);
        if (changed != 1)
            throw new HubException($"Control number {number} of {counter}: found no row, expected a number that was taken. Take it before making it void.");
    }

    public async Task<IReadOnlyList<Dispatch>> AddAsync(IReadOnlyList<Dispatch> dispatches, CancellationToken cancellationToken)
    {
        var ids = await InsertDispatches.NumbersAsync(session, dispatches, cancellationToken);
        return [.. dispatches.Select((dispatch, index) => dispatch with { Id = ids[index] })];
    }

    public async Task<IReadOnlyList<Dispatch>> LockAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken) =>
        ids.Count == 0 ? [] : await ByIdAsync(ids, "{lock}", cancellationToken);

    public async Task<IReadOnlyList<Dispatch>> LoadAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken) =>
        ids.Count == 0 ? [] : await ByIdAsync(ids, "", cancellationToken);

    async Task<IReadOnlyList<Dispatch>> ByIdAsync(IReadOnlyCollection<long> ids, string locked, CancellationToken cancellationToken) =>
        await session.ListAsync($"select {NoBytes}, bytes from dispatches where id {{any ids}} order by id {locked}",
            new { ids = session.Dialect.List(ids) }, static row => Read(row) with { Bytes = row.Bytes() }, cancellationToken);

    public async Task<IReadOnlyList<Dispatch>> OfPurchaseAsync(long purchaseId, CancellationToken cancellationToken) =>
        await session.ListAsync($"select {NoBytes} from dispatches where purchase_id = @purchaseId order by id desc", new { purchaseId }, Read,
            cancellationToken);

    public async Task<IReadOnlySet<string>> KnownKeysAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken) =>
        keys.Count == 0 ? new HashSet<string>() : (await session.ListAsync("select key from dispatches where key {any keys}",
            new { keys = session.Dialect.List(keys) }, static row => row.Text(), cancellationToken)).ToHashSet(StringComparer.Ordinal);

    public async Task<IReadOnlySet<long>> SettledAsync(IReadOnlyCollection<long> ids, DateTimeOffset before, CancellationToken cancellationToken) =>
        (await session.ListAsync("select id from dispatches where id {any ids} and state in ('Sent', 'Confirmed') and sent_at < @before",
            new { ids = session.Dialect.List(ids), before = Stored.Moment(before) }, static row => row.Number(), cancellationToken)).ToHashSet();

    public async Task<IReadOnlyDictionary<long, long>> LockFencesAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken) =>
        (await session.ListAsync("select id, fence from dispatches where id {any ids} order by id {lock}", new { ids = session.Dialect.List(ids) },
            static row => (Id: row.Number(), Fence: row.Number()), cancellationToken)).ToDictionary(row => row.Id, row => row.Fence);

    public async Task<Dispatch?> FindByControlAsync(string partner, bool test, string? interchangeControl, string? groupControl, string? messageControl,
        CancellationToken cancellationToken)
    {
        if (interchangeControl is null && groupControl is null && messageControl is null)
            return null;
        var sql = $"select {NoBytes} from dispatches where partner = @partner and test = @test"
            + (interchangeControl is null ? "" : " and interchange_control = @interchangeControl")
            + (groupControl is null ? "" : " and group_control = @groupControl")
            + (messageControl is null ? "" : " and message_control = @messageControl")
            + " order by id desc limit 1 {lock}";
        return await session.FirstAsync(sql, new { partner, test = test ? 1L : 0L, interchangeControl, groupControl, messageControl }, Read, cancellationToken);
    }

    public async Task UpdateAsync(IReadOnlyCollection<Dispatch> dispatches, CancellationToken cancellationToken)
    {
        var rows = dispatches.LastOfEach(dispatch => dispatch.Id);
        if (await UpdateDispatches.RunAsync(session, rows, cancellationToken) != rows.Count)
            throw new HubException("Found dispatches that are not stored, expected all. Add them first.");
    }

    public async Task<bool> OlderUnsettledAsync(string partner, long beforeId, CancellationToken cancellationToken) =>
        await session.NumberAsync("select id from dispatches where partner = @partner and id < @beforeId and state in ('Prepared', 'Sending', 'Unknown') limit 1",
            new { partner, beforeId }, cancellationToken) is not null;

    static Dispatch Read(Row row) => new()
    {
        Id = row.Number(), Key = row.Text(), Partner = row.Text(), Kind = row.Name<DocumentKind>(), PurchaseId = row.NumberOrNull(),
        AcknowledgesDocumentId = row.NumberOrNull(), FileName = row.Text(), ContentType = row.Text(), Bytes = [], Sha256 = row.Text(),
        InterchangeControl = row.TextOrNull(), GroupControl = row.TextOrNull(), MessageControl = row.TextOrNull(), MappingVersion = row.TextOrNull(),
        State = row.Name<DispatchState>(), Attempt = row.Int(), Fence = row.Number(), LeaseUntil = row.MomentOrNull(), Evidence = row.TextOrNull(),
        Reason = row.TextOrNull(), Acknowledgement = row.Name<AcknowledgementState>(), PreparedAt = row.Moment(), SentAt = row.MomentOrNull(),
        SenderJob = row.NumberOrNull(), SenderFence = row.NumberOrNull(), Test = row.Flag(),
    };
}
