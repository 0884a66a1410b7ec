namespace UnifiedCommerce.Core.Partners;

/// <summary>Articles, cross references, prices and stock of one version, in memory, for many lines.</summary>
public sealed class CatalogueSnapshot
{
    private readonly Dictionary<string, Article> _articles;
    private readonly Dictionary<string, (Article Article, decimal Factor, string Unit)> _byGtin = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Partner, string Scheme, string Id), CrossReference> _references = [];
    private readonly ILookup<string, PriceRow> _prices;
    private readonly Dictionary<(string Partner, string Sku), StockRow> _stock;

    /// <summary>Builds the indexes.</summary>
    public CatalogueSnapshot(long version, IEnumerable<Article> articles, IEnumerable<CrossReference> references, IEnumerable<PriceRow> prices, IEnumerable<StockRow> stock)
    {
        Version = version;
        _articles = articles.ToDictionary(article => article.Sku, StringComparer.Ordinal);
        foreach (var article in _articles.Values)
        {
            if (article.Gtin is { } gtin)
            {
                _byGtin[Normal(gtin)] = (article, 1, article.BaseUnit);
            }
            foreach (var pack in article.Packs)
            {
                if (pack.Gtin is { } packGtin)
                {
                    _byGtin[Normal(packGtin)] = (article, pack.UnitFactor, pack.Unit);
                }
            }
        }
        foreach (var reference in references)
        {
            _references[(reference.Partner, reference.Scheme, reference.Id)] = reference;
        }
        _prices = prices.OrderBy(price => price.Partner, StringComparer.Ordinal).ThenBy(price => price.ValidFrom).ThenBy(price => price.Id)
            .ToLookup(price => price.Sku, StringComparer.Ordinal);
        _stock = stock.ToDictionary(row => (row.Partner, row.Sku));
    }

    /// <summary>The version of the tables it was read from.</summary>
    public long Version { get; }
    /// <summary>All articles.</summary>
    public IReadOnlyCollection<Article> Articles => _articles.Values;

    /// <summary>The article with our number, or null.</summary>
    public Article? Find(string? sku) => sku is not null && _articles.TryGetValue(sku, out var article) ? article : null;

    /// <summary>Prices for an article, by partner, then first day.</summary>
    public IEnumerable<PriceRow> Prices(string sku) => _prices[sku];

    /// <summary>A partner's stock of an article; null: unknown, which is not zero.</summary>
    public StockRow? Stock(string partner, string sku) => _stock.GetValueOrDefault((partner, sku));

    /// <summary>Finds our article for an item that a partner or customer named, with the base units in the unit it names.</summary>
    /// <param name="partner">The partner whose numbers the item uses; null for a customer without cross references.</param>
    /// <param name="item">The item.</param>
    /// <param name="supplier">The partner is a supplier: its own numbers are tried before ours.</param>
    public (Article Article, decimal Factor, string Unit)? Match(string? partner, Item item, bool supplier)
    {
        if (item.Gtin is { } gtin)
        {
            if (_byGtin.TryGetValue(Normal(gtin), out var byGtin))
            {
                return byGtin;
            }
            if (Reference(partner, "gtin", Normal(gtin)) is { } byMatch)
            {
                return byMatch;
            }
        }
        if (supplier && item.SupplierSku is { } supplierSku && Reference(partner, "supplier", supplierSku) is { } bySupplier)
        {
            return bySupplier;
        }
        if (item.BuyerSku is { } buyerSku)
        {
            if (Reference(partner, "buyer", buyerSku) is { } byBuyer)
            {
                return byBuyer;
            }
            if (supplier && _articles.TryGetValue(buyerSku, out var own))
            {
                return (own, 1, own.BaseUnit);
            }
        }
        if (item.SupplierSku is { } ours && !supplier && _articles.TryGetValue(ours, out var asSeller))
        {
            return (asSeller, 1, asSeller.BaseUnit);
        }
        if (item.BuyerSku is { } sku && _articles.TryGetValue(sku, out var direct))
        {
            return (direct, 1, direct.BaseUnit);
        }
        return item.ManufacturerPart is { } part && Reference(partner, "manufacturer", part) is { } byPart ? byPart : null;
    }

    /// <summary>What a partner's document teaches of its numbers for one of our articles: its own, and the manufacturer's and GTIN as it uses them. They hold
    /// for this partner only, because manufacturers' numbers are not unique among manufacturers.</summary>
    /// <param name="partner">The partner.</param>
    /// <param name="item">The item as it names it.</param>
    /// <param name="sku">Our article.</param>
    /// <param name="factor">Base units in the unit it names.</param>
    /// <param name="unit">That unit.</param>
    public IEnumerable<CrossReference> Learn(string partner, Item item, string sku, decimal factor, string unit)
    {
        if (item.SupplierSku is { } number)
        {
            yield return new CrossReference(partner, "supplier", number, sku, factor, unit);
        }
        if (item.ManufacturerPart is { } part && Reference(partner, "manufacturer", part) is null)
        {
            yield return new CrossReference(partner, "manufacturer", part, sku, factor, unit);
        }
        if (item.Gtin is { } gtin && !_byGtin.ContainsKey(Normal(gtin)))
        {
            yield return new CrossReference(partner, "gtin", Normal(gtin), sku, factor, unit);
        }
    }

    /// <summary>Articles that may be meant, best first, with the reason.</summary>
    public IReadOnlyList<(Article Article, string Why)> Propose(Item item, int limit)
    {
        var scored = new List<(Article Article, string Why, double Score)>();
        foreach (var article in _articles.Values)
        {
            if (item.ManufacturerPart is { } part && part == article.ManufacturerPart)
            {
                scored.Add((article, $"same manufacturer's part number {part}", 1));
            }
            else if (item.Description is { Length: > 2 } description && Overlap(description, article.Name) is var overlap and >= 0.5)
            {
                scored.Add((article, $"name \"{article.Name}\"", overlap));
            }
            else if ((item.BuyerSku ?? item.SupplierSku) is { Length: > 3 } number && Close(number, article.Sku))
            {
                scored.Add((article, $"number {article.Sku} differs by one character", 0.8));
            }
            else if (item.Gtin is { Length: > 7 } gtin && article.Gtin is { } other)
            {
                // The last digit checks the others, and the first of fourteen says which pack of the same article it is (GS1 General Specifications 2.1.6).
                var (asked, known) = (Normal(gtin)[..^1], Normal(other)[..^1]);
                if (asked[1..] == known[1..])
                {
                    scored.Add((article, $"another pack of GTIN {other}", 0.95));
                }
                else if (Close(asked, known))
                {
                    scored.Add((article, $"GTIN {other} differs by one digit", 0.7));
                }
            }
        }
        return [.. scored.OrderByDescending(entry => entry.Score).ThenBy(entry => entry.Article.Sku, StringComparer.Ordinal).Take(limit).Select(entry => (entry.Article, entry.Why))];
    }

    private (Article, decimal, string)? Reference(string? partner, string scheme, string id)
    {
        if ((_references.TryGetValue((partner ?? "", scheme, id), out var reference) || _references.TryGetValue(("", scheme, id), out reference))
            && _articles.TryGetValue(reference.Sku, out var article))
        {
            return (article, reference.UnitFactor, reference.Unit);
        }
        return null;
    }

    // GTIN-8, -12, -13 and -14 of one article unit differ by leading zeros only (GS1 General Specifications 3.3.2).
    internal static string Normal(string gtin) => gtin.PadLeft(14, '0');

    private static double Overlap(string left, string right)
    {
        var a = Words(left);
        var b = Words(right);
        return a.Count == 0 || b.Count == 0 ? 0 : a.Intersect(b, StringComparer.OrdinalIgnoreCase).Count() / (double)Math.Max(a.Count, b.Count);
    }

    private static HashSet<string> Words(string text) =>
        text.Split([' ', ',', '/', '-', '.'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToHashSet(StringComparer.OrdinalIgnoreCase);

    private static bool Close(string left, string right)
    {
        if (left.Length != right.Length)
        {
            return false;
        }
        var different = 0;
        for (var index = 0; index < left.Length && different < 2; index++)
        {
            different += left[index] == right[index] ? 0 : 1;
        }
        return different == 1;
    }
}

/// <summary>Keeps the newest snapshot while the tables' version stays the same.</summary>
public sealed class CatalogueCache
{
    private volatile CatalogueSnapshot? _snapshot;

    /// <summary>The snapshot of the version that the unit of work sees.</summary>
    public async Task<CatalogueSnapshot> GetAsync(IWork work, DateOnly day, CancellationToken cancellationToken)
    {
        var version = await work.Catalogue.VersionAsync(cancellationToken);
        if (!work.Catalogue.Changed && _snapshot is { } known && known.Version == version)
        {
            return known;
        }
        var articles = await work.Catalogue.ArticlesAsync(cancellationToken);
        var references = await work.Catalogue.CrossReferencesAsync(cancellationToken);
        var prices = await work.Catalogue.PricesAsync(day, cancellationToken);
        var stock = await work.Catalogue.StockAsync(cancellationToken);
        var snapshot = new CatalogueSnapshot(version, articles, references, prices, stock);
        if (!work.Catalogue.Changed)
        {
            _snapshot = snapshot;
        }
        return snapshot;
    }
}
