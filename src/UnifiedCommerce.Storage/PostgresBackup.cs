using System.Globalization;
using System.IO.Compression;
using Npgsql;
using UnifiedCommerce.Core;

namespace UnifiedCommerce.Storage;

/// <summary>A zip with one entry per table, in PostgreSQL's binary COPY format, read in one snapshot. Finished jobs stay out: they are history.</summary>
internal static class PostgresBackup
{
    const string VersionEntry = "version.txt";
    static readonly string[] LeftOut = ["migrations", "workers"];

    public static async Task WriteAsync(NpgsqlConnection connection, string file, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        var session = new Session(connection, Dialect.Postgres) { Transaction = transaction };
        await using var stream = new FileStream(file, FileMode.CreateNew);
        await using (var zip = await ZipArchive.CreateAsync(stream, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellationToken))
        {
            await using (var version = new StreamWriter(await zip.CreateEntry(VersionEntry).OpenAsync(cancellationToken)))
                await version.WriteAsync(Migrations.Newest.ToString(CultureInfo.InvariantCulture));
            foreach (var table in await TablesAsync(session, cancellationToken))
            {
                await using var entry = await zip.CreateEntry(table, CompressionLevel.Fastest).OpenAsync(cancellationToken);
                await using var source = await connection.BeginRawBinaryCopyAsync($"copy {table} to stdout (format binary)", cancellationToken);
                await source.CopyToAsync(entry, cancellationToken);
            }
        }
        stream.Flush(flushToDisk: true);
    }

    public static async Task ReadAsync(NpgsqlConnection connection, string file, CancellationToken cancellationToken)
    {
        if (!File.Exists(file))
            throw new HubException($"Found no file {file}, expected a backup. Name one that exists.");
        await using var zip = await ZipFile.OpenReadAsync(file, cancellationToken);
        var version = await VersionAsync(zip, file, cancellationToken);
        if (version != Migrations.Newest)
        {
            throw new HubException($"The backup {file} was written at migration {version}, this version is at {Migrations.Newest}. Restore it with the version that "
                + "wrote it, then start this one, which brings the tables up to date.");
        }
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var session = new Session(connection, Dialect.Postgres) { Transaction = transaction };
        var tables = await TablesAsync(session, cancellationToken);
        foreach (var table in tables)
        {
            var entry = zip.GetEntry(table) ?? throw new HubException($"The backup {file} has no table {table}. It is not whole: take another one.");
            await session.RunAsync($"delete from {table}", null, cancellationToken);
            await using var source = await entry.OpenAsync(cancellationToken);
            await using var target = await connection.BeginRawBinaryCopyAsync($"copy {table} from stdin (format binary)", cancellationToken);
            await source.CopyToAsync(target, cancellationToken);
        }
        foreach (var (table, column, sequence) in await session.ListAsync(
            "select c.table_name::text, c.column_name::text, pg_get_serial_sequence(c.table_name, c.column_name) from information_schema.columns c "
            + "where c.table_schema = 'public' and c.is_identity = 'YES'", null, static row => (row.Text(), row.Text(), row.Text()), cancellationToken))
        {
            await session.RunAsync($"select setval('{sequence}', greatest(1, coalesce((select max({column}) from {table}), 0) + 1), false)", null, cancellationToken);
        }
        await transaction.CommitAsync(cancellationToken);
    }

    static async Task<int> VersionAsync(ZipArchive zip, string file, CancellationToken cancellationToken)
    {
        var entry = zip.GetEntry(VersionEntry) ?? throw new HubException($"{file} is no backup of a PostgreSQL store. Name a file that 'uc backup' wrote.");
        using var reader = new StreamReader(await entry.OpenAsync(cancellationToken));
        return int.Parse(await reader.ReadToEndAsync(cancellationToken), CultureInfo.InvariantCulture);
    }

    static async Task<List<string>> TablesAsync(Session session, CancellationToken cancellationToken)
    {
        var tables = await session.ListAsync("select tablename::text from pg_tables where schemaname = 'public' order by tablename", null, static row => row.Text(), cancellationToken);
        return [.. tables.Where(table => !LeftOut.Contains(table) && !table.StartsWith("finished_jobs", StringComparison.Ordinal))];
    }
}
