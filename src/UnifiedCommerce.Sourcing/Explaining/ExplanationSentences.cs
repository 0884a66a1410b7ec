namespace UnifiedCommerce.Sourcing;

/// <summary>Names that a reader knows; the identifiers of the problem when none are given.</summary>
public sealed record ExplanationNames
{
    /// <summary>Name of a distributor by its index.</summary>
    public Func<int, string>? Distributor { get; init; }

    /// <summary>Name of a line's article by the index of the line.</summary>
    public Func<int, string>? Article { get; init; }

    /// <summary>A day as a date, by its number from the day of the decision.</summary>
    public Func<int, string>? Day { get; init; }

    /// <summary>How many units of the problem make one unit that a reader counts in, by the index of the line: 1000 where a problem holds thousandths.
    /// One when null.</summary>
    public Func<int, int>? UnitsOfLine { get; init; }
}

/// <summary>Sentences about one line.</summary>
/// <param name="Line">Index of the line.</param>
/// <param name="Decision">What is bought where, or that nothing is.</param>
/// <param name="Offers">One sentence for every other offer.</param>
/// <param name="Remedies">What would fill the line, when it is unfilled.</param>
public sealed record LineSentences(int Line, IReadOnlyList<string> Decision, IReadOnlyList<string> Offers, IReadOnlyList<string> Remedies);

/// <summary>An explanation in sentences.</summary>
/// <param name="Proof">What is proved about the plan.</param>
/// <param name="Orders">One sentence for every purchase order with its cost by component.</param>
/// <param name="Lines">Every line.</param>
/// <param name="Thresholds">Thresholds near the plan.</param>
/// <param name="SoftRules">What soft rules count.</param>
/// <param name="Comparisons">What other ways of buying cost.</param>
public sealed record PlanSentences(
    string Proof,
    IReadOnlyList<string> Orders,
    IReadOnlyList<LineSentences> Lines,
    IReadOnlyList<string> Thresholds,
    IReadOnlyList<string> SoftRules,
    IReadOnlyList<string> Comparisons);

/// <summary>Puts an explanation into sentences.</summary>
public sealed class ExplanationSentences
{
    private readonly SourcingProblem _problem;
    private readonly ExplanationTexts _texts;
    private readonly ExplanationNames _names;

    /// <summary>Sentences about explanations of plans for a problem.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="texts">The words; English when null.</param>
    /// <param name="names">Names that a reader knows; identifiers when null.</param>
    public ExplanationSentences(SourcingProblem problem, ExplanationTexts? texts = null, ExplanationNames? names = null)
    {
        ArgumentNullException.ThrowIfNull(problem);
        _problem = problem;
        _texts = texts ?? ExplanationTexts.English;
        _names = names ?? new ExplanationNames();
    }

