using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace UnifiedCommerce.Edi;

/// <summary>
/// Checks headers against trailers while a reader runs: counts, references, duplicates, order and emptiness, and the fixed form of ISA.
/// </summary>
/// <remarks>Give it every segment in order. It allocates for findings, and to remember references for the search for duplicates.</remarks>
public sealed class EnvelopeChecker
{
    private static ReadOnlySpan<byte> IsaLengths => [2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1];

    private readonly ICollection<Finding> findings;
    private readonly Level interchange = new();
    private readonly Level group = new();
    private readonly Level message = new();
    private readonly HashSet<UInt128> messageReferences = [];
    private readonly HashSet<UInt128> groupReferences = [];
    private HashSet<string>? interchangeReferences;
    private Dialect? dialect;
    private int messagesInInterchange;
    private int messagesInGroup;
    private int groupsInInterchange;
    private int segments;
    private bool messagesOutsideGroups;
    private bool strayReported;

    /// <summary>Creates a checker.</summary>
    /// <param name="findings">Receives what it finds.</param>
    public EnvelopeChecker(ICollection<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        this.findings = findings;
    }

    private bool IsX12 => dialect!.Standard == EdiStandard.X12;

    /// <summary>Checks a whole input and gives the findings of syntax, characters and envelope.</summary>
    /// <param name="data">All bytes.</param>
    /// <param name="options">Limits and overrides.</param>
    public static IReadOnlyList<Finding> Check(ReadOnlySpan<byte> data, EdiReaderOptions options = default)
    {
        List<Finding> findings = [];
        EnvelopeChecker checker = new(findings);
        CharacterChecker characters = new(findings);
        EdiReader reader = new(data, options);
        while (reader.Read() && findings.Count < options.MaximumFindings)
        {
            checker.Add(in reader);
            characters.Add(in reader);
        }
        checker.End(in reader);
        findings.AddRange(reader.Findings);
        findings.Sort(static (a, b) => a.ByteOffset.CompareTo(b.ByteOffset));
        return findings;
    }

    /// <summary>Takes the segment the reader stands on.</summary>
    /// <param name="reader">The reader.</param>
    public void Add(scoped in EdiReader reader)
    {
        switch (reader.Kind)
        {
            case SegmentKind.Body:
                Body(in reader);
                break;
            case SegmentKind.MessageHeader:
                MessageHeader(in reader);
                break;
            case SegmentKind.MessageTrailer:
                MessageTrailer(in reader);
                break;
            case SegmentKind.GroupHeader:
                GroupHeader(in reader);
                break;
            case SegmentKind.GroupTrailer:
                GroupTrailer(in reader);
                break;
            case SegmentKind.InterchangeHeader:
                InterchangeHeader(in reader);
                break;
            default:
                InterchangeTrailer(in reader);
                break;
        }
    }

    /// <summary>Ends the input: what is still open lacks its trailer.</summary>
    /// <param name="reader">The reader, at its end.</param>
    public void End(scoped in EdiReader reader) => CloseInterchange(reader.EndOffset, "the end of the input");

    private void Body(scoped in EdiReader reader)
    {
        dialect ??= reader.Dialect;
        if (message.IsOpen)
        {
            segments++;
            return;
        }
        ReadOnlySpan<byte> tag = reader.Tag;
        bool allowed = (IsX12 && !group.IsOpen && tag is [(byte)'T', (byte)'A', (byte)'1' or (byte)'3'] or [(byte)'I', (byte)'S', (byte)'B' or (byte)'E'])
            || (dialect!.Standard == EdiStandard.Edifact && tag.Length == 3 && tag[0] == 'U' && tag[1] is (byte)'S' or (byte)'N');
        if (!allowed && !strayReported)
        {
            strayReported = true;
            Add(in reader, "segment-outside-message", $"{Name(tag)} stands outside a message.",
                standardElement: IsX12 ? "I18" : "0085", standardCode: IsX12 ? "022" : "33");
        }
    }

