namespace UnifiedCommerce.Core.Status;

/// <summary>Something that must always hold and does not.</summary>
/// <param name="Invariant"><c>I1</c> to <c>I13</c>, as the Storage README lists them.</param>
/// <param name="Subject">On what: <c>order-line:12/10</c>, <c>dispatch:7</c>.</param>
/// <param name="Text">What was found and what was expected.</param>
public sealed record InvariantBreach(string Invariant, string Subject, string Text);

/// <summary>What a verification of the audit log found.</summary>
/// <param name="Batches">Sealed batches that were read.</param>
/// <param name="Entries">Entries in them.</param>
/// <param name="Unsealed">Entries that are not sealed yet.</param>
/// <param name="Head">Hash of the newest batch: note it elsewhere, and nobody can replace the whole chain unseen.</param>
/// <param name="Breaches">What does not hold; empty when all is well.</param>
public sealed record AuditVerdict(int Batches, long Entries, long Unsealed, string Head, IReadOnlyList<InvariantBreach> Breaches);

/// <summary>Checks that what must always hold does: after every fault test, and as a job in production.</summary>
public interface ISelfAudit
{
    /// <summary>Checks invariants over one consistent view of the database, which blocks no writer. At most 20 breaches of each are given.</summary>
    Task<IReadOnlyList<InvariantBreach>> CheckAsync(CancellationToken cancellationToken);
    /// <summary>Seals audit entries in hash-chained batches; returns how many entries. Writers are not held up.</summary>
    Task<long> SealAsync(DateTimeOffset now, CancellationToken cancellationToken);
    /// <summary>Verifies the newest batches of the audit log, or all of them when <paramref name="newest"/> is null.</summary>
    Task<AuditVerdict> VerifyAsync(int? newest, CancellationToken cancellationToken);
}
