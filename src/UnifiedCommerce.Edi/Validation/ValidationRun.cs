using System.Collections;
using UnifiedCommerce.Edi.Guides;
using UnifiedCommerce.Edi.Schemas;

namespace UnifiedCommerce.Edi.Validation;

/// <summary>One check from the first byte to the last: feeds every checker and keeps the envelope facts for the report.</summary>
internal sealed class ValidationRun
{
    private readonly EdiSchemas schemas;
    private readonly ValidationOptions options;
    private readonly FindingSink sink;
    private readonly EnvelopeChecker envelope;
    private readonly CharacterChecker characters;
    private readonly MessageChecker checker;
    private readonly BalanceChecker balance;
    private readonly List<InterchangeReport> interchanges = [];
    private readonly HashSet<string> toldOnce = new(StringComparer.Ordinal);

    private readonly bool checksMessages;
    private readonly bool checksBalance;
    private byte[] lastHeader = [];
    private MessagePlan? plan;
    private MessageKind messageKind = new("", "", "", "", null);
    private string type = "";
    private string version = "";
    private string agency = "";
    private string association = "";
    private bool inMessage;
    private long segments;
    private long lastMessageSegment;
    private Dialect? dialect;
    private Dialect? serviceDialect;
    private SchemaDirectory? serviceDirectory;
    private string serviceRelease = "";

    public ValidationRun(EdiSchemas schemas, ValidationOptions options)
    {
        this.schemas = schemas;
        this.options = options;
        sink = new(options.MaximumFindings);
        var into = new Funnel(sink);
        envelope = new(into);
        characters = new(into);
        checker = new(sink);
        balance = new(sink);
        checksMessages = options.UpTo >= FindingLevel.Structure;
        checksBalance = options.UpTo >= FindingLevel.Balance;
    }

    /// <summary>Takes the segment the reader stands on.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="data">The block the reader reads.</param>
    /// <param name="offset">Offset of the block in the input.</param>
    public void Take(scoped in EdiReader reader, ReadOnlySpan<byte> data, long offset)
    {
        segments++;
        var kind = reader.Kind;
        var segment = new SegmentBytes(data, reader.Marks, (int)(reader.ByteOffset - offset), reader.IsComposite, reader.Dialect!);
        if (kind == SegmentKind.Body && inMessage)
        {
            envelope.Add(in reader);
            characters.Add(in reader);
            if (!checksMessages) return;
            sink.At(segment.Dialect.Standard, offset, reader.InterchangeIndex, reader.GroupIndex, reader.MessageIndex, reader.SegmentPosition);
            var tag = segment.TagKey;
            checker.Segment(segment, tag);
            if (checksBalance) balance.Segment(tag, segment);
            return;
        }

        Envelope(in reader, segment, offset);
    }

    /// <summary>Ends the input at the reader's end.</summary>
    public void End(scoped in EdiReader reader)
    {
        LeaveMessage();
        envelope.End(in reader);
        foreach (var finding in reader.Findings) sink.Add(finding);
    }

    public ValidationReport Finish(scoped in EdiReader reader)
    {
        End(in reader);
        return Report();
    }

    public ValidationReport Report()
    {
        // Checkers report side by side; a reader of the report goes through the file from front to back.
        var findings = sink.Findings;
        var ordered = findings.Index().OrderBy(item => item.Item.ByteOffset).ThenBy(item => item.Item.Level).ThenBy(item => item.Index).Select(item => item.Item).ToList();
        return new() { Findings = ordered, Interchanges = interchanges, Segments = segments, Errors = sink.Errors, Warnings = sink.Warnings };
    }

    private void Envelope(scoped in EdiReader reader, in SegmentBytes segment, long offset)
    {
        dialect = segment.Dialect;
        sink.At(dialect.Standard, offset, reader.InterchangeIndex, reader.GroupIndex, reader.MessageIndex, reader.SegmentPosition);
        switch (reader.Kind)
        {
            case SegmentKind.InterchangeHeader:
                LeaveMessage();
                interchanges.Add(Interchange(in reader));
                sink.Interchange = interchanges[^1];
                sink.Group = null;
                sink.Message = null;
                balance.BeginInterchange();
                break;
            case SegmentKind.GroupHeader:
                LeaveMessage();
                Current(in reader).GroupList.Add(sink.Group = Group(in reader));
                sink.Message = null;
                break;
            case SegmentKind.MessageHeader:
                LeaveMessage();
                sink.Message = Message(in reader, segment);
                Current(in reader).MessageList.Add(sink.Message);
                if (sink.Group is not null && reader.GroupIndex >= 0) sink.Group.Messages++;
                lastMessageSegment = segments - 1;
                inMessage = true;
                if (checksMessages)
                {
                    checker.Begin(plan);
                    if (checksBalance) balance.Begin(dialect.Standard, type);
                }

                break;
            case SegmentKind.MessageTrailer when inMessage:
                if (checksMessages)
                {
                    checker.End(segment);
                    if (checksBalance) balance.End(segment);
                }

                break;
            case SegmentKind.GroupTrailer when sink.Group is not null:
                LeaveMessage();
                sink.Message = null;
                sink.Group.AnnouncedMessages = int.TryParse(reader.Element(1), out var announced) ? announced : null;
                break;
            case SegmentKind.InterchangeTrailer when interchanges.Count > 0:
                LeaveMessage();
                sink.Group = null;
                sink.Message = null;
                interchanges[^1].HasTrailer = true;
                break;
            default:
                break;
        }

        envelope.Add(in reader);
        characters.Add(in reader);
        if (options.UpTo >= FindingLevel.Element) ServiceElements(reader.Kind, segment);
        if (reader.Kind == SegmentKind.MessageTrailer) LeaveMessage();
        else if (reader.Kind == SegmentKind.GroupTrailer) sink.Group = null;
    }

