using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Routing;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Storage.Views;

namespace UnifiedCommerce.EndToEnd.Tests.Journeys;

/// <summary>Orders of immediate pools that are routed in one transaction, and solved at the same time.</summary>
public sealed class RoutingTogetherTests
{
    [Theory]
    [InlineData(1, 25)]
    [InlineData(2, 60)]
    [InlineData(3, 4000)]
    public async Task Orders_routed_together_get_what_they_get_one_after_another(int seed, int mostStock)
    {
        var together = await RouteAsync(seed, mostStock, oneByOne: false);
        var apart = await RouteAsync(seed, mostStock, oneByOne: true);
        Assert.Equal(30, together.Count);
        Assert.Equal(string.Join("\n", apart), string.Join("\n", together));
    }

    private static async Task<List<string>> RouteAsync(int seed, int mostStock, bool oneByOne)
    {
        // Commitments are read once for a transaction, so they are left out.
        await using var bench = await Workbench.OpenAsync(book => book with
        {
            House = book.House with { Pools = [.. book.House.Pools.Select(pool => pool with { Immediate = true })] },
            Partners = book.Partners.ToDictionary(partner => partner.Key, partner => partner.Value with { Terms = [.. partner.Value.Terms.Select(terms => terms with { Commitment = null })] }, StringComparer.Ordinal),
        });
        await bench.LoadCataloguesAsync();
        var random = new Random(seed);
        var skus = ArticleFile.Read(Path.Combine(Workbench.Samples, "articles.csv")).Articles.Take(15).Select(article => article.Sku).ToList();
        await using (var work = await bench.Store.BeginAsync(CancellationToken.None))
        {
            await work.Catalogue.SaveStockAsync([.. bench.Book.Partners.Keys.Order(StringComparer.Ordinal)
                .SelectMany(partner => skus.Select(sku => new StockRow(partner, sku, random.Next(mostStock), bench.Clock.Now.AddHours(-1), null, null)))], CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }
        var ids = new List<long>();
        for (var number = 1; number <= 30; number++)
        {
            var taken = await bench.SubmitAsync(new Order
            {
                Number = $"T-{number:D3}", Channel = "webshop", Buyer = new Party { Id = $"C{number % 4}", Name = "Shop" }, Currency = bench.Book.House.Currency,
                Lines = [.. Enumerable.Range(1, 1 + random.Next(4)).Select(line => new OrderLine
                {
                    Id = $"{line}", Item = new Item { SupplierSku = skus[random.Next(skus.Count)] }, Quantity = new Quantity(1 + random.Next(12), "EA"),
                })],
            });
            Assert.Equal(IntakeOutcome.Accepted, taken.Outcome);
            ids.Add(taken.Order!.Id);
        }
        foreach (var group in oneByOne ? ids.Select(id => new[] { id }) : [ids.ToArray()])
        {
            await using var work = await bench.Store.BeginAsync(CancellationToken.None);
            await bench.Journey.Routing.RunOrdersAsync(work, group, bench.Clock.Now, CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }
        var rows = (await HubViews.Of(bench.Store).RunsAsync(false, new PageRequest(null, 100), CancellationToken.None)).Items;
        var runs = new List<string>();
        foreach (var row in rows.OrderBy(row => row.Id))
        {
            var run = (await bench.ReadAsync(work => work.Routing.FindAsync(row.Id, CancellationToken.None)))!;
            Assert.Null(RoutingService.Replay(run));
            runs.Add($"{run.Pool} {run.Number} {run.CashCost} {run.UnfilledCount} {run.Sha256}");
        }
        return runs;
    }
}
