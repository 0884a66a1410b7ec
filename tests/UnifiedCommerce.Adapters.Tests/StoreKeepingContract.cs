using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Adapters.Tests;

public sealed class StorageKeepingOnSqliteTests(SqliteSource source) : StoreKeepingContract(source), IClassFixture<SqliteSource>;

public sealed class StorageKeepingOnPostgresTests(PostgresSource source) : StoreKeepingContract(source), IClassFixture<PostgresSource>;

/// <summary>Audit log, invariants, backup and restore, rebuilding jobs.</summary>
public abstract class StoreKeepingContract(IStoreSource source)
{
    static readonly DateTimeOffset Monday = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
    static readonly CancellationToken None = CancellationToken.None;

    static async Task InAsync(HubStore store, Func<IWork, Task> act)
    {
        await using var work = await store.BeginAsync(None);
        await act(work);
        await work.CommitAsync(None);
    }

    static Task SqlAsync(HubStore store, string sql) => InAsync(store, work => ((Storage.Work)work).Session.RunAsync(sql, null, None));

    static AuditEntry Entry(int number) => new(Monday, "anna", "rule.changed", $"rule:{number}", null, """{"x":1}""");

    static Task AuditAsync(HubStore store, int count) => InAsync(store, work => work.Audit.AddAsync([.. Enumerable.Range(0, count).Select(Entry)], None));

    [StoreFact]
    public async Task A_sealed_audit_log_verifies()
    {
        await using var store = await source.NewAsync();
        await AuditAsync(store, 7);
        Assert.Equal(7, await store.SelfAudit.SealAsync(Monday, None));
        await AuditAsync(store, 3);
        Assert.Equal(3, await store.SelfAudit.SealAsync(Monday, None));
        await AuditAsync(store, 2);
        var verdict = await store.SelfAudit.VerifyAsync(null, None);
        Assert.Equal((2, 10L, 2L, 0), (verdict.Batches, verdict.Entries, verdict.Unsealed, verdict.Breaches.Count));
        var newest = await store.SelfAudit.VerifyAsync(1, None);
        Assert.Equal((1, 3L, verdict.Head, 0), (newest.Batches, newest.Entries, newest.Head, newest.Breaches.Count));
    }

    [StoreFact]
    public Task A_changed_entry_is_found() => TamperAsync("update audit set actor = 'bert' where id = 4", "not as it was sealed");

    [StoreFact]
    public Task A_field_moved_into_its_neighbour_is_found() =>
        TamperAsync("update audit set actor = 'annarule.changed', action = '' where id = 4", "not as it was sealed");

    [StoreFact]
    public Task A_deleted_entry_is_found() => TamperAsync("delete from audit where id = 4", "added or deleted");

    [StoreFact]
    public Task A_deleted_batch_is_found() => TamperAsync("delete from audit_batches where number = 1", "missing");

    [StoreFact]
    public Task A_batch_sealed_anew_is_found() => TamperAsync(
        "update audit_batches set hash = 'f' where number = 1", "not as it was sealed");

    async Task TamperAsync(string sql, string expected)
    {
        await using var store = await source.NewAsync();
        for (var batch = 0; batch < 2; batch++)
        {
            await AuditAsync(store, 5);
            await store.SelfAudit.SealAsync(Monday, None);
        }
        await SqlAsync(store, sql);
        var verdict = await store.SelfAudit.VerifyAsync(null, None);
        Assert.Contains(verdict.Breaches, breach => breach.Invariant == "I12" && breach.Text.Contains(expected, StringComparison.Ordinal));
    }

