using Serilog;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Partners;

namespace UnifiedCommerce.Hub.Hosting;

/// <summary>Finds the folder with house.yaml and the partners, and opens the versions in force.</summary>
public static class PartnersDirectory
{
    /// <summary>The folder: as configured, else <c>mappings</c> here, else the one of the source tree that the program was built from.</summary>
    public static string Find(string? configured)
    {
        if (!string.IsNullOrWhiteSpace(configured))
        {
            return Path.GetFullPath(configured);
        }
        for (var folder = new DirectoryInfo(Directory.GetCurrentDirectory()); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "mappings", "house.yaml")))
            {
                return Path.Combine(folder.FullName, "mappings");
            }
        }
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "mappings", "house.yaml")))
            {
                return Path.Combine(folder.FullName, "mappings");
            }
        }
        return Path.GetFullPath("mappings");
    }

    /// <summary>Opens the partners in force. A partner with a fault is named in the log; without a house nothing can be decided.</summary>
    public static Task<PartnerVersions> OpenAsync(IStore store, bool shared, IConfiguration configuration, CancellationToken cancellationToken)
    {
        string folder = Find(configuration["Partners:Directory"]);
        // An embedded store has one folder wherever it is mounted; processes on several machines have each their own unless they are told that they share one.
        string holder = configuration["Partners:Holder"] is { Length: > 0 } named ? named : shared ? $"{Environment.MachineName}:{folder}" : folder;
        return PartnerVersions.OpenAsync(store, folder, holder, TimeProvider.System, Tell, cancellationToken);
    }

    private static void Tell(Diagnostic found) => Log.Write(
        found.Severity == Severity.Error ? Serilog.Events.LogEventLevel.Error : Serilog.Events.LogEventLevel.Warning, "{Place}: {Text} [{Code}]", found.Place, found.Text, found.Code);
}

/// <summary>Keeps this process on the versions in force and looks at its folder: every second, on every process, whatever its roles.</summary>
internal sealed class PartnersWatch(PartnerVersions versions, ILogger<PartnersWatch> log) : BackgroundService
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        string? trouble = null;
        using var timer = new PeriodicTimer(s_every, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    if (await versions.LookAsync(stoppingToken) is > 0 and var changed)
                    {
                        log.LogInformation("{Changed} partner versions are in force now", changed);
                    }
                    trouble = null;
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    // The versions in force stay; one line a trouble, however long it lasts.
                    if (trouble != exception.Message)
                    {
                        log.LogError(exception, "The partners' versions could not be looked at; it is tried again in {Every}", s_every);
                    }
                    trouble = exception.Message;
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            log.LogDebug("The partners' folder is no longer looked at");
        }
    }
}
