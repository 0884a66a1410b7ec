using System.Globalization;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Sourcing;

namespace UnifiedCommerce.Core.Routing;

/// <summary>A sourcing problem with what is needed to read its solution.</summary>
/// <param name="Problem">The problem.</param>
/// <param name="Demands">The demand behind each line.</param>
/// <param name="Partners">The partner behind each distributor.</param>
/// <param name="Terms">Its terms.</param>
/// <param name="Offers">The price behind each offer.</param>
/// <param name="Scale">Problem units per base unit of each line: 1, or 1000 where quantities have decimals.</param>
/// <param name="FirstDay">The day from which the problem counts days.</param>
public sealed record BuiltProblem(
    SourcingProblem Problem, IReadOnlyList<Demand> Demands, IReadOnlyList<Partner> Partners, IReadOnlyList<PurchaseTerms> Terms,
    IReadOnlyList<BuiltOffer> Offers, IReadOnlyList<int> Scale, DateOnly FirstDay)
{
    /// <summary>Partners, articles and dates as a buyer knows them.</summary>
    public ExplanationNames Names => new()
    {
        Distributor = distributor => Partners[distributor].Name, Article = line => Demands[line].Sku,
        Day = day => FirstDay.AddDays(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), UnitsOfLine = line => Scale[line],
    };

    /// <summary>The first day of the count of days of a problem.</summary>
    public static DateOnly FirstDayOf(DateTimeOffset asOf, House house) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(asOf, house.TimeZone).DateTime);
}

/// <summary>What an offer of the problem stands for.</summary>
/// <param name="Price">The price row.</param>
/// <param name="Backorder">Not from stock: with the supplier's backorder time.</param>
/// <param name="Arrival">Day of arrival.</param>
public readonly record struct BuiltOffer(PriceRow Price, bool Backorder, DateOnly Arrival);

/// <summary>What is left of suppliers' stock while several problems are built in one transaction.</summary>
public sealed class StockLeft(IReadOnlyDictionary<(string Partner, string Sku), decimal> reserved)
{
    private readonly Dictionary<(string Partner, string Sku), decimal> _reserved = new(reserved);
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>Base units ordered since the stock was counted.</summary>
    public decimal Reserved(string partner, string sku) => _reserved.GetValueOrDefault((partner, sku));

    /// <summary>Takes stock for a decided purchase order.</summary>
    public void Take(string partner, string sku, decimal quantity)
    {
        _reserved[(partner, sku)] = Reserved(partner, sku) + quantity;
        _taken.Add(sku);
    }

    /// <summary>True when stock of the article was taken since these figures were read.</summary>
    public bool Taken(string sku) => _taken.Contains(sku);
}

