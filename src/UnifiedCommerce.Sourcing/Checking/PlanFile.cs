using System.Globalization;
using System.Text.Json;

namespace UnifiedCommerce.Sourcing;

/// <summary>What reading a plan file gave.</summary>
/// <param name="Claim">What the file claims; null when it could not be understood.</param>
/// <param name="Faults">What could not be understood.</param>
public sealed record PlanReading(PlanClaim? Claim, IReadOnlyList<ProblemFault> Faults);

/// <summary>
/// Plans as JSON: <c>{"id","cost","bound","gap","proved","elapsedMs","plan":[[line,distributor,quantity],...],"certificate":...}</c>.
/// </summary>
/// <remarks>
/// An allocation has the offer's index as a fourth number when its distributor has several offers for the line. The certificate holds, for each
/// part, its price vectors and its tree as a flat list in which a split (<c>[subject, index, atMost]</c>) is followed by its lower, then its upper
/// side, and a leaf is <c>[prices, bound]</c>.
/// </remarks>
public static class PlanFile
{
    private static readonly string[] Subjects = Enum.GetNames<SplitSubject>();

    /// <summary>Writes a plan.</summary>
    public static string Write(SourcingProblem problem, SourcingPlan plan)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(plan);
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("id", plan.ProblemId);
            json.WriteNumber("cost", plan.Cost.Total);
            json.WriteNumber("bound", plan.LowerBound);
            json.WriteNumber("gap", plan.Gap);
            json.WriteBoolean("proved", plan.Proved);
            json.WriteNumber("elapsedMs", Math.Round(plan.Elapsed.TotalMilliseconds, 3));
            var offers = problem.Offers.Select(offer => (offer.Line, offer.Distributor)).CountBy(pair => pair).Where(pair => pair.Value > 1).Select(pair => pair.Key).ToHashSet();
            json.WriteStartArray("plan");
            foreach (var (o, quantity) in plan.Allocations)
            {
                var offer = problem.Offers[o];
                json.WriteStartArray();
                json.WriteNumberValue(offer.Line);
                json.WriteNumberValue(offer.Distributor);
                json.WriteNumberValue(quantity);
                if (offers.Contains((offer.Line, offer.Distributor)))
                {
                    json.WriteNumberValue(o);
                }

                json.WriteEndArray();
            }

            json.WriteEndArray();
            if (plan.Certificate is { } certificate)
            {
                json.WritePropertyName("certificate");
                Write(json, certificate);
            }
            else
            {
                json.WriteNull("certificate");
            }

            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Reads a plan file; a text that is none gives faults, never an exception.</summary>
    public static PlanReading Read(SourcingProblem problem, string json)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var offers = new Dictionary<(int, int), int>();
            for (var o = 0; o < problem.Offers.Count; o++)
            {
                offers.TryAdd((problem.Offers[o].Line, problem.Offers[o].Distributor), o);
            }

