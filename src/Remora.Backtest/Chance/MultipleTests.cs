namespace Remora.Backtest.Chance;

/// <summary>Corrections of p-values for the number of tests.</summary>
public static class MultipleTests
{
    /// <summary>
    /// Holm's step-down: controls the probability of any false finding, for any dependence. Returns
    /// adjusted p-values in the given order; NaN stays NaN and does not count.
    /// </summary>
    public static double[] Holm(IReadOnlyList<double> p)
    {
        var adjusted = NaNs(p.Count);
        var order = Known(p);
        var largest = 0.0;
        for (var i = 0; i < order.Length; i++)
        {
            largest = Math.Max(largest, Math.Min(1, (order.Length - i) * p[order[i]]));
            adjusted[order[i]] = largest;
        }
        return adjusted;
    }

    /// <summary>
    /// Benjamini and Hochberg's step-up: controls the expected share of false findings among the
    /// findings, for independent or positively dependent tests.
    /// </summary>
    public static double[] BenjaminiHochberg(IReadOnlyList<double> p)
    {
        var adjusted = NaNs(p.Count);
        var order = Known(p);
        var smallest = 1.0;
        for (var i = order.Length - 1; i >= 0; i--)
        {
            smallest = Math.Min(smallest, p[order[i]] * order.Length / (i + 1));
            adjusted[order[i]] = smallest;
        }
        return adjusted;
    }

    private static int[] Known(IReadOnlyList<double> p) =>
        [.. Enumerable.Range(0, p.Count).Where(i => !double.IsNaN(p[i])).OrderBy(i => p[i])];

    private static double[] NaNs(int count)
    {
        var values = new double[count];
        Array.Fill(values, double.NaN);
        return values;
    }
}
