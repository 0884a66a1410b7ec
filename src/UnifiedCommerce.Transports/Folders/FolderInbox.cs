using System.Globalization;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Partners;

namespace UnifiedCommerce.Transports.Folders;

/// <summary>
/// Takes files out of a folder. A claim renames a settled file into <c>_claimed/INSTANCE/CLAIM/</c>; INSTANCE belongs to the process
/// that holds the lock <c>_claimed/INSTANCE.lock</c>, and what a process without a lock (dead) left there is taken over. Finishing renames
/// CLAIM to <c>_archive/DAY/CLAIM</c>, or to <c>_refused</c>. Nothing is ever deleted or overwritten.
/// </summary>
internal sealed class FolderInbox : IDisposable
{
    private static readonly string[] Unfinished = [".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload"];
    private static readonly string[] DoneMarkers = [".done", ".ok", ".fin"];

    private readonly string folder;
    private readonly string claimed;
    private readonly string instance = Guid.NewGuid().ToString("N")[..12];
    private readonly TimeProvider time;
    private readonly FolderChannelOptions options;
    private readonly Lock gate = new();
    private readonly Dictionary<string, (long Size, DateTime Written, DateTimeOffset Since)> seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> offered = new(StringComparer.Ordinal);
    private readonly HashSet<string> unnameable = new(StringComparer.Ordinal);
    private FileStream? life;
    private long counter;

    internal FolderInbox(string folder, TimeProvider time, FolderChannelOptions options)
    {
        this.folder = folder;
        this.time = time;
        this.options = options;
        claimed = Path.Combine(folder, "_claimed");
    }

    internal async Task<IReadOnlyList<Arrival>> ClaimAsync(Partner partner, int limit, CancellationToken cancellationToken)
    {
        List<string> claims = [];
        List<Arrival> arrivals = [];
        lock (gate)
        {
            Live();
            TakeOverFromTheDead();
            claims.AddRange(Unanswered().Take(limit));
            ClaimSettled(partner, limit, claims, arrivals);
            foreach (string claim in claims)
            {
                offered[claim] = time.GetUtcNow();
            }
        }
        foreach (string claim in claims)
        {
            if (await ReadAsync(partner, claim, cancellationToken) is { } arrival)
            {
                arrivals.Add(arrival);
            }
        }
        return arrivals;
    }

    internal void Finish(Arrival arrival)
    {
        if (arrival.Claim.Length == 0)
        {
            return;
        }
        if (FileName.Fault(arrival.Claim) is not null)
        {
            throw new HubException($"Found the claim `{arrival.Claim}`, expected one that this channel gave.");
        }
        string day = time.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        string target = Path.Combine(folder, arrival.Refused is null ? "_archive" : "_refused", day);
        lock (gate)
        {
            string source = Path.Combine(claimed, instance, arrival.Claim);
            if (Directory.Exists(source))
            {
                DurableFiles.CreateFolder(target);
                Directory.Move(source, Path.Combine(target, arrival.Claim));
            }
            offered.Remove(arrival.Claim);
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            life?.Dispose();
            life = null;
        }
    }

    private string Mine => Path.Combine(claimed, instance);

