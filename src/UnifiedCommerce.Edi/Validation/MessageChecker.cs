using System.Runtime.CompilerServices;
using UnifiedCommerce.Edi.Schemas;

namespace UnifiedCommerce.Edi.Validation;

/// <summary>Checks the segments of one message after another against a plan: structure, elements, conditions. Allocates only for findings.</summary>
internal sealed partial class MessageChecker(FindingSink sink)
{
    private readonly Dictionary<(SchemaDirectory Directory, uint Tag), SegmentPlan?> looseSegments = [];
    private MessagePlan? plan;
    private int leaf;
    private int[] counts = [];

    // The last step that had another way, and the tags since: when a later segment finds no place, the other way is tried with them.
    private readonly int[] sinceChoice = new int[64];
    private int tagsSinceChoice = -1;
    private Transition? choice;

    // Where a step that left mandatory parts out came from: when what follows belongs there, one stray segment has been met, not a jump.
    private int jumpedFrom = -1;

    // Where the last step came from.
    private int before = -1;

    /// <summary>Where the segment read last has its place; null before the first.</summary>
    public PlanNode? Here => plan is null || leaf == 0 ? null : plan.Nodes[leaf];

    /// <summary>Starts a message. Without a plan only its characters are checked.</summary>
    public void Begin(MessagePlan? messagePlan)
    {
        plan = messagePlan;
        leaf = 0;
        choice = null;
        jumpedFrom = before = -1;
        if (plan is null) return;
        if (counts.Length < plan.Nodes.Length) counts = new int[plan.Nodes.Length];
        // Counts are set to one when a node is entered, so none needs clearing here.
    }

    /// <summary>Checks a segment between header and trailer.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="tagKey">Its tag as a number.</param>
    public void Segment(in SegmentBytes segment, uint tagKey)
    {
        if (plan is null) return;
        var tag = plan.TagIndex(tagKey);
        var step = tag < 0 ? null : plan.Step(leaf, tag);
        if (step is null)
        {
            if (tag >= 0) step = (choice is null ? null : Reconsider(tag)) ?? Return(tag);
            if (step is null)
            {
                Unplaced(segment, tag);
                step = tag < 0 || before < 0 ? null : plan.Step(before, tag);
                if (step is not { Missing.Length: 0 }) return;
                // The segment before this one strayed, not this one: it has been said once, and the rest is checked where it belongs.
                leaf = before;
                before = -1;
                Take(step, segment, checkElements: false);
                return;
            }
        }


        if (step.Next is not null || step.Discriminator is not null) step = Choose(step, segment);
        else if (choice is not null && tagsSinceChoice < sinceChoice.Length) sinceChoice[tagsSinceChoice++] = tag;
        before = leaf;
        Take(step, segment, checkElements: true);
    }

    private void Take(Transition step, in SegmentBytes segment, bool checkElements)
    {
        if (step.Missing.Length > 0)
        {
            ReportMissing(step.Missing, segment);
            jumpedFrom = leaf;
        }

        if (step.Repeats && ++counts[step.Pivot] > step.Max) ReportTooMany(step, segment);
        foreach (var node in step.Entered) counts[node] = 1;
        leaf = step.Target;
        if (!checkElements) return;
        var place = plan!.Nodes[leaf];
        if (place.Guide is not null || plan.HasGuide) CheckGuide(step, segment);
        if (place.Segment is { } definition) Elements(definition, segment, plan.IsExact);
    }

    /// <summary>Ends the message at its trailer: what is mandatory and did not come.</summary>
    public void End(in SegmentBytes trailer)
    {
        if (plan is null) return;
        var missing = plan.MissingAtEnd(leaf);
        if (missing.Length > 0) ReportMissing(missing, trailer);
        plan = null;
    }

