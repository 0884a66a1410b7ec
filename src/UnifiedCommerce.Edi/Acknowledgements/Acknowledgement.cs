using System.Buffers;
using System.Globalization;
using UnifiedCommerce.Edi.Validation;

namespace UnifiedCommerce.Edi.Acknowledgements;

/// <summary>Writes acknowledgements from what a check found, and reads those that come back.</summary>
public static class Acknowledgement
{
    /// <summary>
    /// The acknowledgements due for what was checked, one interchange each, ready to send; empty when none is due. An acknowledgement is
    /// never acknowledged: TA1, 997, 999 and CONTRL get no answer, an APERAK no APERAK.
    /// </summary>
    /// <param name="report">The findings and envelope facts of the input.</param>
    /// <param name="options">References, time and kinds.</param>
    /// <returns>The bytes; interchanges in the order of those they answer.</returns>
    public static byte[] For(ValidationReport report, AcknowledgementOptions options)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(options);
        var output = new ArrayBufferWriter<byte>();
        var references = new ReferenceCounter(options.ControlReference);
        foreach (var interchange in report.Interchanges)
        {
            // Without a header nobody is known to answer to.
            if (interchange.Header is not { } header || header.ControlReference.Length == 0 || header.Sender.Length == 0 || header.Receiver.Length == 0) continue;
            var findings = report.Findings.Where(finding => finding.InterchangeIndex == interchange.Index && finding.Severity == FindingSeverity.Error).ToList();
            switch (interchange.Dialect.Standard)
            {
                case EdiStandard.X12: new X12Acknowledgement(interchange, header, findings, options).Write(output, references); break;
                case EdiStandard.Edifact:
                    if (options.Kinds.Contains(AcknowledgementKind.Contrl)) ContrlAcknowledgement.Write(interchange, header, findings, options, output, references);
                    if (options.Kinds.Contains(AcknowledgementKind.Aperak)) AperakAcknowledgement.Write(interchange, header, findings, options, output, references);
                    break;
                default: break;
            }
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads every TA1, 997, 999, CONTRL and APERAK of an input; other messages are passed over.</summary>
    /// <param name="data">All bytes.</param>
    public static IReadOnlyList<AcknowledgementReport> Read(ReadOnlyMemory<byte> data) => AcknowledgementReader.Read(EdiDocument.Read(data));

    /// <summary>Whether a message only acknowledges, so that it must not be acknowledged itself.</summary>
    /// <param name="standard">The standard.</param>
    /// <param name="messageType">The message type.</param>
    public static bool IsAcknowledgement(EdiStandard standard, string messageType) => standard switch
    {
        EdiStandard.X12 => messageType is "997" or "999" or "TA1",
        EdiStandard.Edifact => messageType is "CONTRL",
        _ => false,
    };

    /// <summary>The header turned round. What the partner wrote may be too long for our own header; it is cut rather than refused.</summary>
    internal static EdiInterchangeHeader Answer(EdiStandard standard, EdiInterchangeHeader header, string reference, DateTime prepared)
    {
        var most = standard == EdiStandard.X12 ? 15 : 35;
        string Qualifier(string value) => standard == EdiStandard.X12 ? value.Length == 2 ? value : "ZZ" : value[..Math.Min(value.Length, 4)];
        return new()
        {
            Sender = header.Receiver[..Math.Min(header.Receiver.Length, most)],
            SenderQualifier = Qualifier(header.ReceiverQualifier),
            Receiver = header.Sender[..Math.Min(header.Sender.Length, most)],
            ReceiverQualifier = Qualifier(header.SenderQualifier),
            Prepared = prepared,
            ControlReference = reference,
            IsTest = header.IsTest,
        };
    }

    internal static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Gives one interchange after another its control number.</summary>
internal sealed class ReferenceCounter(string first)
{
    private int given;

    public string Next()
    {
        var step = given++;
        if (step == 0) return first;
        var digits = first.Length;
        while (digits > 0 && char.IsAsciiDigit(first[digits - 1])) digits--;
        var number = digits == first.Length ? 0 : long.Parse(first.AsSpan(digits), CultureInfo.InvariantCulture);
        return first[..digits] + (number + step).ToString(CultureInfo.InvariantCulture).PadLeft(first.Length - digits, '0');
    }
}
