using System.Globalization;
using System.Text.Json;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Core.Partners;

/// <summary>The go-live state as the console set it; it holds over the one in partner.yaml.</summary>
/// <param name="State">The state.</param>
/// <param name="Since">Since when.</param>
/// <param name="By">Who set it; the second of two people where two are needed.</param>
/// <param name="Reason">Why.</param>
public sealed record GoLiveRecord(GoLiveState State, DateTimeOffset Since, string By, string Reason);

/// <summary>Switches of partners that people set, as one transaction sees them.</summary>
/// <param name="Stopped">Who stopped a partner and why, by partner.</param>
/// <param name="States">Go-live states set in the console, by partner.</param>
public sealed record PartnerSwitches(IReadOnlyDictionary<string, string> Stopped, IReadOnlyDictionary<string, GoLiveRecord> States)
{
    /// <summary>Settings named <c>partner.stopped/ID</c> stop a partner without a change of its file.</summary>
    public const string StoppedSetting = "partner.stopped/";

    /// <summary>Reads them.</summary>
    public static async Task<PartnerSwitches> ReadAsync(IWork work, CancellationToken cancellationToken)
    {
        var settings = await work.Catalogue.SettingsAsync("partner.", cancellationToken);
        return new PartnerSwitches(
            Of(settings, StoppedSetting).ToDictionary(setting => setting.Partner, setting => setting.Value, StringComparer.Ordinal),
            Of(settings, GoLive.Setting).ToDictionary(setting => setting.Partner, setting => JsonSerializer.Deserialize<GoLiveRecord>(setting.Value, CanonicalJson.Options)!, StringComparer.Ordinal));
    }

    /// <summary>The state in force: the console's, else that of the partner's files.</summary>
    public GoLiveState StateOf(Partner partner) => States.GetValueOrDefault(partner.Id)?.State ?? partner.State;

    /// <summary>The book with each partner in the earlier of two states: the one it has here and the one that the transaction sees. A process that
    /// has not followed a switch yet so never does more than either allows.</summary>
    public PartnerBook Restrain(PartnerBook book) => States.Count == 0 ? book : book with
    {
        Partners = book.Partners.ToDictionary(pair => pair.Key, pair => StateOf(pair.Value) < pair.Value.State ? pair.Value with { State = StateOf(pair.Value) } : pair.Value, StringComparer.Ordinal),
    };

    private static IEnumerable<(string Partner, string Value)> Of(IReadOnlyDictionary<string, string> settings, string prefix) =>
        settings.Where(setting => setting.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(setting => (setting.Key[prefix.Length..], setting.Value));
}

/// <summary>What the go-live state of a partner does.</summary>
public static class GoLive
{
    /// <summary>Settings named <c>partner.state/ID</c> hold a <see cref="GoLiveRecord"/>.</summary>
    public const string Setting = "partner.state/";

    /// <summary>Settings named <c>partner.watched/ID</c> count the documents shown to a person since the partner is watched.</summary>
    public const string WatchedSetting = "partner.watched/";

    /// <summary>Transport of documents that were exchanged with the sandbox: they are read and never applied.</summary>
    public const string Sandbox = "sandbox";

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

    /// <summary>Counts one more document of a watched partner and says whether a person still looks at it. With the last one a task proposes to go live.</summary>
    /// <param name="work">The transaction.</param>
    /// <param name="partner">The partner.</param>
    /// <param name="direction"><see cref="Orders"/> for our purchase orders, <see cref="Documents"/> for what it sends.</param>
    /// <param name="now">The moment.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The number of this document since the partner is watched; 0: nobody needs to look.</returns>
    public static async Task<int> WatchAsync(IWork work, Partner partner, string direction, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (partner.State != GoLiveState.Watched)
        {
            return 0;
        }
        var name = Counter(partner.Id, direction);
        var seen = Watched(await work.Catalogue.SettingAsync(name, cancellationToken)) + 1;
        if (seen > partner.Watch)
        {
            return 0;
        }
        await work.Catalogue.SetSettingAsync(name, seen.ToString(CultureInfo.InvariantCulture), cancellationToken);
        var other = Watched(await work.Catalogue.SettingAsync(Counter(partner.Id, direction == Orders ? Documents : Orders), cancellationToken));
        if (seen == partner.Watch && (other >= partner.Watch || partner.Role == PartnerRole.Customer))
        {
            await work.Tasks.OpenAsync([new HubTask
            {
                Kind = "ready-to-go-live", Key = TaskKey(partner.Id), Partner = partner.Id, At = now,
                Text = $"{partner.Name} was watched over {partner.Watch} purchase orders and {partner.Watch} of its documents. What follows goes without a person. If all was right, set it live on its page; if not, set it back to testing.",
            }], cancellationToken);
        }
        return seen;
    }

    /// <summary>Our purchase orders to a watched partner.</summary>
    public const string Orders = "orders";
    /// <summary>Documents that a watched partner sends.</summary>
    public const string Documents = "documents";

    /// <summary>Name of the setting that counts.</summary>
    public static string Counter(string partner, string direction) => $"{WatchedSetting}{partner}/{direction}";

    /// <summary>Key of the task about a partner's go-live.</summary>
    public static string TaskKey(string partner) => $"go-live:{partner}";

    /// <summary>A stored count of watched documents.</summary>
    public static int Watched(string? stored) => int.TryParse(stored, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;
}
