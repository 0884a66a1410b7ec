using System.Xml;
using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>Turns the lines of an XML or JSON mapping into a tree of templates.</summary>
internal sealed class TreeCompiler
{
    private readonly MappingText text;
    private readonly Binder binder;
    private readonly Findings findings;
    private readonly SlotParser slots;
    private readonly List<MapLine> lines = [];
    private readonly List<Range> ranges = [];
    private int choices;
    private int count;

    private TreeCompiler(MappingText text, Binder binder, Findings findings)
    {
        (this.text, this.binder, this.findings) = (text, binder, findings);
        slots = new SlotParser(text, findings);
    }

    /// <summary>The lines from an <c>each</c> to its <c>end</c>.</summary>
    private sealed class Range
    {
        public required MapLine Line { get; init; }
        public required Range? Parent { get; init; }
        public required int From { get; init; }
        public int To { get; set; } = int.MaxValue;
        public Scope? Scope { get; set; }
        public bool Bound { get; set; }
        public bool Skipped { get; set; }
    }

    public static CompiledMapping? Compile(MappingText text, MessageSyntax syntax, DocumentKind kind, Binder binder, Findings findings)
    {
        TreeCompiler compiler = new(text, binder, findings);
        compiler.CutRanges();
        string body = string.Join('\n', compiler.lines.Select(line => line.Body));
        TreeTemplate? root = syntax == MessageSyntax.Xml ? compiler.Xml(body) : compiler.Json(body);
        if (root is null || findings.HasErrors)
        {
            binder.Finish();
            return null;
        }
        foreach (Range range in compiler.ranges.Where(range => range is { Bound: false, Skipped: false }))
            findings.Error("empty", range.Line.Place, "Found no element between 'each' and 'end', expected one that stands for an item.");
        MarkFields(root);
        compiler.FindClashes(root);
        binder.Finish();
        return new CompiledMapping
        {
            File = text.File,
            Syntax = syntax,
            Document = kind,
            RootType = DocumentTypes.Of(kind)!,
            MessageType = syntax == MessageSyntax.Xml ? MessageTypeOf(root) : "",
            Version = text.Version ?? "",
            Zone = MappingCompiler.ZoneOf(text),
            Strict = text.Strict,
            Lenient = text.Lenient,
            CanRead = text.Direction != "write",
            CanWrite = text.Direction != "read",
            DecimalMark = text.DecimalMark,
            Dtd = text.Dtd,
            LocalNames = binder.LocalNames,
            MaximumDepth = binder.MaximumDepth,
            Tree = root,
            TemplateCount = compiler.count,
            ReadFields = binder.ReadFields,
            WrittenFields = binder.WrittenFields,
            OwnFields = binder.OwnFields,
        };
    }

    private static string MessageTypeOf(TreeTemplate root) =>
        root.Name == "cXML"
            ? root.Children.FirstOrDefault(child => child.Name is "Request" or "Message" or "Response")?.Children.FirstOrDefault(child => !child.IsAttribute && child.Name != "Status")?.Name ?? "cXML"
            : root.Name;

    /// <summary>Numbers the lines of the body and remembers which stand between each and end.</summary>
    private void CutRanges()
    {
        Range? open = null;
        foreach (MapLine line in text.Lines)
        {
            if ((line.Marks & Marks.Each) != 0)
            {
                open = new Range { Line = line, Parent = open, From = lines.Count + 1 };
                ranges.Add(open);
            }
            else if ((line.Marks & Marks.End) != 0)
            {
                if (open is null)
                    findings.Error("end", line.Place, "Found 'end' without an 'each' before it.");
                else
                {
                    open.To = lines.Count;
                    open = open.Parent;
                }
            }
            else if ((line.Marks & (Marks.Group | Marks.Split | Marks.Tree | Marks.Level)) != 0)
                findings.Error("gutter", line.Place, "Found group, split, tree or level in an XML or JSON mapping, where the nesting says it already.");
            else
                lines.Add(line);
        }
        for (; open is not null; open = open.Parent)
            findings.Error("no-end", open.Line.Place, $"Found 'each | {open.Line.Operand}' without 'end', expected an 'end' behind its last line.");
    }

    private Range? RangeAt(int line) => ranges.LastOrDefault(range => line >= range.From && line <= range.To);

