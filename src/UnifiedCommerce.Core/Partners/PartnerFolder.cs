namespace UnifiedCommerce.Core.Partners;

/// <summary>What reading a mappings folder gave.</summary>
/// <param name="House">Our own side; null when house.yaml is absent or wrong.</param>
/// <param name="Partners">The partners that could be read, by id.</param>
/// <param name="Diagnostics">What was found, with file and line.</param>
public sealed record PartnersReading(House? House, IReadOnlyList<Partner> Partners, IReadOnlyList<Diagnostic> Diagnostics);

/// <summary>Reads a whole mappings folder: house.yaml and one folder per partner.</summary>
public static class PartnerFolder
{
    /// <summary>The folder of mappings that partners' mappings extend; it is no partner.</summary>
    public const string SharedMappings = "base";

    /// <summary>Reads everything and checks what only shows between files: names of partners, envelope ids, currencies without a rate.
    /// One partner's fault leaves the others in.</summary>
    public static PartnersReading LoadAll(string mappings)
    {
        if (!Directory.Exists(mappings))
        {
            return new PartnersReading(null, [], [Diagnostic.Error("missing-file", mappings, "There is no such folder. Expected one with house.yaml and a folder per partner.")]);
        }
        List<Diagnostic> diagnostics = [];
        HouseReading house = HouseFile.Load(Path.Combine(mappings, HouseFile.FileName));
        diagnostics.AddRange(house.Diagnostics);
        List<Partner> partners = [];
        HashSet<string> ids = new(StringComparer.Ordinal);
        foreach (string folder in Directory.GetDirectories(mappings).Where(folder => Path.GetFileName(folder) is [not '.', ..] and not SharedMappings).Order(StringComparer.Ordinal))
        {
            ids.Add(Path.GetFileName(folder));
            PartnerReading reading = PartnerFile.Load(folder);
            diagnostics.AddRange(reading.Diagnostics);
            if (reading.Partner is { } partner)
            {
                partners.Add(partner);
            }
        }
        diagnostics.AddRange(CheckTogether(Path.Combine(mappings, HouseFile.FileName), house.House, partners, ids));
        return new PartnersReading(house.House, partners, diagnostics);
    }

    /// <summary>Checks what only shows between files: names of partners, envelope ids, currencies without a rate.</summary>
    /// <param name="houseFile">Name of house.yaml in diagnostics.</param>
    /// <param name="house">Our own side, when it could be read.</param>
    /// <param name="partners">The partners that could be read.</param>
    /// <param name="ids">All partners' ids, those with a fault too.</param>
    internal static IEnumerable<Diagnostic> CheckTogether(string houseFile, House? house, IReadOnlyList<Partner> partners, IReadOnlySet<string> ids) =>
        [.. CheckNames(houseFile, house, partners, ids), .. CheckRates(house, partners), .. CheckIdentities(partners)];

    private static IEnumerable<Diagnostic> CheckNames(string houseFile, House? house, IReadOnlyList<Partner> partners, IReadOnlySet<string> ids)
    {
        foreach (Partner partner in partners)
        {
            foreach (string behind in partner.Behind.Where(behind => !ids.Contains(behind)))
            {
                yield return Diagnostic.Error("unknown-partner", PlaceOf(partner), $"`behind`: there is no partner `{behind}`.{Suggestion.DidYouMean(behind, ids)}");
            }
        }
        foreach (SourceRule rule in house?.Rules.Sources ?? [])
        {
            foreach (string name in ((string?[])[rule.Partner, rule.Manufacturer]).OfType<string>().Where(name => !ids.Contains(name)))
            {
                yield return Diagnostic.Error("unknown-partner", houseFile, $"The source rule `{rule.Name}` names `{name}`, which is no partner.{Suggestion.DidYouMean(name, ids)}");
            }
        }
    }

    private static IEnumerable<Diagnostic> CheckRates(House? house, IReadOnlyList<Partner> partners)
    {
        foreach (Partner partner in house is null ? [] : partners)
        {
            foreach (string currency in partner.Terms.Select(terms => terms.Currency).Distinct().Where(currency => house!.RateOn(currency, DateOnly.MaxValue) is null))
            {
                yield return Diagnostic.Error("missing-rate", PlaceOf(partner), $"The terms are in {currency}, and house.yaml has no rate for it. Add one under `rates`.");
            }
        }
    }

    // Two partners with one identity would let a document of one be taken for the other's (C20).
    private static IEnumerable<Diagnostic> CheckIdentities(IReadOnlyList<Partner> partners)
    {
        Dictionary<(string, string), string> holders = [];
        foreach (Partner partner in partners.Where(partner => partner.Envelope.TheirId.Length > 0))
        {
            if (!holders.TryAdd((partner.Envelope.TheirQualifier ?? "", partner.Envelope.TheirId), partner.Id))
            {
                string holder = holders[(partner.Envelope.TheirQualifier ?? "", partner.Envelope.TheirId)];
                yield return Diagnostic.Error("same-identity", PlaceOf(partner), $"`envelope.theirId` {partner.Envelope.TheirId} is also that of `{holder}`. Each partner needs its own.");
            }
        }
    }

    private static string PlaceOf(Partner partner) => Path.Combine(partner.Folder, PartnerFile.FileName);
}
