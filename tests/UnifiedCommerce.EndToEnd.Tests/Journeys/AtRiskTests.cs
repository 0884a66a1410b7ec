using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.EndToEnd.Tests.Journeys;

/// <summary>Warnings of orders that miss their date while they wait for a person.</summary>
public sealed class AtRiskTests
{
    [Fact]
    public async Task An_order_that_waits_for_an_article_is_called_at_risk_when_its_last_cut_off_is_near_and_no_longer_when_it_is_decided()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.LoadCataloguesAsync();
        var needed = new DateOnly(2026, 3, 9);
        var order = (await bench.SubmitAsync(new Order
        {
            Number = "RISK-1", Channel = "webshop", Buyer = new Party { Id = "C-1" }, RequestedDelivery = needed,
            Lines =
            [
                new OrderLine { Id = "1", Item = new Item { BuyerSku = "NOBODY-KNOWS" }, Quantity = new(2, "EA") },
                new OrderLine { Id = "2", Item = new Item { SupplierSku = "K-10001" }, Quantity = new(2, "EA") },
            ],
        })).Order!;
        await bench.Journey.AtRisk.LookAsync(CancellationToken.None);
        Assert.Empty(await bench.OpenTasksAsync(AtRisk.TaskKind));

        HubTask? warning = null;
        while (warning is null && DateOnly.FromDateTime(bench.Clock.Now.DateTime) < needed)
        {
            bench.Clock.Now = bench.Clock.Now.AddHours(1);
            await bench.Journey.AtRisk.LookAsync(CancellationToken.None);
            warning = (await bench.OpenTasksAsync(AtRisk.TaskKind)).SingleOrDefault();
        }
        // There is still time, and the text says until when and with whom.
        Assert.NotNull(warning);
        Assert.Equal(order.Id, warning.OrderId);
        Assert.Contains("Line 1 waits for an article and must be here by 2026-03-09: the last cut-off in time is", warning.Text, StringComparison.Ordinal);
        Assert.Equal(0, await bench.Journey.AtRisk.LookAsync(CancellationToken.None));

        await bench.Journey.Desk.CancelOrderAsync(order.Id, "1", "ann", CancellationToken.None);
        Assert.Empty(await bench.OpenTasksAsync("unmatched-article"));
        Assert.Equal(1, await bench.Journey.AtRisk.LookAsync(CancellationToken.None));
        Assert.Empty(await bench.OpenTasksAsync(AtRisk.TaskKind));
    }

    [Fact]
    public async Task A_purchase_order_that_waits_for_approval_puts_its_orders_at_risk_before_the_cut_off_and_approval_ends_it()
    {
        await using var bench = await Workbench.OpenAsync(book => book with
        {
            Partners = book.Partners.ToDictionary(pair => pair.Key, pair => pair.Value with { Purchasing = pair.Value.Purchasing with { Approval = ApprovalRule.Always } }, StringComparer.Ordinal),
        });
        await bench.TakeInSamplesAsync();
        await bench.ADayAsync();
        var approvals = await bench.OpenTasksAsync("approve-purchase-order");
        Assert.NotEmpty(approvals);
        await bench.Journey.AtRisk.LookAsync(CancellationToken.None);
        Assert.Contains(await bench.OpenTasksAsync(AtRisk.TaskKind), task => task.Text.Contains("for the approval of a purchase order", StringComparison.Ordinal));
        foreach (var task in approvals)
        {
            Assert.True((await bench.Journey.Desk.ApproveAsync(task.PurchaseId!.Value, "ann", CancellationToken.None)).Done);
        }
        await bench.Journey.AtRisk.LookAsync(CancellationToken.None);
        Assert.DoesNotContain(await bench.OpenTasksAsync(AtRisk.TaskKind), task => task.Text.Contains("approval", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_read_sees_one_moment_waits_for_no_writer_and_cannot_be_committed()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.LoadCataloguesAsync();
        await using var writing = await bench.Store.BeginAsync(CancellationToken.None);
        await writing.Catalogue.SetSettingAsync("example", "written", CancellationToken.None);
        await using var reading = await bench.Store.BeginReadAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Null(await reading.Catalogue.SettingAsync("example", CancellationToken.None));
        await writing.CommitAsync(CancellationToken.None);
        Assert.Null(await reading.Catalogue.SettingAsync("example", CancellationToken.None));
        await Assert.ThrowsAsync<HubException>(() => reading.CommitAsync(CancellationToken.None));
    }
}
