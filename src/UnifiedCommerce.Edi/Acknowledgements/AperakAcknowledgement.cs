using System.Buffers;
using System.Globalization;
using UnifiedCommerce.Edi.Schemas;
using UnifiedCommerce.Edi.Validation;

namespace UnifiedCommerce.Edi.Acknowledgements;

/// <summary>APERAK for every message of an EDIFACT interchange that has errors: one ERC with its text per finding.</summary>
internal static class AperakAcknowledgement
{
    private const int MostFindings = 999;
    private const int LineLength = 70;
    private const int MostLines = 5;

    public static void Write(InterchangeReport interchange, EdiInterchangeHeader header, List<Finding> findings, AcknowledgementOptions options, ArrayBufferWriter<byte> output, ReferenceCounter references)
    {
        var messages = interchange.Messages.Where(message => message.Errors > 0 && message.Type is not ("CONTRL" or "APERAK")).ToList();
        if (messages.Count == 0) return;
        var own = interchange.Dialect;
        // Sentences need lower case and accents: at least level C.
        var dialect = Dialect.Edifact(own.SyntaxIdentifier is "UNOW" or "UNOY" ? own.SyntaxIdentifier : "UNOC", Math.Clamp(own.SyntaxVersion, 2, 4));
        using var writer = new EdiWriter(output, dialect, new() { UnwritableText = UnwritableText.Replace });
        var reference = references.Next();
        writer.BeginInterchange(Acknowledgement.Answer(EdiStandard.Edifact, header, reference, options.Prepared));
        for (var i = 0; i < messages.Count; i++)
        {
            Message(writer, messages[i], findings.Where(finding => finding.MessageIndex == messages[i].Index), options, $"{reference}-{i + 1}", i + 1);
        }

        writer.EndInterchange();
        writer.Flush();
    }

    private static void Message(EdiWriter writer, MessageReport message, IEnumerable<Finding> findings, AcknowledgementOptions options, string document, int index)
    {
        var directory = EdiSchemas.Default.Find(EdiStandard.Edifact, message.Version, "APERAK") is { } match ? match.Directory : EdiSchemas.Default.Directory(EdiStandard.Edifact, "D01B")!;
        writer.BeginMessage(new() { Type = "APERAK", Reference = Acknowledgement.Number(index), Version = directory.Version[..1], Release = directory.Version[1..] });
        // 1001 = 313, application error message, came with D.98A or so; 1225 = 27, not accepted.
        var hasCode = directory.Element("1001")?.Codes?.Contains("313"u8) == true;
        writer.Segment("BGM", hasCode ? "313" : null, document, "27");
        writer.BeginSegment("DTM").Element("137").Component(options.Prepared.ToString("yyyyMMddHHmm", CultureInfo.InvariantCulture)).Component("203").EndSegment();
        writer.BeginSegment("RFF").Element("ACW").Component(message.Reference).EndSegment();
        foreach (var finding in findings.Take(MostFindings))
        {
            writer.Segment("ERC", finding.StandardCode ?? "18");
            var text = string.Create(CultureInfo.InvariantCulture, $"Segment {finding.SegmentPosition}. {finding.Text}");
            writer.BeginSegment("FTX").Element("AAO").Element().Element();
            foreach (var (number, line) in Lines(text).Index())
            {
                if (number == 0) writer.Element(line);
                else writer.Component(line);
            }

            writer.EndSegment();
        }

        writer.EndMessage();
    }

    private static IEnumerable<string> Lines(string text)
    {
        for (var count = 0; text.Length > 0 && count < MostLines; count++)
        {
            var length = text.Length <= LineLength ? text.Length : text.LastIndexOf(' ', LineLength - 1, LineLength) is > 0 and var blank ? blank : LineLength;
            yield return text[..length].TrimEnd();
            text = text[length..].TrimStart();
        }
    }
}
