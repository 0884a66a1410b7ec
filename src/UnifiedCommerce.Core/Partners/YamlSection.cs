using System.Globalization;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace UnifiedCommerce.Core.Partners;

/// <summary>A YAML mapping that is read field by field. What was not asked for at the end is an unknown field; every finding names
/// the file, the line and the field, what was found, what was expected.</summary>
internal sealed class YamlSection
{
    /// <summary>Larger files are refused before they are parsed.</summary>
    internal const int MaxBytes = 1024 * 1024;

    private readonly string path;
    private readonly YamlMappingNode node;
    private readonly YamlReading reading;
    private readonly List<string> asked = [];

    private YamlSection(YamlReading reading, string path, YamlMappingNode node)
    {
        this.reading = reading;
        this.path = path;
        this.node = node;
    }

    /// <summary>The root of a file, or null when it cannot be read at all (then the reading says why).</summary>
    internal static YamlSection? Root(YamlReading reading, byte[] bytes)
    {
        if (bytes.Length > MaxBytes)
        {
            reading.Add("yaml-too-large", 1, $"Found {bytes.Length} bytes, expected at most {MaxBytes}. Split the file.");
            return null;
        }
        YamlStream stream = [];
        try
        {
            string decoded = new UTF8Encoding(false, true).GetString(bytes);
            if (LineWithTab(decoded) is { } tab)
            {
                reading.Add("yaml-syntax", tab, "The line is indented with a tab. Indent with spaces.");
                return null;
            }
            using StringReader text = new(decoded);
            stream.Load(text);
        }
        catch (YamlException exception)
        {
            reading.Add("yaml-syntax", exception.Start, $"The YAML cannot be read: {exception.Message.TrimEnd('.')}. Indent with spaces, quote text that holds ': ' or starts with a mark.");
            return null;
        }
        catch (DecoderFallbackException)
        {
            reading.Add("yaml-syntax", 1, "The file is not UTF-8. Save it as UTF-8.");
            return null;
        }
        if (stream.Documents.Count != 1 || stream.Documents[0].RootNode is not YamlMappingNode root)
        {
            reading.Add("yaml-syntax", 1, $"Found {stream.Documents.Count} YAML documents or no fields, expected one document of `field: value` lines.");
            return null;
        }
        return new YamlSection(reading, "", root);
    }

    /// <summary>Where the section begins.</summary>
    internal Mark Start => node.Start;

    /// <summary>Whether the field is written, with any value.</summary>
    internal bool Has(string name) => Node(name) is not null;

    /// <summary>Where a field's value begins; the section's own beginning when the field is absent.</summary>
    internal Mark PlaceOf(string name) => Node(name)?.Start ?? Start;

    /// <summary>Path of a field in messages: <c>terms[1].freight.freeFrom</c>.</summary>
    internal string PathOf(string name) => path.Length == 0 ? name : $"{path}.{name}";

    /// <summary>Reports a value that has the right type and makes no sense.</summary>
    internal void Impossible(string name, string text) => reading.Add("impossible-value", PlaceOf(name), $"`{PathOf(name)}`: {text}");

    /// <summary>Reports with a code of its own.</summary>
    internal void Report(string code, string name, string text) => reading.Add(code, PlaceOf(name), $"`{PathOf(name)}`: {text}");

    /// <summary>Text, or null when absent.</summary>
    internal string? Text(string name)
    {
        switch (Ask(name))
        {
            case null:
                return null;
            case YamlScalarNode { Value: { Length: > 0 } value }:
                return value;
            case var other:
                WrongType(name, other, "text");
                return null;
        }
    }

    /// <summary>Text that must be there; empty when it is not (and reported).</summary>
    internal string Required(string name) => Text(name) ?? Missing(name, "");

    /// <summary>A value parsed from text, or the fallback when absent or wrong.</summary>
    internal T Value<T>(string name, T fallback, string expected, Func<string, (bool Ok, T Value)> parse)
    {
        YamlNode? found = Ask(name);
        if (found is null)
        {
            return fallback;
        }
        if (found is YamlScalarNode { Value: { } text } && parse(text) is (true, var value))
        {
            return value;
        }
        WrongType(name, found, expected);
        return fallback;
    }

