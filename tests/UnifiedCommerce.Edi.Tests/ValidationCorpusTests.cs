using System.Text.RegularExpressions;
using UnifiedCommerce.Edi.Schemas;
using UnifiedCommerce.Edi.Validation;

namespace UnifiedCommerce.Edi.Tests;

/// <summary>The verdicts on the sample files beside the repository; the README of the library lists the exceptions named here.</summary>
public sealed partial class ValidationCorpusTests
{
    /// <summary>Mutations that the generator of the corpus meant, and how they must be found.</summary>
    private static readonly (string Mutation, string Code)[] Mutations =
    [
        ("truncated mid-segment", "segment-unterminated"),
        ("truncated inside ISA", "data-outside-interchange"),
        ("release char as last byte", "segment-unterminated"),
        ("missing IEA", "interchange-trailer-missing"),
        ("missing UNZ", "interchange-trailer-missing"),
        ("missing SE", "message-trailer-missing"),
        ("missing UNT", "message-trailer-missing"),
        ("SE count off by one", "message-segment-count"),
        ("UNT count wrong", "message-segment-count"),
        ("IEA control number mismatch", "interchange-reference"),
        ("UNZ reference mismatch", "interchange-reference"),
        ("UNH reference mismatch", "message-reference"),
        ("GE count wrong", "group-message-count"),
        ("unknown segment", "segment-unknown"),
        ("control byte 0x00 in element", "character-not-allowed"),
        ("UNOA interchange with lower case and 8-bit chars", "character-not-allowed"),
        ("segments out of order", "segment-missing|segment-out-of-order|segment-unexpected"),
        ("element over-long", "element-too-long"),
        ("transaction set duplicated with same ST02", "message-duplicate"),
        ("same interchange twice", "interchange-duplicate"),
        ("leading garbage before ISA", "data-outside-interchange"),
        ("element separator equals segment terminator", "data-outside-interchange|delimiters-not-distinct"),
        ("UNA with identical separators", "delimiters-not-distinct"),
        ("unescaped apostrophe in text", "segment-tag-invalid"),
    ];

    /// <summary>
    /// Marked bad, but nothing is wrong once it is read rightly: messages of one segment cannot be out of order, and a file wrapped
    /// at 80 columns, within its ISA and its tags, is whole when the breaks are not taken for data.
    /// </summary>
    private static readonly string[] NotBad = ["synthetic-bad/x12/synthetic-x12-855-10-bad.x12", "x12/210/x12-210-003-bad.x12"];

    /// <summary>The mutation for UNOA in a file that announces UNOD, where those characters are right; found by the count and the order.</summary>
    private const string WideCharacterSet = "synthetic-bad/eancom/synthetic-eancom-invoic-09-bad.edi";

    [CorpusFact]
    public void Every_file_marked_valid_is_read_to_its_end()
    {
        foreach (var file in Corpus.Files().Where(file => file.Verdict == "valid"))
        {
            var bytes = Corpus.Read(file.File);
            var report = EdiValidator.Validate(bytes, EdiSchemas.Default, new() { MaximumFindings = 100_000 });

            Assert.True(report.Interchanges.Count > 0 && report.Interchanges.All(interchange => interchange.HasTrailer), file.File);
            Assert.DoesNotContain(report.Findings, finding => finding is { Level: FindingLevel.Syntax, Severity: FindingSeverity.Error } && finding.Code != "character-not-allowed");
        }
    }

    [CorpusFact]
    public void Every_file_marked_bad_is_flagged()
    {
        var missed = Corpus.Files().Where(file => file.Verdict == "bad" && !NotBad.Contains(file.File))
            .Where(file => EdiValidator.Validate(Corpus.Read(file.File), EdiSchemas.Default).IsValid).Select(file => file.File);

        Assert.Empty(missed);
    }

    [CorpusFact]
    public void Every_mutation_is_found_for_what_it_is()
    {
        var missed = new List<string>();
        foreach (var file in Corpus.Files().Where(file => file.Notes.StartsWith("synthetic mutation: ", StringComparison.Ordinal) && !NotBad.Contains(file.File) && file.File != WideCharacterSet))
        {
            var expected = Mutations.Single(known => file.Notes[20..].StartsWith(known.Mutation, StringComparison.Ordinal)).Code.Split('|');
            var report = EdiValidator.Validate(Corpus.Read(file.File), EdiSchemas.Default);
            if (!report.Findings.Any(finding => expected.Contains(finding.Code) && finding.Severity == FindingSeverity.Error)) missed.Add($"{file.File}: {file.Notes}: {string.Join(' ', report.Findings.Select(f => f.Code).Distinct())}");
        }

        Assert.True(missed.Count == 0, string.Join('\n', missed));
    }

    [CorpusFact]
    public void Wrong_counts_and_references_that_the_manifest_names_are_found_with_their_values()
    {
        var missed = new List<string>();
        foreach (var file in Corpus.Files().Where(file => file.Verdict == "bad"))
        {
            var report = EdiValidator.Validate(Corpus.Read(file.File), EdiSchemas.Default, new() { MaximumFindings = 100_000 });
            foreach (Match match in WrongCount().Matches(file.Notes))
            {
                var (tag, found, expected) = (match.Groups[1].Value[..^(match.Groups[1].Value.Length > 3 ? 2 : 0)], match.Groups[2].Value, match.Groups[3].Value);
                if (!report.Findings.Any(finding => finding.Tag == tag && finding.Found == found && finding.Expected == expected)) missed.Add($"{file.File}: {match.Value}");
            }
        }

        Assert.True(missed.Count == 0, string.Join('\n', missed));
    }

    [GeneratedRegex(@"(SE01|GE01|IEA01|UNT|MTR|END) (?:count )?(\d+) but (\d+)")]
    private static partial Regex WrongCount();
}
