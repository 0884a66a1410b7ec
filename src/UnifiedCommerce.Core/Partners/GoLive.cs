using System.Globalization;
using System.Text.Json;

namespace UnifiedCommerce.Core.Partners;

/// <summary>The go-live state as the console set it; it holds over the one in partner.yaml.</summary>
/// <param name="State">The state.</param>
/// <param name="Since">Since when.</param>
/// <param name="By">Who set it; when a second person is asked for, both.</param>
/// <param name="Reason">Why.</param>
public sealed record GoLiveRecord(GoLiveState State, DateTimeOffset Since, string By, string Reason);

/// <summary>What the go-live state of a partner does.</summary>
public static class GoLive
{
    /// <summary>Settings named <c>partner.state/ID</c> hold a <see cref="GoLiveRecord"/>.</summary>
    public const string Setting = "partner.state/";

    /// <summary>Settings named <c>partner.watched/ID</c> count the documents shown to a person since the partner is watched.</summary>
    public const string WatchedSetting = "partner.watched/";

    /// <summary>States set in the console, by partner, as the unit of work sees them.</summary>
    public static async Task<IReadOnlyDictionary<string, GoLiveRecord>> ReadAsync(IWork work, CancellationToken cancellationToken) =>
        (await work.Catalogue.SettingsAsync(Setting, cancellationToken)).ToDictionary(
            setting => setting.Key[Setting.Length..], setting => JsonSerializer.Deserialize<GoLiveRecord>(setting.Value, CanonicalJson.Options)!, StringComparer.Ordinal);

    /// <summary>The partner as it is dealt with in a state. In testing, documents carry the test flag (UNB 0035, ISA15) and travel through
    /// folders of the sandbox; the partner's own channel is neither written nor read.</summary>
    /// <param name="partner">The partner as its files describe it.</param>
    /// <param name="state">The state in force.</param>
    public static Partner In(this Partner partner, GoLiveState state) => state != GoLiveState.Testing ? partner with { State = state } : partner with
    {
        State = state,
        Envelope = partner.Envelope with { Test = true },
        Transport = partner.Transport is null ? null : new PartnerTransport
        {
            Kind = "folder", Outbox = $"sandbox/partners/{partner.Id}/out", Inbox = $"sandbox/partners/{partner.Id}/in", FileName = partner.Transport.FileName, MaxBytes = partner.Transport.MaxBytes,
        },
        // Whatever its own channel answers at once, a folder does not.
        AcknowledgesOut = partner.AcknowledgesOut == TechnicalAcknowledgement.Http ? TechnicalAcknowledgement.None : partner.AcknowledgesOut,
    };

    /// <summary>Counts one more document of a watched partner and says whether a person still looks at it.</summary>
    /// <param name="work">The transaction.</param>
    /// <param name="partner">The partner.</param>
    /// <param name="direction"><c>orders</c> for our purchase orders, <c>documents</c> for what it sends.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The number of this document since the partner is watched; 0: nobody needs to look.</returns>
    public static async Task<int> WatchAsync(IWork work, Partner partner, string direction, CancellationToken cancellationToken)
    {
        if (partner.State != GoLiveState.Watched)
        {
            return 0;
        }
        var name = $"{WatchedSetting}{partner.Id}/{direction}";
        var seen = Watched(await work.Catalogue.SettingAsync(name, cancellationToken)) + 1;
        if (seen > partner.Watch)
        {
            return 0;
        }
        await work.Catalogue.SetSettingAsync(name, seen.ToString(CultureInfo.InvariantCulture), cancellationToken);
        return seen;
    }

    /// <summary>A stored count of watched documents.</summary>
    public static int Watched(string? stored) => int.TryParse(stored, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;
}
