using System.Globalization;
using System.Text;
using UnifiedCommerce.Edi;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Reads one EDIFACT or X12 message: every segment finds its line in the mapping, forward from the open block outwards.</summary>
internal sealed class SegmentReading : ReadSession
{
    private readonly DocumentBuilder builder;
    private readonly List<Frame> frames = [];
    private readonly ulong[] used;
    private readonly int[] choiceRanks;
    private readonly Dictionary<string, TreeNodeState> treeNodes = new(StringComparer.Ordinal);
    private readonly int[] elementTokens = new int[256];
    private Encoding encoding = Encoding.Latin1;
    private int elementCount;
    private int position;
    private string tag = "";
    private char[] scratch = new char[512];
    private bool fixedWidth;

    public SegmentReading(CompiledMapping mapping, MappingContext context)
        : base(mapping, context)
    {
        builder = new DocumentBuilder(this, mapping.MaximumDepth + 1, mapping.LocalNames.Length);
        used = new ulong[(mapping.TemplateCount / 64) + 1];
        choiceRanks = new int[mapping.ChoiceCount];
        DecimalMark = null;
    }

    private sealed class Frame
    {
        public required Block Block { get; set; }
        public int LastOrder { get; set; } = -1;
        /// <summary>A group that the mapping does not know is open: only what stands later in the mapping may follow.</summary>
        public int Floor { get; set; } = -1;
        public (object Record, ulong Given, ulong Seen)? Shared { get; set; }
        public bool SplitSeen { get; set; }
    }

    private sealed record TreeNodeState(Block Level, object? Record, string? Parent, string Id);

    public object? Document => builder.Document;
    public DocumentBuilder Builder => builder;

    public override string Place(Slot slot)
    {
        foreach (SegmentTemplate template in Here())
        {
            foreach (PlacedSlot placed in template.Slots)
            {
                if (ReferenceEquals(placed.Slot, slot))
                {
                    return placed.Component > 1 || template.Elements[placed.Element - 1].Length > 1
                        ? string.Create(CultureInfo.InvariantCulture, $"segment {position} {tag} element {placed.Element} component {placed.Component}")
                        : string.Create(CultureInfo.InvariantCulture, $"segment {position} {tag} element {placed.Element}");
                }
            }
        }
        return string.Create(CultureInfo.InvariantCulture, $"segment {position} {tag}");
    }

    private SegmentTemplate? current;

    private IEnumerable<SegmentTemplate> Here() => current is null ? [] : [current];

    public void Begin(Dialect dialect)
    {
        encoding = dialect.CharacterSet.GetEncoding();
        fixedWidth = dialect.Standard == EdiStandard.X12;
        frames.Clear();
        treeNodes.Clear();
        Array.Clear(used);
        Array.Fill(choiceRanks, int.MaxValue);
        builder.Begin(Mapping.Root!.Scope);
        frames.Add(new Frame { Block = Mapping.Root });
        position = 1;
        tag = Mapping.HeaderTemplate?.Tag ?? "";
    }

    public void End()
    {
        current = null;
        while (frames.Count > 0)
            Close();
    }

