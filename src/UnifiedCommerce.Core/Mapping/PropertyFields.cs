using System.Reflection;
using System.Runtime.CompilerServices;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>A field that is one property of its record. A property without a setter is derived: what is read for it is only compared.</summary>
internal abstract class PropertyField<T, TValue> : Field
    where T : class
{
    private readonly Func<T, TValue> get;
    private readonly Action<T, TValue>? set;

    protected PropertyField(string name, ValueKind kind, PropertyInfo property, int bit)
        : base(name, kind)
    {
        (get, set, RequiredBit, IsDerived) = (Access.Getter<T, TValue>(property), Access.Setter<T, TValue>(property), bit, property.SetMethod is null);
    }

    protected TValue Get(object record) => get(Access.As<T>(record));
    protected void Set(object record, TValue value) => set?.Invoke(Access.As<T>(record), value);

    protected static bool Has<TFound>(TFound? found, out TFound value)
        where TFound : struct
    {
        value = found.GetValueOrDefault();
        return found.HasValue;
    }
}

internal sealed class TextField<T>(string name, PropertyInfo property, int bit) : PropertyField<T, string?>(name, ValueKind.Text, property, bit)
    where T : class
{
    public override string? GetText(object record) => Get(record);
    public override void SetText(object record, string value) => Set(record, value);
}

