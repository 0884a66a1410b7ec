using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using UnifiedCommerce.Core;

namespace UnifiedCommerce.Hub.Api;

/// <summary>JSON of the API: camelCase, codes as words, unknown and repeated members refused (C35), nesting and size bounded (C36).</summary>
public static class ApiJson
{
    /// <summary>Largest request body, in bytes.</summary>
    public const int MaxBody = 10 * 1024 * 1024;

    /// <summary>How requests are read and answers written.</summary>
    public static readonly JsonSerializerOptions Options = Configure(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    /// <summary>Applies the rules to options.</summary>
    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.PropertyNameCaseInsensitive = false;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.MaxDepth = 16;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        if (!options.Converters.OfType<JsonStringEnumConverter>().Any())
        {
            options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase));
        }
        return options;
    }

    /// <summary>Up to here a body that is too large is still taken from the wire, so that its sender reads the answer instead of a broken connection.</summary>
    public const int MaxDrained = 64 * 1024 * 1024;

    /// <summary>Reads a body of at most <see cref="MaxBody"/> bytes; null when it is larger.</summary>
    public static async Task<byte[]?> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = new ArrayBufferWriter<byte>((int)Math.Clamp(request.ContentLength ?? 4096, 256, MaxBody));
        while (true)
        {
            int count = await request.Body.ReadAsync(body.GetMemory(4096), cancellationToken);
            if (count == 0)
            {
                return body.WrittenSpan.ToArray();
            }
            body.Advance(count);
            if (body.WrittenCount > MaxBody)
            {
                await request.Body.CopyToAsync(Stream.Null, cancellationToken);
                return null;
            }
        }
    }

    /// <summary>Reads a value; a mistake comes back as a diagnostic with a JSON pointer.</summary>
    public static (T? Value, Diagnostic? Mistake) Read<T>(ReadOnlySpan<byte> json) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options) is { } value
                ? (value, null)
                : (null, Diagnostic.Error("json-null", "", "Found null, expected a JSON object. Send the document itself."));
        }
        catch (JsonException exception)
        {
            string place = $"{Pointer(exception.Path)} (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1})";
            return (null, Diagnostic.Error("malformed-json", place, $"{Sentence(exception.Message)} Compare with /api/openapi.json and send it again."));
        }
    }

    /// <summary>SHA-256 of bytes, lower-case hex.</summary>
    public static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static string Pointer(string? path) => path is null or "$"
        ? "/"
        : path.TrimStart('$').Replace('.', '/').Replace("[", "/", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal);

    // System.Text.Json appends its own path and position, which the place says already, and names .NET types, which mean nothing to a sender.
    private static string Sentence(string message)
    {
        int cut = message.IndexOf(" Path: ", StringComparison.Ordinal);
        string sentence = (cut < 0 ? message : message[..cut]).Trim();
        string[] named = sentence.Split('\'');
        if (sentence.Contains("could not be mapped to any .NET member", StringComparison.Ordinal) && named.Length > 1)
        {
            return $"Found the property '{named[1]}', which does not belong here. Leave it out or correct its spelling.";
        }
        if (sentence.StartsWith("Duplicate property", StringComparison.Ordinal) && named.Length > 1)
        {
            return $"Found the property '{named[1]}' twice, expected it once.";
        }
        if (sentence.Contains("missing required properties", StringComparison.Ordinal) && sentence.Split(':', 2) is [_, var missing])
        {
            return $"Properties are missing: {missing.Trim().TrimEnd('.')}. Add them.";
        }
        if (sentence.StartsWith("The JSON value could not be converted to ", StringComparison.Ordinal))
        {
            return $"Found a value of the wrong kind, expected {KindOf(sentence["The JSON value could not be converted to ".Length..].TrimEnd('.'))}.";
        }
        return sentence;
    }

    private static string KindOf(string type) =>
        type.Contains("Decimal", StringComparison.Ordinal) ? "a number such as 12.5 (without quotes)"
        : type.Contains("DateOnly", StringComparison.Ordinal) ? "a date such as \"2026-03-02\""
        : type.Contains("Boolean", StringComparison.Ordinal) ? "true or false"
        : type.Contains("String", StringComparison.Ordinal) ? "a text in quotes"
        : type.Contains("List", StringComparison.Ordinal) ? "a list"
        : $"an object ({type[(type.LastIndexOf('.') + 1)..]})";
}
