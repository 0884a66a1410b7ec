using System.Diagnostics;
using System.Text.Json;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Routing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Core.Purchasing;

/// <summary>Transactions 2 and 3 of the send protocol around the effect. A crash in between leaves SENDING: whoever claims the same job after it
/// takes over at once, for the earlier claim is over; another job waits for the attempt's lease. The next attempt treats it as UNKNOWN and probes
/// first; the bytes are the stored ones, always. Partners whose documents come up at the same time share transactions 2 and 3, never the effect.</summary>
public sealed class SendDispatchHandler : IEffectHandler
{
    /// <summary>How long an attempt may take before another job may take over.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);
    private const int MostTogether = 16;
    private readonly IStore _store;
    private readonly PartnerBookHolder _book;
    private readonly Dictionary<string, IOutboundChannel> _channels;
    private readonly DocumentReception _reception;
    private readonly TimeProvider _clock;
    private readonly TimeProvider _machine;
    private readonly SharedTransactions<IReadOnlyDictionary<long, Job>, (IReadOnlyList<Claimed> Claimed, IReadOnlyDictionary<long, JobOutcome> Outcomes)> _claims;
    private readonly SharedTransactions<IReadOnlyList<Attempted>, IReadOnlyDictionary<long, JobOutcome>> _records;

    /// <summary>A handler over these channels; one for each process.</summary>
    public SendDispatchHandler(IStore store, PartnerBookHolder book, IEnumerable<IOutboundChannel> channels, DocumentReception reception, TimeProvider clock, TimeProvider machine)
    {
        (_store, _book, _reception, _clock, _machine) = (store, book, reception, clock, machine);
        _channels = channels.ToDictionary(channel => channel.Kind, StringComparer.Ordinal);
        _claims = new(MostTogether, ClaimAsync, oneByOne: true);
        _records = new(MostTogether, RecordAsync, oneByOne: true);
    }

    /// <inheritdoc/>
    public string Kind => "send-dispatch";

    /// <inheritdoc/>
    public int BatchSize => 20;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<JobOutcome>> RunAsync(IReadOnlyList<Job> jobs, CancellationToken cancellationToken)
    {
        var ids = jobs.Select(job => JsonSerializer.Deserialize<Args>(job.Args, CanonicalJson.Options)!.DispatchId).ToList();
        var senders = ids.Zip(jobs).GroupBy(pair => pair.First).ToDictionary(group => group.Key, group => group.Select(pair => pair.Second).MaxBy(job => job.Id)!);
        var (claimed, decided) = await _claims.RunAsync(senders, cancellationToken);
        var outcomes = decided.ToDictionary();
        var results = new List<Attempted>();
        foreach (var group in claimed.GroupBy(entry => entry.Partner))
        {
            results.AddRange(await AttemptAsync(group.Key, [.. group], cancellationToken));
        }
        if (results.Count > 0)
        {
            // What left is written down whoever wants to stop.
            foreach (var (id, outcome) in await _records.RunAsync(results, CancellationToken.None))
            {
                outcomes[id] = outcome;
            }
        }
        return [.. ids.Select(id => outcomes.GetValueOrDefault(id) ?? JobOutcome.Ok)];
    }

