namespace UnifiedCommerce.Core.Orders;

/// <summary>A customer's order with the ledger of its lines. Quantities of the ledger are in the article's base unit.</summary>
public sealed record OrderState
{
    /// <summary>Row id; zero before it is stored.</summary>
    public long Id { get; init; }
    /// <summary>Arrival number: rises by one per order taken in, the order in which lines have a claim on scarce stock
    /// after need-by date.</summary>
    public long Arrival { get; init; }
    /// <summary>The customer's order number.</summary>
    public required string Number { get; init; }
    /// <summary>Channel.</summary>
    public required string Channel { get; init; }
    /// <summary>Key of the customer (<see cref="Party.Key"/> of the buyer).</summary>
    public required string Customer { get; init; }
    /// <summary>Routing pool it is consolidated in.</summary>
    public required string Pool { get; init; }
    /// <summary>SHA-256 of the canonical order: same number and hash is a replay, another hash a change.</summary>
    public required string ContentHash { get; init; }
    /// <summary>Version from 1, raised by a change.</summary>
    public int Version { get; init; } = 1;
    /// <summary>When it was durable here.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }
    /// <summary>The stored document it came in, if any.</summary>
    public long? DocumentId { get; init; }
    /// <summary>The order as it is now.</summary>
    public required Order Order { get; init; }
    /// <summary>The ledger of its lines, in the order's order.</summary>
    public required IReadOnlyList<OrderLineState> Lines { get; init; }
}

/// <summary>One order line's ledger: ordered = open + allocated + cancelled; allocated = the sum of its pegs
/// (awaiting + confirmed + backordered + shipped + received).</summary>
public sealed record OrderLineState
{
    /// <summary>The order; zero before it is stored.</summary>
    public long OrderId { get; init; }
    /// <summary>The channel's line id.</summary>
    public required string LineId { get; init; }
    /// <summary>Index in the order, from 0.</summary>
    public required int Index { get; init; }
    /// <summary>Our article; null while it is not matched.</summary>
    public string? Sku { get; init; }
    /// <summary>Base units per ordered unit.</summary>
    public decimal UnitFactor { get; init; } = 1;
    /// <summary>Need-by date.</summary>
    public DateOnly? NeedBy { get; init; }
    /// <summary>Ordered, in base units.</summary>
    public required decimal Ordered { get; init; }
    /// <summary>Not yet on any purchase order.</summary>
    public decimal Open { get; init; }
    /// <summary>On purchase orders (the sum of the pegs).</summary>
    public decimal Allocated { get; init; }
    /// <summary>Cancelled by the customer or by us.</summary>
    public decimal Cancelled { get; init; }
    /// <summary>Part of <see cref="Allocated"/>: the supplier has not answered.</summary>
    public decimal Awaiting { get; init; }
    /// <summary>Part of <see cref="Allocated"/>: confirmed, not shipped.</summary>
    public decimal Confirmed { get; init; }
    /// <summary>Part of <see cref="Allocated"/>: comes later.</summary>
    public decimal Backordered { get; init; }
    /// <summary>Part of <see cref="Allocated"/>: on its way.</summary>
    public decimal Shipped { get; init; }
    /// <summary>Part of <see cref="Allocated"/>: arrived.</summary>
    public decimal Received { get; init; }
    /// <summary>Part of <see cref="Allocated"/> that the customer wants cancelled; the supplier's answer decides.</summary>
    public decimal CancelRequested { get; init; }
    /// <summary>Latest promised delivery of what is not shipped.</summary>
    public DateOnly? Promised { get; init; }
    /// <summary>Only this partner may supply it (a buyer's decision with a reason).</summary>
    public string? Pinned { get; init; }
    /// <summary>These partners may not: the customer's wish, a buyer's decision, or a rejection.</summary>
    public IReadOnlyList<string> Forbidden { get; init; } = [];
    /// <summary>Why the line waits for a person, in words; null when it does not.</summary>
    public string? Hold { get; init; }
    /// <summary>Last sentence said to the customer about this line.</summary>
    public string? Reason { get; init; }

    /// <summary>Throws when the sums do not hold (I1).</summary>
    public OrderLineState Verified()
    {
        if (Open < 0 || Cancelled < 0 || Allocated < 0 || Awaiting < 0 || Confirmed < 0 || Backordered < 0 || Shipped < 0 || Received < 0
            || CancelRequested < 0 || CancelRequested > Allocated || Ordered != Open + Allocated + Cancelled
            || Allocated != Awaiting + Confirmed + Backordered + Shipped + Received)
        {
            throw new HubException($"Order line {OrderId}/{LineId}: found ordered {Ordered} = open {Open} + allocated {Allocated} + cancelled {Cancelled}, "
                + $"allocated = awaiting {Awaiting} + confirmed {Confirmed} + backordered {Backordered} + shipped {Shipped} + received {Received}; "
                + "expected both sums to hold and no part below zero. The transition that led here is wrong.");
        }
        return this;
    }
}

/// <summary>Customers' orders.</summary>
public interface IOrders
{
    /// <summary>Stores new orders with their lines, takes the next arrival numbers, and returns them with ids.</summary>
    Task<IReadOnlyList<OrderState>> AddAsync(IReadOnlyList<OrderState> orders, CancellationToken cancellationToken);
    /// <summary>Orders by customer key and number, locked until the transaction ends.</summary>
    Task<OrderState?> FindByNumberAsync(string customer, string number, CancellationToken cancellationToken);
    /// <summary>Orders by id with their lines, locked in ascending id order until the transaction ends.</summary>
    Task<IReadOnlyList<OrderState>> LockAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken);
    /// <summary>Orders by id with their lines, without a lock.</summary>
    Task<IReadOnlyList<OrderState>> LoadAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken);
    /// <summary>The pools of orders.</summary>
    Task<IReadOnlyDictionary<long, string>> PoolsAsync(IReadOnlyCollection<long> ids, CancellationToken cancellationToken);
    /// <summary>Orders of a pool that have open quantity on matched lines that are not on hold, in arrival order, with all their lines.</summary>
    Task<IReadOnlyList<OrderState>> WaitingAsync(string pool, CancellationToken cancellationToken);
    /// <summary>Writes the order (content, version, hash) again; lines apart.</summary>
    Task UpdateAsync(OrderState order, CancellationToken cancellationToken);
    /// <summary>Writes lines; each is verified first. Lines that are new to the order are inserted.</summary>
    Task SaveLinesAsync(IReadOnlyCollection<OrderLineState> lines, CancellationToken cancellationToken);
    /// <summary>Which of these customer keys and numbers are known. Nothing is locked.</summary>
    Task<IReadOnlyList<(string Customer, string Number)>> KnownNumbersAsync(IReadOnlyCollection<(string Customer, string Number)> numbers, CancellationToken cancellationToken);
    /// <summary>The answers that were given under these idempotency keys before.</summary>
    Task<IReadOnlyList<IdempotentAnswer>> FindAnswersAsync(IReadOnlyCollection<string> keys, CancellationToken cancellationToken);
    /// <summary>Remembers answers to idempotency keys; a second one for the same key throws.</summary>
    Task AddAnswersAsync(IReadOnlyList<IdempotentAnswer> answers, CancellationToken cancellationToken);
}

/// <summary>An API answer that is repeated for the same Idempotency-Key.</summary>
/// <param name="Key">Client and key.</param>
/// <param name="RequestHash">SHA-256 of the request body; another body with the same key is refused with 422.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">JSON body.</param>
/// <param name="At">When.</param>
public sealed record IdempotentAnswer(string Key, string RequestHash, int Status, string Body, DateTimeOffset At);
