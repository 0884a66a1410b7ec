using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Storage.Views;

namespace UnifiedCommerce.EndToEnd.Tests.Journeys;

/// <summary>What suppliers send that contradicts, repeats or overtakes itself, on the hub's own code: the wrong reading of each orders twice, or never.</summary>
public sealed partial class SupplierDocumentTests
{
    private static readonly string[] Articles = ["K-10001", "K-10002", "K-10003", "K-10004", "K-10005", "K-10006"];

    [Fact]
    public async Task A_despatch_that_comes_before_the_answer_leaves_what_the_answer_leaves()
    {
        await using var bench = await OpenAsync();
        var purchase = await BuyAsync(bench, "A-1", 100);
        await ShipAsync(bench, purchase, "D-1", 60);
        await AnswerAsync(bench, purchase, "R-1", Line(purchase, LineStatus.Changed, 60));
        var line = (await LoadAsync(bench, purchase)).Lines[0];
        Assert.Equal((0m, 0m, 60m, 40m), (line.Awaiting, line.Confirmed, line.Shipped, line.Cancelled));
    }

    [Fact]
    public async Task An_answer_that_comes_after_all_ends_the_reason_of_the_escalation()
    {
        await using var bench = await OpenAsync();
        var purchase = await BuyAsync(bench, "LATE", 100);
        await using (var work = await bench.Store.BeginAsync(CancellationToken.None))
        {
            await work.Purchases.UpdateAsync(purchase with { Status = PurchaseStatus.Escalated, Reason = "no answer within the deadline" }, CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }
        await AnswerAsync(bench, purchase, "R-LATE", Line(purchase, LineStatus.Accepted, 100));
        var after = await LoadAsync(bench, purchase);
        Assert.Equal((PurchaseStatus.Answered, null), (after.Status, after.Reason));
    }

    [Fact]
    public async Task The_lines_of_one_answer_mean_the_same_in_any_order()
    {
        await using var bench = await OpenAsync();
        var purchase = await BuyAsync(bench, "A-1", 100);
        var accepted = Line(purchase, LineStatus.Accepted, 60);
        var later = Line(purchase, LineStatus.Backordered, 40) with { PromisedDelivery = new DateOnly(2026, 4, 1) };
        foreach (var (number, lines) in new[] { ("R-1", new[] { later, accepted }), ("R-2", [accepted, later]), ("R-3", [later, accepted]) })
        {
            await AnswerAsync(bench, purchase, number, lines);
            var line = (await LoadAsync(bench, purchase)).Lines[0];
            Assert.Equal((60m, 40m, 0m), (line.Confirmed, line.Backordered, line.Cancelled));
        }
    }

    [Fact]
    public async Task A_rejection_that_is_repeated_under_another_number_rejects_once()
    {
        await using var bench = await OpenAsync();
        var purchase = await BuyAsync(bench, "A-1", 100);
        await AnswerAsync(bench, purchase, "R-1", Line(purchase, LineStatus.Accepted, 60), Line(purchase, LineStatus.Rejected, 40));
        await AnswerAsync(bench, purchase, "R-2", Line(purchase, LineStatus.Rejected, 40), Line(purchase, LineStatus.Accepted, 60));
        await AnswerAsync(bench, purchase, "R-3", Line(purchase, LineStatus.Rejected, 40));
        var line = (await LoadAsync(bench, purchase)).Lines[0];
        Assert.Equal((60m, 40m), (line.Confirmed, line.Cancelled));
    }

    [Fact]
    public async Task A_supplier_who_confirms_what_it_rejected_is_brought_before_a_person()
    {
        await using var bench = await OpenAsync();
        var purchase = await BuyAsync(bench, "A-1", 100);
        await AnswerAsync(bench, purchase, "R-1", Line(purchase, LineStatus.Rejected, 100));
        await AnswerAsync(bench, purchase, "R-2", Line(purchase, LineStatus.Accepted, 100));
        Assert.Equal(100m, (await LoadAsync(bench, purchase)).Lines[0].Cancelled);
        Assert.Contains("may have been bought elsewhere", Assert.Single(await bench.OpenTasksAsync("confirmed-more")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bare_confirmation_with_a_later_date_moves_the_date()
    {
        await using var bench = await OpenAsync();
        var purchase = await BuyAsync(bench, "A-1", 100);
        await AnswerAsync(bench, purchase, "R-1", Line(purchase, LineStatus.Accepted, 100));
        await AnswerAsync(bench, purchase, "R-2", Line(purchase, LineStatus.Changed, null) with { PromisedDelivery = new DateOnly(2026, 5, 4) });
        Assert.Equal((100m, new DateOnly(2026, 5, 4)), ((await LoadAsync(bench, purchase)).Lines[0].Confirmed, (await LoadAsync(bench, purchase)).Lines[0].Promised));
    }

    [Theory]
    [InlineData("line-and-article")]
    [InlineData("unit-differs")]
    [InlineData("quantity-negative")]
    [InlineData("currency")]
    [InlineData("line-not-ordered")]
    public async Task An_answer_that_contradicts_the_order_changes_nothing_and_says_what_contradicts(string code)
    {
        await using var bench = await OpenAsync();
        var purchase = await BuyAsync(bench, "A-1", 100, lines: 2);
        var right = Line(purchase, LineStatus.Accepted, 60);
        var wrong = code switch
        {
            "line-and-article" => right with { Item = purchase.Document.Lines[1].Item },
            "unit-differs" => right with { Quantity = new Quantity(60, "KGM") },
            "quantity-negative" => right with { Quantity = new Quantity(-60, "EA") },
            "line-not-ordered" => right with { Position = 7 },
            _ => right with { NetPrice = purchase.Lines[0].NetPrice },
        };
        var response = new OrderResponse
        {
            Number = "R-1", OrderNumber = purchase.Document.Number, Status = ResponseStatus.Conditional, Currency = code == "currency" ? "PLN" : "EUR",
            Lines = [Line(purchase, LineStatus.Rejected, 100, position: 2), wrong],
        };
        var result = await ApplyAsync(bench, DocumentKind.OrderResponse, response);
        Assert.Equal((DocumentState.Quarantined, code), (result.State, Assert.Single(result.Diagnostics!).Code));
        Assert.Equal(purchase.Lines, (await LoadAsync(bench, purchase)).Lines);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_price_per_piece_for_what_was_ordered_in_packs_is_not_taken_for_the_price_of_a_pack(bool perPiece)
    {
        await using var bench = await OpenAsync("vandermeer");
        var purchase = await PackedAsync(bench);
        var (line, factor) = (purchase.Lines[0], purchase.Lines[0].UnitFactor);
        var answer = Line(purchase, LineStatus.Accepted, null) with
        {
            Quantity = new Quantity(line.Ordered * factor, "EA"), NetPrice = perPiece ? line.NetPrice / factor : line.NetPrice, PriceBasis = line.PriceBasis,
        };
        Assert.Equal(DocumentState.Applied, (await ApplyAsync(bench, DocumentKind.OrderResponse, Response(purchase, "R-1", [answer]), partner: "vandermeer")).State);
        var after = (await LoadAsync(bench, purchase)).Lines.First(candidate => candidate.Position == line.Position);
        Assert.Equal((line.Ordered, 0m), (after.Confirmed, after.Cancelled));
        Assert.Equal(line.NetPrice, after.NetPrice, 3);
    }

    [Fact]
    public async Task A_despatch_of_two_purchase_orders_with_a_fault_in_the_second_ships_nothing_of_the_first()
    {
        await using var bench = await OpenAsync();
        var first = await BuyAsync(bench, "A-1", 100);
        var second = await BuyAsync(bench, "B-1", 100);
        var despatch = new DespatchAdvice
        {
            Number = "D-1",
            Lines =
            [
                new DespatchLine { OrderNumber = first.Document.Number, Position = 1, Item = first.Document.Lines[0].Item, Quantity = new Quantity(50, "EA") },
                new DespatchLine { OrderNumber = second.Document.Number, Position = 9, Item = first.Document.Lines[0].Item, Quantity = new Quantity(50, "EA") },
            ],
        };
        foreach (var released in new[] { false, true })
        {
            Assert.Equal(DocumentState.Quarantined, (await ApplyAsync(bench, DocumentKind.DespatchAdvice, despatch, overdue: released)).State);
            Assert.Equal(0m, (await LoadAsync(bench, first)).Lines[0].Shipped);
        }
    }

    [Fact]
    public async Task The_same_packages_under_another_despatch_number_are_not_shipped_twice()
    {
        await using var bench = await OpenAsync();
        var purchase = await BuyAsync(bench, "A-1", 100);
        Assert.Equal(DocumentState.Applied, (await ApplyAsync(bench, DocumentKind.DespatchAdvice, Despatch(purchase, "D-1", 40, "034531200000111000"), documentId: 11)).State);
        var again = await ApplyAsync(bench, DocumentKind.DespatchAdvice, Despatch(purchase, "D-2", 40, "034531200000111000"), documentId: 12);
        Assert.Equal((DocumentState.Quarantined, "despatched-twice"), (again.State, again.Diagnostics![0].Code));
        Assert.Equal(40m, (await LoadAsync(bench, purchase)).Lines[0].Shipped);
        Assert.Equal(DocumentState.Applied, (await ApplyAsync(bench, DocumentKind.DespatchAdvice, Despatch(purchase, "D-2", 40, "034531200000111000"), documentId: 12, overdue: true)).State);
        Assert.Equal(80m, (await LoadAsync(bench, purchase)).Lines[0].Shipped);
    }

    [Fact]
    public async Task A_receipt_that_overtakes_its_despatch_advice_waits_for_it()
    {
        await using var bench = await OpenAsync();
        var purchase = await BuyAsync(bench, "A-1", 100);
        var receipt = new ReceiptAdvice
        {
            Number = "W-1", OrderNumber = purchase.Document.Number, Lines = [new ReceiptLine { Position = 1, Item = purchase.Document.Lines[0].Item, Quantity = new Quantity(60, "EA") }],
        };
        Assert.Equal(DocumentState.Waiting, (await ApplyAsync(bench, DocumentKind.ReceiptAdvice, receipt)).State);
        await ShipAsync(bench, purchase, "D-1", 60);
        Assert.Equal(DocumentState.Applied, (await ApplyAsync(bench, DocumentKind.ReceiptAdvice, receipt)).State);
        var line = (await LoadAsync(bench, purchase)).Lines[0];
        Assert.Equal((0m, 60m, 40m), (line.Shipped, line.Received, line.Awaiting));
    }

    [Theory]
    [InlineData("despatch")]
    [InlineData("receipt")]
    [InlineData("invoice")]
    public async Task A_despatch_advice_that_comes_after_its_grace_ships_nothing_a_second_time(string firstWord)
    {
        await using var bench = await OpenAsync();
        var purchase = await BuyAsync(bench, "A-1", 100);
        await AnswerAsync(bench, purchase, "R-1", Line(purchase, LineStatus.Accepted, 100));
        if (firstWord == "despatch")
        {
            await ShipAsync(bench, purchase, "D-1", 60);
        }
        if (firstWord != "receipt")
        {
            Assert.Equal(DocumentState.Applied, (await ApplyAsync(bench, DocumentKind.Invoice, Bill(purchase, "I-1", 60, credit: false), overdue: true)).State);
        }
        Assert.Equal(DocumentState.Applied, (await ApplyAsync(bench, DocumentKind.ReceiptAdvice, Receipt(purchase, "W-1", 60), overdue: true)).State);
        if (firstWord != "despatch")
        {
            await ShipAsync(bench, purchase, "D-1", 60);
        }
        var line = (await LoadAsync(bench, purchase)).Lines[0];
        Assert.Equal((0m, 60m, 40m, 0m), (line.Shipped, line.Received, line.Confirmed, line.Unannounced));
        await ShipAsync(bench, purchase, "D-2", 40);
        var after = await LoadAsync(bench, purchase);
        Assert.Equal((40m, 60m, PurchaseStatus.Fulfilled), (after.Lines[0].Shipped, after.Lines[0].Received, after.Status));
        Assert.Empty(await bench.OpenTasksAsync("over-delivery"));
    }

    [Fact]
    public async Task What_was_credited_and_is_billed_again_is_no_word_of_more_goods()
    {
        await using var bench = await OpenAsync();
        var purchase = await BuyAsync(bench, "A-1", 100);
        await ShipAsync(bench, purchase, "D-1", 50);
        foreach (var (number, credit) in new[] { ("I-1", false), ("N-1", true), ("I-2", false) })
        {
            Assert.Equal(DocumentState.Applied, (await ApplyAsync(bench, credit ? DocumentKind.CreditNote : DocumentKind.Invoice, Bill(purchase, number, 50, credit))).State);
        }
        Assert.Equal((50m, 50m), ((await LoadAsync(bench, purchase)).Lines[0].Shipped, (await LoadAsync(bench, purchase)).Lines[0].Awaiting));
    }

    [Fact]
    public async Task A_purchase_order_whose_last_goods_an_invoice_or_an_answer_settles_is_fulfilled()
    {
        await using var bench = await OpenAsync();
        var billed = await BuyAsync(bench, "A-1", 100);
        Assert.Equal(DocumentState.Applied, (await ApplyAsync(bench, DocumentKind.Invoice, Bill(billed, "I-1", 100, credit: false), overdue: true)).State);
        Assert.Equal(PurchaseStatus.Fulfilled, (await LoadAsync(bench, billed)).Status);
        var reduced = await BuyAsync(bench, "B-1", 90);
        await ShipAsync(bench, reduced, "D-1", 60);
        await AnswerAsync(bench, reduced, "R-1", Line(reduced, LineStatus.Changed, 60));
        Assert.Equal(PurchaseStatus.Fulfilled, (await LoadAsync(bench, reduced)).Status);
    }

    [Theory]
    [InlineData("despatch", "reduced")]
    [InlineData("despatch", "line rejected")]
    [InlineData("despatch", "all rejected")]
    [InlineData("receipt", "reduced")]
    [InlineData("receipt", "line rejected")]
    [InlineData("receipt", "all rejected")]
    [InlineData("invoice", "reduced")]
    [InlineData("invoice", "line rejected")]
    public async Task A_word_that_goods_left_and_one_that_they_never_will_are_brought_before_a_person_in_either_order(string left, string answered)
    {
        var ends = new List<(decimal Shipped, decimal Received, decimal Cancelled, string Tasks)>();
        foreach (var answerFirst in new[] { true, false })
        {
            await using var bench = await OpenAsync();
            var purchase = await BuyAsync(bench, "A-1", 100);
            var answer = answered switch
            {
                "reduced" => Response(purchase, "R-1", [Line(purchase, LineStatus.Accepted, 60), Line(purchase, LineStatus.Rejected, 40)]),
                "line rejected" => Response(purchase, "R-1", [Line(purchase, LineStatus.Rejected, null)]),
                _ => Response(purchase, "R-1", []) with { Status = ResponseStatus.Rejected },
            };
            (DocumentKind, object) goods = left switch
            {
                "despatch" => (DocumentKind.DespatchAdvice, Despatch(purchase, "D-1", 100)),
                "receipt" => (DocumentKind.ReceiptAdvice, Receipt(purchase, "W-1", 100)),
                _ => (DocumentKind.Invoice, Bill(purchase, "I-1", 100, credit: false)),
            };
            (DocumentKind Kind, object Document)[] documents = answerFirst ? [(DocumentKind.OrderResponse, answer), goods] : [goods, (DocumentKind.OrderResponse, answer)];
            foreach (var (kind, document) in documents)
            {
                Assert.Equal(DocumentState.Applied, (await ApplyAsync(bench, kind, document, overdue: kind is DocumentKind.ReceiptAdvice or DocumentKind.Invoice)).State);
            }
            var line = (await LoadAsync(bench, purchase)).Lines[0];
            var tasks = (await HubViews.Of(bench.Store).TasksAsync(openOnly: true, null, new PageRequest(null, 100), CancellationToken.None)).Items;
            Assert.Contains(tasks, task => task.Kind == (!answerFirst ? "rejected-after-despatch" : left == "invoice" ? "invoice-difference" : "shipped-after-cancel"));
            ends.Add((line.Shipped, line.Received, line.Cancelled, string.Join(' ', tasks.Select(task => task.Kind))));
        }
        // An invoice alone brings back nothing that was rejected; every other word that goods left does.
        Assert.True(left == "invoice" || (ends[0].Shipped, ends[0].Received, ends[0].Cancelled) == (ends[1].Shipped, ends[1].Received, ends[1].Cancelled), string.Join(" / ", ends));
    }

    [Fact]
    public async Task A_credit_note_over_more_than_was_invoiced_is_brought_before_a_person()
    {
        await using var bench = await OpenAsync();
        var purchase = await BuyAsync(bench, "A-1", 100);
        await ShipAsync(bench, purchase, "D-1", 100);
        Assert.Equal(DocumentState.Applied, (await ApplyAsync(bench, DocumentKind.Invoice, Bill(purchase, "I-1", 100, credit: false))).State);
        Assert.Equal(DocumentState.Applied, (await ApplyAsync(bench, DocumentKind.CreditNote, Bill(purchase, "N-1", 60, credit: true))).State);
        Assert.DoesNotContain(await bench.OpenTasksAsync("invoice-difference"), task => task.Text.Contains("N-1", StringComparison.Ordinal));
        Assert.Equal(DocumentState.Applied, (await ApplyAsync(bench, DocumentKind.CreditNote, Bill(purchase, "N-2", 60, credit: true))).State);
        Assert.Contains(await bench.OpenTasksAsync("invoice-difference"), task => task.Text.Contains("120 credited, 100 invoiced", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_question_about_a_price_closes_when_the_supplier_answers_again_at_the_agreed_price()
    {
        await using var bench = await OpenAsync();
        var purchase = await BuyAsync(bench, "A-1", 100);
        await AnswerAsync(bench, purchase, "R-1", Line(purchase, LineStatus.Changed, 100) with { NetPrice = purchase.Lines[0].NetPrice * 2 });
        Assert.Single(await bench.OpenTasksAsync("price-change"));
        await AnswerAsync(bench, purchase, "R-2", Line(purchase, LineStatus.Changed, 100) with { NetPrice = purchase.Lines[0].NetPrice * 3 });
        Assert.Contains($"wants {purchase.Lines[0].NetPrice * 3:0.####}", Assert.Single(await bench.OpenTasksAsync("price-change")).Text, StringComparison.Ordinal);
        await AnswerAsync(bench, purchase, "R-3", Line(purchase, LineStatus.Accepted, 100) with { NetPrice = purchase.Lines[0].NetPrice });
        Assert.Empty(await bench.OpenTasksAsync("price-change"));
        Assert.Equal((100m, purchase.Lines[0].NetPrice), ((await LoadAsync(bench, purchase)).Lines[0].Confirmed, (await LoadAsync(bench, purchase)).Lines[0].NetPrice));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_order_in_which_documents_arrive_does_not_change_where_a_purchase_order_ends(int seed)
    {
        var random = new Random(seed);
        await using var bench = await OpenAsync();
        for (var round = 0; round < 5; round++)
        {
            var purchase = await BuyAsync(bench, $"S{seed}-{round}", 100);
            var accepted = random.Next(1, 100);
            var later = random.Next(0, 100 - accepted + 1);
            var first = random.Next(1, accepted + 1);
            var answer = new[] { Line(purchase, LineStatus.Accepted, accepted), Line(purchase, LineStatus.Backordered, later), Line(purchase, LineStatus.Rejected, 100 - accepted - later) }
                .Where(line => line.Quantity!.Value.Value > 0).ToArray();
            random.Shuffle(answer);
            var documents = new List<(DocumentKind Kind, object Document)>
            {
                (DocumentKind.OrderResponse, Response(purchase, $"R-{seed}-{round}", answer)),
                (DocumentKind.OrderResponse, Response(purchase, $"R-{seed}-{round}-again", answer)),
                (DocumentKind.DespatchAdvice, Despatch(purchase, $"D-{seed}-{round}", first)),
                (DocumentKind.ReceiptAdvice, Receipt(purchase, $"W-{seed}-{round}", first)),
                (DocumentKind.Invoice, Bill(purchase, $"I-{seed}-{round}", first, credit: false)),
            };
            if (accepted > first)
            {
                documents.Add((DocumentKind.DespatchAdvice, Despatch(purchase, $"E-{seed}-{round}", accepted - first)));
            }
            // Each comes twice, in any order, and some wait longer than their grace.
            var order = documents.Concat(documents).ToArray();
            random.Shuffle(order);
            var waiting = order.Select((document, index) => (document.Kind, document.Document, Id: (seed * 1000) + (round * 100) + index + 1L)).ToList();
            for (var pass = 0; waiting.Count > 0; pass++)
            {
                Assert.True(pass < 6, $"seed {seed} round {round}: {string.Join(", ", waiting.Select(document => document.Kind))} wait for ever");
                foreach (var document in waiting.ToList())
                {
                    var result = await ApplyAsync(bench, document.Kind, document.Document, document.Id, overdue: document.Kind is DocumentKind.ReceiptAdvice or DocumentKind.Invoice && random.Next(2) == 0);
                    Assert.True(result.State is DocumentState.Applied or DocumentState.Waiting or DocumentState.Duplicate, $"seed {seed} round {round} {document.Kind}: {result.State} {result.Reason}");
                    if (result.State != DocumentState.Waiting)
                    {
                        waiting.Remove(document);
                    }
                }
            }
            var state = await LoadAsync(bench, purchase);
            var line = state.Lines[0];
            var told = $"seed {seed} round {round}: accepted {accepted}, later {later}, despatched {first} then {accepted - first}, by {string.Join(", ", order.Select(document => document.Kind))}";
            Assert.True((line.Awaiting, line.Confirmed, line.Backordered, line.Shipped, line.Received, line.Cancelled, line.Invoiced, line.Unannounced)
                == (0m, 0m, (decimal)later, accepted - first, first, 100 - accepted - later, first, 0m), $"{told}: {line}");
            Assert.True(state.Status == (later == 0 ? PurchaseStatus.Fulfilled : PurchaseStatus.Answered), $"{told}: {state.Status}");
            Assert.True(await BreachesAsync(bench) is "", $"{told}: {await BreachesAsync(bench)}");
        }
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    public async Task Nothing_is_ordered_twice_through_any_sequence_of_documents_and_wishes(int seed)
    {
        var random = new Random(seed);
        await using var bench = await OpenAsync();
        var wanted = new Dictionary<string, decimal> { ["A"] = 100, ["B"] = 80, ["C"] = 60 };
        var orders = new List<long>();
        foreach (var (name, quantity) in wanted)
        {
            orders.Add((await bench.SubmitAsync(OrderOf($"{name}-{seed}", quantity))).Order!.Id);
        }
        await bench.ADayAsync();
        orders.Add((await bench.SubmitAsync(OrderOf($"D-{seed}", 50))).Order!.Id);
        await bench.ADayAsync();
        var log = new List<string>();
        for (var step = 0; step < 30; step++)
        {
            var purchases = await PurchasesAsync(bench);
            var purchase = purchases[random.Next(purchases.Count)];
            var line = purchase.Lines[random.Next(purchase.Lines.Count)];
            var quantity = random.Next(1, 60);
            var number = $"{seed}-{step}";
            ApplyResult? result = null;
            switch (random.Next(11))
            {
                case 0: result = await ApplyAsync(bench, DocumentKind.OrderResponse, Response(purchase, number, [Line(purchase, LineStatus.Accepted, quantity, line.Position)])); break;
                case 1: result = await ApplyAsync(bench, DocumentKind.OrderResponse, Response(purchase, number, [Line(purchase, LineStatus.Accepted, quantity, line.Position), Line(purchase, LineStatus.Backordered, 20, line.Position)])); break;
                case 2: result = await ApplyAsync(bench, DocumentKind.OrderResponse, Response(purchase, number, [Line(purchase, LineStatus.Rejected, random.Next(2) == 0 ? null : quantity, line.Position)])); break;
                case 3: result = await ApplyAsync(bench, DocumentKind.OrderResponse, new OrderResponse { Number = number, OrderNumber = purchase.Document.Number, Status = random.Next(2) == 0 ? ResponseStatus.Accepted : ResponseStatus.Rejected }); break;
                case 4 when purchase.PendingChange is { } change:
                    result = await ApplyAsync(bench, DocumentKind.OrderResponse, new OrderResponse { Number = number, OrderNumber = change, Status = random.Next(2) == 0 ? ResponseStatus.Accepted : ResponseStatus.Rejected });
                    break;
                case 5 or 6: result = await ApplyAsync(bench, DocumentKind.DespatchAdvice, Despatch(purchase, number, quantity, position: line.Position)); break;
                case 7: result = await ApplyAsync(bench, DocumentKind.ReceiptAdvice, Receipt(purchase, number, quantity, line.Position), overdue: random.Next(3) == 0); break;
                case 8: result = await ApplyAsync(bench, DocumentKind.Invoice, Bill(purchase, number, quantity, credit: false, line.Position), overdue: random.Next(3) == 0); break;
                case 9:
                    var order = (await bench.ReadAsync(work => work.Orders.LoadAsync([orders[random.Next(orders.Count)]], CancellationToken.None)))[0];
                    await bench.SubmitAsync(OrderOf(order.Number, random.Next(10, 140)));
                    log.Add($"change {order.Number}");
                    break;
                default:
                    await bench.Journey.Desk.CancelOrderAsync(orders[random.Next(orders.Count)], null, "test", CancellationToken.None);
                    log.Add("cancel");
                    break;
            }
            log.Add($"{result?.State} {result?.Reason}");
            await bench.WorkAsync();
            if (random.Next(4) == 0)
            {
                await bench.ADayAsync();
            }
            var told = $"seed {seed} step {step}: {string.Join("; ", log.TakeLast(6))}";
            Assert.True(await BreachesAsync(bench) is "", $"{told}: {await BreachesAsync(bench)}");
            await AssertNothingTwiceAsync(bench, orders, told);
        }
    }

    /// <summary>Sums and pegs that do not hold, by the hub's own audit.</summary>
    private static async Task<string> BreachesAsync(Workbench bench) =>
        string.Join(", ", (await bench.Store.SelfAudit.CheckAsync(CancellationToken.None)).Where(breach => breach.Invariant is "I1" or "I2"));

    /// <summary>What purchase orders still hold is what order lines have on them, and stock: no order line has more on purchase orders than it wants, save what it
    /// asked back and the supplier has not agreed to.</summary>
    private static async Task AssertNothingTwiceAsync(Workbench bench, IReadOnlyList<long> orders, string told)
    {
        var purchases = await PurchasesAsync(bench);
        var pegs = await bench.ReadAsync(work => work.Purchases.PegsOfPurchasesAsync([.. purchases.Select(purchase => purchase.Id)], CancellationToken.None));
        var lines = (await bench.ReadAsync(work => work.Orders.LoadAsync(orders, CancellationToken.None))).SelectMany(order => order.Lines).ToList();
        var live = purchases.SelectMany(purchase => purchase.Lines).Sum(line => (line.Ordered - line.Cancelled) * line.UnitFactor);
        Assert.True(live == pegs.Sum(peg => peg.Quantity), $"{told}: purchase orders hold {live}, pegs {pegs.Sum(peg => peg.Quantity)}");
        Assert.True(lines.Sum(line => line.Allocated) == pegs.Where(peg => !peg.ToStock).Sum(peg => peg.Quantity), $"{told}: pegs and order lines differ");
        Assert.All(lines, line => Assert.True(line.Allocated + line.Open <= line.Ordered - line.Cancelled, $"{told}: {line}"));
    }

    private static async Task<Workbench> OpenAsync(string supplier = "nordhandel")
    {
        var bench = await Workbench.OpenAsync(book => book with
        {
            Partners = book.Partners.ToDictionary(pair => pair.Key, pair => pair.Value with { Purchasing = pair.Value.Purchasing with { Approval = ApprovalRule.Auto } }, StringComparer.Ordinal),
        });
        await bench.LoadCataloguesAsync(supplier);
        return bench;
    }

    private static Order OrderOf(string number, decimal quantity, int lines = 1) => new()
    {
        Number = number, Channel = "webshop", Buyer = new Party { Id = number, Name = number }, Currency = "EUR",
        Lines = [.. Enumerable.Range(1, lines).Select(index => new OrderLine { Id = $"{index}", Item = new Item { SupplierSku = Articles[index - 1] }, Quantity = new Quantity(quantity, "EA") })],
    };

    private static async Task<PurchaseState> BuyAsync(Workbench bench, string number, decimal quantity, int lines = 1)
    {
        var known = (await PurchasesAsync(bench)).Select(purchase => purchase.Id).ToHashSet();
        Assert.Equal(IntakeOutcome.Accepted, (await bench.SubmitAsync(OrderOf(number, quantity, lines))).Outcome);
        await bench.ADayAsync();
        return Assert.Single(await PurchasesAsync(bench), purchase => !known.Contains(purchase.Id) && purchase.Lines.Count == lines && purchase.Lines[0].Ordered == quantity);
    }

    /// <summary>A purchase order whose first line is in packs.</summary>
    private static async Task<PurchaseState> PackedAsync(Workbench bench)
    {
        var articles = await bench.ReadAsync(work => work.Catalogue.ArticlesAsync(CancellationToken.None));
        var number = 0;
        foreach (var article in articles.Where(article => article.BaseUnit is "EA" or "C62" && article.Packs.Count > 0))
        {
            await bench.SubmitAsync(OrderOf($"P-{++number}", article.Packs[0].UnitFactor * 10) with
            {
                Lines = [new OrderLine { Id = "1", Item = new Item { SupplierSku = article.Sku }, Quantity = new Quantity(article.Packs[0].UnitFactor * 10, "EA") }],
            });
        }
        await bench.ADayAsync();
        foreach (var purchase in await PurchasesAsync(bench))
        {
            if (purchase.Lines.FirstOrDefault(line => line.UnitFactor > 1) is { } packed)
            {
                return purchase with { Lines = [packed], Document = purchase.Document with { Lines = [purchase.Document.Lines.First(line => line.Position == packed.Position)] } };
            }
        }
        throw new InvalidOperationException("Nothing is sold in packs.");
    }

    private static OrderResponseLine Line(PurchaseState purchase, LineStatus status, decimal? quantity, int position = 0) => new()
    {
        Position = position == 0 ? purchase.Lines[0].Position : position, Status = status, Item = purchase.Document.Lines.First(line => line.Position == (position == 0 ? purchase.Lines[0].Position : position)).Item,
        Quantity = quantity is { } value ? new Quantity(value, "EA") : null,
    };

    private static OrderResponse Response(PurchaseState purchase, string number, IReadOnlyList<OrderResponseLine> lines) =>
        new() { Number = number, OrderNumber = purchase.Document.Number, Status = ResponseStatus.Conditional, Lines = lines };

    private static DespatchAdvice Despatch(PurchaseState purchase, string number, decimal quantity, string? sscc = null, int position = 1) => new()
    {
        Number = number, OrderNumber = purchase.Document.Number, Packages = sscc is null ? [] : [new Package { Id = "1", Sscc = sscc }],
        Lines = [new DespatchLine { Position = position, Item = purchase.Document.Lines[position - 1].Item, Quantity = new Quantity(quantity, "EA"), PackageId = sscc is null ? null : "1" }],
    };

    private static ReceiptAdvice Receipt(PurchaseState purchase, string number, decimal quantity, int position = 1) => new()
    {
        Number = number, OrderNumber = purchase.Document.Number, Lines = [new ReceiptLine { Position = position, Item = purchase.Document.Lines[position - 1].Item, Quantity = new Quantity(quantity, "EA") }],
    };

    private static Invoice Bill(PurchaseState purchase, string number, decimal quantity, bool credit, int position = 1)
    {
        var line = purchase.Lines[position - 1];
        var amount = Math.Round(quantity * line.NetPrice / line.PriceBasis, 2, MidpointRounding.AwayFromZero);
        return new Invoice
        {
            Number = number, IsCredit = credit, Issued = new DateOnly(2026, 3, 10), OrderNumber = purchase.Document.Number, Currency = "EUR", PayableTotal = amount,
            Lines = [new InvoiceLine { Position = position, Item = purchase.Document.Lines[position - 1].Item, Quantity = new Quantity(quantity, "EA"), Amount = amount }],
        };
    }

    private static async Task AnswerAsync(Workbench bench, PurchaseState purchase, string number, params OrderResponseLine[] lines) =>
        Assert.Equal(DocumentState.Applied, (await ApplyAsync(bench, DocumentKind.OrderResponse, Response(purchase, number, lines))).State);

    private static async Task ShipAsync(Workbench bench, PurchaseState purchase, string number, decimal quantity) =>
        Assert.Equal(DocumentState.Applied, (await ApplyAsync(bench, DocumentKind.DespatchAdvice, Despatch(purchase, number, quantity))).State);

    private static async Task<ApplyResult> ApplyAsync(Workbench bench, DocumentKind kind, object document, long documentId = 0, bool overdue = false, string partner = "nordhandel")
    {
        ApplyResult result;
        await using (var work = await bench.Store.BeginAsync(CancellationToken.None))
        {
            result = await bench.Journey.Application.ApplyAsync(work, bench.Book.Get(partner), kind, document, documentId, overdue, CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }
        await bench.WorkAsync();
        return result;
    }

    private static async Task<IReadOnlyList<PurchaseState>> PurchasesAsync(Workbench bench)
    {
        var rows = (await HubViews.Of(bench.Store).PurchasesAsync(new PurchaseFilter(), new PageRequest(null, 500), CancellationToken.None)).Items;
        return await bench.ReadAsync(work => work.Purchases.LoadAsync([.. rows.Select(row => row.Id)], CancellationToken.None));
    }

    private static async Task<PurchaseState> LoadAsync(Workbench bench, PurchaseState purchase) => (await PurchasesAsync(bench)).First(candidate => candidate.Id == purchase.Id);
}