/// <summary>Builds sourcing problems from demands, prices, stock, terms and rules. Pure: same input, same problem. Stock that no plan and no advice could
/// use is left out of it, so that the same demand before ample stock is the same problem, however much others took.</summary>
public static class ProblemBuilder
{
    /// <summary>Builds a problem.</summary>
    /// <param name="id">Name for people.</param>
    /// <param name="demands">What is needed.</param>
    /// <param name="book">House and partners.</param>
    /// <param name="stopped">Partners that a switch or breaker stops now.</param>
    /// <param name="catalogue">Articles, prices, stock.</param>
    /// <param name="stock">What is left of the stock.</param>
    /// <param name="bought">Value bought in the running commitment period, by partner, in its currency.</param>
    /// <param name="asOf">The moment the problem speaks of.</param>
    public static BuiltProblem Build(
        string id, IReadOnlyList<Demand> demands, PartnerBook book, IReadOnlySet<string> stopped, CatalogueSnapshot catalogue, StockLeft stock,
        IReadOnlyDictionary<string, decimal> bought, DateTimeOffset asOf)
    {
        var house = book.House;
        var today = BuiltProblem.FirstDayOf(asOf, house);
        var suppliers = book.Partners.Values
            .Where(partner => partner.Role != PartnerRole.Customer && partner.Transport is not null && partner.State is GoLiveState.Live or GoLiveState.Watched
                && !partner.Purchasing.Stopped && !stopped.Contains(partner.Id) && partner.TermsOn(today) is { } terms && house.RateOn(terms.Currency, today) is not null)
            .OrderBy(partner => partner.Id, StringComparer.Ordinal).ToList();
        var terms = suppliers.Select(partner => partner.TermsOn(today)!).ToList();
        var index = suppliers.Select((partner, position) => (partner.Id, position)).ToDictionary(pair => pair.Id, pair => pair.position, StringComparer.Ordinal);
        var lines = new List<DemandLine>(demands.Count);
        var offers = new List<Offer>();
        var built = new List<BuiltOffer>();
        var scales = new List<int>(demands.Count);
        var pools = new List<StockPool>();
        var usable = new List<long>();
        var poolIndex = new Dictionary<(string, string, int), int>();
        var groups = new List<GroupBreak>();
        var groupIndex = new Dictionary<(string, string), int>();
        for (var line = 0; line < demands.Count; line++)
        {
            var demand = demands[line];
            var scale = demand.Parts.Any(part => part.Quantity != decimal.Truncate(part.Quantity)) ? 1000 : 1;
            scales.Add(scale);
            var quantity = (long)decimal.Ceiling(demand.Quantity * scale);
            var article = catalogue.Find(demand.Sku);
            var first = offers.Count;
            foreach (var price in InForce(catalogue.Prices(demand.Sku), today, demand.Contract))
            {
                if (!index.TryGetValue(price.Partner, out var distributor))
                {
                    continue;
                }
                var partner = suppliers[distributor];
                if (demand.Direct ? !partner.Purchasing.Direct : !partner.Purchasing.ToStock)
                {
                    continue;
                }
                AddOffers(line, distributor, partner, price, scale, quantity);
            }
            var usual = UsualValue(offers, first, suppliers, terms, house, today, quantity);
            ApplyRules(first, article, usual);
            var largest = quantity;
            for (var offer = first; offer < offers.Count; offer++)
            {
                var least = RoundUp(Math.Max(offers[offer].Moq, quantity), offers[offer].OrderMultiple);
                largest = Math.Max(largest, Math.Min(least, quantity * 3 + offers[offer].OrderMultiple));
            }
            var most = Math.Max(largest, (long)decimal.Ceiling(quantity * (1 + house.Rules.OverBuyPercent / 100m)));
            Bound(first, most);
            lines.Add(new DemandLine
            {
                Id = $"{demand.Sku}#{line + 1}",
                Key = demand.Key,
                Quantity = quantity,
                MaxQuantity = most,
                NeedByDay = house.Rules.LatePerDay is null && demand.NeedBy is { } needBy ? Math.Max(0, needBy.DayNumber - today.DayNumber) : int.MaxValue,
                MaxSplits = house.Rules.MaxSplits,
                UnfilledPenalty = Math.Round(50 + usual * house.Rules.UnfilledFactor, 2, MidpointRounding.AwayFromZero),
                PinnedTo = demand.Pinned is null ? null : index.TryGetValue(demand.Pinned, out var pinned) ? [pinned] : [],
                NotFrom = [.. demand.Forbidden.Where(index.ContainsKey).Select(partner => index[partner])],
            });
        }
        var problem = new SourcingProblem
        {
            Id = id,
            BaseCurrency = house.Currency,
            ExchangeRates = [.. terms.Select(term => term.Currency).Where(currency => currency != house.Currency).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
                .Select(currency => house.RateOn(currency, today)!).Select(rate => new Sourcing.ExchangeRate(rate.Currency, rate.Rate, rate.Source, rate.Date))],
            CostOfCapital = house.Rules.CostOfCapital,
            MaxDistributors = house.Rules.MaxDistributors,
            Lines = lines,
            Distributors = [.. suppliers.Select((partner, position) => ToDistributor(partner, terms[position], house, demands, bought, today))],
            Offers = offers,
            StockPools = [.. pools.Select((pool, position) => pool with { Available = Math.Min(pool.Available, usable[position]) })],
            GroupBreaks = groups,
        };
        return new BuiltProblem(problem, demands, suppliers, terms, built, scales, today);

        void AddOffers(int line, int distributor, Partner partner, PriceRow price, int scale, long quantity)
        {
            var row = catalogue.Stock(partner.Id, price.Sku);
            var supply = price.Line.LeadTimeDays ?? partner.Calendar.SupplyDays;
            var age = row is null ? TimeSpan.Zero : asOf - row.AsOf;
            // Unknown is not zero: it may be ordered, at a risk that is priced. Old figures count for less.
            var available = row is null ? decimal.MaxValue
                : Math.Max(0, (age > partner.Calendar.StockFresh ? Math.Floor(row.Available * 0.7m) : row.Available) - stock.Reserved(partner.Id, price.Sku));
            var risk = row is null ? 5m : age > partner.Calendar.StockFresh ? 2m : 0m;
            if (available > 0)
            {
                int? pool = null;
                if (row is not null)
                {
                    var poolKey = (partner.Id, price.Sku, scale);
                    if (!poolIndex.TryGetValue(poolKey, out var known))
                    {
                        poolIndex[poolKey] = known = pools.Count;
                        usable.Add(0);
                        pools.Add(new StockPool($"{partner.Id}/{price.Sku}{(scale == 1 ? "" : "/1000")}", (long)Math.Min(available * scale, 1_000_000_000_000m)));
                    }
                    pool = known;
                }
                Add(line, distributor, partner, price, scale, quantity, available, pool, supply, risk, backorder: false);
            }
            if (partner.Calendar.BackorderDays is { } backorder && row is not null)
            {
                var receipt = row.NextReceipt is { } date && date > today ? Math.Max(backorder, date.DayNumber - today.DayNumber) : backorder;
                Add(line, distributor, partner, price, scale, quantity, decimal.MaxValue, null, Math.Max(supply, receipt), 5m, backorder: true);
            }
        }

        void Add(int line, int distributor, Partner partner, PriceRow price, int scale, long quantity, decimal available, int? pool, int supply, decimal risk, bool backorder)
        {
            var given = price.Line;
            var unit = (long)(given.UnitFactor * scale);
            var multiple = Math.Max(1, (long)((given.Multiple ?? 1) * unit));
            var moq = Math.Max(multiple, (long)decimal.Ceiling((given.MinimumQuantity ?? 1) * unit));
            var limit = given.PromotionLimit is { } promotion ? Math.Min(available, promotion * given.UnitFactor) : available;
            var arrival = partner.Arrival(asOf, supply);
            int? group = null;
            if (given.Group is { } name && terms[distributor].GroupBreaks.FirstOrDefault(candidate => candidate.Group == name) is { } agreed)
            {
                if (!groupIndex.TryGetValue((partner.Id, name), out var known))
                {
                    groupIndex[(partner.Id, name)] = known = groups.Count;
                    groups.Add(new GroupBreak($"{partner.Id}/{name}", distributor, [.. agreed.Tiers.Select(tier => new Sourcing.DiscountTier(tier.From * unit, tier.Rate))]));
                }
                group = known;
            }
            var late = house.Rules.LatePerDay is { } perDay && demands[line].NeedBy is { } needBy && arrival > needBy ? perDay * (arrival.DayNumber - needBy.DayNumber) : 0;
            offers.Add(new Offer
            {
                Line = line,
                Distributor = distributor,
                Id = string.Create(CultureInfo.InvariantCulture, $"{given.Item.SupplierSku ?? price.Sku}{(backorder ? " (backorder)" : "")}"),
                Price = new OfferPrice
                {
                    BreakMode = given.IncrementalBreaks ? TierMode.Incremental : TierMode.AllUnits,
                    Breaks = [new Sourcing.PriceBreak(1, given.Price), .. given.Breaks.Where(step => step.FromQuantity * unit > 1).Select(step => new Sourcing.PriceBreak((long)decimal.Ceiling(step.FromQuantity * unit), step.Price))],
                    PriceBasis = (int)given.PriceBasis,
                    UnitFactorNumerator = 1,
                    UnitFactorDenominator = Math.Max(1, unit),
                    ChainDiscounts = [.. given.DiscountPercents.Select(percent => percent / 100m)],
                },
                Moq = moq,
                OrderMultiple = multiple,
                Available = limit == decimal.MaxValue ? Math.Max(quantity * 3 + multiple, moq) : (long)Math.Min(limit * scale, 1_000_000_000_000m),
                StockPool = pool,
                GroupBreak = group,
                LeadDays = Math.Max(0, arrival.DayNumber - today.DayNumber),
                UnitExtra = unit == 0 ? 0 : Math.Round(given.Levies / unit, 9),
                UnitWeight = given.WeightKg is { } weight ? Math.Round(weight / unit, 9) : catalogue.Find(price.Sku)?.WeightKg is { } each ? Math.Round(each / scale, 9) : 0,
                UseDecisionCost = risk + late,
                Status = SourceStatus.Approved,
            });
            built.Add(new BuiltOffer(price, backorder, arrival));
        }

        // Four times the most that the line may take: what a hint at the next price step or threshold looks at.
        void Bound(int first, long most)
        {
            for (var offer = first; offer < offers.Count; offer++)
            {
                var use = Math.Max(4 * most, offers[offer].Moq);
                if (offers[offer].Available > use)
                {
                    offers[offer] = offers[offer] with { Available = use };
                }
                if (offers[offer].StockPool is { } pool)
                {
                    usable[pool] += use;
                }
            }
        }

        void ApplyRules(int first, Article? article, decimal usual)
        {
            foreach (var rule in house.Rules.Sources)
            {
                if ((rule.Category is { } category && category != article?.Category) || (rule.Manufacturer is { } maker && maker != article?.Manufacturer))
                {
                    continue;
                }
                for (var offer = first; offer < offers.Count; offer++)
                {
                    var named = suppliers[offers[offer].Distributor].Id == rule.Partner;
                    var penalty = Math.Round(usual * rule.PenaltyPercent / 100m, 2, MidpointRounding.AwayFromZero);
                    offers[offer] = rule.Kind switch
                    {
                        "block" when named => offers[offer] with { Status = SourceStatus.Blocked },
                        "exclusive" when named => offers[offer] with { Status = SourceStatus.Exclusive },
                        "avoid" when named => offers[offer] with { UseDecisionCost = offers[offer].UseDecisionCost + penalty },
                        "prefer" when !named => offers[offer] with { UseDecisionCost = offers[offer].UseDecisionCost + penalty },
                        _ => offers[offer],
                    };
                }
            }
        }
    }