    /// <summary>A decimal with a point, at least <paramref name="least"/> and at most <paramref name="most"/>.</summary>
    internal decimal? Number(string name, decimal least = 0, decimal most = 1_000_000_000m)
    {
        decimal? value = Value<decimal?>(name, null, "a number such as 12.50 (a point, no thousands separator, no currency)", text =>
            (decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal parsed), parsed));
        if (value is { } number && (number < least || number > most))
        {
            Impossible(name, string.Create(CultureInfo.InvariantCulture, $"found {number}, expected {least} to {most}."));
            return null;
        }
        return value;
    }

    /// <summary>A rate: 0.03 is 3 %.</summary>
    internal decimal? Rate(string name)
    {
        decimal? value = Number(name, most: 1000);
        if (value >= 1)
        {
            Impossible(name, string.Create(CultureInfo.InvariantCulture, $"found {value}, expected a rate from 0 to below 1. Write 0.03 for 3 %."));
            return null;
        }
        return value;
    }

    /// <summary>A whole number.</summary>
    internal int? Whole(string name, int least = 0, int most = 1_000_000)
    {
        int? value = Value<int?>(name, null, "a whole number", text => (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int parsed), parsed));
        if (value is { } number && (number < least || number > most))
        {
            Impossible(name, $"found {number}, expected {least} to {most}.");
            return null;
        }
        return value;
    }

    /// <summary><c>true</c> or <c>false</c>.</summary>
    internal bool Flag(string name, bool fallback = false) =>
        Value(name, fallback, "true or false", text => (text is "true" or "false", text is "true"));

    /// <summary>A date: 2026-03-02.</summary>
    internal DateOnly? Date(string name) => Value<DateOnly?>(name, null, "a date such as 2026-03-02", ParseDate);

    /// <summary>A time of day: 15:00.</summary>
    internal TimeOnly? Time(string name) => Value<TimeOnly?>(name, null, "a time of day such as 15:00", text =>
        (TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out TimeOnly parsed), parsed));

    /// <summary>A span: <c>30s</c>, <c>20m</c>, <c>4h</c>, <c>2d</c>.</summary>
    internal TimeSpan? Span(string name) => Value<TimeSpan?>(name, null, "a span such as 30s, 20m, 4h or 2d", ParseSpan);

    /// <summary>A span, or <c>never</c> for null.</summary>
    internal TimeSpan? SpanOrNever(string name, TimeSpan? fallback) =>
        Value(name, fallback, "a span such as 4h or 2d, or never", text => text == "never" ? (true, (TimeSpan?)null) : ParseSpan(text));

    /// <summary>One of an enumeration's names in camelCase.</summary>
    internal T Choice<T>(string name, T fallback)
        where T : struct, Enum
    {
        T[] values = Enum.GetValues<T>();
        return Choice(name, values.Select(value => (Camel(value.ToString()), value)).ToArray(), fallback);
    }

    /// <summary>One of some words.</summary>
    internal T Choice<T>(string name, IReadOnlyList<(string Word, T Value)> words, T fallback)
    {
        YamlNode? found = Ask(name);
        if (found is null)
        {
            return fallback;
        }
        if (found is YamlScalarNode { Value: { } text })
        {
            foreach ((string word, T value) in words)
            {
                if (word == text)
                {
                    return value;
                }
            }
            reading.Add("impossible-value", found.Start,
                $"`{PathOf(name)}`: found `{text}`, expected {string.Join(", ", words.Select(word => word.Word))}.{Suggestion.DidYouMean(text, words.Select(word => word.Word))}");
            return fallback;
        }
        WrongType(name, found, string.Join(", ", words.Select(word => word.Word)));
        return fallback;
    }

    /// <summary>A nested section, or null when absent.</summary>
    internal YamlSection? Section(string name)
    {
        switch (Ask(name))
        {
            case null:
                return null;
            case YamlMappingNode mapping:
                return new YamlSection(reading, PathOf(name), mapping);
            case var other:
                WrongType(name, other, "fields on the lines below, indented");
                return null;
        }
    }

    /// <summary>A list of sections.</summary>
    internal IReadOnlyList<T> Sections<T>(string name, Func<YamlSection, T?> read)
        where T : class
    {
        List<T> result = [];
        foreach ((YamlNode item, int index) in Items(name))
        {
            if (item is not YamlMappingNode mapping)
            {
                reading.Add("wrong-type", item.Start, $"`{PathOf(name)}[{index}]`: found {Describe(item)}, expected fields.");
            }
            else
            {
                YamlSection section = new(reading, $"{PathOf(name)}[{index}]", mapping);
                if (read(section) is { } value)
                {
                    result.Add(value);
                }
                section.Done();
            }
        }
        return result;
    }

    /// <summary>A list of values parsed from text.</summary>
    internal IReadOnlyList<T> List<T>(string name, string expected, Func<string, (bool Ok, T Value)> parse)
    {
        List<T> result = [];
        foreach ((YamlNode item, int index) in Items(name))
        {
            if (item is YamlScalarNode { Value: { } text } && parse(text) is (true, var value))
            {
                if (result.Contains(value))
                {
                    reading.Add("impossible-value", item.Start, $"`{PathOf(name)}[{index}]`: `{text}` is there twice.");
                }
                result.Add(value);
            }
            else
            {
                reading.Add("wrong-type", item.Start, $"`{PathOf(name)}[{index}]`: found {Describe(item)}, expected {expected}.");
            }
        }
        return result;
    }

    /// <summary>The keys as written with the section or text of each, for fields whose names are data.</summary>
    internal IReadOnlyList<(string Key, long Line)> Keys() =>
        [.. node.Children.Keys.OfType<YamlScalarNode>().Where(key => key.Value is not null).Select(key => (key.Value!, key.Start.Line))];

    /// <summary>True when the field's value is itself a section.</summary>
    internal bool IsSection(string name) => Node(name) is YamlMappingNode;

    /// <summary>Reports the fields nobody asked for. Call once, after the last field.</summary>
    internal void Done()
    {
        foreach (YamlNode key in node.Children.Keys)
        {
            if (key is not YamlScalarNode { Value: { } name })
            {
                reading.Add("wrong-type", key.Start, "Found a field name that is not text.");
            }
            else if (!asked.Contains(name))
            {
                reading.Add("unknown-field", key.Start,
                    $"`{PathOf(name)}` is not a field here.{Suggestion.DidYouMean(name, asked)} Known: {string.Join(", ", asked.Order(StringComparer.Ordinal))}.");
            }
        }
    }

    /// <summary>Reports a missing field and goes on with a stand-in.</summary>
    internal T Missing<T>(string name, T standIn)
    {
        if (Node(name) is null)
        {
            reading.Add("missing-field", Start, $"`{PathOf(name)}` is missing.");
        }
        return standIn;
    }

    internal static (bool Ok, DateOnly? Value) ParseDate(string text) =>
        (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly parsed), parsed);

    internal static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    private static (bool Ok, TimeSpan? Value) ParseSpan(string text)
    {
        if (text.Length < 2 || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count > 100_000)
        {
            return (false, null);
        }
        return text[^1] switch
        {
            's' => (true, TimeSpan.FromSeconds(count)),
            'm' => (true, TimeSpan.FromMinutes(count)),
            'h' => (true, TimeSpan.FromHours(count)),
            'd' => (true, TimeSpan.FromDays(count)),
            _ => (false, null),
        };
    }

    // The parser reports a tab at the beginning of the block around it, which helps nobody.
    private static int? LineWithTab(string text)
    {
        int number = 0;
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (line[..(line.Length - line.TrimStart().Length)].Contains('\t'))
            {
                return number;
            }
        }
        return null;
    }

    private static string Describe(YamlNode node) => node switch
    {
        YamlScalarNode { Value: null or "" } => "nothing",
        YamlScalarNode scalar => $"`{(scalar.Value!.Length > 60 ? scalar.Value[..60] + "..." : scalar.Value)}`",
        YamlSequenceNode => "a list",
        _ => "fields",
    };

    private IEnumerable<(YamlNode Item, int Index)> Items(string name)
    {
        switch (Ask(name))
        {
            case null:
                return [];
            case YamlSequenceNode sequence:
                return sequence.Children.Select((item, index) => (item, index));
            case var other:
                WrongType(name, other, "a list");
                return [];
        }
    }

    private YamlNode? Ask(string name)
    {
        asked.Add(name);
        return Node(name);
    }

    private YamlNode? Node(string name) => node.Children.TryGetValue(new YamlScalarNode(name), out YamlNode? value) ? value : null;

    private void WrongType(string name, YamlNode found, string expected) =>
        reading.Add("wrong-type", found.Start, $"`{PathOf(name)}`: found {Describe(found)}, expected {expected}.");
}

