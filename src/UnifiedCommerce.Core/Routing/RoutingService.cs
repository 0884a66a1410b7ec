using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text.Json;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Sourcing;

namespace UnifiedCommerce.Core.Routing;

/// <summary>Routes the waiting lines of a pool: solves them together, keeps the run replayable, shows the preview, and at the cut-off
/// decides and freezes purchase orders.</summary>
public sealed class RoutingService(PartnerBookHolder book, CatalogueCache catalogue)
{
    /// <summary>Runs a pool that gathers lines: a preview, and a decision for every supplier whose cut-off has come.</summary>
    public async Task<RoutingRun?> RunPoolAsync(IWork work, string pool, DateTimeOffset asOf, bool decideAll, CancellationToken cancellationToken)
    {
        var state = await work.Routing.LockPoolAsync(pool, cancellationToken);
        if (!decideAll && !(state.NextRunAt <= asOf) && !(state.CutOffAt <= asOf))
        {
            // A second tick for a moment that was dealt with: a run for nothing would change the numbers of all that follow.
            return null;
        }
        var orders = await work.Orders.WaitingAsync(pool, cancellationToken);
        if (orders.Count == 0)
        {
            await work.Routing.UpdatePoolAsync(state with { NextRunAt = null, CutOffAt = null }, cancellationToken);
            return null;
        }
        var context = await LoadAsync(work, asOf, orders, cancellationToken);
        await ReRoutes.HoldAsync(work, context, orders, asOf, book.Current.House.Rules.WorkLimit, cancellationToken);
        if (Demands.Of(context.Orders.Values, book.Current.House).Count == 0)
        {
            await work.Routing.UpdatePoolAsync(state with { NextRunAt = null, CutOffAt = null }, cancellationToken);
            return null;
        }
        var rule = book.Current.House.Pools.FirstOrDefault(candidate => candidate.Name == pool) ?? new PoolRule { Name = pool };
        var built = Problem(context, state.LastRun + 1, pool, orders, asOf);
        var solved = Solve(context, built, state.LastRun + 1, pool, asOf, rule.Margin, decideAll || rule.Immediate, cancellationToken);
        // The orders were read without locks: lock them now, and do the run again when one changed in between.
        await Placement.LockAsync(work, context, solved, cancellationToken);
        var run = (await StoreAsync(work, context, [solved], asOf, cancellationToken))[0];
        // Lines that nothing can fill are looked at again the next morning, or when new demand or prices wake the pool.
        var again = run.UnfilledCount > 0 ? NextMorning(asOf) : (DateTimeOffset?)null;
        await work.Routing.UpdatePoolAsync(state with { LastRun = run.Number, NextRunAt = again, CutOffAt = solved.CutOff }, cancellationToken);
        return run;
    }

