using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Storage.Views;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.EndToEnd.Tests.Journeys;

public sealed class SampleJourneyTests(Xunit.Abstractions.ITestOutputHelper output)
{
    [Fact]
    public async Task Orders_of_the_samples_become_purchase_orders_in_the_distributors_folders()
    {
        await using var bench = await Workbench.OpenAsync();
        await bench.LoadCataloguesAsync();
        foreach (var channel in Directory.GetDirectories(Path.Combine(Workbench.Samples, "orders")).Order(StringComparer.Ordinal))
        {
            foreach (var file in Directory.GetFiles(channel).Order(StringComparer.Ordinal))
            {
                if (Path.GetFileName(channel) != "webshop")
                {
                    await bench.HandInAsync(Path.GetFileName(channel), Path.GetFileName(file), await File.ReadAllBytesAsync(file));
                }
            }
        }
        await bench.WorkAsync();
        var views = HubViews.Of(bench.Store);
        foreach (var document in (await views.DocumentsAsync(new DocumentFilter(), new PageRequest(null, 200), CancellationToken.None)).Items)
        {
            output.WriteLine($"{document}");
        }
        for (var step = 0; step < 40; step++)
        {
            var due = await bench.ReadAsync(work => work.Deadlines.NextDueAsync(CancellationToken.None));
            if (due is null || due > bench.Clock.Now.AddDays(1))
            {
                break;
            }
            await bench.StepToAsync(due.Value);
            output.WriteLine($"step {due}");
        }
        foreach (var run in (await views.RunsAsync(false, new PageRequest(null, 200), CancellationToken.None)).Items)
        {
            output.WriteLine($"{run}");
        }
        foreach (var purchase in (await views.PurchasesAsync(new PurchaseFilter(), new PageRequest(null, 200), CancellationToken.None)).Items)
        {
            output.WriteLine($"{purchase}");
        }
        foreach (var task in (await views.TasksAsync(true, null, new PageRequest(null, 200), CancellationToken.None)).Items)
        {
            output.WriteLine($"{task.Kind}: {task.Text}");
        }
        foreach (var trouble in Workbench.Trouble)
        {
            output.WriteLine(trouble);
        }
        output.WriteLine(string.Join("\n", Directory.EnumerateFiles(bench.Data, "*", SearchOption.AllDirectories)));
        Assert.Fail("look");
    }
}
