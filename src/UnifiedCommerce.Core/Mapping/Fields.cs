using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>What kind of value a field of a canonical document holds.</summary>
internal enum ValueKind
{
    Text,
    Number,
    Integer,
    Date,
    Moment,
    Flag,
    Code,
}

/// <summary>One value of a canonical record, read and set without boxing. Canonical records are immutable for everybody else:
/// these setters run only while the reader builds the record that it alone holds.</summary>
internal abstract class Field(string name, ValueKind kind)
{
    public string Name { get; } = name;
    public ValueKind Kind { get; } = kind;
    /// <summary>Bit of the property in the record's list of required members, or -1.</summary>
    public int RequiredBit { get; init; } = -1;
    /// <summary>The unit of a quantity.</summary>
    public virtual bool IsUnit => false;
    /// <summary>A derived value: written, and compared when read.</summary>
    public bool IsDerived { get; init; }
    /// <summary>The enumeration of a <see cref="ValueKind.Code"/> field.</summary>
    public Type? EnumType { get; init; }

    public virtual string? GetText(object record) => throw Wrong();
    public virtual bool TryGetNumber(object record, out decimal value) => throw Wrong();
    public virtual bool TryGetDate(object record, out DateOnly value) => throw Wrong();
    public virtual bool TryGetMoment(object record, out DateTimeOffset value) => throw Wrong();
    public virtual bool GetFlag(object record) => throw Wrong();
    public virtual int? GetCode(object record) => throw Wrong();
    public virtual void SetText(object record, string value) => throw Wrong();
    public virtual void SetNumber(object record, decimal value) => throw Wrong();
    public virtual void SetDate(object record, DateOnly value) => throw Wrong();
    public virtual void SetMoment(object record, DateTimeOffset value) => throw Wrong();
    public virtual void SetFlag(object record, bool value) => throw Wrong();
    public virtual void SetCode(object record, int value) => throw Wrong();

    /// <summary>A unit that came without a number makes no quantity.</summary>
    public virtual void ForgetUnitAlone(object record)
    {
    }

    private HubException Wrong() => new($"Field {Name} is {Kind}; another kind was asked for.");
}

/// <summary>A step from a record to a record inside it (<c>item</c>, <c>buyer.address</c>).</summary>
internal abstract class Step(string name, int requiredBit)
{
    public string Name { get; } = name;
    public int RequiredBit { get; } = requiredBit;
    public abstract object? Get(object record);
    public abstract object GetOrCreate(object record);
}

/// <summary>A list of a record: items are records, or single values held in a <see cref="Cell{T}"/>.</summary>
internal abstract class ListAccess(string name, Type itemType, int requiredBit)
{
    public string Name { get; } = name;
    public Type ItemType { get; } = itemType;
    public int RequiredBit { get; } = requiredBit;
    public abstract object Begin(object record);
    public abstract void Add(object list, object item);
    public abstract int Count(object record);
    public abstract object At(object record, int index);
    public abstract object? Current(object record);
}

/// <summary>A single value that stands where a record is expected, so that lists of values can be walked like lists of records.</summary>
internal sealed class Cell<T>
{
    public T Value { get; init; } = default!;
}

/// <summary>A step to one item of a list by its position (<c>breaks.2.price</c>), for formats that give lists as columns.</summary>
internal sealed class ItemStep(ListAccess list, int index) : Step($"{list.Name}.{index + 1}", list.RequiredBit)
{
    private readonly RecordShape shape = RecordShape.Of(list.ItemType);

    public override object? Get(object record) => list.Count(record) > index ? list.At(record, index) : null;

    public override object GetOrCreate(object record)
    {
        object items = list.Current(record) ?? list.Begin(record);
        while (list.Count(record) <= index)
            list.Add(items, shape.Create());
        return list.At(record, index);
    }
}

