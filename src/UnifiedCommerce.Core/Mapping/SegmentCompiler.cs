using System.Text;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Turns the lines of an EDIFACT or X12 mapping into blocks of segment templates.</summary>
internal sealed class SegmentCompiler(MappingText text, MessageSyntax syntax, Binder binder, Findings findings)
{
    private readonly SlotParser slots = new(text, findings);
    private readonly List<SegmentTemplate> all = [];
    private int choices;
    private int blocks;

    public SegmentTemplate? Header { get; private set; }
    public int TemplateCount => all.Count;
    public int ChoiceCount => choices;

    public Block Compile()
    {
        Block root = Open(BlockKind.Root, null, binder.Root, new(text.File, 1, 1));
        binder.Root.Owner = root;
        Stack<Block> open = new();
        open.Push(root);
        int skipping = 0;
        foreach (MapLine line in text.Lines)
        {
            Block at = open.Peek();
            if (skipping > 0)
            {
                // A list that the other document kind does not have: its lines are left out with it.
                skipping += Opens(line) ? 1 : (line.Marks & Marks.End) != 0 ? -1 : 0;
                continue;
            }
            if ((line.Marks & Marks.End) != 0)
            {
                if (at.Kind == BlockKind.Level)
                {
                    open.Pop();
                    at = open.Peek();
                }
                if (at.Kind == BlockKind.Root)
                    findings.Error("end", line.Place, "Found 'end' without each, group, split or tree before it.");
                else
                    open.Pop();
                continue;
            }
            if ((line.Marks & Marks.Each) != 0)
            {
                if (binder.Each(at.Scope, line.Operand, line.Arguments, line.Place) is not { } scope)
                {
                    skipping = 1;
                    continue;
                }
                Block block = Open(BlockKind.Each, at, scope, line.Place);
                scope.Owner = block;
                block.Marks = line.Marks;
                block.Condition = line.Condition;
                binder.BindCondition(scope, line.Condition, line.Place);
                open.Push(block);
                continue;
            }
            if ((line.Marks & (Marks.Group | Marks.Split | Marks.Tree)) != 0)
            {
                BlockKind kind = (line.Marks & Marks.Group) != 0 ? BlockKind.Group : (line.Marks & Marks.Split) != 0 ? BlockKind.Split : BlockKind.Tree;
                Block block = Open(kind, at, at.Scope, line.Place);
                block.Marks = line.Marks;
                block.Condition = line.Condition;
                binder.BindCondition(at.Scope, line.Condition, line.Place);
                open.Push(block);
                if (line.Body.Length > 0)
                    AddSegment(block, line, (line.Marks & Marks.Or) != 0 ? at : null);
                continue;
            }
            if ((line.Marks & Marks.Level) != 0)
            {
                if (at.Kind == BlockKind.Level)
                {
                    open.Pop();
                    at = open.Peek();
                }
                if (at.Kind != BlockKind.Tree)
                {
                    findings.Error("level", line.Place, "Found 'level' outside a tree, expected 'tree | HL*...' before it.");
                    continue;
                }
                open.Push(Level(at, line));
                continue;
            }
            if (line.Body.Length > 0)
                AddSegment(at, line, null);
        }
        while (open.Peek() is { Kind: not BlockKind.Root } unclosed)
        {
            if (unclosed.Kind != BlockKind.Level)
                findings.Error("no-end", unclosed.Place, $"Found '{unclosed.Kind.ToString().ToLowerInvariant()}' without 'end', expected an 'end' behind its last line.");
            open.Pop();
        }
        binder.Finish();
        Flatten(root);
        return root;
    }

    private static bool Opens(MapLine line) => (line.Marks & (Marks.Each | Marks.Group | Marks.Split | Marks.Tree)) != 0;

    private Block Open(BlockKind kind, Block? parent, Scope scope, TextPlace place)
    {
        Block block = new() { Kind = kind, Parent = parent, Scope = scope, Place = place, Index = blocks++, Order = parent?.Items.Count ?? 0 };
        parent?.Items.Add(block);
        return block;
    }

