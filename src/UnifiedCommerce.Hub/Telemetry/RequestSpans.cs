using Microsoft.AspNetCore.Http.Features;

namespace UnifiedCommerce.Hub.Telemetry;

/// <summary>Names the span of a request by method and route template (OpenTelemetry semantic conventions, HTTP server spans), so that all requests of one kind are
/// found together. The path is left out: it may hold numbers of customers, and there are as many paths as orders.</summary>
internal static class RequestSpans
{
    private static readonly string[] Methods = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

    /// <summary>Adds the attributes to the span of each request that somebody collects. Comes first, so that refused requests have them too.</summary>
    public static IApplicationBuilder UseRequestSpans(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        if (context.Features.Get<IHttpActivityFeature>()?.Activity is not { IsAllDataRequested: true } span)
        {
            await next(context);
            return;
        }
        // Anybody may invent a method; the conventions give those one name.
        var known = Methods.Contains(context.Request.Method, StringComparer.Ordinal);
        span.SetTag("http.request.method", known ? context.Request.Method : "_OTHER").SetTag("url.scheme", context.Request.Scheme);
        span.DisplayName = known ? context.Request.Method : "HTTP";
        if (context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } template })
        {
            template = "/" + template.TrimStart('/');
            span.SetTag("http.route", template);
            span.DisplayName += " " + template;
        }
        try
        {
            await next(context);
        }
        finally
        {
            span.SetTag("http.response.status_code", context.Response.StatusCode);
        }
    });
}