/// <summary>A list of words in one place: <c>midwest polhurt</c>, parted by spaces or commas.</summary>
internal sealed class ListedField<T>(string name, PropertyInfo property, int bit) : PropertyField<T, IReadOnlyList<string>?>(name, ValueKind.Text, property, bit)
    where T : class
{
    public override string? GetText(object record) => Get(record) is { Count: > 0 } words ? string.Join(' ', words) : null;

    public override void SetText(object record, string value) =>
        Set(record, value.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}

internal sealed class NumberField<T>(string name, PropertyInfo property, int bit) : PropertyField<T, decimal>(name, ValueKind.Number, property, bit)
    where T : class
{
    public override bool TryGetNumber(object record, out decimal value) => Has<decimal>(Get(record), out value);
    public override void SetNumber(object record, decimal value) => Set(record, value);
}

internal sealed class OptionalNumberField<T>(string name, PropertyInfo property, int bit) : PropertyField<T, decimal?>(name, ValueKind.Number, property, bit)
    where T : class
{
    public override bool TryGetNumber(object record, out decimal value) => Has(Get(record), out value);
    public override void SetNumber(object record, decimal value) => Set(record, value);
}

internal sealed class IntegerField<T>(string name, PropertyInfo property, int bit) : PropertyField<T, int>(name, ValueKind.Integer, property, bit)
    where T : class
{
    public override bool TryGetNumber(object record, out decimal value) => Has<decimal>(Get(record), out value);
    public override void SetNumber(object record, decimal value) => Set(record, (int)value);
}

internal sealed class OptionalIntegerField<T>(string name, PropertyInfo property, int bit) : PropertyField<T, int?>(name, ValueKind.Integer, property, bit)
    where T : class
{
    public override bool TryGetNumber(object record, out decimal value) => Has<decimal>(Get(record), out value);
    public override void SetNumber(object record, decimal value) => Set(record, (int)value);
}

internal sealed class DateField<T>(string name, PropertyInfo property, int bit) : PropertyField<T, DateOnly>(name, ValueKind.Date, property, bit)
    where T : class
{
    public override bool TryGetDate(object record, out DateOnly value) => Has<DateOnly>(Get(record), out value);
    public override void SetDate(object record, DateOnly value) => Set(record, value);
}

internal sealed class OptionalDateField<T>(string name, PropertyInfo property, int bit) : PropertyField<T, DateOnly?>(name, ValueKind.Date, property, bit)
    where T : class
{
    public override bool TryGetDate(object record, out DateOnly value) => Has(Get(record), out value);
    public override void SetDate(object record, DateOnly value) => Set(record, value);
}

internal sealed class MomentField<T>(string name, PropertyInfo property, int bit) : PropertyField<T, DateTimeOffset>(name, ValueKind.Moment, property, bit)
    where T : class
{
    public override bool TryGetMoment(object record, out DateTimeOffset value) => Has<DateTimeOffset>(Get(record), out value);
    public override void SetMoment(object record, DateTimeOffset value) => Set(record, value);
}

internal sealed class OptionalMomentField<T>(string name, PropertyInfo property, int bit) : PropertyField<T, DateTimeOffset?>(name, ValueKind.Moment, property, bit)
    where T : class
{
    public override bool TryGetMoment(object record, out DateTimeOffset value) => Has(Get(record), out value);
    public override void SetMoment(object record, DateTimeOffset value) => Set(record, value);
}

internal sealed class FlagField<T>(string name, PropertyInfo property, int bit) : PropertyField<T, bool>(name, ValueKind.Flag, property, bit)
    where T : class
{
    public override bool GetFlag(object record) => Get(record);
    public override void SetFlag(object record, bool value) => Set(record, value);
}

internal sealed class CodeField<T, TEnum> : PropertyField<T, TEnum>
    where T : class
    where TEnum : struct, Enum
{
    public CodeField(string name, PropertyInfo property, int bit)
        : base(name, ValueKind.Code, property, bit) => EnumType = typeof(TEnum);

    public override int? GetCode(object record)
    {
        TEnum value = Get(record);
        return Unsafe.As<TEnum, int>(ref value);
    }

    public override void SetCode(object record, int value) => Set(record, Unsafe.As<int, TEnum>(ref value));
}

internal sealed class OptionalCodeField<T, TEnum> : PropertyField<T, TEnum?>
    where T : class
    where TEnum : struct, Enum
{
    public OptionalCodeField(string name, PropertyInfo property, int bit)
        : base(name, ValueKind.Code, property, bit) => EnumType = typeof(TEnum);

    public override int? GetCode(object record) => Get(record) is { } value ? Unsafe.As<TEnum, int>(ref value) : null;
    public override void SetCode(object record, int value) => Set(record, Unsafe.As<int, TEnum>(ref value));
}

internal sealed class QuantityField<T>(string name, PropertyInfo property, int bit) : PropertyField<T, Quantity>(name, ValueKind.Number, property, bit)
    where T : class
{
    public override bool TryGetNumber(object record, out decimal value) => Has<decimal>(Get(record).Value, out value);
    public override void SetNumber(object record, decimal value) => Set(record, Get(record) with { Value = value });
}

internal sealed class OptionalQuantityField<T>(string name, PropertyInfo property, int bit) : PropertyField<T, Quantity?>(name, ValueKind.Number, property, bit)
    where T : class
{
    /// <summary>The number of a quantity of which only the unit has been read so far.</summary>
    public const decimal Unknown = decimal.MinValue;

    public override bool TryGetNumber(object record, out decimal value) => Has<decimal>(Get(record)?.Value, out value) && value != Unknown;
    public override void SetNumber(object record, decimal value) => Set(record, Get(record).GetValueOrDefault() with { Value = value });

    public override void ForgetUnitAlone(object record)
    {
        if (Get(record) is { Value: Unknown })
            Set(record, null);
    }
}

/// <summary>The unit of a quantity. Alone it makes no quantity, so it carries no required bit: the number does.</summary>
internal sealed class UnitField<T>(string name, PropertyInfo property) : PropertyField<T, Quantity>(name + ".unit", ValueKind.Text, property, -1)
    where T : class
{
    public override bool IsUnit => true;
    public override string? GetText(object record) => Get(record).Unit;
    public override void SetText(object record, string value) => Set(record, Get(record) with { Unit = value });
}

/// <summary>The unit of a quantity that may be missing.</summary>
internal sealed class OptionalUnitField<T>(string name, PropertyInfo property) : PropertyField<T, Quantity?>(name + ".unit", ValueKind.Text, property, -1)
    where T : class
{
    public override bool IsUnit => true;
    public override string? GetText(object record) => Get(record)?.Unit;

    public override void SetText(object record, string value) =>
        Set(record, (Get(record) ?? new Quantity(OptionalQuantityField<T>.Unknown, "")) with { Unit = value });
}
