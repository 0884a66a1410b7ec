using System.Text;
using System.Text.Json.Nodes;
using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Core.Tests.Mapping;

/// <summary>What a written message must keep to beside its mapping.</summary>
public sealed class MessageRulesTests
{
    [Fact]
    public void What_a_partner_s_guide_forbids_is_found_by_the_check_and_does_not_leave()
    {
        MappingSet set = MappingSet.Parse("nordhandel",
        [
            ("purchase-order.edifact.map", "extends base/eancom-d96a/purchase-order\n"),
            ("orders.guide", "guide Nordhandel ORDERS\nfor EDIFACT ORDERS D96A EAN*\nFTX forbidden\n"),
        ], Samples.Load);
        MessageMapping mapping = Assert.Single(set.All);
        WriteResult written = mapping.Write(Samples.PurchaseOrder(), Samples.EdifactContext());
        string[] faults = [.. set.Rules.Check(mapping, written.Bytes).Select(finding => finding.Text)];
        Assert.Contains(faults, fault => fault.Contains("Nordhandel ORDERS does not use FTX", StringComparison.Ordinal));
        Assert.Single(faults);
        Assert.Empty(MessageRules.Standard.Check(mapping, written.Bytes));
        Partner partner = PartnerFile.Load(Path.Combine(Samples.Mappings, "nordhandel")).Partner!;
        RenderedDocument rendered = new PartnerMappings(_ => set).Render(partner, DocumentKind.PurchaseOrder, Samples.PurchaseOrder(), "1", MappingCheck.SampleMoment);
        Assert.Equal("not-valid", Assert.Single(rendered.Diagnostics, finding => finding.Severity == Severity.Error).Code);
    }

    [Fact]
    public void A_guide_that_is_not_understood_names_its_file()
    {
        MappingSet set = MappingSet.Parse("nordhandel", [("orders.guide", "BGM/1004 length\n")], Samples.Load);
        Diagnostic fault = Assert.Single(set.Diagnostics);
        Assert.Equal("nordhandel/orders.guide", fault.Place);
    }

