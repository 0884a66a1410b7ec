using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Core.Purchasing;

/// <summary>Bytes ready to freeze.</summary>
/// <param name="Bytes">The document as it will leave.</param>
/// <param name="ContentType">MIME type.</param>
/// <param name="MappingVersion">Version of the mapping that wrote it.</param>
/// <param name="Diagnostics">Errors mean that it must not leave.</param>
public sealed record RenderedDocument(byte[] Bytes, string ContentType, string MappingVersion, IReadOnlyList<Diagnostic> Diagnostics);

/// <summary>Writes canonical documents in a partner's format.</summary>
public interface IDocumentRenderer
{
    /// <summary>True when the partner's mapping of this kind writes an envelope with control numbers.</summary>
    bool NeedsControlNumber(Partner partner, DocumentKind kind);

    /// <summary>Writes a document. The control number stands at every level of the envelope.</summary>
    RenderedDocument Render(Partner partner, DocumentKind kind, object document, string controlNumber, DateTimeOffset now);
}

/// <summary>Transaction 1 of the send protocol: takes the control number, renders, freezes the bytes, and makes the job that sends them.
/// Rendering never happens again for the same version.</summary>
public sealed class PrepareDispatchHandler(PartnerBookHolder book, IDocumentRenderer renderer, TimeProvider clock) : IBatchHandler
{
    /// <inheritdoc/>
    public string Kind => "prepare-dispatch";

    /// <inheritdoc/>
    public int BatchSize => 50;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<JobOutcome>> RunAsync(IReadOnlyList<Job> jobs, IWork work, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var wanted = jobs.Select(job => JsonSerializer.Deserialize<Args>(job.Args, CanonicalJson.Options)!).ToList();
        var purchases = (await work.Purchases.LockAsync([.. wanted.Select(args => args.PurchaseId).Distinct()], cancellationToken)).ToDictionary(purchase => purchase.Id);
        var drafts = wanted.Select(args => purchases.TryGetValue(args.PurchaseId, out var purchase) ? DraftOf(purchase, args.Change) : null).ToList();
        var known = (await work.Dispatches.KnownKeysAsync([.. drafts.OfType<Draft>().Select(draft => draft.Key)], cancellationToken)).ToHashSet(StringComparer.Ordinal);
        var outcomes = new JobOutcome[jobs.Count];
        var due = new List<(int Index, Draft Draft)>();
        for (var index = 0; index < jobs.Count; index++)
        {
            if (drafts[index] is not { } draft)
            {
                outcomes[index] = new JobOutcome.Cancel($"Purchase order row {wanted[index].PurchaseId} does not exist.");
            }
            else if (draft.Purchase.Status != PurchaseStatus.Released && draft.Change is null)
            {
                outcomes[index] = new JobOutcome.Cancel($"Purchase order {draft.Purchase.Document.Number} is {draft.Purchase.Status}: nothing to send.");
            }
            else if (draft.Change is not null && draft.Purchase.PendingChange != draft.Change)
            {
                // All that was asked for has shipped or was answered by a person meanwhile: there is nothing to ask.
                outcomes[index] = JobOutcome.Ok;
            }
            else
            {
                outcomes[index] = JobOutcome.Ok;
                if (!known.Contains(draft.Key) && draft.Partner.State is GoLiveState.Draft or GoLiveState.Testing)
                {
                    outcomes[index] = await WithholdAsync(work, draft, now, cancellationToken);
                }
                else if (known.Add(draft.Key))
                {
                    due.Add((index, draft));
                }
            }
        }
        var numbered = due.Where(entry => renderer.NeedsControlNumber(entry.Draft.Partner, entry.Draft.Kind)).Select(entry => entry.Draft).ToList();
        var numbers = numbered.Zip(await work.Dispatches.NextControlNumbersAsync([.. numbered.Select(draft => new ControlNumberUse(CounterOf(draft.Partner), draft.Key))], cancellationToken))
            .ToDictionary(pair => pair.First.Key, pair => pair.Second, StringComparer.Ordinal);
        var dispatches = new List<Dispatch>();
        foreach (var (index, draft) in due)
        {
            outcomes[index] = await PrepareAsync(work, draft, numbers.TryGetValue(draft.Key, out var number) ? number : null, dispatches, now, cancellationToken);
        }
        await StoreAsync(work, dispatches, cancellationToken);
        return outcomes;
    }

    private Draft DraftOf(PurchaseState purchase, string? change) => new(purchase, book.Current.Get(purchase.Partner), change,
        change is null ? DocumentKind.PurchaseOrder : DocumentKind.OrderChange,
        change ?? string.Create(CultureInfo.InvariantCulture, $"{purchase.Document.Number}-v{purchase.Document.Version}"));

