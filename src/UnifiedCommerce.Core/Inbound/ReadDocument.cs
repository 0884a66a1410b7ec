using System.Text.Json;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Core.Inbound;

/// <summary>A document taken apart.</summary>
public sealed record DecodedDocument
{
    /// <summary><c>edifact</c>, <c>x12</c>, <c>ubl</c>, <c>cxml</c>, <c>json</c>, <c>csv</c>; null when not recognised.</summary>
    public string? Format { get; init; }
    /// <summary>The partner as the envelope names it; null when the format has no envelope or the sender is unknown.</summary>
    public string? Sender { get; init; }
    /// <summary>Errors that keep the whole document from being read.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; init; } = [];
    /// <summary>Inbox keys of the envelope: sender and control number.</summary>
    public IReadOnlyList<string> ControlKeys { get; init; } = [];
    /// <summary>The messages.</summary>
    public IReadOnlyList<DecodedMessage> Messages { get; init; } = [];
    /// <summary>What technical acknowledgements in it say of ours.</summary>
    public IReadOnlyList<ReceivedAcknowledgement> Acknowledgements { get; init; } = [];
    /// <summary>Writes the technical acknowledgement that is due, given our control number and time; null when none is due.</summary>
    public Func<string, DateTimeOffset, byte[]>? WriteAcknowledgement { get; init; }
}

/// <summary>One message.</summary>
public sealed record DecodedMessage
{
    /// <summary>What it is.</summary>
    public required DocumentKind Kind { get; init; }
    /// <summary>The canonical record; null when it could not be mapped.</summary>
    public object? Document { get; init; }
    /// <summary>Version of the mapping that read it.</summary>
    public string? MappingVersion { get; init; }
    /// <summary>What was found; an error keeps it from being applied.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; init; } = [];
}

/// <summary>A partner's technical acknowledgement of something we sent.</summary>
/// <param name="InterchangeControl">Our interchange's control number, when it names it.</param>
/// <param name="GroupControl">Our group's, when it names it.</param>
/// <param name="MessageControl">Our message's, when it names it.</param>
/// <param name="State">Accepted, AcceptedWithErrors or Rejected.</param>
/// <param name="Text">Segment and reason in words.</param>
public sealed record ReceivedAcknowledgement(string? InterchangeControl, string? GroupControl, string? MessageControl, AcknowledgementState State, string Text);

/// <summary>Takes documents apart: recognises, validates, maps.</summary>
public interface IDocumentDecoder
{
    /// <summary>Takes a document apart. Never throws for what is in the bytes.</summary>
    /// <param name="partner">The partner whose channel it came on; null: the envelope must tell.</param>
    /// <param name="document">The stored document.</param>
    DecodedDocument Decode(Partner? partner, StoredDocument document);
}

/// <summary>Reads stored documents: decode, acknowledge technically where due, map, apply. What cannot be applied is quarantined; other
/// messages of the same document go on.</summary>
public sealed class ReadDocumentHandler(PartnerBookHolder book, IDocumentDecoder decoder, DocumentApplication application, TimeProvider clock) : IBatchHandler
{
    /// <inheritdoc/>
    public string Kind => "read-document";

    /// <inheritdoc/>
    public int BatchSize => 20;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<JobOutcome>> RunAsync(IReadOnlyList<Job> jobs, IWork work, CancellationToken cancellationToken)
    {
        foreach (var job in jobs)
        {
            var id = JsonDocument.Parse(job.Args).RootElement.GetProperty("documentId").GetInt64();
            if (await work.Documents.FindAsync(id, cancellationToken) is { State: DocumentState.Received } document)
            {
                await ReadAsync(work, document, cancellationToken);
            }
        }
        return [.. jobs.Select(_ => JobOutcome.Ok)];
    }

