using System.Collections.Immutable;
using System.Numerics;
using System.Text;

namespace UnifiedCommerce.Edi.Schemas;

/// <summary>The values that a directory lists for a coded element.</summary>
public sealed class CodeList
{
    private readonly ulong[] slots;
    private readonly int shift;
    private readonly HashSet<string>? longValues;
    private readonly Func<int, string>? nameOf;

    internal CodeList(ImmutableArray<string> values, bool isBorrowed, Func<int, string>? nameOf)
    {
        Values = values;
        IsBorrowed = isBorrowed;
        this.nameOf = nameOf;
        // Values of up to eight bytes, nearly all of them, become one integer in an open-addressed table at most half full.
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, values.Length * 2));
        slots = new ulong[size];
        shift = 64 - BitOperations.Log2((uint)size);
        Span<byte> bytes = stackalloc byte[64];
        foreach (var value in values)
        {
            var length = value.Length <= 64 ? Encoding.UTF8.GetBytes(value, bytes) : 9;
            if (length > 8)
            {
                (longValues ??= new(StringComparer.Ordinal)).Add(value);
                continue;
            }

            var key = Pack(bytes[..length]);
            var slot = Slot(key);
            while (slots[slot] != 0 && slots[slot] != key) slot = (slot + 1) & (slots.Length - 1);
            slots[slot] = key;
        }
    }

    /// <summary>The values in ordinal order.</summary>
    public ImmutableArray<string> Values { get; }

    /// <summary>
    /// Whether the list comes from a neighbouring release because this one has none in the facts: its values can be named, but a
    /// value that is missing in it proves nothing.
    /// </summary>
    public bool IsBorrowed { get; }

    /// <summary>Whether the value is listed.</summary>
    /// <param name="value">The value's bytes, without padding.</param>
    public bool Contains(ReadOnlySpan<byte> value)
    {
        if (value.Length > 8) return longValues is not null && longValues.Contains(Encoding.UTF8.GetString(value));
        if (value.IsEmpty) return false;
        var key = Pack(value);
        for (var slot = Slot(key); slots[slot] != 0; slot = (slot + 1) & (slots.Length - 1))
        {
            if (slots[slot] == key) return true;
        }

        return false;
    }

    /// <summary>The name of a value in the directory, or null when it is not listed or has no name.</summary>
    /// <param name="value">The value.</param>
    public string? Meaning(string value)
    {
        var index = Values.BinarySearch(value, StringComparer.Ordinal);
        var name = index < 0 || nameOf is null ? null : nameOf(index);
        return string.IsNullOrEmpty(name) ? null : name;
    }

    internal static ulong Pack(ReadOnlySpan<byte> value)
    {
        ulong key = 0;
        foreach (var b in value) key = (key << 8) | b;
        return key;
    }

    private int Slot(ulong key) => (int)((key * 0x9E3779B97F4A7C15UL) >> shift);
}
