using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Resolves the names of a mapping against the canonical document.</summary>
internal sealed class Binder
{
    private readonly MappingText text;
    private readonly Findings findings;
    private readonly Type? inheritedType;
    private readonly List<string> localNames = [];
    private readonly Dictionary<Scope, List<BoundField>> assigned = [];

    public Binder(MappingText text, DocumentKind document, Findings findings)
    {
        this.text = text;
        this.findings = findings;
        Type root = DocumentTypes.Of(document)!;
        inheritedType = text.InheritedDocument is { } inherited && inherited != document ? DocumentTypes.Of(inherited) : null;
        Root = new Scope { Parent = null, Shape = RecordShape.Of(root), Place = new(text.File, 1, 1), Depth = 0, Quantities = Scope.QuantitiesOf(root) };
    }

    public Scope Root { get; }
    public int MaximumDepth { get; private set; }
    public List<Scope> Scopes { get; } = [];
    public HashSet<string> ReadFields { get; } = new(StringComparer.Ordinal);
    public HashSet<string> WrittenFields { get; } = new(StringComparer.Ordinal);
    public HashSet<string> OwnFields { get; } = new(StringComparer.Ordinal);
    public string[] LocalNames => [.. localNames];

    /// <summary>The scope of an <c>each</c> line: <c>lines</c>, <c>lines by packageId=id</c>, <c>lines where packageId empty</c>, <c>lines grouped orderNumber</c>.</summary>
    public Scope? Each(Scope around, string operand, string[] arguments, TextPlace place)
    {
        Scope? holder = around;
        ListAccess? list = null;
        for (; holder is not null; holder = holder.Parent)
        {
            // A group of lines holds its members in the document's own list.
            if (!holder.IsGroup && FieldTable.ResolveList(holder.Shape.Type, operand) is { } found)
            {
                list = found;
                break;
            }
        }
        if (list is null || holder is null)
        {
            if (inheritedType is not null && FieldTable.ResolveList(inheritedType, operand) is not null)
                return null;
            findings.Error("unknown-list", place, $"Found no list '{operand}' in {Root.Shape.Type.Name}.{Suggest.DidYouMean(operand, Lists(around))}");
            return null;
        }
        Scope scope = new()
        {
            Parent = around,
            Shape = RecordShape.Of(list.ItemType),
            Place = place,
            Depth = around.Depth + 1,
            List = list,
            ListDepth = holder.Depth,
            ListPath = holder.ListPath.Length == 0 ? operand : $"{holder.ListPath}.{operand}",
            GroupedIn = FindGroup(around, operand),
            Quantities = Scope.QuantitiesOf(list.ItemType),
        };
        MaximumDepth = Math.Max(MaximumDepth, scope.Depth);
        Scopes.Add(scope);
        switch (arguments)
        {
            case []:
                break;
            case ["grouped", .. { Length: > 0 } names]:
                scope.GroupBy = [.. names.Select(name => Path(scope, name, place)).OfType<FieldPath>()];
                foreach (string name in names)
                    Named(scope, name, true, true);
                break;
            case ["by", { } join] when join.Split('=') is [{ } inner, { } outer]:
                scope.JoinItem = Path(scope, inner, place);
                scope.JoinOuter = Resolve(around, outer, place);
                Named(scope, inner, true, true);
                break;
            case ["where", { } name, "empty"]:
                scope.WhereEmpty = Path(scope, name, place);
                break;
            default:
                findings.Error("each", place, $"Found '{string.Join(' ', arguments)}', expected 'by FIELD=OUTER', 'where FIELD empty' or 'grouped FIELD ...'.");
                break;
        }
        return scope;
    }

    public void BindSlot(Scope scope, Slot slot, bool read, bool write)
    {
        switch (slot.Role)
        {
            case SlotRole.Field:
                slot.Fields = [.. slot.Names.Select(name => Resolve(scope, name, slot.Place)).OfType<BoundField>()];
                if (slot.Fields.Length > 0)
                {
                    Named(scope, slot.Names[0], read && !slot.Fields[0].Path.Leaf.IsDerived, write);
                    if (read)
                        Remember(scope, slot.Fields[0]);
                    CheckTable(slot);
                }
                break;
            case SlotRole.Pairs:
                foreach (PairSlot pair in slot.Pairs)
                {
                    if (pair.Name.StartsWith('#'))
                    {
                        pair.LocalIndex = Local(scope, pair.Name[1..]);
                        continue;
                    }
                    pair.Field = Resolve(scope, pair.Name, slot.Place);
                    if (pair.Field is not null)
                    {
                        Named(scope, pair.Name, read, write && !pair.ReadOnly);
                        Remember(scope, pair.Field);
                    }
                }
                break;
            case SlotRole.Local:
                slot.LocalIndex = Local(scope, slot.Names[0]);
                break;
            case SlotRole.Count or SlotRole.Sum:
                BindSum(scope, slot);
                break;
            case SlotRole.Constant:
                break;
        }
    }

