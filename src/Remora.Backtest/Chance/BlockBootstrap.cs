namespace Remora.Backtest.Chance;

/// <summary>
/// Confidence intervals by the stationary bootstrap (Politis and Romano, 1994). Blocks of random
/// length are drawn with replacement from the circle of observations, so that dependent neighbours
/// stay together.
/// </summary>
public static class BlockBootstrap
{
    /// <summary>
    /// Returns the mean block length, which grows with the cube root of the number of observations.
    /// </summary>
    public static double BlockLength(int observations) => Math.Max(1, Math.Round(1.75 * Math.Cbrt(observations)));

    /// <summary>Returns the 95 % interval of a statistic.</summary>
    /// <param name="observations">The number of observations.</param>
    /// <param name="statistic">Computes the statistic from positions of observations; NaN when it
    /// does not exist.</param>
    /// <param name="samples">The number of resamples.</param>
    /// <param name="seed">The seed of the resamples.</param>
    public static Interval Of(int observations, Func<int[], double> statistic, int samples, ulong seed)
    {
        if (observations < 2) return Interval.None;
        var draws = new Draws(seed);
        var restart = 1 / BlockLength(observations);
        var positions = new int[observations];
        var values = new List<double>(samples);
        for (var sample = 0; sample < samples; sample++)
        {
            var at = draws.Below(observations);
            for (var i = 0; i < observations; i++)
            {
                positions[i] = at;
                at = draws.Unit() < restart ? draws.Below(observations) : at + 1 == observations ? 0 : at + 1;
            }
            var value = statistic(positions);
            if (!double.IsNaN(value)) values.Add(value);
        }
        if (values.Count < samples / 2) return Interval.None; // the statistic hardly ever exists
        values.Sort();
        return new(values[(int)(0.025 * (values.Count - 1))], values[(int)(0.975 * (values.Count - 1))]);
    }
}

/// <summary>A 95 % confidence interval; NaN when it does not exist.</summary>
/// <param name="Low">Its lower end.</param>
/// <param name="High">Its upper end.</param>
public readonly record struct Interval(double Low, double High)
{
    /// <summary>The interval that does not exist.</summary>
    public static readonly Interval None = new(double.NaN, double.NaN);
}
