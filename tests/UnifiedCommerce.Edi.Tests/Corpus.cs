namespace UnifiedCommerce.Edi.Tests;

/// <summary>The sample interchanges beside the repository; absent on a bare checkout.</summary>
internal static class Corpus
{
    internal const string Absent = "needs the sample interchanges in ../shared/edi/corpus, which stand beside the repository";

    internal static readonly string? Folder = Find();

    internal static IEnumerable<CorpusFile> Files()
    {
        if (Folder is null)
        {
            yield break;
        }
        foreach (string line in File.ReadLines(Path.Combine(Folder, "manifest.csv")).Skip(1))
        {
            string[] fields = line.Split(',');
            if (fields[2] is "X12" or "EDIFACT" or "EANCOM" or "TRADACOMS")
            {
                yield return new(fields[1], fields[2], fields[3], fields[8], string.Join(',', fields[9..]).Trim('"'));
            }
        }
    }

    internal static byte[] Read(string file) => File.ReadAllBytes(Path.Combine(Folder!, file));

    private static string? Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "UnifiedCommerce.sln")))
            {
                string folder = Path.Combine(at.Parent!.FullName, "shared", "edi", "corpus");
                return Directory.Exists(folder) ? folder : null;
            }
        }
        return null;
    }
}

internal sealed record CorpusFile(string File, string Standard, string Version, string Verdict, string Notes);

/// <summary>A test that needs the corpus; reported as skipped without it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CorpusFactAttribute : FactAttribute
{
    public CorpusFactAttribute() => Skip = Corpus.Folder is null ? Corpus.Absent : null;
}
