using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using UnifiedCommerce.Edi;
using UnifiedCommerce.Edi.Acknowledgements;
using UnifiedCommerce.Edi.Explaining;
using UnifiedCommerce.Edi.Guides;
using UnifiedCommerce.Edi.Schemas;
using UnifiedCommerce.Edi.Validation;

namespace UnifiedCommerce.Cli;

/// <summary><c>uc edi check</c>, <c>explain</c> and <c>ack</c>. They exit with 1 when a file has an error, 2 when one cannot be opened.</summary>
internal static partial class EdiCommands
{
    private static readonly string[] EdiExtensions = [".edi", ".x12", ".edifact", ".eancom", ".tradacoms", ".edf", ".int"];

    private static Command Check()
    {
        Argument<string[]> paths = new("path") { Description = "Files, or folders to search.", Arity = ArgumentArity.OneOrMore };
        Option<bool> json = new("--json") { Description = "One JSON object per file and line." };
        Option<string[]> guides = new("--guide", "-g") { Description = "A partner guide to check against as well." };
        Option<FindingLevel> level = new("--level", "-l") { Description = "The last level to check.", DefaultValueFactory = _ => FindingLevel.Partner };
        Option<int> most = new("--findings") { Description = "How many findings to list per file.", DefaultValueFactory = _ => 1_000 };
        Command check = new("check", "Check EDI files and say what is wrong, and where.") { paths, json, guides, level, most };
        check.SetAction(parse =>
        {
            TextWriter output = parse.InvocationConfiguration.Output;
            TextWriter error = parse.InvocationConfiguration.Error;
            if (!TryGuides(parse.GetValue(guides) ?? [], error, out List<PartnerGuide> loaded)) return 2;
            if (parse.GetValue(most) < 1)
            {
                error.WriteLine("--findings has to be at least 1.");
                return 2;
            }

            ValidationOptions options = new() { UpTo = parse.GetValue(level), Guides = loaded, MaximumFindings = parse.GetValue(most) };
            int exit = 0;
            foreach (string path in parse.GetRequiredValue(paths))
            {
                foreach (string file in Files(path, error, ref exit))
                {
                    ValidationReport report;
                    try
                    {
                        using FileStream stream = File.OpenRead(file);
                        report = EdiValidator.ValidateAsync(stream, EdiSchemas.Default, options).GetAwaiter().GetResult();
                    }
                    catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
                    {
                        error.WriteLine($"{file}: {failure.Message}");
                        exit = 2;
                        continue;
                    }

                    if (!report.IsValid && exit == 0) exit = 1;
                    if (parse.GetValue(json)) WriteJson(output, file, report);
                    else WriteText(output, file, report);
                }
            }

            return exit;
        });
        return check;
    }

    private static Command Explain()
    {
        Argument<FileInfo> file = new("file") { Description = "The file to explain." };
        Option<string[]> guides = new("--guide", "-g") { Description = "A partner guide to check against as well." };
        Command explain = new("explain", "Write every segment with the names of its elements and the meaning of its codes, faults in place.") { file, guides };
        explain.SetAction(parse =>
        {
            if (!TryGuides(parse.GetValue(guides) ?? [], parse.InvocationConfiguration.Error, out List<PartnerGuide> loaded)) return 2;
            if (!TryRead(parse.GetRequiredValue(file), parse.InvocationConfiguration.Error, out byte[] bytes)) return 2;
            ValidationReport report = EdiExplanation.Write(bytes, EdiSchemas.Default, parse.InvocationConfiguration.Output, new() { Guides = loaded });
            return report.IsValid ? 0 : 1;
        });
        return explain;
    }

