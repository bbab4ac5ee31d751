namespace Remora.Backtest.Chance;

/// <summary>One figure of the real gate compared with the same figure of its placebos.</summary>
/// <param name="Value">The figure of the real gate.</param>
/// <param name="PlaceboMean">The mean of the placebos.</param>
/// <param name="PlaceboLow">The 5th percentile of the placebos.</param>
/// <param name="PlaceboHigh">The 95th percentile of the placebos.</param>
/// <param name="P">One-sided p-value: (1 + placebos that do as well or better) / (1 + all
/// placebos). A small value is evidence for the gate, a value near 1 against it; NaN when the
/// figure does not exist.</param>
public readonly record struct PlaceboTest(
    double Value,
    double PlaceboMean,
    double PlaceboLow,
    double PlaceboHigh,
    double P
)
{
    /// <param name="value">The real value, with a sign such that a higher value is better.</param>
    /// <param name="drawn">The placebos' values.</param>
    /// <param name="lessIsBetter">Whether the sign was inverted and must be restored in the
    /// result.</param>
    internal static PlaceboTest Of(double value, List<double> drawn, bool lessIsBetter)
    {
        if (double.IsNaN(value) || drawn.Count == 0)
            return new(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);
        // Sums in another order still count as ties.
        var tolerance = 1e-9 * Math.Max(1, Math.Abs(value));
        var asGood = drawn.Count(d => d >= value - tolerance);
        var p = (1 + asGood) / (1.0 + drawn.Count);
        var mean = drawn.Average();
        var sorted = drawn.Order().ToArray();
        var (low, high) = (sorted[(int)(0.05 * (sorted.Length - 1))], sorted[(int)(0.95 * (sorted.Length - 1))]);
        return lessIsBetter ? new(-value, -mean, -high, -low, p) : new(value, mean, low, high, p);
    }
}
