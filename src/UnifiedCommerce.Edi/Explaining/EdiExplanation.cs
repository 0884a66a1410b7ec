using System.Globalization;
using System.Text;
using UnifiedCommerce.Edi.Schemas;
using UnifiedCommerce.Edi.Validation;

namespace UnifiedCommerce.Edi.Explaining;

/// <summary>An element or component of an explained segment.</summary>
/// <param name="Place">Where: <c>BEG03</c>, <c>DTM01-2</c>.</param>
/// <param name="Name">Its name in the directory; empty when it is not there.</param>
/// <param name="Value">What stands there, cut when long.</param>
/// <param name="Meaning">What the code means; null when it is no known code.</param>
public readonly record struct ExplainedElement(string Place, string Name, string Value, string? Meaning);

/// <summary>A segment in words.</summary>
public sealed record ExplainedSegment
{
    /// <summary>Index of the interchange in the input, from 0.</summary>
    public required int InterchangeIndex { get; init; }
    /// <summary>Index of the message in its interchange, from 0; -1 outside messages.</summary>
    public required int MessageIndex { get; init; }
    /// <summary>Position in the message, from 1; 0 outside messages.</summary>
    public required long Position { get; init; }
    /// <summary>Tag.</summary>
    public required string Tag { get; init; }
    /// <summary>Its name in the directory; empty when it is not there.</summary>
    public required string Name { get; init; }
    /// <summary>How many groups it stands in.</summary>
    public required int Depth { get; init; }
    /// <summary>What begins with it: an interchange or a message, in words; null for others.</summary>
    public string? Heading { get; init; }
    /// <summary>Groups that begin with it and are not named like it, outermost first.</summary>
    public IReadOnlyList<(int Depth, string Name)> Groups { get; init; } = [];
    /// <summary>Elements that hold something.</summary>
    public required IReadOnlyList<ExplainedElement> Elements { get; init; }
    /// <summary>What was found before it since the segment before.</summary>
    public IReadOnlyList<Finding> Before { get; init; } = [];
    /// <summary>What was found in it; of the last segment also what was found after it.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];
    /// <summary>Offset of its first byte in the input.</summary>
    public required long ByteOffset { get; init; }
    /// <summary>Offset behind its last byte.</summary>
    public required long EndOffset { get; init; }
}

/// <summary>An input in words.</summary>
/// <param name="Report">What was found.</param>
/// <param name="Segments">Its segments in their order.</param>
public sealed record ExplainedInput(ValidationReport Report, IReadOnlyList<ExplainedSegment> Segments);

/// <summary>Explains interchanges to a person: every segment in its group, elements with their names, codes with their meaning, faults in place.</summary>
public static class EdiExplanation
{
    /// <summary>Explains a whole input.</summary>
    /// <param name="data">All bytes.</param>
    /// <param name="schemas">The schemas that have the names.</param>
    /// <param name="options">How far and how strictly the faults are looked for.</param>
    public static ExplainedInput Read(ReadOnlySpan<byte> data, EdiSchemas schemas, ValidationOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(schemas);
        var report = EdiValidator.Validate(data, schemas, options);
        var run = new Run(schemas, report);
        var reader = new EdiReader(data, options.Reader);
        while (reader.Read()) run.Take(in reader, data);
        return new ExplainedInput(report, run.End());
    }

