using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using UnifiedCommerce.Core;

namespace UnifiedCommerce.Hub.Access;

/// <summary>Keeps the keys of cookies and antiforgery tokens among the settings, sealed, so that all web processes share them and a restart signs nobody out.</summary>
internal sealed class SettingsKeyRing(IStore store, SecretBox secrets) : IXmlRepository
{
    private const string Prefix = "cookie-key/";

    public IReadOnlyCollection<XElement> GetAllElements() => ReadAsync().GetAwaiter().GetResult();

    public void StoreElement(XElement element, string friendlyName) => WriteAsync(element, friendlyName).GetAwaiter().GetResult();

    private async Task<IReadOnlyCollection<XElement>> ReadAsync()
    {
        await using var work = await store.BeginReadAsync(CancellationToken.None).ConfigureAwait(false);
        var stored = await work.Catalogue.SettingsAsync(Prefix, CancellationToken.None).ConfigureAwait(false);
        return [.. stored.Select(row => XElement.Parse(secrets.Unseal(row.Value, row.Key)))];
    }

    private async Task WriteAsync(XElement element, string friendlyName)
    {
        string name = Prefix + friendlyName;
        await using var work = await store.BeginAsync(CancellationToken.None).ConfigureAwait(false);
        await work.Catalogue.SetSettingAsync(name, secrets.Seal(element.ToString(SaveOptions.DisableFormatting), name), CancellationToken.None).ConfigureAwait(false);
        await work.CommitAsync(CancellationToken.None).ConfigureAwait(false);
    }
}
