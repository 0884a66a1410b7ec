using UnifiedCommerce.Core.Inbound;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Flat formats name the package on every line and list none: the list is made from the lines.</summary>
internal static class Packages
{
    private static readonly ListAccess List = FieldTable.ResolveList(typeof(DespatchAdvice), "packages")!;

    public static void Complete(object document, CompiledMapping mapping)
    {
        if (document is not DespatchAdvice { Packages.Count: 0, Lines: { } lines } advice || mapping.ReadFields.Contains("packages.id"))
            return;
        object? packages = null;
        foreach (string id in lines.Select(line => line.PackageId).OfType<string>().Distinct(StringComparer.Ordinal))
            List.Add(packages ??= List.Begin(advice), new Package { Id = id, Sscc = Identifiers.IsValid(IdScheme.Sscc, id) ? id : null });
    }
}
