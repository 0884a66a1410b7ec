using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace UnifiedCommerce.Core;

/// <summary>How canonical documents are written as JSON: camelCase, enums as words, no nulls, text unescaped where JSON allows it.</summary>
public static class CanonicalJson
{
    /// <summary>The options; properties in declaration order, so the same document gives the same bytes.</summary>
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
        NumberHandling = JsonNumberHandling.Strict,
        RespectNullableAnnotations = true,
    };
}
