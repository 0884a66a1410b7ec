using System.Globalization;
using System.Text;

namespace UnifiedCommerce.Edi;

/// <summary>Headers and trailers of the three standards, their lengths checked.</summary>
internal static class EnvelopeWriter
{
    internal static void InterchangeHeader(EdiWriter writer, EdiInterchangeHeader header)
    {
        switch (writer.Dialect.Standard)
        {
            case EdiStandard.X12:
                Isa(writer, header);
                break;
            case EdiStandard.Edifact:
                Unb(writer, header);
                break;
            case EdiStandard.Tradacoms:
                Stx(writer, header);
                break;
            default:
                throw new InvalidOperationException("The dialect names no standard.");
        }
    }

    internal static void InterchangeTrailer(EdiWriter writer, string reference, int count)
    {
        switch (writer.Dialect.Standard)
        {
            case EdiStandard.X12:
                writer.BeginSegment("IEA").Element(count).Element(reference.PadLeft(9, '0')).EndSegment();
                break;
            case EdiStandard.Edifact:
                writer.BeginSegment("UNZ").Element(count).Element(reference).EndSegment();
                break;
            default:
                writer.BeginSegment("END").Element(count).EndSegment();
                break;
        }
    }

    internal static void GroupHeader(EdiWriter writer, EdiGroupHeader header)
    {
        switch (writer.Dialect.Standard)
        {
            case EdiStandard.X12:
                Fit("GS02", header.Sender, 2, 15);
                Fit("GS03", header.Receiver, 2, 15);
                Fit("GS06", header.ControlReference, 1, 9);
                Fit("GS08", header.Version, 1, 12);
                writer.Segment("GS", header.FunctionalIdentifier, header.Sender, header.Receiver, Date(header.Prepared, 8),
                    Time(header.Prepared), header.ControlReference, header.Agency.Length == 0 ? "X" : header.Agency, header.Version);
                break;
            case EdiStandard.Edifact:
                Fit("UNG 0048", header.ControlReference, 1, 14);
                writer.BeginSegment("UNG").Element(header.FunctionalIdentifier).Element(header.Sender).Element(header.Receiver)
                    .Element(Date(header.Prepared, writer.Dialect.SyntaxVersion >= 4 ? 8 : 6)).Component(Time(header.Prepared))
                    .Element(header.ControlReference).Element(header.Agency.Length == 0 ? "UN" : header.Agency)
                    .Element(header.Version).Component(header.Release).Component(header.AssociationCode).EndSegment();
                break;
            default:
                writer.BeginSegment("BAT").Element(header.ControlReference).EndSegment();
                break;
        }
    }

    internal static void GroupTrailer(EdiWriter writer, string reference, int count)
    {
        switch (writer.Dialect.Standard)
        {
            case EdiStandard.X12:
                writer.BeginSegment("GE").Element(count).Element(reference).EndSegment();
                break;
            case EdiStandard.Edifact:
                writer.BeginSegment("UNE").Element(count).Element(reference).EndSegment();
                break;
            default:
                writer.BeginSegment("EOB").Element(count).EndSegment();
                break;
        }
    }

    internal static void MessageHeader(EdiWriter writer, EdiMessageHeader header)
    {
        switch (writer.Dialect.Standard)
        {
            case EdiStandard.X12:
                Fit("ST01", header.Type, 3, 3);
                Fit("ST02", header.Reference, 4, 9);
                writer.Segment("ST", header.Type, header.Reference, header.Version);
                break;
            case EdiStandard.Edifact:
                Fit("UNH 0062", header.Reference, 1, 14);
                writer.BeginSegment("UNH").Element(header.Reference).Element(header.Type).Component(header.Version)
                    .Component(header.Release).Component(header.Agency.Length == 0 ? "UN" : header.Agency)
                    .Component(header.AssociationCode).EndSegment();
                break;
            default:
                writer.BeginSegment("MHD").Element(header.Reference).Element(header.Type).Component(header.Version).EndSegment();
                break;
        }
    }

    internal static void MessageTrailer(EdiWriter writer, string reference, int count)
    {
        switch (writer.Dialect.Standard)
        {
            case EdiStandard.X12:
                writer.BeginSegment("SE").Element(count).Element(reference).EndSegment();
                break;
            case EdiStandard.Edifact:
                writer.BeginSegment("UNT").Element(count).Element(reference).EndSegment();
                break;
            default:
                writer.BeginSegment("MTR").Element(count).EndSegment();
                break;
        }
    }

