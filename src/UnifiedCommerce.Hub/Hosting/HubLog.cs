using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Json;

namespace UnifiedCommerce.Hub.Hosting;

/// <summary>Logs: sentences on the console, JSON lines in <c>DATA/logs</c>. Documents are never logged, only their ids.</summary>
public static class HubLog
{
    /// <summary>Creates the logger. The console is quiet below warnings while the demonstration draws its progress.</summary>
    public static Logger Create(string dataFolder, bool quietConsole) => new LoggerConfiguration()
        .MinimumLevel.Information()
        .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
        .MinimumLevel.Override("Microsoft.Hosting.Lifetime", LogEventLevel.Information)
        .MinimumLevel.Override("System", LogEventLevel.Warning)
        .MinimumLevel.Override("MassTransit", LogEventLevel.Warning)
        .MinimumLevel.Override("Quartz", LogEventLevel.Warning)
        .Enrich.FromLogContext()
        .WriteTo.Console(
            restrictedToMinimumLevel: quietConsole ? LogEventLevel.Error : LogEventLevel.Information,
            outputTemplate: "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{NewLine}{Exception}",
            formatProvider: System.Globalization.CultureInfo.InvariantCulture)
        .WriteTo.File(
            new JsonFormatter(renderMessage: true, formatProvider: System.Globalization.CultureInfo.InvariantCulture),
            Path.Combine(dataFolder, "logs", "hub-.json"),
            rollingInterval: RollingInterval.Day,
            retainedFileCountLimit: 14,
            fileSizeLimitBytes: 64 * 1024 * 1024,
            rollOnFileSizeLimit: true,
            shared: true)
        .CreateLogger();
}
