using Remora.Markets;

namespace Remora;

/// <summary>
/// Names the candles from which an assessment was computed, so that <c>remora prove</c> can compute
/// it again. Outside values and the policy are in the assessment itself.
/// </summary>
/// <param name="Engine">The arithmetic: <see cref="Current"/> of the engine.</param>
/// <param name="Since">The open time of the first base candle.</param>
/// <param name="Candles">The number of base candles up to <see cref="Assessment.AsOf"/>.</param>
/// <param name="Hourly">The number of hourly candles before them.</param>
/// <param name="Daily">The number of daily candles before them.</param>
/// <param name="Hash">A hash of all of these candles, 16 hexadecimal digits: equal candles have
/// equal hashes.</param>
/// <param name="ForecastSince">The open time of the first candle of the forecast, which can be
/// earlier; null if it is unknown or there are no forecasts.</param>
/// <param name="ForecastHash">A hash of the candles from then on; null if it is unknown.</param>
public sealed record AssessmentInputs(
    int Engine,
    Instant Since,
    int Candles,
    int Hourly,
    int Daily,
    string Hash,
    Instant? ForecastSince,
    string? ForecastHash
)
{
    /// <summary>
    /// The number of the engine's arithmetic. It is raised with a change after which the same
    /// inputs give other digits.
    /// </summary>
    public const int Current = 1;

    internal static AssessmentInputs? Of(MarketReadings readings)
    {
        var (own, forecast) = (readings.Inputs, readings.ForecastInputs);
        return own.Count == 0
            ? null
            : new(
                Current,
                own.First,
                own.Count,
                readings.Seeds.Hourly,
                readings.Seeds.Daily,
                Text(own),
                forecast.Count == 0 ? null : forecast.First,
                forecast.Count == 0 ? null : Text(forecast)
            );
    }

    private static string Text(CandleChain chain) => chain.Hash.ToString("x16");
}
