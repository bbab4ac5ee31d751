using Remora.Indicators;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Strategies;

/// <summary>
/// FourHourTrend, for 1h candles: decides on candles of four hours, at 00, 04, 08, 12, 16 and 20
/// UTC. Enters when close > EMA 20 > EMA 100 and exits when close is below EMA 100; on the short
/// side all comparisons are mirrored. The averages are TA-Lib's.
/// </summary>
/// <param name="side">The side of its trades.</param>
public sealed class FourHourTrend(Side side) : IStrategy
{
    /// <summary>The number of hourly candles for the warm-up: 120 of four hours.</summary>
    public const int StartupCandles = 480;

    private readonly CandleAggregator _hours = new(Timeframe.OneHour, Timeframe.Parse("4h"));
    private readonly Ema _fast = new(20);
    private readonly Ema _slow = new(100);
    private readonly int _sign = side == Side.Short ? -1 : 1;

    /// <inheritdoc/>
    public Signals Update(in Candle candle)
    {
        if (!_hours.Add(candle, out var four))
            return Signals.None;
        var (close, fast, slow) = (
            _sign * four.Close,
            _sign * _fast.Update(four.Close),
            _sign * _slow.Update(four.Close)
        );
        var enter = close > fast && fast > slow && candle.Volume > 0;
        return (enter ? Signals.Enter : Signals.None) | (close < slow ? Signals.Exit : Signals.None);
    }
}
