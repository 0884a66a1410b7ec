using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Routing;
using UnifiedCommerce.Hub.Hosting;

namespace UnifiedCommerce.Browser.Tests;

/// <summary>A hub with a small trade of its own (three orders, two suppliers, one decided run) and a browser that looks at it.</summary>
public sealed class ConsoleFixture : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("uc-console-").FullName;
    private IPlaywright? _playwright;

    public HubApplication Hub { get; private set; } = null!;
    public string Address { get; private set; } = "";
    public IBrowser Browser { get; private set; } = null!;
    /// <summary>What the browser's console called an error: blocked scripts and styles, missing files.</summary>
    public ConcurrentQueue<string> Errors { get; } = new();
    public long RunId { get; private set; }
    public long PurchaseId { get; private set; }
    public long QuarantinedId { get; private set; }
    public long DispatchId { get; private set; }
    /// <summary>The file of the hub's memory.</summary>
    public string Database => Directory.EnumerateFiles(_data, "*.db").Single();
    public long JobId { get; private set; }

    public async Task InitializeAsync()
    {
        if (BrowserFactAttribute.Executable is not { } executable)
        {
            return;
        }
        Hub = await HubApplication.BuildAsync(new HubOptions { Data = _data, Urls = "http://127.0.0.1:0", Roles = HubRoles.Web }, CancellationToken.None);
        await Hub.StartAsync(CancellationToken.None);
        Address = Hub.Addresses.First();
        await SeedAsync();
        _playwright = await Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = executable, Args = ["--no-sandbox", "--disable-gpu"] });
    }

    public async Task DisposeAsync()
    {
        if (_playwright is null)
        {
            return;
        }
        await Browser.CloseAsync();
        _playwright.Dispose();
        await Hub.StopAsync(CancellationToken.None);
        await Hub.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    /// <summary>Opens a page in a context of its own.</summary>
    public async Task<IPage> OpenAsync(string path, int width = 1280, int height = 900, ColorScheme colours = ColorScheme.Light)
    {
        Assert.True(Browser is not null, "Chromium is not installed and UC_REQUIRE_SERVERS=1 demands it.");
        var context = await Browser.NewContextAsync(new BrowserNewContextOptions { BaseURL = Address, ViewportSize = new ViewportSize { Width = width, Height = height }, ColorScheme = colours });
        var page = await context.NewPageAsync();
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                Errors.Enqueue($"{page.Url}: {message.Text}");
            }
        };
        var answer = await page.GotoAsync(path);
        Assert.Equal(200, answer!.Status);
        return page;
    }

    private async Task SeedAsync()
    {
        var none = CancellationToken.None;
        var store = Hub.Services.GetRequiredService<IStore>();
        var now = Hub.Services.GetRequiredService<TimeProvider>().GetUtcNow();
        var today = DateOnly.FromDateTime(now.DateTime);
        await using (var work = await store.BeginAsync(none))
        {
            await work.Catalogue.SaveArticlesAsync(
                [
                    new Article { Sku = "K-1", Name = "Hammer drill 750 W", BaseUnit = "EA", Gtin = "4006381333931", Manufacturer = "bergmann", PreferredPartner = "nordhandel" },
                    new Article { Sku = "K-2", Name = "Wood screw 5 x 60, box of 200", BaseUnit = "EA", PreferredPartner = "vandermeer" },
                    new Article { Sku = "K-3", Name = "Cable reel 25 m", BaseUnit = "EA" },
                    new Article { Sku = "K-4", Name = "Cable 3 x 1.5, by the metre", BaseUnit = "MTR" },
                    new Article { Sku = "K-5", Name = "Chain 6 mm, by the metre", BaseUnit = "MTR" },
                ], none);
            await work.Catalogue.SaveCrossReferencesAsync([new CrossReference("", "manufacturer", "MP-1", "K-1", 1, "EA"), new CrossReference("", "manufacturer", "MP-2", "K-2", 1, "EA"), new CrossReference("", "manufacturer", "MP-4", "K-4", 1, "MTR"), new CrossReference("", "manufacturer", "MP-5", "K-5", 1, "MTR")], none);
            PriceRow Price(string partner, string sku, decimal price, string unit = "EA") => new()
            {
                Partner = partner, Sku = sku, Currency = "EUR", ValidFrom = today.AddDays(-1),
                Line = new PriceLine { Item = new Item { SupplierSku = $"{partner[..2].ToUpperInvariant()}-{sku}" }, Unit = unit, Price = price },
            };
            await work.Catalogue.SavePricesAsync([Price("nordhandel", "K-1", 89.50m), Price("vandermeer", "K-1", 93.10m), Price("nordhandel", "K-2", 14.90m), Price("vandermeer", "K-2", 13.20m), Price("nordhandel", "K-4", 1.85m, "MTR"), Price("vandermeer", "K-4", 2.10m, "MTR"), Price("nordhandel", "K-5", 4.40m, "MTR")], none);
            await work.Catalogue.SaveStockAsync(
                [
                    new StockRow("nordhandel", "K-1", 500, now, null, null), new StockRow("vandermeer", "K-1", 500, now, null, null), new StockRow("nordhandel", "K-2", 500, now, null, null),
                    new StockRow("vandermeer", "K-2", 500, now, null, null), new StockRow("nordhandel", "K-3", 40, now, null, null), new StockRow("nordhandel", "K-4", 300, now, null, null),
                    new StockRow("vandermeer", "K-4", 300, now, null, null), new StockRow("nordhandel", "K-5", 0, now, null, null),
                ], none);
            await work.CommitAsync(none);
        }
        var journey = Hub.Services.GetRequiredService<Journey>();
        await using (var work = await store.BeginAsync(none))
        {
            for (int number = 1; number <= 3; number++)
            {
                var taken = await journey.Intake.TakeInAsync(
                    work,
                    new Order
                    {
                        Number = $"W-100{number}", Channel = number == 3 ? "store" : "webshop", Buyer = new Party { Id = $"C-{number}", Name = number == 1 ? "Bouwbedrijf <Jansen>" : $"Customer {number}" },
                        RequestedDelivery = today.AddDays(30),
                        Lines =
                        [
                            new OrderLine { Id = "1", Item = new Item { ManufacturerPart = "MP-1" }, Quantity = new Quantity(3 * number, "EA") },
                            new OrderLine { Id = "2", Item = number == 2 ? new Item { BuyerSku = "NO-SUCH" } : new Item { ManufacturerPart = "MP-2" }, Quantity = new Quantity(10, "EA") },
                            .. number == 3 ? (OrderLine[])
                            [
                                new OrderLine { Id = "3", Item = new Item { ManufacturerPart = "MP-4" }, Quantity = new Quantity(12.5m, "MTR") },
                                new OrderLine { Id = "4", Item = new Item { ManufacturerPart = "MP-5" }, Quantity = new Quantity(7.25m, "MTR") },
                            ] : [],
                        ],
                    },
                    null, null, "test", none);
                Assert.NotNull(taken.Order);
            }
            await work.CommitAsync(none);
        }
        await using (var work = await store.BeginAsync(none))
        {
            var run = await journey.Routing.RunPoolAsync(work, "day", now, decideAll: true, none);
            Assert.NotNull(run);
            RunId = run.Id;
            await work.CommitAsync(none);
        }
        await using (var work = await store.BeginAsync(none))
        {
            byte[] bytes = "UNB+UNOC:3+4031902000016:14+8719326000015:14+260302:0900+77'UNH+1+ORDRSP:D:96A:UN'BGM+231+<b>+29'UNT+2+1'UNZ+1+77'"u8.ToArray();
            QuarantinedId = await work.Documents.AddAsync(
                new StoredDocument
                {
                    Partner = "nordhandel", Transport = "folder", Name = "answer-<77>.edi", ReceivedAt = now, Sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)),
                    Bytes = bytes, Format = "edifact", State = DocumentState.Quarantined, Reason = "The message ends too early.",
                    Diagnostics = [Diagnostic.Error("missing-segment", "segment 3 BGM", "Found the end of the message, expected RFF with our purchase order number.")],
                }, none);
            await work.Tasks.OpenAsync(
                [new Core.Status.HubTask { Kind = "quarantined-document", Key = $"quarantined-document:{QuarantinedId}", Partner = "nordhandel", DocumentId = QuarantinedId, At = now, Text = "Document answer-<77>.edi could not be applied." }], none);
            await work.CommitAsync(none);
        }
        var views = Hub.Services.GetRequiredService<Core.Status.IViews>();
        await using (var work = await store.BeginAsync(none))
        {
            byte[] bytes = "UNB+UNOC:3+8719326000015:14+4031902000016:14+260302:0900+1'UNZ+0+1'"u8.ToArray();
            DispatchId = (await work.Dispatches.AddAsync(
                [
                    new Dispatch
                    {
                        Key = "ACK-1", Partner = "nordhandel", Kind = DocumentKind.Acknowledgement, FileName = "ACK-1.edi", ContentType = "application/edifact", Bytes = bytes,
                        Sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)), PreparedAt = now,
                    },
                ], none))[0].Id;
            await work.CommitAsync(none);
        }
        JobId = (await views.JobsAsync(new Core.Status.JobFilter(), new Core.Status.PageRequest(), none)).Items[0].Id;
        PurchaseId = (await views.PurchasesAsync(new Core.Status.PurchaseFilter(), new Core.Status.PageRequest(), none)).Items[0].Id;
    }
}
