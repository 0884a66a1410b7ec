using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Xml.Schema;
using UnifiedCommerce.Core.Orders;
using UnifiedCommerce.Core.Partners;

namespace UnifiedCommerce.Core.Mapping;

/// <summary>What checking one mapping with its samples gave.</summary>
/// <param name="Mapping">File of the mapping.</param>
/// <param name="Samples">How many samples were read.</param>
/// <param name="Diagnostics">What was found; no errors: the mapping is proven by its samples.</param>
public sealed record MappingProof(string Mapping, int Samples, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>No errors.</summary>
    public bool Passed => Diagnostics.All(diagnostic => diagnostic.Severity != Severity.Error);
}

/// <summary>What checking a folder gave.</summary>
/// <param name="Proofs">One per mapping.</param>
/// <param name="Elapsed">Machine time it took.</param>
/// <param name="NotChecked">What could not be checked here, and what it would take.</param>
public sealed record MappingCheckReport(IReadOnlyList<MappingProof> Proofs, TimeSpan Elapsed, IReadOnlyList<string> NotChecked)
{
    /// <summary>Every mapping passed.</summary>
    public bool Passed => Proofs.All(proof => proof.Passed);
    /// <summary>All findings.</summary>
    public IEnumerable<Diagnostic> Diagnostics => Proofs.SelectMany(proof => proof.Diagnostics);
}

/// <summary>
/// Proves mappings: they parse, their samples read to the expected documents, what is written keeps to <see cref="MessageRules"/> and reads
/// back the same, and documents that we send come out as the bytes of their samples.
/// </summary>
public static class MappingCheck
{
    /// <summary>The ending of a file that holds the document expected of the sample of the same name.</summary>
    public const string ExpectedEnding = ".document.json";

    /// <summary>The moment at which samples are written, so that their bytes never change.</summary>
    public static readonly DateTimeOffset SampleMoment = new(2026, 3, 2, 9, 15, 0, TimeSpan.FromHours(1));

    /// <summary>Checks one partner, or all when none is named, <c>base</c> included.</summary>
    /// <param name="mappings">The folder that holds all partners.</param>
    /// <param name="partner">The partner's folder name, or null.</param>
    /// <param name="xsd">The OASIS schemas that UBL is checked against; null: it is not.</param>
    public static MappingCheckReport Run(string mappings, string? partner = null, XmlSchemaSet? xsd = null)
    {
        long started = Stopwatch.GetTimestamp();
        List<MappingProof> proofs = [];
        if (partner is null or "base")
            proofs.AddRange(Base(mappings));
        foreach (string folder in Directory.GetDirectories(mappings).Order(StringComparer.Ordinal))
        {
            string id = Path.GetFileName(folder);
            if (id != "base" && id[0] != '.' && (partner is null || partner == id))
                proofs.AddRange(Partner(mappings, id, xsd));
        }
        string[] ubl = xsd is not null ? [] : [.. proofs.Select(proof => proof.Mapping).Where(file => file.EndsWith(".xml.map", StringComparison.Ordinal) && proofs.First(proof => proof.Mapping == file).Samples > 0)];
        return new MappingCheckReport(proofs, Stopwatch.GetElapsedTime(started),
            ubl.Length == 0 ? [] : [$"UBL of {ubl.Length} mappings against the OASIS schemas: none were given (--xsd DIR or UC_UBL_XSD)."]);
    }

    /// <summary>Checks the mappings of one partner.</summary>
    /// <param name="mappings">The folder that holds all partners.</param>
    /// <param name="partnerId">The partner's folder name.</param>
    /// <param name="xsd">The OASIS schemas that UBL is checked against; null: it is not.</param>
    public static IReadOnlyList<MappingProof> Partner(string mappings, string partnerId, XmlSchemaSet? xsd = null)
    {
        MappingSet set = MappingSet.Load(mappings, partnerId);
        List<MappingProof> proofs = [];
        foreach (IGrouping<string, Diagnostic> fault in set.Diagnostics.Where(diagnostic => diagnostic.Severity == Severity.Error).GroupBy(diagnostic => diagnostic.Place.Split(':')[0]))
            proofs.Add(new MappingProof(fault.Key, 0, [.. fault]));
        string samples = Path.Combine(mappings, partnerId, "samples");
        string[] files = Directory.Exists(samples)
            ? [.. Directory.GetFiles(samples).Where(file => !file.EndsWith(ExpectedEnding, StringComparison.Ordinal)).Order(StringComparer.Ordinal)]
            : [];
        MappingContext context = ContextOf(mappings, partnerId);
        foreach (MessageMapping mapping in set.All)
        {
            string[] own = [.. files.Where(file => OwnerOf(file, set) == mapping)];
            proofs.Add(Prove(mapping, own, context, set.Diagnostics.Where(diagnostic => diagnostic.Place.StartsWith(mapping.File, StringComparison.Ordinal)), set.Rules, xsd));
        }
        return proofs;
    }