    /// <summary>Stores frozen dispatches, their outbound documents and the jobs that send them.</summary>
    internal static async Task StoreAsync(IWork work, IReadOnlyList<Dispatch> dispatches, CancellationToken cancellationToken)
    {
        if (dispatches.Count == 0)
        {
            return;
        }
        var stored = await work.Dispatches.AddAsync(dispatches, cancellationToken);
        await work.Jobs.InsertAsync([.. stored.Select(DispatchJobs.Send)], cancellationToken);
    }

    private async Task<JobOutcome> PrepareAsync(IWork work, Draft draft, long? taken, List<Dispatch> dispatches, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (purchase, partner, change, kind, key) = draft;
        object content = change is null ? purchase.Document : Cancellations.DocumentOf(purchase, change, now);
        var number = taken?.ToString(CultureInfo.InvariantCulture);
        RenderedDocument rendered;
        using (JourneySteps.Begin("write-document"))
        {
            rendered = renderer.Render(partner, kind, content, number ?? "1", now);
        }
        if (rendered.Diagnostics.FirstOrDefault(diagnostic => diagnostic.Severity == Severity.Error) is { } error)
        {
            if (taken is { } unused)
            {
                await work.Dispatches.VoidControlNumberAsync(CounterOf(partner), unused, $"not rendered: {error.Code}", cancellationToken);
            }
            await work.Purchases.UpdateAsync(purchase with { Status = PurchaseStatus.Escalated, Reason = error.ToString() }, cancellationToken);
            await work.Tasks.OpenAsync([new HubTask
            {
                Kind = "not-rendered", Key = $"not-rendered:{key}", Partner = partner.Id, PurchaseId = purchase.Id, At = now,
                Text = $"Purchase order {purchase.Document.Number} cannot be written for {partner.Name}: {error}. Correct the data or the mapping, then write it again.",
            }], cancellationToken);
            return new JobOutcome.Cancel(error.ToString());
        }
        dispatches.Add(New(partner, key, kind, rendered.Bytes, rendered.ContentType, rendered.MappingVersion, number, now) with { PurchaseId = purchase.Id });
        return JobOutcome.Ok;
    }

    /// <summary>A partner that was put back meanwhile gets no real document; a person decides what becomes of it.</summary>
    private static async Task<JobOutcome> WithholdAsync(IWork work, Draft draft, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (purchase, partner, change, _, key) = draft;
        var state = partner.State.ToString().ToLowerInvariant();
        if (change is null)
        {
            await work.Purchases.UpdateAsync(purchase with { Status = PurchaseStatus.AwaitingApproval, Reason = $"{partner.Name} is in {state}" }, cancellationToken);
        }
        await work.Tasks.OpenAsync([new HubTask
        {
            Kind = change is null ? "approve-purchase-order" : "not-rendered", Key = change is null ? $"approve-purchase-order:{purchase.Id}" : $"not-rendered:{key}",
            Partner = partner.Id, PurchaseId = purchase.Id, At = now,
            Text = $"{change ?? $"Purchase order {purchase.Document.Number}"} was not sent: {partner.Name} is in {state}. Move it on first and approve then, or refuse it and its lines are routed again.",
        }], cancellationToken);
        return new JobOutcome.Cancel($"partner {partner.Id} is in {state}");
    }

    internal static Dispatch New(Partner partner, string key, DocumentKind kind, byte[] bytes, string contentType, string? mappingVersion, string? number, DateTimeOffset now) => new()
    {
        Key = key, Partner = partner.Id, Kind = kind, FileName = partner.Transport!.FileName.Replace("{key}", key, StringComparison.Ordinal), ContentType = contentType,
        Bytes = bytes, Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)), InterchangeControl = number, GroupControl = number, MessageControl = number,
        MappingVersion = mappingVersion, Test = partner.State == GoLiveState.Testing, State = DispatchState.Prepared, PreparedAt = now,
        Acknowledgement = kind == DocumentKind.Acknowledgement || partner.AcknowledgesOut is TechnicalAcknowledgement.None or TechnicalAcknowledgement.Http
            ? AcknowledgementState.NoneExpected : AcknowledgementState.Awaited,
    };

    /// <summary>One counter per pair of envelope ids and test flag (X12.6 ISA13, ISO 9735-1 0020).</summary>
    internal static string CounterOf(Partner partner) =>
        $"{partner.Id}/{partner.Envelope.OurQualifier}:{partner.Envelope.OurId}/{partner.Envelope.TheirQualifier}:{partner.Envelope.TheirId}/{(partner.Envelope.Test ? "test" : "live")}";

    private sealed record Args(long PurchaseId, int Version, string? Change);

    private sealed record Draft(PurchaseState Purchase, Partner Partner, string? Change, DocumentKind Kind, string Key);
}
