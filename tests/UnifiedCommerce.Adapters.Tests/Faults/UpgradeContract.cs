using System.Text.RegularExpressions;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Adapters.Tests.Faults;

public sealed class UpgradeOnSqliteTests(SqliteSource source) : UpgradeContract(source), IClassFixture<SqliteSource>;

public sealed class UpgradeOnPostgresTests(PostgresSource source) : UpgradeContract(source), IClassFixture<PostgresSource>;

/// <summary>Two versions side by side: tables expand while processes of the version before go on, and what they wrote is understood.</summary>
public abstract class UpgradeContract(IStoreSource source)
{
    static readonly CancellationToken None = CancellationToken.None;

    /// <summary>The first version that was run with orders of its own.</summary>
    const int First = 2;

    // As the version before wrote it. It is kept as text: today's code would write today's columns.
    const string OldInsert = "insert into dispatches (key, partner, kind, purchase_id, acknowledges_document_id, bytes, sha256, interchange_control, group_control, message_control, "
        + "file_name, content_type, mapping_version, prepared_at, state, attempt, fence, lease_until, evidence, reason, acknowledgement, sent_at) values (@key, 'nord', 'PurchaseOrder', "
        + "null, null, @bytes, @sha, null, null, null, 'f', 't', null, 0, @state, @attempt, @fence, @lease, null, null, 'NoneExpected', null)";
    const string OldJob = "insert into jobs (kind, args, lane, unique_key, priority, state, run_at, attempt, max_attempts, fence, again, enqueued_at) "
        + "select 'send-dispatch', '{\"dispatchId\":' || id || '}', 'nord', 'send-dispatch:' || id, 100, 0, 0, 0, 12, 1099511627776, 0, 0 from dispatches where key = @key";
    const string OldSent = "update dispatches set state = 'Sent', attempt = 1, fence = 1, lease_until = null, evidence = 'old', reason = null, acknowledgement = 'NoneExpected', sent_at = 1 where key = @key";

