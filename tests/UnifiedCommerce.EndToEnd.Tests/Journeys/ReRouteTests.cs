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

/// <summary>What happens to lines that lose their supplier, or come too late there, by what buying elsewhere costs.</summary>
public sealed class ReRouteTests
{
    private static readonly PageRequest Everything = new(null, 500);

    [Fact]
    public async Task A_re_route_that_costs_more_than_the_house_rule_allows_waits_with_the_cost_before_and_after()
    {
        await using var bench = await OpenAsync(limit: -10_000);
        var (purchase, orders) = await RejectedAsync(bench);
        var task = await CardAsync(bench);
        Assert.Equal(purchase.Id, task.PurchaseId);
        var card = JsonSerializer.Deserialize<ReRouteCard>(task.Data, CanonicalJson.Options)!;
        Assert.False(card.Ask);
        Assert.NotEmpty(card.Lines);
        Assert.All(card.Lines, line => Assert.True(line.Before > 0 && line.After > 0 && line.Partner != purchase.Partner));
        Assert.Equal(card.Lines.Sum(line => line.Before), card.Before);
        Assert.Contains($"{card.After:0.00} EUR", task.Text, StringComparison.Ordinal);
        var held = await LinesAsync(bench, orders, card);
        Assert.All(held, line => Assert.Equal(card.Hold, line.Hold));
        Assert.All(held, line => Assert.True(line.Open > 0));

        Assert.True((await bench.Journey.Desk.ApproveReRouteAsync(task.Id, "ann", CancellationToken.None)).Done);
        await bench.ADayAsync();
        Assert.All(await LinesAsync(bench, orders, card), line => Assert.True(line.Open == 0 && line.Hold is null && line.Allocated > 0));
        Assert.Empty(await OpenCardsAsync(bench));
    }

    [Fact]
    public async Task A_refused_re_route_waits_until_a_buyer_pins_a_supplier()
    {
        await using var bench = await OpenAsync(limit: -10_000);
        var (_, orders) = await RejectedAsync(bench);
        var task = await CardAsync(bench);
        var card = JsonSerializer.Deserialize<ReRouteCard>(task.Data, CanonicalJson.Options)!;
        Assert.False((await bench.Journey.Desk.RefuseReRouteAsync(task.Id, " ", "ann", CancellationToken.None)).Done);
        Assert.True((await bench.Journey.Desk.RefuseReRouteAsync(task.Id, "too dear", "ann", CancellationToken.None)).Done);
        await bench.ADayAsync();
        var line = (await LinesAsync(bench, orders, card))[0];
        Assert.Contains("too dear", line.Hold, StringComparison.Ordinal);
        Assert.Equal(card.Lines.Count, (await bench.OpenTasksAsync("line-without-supplier")).Count);

        var named = card.Lines.First(entry => entry.OrderId == line.OrderId && entry.LineId == line.LineId);
        Assert.True((await bench.Journey.Desk.SourceAsync(named.OrderId, named.LineId, named.Partner, null, "worth it for this customer", "ann", CancellationToken.None)).Done);
        await bench.ADayAsync();
        Assert.Equal(0, (await LinesAsync(bench, orders, card)).First(after => after.OrderId == line.OrderId && after.LineId == line.LineId).Open);
        Assert.Equal(card.Lines.Count - 1, (await bench.OpenTasksAsync("line-without-supplier")).Count);
    }

    [Fact]
    public async Task A_re_route_within_the_limit_needs_nobody()
    {
        await using var bench = await OpenAsync(limit: 10_000);
        var (purchase, orders) = await RejectedAsync(bench);
        await bench.ADayAsync();
        Assert.Empty(await OpenCardsAsync(bench));
        var lines = await LinesOfAsync(bench, orders, purchase);
        Assert.Contains(lines, line => line.Open == 0 && line.Allocated > 0);
    }

