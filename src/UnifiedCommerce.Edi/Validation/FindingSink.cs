using System.Globalization;
using System.Text;
using UnifiedCommerce.Edi.Schemas;

namespace UnifiedCommerce.Edi.Validation;

/// <summary>
/// Turns faults into findings: place, standard code, sentence, weight. Knows where the checker stands; holds no rule of its own.
/// </summary>
internal sealed class FindingSink(int maximumFindings)
{
    private readonly List<Finding> findings = [];
    private EdiStandard standard;
    private long blockOffset;
    private int interchange = -1;
    private int group = -1;
    private int message = -1;
    private int position;

    public List<Finding> Findings => findings;

    public int Errors { get; private set; }

    public int Warnings { get; private set; }

    /// <summary>The message that findings count against, or null outside messages.</summary>
    public MessageReport? Message { get; set; }

    public GroupReport? Group { get; set; }

    public InterchangeReport? Interchange { get; set; }

    /// <summary>The newest directory of the standard, asked whether an unlisted code came later.</summary>
    public SchemaDirectory? Newest { get; set; }

    /// <summary>Whether the message is of an association (EANCOM, EDIEL) that adds codes of its own.</summary>
    public bool HasOwnCodes { get; set; }

    public void At(EdiStandard currentStandard, long offsetOfBlock, int interchangeIndex, int groupIndex, int messageIndex, int segmentPosition)
    {
        standard = currentStandard;
        blockOffset = offsetOfBlock;
        interchange = interchangeIndex;
        group = groupIndex;
        message = messageIndex;
        position = segmentPosition;
    }

    public void Add(Finding finding)
    {
        switch (finding.Severity)
        {
            case FindingSeverity.Error:
                Errors++;
                if (finding.MessageIndex >= 0 && Message is not null) Message.Errors++;
                else if (finding.GroupIndex >= 0 && Group is not null) Group.Errors++;
                else if (finding.InterchangeIndex >= 0 && Interchange is not null) Interchange.Errors++;
                break;
            case FindingSeverity.Warning:
                Warnings++;
                break;
            default:
                break;
        }

        if (findings.Count < maximumFindings) findings.Add(finding);
        else if (findings.Count == maximumFindings)
        {
            findings.Add(new() { Code = "findings-limit", Level = FindingLevel.Syntax, Severity = FindingSeverity.Info, Text = $"There are more than {maximumFindings} findings; the rest is counted but not listed.", ByteOffset = finding.ByteOffset });
        }
    }

    public void Misplaced(in SegmentBytes segment, string tag, Misplacement kind, MessagePlan plan, int leaf)
    {
        var after = leaf == 0 ? "at the beginning of the message" : $"after {plan.Nodes[leaf].Schema.Name}";
        var (code, text, x12, edifact) = kind switch
        {
            Misplacement.Unknown => ("segment-unknown", $"{tag} is no segment of {Version(plan)}.", "1", "15"),
            Misplacement.NotInMessage => ("segment-not-in-message", $"{tag} is not part of {plan.Message.Type} in {Version(plan)}.", "6", "15"),
            Misplacement.OutOfOrder => ("segment-out-of-order", $"{tag} may not stand here {after}; its place is earlier.", "7", "15"),
            _ => ("segment-unexpected", $"{tag} may not stand here {after}: a segment that must precede it is missing, or its place is elsewhere.", "2", "15"),
        };
        var severity = plan.IsExact || kind is Misplacement.Unknown or Misplacement.OutOfOrder ? FindingSeverity.Error : FindingSeverity.Warning;
        Add(Make(code, FindingLevel.Structure, severity, text, segment, segment.Start, tag, 0, 0, 0, "720", x12, edifact));
    }

    public void MissingNode(in SegmentBytes segment, PlanNode node, MessagePlan plan)
    {
        var tag = node.Schema.Trigger;
        var text = node.Schema.IsGroup ? $"Group {node.Path}, which begins with {tag}, is mandatory and missing before {Tag(segment)}." : $"{tag} is mandatory and missing before {Tag(segment)}.";
        var guide = node.Guide is { Required: true } && !node.Schema.Mandatory;
        if (guide) text = $"{node.Guide!.GuideName} requires {(node.Schema.IsGroup ? $"group {node.Path}" : tag)}, which is missing before {Tag(segment)}.";
        Add(Make(guide ? "guide-segment-missing" : "segment-missing", guide ? FindingLevel.Partner : FindingLevel.Structure, guide ? node.Guide!.Severity : Graded(plan.IsExact), text, segment, segment.Start, tag, 0, 0, 0, "720", "3", "13"));
    }

