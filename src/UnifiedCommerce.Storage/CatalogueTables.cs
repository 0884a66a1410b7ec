using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Partners;

namespace UnifiedCommerce.Storage;

internal sealed class CatalogueTables(Session session, Reserved reserved) : ICatalogue
{
    static readonly Bulk<Article> SaveArticles = Bulk<Article>.Save("articles", ["sku"],
        Column<Article>.Text("sku", article => article.Sku),
        Column<Article>.Text("name", article => article.Name),
        Column<Article>.Text("gtin", article => article.Gtin),
        Column<Article>.Json("body", article => article));
    static readonly Bulk<CrossReference> SaveReferences = Bulk<CrossReference>.Save("cross_references", ["partner", "scheme", "id"],
        Column<CrossReference>.Text("partner", reference => reference.Partner),
        Column<CrossReference>.Text("scheme", reference => reference.Scheme),
        Column<CrossReference>.Text("id", reference => reference.Id),
        Column<CrossReference>.Text("sku", reference => reference.Sku),
        Column<CrossReference>.Factor("unit_factor", reference => reference.UnitFactor),
        Column<CrossReference>.Text("unit", reference => reference.Unit));
    static readonly Bulk<PriceRow> SavePrices = Bulk<PriceRow>.Save("prices", ["partner", "sku", "unit", "bid", "valid_from"],
        Column<PriceRow>.Text("partner", price => price.Partner),
        Column<PriceRow>.Text("sku", price => price.Sku),
        Column<PriceRow>.Text("unit", price => price.Line.Unit ?? ""),
        Column<PriceRow>.Text("bid", price => price.Line.BidReference ?? ""),
        Column<PriceRow>.Text("currency", price => price.Currency),
        Column<PriceRow>.Day("valid_from", price => price.ValidFrom),
        Column<PriceRow>.Day("day_before", price => price.ValidFrom > DateOnly.MinValue ? price.ValidFrom.AddDays(-1) : price.ValidFrom),
        Column<PriceRow>.Day("valid_to", price => price.ValidTo),
        Column<PriceRow>.Number("document_id", price => price.DocumentId),
        Column<PriceRow>.Json("body", price => price.Line));
    static readonly Bulk<StockRow> SaveStock = Bulk<StockRow>.Insert("stock",
        "on conflict (partner, sku) do update set available = excluded.available, as_of = excluded.as_of, expected = excluded.expected, "
        + "next_receipt = excluded.next_receipt where stock.as_of <= excluded.as_of",
        Column<StockRow>.Text("partner", row => row.Partner),
        Column<StockRow>.Text("sku", row => row.Sku),
        Column<StockRow>.Quantity("available", row => row.Available),
        Column<StockRow>.Moment("as_of", row => row.AsOf),
        Column<StockRow>.Quantity("expected", row => row.Expected),
        Column<StockRow>.Day("next_receipt", row => row.NextReceipt));

    public async Task<long> VersionAsync(CancellationToken cancellationToken) =>
        await session.NumberAsync("select last from counters where name = 'catalogue'", null, cancellationToken) ?? 0;

    public async Task<IReadOnlyList<Article>> ArticlesAsync(CancellationToken cancellationToken) =>
        await session.ListAsync("select body from articles order by sku", null, static row => row.Json<Article>(), cancellationToken);

    public async Task<IReadOnlyList<CrossReference>> CrossReferencesAsync(CancellationToken cancellationToken) => await session.ListAsync(
        "select partner, scheme, id, sku, unit_factor, unit from cross_references order by partner, scheme, id", null,
        static row => new CrossReference(row.Text(), row.Text(), row.Text(), row.Text(), row.Factor(), row.Text()), cancellationToken);

    public async Task<IReadOnlyList<PriceRow>> PricesAsync(DateOnly day, CancellationToken cancellationToken) => await session.ListAsync(
        "select id, partner, sku, currency, valid_from, valid_to, document_id, body from prices where valid_to is null or valid_to >= @day "
        + "order by partner, sku, unit, bid, valid_from", new { day = Stored.Day(day) },
        static row => new PriceRow
        {
            Id = row.Number(), Partner = row.Text(), Sku = row.Text(), Currency = row.Text(), ValidFrom = row.Day(), ValidTo = row.DayOrNull(),
            DocumentId = row.NumberOrNull(), Line = row.Json<PriceLine>(),
        }, cancellationToken);