    /// <summary>True when two problems of the same demand on the same day offer the same supply.</summary>
    internal static bool SameSupply(SourcingProblem one, SourcingProblem other) =>
        one.StockPools.SequenceEqual(other.StockPools)
        && one.Offers.Select(offer => (offer.Id, offer.Distributor, offer.Available)).SequenceEqual(other.Offers.Select(offer => (offer.Id, offer.Distributor, offer.Available)));

    /// <summary>Of each supplier's prices for an article the newest that hold on the day; special bids only with their reference.</summary>
    private static IEnumerable<PriceRow> InForce(IEnumerable<PriceRow> prices, DateOnly day, string? contract) =>
        prices.Where(price => price.ValidFrom <= day && (price.ValidTo is null || day <= price.ValidTo) && (price.Line.BidReference is null || price.Line.BidReference == contract))
            .GroupBy(price => (price.Partner, price.Line.Unit, price.Line.UnitFactor, price.Line.BidReference, Promotion: price.Line.PromotionLimit is not null))
            .Select(group => group.Last());

    /// <summary>What a line usually costs in base currency: the median of its offers' first prices.</summary>
    private static decimal UsualValue(List<Offer> offers, int first, List<Partner> suppliers, List<PurchaseTerms> terms, House house, DateOnly today, long quantity)
    {
        var values = offers.Skip(first).Select(offer =>
        {
            var price = offer.Price.Breaks[0].Price / offer.Price.PriceBasis / offer.Price.UnitFactorDenominator;
            price = offer.Price.ChainDiscounts.Aggregate(price, (net, rate) => net * (1 - rate));
            return price * quantity * house.RateOn(terms[offer.Distributor].Currency, today)!.Rate;
        }).Order().ToList();
        return values.Count == 0 ? 0 : values[values.Count / 2];
    }

