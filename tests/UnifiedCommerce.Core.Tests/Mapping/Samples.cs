using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Core.Tests.Mapping;

/// <summary>Documents and mappings that the mapping tests share.</summary>
internal static class Samples
{
    public static string Root { get; } = FindRoot();

    public static string Mappings => Path.Combine(Root, "mappings");

    public static string? Load(string name)
    {
        string path = Path.Combine(Mappings, name);
        return File.Exists(path) ? File.ReadAllText(path) : null;
    }

    public static MessageMapping Base(string name) => Parse(Load($"base/{name}.map") ?? throw new FileNotFoundException(name), $"base/{name}.map");

    public static MessageMapping Parse(string text, string file = "test.map")
    {
        MappingParseResult result = MessageMapping.Parse(text, file, Load);
        return result.Mapping ?? throw new InvalidOperationException(string.Join("\n", result.Diagnostics));
    }

    public static MappingContext EdifactContext() => new()
    {
        Now = new DateTimeOffset(2026, 3, 2, 9, 30, 0, TimeSpan.FromHours(1)),
        InterchangeRef = "42",
        MessageRef = "1",
        Envelope = new EnvelopeProfile { Sender = "8719326000015", SenderQualifier = "14", Receiver = "4031902000016", ReceiverQualifier = "14" },
    };

    public static PurchaseOrder PurchaseOrder() => new()
    {
        Number = "4500000017",
        Issued = new DateTimeOffset(2026, 3, 2, 9, 30, 0, TimeSpan.Zero),
        Buyer = new Party { Gln = "8719326000015", Name = "Kroon Bouwgroothandel B.V.", VatNumber = "NL004495445B01", Contact = "Inkoop", Address = new Address { Street = "Kanaalweg 18", PostalCode = "3526 KL", City = "Utrecht", Country = "NL" } },
        Supplier = new Party { Gln = "4031902000016", Name = "Nordhandel Werkzeuge GmbH" },
        ShipTo = new Party { Gln = "8719326000022", Name = "Kroon Centraal Magazijn", Address = new Address { Street = "Ravenswade 4", PostalCode = "3439 LD", City = "Nieuwegein", Country = "NL" } },
        Currency = "EUR",
        RequestedDelivery = new DateOnly(2026, 3, 6),
        Contract = "NH-2026-771",
        Note = "Lieferung nur vormittags, O'Neil anrufen",
        Lines =
        [
            new PurchaseOrderLine { Position = 1, Item = new Item { Gtin = "4006381333931", SupplierSku = "NH-1001", BuyerSku = "K-77", Description = "Bohrer HSS 8 mm" }, Quantity = new Quantity(120, "EA"), NetPrice = 3.45m },
            new PurchaseOrderLine { Position = 2, Item = new Item { Gtin = "4006381333948", SupplierSku = "NH-1002" }, Quantity = new Quantity(2.5m, "KGM"), NetPrice = 1250m, PriceBasis = 100, RequestedDelivery = new DateOnly(2026, 3, 9) },
        ],
    };

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "UnifiedCommerce.sln")))
                return at.FullName;
        }
        throw new DirectoryNotFoundException("UnifiedCommerce.sln was not found above the tests.");
    }
}
