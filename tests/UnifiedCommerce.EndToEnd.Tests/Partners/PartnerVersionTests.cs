using UnifiedCommerce.Adapters.Tests;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.EndToEnd.Tests.Journeys;
using UnifiedCommerce.Hub.Hosting;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.EndToEnd.Tests.Partners;

/// <summary>Which version of a partner's files is in force, on one process and on several.</summary>
public sealed class PartnerVersionTests : IDisposable
{
    private const string Answer = "nordhandel/order-response.edifact.map";
    private const string Zone = "timezone Europe/Berlin";
    private readonly MappingsCopy _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task A_changed_mapping_is_in_force_after_two_looks_and_the_first_version_can_be_rolled_back_to()
    {
        await using var store = await OpenAsync();
        var versions = await OpenAsync(store, _files.Path);
        string before = versions.MappingsOf(versions.Book.Current.Get("nordhandel")).For(Core.Orders.DocumentKind.OrderResponse)!.Id;

        _files.Edit(Answer, Zone, "timezone Europe/Vienna");
        Assert.Equal(0, await versions.LookAsync(CancellationToken.None));
        Assert.Equal(1, await versions.LookAsync(CancellationToken.None));

        var changed = versions.Book.Current.Get("nordhandel");
        Assert.Equal(2, changed.Version);
        Assert.NotEqual(before, versions.MappingsOf(changed).For(Core.Orders.DocumentKind.OrderResponse)!.Id);
        var history = await HistoryAsync(store);
        Assert.Equal("order-response.edifact.map changed", history[0].Change);
        Assert.Contains(before, history[1].Mappings);

        var done = await versions.PutInForceAsync("nordhandel", history[1].Sha256, "times were an hour off", "anna", CancellationToken.None);
        Assert.True(done.Done, done.Text);
        Assert.Equal(before, versions.MappingsOf(versions.Book.Current.Get("nordhandel")).For(Core.Orders.DocumentKind.OrderResponse)!.Id);
        // The folder still holds what was rolled back: it must not come into force by itself again.
        await versions.LookAsync(CancellationToken.None);
        await versions.LookAsync(CancellationToken.None);
        Assert.Equal(("anna", "rolled back to version 1: times were an hour off", 3), ((await HistoryAsync(store))[0].Actor, (await HistoryAsync(store))[0].Change, versions.Book.Current.Get("nordhandel").Version));
        Assert.Equal("nordhandel", Assert.Single(versions.Unused).Partner);
        // A process that starts again on the same folder does not bring it back either.
        var again = await OpenAsync(store, _files.Path);
        Assert.Equal(3, again.Book.Current.Get("nordhandel").Version);
    }

    [Fact]
    public async Task A_misspelt_field_keeps_the_last_good_version_and_is_shown_with_file_line_and_column()
    {
        await using var store = await OpenAsync();
        var versions = await OpenAsync(store, _files.Path);

        File.AppendAllText(Path.Combine(_files.Path, "nordhandel", "invoice.edifact.map"), "constants vat = 19\n");
        _files.Edit("nordhandel/partner.yaml", "minimumOrder: 120", "minimunOrder: 120");
        await LookTwiceAsync(versions);

        Assert.Equal(1, versions.Book.Current.Get("nordhandel").Version);
        Assert.Equal(120m, versions.Book.Current.Get("nordhandel").TermsOn(new DateOnly(2025, 3, 2))!.MinimumOrder);
        var report = Assert.Single(await ReportsAsync(store), report => report.Faults.Count > 0);
        Assert.Contains(report.Faults, fault => fault.Place == "nordhandel/partner.yaml:43:5" && fault.Text.Contains("Did you mean `minimumOrder`?", StringComparison.Ordinal));
        Assert.Contains(report.Faults, fault => fault.Place.StartsWith("nordhandel/invoice.edifact.map:", StringComparison.Ordinal));

        // Corrected to what is in force: nothing changes, and the fault is gone.
        _files.Edit("nordhandel/partner.yaml", "minimunOrder: 120", "minimumOrder: 120");
        _files.Edit("nordhandel/invoice.edifact.map", "constants vat = 19\n", "");
        await LookTwiceAsync(versions);
        Assert.DoesNotContain(await ReportsAsync(store), faulty => faulty.Faults.Count > 0);
        Assert.Single(await HistoryAsync(store));
    }