    private static MappingContext SampleContext { get; } = new()
    {
        Now = SampleMoment,
        Envelope = new EnvelopeProfile { Sender = "SENDER", Receiver = "RECEIVER", SenderQualifier = "ZZ", ReceiverQualifier = "ZZ" },
    };

    /// <summary>The context in which a partner's samples are written: its envelope, control number 1, <see cref="SampleMoment"/>.</summary>
    /// <param name="mappings">The folder that holds all partners.</param>
    /// <param name="partnerId">The partner's folder name.</param>
    public static MappingContext ContextOf(string mappings, string partnerId)
    {
        PartnerReading reading = PartnerFile.Load(Path.Combine(mappings, partnerId));
        MappingContext context = new() { PartnerId = partnerId, Now = SampleMoment, InterchangeRef = "1", MessageRef = "1" };
        if (reading.Partner is not { } partner)
            return context with { Envelope = SampleContext.Envelope };
        return context with
        {
            Constants = partner.Constants,
            TimeZone = partner.TimeZone,
            Test = partner.Envelope.Test,
            Envelope = new EnvelopeProfile
            {
                Sender = partner.Envelope.OurId is { Length: > 0 } own ? own : "SENDER",
                SenderQualifier = partner.Envelope.OurQualifier ?? "",
                Receiver = partner.Envelope.TheirId is { Length: > 0 } their ? their : "RECEIVER",
                ReceiverQualifier = partner.Envelope.TheirQualifier ?? "",
                GroupSender = partner.Envelope.OurGroupId ?? "",
                GroupReceiver = partner.Envelope.TheirGroupId ?? "",
            },
        };
    }

    /// <summary>Checks one mapping with its samples.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="samples">Paths of its samples; <c>name.document.json</c> beside one holds what is expected.</param>
    /// <param name="context">Envelope and constants for writing.</param>
    /// <param name="known">Findings to report with it.</param>
    /// <param name="rules">What its messages must keep to.</param>
    /// <param name="xsd">The OASIS schemas that UBL is checked against; null: it is not.</param>
    public static MappingProof Prove(MessageMapping mapping, IReadOnlyList<string> samples, MappingContext context, IEnumerable<Diagnostic> known, MessageRules rules, XmlSchemaSet? xsd = null)
    {
        List<Diagnostic> found = [.. known, .. DirectoryCodes.Check(mapping)];
        foreach (string sample in samples)
        {
            byte[] bytes = File.ReadAllBytes(sample);
            string place = $"{Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(sample)))}/samples/{Path.GetFileName(sample)}";
            if (!mapping.CanRead)
                continue;
            ReadResult result = mapping.Read(bytes, context);
            found.AddRange(result.Diagnostics.Where(diagnostic => diagnostic.Severity == Severity.Error).Select(diagnostic => diagnostic with { Place = $"{place} {diagnostic.Place}" }));
            if (result.Messages.Count == 0)
            {
                DocumentKind said = DocumentSniffer.Peek(bytes).Messages is [{ Kind: var kind and not DocumentKind.Unknown }, ..] ? kind : DocumentKind.Unknown;
                found.Add(Diagnostic.Error("not-what-it-says", place, $"The sample holds no {(mapping.MessageType.Length > 0 ? mapping.MessageType : mapping.Document)}{(said == DocumentKind.Unknown ? "" : $" but a {said}")}, expected one by its name. Rename it or correct it."));
                continue;
            }
            foreach (ReadMessage message in result.Messages)
            {
                found.AddRange(message.Diagnostics.Where(diagnostic => diagnostic.Severity != Severity.Info).Select(diagnostic => diagnostic with { Place = $"{place} {diagnostic.Place}" }));
                if (message.Document is not { } document)
                    continue;
                if (message.Index == result.Messages[0].Index)
                    Expected(mapping, sample, place, document, found);
                if (mapping.CanWrite)
                    RoundTrip(mapping, place, document, context, found, rules, xsd, result.Messages.Count == 1 && IsOurs(mapping.Document) ? bytes : null);
            }
        }
        return new MappingProof(mapping.File, samples.Count, found);
    }