    private async Task ReadAsync(IWork work, StoredDocument document, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var test = document.Transport == GoLive.Sandbox;
        var partner = test ? book.Current.Find(document.Partner)?.In(GoLiveState.Testing) : book.Current.Find(document.Partner);
        var decoded = decoder.Decode(partner, document);
        if (partner is null && decoded.Sender is { } sender)
        {
            partner = book.Current.Find(sender);
        }
        if (partner is { State: GoLiveState.Draft or GoLiveState.Testing } && !test)
        {
            await QuarantineAsync(work, document with { Format = decoded.Format, Partner = partner.Id },
                $"{partner.Name} is in {partner.State.ToString().ToLowerInvariant()}: no real document of it is read. Move it on in the console, then read this one again.", now, cancellationToken);
            return;
        }
        document = document with { Format = decoded.Format, Partner = partner?.Id ?? document.Partner, Diagnostics = decoded.Diagnostics };
        if (decoded.Diagnostics.FirstOrDefault(diagnostic => diagnostic.Severity == Severity.Error) is { } error)
        {
            await QuarantineAsync(work, document, error.ToString(), now, cancellationToken);
            return;
        }
        if (partner is null)
        {
            await QuarantineAsync(work, document, $"The sender {decoded.Sender ?? "(none)"} is no partner of ours. Add a partner with this envelope id, or dismiss the document.", now, cancellationToken);
            return;
        }
        if (decoded.Sender is { } named && named != partner.Id)
        {
            await QuarantineAsync(work, document, $"The envelope names {named} as sender, but it came on the channel of {partner.Id}. Nothing was read. Ask both partners.", now, cancellationToken);
            return;
        }
        var taken = await work.Documents.TakeKeysAsync(document.Id, decoded.ControlKeys, cancellationToken);
        if (taken.FirstOrDefault(entry => entry.Value != document.Id) is { Key: not null } again)
        {
            await QuarantineAsync(work, document, $"Control number {again.Key.Split(':')[^1]} of {partner.Name} was used before, in document {again.Value}, with other content. If it is a new document, release it; if it is a repeat, dismiss it.", now, cancellationToken);
            return;
        }
        foreach (var acknowledgement in decoded.Acknowledgements)
        {
            await MatchAsync(work, partner, acknowledgement, document.Id, now, cancellationToken);
        }
        var messages = new List<StoredMessage>();
        for (var index = 0; index < decoded.Messages.Count; index++)
        {
            messages.Add(await ApplyAsync(work, partner, document.Id, index, decoded.Messages[index], test, cancellationToken));
        }
        await work.Documents.SaveMessagesAsync(messages, cancellationToken);
        await FinishAsync(work, document, messages, now, cancellationToken);
        if (messages.Count > 0 && await GoLive.WatchAsync(work, partner, GoLive.Documents, now, cancellationToken) is > 0 and var seen)
        {
            await work.Tasks.OpenAsync([new HubTask
            {
                Kind = "watched-document", Key = $"watched-document:{document.Id}", Partner = partner.Id, DocumentId = document.Id, At = now,
                Text = $"{partner.Name} is watched (document {seen} of {partner.Watch}): {string.Join(", ", messages.Take(3).Select(message => $"{message.Kind} {message.Number}, {message.State}"))}. Compare what came with what the hub understood.",
            }], cancellationToken);
        }
        if (decoded.WriteAcknowledgement is { } write && partner.Transport?.Outbox is not null)
        {
            var counter = PrepareDispatchHandler.CounterOf(partner);
            var key = $"ACK-{document.Id}";
            var number = (await work.Dispatches.NextControlNumberAsync(counter, key, cancellationToken)).ToString(System.Globalization.CultureInfo.InvariantCulture);
            var dispatch = PrepareDispatchHandler.New(partner, key, DocumentKind.Acknowledgement, write(number, now), "application/edi", null, number, now) with { AcknowledgesDocumentId = document.Id };
            await PrepareDispatchHandler.StoreAsync(work, [dispatch], cancellationToken);
        }
    }

    private async Task<StoredMessage> ApplyAsync(IWork work, Partner partner, long documentId, int index, DecodedMessage message, bool test, CancellationToken cancellationToken)
    {
        var stored = new StoredMessage
        {
            DocumentId = documentId, Index = index, Kind = message.Kind, State = DocumentState.Quarantined, MappingVersion = message.MappingVersion, Diagnostics = message.Diagnostics,
            Number = message.Document is null ? null : DocumentApplication.NumberOf(message.Document),
            OrderNumber = message.Document is null ? null : DocumentApplication.OrderNumberOf(message.Document),
            Canonical = message.Document is null ? null : JsonSerializer.Serialize(message.Document, message.Document.GetType(), CanonicalJson.Options),
        };
        if (message.Document is null || message.Diagnostics.Any(diagnostic => diagnostic.Severity == Severity.Error))
        {
            return stored with { Reason = message.Diagnostics.FirstOrDefault(diagnostic => diagnostic.Severity == Severity.Error)?.ToString() ?? "The message could not be mapped." };
        }
        if (test)
        {
            return stored with { State = DocumentState.Tested, Reason = $"Read as a test{(stored.OrderNumber is null ? "" : $"; it speaks of {stored.OrderNumber}")}. Nothing was applied." };
        }
        var result = await application.ApplyAsync(work, partner, message.Kind, message.Document, documentId, overdue: false, cancellationToken);
        return stored with { State = result.State, Reason = result.Reason, WaitsFor = result.WaitsFor, Diagnostics = [.. message.Diagnostics, .. result.Diagnostics ?? []] };
    }

