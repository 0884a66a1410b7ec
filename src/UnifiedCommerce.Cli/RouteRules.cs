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

    /// <summary>Lays the rules over a problem.</summary>
    /// <param name="problem">The order.</param>
    /// <param name="known">Distributors of all orders that are compared; a rule about another is a mistake.</param>
    /// <param name="file">The file of the rules.</param>
    public SourcingProblem Apply(SourcingProblem problem, IReadOnlySet<string> known, string file)
    {
        foreach (string id in Exclude.Concat(Preference.Keys).Where(id => !known.Contains(id)))
        {
            throw new UnusableFileException(file, [$"No order has an offer of distributor {id}. There are {string.Join(", ", known.Order(StringComparer.Ordinal).Take(10))}."]);
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
/// <param name="Currency">Base currency of the amounts.</param>
/// <param name="Cash">What is paid, in base currency.</param>
/// <param name="Decision">What is weighed and not paid.</param>
/// <param name="Bound">No plan costs less than this, cash and decision together.</param>
/// <param name="PurchaseOrders">Purchase orders.</param>
/// <param name="SplitLines">Lines bought from more than one offer.</param>
/// <param name="Unfilled">Lines that stay unfilled.</param>
/// <param name="MeanDays">Days until arrival, mean over the lines.</param>
/// <param name="LastDay">Day on which the last line arrives.</param>
internal sealed record RuleOutcome(
    string Order, string Rules, string Currency, decimal Cash, decimal Decision, decimal Bound, int PurchaseOrders, int SplitLines, int Unfilled, double MeanDays, int LastDay)
{
    public static RuleOutcome Of(string order, string rules, SourcingProblem problem, SourcingPlan plan)
    {
        List<int> days = [.. plan.Allocations.GroupBy(allocation => problem.Offers[allocation.Offer].Line)
            .Select(line => line.Max(allocation => problem.Offers[allocation.Offer].LeadDays))];
        return new RuleOutcome(
            order, rules, problem.BaseCurrency, plan.Cost.Cash, plan.Cost.Decision, plan.LowerBound, plan.Cost.Orders.Count,
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

        console.WriteLine($"A = {rules[0].Name}, B = {rules[1].Name}. Paid in {outcomes.FirstOrDefault()?.Currency}; A > B in the other columns.");
        console.WriteLine();
        List<string[]> rows = [["order", "paid A", "paid B", "change", "%", "purchase orders", "split lines", "unfilled", "mean days", "last day"]];
        rows.AddRange(pairs.Select(pair => Row(pair.A.Order, pair.A, pair.B, IsOpen(pair.A, pair.B))));
        if (pairs.Count > 1)
        {
            rows.Add(Row("in all", Sum(pairs.Select(pair => pair.A)), Sum(pairs.Select(pair => pair.B)), false));
        }

        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            console.WriteLine(string.Join("  ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))).TrimEnd());
        }

        if (pairs.Exists(pair => IsOpen(pair.A, pair.B)))
        {
            console.WriteLine();
            console.WriteLine("? The change is smaller than what the plans may still be from the best: search longer (--time) before deciding by it.");
        }
    }

    /// <summary>Whether the plans are so far from proved that the change says nothing.</summary>
    private static bool IsOpen(RuleOutcome a, RuleOutcome b)
    {
        decimal change = Math.Abs(a.Cash + a.Decision - b.Cash - b.Decision);
        decimal doubt = Math.Max(a.Cash + a.Decision - a.Bound, b.Cash + b.Decision - b.Bound);
        return doubt > change && doubt > 0.005m;
    }

    private static RuleOutcome Sum(IEnumerable<RuleOutcome> outcomes)
    {
        List<RuleOutcome> all = [.. outcomes];
        return new RuleOutcome(
            "in all", all[0].Rules, all[0].Currency, all.Sum(o => o.Cash), all.Sum(o => o.Decision), all.Sum(o => o.Bound), all.Sum(o => o.PurchaseOrders), all.Sum(o => o.SplitLines), all.Sum(o => o.Unfilled),
            all.Average(o => o.MeanDays), all.Max(o => o.LastDay));
    }

    private static string[] Row(string name, RuleOutcome a, RuleOutcome b, bool isOpen)
    {
        decimal change = b.Cash - a.Cash;
        return
        [
            name, Money(a.Cash), Money(b.Cash), Format($"{change:+#,0.00;-#,0.00;0.00}") + (isOpen ? "?" : ""), Format($"{(a.Cash == 0 ? 0 : 100 * change / a.Cash):+0.00;-0.00;0.00}"),
            $"{a.PurchaseOrders} > {b.PurchaseOrders}", $"{a.SplitLines} > {b.SplitLines}", $"{a.Unfilled} > {b.Unfilled}", Format($"{a.MeanDays:0.0} > {b.MeanDays:0.0}"), $"{a.LastDay} > {b.LastDay}",
        ];
    }

    private static string Money(decimal amount) => Format($"{amount:#,0.00}");

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
