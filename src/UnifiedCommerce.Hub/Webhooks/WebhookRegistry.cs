using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Hub.Access;

namespace UnifiedCommerce.Hub.Webhooks;

/// <summary>An address that is told of events.</summary>
public sealed record Webhook
{
    /// <summary>Id.</summary>
    public required string Id { get; init; }
    /// <summary>The address.</summary>
    public required string Url { get; init; }
    /// <summary>Customer whose events it gets; null: all.</summary>
    public string? Customer { get; init; }
    /// <summary>Types of events; empty: all.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];
    /// <summary>Id of the API client that owns it; null: made in the console.</summary>
    public string? Owner { get; init; }
    /// <summary>The secret, sealed.</summary>
    public required string Secret { get; init; }
    /// <summary>The secret before the last rotation, sealed; signs too until <see cref="PreviousUntil"/>.</summary>
    public string? PreviousSecret { get; init; }
    /// <summary>When the previous secret ends.</summary>
    public DateTimeOffset? PreviousUntil { get; init; }
    /// <summary>Why it is not called any more; null while it is.</summary>
    public string? Disabled { get; init; }
    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>The webhooks, kept among the settings that all processes share, each with its position in the event feed.</summary>
public sealed class WebhookRegistry(IStore store, SecretBox secrets, TimeProvider time)
{
    private const string Prefix = TellingJobs.WebhookSetting;
    private const string CursorPrefix = "webhook-cursor/";
    private static readonly TimeSpan s_rotation = TimeSpan.FromHours(24);

    /// <summary>All webhooks with the position up to which each was told.</summary>
    public async Task<IReadOnlyList<(Webhook Webhook, long Told)>> AllAsync(CancellationToken cancellationToken)
    {
        await using var work = await store.BeginReadAsync(cancellationToken);
        var webhooks = await work.Catalogue.SettingsAsync(Prefix, cancellationToken);
        var cursors = await work.Catalogue.SettingsAsync(CursorPrefix, cancellationToken);
        return [.. webhooks.Values.Select(Read).OrderBy(webhook => webhook.CreatedAt)
            .Select(webhook => (webhook, cursors.TryGetValue(CursorPrefix + webhook.Id, out string? told) ? Number(told) : 0))];
    }

    /// <summary>One webhook and its position, or null.</summary>
    public async Task<(Webhook Webhook, long Told)?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginReadAsync(cancellationToken);
        return await work.Catalogue.SettingAsync(Prefix + id, cancellationToken) is { } stored
            ? (Read(stored), await work.Catalogue.SettingAsync(CursorPrefix + id, cancellationToken) is { } told ? Number(told) : 0)
            : null;
    }