    private static Command Ack()
    {
        Argument<FileInfo> file = new("file") { Description = "The file to acknowledge." };
        Option<string> control = new("--control") { Description = "The control number of the acknowledgement's interchange.", DefaultValueFactory = _ => "1" };
        Option<AcknowledgementKind[]> kinds = new("--kind", "-k") { Description = "The kinds wanted; TA1 where asked for, 997 and CONTRL unless given.", AllowMultipleArgumentsPerToken = true };
        Option<bool> accept = new("--accept-with-errors") { Description = "Accept messages with errors and report them." };
        Option<string[]> guides = new("--guide", "-g") { Description = "A partner guide to check against as well." };
        Option<FileInfo?> output = new("--output", "-o") { Description = "Where to write; the console unless given." };
        Command ack = new("ack", "Write the acknowledgement that is due for a file: TA1, 997, 999, CONTRL, APERAK.") { file, control, kinds, accept, guides, output };
        ack.SetAction(parse =>
        {
            TextWriter error = parse.InvocationConfiguration.Error;
            if (!TryGuides(parse.GetValue(guides) ?? [], error, out List<PartnerGuide> loaded)) return 2;
            if (!TryRead(parse.GetRequiredValue(file), error, out byte[] bytes)) return 2;
            ValidationReport report = EdiValidator.Validate(bytes, EdiSchemas.Default, new() { Guides = loaded });
            AcknowledgementOptions options = new()
            {
                ControlReference = parse.GetRequiredValue(control),
                Prepared = TimeProvider.System.GetLocalNow().DateTime,
                AcceptWithErrors = parse.GetValue(accept),
            };
            if (parse.GetValue(kinds) is { Length: > 0 } wanted) options = options with { Kinds = wanted, AlwaysTa1 = wanted.Contains(AcknowledgementKind.Ta1) };
            byte[] written;
            try
            {
                written = Acknowledgement.For(report, options);
            }
            catch (EdiWriteException failure)
            {
                error.WriteLine(failure.Message);
                return 2;
            }

            if (written.Length == 0) error.WriteLine("No acknowledgement is due: the file holds only acknowledgements, or no header that says whom to answer.");
            else if (parse.GetValue(output) is { } target) File.WriteAllBytes(target.FullName, written);
            else parse.InvocationConfiguration.Output.WriteLine(System.Text.Encoding.Latin1.GetString(written));
            return report.IsValid ? 0 : 1;
        });
        return ack;
    }

    private static bool TryGuides(string[] files, TextWriter error, out List<PartnerGuide> guides)
    {
        guides = [];
        foreach (string file in files)
        {
            try
            {
                PartnerGuide guide = PartnerGuide.Parse(File.ReadAllText(file));
                IReadOnlyList<string> problems = guide.CheckAgainst(EdiSchemas.Default);
                foreach (string problem in problems) error.WriteLine(problem);
                if (problems.Count > 0) return false;
                guides.Add(guide);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException)
            {
                error.WriteLine($"{file}: {failure.Message}");
                return false;
            }
        }

        return true;
    }

