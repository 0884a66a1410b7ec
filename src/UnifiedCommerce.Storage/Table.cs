using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace UnifiedCommerce.Storage;

/// <summary>One column of rows of <typeparamref name="T"/> for bulk statements: typed arrays on PostgreSQL (one fixed, prepared text for any
/// number of rows), one prepared statement run per row on SQLite.</summary>
internal abstract class Column<T>(string name)
{
    public string Name { get; } = name;
    public abstract string PostgresType { get; }
    public abstract object Array(IReadOnlyList<T> rows);
    public abstract object Value(T row);

    public static Column<T> Number(string name, Func<T, long?> get) => new NumberColumn(name, get);
    public static Column<T> Text(string name, Func<T, string?> get) => new TextColumn(name, get);
    public static Column<T> Bytes(string name, Func<T, byte[]> get) => new BytesColumn(name, get);
    public static Column<T> Flag(string name, Func<T, bool> get) => new NumberColumn(name, row => get(row) ? 1 : 0);
    public static Column<T> Money(string name, Func<T, decimal?> get) => new NumberColumn(name, row => Stored.Money(get(row)));
    public static Column<T> Quantity(string name, Func<T, decimal?> get) => new NumberColumn(name, row => Stored.Quantity(get(row)));
    public static Column<T> Factor(string name, Func<T, decimal> get) => new NumberColumn(name, row => Stored.Factor(get(row)));
    public static Column<T> Moment(string name, Func<T, DateTimeOffset?> get) => new NumberColumn(name, row => Stored.Moment(get(row)));
    public static Column<T> Day(string name, Func<T, DateOnly?> get) => new TextColumn(name, row => Stored.Day(get(row)));
    public static Column<T> Json(string name, Func<T, object> get) => new TextColumn(name, row => Stored.Json(get(row)));

    sealed class NumberColumn(string name, Func<T, long?> get) : Column<T>(name)
    {
        public override string PostgresType => "bigint";
        public override object Array(IReadOnlyList<T> rows)
        {
            var values = new long?[rows.Count];
            for (var i = 0; i < values.Length; i++)
                values[i] = get(rows[i]);
            return values;
        }
        public override object Value(T row) => (object?)get(row) ?? DBNull.Value;
    }

    sealed class TextColumn(string name, Func<T, string?> get) : Column<T>(name)
    {
        public override string PostgresType => "text";
        public override object Array(IReadOnlyList<T> rows)
        {
            var values = new string?[rows.Count];
            for (var i = 0; i < values.Length; i++)
                values[i] = Stored.Printable(get(rows[i]));
            return values;
        }
        public override object Value(T row) => (object?)Stored.Printable(get(row)) ?? DBNull.Value;
    }

    sealed class BytesColumn(string name, Func<T, byte[]> get) : Column<T>(name)
    {
        public override string PostgresType => "bytea";
        public override object Array(IReadOnlyList<T> rows)
        {
            var values = new byte[rows.Count][];
            for (var i = 0; i < values.Length; i++)
                values[i] = get(rows[i]);
            return values;
        }
        public override object Value(T row) => get(row);
    }
}

/// <summary>A bulk statement over rows of <typeparamref name="T"/>: insert, insert or replace, or update by key.</summary>
internal sealed class Bulk<T>
{
    readonly Column<T>[] _columns;
    readonly string _postgres;
    readonly string _sqlite;

    Bulk(Column<T>[] columns, string postgres, string sqlite) => (_columns, _postgres, _sqlite) = (columns, postgres, sqlite);

    static string Names(IEnumerable<Column<T>> columns, string prefix = "") => string.Join(", ", columns.Select(column => prefix + column.Name));

    static string Unnest(Column<T>[] columns) =>
        $"unnest({string.Join(", ", columns.Select((column, index) => $"${index + 1}::{column.PostgresType}[]"))}) with ordinality as v({Names(columns)}, ord)";

    /// <summary>Inserts rows in their order. <paramref name="suffix"/> follows: <c>on conflict ...</c>, <c>returning id</c>.</summary>
    public static Bulk<T> Insert(string table, string suffix, params Column<T>[] columns) => new(columns,
        $"insert into {table} ({Names(columns)}) select {Names(columns, "v.")} from {Unnest(columns)} order by v.ord {suffix}",
        $"insert into {table} ({Names(columns)}) values ({Names(columns, "$")}) {suffix}");

    /// <summary>Inserts rows or replaces all that is not in <paramref name="keys"/>. The rows' keys must differ from each other.</summary>
    public static Bulk<T> Save(string table, string[] keys, params Column<T>[] columns)
    {
        var set = string.Join(", ", columns.Where(column => !keys.Contains(column.Name)).Select(column => $"{column.Name} = excluded.{column.Name}"));
        return Insert(table, $"on conflict ({string.Join(", ", keys)}) do update set {set}", columns);
    }

