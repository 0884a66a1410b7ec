using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using UnifiedCommerce.Core.Mapping;

namespace UnifiedCommerce.Core.Tests.Mapping;

public sealed partial class LanguageGuideTests
{
    private static readonly string Guide = File.ReadAllText(Path.Combine(Samples.Root, "src", "UnifiedCommerce.Core", "Mapping", "README.md")).ReplaceLineEndings("\n");

    public static TheoryData<int> Examples => new(Enumerable.Range(1, 10));

    [GeneratedRegex("```map (?<syntax>\\w+)\\n(?<map>.*?)```\\n```message\\n(?<message>.*?)```\\n```document\\n(?<document>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();

    [Theory]
    [MemberData(nameof(Examples))]
    public void Every_example_of_the_guide_reads_its_message_and_writes_it_back(int number)
    {
        Match example = Example().Matches(Guide)[number - 1];
        MessageMapping mapping = Samples.Parse(example.Groups["map"].Value, $"example-{number}.map");
        Assert.Equal(example.Groups["syntax"].Value, mapping.Syntax.ToString(), ignoreCase: true);
        string message = example.Groups["message"].Value.TrimEnd('\n');
        if (mapping.Syntax == MessageSyntax.Edifact)
            message = $"UNB+UNOC:3+A+B+260302:0900+1'{message}UNZ+1+1'";
        ReadMessage read = Assert.Single(mapping.Read(Encoding.UTF8.GetBytes(message)).Messages);
        Assert.False(read.HasErrors, string.Join("\n", read.Diagnostics));
        JsonNode document = JsonSerializer.SerializeToNode(read.Document, read.Document!.GetType(), DocumentJson.Options)!;
        foreach (string line in example.Groups["document"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] halves = line.Split(" = ");
            JsonNode? at = document;
            foreach (string step in halves[0].Split('/', StringSplitOptions.RemoveEmptyEntries))
                at = at is JsonArray array ? array[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)] : at?[step];
            Assert.True(at is not null, line);
            string actual = at!.GetValueKind() == JsonValueKind.Number ? at.GetValue<decimal>().ToString("0.####", System.Globalization.CultureInfo.InvariantCulture) : at.ToString();
            Assert.Equal(halves[1], actual);
        }
        WriteResult written = mapping.Write(read.Document!, Samples.EdifactContext());
        Assert.False(written.HasErrors, string.Join("\n", written.Diagnostics));
        ReadMessage again = Assert.Single(mapping.Read(written.Bytes).Messages);
        Assert.Empty(DocumentJson.Differences(read.Document!, again.Document!));
    }

    [Fact]
    public void The_guide_names_every_built_in_table()
    {
        foreach (string table in new[] { "rec20", "pce", "x12unit", "x12basis", "edifactResponse", "ublResponse", "x12Response", "x12Line", "lineAction", "invoiceType", "allowanceCharge", "changeAction", "x12Change", "yes", "bool", "country" })
        {
            Assert.Contains(table, Guide, StringComparison.Ordinal);
            Assert.NotNull(MessageMapping.Parse($"document InventoryReport\n     | report;item;stock;unit\neach | lines\n     | {{number}};{{supplierSku}};{{available}};{{unit {table}}}\nend\n", "t.map").Mapping);
        }
    }
}