    [Fact]
    public async Task A_folder_that_was_never_in_force_is_not_used_until_a_person_puts_it_in_force()
    {
        await using var store = await OpenAsync();
        var first = await OpenAsync(store, _files.Path, "one");
        using var others = new MappingsCopy();
        others.Edit(Answer, Zone, "timezone Europe/Vienna");

        var second = await OpenAsync(store, others.Path, "two");

        Assert.Equal(first.Book.Current.Get("nordhandel").FilesSha256, second.Book.Current.Get("nordhandel").FilesSha256);
        var unused = Assert.Single(second.Unused);
        Assert.Equal(("two", "nordhandel"), (unused.Holder, unused.Partner));

        // A change in that folder, made while it is looked at, is meant: both follow.
        others.Edit("bergmann/partner.yaml", "country: DE", "country: AT");
        await LookTwiceAsync(second);
        await first.LookAsync(CancellationToken.None);
        Assert.Equal("AT", first.Book.Current.Get("bergmann").Country);
        Assert.Equal(1, first.Book.Current.Get("nordhandel").Version);

        // What the second folder holds can be put in force from the first process: the store has its files.
        Assert.True((await first.PutInForceAsync("nordhandel", unused.Sha256, "agreed with ops", "anna", CancellationToken.None)).Done);
        await second.LookAsync(CancellationToken.None);
        Assert.Equal(unused.Sha256, second.Book.Current.Get("nordhandel").FilesSha256);
        Assert.Empty(second.Unused);
    }

    [Fact]
    public async Task A_folder_that_was_changed_while_nothing_ran_is_in_force_at_the_next_start()
    {
        await using var store = await OpenAsync();
        await OpenAsync(store, _files.Path);
        _files.Edit(Answer, Zone, "timezone Europe/Vienna");
        Assert.Equal(2, (await OpenAsync(store, _files.Path)).Book.Current.Get("nordhandel").Version);
    }