    /// <summary>Takes one segment of the message.</summary>
    public void Take(in SegmentView view, int segmentPosition)
    {
        position = segmentPosition;
        ReadOnlySpan<byte> tagBytes = view.Tag;
        uint packed = SegmentTemplate.Pack(tagBytes);
        IndexElements(view);
        for (int at = frames.Count - 1; at >= 0; at--)
        {
            Frame frame = frames[at];
            Block block = frame.Block;
            int floor = at == frames.Count - 1 ? frame.Floor : Math.Max(frame.Floor, frames[at + 1].Block.Order - 1);
            // Coming back from an inner block only what stands later in the mapping may follow; that block itself may come again.
            // A tree's own segment opens every node.
            if (block.Kind == BlockKind.Tree)
                floor = -1;
            // Parties come in any order: a NAD or N1 may stand before its neighbours of the same tag.
            int run = floor;
            if (at < frames.Count - 1 && block.Kind != BlockKind.Tree)
            {
                for (int open = frames[at + 1].Block.Order; open >= 0 && block.Tags[open] == packed && run >= open - 1 && run >= frame.Floor; open--)
                    run = open - 1;
            }
            int best = -1;
            int bestMismatches = int.MaxValue;
            // From inside a list nothing leaps over what must stand behind it: a tax of a line is no tax of the message.
            int end = at == frames.Count - 1 || frames[at + 1].Block.Kind != BlockKind.Each ? block.Tags.Length : Barrier(block, frames[at + 1].Block.Order, packed);
            for (int index = run + 1; index < end; index++)
            {
                // Only the tree's own segment opens a level.
                if (block.Tags[index] != packed || block.Flat[index] is Block { Kind: BlockKind.Level } || (index <= floor && IsTaken(block.Flat[index])))
                    continue;
                SegmentTemplate? candidate = block.Flat[index] as SegmentTemplate ?? BestTrigger((Block)block.Flat[index], view);
                if (candidate is null || (candidate.Marks & Marks.WriteOnly) != 0)
                    continue;
                bool again = block.Flat[index] is SegmentTemplate && (candidate.Marks & (Marks.Repeat | Marks.Skip)) == 0 && IsUsed(candidate.Index);
                int mismatches = Mismatches(view, candidate);
                // The segment that opens a block opens the next one, outside this one.
                if (mismatches < 0 || (at > 0 && block.Kind is not (BlockKind.Tree or BlockKind.Level) && Array.IndexOf(block.Triggers, candidate) >= 0))
                    continue;
                if (again)
                    mismatches += 1000;
                if (mismatches < bestMismatches)
                    (best, bestMismatches) = (index, mismatches);
            }
            if (best < 0)
            {
                // The segment begins a group like this one that the mapping does not know: what follows it is not ours.
                if (block.Trigger is { } trigger && at > 0 && SegmentTemplate.Pack(trigger.Tag) == packed && block.Kind is not (BlockKind.Tree or BlockKind.Level))
                {
                    Frame parent = frames[at - 1];
                    if (HasRival(parent, block, packed, view))
                        continue;
                    int order = block.Order;
                    while (frames.Count > at)
                        Close();
                    parent.Floor = Math.Max(parent.Floor, order - 1);
                    Unknown(view);
                    return;
                }
                continue;
            }
            while (frames.Count - 1 > at)
                Close();
            Accept(frame, block.Flat[best], view, bestMismatches);
            return;
        }
        Unknown(view);
    }

    private bool IsTaken(object item) => item switch
    {
        SegmentTemplate template => IsUsed(template.Index),
        Block { Kind: BlockKind.Group } group => Array.Exists(group.Triggers, trigger => IsUsed(trigger.Index)),
        _ => true,
    };

    /// <summary>Behind the first segment that must follow the open block, unless it is the one that came.</summary>
    private int Barrier(Block block, int open, uint packed)
    {
        for (int index = open + 1; index < block.Tags.Length; index++)
        {
            if (block.Flat[index] is SegmentTemplate { Choice: < 0 } template && (template.Marks & (Marks.Optional | Marks.ReadOnly | Marks.WriteOnly | Marks.Skip)) == 0 && !IsUsed(template.Index))
                return block.Tags[index] == packed ? block.Tags.Length : index;
        }
        return block.Tags.Length;
    }

    /// <summary>Of the segments that can open a block, the one whose literals fit best.</summary>
    private SegmentTemplate? BestTrigger(Block block, in SegmentView view)
    {
        if (block.Triggers.Length == 1)
            return block.Triggers[0];
        SegmentTemplate? best = null;
        int fewest = int.MaxValue;
        foreach (SegmentTemplate trigger in block.Triggers)
        {
            int mismatches = Mismatches(view, trigger);
            if (mismatches >= 0 && mismatches < fewest)
                (best, fewest) = (trigger, mismatches);
        }
        return best ?? (block.Triggers.Length > 0 ? block.Triggers[0] : null);
    }

