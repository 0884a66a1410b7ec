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
/// An allocation has the offer's index as a fourth number when its distributor has several offers for the line. For the certificate see
/// <see cref="CertificateJsonConverter"/>.
/// </remarks>
public static class PlanFile
{
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
                CertificateJson.Write(json, certificate);
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
                    root.TryGetProperty("certificate", out var certificate) && certificate.ValueKind == JsonValueKind.Object ? CertificateJson.Read(certificate) : null),
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
}
