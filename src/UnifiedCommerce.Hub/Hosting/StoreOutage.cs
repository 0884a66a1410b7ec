using System.Data.Common;
using Microsoft.AspNetCore.Antiforgery;
using UnifiedCommerce.Core;
using UnifiedCommerce.Hub.Api;

namespace UnifiedCommerce.Hub.Hosting;

/// <summary>Answers 503 with Retry-After while the store does not answer, so that no caller believes that anything was taken in.</summary>
public static class StoreOutage
{
    /// <summary>True when the exception says that the database is away or overloaded, or that the fate of a commit is unknown.</summary>
    public static bool Is(Exception exception) => exception switch
    {
        CommitUnknownException => true,
        DbException database => database.IsTransient || database.GetType().Name is "SqliteException" or "NpgsqlException",
        TimeoutException => true,
        // What Npgsql throws when a connection breaks at the very moment at which a statement is sent.
        ObjectDisposedException disposed => disposed.StackTrace?.Contains("Npgsql.", StringComparison.Ordinal) == true,
        _ => exception.InnerException is { } inner && Is(inner),
    };

    /// <summary>Adds the answer to the pipeline.</summary>
    public static IApplicationBuilder UseStoreOutage(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        try
        {
            await next(context);
        }
        catch (Exception exception) when (!context.Response.HasStarted && Is(exception))
        {
            context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("UnifiedCommerce.Hub.Store")
                .LogError(exception, "The store did not answer {Method} {Path}", context.Request.Method, context.Request.Path);
            context.Response.Clear();
            context.Response.Headers.RetryAfter = "5";
            await Problems.Of(StatusCodes.Status503ServiceUnavailable, "store-away", "The hub's memory does not answer",
                "Nothing is known to be stored. Send the same request with the same Idempotency-Key again after the time in Retry-After; a repeat does no harm.")
                .ExecuteAsync(context);
        }
        catch (AntiforgeryValidationException) when (!context.Response.HasStarted)
        {
            context.Response.Clear();
            await Problems.Of(StatusCodes.Status400BadRequest, "form-token", "The form is not ours or too old",
                "Go back, load the page again and repeat what you did. Nothing was changed.").ExecuteAsync(context);
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            context.Response.Clear();
            await Problems.Of(exception.StatusCode, "bad-request", "The request cannot be read", exception.Message).ExecuteAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("UnifiedCommerce.Hub")
                .LogError(exception, "Our own mistake in {Method} {Path}", context.Request.Method, context.Request.Path);
            context.Response.Clear();
            await Problems.Of(StatusCodes.Status500InternalServerError, "own-mistake", "A mistake of the hub itself",
                $"The log has the details under the trace id {context.TraceIdentifier}. Nothing of this request was stored.").ExecuteAsync(context);
        }
    });
}
