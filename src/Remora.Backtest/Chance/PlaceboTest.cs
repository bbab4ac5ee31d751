namespace Remora.Backtest.Chance;

/// <summary>One figure of the real gate against the same figure of its placebos.</summary>
/// <param name="Value">The real gate's.</param>
/// <param name="PlaceboMean">The mean of the placebos'.</param>
/// <param name="PlaceboLow">Their 5th percentile.</param>
/// <param name="PlaceboHigh">Their 95th percentile.</param>
/// <param name="P">One-sided: how often a placebo does as well or better, (1 + such) / (1 + all). Small speaks for the gate, near 1 against it; NaN where the figure does not exist.</param>
public readonly record struct PlaceboTest(double Value, double PlaceboMean, double PlaceboLow, double PlaceboHigh, double P)
{
    /// <param name="value">The real value, such that more is better.</param>
    /// <param name="drawn">The placebos' values.</param>
    /// <param name="lessIsBetter">Whether the sign was turned, and is to be turned back for print.</param>
    internal static PlaceboTest Of(double value, List<double> drawn, bool lessIsBetter)
    {
        if (double.IsNaN(value) || drawn.Count == 0) return new(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);
        var tolerance = 1e-9 * Math.Max(1, Math.Abs(value)); // sums in another order are still ties
        var asGood = drawn.Count(d => d >= value - tolerance);
        var p = (1 + asGood) / (1.0 + drawn.Count);
        var mean = drawn.Average();
        var sorted = drawn.Order().ToArray();
        var (low, high) = (sorted[(int)(0.05 * (sorted.Length - 1))], sorted[(int)(0.95 * (sorted.Length - 1))]);
        return lessIsBetter ? new(-value, -mean, -high, -low, p) : new(value, mean, low, high, p);
    }
}
