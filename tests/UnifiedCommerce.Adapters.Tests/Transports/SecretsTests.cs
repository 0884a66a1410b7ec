using UnifiedCommerce.Core;
using UnifiedCommerce.Transports.Secrets;

namespace UnifiedCommerce.Adapters.Tests.Transports;

public sealed class SecretsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("uc-secrets-").FullName;

    [Fact]
    public void A_secret_is_read_without_its_last_newline()
    {
        new FileSecrets(folder).Save("acme-token", "s3cret\n");

        Assert.Equal("s3cret", new FileSecrets(folder).Find("acme-token"));
        Assert.Null(new FileSecrets(folder).Find("other"));
    }

    [UnixFact]
    public void A_secret_that_others_can_read_is_none()
    {
        string path = Path.Combine(folder, "acme-token");
        File.WriteAllText(path, "s3cret");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead);

        HubException exception = Assert.Throws<HubException>(() => new FileSecrets(folder).Find("acme-token"));

        Assert.DoesNotContain("s3cret", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secrets_name_never_leaves_the_folder() => Assert.Throws<HubException>(() => new FileSecrets(folder).Find("../../etc/passwd"));

    [Fact]
    public void The_first_place_that_knows_a_secret_wins()
    {
        new FileSecrets(folder).Save("uc-test-one", "file");
        Environment.SetEnvironmentVariable(EnvironmentSecrets.VariableOf("uc-test-one"), "environment");
        try
        {
            Assert.Equal("environment", new SecretsInOrder(new EnvironmentSecrets(), new FileSecrets(folder)).Find("uc-test-one"));
        }
        finally
        {
            Environment.SetEnvironmentVariable(EnvironmentSecrets.VariableOf("uc-test-one"), null);
        }
    }

    public void Dispose() => Directory.Delete(folder, true);
}
