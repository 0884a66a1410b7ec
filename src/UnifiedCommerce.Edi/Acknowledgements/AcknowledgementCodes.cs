using UnifiedCommerce.Edi.Schemas;

namespace UnifiedCommerce.Edi.Acknowledgements;

/// <summary>What the codes of acknowledgements mean, in our own words.</summary>
internal static class AcknowledgementCodes
{
    public static string Meaning(string element, string code)
    {
        var known = element switch
        {
            "720" or "620" => Segment(code),
            "723" or "621" => Element(code),
            "718" or "618" => Set(code),
            "716" => Group(code),
            "I18" => Interchange(code),
            "0085" => EdiSchemas.Default.Service(4).Element("0085")!.Codes!.Meaning(code) is { } meaning ? char.ToUpperInvariant(meaning[0]) + meaning[1..] + "." : null,
            _ => null,
        };
        return known ?? $"The partner reports code {code} ({element}).";
    }

    private static string? Segment(string code) => code switch
    {
        "1" => "The segment is not known.",
        "2" => "The segment is not expected here.",
        "3" => "A mandatory segment is missing.",
        "4" => "The loop stands too often.",
        "5" => "The segment stands too often.",
        "6" => "The segment is not part of this set.",
        "7" => "The segment is out of order.",
        "8" => "The segment has faulty elements.",
        "I4" => "The guide does not use this segment.",
        "I6" => "A segment that the guide requires is missing.",
        "I7" => "The loop stands less often than the guide requires.",
        "I8" => "The segment stands less often than the guide requires.",
        _ => null,
    };

    private static string? Element(string code) => code switch
    {
        "1" => "A mandatory element is missing.",
        "2" => "An element that a condition requires is missing.",
        "3" => "There are too many elements.",
        "4" => "The element is too short.",
        "5" => "The element is too long.",
        "6" => "The element has a character that may not stand there.",
        "7" => "The code is not in the list.",
        "8" => "The date is not valid.",
        "9" => "The time is not valid.",
        "10" => "An element stands there that a condition excludes.",
        "11" => "The element is repeated too often.",
        "12" => "There are too many components.",
        "I6" => "The guide does not use this code.",
        "I9" => "An element that the guide requires is missing.",
        "I10" => "The guide does not use this element.",
        "I11" => "The element is repeated less often than the guide requires.",
        "I12" => "The value does not have the form that the guide requires.",
        "I13" => "The element stands there although the guide excludes it here.",
        _ => null,
    };

    private static string? Set(string code) => code switch
    {
        "1" => "The set is not supported.",
        "2" => "The trailer of the set is missing.",
        "3" => "Header and trailer of the set have different control numbers.",
        "4" => "The count of segments is wrong.",
        "5" => "Segments have errors.",
        "6" => "The identifier of the set is missing or not valid.",
        "7" => "The control number of the set is missing or not valid.",
        "23" => "The control number of the set is not unique in its group.",
        _ => null,
    };

    private static string? Group(string code) => code switch
    {
        "1" => "The functional group is not supported.",
        "2" => "The version of the group is not supported.",
        "3" => "The trailer of the group is missing.",
        "4" => "Header and trailer of the group have different control numbers.",
        "5" => "The count of sets is wrong.",
        "6" => "The control number of the group is not valid.",
        "19" => "The control number of the group is not unique in its interchange.",
        _ => null,
    };

    private static string? Interchange(string code) => code switch
    {
        "001" => "Header and trailer of the interchange have different control numbers.",
        "004" => "The segment terminator is not valid.",
        "005" or "007" => "The qualifier of the sender or receiver is not valid.",
        "006" => "The sender is not valid.",
        "008" => "The receiver is not valid.",
        "009" => "The receiver is not known.",
        "014" => "The date of the interchange is not valid.",
        "015" => "The time of the interchange is not valid.",
        "016" or "017" => "The standards identifier or version is not valid.",
        "018" => "The control number of the interchange is not valid.",
        "019" => "The flag that asks for an acknowledgement is not valid.",
        "020" => "The test indicator is not valid.",
        "021" => "The count of groups is wrong.",
        "022" => "The control structure is not valid.",
        "023" => "The file ends too early.",
        "024" => "The content of the interchange is not valid.",
        "025" => "The control number was used before.",
        "026" or "027" => "A separator is not valid.",
        _ => null,
    };
}
