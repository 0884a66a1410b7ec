using System.Text;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Storage.Views;

namespace UnifiedCommerce.EndToEnd.Tests.Journeys;

/// <summary>What partners send by mistake: it is kept, a person is told what was found, where, what was expected and what to do, and everything else goes on.</summary>
public sealed class BadInputTests
{
    /// <summary>A file of the samples, what is wrong in it, and what the answer must name.</summary>
    public static TheoryData<string, string, string, string, string> BadFiles => new()
    {
        { "stores", "utrecht-20260302.csv", "K-10166;0072948010052;Bar clamp 36 in;2;EA", "K-10166;0072948010052;Bar clamp 36 in;0;EA", "quantity" },
        { "stores", "utrecht-20260302.csv", "K-10166;0072948010052;Bar clamp 36 in;2;EA", "K-10166;0072948010052;Bar clamp 36 in;-2;EA", "quantity" },
        { "stores", "utrecht-20260302.csv", "0072948010052", "0072948010059", "check digit" },
        { "stores", "utrecht-20260302.csv", ";2;EA;", ";2;QQQ;", "QQQ" },
        { "stores", "utrecht-20260302.csv", "order_number;", "order_nunber;", "order_nunber" },
        { "stores", "utrecht-20260302.csv", ";2026-03-09;10;", ";2026-02-30;10;", "2026-02-30" },
        { "hoffmann-bau", "ORDERS-0602.edi", "DTM+2:20260306:102'", "DTM+2:20260206:102'", "2026-02-06" },
        { "hoffmann-bau", "ORDERS-0602.edi", "QTY+21:12:PCE'", "QTY+21:0:PCE'", "quantity" },
        { "hoffmann-bau", "ORDERS-0602.edi", "CUX+2:EUR:9'", "CUX+2:XXQ:9'", "XXQ" },
        { "hoffmann-bau", "ORDERS-0602.edi", "LIN+1++4017556011004:EN'", "LIN+1++4017556011005:EN'", "check digit" },
        { "hoffmann-bau", "ORDERS-0602.edi", "UNT+23+1'", "UNT+22+1'", "22" },
        { "greatlakes", "850-1.x12", "PO1*1*8*EA*", "PO1*1*0*EA*", "quantity" },
        { "greatlakes", "850-1.x12", "PO1*1*8*EA*", "PO1*1*8*Q9*", "Q9" },
        { "inside-sales", "IS-26-70.xml", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<?xml version=\"1.0\" encoding=\"UTF-8\"?><!DOCTYPE Order [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>", "document type" },
        { "inside-sales", "IS-26-70.xml", "</cbc:ID>", "</cbc:IDD>", "IDD" },
        { "inside-sales", "IS-26-70.xml", "unitCode=\"EA\"", "unitCode=\"QQQ\"", "QQQ" },
    };

    [Theory]
    [MemberData(nameof(BadFiles))]
    public async Task A_bad_order_file_is_kept_with_what_is_wrong_and_where_and_the_next_file_goes_on(string partner, string file, string right, string wrong, string named)
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.LoadCataloguesAsync();
        string path = Path.Combine(Workbench.Samples, "orders", partner, file);
        string text = await File.ReadAllTextAsync(path);
        Assert.Contains(right, text, StringComparison.Ordinal);
        int at = text.IndexOf(right, StringComparison.Ordinal);
        string bad = string.Concat(text.AsSpan(0, at), wrong, text.AsSpan(at + right.Length));
        long refused = await bench.HandInAsync(partner, $"bad-{file}", Encoding.UTF8.GetBytes(bad));
        await bench.WorkAsync();
        string next = Directory.GetFiles(Path.GetDirectoryName(path)!).Order(StringComparer.Ordinal).First(other => other != path);
        long good = await bench.HandInAsync(partner, Path.GetFileName(next), await File.ReadAllBytesAsync(next));
        await bench.WorkAsync();

