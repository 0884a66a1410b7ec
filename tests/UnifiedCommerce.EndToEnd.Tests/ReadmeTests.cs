using System.Diagnostics;
using System.Text.RegularExpressions;
using UnifiedCommerce.EndToEnd.Tests.Journeys;

namespace UnifiedCommerce.EndToEnd.Tests;

/// <summary>What the README says is so: its <c>uc</c> commands run, its links and pictures are there.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string Readme = File.ReadAllText(Path.Combine(Workbench.Root, "README.md"));

    public static TheoryData<string> Commands => [.. Readme.Split('\n').Where(line => line.StartsWith("uc ", StringComparison.Ordinal)).Select(line => line[3..].Trim())];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_command_of_the_README_does_what_it_says(string command)
    {
        var scratch = Directory.CreateTempSubdirectory("uc-readme-").FullName;
        try
        {
            var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
            var dll = Path.Combine(Workbench.Root, "src", "UnifiedCommerce.Cli", "bin", configuration, "net10.0", "uc.dll");
            // A copy of the folders that commands read and write, so that a test run changes no file of the tree.
            foreach (var file in new[] { "mappings", "samples" }.SelectMany(folder => Directory.GetFiles(Path.Combine(Workbench.Root, folder), "*", SearchOption.AllDirectories)))
            {
                var copy = Path.Combine(scratch, Path.GetRelativePath(Workbench.Root, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
            using var process = Process.Start(new ProcessStartInfo("dotnet", [dll, .. command.Split(' ')]) { WorkingDirectory = scratch, RedirectStandardOutput = true, RedirectStandardError = true })!;
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, $"uc {command} ended with {process.ExitCode}: {await output}{await error}");
            Assert.NotEmpty(await output);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    [Fact]
    public void Links_and_pictures_of_the_README_are_there() =>
        Assert.All(Link().Matches(Readme).Select(match => match.Groups[1].Value).Where(link => !link.StartsWith("http", StringComparison.Ordinal)),
            link => Assert.True(File.Exists(Path.Combine(Workbench.Root, link)) || Directory.Exists(Path.Combine(Workbench.Root, link)), $"{link} is missing"));

    [GeneratedRegex(@"\]\(([^)]+)\)")]
    private static partial Regex Link();
}