    [Theory]
    [InlineData(10_000, false)]
    [InlineData(-10_000, true)]
    public async Task A_backorder_that_misses_the_need_by_date_is_asked_back_when_somebody_else_can_deliver_in_time(decimal limit, bool waits)
    {
        await using var bench = await OpenAsync(limit);
        var purchase = await BackorderedAsync(bench);
        if (waits)
        {
            var task = await CardAsync(bench);
            Assert.True(JsonSerializer.Deserialize<ReRouteCard>(task.Data, CanonicalJson.Options)!.Ask);
            Assert.Null((await LoadAsync(bench, purchase)).PendingChange);
            Assert.True((await bench.Journey.Desk.ApproveReRouteAsync(task.Id, "ann", CancellationToken.None)).Done);
        }
        else
        {
            Assert.Empty(await OpenCardsAsync(bench));
        }
        var asked = await LoadAsync(bench, purchase);
        Assert.NotNull(asked.PendingChange);
        // Still one live purchase order for every line: nothing is bought elsewhere before the supplier agrees.
        var pegs = await bench.ReadAsync(work => work.Purchases.PegsOfPurchasesAsync([purchase.Id], CancellationToken.None));
        var orders = await bench.ReadAsync(work => work.Orders.LoadAsync([.. pegs.Where(peg => !peg.ToStock).Select(peg => peg.OrderId).Distinct()], CancellationToken.None));
        Assert.All(pegs.Where(peg => !peg.ToStock), peg => Assert.Equal(0, orders.First(order => order.Id == peg.OrderId).Lines.First(line => line.LineId == peg.LineId).Open));

        await AnswerAsync(bench, purchase, new OrderResponse { Number = "R-3", OrderNumber = asked.PendingChange!, Status = ResponseStatus.Accepted });
        await bench.ADayAsync();
        var positions = asked.Lines.Where(line => line.CancelRequested > 0).Select(line => line.Position).ToHashSet();
        var moved = (await LinesOfAsync(bench, [.. orders.Select(order => order.Id)], purchase, positions)).ToList();
        Assert.NotEmpty(moved);
        Assert.All(moved, line => Assert.Contains(purchase.Partner, line.Forbidden));
        Assert.Contains(moved, line => line.Open == 0 && line.Allocated > 0);
    }

    [Fact]
    public async Task A_supplier_who_refuses_to_let_go_of_late_goods_is_not_asked_again_and_again()
    {
        await using var bench = await OpenAsync(limit: 10_000);
        var purchase = await BackorderedAsync(bench);
        var asked = await LoadAsync(bench, purchase);
        Assert.NotNull(asked.PendingChange);
        await AnswerAsync(bench, purchase, new OrderResponse { Number = "R-3", OrderNumber = asked.PendingChange, Status = ResponseStatus.Rejected, Reason = "packed" });
        await bench.ADayAsync();
        var after = await LoadAsync(bench, purchase);
        Assert.Equal((null, asked.Document.Version), (after.PendingChange, after.Document.Version));
        Assert.Equal(asked.Lines.Count(line => line.CancelRequested > 0), (await bench.OpenTasksAsync("cancel-refused")).Count(task => task.PurchaseId == purchase.Id));
    }

    private static Task<Workbench> OpenAsync(decimal limit) => Workbench.OpenAsync(book => book with
    {
        House = book.House with { Rules = book.House.Rules with { ReRouteLimit = limit } },
        Partners = book.Partners.ToDictionary(pair => pair.Key,
            pair => pair.Value.Transport is { Kind: "https" } ? pair.Value with { Purchasing = pair.Value.Purchasing with { Stopped = true } } : pair.Value, StringComparer.Ordinal),
    });

    /// <summary>The samples' orders, routed and sent; of the purchase orders with most lines, the one whose articles others sell too.</summary>
    private static async Task<PurchaseState> SentAsync(Workbench bench)
    {
        await bench.TakeInSamplesAsync();
        await bench.ADayAsync();
        var rows = (await HubViews.Of(bench.Store).PurchasesAsync(new PurchaseFilter { Status = PurchaseStatus.Sent }, Everything, CancellationToken.None)).Items;
        return await LoadAsync(bench, rows.Where(row => bench.Book.Get(row.Partner).Purchasing.Changes).OrderByDescending(row => row.Lines).ThenBy(row => row.Id).First().Id);
    }

