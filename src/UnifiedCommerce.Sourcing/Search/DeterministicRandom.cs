namespace UnifiedCommerce.Sourcing;

/// <summary>Random numbers that are the same on every machine for the same seed (splitmix64).</summary>
internal sealed class DeterministicRandom(int seed)
{
    private ulong _state = (ulong)seed;

    /// <summary>A number from 0 to below <paramref name="below"/>.</summary>
    public int Next(int below)
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = _state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        mixed ^= mixed >> 31;
        return (int)((mixed >> 33) % (ulong)below);
    }
}