/// <summary>The findings of reading one file.</summary>
internal sealed class YamlReading(string file)
{
    private readonly List<Diagnostic> diagnostics = [];

    internal IReadOnlyList<Diagnostic> Diagnostics => diagnostics;

    internal bool HasErrors => diagnostics.Exists(diagnostic => diagnostic.Severity == Severity.Error);

    internal void Add(string code, long line, string text) => diagnostics.Add(Diagnostic.Error(code, $"{file}:{line}:1", text));

    internal void Add(string code, Mark at, string text) => diagnostics.Add(Diagnostic.Error(code, $"{file}:{at.Line}:{at.Column}", text));

    internal void Warn(string code, Mark at, string text) => diagnostics.Add(Diagnostic.Warning(code, $"{file}:{at.Line}:{at.Column}", text));
}

/// <summary>Finds the word somebody probably meant.</summary>
internal static class Suggestion
{
    /// <summary>A sentence that proposes the nearest word, or nothing.</summary>
    internal static string DidYouMean(string found, IEnumerable<string> words)
    {
        (string Word, int Distance) best = words.Select(word => (word, Distance(found.ToUpperInvariant(), word.ToUpperInvariant())))
            .DefaultIfEmpty(("", int.MaxValue)).MinBy(pair => pair.Item2);
        return best.Distance <= Math.Max(2, found.Length / 3) && best.Distance < found.Length ? $" Did you mean `{best.Word}`?" : "";
    }

    private static int Distance(string left, string right)
    {
        int[] row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int replace = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replace, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
