namespace UnifiedCommerce.Core.Mapping;

/// <summary>Reads one XML or JSON document: every node finds its place in the example.</summary>
internal sealed class TreeReading : ReadSession
{
    private readonly DocumentBuilder builder;
    private TreeNode? at;

    public TreeReading(CompiledMapping mapping, MappingContext context)
        : base(mapping, context)
    {
        builder = new DocumentBuilder(this, mapping.MaximumDepth + 1, mapping.LocalNames.Length);
        DecimalMark = '.';
    }

    public object? Document => builder.Document;

    public override string Place(Slot slot) => at?.Path() ?? "/";

    public void Read(TreeNode root)
    {
        TreeTemplate template = Mapping.Tree!;
        builder.Begin(template.Scope);
        Node(template, root);
        at = root;
        builder.End(template.Scope);
        at = root;
        Compare();
        foreach ((Slot slot, object record, decimal stated, TreeNode place) in totals)
        {
            at = place;
            decimal actual = DocumentWalker.Total(slot, record);
            if (actual != stated)
                Fault("total-differs", slot, $"The message states {slot.Source} {stated}, expected {actual}: so many are in it.", Severity.Warning);
        }
    }

    private readonly List<(Slot Slot, object Record, decimal Stated, TreeNode Place)> totals = [];

    private void Node(TreeTemplate template, TreeNode node)
    {
        Probe?.Nodes.Add(template);
        if (template.Value is { } slot)
            Value(template, slot, node);
        else if (node.Value is { Length: > 0 } text && !template.IsAttribute)
            Unknown(node, text);
        HashSet<TreeTemplate> seen = [];
        foreach (TreeNode child in node.Children)
        {
            if (Choose(template, child, seen) is not { } target)
            {
                UnknownTree(child);
                continue;
            }
            if ((target.Marks & Marks.Skip) != 0)
                continue;
            if (!seen.Add(target) && !target.IsEach && (target.Marks & Marks.Repeat) == 0)
            {
                at = child;
                Fault("repeated-element", target.Value ?? Slot.Nothing, $"Found {child.Name} again where the mapping expects it once; the first is kept. Mark the line with * when it may repeat ({target.Place}).", Severity.Warning);
                UnknownTree(child);
                continue;
            }
            if (target.IsEach)
            {
                at = child;
                builder.Begin(target.Scope);
                Node(target, child);
                at = child;
                builder.End(target.Scope);
            }
            else if ((target.Marks & Marks.Repeat) != 0 && target.Value is { Role: SlotRole.Field, Fields.Length: > 0 } value && child.Value is { } more)
            {
                at = child;
                builder.Append(value, value.Fields[0], more);
            }
            else
                Node(target, child);
        }
        foreach (TreeTemplate child in template.Children)
        {
            if (child is { HasFields: true, IsEach: false, Choice: < 0 } && (child.Marks & (Marks.Optional | Marks.ReadOnly | Marks.WriteOnly | Marks.Skip)) == 0 && !seen.Contains(child) && child.Value is not { Optional: true } && child.Value is not { Format.Default: not null })
            {
                at = node;
                Fault("missing-element", new Slot { Place = child.Place }, $"Found no {child.Name}, expected one. Mark the line with ? when it may be absent ({child.Place}).", (child.Marks & Marks.Must) != 0 ? Severity.Error : Severity.Warning);
            }
            else if (!seen.Contains(child) && child.Value is { Role: SlotRole.Field, Format.Default: { } standard } && child.Value.Fields.Length > 0)
            {
                at = node;
                builder.Assign(child.Value, standard, null);
            }
        }
    }

    /// <summary>The template for a node: the one of its name whose literals fit.</summary>
    private TreeTemplate? Choose(TreeTemplate parent, TreeNode node, HashSet<TreeTemplate> seen)
    {
        TreeTemplate? best = null;
        TreeTemplate? refused = null;
        int bestScore = -1;
        foreach (TreeTemplate candidate in parent.Children)
        {
            if (candidate.Name != node.Name || (candidate.Namespace.Length > 0 && candidate.Namespace != node.Namespace) || (candidate.Marks & Marks.WriteOnly) != 0)
                continue;
            int score = Score(candidate, node);
            if (score < 0)
            {
                refused ??= candidate;
                continue;
            }
            if (seen.Contains(candidate) && !candidate.IsEach && (candidate.Marks & Marks.Repeat) == 0)
                score = 0;
            if (score > bestScore)
                (best, bestScore) = (candidate, score);
        }
        if (best is null && refused is { HasFields: true })
        {
            at = node;
            Fault("unexpected-value", refused.Value ?? Slot.Nothing, $"Found {node.Name} with other qualifiers than {refused.Place} names; it is not read. Add a line for it when it matters.", Severity.Info);
        }
        return best;
    }

    /// <summary>How many literals fit; -1 when one that stands there differs. A leaf's own text is looked at when it is read.</summary>
    private static int Score(TreeTemplate template, TreeNode node)
    {
        int score = 1;
        foreach (TreeTemplate child in template.Children)
        {
            if (child.IsEach || child.IsNamespaceDeclaration || (child.Marks & (Marks.WriteOnly | Marks.Optional)) != 0 || child.Choice >= 0)
                continue;
            if (child.Value is { Role: SlotRole.Literal or SlotRole.AnyOf } literal)
            {
                TreeNode? actual = node.Children.Find(other => other.Name == child.Name);
                if (actual?.Value is not { } found)
                    continue;
                if (!literal.Literals.Contains(found))
                    return -1;
                score += 2;
            }
            else if (child.Children.Count > 0 && node.Children.Find(other => other.Name == child.Name) is { } inner)
            {
                int innerScore = Score(child, inner);
                if (innerScore < 0 && template.Children.TrueForAll(other => other == child || other.Name != child.Name))
                    return -1;
                score += Math.Max(0, innerScore - 1);
            }
        }
        return score;
    }

    private void Value(TreeTemplate template, Slot slot, TreeNode node)
    {
        at = node;
        string text = node.Value ?? "";
        switch (slot.Role)
        {
            case SlotRole.Field when slot.Fields.Length > 0:
                if (text.Length > 0 || slot.Format.Default is not null)
                    builder.Assign(slot, text, null);
                break;
            case SlotRole.Local:
                builder.Locals[slot.LocalIndex] = slot.Format.Table is { } table && table.TryRead(text, out string value) ? value : text;
                break;
            case SlotRole.Assert when !slot.Literals.Contains(text):
                Fault("assert", slot, $"Found '{text}', expected {string.Join(" or ", slot.Literals)}.");
                break;
            case SlotRole.Literal or SlotRole.AnyOf when text.Length > 0 && !slot.Literals.Contains(text) && !template.IsNamespaceDeclaration:
                Fault("unexpected-value", slot, $"Found '{text}', expected {string.Join(" or ", slot.Literals)}. Change {slot.Place} when the partner is right.", Severity.Warning);
                break;
            case SlotRole.Count or SlotRole.Sum when slot.CountList is not null && Numbers.TryRead(text, '.', out decimal stated):
                totals.Add((slot, builder.Record(slot.ListDepth), stated, node));
                break;
        }
    }

    private void Unknown(TreeNode node, string text)
    {
        if (Unmapped.Count < Findings.Limit)
            Unmapped.Add(new UnmappedValue(node.Path(), text));
    }

    private void UnknownTree(TreeNode node)
    {
        if (node.Value is { Length: > 0 } text)
            Unknown(node, text);
        foreach (TreeNode child in node.Children)
            UnknownTree(child);
    }
}
