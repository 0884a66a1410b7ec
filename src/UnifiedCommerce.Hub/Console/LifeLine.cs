using System.Text.Json;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Routing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Hub.Console;

/// <summary>One thing that happened on an order's way, with a link to its details.</summary>
public sealed record LifeEvent(DateTimeOffset At, string Tone, string Title, string? Detail, string? Href);

/// <summary>An order's whole way: channel, document, lines, runs, purchase orders, dispatches, answers, despatches, invoices.</summary>
public sealed record LifeLine(
    OrderState Order, IReadOnlyList<LineProposal> Proposals, IReadOnlyList<Peg> Pegs, IReadOnlyList<PurchaseState> Purchases, IReadOnlyList<HubTask> Tasks,
    IReadOnlyList<LifeEvent> Events)
{
    /// <summary>Reads everything there is about an order; null when there is no such order.</summary>
    public static async Task<LifeLine?> LoadAsync(ConsoleReader reader, long id)
    {
        var none = CancellationToken.None;
        var (order, proposals, pegs) = await reader.ReadAsync(async work =>
        {
            var orders = await work.Orders.LoadAsync([id], none);
            if (orders.Count == 0)
            {
                return default((OrderState?, IReadOnlyList<LineProposal>, IReadOnlyList<Peg>));
            }
            return (orders[0], await work.Routing.ProposalsAsync(id, none), await work.Purchases.PegsOfOrdersAsync([id], none));
        });
        if (order is null)
        {
            return null;
        }
        var (purchases, newer) = await reader.PurchasesAsync([.. pegs.Select(peg => peg.PurchaseId).Distinct()]);
        var (dispatches, unknown) = (new List<Dispatch>(), newer.ToList());
        foreach (var purchase in purchases)
        {
            var (its, why) = await reader.ReadKnownAsync(work => work.Dispatches.OfPurchaseAsync(purchase.Id, none));
            dispatches.AddRange(its ?? []);
            unknown.AddRange(why is null ? [] : [why]);
        }
        var tasks = await reader.Views.TasksAboutAsync(id, null, null, none);
        var documents = await reader.Views.DocumentsAboutAsync([.. purchases.Select(purchase => purchase.Document.Number)], none);
        var told = await reader.Views.EventsOfOrderAsync(id, "portal", none);
        var happened = new List<LifeEvent>
        {
            new(order.ReceivedAt, "info", $"Order {order.Number} came in through {order.Channel}",
                $"{order.Lines.Count} lines for {order.Order.Buyer.Name ?? order.Customer}{(order.Order.RequestedDelivery is { } day ? $", needed by {Show.Day(day)}" : "")}",
                order.DocumentId is { } document ? $"/documents/{document}" : null),
        };
        foreach (var run in proposals.Select(proposal => proposal.RunId).Concat(purchases.Select(purchase => purchase.RunId)).Distinct())
        {
            if (await reader.ReadAsync(work => work.Routing.FindAsync(run, none)) is { } found)
            {
                happened.Add(new(found.AsOf, found.Decided ? "good" : "quiet", found.Decided ? $"Routing run {found.Pool} {found.Number} decided" : $"Routing run {found.Pool} {found.Number}: a preview",
                    $"{found.LineCount} lines together, cash cost {Show.Money(found.CashCost, found.Currency)}", $"/runs/{found.Id}"));
            }
        }
        foreach (var purchase in purchases)
        {
            happened.Add(new(purchase.DecidedAt, "info", $"Purchase order {purchase.Document.Number} to {reader.NameOf(purchase.Partner)}",
                $"{purchase.Lines.Count} lines, {Show.Money(purchase.Document.LineTotal, purchase.Document.Currency)}; now {Show.Words(purchase.Status)}", $"/purchases/{purchase.Id}"));
        }
        foreach (var dispatch in dispatches.Where(dispatch => dispatch.SentAt is not null || dispatch.State is DispatchState.Held or DispatchState.Failed))
        {
            happened.Add(new(dispatch.SentAt ?? dispatch.PreparedAt, Show.Tone(dispatch.State), $"{Show.Title(Show.Kind(dispatch.Kind))} {dispatch.Key} {Show.Words(dispatch.State)}",
                dispatch.Evidence ?? dispatch.Reason, $"/dispatches/{dispatch.Id}"));
        }
        foreach (var row in documents.Where(row => !row.Outbound))
        {
            happened.Add(new(row.ReceivedAt, Show.Tone(row.State), $"{Show.Title(Show.Kind(row.Kind))} {row.Number} from {reader.NameOf(row.Partner)}",
                $"about {row.OrderNumber}; {Show.Words(row.State)}{(row.Reason is null ? "" : $": {row.Reason}")}", $"/documents/{row.Id}"));
        }
        foreach (var state in unknown)
        {
            happened.Add(new(reader.Now, "warn", $"Something of this order stands at {state.Word}", "Only a newer version of the hub knows this state: look in a process of that version, or update this one.", null));
        }
        foreach (var task in tasks)
        {
            happened.Add(new(task.At, task.ClosedAt is null ? "warn" : "quiet", $"{Show.Title(Show.Words(task.Kind))}{(task.ClosedAt is null ? " waits for a person" : $": {task.Outcome}")}", task.Text,
                task.ClosedAt is null ? "/tasks" : null));
        }
        foreach (var say in told.Where(say => say.Type != "order.received"))
        {
            happened.Add(new(say.At, "quiet", "The customer was told", Sentences(say.Data), null));
        }
        return new LifeLine(order, proposals, pegs, purchases, tasks, [.. happened.OrderBy(one => one.At)]);
    }

    private static string Sentences(string data)
    {
        using var json = JsonDocument.Parse(data);
        return json.RootElement.TryGetProperty("lines", out var lines) && lines.ValueKind == JsonValueKind.Array
            ? string.Join("  ", lines.EnumerateArray().Take(6).Select(line => $"Line {Text(line, "lineId")}: {Text(line, "reason")}")) + (lines.GetArrayLength() > 6 ? " …" : "")
            : "";
    }

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.ToString() : "";
}
