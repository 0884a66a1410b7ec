using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Serilog;
using Spectre.Console;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Hub.Access;
using UnifiedCommerce.Hub.Api;
using UnifiedCommerce.Hub.Bus;
using UnifiedCommerce.Hub.Console;
using UnifiedCommerce.Hub.Demo;
using UnifiedCommerce.Hub.Portal;
using UnifiedCommerce.Hub.Telemetry;
using UnifiedCommerce.Hub.Webhooks;
using UnifiedCommerce.Storage;
using UnifiedCommerce.Storage.Views;

namespace UnifiedCommerce.Hub.Hosting;

/// <summary>A hub process: built, started, running, stopped. Tests build it as the program does.</summary>
public sealed class HubApplication : IAsyncDisposable
{
    private readonly WebApplication _web;
    private readonly HubStore _store;

    private HubApplication(WebApplication web, HubStore store, HubOptions options)
    {
        _web = web;
        _store = store;
        Options = options;
    }

    /// <summary>The command line it was built from.</summary>
    public HubOptions Options { get; }

    /// <summary>True once everything of it runs.</summary>
    public bool HasStarted => _web.Services.GetRequiredService<HubState>().Started;

    /// <summary>Its services.</summary>
    public IServiceProvider Services => _web.Services;

    /// <summary>The addresses it listens on, once started.</summary>
    public IReadOnlyCollection<string> Addresses =>
        [.. _web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? []];

