using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Storage;

/// <summary>What was bought of each partner on each day, kept beside the purchase orders: it changes when they are added, when lines are cancelled and when
/// they are refused, just before the commit, so that the rows are locked for the commit only.</summary>
internal sealed class Bought
{
    const long MicrosecondsADay = 86_400_000_000;
    const string Value = "case when p.status in ('Refused', 'Cancelled', 'Rejected') then 0 else coalesce((select cast(sum((l.ordered - l.cancelled) "
        + "* l.net_price / l.price_basis) as bigint) from purchase_lines l where l.purchase_id = p.id), 0) end";

    static readonly Bulk<KeyValuePair<(string Partner, long Day), long>> Add = Bulk<KeyValuePair<(string Partner, long Day), long>>.Insert("bought",
        "on conflict (partner, day) do update set amount = bought.amount + excluded.amount",
        Column<KeyValuePair<(string Partner, long Day), long>>.Text("partner", row => row.Key.Partner),
        Column<KeyValuePair<(string Partner, long Day), long>>.Number("day", row => row.Key.Day),
        Column<KeyValuePair<(string Partner, long Day), long>>.Number("amount", row => row.Value));
    static readonly Bulk<(long Id, long Counted)> Count = Bulk<(long Id, long Counted)>.Update("purchases", ["id"],
        Column<(long Id, long Counted)>.Number("id", row => row.Id),
        Column<(long Id, long Counted)>.Number("counted", row => row.Counted));

    /// <summary>Breaches of what must hold between purchase orders and this table.</summary>
    internal static readonly (string Invariant, string Text, string Sql)[] Checks =
    [
        ("I1", "what is counted as bought is not the value of the purchase order", $"select 'purchase:' || id from purchases p where counted is not null and counted <> {Value}"),
        ("I1", "what is counted as bought of the partner on a day is not the sum of its purchase orders", "select 'partner:' || coalesce(b.partner, s.partner) from (select partner, day, amount from bought "
            + $"where amount <> 0) b full join (select partner, decided_at / {MicrosecondsADay} as day, cast(sum(counted) as bigint) as amount from purchases group by partner, decided_at / {MicrosecondsADay} "
            + "having sum(counted) <> 0) s on s.partner = b.partner and s.day = b.day where b.amount is null or s.amount is null or b.amount <> s.amount"),
    ];

    readonly Dictionary<(string Partner, long Day), long> _amounts = [];
    readonly HashSet<long> _changed = [];

    public static bool Counts(PurchaseStatus status) => status is not (PurchaseStatus.Refused or PurchaseStatus.Cancelled or PurchaseStatus.Rejected);

    /// <summary>Thousandths x ten-thousandths / thousandths of the basis = ten-thousandths of the currency, cut off per line as SQL does.</summary>
    public static long ValueOf(PurchaseState purchase) => Counts(purchase.Status)
        ? purchase.Lines.Sum(line => checked(Scale.ToStoredQuantity(line.Ordered - line.Cancelled) * Scale.ToStoredMoney(line.NetPrice)) / Scale.ToStoredQuantity(line.PriceBasis)) : 0;

    /// <summary>Purchase orders were added.</summary>
    public void Added(IEnumerable<PurchaseState> purchases)
    {
        foreach (var purchase in purchases)
            Change(purchase.Partner, Stored.Moment(purchase.DecidedAt) / MicrosecondsADay, ValueOf(purchase));
    }

    /// <summary>The value of purchase orders may have changed.</summary>
    public void Changed(IEnumerable<long> purchases) => _changed.UnionWith(purchases);

    void Change(string partner, long day, long amount)
    {
        if (amount != 0)
            _amounts[(partner, day)] = _amounts.GetValueOrDefault((partner, day)) + amount;
    }

    public async Task FlushAsync(Session session, CancellationToken cancellationToken)
    {
        if (_changed.Count > 0)
        {
            var counts = await session.ListAsync($"select p.id, p.partner, p.decided_at / {MicrosecondsADay}, coalesce(p.counted, 0), {Value} from purchases p where p.id {{any ids}} order by p.id {{lock}}",
                new { ids = session.Dialect.List(_changed) }, static row => (Id: row.Number(), Partner: row.Text(), Day: row.Number(), Counted: row.Number(), Value: row.Number()), cancellationToken);
            _changed.Clear();
            var wrong = counts.Where(row => row.Counted != row.Value).ToList();
            await Count.RunAsync(session, [.. wrong.Select(row => (row.Id, row.Value))], cancellationToken);
            foreach (var row in wrong)
                Change(row.Partner, row.Day, row.Value - row.Counted);
        }
        if (_amounts.Count > 0)
        {
            // Sorted, so that two transactions that buy of the same partners cannot wait for each other.
            await Add.RunAsync(session, [.. _amounts.OrderBy(row => row.Key.Partner, StringComparer.Ordinal).ThenBy(row => row.Key.Day)], cancellationToken);
            _amounts.Clear();
        }
    }

    /// <summary>Value bought in days from the first to before the last, in ten-thousandths.</summary>
    public async Task<long> ReadAsync(Session session, string partner, long first, long end, CancellationToken cancellationToken)
    {
        await FlushAsync(session, cancellationToken);
        // What older code wrote and did not count is added up; there is an index of just those.
        return await session.NumberAsync("select cast(coalesce((select sum(amount) from bought where partner = @partner and day >= @first and day < @end), 0) "
            + $"+ coalesce((select sum({Value}) from purchases p where p.partner = @partner and p.counted is null and p.decided_at >= @from and p.decided_at < @to), 0) as bigint)",
            new { partner, first = first / MicrosecondsADay, end = end / MicrosecondsADay, from = first, to = end }, cancellationToken) ?? 0;
    }
}