    private Block Level(Block tree, MapLine line)
    {
        string[] words = Quoted.Split(line.Body);
        Scope scope = tree.Scope;
        // Levels stand inside each other in the order of the mapping: a line may name the fields of its order and package.
        Scope around = tree.Items.OfType<Block>().LastOrDefault() is { } before ? before.Scope : tree.Scope;
        if (words.Length > 0)
        {
            string[] arguments = words[1..];
            if (words[0] == "grouped")
                scope = binder.Each(around, "lines", words, line.Place) ?? scope;
            else
                scope = binder.Each(around, words[0], arguments, line.Place) ?? scope;
        }
        Block block = Open(BlockKind.Level, tree, scope, line.Place);
        if (scope != tree.Scope)
            scope.Owner = block;
        block.Level = line.Operand;
        return block;
    }

    private void AddSegment(Block block, MapLine line, Block? choiceBlock)
    {
        if (Parse(line) is not { } template)
            return;
        template.Block = block;
        template.Order = block.Items.Count;
        template.Index = all.Count;
        all.Add(template);
        if (template.Tag is "UNH" or "ST" && block.Kind == BlockKind.Root && Header is null)
        {
            Header = template;
            return;
        }
        if (template.Tag is "UNT" or "SE" or "UNB" or "UNZ" or "ISA" or "IEA" or "GS" or "GE" or "UNA")
        {
            findings.Warning("envelope", line.Place, $"Found {template.Tag} in a mapping, which the envelope writes: it is left out.");
            return;
        }
        if ((line.Marks & Marks.Or) != 0)
        {
            List<object> siblings = (choiceBlock ?? block).Items;
            SegmentTemplate? before = choiceBlock is null
                ? siblings.Count == 0 ? null : siblings[^1] as SegmentTemplate ?? (siblings[^1] as Block)?.Trigger
                : siblings.Count < 2 ? null : siblings[^2] as SegmentTemplate ?? (siblings[^2] as Block)?.Trigger;
            if (before is null)
                findings.Error("or", line.Place, "Found 'or' without a line before it, expected an alternative to the line above.");
            else
            {
                if (before.Choice < 0)
                    before.Choice = choices++;
                template.Choice = before.Choice;
                template.Rank = before.Rank + 1;
            }
        }
        block.Items.Add(template);
        bool read = (line.Marks & (Marks.WriteOnly | Marks.Skip)) == 0;
        bool write = (line.Marks & (Marks.ReadOnly | Marks.Skip)) == 0;
        binder.BindCondition(block.Scope, line.Condition, line.Place);
        foreach (PlacedSlot placed in template.Slots)
            binder.BindSlot(block.Scope, placed.Slot, read, write);
        BindDates(template);
        template.HasFields = template.Slots.Any(placed => placed.Slot.Role is SlotRole.Field or SlotRole.Pairs or SlotRole.Local);
    }