    private static Distributor ToDistributor(
        Partner partner, PurchaseTerms terms, House house, IReadOnlyList<Demand> demands, IReadOnlyDictionary<string, decimal> bought, DateOnly today)
    {
        var order = TermsOf(partner, terms, house, direct: false);
        var direct = terms.DropShipFee == 0 ? [] : demands.Where(demand => demand.Direct).Select(demand => demand.Key).Distinct()
            .Select(key => new TermsForKey(key, TermsOf(partner, terms, house, direct: true))).ToList();
        return new Distributor
        {
            Id = partner.Id,
            Currency = terms.Currency,
            Terms = order,
            TermsByKey = direct,
            Commitment = Due(terms.Commitment, bought.GetValueOrDefault(partner.Id), today),
            PreferencePenalty = partner.Purchasing.PreferencePenalty,
        };
    }

    /// <summary>A partner's terms for one purchase order; <paramref name="direct"/>: delivered straight to a customer.</summary>
    internal static OrderTerms TermsOf(Partner partner, PurchaseTerms terms, House house, bool direct) => new()
    {
        Minimum = terms.MinimumOrder is { } minimum ? new MinimumOrder(minimum, terms.BelowMinimumCharge) : null,
        SmallOrder = terms.SmallOrderBelow is { } below ? new SmallOrderSurcharge(below, terms.SmallOrderSurcharge) : null,
        Freight = new FreightTerms
        {
            Fixed = terms.FreightFixed,
            ByWeight = Steps(terms.FreightByWeight),
            FreeFromValue = terms.FreightFreeFrom,
            FreeFromBase = terms.FreightFreeAfterDiscount ? ThresholdBase.AfterDiscount : ThresholdBase.BeforeDiscount,
            FreeFromWeight = terms.FreightFreeFromKg,
        },
        HandlingFee = terms.HandlingFee + (direct ? terms.DropShipFee : 0),
        LineFee = terms.LineFee,
        Discount = terms.OrderDiscount is { } discount
            ? new OrderDiscount(discount.ByQuantity ? DiscountBasis.Quantity : DiscountBasis.Value, discount.Incremental ? TierMode.Incremental : TierMode.AllUnits,
                [.. discount.Tiers.Select(tier => new Sourcing.DiscountTier(tier.From, tier.Rate))])
            : null,
        PaymentDays = terms.PaymentDays,
        EarlyPayment = terms.EarlyPaymentRate > 0 ? new EarlyPayment(terms.EarlyPaymentRate, terms.EarlyPaymentDays) : null,
        RebateRate = terms.RebateRate,
        AdministrationCost = partner.Role == PartnerRole.Warehouse ? 0 : house.Rules.PurchaseOrderCost,
    };

    /// <summary>The part of a period's commitment that should have been bought by now and was not: what is behind plan is what a
    /// purchase today saves in shortfall.</summary>
    private static Commitment? Due(CommitmentTerms? agreed, decimal bought, DateOnly today)
    {
        if (agreed is null || today < agreed.From || today > agreed.To)
        {
            return null;
        }
        var elapsed = (today.DayNumber - agreed.From.DayNumber + 1) / (decimal)(agreed.To.DayNumber - agreed.From.DayNumber + 1);
        var behind = Math.Round(agreed.MinimumValue * elapsed - bought, 2, MidpointRounding.AwayFromZero);
        return behind > 0 ? new Commitment(behind, agreed.ShortfallRate) : null;
    }

    /// <summary>From-weights as agreed become up-to-weights of the model.</summary>
    private static IReadOnlyList<FreightByWeight> Steps(IReadOnlyList<FreightStep> steps) =>
        [.. steps.Select((step, position) => new FreightByWeight(position + 1 < steps.Count ? steps[position + 1].FromKg : null, step.Amount))];

    internal static long RoundUp(long quantity, long multiple) => (quantity + multiple - 1) / multiple * multiple;
}
