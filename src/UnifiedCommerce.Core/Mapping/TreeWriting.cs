using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Writes one document as XML or JSON in the shape of the example.</summary>
internal sealed class TreeWriting(CompiledMapping mapping, DocumentWalker walker)
{
    /// <summary>A node ready to be written.</summary>
    private sealed class Output(TreeTemplate template)
    {
        public TreeTemplate Template { get; } = template;
        public string? Value { get; set; }
        public List<Output> Children { get; } = [];
    }

    /// <summary>What became of a template: its node, whether it holds a value of the document, and what it lacked.</summary>
    private readonly record struct Built(Output? Node, bool HasValue, string? Lacks, TextPlace LacksAt);

    public byte[]? Write(object document)
    {
        TreeTemplate root = mapping.Tree!;
        walker.Enter(root.Scope, document);
        Built built = Build(root);
        if (built.Lacks is not null)
            return null;
        return mapping.Syntax == MessageSyntax.Xml ? Xml(built.Node!) : Json(built.Node!);
    }

    private Built Build(TreeTemplate template)
    {
        Output node = new(template);
        bool any = false;
        if (template.Value is { } slot)
        {
            string? text = Text(slot, template);
            if (text is null)
            {
                if (slot.Role is SlotRole.Field or SlotRole.Constant or SlotRole.Local or SlotRole.System)
                    return new Built(null, false, slot.Optional ? null : slot.Source, slot.Place);
            }
            any = slot.Role is SlotRole.Field or SlotRole.Constant or SlotRole.Local;
            node.Value = text;
        }
        HashSet<int>? chosen = null;
        foreach (TreeTemplate child in template.Children)
        {
            if ((child.Marks & (Marks.ReadOnly | Marks.Skip)) != 0)
                continue;
            if (child.IsEach)
            {
                foreach ((object item, IReadOnlyList<object>? group) in walker.Items(child.Scope))
                {
                    walker.Enter(child.Scope, item, group);
                    if (!walker.Holds(child.Condition))
                        continue;
                    Built built = Build(child);
                    if (built.Lacks is not null)
                        Report(built);
                    else if (built.Node is not null)
                    {
                        node.Children.Add(built.Node);
                        any = true;
                    }
                }
                if (child.IsArray && (child.Marks & Marks.Optional) == 0 && !node.Children.Exists(made => made.Template == child))
                    node.Children.Add(new Output(child) { Value = EmptyArray });
                continue;
            }
            if (!walker.Holds(child.Condition) || (child.Choice >= 0 && chosen?.Contains(child.Choice) == true))
                continue;
            Built inner = Build(child);
            bool optional = (child.Marks & Marks.Optional) != 0;
            if (inner.Lacks is not null)
            {
                if (!optional)
                    return inner with { Node = null };
                continue;
            }
            if (inner.Node is null || (!inner.HasValue && child.HasFields && !child.IsEach && (optional || child.Children.Count > 0) && !HasRequiredShape(child)))
                continue;
            node.Children.Add(inner.Node);
            any |= inner.HasValue;
            if (child.Choice >= 0)
                (chosen ??= []).Add(child.Choice);
        }
        return new Built(node, any, null, default);
    }

    /// <summary>A container of optional things that all are absent is not written, unless the example wants an array there.</summary>
    private static bool HasRequiredShape(TreeTemplate template) => template.Children.Exists(child => child.IsArray && child.IsEach);

    private const string EmptyArray = "\u0000[]";

    private string? Text(Slot slot, TreeTemplate template)
    {
        string? text = walker.Value(slot, template.Place);
        return text is { Length: 0 } && slot.Role == SlotRole.Field ? null : text;
    }

    private void Report(Built built) =>
        walker.Findings.Error("missing-value", built.LacksAt, $"The document has no {built.Lacks}, which the message needs. Give it a value, or mark the line with ?.");

