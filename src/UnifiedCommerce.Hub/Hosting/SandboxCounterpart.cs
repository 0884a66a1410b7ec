using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Sandbox;

namespace UnifiedCommerce.Hub.Hosting;

/// <summary>Answers test orders of partners in testing, for those that the sandbox knows: at once, in their own formats, marked as tests. Where the
/// sandbox knows none, test documents lie in the partner's sandbox folders until a person or the partner's test system takes them.</summary>
internal sealed class SandboxCounterpart(HubOptions options, PartnerBookHolder book, TimeProvider clock, ILogger<SandboxCounterpart> log) : BackgroundService
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(2);
    private readonly string _root = Path.GetFullPath(Path.Combine(options.Data, GoLive.Sandbox));

    /// <summary>Whether the sandbox answers in a partner's place.</summary>
    public static bool Knows(string partner) => SupplierProfile.Samples.Any(profile => profile.Id == partner);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        FileStream? mine = null;
        SandboxSuppliers? suppliers = null;
        try
        {
            using var timer = new PeriodicTimer(s_every, TimeProvider.System);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (!book.Current.Partners.Values.Any(partner => partner.State == GoLiveState.Testing && Knows(partner.Id)))
                {
                    continue;
                }
                try
                {
                    // One process on a data folder plays the suppliers: two would answer everything twice.
                    mine ??= Lock();
                    if (mine is null)
                    {
                        continue;
                    }
                    suppliers ??= await SandboxSuppliers.StartAsync(
                        new SandboxOptions { Root = _root, Time = clock, Suppliers = [.. SupplierProfile.Samples.Select(profile => profile with { Http = false, Test = true })] }, stoppingToken);
                    // Nobody waits hours in a test: what would come later comes now.
                    await suppliers.RunDueAsync(clock.GetUtcNow(), stoppingToken);
                    await suppliers.RunDueAsync(clock.GetUtcNow().AddYears(1), stoppingToken);
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    log.LogWarning("The sandbox could not answer: {Reason}", exception.Message);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            log.LogDebug("The sandbox ends");
        }
        finally
        {
            if (suppliers is not null)
            {
                await suppliers.DisposeAsync();
            }
            if (mine is not null)
            {
                await mine.DisposeAsync();
            }
        }
    }

    private FileStream? Lock()
    {
        try
        {
            Directory.CreateDirectory(_root);
            return new FileStream(Path.Combine(_root, ".counterpart"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            // Another process holds it and answers.
            return null;
        }
    }
}