    public async Task<IReadOnlyList<StockRow>> StockAsync(CancellationToken cancellationToken) => await session.ListAsync(
        "select partner, sku, available, as_of, expected, next_receipt from stock order by partner, sku", null,
        static row => new StockRow(row.Text(), row.Text(), row.Quantity(), row.Moment(), row.QuantityOrNull(), row.DayOrNull()), cancellationToken);

    public async Task SaveArticlesAsync(IReadOnlyCollection<Article> articles, CancellationToken cancellationToken)
    {
        await SaveArticles.RunAsync(session, articles.LastOfEach(article => article.Sku), cancellationToken);
        await RaiseVersionAsync(cancellationToken);
    }

    public async Task SaveCrossReferencesAsync(IReadOnlyCollection<CrossReference> references, CancellationToken cancellationToken)
    {
        await SaveReferences.RunAsync(session, references.LastOfEach(reference => (reference.Partner, reference.Scheme, reference.Id)), cancellationToken);
        await RaiseVersionAsync(cancellationToken);
    }

    public async Task SavePricesAsync(IReadOnlyCollection<PriceRow> prices, CancellationToken cancellationToken)
    {
        var rows = prices.LastOfEach(price => (price.Partner, price.Sku, price.Line.Unit ?? "", price.Line.BidReference ?? "", price.ValidFrom));
        await SavePrices.RunAsync(session, rows, cancellationToken);
        const string Later = "from prices n where n.partner = prices.partner and n.sku = prices.sku and n.unit = prices.unit and n.bid = prices.bid "
            + "and n.valid_from > prices.valid_from";
        await session.RunAsync($"update prices set valid_to = (select min(n.day_before) {Later}) "
            + $"where valid_to is null and partner {{any partners}} and exists (select 1 {Later})",
            new { partners = session.Dialect.List(rows.Select(row => row.Partner).Distinct(StringComparer.Ordinal)) }, cancellationToken);
        await RaiseVersionAsync(cancellationToken);
    }

    public async Task SaveStockAsync(IReadOnlyCollection<StockRow> stock, CancellationToken cancellationToken)
    {
        var rows = stock.GroupBy(row => (row.Partner, row.Sku)).Select(group => group.MaxBy(row => row.AsOf)!).ToList();
        await SaveStock.RunAsync(session, rows, cancellationToken);
        reserved.Counted(rows);
        await RaiseVersionAsync(cancellationToken);
    }

    public Task<string?> SettingAsync(string name, CancellationToken cancellationToken) =>
        session.FirstAsync("select value from settings where name = @name", new { name }, static row => row.TextOrNull(), cancellationToken);

    public async Task<IReadOnlyDictionary<string, string>> SettingsAsync(string prefix, CancellationToken cancellationToken)
    {
        var rows = await session.ListAsync("select name, value from settings where substr(name, 1, @length) = @prefix",
            new { prefix, length = prefix.Length }, static row => (Name: row.Text(), Value: row.Text()), cancellationToken);
        return rows.ToDictionary(row => row.Name, row => row.Value, StringComparer.Ordinal);
    }

    public Task SetSettingAsync(string name, string? value, CancellationToken cancellationToken) => value is null
        ? session.RunAsync("delete from settings where name = @name", new { name }, cancellationToken)
        : session.RunAsync("insert into settings (name, value) values (@name, @value) on conflict (name) do update set value = excluded.value",
            new { name, value }, cancellationToken);

    public bool Changed { get; private set; }

    Task RaiseVersionAsync(CancellationToken cancellationToken)
    {
        Changed = true;
        return session.RunAsync(
        "insert into counters (name, last) values ('catalogue', 1) on conflict (name) do update set last = counters.last + 1", null, cancellationToken);
    }
}
