using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Sandbox;

namespace UnifiedCommerce.Hub.Demo;

/// <summary>The sandbox's suppliers as the time lapse sees them. The hub does not know that they are simulated.</summary>
internal sealed class DemoSuppliers(SandboxSuppliers suppliers) : IDemoSuppliers
{
    /// <inheritdoc />
    public DateTimeOffset? NextDueAt => suppliers.NextDueAt;

    /// <inheritdoc />
    public async Task<int> RunDueAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var run = await suppliers.RunDueAsync(now, cancellationToken);
        return run.Collected + run.Delivered;
    }

    /// <summary>The book with suppliers' HTTP addresses on the port that the sandbox listens to.</summary>
    public PartnerBook Redirect(PartnerBook book) => book with
    {
        Partners = book.Partners.ToDictionary(
            pair => pair.Key,
            pair => pair.Value is { Transport: { Url: { } url } transport } partner
                ? partner with
                {
                    Transport = transport with
                    {
                        Url = suppliers.AddressOf(url),
                        ProbeUrl = transport.ProbeUrl?.Replace(url.GetLeftPart(UriPartial.Authority), suppliers.AddressOf(url).GetLeftPart(UriPartial.Authority), StringComparison.Ordinal),
                    },
                }
                : pair.Value,
            StringComparer.Ordinal),
    };
}
