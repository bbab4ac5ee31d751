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

    /// <summary>Returns the 95 % interval of each statistic.</summary>
    /// <param name="observations">The number of observations.</param>
    /// <param name="count">The number of statistics.</param>
    /// <param name="statistics">Computes the statistics from positions of observations; NaN for one
    /// that does not exist.</param>
    /// <param name="samples">The number of resamples.</param>
    /// <param name="seed">The seed of the resamples.</param>
    public static Interval[] Of(
        int observations,
        int count,
        Action<int[], double[]> statistics,
        int samples,
        ulong seed
    )
    {
        var known = Enumerable.Range(0, count).Select(_ => new List<double>(samples)).ToArray();
        var draws = new Draws(seed);
        var restart = 1 / BlockLength(observations);
        var (positions, values) = (new int[observations], new double[count]);
        for (var sample = 0; sample < samples && observations > 1; sample++)
        {
            var at = draws.Below(observations);
            for (var i = 0; i < observations; i++)
            {
                positions[i] = at;
                at =
                    draws.Unit() < restart ? draws.Below(observations)
                    : at + 1 == observations ? 0
                    : at + 1;
            }
            statistics(positions, values);
            for (var i = 0; i < count; i++)
                if (!double.IsNaN(values[i]))
                    known[i].Add(values[i]);
        }
        return [.. known.Select(one => Middle(one, samples))];
    }

    /// <summary>
    /// Returns the 95 % interval of the ratio of two sums over the same observations. The sums over
    /// a block are differences of running sums, so a resample costs one step per block.
    /// </summary>
    public static Interval OfRatio(double[] above, double[] below, int samples, ulong seed)
    {
        var n = above.Length;
        var (sumsAbove, sumsBelow) = (RunningSums(above), RunningSums(below));
        var ratios = new List<double>(samples);
        var draws = new Draws(seed);
        var stay = Math.Log(1 - (1 / BlockLength(n)));
        for (var sample = 0; sample < samples && n > 1; sample++)
        {
            var (a, b) = (0.0, 0.0);
            for (var drawn = 0; drawn < n; )
            {
                var from = draws.Below(n);
                // Geometric, as if each step ended the block with the same probability.
                var length = (int)Math.Min(n - drawn, 1 + Math.Floor(Math.Log(1 - draws.Unit()) / stay));
                var end = Math.Min(n, from + length);
                var around = from + length - end; // the circle goes on at its begin
                a += sumsAbove[end] - sumsAbove[from] + sumsAbove[around];
                b += sumsBelow[end] - sumsBelow[from] + sumsBelow[around];
                drawn += length;
            }
            if (b > 0)
                ratios.Add(a / b);
        }
        return Middle(ratios, samples);
    }

    private static double[] RunningSums(double[] values)
    {
        var sums = new double[values.Length + 1];
        for (var i = 0; i < values.Length; i++)
            sums[i + 1] = sums[i] + values[i];
        return sums;
    }

    // A statistic that seldom exists has no interval.
    private static Interval Middle(List<double> values, int samples)
    {
        if (values.Count < 2 || values.Count < samples / 2)
            return Interval.None;
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
