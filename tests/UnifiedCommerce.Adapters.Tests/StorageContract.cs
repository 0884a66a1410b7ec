using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Routing;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Adapters.Tests;

/// <summary>Gives each test an empty store on one of the two databases.</summary>
public interface IStoreSource
{
    Task<HubStore> NewAsync(StorageOptions? options = null);
    Task<HubStore> AgainAsync(HubStore store, StorageOptions? options = null);
}

public sealed class SqliteSource : IStoreSource, IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("uc-sqlite-").FullName;
    readonly Dictionary<HubStore, string> _strings = [];
    int _count;

    public async Task<HubStore> NewAsync(StorageOptions? options = null)
    {
        var connectionString = $"Data Source={Path.Combine(_folder, $"hub-{Interlocked.Increment(ref _count)}.db")}";
        var store = await HubStore.OpenAsync(connectionString, options);
        lock (_strings)
            _strings[store] = connectionString;
        return store;
    }

    public Task<HubStore> AgainAsync(HubStore store, StorageOptions? options = null) => HubStore.OpenAsync(_strings[store], options);

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

public sealed class PostgresSource : IStoreSource, IAsyncLifetime
{
    readonly Dictionary<HubStore, string> _strings = [];
    ThrowAwayPostgres? _server;

    public async Task InitializeAsync()
    {
        if (ThrowAwayPostgres.Absent is null)
            _server = await ThrowAwayPostgres.StartAsync();
    }

    public async Task<HubStore> NewAsync(StorageOptions? options = null)
    {
        var server = _server ?? throw new InvalidOperationException(ThrowAwayPostgres.Absent);
        var connectionString = await server.CreateDatabaseAsync();
        var store = await HubStore.OpenAsync(connectionString, options);
        lock (_strings)
            _strings[store] = connectionString;
        return store;
    }

    public Task<HubStore> AgainAsync(HubStore store, StorageOptions? options = null) => HubStore.OpenAsync(_strings[store], options);

    public async Task DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }
}

/// <summary>Runs on SQLite always and on PostgreSQL where it is installed.</summary>
public sealed class StorageOnSqliteTests(SqliteSource source) : StorageContract(source), IClassFixture<SqliteSource>;

public sealed class StorageOnPostgresTests(PostgresSource source) : StorageContract(source), IClassFixture<PostgresSource>;

/// <summary>What the journey relies on, whatever the database.</summary>
public abstract class StorageContract(IStoreSource source)
{
    static readonly DateTimeOffset Monday = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
    static readonly CancellationToken None = CancellationToken.None;

    Task<HubStore> NewAsync() => source.NewAsync();

    static OrderState AnOrder(string number, decimal quantity = 12, string? sku = "A-1", string pool = "default") => new()
    {
        Number = number, Channel = "webshop", Customer = "8712345000004", Pool = pool, ContentHash = "h", ReceivedAt = Monday,
        Order = new Order
        {
            Number = number, Channel = "webshop", Buyer = new Party { Gln = "8712345000004", Name = "Bouw\0mat" },
            RequestedDelivery = new DateOnly(2026, 3, 9),
            Lines = [new OrderLine { Id = "10", Item = new Item { BuyerSku = "A-1" }, Quantity = new Quantity(quantity, "EA"), NotFrom = ["x"] }],
        },
        Lines =
        [
            new OrderLineState
            {
                LineId = "10", Index = 0, Sku = sku, NeedBy = new DateOnly(2026, 3, 9), Ordered = quantity, Open = quantity, UnitFactor = 0.333333m,
                Forbidden = ["nord", "sud"],
            },
            new OrderLineState { LineId = "20", Index = 1, Ordered = 1.5m, Cancelled = 1.5m, Reason = "cancelled" },
        ],
    };

    static async Task<T> InAsync<T>(HubStore store, Func<IWork, Task<T>> act)
    {
        await using var work = await store.BeginAsync(None);
        var result = await act(work);
        await work.CommitAsync(None);
        return result;
    }

    static async Task InAsync(HubStore store, Func<IWork, Task> act)
    {
        await using var work = await store.BeginAsync(None);
        await act(work);
        await work.CommitAsync(None);
    }

    [StoreFact]
    public async Task An_order_comes_back_as_it_was_stored()
    {
        await using var store = await NewAsync();
        var added = await InAsync(store, work => work.Orders.AddAsync([AnOrder("W-1"), AnOrder("W-2", 0.125m)], None));
        Assert.Equal([1, 2], added.Select(order => order.Arrival));
        var read = await InAsync(store, work => work.Orders.LockAsync(added.Select(order => order.Id).Reverse().ToArray(), None));
        Assert.Equal(["W-1", "W-2"], read.Select(order => order.Number));
        Assert.Equal(added[1].Lines[0] with { Forbidden = [] }, read[1].Lines[0] with { Forbidden = [] });
        Assert.Equal(["nord", "sud"], read[1].Lines[0].Forbidden);
        Assert.Equal(0.125m, read[1].Lines[0].Open);
        Assert.Equal(Monday, read[0].ReceivedAt);
        Assert.Equal(["x"], read[0].Order.Lines[0].NotFrom);
        Assert.Equal(12, read[0].Order.Lines[0].Quantity.Value);
        var found = await InAsync(store, work => work.Orders.FindByNumberAsync("8712345000004", "W-2", None));
        Assert.Equal(added[1].Id, found!.Id);
        Assert.Null(await InAsync(store, work => work.Orders.FindByNumberAsync("other", "W-2", None)));
    }