    private bool HasRival(Frame parent, Block block, uint packed, in SegmentView view)
    {
        int first = block.Order;
        while (first > 0 && parent.Block.Tags[first - 1] == packed)
            first--;
        for (int index = first; index < parent.Block.Tags.Length; index++)
        {
            if (parent.Block.Tags[index] == packed && (index >= block.Order || !IsTaken(parent.Block.Flat[index]))
                && (parent.Block.Flat[index] as SegmentTemplate ?? ((Block)parent.Block.Flat[index]).Trigger) is { } candidate
                && Mismatches(view, candidate) >= 0)
                return true;
        }
        return false;
    }

    private void Accept(Frame frame, object target, in SegmentView view, int mismatches)
    {
        if (target is SegmentTemplate template)
        {
            frame.LastOrder = Math.Max(frame.LastOrder, template.Order);
            if (frame.Block.Kind == BlockKind.Tree && template == frame.Block.Trigger)
            {
                TreeNode(frame, template, view);
                return;
            }
            Use(template, view, mismatches);
            return;
        }
        Block block = (Block)target;
        frame.LastOrder = Math.Max(frame.LastOrder, block.Order);
        Frame inner = new() { Block = block };
        switch (block.Kind)
        {
            case BlockKind.Each:
                Reset(block);
                builder.Begin(block.Scope);
                break;
            case BlockKind.Split when !frame.SplitSeen:
                frame.Shared = builder.Snapshot(block.Scope);
                frame.SplitSeen = true;
                Reset(block);
                break;
            case BlockKind.Split:
            {
                // Another answer to the same line: the record so far goes into its list, a copy of the shared part begins.
                builder.End(block.Scope);
                (object record, ulong given, ulong seen) = frame.Shared!.Value;
                builder.BeginCopy(block.Scope, record, given, seen);
                Reset(block);
                break;
            }
            default:
                Reset(block);
                break;
        }
        frames.Add(inner);
        if (block.Kind == BlockKind.Tree)
        {
            TreeNode(inner, block.Trigger!, view);
            return;
        }
        // A block may begin with a block.
        if (block.Items[0] is SegmentTemplate && BestTrigger(block, view) is { } first)
            Use(first, view, Math.Max(0, Mismatches(view, first)));
        else
            Accept(inner, block.Items[0], view, 0);
    }

    private void TreeNode(Frame frame, SegmentTemplate template, in SegmentView view)
    {
        while (frames.Count > 0 && frames[^1] != frame)
            Close();
        Probe?.Lines.Add(template.Place);
        current = template;
        tag = template.Tag;
        string id = "", parent = "", level = "";
        foreach (PlacedSlot placed in template.Slots)
        {
            if (placed.Slot.Role != SlotRole.Local)
                continue;
            string text = Text(view, placed.Element, placed.Component);
            switch (placed.Slot.Names[0])
            {
                case "id": id = text; break;
                case "parent": parent = text; break;
                case "level": level = text; break;
            }
        }
        Block? target = null;
        foreach (object item in frame.Block.Items)
        {
            if (item is Block { Kind: BlockKind.Level } block && block.Level.Split(',').Contains(level))
            {
                target = block;
                break;
            }
        }
        if (target is null)
        {
            Unmapped.Add(new UnmappedValue(string.Create(CultureInfo.InvariantCulture, $"segment {position} {tag}"), Encoding.Latin1.GetString(view.Raw)));
            Findings.Add(new Diagnostic("unknown-level", Severity.Warning, Place(Slot.Nothing), $"Found level '{level}', expected one of {string.Join(", ", frame.Block.Items.OfType<Block>().Select(block => block.Level))}. What it holds is not read."));
            treeNodes[id] = new TreeNodeState(frame.Block, null, parent, id);
            frames.Add(new Frame { Block = SkipBlock });
            return;
        }
        Probe?.Lines.Add(target.Place);
        Reset(target);
        if (parent.Length > 0 && !treeNodes.ContainsKey(parent))
            Findings.Add(new Diagnostic("unknown-parent", Severity.Warning, Place(Slot.Nothing), $"Found parent '{parent}' of {tag} {id}, expected the id of one before it."));
        // What stands around the node by its parents, whatever stood before it in the file.
        builder.BeginAbsent(target.Scope.Parent);
        if (target.OwnsRecord)
        {
            builder.Begin(target.Scope);
            Inherit(target, parent);
            if (target.Scope.List?.Name == "packages")
                Give(target.Scope, "id", id);
        }
        treeNodes[id] = new TreeNodeState(target, target.OwnsRecord ? builder.Record(target.Scope.Depth) : null, parent, id);
        frames.Add(new Frame { Block = target });
    }

