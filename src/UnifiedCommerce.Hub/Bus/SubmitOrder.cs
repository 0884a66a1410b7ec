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
public sealed class SubmitOrderConsumer(IStore store, OrderIntake intake, HubMetrics metrics, TimeProvider time) : IConsumer<SubmitOrder>
{
    /// <inheritdoc />
    public async Task Consume(ConsumeContext<SubmitOrder> context)
    {
        ArgumentNullException.ThrowIfNull(context);
        long started = Stopwatch.GetTimestamp();
        var order = context.Message.Order;
        OrderSubmitted answer;
        await using (var work = await store.BeginAsync(context.CancellationToken))
        {
            byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(order, CanonicalJson.Options);
            string hash = ApiJson.Sha256(bytes);
            string? key = context.MessageId is { } id ? $"bus:{id:D}" : null;
            if (key is not null && await work.Orders.FindAnswerAsync(key, context.CancellationToken) is { } known && known.RequestHash == hash)
            {
                await AnswerAsync(context, JsonSerializer.Deserialize<OrderSubmitted>(known.Body, ApiJson.Options)!);
                return;
            }
            var result = OrderRules.MissingPart(order) is { } missing ? new IntakeResult(IntakeOutcome.Refused, null, [missing])
                : await intake.TakeInAsync(work, order, null, null, "bus", context.CancellationToken);
            if (result.Outcome == IntakeOutcome.Refused)
            {
                await QuarantineAsync(work, context, bytes, result, context.CancellationToken);
            }
            answer = new OrderSubmitted
            {
                Number = order?.Number ?? "", Outcome = JsonNamingPolicy.CamelCase.ConvertName(result.Outcome.ToString()), Version = result.Order?.Version ?? 0,
                Findings = [.. result.Diagnostics.Select(note => new ProblemFinding(note.Code, note.Place, note.Text))],
            };
            if (key is not null)
            {
                await work.Orders.AddAnswerAsync(
                    new IdempotentAnswer(key, hash, result.Order is null ? 422 : 200, JsonSerializer.Serialize(answer, ApiJson.Options), time.GetUtcNow()), context.CancellationToken);
            }
            await work.CommitAsync(context.CancellationToken);
            if (result.Outcome == IntakeOutcome.Refused)
            {
                metrics.OrderRefused();
            }
            else
            {
                metrics.OrderTaken(answer.Outcome, Stopwatch.GetElapsedTime(started));
            }
        }
        await AnswerAsync(context, answer);
    }

    private static Task AnswerAsync(ConsumeContext<SubmitOrder> context, OrderSubmitted answer) =>
        context.ResponseAddress is null ? Task.CompletedTask : context.RespondAsync(answer);

    private async Task QuarantineAsync(IWork work, ConsumeContext<SubmitOrder> context, byte[] bytes, IntakeResult result, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        string messageId = context.MessageId?.ToString("D") ?? ApiJson.Sha256(bytes);
        string reason = result.Diagnostics.FirstOrDefault(found => found.Severity == Severity.Error)?.Text ?? "The order was refused.";
        long id = await work.Documents.AddAsync(
            new StoredDocument
            {
                Transport = "bus", Name = $"submit-order {messageId}", MessageId = messageId, ReceivedAt = now, Sha256 = ApiJson.Sha256(bytes), Bytes = bytes, Format = "json",
                State = DocumentState.Quarantined, Reason = reason, Diagnostics = result.Diagnostics,
            }, cancellationToken);
        await work.Tasks.OpenAsync(
            [new HubTask
            {
                Kind = "quarantined-document", Key = $"quarantined-document:{id}", DocumentId = id, At = now,
                Text = $"The order {context.Message.Order?.Number} came by bus and cannot be taken in: {reason} Tell the sender, then replay or dismiss it.",
            }], cancellationToken);
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