    /// <summary>ISA has its own check; the other headers and trailers are segments like any.</summary>
    private void ServiceElements(SegmentKind kind, in SegmentBytes segment)
    {
        // GS08, not ISA12, says which release the sets and their headers are written in.
        var release = dialect!.Standard == EdiStandard.X12 ? sink.Group?.Version ?? dialect.SyntaxIdentifier : "";
        if (!ReferenceEquals(serviceDialect, dialect) || release != serviceRelease)
        {
            (serviceDialect, serviceRelease) = (dialect, release);
            serviceDirectory = dialect.Standard switch
            {
                EdiStandard.X12 => schemas.Nearest(EdiStandard.X12, release),
                EdiStandard.Edifact => schemas.Service(dialect.SyntaxVersion),
                _ => schemas.Directory(EdiStandard.Tradacoms, ""),
            };
        }

        var directory = dialect.Standard == EdiStandard.X12 && kind == SegmentKind.InterchangeHeader ? null : serviceDirectory;
        // Senders mix the headers of syntax 3 and 4 (dates of eight digits, further components); they are read all the same.
        if (directory is not null) checker.Loose(segment, directory, dialect.Standard == EdiStandard.X12);
    }

    private void LeaveMessage()
    {
        if (!inMessage) return;
        inMessage = false;
        if (sink.Message is not null) sink.Message.Segments = (int)(segments - lastMessageSegment);
    }

    private InterchangeReport Current(scoped in EdiReader reader)
    {
        // A message without an interchange around it still belongs to one, so that it can be reported on.
        if (interchanges.Count == 0 || interchanges[^1].Index != reader.InterchangeIndex)
        {
            interchanges.Add(new() { Index = reader.InterchangeIndex, Dialect = reader.Dialect!, ByteOffset = reader.ByteOffset });
            sink.Interchange = interchanges[^1];
            sink.Group = null;
        }

        return interchanges[^1];
    }

    private static InterchangeReport Interchange(scoped in EdiReader reader)
    {
        var segment = reader.Segment;
        var x12 = segment.Dialect.Standard == EdiStandard.X12;
        var prepared = x12 ? $"{segment.Text(9)} {segment.Text(10)}" : $"{segment.Text(4)} {segment.Text(4, 2)}";
        return new()
        {
            Index = reader.InterchangeIndex,
            Dialect = segment.Dialect,
            ByteOffset = reader.InterchangeOffset,
            PreparedText = prepared,
            Header = new()
            {
                Sender = (x12 ? segment.Text(6) : segment.Text(2)).Trim(),
                SenderQualifier = x12 ? segment.Text(5) : segment.Text(2, 2),
                SenderName = x12 ? "" : segment.Dialect.Standard == EdiStandard.Tradacoms ? segment.Text(2, 2) : segment.Text(2, 3),
                Receiver = (x12 ? segment.Text(8) : segment.Text(3)).Trim(),
                ReceiverQualifier = x12 ? segment.Text(7) : segment.Text(3, 2),
                ReceiverName = x12 ? "" : segment.Dialect.Standard == EdiStandard.Tradacoms ? segment.Text(3, 2) : segment.Text(3, 3),
                Prepared = EdiValue.Date(prepared.Split(' ')[0], prepared.Split(' ')[^1]) ?? default,
                ControlReference = x12 ? segment.Text(13) : segment.Text(5),
                AcknowledgementRequested = (x12 ? segment.Text(14) : segment.Text(9)) == "1",
                IsTest = x12 ? segment.Text(15) == "T" : segment.Text(11) is not ("" or "0"),
            },
        };
    }

