using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace UnifiedCommerce.Sandbox;

/// <summary>Decides what a simulated supplier does with a purchase order. The same seed, supplier and order give the same plan, whenever
/// it arrives and in whatever company.</summary>
public static class Behaviour
{
    // Of a hundred orders.
    private static readonly (Scenario Scenario, int Weight)[] Mix =
    [
        (Scenario.Accept, 46), (Scenario.Partial, 11), (Scenario.Backorder, 8), (Scenario.Substitute, 6), (Scenario.PriceChange, 8), (Scenario.LineReject, 6),
        (Scenario.OrderReject, 3), (Scenario.Silence, 3), (Scenario.Late, 4), (Scenario.InvoiceDifference, 5),
    ];

    /// <summary>Plans.</summary>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="supplier">Who decides.</param>
    /// <param name="order">What was ordered.</param>
    /// <param name="substitute">The supplier's substitute for one of its articles: number and GTIN; null when there is none.</param>
    public static OrderPlan Plan(int seed, SupplierProfile supplier, ReadOrder order, Func<string, (string Item, string Gtin)?> substitute)
    {
        Random chance = ChanceFor(seed, supplier.Id, order.Number);
        Scenario scenario = supplier.Test ? Scenario.Accept : Pick(chance.Next(100));
        TimeSpan answerAfter = TimeSpan.FromMinutes(60 + chance.Next(120));
        int minute = chance.Next(60);
        int chosen = order.Lines.Count == 0 ? 0 : chance.Next(order.Lines.Count);
        decimal rise = 1 + ((3 + chance.Next(60)) / 1000m);
        int part = 30 + chance.Next(40);
        int laterDays = 4 + chance.Next(6);
        if (scenario == Scenario.Substitute)
        {
            // A supplier that has nothing in place of any line accepts.
            int found = Enumerable.Range(0, order.Lines.Count).Select(i => (i + chosen) % order.Lines.Count)
                .FirstOrDefault(i => order.Lines[i].Item is { } item && substitute(item) is not null, -1);
            (scenario, chosen) = found < 0 ? (Scenario.Accept, chosen) : (scenario, found);
        }
        if (scenario == Scenario.InvoiceDifference && !supplier.Invoices)
        {
            scenario = Scenario.Accept;
        }
        OrderPlan plan = new() { Order = order, Scenario = scenario, AnswerAfter = answerAfter, Minute = minute };
        if (scenario == Scenario.OrderReject)
        {
            return plan with { Reason = minute % 2 == 0 ? "Credit limit reached" : "Customer account is blocked" };
        }
        if (scenario == Scenario.Silence)
        {
            return plan;
        }
        DateOnly soonest = supplier.AddWorkingDays(order.Issued, supplier.SupplyDays + supplier.TransportDays);
        DateOnly arrives = order.Requested is { } wanted && wanted > soonest ? wanted : soonest;
        while (!supplier.Works(arrives))
        {
            arrives = arrives.AddDays(-1);
        }
        DateOnly later = supplier.AddWorkingDays(arrives, laterDays);
        List<AnswerLine> lines = [];
        for (int i = 0; i < order.Lines.Count; i++)
        {
            ReadLine line = order.Lines[i];
            AnswerLine accepted = new() { Ordered = line, Verdict = LineVerdict.Accepted, Now = line.Quantity, Arrives = arrives, Price = line.Price };
            lines.Add(i != chosen ? accepted : Differ(scenario, accepted, later, part, rise, substitute));
        }
        return plan with
        {
            Lines = lines,
            Shipments = Ship(supplier, scenario, order, lines, arrives, later),
            Overbilled = scenario == Scenario.InvoiceDifference ? Math.Max(5m, Math.Round(order.Total * 0.02m, 2)) : 0,
        };
    }

    private static AnswerLine Differ(Scenario scenario, AnswerLine line, DateOnly later, int part, decimal rise, Func<string, (string Item, string Gtin)?> substitute)
    {
        decimal quantity = line.Ordered.Quantity;
        switch (scenario)
        {
            case Scenario.Partial when quantity >= 2 && Math.Floor(quantity * part / 100) is >= 1 and var now:
                return line with { Verdict = LineVerdict.Partial, Now = now, Later = quantity - now, Arrives = line.Arrives, LaterArrives = later, Reason = "Rest follows" };
            case Scenario.Partial or Scenario.Backorder:
                return line with { Verdict = LineVerdict.Backordered, Now = 0, Later = quantity, Arrives = null, LaterArrives = later, Reason = "Not in stock" };
            case Scenario.Substitute when substitute(line.Ordered.Item!) is { } other:
                return line with { Verdict = LineVerdict.Substituted, SubstituteItem = other.Item, SubstituteGtin = other.Gtin, Reason = "Successor model" };
            case Scenario.PriceChange:
                return line with { Verdict = LineVerdict.Repriced, Price = Math.Round(line.Price * rise, 2, MidpointRounding.AwayFromZero), Reason = "Price adjusted" };
            case Scenario.LineReject:
                return line with { Verdict = LineVerdict.Rejected, Now = 0, Arrives = null, Reason = "No longer made" };
            default:
                return line;
        }
    }

    private static List<Shipment> Ship(SupplierProfile supplier, Scenario scenario, ReadOrder order, List<AnswerLine> lines, DateOnly arrives, DateOnly later)
    {
        List<Shipment> shipments = [];
        void Add(DateOnly arrival, Func<AnswerLine, decimal> quantity)
        {
            ShipmentLine[] inside = [.. lines.Where(line => quantity(line) > 0).Select(line => new ShipmentLine(line, quantity(line)))];
            if (inside.Length == 0)
            {
                return;
            }
            DateOnly leaves = supplier.AddWorkingDays(arrival, -supplier.TransportDays);
            DateOnly first = supplier.AddWorkingDays(order.Issued, supplier.SupplyDays == 0 ? 0 : 1);
            shipments.Add(new Shipment(shipments.Count + 1, leaves < first ? first : leaves, arrival, inside));
        }
        Add(scenario == Scenario.Late ? supplier.AddWorkingDays(arrives, 5) : arrives, line => line.Now);
        Add(later, line => line.Later);
        return shipments;
    }

    private static Scenario Pick(int roll)
    {
        foreach ((Scenario scenario, int weight) in Mix)
        {
            roll -= weight;
            if (roll < 0)
            {
                return scenario;
            }
        }
        return Scenario.Accept;
    }

    private static Random ChanceFor(int seed, string supplier, string number)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{seed}|{supplier}|{number}")));
        return new Random(BitConverter.ToInt32(hash, 0));
    }
}
