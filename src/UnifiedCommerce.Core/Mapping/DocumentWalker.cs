namespace UnifiedCommerce.Core.Mapping;

/// <summary>Walks a canonical document while a message is written.</summary>
internal sealed class DocumentWalker
{
    private readonly CompiledMapping mapping;
    private readonly MappingContext context;
    private readonly object?[] records;
    private readonly IReadOnlyList<object>?[] members;
    private readonly string?[] locals;

    public DocumentWalker(CompiledMapping mapping, MappingContext context, object document, Findings findings)
    {
        this.mapping = mapping;
        this.context = context;
        Findings = findings;
        records = new object?[mapping.MaximumDepth + 1];
        members = new IReadOnlyList<object>?[mapping.MaximumDepth + 1];
        locals = new string?[mapping.LocalNames.Length];
        records[0] = document;
    }

    public Findings Findings { get; }
    public MappingContext Context => context;
    public char DecimalMark { get; init; } = '.';
    public int SegmentCount { get; set; }

    public object Record(int depth) => records[depth]!;

    public void Enter(Scope scope, object record, IReadOnlyList<object>? group = null)
    {
        records[scope.Depth] = record;
        members[scope.Depth] = group;
        foreach (int local in scope.Locals)
            locals[local] = null;
        foreach (DecisionTable decision in scope.Decisions)
            Undecide(scope, decision);
    }

    /// <summary>The items of a list scope, filtered and grouped as its line says.</summary>
    public IEnumerable<(object Item, IReadOnlyList<object>? Group)> Items(Scope scope)
    {
        IReadOnlyList<object> all = All(scope);
        if (!scope.IsGroup)
        {
            foreach (object item in all)
                yield return (item, null);
            yield break;
        }
        Dictionary<string, List<object>> groups = new(StringComparer.Ordinal);
        List<List<object>> order = [];
        foreach (object item in all)
        {
            string key = string.Join('\u001f', scope.GroupBy.Select(path => Key(path, item)));
            if (!groups.TryGetValue(key, out List<object>? group))
            {
                groups[key] = group = [];
                order.Add(group);
            }
            group.Add(item);
        }
        foreach (List<object> group in order)
            yield return (group[0], group);
    }

    private IReadOnlyList<object> All(Scope scope)
    {
        IReadOnlyList<object> source;
        if (scope.GroupedIn is { } around && members[around.Depth] is { } group)
            source = group;
        else
        {
            object holder = Record(scope.ListDepth);
            int count = scope.List!.Count(holder);
            object[] items = new object[count];
            for (int index = 0; index < count; index++)
                items[index] = scope.List.At(holder, index);
            source = items;
        }
        if (scope.JoinItem is { } join && scope.JoinOuter is { } outer)
        {
            string wanted = Key(outer.Path, Record(outer.Depth));
            source = [.. source.Where(item => Key(join, item) == wanted)];
        }
        if (scope.WhereEmpty is { } empty)
            source = [.. source.Where(item => Key(empty, item).Length == 0)];
        return source;
    }

    public string Key(FieldPath path, object record)
    {
        string? fault = null;
        return ValueWriter.Write(mapping, context, path, ValueFormat.Plain, record, null, '.', out fault) ?? "";
    }

    public bool Holds(Condition? condition)
    {
        if (condition?.Field is not { } field)
            return true;
        string value = Key(field.Path, Record(field.Depth));
        bool holds = condition.Values.Length == 0 ? value.Length > 0 && value != "false" : condition.Values.Contains(value);
        return holds != condition.Not;
    }

    /// <summary>The text of a slot; null when there is nothing to write.</summary>
    public string? Value(Slot slot, TextPlace place)
    {
        string? fault = null;
        string? text;
        switch (slot.Role)
        {
            case SlotRole.Literal or SlotRole.AnyOf or SlotRole.Assert or SlotRole.WriteOnly:
                return slot.Literal;
            case SlotRole.Field:
                text = null;
                foreach (BoundField field in slot.Fields)
                {
                    text = ValueWriter.Write(mapping, context, field.Path, slot.Format, Record(field.Depth), slot.DateCodeAt is null ? null : DateFormatOf(slot), DecimalMark, out fault);
                    if (fault is not null)
                        Fault(slot, fault, place);
                    if (text is not null)
                        break;
                }
                return text;
            case SlotRole.Local:
                text = locals[slot.LocalIndex] ?? (slot.Literals.Length > 0 ? slot.Literals[0] : null);
                return text is null ? null : slot.Format.Table is { } table && table.TryWrite(text, out string code) ? code : text;
            case SlotRole.Constant:
                return context.Constants.TryGetValue(slot.Names[0], out string? constant) ? ValueWriter.Adjusted("$" + slot.Names[0], slot.Format, constant, ref fault) : slot.Format.Default;
            case SlotRole.System:
                return System(slot);
            case SlotRole.Count:
                return slot.CountList is null ? null : ValueWriter.Number(Total(slot, Record(slot.ListDepth)), slot.Format, DecimalMark);
            case SlotRole.Sum:
                return Sum(slot);
            default:
                return null;
        }
    }

