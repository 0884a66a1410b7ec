using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Transports.Https;

/// <summary>Limits of an <see cref="HttpsChannel"/>.</summary>
public readonly record struct HttpsChannelOptions
{
    /// <summary>The defaults.</summary>
    public HttpsChannelOptions()
    {
    }

    /// <summary>Longest time to connect. Default 10 s.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);
    /// <summary>Largest answer read, in bytes. Default 1 MiB.</summary>
    public int MaxAnswerBytes { get; init; } = 1024 * 1024;
    /// <summary>Connections that fail are tried again this often at once, before any byte of the document left. Default 2.</summary>
    public int ConnectRetries { get; init; } = 2;
    /// <summary>Pause before the first of these. Default 200 ms, doubling, with jitter.</summary>
    public TimeSpan ConnectRetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);
    /// <summary>A partner that fails mostly is left alone for this long. Default 30 s.</summary>
    public TimeSpan Break { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>Calls within half a minute before the breaker judges. Default 6.</summary>
    public int BreakAfter { get; init; } = 6;
}

/// <summary>POSTs documents to partners' HTTP interfaces. The dispatch key travels as <c>Idempotency-Key</c>, so that a repeat is harmless;
/// what may have arrived without an answer is <see cref="SendResult.Unknown"/>. Thread safe.</summary>
public sealed class HttpsChannel : IOutboundChannel, IDisposable
{
    private readonly ISecrets secrets;
    private readonly TimeProvider time;
    private readonly HttpsChannelOptions options;
    private readonly HttpClient open;
    private readonly HttpClient guarded;
    private readonly ConcurrentDictionary<string, ResiliencePipeline<Attempt>> pipelines = new(StringComparer.Ordinal);

    /// <summary>A channel over real sockets.</summary>
    public HttpsChannel(ISecrets secrets, TimeProvider time, HttpsChannelOptions? options = null)
    {
        this.secrets = secrets;
        this.time = time;
        this.options = options ?? new HttpsChannelOptions();
        open = Client(allowPrivateNetwork: true);
        guarded = Client(allowPrivateNetwork: false);
    }

    /// <summary><c>https</c>.</summary>
    public string Kind => "https";

    /// <inheritdoc/>
    public async Task<SendResult> SendAsync(Partner partner, Dispatch dispatch, CancellationToken cancellationToken)
    {
        if (Convert.ToHexStringLower(SHA256.HashData(dispatch.Bytes)) != dispatch.Sha256)
        {
            throw new HubException($"The bytes of dispatch {dispatch.Key} do not have its hash {dispatch.Sha256}: frozen bytes changed. Do not send; restore the row.");
        }
        if (partner.Transport is not { Url: { } url } transport)
        {
            return new SendResult.Failed($"Partner {partner.Id} has no address. Set transport.url in its partner.yaml.", false);
        }
        if (Token(transport) is (null, { } missing))
        {
            return new SendResult.Failed(missing, true);
        }
        ResiliencePipeline<Attempt> pipeline = pipelines.GetOrAdd(partner.Id, _ => Pipeline());
        try
        {
            return (await pipeline.ExecuteAsync(token => PostAsync(transport, url, dispatch, token), cancellationToken)).Result;
        }
        catch (BrokenCircuitException broken)
        {
            return new SendResult.Failed($"{url.Host} failed too often lately; it is left alone for a while.", true, broken.RetryAfter ?? options.Break);
        }
    }

