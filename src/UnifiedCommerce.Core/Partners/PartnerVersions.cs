using System.Collections.Concurrent;
using System.Text.Json;
using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Status;

namespace UnifiedCommerce.Core.Partners;

/// <summary>Keeps the partners that this process works with the same as those in force in the store, and puts changes of the mappings folder in
/// force. A change with a fault is reported and the last good version stays; a folder that differs without having been changed here is
/// reported and not used.</summary>
public sealed class PartnerVersions
{
    private const int MostOpened = 500;
    private readonly IStore _store;
    private readonly string _folder;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentDictionary<(string Partner, string Sha), Opened> _opened = new();
    private Func<PartnerBook, PartnerBook> _adjust = static book => book;
    private Dictionary<string, Opened> _current = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, GoLiveRecord> _states = new Dictionary<string, GoLiveRecord>();
    private IReadOnlyDictionary<string, FolderReport> _found = new Dictionary<string, FolderReport>();
    private string _inForce = "";
    private string _seen = "";
    private string _reported = "";

    private PartnerVersions(IStore store, string folder, string holder, TimeProvider clock, PartnerBookHolder book)
    {
        _store = store;
        _folder = folder;
        _clock = clock;
        Holder = holder;
        Book = book;
    }

    /// <summary>The partners in force, replaced as a whole.</summary>
    public PartnerBookHolder Book { get; }

    /// <summary>The name under which this process reports its folder.</summary>
    public string Holder { get; }

    /// <summary>The folder this process looks at.</summary>
    public string Folder => _folder;

    /// <summary>Called with what is worth a line in the log.</summary>
    public Action<Diagnostic> OnFinding { get; init; } = static _ => { };

    /// <summary>Reads folder and store and gives the partners in force.</summary>
    /// <param name="store">The store that all processes share.</param>
    /// <param name="folder">The mappings folder of this process.</param>
    /// <param name="holder">Name of that folder: processes that give the same name share the folder.</param>
    /// <param name="clock">Moments of versions.</param>
    /// <param name="onFinding">Called with what is worth a line in the log.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="HubException">Neither folder nor store has a usable house.yaml.</exception>
    public static async Task<PartnerVersions> OpenAsync(
        IStore store, string folder, string holder, TimeProvider clock, Action<Diagnostic>? onFinding, CancellationToken cancellationToken)
    {
        var none = new PartnerBookHolder(null!);
        var versions = new PartnerVersions(store, folder, holder, clock, none) { OnFinding = onFinding ?? (static _ => { }) };
        versions._seen = versions.Stamp();
        await versions.ReportAsync(starting: true, cancellationToken);
        await versions.RefreshAsync(cancellationToken);
        if (none.Current is null)
        {
            var faults = PartnerFiles.Read(folder, PartnerFiles.House)?.ReadHouse().Diagnostics.FirstOrDefault(found => found.Severity == Severity.Error);
            throw new HubException($"The folder {folder} has no usable house.yaml: {faults?.Text ?? "it is missing."} Name another folder with --Partners:Directory=DIR.");
        }
        return versions;
    }

    /// <summary>The mappings that belong to a partner as a book holds it.</summary>
    public MappingSet MappingsOf(Partner partner) =>
        _opened.TryGetValue((partner.Id, partner.FilesSha256), out var opened) ? opened.Mappings
            : throw new HubException($"Found partner {partner.Id} with files {Short(partner.FilesSha256)}, expected a version that this process opened. Take partners from the book.");

    /// <summary>What this process found in its folder and does not use, because other files are in force: partner, hash, faults.</summary>
    public IReadOnlyList<FolderReport> Unused => [.. _found.Values.Where(report => FilesOf(report.Partner)?.Sha256 != report.Sha256)];

    /// <summary>The files in force of a partner, or null.</summary>
    public PartnerFiles? FilesOf(string partner) => _current.GetValueOrDefault(partner)?.Files;

    /// <summary>Adjusts the book in force and all later ones (a demonstration redirects addresses).</summary>
    public void Adjust(Func<PartnerBook, PartnerBook> adjust)
    {
        _adjust = adjust;
        Book.Current = adjust(Book.Current);
    }

