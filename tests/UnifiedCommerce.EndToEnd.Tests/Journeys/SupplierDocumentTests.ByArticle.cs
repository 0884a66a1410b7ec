using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Storage.Views;

namespace UnifiedCommerce.EndToEnd.Tests.Journeys;

/// <content>What suppliers say of an article without its line, when several lines ordered it.</content>
public sealed partial class SupplierDocumentTests
{
    [Theory]
    [InlineData("50 100", "100 50")]
    [InlineData("100 50", "100 50")]
    [InlineData("150", "100 50")]
    [InlineData("60 90", "100 50")]
    [InlineData("120", "100 20")]
    [InlineData("60+40 50", "100 50")]
    [InlineData("100+50", "100 50")]
    public async Task An_answer_by_article_goes_to_the_lines_it_fits(string said, string confirmed)
    {
        await using var bench = await OpenAsync();
        var purchase = await TwiceAsync(bench, "A-1", 100, 50);
        await AnswerAsync(bench, purchase, "R-1", [.. said.Split(' ').Select(part => part.Split('+').Select(decimal.Parse).ToArray())
            .Select(parts => ByArticle(purchase, LineStatus.Accepted, parts[0]) with { BackorderedQuantity = parts.Length > 1 ? new Quantity(parts[1], "EA") : null })]);
        var lines = (await LoadAsync(bench, purchase)).Lines;
        Assert.Equal(confirmed, string.Join(' ', lines.Select(line => $"{line.Confirmed + line.Backordered:0}")));
        Assert.Equal(said.Split(' ').Sum(part => part.Split('+').Skip(1).Sum(decimal.Parse)), lines.Sum(line => line.Backordered));
        Assert.Empty(await bench.OpenTasksAsync("confirmed-more"));
    }

    [Fact]
    public async Task The_price_of_an_answer_by_article_tells_its_line_and_then_its_date_does()
    {
        await using var bench = await OpenAsync();
        var purchase = await TwiceAsync(bench, "A-1", 100, 50, secondPrice: 1.5m);
        await AnswerAsync(bench, purchase, "R-1", ByArticle(purchase, LineStatus.Changed, 40) with { NetPrice = purchase.Lines[1].NetPrice, PriceBasis = purchase.Lines[1].PriceBasis });
        Assert.Equal([0m, 40m], (await LoadAsync(bench, purchase)).Lines.Select(line => line.Confirmed));
        var dated = await TwiceAsync(bench, "B-1", 100, 50);
        await AnswerAsync(bench, dated, "R-2", ByArticle(dated, LineStatus.Changed, 40) with { PromisedDelivery = dated.Document.Lines[1].RequestedDelivery });
        Assert.Equal([0m, 40m], (await LoadAsync(bench, dated)).Lines.Select(line => line.Confirmed));
    }

