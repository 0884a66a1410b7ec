using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using System.Reflection;
using Dapper;
using Microsoft.Data.Sqlite;

namespace UnifiedCommerce.Storage;

/// <summary>Traces of statements (<c>sql</c>) and commits (<c>commit</c>). They cost nothing while nobody listens.</summary>
internal static class StoreTraces
{
    static readonly ActivitySource Activities = new(HubStore.TraceSource);

    public static Activity? Statement() => Activities.StartActivity("sql", ActivityKind.Client);
    public static Activity? Commit() => Activities.StartActivity("commit", ActivityKind.Client);
}

/// <summary>One connection with its transaction, and the few ways in which SQL is run on it.</summary>
internal sealed class Session(DbConnection connection, Dialect dialect)
{
    const int MostBound = 500;
    static readonly ConcurrentDictionary<Type, PropertyInfo[]> Properties = new();

    readonly Dictionary<string, SqliteCommand> _prepared = new(StringComparer.Ordinal);
    readonly Dictionary<string, SqliteCommand> _bound = new(StringComparer.Ordinal);
    readonly Row _row = new();

    public DbConnection Connection { get; } = connection;
    public DbTransaction? Transaction { get; set; }
    public Dialect Dialect { get; } = dialect;

    /// <summary>Runs a statement; returns rows changed.</summary>
    public async Task<int> RunAsync(string sql, object? args, CancellationToken cancellationToken)
    {
        using var trace = StoreTraces.Statement();
        return Connection is SqliteConnection ? Bound(sql, args).ExecuteNonQuery() : await Connection.ExecuteAsync(Command(sql, args, cancellationToken));
    }

    /// <summary>Reads all rows.</summary>
    public async Task<List<T>> ListAsync<T>(string sql, object? args, Func<Row, T> read, CancellationToken cancellationToken)
    {
        using var trace = StoreTraces.Statement();
        await using var reader = await ReaderAsync(sql, args, cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(read(_row.On(reader)));
        return rows;
    }

    /// <summary>Reads the first row, or the default.</summary>
    public async Task<T?> FirstAsync<T>(string sql, object? args, Func<Row, T> read, CancellationToken cancellationToken)
    {
        using var trace = StoreTraces.Statement();
        await using var reader = await ReaderAsync(sql, args, cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? read(_row.On(reader)) : default;
    }

    async Task<DbDataReader> ReaderAsync(string sql, object? args, CancellationToken cancellationToken) => Connection is SqliteConnection
        ? Bound(sql, args).ExecuteReader()
        : await Connection.ExecuteReaderAsync(Command(sql, args, cancellationToken));

    /// <summary>Npgsql prepares by itself what comes often.</summary>
    CommandDefinition Command(string sql, object? args, CancellationToken cancellationToken) =>
        new(Dialect.Translate(sql), args, Transaction, cancellationToken: cancellationToken);

    /// <summary>SQLite's parser takes longer than most of its statements: each stays prepared, and its parameters get the properties' values.</summary>
    SqliteCommand Bound(string sql, object? args)
    {
        if (!_bound.TryGetValue(sql, out var bound))
        {
            if (_bound.Count == MostBound)
                Forget();
            bound = ((SqliteConnection)Connection).CreateCommand();
            bound.CommandText = Dialect.Translate(sql);
            _bound.Add(sql, bound);
        }
        bound.Transaction = (SqliteTransaction?)Transaction;
        bound.Parameters.Clear();
        if (args is not null)
        {
            foreach (var property in Properties.GetOrAdd(args.GetType(), static type => type.GetProperties()))
                bound.Parameters.AddWithValue("@" + property.Name, property.GetValue(args) ?? DBNull.Value);
        }
        return bound;
    }

    /// <summary>Reads one number, or null.</summary>
    public async Task<long?> NumberAsync(string sql, object? args, CancellationToken cancellationToken) =>
        (await FirstAsync(sql, args, static row => (Value: row.NumberOrNull(), true), cancellationToken)).Value;

    /// <summary>A statement of SQLite that stays prepared for the life of the connection.</summary>
    public SqliteCommand Prepared<TColumn>(string sql, TColumn[] columns, Func<TColumn, string> parameter)
    {
        if (_prepared.TryGetValue(sql, out var command))
            return command;
        command = ((SqliteConnection)Connection).CreateCommand();
        command.CommandText = sql;
        foreach (var column in columns)
            command.Parameters.Add(new SqliteParameter { ParameterName = parameter(column) });
        _prepared.Add(sql, command);
        return command;
    }

    /// <summary>Closes the prepared statements before their connection goes.</summary>
    public void Forget()
    {
        foreach (var command in _prepared.Values.Concat(_bound.Values))
            command.Dispose();
        _prepared.Clear();
        _bound.Clear();
    }

    /// <summary>Runs a statement without parameters on SQLite, prepared once.</summary>
    public void Now(string sql) => Prepared<string>(sql, [], static name => name).ExecuteNonQuery();
}

/// <summary>The current row; each call reads the next column.</summary>
internal sealed class Row
{
    DbDataReader _reader = null!;
    int _ordinal;

    public Row On(DbDataReader reader)
    {
        _reader = reader;
        _ordinal = 0;
        return this;
    }

    public long Number() => _reader.GetInt64(_ordinal++);
    public long? NumberOrNull() => _reader.IsDBNull(_ordinal) ? Skip<long?>() : _reader.GetInt64(_ordinal++);
    public int Int() => checked((int)Number());
    public bool Flag() => Number() != 0;
    public string Text() => _reader.GetString(_ordinal++);
    public string? TextOrNull() => _reader.IsDBNull(_ordinal) ? Skip<string?>() : _reader.GetString(_ordinal++);
    public byte[] Bytes() => _reader.GetFieldValue<byte[]>(_ordinal++);
    public decimal Money() => Core.Scale.FromStoredMoney(Number());
    public decimal? MoneyOrNull() => Stored.Money(NumberOrNull());
    public decimal Quantity() => Core.Scale.FromStoredQuantity(Number());
    public decimal? QuantityOrNull() => Stored.Quantity(NumberOrNull());
    public decimal Factor() => Stored.Factor(Number());
    public DateTimeOffset Moment() => Stored.Moment(Number());
    public DateTimeOffset? MomentOrNull() => NumberOrNull() is { } stored ? Stored.Moment(stored) : null;
    public DateOnly Day() => Stored.Day(Text());
    public DateOnly? DayOrNull() => TextOrNull() is { } stored ? Stored.Day(stored) : null;

    /// <summary>A state by its name. One that this code does not know was written by a newer version while both run: whoever asked leaves the row alone.</summary>
    public T Name<T>() where T : struct, Enum
    {
        var text = Text();
        return Enum.TryParse<T>(text, out var known) && Enum.IsDefined(known) ? known
            : throw new Core.UnknownStateException(typeof(T).Name, text, Enum.GetNames<T>());
    }

    /// <summary>A state for showing, known or not.</summary>
    public Core.StateWord<T> Shown<T>() where T : struct, Enum => new(Text());

    public T Json<T>() => Stored.Json<T>(Text());

    T? Skip<T>()
    {
        _ordinal++;
        return default;
    }
}