    [Fact]
    public void JSON_that_a_partner_s_schema_does_not_allow_is_found_with_its_place()
    {
        MappingSet set = MappingSet.Parse("central",
        [
            ("purchase-order.json.map", Samples.Load("central/purchase-order.json.map")!),
            ("purchase-order.schema.json", """{ "type": "object", "properties": { "number": { "type": "string", "maxLength": 6 }, "lines": { "items": { "required": ["weight"] } } } }"""),
        ], Samples.Load);
        MessageMapping mapping = Assert.Single(set.All);
        WriteResult written = mapping.Write(Samples.PurchaseOrder(), new MappingContext());
        Assert.False(written.HasErrors, string.Join("\n", written.Diagnostics));
        string[] faults = [.. set.Rules.Check(mapping, written.Bytes).Select(finding => finding.Text)];
        Assert.Equal(3, faults.Length);
        Assert.Contains(faults, fault => fault.Contains("/number: found 10 characters, expected maxLength 6", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("/lines/1: found no weight", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_expected_document_of_a_sample_is_valid_by_the_schema_published_from_the_code()
    {
        int checkedDocuments = 0;
        foreach (string path in Directory.GetFiles(Samples.Mappings, "*" + MappingCheck.ExpectedEnding, SearchOption.AllDirectories))
        {
            DocumentKind kind = DocumentTypes.Kinds.Where(kind => Path.GetFileName(path).StartsWith(DocumentTypes.FileName(kind), StringComparison.Ordinal)).MaxBy(kind => DocumentTypes.FileName(kind).Length);
            if (kind == DocumentKind.Unknown)
                kind = DocumentKind.OrderResponse;
            JsonNode document = JsonNode.Parse(DocumentJson.Write(DocumentJson.Read(Path.GetFileName(path).StartsWith("order-received", StringComparison.Ordinal) ? kind = DocumentKind.OrderResponse : kind, File.ReadAllText(path))))!;
            Assert.Empty(JsonSchemaCheck.Check(JsonNode.Parse(DocumentJson.Schema(kind))!, document).Select(fault => $"{path}: {fault}"));
            checkedDocuments++;
        }
        Assert.True(checkedDocuments >= 60, checkedDocuments.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("""{"number":"1"}""", "found no")]
    [InlineData("""{"number":7}""", "/number: found 7, expected string")]
    [InlineData("""[]""", "found [], expected object")]
    public void A_document_that_is_none_is_found_by_the_published_schema(string json, string fault) =>
        Assert.Contains(JsonSchemaCheck.Check(JsonNode.Parse(DocumentJson.Schema(DocumentKind.PurchaseOrder))!, JsonNode.Parse(json)), found => found.Contains(fault, StringComparison.Ordinal));

    [Theory]
    [InlineData("""{ "oneOf": [ { "type": "string" }, { "type": "integer", "minimum": 3 } ] }""", "2", "fits 0 of 2")]
    [InlineData("""{ "enum": ["a", "b"] }""", "\"c\"", "expected one of")]
    [InlineData("""{ "additionalProperties": false, "properties": { "a": {} } }""", """{ "b": 1 }""", "expected nothing")]
    [InlineData("""{ "$ref": "#/$defs/code", "$defs": { "code": { "pattern": "^[A-Z]+$" } } }""", "\"a1\"", "expected the pattern")]
    [InlineData("""{ "not": { "const": 0 } }""", "0", "excluded")]
    [InlineData("""{ "unevaluatedItems": false }""", "[]", "not understood")]
    public void Each_word_of_JSON_Schema_is_kept_or_said_not_to_be_understood(string schema, string value, string fault) =>
        Assert.Contains(fault, Assert.Single(JsonSchemaCheck.Check(JsonNode.Parse(schema)!, JsonNode.Parse(value))), StringComparison.Ordinal);

    [Fact]
    public void UBL_is_checked_against_the_XSDs_of_a_folder_and_else_said_not_to_be()
    {
        string folder = Directory.CreateTempSubdirectory("uc-xsd-").FullName;
        File.WriteAllText(Path.Combine(folder, "UBL-Order-2.1.xsd"), """
            <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:oasis:names:specification:ubl:schema:xsd:Order-2" elementFormDefault="qualified">
              <xs:element name="Order"><xs:complexType><xs:sequence><xs:element name="Nothing"/></xs:sequence></xs:complexType></xs:element>
            </xs:schema>
            """);
        MappingCheckReport with = MappingCheck.Run(Samples.Mappings, "polhurt", MessageRules.LoadXsd(folder));
        Directory.Delete(folder, recursive: true);
        Assert.Contains(with.Diagnostics, finding => finding.Code == "not-valid" && finding.Text.Contains("[xsd, line", StringComparison.Ordinal));
        Assert.Empty(with.NotChecked);
        MappingCheckReport without = MappingCheck.Run(Samples.Mappings, "polhurt");
        Assert.True(without.Passed);
        Assert.Contains("--xsd", Assert.Single(without.NotChecked), StringComparison.Ordinal);
        Assert.Throws<HubException>(() => MessageRules.LoadXsd(folder));
    }

    [Fact]
    public void A_literal_that_is_no_code_of_the_directory_fails_the_check_with_its_place()
    {
        MessageMapping mapping = Samples.Parse("extends base/eancom-d96a/purchase-order\nreplace NAD+DP | NAD+DQQ+{shipTo.gln}::9'\n");
        MappingProof proof = MappingCheck.Prove(mapping, [], new MappingContext(), [], MessageRules.Standard);
        Diagnostic fault = Assert.Single(proof.Diagnostics, finding => finding.Code == "unknown-code");
        Assert.Contains("'DQQ', which is no code of element 3035", fault.Text, StringComparison.Ordinal);
        Assert.StartsWith("test.map:2:", fault.Place, StringComparison.Ordinal);
    }

    [Fact]
    public void An_order_that_Peppol_forbids_is_named_by_the_id_of_the_rule()
    {
        string order = Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(Samples.Mappings, "polhurt", "samples", "purchase-order.xml")));
        Assert.Empty(PeppolRules.Check(Encoding.UTF8.GetBytes(order)));
        string wrong = order.Replace("<cbc:ID>2</cbc:ID>", "<cbc:ID>1</cbc:ID>", StringComparison.Ordinal);
        Assert.NotEqual(order, wrong);
        Assert.Contains(PeppolRules.Check(Encoding.UTF8.GetBytes(wrong)), fault => fault.StartsWith("PEPPOL-T01-R001", StringComparison.Ordinal));
    }
}
