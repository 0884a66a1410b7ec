using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Storage.Views;

namespace UnifiedCommerce.EndToEnd.Tests.Journeys;

/// <summary>Orders of several callers that come at the same time: they share a transaction, and nothing else.</summary>
public sealed class IntakeDeskTests
{
    [Fact]
    public async Task Orders_that_come_while_one_is_taken_in_share_the_next_transaction()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.LoadCataloguesAsync("nordhandel");
        var store = new GatedStore(bench.Store);
        var desk = DeskOf(bench, store);

        var callers = Enumerable.Range(1, 20).Select(number => desk.SubmitAsync(Submission($"W-{number}"), CancellationToken.None)).ToList();
        store.Open();
        var answers = await Task.WhenAll(callers);

        Assert.All(answers, answer => Assert.Equal(IntakeOutcome.Accepted, answer.Result!.Outcome));
        Assert.Equal(Enumerable.Range(1, 20).Select(number => $"answer to W-{number}"), answers.Select(answer => answer.Answer!.Body));
        Assert.Equal(2, store.Begun);
        await bench.WorkAsync();
        Assert.Equal(20, (await LoadAsync(bench, answers)).Count);
        Assert.Empty(await bench.Store.SelfAudit.CheckAsync(CancellationToken.None));
    }

    [Fact]
    public async Task An_order_that_is_refused_takes_none_of_its_neighbours_along()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.LoadCataloguesAsync("nordhandel");
        var store = new GatedStore(bench.Store);
        var desk = DeskOf(bench, store);

        var first = desk.SubmitAsync(Submission("N-1"), CancellationToken.None);
        var bad = desk.SubmitAsync(Submission("N-2", quantity: 0), CancellationToken.None);
        var last = desk.SubmitAsync(Submission("N-3"), CancellationToken.None);
        store.Open();

        Assert.Equal(IntakeOutcome.Accepted, (await first).Result!.Outcome);
        Assert.Equal(IntakeOutcome.Refused, (await bad).Result!.Outcome);
        Assert.Null((await bad).Answer);
        Assert.Equal(IntakeOutcome.Accepted, (await last).Result!.Outcome);
    }

    [Fact]
    public async Task An_order_that_breaks_the_shared_transaction_breaks_only_its_own()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.LoadCataloguesAsync("nordhandel");
        var store = new GatedStore(bench.Store);
        var desk = DeskOf(bench, store);

        var first = desk.SubmitAsync(Submission("P-1"), CancellationToken.None);
        var broken = desk.SubmitAsync(Submission("P-2") with { Answer = _ => throw new HubException("planted") }, CancellationToken.None);
        var last = desk.SubmitAsync(Submission("P-3"), CancellationToken.None);
        store.Open();

        Assert.Equal("planted", (await Assert.ThrowsAsync<HubException>(() => broken)).Message);
        Assert.Equal(2, (await LoadAsync(bench, [await first, await last])).Count);
        await using var work = await bench.Store.BeginAsync(CancellationToken.None);
        Assert.Empty(await work.Orders.KnownNumbersAsync([("C1", "P-2")], CancellationToken.None));
    }

    [Fact]
    public async Task The_same_order_from_two_callers_at_once_is_taken_in_once()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.LoadCataloguesAsync("nordhandel");
        var store = new GatedStore(bench.Store);
        var desk = DeskOf(bench, store);

        var before = desk.SubmitAsync(Submission("S-0"), CancellationToken.None);
        var keyed = Enumerable.Range(1, 2).Select(_ => desk.SubmitAsync(Submission("S-1") with { Key = "k" }, CancellationToken.None)).ToList();
        var bare = Enumerable.Range(1, 2).Select(_ => desk.SubmitAsync(Submission("S-2"), CancellationToken.None)).ToList();
        store.Open();
        await before;

        Assert.Single(await Task.WhenAll(keyed), answer => answer.Result is not null);
        Assert.All(keyed, answer => Assert.Equal("answer to S-1", answer.Result.Answer!.Body));
        Assert.Equal([IntakeOutcome.Accepted, IntakeOutcome.Replay], (await Task.WhenAll(bare)).Select(answer => answer.Result!.Outcome).Order());
        Assert.Equal(3, (await HubViews.Of(bench.Store).OrdersAsync(new Core.Status.OrderFilter(), new Core.Status.PageRequest(null, 50), CancellationToken.None)).Items.Count);
    }

    [Fact]
    public async Task A_caller_that_gives_up_before_its_turn_leaves_nothing_and_holds_up_nobody()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.LoadCataloguesAsync("nordhandel");
        var store = new GatedStore(bench.Store);
        var desk = DeskOf(bench, store);
        using var impatient = new CancellationTokenSource();

        var first = desk.SubmitAsync(Submission("G-1"), CancellationToken.None);
        var gone = desk.SubmitAsync(Submission("G-2"), impatient.Token);
        var last = desk.SubmitAsync(Submission("G-3"), CancellationToken.None);
        await impatient.CancelAsync();
        store.Open();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        Assert.Equal(2, (await LoadAsync(bench, [await first, await last])).Count);
        await using var work = await bench.Store.BeginAsync(CancellationToken.None);
        Assert.Empty(await work.Orders.KnownNumbersAsync([("C1", "G-2")], CancellationToken.None));
    }

    private static IntakeDesk DeskOf(Workbench bench, IStore store) => new(store, bench.Journey.Intake, bench.Clock);

    private static OrderSubmission Submission(string number, decimal quantity = 5) => new(new Order
    {
        Number = number, Channel = "webshop", Buyer = new Party { Id = "C1", Name = "Buyer" }, Currency = "EUR",
        Lines = [new OrderLine { Id = "1", Item = new Item { SupplierSku = "K-10001" }, Quantity = new Quantity(quantity, "EA") }],
    }, "test", null, "hash", _ => (201, $"answer to {number}"));

    private static async Task<IReadOnlyList<OrderState>> LoadAsync(Workbench bench, IReadOnlyList<IntakeAnswer> answers)
    {
        await using var work = await bench.Store.BeginAsync(CancellationToken.None);
        return await work.Orders.LoadAsync([.. answers.Select(answer => answer.Result!.Order!.Id)], CancellationToken.None);
    }

    /// <summary>The first transaction waits until the test opens the gate; the others begin at once.</summary>
    private sealed class GatedStore(IStore inner) : IStore
    {
        private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _begun;

        public int Begun => _begun;

        public void Open() => _gate.SetResult();

        public async Task<IWork> BeginAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _begun);
            await _gate.Task;
            return await inner.BeginAsync(cancellationToken);
        }

        public Task<IWork> BeginReadAsync(CancellationToken cancellationToken) => inner.BeginReadAsync(cancellationToken);
    }
}
