using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Schema;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Orders;

namespace UnifiedCommerce.Cli;

/// <summary><c>uc map</c>: check mappings, read and write with them. Exit codes: 0 all well, 1 something is wrong with the documents or
/// mappings, 2 a file cannot be opened.</summary>
internal static class MapCommands
{
    public static Command Create()
    {
        Command map = new("map", "Mappings by example: check, read, write, compare, watch.");
        map.Subcommands.Add(Check());
        map.Subcommands.Add(Read());
        map.Subcommands.Add(Write());
        map.Subcommands.Add(Diff());
        map.Subcommands.Add(Watch());
        map.Subcommands.Add(Schema());
        return map;
    }

    internal static Option<string?> Xsd() => new("--xsd") { Description = "Folder with the OASIS UBL schemas; what we write as UBL is checked against them. UC_UBL_XSD when absent." };

    /// <summary>The schemas of the folder given, or of UC_UBL_XSD; none when neither is.</summary>
    internal static bool TryXsd(string? folder, TextWriter error, out XmlSchemaSet? schemas)
    {
        schemas = null;
        folder ??= Environment.GetEnvironmentVariable("UC_UBL_XSD");
        if (string.IsNullOrEmpty(folder))
            return true;
        try
        {
            schemas = MessageRules.LoadXsd(folder);
            return true;
        }
        catch (HubException wrong)
        {
            error.WriteLine(wrong.Message);
            return false;
        }
    }

    private static Option<bool> Json() => new("--json") { Description = "JSON instead of text." };

    private static Command Check()
    {
        Argument<string> folder = new("dir") { Description = "The mappings folder, or one partner's folder in it.", DefaultValueFactory = _ => "mappings" };
        Option<bool> json = Json();
        Option<string?> xsd = Xsd();
        Command command = new("check", "Prove every mapping by its samples: read, written, valid, read back.") { folder, json, xsd };
        command.SetAction(parse =>
        {
            TextWriter output = parse.InvocationConfiguration.Output;
            TextWriter error = parse.InvocationConfiguration.Error;
            if (!TryFolder(parse.GetRequiredValue(folder), error, out string mappings, out string? partner) || !TryXsd(parse.GetValue(xsd), error, out XmlSchemaSet? schemas))
                return 2;
            MappingCheckReport report = MappingCheck.Run(mappings, partner, schemas);
            Print(output, report, parse.GetValue(json));
            return report.Passed ? 0 : 1;
        });
        return command;
    }

