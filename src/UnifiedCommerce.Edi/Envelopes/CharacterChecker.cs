using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace UnifiedCommerce.Edi;

/// <summary>Checks while a reader runs that every byte belongs to the character set of the interchange.</summary>
public sealed class CharacterChecker
{
    private readonly ICollection<Finding> findings;
    private SearchValues<byte>? allowed;
    private Dialect? dialect;

    /// <summary>Creates a checker.</summary>
    /// <param name="findings">Receives what it finds.</param>
    public CharacterChecker(ICollection<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        this.findings = findings;
    }

    /// <summary>Takes the segment the reader stands on; at most one finding a value.</summary>
    /// <param name="reader">The reader.</param>
    public void Add(scoped in EdiReader reader)
    {
        if (!ReferenceEquals(dialect, reader.Dialect))
        {
            dialect = reader.Dialect!;
            allowed = Allowed(dialect);
        }
        SegmentView segment = reader.Segment;
        ReadOnlySpan<byte> raw = segment.Raw;
        bool utf8 = dialect!.CharacterSet is CharacterSet.UnoW or CharacterSet.UnoY or CharacterSet.Utf8;
        if (raw.IndexOfAnyExcept(allowed!) >= 0 || (utf8 && !Utf8.IsValid(raw)))
        {
            Report(in reader, segment, utf8);
        }
    }

    private void Report(scoped in EdiReader reader, SegmentView segment, bool utf8)
    {
        int element = 0;
        int component = 0;
        int repetition = 0;
        for (int i = 0; i < segment.TokenCount; i++)
        {
            switch (segment.KindOf(i))
            {
                case TokenKind.Element:
                    element++;
                    repetition = component = 1;
                    break;
                case TokenKind.Repetition:
                    repetition++;
                    component = 1;
                    break;
                case TokenKind.Component:
                    component++;
                    break;
                default:
                    break;
            }
            ReadOnlySpan<byte> token = segment.RawToken(i);
            int at = token.IndexOfAnyExcept(allowed!);
            if (at < 0 && utf8 && !Utf8.IsValid(token))
            {
                at = 0;
            }
            if (at < 0)
            {
                continue;
            }
            byte b = token[at];
            bool onlyCase = dialect!.CharacterSet is CharacterSet.UnoA or CharacterSet.X12Basic && OnlyLowerCase(token);
            string hint = b is >= 0x80 and <= 0x9F && !utf8
                ? " It looks like Windows-1252: set the partner's character set to that."
                : b >= 0x80 && Utf8.IsValid(token) ? " It looks like UTF-8: set the partner's character set to that." : "";
            bool x12 = dialect.Standard == EdiStandard.X12;
            findings.Add(new()
            {
                Code = "character-not-allowed",
                Level = FindingLevel.Syntax,
                Severity = onlyCase ? FindingSeverity.Warning : FindingSeverity.Error,
                Text = $"The byte 0x{b:X2} does not belong to the character set {dialect.CharacterSet} of the interchange.{hint}",
                ByteOffset = reader.ByteOffset + segment.TokenOffset(i) - segment.TokenOffset(0) + at,
                InterchangeIndex = reader.InterchangeIndex,
                GroupIndex = reader.GroupIndex,
                MessageIndex = reader.MessageIndex,
                SegmentPosition = reader.SegmentPosition,
                Tag = Encoding.Latin1.GetString(segment.Tag[..Math.Min(segment.Tag.Length, 8)]),
                ElementPosition = element,
                ComponentPosition = component > 1 || segment.ComponentCount(element) > 1 ? component : 0,
                Repetition = repetition > 1 ? repetition : 0,
                StandardElement = x12 ? "723" : "0085",
                StandardCode = x12 ? "6" : "21",
                Found = Encoding.Latin1.GetString(token[..Math.Min(token.Length, 80)]),
            });
        }
    }

    private bool OnlyLowerCase(ReadOnlySpan<byte> token)
    {
        foreach (byte b in token)
        {
            if (b is not (>= (byte)'a' and <= (byte)'z') && !allowed!.Contains(b))
            {
                return false;
            }
        }
        return true;
    }

    private static SearchValues<byte> Allowed(Dialect dialect)
    {
        List<byte> bytes = [];
        for (int i = 0; i < 256; i++)
        {
            byte b = (byte)i;
            if (dialect.CharacterSet.Allows(b) || dialect.IsDelimiter(b) || (dialect.IsWrapped && b is (byte)'\r' or (byte)'\n')
                || (dialect.CharacterSet == CharacterSet.UnoX && b is 0x0E or 0x0F or 0x1B))
            {
                bytes.Add(b);
            }
        }
        return SearchValues.Create([.. bytes]);
    }
}