    /// <summary>Writes the explanation of a whole input.</summary>
    /// <param name="data">All bytes.</param>
    /// <param name="schemas">The schemas that have the names.</param>
    /// <param name="output">Receives the text, lines ended by a line feed.</param>
    /// <param name="options">How far and how strictly the faults are looked for.</param>
    /// <returns>The report whose findings were written.</returns>
    public static ValidationReport Write(ReadOnlySpan<byte> data, EdiSchemas schemas, TextWriter output, ValidationOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(output);
        var explained = Read(data, schemas, options);
        foreach (var segment in explained.Segments)
        {
            Faults(output, segment.Before, "");
            if (segment.Heading is { } heading) output.Write($"{(segment.MessageIndex >= 0 ? "\n" : "")}{heading}\n");
            foreach (var (depth, name) in segment.Groups) output.Write($"       {new string(' ', 2 * depth)}{name}\n");
            var indent = new string(' ', 2 * segment.Depth);
            var position = segment.Position > 0 ? segment.Position.ToString(CultureInfo.InvariantCulture) : "";
            output.Write($"{position,5}  {indent}{segment.Tag}  {segment.Name}\n");
            foreach (var element in segment.Elements)
                output.Write($"         {indent}{element.Place,-9} {Cut(element.Name),-38} {element.Value}{(element.Meaning is null ? "" : " = " + element.Meaning)}\n");
            Faults(output, segment.Findings.TakeWhile(finding => finding.ByteOffset < segment.EndOffset), indent);
            Faults(output, segment.Findings.SkipWhile(finding => finding.ByteOffset < segment.EndOffset), "");
        }

        if (explained.Segments.Count == 0) Faults(output, explained.Report.Findings, "");
        return explained.Report;
    }

    private static void Faults(TextWriter output, IEnumerable<Finding> findings, string indent)
    {
        foreach (var finding in findings)
        {
            var code = finding.StandardCode is null ? "" : $" ({finding.StandardElement} {finding.StandardCode})";
            output.Write($"   >>>   {indent}{finding.Severity.ToString().ToLowerInvariant()}: {finding.Text}{code}\n");
        }
    }

    private static string Cut(string text) => text.Length <= 38 ? text : text[..37] + "…";

    private sealed class Run(EdiSchemas schemas, ValidationReport report)
    {
        private readonly List<ExplainedSegment> explained = [];
        private readonly MessageChecker checker = new(new FindingSink(0));
        private readonly Queue<Finding> findings = new(report.Findings);
        private readonly Dictionary<(int, int), MessageReport> messages = report.Interchanges.SelectMany(i => i.Messages.Select(m => (i.Index, m)))
            .GroupBy(pair => (pair.Index, pair.m.Index)).ToDictionary(group => group.Key, group => group.First().m);

        private MessagePlan? plan;
        private SchemaDirectory? service;
        private string[] path = [];

        public void Take(scoped in EdiReader reader, ReadOnlySpan<byte> data)
        {
            var dialect = reader.Dialect!;
            var segment = new SegmentBytes(data, reader.Marks, (int)reader.ByteOffset, reader.IsComposite, dialect);
            var tag = Encoding.Latin1.GetString(segment.Tag[..Math.Min(8, segment.Tag.Length)]);
            var before = Until(reader.ByteOffset);
            string? heading = null;
            switch (reader.Kind)
            {
                case SegmentKind.InterchangeHeader:
                    service = dialect.Standard switch
                    {
                        EdiStandard.X12 => schemas.Nearest(EdiStandard.X12, dialect.SyntaxIdentifier),
                        EdiStandard.Edifact => schemas.Service(dialect.SyntaxVersion),
                        _ => schemas.Directory(EdiStandard.Tradacoms, ""),
                    };
                    plan = null;
                    heading = $"{Standard(dialect)} interchange";
                    break;
                case SegmentKind.MessageHeader:
                    heading = Begin(in reader, dialect);
                    break;
                default:
                    break;
            }

            PlanNode? node = null;
            if (reader.Kind == SegmentKind.Body && plan is not null)
            {
                checker.Segment(segment, segment.TagKey);
                node = checker.Here is { } here && here.Schema.Name == tag ? here : null;
            }

            var groups = Groups(node);
            var definition = plan?.Message.Directory.Segment(tag) ?? service?.Segment(tag);
            explained.Add(new ExplainedSegment
            {
                InterchangeIndex = reader.InterchangeIndex, MessageIndex = reader.MessageIndex, Position = reader.SegmentPosition, Tag = tag, Name = definition?.Name ?? "",
                Depth = Depth(node), Heading = heading, Groups = groups, Elements = Elements(reader.Segment, tag, definition), Before = before, Findings = Until(reader.EndOffset),
                ByteOffset = reader.ByteOffset, EndOffset = reader.EndOffset,
            });
            if (reader.Kind is SegmentKind.MessageTrailer or SegmentKind.InterchangeTrailer or SegmentKind.GroupTrailer) plan = null;
        }

