using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using UnifiedCommerce.Adapters.Tests.Transports;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Sandbox;

namespace UnifiedCommerce.Adapters.Tests.Sandbox;

/// <summary>The hub's mappings and the simulated suppliers were written apart. Here each reads what the other writes.</summary>
public sealed class SandboxAgreementTests : IAsyncLifetime
{
    private const int Orders = 40;
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 8, 0, 0, TimeSpan.FromHours(1));
    private static readonly string Repository = FindRepository();
    private readonly string root = Directory.CreateTempSubdirectory("uc-sandbox-").FullName;
    private readonly SteppedTime time = new(Start);
    private readonly PartnersReading partners = PartnerFolder.LoadAll(Path.Combine(Repository, "mappings"));
    private readonly PartnerMappings mappings = new(Path.Combine(Repository, "mappings"));
    private readonly ConcurrentQueue<(string Partner, byte[] Bytes)> posted = new();
    private readonly WebApplication hub;
    private DocumentDecoder decoder = null!;

    public SandboxAgreementTests()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        hub = builder.Build();
        hub.MapPost("/api/partners/{partner}/documents", async (HttpContext context, string partner) =>
        {
            using MemoryStream body = new();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            posted.Enqueue((partner, body.ToArray()));
            return Results.Accepted();
        });
    }

    [Theory]
    [InlineData("nordhandel")]
    [InlineData("vandermeer")]
    [InlineData("midwest")]
    [InlineData("polhurt")]
    [InlineData("quickparts")]
    [InlineData("beskid")]
    [InlineData("bergmann")]
    [InlineData("central")]
    public async Task What_the_hub_writes_the_supplier_understands_and_the_other_way_round(string id)
    {
        Partner partner = partners.Partners.Single(each => each.Id == id);
        SupplierProfile profile = SupplierProfile.Samples.Single(each => each.Id == id);
        await using SandboxSuppliers suppliers = await SandboxSuppliers.StartAsync(new SandboxOptions
        {
            Root = root,
            Time = time,
            Seed = 1,
            Hub = new Uri(hub.Urls.Single()),
            Substitutes = WriteSubstitutes(id),
        }, CancellationToken.None);

        Dictionary<string, PurchaseOrder> sent = [];
        for (int n = 1; n <= Orders; n++)
        {
            PurchaseOrder order = OrderFor(partner, n);
            sent[order.Number] = order;
            RenderedDocument rendered = mappings.Render(partner, DocumentKind.PurchaseOrder, order, n.ToString(CultureInfo.InvariantCulture), Start);
            Assert.DoesNotContain(rendered.Diagnostics, diagnostic => diagnostic.Severity == Severity.Error);
            await DeliverAsync(suppliers, partner, profile, order.Number + "-v1", rendered);
        }
        await suppliers.RunDueAsync(time.Now, CancellationToken.None);

        SandboxReport report = suppliers.Report();
        Assert.Empty(report.Unreadable);
        Assert.Empty(report.Doubled);
        Assert.Equal(sent.Values.Select(order => (order.Number, order.Lines.Count, order.LineTotal, order.Currency)).OrderBy(order => order.Number, StringComparer.Ordinal),
            report.Held.Select(held => (held.Number, held.Lines, held.Total, held.Currency)));
        // Forty orders show the whole mix but for what this supplier cannot do.
        Assert.True(report.Held.Select(held => held.Scenario).Distinct().Count() >= 7, string.Join(", ", report.Held.Select(held => held.Scenario).Distinct()));

        time.Step(TimeSpan.FromDays(60));
        SandboxRun run = await suppliers.RunDueAsync(time.Now, CancellationToken.None);
        Assert.Equal((0, null), (run.Failed, run.Reason));
        Dictionary<string, OrderPlan> plans = report.Held.ToDictionary(held => held.Number, held => Behaviour.Plan(1, profile, ReadBack(sent[held.Number], id), item => Substitute(id, item)));
        int answers = 0, despatches = 0, invoices = 0, acknowledgements = 0;
        foreach (byte[] bytes in Documents(id, profile))
        {
            DecodedDocument decoded = decoder.Decode(partner, Stored(partner, bytes));
            string text = System.Text.Encoding.UTF8.GetString(bytes);
            Assert.True(decoded.Diagnostics.All(diagnostic => diagnostic.Severity != Severity.Error), string.Join("\n", decoded.Diagnostics) + "\n" + text);
            acknowledgements += decoded.Acknowledgements.Count;
            Assert.All(decoded.Acknowledgements, acknowledgement => Assert.Equal(AcknowledgementState.Accepted, acknowledgement.State));
            foreach (DecodedMessage message in decoded.Messages)
            {
                Assert.True(message.Document is not null && message.Diagnostics.All(diagnostic => diagnostic.Severity != Severity.Error), string.Join("\n", message.Diagnostics) + "\n" + text);
                switch (message.Document)
                {
                    case OrderResponse { Status: ResponseStatus.Acknowledged }:
                        break;
                    case OrderResponse response:
                        answers++;
                        CheckAnswer(plans[response.OrderNumber], response, text);
                        break;
                    case DespatchAdvice advice:
                        despatches++;
                        CheckDespatch(plans[advice.OrderNumber ?? advice.Lines[0].OrderNumber!], advice, text);
                        break;
                    case Invoice invoice:
                        invoices++;
                        CheckInvoice(plans[invoice.OrderNumber ?? invoice.Lines[0].OrderNumber!], invoice, text);
                        break;
                    default:
                        Assert.Fail($"{message.Kind}: {text}");
                        break;
                }
            }
        }
        Assert.Equal(plans.Values.Count(plan => plan.Scenario != Scenario.Silence), answers);
        Assert.Equal(plans.Values.Sum(plan => plan.Shipments.Count), despatches);
        Assert.Equal(profile.Invoices ? despatches : 0, invoices);
        Assert.True(partner.AcknowledgesOut is TechnicalAcknowledgement.None or TechnicalAcknowledgement.Http || acknowledgements >= Orders);
    }

    [Fact]
    public void Every_partners_mappings_load_without_a_finding() =>
        Assert.Equal("", string.Join("\n", partners.Partners.SelectMany(partner => MappingSet.Load(Path.Combine(Repository, "mappings"), partner.Id).Diagnostics)));

    [Fact]
    public void Sample_catalogues_and_orders_are_read_by_the_partners_mappings()
    {
        List<string> faults = [];
        int orders = 0, prices = 0, stock = 0;
        string samples = Path.Combine(Repository, "samples");
        foreach (string file in Directory.EnumerateFiles(Path.Combine(samples, "catalogues"), "*", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Path.Combine(samples, "orders"), "*", SearchOption.AllDirectories).Where(file => !file.Contains("webshop", StringComparison.Ordinal))))
        {
            Partner partner = partners.Partners.Single(each => each.Id == Path.GetFileName(Path.GetDirectoryName(file)));
            DecodedDocument decoded = decoder.Decode(partner, Stored(partner, File.ReadAllBytes(file)));
            faults.AddRange(decoded.Diagnostics.Concat(decoded.Messages.SelectMany(message => message.Diagnostics)).Where(diagnostic => diagnostic.Severity == Severity.Error)
                .Take(3).Select(diagnostic => $"{Path.GetRelativePath(samples, file)}: {diagnostic}"));
            foreach (object? document in decoded.Messages.Select(message => message.Document))
            {
                switch (document)
                {
                    case Order order:
                        orders++;
                        faults.AddRange(OrderRules.Check(order, new DateOnly(2026, 3, 2)).Select(diagnostic => $"{Path.GetFileName(file)} {order.Number}: {diagnostic}"));
                        break;
                    case PriceCatalogue catalogue:
                        prices += catalogue.Lines.Count;
                        faults.AddRange(catalogue.Lines.Where(line => line.Price <= 0 || line.Unit is null).Take(3).Select(line => $"{Path.GetRelativePath(samples, file)}: {line}"));
                        break;
                    case InventoryReport report:
                        stock += report.Lines.Count;
                        break;
                    case null:
                        faults.Add($"{Path.GetRelativePath(samples, file)}: a message was not read");
                        break;
                }
            }
        }
        Assert.True(faults.Count == 0, string.Join("\n", faults));
        Assert.Equal(36, orders);
        Assert.Equal(prices, stock);
        Assert.InRange(stock, 1500, 2000);
    }

    public async Task InitializeAsync()
    {
        Assert.NotNull(partners.House);
        decoder = new DocumentDecoder(new PartnerBookHolder(new PartnerBook(partners.House, partners.Partners.ToDictionary(partner => partner.Id))), mappings);
        await hub.StartAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await hub.DisposeAsync();
        Directory.Delete(root, true);
    }

    private static void CheckAnswer(OrderPlan plan, OrderResponse response, string text)
    {
        Assert.Equal(plan.Scenario == Scenario.OrderReject ? ResponseStatus.Rejected
            : plan.Lines.All(line => line.Verdict == LineVerdict.Accepted) ? ResponseStatus.Accepted : ResponseStatus.Conditional, response.Status);
        if (response.Lines.Count == 0)
        {
            Assert.True(plan.Lines.All(line => line.Verdict == LineVerdict.Accepted), text);
            return;
        }
        foreach (AnswerLine line in plan.Lines)
        {
            OrderResponseLine[] said = [.. response.Lines.Where(each => each.Position == line.Ordered.Position)];
            string place = $"{plan.Scenario} line {line.Ordered.Position} {line.Verdict}\n{text}";
            Assert.True(said.Length > 0, place);
            decimal backordered = said.Sum(each => each.Status == LineStatus.Backordered ? each.Quantity?.Value ?? 0 : each.BackorderedQuantity?.Value ?? 0);
            decimal confirmed = said.Where(each => each.Status is LineStatus.Accepted or LineStatus.Changed or LineStatus.Substituted).Sum(each => each.Quantity?.Value ?? 0);
            Assert.True(confirmed == line.Now && backordered == line.Later, $"{confirmed} now and {backordered} later, expected {line.Now} and {line.Later}: {place}");
            switch (line.Verdict)
            {
                case LineVerdict.Rejected:
                    Assert.True(said.All(each => each.Status == LineStatus.Rejected), place);
                    break;
                case LineVerdict.Substituted:
                    Assert.True(said[0].Status == LineStatus.Substituted && (said[0].Item.SupplierSku ?? said[0].Item.BuyerSku) == line.SubstituteItem, said[0] + place);
                    break;
                case LineVerdict.Repriced:
                    Assert.True(said[0].NetPrice is null || said[0].NetPrice / said[0].PriceBasis == line.Price / line.Ordered.Basis, place);
                    break;
            }
            DateOnly? promised = line.Later > 0 && line.Now == 0 ? line.LaterArrives : line.Arrives;
            if (line.Verdict is not (LineVerdict.Rejected or LineVerdict.Partial))
            {
                Assert.True((said[0].PromisedDelivery ?? response.PromisedDelivery) == promised, $"{said[0].PromisedDelivery} expected {promised}: {place}");
            }
        }
    }

    private static void CheckDespatch(OrderPlan plan, DespatchAdvice advice, string text)
    {
        Assert.True(plan.Shipments.Any(shipment => shipment.Lines.Select(line => (line.Answer.Ordered.Position, line.Quantity)).Order()
            .SequenceEqual(advice.Lines.Select(line => (line.Position ?? -1, line.Quantity.Value)).Order())), text);
        Assert.False(string.IsNullOrEmpty(advice.TrackingNumber), text);
        Assert.NotNull(advice.EstimatedDelivery);
    }

    private static void CheckInvoice(OrderPlan plan, Invoice invoice, string text)
    {
        Assert.True(plan.Shipments.Any(shipment => shipment.Lines.Select(line => (line.Answer.Ordered.Position, line.Quantity)).Order()
            .SequenceEqual(invoice.Lines.Select(line => (line.Position ?? -1, line.Quantity.Value)).Order())), text);
        decimal charges = invoice.AllowanceCharges.Sum(charge => charge.IsCharge ? charge.Amount : -charge.Amount);
        decimal net = invoice.Lines.Sum(line => line.Amount) + charges;
        Assert.True(invoice.PayableTotal == net + (invoice.TaxTotal ?? 0), $"{net} net, {charges} charges, {invoice.PayableTotal} payable: {text}");
        Assert.Equal(plan.Order.Currency, invoice.Currency);
    }

    private async Task DeliverAsync(SandboxSuppliers suppliers, Partner partner, SupplierProfile profile, string key, RenderedDocument rendered)
    {
        if (!profile.Http)
        {
            await File.WriteAllBytesAsync(Path.Combine(root, "partners", partner.Id, "out", partner.Transport!.FileName.Replace("{key}", key, StringComparison.Ordinal)), rendered.Bytes, CancellationToken.None);
            return;
        }
        using HttpClient client = new();
        using HttpRequestMessage request = new(HttpMethod.Post, suppliers.AddressOf(partner.Transport!.Url!)) { Content = new ByteArrayContent(rendered.Bytes) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(rendered.ContentType);
        request.Headers.Add("Idempotency-Key", key);
        using HttpResponseMessage response = await client.SendAsync(request, CancellationToken.None);
        byte[] answer = await response.Content.ReadAsByteArrayAsync(CancellationToken.None);
        Assert.True(response.StatusCode == HttpStatusCode.Accepted, System.Text.Encoding.UTF8.GetString(answer));
        if (answer.Length > 0)
        {
            posted.Enqueue((partner.Id, answer));
        }
    }

    private IEnumerable<byte[]> Documents(string id, SupplierProfile profile) => profile.Http
        ? posted.Where(document => document.Partner == id).Select(document => document.Bytes)
        : Directory.EnumerateFiles(Path.Combine(root, "partners", id, "in")).Order(StringComparer.Ordinal).Select(File.ReadAllBytes);

    // What the supplier reads depends on its format: units and dates as the mapping writes them.
    private static ReadOrder ReadBack(PurchaseOrder order, string id) => new()
    {
        Number = order.Number,
        Issued = DateOnly.FromDateTime(order.Issued.Date),
        Requested = order.RequestedDelivery,
        Currency = order.Currency,
        Lines = [.. order.Lines.Select(line => new ReadLine(line.Position, line.Item.Gtin, id == "central" ? line.Item.BuyerSku : line.Item.SupplierSku, line.Item.BuyerSku, line.Quantity.Value, line.Quantity.Unit, line.NetPrice, line.PriceBasis))],
    };

    private PurchaseOrder OrderFor(Partner partner, int n) => new()
    {
        Number = $"PO-{n:000000}",
        Issued = Start,
        Buyer = partners.House!.Buyer,
        Supplier = partner.Party,
        ShipTo = partners.House.Warehouse,
        Currency = partner.TermsOn(new DateOnly(2026, 3, 2))!.Currency,
        RequestedDelivery = n % 2 == 0 ? new DateOnly(2026, 3, 18) : null,
        Lines =
        [
            new PurchaseOrderLine { Position = 1, Item = new Item { Gtin = "4017556010014", SupplierSku = "A-1001", BuyerSku = "K-10001", Description = "Pliers" }, Quantity = new Quantity(40, "EA"), NetPrice = 4.15m },
            new PurchaseOrderLine { Position = 2, Item = new Item { Gtin = "15906334010017", SupplierSku = "A-1002", BuyerSku = "K-10087", Description = "Drill, box" }, Quantity = new Quantity(5, "BX"), NetPrice = 12.5m },
            new PurchaseOrderLine { Position = 4, Item = new Item { Gtin = "8718421010035", SupplierSku = "A-1003", BuyerSku = "K-10220", Description = "Screw" }, Quantity = new Quantity(400, "EA"), NetPrice = 2.99m, PriceBasis = 100 },
        ],
    };

    private string WriteSubstitutes(string id)
    {
        string file = Path.Combine(root, "substitutes.csv");
        File.WriteAllText(file, $"partner,item,substitute_item,substitute_gtin\n{id},A-1001,A-1009,4017556010106\n{id},K-10001,K-10009,4017556010106\n");
        return file;
    }

    private static (string, string)? Substitute(string id, string item) => item switch
    {
        "A-1001" when id != "central" => ("A-1009", "4017556010106"),
        "K-10001" when id == "central" => ("K-10009", "4017556010106"),
        _ => null,
    };

    private static StoredDocument Stored(Partner partner, byte[] bytes) => new()
    {
        Partner = partner.Id,
        Transport = "folder",
        Name = "x",
        ReceivedAt = Start,
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)),
        Bytes = bytes,
    };

    private static string FindRepository()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "UnifiedCommerce.sln")))
            {
                return at.FullName;
            }
        }
        throw new DirectoryNotFoundException("Found no UnifiedCommerce.sln above the tests, expected to run inside the repository.");
    }
}