/// <summary>A way from a scope's record to one of its values.</summary>
internal sealed class FieldPath(string text, Step[] steps, Field leaf)
{
    public string Text { get; } = text;
    public Field Leaf { get; } = leaf;
    /// <summary>Goes through an item of a list that may not be there.</summary>
    public bool HasItemStep { get; } = steps.Any(step => step is ItemStep);
    public int RequiredBit { get; } = steps.Length > 0 ? steps[0].RequiredBit : leaf.RequiredBit;

    public object? Find(object record)
    {
        object? at = record;
        foreach (Step step in steps)
        {
            at = step.Get(at);
            if (at is null)
                return null;
        }
        return at;
    }

    public object Reach(object record)
    {
        foreach (Step step in steps)
            record = step.GetOrCreate(record);
        return record;
    }
}

/// <summary>The members of one canonical record type.</summary>
internal sealed class RecordShape
{
    private static readonly ConcurrentDictionary<Type, RecordShape> Shapes = new();
    private readonly Func<object> create;

    private RecordShape(Type type)
    {
        Type = type;
        create = type.GetConstructor(Type.EmptyTypes) is null
            ? () => RuntimeHelpers.GetUninitializedObject(type)
            : ((IFactory)Activator.CreateInstance(typeof(Factory<>).MakeGenericType(type))!).Create;
        Properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.GetIndexParameters().Length == 0 && property.Name != "EqualityContract")
            .ToDictionary(property => Camel(property.Name), StringComparer.Ordinal);
        Required = Properties.Where(pair => pair.Value.IsDefined(typeof(RequiredMemberAttribute), false)
            || (type.GetConstructor(Type.EmptyTypes) is null && !IsNullable(pair.Value))).Select(pair => pair.Key).ToArray();
    }

    private interface IFactory
    {
        object Create();
    }

    public Type Type { get; }
    public IReadOnlyDictionary<string, PropertyInfo> Properties { get; }
    public string[] Required { get; }

    public static RecordShape Of(Type type) => Shapes.GetOrAdd(type, static key => new RecordShape(key));
    public object Create() => create();

    /// <summary>A copy whose inner records are copies too; lists are shared.</summary>
    public object Copy(object record)
    {
        object copy = Create();
        foreach (PropertyInfo property in Properties.Values)
        {
            if (property.SetMethod is null)
                continue;
            object? value = property.GetValue(record);
            property.SetValue(copy, value is not null && FieldTable.IsRecord(property.PropertyType) ? Of(property.PropertyType).Copy(value) : value);
        }
        return copy;
    }

    public int BitOf(string name) => Array.IndexOf(Required, name);
    public static string Camel(string name) => name.Length == 0 ? name : char.ToLowerInvariant(name[0]) + name[1..];

    private static bool IsNullable(PropertyInfo property) =>
        Nullable.GetUnderlyingType(property.PropertyType) is not null
        || new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable;

    private sealed class Factory<T> : IFactory
        where T : class
    {
        public object Create() => Activator.CreateInstance<T>();
    }
}

/// <summary>Finds the field that a name in a mapping means.</summary>
internal static class FieldTable
{
    private static readonly ConcurrentDictionary<(Type, string), FieldPath?> Paths = new();
    private static readonly ConcurrentDictionary<(Type, string), ListAccess?> Lists = new();

    /// <summary>Members whose own members may be named without them: <c>gtin</c> is <c>item.gtin</c>, <c>shipTo.city</c> is <c>shipTo.address.city</c>.</summary>
    private static readonly string[] Transparent = ["item", "address"];

    /// <summary>Names of a purchase order that mean something else in a customer's order, so that one mapping serves both.</summary>
    private static readonly Dictionary<(Type, string), string> Synonyms = new()
    {
        [(typeof(Orders.Order), "supplier")] = "seller",
        [(typeof(Orders.OrderLine), "position")] = "id",
        [(typeof(Orders.OrderLine), "netPrice")] = "salesPrice",
    };

