using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Edi;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>What parsing a mapping gave.</summary>
/// <param name="Mapping">The mapping, or null when there are errors.</param>
/// <param name="Diagnostics">What was found, with file, line and column.</param>
public sealed record MappingParseResult(MessageMapping? Mapping, IReadOnlyList<Diagnostic> Diagnostics);

/// <summary>
/// A mapping by example: the message itself with names where values go. The same file reads messages into canonical documents and
/// writes canonical documents as messages. Immutable and safe for any number of threads.
/// </summary>
public sealed partial class MessageMapping
{
    private readonly CompiledMapping compiled;

    private MessageMapping(CompiledMapping compiled, string version, IReadOnlyList<Diagnostic> warnings)
    {
        this.compiled = compiled;
        Version = version;
        Warnings = warnings;
    }

    /// <summary>The file it was parsed from, as the caller named it.</summary>
    public string File => compiled.File;
    /// <summary>The first 12 hex digits of the SHA-256 over the text of the mapping and all it extends: the same on every machine.</summary>
    public string Version { get; }
    /// <summary>File and version: what a document remembers.</summary>
    public string Id => $"{File}@{Version}";
    /// <summary>The canonical document it reads and writes.</summary>
    public DocumentKind Document => compiled.Document;
    /// <summary>The syntax of its messages.</summary>
    public MessageSyntax Syntax => compiled.Syntax;
    /// <summary>Message type: ORDERS, 850, the name of the XML root; empty for JSON and CSV.</summary>
    public string MessageType => compiled.MessageType;
    /// <summary>It can read messages.</summary>
    public bool CanRead => compiled.CanRead;
    /// <summary>It can write messages.</summary>
    public bool CanWrite => compiled.CanWrite;
    /// <summary>What was found while parsing that does not stop it.</summary>
    public IReadOnlyList<Diagnostic> Warnings { get; }
    /// <summary>Full names of the fields it reads, and those it writes: the law of the round trip holds for fields in both.</summary>
    public IReadOnlySet<string> ReadFields => compiled.ReadFields;
    /// <summary>Full names of the fields it writes.</summary>
    public IReadOnlySet<string> WrittenFields => compiled.WrittenFields;

    /// <summary>Full names of the fields that a decision makes from others, or that a directive gives without a place in the message: what
    /// the document says there does not come back.</summary>
    public IReadOnlySet<string> OwnFields => compiled.OwnFields;

    internal CompiledMapping Compiled => compiled;

