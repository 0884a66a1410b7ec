using System.Buffers;
using System.CommandLine;
using System.Text.Json;
using UnifiedCommerce.Edi;

namespace UnifiedCommerce.Cli;

/// <summary><c>uc edi json</c> and <c>uc edi split</c>: interchanges in another form.</summary>
internal static class EdiFileCommands
{
    public static Command Json()
    {
        Argument<FileInfo> file = new("file") { Description = "An EDI file, or the JSON of one." };
        Option<FileInfo?> output = new("--output", "-o") { Description = "The file to write; standard output unless given." };
        Command json = new("json", "Turn an EDI file into JSON without loss, or such JSON back into the file.") { file, output };
        json.SetAction(parse =>
        {
            if (!TryRead(parse, file, out byte[] bytes))
            {
                return 2;
            }
            ArrayBufferWriter<byte> result = new(bytes.Length * 2 + 256);
            ReadOnlySpan<byte> filler = [(byte)' ', (byte)'\r', (byte)'\n', (byte)'\t', 0xEF, 0xBB, 0xBF];
            int start = Math.Max(0, bytes.AsSpan().IndexOfAnyExcept(filler));
            try
            {
                if (start < bytes.Length && bytes[start] == (byte)'{')
                {
                    EdiJson.ToEdi(bytes.AsMemory(start), result);
                }
                else
                {
                    EdiJson.Write(EdiDocument.Read(bytes), result, indented: true);
                }
            }
            catch (JsonException fault)
            {
                parse.InvocationConfiguration.Error.WriteLine($"{parse.GetRequiredValue(file)}: {fault.Message}");
                return 1;
            }
            if (parse.GetValue(output) is { } target)
            {
                File.WriteAllBytes(target.FullName, result.WrittenSpan.ToArray());
            }
            else
            {
                using Stream stdout = Console.OpenStandardOutput();
                stdout.Write(result.WrittenSpan);
            }
            return 0;
        });
        return json;
    }

    public static Command Split()
    {
        Argument<FileInfo> file = new("file") { Description = "The file to split." };
        Option<DirectoryInfo?> output = new("--output", "-o") { Description = "The folder for the parts; the file's own unless given." };
        Option<bool> messages = new("--messages", "-m") { Description = "One part a message, in an interchange of its own; otherwise one part an interchange." };
        Command split = new("split", "Write every interchange, or every message, of a file to a file of its own.") { file, output, messages };
        split.SetAction(parse =>
        {
            if (!TryRead(parse, file, out byte[] bytes))
            {
                return 2;
            }
            FileInfo input = parse.GetRequiredValue(file);
            string folder = parse.GetValue(output)?.FullName ?? input.DirectoryName!;
            Directory.CreateDirectory(folder);
            EdiDocument document = EdiDocument.Read(bytes);
            int parts = 0;
            foreach (EdiPart part in parse.GetValue(messages) ? EdiSplitter.ByMessage(document) : EdiSplitter.ByInterchange(document))
            {
                string name = Path.Combine(folder, $"{Path.GetFileNameWithoutExtension(input.Name)}.{++parts:0000}{input.Extension}");
                File.WriteAllBytes(name, part.Bytes.ToArray());
                parse.InvocationConfiguration.Output.WriteLine(name);
            }
            if (parts == 0)
            {
                parse.InvocationConfiguration.Error.WriteLine($"{input}: there is nothing to split. {document.Findings.FirstOrDefault()?.Text}");
            }
            return parts > 0 ? 0 : 1;
        });
        return split;
    }

    private static bool TryRead(ParseResult parse, Argument<FileInfo> argument, out byte[] bytes)
    {
        FileInfo file = parse.GetRequiredValue(argument);
        bytes = [];
        if (!file.Exists)
        {
            parse.InvocationConfiguration.Error.WriteLine($"{file}: there is no such file.");
            return false;
        }
        bytes = File.ReadAllBytes(file.FullName);
        return true;
    }
}
