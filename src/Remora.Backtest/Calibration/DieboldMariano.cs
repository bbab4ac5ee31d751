namespace Remora.Backtest.Calibration;

/// <summary>
/// Test of Diebold and Mariano (1995) that two forecasts have the same mean loss, with Bartlett
/// weights for the dependence of overlapping horizons.
/// </summary>
public static class DieboldMariano
{
    /// <summary>Tests a series of differences in loss.</summary>
    /// <param name="differences">Loss of the first minus loss of the second.</param>
    /// <param name="horizon">The number of steps that a forecast looks ahead.</param>
    /// <returns>The statistic and its two-sided p-value; NaN when they do not exist.</returns>
    public static (double Statistic, double P) Test(double[] differences, int horizon)
    {
        var n = differences.Length;
        if (n < 10)
            return (double.NaN, double.NaN);
        var mean = differences.Average();
        // Enough lags for the overlap and for the persistence of volatility.
        var lags = Math.Min(n - 1, Math.Max(2 * horizon, (int)Math.Ceiling(4 * Math.Pow(n / 100.0, 2.0 / 9))));
        var variance = Covariance(differences, mean, 0);
        for (var lag = 1; lag <= lags; lag++)
            variance += 2 * (1 - (lag / (lags + 1.0))) * Covariance(differences, mean, lag);
        if (variance <= 0)
            return (double.NaN, double.NaN);
        var statistic = mean / Math.Sqrt(variance / n);
        return (statistic, 2 * Normal.Above(Math.Abs(statistic)));
    }

    private static double Covariance(double[] values, double mean, int lag)
    {
        var sum = 0.0;
        for (var i = lag; i < values.Length; i++)
            sum += (values[i] - mean) * (values[i - lag] - mean);
        return sum / values.Length;
    }
}

/// <summary>The standard normal distribution.</summary>
internal static class Normal
{
    /// <summary>
    /// Returns the probability of a value above <paramref name="z"/>, which is 0 or more
    /// (Abramowitz and Stegun 26.2.17; error below 1e-7).
    /// </summary>
    public static double Above(double z)
    {
        var t = 1 / (1 + (0.2316419 * z));
        var series =
            t * (0.319381530 + (t * (-0.356563782 + (t * (1.781477937 + (t * (-1.821255978 + (t * 1.330274429))))))));
        return Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI) * series;
    }
}
