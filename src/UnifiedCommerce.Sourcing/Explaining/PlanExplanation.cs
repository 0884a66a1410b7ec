namespace UnifiedCommerce.Sourcing;

/// <summary>Why a plan buys where it buys. All money is in base currency unless said otherwise.</summary>
public sealed record PlanExplanation
{
    /// <summary>What the plan costs.</summary>
    public required PlanCost Cost { get; init; }

    /// <summary>The lines explained, in the order of the problem.</summary>
    public required IReadOnlyList<LineExplanation> Lines { get; init; }

    /// <summary>Thresholds that a little more or a little less would cross, best saving first.</summary>
    public required IReadOnlyList<NearThreshold> Thresholds { get; init; }

    /// <summary>Decision cost that the plan carries, dearest first.</summary>
    public required IReadOnlyList<SoftRuleCost> SoftRules { get; init; }

    /// <summary>What other ways of buying cost: the runner-up, the cheapest offer of every line, the preferred suppliers.</summary>
    public required IReadOnlyList<PlanComparison> Comparisons { get; init; }
}

/// <summary>One line with every offer for it.</summary>
public sealed record LineExplanation
{
    /// <summary>Index of the line.</summary>
    public required int Line { get; init; }

    /// <summary>Quantity needed.</summary>
    public required long Needed { get; init; }

    /// <summary>Quantity that the plan buys; 0 when the line stays unfilled.</summary>
    public required long Bought { get; init; }

    /// <summary>Every offer for the line: chosen ones first, then by what choosing them would cost, those that cannot be used last.</summary>
    public required IReadOnlyList<OfferExplanation> Offers { get; init; }

    /// <summary>What would fill the line when the plan leaves it unfilled: single changes before combined ones, cheapest first.</summary>
    public required IReadOnlyList<Remedy> Remedies { get; init; }
}

/// <summary>What became of an offer.</summary>
public enum OfferOutcome
{
    /// <summary>The plan buys from it.</summary>
    Chosen,

    /// <summary>Buying from it instead costs more, or the same.</summary>
    CostsMore,

    /// <summary>Buying from it instead costs less: the search stopped before it found that.</summary>
    CostsLess,

    /// <summary>It cannot be taken while the other lines stay as they are; <see cref="OfferExplanation.Obstacles"/> says why.</summary>
    NotWithOtherLinesKept,

    /// <summary>It cannot be used at all; <see cref="OfferExplanation.Eligibility"/> says why.</summary>
    NotUsable,
}

/// <summary>One offer, and the term that made it lose.</summary>
public sealed record OfferExplanation
{
    /// <summary>Index of the offer.</summary>
    public required int Offer { get; init; }

    /// <summary>Index of the distributor.</summary>
    public required int Distributor { get; init; }

    /// <summary>What became of it.</summary>
    public required OfferOutcome Outcome { get; init; }

    /// <summary>Whether it may be used at all.</summary>
    public required Eligibility Eligibility { get; init; }

    /// <summary>Quantity bought, or the quantity that would have been bought.</summary>
    public required long Quantity { get; init; }

    /// <summary>What stands in the way while the other lines stay as they are.</summary>
    public required IReadOnlyList<Obstacle> Obstacles { get; init; }

    /// <summary>What changes when the line is bought here, the term that weighs most against it first. They add up to the price of choosing it.</summary>
    public required IReadOnlyList<CostDifference> Differences { get; init; }

    /// <summary>Price of choosing it anyway.</summary>
    public required ChoicePrice Price { get; init; }
}

/// <summary>What choosing something else would cost more than the plan (base currency; negative when it would cost less).</summary>
/// <param name="AtLeast">No plan with this choice costs less more than this; null when unknown.</param>
/// <param name="AtMost">A plan with this choice is known that costs this much more; null when none is known.</param>
/// <param name="Basis">How it was found.</param>
public readonly record struct ChoicePrice(decimal? AtLeast, decimal? AtMost, ChoicePriceBasis Basis)
{
    /// <summary>Whether the price is proved to within a cent.</summary>
    public bool IsExact => AtLeast is { } least && AtMost is { } most && most - least <= 0.01m;
}

/// <summary>How the price of a choice was found.</summary>
public enum ChoicePriceBasis
{
    /// <summary>The other lines stay as they are: a bound, found at once.</summary>
    OtherLinesKept,

    /// <summary>All lines were solved again with the choice made.</summary>
    SolvedAgain,
}

