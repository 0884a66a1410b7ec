using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Jobs;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;
using UnifiedCommerce.Core.Purchasing;
using UnifiedCommerce.Core.Routing;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Core;

/// <summary>The hub's memory. Opens units of work; implemented by Storage on SQLite and PostgreSQL.</summary>
public interface IStore
{
    /// <summary>Begins one database transaction. Disposing without <see cref="IWork.CommitAsync"/> rolls it back.</summary>
    Task<IWork> BeginAsync(CancellationToken cancellationToken);
    /// <summary>Begins a unit of work that only reads: it sees one moment, blocks no writer and waits for none. Writing or committing is our own mistake
    /// and throws.</summary>
    Task<IWork> BeginReadAsync(CancellationToken cancellationToken);
}

/// <summary>One database transaction over all that the journey remembers: state change, follow-up job, event and audit row
/// are written together or not at all.</summary>
public interface IWork : IAsyncDisposable
{
    /// <summary>Documents, in and out, and their messages.</summary>
    IDocuments Documents { get; }
    /// <summary>Customers' orders and the ledger of their lines.</summary>
    IOrders Orders { get; }
    /// <summary>Purchase orders, the ledger of their lines, pegs.</summary>
    IPurchases Purchases { get; }
    /// <summary>Frozen bytes on their way to partners, and the ledger of control numbers.</summary>
    IDispatches Dispatches { get; }
    /// <summary>Pools, routing runs and decisions.</summary>
    IRoutingRuns Routing { get; }
    /// <summary>Articles, cross references, prices, stock, settings.</summary>
    ICatalogue Catalogue { get; }
    /// <summary>Versions of partners' and the house's files.</summary>
    IPartnerVersions Versions { get; }
    /// <summary>Insertion of jobs.</summary>
    IJobInserter Jobs { get; }
    /// <summary>Events for the portal and other systems.</summary>
    IEvents Events { get; }
    /// <summary>What waits for a person.</summary>
    ITasks Tasks { get; }
    /// <summary>Deadlines and cut-offs: rows with a due-at.</summary>
    IDeadlines Deadlines { get; }
    /// <summary>Who changed what.</summary>
    IAudit Audit { get; }
    /// <summary>Sales invoices given by the ERP.</summary>
    ISalesInvoices SalesInvoices { get; }

    /// <summary>Commits. Throws <see cref="CommitUnknownException"/> when the database's answer was lost.</summary>
    Task CommitAsync(CancellationToken cancellationToken);
}

/// <summary>The commit was sent and its answer lost: it may or may not have happened. Read before doing it again.</summary>
public sealed class CommitUnknownException(string message, Exception inner) : Exception(message, inner);
