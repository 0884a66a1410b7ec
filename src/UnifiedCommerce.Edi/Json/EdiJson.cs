using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace UnifiedCommerce.Edi;

/// <summary>
/// EDI as JSON and back without loss: every byte returns, line breaks, odd escapes and data outside interchanges included.
/// </summary>
/// <remarks>
/// A segment is an array of its tag and elements; an element is a string, an array of components, or <c>{"repeat": [...]}</c>.
/// What this does not say exactly stands beside it: <c>{"segment": [...], "raw": "...", "after": "..."}</c>, one character a byte.
/// </remarks>
public static class EdiJson
{
    /// <summary>Writes a document as JSON.</summary>
    /// <param name="document">The document.</param>
    /// <param name="output">Receives UTF-8.</param>
    /// <param name="indented">Whether to write one segment a line, for people.</param>
    public static void Write(EdiDocument document, IBufferWriter<byte> output, bool indented = false)
    {
        ArgumentNullException.ThrowIfNull(document);
        JsonWriterOptions options = new() { Indented = indented, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using Utf8JsonWriter json = new(output, options);
        ArrayBufferWriter<byte> line = new();
        using Utf8JsonWriter segments = new(line, options with { Indented = false });
        new JsonSink(document, json, segments, line).Write();
    }

    /// <summary>Turns the JSON of <see cref="Write"/> back into the bytes of the document, what was changed in it included.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="output">Receives the interchanges.</param>
    /// <exception cref="JsonException">The JSON is not of that form; the message says where.</exception>
    public static void ToEdi(ReadOnlyMemory<byte> json, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        using JsonDocument parsed = JsonDocument.Parse(json);
        new JsonSource(output).Read(parsed.RootElement);
    }

    internal static string Character(byte b) => b == 0 ? "" : ((char)b).ToString();
}

/// <summary>How one dialect writes a text as a value; the same rule says whether a value is exact in JSON.</summary>
internal sealed class ValueText
{
    private readonly Dialect dialect;
    private readonly Encoding encoding;

    internal ValueText(Dialect dialect)
    {
        this.dialect = dialect;
        encoding = (Encoding)dialect.CharacterSet.GetEncoding().Clone();
        encoding.EncoderFallback = EncoderFallback.ReplacementFallback;
    }

    internal string Read(ReadOnlySpan<byte> value) => encoding.GetString(value);

    /// <summary>Writes the text with release characters where the dialect has one.</summary>
    internal void Write(string text, IBufferWriter<byte> output)
    {
        Span<byte> room = output.GetSpan(encoding.GetMaxByteCount(text.Length) * 2);
        Span<byte> bytes = room[(room.Length / 2)..];
        int length = 0;
        foreach (byte b in bytes[..encoding.GetBytes(text, bytes)])
        {
            if (dialect.ReleaseCharacter != 0 && dialect.IsDelimiter(b))
            {
                room[length++] = dialect.ReleaseCharacter;
            }
            room[length++] = b;
        }
        output.Advance(length);
    }

    /// <summary>Whether reading and writing the value gives the same bytes.</summary>
    internal bool IsExact(ReadOnlySpan<byte> raw, string text, ArrayBufferWriter<byte> room)
    {
        room.ResetWrittenCount();
        Write(text, room);
        return room.WrittenSpan.SequenceEqual(raw);
    }
}

/// <summary>Writes a document; every segment is written apart, so that it stands on one line.</summary>
internal sealed class JsonSink(EdiDocument document, Utf8JsonWriter json, Utf8JsonWriter segments, ArrayBufferWriter<byte> line)
{
    private readonly ArrayBufferWriter<byte> room = new();
    private readonly List<(TokenKind Kind, string Text)> tokens = [];

