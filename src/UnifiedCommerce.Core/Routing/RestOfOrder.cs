using System.Globalization;
using System.Text.Json;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Sourcing;

namespace UnifiedCommerce.Core.Routing;

/// <summary>What a task of kind <c>terms-missed</c> asks: a purchase order lost lines after it was sent and what is left no longer reaches a limit of the terms.</summary>
/// <param name="PurchaseId">The purchase order.</param>
/// <param name="Currency">The purchase order's currency, of all amounts but those of <paramref name="Elsewhere"/>.</param>
/// <param name="Left">Value of what is left, before discount.</param>
/// <param name="More">What the terms charge more, and discount less, for what is left than agreed when it was ordered.</param>
/// <param name="Charges">Freight, surcharges and fees of what is left, by the terms.</param>
/// <param name="Discount">Order discount of what is left, by the terms.</param>
/// <param name="Minimum">The minimum order value when what is left is below it and no charge is agreed for that: the supplier may refuse the rest.</param>
/// <param name="Limits">Each limit that is missed now, in words with what is missing.</param>
/// <param name="Elsewhere">What has not shipped, bought elsewhere; null when nobody has it.</param>
public sealed record RestCard(
    long PurchaseId, string Currency, decimal Left, decimal More, decimal Charges, decimal Discount, decimal? Minimum, IReadOnlyList<string> Limits, ReRouteCard? Elsewhere);

/// <summary>Looks again at the order-level terms of a purchase order that lost lines after it was sent: minimum order value, small-order surcharge, free freight, discount.</summary>
internal static class RestOfOrder
{
    /// <summary>Kind of the task.</summary>
    public const string TaskKind = "terms-missed";

    /// <summary>Key of the task.</summary>
    public static string TaskKey(long purchaseId) => string.Create(CultureInfo.InvariantCulture, $"{TaskKind}:{purchaseId}");