    /// <summary>Makes a webhook that is told of everything after <paramref name="after"/>. Returns it with its secret, which is shown once.</summary>
    public async Task<(Webhook Webhook, string Secret)> AddAsync(
        string url, string? customer, IReadOnlyList<string> types, long after, string? owner, string actor, CancellationToken cancellationToken)
    {
        string id = "wh" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        string secret = WebhookSignature.NewSecret();
        var webhook = new Webhook { Id = id, Url = url, Customer = customer, Types = types, Owner = owner, Secret = secrets.Seal(secret, id), CreatedAt = time.GetUtcNow() };
        await using var work = await store.BeginAsync(cancellationToken);
        await SaveAsync(work, webhook, "webhook.created", actor, cancellationToken);
        await work.Catalogue.SetSettingAsync(CursorPrefix + id, Text(after), cancellationToken);
        await WakeAsync(work, id, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return (webhook, secret);
    }

    /// <summary>Gives it a new secret; the old one signs too for another day.</summary>
    public async Task<string> RotateAsync(Webhook webhook, string actor, CancellationToken cancellationToken)
    {
        string secret = WebhookSignature.NewSecret();
        await using var work = await store.BeginAsync(cancellationToken);
        await SaveAsync(
            work, webhook with { Secret = secrets.Seal(secret, webhook.Id), PreviousSecret = webhook.Secret, PreviousUntil = time.GetUtcNow() + s_rotation },
            "webhook.rotated", actor, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return secret;
    }

    /// <summary>Tells it everything after a position again, and calls it again when it was disabled.</summary>
    public async Task ReplayAsync(Webhook webhook, long after, string actor, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        await SaveAsync(work, webhook with { Disabled = null }, "webhook.replayed", actor, cancellationToken);
        await work.Catalogue.SetSettingAsync(CursorPrefix + webhook.Id, Text(after), cancellationToken);
        await work.Tasks.CloseAsync(TaskKey(webhook.Id), $"replayed by {actor}", time.GetUtcNow(), cancellationToken);
        await WakeAsync(work, webhook.Id, cancellationToken);
        await work.CommitAsync(cancellationToken);
    }

    /// <summary>Stops calling it and says why; a person is told.</summary>
    public async Task DisableAsync(Webhook webhook, string reason, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var work = await store.BeginAsync(cancellationToken);
        await SaveAsync(work, webhook with { Disabled = reason }, "webhook.disabled", "system", cancellationToken);
        await work.Tasks.OpenAsync(
            [new HubTask
            {
                Kind = "webhook-disabled", Key = TaskKey(webhook.Id), At = now,
                Text = $"The webhook {webhook.Url} is not called any more: {reason} Ask its owner, then replay it under Access.",
            }], cancellationToken);
        await work.CommitAsync(cancellationToken);
    }

    /// <summary>Removes it.</summary>
    public async Task RemoveAsync(Webhook webhook, string actor, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        await work.Catalogue.SetSettingAsync(Prefix + webhook.Id, null, cancellationToken);
        await work.Catalogue.SetSettingAsync(CursorPrefix + webhook.Id, null, cancellationToken);
        await work.Tasks.CloseAsync(TaskKey(webhook.Id), $"removed by {actor}", time.GetUtcNow(), cancellationToken);
        await work.Audit.AddAsync([new AuditEntry(time.GetUtcNow(), actor, "webhook.removed", $"webhook:{webhook.Id}", null, null)], cancellationToken);
        await work.CommitAsync(cancellationToken);
    }

    /// <summary>Remembers up to where it was told.</summary>
    public async Task AdvanceAsync(string id, long told, CancellationToken cancellationToken)
    {
        await using var work = await store.BeginAsync(cancellationToken);
        // A webhook that was removed meanwhile gets no position.
        if (await work.Catalogue.SettingAsync(Prefix + id, cancellationToken) is not null)
        {
            await work.Catalogue.SetSettingAsync(CursorPrefix + id, Text(told), cancellationToken);
            await work.CommitAsync(cancellationToken);
        }
    }

    /// <summary>The secrets that sign now: the newest first.</summary>
    public IReadOnlyList<string> SecretsOf(Webhook webhook) => webhook.PreviousSecret is { } previous && time.GetUtcNow() < webhook.PreviousUntil
        ? [secrets.Unseal(webhook.Secret, webhook.Id), secrets.Unseal(previous, webhook.Id)]
        : [secrets.Unseal(webhook.Secret, webhook.Id)];

    /// <summary>Inserts the job that tells a webhook; one at a time per webhook.</summary>
    public static Task WakeAsync(IWork work, string id, CancellationToken cancellationToken) => work.Jobs.InsertAsync(
        [TellingJobs.Webhook(id)], cancellationToken);

    private async Task SaveAsync(IWork work, Webhook webhook, string action, string actor, CancellationToken cancellationToken)
    {
        await work.Catalogue.SetSettingAsync(Prefix + webhook.Id, JsonSerializer.Serialize(webhook), cancellationToken);
        await work.Audit.AddAsync(
            [new AuditEntry(time.GetUtcNow(), actor, action, $"webhook:{webhook.Id}", null, JsonSerializer.Serialize(new { webhook.Url, webhook.Customer, webhook.Disabled }))], cancellationToken);
    }

    private static Webhook Read(string stored) => JsonSerializer.Deserialize<Webhook>(stored)!;
    private static string TaskKey(string id) => $"webhook-disabled:{id}";
    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