    private void Inherit(Block target, string parent)
    {
        bool packageFound = false;
        HashSet<string> seen = [];
        for (string at = parent; at.Length > 0 && seen.Add(at) && treeNodes.TryGetValue(at, out TreeNodeState? node); at = node.Parent ?? "")
        {
            if (node.Record is null)
                continue;
            if (node.Level.Scope.IsGroup)
                builder.CopyShared(node.Level.Scope, node.Record, target.Scope);
            else if (node.Level.Scope.List?.Name == "packages" && !packageFound)
            {
                packageFound = true;
                Give(target.Scope, target.Scope.List?.Name == "packages" ? "parentId" : "packageId", node.Id);
            }
        }
    }

    private void Give(Scope scope, string name, string value) => builder.Give(scope, name, value);

    private static readonly Block SkipBlock = new()
    {
        Kind = BlockKind.Group,
        Parent = null,
        Place = default,
        Scope = new Scope { Parent = null, Shape = RecordShape.Of(typeof(Party)), Place = default, Depth = 0 },
    };

    private void Use(SegmentTemplate template, in SegmentView view, int mismatches)
    {
        current = template;
        tag = template.Tag;
        if ((template.Marks & Marks.Skip) != 0)
            return;
        if (IsUsed(template.Index) && (template.Marks & Marks.Repeat) == 0)
        {
            Findings.Add(new Diagnostic("repeated-segment", Severity.Warning, Place(Slot.Nothing), $"Found {tag} again where the mapping expects it once; the first is kept. Mark the line with * when it may repeat ({template.Place})."));
            Unknown(view);
            return;
        }
        bool again = IsUsed(template.Index);
        Probe?.Lines.Add(template.Place);
        used[template.Index >> 6] |= 1UL << (template.Index & 63);
        if (template.Choice >= 0)
        {
            if (choiceRanks[template.Choice] < template.Rank)
                return;
            choiceRanks[template.Choice] = template.Rank;
        }
        int refused = mismatches % 1000 == 0 ? 0 : Refuse(view, template);
        StatedCurrency(view, "MOA"u8, 1, 3);
        if (Probe is not null)
            ProbeRest(template, view);
        PlacedSlot[] slots = template.Slots;
        for (int index = 0; index < slots.Length; index++)
        {
            ref readonly PlacedSlot placed = ref slots[index];
            Slot slot = placed.Slot;
            switch (slot.Role)
            {
                case SlotRole.Field:
                {
                    if (refused != 0 && IsRefused(template, placed, view))
                        continue;
                    // The format first: it is read through the same buffer as the value.
                    string? format = slot.DateCodeAt is { } code ? DateFormat(view, slot, code) : null;
                    ReadOnlySpan<char> text = Chars(view, placed.Element, placed.Component);
                    if (text.IsEmpty)
                    {
                        if (slot.Format.Default is not null && slot.Fields.Length > 0)
                            builder.Assign(slot, text, null);
                        continue;
                    }
                    if (slot.Fields.Length == 0)
                        continue;
                    if (slot.Format.SplitWidth > 0)
                        Long(slot, placed, view, again);
                    else
                        builder.Assign(slot, text, format);
                    break;
                }
                case SlotRole.Local:
                {
                    string text = Text(view, placed.Element, placed.Component);
                    if (text.Length > 0)
                        builder.Locals[slot.LocalIndex] = slot.Format.Table is { } table && table.TryRead(text, out string value) ? value : text;
                    break;
                }
                case SlotRole.Pairs:
                    Pairs(view, placed, slot);
                    break;
                case SlotRole.Assert:
                {
                    ReadOnlySpan<byte> value = Value(view, placed.Element, placed.Component);
                    if (!placed.Accepts(value))
                        Fault("assert", slot, $"Found '{Encoding.Latin1.GetString(value)}', expected {string.Join(" or ", slot.Literals)}.");
                    break;
                }
                case SlotRole.Count or SlotRole.Sum when slot.CountList is not null:
                    if (Numbers.TryRead(Chars(view, placed.Element, placed.Component), DecimalMark, out decimal stated))
                        Totals.Add((slot, builder.Record(slot.ListDepth), stated, Place(slot)));
                    break;
            }
        }
    }

