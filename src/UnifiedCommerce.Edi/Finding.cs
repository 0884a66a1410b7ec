using System.Globalization;

namespace UnifiedCommerce.Edi;

/// <summary>The floor of checking that made a finding; each presupposes those before it.</summary>
public enum FindingLevel
{
    /// <summary>Bytes, delimiters, segments.</summary>
    Syntax,

    /// <summary>Header and trailer pairs: counts, references, duplicates.</summary>
    Envelope,

    /// <summary>Order, nesting and number of segments and groups in a message.</summary>
    Structure,

    /// <summary>Presence, type, length, characters and code values of elements and components.</summary>
    Element,

    /// <summary>Conditions between elements: X12 syntax notes, EDIFACT dependency notes.</summary>
    Condition,

    /// <summary>Sums that must agree: line counts, hash totals, invoice amounts.</summary>
    Balance,

    /// <summary>The partner's implementation guide.</summary>
    Partner,
}

/// <summary>How much a finding weighs.</summary>
public enum FindingSeverity
{
    /// <summary>Worth knowing; the data is read as it was meant.</summary>
    Info,

    /// <summary>Departs from the standard; the data is read all the same.</summary>
    Warning,

    /// <summary>The segment, message or interchange is to be rejected.</summary>
    Error,
}

/// <summary>
/// One thing found in an interchange: what, where, and the standard's own code for it. The only diagnostics type of the library.
/// </summary>
public sealed record Finding
{
    /// <summary>The stable name of the fault in this library, such as <c>message-segment-count</c>.</summary>
    public required string Code { get; init; }

    /// <summary>The floor of checking that made it.</summary>
    public required FindingLevel Level { get; init; }

    /// <summary>How much it weighs; <see cref="FindingSeverity.Error"/> unless set.</summary>
    public FindingSeverity Severity { get; init; } = FindingSeverity.Error;

    /// <summary>A sentence that says what was found, what was expected and, where useful, what to do.</summary>
    public required string Text { get; init; }

    /// <summary>Offset in bytes from the start of the input, 0 for the first byte.</summary>
    public long ByteOffset { get; init; }

    /// <summary>Index of the interchange in the input from 0; -1 outside an interchange.</summary>
    public int InterchangeIndex { get; init; } = -1;

    /// <summary>Index of the functional group in its interchange from 0; -1 outside a group.</summary>
    public int GroupIndex { get; init; } = -1;

    /// <summary>Index of the message in its interchange from 0; -1 outside a message.</summary>
    public int MessageIndex { get; init; } = -1;

    /// <summary>Position of the segment in its message, 1 for the message header; 0 outside a message (X12 AK302, EDIFACT 0096).</summary>
    public int SegmentPosition { get; init; }

    /// <summary>The tag of the segment, or null when no segment is concerned.</summary>
    public string? Tag { get; init; }

    /// <summary>Position of the element in its segment from 1; 0 for the segment itself (X12 AK401, EDIFACT 0098).</summary>
    public int ElementPosition { get; init; }

    /// <summary>Position of the component in its element from 1; 0 for the whole element (EDIFACT 0104).</summary>
    public int ComponentPosition { get; init; }

    /// <summary>Which repetition of the element, from 1; 0 when it does not matter (EDIFACT 0136).</summary>
    public int Repetition { get; init; }

    /// <summary>The standard's data element that lists <see cref="StandardCode"/>: X12 I18, 716 to 720, 723; EDIFACT 0085. Null when the standard has none.</summary>
    public string? StandardElement { get; init; }

    /// <summary>The standard's code for the fault, a value of <see cref="StandardElement"/>.</summary>
    public string? StandardCode { get; init; }

    /// <summary>What stood there, shortened to a readable length; null when it does not apply.</summary>
    public string? Found { get; init; }

    /// <summary>What should have stood there; null when it does not apply.</summary>
    public string? Expected { get; init; }

    /// <summary>The place and the sentence on one line, as a console prints it.</summary>
    public override string ToString()
    {
        string place = Tag is null ? "" : ElementPosition == 0 ? Tag + " " : ComponentPosition == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{Tag}{ElementPosition:00} ")
            : string.Create(CultureInfo.InvariantCulture, $"{Tag}{ElementPosition:00}-{ComponentPosition} ");
        return string.Create(CultureInfo.InvariantCulture, $"{Severity} {Code} at byte {ByteOffset}: {place}{Text}");
    }
}
