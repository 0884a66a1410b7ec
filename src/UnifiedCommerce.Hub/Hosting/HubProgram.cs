using Serilog;
using UnifiedCommerce.Core;
using UnifiedCommerce.Hub.Access;
using UnifiedCommerce.Hub.Demo;

namespace UnifiedCommerce.Hub.Hosting;

/// <summary>The hub as a program. Exit codes: 0 done, 1 something failed, 2 a wrong command line or configuration.</summary>
public static class HubProgram
{
    /// <summary>Runs the hub.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var (options, mistake) = HubOptions.Parse(args);
        if (mistake is not null)
        {
            await System.Console.Error.WriteLineAsync(mistake);
            return 2;
        }
        if (options.Help)
        {
            System.Console.WriteLine(HubOptions.Usage);
            return 0;
        }
        if (options.Probe is { } probe)
        {
            return await ProbeAsync(probe);
        }
        Directory.CreateDirectory(options.Data);
        await using var log = HubLog.Create(options.Data, quietConsole: options.Demo);
        Log.Logger = log;
        try
        {
            if (options.CreateKey is not null || options.CreateUser is not null)
            {
                return await CreateAccessAsync(options);
            }
            DemoClock.RequireOwnData(options);
            return await StartAsync(options, log);
        }
        catch (HubException exception)
        {
            // Configuration that cannot be used: the sentence says what to do, a stack trace would hide it.
            log.Fatal("{Reason}", exception.Message);
            await System.Console.Error.WriteLineAsync(exception.Message);
            return 2;
        }
        catch (Exception exception) when (StoreOutage.Is(exception))
        {
            log.Fatal(exception, "The store cannot be opened");
            await System.Console.Error.WriteLineAsync($"The store cannot be opened: {exception.Message} Check ConnectionStrings:Hub.");
            return 1;
        }
    }

    /// <summary>Starts the hub. When the store goes away in the middle of the start (the clustered scheduler asks it too), it starts again from the beginning.</summary>
    private static async Task<int> StartAsync(HubOptions options, Serilog.Core.Logger log)
    {
        for (int attempt = 1; ; attempt++)
        {
            await using var hub = await HubApplication.BuildAsync(options, CancellationToken.None);
            try
            {
                return await hub.RunAsync();
            }
            catch (Exception exception) when (attempt < 10 && !hub.HasStarted && StoreOutage.Is(exception))
            {
                log.Warning("The store went away while the hub started ({Reason}); it starts again, attempt {Attempt} of 10", exception.Message, attempt);
                await hub.StopAsync(CancellationToken.None);
            }
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        }
    }

    private static async Task<int> ProbeAsync(string address)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            await System.Console.Error.WriteLineAsync($"Found --probe '{address}', expected an address such as http://127.0.0.1:8080/health/ready.");
            return 2;
        }
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(4) };
        try
        {
            using var answer = await client.GetAsync(url);
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            await System.Console.Error.WriteLineAsync($"{url} does not answer: {exception.Message}");
            return 1;
        }
    }

    private static async Task<int> CreateAccessAsync(HubOptions options)
    {
        await using var store = await HubApplication.OpenStoreAsync(options, HubApplication.ConfigurationOf(options), CancellationToken.None);
        var directory = new AccessDirectory(store, TimeProvider.System);
        try
        {
            if (options.CreateKey is { } key)
            {
                string[] scopes = options.Scopes.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                System.Console.WriteLine(await directory.CreateKeyAsync(key, scopes, options.Customer, "command line", CancellationToken.None));
            }
            if (options.CreateUser is { } user)
            {
                if (!Enum.TryParse<ConsoleRole>(options.Role, ignoreCase: true, out var role) || !Enum.IsDefined(role))
                {
                    await System.Console.Error.WriteLineAsync($"Found --role '{options.Role}', expected viewer, operator, procurement or administrator.");
                    return 2;
                }
                string password = (await System.Console.In.ReadLineAsync() ?? "").Trim();
                await directory.SaveAccountAsync(user, role, password, "command line", CancellationToken.None);
                System.Console.WriteLine($"The account {user} may sign in as {role.ToString().ToLowerInvariant()}.");
            }
            return 0;
        }
        catch (ArgumentException exception)
        {
            await System.Console.Error.WriteLineAsync(exception.Message);
            return 2;
        }
    }
}
