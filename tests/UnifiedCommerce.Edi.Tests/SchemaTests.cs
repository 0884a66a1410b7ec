using System.Text;
using UnifiedCommerce.Edi.Schemas;

namespace UnifiedCommerce.Edi.Tests;

public sealed class SchemaTests
{
    private static readonly EdiSchemas Schemas = EdiSchemas.Default;

    [Theory]
    [InlineData("D93A", 55)]
    [InlineData("D96A", 125)]
    [InlineData("D96B", 136)]
    [InlineData("D97A", 143)]
    [InlineData("D98A", 157)]
    [InlineData("D99B", 180)]
    [InlineData("D01B", 194)]
    [InlineData("D04A", 192)]
    [InlineData("D07A", 193)]
    [InlineData("D10A", 194)]
    [InlineData("D16A", 195)]
    [InlineData("D21B", 195)]
    public void Every_message_of_a_directory_is_defined_down_to_its_elements(string version, int messages)
    {
        var directory = Schemas.Directory(EdiStandard.Edifact, version)!;
        var structures = directory.MessageTypes.Select(type => directory.Message(type)!).ToList();

        Assert.Equal(messages, structures.Count);
        Assert.All(structures, message => Assert.NotEqual("", message.Name));
        foreach (var message in structures) AssertDefined(message, message.Nodes);
        Assert.All(directory.Elements, element => Assert.NotEqual("", element.Name));

        void AssertDefined(MessageSchema message, IEnumerable<SchemaNode> nodes)
        {
            foreach (var node in nodes)
            {
                if (node.IsGroup)
                {
                    Assert.StartsWith("SG", node.Name, StringComparison.Ordinal);
                    AssertDefined(message, node.Children);
                }
                else
                {
                    Assert.True(directory.Segment(node.Name) is not null, $"{version} {message.Type} uses {node.Name}, which has no definition.");
                }
            }
        }
    }

    [Fact]
    public void ORDERS_of_D96A_has_the_groups_of_the_directory()
    {
        var orders = Schemas.Find(EdiStandard.Edifact, "D96A", "ORDERS")!.Value;

        Assert.True(orders.IsExact);
        Assert.Equal("Purchase order message", orders.Message.Name);
        Assert.Equal("BGM! DTM!35 PAI ALI5 IMD FTX99 SG1 SG2 SG6 SG7 SG8 SG9 SG11 SG12 SG14 SG15 SG17 SG18 SG24 SG25 UNS! MOA12 CNT10 SG54", string.Join(' ', orders.Message.Nodes.Select(Describe)));
        var parties = orders.Message.Nodes.Single(node => node.Name == "SG2");
        Assert.Equal("NAD! LOC25 FII5 SG3 SG4 SG5", string.Join(' ', parties.Children.Select(Describe)));

        static string Describe(SchemaNode node) => node.Name + (node.Mandatory ? "!" : "") + (node.IsGroup || node.MaxRepeats == 1 ? "" : node.MaxRepeats);
    }

    [Fact]
    public void Segments_composites_and_representations_are_those_of_the_directory()
    {
        var directory = Schemas.Directory(EdiStandard.Edifact, "D96A")!;
        var nad = directory.Segment("NAD")!;

        Assert.Equal("NAME AND ADDRESS", nad.Name);
        Assert.Equal("3035 C082 C058 C080 C059 3164 3229 3251 3207", string.Join(' ', nad.Elements.Select(element => element.Id)));
        Assert.True(nad.Elements[0].Mandatory);
        Assert.Equal("an..3", nad.Elements[0].Element!.Representation);
        Assert.Equal("3039 1131 3055", string.Join(' ', nad.Elements[1].Composite!.Components.Select(component => component.Id)));
        Assert.Equal("n..15", directory.Element("6060")!.Representation);
    }

    [Theory]
    [InlineData("D96A", "1001", "220", "Order")]
    [InlineData("D96A", "3035", "SU", "Supplier")]
    [InlineData("D96A", "5153", "VAT", "Value added tax")]
    [InlineData("D96A", "6343", "11", "Payment currency")]
    [InlineData("D01B", "2379", "102", "CCYYMMDD")]
    [InlineData("D21B", "7143", "SRV", "GS1 Global Trade Item Number")]
    [InlineData("D93A", "3035", "BY", "Buyer")]
    public void Codes_have_their_names(string version, string element, string value, string name)
    {
        var codes = Schemas.Directory(EdiStandard.Edifact, version)!.Element(element)!.Codes!;

        Assert.True(codes.Contains(Encoding.ASCII.GetBytes(value)));
        Assert.Equal(name, codes.Meaning(value));
        Assert.False(codes.Contains("~~~"u8));
    }

