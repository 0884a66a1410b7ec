using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Chaos.Simulation;

/// <summary>A small trade: four articles, three partners that are reached in three ways.</summary>
internal static class SimulatedHouse
{
    public static readonly DateTimeOffset Start = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);
    public static readonly string[] Skus = ["A-1", "A-2", "A-3", "A-4"];
    public static readonly (string Id, Reach Reach)[] Partners = [("nord", Reach.Folder), ("sud", Reach.Https), ("west", Reach.Blind)];

    /// <summary>True when partner and hub tell each other which interchanges came.</summary>
    public static bool Acknowledges(string partner) => partner != "sud";

    public static PartnerBook Book { get; } = new(
        new House
        {
            Currency = "EUR", TimeZone = TimeZoneInfo.Utc, Buyer = new Party { Gln = "8712345000004", Name = "House" }, Warehouse = new Party { Gln = "8712345000011", Name = "Warehouse" },
            Rates = [], Rules = new HouseRules { WorkLimit = 300 },
            Pools = [new PoolRule { Name = "default", Gather = TimeSpan.FromMinutes(10) }, new PoolRule { Name = "fast", Channels = ["edi"], Immediate = true }],
        },
        Partners.ToDictionary(partner => partner.Id, partner => new Partner
        {
            Id = partner.Id, Name = partner.Id, Role = PartnerRole.Distributor, State = GoLiveState.Live, Country = "NL", TimeZone = TimeZoneInfo.Utc,
            Party = new Party { Id = partner.Id, Name = partner.Id }, Envelope = new EnvelopeIdentity("ZZ", partner.Id, "ZZ", "house"),
            Transport = new PartnerTransport { Kind = partner.Reach.ToString().ToLowerInvariant(), Outbox = "out", Inbox = "in", FileName = "{key}.json", InOrder = partner.Reach == Reach.Folder },
            Deadlines = new PartnerDeadlines { Acknowledged = Acknowledges(partner.Id) ? TimeSpan.FromHours(2) : null },
            AcknowledgesOut = Acknowledges(partner.Id) ? TechnicalAcknowledgement.X12997 : TechnicalAcknowledgement.None,
            AcknowledgesIn = Acknowledges(partner.Id) ? TechnicalAcknowledgement.X12997 : TechnicalAcknowledgement.None,
            Terms = [new PurchaseTerms { ValidFrom = new DateOnly(2026, 1, 1), Currency = "EUR", FreightFixed = 10, FreightFreeFrom = 500 }],
        }, StringComparer.Ordinal));

    /// <summary>Writes articles, prices and stock.</summary>
    public static async Task FillAsync(HubStore store)
    {
        await using var work = await store.BeginAsync(CancellationToken.None);
        await work.Catalogue.SaveArticlesAsync([.. Skus.Select(sku => new Article { Sku = sku, Name = sku, BaseUnit = "EA", WeightKg = 1 })], CancellationToken.None);
        await work.Catalogue.SavePricesAsync([.. Skus.SelectMany((sku, article) => Partners.Select((partner, index) => new PriceRow
        {
            Partner = partner.Id, Sku = sku, Currency = "EUR", ValidFrom = new DateOnly(2026, 1, 1),
            Line = new PriceLine { Item = new Item { BuyerSku = sku, SupplierSku = $"{partner.Id}-{sku}" }, Unit = "EA", Price = 10 + (article * 3 + index * 5) % 7 },
        }))], CancellationToken.None);
        await work.Catalogue.SaveStockAsync([.. Skus.SelectMany(sku => Partners.Select(partner => new StockRow(partner.Id, sku, 1000, Start.AddHours(-1), null, null)))], CancellationToken.None);
        await work.CommitAsync(CancellationToken.None);
    }
}
