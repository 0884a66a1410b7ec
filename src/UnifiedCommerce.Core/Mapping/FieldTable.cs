using System.Collections.Concurrent;
using System.Reflection;

namespace UnifiedCommerce.Core.Mapping;

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
        if (member == "unit")
            return (Field)Activator.CreateInstance((nullable ? typeof(OptionalUnitField<>) : typeof(UnitField<>)).MakeGenericType(record), name, property)!;
        Type? generic = member switch
        {
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
}