    public void BindCondition(Scope scope, Condition? condition, TextPlace place)
    {
        if (condition is not null && condition.Field is null)
            condition.Field = Resolve(scope, condition.Name, place);
    }

    /// <summary>Binds sets and decisions to the scopes that own them, after all scopes are known.</summary>
    public void Finish()
    {
        List<Scope> all = [Root, .. Scopes];
        foreach (SetDirective set in text.Sets)
            BindSet(all, set);
        foreach (DecisionTable decision in text.Decisions)
            BindDecision(all, decision);
        foreach ((Scope scope, List<BoundField> fields) in assigned)
        {
            for (int bit = 0; bit < scope.Sets.Count && bit < 64; bit++)
            {
                foreach (BoundField field in fields.Where(field => field.Path.Text == scope.Sets[bit].Field?.Path.Text || SamePlace(field, scope.Sets[bit].Field)))
                    field.SetBit = bit;
            }
        }
        OwnFields.UnionWith(text.Decisions.Select(decision => decision.Output));
        foreach (Scope scope in all)
        {
            for (int bit = 0; bit < scope.Sets.Count; bit++)
            {
                if (scope.Sets[bit].Overrides || !assigned.GetValueOrDefault(scope, []).Exists(field => field.SetBit == bit))
                    OwnFields.Add(scope.Sets[bit].Name);
            }
        }
    }

    private static bool SamePlace(BoundField one, BoundField? other) =>
        other is not null && one.Depth == other.Depth && ReferenceEquals(one.Path.Leaf.GetType(), other.Path.Leaf.GetType()) && one.Path.Leaf.Name == other.Path.Leaf.Name
        && Canonical(one.Path.Text) == Canonical(other.Path.Text);

    private static string Canonical(string path) => path.Replace("item.", "", StringComparison.Ordinal).Replace("address.", "", StringComparison.Ordinal).Replace("quantity.unit", "unit", StringComparison.Ordinal);

    private void Remember(Scope scope, BoundField field)
    {
        Scope? owner = scope;
        while (owner is not null && owner.Depth != field.Depth)
            owner = owner.Parent;
        if (owner is null)
            return;
        if (!assigned.TryGetValue(owner, out List<BoundField>? fields))
            assigned[owner] = fields = [];
        fields.Add(field);
    }

    public BoundField? Resolve(Scope scope, string name, TextPlace place)
    {
        string path = name;
        if (path.StartsWith('^'))
        {
            scope = Root;
            path = path[1..];
        }
        for (Scope? at = scope; at is not null; at = at.Parent)
        {
            if (FieldTable.Resolve(at.Shape.Type, path) is { } found)
                return new BoundField(at.Depth, found);
        }
        if (inheritedType is null || !KnownInInherited(scope, path))
            findings.Error("unknown-field", place, $"Found no field '{path}' in {Where(scope)}.{Suggest.DidYouMean(path, AllNames(scope))}");
        return null;
    }

    public int Local(Scope scope, string name)
    {
        int index = localNames.IndexOf(name);
        if (index < 0)
        {
            index = localNames.Count;
            localNames.Add(name);
            scope.Locals.Add(index);
        }
        return index;
    }

    private bool KnownInInherited(Scope scope, string path)
    {
        Type? type = inheritedType;
        foreach (string part in scope.ListPath.Split('.', StringSplitOptions.RemoveEmptyEntries))
            type = type is null ? null : FieldTable.ResolveList(type, part)?.ItemType;
        return (type is not null && FieldTable.Resolve(type, path) is not null) || FieldTable.Resolve(inheritedType!, path) is not null;
    }

    private static Scope? FindGroup(Scope around, string operand)
    {
        for (Scope? at = around; at is not null; at = at.Parent)
        {
            if (at.IsGroup && at.List!.Name == operand)
                return at;
        }
        return null;
    }

    private FieldPath? Path(Scope scope, string name, TextPlace place)
    {
        FieldPath? path = FieldTable.Resolve(scope.Shape.Type, name);
        if (path is null)
            findings.Error("unknown-field", place, $"Found no field '{name}' in {Where(scope)}.{Suggest.DidYouMean(name, FieldTable.Names(scope.Shape.Type))}");
        return path;
    }

