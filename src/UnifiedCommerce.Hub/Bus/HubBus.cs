using MassTransit;

namespace UnifiedCommerce.Hub.Bus;

/// <summary>The bus: in this process by default, RabbitMQ when <c>Bus:RabbitMq</c> names one.</summary>
public static class HubBus
{
    /// <summary>Adds it. <paramref name="worker"/>: this process takes orders from RabbitMQ; a bus inside the process has no other taker.</summary>
    public static void AddHubBus(this IServiceCollection services, string? rabbitMq, bool worker)
    {
        bool outside = !string.IsNullOrWhiteSpace(rabbitMq);
        services.Configure<MassTransitHostOptions>(options =>
        {
            // Inside the process, a message before the queue is bound would be lost. A broker that is away is waited for in the background:
            // API, console and jobs do not need it.
            options.WaitUntilStarted = !outside;
            // A start that has timed out is not begun again: a hub that waits for a broker waits without an end.
            options.StartTimeout = outside ? null : TimeSpan.FromSeconds(60);
            options.StopTimeout = TimeSpan.FromSeconds(20);
        });
        services.AddMassTransit(bus =>
        {
            // The library reports to its makers what is used how; nothing of a house leaves it unasked.
            bus.DisableUsageTelemetry();
            if (worker || !outside)
            {
                bus.AddConsumer<SubmitOrderConsumer, SubmitOrderConsumerDefinition>();
            }
            if (outside)
            {
                bus.UsingRabbitMq((context, configure) =>
                {
                    configure.Host(new Uri(rabbitMq!));
                    configure.ConfigureEndpoints(context);
                });
            }
            else
            {
                bus.UsingInMemory((context, configure) => configure.ConfigureEndpoints(context));
            }
        });
    }
}
