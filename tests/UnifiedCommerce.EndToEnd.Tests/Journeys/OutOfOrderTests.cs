using System.Text;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Sandbox;
using UnifiedCommerce.Storage.Views;

namespace UnifiedCommerce.EndToEnd.Tests.Journeys;

/// <summary>Real EDIFACT of a supplier, in another order than it was written.</summary>
public sealed class OutOfOrderTests
{
    [Fact]
    public async Task An_invoice_that_comes_before_its_despatch_advice_waits_and_is_matched_when_that_comes()
    {
        await using var bench = await Workbench.OpenAsync();
        var (purchase, documents) = await ShippedAndBilledAsync(bench);

        var invoice = await bench.HandInAsync("nordhandel", "invoice.edi", documents["invoice"]);
        await bench.WorkAsync();
        var waiting = await StateAsync(bench, invoice);
        Assert.Equal(DocumentState.Waiting, waiting.State);
        Assert.Contains("no despatch advice", waiting.Reason);
        Assert.Equal((0m, 0m), await LineAsync(bench, purchase));

        // The same bytes under another name are no second invoice.
        var again = await bench.HandInAsync("nordhandel", "invoice-again.edi", documents["invoice"]);
        var despatch = await bench.HandInAsync("nordhandel", "despatch.edi", documents["despatch"]);
        await bench.WorkAsync();
        Assert.Equal(DocumentState.Applied, (await StateAsync(bench, despatch)).State);
        Assert.Equal(DocumentState.Applied, (await StateAsync(bench, invoice)).State);
        Assert.Contains((await StateAsync(bench, again)).State, new[] { DocumentState.Duplicate, DocumentState.Applied });
        Assert.Equal((100m, 100m), await LineAsync(bench, purchase));
        Assert.Empty(await bench.Store.SelfAudit.CheckAsync(CancellationToken.None));
    }

    [Fact]
    public async Task An_invoice_whose_despatch_advice_does_not_come_is_taken_as_word_that_the_goods_left()
    {
        await using var bench = await Workbench.OpenAsync();
        var (purchase, documents) = await ShippedAndBilledAsync(bench);
        var invoice = await bench.HandInAsync("nordhandel", "invoice.edi", documents["invoice"]);
        await bench.WorkAsync();
        for (var day = 0; day < 14 && (await StateAsync(bench, invoice)).State == DocumentState.Waiting; day++)
        {
            await bench.StepToAsync(bench.Clock.Now.AddDays(1));
        }
        Assert.Equal(DocumentState.Applied, (await StateAsync(bench, invoice)).State);
        Assert.Equal((100m, 100m), await LineAsync(bench, purchase));

        // Should it come after all, it ships nothing a second time.
        await bench.HandInAsync("nordhandel", "despatch.edi", documents["despatch"]);
        await bench.WorkAsync();
        Assert.Equal((100m, 100m), await LineAsync(bench, purchase));
        Assert.Empty(await bench.Store.SelfAudit.CheckAsync(CancellationToken.None));
    }

    /// <summary>Buys 100 pieces of Nordhandel and lets its simulated system write acknowledgement, answer, despatch advice and invoice; the first two are handed in.</summary>
    private static async Task<(long Purchase, IReadOnlyDictionary<string, byte[]> Documents)> ShippedAndBilledAsync(Workbench bench)
    {
        await bench.LoadCataloguesAsync("nordhandel");
        var taken = await bench.SubmitAsync(new Order
        {
            Number = "A-1", Channel = "webshop", Buyer = new Party { Id = "C-1", Name = "Customer" }, RequestedDelivery = new DateOnly(2026, 3, 20),
            Lines = [new OrderLine { Id = "1", Item = new Item { BuyerSku = "K-10001" }, Quantity = new Quantity(100, "EA") }],
        });
        Assert.Equal(IntakeOutcome.Accepted, taken.Outcome);
        await bench.ADayAsync();
        var purchase = Assert.Single((await HubViews.Of(bench.Store).PurchasesAsync(new PurchaseFilter(), new PageRequest(null, 10), CancellationToken.None)).Items);
        var sent = Assert.Single(Directory.GetFiles(Path.Combine(bench.Data, "partners", "nordhandel", "out"), $"*{purchase.Number}*"));
        for (var seed = 1; ; seed++)
        {
            var root = Directory.CreateTempSubdirectory("uc-sandbox-").FullName;
            try
            {
                if (await AnswersAsync(root, sent, seed, bench.Clock.Now) is not { } documents)
                {
                    Assert.True(seed < 200, "No seed up to 200 lets the supplier accept the order as it is.");
                    continue;
                }
                foreach (var first in new[] { "acknowledge", "answer" })
                {
                    await bench.HandInAsync("nordhandel", first + ".edi", documents[first]);
                }
                await bench.WorkAsync();
                Assert.StartsWith("UN", Encoding.ASCII.GetString(documents["invoice"]), StringComparison.Ordinal);
                return (purchase.Id, documents);
            }
            finally
            {
                Directory.Delete(root, recursive: true);
            }
        }
    }

    /// <summary>What the supplier writes with this seed, by kind; null when it does not simply accept, ship and bill.</summary>
    private static async Task<IReadOnlyDictionary<string, byte[]>?> AnswersAsync(string root, string order, int seed, DateTimeOffset now)
    {
        var clock = new StoppedClock(now);
        await using var suppliers = await SandboxSuppliers.StartAsync(new SandboxOptions
        {
            Root = root, Time = clock, Seed = seed, Suppliers = [.. SupplierProfile.Samples.Where(supplier => supplier.Id == "nordhandel")],
        }, CancellationToken.None);
        var into = Directory.CreateDirectory(Path.Combine(root, "partners", "nordhandel", "out")).FullName;
        File.Copy(order, Path.Combine(into, Path.GetFileName(order)));
        await suppliers.RunDueAsync(clock.GetUtcNow(), CancellationToken.None);
        if (suppliers.Report().Held is not [{ Scenario: Scenario.Accept }])
        {
            return null;
        }
        while (suppliers.NextDueAt is { } next)
        {
            clock.Now = next;
            await suppliers.RunDueAsync(next, CancellationToken.None);
        }
        var files = Directory.GetFiles(Path.Combine(root, "partners", "nordhandel", "in")).ToLookup(file => Path.GetFileName(file).Split('_')[0], StringComparer.Ordinal);
        return files.Count < 4 || files.Any(kind => kind.Count() != 1) ? null : files.ToDictionary(kind => kind.Key, kind => File.ReadAllBytes(kind.Single()), StringComparer.Ordinal);
    }

    private static async Task<StoredDocument> StateAsync(Workbench bench, long document) =>
        (await bench.ReadAsync(work => work.Documents.FindAsync(document, CancellationToken.None)))!;

    private static async Task<(decimal Shipped, decimal Invoiced)> LineAsync(Workbench bench, long purchase)
    {
        var line = Assert.Single((await bench.ReadAsync(work => work.Purchases.LoadAsync([purchase], CancellationToken.None)))[0].Lines);
        return (line.Shipped + line.Received, line.Invoiced);
    }
}
