using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Storage;

/// <summary>What is ordered of each supplier's stock since it was counted, kept beside the purchase order lines: it changes when they are added and when they move,
/// just before the commit, so that the rows are locked for the commit only; and it is counted anew under its lock when the stock is.</summary>
/// <param name="bought">Always written before it, so that two transactions cannot wait for each other.</param>
internal sealed class Reserved(Bought bought)
{
    const string Open = "(l.awaiting + l.confirmed) * l.unit_factor / 1000000";
    const string Uncounted = $"coalesce(l.reserved, 0) <> {Open}";

    // A row that is not there yet counts from the beginning of time: whoever adds lines adds it.
    static readonly Bulk<(string Partner, string Sku, long DecidedAt, long Amount)> Add = Bulk<(string Partner, string Sku, long DecidedAt, long Amount)>.Insert("reserved",
        "on conflict (partner, sku) do update set decided_at = excluded.decided_at, "
        + "amount = reserved.amount + case when excluded.decided_at > reserved.since then excluded.amount else 0 end",
        Column<(string Partner, string Sku, long DecidedAt, long Amount)>.Text("partner", row => row.Partner),
        Column<(string Partner, string Sku, long DecidedAt, long Amount)>.Text("sku", row => row.Sku),
        Column<(string Partner, string Sku, long DecidedAt, long Amount)>.Number("since", _ => 0),
        Column<(string Partner, string Sku, long DecidedAt, long Amount)>.Number("decided_at", row => row.DecidedAt),
        Column<(string Partner, string Sku, long DecidedAt, long Amount)>.Number("amount", row => row.Amount));
    static readonly Bulk<(long Purchase, long Position, long Amount)> Count = Bulk<(long Purchase, long Position, long Amount)>.Update("purchase_lines", ["purchase_id", "position"],
        Column<(long Purchase, long Position, long Amount)>.Number("purchase_id", row => row.Purchase),
        Column<(long Purchase, long Position, long Amount)>.Number("position", row => row.Position),
        Column<(long Purchase, long Position, long Amount)>.Number("reserved", row => row.Amount));

    /// <summary>Breaches of what must hold between purchase order lines and this table.</summary>
    internal static readonly (string Invariant, string Text, string Sql)[] Checks =
    [
        ("I1", "what is counted as reserved is not what is open on the purchase order line", $"select 'purchase-line:' || purchase_id || '/' || position from purchase_lines l where l.reserved is not null and {Uncounted}"),
        ("I1", "what is reserved of the supplier's stock is not the sum of its purchase order lines", "select 'stock:' || r.partner || '/' || r.sku from reserved r left join (select l.partner, l.sku, "
            + "sum(l.reserved) as amount from purchase_lines l join reserved q on q.partner = l.partner and q.sku = l.sku where l.decided_at > q.since group by l.partner, l.sku) s "
            + "on s.partner = r.partner and s.sku = r.sku where r.amount <> coalesce(s.amount, 0)"),
    ];

    readonly Dictionary<(string Partner, string Sku, long DecidedAt), long> _amounts = [];
    readonly HashSet<long> _changed = [];
    readonly HashSet<(string Partner, string Sku)> _counted = [];

    /// <summary>Thousandths of the order unit x millionths of the factor / a million = thousandths of the base unit, cut off per line as SQL does.</summary>
    public static long AmountOf(PurchaseLineState line) => checked(Core.Scale.ToStoredQuantity(line.Awaiting + line.Confirmed) * Stored.Factor(line.UnitFactor)) / 1_000_000;

    /// <summary>Purchase orders were added.</summary>
    public void Added(IEnumerable<PurchaseState> purchases)
    {
        foreach (var purchase in purchases)
        {
            foreach (var line in purchase.Lines)
                Change(purchase.Partner, line.Sku, Stored.Moment(purchase.DecidedAt), AmountOf(line));
        }
    }

    /// <summary>Lines of these purchase orders may have moved.</summary>
    public void Changed(IEnumerable<long> purchases) => _changed.UnionWith(purchases);

    /// <summary>The stock of these articles was counted: what was ordered before is in the figure.</summary>
    public void Counted(IEnumerable<StockRow> stock) => _counted.UnionWith(stock.Select(row => (row.Partner, row.Sku)));

    void Change(string partner, string sku, long decidedAt, long amount)
    {
        if (amount != 0)
            _amounts[(partner, sku, decidedAt)] = _amounts.GetValueOrDefault((partner, sku, decidedAt)) + amount;
    }

