using System.Text.Json;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Routing;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Storage.Views;

namespace UnifiedCommerce.EndToEnd.Tests.Journeys;

/// <summary>What suppliers' answers cost beyond their lines: limits of the terms that the rest of a purchase order misses, and the next best source beside a dearer price.
/// Nordhandel delivers free from 750 EUR, takes no order below 150 EUR, and sells K-10002 in hundreds at 12.72 EUR.</summary>
public sealed class RestOfOrderTests
{
    private const string Article = "K-10002";

    [Fact]
    public async Task What_is_left_below_free_freight_is_brought_before_a_person_with_what_it_costs_and_the_choices()
    {
        await using var bench = await OpenAsync();
        var purchase = await BuyAsync(bench);
        Assert.Equal(0m, purchase.ExpectedCharges);
        await RejectAsync(bench, purchase, 50);

        var task = Assert.Single(await bench.OpenTasksAsync("terms-missed"));
        Assert.Contains("636.00 EUR are left. Freight is no longer free (114.00 EUR short of 750.00 EUR). By the terms that costs 12.50 EUR more than agreed.", task.Text, StringComparison.Ordinal);
        var card = JsonSerializer.Deserialize<RestCard>(task.Data, CanonicalJson.Options)!;
        Assert.Equal((12.50m, 12.50m, (decimal?)null), (card.More, card.Charges, card.Minimum));
        Assert.Equal((636m, "vandermeer"), (card.Elsewhere!.Before, Assert.Single(card.Elsewhere.Lines).Partner));

        Assert.True((await bench.Journey.Desk.KeepRestAsync(task.Id, "ann", CancellationToken.None)).Done);
        Assert.Equal(12.50m, (await LoadAsync(bench, purchase)).ExpectedCharges);
        Assert.Empty(await bench.OpenTasksAsync("terms-missed"));
    }

    [Fact]
    public async Task The_rest_is_bought_elsewhere_when_a_person_says_so_and_the_supplier_agrees()
    {
        await using var bench = await OpenAsync();
        var purchase = await BuyAsync(bench);
        await RejectAsync(bench, purchase, 50);
        var task = Assert.Single(await bench.OpenTasksAsync("terms-missed"));

        Assert.True((await bench.Journey.Desk.MoveRestAsync(task.Id, "ann", CancellationToken.None)).Done);
        await bench.WorkAsync();
        var asked = await LoadAsync(bench, purchase);
        Assert.Equal((50m, $"{purchase.Document.Number}-C1"), (asked.Lines[0].CancelRequested, asked.PendingChange));
        await ApplyAsync(bench, new OrderResponse { Number = "R-2", OrderNumber = asked.PendingChange!, Status = ResponseStatus.Accepted });
        await bench.ADayAsync();
        Assert.Equal(100m, (await PurchasesAsync(bench)).Where(other => other.Partner == "vandermeer").Sum(other => other.Lines.Sum(line => line.Ordered)));
        Assert.Empty(await bench.OpenTasksAsync("terms-missed"));
    }

    [Fact]
    public async Task A_rest_below_the_minimum_order_says_that_the_supplier_may_refuse_it()
    {
        await using var bench = await OpenAsync();
        var purchase = await BuyAsync(bench);
        await RejectAsync(bench, purchase, 95);
        var task = Assert.Single(await bench.OpenTasksAsync("terms-missed"));
        Assert.Contains("It is below the minimum order value (86.40 EUR short of 150.00 EUR).", task.Text, StringComparison.Ordinal);
        Assert.Contains("may refuse the rest", task.Text, StringComparison.Ordinal);
        Assert.Equal(150m, JsonSerializer.Deserialize<RestCard>(task.Data, CanonicalJson.Options)!.Minimum);
    }

    [Fact]
    public async Task A_rest_that_still_reaches_every_limit_asks_nobody()
    {
        await using var bench = await OpenAsync();
        await RejectAsync(bench, await BuyAsync(bench), 20);
        Assert.Empty(await bench.OpenTasksAsync("terms-missed"));
    }

    [Fact]
    public async Task A_dearer_price_stands_beside_what_the_next_best_source_costs()
    {
        await using var bench = await OpenAsync();
        var purchase = await BuyAsync(bench);
        await ApplyAsync(bench, new OrderResponse
        {
            Number = "R-1", OrderNumber = purchase.Document.Number, Status = ResponseStatus.Conditional,
            Lines = [new OrderResponseLine { Position = 1, Status = LineStatus.Changed, Item = purchase.Document.Lines[0].Item, Quantity = new Quantity(100, "EA"), NetPrice = 20m }],
        });
        var task = Assert.Single(await bench.OpenTasksAsync("price-change"));
        var card = JsonDocument.Parse(task.Data).RootElement.GetProperty("elsewhere").Deserialize<ReRouteCard>(CanonicalJson.Options)!;
        Assert.Equal((2000m, "vandermeer"), (card.Before, Assert.Single(card.Lines).Partner));
        Assert.True(card.After >= 1300);
        Assert.Contains($"Accepting costs 2000.00 EUR for the open 100; the next best source {new Money(card.After, "EUR")} with freight and fees: {new Money(2000 - card.After, "EUR")} less.", task.Text, StringComparison.Ordinal);

        Assert.True((await bench.Journey.Desk.InsistAsync(task.Id, "ann", CancellationToken.None)).Done);
        Assert.Contains("stands as ordered: 12.72 EUR", Assert.Single(await bench.OpenTasksAsync("tell-supplier")).Text, StringComparison.Ordinal);
        Assert.Equal((100m, 12.72m), ((await LoadAsync(bench, purchase)).Lines[0].Awaiting, (await LoadAsync(bench, purchase)).Lines[0].NetPrice));
    }