    private void Named(Scope scope, string name, bool read, bool write)
    {
        string path = name.TrimStart('^');
        Scope? at = name.StartsWith('^') ? Root : scope;
        while (at is not null && FieldTable.Resolve(at.Shape.Type, path) is null)
            at = at.Parent;
        if (at is not null)
            path = FieldTable.OwnName(at.Shape.Type, path);
        string full = at is null || at.ListPath.Length == 0 ? Canonical(path) : $"{at.ListPath}.{Canonical(path)}";
        if (read)
            ReadFields.Add(full);
        if (write)
            WrittenFields.Add(full);
    }

    private void CheckTable(Slot slot)
    {
        Field leaf = slot.Fields[0].Path.Leaf;
        if (slot.Format.Table is not { } table)
            return;
        string[] allowed = leaf.Kind switch
        {
            ValueKind.Code => Enum.GetNames(leaf.EnumType!),
            ValueKind.Flag => ["true", "false"],
            _ => [],
        };
        if (allowed.Length == 0)
            return;
        foreach (string value in table.Values.Where(value => !allowed.Contains(value)))
            findings.Error("table-value", slot.Place, $"Found value '{value}' in table {table.Name}, expected {slot.Names[0]} to be one of {string.Join(", ", allowed)}.{Suggest.DidYouMean(value, allowed)}");
    }

    private void BindSum(Scope scope, Slot slot)
    {
        string[] parts = slot.Names[0].Split('.', 2);
        for (Scope? at = scope; at is not null; at = at.Parent)
        {
            if (!at.IsGroup && FieldTable.ResolveList(at.Shape.Type, parts[0]) is { } list)
            {
                slot.CountList = list;
                slot.ListDepth = at.Depth;
                // Distinct values: an answer in two parts still answers one line.
                if (slot.Role == SlotRole.Count && parts.Length == 2)
                {
                    if (FieldTable.Resolve(list.ItemType, parts[1]) is { } counted)
                        slot.SumField = new BoundField(at.Depth + 1, counted);
                    else
                        findings.Error("unknown-field", slot.Place, $"Found no field '{parts[1]}' in {parts[0]}.{Suggest.DidYouMean(parts[1], FieldTable.Names(list.ItemType))}");
                }
                if (slot.Role == SlotRole.Sum)
                {
                    if (parts.Length == 2 && FieldTable.Resolve(list.ItemType, parts[1]) is { Leaf.Kind: ValueKind.Number or ValueKind.Integer } path)
                        slot.SumField = new BoundField(at.Depth + 1, path);
                    else
                        findings.Error("sum", slot.Place, $"Found sum of '{slot.Names[0]}', expected a list and a number in it, such as lines.quantity.");
                }
                return;
            }
            if (at.IsGroup && slot.Role == SlotRole.Sum && FieldTable.Resolve(at.Shape.Type, slot.Names[0]) is { Leaf.Kind: ValueKind.Number } member)
            {
                slot.SumField = new BoundField(at.Depth, member);
                return;
            }
        }
        findings.Error("unknown-list", slot.Place, $"Found no list '{parts[0]}' in {Root.Shape.Type.Name}.{Suggest.DidYouMean(parts[0], Lists(scope))}");
    }

    private void BindSet(List<Scope> all, SetDirective set)
    {
        bool bound = false;
        foreach (Scope scope in all)
        {
            string? name = Local(scope.ListPath, set.Name);
            if (name is null || scope.IsGroup || FieldTable.Resolve(scope.Shape.Type, name) is not { } path)
                continue;
            bound = true;
            scope.Sets.Add(set with { Field = new BoundField(scope.Depth, path) });
            ReadFields.Add(set.Name);
        }
        if (!bound && !IsInheritedForAbsentList(set.Place, set.Name) && (inheritedType is null || FieldTable.Resolve(inheritedType, set.Name.Split('.')[^1]) is null))
            findings.Error("unknown-field", set.Place, $"Found no field '{set.Name}' in {Root.Shape.Type.Name}.{Suggest.DidYouMean(set.Name, AllNames(Root))}");
    }

