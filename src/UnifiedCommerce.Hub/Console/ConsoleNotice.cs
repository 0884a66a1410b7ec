namespace UnifiedCommerce.Hub.Console;

/// <summary>What an action tells the person on the next page, once.</summary>
internal static class ConsoleNotice
{
    private const string Cookie = "uc-notice";

    public static void Leave(HttpContext context, string text, bool failed = false) => context.Response.Cookies.Append(
        Cookie, (failed ? "-" : "+") + (text.Length > 700 ? text[..700] : text),
        new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, MaxAge = TimeSpan.FromMinutes(1), Path = "/" });

    public static (string? Text, bool Failed) Take(HttpContext? context)
    {
        if (context?.Request.Cookies[Cookie] is not { Length: > 1 } left)
        {
            return (null, false);
        }
        // A refresh in the background must not swallow what the person has not read yet.
        if (!context.Request.Headers.ContainsKey("X-Refresh") && !context.Response.HasStarted)
        {
            context.Response.Cookies.Delete(Cookie);
        }
        return (left[1..], left[0] == '-');
    }
}
