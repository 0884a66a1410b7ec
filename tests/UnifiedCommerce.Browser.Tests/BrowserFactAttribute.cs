namespace UnifiedCommerce.Browser.Tests;

/// <summary>A test that needs Chromium: skipped with the reason where there is none, failed when <c>UC_REQUIRE_SERVERS=1</c> demands it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserFactAttribute : FactAttribute
{
    private static readonly string[] s_places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    public BrowserFactAttribute()
    {
        if (Executable is null && Environment.GetEnvironmentVariable("UC_REQUIRE_SERVERS") != "1")
        {
            Skip = $"Chromium is not installed (looked for {string.Join(", ", s_places)}). On Debian: apt-get install --no-install-recommends chromium";
        }
    }

    /// <summary>The browser, or null.</summary>
    public static string? Executable => Environment.GetEnvironmentVariable("UC_CHROMIUM") is { Length: > 0 } given ? given : s_places.FirstOrDefault(File.Exists);
}
