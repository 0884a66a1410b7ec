using MassTransit;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Status;
using System.Text.Json;
using UnifiedCommerce.Hub.Api;
using UnifiedCommerce.Hub.Telemetry;
using System.Diagnostics;

namespace UnifiedCommerce.Hub.Bus;

/// <summary>A message that hands an order in, on the queue <c>submit-order</c>.</summary>
public sealed record SubmitOrder
{
    /// <summary>The order.</summary>
    public required Order Order { get; init; }
}

/// <summary>The answer to <see cref="SubmitOrder"/>, for senders that ask for one.</summary>
public sealed record OrderSubmitted
{
    /// <summary>Order number.</summary>
    public required string Number { get; init; }
    /// <summary>accepted, replay, changed or refused.</summary>
    public required string Outcome { get; init; }
    /// <summary>Version of the order now; zero when refused.</summary>
    public int Version { get; init; }
    /// <summary>What was found.</summary>
    public IReadOnlyList<ProblemFinding> Findings { get; init; } = [];
}

/// <summary>Something that happened, published to other systems at least once; <see cref="EventId"/> tells a repeat.</summary>
public sealed record OrderEvent
{
    /// <summary>Stable id.</summary>
    public required string EventId { get; init; }
    /// <summary>Position in the feed; rises.</summary>
    public required long Sequence { get; init; }
    /// <summary>Type.</summary>
    public required string Type { get; init; }
    /// <summary>When it happened.</summary>
    public required DateTimeOffset At { get; init; }
    /// <summary>Customer key.</summary>
    public string? Customer { get; init; }
    /// <summary>Order number.</summary>
    public required string Subject { get; init; }
    /// <summary>JSON object.</summary>
    public required string Data { get; init; }
}

/// <summary>Takes orders from the bus in: the same intake as the API. A message that is delivered again, however late, gets its first answer again and
/// does nothing. A refused order is kept as a quarantined document.</summary>
public sealed class SubmitOrderConsumer(IStore store, IntakeDesk desk, HubMetrics metrics, TimeProvider time) : IConsumer<SubmitOrder>
{
    /// <inheritdoc />
    public async Task Consume(ConsumeContext<SubmitOrder> context)
    {
        ArgumentNullException.ThrowIfNull(context);
        long started = Stopwatch.GetTimestamp();
        var order = context.Message.Order;
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(order, CanonicalJson.Options);
        string hash = ApiJson.Sha256(bytes);
        string? key = context.MessageId is { } id ? $"bus:{id:D}" : null;
        var (result, remembered) = OrderRules.MissingPart(order) is { } missing ? new IntakeAnswer(new IntakeResult(IntakeOutcome.Refused, null, [missing]), null)
            : await desk.SubmitAsync(new OrderSubmission(order, "bus", key, hash, taken => (StatusCodes.Status200OK, JsonSerializer.Serialize(AnswerOf(order, taken), ApiJson.Options))), context.CancellationToken);
        if (remembered is null)
        {
            await AnswerAsync(context, await QuarantineAsync(context, bytes, hash, key, result!.Diagnostics, AnswerOf(order, result)));
            return;
        }
        if (remembered.RequestHash != hash)
        {
            throw new HubException($"Found message {key} with another order than the first time, expected the same. The sender gives each message an id of its own.");
        }
        if (result is not null)
        {
            metrics.OrderTaken(JsonNamingPolicy.CamelCase.ConvertName(result.Outcome.ToString()), Stopwatch.GetElapsedTime(started));
        }
        await AnswerAsync(context, JsonSerializer.Deserialize<OrderSubmitted>(remembered.Body, ApiJson.Options)!);
    }

    private static OrderSubmitted AnswerOf(Order? order, IntakeResult result) => new()
    {
        Number = order?.Number ?? "", Outcome = JsonNamingPolicy.CamelCase.ConvertName(result.Outcome.ToString()), Version = result.Order?.Version ?? 0,
        Findings = [.. result.Diagnostics.Select(note => new ProblemFinding(note.Code, note.Place, note.Text))],
    };

    private static Task AnswerAsync(ConsumeContext<SubmitOrder> context, OrderSubmitted answer) =>
        context.ResponseAddress is null ? Task.CompletedTask : context.RespondAsync(answer);

    /// <summary>Keeps a refused order as a document and remembers the answer; a message that comes again gets the first one.</summary>
    private async Task<OrderSubmitted> QuarantineAsync(ConsumeContext<SubmitOrder> context, byte[] bytes, string hash, string? key, IReadOnlyList<Diagnostic> diagnostics, OrderSubmitted answer)
    {
        var cancellationToken = context.CancellationToken;
        await using var work = await store.BeginAsync(cancellationToken);
        if (key is not null && await work.Orders.FindAnswersAsync([key], cancellationToken) is [var known] && known.RequestHash == hash)
        {
            return JsonSerializer.Deserialize<OrderSubmitted>(known.Body, ApiJson.Options)!;
        }
        var now = time.GetUtcNow();
        string messageId = context.MessageId?.ToString("D") ?? hash;
        string reason = diagnostics.FirstOrDefault(found => found.Severity == Severity.Error)?.Text ?? "The order was refused.";
        long id = await work.Documents.AddAsync(
            new StoredDocument
            {
                Transport = "bus", Name = $"submit-order {messageId}", MessageId = messageId, ReceivedAt = now, Sha256 = hash, Bytes = bytes, Format = "json",
                State = DocumentState.Quarantined, Reason = reason, Diagnostics = diagnostics,
            }, cancellationToken);
        await work.Tasks.OpenAsync(
            [new HubTask
            {
                Kind = "quarantined-document", Key = $"quarantined-document:{id}", DocumentId = id, At = now,
                Text = $"The order {context.Message.Order?.Number} came by bus and cannot be taken in: {reason} Tell the sender, then replay or dismiss it.",
            }], cancellationToken);
        if (key is not null)
        {
            await work.Orders.AddAnswersAsync([new IdempotentAnswer(key, hash, StatusCodes.Status422UnprocessableEntity, JsonSerializer.Serialize(answer, ApiJson.Options), now)], cancellationToken);
        }
        await work.CommitAsync(cancellationToken);
        metrics.OrderRefused();
        return answer;
    }
}

/// <summary>How a consumer's endpoint behaves: the store being away is waited out, then the message is parked in the error queue, never lost.</summary>
public sealed class SubmitOrderConsumerDefinition : ConsumerDefinition<SubmitOrderConsumer>
{
    /// <summary>Names the queue.</summary>
    public SubmitOrderConsumerDefinition()
    {
        EndpointName = "submit-order";
        ConcurrentMessageLimit = 16;
    }

    /// <inheritdoc />
    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpointConfigurator, IConsumerConfigurator<SubmitOrderConsumer> consumerConfigurator, IRegistrationContext context)
    {
        endpointConfigurator.UseMessageRetry(retry => retry.Exponential(10, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(300)));
        // Versions of one order are taken in as they arrived, one after the other.
        consumerConfigurator.Message<SubmitOrder>(message => message.UsePartitioner(64, received => received.Message.Order?.Number ?? ""));
    }
}