    /// <summary>Checks the elements of a segment outside messages, or of a header or trailer.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="directory">Where it is defined.</param>
    /// <param name="exact">Whether that is the very version the interchange announces.</param>
    public void Loose(in SegmentBytes segment, SchemaDirectory directory, bool exact)
    {
        if (!looseSegments.TryGetValue((directory, segment.TagKey), out var definition))
        {
            definition = directory.Segment(System.Text.Encoding.Latin1.GetString(segment.Tag)) is { } schema ? new SegmentPlan(schema) : null;
            looseSegments[(directory, segment.TagKey)] = definition;
        }

        if (definition is not null) Elements(definition, segment, exact);
    }

    /// <summary>Among several places takes the first that has room, leaves nothing mandatory out and whose qualifier fits.</summary>
    private Transition Choose(Transition first, in SegmentBytes segment)
    {
        Transition? roomy = null;
        for (var step = first; step is not null; step = step.Next)
        {
            if (step.Discriminator is { } values && !values.Values.Contains(Trim(segment.Value(values.Element, values.Component)))) continue;
            if (step.Repeats && counts[step.Pivot] >= step.Max) continue;
            if (step.Missing.Length == 0) return Chosen(step);
            roomy ??= step;
        }

        return Chosen(roomy ?? first);
    }

    private Transition Chosen(Transition step)
    {
        choice = step.Next is null ? null : step;
        tagsSinceChoice = 0;
        return step;
    }

    /// <summary>
    /// A segment that has no place now may have one had the last ambiguous segment begun the later of two groups with the same
    /// trigger. Takes that way when everything read since fits it too, and gives the step for the segment.
    /// </summary>
    private Transition? Reconsider(int tag)
    {
        if (tagsSinceChoice >= sinceChoice.Length) return null;
        for (var other = choice!.Next; other is not null; other = other.Next)
        {
            if (other.Discriminator is not null || other.Missing.Length > 0) continue;
            var at = other.Target;
            for (var i = 0; i < tagsSinceChoice && at >= 0; i++) at = plan!.Step(at, sinceChoice[i]) is { Missing.Length: 0 } step ? step.Target : -1;
            if (at < 0 || plan!.Step(at, tag) is not { } found) continue;
            // Counts on the new way begin at one; a limit passed between the two groups goes unnoticed, never the opposite.
            for (var node = plan.Nodes[at]; node.Index > 0; node = plan.Nodes[node.Parent]) counts[node.Index] = 1;
            choice = null;
            leaf = at;
            return found;
        }

        return null;
    }

    private Transition? Return(int tag)
    {
        if (jumpedFrom < 0 || plan!.Step(jumpedFrom, tag) is not { Missing.Length: 0 } step) return null;
        leaf = jumpedFrom;
        jumpedFrom = -1;
        return step;
    }

    private void Unplaced(in SegmentBytes segment, int tag)
    {
        var name = System.Text.Encoding.Latin1.GetString(segment.Tag[..Math.Min(segment.Tag.Length, 8)]);
        var definition = plan!.Message.Directory.Segment(name);
        // What is no tag at all has been reported by the reader.
        if (definition is null && !IsTag(segment.Tag, segment.Dialect.Standard)) return;
        var kind = definition is null ? Misplacement.Unknown : tag < 0 ? Misplacement.NotInMessage : plan.CameBefore(leaf, tag) ? Misplacement.OutOfOrder : Misplacement.Unexpected;
        sink.Misplaced(segment, name, kind, plan, leaf);
        if (definition is null) return;
        var directory = plan.Message.Directory;
        if (!looseSegments.TryGetValue((directory, segment.TagKey), out var loose)) looseSegments[(directory, segment.TagKey)] = loose = new SegmentPlan(definition);
        Elements(loose!, segment, plan.IsExact);
    }

    private static bool IsTag(ReadOnlySpan<byte> tag, EdiStandard standard) =>
        (tag.Length == 3 || (tag.Length == 2 && standard == EdiStandard.X12)) && tag[0] is >= (byte)'A' and <= (byte)'Z'
        && tag.IndexOfAnyExcept("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"u8) < 0;

