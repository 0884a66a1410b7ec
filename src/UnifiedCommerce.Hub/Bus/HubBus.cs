using MassTransit;

namespace UnifiedCommerce.Hub.Bus;

/// <summary>The bus: in this process by default, RabbitMQ when <c>Bus:RabbitMq</c> names one.</summary>
public static class HubBus
{
    /// <summary>Adds it.</summary>
    public static void AddHubBus(this IServiceCollection services, string? rabbitMq, bool consume)
    {
        services.Configure<MassTransitHostOptions>(options =>
        {
            // Else a publish before the queue is bound is confirmed and lost.
            options.WaitUntilStarted = true;
            options.StartTimeout = TimeSpan.FromSeconds(60);
            options.StopTimeout = TimeSpan.FromSeconds(20);
        });
        services.AddMassTransit(bus =>
        {
            if (consume)
            {
                bus.AddConsumer<SubmitOrderConsumer, SubmitOrderConsumerDefinition>();
            }
            if (string.IsNullOrWhiteSpace(rabbitMq))
            {
                bus.UsingInMemory((context, configure) => configure.ConfigureEndpoints(context));
            }
            else
            {
                bus.UsingRabbitMq((context, configure) =>
                {
                    configure.Host(new Uri(rabbitMq));
                    configure.ConfigureEndpoints(context);
                });
            }
        });
    }
}