    private void BindDecision(List<Scope> all, DecisionTable decision)
    {
        bool bound = false;
        foreach (Scope scope in all)
        {
            string? name = Local(scope.ListPath, decision.Output);
            if (name is null || scope.IsGroup || FieldTable.Resolve(scope.Shape.Type, name) is not { } path)
                continue;
            DecisionTable mine = bound
                ? new DecisionTable { Place = decision.Place, Output = decision.Output, Inputs = decision.Inputs }
                : decision;
            if (bound)
                mine.Rows.AddRange(decision.Rows);
            bound = true;
            mine.OutputField = new BoundField(scope.Depth, path);
            mine.InputFields = new BoundField?[decision.Inputs.Length];
            mine.InputLocals = new int[decision.Inputs.Length];
            for (int index = 0; index < decision.Inputs.Length; index++)
            {
                string input = decision.Inputs[index];
                mine.InputLocals[index] = -1;
                if (!input.StartsWith('#'))
                    mine.InputFields[index] = Resolve(scope, input, decision.Place);
                else if (localNames.IndexOf(input[1..]) is var local and >= 0)
                    mine.InputLocals[index] = local;
                else if (decision.Place.File == text.File)
                    findings.Error("unknown-local", decision.Place, $"Found {input}, which no line of the message gives.{Suggest.DidYouMean(input, localNames.Select(other => "#" + other))}");
            }
            foreach (string value in decision.Rows.Select(row => row.Value).Where(value => value.StartsWith('=')).Distinct(StringComparer.Ordinal))
            {
                if (value == DocumentBuilder.LineAmount)
                    mine.References[value] = (null, -1);
                else if (!value.StartsWith("=#", StringComparison.Ordinal))
                    mine.References[value] = (Resolve(scope, value[1..], decision.Place), -1);
                else if (localNames.IndexOf(value[2..]) is var local and >= 0)
                    mine.References[value] = (null, local);
                else if (decision.Place.File == text.File)
                    findings.Error("unknown-local", decision.Place, $"Found {value[1..]}, which no line of the message gives.{Suggest.DidYouMean(value[1..], localNames.Select(other => "#" + other))}");
            }
            // What an extended mapping's line would have given is absent when this one does not have the line.
            foreach (string value in decision.Rows.Select(row => row.Value).Where(value => value.StartsWith("=#", StringComparison.Ordinal) && !mine.References.ContainsKey(value)).ToArray())
                mine.References[value] = (null, Local(scope, value[2..]));
            scope.Decisions.Add(mine);
            ReadFields.Add(decision.Output);
            WrittenFields.Add(decision.Output);
            if (path.Leaf.Kind == ValueKind.Code)
            {
                foreach ((TextPlace place, _, string value) in decision.Rows.Where(row => row.Value != "-" && !row.Value.StartsWith('=') && !Enum.GetNames(path.Leaf.EnumType!).Contains(row.Value)))
                    findings.Error("decide", place, $"Found '{value}', expected {decision.Output} to be one of {string.Join(", ", Enum.GetNames(path.Leaf.EnumType!))}.{Suggest.DidYouMean(value, Enum.GetNames(path.Leaf.EnumType!))}");
            }
        }
        if (!bound && !IsInheritedForAbsentList(decision.Place, decision.Output))
            findings.Error("unknown-field", decision.Place, $"Found no field '{decision.Output}' in {Root.Shape.Type.Name}.{Suggest.DidYouMean(decision.Output, AllNames(Root))}");
    }

    /// <summary>A directive of an extended mapping speaks of a list that this message does not have.</summary>
    private bool IsInheritedForAbsentList(TextPlace place, string name) =>
        place.File != text.File && name.Split('.') is [{ } list, _, ..] && FieldTable.ResolveList(Root.Shape.Type, list) is not null && Scopes.TrueForAll(scope => scope.ListPath != list);

    private static string? Local(string listPath, string name)
    {
        if (listPath.Length == 0)
            return name;
        return name.StartsWith(listPath + ".", StringComparison.Ordinal) ? name[(listPath.Length + 1)..] : null;
    }

    private static IEnumerable<string> AllNames(Scope scope)
    {
        for (Scope? at = scope; at is not null; at = at.Parent)
        {
            foreach (string name in FieldTable.Names(at.Shape.Type))
                yield return name;
        }
    }

    private static IEnumerable<string> Lists(Scope scope)
    {
        for (Scope? at = scope; at is not null; at = at.Parent)
        {
            foreach (string name in FieldTable.ListNames(at.Shape.Type))
                yield return name;
        }
    }

    private string Where(Scope scope) => scope.ListPath.Length == 0 ? Root.Shape.Type.Name : $"{scope.ListPath} of {Root.Shape.Type.Name}";
}
