using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Transports.Folders;

namespace UnifiedCommerce.Adapters.Tests.Transports;

public sealed class FolderOutboxTests : TransportContract, IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("uc-out-").FullName;
    private readonly FolderChannel channel;

    public FolderOutboxTests() => channel = new FolderChannel(root, TimeProvider.System);

    protected override IOutboundChannel Channel => channel;

    protected override Partner Partner { get; } = PartnerWith(new PartnerTransport { Kind = "folder", Outbox = "out" });

    private string Out => Path.Combine(root, "out");

    [Fact]
    public async Task A_document_that_the_partner_took_away_is_not_sent_again()
    {
        Dispatch dispatch = DispatchOf("PO-000001-v1", "UNB'");
        await channel.SendAsync(Partner, dispatch, default);
        File.Delete(Path.Combine(Out, dispatch.FileName));

        Assert.IsType<ProbeResult.Present>(await channel.ProbeAsync(Partner, dispatch, default));
        Assert.IsType<SendResult.Sent>(await channel.SendAsync(Partner, dispatch with { Fence = 2 }, default));
        Assert.Empty(await ReceivedAsync());
    }

    [Fact]
    public async Task A_late_worker_does_not_put_a_taken_document_back()
    {
        // The late worker wrote its own temporary file, then lost its lease; the next one delivered, and the partner took the file.
        Dispatch dispatch = DispatchOf("PO-000001-v1", "UNB'");
        Directory.CreateDirectory(Path.Combine(Out, "_sending"));
        File.WriteAllBytes(Path.Combine(Out, "_sending", dispatch.FileName + ".1-1"), dispatch.Bytes);
        await channel.SendAsync(Partner, dispatch with { Attempt = 2, Fence = 2 }, default);
        File.Delete(Path.Combine(Out, dispatch.FileName));

        await channel.SendAsync(Partner, dispatch, default);

        Assert.Empty(await ReceivedAsync());
    }

    [Fact]
    public async Task A_crash_before_the_ticket_leaves_nothing_sent_and_sending_again_delivers()
    {
        Dispatch dispatch = DispatchOf("PO-000001-v1", "UNB'");
        Directory.CreateDirectory(Path.Combine(Out, "_sending"));
        File.WriteAllText(Path.Combine(Out, "_sending", dispatch.FileName + ".1-1"), "UN");
        File.WriteAllText(Path.Combine(Out, "_sending", dispatch.FileName + ".1-1.ticket"), "");

        Assert.IsType<ProbeResult.Absent>(await channel.ProbeAsync(Partner, dispatch, default));
        Assert.IsType<SendResult.Sent>(await channel.SendAsync(Partner, dispatch, default));
        Assert.Equal(dispatch.Bytes, Assert.Single(await ReceivedAsync()));
    }

    [Fact]
    public async Task A_crash_between_ticket_and_rename_is_continued_by_the_next_attempt()
    {
        Dispatch dispatch = DispatchOf("PO-000001-v1", "UNB'");
        await channel.SendAsync(Partner, dispatch, default);
        File.Move(Path.Combine(Out, dispatch.FileName), Path.Combine(Out, "_sending", dispatch.FileName + ".1-1"));

        Assert.IsType<ProbeResult.Absent>(await channel.ProbeAsync(Partner, dispatch, default));
        Assert.IsType<SendResult.Sent>(await channel.SendAsync(Partner, dispatch with { Attempt = 2, Fence = 2 }, default));
        Assert.Equal(dispatch.Bytes, Assert.Single(await ReceivedAsync()));
        Assert.Empty(Directory.GetFiles(Path.Combine(Out, "_sending")));
    }

    [Fact]
    public async Task A_file_with_the_name_and_other_content_is_left_alone_and_a_person_is_told()
    {
        Directory.CreateDirectory(Out);
        Dispatch dispatch = DispatchOf("PO-000001-v1", "UNB'");
        File.WriteAllText(Path.Combine(Out, dispatch.FileName), "somebody else's");

        SendResult.Failed failed = Assert.IsType<SendResult.Failed>(await channel.SendAsync(Partner, dispatch, default));

        Assert.False(failed.Retryable);
        Assert.Equal("somebody else's", File.ReadAllText(Path.Combine(Out, dispatch.FileName)));
        File.Delete(Path.Combine(Out, dispatch.FileName));
        Assert.IsType<SendResult.Sent>(await channel.SendAsync(Partner, dispatch with { Fence = 2 }, default));
    }

    [Fact]
    public async Task A_file_with_the_name_and_the_same_content_counts_as_sent()
    {
        Directory.CreateDirectory(Out);
        Dispatch dispatch = DispatchOf("PO-000001-v1", "UNB'");
        File.WriteAllBytes(Path.Combine(Out, dispatch.FileName), dispatch.Bytes);

        Assert.IsType<SendResult.Sent>(await channel.SendAsync(Partner, dispatch, default));
        Assert.Single(await ReceivedAsync());
    }

    [Fact]
    public async Task A_name_is_never_used_for_two_contents()
    {
        await channel.SendAsync(Partner, DispatchOf("PO-000001-v1", "UNB+1'"), default);
        File.Delete(Path.Combine(Out, "PO-000001-v1.edi"));

        Dispatch other = DispatchOf("PO-000001-v1", "UNB+2'");
        Assert.IsType<ProbeResult.Ambiguous>(await channel.ProbeAsync(Partner, other, default));
        Assert.False(Assert.IsType<SendResult.Failed>(await channel.SendAsync(Partner, other, default)).Retryable);
    }

    [Fact]
    public async Task Documents_sent_together_arrive_once_each_and_one_that_is_refused_holds_up_no_other()
    {
        Dispatch first = DispatchOf("PO-000001-v1", "UNB+1'");
        Dispatch second = DispatchOf("PO-000002-v1", "UNB+2'");
        Dispatch taken = DispatchOf("PO-000003-v1", "UNB+3'");
        await channel.SendAsync(Partner, taken, default);
        Dispatch refused = DispatchOf("PO-000004-v1", "UNB+4'") with { FileName = "../PO.edi" };

        IReadOnlyList<SendResult> results = await channel.SendAllAsync(Partner, [first, refused, taken with { Fence = 2 }, second], default);

        Assert.IsType<SendResult.Failed>(results[1]);
        Assert.All([results[0], results[2], results[3]], result => Assert.IsType<SendResult.Sent>(result));
        Assert.Equal(3, (await ReceivedAsync()).Count);
        Assert.Equal(second.Bytes, File.ReadAllBytes(Path.Combine(Out, second.FileName)));
        Assert.Empty(Directory.GetFiles(Path.Combine(Out, "_sending")));
        Assert.IsType<ProbeResult.Present>(await channel.ProbeAsync(Partner, second, default));
    }

    [Fact]
    public async Task A_crash_among_documents_sent_together_leaves_each_sent_or_to_be_continued()
    {
        Dispatch[] dispatches = [.. Enumerable.Range(1, 3).Select(number => DispatchOf($"PO-00000{number}-v1", $"UNB+{number}'"))];
        await channel.SendAllAsync(Partner, dispatches, default);
        // The first was renamed and taken by the partner, the second was ticketed only, of the third only the bytes were written.
        File.Delete(Path.Combine(Out, dispatches[0].FileName));
        File.Move(Path.Combine(Out, dispatches[1].FileName), Path.Combine(Out, "_sending", dispatches[1].FileName + ".1-1"));
        File.Move(Path.Combine(Out, dispatches[2].FileName), Path.Combine(Out, "_sending", dispatches[2].FileName + ".1-1"));
        File.Delete(Path.Combine(Out, "_sent", dispatches[2].FileName));

        Assert.IsType<ProbeResult.Present>(await channel.ProbeAsync(Partner, dispatches[0], default));
        Assert.IsType<ProbeResult.Absent>(await channel.ProbeAsync(Partner, dispatches[1], default));
        Assert.IsType<ProbeResult.Absent>(await channel.ProbeAsync(Partner, dispatches[2], default));
        Assert.All(await channel.SendAllAsync(Partner, [.. dispatches.Select(dispatch => dispatch with { Attempt = 2, Fence = 2 })], default), result => Assert.IsType<SendResult.Sent>(result));
        Assert.Equal([dispatches[1].FileName, dispatches[2].FileName], Directory.GetFiles(Out).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [UnixFact]
    public async Task A_sheet_that_a_crash_left_behind_is_not_written_over_while_it_is_the_ticket_of_others()
    {
        Dispatch first = DispatchOf("PO-000001-v1", "UNB+1'");
        Dispatch second = DispatchOf("PO-000002-v1", "UNB+2'");
        await channel.SendAllAsync(Partner, [first, second], default);
        using (System.Diagnostics.Process link = System.Diagnostics.Process.Start("ln", [Path.Combine(Out, "_sent", second.FileName), Path.Combine(Out, "_sending", first.FileName + ".1-1.tickets")]))
        {
            await link.WaitForExitAsync();
        }
        File.Delete(Path.Combine(Out, "_sent", first.FileName));
        File.Delete(Path.Combine(Out, first.FileName));

        await channel.SendAsync(Partner, first, default);

        Assert.IsType<ProbeResult.Present>(await channel.ProbeAsync(Partner, second, default));
    }

    [Fact]
    public async Task Tickets_are_forgotten_when_they_are_old_and_their_dispatches_are_settled()
    {
        Dispatch[] dispatches = [.. Enumerable.Range(1, 3).Select(number => DispatchOf($"PO-00000{number}-v1", $"UNB+{number}'") with { Id = number })];
        await channel.SendAllAsync(Partner, dispatches, default);
        DateTimeOffset written = File.GetLastWriteTimeUtc(Path.Combine(Out, "_sent", dispatches[0].FileName));
        Task<IReadOnlySet<long>> FirstTwo(IReadOnlyCollection<long> ids) => Task.FromResult<IReadOnlySet<long>>(ids.Where(id => id < 3).ToHashSet());

        Assert.Equal(0, await channel.ForgetAsync(Partner, written, FirstTwo, default));
        Assert.Equal(2, await channel.ForgetAsync(Partner, written.AddSeconds(1), FirstTwo, default));

        Assert.Equal([dispatches[2].FileName], Directory.GetFiles(Path.Combine(Out, "_sent")).Select(Path.GetFileName));
        Assert.IsType<ProbeResult.Present>(await channel.ProbeAsync(Partner, dispatches[2], default));
    }

    [Fact]
    public async Task A_ticket_of_an_older_version_is_heeded()
    {
        Dispatch dispatch = DispatchOf("PO 000001-v1", "UNB'");
        Directory.CreateDirectory(Path.Combine(Out, "_sent"));
        File.WriteAllText(Path.Combine(Out, "_sent", dispatch.FileName), $"{dispatch.Sha256} {dispatch.Bytes.Length} {dispatch.FileName}.1-1\n");

        Assert.IsType<ProbeResult.Present>(await channel.ProbeAsync(Partner, dispatch, default));
        Assert.IsType<SendResult.Sent>(await channel.SendAsync(Partner, dispatch with { Fence = 2 }, default));
        Assert.Empty(await ReceivedAsync());
        Assert.Equal(0, await channel.ForgetAsync(Partner, DateTimeOffset.MaxValue, ids => Task.FromResult<IReadOnlySet<long>>(ids.ToHashSet()), default));
    }

    [Theory]
    [InlineData("../PO.edi")]
    [InlineData("a/b.edi")]
    [InlineData("..")]
    [InlineData("PO\u202Eidp.edi")]
    [InlineData("PO.edi.")]
    [InlineData("PO%2e%2e.edi")]
    public async Task A_name_that_could_leave_the_folder_is_refused(string name)
    {
        SendResult result = await channel.SendAsync(Partner, DispatchOf("PO-000001-v1", "UNB'") with { FileName = name }, default);

        Assert.False(Assert.IsType<SendResult.Failed>(result).Retryable);
    }

    [UnixFact]
    public async Task Files_and_folders_are_for_their_owner_only()
    {
        await channel.SendAsync(Partner, DispatchOf("PO-000001-v1", "UNB'"), default);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Out, "PO-000001-v1.edi")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Out));
    }

    [TinyDiskFact]
    public async Task A_full_disk_is_tried_again_and_nothing_half_written_is_ever_seen()
    {
        using TinyDisk disk = new(Path.Combine(root, "tiny"), 64);
        using FolderChannel full = new(disk.Path, TimeProvider.System);
        Dispatch dispatch = DispatchOf("PO-000001-v1", new string('x', 40_000));
        Directory.CreateDirectory(Path.Combine(disk.Path, "out"));
        File.WriteAllBytes(Path.Combine(disk.Path, "out", "ballast"), new byte[30_000]);

        SendResult.Failed failed = Assert.IsType<SendResult.Failed>(await full.SendAsync(Partner, dispatch, default));
        Assert.True(failed.Retryable);
        Assert.Equal(["ballast"], Directory.GetFiles(Path.Combine(disk.Path, "out")).Select(Path.GetFileName));

        File.Delete(Path.Combine(disk.Path, "out", "ballast"));
        Assert.IsType<SendResult.Sent>(await full.SendAsync(Partner, dispatch with { Attempt = 1, Fence = 1 }, default));
        Assert.Equal(dispatch.Bytes, File.ReadAllBytes(Path.Combine(disk.Path, "out", dispatch.FileName)));
    }

    public void Dispose()
    {
        channel.Dispose();
        Directory.Delete(root, true);
    }

    protected override Task<IReadOnlyList<byte[]>> ReceivedAsync() => Task.FromResult<IReadOnlyList<byte[]>>(
        Directory.Exists(Out) ? [.. Directory.GetFiles(Out).Select(File.ReadAllBytes)] : []);
}
