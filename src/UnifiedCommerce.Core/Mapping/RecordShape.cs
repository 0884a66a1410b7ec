using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace UnifiedCommerce.Core.Mapping;

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
