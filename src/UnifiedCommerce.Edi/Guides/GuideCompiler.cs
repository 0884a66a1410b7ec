using System.Globalization;
using UnifiedCommerce.Edi.Schemas;
using UnifiedCommerce.Edi.Validation;

namespace UnifiedCommerce.Edi.Guides;

/// <summary>Lays guides over a message plan and says where they would widen the standard.</summary>
internal static class GuideCompiler
{
    private const string GroupSuffix = "-group";

    public static void Apply(MessagePlan plan, PartnerGuide guide, List<string>? problems)
    {
        var own = new HashSet<int>();
        foreach (var rule in guide.Rules)
        {
            var problem = Apply(plan, guide, rule, own);
            if (problem is not null) problems?.Add($"{guide.Name}, line {rule.Line}, {plan.Message.Directory.Version}: {problem}");
        }
    }

    private static string? Apply(MessagePlan plan, PartnerGuide guide, GuideRule rule, HashSet<int> own)
    {
        var steps = rule.Path.Split('/');
        var (nodes, used) = Resolve(plan, steps);
        if (nodes.Count == 0) return $"{rule.Path} is no place in {plan.Message.Type}.";
        string? problem = null;
        // What is asked of the segment itself is asked of its place in the head, if it has one there; of its values, everywhere.
        if (used == steps.Length && nodes.Exists(node => node.Parent == 0)) nodes.RemoveAll(node => node.Parent != 0);
        foreach (var node in nodes)
        {
            var found = used == steps.Length ? OnNode(plan, guide, rule, node)
                : node.Children.Length > 0 ? $"{rule.Path}: {steps[used]} is no part of group {node.Path}."
                : OnValue(guide, rule, node, steps[used..], own);
            problem ??= found;
        }

        return problem;
    }

    /// <summary>
    /// The nodes a path means and how many of its steps name them. A path that begins with a segment means every such segment;
    /// `LIN-group` is the outermost group that LIN begins, whatever its number is in the version at hand.
    /// </summary>
    private static (List<PlanNode> Nodes, int Used) Resolve(MessagePlan plan, string[] steps)
    {
        var nodes = plan.Nodes.Where(node => node.Index > 0 && Names(node, steps[0])).ToList();
        if (steps[0].EndsWith(GroupSuffix, StringComparison.Ordinal) || nodes.Exists(node => node.Children.Length > 0))
        {
            var top = nodes.Where(node => node.Parent == 0).ToList();
            if (top.Count > 0) nodes = top;
        }

        var used = nodes.Count == 0 ? 0 : 1;
        while (used > 0 && used < steps.Length)
        {
            var deeper = nodes.SelectMany(node => node.Children).Select(child => plan.Nodes[child]).Where(child => Names(child, steps[used])).ToList();
            if (deeper.Count == 0) break;
            nodes = deeper;
            used++;
        }

        return (nodes, used);
    }

    private static bool Names(PlanNode node, string step) => node.Children.Length == 0
        ? node.Schema.Name == step
        : step.EndsWith(GroupSuffix, StringComparison.Ordinal) ? node.Schema.Trigger == step[..^GroupSuffix.Length]
        : node.Schema.Name == step && step.StartsWith("SG", StringComparison.Ordinal);

    private static string? OnNode(MessagePlan plan, PartnerGuide guide, GuideRule rule, PlanNode node)
    {
        var present = node.Guide ?? new(guide.Name, false, false, int.MaxValue, null, guide.Severity);
        switch (rule.Demand)
        {
            case GuideDemand.Required:
                node.Mandatory = true;
                node.Guide = present with { Required = true };
                return null;
            case GuideDemand.Forbidden:
                if (node.Schema.Mandatory) return $"{rule.Path} is mandatory in the standard and cannot be forbidden.";
                node.Guide = present with { Forbidden = true };
                return null;
            case GuideDemand.Max:
                var max = int.Parse(rule.Values[0], CultureInfo.InvariantCulture);
                if (max > node.Schema.MaxRepeats) return $"{rule.Path} may stand {node.Schema.MaxRepeats} times in the standard; {max} would widen it.";
                node.Max = max;
                node.Guide = present with { Max = max };
                return null;
            case GuideDemand.When:
                var trigger = plan.Nodes[node.TriggerLeaf].Segment;
                var (element, component) = trigger is null ? (0, 0) : Locate(trigger.Segment, [.. rule.Place.Split('/')]);
                if (element == 0) return $"{rule.Place} is no element of {node.Schema.Trigger}.";
                node.Guide = present with { Discriminator = new(element, Math.Max(component, 1), new CodeList([.. rule.Values.Order(StringComparer.Ordinal)], false, null)) };
                return null;
            default:
                return $"{rule.Path} is a segment or group; '{rule.Demand}' needs an element.";
        }
    }

