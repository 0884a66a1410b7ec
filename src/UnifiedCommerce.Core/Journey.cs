using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Routing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Core;

/// <summary>What the journey needs of the world around it.</summary>
public sealed record JourneyWorld
{
    /// <summary>Memory.</summary>
    public required IStore Store { get; init; }
    /// <summary>House and partners, replaced as a whole when files change.</summary>
    public required PartnerBookHolder Book { get; init; }
    /// <summary>Takes documents apart.</summary>
    public required IDocumentDecoder Decoder { get; init; }
    /// <summary>Writes documents.</summary>
    public required IDocumentRenderer Renderer { get; init; }
    /// <summary>Channels that are polled.</summary>
    public required IReadOnlyList<IInboundChannel> Inbound { get; init; }
    /// <summary>Channels that carry.</summary>
    public required IReadOnlyList<IOutboundChannel> Outbound { get; init; }
    /// <summary>Business time: dates, cut-offs, deadlines. A demo may step it.</summary>
    public required TimeProvider Clock { get; init; }
    /// <summary>Machine time: leases and retries. Never stepped apart from a simulator.</summary>
    public required TimeProvider Machine { get; init; }
}

/// <summary>The order's journey, wired once: the same for the host, the command line, the simulator and the benchmarks.</summary>
public sealed class Journey
{
    /// <summary>Wires the journey.</summary>
    public Journey(JourneyWorld world)
    {
        World = world;
        var catalogue = new CatalogueCache();
        Catalogue = catalogue;
        Intake = new OrderIntake(world.Book, catalogue, world.Clock);
        IntakeDesk = new IntakeDesk(world.Store, Intake, world.Clock);
        Routing = new RoutingService(world.Book, catalogue);
        Reception = new DocumentReception(world.Store, world.Book, world.Inbound, world.Clock);
        Application = new DocumentApplication(Intake, new OrderResponseApplication(catalogue, Routing), new DespatchApplication(catalogue, world.Book), new InvoiceApplication(catalogue),
            new CatalogueApplication(catalogue, world.Book), world.Clock);
        Desk = new Desk(world.Store, world.Book, Intake, world.Clock);
        Ticks = new Ticks(world.Store, world.Book, world.Clock);
        SecondPerson = new SecondPerson(world.Store, world.Clock);
        AtRisk = new AtRisk(world.Store, world.Book, catalogue, world.Clock);
        BatchHandlers =
        [
            new ReadDocumentHandler(world.Book, world.Decoder, Application, world.Clock),
            new ApplyMessageHandler(world.Book, Application, world.Clock),
            new RoutePoolHandler(Routing),
            new RouteOrderHandler(Routing, world.Clock),
            new WeighReRouteHandler(Routing, world.Clock),
            new WeighRestHandler(Routing, world.Clock),
            new PrepareDispatchHandler(world.Book, world.Renderer, world.Clock),
            new AskCancellationHandler(world.Book, world.Clock),
        ];
        EffectHandlers = [new SendDispatchHandler(world.Store, world.Book, world.Outbound, Reception, world.Clock, world.Machine)];
    }

    /// <summary>Lets channels forget.</summary>
    public SettledDispatches Settled => new(World.Store, World.Book, World.Outbound);
    /// <summary>What it was wired with.</summary>
    public JourneyWorld World { get; }
    /// <summary>The catalogue in memory.</summary>
    public CatalogueCache Catalogue { get; }
    /// <summary>Takes orders in.</summary>
    public OrderIntake Intake { get; }
    /// <summary>Takes orders in for callers that wait, many in one transaction.</summary>
    public IntakeDesk IntakeDesk { get; }
    /// <summary>Routes.</summary>
    public RoutingService Routing { get; }
    /// <summary>Makes arrivals durable.</summary>
    public DocumentReception Reception { get; }
    /// <summary>Applies canonical documents.</summary>
    public DocumentApplication Application { get; }
    /// <summary>What people decide.</summary>
    public Desk Desk { get; }
    /// <summary>What the schedule ticks.</summary>
    public Ticks Ticks { get; }
    /// <summary>What two people must want.</summary>
    public SecondPerson SecondPerson { get; }
    /// <summary>Warns of orders that miss their date while they wait for a person.</summary>
    public AtRisk AtRisk { get; }
    /// <summary>Handlers that run in the engine's transaction.</summary>
    public IReadOnlyList<IBatchHandler> BatchHandlers { get; }
    /// <summary>Handlers with an effect outside.</summary>
    public IReadOnlyList<IEffectHandler> EffectHandlers { get; }
}
