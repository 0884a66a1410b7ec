namespace UnifiedCommerce.Core.Partners;

/// <summary>An article of ours.</summary>
public sealed record Article
{
    /// <summary>Our number.</summary>
    public required string Sku { get; init; }
    /// <summary>Name.</summary>
    public required string Name { get; init; }
    /// <summary>Base unit, UN/ECE Rec 20; all ledgers count in it.</summary>
    public required string BaseUnit { get; init; }
    /// <summary>GTIN of the base unit.</summary>
    public string? Gtin { get; init; }
    /// <summary>Other packs: GTIN, unit, base units in one.</summary>
    public IReadOnlyList<ArticlePack> Packs { get; init; } = [];
    /// <summary>Manufacturer partner id, when known.</summary>
    public string? Manufacturer { get; init; }
    /// <summary>The manufacturer's part number.</summary>
    public string? ManufacturerPart { get; init; }
    /// <summary>Category, for rules.</summary>
    public string? Category { get; init; }
    /// <summary>The supplier procurement would buy it from by habit.</summary>
    public string? PreferredPartner { get; init; }
    /// <summary>Articles that may replace it, in order of preference.</summary>
    public IReadOnlyList<string> Substitutes { get; init; } = [];
    /// <summary>Weight of a base unit in kilograms.</summary>
    public decimal? WeightKg { get; init; }
}

/// <summary>A pack of an article with its own GTIN.</summary>
/// <param name="Unit">UN/ECE Rec 20.</param>
/// <param name="UnitFactor">Base units in one.</param>
/// <param name="Gtin">GTIN of the pack.</param>
public sealed record ArticlePack(string Unit, decimal UnitFactor, string? Gtin);

/// <summary>A price as it is in force: one supplier's offer for one of our articles.</summary>
public sealed record PriceRow
{
    /// <summary>Row id.</summary>
    public long Id { get; init; }
    /// <summary>Supplier.</summary>
    public required string Partner { get; init; }
    /// <summary>Our article.</summary>
    public required string Sku { get; init; }
    /// <summary>Currency, ISO 4217.</summary>
    public required string Currency { get; init; }
    /// <summary>First day.</summary>
    public required DateOnly ValidFrom { get; init; }
    /// <summary>Last day, or null for ever.</summary>
    public DateOnly? ValidTo { get; init; }
    /// <summary>Catalogue it came in (document id), or null for a file of the installation.</summary>
    public long? DocumentId { get; init; }
    /// <summary>The line as given.</summary>
    public required PriceLine Line { get; init; }
}

/// <summary>A supplier's stock of one of our articles.</summary>
/// <param name="Partner">Supplier.</param>
/// <param name="Sku">Our article.</param>
/// <param name="Available">Base units.</param>
/// <param name="AsOf">When it was counted.</param>
/// <param name="Expected">Base units expected.</param>
/// <param name="NextReceipt">When.</param>
public sealed record StockRow(string Partner, string Sku, decimal Available, DateTimeOffset AsOf, decimal? Expected, DateOnly? NextReceipt);

/// <summary>Ties a partner's article number to ours.</summary>
/// <param name="Partner">Partner; empty for identifiers that hold everywhere.</param>
/// <param name="Scheme"><c>supplier</c>, <c>buyer</c>, <c>manufacturer</c>, <c>gtin</c>.</param>
/// <param name="Id">The number.</param>
/// <param name="Sku">Our article.</param>
/// <param name="UnitFactor">Base units in the unit that the number names.</param>
/// <param name="Unit">That unit.</param>
public sealed record CrossReference(string Partner, string Scheme, string Id, string Sku, decimal UnitFactor, string Unit);

/// <summary>Everything that routing needs to know of articles, prices and stock.</summary>
public interface ICatalogue
{
    /// <summary>Rises whenever articles, cross references, prices or stock change: caches compare it.</summary>
    Task<long> VersionAsync(CancellationToken cancellationToken);
    /// <summary>True when this unit of work changed them itself: what it reads is not committed and must not be cached.</summary>
    bool Changed { get; }
    /// <summary>All articles.</summary>
    Task<IReadOnlyList<Article>> ArticlesAsync(CancellationToken cancellationToken);
    /// <summary>All cross references.</summary>
    Task<IReadOnlyList<CrossReference>> CrossReferencesAsync(CancellationToken cancellationToken);
    /// <summary>All prices whose validity has not ended at the day, future ones included.</summary>
    Task<IReadOnlyList<PriceRow>> PricesAsync(DateOnly day, CancellationToken cancellationToken);
    /// <summary>All stock rows.</summary>
    Task<IReadOnlyList<StockRow>> StockAsync(CancellationToken cancellationToken);
    /// <summary>Inserts or replaces articles.</summary>
    Task SaveArticlesAsync(IReadOnlyCollection<Article> articles, CancellationToken cancellationToken);
    /// <summary>Inserts or replaces cross references.</summary>
    Task SaveCrossReferencesAsync(IReadOnlyCollection<CrossReference> references, CancellationToken cancellationToken);
    /// <summary>Inserts prices; a row of the same partner, article, pack unit, bid and first day is replaced, an open-ended older one ends the day before.</summary>
    Task SavePricesAsync(IReadOnlyCollection<PriceRow> prices, CancellationToken cancellationToken);
    /// <summary>Inserts or replaces stock; an older count never replaces a newer one.</summary>
    Task SaveStockAsync(IReadOnlyCollection<StockRow> stock, CancellationToken cancellationToken);
    /// <summary>A setting shared by all processes, or null: partner switches, go-live states, pauses.</summary>
    Task<string?> SettingAsync(string name, CancellationToken cancellationToken);
    /// <summary>All settings whose names begin so.</summary>
    Task<IReadOnlyDictionary<string, string>> SettingsAsync(string prefix, CancellationToken cancellationToken);
    /// <summary>Writes a setting; null removes it.</summary>
    Task SetSettingAsync(string name, string? value, CancellationToken cancellationToken);
}
