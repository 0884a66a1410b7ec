using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Dapper;
using Microsoft.Data.Sqlite;
using Npgsql;
using UnifiedCommerce.Core;

namespace UnifiedCommerce.Storage;

/// <summary>Numbered SQL files, applied in order under a lock, so that several processes may start at once. A migration only expands (adds tables,
/// columns with defaults, indexes) while older processes may still run; what they no longer need is removed by a later one whose
/// <c>Compatible-from</c> names the first number of code that can live with it.</summary>
internal static partial class Migrations
{
    const long AdvisoryLock = 0x55434D49;

    sealed record Migration(int Number, string Name, int CompatibleFrom, string Text)
    {
        public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));
    }

    static readonly IReadOnlyList<Migration> All = Load();

    /// <summary>Number, oldest code that can live with it, and text of each.</summary>
    public static IEnumerable<(int Number, int CompatibleFrom, string Text)> Texts => All.Select(migration => (migration.Number, migration.CompatibleFrom, migration.Text));

    /// <summary>The number of the newest migration that this code knows.</summary>
    public static int Newest => All[^1].Number;

    static Migration[] Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return [.. assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(resource =>
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            var text = reader.ReadToEnd().ReplaceLineEndings("\n");
            var file = FileName().Match(resource);
            return new Migration(int.Parse(file.Groups[1].Value, CultureInfo.InvariantCulture), file.Groups[2].Value,
                int.Parse(CompatibleFrom().Match(text).Groups[1].Value, CultureInfo.InvariantCulture), text);
        })];
    }

    [GeneratedRegex(@"(\d{4})-([a-z0-9-]+)\.sql$", RegexOptions.CultureInvariant)]
    private static partial Regex FileName();

    [GeneratedRegex(@"^-- Compatible-from: (\d+)$", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex CompatibleFrom();

    const string CreateTable = "create table if not exists migrations (number bigint primary key, name text not null, sha256 text not null, "
        + "compatible_from bigint not null)";
    const string ReadTable = "select number, name, sha256, compatible_from from migrations order by number";
    const string AddRow = "insert into migrations (number, name, sha256, compatible_from) values (@Number, @Name, @Sha256, @CompatibleFrom)";

    sealed class Applied
    {
        public long Number { get; set; }
        public string Name { get; set; } = "";
        public string Sha256 { get; set; } = "";
        public long Compatible_From { get; set; }
    }

    /// <summary>PostgreSQL: each migration is one transaction under a session lock.</summary>
    public static async Task ApplyAsync(NpgsqlConnection connection, int upTo, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync(new CommandDefinition("select pg_advisory_lock(@AdvisoryLock)", new { AdvisoryLock }, cancellationToken: cancellationToken));
        try
        {
            await connection.ExecuteAsync(new CommandDefinition(CreateTable, cancellationToken: cancellationToken));
            foreach (var migration in Pending(await connection.QueryAsync<Applied>(new CommandDefinition(ReadTable, cancellationToken: cancellationToken)), upTo))
            {
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
                await connection.ExecuteAsync(new CommandDefinition(Dialect.Postgres.Section(migration.Text), transaction: transaction, cancellationToken: cancellationToken));
                await connection.ExecuteAsync(new CommandDefinition(AddRow, migration, transaction, cancellationToken: cancellationToken));
                await transaction.CommitAsync(cancellationToken);
            }
        }
        finally
        {
            await connection.ExecuteAsync("select pg_advisory_unlock(@AdvisoryLock)", new { AdvisoryLock });
        }
    }

    /// <summary>SQLite: all pending migrations are one transaction; another process waits at its beginning.</summary>
    public static void Apply(Session session, SqliteConnection connection, int upTo)
    {
        session.Now("begin immediate");
        try
        {
            connection.Execute(CreateTable);
            foreach (var migration in Pending(connection.Query<Applied>(ReadTable), upTo))
            {
                connection.Execute(Dialect.Sqlite.Section(migration.Text));
                connection.Execute(AddRow, migration);
            }
            session.Now("commit");
        }
        catch
        {
            session.Now("rollback");
            throw;
        }
    }

    static List<Migration> Pending(IEnumerable<Applied> rows, int upTo)
    {
        var applied = rows.ToDictionary(row => row.Number);
        foreach (var row in applied.Values)
        {
            if (row.Compatible_From > Newest)
            {
                throw new HubException($"The database was changed by a newer version (migration {row.Number} {row.Name}), which code older than "
                    + $"{row.Compatible_From} cannot use; this code knows up to {Newest}. Start the newer version.");
            }
            if (All.FirstOrDefault(migration => migration.Number == row.Number) is { } known && known.Sha256 != row.Sha256)
            {
                throw new HubException($"Migration {row.Number} {row.Name} was applied with another text than this version has. A released migration is "
                    + "never changed: add a new one.");
            }
        }
        return [.. All.Where(migration => migration.Number <= upTo && !applied.ContainsKey(migration.Number))];
    }
}
