using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Routing;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Hub.Access;

namespace UnifiedCommerce.Hub.Console.Actions;

internal static partial class ConsoleActions
{
    private static void MapTradeActions(IEndpointRouteBuilder group)
    {
        Post(group, "/partners/stop", ConsoleRole.Operator, (context, form, actor) => SwitchAsync(context, form, actor, stop: true));
        Post(group, "/partners/start", ConsoleRole.Operator, (context, form, actor) => SwitchAsync(context, form, actor, stop: false));
    }

    private static async Task<string> SwitchAsync(HttpContext context, IFormCollection form, string actor, bool stop)
    {
        string id = Text(form, "partner", 64);
        var partner = Service<PartnerBookHolder>(context).Current.Find(id) ?? throw new RefusedException($"There is no partner {id}.");
        string? reason = stop ? Text(form, "reason") : null;
        await using var work = await Service<IStore>(context).BeginAsync(context.RequestAborted);
        await work.Catalogue.SetSettingAsync(RoutingService.StoppedSetting + id, stop ? $"{reason} ({actor})" : null, context.RequestAborted);
        await work.Audit.AddAsync(
            [new AuditEntry(Service<TimeProvider>(context).GetUtcNow(), actor, stop ? "partner.stopped" : "partner.started", $"partner:{id}", null,
                reason is null ? null : System.Text.Json.JsonSerializer.Serialize(new { reason }))],
            context.RequestAborted);
        await work.CommitAsync(context.RequestAborted);
        return stop ? $"{partner.Name} is stopped: nothing is routed or sent to it until somebody starts it again." : $"{partner.Name} is started again.";
    }
}