        var (document, messages, goodOne) = await bench.ReadAsync(async work => (
            (await work.Documents.FindAsync(refused, CancellationToken.None))!, await work.Documents.MessagesAsync(refused, CancellationToken.None), (await work.Documents.FindAsync(good, CancellationToken.None))!));
        Assert.True(document.State is DocumentState.Quarantined or DocumentState.Partly, $"found {document.State} {document.Reason}");
        Assert.Equal(bad, Encoding.UTF8.GetString(document.Bytes));
        Assert.Equal(DocumentState.Applied, goodOne.State);
        var errors = document.Diagnostics.Concat(messages.SelectMany(message => message.Diagnostics)).Where(found => found.Severity == Severity.Error).ToList();
        Assert.Contains(errors, error => $"{error.Place} {error.Text}".Contains(named, StringComparison.OrdinalIgnoreCase));
        Assert.All(errors, error => Assert.False(string.IsNullOrWhiteSpace(error.Place)));
        var task = Assert.Single(await bench.OpenTasksAsync("quarantined-document"));
        Assert.Equal(refused, task.DocumentId);
    }

    [Fact]
    public async Task The_other_orders_of_a_file_with_one_bad_order_are_taken_in()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.LoadCataloguesAsync();
        string text = await File.ReadAllTextAsync(Path.Combine(Workbench.Samples, "orders", "hoffmann-bau", "ORDERS-0602.edi"));
        int orders = text.Split("BGM+220+").Length - 1;
        await bench.HandInAsync("hoffmann-bau", "one-bad.edi", Encoding.UTF8.GetBytes(text.Replace("DTM+2:20260306:102'", "DTM+2:20260206:102'", StringComparison.Ordinal)));
        await bench.WorkAsync();
        var taken = (await HubViews.Of(bench.Store).OrdersAsync(new OrderFilter(), new PageRequest(null, 50), CancellationToken.None)).Items;
        Assert.True(orders > 1);
        Assert.Equal(orders - 1, taken.Count);
        Assert.DoesNotContain(taken, order => order.Number == "HB55010");
    }

    [Theory]
    [InlineData("hoffmann-bau", "ORDERS-0602.edi", "4042881000010:14+", "4017556000015:14+")]
    [InlineData("greatlakes", "850-1.x12", "*01*061502700      *", "*01*999999999      *")]
    public async Task An_envelope_of_another_sender_is_not_believed(string partner, string file, string right, string wrong)
    {
        await using var bench = await Workbench.OpenAsync();
        string text = await File.ReadAllTextAsync(Path.Combine(Workbench.Samples, "orders", partner, file));
        Assert.Contains(right, text, StringComparison.Ordinal);
        long id = await bench.HandInAsync(partner, file, Encoding.UTF8.GetBytes(text.Replace(right, wrong, StringComparison.Ordinal)));
        await bench.WorkAsync();
        var document = await bench.ReadAsync(work => work.Documents.FindAsync(id, CancellationToken.None));
        Assert.Equal(DocumentState.Quarantined, document!.State);
        Assert.NotEmpty(document.Reason!);
        Assert.Single(await bench.OpenTasksAsync("quarantined-document"));
        Assert.Empty((await HubViews.Of(bench.Store).OrdersAsync(new OrderFilter(), new PageRequest(null, 50), CancellationToken.None)).Items);
    }

    [Fact]
    public async Task A_file_of_fifty_megabytes_where_ten_are_the_limit_is_set_aside_and_the_next_is_read()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.LoadCataloguesAsync();
        var partner = bench.Book.Get("hoffmann-bau");
        string inbox = Path.Combine(bench.Data, partner.Transport!.Inbox!);
        Directory.CreateDirectory(inbox);
        await using (var huge = File.Create(Path.Combine(inbox, "a-huge.edi")))
        {
            huge.SetLength(50L * 1024 * 1024);
        }
        File.Copy(Path.Combine(Workbench.Samples, "orders", "hoffmann-bau", "ORDERS-0602.edi"), Path.Combine(inbox, "b-fine.edi"));
        foreach (var name in new[] { "a-huge.edi", "b-fine.edi" })
        {
            File.SetLastWriteTimeUtc(Path.Combine(inbox, name), new DateTime(2026, 3, 2, 0, 0, 0, DateTimeKind.Utc));
        }
        for (var polls = 0; polls < 200 && (await DocumentsAsync(bench)).Count < 2; polls++)
        {
            await bench.Journey.Reception.PollAllAsync(CancellationToken.None);
            await Task.Delay(20);
        }
        await bench.WorkAsync();
        var documents = await DocumentsAsync(bench);
        var refused = Assert.Single(documents, document => document.Name == "a-huge.edi");
        Assert.Equal(DocumentState.Quarantined, refused.State);
        Assert.Contains("10", refused.Reason, StringComparison.Ordinal);
        Assert.Equal(DocumentState.Applied, Assert.Single(documents, document => document.Name == "b-fine.edi").State);
    }

    [Fact]
    public async Task An_article_that_nobody_offers_waits_with_the_reason_and_the_other_lines_are_bought()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.LoadCataloguesAsync();
        await using (var work = await bench.Store.BeginAsync(CancellationToken.None))
        {
            await work.Catalogue.SaveArticlesAsync([new Core.Partners.Article { Sku = "K-LONELY", Name = "Nobody sells it", BaseUnit = "EA" }], CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }
        var order = (await bench.SubmitAsync(new Order
        {
            Number = "LONELY-1", Channel = "webshop", Buyer = new Party { Id = "C-1" }, RequestedDelivery = new DateOnly(2026, 3, 30),
            Lines =
            [
                new OrderLine { Id = "1", Item = new Item { SupplierSku = "K-LONELY" }, Quantity = new Quantity(2, "EA") },
                new OrderLine { Id = "2", Item = new Item { SupplierSku = "K-10036" }, Quantity = new Quantity(2, "EA") },
            ],
        })).Order!;
        await bench.ADayAsync();
        var lines = (await bench.ReadAsync(work => work.Orders.LoadAsync([order.Id], CancellationToken.None)))[0].Lines;
        Assert.Equal((2m, 0m), (lines[0].Open, lines[1].Open));
        Assert.Contains("K-LONELY", Assert.Single(await bench.OpenTasksAsync("unfilled-line")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_price_file_with_a_leap_is_held_back_line_by_line()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.LoadCataloguesAsync();
        long id = await bench.HandInAsync("vandermeer", "leap.csv", await File.ReadAllBytesAsync(Path.Combine(Workbench.Samples, "extra", "vandermeer-prices-with-a-leap.csv")));
        await bench.WorkAsync();
        var task = Assert.Single(await bench.OpenTasksAsync("price-line"));
        Assert.Contains("1822", task.Text, StringComparison.Ordinal);
        var document = await bench.ReadAsync(work => work.Documents.FindAsync(id, CancellationToken.None));
        Assert.True(document!.State is DocumentState.Applied or DocumentState.Partly, $"found {document.State}");
        var prices = await bench.ReadAsync(work => work.Catalogue.PricesAsync(new DateOnly(2026, 3, 20), CancellationToken.None));
        Assert.Contains(prices, price => price is { Partner: "vandermeer", Sku: "K-10002" } && price.Line.Price == 14.19m);
        Assert.DoesNotContain(prices, price => price.Line.Price == 1822m);
    }

    private static async Task<IReadOnlyList<DocumentRow>> DocumentsAsync(Workbench bench) =>
        (await HubViews.Of(bench.Store).DocumentsAsync(new DocumentFilter { Partner = "hoffmann-bau" }, new PageRequest(null, 50), CancellationToken.None)).Items;
}