    /// <summary>Everything about a plan.</summary>
    public PlanSentences Of(SourcingPlan plan, PlanExplanation explanation)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(explanation);
        return new PlanSentences(
            Proof(plan),
            [.. plan.Cost.Orders.Select(Of)],
            [.. explanation.Lines.Select(Of)],
            [.. explanation.Thresholds.Select(Of)],
            [.. explanation.SoftRules.Select(Of)],
            [.. explanation.Comparisons.Select(Of)]);
    }

    /// <summary>What is proved about a plan.</summary>
    public string Proof(SourcingPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var gap = Math.Max(0, plan.Cost.Total - plan.LowerBound);
        var percent = plan.Cost.Total == 0 ? 0 : gap / plan.Cost.Total * 100;
        return _texts.Proof(Money(plan.Cost.Total), Money(Math.Ceiling(gap * 100) / 100), _texts.Number(Math.Ceiling(percent * 1000) / 1000), plan.Proved);
    }

    /// <summary>One purchase order with its cost by component.</summary>
    public string Of(PurchaseOrderCost order)
    {
        ArgumentNullException.ThrowIfNull(order);
        var components = new List<string>();
        Add(CostComponent.Discount, order.Discount);
        Add(CostComponent.EarlyPayment, order.EarlyPaymentDiscount);
        Add(CostComponent.Rebate, order.Rebate);
        Add(CostComponent.PaymentDays, order.PaymentDaysValue);
        Add(CostComponent.Freight, order.Freight);
        Add(CostComponent.Surcharge, order.Surcharge);
        Add(CostComponent.Fees, order.Fees);
        Add(CostComponent.Administration, order.Administration);
        Add(CostComponent.Extras, order.Extras);
        return _texts.Order(Distributor(order.Distributor), Money(order.Cash), Money(order.Goods), components);

        void Add(CostComponent component, decimal amount)
        {
            if (decimal.Round(amount, 2) != 0)
            {
                components.Add(_texts.Component(component, Money(amount)));
            }
        }
    }

    /// <summary>One line.</summary>
    public LineSentences Of(LineExplanation line)
    {
        ArgumentNullException.ThrowIfNull(line);
        var needed = Quantity(line.Line, line.Needed);
        List<string> decision = line.Bought == 0
            ? [_texts.Unfilled(Article(line.Line), needed, Money(_problem.Lines[line.Line].UnfilledPenalty))]
            : [.. line.Offers.Where(offer => offer.Outcome == OfferOutcome.Chosen)
                .Select(offer => _texts.Chosen(Distributor(offer.Distributor), Quantity(line.Line, offer.Quantity), needed))];
        return new LineSentences(
            line.Line,
            decision,
            [.. line.Offers.Where(offer => offer.Outcome != OfferOutcome.Chosen).Select(Of)],
            [.. line.Remedies.Select(Of)]);
    }

    /// <summary>One offer and the term that made it lose.</summary>
    public string Of(OfferExplanation offer)
    {
        ArgumentNullException.ThrowIfNull(offer);
        var distributor = Distributor(offer.Distributor);
        switch (offer.Outcome)
        {
            case OfferOutcome.Chosen:
                var line = _problem.Offers[offer.Offer].Line;
                return _texts.Chosen(distributor, Quantity(line, offer.Quantity), Quantity(line, _problem.Lines[line].Quantity));
            case OfferOutcome.NotUsable:
                var refused = _problem.Offers[offer.Offer];
                var demand = _problem.Lines[refused.Line];
                var late = offer.Eligibility == Eligibility.TooLate;
                return _texts.NotUsable(distributor, offer.Eligibility, refused, demand, quantity => Quantity(refused.Line, quantity), late ? Day(refused.LeadDays) : "", late ? Day(demand.NeedByDay) : "");
            case OfferOutcome.NotWithOtherLinesKept:
                var besides = offer.Differences.Sum(difference => difference.Amount);
                return _texts.NotWithOtherLinesKept(
                    distributor, _texts.Join([.. offer.Obstacles.Select(Of)]), offer.Differences.Count == 0 ? "" : Money(Math.Abs(besides)), besides >= 0);
            default:
                return Costs(offer, distributor);
        }
    }

    private string Costs(OfferExplanation offer, string distributor)
    {
        var amount = offer.Price.AtMost ?? 0;
        var terms = decimal.Round(amount, 2) == 0 ? [] : offer.Differences.Where(difference => decimal.Round(difference.Amount, 2) != 0).ToList();

        // What decides comes first; a handful of terms is enough for a reader, the data has them all.
        var shown = terms.Take(3).Select(Of).ToList();
        var last = terms.Skip(3).LastOrDefault();
        if (last is { Amount: < 0 })
        {
            shown.Add(Of(last));
        }

        if (offer.Price.Basis == ChoicePriceBasis.OtherLinesKept)
        {
            return _texts.Costs(distributor, offer.Outcome, Money(Math.Abs(amount)), _texts.Join(shown));
        }

        var because = offer.Obstacles.Count > 0 ? _texts.Join([.. offer.Obstacles.Select(Of)]) : _texts.Join(shown);
        return _texts.CostsSolvedAgain(distributor, offer.Price.IsExact, Money(Math.Max(0, offer.Price.AtLeast ?? 0)), Money(amount), because);
    }

    /// <summary>One obstacle.</summary>
    public string Of(Obstacle obstacle)
    {
        ArgumentNullException.ThrowIfNull(obstacle);
        var (name, currency) = obstacle.Kind switch
        {
            ObstacleKind.BelowMinimumOrder => (Distributor(obstacle.Index), _problem.Distributors[obstacle.Index].Currency),
            ObstacleKind.StockTaken => (Pool(obstacle.Index), ""),
            ObstacleKind.TooLittle or ObstacleKind.TooMuch or ObstacleKind.TooManySplits => (Article(obstacle.Index), ""),
            _ => ("", ""),
        };
        var line = obstacle.Kind switch
        {
            ObstacleKind.StockTaken => LineOfPool(obstacle.Index),
            ObstacleKind.TooLittle or ObstacleKind.TooMuch => obstacle.Index,
            _ => (int?)null,
        };
        return _texts.Obstacle(obstacle, name, Counted(obstacle.Found), Counted(obstacle.Limit));

        string Counted(decimal number) => line is { } its ? Quantity(its, number) : In(number, currency);
    }

    /// <summary>One threshold.</summary>
    public string Of(NearThreshold threshold)
    {
        ArgumentNullException.ThrowIfNull(threshold);
        var currency = _problem.Distributors[threshold.Distributor].Currency;
        var unit = threshold.Kind switch
        {
            ThresholdKind.FreeFreightByWeight => "kg",
            ThresholdKind.DiscountByQuantity or ThresholdKind.PriceBreak or ThresholdKind.GroupBreak => "",
            _ => currency,
        };
        // A break counts in the unit of the article that reaches it; an order discount by quantity sums articles of any unit.
        int? counted = threshold is { Kind: ThresholdKind.PriceBreak or ThresholdKind.GroupBreak, Offer: { } own } ? _problem.Offers[own].Line : null;
        return _texts.Threshold(
            threshold,
            Distributor(threshold.Distributor),
            counted is { } line ? Quantity(line, threshold.Missing) : Measure(Math.Ceiling(threshold.Missing * 100) / 100, unit),
            counted is { } its ? Quantity(its, threshold.Threshold) : Measure(threshold.Threshold, unit),
            threshold.Offer is { } more ? Quantity(_problem.Offers[more].Line, threshold.MoreUnits) : "",
            threshold.Offer is { } offer ? Article(_problem.Offers[offer].Line) : null,
            Money(threshold.CostOfMore),
            Money(Math.Abs(threshold.CostChange)));
    }

    /// <summary>One soft rule.</summary>
    public string Of(SoftRuleCost rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        var name = rule.Rule switch
        {
            SoftRule.Preference or SoftRule.Commitment => Distributor(rule.Index),
            SoftRule.OfferRisk => $"{Article(_problem.Offers[rule.Index].Line)} / {Distributor(_problem.Offers[rule.Index].Distributor)}",
            _ => Article(rule.Index),
        };
        return _texts.SoftRule(rule.Rule, name, Money(rule.Counted));
    }

    /// <summary>One comparison.</summary>
    public string Of(PlanComparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        return _texts.Comparison(
            comparison,
            comparison.Distributor is { } distributor ? Distributor(distributor) : "",
            Money(comparison.Cost?.Total ?? 0),
            Money(Math.Abs(comparison.Price.AtMost ?? 0)));
    }

    /// <summary>One remedy.</summary>
    public string Of(Remedy remedy)
    {
        ArgumentNullException.ThrowIfNull(remedy);
        var offer = _problem.Offers[remedy.Offer];
        return _texts.Remedy(
            Distributor(offer.Distributor), Quantity(offer.Line, remedy.Quantity), _texts.Join([.. remedy.Needs.Select(Of)]), Money(remedy.Cost));
    }

    /// <summary>One need of a remedy.</summary>
    public string Of(RemedyNeed need)
    {
        ArgumentNullException.ThrowIfNull(need);
        if (need.Kind == RemedyKind.LaterNeedBy)
        {
            return _texts.Need(need, Article(need.Index), Day((int)need.Found), Day((int)need.Wanted));
        }

        var name = need.Kind switch
        {
            RemedyKind.MoreStock => Distributor(_problem.Offers[need.Index].Distributor),
            RemedyKind.MorePoolStock => Pool(need.Index),
            RemedyKind.HigherMaxQuantity or RemedyKind.MoreSplits or RemedyKind.HigherPenalty => Article(need.Index),
            RemedyKind.MoreDistributors => "",
            _ => Distributor(need.Index),
        };
        var currency = need.Kind switch
        {
            RemedyKind.MinimumOrder => _problem.Distributors[need.Index].Currency,
            RemedyKind.HigherPenalty => _problem.BaseCurrency,
            _ => "",
        };
        var line = need.Kind switch
        {
            RemedyKind.MoreStock => _problem.Offers[need.Index].Line,
            RemedyKind.MorePoolStock => LineOfPool(need.Index),
            RemedyKind.HigherMaxQuantity => need.Index,
            _ => (int?)null,
        };
        return _texts.Need(need, name, Counted(need.Found), Counted(need.Wanted));

        string Counted(decimal number) => line is { } its ? Quantity(its, number) : In(number, currency);
    }

    private string Of(CostDifference difference) => _texts.Difference(
        difference.Kind, difference.Amount > 0, Money(Math.Abs(difference.Amount)), difference.Distributor < 0 ? "" : Distributor(difference.Distributor));

    private string Distributor(int index) => _names.Distributor?.Invoke(index) ?? _problem.Distributors[index].Id;

    private string Article(int line) => _names.Article?.Invoke(line) ?? _problem.Lines[line].Id;

    // A pool holds one article of one distributor, for all lines that ask for it in the same unit.
    private int? LineOfPool(int pool) => _problem.Offers.FirstOrDefault(offer => offer.StockPool == pool)?.Line;

    private string Pool(int pool) => _names.Article is not null && _names.Distributor is not null && _problem.Offers.FirstOrDefault(offer => offer.StockPool == pool) is { } offer
        ? $"{Article(offer.Line)} at {Distributor(offer.Distributor)}"
        : _problem.StockPools[pool].Id;

    private string Quantity(int line, decimal quantity) => _texts.Number(quantity / (_names.UnitsOfLine?.Invoke(line) ?? 1));

    private string Day(int day) => _names.Day?.Invoke(day) ?? _texts.Day(day);

    private string Money(decimal amount) => _texts.Amount(amount, _problem.BaseCurrency);

    private string In(decimal amount, string currency) => currency.Length == 0 ? _texts.Number(amount) : _texts.Amount(amount, currency);

    private string Measure(decimal amount, string unit) =>
        unit.Length == 0 ? _texts.Number(amount)
        : string.Equals(unit, "kg", StringComparison.Ordinal) ? $"{_texts.Number(amount)} kg"
        : _texts.Amount(amount, unit);
}
