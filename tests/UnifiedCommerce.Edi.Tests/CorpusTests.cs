using System.Text;

namespace UnifiedCommerce.Edi.Tests;

public class CorpusTests
{
    [CorpusFact]
    public void Every_valid_sample_is_read_to_its_end_without_a_fault()
    {
        List<string> wrong = [];
        foreach (CorpusFile file in Corpus.Files().Where(f => f.Verdict == "valid"))
        {
            EdiDocument document = EdiDocument.Read(Corpus.Read(file.File));
            IEnumerable<Finding> faults = document.Findings.Where(f => f.Severity != FindingSeverity.Info);
            EdiStandard standard = file.Standard switch { "X12" => EdiStandard.X12, "TRADACOMS" => EdiStandard.Tradacoms, _ => EdiStandard.Edifact };
            if (faults.Any() || document.Interchanges.Count == 0 || document.Interchanges.Any(i => i.Trailer is null || i.Dialect.Standard != standard))
            {
                wrong.Add($"{file.File} {file.Notes} {document.Interchanges.Count} {string.Join("; ", faults.Take(2))}");
            }
        }
        Assert.Empty(wrong);
    }

    [CorpusFact]
    public void Every_valid_sample_is_written_back_byte_for_byte()
    {
        List<string> wrong = [];
        foreach (CorpusFile file in Corpus.Files().Where(f => f.Verdict == "valid"))
        {
            byte[] bytes = Corpus.Read(file.File);
            byte[] written = Rewrite.Exactly(EdiDocument.Read(bytes));
            if (!bytes.AsSpan().SequenceEqual(written))
            {
                int at = bytes.AsSpan().CommonPrefixLength(written);
                wrong.Add($"{file.File} at {at}: {Cut(bytes, at)} became {Cut(written, at)}");
            }
        }
        Assert.Empty(wrong);
    }

    [CorpusFact]
    public void Every_sample_with_a_broken_envelope_is_flagged()
    {
        List<string> wrong = [];
        foreach (CorpusFile file in Corpus.Files().Where(f => f.Verdict != "valid"))
        {
            // Faults of structure and elements are for the validator; declared-bad samples with a whole envelope have only those.
            if (file.Notes is "declared bad by source name" || file.Notes.Contains("out of order") || file.Notes.Contains("over-long")
                || file.Notes.Contains("unknown segment"))
            {
                continue;
            }
            IReadOnlyList<Finding> findings = EnvelopeChecker.Check(Corpus.Read(file.File));
            bool wrapped = findings.Any(f => f.Code == "lines-wrapped");
            if (!wrapped && !findings.Any(f => f.Severity == FindingSeverity.Error))
            {
                wrong.Add($"{file.File} {file.Notes}");
            }
        }
        Assert.Empty(wrong);
    }

    private static string Cut(byte[] bytes, int at) =>
        Encoding.Latin1.GetString(bytes[Math.Max(0, at - 20)..Math.Min(bytes.Length, at + 20)]);
}
