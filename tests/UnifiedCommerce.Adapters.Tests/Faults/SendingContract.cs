using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Adapters.Tests.Faults;

public sealed class SendingOnSqliteTests(SqliteSource source) : SendingContract(source), IClassFixture<SqliteSource>;

public sealed class SendingOnPostgresTests(PostgresSource source) : SendingContract(source), IClassFixture<PostgresSource>;

/// <summary>What becomes of a dispatch whose sender dies or is slow, whatever the database.</summary>
public abstract class SendingContract(IStoreSource source)
{
    static readonly CancellationToken None = CancellationToken.None;

    sealed class NoDocuments : IDocumentDecoder, IDocumentRenderer
    {
        public DecodedDocument Decode(Partner? partner, StoredDocument document) => throw new NotSupportedException();
        public bool NeedsControlNumber(Partner partner, DocumentKind kind) => throw new NotSupportedException();
        public RenderedDocument Render(Partner partner, DocumentKind kind, object document, string controlNumber, DateTimeOffset now) => throw new NotSupportedException();
    }

    static readonly PartnerBook Book = new(
        new House
        {
            Currency = "EUR", TimeZone = TimeZoneInfo.Utc, Buyer = new Party { Gln = "1", Name = "House" }, Warehouse = new Party { Gln = "2", Name = "Warehouse" }, Rates = [],
            Rules = new HouseRules(), Pools = [],
        },
        new Dictionary<string, Partner>
        {
            ["nord"] = new()
            {
                Id = "nord", Name = "Nord", Role = PartnerRole.Distributor, State = GoLiveState.Live, Country = "NL", TimeZone = TimeZoneInfo.Utc, Party = new Party { Id = "nord", Name = "Nord" },
                Envelope = new EnvelopeIdentity("ZZ", "nord", "ZZ", "house"), Transport = new PartnerTransport { Kind = "test", FileName = "{key}.txt" },
            },
        });

    internal static JobEngine Engine(HubStore store, ManualTime time, string worker, Partnerside partner)
    {
        var journey = new Journey(new JourneyWorld
        {
            Store = store, Book = new PartnerBookHolder(Book), Decoder = new NoDocuments(), Renderer = new NoDocuments(), Inbound = [], Outbound = [partner], Clock = time, Machine = time,
        });
        return new JobEngine(store, store.JobQueue, [], journey.EffectHandlers, time, new JobEngineOptions { Worker = worker });
    }

