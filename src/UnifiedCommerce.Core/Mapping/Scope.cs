namespace UnifiedCommerce.Core.Mapping;

/// <summary>A record of the document, or every item of one of its lists, while it is read or written.</summary>
internal sealed class Scope
{
    public required Scope? Parent { get; init; }
    public required RecordShape Shape { get; init; }
    public required TextPlace Place { get; init; }
    /// <summary>Which record on the stack; 0 is the document.</summary>
    public required int Depth { get; init; }
    public object? Owner { get; set; }
    public ListAccess? List { get; init; }
    public int ListDepth { get; init; }
    /// <summary>Names of the lists from the document to here, with dots: <c>lines</c>, <c>lines.breaks</c>.</summary>
    public string ListPath { get; init; } = "";
    /// <summary><c>each | lines grouped orderNumber</c>: the record stands for all lines with the same values.</summary>
    public FieldPath[] GroupBy { get; set; } = [];
    public Scope? GroupedIn { get; init; }
    /// <summary><c>each | lines by packageId=id</c>: field of the item, field of a scope around.</summary>
    public FieldPath? JoinItem { get; set; }
    public BoundField? JoinOuter { get; set; }
    /// <summary><c>each | lines where packageId empty</c>.</summary>
    public FieldPath? WhereEmpty { get; set; }
    public List<SetDirective> Sets { get; } = [];
    public List<DecisionTable> Decisions { get; } = [];
    public List<int> Locals { get; } = [];
    public bool IsGroup => GroupBy.Length > 0;

    /// <summary>Quantities with their units: number, unit.</summary>
    public (Field Number, Field Unit, string Name)[] Quantities { get; init; } = [];

    public static (Field Number, Field Unit, string Name)[] QuantitiesOf(Type type) =>
        [.. RecordShape.Of(type).Properties
            .Where(pair => (Nullable.GetUnderlyingType(pair.Value.PropertyType) ?? pair.Value.PropertyType) == typeof(Quantity))
            .Select(pair => (FieldTable.Resolve(type, pair.Key + ".value")!.Leaf, FieldTable.Resolve(type, pair.Key + ".unit")!.Leaf, pair.Key))];
}

/// <summary>Builds a canonical document while a message is read.</summary>
internal sealed class DocumentBuilder(ReadSession session, int depths, int locals)
{
    private readonly object?[] records = new object?[depths];
    private readonly ulong[] given = new ulong[depths];
    private readonly ulong[] setsSeen = new ulong[depths];
    private readonly string?[] locals = new string?[locals];
    private (string Code, string Place)? currency;

    /// <summary>The currency of the message and where it stands first; null when it names none so far.</summary>
    public (string Code, string Place)? Currency => currency;

    /// <summary>Quantity x price / basis, rounded to the cent: for messages that state no line amounts (X12 IT1).</summary>
    public const string LineAmount = "=lineAmount";

    public object? Document => records[0];
    public string?[] Locals => locals;

    public object Record(int depth) => records[depth] ?? throw new HubException($"No record is open at depth {depth}.");

    public void Begin(Scope scope)
    {
        if (scope.Depth == 0)
        {
            Array.Clear(records);
            currency = null;
        }
        records[scope.Depth] = scope.Shape.Create();
        given[scope.Depth] = 0;
        setsSeen[scope.Depth] = 0;
        foreach (int local in scope.Locals)
            locals[local] = null;
    }

    /// <summary>A tree may leave out levels: what the mapping names of them then belongs to nothing.</summary>
    public void BeginAbsent(Scope? scope)
    {
        for (; scope is not null; scope = scope.Parent)
        {
            if (records[scope.Depth] is null)
                Begin(scope);
        }
    }

    /// <summary>Opens a record again as a copy of the one given (split).</summary>
    public void BeginCopy(Scope scope, object shared, ulong given, ulong setsSeen)
    {
        records[scope.Depth] = scope.Shape.Copy(shared);
        this.given[scope.Depth] = given;
        this.setsSeen[scope.Depth] = setsSeen;
    }

    public (object Record, ulong Given, ulong Seen) Snapshot(Scope scope) => (scope.Shape.Copy(records[scope.Depth]!), given[scope.Depth], setsSeen[scope.Depth]);

