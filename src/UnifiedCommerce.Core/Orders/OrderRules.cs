using UnifiedCommerce.Core.Partners;

namespace UnifiedCommerce.Core.Orders;

/// <summary>What must be true of an order before it is taken in.</summary>
public static class OrderRules
{
    private static readonly HashSet<string> Currencies = ["EUR", "PLN", "USD", "GBP", "CHF", "CZK", "DKK", "SEK", "NOK", "HUF", "RON", "CAD"];

    /// <summary>Units that orders may use: UN/ECE Recommendation 20, the part this trade uses.</summary>
    public static readonly IReadOnlySet<string> Units = new HashSet<string>(StringComparer.Ordinal)
    {
        "EA", "C62", "PCE", "NAR", "PR", "SET", "BX", "CT", "CS", "PK", "PA", "XPK", "XBX", "XCT", "DZN", "HUR", "KGM", "GRM", "TNE", "MTR", "CMT", "MTK", "MTQ",
        "LTR", "MLT", "RO", "ROL", "RL", "BG", "XBG", "XRO", "PF", "XPX", "PX", "CEN", "MIL", "H87", "LBR", "FOT", "INH", "GLL", "BO", "CA", "TU", "XTU",
    };

    /// <summary>What a sender left out although it is required: JSON gives null for it, and everything behind takes it for granted. Null when all is there.</summary>
    public static Diagnostic? MissingPart(Order? order)
    {
        if (order is null)
        {
            return Diagnostic.Error("missing-order", "/order", "Found null, expected the order.");
        }
        if (order.Number is null)
        {
            return Diagnostic.Error("missing-number", "/number", "Found null, expected the customer's order number.");
        }
        if (order.Channel is null)
        {
            return Diagnostic.Error("missing-channel", "/channel", "Found null, expected the channel, for example webshop.");
        }
        if (order.Buyer is null)
        {
            return Diagnostic.Error("missing-buyer", "/buyer", "Found null, expected the buyer with gln or id.");
        }
        if (order.Lines is null)
        {
            return Diagnostic.Error("no-lines", "/lines", "Found null, expected a list of lines.");
        }
        for (var index = 0; index < order.Lines.Count; index++)
        {
            var line = order.Lines[index];
            if (line?.Id is null || line.Item is null || line.Quantity.Unit is null || line.NotFrom is null)
            {
                return Diagnostic.Error("incomplete-line", $"/lines/{index}", "Found a line without id, item or quantity, expected all three: { \"id\": \"1\", \"item\": { \"gtin\": \"...\" }, \"quantity\": { \"value\": 1, \"unit\": \"EA\" } }.");
            }
        }
        return null;
    }

