using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Sourcing;

namespace UnifiedCommerce.Core.Routing;

/// <summary>Waiting order lines that want the same article at the same place and time from the same suppliers: one demand of the problem.</summary>
/// <param name="Sku">Our article.</param>
/// <param name="Key">Key of the purchase order: buying entity, ship-to, delivery window, contract. Currency follows from the supplier.</param>
/// <param name="ShipTo">Where the goods go.</param>
/// <param name="Direct">Straight to the customer.</param>
/// <param name="NeedBy">Need-by date.</param>
/// <param name="Contract">Project or special bid of the customer's order.</param>
/// <param name="Pinned">Only this supplier.</param>
/// <param name="Forbidden">Not these suppliers.</param>
/// <param name="Parts">The order lines, in the order in which they have a claim.</param>
public sealed record Demand(
    string Sku, PurchaseOrderKey Key, Party ShipTo, bool Direct, DateOnly? NeedBy, string? Contract, string? Pinned, IReadOnlyList<string> Forbidden,
    IReadOnlyList<DemandPart> Parts)
{
    /// <summary>What is needed, in base units.</summary>
    public decimal Quantity => Parts.Sum(part => part.Quantity);
}

/// <summary>An order line's share of a demand.</summary>
/// <param name="OrderId">Order.</param>
/// <param name="LineId">Line.</param>
/// <param name="Arrival">The order's arrival number.</param>
/// <param name="Quantity">Open quantity in base units.</param>
public readonly record struct DemandPart(long OrderId, string LineId, long Arrival, decimal Quantity);

/// <summary>Turns waiting order lines into demands.</summary>
public static class Demands
{
    /// <summary>All open, matched lines that are not on hold, merged where they are alike, in a stable order.</summary>
    public static IReadOnlyList<Demand> Of(IEnumerable<OrderState> orders, House house)
    {
        var parts = new List<(Demand Shape, string Group, DemandPart Part)>();
        foreach (var order in orders)
        {
            var shipTo = order.Order.DirectDelivery ? order.Order.ShipTo ?? order.Order.Buyer : house.Warehouse;
            var key = new PurchaseOrderKey(house.Buyer.Key, shipTo.Key + (order.Order.DirectDelivery ? AddressKey(shipTo) : ""), "", "", order.Order.Contract ?? "");
            foreach (var line in order.Lines)
            {
                if (line is not { Open: > 0, Sku: { } sku, Hold: null })
                {
                    continue;
                }
                var forbidden = line.Forbidden.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
                var shape = new Demand(sku, key, shipTo, order.Order.DirectDelivery, line.NeedBy, order.Order.Contract, line.Pinned, forbidden, []);
                var group = string.Join('\u001f', sku, key.ShipTo, key.Contract, order.Order.DirectDelivery, line.NeedBy, line.Pinned, string.Join(',', forbidden));
                parts.Add((shape, group, new DemandPart(order.Id, line.LineId, order.Arrival, line.Open)));
            }
        }
        // Sorted by what the lines are, not by how they arrived: the same lines give the same problem, byte for byte.
        return [.. parts.GroupBy(part => part.Group, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => group.First().Shape with
            {
                Parts = [.. group.Select(part => part.Part).OrderBy(part => part.Arrival).ThenBy(part => part.LineId, StringComparer.Ordinal)],
            })];
    }

    private static string AddressKey(Party party) => party.Gln is null && party.Address is { } address ? $"/{address.Country}{address.PostalCode}{address.Street}" : "";
}
