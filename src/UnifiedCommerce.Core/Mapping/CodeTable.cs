using System.Globalization;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Codes of a partner for canonical values: any is read, the first is written.</summary>
public sealed class CodeTable
{
    private readonly Dictionary<string, string> canonicalOf = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> codeOf = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> canonicalBySpan;
    private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> codeBySpan;

    /// <summary>An empty table.</summary>
    /// <param name="name">Its name in the mapping.</param>
    public CodeTable(string name)
    {
        Name = name;
        canonicalBySpan = canonicalOf.GetAlternateLookup<ReadOnlySpan<char>>();
        codeBySpan = codeOf.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The name in the mapping.</summary>
    public string Name { get; }
    /// <summary>Values that are in no row pass unchanged (<c>* = *</c>).</summary>
    public bool PassesOthers { get; private set; }
    /// <summary>The canonical value of every code that no row names (<c>Value = *</c>).</summary>
    public string? Fallback { get; private set; }
    /// <summary>All codes that are read.</summary>
    public IReadOnlyCollection<string> Codes => canonicalOf.Keys;
    /// <summary>All canonical values that are written.</summary>
    public IReadOnlyCollection<string> Values => codeOf.Keys;

    /// <summary>Adds a row; false when a code stands in the table already, for another value.</summary>
    /// <param name="value">The canonical value.</param>
    /// <param name="code">The partner's code.</param>
    public bool Add(string value, string code)
    {
        if (code == "*")
        {
            if (value == "*")
                PassesOthers = true;
            else
                Fallback = value;
            return true;
        }
        if (canonicalOf.ContainsKey(code))
            return false;
        canonicalOf[code] = value;
        codeOf.TryAdd(value, code);
        return true;
    }

    /// <summary>The same rows under another name, to add a partner's own codes to.</summary>
    internal CodeTable Copy(string name)
    {
        CodeTable copy = new(name) { PassesOthers = PassesOthers, Fallback = Fallback };
        foreach ((string code, string value) in canonicalOf)
            copy.canonicalOf.Add(code, value);
        foreach ((string value, string code) in codeOf)
            copy.codeOf.Add(value, code);
        return copy;
    }

    internal bool TryRead(ReadOnlySpan<char> code, out string value)
    {
        if (canonicalBySpan.TryGetValue(code, out value!))
            return true;
        if (Fallback is not null)
        {
            value = Fallback;
            return true;
        }
        if (PassesOthers)
        {
            value = ShortText.Of(code);
            return true;
        }
        return false;
    }

    internal bool TryWrite(ReadOnlySpan<char> value, out string code)
    {
        if (codeBySpan.TryGetValue(value, out code!))
            return true;
        code = PassesOthers ? ShortText.Of(value) : "";
        return PassesOthers;
    }

    internal string CodesInWords(int limit = 8) =>
        string.Join(", ", canonicalOf.Keys.Take(limit)) + (canonicalOf.Count > limit ? string.Create(CultureInfo.InvariantCulture, $" and {canonicalOf.Count - limit} more") : "");
}

/// <summary>Strings of units, currencies and other short codes that come again and again are made once.</summary>
internal static class ShortText
{
    private const int Size = 4096;
    private static readonly string?[] Kept = new string?[Size];

    public static string Of(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > 4)
            return text.ToString();
        uint hash = (uint)text.Length;
        foreach (char character in text)
            hash = (hash * 31) + character;
        ref string? slot = ref Kept[hash % Size];
        string? found = slot;
        if (found is not null && text.SequenceEqual(found))
            return found;
        found = text.ToString();
        slot = found;
        return found;
    }
}
