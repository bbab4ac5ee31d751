namespace Remora.Risk;

/// <summary>What the score of a policy is.</summary>
public enum ScoreKind
{
    /// <summary>
    /// The weighted sum of volatility, regime, trend, momentum and outside values.
    /// </summary>
    WeightedSum,

    /// <summary>
    /// The percentile of the forecast volatility among the market's own forecasts of the last 180
    /// days.
    /// </summary>
    ForecastPercentile,
}