    /// <summary>The record's own name for a name that means something else in it.</summary>
    public static string OwnName(Type scope, string path) => path.Contains('.', StringComparison.Ordinal)
        ? Synonyms.TryGetValue((scope, path[..path.IndexOf('.', StringComparison.Ordinal)]), out string? first) ? first + path[path.IndexOf('.', StringComparison.Ordinal)..] : path
        : Synonyms.GetValueOrDefault((scope, path), path);

    public static FieldPath? Resolve(Type scope, string path) => Paths.GetOrAdd((scope, path), static key => Build(key.Item1, key.Item2));

    public static ListAccess? ResolveList(Type scope, string path) => Lists.GetOrAdd((scope, path), static key => BuildList(key.Item1, key.Item2));

    /// <summary>Every name that can be written in the scope, for proposals and the language guide.</summary>
    public static IEnumerable<string> Names(Type scope) => Names(scope, "", 0).Distinct(StringComparer.Ordinal);

    /// <summary>Names of the lists of a record type.</summary>
    public static IEnumerable<string> ListNames(Type scope) =>
        RecordShape.Of(scope).Properties.Where(pair => ItemTypeOf(pair.Value.PropertyType) is not null).Select(pair => pair.Key);

    public static Type? ItemTypeOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;

    public static bool IsRecord(Type type) => type.IsClass && type != typeof(string) && ItemTypeOf(type) is null && type.Namespace?.StartsWith("UnifiedCommerce", StringComparison.Ordinal) == true;

    private static IEnumerable<string> Names(Type scope, string prefix, int depth)
    {
        foreach ((string name, PropertyInfo property) in RecordShape.Of(scope).Properties)
        {
            Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (ItemTypeOf(type) is not null)
                continue;
            if (IsRecord(type))
            {
                if (depth > 2)
                    continue;
                foreach (string inner in Names(type, Transparent.Contains(name) ? prefix : prefix + name + ".", depth + 1))
                    yield return inner;
            }
            else
            {
                yield return prefix + name;
                if (type == typeof(Quantity))
                    yield return name == "quantity" ? prefix + "unit" : $"{prefix}{name}.unit";
            }
        }
    }

    private static FieldPath? Build(Type scope, string path)
    {
        List<Step> steps = [];
        Type at = scope;
        string[] parts = path.Split('.');
        if (scope.IsGenericType && scope.GetGenericTypeDefinition() == typeof(Cell<>))
            return path == "value" ? new FieldPath("value", [], FieldOf(scope, "value", RecordShape.Of(scope).Properties["value"], null)!) : null;
        for (int index = 0; index < parts.Length; index++)
        {
            string part = Synonyms.GetValueOrDefault((at, parts[index]), parts[index]);
            RecordShape shape = RecordShape.Of(at);
            if (!shape.Properties.TryGetValue(part, out PropertyInfo? property))
            {
                // "unit" is the unit of the record's own quantity.
                if (part == "unit" && index == parts.Length - 1 && QuantityOf(shape) is { } quantity)
                    return new FieldPath(path, [.. steps], FieldOf(at, quantity.Name, quantity, "unit")!);
                string? through = Transparent.FirstOrDefault(name => shape.Properties.ContainsKey(name) && RecordShape.Of(shape.Properties[name].PropertyType).Properties.ContainsKey(part));
                if (through is null)
                    return null;
                steps.Add(StepOf(at, through, shape.Properties[through]));
                at = shape.Properties[through].PropertyType;
                property = RecordShape.Of(at).Properties[part];
            }
            Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            bool last = index == parts.Length - 1;
            if (type == typeof(Quantity))
            {
                string? member = last ? "value" : index == parts.Length - 2 ? parts[index + 1] : null;
                return member is "value" or "unit" ? new FieldPath(path, [.. steps], FieldOf(at, part, property, member)!) : null;
            }
            if (ItemTypeOf(type) is { } itemType && index + 2 < parts.Length && IsRecord(itemType)
                && int.TryParse(parts[index + 1], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int position) && position is > 0 and < 100)
            {
                steps.Add(new ItemStep(BuildList(at, part)!, position - 1));
                at = itemType;
                index++;
                continue;
            }
            if (last)
                return FieldOf(at, part, property, null) is { } leaf ? new FieldPath(path, [.. steps], leaf) : null;
            if (!IsRecord(type))
                return null;
            steps.Add(StepOf(at, part, property));
            at = type;
        }
        return null;
    }

