namespace UnifiedCommerce.Edi;

/// <summary>What a writer does with text that the character set or the delimiters do not allow.</summary>
public enum UnwritableText
{
    /// <summary>Throws <see cref="EdiWriteException"/> before a byte of the segment leaves.</summary>
    Refuse,

    /// <summary>Writes the nearest allowed text: upper case, the letter without its accent, a full stop; and says so in a finding.</summary>
    Replace,
}

/// <summary>How a writer lays out what it writes.</summary>
public readonly record struct EdiWriterOptions
{
    /// <summary>Creates the default options.</summary>
    public EdiWriterOptions()
    {
    }

    /// <summary>What follows every segment terminator, such as a line feed; nothing unless set. Only line breaks and spaces are allowed.</summary>
    public string? LineEnding { get; init; }

    /// <summary>Keeps separators after the last value of an element or segment; they are left out unless set.</summary>
    public bool KeepTrailingSeparators { get; init; }

    /// <summary>What to do with text that cannot be written; refused unless set.</summary>
    public UnwritableText UnwritableText { get; init; }
}

/// <summary>A value cannot be written in the dialect, or the calls do not make an interchange.</summary>
public sealed class EdiWriteException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was found, what was expected, what to do.</param>
    public EdiWriteException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">What was found, what was expected, what to do.</param>
    /// <param name="innerException">The cause.</param>
    public EdiWriteException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception without a word.</summary>
    public EdiWriteException()
    {
    }
}
