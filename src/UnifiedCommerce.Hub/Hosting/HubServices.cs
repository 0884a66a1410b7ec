using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Hub.Access;
using UnifiedCommerce.Hub.Api;
using UnifiedCommerce.Hub.Bus;
using UnifiedCommerce.Hub.Console;
using UnifiedCommerce.Hub.Demo;
using UnifiedCommerce.Hub.Portal;
using UnifiedCommerce.Hub.Schedules;
using UnifiedCommerce.Hub.Telemetry;
using UnifiedCommerce.Hub.Webhooks;
using UnifiedCommerce.Storage;
using UnifiedCommerce.Storage.Views;
using UnifiedCommerce.Transports.Folders;
using UnifiedCommerce.Transports.Https;
using UnifiedCommerce.Transports.Secrets;

namespace UnifiedCommerce.Hub.Hosting;

/// <summary>What a hub process consists of.</summary>
internal static class HubServices
{
    public static void Add(IServiceCollection services, HubOptions options, IConfiguration configuration, HubStore store, PartnerVersions partners)
    {
        var book = partners.Book;
        services.AddSingleton(options);
        services.AddSingleton<HubState>();
        services.AddSingleton<HubMetrics>();
        services.AddSingleton<PrometheusText>();
        services.AddSingleton<OtlpExport>();
        services.AddHostedService(provider => provider.GetRequiredService<OtlpExport>());
        services.AddHostedService(_ => new QueueWatch(store, TimeProvider.System));

        // Memory and journey. Leases, keys and calls keep machine time.
        services.AddSingleton(store);
        services.AddSingleton<IStore>(store);
        services.AddSingleton(HubViews.Of(store));
        services.AddSingleton(store.JobDesk);
        services.AddSingleton(store.JobQueue);
        services.AddSingleton(book);
        services.AddSingleton(partners);
        services.AddHostedService<PartnersWatch>();
        services.AddSingleton(provider => new GoLiveDesk(store, book, partners, provider.GetRequiredService<PartnerMappings>(), provider.GetRequiredService<Core.Status.SecondPerson>(), provider.GetRequiredService<TimeProvider>()));
        // The business clock may be stepped by the demonstration; every process that shares its data folder follows it.
        TimeProvider clock = options.Demo || DemoClock.IsIn(options.Data) ? new DemoClock(options.Data) : TimeProvider.System;
        services.AddSingleton(clock);
        services.AddSingleton<ISecrets>(new SecretsInOrder(new EnvironmentSecrets(), new FileSecrets(Path.GetFullPath(Path.Combine(options.Data, "secrets")))));
        services.AddSingleton(_ => new FolderChannel(
            Path.GetFullPath(options.Data), TimeProvider.System,
            // Everybody in the demonstration renames whole files into place.
            options.Demo ? new FolderChannelOptions { Settle = TimeSpan.FromMilliseconds(20) } : null));
        services.AddSingleton(provider => new HttpsChannel(provider.GetRequiredService<ISecrets>(), TimeProvider.System));
        services.AddSingleton(_ => new PartnerMappings(partners.MappingsOf));
        services.AddSingleton(provider => new Journey(new JourneyWorld
        {
            Store = store, Book = book, Decoder = new DocumentDecoder(book, provider.GetRequiredService<PartnerMappings>()), Renderer = provider.GetRequiredService<PartnerMappings>(),
            Inbound = [provider.GetRequiredService<FolderChannel>()], Outbound = [provider.GetRequiredService<FolderChannel>(), provider.GetRequiredService<HttpsChannel>()],
            Clock = clock, Machine = TimeProvider.System,
        }));
        services.AddSingleton(provider => provider.GetRequiredService<Journey>().Intake);
        services.AddSingleton(provider => provider.GetRequiredService<Journey>().IntakeDesk);
        services.AddSingleton(provider => provider.GetRequiredService<Journey>().Desk);
        services.AddSingleton(provider => provider.GetRequiredService<Journey>().SecondPerson);
        services.AddSingleton(provider => provider.GetRequiredService<Journey>().Reception);
        services.AddSingleton<DeliverWebhook>(provider => new DeliverWebhook(
            provider.GetRequiredService<WebhookRegistry>(), store, provider.GetRequiredService<WebhookClient>(), provider.GetRequiredService<HubMetrics>(), TimeProvider.System));
        services.AddSingleton(provider => new PublishEvents(store, provider.GetRequiredService<MassTransit.IBus>(), provider.GetRequiredService<HubMetrics>(), TimeProvider.System));
        string? rabbitMq = configuration["Bus:RabbitMq"];
        if (options.Roles.HasFlag(HubRoles.Worker))
        {
            services.AddHostedService<JobWorker>();
            services.AddHostedService<SandboxCounterpart>();
        }
        if (options.Roles.HasFlag(HubRoles.Schedule))
        {
            services.AddHubSchedules(store, store.IsPostgres ? configuration.GetConnectionString("Hub") : null, publishes: !string.IsNullOrWhiteSpace(rabbitMq));
        }
        services.AddSingleton(_ => SecretBox.Open(configuration["Secrets:DataKey"], options.Data));
        services.AddSingleton(_ => new AccessDirectory(store, TimeProvider.System));

        services.AddSingleton<PortalFeed>();
        services.AddSingleton(provider => new WebhookRegistry(store, provider.GetRequiredService<SecretBox>(), TimeProvider.System));
        services.AddSingleton(_ => new WebhookClient(configuration.GetValue("Webhooks:AllowPrivate", false), TimeProvider.System));
        services.AddHubBus(rabbitMq, worker: options.Roles.HasFlag(HubRoles.Worker));

        services.ConfigureHttpJsonOptions(json => ApiJson.Configure(json.SerializerOptions));
        services.AddApiLimits(configuration.GetValue("Api:RequestsPerSecond", 500));
        services.AddOpenApi("v1", openApi => openApi.AddDocumentTransformer((document, _, _) =>
        {
            ApiDescription.Complete(document);
            return Task.CompletedTask;
        }));
        services.AddConsole();
        services.AddDataProtection().SetApplicationName("UnifiedCommerce");
        services.AddOptions<KeyManagementOptions>().Configure<SecretBox>((keys, box) => keys.XmlRepository = new SettingsKeyRing(store, box));
    }
}
