namespace Remora.Backtest.Calibration;

/// <summary>Correlation coefficients.</summary>
public static class Ranks
{
    /// <summary>
    /// Returns Spearman's rank correlation. Ties have their mean rank. NaN when one side does not
    /// vary.
    /// </summary>
    public static double Correlation(double[] x, double[] y) => Pearson(Of(x), Of(y));

    /// <summary>Returns Pearson's correlation; NaN when one side does not vary.</summary>
    public static double Pearson(double[] x, double[] y)
    {
        if (x.Length < 3)
            return double.NaN;
        var (mx, my) = (x.Average(), y.Average());
        var (xx, yy, xy) = (0.0, 0.0, 0.0);
        for (var i = 0; i < x.Length; i++)
        {
            xx += (x[i] - mx) * (x[i] - mx);
            yy += (y[i] - my) * (y[i] - my);
            xy += (x[i] - mx) * (y[i] - my);
        }
        return xx > 0 && yy > 0 ? xy / Math.Sqrt(xx * yy) : double.NaN;
    }

    /// <summary>Returns the rank of each value from 0. Ties have their mean rank.</summary>
    internal static double[] Of(double[] values)
    {
        var keys = (double[])values.Clone();
        var order = Enumerable.Range(0, values.Length).ToArray();
        Array.Sort(keys, order);
        var ranks = new double[values.Length];
        for (var start = 0; start < keys.Length; )
        {
            var end = start;
            while (end < keys.Length && keys[end] == keys[start])
                end++;
            for (var i = start; i < end; i++)
                ranks[order[i]] = (start + end - 1) / 2.0;
            start = end;
        }
        return ranks;
    }
}
