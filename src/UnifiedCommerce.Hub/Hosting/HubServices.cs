using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Routing;
using UnifiedCommerce.Core.Status;
using UnifiedCommerce.Hub.Access;
using UnifiedCommerce.Hub.Api;
using UnifiedCommerce.Hub.Bus;
using UnifiedCommerce.Hub.Console;
using UnifiedCommerce.Hub.Portal;
using UnifiedCommerce.Hub.Telemetry;
using UnifiedCommerce.Hub.Webhooks;
using UnifiedCommerce.Storage;
using UnifiedCommerce.Storage.Views;

namespace UnifiedCommerce.Hub.Hosting;

/// <summary>What a hub process consists of.</summary>
internal static class HubServices
{
    public static void Add(IServiceCollection services, HubOptions options, IConfiguration configuration, HubStore store, PartnerBookHolder book)
    {
        services.AddSingleton(options);
        services.AddSingleton<HubState>();
        services.AddSingleton<HubMetrics>();
        services.AddSingleton<PrometheusText>();
        services.AddSingleton<OtlpExport>();
        services.AddHostedService(provider => provider.GetRequiredService<OtlpExport>());

        // Memory and journey. The business clock may be stepped by the demonstration; leases, keys and calls keep machine time.
        services.AddSingleton(store);
        services.AddSingleton<IStore>(store);
        services.AddSingleton(HubViews.Of(store));
        services.AddSingleton(book);
        services.AddSingleton<CatalogueCache>();
        services.AddSingleton<OrderIntake>();
        services.AddSingleton<RoutingService>();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(_ => SecretBox.Open(configuration["Secrets:DataKey"], options.Data));
        services.AddSingleton(_ => new AccessDirectory(store, TimeProvider.System));

        services.AddSingleton<PortalFeed>();
        services.AddSingleton(provider => new WebhookRegistry(store, provider.GetRequiredService<SecretBox>(), TimeProvider.System));
        services.AddSingleton(_ => new WebhookClient(configuration.GetValue("Webhooks:AllowPrivate", false), TimeProvider.System));
        services.AddHubBus(configuration["Bus:RabbitMq"], consume: options.Roles.HasFlag(HubRoles.Worker));

        services.ConfigureHttpJsonOptions(json => ApiJson.Configure(json.SerializerOptions));
        services.AddApiLimits(configuration.GetValue("Api:RequestsPerSecond", 500));
        services.AddOpenApi("v1", openApi => openApi.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "UnifiedCommerce hub";
            document.Info.Version = "1";
            document.Info.Description = "Orders in, their truth out. Authenticate with 'Authorization: Bearer uc_...'. Problems are RFC 9457 documents whose 'errors' say what was found, where, and what to do.";
            return Task.CompletedTask;
        }));
        services.AddConsole();
        services.AddDataProtection().SetApplicationName("UnifiedCommerce");
        services.AddOptions<KeyManagementOptions>().Configure<SecretBox>((keys, box) => keys.XmlRepository = new SettingsKeyRing(store, box));
    }
}
