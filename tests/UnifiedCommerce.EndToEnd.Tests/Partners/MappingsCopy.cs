using UnifiedCommerce.EndToEnd.Tests.Journeys;

namespace UnifiedCommerce.EndToEnd.Tests.Partners;

/// <summary>The mappings of the source tree in a folder of the test's own, to be changed.</summary>
public sealed class MappingsCopy : IDisposable
{
    public MappingsCopy()
    {
        string source = System.IO.Path.Combine(Workbench.Root, "mappings");
        foreach (string file in Directory.GetFiles(source, "*", SearchOption.AllDirectories))
        {
            string target = System.IO.Path.Combine(Path, System.IO.Path.GetRelativePath(source, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("uc-mappings-").FullName;

    /// <summary>Replaces text in a file, as an editor would save it.</summary>
    public void Edit(string file, string old, string now)
    {
        string path = System.IO.Path.Combine(Path, file);
        string text = File.ReadAllText(path);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(old, now, StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
