using System.Globalization;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Routing;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Hub.Access;

namespace UnifiedCommerce.Hub.Console.Actions;

internal static partial class ConsoleActions
{
    private static void MapTradeActions(IEndpointRouteBuilder group)
    {
        Decide(group, "/purchases/approve", ConsoleRole.Procurement, (desk, form, actor, stop) => desk.ApproveAsync(Number(form, "purchase"), actor, stop));
        Decide(group, "/purchases/refuse", ConsoleRole.Procurement, (desk, form, actor, stop) => desk.RefuseAsync(Number(form, "purchase"), Text(form, "reason"), actor, stop));
        Decide(group, "/purchases/cancel", ConsoleRole.Procurement, (desk, form, actor, stop) => desk.CancelPurchaseAsync(Number(form, "purchase"), Text(form, "reason"), actor, stop));
        Decide(group, "/purchases/cancelled", ConsoleRole.Procurement, (desk, form, actor, stop) => desk.RecordCancelledAsync(Number(form, "purchase"), Text(form, "note"), actor, stop));
        Decide(group, "/purchases/not-cancelled", ConsoleRole.Procurement, (desk, form, actor, stop) => desk.RecordCancelRefusedAsync(Number(form, "purchase"), Text(form, "note"), actor, stop));
        Decide(group, "/purchases/write-again", ConsoleRole.Procurement, (desk, form, actor, stop) => desk.WriteAgainAsync(Number(form, "purchase"), Text(form, "note"), actor, stop));
        Decide(group, "/answers/accept", ConsoleRole.Procurement, (desk, form, actor, stop) => desk.AcceptAnswerAsync(Number(form, "task"), actor, stop));
        Decide(group, "/answers/refuse", ConsoleRole.Procurement, (desk, form, actor, stop) => desk.RefuseAnswerAsync(Number(form, "task"), actor, stop));
        Decide(group, "/answers/insist", ConsoleRole.Procurement, (desk, form, actor, stop) => desk.InsistAsync(Number(form, "task"), actor, stop));
        Decide(group, "/rest/keep", ConsoleRole.Procurement, (desk, form, actor, stop) => desk.KeepRestAsync(Number(form, "task"), actor, stop));
        Decide(group, "/rest/move", ConsoleRole.Procurement, (desk, form, actor, stop) => desk.MoveRestAsync(Number(form, "task"), actor, stop));
        Decide(group, "/re-routes/approve", ConsoleRole.Procurement, (desk, form, actor, stop) => desk.ApproveReRouteAsync(Number(form, "task"), actor, stop));
        Decide(group, "/re-routes/refuse", ConsoleRole.Procurement, (desk, form, actor, stop) => desk.RefuseReRouteAsync(Number(form, "task"), Text(form, "reason"), actor, stop));
        Decide(group, "/prices/release", ConsoleRole.Procurement, (desk, form, actor, stop) => desk.DecidePriceAsync(Number(form, "task"), release: true, actor, stop));
        Decide(group, "/prices/refuse", ConsoleRole.Procurement, (desk, form, actor, stop) => desk.DecidePriceAsync(Number(form, "task"), release: false, actor, stop));
        Decide(group, "/articles/match", ConsoleRole.Procurement, (desk, form, actor, stop) => desk.MatchAsync(Number(form, "order"), Text(form, "line", 100), Text(form, "sku", 100), actor, stop));
        Decide(group, "/articles/match-supplier", ConsoleRole.Procurement, (desk, form, actor, stop) => desk.MatchSupplierAsync(Number(form, "task"), Text(form, "sku", 100), actor, stop));
        Post(group, "/orders/source", ConsoleRole.Procurement, async (context, form, actor) =>
        {
            long order = Number(form, "order");
            string line = Text(form, "line", 100);
            string wanted = Given(form, "pin") is { } pin ? $"buy line {line} from {pin} only" : Given(form, "forbid") is { } forbid ? $"not buy line {line} from {forbid}" : $"leave the source of line {line} to the hub";
            return await TwoAsync(context, SourceWord, $"order:{order}:{line}", wanted, (order, null), actor) ?? Done(await Service<Desk>(context).SourceAsync(order, line, Given(form, "pin"), Given(form, "forbid"), Text(form, "reason"), actor, context.RequestAborted));
        });
        Decide(group, "/orders/cancel", ConsoleRole.Procurement, (desk, form, actor, stop) => desk.CancelOrderAsync(Number(form, "order"), Given(form, "line"), actor, stop));
        Decide(group, "/partners/stop", ConsoleRole.Operator, (desk, form, actor, stop) => desk.SwitchAsync(Text(form, "partner", 64), stop: true, Text(form, "reason"), actor, stop));
        Decide(group, "/partners/start", ConsoleRole.Operator, (desk, form, actor, stop) => desk.SwitchAsync(Text(form, "partner", 64), stop: false, "started again", actor, stop));
        Decide(group, "/documents/replay", ConsoleRole.Operator, (desk, form, actor, stop) => desk.ReplayAsync(Number(form, "document"), release: false, actor, stop));
        Decide(group, "/documents/release", ConsoleRole.Procurement, (desk, form, actor, stop) => desk.ReplayAsync(Number(form, "document"), release: true, actor, stop));
        Decide(group, "/documents/dismiss", ConsoleRole.Operator, (desk, form, actor, stop) => desk.DismissAsync(Number(form, "document"), Text(form, "reason"), actor, stop));
        Post(group, "/dispatches/decide", ConsoleRole.Procurement, async (context, form, actor) =>
        {
            long dispatch = Number(form, "dispatch");
            string decision = Text(form, "decision", 20);
            string? asked = decision switch
            {
                "send-again" => await TwoAsync(context, ResendWord, $"dispatch:{dispatch}", "send the same bytes again", await PurchaseOfAsync(context, dispatch), actor),
                "withdraw" => await TwoAsync(context, VoidWord, $"dispatch:{dispatch}", "withdraw a document that was to be sent", await PurchaseOfAsync(context, dispatch), actor),
                _ => null,
            };
            return asked ?? Done(await Service<Desk>(context).DecideDispatchAsync(dispatch, decision, Text(form, "note"), actor, context.RequestAborted));
        });
        Decide(group, "/tasks/close", ConsoleRole.Operator, (desk, form, actor, stop) => desk.CloseAsync(Number(form, "task"), Text(form, "note"), actor, stop));

        Post(group, "/runs/replay", ConsoleRole.Viewer, async (context, form, _) =>
        {
            await using var work = await Service<IStore>(context).BeginReadAsync(context.RequestAborted);
            var run = await work.Routing.FindAsync(Number(form, "run"), context.RequestAborted) ?? throw new RefusedException("There is no such run.");
            return RoutingService.Replay(run) is { } difference
                ? throw new RefusedException($"{difference} Tell the makers of the hub: a decision must be repeatable.")
                : $"Solved again: the same {run.Sha256[..12]}… for problem and plan, byte for byte.";
        });
        group.MapGet("/documents/{id:long}/bytes", async (HttpContext context, long id) =>
        {
            await using var work = await Service<IStore>(context).BeginReadAsync(context.RequestAborted);
            // Untrusted bytes leave as a download with a name of our own, never shown in place.
            return await work.Documents.FindAsync(id, context.RequestAborted) is { } document
                ? Results.Bytes(document.Bytes, "application/octet-stream", string.Create(CultureInfo.InvariantCulture, $"document-{id}.bin"))
                : Results.NotFound();
        });
    }

    /// <summary>Null when the action may go on; else what to say while it waits for a second person.</summary>
    private static async Task<string?> TwoAsync(HttpContext context, string word, string subject, string what, (long?, long?) links, string actor) =>
        NeedsSecondPerson(context, word) && await Service<SecondPerson>(context).AskAsync(subject, what, what, links, actor, context.RequestAborted) is { } answer ? Done(answer) : null;

    private static async Task<(long?, long?)> PurchaseOfAsync(HttpContext context, long dispatch)
    {
        await using var work = await Service<IStore>(context).BeginReadAsync(context.RequestAborted);
        return (null, (await work.Dispatches.LoadAsync([dispatch], context.RequestAborted)).FirstOrDefault()?.PurchaseId);
    }

    private static void Decide(IEndpointRouteBuilder group, string path, ConsoleRole role, Func<Desk, IFormCollection, string, CancellationToken, Task<DeskResult>> decide) =>
        Post(group, path, role, async (context, form, actor) =>
            Done(await decide(Service<Desk>(context), form, actor, context.RequestAborted)));

    private static string? Given(IFormCollection form, string name) => form[name].ToString().Trim() is { Length: > 0 } text ? text : null;
}
