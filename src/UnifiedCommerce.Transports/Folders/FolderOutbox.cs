using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Inbound;
using UnifiedCommerce.Core.Purchasing;

namespace UnifiedCommerce.Transports.Folders;

/// <summary>
/// Puts each dispatch into a folder once, however often and by however many processes it is tried.
/// 1. The bytes go to <c>_sending/NAME.fence</c> and to the disk. 2. A ticket <c>_sent/NAME</c>, which nothing replaces, names that one
/// temporary file. 3. The named file is renamed to <c>NAME</c>, without replace. A rename consumes its source, so step 3 happens at most
/// once for a name even when the partner takes the file away in between; what was not named by the ticket is never renamed.
/// Ticket and no temporary file: it is there or was taken. No ticket: it never left. So a probe is certain.
/// Each step is on the disk before the next begins; documents that are sent together take it together. Their tickets are links to one sheet
/// with a line for each, so N documents wait for the disk N + 4 times, not 5 N times.
/// </summary>
internal sealed class FolderOutbox(string folder)
{
    private readonly string sending = Path.Combine(folder, "_sending");
    private readonly string sent = Path.Combine(folder, "_sent");

    /// <summary>Sends documents; one result each.</summary>
    internal IReadOnlyList<SendResult> Send(IReadOnlyList<Dispatch> dispatches)
    {
        List<Sending> all = [.. dispatches.Select(dispatch => new Sending(dispatch))];
        Together(all, () =>
        {
            DurableFiles.CreateFolder(folder);
            DurableFiles.CreateFolder(sending);
            DurableFiles.CreateFolder(sent);
        });
        Each(all, one => one.Heed(ReadTicket(one.Dispatch.FileName)));
        TakeTickets([.. all.Where(one => one is { Result: null, Ticket: null })]);
        Each(all, Move);
        Together(all, () => DurableFiles.SyncFolder(folder));
        return [.. all.Select(one => one.Result ?? new SendResult.Sent($"{one.Dispatch.FileName}, {one.Dispatch.Bytes.Length} bytes, sha-256 {one.Dispatch.Sha256}"))];
    }

    /// <summary>A step of each document that has no result yet; a failing disk is the result of that document.</summary>
    private static void Each(IEnumerable<Sending> sendings, Action<Sending> step)
    {
        foreach (Sending one in sendings)
        {
            Together([one], () => step(one));
        }
    }

