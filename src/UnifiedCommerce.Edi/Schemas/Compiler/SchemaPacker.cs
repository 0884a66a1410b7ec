using System.IO.Compression;
using System.Text;

namespace UnifiedCommerce.Edi.SchemaCompiler;

/// <summary>
/// Writes the compact form that `UnifiedCommerce.Edi` ships: two Brotli parts, structure and names, so that validating never
/// unpacks a name. `SchemaDirectory` in the library reads it; both must change together (and the version byte with them).
/// </summary>
internal static class SchemaPacker
{
    private const byte FormatVersion = 1;

    public static byte[] Pack(DirectoryFacts facts, IReadOnlySet<string> borrowedCodes)
    {
        var elements = facts.Elements.Values.Index().ToDictionary(item => item.Item.Id, item => item.Index, StringComparer.Ordinal);
        var composites = facts.Composites.Values.Index().ToDictionary(item => item.Item.Id, item => item.Index, StringComparer.Ordinal);
        var structure = Compress(writer =>
        {
            writer.Write(facts.Standard);
            writer.Write(facts.Version);
            writer.Write7BitEncodedInt(facts.Elements.Count);
            foreach (var element in facts.Elements.Values)
            {
                writer.Write(element.Id);
                writer.Write(TypeCode(element.Type));
                writer.Write7BitEncodedInt(element.Min);
                writer.Write7BitEncodedInt(element.Max);
            }

            writer.Write7BitEncodedInt(facts.Composites.Count);
            foreach (var composite in facts.Composites.Values) WriteUses(writer, composite.Id, composite.Uses, composite.Notes);
            writer.Write7BitEncodedInt(facts.Segments.Count);
            foreach (var segment in facts.Segments.Values) WriteUses(writer, segment.Tag, segment.Uses, segment.Notes);

            // Bodies and code lists follow the tables and are decoded when they are first asked for; hence their lengths.
            writer.Write7BitEncodedInt(facts.Messages.Count);
            foreach (var message in facts.Messages.Values)
            {
                writer.Write(message.Type);
                writer.Write(message.FunctionalGroup);
                WriteBlock(writer, block => WriteBody(block, message.Body));
            }

            foreach (var element in facts.Elements.Values)
            {
                WriteBlock(writer, block =>
                {
                    if (element.Codes.Count == 0) return;
                    block.Write(borrowedCodes.Contains(element.Id));
                    var codes = Codes(element).ToList();
                    block.Write7BitEncodedInt(codes.Count);
                    foreach (var code in codes) block.Write(code.Value);
                });
            }
        });
        var names = Compress(writer =>
        {
            foreach (var element in facts.Elements.Values) writer.Write(element.Name);
            foreach (var composite in facts.Composites.Values) writer.Write(composite.Name);
            foreach (var segment in facts.Segments.Values) writer.Write(segment.Name);
            foreach (var message in facts.Messages.Values) writer.Write(message.Name);
            foreach (var element in facts.Elements.Values)
            {
                foreach (var code in Codes(element)) writer.Write(code.Name);
            }
        });

        using var file = new MemoryStream();
        using (var writer = new BinaryWriter(file, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write("UCS"u8);
            writer.Write(FormatVersion);
            foreach (var part in new[] { structure, names })
            {
                writer.Write(part.Raw);
                writer.Write(part.Packed.Length);
            }

            writer.Write(structure.Packed);
            writer.Write(names.Packed);
        }

        return file.ToArray();

        void WriteUses(BinaryWriter writer, string id, List<UseFacts> uses, List<string> notes)
        {
            writer.Write(id);
            writer.Write7BitEncodedInt(uses.Count);
            foreach (var use in uses)
            {
                var composite = composites.TryGetValue(use.Reference, out var index);
                if (!composite && !elements.TryGetValue(use.Reference, out index)) throw new FormatException($"{facts.Version} {id} refers to {use.Reference}, which is not defined.");
                writer.Write7BitEncodedInt((index << 2) | (composite ? 2 : 0) | (use.Mandatory ? 1 : 0));
                writer.Write7BitEncodedInt(use.Repeats);
            }

            writer.Write7BitEncodedInt(notes.Count);
            foreach (var note in notes) writer.Write(note);
        }
    }

    /// <summary>In ordinal order; 7161 lists AA twice in several releases, the first is kept.</summary>
    private static IEnumerable<CodeFacts> Codes(ElementFacts element) => element.Codes.DistinctBy(code => code.Value, StringComparer.Ordinal).OrderBy(code => code.Value, StringComparer.Ordinal);

    private static void WriteBody(BinaryWriter writer, List<NodeFacts> body)
    {
        writer.Write7BitEncodedInt(body.Count);
        foreach (var node in body)
        {
            writer.Write(node.Name);
            writer.Write7BitEncodedInt((node.Max << 2) | (node.Children is null ? 0 : 2) | (node.Mandatory ? 1 : 0));
            if (node.Children is not null) WriteBody(writer, node.Children);
        }
    }

    private static void WriteBlock(BinaryWriter writer, Action<BinaryWriter> write)
    {
        using var memory = new MemoryStream();
        using (var block = new BinaryWriter(memory, Encoding.UTF8, leaveOpen: true)) write(block);
        writer.Write7BitEncodedInt((int)memory.Length);
        writer.Write(memory.ToArray());
    }

    private static (int Raw, byte[] Packed) Compress(Action<BinaryWriter> write)
    {
        using var raw = new MemoryStream();
        using (var writer = new BinaryWriter(raw, Encoding.UTF8, leaveOpen: true)) write(writer);
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)) brotli.Write(raw.GetBuffer(), 0, (int)raw.Length);
        return ((int)raw.Length, packed.ToArray());
    }

    /// <summary>The numbers of `ElementType` in the library.</summary>
    private static byte TypeCode(string type) => type switch
    {
        "an" => 0, "a" => 1, "n" => 2, "AN" => 3, "ID" => 4, "R" => 5, "DT" => 6, "TM" => 7, "B" => 8,
        ['N', >= '0' and <= '9'] => (byte)(16 + type[1] - '0'),
        _ => throw new FormatException($"Type {type} is not known."),
    };
}
