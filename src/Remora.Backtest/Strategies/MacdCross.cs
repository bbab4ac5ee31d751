using Remora.Indicators;
using Remora.Markets;

namespace Remora.Backtest.Strategies;

/// <summary>
/// MACDCross: buys when MACD(12, 26, 9) crosses above its signal with RSI(14) below 70 and volume
/// above 0.8 of its 20-candle mean; sells when it crosses below.
/// </summary>
public sealed class MacdCross : IStrategy
{
    private readonly Macd _macd = new(12, 26, 9);
    private readonly Rsi _rsi = new(14);
    private readonly RunningSums _volume = new(20);
    private readonly Crossing _lines = new();
    private double _histogram = double.NaN;

    /// <inheritdoc/>
    public Signals Update(in Candle candle)
    {
        var histogram = _macd.Update(candle.Close);
        var rsi = _rsi.Update(candle.Close);
        var volume = _volume.Update(candle.Volume);
        _lines.Update(_macd.Line, _macd.Signal);
        var enter = _lines.Up && histogram > 0 && rsi < 70 && candle.Volume > 0.8 * volume;
        var exit = _lines.Down || (histogram < 0 && _histogram >= 0);
        _histogram = histogram;
        return (enter ? Signals.Enter : Signals.None) | (exit ? Signals.Exit : Signals.None);
    }
}