    /// <summary>For proposals: what stands in the segment where its line has no place.</summary>
    private void ProbeRest(SegmentTemplate template, in SegmentView view)
    {
        for (int element = 1; element <= elementCount; element++)
        {
            int components = elementTokens[element + 1] - elementTokens[element];
            for (int component = 1; component <= components; component++)
            {
                if (Value(view, element, component).IsEmpty || IsNamed(template, element, component))
                    continue;
                Unmapped.Add(new UnmappedValue(
                    string.Create(CultureInfo.InvariantCulture, $"segment {position} {tag} element {element}{(components > 1 ? $" component {component}" : "")}"),
                    new string(Chars(view, element, component))));
            }
        }
    }

    private bool IsNamed(SegmentTemplate template, int element, int component)
    {
        foreach (PlacedSlot placed in template.Slots)
        {
            bool here = placed.Slot.Role == SlotRole.Pairs ? element >= placed.Element
                : placed.Slot.Format.SplitParts > 1 && fixedWidth ? element >= placed.Element && element < placed.Element + placed.Slot.Format.SplitParts
                : element == placed.Element && component >= placed.Component && component < placed.Component + placed.Slot.Format.SplitParts;
            if (here)
                return true;
        }
        return element <= template.Elements.Length && component <= template.Elements[element - 1].Length && template.Elements[element - 1][component - 1].Role != SlotRole.Empty;
    }

    private readonly List<(string Code, string Place)> currencies = [];

    /// <summary>Counts and sums as stated, compared when the document is whole.</summary>
    public List<(Slot Slot, object Record, decimal Stated, string Place)> Totals { get; } = [];

    /// <summary>Compares what the message states with what it holds; called when the document is whole.</summary>
    public void CompareTotals()
    {
        foreach ((Slot slot, object record, decimal stated, string place) in Totals)
        {
            decimal actual = DocumentWalker.Total(slot, record);
            if (actual != stated)
                Findings.Add(new Diagnostic("total-differs", Mapping.Strict.Contains("total-differs") ? Severity.Error : Severity.Warning, place, string.Create(CultureInfo.InvariantCulture, $"The message states {slot.Source} {stated}, expected {actual}: so many are in it. A line may be missing.")));
        }
        Totals.Clear();
        Compare();
        if (builder.Currency is { } first)
        {
            foreach ((string code, string place) in currencies.Where(stated => !string.Equals(stated.Code, first.Code, StringComparison.OrdinalIgnoreCase)))
                Findings.Add(new Diagnostic("currency-differs", Mapping.Lenient.Contains("currency-differs") ? Severity.Warning : Severity.Error, place, $"Found currency {code} here and {first.Code} at {first.Place}, expected one currency in the whole message: nobody can tell what the amounts are. Ask the sender."));
        }
        currencies.Clear();
    }

    private int Refuse(in SegmentView view, SegmentTemplate template)
    {
        int refused = 0;
        foreach (PlacedSlot placed in template.Slots)
        {
            if (placed.Slot.Role is not (SlotRole.Literal or SlotRole.AnyOf))
                continue;
            ReadOnlySpan<byte> value = Value(view, placed.Element, placed.Component);
            if (value.IsEmpty || placed.Accepts(value))
                continue;
            refused++;
            bool spoils = template.Slots.Any(other => Spoils(placed, other) && other.Slot.Role is SlotRole.Field);
            if (spoils && Probe is not null)
                Unknown(view);
            Fault("unexpected-value", placed.Slot, $"Found '{Encoding.Latin1.GetString(value)}', expected {string.Join(" or ", placed.Slot.Literals)}{(spoils ? "; the value beside it is not read" : "")}. Change {template.Place} when the partner is right.", Severity.Warning);
        }
        return refused;
    }