    /// <summary>What the mapping reads from a sample it can write as a valid message that means the same.</summary>
    internal static bool CanWriteWhatItReads(MessageMapping mapping, ReadOnlyMemory<byte> sample)
    {
        List<Diagnostic> found = [];
        MappingContext context = SampleContext;
        foreach (object document in mapping.Read(sample, context).Messages.Select(message => message.Document).OfType<object>())
            RoundTrip(mapping, "", document, context, found, MessageRules.Standard, null, null);
        return found.TrueForAll(diagnostic => diagnostic.Severity != Severity.Error);
    }

    private static IEnumerable<MappingProof> Base(string mappings)
    {
        string folder = Path.Combine(mappings, "base");
        foreach (string path in Directory.Exists(folder) ? Directory.GetFiles(folder, "*.map", SearchOption.AllDirectories).Order(StringComparer.Ordinal) : Enumerable.Empty<string>())
        {
            string name = "base/" + Path.GetRelativePath(folder, path).Replace('\\', '/');
            MappingParseResult result = MessageMapping.Parse(File.ReadAllText(path), name, MappingSet.Loader(mappings, "base"));
            if (result.Mapping is not { } mapping)
            {
                yield return new MappingProof(name, 0, result.Diagnostics);
                continue;
            }
            // Bases that no partner extends yet bring samples of their own.
            string samples = Path.Combine(Path.GetDirectoryName(path)!, "samples");
            string stem = StemOf(mapping) + ".";
            string[] own = Directory.Exists(samples)
                ? [.. Directory.GetFiles(samples, stem + "*").Where(file => !file.EndsWith(ExpectedEnding, StringComparison.Ordinal)).Order(StringComparer.Ordinal)]
                : [];
            yield return Prove(mapping, own, SampleContext, result.Diagnostics, MessageRules.Standard);
        }
    }

    /// <summary>Purchase orders and their changes are ours: their samples are the bytes we would send.</summary>
    private static bool IsOurs(DocumentKind kind) => kind is DocumentKind.PurchaseOrder or DocumentKind.OrderChange;

    /// <summary>The mapping whose name a sample's name begins with; the longest wins.</summary>
    private static MessageMapping? OwnerOf(string sample, MappingSet set)
    {
        string name = Path.GetFileName(sample);
        return set.All.Where(mapping => name.StartsWith(StemOf(mapping), StringComparison.Ordinal) && Path.GetExtension(name).TrimStart('.') is var ending && Fits(mapping, ending))
            .MaxBy(mapping => StemOf(mapping).Length);
    }

    private static string StemOf(MessageMapping mapping) => Path.GetFileName(mapping.File).Split('.')[0];

    private static bool Fits(MessageMapping mapping, string ending) => ending switch
    {
        "json" => mapping.Syntax == MessageSyntax.Json,
        "xml" => mapping.Syntax == MessageSyntax.Xml,
        "csv" or "txt" => mapping.Syntax == MessageSyntax.Csv,
        _ => mapping.Syntax is MessageSyntax.Edifact or MessageSyntax.X12,
    };

    private static void Expected(MessageMapping mapping, string sample, string place, object document, List<Diagnostic> found)
    {
        string expected = Path.Combine(Path.GetDirectoryName(sample)!, Path.GetFileNameWithoutExtension(sample) + ExpectedEnding);
        if (!File.Exists(expected))
        {
            found.Add(Diagnostic.Warning("no-expected", place, $"Nothing says what the sample means, expected {Path.GetFileName(expected)} beside it. Write it with 'uc map read --save' and read it through."));
            return;
        }
        try
        {
            object wanted = DocumentJson.Read(mapping.Document, File.ReadAllText(expected));
            found.AddRange(DocumentJson.Differences(wanted, document).Select(difference => Diagnostic.Error("reads-other", place, $"Read {difference}, which {Path.GetFileName(expected)} expects.")));
        }
        catch (JsonException broken)
        {
            found.Add(Diagnostic.Error("expected-broken", place, $"{Path.GetFileName(expected)} is no {mapping.Document}: {broken.Message}"));
        }
    }