    public void TooMany(in SegmentBytes segment, PlanNode node, MessagePlan plan)
    {
        var guide = node.Guide is not null && node.Max < node.Schema.MaxRepeats;
        var text = node.Schema.IsGroup
            ? $"Group {node.Path} may stand {Times(node.Max)} here; there are more."
            : $"{node.Schema.Name} may stand {Times(node.Max)} here; there are more.";
        if (guide) text = $"{node.Guide!.GuideName}: {text}";
        Add(Make(node.Schema.IsGroup ? "group-too-many" : "segment-too-many", guide ? FindingLevel.Partner : FindingLevel.Structure, guide ? node.Guide!.Severity : Graded(plan.IsExact), text, segment, segment.Start,
            Tag(segment), 0, 0, 0, "720", node.Schema.IsGroup ? "4" : "5", node.Schema.IsGroup ? "36" : "35") with { Expected = node.Max.ToString(CultureInfo.InvariantCulture) });
    }

    public void MissingElement(in SegmentBytes segment, SegmentPlan definition, int element, int component, int at, bool exact, int repetition = 1) =>
        Add(Make(component == 0 ? "element-missing" : "component-missing", FindingLevel.Element, Graded(exact),
            $"{Place(definition, element, component)} is mandatory and missing.", segment, at, Tag(segment), element, component, repetition, "723", "1", "13"));

    public void TooManyElements(in SegmentBytes segment, SegmentPlan definition, int element, int at, bool exact) =>
        Add(Make("elements-too-many", FindingLevel.Element, Graded(exact), $"{definition.Segment.Tag} has at most {definition.Slots.Length} elements; there are more.",
            segment, at, Tag(segment), element, 0, 0, "723", "3", "16") with { Found = Show(segment.Data[at..segment.End], segment.Dialect), Expected = definition.Slots.Length.ToString(CultureInfo.InvariantCulture) });

    public void TrailingSeparators(in SegmentBytes segment, SegmentPlan definition, int element, int at) =>
        Add(Make("separators-trailing", FindingLevel.Element, FindingSeverity.Info, $"Separators follow the last element that {definition.Segment.Tag} can have; they carry nothing.", segment, at, Tag(segment), element, 0, 0, "723", "3", "16"));

    public void TooManyComponents(in SegmentBytes segment, SegmentPlan definition, int element, int component, int repetition, int at, int most, bool exact) =>
        Add(Make("components-too-many", FindingLevel.Element, Graded(exact),
            most == 1 ? $"{Place(definition, element, 0)} has no components, yet a component separator stands in it." : $"{Place(definition, element, 0)} has at most {most} components; there are more.",
            segment, at, Tag(segment), element, component, repetition, "723", standard == EdiStandard.X12 && most == 1 ? "6" : "12", "16") with { Expected = most.ToString(CultureInfo.InvariantCulture) });

    public void TooManyRepetitions(in SegmentBytes segment, SegmentPlan definition, int element, int repetition, int at, int most, bool exact) =>
        Add(Make("repetitions-too-many", FindingLevel.Element, Graded(exact), $"{Place(definition, element, 0)} may stand {Times(most)}; it is repeated more often.",
            segment, at, Tag(segment), element, 0, repetition, "723", "11", "35") with { Expected = most.ToString(CultureInfo.InvariantCulture) });

    public void Note(in SegmentBytes segment, ConditionNote note, int element, int component, int at, bool exact)
    {
        var tag = Tag(segment);
        string Name(int position) => component == 0 ? $"{tag}{position:00}" : $"{tag}{element:00}-{position}";
        var names = note.Positions.Select(Name).ToArray();
        var rest = string.Join(", ", names.Skip(1));
        var all = string.Join(", ", names[..^1]) + " and " + names[^1];
        var any = string.Join(", ", names[..^1]) + " or " + names[^1];
        var (text, excluded) = note.Kind switch
        {
            'P' or '2' => ($"{all} must stand together or not at all.", false),
            'R' or '3' => ($"One of {any} must be present.", false),
            'E' or '4' => ($"Only one of {any} may be present.", true),
            '1' => ($"Exactly one of {any} must be present.", true),
            'C' or '5' => ($"When {names[0]} is present, {rest} must be too.", false),
            'L' or '6' => ($"When {names[0]} is present, one of {rest} must be too.", false),
            _ => ($"When {names[0]} is present, {rest} may not be.", true),
        };
        // X12 has kept its syntax notes from release to release.
        Add(Make("condition-" + (char.IsDigit(note.Kind) ? "D" + note.Kind : note.Kind.ToString()), FindingLevel.Condition, standard == EdiStandard.X12 ? FindingSeverity.Error : Graded(exact), text, segment, at, tag, element, component, 0, "723", excluded ? "10" : "2", excluded ? "15" : "13") with { Expected = note.ToString() });
    }