    /// <summary>Opens the memory, reads house and partners, and puts the process together. Nothing runs yet.</summary>
    /// <exception cref="HubException">The configuration cannot be used; the message says what to do.</exception>
    public static async Task<HubApplication> BuildAsync(HubOptions options, CancellationToken cancellationToken, Action<IServiceCollection>? adjust = null)
    {
        var configuration = ConfigurationOf(options);
        var store = await OpenStoreAsync(options, configuration, cancellationToken);
        try
        {
            var partners = await WhenItAnswersAsync(async () =>
            {
                await PrepareAccessAsync(options, configuration, store, cancellationToken);
                return await PartnersDirectory.OpenAsync(store, store.IsPostgres, configuration, cancellationToken);
            }, cancellationToken);
            var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = typeof(HubApplication).Assembly.GetName().Name });
            builder.Configuration.AddConfiguration(configuration);
            builder.Logging.ClearProviders().AddSerilog(Log.Logger);
            builder.WebHost.UseUrls(options.Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
            builder.WebHost.ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = ApiJson.MaxDrained;
                kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
            });
            HubServices.Add(builder.Services, options, configuration, store, partners);
            adjust?.Invoke(builder.Services);
            var web = builder.Build();
            Configure(web, options);
            return new HubApplication(web, store, options);
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var state = _web.Services.GetRequiredService<HubState>();
        _web.Lifetime.ApplicationStopping.Register(() => state.Stopping = true);
        await _web.StartAsync(cancellationToken);
        state.Started = true;
    }

    /// <summary>Stops it: no new work is begun, what runs is finished or given back.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _web.StopAsync(cancellationToken);

    /// <summary>Starts it, says where to go, and waits until it is told to stop.</summary>
    public async Task<int> RunAsync()
    {
        try
        {
            await StartAsync(_web.Lifetime.ApplicationStopping);
        }
        catch (OperationCanceledException) when (_web.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Told to stop while it started: what already runs is finished or given back as ever.
            await _web.StopAsync(CancellationToken.None);
            return 0;
        }
        if (Options.Demo && Options.Roles.HasFlag(HubRoles.Web))
        {
            int code = await DemoAsync();
            if (Options.Exit)
            {
                await _web.StopAsync(CancellationToken.None);
                return code;
            }
        }
        else if (Options.Roles.HasFlag(HubRoles.Web))
        {
            foreach (string address in Addresses)
            {
                Log.Information("Console {Console}   API {Api}   OpenAPI {OpenApi}", address, $"{address}/api", $"{address}/api/openapi.json");
            }
            Log.Information("The hub is empty until partners and orders come: run with --demo to see it work, or see {Page}", $"{Addresses.FirstOrDefault()}/start");
        }
        await _web.WaitForShutdownAsync(CancellationToken.None);
        return 0;
    }

    private async Task<int> DemoAsync()
    {
        try
        {
            return await DemoRun.RunAsync(this, AnsiConsole.Console, _web.Lifetime.ApplicationStopping);
        }
        catch (OperationCanceledException) when (_web.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return 1;
        }
        catch (HubException exception)
        {
            AnsiConsole.MarkupLineInterpolated($"[red]{exception.Message}[/]");
            return 1;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync();
        await _store.DisposeAsync();
    }

    /// <summary>The configuration: <c>appsettings.json</c> in the data folder, environment variables, the command line; later ones win.</summary>
    public static IConfigurationRoot ConfigurationOf(HubOptions options) => new ConfigurationBuilder()
        .AddJsonFile(Path.GetFullPath(Path.Combine(options.Data, "appsettings.json")), optional: true)
        .AddEnvironmentVariables()
        .AddCommandLine([.. options.Settings])
        .Build();

    /// <summary>Opens the memory that the configuration names; SQLite in the data folder by default. A server that is just starting is waited for.</summary>
    public static async Task<HubStore> OpenStoreAsync(HubOptions options, IConfiguration configuration, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(options.Data);
        string connection = configuration.GetConnectionString("Hub") is { Length: > 0 } given ? given : $"Data Source={Path.GetFullPath(Path.Combine(options.Data, "hub.db"))}";
        return await WhenItAnswersAsync(() => HubStore.OpenAsync(connection, null, cancellationToken), cancellationToken);
    }

    /// <summary>What the start needs of the store is asked for again while the store is away, half a minute at most.</summary>
    private static async Task<T> WhenItAnswersAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await ask();
            }
            catch (Exception exception) when (attempt < 11 && StoreOutage.Is(exception))
            {
                Log.Warning("The store does not answer yet ({Reason}); attempt {Attempt} of 11", exception.Message, attempt);
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(0.125 * (1 << attempt), 5)), TimeProvider.System, cancellationToken);
            }
        }
    }

    private static async Task PrepareAccessAsync(HubOptions options, IConfiguration configuration, HubStore store, CancellationToken cancellationToken)
    {
        var access = new AccessDirectory(store, TimeProvider.System);
        if (configuration["Access:ApiKey"] is { Length: > 0 } key)
        {
            await access.EnsureKeyAsync(key, cancellationToken);
        }
        if (configuration["Access:AdministratorPassword"] is { Length: > 0 } password && (await access.AccountsAsync(cancellationToken)).Count == 0)
        {
            await access.SaveAccountAsync("administrator", ConsoleRole.Administrator, password, "system", cancellationToken);
        }
        var urls = options.Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Concat(configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>());
        if (!options.Roles.HasFlag(HubRoles.Web) || HubOptions.IsLoopbackOnly(urls))
        {
            return;
        }
        bool keys = (await access.KeysAsync(cancellationToken)).Count > 0;
        bool accounts = (await access.AccountsAsync(cancellationToken)).Count > 0;
        if (!keys || !accounts)
        {
            throw new HubException($"Found the address {options.Urls}, which others can reach, but no {(keys ? "console account" : accounts ? "API key" : "API key and no console account")}. "
                + "Expected both before the hub leaves this machine. Run once with --create-key NAME and --create-user NAME, or set Access:ApiKey and Access:AdministratorPassword.");
        }
    }

    private static void Configure(WebApplication web, HubOptions options)
    {
        // Counts from the first request on, not from the first time that somebody asks.
        web.Services.GetRequiredService<PrometheusText>();
        web.UseRequestSpans();
        web.UseStoreOutage();
        web.UseSecurityHeaders();
        if (options.Roles.HasFlag(HubRoles.Web))
        {
            web.UseApiAccess();
            web.UseRateLimiter();
            web.UseAuthentication();
            web.UseConsoleAccess();
            web.UseAuthorization();
            web.UseAntiforgery();
            var api = web.MapGroup("/api").DisableAntiforgery();
            api.MapOrdersApi();
            api.MapSalesInvoicesApi();
            api.MapWebhooksApi();
            api.MapPartnerDocumentsApi();
            web.MapOpenApi("/api/openapi.json");
            web.MapConsole();
        }
        web.MapHubHealth();
    }
}
