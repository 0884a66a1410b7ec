using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using UnifiedCommerce.Core.Mapping;
using Xunit.Abstractions;

namespace UnifiedCommerce.Core.Tests.Mapping;

/// <summary>Compares proposals with what people read in the raw files: <c>Proposals/*.facts</c>, one value a line.</summary>
public sealed class ProposalFactTests(ITestOutputHelper output)
{
    private static readonly string Folder = Path.Combine(Samples.Root, "tests", "UnifiedCommerce.Core.Tests", "Mapping", "Proposals");

    private static string[] Names => [.. Directory.GetFiles(Folder, "*.facts").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Files => new(Names);

    [CorpusTheory]
    [MemberData(nameof(Files))]
    public void No_unmarked_quantity_unit_price_or_article_differs_from_what_the_file_says(string name)
    {
        Judgement judged = Judge(name);
        Assert.Empty(judged.Wrong.Where(wrong => IsOneOfTheFour(wrong)));
        Assert.True(judged.Right > 0, name);
    }

    [CorpusFact]
    public void At_least_ninety_nine_in_a_hundred_unmarked_fields_are_right()
    {
        Judgement[] judged = [.. Names.Select(Judge)];
        int right = judged.Sum(file => file.Right), wrong = judged.Sum(file => file.Wrong.Count), facts = judged.Sum(file => file.Facts), kinds = judged.Select(file => file.Kind).Distinct().Count();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{judged.Length} files of {kinds} kinds: {right} of {right + wrong} unmarked values right, {judged.Sum(file => file.Marked)} left to a person; {facts} facts known."));
        foreach (Judgement file in judged)
        {
            foreach (string difference in file.Wrong)
                output.WriteLine($"{file.Name}: {difference}");
        }
        Assert.True(judged.Length >= 20 && kinds >= 7);
        Assert.True(right >= 0.99 * (right + wrong), $"{right} of {right + wrong} are right:\n" + string.Join("\n", judged.SelectMany(file => file.Wrong.Select(difference => $"{file.Name}: {difference}"))));
        Assert.True(right >= 0.8 * facts, $"Only {right} of {facts} facts are read without asking: marking everything is no proposal.");
    }

    private sealed record Judgement(string Name, string Kind, int Right, List<string> Wrong, int Marked, int Facts);

    private static Judgement Judge(string name)
    {
        string[] rows = File.ReadAllLines(Path.Combine(Folder, name + ".facts"));
        string corpusFile = rows.Single(row => row.StartsWith("file ", StringComparison.Ordinal))[5..];
        Dictionary<string, string> facts = rows.Where(row => row.Contains(" = ", StringComparison.Ordinal)).Select(row => row.Split(" = ", 2)).ToDictionary(halves => halves[0], halves => halves[1], StringComparer.Ordinal);
        byte[] sample = File.ReadAllBytes(Path.Combine(ProposalTests.Corpus, corpusFile));
        MappingProposal proposal = MappingProposer.Propose(sample, Samples.Mappings);
        Assert.True(proposal.Text.Length > 0, string.Join("\n", proposal.Diagnostics));
        MappingParseResult parsed = MessageMapping.Parse(proposal.Text, proposal.FileName, Samples.Load);
        Assert.True(parsed.Mapping is not null, string.Join("\n", parsed.Diagnostics));
        object document = parsed.Mapping!.Read(sample).Messages[0].Document ?? throw new InvalidOperationException($"{name} gives no document.");
        HashSet<string> marked = [.. proposal.Unsure.Select(value => value.Place)];
        bool unitCodesAreMarked = marked.Any(place => place.EndsWith(" unit", StringComparison.Ordinal));
        int right = 0, left = 0;
        List<string> wrong = [];
        foreach ((string path, string value) in Leaves(JsonSerializer.SerializeToNode(document, document.GetType(), DocumentJson.Options)!, ""))
        {
            string field = FieldOf(path);
            if (!parsed.Mapping.ReadFields.Contains(field))
                continue;
            if (marked.Contains(field) || (unitCodesAreMarked && value == "ZZ"))
                left++;
            else if (field == "channel")
                continue;
            else if (facts.TryGetValue(path, out string? fact) && Same(fact, value))
                right++;
            else
                wrong.Add($"{path} = {value}, but the file says {fact ?? "nothing of it"}");
        }
        return new Judgement(name, proposal.Kind.ToString(), right, wrong, left, facts.Count);
    }

    private static bool IsOneOfTheFour(string difference) =>
        new[] { "/quantity/", "Price", "priceBasis", "/price ", "/item/gtin", "/item/supplierSku", "/item/buyerSku", "/item/manufacturerPart" }.Any(part => difference.Contains(part, StringComparison.Ordinal));

    /// <summary>The name of a field in mappings: <c>lines/0/item/gtin</c> is <c>lines.gtin</c>.</summary>
    private static string FieldOf(string path)
    {
        string name = string.Join('.', path.Split('/').Where(part => !int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _) && part is not ("item" or "address")));
        name = name.EndsWith("quantity.unit", StringComparison.Ordinal) ? name.Replace("quantity.unit", "unit", StringComparison.Ordinal) : name;
        return name.EndsWith(".value", StringComparison.Ordinal) ? name[..^6] : name;
    }

    private static bool Same(string fact, string value) =>
        fact == value || (decimal.TryParse(fact, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal one) && decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal other) && one == other && !(fact.Length > 1 && fact[0] == '0' && fact[1] != '.'));

    private static IEnumerable<(string Path, string Value)> Leaves(JsonNode node, string path) => node switch
    {
        JsonObject members => members.Where(member => member.Value is not null).SelectMany(member => Leaves(member.Value!, path.Length == 0 ? member.Key : $"{path}/{member.Key}")),
        JsonArray items => items.SelectMany((item, index) => Leaves(item!, string.Create(CultureInfo.InvariantCulture, $"{path}/{index}"))),
        _ => [(path, node.ToString())],
    };
}
