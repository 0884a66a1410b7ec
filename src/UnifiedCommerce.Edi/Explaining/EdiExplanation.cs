using System.Globalization;
using System.Text;
using UnifiedCommerce.Edi.Schemas;
using UnifiedCommerce.Edi.Validation;

namespace UnifiedCommerce.Edi.Explaining;

/// <summary>Writes an interchange out for a person: every segment in its group, elements with their names, codes with their meaning, faults in place.</summary>
public static class EdiExplanation
{
    /// <summary>Writes the explanation of a whole input.</summary>
    /// <param name="data">All bytes.</param>
    /// <param name="schemas">The schemas that have the names.</param>
    /// <param name="output">Receives the text, lines ended by a line feed.</param>
    /// <param name="options">How far and how strictly the faults are looked for.</param>
    /// <returns>The report whose findings were written.</returns>
    public static ValidationReport Write(ReadOnlySpan<byte> data, EdiSchemas schemas, TextWriter output, ValidationOptions options = default)
    {
        ArgumentNullException.ThrowIfNull(schemas);
        ArgumentNullException.ThrowIfNull(output);
        var report = EdiValidator.Validate(data, schemas, options);
        var run = new Run(schemas, output, report);
        var reader = new EdiReader(data, options.Reader);
        while (reader.Read()) run.Take(in reader, data);
        run.Rest();
        return report;
    }

    private sealed class Run(EdiSchemas schemas, TextWriter output, ValidationReport report)
    {
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
            Faults(reader.ByteOffset, "");
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
                    output.Write($"{Standard(dialect)} interchange\n");
                    break;
                case SegmentKind.MessageHeader:
                    Begin(in reader, dialect);
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

            Groups(node);
            var definition = plan?.Message.Directory.Segment(tag) ?? service?.Segment(tag);
            var indent = new string(' ', 2 * Depth(node));
            var position = reader.SegmentPosition > 0 ? reader.SegmentPosition.ToString(CultureInfo.InvariantCulture) : "";
            output.Write($"{position,5}  {indent}{tag}  {definition?.Name}\n");
            Elements(reader.Segment, tag, definition, indent);
            Faults(reader.EndOffset, indent);
            if (reader.Kind is SegmentKind.MessageTrailer or SegmentKind.InterchangeTrailer or SegmentKind.GroupTrailer) plan = null;
        }

        public void Rest() => Faults(long.MaxValue, "");

        private void Begin(scoped in EdiReader reader, Dialect dialect)
        {
            path = [];
            plan = null;
            if (!messages.TryGetValue((reader.InterchangeIndex, reader.MessageIndex), out var message)) return;
            var version = message.Version.Length == 0 && dialect.Standard == EdiStandard.X12 ? dialect.SyntaxIdentifier : message.Version;
            if (schemas.Find(dialect.Standard, version, message.Type) is not { } match)
            {
                output.Write($"\n{message.Type} {message.Reference}\n");
                return;
            }

            plan = schemas.Plan(match, []);
            checker.Begin(plan);
            var against = match.IsExact ? "" : $", explained with {match.Directory.Version}";
            output.Write($"\n{message.Type} {message.Reference}: {Or(match.Message.Name, "message")} {message.Version}{(message.AssociationCode.Length > 0 ? " " + message.AssociationCode : "")}{against}\n");
        }

        /// <summary>A line for every group that begins here.</summary>
        private void Groups(PlanNode? node)
        {
            if (node is null || plan is null) return;
            var chain = new List<PlanNode>();
            for (var at = plan.Nodes[Math.Max(node.Parent, 0)]; at.Index > 0; at = plan.Nodes[at.Parent]) chain.Insert(0, at);
            var names = chain.Select(group => group.Schema.Name).ToArray();
            for (var i = 0; i < names.Length; i++)
            {
                var begins = i >= path.Length || path[i] != names[i] || chain[i].TriggerLeaf == node.Index;
                if (begins && !names[i].Equals(chain[i].Schema.Trigger, StringComparison.Ordinal)) output.Write($"       {new string(' ', 2 * i)}{names[i]}\n");
            }

            path = names;
        }

        private int Depth(PlanNode? node)
        {
            var depth = 0;
            for (var at = node; at is not null && plan is not null && at.Parent > 0; at = plan.Nodes[at.Parent]) depth++;
            return depth;
        }

        private void Elements(SegmentView segment, string tag, SegmentSchema? definition, string indent)
        {
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
                output.Write($"         {indent}{place,-9} {Cut(schema?.Name ?? ""),-38} {value}{(meaning is null ? "" : " = " + meaning)}\n");
            }
        }

        private void Faults(long before, string indent)
        {
            while (findings.TryPeek(out var finding) && finding.ByteOffset < before)
            {
                findings.Dequeue();
                var code = finding.StandardCode is null ? "" : $" ({finding.StandardElement} {finding.StandardCode})";
                output.Write($"   >>>   {indent}{finding.Severity.ToString().ToLowerInvariant()}: {finding.Text}{code}\n");
            }
        }

        private static string Standard(Dialect dialect) => dialect.Standard switch
        {
            EdiStandard.X12 => $"X12 {dialect.SyntaxIdentifier}",
            EdiStandard.Edifact => $"EDIFACT syntax {dialect.SyntaxVersion}, {dialect.SyntaxIdentifier}",
            _ => "TRADACOMS",
        };

        private static string Or(string text, string otherwise) => text.Length > 0 ? text : otherwise;

        private static string Cut(string text) => text.Length <= 38 ? text : text[..37] + "…";
    }
}
