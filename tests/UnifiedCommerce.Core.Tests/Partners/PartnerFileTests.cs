using System.Text;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;

namespace UnifiedCommerce.Core.Tests.Partners;

public sealed class PartnerFileTests
{
    private const string Good = """
        id: acme
        name: Acme
        role: distributor
        country: DE
        timeZone: Europe/Berlin
        party: { gln: "4031902000016" }
        envelope: { theirId: A, ourId: B }
        transport:
          kind: folder
          outbox: partners/acme/out
        terms:
          - validFrom: 2026-01-01
            currency: EUR
            minimumOrder: 150
            freight: { fixed: 12.50, freeFrom: 750 }
            orderDiscount:
              by: value
              mode: allUnits
              tiers:
                - { from: 2500, rate: 0.02 }
                - { from: 6000, rate: 0.035 }
        """;

    [Fact]
    public void A_partner_file_gives_the_partner_with_its_terms()
    {
        PartnerReading reading = Read(Good);

        Assert.Empty(reading.Diagnostics);
        Partner partner = reading.Partner!;
        Assert.Equal("acme", partner.Id);
        PurchaseTerms terms = partner.TermsOn(new DateOnly(2026, 3, 2))!;
        Assert.Equal(150m, terms.MinimumOrder);
        Assert.Equal(12.50m, terms.FreightFixed);
        Assert.Equal([new DiscountTier(2500, 0.02m), new DiscountTier(6000, 0.035m)], terms.OrderDiscount!.Tiers);
        Assert.Null(partner.TermsOn(new DateOnly(2025, 12, 31)));
        Assert.Equal(64, partner.Sha256.Length);
    }

