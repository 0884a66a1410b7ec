namespace UnifiedCommerce.Sourcing;

internal sealed class EnglishTexts : ExplanationTexts
{
    public override string Chosen(string distributor, string quantity, string needed) =>
        string.Equals(quantity, needed, StringComparison.Ordinal) ? Ended($"{quantity} from {distributor}") : $"{quantity} from {distributor} ({needed} needed).";

    public override string Unfilled(string line, string needed, string penalty) => $"{line} stays unfilled ({needed} needed); the penalty counted is {penalty}.";

    public override string NotUsable(string distributor, Eligibility reason, Offer offer, DemandLine line, Func<long, string> quantity, string arrives, string neededBy) => reason switch
    {
        Eligibility.Blocked => $"{distributor}: blocked for this article.",
        Eligibility.DistributorExcluded => $"{distributor}: no orders may go there.",
        Eligibility.NotFromThisDistributor => $"{distributor}: the line may not come from there.",
        Eligibility.PinnedElsewhere => $"{distributor}: the line is pinned to another distributor.",
        Eligibility.OtherSourceIsExclusive => $"{distributor}: another source is exclusive for this article.",
        Eligibility.TooLate => $"{distributor}: arrives on {arrives}, needed by {neededBy}.",
        Eligibility.MoqTooHigh => offer.Available < Math.Max(offer.Moq, offer.OrderMultiple)
            ? $"{distributor}: {quantity(offer.Available)} in stock, below MOQ {quantity(offer.Moq)} in packs of {quantity(offer.OrderMultiple)}."
            : $"{distributor}: MOQ {quantity(offer.Moq)} in packs of {quantity(offer.OrderMultiple)}, at most {quantity(line.MaxQuantity)} may be bought.",
        Eligibility.TooLittleForUnsplitLine => $"{distributor}: {quantity(offer.Available)} in stock, {quantity(line.Quantity)} needed, and the line may not be split.",
        _ => $"{distributor}: can be used.",
    };

    // Names of companies may end with a full stop themselves.
    private static string Ended(string sentence) => sentence.EndsWith('.') ? sentence : sentence + ".";

    public override string Day(int day) => $"day {day}";

    public override string NotWithOtherLinesKept(string distributor, string obstacle, string evenThen, bool dearer) =>
        evenThen.Length == 0
            ? $"{distributor}: not while the other lines stay as they are: {obstacle}."
            : $"{distributor}: not while the other lines stay as they are: {obstacle}; without that, {evenThen} {(dearer ? "more" : "less")}.";

    public override string Obstacle(Obstacle obstacle, string name, string found, string limit) => obstacle.Kind switch
    {
        ObstacleKind.BelowMinimumOrder => $"the order at {name} would be {found}, below its minimum of {limit}",
        ObstacleKind.TooManyDistributors => $"it would take {found} distributors, {limit} may be used",
        ObstacleKind.StockTaken => $"other lines take the stock of {name} ({found} would be taken, {limit} is there)",
        ObstacleKind.TooLittle => $"it has {found} of the {limit} needed, and no other offer can bring the rest",
        ObstacleKind.TooMuch => $"it sells {found}, at most {limit} may be bought",
        _ => $"it would take {found} offers, {limit} may be used",
    };

    public override string Costs(string distributor, OfferOutcome outcome, string amount, string terms) =>
        outcome == OfferOutcome.CostsLess ? $"{distributor}: {amount} less; the search stopped before it found that ({terms})."
        : terms.Length == 0 ? $"{distributor}: costs the same."
        : Ended($"{distributor}: at most {amount} more: {terms}");

    public override string CostsSolvedAgain(string distributor, bool exact, string least, string most, string because)
    {
        var price = exact ? $"exactly {most} more" : $"between {least} and {most} more";
        return because.Length == 0 ? $"{distributor}: {price}, all lines bought best again." : $"{distributor}: {price}, all lines bought best again (on its own: {because}).";
    }

