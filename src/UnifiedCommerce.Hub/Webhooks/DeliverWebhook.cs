using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Hub.Telemetry;
using UnifiedCommerce.Transports.Https;

namespace UnifiedCommerce.Hub.Webhooks;

/// <summary>Tells one webhook what happened since it was told last: CloudEvents bodies, Standard Webhooks signatures, in the order of the feed, at least once.</summary>
public sealed class DeliverWebhook(WebhookRegistry registry, IStore store, WebhookClient client, HubMetrics metrics, TimeProvider time) : IEffectHandler
{
    private const int MostEventsAtOnce = 100;

    /// <inheritdoc />
    public string Kind => TellingJobs.WebhookKind;

    /// <inheritdoc />
    public int BatchSize => 1;

    /// <inheritdoc />
    public async Task<IReadOnlyList<JobOutcome>> RunAsync(IReadOnlyList<Job> jobs, CancellationToken cancellationToken)
    {
        var outcomes = new List<JobOutcome>(jobs.Count);
        foreach (var job in jobs)
        {
            outcomes.Add(await TellAsync(job, cancellationToken));
        }
        return outcomes;
    }

    private async Task<JobOutcome> TellAsync(Job job, CancellationToken cancellationToken)
    {
        string id = JsonNode.Parse(job.Args)?["webhook"]?.GetValue<string>() ?? throw new HubException($"Found job arguments {job.Args}, expected {{\"webhook\":\"id\"}}.");
        if (await registry.FindAsync(id, cancellationToken) is not { } found || found.Webhook.Disabled is not null)
        {
            return new JobOutcome.Cancel("The webhook was removed or disabled.");
        }
        var (webhook, told) = found;
        IReadOnlyList<HubEvent> events;
        await using (var work = await store.BeginReadAsync(cancellationToken))
        {
            events = await work.Events.AfterAsync(told, "portal", webhook.Customer, MostEventsAtOnce, cancellationToken);
        }
        foreach (var happened in events)
        {
            if (webhook.Types.Count == 0 || webhook.Types.Contains(happened.Type, StringComparer.Ordinal))
            {
                var (status, problem) = await client.PostAsync(webhook, registry.SecretsOf(webhook), happened, cancellationToken);
                metrics.WebhookCalled(problem is null ? "ok" : "failed");
                if (status == HttpStatusCode.Gone)
                {
                    await registry.DisableAsync(webhook, "It answered 410 Gone.", cancellationToken);
                    return new JobOutcome.Cancel("The webhook answered 410 Gone and was disabled.");
                }
                if (problem is not null)
                {
                    if (job.Attempt >= job.MaxAttempts)
                    {
                        await registry.DisableAsync(webhook, $"{job.Attempt} attempts failed, the last one: {problem}", cancellationToken);
                    }
                    return new JobOutcome.Retry(problem);
                }
            }
            await registry.AdvanceAsync(id, happened.Sequence, cancellationToken);
        }
        return events.Count == MostEventsAtOnce ? new JobOutcome.Snooze(time.GetUtcNow(), "More events wait.") : JobOutcome.Ok;
    }
}

/// <summary>Makes the calls of webhooks.</summary>
public sealed class WebhookClient : IDisposable
{
    private const int MostAnswerBytes = 16 * 1024;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    /// <summary>Prepares the client.</summary>
    public WebhookClient(bool allowPrivate, TimeProvider time)
    {
        AllowPrivate = allowPrivate;
        _time = time;
        _http = new HttpClient(NetworkGuard.CreateHandler(allowPrivate, TimeSpan.FromSeconds(5))) { Timeout = TimeSpan.FromSeconds(15), MaxResponseContentBufferSize = MostAnswerBytes };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("UnifiedCommerce", "1"));
    }

    /// <summary>Whether loopback and private addresses may be called.</summary>
    public bool AllowPrivate { get; }

    /// <summary>The body of an event: CloudEvents 1.0, structured mode.</summary>
    public static byte[] BodyOf(HubEvent happened) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["specversion"] = "1.0",
        ["id"] = happened.Id,
        ["source"] = "/unified-commerce/hub",
        ["type"] = "unified-commerce." + happened.Type,
        ["subject"] = happened.Subject,
        ["time"] = happened.At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        ["datacontenttype"] = "application/json",
        ["sequence"] = happened.Sequence.ToString("D20", CultureInfo.InvariantCulture),
        ["data"] = JsonNode.Parse(happened.Data),
    });

    /// <summary>Posts one event. The outside world failing is an answer, not an exception.</summary>
    public async Task<(HttpStatusCode? Status, string? Problem)> PostAsync(
        Webhook webhook, IReadOnlyList<string> secrets, HubEvent happened, CancellationToken cancellationToken)
    {
        if (NetworkGuard.Mistake(webhook.Url, AllowPrivate) is { } mistake)
        {
            return (null, $"The address {webhook.Url} is not called: {mistake}.");
        }
        byte[] body = BodyOf(happened);
        var now = _time.GetUtcNow();
        using var request = new HttpRequestMessage(HttpMethod.Post, webhook.Url);
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/cloudevents+json");
        request.Headers.Add("webhook-id", happened.Id);
        request.Headers.Add("webhook-timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation("webhook-signature", WebhookSignature.Sign(secrets, happened.Id, now, body));
        try
        {
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return answer.IsSuccessStatusCode ? (answer.StatusCode, null) : (answer.StatusCode, $"The webhook answered {(int)answer.StatusCode}, expected 2xx.");
        }
        catch (HttpRequestException exception)
        {
            return (null, $"The webhook could not be called: {exception.Message}");
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, "The webhook did not answer within 15 seconds.");
        }
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();
}
