using UnifiedCommerce.Hub.Access;
using UnifiedCommerce.Hub.Webhooks;
using UnifiedCommerce.Transports.Https;

namespace UnifiedCommerce.Hub.Console.Actions;

internal static partial class ConsoleActions
{
    private static void MapAccessActions(IEndpointRouteBuilder group)
    {
        Post(group, "/keys/add", ConsoleRole.Administrator, async (context, form, actor) =>
        {
            string customer = form["customer"].ToString().Trim();
            string[] scopes = [.. form["scopes"].OfType<string>()];
            string key = await Service<AccessDirectory>(context).CreateKeyAsync(Text(form, "name", 100), scopes, customer.Length == 0 ? null : customer, actor, context.RequestAborted);
            return $"The key is {key} — copy it now, it is not shown again.";
        });
        Post(group, "/keys/revoke", ConsoleRole.Administrator, async (context, form, actor) =>
        {
            await Service<AccessDirectory>(context).RevokeKeyAsync(Text(form, "id", 64), actor, context.RequestAborted);
            return "The key is revoked; other processes follow within five seconds.";
        });
        Post(group, "/accounts/save", ConsoleRole.Administrator, async (context, form, actor) =>
        {
            if (!Enum.TryParse<ConsoleRole>(form["role"], out var role) || !Enum.IsDefined(role))
            {
                throw new RefusedException("Choose a role.");
            }
            var directory = Service<AccessDirectory>(context);
            // The first account closes the open console: it must be one that can make others.
            if (role != ConsoleRole.Administrator && (await directory.AccountsAsync(context.RequestAborted)).All(account => account.Role != ConsoleRole.Administrator))
            {
                throw new RefusedException("The first account must be an administrator, because the console asks everybody to sign in from then on.");
            }
            await directory.SaveAccountAsync(Text(form, "name", 64), role, form["password"].ToString(), actor, context.RequestAborted);
            return "The account is saved. From now on the console asks everybody to sign in.";
        });
        Post(group, "/accounts/remove", ConsoleRole.Administrator, async (context, form, actor) =>
        {
            string name = Text(form, "name", 64);
            if (name == actor)
            {
                throw new RefusedException("You cannot remove the account you are signed in with. Sign in with another one.");
            }
            await Service<AccessDirectory>(context).RemoveAccountAsync(name, actor, context.RequestAborted);
            return $"The account {name} is removed.";
        });
        Post(group, "/webhooks/add", ConsoleRole.Administrator, async (context, form, actor) =>
        {
            string url = Text(form, "url", 2000);
            if (NetworkGuard.Mistake(url, Service<WebhookClient>(context).AllowPrivate) is { } mistake)
            {
                throw new RefusedException($"The address cannot be called: {mistake}.");
            }
            string customer = form["customer"].ToString().Trim();
            var (_, secret) = await Service<WebhookRegistry>(context).AddAsync(url, customer.Length == 0 ? null : customer, [], 0, null, actor, context.RequestAborted);
            return $"The webhook's secret is {secret} — copy it now, it is not shown again.";
        });
        Post(group, "/webhooks/rotate", ConsoleRole.Administrator, async (context, form, actor) =>
        {
            string secret = await Service<WebhookRegistry>(context).RotateAsync(await FindAsync(context, form), actor, context.RequestAborted);
            return $"The new secret is {secret} — copy it now. The old one signs too for a day.";
        });
        Post(group, "/webhooks/replay", ConsoleRole.Operator, async (context, form, actor) =>
        {
            await Service<WebhookRegistry>(context).ReplayAsync(await FindAsync(context, form), Number(form, "after"), actor, context.RequestAborted);
            return "The webhook is told everything after that position again, with the same ids.";
        });
        Post(group, "/webhooks/remove", ConsoleRole.Administrator, async (context, form, actor) =>
        {
            await Service<WebhookRegistry>(context).RemoveAsync(await FindAsync(context, form), actor, context.RequestAborted);
            return "The webhook is removed.";
        });
    }

    private static async Task<Webhook> FindAsync(HttpContext context, IFormCollection form) =>
        (await Service<WebhookRegistry>(context).FindAsync(Text(form, "id", 64), context.RequestAborted))?.Webhook
        ?? throw new RefusedException("There is no such webhook any more.");
}
