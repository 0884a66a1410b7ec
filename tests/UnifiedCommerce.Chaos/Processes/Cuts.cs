using UnifiedCommerce.Adapters.Tests.Faults;

namespace UnifiedCommerce.Chaos.Processes;

/// <summary>What happens to the ways to database and broker, one fault after the other.</summary>
internal sealed class Cuts(FaultyProxy? database, FaultyProxy? broker, Random random)
{
    /// <summary>How long a way stays refused or frozen.</summary>
    public static readonly TimeSpan Outage = TimeSpan.FromSeconds(1);

    readonly List<Task> _outages = [];

    /// <summary>Begins the next fault; the longer ones end by themselves.</summary>
    public void Next()
    {
        var proxy = broker is null || random.Next(3) > 0 ? database : broker;
        if (proxy is null)
            return;
        switch (random.Next(4))
        {
            case 0:
                proxy.Cut();
                break;
            case 1:
                proxy.Refuse();
                _outages.Add(AfterAsync(proxy));
                break;
            case 2:
                proxy.Freeze();
                _outages.Add(AfterAsync(proxy));
                break;
            default:
                // Only the database's protocol has a commit whose answer can be lost.
                _outages.Add(database!.SwallowNextCommitAnswer());
                break;
        }
    }

    static async Task AfterAsync(FaultyProxy proxy)
    {
        await Task.Delay(Outage);
        proxy.Pass();
    }

    public Task EndAsync() => Task.WhenAll(_outages);
}
