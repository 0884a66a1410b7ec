using System.Globalization;

namespace UnifiedCommerce.Core;

/// <summary>An amount with its currency (ISO 4217 alphabetic code). Reported to the cent, stored in ten-thousandths.</summary>
/// <param name="Amount">The amount in units of <paramref name="Currency"/>.</param>
/// <param name="Currency">ISO 4217 alphabetic code, upper case.</param>
public readonly record struct Money(decimal Amount, string Currency)
{
    /// <summary>Adds two amounts of the same currency; another currency is our own mistake and throws.</summary>
    public static Money operator +(Money left, Money right) =>
        left.Currency == right.Currency
            ? new Money(left.Amount + right.Amount, left.Currency)
            : throw new InvalidOperationException($"Found {left.Currency} + {right.Currency}, expected one currency. Convert first.");

    /// <summary>The amount with two decimals and the currency: <c>12.50 EUR</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Amount:0.00} {Currency}");
}

/// <summary>A quantity with its UN/ECE Recommendation 20 unit code.</summary>
/// <param name="Value">The quantity, at most three decimals.</param>
/// <param name="Unit">UN/ECE Rec 20 code, for example <c>EA</c>, <c>C62</c>, <c>KGM</c>, <c>CT</c>.</param>
public readonly record struct Quantity(decimal Value, string Unit)
{
    /// <summary>The value and the unit: <c>12 EA</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value:0.###} {Unit}");
}

/// <summary>An identifier with the scheme that gives it meaning (ISO 6523 code, <c>ZZ</c>, <c>91</c> ...).</summary>
/// <param name="Scheme">Scheme or qualifier, for example <c>0088</c> (GLN) or an X12 I05 / EDIFACT 3055 code.</param>
/// <param name="Id">The identifier within the scheme.</param>
public readonly record struct PartyId(string Scheme, string Id);

/// <summary>A postal address, as far as the sender gave it.</summary>
public sealed record Address
{
    /// <summary>Street and number.</summary>
    public string? Street { get; init; }
    /// <summary>Postal code.</summary>
    public string? PostalCode { get; init; }
    /// <summary>Town.</summary>
    public string? City { get; init; }
    /// <summary>State or region code.</summary>
    public string? Region { get; init; }
    /// <summary>ISO 3166-1 alpha-2 code.</summary>
    public string? Country { get; init; }
}

/// <summary>A party of a document: known by GLN, or by an identifier and its scheme.</summary>
public sealed record Party
{
    /// <summary>GS1 Global Location Number, 13 digits with a valid check digit.</summary>
    public string? Gln { get; init; }
    /// <summary>Another identifier, when there is no GLN or beside it.</summary>
    public string? Id { get; init; }
    /// <summary>The scheme of <see cref="Id"/>.</summary>
    public string? Scheme { get; init; }
    /// <summary>Name as given.</summary>
    public string? Name { get; init; }
    /// <summary>Value added tax number with its country prefix.</summary>
    public string? VatNumber { get; init; }
    /// <summary>Postal address.</summary>
    public Address? Address { get; init; }
    /// <summary>Name of the contact.</summary>
    public string? Contact { get; init; }

    /// <summary>What identifies the party in keys: the GLN, else <c>scheme:id</c>, else the name.</summary>
    public string Key => Gln ?? (Id is null ? Name ?? "" : Scheme is null ? Id : $"{Scheme}:{Id}");
}

/// <summary>An article as a document names it. At least one identifier is given.</summary>
public sealed record Item
{
    /// <summary>GTIN-8, -12, -13 or -14.</summary>
    public string? Gtin { get; init; }
    /// <summary>Our article number (the buyer's).</summary>
    public string? BuyerSku { get; init; }
    /// <summary>The distributor's article number (the seller's).</summary>
    public string? SupplierSku { get; init; }
    /// <summary>The manufacturer's part number.</summary>
    public string? ManufacturerPart { get; init; }
    /// <summary>Description as given.</summary>
    public string? Description { get; init; }

    /// <summary>The first identifier there is, for messages to people.</summary>
    public string Label => BuyerSku ?? SupplierSku ?? Gtin ?? ManufacturerPart ?? Description ?? "(no identifier)";
}

/// <summary>A number of another document that this one or its line refers to.</summary>
/// <param name="Kind">UBL-like kind: <c>order</c>, <c>orderLine</c>, <c>purchaseOrder</c>, <c>despatchAdvice</c>, <c>invoice</c>, <c>contract</c> ...</param>
/// <param name="Number">The number.</param>
public readonly record struct Reference(string Kind, string Number);

/// <summary>An allowance (negative for the payer's sake is never used: <see cref="IsCharge"/> tells) or a charge on a document or line.</summary>
public sealed record AllowanceCharge
{
    /// <summary>True for a charge, false for an allowance.</summary>
    public bool IsCharge { get; init; }
    /// <summary>UNCL 5189 / 7161 or X12 1300 code as given.</summary>
    public string? Code { get; init; }
    /// <summary>Reason in words.</summary>
    public string? Reason { get; init; }
    /// <summary>The positive amount in the document's currency.</summary>
    public decimal Amount { get; init; }
    /// <summary>The rate in percent, when the amount came from one.</summary>
    public decimal? Percent { get; init; }
}

/// <summary>The scaling of stored numbers: databases hold integers only.</summary>
public static class Scale
{
    /// <summary>Stored money is in ten-thousandths of the currency unit.</summary>
    public const long Money = 10_000;
    /// <summary>Stored quantities are in thousandths of the unit.</summary>
    public const long Quantity = 1_000;

    /// <summary>Money as stored; more than four decimals are rounded half away from zero.</summary>
    public static long ToStoredMoney(decimal amount) => (long)Math.Round(amount * Money, MidpointRounding.AwayFromZero);
    /// <summary>Money as read.</summary>
    public static decimal FromStoredMoney(long stored) => stored / (decimal)Money;
    /// <summary>A quantity as stored; more than three decimals are rounded half away from zero.</summary>
    public static long ToStoredQuantity(decimal quantity) => (long)Math.Round(quantity * Quantity, MidpointRounding.AwayFromZero);
    /// <summary>A quantity as read.</summary>
    public static decimal FromStoredQuantity(long stored) => stored / (decimal)Quantity;
}
