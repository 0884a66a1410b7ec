using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Core.Inbound;

/// <summary>What a document's line says of an article.</summary>
/// <param name="Position">The purchase order line it names; null when only the article.</param>
/// <param name="Item">The article as ordered.</param>
/// <param name="Quantity">How much it speaks of; null means all.</param>
/// <param name="Price">Net price per unit, where stated.</param>
/// <param name="Date">The day it speaks of, where stated.</param>
internal readonly record struct Spoken(int? Position, Item Item, Quantity? Quantity, decimal? Price = null, DateOnly? Date = null);

/// <summary>A document's line, or a part of it, with the purchase order line it is for.</summary>
/// <param name="Said">Index of the document's line.</param>
/// <param name="Position">The purchase order line; null when the document's line stays as it is.</param>
/// <param name="Quantity">The part, in the unit of the document's line; null for all of it.</param>
internal readonly record struct Placed(int Said, int? Position = null, decimal? Quantity = null);

/// <summary>Shares what a document says of an article without a position among several purchase order lines of that article: first to the line of which it
/// speaks exactly, then by price, then by requested date, then in order, each line as much as it has room for. What fits nowhere stays on the likeliest
/// line, where it is found to be too much.</summary>
internal static class LineSharing
{
    /// <summary>Places the lines of one document.</summary>
    /// <param name="purchase">The purchase order before the document.</param>
    /// <param name="said">The document's lines.</param>
    /// <param name="room">How much a line has room for, in order units, the likeliest part first.</param>
    /// <param name="partner">Whose document it is.</param>
    /// <param name="snapshot">The catalogue.</param>
    /// <param name="place">The document, for a finding.</param>
    /// <returns>Lines and parts of lines in the document's order; or a finding, when of one of them nobody can tell what it speaks of.</returns>
    public static (IReadOnlyList<Placed> Placed, ApplyResult? Unclear) Place(
        PurchaseState purchase, IReadOnlyList<Spoken> said, Func<PurchaseLineState, decimal[]> room, Partner partner, CatalogueSnapshot snapshot, string place)
    {
        var candidates = said.Select(line => line.Position is null ? LineMatching.Candidates(purchase, line.Item, partner, snapshot) : []).ToList();
        if (candidates.TrueForAll(lines => lines.Count < 2))
        {
            return ([.. said.Select((_, index) => new Placed(index))], null);
        }
        var rooms = purchase.Lines.Select(line => room(line).Select(part => Math.Max(0, part)).ToArray()).ToList();
        var touched = new HashSet<int>();
        // What names its line, or can only mean one, takes its room first.
        for (var index = 0; index < said.Count; index++)
        {
            var line = said[index].Position is null && candidates[index].Count < 2 ? candidates[index].FirstOrDefault(-1) : LineMatching.Find(purchase, said[index].Position, said[index].Item, partner, snapshot);
            if (candidates[index].Count < 2 && line >= 0)
            {
                touched.Add(line);
                Take(rooms[line], said[index].Quantity is { } quantity ? LineMatching.InOrderUnits(purchase, purchase.Lines[line], quantity, snapshot) ?? 0 : 0);
            }
        }
        var open = Enumerable.Range(0, said.Count).Where(index => candidates[index].Count > 1).ToList();
        var placed = new Dictionary<int, List<Placed>>();
        var counted = open.Where(index => said[index].Quantity is { Value: > 0 }).ToList();
        for (var tier = 0; tier < rooms[0].Length; tier++)
        {
            foreach (var index in counted.Where(index => !placed.ContainsKey(index)).ToList())
            {
                var exact = Ranked(purchase, said[index], candidates[index]).FirstOrDefault(line => Counted(line, index) is { } quantity && quantity == rooms[line].Take(tier + 1).Sum(), -1);
                if (exact >= 0)
                {
                    Take(rooms[exact], Counted(exact, index)!.Value);
                    touched.Add(exact);
                    placed[index] = [new Placed(index, purchase.Lines[exact].Position)];
                }
            }
        }
        foreach (var index in counted.Where(index => !placed.ContainsKey(index)))
        {
            var quantities = candidates[index].Select(line => Counted(line, index)).Distinct().ToList();
            if (quantities is not [{ } quantity])
            {
                // In no unit of theirs, or in different ones: of the first nobody can say how much, of the second which.
                if (quantities.TrueForAll(each => each is null))
                {
                    continue;
                }
                return Unclear(index);
            }
            placed[index] = Fill(purchase, said[index], index, quantity, Ranked(purchase, said[index], candidates[index]), rooms, touched);
        }
        // "All of it" is clear when there is one word for each line that nothing else speaks of.
        foreach (var same in open.Where(index => said[index].Quantity is null).GroupBy(index => string.Join(' ', candidates[index])))
        {
            var left = candidates[same.First()].Where(line => !touched.Contains(line)).ToList();
            if (left.Count != same.Count())
            {
                return Unclear(same.First());
            }
            foreach (var index in same)
            {
                var line = Ranked(purchase, said[index], left).First();
                left.Remove(line);
                placed[index] = [new Placed(index, purchase.Lines[line].Position)];
            }
        }
        return ([.. said.SelectMany((_, index) => placed.GetValueOrDefault(index) ?? [new Placed(index)])], null);

        (IReadOnlyList<Placed>, ApplyResult) Unclear(int index) => ([], ApplyResult.Quarantine("line-unclear", place,
            $"Found {said[index].Item.Label} without a position, expected one: {purchase.Document.Number} orders it on lines "
            + $"{string.Join(", ", candidates[index].Select(line => $"{purchase.Lines[line].Position} ({purchase.Lines[line].Ordered:0.###})"))}. Nothing was applied. Ask {partner.Name} which is meant, and how much."));

        decimal? Counted(int line, int index) => LineMatching.InOrderUnits(purchase, purchase.Lines[line], said[index].Quantity!.Value, snapshot);
    }

    private static List<Placed> Fill(PurchaseState purchase, Spoken said, int index, decimal quantity, IReadOnlyList<int> ranked, List<decimal[]> rooms, HashSet<int> touched)
    {
        var parts = new SortedDictionary<int, decimal>();
        var left = quantity;
        foreach (var alike in ranked.GroupBy(line => Likeness(purchase, said, line)))
        {
            for (var tier = 0; tier < rooms[0].Length; tier++)
            {
                foreach (var line in alike)
                {
                    var part = Math.Min(left, rooms[line][tier]);
                    rooms[line][tier] -= part;
                    left -= part;
                    if (part > 0)
                    {
                        parts[line] = parts.GetValueOrDefault(line) + part;
                    }
                }
            }
        }
        if (left > 0)
        {
            var likeliest = parts.Count > 0 ? ranked.First(parts.ContainsKey) : ranked[0];
            parts[likeliest] = parts.GetValueOrDefault(likeliest) + left;
        }
        touched.UnionWith(parts.Keys);
        return [.. parts.Select(part => new Placed(index, purchase.Lines[part.Key].Position, part.Value * said.Quantity!.Value.Value / quantity))];
    }

    private static List<int> Ranked(PurchaseState purchase, Spoken said, IReadOnlyList<int> lines) => [.. lines.OrderByDescending(line => Likeness(purchase, said, line)).ThenBy(line => line)];

    /// <summary>The price agrees (2), the requested date agrees (1).</summary>
    private static int Likeness(PurchaseState purchase, Spoken said, int index)
    {
        var line = purchase.Lines[index];
        var requested = purchase.Document.Lines.First(ordered => ordered.Position == line.Position).RequestedDelivery ?? purchase.Document.RequestedDelivery;
        return (said.Price is { } price && price == line.NetPrice / line.PriceBasis ? 2 : 0) + (said.Date is { } date && date == requested ? 1 : 0);
    }

    private static void Take(decimal[] room, decimal quantity)
    {
        for (var tier = 0; tier < room.Length; tier++)
        {
            var part = Math.Min(quantity, room[tier]);
            room[tier] -= part;
            quantity -= part;
        }
    }
}
