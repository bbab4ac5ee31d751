using Remora.Markets;
using Remora.Regimes;

namespace Remora.Risk;

/// <summary>
/// How complete and fresh an assessment's inputs are, [0, 1]: warm-up times freshness times outside
/// coverage times agreement.
/// </summary>
public static class Confidence
{
    /// <summary>
    /// Candles are fresh up to this many timeframes after their close. The next candle is due after
    /// one timeframe and can be late.
    /// </summary>
    public const int FreshTimeframes = 2;

    /// <summary>From this many timeframes on, candles no longer count.</summary>
    public const int ExpiredTimeframes = 12;

    private const double LeastOutside = 0.5;

    /// <summary>Returns the product; 0 before the first candle.</summary>
    public static double Of(
        MarketReadings market,
        in RegimeState regime,
        OutsideView outside,
        IReadOnlyList<Signal> configured,
        double[] weights,
        Timeframe timeframe,
        Instant now
    )
    {
        if (market.AsOf is null)
            return 0;
        var agreement = double.IsNaN(regime.Agreement) ? 0 : regime.Agreement;
        return Millionths.Round(
            market.WarmUp
                * Freshness(market.AsOf.Value, timeframe, now)
                * Outside(outside, configured, weights, now)
                * (0.7 + (0.3 * agreement))
        );
    }

    /// <summary>
    /// Returns the confidence of a score from the forecast: that of the forecast times freshness; 0
    /// without a forecast.
    /// </summary>
    public static double OfForecast(MarketReadings market, Timeframe timeframe, Instant now) =>
        market.Forecast is { } forecast
            ? Millionths.Round(forecast.Confidence * Freshness(market.AsOf!.Value, timeframe, now))
            : 0;

    /// <summary>
    /// Returns 1 up to two timeframes after the close, then falls linearly to 0 at twelve.
    /// </summary>
    public static double Freshness(Instant asOf, Timeframe timeframe, Instant now)
    {
        var age = (now - asOf) / timeframe.Length;
        return Math.Clamp((ExpiredTimeframes - age) / (ExpiredTimeframes - FreshTimeframes), 0, 1);
    }

    /// <summary>
    /// Returns the share of the configured outside weight that is fresh, at least 0.5; 1 when no
    /// signal is configured.
    /// </summary>
    private static double Outside(OutsideView outside, IReadOnlyList<Signal> configured, double[] weights, Instant now)
    {
        double all = 0,
            fresh = 0;
        for (var i = 0; i < configured.Count; i++)
        {
            var weight = weights[i];
            all += weight;
            if (!double.IsNaN(outside.At(configured[i], now)))
                fresh += weight;
        }
        return all > 0 ? Math.Max(LeastOutside, fresh / all) : 1;
    }
}
