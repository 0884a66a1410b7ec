namespace UnifiedCommerce.Core.Routing;

/// <summary>A pool of waiting lines that are consolidated together; one run at a time.</summary>
public sealed record PoolState
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }
    /// <summary>Number of the last run; run numbers rise by one per pool.</summary>
    public long LastRun { get; init; }
    /// <summary>When the next run is due, or null when nothing waits.</summary>
    public DateTimeOffset? NextRunAt { get; init; }
    /// <summary>Earliest cut-off in the current proposal, when lines must be decided.</summary>
    public DateTimeOffset? CutOffAt { get; init; }
}

/// <summary>A routing run: what went in, what came out, and enough to replay it byte for byte.</summary>
public sealed record RoutingRun
{
    /// <summary>Row id; zero before it is stored.</summary>
    public long Id { get; init; }
    /// <summary>The pool.</summary>
    public required string Pool { get; init; }
    /// <summary>Number within the pool, from 1.</summary>
    public required long Number { get; init; }
    /// <summary>The moment the run speaks of (not when it was computed).</summary>
    public required DateTimeOffset AsOf { get; init; }
    /// <summary>False for a preview; true when purchase orders were decided.</summary>
    public required bool Decided { get; init; }
    /// <summary>Lines in the run.</summary>
    public required int LineCount { get; init; }
    /// <summary>Lines that no plan could fill.</summary>
    public int UnfilledCount { get; init; }
    /// <summary>Base currency, ISO 4217.</summary>
    public required string Currency { get; init; }
    /// <summary>What is paid: of a preview for the whole plan, of a decision for the purchase orders it decided. The comparisons below speak of the
    /// same lines, so that savings of decisions add up.</summary>
    public required decimal CashCost { get; init; }
    /// <summary>What was minimised over all lines of the run: cash cost and penalties, priced rules, risk.</summary>
    public required decimal DecisionCost { get; init; }
    /// <summary>Certified: no plan costs less than this.</summary>
    public required decimal LowerBound { get; init; }
    /// <summary>Cash cost when everything comes from the preferred supplier where it can.</summary>
    public decimal? PreferredCost { get; init; }
    /// <summary>Cash cost of the cheapest offer per line.</summary>
    public decimal? CheapestPerLineCost { get; init; }
    /// <summary>Solver steps used; a replay with the same limit gives the same bytes.</summary>
    public required long WorkSteps { get; init; }
    /// <summary>The optimum was proved.</summary>
    public bool Proved { get; init; }
    /// <summary>The problem as solved, JSON, UTF-8, compressed with Brotli.</summary>
    public required byte[] Problem { get; init; }
    /// <summary>The plan with certificate and reasons, JSON, UTF-8, compressed with Brotli.</summary>
    public required byte[] Plan { get; init; }
    /// <summary>Versions of terms, rules and partner files, as <c>name=sha</c> separated by blanks.</summary>
    public required string Versions { get; init; }
    /// <summary>SHA-256 of problem and plan (uncompressed): a replay must give the same.</summary>
    public required string Sha256 { get; init; }
}

/// <summary>What the current proposal says about one line.</summary>
/// <param name="OrderId">Order.</param>
/// <param name="LineId">Line.</param>
/// <param name="RunId">Run that proposed it.</param>
/// <param name="Partner">Proposed partner, or null when unfilled; the first by id when split.</param>
/// <param name="CutOffAt">Cut-off of that partner.</param>
/// <param name="Reason">In words.</param>
public sealed record LineProposal(long OrderId, string LineId, long RunId, string? Partner, DateTimeOffset? CutOffAt, string Reason);

/// <summary>Pools and runs.</summary>
public interface IRoutingRuns
{
    /// <summary>The pool, created when new, locked until the transaction ends: one run at a time.</summary>
    Task<PoolState> LockPoolAsync(string pool, CancellationToken cancellationToken);
    /// <summary>Makes a run due at the given time unless one is due earlier. Locks nothing for longer than the write.</summary>
    Task WakePoolAsync(string pool, DateTimeOffset at, CancellationToken cancellationToken);
    /// <summary>Pools whose run or cut-off is due at the given moment.</summary>
    Task<IReadOnlyList<PoolState>> DuePoolsAsync(DateTimeOffset now, CancellationToken cancellationToken);
    /// <summary>Writes number, next run and cut-off.</summary>
    Task UpdatePoolAsync(PoolState pool, CancellationToken cancellationToken);
    /// <summary>Stores runs and returns them with ids, in the order given.</summary>
    Task<IReadOnlyList<RoutingRun>> AddAsync(IReadOnlyList<RoutingRun> runs, CancellationToken cancellationToken);
    /// <summary>A run, or null.</summary>
    Task<RoutingRun?> FindAsync(long id, CancellationToken cancellationToken);
    /// <summary>Replaces the proposals of these lines.</summary>
    Task SaveProposalsAsync(IReadOnlyCollection<LineProposal> proposals, CancellationToken cancellationToken);
    /// <summary>The newest proposals of an order's lines.</summary>
    Task<IReadOnlyList<LineProposal>> ProposalsAsync(long orderId, CancellationToken cancellationToken);
}
