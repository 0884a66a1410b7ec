using System.Data;
using Npgsql;
using UnifiedCommerce.Core;

namespace UnifiedCommerce.Storage;

/// <summary>The store for many processes.</summary>
public sealed class PostgresStore : HubStore
{
    readonly NpgsqlDataSource _source;
    readonly NpgsqlDataSource _queueSource;
    readonly PostgresJobQueue _queue;
    readonly FeedEnd _events = new("events_sequence_seq");
    readonly FeedEnd _audit = new("audit_id_seq");

    internal PostgresStore(string connectionString, StorageOptions options) : base(Dialect.Postgres, options)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxPoolSize = options.MaxConnections, MaxAutoPrepare = 200, AutoPrepareMinUsages = 2, NoResetOnClose = true, Enlist = false,
        };
        builder.ApplicationName ??= "UnifiedCommerce";
        _source = NpgsqlDataSource.Create(builder);
        // The queue's statements live off their indexes, and a plan made while the table was empty must not stay.
        builder.Options = $"{builder.Options} -c enable_seqscan=off -c enable_bitmapscan=off -c plan_cache_mode=force_generic_plan".Trim();
        builder.MaxPoolSize = 10;
        _queueSource = NpgsqlDataSource.Create(builder);
        var queue = new PostgresJobQueue(this);
        _queue = queue;
        JobQueue = queue;
        JobDesk = new StoredJobDesk(this);
    }

    internal NpgsqlDataSource Source => _source;

    private protected override async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        if (Options.Migrate)
        {
            await Migrations.ApplyAsync(connection, Options.MigrateUpTo, cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await Partitions.PrepareAsync(new Session(connection, Dialect) { Transaction = transaction }, Options.MachineTime.GetUtcNow(), cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        Epoch = await new Session(connection, Dialect).NumberAsync("select cast(value as bigint) from hub_meta where name = 'epoch'", null, cancellationToken) ?? 1;
    }

    /// <inheritdoc/>
    public override async Task<IWork> BeginAsync(CancellationToken cancellationToken) => await BeginAsync(_source, cancellationToken);

    internal override Task<Work> BeginQueueAsync(CancellationToken cancellationToken) => BeginAsync(_queueSource, cancellationToken);

    /// <summary>Here at once, in other processes by a notification that is gathered and sent outside any transaction of the business.</summary>
    internal override void Committed(IReadOnlyCollection<string> kinds)
    {
        Tell(kinds);
        _queue.NotifyOthers(kinds);
    }

    internal void Heard(IReadOnlyCollection<string> kinds) => Tell(kinds);

    async Task<Work> BeginAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken);
        try
        {
            var transaction = await connection.BeginTransactionAsync(cancellationToken);
            return new PostgresWork(this, new Session(connection, Dialect) { Transaction = transaction }, connection, transaction, source);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    internal override async Task<ReadSession> ReadAsync(CancellationToken cancellationToken)
    {
        var connection = await _source.OpenConnectionAsync(cancellationToken);
        return new ReadSession(new Session(connection, Dialect), () => GiveBackAsync(connection, _source));
    }

    /// <summary>A connection that broke was hardly the only one: those that wait in the pool are closed too, so that the next caller gets a new one.</summary>
    static ValueTask GiveBackAsync(NpgsqlConnection connection, NpgsqlDataSource source)
    {
        if (connection.FullState.HasFlag(ConnectionState.Broken))
            source.Clear();
        return connection.DisposeAsync();
    }

    internal override Task<long> VisibleEventsEndAsync(Session session, CancellationToken cancellationToken) =>
        _events.FindAsync(session, Options.MachineTime, cancellationToken);

    internal override Task<long> VisibleAuditEndAsync(Session session, CancellationToken cancellationToken) =>
        _audit.FindAsync(session, Options.MachineTime, cancellationToken);

    private protected override async Task BackUpToAsync(string file, CancellationToken cancellationToken)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        await PostgresBackup.WriteAsync(connection, file, cancellationToken);
    }

    private protected override async Task RestoreFromAsync(string file, CancellationToken cancellationToken)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        await PostgresBackup.ReadAsync(connection, file, cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _queue.DisposeAsync();
        await _queueSource.DisposeAsync();
        await _source.DisposeAsync();
    }

    sealed class PostgresWork(PostgresStore store, Session session, NpgsqlConnection connection, NpgsqlTransaction transaction, NpgsqlDataSource source) : Work(store, session)
    {
        protected override async Task EndAsync(CancellationToken cancellationToken)
        {
            try
            {
                // A commit that is on its way is not called back: its answer decides.
                await transaction.CommitAsync(CancellationToken.None);
            }
            catch (PostgresException refused) when (!IsUnknown(refused.SqlState))
            {
                throw;
            }
            catch (Exception failure) when (failure is NpgsqlException or IOException or TimeoutException or OperationCanceledException or InvalidOperationException)
            {
                // The last kind is what Npgsql throws of a connection that broke just before.
                throw new CommitUnknownException("The answer of PostgreSQL to a commit was lost. Read before doing it again.", failure);
            }
        }

        /// <summary>Connection exceptions (08), 40003 statement completion unknown, 57P01-57P03 the server goes down.</summary>
        static bool IsUnknown(string state) => state.StartsWith("08", StringComparison.Ordinal) || state is "40003" or "57P01" or "57P02" or "57P03";

        public override async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync();
            await GiveBackAsync(connection, source);
        }
    }

    /// <summary>Sequence numbers are taken before the commit, so a lower one can appear after a higher one. Every writer takes its transaction id
    /// before its first number; so once all transactions are over that ran when the last number was N, nothing at or below N can still appear.</summary>
    sealed class FeedEnd(string sequence)
    {
        const int MostWaiting = 64;
        const int Looks = 4;

        readonly Lock _gate = new();
        readonly Queue<(long Number, long Xmax)> _waiting = [];
        long _end;

        public async Task<long> FindAsync(Session session, TimeProvider time, CancellationToken cancellationToken)
        {
            for (var look = 1; ; look++)
            {
                // First the number, then (in a later snapshot) the transactions that still run.
                var last = await session.NumberAsync($"select case when is_called then last_value else 0 end from {sequence}", null, cancellationToken) ?? 0;
                var (xmin, xmax) = await session.FirstAsync("select pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint "
                    + "from pg_current_snapshot() as s", null, static row => (row.Number(), row.Number()), cancellationToken);
                var end = Advance(last, xmin, xmax);
                if (end >= last || look == Looks)
                    return end;
                await Task.Delay(TimeSpan.FromMilliseconds(5), time, cancellationToken);
            }
        }

        long Advance(long last, long xmin, long xmax)
        {
            lock (_gate)
            {
                while (_waiting.TryPeek(out var oldest) && oldest.Xmax <= xmin)
                    _end = Math.Max(_end, _waiting.Dequeue().Number);
                if (xmin >= xmax)
                    _end = Math.Max(_end, last);
                else if (_waiting.Count < MostWaiting)
                    _waiting.Enqueue((last, xmax));
                return _end;
            }
        }
    }
}
