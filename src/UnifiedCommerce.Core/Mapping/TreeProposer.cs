using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Proposes the lines of an XML mapping: those of the base that the sample has something for.</summary>
internal static partial class TreeProposer
{
    [GeneratedRegex(@"\[\d+\]")]
    private static partial Regex Position();

    public static ProposedBody Body(CompiledMapping compiled, ReadOnlyMemory<byte> sample, DocumentKind kind, List<UnsureValue> unsure)
    {
        TreeNode? root = TreeParsing.Xml(sample, new Findings());
        if (root is null)
            return new ProposedBody("", "");
        Probe probe = new();
        TreeReading session = new(compiled, MappingContext.Empty) { Probe = probe };
        session.Read(root);
        ProposedChanges changes = MappingProposer.Decide(probe, unsure);
        StringBuilder body = new();
        TreePrinter.Print(body, compiled.Tree!, probe, changes);
        foreach (UnsureValue value in unsure)
            body.Append(CultureInfo.InvariantCulture, $"#? {value.Place}: {value.Sample}    candidates: {string.Join(", ", value.Candidates)}\n");
        HashSet<string> shapes = new(StringComparer.Ordinal);
        foreach (UnmappedValue value in session.Unmapped)
        {
            string shape = Position().Replace(value.Place, "");
            if (!shapes.Add(shape))
                continue;
            IReadOnlyList<string> candidates = MappingProposer.Candidates(kind, shape.Contains("Line", StringComparison.Ordinal) || shape.Contains("/Item", StringComparison.Ordinal), value.Text, compiled.ReadFields);
            string text = value.Text.ReplaceLineEndings(" ");
            body.Append(CultureInfo.InvariantCulture, $"#? {shape}: {(text.Length > 60 ? text[..60] + "..." : text)}    candidates: {(candidates.Count == 0 ? "none" : string.Join(", ", candidates))}\n");
            unsure.Add(new UnsureValue(value.Place, value.Text, candidates));
        }
        return new ProposedBody(changes.Directives(), body.ToString());
    }
}

/// <summary>Writes a tree of templates as the lines of a mapping.</summary>
internal static class TreePrinter
{
    public static void Print(StringBuilder body, TreeTemplate root, Probe probe, ProposedChanges changes) => Element(body, root, probe, changes, 0, null);

    private static void Element(StringBuilder body, TreeTemplate template, Probe probe, ProposedChanges changes, int depth, Condition? inherited)
    {
        if (!probe.Nodes.Contains(template) && (template.Marks & Marks.Skip) == 0)
            return;
        if (template.IsEach)
            body.Append(CultureInfo.InvariantCulture, $"each? | {template.Scope.ListPath[(template.Scope.ListPath.LastIndexOf('.') + 1)..]}\n");
        string gutter = (template.Marks & Marks.Skip) != 0 ? "-" : (template.Marks & Marks.ReadOnly) != 0 ? "<" : (template.Marks & Marks.Optional) != 0 || template.Parent is not null ? "?" : " ";
        if ((template.Marks & Marks.Repeat) != 0)
            gutter += " *";
        if (template.Condition is { } condition && !template.IsEach && condition != inherited)
            gutter += $" if {condition.Name}{(condition.Not ? "!" : "")}={string.Join(',', condition.Values)}";
        body.Append(CultureInfo.InvariantCulture, $"{gutter,-4} | {new string(' ', depth * 2)}<{template.WrittenName}");
        foreach (TreeTemplate attribute in template.Children.Where(child => child.IsAttribute && (child.IsNamespaceDeclaration || probe.Nodes.Contains(child))))
            body.Append(CultureInfo.InvariantCulture, $" {attribute.WrittenName}=\"{Source(attribute.Value, changes)}\"");
        List<TreeTemplate> children = [.. template.Children.Where(child => !child.IsAttribute && (probe.Nodes.Contains(child) || (child.Marks & Marks.Skip) != 0))];
        if (template.Value is { } value)
            body.Append(CultureInfo.InvariantCulture, $">{Source(value, changes)}</{template.WrittenName}>\n");
        else if (children.Count == 0)
            body.Append("/>\n");
        else
        {
            body.Append(">\n");
            foreach (TreeTemplate child in children)
                Element(body, child, probe, changes, depth + 1, template.Condition);
            body.Append(CultureInfo.InvariantCulture, $"     | {new string(' ', depth * 2)}</{template.WrittenName}>\n");
        }
        if (template.IsEach)
            body.Append("end\n");
    }

    private static string Source(Slot? slot, ProposedChanges changes) => slot is null ? "" : slot.Role == SlotRole.Literal ? slot.Literal.Replace("&", "&amp;", StringComparison.Ordinal) : $"{{{changes.SourceOf(slot).Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)}}}";
}