    /// <summary>Routes orders of immediate pools, each alone, and decides at once.</summary>
    public async Task RunOrdersAsync(IWork work, IReadOnlyList<long> orderIds, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        foreach (var group in (await work.Orders.PoolsAsync(orderIds, cancellationToken)).GroupBy(order => order.Value, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var state = await work.Routing.LockPoolAsync(group.Key, cancellationToken);
            var orders = (await work.Orders.LockAsync([.. group.Select(order => order.Key)], cancellationToken))
                .Where(order => order.Lines.Any(line => line is { Open: > 0, Sku: not null, Hold: null })).ToList();
            if (orders.Count == 0)
            {
                continue;
            }
            var context = await LoadAsync(work, asOf, orders, cancellationToken);
            await ReRoutes.HoldAsync(work, context, orders, asOf, book.Current.House.Rules.WorkLimit, cancellationToken);
            var waiting = orders.Where(order => Demands.Of([context.Orders[order.Id]], book.Current.House).Count > 0).ToList();
            var solved = SolveEach(context, state.LastRun + 1, group.Key, waiting, asOf, cancellationToken);
            await StoreAsync(work, context, solved, asOf, cancellationToken);
            await work.Routing.UpdatePoolAsync(state with { LastRun = state.LastRun + solved.Count }, cancellationToken);
        }
    }

    /// <summary>Weighs what a supplier will deliver too late against buying it elsewhere now. What costs at most the house rule <c>reRouteLimit</c> more is
    /// asked back by itself, above it a person is asked; what nobody else has in time waits.</summary>
    public async Task WeighAsync(IWork work, long purchaseId, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        if (await work.Purchases.LockAsync([purchaseId], cancellationToken) is not [var purchase])
        {
            return;
        }
        if (purchase.PendingChange is not null)
        {
            return;
        }
        var (context, pegs) = await AroundAsync(work, purchase, asOf, cancellationToken);
        if (context.Orders.Count == 0)
        {
            return;
        }
        var card = ReRoutes.WeighLate(context, purchase, pegs, asOf, book.Current.House.Rules.WorkLimit, cancellationToken);
        if (card is null)
        {
            return;
        }
        if (card.After - card.Before > card.Limit)
        {
            await ReRoutes.OpenLateAsync(work, context, purchase, card, asOf, cancellationToken);
            return;
        }
        await AskBackAsync(work, book.Current, purchase, await work.Orders.LockAsync([.. context.Orders.Keys], cancellationToken), card, asOf, cancellationToken);
        await work.Audit.AddAsync([new AuditEntry(asOf, "system", "purchase-order.re-routed", $"purchase:{purchaseId}", null, JsonSerializer.Serialize(card, CanonicalJson.Options))], cancellationToken);
    }

    /// <summary>Looks again at the terms of a purchase order that lost lines after it was sent, and asks a person when what is left misses a limit; an older
    /// question is replaced, or closed when nothing is missed any more.</summary>
    public async Task WeighRestAsync(IWork work, long purchaseId, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        if (await work.Purchases.LockAsync([purchaseId], cancellationToken) is not [var purchase])
        {
            return;
        }
        var (context, pegs) = await AroundAsync(work, purchase, asOf, cancellationToken);
        await work.Tasks.CloseAsync(RestOfOrder.TaskKey(purchaseId), HubTask.Itself + "the purchase order changed again", asOf, cancellationToken);
        if (RestOfOrder.Weigh(context, purchase, pegs, asOf, book.Current.House.Rules.WorkLimit, cancellationToken) is { } card)
        {
            await work.Tasks.OpenAsync([RestOfOrder.TaskFor(context, purchase, card, asOf)], cancellationToken);
        }
    }

    /// <summary>What the open quantity of a purchase order line would cost elsewhere now, with freight and fees; null when nobody else can deliver it.</summary>
    public async Task<ReRouteCard?> ElsewhereAsync(IWork work, PurchaseState purchase, int position, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        var (context, pegs) = await AroundAsync(work, purchase, asOf, cancellationToken);
        return ReRoutes.WeighOpen(context, purchase, [position], pegs, asOf, book.Current.House.Rules.WorkLimit, cancellationToken);
    }

    private async Task<(RunContext Context, IReadOnlyList<Peg> Pegs)> AroundAsync(IWork work, PurchaseState purchase, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        var pegs = await work.Purchases.PegsOfPurchasesAsync([purchase.Id], cancellationToken);
        var orders = await work.Orders.LockAsync([.. pegs.Where(peg => !peg.ToStock).Select(peg => peg.OrderId).Distinct()], cancellationToken);
        return (await LoadAsync(work, asOf, [.. orders.Select(order => order with { Lines = [.. order.Lines.Select(line => line with { Open = line.Allocated })] })], cancellationToken), pegs);
    }

    /// <summary>Asks the supplier to cancel what is bought elsewhere. When it agrees the lines wait for another supplier, not for this one again.</summary>
    internal static async Task AskBackAsync(
        IWork work, PartnerBook book, PurchaseState purchase, IReadOnlyList<OrderState> orders, ReRouteCard card, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var positions = card.Lines.Select(line => line.Position).ToHashSet();
        var lines = card.Lines.Select(line => (line.OrderId, line.LineId)).ToHashSet();
        await work.Orders.SaveLinesAsync([.. orders.SelectMany(order => order.Lines)
            .Where(line => lines.Contains((line.OrderId, line.LineId)) && !line.Forbidden.Contains(purchase.Partner))
            .Select(line => line with { Forbidden = [.. line.Forbidden, purchase.Partner] })], cancellationToken);
        await AskCancellationHandler.RequestAsync(work, book.Get(purchase.Partner), purchase, positions, now, cancellationToken);
    }

    /// <summary>Solves a stored run again and compares the bytes.</summary>
    /// <returns>Null when they are the same, else what differs.</returns>
    public static string? Replay(RoutingRun run)
    {
        var problem = JsonSerializer.Deserialize<SourcingProblem>(Unpack(run.Problem), CanonicalJson.Options)
            ?? throw new HubException($"Routing run {run.Id} holds no problem. The row was damaged: restore it from a backup.");
        var stored = JsonSerializer.Deserialize<StoredPlan>(Unpack(run.Plan), CanonicalJson.Options)
            ?? throw new HubException($"Routing run {run.Id} holds no plan. The row was damaged: restore it from a backup.");
        var again = StoredPlan.From(SourcingEngine.Solve(problem, OptionsFor(stored.WorkLimit)), stored.WorkLimit);
        var sha = Hash(JsonSerializer.SerializeToUtf8Bytes(problem, CanonicalJson.Options), JsonSerializer.SerializeToUtf8Bytes(again, CanonicalJson.Options));
        return sha == run.Sha256 ? null : $"Run {run.Pool} {run.Number}: a replay gives {sha[..12]}, stored is {run.Sha256[..12]}.";
    }

    /// <summary>The problem and plan of a stored run.</summary>
    public static (SourcingProblem Problem, StoredPlan Plan) Open(RoutingRun run) =>
        (JsonSerializer.Deserialize<SourcingProblem>(Unpack(run.Problem), CanonicalJson.Options)!, JsonSerializer.Deserialize<StoredPlan>(Unpack(run.Plan), CanonicalJson.Options)!);

    private async Task<RunContext> LoadAsync(IWork work, DateTimeOffset asOf, IReadOnlyList<OrderState> orders, CancellationToken cancellationToken)
    {
        var switches = await PartnerSwitches.ReadAsync(work, cancellationToken);
        var current = switches.Restrain(book.Current);
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(asOf, current.House.TimeZone).DateTime);
        var snapshot = await catalogue.GetAsync(work, today, cancellationToken);
        var stopped = switches.Stopped.Keys.ToHashSet(StringComparer.Ordinal);
        var skus = orders.SelectMany(order => order.Lines).Where(line => line is { Open: > 0, Sku: not null }).Select(line => line.Sku!).Distinct(StringComparer.Ordinal).ToList();
        var suppliers = current.Partners.Values.Where(partner => partner.Role != PartnerRole.Customer && partner.Transport is not null).OrderBy(partner => partner.Id, StringComparer.Ordinal).ToList();
        var reserved = await work.Purchases.ReservedAsync([.. suppliers.SelectMany(partner => skus.Select(sku => snapshot.Stock(partner.Id, sku)).OfType<StockRow>())], cancellationToken);
        var bought = new Dictionary<string, decimal>(StringComparer.Ordinal);
        foreach (var partner in suppliers)
        {
            if (partner.TermsOn(today)?.Commitment is { } commitment)
            {
                bought[partner.Id] = await work.Purchases.BoughtAsync(partner.Id, commitment.From, commitment.To, cancellationToken);
            }
        }
        return new RunContext(current, snapshot, stopped, new StockLeft(reserved), bought, orders.ToDictionary(order => order.Id));
    }

