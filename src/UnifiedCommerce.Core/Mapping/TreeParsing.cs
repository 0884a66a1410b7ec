using System.Text;
using System.Text.Json;
using System.Xml;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Reads XML and JSON of strangers into trees: no DTD, no entities, limits on size and depth.</summary>
internal static class TreeParsing
{
    public const int MaximumDepth = 64;
    private const long MaximumCharacters = 256 * 1024 * 1024;

    public static TreeNode? Xml(ReadOnlyMemory<byte> bytes, Findings findings)
    {
        if (FindDoctype(bytes.Span) is { } fault)
        {
            findings.Error("dtd", "byte 0", fault);
            return null;
        }
        XmlReaderSettings settings = new()
        {
            // Only cXML's reference to its public DTD gets here: it is passed over, never fetched, and defines nothing.
            DtdProcessing = DtdProcessing.Ignore,
            XmlResolver = null,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
            IgnoreWhitespace = true,
            MaxCharactersInDocument = MaximumCharacters,
        };
        TreeNode? root = null;
        Stack<TreeNode> open = new();
        try
        {
            using MemoryStream stream = new(bytes.ToArray(), writable: false);
            using XmlReader reader = XmlReader.Create(stream, settings);
            StringBuilder text = new();
            while (reader.Read())
            {
                switch (reader.NodeType)
                {
                    case XmlNodeType.Element:
                    {
                        if (open.Count >= MaximumDepth)
                        {
                            findings.Error("too-deep", Line(reader), $"Found elements nested deeper than {MaximumDepth}, expected a business document.");
                            return null;
                        }
                        TreeNode? parent = open.Count > 0 ? open.Peek() : null;
                        TreeNode node = new()
                        {
                            Name = reader.LocalName,
                            Namespace = reader.NamespaceURI,
                            Parent = parent,
                            Position = 1 + Count(parent, reader.LocalName),
                        };
                        root ??= node;
                        parent?.Children.Add(node);
                        bool empty = reader.IsEmptyElement;
                        while (reader.MoveToNextAttribute())
                        {
                            if (reader.Prefix is "xmlns" or "xsi" || reader.Name == "xmlns")
                                continue;
                            node.Children.Add(new TreeNode { Name = "@" + reader.LocalName, Namespace = "", Parent = node, Value = reader.Value });
                        }
                        if (!empty)
                            open.Push(node);
                        text.Clear();
                        break;
                    }
                    case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace:
                        text.Append(reader.Value);
                        if (open.Count > 0)
                            open.Peek().Value = text.ToString().Trim();
                        break;
                    case XmlNodeType.EndElement:
                        open.Pop();
                        text.Clear();
                        break;
                }
            }
        }
        catch (XmlException broken)
        {
            findings.Error("not-xml", $"line {broken.LineNumber} column {broken.LinePosition}", $"The file is not well-formed XML: {broken.Message} Ask the sender for a correct one.");
            return null;
        }
        return root;
    }

    public static TreeNode? Json(ReadOnlyMemory<byte> bytes, Findings findings)
    {
        ReadOnlyMemory<byte> body = bytes.Span.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes;
        try
        {
            using JsonDocument document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = MaximumDepth, CommentHandling = JsonCommentHandling.Disallow });
            TreeNode root = new() { Name = "" };
            Fill(root, document.RootElement);
            return root;
        }
        catch (JsonException broken)
        {
            findings.Error("not-json", $"line {broken.LineNumber + 1} column {broken.BytePositionInLine + 1}", $"The file is not JSON: {broken.Message} Ask the sender for a correct one.");
            return null;
        }
    }

    private static void Fill(TreeNode node, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                    Member(node, property.Name, property.Value);
                break;
            case JsonValueKind.Array:
                // The file itself is an array: its items are documents.
                foreach (JsonElement item in element.EnumerateArray())
                    Member(node, "", item);
                break;
            default:
                node.Value = Text(element);
                break;
        }
    }

    private static void Member(TreeNode node, string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            int position = 0;
            foreach (JsonElement item in value.EnumerateArray())
            {
                TreeNode child = new() { Name = name, Parent = node, Position = ++position };
                Fill(child, item);
                node.Children.Add(child);
            }
            return;
        }
        TreeNode member = new() { Name = name, Parent = node, Position = 1 + Count(node, name) };
        Fill(member, value);
        node.Children.Add(member);
    }

    private static string? Text(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => element.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => null,
    };

    private static int Count(TreeNode? parent, string name)
    {
        if (parent is null)
            return 0;
        for (int index = parent.Children.Count - 1; index >= 0; index--)
        {
            if (parent.Children[index].Name == name)
                return parent.Children[index].Position;
        }
        return 0;
    }

    private static string Line(XmlReader reader) => reader is IXmlLineInfo info ? $"line {info.LineNumber} column {info.LinePosition}" : "";

    /// <summary>What is wrong with the document type declaration; null when there is none, or only cXML's reference to its DTD.</summary>
    private static string? FindDoctype(ReadOnlySpan<byte> bytes)
    {
        // UTF-16 is decoded first, so that a declaration cannot hide in it.
        string prolog = bytes.Length >= 2 && bytes[0] is 0xFE or 0xFF or 0
            ? (bytes[0] == 0xFF || bytes[1] == 0 ? Encoding.Unicode : Encoding.BigEndianUnicode).GetString(bytes)
            : Encoding.Latin1.GetString(bytes);
        int at = prolog.IndexOf("<!DOCTYPE", StringComparison.Ordinal);
        if (at < 0)
            return prolog.Contains("<!ENTITY", StringComparison.Ordinal) ? Refused : null;
        int end = prolog.IndexOf('>', at);
        string declaration = end < 0 ? prolog[at..] : prolog[at..end];
        return declaration.StartsWith("<!DOCTYPE cXML SYSTEM", StringComparison.Ordinal) && !declaration.Contains('[', StringComparison.Ordinal) && prolog.IndexOf("<!ENTITY", StringComparison.Ordinal) < 0
            ? null
            : Refused;
    }

    private const string Refused = "The file has a document type declaration, which may define entities or fetch files: expected none. Ask the sender to leave it out.";
}