    [Fact]
    public void A_misspelt_field_is_named_with_its_line_and_the_field_that_was_meant()
    {
        Diagnostic found = Single(Good.Replace("minimumOrder: 150", "minimunOrder: 150", StringComparison.Ordinal));

        Assert.Equal("unknown-field", found.Code);
        Assert.Equal("acme/partner.yaml:14:5", found.Place);
        Assert.Contains("`terms[0].minimunOrder`", found.Text, StringComparison.Ordinal);
        Assert.Contains("Did you mean `minimumOrder`?", found.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("minimumOrder: 150", "minimumOrder: 1,500", "wrong-type", 14)]
    [InlineData("minimumOrder: 150", "minimumOrder: -1", "impossible-value", 14)]
    [InlineData("minimumOrder: 150", "minimumOrder: [150]", "wrong-type", 14)]
    [InlineData("validFrom: 2026-01-01", "validFrom: 01.01.2026", "wrong-type", 12)]
    [InlineData("currency: EUR", "currency: EURO", "impossible-value", 13)]
    [InlineData("rate: 0.02 }", "rate: 2 }", "impossible-value", 20)]
    [InlineData("{ from: 6000", "{ from: 2000", "impossible-value", 20)]
    [InlineData("rate: 0.035", "rate: 0.01", "impossible-value", 20)]
    [InlineData("timeZone: Europe/Berlin", "timeZone: Europe/Berlyn", "impossible-value", 5)]
    [InlineData("country: DE", "country: Germany", "impossible-value", 4)]
    [InlineData("role: distributor", "role: distributer", "impossible-value", 3)]
    [InlineData("\"4031902000016\"", "\"4031902000017\"", "impossible-value", 6)]
    [InlineData("id: acme", "id: other", "impossible-value", 1)]
    [InlineData("outbox: partners/acme/out", "outbox: ../../etc", "impossible-value", 10)]
    [InlineData("kind: folder", "kind: folder\n  url: https://a.example/", "impossible-value", 10)]
    [InlineData("kind: folder", "kind: folder\n  fileName: fixed.edi", "impossible-value", 10)]
    [InlineData("kind: folder", "kind: ftp", "impossible-value", 9)]
    [InlineData("name: Acme", "name: Acme\nname: Acme", "yaml-syntax", 3)]
    [InlineData("  kind: folder", "\tkind: folder", "yaml-syntax", 9)]
    public void A_value_that_cannot_be_is_refused_where_it_stands(string right, string wrong, string code, int line)
    {
        Diagnostic found = Single(Good.Replace(right, wrong, StringComparison.Ordinal));

        Assert.Equal(code, found.Code);
        Assert.StartsWith($"acme/partner.yaml:{line}:", found.Place, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("name: Acme\n", "name")]
    [InlineData("party: { gln: \"4031902000016\" }\n", "party")]
    [InlineData("envelope: { theirId: A, ourId: B }\n", "envelope")]
    [InlineData("    currency: EUR\n", "terms[0].currency")]
    [InlineData("role: distributor\n", "role")]
    public void A_missing_field_is_named(string line, string field)
    {
        Diagnostic found = Single(Good.Replace(line, "", StringComparison.Ordinal));

        Assert.Equal("missing-field", found.Code);
        Assert.Contains($"`{field}`", found.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_sets_of_terms_never_hold_on_one_day()
    {
        Diagnostic found = Single(Good + "\n  - { validFrom: 2026-07-01, currency: EUR }");

        Assert.Equal("overlapping-terms", found.Code);
        Assert.Contains("validTo: 2026-06-30", found.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_distributor_without_terms_is_refused() =>
        Assert.Equal("missing-field", Single(Good[..Good.IndexOf("terms:", StringComparison.Ordinal)]).Code);

    [Fact]
    public void Plain_http_is_only_for_private_networks()
    {
        string https = Good.Replace("kind: folder\n  outbox: partners/acme/out", "kind: https\n  url: http://shop.example/orders", StringComparison.Ordinal);

        Assert.Contains("allowPrivateNetwork", Single(https).Text, StringComparison.Ordinal);
        Assert.Empty(Read(https.Replace("kind: https", "kind: https\n  allowPrivateNetwork: true", StringComparison.Ordinal)).Diagnostics);
    }

    [Fact]
    public void A_mapping_never_lies_outside_the_partners_folder()
    {
        Diagnostic found = Single(Good + "\ndocuments: { purchaseOrder: ../other/x.map }");

        Assert.Equal("impossible-value", found.Code);
    }

    [Fact]
    public void All_faults_of_a_file_are_reported_at_once()
    {
        PartnerReading reading = Read(Good.Replace("name: Acme", "nmae: Acme", StringComparison.Ordinal).Replace("country: DE", "country: de", StringComparison.Ordinal));

        Assert.Null(reading.Partner);
        Assert.Equal(["missing-field", "impossible-value", "unknown-field"], reading.Diagnostics.Select(diagnostic => diagnostic.Code));
    }

    [Fact]
    public void The_sample_partners_load_without_an_error()
    {
        PartnersReading reading = PartnerFolder.LoadAll(Path.Combine(Root(), "mappings"));

        Assert.Empty(reading.Diagnostics.Where(diagnostic => diagnostic.Severity == Severity.Error));
        Assert.NotNull(reading.House);
        Assert.Equal(14, reading.Partners.Count);
        Assert.Equal(6, reading.Partners.Count(partner => partner.Role == PartnerRole.Distributor));
        Assert.Equal(0.9185m, reading.House.RateOn("USD", new DateOnly(2026, 3, 2))!.Rate);
        Assert.All(reading.Partners.Where(partner => partner.Terms.Count > 0), partner =>
        {
            Assert.NotNull(partner.TermsOn(new DateOnly(2026, 3, 2)));
            Assert.Contains(DocumentKind.PurchaseOrder, partner.Documents.Keys);
        });
    }

    [Fact]
    public void Names_that_only_another_file_knows_are_checked()
    {
        string folder = Directory.CreateTempSubdirectory("uc-partners-").FullName;
        try
        {
            string text = Good.Replace("role: distributor", "role: manufacturer\nbehind: [acmee]", StringComparison.Ordinal);
            text = text[..text.IndexOf("terms:", StringComparison.Ordinal)];
            Directory.CreateDirectory(Path.Combine(folder, "acme"));
            File.WriteAllText(Path.Combine(folder, "acme", "partner.yaml"), text);
            Directory.CreateDirectory(Path.Combine(folder, "twin"));
            File.WriteAllText(Path.Combine(folder, "twin", "partner.yaml"), text.Replace("id: acme", "id: twin", StringComparison.Ordinal).Replace("[acmee]", "[acme]", StringComparison.Ordinal));

            PartnersReading reading = PartnerFolder.LoadAll(folder);

            Assert.Equal(["missing-file", "same-identity", "unknown-partner"], reading.Diagnostics.Select(diagnostic => diagnostic.Code).Order());
            Assert.Contains("Did you mean `acme`?", reading.Diagnostics.Single(diagnostic => diagnostic.Code == "unknown-partner").Text, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    private static PartnerReading Read(string yaml) => PartnerFile.Read(Encoding.UTF8.GetBytes(yaml), "acme/partner.yaml", "acme");

    private static Diagnostic Single(string yaml)
    {
        PartnerReading reading = Read(yaml);
        Assert.Null(reading.Partner);
        return Assert.Single(reading.Diagnostics, diagnostic => diagnostic.Severity == Severity.Error);
    }

    internal static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "UnifiedCommerce.sln")))
        {
            folder = folder.Parent;
        }
        return folder?.FullName ?? throw new InvalidOperationException("Found no UnifiedCommerce.sln above the tests, expected to run inside the repository.");
    }
}