    public override string Difference(DifferenceKind kind, bool dearer, string amount, string distributor) => kind switch
    {
        DifferenceKind.Price => dearer ? $"price {amount} higher" : $"price {amount} lower",
        DifferenceKind.OverBuying => dearer ? $"{amount} for buying more than needed" : $"{amount} saved by buying nearer to what is needed",
        DifferenceKind.OpensOrder => dearer ? $"would open a purchase order at {distributor} for {amount} freight and charges" : $"opening an order at {distributor} brings {amount}",
        DifferenceKind.ClosesOrder => dearer ? $"ending the order at {distributor} costs {amount}" : $"saves {amount} freight and charges at {distributor}",
        DifferenceKind.Freight => dearer ? $"{amount} more freight at {distributor}" : $"{amount} less freight at {distributor}",
        DifferenceKind.Surcharge => dearer ? $"{amount} more order surcharge at {distributor}" : $"{amount} less order surcharge at {distributor}",
        DifferenceKind.Fees => dearer ? $"{amount} more fees at {distributor}" : $"{amount} less fees at {distributor}",
        DifferenceKind.Discount => dearer ? $"{amount} less discount" : $"{amount} more discount",
        DifferenceKind.Rebate => dearer ? $"{amount} less rebate" : $"{amount} more rebate",
        DifferenceKind.Payment => dearer ? $"payment terms {amount} worse" : $"payment terms {amount} better",
        DifferenceKind.Extras => dearer ? $"{amount} more levies" : $"{amount} less levies",
        DifferenceKind.Preference => dearer ? $"weighed {amount} dearer by preference" : $"weighed {amount} cheaper by preference",
        DifferenceKind.SoftRules => dearer ? $"soft rules weigh {amount} more" : $"soft rules weigh {amount} less",
        DifferenceKind.Commitment => dearer ? $"commitment at {distributor} missed by {amount} more" : $"commitment at {distributor} met better by {amount}",
        _ => dearer ? $"penalty {amount}" : $"penalty {amount} saved",
    };

    public override string Threshold(
        NearThreshold threshold, string distributor, string missing, string limit, string more, string? article, string costOfMore, string change)
    {
        var gives = threshold.Kind switch
        {
            ThresholdKind.FreeFreightByValue or ThresholdKind.FreeFreightByWeight => $"{missing} more at {distributor} makes freight free (from {limit})",
            ThresholdKind.NoSmallOrderSurcharge => $"{missing} more at {distributor} saves the small-order surcharge (below {limit})",
            ThresholdKind.MinimumOrder => $"{missing} more at {distributor} reaches its minimum order of {limit}",
            ThresholdKind.DiscountByValue or ThresholdKind.DiscountByQuantity => $"{missing} more at {distributor} reaches the next order discount (from {limit})",
            ThresholdKind.Commitment => $"{missing} more at {distributor} meets the commitment of {limit}",
            ThresholdKind.PriceBreak => $"{missing} more reaches the next price break at {distributor} (from {limit})",
            _ => $"{missing} more at {distributor} reaches the next group break (from {limit})",
        };
        if (article is null)
        {
            return $"{gives}; nothing on the order can be bought that far.";
        }

        var effect = threshold.CostChange < 0 ? $"the plan then costs {change} less" : threshold.CostChange == 0 ? "the plan then costs the same" : $"the plan then costs {change} more";
        var allowed = threshold.WithinMaxQuantity ? "" : ", more than the line may be bought now";
        return $"{gives}: buying {more} more of {article} costs {costOfMore}{allowed}; {effect}.";
    }

    public override string SoftRule(SoftRule rule, string name, string amount) => rule switch
    {
        Sourcing.SoftRule.Preference => $"Buying at {name} although others are preferred is weighed with {amount}.",
        Sourcing.SoftRule.Commitment => $"The commitment at {name} is missed; that is weighed with {amount}.",
        Sourcing.SoftRule.OfferRisk => $"The risk of {name} is weighed with {amount}.",
        Sourcing.SoftRule.NotPreferred => $"{name} is not bought from its preferred source; that is weighed with {amount}.",
        _ => $"{name} stays unfilled; that is weighed with {amount}.",
    };