    [Fact]
    public async Task A_removed_folder_leaves_its_partner_in_force_and_says_so()
    {
        await using var store = await OpenAsync();
        var versions = await OpenAsync(store, _files.Path);
        Directory.Delete(Path.Combine(_files.Path, "quickparts"), recursive: true);
        await LookTwiceAsync(versions);
        Assert.NotNull(versions.Book.Current.Find("quickparts"));
        Assert.Contains("gone", Assert.Single(Assert.Single(await ReportsAsync(store), report => report.Partner == "quickparts").Faults).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_files_have_the_same_hash_and_bytes_and_come_back_from_the_archive()
    {
        using var others = new MappingsCopy();
        var here = PartnerFiles.Read(_files.Path, "polhurt")!;
        var there = PartnerFiles.Read(others.Path, "polhurt")!;
        Assert.Equal(here.Sha256, there.Sha256);
        Assert.Equal(here.Pack(), there.Pack());
        var back = PartnerFiles.Unpack("polhurt", here.Pack());
        Assert.Equal(here.Sha256, back.Sha256);
        Assert.Empty(back.ChangesSince(here));
        // Base mappings that its own extend belong to the version: it reads the same without the folder.
        Assert.Contains(back.Names, name => name.StartsWith("base/", StringComparison.Ordinal));
        Assert.Empty(back.ReadMappings().Diagnostics.Where(found => found.Severity == Severity.Error));
        Assert.Equal(Core.Mapping.MappingSet.Load(_files.Path, "polhurt").Version, back.ReadMappings().Version);
    }

    [PostgresFact]
    public async Task Two_hubs_on_one_database_read_documents_with_the_same_version_and_roll_back_together()
    {
        await using var postgres = await ThrowAwayPostgres.StartAsync();
        string database = $"--ConnectionStrings:Hub={await postgres.CreateDatabaseAsync()}";
        using var others = new MappingsCopy();
        others.Edit(Answer, Zone, "timezone Europe/Vienna");
        await using var first = await RunningHub.StartAsync(HubRoles.Worker | HubRoles.Web, null, Setting(database), $"Partners:Directory={_files.Path}");
        await using var second = await RunningHub.StartAsync(HubRoles.Web, null, Setting(database), $"Partners:Directory={others.Path}");

        Assert.Equal(MappingOf(first), MappingOf(second));
        string health = await second.Http.GetStringAsync("/health/ready");
        Assert.StartsWith("ready", health, StringComparison.Ordinal);
        Assert.Contains("not in force: the files of nordhandel", health, StringComparison.Ordinal);
        Assert.Equal("ready\n", await first.Http.GetStringAsync("/health/ready"));

        // A save in the first folder is followed by both, without a restart.
        string original = MappingOf(first);
        _files.Edit(Answer, Zone, "timezone Europe/Paris");
        await Eventually.HoldsAsync(() => MappingOf(first) != original && MappingOf(first) == MappingOf(second), "both hubs use the saved mapping");

        // Documents read now remember the new version, and those read after a roll-back the old one.
        byte[] answer = await File.ReadAllBytesAsync(Path.Combine(_files.Path, "nordhandel", "samples", "order-response.edi"));
        Assert.Equal(MappingOf(first), await ReadByAsync(second, answer));
        var history = await second.ReadAsync(work => work.Versions.OfAsync("nordhandel", CancellationToken.None));
        Assert.True((await second.Service<PartnerVersions>().PutInForceAsync("nordhandel", history[1].Sha256, "wrong zone", "anna", CancellationToken.None)).Done);
        await Eventually.HoldsAsync(() => MappingOf(first) == original && MappingOf(second) == original, "both hubs use the version rolled back to");
        byte[] next = System.Text.Encoding.Latin1.GetBytes(System.Text.Encoding.Latin1.GetString(answer).Replace("5021", "5099", StringComparison.Ordinal));
        Assert.Equal(original, await ReadByAsync(first, next));
    }

    private static string Setting(string option) => option[2..];

    private static string MappingOf(RunningHub hub) =>
        hub.Service<PartnerVersions>().MappingsOf(hub.Service<PartnerBookHolder>().Current.Get("nordhandel")).For(Core.Orders.DocumentKind.OrderResponse)!.Id;

    private static async Task<string?> ReadByAsync(RunningHub hub, byte[] bytes)
    {
        var reception = hub.Service<DocumentReception>();
        long id;
        await using (var work = await hub.Service<IStore>().BeginAsync(CancellationToken.None))
        {
            (id, _) = await reception.StoreAsync(work, "nordhandel", "folder", "answer.edi", null, bytes, CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }
        string? version = null;
        await Eventually.HoldsAsync(async () => (version = (await hub.ReadAsync(work => work.Documents.MessagesAsync(id, CancellationToken.None))).FirstOrDefault()?.MappingVersion) is not null, "the document is read");
        return version;
    }

    private static async Task LookTwiceAsync(PartnerVersions versions)
    {
        await versions.LookAsync(CancellationToken.None);
        await versions.LookAsync(CancellationToken.None);
    }

    private static Task<HubStore> OpenAsync() => HubStore.OpenAsync($"Data Source={Path.Combine(Directory.CreateTempSubdirectory("uc-versions-").FullName, "hub.db")}", new StorageOptions { Durable = false });

    private static Task<PartnerVersions> OpenAsync(HubStore store, string folder, string? holder = null) =>
        PartnerVersions.OpenAsync(store, folder, holder ?? folder, TimeProvider.System, null, CancellationToken.None);

    private static async Task<IReadOnlyList<PartnerVersion>> HistoryAsync(HubStore store)
    {
        await using var work = await store.BeginAsync(CancellationToken.None);
        return await work.Versions.OfAsync("nordhandel", CancellationToken.None);
    }

    private static async Task<IReadOnlyList<FolderReport>> ReportsAsync(HubStore store)
    {
        await using var work = await store.BeginAsync(CancellationToken.None);
        return await work.Versions.ReportsAsync(CancellationToken.None);
    }
}