    /// <summary>The format that the date's own code will name.</summary>
    private static string? DateFormatOf(Slot slot) => slot.DateCode is { Literals.Length: > 0 } code ? DateCodes.FormatOf(code.Literal) : null;

    /// <summary>What a count or sum over a list comes to.</summary>
    public static decimal Total(Slot slot, object holder)
    {
        int count = slot.CountList!.Count(holder);
        if (slot.SumField is not { } field)
            return count;
        return slot.Role == SlotRole.Sum
            ? Enumerable.Range(0, count).Sum(index => Number(field.Path, slot.CountList.At(holder, index)))
            : Enumerable.Range(0, count).Select(index => slot.CountList.At(holder, index)).Select(item => (field.Path.Find(item) is { } at && field.Path.Leaf.TryGetNumber(at, out decimal value) ? value : (decimal?)null, item))
                .DistinctBy(pair => pair.Item1 is null ? pair.item : (object)pair.Item1).Count();
    }

    private string? Sum(Slot slot)
    {
        if (slot.SumField is not { } field)
            return null;
        decimal sum = 0;
        if (slot.CountList is not null)
            sum = Total(slot, Record(slot.ListDepth));
        else
        {
            foreach (object member in members[field.Depth] ?? [])
                sum += Number(field.Path, member);
        }
        return ValueWriter.Number(sum, slot.Format, DecimalMark);
    }

    public static decimal Number(FieldPath path, object record) =>
        path.Find(record) is { } holder && path.Leaf.TryGetNumber(holder, out decimal number) ? number : 0;

    private string? System(Slot slot)
    {
        TimeZoneInfo? zone = slot.Format.Zone ?? mapping.Zone ?? context.TimeZone;
        return slot.Names[0] switch
        {
            "messageRef" => context.MessageRef,
            "interchangeRef" => context.InterchangeRef,
            "now" => (zone is null ? context.Now : TimeZoneInfo.ConvertTime(context.Now, zone)).ToString(slot.Format.Date is null or "iso" ? "yyyy-MM-dd'T'HH:mm:sszzz" : slot.Format.Date, global::System.Globalization.CultureInfo.InvariantCulture),
            "segments" => SegmentCount.ToString(global::System.Globalization.CultureInfo.InvariantCulture),
            "test" => slot.Format.Table is { } table && table.TryWrite(context.Test ? "true" : "false", out string code) ? code : context.Test ? "true" : "false",
            "sender" => context.Envelope?.Sender,
            "receiver" => context.Envelope?.Receiver,
            _ => null,
        };
    }

    private void Fault(Slot slot, string fault, TextPlace place)
    {
        bool digits = fault.Contains("check digit", StringComparison.Ordinal) || (fault.Contains("found", StringComparison.Ordinal) && fault.Contains("digits", StringComparison.Ordinal));
        Findings.Add(new Diagnostic(digits ? "check-digit" : "cannot-write", Severity.Error, place.ToString(), $"{char.ToUpperInvariant(fault[0])}{fault[1..]}. Correct the document or {slot.Place}."));
    }

    /// <summary>Sets the locals of the first row that would have given the value when read.</summary>
    private void Undecide(Scope scope, DecisionTable table)
    {
        if (table.OutputField is not { } output)
            return;
        if (table.References.Count > 0)
        {
            // What a number was taken from when read is that number when written.
            foreach ((_, int local) in table.References.Values.Where(reference => reference.Local >= 0 && output.Path.Leaf.Kind == ValueKind.Number))
                locals[local] = Key(output.Path, Record(output.Depth)) is { Length: > 0 } number ? number : null;
            return;
        }
        string value = Key(output.Path, Record(output.Depth));
        foreach ((_, string[] cells, string rowValue) in table.Rows)
        {
            if (rowValue != value)
                continue;
            bool fits = true;
            for (int index = 0; index < cells.Length && fits; index++)
                fits = table.InputFields[index] is not { } field || DocumentBuilder.Fits(cells[index], Key(field.Path, Record(field.Depth)));
            if (!fits)
                continue;
            for (int index = 0; index < cells.Length; index++)
            {
                if (table.InputLocals[index] >= 0)
                    locals[table.InputLocals[index]] = cells[index] is "." or "+" or "-" ? null : cells[index].Split('|')[0];
            }
            return;
        }
        if (value.Length > 0)
            Findings.Add(Diagnostic.Error("undecided", table.Place.ToString(), $"Found {table.Output} '{value}', for which no row of the decision stands. Add one."));
    }
}
