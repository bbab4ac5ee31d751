using Remora.Markets;

namespace Remora.Backtest.Data;

/// <summary>Builds the candles of a longer timeframe from a file of shorter ones.</summary>
internal static class LongerCandles
{
    /// <summary>Builds the candles; an interval without any candle is left out.</summary>
    /// <param name="series">The shorter candles.</param>
    /// <param name="to">The longer timeframe.</param>
    /// <param name="file">The name of the file, for the error.</param>
    /// <exception cref="BacktestException">The timeframe is not a longer one that the candles fit
    /// in.</exception>
    public static CandleTape Build(CandleTape series, Timeframe to, string file)
    {
        if (to.Length <= series.Timeframe.Length || to.Length.Ticks % series.Timeframe.Length.Ticks != 0)
            throw new BacktestException(
                $"{file}: 'build' must be longer than the {series.Timeframe} of its candles and a multiple of it; "
                    + $"it is {to}"
            );
        var aggregator = new CandleAggregator(series.Timeframe, to);
        var candles = new List<Candle>();
        foreach (var candle in series.Candles)
        {
            if (aggregator.TryCloseBefore(candle.OpenTime, out var cut))
                candles.Add(cut);
            if (aggregator.Add(candle, out var closed))
                candles.Add(closed);
        }
        return new(to, candles, 0);
    }
}
