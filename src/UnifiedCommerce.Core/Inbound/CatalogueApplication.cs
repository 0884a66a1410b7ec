using System.Text.Json;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Core.Inbound;

/// <summary>Applies price catalogues and stock reports line by line: good lines go live, suspicious ones wait for a person.</summary>
public sealed class CatalogueApplication(CatalogueCache catalogue, PartnerBookHolder book)
{
    /// <summary>Proposals are made for so many unknown articles of one catalogue: a catalogue of everything a supplier has must not fill the task list.</summary>
    private const int MostProposed = 100;

    /// <summary>Applies a stock report.</summary>
    public async Task<ApplyResult> ApplyAsync(IWork work, Partner partner, InventoryReport report, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var snapshot = await catalogue.GetAsync(work, Today(now), cancellationToken);
        var rows = new List<StockRow>();
        var notes = new List<Diagnostic>();
        foreach (var line in report.Lines)
        {
            if (snapshot.Match(partner.Id, line.Item, supplier: true) is not { } match)
            {
                notes.Add(Unknown(line.Item, "stock"));
                continue;
            }
            if (line.Available.Value < 0)
            {
                notes.Add(Diagnostic.Warning("negative-stock", line.Item.Label, $"Found stock {line.Available.Value:0.###} of {line.Item.Label}, expected zero or more; zero is taken."));
            }
            var factor = OrderIntake.FactorOf(match.Article, line.Available.Unit, match.Factor, match.Unit) ?? match.Factor;
            rows.Add(new StockRow(partner.Id, match.Article.Sku, Math.Max(0, line.Available.Value) * factor, report.AsOf ?? now, line.Expected?.Value * factor, line.NextReceipt));
        }
        // An article may stand in several packs: what is on the shelf counts once per article.
        await work.Catalogue.SaveStockAsync([.. rows.GroupBy(row => row.Sku).Select(group => group.First() with { Available = group.Sum(row => row.Available) })], cancellationToken);
        return Result(notes, report.Lines.Count, rows.Count);
    }

    /// <summary>Applies a price catalogue.</summary>
    public async Task<ApplyResult> ApplyAsync(IWork work, Partner partner, PriceCatalogue prices, long documentId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var today = Today(now);
        var snapshot = await catalogue.GetAsync(work, today, cancellationToken);
        var rows = new List<PriceRow>();
        var references = new List<CrossReference>();
        var notes = new List<Diagnostic>();
        var tasks = new List<HubTask>();
        var unknown = 0;
        foreach (var line in prices.Lines)
        {
            PriceRow RowOf(Article article, decimal matched, string unit) => new()
            {
                Partner = partner.Id, Sku = article.Sku, Currency = line.Currency ?? prices.Currency ?? partner.TermsOn(today)?.Currency ?? book.Current.House.Currency,
                ValidFrom = line.ValidFrom ?? prices.ValidFrom ?? prices.Issued ?? today, ValidTo = line.ValidTo ?? prices.ValidTo, DocumentId = documentId,
                Line = line with { Unit = line.Unit ?? unit, UnitFactor = line.UnitFactor != 1 ? line.UnitFactor : OrderIntake.FactorOf(article, line.Unit ?? unit, matched, unit) ?? matched },
            };
            if (snapshot.Match(partner.Id, line.Item, supplier: true) is not { } match)
            {
                notes.Add(Unknown(line.Item, "price"));
                if (++unknown <= MostProposed && line.Item.SupplierSku is { } number && snapshot.Propose(line.Item, 3) is { Count: > 0 } proposals)
                {
                    tasks.Add(new HubTask
                    {
                        Kind = "unmatched-supplier-article", Key = $"unmatched-supplier-article:{partner.Id}:{number}", Partner = partner.Id, DocumentId = documentId, At = now,
                        Text = $"{partner.Name} offers {line.Item.Label}{(line.Item.Description is { } text ? $" ({text})" : "")}, which is no article here. Perhaps {string.Join(" or ", proposals.Select(proposal => $"{proposal.Article.Sku} ({proposal.Why})"))}. The other lines are in force.",
                        Data = JsonSerializer.Serialize(new { number, proposals = proposals.Select(proposal => new { sku = proposal.Article.Sku, why = proposal.Why, row = RowOf(proposal.Article, 1, proposal.Article.BaseUnit) }) }, CanonicalJson.Options),
                    });
                }
                continue;
            }
            var row = RowOf(match.Article, match.Factor, match.Unit);
            if (Suspicious(partner, snapshot, row) is { } wrong)
            {
                notes.Add(wrong);
                tasks.Add(new HubTask
                {
                    Kind = "price-line", Key = $"price-line:{partner.Id}:{row.Sku}:{line.Unit}:{row.ValidFrom:yyyyMMdd}", Partner = partner.Id, DocumentId = documentId, At = now, Text = wrong.Text,
                    Data = JsonSerializer.Serialize(row, CanonicalJson.Options),
                });
                continue;
            }
            rows.Add(row);
            references.AddRange(snapshot.Learn(partner.Id, line.Item, row.Sku, row.Line.UnitFactor, row.Line.Unit!));
        }
        await work.Catalogue.SavePricesAsync(rows, cancellationToken);
        await work.Catalogue.SaveCrossReferencesAsync([.. references.DistinctBy(reference => (reference.Scheme, reference.Id))], cancellationToken);
        await work.Tasks.OpenAsync(tasks, cancellationToken);
        return Result(notes, prices.Lines.Count, rows.Count);
    }