    /// <summary>X12.5: sixteen elements of fixed width, the delimiters announced by their places.</summary>
    private static void Isa(EdiWriter writer, EdiInterchangeHeader header)
    {
        Dialect dialect = writer.Dialect;
        Fit("ISA06", header.Sender, 1, 15);
        Fit("ISA08", header.Receiver, 1, 15);
        Fit("ISA05", Or(header.SenderQualifier, "ZZ"), 2, 2);
        Fit("ISA07", Or(header.ReceiverQualifier, "ZZ"), 2, 2);
        Fit("ISA12", dialect.SyntaxIdentifier, 5, 5);
        Fit("ISA13", header.ControlReference, 1, 9);
        Fit("ISA04", header.Password, 0, 10);
        if (!header.ControlReference.All(char.IsAsciiDigit))
        {
            throw new EdiWriteException($"ISA13 \"{header.ControlReference}\" has to be digits only.");
        }
        writer.BeginSegment("ISA").Element("00");
        Padded(writer, "", 10);
        writer.Element(header.Password.Length == 0 ? "00" : "01");
        Padded(writer, header.Password, 10);
        writer.Element(Or(header.SenderQualifier, "ZZ"));
        Padded(writer, header.Sender, 15);
        writer.Element(Or(header.ReceiverQualifier, "ZZ"));
        Padded(writer, header.Receiver, 15);
        writer.Element(Date(header.Prepared, 6)).Element(Time(header.Prepared));
        writer.VerbatimElement(dialect.RepetitionSeparator == 0 ? "U"u8 : [dialect.RepetitionSeparator]);
        writer.Element(dialect.SyntaxIdentifier).Element(header.ControlReference.PadLeft(9, '0'))
            .Element(header.AcknowledgementRequested ? "1" : "0").Element(header.IsTest ? "T" : "P");
        writer.VerbatimElement([dialect.ComponentSeparator]);
        writer.EndSegment();
    }

    private static void Unb(EdiWriter writer, EdiInterchangeHeader header)
    {
        Dialect dialect = writer.Dialect;
        Fit("UNB 0001", dialect.SyntaxIdentifier, 4, 4);
        Fit("UNB 0004", header.Sender, 1, 35);
        Fit("UNB 0010", header.Receiver, 1, 35);
        Fit("UNB 0020", header.ControlReference, 1, 14);
        Dialect usual = Dialect.Edifact("UNOA", Math.Clamp(dialect.SyntaxVersion, 1, 4));
        if (dialect.HasServiceStringAdvice || !dialect.CutsLike(usual) || dialect.DecimalMark != usual.DecimalMark)
        {
            writer.Verbatim("UNA"u8);
            writer.Verbatim([dialect.ComponentSeparator, dialect.ElementSeparator, dialect.DecimalMark,
                dialect.ReleaseCharacter == 0 ? (byte)' ' : dialect.ReleaseCharacter,
                dialect.RepetitionSeparator == 0 ? (byte)' ' : dialect.RepetitionSeparator, dialect.SegmentTerminator]);
            writer.VerbatimLineEnding();
        }
        writer.BeginSegment("UNB").Element(dialect.SyntaxIdentifier).Component(dialect.SyntaxVersion)
            .Element(header.Sender).Component(header.SenderQualifier).Component(header.SenderName)
            .Element(header.Receiver).Component(header.ReceiverQualifier).Component(header.ReceiverName)
            .Element(Date(header.Prepared, dialect.SyntaxVersion >= 4 ? 8 : 6)).Component(Time(header.Prepared))
            .Element(header.ControlReference).Element(header.Password).Element(header.ApplicationReference).Element(header.Priority)
            .Element(header.AcknowledgementRequested ? "1" : "").Element(header.AgreementIdentifier).Element(header.IsTest ? "1" : "")
            .EndSegment();
    }

    private static void Stx(EdiWriter writer, EdiInterchangeHeader header)
    {
        Fit("STX05", header.ControlReference, 1, 14);
        writer.BeginSegment("STX").Element(writer.Dialect.SyntaxIdentifier).Component(1)
            .Element(header.Sender).Component(header.SenderName).Element(header.Receiver).Component(header.ReceiverName)
            .Element(Date(header.Prepared, 6)).Component(header.Prepared.ToString("HHmmss", CultureInfo.InvariantCulture))
            .Element(header.ControlReference).Element(header.Password).Element(header.ApplicationReference).Element(header.Priority)
            .EndSegment();
    }

    private static void Padded(EdiWriter writer, string value, int length)
    {
        writer.Element(value);
        writer.Verbatim(Encoding.ASCII.GetBytes("".PadRight(length - value.Length)), pending: true);
    }

    private static string Or(string value, string otherwise) => value.Length == 0 ? otherwise : value;

    private static string Date(DateTime at, int digits) => at.ToString(digits == 8 ? "yyyyMMdd" : "yyMMdd", CultureInfo.InvariantCulture);

    private static string Time(DateTime at) => at.ToString("HHmm", CultureInfo.InvariantCulture);

    private static void Fit(string place, string value, int minimum, int maximum)
    {
        if (value.Length < minimum || value.Length > maximum)
        {
            throw new EdiWriteException($"{place} \"{value}\" has {value.Length} characters; it has to have {minimum} to {maximum}.");
        }
    }
}
