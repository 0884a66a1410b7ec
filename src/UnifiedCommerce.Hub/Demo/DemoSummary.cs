using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Sandbox;

namespace UnifiedCommerce.Hub.Demo;

/// <summary>What one supplier got.</summary>
public sealed record SupplierSummary(string Name, int PurchaseOrders, int Lines, decimal Value, string Currency);

/// <summary>A kind of task that waits for a person.</summary>
public sealed record WaitingSummary(string Kind, int Count, string Example);

/// <summary>What the demonstration came to, in figures that a buyer understands.</summary>
public sealed record DemoSummary
{
    /// <summary>Orders taken in.</summary>
    public required long Orders { get; init; }
    /// <summary>Their lines by stage.</summary>
    public required LineStages Lines { get; init; }
    /// <summary>Purchase orders by supplier.</summary>
    public required IReadOnlyList<SupplierSummary> Suppliers { get; init; }
    /// <summary>Base currency.</summary>
    public required string Currency { get; init; }
    /// <summary>Cash cost of all decisions.</summary>
    public required decimal CashCost { get; init; }
    /// <summary>Cash cost of the decisions that the preferred suppliers could have filled, and what it would have been there.</summary>
    public required (decimal Cash, decimal Reference) Preferred { get; init; }
    /// <summary>Cash cost of the decisions, and what the cheapest offer of each line would have cost.</summary>
    public required (decimal Cash, decimal Reference) CheapestPerLine { get; init; }
    /// <summary>What needed a human hand.</summary>
    public required Touch Touch { get; init; }
    /// <summary>Orders that may miss their date while they wait for a person.</summary>
    public required int AtRisk { get; init; }
    /// <summary>What waits for a person.</summary>
    public required IReadOnlyList<WaitingSummary> Waiting { get; init; }
    /// <summary>What should hold and does not; empty when all is well.</summary>
    public required IReadOnlyList<string> Broken { get; init; }

    /// <summary>Gathers the figures and checks what must hold.</summary>
    public static async Task<DemoSummary> GatherAsync(IStore store, IViews views, ISelfAudit audit, PartnerBook book, SandboxReport suppliers, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var home = await views.HomeAsync(now, cancellationToken);
        var runs = await AllAsync((page, stop) => views.RunsAsync(decidedOnly: true, page, stop), cancellationToken);
        var purchases = await AllAsync((page, stop) => views.PurchasesAsync(new PurchaseFilter(), page, stop), cancellationToken);
        var tasks = await AllAsync((page, stop) => views.TasksAsync(openOnly: false, null, page, stop), cancellationToken);
        var dispatches = await AllAsync((page, stop) => views.DispatchesAsync(null, null, page, stop), cancellationToken);
        Touch touch;
        await using (var work = await store.BeginReadAsync(cancellationToken))
        {
            var pegs = await work.Purchases.PegsOfPurchasesAsync([.. tasks.Select(task => task.PurchaseId).OfType<long>().Distinct()], cancellationToken);
            touch = Touch.Of(home.Lines.Total, home.Orders, tasks, pegs.ToLookup(peg => peg.PurchaseId));
        }
        var broken = (await audit.CheckAsync(cancellationToken)).Select(breach => $"{breach.Invariant} {breach.Subject}: {breach.Text}").ToList();
        broken.AddRange(suppliers.Doubled.Select(twice => $"I4 {twice.Number}: {twice.Partner} got it twice, as {twice.FirstDelivery} and {twice.Delivery}."));
        broken.AddRange(suppliers.Unreadable.Select(fault => $"{fault.Partner} could not read {fault.Delivery}: {fault.Fault}"));
        // What the suppliers hold and what the hub says it sent must be the same purchase orders.
        var numbers = purchases.ToDictionary(purchase => purchase.Id, purchase => purchase.Number);
        var sent = dispatches.Where(dispatch => dispatch.Kind == Core.Orders.DocumentKind.PurchaseOrder && dispatch.State.Known is DispatchState.Sent or DispatchState.Confirmed)
            .Select(dispatch => dispatch.PurchaseId is { } id ? numbers.GetValueOrDefault(id) : null).OfType<string>()
            .ToHashSet(StringComparer.Ordinal);
        var held = suppliers.Held.Select(order => order.Number).ToHashSet(StringComparer.Ordinal);
        broken.AddRange(sent.Except(held, StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(number => $"I4 {number}: the hub says it was sent, and no supplier holds it."));
        broken.AddRange(held.Except(sent, StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(number => $"I4 {number}: a supplier holds it, and the hub does not say it was sent."));
        return new DemoSummary
        {
            Orders = home.Orders,
            Lines = home.Lines,
            Suppliers = [.. purchases.Where(purchase => purchase.Status.Known is not (PurchaseStatus.Refused or PurchaseStatus.Cancelled)).GroupBy(purchase => (purchase.Partner, purchase.Currency))
                .Select(group => new SupplierSummary(book.Find(group.Key.Partner)?.Name ?? group.Key.Partner, group.Count(), group.Sum(each => each.Lines), group.Sum(each => each.Total), group.Key.Currency))
                .OrderByDescending(row => row.PurchaseOrders).ThenBy(row => row.Name, StringComparer.Ordinal)],
            Currency = book.House.Currency,
            CashCost = runs.Sum(run => run.CashCost),
            Preferred = (runs.Where(run => run.PreferredCost is not null).Sum(run => run.CashCost), runs.Sum(run => run.PreferredCost ?? 0)),
            CheapestPerLine = (runs.Where(run => run.CheapestPerLineCost is not null).Sum(run => run.CashCost), runs.Sum(run => run.CheapestPerLineCost ?? 0)),
            Touch = touch,
            AtRisk = tasks.Count(task => task is { Kind: Core.Status.AtRisk.TaskKind, ClosedAt: null }),
            Waiting = [.. tasks.Where(task => task.ClosedAt is null && task.Kind != Core.Status.AtRisk.TaskKind).GroupBy(task => task.Kind, StringComparer.Ordinal).OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => new WaitingSummary(group.Key, group.Count(), group.MinBy(task => task.Id)!.Text))],
            Broken = broken,
        };
    }

    private static async Task<List<T>> AllAsync<T>(Func<PageRequest, CancellationToken, Task<Page<T>>> read, CancellationToken cancellationToken)
    {
        var rows = new List<T>();
        long? before = null;
        do
        {
            var page = await read(new PageRequest(before, 500), cancellationToken);
            rows.AddRange(page.Items);
            before = page.Before;
        }
        while (before is not null);
        return rows;
    }
}