    private static bool TryRead(FileInfo file, TextWriter error, out byte[] bytes)
    {
        try
        {
            bytes = File.ReadAllBytes(file.FullName);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"{file}: {failure.Message}");
            bytes = [];
            return false;
        }
    }

    /// <summary>A file as named; in a folder, those that look like EDI by name or first bytes.</summary>
    private static List<string> Files(string path, TextWriter error, ref int exit)
    {
        if (File.Exists(path)) return [path];
        if (Directory.Exists(path)) return Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Where(LooksLikeEdi).ToList();
        error.WriteLine($"{path}: there is no such file or folder.");
        exit = 2;
        return [];
    }

    private static bool LooksLikeEdi(string file)
    {
        if (EdiExtensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)) return true;
        Span<byte> start = stackalloc byte[64];
        using FileStream stream = File.OpenRead(file);
        ReadOnlySpan<byte> read = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        if (read.StartsWith("\uFEFF"u8)) read = read[3..];
        while (read.Length > 0 && read[0] <= ' ') read = read[1..];
        return read.StartsWith("ISA"u8) || read.StartsWith("UNA"u8) || read.StartsWith("UNB"u8) || read.StartsWith("UNH"u8) || read.StartsWith("STX="u8);
    }

    private static (string Standard, string Version) Kind(ValidationReport report)
    {
        InterchangeReport? interchange = report.Interchanges.Count > 0 ? report.Interchanges[0] : null;
        MessageReport? message = interchange?.Messages.Count > 0 ? interchange.Messages[0] : null;
        string association = message?.AssociationCode ?? "";
        return interchange?.Dialect.Standard switch
        {
            EdiStandard.X12 => ("X12", message?.Version ?? (interchange.Groups.Count > 0 ? interchange.Groups[0].Version : "")),
            EdiStandard.Edifact => (association.StartsWith("EAN", StringComparison.Ordinal) ? "EANCOM" : "EDIFACT", (message?.Version ?? "") + (association.Length > 0 ? ":" + association : "")),
            EdiStandard.Tradacoms => ("TRADACOMS", message?.Version ?? ""),
            _ => ("", ""),
        };
    }

    private static void WriteText(TextWriter output, string file, ValidationReport report)
    {
        (string standard, string version) = Kind(report);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{(report.IsValid ? "valid  " : "INVALID")} {file}: {standard} {version}, {report.Interchanges.Count} interchanges, {report.Messages} messages, {report.Segments} segments, {report.Errors} errors, {report.Warnings} warnings"));
        foreach (Finding finding in report.Findings)
        {
            string standardCode = finding.StandardCode is null ? "" : $" [{finding.StandardElement} {finding.StandardCode}]";
            string segment = finding.SegmentPosition > 0 ? string.Create(CultureInfo.InvariantCulture, $", segment {finding.SegmentPosition}") : "";
            string message = finding.MessageIndex >= 0 ? string.Create(CultureInfo.InvariantCulture, $", message {finding.MessageIndex + 1}") : "";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {finding.Severity.ToString().ToLowerInvariant(),-7} byte {finding.ByteOffset}{message}{segment}: {finding.Text}{standardCode}"));
        }
    }

    private static void WriteJson(TextWriter output, string file, ValidationReport report)
    {
        (string standard, string version) = Kind(report);
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("file", file);
            json.WriteString("standard", standard);
            json.WriteString("version", version);
            json.WriteNumber("interchanges", report.Interchanges.Count);
            json.WriteNumber("messages", report.Messages);
            json.WriteNumber("segments", report.Segments);
            json.WriteString("verdict", report.IsValid ? "valid" : "invalid");
            json.WriteNumber("errors", report.Errors);
            json.WriteNumber("warnings", report.Warnings);
            json.WriteStartArray("findings");
            foreach (Finding finding in report.Findings) WriteFinding(json, finding);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.WriteLine(System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length));
    }

    private static void WriteFinding(Utf8JsonWriter json, Finding finding)
    {
        json.WriteStartObject();
        json.WriteString("code", finding.Code);
        json.WriteString("level", finding.Level.ToString().ToLowerInvariant());
        json.WriteString("severity", finding.Severity.ToString().ToLowerInvariant());
        json.WriteString("standardElement", finding.StandardElement);
        json.WriteString("standardCode", finding.StandardCode);
        json.WriteNumber("offset", finding.ByteOffset);
        json.WriteNumber("interchange", finding.InterchangeIndex + 1);
        json.WriteNumber("message", finding.MessageIndex + 1);
        json.WriteNumber("segment", finding.SegmentPosition);
        json.WriteString("tag", finding.Tag);
        json.WriteNumber("element", finding.ElementPosition);
        json.WriteNumber("component", finding.ComponentPosition);
        json.WriteNumber("repetition", finding.Repetition);
        json.WriteString("found", finding.Found);
        json.WriteString("expected", finding.Expected);
        json.WriteString("text", finding.Text);
        json.WriteEndObject();
    }
}