    private void ReportMissing(int[] missing, in SegmentBytes segment)
    {
        foreach (var node in missing) sink.MissingNode(segment, plan!.Nodes[node], plan);
    }

    private void ReportTooMany(Transition step, in SegmentBytes segment)
    {
        // Said once per run, at the first one too many.
        if (counts[step.Pivot] == step.Max + 1) sink.TooMany(segment, plan!.Nodes[step.Pivot], plan);
    }

    private void Elements(SegmentPlan definition, in SegmentBytes segment, bool exact)
    {
        if (segment.Composite) CompositeElements(definition, segment, exact);
        else SimpleElements(definition, segment, exact);
    }

    private void SimpleElements(SegmentPlan definition, in SegmentBytes segment, bool exact)
    {
        var marks = segment.Marks;
        var slots = definition.Slots;
        var rules = definition.Rules;
        var data = segment.Data;
        var count = marks.Length - 1;
        ulong present = 0;
        var from = (marks[0] & DelimiterIndex.OffsetMask) + 1;
        for (var i = 0; i < count; i++)
        {
            var mark = marks[i + 1];
            var to = mark & DelimiterIndex.OffsetMask;
            if ((uint)i >= (uint)slots.Length)
            {
                if (to > from || i == slots.Length) { TooManyElements(segment, definition, i, from, exact); break; }
            }
            else
            {
                ref var slot = ref slots[i];
                if (to == from)
                {
                    if (slot.Mandatory) sink.MissingElement(segment, definition, i + 1, 0, from, exact);
                }
                else
                {
                    present |= 1UL << i;
                    Single(definition, segment, exact, ref slot, ref rules[slot.First], i + 1, from, mark);
                }
            }

            from = to + 1;
        }

        Rest(definition, segment, count, present, exact);
    }

    /// <summary>Checks an element of one component that is not empty.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Single(SegmentPlan definition, in SegmentBytes segment, bool exact, ref ElementSlot slot, ref ValueRule rule, int element, int from, int mark)
    {
        var to = mark & DelimiterIndex.OffsetMask;
        var value = segment.Data[from..to];
        if (!Fits(ref rule, value, mark < 0)) Value(ref rule, segment, definition, element, slot.IsComposite ? 1 : 0, 1, from, to, mark < 0, exact, default);
        if (rule.Guide is not null) GuideValue(rule.Guide, segment, definition, element, slot.IsComposite ? 1 : 0, from, value);
        if (slot.NeedsMore) MissingComponents(segment, definition, element - 1, 1, from, exact);
        if (slot.HasNotes) ComponentNotes(segment, ref slot, element, 1, from, exact);
    }

    private void CompositeElements(SegmentPlan definition, in SegmentBytes segment, bool exact)
    {
        var marks = segment.Marks;
        var slots = definition.Slots;
        var data = segment.Data;
        var componentSeparator = segment.Dialect.ComponentSeparator;
        var elementSeparator = segment.Dialect.ElementSeparator;
        ulong present = 0;
        var element = 0;
        var i = 0;
        var last = marks.Length - 1;
        while (i < last)
        {
            // marks[i] is the delimiter before an element; its tokens run to the next element separator.
            element++;
            var begin = i;
            i++;
            while (i < last && data[marks[i] & DelimiterIndex.OffsetMask] != elementSeparator) i++;
            var elementStart = (marks[begin] & DelimiterIndex.OffsetMask) + 1;
            var elementEnd = marks[i] & DelimiterIndex.OffsetMask;
            if (element > slots.Length)
            {
                TooManyElements(segment, definition, element - 1, elementStart, exact);
                break;
            }

            ref var slot = ref slots[element - 1];
            if (elementStart == elementEnd)
            {
                if (slot.Mandatory) sink.MissingElement(segment, definition, element, 0, elementStart, exact);
                continue;
            }

            if (i == begin + 1)
            {
                present |= 1UL << (element - 1);
                Single(definition, segment, exact, ref slot, ref definition.Rules[slot.First], element, elementStart, marks[i]);
            }
            else if (Element(definition, segment, exact, ref slot, element, begin, i, componentSeparator)) present |= 1UL << (element - 1);
            else if (slot.Mandatory) sink.MissingElement(segment, definition, element, 0, elementStart, exact);
        }

        Rest(definition, segment, element, present, exact);
    }

