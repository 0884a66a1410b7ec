using System.Security.Cryptography;

namespace UnifiedCommerce.Core.Partners;

/// <summary>What reading house.yaml gave.</summary>
/// <param name="House">Our own side; null when there is an error.</param>
/// <param name="Diagnostics">What was found, with file and line.</param>
public sealed record HouseReading(House? House, IReadOnlyList<Diagnostic> Diagnostics);

/// <summary>Reads <c>mappings/house.yaml</c>, strictly.</summary>
public static class HouseFile
{
    /// <summary>The file's name in the mappings folder.</summary>
    public const string FileName = "house.yaml";

    /// <summary>Reads a file.</summary>
    public static HouseReading Load(string file) => File.Exists(file)
        ? Read(File.ReadAllBytes(file), file)
        : new HouseReading(null, [Diagnostic.Error("missing-file", file, "There is no such file. Write one with our currency, time zone, buyer, warehouse, rates, rules and pools.")]);

    /// <summary>Reads the bytes of a house.yaml. <paramref name="file"/> is only named in diagnostics.</summary>
    public static HouseReading Read(byte[] bytes, string file)
    {
        YamlReading reading = new(file);
        YamlSection? root = YamlSection.Root(reading, bytes);
        if (root is null)
        {
            return new HouseReading(null, reading.Diagnostics);
        }
        House house = new()
        {
            Currency = Fields.Currency(root, "currency") ?? root.Missing("currency", "EUR"),
            TimeZone = Fields.TimeZone(root, "timeZone"),
            Buyer = Fields.Party(root, "buyer"),
            Warehouse = Fields.Party(root, "warehouse"),
            Rates = root.Sections("rates", Rate),
            Rules = Rules(root.Section("rules")),
            Pools = root.Sections("pools", Pool),
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)),
        };
        Check(root, house);
        root.Done();
        return new HouseReading(reading.HasErrors ? null : house, reading.Diagnostics);
    }

    private static void Check(YamlSection root, House house)
    {
        if (house.Pools.Count == 0)
        {
            root.Missing("pools", 0);
        }
        foreach (IGrouping<string, PoolRule> twice in house.Pools.GroupBy(pool => pool.Name, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            root.Impossible("pools", $"the pool `{twice.Key}` is there twice.");
        }
        foreach (IGrouping<string, string> twice in house.Pools.SelectMany(pool => pool.Channels).GroupBy(channel => channel, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            root.Impossible("pools", $"the channel `{twice.Key}` is in two pools.");
        }
        if (house.Pools.Count > 0 && house.Pools.Count(pool => pool.Channels.Count == 0) != 1)
        {
            root.Impossible("pools", "expected exactly one pool without `channels`: it takes all other channels.");
        }
        foreach (IGrouping<(string Currency, DateOnly Date), ExchangeRate> twice in house.Rates.GroupBy(rate => (rate.Currency, rate.Date)).Where(group => group.Count() > 1))
        {
            root.Impossible("rates", $"{twice.Key.Currency} of {twice.Key.Date:yyyy-MM-dd} is there twice.");
        }
        if (house.Rates.Any(rate => rate.Currency == house.Currency))
        {
            root.Impossible("rates", $"{house.Currency} is the base currency; its rate is 1.");
        }
    }

    private static ExchangeRate Rate(YamlSection section)
    {
        decimal rate = section.Number("rate") ?? section.Missing("rate", 1m);
        if (rate == 0)
        {
            section.Impossible("rate", "found 0, expected base units per one unit of the currency.");
        }
        return new ExchangeRate(Fields.Currency(section, "currency") ?? section.Missing("currency", ""), rate,
            section.Date("date") ?? section.Missing("date", DateOnly.MinValue), section.Required("source"));
    }

    private static HouseRules Rules(YamlSection? section)
    {
        HouseRules standard = new();
        if (section is null)
        {
            return standard;
        }
        HouseRules rules = new()
        {
            CostOfCapital = section.Rate("costOfCapital") ?? standard.CostOfCapital,
            PurchaseOrderCost = section.Number("purchaseOrderCost") ?? standard.PurchaseOrderCost,
            MaxDistributors = section.Whole("maxDistributors", 1, 1000),
            MaxSplits = section.Whole("maxSplits", 1, 100) ?? standard.MaxSplits,
            UnfilledFactor = section.Number("unfilledFactor", 1, 1000) ?? standard.UnfilledFactor,
            OverBuyPercent = section.Number("overBuyPercent", most: 1000) ?? standard.OverBuyPercent,
            LatePerDay = section.Number("latePerDay"),
            ReRouteLimit = section.Number("reRouteLimit") ?? standard.ReRouteLimit,
            WorkLimit = section.Whole("workLimit", 1, int.MaxValue) ?? standard.WorkLimit,
            Sources = section.Sections("sources", Source),
        };
        section.Done();
        return rules;
    }

    private static SourceRule Source(YamlSection section)
    {
        section.Missing("kind", 0);
        string kind = section.Choice("kind", [.. ((string[])["prefer", "avoid", "block", "exclusive"]).Select(word => (word, word))], "prefer");
        SourceRule rule = new(section.Required("name"), section.Text("category"), section.Text("manufacturer"), section.Required("partner"), kind,
            section.Number("penaltyPercent", most: 1000) ?? 0);
        bool soft = kind is "prefer" or "avoid";
        if (soft != rule.PenaltyPercent > 0)
        {
            section.Impossible("penaltyPercent", soft
                ? $"`{kind}` needs a price above 0, else it changes nothing."
                : $"`{kind}` is absolute and has no price. Remove it.");
        }
        return rule;
    }

    private static PoolRule Pool(YamlSection section)
    {
        PoolRule standard = new() { Name = section.Required("name") };
        return standard with
        {
            Channels = section.List("channels", "a channel's name", text => (text.Length > 0, text)),
            Immediate = section.Flag("immediate"),
            Gather = section.Span("gather") ?? standard.Gather,
            Margin = section.Span("margin") ?? standard.Margin,
        };
    }
}
