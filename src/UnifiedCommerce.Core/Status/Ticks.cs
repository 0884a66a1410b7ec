using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Routing;

namespace UnifiedCommerce.Core.Status;

/// <summary>What a tick of the schedule does: makes due pools run and deals with deadlines that passed. Ticks may come late, twice or on
/// several processes; the rows decide.</summary>
public sealed class Ticks(IStore store, PartnerBookHolder book, TimeProvider clock)
{
    /// <summary>Does what is due now.</summary>
    /// <returns>How many things were due.</returns>
    public async Task<int> TickAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var work = await store.BeginAsync(cancellationToken);
        var pools = await work.Routing.DuePoolsAsync(now, cancellationToken);
        await work.Jobs.InsertAsync([.. pools.Select(pool => RoutePoolHandler.For(pool.Name, DueAt(pool, now)))], cancellationToken);
        var due = await work.Deadlines.TakeDueAsync(now, 200, cancellationToken);
        foreach (var deadline in due)
        {
            await PassedAsync(work, deadline, now, cancellationToken);
        }
        await work.CommitAsync(cancellationToken);
        return pools.Count + due.Count;
    }

    private static DateTimeOffset DueAt(PoolState pool, DateTimeOffset now)
    {
        var due = new[] { pool.NextRunAt, pool.CutOffAt }.Where(at => at <= now).Min();
        return due ?? now;
    }

    private async Task PassedAsync(IWork work, Deadline deadline, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var id = long.Parse(deadline.Subject[(deadline.Subject.IndexOf(':', StringComparison.Ordinal) + 1)..], System.Globalization.CultureInfo.InvariantCulture);
        switch (deadline.Kind)
        {
            case "answer":
                await AnswerOverdueAsync(work, id, now, cancellationToken);
                break;
            case "acknowledgement":
                await AcknowledgementOverdueAsync(work, id, now, cancellationToken);
                break;
            case "change":
                await ChangeOverdueAsync(work, id, now, cancellationToken);
                break;
            case "despatch" or "invoice":
                await PurchaseOverdueAsync(work, deadline.Kind, id, now, cancellationToken);
                break;
            case "unseen-despatch":
                var waiting = await work.Documents.MessagesAsync(id, cancellationToken);
                var document = await work.Documents.FindAsync(id, cancellationToken);
                await work.Jobs.InsertAsync([.. waiting.Where(message => message.State == DocumentState.Waiting).Select(message => ApplyMessageJob.For(id, message.Index, document?.Partner, overdue: true))], cancellationToken);
                break;
            default:
                throw new HubException($"Found deadline kind {deadline.Kind}, expected answer, acknowledgement, change, despatch, invoice or unseen-despatch.");
        }
    }

    private async Task AnswerOverdueAsync(IWork work, long purchaseId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if ((await work.Purchases.LockAsync([purchaseId], cancellationToken)) is not [var purchase] || purchase.Lines.All(line => line.Awaiting == 0))
        {
            return;
        }
        var partner = book.Current.Get(purchase.Partner);
        await work.Purchases.UpdateAsync(purchase with { Status = PurchaseStatus.Escalated, Reason = "no answer within the deadline" }, cancellationToken);
        await work.Tasks.OpenAsync([new HubTask
        {
            Kind = "overdue-answer", Key = $"overdue-answer:{purchase.Id}", Partner = partner.Id, PurchaseId = purchase.Id, At = now,
            Text = $"{partner.Name} has not answered purchase order {purchase.Document.Number} ({new Money(purchase.Document.LineTotal, purchase.Document.Currency)}) within {partner.Deadlines.Answered?.TotalHours:0} hours. Ask them; when they agree to cancel, record it and the lines are bought elsewhere.",
        }], cancellationToken);
        await work.Audit.AddAsync([new AuditEntry(now, "system", "purchase-order.escalated", $"purchase:{purchase.Id}", null, """{"reason":"no answer"}""")], cancellationToken);
    }

    /// <summary>What was asked to be cancelled stays asked, and what came up since waits for its answer: a person asks and records it.</summary>
    private async Task ChangeOverdueAsync(IWork work, long purchaseId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if ((await work.Purchases.LockAsync([purchaseId], cancellationToken)) is not [{ PendingChange: { } change } purchase])
        {
            return;
        }
        await work.Tasks.OpenAsync([new HubTask
        {
            Kind = "cancel-request", Key = $"cancel-request:{purchase.Id}", Partner = purchase.Partner, PurchaseId = purchase.Id, At = now,
            Text = AskCancellationHandler.Text(book.Current.Get(purchase.Partner), purchase, $"has not answered {change}"),
        }], cancellationToken);
        await work.Audit.AddAsync([new AuditEntry(now, "system", "purchase-order.escalated", $"purchase:{purchase.Id}", null, """{"reason":"no answer to the change"}""")], cancellationToken);
    }

    private async Task AcknowledgementOverdueAsync(IWork work, long dispatchId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if ((await work.Dispatches.LockAsync([dispatchId], cancellationToken)) is not [{ Acknowledgement: AcknowledgementState.Awaited } dispatch])
        {
            return;
        }
        var partner = book.Current.Get(dispatch.Partner);
        await work.Dispatches.UpdateAsync([dispatch with { Acknowledgement = AcknowledgementState.Overdue }], cancellationToken);
        await work.Tasks.OpenAsync([new HubTask
        {
            Kind = "overdue-acknowledgement", Key = $"overdue-acknowledgement:{dispatch.Id}", Partner = partner.Id, PurchaseId = dispatch.PurchaseId, At = now,
            Text = $"{partner.Name} has not acknowledged {dispatch.Key} (control number {dispatch.InterchangeControl}). Ask whether they received it before anything is sent again.",
        }], cancellationToken);
    }

    private async Task PurchaseOverdueAsync(IWork work, string kind, long purchaseId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if ((await work.Purchases.LoadAsync([purchaseId], cancellationToken)) is not [var purchase])
        {
            return;
        }
        var missing = kind == "despatch" ? purchase.Lines.Where(line => line.Unshipped() > 0).ToList() : purchase.Lines.Where(line => line.Invoiced < line.Shipped + line.Received).ToList();
        if (missing.Count == 0)
        {
            return;
        }
        var partner = book.Current.Get(purchase.Partner);
        await work.Tasks.OpenAsync([new HubTask
        {
            Kind = $"overdue-{kind}", Key = $"overdue-{kind}:{purchase.Id}", Partner = partner.Id, PurchaseId = purchase.Id, At = now,
            Text = kind == "despatch"
                ? $"{partner.Name} should have shipped line {string.Join(", ", missing.Select(line => line.Position))} of {purchase.Document.Number} by now. Ask for a date."
                : $"{partner.Name} has not invoiced line {string.Join(", ", missing.Select(line => line.Position))} of {purchase.Document.Number}, which it shipped. Ask for the invoice, or accrue it.",
        }], cancellationToken);
    }
}
