using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Partners;

namespace UnifiedCommerce.Storage;

internal sealed class PartnerVersionTables(Session session) : IPartnerVersions
{
    const string Columns = "v.partner, v.number, v.sha256, v.at, v.actor, v.change, v.mappings";

    public async Task<IReadOnlyList<PartnerVersion>> InForceAsync(CancellationToken cancellationToken) => await session.ListAsync(
        $"select {Columns} from partner_versions v where v.number = (select max(n.number) from partner_versions n where n.partner = v.partner) order by v.partner",
        null, Read, cancellationToken);

    public async Task<IReadOnlyList<PartnerVersion>> OfAsync(string partner, CancellationToken cancellationToken) => await session.ListAsync(
        $"select {Columns} from partner_versions v where v.partner = @partner order by v.number desc", new { partner }, Read, cancellationToken);

    public async Task<PartnerVersion> AddAsync(PartnerVersion version, CancellationToken cancellationToken)
    {
        // Two processes that add at once get the same number; the primary key lets one of them through, the other looks again.
        var number = await session.NumberAsync("select max(number) from partner_versions where partner = @Partner", new { version.Partner }, cancellationToken) ?? 0;
        var added = version with { Number = number + 1 };
        await session.RunAsync(
            "insert into partner_versions (partner, number, sha256, at, actor, change, mappings) values (@Partner, @Number, @Sha256, @at, @Actor, @Change, @mappings)",
            new { added.Partner, added.Number, added.Sha256, at = Stored.Moment(added.At), added.Actor, added.Change, mappings = Stored.Json(added.Mappings) }, cancellationToken);
        return added;
    }

    public Task<byte[]?> FilesAsync(string partner, string sha256, CancellationToken cancellationToken) => session.FirstAsync(
        "select content from versions where name = @partner and sha256 = @sha256", new { partner, sha256 }, static row => (byte[]?)row.Bytes(), cancellationToken);

    public async Task ReportAsync(FolderReport report, byte[]? packed, CancellationToken cancellationToken)
    {
        var at = Stored.Moment(report.At);
        if (packed is not null)
        {
            await session.RunAsync("insert into versions (name, sha256, content, at) values (@Partner, @Sha256, @packed, @at) on conflict (name, sha256) do nothing",
                new { report.Partner, report.Sha256, packed, at }, cancellationToken);
        }
        await session.RunAsync(
            "insert into partner_folders (holder, partner, sha256, at, faults) values (@Holder, @Partner, @Sha256, @at, @faults) "
            + "on conflict (holder, partner) do update set sha256 = excluded.sha256, at = excluded.at, faults = excluded.faults",
            new { report.Holder, report.Partner, report.Sha256, at, faults = Stored.Json(report.Faults) }, cancellationToken);
    }

    public async Task<IReadOnlyList<FolderReport>> ReportsAsync(CancellationToken cancellationToken) => await session.ListAsync(
        "select holder, partner, sha256, at, faults from partner_folders order by holder, partner", null,
        static row => new FolderReport(row.Text(), row.Text(), row.Text(), row.Moment(), row.Json<List<Diagnostic>>()), cancellationToken);

    static PartnerVersion Read(Row row) => new(row.Text(), row.Number(), row.Text(), row.Moment(), row.Text(), row.Text(), row.Json<List<string>>());
}