    /// <summary>Transaction 2: SENDING, attempt + 1, new fencing token.</summary>
    private async Task<IReadOnlyList<(IReadOnlyList<Claimed>, IReadOnlyDictionary<long, JobOutcome>)>> ClaimAsync(IReadOnlyList<IReadOnlyDictionary<long, Job>> batches)
    {
        var cancellationToken = CancellationToken.None;
        // Two jobs for one dispatch throw here, and each of their batches has a transaction of its own.
        var senders = batches.SelectMany(batch => batch).ToDictionary();
        var outcomes = new Dictionary<long, JobOutcome>();
        await using var work = await _store.BeginAsync(cancellationToken);
        var now = _machine.GetUtcNow();
        var switches = await PartnerSwitches.ReadAsync(work, cancellationToken);
        var claimed = new List<Claimed>();
        var withdrawn = new List<Dispatch>();
        foreach (var dispatch in await work.Dispatches.LockAsync([.. senders.Keys], cancellationToken))
        {
            var partner = _book.Current.Get(dispatch.Partner);
            var job = senders[dispatch.Id];
            switch (dispatch.State)
            {
                case DispatchState.Sent or DispatchState.Confirmed or DispatchState.Void or DispatchState.Held or DispatchState.Failed:
                    outcomes[dispatch.Id] = JobOutcome.Ok;
                    continue;
                case DispatchState.Sending when dispatch.LeaseUntil > now && !IsOver(dispatch, job):
                    outcomes[dispatch.Id] = new JobOutcome.Snooze(dispatch.LeaseUntil.Value, "another attempt runs");
                    continue;
            }
            if (switches.Stopped.ContainsKey(dispatch.Partner) || partner.Purchasing.Stopped)
            {
                outcomes[dispatch.Id] = new JobOutcome.Snooze(now.AddSeconds(30), $"partner {dispatch.Partner} is stopped");
                continue;
            }
            var state = switches.StateOf(partner);
            if (dispatch.Test && state != GoLiveState.Testing)
            {
                outcomes[dispatch.Id] = JobOutcome.Ok;
                withdrawn.Add(dispatch with { State = DispatchState.Void, Reason = $"a test that had not left when {dispatch.Partner} went on to {state}" });
                continue;
            }
            if (state == GoLiveState.Draft || (state == GoLiveState.Testing && !dispatch.Test) || state != partner.State)
            {
                // A process that has not followed a switch yet must not carry a document over the channel of another state.
                outcomes[dispatch.Id] = new JobOutcome.Snooze(now.AddSeconds(state == partner.State ? 30 : 1), $"partner {dispatch.Partner} is in {state}: this document is not for it");
                continue;
            }
            if (partner.Transport!.InOrder && await work.Dispatches.OlderUnsettledAsync(dispatch.Partner, dispatch.Id, cancellationToken)
                && !claimed.Exists(earlier => earlier.Dispatch.Partner == dispatch.Partner))
            {
                outcomes[dispatch.Id] = new JobOutcome.Snooze(now.AddSeconds(1), "an older document of this partner goes first");
                continue;
            }
            var wasUnknown = dispatch.State is DispatchState.Sending or DispatchState.Unknown;
            claimed.Add(new Claimed(dispatch with
            {
                State = DispatchState.Sending, Attempt = dispatch.Attempt + 1, Fence = dispatch.Fence + 1, LeaseUntil = now + Lease, SenderJob = job.Id, SenderFence = job.Fence,
            }, partner, wasUnknown));
        }
        await work.Dispatches.UpdateAsync([.. claimed.Select(entry => entry.Dispatch), .. withdrawn], cancellationToken);
        await work.CommitAsync(cancellationToken);
        return [.. batches.Select(batch => ((IReadOnlyList<Claimed>)[.. claimed.Where(entry => batch.ContainsKey(entry.Dispatch.Id))],
            (IReadOnlyDictionary<long, JobOutcome>)outcomes.Where(outcome => batch.ContainsKey(outcome.Key)).ToDictionary()))];
    }

    /// <summary>A job has one claim at a time, so whoever holds a newer one of the same job knows that the attempt's claim is over: its worker died, lost
    /// its lease or gave the job back. A slow one that still lives writes nothing any more. Within one claim, attempts follow each other.</summary>
    private static bool IsOver(Dispatch dispatch, Job job) => dispatch.SenderJob == job.Id && dispatch.SenderFence <= job.Fence;

    private async Task<IEnumerable<Attempted>> AttemptAsync(Partner partner, IReadOnlyList<Claimed> claimed, CancellationToken cancellationToken)
    {
        if (!_channels.TryGetValue(partner.Transport!.Kind, out var channel))
        {
            return claimed.Select(entry => new Attempted(entry.Dispatch, new SendResult.Failed(
                $"Transport {partner.Transport.Kind} of partner {partner.Id} is not installed; expected {string.Join(" or ", _channels.Keys)}.", Retryable: false)));
        }
        var results = new List<Attempted>(claimed.Count);
        var toSend = new List<Dispatch>(claimed.Count);
        foreach (var (dispatch, _, wasUnknown) in claimed)
        {
            switch (wasUnknown ? await channel.ProbeAsync(partner, dispatch, cancellationToken) : null)
            {
                case ProbeResult.Present present:
                    results.Add(new Attempted(dispatch, new SendResult.Sent($"found by probe: {present.Evidence}")));
                    break;
                case ProbeResult.Ambiguous ambiguous:
                    results.Add(new Attempted(dispatch, new Held(ambiguous.Reason)));
                    break;
                default:
                    toSend.Add(dispatch);
                    break;
            }
        }
        if (toSend.Count > 0)
        {
            using var sending = JourneySteps.Begin("send");
            var began = Stopwatch.GetTimestamp();
            var sent = await channel.SendAllAsync(partner, toSend, cancellationToken);
            JourneyMeters.Sent(partner.Id, began, sent);
            results.AddRange(toSend.Zip(sent, static (dispatch, result) => new Attempted(dispatch, result)));
        }
        return results;
    }

