using UnifiedCommerce.Approval;

namespace UnifiedCommerce.Sourcing.Tests;

/// <summary>The public face of the library, approved in a file: who changes it sees the change in the diff. UC_APPROVE=1 writes the file.</summary>
public class PublicApiTests
{
    [Fact]
    public void The_public_API_is_the_approved_one()
    {
        string[] difference = ApprovedApi.Difference(typeof(SourcingEngine).Assembly);
        Assert.True(difference.Length == 0, "The public API changed. Run with UC_APPROVE=1 if that is meant:\n" + string.Join('\n', difference));
    }
}