    private static string? OnValue(PartnerGuide guide, GuideRule rule, PlanNode node, string[] place, HashSet<int> own)
    {
        if (node.Segment is null) return $"{node.Schema.Name} has no definition.";
        var (element, component) = Locate(node.Segment.Segment, place);
        if (element == 0) return $"{string.Join('/', place)} is no element of {node.Schema.Name}.";
        // A segment's rules are shared by all its places in the message; this place gets its own.
        if (own.Add(node.Index)) node.Segment = new SegmentPlan(node.Segment) { HasGuide = true };
        ref var slot = ref node.Segment.Slots[element - 1];
        ref var value = ref node.Segment.Rules[slot.First + Math.Max(component, 1) - 1];
        var present = value.Guide ?? new(guide.Name, null, int.MaxValue, false, false, guide.Severity);
        switch (rule.Demand)
        {
            case GuideDemand.Required: value.Guide = present with { Required = true }; break;
            case GuideDemand.Forbidden:
                if (value.Mandatory && (component == 0 || slot.Mandatory)) return $"{rule.Path} is mandatory in the standard and cannot be forbidden.";
                value.Guide = present with { Forbidden = true };
                break;
            case GuideDemand.Length:
                var length = int.Parse(rule.Values[0], CultureInfo.InvariantCulture);
                if (length > value.Max || length < value.Min) return $"{rule.Path} is {value.Element.Representation}; a length of {length} does not narrow it.";
                value.Guide = present with { MaxLength = length };
                break;
            case GuideDemand.Codes:
                var listed = value.Element.Codes;
                var foreign = listed is null || listed.IsBorrowed ? [] : rule.Values.Where(code => !listed.Values.Contains(code)).ToList();
                value.Guide = present with { Codes = new CodeList([.. rule.Values.Order(StringComparer.Ordinal)], false, null) };
                if (foreign.Count > 0) return $"{rule.Path}: {string.Join(' ', foreign)} are not codes of {value.Element.Id} in the standard.";
                var most = value.Max;
                var tooLong = rule.Values.FirstOrDefault(code => code.Length > most);
                if (tooLong is not null) return $"{rule.Path}: {tooLong} is longer than {value.Element.Representation}.";
                break;
            default:
                return $"'{rule.Demand}' is for segments and groups; {rule.Path} is an element.";
        }

        return null;
    }

    /// <summary>Element and component by number (the first of that number) or, where no number fits, by position with two digits; component 0 for a whole element.</summary>
    private static (int Element, int Component) Locate(SegmentSchema segment, string[] place)
    {
        var uses = segment.Elements;
        var element = 1 + Enumerable.Range(0, uses.Length).FirstOrDefault(i => uses[i].Id == place[0], -1);
        if (element == 0 && place[0].Length == 2 && int.TryParse(place[0], NumberStyles.None, CultureInfo.InvariantCulture, out var position) && position <= uses.Length) element = position;
        if (place.Length == 1)
        {
            if (element > 0) return (element, 0);
            // A component's number alone is enough when only one composite has it.
            for (var i = 0; i < uses.Length; i++)
            {
                if (Component(uses[i], place[0]) is > 0 and var component) return (i + 1, component);
            }

            return (0, 0);
        }

        if (element == 0) return (0, 0);
        var within = Component(uses[element - 1], place[1]);
        return within == 0 ? (0, 0) : (element, within);
    }

    private static int Component(ElementUse use, string name)
    {
        var components = use.Composite?.Components ?? [];
        var index = Enumerable.Range(0, components.Length).FirstOrDefault(i => components[i].Id == name, -1);
        if (index >= 0) return index + 1;
        return name.Length <= 2 && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var position) && position <= components.Length ? position : 0;
    }
}
