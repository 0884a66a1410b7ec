using System.Data.Common;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Storage;

/// <summary>How a store is opened.</summary>
public readonly record struct StorageOptions
{
    /// <summary>Sensible defaults: the machine's clock, migrations applied, 30 connections on PostgreSQL.</summary>
    public StorageOptions()
    {
    }

    /// <summary>Machine time, for moments at which jobs are inserted. Never the business clock, which a demo may freeze.</summary>
    public TimeProvider MachineTime { get; init; } = TimeProvider.System;
    /// <summary>Applies pending migrations when opening.</summary>
    public bool Migrate { get; init; } = true;
    /// <summary>Leaves out migrations above this number, so that a test can be a process of an older version.</summary>
    internal int MigrateUpTo { get; init; } = int.MaxValue;
    /// <summary>The most connections this process opens to PostgreSQL.</summary>
    public int MaxConnections { get; init; } = 30;
    /// <summary>How long a writer waits for another process that holds the SQLite file.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(15);
    /// <summary>Commits to SQLite reach the disk before they are answered (<c>synchronous=FULL</c>). Only a simulator turns it off.</summary>
    public bool Durable { get; init; } = true;
}

/// <summary>The hub's memory on SQLite (embedded) or PostgreSQL: the journey's tables, the jobs, the audit log.</summary>
public abstract class HubStore : IStore, IAsyncDisposable
{
    /// <summary>Name of the activity source of statements and commits.</summary>
    public const string TraceSource = "UnifiedCommerce.Storage";

    readonly Lock _gate = new();
    Action<IReadOnlyCollection<string>>[] _listeners = [];

    private protected HubStore(Dialect dialect, StorageOptions options)
    {
        Dialect = dialect;
        Options = options;
    }

