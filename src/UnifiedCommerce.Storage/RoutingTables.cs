using UnifiedCommerce.Core.Routing;

namespace UnifiedCommerce.Storage;

internal sealed class RoutingTables(Session session) : IRoutingRuns
{
    static readonly Bulk<RoutingRun> Insert = Bulk<RoutingRun>.Insert("runs", "returning id",
        Column<RoutingRun>.Text("pool", run => run.Pool),
        Column<RoutingRun>.Number("number", run => run.Number),
        Column<RoutingRun>.Moment("as_of", run => run.AsOf),
        Column<RoutingRun>.Flag("decided", run => run.Decided),
        Column<RoutingRun>.Number("line_count", run => run.LineCount),
        Column<RoutingRun>.Number("unfilled_count", run => run.UnfilledCount),
        Column<RoutingRun>.Text("currency", run => run.Currency),
        Column<RoutingRun>.Money("cash_cost", run => run.CashCost),
        Column<RoutingRun>.Money("decision_cost", run => run.DecisionCost),
        Column<RoutingRun>.Money("lower_bound", run => run.LowerBound),
        Column<RoutingRun>.Money("preferred_cost", run => run.PreferredCost),
        Column<RoutingRun>.Money("cheapest_per_line_cost", run => run.CheapestPerLineCost),
        Column<RoutingRun>.Number("work_steps", run => run.WorkSteps),
        Column<RoutingRun>.Flag("proved", run => run.Proved),
        Column<RoutingRun>.Bytes("problem", run => run.Problem),
        Column<RoutingRun>.Bytes("plan", run => run.Plan),
        Column<RoutingRun>.Text("versions", run => run.Versions),
        Column<RoutingRun>.Text("sha256", run => run.Sha256));
    static readonly Bulk<LineProposal> Save = Bulk<LineProposal>.Save("proposals", ["order_id", "line_id"],
        Column<LineProposal>.Number("order_id", proposal => proposal.OrderId),
        Column<LineProposal>.Text("line_id", proposal => proposal.LineId),
        Column<LineProposal>.Number("run_id", proposal => proposal.RunId),
        Column<LineProposal>.Text("partner", proposal => proposal.Partner),
        Column<LineProposal>.Moment("cut_off_at", proposal => proposal.CutOffAt),
        Column<LineProposal>.Text("reason", proposal => proposal.Reason));

    /// <summary>A wake is a row of its own, so that taking in an order never waits for a run that holds the pool. The run swallows the wakes it
    /// can see; one that commits later stays and makes another run.</summary>
    public async Task<PoolState> LockPoolAsync(string pool, CancellationToken cancellationToken)
    {
        await session.RunAsync("insert into pools (name, last_run) values (@pool, 0) on conflict (name) do nothing", new { pool }, cancellationToken);
        var state = await session.FirstAsync("select name, last_run, next_run_at, cut_off_at from pools where name = @pool {lock}", new { pool },
            Read, cancellationToken);
        var wakes = await session.ListAsync("delete from pool_wakes where pool = @pool returning at", new { pool }, static row => row.Moment(),
            cancellationToken);
        if (wakes.Count == 0 || (state!.NextRunAt is { } next && next <= wakes.Min()))
            return state!;
        state = state with { NextRunAt = wakes.Min() };
        await UpdatePoolAsync(state, cancellationToken);
        return state;
    }

    public Task WakePoolAsync(string pool, DateTimeOffset at, CancellationToken cancellationToken) =>
        session.RunAsync("insert into pool_wakes (pool, at) values (@pool, @at)", new { pool, at = Stored.Moment(at) }, cancellationToken);

    public async Task<IReadOnlyList<PoolState>> DuePoolsAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var pools = await session.ListAsync("select name, last_run, next_run_at, cut_off_at from pools", null, Read, cancellationToken);
        var wakes = await session.ListAsync("select pool, min(at) from pool_wakes group by pool", null,
            static row => (Pool: row.Text(), At: row.Moment()), cancellationToken);
        var byName = pools.ToDictionary(pool => pool.Name, StringComparer.Ordinal);
        foreach (var (name, at) in wakes)
        {
            var pool = byName.GetValueOrDefault(name) ?? new PoolState { Name = name };
            byName[name] = pool.NextRunAt is { } next && next <= at ? pool : pool with { NextRunAt = at };
        }
        return [.. byName.Values.Where(pool => pool.NextRunAt <= now || pool.CutOffAt <= now).OrderBy(pool => pool.Name, StringComparer.Ordinal)];
    }

    public Task UpdatePoolAsync(PoolState pool, CancellationToken cancellationToken) => session.RunAsync(
        "update pools set last_run = @LastRun, next_run_at = @next, cut_off_at = @cutOff where name = @Name",
        new { pool.LastRun, next = Stored.Moment(pool.NextRunAt), cutOff = Stored.Moment(pool.CutOffAt), pool.Name }, cancellationToken);

    public async Task<IReadOnlyList<RoutingRun>> AddAsync(IReadOnlyList<RoutingRun> runs, CancellationToken cancellationToken)
    {
        var ids = await Insert.NumbersAsync(session, runs, cancellationToken);
        return [.. runs.Select((run, index) => run with { Id = ids[index] })];
    }

    public Task<RoutingRun?> FindAsync(long id, CancellationToken cancellationToken) => session.FirstAsync(
        "select id, pool, number, as_of, decided, line_count, unfilled_count, currency, cash_cost, decision_cost, lower_bound, preferred_cost, "
        + "cheapest_per_line_cost, work_steps, proved, problem, plan, versions, sha256 from runs where id = @id", new { id },
        static row => new RoutingRun
        {
            Id = row.Number(), Pool = row.Text(), Number = row.Number(), AsOf = row.Moment(), Decided = row.Flag(), LineCount = row.Int(),
            UnfilledCount = row.Int(), Currency = row.Text(), CashCost = row.Money(), DecisionCost = row.Money(), LowerBound = row.Money(),
            PreferredCost = row.MoneyOrNull(), CheapestPerLineCost = row.MoneyOrNull(), WorkSteps = row.Number(), Proved = row.Flag(),
            Problem = row.Bytes(), Plan = row.Bytes(), Versions = row.Text(), Sha256 = row.Text(),
        }, cancellationToken);

    public Task SaveProposalsAsync(IReadOnlyCollection<LineProposal> proposals, CancellationToken cancellationToken) =>
        Save.RunAsync(session, proposals.LastOfEach(proposal => (proposal.OrderId, proposal.LineId)), cancellationToken);

    public async Task<IReadOnlyList<LineProposal>> ProposalsAsync(long orderId, CancellationToken cancellationToken) => await session.ListAsync(
        "select order_id, line_id, run_id, partner, cut_off_at, reason from proposals where order_id = @orderId order by line_id", new { orderId },
        static row => new LineProposal(row.Number(), row.Text(), row.Number(), row.TextOrNull(), row.MomentOrNull(), row.Text()), cancellationToken);

    static PoolState Read(Row row) => new()
    {
        Name = row.Text(), LastRun = row.Number(), NextRunAt = row.MomentOrNull(), CutOffAt = row.MomentOrNull(),
    };
}
