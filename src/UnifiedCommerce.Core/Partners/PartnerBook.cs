namespace UnifiedCommerce.Core.Partners;

/// <summary>Our house and all partners as one consistent version. Replaced as a whole when a file changes.</summary>
public sealed record PartnerBook(House House, IReadOnlyDictionary<string, Partner> Partners)
{
    /// <summary>The partner, or null.</summary>
    public Partner? Find(string? id) => id is not null && Partners.TryGetValue(id, out var partner) ? partner : null;

    /// <summary>The partner; asking for one that does not exist is our own mistake.</summary>
    public Partner Get(string id) => Find(id)
        ?? throw new HubException($"Found partner id {id}, expected one of {string.Join(", ", Partners.Keys.Order(StringComparer.Ordinal))}. Was its folder removed from mappings?");

    /// <summary>The partner with this GLN or envelope id, or null. An id that two partners share finds neither.</summary>
    public Partner? FindByEnvelope(string id)
    {
        var found = Partners.Values.Where(partner => partner.Envelope.TheirId == id || partner.Party.Gln == id || partner.Envelope.TheirGroupId == id).Take(2).ToList();
        return found.Count == 1 ? found[0] : null;
    }

    /// <summary>Names and hashes of all files, for the record of a decision.</summary>
    public string Versions => string.Join(' ', Partners.Values.OrderBy(partner => partner.Id, StringComparer.Ordinal)
        .Select(partner => $"{partner.Id}={Short(partner.Sha256)}").Prepend($"house={Short(House.Sha256)}"));

    private static string Short(string sha) => sha.Length > 12 ? sha[..12] : sha;
}

/// <summary>Holds the current book; the host replaces it when files change.</summary>
public sealed class PartnerBookHolder(PartnerBook first)
{
    private volatile PartnerBook _current = first;

    /// <summary>The book in force now.</summary>
    public PartnerBook Current
    {
        get => _current;
        set => _current = value;
    }
}