    /// <summary>Puts changes of the folder in force once they have settled, and follows what other processes or people put in force.</summary>
    /// <returns>How many versions changed here.</returns>
    public async Task<int> LookAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var stamp = Stamp();
            // A file that is being written looks like a shorter one: two looks must agree.
            var settled = stamp == _seen;
            _seen = stamp;
            if (settled && stamp != _reported)
            {
                await ReportAsync(starting: false, cancellationToken);
            }
            return await RefreshAsync(cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Puts known files of a partner in force: an older version, or what a folder holds and nobody uses yet.</summary>
    /// <param name="partner">The partner, or <see cref="PartnerFiles.House"/>.</param>
    /// <param name="sha256">Hash of the files.</param>
    /// <param name="reason">Why, for whoever asks later.</param>
    /// <param name="user">Who decides.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<DeskResult> PutInForceAsync(string partner, string sha256, string reason, string user, CancellationToken cancellationToken)
    {
        await using (var work = await _store.BeginAsync(cancellationToken))
        {
            var history = await work.Versions.OfAsync(partner, cancellationToken);
            if (history.Count > 0 && history[0].Sha256 == sha256)
            {
                return DeskResult.No("This version is in force already.");
            }
            if (string.IsNullOrWhiteSpace(reason))
            {
                return DeskResult.No("Give a reason: it stands beside the version for whoever asks later.");
            }
            if (await OpenAsync(work, partner, sha256, cancellationToken) is not { } opened)
            {
                return DeskResult.No($"There are no files of {partner} with the hash {Short(sha256)}.");
            }
            if (opened.Faults.FirstOrDefault() is { } fault)
            {
                return DeskResult.No($"These files have a fault and cannot be in force. {fault}");
            }
            var older = history.FirstOrDefault(version => version.Sha256 == sha256);
            var change = older is null ? $"put in force from a folder: {reason}" : $"rolled back to version {older.Number}: {reason}";
            await AddAsync(work, opened, user, change, history.FirstOrDefault(), cancellationToken);
            await work.CommitAsync(cancellationToken);
        }
        await LookAsync(cancellationToken);
        return DeskResult.Ok($"Version {Short(sha256)} of {partner} is in force; other processes follow within two seconds. Documents that are being read or written keep the version they began with.");
    }

    /// <summary>Reads the whole folder and reports it; what was changed here and has no fault is put in force.</summary>
    private async Task ReportAsync(bool starting, CancellationToken cancellationToken)
    {
        var stamp = Stamp();
        var found = IdsInFolder().Select(id => PartnerFiles.Read(_folder, id)).OfType<PartnerFiles>().Select(Open).ToList();
        await using var work = await _store.BeginAsync(cancellationToken);
        var inForce = (await work.Versions.InForceAsync(cancellationToken)).ToDictionary(version => version.Partner, StringComparer.Ordinal);
        var before = (await work.Versions.ReportsAsync(cancellationToken)).Where(report => report.Holder == Holder).ToDictionary(report => report.Partner, StringComparer.Ordinal);
        var together = FaultsTogether(found);
        var now = _clock.GetUtcNow();
        var reports = new Dictionary<string, FolderReport>(StringComparer.Ordinal);
        foreach (var opened in found)
        {
            var id = opened.Files.Id;
            var sha = opened.Files.Sha256;
            var active = inForce.GetValueOrDefault(id);
            var faults = active?.Sha256 == sha ? [] : opened.Faults.Concat(together[id]).ToList();
            var last = before.GetValueOrDefault(id);
            reports[id] = new FolderReport(Holder, id, sha, now, faults);
            if (last?.Sha256 == sha && last.Faults.SequenceEqual(faults))
            {
                continue;
            }
            await work.Versions.ReportAsync(reports[id], opened.Files.Pack(), cancellationToken);
            foreach (var fault in faults)
            {
                OnFinding(fault);
            }
            if (active?.Sha256 == sha)
            {
                continue;
            }
            if (active is null)
            {
                // The first version: what can be read of it is used, as long as there is a partner or house at all.
                if (opened.Usable)
                {
                    await AddAsync(work, opened, $"folder {Holder}", "first version", null, cancellationToken);
                }
            }
            else if (last is not null && last.Sha256 != sha && faults.Count == 0 && !(starting && (await work.Versions.OfAsync(id, cancellationToken)).Any(older => older.Sha256 == sha)))
            {
                var changes = await OpenAsync(work, id, active.Sha256, cancellationToken) is { } old
                    ? string.Join(", ", opened.Files.ChangesSince(old.Files).Take(6).Select(change => $"{change.Name[(change.Name.IndexOf('/', StringComparison.Ordinal) + 1)..]} {change.How}"))
                    : "files changed";
                await AddAsync(work, opened, $"folder {Holder}", changes, active, cancellationToken);
            }
            else if (faults.Count == 0)
            {
                OnFinding(Diagnostic.Warning("other-files", $"{_folder}/{id}", $"The files here ({Short(sha)}) are not those in force (version {active.Number}, {Short(active.Sha256)}). The version in force is used; put these in force in the console when they are meant."));
            }
        }
        foreach (var gone in before.Values.Where(report => report.Sha256.Length > 0 && found.TrueForAll(opened => opened.Files.Id != report.Partner)))
        {
            var fault = Diagnostic.Error("missing-file", $"{gone.Partner}", $"The files of {gone.Partner} are gone from {_folder}. The version in force stays; set the partner to draft when it is not used any more.");
            OnFinding(fault);
            await work.Versions.ReportAsync(new FolderReport(Holder, gone.Partner, "", now, [fault]), null, cancellationToken);
        }
        await work.CommitAsync(cancellationToken);
        _found = reports;
        _reported = stamp;
    }

    /// <summary>Faults that only show between files, by partner.</summary>
    private static ILookup<string, Diagnostic> FaultsTogether(List<Opened> found)
    {
        var house = found.Find(opened => opened.House is not null)?.House;
        var partners = found.Select(opened => opened.Partner).OfType<Partner>().ToList();
        var ids = found.Select(opened => opened.Files.Id).ToHashSet(StringComparer.Ordinal);
        return PartnerFolder.CheckTogether(HouseFile.FileName, house, partners, ids).Where(diagnostic => diagnostic.Severity == Severity.Error)
            .ToLookup(diagnostic => diagnostic.Place.Split('/')[0], StringComparer.Ordinal);
    }

    /// <summary>Reads what is in force and replaces the book when it is not the one here.</summary>
    private async Task<int> RefreshAsync(CancellationToken cancellationToken)
    {
        await using var work = await _store.BeginReadAsync(cancellationToken);
        var inForce = await work.Versions.InForceAsync(cancellationToken);
        var states = (await PartnerSwitches.ReadAsync(work, cancellationToken)).States;
        var key = string.Join('|', inForce.Select(version => $"{version.Partner}={version.Number}").Concat(states.Select(state => $"{state.Key}:{state.Value.State}:{state.Value.Since.Ticks}").Order(StringComparer.Ordinal)));
        if (key == _inForce)
        {
            return 0;
        }
        Dictionary<string, Opened> next = new(StringComparer.Ordinal);
        foreach (var version in inForce)
        {
            next[version.Partner] = await OpenAsync(work, version.Partner, version.Sha256, cancellationToken)
                ?? throw new HubException($"The files of {version.Partner} version {version.Number} ({Short(version.Sha256)}) are not in the store. Restore the table versions from a backup.");
        }
        if (next.GetValueOrDefault(PartnerFiles.House)?.House is not { } house)
        {
            return 0;
        }
        var numbers = inForce.ToDictionary(version => version.Partner, version => version.Number, StringComparer.Ordinal);
        var partners = next.Values.Select(opened => opened.Partner).OfType<Partner>().Select(partner => (partner with
        {
            Version = numbers[partner.Id], Folder = Path.Combine(_folder, partner.Id),
        }).In(states.GetValueOrDefault(partner.Id)?.State ?? partner.State)).ToDictionary(partner => partner.Id, StringComparer.Ordinal);
        var changed = next.Count(entry => !_current.TryGetValue(entry.Key, out var was) || was.Files.Sha256 != entry.Value.Files.Sha256);
        if (_opened.Count > MostOpened)
        {
            foreach (var old in _opened.Keys.Where(opened => next.GetValueOrDefault(opened.Partner)?.Files.Sha256 != opened.Sha && _current.GetValueOrDefault(opened.Partner)?.Files.Sha256 != opened.Sha))
            {
                _opened.TryRemove(old, out _);
            }
        }
        _current = next;
        _states = states;
        _inForce = key;
        Book.Current = _adjust(new PartnerBook(house, partners));
        return changed;
    }

    /// <summary>The state that the console set for a partner, or null: the one of partner.yaml holds.</summary>
    public GoLiveRecord? StateOf(string partner) => _states.GetValueOrDefault(partner);

    private async Task AddAsync(IWork work, Opened opened, string actor, string change, PartnerVersion? before, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        var added = await work.Versions.AddAsync(
            new PartnerVersion(opened.Files.Id, 0, opened.Files.Sha256, now, actor, change, [.. opened.Mappings.All.Select(mapping => mapping.Id)]), cancellationToken);
        await work.Audit.AddAsync([new AuditEntry(now, actor, "partner.version", $"partner:{added.Partner}",
            before is null ? null : JsonSerializer.Serialize(new { before.Number, before.Sha256 }, CanonicalJson.Options),
            JsonSerializer.Serialize(new { added.Number, added.Sha256, added.Change }, CanonicalJson.Options))], cancellationToken);
    }

    private async Task<Opened?> OpenAsync(IWork work, string partner, string sha256, CancellationToken cancellationToken) =>
        _opened.TryGetValue((partner, sha256), out var known) ? known
        : await work.Versions.FilesAsync(partner, sha256, cancellationToken) is { } packed ? Open(PartnerFiles.Unpack(partner, packed)) : null;

    private Opened Open(PartnerFiles files) => _opened.GetOrAdd((files.Id, files.Sha256), static (_, files) =>
    {
        if (files.Id == PartnerFiles.House)
        {
            var house = files.ReadHouse();
            return new Opened(files, null, house.House, MappingSet.Of(files.Id), [.. house.Diagnostics.Where(found => found.Severity == Severity.Error)]);
        }
        var reading = files.ReadPartner();
        var mappings = files.ReadMappings();
        return new Opened(files, reading.Partner, null, mappings, [.. reading.Diagnostics.Concat(mappings.Diagnostics).Where(found => found.Severity == Severity.Error)]);
    }, files);

    private IEnumerable<string> IdsInFolder() => !Directory.Exists(_folder) ? [] : Directory.GetDirectories(_folder).Select(folder => Path.GetFileName(folder)!)
        .Where(name => name[0] != '.' && name != PartnerFolder.SharedMappings).Order(StringComparer.Ordinal).Prepend(PartnerFiles.House);

    /// <summary>Changes whenever a file of the folder does.</summary>
    private string Stamp()
    {
        if (!Directory.Exists(_folder))
        {
            return "";
        }
        var hash = new HashCode();
        var count = 0;
        foreach (var file in PartnerFiles.FilesIn(_folder))
        {
            hash.Add(file.FullName, StringComparer.Ordinal);
            // A link's own moment does not change when what it points to is replaced, as orchestrators do with mounted files.
            var content = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            hash.Add(content.FullName, StringComparer.Ordinal);
            hash.Add(content.LastWriteTimeUtc.Ticks);
            hash.Add(content.Length);
            count++;
        }
        return $"{count}:{hash.ToHashCode()}";
    }

    private static string Short(string sha) => sha.Length > 12 ? sha[..12] : sha;

    private sealed record Opened(PartnerFiles Files, Partner? Partner, House? House, MappingSet Mappings, IReadOnlyList<Diagnostic> Faults)
    {
        public bool Usable => Partner is not null || House is not null;
    }
}
