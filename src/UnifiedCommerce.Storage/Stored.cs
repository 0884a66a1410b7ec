using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using UnifiedCommerce.Core;

namespace UnifiedCommerce.Storage;

/// <summary>How values stand in the tables.</summary>
internal static class Stored
{
    static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        IgnoreReadOnlyProperties = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    const long FactorScale = 1_000_000;

    public static long? Money(decimal? amount) => amount is { } value ? Scale.ToStoredMoney(value) : null;
    public static decimal? Money(long? stored) => stored is { } value ? Scale.FromStoredMoney(value) : null;
    public static long? Quantity(decimal? quantity) => quantity is { } value ? Scale.ToStoredQuantity(value) : null;
    public static decimal? Quantity(long? stored) => stored is { } value ? Scale.FromStoredQuantity(value) : null;
    public static long Factor(decimal factor) => (long)Math.Round(factor * FactorScale, MidpointRounding.AwayFromZero);
    public static decimal Factor(long stored) => stored / (decimal)FactorScale;
    public static long? Moment(DateTimeOffset? moment) => moment is { } value ? Moment(value) : null;
    public static long Moment(DateTimeOffset moment) => (moment.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
    public static DateTimeOffset Moment(long stored) => new(DateTimeOffset.UnixEpoch.Ticks + stored * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
    public static string? Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    public static DateOnly Day(string stored) => DateOnly.ParseExact(stored, "yyyy-MM-dd", CultureInfo.InvariantCulture);
    public static string Json(object value) => value is System.Collections.ICollection { Count: 0 } ? "[]" : JsonSerializer.Serialize(value, value.GetType(), Options);
    public static T Json<T>(string json) => JsonSerializer.Deserialize<T>(json, Options)
        ?? throw new HubException($"Found null in a stored {typeof(T).Name}, expected a JSON object. The row was changed by hand.");

    /// <summary>PostgreSQL refuses U+0000 in text, and untrusted names may hold it: it is shown as U+2400.</summary>
    public static string? Printable(string? text) => text is not null && text.Contains('\0', StringComparison.Ordinal) ? text.Replace('\0', '\u2400') : text;
}