    private SegmentTemplate? Parse(MapLine line)
    {
        char separator = syntax == MessageSyntax.X12 ? '*' : '+';
        char component = syntax == MessageSyntax.X12 ? '>' : ':';
        char terminator = syntax == MessageSyntax.X12 ? '~' : '\'';
        List<List<string>> elements = [[]];
        List<int> columns = [];
        List<List<int>> places = [[]];
        StringBuilder token = new();
        int depth = 0;
        int start = 0;
        bool done = false;
        for (int index = 0; index < line.Body.Length && !done; index++)
        {
            char character = line.Body[index];
            if (character == '{')
                depth++;
            else if (character == '}')
                depth--;
            if (depth == 0 && character == '?' && syntax == MessageSyntax.Edifact && index + 1 < line.Body.Length)
            {
                token.Append(line.Body[++index]);
                continue;
            }
            if (depth == 0 && (character == separator || character == component || character == terminator))
            {
                elements[^1].Add(token.ToString());
                places[^1].Add(start);
                token.Clear();
                start = index + 1;
                if (character == separator)
                {
                    elements.Add([]);
                    places.Add([]);
                }
                done = character == terminator;
                if (done && line.Body[(index + 1)..].Trim().Length > 0)
                    findings.Error("segment", line.Place with { Column = line.Place.Column + index + 1 }, $"Found '{line.Body[(index + 1)..].Trim()}' behind the segment's end, expected one segment a line.");
                continue;
            }
            token.Append(character);
        }
        if (depth != 0)
        {
            findings.Error("placeholder", line.Place, "Found a '{' without '}', expected one closing brace for each.");
            return null;
        }
        if (!done)
        {
            elements[^1].Add(token.ToString());
            places[^1].Add(start);
        }
        string tag = elements[0][0].Trim();
        if (tag.Length is < 2 or > 3 || !tag.All(char.IsAsciiLetterOrDigit))
        {
            findings.Error("segment", line.Place, $"Found '{tag}', expected a segment tag of two or three letters and digits.");
            return null;
        }
        Slot[][] parsed = new Slot[elements.Count - 1][];
        List<PlacedSlot> placed = [];
        for (int element = 1; element < elements.Count; element++)
        {
            parsed[element - 1] = new Slot[elements[element].Count];
            for (int part = 0; part < elements[element].Count; part++)
            {
                Slot slot = slots.Parse(elements[element][part], line.Place with { Column = line.Place.Column + places[element][part] });
                parsed[element - 1][part] = slot;
                if (slot.Role == SlotRole.Empty)
                    continue;
                byte[][] literals = [.. slot.Literals.Select(Encoding.Latin1.GetBytes)];
                bool leads = element == 1 && part == 0 && slot.Role is SlotRole.Literal or SlotRole.AnyOf && element == 1 && part == 0;
                placed.Add(new PlacedSlot(element, part + 1, slot, literals, leads));
            }
        }
        return new SegmentTemplate
        {
            Tag = tag,
            Place = line.Place,
            Source = line.Body,
            Marks = line.Marks,
            Condition = line.Condition,
            Elements = parsed,
            Slots = [.. placed],
        };
    }

    /// <summary>Ties every date to the code that names its format: the component after it, or the qualifier before it in X12.</summary>
    private void BindDates(SegmentTemplate template)
    {
        for (int index = 0; index < template.Slots.Length; index++)
        {
            PlacedSlot placed = template.Slots[index];
            if (placed.Slot.Role != SlotRole.Field || placed.Slot.Fields.Length == 0 || placed.Slot.Fields[0].Path.Leaf.Kind is not (ValueKind.Date or ValueKind.Moment))
                continue;
            // A literal 102 beside the date in a DTM is a format code too: another known code is read as well.
            int beside = index + 1;
            if (beside < template.Slots.Length && template.Slots[beside].Element == placed.Element
                && (template.Slots[beside].Slot.Role == SlotRole.DateCode
                    || (template.Slots[beside].Slot.Role == SlotRole.Literal && syntax == MessageSyntax.Edifact && DateCodes.FormatOf(template.Slots[beside].Slot.Literal) is not null)))
            {
                if (template.Slots[beside].Slot is { Role: SlotRole.Literal } literal)
                {
                    Slot code = new() { Role = SlotRole.DateCode, Literals = [literal.Literal], Place = literal.Place, Source = literal.Source };
                    template.Slots[beside] = template.Slots[beside] with { Slot = code };
                    template.Elements[placed.Element - 1][template.Slots[beside].Component - 1] = code;
                }
                placed.Slot.DateCodeAt = new SlotLocation(placed.Element, template.Slots[beside].Component);
                placed.Slot.DateCode = template.Slots[beside].Slot;
            }
            else if (index > 0 && syntax == MessageSyntax.X12 && template.Slots[index - 1].Slot.Role == SlotRole.DateCode)
            {
                placed.Slot.DateCodeAt = new SlotLocation(template.Slots[index - 1].Element, template.Slots[index - 1].Component);
                placed.Slot.DateCode = template.Slots[index - 1].Slot;
            }
        }
        foreach (PlacedSlot placed in template.Slots)
        {
            if (placed.Slot.Role == SlotRole.DateCode && placed.Slot.Literals.Length > 0 && DateCodes.FormatOf(placed.Slot.Literal) is null)
                findings.Error("unknown-code", placed.Slot.Place, $"Found date format code '{placed.Slot.Literal}', expected one of {string.Join(", ", DateCodes.Known)}.");
        }
    }