    [StoreFact]
    public async Task A_unit_of_work_that_is_not_committed_leaves_nothing()
    {
        await using var store = await NewAsync();
        await using (var work = await store.BeginAsync(None))
        {
            await work.Orders.AddAsync([AnOrder("W-1")], None);
            await work.Jobs.InsertAsync([new NewJob("route-pool", "{}")], None);
        }
        Assert.Empty(await InAsync(store, work => work.Orders.WaitingAsync("default", None)));
        Assert.Equal(1, (await InAsync(store, work => work.Orders.AddAsync([AnOrder("W-1")], None))).Count);
    }

    [StoreFact]
    public async Task The_same_order_number_of_one_customer_is_refused_by_the_database()
    {
        await using var store = await NewAsync();
        await InAsync(store, work => work.Orders.AddAsync([AnOrder("W-1")], None));
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => InAsync(store, work => work.Orders.AddAsync([AnOrder("W-1")], None)));
    }

    [StoreFact]
    public async Task A_line_whose_sums_do_not_hold_is_not_written()
    {
        await using var store = await NewAsync();
        var order = (await InAsync(store, work => work.Orders.AddAsync([AnOrder("W-1")], None)))[0];
        await Assert.ThrowsAsync<HubException>(() => InAsync(store, work => work.Orders.SaveLinesAsync([order.Lines[0] with { Open = 11 }], None)));
    }

    [StoreFact]
    public async Task Lines_wait_when_they_are_open_matched_and_not_on_hold()
    {
        await using var store = await NewAsync();
        var added = await InAsync(store, work => work.Orders.AddAsync(
            [AnOrder("W-1"), AnOrder("W-2", sku: null), AnOrder("W-3"), AnOrder("W-4", pool: "other"), AnOrder("W-5")], None));
        await InAsync(store, work => work.Orders.SaveLinesAsync(
            [added[2].Lines[0] with { Hold = "price" }, added[4].Lines[0] with { Open = 0, Allocated = 12, Awaiting = 12 }], None));
        Assert.Equal(["W-1"], (await InAsync(store, work => work.Orders.WaitingAsync("default", None))).Select(order => order.Number));
        Assert.Equal(2, (await InAsync(store, work => work.Orders.WaitingAsync("default", None)))[0].Lines.Count);
    }

    [StoreFact]
    public async Task A_changed_order_keeps_its_old_lines_and_gets_new_ones()
    {
        await using var store = await NewAsync();
        var order = (await InAsync(store, work => work.Orders.AddAsync([AnOrder("W-1")], None)))[0];
        await InAsync(store, async work =>
        {
            await work.Orders.UpdateAsync(order with { Version = 2, ContentHash = "h2" }, None);
            await work.Orders.SaveLinesAsync([order.Lines[0] with { LineId = "30", Index = 2 }], None);
        });
        var read = (await InAsync(store, work => work.Orders.LoadAsync([order.Id], None)))[0];
        Assert.Equal(2, read.Version);
        Assert.Equal(["10", "20", "30"], read.Lines.Select(line => line.LineId));
    }

    static PurchaseState APurchase(string number, string partner = "nordhandel", decimal quantity = 2) => new()
    {
        Partner = partner, RunId = 1, Key = "k", Status = PurchaseStatus.Released, DecidedAt = Monday,
        Document = new PurchaseOrder
        {
            Number = number, Issued = Monday, Buyer = new Party { Gln = "1" }, Supplier = new Party { Gln = "2" }, ShipTo = new Party { Gln = "3" },
            Currency = "EUR",
            Lines = [new PurchaseOrderLine { Position = 1, Item = new Item { BuyerSku = "A-1" }, Quantity = new Quantity(quantity, "CT"), NetPrice = 12.3456m }],
        },
        Lines = [new PurchaseLineState { Position = 1, Sku = "A-1", UnitFactor = 6, Ordered = quantity, Awaiting = quantity, NetPrice = 12.3456m }],
    };

    [StoreFact]
    public async Task Purchase_orders_pegs_and_reservations_come_back()
    {
        await using var store = await NewAsync();
        var orders = await InAsync(store, work => work.Orders.AddAsync([AnOrder("W-1")], None));
        var added = await InAsync(store, async work =>
        {
            var purchases = await work.Purchases.AddAsync([APurchase("PO-1"), APurchase("PO-2", quantity: 3)], None);
            await work.Purchases.AddPegsAsync([
                new Peg { PurchaseId = purchases[0].Id, Position = 1, OrderId = orders[0].Id, LineId = "10", Rank = 1, Quantity = 10, Awaiting = 10 },
                new Peg { PurchaseId = purchases[0].Id, Position = 1, OrderId = 0, LineId = "", Rank = 2, Quantity = 2, Awaiting = 2 }], None);
            return purchases;
        });
        await InAsync(store, async work =>
        {
            var found = await work.Purchases.FindByNumberAsync("PO-1", None);
            Assert.Equal(12.3456m, found!.Lines[0].NetPrice);
            Assert.Equal(12.3456m, found.Document.Lines[0].NetPrice);
            await work.Purchases.SaveLinesAsync([found.Lines[0] with { Awaiting = 1, Confirmed = 1, Promised = new DateOnly(2026, 3, 5) }], None);
            await work.Purchases.UpdateAsync(found with { Status = PurchaseStatus.Acknowledged, SupplierOrderNumber = "S-9" }, None);
            var pegs = await work.Purchases.PegsOfPurchasesAsync([found.Id], None);
            Assert.Equal([false, true], pegs.Select(peg => peg.ToStock));
            await work.Purchases.SavePegsAsync([pegs[0] with { Awaiting = 4, Confirmed = 6 }], None);
        });
        await InAsync(store, async work =>
        {
            Assert.Equal(6, Assert.Single(await work.Purchases.PegsOfOrdersAsync([orders[0].Id], None)).Confirmed);
            var read = (await work.Purchases.LockAsync([added[0].Id], None))[0];
            Assert.Equal((PurchaseStatus.Acknowledged, "S-9"), (read.Status, read.SupplierOrderNumber));
            Assert.Equal([read.Head], await work.Purchases.LockHeadsAsync([read.Id], None));
            await work.Purchases.SetStatusAsync([(read.Id, PurchaseStatus.Answered)], None);
            Assert.Equal([read.Head with { Status = PurchaseStatus.Answered }], await work.Purchases.LockHeadsAsync([read.Id], None));
            // What is cancelled or refused was not bought.
            Task<decimal> BoughtAsync() => work.Purchases.BoughtAsync("nordhandel", new DateOnly(2026, 3, 2), new DateOnly(2026, 3, 2), None);
            await work.Purchases.SetStatusAsync([(read.Id, PurchaseStatus.Rejected)], None);
            Assert.Equal(37.0368m, await BoughtAsync());
            await work.Purchases.UpdateAsync(read, None);
            Assert.Equal(61.7280m, await BoughtAsync());
            await work.Purchases.SaveLinesAsync([read.Lines[0] with { Awaiting = 0, Cancelled = 1 }], None);
            Assert.Equal(49.3824m, await BoughtAsync());
            var unseen = read.Lines[0] with { Awaiting = 0, Confirmed = 0, Shipped = read.Lines[0].Ordered - 0.5m, Received = 0.5m, Unannounced = 0.75m };
            await work.Purchases.SaveLinesAsync([unseen], None);
            Assert.Equal(unseen, (await work.Purchases.LoadAsync([read.Id], None))[0].Lines[0]);
            await work.Purchases.SaveLinesAsync([read.Lines[0]], None);
            await Assert.ThrowsAsync<HubException>(() => work.Purchases.SetStatusAsync([(read.Id + 100, PurchaseStatus.Sent)], None));
            Assert.Equal(30, await ReservedAsync(work, Monday.AddHours(-1)));
            Assert.Equal(0, await ReservedAsync(work, Monday));
            Assert.Equal(61.7280m, await work.Purchases.BoughtAsync("nordhandel", new DateOnly(2026, 3, 2), new DateOnly(2026, 3, 2), None));
            Assert.Equal(0, await work.Purchases.BoughtAsync("nordhandel", new DateOnly(2026, 3, 3), new DateOnly(2026, 3, 9), None));
        });
        await InAsync(store, work => work.Purchases.AddInvoiceAsync(AnInvoice(), None));
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => InAsync(store, work => work.Purchases.AddInvoiceAsync(AnInvoice(), None)));
    }

    static StockRow ACount(DateTimeOffset asOf) => new("nordhandel", "A-1", 500, asOf, null, null);

    static async Task<decimal> ReservedAsync(IWork work, DateTimeOffset asOf) =>
        (await work.Purchases.ReservedAsync([ACount(asOf), ACount(asOf) with { Sku = "B" }], None)).GetValueOrDefault(("nordhandel", "A-1"));

    [StoreFact]
    public async Task What_is_reserved_of_a_suppliers_stock_follows_orders_answers_and_counts()
    {
        await using var store = await NewAsync();
        var earlier = Monday.AddHours(-1);
        await InAsync(store, work => work.Catalogue.SaveStockAsync([ACount(earlier)], None));
        var orders = await InAsync(store, async work =>
        {
            // 12 and 3 packs of 6; the last was decided when the next count is made.
            var added = await work.Purchases.AddAsync([APurchase("PO-1", quantity: 12), APurchase("PO-2", quantity: 3) with { DecidedAt = Monday.AddHours(2) }], None);
            Assert.Equal(90, await ReservedAsync(work, earlier));
            return added;
        });
        async Task MoveAsync(int index, Func<PurchaseLineState, PurchaseLineState> move) => await InAsync(store, async work =>
        {
            var line = (await work.Purchases.LockAsync([orders[index].Id], None))[0].Lines[0];
            await work.Purchases.SaveLinesAsync([move(line)], None);
            return 0;
        });
        async Task HoldsAsync(decimal expected, DateTimeOffset asOf)
        {
            Assert.Equal(expected, await InAsync(store, work => ReservedAsync(work, asOf)));
            Assert.DoesNotContain(await store.SelfAudit.CheckAsync(None), breach => breach.Text.Contains("reserved", StringComparison.Ordinal));
        }
        await HoldsAsync(90, earlier);
        await MoveAsync(0, line => line with { Awaiting = 0, Confirmed = 12 });
        await HoldsAsync(90, earlier);
        await MoveAsync(0, line => line with { Confirmed = 8, Shipped = 4 });
        await HoldsAsync(66, earlier);
        // A count takes what was ordered before into its figure; what moves of it later does not matter any more.
        var count = Monday.AddHours(1);
        await InAsync(store, work => work.Catalogue.SaveStockAsync([ACount(count)], None));
        await HoldsAsync(18, count);
        await MoveAsync(0, line => line with { Confirmed = 0, Shipped = 12 });
        await HoldsAsync(18, count);
        // A process that has not seen the count yet adds the lines up.
        await HoldsAsync(18, earlier);
        await MoveAsync(1, line => line with { Awaiting = 0, Cancelled = 3 });
        await HoldsAsync(0, count);
        // What a version wrote that does not know of the table is added to it; the next change of the line counts it.
        await using (var work = (Work)await store.BeginAsync(None))
        {
            await work.Session.RunAsync("update purchase_lines set reserved = null, awaiting = 2000, cancelled = 1000 where purchase_id = @id", new { id = orders[1].Id }, None);
            await work.CommitAsync(None);
        }
        await HoldsAsync(12, count);
        await MoveAsync(1, line => line with { Awaiting = 1, Cancelled = 2 });
        await HoldsAsync(6, count);
        await InAsync(store, work => work.Catalogue.SaveStockAsync([ACount(count.AddMinutes(1))], None));
        await HoldsAsync(6, count.AddMinutes(1));
    }

    static SupplierInvoice AnInvoice() => new("nordhandel", "I-1", false, 1, null, new DateOnly(2026, 3, 9), null, "EUR", 10.05m, false, -0.05m, "five cents");

    static Dispatch ADispatch(string key, string control) => new()
    {
        Key = key, Partner = "nordhandel", Kind = DocumentKind.PurchaseOrder, PurchaseId = 7, FileName = key + ".edi", ContentType = "application/edifact",
        Bytes = [1, 2, 0, 255], Sha256 = "s", InterchangeControl = control, MessageControl = "1", PreparedAt = Monday,
    };

    [StoreFact]
    public async Task What_was_bought_before_it_was_counted_is_counted_by_the_migration()
    {
        await using var store = await NewAsync();
        await InAsync(store, work => work.Purchases.AddAsync([APurchase("PO-1", quantity: 2), APurchase("PO-2", quantity: 3), APurchase("PO-3", quantity: 7) with { Status = PurchaseStatus.Refused }], None));
        await InAsync(store, work => ((Storage.Work)work).Session.RunAsync("update purchases set counted = null", null, None));
        await InAsync(store, work => ((Storage.Work)work).Session.RunAsync("delete from bought", null, None));
        using var resource = new StreamReader(typeof(HubStore).Assembly.GetManifestResourceStream("UnifiedCommerce.Storage.Migrations.0005-bought.sql")!);
        foreach (var statement in (await resource.ReadToEndAsync(None)).Split(';').Where(text => text.TrimStart().StartsWith("update", StringComparison.Ordinal) || text.TrimStart().StartsWith("insert", StringComparison.Ordinal)))
        {
            await InAsync(store, work => ((Storage.Work)work).Session.RunAsync(statement, null, None));
        }

        Assert.Equal(61.7280m, await InAsync(store, work => work.Purchases.BoughtAsync("nordhandel", new DateOnly(2026, 3, 2), new DateOnly(2026, 3, 2), None)));
        Assert.DoesNotContain(await store.SelfAudit.CheckAsync(None), breach => breach.Text.Contains("bought", StringComparison.Ordinal));
        await InAsync(store, work => ((Storage.Work)work).Session.RunAsync("update bought set amount = amount + 1", null, None));
        Assert.Contains(await store.SelfAudit.CheckAsync(None), breach => breach.Text.Contains("bought", StringComparison.Ordinal));
    }

    [StoreFact]
    public async Task What_older_code_bought_and_did_not_count_is_bought_at_once_and_counted_by_the_next_change()
    {
        await using var store = await NewAsync();
        var added = await InAsync(store, work => work.Purchases.AddAsync([APurchase("PO-1", quantity: 2), APurchase("PO-2", quantity: 3)], None));
        Task<decimal> BoughtAsync(int day) => InAsync(store, work => work.Purchases.BoughtAsync("nordhandel", new DateOnly(2026, 3, day), new DateOnly(2026, 3, day), None));
        // As a process leaves it that does not know of the table: PO-2 is there, uncounted.
        await InAsync(store, work => ((Storage.Work)work).Session.RunAsync("update purchases set counted = null where number = 'PO-2'", null, None));
        await InAsync(store, work => ((Storage.Work)work).Session.RunAsync("update bought set amount = 246912", null, None));
        Assert.Equal((61.7280m, 0m), (await BoughtAsync(2), await BoughtAsync(3)));
        await InAsync(store, work => work.Purchases.SaveLinesAsync([added[1].Lines[0] with { Awaiting = 2, Cancelled = 1 }], None));
        Assert.Equal(49.3824m, await BoughtAsync(2));
        Assert.DoesNotContain(await store.SelfAudit.CheckAsync(None), breach => breach.Text.Contains("bought", StringComparison.Ordinal));
    }

    [StoreFact]
    public async Task Control_numbers_have_no_gap_after_a_rollback()
    {
        await using var store = await NewAsync();
        Assert.Equal(1, await InAsync(store, work => work.Dispatches.NextControlNumberAsync("nord/a/b/0/interchange", "PO-1", None)));
        await using (var work = await store.BeginAsync(None))
            Assert.Equal(2, await work.Dispatches.NextControlNumberAsync("nord/a/b/0/interchange", "PO-2", None));
        Assert.Equal(2, await InAsync(store, work => work.Dispatches.NextControlNumberAsync("nord/a/b/0/interchange", "PO-3", None)));
        await InAsync(store, work => work.Dispatches.VoidControlNumberAsync("nord/a/b/0/interchange", 2, "withdrawn", None));
        await Assert.ThrowsAsync<HubException>(() => InAsync(store, work => work.Dispatches.VoidControlNumberAsync("nord/a/b/0/interchange", 3, "x", None)));
    }

    [StoreFact]
    public async Task Control_numbers_taken_together_rise_in_the_order_asked_on_each_counter()
    {
        await using var store = await NewAsync();
        await InAsync(store, work => work.Dispatches.NextControlNumberAsync("b", "PO-0", None));
        Assert.Equal([2, 1, 3, 2], await InAsync(store, work => work.Dispatches.NextControlNumbersAsync([new("b", "PO-1"), new("a", "PO-2"), new("b", "PO-3"), new("a", "PO-4")], None)));
        Assert.Empty(await InAsync(store, work => work.Dispatches.NextControlNumbersAsync([], None)));
        Assert.Equal([4], await InAsync(store, work => work.Dispatches.NextControlNumbersAsync([new("b", "PO-5")], None)));
    }

    [StoreFact]
    public async Task The_bytes_of_a_dispatch_are_frozen()
    {
        await using var store = await NewAsync();
        var added = await InAsync(store, work => work.Dispatches.AddAsync([ADispatch("D-1", "1"), ADispatch("D-2", "2")], None));
        await InAsync(store, work => work.Dispatches.UpdateAsync(
            [added[0] with { Bytes = [9], InterchangeControl = "9", State = DispatchState.Sent, Evidence = "file", SentAt = Monday, Fence = 5 }], None));
        await InAsync(store, async work =>
        {
            var read = (await work.Dispatches.LockAsync([added[0].Id], None))[0];
            Assert.Equal([1, 2, 0, 255], read.Bytes);
            Assert.Equal(("1", DispatchState.Sent, 5L), (read.InterchangeControl, read.State, read.Fence));
            Assert.False(await work.Dispatches.OlderUnsettledAsync("nordhandel", added[1].Id, None));
            Assert.True(await work.Dispatches.OlderUnsettledAsync("nordhandel", added[1].Id + 1, None));
            Assert.Equal("D-2", (await work.Dispatches.FindByControlAsync("nordhandel", false, "2", null, null, None))!.Key);
            Assert.Null(await work.Dispatches.FindByControlAsync("nordhandel", false, "2", null, "7", None));
            Assert.Equal(["D-2", "D-1"], (await work.Dispatches.OfPurchaseAsync(7, None)).Select(dispatch => dispatch.Key));
            Assert.Equal(["D-2"], await work.Dispatches.KnownKeysAsync(["D-2", "D-3"], None));
            Assert.Equal([added[0].Id], await work.Dispatches.SettledAsync([added[0].Id, added[1].Id], Monday.AddSeconds(1), None));
            Assert.Empty(await work.Dispatches.SettledAsync([added[0].Id], Monday, None));
            Assert.Equal([5L, 0L], (await work.Dispatches.LockFencesAsync([added[0].Id, added[1].Id], None)).OrderBy(fence => fence.Key).Select(fence => fence.Value));
        });
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => InAsync(store, work => work.Dispatches.AddAsync([ADispatch("D-1", "3")], None)));
    }

    [StoreFact]
    public async Task An_inbox_key_is_taken_once()
    {
        await using var store = await NewAsync();
        var (first, second) = await InAsync(store, async work => (await work.Documents.AddAsync(ADocument("a"), None), await work.Documents.AddAsync(ADocument("b"), None)));
        Assert.Empty(await InAsync(store, work => work.Documents.TakeKeysAsync(first, ["k1", "k2"], None)));
        var held = await InAsync(store, work => work.Documents.TakeKeysAsync(second, ["k2", "k3"], None));
        Assert.Equal(("k2", first), (held.Single().Key, held.Single().Value));
        await InAsync(store, work => work.Documents.ReleaseKeysAsync(first, ["k2"], None));
        Assert.Empty(await InAsync(store, work => work.Documents.TakeKeysAsync(second, ["k2"], None)));
    }

    static StoredDocument ADocument(string name) => new()
    {
        Transport = "folder", Name = name + "\0", ReceivedAt = Monday, Sha256 = name, Bytes = [0, 1], State = DocumentState.Received,
        Diagnostics = [Diagnostic.Error("x", "line 1", "text")],
    };

    [StoreFact]
    public async Task Documents_and_their_messages_come_back()
    {
        await using var store = await NewAsync();
        var id = await InAsync(store, work => work.Documents.AddAsync(ADocument("a"), None));
        await InAsync(store, async work =>
        {
            var read = await work.Documents.FindAsync(id, None);
            Assert.Equal([0, 1], read!.Bytes);
            Assert.Equal("x", Assert.Single(read.Diagnostics).Code);
            await work.Documents.UpdateAsync(read with { State = DocumentState.Applied, Partner = "nord", Format = "x12", Diagnostics = [] }, None);
            await work.Documents.SaveMessagesAsync([
                new StoredMessage { DocumentId = id, Index = 0, Kind = DocumentKind.Invoice, State = DocumentState.Waiting, WaitsFor = "asn:1", Number = "I" },
                new StoredMessage { DocumentId = id, Index = 1, Kind = DocumentKind.DespatchAdvice, State = DocumentState.Applied }], None);
        });
        await InAsync(store, async work =>
        {
            Assert.Equal((DocumentState.Applied, "x12"), ((await work.Documents.FindAsync(id, None))!.State, (await work.Documents.FindAsync(id, None))!.Format));
            Assert.Equal("I", Assert.Single(await work.Documents.WaitingForAsync("asn:1", None)).Number);
            Assert.Equal(2, (await work.Documents.MessagesAsync(id, None)).Count);
            Assert.Null(await work.Documents.FindAsync(99, None));
        });
    }

    [StoreFact]
    public async Task A_pool_wakes_at_the_earliest_moment_and_a_run_swallows_the_wakes_it_saw()
    {
        await using var store = await NewAsync();
        await InAsync(store, work => work.Routing.WakePoolAsync("default", Monday.AddMinutes(5), None));
        await InAsync(store, work => work.Routing.WakePoolAsync("default", Monday, None));
        Assert.Equal(Monday, await InAsync(store, work => work.Deadlines.NextDueAsync(None)));
        Assert.Empty(await InAsync(store, work => work.Routing.DuePoolsAsync(Monday.AddSeconds(-1), None)));
        Assert.Equal("default", Assert.Single(await InAsync(store, work => work.Routing.DuePoolsAsync(Monday, None))).Name);
        await InAsync(store, async work =>
        {
            var pool = await work.Routing.LockPoolAsync("default", None);
            Assert.Equal(Monday, pool.NextRunAt);
            await work.Routing.UpdatePoolAsync(pool with { LastRun = 1, NextRunAt = null, CutOffAt = Monday.AddHours(6) }, None);
        });
        Assert.Empty(await InAsync(store, work => work.Routing.DuePoolsAsync(Monday.AddHours(5), None)));
        Assert.Single(await InAsync(store, work => work.Routing.DuePoolsAsync(Monday.AddHours(6), None)));
        Assert.Equal(1, (await InAsync(store, work => work.Routing.LockPoolAsync("default", None))).LastRun);
    }

    [StoreFact]
    public async Task A_run_and_its_proposals_come_back_byte_for_byte()
    {
        await using var store = await NewAsync();
        var run = new RoutingRun
        {
            Pool = "default", Number = 1, AsOf = Monday, Decided = true, LineCount = 2, Currency = "EUR", CashCost = 10.5m, DecisionCost = 11,
            LowerBound = 10, WorkSteps = 99, Proved = true, Problem = [1, 2, 3], Plan = [4], Versions = "a=b", Sha256 = "s", PreferredCost = 12,
        };
        var id = (await InAsync(store, work => work.Routing.AddAsync([run], None)))[0].Id;
        var read = await InAsync(store, work => work.Routing.FindAsync(id, None));
        Assert.Equal(run with { Id = id, Problem = read!.Problem, Plan = read.Plan }, read);
        Assert.Equal([1, 2, 3], read.Problem);
        await InAsync(store, work => work.Routing.SaveProposalsAsync([new LineProposal(1, "10", id, "nord", Monday, "cheap")], None));
        await InAsync(store, work => work.Routing.SaveProposalsAsync([new LineProposal(1, "10", id, null, null, "none")], None));
        Assert.Null(Assert.Single(await InAsync(store, work => work.Routing.ProposalsAsync(1, None))).Partner);
    }

    [StoreFact]
    public async Task A_new_price_ends_the_open_one_the_day_before()
    {
        await using var store = await NewAsync();
        PriceRow Price(DateOnly from, decimal price, string unit = "EA") => new()
        {
            Partner = "nord", Sku = "A-1", Currency = "EUR", ValidFrom = from,
            Line = new PriceLine { Item = new Item { SupplierSku = "N1" }, Unit = unit, Price = price, Breaks = [new PriceBreak(10, price - 1)] },
        };
        var march = new DateOnly(2026, 3, 1);
        await InAsync(store, work => work.Catalogue.SavePricesAsync([Price(march, 10), Price(march, 50, "CT")], None));
        var version = await InAsync(store, work => work.Catalogue.VersionAsync(None));
        await InAsync(store, work => work.Catalogue.SavePricesAsync([Price(new DateOnly(2026, 4, 1), 11), Price(march, 9)], None));
        Assert.NotEqual(version, await InAsync(store, work => work.Catalogue.VersionAsync(None)));
        var prices = await InAsync(store, work => work.Catalogue.PricesAsync(march, None));
        Assert.Equal(["CT 50", "EA 11"], prices.Where(price => price.ValidTo is null).Select(price => $"{price.Line.Unit} {price.Line.Price}"));
        Assert.Equal((9m, 8m, (DateOnly?)new DateOnly(2026, 3, 31)), prices.Where(price => price.ValidTo is not null)
            .Select(price => (price.Line.Price, price.Line.Breaks[0].Price, price.ValidTo)).Single());
        Assert.Equal(2, (await InAsync(store, work => work.Catalogue.PricesAsync(new DateOnly(2026, 4, 1), None))).Count);
    }

    [StoreFact]
    public async Task An_older_stock_count_never_replaces_a_newer_one()
    {
        await using var store = await NewAsync();
        await InAsync(store, work => work.Catalogue.SaveStockAsync([new StockRow("nord", "A-1", 5.5m, Monday, 3, new DateOnly(2026, 3, 9))], None));
        await InAsync(store, work => work.Catalogue.SaveStockAsync([new StockRow("nord", "A-1", 9, Monday.AddHours(-1), null, null)], None));
        Assert.Equal(5.5m, Assert.Single(await InAsync(store, work => work.Catalogue.StockAsync(None))).Available);
    }

    [StoreFact]
    public async Task Articles_cross_references_and_settings_come_back()
    {
        await using var store = await NewAsync();
        var article = new Article { Sku = "A-1", Name = "Bolt", BaseUnit = "EA", Packs = [new ArticlePack("CT", 6, "04012345000009")], WeightKg = 0.25m };
        await InAsync(store, async work =>
        {
            await work.Catalogue.SaveArticlesAsync([article], None);
            await work.Catalogue.SaveCrossReferencesAsync([new CrossReference("nord", "supplier", "N1", "A-1", 6, "CT")], None);
            await work.Catalogue.SetSettingAsync("partner:nord", "stopped", None);
            await work.Catalogue.SetSettingAsync("partner:sud", "x", None);
            await work.Catalogue.SetSettingAsync("partner:sud", null, None);
        });
        Assert.Equal("CT", Assert.Single((await InAsync(store, work => work.Catalogue.ArticlesAsync(None)))[0].Packs).Unit);
        Assert.Equal(6, Assert.Single(await InAsync(store, work => work.Catalogue.CrossReferencesAsync(None))).UnitFactor);
        Assert.Equal("stopped", Assert.Single(await InAsync(store, work => work.Catalogue.SettingsAsync("partner:", None))).Value);
        Assert.Null(await InAsync(store, work => work.Catalogue.SettingAsync("none", None)));
    }

    [StoreFact]
    public async Task Events_come_in_their_order_and_for_their_audience()
    {
        await using var store = await NewAsync();
        HubEvent Event(string id, string audience, string? customer) =>
            new() { Type = "order.received", At = Monday, Audience = audience, Customer = customer, Subject = id, Data = "{}" };
        await InAsync(store, work => work.Events.AddAsync([Event("1", "portal", "c1"), Event("2", "procurement", null)], None));
        await InAsync(store, work => work.Events.AddAsync([Event("3", "portal", "c2")], None));
        Assert.Equal(["1", "2", "3"], (await InAsync(store, work => work.Events.AfterAsync(0, null, null, 10, None))).Select(entry => entry.Subject));
        Assert.Equal(["1", "3"], (await InAsync(store, work => work.Events.AfterAsync(0, "portal", null, 10, None))).Select(entry => entry.Subject));
        Assert.Equal(["3"], (await InAsync(store, work => work.Events.AfterAsync(1, "portal", "c2", 10, None))).Select(entry => entry.Subject));
        Assert.Equal(["1"], (await InAsync(store, work => work.Events.AfterAsync(0, null, null, 1, None))).Select(entry => entry.Subject));
    }

    [StoreFact]
    public async Task One_task_is_open_for_a_key()
    {
        await using var store = await NewAsync();
        HubTask Task(string text) => new() { Kind = "unmatched-article", Key = "k", Text = text, At = Monday };
        await InAsync(store, work => work.Tasks.OpenAsync([Task("a"), Task("b")], None));
        await InAsync(store, work => work.Tasks.OpenAsync([Task("c")], None));
        Assert.Equal("a", (await InAsync(store, work => work.Tasks.FindAsync(1, None)))!.Text);
        await InAsync(store, work => work.Tasks.CloseAsync("k", "done", Monday, None));
        await InAsync(store, work => work.Tasks.OpenAsync([Task("d")], None));
        Assert.Equal("done", (await InAsync(store, work => work.Tasks.FindAsync(1, None)))!.Outcome);
    }

    [StoreFact]
    public async Task A_deadline_is_taken_once()
    {
        await using var store = await NewAsync();
        await InAsync(store, work => work.Deadlines.SetAsync([new Deadline("answer", "purchase:1", Monday.AddHours(1)), new Deadline("answer", "purchase:2", Monday)], None));
        await InAsync(store, work => work.Deadlines.SetAsync([new Deadline("answer", "purchase:1", Monday.AddHours(-1)), new Deadline("invoice", "purchase:2", Monday)], None));
        await InAsync(store, work => work.Deadlines.ClearAsync("purchase:2", "invoice", None));
        Assert.Equal(["purchase:1", "purchase:2"], (await InAsync(store, work => work.Deadlines.TakeDueAsync(Monday, 10, None))).Select(due => due.Subject));
        Assert.Empty(await InAsync(store, work => work.Deadlines.TakeDueAsync(Monday, 10, None)));
        Assert.Null(await InAsync(store, work => work.Deadlines.NextDueAsync(None)));
    }

    [StoreFact]
    public async Task An_idempotent_answer_is_remembered_once()
    {
        await using var store = await NewAsync();
        var answer = new IdempotentAnswer("k", "h", 201, "{}", Monday);
        await InAsync(store, work => work.Orders.AddAnswersAsync([answer, answer with { Key = "l" }], None));
        Assert.Equal([answer], await InAsync(store, work => work.Orders.FindAnswersAsync(["k", "none"], None)));
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => InAsync(store, work => work.Orders.AddAnswersAsync([answer], None)));
    }

    [StoreFact]
    public async Task Sales_invoices_come_back_newest_first()
    {
        await using var store = await NewAsync();
        SalesInvoice Invoice(string number, int day, decimal open) => new()
        {
            Number = number, Customer = "c", Issued = new DateOnly(2026, 3, day), Currency = "EUR", Total = 10, Open = open,
            Lines = [new SalesInvoiceLine("W-1", "10", 1, 10)],
        };
        await InAsync(store, work => work.SalesInvoices.SaveAsync([Invoice("1", 1, 10), Invoice("2", 2, 0)], None));
        Assert.Equal(["2", "1"], (await InAsync(store, work => work.SalesInvoices.OfCustomerAsync("c", false, None))).Select(invoice => invoice.Number));
        Assert.Equal("W-1", Assert.Single(await InAsync(store, work => work.SalesInvoices.OfCustomerAsync("c", true, None))).Lines[0].OrderNumber);
    }

    [StoreFact]
    public async Task Many_units_of_work_at_once_lose_nothing()
    {
        await using var store = await NewAsync();
        await using var other = await source.AgainAsync(store);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(number => InAsync(number % 2 == 0 ? store : other, async work =>
        {
            await work.Orders.AddAsync([AnOrder($"W-{number}")], None);
            await work.Dispatches.NextControlNumberAsync("c", "u", None);
            await work.Jobs.InsertAsync([new NewJob("route-pool", "{}") { UniqueKey = "route-pool:default" }], None);
        })));
        Assert.Equal(40, (await InAsync(other, work => work.Orders.WaitingAsync("default", None))).Count);
        Assert.Equal(41, await InAsync(store, work => work.Dispatches.NextControlNumberAsync("c", "u", None)));
    }
}