    internal void Write()
    {
        ReadOnlySpan<byte> bytes = document.Bytes.Span;
        int at = 0;
        json.WriteStartObject();
        json.WriteStartArray("interchanges"u8);
        foreach (EdiInterchange interchange in document.Interchanges)
        {
            int first = interchange.Segments[0].ByteOffset;
            json.WriteStartObject();
            WriteDialect(interchange.Dialect);
            if (interchange.ByteOffset > at)
            {
                json.WriteString("before"u8, Latin(bytes[at..interchange.ByteOffset]));
            }
            if (first > interchange.ByteOffset)
            {
                json.WriteString("advice"u8, Latin(bytes[interchange.ByteOffset..first]));
            }
            string ending = UsualEnding(interchange, bytes);
            json.WriteString("ending"u8, ending);
            json.WriteStartArray("segments"u8);
            ValueText values = new(interchange.Dialect);
            EdiSegmentList all = interchange.Segments;
            at = first;
            for (int i = 0; i < all.Count; i++)
            {
                EdiSegment segment = all[i];
                // What was passed over between two segments belongs to the one before.
                int next = i + 1 < all.Count ? all[i + 1].ByteOffset : EndOfFiller(bytes, segment.EndOffset);
                SegmentView view = segment.View;
                at = view.IsTerminated ? segment.EndOffset : segment.ByteOffset + view.Raw.Length;
                string? after = view.IsTerminated && bytes[at..next].SequenceEqual(Encoding.Latin1.GetBytes(ending)) ? null : Latin(bytes[at..next]);
                WriteSegment(view, values, after);
                at = next;
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (at < bytes.Length)
        {
            json.WriteString("after"u8, Latin(bytes[at..]));
        }
        json.WriteEndObject();
    }

    private void WriteDialect(Dialect dialect)
    {
        json.WriteString("standard"u8, dialect.Standard.ToString());
        json.WriteString("characterSet"u8, dialect.CharacterSet.ToString());
        json.WriteStartObject("delimiters"u8);
        json.WriteString("segment"u8, EdiJson.Character(dialect.SegmentTerminator));
        json.WriteString("element"u8, EdiJson.Character(dialect.ElementSeparator));
        json.WriteString("component"u8, EdiJson.Character(dialect.ComponentSeparator));
        json.WriteString("repetition"u8, EdiJson.Character(dialect.RepetitionSeparator));
        json.WriteString("release"u8, EdiJson.Character(dialect.ReleaseCharacter));
        json.WriteEndObject();
    }

    private void WriteSegment(SegmentView view, ValueText values, string? after)
    {
        tokens.Clear();
        if (json.Options.Indented)
        {
            // The writer sets raw values one behind the other; the break goes into the value.
            line.Write("\n        "u8);
        }
        bool exact = !view.Tag.IsEmpty && (view.TokenCount < 2 || document.Data[view.TokenOffset(1) - 1] == view.Dialect.TagSeparator) && view.RawToken(0).SequenceEqual(view.Tag);
        bool isHeader = view.Dialect.Standard == EdiStandard.X12 && view.Tag.SequenceEqual("ISA"u8);
        for (int i = 1; i < view.TokenCount; i++)
        {
            string text = values.Read(view.Token(i));
            exact &= values.IsExact(view.RawToken(i), text, room);
            tokens.Add((view.KindOf(i), text));
        }
        exact &= view.IsTerminated;
        bool plain = exact && after is null;
        if (!plain)
        {
            segments.WriteStartObject();
            segments.WritePropertyName("segment"u8);
        }
        segments.WriteStartArray();
        segments.WriteStringValue(Latin(view.Tag));
        int at = 0;
        int element = 0;
        while (at < tokens.Count)
        {
            int end = at + 1;
            while (end < tokens.Count && tokens[end].Kind != TokenKind.Element)
            {
                end++;
            }
            element++;
            if (isHeader && element is 11 or 16 && end == at + 2)
            {
                // The delimiters that ISA announces stand there as they are.
                segments.WriteStringValue(Latin(view.RawElement(element)));
            }
            else
            {
                WriteElement(at, end);
            }
            at = end;
        }
        segments.WriteEndArray();
        if (!plain)
        {
            if (!exact)
            {
                segments.WriteString("raw"u8, Latin(view.Raw) + (view.IsTerminated ? EdiJson.Character(view.Dialect.SegmentTerminator) : ""));
            }
            if (after is not null)
            {
                segments.WriteString("after"u8, after);
            }
            segments.WriteEndObject();
        }
        segments.Flush();
        json.WriteRawValue(line.WrittenSpan, skipInputValidation: true);
        segments.Reset();
        line.ResetWrittenCount();
    }

    private void WriteElement(int from, int to)
    {
        bool repeated = tokens[(from + 1)..to].Exists(static t => t.Kind == TokenKind.Repetition);
        if (repeated)
        {
            segments.WriteStartObject();
            segments.WriteStartArray("repeat"u8);
        }
        while (from < to)
        {
            int end = from + 1;
            while (end < to && tokens[end].Kind == TokenKind.Component)
            {
                end++;
            }
            if (end == from + 1)
            {
                segments.WriteStringValue(tokens[from].Text);
            }
            else
            {
                segments.WriteStartArray();
                for (; from < end; from++)
                {
                    segments.WriteStringValue(tokens[from].Text);
                }
                segments.WriteEndArray();
            }
            from = end;
        }
        if (repeated)
        {
            segments.WriteEndArray();
            segments.WriteEndObject();
        }
    }

    /// <summary>What follows the header's terminator up to the next segment, when that is only a line break.</summary>
    private static string UsualEnding(EdiInterchange interchange, ReadOnlySpan<byte> bytes)
    {
        EdiSegment header = interchange.Segments[0];
        int end = EndOfFiller(bytes, header.EndOffset);
        return header.View.IsTerminated ? Latin(bytes[header.EndOffset..Math.Min(end, header.EndOffset + 2)]) : "";
    }

    private static int EndOfFiller(ReadOnlySpan<byte> bytes, int from)
    {
        while (from < bytes.Length && bytes[from] is (byte)'\r' or (byte)'\n')
        {
            from++;
        }
        return from;
    }

    private static string Latin(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}

internal sealed class JsonSource(IBufferWriter<byte> output)
{
    private Dialect dialect = Dialect.Edifact();
    private ValueText values = new(Dialect.Edifact());
    private string ending = "";

    internal void Read(JsonElement root)
    {
        foreach (JsonElement interchange in Items(Property(root, "interchanges"), "interchanges"))
        {
            ReadDialect(interchange);
            Bytes(Text(interchange, "before"));
            Bytes(Text(interchange, "advice"));
            ending = Text(interchange, "ending");
            int index = 0;
            foreach (JsonElement segment in Items(Property(interchange, "segments"), "segments"))
            {
                ReadSegment(segment, index++);
            }
        }
        Bytes(Text(root, "after"));
    }

    private void ReadDialect(JsonElement interchange)
    {
        JsonElement delimiters = Property(interchange, "delimiters");
        EdiStandard standard = Enum.TryParse(Text(interchange, "standard"), out EdiStandard read) ? read
            : throw new JsonException("\"standard\" has to be X12, Edifact or Tradacoms.");
        CharacterSet characterSet = Enum.TryParse(Text(interchange, "characterSet"), out CharacterSet set) && Enum.IsDefined(set) ? set : CharacterSet.Unknown;
        byte element = Delimiter(delimiters, "element");
        dialect = new()
        {
            Standard = standard,
            SegmentTerminator = Delimiter(delimiters, "segment"),
            ElementSeparator = element,
            ComponentSeparator = Delimiter(delimiters, "component"),
            RepetitionSeparator = Delimiter(delimiters, "repetition"),
            ReleaseCharacter = Delimiter(delimiters, "release"),
            TagSeparator = standard == EdiStandard.Tradacoms ? (byte)'=' : element,
            CharacterSet = characterSet,
        };
        if (dialect.SegmentTerminator == 0 || element == 0)
        {
            throw new JsonException("\"delimiters\" has to name \"segment\" and \"element\".");
        }
        values = new(dialect);
    }

    private void ReadSegment(JsonElement segment, int index)
    {
        string after = ending;
        if (segment.ValueKind == JsonValueKind.Object)
        {
            after = segment.TryGetProperty("after", out JsonElement given) ? String(given, index) : ending;
            if (segment.TryGetProperty("raw", out JsonElement raw))
            {
                Bytes(String(raw, index));
                Bytes(after);
                return;
            }
            segment = Property(segment, "segment");
        }
        if (segment.ValueKind != JsonValueKind.Array || segment.GetArrayLength() == 0)
        {
            throw new JsonException($"Segment {index} has to be an array that begins with its tag.");
        }
        bool isHeader = false;
        int element = 0;
        foreach (JsonElement item in segment.EnumerateArray())
        {
            if (element == 0)
            {
                string tag = String(item, index);
                Bytes(tag);
                isHeader = tag == "ISA" && dialect.Standard == EdiStandard.X12;
            }
            else
            {
                output.Write([element == 1 ? dialect.TagSeparator : dialect.ElementSeparator]);
                if (isHeader && element is 11 or 16 && item.ValueKind == JsonValueKind.String)
                {
                    Bytes(item.GetString()!);
                }
                else
                {
                    ReadElement(item, index);
                }
            }
            element++;
        }
        output.Write([dialect.SegmentTerminator]);
        Bytes(after);
    }

    private void ReadElement(JsonElement item, int index)
    {
        if (item.ValueKind == JsonValueKind.Object)
        {
            bool first = true;
            foreach (JsonElement repetition in Items(Property(item, "repeat"), "repeat"))
            {
                if (!first)
                {
                    Separator(dialect.RepetitionSeparator, "repetition", index);
                }
                ReadRepetition(repetition, index);
                first = false;
            }
            return;
        }
        ReadRepetition(item, index);
    }

    private void ReadRepetition(JsonElement item, int index)
    {
        if (item.ValueKind != JsonValueKind.Array)
        {
            values.Write(String(item, index), output);
            return;
        }
        bool first = true;
        foreach (JsonElement component in item.EnumerateArray())
        {
            if (!first)
            {
                Separator(dialect.ComponentSeparator, "component", index);
            }
            values.Write(String(component, index), output);
            first = false;
        }
    }

    private void Separator(byte separator, string name, int index)
    {
        if (separator == 0)
        {
            throw new JsonException($"Segment {index} needs a {name} separator, which \"delimiters\" does not name.");
        }
        output.Write([separator]);
    }

    private void Bytes(string text)
    {
        foreach (char c in text)
        {
            if (c > 255)
            {
                throw new JsonException($"'{c}' stands where one character is one byte (before, advice, ending, raw, after, tags).");
            }
        }
        output.Write(Encoding.Latin1.GetBytes(text));
    }

    private static byte Delimiter(JsonElement delimiters, string name)
    {
        string text = Text(delimiters, name);
        return text.Length == 0 ? (byte)0 : text.Length == 1 && text[0] < 256 ? (byte)text[0]
            : throw new JsonException($"The delimiter \"{name}\" has to be one character of one byte.");
    }

    private static JsonElement Property(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out JsonElement value) ? value
            : throw new JsonException($"\"{name}\" is missing.");

    private static string Text(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out JsonElement value)
            ? value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new JsonException($"\"{name}\" has to be a string.")
            : "";

    private static string String(JsonElement value, int index) => value.ValueKind == JsonValueKind.String ? value.GetString()!
        : throw new JsonException($"Segment {index} holds {value.ValueKind} where a string has to stand.");

    private static JsonElement.ArrayEnumerator Items(JsonElement value, string name) => value.ValueKind == JsonValueKind.Array
        ? value.EnumerateArray() : throw new JsonException($"\"{name}\" has to be an array.");
}
