using System.Globalization;

namespace UnifiedCommerce.Sourcing;

/// <summary>The words of an explanation, all in one place: another language is another class. Amounts and names come ready to print.</summary>
public abstract class ExplanationTexts
{
    /// <summary>English.</summary>
    public static ExplanationTexts English { get; } = new EnglishTexts();

    /// <summary>An amount with its currency, in cents.</summary>
    public virtual string Amount(decimal amount, string currency) => string.Create(CultureInfo.InvariantCulture, $"{amount:0.00} {currency}");

    /// <summary>A number without more digits than it needs.</summary>
    public virtual string Number(decimal number) => number.ToString("0.###", CultureInfo.InvariantCulture);

    /// <summary>What was bought of a line where.</summary>
    public abstract string Chosen(string distributor, string quantity, string needed);

    /// <summary>A line that stays unfilled.</summary>
    public abstract string Unfilled(string line, string needed, string penalty);

    /// <summary>An offer that cannot be used; <c>quantity</c> writes a quantity of the problem in the units that a reader counts in.</summary>
    public abstract string NotUsable(
        string distributor, Eligibility reason, Offer offer, DemandLine line, Func<long, string> quantity, string arrives, string neededBy);

    /// <summary>A day by its number from the day of the decision.</summary>
    public abstract string Day(int day);

    /// <summary>An offer that cannot be used while the other lines stay.</summary>
    public abstract string NotWithOtherLinesKept(string distributor, string obstacle, string evenThen, bool dearer);

    /// <summary>An obstacle.</summary>
    public abstract string Obstacle(Obstacle obstacle, string name, string found, string limit);

    /// <summary>What choosing an offer costs more or less with the other lines as they are (a bound), and the terms that decide.</summary>
    public abstract string Costs(string distributor, OfferOutcome outcome, string amount, string terms);

    /// <summary>What choosing an offer costs more when all lines are bought best again: exactly, or at least and at most. What stood in the way follows.</summary>
    public abstract string CostsSolvedAgain(string distributor, bool exact, string least, string most, string because);

    /// <summary>One term that differs; the amount is positive.</summary>
    public abstract string Difference(DifferenceKind kind, bool dearer, string amount, string distributor);

    /// <summary>Joins parts of an enumeration.</summary>
    public virtual string Join(IReadOnlyList<string> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        return string.Join("; ", parts);
    }

    /// <summary>A threshold near the plan; <c>more</c> is how much more of the article reaches it.</summary>
    public abstract string Threshold(
        NearThreshold threshold, string distributor, string missing, string limit, string more, string? article, string costOfMore, string change);

    /// <summary>What a soft rule counts.</summary>
    public abstract string SoftRule(SoftRule rule, string name, string amount);

    /// <summary>Another way of buying.</summary>
    public abstract string Comparison(PlanComparison comparison, string distributor, string total, string difference);

    /// <summary>A change that would fill a line.</summary>
    public abstract string Remedy(string distributor, string quantity, string needs, string cost);

    /// <summary>One thing that has to change.</summary>
    public abstract string Need(RemedyNeed need, string name, string found, string wanted);

    /// <summary>What is proved about the plan.</summary>
    public abstract string Proof(string total, string gap, string percent, bool proved);

    /// <summary>What the plan costs at one distributor.</summary>
    public abstract string Order(string distributor, string cash, string goods, IReadOnlyList<string> components);

    /// <summary>A component of an order's cost.</summary>
    public abstract string Component(CostComponent component, string amount);
}

/// <summary>Components of an order's cost beside the goods.</summary>
public enum CostComponent
{
    /// <summary>Order discount.</summary>
    Discount,

    /// <summary>Early-payment discount.</summary>
    EarlyPayment,

    /// <summary>Expected rebate.</summary>
    Rebate,

    /// <summary>Worth of the payment days.</summary>
    PaymentDays,

    /// <summary>Freight.</summary>
    Freight,

    /// <summary>Surcharges.</summary>
    Surcharge,

    /// <summary>Handling and line fees.</summary>
    Fees,

    /// <summary>Administration.</summary>
    Administration,

    /// <summary>Levies and other additions.</summary>
    Extras,
}
