using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using MassTransit;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Hub.Bus;
using UnifiedCommerce.Hub.Hosting;

namespace UnifiedCommerce.EndToEnd.Tests;

/// <summary>What other systems notice of the bus, on a real broker: their end is a MassTransit of its own.</summary>
public sealed class BusTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly ConcurrentQueue<OrderEvent> _heard = new();
    private ThrowAwayRabbitMq? _broker;
    private IBusControl? _theirs;

    public async Task InitializeAsync()
    {
        if (ThrowAwayRabbitMq.Absent is null)
        {
            _broker = await ThrowAwayRabbitMq.StartAsync();
            _theirs = await ConnectAsync();
        }
    }

    public async Task DisposeAsync()
    {
        if (_theirs is not null)
        {
            await _theirs.StopAsync(TimeSpan.FromSeconds(5));
        }
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }
    }

    [RabbitMqFact]
    public async Task An_order_that_the_bus_delivers_twice_and_out_of_order_becomes_one_order_in_its_newest_version()
    {
        await using var hub = await StartAsync();
        var first = OrderOf(hub, "BUS-1", 2) with { Revision = 1 };
        var second = first with { Revision = 2, Lines = [first.Lines[0] with { Quantity = first.Lines[0].Quantity with { Value = 5 } }] };
        var (older, newer) = (Guid.NewGuid(), Guid.NewGuid());
        await SendAsync(second, newer);
        await SendAsync(first, older);
        await SendAsync(second, newer);
        await SendAsync(first, older);
        await SendAsync(OrderOf(hub, "BUS-LAST", 1), Guid.NewGuid());
        await UntilAsync(async () => (await OrdersAsync(hub)).Any(order => order.Number == "BUS-LAST"));
        var order = Assert.Single(await OrdersAsync(hub), order => order.Number == "BUS-1");
        Assert.Equal((1, 5m), (order.Version, order.Lines[0].Ordered));
    }

    [RabbitMqFact]
    public async Task A_message_that_comes_again_after_a_change_does_not_undo_the_change()
    {
        await using var hub = await StartAsync();
        // A sender that numbers no versions: the message's own id tells a late repeat from a change back.
        var first = OrderOf(hub, "BUS-2", 2);
        var second = first with { Lines = [first.Lines[0] with { Quantity = first.Lines[0].Quantity with { Value = 7 } }] };
        var (one, two) = (Guid.NewGuid(), Guid.NewGuid());
        await SendAsync(first, one);
        await UntilAsync(async () => (await OrdersAsync(hub)).Count == 1);
        await SendAsync(second, two);
        await UntilAsync(async () => (await OrdersAsync(hub))[0].Version == 2);
        await SendAsync(first, one);
        await SendAsync(OrderOf(hub, "BUS-LAST", 1), Guid.NewGuid());
        await UntilAsync(async () => (await OrdersAsync(hub)).Any(order => order.Number == "BUS-LAST"));
        Assert.Equal((2, 7m), (await OrdersAsync(hub)).Where(order => order.Number == "BUS-2").Select(order => (order.Version, order.Lines[0].Ordered)).Single());
    }

    [RabbitMqFact]
    public async Task A_refused_order_is_answered_and_kept_for_a_person()
    {
        await using var hub = await StartAsync();
        var client = _theirs!.CreateRequestClient<SubmitOrder>(new Uri("queue:submit-order"), RequestTimeout.After(s: 60));
        var wrong = OrderOf(hub, "BUS-3", 2) with { Currency = "XXQ" };
        var answer = (await client.GetResponse<OrderSubmitted>(new SubmitOrder { Order = wrong })).Message;
        Assert.Equal(("BUS-3", "refused"), (answer.Number, answer.Outcome));
        Assert.Contains(answer.Findings, finding => finding.Code == "unknown-currency");
        var kept = Assert.Single((await hub.Service<IViews>().DocumentsAsync(new DocumentFilter { State = DocumentState.Quarantined }, new PageRequest(null, 10), CancellationToken.None)).Items);
        Assert.Equal("bus", kept.Transport);

        var incomplete = (await client.GetResponse<OrderSubmitted>(new SubmitOrder { Order = wrong with { Number = "BUS-4", Lines = null! } })).Message;
        Assert.Equal("no-lines", Assert.Single(incomplete.Findings).Code);
        var right = (await client.GetResponse<OrderSubmitted>(new SubmitOrder { Order = OrderOf(hub, "BUS-5", 2) })).Message;
        Assert.Equal("accepted", right.Outcome);
    }

    [RabbitMqFact]
    public async Task Orders_flow_while_the_broker_is_away_and_it_is_told_everything_when_it_is_back()
    {
        await using var hub = await StartAsync();
        using (var before = await hub.PostAsync("/api/orders", hub.Order("API-1")))
        {
            Assert.Equal(HttpStatusCode.Created, before.StatusCode);
        }
        await UntilAsync(() => Task.FromResult(_heard.Any(told => told.Subject == "API-1")));

        _broker!.Kill();
        for (var number = 2; number <= 6; number++)
        {
            using var answer = await hub.PostAsync("/api/orders", hub.Order($"API-{number}"));
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        }
        using (var ready = await hub.GetAsync("/health/ready"))
        {
            Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        }
        // The job says what it waits for, and waiting costs it no attempt.
        await UntilAsync(async () => (await hub.Service<IViews>().JobsAsync(new JobFilter { Kind = TellingJobs.BusKind, Stage = JobStage.Scheduled }, new PageRequest(null, 10), CancellationToken.None))
            .Items.Any(job => job.Reason?.Contains("broker", StringComparison.Ordinal) == true));

        await _broker.StartServerAsync();
        await UntilAsync(() => Task.FromResult(_heard.Select(told => told.Subject).Distinct().Count() == 6));
        var firsts = _heard.DistinctBy(told => told.EventId).Select(told => told.Sequence).ToList();
        Assert.Equal(firsts.Order(), firsts);
        await SendAsync(OrderOf(hub, "BUS-6", 1), Guid.NewGuid());
        await UntilAsync(async () => (await OrdersAsync(hub)).Any(order => order.Number == "BUS-6"));
    }

    [RabbitMqFact]
    public async Task A_hub_that_starts_before_its_broker_takes_orders_and_finds_the_broker_later()
    {
        await using var late = ThrowAwayRabbitMq.Prepare();
        await using var hub = await RunningHub.StartAsync(settings: [$"--Bus:RabbitMq={late.Address}"]);
        using (var answer = await hub.PostAsync("/api/orders", hub.Order("EARLY-1")))
        {
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        }
        await late.StartServerAsync();
        var theirs = await ConnectAsync(late);
        await SendAsync(OrderOf(hub, "EARLY-2", 1), Guid.NewGuid(), theirs);
        await UntilAsync(async () => (await OrdersAsync(hub)).Count == 2);
        await UntilAsync(() => Task.FromResult(_heard.Any(told => told.Subject == "EARLY-2")));
        await theirs.StopAsync(TimeSpan.FromSeconds(5));
    }

    private Task<RunningHub> StartAsync() => RunningHub.StartAsync(HubRoles.All, null, $"--Bus:RabbitMq={_broker!.Address}");

    private async Task<IBusControl> ConnectAsync(ThrowAwayRabbitMq? broker = null)
    {
        var bus = MassTransit.Bus.Factory.CreateUsingRabbitMq(configure =>
        {
            configure.Host(new Uri((broker ?? _broker!).Address));
            configure.ReceiveEndpoint("portal", endpoint => endpoint.Handler<OrderEvent>(received =>
            {
                _heard.Enqueue(received.Message);
                return Task.CompletedTask;
            }));
        });
        await bus.StartAsync();
        return bus;
    }

    private async Task SendAsync(Order order, Guid messageId, IBus? from = null)
    {
        var queue = await (from ?? _theirs!).GetSendEndpoint(new Uri("queue:submit-order"));
        await queue.Send(new SubmitOrder { Order = order }, message => message.MessageId = messageId);
    }

    private static Order OrderOf(RunningHub hub, string number, decimal quantity) => JsonSerializer.Deserialize<Order>(hub.Order(number, quantity: quantity), CanonicalJson.Options)!;

    private static async Task<IReadOnlyList<OrderState>> OrdersAsync(RunningHub hub)
    {
        var rows = (await hub.Service<IViews>().OrdersAsync(new OrderFilter(), new PageRequest(null, 50), CancellationToken.None)).Items;
        return await hub.ReadAsync(work => work.Orders.LoadAsync([.. rows.Select(row => row.Id)], CancellationToken.None));
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(waited.Elapsed < Patience, "It did not happen in two minutes.");
            await Task.Delay(50);
        }
    }
}
