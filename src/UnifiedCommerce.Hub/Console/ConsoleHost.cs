using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http.HttpResults;
using UnifiedCommerce.Hub.Access;
using UnifiedCommerce.Hub.Api;
using UnifiedCommerce.Hub.Console.Actions;
using UnifiedCommerce.Hub.Console.Pages;

namespace UnifiedCommerce.Hub.Console;

/// <summary>The console in the pipeline: who may see it, its pages, its actions, its two files.</summary>
internal static class ConsoleHost
{
    public const string StampClaim = "stamp";
    private const string SignInPath = "/sign-in";
    // The page answers POST too, as every Razor component: the form goes elsewhere.
    private const string SignInAction = "/do/sign-in";

    public static void AddConsole(this IServiceCollection services)
    {
        services.AddRazorComponents();
        services.AddHttpContextAccessor();
        services.AddScoped<ConsoleReader>();
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.Cookie.Name = "uc-form";
            antiforgery.Cookie.SameSite = SameSiteMode.Strict;
            antiforgery.SuppressXFrameOptionsHeader = true;
        });
        services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(cookie =>
        {
            cookie.Cookie.Name = "uc-console";
            cookie.Cookie.HttpOnly = true;
            cookie.Cookie.SameSite = SameSiteMode.Strict;
            cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            cookie.ExpireTimeSpan = TimeSpan.FromHours(10);
            cookie.SlidingExpiration = true;
            cookie.LoginPath = SignInPath;
            cookie.Events.OnValidatePrincipal = async validate =>
            {
                // A changed password or role ends older sign-ins.
                var directory = validate.HttpContext.RequestServices.GetRequiredService<AccessDirectory>();
                string name = validate.Principal?.Identity?.Name ?? "";
                string stamp = validate.Principal?.FindFirstValue(StampClaim) ?? "";
                if (await directory.StillValidAsync(name, stamp, validate.HttpContext.RequestAborted) is null)
                {
                    validate.RejectPrincipal();
                    await validate.HttpContext.SignOutAsync();
                }
            };
        });
        services.AddAuthorization();
    }

    public static IApplicationBuilder UseSecurityHeaders(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.ContentSecurityPolicy =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        if (!context.Request.Path.StartsWithSegments("/assets", StringComparison.Ordinal))
        {
            headers.CacheControl = "no-store";
        }
        return next(context);
    });

    /// <summary>Signed in, or on this machine while no account exists; everybody else is asked to sign in.</summary>
    public static IApplicationBuilder UseConsoleAccess(this IApplicationBuilder app) => app.UseWhen(
        context => IsPage(context.Request.Path)
            && !context.Request.Path.Equals(SignInAction, StringComparison.OrdinalIgnoreCase)
            && !context.Request.Path.Equals(SignInPath, StringComparison.OrdinalIgnoreCase),
        branch => branch.Use(async (context, next) =>
        {
            if (context.User.Identity?.IsAuthenticated != true)
            {
                var directory = context.RequestServices.GetRequiredService<AccessDirectory>();
                bool open = (await directory.AccountsAsync(context.RequestAborted)).Count == 0;
                if (open && ApiAccess.IsLocal(context))
                {
                    context.User = PrincipalOf("local", ConsoleRole.Administrator, "");
                }
                else if (open)
                {
                    context.Response.StatusCode = StatusCodes.Status403Forbidden;
                    await context.Response.WriteAsync("The console has no account yet and is only open on the machine it runs on. Make one there with --create-user NAME.\n", context.RequestAborted);
                    return;
                }
                else
                {
                    string target = HttpMethods.IsGet(context.Request.Method) ? $"{context.Request.Path}{context.Request.QueryString}" : "/";
                    context.Response.Redirect($"{SignInPath}?return={Uri.EscapeDataString(target)}");
                    return;
                }
            }
            await next(context);
        }));

    public static void MapConsole(this WebApplication app)
    {
        app.MapRazorComponents<ConsolePage>();
        app.MapConsoleActions();
        app.MapPost(SignInAction, SignInAsync).ExcludeFromDescription();
        app.MapPost("/sign-out", async (HttpContext context, IAntiforgery antiforgery) =>
        {
            await antiforgery.ValidateRequestAsync(context);
            await context.SignOutAsync();
            return Results.Redirect("/");
        }).ExcludeFromDescription();
        // A mistyped address is answered with a page that leads on. Programs get the bare status, and a wrong method or type of theirs its own.
        app.MapGet("/{**path:regex(^(?!(api|health|assets|metrics|do)(/|$)))}", () => new RazorComponentResult<ConsolePage> { StatusCode = StatusCodes.Status404NotFound })
            .WithOrder(int.MaxValue).ExcludeFromDescription();
        foreach (string name in (string[])["console.css", "console.js", "icon.svg"])
        {
            var (bytes, tag) = Asset(name);
            string type = Path.GetExtension(name) switch { ".css" => "text/css", ".js" => "text/javascript", _ => "image/svg+xml" };
            app.MapGet($"/assets/{name}", (HttpContext context) =>
            {
                context.Response.Headers.CacheControl = "no-cache";
                return Results.Bytes(bytes, $"{type}; charset=utf-8", entityTag: new Microsoft.Net.Http.Headers.EntityTagHeaderValue(tag));
            }).ExcludeFromDescription();
        }
    }

    private static bool IsPage(PathString path) =>
        !path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase) && !path.StartsWithSegments("/health", StringComparison.OrdinalIgnoreCase)
        && !path.StartsWithSegments("/assets", StringComparison.OrdinalIgnoreCase) && !path.Equals("/metrics", StringComparison.OrdinalIgnoreCase);

    public static ClaimsPrincipal PrincipalOf(string name, ConsoleRole role, string stamp)
    {
        // A role includes those before it, so that one check per action is enough.
        var claims = Enum.GetValues<ConsoleRole>().Where(candidate => candidate <= role).Select(candidate => new Claim(ClaimTypes.Role, candidate.ToString()))
            .Append(new Claim(ClaimTypes.Name, name)).Append(new Claim(StampClaim, stamp));
        return new ClaimsPrincipal(new ClaimsIdentity(claims, CookieAuthenticationDefaults.AuthenticationScheme));
    }

    private static async Task<IResult> SignInAsync(HttpContext context, IAntiforgery antiforgery, AccessDirectory directory)
    {
        await antiforgery.ValidateRequestAsync(context);
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        string target = form["return"].ToString();
        // Only paths of our own: no open redirect.
        if (!target.StartsWith('/') || target.StartsWith("//", StringComparison.Ordinal) || target.StartsWith("/\\", StringComparison.Ordinal))
        {
            target = "/";
        }
        if (await directory.SignInAsync(form["name"].ToString(), form["password"].ToString(), context.RequestAborted) is not { } account)
        {
            return Results.Redirect($"{SignInPath}?failed=1&return={Uri.EscapeDataString(target)}");
        }
        await context.SignInAsync(PrincipalOf(account.Name, account.Role, account.Stamp));
        return Results.Redirect(target);
    }

    private static (byte[] Bytes, string Tag) Asset(string name)
    {
        using var stream = typeof(ConsoleHost).Assembly.GetManifestResourceStream($"UnifiedCommerce.Hub.Console.Assets.{name}")
            ?? throw new InvalidOperationException($"The asset {name} is not embedded in the assembly.");
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        byte[] bytes = copy.ToArray();
        return (bytes, $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8))}\"");
    }
}
