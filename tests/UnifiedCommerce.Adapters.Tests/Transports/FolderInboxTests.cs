using System.Diagnostics;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Transports.Folders;

namespace UnifiedCommerce.Adapters.Tests.Transports;

public sealed class FolderInboxTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("uc-in-").FullName;
    private readonly SteppedTime time = new(DateTimeOffset.UnixEpoch.AddYears(60));
    private readonly Partner partner = new()
    {
        Id = "acme",
        Name = "Acme",
        Role = PartnerRole.Distributor,
        Country = "NL",
        TimeZone = TimeZoneInfo.Utc,
        Party = new Party { Name = "Acme" },
        Envelope = new EnvelopeIdentity(null, "A", null, "B"),
        Transport = new PartnerTransport { Kind = "folder", Inbox = "in", MaxBytes = 1000 },
    };
    private FolderChannel channel;

    public FolderInboxTests()
    {
        channel = new FolderChannel(root, time);
        Directory.CreateDirectory(In);
    }

    private string In => Path.Combine(root, "in");

    [Fact]
    public async Task A_settled_file_is_claimed_read_and_archived()
    {
        Put("a.edi", "UNB'");

        Arrival arrival = Assert.Single(await ClaimAsync());
        Assert.Equal(("acme", "a.edi"), (arrival.Partner, arrival.Name));
        Assert.Equal("UNB'"u8.ToArray(), arrival.Bytes);
        Assert.Empty(Directory.GetFiles(In));
        await channel.FinishAsync(partner, arrival, default);
        await channel.FinishAsync(partner, arrival, default);

        Assert.Equal("UNB'", File.ReadAllText(Assert.Single(Directory.GetFiles(Path.Combine(In, "_archive"), "a.edi", SearchOption.AllDirectories))));
        time.Step(TimeSpan.FromHours(1));
        Assert.Empty(await ClaimAsync());
    }

    [Fact]
    public async Task A_growing_file_waits_until_it_stands_still()
    {
        Put("a.edi", "UN", written: time.Now);
        Assert.Empty(await ClaimAsync());
        time.Step(TimeSpan.FromSeconds(0.8));
        Put("a.edi", "UNB'", written: time.Now);
        Assert.Empty(await ClaimAsync());
        time.Step(TimeSpan.FromSeconds(0.8));
        Assert.Empty(await ClaimAsync());
        time.Step(TimeSpan.FromSeconds(0.8));

        Assert.Equal("UNB'"u8.ToArray(), Assert.Single(await ClaimAsync()).Bytes);
    }

    [Fact]
    public async Task A_share_with_a_clock_ahead_does_not_keep_its_files_for_ever()
    {
        Put("a.edi", "UNB'", written: time.Now.AddDays(3));
        Assert.Empty(await ClaimAsync());
        time.Step(TimeSpan.FromSeconds(2));

        Assert.Single(await ClaimAsync());
    }

    [Fact]
    public async Task A_done_marker_settles_a_file_at_once()
    {
        Put("a.edi", "UNB'", written: time.Now);
        Put("a.edi.done", "", written: time.Now);

        Assert.Equal("a.edi", Assert.Single(await ClaimAsync()).Name);
        Assert.Empty(Directory.GetFiles(In));
    }

    [Fact]
    public async Task Temporary_names_and_empty_placeholders_are_left()
    {
        Put("a.edi.part", "UNB'");
        Put(".hidden", "UNB'");
        Put("b.edi", "", written: time.Now);

        Assert.Empty(await ClaimAsync());
        time.Step(TimeSpan.FromMinutes(11));
        Arrival refused = Assert.Single(await ClaimAsync());
        Assert.Equal(("b.edi", "empty-file"), (refused.Name, refused.Refused?.Code));
    }

    [Fact]
    public async Task A_file_over_the_limit_is_refused_without_being_read()
    {
        Put("big.edi", new string('x', 1001));

        Arrival arrival = Assert.Single(await ClaimAsync());

        Assert.Equal("too-large", arrival.Refused!.Code);
        Assert.Empty(arrival.Bytes);
        await channel.FinishAsync(partner, arrival, default);
        Assert.Single(Directory.GetFiles(Path.Combine(In, "_refused"), "big.edi", SearchOption.AllDirectories));
    }

    [UnixFact]
    public async Task A_symbolic_link_is_never_followed()
    {
        string secret = Path.Combine(root, "secret");
        File.WriteAllText(secret, "password");
        File.CreateSymbolicLink(Path.Combine(In, "a.edi"), secret);
        Directory.CreateSymbolicLink(Path.Combine(In, "b.edi"), root);
        File.CreateSymbolicLink(Path.Combine(In, "c.edi"), "/nowhere");

        IReadOnlyList<Arrival> arrivals = await ClaimAsync();

        Assert.Equal(3, arrivals.Count);
        Assert.All(arrivals, arrival => Assert.Equal(("symbolic-link", 0), (arrival.Refused?.Code, arrival.Bytes.Length)));
        Assert.Equal("password", File.ReadAllText(secret));
    }

    [UnixFact]
    public async Task A_pipe_in_the_folder_stops_nothing()
    {
        using (Process process = Process.Start("mkfifo", Path.Combine(In, "a.edi")))
        {
            await process.WaitForExitAsync();
        }
        Put("b.edi", "UNB'");
        time.Step(TimeSpan.FromMinutes(11));

        IReadOnlyList<Arrival> arrivals = await ClaimAsync();

        Assert.Equal(["empty-file", null], arrivals.OrderBy(arrival => arrival.Name).Select(arrival => arrival.Refused?.Code));
    }

    [UnixTheory]
    [InlineData("a\u202Efdp.edi")]
    [InlineData("a\nb.edi")]
    [InlineData("a%2e%2e.edi")]
    [InlineData("a\\b.edi")]
    [InlineData("-rf")]
    [InlineData("a.edi ")]
    public async Task A_bad_name_is_refused_and_kept(string name)
    {
        Put(name, "UNB'");

        Arrival arrival = Assert.Single(await ClaimAsync());

        Assert.Equal(("bad-file-name", name), (arrival.Refused?.Code, arrival.Name));
        await channel.FinishAsync(partner, arrival, default);
        Assert.Single(Directory.GetFiles(Path.Combine(In, "_refused"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task What_a_dead_process_claimed_comes_again_with_the_same_bytes()
    {
        Put("a.edi", "UNB'");
        await ClaimAsync();
        channel.Dispose();
        channel = new FolderChannel(root, time);

        Assert.Equal("UNB'"u8.ToArray(), Assert.Single(await ClaimAsync()).Bytes);
    }

    [Fact]
    public async Task What_a_living_process_claimed_stays_with_it()
    {
        Put("a.edi", "UNB'");
        await ClaimAsync();
        using FolderChannel other = new(root, time);

        Assert.Empty(await other.ClaimAsync(partner, 10, default));
        time.Step(TimeSpan.FromDays(1));
        Assert.Empty(await other.ClaimAsync(partner, 10, default));
    }

    [Fact]
    public async Task A_claim_that_is_never_finished_is_offered_again()
    {
        Put("a.edi", "UNB'");
        await ClaimAsync();
        Assert.Empty(await ClaimAsync());
        time.Step(TimeSpan.FromSeconds(31));

        Assert.Single(await ClaimAsync());
    }

    [Fact]
    public async Task The_same_name_twice_is_two_arrivals()
    {
        Put("a.edi", "UNB+1'");
        Arrival first = Assert.Single(await ClaimAsync());
        Put("a.edi", "UNB+2'");
        Arrival second = Assert.Single(await ClaimAsync());
        await channel.FinishAsync(partner, first, default);
        await channel.FinishAsync(partner, second, default);

        Assert.Equal(["UNB+1'", "UNB+2'"], Directory.GetFiles(Path.Combine(In, "_archive"), "a.edi", SearchOption.AllDirectories).Select(File.ReadAllText).Order());
    }

    [Fact]
    public async Task Four_processes_claim_every_file_once()
    {
        for (int i = 0; i < 60; i++)
        {
            Put($"{i}.edi", $"UNB+{i}'");
        }
        FolderChannel[] channels = [.. Enumerable.Range(0, 4).Select(_ => new FolderChannel(root, time))];

        Arrival[] arrivals = [.. (await Task.WhenAll(channels.Select(each => Task.Run(async () =>
        {
            List<Arrival> mine = [];
            while (await each.ClaimAsync(partner, 7, default) is { Count: > 0 } more)
            {
                mine.AddRange(more);
            }
            return mine;
        })))).SelectMany(all => all)];

        Assert.Equal(60, arrivals.Length);
        Assert.Equal(60, arrivals.Select(arrival => arrival.Name).Distinct().Count());
        foreach (FolderChannel each in channels)
        {
            each.Dispose();
        }
    }

    [Fact]
    public async Task The_limit_holds_and_the_oldest_come_first()
    {
        Put("b.edi", "2", written: time.Now.AddMinutes(-1));
        Put("a.edi", "3", written: time.Now.AddMinutes(-0.5));
        Put("c.edi", "1", written: time.Now.AddMinutes(-2));

        Assert.Equal(["c.edi", "b.edi"], (await channel.ClaimAsync(partner, 2, default)).Select(arrival => arrival.Name));
    }

    public void Dispose()
    {
        channel.Dispose();
        Directory.Delete(root, true);
    }

    private Task<IReadOnlyList<Arrival>> ClaimAsync() => channel.ClaimAsync(partner, 10, default);

    private void Put(string name, string text, DateTimeOffset? written = null)
    {
        string path = Path.Combine(In, name);
        File.WriteAllText(path, text);
        File.SetLastWriteTimeUtc(path, (written ?? time.Now.AddHours(-1)).UtcDateTime);
    }
}

/// <summary>A theory that needs Unix file names.</summary>
public sealed class UnixTheoryAttribute : TheoryAttribute
{
    public UnixTheoryAttribute() => Skip = OperatingSystem.IsWindows() ? "Needs Unix file names." : null;
}

/// <summary>Time that stands still until it is stepped.</summary>
public sealed class SteppedTime(DateTimeOffset start) : TimeProvider
{
    public DateTimeOffset Now { get; private set; } = start;

    public override DateTimeOffset GetUtcNow() => Now;

    public void Step(TimeSpan by) => Now += by;
}