    /// <summary>A purchase order that was sent and all of which comes far too late.</summary>
    private static async Task<PurchaseState> BackorderedAsync(Workbench bench)
    {
        var purchase = await SentAsync(bench);
        await AnswerAsync(bench, purchase, new OrderResponse
        {
            Number = "R-2", OrderNumber = purchase.Document.Number, Status = ResponseStatus.Conditional,
            Lines = [.. purchase.Document.Lines.Select(line => new OrderResponseLine
            {
                Position = line.Position, Status = LineStatus.Backordered, Item = line.Item, Quantity = line.Quantity, PromisedDelivery = DateOnly.FromDateTime(bench.Clock.Now.DateTime).AddDays(60),
            })],
        });
        return purchase;
    }

    private static async Task<(PurchaseState Purchase, IReadOnlyList<long> Orders)> RejectedAsync(Workbench bench)
    {
        var purchase = await SentAsync(bench);
        await AnswerAsync(bench, purchase, new OrderResponse { Number = "R-1", OrderNumber = purchase.Document.Number, Status = ResponseStatus.Rejected, Reason = "no stock" });
        var pegs = await bench.ReadAsync(work => work.Purchases.PegsOfPurchasesAsync([purchase.Id], CancellationToken.None));
        await bench.StepToAsync(bench.Clock.Now.AddMinutes(15));
        return (purchase, [.. pegs.Where(peg => !peg.ToStock).Select(peg => peg.OrderId).Distinct()]);
    }

    private static async Task AnswerAsync(Workbench bench, PurchaseState purchase, OrderResponse response)
    {
        await using (var work = await bench.Store.BeginAsync(CancellationToken.None))
        {
            var result = await bench.Journey.Application.ApplyAsync(work, bench.Book.Get(purchase.Partner), DocumentKind.OrderResponse, response, 0, overdue: false, CancellationToken.None);
            Assert.Equal(DocumentState.Applied, result.State);
            await work.CommitAsync(CancellationToken.None);
        }
        await bench.WorkAsync();
    }

    private static async Task<HubTask> CardAsync(Workbench bench) => Assert.Single(await OpenCardsAsync(bench));

    private static Task<IReadOnlyList<HubTask>> OpenCardsAsync(Workbench bench) => bench.OpenTasksAsync("approve-re-route");

    private static Task<PurchaseState> LoadAsync(Workbench bench, PurchaseState purchase) => LoadAsync(bench, purchase.Id);

    private static async Task<PurchaseState> LoadAsync(Workbench bench, long id) => (await bench.ReadAsync(work => work.Purchases.LoadAsync([id], CancellationToken.None)))[0];

    private static async Task<IReadOnlyList<OrderLineState>> LinesAsync(Workbench bench, IReadOnlyList<long> orders, ReRouteCard card) =>
        [.. (await bench.ReadAsync(work => work.Orders.LoadAsync(orders, CancellationToken.None))).SelectMany(order => order.Lines)
            .Where(line => card.Lines.Any(entry => entry.OrderId == line.OrderId && entry.LineId == line.LineId))];

    private static async Task<IReadOnlyList<OrderLineState>> LinesOfAsync(Workbench bench, IReadOnlyList<long> orders, PurchaseState purchase, IReadOnlySet<int>? positions = null)
    {
        var pegs = await bench.ReadAsync(work => work.Purchases.PegsOfPurchasesAsync([purchase.Id], CancellationToken.None));
        return [.. (await bench.ReadAsync(work => work.Orders.LoadAsync(orders, CancellationToken.None))).SelectMany(order => order.Lines)
            .Where(line => pegs.Any(peg => peg.OrderId == line.OrderId && peg.LineId == line.LineId && positions?.Contains(peg.Position) != false))];
    }
}
