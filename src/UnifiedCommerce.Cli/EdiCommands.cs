using System.CommandLine;
using UnifiedCommerce.Edi;

namespace UnifiedCommerce.Cli;

/// <summary><c>uc edi</c>: look into interchanges.</summary>
internal static partial class EdiCommands
{
    public static Command Create()
    {
        Command edi = new("edi", "Look into EDI files: X12, EDIFACT, EANCOM, TRADACOMS.");
        edi.Subcommands.Add(Check());
        edi.Subcommands.Add(Explain());
        edi.Subcommands.Add(Ack());
        edi.Subcommands.Add(Split());
        return edi;
    }

    private static Command Split()
    {
        Argument<FileInfo> file = new("file") { Description = "The file to split." };
        Option<DirectoryInfo?> output = new("--output", "-o") { Description = "The folder for the parts; the file's own unless given." };
        Command split = new("split", "Write every interchange of a file to a file of its own.") { file, output };
        split.SetAction(parse =>
        {
            FileInfo input = parse.GetRequiredValue(file);
            string folder = parse.GetValue(output)?.FullName ?? input.DirectoryName!;
            Directory.CreateDirectory(folder);
            EdiDocument document = EdiDocument.Read(File.ReadAllBytes(input.FullName));
            foreach (EdiInterchange interchange in document.Interchanges)
            {
                string name = $"{Path.GetFileNameWithoutExtension(input.Name)}.{interchange.Index + 1:000}{input.Extension}";
                File.WriteAllBytes(Path.Combine(folder, name), interchange.Bytes.ToArray());
                parse.InvocationConfiguration.Output.WriteLine(Path.Combine(folder, name));
            }
            return document.Interchanges.Count > 0 ? 0 : 1;
        });
        return split;
    }
}