    /// <summary>Any other statement: on PostgreSQL <c>{rows}</c> stands for the rows as <c>v</c>, on SQLite it runs per row with <c>$column</c>.</summary>
    public static Bulk<T> Special(string postgres, string sqlite, params Column<T>[] columns) =>
        new(columns, postgres.Replace("{rows}", Unnest(columns), StringComparison.Ordinal), sqlite);

    /// <summary>Updates by key.</summary>
    public static Bulk<T> Update(string table, string[] keys, params Column<T>[] columns)
    {
        var rest = columns.Where(column => !keys.Contains(column.Name)).ToArray();
        return new(columns,
            $"update {table} as t set {string.Join(", ", rest.Select(column => $"{column.Name} = v.{column.Name}"))} from {Unnest(columns)} where "
                + string.Join(" and ", keys.Select(key => $"t.{key} = v.{key}")),
            $"update {table} set {string.Join(", ", rest.Select(column => $"{column.Name} = ${column.Name}"))} where "
                + string.Join(" and ", keys.Select(key => $"{key} = ${key}")));
    }

    /// <summary>Runs it; returns rows changed.</summary>
    public async Task<int> RunAsync(Session session, IReadOnlyList<T> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
            return 0;
        using var trace = StoreTraces.Statement();
        if (session.Connection is NpgsqlConnection connection)
        {
            await using var command = Command(connection, session, rows);
            return await command.ExecuteNonQueryAsync(cancellationToken);
        }
        var prepared = session.Prepared(_sqlite, _columns, static column => "$" + column.Name);
        var changed = 0;
        foreach (var row in rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Bind(prepared, row);
            changed += prepared.ExecuteNonQuery();
        }
        return changed;
    }

    /// <summary>Runs it and returns the one number that each row's <c>returning</c> gives, ascending.</summary>
    public async Task<List<long>> NumbersAsync(Session session, IReadOnlyList<T> rows, CancellationToken cancellationToken)
    {
        var numbers = new List<long>(rows.Count);
        if (rows.Count == 0)
            return numbers;
        using var trace = StoreTraces.Statement();
        if (session.Connection is NpgsqlConnection connection)
        {
            await using var command = Command(connection, session, rows);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                numbers.Add(reader.GetInt64(0));
            numbers.Sort();
            return numbers;
        }
        var prepared = session.Prepared(_sqlite, _columns, static column => "$" + column.Name);
        foreach (var row in rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Bind(prepared, row);
            if (prepared.ExecuteScalar() is long number)
                numbers.Add(number);
        }
        return numbers;
    }

    /// <summary>Runs it and returns the one text that each row's <c>returning</c> gives.</summary>
    public async Task<List<string>> TextsAsync(Session session, IReadOnlyList<T> rows, CancellationToken cancellationToken)
    {
        var texts = new List<string>(rows.Count);
        if (rows.Count == 0)
            return texts;
        using var trace = StoreTraces.Statement();
        if (session.Connection is NpgsqlConnection connection)
        {
            await using var command = Command(connection, session, rows);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                texts.Add(reader.GetString(0));
            return texts;
        }
        var prepared = session.Prepared(_sqlite, _columns, static column => "$" + column.Name);
        foreach (var row in rows)
        {
            Bind(prepared, row);
            if (prepared.ExecuteScalar() is string text)
                texts.Add(text);
        }
        return texts;
    }

    NpgsqlCommand Command(NpgsqlConnection connection, Session session, IReadOnlyList<T> rows)
    {
        var command = new NpgsqlCommand(_postgres, connection, (NpgsqlTransaction?)session.Transaction);
        Bind(command.Parameters, rows);
        return command;
    }

    /// <summary>The statement among others that go to PostgreSQL together; nothing when there are no rows.</summary>
    public void AddTo(NpgsqlBatch batch, IReadOnlyList<T> rows)
    {
        if (rows.Count == 0)
            return;
        var command = new NpgsqlBatchCommand(_postgres);
        Bind(command.Parameters, rows);
        batch.BatchCommands.Add(command);
    }

    void Bind(NpgsqlParameterCollection parameters, IReadOnlyList<T> rows)
    {
        foreach (var column in _columns)
            parameters.Add(new NpgsqlParameter { Value = column.Array(rows) });
    }

    void Bind(SqliteCommand command, T row)
    {
        for (var i = 0; i < _columns.Length; i++)
            command.Parameters[i].Value = _columns[i].Value(row);
    }
}