    private void InterchangeHeader(scoped in EdiReader reader)
    {
        CloseInterchange(reader.ByteOffset, "the next interchange");
        dialect = reader.Dialect!;
        interchange.Open(in reader, reader.Element(dialect.Standard == EdiStandard.X12 ? 13 : 5));
        messagesInInterchange = groupsInInterchange = 0;
        messagesOutsideGroups = strayReported = false;
        messageReferences.Clear();
        groupReferences.Clear();
        if (IsX12)
        {
            Isa(in reader);
        }
        else
        {
            Required(in reader, 5, 0, "control reference");
            if (dialect.Standard == EdiStandard.Edifact)
            {
                Unb(in reader);
            }
        }
        SegmentView segment = reader.Segment;
        string identity = IsX12
            ? $"{segment.Text(5)}*{segment.Text(6)}*{segment.Text(7)}*{segment.Text(8)}*{segment.Text(13)}"
            : $"{Latin(segment.RawElement(2))}+{Latin(segment.RawElement(3))}+{segment.Text(5)}";
        if (!(interchangeReferences ??= new(StringComparer.Ordinal)).Add(identity))
        {
            Add(in reader, "interchange-duplicate", $"The interchange {interchange.Text} stood before in this input, from the same sender to the same receiver.",
                elementPosition: IsX12 ? 13 : 5, standardElement: IsX12 ? "I18" : "0085", standardCode: IsX12 ? "025" : "26", found: interchange.Text);
        }
    }

    /// <summary>X12.5: every element of ISA has one length.</summary>
    private void Isa(scoped in EdiReader reader)
    {
        SegmentView segment = reader.Segment;
        if (segment.ElementCount != 16)
        {
            Add(in reader, "isa-element-count", $"ISA has {segment.ElementCount} elements; it has to have 16.", standardElement: "I18", standardCode: "022");
            return;
        }
        // The standard's note codes for the elements 1 to 16 of ISA (I18).
        ReadOnlySpan<byte> notes = [10, 11, 12, 13, 5, 6, 7, 8, 14, 15, 16, 17, 18, 19, 20, 27];
        for (int i = 1; i <= 16; i++)
        {
            int token = segment.FindToken(i);
            int length = i is 11 or 16 ? segment.RawElement(i).Length : segment.Token(token).Length;
            if (length != IsaLengths[i - 1])
            {
                Add(in reader, "isa-element-length", $"ISA{i:00} has {length} characters; it has to have {IsaLengths[i - 1]}.", elementPosition: i,
                    standardElement: "I18", standardCode: notes[i - 1].ToString("000", CultureInfo.InvariantCulture), found: Latin(segment.RawElement(i)));
            }
        }
        if (reader.Element(13).IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0)
        {
            Add(in reader, "control-number-not-numeric", "ISA13 has to be nine digits.", elementPosition: 13, standardElement: "I18", standardCode: "018",
                found: interchange.Text);
        }
        if (segment.Element(14) is not [(byte)'0' or (byte)'1'])
        {
            Add(in reader, "isa-value", "ISA14 has to be 0 (no acknowledgement asked for) or 1.", elementPosition: 14, standardElement: "I18",
                standardCode: "019", found: segment.Text(14));
        }
        if (segment.Element(15) is not [(byte)'P' or (byte)'T' or (byte)'I'])
        {
            Add(in reader, "isa-value", "ISA15 has to be P (production), T (test) or I (information).", elementPosition: 15, standardElement: "I18",
                standardCode: "020", found: segment.Text(15));
        }
        if (EdiValue.Date(segment.Text(9), "") is null)
        {
            Add(in reader, "isa-value", "ISA09 is no date.", elementPosition: 9, standardElement: "I18", standardCode: "014", found: segment.Text(9));
        }
    }

    private void Unb(scoped in EdiReader reader)
    {
        if (dialect!.SyntaxIdentifier is not { Length: 4 } identifier || !identifier.StartsWith("UNO", StringComparison.Ordinal))
        {
            Add(in reader, "syntax-identifier-unknown", $"The syntax identifier \"{dialect.SyntaxIdentifier}\" is none of the standard's (UNOA to UNOY).",
                FindingSeverity.Warning, 1, "0085", "2", dialect.SyntaxIdentifier);
        }
        if (dialect.SyntaxVersion is < 1 or > 4)
        {
            Add(in reader, "syntax-version-unknown", "The syntax version has to be 1 to 4.", FindingSeverity.Error, 1, "0085", "2",
                Latin(reader.RawElement(1)));
        }
        Required(in reader, 2, 0, "sender");
        Required(in reader, 3, 0, "receiver");
    }