    /// <summary>Opens a store and brings its tables to this version. <c>Data Source=hub.db</c> is SQLite, <c>Host=...</c> is PostgreSQL.</summary>
    /// <exception cref="ArgumentException">The connection string names neither.</exception>
    public static async Task<HubStore> OpenAsync(string connectionString, StorageOptions? options = null, CancellationToken cancellationToken = default)
    {
        var store = Create(connectionString, options ?? new StorageOptions());
        try
        {
            await store.StartAsync(cancellationToken);
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    static HubStore Create(string connectionString, StorageOptions options)
    {
        var words = new DbConnectionStringBuilder { ConnectionString = connectionString };
        if (words.ContainsKey("Host") || words.ContainsKey("Server"))
            return new PostgresStore(connectionString, options);
        if (words.ContainsKey("Data Source") || words.ContainsKey("Filename"))
            return new SqliteStore(connectionString, options);
        throw new ArgumentException("Found a connection string with neither 'Data Source=' (SQLite) nor 'Host=' (PostgreSQL). Give one of them.",
            nameof(connectionString));
    }

    /// <summary>True on PostgreSQL, false on SQLite.</summary>
    public bool IsPostgres => Dialect.IsPostgres;

    /// <summary>The fencing epoch: raised by a restore, part of every fencing token, so that what a restored hub does is told from what
    /// was done after the backup.</summary>
    public long Epoch { get; private protected set; } = 1;

    /// <summary>Copies the database as it is now into a file: on SQLite a database file, on PostgreSQL a zip of its tables. Work goes on meanwhile.</summary>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    public Task BackUpAsync(string file, CancellationToken cancellationToken)
    {
        if (File.Exists(file))
            throw new IOException($"Found {file}, expected no such file. A backup is never overwritten: name another file or remove this one.");
        return BackUpToAsync(file, cancellationToken);
    }

    /// <summary>Fills this empty store from a backup and fences it: see <see cref="Fencing"/>. Nothing is sent until a person says so.</summary>
    /// <exception cref="Core.HubException">The store is not empty, or the file is no backup of this kind of database.</exception>
    public async Task<RestoreReport> RestoreAsync(string file, int skipNumbers, CancellationToken cancellationToken)
    {
        await using (var read = await ReadAsync(cancellationToken))
        {
            if (await read.Session.NumberAsync("select count(*) from (select id from orders union all select id from documents) as found", null, cancellationToken) is > 0)
                throw new Core.HubException("Found orders or documents in the store, expected an empty one. Restore into a new database.");
        }
        await RestoreFromAsync(file, cancellationToken);
        var report = await Fencing.RaiseAsync(this, skipNumbers, cancellationToken);
        Epoch = report.Epoch;
        return report;
    }

    private protected abstract Task BackUpToAsync(string file, CancellationToken cancellationToken);

    private protected abstract Task RestoreFromAsync(string file, CancellationToken cancellationToken);

    /// <summary>A simulator's hand on the transactions: it may throw before (nothing happened) or after (it happened, the answer is lost).</summary>
    internal Action<string>? OnStep { get; set; }

    internal Dialect Dialect { get; }
    internal StorageOptions Options { get; }
    internal long Now => Stored.Moment(Options.MachineTime.GetUtcNow());

    private protected abstract Task StartAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract Task<IWork> BeginAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public async Task<IWork> BeginReadAsync(CancellationToken cancellationToken) => new ReadWork(this, await SnapshotAsync(cancellationToken));

    /// <summary>The durable queue behind the jobs engine.</summary>
    public IJobQueue JobQueue { get; private protected init; } = null!;

    /// <summary>What people do with jobs.</summary>
    public IJobDesk JobDesk { get; private protected init; } = null!;

    /// <summary>Checks that what must always hold does.</summary>
    public ISelfAudit SelfAudit => new SelfAudit(this);

    /// <summary>One consistent view of the database for several reads.</summary>
    internal async Task<ReadSession> SnapshotAsync(CancellationToken cancellationToken)
    {
        var read = await ReadAsync(cancellationToken);
        try
        {
            // Deferred: a reader on SQLite takes no lock that a writer waits for.
            DbTransaction transaction = read.Session.Connection is Microsoft.Data.Sqlite.SqliteConnection sqlite
                ? sqlite.BeginTransaction(deferred: true)
                : await read.Session.Connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
            read.Session.Transaction = transaction;
            return new ReadSession(read.Session, async () =>
            {
                read.Session.Transaction = null;
                await transaction.DisposeAsync();
                await read.DisposeAsync();
            });
        }
        catch
        {
            await read.DisposeAsync();
            throw;
        }
    }

    /// <summary>A unit of work for the queue's own statements.</summary>
    internal virtual async Task<Work> BeginQueueAsync(CancellationToken cancellationToken) => (Work)await BeginAsync(cancellationToken);

    /// <summary>A connection for reading outside any unit of work: the console's queries, which block no writer.</summary>
    internal abstract Task<ReadSession> ReadAsync(CancellationToken cancellationToken);

    /// <summary>The last sequence of the event feed before which nothing can still appear.</summary>
    internal abstract Task<long> VisibleEventsEndAsync(Session session, CancellationToken cancellationToken);

    /// <summary>The last id of the audit log before which nothing can still appear.</summary>
    internal abstract Task<long> VisibleAuditEndAsync(Session session, CancellationToken cancellationToken);

    /// <summary>Calls <paramref name="onReady"/> after a commit that inserted jobs, here or (on PostgreSQL) in another process, with their kinds.</summary>
    internal IDisposable Listen(Action<IReadOnlyCollection<string>> onReady)
    {
        lock (_gate)
            _listeners = [.. _listeners, onReady];
        return new Listening(this, onReady);
    }

    /// <summary>Tells this process's listeners.</summary>
    private protected void Tell(IReadOnlyCollection<string> kinds)
    {
        foreach (var listener in _listeners)
            listener(kinds);
    }

    /// <summary>Jobs of these kinds were committed here.</summary>
    internal virtual void Committed(IReadOnlyCollection<string> kinds) => Tell(kinds);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    sealed class Listening(HubStore store, Action<IReadOnlyCollection<string>> onReady) : IDisposable
    {
        public void Dispose()
        {
            lock (store._gate)
                store._listeners = [.. store._listeners.Where(listener => listener != onReady)];
        }
    }
}

/// <summary>A session for reading that gives its connection back when disposed.</summary>
internal sealed class ReadSession(Session session, Func<ValueTask> giveBack) : IAsyncDisposable
{
    public Session Session { get; } = session;
    public ValueTask DisposeAsync() => giveBack();
}

/// <summary>A unit of work on a snapshot: it is never committed.</summary>
internal sealed class ReadWork(HubStore store, ReadSession read) : Work(store, read.Session)
{
    protected override Task EndAsync(CancellationToken cancellationToken) => throw new HubException("Found a commit of a unit of work that only reads. Begin it with BeginAsync.");

    public override ValueTask DisposeAsync() => read.DisposeAsync();
}
