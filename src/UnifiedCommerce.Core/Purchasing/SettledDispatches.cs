using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Partners;

namespace UnifiedCommerce.Core.Purchasing;

/// <summary>Lets channels forget dispatches that are long settled.</summary>
public sealed class SettledDispatches(IStore store, PartnerBookHolder book, IReadOnlyList<IOutboundChannel> channels)
{
    /// <summary>Forgets those sent before the moment, of every partner. Leave weeks: a restored backup is compared with what channels remember.</summary>
    public async Task<int> ForgetAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var forgotten = 0;
        foreach (var partner in book.Current.Partners.Values.OrderBy(partner => partner.Id, StringComparer.Ordinal))
        {
            if (channels.FirstOrDefault(channel => channel.Kind == partner.Transport?.Kind) is { } channel)
            {
                forgotten += await channel.ForgetAsync(partner, before, ids => SettledAsync(ids, before, cancellationToken), cancellationToken);
            }
        }
        return forgotten;
    }

    private async Task<IReadOnlySet<long>> SettledAsync(IReadOnlyCollection<long> ids, DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        return await work.Dispatches.SettledAsync(ids, before, cancellationToken);
    }
}
