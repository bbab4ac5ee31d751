using Remora.Indicators;
using Remora.Markets;

namespace Remora;

/// <summary>Everything measured from a market's candles up to one close; the same for every policy. NaN where not yet defined.</summary>
public sealed record MarketReadings
{
    /// <summary>Nothing known yet.</summary>
    public static readonly MarketReadings Unknown = new();

    /// <summary>Close of the last candle; null before the first.</summary>
    public Instant? AsOf { get; init; }

    /// <summary>That candle; null before the first.</summary>
    public Candle? Candle { get; init; }

    /// <summary>Its closing price.</summary>
    public double Close => Candle?.Close ?? double.NaN;

    /// <summary>Volatility score, [0, 1].</summary>
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

    /// <summary>Fall from the highest close of 24 hours, a ratio of 0 or less.</summary>
    public double DayDrawdown { get; init; } = double.NaN;

    /// <summary>Log return over 12 candles, in standard deviations of such a move (realised volatility of 30 days, times the root of 12).</summary>
    public double MoveInSigmas { get; init; } = double.NaN;

    /// <summary>Readings of the trend's candles: hourly, or the base where that is longer.</summary>
    public TrendReading Trend { get; init; } = TrendReading.Unknown;

    /// <summary>The same of daily candles, for the bear market.</summary>
    public TrendReading DailyTrend { get; init; } = TrendReading.Unknown;

    /// <summary>How far the model is warmed up, [0, 1]: half for the trend's 200 candles, half for the 30 days that volatility is compared with.</summary>
    public double WarmUp { get; init; }

    /// <summary>How many holes there were between candles so far.</summary>
    public int Gaps { get; init; }
}
