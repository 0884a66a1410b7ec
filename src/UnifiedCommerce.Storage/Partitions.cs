using System.Globalization;

namespace UnifiedCommerce.Storage;

/// <summary>Finished jobs on PostgreSQL lie in one partition per day, so that old days are dropped and not deleted row by row.</summary>
internal static class Partitions
{
    const int DaysAhead = 7;
    const string Prefix = "finished_jobs_";
    const long Day = 86_400_000_000;

    /// <summary>Makes the partitions of today and the days to come. Rows that fell into the default partition move.</summary>
    public static async Task PrepareAsync(Session session, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await session.RunAsync("select pg_advisory_xact_lock(1430474832, 1)", null, cancellationToken);
        var known = (await NamesAsync(session, cancellationToken)).ToHashSet(StringComparer.Ordinal);
        for (var ahead = 0; ahead <= DaysAhead; ahead++)
        {
            var day = now.UtcDateTime.Date.AddDays(ahead);
            var name = Prefix + day.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
            if (known.Contains(name))
                continue;
            var from = Stored.Moment(new DateTimeOffset(day, TimeSpan.Zero));
            await session.RunAsync($"create table {name} (like finished_jobs including defaults)", null, cancellationToken);
            await session.RunAsync($"with moved as (delete from {Prefix}default where finished_at >= {from} and finished_at < {from + Day} returning *) "
                + $"insert into {name} select * from moved", null, cancellationToken);
            await session.RunAsync($"alter table finished_jobs attach partition {name} for values from ({from}) to ({from + Day})", null, cancellationToken);
        }
    }

    /// <summary>Drops days that ended before the moment; returns how many.</summary>
    public static async Task<long> DropAsync(Session session, long before, CancellationToken cancellationToken)
    {
        long dropped = 0;
        foreach (var name in await NamesAsync(session, cancellationToken))
        {
            if (!DateTime.TryParseExact(name[Prefix.Length..], "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var day)
                || Stored.Moment(new DateTimeOffset(day, TimeSpan.Zero)) + Day > before)
            {
                continue;
            }
            await session.RunAsync($"drop table {name}", null, cancellationToken);
            dropped++;
        }
        await session.RunAsync($"delete from {Prefix}default where finished_at < @before", new { before }, cancellationToken);
        return dropped;
    }

    static Task<List<string>> NamesAsync(Session session, CancellationToken cancellationToken) => session.ListAsync(
        "select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'finished_jobs'::regclass order by 1", null,
        static row => row.Text(), cancellationToken);
}