    static async Task<Dispatch> PrepareAsync(HubStore store)
    {
        await using var work = await store.BeginAsync(None);
        byte[] bytes = [1, 2, 3];
        var dispatch = (await work.Dispatches.AddAsync([new Dispatch
        {
            Key = "ACK-1", Partner = "nord", Kind = DocumentKind.PurchaseOrder, FileName = "ACK-1.txt", ContentType = "text/plain", Bytes = bytes,
            Sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)), PreparedAt = store.Options.MachineTime.GetUtcNow(),
        }], None))[0];
        await work.Jobs.InsertAsync([DispatchJobs.Send(dispatch)], None);
        await work.CommitAsync(None);
        return dispatch;
    }

    static async Task<Dispatch> ReadAsync(HubStore store, long id)
    {
        await using var work = await store.BeginAsync(None);
        return (await work.Dispatches.LockAsync([id], None))[0];
    }

    /// <summary>Sends, and stops for ever between the effect and its evidence.</summary>
    static async Task<(Task Stuck, TaskCompletionSource GoOn)> SendHalfwayAsync(JobEngine engine, Partnerside partner)
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        partner.OnArrival = async _ =>
        {
            arrived.SetResult();
            await goOn.Task;
        };
        var stuck = engine.RunReadyAsync(None);
        await arrived.Task;
        return (stuck, goOn);
    }

    [StoreFact]
    public async Task The_dispatch_of_a_dead_sender_is_probed_and_settled_as_soon_as_its_job_is_rescued()
    {
        var time = new ManualTime();
        await using var store = await source.NewAsync(new StorageOptions { MachineTime = time });
        var partner = new Partnerside();
        var dispatch = await PrepareAsync(store);
        await using var first = Engine(store, time, "w1", partner);
        var (stuck, goOn) = await SendHalfwayAsync(first, partner);

        // Its job's lease ends after a minute, half of what the attempt itself may take.
        time.Advance(TimeSpan.FromSeconds(61));
        await using var second = Engine(store, time, "w2", partner);
        Assert.Equal(1, await second.RunReadyAsync(None));

        var settled = await ReadAsync(store, dispatch.Id);
        Assert.Equal(DispatchState.Sent, settled.State);
        Assert.StartsWith("found by probe", settled.Evidence, StringComparison.Ordinal);
        Assert.Equal((1, 1), (partner.Probes, partner.Has.Count));

        goOn.SetResult();
        await stuck;
        var after = await ReadAsync(store, dispatch.Id);
        Assert.Equal((settled.State, settled.Evidence, settled.Fence), (after.State, after.Evidence, after.Fence));
    }

    [StoreFact]
    public async Task A_job_that_another_made_for_the_same_dispatch_waits_while_the_first_sender_may_live()
    {
        var time = new ManualTime();
        await using var store = await source.NewAsync(new StorageOptions { MachineTime = time });
        var partner = new Partnerside();
        var dispatch = await PrepareAsync(store);
        await using var first = Engine(store, time, "w1", partner);
        var (stuck, goOn) = await SendHalfwayAsync(first, partner);
        await using (var work = await store.BeginAsync(None))
        {
            await ((Work)work).Session.RunAsync("delete from jobs", null, None);
            await work.Jobs.InsertAsync([DispatchJobs.Send(dispatch)], None);
            await work.CommitAsync(None);
        }

        await using var second = Engine(store, time, "w2", partner);
        Assert.Equal(1, await second.RunReadyAsync(None));
        Assert.Equal((DispatchState.Sending, 0), ((await ReadAsync(store, dispatch.Id)).State, partner.Probes));

        time.Advance(TimeSpan.FromSeconds(121));
        Assert.Equal(1, await second.RunReadyAsync(None));
        Assert.Equal(DispatchState.Sent, (await ReadAsync(store, dispatch.Id)).State);
        Assert.Equal((1, 1), (partner.Probes, partner.Has.Count));
        goOn.SetResult();
        await stuck;
    }

    [StoreFact]
    public async Task An_attempt_whose_end_could_not_be_written_is_probed_at_the_next_one()
    {
        var time = new ManualTime();
        await using var store = await source.NewAsync(new StorageOptions { MachineTime = time });
        var partner = new Partnerside();
        var dispatch = await PrepareAsync(store);
        partner.OnArrival = _ => throw new TimeoutException("the database went away");
        await using var engine = Engine(store, time, "w1", partner);
        await engine.RunReadyAsync(None);
        Assert.Equal(DispatchState.Sending, (await ReadAsync(store, dispatch.Id)).State);
        time.Advance(TimeSpan.FromSeconds(2));
        await engine.RunReadyAsync(None);
        Assert.Equal(DispatchState.Sent, (await ReadAsync(store, dispatch.Id)).State);
        Assert.Equal((1, 1), (partner.Probes, partner.Has.Count));
    }

    [StoreFact]
    public async Task A_partner_that_says_when_to_come_again_is_left_alone_until_then()
    {
        var time = new ManualTime();
        await using var store = await source.NewAsync(new StorageOptions { MachineTime = time });
        var partner = new Partnerside { Refusal = new SendResult.Failed("429", Retryable: true, TimeSpan.FromMinutes(5)) };
        var dispatch = await PrepareAsync(store);
        await using var engine = Engine(store, time, "w1", partner);
        await engine.RunReadyAsync(None);
        partner.Refusal = null;
        time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(0, await engine.RunReadyAsync(None));
        time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(1, await engine.RunReadyAsync(None));
        Assert.Equal(DispatchState.Sent, (await ReadAsync(store, dispatch.Id)).State);
    }
}

/// <summary>A partner that has what was sent, counts, and calls back while it receives.</summary>
internal sealed class Partnerside : IOutboundChannel
{
    public string Kind => "test";
    public List<string> Has { get; } = [];
    public int Probes { get; private set; }
    public int Sends { get; private set; }
    public Func<Dispatch, Task>? OnArrival { get; set; }
    public SendResult? Refusal { get; set; }

    public async Task<SendResult> SendAsync(Partner partner, Dispatch dispatch, CancellationToken cancellationToken)
    {
        Sends++;
        if (Refusal is { } refusal)
            return refusal;
        if (!Has.Contains(dispatch.Key))
            Has.Add(dispatch.Key);
        if (OnArrival is { } act)
        {
            OnArrival = null;
            await act(dispatch);
        }
        return new SendResult.Sent("accepted");
    }

    public Task<ProbeResult> ProbeAsync(Partner partner, Dispatch dispatch, CancellationToken cancellationToken)
    {
        Probes++;
        return Task.FromResult<ProbeResult>(Has.Contains(dispatch.Key) ? new ProbeResult.Present("it is there") : new ProbeResult.Absent("it is not there"));
    }
}