    // The lock is held by the operating system for as long as the process lives: no lease to renew, no clock to trust.
    private void Live()
    {
        if (life is not null)
        {
            return;
        }
        DurableFiles.CreateFolder(folder);
        DurableFiles.CreateFolder(claimed);
        life = new FileStream(Mine + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        DurableFiles.CreateFolder(Mine);
    }

    private void TakeOverFromTheDead()
    {
        foreach (string other in Directory.EnumerateDirectories(claimed).Where(other => other != Mine).ToList())
        {
            FileStream held;
            try
            {
                held = new FileStream(other + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                // Its process lives.
                continue;
            }
            using (held)
            {
                foreach (string claim in Directory.EnumerateDirectories(other).ToList())
                {
                    Directory.Move(claim, Path.Combine(Mine, Path.GetFileName(claim)));
                }
                Directory.Delete(other);
                File.Delete(other + ".lock");
            }
        }
    }

    private List<string> Unanswered()
    {
        DateTimeOffset now = time.GetUtcNow();
        return [.. Directory.EnumerateDirectories(Mine).Select(path => Path.GetFileName(path)!)
            .Where(claim => !offered.TryGetValue(claim, out DateTimeOffset at) || now - at >= options.ClaimAgain || now < at)
            .Order(StringComparer.Ordinal)];
    }

    private void ClaimSettled(Partner partner, int limit, List<string> claims, List<Arrival> arrivals)
    {
        List<FileSystemInfo> entries = [.. new DirectoryInfo(folder).EnumerateFileSystemInfos()];
        HashSet<string> names = [.. entries.Select(entry => entry.Name)];
        foreach (string gone in seen.Keys.Where(name => !names.Contains(name)).ToList())
        {
            seen.Remove(gone);
        }
        foreach (FileSystemInfo entry in entries.OrderBy(entry => entry.LastWriteTimeUtc).ThenBy(entry => entry.Name, StringComparer.Ordinal))
        {
            if (claims.Count + arrivals.Count >= limit)
            {
                return;
            }
            bool link = entry.LinkTarget is not null;
            if (entry.Name.StartsWith('.') || (entry is DirectoryInfo && !link) || DoneMarkers.Any(marker => entry.Name.EndsWith(marker, StringComparison.OrdinalIgnoreCase)))
            {
                continue;
            }
            if (!link && !IsSettled((FileInfo)entry, names))
            {
                continue;
            }
            string claim = string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyyMMddTHHmmssfff}-{instance}-{counter++}");
            string place = Path.Combine(Mine, claim);
            DurableFiles.CreateFolder(place);
            // Inside our own folder the name is kept as it came: the file system itself vouches that it is one name.
            if (DurableFiles.Rename(entry.FullName, Path.Combine(place, entry.Name)) == DurableFiles.Renamed.Done)
            {
                claims.Add(claim);
                foreach (string marker in DoneMarkers.Where(marker => names.Contains(entry.Name + marker)))
                {
                    File.Delete(entry.FullName + marker);
                }
                continue;
            }
            Directory.Delete(place);
            if (FileName.Fault(entry.Name) is { } fault && unnameable.Add(entry.Name))
            {
                arrivals.Add(new Arrival(partner.Id, entry.Name, [], "", Refusal("bad-file-name", entry.Name,
                    $"The file was left in the inbound folder, because its name is refused: {fault}. Rename it.")));
            }
        }
    }

    private bool IsSettled(FileInfo file, HashSet<string> names)
    {
        if (Unfinished.Any(ending => file.Name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
        {
            return false;
        }
        (long Size, DateTime Written) look;
        try
        {
            look = (file.Length, file.LastWriteTimeUtc);
        }
        catch (FileNotFoundException)
        {
            // Another process claimed it.
            return false;
        }
        DateTimeOffset now = time.GetUtcNow();
        if (!seen.TryGetValue(file.Name, out var before) || (before.Size, before.Written) != look)
        {
            seen[file.Name] = before = (look.Size, look.Written, now);
        }
        // A file that was not written for long enough needs no second look; a clock that runs behind (or a share's) does.
        TimeSpan quiet = new[] { now - before.Since, now.UtcDateTime - look.Written }.Max();
        if (look.Size == 0)
        {
            // Pipes, sockets and devices have no size either: they are never opened.
            return quiet >= options.EmptyUntil;
        }
        return quiet >= options.Settle || DoneMarkers.Any(marker => names.Contains(file.Name + marker));
    }

    private async Task<Arrival?> ReadAsync(Partner partner, string claim, CancellationToken cancellationToken)
    {
        string place = Path.Combine(Mine, claim);
        if (Directory.Exists(place) && Directory.EnumerateFileSystemEntries(place).FirstOrDefault() is { } path)
        {
            FileInfo file = new(path);
            Arrival refused(string code, string text) => new(partner.Id, file.Name, [], claim, Refusal(code, file.Name, text));
            if (file.LinkTarget is not null)
            {
                return refused("symbolic-link", "A symbolic link is never followed. Send the file itself.");
            }
            if (Directory.Exists(path))
            {
                return refused("not-a-file", "A folder was put where a file was. Send the file itself.");
            }
            if (FileName.Fault(file.Name) is { } fault)
            {
                return refused("bad-file-name", $"The name is refused: {fault}. Send it again under a plain name.");
            }
            long most = partner.Transport?.MaxBytes ?? 0;
            if (file.Length > most)
            {
                return refused("too-large", $"Found {file.Length} bytes, expected at most {most}. Split the document, or raise transport.maxBytes.");
            }
            if (file.Length == 0)
            {
                return refused("empty-file", "The file is empty or is no regular file. Send it again.");
            }
            (long, DateTime) before = (file.Length, file.LastWriteTimeUtc);
            byte[] bytes = await File.ReadAllBytesAsync(path, cancellationToken);
            file.Refresh();
            // The writer may have kept it open over the rename.
            return (file.Length, file.LastWriteTimeUtc) == before && bytes.LongLength == file.Length
                ? new Arrival(partner.Id, file.Name, bytes, claim, null)
                : null;
        }
        return null;
    }

    private Diagnostic Refusal(string code, string name, string text) => Diagnostic.Error(code, $"{Path.GetFileName(folder)}/{name}", text);
}