    private static GroupReport Group(scoped in EdiReader reader)
    {
        var segment = reader.Segment;
        return segment.Dialect.Standard switch
        {
            EdiStandard.X12 => new() { Index = reader.GroupIndex, FunctionalIdentifier = segment.Text(1), Sender = segment.Text(2), Receiver = segment.Text(3), ControlReference = segment.Text(6), Version = segment.Text(8).Trim() },
            EdiStandard.Edifact => new() { Index = reader.GroupIndex, FunctionalIdentifier = segment.Text(1), Sender = segment.Text(2), Receiver = segment.Text(3), ControlReference = segment.Text(5), Version = segment.Text(7) + segment.Text(7, 2) },
            _ => new() { Index = reader.GroupIndex, FunctionalIdentifier = "", Sender = "", Receiver = "", ControlReference = segment.Text(1), Version = "" },
        };
    }

    private MessageReport Message(scoped in EdiReader reader, in SegmentBytes segment)
    {
        var view = reader.Segment;
        // Messages of a file are mostly alike: type and version are looked up again only when the header's bytes differ.
        var identity = dialect!.Standard == EdiStandard.X12 ? view.RawElement(1) : view.RawElement(2);
        var groupVersion = dialect.Standard == EdiStandard.X12 ? sink.Group?.Version ?? "" : "";
        if (!identity.SequenceEqual(lastHeader) || (dialect.Standard == EdiStandard.X12 && groupVersion != version) || plan is null)
        {
            lastHeader = identity.ToArray();
            if (dialect.Standard == EdiStandard.X12) (type, version, agency, association) = (view.Text(1).Trim(), groupVersion, "", view.Text(3));
            else if (dialect.Standard == EdiStandard.Edifact) (type, version, agency, association) = (view.Text(2).Trim(), view.Text(2, 2) + view.Text(2, 3), view.Text(2, 4), view.Text(2, 5));
            else (type, version, agency, association) = (view.Text(2).Trim(), view.Text(2, 2), "", "");
            FindPlan(segment);
            messageKind = new(type, version, agency, association, plan?.Message.Directory.Version);
        }

        return new(messageKind, reader.MessageIndex, reader.GroupIndex, view.Element(dialect.Standard == EdiStandard.X12 ? 2 : 1), dialect);
    }

    private void FindPlan(in SegmentBytes segment)
    {
        plan = null;
        if (!checksMessages) return;
        sink.HasOwnCodes = association.Length > 0 && dialect!.Standard == EdiStandard.Edifact;
        sink.Newest = dialect!.Standard switch
        {
            EdiStandard.Edifact => schemas.Directory(EdiStandard.Edifact, schemas.EdifactVersions[^1]),
            _ => null,
        };
        var lookup = version.Length == 0 && dialect.Standard == EdiStandard.X12 ? dialect.SyntaxIdentifier : version;
        if (schemas.Find(dialect.Standard, lookup, type) is not { } match)
        {
            if (type.Length > 0 && toldOnce.Add(type))
            {
                sink.Info("schema-none", FindingLevel.Structure, dialect.Standard == EdiStandard.Tradacoms ? FindingSeverity.Info : FindingSeverity.Warning,
                    $"No schema has the message {type}; only its syntax and envelope are checked.", segment);
            }

            return;
        }

        if (agency is not ("" or "UN") && match.IsExact && match.Directory.Source == "EDIFACT")
        {
            // ODETTE (OD), CEN (EC) and others have messages of the same names and their own versions of them.
            match = match with { IsExact = false };
        }

        // Our TRADACOMS facts are unofficial: what they say of presence and length only warns.
        if (dialect.Standard == EdiStandard.Tradacoms) match = match with { IsExact = false };
        else if (!match.IsExact && toldOnce.Add(type + version))
        {
            sink.Info("schema-nearest", FindingLevel.Structure, FindingSeverity.Info,
                $"{(lookup.Length == 0 ? "A version is not announced" : $"Version {lookup}{(agency is "" or "UN" ? "" : " of " + agency)} is not in the library")}; {type} is checked against {match.Directory.Version}, the nearest that has it.", segment);
        }

        var guides = new List<PartnerGuide>();
        if (options.UpTo >= FindingLevel.Partner)
        {
            guides.AddRange(EancomGuides.For(version, type, association));
            foreach (var guide in options.Guides ?? [])
            {
                if (guide.Serves(dialect.Standard, lookup, type, association)) guides.Add(guide);
            }
        }

        plan = schemas.Plan(match, guides);
    }

    /// <summary>Lets the envelope and character checkers add to the sink.</summary>
    private sealed class Funnel(FindingSink sink) : ICollection<Finding>
    {
        public int Count => sink.Findings.Count;

        public bool IsReadOnly => false;

        public void Add(Finding item) => sink.Add(item);

        public void Clear() => throw new NotSupportedException();

        public bool Contains(Finding item) => sink.Findings.Contains(item);

        public void CopyTo(Finding[] array, int arrayIndex) => sink.Findings.CopyTo(array, arrayIndex);

        public bool Remove(Finding item) => throw new NotSupportedException();

        public IEnumerator<Finding> GetEnumerator() => sink.Findings.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
