using System.Globalization;
using System.Text;
using System.Xml.Linq;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Edi;

namespace UnifiedCommerce.Core.Tests.Mapping;

/// <summary>Runs where the corpus lies beside the repository; elsewhere it is reported as skipped.</summary>
internal sealed class CorpusTheoryAttribute : TheoryAttribute
{
    public CorpusTheoryAttribute()
    {
        if (!Directory.Exists(ProposalTests.Corpus))
            Skip = "The corpus ../shared/edi/corpus is not beside the repository.";
    }
}

public sealed class ProposalTests
{
    internal static string Corpus => Path.Combine(Path.GetDirectoryName(Samples.Root)!, "shared", "edi", "corpus");

    [CorpusTheory]
    [InlineData("x12/850/x12-850-036.x12")]
    [InlineData("x12/850/x12-850-038.x12")]
    [InlineData("x12/855/x12-855-012.x12")]
    [InlineData("x12/810/x12-810-021.x12")]
    [InlineData("x12/856/x12-856-023.x12")]
    [InlineData("edifact/ORDERS/edifact-orders-020.edi")]
    [InlineData("edifact/ORDERS/edifact-orders-022.edi")]
    [InlineData("edifact/INVOIC/edifact-invoic-004.edi")]
    [InlineData("eancom/ORDERS/eancom-orders-032.edi")]
    [InlineData("ubl/Order/ubl-order-029.xml")]
    [InlineData("ubl/Invoice/ubl-invoice-035.xml")]
    [InlineData("ubl/Invoice/ubl-invoice-036.xml")]
    [InlineData("ubl/DespatchAdvice/ubl-despatchadvice-014.xml")]
    public void No_unmarked_quantity_unit_price_or_article_of_a_proposal_is_wrong(string file)
    {
        byte[] sample = File.ReadAllBytes(Path.Combine(Corpus, file));
        MappingProposal proposal = MappingProposer.Propose(sample, Samples.Mappings);
        Assert.NotEqual("", proposal.Text);
        MappingParseResult parsed = MessageMapping.Parse(proposal.Text, proposal.FileName, Samples.Load);
        Assert.True(parsed.Mapping is not null, string.Join("\n", parsed.Diagnostics) + "\n" + proposal.Text);
        ReadMessage read = parsed.Mapping!.Read(sample).Messages[0];
        Assert.True(read.Document is not null, string.Join("\n", read.Diagnostics) + "\n" + proposal.Text);
        List<(Item Item, Quantity? Quantity, decimal? Price)> lines = [.. Lines(read.Document!)];
        List<Truth> truth = Path.GetExtension(file) == ".xml" ? XmlTruth(sample) : EdiTruth(sample);
        Assert.Equal(truth.Count, lines.Count);
        bool unitIsMarked = proposal.Unsure.Any(value => value.Place == "lines.unit");
        for (int index = 0; index < truth.Count; index++)
        {
            (Item item, Quantity? quantity, decimal? price) = lines[index];
            if (quantity is { } found)
            {
                Assert.Equal(truth[index].Quantity, found.Value);
                if (!unitIsMarked)
                    Assert.Contains(truth[index].Unit, new[] { found.Unit, found.Unit == "EA" ? "PCE" : "", found.Unit == "C62" ? "UN" : "" });
            }
            if (price is not null and not 0)
                Assert.Contains(price.Value, truth[index].Prices);
            foreach (string id in new[] { item.Gtin, item.SupplierSku, item.BuyerSku, item.ManufacturerPart }.OfType<string>())
                Assert.Contains(id, truth[index].Ids);
        }
    }

    [Fact]
    public void A_new_partner_is_made_from_a_sample_and_its_check_passes()
    {
        string folder = Directory.CreateTempSubdirectory("uc-new-").FullName;
        CopyBase(folder);
        byte[] sample = File.ReadAllBytes(Path.Combine(Samples.Mappings, "hoffmann-bau", "samples", "order.edi"));
        MappingProposal proposal = MappingProposer.Propose(sample, folder);
        string partner = Directory.CreateDirectory(Path.Combine(folder, "nordpol", "samples")).Parent!.FullName;
        File.WriteAllText(Path.Combine(partner, proposal.FileName), proposal.Text + "\n");
        File.WriteAllBytes(Path.Combine(partner, "samples", "order.edi"), sample);
        MessageMapping mapping = Assert.Single(MappingSet.Load(folder, "nordpol").All);
        File.WriteAllText(Path.Combine(partner, "samples", "order.document.json"), DocumentJson.Write(mapping.Read(sample, MappingCheck.ContextOf(folder, "nordpol")).Messages[0].Document!));
        MappingCheckReport report = MappingCheck.Run(folder, "nordpol");
        Directory.Delete(folder, recursive: true);
        Assert.Equal(DocumentKind.Order, proposal.Kind);
        Assert.DoesNotContain(report.Diagnostics, finding => finding.Code is "reads-other" or "round-trip" or "no-mapping");
    }

