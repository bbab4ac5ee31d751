using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Backtest.Forecasts;

/// <summary>
/// A model that published forecasts are compared with, fitted to a market's own past. Its forecast
/// of the log of variance per 5 minutes is linear in logs of past variance: over the last 1, 4, 24
/// and 168 hours for <c>har_season</c>, over the last horizon for <c>persistence</c>.
/// </summary>
/// <param name="Model">The name: <c>har_season</c> or <c>persistence</c>.</param>
/// <param name="Intercept">The constant.</param>
/// <param name="Inputs">One coefficient per input.</param>
/// <param name="Season">What each hour of the week adds, from Monday 00 UTC; the mean is 0.</param>
/// <param name="Smear">The log of the mean ratio of outcomes to forecasts in the past.</param>
/// <param name="Hours">The number of hours it was fitted to.</param>
public sealed record RivalFit(
    string Model,
    double Intercept,
    IReadOnlyList<double> Inputs,
    IReadOnlyList<double> Season,
    double Smear,
    int Hours
)
{
    /// <summary>
    /// The number of hours that a fit needs: each hour of the week about twice. The evaluation of
    /// forecasts wants twice as many, because it has years.
    /// </summary>
    public const int LeastHours = 2 * SeasonalRidge.Week;

    /// <summary>
    /// Fits both models to whole hours, on outcomes that were known a day before the end of the
    /// last one.
    /// </summary>
    /// <param name="hours">The begin of each whole hour, ascending, and the sum of the squared log
    /// returns of its candles.</param>
    /// <param name="horizon">The horizon.</param>
    /// <returns>The fits; empty while there are too few hours.</returns>
    public static IReadOnlyList<RivalFit> Of(IReadOnlyList<(Instant Time, double Squares)> hours, Horizon horizon) =>
        hours.Count < LeastHours ? [] : [.. new Rivals(MarketHours.Of(hours)).FitAtEnd(horizon, LeastHours)];
}