    static async Task<(OrderState Order, PurchaseState Purchase, Dispatch Dispatch)> SeedAsync(HubStore store)
    {
        (OrderState, PurchaseState, Dispatch) seeded = default;
        await InAsync(store, async work =>
        {
            var order = (await work.Orders.AddAsync([new OrderState
            {
                Number = "W-1", Channel = "webshop", Customer = "c", Pool = "default", ContentHash = "h", ReceivedAt = Monday,
                Order = new Order { Number = "W-1", Channel = "webshop", Buyer = new Party { Gln = "1" }, Lines = [] },
                Lines =
                [
                    new OrderLineState { LineId = "10", Index = 0, Sku = "A", Ordered = 10, Allocated = 10, Awaiting = 10 },
                    new OrderLineState { LineId = "20", Index = 1, Sku = "B", Ordered = 3, Open = 3 },
                ],
            }], None))[0];
            var purchase = (await work.Purchases.AddAsync([new PurchaseState
            {
                Partner = "nord", RunId = 1, Key = "k", Status = PurchaseStatus.Released, DecidedAt = Monday,
                Document = new PurchaseOrder
                {
                    Number = "PO-1", Issued = Monday, Buyer = new Party { Gln = "1" }, Supplier = new Party { Gln = "2" }, ShipTo = new Party { Gln = "3" }, Currency = "EUR", Lines = [],
                },
                Lines = [new PurchaseLineState { Position = 1, Sku = "A", UnitFactor = 1, Ordered = 10, Awaiting = 10, NetPrice = 1 }],
            }], None))[0];
            await work.Purchases.AddPegsAsync([new Peg { PurchaseId = purchase.Id, Position = 1, OrderId = order.Id, LineId = "10", Rank = 1, Quantity = 10, Awaiting = 10 }], None);
            var number = await work.Dispatches.NextControlNumberAsync("nord/a/b/live", "PO-1-v1", None);
            byte[] bytes = [1, 2, 3];
            var dispatch = (await work.Dispatches.AddAsync([new Dispatch
            {
                Key = "PO-1-v1", Partner = "nord", Kind = DocumentKind.PurchaseOrder, PurchaseId = purchase.Id, FileName = "f", ContentType = "t", Bytes = bytes,
                Sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)), InterchangeControl = $"{number}", State = DispatchState.Prepared, PreparedAt = Monday,
            }], None))[0];
            await work.Jobs.InsertAsync([DispatchJobs.Send(dispatch)], None);
            await work.Routing.WakePoolAsync("default", Monday, None);
            seeded = (order, purchase, dispatch);
        });
        return seeded;
    }

    /// <summary>Writes the dispatch a second time, with another key, hash and purchase order.</summary>
    static string Copy(string changed) =>
        "insert into dispatches (key, sha256, purchase_id, partner, kind, acknowledges_document_id, file_name, content_type, bytes, interchange_control, state, attempt, fence, acknowledgement, prepared_at) "
        + $"select {changed}, partner, kind, acknowledges_document_id, file_name, content_type, bytes, '77', state, attempt, fence, acknowledgement, prepared_at from dispatches where key not like '%-again'";

    [StoreFact]
    public async Task Invariants_hold_and_each_breach_is_found()
    {
        await using var store = await source.NewAsync();
        await SeedAsync(store);
        Assert.Empty(await store.SelfAudit.CheckAsync(None));
        (string Sql, string Invariant, string Undo)[] breaches =
        [
            ("update order_lines set open = open + 1000", "I1", "update order_lines set open = open - 1000"),
            ("update reserved set amount = amount + 1000", "I1", "update reserved set amount = amount - 1000"),
            ("update purchase_lines set reserved = reserved + 1000; update reserved set amount = amount + 1000", "I1",
                "update purchase_lines set reserved = reserved - 1000; update reserved set amount = amount - 1000"),
            ("update purchase_lines set awaiting = awaiting - 1", "I1", "update purchase_lines set awaiting = awaiting + 1"),
            ("update pegs set quantity = quantity - 1000, awaiting = awaiting - 1000", "I2", "update pegs set quantity = quantity + 1000, awaiting = awaiting + 1000"),
            ("update dispatches set sha256 = 'x' || sha256", "I3", "update dispatches set sha256 = substr(sha256, 2)"),
            ("update jobs set kind = 'gone'", "I5", "update jobs set kind = 'send-dispatch'"),
            ("delete from pool_wakes", "I5", "insert into pool_wakes (pool, at) values ('default', 1)"),
            ("update counters set last = 3 where name like 'nord%'", "I6", "update counters set last = 1 where name like 'nord%'"),
            ("update control_numbers set used_by = 'nobody'", "I6", "update control_numbers set used_by = 'PO-1-v1'"),
            ("update dispatches set interchange_control = '77'; " + Copy("key || '-again', 'x' || sha256, purchase_id"), "I4",
                "delete from dispatches where key like '%-again'; update dispatches set interchange_control = '1'"),
            (Copy("key || '-again', sha256, 99"), "I3", "delete from dispatches where key like '%-again'"),
            ("insert into inbox_keys (key, document_id) values ('k', 99)", "I8", "delete from inbox_keys"),
            ("update dispatches set state = 'Sent', acknowledgement = 'Awaited'; insert into deadlines (kind, subject, due_at) values ('acknowledgement', 'dispatch:99', 1)", "I11",
                "update dispatches set state = 'Prepared', acknowledgement = 'NoneExpected'; delete from deadlines"),
            ("update dispatches set acknowledges_document_id = 7; " + Copy("key || '-again', sha256, purchase_id"), "I11",
                "delete from dispatches where key like '%-again'; update dispatches set acknowledges_document_id = null"),
            ("insert into supplier_invoices (partner, number, is_credit, document_id, purchase_id, issued, currency, payable, matched, difference) "
                + "select 'sud', 'R-1', 0, 1, id, '2026-01-01', 'EUR', 1, 0, 0 from purchases", "I13", "delete from supplier_invoices"),
            ("update dispatches set partner = 'sud'", "I13", "update dispatches set partner = 'nord'"),
        ];
        foreach (var (sql, invariant, undo) in breaches)
        {
            await SqlAsync(store, sql);
            Assert.Contains(await store.SelfAudit.CheckAsync(None), breach => breach.Invariant == invariant);
            await SqlAsync(store, undo);
        }
        Assert.Empty(await store.SelfAudit.CheckAsync(None));
    }

    [StoreFact]
    public async Task Deleting_all_jobs_loses_nothing()
    {
        await using var store = await source.NewAsync();
        var (_, purchase, _) = await SeedAsync(store);
        await InAsync(store, work => work.Documents.AddAsync(new Core.Inbound.StoredDocument
        {
            Transport = "folder", Name = "a", Partner = "nord", ReceivedAt = Monday, Sha256 = "a", Bytes = [1],
        }, None));
        await InAsync(store, async work =>
        {
            await work.Catalogue.SetSettingAsync("webhook/wh1", """{"Id":"wh1"}""", None);
            await work.Catalogue.SetSettingAsync(TellingJobs.BusCursorSetting, "7", None);
        });
        await SqlAsync(store, "delete from jobs");
        await SqlAsync(store, "delete from pool_wakes");
        Assert.NotEmpty(await store.SelfAudit.CheckAsync(None));
        var counts = await JobsRebuild.RunAsync(store, None);
        Assert.Equal([("deliver-webhook", 1), ("publish-event", 1), ("read-document", 1), ("send-dispatch", 1), ("wake-pool", 1)], counts.OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => (count.Key, count.Value)));
        Assert.Empty(await store.SelfAudit.CheckAsync(None));
        await JobsRebuild.RunAsync(store, None);
        Assert.Equal(4, (await store.JobDesk.DepthsAsync(None)).Sum(depth => depth.Ready));
        Assert.Equal(PurchaseStatus.Released, purchase.Status);
    }

    [StoreFact]
    public async Task A_restored_hub_sends_nothing_and_uses_no_number_again()
    {
        await using var store = await source.NewAsync();
        var (order, _, dispatch) = await SeedAsync(store);
        var file = Path.Combine(Directory.CreateTempSubdirectory("uc-backup-").FullName, "backup");
        await store.BackUpAsync(file, None);
        await Assert.ThrowsAsync<IOException>(() => store.BackUpAsync(file, None));
        await using var fresh = await source.NewAsync();
        var report = await fresh.RestoreAsync(file, 500, None);
        Assert.Equal((2L, 1), (report.Epoch, report.Held));
        await InAsync(fresh, async work =>
        {
            Assert.Equal("W-1", (await work.Orders.LoadAsync([order.Id], None))[0].Number);
            var held = (await work.Dispatches.LockAsync([dispatch.Id], None))[0];
            Assert.Equal((DispatchState.Held, 3), (held.State, held.Bytes.Length));
            Assert.Equal(502, await work.Dispatches.NextControlNumberAsync("nord/a/b/live", "PO-2-v1", None));
            await work.Dispatches.VoidControlNumberAsync("nord/a/b/live", 502, "test", None);
            Assert.Equal(2, (await work.Orders.AddAsync([order with { Number = "W-2" }], None))[0].Id);
        });
        Assert.Superset(new HashSet<string>(["send-dispatch", TellingJobs.WebhookKind, TellingJobs.BusKind]), (await fresh.JobQueue.LimitsAsync(None)).PausedKinds.ToHashSet());
        Assert.DoesNotContain(await fresh.SelfAudit.CheckAsync(None), breach => breach.Invariant == "I6");
        await Assert.ThrowsAsync<HubException>(() => store.RestoreAsync(file, 0, None));
    }
}