    /// <summary>Transaction 3: evidence and what follows from it. An attempt whose fencing token is old writes nothing.</summary>
    private async Task<IReadOnlyList<IReadOnlyDictionary<long, JobOutcome>>> RecordAsync(IReadOnlyList<IReadOnlyList<Attempted>> batches)
    {
        var cancellationToken = CancellationToken.None;
        var results = batches.SelectMany(batch => batch).ToList();
        var outcomes = new Dictionary<long, JobOutcome>();
        await using var work = await _store.BeginAsync(cancellationToken);
        var now = _clock.GetUtcNow();
        var fences = await work.Dispatches.LockFencesAsync([.. results.Select(result => result.Dispatch.Id)], cancellationToken);
        var updated = new List<Dispatch>();
        var sent = new List<Dispatch>();
        foreach (var (attempted, result) in results)
        {
            if (fences[attempted.Id] != attempted.Fence)
            {
                outcomes.Add(attempted.Id, new JobOutcome.Snooze(_machine.GetUtcNow().AddSeconds(1), "a newer attempt took over, or the partner's acknowledgement was quicker"));
                continue;
            }
            var partner = _book.Current.Get(attempted.Partner);
            var (next, outcome) = Next(attempted, result, now, _machine.GetUtcNow());
            updated.Add(next);
            // Two attempts at one dispatch throw here, and each has a transaction of its own.
            outcomes.Add(attempted.Id, outcome);
            switch (next.State)
            {
                case DispatchState.Sent:
                    sent.Add(next);
                    break;
                case DispatchState.Failed or DispatchState.Held:
                    await TellAsync(work, partner, next, now, cancellationToken);
                    break;
            }
        }
        await FollowAsync(work, _book.Current, [.. sent.Where(dispatch => dispatch is { PurchaseId: not null, Kind: DocumentKind.PurchaseOrder })], now, cancellationToken);
        // What came back is inbound like anything else, whoever settled the dispatch.
        foreach (var (dispatch, answer) in results.Select(entry => (entry.Dispatch, (entry.Result as SendResult.Sent)?.Answer)).Where(entry => entry.Answer is { Length: > 0 }))
        {
            await _reception.StoreAsync(work, dispatch.Partner, _book.Current.Get(dispatch.Partner).Transport!.Kind, $"answer-to-{dispatch.Key}", $"answer:{dispatch.Key}", answer!, cancellationToken);
        }
        await work.Dispatches.UpdateAsync(updated, cancellationToken);
        await work.Audit.AddAsync([.. updated.Select(dispatch => new AuditEntry(now, "system", $"dispatch.{dispatch.State.ToString().ToLowerInvariant()}", $"dispatch:{dispatch.Id}", null,
            JsonSerializer.Serialize(new { dispatch.Key, dispatch.Attempt, dispatch.Evidence, dispatch.Reason, dispatch.Sha256 }, CanonicalJson.Options)))], cancellationToken);
        await work.CommitAsync(cancellationToken);
        return [.. batches.Select(batch => (IReadOnlyDictionary<long, JobOutcome>)batch.ToDictionary(attempted => attempted.Dispatch.Id, attempted => outcomes[attempted.Dispatch.Id]))];
    }

    private static (Dispatch Next, JobOutcome Outcome) Next(Dispatch dispatch, SendResult result, DateTimeOffset now, DateTimeOffset machineNow) => result switch
    {
        SendResult.Sent sent => (dispatch with { State = DispatchState.Sent, Evidence = sent.Evidence, SentAt = now, LeaseUntil = null, Reason = null }, JobOutcome.Ok),
        Held held => (dispatch with { State = DispatchState.Held, Reason = held.Why, LeaseUntil = null }, JobOutcome.Ok),
        SendResult.Unknown unknown => (dispatch with { State = DispatchState.Unknown, Reason = unknown.Reason, LeaseUntil = null }, new JobOutcome.Retry(unknown.Reason)),
        SendResult.Failed { Retryable: true } failed when dispatch.Attempt < 20 => (dispatch with { State = DispatchState.Prepared, Reason = failed.Reason, LeaseUntil = null },
            new JobOutcome.Retry(failed.Reason, machineNow + failed.RetryAfter)),
        SendResult.Failed failed => (dispatch with { State = DispatchState.Failed, Reason = failed.Reason, LeaseUntil = null }, JobOutcome.Ok),
        _ => throw new HubException($"Found send result {result.GetType().Name}, expected Sent, Failed, Unknown or Held."),
    };