    /// <summary>The scope of an element that starts at a line, and whether it stands for the items of an each.</summary>
    private (Scope? Scope, bool IsEach) ScopeAt(int line, TreeTemplate? parent, int parentLine)
    {
        Scope around = parent?.Scope ?? binder.Root;
        Range? range = RangeAt(line);
        if (range is null || (parent is not null && RangeAt(parentLine) == range))
            return (around, false);
        if (range.Bound)
        {
            findings.Error("each", lines[line - 1].Place, $"Found a second element in 'each | {range.Line.Operand}', expected one that stands for an item.");
            return (around, false);
        }
        range.Bound = true;
        range.Scope = binder.Each(around, range.Line.Operand, range.Line.Arguments, range.Line.Place);
        if (range.Scope is null)
        {
            range.Skipped = true;
            return (null, false);
        }
        return (range.Scope, true);
    }

    private TreeTemplate Add(TreeTemplate template, TreeTemplate? parent, MapLine line)
    {
        template.Index = count++;
        if (parent is not null)
        {
            if ((line.Marks & Marks.Or) != 0 && !template.IsAttribute && parent.Children.LastOrDefault(child => !child.IsAttribute) is { } before && FirstOnLine(template, parent, line))
            {
                if (before.Choice < 0)
                    before.Choice = choices++;
                template.Choice = before.Choice;
            }
            parent.Children.Add(template);
        }
        binder.BindCondition(template.Scope, line.Condition, line.Place);
        return template;
    }

    private static bool FirstOnLine(TreeTemplate template, TreeTemplate parent, MapLine line) => template.Place.Line == line.Place.Line && parent.Place.Line != line.Place.Line;

    private void Bind(TreeTemplate template, string source, MapLine line, int column)
    {
        Slot slot = slots.Parse(source, line.Place with { Column = column });
        // A literal true/false beside fields tells siblings apart, like a qualifier does.
        template.Value = slot;
        binder.BindSlot(template.Scope, slot, (template.Marks & (Marks.WriteOnly | Marks.Skip)) == 0, (template.Marks & (Marks.ReadOnly | Marks.Skip)) == 0);
    }

