using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Edi;
using Xunit.Abstractions;

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

/// <summary>As <see cref="CorpusTheoryAttribute"/>, for one case.</summary>
internal sealed class CorpusFactAttribute : FactAttribute
{
    public CorpusFactAttribute()
    {
        if (!Directory.Exists(ProposalTests.Corpus))
            Skip = "The corpus ../shared/edi/corpus is not beside the repository.";
    }
}

public sealed class ProposalTests(ITestOutputHelper output)
{
    internal static string Corpus => Path.Combine(Path.GetDirectoryName(Samples.Root)!, "shared", "edi", "corpus");

    /// <summary>Every file of the corpus of a kind there is a document for, sound or broken.</summary>
    [CorpusFact]
    public void Every_corpus_file_gives_a_mapping_that_checks_or_a_reason_and_the_four_are_never_silently_wrong()
    {
        string folder = Directory.CreateTempSubdirectory("uc-corpus-").FullName;
        CopyBase(folder);
        List<string> faults = [];
        int proposed = 0, refused = 0, green = 0, compared = 0;
        foreach (string row in File.ReadLines(Path.Combine(Corpus, "manifest.csv")).Skip(1))
        {
            string[] cells = row.Split(',');
            string file = cells[1];
            byte[] sample = File.ReadAllBytes(Path.Combine(Corpus, file));
            if (!DocumentSniffer.Peek(sample).Messages.Any(message => message.Kind is not (DocumentKind.Unknown or DocumentKind.Acknowledgement)))
                continue;
            MappingProposal proposal = MappingProposer.Propose(sample, folder);
            if (proposal.Text.Length == 0)
            {
                refused++;
                if (proposal.Diagnostics.Count == 0)
                    faults.Add($"{file}: refused without a reason");
                continue;
            }
            proposed++;
            string id = string.Create(CultureInfo.InvariantCulture, $"p{proposed}");
            string stem = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, id, "samples")).FullName, proposal.FileName.Split('.')[0]);
            File.WriteAllText(Path.Combine(folder, id, proposal.FileName), proposal.Text);
            File.WriteAllBytes(stem + Path.GetExtension(file), sample);
            if (MessageMapping.Parse(proposal.Text, proposal.FileName, MappingSet.Loader(folder, id)).Mapping is not { } mapping)
            {
                faults.Add($"{file}: the mapping does not parse");
                continue;
            }
            ReadMessage? read = mapping.Read(sample).Messages.FirstOrDefault();
            if (read?.Document is { } document)
            {
                File.WriteAllText(stem + MappingCheck.ExpectedEnding, DocumentJson.Write(document));
                compared += Compare(file, sample, proposal, document, faults);
            }
            bool passed = MappingCheck.Run(folder, id).Passed;
            green += passed ? 1 : 0;
            if (!passed && cells[8] == "valid")
                faults.Add($"{file}: {string.Join("; ", MappingCheck.Run(folder, id).Diagnostics.Where(finding => finding.Severity == Severity.Error))}");
        }
        Directory.Delete(folder, recursive: true);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{proposed} mappings proposed, {green} check without errors, {refused} files refused with a reason; {compared} lines compared."));
        Assert.True(faults.Count == 0, string.Join("\n", faults));
        Assert.True(proposed > 200 && compared > 250, $"{proposed} proposed, {compared} lines compared");
    }

    private static int Compare(string file, byte[] sample, MappingProposal proposal, object document, List<string> faults)
    {
        List<(Item Item, Quantity? Quantity, decimal? Price)> lines = [.. Lines(document)];
        // A broken file may be read differently by two readers; whole ones may not.
        List<Truth> truth = file.Contains("bad", StringComparison.Ordinal) || proposal.Kind is DocumentKind.PriceCatalogue or DocumentKind.ReceiptAdvice or DocumentKind.ApplicationAdvice or DocumentKind.OrderChange ? []
            : Path.GetExtension(file) == ".xml" ? XmlTruth(sample) : EdiTruth(sample);
        if (truth.Count == 0)
            return 0;
        if (truth.Count != lines.Count)
        {
            faults.Add($"{file}: {lines.Count} lines read, {truth.Count} in the file");
            return 0;
        }
        bool unitIsMarked = proposal.Unsure.Any(value => value.Place == "lines.unit");
        bool quantityIsMarked = proposal.Unsure.Any(value => value.Place == "lines.quantity");
        for (int index = 0; index < truth.Count; index++)
        {
            (Item item, Quantity? quantity, decimal? price) = lines[index];
            Truth fact = truth[index];
            if (quantity is { } found && !(quantityIsMarked && found.Value == 0))
            {
                if (found.Value != fact.Quantity)
                    faults.Add($"{file} line {index + 1}: quantity {found.Value} instead of {fact.Quantity}");
                bool unknownCode = found.Unit == "ZZ" && proposal.Unsure.Any(value => value.Place.EndsWith(" unit", StringComparison.Ordinal) && value.Sample == fact.Unit);
                if (!unitIsMarked && !unknownCode && found.Unit != fact.Unit && !Units.Contains((found.Unit, fact.Unit)))
                    faults.Add($"{file} line {index + 1}: unit {found.Unit} instead of {fact.Unit}");
            }
            if (price is not null and not 0 && !fact.Prices.Contains(price.Value))
                faults.Add($"{file} line {index + 1}: price {price}");
            faults.AddRange(new[] { item.Gtin, item.SupplierSku, item.BuyerSku, item.ManufacturerPart }.OfType<string>().Where(id => !fact.Ids.Contains(id)).Select(id => $"{file} line {index + 1}: article {id}"));
        }
        return truth.Count;
    }

    /// <summary>Our unit and the X12 or EDIFACT code for it.</summary>
    private static readonly HashSet<(string Ours, string Theirs)> Units = [("EA", "PCE"), ("C62", "UN"), ("H87", "PC"), ("CS", "CA"), ("CA", "CN"), ("KGM", "KG"), ("LBR", "LB"), ("DZN", "DZ"), ("PF", "PL"), ("TU", "TB")];

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
        if (EdiDocument.Read(sample).Messages.FirstOrDefault(found => DocumentSniffer.KindOf(found.Type) is not (DocumentKind.Unknown or DocumentKind.Acknowledgement)) is not { } message)
            return truth;
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
                    // An ACK without a quantity speaks of what was ordered.
                    truth.Add(new Truth(segment.Text(2).Length > 0 ? Number(segment.Text(2)) : quantity, segment.Text(2).Length > 0 ? segment.Text(3) : unit, [.. prices], [.. ids, .. Enumerable.Range(8, Math.Max(0, segment.ElementCount - 7)).Select(element => segment.Text(element).Trim())]));
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
        using XmlReader reader = XmlReader.Create(new MemoryStream(sample), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return [.. XDocument.Load(reader).Descendants()
            .Where(element => element.Name.LocalName is "OrderLine" or "InvoiceLine" or "CreditNoteLine" or "DespatchLine" or "ItemOut" or "InvoiceDetailItem")
            .Select(line =>
            {
                XElement? quantity = line.Descendants().FirstOrDefault(element => element.Name.LocalName is "Quantity" or "InvoicedQuantity" or "CreditedQuantity" or "DeliveredQuantity");
                return new Truth(
                    Number(quantity?.Value ?? line.Attribute("quantity")?.Value ?? ""),
                    quantity?.Attribute("unitCode")?.Value ?? line.Descendants().FirstOrDefault(element => element.Name.LocalName == "UnitOfMeasure")?.Value ?? "",
                    [.. line.Descendants().Where(element => element.Name.LocalName is "PriceAmount" or "Money").Select(element => Number(element.Value))],
                    [.. line.Descendants().Where(element => element.Name.LocalName is "ID" or "SupplierPartID" or "BuyerPartID" or "ManufacturerPartID").Select(element => element.Value.Trim())]);
            })];
    }

    private static decimal Number(string text) => decimal.TryParse(text.Replace(',', '.'), NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) ? number : 0;
}
