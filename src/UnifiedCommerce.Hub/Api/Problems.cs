using Microsoft.AspNetCore.Http.HttpResults;
using UnifiedCommerce.Core;

namespace UnifiedCommerce.Hub.Api;

/// <summary>One finding of a problem answer.</summary>
/// <param name="Code">Stable code.</param>
/// <param name="Place">Where: a JSON pointer, a CSV line, a header.</param>
/// <param name="Text">What was found, what is expected, what to do.</param>
public sealed record ProblemFinding(string Code, string Place, string Text);

/// <summary>Answers after RFC 9457 that say what was found, where, what is expected and what to do.</summary>
public static class Problems
{
    /// <summary>A problem with its findings.</summary>
    public static ProblemHttpResult Of(int status, string code, string title, string detail, IEnumerable<ProblemFinding>? findings = null) =>
        TypedResults.Problem(
            detail,
            statusCode: status,
            title: title,
            type: $"urn:unified-commerce:problem:{code}",
            extensions: findings is null ? null : new Dictionary<string, object?>(StringComparer.Ordinal) { ["errors"] = findings.ToArray() });

    /// <summary>A problem from diagnostics.</summary>
    public static ProblemHttpResult Of(int status, string code, string title, IReadOnlyCollection<Diagnostic> diagnostics) =>
        Of(status, code, title, diagnostics.FirstOrDefault(diagnostic => diagnostic.Severity == Severity.Error)?.Text ?? title,
            diagnostics.Select(diagnostic => new ProblemFinding(diagnostic.Code, diagnostic.Place, diagnostic.Text)));

    /// <summary>Another customer's data and data that does not exist give the same answer (C34).</summary>
    public static ProblemHttpResult NotFound(string what) =>
        Of(StatusCodes.Status404NotFound, "not-found", "Not found", $"There is no {what} that this key may see. Check the number and the customer.");
}