    /// <summary>Computes a run for each order, all at the same time, as if one after another: each sees what the ones before it took. All are written together.</summary>
    private static List<SolvedRun> SolveEach(
        RunContext context, long first, string pool, IReadOnlyList<OrderState> orders, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        SolvedRun Run(int index) => Solve(context, Problem(context, first + index, pool, [orders[index]], asOf), first + index, pool, asOf, TimeSpan.Zero, decideAll: true, cancellationToken);
        var ahead = new SolvedRun[orders.Count];
        try
        {
            Parallel.For(0, orders.Count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken }, index => ahead[index] = Run(index));
        }
        catch (AggregateException several)
        {
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }
        for (var index = 0; index < ahead.Length; index++)
        {
            // What was computed ahead holds unless stock that matters to it was taken meanwhile.
            if (ahead[index].Built.Demands.Any(demand => context.Stock.Taken(demand.Sku))
                && !ProblemBuilder.SameSupply(ahead[index].Built.Problem, Problem(context, first + index, pool, [orders[index]], asOf).Problem))
            {
                ahead[index] = Run(index);
            }
            TakeStock(context, ahead[index]);
        }
        return [.. ahead];
    }

    private static void TakeStock(RunContext context, SolvedRun solved)
    {
        foreach (var purchase in solved.Decided)
        {
            foreach (var line in purchase.Lines)
            {
                context.Stock.Take(purchase.Partner.Id, line.Demand.Sku, line.BaseQuantity);
            }
        }
    }

    private static BuiltProblem Problem(RunContext context, long number, string pool, IReadOnlyList<OrderState> orders, DateTimeOffset asOf)
    {
        using var step = JourneySteps.Begin("problem");
        return ProblemBuilder.Build(RunName(pool, number), Demands.Of(orders.Select(order => context.Orders[order.Id]), context.Book.House), context.Book, context.Stopped, context.Snapshot, context.Stock, context.Bought, asOf);
    }

    private static string RunName(string pool, long number) => string.Create(CultureInfo.InvariantCulture, $"{pool}-{number:D6}");

    /// <summary>Computes a run. Writes nothing and takes nothing.</summary>
    private static SolvedRun Solve(
        RunContext context, BuiltProblem built, long number, string pool, DateTimeOffset asOf, TimeSpan margin, bool decideAll, CancellationToken cancellationToken)
    {
        var house = context.Book.House;
        var limit = house.Rules.WorkLimit;
        SourcingPlan plan;
        using (JourneySteps.Begin("solve"))
        {
            var began = Stopwatch.GetTimestamp();
            plan = SourcingEngine.Solve(built.Problem, OptionsFor(limit), cancellationToken);
            JourneyMeters.Routed(pool, began, plan.Cost.Total, plan.LowerBound);
        }
        using var keeping = JourneySteps.Begin("keep-run");
        var proposal = Proposal.Of(built, plan, asOf);
        var decided = proposal.Purchases.Where(purchase => decideAll || purchase.CutOff - margin <= asOf).ToList();
        var storedProblem = JsonSerializer.SerializeToUtf8Bytes(built.Problem, CanonicalJson.Options);
        var storedPlan = JsonSerializer.SerializeToUtf8Bytes(StoredPlan.From(plan, limit), CanonicalJson.Options);
        var spoken = decided.Count > 0 ? decided : [.. proposal.Purchases];
        var comparison = Comparison.Of(built, context.Snapshot, spoken.SelectMany(purchase => purchase.Lines).Select(line => line.Demand).ToHashSet<Demand>(ReferenceEqualityComparer.Instance));
        var run = new RoutingRun
        {
            Pool = pool, Number = number, AsOf = asOf, Decided = decided.Count > 0, LineCount = built.Demands.Sum(demand => demand.Parts.Count),
            UnfilledCount = plan.Cost.UnfilledLines.Sum(line => built.Demands[line].Parts.Count), Currency = house.Currency,
            CashCost = spoken.Sum(purchase => purchase.Cost.Cash), DecisionCost = plan.Cost.Total, LowerBound = plan.LowerBound,
            PreferredCost = comparison.Preferred, CheapestPerLineCost = comparison.CheapestPerLine, WorkSteps = plan.WorkSteps, Proved = plan.Proved,
            Problem = Pack(storedProblem), Plan = Pack(storedPlan), Versions = $"{context.Book.Versions} catalogue={context.Snapshot.Version}", Sha256 = Hash(storedProblem, storedPlan),
        };
        var deciding = decided.ToHashSet();
        DateTimeOffset? cutOff = null;
        foreach (var waiting in proposal.Purchases.Where(purchase => !deciding.Contains(purchase)))
        {
            cutOff = cutOff is null || waiting.CutOff - margin < cutOff ? waiting.CutOff - margin : cutOff;
        }
        return new SolvedRun(RunName(pool, number), run, built, plan, proposal, decided, cutOff);
    }

    /// <summary>Writes runs, proposals, purchase orders and what follows from them, each with one statement for all runs.</summary>
    private static async Task<IReadOnlyList<RoutingRun>> StoreAsync(
        IWork work, RunContext context, IReadOnlyList<SolvedRun> solved, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        var runs = await work.Routing.AddAsync([.. solved.Select(one => one.Run)], cancellationToken);
        var stored = solved.Select((one, index) => one with { Run = runs[index] }).ToList();
        await work.Routing.SaveProposalsAsync([.. stored.SelectMany(one => one.Proposal.Lines(one.Run.Id))], cancellationToken);
        await Placement.PlaceAsync(work, context, stored, asOf, cancellationToken);
        await work.Tasks.OpenAsync([.. stored.SelectMany(one => UnfilledTasks(one, asOf))], cancellationToken);
        return runs;
    }

    private static IEnumerable<HubTask> UnfilledTasks(SolvedRun solved, DateTimeOffset asOf)
    {
        var (built, plan) = (solved.Built, solved.Plan);
        if (plan.Cost.UnfilledLines.Count == 0)
        {
            yield break;
        }
        var sentences = new ExplanationSentences(built.Problem, names: built.Names);
        var remedies = PlanExplainer.Remedies(built.Problem, plan, plan.Cost.UnfilledLines);
        foreach (var line in plan.Cost.UnfilledLines)
        {
            var demand = built.Demands[line];
            var why = remedies[line].Count == 0 ? "No live supplier offers it: load a price for it, or match the article to another."
                : "What would fill it: " + string.Join(" ", remedies[line].Take(3).Select(sentences.Of));
            foreach (var part in demand.Parts)
            {
                yield return new HubTask
                {
                    Kind = "unfilled-line", Key = $"unfilled-line:{part.OrderId}:{part.LineId}", OrderId = part.OrderId, At = asOf,
                    Text = $"Nobody can supply article {demand.Sku} ({demand.Quantity:0.###} needed{(demand.NeedBy is { } date ? $" by {date:yyyy-MM-dd}" : "")}). {why}",
                    Data = JsonSerializer.Serialize(new { runId = solved.Run.Id, sku = demand.Sku, lineId = part.LineId }, CanonicalJson.Options),
                };
            }
        }
    }

    // Counted work only: a time limit would make the plan depend on the machine.
    internal static SourcingOptions OptionsFor(long workLimit) => new() { WorkLimit = workLimit, TimeLimit = null, Seed = 1, Threads = 1, WithCertificate = true };

    private DateTimeOffset NextMorning(DateTimeOffset asOf)
    {
        var zone = book.Current.House.TimeZone;
        return SupplyDates.At(DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(asOf, zone).DateTime).AddDays(1), new TimeOnly(7, 0), zone);
    }

    private static string Hash(byte[] problem, byte[] plan)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(problem);
        hash.AppendData(plan);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static byte[] Pack(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Fastest))
        {
            brotli.Write(bytes);
        }
        return packed.ToArray();
    }

    private static byte[] Unpack(byte[] packed)
    {
        using var brotli = new BrotliStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        brotli.CopyTo(bytes);
        return bytes.ToArray();
    }
}

