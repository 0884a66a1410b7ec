using System.Net;
using Dapper;
using Npgsql;
using UnifiedCommerce.Adapters.Tests;
using UnifiedCommerce.Adapters.Tests.Faults;
using UnifiedCommerce.Hub.Hosting;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.EndToEnd.Tests.Faults;

/// <summary>A running hub whose PostgreSQL refuses, freezes, loses an answer or has no connection left: nothing is answered 2xx that is not durable,
/// and afterwards all of it goes on.</summary>
public sealed class DatabaseOutageTests : IAsyncLifetime
{
    private ThrowAwayPostgres? _server;
    private FaultyProxy _proxy = null!;
    private string _direct = "";
    private RunningHub _hub = null!;

    public async Task InitializeAsync()
    {
        if (ThrowAwayPostgres.Absent is null)
        {
            _server = await ThrowAwayPostgres.StartAsync();
            _proxy = FaultyProxy.Before(_server.Port);
            _direct = await _server.CreateDatabaseAsync();
        }
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _proxy.DisposeAsync();
            await _server.DisposeAsync();
        }
    }

    private async Task<RunningHub> StartAsync(HubRoles roles, string user = "hub")
    {
        var through = new NpgsqlConnectionStringBuilder(_direct) { Port = _proxy.Port, Username = user, CommandTimeout = 2, Timeout = 2 };
        return _hub = await RunningHub.StartAsync(roles, null, $"--ConnectionStrings:Hub={through}");
    }

    private async Task<IReadOnlyList<string>> StoredOrdersAsync()
    {
        await using var connection = new NpgsqlConnection(_direct + ";Pooling=false");
        return [.. await connection.QueryAsync<string>("select number from orders order by number")];
    }

    private async Task IsRefusedAsync(string number)
    {
        using var answer = await _hub.PostAsync("/api/orders", _hub.Order(number), idempotency: number);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
    }

    /// <summary>A client that repeats with the same key until it is answered 2xx.</summary>
    private async Task<HttpStatusCode> RepeatAsync(string number)
    {
        for (int attempt = 1; ; attempt++)
        {
            using var answer = await _hub.PostAsync("/api/orders", _hub.Order(number), idempotency: number);
            if (answer.IsSuccessStatusCode || attempt == 100)
            {
                return answer.StatusCode;
            }
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            await Task.Delay(100);
        }
    }

    [PostgresFact]
    public async Task An_order_whose_commit_was_answered_into_the_void_is_refused_and_is_there_once()
    {
        await using var hub = await StartAsync(HubRoles.Web);
        var swallowed = _proxy.SwallowNextCommitAnswer();
        await IsRefusedAsync("V-1");
        await swallowed;
        Assert.Equal(["V-1"], await StoredOrdersAsync());
        Assert.Equal(HttpStatusCode.Created, await RepeatAsync("V-1"));
        Assert.Equal(["V-1"], await StoredOrdersAsync());
    }

    [PostgresFact]
    public async Task While_the_database_refuses_nothing_is_taken_in_and_afterwards_all_drains()
    {
        await using var hub = await StartAsync(HubRoles.All);
        Assert.Equal(HttpStatusCode.Created, await RepeatAsync("D-1"));
        _proxy.Refuse();
        await IsRefusedAsync("D-2");
        using (var ready = await hub.GetAsync("/health/ready"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        }
        using (var live = await hub.GetAsync("/health/live"))
        {
            Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        }
        Assert.Equal(["D-1"], await StoredOrdersAsync());
        _proxy.Pass();
        Assert.Equal(HttpStatusCode.Created, await RepeatAsync("D-2"));
        Assert.Equal(HttpStatusCode.Created, await RepeatAsync("D-2"));
        Assert.Equal(["D-1", "D-2"], await StoredOrdersAsync());
        using (var ready = await hub.GetAsync("/health/ready"))
        {
            Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        }
        await using var store = await HubStore.OpenAsync(_direct, new StorageOptions { Migrate = false });
        while ((await store.JobDesk.DepthsAsync(CancellationToken.None)).Any(depth => depth.Ready + depth.Running > 0))
        {
            await Task.Delay(100);
        }
        Assert.Empty(await store.SelfAudit.CheckAsync(CancellationToken.None));
    }

    [PostgresFact]
    public async Task A_frozen_database_is_answered_503_and_not_waited_for()
    {
        await using var hub = await StartAsync(HubRoles.Web);
        Assert.Equal(HttpStatusCode.Created, await RepeatAsync("F-1"));
        _proxy.Freeze();
        await IsRefusedAsync("F-2");
        using (var ready = await hub.GetAsync("/health/ready"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        }
        _proxy.Pass();
        Assert.Equal(HttpStatusCode.Created, await RepeatAsync("F-2"));
        Assert.Equal(["F-1", "F-2"], await StoredOrdersAsync());
    }

    [PostgresFact]
    public async Task A_database_without_a_free_connection_is_answered_503()
    {
        // Limits do not hold for a superuser.
        await SqlAsync("create role app login");
        await SqlAsync("grant all on schema public to app");
        await using var hub = await StartAsync(HubRoles.Web, "app");
        Assert.Equal(HttpStatusCode.Created, await RepeatAsync("T-1"));
        await SqlAsync("alter role app connection limit 0");
        await SqlAsync("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'");
        // The first repeat may still find a connection that was ended.
        await IsRefusedAsync("T-2");
        await IsRefusedAsync("T-2");
        await SqlAsync("alter role app connection limit 100");
        Assert.Equal(HttpStatusCode.Created, await RepeatAsync("T-2"));
        Assert.Equal(["T-1", "T-2"], await StoredOrdersAsync());
    }

    private async Task SqlAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_direct + ";Pooling=false");
        await connection.ExecuteAsync(sql);
    }
}
