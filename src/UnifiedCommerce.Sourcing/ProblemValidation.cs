namespace UnifiedCommerce.Sourcing;

/// <summary>Something that makes a problem unfit to be solved.</summary>
/// <param name="Code">Stable name of the fault, such as <c>negative-price</c>.</param>
/// <param name="Place">What it concerns, such as <c>offers[3].price</c>.</param>
/// <param name="Message">What was found and what is expected.</param>
public sealed record ProblemFault(string Code, string Place, string Message);

/// <summary>Thrown when a problem with faults is handed to the engine; see <see cref="SourcingEngine.Validate"/>.</summary>
public sealed class SourcingProblemException : ArgumentException
{
    /// <summary>Creates the exception for faults.</summary>
    public SourcingProblemException(IReadOnlyList<ProblemFault> faults)
        : base($"The problem has {faults?.Count} fault(s), the first at {faults?[0].Place}: {faults?[0].Code}. {faults?[0].Message}")
    {
        Faults = faults ?? [];
    }

    /// <summary>The faults.</summary>
    public IReadOnlyList<ProblemFault> Faults { get; }
}

/// <summary>Checks a problem for faults.</summary>
internal sealed class ProblemValidation
{
    private readonly SourcingProblem _problem;
    private readonly List<ProblemFault> _faults = [];

    private ProblemValidation(SourcingProblem problem) => _problem = problem;

    public static IReadOnlyList<ProblemFault> Validate(SourcingProblem problem)
    {
        var validation = new ProblemValidation(problem);
        validation.Rates();
        validation.Distributors();
        validation.Lines();
        validation.PoolsAndGroups();
        validation.Offers();
        return validation._faults;
    }

    private void Rates()
    {
        if (_problem.BaseCurrency.Length == 0)
        {
            Add("no-base-currency", "baseCurrency", "A base currency is needed.");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var r = 0; r < _problem.ExchangeRates.Count; r++)
        {
            var rate = _problem.ExchangeRates[r];
            if (!seen.Add(rate.Currency))
            {
                Add("duplicate-rate", $"exchangeRates[{r}]", $"{rate.Currency} has more than one rate.");
            }

            if (rate.Rate <= 0 || rate.Rate > Nano.Greatest)
            {
                Add("rate-not-positive", $"exchangeRates[{r}]", $"The rate of {rate.Currency} is {rate.Rate}; it must be above 0.");
            }
            else if (string.Equals(rate.Currency, _problem.BaseCurrency, StringComparison.Ordinal) && rate.Rate != 1)
            {
                Add("base-rate-not-one", $"exchangeRates[{r}]", $"The rate of the base currency is {rate.Rate}; it must be 1.");
            }
        }

        Fraction(_problem.CostOfCapital, "costOfCapital", 10);
        if (_problem.MaxDistributors < 1)
        {
            Add("limit-not-positive", "maxDistributors", $"At least one distributor must be allowed; found {_problem.MaxDistributors}.");
        }
    }

