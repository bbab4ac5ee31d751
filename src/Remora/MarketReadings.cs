using Remora.Indicators;
using Remora.Markets;

namespace Remora;

/// <summary>Everything measured from a market's candles up to one close; the same for every policy. NaN where not yet defined.</summary>
public readonly record struct MarketReadings
{
    /// <summary>Nothing known yet.</summary>
    public static readonly MarketReadings Unknown = new()
    {
        Close = double.NaN, Volatility = double.NaN, AtrRatio = double.NaN, BollingerWidth = double.NaN, ReturnDeviation = double.NaN, Rsi = double.NaN,
        DayReturn = double.NaN, DayDrawdown = double.NaN, MoveInSigmas = double.NaN, Trend = TrendReading.Unknown, DailyTrend = TrendReading.Unknown,
    };

    /// <summary>Close of the last candle; null before the first.</summary>
    public Instant? AsOf { get; init; }

    /// <summary>Its closing price.</summary>
    public double Close { get; init; }

    /// <summary>Volatility score, [0, 1].</summary>
    public double Volatility { get; init; }

    /// <summary>ATR(14) / close.</summary>
    public double AtrRatio { get; init; }

    /// <summary>Bollinger(20, 2) width / middle.</summary>
    public double BollingerWidth { get; init; }

    /// <summary>Sample standard deviation of 20 log returns.</summary>
    public double ReturnDeviation { get; init; }

    /// <summary>RSI(14), [0, 100].</summary>
    public double Rsi { get; init; }

    /// <summary>Return over 24 hours, a ratio.</summary>
    public double DayReturn { get; init; }

    /// <summary>Fall from the highest close of 24 hours, a ratio of 0 or less.</summary>
    public double DayDrawdown { get; init; }

    /// <summary>Log return over 12 candles, in standard deviations of such a move (realised volatility of 30 days, times the root of 12).</summary>
    public double MoveInSigmas { get; init; }

    /// <summary>Readings of the trend's candles: hourly, or the base where that is longer.</summary>
    public TrendReading Trend { get; init; }

    /// <summary>The same of daily candles, for the bear market.</summary>
    public TrendReading DailyTrend { get; init; }

    /// <summary>How far the model is warmed up, [0, 1]: half for the trend's 200 candles, half for the 30 days that volatility is compared with.</summary>
    public double WarmUp { get; init; }

    /// <summary>How many holes there were between candles so far.</summary>
    public int Gaps { get; init; }
}
