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
