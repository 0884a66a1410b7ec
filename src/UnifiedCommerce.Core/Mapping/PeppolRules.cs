using System.Globalization;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>
/// The fatal OpenPeppol rules that orders (T01) and despatch advices (T16) of ours can break, each named by its id. Other documents have
/// none here: what suppliers send is read as far as matching needs it.
/// </summary>
public static class PeppolRules
{
    private const decimal Slack = 0.02m;

    /// <summary>What a UBL document breaks, as <c>PEPPOL-T01-R008: ...</c>; empty for valid ones and for documents without rules here.</summary>
    /// <param name="document">The XML file.</param>
    public static IReadOnlyList<string> Check(ReadOnlyMemory<byte> document)
    {
        Findings findings = new();
        return TreeParsing.Xml(document, findings) is { } root ? [.. Check(root)] : [.. findings.All.Select(finding => finding.ToString())];
    }

    internal static IEnumerable<string> Check(TreeNode root)
    {
        // Other customizations of UBL have their own rules.
        if (Text(root, "CustomizationID")?.Contains("peppol", StringComparison.Ordinal) != true)
            return [];
        return root.Name switch
        {
            "Order" => Order(root),
            "DespatchAdvice" => DespatchAdvice(root),
            _ => [],
        };
    }

    private static IEnumerable<string> Order(TreeNode root)
    {
        if (Text(root, "ProfileID") is not ("urn:fdc:peppol.eu:poacc:bis:order_only:3" or "urn:fdc:peppol.eu:poacc:bis:ordering:3" or "urn:fdc:peppol.eu:poacc:bis:advanced_ordering:3"))
            yield return $"PEPPOL-T01-R031: found profile '{Text(root, "ProfileID")}', expected order only, ordering or advanced ordering.";
        if (Text(root, "CustomizationID")?.StartsWith("urn:fdc:peppol.eu:poacc:trns:order:3", StringComparison.Ordinal) != true)
            yield return $"PEPPOL-T01-R034: found customization '{Text(root, "CustomizationID")}', expected urn:fdc:peppol.eu:poacc:trns:order:3.";
        string? currency = Text(root, "DocumentCurrencyCode");
        foreach (TreeNode amount in All(root).Where(node => node.Children.Exists(child => child.Name == "@currencyID")))
        {
            if (Text(amount, "@currencyID") != currency)
                yield return $"PEPPOL-T01-R003: found {amount.Path()} in {Text(amount, "@currencyID")}, expected one currency, {currency}.";
            if (amount.Parent?.Name != "Price" && amount.Value is { } text && text.IndexOf('.', StringComparison.Ordinal) is var point and >= 0 && text.Length - point - 1 > 2)
                yield return $"PEPPOL-T01-R028: found {text} in {amount.Path()}, expected at most two decimals.";
        }
        foreach (TreeNode scheme in All(root).Where(node => node.Name == "PartyTaxScheme" && Text(node, "TaxScheme", "ID") == "VAT"))
        {
            if (Text(scheme, "CompanyID") is not { Length: > 2 } vat || !char.IsAsciiLetterUpper(vat[0]) || !char.IsAsciiLetterUpper(vat[1]))
                yield return $"PEPPOL-T01-R026: found VAT number '{Text(scheme, "CompanyID")}', expected a country prefix.";
        }
        List<TreeNode> lines = [.. root.Children.Where(child => child.Name == "OrderLine").SelectMany(line => line.Children).Where(child => child.Name == "LineItem")];
        if (root.Children.Find(child => child.Name == "AnticipatedMonetaryTotal") is { } total)
        {
            decimal stated = Number(total, "LineExtensionAmount") ?? 0;
            decimal sum = lines.Sum(line => Number(line, "LineExtensionAmount") ?? 0);
            if (stated != sum)
                yield return string.Create(CultureInfo.InvariantCulture, $"PEPPOL-T01-R008: the sum of line amounts is stated as {stated}, expected {sum}.");
            if (stated < 0)
                yield return "PEPPOL-T01-R007: the sum of line amounts is negative.";
            if (Number(total, "PayableAmount") is < 0)
                yield return "PEPPOL-T01-R006: the amount for payment is negative.";
        }
        foreach (IGrouping<string?, TreeNode> same in lines.GroupBy(line => Text(line, "ID")).Where(group => group.Count() > 1 || group.Key is null))
            yield return $"PEPPOL-T01-R001: found line id '{same.Key}' {same.Count()} times, expected a unique one on every line.";
        foreach (TreeNode line in lines)
        {
            decimal quantity = Number(line, "Quantity") ?? 1;
            decimal price = Number(line, "Price", "PriceAmount") ?? 0;
            decimal? basis = Number(line, "Price", "BaseQuantity");
            if (quantity < 0)
                yield return $"PEPPOL-T01-R004: line {Text(line, "ID")} has a negative quantity.";
            if (price < 0)
                yield return $"PEPPOL-T01-R005: line {Text(line, "ID")} has a negative price.";
            if (basis is <= 0)
                yield return $"PEPPOL-T01-R025: line {Text(line, "ID")} has a price for {basis} units, expected more than none.";
            else if (Number(line, "LineExtensionAmount") is { } amount && Math.Abs(amount - (quantity * price / (basis ?? 1))) > Slack)
                yield return string.Create(CultureInfo.InvariantCulture, $"PEPPOL-T01-R024: line {Text(line, "ID")} has the amount {amount}, expected {quantity * price / (basis ?? 1):0.00}.");
        }
    }

