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
public class HubException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A row holds a state that only a newer version of the hub knows, while both run: whoever wanted to work on it leaves it alone.</summary>
/// <param name="type">What the state belongs to.</param>
/// <param name="word">The state as it is stored.</param>
/// <param name="known">The states that this version knows.</param>
public sealed class UnknownStateException(string type, string word, IEnumerable<string> known)
    : HubException($"Found {type} '{word}' in the store, expected one of {string.Join(", ", known)}. A newer version wrote it: update this process.")
{
    /// <summary>The state as it is stored.</summary>
    public string Word => word;
}

/// <summary>A state as it is stored, for showing only: rows of a list show also what only a newer version of the hub knows.</summary>
/// <param name="Word">The name as it is stored.</param>
public readonly record struct StateWord<T>(string Word) where T : struct, Enum
{
    /// <summary>The state, or null when this version does not know it: nothing may be done with it then.</summary>
    public T? Known => Enum.TryParse<T>(Word, out var known) && Enum.IsDefined(known) ? known : null;

    /// <summary>A state that this version knows.</summary>
    public static implicit operator StateWord<T>(T state) => new(state.ToString());

    /// <inheritdoc />
    public override string ToString() => Word;
}