    private static PropertyInfo? QuantityOf(RecordShape shape) =>
        shape.Properties.Values.FirstOrDefault(property => property.PropertyType == typeof(Quantity))
        ?? shape.Properties.Values.FirstOrDefault(property => Nullable.GetUnderlyingType(property.PropertyType) == typeof(Quantity));

    private static ListAccess? BuildList(Type scope, string path)
    {
        if (!RecordShape.Of(scope).Properties.TryGetValue(path, out PropertyInfo? property) || ItemTypeOf(property.PropertyType) is not { } item)
            return null;
        Type access = IsRecord(item) ? typeof(RecordList<,>).MakeGenericType(scope, item) : typeof(ValueList<,>).MakeGenericType(scope, item);
        return (ListAccess)Activator.CreateInstance(access, property, RecordShape.Of(scope).BitOf(path))!;
    }

    private static Step StepOf(Type record, string name, PropertyInfo property) =>
        (Step)Activator.CreateInstance(typeof(RecordStep<,>).MakeGenericType(record, property.PropertyType), property, RecordShape.Of(record).BitOf(name))!;

    private static Field? FieldOf(Type record, string name, PropertyInfo property, string? member)
    {
        Type declared = property.PropertyType;
        Type type = Nullable.GetUnderlyingType(declared) ?? declared;
        bool nullable = type != declared;
        int bit = RecordShape.Of(record).BitOf(RecordShape.Camel(property.Name));
        Type? generic = member switch
        {
            "unit" => nullable ? typeof(OptionalUnitField<>) : typeof(UnitField<>),
            "value" => nullable ? typeof(OptionalQuantityField<>) : typeof(QuantityField<>),
            _ when type == typeof(string) => typeof(TextField<>),
            _ when type == typeof(IReadOnlyList<string>) => typeof(ListedField<>),
            _ when type == typeof(decimal) => nullable ? typeof(OptionalNumberField<>) : typeof(NumberField<>),
            _ when type == typeof(int) => nullable ? typeof(OptionalIntegerField<>) : typeof(IntegerField<>),
            _ when type == typeof(DateOnly) => nullable ? typeof(OptionalDateField<>) : typeof(DateField<>),
            _ when type == typeof(DateTimeOffset) => nullable ? typeof(OptionalMomentField<>) : typeof(MomentField<>),
            _ when type == typeof(bool) => typeof(FlagField<>),
            _ => null,
        };
        if (type.IsEnum)
            return (Field)Activator.CreateInstance((nullable ? typeof(OptionalCodeField<,>) : typeof(CodeField<,>)).MakeGenericType(record, type), name, property, bit)!;
        return generic is null ? null : (Field)Activator.CreateInstance(generic.MakeGenericType(record), name, property, bit)!;
    }

    private static Func<TRecord, TValue> Getter<TRecord, TValue>(PropertyInfo property) =>
        property.GetMethod!.CreateDelegate<Func<TRecord, TValue>>();

    private static Action<TRecord, TValue>? Setter<TRecord, TValue>(PropertyInfo property) =>
        property.SetMethod?.CreateDelegate<Action<TRecord, TValue>>();

    /// <summary>The number of a quantity of which only the unit has been read so far.</summary>
    private const decimal Unknown = decimal.MinValue;

    private static T As<T>(object record)
        where T : class => Unsafe.As<T>(record);