    [Fact]
    public void Names_that_could_mean_several_things_are_marked_and_map_nothing()
    {
        MappingProposal proposal = MappingProposer.Propose("order_no;pos;ean;qty;unit;price;colour\n77;1;4006381333931;5;EA;3.10;red\n"u8.ToArray(), Samples.Mappings);
        Assert.Contains(proposal.Unsure, value => value.Place == "column price" && value.Candidates.Count > 0);
        Assert.Contains(proposal.Unsure, value => value.Place == "column colour");
        MessageMapping mapping = MessageMapping.Parse(proposal.Text, "t.map").Mapping!;
        Order order = Assert.IsType<Order>(mapping.Read("order_no;pos;ean;qty;unit;price;colour\n77;1;4006381333931;5;EA;3.10;red\n"u8.ToArray()).Messages[0].Document);
        Assert.Null(order.Lines[0].SalesPrice);
        Assert.Equal(new Quantity(5, "EA"), order.Lines[0].Quantity);
    }

    private static void CopyBase(string folder)
    {
        string from = Path.Combine(Samples.Mappings, "base");
        foreach (string path in Directory.GetFiles(from, "*.map", SearchOption.AllDirectories))
        {
            string to = Path.Combine(folder, "base", Path.GetRelativePath(from, path));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(path, to);
        }
    }

    private sealed record Truth(decimal Quantity, string Unit, IReadOnlyList<decimal> Prices, IReadOnlyList<string> Ids);

    private static IEnumerable<(Item, Quantity?, decimal?)> Lines(object document) => document switch
    {
        Order order => order.Lines.Select(line => (line.Item, (Quantity?)line.Quantity, line.SalesPrice)),
        OrderResponse response => response.Lines.Select(line => (line.Item, line.Quantity, line.NetPrice)),
        DespatchAdvice advice => advice.Lines.Select(line => (line.Item, (Quantity?)line.Quantity, (decimal?)null)),
        Invoice invoice => invoice.Lines.Select(line => (line.Item, (Quantity?)line.Quantity, line.NetPrice)),
        _ => [],
    };

    /// <summary>The standard's own reading of a line, without any mapping.</summary>
    private static List<Truth> EdiTruth(byte[] sample)
    {
        List<Truth> truth = [];
        EdiMessage message = EdiDocument.Read(sample).Messages.First();
        decimal quantity = 0;
        string unit = "";
        List<decimal> prices = [];
        List<string> ids = [];
        bool open = false, answered = false;
        void Close()
        {
            if (open && !answered)
                truth.Add(new Truth(quantity, unit, [.. prices], [.. ids]));
            open = false;
        }
        foreach (EdiSegment segment in message.Segments)
        {
            switch (segment.Tag)
            {
                case "PO1" or "IT1":
                    Close();
                    (open, answered, prices, ids) = (true, false, [], []);
                    (quantity, unit) = (Number(segment.Text(2)), segment.Text(3));
                    prices.Add(Number(segment.Text(4)));
                    for (int element = 7; element <= segment.ElementCount; element += 2)
                        ids.Add(segment.Text(element).Trim());
                    break;
                case "ACK":
                    answered = true;
                    truth.Add(new Truth(Number(segment.Text(2)), segment.Text(3), [.. prices], [.. ids, .. Enumerable.Range(8, Math.Max(0, segment.ElementCount - 7)).Select(element => segment.Text(element).Trim())]));
                    break;
                case "LIN" when message.Dialect.Standard == EdiStandard.X12:
                    Close();
                    (open, answered, prices, ids, quantity, unit) = (true, false, [], [], 0, "");
                    for (int element = 3; element <= segment.ElementCount; element += 2)
                        ids.Add(segment.Text(element).Trim());
                    break;
                case "SN1":
                    (quantity, unit) = (Number(segment.Text(2)), segment.Text(3));
                    break;
                case "LIN":
                    Close();
                    (open, answered, prices, ids, quantity, unit) = (true, false, [], [segment.Text(3)], 0, "");
                    break;
                case "PIA":
                    for (int element = 2; element <= segment.ElementCount; element++)
                        ids.Add(segment.Text(element));
                    break;
                case "QTY" when segment.Text(1) is "21" or "47" or "12":
                    (quantity, unit) = (Number(segment.Text(1, 2)), segment.Text(1, 3));
                    break;
                case "PRI" when segment.Text(1) is "AAA" or "INV":
                    prices.Add(Number(segment.Text(1, 2)));
                    break;
                case "UNS":
                    Close();
                    break;
            }
        }
        Close();
        return truth;
    }

    private static List<Truth> XmlTruth(byte[] sample)
    {
        XDocument document = XDocument.Parse(Encoding.UTF8.GetString(sample).TrimStart('\uFEFF'));
        return [.. document.Root!.Elements().Where(element => element.Name.LocalName is "OrderLine" or "InvoiceLine" or "DespatchLine").Select(line =>
        {
            XElement quantity = line.Descendants().First(element => element.Name.LocalName is "Quantity" or "InvoicedQuantity" or "DeliveredQuantity");
            return new Truth(
                Number(quantity.Value),
                quantity.Attribute("unitCode")?.Value ?? "",
                [.. line.Descendants().Where(element => element.Name.LocalName == "PriceAmount").Select(element => Number(element.Value))],
                [.. line.Descendants().Where(element => element.Name.LocalName == "ID").Select(element => element.Value.Trim())]);
        })];
    }

    private static decimal Number(string text) => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) ? number : 0;
}