    public bool Assign(Slot slot, ReadOnlySpan<char> text, string? dateFormat)
    {
        if (slot.Fields.Length == 0)
            return false;
        return Assign(slot, slot.Fields[0], slot.Format, text, dateFormat);
    }

    public bool Assign(Slot slot, BoundField field, ValueFormat format, ReadOnlySpan<char> text, string? dateFormat)
    {
        object record = Record(field.Depth);
        if (field.Depth == 0 && field.Path.Text == "currency" && currency is not null)
        {
            // One message, one currency: what comes second is compared, never taken instead.
            session.CompareCurrency(slot, text.ToString(), currency.Value.Code, currency.Value.Place);
            return true;
        }
        string? before = field.Path.Leaf.IsUnit && field.Path.Find(record) is { } holder ? field.Path.Leaf.GetText(holder) : null;
        if (!ValueReader.Read(session, slot, field.Path, format, record, text, dateFormat))
            return false;
        if (before is { Length: > 0 })
            KeepUnit(slot, field, record, before);
        if (field.Depth == 0 && field.Path.Text == "currency" && field.Path.Leaf.GetText(record) is { Length: > 0 } first)
            currency = (first, session.Place(slot));
        if (field.Path.RequiredBit >= 0)
            given[field.Depth] |= 1UL << field.Path.RequiredBit;
        if (field.SetBit >= 0)
            setsSeen[field.Depth] |= 1UL << field.SetBit;
        return true;
    }

    /// <summary>A price in another unit than the quantity would be read as a price in the quantity's unit.</summary>
    private void KeepUnit(Slot slot, BoundField field, object record, string before)
    {
        object holder = field.Path.Reach(record);
        string after = field.Path.Leaf.GetText(holder)!;
        if (after == before)
            return;
        field.Path.Leaf.SetText(holder, before);
        if (!TradeUnits.AreSame(before, after))
            session.Fault("unit-differs", slot, $"Found unit {after} beside {before} for the same quantity, expected one: a price in another unit cannot be compared. Ask the sender, or leave this place out ({slot.Place}).");
    }

    /// <summary>Appends to a text field: long texts that go on in further components or segments.</summary>
    public void Append(Slot slot, BoundField field, ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
            return;
        object target = field.Path.Reach(Record(field.Depth));
        string? before = field.Path.Leaf.GetText(target);
        Assign(slot, field, ValueFormat.Plain, string.IsNullOrEmpty(before) ? text : $"{before} {text}", null);
    }

    /// <summary>Completes the record and puts it into its list.</summary>
    public void End(Scope scope)
    {
        object record = Record(scope.Depth);
        foreach (DecisionTable decision in scope.Decisions)
            Decide(scope, decision);
        for (int index = 0; index < scope.Sets.Count; index++)
        {
            SetDirective set = scope.Sets[index];
            // A charge that the message does not have gets no code either.
            if (set.Field is { Path.HasItemStep: true } inner && inner.Path.Find(record) is null)
                continue;
            if (set.Field is not { } field || (!set.Overrides && (setsSeen[scope.Depth] & (1UL << index)) != 0))
                continue;
            if (!set.Overrides)
                session.Probe?.Defaults.Add(set with { Field = null });
            string value = set.Value.StartsWith('$') ? session.Context.Constants.GetValueOrDefault(set.Value[1..], "") : set.Value;
            if (value.Length > 0 && ValueReader.Read(session, new Slot { Place = set.Place, Source = set.Name }, field.Path, ValueFormat.Plain, record, value, "iso") && field.Path.RequiredBit >= 0)
                given[scope.Depth] |= 1UL << field.Path.RequiredBit;
        }
        if (scope.IsGroup)
            return;
        CopyJoins(scope, record);
        Units(scope, record);
        string[] required = scope.Shape.Required;
        ulong all = required.Length == 0 ? 0 : ulong.MaxValue >> (64 - required.Length);
        if ((given[scope.Depth] & all) != all)
            Missing(scope, record, required);
        else if (scope.Quantities.Length > 0)
            CheckUnits(scope, record);
        if (scope.List is { } list)
            AddTo(list, Record(scope.ListDepth), scope.ListDepth, record);
    }

    private void AddTo(ListAccess list, object holder, int depth, object item)
    {
        object items = list.Current(holder) ?? list.Begin(holder);
        if (list.RequiredBit >= 0)
            given[depth] |= 1UL << list.RequiredBit;
        list.Add(items, item);
    }

