using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Core.Tests.Ledgers;

public sealed class LedgerTests
{
    private static PurchaseLineState Line(decimal ordered, decimal factor = 1) => new()
    {
        PurchaseId = 1, Position = 1, Sku = "A", UnitFactor = factor, Ordered = ordered, Awaiting = ordered, NetPrice = 1m,
    };

    private static Peg PegOf(long order, int rank, decimal quantity) => new()
    {
        PurchaseId = 1, Position = 1, OrderId = order, LineId = order == 0 ? "" : "1", Rank = rank, Quantity = quantity, Awaiting = quantity,
    };

    [Fact]
    public void A_partial_confirmation_and_a_backorder_keep_the_sum()
    {
        var line = Line(10).Confirm(6, new DateOnly(2026, 3, 5)).Backorder(4, new DateOnly(2026, 3, 20));
        Assert.Equal((0m, 6m, 4m), (line.Awaiting, line.Confirmed, line.Backordered));
    }

    [Fact]
    public void A_backordered_quantity_can_be_confirmed_later()
    {
        var line = Line(10).Backorder(10, null).Confirm(10, new DateOnly(2026, 3, 9));
        Assert.Equal((0m, 10m, 0m), (line.Awaiting, line.Confirmed, line.Backordered));
    }

    [Fact]
    public void What_has_shipped_cannot_be_cancelled()
    {
        var (shipped, over, after) = Line(10).Confirm(10, null).Ship(7, "T1");
        var cancelled = shipped.Cancel(10);
        Assert.Equal((7m, 3m, 0m, 0m, 0m), (cancelled.Shipped, cancelled.Cancelled, cancelled.Confirmed, over, after));
    }

    [Fact]
    public void A_despatch_after_a_cancellation_wins_and_the_goods_go_to_stock()
    {
        var cancelled = Line(10).Cancel(10);
        var pegs = Pegging.Distribute(cancelled, [PegOf(5, 1, 10)]);
        Assert.Equal(0m, pegs[0].Quantity);
        var (shipped, over, after) = cancelled.Ship(10, null);
        Assert.Equal((0m, 10m), (over, after));
        pegs = Pegging.Distribute(shipped, pegs);
        Assert.Equal(0m, pegs.Single(peg => peg.OrderId == 5).Quantity);
        Assert.Equal(10m, pegs.Single(peg => peg.ToStock).Shipped);
    }

    [Fact]
    public void More_shipped_than_ordered_is_told_apart()
    {
        var (line, over, _) = Line(10).Ship(12, null);
        Assert.Equal((10m, 2m), (line.Shipped, over));
    }

    [Fact]
    public void Goods_that_a_receipt_spoke_of_first_are_not_shipped_again_by_a_late_despatch_advice()
    {
        var (received, _, _) = Line(100).Confirm(100, null).Receive(60);
        Assert.Equal((60m, 60m), (received.Received, received.Unannounced));
        var (announced, over, after) = received.Ship(60, "T1");
        Assert.Equal((0m, 60m, 40m, 0m, "T1", 0m, 0m), (announced.Shipped, announced.Received, announced.Confirmed, announced.Unannounced, announced.Tracking, over, after));
    }

    [Fact]
    public void A_receipt_of_what_was_cancelled_says_so()
    {
        var (line, over, after) = Line(10).Cancel(10).Receive(10);
        Assert.Equal((10m, 0m, 10m), (line.Received, over, after));
    }

