using System.Xml.Linq;

namespace UnifiedCommerce.Core.Tests.House;

/// <summary>Who may reference whom. The list is the plan of the house; a project that needs more needs a better plan.</summary>
public sealed class ReferencesTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Edi"] = [],
        ["Sourcing"] = [],
        ["Core"] = ["Edi", "Sourcing"],
        ["Storage"] = ["Core"],
        ["Transports"] = ["Core"],
        ["Sandbox"] = ["Edi"],
        ["Hub"] = ["Core", "Edi", "Sourcing", "Storage", "Transports", "Sandbox"],
        ["Cli"] = ["Core", "Edi", "Sourcing", "Storage", "Transports", "Sandbox"],
    };

    public static TheoryData<string> Rooms => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_references_only_what_the_plan_allows(string room)
    {
        var project = XDocument.Load(Path.Combine(Root(), "src", $"UnifiedCommerce.{room}", $"UnifiedCommerce.{room}.csproj"));
        var references = project.Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)["UnifiedCommerce.".Length..]);
        Assert.All(references, reference => Assert.Contains(reference, Allowed[room]));
    }

    [Theory]
    [InlineData("Edi")]
    [InlineData("Sourcing")]
    public void A_library_that_stands_alone_has_no_packages(string room)
    {
        var project = XDocument.Load(Path.Combine(Root(), "src", $"UnifiedCommerce.{room}", $"UnifiedCommerce.{room}.csproj"));
        Assert.Empty(project.Descendants("PackageReference"));
    }

    [Fact]
    public void There_are_no_rooms_beside_the_plan()
    {
        var rooms = Directory.GetDirectories(Path.Combine(Root(), "src")).Select(folder => Path.GetFileName(folder)["UnifiedCommerce.".Length..]);
        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), rooms.Order(StringComparer.Ordinal));
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "UnifiedCommerce.sln")))
        {
            folder = folder.Parent;
        }
        return folder?.FullName ?? throw new InvalidOperationException("UnifiedCommerce.sln was not found above the tests.");
    }
}
