using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Hub.Access;

/// <summary>A program that calls the API, as its key describes it.</summary>
/// <param name="Id">Public part of the key; also in logs and the audit log.</param>
/// <param name="Name">Name given by the administrator.</param>
/// <param name="Scopes">What it may do: <c>orders:write</c>, <c>orders:read</c>, <c>invoices:write</c>, <c>events:read</c>, <c>documents:write</c>, <c>webhooks</c>.</param>
/// <param name="Customer">The only customer whose data it sees; null: all (our own portal).</param>
public sealed record ApiClient(string Id, string Name, IReadOnlySet<string> Scopes, string? Customer)
{
    /// <summary>Whether the customer's data may be shown to this client.</summary>
    public bool MaySee(string customer) => Customer is null || string.Equals(Customer, customer, StringComparison.Ordinal);
}

/// <summary>An API key as listed: its secret is shown once, at creation, and never again.</summary>
/// <param name="Id">Public part.</param>
/// <param name="Name">Name.</param>
/// <param name="Scopes">Scopes.</param>
/// <param name="Customer">Customer it is bound to, or null.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="CreatedBy">By whom.</param>
/// <param name="SecretHash">SHA-256 of the secret, lower-case hex. The secret has 256 random bits, so that no salt is needed.</param>
public sealed record ApiKey(string Id, string Name, IReadOnlyList<string> Scopes, string? Customer, DateTimeOffset CreatedAt, string CreatedBy, string SecretHash);

/// <summary>What a console account may do; each role includes those before it.</summary>
public enum ConsoleRole
{
    /// <summary>Sees everything, changes nothing.</summary>
    Viewer,
    /// <summary>Runs the technical side: jobs, documents, dispatches, partner switches.</summary>
    Operator,
    /// <summary>Decides about purchases: approvals, prices, routes, articles.</summary>
    Procurement,
    /// <summary>Accounts, API keys, webhooks.</summary>
    Administrator,
}

/// <summary>A console account. The password is stored as PBKDF2-SHA256.</summary>
/// <param name="Name">Name for signing in, lower case; also in the audit log.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Salt">Salt, base64.</param>
/// <param name="Hash">Hash, base64.</param>
/// <param name="Iterations">PBKDF2 iterations.</param>
/// <param name="Stamp">Changes with the password: older sign-ins end.</param>
public sealed record ConsoleAccount(string Name, ConsoleRole Role, string Salt, string Hash, int Iterations, string Stamp);

/// <summary>API keys and console accounts, kept among the settings that all processes share. Reads are cached for five seconds.</summary>
public sealed class AccessDirectory(IStore store, TimeProvider time)
{
    /// <summary>All scopes there are.</summary>
    public static readonly IReadOnlyList<string> AllScopes = ["orders:write", "orders:read", "invoices:write", "events:read", "documents:write", "webhooks"];

    private const string KeyPrefix = "access.key.";
    private const string AccountPrefix = "access.account.";
    private const string LockPrefix = "access.lock.";
    private const int Iterations = 210_000;
    private const int FailuresBeforeLock = 5;
    private static readonly TimeSpan s_cacheFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_lockFor = TimeSpan.FromMinutes(15);

    private Snapshot? _snapshot;

