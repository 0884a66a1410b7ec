using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace UnifiedCommerce.Edi.SchemaCompiler;

/// <summary>Reads the structure, representations, names and code values out of one UN/EDIFACT directory (a zip of its texts).</summary>
internal static partial class UntdidReader
{
    private const string Marks = "+*#|X ";

    public static DirectoryFacts Read(string zipPath)
    {
        var version = Path.GetFileNameWithoutExtension(zipPath).ToUpperInvariant();
        var facts = new DirectoryFacts("EDIFACT", version);
        using var zip = ZipFile.OpenRead(zipPath);
        var texts = zip.Entries.Where(entry => entry.Length > 0).ToDictionary(entry => entry.FullName, ReadLines, StringComparer.OrdinalIgnoreCase);

        foreach (var lines in Pick(texts, @"(^|/)(EDED|TRED)\.\w+$")) ReadElements(lines, facts);
        foreach (var lines in Pick(texts, @"(^|/)(EDCD|TRCD)\.\w+$")) ReadComposites(lines, facts);
        foreach (var lines in Pick(texts, @"(^|/)(EDSD|TRSD)\.\w+$")) ReadSegments(lines, facts);
        foreach (var lines in Pick(texts, @"(^|/)UN[CS]L(-\d)?\.\w+$")) ReadCodes(lines, facts);
        foreach (var lines in Pick(texts, @"(^|/)[A-Z]{6}_[DS]\.\w+$")) ReadMessage(lines, facts);
        return facts;
    }

    private static IEnumerable<string[]> Pick(Dictionary<string, string[]> texts, string pattern) =>
        texts.Where(text => Regex.IsMatch(text.Key, pattern, RegexOptions.IgnoreCase)).OrderBy(text => text.Key, StringComparer.Ordinal).Select(text => text.Value);

    private static string[] ReadLines(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        // CP437 box characters in the older releases, Windows-1252 quotes in some code names of the newer ones.
        var text = new StringBuilder(Encoding.Latin1.GetString(memory.ToArray()));
        foreach (var (from, to) in new[] { ('\u00C4', '-'), ('\u00B3', '|'), ('\u00BF', '+'), ('\u00D9', '+'), ('\u00C1', '+'), ('\u00B4', '+'),
            ('\u0091', '\''), ('\u0092', '\''), ('\u0093', '"'), ('\u0094', '"'), ('\u0096', '-'), ('\u00A0', ' ') })
        {
            text.Replace(from, to);
        }

        return text.ToString().Split('\n').Select(line => line.TrimEnd()).ToArray();
    }

    /// <summary>The records of a file: the lines between two rules of dashes.</summary>
    private static IEnumerable<List<string>> Records(string[] lines)
    {
        var record = new List<string>();
        foreach (var line in lines)
        {
            if (line.Length > 20 && line.Trim().All(c => c == '-'))
            {
                if (record.Count > 0) yield return record;
                record = [];
            }
            else if (record.Count > 0 || line.Length > 0)
            {
                record.Add(line);
            }
        }

        if (record.Count > 0) yield return record;
    }

    private static void ReadElements(string[] lines, DirectoryFacts facts)
    {
        foreach (var record in Records(lines))
        {
            var head = ElementHead().Match(record[0]);
            var representation = record.Select(line => Representation().Match(line)).FirstOrDefault(match => match.Success);
            if (!head.Success || representation is null) continue;
            var (type, min, max) = ReadRepresentation(representation.Groups[1].Value);
            facts.Elements[head.Groups[1].Value] = new(head.Groups[1].Value, Name(record, 0, head.Groups[2].Value), type, min, max);
        }
    }

    private static string Name(List<string> record, int index, string first)
    {
        var name = new StringBuilder(UsageMark().Replace(first, "").Trim());
        while (++index < record.Count && record[index].Length > 0 && !record[index].Contains(':', StringComparison.Ordinal))
        {
            name.Append(' ').Append(UsageMark().Replace(record[index], "").Trim());
        }

        return Spaces().Replace(name.ToString(), " ");
    }