    public void ReportRoot(object document)
    {
        walker.Enter(mapping.Tree!.Scope, document);
        Built built = Build(mapping.Tree!);
        if (built.Lacks is not null)
            Report(built);
    }

    private byte[] Xml(Output root)
    {
        StringBuilder text = new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        if (mapping.Dtd is { } dtd)
        {
            string[] words = dtd.Split(' ', 2);
            text.Append(CultureInfo.InvariantCulture, $"<!DOCTYPE {words[0]} SYSTEM \"{(words.Length > 1 ? words[1] : "")}\">\n");
        }
        Element(text, root, 0);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private void Element(StringBuilder text, Output node, int depth)
    {
        text.Append(' ', depth * 2).Append('<').Append(node.Template.WrittenName);
        foreach (Output attribute in node.Children.Where(child => child.Template.IsAttribute))
        {
            text.Append(' ').Append(attribute.Template.WrittenName).Append("=\"");
            Escape(text, attribute.Value ?? "", attribute.Template, quotes: true);
            text.Append('"');
        }
        List<Output> children = [.. node.Children.Where(child => !child.Template.IsAttribute)];
        if (node.Value is { } value)
        {
            text.Append('>');
            Escape(text, value, node.Template, quotes: false);
            text.Append("</").Append(node.Template.WrittenName).Append(">\n");
        }
        else if (children.Count == 0)
            text.Append("/>\n");
        else
        {
            text.Append(">\n");
            foreach (Output child in children)
                Element(text, child, depth + 1);
            text.Append(' ', depth * 2).Append("</").Append(node.Template.WrittenName).Append(">\n");
        }
    }

    private void Escape(StringBuilder text, string value, TreeTemplate template, bool quotes)
    {
        for (int index = 0; index < value.Length; index++)
        {
            char character = value[index];
            switch (character)
            {
                case '&': text.Append("&amp;"); break;
                case '<': text.Append("&lt;"); break;
                case '>': text.Append("&gt;"); break;
                case '"' when quotes: text.Append("&quot;"); break;
                case '\r': text.Append("&#13;"); break;
                case '\n' or '\t' when quotes: text.Append(CultureInfo.InvariantCulture, $"&#{(int)character};"); break;
                default:
                    if (character < ' ' && character is not ('\n' or '\t') || character is '\uFFFE' or '\uFFFF')
                        walker.Findings.Error("cannot-write", template.Place, $"Found the character U+{(int)character:X4} at position {index + 1} of {template.Name}, which XML cannot carry. A blank would stand instead: correct the document.");
                    text.Append(character);
                    break;
            }
        }
    }

    private static byte[] Json(Output root)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" }))
        {
            if (root.Template.IsArray)
                writer.WriteStartArray();
            Json(writer, root);
            if (root.Template.IsArray)
                writer.WriteEndArray();
        }
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    private static void Json(Utf8JsonWriter writer, Output node)
    {
        if (!node.Template.IsObject)
        {
            Value(writer, node);
            return;
        }
        writer.WriteStartObject();
        for (int index = 0; index < node.Children.Count; index++)
        {
            Output child = node.Children[index];
            writer.WritePropertyName(child.Template.Name);
            if (!child.Template.IsArray)
            {
                Json(writer, child);
                continue;
            }
            writer.WriteStartArray();
            for (; index < node.Children.Count && node.Children[index].Template == child.Template; index++)
            {
                if (node.Children[index].Value != EmptyArray)
                    Json(writer, node.Children[index]);
            }
            index--;
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }

    private static void Value(Utf8JsonWriter writer, Output node)
    {
        string text = node.Value ?? "";
        if (node.Template.IsQuoted)
            writer.WriteStringValue(text);
        else if (text is "true" or "false")
            writer.WriteBooleanValue(text == "true");
        else if (text.Length == 0 || text == "null")
            writer.WriteNullValue();
        else if (decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
            writer.WriteNumberValue(number);
        else
            writer.WriteStringValue(text);
    }
}
