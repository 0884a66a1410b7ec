using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace UnifiedCommerce.Sourcing;

/// <summary>
/// Writes certificates compactly: for each part its price vectors and its tree as a flat list in which a split (<c>[subject, index, atMost]</c>)
/// is followed by its lower, then its upper side, and a leaf is <c>[prices, bound]</c>. A tree may be deeper than JSON readers like.
/// </summary>
public sealed class CertificateJsonConverter : JsonConverter<Certificate>
{
    /// <inheritdoc/>
    public override Certificate Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        try
        {
            return CertificateJson.Read(document.RootElement);
        }
        catch (Exception exception) when (exception is KeyNotFoundException or InvalidOperationException or FormatException or OverflowException or IndexOutOfRangeException)
        {
            throw new JsonException($"This is no certificate: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Certificate value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(value);
        CertificateJson.Write(writer, value);
    }
}

/// <summary>The JSON form of certificates.</summary>
internal static class CertificateJson
{
    private static readonly string[] Subjects = Enum.GetNames<SplitSubject>();

    public static void Write(Utf8JsonWriter json, Certificate certificate)
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

    public static Certificate Read(JsonElement element) => new(
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
