using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.EndToEnd.Tests;

/// <summary>What counts as touched by a human hand.</summary>
public sealed class TouchTests
{
    private static readonly DateTimeOffset At = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);
    private static readonly ILookup<long, Peg> Pegs = new[]
    {
        new Peg { PurchaseId = 1, Position = 1, OrderId = 10, LineId = "1", Rank = 1, Quantity = 5, Confirmed = 5 },
        new Peg { PurchaseId = 1, Position = 2, OrderId = 10, LineId = "2", Rank = 1, Quantity = 5, Awaiting = 5 },
        new Peg { PurchaseId = 1, Position = 2, OrderId = 11, LineId = "1", Rank = 2, Quantity = 5, Awaiting = 5 },
        new Peg { PurchaseId = 1, Position = 2, OrderId = 0, LineId = "", Rank = 3, Quantity = 1, Awaiting = 1 },
    }.ToLookup(peg => peg.PurchaseId);

    [Theory]
    [InlineData("price-change", """{"position":2}""", null, 2, 2)]
    [InlineData("overdue-answer", "{}", null, 2, 2)]
    [InlineData("approve-purchase-order", "{}", null, 3, 2)]
    [InlineData("approve-purchase-order", "{}", "approved by ann", 3, 2)]
    [InlineData("overdue-answer", "{}", "by itself: the answer came", 0, 0)]
    [InlineData("invoice-difference", "{}", null, 0, 0)]
    [InlineData("order-at-risk", "{}", null, 0, 0)]
    public void A_task_touches_the_lines_it_is_about(string kind, string data, string? outcome, int lines, int orders)
    {
        var touch = Touch.Of(20, 8, [new HubTask { Kind = kind, Key = kind, Text = "", PurchaseId = 1, Data = data, At = At, ClosedAt = outcome is null ? null : At, Outcome = outcome }], Pegs);
        Assert.Equal((lines, orders), (touch.TouchedLines, touch.TouchedOrders));
        Assert.Equal((20m - lines) / 20, touch.LineRate);
        Assert.Equal((8m - orders) / 8, touch.OrderRate);
    }

    [Fact]
    public void An_unmatched_article_touches_its_line_and_no_other_of_the_order()
    {
        HubTask[] tasks = [new HubTask { Kind = "unmatched-article", Key = "k", Text = "", OrderId = 10, Data = """{"lineId":"9"}""", At = At }];
        Assert.Equal(new Touch(4, 1, 2, 1), Touch.Of(4, 2, tasks, Pegs));
    }
}
