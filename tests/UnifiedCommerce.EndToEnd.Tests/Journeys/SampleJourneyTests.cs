using System.Security.Cryptography;
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

/// <summary>The samples' orders through the hub's own code on SQLite and folders; suppliers over HTTPS are stopped here.</summary>
public sealed class SampleJourneyTests
{
    private static readonly PageRequest Everything = new(null, 500);

    [Fact]
    public async Task Orders_of_the_samples_become_purchase_orders_in_the_distributors_folders()
    {
        await using var bench = await StoppedHttpsAsync();
        await bench.TakeInSamplesAsync();
        await bench.ADayAsync();
        var views = HubViews.Of(bench.Store);

        var documents = (await views.DocumentsAsync(new DocumentFilter(), Everything, CancellationToken.None)).Items.Where(document => !document.Outbound);
        Assert.All(documents, document => Assert.Equal(DocumentState.Applied, document.State));

        var purchases = (await views.PurchasesAsync(new PurchaseFilter(), Everything, CancellationToken.None)).Items;
        Assert.True(purchases.Select(purchase => purchase.Partner).Distinct().Count() >= 4, "fewer than four suppliers got purchase orders");
        foreach (var purchase in purchases.Where(purchase => purchase.Status == PurchaseStatus.Sent))
        {
            var dispatch = (await bench.ReadAsync(work => work.Dispatches.OfPurchaseAsync(purchase.Id, CancellationToken.None))).Single();
            var file = Path.Combine(bench.Data, bench.Book.Get(purchase.Partner).Transport!.Outbox!, dispatch.FileName);
            Assert.Equal(dispatch.Sha256, Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(file))));
        }
        Assert.Contains(purchases, purchase => purchase.Status == PurchaseStatus.Sent);
    }

    [Fact]
    public async Task A_replay_of_every_routing_run_gives_the_same_bytes()
    {
        await using var bench = await StoppedHttpsAsync();
        await bench.TakeInSamplesAsync();
        await bench.ADayAsync();
        var runs = (await HubViews.Of(bench.Store).RunsAsync(false, Everything, CancellationToken.None)).Items;
        Assert.NotEmpty(runs);
        foreach (var row in runs)
        {
            var run = await bench.ReadAsync(work => work.Routing.FindAsync(row.Id, CancellationToken.None));
            Assert.Null(RoutingService.Replay(run!));
            Assert.True(run!.LowerBound <= run.DecisionCost, $"run {run.Pool} {run.Number}: the bound {run.LowerBound} is above the plan {run.DecisionCost}");
        }
        // The guard must be able to fail: another work limit is another plan record.
        var first = await bench.ReadAsync(work => work.Routing.FindAsync(runs[0].Id, CancellationToken.None));
        Assert.NotNull(RoutingService.Replay(first! with { Sha256 = new string('0', 64) }));
    }

    [Fact]
    public async Task The_same_order_again_is_a_replay_and_with_other_content_a_change()
    {
        await using var bench = await StoppedHttpsAsync();
        var order = JsonSerializer.Deserialize<Order>(await File.ReadAllBytesAsync(Path.Combine(Workbench.Samples, "orders", "webshop", "W-2603-1001.json")), CanonicalJson.Options)!;
        Assert.Equal(IntakeOutcome.Accepted, (await bench.SubmitAsync(order)).Outcome);
        Assert.Equal(IntakeOutcome.Replay, (await bench.SubmitAsync(order)).Outcome);
        var more = order with { Lines = [order.Lines[0] with { Quantity = order.Lines[0].Quantity with { Value = order.Lines[0].Quantity.Value + 5 } }, .. order.Lines.Skip(1)] };
        var changed = await bench.SubmitAsync(more);
        Assert.Equal((IntakeOutcome.Changed, 2), (changed.Outcome, changed.Order!.Version));
        Assert.Equal(order.Lines.Select(line => line.Id), changed.Order.Lines.Select(line => line.LineId));
    }

    [Fact]
    public async Task A_rejected_line_is_bought_elsewhere_and_never_again_from_the_same_supplier()
    {
        await using var bench = await StoppedHttpsAsync();
        await bench.TakeInSamplesAsync();
        await bench.ADayAsync();
        var purchase = (await HubViews.Of(bench.Store).PurchasesAsync(new PurchaseFilter { Status = PurchaseStatus.Sent }, Everything, CancellationToken.None)).Items[0];
        var state = (await bench.ReadAsync(work => work.Purchases.LoadAsync([purchase.Id], CancellationToken.None)))[0];
        var partner = bench.Book.Get(state.Partner);
        await using (var work = await bench.Store.BeginAsync(CancellationToken.None))
        {
            var result = await bench.Journey.Application.ApplyAsync(work, partner, DocumentKind.OrderResponse, new OrderResponse
            {
                Number = "R-1", OrderNumber = state.Document.Number, Status = ResponseStatus.Rejected, Reason = "no stock",
            }, 0, overdue: false, CancellationToken.None);
            Assert.Equal(DocumentState.Applied, result.State);
            await work.CommitAsync(CancellationToken.None);
        }
        var pegs = await bench.ReadAsync(work => work.Purchases.PegsOfPurchasesAsync([state.Id], CancellationToken.None));
        Assert.All(pegs, peg => Assert.Equal(0m, peg.Quantity));
        var orders = await bench.ReadAsync(work => work.Orders.LoadAsync([.. pegs.Where(peg => !peg.ToStock).Select(peg => peg.OrderId).Distinct()], CancellationToken.None));
        var freed = orders.SelectMany(order => order.Lines).Where(line => pegs.Any(peg => peg.OrderId == line.OrderId && peg.LineId == line.LineId)).ToList();
        Assert.All(freed, line => Assert.Contains(state.Partner, line.Forbidden));
        Assert.All(freed, line => line.Verified());
    }

    private static Task<Workbench> StoppedHttpsAsync() => Workbench.OpenAsync(WithoutHttps);

    /// <summary>Partners that would need somebody who listens are stopped.</summary>
    internal static PartnerBook WithoutHttps(PartnerBook book) => book with
    {
        Partners = book.Partners.ToDictionary(pair => pair.Key,
            pair => pair.Value.Transport is { Kind: "https" } ? pair.Value with { Purchasing = pair.Value.Purchasing with { Stopped = true } } : pair.Value, StringComparer.Ordinal),
    };
}