        /// <summary>The segments; the last one takes what was found behind it.</summary>
        public IReadOnlyList<ExplainedSegment> End()
        {
            if (explained.Count > 0 && findings.Count > 0) explained[^1] = explained[^1] with { Findings = [.. explained[^1].Findings, .. Until(long.MaxValue)] };
            return explained;
        }

        private string? Begin(scoped in EdiReader reader, Dialect dialect)
        {
            path = [];
            plan = null;
            if (!messages.TryGetValue((reader.InterchangeIndex, reader.MessageIndex), out var message)) return null;
            var version = message.Version.Length == 0 && dialect.Standard == EdiStandard.X12 ? dialect.SyntaxIdentifier : message.Version;
            if (schemas.Find(dialect.Standard, version, message.Type) is not { } match)
            {
                return $"{message.Type} {message.Reference}";
            }

            plan = schemas.Plan(match, []);
            checker.Begin(plan);
            var against = match.IsExact ? "" : $", explained with {match.Directory.Version}";
            return $"{message.Type} {message.Reference}: {Or(match.Message.Name, "message")} {message.Version}{(message.AssociationCode.Length > 0 ? " " + message.AssociationCode : "")}{against}";
        }

        /// <summary>The groups that begin here.</summary>
        private List<(int Depth, string Name)> Groups(PlanNode? node)
        {
            var beginning = new List<(int, string)>();
            if (node is null || plan is null) return beginning;
            var chain = new List<PlanNode>();
            for (var at = plan.Nodes[Math.Max(node.Parent, 0)]; at.Index > 0; at = plan.Nodes[at.Parent]) chain.Insert(0, at);
            var names = chain.Select(group => group.Schema.Name).ToArray();
            for (var i = 0; i < names.Length; i++)
            {
                var begins = i >= path.Length || path[i] != names[i] || chain[i].TriggerLeaf == node.Index;
                if (begins && !names[i].Equals(chain[i].Schema.Trigger, StringComparison.Ordinal)) beginning.Add((i, names[i]));
            }

            path = names;
            return beginning;
        }

        private int Depth(PlanNode? node)
        {
            var depth = 0;
            for (var at = node; at is not null && plan is not null && at.Parent > 0; at = plan.Nodes[at.Parent]) depth++;
            return depth;
        }

        private static List<ExplainedElement> Elements(SegmentView segment, string tag, SegmentSchema? definition)
        {
            var elements = new List<ExplainedElement>();
            int element = 0, component = 0;
            for (var i = 1; i < segment.TokenCount; i++)
            {
                switch (segment.KindOf(i))
                {
                    case TokenKind.Element: (element, component) = (element + 1, 1); break;
                    case TokenKind.Repetition: component = 1; break;
                    default: component++; break;
                }

                var bytes = segment.Token(i);
                if (bytes.IsEmpty) continue;
                var use = definition is not null && element > 0 && element <= definition.Elements.Length ? definition.Elements[element - 1] : null;
                var composite = use?.Composite;
                var schema = composite is null ? component == 1 ? use?.Element : null : component <= composite.Components.Length ? composite.Components[component - 1].Element : null;
                var place = composite is null && component == 1 ? $"{tag}{element:00}" : $"{tag}{element:00}-{component}";
                var value = FindingSink.Show(bytes, segment.Dialect);
                var meaning = schema?.Codes?.Meaning(value.Trim());
                elements.Add(new ExplainedElement(place, schema?.Name ?? "", value, meaning));
            }

            return elements;
        }

        private List<Finding> Until(long offset)
        {
            var found = new List<Finding>();
            while (findings.TryPeek(out var finding) && finding.ByteOffset < offset) found.Add(findings.Dequeue());
            return found;
        }

        private static string Standard(Dialect dialect) => dialect.Standard switch
        {
            EdiStandard.X12 => $"X12 {dialect.SyntaxIdentifier}",
            EdiStandard.Edifact => $"EDIFACT syntax {dialect.SyntaxVersion}, {dialect.SyntaxIdentifier}",
            _ => "TRADACOMS",
        };

        private static string Or(string text, string otherwise) => text.Length > 0 ? text : otherwise;
    }
}
