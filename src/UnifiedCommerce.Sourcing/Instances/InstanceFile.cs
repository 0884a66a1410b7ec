using System.Text.Json;

namespace UnifiedCommerce.Sourcing;

/// <summary>What reading an instance gave.</summary>
/// <param name="Problem">The problem; null when the text could not be understood.</param>
/// <param name="Faults">What could not be understood.</param>
public sealed record InstanceReading(SourcingProblem? Problem, IReadOnlyList<ProblemFault> Faults);

/// <summary>Reads instances of the schema <c>sourcing-instance/1</c>.</summary>
public static class InstanceFile
{
    /// <summary>Reads an instance; a text that is no instance gives faults, never an exception.</summary>
    public static InstanceReading Read(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using var document = JsonDocument.Parse(json);
            return new InstanceReading(Read(document.RootElement), []);
        }
        catch (JsonException exception)
        {
            return Fault("not-json", exception.Message);
        }
        catch (Exception exception) when (exception is KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            return Fault("not-an-instance", exception.Message);
        }
    }

    private static InstanceReading Fault(string code, string message) => new(null, [new ProblemFault(code, "instance", message)]);

    private static SourcingProblem Read(JsonElement root)
    {
        if (!string.Equals(root.GetProperty("schema").GetString(), "sourcing-instance/1", StringComparison.Ordinal))
        {
            throw new FormatException("The schema must be sourcing-instance/1.");
        }

        var rules = root.GetProperty("rules");
        var administration = rules.GetProperty("orderHandlingCost").GetDecimal();
        return new SourcingProblem
        {
            Id = root.GetProperty("id").GetString() ?? "",
            BaseCurrency = Text(root, "baseCurrency"),
            ExchangeRates = [.. root.GetProperty("fx").EnumerateObject().Select(rate => new ExchangeRate(rate.Name, rate.Value.GetDecimal(), "instance"))],
            CostOfCapital = rules.GetProperty("costOfCapital").GetDecimal(),
            MaxDistributors = Optional(rules, "maxDistributors") is { } most ? most.GetInt32() : null,
            Distributors = [.. root.GetProperty("distributors").EnumerateArray().Select(element => ReadDistributor(element, administration))],
            Lines = [.. root.GetProperty("lines").EnumerateArray().Select(ReadLine)],
            Offers = [.. root.GetProperty("offers").EnumerateArray().Select(ReadOffer)],
        };
    }

    private static Distributor ReadDistributor(JsonElement element, decimal administration)
    {
        var freight = element.GetProperty("freight");
        var minimum = element.GetProperty("minOrderValue").GetDecimal();
        return new Distributor
        {
            Id = Text(element, "id"),
            Currency = Text(element, "currency"),
            PreferencePenalty = element.GetProperty("preferencePenalty").GetDecimal(),
            Excluded = element.GetProperty("excluded").GetBoolean(),
            Commitment = Optional(element, "commitment") is { } commitment
                ? new Commitment(commitment.GetProperty("minValue").GetDecimal(), commitment.GetProperty("shortfallRate").GetDecimal())
                : null,
            Terms = new OrderTerms
            {
                Minimum = minimum > 0 ? new MinimumOrder(minimum) : null,
                SmallOrder = Optional(element, "smallOrder") is { } small
                    ? new SmallOrderSurcharge(small.GetProperty("below").GetDecimal(), small.GetProperty("surcharge").GetDecimal())
                    : null,
                Freight = new FreightTerms
                {
                    Fixed = freight.GetProperty("fixed").GetDecimal(),
                    FreeFromValue = Optional(freight, "freeFrom")?.GetDecimal(),
                },
                Discount = Optional(element, "orderDiscount") is { } discount ? ReadDiscount(discount) : null,
                PaymentDays = element.GetProperty("paymentDays").GetInt32(),
                RebateRate = element.GetProperty("rebateRate").GetDecimal(),
                AdministrationCost = administration,
            },
        };
    }

    private static OrderDiscount ReadDiscount(JsonElement element) => new(
        Text(element, "basis") switch
        {
            "value" => DiscountBasis.Value,
            "quantity" => DiscountBasis.Quantity,
            var other => throw new FormatException($"The discount basis is {other}; it must be value or quantity."),
        },
        ReadMode(element.GetProperty("mode")),
        [.. element.GetProperty("tiers").EnumerateArray()
            .Select(tier => new DiscountTier(tier.GetProperty("from").GetDecimal(), tier.GetProperty("rate").GetDecimal()))]);

    private static DemandLine ReadLine(JsonElement element) => new()
    {
        Id = Text(element, "id"),
        Quantity = element.GetProperty("qty").GetInt64(),
        MaxQuantity = element.GetProperty("maxQty").GetInt64(),
        NeedByDay = element.GetProperty("needByDay").GetInt32(),
        MaxSplits = element.GetProperty("maxSplits").GetInt32(),
        UnfilledPenalty = element.GetProperty("unfilledPenalty").GetDecimal(),
    };

    private static Offer ReadOffer(JsonElement element) => new()
    {
        Line = element.GetProperty("line").GetInt32(),
        Distributor = element.GetProperty("dist").GetInt32(),
        Moq = element.GetProperty("moq").GetInt64(),
        OrderMultiple = element.GetProperty("pack").GetInt64(),
        Available = element.GetProperty("available").GetInt64(),
        LeadDays = element.GetProperty("leadDays").GetInt32(),
        UnitExtra = element.GetProperty("unitExtra").GetDecimal(),
        Price = new OfferPrice
        {
            BreakMode = ReadMode(element.GetProperty("breakMode")),
            Breaks = [.. element.GetProperty("breaks").EnumerateArray()
                .Select(row => new PriceBreak(row.GetProperty("from").GetInt64(), row.GetProperty("price").GetDecimal()))],
        },
    };

    private static TierMode ReadMode(JsonElement element) => element.GetString() switch
    {
        "allUnits" => TierMode.AllUnits,
        "incremental" => TierMode.Incremental,
        var other => throw new FormatException($"The mode is {other}; it must be allUnits or incremental."),
    };

    private static string Text(JsonElement element, string name) =>
        element.GetProperty(name).GetString() ?? throw new FormatException($"{name} must be a text.");

    private static JsonElement? Optional(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
