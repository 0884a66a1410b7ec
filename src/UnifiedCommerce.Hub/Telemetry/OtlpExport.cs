using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Jobs;

namespace UnifiedCommerce.Hub.Telemetry;

/// <summary>Sends metrics and traces to an OpenTelemetry collector when <c>Otlp:Endpoint</c> names one.</summary>
public sealed class OtlpExport(IConfiguration configuration) : IHostedService, IDisposable
{
    private MeterProvider? _meters;
    private TracerProvider? _traces;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (configuration["Otlp:Endpoint"] is { Length: > 0 } endpoint)
        {
            var resource = ResourceBuilder.CreateDefault().AddService("unified-commerce-hub");
            _meters = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter([.. PrometheusText.Meters])
                .AddOtlpExporter(otlp => otlp.Endpoint = new Uri(endpoint)).Build();
            _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(JobEngine.Meter, JourneySteps.Source, "MassTransit", "Microsoft.AspNetCore", "Npgsql")
                .AddOtlpExporter(otlp => otlp.Endpoint = new Uri(endpoint)).Build();
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken)
    {
        _meters?.ForceFlush(3000);
        _traces?.ForceFlush(3000);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _meters?.Dispose();
        _traces?.Dispose();
    }
}
