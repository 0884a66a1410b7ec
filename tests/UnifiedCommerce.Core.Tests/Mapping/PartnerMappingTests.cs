using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Tests.Mapping;

public sealed class PartnerMappingTests
{
    [Fact]
    public void Every_mapping_is_proven_by_its_samples()
    {
        MappingCheckReport report = MappingCheck.Run(Samples.Mappings);
        Assert.Empty(report.Diagnostics.Where(diagnostic => diagnostic.Severity == Severity.Error).Select(diagnostic => diagnostic.ToString()));
        Assert.True(report.Proofs.Sum(proof => proof.Samples) >= 60);
    }

    [Fact]
    public void At_least_ten_partners_have_mappings_of_five_syntaxes()
    {
        string[] partners = [.. Directory.GetDirectories(Samples.Mappings).Select(folder => Path.GetFileName(folder)).Where(name => name != "base" && Directory.GetFiles(Path.Combine(Samples.Mappings, name), "*.map").Length > 0)];
        Assert.True(partners.Length >= 10, string.Join(", ", partners));
        Assert.Equal(5, partners.SelectMany(partner => MappingSet.Load(Samples.Mappings, partner).All).Select(mapping => mapping.Syntax).Distinct().Count());
    }

    [Theory]
    [InlineData("nordhandel", "order-response.edi", DocumentKind.OrderResponse)]
    [InlineData("midwest", "order-response-to-change.x12", DocumentKind.OrderResponse)]
    [InlineData("midwest", "despatch-advice.x12", DocumentKind.DespatchAdvice)]
    [InlineData("polhurt", "invoice.xml", DocumentKind.Invoice)]
    [InlineData("quickparts", "order-received.json", DocumentKind.OrderResponse)]
    [InlineData("quickparts", "inventory-report.json", DocumentKind.InventoryReport)]
    [InlineData("quickparts", "price-catalogue.json", DocumentKind.PriceCatalogue)]
    [InlineData("central", "despatch-advice.json", DocumentKind.DespatchAdvice)]
    [InlineData("beskid", "order-response-rejected.csv", DocumentKind.OrderResponse)]
    [InlineData("beskid", "invoice.csv", DocumentKind.Invoice)]
    public void A_partner_s_mappings_choose_themselves_for_what_comes_in(string partner, string sample, DocumentKind kind)
    {
        ReadResult result = MappingSet.Load(Samples.Mappings, partner).Read(File.ReadAllBytes(Path.Combine(Samples.Mappings, partner, "samples", sample)));
        Assert.False(result.HasErrors, string.Join("\n", result.Diagnostics.Concat(result.Messages.SelectMany(message => message.Diagnostics))));
        Assert.Equal(kind, result.Messages[0].Kind);
    }

    [Fact]
    public void A_file_that_no_mapping_knows_is_a_finding_that_names_those_there_are()
    {
        ReadResult result = MappingSet.Load(Samples.Mappings, "quickparts").Read("""{"type":"weather","id":"1"}"""u8.ToArray());
        Diagnostic finding = Assert.Single(result.Diagnostics);
        Assert.Equal("no-mapping", finding.Code);
        Assert.Contains("quickparts/invoice.json.map", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_kind_of_document_has_a_schema_made_from_the_code()
    {
        foreach (DocumentKind kind in DocumentTypes.Kinds)
            Assert.Contains("\"$schema\"", DocumentJson.Schema(kind), StringComparison.Ordinal);
        Assert.Contains("\"quantity\"", DocumentJson.Schema(DocumentKind.PurchaseOrder), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("eancom-d96a/receipt-advice")]
    [InlineData("eancom-d96a/sales-report")]
    [InlineData("eancom-d96a/application-advice")]
    [InlineData("x12-4010/receipt-advice")]
    [InlineData("x12-4010/sales-report")]
    [InlineData("x12-4010/application-advice")]
    public void Bases_that_no_partner_extends_are_proven_by_samples_of_their_own(string name)
    {
        MappingProof proof = Assert.Single(MappingCheck.Run(Samples.Mappings, "base").Proofs, proof => proof.Mapping == $"base/{name}.map");
        Assert.Equal(1, proof.Samples);
        Assert.Empty(proof.Diagnostics.Where(finding => finding.Severity == Severity.Error));
    }
}
