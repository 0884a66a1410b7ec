using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Hub.Access;

namespace UnifiedCommerce.Hub.Api;

/// <summary>Documents that partners hand in over HTTPS: answers, despatch advices, invoices, catalogues, in their own format.</summary>
public static class PartnerDocumentsApi
{
    /// <summary>Maps the route. A key that belongs to a partner (its customer is the partner id) reaches that partner only.</summary>
    public static void MapPartnerDocumentsApi(this IEndpointRouteBuilder api) =>
        api.MapPost("/partners/{id}/documents", TakeInAsync).RequireScope("documents:write")
            .Accepts<byte[]>("application/xml", "application/json", "text/csv", "application/EDIFACT", "application/EDI-X12", "application/octet-stream", "text/plain")
            .Produces<DocumentTaken>(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .WithName("TakeInDocument").WithTags("Partners").WithSummary("Takes a partner's document in, in the partner's own format.")
            .WithDescription("Answers 202 once the bytes are durable; what became of them stands in the console under Documents. The same bytes, or the same Idempotency-Key, "
                + "are stored as a duplicate and not applied again.");

    private static async Task<IResult> TakeInAsync(HttpContext context, string id, IStore store, DocumentReception reception, PartnerBookHolder book, CancellationToken cancellationToken)
    {
        var client = context.Client();
        // Another partner's id with this key is answered as if it did not exist (C34).
        if (book.Current.Find(id) is not { } partner || (client.Customer is { } only && only != id))
        {
            return Problems.Of(StatusCodes.Status404NotFound, "unknown-partner", "No such partner", $"Found partner '{id}', expected one that this key may speak for.");
        }
        byte[]? body = await ApiJson.ReadBodyAsync(context.Request, cancellationToken);
        if (body is null || body.LongLength > (partner.Transport?.MaxBytes ?? ApiJson.MaxBody))
        {
            return Problems.Of(StatusCodes.Status413PayloadTooLarge, "too-large", "The document is too large",
                $"Found more than {Math.Min(ApiJson.MaxBody, partner.Transport?.MaxBytes ?? ApiJson.MaxBody) / (1024 * 1024)} MB, expected less. Split it, or ask for a higher limit for {partner.Name}.");
        }
        string? key = context.Request.Headers["Idempotency-Key"].FirstOrDefault();
        string name = context.Request.Headers["X-File-Name"].FirstOrDefault() is { Length: > 0 and <= 200 } given ? given : key ?? "document";
        await using var work = await store.BeginAsync(cancellationToken);
        var (documentId, duplicate) = await reception.StoreAsync(work, partner.Id, "https", name, key, body, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return Results.Json(new DocumentTaken(documentId, duplicate), ApiJson.Options, statusCode: StatusCodes.Status202Accepted);
    }
}

/// <summary>The receipt for a document.</summary>
/// <param name="DocumentId">Its number here.</param>
/// <param name="Duplicate">It came before and is not applied again.</param>
public sealed record DocumentTaken(long DocumentId, bool Duplicate);
