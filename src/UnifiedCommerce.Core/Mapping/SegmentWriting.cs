using System.Globalization;
using UnifiedCommerce.Edi;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Writes one document as an EDIFACT or X12 message.</summary>
internal sealed class SegmentWriting(CompiledMapping mapping, DocumentWalker walker, EdiWriter writer)
{
    private readonly bool x12 = mapping.Syntax == MessageSyntax.X12;
    private string?[] texts = new string?[8];
    private int nodes;

    public void Write()
    {
        Block root = mapping.Root!;
        walker.Enter(root.Scope, walker.Record(0));
        Items(root);
    }

    private void Items(Block block)
    {
        HashSet<int>? written = null;
        Dictionary<int, SegmentTemplate>? needed = null;
        for (int index = 0; index < block.Items.Count; index++)
        {
            object item = block.Items[index];
            SegmentTemplate? template = item as SegmentTemplate;
            // A list decides for every item which alternative opens it; a group is one of the alternatives itself.
            SegmentTemplate? head = template ?? (item as Block is { Kind: BlockKind.Group } group ? group.Trigger : null);
            int choice = head?.Choice ?? -1;
            if (choice >= 0 && written?.Contains(choice) == true)
                continue;
            if (choice >= 0 && !CanWrite(head!))
            {
                if ((head!.Marks & (Marks.Optional | Marks.ReadOnly)) == 0 && (item as Block)?.Marks.HasFlag(Marks.Optional) != true)
                    (needed ??= []).TryAdd(choice, head);
                // The last alternative failed too: what the first one lacks is what the document lacks.
                if (!HasLater(block, index, choice) && needed?.GetValueOrDefault(choice) is { } first)
                    Segment(first);
                continue;
            }
            bool wrote = template is not null ? Segment(template) : Inner((Block)item);
            if (choice >= 0 && wrote)
                (written ??= []).Add(choice);
        }
    }

    private static bool HasLater(Block block, int index, int choice)
    {
        for (int later = index + 1; later < block.Items.Count; later++)
        {
            if ((block.Items[later] as SegmentTemplate ?? (block.Items[later] as Block)?.Trigger)?.Choice == choice)
                return true;
        }
        return false;
    }

    private bool Inner(Block block)
    {
        if ((block.Marks & Marks.ReadOnly) != 0 || !walker.Holds(block.Condition))
            return false;
        switch (block.Kind)
        {
            case BlockKind.Each:
                Each(block);
                return true;
            case BlockKind.Tree:
                nodes = 0;
                Tree(block, 0, null, null, 0, null);
                return true;
            default:
                // A group is written when its first segment is.
                if (block.Items.Count == 0 || block.Trigger is not { } trigger)
                    return false;
                if (block.Kind == BlockKind.Group && !CanWrite(trigger))
                {
                    if ((block.Marks & Marks.Optional) == 0 && (trigger.Marks & Marks.Optional) == 0)
                        Segment(trigger);
                    return false;
                }
                Items(block);
                return true;
        }
    }

    private void Each(Block block)
    {
        Block? split = block.Items.OfType<Block>().FirstOrDefault(inner => inner.Kind == BlockKind.Split);
        object? shared = null;
        foreach ((object item, IReadOnlyList<object>? group) in walker.Items(block.Scope))
        {
            walker.Enter(block.Scope, item, group);
            if (!walker.Holds(block.Condition))
                continue;
            // Several answers to one line: its head is written once, the answers follow each other.
            if (split is not null && shared is not null && SameLine(shared, item))
                Inner(split);
            else
                Items(block);
            shared = item;
        }
    }

    private static bool SameLine(object one, object other) =>
        FieldTable.Resolve(one.GetType(), "position") is { } path
        && path.Leaf.TryGetNumber(one, out decimal left) && path.Leaf.TryGetNumber(other, out decimal right) && left == right;