    private void Flatten(Block block)
    {
        List<object> flat = [];
        List<uint> tags = [];
        foreach (object item in block.Items)
        {
            flat.Add(item);
            tags.Add(item is SegmentTemplate template ? SegmentTemplate.Pack(template.Tag) : item is Block { Trigger: { } trigger } ? SegmentTemplate.Pack(trigger.Tag) : 0);
        }
        for (int index = 0; index < block.Items.Count; index++)
        {
            if (block.Items[index] is SegmentTemplate template)
                template.Order = index;
            else
                ((Block)block.Items[index]).Order = index;
        }
        if (block.Items.Count > 0 && block.Items[0] is SegmentTemplate opener)
            block.Triggers = [opener, .. block.Items.OfType<SegmentTemplate>().Where(other => other != opener && other.Choice >= 0 && other.Choice == opener.Choice)];
        else if (block.Trigger is { } inside)
            block.Triggers = [inside];
        block.Flat = [.. flat];
        block.Tags = [.. tags];
        foreach (Block inner in block.Items.OfType<Block>())
        {
            if (inner.Items.Count == 0 && inner.Kind != BlockKind.Level)
                findings.Error("empty", inner.Place, "Found nothing between this line and its 'end', expected at least one segment.");
            Flatten(inner);
        }
        FindClashes(block);
    }

    /// <summary>Two lines that the same segment would fit: reading it would be a guess.</summary>
    private void FindClashes(Block block)
    {
        List<SegmentTemplate> rivals = [.. block.Items.Select(item => item as SegmentTemplate ?? (item as Block)?.Trigger).OfType<SegmentTemplate>()
            .Where(template => (template.Marks & Marks.WriteOnly) == 0 && (block.Kind != BlockKind.Tree))];
        for (int one = 0; one < rivals.Count; one++)
        {
            for (int other = one + 1; other < rivals.Count; other++)
            {
                SegmentTemplate left = rivals[one], right = rivals[other];
                // The first of them is the line's own, all further ones make the list.
                if (left.Block == block && right.Block.Kind == BlockKind.Each && right.Block.Parent == block)
                    continue;
                if (left.Tag == right.Tag && left != right && left.Condition is null && right.Condition is null && !Differ(left, right) && !(left.Choice >= 0 && left.Choice == right.Choice && LiteralCount(left) != LiteralCount(right)))
                    findings.Error("ambiguous", right.Place, $"Found two lines that the same {right.Tag} fits (the other is {left.Place}: {left.Source}), expected a literal that tells them apart.");
            }
        }
    }

    private static int LiteralCount(SegmentTemplate template) => template.Slots.Count(placed => placed.Slot.Role is SlotRole.Literal or SlotRole.AnyOf);

    private static bool Differ(SegmentTemplate left, SegmentTemplate right)
    {
        foreach (PlacedSlot placed in left.Slots.Where(slot => slot.Slot.Role is SlotRole.Literal or SlotRole.AnyOf))
        {
            // A literal against an open place: the literal goes first, the other takes the rest.
            if (placed.Leads && right.Slots.FirstOrDefault(slot => slot.Element == 1 && slot.Component == 1).Slot is { Role: SlotRole.Field or SlotRole.Local })
                return true;
            PlacedSlot opposite = right.Slots.FirstOrDefault(slot => slot.Element == placed.Element && slot.Component == placed.Component && slot.Slot.Role is SlotRole.Literal or SlotRole.AnyOf && slot.Element == placed.Element && slot.Component == placed.Component);
            if (opposite.Slot is not null && !placed.Slot.Literals.Intersect(opposite.Slot.Literals).Any())
                return true;
        }
        return false;
    }
}
