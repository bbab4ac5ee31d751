using Remora.Forecasts;
using Remora.Indicators;
using Remora.Markets;

namespace Remora;

/// <summary>
/// Everything measured from a market's candles up to one close. The readings are the same for every
/// policy; a reading is NaN before its warm-up.
/// </summary>
public sealed record MarketReadings
{
    /// <summary>The readings before the first candle.</summary>
    public static readonly MarketReadings Unknown = new();

    /// <summary>Close of the last candle; null before the first.</summary>
    public Instant? AsOf { get; init; }

    /// <summary>The last candle; null before the first.</summary>
    public Candle? Candle { get; init; }

    /// <summary>The last closing price; NaN before the first candle.</summary>
    public double Close => Candle?.Close ?? double.NaN;

    /// <summary>Volatility score, [0, 1]; NaN before warm-up.</summary>
    public double Volatility { get; init; } = double.NaN;

    /// <summary>ATR(14) / close.</summary>
    public double AtrRatio { get; init; } = double.NaN;

    /// <summary>Bollinger(20, 2) width / middle.</summary>
    public double BollingerWidth { get; init; } = double.NaN;

    /// <summary>Sample standard deviation of 20 log returns.</summary>
    public double ReturnDeviation { get; init; } = double.NaN;

    /// <summary>RSI(14), [0, 100].</summary>
    public double Rsi { get; init; } = double.NaN;

    /// <summary>Return over 24 hours, a ratio.</summary>
    public double DayReturn { get; init; } = double.NaN;

    /// <summary>Fall from the highest close of the last 24 hours, a ratio of 0 or less.</summary>
    public double DayDrawdown { get; init; } = double.NaN;

    /// <summary>
    /// Log return over 12 candles, in standard deviations of such a move (realised volatility of 30
    /// days, times the square root of 12).
    /// </summary>
    public double MoveInSigmas { get; init; } = double.NaN;

    /// <summary>
    /// Trend readings of hourly candles, or of base candles when those are longer.
    /// </summary>
    public TrendReading Trend { get; init; } = TrendReading.Unknown;

    /// <summary>Trend readings of daily candles, for the bear market.</summary>
    public TrendReading DailyTrend { get; init; } = TrendReading.Unknown;

    /// <summary>
    /// How far the model is warmed up, [0, 1]: half for the 200 candles of the trend, half for the
    /// 30 days that volatility is compared with.
    /// </summary>
    public double WarmUp { get; init; }

    /// <summary>The number of gaps between candles so far.</summary>
    public int Gaps { get; init; }

    /// <summary>
    /// The first extreme move within the candle that follows; null without one. The only reading
    /// that is later than the close.
    /// </summary>
    public Shock? Shock { get; init; }

    /// <summary>How large the next moves will be; null while there is no forecast.</summary>
    public Forecast? Forecast { get; init; }

    /// <summary>The base candles, and in the hash the longer candles before them.</summary>
    internal CandleChain Inputs { get; init; }

    /// <summary>The number of hourly and of daily candles before the base candles.</summary>
    internal (int Hourly, int Daily) Seeds { get; init; }

    /// <summary>The candles of the forecast; empty if they are unknown.</summary>
    internal CandleChain ForecastInputs { get; init; }

    /// <summary>Why there is no forecast; null when there is one.</summary>
    public NoForecast? NoForecast { get; init; } = Forecasts.NoForecast.WarmingUp;
}