/// <summary>Something that makes a choice impossible.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Index">Index of the distributor, line or stock pool that it concerns; -1 for the whole plan.</param>
/// <param name="Found">What was found: an order value (distributor's currency), a quantity or a number.</param>
/// <param name="Limit">What is allowed.</param>
public sealed record Obstacle(ObstacleKind Kind, int Index, decimal Found, decimal Limit);

/// <summary>Kinds of obstacles.</summary>
public enum ObstacleKind
{
    /// <summary>The order of a distributor would fall or stay below its minimum value.</summary>
    BelowMinimumOrder,

    /// <summary>More distributors would get orders than may.</summary>
    TooManyDistributors,

    /// <summary>Other lines take the stock of the pool.</summary>
    StockTaken,

    /// <summary>The offers together have less than the line needs.</summary>
    TooLittle,

    /// <summary>The order multiple makes it more than may be bought.</summary>
    TooMuch,

    /// <summary>More offers would be used for the line than may.</summary>
    TooManySplits,
}

/// <summary>One term by which a choice differs from the plan.</summary>
/// <param name="Kind">The term.</param>
/// <param name="Distributor">Index of the distributor where it weighs; -1 when it concerns none.</param>
/// <param name="Amount">How much dearer (positive) or cheaper (negative) the choice is by this term.</param>
public sealed record CostDifference(DifferenceKind Kind, int Distributor, decimal Amount);

/// <summary>Terms by which choices differ.</summary>
public enum DifferenceKind
{
    /// <summary>Price of the quantity needed.</summary>
    Price,

    /// <summary>Buying more than needed, because of MOQ, order multiple or breaks.</summary>
    OverBuying,

    /// <summary>Freight, surcharges, fees and administration of a purchase order that would be opened.</summary>
    OpensOrder,

    /// <summary>The same of a purchase order that would no longer be needed.</summary>
    ClosesOrder,

    /// <summary>Freight of an order that stays.</summary>
    Freight,

    /// <summary>Small-order or minimum-order charge of an order that stays.</summary>
    Surcharge,

    /// <summary>Handling and line fees of an order that stays.</summary>
    Fees,

    /// <summary>Order and group discounts.</summary>
    Discount,

    /// <summary>Rebates.</summary>
    Rebate,

    /// <summary>Payment days and early payment.</summary>
    Payment,

    /// <summary>Levies and other additions per unit.</summary>
    Extras,

    /// <summary>Preference for other distributors: decision cost.</summary>
    Preference,

    /// <summary>Priced soft rules and risks: decision cost.</summary>
    SoftRules,

    /// <summary>Shortfall of commitments: decision cost.</summary>
    Commitment,

    /// <summary>Penalty of a line that stays unfilled: decision cost.</summary>
    Unfilled,
}

/// <summary>A threshold near the plan.</summary>
public sealed record NearThreshold
{
    /// <summary>What the threshold gives.</summary>
    public required ThresholdKind Kind { get; init; }

    /// <summary>Index of the distributor.</summary>
    public required int Distributor { get; init; }

    /// <summary>Key of the purchase order.</summary>
    public required PurchaseOrderKey Key { get; init; }

    /// <summary>The threshold: an order value in the distributor's currency, a quantity or a weight in kilograms.</summary>
    public required decimal Threshold { get; init; }

    /// <summary>What is missing to it, in the same measure.</summary>
    public required decimal Missing { get; init; }

    /// <summary>Offer of which more could be bought to reach it; null when none of the plan's can.</summary>
    public int? Offer { get; init; }

    /// <summary>How many order units more of that offer.</summary>
    public long MoreUnits { get; init; }

    /// <summary>What these units cost, before anything that the threshold gives.</summary>
    public decimal CostOfMore { get; init; }

    /// <summary>What the whole plan then costs more (negative: less).</summary>
    public decimal CostChange { get; init; }

    /// <summary>Whether the line may be bought that far; when not, its greatest quantity would have to be raised.</summary>
    public bool WithinMaxQuantity { get; init; }
}

/// <summary>What a threshold gives.</summary>
public enum ThresholdKind
{
    /// <summary>Freight is free from an order value.</summary>
    FreeFreightByValue,

    /// <summary>Freight is free from a weight.</summary>
    FreeFreightByWeight,

    /// <summary>There is no small-order surcharge from an order value.</summary>
    NoSmallOrderSurcharge,

    /// <summary>There is no charge for an order below the minimum from an order value.</summary>
    MinimumOrder,

    /// <summary>The next tier of the order discount, by value.</summary>
    DiscountByValue,

    /// <summary>The next tier of the order discount, by quantity.</summary>
    DiscountByQuantity,

    /// <summary>The commitment is met from a value.</summary>
    Commitment,

    /// <summary>The next price break of an offer, by quantity.</summary>
    PriceBreak,

