using System.Globalization;

namespace UnifiedCommerce.Core.Partners;

/// <summary>Reads one entry of <c>terms</c> in a partner.yaml.</summary>
internal static class TermsFields
{
    internal static PurchaseTerms Read(YamlSection section)
    {
        PurchaseTerms terms = new()
        {
            ValidFrom = section.Date("validFrom") ?? section.Missing("validFrom", DateOnly.MinValue),
            ValidTo = section.Date("validTo"),
            Currency = Fields.Currency(section, "currency") ?? section.Missing("currency", "EUR"),
            Contract = section.Text("contract"),
            MinimumOrder = section.Number("minimumOrder"),
            BelowMinimumCharge = section.Number("belowMinimumCharge"),
            HandlingFee = section.Number("handlingFee") ?? 0,
            DropShipFee = section.Number("dropShipFee") ?? 0,
            LineFee = section.Number("lineFee") ?? 0,
            RebateRate = section.Rate("rebateRate") ?? 0,
            OrderDiscount = OrderDiscount(section.Section("orderDiscount")),
            Commitment = Commitment(section.Section("commitment")),
            GroupBreaks = section.Sections("groupBreaks", GroupBreak),
        };
        if (terms.ValidTo < terms.ValidFrom)
        {
            section.Impossible("validTo", "is before validFrom.");
        }
        if (terms.BelowMinimumCharge is not null && terms.MinimumOrder is null)
        {
            section.Impossible("belowMinimumCharge", "allows orders below `minimumOrder`, which is missing.");
        }
        if (terms.GroupBreaks.GroupBy(group => group.Group, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            section.Impossible("groupBreaks", $"the group `{twice.Key}` is there twice.");
        }
        return Payment(section.Section("payment"), Freight(section.Section("freight"), SmallOrder(section.Section("smallOrder"), terms)));
    }

    private static PurchaseTerms SmallOrder(YamlSection? section, PurchaseTerms terms)
    {
        if (section is null)
        {
            return terms;
        }
        terms = terms with
        {
            SmallOrderBelow = section.Number("below") ?? section.Missing("below", 0m),
            SmallOrderSurcharge = section.Number("surcharge") ?? section.Missing("surcharge", 0m),
        };
        if (terms.MinimumOrder is { } minimum && terms.BelowMinimumCharge is null && terms.SmallOrderBelow <= minimum)
        {
            section.Impossible("below", string.Create(CultureInfo.InvariantCulture,
                $"found {terms.SmallOrderBelow}, which never applies: orders below the minimum of {minimum} are refused."));
        }
        section.Done();
        return terms;
    }

    private static PurchaseTerms Freight(YamlSection? section, PurchaseTerms terms)
    {
        if (section is null)
        {
            return terms;
        }
        terms = terms with
        {
            FreightFixed = section.Number("fixed") ?? 0,
            FreightByWeight = section.Sections("byWeight", step =>
                new FreightStep(step.Number("fromKg") ?? step.Missing("fromKg", 0m), step.Number("amount") ?? step.Missing("amount", 0m))),
            FreightFreeFrom = section.Number("freeFrom"),
            FreightFreeAfterDiscount = section.Flag("freeAfterDiscount"),
            FreightFreeFromKg = section.Number("freeFromKg"),
        };
        if (terms.FreightByWeight.Count > 0)
        {
            Rising(section, "byWeight", [.. terms.FreightByWeight.Select(step => step.FromKg)]);
            if (terms.FreightByWeight[0].FromKg != 0)
            {
                section.Impossible("byWeight", "the first step must begin at fromKg 0, else light orders have no freight.");
            }
        }
        if (terms.FreightFreeAfterDiscount && terms.FreightFreeFrom is null)
        {
            section.Impossible("freeAfterDiscount", "says which value `freeFrom` tests, and that is missing.");
        }
        section.Done();
        return terms;
    }

    private static PurchaseTerms Payment(YamlSection? section, PurchaseTerms terms)
    {
        if (section is null)
        {
            return terms;
        }
        terms = terms with
        {
            PaymentDays = section.Whole("days", 0, 365) ?? section.Missing("days", 30),
            EarlyPaymentRate = section.Rate("earlyRate") ?? 0,
            EarlyPaymentDays = section.Whole("earlyDays", 0, 365) ?? 0,
        };
        if (section.Has("earlyRate") != section.Has("earlyDays"))
        {
            section.Impossible(section.Has("earlyRate") ? "earlyRate" : "earlyDays", "`earlyRate` and `earlyDays` go together.");
        }
        else if (terms.EarlyPaymentRate > 0 && terms.EarlyPaymentDays >= terms.PaymentDays)
        {
            section.Impossible("earlyDays", $"found {terms.EarlyPaymentDays}, expected fewer than days ({terms.PaymentDays}).");
        }
        section.Done();
        return terms;
    }

    private static OrderDiscountTerms? OrderDiscount(YamlSection? section)
    {
        if (section is null)
        {
            return null;
        }
        section.Missing("by", 0);
        section.Missing("mode", 0);
        OrderDiscountTerms discount = new(
            section.Choice("by", [("value", false), ("quantity", true)], false),
            section.Choice("mode", [("allUnits", false), ("incremental", true)], false),
            Tiers(section));
        section.Done();
        return discount;
    }

    private static CommitmentTerms? Commitment(YamlSection? section)
    {
        if (section is null)
        {
            return null;
        }
        CommitmentTerms commitment = new(
            section.Date("from") ?? section.Missing("from", DateOnly.MinValue),
            section.Date("to") ?? section.Missing("to", DateOnly.MaxValue),
            section.Number("minimumValue") ?? section.Missing("minimumValue", 0m),
            section.Rate("shortfallRate") ?? section.Missing("shortfallRate", 0m));
        if (commitment.To < commitment.From)
        {
            section.Impossible("to", "is before from.");
        }
        section.Done();
        return commitment;
    }

    private static GroupBreakTerms GroupBreak(YamlSection section) => new(section.Required("group"), Tiers(section));

    private static IReadOnlyList<DiscountTier> Tiers(YamlSection section)
    {
        IReadOnlyList<DiscountTier> tiers = section.Sections("tiers", tier =>
            new DiscountTier(tier.Number("from") ?? tier.Missing("from", 0m), tier.Rate("rate") ?? tier.Missing("rate", 0m)));
        if (tiers.Count == 0)
        {
            section.Missing("tiers", 0);
        }
        Rising(section, "tiers", [.. tiers.Select(tier => tier.From)]);
        for (int i = 1; i < tiers.Count; i++)
        {
            if (tiers[i].Rate <= tiers[i - 1].Rate)
            {
                section.Impossible("tiers", string.Create(CultureInfo.InvariantCulture,
                    $"the tier from {tiers[i].From} gives {tiers[i].Rate}, not more than the one below it ({tiers[i - 1].Rate})."));
            }
        }
        return tiers;
    }

    private static void Rising(YamlSection section, string name, IReadOnlyList<decimal> values)
    {
        for (int i = 1; i < values.Count; i++)
        {
            if (values[i] <= values[i - 1])
            {
                section.Impossible(name, string.Create(CultureInfo.InvariantCulture, $"found {values[i - 1]} before {values[i]}, expected rising values. Order the rows."));
                return;
            }
        }
    }
}
