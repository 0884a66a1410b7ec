using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using UnifiedCommerce.Edi.Guides;
using UnifiedCommerce.Edi.Validation;

namespace UnifiedCommerce.Edi.Schemas;

/// <summary>A message structure that was found for what an interchange announced.</summary>
/// <param name="Message">The structure.</param>
/// <param name="IsExact">Whether the announced version itself is known; otherwise the nearest one that has the message stands in.</param>
public readonly record struct SchemaMatch(MessageSchema Message, bool IsExact)
{
    /// <summary>The directory of the structure.</summary>
    public SchemaDirectory Directory => Message.Directory;
}

/// <summary>
/// The schemas the library ships: UN/EDIFACT directories, service segments, X12 releases, TRADACOMS. Nothing is read before it is asked for.
/// Safe for use by many threads.
/// </summary>
/// <remarks>Derived from public facts; not the official directories. See NOTICE.</remarks>
public sealed class EdiSchemas
{
    private readonly ConcurrentDictionary<string, Lazy<SchemaDirectory>> loaded = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(MessageSchema, bool, PartnerGuide?), MessagePlan> plans = new();

    private EdiSchemas()
    {
    }

    /// <summary>All schemas that come with the library.</summary>
    public static EdiSchemas Default { get; } = new();

    /// <summary>The UN/EDIFACT directories, oldest first.</summary>
    public ImmutableArray<string> EdifactVersions { get; } = ["D93A", "D96A", "D96B", "D97A", "D98A", "D99B", "D01B", "D04A", "D07A", "D10A", "D16A", "D21B"];

    /// <summary>The X12 releases, oldest first.</summary>
    public ImmutableArray<string> X12Versions { get; } = ["004010", "005010"];

    /// <summary>A directory by its exact version, or null.</summary>
    /// <param name="standard">The standard.</param>
    /// <param name="version">A value of <see cref="EdifactVersions"/> or <see cref="X12Versions"/>; not looked at for TRADACOMS.</param>
    public SchemaDirectory? Directory(EdiStandard standard, string version) => standard switch
    {
        EdiStandard.Edifact when EdifactVersions.Contains(version) => Load("edifact-" + version.ToLowerInvariant()),
        EdiStandard.X12 when X12Versions.Contains(version) => Load("x12-" + version),
        EdiStandard.Tradacoms => Load("tradacoms-1"),
        _ => null,
    };

    /// <summary>The EDIFACT service segments (UNB to UNZ and those of CONTRL) of a syntax version.</summary>
    /// <param name="syntaxVersion">S001 0002; 4 and above give those of syntax 4, everything else those of syntax 3.</param>
    public SchemaDirectory Service(int syntaxVersion) => Load(syntaxVersion >= 4 ? "service-4" : "service-3");

    /// <summary>The directory that fits an announced version best.</summary>
    /// <param name="standard">The standard.</param>
    /// <param name="version">EDIFACT: S009 0052 and 0054 together, such as <c>D96A</c>; X12: GS08 or ISA12, such as <c>004010VICS</c>.</param>
    public SchemaDirectory? Nearest(EdiStandard standard, string version) => ByDistance(standard, version).FirstOrDefault();

    /// <summary>The structure of a message in the announced version, or in the nearest version that has the message; null when none has.</summary>
    /// <param name="standard">The standard.</param>
    /// <param name="version">EDIFACT: S009 0052 and 0054 together, such as <c>D96A</c>; X12: GS08 or ISA12, such as <c>004010VICS</c>.</param>
    /// <param name="type">The message type, such as <c>ORDERS</c> or <c>850</c>.</param>
    public SchemaMatch? Find(EdiStandard standard, string version, string type)
    {
        if (standard == EdiStandard.Edifact && type == "CONTRL")
        {
            // CONTRL belongs to the syntax: S009 2:2 and D:3 go with syntax 3, 4:1 and D:4 with syntax 4.
            return new(Service(version.StartsWith('4') || version is "D4" ? 4 : 3).Message("CONTRL")!, true);
        }

        foreach (var directory in ByDistance(standard, version))
        {
            if (directory.Message(type) is { } message)
            {
                return new(message, standard == EdiStandard.Tradacoms || IsSame(standard, directory.Version, version));
            }
        }

        return null;
    }

    /// <summary>The compiled form of a message. Kept for the next message unless several guides meet in it.</summary>
    internal MessagePlan Plan(SchemaMatch match, IReadOnlyList<PartnerGuide> guides) => guides.Count <= 1
        ? plans.GetOrAdd((match.Message, match.IsExact, guides.FirstOrDefault()), static (key, guides) => new(key.Item1, key.Item2, guides), guides)
        : new(match.Message, match.IsExact, guides);

    private IEnumerable<SchemaDirectory> ByDistance(EdiStandard standard, string version)
    {
        if (standard == EdiStandard.Tradacoms) return [Load("tradacoms-1")];
        if (standard is not (EdiStandard.Edifact or EdiStandard.X12)) return [];
        var wanted = standard == EdiStandard.Edifact ? EdifactOrdinal(version) : X12Ordinal(version);
        var versions = standard == EdiStandard.Edifact ? EdifactVersions : X12Versions;
        // Among equals the newer one: it holds what the older one holds, and more.
        return versions.Select(name => (Name: name, Ordinal: standard == EdiStandard.Edifact ? EdifactOrdinal(name) : X12Ordinal(name)))
            .OrderBy(item => Math.Abs(item.Ordinal - wanted)).ThenByDescending(item => item.Ordinal)
            .Select(item => Directory(standard, item.Name)!);
    }

    private static bool IsSame(EdiStandard standard, string known, string announced) =>
        standard == EdiStandard.X12 ? announced.StartsWith(known, StringComparison.Ordinal) : string.Equals(known, announced, StringComparison.OrdinalIgnoreCase);

    /// <summary>Two a year: D96A is 1996 * 2, D96B one more. Without a release: D96A, by far the most used.</summary>
    private static int EdifactOrdinal(string version)
    {
        var release = version.AsSpan(Math.Min(1, version.Length));
        if (release.Length < 2 || !int.TryParse(release[..2], NumberStyles.None, CultureInfo.InvariantCulture, out var year)) return 1996 * 2;
        // Before the directories: version 1 and 2 with releases 88.1 to 92.1.
        return ((year < 70 ? 2000 : 1900) + year) * 2 + (release.Length > 2 && release[2] is 'B' or 'b' ? 1 : 0);
    }

    /// <summary>The six digits of version, release and subrelease; the five of ISA12 count alike.</summary>
    private static int X12Ordinal(string version)
    {
        var digits = version.AsSpan(0, Math.Min(6, version.Length));
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return 4010;
        return digits.Length == 6 ? number : digits.Length == 5 ? number * 10 : 4010;
    }

    private SchemaDirectory Load(string name) => loaded.GetOrAdd(name, static key => new(() => SchemaDirectory.Load(key))).Value;
}
