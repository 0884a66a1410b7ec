using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using UnifiedCommerce.Core;
using UnifiedCommerce.Hub.Access;
using UnifiedCommerce.Hub.Hosting;

namespace UnifiedCommerce.EndToEnd.Tests;

/// <summary>A hub as the program builds it, on a port of its own with a data folder of its own.</summary>
public sealed class RunningHub : IAsyncDisposable
{
    private readonly HubApplication _hub;

    private RunningHub(HubApplication hub, string data)
    {
        _hub = hub;
        Data = data;
        Address = hub.Addresses.First();
        Http = new HttpClient { BaseAddress = new Uri(Address) };
    }

    public string Data { get; }
    public string Address { get; }
    public HttpClient Http { get; }
    public T Service<T>() where T : notnull => _hub.Services.GetRequiredService<T>();

    public static async Task<RunningHub> StartAsync(HubRoles roles = HubRoles.All, string? data = null, params string[] settings)
    {
        data ??= Directory.CreateTempSubdirectory("uc-hub-").FullName;
        var hub = await HubApplication.BuildAsync(new HubOptions { Data = data, Urls = "http://127.0.0.1:0", Roles = roles, Settings = settings }, CancellationToken.None);
        await hub.StartAsync(CancellationToken.None);
        return new RunningHub(hub, data);
    }

    public Task<HttpResponseMessage> PostAsync(string path, string body, string type = "application/json", string? key = null, string? idempotency = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        if (key is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
        if (idempotency is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotency);
        }
        return Http.SendAsync(request);
    }

    public Task<HttpResponseMessage> GetAsync(string path, string? key = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (key is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
        return Http.SendAsync(request);
    }

    public async Task<JsonNode> GetJsonAsync(string path, string? key = null)
    {
        using var answer = await GetAsync(path, key);
        answer.EnsureSuccessStatusCode();
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
    }

    public Task<string> MakeKeyAsync(string? customer = null, params string[] scopes) => Service<AccessDirectory>().CreateKeyAsync(
        "test", scopes.Length == 0 ? AccessDirectory.AllScopes : scopes, customer, "test", CancellationToken.None);

    public async Task<T> ReadAsync<T>(Func<IWork, Task<T>> read)
    {
        await using var work = await Service<IStore>().BeginAsync(CancellationToken.None);
        return await read(work);
    }

    /// <summary>An order as a shop would send it; the need-by date lies a month ahead of the hub's clock.</summary>
    public string Order(string number, string customer = "C-1", decimal quantity = 2, string line = "1", string more = "") => $$"""
        {
          "number": "{{number}}", "channel": "webshop", "buyer": { "id": "{{customer}}", "name": "Example customer" }, "currency": "EUR",
          "requestedDelivery": "{{DateOnly.FromDateTime(Service<TimeProvider>().GetUtcNow().DateTime).AddDays(30):yyyy-MM-dd}}"{{more}},
          "lines": [ { "id": "{{line}}", "item": { "buyerSku": "NOBODY-KNOWS" }, "quantity": { "value": {{quantity}}, "unit": "EA" } } ]
        }
        """;

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _hub.StopAsync(CancellationToken.None);
        await _hub.DisposeAsync();
        Directory.Delete(Data, recursive: true);
    }
}
