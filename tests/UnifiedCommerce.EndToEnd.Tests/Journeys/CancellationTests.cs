using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Storage.Views;

namespace UnifiedCommerce.EndToEnd.Tests.Journeys;

/// <summary>What customers, buyers and suppliers take back, on the hub's own code with one supplier that takes order changes.</summary>
public sealed class CancellationTests
{
    private const string Pliers = "K-10001";

    [Fact]
    public async Task The_customer_who_cancels_loses_the_goods_and_not_the_one_behind_in_rank()
    {
        await using var bench = await OneSupplierAsync();
        var first = await TakeInAsync(bench, "A-1", 100);
        var second = await TakeInAsync(bench, "B-1", 100);
        await bench.ADayAsync();
        var purchase = Assert.Single(await PurchasesAsync(bench));
        await DeskDoesAsync(bench, desk => desk.CancelOrderAsync(first, null, "test", CancellationToken.None));
        Assert.Equal(100, (await PurchasesAsync(bench))[0].Lines[0].CancelRequested);

        await AnswerAsync(bench, purchase, $"{purchase.Document.Number}-C1", ResponseStatus.Accepted);

        Assert.Equal((0m, 100m), await LeftAsync(bench, first));
        Assert.Equal((100m, 0m), await LeftAsync(bench, second));
    }

    [Fact]
    public async Task What_a_second_customer_cancels_is_asked_when_the_first_change_is_answered()
    {
        await using var bench = await OneSupplierAsync();
        var first = await TakeInAsync(bench, "A-1", 100);
        var second = await TakeInAsync(bench, "B-1", 80);
        await bench.ADayAsync();
        await DeskDoesAsync(bench, desk => desk.CancelOrderAsync(first, null, "test", CancellationToken.None));
        await DeskDoesAsync(bench, desk => desk.CancelOrderAsync(second, null, "test", CancellationToken.None));
        var purchase = (await PurchasesAsync(bench))[0];
        Assert.Equal((100m, $"{purchase.Document.Number}-C1"), (purchase.Lines[0].CancelRequested, purchase.PendingChange));

        await AnswerAsync(bench, purchase, $"{purchase.Document.Number}-C1", ResponseStatus.Accepted);
        purchase = (await PurchasesAsync(bench))[0];
        Assert.Equal((100m, 80m, $"{purchase.Document.Number}-C2"), (purchase.Lines[0].Cancelled, purchase.Lines[0].CancelRequested, purchase.PendingChange));
        // The second is refused: the first stays cancelled, and nothing is bought elsewhere.
        await AnswerAsync(bench, purchase, $"{purchase.Document.Number}-C2", ResponseStatus.Rejected);
        await bench.ADayAsync();
        purchase = Assert.Single(await PurchasesAsync(bench));
        Assert.Equal((100m, 80m), (purchase.Lines[0].Cancelled, purchase.Lines[0].Unshipped()));
        Assert.Equal(80m, (await LeftAsync(bench, first)).Live + (await LeftAsync(bench, second)).Live);
    }