    private static IEnumerable<string> DespatchAdvice(TreeNode root)
    {
        if (Text(root, "CustomizationID")?.StartsWith("urn:fdc:peppol.eu:poacc:trns:despatch_advice:3", StringComparison.Ordinal) != true)
            yield return $"PEPPOL-T16-R011: found customization '{Text(root, "CustomizationID")}', expected urn:fdc:peppol.eu:poacc:trns:despatch_advice:3.";
        foreach ((string party, string rule) in new[] { ("BuyerCustomerParty", "R008"), ("SellerSupplierParty", "R009"), ("OriginatorCustomerParty", "R010") })
        {
            if (root.Children.Find(child => child.Name == party) is { } found && Text(found, "Party", "PartyName", "Name") is null && Text(found, "Party", "PartyIdentification", "ID") is null)
                yield return $"PEPPOL-T16-{rule}: {party} has neither name nor identifier.";
        }
        foreach (TreeNode line in root.Children.Where(child => child.Name == "DespatchLine"))
        {
            if (Text(line, "Item", "StandardItemIdentification", "ID") is null && Text(line, "Item", "SellersItemIdentification", "ID") is null)
                yield return $"PEPPOL-T16-R003: line {Text(line, "ID")} names its article neither by the seller's nor by a standard number.";
            if (Text(line, "Item", "Name") is null)
                yield return $"PEPPOL-T16-R004: line {Text(line, "ID")} has no article name.";
        }
    }

    private static string? Text(TreeNode node, params ReadOnlySpan<string> path)
    {
        TreeNode? at = node;
        foreach (string name in path)
        {
            at = Child(at, name);
            if (at is null)
                return null;
        }
        return string.IsNullOrEmpty(at.Value) ? null : at.Value;
    }

    private static TreeNode? Child(TreeNode node, string name) => node.Children.Find(child => child.Name == name);

    private static decimal? Number(TreeNode node, params ReadOnlySpan<string> path) =>
        Text(node, path) is { } text && decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number) ? number : null;

    private static IEnumerable<TreeNode> All(TreeNode node)
    {
        yield return node;
        foreach (TreeNode child in node.Children)
        {
            foreach (TreeNode inner in All(child))
                yield return inner;
        }
    }
}