    /// <summary>Levels stand inside each other in the order of the mapping.</summary>
    private void Tree(Block tree, int at, int? parent, object? package, int packageDepth, IReadOnlyList<object>? lines)
    {
        List<Block> levels = [.. tree.Items.OfType<Block>().Where(block => block.Kind == BlockKind.Level)];
        if (at >= levels.Count)
            return;
        Block level = levels[at];
        if (!level.OwnsRecord)
        {
            int own = Node(tree, level, parent);
            Items(level);
            Tree(tree, at + 1, own, package, packageDepth, lines);
            return;
        }
        object document = walker.Record(0);
        ListAccess lineList = FieldTable.ResolveList(document.GetType(), "lines")!;
        lines ??= [.. Enumerable.Range(0, lineList.Count(document)).Select(index => lineList.At(document, index))];
        if (level.Scope.IsGroup)
        {
            foreach (IGrouping<string, object> group in lines.GroupBy(line => string.Join('\u001f', level.Scope.GroupBy.Select(path => walker.Key(path, line)))))
            {
                walker.Enter(level.Scope, group.First(), [.. group]);
                int own = Node(tree, level, parent);
                Items(level);
                Tree(tree, at + 1, own, package, packageDepth, [.. group]);
            }
            return;
        }
        if (level.Scope.List!.Name == "packages")
        {
            int zone = levels.FindIndex(at, block => block.Scope.List?.Name != "packages" || block.Scope.IsGroup);
            Packages(tree, levels, at, zone < 0 ? levels.Count : zone, parent, null, lines);
            return;
        }
        foreach (object line in lines)
        {
            walker.Enter(level.Scope, line);
            Node(tree, level, parent);
            Items(level);
        }
    }

    private void Packages(Block tree, List<Block> levels, int at, int zone, int? parent, string? around, IReadOnlyList<object> lines)
    {
        object document = walker.Record(0);
        ListAccess list = levels[at].Scope.List!;
        FieldPath idPath = FieldTable.Resolve(list.ItemType, "id")!;
        FieldPath parentPath = FieldTable.Resolve(list.ItemType, "parentId")!;
        Type lineType = FieldTable.ResolveList(document.GetType(), "lines")!.ItemType;
        FieldPath packageOf = FieldTable.Resolve(lineType, "packageId")!;
        List<(object Package, string Id, string Parent)> all = [.. Enumerable.Range(0, list.Count(document)).Select(index => list.At(document, index))
            .Select(package => (package, walker.Key(idPath, package), walker.Key(parentPath, package)))];
        HashSet<string> ids = [.. all.Select(package => package.Id)];
        bool Holds(string id, int depth) => depth < 32 && (lines.Any(line => walker.Key(packageOf, line) == id) || all.Any(inner => inner.Parent == id && inner.Id != id && Holds(inner.Id, depth + 1)));
        foreach ((object package, string id, string outer) in all.Where(package => around is null ? !ids.Contains(package.Parent) : package.Parent == around))
        {
            if (!Holds(id, 0) && lines.Count > 0)
                continue;
            bool hasInner = all.Any(inner => inner.Parent == id && inner.Id != id);
            // The outermost level holds packages, the innermost goods: a lone carton is a P even where pallets are T.
            Block level = levels[hasInner ? at : zone - 1];
            walker.Enter(level.Scope, package);
            int own = Node(tree, level, parent);
            Items(level);
            if (hasInner)
                Packages(tree, levels, Math.Min(at + 1, zone - 1), zone, own, id, lines);
            IReadOnlyList<object> inside = [.. lines.Where(line => walker.Key(packageOf, line) == id)];
            if (inside.Count > 0)
                Tree(tree, zone, own, package, 0, inside);
        }
        if (around is null && lines.Where(line => !ids.Contains(walker.Key(packageOf, line))).ToList() is { Count: > 0 } loose)
            Tree(tree, zone, parent, null, 0, loose);
    }

