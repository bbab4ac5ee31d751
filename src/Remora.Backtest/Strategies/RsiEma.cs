using Remora.Indicators;
using Remora.Markets;

namespace Remora.Backtest.Strategies;

/// <summary>
/// RSIEMA: buys when RSI(14) rises through 50 out of a dip below 45 while close > EMA 12 > EMA 26;
/// sells when the close falls through EMA 12 or RSI exceeds 75.
/// </summary>
public sealed class RsiEma : IStrategy
{
    private readonly Ema _fast = new(12);
    private readonly Ema _slow = new(26);
    private readonly Rsi _rsi = new(14);
    private readonly Crossing _closeOverFast = new();
    private double _before = double.NaN; // RSI one candle ago
    private double _twoBefore = double.NaN; // RSI two candles ago

    /// <inheritdoc/>
    public Signals Update(in Candle candle)
    {
        var close = candle.Close;
        var fast = _fast.Update(close);
        var slow = _slow.Update(close);
        var rsi = _rsi.Update(close);
        _closeOverFast.Update(close, fast);
        var enter = close > fast && fast > slow && rsi > 50 && _before <= 50 && _twoBefore < 45 && candle.Volume > 0;
        var exit = _closeOverFast.Down || rsi > 75;
        (_twoBefore, _before) = (_before, rsi);
        return (enter ? Signals.Enter : Signals.None) | (exit ? Signals.Exit : Signals.None);
    }
}
