using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using UnifiedCommerce.Core;

namespace UnifiedCommerce.Storage;

/// <summary>The embedded store. SQLite has one writer, so this process queues its units of work for one connection; other processes on the same
/// file wait at <c>BEGIN IMMEDIATE</c>. Write-ahead log, every commit on disk before it is answered.</summary>
public sealed class SqliteStore : HubStore
{
    const int SqliteBusy = 5, SqliteFull = 13, SqliteConstraint = 19;

    readonly string _connectionString;
    readonly SqliteConnection _writer;
    readonly Session _session;
    readonly SemaphoreSlim _turn = new(1, 1);
    readonly ConcurrentBag<Session> _readers = [];
    readonly bool _inMemory;

    internal SqliteStore(string connectionString, StorageOptions options) : base(Dialect.Sqlite, options)
    {
        var builder = new SqliteConnectionStringBuilder(connectionString) { Pooling = false };
        _inMemory = builder.DataSource == ":memory:" || builder.Mode == SqliteOpenMode.Memory;
        _connectionString = builder.ConnectionString;
        _writer = new SqliteConnection(_connectionString);
        _session = new Session(_writer, Dialect);
        JobQueue = new SqliteJobQueue(this);
        JobDesk = new StoredJobDesk(this);
    }

    private protected override async Task BackUpToAsync(string file, CancellationToken cancellationToken)
    {
        await using var read = await ReadAsync(cancellationToken);
        await using var target = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ConnectionString);
        await target.OpenAsync(cancellationToken);
        ((SqliteConnection)read.Session.Connection).BackupDatabase(target);
    }

    private protected override async Task RestoreFromAsync(string file, CancellationToken cancellationToken)
    {
        if (!File.Exists(file))
            throw new HubException($"Found no file {file}, expected a backup. Name one that exists.");
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await using var source = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ConnectionString);
            await source.OpenAsync(cancellationToken);
            _session.Forget();
            source.BackupDatabase(_writer);
            // A backup of an older version is brought to this one.
            Migrations.Apply(_session, _writer, Options.MigrateUpTo);
        }
        catch (SqliteException failure)
        {
            throw new HubException($"{file} could not be read as a backup of a SQLite store: {failure.Message}. Name a file that 'uc backup' wrote.", failure);
        }
        finally
        {
            _turn.Release();
        }
    }

    private protected override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!_inMemory && Path.GetDirectoryName(Path.GetFullPath(new SqliteConnectionStringBuilder(_connectionString).DataSource)) is { Length: > 0 } folder)
            Directory.CreateDirectory(folder);
        await _writer.OpenAsync(cancellationToken);
        Prepare(_writer);
        if (Options.Migrate)
            Migrations.Apply(_session, _writer, Options.MigrateUpTo);
        Epoch = await _session.NumberAsync("select cast(value as integer) from hub_meta where name = 'epoch'", null, cancellationToken) ?? 1;
    }

    void Prepare(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"pragma busy_timeout = {(int)Options.BusyTimeout.TotalMilliseconds}; pragma journal_mode = wal; "
            + $"pragma synchronous = {(Options.Durable ? "full" : "off")}; pragma foreign_keys = on; pragma temp_store = memory; "
            + "pragma cache_size = -65536; pragma wal_autocheckpoint = 4000; pragma journal_size_limit = 67108864";
        command.ExecuteNonQuery();
    }

    /// <inheritdoc/>
    public override async Task<IWork> BeginAsync(CancellationToken cancellationToken)
    {
        OnStep?.Invoke("begin");
        await _turn.WaitAsync(cancellationToken);
        try
        {
            _session.Now("begin immediate");
            return new SqliteWork(this, _session);
        }
        catch
        {
            _turn.Release();
            throw;
        }
    }

    internal override async Task<ReadSession> ReadAsync(CancellationToken cancellationToken)
    {
        if (_inMemory)
        {
            await _turn.WaitAsync(cancellationToken);
            return new ReadSession(_session, () =>
            {
                _turn.Release();
                return ValueTask.CompletedTask;
            });
        }
        if (!_readers.TryTake(out var session))
        {
            var connection = new SqliteConnection(_connectionString);
            await connection.OpenAsync(cancellationToken);
            Prepare(connection);
            await using var readOnly = connection.CreateCommand();
            readOnly.CommandText = "pragma query_only = on";
            await readOnly.ExecuteNonQueryAsync(cancellationToken);
            session = new Session(connection, Dialect);
        }
        return new ReadSession(session, () =>
        {
            _readers.Add(session);
            return ValueTask.CompletedTask;
        });
    }

    internal override Task<long> VisibleEventsEndAsync(Session session, CancellationToken cancellationToken) => Task.FromResult(long.MaxValue);

    internal override Task<long> VisibleAuditEndAsync(Session session, CancellationToken cancellationToken) => Task.FromResult(long.MaxValue);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        foreach (var reader in _readers)
        {
            reader.Forget();
            await reader.Connection.DisposeAsync();
        }
        _session.Forget();
        await _writer.DisposeAsync();
        _turn.Dispose();
    }

    sealed class SqliteWork(SqliteStore store, Session session) : Work(store, session)
    {
        bool _released;

        protected override Task EndAsync(CancellationToken cancellationToken)
        {
            try
            {
                Session.Now("commit");
                Release();
                return Task.CompletedTask;
            }
            catch (SqliteException failure)
            {
                RollBack();
                if (failure.SqliteErrorCode is SqliteBusy or SqliteFull or SqliteConstraint)
                    throw;
                throw new CommitUnknownException("SQLite could not say whether the commit reached the disk. Read before doing it again.", failure);
            }
        }

        public override ValueTask DisposeAsync()
        {
            if (!_released)
                RollBack();
            return ValueTask.CompletedTask;
        }

        void RollBack()
        {
            try
            {
                // SQLite rolls back by itself after some errors (disk full); then there is nothing to do.
                if (SQLitePCL.raw.sqlite3_get_autocommit(((SqliteConnection)Session.Connection).Handle) == 0)
                    Session.Now("rollback");
            }
            finally
            {
                Release();
            }
        }

        void Release()
        {
            if (_released)
                return;
            _released = true;
            store._turn.Release();
        }
    }
}