/// <summary>A run that was computed and is not stored yet.</summary>
internal sealed record SolvedRun(
    string Name, RoutingRun Run, BuiltProblem Built, SourcingPlan Plan, Proposal Proposal, IReadOnlyList<ProposedPurchase> Decided, DateTimeOffset? CutOff);

/// <summary>What one transaction's runs share: one version of everything, and the orders as they are after each decision.</summary>
internal sealed class RunContext(
    PartnerBook book, CatalogueSnapshot snapshot, IReadOnlySet<string> stopped, StockLeft stock, IReadOnlyDictionary<string, decimal> bought,
    Dictionary<long, OrderState> orders)
{
    public PartnerBook Book { get; } = book;
    public CatalogueSnapshot Snapshot { get; } = snapshot;
    public IReadOnlySet<string> Stopped { get; } = stopped;
    public StockLeft Stock { get; } = stock;
    public IReadOnlyDictionary<string, decimal> Bought { get; } = bought;
    public Dictionary<long, OrderState> Orders { get; } = orders;

}

/// <summary>A plan as a run stores it.</summary>
/// <param name="Allocations">Offer index and quantity in problem units.</param>
/// <param name="Cost">Evaluated cost.</param>
/// <param name="LowerBound">No plan costs less.</param>
/// <param name="Status">How the search ended.</param>
/// <param name="WorkSteps">Steps used.</param>
/// <param name="WorkLimit">Steps allowed.</param>
/// <param name="Certificate">Proof of the bound.</param>
public sealed record StoredPlan(
    IReadOnlyList<Allocation> Allocations, PlanCost Cost, decimal LowerBound, PlanStatus Status, long WorkSteps, long WorkLimit, Certificate? Certificate)
{
    /// <summary>What is kept of a plan: nothing that depends on the machine.</summary>
    public static StoredPlan From(SourcingPlan plan, long workLimit) =>
        new(plan.Allocations, plan.Cost, plan.LowerBound, plan.Status, plan.WorkSteps, workLimit, plan.Certificate);
}