    private static void RoundTrip(MessageMapping mapping, string place, object document, MappingContext context, List<Diagnostic> found, MessageRules rules, XmlSchemaSet? xsd, byte[]? sample)
    {
        WriteResult written = mapping.Write(document, context);
        found.AddRange(written.Diagnostics.Select(diagnostic => diagnostic with { Place = $"{place} written: {diagnostic.Place}" }));
        if (written.HasErrors)
            return;
        found.AddRange(rules.Check(mapping, written.Bytes, xsd).Select(diagnostic => diagnostic with { Place = place }));
        ReadResult again = mapping.Read(written.Bytes, context);
        if (again.Messages is not [{ Document: { } second }])
        {
            found.Add(Diagnostic.Error("round-trip", place, $"What was written cannot be read back: {string.Join(" ", again.Diagnostics.Concat(again.Messages.SelectMany(message => message.Diagnostics)))}"));
            return;
        }
        found.AddRange(DocumentJson.Differences(document, second).Select(difference => Diagnostic.Error("round-trip", place, $"Written and read again: {difference}. The mapping loses it.")));
        if (sample is not null && !SameBytes(mapping, sample, written.Bytes.Span))
            found.Add(Diagnostic.Error("writes-other", place, $"The document of the sample is written differently from it ({FirstDifference(sample, written.Bytes.Span)}). Correct the mapping, or save the sample anew with 'uc map write --save'."));
    }

    private static bool SameBytes(MessageMapping mapping, byte[] sample, ReadOnlySpan<byte> written)
    {
        if (sample.AsSpan().SequenceEqual(written))
            return true;
        if (mapping.Syntax is MessageSyntax.Json)
            return SameTree(TreeParsing.Json(sample, new Findings()), TreeParsing.Json(written.ToArray(), new Findings()));
        if (mapping.Syntax is MessageSyntax.Xml)
            return SameTree(TreeParsing.Xml(sample, new Findings()), TreeParsing.Xml(written.ToArray(), new Findings()));
        if (mapping.Syntax == MessageSyntax.Csv)
            return Cells(sample, mapping).SequenceEqual(Cells(written.ToArray(), mapping));
        return Lines(sample).SequenceEqual(Lines(written.ToArray()));

        // How lines end is the editor's business.
        static IEnumerable<string> Lines(byte[] bytes) => Encoding.Latin1.GetString(bytes).ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
    }

    private static IEnumerable<string> Cells(byte[] bytes, MessageMapping mapping) =>
        CsvText.Rows(MessageMapping.Decode(bytes, mapping.Compiled.Charset, new Findings()), mapping.Compiled.CsvDelimiter, new Findings())
            .SelectMany(row => row.Cells.Append("\n"))
            .Select(cell => decimal.TryParse(cell, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out decimal number) && !cell.StartsWith('0') ? number.ToString("0.##########", System.Globalization.CultureInfo.InvariantCulture) : cell);

    private static bool SameTree(TreeNode? one, TreeNode? other)
    {
        if (one is null || other is null)
            return one == other;
        List<TreeNode> left = [.. one.Children.Where(Filled)], right = [.. other.Children.Where(Filled)];
        return one.Name == other.Name && Numeric(one.Value) == Numeric(other.Value) && left.Count == right.Count
            && left.OrderBy(node => node.Name, StringComparer.Ordinal).Zip(right.OrderBy(node => node.Name, StringComparer.Ordinal)).All(pair => SameTree(pair.First, pair.Second));

        static bool Filled(TreeNode node) => node.Value is { Length: > 0 } || node.Children.Exists(Filled);
        static string? Numeric(string? text) => decimal.TryParse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out decimal number) ? number.ToString("0.##########", System.Globalization.CultureInfo.InvariantCulture) : text;
    }

    private static string FirstDifference(ReadOnlySpan<byte> sample, ReadOnlySpan<byte> written)
    {
        int at = sample.CommonPrefixLength(written);
        return $"byte {at}: '{Around(sample, at)}' in the sample, '{Around(written, at)}' written";

        static string Around(ReadOnlySpan<byte> bytes, int at) => Encoding.Latin1.GetString(bytes[at..Math.Min(at + 24, bytes.Length)]).ReplaceLineEndings(" ");
    }
}
