namespace UnifiedCommerce.Chaos.Processes;

/// <summary>What is done to the hubs.</summary>
internal sealed record ChaosOptions
{
    /// <summary>Orders handed in, one after the other.</summary>
    public int Orders { get; init; } = 300;
    /// <summary>Kills while they flow; every tenth is of all hubs at once, and on PostgreSQL every fifth otherwise of the database.</summary>
    public int Kills { get; init; } = 20;
    /// <summary>Times that a connection to database or broker is cut, refused, frozen or loses an answer; on PostgreSQL.</summary>
    public int Cuts { get; init; } = 20;
    /// <summary>Requests that the partner with an HTTP interface fails, in per cent; partners with folders take files away as often.</summary>
    public int PartnerFaults { get; init; } = 30;
    public bool Postgres { get; init; }
    /// <summary>With RabbitMQ: every fourth order comes over it, and all events are told there.</summary>
    public bool Broker { get; init; }
    /// <summary>No more orders after this time, and no more kills; what was done until then is counted.</summary>
    public int Minutes { get; init; } = int.MaxValue;
    public int Workers { get; init; } = 3;
    public int Seed { get; init; } = 7;
    /// <summary>Folder of another hub than the one beside this program: a published one starts in half the time.</summary>
    public string? Hub { get; init; }
    public string? Plant { get; init; }
}
