using System.Data.Common;
using System.Diagnostics;

namespace UnifiedCommerce.Core.Orders;

/// <summary>An order that somebody hands in and waits for.</summary>
/// <param name="Order">The order, with all parts that must be there (<see cref="OrderRules.MissingPart"/>).</param>
/// <param name="Actor">For the audit log.</param>
/// <param name="Key">Client and idempotency key, or null.</param>
/// <param name="RequestHash">SHA-256 of what was sent.</param>
/// <param name="Answer">Status and JSON body of the answer, remembered under the key; not asked for refused orders.</param>
public sealed record OrderSubmission(Order Order, string Actor, string? Key, string RequestHash, Func<IntakeResult, (int Status, string Body)> Answer);

/// <summary>What a submission became.</summary>
/// <param name="Result">What became of the order; null when the key was known.</param>
/// <param name="Answer">The answer, now or from before, with the hash of the request that it was given to; null when the order was refused: nothing is stored then.</param>
public sealed record IntakeAnswer(IntakeResult? Result, IdempotentAnswer? Answer);

/// <summary>Takes orders in for callers that are answered after the commit. New orders that come at the same time share a transaction; changes and repeats have
/// their own, and so has each order of a shared transaction that failed, so that none is refused for another's sake.</summary>
public sealed class IntakeDesk
{
    private const int MostTogether = 64;
    private readonly IStore _store;
    private readonly OrderIntake _intake;
    private readonly TimeProvider _clock;
    private readonly SharedTransactions<(OrderSubmission Submission, string? Trace), IntakeAnswer?> _together;

    /// <summary>A desk; one for each process.</summary>
    public IntakeDesk(IStore store, OrderIntake intake, TimeProvider clock)
    {
        (_store, _intake, _clock) = (store, intake, clock);
        _together = new SharedTransactions<(OrderSubmission, string?), IntakeAnswer?>(MostTogether, TogetherAsync);
    }

    /// <summary>Takes an order in. When this returns, it is durable.</summary>
    public async Task<IntakeAnswer> SubmitAsync(OrderSubmission submission, CancellationToken cancellationToken) =>
        await _together.RunAsync((submission, Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null), cancellationToken)
            ?? await AloneAsync(submission, cancellationToken);

    /// <summary>One transaction for all that are new; null for those that need one of their own. It is not cancelled with one of its callers.</summary>
    private async Task<IReadOnlyList<IntakeAnswer?>> TogetherAsync(IReadOnlyList<(OrderSubmission Submission, string? Trace)> submissions)
    {
        var answers = new IntakeAnswer?[submissions.Count];
        try
        {
            await using var work = await _store.BeginAsync(CancellationToken.None);
            var known = await KnownAsync(work, [.. submissions.Select(entry => entry.Submission)], CancellationToken.None);
            var numbers = await work.Orders.KnownNumbersAsync([.. submissions.Select(entry => (entry.Submission.Order.Buyer.Key, entry.Submission.Order.Number))], CancellationToken.None);
            var seen = new HashSet<(string, string)>(numbers);
            var keys = new HashSet<string>(StringComparer.Ordinal);
            var fresh = new List<int>();
            for (var index = 0; index < submissions.Count; index++)
            {
                var submission = submissions[index].Submission;
                if (submission.Key is { } key && known.TryGetValue(key, out var answer))
                {
                    answers[index] = new IntakeAnswer(null, answer);
                }
                else if (seen.Add((submission.Order.Buyer.Key, submission.Order.Number)) && (submission.Key is null || keys.Add(submission.Key)))
                {
                    fresh.Add(index);
                }
            }
            if (fresh.Count == 0)
            {
                return answers;
            }
            var results = await _intake.TakeInNewAsync(work, [.. fresh.Select(index => new NewOrder(submissions[index].Submission.Order, submissions[index].Submission.Actor, submissions[index].Trace))], CancellationToken.None);
            foreach (var (index, result) in fresh.Zip(results))
            {
                answers[index] = AnswerOf(submissions[index].Submission, result);
            }
            await work.Orders.AddAnswersAsync([.. fresh.Select(index => answers[index]!.Answer).OfType<IdempotentAnswer>().Where(answer => answer.Key.Length > 0)], CancellationToken.None);
            if (results.Any(result => result.Outcome == IntakeOutcome.Accepted))
            {
                await work.CommitAsync(CancellationToken.None);
            }
            return answers;
        }
        catch (Exception fault) when (fault is not CommitUnknownException && (fault is HubException or ArgumentException or DbException { IsTransient: false, SqlState.Length: > 0 } || IsUniqueViolation(fault)))
        {
            // One of them is to blame, or an order came in elsewhere meanwhile: each on its own.
            return new IntakeAnswer?[submissions.Count];
        }
    }

    private async Task<IntakeAnswer> AloneAsync(OrderSubmission submission, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var work = await _store.BeginAsync(cancellationToken);
            if ((await KnownAsync(work, [submission], cancellationToken)).Values.FirstOrDefault() is { } known)
            {
                return new IntakeAnswer(null, known);
            }
            try
            {
                var answer = AnswerOf(submission, await _intake.TakeInAsync(work, submission.Order, null, null, submission.Actor, cancellationToken));
                if (answer.Answer is { } given)
                {
                    await work.Orders.AddAnswersAsync(given.Key.Length > 0 ? [given] : [], cancellationToken);
                    await work.CommitAsync(cancellationToken);
                }
                return answer;
            }
            catch (Exception exception) when (attempt == 1 && IsUniqueViolation(exception))
            {
                // Another request with the same key or order number was faster: its answer, or a replay, is read now.
            }
        }
    }

    private static async Task<IReadOnlyDictionary<string, IdempotentAnswer>> KnownAsync(IWork work, IReadOnlyList<OrderSubmission> submissions, CancellationToken cancellationToken) =>
        (await work.Orders.FindAnswersAsync([.. submissions.Select(submission => submission.Key).OfType<string>()], cancellationToken)).ToDictionary(answer => answer.Key, StringComparer.Ordinal);

    private IntakeAnswer AnswerOf(OrderSubmission submission, IntakeResult result)
    {
        if (result.Order is null)
        {
            return new IntakeAnswer(result, null);
        }
        var (status, body) = submission.Answer(result);
        return new IntakeAnswer(result, new IdempotentAnswer(submission.Key ?? "", submission.RequestHash, status, body, _clock.GetUtcNow()));
    }

    private static bool IsUniqueViolation(Exception exception) =>
        exception is DbException { SqlState: "23505" } || exception.Message.Contains("UNIQUE constraint failed", StringComparison.Ordinal)
        || (exception.InnerException is { } inner && IsUniqueViolation(inner));
}