    [Fact]
    public async Task What_an_answer_by_article_confirms_beyond_all_its_lines_is_brought_before_a_person()
    {
        await using var bench = await OpenAsync();
        var purchase = await TwiceAsync(bench, "A-1", 100, 50);
        await AnswerAsync(bench, purchase, "R-1", ByArticle(purchase, LineStatus.Accepted, 170));
        Assert.Equal([100m, 50m], (await LoadAsync(bench, purchase)).Lines.Select(line => line.Confirmed));
        var text = Assert.Single(await bench.OpenTasksAsync("confirmed-more")).Text;
        Assert.Contains("confirms 120 of line 1", text, StringComparison.Ordinal);
        Assert.Contains("R-1", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_article_without_position_and_quantity_needs_one_word_for_each_line()
    {
        await using var bench = await OpenAsync();
        var purchase = await TwiceAsync(bench, "A-1", 100, 50);
        var once = await ApplyAsync(bench, DocumentKind.OrderResponse, Response(purchase, "R-1", [ByArticle(purchase, LineStatus.Rejected, null)]));
        Assert.Equal((DocumentState.Quarantined, "line-unclear"), (once.State, once.Diagnostics![0].Code));
        Assert.Contains("lines 1 (100), 2 (50)", once.Reason, StringComparison.Ordinal);
        Assert.All((await LoadAsync(bench, purchase)).Lines, line => Assert.Equal(line.Ordered, line.Awaiting));
        await AnswerAsync(bench, purchase, "R-2", ByArticle(purchase, LineStatus.Accepted, null), ByArticle(purchase, LineStatus.Rejected, 50));
        var lines = (await LoadAsync(bench, purchase)).Lines;
        Assert.Equal((100m, 50m), (lines[0].Confirmed, lines[1].Cancelled));
    }

    [Fact]
    public async Task Despatch_receipt_and_invoice_by_article_go_to_the_lines_they_fit()
    {
        await using var bench = await OpenAsync();
        var purchase = await TwiceAsync(bench, "A-1", 100, 50);
        await AnswerAsync(bench, purchase, "R-1", ByArticle(purchase, LineStatus.Accepted, 150));
        DespatchAdvice Ship(string number, decimal quantity) => Despatch(purchase, number, quantity) with { Lines = [Despatch(purchase, number, quantity).Lines[0] with { Position = null }] };
        ReceiptAdvice Arrive(string number, decimal quantity) => Receipt(purchase, number, quantity) with { Lines = [Receipt(purchase, number, quantity).Lines[0] with { Position = null }] };
        Invoice Charge(string number, decimal quantity) => Bill(purchase, number, quantity, credit: false) with { Lines = [Bill(purchase, number, quantity, credit: false).Lines[0] with { Position = null }] };
        foreach (var (kind, document) in new (DocumentKind, object)[]
        {
            (DocumentKind.DespatchAdvice, Ship("D-1", 50)), (DocumentKind.ReceiptAdvice, Arrive("W-1", 50)), (DocumentKind.Invoice, Charge("I-1", 50)),
            (DocumentKind.DespatchAdvice, Ship("D-2", 100)), (DocumentKind.ReceiptAdvice, Arrive("W-2", 60)), (DocumentKind.Invoice, Charge("I-2", 100)),
        })
        {
            Assert.Equal(DocumentState.Applied, (await ApplyAsync(bench, kind, document)).State);
        }
        var lines = (await LoadAsync(bench, purchase)).Lines;
        Assert.Equal([(40m, 60m, 100m), (0m, 50m, 50m)], lines.Select(line => (line.Shipped, line.Received, line.Invoiced)));
        Assert.Empty(await bench.OpenTasksAsync("over-delivery"));
        Assert.Empty(await bench.OpenTasksAsync("invoice-difference"));
        // One more than both lines have room for is told, and booked nowhere.
        Assert.Equal(DocumentState.Applied, (await ApplyAsync(bench, DocumentKind.DespatchAdvice, Ship("D-3", 7))).State);
        Assert.Contains("7 more than ordered", Assert.Single(await bench.OpenTasksAsync("over-delivery")).Text, StringComparison.Ordinal);
        Assert.Equal(DocumentState.Applied, (await ApplyAsync(bench, DocumentKind.Invoice, Charge("I-3", 7))).State);
        Assert.Contains("7 more billed than ordered", Assert.Single(await bench.OpenTasksAsync("invoice-difference")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public async Task Documents_by_article_and_by_position_ship_and_bill_the_same_in_all(int seed)
    {
        var random = new Random(seed);
        await using var bench = await OpenAsync();
        for (var round = 0; round < 4; round++)
        {
            var purchase = await TwiceAsync(bench, $"S{seed}-{round}", random.Next(20, 100), random.Next(20, 100));
            var total = purchase.Lines.Sum(line => line.Ordered);
            var (announced, arrived, billed, told) = (0m, 0m, 0m, $"seed {seed} round {round}: {string.Join('+', purchase.Lines.Select(line => line.Ordered))}");
            for (var step = 0; step < 8; step++)
            {
                var quantity = random.Next(1, 60);
                var number = $"{seed}-{round}-{step}";
                var kind = new[] { DocumentKind.DespatchAdvice, DocumentKind.ReceiptAdvice, DocumentKind.Invoice }[random.Next(3)];
                object document = kind switch
                {
                    DocumentKind.DespatchAdvice => Despatch(purchase, number, quantity) with { Lines = [Despatch(purchase, number, quantity).Lines[0] with { Position = null }] },
                    DocumentKind.ReceiptAdvice => Receipt(purchase, number, quantity) with { Lines = [Receipt(purchase, number, quantity).Lines[0] with { Position = null }] },
                    _ => Bill(purchase, number, quantity, credit: false) with { Lines = [Bill(purchase, number, quantity, credit: false).Lines[0] with { Position = null }] },
                };
                Assert.Equal(DocumentState.Applied, (await ApplyAsync(bench, kind, document, overdue: kind != DocumentKind.DespatchAdvice)).State);
                (announced, arrived, billed) = (announced + (kind == DocumentKind.DespatchAdvice ? quantity : 0), arrived + (kind == DocumentKind.ReceiptAdvice ? quantity : 0),
                    billed + (kind == DocumentKind.Invoice ? quantity : 0));
                told += $", {kind} {quantity}";
                var lines = (await LoadAsync(bench, purchase)).Lines;
                Assert.True(lines.Sum(line => line.Received) == Math.Min(total, arrived), $"{told}: {string.Join("; ", lines)}");
                Assert.True(lines.Sum(line => line.Shipped + line.Received) == Math.Min(total, Math.Max(announced, Math.Max(arrived, billed))), $"{told}: {string.Join("; ", lines)}");
                Assert.True(lines.Sum(line => line.Invoiced) == billed, told);
            }
            Assert.True(await BreachesAsync(bench) is "", $"{told}: {await BreachesAsync(bench)}");
        }
    }

    /// <summary>A purchase order with two lines of one article, for different days.</summary>
    private static async Task<PurchaseState> TwiceAsync(Workbench bench, string number, decimal first, decimal second, decimal secondPrice = 1)
    {
        var one = await BuyAsync(bench, number, first);
        await using var work = await bench.Store.BeginAsync(CancellationToken.None);
        var document = one.Document with
        {
            Number = one.Document.Number + "T",
            Lines =
            [
                one.Document.Lines[0] with { RequestedDelivery = new DateOnly(2026, 3, 20) },
                one.Document.Lines[0] with { Position = 2, RequestedDelivery = new DateOnly(2026, 4, 20), Quantity = one.Document.Lines[0].Quantity with { Value = second }, NetPrice = one.Document.Lines[0].NetPrice * secondPrice },
            ],
        };
        var twice = one with
        {
            Id = 0, Document = document, Lines = [one.Lines[0], one.Lines[0] with { Position = 2, Ordered = second, Awaiting = second, NetPrice = one.Lines[0].NetPrice * secondPrice }],
        };
        var added = (await work.Purchases.AddAsync([twice], CancellationToken.None))[0];
        await work.Purchases.AddPegsAsync([.. added.Lines.Select(line => new Peg
        {
            PurchaseId = added.Id, Position = line.Position, OrderId = 0, LineId = "", Rank = 1, Quantity = line.Ordered * line.UnitFactor, Awaiting = line.Ordered * line.UnitFactor,
        })], CancellationToken.None);
        await work.CommitAsync(CancellationToken.None);
        return added;
    }

    private static OrderResponseLine ByArticle(PurchaseState purchase, LineStatus status, decimal? quantity) => Line(purchase, status, quantity) with { Position = null };
}
