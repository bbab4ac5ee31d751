using Remora.Markets;

namespace Remora.Forecasts;

/// <summary>
/// A move within the unfinished candle, away from the last close, that is larger than the forecast
/// expects once in 30 days. The limit is <c>k · σ</c>: σ is the volatility of the next hour, scaled
/// to the length of a candle with the square root of time, and k comes from the table of falls (of
/// rises) of an hour in units of σ, at half of the probability <c>length / 30 days</c>.
/// </summary>
/// <param name="SeenAt">When the move was seen first.</param>
/// <param name="Price">The lowest price of the candle until then for a fall, the highest for a
/// rise.</param>
/// <param name="Change">The move as a ratio of the last close, below 0 for a fall.</param>
/// <param name="Limit">The move of the same direction that is expected once in 30 days, a ratio of
/// the last close.</param>
public sealed record Shock(Instant SeenAt, double Price, double Change, double Limit)
{
    private static readonly TimeSpan Span = TimeSpan.FromDays(30);

    /// <summary>
    /// Returns the shock of an unfinished candle; null if it moves less, or if there is no forecast
    /// or the market is outside the tested range.
    /// </summary>
    /// <param name="forecast">The forecast of the last close.</param>
    /// <param name="close">The last close.</param>
    /// <param name="timeframe">The timeframe of the candle. Below 5m, the limit is that of
    /// 5m.</param>
    /// <param name="candle">The candle so far.</param>
    /// <param name="seenAt">When the candle was read.</param>
    internal static Shock? Of(Forecast? forecast, double close, Timeframe timeframe, in Candle candle, Instant seenAt)
    {
        if (forecast is not { InTestedRange: true })
            return null;
        var length = timeframe.Length > Timeframe.FiveMinutes.Length ? timeframe.Length : Timeframe.FiveMinutes.Length;
        var chance = length / Span / 2; // one half for falls, the other for rises
        var fit = forecast.GetCoefficients()[Horizon.OneHour];
        var sigma = forecast[Horizon.OneHour].Volatility * Math.Sqrt(length / Horizon.OneHour.Length);
        var (fall, rise) = (sigma * fit.Falls.SizeAt(chance), sigma * fit.Rises.SizeAt(chance));
        var (down, up) = (Math.Log(close / candle.Low), Math.Log(candle.High / close));
        if (down < fall && up < rise)
            return null;
        return down / fall >= up / rise
            ? new(seenAt, candle.Low, (candle.Low / close) - 1, Math.Exp(-fall) - 1)
            : new(seenAt, candle.High, (candle.High / close) - 1, Math.Exp(rise) - 1);
    }
}