    /// <summary>The client that an API key names, or null when it is unknown, revoked or its secret is wrong.</summary>
    public async Task<ApiClient?> AuthenticateAsync(string presented, CancellationToken cancellationToken)
    {
        // uc_<id>_<secret>; ids and secrets have no underscore.
        string[] parts = presented.Split('_');
        if (parts.Length != 3 || parts[0] != "uc" || parts[1].Length > 32 || parts[2].Length > 128)
        {
            return null;
        }
        var snapshot = await SnapshotAsync(cancellationToken);
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(parts[2]));
        if (!snapshot.Keys.TryGetValue(parts[1], out var key) || !CryptographicOperations.FixedTimeEquals(hash, Convert.FromHexString(key.SecretHash)))
        {
            return null;
        }
        return new ApiClient(key.Id, key.Name, key.Scopes.ToFrozenSet(StringComparer.Ordinal), key.Customer);
    }

    /// <summary>The keys, by name.</summary>
    public async Task<IReadOnlyList<ApiKey>> KeysAsync(CancellationToken cancellationToken) =>
        [.. (await SnapshotAsync(cancellationToken)).Keys.Values.OrderBy(key => key.Name, StringComparer.Ordinal)];

    /// <summary>The accounts, by name.</summary>
    public async Task<IReadOnlyList<ConsoleAccount>> AccountsAsync(CancellationToken cancellationToken) =>
        [.. (await SnapshotAsync(cancellationToken)).Accounts.Values.OrderBy(account => account.Name, StringComparer.Ordinal)];

    /// <summary>Makes a key and returns what the client presents: shown once, stored hashed.</summary>
    public async Task<string> CreateKeyAsync(string name, IReadOnlyList<string> scopes, string? customer, string actor, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > 100)
        {
            throw new ArgumentException("Found a key without a name or with more than 100 characters, expected the name of the program that will use it.", nameof(name));
        }
        if (scopes.Count == 0 || scopes.FirstOrDefault(scope => !AllScopes.Contains(scope, StringComparer.Ordinal)) is not null)
        {
            throw new ArgumentException($"Found scopes '{string.Join(",", scopes)}', expected some of {string.Join(", ", AllScopes)}.", nameof(scopes));
        }
        string id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        string secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        await StoreKeyAsync(id, secret, name, scopes, customer, actor, cancellationToken);
        return $"uc_{id}_{secret}";
    }

    /// <summary>Makes sure that a key given by the installation (environment, secret file) is known: for machines that are set up without a person.</summary>
    public async Task EnsureKeyAsync(string presented, CancellationToken cancellationToken)
    {
        if (await AuthenticateAsync(presented, cancellationToken) is not null)
        {
            return;
        }
        string[] parts = presented.Split('_');
        if (parts.Length != 3 || parts[0] != "uc" || parts[1].Length is < 4 or > 32 || parts[2].Length is < 32 or > 128)
        {
            throw new HubException("Found an Access:ApiKey that is no key, expected uc_<id>_<at least 32 random characters>. Make one with --create-key.");
        }
        await StoreKeyAsync(parts[1], parts[2], "installation", AllScopes, null, "system", cancellationToken);
    }

    /// <summary>Ends a key at once (other processes follow within five seconds).</summary>
    public async Task RevokeKeyAsync(string id, string actor, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        await work.Catalogue.SetSettingAsync(KeyPrefix + id, null, cancellationToken);
        await work.Audit.AddAsync([new AuditEntry(time.GetUtcNow(), actor, "api-key.revoked", $"api-key:{id}", null, null)], cancellationToken);
        await work.CommitAsync(cancellationToken);
        _snapshot = null;
    }

    /// <summary>Creates or replaces an account. Older sign-ins of the same name end.</summary>
    public async Task SaveAccountAsync(string name, ConsoleRole role, string password, string actor, CancellationToken cancellationToken)
    {
        name = name.Trim().ToLowerInvariant();
        if (name.Length is < 2 or > 64 || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_' or '@'))
        {
            throw new ArgumentException($"Found account name '{name}', expected 2 to 64 letters, digits, '.', '-', '_' or '@'.", nameof(name));
        }
        if (password.Length is < 10 or > 200)
        {
            throw new ArgumentException($"Found a password of {password.Length} characters, expected 10 to 200.", nameof(password));
        }
        byte[] salt = RandomNumberGenerator.GetBytes(16);
        var account = new ConsoleAccount(
            name, role, Convert.ToBase64String(salt), Convert.ToBase64String(Hash(password, salt, Iterations)), Iterations, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        await using var work = await store.BeginAsync(cancellationToken);
        await work.Catalogue.SetSettingAsync(AccountPrefix + name, JsonSerializer.Serialize(account), cancellationToken);
        await work.Catalogue.SetSettingAsync(LockPrefix + name, null, cancellationToken);
        await work.Audit.AddAsync(
            [new AuditEntry(time.GetUtcNow(), actor, "account.saved", $"account:{name}", null, JsonSerializer.Serialize(new { role = role.ToString() }))], cancellationToken);
        await work.CommitAsync(cancellationToken);
        _snapshot = null;
    }

    /// <summary>Removes an account.</summary>
    public async Task RemoveAccountAsync(string name, string actor, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        await work.Catalogue.SetSettingAsync(AccountPrefix + name, null, cancellationToken);
        await work.Audit.AddAsync([new AuditEntry(time.GetUtcNow(), actor, "account.removed", $"account:{name}", null, null)], cancellationToken);
        await work.CommitAsync(cancellationToken);
        _snapshot = null;
    }

    /// <summary>Checks name and password. Five failures lock the name for fifteen minutes; the answer does not tell which part was wrong.</summary>
    public async Task<ConsoleAccount?> SignInAsync(string name, string password, CancellationToken cancellationToken)
    {
        name = name.Trim().ToLowerInvariant();
        var now = time.GetUtcNow();
        var accounts = (await SnapshotAsync(cancellationToken)).Accounts;
        bool known = accounts.TryGetValue(name, out var account);
        // The same work for unknown names, so that time does not tell which names exist.
        byte[] hash = Hash(password.Length > 200 ? password[..200] : password, known ? Convert.FromBase64String(account!.Salt) : new byte[16], Iterations);
        if (!known)
        {
            return null;
        }
        await using var work = await store.BeginAsync(cancellationToken);
        string? stored = await work.Catalogue.SettingAsync(LockPrefix + name, cancellationToken);
        var failures = stored is null ? new Failures(0, null) : JsonSerializer.Deserialize<Failures>(stored)!;
        if (failures.LockedUntil is { } until && now < until)
        {
            return null;
        }
        bool right = CryptographicOperations.FixedTimeEquals(hash, Convert.FromBase64String(account!.Hash));
        int count = right ? 0 : failures.Count + 1;
        bool locks = count >= FailuresBeforeLock;
        if (count != failures.Count || failures.LockedUntil is not null)
        {
            string? next = count == 0 ? null : JsonSerializer.Serialize(new Failures(locks ? 0 : count, locks ? now + s_lockFor : null));
            await work.Catalogue.SetSettingAsync(LockPrefix + name, next, cancellationToken);
        }
        string action = right ? "account.signed-in" : locks ? "account.locked" : "account.refused";
        await work.Audit.AddAsync([new AuditEntry(now, right ? name : "system", action, $"account:{name}", null, null)], cancellationToken);
        await work.CommitAsync(cancellationToken);
        return right ? account : null;
    }

    /// <summary>The account as it is now, when the sign-in's stamp still holds.</summary>
    public async Task<ConsoleAccount?> StillValidAsync(string name, string stamp, CancellationToken cancellationToken) =>
        (await SnapshotAsync(cancellationToken)).Accounts.TryGetValue(name, out var account) && account.Stamp == stamp ? account : null;

    private async Task StoreKeyAsync(
        string id, string secret, string name, IReadOnlyList<string> scopes, string? customer, string actor, CancellationToken cancellationToken)
    {
        var key = new ApiKey(id, name, scopes, customer, time.GetUtcNow(), actor, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret))));
        await using var work = await store.BeginAsync(cancellationToken);
        await work.Catalogue.SetSettingAsync(KeyPrefix + id, JsonSerializer.Serialize(key), cancellationToken);
        await work.Audit.AddAsync(
            [new AuditEntry(time.GetUtcNow(), actor, "api-key.created", $"api-key:{id}", null, JsonSerializer.Serialize(new { name, scopes, customer }))], cancellationToken);
        await work.CommitAsync(cancellationToken);
        _snapshot = null;
    }

    private static byte[] Hash(string password, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA256, 32);

    private async Task<Snapshot> SnapshotAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (_snapshot is { } cached && now - cached.At < s_cacheFor && now >= cached.At)
        {
            return cached;
        }
        await using var work = await store.BeginReadAsync(cancellationToken);
        var keys = await work.Catalogue.SettingsAsync(KeyPrefix, cancellationToken);
        var accounts = await work.Catalogue.SettingsAsync(AccountPrefix, cancellationToken);
        return _snapshot = new Snapshot(
            now,
            keys.Values.Select(value => JsonSerializer.Deserialize<ApiKey>(value)!).ToFrozenDictionary(key => key.Id, StringComparer.Ordinal),
            accounts.Values.Select(value => JsonSerializer.Deserialize<ConsoleAccount>(value)!).ToFrozenDictionary(account => account.Name, StringComparer.Ordinal));
    }

    private sealed record Snapshot(DateTimeOffset At, FrozenDictionary<string, ApiKey> Keys, FrozenDictionary<string, ConsoleAccount> Accounts);

    private sealed record Failures(int Count, DateTimeOffset? LockedUntil);
}