    /// <summary>Parses a mapping.</summary>
    /// <param name="text">The text of the file.</param>
    /// <param name="fileName">Its name, for diagnostics and <see cref="Id"/>.</param>
    /// <param name="load">Gives the text of a mapping that this one extends (<c>base/x12-4010/invoice.map</c>) or of a table file beside
    /// it; null or a null answer: there is none.</param>
    public static MappingParseResult Parse(string text, string fileName, Func<string, string?>? load = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentException.ThrowIfNullOrEmpty(fileName);
        Findings findings = new();
        MappingText parsed = MappingText.Parse(text, fileName, load, findings);
        CompiledMapping? compiled = MappingCompiler.Compile(parsed, findings);
        if (compiled is null || findings.HasErrors)
            return new MappingParseResult(null, findings.All);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string source in parsed.Sources)
            hash.AppendData(Encoding.UTF8.GetBytes(source.ReplaceLineEndings("\n")));
        string version = Convert.ToHexStringLower(hash.GetHashAndReset())[..12];
        return new MappingParseResult(new MessageMapping(compiled, version, findings.All), findings.All);
    }

    /// <summary>Reads every message of the mapping's type in a file. Messages of other types are left out.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="context">Constants and time zone.</param>
    public ReadResult Read(ReadOnlyMemory<byte> bytes, MappingContext? context = null)
    {
        context ??= MappingContext.Empty;
        if (!CanRead)
            return new ReadResult([], [Diagnostic.Error("write-only", File, "This mapping only writes.")]);
        return Syntax switch
        {
            MessageSyntax.Edifact or MessageSyntax.X12 => EdiReading.Read(bytes, (type, _) => type == MessageType ? this : null, context),
            MessageSyntax.Xml or MessageSyntax.Json => ReadTree(bytes, context),
            _ => ReadCsv(bytes, context),
        };
    }

    /// <summary>Reads the EDIFACT or X12 messages of the mapping's type one after the other.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="context">Constants and time zone.</param>
    /// <exception cref="HubException">The mapping is of another syntax, or only writes.</exception>
    public MessageReader Open(ReadOnlySpan<byte> bytes, MappingContext? context = null) => CanRead && Syntax is MessageSyntax.Edifact or MessageSyntax.X12
        ? new MessageReader(bytes, (type, _) => type == MessageType ? this : null, context ?? MappingContext.Empty)
        : throw new HubException($"{File} reads {(CanRead ? Syntax.ToString() : "nothing")}, expected a mapping that reads EDIFACT or X12.");

    /// <summary>Reads one document of the mapping's type; a convenience for tests and tools.</summary>
    /// <typeparam name="T">The canonical record.</typeparam>
    /// <param name="bytes">The file.</param>
    /// <exception cref="HubException">The file holds no such document, or one with errors.</exception>
    public T ReadOne<T>(ReadOnlyMemory<byte> bytes)
        where T : class
    {
        ReadResult result = Read(bytes);
        return result.Documents<T>().FirstOrDefault()
            ?? throw new HubException($"{File} read no {typeof(T).Name}: {string.Join(" ", result.Diagnostics.Concat(result.Messages.SelectMany(message => message.Diagnostics)))}");
    }

    /// <summary>Writes a document with its envelope: the exact bytes to send.</summary>
    /// <param name="document">The canonical record.</param>
    /// <param name="context">Envelope, control numbers, the moment, constants.</param>
    public WriteResult Write(object document, MappingContext context)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(context);
        if (!CanWrite)
            return Refused("read-only", $"This mapping only reads.");
        if (document.GetType() != compiled.RootType)
            throw new HubException($"Found a {document.GetType().Name}, expected a {compiled.RootType.Name}: {File} writes {Document}.");
        Findings findings = new();
        ReadOnlyMemory<byte> bytes = Syntax switch
        {
            MessageSyntax.Edifact or MessageSyntax.X12 => WriteSegments(document, context, findings),
            MessageSyntax.Xml or MessageSyntax.Json => WriteTree(document, context, findings),
            _ => WriteCsv([document], context, findings),
        };
        return new WriteResult(findings.HasErrors ? default : bytes, findings.All) { MappingId = Id };
    }

    private WriteResult Refused(string code, string text) => new(default, [Diagnostic.Error(code, File, text)]) { MappingId = Id };

    private ReadOnlyMemory<byte> WriteSegments(object document, MappingContext context, Findings findings)
    {
        bool x12 = Syntax == MessageSyntax.X12;
        string version = compiled.Version.Length > 0 ? compiled.Version : "004010";
        Dialect dialect = context.Envelope?.Dialect ?? (x12 ? Dialect.X12("00" + version[2..5]) : Dialect.Edifact());
        EdiWriterOptions options = new()
        {
            LineEnding = context.Envelope?.LineEnding,
            UnwritableText = context.Envelope?.ReplaceUnwritable == true ? UnwritableText.Replace : UnwritableText.Refuse,
        };
        ArrayBufferWriter<byte> output = new(4096);
        using EdiWriter writer = new(output, dialect, options);
        DocumentWalker walker = new(compiled, context, document, findings) { DecimalMark = (char)dialect.DecimalMark };
        try
        {
            if (context.Envelope is { } envelope)
                BeginEnvelope(writer, envelope, context, x12 ? MessageType : null, version);
            writer.BeginMessage(new EdiMessageHeader
            {
                Type = MessageType,
                Reference = x12 ? context.MessageRef.PadLeft(4, '0') : context.MessageRef,
                Version = x12 ? "" : compiled.Version,
                Release = compiled.Release,
                Agency = compiled.Agency,
                AssociationCode = compiled.Association,
            });
            new SegmentWriting(compiled, walker, writer).Write();
            writer.EndMessage();
            if (context.Envelope is not null)
            {
                if (x12)
                    writer.EndGroup();
                writer.EndInterchange();
            }
            writer.Flush();
        }
        catch (EdiWriteException refused)
        {
            findings.Error("cannot-write", File, $"{refused.Message} Correct the document, or let the partner's envelope replace such characters.");
            return default;
        }
        foreach (Finding finding in writer.Findings)
            findings.Add(new Diagnostic(finding.Code, Severity.Warning, File, finding.Text));
        return output.WrittenMemory;
    }

    private static void BeginEnvelope(EdiWriter writer, EnvelopeProfile envelope, MappingContext context, string? type, string version)
    {
        DateTime prepared = (context.TimeZone is null ? context.Now : TimeZoneInfo.ConvertTime(context.Now, context.TimeZone)).DateTime;
        writer.BeginInterchange(new EdiInterchangeHeader
        {
            Sender = envelope.Sender,
            SenderQualifier = envelope.SenderQualifier,
            Receiver = envelope.Receiver,
            ReceiverQualifier = envelope.ReceiverQualifier,
            Prepared = prepared,
            ControlReference = context.InterchangeRef,
            ApplicationReference = envelope.ApplicationReference,
            AgreementIdentifier = envelope.AgreementIdentifier,
            AcknowledgementRequested = envelope.AcknowledgementRequested,
            IsTest = context.Test,
        });
        if (type is not null)
        {
            writer.BeginGroup(new EdiGroupHeader
            {
                FunctionalIdentifier = FunctionalGroups.Of(type),
                Sender = envelope.GroupSender.Length > 0 ? envelope.GroupSender : envelope.Sender,
                Receiver = envelope.GroupReceiver.Length > 0 ? envelope.GroupReceiver : envelope.Receiver,
                Prepared = prepared,
                ControlReference = context.GroupRef.Length > 0 ? context.GroupRef : context.InterchangeRef.TrimStart('0') is { Length: > 0 } trimmed ? trimmed : "1",
                Agency = "X",
                Version = envelope.GroupVersion.Length > 0 ? envelope.GroupVersion : version,
            });
        }
    }
}

/// <summary>Functional group codes of transaction sets (X12 GS01, element 479).</summary>
internal static class FunctionalGroups
{
    public static string Of(string set) => set switch
    {
        "850" => "PO",
        "855" => "PR",
        "860" => "PC",
        "865" => "CA",
        "856" => "SH",
        "861" => "RC",
        "810" => "IN",
        "846" => "IB",
        "832" => "SC",
        "852" => "PD",
        "824" => "AG",
        "997" => "FA",
        _ => "ZZ",
    };
}
