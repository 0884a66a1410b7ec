using System.Reflection;
using System.Runtime.CompilerServices;

namespace UnifiedCommerce.Core.Mapping;

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

/// <summary>A step to a record that a property holds; made when it is not there.</summary>
internal sealed class RecordStep<TRecord, TValue>(PropertyInfo property, int bit) : Step(RecordShape.Camel(property.Name), bit)
    where TRecord : class
    where TValue : class
{
    private readonly Func<TRecord, TValue?> get = Access.Getter<TRecord, TValue?>(property);
    private readonly Action<TRecord, TValue?>? set = Access.Setter<TRecord, TValue?>(property);
    private readonly RecordShape shape = RecordShape.Of(typeof(TValue));

    public override object? Get(object record) => get(Access.As<TRecord>(record));

    public override object GetOrCreate(object record)
    {
        TValue? value = get(Access.As<TRecord>(record));
        if (value is null)
        {
            value = (TValue)shape.Create();
            set!(Access.As<TRecord>(record), value);
        }
        return value;
    }
}

/// <summary>A property that holds a list of records.</summary>
internal sealed class RecordList<TRecord, TItem>(PropertyInfo property, int bit) : ListAccess(RecordShape.Camel(property.Name), typeof(TItem), bit)
    where TRecord : class
    where TItem : class
{
    private readonly Func<TRecord, IReadOnlyList<TItem>?> get = Access.Getter<TRecord, IReadOnlyList<TItem>?>(property);
    private readonly Action<TRecord, IReadOnlyList<TItem>> set = Access.Setter<TRecord, IReadOnlyList<TItem>>(property)!;

    public override object Begin(object record)
    {
        List<TItem> list = [];
        set(Access.As<TRecord>(record), list);
        return list;
    }

    public override void Add(object list, object item) => Access.As<List<TItem>>(list).Add(Access.As<TItem>(item));
    public override int Count(object record) => get(Access.As<TRecord>(record))?.Count ?? 0;
    public override object At(object record, int index) => get(Access.As<TRecord>(record))![index];
    public override object? Current(object record) => get(Access.As<TRecord>(record)) as List<TItem>;
}

/// <summary>A property that holds a list of single values.</summary>
internal sealed class ValueList<TRecord, TItem>(PropertyInfo property, int bit) : ListAccess(RecordShape.Camel(property.Name), typeof(Cell<TItem>), bit)
    where TRecord : class
{
    private readonly Func<TRecord, IReadOnlyList<TItem>?> get = Access.Getter<TRecord, IReadOnlyList<TItem>?>(property);
    private readonly Action<TRecord, IReadOnlyList<TItem>> set = Access.Setter<TRecord, IReadOnlyList<TItem>>(property)!;

    public override object Begin(object record)
    {
        PendingList list = [];
        set(Access.As<TRecord>(record), list);
        return list;
    }

    // The value is not known yet when the item is added: the list keeps the cells and reads them when asked.
    public override void Add(object list, object item) => Access.As<PendingList>(list).Cells.Add(Access.As<Cell<TItem>>(item));
    public override int Count(object record) => get(Access.As<TRecord>(record))?.Count ?? 0;
    public override object At(object record, int index) => new Cell<TItem> { Value = get(Access.As<TRecord>(record))![index] };
    public override object? Current(object record) => get(Access.As<TRecord>(record)) as PendingList;

    private sealed class PendingList : IReadOnlyList<TItem>
    {
        public List<Cell<TItem>> Cells { get; } = [];
        public int Count => Cells.Count;
        public TItem this[int index] => Cells[index].Value;
        public IEnumerator<TItem> GetEnumerator() => Cells.Select(cell => cell.Value).GetEnumerator();
        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}

/// <summary>Property accessors without reflection at run time.</summary>
internal static class Access
{
    public static Func<TRecord, TValue> Getter<TRecord, TValue>(PropertyInfo property) =>
        property.GetMethod!.CreateDelegate<Func<TRecord, TValue>>();

    public static Action<TRecord, TValue>? Setter<TRecord, TValue>(PropertyInfo property) =>
        property.SetMethod?.CreateDelegate<Action<TRecord, TValue>>();

    /// <summary>The record as what it is known to be: paths are built for its type.</summary>
    public static T As<T>(object record)
        where T : class => Unsafe.As<T>(record);
}
