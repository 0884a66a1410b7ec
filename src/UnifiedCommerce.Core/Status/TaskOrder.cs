using System.Text.Json;
using System.Text.Json.Nodes;
using UnifiedCommerce.Core.Routing;

namespace UnifiedCommerce.Core.Status;

/// <summary>The order in which people should look at what waits for them: decisions that orders at risk wait for by their last cut-off, then decisions that keep
/// goods from being ordered by what they cost, then the rest; warnings that only wait for a decision come last.</summary>
public static class TaskOrder
{
    private static readonly HashSet<string> KeepsGoods = new(StringComparer.Ordinal)
    {
        "approve-purchase-order", "held-dispatch", "price-change", "substitute", ReRoutes.TaskKind, RestOfOrder.TaskKind, "line-without-supplier", "unmatched-article", "unfilled-line",
        "cancel-request", "tell-supplier", "not-rendered", "acknowledgement-rejected", "overdue-answer",
    };

    /// <summary>Sorts tasks; closed ones last, newest first.</summary>
    public static IReadOnlyList<HubTask> Sort(IReadOnlyCollection<HubTask> tasks)
    {
        var until = Until(tasks);
        return [.. tasks.OrderBy(task => task.ClosedAt is not null)
            .ThenBy(task => task.ClosedAt is not null ? 0 : until.ContainsKey(task.Key) ? 0 : KeepsGoods.Contains(task.Kind) ? 1 : task.Kind == AtRisk.TaskKind ? 3 : 2)
            .ThenBy(task => until.TryGetValue(task.Key, out var moment) ? moment : DateTimeOffset.MaxValue)
            .ThenByDescending(CostOf).ThenByDescending(task => task.At).ThenByDescending(task => task.Id)];
    }

    /// <summary>The last cut-off in time of orders at risk by the key of the decision they wait for; the first moment of time where none is left.</summary>
    public static IReadOnlyDictionary<string, DateTimeOffset> Until(IReadOnlyCollection<HubTask> tasks) => tasks
        .Where(task => task is { Kind: AtRisk.TaskKind, ClosedAt: null }).SelectMany(task => CardOf(task) is { } card ? card.Decisions.Select(key => (key, card.Until)) : [])
        .GroupBy(entry => entry.key, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Min(entry => entry.Until ?? DateTimeOffset.MinValue), StringComparer.Ordinal);

    /// <summary>What a warning says to programs; null for other tasks.</summary>
    public static AtRiskCard? CardOf(HubTask task) =>
        task.Kind == AtRisk.TaskKind && task.Data.Contains("decisions", StringComparison.Ordinal) ? JsonSerializer.Deserialize<AtRiskCard>(task.Data, CanonicalJson.Options) : null;

    /// <summary>What is at stake in base currency, as far as the task says it.</summary>
    private static decimal CostOf(HubTask task)
    {
        if (task.Kind is not (ReRoutes.TaskKind or RestOfOrder.TaskKind or "price-change" or "substitute"))
        {
            return 0;
        }
        var data = JsonNode.Parse(task.Data);
        var card = task.Kind == ReRoutes.TaskKind ? data : data?["elsewhere"];
        return card?["after"] is { } after && card["before"] is { } before ? Math.Max(after.GetValue<decimal>(), before.GetValue<decimal>()) : 0;
    }
}
