using System.Globalization;
using System.Text.RegularExpressions;

namespace UnifiedCommerce.Edi.SchemaCompiler;

/// <summary>Reads `tradacoms.facts`: one segment or message a line, in a notation explained at its head.</summary>
internal static partial class TradacomsFacts
{
    public static DirectoryFacts Read(string path)
    {
        var facts = new DirectoryFacts("TRADACOMS", "1");
        foreach (var line in File.ReadLines(path).Where(line => line.Length > 0 && line[0] != '#'))
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            var head = line[..colon].Split(' ', 3);
            if (head[0] == "segment") AddSegment(facts, head[1], head[2], line[(colon + 2)..]);
            else facts.Messages[head[1]] = new(head[1], head[2], "", Body(new Queue<string>(Token().Matches(line[(colon + 2)..]).Select(match => match.Value))));
        }

        return facts;
    }

    private static void AddSegment(DirectoryFacts facts, string tag, string name, string elements)
    {
        var uses = new List<UseFacts>();
        foreach (var (text, index) in Element().Matches(elements).SelectMany(Repeated).Select((text, index) => (text, index + 1)))
        {
            var id = $"{tag}{index:00}";
            var mandatory = text.EndsWith('!');
            if (text[0] == '(')
            {
                var parts = text.Trim('(', ')', '!').Split(',', StringSplitOptions.TrimEntries).SelectMany(Repeated);
                var components = parts.Select((part, i) => new UseFacts(AddElement(facts, $"{id}-{i + 1}", part), false, 1)).ToList();
                facts.Composites[id] = new(id, "", components, []);
                uses.Add(new(id, mandatory, 1));
            }
            else
            {
                uses.Add(new(AddElement(facts, id, text), mandatory, 1));
            }
        }

        facts.Segments[tag] = new(tag, name, uses, []);
    }

    private static IEnumerable<string> Repeated(Match match) => Repeated(match.Value);

    /// <summary>`an..40x4` stands for four of them.</summary>
    private static IEnumerable<string> Repeated(string text)
    {
        var match = Times().Match(text);
        return match.Success ? Enumerable.Repeat(match.Groups[1].Value, int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)) : [text];
    }

    private static string AddElement(DirectoryFacts facts, string id, string representation)
    {
        var match = Representation().Match(representation);
        if (!match.Success) throw new FormatException($"{id}: '{representation}' is no representation.");
        var max = int.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture);
        facts.Elements[id] = new(id, "", match.Groups[1].Value, match.Groups[2].Success ? 1 : max, max);
        return id;
    }

    private static List<NodeFacts> Body(Queue<string> tokens)
    {
        var body = new List<NodeFacts>();
        while (tokens.TryDequeue(out var token) && token[0] != ']')
        {
            List<NodeFacts>? children = token == "[" ? Body(tokens) : null;
            // After a group its closing bracket's mark follows as a token of its own.
            var mark = children is null ? token[^1] : tokens.Dequeue()[0];
            var name = children is null ? token.TrimEnd('!', '+', '*', '?') : children[0].Name;
            body.Add(new(name, mark is '!' or '+', mark is '+' or '*' ? 0 : 1, children));
        }

        return body;
    }

    [GeneratedRegex(@"\([^)]*\)(?:x\d+|!)?|[^\s,()]+")] private static partial Regex Element();
    [GeneratedRegex(@"^(.*[\d)])x(\d+)$")] private static partial Regex Times();
    [GeneratedRegex(@"\[|\]|[!+*?]|[A-Z]{2,3}[!+*?]")] private static partial Regex Token();
    [GeneratedRegex(@"^(an|a|n)(\.\.)?(\d+)!?$")] private static partial Regex Representation();
}