    /// <summary>Goods have left as far as the longest of three words says: despatch advices, receipts, invoices taken as word.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_words_of_one_delivery_end_at_the_same_sums_in_any_order(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 2_000; round++)
        {
            var ordered = random.Next(1, 100);
            decimal[] Parts() => [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => (decimal)random.Next(1, 60))];
            var (announced, arrived, billed) = (Parts(), Parts(), Parts());
            var words = announced.Select(quantity => ('A', quantity)).Concat(arrived.Select(quantity => ('R', quantity))).Concat(billed.Select(quantity => ('I', quantity))).ToArray();
            var gone = Math.Min(ordered, Math.Max(announced.Sum(), Math.Max(arrived.Sum(), billed.Sum())));
            for (var shuffle = 0; shuffle < 4; shuffle++)
            {
                random.Shuffle(words);
                var line = Line(ordered);
                foreach (var (word, quantity) in words)
                {
                    line = word switch
                    {
                        'A' => line.Ship(quantity, null).Line,
                        'R' => line.Receive(quantity).Line,
                        _ => (Math.Min(line.Billed() + quantity - line.Gone(), line.Unshipped()) is > 0 and var unseen ? line.ShipUnannounced(unseen).Line : line).Invoice(quantity),
                    };
                }
                var received = Math.Min(ordered, arrived.Sum());
                var told = $"seed {seed} round {round}: ordered {ordered}, {string.Join(' ', words.Select(word => $"{word.Item1}{word.quantity}"))}: {line}";
                Assert.True((line.Shipped, line.Received, line.Awaiting) == (gone - received, received, ordered - gone), told);
                Assert.True(line.Unannounced == Math.Max(0, gone - announced.Sum()), told);
            }
        }
    }

    [Fact]
    public void A_transition_that_breaks_the_sum_is_refused()
    {
        var broken = Assert.Throws<HubException>(() => (Line(10) with { Confirmed = 1 }).Verified());
        Assert.Contains("expected the sum to hold", broken.Message, StringComparison.Ordinal);
        Assert.Throws<HubException>(() => Line(10).Confirm(0, null));
    }

    [Fact]
    public void When_less_comes_the_earliest_need_gets_it_and_stock_loses_first()
    {
        // 2 packs of 12 serve 10 and 10 pieces, 4 go to stock. One pack is rejected.
        var line = Line(2, factor: 12).Cancel(1);
        var pegs = Pegging.Distribute(line, [PegOf(7, 1, 10), PegOf(8, 2, 10), PegOf(0, 3, 4)]);
        Assert.Equal([10m, 2m, 0m], pegs.Select(peg => peg.Quantity));
    }

    [Fact]
    public void A_customers_cancellation_takes_the_open_part_at_once_and_asks_for_the_rest()
    {
        var line = new OrderLineState { LineId = "1", Index = 0, Ordered = 10, Open = 10 }.Allocate(6);
        var (cancelled, ask) = line.CancelByCustomer(10);
        Assert.Equal((0m, 4m, 6m, 6m), (cancelled.Open, cancelled.Cancelled, cancelled.CancelRequested, ask));
        // The supplier agrees: the peg is emptied, nothing is open again.
        var after = cancelled.FollowPegs([PegOf(1, 1, 0) with { Awaiting = 0 }], null);
        Assert.Equal((0m, 10m, 0m), (after.Open, after.Cancelled, after.Allocated));
    }

    [Fact]
    public void A_rejected_line_is_open_again()
    {
        var line = new OrderLineState { LineId = "1", Index = 0, Ordered = 10, Open = 10 }.Allocate(10);
        var after = line.FollowPegs([PegOf(1, 1, 3)], null);
        Assert.Equal((7m, 3m), (after.Open, after.Awaiting));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Sums_hold_through_any_sequence_of_transitions(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 2_500; round++)
        {
            var factor = random.Next(1, 4) * 2;
            var line = Line(random.Next(1, 40), factor);
            var needs = Enumerable.Range(1, random.Next(1, 5)).Select(order => (order, quantity: (decimal)random.Next(1, 20))).ToList();
            var total = line.Ordered * factor;
            var pegs = new List<Peg>();
            var lines = new Dictionary<long, OrderLineState>();
            foreach (var (order, quantity) in needs)
            {
                var taken = Math.Min(quantity, total - pegs.Sum(peg => peg.Quantity));
                if (taken > 0)
                {
                    pegs.Add(PegOf(order, order, taken));
                    lines[order] = new OrderLineState { OrderId = order, LineId = "1", Index = 0, Ordered = quantity, Open = quantity }.Allocate(taken);
                }
            }
            if (total > pegs.Sum(peg => peg.Quantity))
            {
                pegs.Add(PegOf(0, 99, total - pegs.Sum(peg => peg.Quantity)));
            }
            for (var step = 0; step < 12; step++)
            {
                var quantity = random.Next(1, 15);
                line = random.Next(7) switch
                {
                    0 => line.Confirm(quantity, null),
                    1 => line.Backorder(quantity, null),
                    2 => line.Cancel(quantity),
                    3 => line.Ship(quantity, null).Line,
                    4 => line.Receive(quantity).Line,
                    5 => line.Invoice(quantity),
                    _ => line,
                };
                if (random.Next(5) == 0 && lines.Count > 0)
                {
                    var order = lines.Keys.ElementAt(random.Next(lines.Count));
                    lines[order] = lines[order].CancelByCustomer(random.Next(1, 10)).Line;
                }
                pegs = [.. Pegging.Distribute(line, pegs)];
                foreach (var order in lines.Keys.ToList())
                {
                    lines[order] = lines[order].FollowPegs(pegs.Where(peg => peg.OrderId == order), null);
                }
                var live = (line.Ordered - line.Cancelled) * factor;
                Assert.True(live == pegs.Sum(peg => peg.Quantity), $"seed {seed} round {round}: pegs hold {pegs.Sum(peg => peg.Quantity)} of {live}");
                Assert.All(pegs, peg => Assert.Equal(peg.Quantity, peg.Awaiting + peg.Confirmed + peg.Backordered + peg.Shipped + peg.Received));
                Assert.Equal(line.Shipped * factor, pegs.Sum(peg => peg.Shipped));
                Assert.Equal(lines.Values.Sum(own => own.Allocated), pegs.Where(peg => !peg.ToStock).Sum(peg => peg.Quantity));
            }
        }
    }
}
