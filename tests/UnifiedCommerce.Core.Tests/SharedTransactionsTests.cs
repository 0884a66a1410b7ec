namespace UnifiedCommerce.Core.Tests;

public sealed class SharedTransactionsTests
{
    /// <summary>Runs that wait until the test lets them go on, and remember who shared them.</summary>
    private sealed class Runs
    {
        private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<int[]> Shared { get; } = [];

        public void Open() => _gate.SetResult();

        public async Task<IReadOnlyList<int>> RunAsync(IReadOnlyList<int> items, Func<int, Exception?> fails)
        {
            Shared.Add([.. items]);
            await _gate.Task;
            return items.Select(fails).OfType<Exception>().FirstOrDefault() is { } fault ? throw fault : [.. items.Select(item => item * 10)];
        }
    }

    [Fact]
    public async Task Who_comes_while_one_runs_shares_the_next_up_to_the_limit()
    {
        var runs = new Runs();
        var shared = new SharedTransactions<int, int>(3, items => runs.RunAsync(items, _ => null));
        var callers = Enumerable.Range(1, 6).Select(item => shared.RunAsync(item, CancellationToken.None)).ToList();
        runs.Open();
        var results = await Task.WhenAll(callers);
        Assert.Equal([10, 20, 30, 40, 50, 60], results);
        Assert.Equal([[1], [2, 3, 4], [5, 6]], runs.Shared);
        Assert.Equal(70, await shared.RunAsync(7, CancellationToken.None));
    }

    [Fact]
    public async Task A_fault_reaches_everyone_who_shared_it_and_nobody_else()
    {
        var runs = new Runs();
        var shared = new SharedTransactions<int, int>(2, items => runs.RunAsync(items, item => item == 3 ? new HubException("planted") : null));
        var callers = Enumerable.Range(1, 5).Select(item => shared.RunAsync(item, CancellationToken.None)).ToList();
        runs.Open();
        await Assert.ThrowsAsync<HubException>(() => callers[1]);
        await Assert.ThrowsAsync<HubException>(() => callers[2]);
        var left = await Task.WhenAll(callers[0], callers[3], callers[4]);
        Assert.Equal([10, 40, 50], left);
    }

    [Fact]
    public async Task One_by_one_only_the_one_to_blame_has_the_fault()
    {
        var runs = new Runs();
        var shared = new SharedTransactions<int, int>(4, items => runs.RunAsync(items, item => item == 3 ? new HubException("planted") : null), oneByOne: true);
        var callers = Enumerable.Range(1, 4).Select(item => shared.RunAsync(item, CancellationToken.None)).ToList();
        runs.Open();
        await Assert.ThrowsAsync<HubException>(() => callers[2]);
        var left = await Task.WhenAll(callers[0], callers[1], callers[3]);
        Assert.Equal([10, 20, 40], left);
        Assert.Equal([[1], [2, 3, 4], [2], [3], [4]], runs.Shared);
    }

    [Fact]
    public async Task What_may_have_been_committed_is_not_done_again()
    {
        var runs = new Runs();
        var shared = new SharedTransactions<int, int>(4, items => runs.RunAsync(items, item => item == 3 ? new CommitUnknownException("lost", new IOException()) : null), oneByOne: true);
        var callers = Enumerable.Range(1, 4).Select(item => shared.RunAsync(item, CancellationToken.None)).ToList();
        runs.Open();
        Assert.Equal(10, await callers[0]);
        foreach (var caller in callers.Skip(1))
        {
            await Assert.ThrowsAsync<CommitUnknownException>(() => caller);
        }
        Assert.Equal([[1], [2, 3, 4]], runs.Shared);
    }
}