    [Theory]
    [InlineData("accepted")]
    [InlineData("rejected")]
    [InlineData("recorded")]
    [InlineData("recorded as refused")]
    [InlineData("shipped")]
    [InlineData("silence, then recorded")]
    public async Task What_is_cancelled_of_other_lines_while_a_change_waits_is_asked_whatever_becomes_of_it(string becomes)
    {
        await using var bench = await OneSupplierAsync();
        var order = await TakeInAsync(bench, "A-1", 100, lines: 3);
        await bench.ADayAsync();
        var purchase = Assert.Single(await PurchasesAsync(bench));
        await ApplyAsync(bench, new OrderResponse { Number = "R-0", OrderNumber = purchase.Document.Number, Status = ResponseStatus.Accepted });
        await DeskDoesAsync(bench, desk => desk.CancelOrderAsync(order, "1", "test", CancellationToken.None));
        await DeskDoesAsync(bench, desk => desk.CancelOrderAsync(order, "2", "test", CancellationToken.None));
        purchase = Assert.Single(await PurchasesAsync(bench));
        var first = $"{purchase.Document.Number}-C1";
        Assert.Equal(first, purchase.PendingChange);
        var (gone, other) = (purchase.Lines.Single(line => line.CancelRequested > 0).Position, purchase.Lines.Single(line => line.Sku == "K-10002").Position);

        switch (becomes)
        {
            case "accepted": await AnswerAsync(bench, purchase, first, ResponseStatus.Accepted); break;
            case "rejected": await AnswerAsync(bench, purchase, first, ResponseStatus.Rejected); break;
            case "recorded": await DeskDoesAsync(bench, desk => desk.RecordCancelledAsync(purchase.Id, "by phone", "test", CancellationToken.None)); break;
            case "recorded as refused": await DeskDoesAsync(bench, desk => desk.RecordCancelRefusedAsync(purchase.Id, "by phone", "test", CancellationToken.None)); break;
            case "shipped":
                await ApplyAsync(bench, DocumentKind.DespatchAdvice, new DespatchAdvice
                {
                    Number = "D-1", OrderNumber = purchase.Document.Number,
                    Lines = [new DespatchLine { Position = gone, Item = purchase.Document.Lines[gone - 1].Item, Quantity = new Quantity(100, "EA") }],
                });
                break;
            default:
                for (var day = 0; day < 4; day++)
                {
                    await bench.ADayAsync();
                    bench.Clock.Now = bench.Clock.Now.AddDays(1);
                }
                Assert.Contains((await TasksAsync(bench)), task => task.Kind == "cancel-request" && task.Text.Contains($"has not answered {first}", StringComparison.Ordinal));
                await DeskDoesAsync(bench, desk => desk.RecordCancelledAsync(purchase.Id, "by phone", "test", CancellationToken.None));
                break;
        }

        purchase = Assert.Single(await PurchasesAsync(bench));
        Assert.Equal($"{purchase.Document.Number}-C2", purchase.PendingChange);
        Assert.Equal([(other, 100m)], purchase.Lines.Where(line => line.CancelRequested > 0).Select(line => (line.Position, line.CancelRequested)));
        Assert.Equal(becomes is "accepted" or "recorded" or "silence, then recorded" ? 100m : 0m, purchase.Lines[gone - 1].Cancelled);
        Assert.DoesNotContain(await TasksAsync(bench), task => task.Kind == "cancel-request");
        Assert.Contains(await bench.ReadAsync(work => work.Dispatches.OfPurchaseAsync(purchase.Id, CancellationToken.None)), dispatch => dispatch.Key == purchase.PendingChange);
        await AnswerAsync(bench, purchase, $"{purchase.Document.Number}-C2", ResponseStatus.Accepted);
        purchase = Assert.Single(await PurchasesAsync(bench));
        Assert.Equal((null, 100m), (purchase.PendingChange, purchase.Lines[other - 1].Cancelled));
    }