    /// <inheritdoc/>
    public async Task<ProbeResult> ProbeAsync(Partner partner, Dispatch dispatch, CancellationToken cancellationToken)
    {
        const string harmless = "a repeat with the same Idempotency-Key is harmless";
        if (partner.Transport is not { ProbeUrl: { } pattern } transport)
        {
            return new ProbeResult.Absent($"There is no address to ask; {harmless}.");
        }
        Uri url = new(pattern.Replace("{number}", Uri.EscapeDataString(NumberOf(dispatch.Key)), StringComparison.Ordinal)
            .Replace("{key}", Uri.EscapeDataString(dispatch.Key), StringComparison.Ordinal));
        using HttpRequestMessage request = new(HttpMethod.Get, url);
        Authorize(request, transport);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using ITimer timer = time.CreateTimer(_ => limit.Cancel(), null, transport.Timeout, Timeout.InfiniteTimeSpan);
        try
        {
            using HttpResponseMessage response = await ClientOf(transport).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone)
            {
                return new ProbeResult.Absent($"GET {url.AbsolutePath}: {(int)response.StatusCode}, the partner does not have it.");
            }
            if (response.IsSuccessStatusCode && await ReadAsync(response, limit.Token) is { } body && body.Length > 0 && AnswerBody.Fault(response.Content.Headers.ContentType?.MediaType, body) is null)
            {
                return new ProbeResult.Present($"GET {url.AbsolutePath}: {(int)response.StatusCode}, the partner has it.");
            }
            return new ProbeResult.Absent($"GET {url.AbsolutePath}: {(int)response.StatusCode} tells nothing; {harmless}.");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new ProbeResult.Absent($"GET {url.AbsolutePath} failed ({exception.Message}); {harmless}.");
        }
    }

    /// <summary>Closes connections.</summary>
    public void Dispose()
    {
        open.Dispose();
        guarded.Dispose();
    }

    /// <summary>The purchase order number within a dispatch key: <c>PO-000012-v1</c> is version 1 of <c>PO-000012</c>.</summary>
    private static string NumberOf(string key) =>
        key.LastIndexOf("-v", StringComparison.Ordinal) is > 0 and var version && key[(version + 2)..].All(char.IsAsciiDigit) ? key[..version] : key;

    private async ValueTask<Attempt> PostAsync(PartnerTransport transport, Uri url, Dispatch dispatch, CancellationToken cancellationToken)
    {
        using DocumentContent content = new(dispatch.Bytes, dispatch.ContentType);
        using HttpRequestMessage request = new(HttpMethod.Post, url) { Content = content };
        request.Headers.Add("Idempotency-Key", dispatch.Key);
        Authorize(request, transport);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using ITimer timer = time.CreateTimer(_ => limit.Cancel(), null, transport.Timeout, Timeout.InfiniteTimeSpan);
        try
        {
            using HttpResponseMessage response = await ClientOf(transport).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            byte[]? body = await ReadAsync(response, limit.Token);
            return new Attempt(Judge(url, response, body), Unreached: false);
        }
        catch (HttpRequestException exception) when (!content.Left)
        {
            return new Attempt(new SendResult.Failed($"{url.Host} cannot be reached: {exception.Message}", true), Unreached: true);
        }
        catch (OperationCanceledException) when (!content.Left && !cancellationToken.IsCancellationRequested)
        {
            return new Attempt(new SendResult.Failed($"{url.Host} did not take the connection in time.", true), Unreached: true);
        }
        catch (Exception exception) when (content.Left && exception is HttpRequestException or IOException or OperationCanceledException)
        {
            return new Attempt(new SendResult.Unknown(exception is OperationCanceledException
                ? $"{url.Host} did not answer in time; the document may have arrived."
                : $"The connection to {url.Host} broke after the document left: {exception.Message}"), Unreached: false);
        }
    }

    private SendResult Judge(Uri url, HttpResponseMessage response, byte[]? body)
    {
        int status = (int)response.StatusCode;
        string said = $"{url.Host} answered {status}";
        if (response.IsSuccessStatusCode)
        {
            if (body is null)
            {
                return new SendResult.Unknown($"{said} with more than {options.MaxAnswerBytes} bytes, which were not read.");
            }
            return AnswerBody.Fault(response.Content.Headers.ContentType?.MediaType, body) switch
            {
                null => new SendResult.Sent($"HTTP {status}, {body.Length} bytes", body.Length == 0 ? null : body),
                AnswerBody.Html => new SendResult.Failed($"{said} with a web page instead of an answer: a proxy or a maintenance page, not the partner's interface.", true),
                var fault => new SendResult.Unknown($"{said}, but {fault}."),
            };
        }
        return status switch
        {
            >= 300 and < 400 => new SendResult.Failed($"{said}, a redirect to {response.Headers.Location?.GetLeftPart(UriPartial.Path) ?? "nowhere"}. Redirects are not followed: correct transport.url.", false),
            408 or 425 or 429 or >= 500 => new SendResult.Failed($"{said}.", true, RetryAfter(response)),
            _ => new SendResult.Failed($"{said}: {AnswerBody.Excerpt(body)}", false),
        };
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        RetryConditionHeaderValue? header = response.Headers.RetryAfter;
        TimeSpan? wait = header?.Delta ?? (header?.Date - time.GetUtcNow());
        return wait is { } span ? span < TimeSpan.Zero ? TimeSpan.Zero : span > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1) : span : null;
    }

    private async Task<byte[]?> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        using MemoryStream buffer = new();
        byte[] chunk = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAsync(chunk, cancellationToken)) > 0)
        {
            if (buffer.Length + read > options.MaxAnswerBytes)
            {
                return null;
            }
            buffer.Write(chunk, 0, read);
        }
        return buffer.ToArray();
    }

    private (string? Token, string? Missing) Token(PartnerTransport transport) => transport.Secret is not { } name ? ("", null)
        : secrets.Find(name) is { } value ? (value, null)
        : (null, $"The secret `{name}` is not set. Put it into the installation's secrets.");

    private void Authorize(HttpRequestMessage request, PartnerTransport transport)
    {
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("UnifiedCommerce", "1"));
        if (Token(transport).Token is { Length: > 0 } token)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
    }

    private HttpClient ClientOf(PartnerTransport transport) => transport.AllowPrivateNetwork ? open : guarded;

    private HttpClient Client(bool allowPrivateNetwork) =>
        new(NetworkGuard.CreateHandler(allowPrivateNetwork, options.Connect), disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };

    // Only what certainly did not arrive is tried again here; everything else is for the job, which probes first.
    private ResiliencePipeline<Attempt> Pipeline()
    {
        ResiliencePipelineBuilder<Attempt> builder = new() { TimeProvider = time };
        builder.AddCircuitBreaker(new CircuitBreakerStrategyOptions<Attempt>
        {
            FailureRatio = 0.8,
            MinimumThroughput = Math.Max(2, options.BreakAfter),
            SamplingDuration = TimeSpan.FromSeconds(30),
            BreakDuration = options.Break,
            ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Result?.Result is SendResult.Unknown or SendResult.Failed { Retryable: true }),
        });
        if (options.ConnectRetries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions<Attempt>
            {
                MaxRetryAttempts = options.ConnectRetries,
                Delay = options.ConnectRetryDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Result is { Unreached: true }),
            });
        }
        return builder.Build();
    }

    private sealed record Attempt(SendResult Result, bool Unreached);
}
