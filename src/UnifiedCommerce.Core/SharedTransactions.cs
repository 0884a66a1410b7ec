namespace UnifiedCommerce.Core;

/// <summary>Lets callers that come while a transaction runs share the next one: nobody waits for company, and the more come, the more share a commit. One of
/// those who wait runs it for all of them.</summary>
/// <param name="most">The most that share one.</param>
/// <param name="run">Runs one transaction for all items and returns one result each, in order. What it throws is thrown to each caller.</param>
/// <param name="oneByOne">A shared transaction that failed is done again for each caller alone, unless it may have been committed.</param>
public sealed class SharedTransactions<TItem, TResult>(int most, Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> run, bool oneByOne = false)
{
    private readonly Lock _gate = new();
    private readonly Queue<Caller> _waiting = [];
    private bool _runs;

    /// <summary>Has the item dealt with. Cancelling gives it up as long as its transaction has not begun; after that the result is waited for.</summary>
    public async Task<TResult> RunAsync(TItem item, CancellationToken cancellationToken)
    {
        var own = new Caller(item, cancellationToken);
        lock (_gate)
        {
            if (_runs)
            {
                _waiting.Enqueue(own);
            }
            else
            {
                _runs = true;
                own.Turn.SetResult(true);
            }
        }
        if (await own.Turn.Task)
        {
            await LeadAsync(own);
        }
        return await own.Result.Task;
    }

    private async Task LeadAsync(Caller leader)
    {
        var callers = new List<Caller> { leader };
        lock (_gate)
        {
            while (callers.Count < most && _waiting.TryDequeue(out var next))
            {
                callers.Add(next);
            }
        }
        foreach (var gone in callers.Where(caller => caller.Cancelled.IsCancellationRequested))
        {
            gone.Result.SetCanceled(gone.Cancelled);
        }
        var staying = callers.Where(caller => !caller.Result.Task.IsCompleted).ToList();
        if (staying.Count > 0)
        {
            await DoAsync(staying);
        }
        foreach (var caller in callers.Skip(1))
        {
            caller.Turn.SetResult(false);
        }
        lock (_gate)
        {
            if (_waiting.TryDequeue(out var next))
            {
                next.Turn.SetResult(true);
            }
            else
            {
                _runs = false;
            }
        }
    }

    private async Task DoAsync(IReadOnlyList<Caller> callers)
    {
        IReadOnlyList<TResult> results;
        try
        {
            results = await run([.. callers.Select(caller => caller.Item)]);
        }
        catch (Exception fault) when (oneByOne && callers.Count > 1 && fault is not CommitUnknownException)
        {
            foreach (var caller in callers)
            {
                await DoAsync([caller]);
            }
            return;
        }
        catch (Exception fault)
        {
            // Each caller deals with it as if it had been alone.
            foreach (var caller in callers)
            {
                caller.Result.TrySetException(fault);
            }
            return;
        }
        // Outside of the try: what was committed is never done again.
        for (var index = 0; index < callers.Count; index++)
        {
            if (index < results.Count)
            {
                callers[index].Result.SetResult(results[index]);
            }
            else
            {
                callers[index].Result.SetException(new HubException($"Found {results.Count} results for {callers.Count} callers of a shared transaction, expected one each. Correct what runs it."));
            }
        }
    }

    private sealed class Caller(TItem item, CancellationToken cancelled)
    {
        public TItem Item => item;
        public CancellationToken Cancelled => cancelled;
        /// <summary>True: runs the next transaction; false: another did.</summary>
        public TaskCompletionSource<bool> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public TaskCompletionSource<TResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
