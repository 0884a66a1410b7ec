namespace UnifiedCommerce.Sourcing;

/// <summary>
/// The scale of exact arithmetic: amounts are whole billionths (1e-9) and rates whole trillionths (1e-12), in 128 bits.
/// Every product is rounded once, half away from zero.
/// </summary>
internal static class Nano
{
    public const long One = 1_000_000_000;
    public const long RateOne = 1_000_000_000_000;

    /// <summary>Greatest amount, price or quantity accepted; keeps every product inside 128 bits.</summary>
    public const decimal Greatest = 1_000_000_000_000m;

    public static Int128 From(decimal amount) => (Int128)decimal.Round(amount * One, 0, MidpointRounding.AwayFromZero);

    public static Int128 RateFrom(decimal rate) => (Int128)decimal.Round(rate * RateOne, 0, MidpointRounding.AwayFromZero);

    public static decimal ToDecimal(Int128 nano) => (decimal)nano / One;

    public static Int128 Times(Int128 amount, Int128 rate) => Divide(amount * rate, RateOne);

    public static Int128 Divide(Int128 numerator, Int128 denominator)
    {
        var half = denominator / 2;
        return (numerator >= 0 ? numerator + half : numerator - half) / denominator;
    }

    public static long CeilingTo(long quantity, long multiple) => (quantity + multiple - 1) / multiple * multiple;
}