    private sealed class RecordStep<TRecord, TValue>(PropertyInfo property, int bit) : Step(RecordShape.Camel(property.Name), bit)
        where TRecord : class
        where TValue : class
    {
        private readonly Func<TRecord, TValue?> get = Getter<TRecord, TValue?>(property);
        private readonly Action<TRecord, TValue?>? set = Setter<TRecord, TValue?>(property);
        private readonly RecordShape shape = RecordShape.Of(typeof(TValue));

        public override object? Get(object record) => get(As<TRecord>(record));

        public override object GetOrCreate(object record)
        {
            TValue? value = get(As<TRecord>(record));
            if (value is null)
            {
                value = (TValue)shape.Create();
                set!(As<TRecord>(record), value);
            }
            return value;
        }
    }

    private sealed class RecordList<TRecord, TItem>(PropertyInfo property, int bit) : ListAccess(RecordShape.Camel(property.Name), typeof(TItem), bit)
        where TRecord : class
        where TItem : class
    {
        private readonly Func<TRecord, IReadOnlyList<TItem>?> get = Getter<TRecord, IReadOnlyList<TItem>?>(property);
        private readonly Action<TRecord, IReadOnlyList<TItem>> set = Setter<TRecord, IReadOnlyList<TItem>>(property)!;

        public override object Begin(object record)
        {
            List<TItem> list = [];
            set(As<TRecord>(record), list);
            return list;
        }

        public override void Add(object list, object item) => As<List<TItem>>(list).Add(As<TItem>(item));
        public override int Count(object record) => get(As<TRecord>(record))?.Count ?? 0;
        public override object At(object record, int index) => get(As<TRecord>(record))![index];
        public override object? Current(object record) => get(As<TRecord>(record)) as List<TItem>;
    }

    private sealed class ValueList<TRecord, TItem>(PropertyInfo property, int bit) : ListAccess(RecordShape.Camel(property.Name), typeof(Cell<TItem>), bit)
        where TRecord : class
    {
        private readonly Func<TRecord, IReadOnlyList<TItem>?> get = Getter<TRecord, IReadOnlyList<TItem>?>(property);
        private readonly Action<TRecord, IReadOnlyList<TItem>> set = Setter<TRecord, IReadOnlyList<TItem>>(property)!;

        public override object Begin(object record)
        {
            PendingList list = [];
            set(As<TRecord>(record), list);
            return list;
        }

        // The value is not known yet when the item is added: the list keeps the cells and reads them when asked.
        public override void Add(object list, object item) => As<PendingList>(list).Cells.Add(As<Cell<TItem>>(item));
        public override int Count(object record) => get(As<TRecord>(record))?.Count ?? 0;
        public override object At(object record, int index) => new Cell<TItem> { Value = get(As<TRecord>(record))![index] };
        public override object? Current(object record) => get(As<TRecord>(record)) as PendingList;

        private sealed class PendingList : IReadOnlyList<TItem>
        {
            public List<Cell<TItem>> Cells { get; } = [];
            public int Count => Cells.Count;
            public TItem this[int index] => Cells[index].Value;
            public IEnumerator<TItem> GetEnumerator() => Cells.Select(cell => cell.Value).GetEnumerator();
            System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
        }
    }

    private sealed class TextField<T> : Field
        where T : class
    {
        private readonly Func<T, string?> get;
        private readonly Action<T, string?>? set;

        public TextField(string name, PropertyInfo property, int bit)
            : base(name, ValueKind.Text)
        {
            (get, set, RequiredBit, IsDerived) = (Getter<T, string?>(property), Setter<T, string?>(property), bit, property.SetMethod is null);
        }

        public override string? GetText(object record) => get(As<T>(record));
        public override void SetText(object record, string value) => set?.Invoke(As<T>(record), value);
    }

