using System.Net;
using System.Text;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.EndToEnd.Tests.Journeys;
using UnifiedCommerce.Hub.Console;
using UnifiedCommerce.Hub.Hosting;

namespace UnifiedCommerce.EndToEnd.Tests.Partners;

/// <summary>The validator, the mapping beside its sample, versions and matching, as a person without scripts meets them.</summary>
public sealed class PartnerPagesTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_suppliers_file_is_answered_with_its_faults_in_plain_words_and_nothing_is_stored()
    {
        await using var hub = await RunningHub.StartAsync(HubRoles.Web);
        using var person = new Browserless(hub);
        const string Faulty = """
            UNA:+.? '
            UNB+UNOC:3+4031902000016:14+8719326000015:14+260302:1130+5021'
            UNH+1+ORDRSP:D:96A:UN:EAN005'
            BGM+231+NHAB700012+4'
            DTM+137:202603021130:203'
            RFF+ON:DAY000001-01'
            NAD+BY+8719326000015::9'
            NAD+SU+4031902000016::9'
            PIA+1+<b>x:SA'
            LIN+1+5+4017556100012:EN'
            QTY+113:2O:PCE'
            UNS+S'
            UNT+20+1'
            UNZ+1+5021'
            """;

        string page = await person.CheckAsync("answer.edi", Encoding.Latin1.GetBytes(Faulty));

        Assert.Contains("4031902000016</span> is Nordhandel Werkzeuge GmbH", page, StringComparison.Ordinal);
        Assert.Contains("ORDRSP D96A EAN005 number NHAB700012", page, StringComparison.Ordinal);
        Assert.Contains("The hub would quarantine", page, StringComparison.Ordinal);
        Assert.Contains("UNT01 counts 20 segments; there are 11.", page, StringComparison.Ordinal);
        Assert.Contains("QTY, element 1, component 2", page, StringComparison.Ordinal);
        Assert.Contains("nordhandel/order-response.edifact.map@", page, StringComparison.Ordinal);
        Assert.Contains("Not named by the mapping", page, StringComparison.Ordinal);
        Assert.Empty((await hub.Service<IViews>().DocumentsAsync(new DocumentFilter(), new PageRequest(null, 5), None)).Items);
    }

    [Fact]
    public async Task A_right_file_is_read_into_a_document_and_called_good()
    {
        await using var hub = await RunningHub.StartAsync(HubRoles.Web);
        using var person = new Browserless(hub);
        foreach (var (partner, file) in new[] { ("nordhandel", "order-response.edi"), ("midwest", "order-response.x12"), ("polhurt", "order-response.xml") })
        {
            string page = await person.CheckAsync(file, await File.ReadAllBytesAsync(Path.Combine(Workbench.Root, "mappings", partner, "samples", file), None), partner == "polhurt" ? partner : "");
            Assert.Contains("The hub would read 1 document", page, StringComparison.Ordinal);
            Assert.Contains("Order number", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_file_is_held_against_the_partner_s_own_guide()
    {
        await using var hub = await RunningHub.StartAsync(HubRoles.Web);
        using var person = new Browserless(hub);
        string right = await File.ReadAllTextAsync(Path.Combine(Workbench.Root, "mappings", "nordhandel", "samples", "purchase-order.edi"), Encoding.Latin1, None);
        Assert.DoesNotContain("Against the guide", await person.CheckAsync("order.edi", Encoding.Latin1.GetBytes(right), "nordhandel"), StringComparison.Ordinal);
        string page = await person.CheckAsync("order.edi", Encoding.Latin1.GetBytes(right.Replace("BGM+220+", "BGM+105+", StringComparison.Ordinal)), "nordhandel");
        Assert.Contains("Against the guide", page, StringComparison.Ordinal);
        Assert.Contains("105", page[page.IndexOf("Against the guide", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><Order xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Order-2\">&a;</Order>", "root:")]
    [InlineData("hello", "The file is neither EDIFACT, X12, XML, JSON nor CSV")]
    [InlineData("", "Choose a file, or paste its text.")]
    public async Task A_hostile_or_foreign_file_is_answered_and_never_followed(string text, string expected)
    {
        await using var hub = await RunningHub.StartAsync(HubRoles.Web);
        using var person = new Browserless(hub);
        string page = await person.CheckAsync("x.xml", Encoding.UTF8.GetBytes(text), "polhurt");
        if (expected == "root:")
        {
            Assert.DoesNotContain(expected, page, StringComparison.Ordinal);
        }
        else
        {
            Assert.Contains(expected, page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_file_above_the_limit_is_refused_with_the_limit()
    {
        await using var hub = await RunningHub.StartAsync(HubRoles.Web);
        using var person = new Browserless(hub);
        Assert.Contains("expected at most", await person.CheckAsync("big.edi", new byte[FileCheck.MaxBytes + 1]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fault_on_disk_is_shown_on_the_partners_page_and_on_home_and_versions_are_compared_and_rolled_back()
    {
        using var files = new MappingsCopy();
        await using var hub = await RunningHub.StartAsync(HubRoles.Web, null, $"Partners:Directory={files.Path}");
        using var person = new Browserless(hub);
        var versions = hub.Service<PartnerVersions>();
        string first = versions.Book.Current.Get("nordhandel").FilesSha256;
        files.Edit("nordhandel/order-response.edifact.map", "timezone Europe/Berlin", "timezone Europe/Vienna");
        await Eventually.HoldsAsync(() => versions.Book.Current.Get("nordhandel").Version == 2, "the change is in force");
        files.Edit("nordhandel/partner.yaml", "minimumOrder: 150", "minimunOrder: 150");
        foreach (string path in new[] { "/partners/nordhandel", "/" })
        {
            string page = "";
            await Eventually.HoldsAsync(async () => (page = WebUtility.HtmlDecode(await person.OpenAsync(path))).Contains("minimunOrder", StringComparison.Ordinal), $"the fault is on {path}");
            Assert.Contains("version 2 stays in force", page, StringComparison.Ordinal);
            Assert.Contains("nordhandel/partner.yaml:49:5", page, StringComparison.Ordinal);
        }
        string second = versions.Book.Current.Get("nordhandel").FilesSha256;
        string compared = WebUtility.HtmlDecode(await person.OpenAsync($"/partners/nordhandel/versions?of={second}&with={first}"));
        Assert.Contains("- timezone Europe/Berlin", compared, StringComparison.Ordinal);
        Assert.Contains("+ timezone Europe/Vienna", compared, StringComparison.Ordinal);

        await person.PressAsync("/partners/nordhandel/versions", "/do/partners/version", ("partner", "nordhandel"), ("version", first), ("reason", "wrong zone"));
        Assert.Equal(first, versions.Book.Current.Get("nordhandel").FilesSha256);
        Assert.Contains("rolled back to version 1: wrong zone", WebUtility.HtmlDecode(await person.OpenAsync("/partners/nordhandel/versions")), StringComparison.Ordinal);
        Assert.Contains("partner.version", await person.OpenAsync("/audit"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mapping_stands_beside_its_sample_and_a_documents_version_leads_there()
    {
        await using var hub = await RunningHub.StartAsync(HubRoles.Web);
        using var person = new Browserless(hub);
        var partner = hub.Service<PartnerBookHolder>().Current.Get("nordhandel");
        string id = hub.Service<PartnerVersions>().MappingsOf(partner).For(DocumentKind.OrderResponse)!.Id;
        string page = WebUtility.HtmlDecode(await person.OpenAsync($"/partners/nordhandel/mapping?at={Uri.EscapeDataString(id)}"));
        Assert.Contains("extends base/eancom-d96a/order-response", page, StringComparison.Ordinal);
        Assert.Contains("base/eancom-d96a/order-response.map", page, StringComparison.Ordinal);
        Assert.Contains("UNH+1+ORDRSP:D:96A:UN:EAN005", page, StringComparison.Ordinal);
        Assert.Contains("As the hub understands it", page, StringComparison.Ordinal);
        Assert.Contains("is in no version", await person.OpenAsync("/partners/nordhandel/mapping?at=nordhandel/order-response.edifact.map@000000000000"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_article_holds_its_line_only_and_matching_it_in_the_console_releases_the_line()
    {
        await using var hub = await RunningHub.StartAsync(HubRoles.Web);
        await using (var work = await hub.Service<IStore>().BeginAsync(None))
        {
            await work.Catalogue.SaveArticlesAsync(
            [
                new Article { Sku = "K-1001", Name = "Hammer drill 750 W with case", BaseUnit = "EA", Gtin = "4017556100012", ManufacturerPart = "HD-750" },
                new Article { Sku = "K-1002", Name = "Wood screw 5 x 60", BaseUnit = "EA" },
            ], None);
            await work.CommitAsync(None);
        }
        using var person = new Browserless(hub);
        long order;
        await using (var work = await hub.Service<IStore>().BeginAsync(None))
        {
            var taken = await hub.Service<Journey>().Intake.TakeInAsync(work, new Order
            {
                Number = "W-1", Channel = "webshop", Buyer = new Party { Id = "C-1", Name = "Customer" }, RequestedDelivery = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().DateTime).AddDays(30),
                Lines =
                [
                    new OrderLine { Id = "1", Item = new Item { SupplierSku = "K-1002" }, Quantity = new Quantity(5, "EA") },
                    new OrderLine { Id = "2", Item = new Item { BuyerSku = "77-12", ManufacturerPart = "HD-750" }, Quantity = new Quantity(1, "EA") },
                    new OrderLine { Id = "3", Item = new Item { Gtin = "4017556100029" }, Quantity = new Quantity(1, "EA") },
                    new OrderLine { Id = "4", Item = new Item { BuyerSku = "77-13", Description = "Hammer drill 750 W" }, Quantity = new Quantity(1, "EA") },
                ],
            }, null, null, "test", None);
            order = taken.Order!.Id;
            // The known line goes on; each of the others has a task with the article as its proposal.
            Assert.Null(taken.Order.Lines[0].Hold);
            await work.CommitAsync(None);
        }
        var tasks = (await hub.Service<IViews>().TasksAsync(true, "unmatched-article", new PageRequest(null, 20), None)).Items;
        Assert.Equal(3, tasks.Count);
        Assert.All(tasks, task => Assert.Contains("\"sku\":\"K-1001\"", task.Data, StringComparison.Ordinal));
        foreach (string why in new[] { "same manufacturer's part number HD-750", "differs by one digit", "Hammer drill 750 W with case" })
        {
            Assert.Contains(tasks, task => task.Text.Contains(why, StringComparison.Ordinal));
        }

        string page = await person.PressAsync("/tasks", "/do/articles/match", ("order", $"{order}"), ("line", "2"), ("sku", "K-1001"));
        Assert.Contains("the number is remembered", page, StringComparison.Ordinal);
        await person.PressAsync("/tasks", "/do/articles/match", ("order", $"{order}"), ("line", "3"), ("sku", "K-1001"));
        var lines = (await hub.ReadAsync(work => work.Orders.LoadAsync([order], None)))[0].Lines;
        Assert.Equal(["K-1002", "K-1001", "K-1001", null], lines.Select(line => line.Sku));
        Assert.Equal([1m, 1m], lines.Skip(1).Take(2).Select(line => line.Open));
        Assert.All(lines.Take(3), line => Assert.Null(line.Hold));
        Assert.Single((await hub.Service<IViews>().TasksAsync(true, "unmatched-article", new PageRequest(null, 20), None)).Items);

        // Both numbers are known the next time.
        await using var again = await hub.Service<IStore>().BeginAsync(None);
        var next = await hub.Service<Journey>().Intake.TakeInAsync(again, new Order
        {
            Number = "W-2", Channel = "webshop", Buyer = new Party { Id = "C-2", Name = "Other" }, RequestedDelivery = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().DateTime).AddDays(30),
            Lines =
            [
                new OrderLine { Id = "1", Item = new Item { ManufacturerPart = "HD-750" }, Quantity = new Quantity(1, "EA") },
                new OrderLine { Id = "2", Item = new Item { Gtin = "4017556100029" }, Quantity = new Quantity(1, "EA") },
            ],
        }, null, null, "test", None);
        Assert.All(next.Order!.Lines, line => Assert.Equal("K-1001", line.Sku));
    }

    [Fact]
    public async Task A_catalogue_teaches_the_suppliers_numbers_and_asks_about_the_article_it_cannot_name()
    {
        await using var hub = await RunningHub.StartAsync(HubRoles.Web);
        using var person = new Browserless(hub);
        var partner = hub.Service<PartnerBookHolder>().Current.Get("nordhandel");
        await using (var work = await hub.Service<IStore>().BeginAsync(None))
        {
            await work.Catalogue.SaveArticlesAsync(
                [new Article { Sku = "K-1", Name = "Hammer drill 750 W", BaseUnit = "EA", Gtin = "4017556100012" }, new Article { Sku = "K-2", Name = "Angle grinder 125 mm", BaseUnit = "EA", ManufacturerPart = "AG-125" }], None);
            await work.CommitAsync(None);
        }
        await using (var work = await hub.Service<IStore>().BeginAsync(None))
        {
            var result = await hub.Service<Journey>().Application.ApplyAsync(work, partner, DocumentKind.PriceCatalogue, new PriceCatalogue
            {
                Number = "C-1", Currency = "EUR",
                Lines =
                [
                    new PriceLine { Item = new Item { SupplierSku = "NH-1", ManufacturerPart = "HD 750", Gtin = "4017556100012" }, Unit = "EA", Price = 80 },
                    new PriceLine { Item = new Item { SupplierSku = "NH-2", ManufacturerPart = "AG-125", Gtin = "4017556999999" }, Unit = "EA", Price = 60 },
                    new PriceLine { Item = new Item { SupplierSku = "NH-3", Description = "Garden hose" }, Unit = "EA", Price = 10 },
                ],
            }, 0, overdue: false, None);
            Assert.Equal(DocumentState.Applied, result.State);
            await work.CommitAsync(None);
        }
        // The first line is in force with its numbers; of the others only the one with a candidate is asked about.
        var references = await hub.ReadAsync(work => work.Catalogue.CrossReferencesAsync(None));
        Assert.Equal(["manufacturer HD 750 K-1", "supplier NH-1 K-1"], references.Where(reference => reference.Partner == "nordhandel").Select(reference => $"{reference.Scheme} {reference.Id} {reference.Sku}").Order(StringComparer.Ordinal));
        var task = Assert.Single((await hub.Service<IViews>().TasksAsync(true, "unmatched-supplier-article", new PageRequest(null, 20), None)).Items);

        Assert.Contains("its price is in force", await person.PressAsync("/tasks", "/do/articles/match-supplier", ("task", $"{task.Id}"), ("sku", "K-2")), StringComparison.Ordinal);
        references = await hub.ReadAsync(work => work.Catalogue.CrossReferencesAsync(None));
        Assert.Contains(references, reference => reference is { Partner: "nordhandel", Scheme: "supplier", Id: "NH-2", Sku: "K-2" });
        Assert.Contains(references, reference => reference is { Partner: "nordhandel", Scheme: "gtin", Id: "04017556999999", Sku: "K-2" });
        var prices = await hub.ReadAsync(work => work.Catalogue.PricesAsync(DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().DateTime), None));
        Assert.Equal(60m, Assert.Single(prices, price => price.Sku == "K-2").Line.Price);
        Assert.Empty((await hub.Service<IViews>().TasksAsync(true, "unmatched-supplier-article", new PageRequest(null, 20), None)).Items);
    }

    [Fact]
    public void A_diff_shows_what_changed_with_three_lines_around_it()
    {
        string older = string.Join('\n', Enumerable.Range(1, 30).Select(line => $"line {line}"));
        string newer = older.Replace("line 15\n", "line fifteen\nline new\n", StringComparison.Ordinal);
        var shown = TextDiff.Of(older, newer);
        Assert.Equal(["- line 15", "+ line fifteen", "+ line new"], shown.Where(line => line.Sign is '-' or '+').Select(line => $"{line.Sign} {line.Line}"));
        Assert.Equal(2, shown.Count(line => line.Sign == '…'));
        Assert.Contains((' ', "line 12"), shown);
        Assert.DoesNotContain((' ', "line 11"), shown);
    }
}
