using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Which record holds which kind of canonical document.</summary>
public static class DocumentTypes
{
    private static readonly Dictionary<DocumentKind, Type> Types = new()
    {
        [DocumentKind.Order] = typeof(Order),
        [DocumentKind.PurchaseOrder] = typeof(PurchaseOrder),
        [DocumentKind.OrderChange] = typeof(OrderChange),
        [DocumentKind.OrderResponse] = typeof(OrderResponse),
        [DocumentKind.DespatchAdvice] = typeof(DespatchAdvice),
        [DocumentKind.ReceiptAdvice] = typeof(ReceiptAdvice),
        [DocumentKind.Invoice] = typeof(Invoice),
        [DocumentKind.CreditNote] = typeof(Invoice),
        [DocumentKind.InventoryReport] = typeof(InventoryReport),
        [DocumentKind.PriceCatalogue] = typeof(PriceCatalogue),
        [DocumentKind.SalesReport] = typeof(SalesReport),
        [DocumentKind.ApplicationAdvice] = typeof(ApplicationAdvice),
    };

    /// <summary>The record type, or null for kinds that are not mapped (technical acknowledgements are the codec's).</summary>
    /// <param name="kind">The kind.</param>
    public static Type? Of(DocumentKind kind) => Types.GetValueOrDefault(kind);

    /// <summary>The kinds that can be mapped.</summary>
    public static IEnumerable<DocumentKind> Kinds => Types.Keys;

    internal static IEnumerable<string> Names => Types.Keys.Select(kind => kind.ToString());

    /// <summary>The file name of the kind in a partner's folder: <c>purchase-order</c>, <c>order-response</c> ...</summary>
    /// <param name="kind">The kind.</param>
    public static string FileName(DocumentKind kind) =>
        string.Concat(kind.ToString().Select((character, index) => char.IsUpper(character) && index > 0 ? "-" + char.ToLowerInvariant(character) : char.ToLowerInvariant(character).ToString()));
}