    public void TooLong(in SegmentBytes segment, ValuePlace place, ElementSchema element, ReadOnlySpan<byte> value, int length) =>
        // Lengths grew over the releases; against a stand-in only a grossly long value is certainly wrong.
        Add(Make("element-too-long", FindingLevel.Element, place.IsExact || length > element.MaxLength * 2 ? FindingSeverity.Error : FindingSeverity.Warning,
            $"{Place(place)} has {length} {Unit(element)}; at most {element.MaxLength} are allowed ({element.Representation}).", segment, place.Offset, Tag(segment), place.Element, place.Component, place.Repetition, "723", "5", "39")
            with { Found = Show(value, segment.Dialect), Expected = element.Representation });

    public void TooShort(in SegmentBytes segment, ValuePlace place, ElementSchema element, ReadOnlySpan<byte> value, int length) =>
        Add(Make("element-too-short", FindingLevel.Element, Graded(place.IsExact),
            $"{Place(place)} has {length} {Unit(element)}; at least {element.MinLength} are needed ({element.Representation}).", segment, place.Offset, Tag(segment), place.Element, place.Component, place.Repetition, "723", "4", "40")
            with { Found = Show(value, segment.Dialect), Expected = element.Representation });

    public void InvalidCharacters(in SegmentBytes segment, ValuePlace place, ElementSchema element, ReadOnlySpan<byte> value, string expected) =>
        Add(Make("element-type", FindingLevel.Element, FindingSeverity.Error, $"{Place(place)} holds \"{Show(value, segment.Dialect)}\"; {expected} may stand there ({element.Representation}).",
            segment, place.Offset, Tag(segment), place.Element, place.Component, place.Repetition, "723", "6", "37") with { Found = Show(value, segment.Dialect), Expected = element.Representation });

    public void LooseDecimalMark(in SegmentBytes segment, ValuePlace place, ReadOnlySpan<byte> value, bool trailing) =>
        Add(Make("decimal-mark-loose", FindingLevel.Element, FindingSeverity.Warning, $"{Place(place)} holds \"{Show(value, segment.Dialect)}\": a decimal mark needs a digit on both sides.",
            segment, place.Offset, Tag(segment), place.Element, place.Component, place.Repetition, "723", "6", trailing ? "19" : "38") with { Found = Show(value, segment.Dialect) });

    public void InvalidDate(in SegmentBytes segment, ValuePlace place, ReadOnlySpan<byte> value) =>
        Add(Make("date-invalid", FindingLevel.Element, FindingSeverity.Error, $"{Place(place)} holds \"{Show(value, segment.Dialect)}\", which is no date (CCYYMMDD or YYMMDD).",
            segment, place.Offset, Tag(segment), place.Element, place.Component, place.Repetition, "723", "8", "12") with { Found = Show(value, segment.Dialect) });

    public void InvalidTime(in SegmentBytes segment, ValuePlace place, ReadOnlySpan<byte> value) =>
        Add(Make("time-invalid", FindingLevel.Element, FindingSeverity.Error, $"{Place(place)} holds \"{Show(value, segment.Dialect)}\", which is no time (HHMM, HHMMSS or with decimals).",
            segment, place.Offset, Tag(segment), place.Element, place.Component, place.Repetition, "723", "9", "12") with { Found = Show(value, segment.Dialect) });

    public void DateFormat(in SegmentBytes segment, ValuePlace place, ReadOnlySpan<byte> value, ReadOnlySpan<byte> format, string example) =>
        Add(Make("date-format", FindingLevel.Condition, FindingSeverity.Error, $"{Place(place)} holds \"{Show(value, segment.Dialect)}\", but its format {Show(format, segment.Dialect)} says {example}.",
            segment, place.Offset, Tag(segment), place.Element, place.Component, place.Repetition, "723", "8", "12") with { Found = Show(value, segment.Dialect), Expected = example });

    public void UnknownCode(in SegmentBytes segment, ValuePlace place, ElementSchema element, ReadOnlySpan<byte> value)
    {
        var shown = Show(value, segment.Dialect);
        var later = Newest?.Element(element.Id)?.Codes is { IsBorrowed: false } newer && newer.Contains(value);
        // An unlisted code is certainly wrong only against the very list that the message announces.
        var severity = !place.IsExact && standard == EdiStandard.X12 ? FindingSeverity.Info
            : !place.IsExact || later || HasOwnCodes ? FindingSeverity.Warning : FindingSeverity.Error;
        var text = $"{Place(place)} holds \"{shown}\", which the list of {element.Id} does not have"
            + (later ? "; a later directory has it." : HasOwnCodes && severity == FindingSeverity.Warning ? "; the association that defined the message may." : ".");
        Add(Make("code-unknown", FindingLevel.Element, severity, text, segment, place.Offset, Tag(segment), place.Element, place.Component, place.Repetition, "723", "7", "12") with { Found = shown });
    }

