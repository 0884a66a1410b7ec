using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using UnifiedCommerce.Edi;
using UnifiedCommerce.Edi.Acknowledgements;
using UnifiedCommerce.Edi.Schemas;
using UnifiedCommerce.Edi.Validation;
using UnifiedCommerce.Storage;

namespace UnifiedCommerce.Chaos.Processes;

/// <summary>The systems of the partners with folders: they take files away when they like, acknowledge most purchase orders by CONTRL, and send stock reports
/// that they want acknowledged.</summary>
internal sealed class FolderPartners(string root, int percent, int seed)
{
    static readonly (string Id, string Gln)[] Partners = [("nordhandel", "4031902000016"), ("vandermeer", "8720495000010")];

    readonly Random _random = new(seed);
    readonly ConcurrentDictionary<string, byte> _acknowledged = new(StringComparer.Ordinal);
    int _control;
    int _sent;

    /// <summary>Purchase orders that were acknowledged.</summary>
    public int Acknowledged => _acknowledged.Count;

    /// <summary>Works until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            foreach (var (id, gln) in Partners)
            {
                var (outbox, inbox) = (Path.Combine(root, id, "out"), Path.Combine(root, id, "in"));
                if (!Directory.Exists(outbox) || !Directory.Exists(inbox))
                    continue;
                foreach (var file in Directory.EnumerateFiles(outbox).Where(file => !file.EndsWith(".part", StringComparison.Ordinal) && _random.Next(100) < percent).ToList())
                    Take(file, inbox, id == "nordhandel" ? gln : null);
            }
            await Task.Delay(500, CancellationToken.None);
        }
    }

    void Take(string file, string inbox, string? reporter)
    {
        var taken = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(file)!, "..", "taken")).FullName;
        var bytes = File.ReadAllBytes(file);
        File.Move(file, Path.Combine(taken, Path.GetFileName(file)));
        if (!Path.GetFileName(file).Contains("ACK-", StringComparison.Ordinal) && _random.Next(10) > 0)
        {
            var answer = Acknowledgement.For(EdiValidator.Validate(bytes, EdiSchemas.Default, new ValidationOptions { UpTo = FindingLevel.Envelope }), new AcknowledgementOptions
            {
                ControlReference = Next(), Prepared = new DateTime(2026, 3, 2, 8, 0, 0, DateTimeKind.Unspecified), Kinds = [AcknowledgementKind.Contrl],
            });
            Put(inbox, $"contrl-{_control}.edi", answer);
            _acknowledged[Convert.ToHexStringLower(SHA256.HashData(bytes))] = 0;
        }
        if (reporter is not null && _random.Next(8) == 0)
        {
            var control = Next();
            Put(inbox, $"stock-{control}.edi", Encoding.ASCII.GetBytes($"""
                UNA:+.? '
                UNB+UNOC:3+{reporter}:14+8719326000015:14+260302:0610+{control}'
                UNH+1+INVRPT:D:96A:UN:EAN004'
                BGM+35+STOCK{control}+9'
                DTM+137:202603020600:203'
                DTM+366:202603020545:203'
                NAD+SU+{reporter}::9'
                LIN+1++{ChaosCommand.Gtin(0, 0)}:EN'
                PIA+1+NO000:SA'
                QTY+145:90000:PCE'
                UNT+9+1'
                UNZ+1+{control}'
                """));
        }
    }

    string Next() => (++_control).ToString(CultureInfo.InvariantCulture);

    void Put(string inbox, string name, byte[] bytes)
    {
        File.WriteAllBytes(Path.Combine(inbox, name + ".part"), bytes);
        File.Move(Path.Combine(inbox, name + ".part"), Path.Combine(inbox, name));
        _sent++;
    }

    /// <summary>True when the hub has read all that was sent.</summary>
    public async Task<bool> IsReadAsync(Session session) =>
        await session.NumberAsync("select count(*) from documents where (name like 'contrl-%' or name like 'stock-%') and outbound = 0 and state <> 'Received'", null, CancellationToken.None) >= _sent;

    /// <summary>What of I11 does not hold: an acknowledgement that the hub does not know, a report that it acknowledged not or twice.</summary>
    public async Task<IReadOnlyList<string>> BreachesAsync(Session session)
    {
        var known = (await session.ListAsync("select sha256, acknowledgement || ' ' || state from dispatches where kind = 'PurchaseOrder'", null, static row => (Sha: row.Text(), Known: row.Text()), CancellationToken.None))
            .ToDictionary(row => row.Sha, row => row.Known, StringComparer.Ordinal);
        List<string> breaches = [.. _acknowledged.Keys.Where(sha => known.GetValueOrDefault(sha) != "Accepted Confirmed").Select(sha => $"I11 purchase order {sha}: it was acknowledged as accepted and is {known.GetValueOrDefault(sha) ?? "unknown"}")];
        // A file that a process stored and was killed before it moved it away is stored again, as a duplicate that is not acknowledged.
        breaches.AddRange(await session.ListAsync("select 'I11 ' || name || ' was acknowledged ' || sum(told) || ' times' from (select d.name, "
            + "(select count(*) from dispatches a where a.acknowledges_document_id = d.id) as told from documents d where d.name like 'stock-%' and d.outbound = 0) as reports "
            + "group by name having sum(told) <> 1", null, static row => row.Text(), CancellationToken.None));
        return breaches;
    }
}
