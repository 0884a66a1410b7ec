using System.Text;

namespace UnifiedCommerce.Edi;

/// <summary>The character sets that interchanges announce or partners agree on.</summary>
public enum CharacterSet
{
    /// <summary>Not announced: read as ISO 8859-1, which loses no byte.</summary>
    Unknown,

    /// <summary>X12 basic: upper case letters, digits, space and <c>! " &amp; ' ( ) * + , - . / : ; ? =</c> (X12.6 3.3.1).</summary>
    X12Basic,

    /// <summary>X12 extended: basic plus lower case and <c>% @ [ ] _ { } \ | &lt; &gt; ~ # $ ^ `</c> and national letters (X12.6 3.3.2).</summary>
    X12Extended,

    /// <summary>EDIFACT level A: upper case ISO 646 without <c>! " % &amp; * ; &lt; &gt;</c> restrictions of telex (ISO 9735-1).</summary>
    UnoA,

    /// <summary>EDIFACT level B: printable ISO 646.</summary>
    UnoB,

    /// <summary>ISO 8859-1, western Europe.</summary>
    UnoC,

    /// <summary>ISO 8859-2, central Europe.</summary>
    UnoD,

    /// <summary>ISO 8859-5, Cyrillic.</summary>
    UnoE,

    /// <summary>ISO 8859-7, Greek.</summary>
    UnoF,

    /// <summary>ISO 8859-3, southern Europe.</summary>
    UnoG,

    /// <summary>ISO 8859-4, northern Europe.</summary>
    UnoH,

    /// <summary>ISO 8859-6, Arabic.</summary>
    UnoI,

    /// <summary>ISO 8859-8, Hebrew.</summary>
    UnoJ,

    /// <summary>ISO 8859-9, Turkish.</summary>
    UnoK,

    /// <summary>ISO 8859-15, western Europe with the euro sign.</summary>
    UnoL,

    /// <summary>ISO 10646 in UTF-8.</summary>
    UnoW,

    /// <summary>ISO 2022 with code extension; read as ISO-2022-JP.</summary>
    UnoX,

    /// <summary>ISO 10646; written and read as UTF-8.</summary>
    UnoY,

    /// <summary>TRADACOMS: printable ASCII.</summary>
    Tradacoms,

    /// <summary>Windows-1252, which partners often send under another name. Never announced; set it by override.</summary>
    Windows1252,

    /// <summary>UTF-8 under any other name. Never announced; set it by override.</summary>
    Utf8,
}

/// <summary>What each <see cref="CharacterSet"/> means: its encoding and the bytes it allows.</summary>
public static class CharacterSets
{
    private static readonly Encoding?[] Encodings = new Encoding?[(int)CharacterSet.Utf8 + 1];
    private static readonly Encoding Utf8Exact = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <summary>The character set that an EDIFACT syntax identifier announces; <see cref="CharacterSet.Unknown"/> for others (S001 0001).</summary>
    /// <param name="syntaxIdentifier"><c>UNOA</c> to <c>UNOL</c>, <c>UNOW</c> to <c>UNOY</c>.</param>
    public static CharacterSet FromEdifact(ReadOnlySpan<char> syntaxIdentifier) =>
        syntaxIdentifier.Length == 4 && syntaxIdentifier.StartsWith("UNO", StringComparison.Ordinal)
            ? syntaxIdentifier[3] switch
            {
                >= 'A' and <= 'L' => CharacterSet.UnoA + (syntaxIdentifier[3] - 'A'),
                >= 'W' and <= 'Y' => CharacterSet.UnoW + (syntaxIdentifier[3] - 'W'),
                _ => CharacterSet.Unknown,
            }
            : CharacterSet.Unknown;

    /// <summary>The encoding that turns the bytes into text and back. Sets of ASCII are read as ISO 8859-1, so that no byte is lost.</summary>
    /// <param name="characterSet">The character set.</param>
    public static Encoding GetEncoding(this CharacterSet characterSet) => characterSet switch
    {
        CharacterSet.UnoW or CharacterSet.UnoY or CharacterSet.Utf8 => Utf8Exact,
        CharacterSet.UnoD => CodePage(characterSet, 28592),
        CharacterSet.UnoE => CodePage(characterSet, 28595),
        CharacterSet.UnoF => CodePage(characterSet, 28597),
        CharacterSet.UnoG => CodePage(characterSet, 28593),
        CharacterSet.UnoH => CodePage(characterSet, 28594),
        CharacterSet.UnoI => CodePage(characterSet, 28596),
        CharacterSet.UnoJ => CodePage(characterSet, 28598),
        CharacterSet.UnoK => CodePage(characterSet, 28599),
        CharacterSet.UnoL => CodePage(characterSet, 28605),
        CharacterSet.UnoX => CodePage(characterSet, 50220),
        CharacterSet.Windows1252 => CodePage(characterSet, 1252),
        _ => Encoding.Latin1,
    };

    /// <summary>
    /// Whether the set allows the byte in a value. For sets of several bytes a character, every byte from 128 on is allowed here;
    /// whether they make characters is for the decoder to say.
    /// </summary>
    /// <param name="characterSet">The character set.</param>
    /// <param name="value">The byte.</param>
    public static bool Allows(this CharacterSet characterSet, byte value)
    {
        if (value is < 32 or 127)
        {
            return false;
        }
        return characterSet switch
        {
            CharacterSet.X12Basic => value is (>= (byte)'A' and <= (byte)'Z') or (>= (byte)'0' and <= (byte)'9')
                || " !\"&'()*+,-./:;?="u8.Contains(value),
            CharacterSet.X12Extended => true,
            // ISO 9735-1: the characters that telex lacks belong to level A too.
            CharacterSet.UnoA => value is (>= (byte)'A' and <= (byte)'Z') or (>= (byte)'0' and <= (byte)'9')
                || " .,-()/=!\"%&*;<>'+:?"u8.Contains(value),
            CharacterSet.UnoB => value is (>= (byte)'A' and <= (byte)'Z') or (>= (byte)'a' and <= (byte)'z') or (>= (byte)'0' and <= (byte)'9')
                || " .,-()/=!\"%&*;<>'+:?"u8.Contains(value),
            CharacterSet.Tradacoms => value < 128,
            CharacterSet.UnoC or CharacterSet.UnoD or CharacterSet.UnoE or CharacterSet.UnoF or CharacterSet.UnoG or CharacterSet.UnoH
                or CharacterSet.UnoI or CharacterSet.UnoJ or CharacterSet.UnoK or CharacterSet.UnoL => value is < 128 or >= 160,
            _ => true,
        };
    }

    private static Encoding CodePage(CharacterSet characterSet, int codePage) =>
        Encodings[(int)characterSet] ??= CodePagesEncodingProvider.Instance.GetEncoding(codePage)
            ?? throw new NotSupportedException($"The runtime has no code page {codePage} for {characterSet}.");
}
