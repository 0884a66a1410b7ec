namespace UnifiedCommerce.EndToEnd.Tests.Partners;

/// <summary>Waits for what another thread or process does.</summary>
internal static class Eventually
{
    public static Task HoldsAsync(Func<bool> holds, string what) => HoldsAsync(() => Task.FromResult(holds()), what);

    public static async Task HoldsAsync(Func<Task<bool>> holds, string what)
    {
        for (int attempt = 0; attempt < 300; attempt++)
        {
            if (await holds())
            {
                return;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
        Assert.Fail($"Not within thirty seconds: {what}.");
    }
}