    private void CopyJoins(Scope scope, object record)
    {
        if (scope.JoinItem is { } join && scope.JoinOuter is { } outer)
            CopyText(outer.Path, Record(outer.Depth), join, record, scope);
        // In a tree the parents say which group a line belongs to, not what stood before it in the file.
        if (scope.Owner is Block { Kind: BlockKind.Level })
            return;
        for (Scope? around = scope.GroupedIn; around is not null; around = around.GroupedIn)
        {
            foreach (FieldPath shared in around.GroupBy)
                CopyText(shared, Record(around.Depth), shared, record, scope);
        }
    }

    private void CopyText(FieldPath from, object source, FieldPath to, object target, Scope scope)
    {
        object? holder = from.Find(source);
        if (holder is null)
            return;
        switch (to.Leaf.Kind)
        {
            case ValueKind.Text when from.Leaf.GetText(holder) is { } text:
                to.Leaf.SetText(to.Reach(target), text);
                break;
            case ValueKind.Number or ValueKind.Integer when from.Leaf.TryGetNumber(holder, out decimal number):
                to.Leaf.SetNumber(to.Reach(target), number);
                break;
            case ValueKind.Date when from.Leaf.TryGetDate(holder, out DateOnly date):
                to.Leaf.SetDate(to.Reach(target), date);
                break;
            default:
                return;
        }
        if (to.RequiredBit >= 0)
            given[scope.Depth] |= 1UL << to.RequiredBit;
    }

    /// <summary>Copies the fields that a group of lines shares.</summary>
    public void CopyShared(Scope group, object source, Scope target)
    {
        foreach (FieldPath shared in group.GroupBy)
        {
            if (FieldTable.Resolve(target.Shape.Type, shared.Text) is { } path)
                CopyText(shared, source, path, Record(target.Depth), target);
        }
    }

    /// <summary>Sets a text field by name, where the record has one.</summary>
    public void Give(Scope scope, string name, string value)
    {
        if (FieldTable.Resolve(scope.Shape.Type, name) is not { Leaf.Kind: ValueKind.Text } path)
            return;
        path.Leaf.SetText(path.Reach(Record(scope.Depth)), value);
        if (path.RequiredBit >= 0)
            given[scope.Depth] |= 1UL << path.RequiredBit;
    }

    private static void Units(Scope scope, object record)
    {
        // A second quantity without a unit of its own counts in the unit of the first.
        foreach ((Field number, _, _) in scope.Quantities)
            number.ForgetUnitAlone(record);
        if (scope.Quantities.Length < 2 || scope.Quantities[0].Unit.GetText(record) is not { Length: > 0 } unit)
            return;
        for (int index = 1; index < scope.Quantities.Length; index++)
        {
            (Field number, Field own, _) = scope.Quantities[index];
            if (number.TryGetNumber(record, out _) && string.IsNullOrEmpty(own.GetText(record)))
                own.SetText(record, unit);
        }
    }

    private void Missing(Scope scope, object record, string[] required)
    {
        for (int bit = 0; bit < required.Length; bit++)
        {
            if ((given[scope.Depth] & (1UL << bit)) != 0)
                continue;
            if (FieldTable.ResolveList(scope.Shape.Type, required[bit]) is { } list)
            {
                if (list.Current(record) is null)
                    list.Begin(record);
                continue;
            }
            string name = scope.ListPath.Length == 0 ? required[bit] : $"{scope.ListPath}.{required[bit]}";
            session.Fault("missing-field", new Slot { Place = scope.Place, Source = required[bit] },
                $"The message gives no {name}, expected one: {session.Mapping.Document} cannot be without. Ask the sender, or add 'set {name} = ...' to {session.Mapping.File}.");
        }
    }

    /// <summary>Faults of units: a number without a unit means nothing.</summary>
    private void CheckUnits(Scope scope, object record)
    {
        foreach ((Field number, Field unit, string name) in scope.Quantities)
        {
            if (number.TryGetNumber(record, out _) && string.IsNullOrEmpty(unit.GetText(record)))
                session.Fault("missing-unit", new Slot { Place = scope.Place, Source = name }, $"The message gives {name} without a unit, expected one. Add 'set {scope.ListPath}.{(name == "quantity" ? "unit" : name + ".unit")} = EA' to {session.Mapping.File} when the partner always means pieces.");
        }
    }

