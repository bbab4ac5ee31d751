namespace Remora.Backtest.Chance;

/// <summary>
/// Random numbers from a seed (SplitMix64, S. Vigna). They are the same on every machine and in
/// every version, so that a study gives the same bytes.
/// </summary>
internal struct Draws(ulong seed)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private ulong _state = seed;

    /// <summary>Returns 64 random bits.</summary>
    public ulong Next() => Mix(_state += Golden);

    /// <summary>Returns a number in [0, 1).</summary>
    public double Unit() => ToUnit(Next());

    /// <summary>
    /// Returns an integer in [0, <paramref name="bound"/>). The bias of the multiplication is below
    /// bound / 2^32.
    /// </summary>
    public int Below(int bound) => (int)(((Next() >> 32) * (ulong)bound) >> 32);

    /// <summary>Returns the number in [0, 1) for a seed and a position.</summary>
    public static double Unit(ulong seed, ulong position) => ToUnit(Mix(Mix(seed + Golden) + (position * Golden)));

    /// <summary>
    /// Returns a separate seed for each named part of a study, so that an added part does not
    /// change the others.
    /// </summary>
    public static ulong SeedFor(ulong seed, string name)
    {
        var hash = seed;
        foreach (var c in name)
            hash = Mix(hash ^ c) + Golden;
        return Mix(hash);
    }

    private static double ToUnit(ulong bits) => (bits >> 11) * (1.0 / (1ul << 53));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
