using System.CommandLine;
using System.Text.Json;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Cli;

/// <summary><c>uc backup</c>, <c>uc restore</c>, <c>uc audit</c>, <c>uc jobs</c>: look after a hub's store. Exit code 0: all is well; 1: something
/// does not hold; 2: it could not be done.</summary>
internal static class JobsCommands
{
    static readonly JsonSerializerOptions Json = new(CanonicalJson.Options) { WriteIndented = true };

    public static IEnumerable<Command> Create() => [Backup(), Restore(), Audit(), Jobs()];

    static Option<string> Store() => new("--store")
    {
        Description = "Connection string: 'Data Source=data/hub.db' (SQLite) or 'Host=...;Database=...' (PostgreSQL). Without it: the variable UC_STORE.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("UC_STORE") ?? "Data Source=data/hub.db",
    };

    static Option<bool> AsJson() => new("--json") { Description = "Answer as JSON." };

    static Command Backup()
    {
        var (file, store) = (new Argument<FileInfo>("file") { Description = "The file to write; it must not exist." }, Store());
        Command command = new("backup", "Copy a hub's store into a file while it works.") { file, store };
        command.SetAction((parse, cancellationToken) => DoAsync(parse, store, migrate: false, async hub =>
        {
            await hub.BackUpAsync(parse.GetRequiredValue(file).FullName, cancellationToken);
            parse.InvocationConfiguration.Output.WriteLine($"Written to {parse.GetRequiredValue(file).FullName}.");
            return 0;
        }, cancellationToken));
        return command;
    }

    static Command Restore()
    {
        var (file, store, json) = (new Argument<FileInfo>("file") { Description = "The backup." }, Store(), AsJson());
        Option<int> skip = new("--skip-numbers")
        {
            Description = "Control numbers and run numbers that may have been used after the backup; they become void.", DefaultValueFactory = _ => 1000,
        };
        Command command = new("restore", "Fill an empty store from a backup. What may have been sent since is held, and nothing is sent until the pauses are lifted.")
        {
            file, store, skip, json,
        };
        command.SetAction((parse, cancellationToken) => DoAsync(parse, store, migrate: true, async hub =>
        {
            var report = await hub.RestoreAsync(parse.GetRequiredValue(file).FullName, parse.GetValue(skip), cancellationToken);
            parse.InvocationConfiguration.Output.WriteLine(parse.GetValue(json) ? JsonSerializer.Serialize(report, Json)
                : $"Restored, epoch {report.Epoch}. Held: {report.Held} documents that may have reached their partners since. "
                    + $"Paused until you lift it on the Jobs page: {string.Join(", ", report.PausedKinds)}.");
            return 0;
        }, cancellationToken));
        return command;
    }

    static Command Audit()
    {
        Command audit = new("audit", "Say whether what must always hold does.");
        var (store, json) = (Store(), AsJson());
        Option<int?> newest = new("--newest") { Description = "Only so many of the newest sealed batches." };
        Command verify = new("verify", "Verify the audit log's chain of hashes and the invariants.") { store, json, newest };
        verify.SetAction((parse, cancellationToken) => DoAsync(parse, store, migrate: false, async hub =>
        {
            var verdict = await hub.SelfAudit.VerifyAsync(parse.GetValue(newest), cancellationToken);
            IReadOnlyList<InvariantBreach> breaches = [.. verdict.Breaches, .. await hub.SelfAudit.CheckAsync(cancellationToken)];
            var output = parse.InvocationConfiguration.Output;
            if (parse.GetValue(json))
            {
                output.WriteLine(JsonSerializer.Serialize(new { verdict.Batches, verdict.Entries, verdict.Unsealed, verdict.Head, Breaches = breaches }, Json));
            }
            else
            {
                output.WriteLine($"{verdict.Entries} audit entries in {verdict.Batches} sealed batches, {verdict.Unsealed} not sealed yet. Head {verdict.Head}.");
                foreach (var breach in breaches)
                    output.WriteLine($"{breach.Invariant} {breach.Subject}: {breach.Text}");
                output.WriteLine(breaches.Count == 0 ? "All invariants hold." : $"{breaches.Count} breaches.");
            }
            return breaches.Count == 0 ? 0 : 1;
        }, cancellationToken));
        audit.Subcommands.Add(verify);
        return audit;
    }

    static Command Jobs()
    {
        Command jobs = new("jobs", "Look after the queue.");
        var (store, json) = (Store(), AsJson());
        Command rebuild = new("rebuild", "Make jobs again from what orders, documents and dispatches say; what is there already stays.") { store, json };
        rebuild.SetAction((parse, cancellationToken) => DoAsync(parse, store, migrate: false, async hub =>
        {
            var counts = await JobsRebuild.RunAsync(hub, cancellationToken);
            var output = parse.InvocationConfiguration.Output;
            if (parse.GetValue(json))
                output.WriteLine(JsonSerializer.Serialize(counts, Json));
            else
                output.WriteLine(counts.Count == 0 ? "Nothing is unfinished." : string.Join(Environment.NewLine, counts.OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => $"{count.Key}: {count.Value}")));
            return 0;
        }, cancellationToken));
        jobs.Subcommands.Add(rebuild);
        return jobs;
    }

    static async Task<int> DoAsync(ParseResult parse, Option<string> store, bool migrate, Func<HubStore, Task<int>> act, CancellationToken cancellationToken)
    {
        try
        {
            await using var hub = await HubStore.OpenAsync(parse.GetRequiredValue(store), new StorageOptions { Migrate = migrate }, cancellationToken);
            return await act(hub);
        }
        catch (Exception fault) when (fault is HubException or IOException or UnauthorizedAccessException or System.Data.Common.DbException or ArgumentException)
        {
            parse.InvocationConfiguration.Error.WriteLine(fault.Message);
            return 2;
        }
    }
}