    private static (string Type, int Min, int Max) ReadRepresentation(string text)
    {
        var match = Repr().Match(text);
        if (!match.Success) throw new FormatException($"'{text}' is no representation.");
        var max = int.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture);
        return (match.Groups[1].Value, match.Groups[2].Success ? 1 : max, max);
    }

    private static void ReadComposites(string[] lines, DirectoryFacts facts)
    {
        foreach (var record in Records(lines))
        {
            var head = CompositeHead().Match(record[0]);
            if (!head.Success) continue;
            var (uses, notes) = ReadUses(record, facts, topLevelOnly: false);
            if (uses.Count > 0) facts.Composites[head.Groups[1].Value] = new(head.Groups[1].Value, Name(record, 0, head.Groups[2].Value), uses, notes);
        }
    }

    private static void ReadSegments(string[] lines, DirectoryFacts facts)
    {
        foreach (var record in Records(lines))
        {
            var head = SegmentHead().Match(record[0]);
            if (!head.Success) continue;
            var (uses, notes) = ReadUses(record, facts, topLevelOnly: true);
            if (uses.Count > 0) facts.Segments[head.Groups[1].Value] = new(head.Groups[1].Value, Name(record, 0, head.Groups[2].Value), uses, notes);
        }
    }

    /// <summary>The element lines of a record. In a segment a composite's own components follow it up to a blank line and are left out.</summary>
    private static (List<UseFacts> Uses, List<string> Notes) ReadUses(List<string> record, DirectoryFacts facts, bool topLevelOnly)
    {
        var uses = new List<UseFacts>();
        var positions = new List<string>();
        var notes = new List<string>();
        var start = record.FindIndex(line => line.Contains("Function:", StringComparison.Ordinal) || line.Contains("Desc:", StringComparison.Ordinal));
        start = start < 0 ? 1 : record.FindIndex(start, line => line.Length == 0);
        if (start < 0) return (uses, notes);
        var insideComposite = false;
        for (var i = start; i < record.Count; i++)
        {
            if (record[i].Length == 0) { insideComposite = false; continue; }
            var dependency = Dependency().Match(record[i]);
            if (dependency.Success)
            {
                // D5(040,030): positions in the directory's numbering, ten apart; kept as element positions.
                notes.Add($"D{dependency.Groups[1].Value}:{dependency.Groups[2].Value.Replace(" ", "", StringComparison.Ordinal)}");
                continue;
            }

            var line = record[i];
            var use = Use().Match(line);
            if (!use.Success && UseStart().IsMatch(line) && i + 1 < record.Count)
            {
                use = Use().Match(line.TrimEnd() + " " + record[i + 1].TrimStart());
                if (use.Success) i++;
            }

            if (!use.Success) continue;
            var id = use.Groups["id"].Value;
            if (use.Groups["repr"].Success && !facts.Elements.ContainsKey(id))
            {
                var (type, min, max) = ReadRepresentation(use.Groups["repr"].Value);
                facts.Elements[id] = new(id, Spaces().Replace(use.Groups["name"].Value.Trim(), " "), type, min, max);
            }

            if (topLevelOnly && insideComposite && !use.Groups["pos"].Success) continue;
            insideComposite = !char.IsDigit(id[0]);
            positions.Add(use.Groups["pos"].Value);
            uses.Add(new(id, use.Groups["req"].Value == "M", use.Groups["rep"].Success ? int.Parse(use.Groups["rep"].Value, CultureInfo.InvariantCulture) : 1));
        }

        return (uses, notes.Select(note => string.Concat(note.AsSpan(0, 2), ":", string.Join(',', note[3..].Split(',').Select(p => positions.IndexOf(p) + 1)))).ToList());
    }

    private static void ReadCodes(string[] lines, DirectoryFacts facts)
    {
        foreach (var record in Records(lines))
        {
            var head = ElementHead().Match(record[0]);
            if (!head.Success) continue;
            var id = head.Groups[1].Value;
            var repr = record.FindIndex(line => Representation().IsMatch(line));
            if (repr < 0) continue;
            if (!facts.Elements.TryGetValue(id, out var element))
            {
                var (type, min, max) = ReadRepresentation(Representation().Match(record[repr]).Groups[1].Value);
                facts.Elements[id] = element = new(id, Name(record, 0, head.Groups[2].Value), type, min, max);
            }

            element.Codes.Clear();
            var inNote = false;
            for (var i = repr + 1; i < record.Count; i++)
            {
                var line = record[i];
                if (line.Length == 0) { inNote = false; continue; }
                var start = 0;
                while (start < line.Length && start < 4 && Marks.Contains(line[start], StringComparison.Ordinal)) start++;
                while (start < line.Length && (line[start] == ' ' || (line[start] == '-' && start + 1 < line.Length && line[start + 1] == ' '))) start++;
                var end = line.IndexOf(' ', start);
                if (line.AsSpan(start).StartsWith("Note:")) inNote = true;
                if (inNote) continue;
                // Codes begin left of column ten, their wrapped names at ten or eleven, descriptions further right.
                if (start is 10 or 11 && element.Codes.Count > 0 && i > 0 && IsCodeOrName(record[i - 1]))
                {
                    element.Codes[^1] = element.Codes[^1] with { Name = element.Codes[^1].Name + " " + line.Trim() };
                }
                else if (start < 10 && end > 0)
                {
                    element.Codes.Add(new(line[start..end], Spaces().Replace(line[end..].Trim(), " ")));
                }
                else if (start < 10)
                {
                    element.Codes.Add(new(line[start..], ""));
                }
            }
        }
    }

    private static bool IsCodeOrName(string line) => line.Length > 0 && line.Length - line.TrimStart(' ', '+', '*', '#', '|', 'X').Length < 12;

    private static void ReadMessage(string[] lines, DirectoryFacts facts)
    {
        var type = lines.Select(line => MessageType().Match(line)).FirstOrDefault(match => match.Success)?.Groups[1].Value;
        if (type is null) return;
        var name = MessageName(lines);
        var stack = new Stack<List<NodeFacts>>();
        var body = new List<NodeFacts>();
        stack.Push(body);
        foreach (var line in lines)
        {
            var group = GroupRow().Match(line);
            if (group.Success)
            {
                var node = new NodeFacts("SG" + group.Groups[1].Value, group.Groups[2].Value == "M", int.Parse(group.Groups[3].Value, CultureInfo.InvariantCulture), []);
                var depth = group.Groups[4].Value.Count(c => c is '+' or '|');
                if (depth != stack.Count) throw new FormatException($"{facts.Version} {type}: group {group.Groups[1].Value} at depth {depth}, but {stack.Count} expected: {line}");
                stack.Peek().Add(node);
                stack.Push(node.Children!);
                continue;
            }

            var row = SegmentRow().Match(line);
            if (!row.Success) continue;
            var tail = row.Groups[4].Value;
            stack.Peek().Add(new(row.Groups[1].Value, row.Groups[2].Value == "M", int.Parse(row.Groups[3].Value, CultureInfo.InvariantCulture)));
            var open = tail.Count(c => c == '|');
            if (open > stack.Count - 1) throw new FormatException($"{facts.Version} {type}: {open} groups open, but {stack.Count - 1} begun: {line}");
            while (stack.Count - 1 > open) stack.Pop();
        }

        if (stack.Count != 1) throw new FormatException($"{facts.Version} {type}: {stack.Count - 1} groups never close.");
        body.RemoveAll(node => node.Name is "UNH" or "UNT");
        if (body.Count == 0) { Console.Error.WriteLine($"{facts.Version} {type}: no segment table."); return; }
        facts.Messages[type] = new(type, name, "", body);
    }

    private static string MessageName(string[] lines)
    {
        var start = Array.FindIndex(lines, line => line.Contains("(UNSM)", StringComparison.Ordinal) || line.Contains("DRAFT RECOMMENDATION", StringComparison.OrdinalIgnoreCase)
            || line.Contains("STANDARD MESSAGE", StringComparison.OrdinalIgnoreCase));
        var name = string.Join(' ', lines.Skip(start + 1).SkipWhile(line => line.Trim().Length == 0).TakeWhile(line => line.Trim().Length > 0).Select(line => line.Trim()));
        name = Spaces().Replace(name, " ").Replace("MESSAGE MESSAGE", "MESSAGE", StringComparison.Ordinal);
        // D93A shouts.
        return name.Any(char.IsLower) ? name : string.Concat(name[..1], name[1..].ToLowerInvariant());
    }

    [GeneratedRegex(@"^[+*#|X ]*(\d{4})\s+(\S.*)$")] private static partial Regex ElementHead();
    [GeneratedRegex(@"^[+*#|X ]*([CSE]\d{3})\s+(\S.*)$")] private static partial Regex CompositeHead();
    [GeneratedRegex(@"^(?:[+*#|X ]* |)([A-Z]{3})\s+(\S.*)$")] private static partial Regex SegmentHead();
    [GeneratedRegex(@"Repr:\s*(\S+.*)$")] private static partial Regex Representation();
    [GeneratedRegex(@"^(an|a|n)\s*(\.\.)?\s*(\d+)")] private static partial Regex Repr();
    [GeneratedRegex(@"\[[BIC]\]")] private static partial Regex UsageMark();
    [GeneratedRegex(@"\s+")] private static partial Regex Spaces();
    [GeneratedRegex(@"^(?:(?<pos>\d{3})?[+*#|X ]*)\s*(?<id>[CSE]\d{3}|\d{4})\s+(?<name>\S.*?)\s+(?<req>[MC])(?:\s+(?<rep>\d+))?(?:\s+(?<repr>an?\s*(?:\.\.)?\s*\d+|n\s*(?:\.\.)?\s*\d+))?\s*$")] private static partial Regex Use();
    [GeneratedRegex(@"^(?:(?<pos>\d{3})?[+*#|X ]*)\s*(?<id>[CSE]\d{3}|\d{4})\s+\S")] private static partial Regex UseStart();
    [GeneratedRegex(@"D([1-7])\(([\d, ]+)\)")] private static partial Regex Dependency();
    [GeneratedRegex(@"Message\s+Type\s*:\s*([A-Z]{6})")] private static partial Regex MessageType();
    [GeneratedRegex(@"-{2,}\s*Segment\s+group\s+(\d+)\s*-+\s*([MC])\s+(\d+)\s*(.*)$", RegexOptions.IgnoreCase)] private static partial Regex GroupRow();
    [GeneratedRegex(@"^(?:\d{4,5})?[+*#|X ]*\s+([A-Z]{3})\s+\S.*?\s([MC])\s+(\d+)\s*([-+| ]*)$")] private static partial Regex SegmentRow();
}
