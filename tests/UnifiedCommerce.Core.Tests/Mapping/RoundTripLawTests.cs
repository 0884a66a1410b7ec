using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Orders;
using Xunit.Abstractions;

namespace UnifiedCommerce.Core.Tests.Mapping;

/// <summary>
/// The law of every mapping that reads and writes: what it writes it reads back the same, in every field that it reads and writes. Documents are
/// those of the samples with other values, other lines and without what may be absent, from a seed that is printed.
/// </summary>
public sealed class RoundTripLawTests(ITestOutputHelper output)
{
    private const int DocumentsPerSample = 40;

    /// <summary>Fields whose text is free; all others are codes, dates and ids with their own rules.</summary>
    private static readonly string[] FreeTexts = ["description", "name", "street", "city", "contact", "note", "reason", "supplierSku", "buyerSku", "manufacturerPart", "carrier", "trackingNumber", "batch", "contract", "number", "orderNumber"];

    /// <summary>Every mapping of a partner that reads and writes, and every base mapping that does.</summary>
    public static TheoryData<string> Mappings => new(Directory.GetFiles(Samples.Mappings, "*.map", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Samples.Mappings, path).Replace('\\', '/')).Order(StringComparer.Ordinal)
        .Where(file => Parse(file) is { CanRead: true, CanWrite: true } mapping && Documents(file, mapping).Any()));

    [Theory]
    [MemberData(nameof(Mappings))]
    public void What_is_written_is_read_back_the_same_whatever_the_values(string file)
    {
        int seed = file.Aggregate(20260302, (sum, character) => unchecked((sum * 31) + character));
        Random random = new(seed);
        MessageMapping mapping = Parse(file)!;
        MappingContext context = ContextOf(file);
        int written = 0, refused = 0;
        foreach ((string sample, string text) in Documents(file, mapping))
        {
            for (int number = 0; number < DocumentsPerSample; number++)
            {
                JsonNode changed = JsonNode.Parse(text)!;
                Change(changed, "", random, new Dictionary<string, string>(StringComparer.Ordinal));
                object document = DocumentJson.Read(mapping.Document, changed.ToJsonString());
                WriteResult bytes = mapping.Write(document, context);
                if (bytes.HasErrors)
                {
                    // The mapping needs what was left out, or cannot carry it: it says so, which is the other half of the law.
                    Assert.All(bytes.Diagnostics.Where(finding => finding.Severity == Severity.Error), finding => Assert.Contains(finding.Code, new[] { "missing-value", "cannot-write", "missing-constant", "missing-item", "not-carried" }));
                    refused++;
                    continue;
                }
                written++;
                ReadResult again = mapping.Read(bytes.Bytes, context);
                string about = $"seed {seed}, {file}, {sample}, document {number}:\n{DocumentJson.Write(document)}\n{System.Text.Encoding.Latin1.GetString(bytes.Bytes.Span)}\n";
                Assert.True(again.Messages is [{ Document: not null }], about + string.Join("\n", again.Diagnostics.Concat(again.Messages.SelectMany(message => message.Diagnostics))));
                object first = again.Messages[0].Document!;
                string[] lost = [.. DocumentJson.Differences(document, first, 500).Where(difference => IsCarried(mapping, FieldOf(difference.Split(':')[0])))];
                Assert.True(lost.Length == 0, about + string.Join("\n", lost));
                // From then on nothing changes any more, made fields included.
                Assert.Equal(bytes.Bytes.ToArray(), mapping.Write(first, context).Bytes.ToArray());
            }
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {written} documents written and read back, {refused} refused"));
        Assert.True(written > 0, $"All {refused} documents were refused.");
    }

    private static bool IsCarried(MessageMapping mapping, string field) =>
        mapping.ReadFields.Contains(field) && mapping.WrittenFields.Contains(field) && !mapping.OwnFields.Contains(field);

    /// <summary>The name of a field in mappings: <c>/lines/0/item/gtin</c> is <c>lines.gtin</c>.</summary>
    private static string FieldOf(string path)
    {
        string name = string.Join('.', path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => !int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _) && part is not ("item" or "address")));
        name = name.EndsWith("quantity.unit", StringComparison.Ordinal) ? name.Replace("quantity.unit", "unit", StringComparison.Ordinal) : name;
        return name.EndsWith(".value", StringComparison.Ordinal) ? name[..^6] : name;
    }

    private static MessageMapping? Parse(string file) =>
        MessageMapping.Parse(Samples.Load(file)!, file, MappingSet.Loader(Samples.Mappings, file.Split('/')[0])).Mapping;

    /// <summary>A partner's mapping is tried with its own samples, a base with those of all partners.</summary>
    private static IEnumerable<(string Name, string Text)> Documents(string file, MessageMapping mapping)
    {
        string partner = file.Split('/')[0];
        string stem = partner == "base" ? DocumentTypes.FileName(mapping.Document) : Path.GetFileName(file).Split('.')[0];
        return Directory.GetFiles(partner == "base" ? Samples.Mappings : Path.Combine(Samples.Mappings, partner), $"{stem}{MappingCheck.ExpectedEnding}", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Select(path => (Name: Path.GetRelativePath(Samples.Mappings, path), Text: Restricted(file, mapping, File.ReadAllText(path))))
            .Where(document => document.Text.Length > 0);
    }

    /// <summary>The document with what the mapping carries, in the precision in which it does; empty when it cannot carry it at all.</summary>
    private static string Restricted(string file, MessageMapping mapping, string text)
    {
        MappingContext context = ContextOf(file);
        WriteResult written = mapping.Write(DocumentJson.Read(mapping.Document, text), context);
        return !written.HasErrors && mapping.Read(written.Bytes, context).Messages is [{ Document: { } document }] ? DocumentJson.Write(document) : "";
    }

    private static MappingContext ContextOf(string file) =>
        file.StartsWith("base/", StringComparison.Ordinal) ? Samples.EdifactContext() : MappingCheck.ContextOf(Samples.Mappings, file.Split('/')[0]);

    private static void Change(JsonNode node, string name, Random random, Dictionary<string, string> renamed)
    {
        switch (node)
        {
            case JsonArray lines when name is "lines":
                // Some lines less, the others in their order.
                for (int index = lines.Count - 1; index > 0; index--)
                {
                    if (random.Next(4) == 0)
                        lines.RemoveAt(index);
                }
                foreach (JsonNode? line in lines)
                    Change(line!, "", random, renamed);
                // Several answers to one line share its head.
                for (int index = 1; index < lines.Count; index++)
                {
                    if (lines[index]!["position"] is { } position && lines[index - 1]!["position"] is { } before && JsonNode.DeepEquals(position, before) && lines[index - 1]!["netPrice"] is { } price)
                        lines[index]!["netPrice"] = price.DeepClone();
                }
                break;
            case JsonArray items:
                foreach (JsonNode? item in items)
                    Change(item!, name, random, renamed);
                break;
            case JsonObject members:
                foreach ((string member, JsonNode? value) in members.ToArray())
                {
                    if (value is JsonObject or JsonArray)
                        Change(value, member, random, renamed);
                    else if (value is not null && Other(member, value, random, renamed) is { } other)
                        members[member] = other;
                }
                if (name is "buyer" or "supplier" or "shipTo" && members.Count > 1 && random.Next(3) == 0)
                    members.Remove("contact");
                if (random.Next(4) == 0)
                    members.Remove("note");
                break;
        }
    }

    private static JsonNode? Other(string member, JsonNode value, Random random, Dictionary<string, string> renamed)
    {
        if (member == "gtin")
            return Checked(random, value.GetValue<string>().Length);
        if (member == "gln")
            return Checked(random, 13);
        if (member is "netPrice" or "price" or "value" && value.GetValueKind() == JsonValueKind.Number)
        {
            // As many decimals as before: more would be rounded, which a mapping says with digits=.
            string text = value.ToJsonString();
            int decimals = text.Contains('.', StringComparison.Ordinal) ? text.Length - text.IndexOf('.', StringComparison.Ordinal) - 1 : 0;
            return JsonValue.Create(new decimal(random.Next(1, 1_000_000), 0, 0, false, (byte)Math.Min(decimals, 4)));
        }
        if (FreeTexts.Contains(member) && value.GetValueKind() == JsonValueKind.String)
        {
            // What was the same before stays the same: references keep their target.
            string old = value.GetValue<string>();
            if (renamed.TryGetValue(old, out string? known))
                return known;
            int length = random.Next(1, Math.Max(2, value.GetValue<string>().Length));
            return renamed[old] = new string([.. Enumerable.Range(0, length).Select(index => Letters[random.Next(index == 0 || index == length - 1 ? Letters.Length - 8 : Letters.Length)])]);
        }
        return null;
    }

    /// <summary>The last eight never stand at an end: blanks there are trimmed, and the others are delimiters that must be released.</summary>
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .-,+:'/";

    private static string Checked(Random random, int length)
    {
        string body = string.Concat(Enumerable.Range(0, length - 1).Select(index => (char)('0' + random.Next(index == 0 ? 1 : 0, 10))));
        return body + Identifiers.CheckDigit(body).ToString(CultureInfo.InvariantCulture);
    }
}