    /// <summary>A list of words in one place: <c>midwest polhurt</c>, parted by spaces or commas.</summary>
    private sealed class ListedField<T> : Field
        where T : class
    {
        private readonly Func<T, IReadOnlyList<string>?> get;
        private readonly Action<T, IReadOnlyList<string>?>? set;

        public ListedField(string name, PropertyInfo property, int bit)
            : base(name, ValueKind.Text)
        {
            (get, set, RequiredBit, IsDerived) = (Getter<T, IReadOnlyList<string>?>(property), Setter<T, IReadOnlyList<string>?>(property), bit, property.SetMethod is null);
        }

        public override string? GetText(object record) => get(As<T>(record)) is { Count: > 0 } words ? string.Join(' ', words) : null;

        public override void SetText(object record, string value) =>
            set?.Invoke(As<T>(record), value.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    private sealed class NumberField<T> : Field
        where T : class
    {
        private readonly Func<T, decimal> get;
        private readonly Action<T, decimal>? set;

        public NumberField(string name, PropertyInfo property, int bit)
            : base(name, ValueKind.Number)
        {
            (get, set, RequiredBit, IsDerived) = (Getter<T, decimal>(property), Setter<T, decimal>(property), bit, property.SetMethod is null);
        }

        public override bool TryGetNumber(object record, out decimal value)
        {
            value = get(As<T>(record));
            return true;
        }

        public override void SetNumber(object record, decimal value) => set?.Invoke(As<T>(record), value);
    }

    private sealed class OptionalNumberField<T> : Field
        where T : class
    {
        private readonly Func<T, decimal?> get;
        private readonly Action<T, decimal?>? set;

        public OptionalNumberField(string name, PropertyInfo property, int bit)
            : base(name, ValueKind.Number)
        {
            (get, set, RequiredBit, IsDerived) = (Getter<T, decimal?>(property), Setter<T, decimal?>(property), bit, property.SetMethod is null);
        }

        public override bool TryGetNumber(object record, out decimal value)
        {
            decimal? found = get(As<T>(record));
            value = found.GetValueOrDefault();
            return found.HasValue;
        }

        public override void SetNumber(object record, decimal value) => set?.Invoke(As<T>(record), value);
    }

    private sealed class IntegerField<T> : Field
        where T : class
    {
        private readonly Func<T, int> get;
        private readonly Action<T, int>? set;

        public IntegerField(string name, PropertyInfo property, int bit)
            : base(name, ValueKind.Integer)
        {
            (get, set, RequiredBit, IsDerived) = (Getter<T, int>(property), Setter<T, int>(property), bit, property.SetMethod is null);
        }

        public override bool TryGetNumber(object record, out decimal value)
        {
            value = get(As<T>(record));
            return true;
        }

        public override void SetNumber(object record, decimal value) => set?.Invoke(As<T>(record), (int)value);
    }

    private sealed class OptionalIntegerField<T> : Field
        where T : class
    {
        private readonly Func<T, int?> get;
        private readonly Action<T, int?>? set;

        public OptionalIntegerField(string name, PropertyInfo property, int bit)
            : base(name, ValueKind.Integer)
        {
            (get, set, RequiredBit, IsDerived) = (Getter<T, int?>(property), Setter<T, int?>(property), bit, property.SetMethod is null);
        }

        public override bool TryGetNumber(object record, out decimal value)
        {
            int? found = get(As<T>(record));
            value = found.GetValueOrDefault();
            return found.HasValue;
        }

        public override void SetNumber(object record, decimal value) => set?.Invoke(As<T>(record), (int)value);
    }

    private sealed class DateField<T> : Field
        where T : class
    {
        private readonly Func<T, DateOnly> get;
        private readonly Action<T, DateOnly>? set;

        public DateField(string name, PropertyInfo property, int bit)
            : base(name, ValueKind.Date)
        {
            (get, set, RequiredBit, IsDerived) = (Getter<T, DateOnly>(property), Setter<T, DateOnly>(property), bit, property.SetMethod is null);
        }

        public override bool TryGetDate(object record, out DateOnly value)
        {
            value = get(As<T>(record));
            return true;
        }

        public override void SetDate(object record, DateOnly value) => set?.Invoke(As<T>(record), value);
    }

    private sealed class OptionalDateField<T> : Field
        where T : class
    {
        private readonly Func<T, DateOnly?> get;
        private readonly Action<T, DateOnly?>? set;

        public OptionalDateField(string name, PropertyInfo property, int bit)
            : base(name, ValueKind.Date)
        {
            (get, set, RequiredBit, IsDerived) = (Getter<T, DateOnly?>(property), Setter<T, DateOnly?>(property), bit, property.SetMethod is null);
        }

        public override bool TryGetDate(object record, out DateOnly value)
        {
            DateOnly? found = get(As<T>(record));
            value = found.GetValueOrDefault();
            return found.HasValue;
        }

        public override void SetDate(object record, DateOnly value) => set?.Invoke(As<T>(record), value);
    }

    private sealed class MomentField<T> : Field
        where T : class
    {
        private readonly Func<T, DateTimeOffset> get;
        private readonly Action<T, DateTimeOffset>? set;

        public MomentField(string name, PropertyInfo property, int bit)
            : base(name, ValueKind.Moment)
        {
            (get, set, RequiredBit, IsDerived) = (Getter<T, DateTimeOffset>(property), Setter<T, DateTimeOffset>(property), bit, property.SetMethod is null);
        }

        public override bool TryGetMoment(object record, out DateTimeOffset value)
        {
            value = get(As<T>(record));
            return true;
        }

        public override void SetMoment(object record, DateTimeOffset value) => set?.Invoke(As<T>(record), value);
    }

    private sealed class OptionalMomentField<T> : Field
        where T : class
    {
        private readonly Func<T, DateTimeOffset?> get;
        private readonly Action<T, DateTimeOffset?>? set;

        public OptionalMomentField(string name, PropertyInfo property, int bit)
            : base(name, ValueKind.Moment)
        {
            (get, set, RequiredBit, IsDerived) = (Getter<T, DateTimeOffset?>(property), Setter<T, DateTimeOffset?>(property), bit, property.SetMethod is null);
        }

        public override bool TryGetMoment(object record, out DateTimeOffset value)
        {
            DateTimeOffset? found = get(As<T>(record));
            value = found.GetValueOrDefault();
            return found.HasValue;
        }

        public override void SetMoment(object record, DateTimeOffset value) => set?.Invoke(As<T>(record), value);
    }

    private sealed class FlagField<T> : Field
        where T : class
    {
        private readonly Func<T, bool> get;
        private readonly Action<T, bool>? set;

        public FlagField(string name, PropertyInfo property, int bit)
            : base(name, ValueKind.Flag)
        {
            (get, set, RequiredBit, IsDerived) = (Getter<T, bool>(property), Setter<T, bool>(property), bit, property.SetMethod is null);
        }

        public override bool GetFlag(object record) => get(As<T>(record));
        public override void SetFlag(object record, bool value) => set?.Invoke(As<T>(record), value);
    }

    private sealed class CodeField<T, TEnum> : Field
        where T : class
        where TEnum : struct, Enum
    {
        private readonly Func<T, TEnum> get;
        private readonly Action<T, TEnum>? set;

        public CodeField(string name, PropertyInfo property, int bit)
            : base(name, ValueKind.Code)
        {
            (get, set, RequiredBit, IsDerived, EnumType) = (Getter<T, TEnum>(property), Setter<T, TEnum>(property), bit, property.SetMethod is null, typeof(TEnum));
        }

        public override int? GetCode(object record)
        {
            TEnum value = get(As<T>(record));
            return Unsafe.As<TEnum, int>(ref value);
        }

        public override void SetCode(object record, int value) => set?.Invoke(As<T>(record), Unsafe.As<int, TEnum>(ref value));
    }

    private sealed class OptionalCodeField<T, TEnum> : Field
        where T : class
        where TEnum : struct, Enum
    {
        private readonly Func<T, TEnum?> get;
        private readonly Action<T, TEnum?>? set;

        public OptionalCodeField(string name, PropertyInfo property, int bit)
            : base(name, ValueKind.Code)
        {
            (get, set, RequiredBit, IsDerived, EnumType) = (Getter<T, TEnum?>(property), Setter<T, TEnum?>(property), bit, property.SetMethod is null, typeof(TEnum));
        }

        public override int? GetCode(object record) => get(As<T>(record)) is { } value ? Unsafe.As<TEnum, int>(ref value) : null;
        public override void SetCode(object record, int value) => set?.Invoke(As<T>(record), Unsafe.As<int, TEnum>(ref value));
    }

    private sealed class QuantityField<T> : Field
        where T : class
    {
        private readonly Func<T, Quantity> get;
        private readonly Action<T, Quantity>? set;

        public QuantityField(string name, PropertyInfo property, int bit)
            : base(name, ValueKind.Number)
        {
            (get, set, RequiredBit, IsDerived) = (Getter<T, Quantity>(property), Setter<T, Quantity>(property), bit, property.SetMethod is null);
        }

        public override bool TryGetNumber(object record, out decimal value)
        {
            value = get(As<T>(record)).Value;
            return true;
        }

        public override void SetNumber(object record, decimal value) => set?.Invoke(As<T>(record), get(As<T>(record)) with { Value = value });
    }

    private sealed class OptionalQuantityField<T> : Field
        where T : class
    {
        private readonly Func<T, Quantity?> get;
        private readonly Action<T, Quantity?>? set;

        public OptionalQuantityField(string name, PropertyInfo property, int bit)
            : base(name, ValueKind.Number)
        {
            (get, set, RequiredBit, IsDerived) = (Getter<T, Quantity?>(property), Setter<T, Quantity?>(property), bit, property.SetMethod is null);
        }

        public override bool TryGetNumber(object record, out decimal value)
        {
            Quantity? found = get(As<T>(record));
            value = found.GetValueOrDefault().Value;
            return found.HasValue && value != Unknown;
        }

        public override void ForgetUnitAlone(object record)
        {
            if (get(As<T>(record)) is { Value: Unknown })
                set?.Invoke(As<T>(record), null);
        }

        public override void SetNumber(object record, decimal value) =>
            set?.Invoke(As<T>(record), get(As<T>(record)).GetValueOrDefault() with { Value = value });
    }

    // A unit alone makes no quantity, so it carries no required bit: the number does.
    private sealed class UnitField<T> : Field
        where T : class
    {
        public override bool IsUnit => true;
        private readonly Func<T, Quantity> get;
        private readonly Action<T, Quantity>? set;

        public UnitField(string name, PropertyInfo property, int bit)
            : base(name + ".unit", ValueKind.Text)
        {
            _ = bit;
            (get, set, IsDerived) = (Getter<T, Quantity>(property), Setter<T, Quantity>(property), property.SetMethod is null);
        }

        public override string? GetText(object record) => get(As<T>(record)).Unit;
        public override void SetText(object record, string value) => set?.Invoke(As<T>(record), get(As<T>(record)) with { Unit = value });
    }

    private sealed class OptionalUnitField<T> : Field
        where T : class
    {
        public override bool IsUnit => true;
        private readonly Func<T, Quantity?> get;
        private readonly Action<T, Quantity?>? set;

        public OptionalUnitField(string name, PropertyInfo property, int bit)
            : base(name + ".unit", ValueKind.Text)
        {
            _ = bit;
            (get, set, IsDerived) = (Getter<T, Quantity?>(property), Setter<T, Quantity?>(property), property.SetMethod is null);
        }

        public override string? GetText(object record) => get(As<T>(record))?.Unit;

        public override void SetText(object record, string value) =>
            set?.Invoke(As<T>(record), (get(As<T>(record)) ?? new Quantity(Unknown, "")) with { Unit = value });
    }
}