    private void GroupHeader(scoped in EdiReader reader)
    {
        dialect ??= reader.Dialect;
        CloseGroup(reader.ByteOffset, "the next group");
        RequireInterchange(in reader);
        group.Open(in reader, reader.Element(dialect!.Standard switch { EdiStandard.X12 => 6, EdiStandard.Edifact => 5, _ => 1 }));
        groupsInInterchange++;
        messagesInGroup = 0;
        strayReported = false;
        if (IsX12)
        {
            // A control number of a set has to be unique in its group only.
            messageReferences.Clear();
        }
        if (dialect.Standard == EdiStandard.Tradacoms)
        {
            return;
        }
        Required(in reader, IsX12 ? 6 : 5, 0, "control number", "716", "6");
        if (!group.IsFirstIn(groupReferences))
        {
            Add(in reader, "group-duplicate", $"The control number {group.Text} was used by another group of this interchange.",
                elementPosition: IsX12 ? 6 : 5, standardElement: IsX12 ? "716" : "0085", standardCode: IsX12 ? "19" : "26", found: group.Text);
        }
        if (messagesOutsideGroups && !IsX12)
        {
            Add(in reader, "groups-and-messages-mixed", "An interchange holds groups or messages, not both.", standardElement: "0085", standardCode: "30");
        }
    }

    private void MessageHeader(scoped in EdiReader reader)
    {
        dialect ??= reader.Dialect;
        CloseMessage(reader.ByteOffset, "the next message");
        RequireInterchange(in reader);
        message.Open(in reader, reader.Element(IsX12 ? 2 : 1));
        segments = 1;
        messagesInInterchange++;
        messagesInGroup++;
        strayReported = false;
        Required(in reader, IsX12 ? 2 : 1, 0, "control number", "718", "7");
        Required(in reader, IsX12 ? 1 : 2, 0, "message type", "718", "6");
        if (!group.IsOpen)
        {
            if (IsX12 && interchange.IsOpen)
            {
                Add(in reader, "group-header-missing", "ST stands outside a functional group: GS is missing.", standardElement: "I18", standardCode: "024");
            }
            if (groupsInInterchange > 0 && dialect!.Standard == EdiStandard.Edifact && !messagesOutsideGroups)
            {
                Add(in reader, "groups-and-messages-mixed", "An interchange holds groups or messages, not both.", standardElement: "0085", standardCode: "30");
            }
            messagesOutsideGroups = true;
        }
        if (dialect!.Standard == EdiStandard.Tradacoms)
        {
            // TRADACOMS numbers messages from 1 in the interchange.
            if (!Utf8Parser.TryParse(message.Reference, out int number, out _) || number != messagesInInterchange)
            {
                Add(in reader, "message-number", $"MHD01 is {message.Text}; it has to be {messagesInInterchange}, the number of the message in the interchange.",
                    FindingSeverity.Warning, 1, found: message.Text, expected: messagesInInterchange.ToString(CultureInfo.InvariantCulture));
            }
        }
        else if (!message.IsFirstIn(messageReferences))
        {
            Add(in reader, "message-duplicate", $"The control number {message.Text} was used by another message of this {(IsX12 ? "group" : "interchange")}.",
                elementPosition: IsX12 ? 2 : 1, standardElement: IsX12 ? "718" : "0085", standardCode: IsX12 ? "23" : "26", found: message.Text);
        }
    }

    private void MessageTrailer(scoped in EdiReader reader)
    {
        dialect ??= reader.Dialect;
        if (!message.IsOpen)
        {
            Add(in reader, "message-header-missing", $"{Name(reader.Tag)} ends a message that did not begin.",
                standardElement: IsX12 ? "I18" : "0085", standardCode: IsX12 ? "022" : "13");
            return;
        }
        segments++;
        Count(in reader, 1, segments, "segments", "message-segment-count", "718", "4");
        if (dialect!.Standard != EdiStandard.Tradacoms)
        {
            Reference(in reader, 2, message, "message-reference", "718", "3");
        }
        message.Close();
    }