    private void Decide(Scope scope, DecisionTable table)
    {
        if (table.OutputField is not { } output)
            return;
        foreach ((TextPlace place, string[] cells, string value) in table.Rows)
        {
            bool fits = true;
            for (int index = 0; index < cells.Length && fits; index++)
                fits = Fits(cells[index], InputText(table, index));
            if (!fits)
                continue;
            if (value == "-")
                return;
            if (table.References.TryGetValue(value, out (BoundField? Field, int Local) reference))
            {
                Refer(scope, output, table, place, reference.Field, reference.Local);
                return;
            }
            if (ValueReader.Read(session, new Slot { Place = place, Source = table.Output }, output.Path, ValueFormat.Plain, Record(output.Depth), value, null) && output.Path.RequiredBit >= 0)
                given[output.Depth] |= 1UL << output.Path.RequiredBit;
            return;
        }
        if (session.Probe is { } probe)
        {
            if (!probe.Undecided.TryGetValue(table, out HashSet<string>? rows))
                probe.Undecided[table] = rows = [];
            rows.Add(string.Join(' ', table.Inputs.Select((_, index) => InputText(table, index) switch { null or "" => "-", { } text when table.InputLocals[index] >= 0 && !text.Contains(' ', StringComparison.Ordinal) => text, _ => "+" })));
        }
        string found = string.Join(", ", table.Inputs.Select((input, index) => $"{input} '{InputText(table, index)}'"));
        session.Fault("undecided", new Slot { Place = table.Place, Source = table.Output },
            $"Found {found}, which no row of the decision of {table.Output} knows. Add a row for it to {table.Place.File}.");
    }

    private void Refer(Scope scope, BoundField output, DecisionTable table, TextPlace place, BoundField? field, int local)
    {
        if (field is not null)
        {
            if (field.Path.Find(Record(field.Depth)) is not null)
                CopyText(field.Path, Record(field.Depth), output.Path, Record(output.Depth), scope);
            return;
        }
        if (local < 0)
        {
            object record = Record(scope.Depth);
            decimal basis = Of("priceBasis") is { } units and not 0 ? units : 1;
            if (Of("quantity") is not { } quantity || Of("netPrice") is not { } price)
                return;
            output.Path.Leaf.SetNumber(output.Path.Reach(Record(output.Depth)), Math.Round(quantity * price / basis, 2, MidpointRounding.AwayFromZero));
            if (output.Path.RequiredBit >= 0)
                given[output.Depth] |= 1UL << output.Path.RequiredBit;
            return;

            decimal? Of(string name) => FieldTable.Resolve(scope.Shape.Type, name) is { } path && path.Find(record) is { } holder && path.Leaf.TryGetNumber(holder, out decimal number) ? number : null;
        }
        if (locals[local] is { Length: > 0 } text && ValueReader.Read(session, new Slot { Place = place, Source = table.Output }, output.Path, ValueFormat.Plain, Record(output.Depth), text, null) && output.Path.RequiredBit >= 0)
            given[output.Depth] |= 1UL << output.Path.RequiredBit;
    }

    private string? InputText(DecisionTable table, int index)
    {
        if (table.InputLocals[index] >= 0)
            return locals[table.InputLocals[index]];
        if (table.InputFields[index] is not { } field || field.Path.Find(Record(field.Depth)) is not { } holder)
            return null;
        return field.Path.Leaf.Kind switch
        {
            ValueKind.Text => field.Path.Leaf.GetText(holder),
            ValueKind.Number or ValueKind.Integer => field.Path.Leaf.TryGetNumber(holder, out decimal number) ? number.ToString("0.######", System.Globalization.CultureInfo.InvariantCulture) : null,
            ValueKind.Date => field.Path.Leaf.TryGetDate(holder, out _) ? "date" : null,
            ValueKind.Moment => field.Path.Leaf.TryGetMoment(holder, out _) ? "moment" : null,
            ValueKind.Flag => field.Path.Leaf.GetFlag(holder) ? "true" : "false",
            _ => null,
        };
    }

    public static bool Fits(string cell, string? text) => cell switch
    {
        "." => true,
        "+" => !string.IsNullOrEmpty(text),
        "-" => string.IsNullOrEmpty(text),
        _ => text is not null && cell.Split('|').Contains(text),
    };
}