    /// <summary>The state of a document follows from its messages.</summary>
    internal static async Task FinishAsync(IWork work, StoredDocument document, IReadOnlyList<StoredMessage> messages, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var states = messages.Select(message => message.State).Distinct().ToList();
        var state = states switch
        {
            [] => DocumentState.Applied,
            [var one] => one,
            _ when states.Contains(DocumentState.Quarantined) => DocumentState.Partly,
            _ when states.Contains(DocumentState.Waiting) => DocumentState.Waiting,
            _ => DocumentState.Applied,
        };
        var reason = messages.FirstOrDefault(message => message.State == state)?.Reason ?? messages.FirstOrDefault(message => message.Reason is not null)?.Reason;
        await work.Documents.UpdateAsync(document with { State = state, Reason = reason }, cancellationToken);
        JourneyMeters.Judged(document.Partner, state);
        if (state is DocumentState.Quarantined or DocumentState.Partly)
        {
            var first = messages.First(message => message.State == DocumentState.Quarantined);
            await work.Tasks.OpenAsync([QuarantineTasks.For(document.Id, document.Partner, document.Name, first.Reason ?? "no reason", now)], cancellationToken);
        }
        else
        {
            await work.Tasks.CloseAsync(QuarantineTasks.KeyOf(document.Id), HubTask.Itself + $"now {state}", now, cancellationToken);
        }
    }

    private static async Task QuarantineAsync(IWork work, StoredDocument document, string reason, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await work.Documents.UpdateAsync(document with { State = DocumentState.Quarantined, Reason = reason }, cancellationToken);
        JourneyMeters.Judged(document.Partner, DocumentState.Quarantined);
        await work.Tasks.OpenAsync([QuarantineTasks.For(document.Id, document.Partner, document.Name, reason, now)], cancellationToken);
    }

    /// <summary>Matches an inbound acknowledgement to what we sent (I11); one that matches nothing is told to a person. It proves that the partner has the document,
    /// whatever the hub knew of it until now: an attempt that still runs writes nothing any more, and nothing is sent again.</summary>
    private async Task MatchAsync(IWork work, Partner partner, ReceivedAcknowledgement said, long documentId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var control = said.InterchangeControl ?? said.GroupControl ?? said.MessageControl;
        var dispatch = await work.Dispatches.FindByControlAsync(partner.Id, partner.State == GoLiveState.Testing, said.InterchangeControl, said.GroupControl, said.MessageControl, cancellationToken);
        if (dispatch is null or { State: DispatchState.Prepared, Attempt: 0 } or { State: DispatchState.Void })
        {
            await work.Tasks.OpenAsync([new HubTask
            {
                Kind = "orphan-acknowledgement", Key = $"orphan-acknowledgement:{documentId}", Partner = partner.Id, PurchaseId = dispatch?.PurchaseId, DocumentId = documentId, At = now,
                Text = dispatch is { State: DispatchState.Void }
                    ? $"{partner.Name} acknowledges {dispatch.Key} (control number {control}), which was withdrawn: they may have it. Ask them before they deliver what was bought elsewhere."
                    : $"{partner.Name} acknowledges control number {control}, which we {(dispatch is null ? "never sent" : "have not sent yet")}. Ask them which document they mean.",
            }], cancellationToken);
            return;
        }
        var rejected = said.State == AcknowledgementState.Rejected;
        // Once rejected as unreadable, it stays so until it is written again.
        var stays = !rejected && dispatch is { State: DispatchState.Failed, Acknowledgement: AcknowledgementState.Rejected };
        var unsure = dispatch.State is not (DispatchState.Sent or DispatchState.Confirmed) && !stays;
        var settled = dispatch with
        {
            Acknowledgement = stays ? dispatch.Acknowledgement : said.State, State = rejected || stays ? DispatchState.Failed : DispatchState.Confirmed,
            Reason = said.State == AcknowledgementState.Accepted ? dispatch.Reason : said.Text, Evidence = dispatch.Evidence ?? $"technical acknowledgement in document {documentId}",
            SentAt = dispatch.SentAt ?? now, LeaseUntil = null, Fence = unsure ? dispatch.Fence + 1 : dispatch.Fence,
        };
        await work.Dispatches.UpdateAsync([settled], cancellationToken);
        await work.Deadlines.ClearAsync($"dispatch:{dispatch.Id}", "acknowledgement", cancellationToken);
        await work.Tasks.CloseAsync($"overdue-acknowledgement:{dispatch.Id}", HubTask.Itself + "the acknowledgement came", now, cancellationToken);
        if (unsure)
        {
            await work.Tasks.CloseAsync($"held-dispatch:{dispatch.Id}", HubTask.Itself + "the acknowledgement came", now, cancellationToken);
        }
        if (dispatch is not { PurchaseId: { } purchaseId })
        {
            return;
        }
        if (dispatch is { SentAt: null, Kind: DocumentKind.PurchaseOrder })
        {
            await SendDispatchHandler.FollowAsync(work, book.Current, [settled], now, cancellationToken);
        }
        if ((await work.Purchases.LockAsync([purchaseId], cancellationToken)) is not [var purchase])
        {
            return;
        }
        if (rejected)
        {
            await work.Purchases.UpdateAsync(purchase with { Status = PurchaseStatus.Escalated, Reason = said.Text }, cancellationToken);
            await work.Tasks.OpenAsync([new HubTask
            {
                Kind = "acknowledgement-rejected", Key = $"acknowledgement-rejected:{dispatch.Id}", Partner = partner.Id, PurchaseId = purchaseId, DocumentId = documentId, At = now,
                Text = $"{partner.Name} could not read purchase order {purchase.Document.Number}: {said.Text} Correct data or mapping, then write it again: it stays the same purchase order.",
            }], cancellationToken);
        }
        else if (purchase.Status is PurchaseStatus.Sent or PurchaseStatus.Released || (unsure && dispatch.State is DispatchState.Held or DispatchState.Failed && purchase.Status == PurchaseStatus.Escalated))
        {
            await work.Purchases.UpdateAsync(purchase with { Status = PurchaseStatus.Acknowledged, Reason = null }, cancellationToken);
        }
    }
}