    private int Node(Block tree, Block level, int? parent)
    {
        int id = ++nodes;
        SegmentTemplate template = tree.Trigger!;
        writer.BeginSegment(template.Tag);
        foreach (Slot[] element in template.Elements)
        {
            Slot slot = element[0];
            string? text = slot.Role == SlotRole.Local
                ? slot.Names[0] switch
                {
                    "id" => id.ToString(CultureInfo.InvariantCulture),
                    "parent" => parent?.ToString(CultureInfo.InvariantCulture),
                    "level" => level.Level.Split(',')[0],
                    _ => null,
                }
                : walker.Value(slot, template.Place);
            writer.Element(text);
        }
        writer.EndSegment();
        return id;
    }

    private bool CanWrite(SegmentTemplate template)
    {
        if ((template.Marks & (Marks.ReadOnly | Marks.Skip)) != 0 || !walker.Holds(template.Condition))
            return false;
        bool any = false;
        foreach (PlacedSlot placed in template.Slots)
        {
            Slot slot = placed.Slot;
            if (slot.Role is SlotRole.Field or SlotRole.Constant or SlotRole.Local or SlotRole.System)
            {
                bool has = walker.Value(slot, template.Place) is { Length: > 0 };
                // A field that this kind of document does not have cannot be missing.
                if (!has && !slot.Optional && (slot.Role != SlotRole.Field || slot.Fields.Length > 0))
                    return false;
                any |= has;
            }
            else if (slot.Role == SlotRole.Pairs)
                any |= slot.Pairs.Any(pair => PairValue(template, pair) is not null);
            else if (slot.Role is SlotRole.Count or SlotRole.Sum)
                any = true;
        }
        return any || !template.HasFields;
    }

    private string? PairValue(SegmentTemplate template, PairSlot pair)
    {
        if (pair.ReadOnly || pair.Field is not { } field)
            return null;
        string? text = ValueWriter.Write(mapping, walker.Context, field.Path, pair.Format, walker.Record(field.Depth), null, walker.DecimalMark, out string? fault);
        if (fault is not null)
            walker.Findings.Add(new Diagnostic("check-digit", Severity.Error, template.Place.ToString(), $"{char.ToUpperInvariant(fault[0])}{fault[1..]}. Correct the document."));
        return string.IsNullOrEmpty(text) ? null : text;
    }

    private bool Segment(SegmentTemplate template)
    {
        if ((template.Marks & (Marks.ReadOnly | Marks.Skip)) != 0 || !walker.Holds(template.Condition))
            return false;
        bool optional = (template.Marks & Marks.Optional) != 0;
        if (optional && !CanWrite(template))
            return false;
        PlacedSlot longText = template.Slots.FirstOrDefault(placed => placed.Slot.Format.SplitWidth > 0);
        if (longText.Slot is { } slot)
        {
            string? whole = walker.Value(slot, template.Place);
            if (whole is null)
                return false;
            List<string> parts = Split(whole, slot.Format.SplitWidth);
            int perSegment = slot.Format.SplitParts;
            int segments = (template.Marks & Marks.Repeat) != 0 ? (parts.Count + perSegment - 1) / perSegment : 1;
            if (parts.Count > segments * perSegment)
                walker.Findings.Add(new Diagnostic("cannot-write", Severity.Error, template.Place.ToString(),
                    $"{slot.Names[0]} has {whole.Length} characters, expected at most {segments * perSegment} parts of {slot.Format.SplitWidth}. Shorten it, or mark the line with * so that the segment repeats."));
            for (int segment = 0; segment < segments; segment++)
                Emit(template, slot, [.. parts.Skip(segment * perSegment).Take(perSegment)]);
            return true;
        }
        Emit(template, null, []);
        return true;
    }

