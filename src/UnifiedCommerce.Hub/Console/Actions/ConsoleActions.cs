using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Antiforgery;
using UnifiedCommerce.Core;
using UnifiedCommerce.Hub.Access;

namespace UnifiedCommerce.Hub.Console.Actions;

/// <summary>The console's buttons: each is a POST with an antiforgery token, needs a role, says what it did, and goes back.</summary>
internal static partial class ConsoleActions
{
    private delegate Task<string> Action(HttpContext context, IFormCollection form, string actor);

    public static void MapConsoleActions(this WebApplication app)
    {
        var group = app.MapGroup("/do").ExcludeFromDescription().DisableAntiforgery();
        MapAccessActions(group);
        MapTradeActions(group);
        MapPartnerActions(group);
        MapJobActions(group);
    }

    private static void Post(IEndpointRouteBuilder group, string path, ConsoleRole role, Action action) => group.MapPost(path, async (HttpContext context, IAntiforgery antiforgery) =>
    {
        await antiforgery.ValidateRequestAsync(context);
        string back = Back(context);
        if (!context.User.IsInRole(role.ToString()))
        {
            ConsoleNotice.Leave(context, $"This needs the role {Show.Words(role)}. Ask an administrator.", failed: true);
            return Results.Redirect(back);
        }
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        try
        {
            ConsoleNotice.Leave(context, await action(context, form, context.User.FindFirstValue(ClaimTypes.Name) ?? "local"));
        }
        catch (RefusedException exception)
        {
            ConsoleNotice.Leave(context, exception.Message, failed: true);
        }
        catch (UnknownStateException exception)
        {
            ConsoleNotice.Leave(context, $"Nothing was done: the state {exception.Word} is known to a newer version of the hub only. Do it in a process of that version, or update this one.", failed: true);
        }
        catch (ArgumentException exception)
        {
            ConsoleNotice.Leave(context, exception.Message.Split(" (Parameter", 2)[0], failed: true);
        }
        return Results.Redirect(form["next"].ToString() is { Length: > 1 } next && next[0] == '/' && next[1] is not ('/' or '\\') ? next : back);
    });

    /// <summary>The page that the button was on; only pages of our own.</summary>
    private static string Back(HttpContext context) =>
        Uri.TryCreate(context.Request.Headers.Referer.ToString(), UriKind.Absolute, out var referer) && referer.Authority == context.Request.Host.Value
            ? referer.PathAndQuery
            : "/";

    private static long Number(IFormCollection form, string name) =>
        long.TryParse(form[name].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new RefusedException($"Found {name} '{form[name]}', expected a number. Go back and try again.");

    private static string Text(IFormCollection form, string name, int most = 500) => form[name].ToString().Trim() is { Length: > 0 } text && text.Length <= most
        ? text
        : throw new RefusedException($"Give a {Show.Words(name)} of at most {most} characters.");

    private static T Service<T>(HttpContext context) where T : notnull => context.RequestServices.GetRequiredService<T>();
}

/// <summary>What a person asked for cannot be done; the message says why and what to do.</summary>
internal sealed class RefusedException(string message) : Exception(message);