    /// <summary>What speaks against a price: nothing below zero, breaks that fall, a basis that is one, and no leap.</summary>
    internal static Diagnostic? Suspicious(Partner partner, CatalogueSnapshot snapshot, PriceRow row)
    {
        var line = row.Line;
        var place = $"{line.Item.Label}";
        if (line.Price <= 0 || line.PriceBasis is not (1 or 10 or 100 or 1000) || line.UnitFactor <= 0)
        {
            return Diagnostic.Error("price-not-positive", place, $"{partner.Name} gives price {line.Price:0.####} per {line.PriceBasis:0.###} for {line.Item.Label}; expected a positive price per 1, 10, 100 or 1000. The old price stays until somebody corrects it.");
        }
        var from = 1m;
        var price = line.Price;
        foreach (var step in line.Breaks)
        {
            if (step.FromQuantity <= from || step.Price <= 0 || step.Price > price)
            {
                return Diagnostic.Error("break-order", place, $"{partner.Name} gives a break from {step.FromQuantity:0.###} at {step.Price:0.####} after {from:0.###} at {price:0.####} for {line.Item.Label}; expected rising quantities and falling prices. The old price stays until somebody corrects it.");
            }
            (from, price) = (step.FromQuantity, step.Price);
        }
        var known = snapshot.Prices(row.Sku).LastOrDefault(old => old.Partner == partner.Id && old.Line.BidReference == line.BidReference && old.Currency == row.Currency
            && old.Line.PromotionLimit is null && line.PromotionLimit is null);
        if (known is null)
        {
            return null;
        }
        decimal Each(PriceLine priced) => priced.Price / priced.PriceBasis / priced.UnitFactor;
        var rise = (Each(line) / Each(known.Line) - 1) * 100;
        return rise > partner.Tolerances.CataloguePercent || rise < -Math.Max(50m, partner.Tolerances.CataloguePercent)
            ? Diagnostic.Error("price-leap", place, $"{partner.Name} changes {line.Item.Label} from {Each(known.Line):0.####} to {Each(line):0.####} {row.Currency} a base unit ({rise:+0;-0} %), outside {partner.Tolerances.CataloguePercent:0} %. Perhaps price basis or unit is meant otherwise. The old price stays until somebody releases the new one.")
            : null;
    }

    private DateOnly Today(DateTimeOffset now) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, book.Current.House.TimeZone).DateTime);

    private static Diagnostic Unknown(Item item, string what) =>
        Diagnostic.Warning("unknown-article", item.Label, $"Article {item.Label} is not in our catalogue; its {what} is not used. Add the article or a cross reference if we trade it.");

    private static ApplyResult Result(List<Diagnostic> notes, int lines, int used) =>
        used == 0 && lines > 0
            ? new ApplyResult(DocumentState.Quarantined, $"None of {lines} lines could be used. {notes[0].Text}", null, notes)
            : new ApplyResult(DocumentState.Applied, notes.Count == 0 ? null : $"{used} of {lines} lines are in force; {notes.Count} wait or were left out.", null, notes);
}