    public async Task FlushAsync(Session session, CancellationToken cancellationToken)
    {
        await bought.FlushAsync(session, cancellationToken);
        await FlushLinesAsync(session, cancellationToken);
        foreach (var partner in _counted.GroupBy(row => row.Partner, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
            await CountAgainAsync(session, partner.Key, partner.Select(row => row.Sku), cancellationToken);
        _counted.Clear();
    }

    async Task FlushLinesAsync(Session session, CancellationToken cancellationToken)
    {
        if (_changed.Count > 0)
        {
            var moved = await session.ListAsync($"select l.purchase_id, l.position, l.partner, l.sku, l.decided_at, coalesce(l.reserved, 0), {Open} from purchase_lines l "
                + $"where l.purchase_id {{any ids}} and {Uncounted} order by l.purchase_id, l.position {{lock}}", new { ids = session.Dialect.List(_changed) },
                static row => (Purchase: row.Number(), Position: row.Number(), Partner: row.Text(), Sku: row.Text(), DecidedAt: row.Number(), Counted: row.Number(), Open: row.Number()),
                cancellationToken);
            _changed.Clear();
            await Count.RunAsync(session, [.. moved.Select(row => (row.Purchase, row.Position, row.Open))], cancellationToken);
            foreach (var row in moved)
                Change(row.Partner, row.Sku, row.DecidedAt, row.Open - row.Counted);
        }
        if (_amounts.Count == 0)
            return;
        // Sorted, so that two transactions that buy the same cannot wait for each other.
        var rows = _amounts.Select(row => (row.Key.Partner, row.Key.Sku, row.Key.DecidedAt, Amount: row.Value))
            .OrderBy(row => row.Partner, StringComparer.Ordinal).ThenBy(row => row.Sku, StringComparer.Ordinal).ThenBy(row => row.DecidedAt).ToList();
        _amounts.Clear();
        var moments = rows.Select(row => row.DecidedAt).Distinct().ToList();
        if (moments.Count > 1 && session.Dialect.IsPostgres)
        {
            // One statement may write a row once, and purchase orders of several moments may meet in it: all rows are locked in their order first.
            await session.ListAsync("select r.sku from reserved r where r.partner {any partners} and r.sku {any skus} order by r.partner collate \"C\", r.sku collate \"C\" {lock}",
                new { partners = session.Dialect.List(rows.Select(row => row.Partner).Distinct()), skus = session.Dialect.List(rows.Select(row => row.Sku).Distinct()) },
                static row => row.Text(), cancellationToken);
        }
        foreach (var moment in moments)
            await Add.RunAsync(session, [.. rows.Where(row => row.DecidedAt == moment)], cancellationToken);
    }

    static async Task CountAgainAsync(Session session, string partner, IEnumerable<string> skus, CancellationToken cancellationToken)
    {
        var args = new { partner, skus = session.Dialect.List(skus) };
        await session.RunAsync("insert into reserved (partner, sku, since, amount, decided_at) select partner, sku, as_of, 0, 0 from stock where partner = @partner and sku {any skus} "
            + $"order by sku{(session.Dialect.IsPostgres ? " collate \"C\"" : "")} on conflict (partner, sku) do update set since = excluded.since", args, cancellationToken);
        // The rows are locked: what commits from here on adds itself. What is counted of the lines = what is open of them less what is not counted.
        await session.RunAsync($"update reserved set amount = coalesce((select cast(sum({Open}) as bigint) from purchase_lines l where l.partner = reserved.partner and l.sku = reserved.sku "
            + $"and l.decided_at > reserved.since and (l.awaiting > 0 or l.confirmed > 0)), 0) - {Missing("reserved")} where partner = @partner and sku {{any skus}}", args, cancellationToken);
    }

    /// <summary>Thousandths of base units by partner and article, each with the moment of the count it speaks of.</summary>
    public async Task<IReadOnlyDictionary<(string Partner, string Sku), (long Since, long Amount)>> ReadAsync(
        Session session, IReadOnlyCollection<string> partners, IReadOnlyCollection<string> skus, CancellationToken cancellationToken)
    {
        await FlushAsync(session, cancellationToken);
        var rows = await session.ListAsync($"select r.partner, r.sku, r.since, r.amount + {Missing("r")} from reserved r where r.partner {{any partners}} and r.sku {{any skus}}",
            new { partners = session.Dialect.List(partners), skus = session.Dialect.List(skus) },
            static row => (Partner: row.Text(), Sku: row.Text(), Since: row.Number(), Amount: row.Number()), cancellationToken);
        return rows.ToDictionary(row => (row.Partner, row.Sku), row => (row.Since, row.Amount));
    }

    /// <summary>What older code wrote of an article and did not count.</summary>
    static string Missing(string row) => $"coalesce((select cast(sum({Open} - coalesce(l.reserved, 0)) as bigint) from purchase_lines l where l.partner = {row}.partner and l.sku = {row}.sku "
        + $"and l.decided_at > {row}.since and {Uncounted}), 0)";
}