    [Fact]
    public void Decisions_stand_above_the_warnings_that_wait_for_them()
    {
        var at = new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);
        HubTask Task(string kind, string key, string data = "{}") => new() { Kind = kind, Key = key, Text = key, At = at, Data = data };
        HubTask Risk(string key, DateTimeOffset? until, string decision) => Task(AtRisk.TaskKind, key, JsonSerializer.Serialize(new AtRiskCard(until, [decision]), CanonicalJson.Options));
        var sorted = TaskOrder.Sort([Risk("risk-1", at.AddHours(3), "late"), Task("overdue-invoice", "invoice"), Risk("risk-2", at.AddHours(1), "soon"), Task("unmatched-article", "other"), Task("price-change", "late"), Task("unmatched-article", "soon")]);
        Assert.Equal(["soon", "late", "other", "invoice"], sorted.Take(4).Select(task => task.Key));
    }

    private static async Task<Workbench> OpenAsync()
    {
        var bench = await Workbench.OpenAsync(book => book with
        {
            House = book.House with { Rules = book.House.Rules with { ReRouteLimit = 10_000 } },
            Partners = book.Partners.ToDictionary(pair => pair.Key, pair => pair.Value with { Purchasing = pair.Value.Purchasing with { Approval = ApprovalRule.Auto } }, StringComparer.Ordinal),
        });
        await bench.LoadCataloguesAsync("nordhandel");
        await bench.LoadCataloguesAsync("vandermeer");
        return bench;
    }

    private static async Task<PurchaseState> BuyAsync(Workbench bench)
    {
        var order = (await bench.SubmitAsync(new Order
        {
            Number = "A-1", Channel = "webshop", Buyer = new Party { Id = "A-1" }, Currency = "EUR",
            Lines = [new OrderLine { Id = "1", Item = new Item { SupplierSku = Article }, Quantity = new Quantity(100, "EA") }],
        })).Order!;
        Assert.True((await bench.Journey.Desk.SourceAsync(order.Id, "1", "nordhandel", null, "the test's supplier", "ann", CancellationToken.None)).Done);
        await bench.ADayAsync();
        Assert.True((await bench.Journey.Desk.SourceAsync(order.Id, "1", null, null, "anybody from now on", "ann", CancellationToken.None)).Done);
        var purchase = Assert.Single(await PurchasesAsync(bench));
        Assert.Equal(("nordhandel", 100m, 12.72m), (purchase.Partner, purchase.Lines[0].Ordered, purchase.Lines[0].NetPrice));
        return purchase;
    }

    private static Task RejectAsync(Workbench bench, PurchaseState purchase, decimal quantity) => ApplyAsync(bench, new OrderResponse
    {
        Number = "R-1", OrderNumber = purchase.Document.Number, Status = ResponseStatus.Conditional,
        Lines =
        [
            new OrderResponseLine { Position = 1, Status = LineStatus.Accepted, Item = purchase.Document.Lines[0].Item, Quantity = new Quantity(100 - quantity, "EA") },
            new OrderResponseLine { Position = 1, Status = LineStatus.Rejected, Item = purchase.Document.Lines[0].Item, Quantity = new Quantity(quantity, "EA") },
        ],
    });

    private static async Task ApplyAsync(Workbench bench, OrderResponse response)
    {
        await using (var work = await bench.Store.BeginAsync(CancellationToken.None))
        {
            var result = await bench.Journey.Application.ApplyAsync(work, bench.Book.Get("nordhandel"), DocumentKind.OrderResponse, response, 0, overdue: false, CancellationToken.None);
            Assert.Equal(DocumentState.Applied, result.State);
            await work.CommitAsync(CancellationToken.None);
        }
        await bench.WorkAsync();
    }

    private static async Task<IReadOnlyList<PurchaseState>> PurchasesAsync(Workbench bench)
    {
        var rows = (await HubViews.Of(bench.Store).PurchasesAsync(new PurchaseFilter(), new PageRequest(null, 500), CancellationToken.None)).Items;
        return await bench.ReadAsync(work => work.Purchases.LoadAsync([.. rows.Select(row => row.Id)], CancellationToken.None));
    }

    private static async Task<PurchaseState> LoadAsync(Workbench bench, PurchaseState purchase) => (await PurchasesAsync(bench)).First(candidate => candidate.Id == purchase.Id);
}
