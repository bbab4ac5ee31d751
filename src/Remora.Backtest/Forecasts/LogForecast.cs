namespace Remora.Backtest.Forecasts;

/// <summary>
/// The forecasts of one model at the beginning of each hour for the hours that follow. NaN where it
/// has none.
/// </summary>
/// <param name="Log">The log of the variance per 5 minutes.</param>
/// <param name="Expected">The log of the expected variance, for QLIKE: <paramref name="Log"/> plus
/// the log of the mean ratio of outcomes to forecasts in the past.</param>
internal sealed record LogForecast(double[] Log, double[] Expected)
{
    /// <summary>Creates a forecast without values.</summary>
    public static LogForecast Empty(int count)
    {
        var forecast = new LogForecast(new double[count], new double[count]);
        Array.Fill(forecast.Log, double.NaN);
        Array.Fill(forecast.Expected, double.NaN);
        return forecast;
    }
}
