namespace Remora.Sandbox.Simulation;

/// <summary>
/// Random numbers that depend only on the values that the generator was created from (SplitMix64).
/// Every hour of every market has its own generator, so any hour can be generated at any time and
/// in any order with the same result.
/// </summary>
internal struct Dice
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private ulong _state;
    private double _spare = double.NaN;

    public Dice(long seed, ulong stream, long index) =>
        _state = Mix(Mix(Mix((ulong)seed + Golden) ^ stream) + (ulong)index);

    /// <summary>Returns a number for a name, the same in every process.</summary>
    public static ulong Stream(string name)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var letter in name)
            hash = (hash ^ letter) * 0x100000001B3;
        return Mix(hash);
    }

    /// <summary>Returns a uniformly distributed number between 0 and 1, both exclusive.</summary>
    public double Uniform() => ((Next() >> 12) + 0.5) * (1.0 / (1UL << 52));

    /// <summary>Returns a number from the standard normal distribution (Box-Muller).</summary>
    public double Normal()
    {
        if (!double.IsNaN(_spare))
        {
            var spare = _spare;
            _spare = double.NaN;
            return spare;
        }
        var radius = Math.Sqrt(-2 * Math.Log(Uniform()));
        var (sine, cosine) = Math.SinCos(2 * Math.PI * Uniform());
        _spare = radius * sine;
        return radius * cosine;
    }

    /// <summary>Returns an integer from 0 to <paramref name="count"/> - 1.</summary>
    public int Below(int count) => (int)(Uniform() * count);

    private ulong Next() => Mix(_state += Golden);

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
