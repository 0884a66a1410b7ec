using System.Text;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Storage.Views;

namespace UnifiedCommerce.EndToEnd.Tests.Journeys;

/// <summary>A buyer cancels at the supplier: the change goes out in the supplier's format, and its answer, byte for byte as the supplier would send it, decides.</summary>
public sealed class OrderChangeTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_860_asks_to_cancel_and_the_865_decides(bool agreed)
    {
        await using var bench = await OpenAsync();
        var purchase = await SentToAsync(bench, "midwest");
        string change = await CancelAsync(bench, purchase, "ST*860*");
        Assert.Contains($"*{purchase.Document.Number}*", change, StringComparison.Ordinal);
        Assert.Equal(purchase.Lines.Count, change.Split("POC*").Length - 1);

        var lines = purchase.Document.Lines.Select(line => $"POC*{line.Position}*DI*{line.Quantity.Value:0}**EA*{line.NetPrice:0.00}**VN*{line.Item.SupplierSku}~ACK*IR*{line.Quantity.Value:0}*EA~");
        string answer = "ISA*00*          *00*          *01*083104500      *ZZ*KROONNL        *260303*0530*U*00401*000009103*0*P*>~GS*CA*MWFT*KROONNL*20260303*0530*9103*X*004010~"
            + $"ST*865*0001~BCA*04*{(agreed ? "AC" : "RJ")}*{purchase.Document.Number}**2*20260303**MW700012**20260303~{(agreed ? string.Concat(lines) : "")}CTT*{(agreed ? purchase.Lines.Count : 0)}~"
            + $"SE*{(agreed ? 4 + 2 * purchase.Lines.Count : 4)}*0001~GE*1*9103~IEA*1*000009103~";
        await DecidedAsync(bench, purchase, answer, agreed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_ORDCHG_asks_to_cancel_and_the_ORDRSP_that_names_it_decides(bool agreed)
    {
        await using var bench = await OpenAsync();
        var purchase = await SentToAsync(bench, "nordhandel");
        string change = await CancelAsync(bench, purchase, "ORDCHG:D:96A");
        Assert.Contains($"RFF+ON:{purchase.Document.Number}'", change, StringComparison.Ordinal);

        var lines = purchase.Document.Lines.Select(line => $"LIN+{line.Position}+7'PIA+1+{line.Item.SupplierSku}:SA'QTY+21:{line.Quantity.Value:0}:PCE'").ToList();
        string body = $"UNH+1+ORDRSP:D:96A:UN:EAN005'BGM+231+NHAB790014+{(agreed ? "4" : "27")}'DTM+137:202603031500:203'RFF+ON:{purchase.Document.Number}'RFF+ACD:{purchase.Document.Number}-C1'"
            + $"NAD+BY+8719326000015::9'NAD+SU+4031902000016::9'CUX+2:EUR:9'{(agreed ? string.Concat(lines) : "")}UNS+S'CNT+2:{(agreed ? lines.Count : 0)}'";
        string answer = $"UNA:+.? 'UNB+UNOC:3+4031902000016:14+8719326000015:14+260303:1130+9023'{body}UNT+{body.Count(letter => letter == '\'') + 1}+1'UNZ+1+9023'";
        await DecidedAsync(bench, purchase, answer, agreed);
    }

    private static async Task DecidedAsync(Workbench bench, PurchaseState purchase, string answer, bool agreed)
    {
        long id = await bench.HandInAsync(purchase.Partner, "answer-to-change", Encoding.UTF8.GetBytes(answer));
        await bench.WorkAsync();
        var document = await bench.ReadAsync(work => work.Documents.FindAsync(id, CancellationToken.None));
        var messages = await bench.ReadAsync(work => work.Documents.MessagesAsync(id, CancellationToken.None));
        Assert.True(document!.State == DocumentState.Applied, $"found {document.State} {document.Reason} {string.Join(' ', document.Diagnostics.Concat(messages.SelectMany(message => message.Diagnostics)))}");
        var after = (await bench.ReadAsync(work => work.Purchases.LoadAsync([purchase.Id], CancellationToken.None)))[0];
        Assert.Null(after.PendingChange);
        Assert.All(after.Lines, line => Assert.Equal((0m, agreed ? line.Ordered : 0m), (line.CancelRequested, line.Cancelled)));
        Assert.Equal(agreed, after.Status == PurchaseStatus.Cancelled);
        var pegs = (await bench.ReadAsync(work => work.Purchases.PegsOfPurchasesAsync([purchase.Id], CancellationToken.None))).Where(peg => !peg.ToStock).ToList();
        var orders = await bench.ReadAsync(work => work.Orders.LoadAsync([.. pegs.Select(peg => peg.OrderId).Distinct()], CancellationToken.None));
        Assert.All(pegs, peg => Assert.Equal(agreed, orders.First(order => order.Id == peg.OrderId).Lines.First(line => line.LineId == peg.LineId).Open > 0));
    }

    /// <summary>Cancels all of a purchase order; the bytes of the change that went out.</summary>
    private static async Task<string> CancelAsync(Workbench bench, PurchaseState purchase, string mark)
    {
        Assert.True((await bench.Journey.Desk.CancelPurchaseAsync(purchase.Id, "not needed any more", "ann", CancellationToken.None)).Done);
        await bench.WorkAsync();
        var sent = await bench.ReadAsync(async work => await work.Dispatches.LoadAsync(
            [.. (await work.Dispatches.OfPurchaseAsync(purchase.Id, CancellationToken.None)).Where(dispatch => dispatch.Kind == DocumentKind.OrderChange).Select(dispatch => dispatch.Id)], CancellationToken.None));
        var change = Assert.Single(sent);
        Assert.Equal(DispatchState.Sent, change.State);
        string text = Encoding.UTF8.GetString(change.Bytes);
        Assert.Contains(mark, text, StringComparison.Ordinal);
        // Nothing is open before the supplier has answered.
        var pegs = await bench.ReadAsync(work => work.Purchases.PegsOfPurchasesAsync([purchase.Id], CancellationToken.None));
        Assert.All(pegs, peg => Assert.True(peg.Quantity > 0));
        return text;
    }

    private static async Task<PurchaseState> SentToAsync(Workbench bench, string partner)
    {
        await bench.TakeInSamplesAsync();
        PurchaseRow? row = null;
        for (var day = 0; day < 3 && row is null; day++)
        {
            await bench.ADayAsync();
            foreach (var task in await bench.OpenTasksAsync("approve-purchase-order"))
            {
                Assert.True((await bench.Journey.Desk.ApproveAsync(task.PurchaseId!.Value, "ann", CancellationToken.None)).Done);
            }
            await bench.WorkAsync();
            var rows = (await HubViews.Of(bench.Store).PurchasesAsync(new PurchaseFilter { Partner = partner }, new PageRequest(null, 10), CancellationToken.None)).Items;
            row = rows.FirstOrDefault(candidate => candidate.Status.Known is PurchaseStatus.Sent or PurchaseStatus.Escalated);
        }
        Assert.NotNull(row);
        return (await bench.ReadAsync(work => work.Purchases.LoadAsync([row.Id], CancellationToken.None)))[0];
    }

    private static Task<Workbench> OpenAsync() => Workbench.OpenAsync(book => book with
    {
        Partners = book.Partners.ToDictionary(pair => pair.Key,
            pair => pair.Value.Transport is { Kind: "https" } ? pair.Value with { Purchasing = pair.Value.Purchasing with { Stopped = true } } : pair.Value, StringComparer.Ordinal),
    });
}