    /// <summary>A literal speaks of the values of its composite; in X12 of the element after it.</summary>
    private bool Spoils(in PlacedSlot literal, in PlacedSlot value) =>
        value.Element == literal.Element ? value.Component != literal.Component : fixedWidth && value.Element == literal.Element + 1 && literal.Element > 1;

    private bool IsRefused(SegmentTemplate template, in PlacedSlot value, in SegmentView view)
    {
        foreach (PlacedSlot placed in template.Slots)
        {
            if (placed.Slot.Role is SlotRole.Literal or SlotRole.AnyOf && !placed.Leads && Spoils(placed, value))
            {
                ReadOnlySpan<byte> found = Value(view, placed.Element, placed.Component);
                if (!found.IsEmpty && !placed.Accepts(found))
                    return true;
            }
        }
        return false;
    }

    /// <summary>How many literals differ; -1 when the leading one does, so that the segment is another.</summary>
    private int Mismatches(in SegmentView view, SegmentTemplate template)
    {
        int count = 0;
        foreach (ref readonly PlacedSlot placed in template.Slots.AsSpan())
        {
            if (placed.Slot.Role is not (SlotRole.Literal or SlotRole.AnyOf))
                continue;
            ReadOnlySpan<byte> value = Value(view, placed.Element, placed.Component);
            if (placed.Accepts(value))
                continue;
            if (placed.Leads)
                return -1;
            count += value.IsEmpty ? 1 : 2;
        }
        return count;
    }

    private void Long(Slot slot, in PlacedSlot placed, in SegmentView view, bool again)
    {
        if (!again)
            builder.Assign(slot, Chars(view, placed.Element, placed.Component), null);
        else
            builder.Append(slot, slot.Fields[0], Chars(view, placed.Element, placed.Component));
        for (int part = 1; part < slot.Format.SplitParts; part++)
            builder.Append(slot, slot.Fields[0], fixedWidth ? Chars(view, placed.Element + part, 1) : Chars(view, placed.Element, placed.Component + part));
    }

    private void Pairs(in SegmentView view, in PlacedSlot placed, Slot slot)
    {
        ulong given = 0;
        if (fixedWidth)
        {
            // X12: qualifier and value in turn, from the place of the slot to the end.
            for (int element = placed.Element; element + 1 <= elementCount; element += 2)
                Pair(slot, Value(view, element, 1), Chars(view, element + 1, 1), ref given);
        }
        else
        {
            // EDIFACT: one composite each, the qualifier in the second component.
            for (int element = placed.Element; element <= elementCount; element++)
                Pair(slot, Value(view, element, 2), Chars(view, element, 1), ref given);
        }
    }

    private void Pair(Slot slot, ReadOnlySpan<byte> qualifier, ReadOnlySpan<char> value, ref ulong given)
    {
        if (value.IsEmpty)
            return;
        for (int index = 0; index < slot.Pairs.Length; index++)
        {
            PairSlot pair = slot.Pairs[index];
            if (!pair.Accepts(qualifier))
                continue;
            // Of two numbers with one qualifier the first counts.
            if ((given & (1UL << index)) != 0)
                break;
            given |= 1UL << index;
            if (pair.LocalIndex >= 0)
                builder.Locals[pair.LocalIndex] = value.ToString();
            if (pair.Field is not null && !(pair.ReadOnly && pair.Field.Path.Find(builder.Record(pair.Field.Depth)) is { } holder && pair.Field.Path.Leaf.GetText(holder) is not null))
                builder.Assign(slot, pair.Field, pair.Format, value, null);
            return;
        }
        if (!qualifier.IsEmpty)
            Unmapped.Add(new UnmappedValue(Place(slot), $"{Encoding.Latin1.GetString(qualifier).TrimEnd()} {value}"));
    }