    /// <summary>A step that documents without a result take at once; a failing disk is the result of each. Once its ticket is there, nobody knows.</summary>
    private static void Together(IReadOnlyCollection<Sending> sendings, Action step)
    {
        List<Sending> open = [.. sendings.Where(one => one.Result is null)];
        try
        {
            if (open.Count > 0)
            {
                step();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            foreach (Sending one in open)
            {
                one.Result ??= one.Ticket is null ? new SendResult.Failed(exception.Message, true) : new SendResult.Unknown(exception.Message);
            }
        }
    }

    internal ProbeResult Probe(Dispatch dispatch)
    {
        try
        {
            if (ReadTicket(dispatch.FileName) is not { } ticket)
            {
                return new ProbeResult.Absent($"{dispatch.FileName} never left: there is no ticket for it.");
            }
            if (ticket.Sha256 != dispatch.Sha256)
            {
                return new ProbeResult.Ambiguous($"The name {dispatch.FileName} was used for other bytes (sha-256 {ticket.Sha256}).");
            }
            if (File.Exists(Path.Combine(sending, ticket.Source)))
            {
                return new ProbeResult.Absent($"{dispatch.FileName} is prepared and was not moved yet; sending again goes on with it.");
            }
            string where = File.Exists(Path.Combine(folder, dispatch.FileName)) ? "lies in the folder"
                : File.Exists(Path.Combine(folder, "archive", dispatch.FileName)) ? "lies in the partner's archive" : "was taken by the partner";
            return new ProbeResult.Present($"{dispatch.FileName} {where}, {ticket.Size} bytes, sha-256 {ticket.Sha256}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new ProbeResult.Ambiguous($"The folder cannot be read: {exception.Message}");
        }
    }

    /// <summary>Deletes tickets that were written before the moment and whose dispatches are settled.</summary>
    internal async Task<int> ForgetAsync(DateTimeOffset before, Func<IReadOnlyCollection<long>, Task<IReadOnlySet<long>>> settled, CancellationToken cancellationToken)
    {
        const int AtOnce = 500;
        if (!Directory.Exists(sent))
        {
            return 0;
        }
        int forgotten = 0;
        foreach (FileInfo[] old in new DirectoryInfo(sent).EnumerateFiles().Where(file => file.LastWriteTimeUtc < before.UtcDateTime).Chunk(AtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Tickets of older versions do not name their dispatch: they stay.
            Dictionary<string, long> dispatches = old.Select(file => (file.Name, ReadTicket(file.Name)?.DispatchId)).Where(pair => pair.DispatchId is not null)
                .ToDictionary(pair => pair.Name, pair => pair.DispatchId!.Value, StringComparer.Ordinal);
            IReadOnlySet<long> over = await settled(dispatches.Values);
            foreach ((string name, _) in dispatches.Where(pair => over.Contains(pair.Value)))
            {
                File.Delete(Path.Combine(sent, name));
                forgotten++;
            }
        }
        return forgotten;
    }

    private void Move(Sending one)
    {
        string source = Path.Combine(sending, one.Ticket!.Source);
        string target = Path.Combine(folder, one.Dispatch.FileName);
        switch (DurableFiles.Rename(source, target))
        {
            case DurableFiles.Renamed.TargetExists when !HasHash(target, one.Dispatch.Sha256):
                one.Result = new SendResult.Failed($"A file {one.Dispatch.FileName} with other content is in the folder. Remove it, then send again.", false);
                break;
            case DurableFiles.Renamed.TargetExists:
                File.Delete(source);
                break;
        }
    }

    private void TakeTickets(IReadOnlyList<Sending> fresh)
    {
        Each(fresh, one => DurableFiles.Write(Path.Combine(sending, SourceOf(one.Dispatch)), one.Dispatch.Bytes));
        List<Sending> written = [.. fresh.Where(one => one.Result is null)];
        if (written.Count == 0)
        {
            return;
        }
        string sheet = Path.Combine(sending, SourceOf(written[0].Dispatch) + ".tickets");
        Together(written, () =>
        {
            // A sheet of the same name may be the tickets of others: only the name is taken from it.
            File.Delete(sheet);
            DurableFiles.Write(sheet, Encoding.UTF8.GetBytes(string.Concat(written.Select(one => TicketOf(one.Dispatch).Line))));
            // The temporary files must be on the disk before a ticket can be: a ticket without its file means that it was sent.
            DurableFiles.SyncFolder(sending);
        });
        Each(written, one => TakeTicket(one, sheet));
        Together(written, () =>
        {
            File.Delete(sheet);
            // The ticket must be on the disk before the partner can see the file: a power cut between must not make it look unsent.
            DurableFiles.SyncFolder(sent);
        });
    }

    private void TakeTicket(Sending one, string sheet)
    {
        Ticket own = TicketOf(one.Dispatch);
        if (DurableFiles.Link(sheet, Path.Combine(sent, one.Dispatch.FileName)))
        {
            one.Heed(own);
            return;
        }
        Ticket other = ReadTicket(one.Dispatch.FileName) ?? throw new IOException($"The ticket of {one.Dispatch.FileName} came and went.");
        if (other.Source != own.Source)
        {
            File.Delete(Path.Combine(sending, own.Source));
        }
        one.Heed(other);
    }

    private static string SourceOf(Dispatch dispatch) => string.Create(CultureInfo.InvariantCulture, $"{dispatch.FileName}.{dispatch.Attempt}-{dispatch.Fence}");

    private static Ticket TicketOf(Dispatch dispatch) => new(dispatch.Sha256, dispatch.Bytes.Length, dispatch.Id, SourceOf(dispatch));

    private Ticket? ReadTicket(string name)
    {
        string path = Path.Combine(sent, name);
        if (FileName.Fault(name) is not null || !File.Exists(path))
        {
            return null;
        }
        return File.ReadLines(path).Select(line => Ticket.Of(line, name)).FirstOrDefault(ticket => ticket is not null)
            ?? throw new IOException($"The ticket {path} cannot be read. A person decides whether {name} was sent.");
    }

    private static bool HasHash(string path, string sha256)
    {
        FileInfo file = new(path);
        if (!file.Exists || file.LinkTarget is not null || file.Length == 0)
        {
            return false;
        }
        using FileStream stream = file.OpenRead();
        return Convert.ToHexStringLower(SHA256.HashData(stream)) == sha256;
    }

    /// <summary>A document on its way through the steps.</summary>
    private sealed class Sending
    {
        public Sending(Dispatch dispatch)
        {
            Dispatch = dispatch;
            if (Convert.ToHexStringLower(SHA256.HashData(dispatch.Bytes)) != dispatch.Sha256)
            {
                throw new HubException($"The bytes of dispatch {dispatch.Key} do not have its hash {dispatch.Sha256}: frozen bytes changed. Do not send; restore the row.");
            }
            if (FileName.Fault(dispatch.FileName) is { } fault)
            {
                Result = new SendResult.Failed($"The file name of dispatch {dispatch.Key} is refused: {fault}.", false);
            }
        }

        public Dispatch Dispatch { get; }
        public Ticket? Ticket { get; private set; }
        public SendResult? Result { get; set; }

        public void Heed(Ticket? ticket)
        {
            Ticket = ticket;
            if (ticket is not null && ticket.Sha256 != Dispatch.Sha256)
            {
                Result = new SendResult.Failed($"The name {Dispatch.FileName} was used for other bytes (sha-256 {ticket.Sha256}). A person decides.", false);
            }
        }
    }

    private sealed record Ticket(string Sha256, long Size, long? DispatchId, string Source)
    {
        public string Line => string.Create(CultureInfo.InvariantCulture, $"{Sha256} {Size}/{DispatchId} {Source}\n");

        /// <summary>The ticket of a name on a line of a sheet; null when the line is another's.</summary>
        public static Ticket? Of(string line, string name)
        {
            if (line.Split(' ', 3) is not [string sha256, string numbers, string source] || FileName.Fault(source) is not null
                || !source.StartsWith(name, StringComparison.Ordinal) || !IsAttempt(source.AsSpan(name.Length)))
            {
                return null;
            }
            string[] sizeAndId = numbers.Split('/');
            return long.TryParse(sizeAndId[0], NumberStyles.None, CultureInfo.InvariantCulture, out long size)
                ? new Ticket(sha256, size, sizeAndId.Length > 1 && long.TryParse(sizeAndId[1], NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? id : null, source)
                : null;
        }

        /// <summary><c>.ATTEMPT-FENCE</c>.</summary>
        private static bool IsAttempt(ReadOnlySpan<char> ending) =>
            ending.Length > 3 && ending[0] == '.' && ending[1..].IndexOf('-') is var hyphen and > 0 && !ending[1..].ContainsAnyExcept("0123456789-") && ending[(hyphen + 2)..].IndexOf('-') < 0;
    }
}
