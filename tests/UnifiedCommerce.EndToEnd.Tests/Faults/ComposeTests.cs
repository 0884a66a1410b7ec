using System.Diagnostics;
using UnifiedCommerce.EndToEnd.Tests.Journeys;

namespace UnifiedCommerce.EndToEnd.Tests.Faults;

/// <summary>docker-compose.yml, as docker-compose itself reads it.</summary>
public sealed class ComposeTests
{
    private static readonly string[] s_secrets = ["UC_DATABASE_PASSWORD", "UC_BROKER_PASSWORD", "UC_API_KEY", "UC_ADMINISTRATOR_PASSWORD"];

    private static (int Code, string Output) Configure(IEnumerable<string> given)
    {
        var start = new ProcessStartInfo("docker-compose", ["-f", Path.Combine(Workbench.Root, "docker-compose.yml"), "config"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string name in s_secrets)
        {
            start.Environment.Remove(name);
        }
        foreach (string name in given)
        {
            start.Environment[name] = "a-secret-for-this-test";
        }
        using var process = Process.Start(start)!;
        var mistakes = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + mistakes.Result);
    }

    [ComposeFact]
    public void Every_service_has_a_health_check_a_memory_limit_and_a_role()
    {
        var (code, output) = Configure(s_secrets);
        Assert.True(code == 0, output);
        foreach (string word in (string[])["  web:", "  worker:", "  postgres:", "  rabbitmq:", "web,schedule"])
        {
            Assert.Contains(word, output, StringComparison.Ordinal);
        }
        Assert.Equal(4, output.Split("healthcheck:").Length - 1);
        Assert.Equal(4, output.Split("memory:").Length - 1);
    }

    [ComposeFact]
    public void Without_any_one_of_its_secrets_nothing_starts()
    {
        foreach (string missing in s_secrets)
        {
            var (code, output) = Configure(s_secrets.Where(name => name != missing));
            Assert.NotEqual(0, code);
            Assert.Contains(missing, output, StringComparison.Ordinal);
        }
    }

    /// <summary>A test that needs docker-compose, not a docker that runs.</summary>
    private sealed class ComposeFactAttribute : FactAttribute
    {
        public ComposeFactAttribute() => Skip = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "docker-compose")))
            ? null : "docker-compose is not on the PATH. Install it to run this test.";
    }
}
