using Remora.Markets;

namespace Remora.Volatility;

/// <summary>
/// The volatility score: the mean of the percentile ranks of ATR %, Bollinger width and return
/// deviation within the market's own last 30 days, in [0, 1]. NaN before one day of candles, and
/// before 20 candles.
/// </summary>
public sealed class VolatilityScorer
{
    /// <summary>The period of the market's own past that values are compared with.</summary>
    public static readonly TimeSpan LookBack = TimeSpan.FromDays(30);

    private readonly PercentileRank _atr;
    private readonly PercentileRank _width;
    private readonly PercentileRank _deviation;

    /// <param name="timeframe">The base timeframe of the market.</param>
    public VolatilityScorer(Timeframe timeframe)
    {
        Capacity = timeframe.CountIn(LookBack);
        var minimum = Math.Max(20, timeframe.CountIn(TimeSpan.FromDays(1)));
        _atr = new(Capacity, minimum);
        _width = new(Capacity, minimum);
        _deviation = new(Capacity, minimum);
    }

    /// <summary>The number of candles in the full period.</summary>
    public int Capacity { get; }

    /// <summary>The number of candles counted so far.</summary>
    public int Count => _deviation.Count;

    /// <summary>The latest score, in whole millionths; NaN before warm-up.</summary>
    public double Value { get; private set; } = double.NaN;

    /// <summary>Adds the next candle's readings. Ignores them while one of them is NaN.</summary>
    public double Update(double atrRatio, double bollingerWidth, double returnDeviation)
    {
        if (double.IsNaN(atrRatio + bollingerWidth + returnDeviation))
            return Value;
        var mean = (_atr.Update(atrRatio) + _width.Update(bollingerWidth) + _deviation.Update(returnDeviation)) / 3;
        return Value = Millionths.Round(mean);
    }
}
