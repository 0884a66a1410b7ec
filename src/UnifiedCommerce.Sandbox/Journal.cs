using System.Text.Json;
using System.Text.Json.Serialization;

namespace UnifiedCommerce.Sandbox;

/// <summary>A document that a supplier will send, with its bytes.</summary>
internal sealed record DueDocument(string Id, string Supplier, string Order, string Kind, DateTimeOffset Due, long Control, string FileName, byte[] Bytes);

/// <summary>An event in the suppliers' memory.</summary>
[JsonDerivedType(typeof(Received), "received")]
[JsonDerivedType(typeof(Doubled), "doubled")]
[JsonDerivedType(typeof(Unreadable), "unreadable")]
[JsonDerivedType(typeof(Changed), "changed")]
[JsonDerivedType(typeof(Archived), "archived")]
[JsonDerivedType(typeof(Done), "done")]
internal abstract record Entry
{
    /// <summary>A delivery with new purchase orders and all that will be sent about it.</summary>
    internal sealed record Received(string Supplier, string Delivery, string Sha256, DateTimeOffset At, IReadOnlyList<ReadOrder> Orders, IReadOnlyList<DueDocument> Due) : Entry;
    /// <summary>A purchase order that was known.</summary>
    internal sealed record Doubled(DoubledPurchaseOrder What) : Entry;
    /// <summary>Bytes that could not be read.</summary>
    internal sealed record Unreadable(UnreadableDocument What, string Sha256) : Entry;
    /// <summary>A change with what is sent about it and what is not sent any more.</summary>
    internal sealed record Changed(string Supplier, string Delivery, string Sha256, string Change, IReadOnlyList<string> Withdrawn, IReadOnlyList<DueDocument> Due) : Entry;
    /// <summary>A file was moved to the archive.</summary>
    internal sealed record Archived(string Supplier, string Delivery) : Entry;
    /// <summary>A document was handed over.</summary>
    internal sealed record Done(string Id) : Entry;
}

/// <summary>An append-only file of events: one JSON line each, on the disk before it counts. A line cut off by a crash did not happen.</summary>
internal sealed class Journal : IDisposable
{
    private static readonly JsonSerializerOptions Options = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
    private readonly FileStream stream;

    internal Journal(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
    }

    internal IReadOnlyList<Entry> Load()
    {
        List<Entry> entries = [];
        stream.Position = 0;
        using MemoryStream copy = new();
        stream.CopyTo(copy);
        ReadOnlySpan<byte> rest = copy.GetBuffer().AsSpan(0, (int)copy.Length);
        long good = 0;
        while (rest.IndexOf((byte)'\n') is >= 0 and var end)
        {
            entries.Add(JsonSerializer.Deserialize<Entry>(rest[..end], Options)!);
            rest = rest[(end + 1)..];
            good += end + 1;
        }
        stream.SetLength(good);
        stream.Position = good;
        return entries;
    }

    internal void Add(Entry entry)
    {
        byte[] line = JsonSerializer.SerializeToUtf8Bytes(entry, Options);
        stream.Write([.. line, (byte)'\n']);
        stream.Flush(flushToDisk: true);
    }

    public void Dispose() => stream.Dispose();
}