    private string? DateFormat(in SegmentView view, Slot slot, SlotLocation at)
    {
        string code = Text(view, at.Element, at.Component);
        if (code.Length == 0)
            return null;
        if (DateCodes.FormatOf(code) is { } format)
            return format;
        Fault("unknown-date-format", slot, $"Found date format code '{code}', expected one of {string.Join(", ", DateCodes.Known)}.");
        return null;
    }

    private void Close()
    {
        Frame frame = frames[^1];
        frames.RemoveAt(frames.Count - 1);
        Block block = frame.Block;
        foreach (object item in block.Items)
        {
            if (item is SegmentTemplate { HasFields: true } template && (template.Marks & (Marks.Optional | Marks.ReadOnly | Marks.WriteOnly | Marks.Skip)) == 0 && !IsUsed(template.Index)
                && template.Choice < 0 && block != SkipBlock && block.Kind != BlockKind.Tree)
            {
                Fault("missing-segment", new Slot { Place = template.Place }, $"Found no {MapKey.Of(template.Source)} {(block.Scope.ListPath.Length > 0 ? "in " + block.Scope.ListPath : "in the message")}, expected one. Mark the line with ? when it may be absent ({template.Place}).",
                    (template.Marks & Marks.Must) != 0 ? Severity.Error : Severity.Warning);
            }
        }
        if (block.OwnsRecord)
            builder.End(block.Scope);
    }

    /// <summary>A currency that the mapping has no place for still says what the amounts are: of an amount (MOA 6345), of a line (CUX 6345, CUR02).</summary>
    private void StatedCurrency(in SegmentView view, ReadOnlySpan<byte> tag, int element, int component)
    {
        if (view.Tag.SequenceEqual(tag) && Text(view, element, component) is { Length: > 0 } code)
            currencies.Add((code, string.Create(CultureInfo.InvariantCulture, $"segment {position} {Encoding.Latin1.GetString(tag)}")));
    }

    private void Unknown(in SegmentView view)
    {
        StatedCurrency(view, "CUX"u8, 1, 2);
        StatedCurrency(view, "CUR"u8, 2, 1);
        if (Unmapped.Count < Findings.Limit)
            Unmapped.Add(new UnmappedValue(string.Create(CultureInfo.InvariantCulture, $"segment {position} {Encoding.Latin1.GetString(view.Tag)}"), encoding.GetString(view.Raw)));
    }

    private void Reset(Block block)
    {
        foreach (object item in block.Items)
        {
            if (item is SegmentTemplate template)
            {
                used[template.Index >> 6] &= ~(1UL << (template.Index & 63));
                if (template.Choice >= 0)
                    choiceRanks[template.Choice] = int.MaxValue;
            }
            else if (((Block)item).Kind != BlockKind.Level)
                Reset((Block)item);
        }
        if (!block.OwnsRecord)
            return;
        foreach (int local in block.Scope.Locals)
            builder.Locals[local] = null;
    }

    private bool IsUsed(int index) => (used[index >> 6] & (1UL << (index & 63))) != 0;

    private void IndexElements(in SegmentView view)
    {
        int tokens = view.TokenCount;
        elementCount = 0;
        for (int token = 1; token < tokens; token++)
        {
            if (view.KindOf(token) == TokenKind.Element && elementCount < elementTokens.Length - 2)
                elementTokens[++elementCount] = token;
        }
        elementTokens[elementCount + 1] = tokens;
    }

    private ReadOnlySpan<byte> Value(in SegmentView view, int element, int component)
    {
        if (element > elementCount)
            return default;
        int token = elementTokens[element] + component - 1;
        return token < elementTokens[element + 1] ? view.Token(token) : default;
    }

    private ReadOnlySpan<char> Chars(in SegmentView view, int element, int component)
    {
        ReadOnlySpan<byte> bytes = Value(view, element, component);
        if (bytes.IsEmpty)
            return default;
        if (scratch.Length < bytes.Length)
            scratch = new char[bytes.Length * 2];
        int length = encoding.GetChars(bytes, scratch);
        // X12 pads with blanks; nobody means the blanks behind a value.
        return scratch.AsSpan(0, length).TrimEnd();
    }

    private string Text(in SegmentView view, int element, int component) => ShortText.Of(Chars(view, element, component));
}
