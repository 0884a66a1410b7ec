using System.Collections.Immutable;
using System.Globalization;
using System.IO.Enumeration;
using UnifiedCommerce.Edi.Schemas;
using UnifiedCommerce.Edi.Validation;

namespace UnifiedCommerce.Edi.Guides;

/// <summary>What a line of a guide asks of a place.</summary>
public enum GuideDemand
{
    /// <summary>The place must be filled.</summary>
    Required,

    /// <summary>The place must be empty.</summary>
    Forbidden,

    /// <summary>Only the listed values may stand there.</summary>
    Codes,

    /// <summary>At most this many characters.</summary>
    Length,

    /// <summary>At most this many in a row.</summary>
    Max,

    /// <summary>Only a trigger segment with one of these values begins the group: tells groups with the same trigger apart.</summary>
    When,
}

/// <summary>One line of a guide.</summary>
/// <param name="Path">The place: groups, segment, element (number or position), component, with slashes between.</param>
/// <param name="Demand">What is asked.</param>
/// <param name="Values">Codes for <see cref="GuideDemand.Codes"/> and <see cref="GuideDemand.When"/>, otherwise the number.</param>
/// <param name="Place">For <see cref="GuideDemand.When"/> the element, such as <c>3035</c> or <c>01</c>.</param>
/// <param name="Line">The line in the guide's text, from 1.</param>
public sealed record GuideRule(string Path, GuideDemand Demand, ImmutableArray<string> Values, string Place, int Line);

/// <summary>
/// A partner's or association's narrowing of a standard message, as data: it may require what is optional, forbid what is not mandatory,
/// restrict codes, shorten values and lower repeats, never the opposite.
/// </summary>
/// <example>
/// <code>
/// guide ACME orders
/// for EDIFACT ORDERS D96A EAN*
/// BGM/C002/1001 codes 220 221
/// BGM/1004 length 17
/// SG2/NAD/3035 codes BY SU DP
/// SG25/PIA forbidden
/// SG25/SG28 required
/// </code>
/// </example>
public sealed class PartnerGuide
{
    private readonly ImmutableArray<string> versions;
    private readonly string association;

    private PartnerGuide(string name, EdiStandard standard, string messageType, ImmutableArray<string> versions, string association, FindingSeverity severity, bool unofficial, ImmutableArray<GuideRule> rules)
    {
        Name = name;
        Standard = standard;
        MessageType = messageType;
        this.versions = versions;
        this.association = association;
        Severity = severity;
        IsUnofficial = unofficial;
        Rules = rules;
    }

    /// <summary>The guide's name, used in its findings.</summary>
    public string Name { get; }

    /// <summary>The standard it narrows.</summary>
    public EdiStandard Standard { get; }

    /// <summary>The message type it narrows, such as <c>ORDERS</c> or <c>850</c>.</summary>
    public string MessageType { get; }

    /// <summary>How much its findings weigh; <see cref="FindingSeverity.Error"/> unless the guide says <c>severity warning</c>.</summary>
    public FindingSeverity Severity { get; }

    /// <summary>Whether the guide says of itself that it was not written by the body it is named after.</summary>
    public bool IsUnofficial { get; }

    /// <summary>Its lines.</summary>
    public ImmutableArray<GuideRule> Rules { get; }

    /// <summary>The directory versions it is written for, as listed in its <c>for</c> line; empty for any.</summary>
    public ImmutableArray<string> Versions => versions;

    /// <summary>Reads a guide from its text.</summary>
    /// <param name="text">Lines as in the example of this class; <c>#</c> begins a comment.</param>
    /// <exception cref="FormatException">A line is not understood; the message says which and why.</exception>
    public static PartnerGuide Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (name, standard, type, association) = ("guide", EdiStandard.None, "", "*");
        ImmutableArray<string> versions = [];
        var severity = FindingSeverity.Error;
        var unofficial = false;
        var rules = ImmutableArray.CreateBuilder<GuideRule>();
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.Split('#')[0].Trim();
            if (line.Length == 0) continue;
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            switch (words[0])
            {
                case "guide": name = line[5..].Trim(); break;
                case "unofficial": unofficial = true; break;
                case "severity" when words is [_, "warning"]: severity = FindingSeverity.Warning; break;
                case "severity" when words is [_, "error"]: severity = FindingSeverity.Error; break;
                case "for" when words.Length >= 3:
                    standard = Enum.TryParse<EdiStandard>(words[1], ignoreCase: true, out var parsed) ? parsed : throw Wrong(number, $"'{words[1]}' is no standard: X12, EDIFACT or TRADACOMS");
                    type = words[2];
                    if (words.Length > 3 && words[3] != "*") versions = [.. words[3].Split(',')];
                    if (words.Length > 4) association = words[4];
                    break;
                default: rules.Add(Rule(words, number)); break;
            }
        }

        if (standard == EdiStandard.None) throw new FormatException("The guide has no line such as 'for EDIFACT ORDERS D96A', so it serves no message.");
        return new(name, standard, type, versions, association, severity, unofficial, rules.ToImmutable());
    }

    /// <summary>Whether the guide serves a message.</summary>
    /// <param name="standard">The standard.</param>
    /// <param name="version">EDIFACT: 0052 and 0054 together; X12: GS08.</param>
    /// <param name="type">The message type.</param>
    /// <param name="associationCode">UNH 0057, or empty.</param>
    public bool Serves(EdiStandard standard, string version, string type, string associationCode)
    {
        ArgumentNullException.ThrowIfNull(version);
        return standard == Standard && type == MessageType
            && (versions.IsEmpty || versions.Any(known => version.StartsWith(known, StringComparison.OrdinalIgnoreCase)))
            && (association == "*" || FileSystemName.MatchesSimpleExpression(association, associationCode));
    }

    /// <summary>What in the guide does not narrow the standard or does not fit it; empty when all is well.</summary>
    /// <param name="schemas">The schemas to compare with.</param>
    public IReadOnlyList<string> CheckAgainst(EdiSchemas schemas)
    {
        ArgumentNullException.ThrowIfNull(schemas);
        var problems = new List<string>();
        foreach (var version in versions.IsEmpty ? [""] : versions)
        {
            if (schemas.Find(Standard, version, MessageType) is not { } match)
            {
                problems.Add($"No schema has {MessageType}.");
                continue;
            }

            _ = new MessagePlan(match.Message, match.IsExact, [this], problems);
        }

        return problems;
    }

    private static GuideRule Rule(string[] words, int number)
    {
        if (words.Length < 2) throw Wrong(number, "a path and a demand are needed, such as 'BGM/1004 required'");
        switch (words[1])
        {
            case "required" or "forbidden" when words.Length == 2:
                return new(words[0], words[1] == "required" ? GuideDemand.Required : GuideDemand.Forbidden, [], "", number);
            case "codes" when words.Length > 2:
                return new(words[0], GuideDemand.Codes, [.. words[2..]], "", number);
            case "length" or "max" when words.Length == 3 && int.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out _):
                return new(words[0], words[1] == "length" ? GuideDemand.Length : GuideDemand.Max, [words[2]], "", number);
            case "when" when words.Length > 4 && words[3] == "=":
                return new(words[0], GuideDemand.When, [.. words[4..]], words[2], number);
            default:
                throw Wrong(number, $"'{string.Join(' ', words[1..])}' is none of: required, forbidden, codes A B, length N, max N, when ELEMENT = A B");
        }
    }

    private static FormatException Wrong(int line, string why) => new($"Line {line} of the guide is not understood: {why}.");
}