    private TreeTemplate? Xml(string body)
    {
        XmlReaderSettings settings = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, IgnoreProcessingInstructions = true, IgnoreWhitespace = true };
        TreeTemplate? root = null;
        Stack<(TreeTemplate? Template, int Line)> open = new();
        try
        {
            using XmlReader reader = XmlReader.Create(new StringReader(body), settings);
            IXmlLineInfo at = (IXmlLineInfo)reader;
            int hidden = 0;
            while (reader.Read())
            {
                switch (reader.NodeType)
                {
                    case XmlNodeType.Element:
                    {
                        MapLine line = lines[at.LineNumber - 1];
                        int number = at.LineNumber;
                        int column = line.Place.Column + at.LinePosition - 1;
                        bool empty = reader.IsEmptyElement;
                        (TreeTemplate? parent, int parentLine) = open.Count > 0 ? open.Peek() : (null, 0);
                        if (hidden > 0)
                        {
                            hidden += empty ? 0 : 1;
                            break;
                        }
                        (Scope? scope, bool each) = ScopeAt(number, parent, parentLine);
                        if (scope is null)
                        {
                            hidden += empty ? 0 : 1;
                            break;
                        }
                        // The marks of a line belong to its outermost element.
                        bool outermost = parentLine != number;
                        Range? range = each ? RangeAt(number) : null;
                        TreeTemplate element = Add(new TreeTemplate
                        {
                            Name = reader.LocalName,
                            Namespace = reader.NamespaceURI,
                            WrittenName = reader.Name,
                            Place = line.Place with { Column = column },
                            Scope = scope,
                            Parent = parent,
                            Marks = outermost ? line.Marks | (range?.Line.Marks & Marks.Optional ?? 0) : parent!.Marks & (Marks.ReadOnly | Marks.WriteOnly | Marks.Skip),
                            Condition = range?.Line.Condition ?? (outermost ? line.Condition : null),
                            IsEach = each,
                            IsObject = true,
                        }, parent, line);
                        if (range is not null)
                            binder.BindCondition(scope, range.Line.Condition, range.Line.Place);
                        root ??= element;
                        while (reader.MoveToNextAttribute())
                        {
                            bool declaration = reader.Prefix == "xmlns" || reader.Name == "xmlns";
                            TreeTemplate attribute = Add(new TreeTemplate
                            {
                                Name = "@" + (declaration ? reader.Name : reader.LocalName),
                                WrittenName = reader.Name,
                                Place = line.Place with { Column = column },
                                Scope = scope,
                                Parent = element,
                                Marks = element.Marks & (Marks.ReadOnly | Marks.WriteOnly | Marks.Skip),
                                IsAttribute = true,
                                IsNamespaceDeclaration = declaration || reader.Prefix == "xsi",
                            }, element, line);
                            Bind(attribute, reader.Value, line, line.Place.Column + at.LinePosition - 1);
                        }
                        if (!empty)
                            open.Push((element, number));
                        break;
                    }
                    case XmlNodeType.Text or XmlNodeType.CDATA when hidden == 0:
                    {
                        TreeTemplate element = open.Peek().Template!;
                        MapLine line = lines[at.LineNumber - 1];
                        Bind(element, reader.Value.Trim(), line, line.Place.Column + at.LinePosition - 1);
                        break;
                    }
                    case XmlNodeType.EndElement:
                        if (hidden > 0)
                            hidden--;
                        else
                            open.Pop();
                        break;
                }
            }
        }
        catch (XmlException fault)
        {
            MapLine line = lines[Math.Clamp(fault.LineNumber - 1, 0, lines.Count - 1)];
            findings.Error("xml", line.Place with { Column = line.Place.Column + Math.Max(fault.LinePosition - 1, 0) }, $"The example is not well-formed XML: {fault.Message}");
            return null;
        }
        return root;
    }

    private TreeTemplate? Json(string body)
    {
        JsonTemplateParser parser = new(body);
        TreeTemplate? root = null;
        try
        {
            parser.Blank();
            root = JsonValue(parser, "", null, 0);
            parser.Blank();
            if (!parser.AtEnd)
                throw parser.Wrong("the end");
        }
        catch (JsonTemplateException fault)
        {
            (int number, int column) = parser.Position(fault.At);
            MapLine line = lines[Math.Clamp(number - 1, 0, lines.Count - 1)];
            findings.Error("json", line.Place with { Column = line.Place.Column + column - 1 }, fault.Message);
            return null;
        }
        return root;
    }

    private TreeTemplate? JsonValue(JsonTemplateParser parser, string name, TreeTemplate? parent, int parentLine, bool isArray = false)
    {
        (int number, int column) = parser.Position(parser.At);
        MapLine line = lines[number - 1];
        TextPlace place = line.Place with { Column = line.Place.Column + column - 1 };
        if (parser.Peek == '[')
        {
            if (isArray)
                throw parser.Wrong("an object or a value: an array in an array has no name");
            parser.Take('[');
            parser.Blank();
            TreeTemplate? item = JsonValue(parser, name, parent, parentLine, true);
            parser.Blank();
            if (parser.Peek == ',')
                throw parser.Wrong("']': one item stands for all");
            parser.Take(']');
            return item;
        }
        (Scope? scope, bool each) = ScopeAt(number, parent, parentLine);
        Range? range = each ? RangeAt(number) : null;
        bool outermost = parentLine != number;
        TreeTemplate? template = scope is null ? null : Add(new TreeTemplate
        {
            Name = name,
            WrittenName = name,
            Place = place,
            Scope = scope,
            Parent = parent,
            Marks = outermost ? line.Marks | (range?.Line.Marks & Marks.Optional ?? 0) : (parent?.Marks ?? 0) & (Marks.ReadOnly | Marks.WriteOnly | Marks.Skip),
            Condition = range?.Line.Condition ?? (outermost ? line.Condition : null),
            IsEach = each,
            IsArray = isArray,
            IsQuoted = parser.Peek == '"',
            IsObject = parser.IsObject,
        }, parent, line);
        if (range is not null && scope is not null)
            binder.BindCondition(scope, range.Line.Condition, range.Line.Place);
        if (parser.IsObject)
        {
            parser.Take('{');
            parser.Blank();
            while (parser.Peek != '}')
            {
                string member = parser.String();
                parser.Blank();
                parser.Take(':');
                parser.Blank();
                if (template is null)
                    parser.Skip();
                else
                    JsonValue(parser, member, template, number);
                parser.Blank();
                if (parser.Peek == ',')
                {
                    parser.Take(',');
                    parser.Blank();
                }
            }
            parser.Take('}');
            return template;
        }
        string source = parser.Peek == '"' ? parser.String() : parser.Raw();
        if (template is not null)
            Bind(template, source, line, place.Column);
        return template;
    }

    private static bool MarkFields(TreeTemplate template)
    {
        bool any = template.Value?.Role is SlotRole.Field or SlotRole.Local or SlotRole.Pairs;
        foreach (TreeTemplate child in template.Children)
            any |= MarkFields(child);
        return template.HasFields = any;
    }

    /// <summary>Two siblings that the same element would fit: reading it would be a guess.</summary>
    private void FindClashes(TreeTemplate template)
    {
        for (int one = 0; one < template.Children.Count; one++)
        {
            TreeTemplate left = template.Children[one];
            FindClashes(left);
            for (int other = one + 1; other < template.Children.Count; other++)
            {
                TreeTemplate right = template.Children[other];
                if (left.Name == right.Name && left.Namespace == right.Namespace && ((left.Marks | right.Marks) & Marks.WriteOnly) == 0 && !left.IsAttribute
                    && left.Choice < 0 && right.Choice < 0 && left.Condition is null && right.Condition is null && !Differ(left, right))
                    findings.Error("ambiguous", right.Place, $"Found two lines that the same {right.Name} fits (the other is {left.Place}), expected a literal that tells them apart.");
            }
        }
    }

    private static bool Differ(TreeTemplate left, TreeTemplate right) => DifferOneWay(left, right) || DifferOneWay(right, left);

    private static bool DifferOneWay(TreeTemplate left, TreeTemplate right)
    {
        foreach ((string path, Slot literal) in Literals(left, ""))
        {
            // A literal against an open place: the line above goes first, the other takes the rest.
            if (Open(right, path))
                return true;
            foreach ((string other, Slot opposite) in Literals(right, ""))
            {
                if (path == other && !literal.Literals.Intersect(opposite.Literals).Any())
                    return true;
            }
        }
        return false;
    }

    private static bool Open(TreeTemplate template, string path)
    {
        TreeTemplate? at = template;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            at = at?.Children.Find(child => child.Name == name);
        return at?.Value is { Role: SlotRole.Field or SlotRole.Local or SlotRole.Ignore };
    }

    private static IEnumerable<(string Path, Slot Slot)> Literals(TreeTemplate template, string path)
    {
        if (template.Value is { Role: SlotRole.Literal or SlotRole.AnyOf } slot)
            yield return (path, slot);
        foreach (TreeTemplate child in template.Children.Where(child => !child.IsEach))
        {
            foreach ((string inner, Slot found) in Literals(child, $"{path}/{child.Name}"))
                yield return (inner, found);
        }
    }
}

