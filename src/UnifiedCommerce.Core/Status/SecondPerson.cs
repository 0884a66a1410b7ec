using System.Text.Json;

namespace UnifiedCommerce.Core.Status;

/// <summary>What two people must want: the first asks, another one does the same and it happens. Closing the task withdraws what was asked.</summary>
/// <param name="store">Where the question waits.</param>
/// <param name="clock">Business time.</param>
public sealed class SecondPerson(IStore store, TimeProvider clock)
{
    /// <summary>Kind of the task.</summary>
    public const string TaskKind = "second-person";
    private const int MostTasks = 2000;

    /// <summary>Asks for a second person, or takes the caller as the second.</summary>
    /// <param name="subject">What it is about: <c>dispatch:12</c>.</param>
    /// <param name="what">What is wanted, the same text from both: <c>send-again</c>.</param>
    /// <param name="sentence">The same for people: <c>send the same bytes again</c>.</param>
    /// <param name="links">The order or purchase order that the task leads to.</param>
    /// <param name="user">Who asks.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Null when two people want it: go on. Else what to say.</returns>
    public async Task<DeskResult?> AskAsync(string subject, string what, string sentence, (long? OrderId, long? PurchaseId) links, string user, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var key = $"{TaskKind}:{subject}";
        var open = (await work.Tasks.ListOpenAsync([TaskKind], MostTasks, cancellationToken)).FirstOrDefault(task => task.Key == key);
        var asked = open is null ? null : JsonSerializer.Deserialize<Wish>(open.Data, CanonicalJson.Options);
        if (asked?.What == what && asked.By == user)
        {
            return DeskResult.No("You asked for it already: another person must do the same.");
        }
        if (asked?.What == what)
        {
            await work.Tasks.CloseAsync(key, $"wanted by {asked.By} and {user}", now, cancellationToken);
            await work.Audit.AddAsync([new AuditEntry(now, user, "second-person.confirmed", subject, null, open!.Data)], cancellationToken);
            await work.CommitAsync(cancellationToken);
            return null;
        }
        var wish = JsonSerializer.Serialize(new Wish(user, what), CanonicalJson.Options);
        await work.Tasks.CloseAsync(key, $"{user} wants something else", now, cancellationToken);
        await work.Tasks.OpenAsync([new HubTask
        {
            Kind = TaskKind, Key = key, Partner = subject.StartsWith("partner:", StringComparison.Ordinal) ? subject["partner:".Length..] : null, OrderId = links.OrderId, PurchaseId = links.PurchaseId, At = now, Data = wish,
            Text = $"{user} wants to {sentence}. It needs a second person: do the same to confirm it, or close this task to withdraw it.",
        }], cancellationToken);
        await work.Audit.AddAsync([new AuditEntry(now, user, "second-person.asked", subject, null, wish)], cancellationToken);
        await work.CommitAsync(cancellationToken);
        return DeskResult.Ok($"Asked: it happens when another person does the same.");
    }

    private sealed record Wish(string By, string What);
}
