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
/// </summary>
internal sealed class FolderOutbox(string folder)
{
    private readonly string sending = Path.Combine(folder, "_sending");
    private readonly string sent = Path.Combine(folder, "_sent");

    internal SendResult Send(Dispatch dispatch)
    {
        if (Convert.ToHexStringLower(SHA256.HashData(dispatch.Bytes)) != dispatch.Sha256)
        {
            throw new HubException($"The bytes of dispatch {dispatch.Key} do not have its hash {dispatch.Sha256}: frozen bytes changed. Do not send; restore the row.");
        }
        if (FileName.Fault(dispatch.FileName) is { } fault)
        {
            return new SendResult.Failed($"The file name of dispatch {dispatch.Key} is refused: {fault}.", false);
        }
        bool ticketed = false;
        try
        {
            DurableFiles.CreateFolder(folder);
            DurableFiles.CreateFolder(sending);
            DurableFiles.CreateFolder(sent);
            Ticket ticket = ReadTicket(dispatch.FileName) ?? TakeTicket(dispatch);
            ticketed = true;
            return ticket.Sha256 == dispatch.Sha256
                ? Move(dispatch, ticket)
                : new SendResult.Failed($"The name {dispatch.FileName} was used for other bytes (sha-256 {ticket.Sha256}). A person decides.", false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return ticketed ? new SendResult.Unknown(exception.Message) : new SendResult.Failed(exception.Message, true);
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

    private SendResult Move(Dispatch dispatch, Ticket ticket)
    {
        string source = Path.Combine(sending, ticket.Source);
        string target = Path.Combine(folder, dispatch.FileName);
        switch (DurableFiles.Rename(source, target))
        {
            case DurableFiles.Renamed.TargetExists when !HasHash(target, dispatch.Sha256):
                return new SendResult.Failed($"A file {dispatch.FileName} with other content is in the folder. Remove it, then send again.", false);
            case DurableFiles.Renamed.TargetExists:
                File.Delete(source);
                break;
        }
        DurableFiles.SyncFolder(folder);
        return new SendResult.Sent($"{dispatch.FileName}, {dispatch.Bytes.Length} bytes, sha-256 {dispatch.Sha256}");
    }

    private Ticket TakeTicket(Dispatch dispatch)
    {
        Ticket ticket = new(dispatch.Sha256, dispatch.Bytes.Length, string.Create(CultureInfo.InvariantCulture, $"{dispatch.FileName}.{dispatch.Attempt}-{dispatch.Fence}"));
        string source = Path.Combine(sending, ticket.Source);
        string draft = source + ".ticket";
        DurableFiles.Write(source, dispatch.Bytes);
        DurableFiles.Write(draft, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{ticket.Sha256} {ticket.Size} {ticket.Source}\n")));
        switch (DurableFiles.Rename(draft, Path.Combine(sent, dispatch.FileName)))
        {
            case DurableFiles.Renamed.Done:
                // The ticket must be on the disk before the partner can see the file: a power cut between must not make it look unsent.
                DurableFiles.SyncFolder(sending);
                DurableFiles.SyncFolder(sent);
                return ticket;
            case DurableFiles.Renamed.TargetExists:
                File.Delete(draft);
                Ticket other = ReadTicket(dispatch.FileName) ?? throw new IOException($"The ticket of {dispatch.FileName} came and went.");
                if (other.Source != ticket.Source)
                {
                    File.Delete(source);
                }
                return other;
            default:
                throw new IOException($"The draft of the ticket of {dispatch.FileName} was taken away.");
        }
    }

    private Ticket? ReadTicket(string name)
    {
        string path = Path.Combine(sent, name);
        if (FileName.Fault(name) is not null || !File.Exists(path))
        {
            return null;
        }
        string[] parts = File.ReadAllText(path).TrimEnd('\n').Split(' ', 3);
        return parts.Length == 3 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long size) && FileName.Fault(parts[2]) is null
            ? new Ticket(parts[0], size, parts[2])
            : throw new IOException($"The ticket {path} cannot be read. A person decides whether {name} was sent.");
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

    private sealed record Ticket(string Sha256, long Size, string Source);
}
