using System.Net;

namespace UnifiedCommerce.Hub.Hosting;

/// <summary>What a hub process does. Several processes share one PostgreSQL database.</summary>
[Flags]
public enum HubRoles
{
    /// <summary>Nothing but the health end points.</summary>
    None = 0,
    /// <summary>HTTP API, portal feed and console.</summary>
    Web = 1,
    /// <summary>Runs jobs.</summary>
    Worker = 2,
    /// <summary>Ticks: polling, due pools, deadlines, self-audit, pruning.</summary>
    Schedule = 4,
    /// <summary>All of them, the default.</summary>
    All = Web | Worker | Schedule,
}

/// <summary>The command line of the hub.</summary>
public sealed record HubOptions
{
    /// <summary>Run the demonstration: sample partners and orders, sandbox suppliers.</summary>
    public bool Demo { get; init; }
    /// <summary>End after the demonstration's summary.</summary>
    public bool Exit { get; init; }
    /// <summary>Folder of database, partner folders and logs.</summary>
    public string Data { get; init; } = "data";
    /// <summary>Addresses to listen on, separated by semicolons.</summary>
    public string Urls { get; init; } = "http://localhost:8080";
    /// <summary>What this process does.</summary>
    public HubRoles Roles { get; init; } = HubRoles.All;
    /// <summary>Print the usage and end.</summary>
    public bool Help { get; init; }
    /// <summary>Ask this health address of a running hub and end: exit code 0 when it answers 2xx. For containers without other tools.</summary>
    public string? Probe { get; init; }
    /// <summary>Create an API key with this name, print it once and end.</summary>
    public string? CreateKey { get; init; }
    /// <summary>Create or replace a console account with this name; the password is read from standard input.</summary>
    public string? CreateUser { get; init; }
    /// <summary>Role of the account to create: viewer, operator, procurement or administrator.</summary>
    public string Role { get; init; } = "administrator";
    /// <summary>Scopes of the API key to create, separated by commas.</summary>
    public string Scopes { get; init; } = "orders:write,orders:read,invoices:write,events:read,webhooks";
    /// <summary>The customer that the API key to create is for; null for all.</summary>
    public string? Customer { get; init; }
    /// <summary>Settings given as <c>--Section:Name=value</c>, passed on to the configuration.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>The usage, printed by <c>--help</c>.</summary>
    public const string Usage = """
        Usage: UnifiedCommerce.Hub [options] [--Section:Name=value ...]

          --demo             take in the sample orders, route, send, hear back; sandbox suppliers answer
          --exit             with --demo: end after the summary (exit code 0 only when the invariants hold)
          --data DIR         folder of database, partner folders and logs        (default: data)
          --urls URLS        addresses to listen on, separated by ';'            (default: http://localhost:8080)
          --roles LIST       web,worker,schedule                                 (default: all three)
          --create-key NAME  create an API key, print it once and end; --scopes LIST, --customer KEY
          --create-user NAME create or replace a console account and end; --role viewer|operator|procurement|administrator;
                             the password is read from standard input
          --probe URL        ask a running hub's health address and end: 0 when it is well, 1 when not
          --help             this text

        Settings (also as environment variables, ConnectionStrings__Hub=...):
          ConnectionStrings:Hub     "Data Source=FILE" (SQLite) or "Host=...;Database=..." (PostgreSQL)
          Bus:RabbitMq              amqp://user:password@host/vhost; without it the bus lives in this process
          Otlp:Endpoint             http://host:4317; metrics and traces go there
          Partners:Directory        folder with <partner>/partner.yaml            (default: mappings)
          Partners:Holder           name of that folder for processes that share it (default: machine and path)
          Access:SecondPerson       what needs two people, by comma: go-live, resend, void (withdraw a document), source (pin or
                                    forbid a line's supplier)
          Api:RequestsPerSecond     per API key                                   (default: 500)
          Webhooks:AllowPrivate     true lets webhooks call loopback and private addresses (default: false)

        An address other than loopback is refused until an API key and a console account exist.
        """;

    /// <summary>Reads the command line. A mistake comes back as a sentence that says what was found and what is expected.</summary>
    public static (HubOptions Options, string? Mistake) Parse(IReadOnlyList<string> args)
    {
        var options = new HubOptions();
        var settings = new List<string>();
        for (int index = 0; index < args.Count; index++)
        {
            string arg = args[index];
            string name = arg;
            string? value = null;
            int equals = arg.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                name = arg[..equals];
                value = arg[(equals + 1)..];
            }
            if (!name.StartsWith("--", StringComparison.Ordinal))
            {
                return (options, $"Found '{arg}', expected an option that begins with '--'. Run with --help for the list.");
            }
            switch (name)
            {
                case "--demo": options = options with { Demo = true }; continue;
                case "--exit": options = options with { Exit = true }; continue;
                case "--help": options = options with { Help = true }; continue;
            }
            if (value is null)
            {
                if (index + 1 >= args.Count)
                {
                    return (options, $"Found '{name}' without a value. Run with --help for the list.");
                }
                value = args[++index];
            }
            switch (name)
            {
                case "--data": options = options with { Data = value }; break;
                case "--urls": options = options with { Urls = value }; break;
                case "--probe": options = options with { Probe = value }; break;
                case "--create-key": options = options with { CreateKey = value }; break;
                case "--create-user": options = options with { CreateUser = value }; break;
                case "--role": options = options with { Role = value }; break;
                case "--scopes": options = options with { Scopes = value }; break;
                case "--customer": options = options with { Customer = value }; break;
                case "--roles":
                    if (ParseRoles(value) is not { } roles)
                    {
                        return (options, $"Found --roles '{value}', expected a list of web, worker, schedule, separated by commas.");
                    }
                    options = options with { Roles = roles };
                    break;
                default:
                    if (!name.Contains(':', StringComparison.Ordinal) && !name.Equals("--AllowedHosts", StringComparison.Ordinal))
                    {
                        return (options, $"Found the unknown option '{name}'. Settings have a colon (--Bus:RabbitMq=...); run with --help for the list.");
                    }
                    settings.Add($"{name}={value}");
                    break;
            }
        }
        return (options with { Settings = settings }, null);
    }

    /// <summary>True when every address is on this machine only.</summary>
    public static bool IsLoopbackOnly(IEnumerable<string> urls) => urls.All(IsLoopback);

    private static bool IsLoopback(string url)
    {
        // Wildcard hosts (*, +) are not URIs; whatever cannot be read is not loopback.
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri))
        {
            return false;
        }
        string host = uri.Host.Trim('[', ']');
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
    }

    private static HubRoles? ParseRoles(string list)
    {
        var roles = HubRoles.None;
        foreach (string word in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            switch (word)
            {
                case "web": roles |= HubRoles.Web; break;
                case "worker": roles |= HubRoles.Worker; break;
                case "schedule": roles |= HubRoles.Schedule; break;
                default: return null;
            }
        }
        return roles == HubRoles.None ? null : roles;
    }
}