    [Fact]
    public async Task A_change_whose_goods_have_shipped_before_it_was_written_is_not_sent()
    {
        await using var bench = await OneSupplierAsync();
        var order = await TakeInAsync(bench, "A-1", 100);
        await bench.ADayAsync();
        var purchase = Assert.Single(await PurchasesAsync(bench));
        Assert.True((await bench.Journey.Desk.CancelOrderAsync(order, null, "test", CancellationToken.None)).Done);
        await using (var work = await bench.Store.BeginAsync(CancellationToken.None))
        {
            var ask = new Job(0, "ask-cancellation", $$"""{"orderId":{{order}}}""", null, 1, 1, 1, bench.Clock.Now);
            await bench.Journey.BatchHandlers.Single(handler => handler.Kind == ask.Kind).RunAsync([ask], work, CancellationToken.None);
            await bench.Journey.Application.ApplyAsync(work, bench.Book.Get("nordhandel"), DocumentKind.DespatchAdvice, new DespatchAdvice
            {
                Number = "D-1", OrderNumber = purchase.Document.Number, Lines = [new DespatchLine { Position = 1, Item = purchase.Document.Lines[0].Item, Quantity = new Quantity(100, "EA") }],
            }, 0, overdue: false, CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }
        await bench.WorkAsync();
        Assert.Single(await bench.ReadAsync(work => work.Dispatches.OfPurchaseAsync(purchase.Id, CancellationToken.None)));
        Assert.Equal((null, PurchaseStatus.Fulfilled), ((await PurchasesAsync(bench))[0].PendingChange, (await PurchasesAsync(bench))[0].Status));
    }

    [Fact]
    public async Task A_late_answer_to_the_order_is_not_taken_for_the_answer_to_its_cancellation()
    {
        await using var bench = await OneSupplierAsync();
        var first = await TakeInAsync(bench, "A-1", 100);
        await bench.ADayAsync();
        var purchase = Assert.Single(await PurchasesAsync(bench));
        await DeskDoesAsync(bench, desk => desk.CancelOrderAsync(first, null, "test", CancellationToken.None));

        await ApplyAsync(bench, new OrderResponse
        {
            Number = "R-1", OrderNumber = purchase.Document.Number, Status = ResponseStatus.Conditional,
            Lines = [new OrderResponseLine { Position = 1, Status = LineStatus.Accepted, Item = purchase.Document.Lines[0].Item, Quantity = new Quantity(100, "EA") }],
        });

        purchase = (await PurchasesAsync(bench))[0];
        Assert.Equal((100m, 0m, 100m), (purchase.Lines[0].Confirmed, purchase.Lines[0].Cancelled, purchase.Lines[0].CancelRequested));
        Assert.NotNull(purchase.PendingChange);
    }

    [Fact]
    public async Task A_bare_rejection_after_a_confirmation_waits_for_a_person_because_buying_elsewhere_would_order_twice()
    {
        await using var bench = await OneSupplierAsync();
        await TakeInAsync(bench, "A-1", 100);
        await bench.ADayAsync();
        var purchase = Assert.Single(await PurchasesAsync(bench));
        await ApplyAsync(bench, new OrderResponse { Number = "R-1", OrderNumber = purchase.Document.Number, Status = ResponseStatus.Accepted });

        var rejection = new OrderResponse { Number = "R-2", OrderNumber = purchase.Document.Number, Status = ResponseStatus.Rejected };
        Assert.Equal(DocumentState.Quarantined, (await TryApplyAsync(bench, rejection, released: false)).State);
        Assert.Equal(100m, (await PurchasesAsync(bench))[0].Lines[0].Confirmed);
        Assert.Equal(DocumentState.Applied, (await TryApplyAsync(bench, rejection, released: true)).State);
        Assert.Equal(100m, (await PurchasesAsync(bench))[0].Lines[0].Cancelled);
    }

    [Fact]
    public async Task A_line_on_two_purchase_orders_is_asked_to_be_cancelled_once()
    {
        await using var bench = await OneSupplierAsync();
        var order = await TakeInAsync(bench, "A-1", 200);
        await bench.ADayAsync();
        await bench.SubmitAsync(OrderOf("A-1", 400));
        await bench.ADayAsync();
        Assert.Equal(2, (await PurchasesAsync(bench)).Count);

        await bench.SubmitAsync(OrderOf("A-1", 300));
        await bench.WorkAsync();

        Assert.Equal([0m, 100m], (await PurchasesAsync(bench)).OrderBy(purchase => purchase.Id).Select(purchase => purchase.Lines.Sum(line => line.CancelRequested)));
        Assert.Equal((400m, 0m), await LeftAsync(bench, order));
    }

    [Fact]
    public async Task A_purchase_order_that_waits_for_approval_never_leaves_with_what_was_cancelled()
    {
        await using var bench = await OneSupplierAsync(ApprovalRule.Always);
        var first = await TakeInAsync(bench, "A-1", 100);
        var second = await TakeInAsync(bench, "B-1", 80);
        await bench.ADayAsync();
        var waiting = Assert.Single(await PurchasesAsync(bench));
        Assert.Equal(PurchaseStatus.AwaitingApproval, waiting.Status);

        await DeskDoesAsync(bench, desk => desk.CancelOrderAsync(first, null, "test", CancellationToken.None));
        await bench.ADayAsync();

        var purchases = (await PurchasesAsync(bench)).OrderBy(purchase => purchase.Id).ToList();
        Assert.Equal([PurchaseStatus.Cancelled, PurchaseStatus.AwaitingApproval], purchases.Select(purchase => purchase.Status));
        Assert.Equal(80, purchases[1].Document.Lines.Single().Quantity.Value);
        Assert.False((await bench.Journey.Desk.ApproveAsync(waiting.Id, "test", CancellationToken.None)).Done);
        await DeskDoesAsync(bench, desk => desk.ApproveAsync(purchases[1].Id, "test", CancellationToken.None));
        Assert.Single(await bench.ReadAsync(work => work.Dispatches.OfPurchaseAsync(purchases[1].Id, CancellationToken.None)));
        Assert.Empty(await bench.ReadAsync(work => work.Dispatches.OfPurchaseAsync(waiting.Id, CancellationToken.None)));
        Assert.Equal((0m, 100m), await LeftAsync(bench, first));
        Assert.Equal((80m, 0m), await LeftAsync(bench, second));
    }

    [Fact]
    public async Task When_the_supplier_does_not_agree_the_customer_keeps_the_goods_and_a_person_is_told()
    {
        await using var bench = await OneSupplierAsync();
        var order = await TakeInAsync(bench, "A-1", 100);
        await bench.ADayAsync();
        var purchase = Assert.Single(await PurchasesAsync(bench));
        await DeskDoesAsync(bench, desk => desk.CancelOrderAsync(order, null, "test", CancellationToken.None));

        await AnswerAsync(bench, purchase, $"{purchase.Document.Number}-C1", ResponseStatus.Rejected);

        var line = (await bench.ReadAsync(work => work.Orders.LoadAsync([order], CancellationToken.None)))[0].Lines[0];
        Assert.Equal((0m, 100m, 0m), (line.CancelRequested, line.Allocated, line.Cancelled));
        Assert.Contains(await TasksAsync(bench), task => task.Kind == "cancel-refused" && task.Text.Contains("100 of line 1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_line_on_a_purchase_order_keeps_its_article()
    {
        await using var bench = await OneSupplierAsync();
        var order = await TakeInAsync(bench, "A-1", 100);
        await bench.ADayAsync();

        var changed = await bench.SubmitAsync(OrderOf("A-1", 140, "K-10002"));

        Assert.Contains(changed.Diagnostics, diagnostic => diagnostic.Code == "article-changed" && diagnostic.Text.Contains("ordered from a supplier as K-10001", StringComparison.Ordinal));
        var state = (await bench.ReadAsync(work => work.Orders.LoadAsync([order], CancellationToken.None)))[0];
        Assert.Equal((Pliers, 100m, Pliers), (state.Lines[0].Sku, state.Lines[0].Ordered, state.Order.Lines[0].Item.SupplierSku));
    }

    [Fact]
    public async Task A_line_that_is_not_ordered_yet_takes_another_article()
    {
        await using var bench = await OneSupplierAsync();
        var order = await TakeInAsync(bench, "A-1", 100);
        await bench.SubmitAsync(OrderOf("A-1", 140, "K-10002"));
        await bench.ADayAsync();
        Assert.Equal(("K-10002", 140m), (await PurchasesAsync(bench)).Single().Lines.Select(line => (line.Sku, line.Ordered)).Single());
        Assert.Equal((140m, 0m), await LeftAsync(bench, order));
    }

    [Fact]
    public async Task What_the_partners_system_could_not_read_is_written_again_as_the_next_version()
    {
        await using var bench = await OneSupplierAsync();
        await TakeInAsync(bench, "A-1", 100);
        await bench.ADayAsync();
        var purchase = Assert.Single(await PurchasesAsync(bench));
        var dispatch = Assert.Single(await bench.ReadAsync(work => work.Dispatches.OfPurchaseAsync(purchase.Id, CancellationToken.None)));
        // Nothing may be written again while the partner has it or may have it.
        Assert.False((await bench.Journey.Desk.WriteAgainAsync(purchase.Id, "why not", "test", CancellationToken.None)).Done);
        await using (var work = await bench.Store.BeginAsync(CancellationToken.None))
        {
            // What a rejecting CONTRL leaves behind.
            await work.Dispatches.UpdateAsync([dispatch with { State = DispatchState.Failed, Acknowledgement = AcknowledgementState.Rejected, Reason = "unknown unit" }], CancellationToken.None);
            await work.Purchases.UpdateAsync(purchase with { Status = PurchaseStatus.Escalated }, CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }
        await DeskDoesAsync(bench, desk => desk.WriteAgainAsync(purchase.Id, "unit corrected", "test", CancellationToken.None));
        var dispatches = (await bench.ReadAsync(work => work.Dispatches.OfPurchaseAsync(purchase.Id, CancellationToken.None))).OrderBy(candidate => candidate.Id).ToList();
        Assert.Equal([(DispatchState.Void, $"{purchase.Document.Number}-v1"), (DispatchState.Sent, $"{purchase.Document.Number}-v2")], dispatches.Select(candidate => (candidate.State, candidate.Key)));
        Assert.NotEqual(dispatches[0].InterchangeControl, dispatches[1].InterchangeControl);
        Assert.Equal(PurchaseStatus.Sent, (await PurchasesAsync(bench))[0].Status);
    }

    [Theory]
    [InlineData(true, 1.0, "Confirmed")]
    [InlineData(false, 1.0, "Awaiting")]
    [InlineData(true, 2.0, "Awaiting")]
    public async Task A_substitute_goes_through_only_when_the_customer_allowed_it_and_the_price_is_as_agreed(bool allowed, double dearer, string expected)
    {
        await using var bench = await OneSupplierAsync();
        await bench.SubmitAsync(OrderOf("A-1", 100) with { Lines = [OrderOf("A-1", 100).Lines[0] with { SubstituteAllowed = allowed }] });
        await bench.ADayAsync();
        var purchase = Assert.Single(await PurchasesAsync(bench));
        await ApplyAsync(bench, new OrderResponse
        {
            Number = "R-1", OrderNumber = purchase.Document.Number, Status = ResponseStatus.Conditional,
            Lines = [new OrderResponseLine { Position = 1, Status = LineStatus.Substituted, Item = new Item { BuyerSku = "K-10002" }, Quantity = new Quantity(100, "EA"), NetPrice = purchase.Lines[0].NetPrice * (decimal)dearer }],
        });
        var line = (await PurchasesAsync(bench))[0].Lines[0];
        Assert.Equal(expected == "Confirmed" ? (100m, 0m, "K-10002") : (0m, 100m, null), (line.Confirmed, line.Awaiting, line.SubstituteSku));
        Assert.Equal(expected == "Awaiting", (await TasksAsync(bench)).Any(task => task.Kind == "substitute"));
    }

    /// <summary>Only Nordhandel, which takes order changes, has prices.</summary>
    private static async Task<Workbench> OneSupplierAsync(ApprovalRule approval = ApprovalRule.Auto)
    {
        var bench = await Workbench.OpenAsync(book => book with
        {
            Partners = book.Partners.ToDictionary(pair => pair.Key,
                pair => pair.Value with { Purchasing = pair.Value.Purchasing with { Approval = approval } }, StringComparer.Ordinal),
        });
        await bench.LoadCataloguesAsync("nordhandel");
        return bench;
    }

    private static Order OrderOf(string number, decimal quantity, string sku = Pliers) => new()
    {
        Number = number, Channel = "webshop", Buyer = new Party { Id = number, Name = number }, Currency = "EUR",
        Lines = [new OrderLine { Id = "1", Item = new Item { SupplierSku = sku }, Quantity = new Quantity(quantity, "EA") }],
    };

    private static async Task<long> TakeInAsync(Workbench bench, string number, decimal quantity, int lines = 1)
    {
        var order = OrderOf(number, quantity);
        return (await bench.SubmitAsync(order with
        {
            Lines = [.. Enumerable.Range(1, lines).Select(line => order.Lines[0] with { Id = $"{line}", Item = new Item { SupplierSku = $"K-1000{line}" } })],
        })).Order!.Id;
    }

    private static async Task<IReadOnlyList<PurchaseState>> PurchasesAsync(Workbench bench)
    {
        var rows = (await HubViews.Of(bench.Store).PurchasesAsync(new PurchaseFilter(), new PageRequest(null, 500), CancellationToken.None)).Items;
        return await bench.ReadAsync(work => work.Purchases.LoadAsync([.. rows.Select(row => row.Id)], CancellationToken.None));
    }

    private static async Task<IReadOnlyList<HubTask>> TasksAsync(Workbench bench) =>
        (await HubViews.Of(bench.Store).TasksAsync(openOnly: true, null, new PageRequest(null, 500), CancellationToken.None)).Items;

    private static async Task<(decimal Live, decimal Cancelled)> LeftAsync(Workbench bench, long orderId)
    {
        var line = (await bench.ReadAsync(work => work.Orders.LoadAsync([orderId], CancellationToken.None)))[0].Lines[0];
        return (line.Allocated + line.Open, line.Cancelled);
    }

    private static async Task DeskDoesAsync(Workbench bench, Func<Desk, Task<DeskResult>> act)
    {
        var result = await act(bench.Journey.Desk);
        Assert.True(result.Done, result.Text);
        await bench.WorkAsync();
    }

    private static Task AnswerAsync(Workbench bench, PurchaseState purchase, string change, ResponseStatus status) =>
        ApplyAsync(bench, new OrderResponse { Number = $"R-{purchase.Id}", OrderNumber = change, Status = status });

    private static Task ApplyAsync(Workbench bench, OrderResponse response) => ApplyAsync(bench, DocumentKind.OrderResponse, response);

    private static async Task ApplyAsync(Workbench bench, DocumentKind kind, object document) =>
        Assert.Equal(DocumentState.Applied, (await TryApplyAsync(bench, kind, document, released: false)).State);

    private static Task<ApplyResult> TryApplyAsync(Workbench bench, OrderResponse response, bool released) => TryApplyAsync(bench, DocumentKind.OrderResponse, response, released);

    private static async Task<ApplyResult> TryApplyAsync(Workbench bench, DocumentKind kind, object document, bool released)
    {
        ApplyResult result;
        await using (var work = await bench.Store.BeginAsync(CancellationToken.None))
        {
            result = await bench.Journey.Application.ApplyAsync(work, bench.Book.Get("nordhandel"), kind, document, 0, overdue: released, CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }
        await bench.WorkAsync();
        return result;
    }
}