    private void GroupTrailer(scoped in EdiReader reader)
    {
        dialect ??= reader.Dialect;
        CloseMessage(reader.ByteOffset, "the end of the group");
        if (!group.IsOpen)
        {
            Add(in reader, "group-header-missing", $"{Name(reader.Tag)} ends a group that did not begin.",
                standardElement: IsX12 ? "I18" : "0085", standardCode: IsX12 ? "022" : "13");
            return;
        }
        Count(in reader, 1, messagesInGroup, "messages", "group-message-count", "716", "5");
        if (dialect!.Standard != EdiStandard.Tradacoms)
        {
            Reference(in reader, 2, group, "group-reference", "716", "4");
        }
        if (messagesInGroup == 0)
        {
            Add(in reader, "group-empty", "The group holds no message.", standardElement: IsX12 ? "716" : "0085", standardCode: IsX12 ? "5" : "32");
        }
        group.Close();
    }

    private void InterchangeTrailer(scoped in EdiReader reader)
    {
        dialect ??= reader.Dialect;
        CloseGroup(reader.ByteOffset, "the end of the interchange");
        if (!interchange.IsOpen)
        {
            Add(in reader, "interchange-trailer-stray", $"{Name(reader.Tag)} ends an interchange that did not begin.",
                standardElement: IsX12 ? "I18" : "0085", standardCode: IsX12 ? "022" : "13");
            return;
        }
        bool countsGroups = IsX12 || (dialect!.Standard == EdiStandard.Edifact && groupsInInterchange > 0);
        int count = countsGroups ? groupsInInterchange : messagesInInterchange;
        Count(in reader, 1, count, countsGroups ? "groups" : "messages", "interchange-count", "I18", "021");
        if (dialect!.Standard != EdiStandard.Tradacoms)
        {
            Reference(in reader, 2, interchange, "interchange-reference", "I18", "001");
        }
        if (messagesInInterchange == 0 && groupsInInterchange == 0 && !IsX12)
        {
            Add(in reader, "interchange-empty", "The interchange holds no message.", standardElement: "0085", standardCode: "32");
        }
        interchange.Close();
    }

    private void CloseMessage(long offset, string where)
    {
        if (message.IsOpen)
        {
            Missing(message, offset, where, IsX12 ? "SE" : dialect!.Standard == EdiStandard.Edifact ? "UNT" : "MTR", "message-trailer-missing", "718", "2");
        }
    }

    private void CloseGroup(long offset, string where)
    {
        CloseMessage(offset, where);
        if (group.IsOpen)
        {
            Missing(group, offset, where, IsX12 ? "GE" : dialect!.Standard == EdiStandard.Edifact ? "UNE" : "EOB", "group-trailer-missing", "716", "3");
        }
    }

    private void CloseInterchange(long offset, string where)
    {
        CloseGroup(offset, where);
        if (interchange.IsOpen)
        {
            Missing(interchange, offset, where, IsX12 ? "IEA" : dialect!.Standard == EdiStandard.Edifact ? "UNZ" : "END",
                "interchange-trailer-missing", "I18", "023");
        }
    }

    private void Missing(Level level, long offset, string where, string trailer, string code, string x12Element, string x12Code)
    {
        findings.Add(new()
        {
            Code = code,
            Level = FindingLevel.Envelope,
            Text = $"{trailer} for {level.Text} is missing before {where}.",
            ByteOffset = offset,
            InterchangeIndex = level.InterchangeIndex,
            GroupIndex = level.GroupIndex,
            MessageIndex = level.MessageIndex,
            SegmentPosition = ReferenceEquals(level, message) ? segments : 0,
            Tag = trailer,
            StandardElement = IsX12 ? x12Element : "0085",
            StandardCode = IsX12 ? x12Code : "13",
            Expected = trailer,
        });
        level.Close();
    }

    private void RequireInterchange(scoped in EdiReader reader)
    {
        if (!interchange.IsOpen && reader.InterchangeIndex >= 0 && interchange.WasClosed)
        {
            Add(in reader, "interchange-header-missing", $"{Name(reader.Tag)} stands outside an interchange.",
                standardElement: IsX12 ? "I18" : "0085", standardCode: IsX12 ? "022" : "33");
            interchange.WasClosed = false;
        }
    }

    private void Required(scoped in EdiReader reader, int element, int component, string what, string? x12Element = null, string? x12Code = null)
    {
        if (reader.Element(element).IsEmpty && reader.RawElement(element).IsEmpty)
        {
            string tag = Name(reader.Tag);
            Add(in reader, "envelope-element-missing", $"{tag}{element:00}, the {what}, is missing.", FindingSeverity.Error, element,
                IsX12 ? x12Element : "0085", IsX12 ? x12Code : "13", componentPosition: component);
        }
    }

