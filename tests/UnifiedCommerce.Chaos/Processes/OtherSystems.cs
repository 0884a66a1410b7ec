using System.Collections.Concurrent;
using MassTransit;
using UnifiedCommerce.Adapters.Tests.Faults;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.EndToEnd.Tests;
using UnifiedCommerce.Hub.Bus;

namespace UnifiedCommerce.Chaos.Processes;

/// <summary>The systems on the other side of RabbitMQ: they hand orders in and write down the events they are told. The hubs reach the broker through a
/// proxy that fails.</summary>
internal sealed class OtherSystems : IAsyncDisposable
{
    readonly ThrowAwayRabbitMq _broker;
    readonly IBusControl _bus;
    readonly ConcurrentQueue<long> _heard = new();

    OtherSystems(ThrowAwayRabbitMq broker)
    {
        _broker = broker;
        Proxy = FaultyProxy.Before(broker.Port);
        _bus = MassTransit.Bus.Factory.CreateUsingRabbitMq(configure =>
        {
            configure.Host(new Uri(broker.Address));
            configure.ReceiveEndpoint("portal", endpoint =>
            {
                endpoint.PrefetchCount = 1;
                endpoint.ConcurrentMessageLimit = 1;
                endpoint.Handler<OrderEvent>(received =>
                {
                    _heard.Enqueue(received.Message.Sequence);
                    return Task.CompletedTask;
                });
            });
        });
    }

    public FaultyProxy Proxy { get; }

    /// <summary>The address that the hubs use.</summary>
    public string HubAddress => ThrowAwayRabbitMq.AddressAt(Proxy.Port);

    /// <summary>Sequences of events as they came, repeats included.</summary>
    public IReadOnlyCollection<long> Heard => _heard;

    public static async Task<OtherSystems> StartAsync()
    {
        var systems = new OtherSystems(await ThrowAwayRabbitMq.StartAsync());
        await systems._bus.StartAsync();
        return systems;
    }

    /// <summary>Hands an order in; it is durable in the broker when this ends.</summary>
    public async Task HandInAsync(Order order)
    {
        var queue = await _bus.GetSendEndpoint(new Uri("queue:submit-order"));
        await queue.Send(new SubmitOrder { Order = order });
    }

    /// <summary>What of I10 does not hold: events that were never told, or told for the first time behind a later one.</summary>
    public IEnumerable<string> Breaches(IReadOnlyCollection<long> stored)
    {
        var firsts = _heard.Distinct().ToList();
        foreach (var missing in stored.Except(firsts).Take(5))
            yield return $"I10 event:{missing}: it was never published";
        for (var index = 1; index < firsts.Count; index++)
        {
            if (firsts[index] < firsts[index - 1])
                yield return $"I10 event:{firsts[index]}: it was told for the first time after event {firsts[index - 1]}";
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _bus.StopAsync(TimeSpan.FromSeconds(5));
        await Proxy.DisposeAsync();
        await _broker.DisposeAsync();
    }
}