    public void Balance(in SegmentBytes segment, string code, int element, int component, string text, string found, string expected, FindingSeverity severity) =>
        Add(Make(code, FindingLevel.Balance, severity, text, segment, segment.Start, Tag(segment), element, component, 0, null, null, null) with
        {
            Found = found, Expected = expected, StandardElement = standard == EdiStandard.X12 ? "723" : "0085", StandardCode = standard == EdiStandard.X12 ? "7" : "12",
        });

    public void Guide(in SegmentBytes segment, string code, FindingSeverity severity, string text, int at, string tag, int element, int component, string x12, string edifact, string? found = null, string? expected = null) =>
        Add(Make(code, FindingLevel.Partner, severity, text, segment, at, tag, element, component, 0, element == 0 ? "720" : "723", x12, edifact) with { Found = found, Expected = expected });

    public void Info(string code, FindingLevel level, FindingSeverity severity, string text, in SegmentBytes segment) =>
        Add(Make(code, level, severity, text, segment, segment.Start, Tag(segment), 0, 0, 0, null, null, null));

    public static string Show(ReadOnlySpan<byte> value, Dialect dialect)
    {
        var text = dialect.CharacterSet.GetEncoding().GetString(value[..Math.Min(value.Length, 40)]) + (value.Length > 40 ? "…" : "");
        return text.AsSpan().IndexOfAnyInRange('\0', '\u001F') < 0 ? text : string.Concat(text.Select(c => c < ' ' ? '\u00B7' : c));
    }

    private Finding Make(string code, FindingLevel level, FindingSeverity severity, string text, in SegmentBytes segment, int at, string tag, int element, int component, int repetition, string? x12Element, string? x12, string? edifact) => new()
    {
        Code = code,
        Level = level,
        Severity = severity,
        Text = text,
        ByteOffset = blockOffset + at,
        InterchangeIndex = interchange,
        GroupIndex = group,
        MessageIndex = message,
        SegmentPosition = position,
        Tag = tag,
        ElementPosition = element,
        ComponentPosition = component,
        Repetition = repetition > 1 ? repetition : 0,
        StandardElement = standard switch { EdiStandard.X12 => x12Element, EdiStandard.Edifact when edifact is not null => "0085", _ => null },
        StandardCode = standard switch { EdiStandard.X12 => x12, EdiStandard.Edifact => edifact, _ => null },
    };

    private static string Times(int count) => count switch { 1 => "once", 2 => "twice", _ => $"{count} times" };

    private static FindingSeverity Graded(bool exact) => exact ? FindingSeverity.Error : FindingSeverity.Warning;

    private static string Tag(in SegmentBytes segment) => Encoding.Latin1.GetString(segment.Tag[..Math.Min(segment.Tag.Length, 8)]);

    private static string Version(MessagePlan plan) => plan.Message.Directory.Standard switch
    {
        EdiStandard.X12 => "X12 " + plan.Message.Directory.Version,
        EdiStandard.Tradacoms => "TRADACOMS",
        _ => plan.Message.Directory.Source == "SERVICE" ? "syntax " + plan.Message.Directory.Version : plan.Message.Directory.Version,
    };

    private static string Unit(ElementSchema element) => element.Type is ElementType.Numeric or ElementType.Real or >= ElementType.Integer ? "digits" : "characters";

    private static string Place(ValuePlace place) => Place(place.Definition, place.Element, place.Component);

    /// <summary>`NAD02-1 (party id. identification)`: the place as people write it, and its name where the facts have one.</summary>
    private static string Place(SegmentPlan definition, int element, int component)
    {
        var place = component == 0 ? $"{definition.Segment.Tag}{element:00}" : $"{definition.Segment.Tag}{element:00}-{component}";
        var use = definition.Segment.Elements[element - 1];
        var name = component == 0 ? use.Name : use.Composite!.Components[component - 1].Name;
        return name.Length == 0 ? place : $"{place} ({Lower(name)})";
    }

    private static string Lower(string name) => name.Length > 1 && (char.IsLower(name[1]) || name.All(c => !char.IsLower(c))) ? name.ToLowerInvariant() : name;
}