    private void Emit(SegmentTemplate template, Slot? longSlot, string[] parts)
    {
        writer.BeginSegment(template.Tag);
        for (int position = 0; position < template.Elements.Length; position++)
        {
            Slot[] element = template.Elements[position];
            // X12: a qualifier is not written for the sake of a value that is absent.
            if (x12 && position > 0 && element is [{ Role: SlotRole.AnyOf }] && position + 1 < template.Elements.Length
                && template.Elements[position + 1] is [{ Role: SlotRole.Field, Optional: true } following] && walker.Value(following, template.Place) is null)
            {
                writer.Element((string?)null);
                continue;
            }
            if (element is [{ Role: SlotRole.Pairs } pairs])
            {
                WritePairs(template, pairs);
                continue;
            }
            if (texts.Length < element.Length)
                texts = new string?[element.Length];
            Span<string?> values = texts.AsSpan(0, element.Length);
            bool hasField = false, hasValue = false;
            for (int index = 0; index < element.Length; index++)
            {
                Slot slot = element[index];
                if (slot == longSlot)
                {
                    hasField = hasValue = true;
                    values[index] = parts[0];
                    continue;
                }
                values[index] = slot.Role == SlotRole.DateCode ? null : walker.Value(slot, template.Place);
                if (slot.Role is SlotRole.Field or SlotRole.Constant or SlotRole.Local)
                {
                    hasField = true;
                    hasValue |= values[index] is { Length: > 0 };
                    if (values[index] is null && !slot.Optional && slot is { Role: SlotRole.Field, Fields.Length: > 0 })
                        walker.Findings.Add(new Diagnostic("missing-value", Severity.Error, slot.Place.ToString(),
                            $"The document has no {slot.Names[0]}, which {MapKey.Of(template.Source)} needs. Give it a value, or mark the line with ? or the field as {{{slot.Names[0]}?}}."));
                }
                if (slot.Role == SlotRole.Constant && values[index] is null && !slot.Optional)
                    walker.Findings.Add(new Diagnostic("missing-constant", Severity.Error, slot.Place.ToString(), $"The partner has no constant '{slot.Names[0]}', expected it under constants: in partner.yaml."));
            }
            // A composite whose values are all absent is not written for the sake of its qualifiers.
            if (hasField && !hasValue)
            {
                writer.Element((string?)null);
                continue;
            }
            for (int index = 0; index < element.Length; index++)
            {
                if (element[index].Role == SlotRole.DateCode)
                    values[index] = element[index].Literals.Length > 0 ? element[index].Literal : x12 ? "D8" : DefaultDateCode(element);
                if (index == 0)
                    writer.Element(values[0]);
                else
                    writer.Component(values[index]);
            }
            if (longSlot is not null && element.Contains(longSlot))
            {
                foreach (string part in parts.Skip(1))
                {
                    if (x12)
                        writer.Element(part);
                    else
                        writer.Component(part);
                }
            }
        }
        writer.EndSegment();
        walker.SegmentCount = writer.SegmentsInMessage;
    }

    private static string DefaultDateCode(Slot[] element) =>
        element.FirstOrDefault(slot => slot.Role == SlotRole.Field)?.Fields.FirstOrDefault()?.Path.Leaf.Kind == ValueKind.Moment ? "203" : "102";

    private void WritePairs(SegmentTemplate template, Slot slot)
    {
        foreach (PairSlot pair in slot.Pairs)
        {
            if (PairValue(template, pair) is not { } text)
                continue;
            if (x12)
                writer.Element(pair.Qualifiers[0]).Element(text);
            else
                writer.Element(text).Component(pair.Qualifiers[0]);
        }
    }

    private static List<string> Split(string text, int width)
    {
        List<string> parts = [];
        foreach (string paragraph in text.ReplaceLineEndings("\n").Split('\n'))
        {
            string rest = paragraph.Trim();
            while (rest.Length > width)
            {
                int cut = rest.LastIndexOf(' ', width);
                if (cut <= 0)
                    cut = width;
                parts.Add(rest[..cut].TrimEnd());
                rest = rest[cut..].TrimStart();
            }
            if (rest.Length > 0)
                parts.Add(rest);
        }
        return parts;
    }
}
