using System.Text;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.EndToEnd.Tests.Journeys;
using UnifiedCommerce.Hub.Hosting;
using UnifiedCommerce.Storage.Views;

namespace UnifiedCommerce.EndToEnd.Tests.Partners;

/// <summary>What draft, testing, watched and live do to real documents.</summary>
public sealed class GoLiveTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData("nordhandel", "+1'", "UNB")]
    [InlineData("midwest", "*T*", "ISA")]
    public async Task A_partner_in_testing_talks_to_the_sandbox_with_the_test_flag_and_its_own_channel_stays_untouched(string partner, string flag, string header)
    {
        await using var hub = await RunningHub.StartAsync();
        var desk = hub.Service<GoLiveDesk>();
        string real = Path.Combine(hub.Data, "partners", partner);
        Assert.True((await desk.MoveAsync(partner, GoLiveState.Testing, "new mapping", "anna", false, None)).Done);

        var sent = await desk.SendTestOrderAsync(partner, "anna", None);
        Assert.True(sent.Done, sent.Text);

        // Frozen with the flag, carried to the sandbox, acknowledged and answered there.
        await Eventually.HoldsAsync(async () => (await OrderAsync(hub)).State == DispatchState.Confirmed, $"the test order of {partner} is acknowledged");
        var dispatch = await OrderAsync(hub);
        Assert.True(dispatch.Test);
        string text = Encoding.Latin1.GetString(dispatch.Bytes);
        string envelope = text[text.IndexOf(header, StringComparison.Ordinal)..].Split(header == "ISA" ? "GS*" : "UNH")[0].TrimEnd('\r', '\n');
        Assert.Contains(flag, envelope, StringComparison.Ordinal);
        var views = hub.Service<IViews>();
        await Eventually.HoldsAsync(async () => (await views.DocumentsAsync(new DocumentFilter { Partner = partner }, new PageRequest(null, 50), None)).Items
            .Count(row => row.State == DocumentState.Tested) >= 2, "answers of the sandbox are read as tests");

        // Nothing of it touched the real channel or the ledgers.
        Assert.Empty(FilesBelow(Path.Combine(real, "out")));
        Assert.Empty((await views.PurchasesAsync(new PurchaseFilter(), new PageRequest(null, 10), None)).Items);
        var documents = (await views.DocumentsAsync(new DocumentFilter { Partner = partner }, new PageRequest(null, 50), None)).Items;
        Assert.DoesNotContain(documents, row => row.State.Known is DocumentState.Quarantined or DocumentState.Waiting);

        // What arrives on the real channel meanwhile waits there.
        Directory.CreateDirectory(Path.Combine(real, "in"));
        File.Copy(Path.Combine(Workbench.Root, "mappings", partner, "samples", partner == "midwest" ? "order-response.x12" : "order-response.edi"), Path.Combine(real, "in", "real.edi"));
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, None);
        Assert.True(File.Exists(Path.Combine(real, "in", "real.edi")));
        Assert.Empty(hub.Service<Storage.HubStore>().SelfAudit.CheckAsync(None).GetAwaiter().GetResult().Select(breach => breach.ToString()));
    }

    [Fact]
    public async Task A_real_document_of_a_partner_in_testing_or_draft_is_quarantined_and_read_after_the_partner_moved_on()
    {
        await using var hub = await RunningHub.StartAsync();
        var desk = hub.Service<GoLiveDesk>();
        await desk.MoveAsync("nordhandel", GoLiveState.Draft, "terms are not agreed yet", "anna", false, None);
        var reception = hub.Service<DocumentReception>();
        long id = await StoreAsync(hub, await SampleAsync("inventory-report.edi"));
        await Eventually.HoldsAsync(async () => (await DocumentAsync(hub, id)).State == DocumentState.Quarantined, "it is quarantined");
        Assert.Contains("is in draft", (await DocumentAsync(hub, id)).Reason, StringComparison.Ordinal);

        // One step at a time, each with a reason.
        Assert.False((await desk.MoveAsync("nordhandel", GoLiveState.Live, "hurry", "anna", false, None)).Done);
        Assert.False((await desk.MoveAsync("nordhandel", GoLiveState.Testing, " ", "anna", false, None)).Done);
        Assert.True((await desk.MoveAsync("nordhandel", GoLiveState.Testing, "mapping is done", "anna", false, None)).Done);

        // A production envelope handed in while in testing is not read as a test either.
        long other = await StoreAsync(hub, await SampleAsync("despatch-advice.edi"));
        await Eventually.HoldsAsync(async () => (await DocumentAsync(hub, other)).State == DocumentState.Quarantined, "the second one is quarantined");
        Assert.Contains("marked as production", (await DocumentAsync(hub, other)).Reason, StringComparison.Ordinal);

        Assert.True((await desk.MoveAsync("nordhandel", GoLiveState.Watched, "tests went well", "anna", false, None)).Done);
        await hub.Service<Desk>().ReplayAsync(id, release: false, "anna", None);
        await Eventually.HoldsAsync(async () => (await hub.ReadAsync(work => work.Documents.MessagesAsync(id, None))).Count > 0, "it is read");
        var history = await hub.Service<IViews>().AuditAsync("partner:nordhandel", new PageRequest(null, 50), None);
        Assert.Equal(3, history.Items.Count(entry => entry.Action == "partner.state" && entry.Actor == "anna"));
    }

    [Fact]
    public async Task Going_live_takes_a_second_person_where_that_is_configured()
    {
        await using var hub = await RunningHub.StartAsync(HubRoles.Web);
        var desk = hub.Service<GoLiveDesk>();
        await desk.MoveAsync("nordhandel", GoLiveState.Testing, "again", "anna", true, None);
        Assert.Equal(GoLiveState.Testing, StateOf(hub));
        var asked = await desk.MoveAsync("nordhandel", GoLiveState.Watched, "tests went well", "anna", true, None);
        Assert.Contains("another person", asked.Text, StringComparison.Ordinal);
        Assert.Equal(GoLiveState.Testing, StateOf(hub));
        Assert.False((await desk.MoveAsync("nordhandel", GoLiveState.Watched, "me again", "anna", true, None)).Done);
        Assert.True((await desk.MoveAsync("nordhandel", GoLiveState.Watched, "looked at the answers", "bert", true, None)).Done);
        Assert.Equal(GoLiveState.Watched, StateOf(hub));
        Assert.Equal("bert", hub.Service<PartnerVersions>().StateOf("nordhandel")!.By);
        Assert.Empty((await hub.Service<IViews>().TasksAsync(true, SecondPerson.TaskKind, new PageRequest(null, 5), None)).Items);
    }

    [Theory]
    [InlineData(GoLiveState.Draft, false)]
    [InlineData(GoLiveState.Testing, false)]
    [InlineData(GoLiveState.Watched, true)]
    public async Task Routing_chooses_only_partners_that_are_watched_or_live(GoLiveState state, bool chosen)
    {
        // Everybody else is stopped: what is routed goes to this one or to nobody.
        await using var bench = await OnlyAsync("nordhandel", partner => partner.In(state));
        var purchases = await RouteAsync(bench);
        Assert.Equal(chosen, purchases.Count > 0);
    }

    [Fact]
    public async Task A_switch_that_this_process_has_not_followed_yet_already_keeps_routing_and_sending_back()
    {
        await using var bench = await OnlyAsync("nordhandel", partner => partner);
        var released = Assert.Single(await RouteAsync(bench, 1), purchase => purchase.Status == PurchaseStatus.Sent);
        // The store says draft, the book of this process still says live.
        await SetAsync(bench, """{"state":"draft","since":"2026-03-02T08:00:00+01:00","by":"anna","reason":"x"}""");
        Assert.Single(await RouteAsync(bench, 2));
        Assert.NotNull(released);
    }

    [Fact]
    public async Task A_frozen_document_does_not_leave_once_the_store_says_draft_and_leaves_when_it_says_live_again()
    {
        await using var bench = await OnlyAsync("nordhandel", partner => partner);
        await RouteAsync(bench, 1, work: false);
        await SetAsync(bench, """{"state":"draft","since":"2026-03-02T08:00:00+01:00","by":"anna","reason":"x"}""");
        for (int round = 0; round < 4; round++)
        {
            await bench.Engine.RunReadyAsync(None);
        }
        Assert.Equal((DispatchState.Prepared, 0), await OnlyDispatchAsync(bench));
        Assert.Empty(FilesBelow(Path.Combine(bench.Data, "partners", "nordhandel", "out")));

        await SetAsync(bench, null);
        await Eventually.HoldsAsync(async () =>
        {
            await bench.Engine.RunReadyAsync(None);
            return await OnlyDispatchAsync(bench) == (DispatchState.Sent, 1);
        }, "it is sent once");
        Assert.Single(FilesBelow(Path.Combine(bench.Data, "partners", "nordhandel", "out")), file => !file.Contains("_sent", StringComparison.Ordinal));
    }

    private static async Task SetAsync(Workbench bench, string? state)
    {
        await using var work = await bench.Store.BeginAsync(None);
        await work.Catalogue.SetSettingAsync(GoLive.Setting + "nordhandel", state, None);
        await work.CommitAsync(None);
    }

    private static async Task<(StateWord<DispatchState> State, int Attempts)> OnlyDispatchAsync(Workbench bench)
    {
        var row = Assert.Single((await HubViews.Of(bench.Store).DispatchesAsync(null, null, new PageRequest(null, 5), None)).Items);
        return (row.State, row.Attempt);
    }

    [Fact]
    public async Task A_partner_with_open_purchase_orders_is_not_put_back_to_testing()
    {
        await using var hub = await RunningHub.StartAsync(HubRoles.Web);
        await using (var work = await hub.Service<IStore>().BeginAsync(None))
        {
            var house = hub.Service<PartnerBookHolder>().Current.House;
            await work.Purchases.AddAsync([new PurchaseState
            {
                Partner = "nordhandel", RunId = 1, Key = "k", Status = PurchaseStatus.Sent, DecidedAt = TimeProvider.System.GetUtcNow(), ExpectedCharges = 0, ExpectedDiscount = 0,
                Document = new PurchaseOrder { Number = "PO-1", Issued = TimeProvider.System.GetUtcNow(), Buyer = house.Buyer, Supplier = house.Buyer, ShipTo = house.Warehouse, Currency = "EUR", Lines = [] },
                Lines = [],
            }], None);
            await work.CommitAsync(None);
        }
        var refused = await hub.Service<GoLiveDesk>().MoveAsync("nordhandel", GoLiveState.Testing, "new mapping", "anna", false, None);
        Assert.False(refused.Done);
        Assert.Contains("1 purchase orders to Nordhandel Werkzeuge GmbH are open", refused.Text, StringComparison.Ordinal);
        Assert.Equal(GoLiveState.Live, StateOf(hub));
    }

    [Fact]
    public async Task The_first_purchase_orders_of_a_watched_partner_wait_and_the_next_go_by_themselves()
    {
        await using var bench = await OnlyAsync("nordhandel", partner => partner.In(GoLiveState.Watched) with { Watch = 1, Purchasing = partner.Purchasing with { Approval = ApprovalRule.Auto } });
        Assert.Equal(PurchaseStatus.AwaitingApproval, Assert.Single(await RouteAsync(bench, 1)).Status);
        Assert.Equal([PurchaseStatus.AwaitingApproval, PurchaseStatus.Sent], (await RouteAsync(bench, 2)).Select(purchase => purchase.Status.Known!.Value).Order());

        // Documents: the first is shown to a person, then going live is proposed.
        await bench.HandInAsync("nordhandel", "stock.edi", await SampleAsync("inventory-report.edi"));
        await bench.HandInAsync("nordhandel", "answer.edi", await SampleAsync("order-response.edi"));
        await bench.WorkAsync();
        var tasks = await HubViews.Of(bench.Store).TasksAsync(true, null, new PageRequest(null, 100), None);
        Assert.Single(tasks.Items, task => task.Kind == "watched-document");
        Assert.Single(tasks.Items, task => task.Kind == "ready-to-go-live");
    }

    private static async Task<Workbench> OnlyAsync(string id, Func<Partner, Partner> adjust)
    {
        var bench = await Workbench.OpenAsync(book => book with
        {
            Partners = book.Partners.ToDictionary(pair => pair.Key, pair => pair.Key == id ? adjust(pair.Value) : pair.Value with { Purchasing = pair.Value.Purchasing with { Stopped = true } }, StringComparer.Ordinal),
        });
        await using var work = await bench.Store.BeginAsync(None);
        var today = DateOnly.FromDateTime(bench.Clock.Now.DateTime);
        await work.Catalogue.SavePricesAsync([new PriceRow { Partner = id, Sku = "K-TEST", Currency = "EUR", ValidFrom = today.AddDays(-2), Line = new PriceLine { Item = new Item { SupplierSku = "N-TEST" }, Unit = "EA", Price = 400 } }], None);
        await work.Catalogue.SaveArticlesAsync([new Article { Sku = "K-TEST", Name = "Test article", BaseUnit = "EA" }], None);
        await work.Catalogue.SaveStockAsync([new StockRow(id, "K-TEST", 1000, bench.Clock.Now, null, null)], None);
        await work.CommitAsync(None);
        return bench;
    }

    private static async Task<IReadOnlyList<PurchaseRow>> RouteAsync(Workbench bench, int number = 1, bool work = true)
    {
        await using (var transaction = await bench.Store.BeginAsync(None))
        {
            var taken = await bench.Journey.Intake.TakeInAsync(transaction, new Order
            {
                Number = $"W-{number}", Channel = "webshop", Buyer = new Party { Id = "C-1", Name = "Customer" }, RequestedDelivery = DateOnly.FromDateTime(bench.Clock.Now.DateTime).AddDays(30),
                Lines = [new OrderLine { Id = "1", Item = new Item { SupplierSku = "K-TEST" }, Quantity = new Quantity(3, "EA") }],
            }, null, null, "test", None);
            Assert.NotNull(taken.Order);
            await bench.Journey.Routing.RunPoolAsync(transaction, taken.Order.Pool, bench.Clock.Now, decideAll: true, None);
            await transaction.CommitAsync(None);
        }
        if (work)
        {
            await bench.WorkAsync();
        }
        return (await HubViews.Of(bench.Store).PurchasesAsync(new PurchaseFilter(), new PageRequest(null, 50), None)).Items;
    }

    private static GoLiveState StateOf(RunningHub hub) => hub.Service<PartnerBookHolder>().Current.Get("nordhandel").State;

    private static Task<byte[]> SampleAsync(string name) => File.ReadAllBytesAsync(Path.Combine(Workbench.Root, "mappings", "nordhandel", "samples", name), None);

    private static async Task<long> StoreAsync(RunningHub hub, byte[] bytes)
    {
        await using var work = await hub.Service<IStore>().BeginAsync(None);
        var (id, _) = await hub.Service<DocumentReception>().StoreAsync(work, "nordhandel", "https", "file", null, bytes, None);
        await work.CommitAsync(None);
        return id;
    }

    private static async Task<StoredDocument> DocumentAsync(RunningHub hub, long id) => (await hub.ReadAsync(work => work.Documents.FindAsync(id, None)))!;

    private static async Task<Dispatch> OrderAsync(RunningHub hub)
    {
        var row = (await hub.Service<IViews>().DispatchesAsync(null, null, new PageRequest(null, 50), None)).Items.Single(row => row.Kind == DocumentKind.PurchaseOrder);
        return (await hub.ReadAsync(work => work.Dispatches.LockAsync([row.Id], None)))[0];
    }

    private static string[] FilesBelow(string folder) => Directory.Exists(folder) ? Directory.GetFiles(folder, "*", SearchOption.AllDirectories) : [];
}