    private void Distributors()
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        for (var d = 0; d < _problem.Distributors.Count; d++)
        {
            var distributor = _problem.Distributors[d];
            var place = $"distributors[{d}]";
            if (!ids.Add(distributor.Id))
            {
                Add("duplicate-id", place, $"Distributor {distributor.Id} occurs twice.");
            }

            if (!string.Equals(distributor.Currency, _problem.BaseCurrency, StringComparison.Ordinal)
                && !_problem.ExchangeRates.Any(rate => string.Equals(rate.Currency, distributor.Currency, StringComparison.Ordinal)))
            {
                Add("unknown-currency", place, $"There is no exchange rate for {distributor.Currency}.");
            }

            Fraction(distributor.PreferencePenalty, $"{place}.preferencePenalty", 100);
            if (distributor.Commitment is { } commitment)
            {
                Amount(commitment.MinValue, $"{place}.commitment.minValue");
                Fraction(commitment.ShortfallRate, $"{place}.commitment.shortfallRate", 10);
            }

            Terms(distributor.Terms, $"{place}.terms");
            for (var k = 0; k < distributor.TermsByKey.Count; k++)
            {
                Terms(distributor.TermsByKey[k].Terms, $"{place}.termsByKey[{k}]");
            }
        }
    }

    private void Terms(OrderTerms terms, string place)
    {
        Amount(terms.Minimum?.Value ?? 0, $"{place}.minimum.value");
        Amount(terms.Minimum?.ChargeBelow ?? 0, $"{place}.minimum.chargeBelow");
        Amount(terms.SmallOrder?.Below ?? 0, $"{place}.smallOrder.below");
        Amount(terms.SmallOrder?.Surcharge ?? 0, $"{place}.smallOrder.surcharge");
        Amount(terms.Freight.Fixed, $"{place}.freight.fixed");
        Amount(terms.Freight.FreeFromValue ?? 0, $"{place}.freight.freeFromValue");
        Amount(terms.Freight.FreeFromWeight ?? 0, $"{place}.freight.freeFromWeight");
        Amount(terms.HandlingFee, $"{place}.handlingFee");
        Amount(terms.LineFee, $"{place}.lineFee");
        Amount(terms.AdministrationCost, $"{place}.administrationCost");
        Fraction(terms.RebateRate, $"{place}.rebateRate", 1);
        Fraction(terms.EarlyPayment?.Rate ?? 0, $"{place}.earlyPayment.rate", 1);
        Days(terms.PaymentDays, $"{place}.paymentDays");
        Days(terms.EarlyPayment?.Days ?? 0, $"{place}.earlyPayment.days");
        if (terms.Discount is { } discount)
        {
            Tiers(discount.Tiers, $"{place}.discount");
        }

        var table = terms.Freight.ByWeight;
        for (var row = 0; row < table.Count; row++)
        {
            Amount(table[row].Charge, $"{place}.freight.byWeight[{row}]");
            var last = row == table.Count - 1;
            if (table[row].UpToWeight is null != last)
            {
                Add("freight-table-open-row", $"{place}.freight.byWeight[{row}]", "The last row, and only the last, has no upper weight.");
            }
            else if (row > 0 && !last && table[row].UpToWeight <= table[row - 1].UpToWeight)
            {
                Add("freight-table-order", $"{place}.freight.byWeight[{row}]", "Rows must ascend by weight.");
            }
        }
    }

    private void Tiers(IReadOnlyList<DiscountTier> tiers, string place)
    {
        for (var t = 0; t < tiers.Count; t++)
        {
            Amount(tiers[t].From, $"{place}.tiers[{t}].from");
            Fraction(tiers[t].Rate, $"{place}.tiers[{t}].rate", 1);
            if (t > 0 && (tiers[t].From < tiers[t - 1].From || tiers[t].Rate < tiers[t - 1].Rate))
            {
                Add("tier-order", $"{place}.tiers[{t}]", "Tiers must not descend, in from or in rate.");
            }
        }
    }

    private void Lines()
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < _problem.Lines.Count; i++)
        {
            var line = _problem.Lines[i];
            var place = $"lines[{i}]";
            if (!ids.Add(line.Id))
            {
                Add("duplicate-id", place, $"Line {line.Id} occurs twice.");
            }

            if (line.Quantity < 1 || line.Quantity > Nano.One)
            {
                Add("quantity-not-positive", place, $"The quantity is {line.Quantity}; it must be from 1 to {Nano.One}.");
            }

            if (line.MaxQuantity < line.Quantity || line.MaxQuantity > Nano.One)
            {
                Add("max-below-quantity", place, $"The greatest quantity is {line.MaxQuantity}, the quantity {line.Quantity}.");
            }

            if (line.MaxSplits < 1)
            {
                Add("limit-not-positive", place, $"The greatest number of splits is {line.MaxSplits}; it must be at least 1.");
            }

            Amount(line.UnfilledPenalty, $"{place}.unfilledPenalty");
            Amount(line.NotPreferredPenalty, $"{place}.notPreferredPenalty");
            foreach (var d in line.NotFrom.Concat(line.PinnedTo ?? []))
            {
                Reference(d, _problem.Distributors.Count, place, "distributor");
            }
        }
    }

    private void PoolsAndGroups()
    {
        for (var p = 0; p < _problem.StockPools.Count; p++)
        {
            if (_problem.StockPools[p].Available < 0)
            {
                Add("negative-stock", $"stockPools[{p}]", $"The stock is {_problem.StockPools[p].Available}.");
            }
        }

        for (var g = 0; g < _problem.GroupBreaks.Count; g++)
        {
            Reference(_problem.GroupBreaks[g].Distributor, _problem.Distributors.Count, $"groupBreaks[{g}]", "distributor");
            Tiers(_problem.GroupBreaks[g].Tiers, $"groupBreaks[{g}]");
        }
    }

    private void Offers()
    {
        for (var o = 0; o < _problem.Offers.Count; o++)
        {
            var offer = _problem.Offers[o];
            var place = $"offers[{o}]";
            Reference(offer.Line, _problem.Lines.Count, place, "line");
            Reference(offer.Distributor, _problem.Distributors.Count, place, "distributor");
            if (offer.StockPool is { } pool)
            {
                Reference(pool, _problem.StockPools.Count, place, "stock pool");
            }

            if (offer.GroupBreak is { } group && Reference(group, _problem.GroupBreaks.Count, place, "group break")
                && _problem.GroupBreaks[group].Distributor != offer.Distributor)
            {
                Add("foreign-group", place, $"Group break {_problem.GroupBreaks[group].Id} is of another distributor.");
            }

            if (offer.OrderMultiple < 1 || offer.OrderMultiple > Nano.One)
            {
                Add("pack-not-positive", place, $"The order multiple is {offer.OrderMultiple}; it must be at least 1.");
            }

            if (offer.Moq < 0 || offer.Moq > Nano.One)
            {
                Add("negative-moq", place, $"The MOQ is {offer.Moq}.");
            }

            if (offer.Available < 0)
            {
                Add("negative-stock", place, $"{offer.Available} is available.");
            }

            Amount(offer.UnitExtra, $"{place}.unitExtra");
            Amount(offer.UnitWeight, $"{place}.unitWeight");
            Amount(offer.UseDecisionCost, $"{place}.useDecisionCost");
            Price(offer.Price, $"{place}.price");
        }
    }

    private void Price(OfferPrice price, string place)
    {
        if (price.Breaks.Count == 0)
        {
            Add("no-price", place, "At least one price is needed.");
        }
        else if (price.Breaks[0].From > 1)
        {
            Add("break-order", $"{place}.breaks[0]", $"The first price holds from {price.Breaks[0].From}; it must hold from 1 (an MOQ is not a break).");
        }

        for (var b = 0; b < price.Breaks.Count; b++)
        {
            if (price.Breaks[b].Price is < 0 or > Nano.Greatest)
            {
                Add("negative-price", $"{place}.breaks[{b}]", $"The price is {price.Breaks[b].Price}; it must not be below 0.");
            }

            if (b > 0 && price.Breaks[b].From <= price.Breaks[b - 1].From)
            {
                Add("break-order", $"{place}.breaks[{b}]", "Breaks must ascend.");
            }
        }

        if (price.PriceBasis is not (1 or 100 or 1000))
        {
            Add("price-basis", place, $"The price basis is {price.PriceBasis}; it must be 1, 100 or 1000.");
        }

        if (price.UnitFactorNumerator is < 1 or > 1_000_000 || price.UnitFactorDenominator is < 1 or > 1_000_000)
        {
            Add("unit-factor", place, $"The unit factor is {price.UnitFactorNumerator}/{price.UnitFactorDenominator}; both must be from 1 to 1000000.");
        }

        foreach (var discount in price.ChainDiscounts)
        {
            Fraction(discount, $"{place}.chainDiscounts", 1);
        }

        if (price.Promotion is { } promotion)
        {
            if (promotion.Price is < 0 or > Nano.Greatest)
            {
                Add("negative-price", $"{place}.promotion", $"The price is {promotion.Price}; it must not be below 0.");
            }

            if (promotion.StockLimit < 0)
            {
                Add("negative-stock", $"{place}.promotion", $"The stock limit is {promotion.StockLimit}.");
            }
        }
    }

    private bool Reference(int index, int count, string place, string what)
    {
        if (index >= 0 && index < count)
        {
            return true;
        }

        Add("unknown-" + what.Replace(' ', '-'), place, $"There is no {what} {index}; there are {count}.");
        return false;
    }

    private void Amount(decimal amount, string place)
    {
        if (amount is < 0 or > Nano.Greatest)
        {
            Add("amount-out-of-range", place, $"Found {amount}; it must be from 0 to {Nano.Greatest}.");
        }
    }

    private void Fraction(decimal fraction, string place, decimal below)
    {
        if (fraction < 0 || fraction >= below)
        {
            Add("fraction-out-of-range", place, $"Found {fraction}; it must be at least 0 and below {below}.");
        }
    }

    private void Days(int days, string place)
    {
        if (days is < 0 or > 3650)
        {
            Add("days-out-of-range", place, $"Found {days}; it must be from 0 to 3650.");
        }
    }

    private void Add(string code, string place, string message) => _faults.Add(new(code, place, message));
}