    public override string Comparison(PlanComparison comparison, string distributor, string total, string difference)
    {
        var way = comparison.Kind switch
        {
            ComparisonKind.SecondBest => comparison.Price.Basis == ChoicePriceBasis.SolvedAgain ? "The second-best plan" : "The best plan found that buys one line elsewhere",
            ComparisonKind.CheapestPerLine => "Every line at its cheapest offer",
            ComparisonKind.PreferredSuppliers => "Buying from the preferred suppliers",
            ComparisonKind.OneDistributor => $"Everything that {distributor} can deliver from there",
            _ => "The plan without the rule",
        };
        if (comparison.Cost is null)
        {
            return $"{way} is not possible: {comparison.Faults[0].Place}: {comparison.Faults[0].Message}";
        }

        return comparison.Price.AtMost switch
        {
            0 => $"{way} costs {total}, the same.",
            < 0 => $"{way} costs {total}, {difference} less.",
            _ => $"{way} costs {total}, {difference} more.",
        };
    }

    public override string Remedy(string distributor, string quantity, string needs, string cost) =>
        needs.Length == 0
            ? $"{quantity} from {distributor} for {cost}: the search stopped before it found that."
            : Ended($"{quantity} from {distributor} for {cost}, if {needs}");

    public override string Need(RemedyNeed need, string name, string found, string wanted) => need.Kind switch
    {
        RemedyKind.MoreStock => $"{name} had {wanted} in stock instead of {found}",
        RemedyKind.MorePoolStock => $"the stock of {name} held {wanted} instead of {found}",
        RemedyKind.LaterNeedBy => $"{wanted} is early enough instead of {found}",
        RemedyKind.HigherMaxQuantity => $"{wanted} may be bought instead of {found}",
        RemedyKind.MoreSplits => $"the line may be split over {wanted} offers",
        RemedyKind.Unblock => $"the block of {name} is lifted",
        RemedyKind.AdmitDistributor => $"orders may go to {name}",
        RemedyKind.LiftNotFrom => $"the line may come from {name}",
        RemedyKind.WidenPin => $"the line is no longer pinned away from {name}",
        RemedyKind.LiftExclusive => $"{name} may be used beside the exclusive source",
        RemedyKind.MoreDistributors => $"{wanted} distributors may be used instead of {found}",
        RemedyKind.MinimumOrder => $"{name} takes an order of {found} (its minimum is {wanted})",
        _ => $"the penalty were {wanted} instead of {found}",
    };

    public override string Proof(string total, string gap, string percent, bool proved) =>
        proved
            ? $"The plan costs {total}; it is proved that none is better by more than {gap} ({percent} %)."
            : $"The plan costs {total}; the search stopped early, so a better plan by at most {gap} ({percent} %) may exist.";

    public override string Order(string distributor, string cash, string goods, IReadOnlyList<string> components) =>
        components.Count == 0 ? $"{distributor}: {cash}." : $"{distributor}: {cash}: goods {goods}, {string.Join(", ", components)}.";

    public override string Component(CostComponent component, string amount) => component switch
    {
        CostComponent.Discount => $"order discount -{amount}",
        CostComponent.EarlyPayment => $"early-payment discount -{amount}",
        CostComponent.Rebate => $"expected rebate -{amount}",
        CostComponent.PaymentDays => $"worth of payment days -{amount}",
        CostComponent.Freight => $"freight {amount}",
        CostComponent.Surcharge => $"surcharges {amount}",
        CostComponent.Fees => $"fees {amount}",
        CostComponent.Administration => $"administration {amount}",
        _ => $"levies and extras {amount}",
    };
}
