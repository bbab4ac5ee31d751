using Remora.Indicators;
using Remora.Markets;

namespace Remora.Backtest.Strategies;

/// <summary>
/// BollingerBreakout: buys when the close crosses above the upper band (20, 2) with RSI(14) between
/// 50 and 75 and volume above 0.9 of its 20-candle mean; sells when the close crosses below the
/// middle band, or RSI exceeds 80.
/// </summary>
public sealed class BollingerBreakout : IStrategy
{
    private readonly RunningSums _closes = new(20);
    private readonly Rsi _rsi = new(14);
    private readonly RunningSums _volume = new(20);
    private readonly Crossing _upper = new();
    private readonly Crossing _middle = new();

    /// <inheritdoc/>
    public Signals Update(in Candle candle)
    {
        var close = candle.Close;
        var middle = _closes.Update(close);
        var reach = 2 * _closes.Deviation;
        var (upper, lower) = (middle + reach, middle - reach);
        var rsi = _rsi.Update(close);
        var volume = _volume.Update(candle.Volume);
        _upper.Update(close, upper);
        _middle.Update(close, middle);
        var percentB = (close - lower) / (upper - lower);
        var enter = _upper.Up && rsi > 50 && rsi < 75 && candle.Volume > 0.9 * volume && percentB > 1;
        var exit = _middle.Down || rsi > 80;
        return (enter ? Signals.Enter : Signals.None) | (exit ? Signals.Exit : Signals.None);
    }
}
