using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Routing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Storage;

/// <summary>One transaction on either database.</summary>
internal abstract class Work : IWork, IJobInserter
{
    private protected Work(HubStore store, Session session)
    {
        Store = store;
        Session = session;
        Documents = new DocumentsTable(session);
        Orders = new OrdersTable(session);
        Purchases = new PurchasesTable(session, Pending.Bought, Pending.Reserved);
        Dispatches = new DispatchesTable(session);
        Routing = new RoutingTables(session);
        Catalogue = new CatalogueTables(session, Pending.Reserved);
        Versions = new PartnerVersionTables(session);
        Events = new EventsTable(session, store, Pending);
        Tasks = new TasksTable(session);
        Deadlines = new DeadlinesTable(session);
        Audit = new AuditTable(Pending);
        SalesInvoices = new SalesInvoicesTable(session);
    }

    public HubStore Store { get; }
    public Session Session { get; }
    public Pending Pending { get; } = new();

    public IDocuments Documents { get; }
    public IOrders Orders { get; }
    public IPurchases Purchases { get; }
    public IDispatches Dispatches { get; }
    public IRoutingRuns Routing { get; }
    public ICatalogue Catalogue { get; }
    public IPartnerVersions Versions { get; }
    public IJobInserter Jobs => this;
    public IEvents Events { get; }
    public ITasks Tasks { get; }
    public IDeadlines Deadlines { get; }
    public IAudit Audit { get; }
    public ISalesInvoices SalesInvoices { get; }

    protected bool Ended { get; set; }

    public Task InsertAsync(IReadOnlyCollection<NewJob> jobs, CancellationToken cancellationToken)
    {
        var now = Store.Now;
        foreach (var job in jobs)
            Pending.Jobs.Add(JobRow.Of(job, now, Store.Epoch));
        return Task.CompletedTask;
    }

    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        if (Ended)
            throw new HubException("Found a second commit of one unit of work, expected one. Begin another unit of work.");
        foreach (var job in Pending.Jobs)
        {
            if (job.State == JobRow.Ready)
                Pending.ReadyKinds.Add(job.Kind);
        }
        await Pending.FlushAsync(Session, cancellationToken);
        Store.OnStep?.Invoke("commit");
        Ended = true;
        using (StoreTraces.Commit())
            await EndAsync(cancellationToken);
        Store.OnStep?.Invoke("committed");
        if (Pending.ReadyKinds.Count > 0)
            Store.Committed(Pending.ReadyKinds);
    }

    /// <summary>Commits on the database.</summary>
    protected abstract Task EndAsync(CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();
}
