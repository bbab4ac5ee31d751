namespace Remora.Backtest.Chance;

/// <summary>
/// Confidence intervals by the stationary bootstrap (Politis and Romano, 1994): blocks of random length, drawn with replacement from the circle of observations,
/// so that neighbours which depend on each other stay together.
/// </summary>
public static class BlockBootstrap
{
    /// <summary>A mean block length that grows with the cube root of the number of observations.</summary>
    public static double BlockLength(int observations) => Math.Max(1, Math.Round(1.75 * Math.Cbrt(observations)));

    /// <summary>The 95 % interval of a statistic.</summary>
    /// <param name="observations">How many observations there are.</param>
    /// <param name="statistic">Works the statistic out from positions of observations; NaN where it does not exist.</param>
    /// <param name="samples">How many resamples.</param>
    /// <param name="seed">Their seed.</param>
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
        if (values.Count < samples / 2) return Interval.None; // it hardly ever existed
        values.Sort();
        return new(values[(int)(0.025 * (values.Count - 1))], values[(int)(0.975 * (values.Count - 1))]);
    }
}

/// <summary>A 95 % confidence interval; NaN where there is none.</summary>
/// <param name="Low">Its lower end.</param>
/// <param name="High">Its upper end.</param>
public readonly record struct Interval(double Low, double High)
{
    /// <summary>Not known.</summary>
    public static readonly Interval None = new(double.NaN, double.NaN);
}
