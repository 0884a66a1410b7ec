namespace UnifiedCommerce.Core.Mapping;

/// <summary>Collects diagnostics.</summary>
internal sealed class Findings
{
    /// <summary>More than this many findings of one message help nobody.</summary>
    public const int Limit = 1_000;

    public List<Diagnostic> All { get; } = [];
    public bool HasErrors { get; private set; }

    public void Error(string code, TextPlace place, string text) => Add(Diagnostic.Error(code, place.ToString(), text));
    public void Warning(string code, TextPlace place, string text) => Add(Diagnostic.Warning(code, place.ToString(), text));
    public void Error(string code, string place, string text) => Add(Diagnostic.Error(code, place, text));
    public void Warning(string code, string place, string text) => Add(Diagnostic.Warning(code, place, text));

    public void Add(Diagnostic diagnostic)
    {
        HasErrors |= diagnostic.Severity == Severity.Error;
        if (All.Count < Limit)
            All.Add(diagnostic);
    }
}

/// <summary>"Did you mean": the nearest of the names that are known.</summary>
internal static class Suggest
{
    public static string DidYouMean(string found, IEnumerable<string> known)
    {
        string[] near = Nearest(found, known);
        return near.Length == 0 ? "" : $" Did you mean {string.Join(" or ", near)}?";
    }

    public static string[] Nearest(string found, IEnumerable<string> known)
    {
        int limit = Math.Max(2, found.Length / 3);
        return [.. known.Distinct(StringComparer.Ordinal)
            .Select(name => (Name: name, Distance: Math.Min(Distance(found, name), LastPart(found, name))))
            .Where(pair => pair.Distance <= limit)
            .OrderBy(pair => pair.Distance).ThenBy(pair => pair.Name, StringComparer.Ordinal)
            .Take(2).Select(pair => pair.Name)];
    }

    private static int LastPart(string found, string name)
    {
        // "gln" is near "buyer.gln".
        int dot = name.LastIndexOf('.');
        return dot >= 0 && string.Equals(name[(dot + 1)..], found, StringComparison.OrdinalIgnoreCase) ? 1 : int.MaxValue;
    }

    private static int Distance(string left, string right)
    {
        if (left.Length > 80 || right.Length > 80)
            return int.MaxValue;
        int[] row = new int[right.Length + 1];
        for (int column = 0; column <= right.Length; column++)
            row[column] = column;
        for (int at = 1; at <= left.Length; at++)
        {
            int diagonal = row[0];
            row[0] = at;
            for (int column = 1; column <= right.Length; column++)
            {
                int cost = char.ToLowerInvariant(left[at - 1]) == char.ToLowerInvariant(right[column - 1]) ? 0 : 1;
                int value = Math.Min(Math.Min(row[column] + 1, row[column - 1] + 1), diagonal + cost);
                diagonal = row[column];
                row[column] = value;
            }
        }
        return row[right.Length];
    }
}