    /// <summary>The next tier of a group break, by quantity.</summary>
    GroupBreak,
}

/// <summary>Decision cost that a soft rule puts on the plan.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Index">Index of the distributor (preference, commitment), offer (risk) or line (not preferred, unfilled).</param>
/// <param name="Counted">Decision cost counted in the plan.</param>
public sealed record SoftRuleCost(SoftRule Rule, int Index, decimal Counted);

/// <summary>Soft rules.</summary>
public enum SoftRule
{
    /// <summary><see cref="Distributor.PreferencePenalty"/>.</summary>
    Preference,

    /// <summary><see cref="Distributor.Commitment"/>.</summary>
    Commitment,

    /// <summary><see cref="Offer.UseDecisionCost"/>.</summary>
    OfferRisk,

    /// <summary><see cref="DemandLine.NotPreferredPenalty"/>.</summary>
    NotPreferred,

    /// <summary><see cref="DemandLine.UnfilledPenalty"/>.</summary>
    Unfilled,
}

/// <summary>Another way of buying, compared with the plan.</summary>
public sealed record PlanComparison
{
    /// <summary>Which way.</summary>
    public required ComparisonKind Kind { get; init; }

    /// <summary>What it buys; empty when it is not possible.</summary>
    public required IReadOnlyList<Allocation> Allocations { get; init; }

    /// <summary>What it costs; null when it is not possible.</summary>
    public required PlanCost? Cost { get; init; }

    /// <summary>Why it is not possible; empty when it is.</summary>
    public required IReadOnlyList<PlanFault> Faults { get; init; }

    /// <summary>What it costs more than the plan.</summary>
    public required ChoicePrice Price { get; init; }

    /// <summary>Index of the distributor for <see cref="ComparisonKind.OneDistributor"/>; else null.</summary>
    public int? Distributor { get; init; }
}

/// <summary>Ways of buying to compare with.</summary>
public enum ComparisonKind
{
    /// <summary>The best plan that differs: at least one offer of the plan is not used.</summary>
    SecondBest,

    /// <summary>Every line at its cheapest offer, order terms not looked at when choosing.</summary>
    CheapestPerLine,

    /// <summary>Every line that has a preferred offer at that offer.</summary>
    PreferredSuppliers,

    /// <summary>Everything that one distributor can deliver from that distributor.</summary>
    OneDistributor,

    /// <summary>The plan without a soft rule.</summary>
    WithoutSoftRule,
}

/// <summary>A change that would fill a line.</summary>
/// <param name="Offer">Index of the offer that would be used.</param>
/// <param name="Quantity">Quantity that would be bought of it.</param>
/// <param name="Needs">What has to change, all of it; empty when only the penalty is too low.</param>
/// <param name="Cost">What filling the line then costs, the penalty not set off (base currency).</param>
/// <param name="Penalty">The line's penalty for staying unfilled.</param>
public sealed record Remedy(int Offer, long Quantity, IReadOnlyList<RemedyNeed> Needs, decimal Cost, decimal Penalty);

/// <summary>One thing that has to change.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Index">Index of the distributor, line, offer or stock pool that it concerns; -1 for the whole plan.</param>
/// <param name="Found">How it is now: days, order units, order value.</param>
/// <param name="Wanted">How it would have to be.</param>
public sealed record RemedyNeed(RemedyKind Kind, int Index, decimal Found, decimal Wanted);

/// <summary>What can be changed to fill a line.</summary>
public enum RemedyKind
{
    /// <summary>More stock at the offer.</summary>
    MoreStock,

    /// <summary>More stock in a pool that other lines draw from.</summary>
    MorePoolStock,

    /// <summary>A later need-by day.</summary>
    LaterNeedBy,

    /// <summary>A higher greatest quantity, to take the MOQ or a full order multiple.</summary>
    HigherMaxQuantity,

    /// <summary>More splits.</summary>
    MoreSplits,

    /// <summary>The block of the source lifted.</summary>
    Unblock,

    /// <summary>The exclusion of the distributor lifted.</summary>
    AdmitDistributor,

    /// <summary>The "not from" of the line lifted.</summary>
    LiftNotFrom,

    /// <summary>The pin of the line widened.</summary>
    WidenPin,

    /// <summary>Another source than the exclusive one allowed.</summary>
    LiftExclusive,

    /// <summary>One more distributor allowed.</summary>
    MoreDistributors,

    /// <summary>The minimum order of a distributor reached or waived.</summary>
    MinimumOrder,

    /// <summary>Filling is possible and costs more than the penalty.</summary>
    HigherPenalty,
}
