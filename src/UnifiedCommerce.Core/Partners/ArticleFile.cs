using System.Globalization;
using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Partners;

/// <summary>Our articles as a CSV file: <c>sku,name,category,unit,gtin,manufacturer,manufacturer_part,preferred_partner,weight_kg,substitutes,
/// pack_unit,pack_factor,pack_gtin</c>. A row per article; a second row of the same sku adds a pack. Substitutes are separated by blanks.</summary>
public static class ArticleFile
{
    /// <summary>Reads a file.</summary>
    /// <returns>The articles without errors, and what was found, by line.</returns>
    public static (IReadOnlyList<Article> Articles, IReadOnlyList<Diagnostic> Diagnostics) Read(string path) => Read(File.ReadAllBytes(path), Path.GetFileName(path));

    /// <summary>Reads the bytes of a file.</summary>
    public static (IReadOnlyList<Article> Articles, IReadOnlyList<Diagnostic> Diagnostics) Read(byte[] bytes, string name)
    {
        var found = new List<Diagnostic>();
        var articles = new Dictionary<string, Article>(StringComparer.Ordinal);
        var gtins = new Dictionary<string, string>(StringComparer.Ordinal);
        var (table, fault) = CsvTable.Read(bytes, name);
        if (table is null)
        {
            return ([], [fault!]);
        }
        foreach (var column in new[] { "sku", "name", "unit" })
        {
            if (!table.Columns.Contains(column, StringComparer.OrdinalIgnoreCase))
            {
                return ([], [Diagnostic.Error("missing-column", $"{name}:1", $"Column {column} is missing; found {string.Join(", ", table.Columns)}.")]);
            }
        }
        foreach (var row in table.Rows)
        {
            var place = $"{name}:{row.Line}";
            string? Text(string column) => row[column];
            decimal? Number(string column)
            {
                if (Text(column) is not { } given)
                {
                    return null;
                }
                if (decimal.TryParse(given, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
                {
                    return value;
                }
                found.Add(Diagnostic.Error("not-a-number", place, $"Found {column} \"{given}\", expected a number such as 0.34."));
                return null;
            }
            var sku = Text("sku");
            if (sku is null || Text("unit") is not { } unit || !OrderRules.Units.Contains(unit))
            {
                found.Add(Diagnostic.Error("bad-article", place, $"Found sku \"{sku}\" and unit \"{Text("unit")}\", expected a number and a UN/ECE Rec 20 unit. The row is left out."));
                continue;
            }
            if (!Check(Text("gtin"), sku, place) || !Check(Text("pack_gtin"), sku, place))
            {
                continue;
            }
            var pack = Text("pack_unit") is { } packUnit && Number("pack_factor") is { } factor ? new[] { new ArticlePack(packUnit, factor, Text("pack_gtin")) } : [];
            if (articles.TryGetValue(sku, out var known))
            {
                articles[sku] = known with { Packs = [.. known.Packs, .. pack] };
                continue;
            }
            articles[sku] = new Article
            {
                Sku = sku, Name = Text("name") ?? sku, BaseUnit = unit, Gtin = Text("gtin"), Packs = pack, Category = Text("category"), Manufacturer = Text("manufacturer"),
                ManufacturerPart = Text("manufacturer_part"), PreferredPartner = Text("preferred_partner"), WeightKg = Number("weight_kg"),
                Substitutes = Text("substitutes")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [],
            };
        }
        return ([.. articles.Values], found);

        bool Check(string? gtin, string sku, string place)
        {
            if (gtin is null)
            {
                return true;
            }
            if (!CheckDigit.IsValidGtin(gtin))
            {
                found.Add(Diagnostic.Error("gtin-check-digit", place, CheckDigit.Explain(gtin, "GTIN", [8, 12, 13, 14])));
                return false;
            }
            if (!gtins.TryAdd(gtin.PadLeft(14, '0'), sku) && gtins[gtin.PadLeft(14, '0')] != sku)
            {
                found.Add(Diagnostic.Error("gtin-twice", place, $"GTIN {gtin} stands on articles {gtins[gtin.PadLeft(14, '0')]} and {sku}, expected one. The row is left out."));
                return false;
            }
            return true;
        }
    }

    /// <summary>The cross references that follow from articles: manufacturers' part numbers hold everywhere.</summary>
    public static IReadOnlyList<CrossReference> References(IEnumerable<Article> articles) =>
        [.. articles.Where(article => article.ManufacturerPart is not null).GroupBy(article => article.ManufacturerPart!, StringComparer.Ordinal).Where(group => group.Count() == 1)
            .Select(group => new CrossReference("", "manufacturer", group.Key, group.First().Sku, 1, group.First().BaseUnit))];
}
