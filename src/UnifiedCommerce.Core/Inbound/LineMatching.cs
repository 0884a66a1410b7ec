using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Core.Inbound;

/// <summary>Finds the purchase order line that a partner's document line speaks of, and counts in its unit.</summary>
internal static class LineMatching
{
    /// <summary>Index of the line with this position, or without one with this article, by any number the partner and we share, else by our catalogue; or -1.</summary>
    public static int Find(PurchaseState purchase, int? position, Item item, Partner partner, CatalogueSnapshot snapshot)
    {
        if (position is { } given)
        {
            return IndexOf(purchase, given);
        }
        return Candidates(purchase, item, partner, snapshot).FirstOrDefault(-1);
    }

    /// <summary>Indexes of all lines of this article, in order, by any number the partner and we share, else by our catalogue.</summary>
    public static IReadOnlyList<int> Candidates(PurchaseState purchase, Item item, Partner partner, CatalogueSnapshot snapshot)
    {
        var numbered = purchase.Document.Lines.Where(line => SameArticle(line.Item, item)).Select(line => IndexOf(purchase, line.Position)).Where(index => index >= 0).Order().ToList();
        if (numbered.Count > 0)
        {
            return numbered;
        }
        var sku = snapshot.Match(partner.Id, item, supplier: true)?.Article.Sku;
        return sku is null ? [] : [.. Enumerable.Range(0, purchase.Lines.Count).Where(index => purchase.Lines[index].Sku == sku || purchase.Lines[index].SubstituteSku == sku)];
    }

    /// <summary>Position of another line that the article belongs to, although the document names this one; null when the two agree or nobody can tell.</summary>
    public static int? Contradicts(PurchaseState purchase, int index, Item item)
    {
        var own = purchase.Document.Lines.First(line => line.Position == purchase.Lines[index].Position).Item;
        return !SameArticle(own, item) && ByNumbers(purchase, item) is >= 0 and var other ? purchase.Lines[other].Position : null;
    }

    /// <summary>Says that position and article of a document's line belong to different lines.</summary>
    public static string Sentence(Partner partner, PurchaseState purchase, int index, Item item, int other) =>
        $"Found article {item.Label} on line {purchase.Lines[index].Position} of {purchase.Document.Number}, where {purchase.Lines[index].SupplierSku ?? purchase.Lines[index].Sku} was ordered; {item.Label} is line {other}. "
        + $"Nothing was applied. Ask {partner.Name} which of the two is meant.";

    /// <summary>A stated quantity in the line's order unit; null when its unit cannot be counted in it. What is answered in pieces or other packs of the
    /// article is converted, as far as that gives thousandths.</summary>
    public static decimal? InOrderUnits(PurchaseState purchase, PurchaseLineState line, Quantity said, CatalogueSnapshot snapshot)
    {
        var ordered = purchase.Document.Lines.First(candidate => candidate.Position == line.Position).Quantity.Unit;
        if (OrderIntake.Same(said.Unit, ordered))
        {
            return said.Value;
        }
        var factor = OrderIntake.Same(said.Unit, "EA") ? 1 : snapshot.Find(line.Sku)?.Packs.FirstOrDefault(pack => OrderIntake.Same(pack.Unit, said.Unit))?.UnitFactor;
        var converted = said.Value * factor / line.UnitFactor;
        return converted is { } value && decimal.Round(value, 3) == value ? value : null;
    }

    /// <summary>Says that a quantity's unit is not the one that was ordered.</summary>
    public static string UnitSentence(Partner partner, PurchaseState purchase, PurchaseLineState line, Quantity said)
    {
        var ordered = purchase.Document.Lines.First(candidate => candidate.Position == line.Position).Quantity.Unit;
        return $"Found {said.Value:0.###} {said.Unit} on line {line.Position} of {purchase.Document.Number}, expected {ordered} as ordered ({line.Ordered:0.###} {ordered} of {line.UnitFactor:0.###} each); "
            + $"{said.Unit} cannot be counted in {ordered}. Nothing was applied. Ask {partner.Name} for the quantity in {ordered}.";
    }

    private static int ByNumbers(PurchaseState purchase, Item item)
    {
        var line = purchase.Document.Lines.FirstOrDefault(candidate => SameArticle(candidate.Item, item));
        return line is null ? -1 : IndexOf(purchase, line.Position);
    }

    private static int IndexOf(PurchaseState purchase, int position) => purchase.Lines.ToList().FindIndex(line => line.Position == position);

    private static bool SameArticle(Item left, Item right) => Same(left.SupplierSku, right.SupplierSku) || Same(left.Gtin, right.Gtin) || Same(left.BuyerSku, right.BuyerSku);

    private static bool Same(string? left, string? right) => left is not null && right is not null && left.TrimStart('0') == right.TrimStart('0');
}