    /// <summary>Compares what the terms ask for all that was ordered with what they ask for what is left.</summary>
    /// <returns>Null when nothing is left, nothing was lost, or it costs no more than the partner's invoice tolerance.</returns>
    public static RestCard? Weigh(RunContext context, PurchaseState purchase, IReadOnlyList<Peg> pegs, DateTimeOffset asOf, long workLimit, CancellationToken cancellationToken)
    {
        var partner = context.Book.Find(purchase.Partner);
        var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(purchase.DecidedAt, context.Book.House.TimeZone).DateTime);
        if (partner?.TermsOn(day) is not { } terms || purchase.Lines.All(line => line.Cancelled == 0) || purchase.Lines.All(line => line.Cancelled == line.Ordered)
            || context.Book.House.RateOn(terms.Currency, day) is not { } rate)
        {
            return null;
        }
        var whole = CostOf(context, partner, terms, rate, purchase, static line => line.Ordered);
        var rest = CostOf(context, partner, terms, rate, purchase, static line => line.Ordered - line.Cancelled);
        if (whole is null || rest is null)
        {
            return null;
        }
        decimal Theirs(decimal amount) => Math.Round(amount / rate.Rate, 2, MidpointRounding.AwayFromZero);
        var (charges, discount) = (Theirs(rest.Freight + rest.Surcharge + rest.Fees), Theirs(rest.Discount));
        // The discount that was agreed on all of it, for what is left of it.
        var agreedDiscount = whole.OrderValue == 0 ? 0 : Theirs(whole.Discount * rest.OrderValue / whole.OrderValue);
        var more = Math.Max(0, charges - Theirs(whole.Freight + whole.Surcharge + whole.Fees)) + Math.Max(0, agreedDiscount - discount);
        var minimum = terms is { MinimumOrder: { } least, BelowMinimumCharge: null } && whole.OrderValue >= least && rest.OrderValue < least ? least : (decimal?)null;
        if (minimum is null && more <= partner.Tolerances.InvoiceAmount)
        {
            return null;
        }
        var open = purchase.Lines.Where(line => line.Unshipped() > 0 && line.CancelRequested == 0).Select(line => line.Position).ToHashSet();
        return new RestCard(purchase.Id, terms.Currency, rest.OrderValue, more, charges, discount, minimum, [.. Limits(terms, whole, rest)],
            ReRoutes.WeighOpen(context, purchase, open, pegs, asOf, workLimit, cancellationToken));
    }

    /// <summary>The question for a person.</summary>
    public static HubTask TaskFor(RunContext context, PurchaseState purchase, RestCard card, DateTimeOffset asOf)
    {
        var name = context.Book.Find(purchase.Partner)?.Name ?? purchase.Partner;
        var elsewhere = card.Elsewhere is { } other
            ? $"What has not shipped, ordered there for {ReRoutes.Amount(other.Before, context)}, costs {ReRoutes.Amount(other.After, context)} elsewhere with freight and fees. {ReRoutes.Sentence(context, other.Lines)}"
            : "Nobody else can deliver what has not shipped.";
        return new HubTask
        {
            Kind = TaskKind, Key = TaskKey(purchase.Id), Partner = purchase.Partner, PurchaseId = purchase.Id, At = asOf, Data = JsonSerializer.Serialize(card, CanonicalJson.Options),
            Text = $"{purchase.Document.Number} to {name} lost lines after it was sent; {new Money(card.Left, card.Currency)} are left. {string.Join(" ", card.Limits)} "
                + (card.More > 0 ? $"By the terms that costs {new Money(card.More, card.Currency)} more than agreed. " : "")
                + (card.Minimum is not null ? $"No charge is agreed for orders below the minimum: {name} may refuse the rest. " : "")
                + elsewhere + " Keep it and expect the charge, buy the rest elsewhere, or agree with the supplier that the terms of the whole order hold and close this.",
        };
    }

    private static IEnumerable<string> Limits(PurchaseTerms terms, PurchaseOrderCost whole, PurchaseOrderCost rest)
    {
        string Missing(decimal limit) => $"{new Money(limit - rest.OrderValue, terms.Currency)} short of {new Money(limit, terms.Currency)}";
        if (terms.MinimumOrder is { } minimum && whole.OrderValue >= minimum && rest.OrderValue < minimum)
        {
            yield return $"It is below the minimum order value ({Missing(minimum)}).";
        }
        if (terms.SmallOrderBelow is { } small && whole.OrderValue >= small && rest.OrderValue < small)
        {
            yield return $"It is a small order now ({Missing(small)}).";
        }
        if (whole.Freight == 0 && rest.Freight > 0)
        {
            yield return terms.FreightFreeFrom is { } free && rest.OrderValue < free ? $"Freight is no longer free ({Missing(free)})." : "Freight is no longer free.";
        }
        if (whole.OrderValue > 0 && rest.OrderValue > 0 && rest.Discount / rest.OrderValue < whole.Discount / whole.OrderValue)
        {
            yield return "The order discount is lower.";
        }
    }

    /// <summary>What the order-level terms make of the purchase order with these quantities; a minimum counts as if a charge of nothing were agreed.</summary>
    private static PurchaseOrderCost? CostOf(RunContext context, Partner partner, PurchaseTerms terms, Partners.ExchangeRate rate, PurchaseState purchase, Func<PurchaseLineState, decimal> quantity)
    {
        var key = new PurchaseOrderKey(purchase.Document.Buyer.Key, purchase.Document.ShipTo.Key, "", "", "");
        var order = ProblemBuilder.TermsOf(partner, terms, context.Book.House, purchase.Document.DirectDelivery);
        order = order.Minimum is { ChargeBelow: null } minimum ? order with { Minimum = minimum with { ChargeBelow = 0 } } : order;
        var lines = purchase.Lines.Where(line => quantity(line) > 0).ToList();
        var scale = lines.Any(line => quantity(line) * line.UnitFactor != decimal.Truncate(quantity(line) * line.UnitFactor)) ? 1000 : 1;
        var problem = new SourcingProblem
        {
            Id = "rest", BaseCurrency = context.Book.House.Currency, CostOfCapital = 0,
            ExchangeRates = terms.Currency == context.Book.House.Currency ? [] : [new Sourcing.ExchangeRate(rate.Currency, rate.Rate, rate.Source, rate.Date)],
            Lines = [.. lines.Select(line => new DemandLine
            {
                Id = string.Create(CultureInfo.InvariantCulture, $"{line.Position}"), Key = key, Quantity = Units(line), MaxQuantity = Units(line), NeedByDay = int.MaxValue,
                MaxSplits = 1, UnfilledPenalty = 1, NotFrom = [],
            })],
            Distributors = [new Distributor { Id = partner.Id, Currency = terms.Currency, Terms = order }],
            Offers = [.. lines.Select((line, index) => new Offer
            {
                Line = index, Distributor = 0, Id = line.Sku,
                Price = new OfferPrice
                {
                    BreakMode = TierMode.AllUnits, Breaks = [new Sourcing.PriceBreak(1, line.NetPrice)], PriceBasis = (int)Math.Max(1, line.PriceBasis), UnitFactorNumerator = 1,
                    UnitFactorDenominator = Math.Max(1, (long)(line.UnitFactor * scale)), ChainDiscounts = [],
                },
                Moq = 1, OrderMultiple = 1, Available = Units(line), LeadDays = 0, UnitWeight = WeightOf(context, partner, line) / scale, Status = SourceStatus.Approved,
            })],
        };
        return SourcingEngine.Evaluate(problem, [.. lines.Select((line, index) => new Allocation(index, Units(line)))]).Cost?.Orders.FirstOrDefault();

        long Units(PurchaseLineState line) => (long)(quantity(line) * line.UnitFactor * scale);
    }

    /// <summary>Kilograms per base unit.</summary>
    private static decimal WeightOf(RunContext context, Partner partner, PurchaseLineState line) =>
        context.Snapshot.Prices(line.Sku).LastOrDefault(price => price.Partner == partner.Id)?.Line.WeightKg is { } weight ? Math.Round(weight / line.UnitFactor, 9)
        : context.Snapshot.Find(line.Sku)?.WeightKg ?? 0;
}

/// <summary>Looks again at the terms of a purchase order that lost lines.</summary>
public sealed class WeighRestHandler(RoutingService routing, TimeProvider clock) : Jobs.IBatchHandler
{
    /// <inheritdoc/>
    public string Kind => "weigh-rest";

    /// <inheritdoc/>
    public int BatchSize => 1;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Jobs.JobOutcome>> RunAsync(IReadOnlyList<Jobs.Job> jobs, IWork work, CancellationToken cancellationToken)
    {
        foreach (var job in jobs)
        {
            await routing.WeighRestAsync(work, JsonDocument.Parse(job.Args).RootElement.GetProperty("purchaseId").GetInt64(), clock.GetUtcNow(), cancellationToken);
        }
        return [.. jobs.Select(_ => Jobs.JobOutcome.Ok)];
    }

    /// <summary>The job for a purchase order that lost lines. In the lane of routing: it looks at the same stock.</summary>
    public static Jobs.NewJob For(long purchaseId) =>
        new("weigh-rest", JsonSerializer.Serialize(new { purchaseId }, CanonicalJson.Options)) { Lane = "routing", UniqueKey = $"weigh-rest:{purchaseId}" };
}