/// <summary>A fault in a JSON example.</summary>
internal sealed class JsonTemplateException(string message, int at) : Exception(message)
{
    public int At { get; } = at;
}

/// <summary>Cuts a JSON example into its tokens; placeholders may stand where JSON wants a number.</summary>
internal sealed class JsonTemplateParser(string text)
{
    public int At { get; private set; }
    public bool AtEnd => At >= text.Length;
    public char Peek => At < text.Length ? text[At] : '\0';

    /// <summary>A brace opens an object, or a placeholder when a name or a role follows at once.</summary>
    public bool IsObject
    {
        get
        {
            if (Peek != '{')
                return false;
            int next = At + 1;
            return next >= text.Length || char.IsWhiteSpace(text[next]) || text[next] is '"' or '}';
        }
    }

    public (int Line, int Column) Position(int at)
    {
        int line = 1, column = 1;
        for (int index = 0; index < at && index < text.Length; index++)
        {
            if (text[index] == '\n')
                (line, column) = (line + 1, 1);
            else
                column++;
        }
        return (line, column);
    }

    public void Blank()
    {
        while (At < text.Length && char.IsWhiteSpace(text[At]))
            At++;
    }

    public void Take(char expected)
    {
        if (Peek != expected)
            throw Wrong($"'{expected}'");
        At++;
    }

    public string String()
    {
        Take('"');
        System.Text.StringBuilder value = new();
        int braces = 0;
        while (Peek != '"' || braces > 0)
        {
            if (AtEnd || Peek == '\n')
                throw Wrong("'\"'");
            braces += Peek == '{' ? 1 : Peek == '}' ? -1 : 0;
            if (Peek == '\\')
            {
                At++;
                value.Append(Peek switch { 'n' => '\n', 't' => '\t', 'r' => '\r', char other => other });
            }
            else
                value.Append(Peek);
            At++;
        }
        At++;
        return value.ToString();
    }

    public string Raw()
    {
        int start = At;
        if (Peek == '{')
        {
            while (!AtEnd && Peek != '}')
                At++;
            Take('}');
            return text[start..At];
        }
        while (!AtEnd && !char.IsWhiteSpace(Peek) && Peek is not (',' or '}' or ']'))
            At++;
        if (At == start)
            throw Wrong("a value");
        return text[start..At];
    }

    public void Skip()
    {
        if (Peek == '"')
        {
            String();
            return;
        }
        if (Peek is not ('[' or '{') || (Peek == '{' && !IsObject))
        {
            Raw();
            return;
        }
        int depth = 0;
        do
        {
            if (AtEnd)
                throw Wrong("the end of an object or array");
            if (Peek == '"')
            {
                String();
                continue;
            }
            depth += Peek is '[' or '{' ? 1 : Peek is ']' or '}' ? -1 : 0;
            At++;
        }
        while (depth > 0);
    }

    public JsonTemplateException Wrong(string expected) => new($"The example is not JSON with placeholders: found {(AtEnd ? "the end" : $"'{Peek}'")}, expected {expected}.", At);
}
