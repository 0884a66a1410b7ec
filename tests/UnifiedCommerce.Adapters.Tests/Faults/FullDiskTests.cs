using System.Data.Common;
using System.Diagnostics;
using Npgsql;
using UnifiedCommerce.Adapters.Tests.Transports;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Adapters.Tests.Faults;

/// <summary>The database's disk is full: a small tmpfs. What was committed stays, what was not is refused in time, and it goes on when there is room.</summary>
public sealed class FullDiskTests : IDisposable
{
    static readonly CancellationToken None = CancellationToken.None;
    readonly string _folder = Directory.CreateTempSubdirectory("uc-full-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [TinyDiskFact]
    public async Task A_full_disk_below_SQLite_loses_nothing_that_was_committed()
    {
        using var disk = new TinyDisk(Path.Combine(_folder, "disk"), 8 * 1024);
        await using var store = await HubStore.OpenAsync($"Data Source={Path.Combine(disk.Path, "hub.db")}", null, None);
        await FillAsync(store, Path.Combine(disk.Path, "ballast"), 2 * 1024 * 1024);
    }

    [TinyTablespaceFact]
    public async Task A_full_disk_below_PostgreSQL_loses_nothing_that_was_committed()
    {
        await using var server = await ThrowAwayPostgres.StartAsync();
        using var disk = new TinyDisk(Path.Combine(_folder, "disk"), 32 * 1024);
        var place = Directory.CreateDirectory(Path.Combine(disk.Path, "tables")).FullName;
        // The server runs as another user than root.
        foreach (var (program, arguments) in new (string, string[])[] { ("chmod", ["755", _folder, disk.Path]), ("chmod", ["777", place]), ("chown", ["--reference", server.DataFolder, place]) })
            Process.Start(program, arguments).WaitForExit();
        await SqlAsync(server, $"create tablespace tiny location '{place}'", "create database tiny tablespace tiny");
        await using (var store = await HubStore.OpenAsync(server.ConnectionString("tiny"), null, None))
            await FillAsync(store, Path.Combine(disk.Path, "ballast"), 4 * 1024 * 1024);
        await SqlAsync(server, "drop database tiny with (force)", "drop tablespace tiny");
    }

    static async Task SqlAsync(ThrowAwayPostgres server, params string[] statements)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync(None);
        foreach (var sql in statements)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(None);
        }
    }

    /// <summary>A test that needs a small file system and PostgreSQL.</summary>
    sealed class TinyTablespaceFactAttribute : FactAttribute
    {
        public TinyTablespaceFactAttribute() => Skip = new TinyDiskFactAttribute().Skip ?? new PostgresFactAttribute().Skip;
    }

    /// <summary>Writes until there is no room, makes room, writes on.</summary>
    static async Task FillAsync(HubStore store, string ballast, int size)
    {
        await File.WriteAllBytesAsync(ballast, new byte[size], None);
        var committed = 0;
        DbException? full = null;
        while (full is null)
        {
            Assert.True(committed < 10_000, "The disk was never full.");
            try
            {
                await WriteAsync(store, committed);
                committed++;
            }
            catch (DbException refused)
            {
                full = refused;
            }
        }
        Assert.True(full.IsTransient || full.GetType().Name == "SqliteException", $"Found {full}, expected what the API answers with 503.");
        Assert.Equal(committed, await CountAsync(store));
        File.Delete(ballast);
        await WriteAsync(store, committed);
        Assert.Equal(committed + 1, await CountAsync(store));
        Assert.Empty(await store.SelfAudit.CheckAsync(None));
    }

    static async Task WriteAsync(HubStore store, int number)
    {
        await using var work = await store.BeginAsync(None);
        // Text that does not compress.
        var text = Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(64 * 1024));
        await work.Audit.AddAsync([new AuditEntry(DateTimeOffset.UnixEpoch, "anna", "filled", $"row:{number}", null, text)], None);
        await work.CommitAsync(None);
    }

    static async Task<long> CountAsync(HubStore store)
    {
        await using var read = await store.ReadAsync(None);
        return await read.Session.NumberAsync("select count(*) from audit where action = 'filled'", null, None) ?? 0;
    }
}