            return new PlanReading(
                new PlanClaim(
                    [.. root.GetProperty("plan").EnumerateArray().Select(row => ReadAllocation(row, offers))],
                    Number(root, "cost"),
                    Number(root, "bound"),
                    root.TryGetProperty("certificate", out var certificate) && certificate.ValueKind == JsonValueKind.Object ? ReadCertificate(certificate) : null),
                []);
        }
        catch (JsonException exception)
        {
            return Fault("not-json", exception.Message);
        }
        catch (Exception exception) when (exception is KeyNotFoundException or InvalidOperationException or FormatException or OverflowException or ArgumentException or IndexOutOfRangeException)
        {
            return Fault("not-a-plan", exception.Message);
        }
    }

    private static PlanReading Fault(string code, string message) => new(null, [new ProblemFault(code, "plan", message)]);

    private static decimal? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDecimal() : null;

    private static Allocation ReadAllocation(JsonElement row, Dictionary<(int, int), int> offers)
    {
        var (line, distributor, quantity) = (row[0].GetInt32(), row[1].GetInt32(), row[2].GetInt64());
        if (row.GetArrayLength() > 3)
        {
            return new Allocation(row[3].GetInt32(), quantity);
        }

        return offers.TryGetValue((line, distributor), out var o)
            ? new Allocation(o, quantity)
            : throw new FormatException($"Distributor {distributor} has no offer for line {line}.");
    }

    private static void Write(Utf8JsonWriter json, Certificate certificate)
    {
        json.WriteStartObject();
        json.WriteNumber("bound", certificate.LowerBound);
        json.WriteStartArray("parts");
        foreach (var part in certificate.Parts)
        {
            json.WriteStartObject();
            json.WriteNumber("bound", part.LowerBound);
            json.WriteStartArray("lines");
            foreach (var line in part.Lines)
            {
                json.WriteNumberValue(line);
            }

            json.WriteEndArray();
            json.WriteStartArray("prices");
            foreach (var prices in part.Prices)
            {
                Write(json, prices);
            }

            json.WriteEndArray();
            json.WriteStartArray("tree");
            var open = new Stack<CertificateNode>([part.Root]);
            while (open.TryPop(out var node))
            {
                json.WriteStartArray();
                switch (node)
                {
                    case CertificateSplit split:
                        json.WriteStringValue(split.Subject.ToString());
                        json.WriteNumberValue(split.Index);
                        json.WriteRawValue(split.AtMost.ToString(CultureInfo.InvariantCulture));
                        open.Push(split.Upper);
                        open.Push(split.Lower);
                        break;
                    case CertificateLeaf leaf:
                        json.WriteNumberValue(leaf.Prices);
                        json.WriteNumberValue(leaf.Bound);
                        break;
                    default:
                        throw new InvalidOperationException($"A certificate holds splits and leaves, not {node.GetType().Name}.");
                }

                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, LeafPrices prices)
    {
        json.WriteStartObject();
        json.WriteStartArray("lines");
        foreach (var price in prices.Lines)
        {
            json.WriteNumberValue(price);
        }

        json.WriteEndArray();
        json.WriteStartArray("units");
        foreach (var unit in prices.Units)
        {
            json.WriteStartArray();
            json.WriteNumberValue(unit.Unit);
            json.WriteBooleanValue(unit.InLines);
            foreach (var trial in unit.Trials)
            {
                json.WriteStartArray();
                json.WriteNumberValue(trial.Value);
                json.WriteNumberValue(trial.Quantity);
                json.WriteNumberValue(trial.Weight);
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
        Write(json, "pools", prices.Pools);
        Write(json, "groups", prices.Groups);
        Write(json, "commitments", prices.Commitments);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<IndexedPrice> prices)
    {
        if (prices.Count == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var (index, price) in prices)
        {
            json.WriteStartArray();
            json.WriteNumberValue(index);
            json.WriteNumberValue(price);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static Certificate ReadCertificate(JsonElement element) => new(
        [.. element.GetProperty("parts").EnumerateArray().Select(ReadPart)], element.GetProperty("bound").GetDecimal());

    private static CertificatePart ReadPart(JsonElement element) => new(
        [.. element.GetProperty("lines").EnumerateArray().Select(line => line.GetInt32())],
        [.. element.GetProperty("prices").EnumerateArray().Select(ReadPrices)],
        ReadTree([.. element.GetProperty("tree").EnumerateArray()]),
        element.GetProperty("bound").GetDecimal());

    private static LeafPrices ReadPrices(JsonElement element) => new(
        [.. element.GetProperty("lines").EnumerateArray().Select(price => price.GetInt64())],
        [.. element.GetProperty("units").EnumerateArray().Select(unit => new UnitPrices(
            unit[0].GetInt32(),
            unit[1].GetBoolean(),
            [.. unit.EnumerateArray().Skip(2).Select(trial => new Trial(trial[0].GetInt64(), trial[1].GetInt64(), trial[2].GetInt64()))]))],
        ReadIndexed(element, "pools"),
        ReadIndexed(element, "groups"),
        ReadIndexed(element, "commitments"));

    private static IReadOnlyList<IndexedPrice> ReadIndexed(JsonElement element, string name) =>
        element.TryGetProperty(name, out var prices)
            ? [.. prices.EnumerateArray().Select(price => new IndexedPrice(price[0].GetInt32(), price[1].GetInt64()))]
            : [];

    /// <summary>Reads the flat tree from its end: when a split is met both of its sides are complete.</summary>
    private static CertificateNode ReadTree(JsonElement[] rows)
    {
        var complete = new Stack<CertificateNode>();
        for (var r = rows.Length - 1; r >= 0; r--)
        {
            var row = rows[r];
            if (row[0].ValueKind == JsonValueKind.Number)
            {
                complete.Push(new CertificateLeaf(row[0].GetInt32(), row[1].GetDecimal()));
                continue;
            }

            var subject = Array.IndexOf(Subjects, row[0].GetString());
            if (subject < 0 || complete.Count < 2)
            {
                throw new FormatException($"Row {r} of the tree is not a split with two sides.");
            }

            var lower = complete.Pop();
            var upper = complete.Pop();
            complete.Push(new CertificateSplit(
                (SplitSubject)subject, row[1].GetInt32(), Int128.Parse(row[2].GetRawText(), CultureInfo.InvariantCulture), lower, upper));
        }

        return complete.Count == 1 ? complete.Pop() : throw new FormatException($"The tree has {complete.Count} roots; it must have one.");
    }
}