    /// <summary>What is waited for once the partner has a purchase order, whether the channel or a person said so.</summary>
    internal static IReadOnlyCollection<Deadline> DeadlinesAfter(Partner partner, Dispatch dispatch, PurchaseHead purchase, DateTimeOffset now)
    {
        var deadlines = new List<Deadline>();
        if (partner.Deadlines.Answered is { } answered && purchase.Awaits)
        {
            deadlines.Add(new Deadline("answer", $"purchase:{purchase.Id}", now + answered));
        }
        if (dispatch.Acknowledgement == AcknowledgementState.Awaited && partner.Deadlines.Acknowledged is { } acknowledged)
        {
            deadlines.Add(new Deadline("acknowledgement", $"dispatch:{dispatch.Id}", now + acknowledged));
        }
        return deadlines;
    }

    /// <summary>What follows for purchase orders whose documents are known to be with their partners: status, deadlines, the event.</summary>
    internal static async Task FollowAsync(IWork work, PartnerBook book, IReadOnlyList<Dispatch> orders, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (orders.Count == 0)
        {
            return;
        }
        var purchases = (await work.Purchases.LockHeadsAsync([.. orders.Select(dispatch => dispatch.PurchaseId!.Value).Distinct()], cancellationToken)).ToDictionary(purchase => purchase.Id);
        await work.Purchases.SetStatusAsync([.. orders.Where(dispatch => purchases[dispatch.PurchaseId!.Value].Status == PurchaseStatus.Released).Select(dispatch =>
            (dispatch.PurchaseId!.Value, book.Get(dispatch.Partner).AcknowledgesOut == TechnicalAcknowledgement.Http ? PurchaseStatus.Acknowledged : PurchaseStatus.Sent))], cancellationToken);
        await work.Deadlines.SetAsync([.. orders.SelectMany(dispatch => DeadlinesAfter(book.Get(dispatch.Partner), dispatch, purchases[dispatch.PurchaseId!.Value], now))], cancellationToken);
        await work.Events.AddAsync([.. orders.Select(dispatch => (Dispatch: dispatch, Number: purchases[dispatch.PurchaseId!.Value].Number)).Select(entry => new HubEvent
        {
            Type = "purchase-order.sent", At = now, Audience = "procurement", Subject = entry.Number,
            Data = JsonSerializer.Serialize(new { purchaseOrder = entry.Number, partner = entry.Dispatch.Partner, entry.Dispatch.Evidence, entry.Dispatch.Sha256 }, CanonicalJson.Options),
        })], cancellationToken);
    }

    private static async Task TellAsync(IWork work, Partner partner, Dispatch dispatch, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await work.Tasks.OpenAsync([new HubTask
        {
            Kind = "held-dispatch", Key = $"held-dispatch:{dispatch.Id}", Partner = partner.Id, PurchaseId = dispatch.PurchaseId, At = now,
            Text = dispatch.State == DispatchState.Held
                ? $"It is not known whether {partner.Name} has {dispatch.Key}: {dispatch.Reason} Ask them, then say \"received\" or \"send again\"."
                : $"{partner.Name} refused {dispatch.Key}: {dispatch.Reason} Correct the cause, then send again or withdraw it.",
            Data = JsonSerializer.Serialize(new { dispatchId = dispatch.Id, dispatch.Attempt, dispatch.Reason }, CanonicalJson.Options),
        }], cancellationToken);
        if (dispatch.PurchaseId is { } purchaseId && dispatch.Kind == DocumentKind.PurchaseOrder)
        {
            var purchase = (await work.Purchases.LockAsync([purchaseId], cancellationToken))[0];
            await work.Purchases.UpdateAsync(purchase with { Status = PurchaseStatus.Escalated, Reason = dispatch.Reason }, cancellationToken);
        }
    }

    private sealed record Held(string Why) : SendResult;

    private sealed record Claimed(Dispatch Dispatch, Partner Partner, bool WasUnknown);

    private sealed record Attempted(Dispatch Dispatch, SendResult Result);

    private sealed record Args(long DispatchId);
}
