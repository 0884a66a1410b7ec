namespace UnifiedCommerce.Core;

/// <summary>How much a diagnostic matters.</summary>
public enum Severity
{
    /// <summary>Worth knowing; nothing is wrong.</summary>
    Info,
    /// <summary>Processed, but somebody should look.</summary>
    Warning,
    /// <summary>Not processed.</summary>
    Error,
}

/// <summary>What was found wrong in partner data or configuration, where, and what to do. A value, never an exception.</summary>
/// <param name="Code">Stable kebab-case code, for example <c>unknown-article</c>.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Place">Where: <c>file:line</c>, <c>line 3 quantity</c>, <c>segment 12 LIN element 3</c>, a JSON pointer.</param>
/// <param name="Text">One sentence: what was found, what was expected, what to do.</param>
public sealed record Diagnostic(string Code, Severity Severity, string Place, string Text)
{
    /// <summary>An error.</summary>
    public static Diagnostic Error(string code, string place, string text) => new(code, Severity.Error, place, text);
    /// <summary>A warning.</summary>
    public static Diagnostic Warning(string code, string place, string text) => new(code, Severity.Warning, place, text);

    /// <summary><c>place: text [code]</c>.</summary>
    public override string ToString() => $"{Place}: {Text} [{Code}]";
}

/// <summary>Something that must be true of our own code is not; names what was found, expected and to do.</summary>
public sealed class HubException(string message, Exception? inner = null) : Exception(message, inner);