    /// <summary>Checks the repetitions and components between two marks. Returns whether anything stands there.</summary>
    private bool Element(SegmentPlan definition, in SegmentBytes segment, bool exact, ref ElementSlot slot, int element, int begin, int end, byte componentSeparator)
    {
        var marks = segment.Marks;
        var data = segment.Data;
        var rules = definition.Rules;
        int repetition = 1, component = 0, repetitionStart = begin;
        ulong present = 0;
        var anything = false;
        for (var i = begin; i < end; i++)
        {
            var at = marks[i] & DelimiterIndex.OffsetMask;
            if (i > begin && data[at] != componentSeparator)
            {
                CloseRepetition(definition, segment, exact, ref slot, element, repetition, repetitionStart, component, present);
                repetition++;
                component = 0;
                present = 0;
                repetitionStart = i;
                if (repetition == slot.MaxRepeats + 1) sink.TooManyRepetitions(segment, definition, element, repetition, at + 1, slot.MaxRepeats, exact);
            }

            component++;
            var mark = marks[i + 1];
            var (from, to) = (at + 1, mark & DelimiterIndex.OffsetMask);
            if (from == to) continue;
            anything = true;
            if (component > slot.Count)
            {
                sink.TooManyComponents(segment, definition, element, component, repetition, from, slot.Count, exact);
                break;
            }

            present |= 1UL << (component - 1);
            ref var rule = ref rules[slot.First + component - 1];
            if (!Fits(ref rule, data[from..to], mark < 0)) Value(ref rule, segment, definition, element, slot.IsComposite ? component : 0, repetition, from, to, mark < 0, exact, new(repetitionStart, end));
            if (rule.Guide is not null) GuideValue(rule.Guide, segment, definition, element, slot.IsComposite ? component : 0, from, data[from..to]);
        }

        if (anything) CloseRepetition(definition, segment, exact, ref slot, element, repetition, repetitionStart, component, present);
        return anything;
    }

    /// <summary>C507: 2379 says how the date in 2380 is written.</summary>
    private void FormattedDate(SegmentPlan definition, in SegmentBytes segment, int element, int repetition, int startMark)
    {
        var format = Sibling(segment, new(startMark, segment.Marks.Length - 1), 2);
        var value = Sibling(segment, new(startMark, segment.Marks.Length - 1), 1);
        if (value.IsEmpty || format.Length != 3) return;
        var (length, example, dateAt) = ((format[0] - '0') * 100 + (format[1] - '0') * 10 + format[2] - '0') switch
        {
            101 => (6, "YYMMDD", 0),
            102 => (8, "CCYYMMDD", 2),
            201 => (10, "YYMMDDHHMM", 0),
            202 => (12, "YYMMDDHHMMSS", 0),
            203 => (12, "CCYYMMDDHHMM", 2),
            204 => (14, "CCYYMMDDHHMMSS", 2),
            401 => (4, "HHMM", -1),
            402 => (6, "HHMMSS", -1),
            602 => (4, "CCYY", -1),
            610 => (6, "CCYYMM", -1),
            616 => (6, "CCYYWW", -1),
            _ => (0, "", -1),
        };
        if (length == 0) return;
        if (value.Length == length && value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 && (dateAt < 0 || IsDate(value.Slice(dateAt, 6)))) return;
        var at = (segment.Marks[startMark + 1] & DelimiterIndex.OffsetMask) + 1;
        sink.DateFormat(segment, new(definition, element, 2, repetition, at, true), value, format, example);
    }

