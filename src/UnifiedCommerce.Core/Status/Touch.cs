using System.Text.Json;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Routing;

namespace UnifiedCommerce.Core.Status;

/// <summary>How much went from channel to supplier without a human hand. A line is touched when a task about it waits for a person or was done by one: what
/// closed by itself, and what concerns other lines of the same order or purchase order, does not count. An order is touched when one of its lines is.</summary>
/// <param name="Lines">Order lines.</param>
/// <param name="TouchedLines">Those that needed a hand.</param>
/// <param name="Orders">Orders.</param>
/// <param name="TouchedOrders">Those with a touched line.</param>
public readonly record struct Touch(long Lines, long TouchedLines, long Orders, long TouchedOrders)
{
    /// <summary>Part of the lines that needed nobody, from 0 to 1; null without lines.</summary>
    public decimal? LineRate => Lines == 0 ? null : (decimal)(Lines - TouchedLines) / Lines;
    /// <summary>Part of the orders that needed nobody, from 0 to 1; null without orders.</summary>
    public decimal? OrderRate => Orders == 0 ? null : (decimal)(Orders - TouchedOrders) / Orders;

    /// <summary>Counts from the tasks there are, open and closed.</summary>
    /// <param name="lines">Order lines in all.</param>
    /// <param name="orders">Orders in all.</param>
    /// <param name="tasks">All tasks.</param>
    /// <param name="pegs">Pegs of the purchase orders that tasks name.</param>
    public static Touch Of(long lines, long orders, IEnumerable<HubTask> tasks, ILookup<long, Peg> pegs)
    {
        var touched = new HashSet<(long OrderId, string LineId)>();
        foreach (var task in tasks.Where(task => task.NeedsHand && task.Kind != AtRisk.TaskKind))
        {
            touched.UnionWith(LinesOf(task, pegs));
        }
        return new Touch(lines, touched.Count, orders, touched.Select(line => line.OrderId).Distinct().Count());
    }

    private static IEnumerable<(long OrderId, string LineId)> LinesOf(HubTask task, ILookup<long, Peg> pegs)
    {
        if (task.Kind == ReRoutes.TaskKind)
        {
            return JsonSerializer.Deserialize<ReRouteCard>(task.Data, CanonicalJson.Options)!.Lines.Select(line => (line.OrderId, line.LineId));
        }
        var data = JsonDocument.Parse(task.Data).RootElement;
        if (task.OrderId is { } order && data.TryGetProperty("lineId", out var line))
        {
            return [(order, line.GetString()!)];
        }
        if (task.PurchaseId is not { } purchase)
        {
            return [];
        }
        var own = pegs[purchase].Where(peg => !peg.ToStock);
        return (task.Kind switch
        {
            // Bookkeeping about a supplier's invoice holds no order line up.
            "invoice-difference" or "overdue-invoice" => [],
            "overdue-answer" => own.Where(peg => peg.Awaiting > 0),
            "overdue-despatch" => own.Where(peg => peg.Awaiting + peg.Confirmed + peg.Backordered > 0),
            _ when data.TryGetProperty("position", out var position) => own.Where(peg => peg.Position == position.GetInt32()),
            _ => own,
        }).Select(peg => (peg.OrderId, peg.LineId));
    }
}
