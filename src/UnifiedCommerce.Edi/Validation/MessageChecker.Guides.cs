namespace UnifiedCommerce.Edi.Validation;

/// <summary>The checks that a partner's guide adds.</summary>
internal sealed partial class MessageChecker
{
    private void CheckGuide(Transition step, in SegmentBytes segment)
    {
        // A forbidden group is reported once, where it begins.
        foreach (var index in step.Entered) Forbidden(plan!.Nodes[index], segment);
        if (step.Repeats && step.Entered.Length == 0) Forbidden(plan!.Nodes[step.Pivot], segment);
    }

    private void Forbidden(PlanNode node, in SegmentBytes segment)
    {
        if (node.Guide is not { Forbidden: true } guide) return;
        var name = node.Schema.IsGroup ? $"group {node.Path}" : node.Schema.Name;
        sink.Guide(segment, node.Schema.IsGroup ? "guide-group-forbidden" : "guide-segment-forbidden", guide.Severity, $"{guide.GuideName} does not use {name}.", segment.Start, node.Schema.Trigger, 0, 0, "2", "15");
    }

    private void GuideValue(ValueGuide guide, in SegmentBytes segment, SegmentPlan definition, int element, int component, int at, ReadOnlySpan<byte> value)
    {
        if (!guide.Forbidden && value.Length <= guide.MaxLength && (guide.Codes is null || guide.Codes.Contains(value))) return;
        var place = component == 0 ? $"{element:00}" : $"{element:00}-{component}";
        var tag = definition.Segment.Tag;
        if (guide.Forbidden)
        {
            sink.Guide(segment, "guide-element-forbidden", guide.Severity, $"{guide.GuideName} does not use {tag}{place}.", at, tag, element, component, "3", "15", FindingSink.Show(value, segment.Dialect));
        }
        else if (guide.Codes is not null && !guide.Codes.Contains(Trim(value)))
        {
            sink.Guide(segment, "guide-code", guide.Severity, $"{guide.GuideName} does not use \"{FindingSink.Show(value, segment.Dialect)}\" in {tag}{place}.", at, tag, element, component, "7", "12",
                FindingSink.Show(value, segment.Dialect), string.Join(' ', guide.Codes.Values.Take(20)));
        }
        else if (value.Length > guide.MaxLength && Characters(Clean(value, segment.Dialect), segment.Dialect) > guide.MaxLength)
        {
            sink.Guide(segment, "guide-length", guide.Severity, $"{guide.GuideName} allows {guide.MaxLength} characters in {tag}{place}.", at, tag, element, component, "5", "39", FindingSink.Show(value, segment.Dialect),
                guide.MaxLength.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    /// <summary>What the guide requires of a segment and is absent.</summary>
    private void GuidePresence(SegmentPlan definition, in SegmentBytes segment, ulong present)
    {
        foreach (var (element, component) in definition.RequiredByGuide)
        {
            if ((present & (1UL << (element - 1))) != 0 && (component == 0 || !segment.Value(element, component).IsEmpty)) continue;
            var guide = definition.Rules[definition.Slots[element - 1].First + Math.Max(component, 1) - 1].Guide!;
            var place = component == 0 ? $"{definition.Segment.Tag}{element:00}" : $"{definition.Segment.Tag}{element:00}-{component}";
            sink.Guide(segment, "guide-element-missing", guide.Severity, $"{guide.GuideName} requires {place}, which is empty.", segment.Start, definition.Segment.Tag, element, component, "1", "13");
        }
    }
}
