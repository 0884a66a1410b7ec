using UnifiedCommerce.Edi.SchemaCompiler;

// dotnet run --project src/UnifiedCommerce.Edi/Schemas/Compiler -- FACTS_FOLDER
// FACTS_FOLDER holds untdid/*.zip, untdid/service.json and x12/*.json; the result goes to src/UnifiedCommerce.Edi/Schemas/Data.
if (args.Length != 1)
{
    Console.Error.WriteLine("usage: SchemaCompiler FACTS_FOLDER");
    return 2;
}

var compiler = FindCompilerFolder();
var target = Path.Combine(compiler, "..", "Data");
Directory.CreateDirectory(target);

var directories = Directory.GetFiles(Path.Combine(args[0], "untdid"), "D*.zip").Order(StringComparer.Ordinal).Select(UntdidReader.Read).ToList();
// The service code lists inside some releases (UNSL) are older than service.json, which wins.
foreach (var element in directories.SelectMany(directory => directory.Elements.Values).Where(element => element.Id[0] == '0')) element.Codes.Clear();
// PAYDUC and JUPREQ bracket their repeats with these; no directory defines them.
foreach (var directory in directories) AddServiceSegments(directory);
var byVersion = directories.ToDictionary(directory => directory.Version, StringComparer.Ordinal);
var d93Borrowed = BorrowCodes(byVersion["D93A"], byVersion["D96A"]);
foreach (var directory in directories) Save($"edifact-{directory.Version}", directory, directory.Version == "D93A" ? d93Borrowed : []);

foreach (var syntax in new[] { "3", "4" })
{
    var service = JsonFacts.ReadService(Path.Combine(args[0], "untdid", "service.json"), syntax);
    OwnNames.Apply(service, Path.Combine(compiler, "service.names"));
    Save($"service-{syntax}", service, []);
}


var x4010 = JsonFacts.ReadX12(Path.Combine(args[0], "x12", "004010.json"));
var x5010 = JsonFacts.ReadX12(Path.Combine(args[0], "x12", "005010.json"));
OwnNames.Apply(x4010, Path.Combine(compiler, "x12.names"));
OwnNames.Apply(x5010, Path.Combine(compiler, "x12.names"));
Save("x12-004010", x4010, []);
Save("x12-005010", x5010, BorrowCodes(x5010, x4010));
Save("tradacoms-1", TradacomsFacts.Read(Path.Combine(compiler, "tradacoms.facts")), []);
return 0;

static IEnumerable<string> Undefined(DirectoryFacts facts)
{
    return facts.Messages.Values.SelectMany(message => Missing(message.Body)).Distinct(StringComparer.Ordinal);

    IEnumerable<string> Missing(List<NodeFacts> nodes) => nodes.SelectMany(node =>
        node.Children is null ? facts.Segments.ContainsKey(node.Name) ? [] : [node.Name] : Missing(node.Children));
}

void Save(string name, DirectoryFacts facts, HashSet<string> borrowed)
{
    foreach (var tag in Undefined(facts)) Console.Error.WriteLine($"{name}: {tag} is used but not defined.");
    var bytes = SchemaPacker.Pack(facts, borrowed);
    File.WriteAllBytes(Path.Combine(target, name.ToLowerInvariant() + ".schema"), bytes);
    Console.WriteLine($"{name,-16} {facts.Messages.Count,4} messages {facts.Segments.Count,4} segments {facts.Composites.Count,4} composites {facts.Elements.Count,5} elements " +
        $"{facts.Elements.Values.Sum(element => element.Codes.Count),6} codes {bytes.Length,8} bytes");
}

static HashSet<string> BorrowCodes(DirectoryFacts to, DirectoryFacts from)
{
    // A release without its own list: the neighbour's values can be named, but a value that is missing there proves nothing.
    var borrowed = new HashSet<string>(StringComparer.Ordinal);
    foreach (var element in to.Elements.Values.Where(element => element.Codes.Count == 0))
    {
        if (!from.Elements.TryGetValue(element.Id, out var source) || source.Codes.Count == 0) continue;
        element.Codes.AddRange(source.Codes);
        borrowed.Add(element.Id);
    }

    return borrowed;
}

static void AddServiceSegments(DirectoryFacts facts)
{
    facts.Elements.TryAdd("0081", new("0081", "Section identification", "an", 1, 1));
    facts.Elements.TryAdd("0087", new("0087", "Anti-collision segment group identification", "an", 1, 4));
    facts.Segments.TryAdd("UNS", new("UNS", "Section control", [new("0081", true, 1)], []));
    facts.Segments.TryAdd("UGH", new("UGH", "Anti-collision segment group header", [new("0087", true, 1)], []));
    facts.Segments.TryAdd("UGT", new("UGT", "Anti-collision segment group trailer", [new("0087", true, 1)], []));
    facts.Segments.TryAdd("UGS", new("UGS", "Anti-collision segment group trailer", [new("0087", true, 1)], []));
}

static string FindCompilerFolder()
{
    for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
    {
        var candidate = Path.Combine(folder.FullName, "src", "UnifiedCommerce.Edi", "Schemas", "Compiler");
        if (Directory.Exists(candidate)) return candidate;
    }

    throw new DirectoryNotFoundException("Run this from inside the repository.");
}