    [Fact]
    public void Every_listed_code_is_found_by_its_bytes_and_no_code_is_listed_twice()
    {
        foreach (var directory in Schemas.EdifactVersions.Select(version => Schemas.Directory(EdiStandard.Edifact, version)!)
            .Concat(Schemas.X12Versions.Select(version => Schemas.Directory(EdiStandard.X12, version)!)))
        {
            foreach (var element in directory.Elements)
            {
                if (element.Codes is not { } codes) continue;
                foreach (var value in codes.Values)
                {
                    Assert.True(codes.Contains(Encoding.UTF8.GetBytes(value)), $"{directory.Version} {element.Id} {value}");
                    Assert.True(value.Length <= element.MaxLength, $"{directory.Version} {element.Id} lists '{value}', longer than {element.Representation}");
                }

                Assert.True(codes.Values.Distinct(StringComparer.Ordinal).Count() == codes.Values.Length, $"{directory.Version} {element.Id} lists a value twice");
            }
        }
    }

    [Theory]
    [InlineData("D95B", "BAPLIE", "D96A")]
    [InlineData("D03A", "ORDERS", "D04A")]
    [InlineData("D97B", "INVOIC", "D98A")]
    [InlineData("D11A", "INVOIC", "D10A")]
    [InlineData("S93A", "IFTMIN", "D93A")]
    [InlineData("D", "ORDERS", "D96A")]
    [InlineData("", "ORDERS", "D96A")]
    [InlineData("ZZZZZZ", "ORDERS", "D96A")]
    [InlineData("1911", "INVOIC", "D93A")]
    [InlineData("D99Z", "SLSRPT", "D99B")]
    public void An_unknown_EDIFACT_version_falls_back_to_the_nearest(string version, string type, string expected)
    {
        var match = Schemas.Find(EdiStandard.Edifact, version, type)!.Value;

        Assert.Equal(expected, match.Directory.Version);
        Assert.False(match.IsExact);
    }

    [Theory]
    [InlineData("004010VICS", "850", "004010", true)]
    [InlineData("005010X231A1", "999", "005010", true)]
    [InlineData("004060", "856", "004010", false)]
    [InlineData("006020X304", "832", "005010", false)]
    [InlineData("003010", "820", "004010", false)]
    [InlineData("00401", "850", "004010", false)]
    [InlineData("004010", "999", "005010", false)]
    [InlineData("", "850", "004010", false)]
    public void An_X12_version_finds_its_release_or_the_nearest(string version, string type, string expected, bool exact)
    {
        var match = Schemas.Find(EdiStandard.X12, version, type)!.Value;

        Assert.Equal(expected, match.Directory.Version);
        Assert.Equal(exact, match.IsExact);
    }

    [Fact]
    public void Nothing_is_found_for_a_message_that_no_version_has()
    {
        Assert.Null(Schemas.Find(EdiStandard.Edifact, "D96A", "NOSUCH"));
        Assert.Null(Schemas.Find(EdiStandard.X12, "004010", "999999"));
        Assert.Null(Schemas.Find(EdiStandard.None, "", ""));
    }

    [Fact]
    public void The_purchase_order_of_X12_4010_has_its_loops_and_notes()
    {
        var match = Schemas.Find(EdiStandard.X12, "004010", "850")!.Value;
        var line = match.Message.Nodes.Single(node => node is { IsGroup: true, Name: "PO1" });

        Assert.Equal("PO", match.Message.FunctionalGroup);
        Assert.Equal(100000, line.MaxRepeats);
        Assert.Equal("PO1", line.Trigger);
        Assert.Contains("P0607", match.Directory.Segment("PO1")!.Notes.Select(note => note.ToString()));
        Assert.Equal("R 1/17", match.Directory.Element("212")!.Representation);
    }

    [Fact]
    public void CONTRL_and_the_service_segments_exist_for_both_syntaxes()
    {
        Assert.Equal("3", Schemas.Find(EdiStandard.Edifact, "22", "CONTRL")!.Value.Directory.Version);
        Assert.Equal("4", Schemas.Find(EdiStandard.Edifact, "41", "CONTRL")!.Value.Directory.Version);
        Assert.NotNull(Schemas.Service(4).Segment("UNB"));
        Assert.NotNull(Schemas.Service(1).Element("0085")!.Codes!.Meaning("13"));
    }

    [Fact]
    public void TRADACOMS_messages_of_the_samples_are_known()
    {
        var orders = Schemas.Find(EdiStandard.Tradacoms, "9", "ORDERS")!.Value.Message;

        Assert.Equal("CLO ORD DIN DNA OLD OTR", string.Join(' ', orders.Nodes.Select(node => node.Name)));
        Assert.True(orders.Nodes[4].IsGroup);
        Assert.Equal(int.MaxValue, orders.Nodes[4].MaxRepeats);
        Assert.False(orders.Nodes[2].Mandatory);
    }
}
