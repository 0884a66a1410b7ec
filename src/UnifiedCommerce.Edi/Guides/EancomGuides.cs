using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace UnifiedCommerce.Edi.Guides;

/// <summary>The EANCOM guides that come with the library. Unofficial: written here, narrower than the directories, and not by GS1.</summary>
public static class EancomGuides
{
    private static readonly ConcurrentDictionary<string, PartnerGuide> Loaded = new(StringComparer.Ordinal);

    /// <summary>The message types that have a guide.</summary>
    public static ImmutableArray<string> MessageTypes { get; } =
        ["APERAK", "CONTRL", "DESADV", "INVOIC", "INVRPT", "ORDCHG", "ORDERS", "ORDRSP", "PARTIN", "PRICAT", "RECADV", "SLSRPT"];

    /// <summary>The guide of a message type, or null.</summary>
    /// <param name="messageType">The type, such as <c>ORDERS</c>.</param>
    public static PartnerGuide? Find(string messageType) => MessageTypes.Contains(messageType) ? Loaded.GetOrAdd(messageType, static type =>
    {
        using var stream = typeof(EancomGuides).Assembly.GetManifestResourceStream($"eancom-{type.ToLowerInvariant()}.guide")
            ?? throw new InvalidDataException($"The EANCOM guide for {type} is not embedded in the library.");
        using var reader = new StreamReader(stream);
        return PartnerGuide.Parse(reader.ReadToEnd());
    }) : null;

    internal static IEnumerable<PartnerGuide> For(string version, string type, string association)
    {
        if (association.StartsWith("EAN", StringComparison.Ordinal) && Find(type) is { } guide && guide.Serves(EdiStandard.Edifact, version, type, association)) yield return guide;
    }
}
