using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using UnifiedCommerce.Core;
using UnifiedCommerce.Core.Mapping;
using UnifiedCommerce.Core.Partners;

namespace UnifiedCommerce.Cli;

/// <summary><c>uc partner</c>: make a partner's folder from samples, check partners. Exit codes: 0 all well, 1 something is wrong in the
/// files, 2 a file cannot be opened or written.</summary>
internal static class PartnerCommands
{
    public static Command Create()
    {
        Command partner = new("partner", "Trading partners: make one from samples, check them.");
        partner.Subcommands.Add(New());
        partner.Subcommands.Add(Check());
        return partner;
    }

    private static Command New()
    {
        Argument<string> name = new("name") { Description = "Folder name of the partner: lower-case letters, digits, hyphens." };
        Option<string[]> from = new("--from") { Description = "Samples: EDIFACT, X12, UBL, cXML, JSON, CSV.", Required = true, AllowMultipleArgumentsPerToken = true };
        Option<string> mappings = new("--mappings") { Description = "The mappings folder.", DefaultValueFactory = _ => "mappings" };
        Option<bool> supplier = new("--supplier") { Description = "Orders among the samples are those the partner expects of us, not its orders to us." };
        Command command = new("new", "Make a partner's folder with a mapping proposed from each sample. What is unsure is marked with #? and its candidates.") { name, from, mappings, supplier };
        command.SetAction(parse => Make(parse.GetRequiredValue(name), parse.GetRequiredValue(from), parse.GetRequiredValue(mappings), !parse.GetValue(supplier), parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error));
        return command;
    }