    private static Command Read()
    {
        Argument<string> mapping = new("mapping") { Description = "A mapping file, or a partner's folder: then the file's own type chooses." };
        Argument<string> file = new("file") { Description = "The message file." };
        Option<bool> json = Json();
        Option<bool> save = new("--save") { Description = "Write the document beside the file as NAME.document.json: what the sample is expected to mean." };
        Command command = new("read", "Read a message into its canonical document.") { mapping, file, json, save };
        command.SetAction(parse =>
        {
            TextWriter output = parse.InvocationConfiguration.Output;
            TextWriter error = parse.InvocationConfiguration.Error;
            if (!TryBytes(parse.GetRequiredValue(file), error, out byte[] bytes) || !TrySet(parse.GetRequiredValue(mapping), error, out MappingSet set, out MappingContext context))
                return 2;
            ReadResult result = set.All.Count == 1 ? set.All[0].Read(bytes, context) : set.Read(bytes, context);
            if (parse.GetValue(json))
                output.WriteLine(new JsonObject
                {
                    ["messages"] = new JsonArray([.. result.Messages.Select(message => (JsonNode)new JsonObject
                    {
                        ["kind"] = message.Kind.ToString(),
                        ["mapping"] = message.MappingId,
                        ["document"] = message.Document is null ? null : JsonSerializer.SerializeToNode(message.Document, message.Document.GetType(), DocumentJson.Options),
                        ["diagnostics"] = Diagnostics(message.Diagnostics),
                        ["unmapped"] = new JsonArray([.. message.Unmapped.Select(value => (JsonNode)$"{value.Place}: {value.Text}")]),
                    })]),
                    ["diagnostics"] = Diagnostics(result.Diagnostics),
                }.ToJsonString(DocumentJson.Options));
            else
            {
                foreach (ReadMessage message in result.Messages)
                {
                    foreach (Diagnostic diagnostic in message.Diagnostics)
                        error.WriteLine($"{Word(diagnostic.Severity)} {diagnostic}");
                    foreach (UnmappedValue value in message.Unmapped)
                        error.WriteLine($"unmapped {value.Place}: {value.Text}");
                    if (message.Document is not null)
                        output.Write(DocumentJson.Write(message.Document));
                }
                foreach (Diagnostic diagnostic in result.Diagnostics)
                    error.WriteLine($"{Word(diagnostic.Severity)} {diagnostic}");
            }
            if (parse.GetValue(save) && result.Messages is [{ Document: { } first }, ..])
            {
                string path = parse.GetRequiredValue(file);
                File.WriteAllText(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, Path.GetFileNameWithoutExtension(path) + MappingCheck.ExpectedEnding), DocumentJson.Write(first));
            }
            return result.HasErrors || result.Messages.Count == 0 ? 1 : 0;
        });
        return command;
    }

    private static Command Write()
    {
        Argument<string> mapping = new("mapping") { Description = "A mapping file." };
        Argument<string> file = new("document") { Description = "The canonical document as JSON." };
        Option<string?> to = new("--to", "-o") { Description = "Where to write; the terminal when absent." };
        Option<string> number = new("--control") { Description = "Control number of the envelope.", DefaultValueFactory = _ => "1" };
        Command command = new("write", "Write a canonical document as the partner's message, envelope included.") { mapping, file, to, number };
        command.SetAction(parse =>
        {
            TextWriter error = parse.InvocationConfiguration.Error;
            if (!TryBytes(parse.GetRequiredValue(file), error, out byte[] bytes) || !TrySet(parse.GetRequiredValue(mapping), error, out MappingSet set, out MappingContext context))
                return 2;
            if (set.All.Count != 1)
            {
                error.WriteLine("Found a folder, expected one mapping file: a document does not say which message it is to become.");
                return 2;
            }
            object document;
            try
            {
                document = DocumentJson.Read(set.All[0].Document, System.Text.Encoding.UTF8.GetString(bytes));
            }
            catch (JsonException broken)
            {
                error.WriteLine($"{parse.GetRequiredValue(file)} is no {set.All[0].Document}: {broken.Message}");
                return 1;
            }
            string control = parse.GetRequiredValue(number);
            WriteResult written = set.All[0].Write(document, context with { InterchangeRef = control, MessageRef = control });
            foreach (Diagnostic diagnostic in written.Diagnostics.Concat(written.HasErrors ? [] : set.Rules.Check(set.All[0], written.Bytes)))
                error.WriteLine($"{Word(diagnostic.Severity)} {diagnostic}");
            if (written.HasErrors)
                return 1;
            if (parse.GetValue(to) is { } path)
                File.WriteAllBytes(path, written.Bytes.ToArray());
            else
                parse.InvocationConfiguration.Output.Write(System.Text.Encoding.UTF8.GetString(written.Bytes.Span));
            return 0;
        });
        return command;
    }

    private static Command Diff()
    {
        Argument<string> mapping = new("mapping") { Description = "A mapping file, or a partner's folder." };
        Argument<string> one = new("one") { Description = "A message, or a document as JSON (.document.json)." };
        Argument<string> other = new("other") { Description = "The one to compare it with." };
        Command command = new("diff", "Compare two messages by what they mean.") { mapping, one, other };
        command.SetAction(parse =>
        {
            TextWriter error = parse.InvocationConfiguration.Error;
            if (!TrySet(parse.GetRequiredValue(mapping), error, out MappingSet set, out MappingContext context)
                || !TryDocument(set, context, parse.GetRequiredValue(one), error, out object left) || !TryDocument(set, context, parse.GetRequiredValue(other), error, out object right))
                return 2;
            IReadOnlyList<string> differences = DocumentJson.Differences(left, right, 200);
            foreach (string difference in differences)
                parse.InvocationConfiguration.Output.WriteLine(difference);
            return differences.Count == 0 ? 0 : 1;
        });
        return command;
    }

    private static Command Watch()
    {
        Argument<string> folder = new("dir") { Description = "A partner's folder." };
        Command command = new("watch", "Check again at each save, and show the message beside the document. Ends with Ctrl-C.") { folder };
        command.SetAction(async (parse, cancellationToken) =>
        {
            TextWriter output = parse.InvocationConfiguration.Output;
            if (!TryFolder(parse.GetRequiredValue(folder), parse.InvocationConfiguration.Error, out string mappings, out string? partner))
                return 2;
            string seen = "";
            while (!cancellationToken.IsCancellationRequested)
            {
                string stamp = string.Join(';', Directory.GetFiles(Path.Combine(mappings, partner ?? ""), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(path => $"{path}:{File.GetLastWriteTimeUtc(path).Ticks}"));
                if (stamp != seen)
                {
                    seen = stamp;
                    Print(output, MappingCheck.Run(mappings, partner), json: false);
                    if (partner is not null)
                        SideBySide(output, mappings, partner);
                }
                try
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(400), TimeProvider.System, cancellationToken);
                }
                catch (OperationCanceledException)
                {
                    return 0;
                }
            }
            return 0;
        });
        return command;
    }

    private static Command Schema()
    {
        Argument<string> kind = new("kind") { Description = string.Join(", ", DocumentTypes.Kinds) };
        Command command = new("schema", "The JSON Schema of a canonical document, made from the code.") { kind };
        command.SetAction(parse =>
        {
            if (!Enum.TryParse(parse.GetRequiredValue(kind), ignoreCase: true, out DocumentKind found) || DocumentTypes.Of(found) is null)
            {
                parse.InvocationConfiguration.Error.WriteLine($"Found '{parse.GetRequiredValue(kind)}', expected one of {string.Join(", ", DocumentTypes.Kinds)}.");
                return 2;
            }
            parse.InvocationConfiguration.Output.Write(DocumentJson.Schema(found));
            return 0;
        });
        return command;
    }

    private static void Print(TextWriter output, MappingCheckReport report, bool json)
    {
        if (json)
        {
            output.WriteLine(new JsonObject
            {
                ["passed"] = report.Passed,
                ["milliseconds"] = (long)report.Elapsed.TotalMilliseconds,
                ["notChecked"] = new JsonArray([.. report.NotChecked.Select(what => (JsonNode)what)]),
                ["mappings"] = new JsonArray([.. report.Proofs.Select(proof => (JsonNode)new JsonObject { ["mapping"] = proof.Mapping, ["samples"] = proof.Samples, ["passed"] = proof.Passed, ["diagnostics"] = Diagnostics(proof.Diagnostics) })]),
            }.ToJsonString(DocumentJson.Options));
            return;
        }
        foreach (MappingProof proof in report.Proofs)
        {
            foreach (Diagnostic diagnostic in proof.Diagnostics)
                output.WriteLine($"{Word(diagnostic.Severity)} {diagnostic}");
        }
        foreach (string what in report.NotChecked)
            output.WriteLine($"not checked: {what}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{report.Proofs.Count} mappings, {report.Proofs.Sum(proof => proof.Samples)} samples, {report.Proofs.Count(proof => !proof.Passed)} with errors, {report.Elapsed.TotalMilliseconds:0} ms"));
    }

    private static void SideBySide(TextWriter output, string mappings, string partner)
    {
        MappingSet set = MappingSet.Load(mappings, partner);
        string samples = Path.Combine(mappings, partner, "samples");
        string? newest = Directory.Exists(samples)
            ? Directory.GetFiles(samples).Where(path => !path.EndsWith(MappingCheck.ExpectedEnding, StringComparison.Ordinal)).MaxBy(File.GetLastWriteTimeUtc)
            : null;
        if (newest is null || set.Read(File.ReadAllBytes(newest), MappingCheck.ContextOf(mappings, partner)).Messages is not [{ Document: { } document }, ..])
            return;
        string[] left = System.Text.Encoding.UTF8.GetString(File.ReadAllBytes(newest)).ReplaceLineEndings("\n").Split('\n');
        string[] right = DocumentJson.Write(document).Split('\n');
        for (int line = 0; line < Math.Max(left.Length, right.Length); line++)
        {
            string one = line < left.Length ? left[line] : "";
            output.WriteLine($"{(one.Length > 70 ? one[..69] + "…" : one),-70} | {(line < right.Length ? right[line] : "")}");
        }
    }

    internal static JsonArray Diagnostics(IEnumerable<Diagnostic> diagnostics) =>
        new([.. diagnostics.Select(diagnostic => (JsonNode)new JsonObject { ["code"] = diagnostic.Code, ["severity"] = Word(diagnostic.Severity), ["place"] = diagnostic.Place, ["text"] = diagnostic.Text })]);

    internal static string Word(Severity severity) => severity switch { Severity.Error => "error", Severity.Warning => "warning", _ => "info" };

    /// <summary>The mappings folder and, when the path is a partner's folder, the partner.</summary>
    internal static bool TryFolder(string path, TextWriter error, out string mappings, out string? partner)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        mappings = full;
        partner = null;
        if (!Directory.Exists(full))
        {
            error.WriteLine($"There is no folder {path}. Expected one with a folder per partner, or a partner's folder.");
            return false;
        }
        if (File.Exists(Path.Combine(full, "partner.yaml")) || Directory.GetFiles(full, "*.map").Length > 0)
        {
            partner = Path.GetFileName(full);
            mappings = Path.GetDirectoryName(full)!;
        }
        return true;
    }

    private static bool TryBytes(string path, TextWriter error, out byte[] bytes)
    {
        bytes = [];
        try
        {
            bytes = File.ReadAllBytes(path);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"{path}: {failure.Message}");
            return false;
        }
    }

    private static bool TrySet(string path, TextWriter error, out MappingSet set, out MappingContext context)
    {
        set = MappingSet.Of("");
        context = MappingContext.Empty;
        if (Directory.Exists(path))
        {
            if (!TryFolder(path, error, out string mappings, out string? partner) || partner is null)
            {
                error.WriteLine($"{path} is no partner's folder: it has no partner.yaml and no *.map.");
                return false;
            }
            set = MappingSet.Load(mappings, partner);
            context = MappingCheck.ContextOf(mappings, partner);
        }
        else
        {
            if (!TryBytes(path, error, out byte[] bytes))
                return false;
            string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            string partner = Path.GetFileName(folder);
            string mappings = Path.GetDirectoryName(folder)!;
            // A mapping under base/STANDARD extends others of base too.
            if (Path.GetFileName(mappings) == "base")
                mappings = Path.GetDirectoryName(mappings)!;
            MappingParseResult parsed = MessageMapping.Parse(System.Text.Encoding.UTF8.GetString(bytes), $"{partner}/{Path.GetFileName(path)}", MappingSet.Loader(mappings, partner));
            foreach (Diagnostic diagnostic in parsed.Diagnostics)
                error.WriteLine($"{Word(diagnostic.Severity)} {diagnostic}");
            if (parsed.Mapping is null)
                return false;
            set = MappingSet.Of(partner, parsed.Mapping);
            context = MappingCheck.ContextOf(mappings, partner);
            return true;
        }
        foreach (Diagnostic diagnostic in set.Diagnostics)
            error.WriteLine($"{Word(diagnostic.Severity)} {diagnostic}");
        return set.All.Count > 0;
    }

    private static bool TryDocument(MappingSet set, MappingContext context, string path, TextWriter error, out object document)
    {
        document = "";
        if (!TryBytes(path, error, out byte[] bytes))
            return false;
        if (path.EndsWith(MappingCheck.ExpectedEnding, StringComparison.Ordinal))
        {
            document = DocumentJson.Read(set.All[0].Document, System.Text.Encoding.UTF8.GetString(bytes));
            return true;
        }
        ReadResult result = set.All.Count == 1 ? set.All[0].Read(bytes, context) : set.Read(bytes, context);
        if (result.Messages is [{ Document: { } found }, ..])
        {
            document = found;
            return true;
        }
        error.WriteLine($"{path} holds no document that the mapping reads. {string.Join(" ", result.Diagnostics)}");
        return false;
    }
}
