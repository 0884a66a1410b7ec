using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using UnifiedCommerce.Adapters.Tests;
using UnifiedCommerce.Chaos.Processes;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.EndToEnd.Tests.Faults;

/// <summary>Hub processes that are killed, told to stop and asked how they are.</summary>
public sealed class ProcessTests : IDisposable
{
    private static readonly string s_dll = Path.Combine(AppContext.BaseDirectory, "UnifiedCommerce.Hub.dll");
    private readonly string _folder = Directory.CreateTempSubdirectory("uc-process-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private HubProcess Hub(string connection, string partners, string roles = "web,worker,schedule") =>
        new(s_dll, Path.Combine(_folder, "data"), partners, connection, null, Path.Combine(_folder, "hub.log"), roles);

    private static async Task<bool> IsReadyAsync(HubProcess hub)
    {
        using var http = new HttpClient();
        for (int look = 0; look < 300; look++)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{hub.Port}/health/ready"));
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    return true;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
            await Task.Delay(100);
        }
        return false;
    }

    private static async Task<int> ProbeAsync(int port, string path)
    {
        using var probe = Process.Start(new ProcessStartInfo("dotnet", [s_dll, "--probe", $"http://127.0.0.1:{port}{path}"]) { RedirectStandardError = true })!;
        await probe.StandardError.ReadToEndAsync();
        await probe.WaitForExitAsync();
        return probe.ExitCode;
    }

    [PostgresFact]
    public async Task A_hub_that_is_killed_while_it_starts_on_an_empty_database_starts_the_next_time()
    {
        await using var server = await ThrowAwayPostgres.StartAsync();
        string connection = await server.CreateDatabaseAsync();
        await using var partner = await FaultyPartner.StartAsync(0, 1);
        string partners = PartnersFolder.Copy(Path.Combine(_folder, "mappings"), partner.Address, 10);
        using var hub = Hub(connection, partners);
        foreach (int milliseconds in (int[])[400, 800, 1200, 1800])
        {
            hub.Start();
            await Task.Delay(milliseconds);
            hub.Kill();
        }
        hub.Start();
        Assert.True(await IsReadyAsync(hub), await File.ReadAllTextAsync(Path.Combine(_folder, "hub.log")));
        Assert.Equal(0, await ProbeAsync(hub.Port, "/health/ready"));
        Assert.Equal(0, await ProbeAsync(hub.Port, "/health/live"));
        Assert.Equal(0, await hub.EndAsync());
        Assert.Equal(1, await ProbeAsync(hub.Port, "/health/ready"));
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public async Task A_hub_that_is_told_to_stop_in_the_middle_of_a_send_ends_in_time_and_the_partner_has_the_order_once(bool answersInTime, int probed)
    {
        await using var partner = await FaultyPartner.StartAsync(0, 1);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        partner.Holding = answer.Task;
        string partners = PartnersFolder.Copy(Path.Combine(_folder, "mappings"), partner.Address, 60);
        string connection = $"Data Source={Path.Combine(_folder, "hub.db")}";
        long id = await PrepareAsync(connection);
        using (var hub = Hub(connection, partners, "worker"))
        {
            hub.Start();
            while (partner.Deliveries == 0)
            {
                await Task.Delay(50);
            }
            var ending = hub.EndAsync();
            if (answersInTime)
            {
                answer.SetResult();
            }
            int? code = await ending;
            Assert.True(code == 0, $"It ended with {code}.\n{await File.ReadAllTextAsync(Path.Combine(_folder, "hub.log"))}");
        }
        answer.TrySetResult();
        using (var hub = Hub(connection, partners, "worker"))
        {
            hub.Start();
            Assert.True(await IsReadyAsync(hub));
            await using var store = await HubStore.OpenAsync(connection, new StorageOptions { Migrate = false });
            Dispatch dispatch;
            do
            {
                await Task.Delay(100);
                await using var work = await store.BeginAsync(CancellationToken.None);
                dispatch = (await work.Dispatches.LockAsync([id], CancellationToken.None))[0];
            }
            while (dispatch.State != DispatchState.Sent);
            Assert.True(probed == 1 == dispatch.Evidence!.StartsWith("found by probe", StringComparison.Ordinal), $"{dispatch.Evidence}\n{await File.ReadAllTextAsync(Path.Combine(_folder, "hub.log"))}");
            Assert.Equal(0, await hub.EndAsync());
        }
        Assert.Equal(1, partner.Deliveries);
    }

    /// <summary>Frozen bytes and the job that sends them.</summary>
    private static async Task<long> PrepareAsync(string connection)
    {
        await using var store = await HubStore.OpenAsync(connection);
        await using var work = await store.BeginAsync(CancellationToken.None);
        byte[] bytes = "UNA:+.? '"u8.ToArray();
        var dispatch = (await work.Dispatches.AddAsync([new Dispatch
        {
            Key = "PO-000001-v1", Partner = PartnersFolder.Partner, Kind = DocumentKind.PurchaseOrder, FileName = "PO-000001-v1.edi", ContentType = "application/edifact", Bytes = bytes,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)), PreparedAt = DateTimeOffset.UnixEpoch,
        }], CancellationToken.None))[0];
        await work.Jobs.InsertAsync([DispatchJobs.Send(dispatch)], CancellationToken.None);
        await work.CommitAsync(CancellationToken.None);
        return dispatch.Id;
    }
}