    private void Count(scoped in EdiReader reader, int element, int expected, string what, string code, string x12Element, string x12Code)
    {
        ReadOnlySpan<byte> value = reader.Element(element);
        if (Utf8Parser.TryParse(value, out int count, out int used) && used == value.Length && count == expected)
        {
            return;
        }
        string found = Latin(value);
        Add(in reader, code, $"{Name(reader.Tag)}{element:00} counts {(found.Length == 0 ? "no" : found)} {what}; there are {expected}.", FindingSeverity.Error, element,
            IsX12 ? x12Element : "0085", IsX12 ? x12Code : found.Length == 0 ? "13" : "29", found, expected.ToString(CultureInfo.InvariantCulture));
    }

    private void Reference(scoped in EdiReader reader, int element, Level level, string code, string x12Element, string x12Code)
    {
        ReadOnlySpan<byte> value = reader.Element(element);
        if (value.SequenceEqual(level.Reference))
        {
            return;
        }
        string found = Latin(value);
        Add(in reader, code, $"{Name(reader.Tag)}{element:00} is \"{found}\"; the header says \"{level.Text}\".", FindingSeverity.Error, element,
            IsX12 ? x12Element : "0085", IsX12 ? x12Code : found.Length == 0 ? "13" : "28", found, level.Text);
    }

    private void Add(
        scoped in EdiReader reader, string code, string text, FindingSeverity severity = FindingSeverity.Error, int elementPosition = 0,
        string? standardElement = null, string? standardCode = null, string? found = null, string? expected = null, int componentPosition = 0)
    {
        int token = elementPosition == 0 ? -1 : reader.Segment.FindToken(elementPosition);
        long offset = token < 0 ? reader.ByteOffset : reader.ByteOffset + reader.Segment.TokenOffset(token) - reader.Segment.TokenOffset(0);
        findings.Add(new()
        {
            Code = code,
            Level = FindingLevel.Envelope,
            Severity = severity,
            Text = text,
            ByteOffset = offset,
            InterchangeIndex = reader.InterchangeIndex,
            GroupIndex = reader.GroupIndex,
            MessageIndex = reader.MessageIndex,
            SegmentPosition = reader.SegmentPosition,
            Tag = Name(reader.Tag),
            ElementPosition = elementPosition,
            ComponentPosition = componentPosition,
            StandardElement = standardElement,
            StandardCode = standardCode,
            Found = found,
            Expected = expected,
        });
    }

    private static string Name(ReadOnlySpan<byte> tag) => Latin(tag);

    private static string Latin(ReadOnlySpan<byte> value) => Encoding.Latin1.GetString(value[..Math.Min(value.Length, 80)]);

    /// <summary>One pair of header and trailer.</summary>
    private sealed class Level
    {
        private byte[] reference = new byte[16];
        private int length;

        internal bool IsOpen { get; private set; }

        internal bool WasClosed { get; set; }

        internal int InterchangeIndex { get; private set; }

        internal int GroupIndex { get; private set; }

        internal int MessageIndex { get; private set; }

        internal ReadOnlySpan<byte> Reference => reference.AsSpan(0, length);

        internal string Text => Latin(Reference);

        internal void Open(scoped in EdiReader reader, ReadOnlySpan<byte> value)
        {
            if (reference.Length < value.Length)
            {
                reference = new byte[Math.Min(value.Length * 2, 1 << 21)];
            }
            value = value[..Math.Min(value.Length, reference.Length)];
            value.CopyTo(reference);
            length = value.Length;
            IsOpen = true;
            InterchangeIndex = reader.InterchangeIndex;
            GroupIndex = reader.GroupIndex;
            MessageIndex = reader.MessageIndex;
        }

        internal void Close()
        {
            IsOpen = false;
            WasClosed = true;
        }

        /// <summary>Whether no header before had the reference. References have at most 14 characters; longer ones are folded.</summary>
        internal bool IsFirstIn(HashSet<UInt128> seen)
        {
            UInt128 key = (UInt128)length;
            foreach (byte b in Reference)
            {
                // Sixteen bytes fit exactly; a longer reference is at fault anyway, and reported by the check of lengths.
                key = length <= 15 ? (key << 8) | b : (key * 1099511628211) ^ b;
            }
            return seen.Add(key);
        }
    }
}