    private static int Make(string name, string[] samples, string mappings, bool fromCustomer, TextWriter output, TextWriter error)
    {
        if (name.Length == 0 || name == "base" || !name.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-'))
        {
            error.WriteLine($"Found the name '{name}', expected lower-case letters, digits and hyphens.");
            return 2;
        }
        string folder = Path.Combine(mappings, name);
        if (Directory.Exists(folder))
        {
            error.WriteLine($"{folder} exists already. Choose another name, or add the mapping there yourself.");
            return 2;
        }
        List<(string Sample, byte[] Bytes, MappingProposal Proposal)> proposals = [];
        int exit = 0;
        foreach (string sample in samples)
        {
            byte[] bytes;
            try
            {
                bytes = File.ReadAllBytes(sample);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                error.WriteLine($"{sample}: {failure.Message}");
                return 2;
            }
            MappingProposal proposal = MappingProposer.Propose(bytes, mappings, fromCustomer);
            if (proposal.Text.Length == 0)
            {
                exit = 1;
                foreach (Diagnostic diagnostic in proposal.Diagnostics)
                    error.WriteLine($"{sample}: {diagnostic}");
                continue;
            }
            proposals.Add((sample, bytes, proposal));
        }
        if (proposals.Count == 0)
            return exit;
        Directory.CreateDirectory(Path.Combine(folder, "samples"));
        PeekedFile first = DocumentSniffer.Peek(proposals[0].Bytes);
        File.WriteAllText(Path.Combine(folder, "partner.yaml"), PartnerYaml(name, first, proposals.Select(made => made.Proposal), fromCustomer));
        foreach ((string sample, byte[] bytes, MappingProposal proposal) in proposals)
        {
            File.WriteAllText(Path.Combine(folder, proposal.FileName), proposal.Text);
            string stem = proposal.FileName.Split('.')[0];
            string ending = Path.GetExtension(sample) is { Length: > 1 } found ? found : ".txt";
            int number = Directory.GetFiles(Path.Combine(folder, "samples"), stem + "*").Length;
            string copy = Path.Combine(folder, "samples", number == 0 ? stem + ending : string.Create(CultureInfo.InvariantCulture, $"{stem}-{number + 1}{ending}"));
            File.WriteAllBytes(copy, bytes);
            MappingParseResult parsed = MessageMapping.Parse(proposal.Text, $"{name}/{proposal.FileName}", MappingSet.Loader(mappings, name));
            if (parsed.Mapping?.Read(bytes).Messages is [{ Document: { } document }, ..])
                File.WriteAllText(Path.Combine(folder, "samples", Path.GetFileNameWithoutExtension(copy) + MappingCheck.ExpectedEnding), DocumentJson.Write(document));
            output.WriteLine($"{Path.Combine(folder, proposal.FileName)}: {proposal.Kind} from {Path.GetFileName(sample)}, {proposal.Unsure.Count} to decide");
            foreach (UnsureValue unsure in proposal.Unsure)
                output.WriteLine($"  {unsure.Place}: {unsure.Sample}{(unsure.Candidates.Count == 0 ? "" : $" -> {string.Join(" or ", unsure.Candidates)}?")}");
        }
        output.WriteLine($"Next: decide the lines marked #? in {folder}, fill in partner.yaml, then run uc map check {folder}.");
        return exit;
    }

    private static string PartnerYaml(string name, PeekedFile first, IEnumerable<MappingProposal> proposals, bool fromCustomer)
    {
        PeekedMessage? message = first.Messages.Count > 0 ? first.Messages[0] : null;
        StringBuilder yaml = new();
        yaml.Append(CultureInfo.InvariantCulture, $"# Made from samples. Envelope ids are those of the first one; everything else is yours to fill in.\nid: {name}\nname: {name}\nrole: {(fromCustomer ? "customer" : "distributor")}\nstate: draft\ncountry: NL\ntimeZone: Europe/Amsterdam\nparty:\n  name: {name}\n");
        string their = message?.Sender is { Length: > 0 } sender ? sender : name;
        string our = message?.Receiver is { Length: > 0 } receiver ? receiver : "us";
        yaml.Append(CultureInfo.InvariantCulture, $"envelope: {{ {(message?.SenderQualifier is { Length: > 0 } qualifier ? $"theirQualifier: \"{qualifier}\", " : "")}theirId: \"{their}\", {(message?.ReceiverQualifier is { Length: > 0 } own ? $"ourQualifier: \"{own}\", " : "")}ourId: \"{our}\"{(first.IsTest ? ", test: true" : "")} }}\n");
        yaml.Append(CultureInfo.InvariantCulture, $"transport:\n  kind: folder\n  outbox: partners/{name}/out\n  inbox: partners/{name}/in\ndocuments:\n");
        foreach (MappingProposal proposal in proposals.DistinctBy(proposal => proposal.Kind))
            yaml.Append(CultureInfo.InvariantCulture, $"  {char.ToLowerInvariant(proposal.Kind.ToString()[0])}{proposal.Kind.ToString()[1..]}: {proposal.FileName}\n");
        return yaml.ToString();
    }

    private static Command Check()
    {
        Argument<string> folder = new("dir") { Description = "The mappings folder, or one partner's folder in it.", DefaultValueFactory = _ => "mappings" };
        Option<bool> json = new("--json") { Description = "JSON instead of text." };
        Option<string?> xsd = MapCommands.Xsd();
        Command command = new("check", "Check partner.yaml, house.yaml and the mappings with their samples.") { folder, json, xsd };
        command.SetAction(parse =>
        {
            TextWriter output = parse.InvocationConfiguration.Output;
            if (!MapCommands.TryFolder(parse.GetRequiredValue(folder), parse.InvocationConfiguration.Error, out string mappings, out string? partner)
                || !MapCommands.TryXsd(parse.GetValue(xsd), parse.InvocationConfiguration.Error, out System.Xml.Schema.XmlSchemaSet? schemas))
                return 2;
            List<Diagnostic> found = [.. partner is null ? PartnerFolder.LoadAll(mappings).Diagnostics : PartnerFile.Load(Path.Combine(mappings, partner)).Diagnostics];
            MappingCheckReport report = MappingCheck.Run(mappings, partner, schemas);
            found.AddRange(report.Diagnostics);
            if (parse.GetValue(json))
                output.WriteLine(new JsonObject { ["passed"] = found.TrueForAll(diagnostic => diagnostic.Severity != Severity.Error), ["diagnostics"] = MapCommands.Diagnostics(found) }.ToJsonString(DocumentJson.Options));
            else
            {
                foreach (Diagnostic diagnostic in found)
                    output.WriteLine($"{MapCommands.Word(diagnostic.Severity)} {diagnostic}");
                output.WriteLine($"{(partner ?? "all partners")}: {found.Count(diagnostic => diagnostic.Severity == Severity.Error)} errors, {found.Count(diagnostic => diagnostic.Severity == Severity.Warning)} warnings, {report.Proofs.Count} mappings");
            }
            return found.Exists(diagnostic => diagnostic.Severity == Severity.Error) ? 1 : 0;
        });
        return command;
    }
}