    static async Task OldProcessAsync(HubStore store, string key, string state, DateTimeOffset? leaseUntil = null)
    {
        byte[] bytes = [1, 2, 3];
        var sending = state == "Sending" ? 1L : 0;
        await RunAsync(store, OldInsert, new
        {
            key, bytes, sha = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)), state, attempt = sending, fence = sending, lease = Stored.Moment(leaseUntil),
        });
        await RunAsync(store, OldJob, new { key });
    }

    static async Task RunAsync(HubStore store, string sql, object args)
    {
        await using var work = (Work)await store.BeginAsync(None);
        await work.Session.RunAsync(sql, args, None);
        await work.CommitAsync(None);
    }

    [StoreFact]
    public async Task What_the_version_before_left_and_goes_on_to_write_is_sent_once_by_the_new_one()
    {
        var time = new ManualTime();
        var options = new StorageOptions { MachineTime = time };
        await using var old = await source.NewAsync(options with { MigrateUpTo = First });
        // One waits, one is being sent by a process of the old version that died.
        await OldProcessAsync(old, "WAITS", "Prepared");
        await OldProcessAsync(old, "HALFWAY", "Sending", time.GetUtcNow().AddMinutes(2));

        await using var store = await source.AgainAsync(old, options);
        // Old processes still run, on connections of their own, when the tables have grown.
        await OldProcessAsync(old, "LATER", "Prepared");
        await OldProcessAsync(old, "DONE", "Prepared");
        await RunAsync(old, OldSent, new { key = "DONE" });

        var partner = new Partnerside();
        partner.Has.Add("HALFWAY");
        await using var engine = SendingContract.Engine(store, time, "new", partner);
        await engine.RunReadyAsync(None);
        Assert.Equal(["DONE Sent", "HALFWAY Sending", "LATER Sent", "WAITS Sent"], await StatesAsync(store));
        time.Advance(TimeSpan.FromSeconds(121));
        await engine.RunReadyAsync(None);
        Assert.Equal(["DONE Sent", "HALFWAY Sent", "LATER Sent", "WAITS Sent"], await StatesAsync(store));
        Assert.Equal((1, 3, 2), (partner.Probes, partner.Has.Count, partner.Sends));
        Assert.Empty(await store.SelfAudit.CheckAsync(None));
    }

    [StoreFact]
    public async Task A_state_that_only_a_newer_version_knows_is_left_to_it_and_the_others_of_the_batch_are_done()
    {
        var time = new ManualTime();
        await using var store = await source.NewAsync(new StorageOptions { MachineTime = time });
        await OldProcessAsync(store, "FIRST", "Prepared");
        await OldProcessAsync(store, "NEWER", "Resting");
        await OldProcessAsync(store, "THIRD", "Prepared");
        var partner = new Partnerside();
        await using var engine = SendingContract.Engine(store, time, "older", partner);
        await engine.RunReadyAsync(None);
        Assert.Equal(["FIRST Sent", "NEWER Resting", "THIRD Sent"], await StatesAsync(store));
        await using (var read = await store.ReadAsync(None))
        {
            var said = Assert.Single(await read.Session.ListAsync("select reason from jobs", null, static row => row.Text(), None));
            Assert.Contains("'Resting'", said, StringComparison.Ordinal);
            Assert.Contains("update this process", said, StringComparison.Ordinal);
        }

        // A newer process does its part; the job is still there for whoever comes first.
        await RunAsync(store, "update dispatches set state = 'Prepared' where key = 'NEWER'", new { });
        time.Advance(TimeSpan.FromHours(1));
        await engine.RunReadyAsync(None);
        Assert.Equal(["FIRST Sent", "NEWER Sent", "THIRD Sent"], await StatesAsync(store));
        Assert.Equal(3, partner.Sends);
    }

    [Theory]
    [InlineData(typeof(Core.Inbound.DocumentState), "Received Applied Duplicate Quarantined Partly Waiting Dismissed Tested Outbound")]
    [InlineData(typeof(DispatchState), "Prepared Sending Sent Confirmed Unknown Failed Held Void")]
    [InlineData(typeof(AcknowledgementState), "NoneExpected Awaited Accepted AcceptedWithErrors Rejected Overdue")]
    [InlineData(typeof(PurchaseStatus), "AwaitingApproval Released Sent Acknowledged Answered Rejected Fulfilled Cancelled Refused Escalated")]
    public void A_new_state_is_read_by_one_version_before_it_is_written_by_the_next(Type states, string known) =>
        Assert.True(Enum.GetNames(states).Order(StringComparer.Ordinal).SequenceEqual(known.Split(' ').Order(StringComparer.Ordinal)),
            $"{states.Name} has the values {string.Join(' ', Enum.GetNames(states))}, the version before knows {known}. Write a new one only from the next version on, "
            + "or add a migration whose Compatible-from is its own number, so that older processes must be gone; then put it here.");

    static async Task<IReadOnlyList<string>> StatesAsync(HubStore store)
    {
        await using var read = await store.ReadAsync(None);
        return await read.Session.ListAsync("select key || ' ' || state from dispatches order by key", null, static row => row.Text(), None);
    }

    [StoreFact]
    public async Task Code_that_the_database_has_outgrown_says_so_and_does_not_start()
    {
        await using var store = await source.NewAsync();
        await RunAsync(store, "insert into migrations (number, name, sha256, compatible_from) values (9001, 'contract', 'x', 9001)", new { });
        var refusal = await Assert.ThrowsAsync<HubException>(() => source.AgainAsync(store));
        Assert.Contains("newer version", refusal.Message, StringComparison.Ordinal);
        await RunAsync(store, "update migrations set compatible_from = 1 where number = 9001", new { });
        await using var again = await source.AgainAsync(store);
    }

    [Fact]
    public void Every_migration_only_expands_or_says_that_older_code_must_be_gone()
    {
        foreach (var (number, compatibleFrom, text) in Migrations.Texts.Where(migration => migration.Number > First))
        {
            if (compatibleFrom == number)
                continue;
            var statements = Regex.Replace(text, "--[^\n]*", "").Split(';').Select(statement => Regex.Replace(statement, @"\s+", " ").Trim()).Where(statement => statement.Length > 0);
            // What the migration itself adds it may also fill: older code does not look there.
            var tables = Regex.Matches(text, @"create table ([a-z_]+)").Select(match => match.Groups[1].Value).ToHashSet();
            var columns = Regex.Matches(text, @"alter table ([a-z_]+) add column ([a-z_]+)").Select(match => $"{match.Groups[1].Value}.{match.Groups[2].Value}").ToHashSet();
            Assert.All(statements, statement => Assert.True(
                Regex.IsMatch(statement, "^create (table|index|unique index) ")
                || (Regex.IsMatch(statement, "^alter table [a-z_]+ add column ")
                    && (!statement.Contains("not null", StringComparison.Ordinal) || statement.Contains(" default ", StringComparison.Ordinal)))
                || (Regex.Match(statement, "^insert into ([a-z_]+) ") is { Success: true } insert && tables.Contains(insert.Groups[1].Value))
                || (Regex.Match(statement, "^update ([a-z_]+) set ([a-z_]+) = [^,]") is { Success: true } update && columns.Contains($"{update.Groups[1].Value}.{update.Groups[2].Value}")),
                $"Migration {number} has '{statement}', which code older than {number} may not live with. Add instead, or set Compatible-from to {number}."));
        }
    }
}