    /// <summary>Checks an order. Errors refuse it as a whole; an article that is not known is not an error but a line that waits.</summary>
    public static IReadOnlyList<Diagnostic> Check(Order order, DateOnly today)
    {
        var found = new List<Diagnostic>();
        if (string.IsNullOrWhiteSpace(order.Number))
        {
            found.Add(Diagnostic.Error("missing-number", "number", "The order has no number. Give the customer's order number: it is how a repeat is told from a new order."));
        }
        else if (order.Number.Length > 35)
        {
            found.Add(Diagnostic.Error("number-too-long", "number", $"Found an order number of {order.Number.Length} characters, expected at most 35."));
        }
        if (order.Buyer.Key.Length == 0)
        {
            found.Add(Diagnostic.Error("missing-buyer", "buyer", "The order names no buyer. Give buyer.gln or buyer.id."));
        }
        CheckGln(order.Buyer, "buyer", found);
        if (order.ShipTo is { } shipTo)
        {
            CheckGln(shipTo, "shipTo", found);
        }
        if (order.Currency is { } currency && !Currencies.Contains(currency))
        {
            found.Add(Diagnostic.Error("unknown-currency", "currency", $"Found currency \"{currency}\", expected an ISO 4217 code such as EUR, PLN or USD."));
        }
        CheckNeedBy(order.RequestedDelivery, "requestedDelivery", today, found);
        if (order.Lines.Count == 0)
        {
            found.Add(Diagnostic.Error("no-lines", "lines", "The order has no lines. Send at least one."));
        }
        if (order.Lines.Count > 10_000)
        {
            found.Add(Diagnostic.Error("too-many-lines", "lines", $"Found {order.Lines.Count} lines, expected at most 10,000. Split the order."));
        }
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in order.Lines)
        {
            CheckLine(line, today, ids, found);
        }
        return found;
    }

    private static void CheckLine(OrderLine line, DateOnly today, HashSet<string> ids, List<Diagnostic> found)
    {
        var place = $"line {line.Id}";
        if (string.IsNullOrWhiteSpace(line.Id) || line.Id.Length > 35)
        {
            found.Add(Diagnostic.Error("missing-line-id", "lines", "A line has no id, or one of more than 35 characters. Give each line an id that stays the same in every version of the order."));
        }
        else if (!ids.Add(line.Id))
        {
            found.Add(Diagnostic.Error("duplicate-line-id", place, $"Line id \"{line.Id}\" stands on two lines. Give each line its own."));
        }
        if (line.Quantity.Value <= 0)
        {
            found.Add(Diagnostic.Error("quantity-not-positive", $"{place} quantity", $"Found quantity {line.Quantity.Value:0.###}, expected more than zero. To cancel a line, send the order again without it."));
        }
        else if (line.Quantity.Value > 10_000_000)
        {
            found.Add(Diagnostic.Error("quantity-too-large", $"{place} quantity", $"Found quantity {line.Quantity.Value:0.###}, expected at most 10,000,000."));
        }
        if (!Units.Contains(line.Quantity.Unit))
        {
            found.Add(Diagnostic.Error("unknown-unit", $"{place} quantity", $"Found unit \"{line.Quantity.Unit}\", expected a UN/ECE Rec 20 code such as EA, C62, CT, KGM or MTR."));
        }
        if (line.Item is { Gtin: null, BuyerSku: null, SupplierSku: null, ManufacturerPart: null })
        {
            found.Add(Diagnostic.Error("missing-item", $"{place} item", "The line names no article. Give item.gtin, item.supplierSku (our number), item.buyerSku or item.manufacturerPart."));
        }
        if (line.Item.Gtin is { } gtin && !CheckDigit.IsValidGtin(gtin))
        {
            found.Add(Diagnostic.Error("gtin-check-digit", $"{place} item.gtin", CheckDigit.Explain(gtin, "GTIN", [8, 12, 13, 14])));
        }
        CheckNeedBy(line.RequestedDelivery, $"{place} requestedDelivery", today, found);
    }

    private static void CheckGln(Party party, string place, List<Diagnostic> found)
    {
        if (party.Gln is { } gln && !CheckDigit.IsValid(gln, 13))
        {
            found.Add(Diagnostic.Error("gln-check-digit", $"{place}.gln", CheckDigit.Explain(gln, "GLN", [13])));
        }
    }

    private static void CheckNeedBy(DateOnly? needBy, string place, DateOnly today, List<Diagnostic> found)
    {
        if (needBy is { } date && date < today)
        {
            found.Add(Diagnostic.Error("need-by-in-the-past", place, $"Found need-by date {date:yyyy-MM-dd}, expected {today:yyyy-MM-dd} or later. Correct the date or leave it out for as soon as possible."));
        }
    }
}

/// <summary>GS1 check digits: GTIN, GLN, SSCC (modulo 10, weights 3 and 1 from the right).</summary>
public static class CheckDigit
{
    /// <summary>True when the text is a GTIN of 8, 12, 13 or 14 digits with a right check digit.</summary>
    public static bool IsValidGtin(string text) => text.Length is 8 or 12 or 13 or 14 && IsValid(text, text.Length);

    /// <summary>True when the text has exactly <paramref name="length"/> digits and a right check digit.</summary>
    public static bool IsValid(string text, int length) => text.Length == length && text.All(char.IsAsciiDigit) && Compute(text[..^1]) == text[^1] - '0';

    /// <summary>The check digit for the digits before it.</summary>
    public static int Compute(ReadOnlySpan<char> digits)
    {
        var sum = 0;
        var weight = 3;
        for (var index = digits.Length - 1; index >= 0; index--)
        {
            sum += (digits[index] - '0') * weight;
            weight = 4 - weight;
        }
        return (10 - sum % 10) % 10;
    }

    /// <summary>One sentence that says what is wrong and what was expected.</summary>
    public static string Explain(string text, string name, IReadOnlyList<int> lengths) =>
        !text.All(char.IsAsciiDigit) || !lengths.Contains(text.Length)
            ? $"Found {name} \"{text}\", expected {string.Join(", ", lengths)} digits."
            : $"Found {name} {text} with check digit {text[^1]}, expected {Compute(text.AsSpan(0, text.Length - 1))}. A digit was probably mistyped.";
}
