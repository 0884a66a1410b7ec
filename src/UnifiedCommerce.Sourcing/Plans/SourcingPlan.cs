namespace UnifiedCommerce.Sourcing;

/// <summary>Quantity bought from one offer.</summary>
/// <param name="Offer">Index of the offer in the problem.</param>
/// <param name="Quantity">Order units; above 0.</param>
public readonly record struct Allocation(int Offer, long Quantity);

/// <summary>How far a plan was proved.</summary>
public enum PlanStatus
{
    /// <summary>No plan can be better than this one by more than the gap target.</summary>
    Proved,

    /// <summary>The search stopped at its work limit; the bound tells how far from the best the plan can be.</summary>
    WorkLimit,

    /// <summary>The search stopped at its time limit.</summary>
    TimeLimit,

    /// <summary>The search was cancelled.</summary>
    Cancelled,
}

/// <summary>The decision: what to buy where, what it costs and what is proved about it.</summary>
public sealed record SourcingPlan
{
    /// <summary>Identifier of the problem.</summary>
    public required string ProblemId { get; init; }

    /// <summary>Allocations, ordered by line, then offer.</summary>
    public required IReadOnlyList<Allocation> Allocations { get; init; }

    /// <summary>Exact cost of the allocations with every component.</summary>
    public required PlanCost Cost { get; init; }

    /// <summary>No feasible plan costs less than this (base currency, decision cost included), rounded down.</summary>
    public required decimal LowerBound { get; init; }

    /// <summary>(cost - lower bound) / cost; 0 when the plan is the best possible.</summary>
    public double Gap => Cost.Total <= LowerBound || Cost.Total == 0 ? 0 : (double)((Cost.Total - LowerBound) / Cost.Total);

    /// <summary>Whether the gap target of the options was reached.</summary>
    public bool Proved => Status == PlanStatus.Proved;

    /// <summary>Why the search stopped.</summary>
    public required PlanStatus Status { get; init; }

    /// <summary>Solver steps taken: a replay with this as its work limit gives the same plan.</summary>
    public required long WorkSteps { get; init; }

    /// <summary>Time taken.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Proof of the bound; null when it was not asked for.</summary>
    public Certificate? Certificate { get; init; }
}

/// <summary>Exact cost of a plan in base currency, cash apart from decision cost.</summary>
public sealed record PlanCost
{
    /// <summary>Cash and decision cost together: what the search minimises.</summary>
    public decimal Total => Cash + Decision;

    /// <summary>What is paid.</summary>
    public required decimal Cash { get; init; }

    /// <summary>What was weighed and is not paid: preference, soft rules, shortfall of commitments, unfilled lines.</summary>
    public required decimal Decision { get; init; }

    /// <summary>Decision cost of lines left unfilled.</summary>
    public required decimal Unfilled { get; init; }

    /// <summary>Indexes of lines left unfilled.</summary>
    public required IReadOnlyList<int> UnfilledLines { get; init; }

    /// <summary>One entry for each purchase order of the plan, by distributor, then first line.</summary>
    public required IReadOnlyList<PurchaseOrderCost> Orders { get; init; }

    /// <summary>One entry for each distributor with a commitment, bought from or not.</summary>
    public required IReadOnlyList<CommitmentCost> Commitments { get; init; }
}

/// <summary>Shortfall of a commitment.</summary>
/// <param name="Distributor">Index of the distributor.</param>
/// <param name="Value">Value bought, in the distributor's currency.</param>
/// <param name="Missing">Value missing, in the distributor's currency.</param>
/// <param name="Shortfall">Decision cost of what is missing, in base currency.</param>
public sealed record CommitmentCost(int Distributor, decimal Value, decimal Missing, decimal Shortfall);

/// <summary>Cost of one purchase order by component; base currency unless said otherwise.</summary>
public sealed record PurchaseOrderCost
{
    /// <summary>Index of the distributor.</summary>
    public required int Distributor { get; init; }

    /// <summary>Key of the purchase order.</summary>
    public required PurchaseOrderKey Key { get; init; }

    /// <summary>Value before discount in the distributor's currency: what thresholds are compared with.</summary>
    public required decimal OrderValue { get; init; }

    /// <summary>Order units.</summary>
    public required long Quantity { get; init; }

    /// <summary>Weight in kilograms.</summary>
    public required decimal Weight { get; init; }

    /// <summary>Goods: <see cref="OrderValue"/> in base currency.</summary>
    public required decimal Goods { get; init; }

    /// <summary>Order discount; positive.</summary>
    public required decimal Discount { get; init; }

    /// <summary>Early-payment discount; positive.</summary>
    public required decimal EarlyPaymentDiscount { get; init; }

    /// <summary>Expected rebate; positive.</summary>
    public required decimal Rebate { get; init; }

    /// <summary>Worth of the payment days; positive.</summary>
    public required decimal PaymentDaysValue { get; init; }

    /// <summary>Freight.</summary>
    public required decimal Freight { get; init; }

    /// <summary>Small-order surcharge, and the charge for an order below the minimum.</summary>
    public required decimal Surcharge { get; init; }

    /// <summary>Handling and line fees.</summary>
    public required decimal Fees { get; init; }

    /// <summary>Administrative cost.</summary>
    public required decimal Administration { get; init; }

    /// <summary>Levies and other additions per unit.</summary>
    public required decimal Extras { get; init; }

    /// <summary>Decision cost: preference for other distributors.</summary>
    public required decimal Preference { get; init; }

    /// <summary>Decision cost: priced soft rules and risks of the offers used.</summary>
    public required decimal SoftRules { get; init; }

    /// <summary>What this order costs in cash.</summary>
    public decimal Cash => Goods - Discount - EarlyPaymentDiscount - Rebate - PaymentDaysValue + Freight + Surcharge + Fees + Administration + Extras;

    /// <summary>What was weighed against it.</summary>
    public decimal Decision => Preference + SoftRules;
}

/// <summary>Why allocations are not a plan.</summary>
/// <param name="Code">Stable name of the rule broken, such as <c>below-moq</c>.</param>
/// <param name="Place">What it concerns, such as <c>line L0001</c>.</param>
/// <param name="Message">What was found and what is allowed.</param>
public sealed record PlanFault(string Code, string Place, string Message);

/// <summary>Outcome of an evaluation: a cost, or the reasons why there is none.</summary>
/// <param name="Cost">Exact cost; null when the allocations are not feasible.</param>
/// <param name="Faults">Rules broken; empty when feasible.</param>
public sealed record Evaluation(PlanCost? Cost, IReadOnlyList<PlanFault> Faults)
{
    /// <summary>Whether the allocations are a feasible plan.</summary>
    public bool IsFeasible => Cost is not null;
}
