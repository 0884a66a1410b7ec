using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Hub.Access;

namespace UnifiedCommerce.Hub.Console.Actions;

internal static partial class ConsoleActions
{
    /// <summary>What <c>Access:SecondPerson</c> lists when a partner's step to watched or live needs two people.</summary>
    private const string GoLiveWord = "go-live";
    /// <summary>... when sending bytes again needs two people.</summary>
    private const string ResendWord = "resend";
    /// <summary>... when withdrawing a document needs two people.</summary>
    private const string VoidWord = "void";
    /// <summary>... when pinning or forbidding a line's supplier needs two people.</summary>
    private const string SourceWord = "source";

    private static void MapPartnerActions(IEndpointRouteBuilder group)
    {
        Post(group, "/partners/state", ConsoleRole.Operator, async (context, form, actor) =>
        {
            if (!Enum.TryParse<GoLiveState>(form["state"], out var to) || !Enum.IsDefined(to))
            {
                throw new RefusedException("Choose a state.");
            }
            string id = Text(form, "partner", 64);
            if (Service<PartnerBookHolder>(context).Current.Find(id) is { } partner && to > partner.State && !context.User.IsInRole(nameof(ConsoleRole.Procurement)))
            {
                throw new RefusedException("Moving a partner on needs the role procurement; moving it back does not. Ask an administrator.");
            }
            return Done(await Service<GoLiveDesk>(context).MoveAsync(id, to, Text(form, "reason", 300), actor, NeedsSecondPerson(context, GoLiveWord), context.RequestAborted));
        });
        Post(group, "/partners/test-order", ConsoleRole.Operator, async (context, form, actor) =>
            Done(await Service<GoLiveDesk>(context).SendTestOrderAsync(Text(form, "partner", 64), actor, context.RequestAborted)));
        Post(group, "/partners/version", ConsoleRole.Procurement, async (context, form, actor) =>
            Done(await Service<PartnerVersions>(context).PutInForceAsync(Text(form, "partner", 64), Text(form, "version", 64), Text(form, "reason", 300), actor, context.RequestAborted)));
    }

    private static bool NeedsSecondPerson(HttpContext context, string word) => (Service<IConfiguration>(context)["Access:SecondPerson"] ?? "")
        .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Contains(word, StringComparer.OrdinalIgnoreCase);

    private static string Done(Core.Status.DeskResult result) => result.Done ? result.Text : throw new RefusedException(result.Text);
}
