using System.Globalization;
using System.Text.Json;
using UnifiedCommerce.Sourcing;

namespace UnifiedCommerce.Cli;

/// <summary>Rules laid over an instance; what is not given stays as the instance has it.</summary>
internal sealed record InstanceRules
{
    public int? MaxDistributors { get; init; }

    public decimal? CostOfCapital { get; init; }

    public decimal? OrderHandlingCost { get; init; }

    public int? MaxSplits { get; init; }

    public IReadOnlyDictionary<string, decimal> Preference { get; init; } = new Dictionary<string, decimal>();

    public IReadOnlyList<string> Exclude { get; init; } = [];

    public static InstanceRules Read(string name, string text)
    {
        try
        {
            return JsonSerializer.Deserialize<InstanceRules>(text, Strict) ?? new InstanceRules();
        }
        catch (JsonException exception)
        {
            throw new UnusableFileException(name, [$"These are no rules: {exception.Message}"]);
        }
    }

    public SourcingProblem Apply(SourcingProblem problem)
    {
        foreach (string id in Exclude.Concat(Preference.Keys).Where(id => problem.Distributors.All(distributor => distributor.Id != id)))
        {
            throw new UnusableFileException("--rules", [$"{problem.Id} has no distributor {id}. It has {string.Join(", ", problem.Distributors.Select(distributor => distributor.Id).Take(10))}."]);
        }

        return problem with
        {
            MaxDistributors = MaxDistributors ?? problem.MaxDistributors,
            CostOfCapital = CostOfCapital ?? problem.CostOfCapital,
            Lines = MaxSplits is { } splits ? [.. problem.Lines.Select(line => line with { MaxSplits = splits })] : problem.Lines,
            Distributors = [.. problem.Distributors.Select(distributor => distributor with
            {
                Excluded = distributor.Excluded || Exclude.Contains(distributor.Id),
                PreferencePenalty = Preference.TryGetValue(distributor.Id, out decimal penalty) ? penalty : distributor.PreferencePenalty,
                Terms = distributor.Terms with { AdministrationCost = OrderHandlingCost ?? distributor.Terms.AdministrationCost },
            })],
        };
    }

    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
    };
}

/// <summary>What rules made of one order.</summary>
/// <param name="Order">The order's file.</param>
/// <param name="Rules">The rules' file.</param>
/// <param name="Cash">What is paid, in base currency.</param>
/// <param name="Decision">What is weighed and not paid.</param>
/// <param name="Bound">No plan costs less than this, cash and decision together.</param>
/// <param name="PurchaseOrders">Purchase orders.</param>
/// <param name="SplitLines">Lines bought from more than one offer.</param>
/// <param name="Unfilled">Lines that stay unfilled.</param>
/// <param name="MeanDays">Days until arrival, mean over the lines.</param>
/// <param name="LastDay">Day on which the last line arrives.</param>
internal sealed record RuleOutcome(
    string Order, string Rules, decimal Cash, decimal Decision, decimal Bound, int PurchaseOrders, int SplitLines, int Unfilled, double MeanDays, int LastDay)
{
    public static RuleOutcome Of(string order, string rules, SourcingProblem problem, SourcingPlan plan)
    {
        List<int> days = [.. plan.Allocations.GroupBy(allocation => problem.Offers[allocation.Offer].Line)
            .Select(line => line.Max(allocation => problem.Offers[allocation.Offer].LeadDays))];
        return new RuleOutcome(
            order, rules, plan.Cost.Cash, plan.Cost.Decision, plan.LowerBound, plan.Cost.Orders.Count,
            plan.Allocations.GroupBy(allocation => problem.Offers[allocation.Offer].Line).Count(line => line.Count() > 1),
            plan.Cost.UnfilledLines.Count, days.Count == 0 ? 0 : days.Average(), days.Count == 0 ? 0 : days.Max());
    }
}

/// <summary>Two sets of rules side by side.</summary>
internal static class RuleComparison
{
    public static void Write(TextWriter console, IReadOnlyList<RuleOutcome> outcomes, FileInfo[] rules, bool json)
    {
        List<(RuleOutcome A, RuleOutcome B)> pairs = [.. outcomes.Chunk(2).Select(pair => (pair[0], pair[1]))];
        if (json)
        {
            console.WriteLine(JsonSerializer.Serialize(
                new
                {
                    orders = pairs.Select(pair => new { order = pair.A.Order, a = pair.A, b = pair.B }),
                    total = new
                    {
                        cash = pairs.Sum(pair => pair.B.Cash - pair.A.Cash),
                        decision = pairs.Sum(pair => pair.B.Decision - pair.A.Decision),
                        purchaseOrders = pairs.Sum(pair => pair.B.PurchaseOrders - pair.A.PurchaseOrders),
                        splitLines = pairs.Sum(pair => pair.B.SplitLines - pair.A.SplitLines),
                        unfilled = pairs.Sum(pair => pair.B.Unfilled - pair.A.Unfilled),
                        meanDays = pairs.Count == 0 ? 0 : pairs.Average(pair => pair.B.MeanDays - pair.A.MeanDays),
                    },
                },
                RouteCommands.Web));
            return;
        }

        console.WriteLine($"A = {rules[0].Name}, B = {rules[1].Name}; each column: A -> B");
        foreach ((RuleOutcome a, RuleOutcome b) in pairs)
        {
            console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{a.Order}: cash {a.Cash:0.00} -> {b.Cash:0.00} ({b.Cash - a.Cash:+0.00;-0.00;0}), purchase orders {a.PurchaseOrders} -> {b.PurchaseOrders}, split lines {a.SplitLines} -> {b.SplitLines}, unfilled {a.Unfilled} -> {b.Unfilled}, days {a.MeanDays:0.0} -> {b.MeanDays:0.0} (last {a.LastDay} -> {b.LastDay})"));
        }

        decimal before = pairs.Sum(pair => pair.A.Cash);
        decimal change = pairs.Sum(pair => pair.B.Cash - pair.A.Cash);
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"In all: cash {change:+0.00;-0.00;0} ({(before == 0 ? 0 : 100 * change / before):+0.00;-0.00;0} %), purchase orders {pairs.Sum(pair => pair.B.PurchaseOrders - pair.A.PurchaseOrders):+0;-0;0}, split lines {pairs.Sum(pair => pair.B.SplitLines - pair.A.SplitLines):+0;-0;0}, unfilled {pairs.Sum(pair => pair.B.Unfilled - pair.A.Unfilled):+0;-0;0}, days {(pairs.Count == 0 ? 0 : pairs.Average(pair => pair.B.MeanDays - pair.A.MeanDays)):+0.0;-0.0;0}"));
    }
}
