namespace UnifiedCommerce.Core.Partners;

/// <summary>One version of a partner's files in the order they were in force. The newest is in force in every process.</summary>
/// <param name="Partner">The partner, or <see cref="PartnerFiles.House"/>.</param>
/// <param name="Number">Rising from 1 for each partner.</param>
/// <param name="Sha256">Hash of its files.</param>
/// <param name="At">Since when it is in force.</param>
/// <param name="Actor">Who put it in force: a user, or <c>folder HOLDER</c> for a change of files.</param>
/// <param name="Change">What changed, in words.</param>
/// <param name="Mappings">Its mappings as documents remember them: <c>nordhandel/invoice.edifact.map@1a2b3c4d5e6f</c>.</param>
public sealed record PartnerVersion(string Partner, long Number, string Sha256, DateTimeOffset At, string Actor, string Change, IReadOnlyList<string> Mappings);

/// <summary>What a process found in its mappings folder for one partner.</summary>
/// <param name="Holder">The folder: its name in the installation, or machine and path.</param>
/// <param name="Partner">The partner, or <see cref="PartnerFiles.House"/>.</param>
/// <param name="Sha256">Hash of the files there; empty when they are gone.</param>
/// <param name="At">When it was found.</param>
/// <param name="Faults">Errors that keep these files from being in force.</param>
public sealed record FolderReport(string Holder, string Partner, string Sha256, DateTimeOffset At, IReadOnlyList<Diagnostic> Faults);

/// <summary>Versions of partners and house, shared by all processes.</summary>
public interface IPartnerVersions
{
    /// <summary>The version in force of each partner, by partner.</summary>
    Task<IReadOnlyList<PartnerVersion>> InForceAsync(CancellationToken cancellationToken);
    /// <summary>All versions of a partner, newest first.</summary>
    Task<IReadOnlyList<PartnerVersion>> OfAsync(string partner, CancellationToken cancellationToken);
    /// <summary>Puts a version in force, whose files a report stored, and returns it with its number.</summary>
    Task<PartnerVersion> AddAsync(PartnerVersion version, CancellationToken cancellationToken);
    /// <summary>The packed files of a version, or null when there are none of this hash.</summary>
    Task<byte[]?> FilesAsync(string partner, string sha256, CancellationToken cancellationToken);
    /// <summary>Remembers what a process found in its folder, and the packed files when there are any; an older report of the same folder and
    /// partner is replaced.</summary>
    Task ReportAsync(FolderReport report, byte[]? packed, CancellationToken cancellationToken);
    /// <summary>What all processes found last, by holder and partner.</summary>
    Task<IReadOnlyList<FolderReport>> ReportsAsync(CancellationToken cancellationToken);
}