/// <summary>Applies one stored message again: what it waited for came, it waited long enough, or a person released it.</summary>
public sealed class ApplyMessageHandler(PartnerBookHolder book, DocumentApplication application, TimeProvider clock) : IBatchHandler
{
    /// <inheritdoc/>
    public string Kind => "apply-message";

    /// <inheritdoc/>
    public int BatchSize => 20;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<JobOutcome>> RunAsync(IReadOnlyList<Job> jobs, IWork work, CancellationToken cancellationToken)
    {
        var outcomes = new List<JobOutcome>();
        foreach (var job in jobs)
        {
            outcomes.Add(await ApplyAsync(work, JsonSerializer.Deserialize<Args>(job.Args, CanonicalJson.Options)!, cancellationToken));
        }
        return outcomes;
    }

    private async Task<JobOutcome> ApplyAsync(IWork work, Args args, CancellationToken cancellationToken)
    {
        var document = await work.Documents.FindAsync(args.DocumentId, cancellationToken);
        var messages = (await work.Documents.MessagesAsync(args.DocumentId, cancellationToken)).ToList();
        var position = messages.FindIndex(message => message.Index == args.Index);
        if (document is null || position < 0 || messages[position] is not { Canonical: { } canonical, State: DocumentState.Waiting or DocumentState.Quarantined } message)
        {
            return JobOutcome.Ok;
        }
        if (document.Transport == GoLive.Sandbox)
        {
            return new JobOutcome.Cancel($"Document {args.DocumentId} is a test: it is never applied.");
        }
        if (book.Current.Find(document.Partner) is not { } partner)
        {
            return new JobOutcome.Cancel($"Partner {document.Partner} is not in mappings any more.");
        }
        var type = TypeOf(message.Kind) ?? throw new HubException($"Message {args.DocumentId}/{args.Index} is a {message.Kind}, which has no canonical record.");
        var content = JsonSerializer.Deserialize(canonical, type, CanonicalJson.Options)!;
        var result = await application.ApplyAsync(work, partner, message.Kind, content, args.DocumentId, args.Overdue, cancellationToken);
        messages[position] = message with { State = result.State, Reason = result.Reason, WaitsFor = result.WaitsFor, Diagnostics = [.. result.Diagnostics ?? []] };
        await work.Documents.SaveMessagesAsync([messages[position]], cancellationToken);
        await ReadDocumentHandler.FinishAsync(work, document, messages, clock.GetUtcNow(), cancellationToken);
        return JobOutcome.Ok;
    }

    /// <summary>The canonical record of a kind.</summary>
    internal static Type? TypeOf(DocumentKind kind) => kind switch
    {
        DocumentKind.Order => typeof(Order),
        DocumentKind.OrderResponse => typeof(OrderResponse),
        DocumentKind.DespatchAdvice => typeof(DespatchAdvice),
        DocumentKind.ReceiptAdvice => typeof(ReceiptAdvice),
        DocumentKind.Invoice or DocumentKind.CreditNote => typeof(Invoice),
        DocumentKind.InventoryReport => typeof(InventoryReport),
        DocumentKind.PriceCatalogue => typeof(PriceCatalogue),
        DocumentKind.ApplicationAdvice => typeof(ApplicationAdvice),
        _ => null,
    };

    private sealed record Args(long DocumentId, int Index, bool Overdue);
}
