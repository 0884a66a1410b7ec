namespace UnifiedCommerce.Core.Mapping;

/// <summary>Identifiers that carry a check digit.</summary>
public enum IdScheme
{
    /// <summary>None.</summary>
    None,
    /// <summary>GTIN-8, -12, -13 or -14.</summary>
    Gtin,
    /// <summary>GLN, 13 digits.</summary>
    Gln,
    /// <summary>SSCC, 18 digits.</summary>
    Sscc,
}

/// <summary>Check digits of GS1 identifiers (GS1 General Specifications 7.9: weights 3 and 1 from the right, modulo 10).</summary>
public static class Identifiers
{
    /// <summary>The check digit that belongs behind the digits given.</summary>
    /// <param name="body">Digits without the check digit.</param>
    /// <exception cref="ArgumentException">Something else than digits is given.</exception>
    public static int CheckDigit(ReadOnlySpan<char> body)
    {
        int sum = 0;
        for (int index = body.Length - 1, weight = 3; index >= 0; index--, weight = 4 - weight)
        {
            if (!char.IsAsciiDigit(body[index]))
                throw new ArgumentException($"Found '{body[index]}', expected digits only.", nameof(body));
            sum += (body[index] - '0') * weight;
        }
        return (10 - (sum % 10)) % 10;
    }

    /// <summary>True when the text has the length and the check digit of the scheme.</summary>
    /// <param name="scheme">The scheme.</param>
    /// <param name="text">The identifier.</param>
    public static bool IsValid(IdScheme scheme, ReadOnlySpan<char> text) => scheme switch
    {
        IdScheme.None => true,
        IdScheme.Gtin => text.Length is 8 or 12 or 13 or 14 && HasCheckDigit(text),
        IdScheme.Gln => text.Length == 13 && HasCheckDigit(text),
        IdScheme.Sscc => text.Length == 18 && HasCheckDigit(text),
        _ => false,
    };

    /// <summary>What is wrong with the identifier, in words; null when nothing is.</summary>
    /// <param name="scheme">The scheme.</param>
    /// <param name="text">The identifier.</param>
    public static string? Fault(IdScheme scheme, ReadOnlySpan<char> text)
    {
        if (IsValid(scheme, text))
            return null;
        string lengths = scheme switch { IdScheme.Gtin => "8, 12, 13 or 14", IdScheme.Gln => "13", _ => "18" };
        foreach (char character in text)
        {
            if (!char.IsAsciiDigit(character))
                return $"found '{character}', expected {lengths} digits";
        }
        return HasShape(scheme, text)
            ? $"the check digit is {text[^1]}, expected {CheckDigit(text[..^1])}"
            : $"found {text.Length} digits, expected {lengths}";
    }

    /// <summary>Digits only and as many as the scheme has: what is left to be wrong is the check digit.</summary>
    internal static bool HasShape(IdScheme scheme, ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('0', '9') && scheme switch
    {
        IdScheme.None => true,
        IdScheme.Gtin => text.Length is 8 or 12 or 13 or 14,
        IdScheme.Gln => text.Length == 13,
        _ => text.Length == 18,
    };

    private static bool HasCheckDigit(ReadOnlySpan<char> text)
    {
        int sum = 0;
        for (int index = text.Length - 1, weight = 1; index >= 0; index--, weight = 4 - weight)
        {
            int digit = text[index] - '0';
            if ((uint)digit > 9)
                return false;
            sum += digit * weight;
        }
        return sum % 10 == 0;
    }
}