    private void CloseRepetition(SegmentPlan definition, in SegmentBytes segment, bool exact, ref ElementSlot slot, int element, int repetition, int startMark, int components, ulong present)
    {
        if (!slot.IsComposite) return;
        var at = (segment.Marks[startMark] & DelimiterIndex.OffsetMask) + 1;
        for (var absent = present == 0 && !slot.Mandatory ? 0 : slot.MandatoryMask & ~present; absent != 0; absent &= absent - 1)
        {
            sink.MissingElement(segment, definition, element, System.Numerics.BitOperations.TrailingZeroCount(absent) + 1, at, exact, repetition);
        }

        if (slot.IsFormattedDate && components >= 3) FormattedDate(definition, segment, element, repetition, startMark);
        if (slot.HasNotes) ComponentNotes(segment, ref slot, element, present, at, exact);
    }

    private void ComponentNotes(in SegmentBytes segment, ref ElementSlot slot, int element, ulong present, int at, bool exact)
    {
        foreach (var note in slot.Notes)
        {
            if (!new NoteMask(note).Holds(present)) sink.Note(segment, note, element, FirstAbsent(note, present), at, exact);
        }
    }

    private void MissingComponents(in SegmentBytes segment, SegmentPlan definition, int index, int have, int at, bool exact)
    {
        ref var slot = ref definition.Slots[index];
        for (var c = have; c < slot.Count; c++)
        {
            if (definition.Rules[slot.First + c].Mandatory) sink.MissingElement(segment, definition, index + 1, c + 1, at, exact);
        }
    }

    private void Rest(SegmentPlan definition, in SegmentBytes segment, int count, ulong present, bool exact)
    {
        if (count < definition.LastMandatory)
        {
            for (var i = count; i < definition.LastMandatory; i++)
            {
                if (definition.Slots[i].Mandatory) sink.MissingElement(segment, definition, i + 1, 0, segment.End, exact);
            }
        }

        foreach (ref readonly var note in definition.Notes.AsSpan())
        {
            if (!note.Holds(present)) sink.Note(segment, note.Note, FirstAbsent(note.Note, present), 0, segment.Start, exact);
        }

        if (definition.HasGuide) GuidePresence(definition, segment, present);
    }

    /// <summary>The position a note's finding points at: the first one that should be there and is not, or, for exclusions, the second one there.</summary>
    private static int FirstAbsent(ConditionNote note, ulong present)
    {
        if (note.Kind is 'E' or '4' or '7' or '1')
        {
            var seen = 0;
            foreach (var position in note.Positions)
            {
                if ((present & (1UL << (position - 1))) != 0 && ++seen == 2) return position;
            }
        }

        foreach (var position in note.Positions)
        {
            if ((present & (1UL << (position - 1))) == 0) return position;
        }

        return note.Positions[0];
    }

    private void TooManyElements(in SegmentBytes segment, SegmentPlan definition, int index, int at, bool exact)
    {
        // Separators without values after the last element are padding, not content.
        if (segment.Data[at..segment.End].IndexOfAnyExcept(segment.Dialect.ElementSeparator, (byte)' ') < 0) sink.TrailingSeparators(segment, definition, index + 1, at);
        else sink.TooManyElements(segment, definition, index + 1, at, exact);
    }

    internal static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> value)
    {
        while (value.Length > 0 && value[^1] == ' ') value = value[..^1];
        return value;
    }
}

/// <summary>Why a segment has no place where it stands.</summary>
internal enum Misplacement
{
    /// <summary>No directory knows the tag.</summary>
    Unknown,

    /// <summary>The message never has this segment.</summary>
    NotInMessage,

    /// <summary>The message has it, earlier.</summary>
    OutOfOrder,

    /// <summary>The message has it, but not here.</summary>
    Unexpected,
}
