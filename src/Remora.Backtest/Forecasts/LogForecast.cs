namespace Remora.Backtest.Forecasts;

/// <summary>
/// What one model said at the begin of each hour about the hours that follow. NaN where it said
/// nothing.
/// </summary>
/// <param name="Log">The log of the variance per 5 minutes.</param>
/// <param name="Expected">The log of the expected variance, for QLIKE: <paramref name="Log"/> plus
/// the log of the mean ratio of outcomes to forecasts in the past.</param>
internal sealed record LogForecast(double[] Log, double[] Expected)
{
    /// <summary>Creates a forecast that says nothing yet.</summary>
    public static LogForecast Empty(int count)
    {
        var forecast = new LogForecast(new double[count], new double[count]);
        Array.Fill(forecast.Log, double.NaN);
        Array.Fill(forecast.Expected, double.NaN);
        return forecast;
    }
}
